//! What is refused before a code is asked for or anything sent (GET-3), the file untouched.

use super::sandbox::{SOURCE, Sandbox, proxy_variable};

const GET: [&str; 5] = ["get", "-n", "default", "-t", "123456"];

#[test]
fn cli_1_without_a_command_help_goes_to_stderr() {
    let run = Sandbox::new().run([""; 0]);
    assert_eq!((run.status, run.stdout.as_str()), (Some(2), ""));
    assert!(run.stderr.contains("Usage: updsts") && run.stderr.contains("get"), "{run:?}");
}

#[test]
fn cli_1_version_and_help_go_to_stdout() {
    let sandbox = Sandbox::new();
    for option in ["-V", "--version"] {
        sandbox.run([option]).succeeds().prints(concat!("updsts ", env!("CARGO_PKG_VERSION"), "\n"));
    }
    sandbox.run(["get", "--help"]).succeeds().prints("-sn, --sts-profile-name <NAME>").prints("-n, --profile <NAME>");
}

#[test]
fn cli_10_usage_errors_have_the_programs_own_form() {
    let sandbox = Sandbox::new();
    let cases: [(&[&str], &str); 9] = [
        (&["export"], "--profile"),
        (&["get", "-n", "default", "--nonsense"], "--nonsense"),
        (&["fetch"], "unrecognized subcommand"),
        (&["-v", "3", "list"], "--verbose"),
        (&["get", "-n", "", "-t", "123456"], "empty"),
        (&["get", "-n", "de\u{1b}fault", "-t", "123456"], "contains an escape character"),
        (&["get", "-n", "default", "-t", "12345"], "six digits"),
        (&["get", "-n", "default", "-t", ""], "six digits"),
        (&["get", "-n", "default", "--region", "eu west"], "region"),
    ];
    for (arguments, text) in cases {
        sandbox.refused(arguments.iter().copied(), "usage", 2).says(text);
    }
}

#[test]
fn cli_9_a_code_in_the_wrong_place_is_not_repeated() {
    let sandbox = Sandbox::new();
    for arguments in [
        &["get", "-n", "default", "246813"][..],
        &["get", "-n", "default", "-x246813"],
        &["get", "-n", "default", "--totp=246813"],
        &["get", "-n", "default", "-t", "246813x"],
        &["246813"],
        &["get", "-n", "default", "-v", "246813"],
        &["get", "-n", "default", "-d", "246813"],
        &["get", "-n", "default", "--min-validity", "246813x"],
    ] {
        let run = sandbox.refused(arguments.iter().copied(), "usage", 2);
        assert!(!run.stderr.contains("246813"), "{run:?}");
    }
}

#[test]
fn file_4_a_missing_file_says_how_to_make_one() {
    let sandbox = Sandbox::new();
    for arguments in [&["get", "-n", "default", "-c", "nowhere/x"][..], &["list", "-c", "nowhere/x"]] {
        sandbox.refused(arguments.iter().copied(), "file_missing", 3).says("nowhere/x");
    }
}

#[test]
fn get_4_a_profile_that_is_not_there_names_those_that_are() {
    let sandbox = Sandbox::new().credentials(format!("{SOURCE}[other]\n"));
    sandbox.refused(["get", "-n", "dev", "-t", "123456"], "profile_not_found", 3).says("`default`, `other`");
    Sandbox::new().credentials("").refused(["get", "-n", "dev"], "profile_not_found", 3).says("aws configure");
}

#[test]
fn get_4_a_session_that_no_block_manages_is_refused() {
    let token = format!("{SOURCE}aws_session_token = t\n");
    Sandbox::new().credentials(token).refused(GET, "source_is_session", 3).says("credentials:5");
    let asia = SOURCE.replace("AKIA", "ASIA");
    Sandbox::new().credentials(asia).refused(GET, "source_is_session", 3).says("credentials:2");
}

#[test]
fn get_3_a_key_that_cannot_be_right_is_refused() {
    let secret = "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n";
    for bad in [
        "",
        "aws_secret_access_key =\n",
        "aws_secret_access_key = \"wJalrXUtnFEMI\"\n",
        "aws_secret_access_key = wJalr XUtnFEMI\n",
        "aws_secret_access_key = wJalr\n  XUtnFEMI\n",
        "aws_secret_access_key = wJalr\u{fc}XUtnFEMI\n",
        "aws_secret_access_key = wJalr\u{1}XUtnFEMI\n",
    ] {
        let run = Sandbox::new().credentials(SOURCE.replace(secret, bad)).refused(GET, "key_missing", 3);
        assert!(!run.stderr.contains("wJalr"), "{run:?}");
    }
}

#[test]
fn get_2_a_device_that_is_none_is_refused() {
    let device = "mfa_device_arn = arn:aws:iam::123456789012:mfa/user\n";
    let run = Sandbox::new().credentials(SOURCE.replace(device, "")).refused(GET, "device_missing", 3);
    run.says("(~/.aws/credentials:1)").says("`updsts init -n default`");
    for bad in
        ["arn:aws:iam::123456789012:user/me", "arn:aws:iam::123456789012:u2f/user/me/x", "short", "a blank in it"]
    {
        let file = SOURCE.replace(device, &format!("mfa_device_arn = {bad}\n"));
        Sandbox::new().credentials(file).refused(GET, "device_invalid", 3).says("credentials:4");
    }
}

