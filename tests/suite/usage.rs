//! What people type: names with and without options, mistakes, help.

use super::commands::words;
use super::sandbox::{SOURCE, Sandbox};

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

/// A section with a key, of which [`SOURCE`] is the example.
fn with_key(name: &str) -> String {
    SOURCE.replace("[default]", &format!("[{name}]"))
}

#[test]
fn cli_4_a_name_needs_no_option() {
    let sandbox = Sandbox::new().credentials(with_key("prod"));
    sandbox.run(["get", "prod", "-t", "123456"]).succeeds().prints("prod_sts");
    sandbox.run(["export", "prod_sts", "--format", "env"]).succeeds().prints("AWS_SESSION_TOKEN");
    assert_eq!(sandbox.run(["list", "prod_sts"]).succeeds().stdout.lines().count(), 1);
    sandbox.run(["clear", "prod"]).succeeds().prints("removed `prod_sts`");
}

#[test]
fn cli_4_a_name_twice_or_an_empty_one_is_a_usage_error() {
    let sandbox = Sandbox::new();
    for command in ["get", "export", "clear", "list"] {
        sandbox.refused([command, "default", "-n", "default"], "usage", 2).says("cannot be used with");
        sandbox.refused([command, ""], "usage", 2).says("the profile name is empty");
        sandbox.refused([command, "-n", ""], "usage", 2).says("the profile name is empty");
        sandbox.refused([command, "--profile="], "usage", 2).says("the profile name is empty");
    }
    for command in ["export", "clear"] {
        sandbox.refused([command], "usage", 2).says("NAME");
    }
}

#[test]
fn cli_4_without_a_name_get_takes_default_or_the_only_profile_with_a_key() {
    let [prod, dev] = [with_key("prod"), with_key("dev")];
    let session = with_key("old") + "aws_session_token = t\n";
    for (file, expected) in [
        (format!("{prod}{SOURCE}"), "default_sts"),
        (prod.clone(), "prod_sts"),
        (format!("[default]\nregion = eu-west-1\n{prod}[x]\naws_access_key_id = AKIA\n{session}"), "prod_sts"),
    ] {
        let sandbox = Sandbox::new().credentials(file);
        assert_eq!(sandbox.run(["get", "-t", "123456", "--json"]).succeeds().json()["updated_profile_name"], expected);
        // Its own session is no second profile with a key.
        sandbox.run(["get", "--min-validity", "10m"]).succeeds().prints("nothing was sent");
    }
    let two = Sandbox::new().credentials(format!("{prod}{dev}"));
    two.refused(["get", "-t", "123456"], "profile_not_found", 3).says("`prod`, `dev`").says("`updsts get NAME`");
    two.run(["get", "dev", "-t", "123456"]).succeeds();
    let none = Sandbox::new().credentials("[default]\nregion = eu-west-1\n");
    none.refused(["get", "-t", "123456"], "profile_not_found", 3).says("aws configure");
}

#[test]
fn cli_4_without_a_name_a_session_called_default_stands_for_its_source() {
    let sandbox = Sandbox::new().credentials(format!("{}{}", with_key("base"), with_key("other")));
    sandbox.run(["get", "base", "-t", "123456", "-sn", "default"]).succeeds();
    sandbox.run(["get", "-t", "123456"]).succeeds().prints("session profile  default\n");
}

#[test]
fn cli_6_list_shows_the_named_profiles_alone() {
    let sandbox = Sandbox::new().credentials("[a]\n[b c]\n[d]\n");
    assert_eq!(sandbox.run(["list", "d", "b c"]).succeeds().stdout, "b c\tnone\t-\t-\t-\nd\tnone\t-\t-\t-\n");
    assert_eq!(sandbox.run(["list", "-n", "d", "--json"]).succeeds().json().as_array().unwrap().len(), 1);
    sandbox.refused(["list", "a", "nobody"], "profile_not_found", 3).says("`nobody`");
}

#[test]
fn cli_6_a_table_without_a_terminal_on_request() {
    let sandbox = Sandbox::new();
    sandbox.get([]).succeeds();
    let run = sandbox.run(["list", "--table"]).succeeds().prints("PROFILE").prints("1 h");
    assert!(!run.stdout.contains(['\t', '\u{1b}']) && run.stdout.lines().count() == 3, "{run:?}");
    let name = "a".repeat(60);
    let sandbox = Sandbox::new().credentials(format!("[{name}]\n")).env("COLUMNS", "200");
    sandbox.run(["list", "--table"]).succeeds().prints(&name);
    sandbox.refused(["list", "--table", "--json"], "usage", 2);
}

