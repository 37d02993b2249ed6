//! Settings that AWS's users bring along: variables with a control character, files that are not there, proxies, bundles
//! (CLI-15, GET-3, GET-9, GET-10).

use std::fs;

use super::sandbox::{Sandbox, proxy_variable, shown};

const GET: [&str; 5] = ["get", "-n", "default", "-t", "123456"];

/// A variable as a shell sets it that has read it from a file with Windows' line ends.
#[test]
fn cli_15_c8_a_carriage_return_in_a_variable_is_named() {
    for (name, value, code) in [
        #[cfg(unix)]
        ("AWS_SHARED_CREDENTIALS_FILE", "credentials", "file_missing"),
        ("AWS_CA_BUNDLE", "bundle.pem", "config_unusable"),
        ("REQUESTS_CA_BUNDLE", "bundle.pem", "config_unusable"),
        ("AWS_REGION", "us-east-1", "config_unusable"),
        ("AWS_DEFAULT_REGION", "us-east-1", "config_unusable"),
        ("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:1", "config_unusable"),
        ("AWS_USE_FIPS_ENDPOINT", "false", "config_unusable"),
        ("HTTP_PROXY", "http://127.0.0.1:1", "config_unusable"),
        ("all_proxy", "127.0.0.1:1", "config_unusable"),
    ] {
        let run = Sandbox::new().env(name, format!("{value}\r")).refused(GET, code, 3);
        let run = run.says("ends with a carriage return");
        if code == "config_unusable" {
            let name = if name.ends_with("_proxy") { proxy_variable(name) } else { name.to_owned() };
            run.says(&format!("`{name}`"));
        }
    }
    let sandbox = Sandbox::new().env("HTTP_PROXY", "http://127.0.0.1:1").env("NO_PROXY", "127.0.0.1\r");
    sandbox.refused(GET, "config_unusable", 3).says("`NO_PROXY` ends with a carriage return");
}

#[test]
fn cli_15_what_cannot_be_seen_in_an_argument_is_named() {
    let cases: &[(&[&str], &str, i32, &str)] = &[
        #[cfg(unix)]
        (&["list", "-c", "nowhere\r"], "file_missing", 3, "`nowhere (ends with a carriage return)`"),
        (&["get", "-n", "default\r", "-t", "123456"], "usage", 2, "ends with a carriage return"),
        (&["get", "-n", "\u{feff}default", "-t", "123456"], "usage", 2, "starts with the invisible character U+FEFF"),
        (&["get", "default", "-sn", "x\ty", "-t", "123456"], "usage", 2, "contains a tab"),
        (&["get", "default", "--region", "us-east-1\n"], "usage", 2, "`--region` ends with a line break"),
        (&["get", "default", "--endpoint-url", "http://127.0.0.1\r"], "config_unusable", 3, "carriage return"),
        (&["list\r"], "usage", 2, "ends with a carriage return"),
        (&["get", "default", "-v", "1\r"], "usage", 2, "ends with a carriage return"),
    ];
    for (arguments, code, status, text) in cases {
        Sandbox::new().refused(arguments.iter().copied(), code, *status).says(text);
    }
}

#[cfg(unix)]
#[test]
fn cli_15_a_file_whose_name_ends_with_a_carriage_return_is_used_and_named() {
    let sandbox = Sandbox::new();
    let odd = sandbox.path("credentials\r");
    fs::copy(sandbox.credentials_path(), &odd).unwrap();
    let sandbox = sandbox.env("AWS_SHARED_CREDENTIALS_FILE", &odd);
    sandbox.get(["-v", "1"]).succeeds().says("credentials (ends with a carriage return)");
    assert!(fs::read_to_string(odd).unwrap().contains("[default_sts]"));
}