#[test]
fn blk_6_a_damaged_block_is_refused() {
    let begin = "# ${{{ key=default [auto update by updsts]\n";
    let end = "# $}}} [auto update by updsts]\n";
    let cases = [
        (format!("{SOURCE}{begin}[default_sts]\n[more]\n"), "block_damaged", 5),
        (format!("{SOURCE}{end}"), "block_damaged", 5),
        (format!("{SOURCE}{begin}{begin}{end}{end}"), "block_damaged", 6),
        (format!("{SOURCE}{begin}{end}{begin}{end}"), "block_damaged", 7),
        (format!("{SOURCE}{begin}[default_sts]\n[x]\n{end}"), "block_damaged", 7),
        (format!("{SOURCE}# ${{{{{{ key=other\n[a]\n[b]\n{end}"), "block_damaged", 7),
        (format!("{SOURCE}{begin}[default_sts]\n{end}aws_session_token = x\n"), "block_damaged", 8),
        (format!("{SOURCE}{begin}[default_sts]\n{end}aws_security_token = x\n"), "block_damaged", 8),
        (format!("{SOURCE}{begin}[default_sts\n{end}"), "block_damaged", 6),
        (format!("{SOURCE}{begin}[ ]\n{end}"), "block_damaged", 6),
        (format!("{SOURCE}[default_sts]\n"), "name_taken", 5),
        (format!("{SOURCE}# ${{{{{{ key=other\n[default_sts]\n{end}"), "name_taken", 6),
        (format!("{SOURCE}{begin}[default_sts]\n{end}[default_sts]\n"), "name_taken", 8),
    ];
    for (file, code, line) in cases {
        let sandbox = Sandbox::new().credentials(&file);
        sandbox.refused(GET, code, 3).says(&format!("credentials:{line})"));
    }
    Sandbox::new().refused(["get", "-n", "default", "-t", "123456", "-sn", "default"], "name_taken", 3);
}

#[test]
fn get_9_an_endpoint_that_is_no_url_is_refused() {
    for name in ["AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL"] {
        for value in ["sts.example.com", "ftp://127.0.0.1", "http://", "not a url"] {
            let sandbox = Sandbox::new().env("AWS_ENDPOINT_URL_STS", "").env(name, value);
            sandbox.refused(GET, "config_unusable", 3).says(name);
        }
    }
    let sandbox = Sandbox::new().env("AWS_ENDPOINT_URL_STS", "");
    let sandbox = sandbox.config("[default]\nendpoint_url = nonsense\n");
    sandbox.refused(GET, "config_unusable", 3).says("endpoint_url");
    let by_option = GET.into_iter().chain(["--endpoint-url", "nonsense"]);
    Sandbox::new().refused(by_option, "config_unusable", 3).says("--endpoint-url");
}

#[test]
fn get_9_an_endpoint_of_the_config_file_is_used_or_refused_and_never_passed_over() {
    for config in [
        &b"[default\nendpoint_url = http://127.0.0.1:1\n"[..],
        b"services = s\n[default]\n",
        b"[default]\nendpoint_url = http://127.0.0.1:1\n  x\n",
        b"[default]\nendpoint_url = http://\xff\n",
        b"[default]\nservices = lost\n",
    ] {
        Sandbox::new().config(config).refused(GET, "config_unusable", 3).says(".aws/config:");
    }
}

#[test]
fn get_10_a_proxy_that_is_none_is_refused_and_its_value_not_shown() {
    for name in ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"] {
        let sandbox = Sandbox::new().env(name, "ftp://user:hunter2@127.0.0.1:1080");
        let run = sandbox.refused(GET, "config_unusable", 3).says(&proxy_variable(name));
        assert!(!run.stderr.contains("hunter2") && !run.stderr.contains("127.0.0.1"), "{run:?}");
    }
    let sandbox = Sandbox::new().env("AWS_ENDPOINT_URL_STS", "https://127.0.0.1:1").env("HTTPS_PROXY", "http://");
    sandbox.refused(GET, "config_unusable", 3).says("HTTPS_PROXY");
}

#[test]
fn get_10_a_broken_ca_bundle_is_refused() {
    for content in ["", "nonsense", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        let sandbox = Sandbox::new().env("AWS_ENDPOINT_URL_STS", "https://127.0.0.1:1");
        let bundle = sandbox.path("bundle.pem");
        std::fs::write(&bundle, content).unwrap();
        sandbox.env("AWS_CA_BUNDLE", &bundle).refused(GET, "config_unusable", 3).says("AWS_CA_BUNDLE");
    }
    let sandbox =
        Sandbox::new().env("AWS_ENDPOINT_URL_STS", "https://127.0.0.1:1").env("AWS_CA_BUNDLE", "/nowhere.pem");
    sandbox.refused(GET, "config_unusable", 3).says("AWS_CA_BUNDLE");
}

#[test]
fn get_3_a_region_of_another_partition_is_refused() {
    let sandbox = Sandbox::new().env("AWS_ENDPOINT_URL_STS", "").env("AWS_REGION", "cn-north-1");
    sandbox.refused(GET, "config_unusable", 3);
}

#[test]
fn get_5_without_any_source_of_a_code_each_is_explained() {
    let run = Sandbox::new().refused(["get", "-n", "default"], "code_unavailable", 3);
    run.says("mfa_process").says("totp_secret_name").says(if cfg!(windows) {
        "there is no console, over SSH no window opens"
    } else {
        "there is no terminal, there is no display for a dialog"
    });
}