#[test]
fn cli_6_a_file_without_profiles_says_so() {
    let sandbox = Sandbox::new().credentials("# nothing yet\n");
    for arguments in [&["list"][..], &["list", "--table"], &["list", "--long"]] {
        let run = sandbox.run(arguments.iter().copied()).succeeds();
        assert_eq!(run.stdout, "");
        run.says("there are no profiles in `~/.aws/credentials`");
    }
    assert_eq!(sandbox.run(["list", "--json"]).succeeds().stderr, "");
}

#[test]
fn cli_11_a_minimum_validity_takes_seconds_and_units() {
    let sandbox = Sandbox::new();
    sandbox.get(["-d", "1h30m"]).succeeds();
    for validity in ["5340", "89m", "1h29m"] {
        sandbox.run(["get", "-d", "2h", "--min-validity", validity]).succeeds().prints("nothing was sent");
        sandbox.run(["list", "--check", "default", "--min-validity", validity]).succeeds();
    }
    for bad in ["soon", "-5", "1d", ""] {
        sandbox.run(["get", "--min-validity", bad]).fails("usage", 2).says("1h30m");
    }
}

#[test]
fn cli_16_a_mistake_is_explained() {
    let sandbox = Sandbox::new();
    let cases: [(&[&str], &[&str]); 17] = [
        (&["get", "-n"], &["a value is required for '--profile <NAME>'", "`updsts get --help`"]),
        (&["get", "-n", "default", "-sn"], &["a value is required for '--sts-profile-name <NAME>'"]),
        (&["-c"], &["a value is required for '--credential-file <FILE>'", "`updsts --help`"]),
        (
            &["export", "-n", "default", "--format", "json"],
            &["'json'", "process, env, env-no-export, fish, powershell"],
        ),
        (&["completions", "bsh"], &["[possible values: bash,", "'bash'"]),
        (&["completions"], &["not provided: <SHELL>", "usage: `updsts completions <SHELL>`"]),
        (&["-v", "list"], &["'list' for '--verbose <LEVEL>' [possible values: 0, 1, 2]", "`-v 1` or `-v 2`"]),
        (&["get", "-vv"], &["`-v 1` or `-v 2`"]),
        (&["list", "-v"], &["a value is required for '--verbose <LEVEL>'", "`-v 1` or `-v 2`"]),
        (&["lst"], &["unrecognized subcommand 'lst'", "'list'"]),
        (&["fetch"], &["unrecognized subcommand 'fetch'", "`updsts --help`"]),
        (&["get", "--profle", "x"], &["'--profle'", "'--profile'"]),
        (&["get", "--sts-profile", "x"], &["'--sts-profile'", "'--sts-profile-name'"]),
        (&["export", "default", "-t", "1"], &["'-t'", "`updsts export --help`"]),
        (&["list", "--json", "--long"], &["'--json' cannot be used with '--long'"]),
        (&["-v", "1"], &["requires a subcommand", "get, init, list,"]),
        (&["help", "nothing"], &["'nothing'"]),
    ];
    for (arguments, texts) in cases {
        let run = sandbox.refused(arguments.iter().copied(), "usage", 2);
        texts.iter().fold(run, |run, text| run.says(text));
    }
}

#[test]
fn cli_16_a_name_in_the_wrong_place_is_shown_and_a_code_or_a_key_never() {
    let file = format!("{SOURCE}[acct-123456789012]\n[246813]\n[{SECRET}]\n[my prof]\n");
    let sandbox = Sandbox::new().credentials(file);
    let profile = "acct-123456789012";
    sandbox.refused([profile], "usage", 2).says("`updsts get acct-123456789012`");
    sandbox.refused(["my prof"], "usage", 2).says(&format!("`updsts get {}`", words("'my prof'", "\"my prof\"")));
    sandbox.refused(["get", "default", profile], "usage", 2).says("unexpected argument 'acct-123456789012'");
    sandbox.refused(["get", "default", "prod"], "usage", 2).says("unexpected argument 'prod'");
    for typed in ["246813", "246 813", "246-813", "２４６８１３", "246813x", "24681", SECRET, "JBSWY3DPEHPK3PXP"]
    {
        let cases: [&[&str]; 9] = [
            &[typed],
            &["get", "-n", "default", "-v", typed],
            &["get", "default", typed],
            &["get", "default", "-t", "123456", typed],
            &["help", typed],
            &["list", "--json", "default", "--json", typed],
            &["completions", typed],
            &["export", "default", "--format", typed],
            &["mcp", typed],
        ];
        for arguments in cases {
            let run = sandbox.run(arguments.iter().copied()).fails("usage", 2);
            assert!(!run.stderr.contains(typed), "{run:?}");
        }
    }
}