#[test]
fn cli_15_c9_a_config_file_that_does_not_exist_is_a_warning() {
    let nowhere = &*format!("warning: `AWS_CONFIG_FILE` names `{}`, which does not exist", shown("/nowhere/config"));
    let sandbox = Sandbox::new().env("AWS_CONFIG_FILE", "/nowhere/config");
    sandbox.get([]).succeeds().says(nowhere);
    sandbox.get(["--min-validity", "10m"]).succeeds().says(nowhere);
    // Its settings may be what is missing: the warning does not wait for a success.
    let device = "mfa_device_arn = arn:aws:iam::123456789012:mfa/user\n";
    let without_device = super::sandbox::SOURCE.replace(device, "");
    let sandbox = Sandbox::new().env("AWS_CONFIG_FILE", "/nowhere/config").credentials(without_device);
    sandbox.refused(GET, "device_missing", 3).says(nowhere);
    sandbox.refused(["get", "-n", "role-of-the-config-file"], "profile_not_found", 3).says(nowhere);

    #[cfg(unix)]
    {
        let odd = Sandbox::new().config("").env("AWS_CONFIG_FILE", "~/.aws/config\r");
        odd.get([]).succeeds().says("warning: `AWS_CONFIG_FILE` names `").says("(ends with a carriage return)`");
    }
    for there in [
        "",
        "~/.aws/config",
        #[cfg(unix)]
        "/dev/null",
    ] {
        let run = Sandbox::new().config("").env("AWS_CONFIG_FILE", there).get([]).succeeds();
        assert!(!run.stderr.contains("warning"), "{run:?}");
    }
    // The default place may be empty.
    assert!(!Sandbox::new().get([]).succeeds().stderr.contains("warning"));
}

#[test]
fn get_10_c14_a_socks_proxy_is_named_and_does_not_matter_on_loopback() {
    for value in ["socks://127.0.0.1:7897", "SOCKS5h://user:hunter2@127.0.0.1:1080", "socks4a://127.0.0.1"] {
        for name in ["ALL_PROXY", "all_proxy", "HTTP_PROXY"] {
            let run = Sandbox::new().env(name, value).get([]).succeeds();
            assert!(!run.stderr.contains(name) && !run.stderr.contains("hunter2"), "{run:?}");
        }
        let beyond = Sandbox::new().env("AWS_ENDPOINT_URL_STS", "http://192.0.2.1").env("ALL_PROXY", value);
        let run = beyond.refused(GET, "config_unusable", 3).says("`ALL_PROXY`").says("SOCKS").says("not support");
        assert!(!run.stderr.contains("hunter2") && !run.stderr.contains("127.0.0.1"), "{run:?}");
    }
}

/// C15, up to the connection: `core/sts/client` has the TLS.
#[test]
fn get_10_c15_an_unusable_requests_ca_bundle_is_refused() {
    let sandbox = Sandbox::new().env("AWS_ENDPOINT_URL_STS", "https://127.0.0.1:1");
    let empty = sandbox.path("empty.pem");
    fs::write(&empty, "").unwrap();
    let sandbox = sandbox.env("REQUESTS_CA_BUNDLE", &empty);
    sandbox.refused(GET, "config_unusable", 3).says("`REQUESTS_CA_BUNDLE`").says("empty.pem");
}

/// C36. Above five minutes the signature is refused first, and the SDK corrects its time.
#[test]
fn get_13_c36_a_refused_code_names_a_clock_that_is_off() {
    for (seconds, text) in
        [(60, "s behind AWS"), (-60, "s ahead of AWS"), (600, "the local clock is 10 min behind AWS")]
    {
        let sandbox = Sandbox::with(mock_sts::MockSts::builder().token_code("654321").start());
        sandbox.sts().set_fault(mock_sts::Fault::Skew(seconds), None);
        sandbox.get([]).fails("code_refused", 4).says(text).says("hint: a program on this machine");
    }
    let sandbox = Sandbox::with(mock_sts::MockSts::builder().token_code("654321").start());
    let run = sandbox.get([]).fails("code_refused", 4);
    assert!(!run.stderr.contains("local clock"), "{run:?}");
}

#[test]
fn get_13_awss_own_words_are_shown_at_v2_without_the_code() {
    let words = "AWS's own words:";
    let sandbox = Sandbox::with(mock_sts::MockSts::builder().token_code("654321").start());
    for (level, shown) in [("1", false), ("2", true)] {
        let run = sandbox.get(["-v", level]).fails("code_refused", 4);
        assert_eq!(run.stderr.contains(words), shown, "{run:?}");
        assert_eq!(run.stderr.contains("invalid MFA one time pass code"), shown, "{run:?}");
        assert!(!run.stderr.contains("123456") && !run.stderr.contains("<Message>"), "{run:?}");
    }
}