#[test]
fn cli_16_a_code_in_the_place_of_a_name_is_not_shown() {
    let sandbox = Sandbox::new();
    let codes = ["246813", "２４６８１３", "246\u{2011}813"];
    for typed in codes.into_iter().chain(["JBSWY3DPEHPK3PXP", SECRET]) {
        for arguments in [
            &["get"][..],
            &["get", "-n"],
            &["export"],
            &["clear"],
            &["list"],
            &["list", "default"],
            &["list", "--check"],
        ] {
            let (code, status) = if codes.contains(&typed) { ("usage", 2) } else { ("profile_not_found", 3) };
            let run = sandbox.refused(arguments.iter().copied().chain([typed]), code, status).says("not shown");
            assert!(!run.stderr.contains(typed), "{run:?}");
        }
    }
    // A long name, or one with digits, is neither.
    for name in ["productionadministrator", "AdministratorAccess-123456789012", "team-2024", "123456789012_admin"] {
        sandbox.refused(["get", name], "profile_not_found", 3).says(name);
    }
}

#[test]
fn cli_16_help_is_short_and_long() {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.run(["help"]).succeeds().stdout, sandbox.run(["--help"]).succeeds().stdout);
    for command in ["get", "list", "mcp", "export", "exec", "clear", "completions", "man"] {
        let long = sandbox.run([command, "--help"]).succeeds().stdout;
        assert_eq!(sandbox.run(["help", command]).succeeds().stdout, long);
        let short = sandbox.command([command, "-h"]).env("COLUMNS", "80").output().unwrap().stdout;
        let short = String::from_utf8(short).unwrap();
        assert!(short.lines().count() <= 28 && short.lines().all(|line| line.chars().count() <= 80), "{short}");
    }
}

#[test]
fn cli_12_the_manual_has_the_environment_and_the_keys_of_the_files() {
    let page = Sandbox::new().run(["man"]).succeeds().stdout;
    for name in [
        ".SH ENVIRONMENT",
        "AWS_SHARED_CREDENTIALS_FILE",
        "AWS_ENDPOINT_URL_STS",
        "HTTPS_PROXY",
        "AWS_CA_BUNDLE",
        "NO_COLOR",
        ".SH FILES",
        "mfa_device_arn",
        "mfa_serial",
        "mfa_process",
        "totp_secret_name",
        "duration_seconds",
        "expiration_datetime",
        ".SH UPDSTS EXPORT",
    ] {
        assert!(page.contains(name), "{name}");
    }
    assert!(!page.contains("UPDSTS HELP"), "{page}");
}

#[cfg(any(target_os = "linux", windows))]
#[test]
fn cli_16_waiting_for_aws_is_said_on_a_terminal_after_a_second() {
    use std::time::Duration;

    use mock_sts::{Fault, MockSts};

    let slow = |milliseconds| {
        let sandbox = Sandbox::with(MockSts::start());
        sandbox.sts().set_fault(Fault::Latency(Duration::from_millis(milliseconds)), None);
        sandbox
    };
    let arguments = ["get", "-n", "default", "-t", "123456"];
    let line = "waiting for AWS (http://127.0.0.1:";
    for (milliseconds, lines) in [(1_500, 1), (0, 0)] {
        let sandbox = slow(milliseconds);
        let mut session = super::terminal::Session::start(&sandbox, &arguments);
        assert_eq!(session.end(), Some(0));
        assert_eq!(session.seen().matches(line).count(), lines, "{}", session.seen());
    }
    // Nobody looks on.
    assert_eq!(slow(1_500).get([]).succeeds().stderr, "");
}
