//! `get` against the mock: the main job, names, options, notes.

use std::fs;
#[cfg(any(target_os = "linux", windows))]
use std::process::Stdio;

use mock_sts::{Fault, MockSts, User};

use super::commands::words;
#[cfg(any(target_os = "linux", windows))]
use super::sandbox::Run;
use super::sandbox::{SOURCE, Sandbox, portable, usage, used};

fn session_block(file: &str) -> &str {
    file.strip_prefix(SOURCE).unwrap()
}

#[test]
fn get_14_a_code_goes_in_and_a_working_session_profile_comes_out() {
    let sandbox = Sandbox::new();
    let run = sandbox.get([]).succeeds().prints("session profile  default_sts\n").prints("access key id    ASIA");
    let run = run.prints("use it  ").prints(&used("default_sts")).prints("+09:00 (in 1 h)");
    assert_eq!(run.stderr, "");
    let file = sandbox.read();
    let lines: Vec<_> = session_block(&file).lines().map(|line| line.split(" = ").next().unwrap()).collect();
    assert_eq!(
        lines,
        [
            "# ${{{ key=default [auto update by updsts]",
            "[default_sts]",
            "aws_access_key_id",
            "aws_secret_access_key",
            "aws_session_token",
            "expiration_datetime",
            "# $}}} [auto update by updsts]",
        ]
    );
    let request = &sandbox.sts().requests()[0];
    assert_eq!(request.duration_seconds.as_deref(), Some("3600"));
    assert_eq!(request.serial_number.as_deref(), Some("arn:aws:iam::123456789012:mfa/user"));
    assert_eq!(request.region.as_deref(), Some("us-east-1"));
    assert_eq!(request.access_key_id.as_deref(), Some("AKIAIOSFODNN7EXAMPLE"));
}

#[test]
fn blk_1_a_second_get_updates_the_block_in_place() {
    let sandbox = Sandbox::new();
    sandbox.get([]).succeeds();
    let first = sandbox.read();
    sandbox.get([]).succeeds();
    let second = sandbox.read();
    assert_ne!(first, second);
    assert_eq!(first.lines().count(), second.lines().count());
    assert!(second.starts_with(SOURCE));
}

#[test]
fn cli_4_and_5_every_spelling_of_the_options_works() {
    let spellings: [&[&str]; 9] = [
        &["get", "-n", "default", "-t", "123456", "-sn", "work"],
        &["get", "-n", "default", "-t", "123456", "-sn=work"],
        &["get", "-sn", "work", "--profile", "default", "--totp-token", "123456"],
        &["get", "--profile_name", "default", "--totp_token", "123456", "--sts_profile_name", "work"],
        &["get", "--profile-name=default", "--totp-token=123 456", "--sts-profile-name=work"],
        &["-v", "0", "get", "-n", "default", "-t", "123456", "-sn", "work"],
        &["get", "-n", "default", "-t", "123456", "-sn", "work", "--verbose", "0"],
        &["-c", "~/.aws/credentials", "get", "-n", "default", "-t", "123456", "-sn", "work"],
        &["get", "-n", "default", "-t", "123456", "-sn", "work", "--credential_file", "~/.aws/credentials"],
    ];
    for arguments in spellings {
        let sandbox = Sandbox::new();
        sandbox.run(arguments.iter().copied()).succeeds().prints("AWS_PROFILE=work");
        assert!(sandbox.read().contains("\n[work]\n"), "{arguments:?}");
    }
}

#[test]
fn cli_4_sn_is_left_alone_behind_a_double_dash() {
    Sandbox::new().run(["get", "-n", "default", "--", "-sn"]).fails("usage", 2);
}

#[test]
fn cli_4_an_empty_sn_means_the_blocks_own_name() {
    let sandbox = Sandbox::new();
    sandbox.get(["-sn", "work"]).succeeds();
    sandbox.get(["-sn", ""]).succeeds().prints(&used("work"));
    sandbox.get(["-sn", "new"]).succeeds().prints("new (renamed from work)");
    assert!(sandbox.read().contains("[new]") && !sandbox.read().contains("[work]"));
}

#[test]
fn cli_13_a_session_profiles_name_stands_for_its_source() {
    let sandbox = Sandbox::new();
    sandbox.get([]).succeeds();
    sandbox.run(["get", "-n", "default_sts", "-t", "123456"]).succeeds().prints("default_sts");
    assert_eq!(sandbox.read().matches("key=").count(), 1);
}

#[test]
fn cli_4_the_duration_comes_from_the_option_then_from_either_file() {
    let sandbox = Sandbox::new().config("[default]\nduration_seconds = 7200\n");
    sandbox.get([]).succeeds();
    let sandbox = sandbox.credentials(format!("{SOURCE}duration_seconds = 1800\n"));
    sandbox.get([]).succeeds();
    sandbox.get(["-d", "1h30m"]).succeeds();
    let durations: Vec<_> =
        sandbox.sts().requests().into_iter().filter_map(|request| request.duration_seconds).collect();
    assert_eq!(durations, ["7200", "1800", "5400"]);
    let sandbox = Sandbox::new().credentials(format!("{SOURCE}duration_seconds = 5\n"));
    sandbox.refused(["get", "-n", "default", "-t", "123456"], "config_unusable", 3).says("credentials:5");
}

#[test]
fn cli_11_a_bad_duration_is_a_usage_error_that_names_the_limits() {
    for duration in ["5", "899", "129601", "1d", "-1", ""] {
        let run = Sandbox::new().refused(["get", "-n", "default", "-t", "123456", "-d", duration], "usage", 2);
        run.says("900").says("129600");
    }
}

#[test]
fn cli_3_the_file_is_the_option_then_the_variable_then_the_default() {
    let sandbox = Sandbox::new();
    let other = sandbox.path("other file");
    fs::write(&other, SOURCE).unwrap();
    let sandbox = sandbox.env("AWS_SHARED_CREDENTIALS_FILE", &other);
    let set = words("AWS_SHARED_CREDENTIALS_FILE=", "$env:AWS_SHARED_CREDENTIALS_FILE = ");
    sandbox.get([]).succeeds().prints(&portable(&format!("{set}'{}'", other.display())));
    assert!(fs::read_to_string(&other).unwrap().contains("[default_sts]"));
    assert_eq!(sandbox.read(), SOURCE);
    sandbox.get(["-c", "~/.aws/credentials"]).succeeds();
    assert!(sandbox.read().contains("[default_sts]"));
    let sandbox = Sandbox::new().env("AWS_SHARED_CREDENTIALS_FILE", "");
    sandbox.get([]).succeeds();
}

#[test]
fn get_1_the_environments_credentials_and_profile_are_not_used() {
    let sandbox = Sandbox::new()
        .env("AWS_ACCESS_KEY_ID", "AKIAI44QH8DHBEXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "other")
        .env("AWS_SESSION_TOKEN", "token")
        .env("AWS_PROFILE", "nowhere");
    let run = sandbox.get([]).succeeds();
    run.says("note: `AWS_ACCESS_KEY_ID` is set and takes precedence over")
        .says("note: `AWS_SESSION_TOKEN` is set and takes precedence over");
    assert_eq!(sandbox.sts().requests()[0].access_key_id.as_deref(), Some("AKIAIOSFODNN7EXAMPLE"));
}

#[test]
fn get_2_the_device_is_looked_for_in_both_files() {
    let key = SOURCE.split("mfa_device_arn").next().unwrap();
    let serial = "mfa_serial = arn:aws:iam::123456789012:mfa/user\n";
    Sandbox::new().credentials(format!("{key}{serial}")).get([]).succeeds();
    Sandbox::new().credentials(key).config(format!("[default]\n{serial}")).get([]).succeeds();
    let both = format!("{SOURCE}mfa_serial = arn:aws:iam::123456789012:mfa/another\n");
    Sandbox::new().credentials(both).get([]).succeeds();
}

#[test]
fn get_2_the_device_is_the_option_before_the_files_and_the_variable_after_them() {
    let key = SOURCE.split("mfa_device_arn").next().unwrap();
    let device = "arn:aws:iam::123456789012:mfa/user";
    let another = SOURCE.replace("mfa/user", "mfa/another");
    Sandbox::new().credentials(&another).get(["--mfa-serial", device]).succeeds();
    Sandbox::new().credentials(&another).env("AWS_MFA_SERIAL", device).get([]).fails("device_refused", 4);
    let config = "[default]\nmfa_serial = arn:aws:iam::123456789012:mfa/another\n";
    Sandbox::new().credentials(key).config(config).env("AWS_MFA_SERIAL", device).get([]).fails("device_refused", 4);
    let sandbox = Sandbox::new().credentials(key).env("AWS_MFA_SERIAL", device);
    sandbox.get(["--mfa-serial", ""]).succeeds();
    let listed = sandbox.run(["list", "--json"]).succeeds().json();
    assert_eq!(
        (&listed[0]["mfa_device_arn"], &listed[1]["mfa_device_arn"]),
        (&device.into(), &serde_json::Value::Null)
    );
}

#[test]
fn get_2_a_device_of_the_option_or_the_variable_that_is_none_is_refused_by_its_place() {
    let user = "arn:aws:iam::123456789012:user/me";
    let sandbox = Sandbox::new();
    let run = sandbox.refused(["get", "-n", "default", "--mfa-serial", user], "device_invalid", 3);
    run.says("`--mfa-serial` is the ARN of a user");
    let run = sandbox.refused(["get", "-n", "default", "--mfa-serial", "123456"], "device_invalid", 3);
    assert!(!run.stderr.contains("123456"), "{run:?}");
    let key = SOURCE.split("mfa_device_arn").next().unwrap();
    let sandbox = Sandbox::new().credentials(key).env("AWS_MFA_SERIAL", user);
    sandbox.refused(["get", "-n", "default"], "device_invalid", 3).says("`AWS_MFA_SERIAL` is the ARN of a user");
}

#[test]
fn get_8_the_region_of_both_files_is_used() {
    let sandbox = Sandbox::new().config("[default]\nregion = eu-west-1\n");
    sandbox.get([]).succeeds();
    let sandbox = sandbox.credentials(format!("{SOURCE}region = eu-west-2\n"));
    sandbox.get([]).succeeds();
    sandbox.get(["--region", "eu-west-3"]).succeeds();
    let regions: Vec<_> = sandbox.sts().requests().into_iter().filter_map(|request| request.region).collect();
    assert_eq!(regions, ["eu-west-1", "eu-west-2", "eu-west-3"]);
    let config = "[default]\nregion = eu-west-1\n[profile default_sts]\nregion = eu-west-1\n";
    assert_eq!(Sandbox::new().config(config).get([]).succeeds().stderr, "");
}

#[test]
fn cli_7_json_is_one_document_without_secrets() {
    let sandbox = Sandbox::new();
    let run = sandbox.get(["--json"]).succeeds();
    let document = run.json();
    let keys: Vec<_> = document.as_object().unwrap().keys().cloned().collect();
    let expected = [
        "updated_profile_name",
        "aws_access_key_id",
        "aws_token_expiration",
        "expires_in_seconds",
        "refreshed",
        "renamed_from",
        "usage",
    ];
    assert_eq!(keys, expected);
    assert_eq!(document["updated_profile_name"], "default_sts");
    assert_eq!(document["refreshed"], true);
    assert_eq!(document["usage"], usage("default_sts"));
    assert!(document["expires_in_seconds"].as_i64().unwrap() > 3590);
}

#[test]
fn cli_7_a_failure_in_json_leaves_stdout_empty_and_ends_with_the_error() {
    let sandbox = Sandbox::new();
    let run = sandbox.run(["get", "-n", "default", "-t", "654321", "--json"]).fails("code_refused", 4);
    let last: serde_json::Value = serde_json::from_str(run.stderr.lines().last().unwrap()).unwrap();
    let keys: Vec<_> = last["error"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(keys, ["code", "message", "hint", "code_spent"]);
    assert_eq!((&last["error"]["code"], &last["error"]["code_spent"]), (&"code_refused".into(), &"yes".into()));
    let run = sandbox.run(["get", "--json", "-n"]).fails("usage", 2);
    assert!(run.stderr.lines().last().unwrap().starts_with(r#"{"error":{"code":"usage","#));
}

#[test]
fn get_7_a_session_that_is_good_long_enough_is_kept_without_a_request() {
    let sandbox = Sandbox::new();
    sandbox.get([]).succeeds();
    let before = sandbox.read();
    let run = sandbox.run(["get", "-n", "default", "--min-validity", "30m", "--json"]).succeeds();
    assert_eq!((&run.json()["refreshed"], sandbox.sts().request_count()), (&false.into(), 1));
    assert_eq!(sandbox.read(), before);
    sandbox.get(["--min-validity", "2h", "-d", "3h"]).succeeds();
    assert_eq!(sandbox.sts().request_count(), 2);
}

/// The duration that AWS was asked for.
fn asked_for(sandbox: &Sandbox) -> Option<String> {
    sandbox.sts().requests().last().unwrap().duration_seconds.clone()
}

#[test]
fn get_7_c46_the_duration_is_raised_for_the_minimum_validity() {
    for (min_validity, own_duration, seconds) in [
        ("59m", "", "3600"),
        ("59m1s", "", "3601"),
        ("7500", "", "7560"),
        ("129540", "", "129600"),
        ("2h", "duration_seconds = 1800\n", "7260"),
        ("10m", "duration_seconds = 900\n", "900"),
        ("2h", "duration_seconds = 43200\n", "43200"),
    ] {
        let sandbox = Sandbox::new().credentials(format!("{SOURCE}{own_duration}"));
        sandbox.get(["--min-validity", min_validity]).succeeds();
        assert_eq!(asked_for(&sandbox).as_deref(), Some(seconds), "{min_validity} {own_duration}");
        // It is good that long now, so nothing is asked again.
        let slack = ["get", "-n", "default", "--min-validity", min_validity];
        sandbox.run(slack).succeeds().prints("nothing was sent");
    }
}

#[test]
fn get_7_a_minimum_validity_that_no_session_reaches_is_a_usage_error_that_names_the_option() {
    for (arguments, message, hint) in [
        (&["--min-validity", "129541"][..], "`--min-validity` is above 129540 s (35h59m)", "129540 s or less"),
        (&["--min-validity", "99999999999999999999"], "neither a number of seconds nor a time", "1h30m"),
        (&["--min-validity", "18446744073709551615"], "`--min-validity` is above 129540 s", "129540 s or less"),
        (
            &["--min-validity", "59m1s", "-d", "1h"],
            "`--duration` is not a minute longer than `--min-validity`",
            "leave out `--duration`",
        ),
        (&["--min-validity", "36h", "-d", "36h"], "`--min-validity` is above 129540 s", "129540 s or less"),
    ] {
        let arguments = ["get", "-n", "default", "-t", "123456"].into_iter().chain(arguments.iter().copied());
        let run = Sandbox::new().refused(arguments, "usage", 2).says(message);
        assert!(run.stderr.lines().any(|line| line.starts_with("hint: ") && line.contains(hint)), "{run:?}");
    }
}

/// An account's root user, whose sessions last an hour at most.
fn of_root() -> Sandbox {
    Sandbox::with(MockSts::builder().users([User { root: true, ..User::default() }]).start())
}

#[test]
fn get_7_c18_a_grant_that_is_shorter_than_asked_for_is_a_warning_that_names_both() {
    let sandbox = of_root();
    let run = sandbox.get(["-d", "12h"]).succeeds();
    run.says("warning: AWS granted a session of 1 h instead of the 12 h that were requested");
    let run = sandbox.get(["-d", "12h", "--min-validity", "30m"]).succeeds();
    assert!(!run.stderr.contains("granted") && run.stdout.contains("nothing was sent"), "{run:?}");
    let run = of_root().get(["--min-validity", "59m"]).succeeds();
    assert!(!run.stderr.contains("granted"), "{run:?}");
}

#[test]
fn get_7_c18_a_grant_that_is_shorter_than_the_minimum_validity_is_stored_and_an_error() {
    let sandbox = of_root();
    for arguments in [&["--min-validity", "2h"][..], &["--min-validity", "2h", "-d", "12h"], &["--min-validity", "61m"]]
    {
        let run = sandbox.get(arguments.iter().copied()).fails("session_too_short", 7);
        run.says("the session of `default_sts` that AWS granted lasts only 1 h").says("the code is spent");
        assert!(sandbox.read().contains("[default_sts]"));
        sandbox.run(["list", "--check", "default", "--min-validity", "58m"]).succeeds();
    }
    // Not for a caller that needs less.
    sandbox.run(["get", "-n", "default", "--min-validity", "30m"]).succeeds().prints("nothing was sent");
    assert_eq!(sandbox.sts().request_count(), 3);
}

#[test]
fn get_13_each_refusal_of_aws_is_one_code_and_leaves_the_file_alone() {
    let cases = [
        ("AccessDenied", "access_denied", 4),
        ("InvalidClientTokenId", "key_refused", 4),
        ("SignatureDoesNotMatch", "signature_refused", 4),
        ("RegionDisabledException", "region_refused", 4),
        ("ValidationError", "aws_refused", 4),
        ("OptInRequired", "access_denied", 4),
        ("ServiceUnavailable", "answer_lost", 5),
    ];
    for (fault, code, status) in cases {
        let sandbox = Sandbox::new();
        sandbox.sts().set_fault(Fault::Error(fault.into()), None);
        sandbox.get([]).fails(code, status).says("note: the code ");
        assert_eq!(sandbox.read(), SOURCE, "{fault}");
        sandbox.expect_no_leftovers();
    }
}

#[test]
fn get_13_refusals_that_the_mock_makes_itself() {
    let sandbox = Sandbox::new();
    sandbox.run(["get", "-n", "default", "-t", "000000"]).fails("code_refused", 4).says("the code is spent");
    let sandbox = sandbox.credentials(SOURCE.replace("EXAMPLEKEY", "EXAMPLEKEX"));
    sandbox.get([]).fails("signature_refused", 4).says("the code is not spent");
    let sandbox = sandbox.credentials(SOURCE.replace("AKIAIOSFODNN7EXAMPLE", "AKIAI44QH8DHBEXAMPLE"));
    sandbox.get([]).fails("key_refused", 4);
    let sandbox = sandbox.credentials(SOURCE.replace("mfa/user", "mfa/another"));
    sandbox.get([]).fails("device_refused", 4);
}

#[test]
fn get_11_a_lost_answer_is_not_asked_for_again() {
    for fault in [Fault::Drop, Fault::Unavailable, Fault::UnavailableHtml, Fault::Malformed, Fault::Incomplete] {
        let sandbox = Sandbox::new();
        sandbox.sts().set_fault(fault.clone(), None);
        sandbox.get([]).fails("answer_lost", 5).says("the code may be spent");
        assert_eq!(sandbox.sts().request_count(), 1, "{fault:?}");
        assert_eq!(sandbox.read(), SOURCE, "{fault:?}");
    }
}

#[test]
fn get_11_throttling_and_clock_skew_are_retried() {
    let sandbox = Sandbox::new();
    sandbox.sts().set_fault(Fault::Error("Throttling".into()), Some(1));
    sandbox.get([]).succeeds();
    assert_eq!(sandbox.sts().request_count(), 2);
    sandbox.sts().set_fault(Fault::Error("Throttling".into()), None);
    sandbox.get([]).fails("throttled", 4).says("the code is not spent");

    let sandbox = Sandbox::new();
    sandbox.sts().set_clock_offset(600);
    sandbox.get([]).succeeds();
    assert_eq!(sandbox.sts().request_count(), 2);
}

#[test]
fn get_13_a_persistent_clock_skew_names_the_difference() {
    let sandbox = Sandbox::new();
    sandbox.sts().set_fault(Fault::Error("RequestExpired".into()), None);
    let run = sandbox.get([]);
    assert_eq!(run.status, Some(4), "{run:?}");
}

#[test]
fn get_11_no_connection_is_unreachable_and_spends_no_code() {
    let sandbox = Sandbox::new().env("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:1");
    sandbox.get([]).fails("unreachable", 5).says("the code is not spent");
    assert_eq!(sandbox.read(), SOURCE);
}

#[test]
fn mock_3_a_code_of_one_use_is_refused_the_second_time() {
    let sandbox = Sandbox::with(MockSts::builder().one_use_codes(true).start());
    sandbox.get([]).succeeds();
    let before = sandbox.read();
    sandbox.get([]).fails("code_refused", 4);
    assert_eq!(sandbox.read(), before);
}

#[test]
fn cli_9_v1_names_what_is_used() {
    let run = Sandbox::new().get(["-v", "1"]).succeeds();
    for text in [
        "credentials file ",
        "source profile default, session profile default_sts",
        "region us-east-1",
        "endpoint http://127.0.0.1:",
        "proxy none",
    ] {
        assert!(run.stderr.contains(text), "{text} {run:?}");
    }
}

#[cfg(any(target_os = "linux", windows))]
#[test]
fn cli_8_a_full_disk_behind_stdout_is_an_error_and_a_closed_pipe_is_none() {
    let sandbox = Sandbox::new();
    // Windows has no such device; a file that may only be read takes nothing either.
    let full = if cfg!(windows) {
        fs::File::open(sandbox.credentials_path())
    } else {
        fs::OpenOptions::new().write(true).open("/dev/full")
    };
    assert_eq!(sandbox.process(["list"]).stdout(full.unwrap()).stderr(Stdio::null()).status().unwrap().code(), Some(1));
    let (reader, closed) = std::io::pipe().unwrap();
    drop(reader);
    let run = Run::of(sandbox.process(["list"]).stdout(closed).stderr(Stdio::piped()).output().unwrap());
    assert_eq!((run.status, run.stderr.as_str()), (Some(0), ""));
}

#[test]
fn blk_7_a_source_with_any_name_is_found_and_a_session_name_is_not_any() {
    for name in ["my.prof", "team/dev", "a@b"] {
        let sandbox = Sandbox::new().credentials(SOURCE.replace("[default]", &format!("[{name}]")));
        sandbox.run(["get", "-n", name, "-t", "123456"]).succeeds().prints(&format!("AWS_PROFILE={name}_sts"));
    }
    let sandbox = Sandbox::new().credentials(SOURCE.replace("[default]", "[key with blanks]"));
    sandbox.refused(["get", "-n", "key with blanks", "-t", "123456"], "usage", 2).says("-sn");
    sandbox.run(["get", "-n", "key with blanks", "-t", "123456", "-sn", "kb"]).succeeds();
    assert!(sandbox.read().contains("key=key with blanks [auto"));
    for name in ["DEFAULT", "a b", "x]", "x\ny", "ö", "a[b"] {
        Sandbox::new().refused(["get", "-n", "default", "-t", "123456", "-sn", name], "usage", 2);
    }
}

#[test]
fn get_9_a_config_file_that_only_some_sdks_reject_is_no_reason_to_refuse() {
    for (config, warning) in [
        ("[profile x]\n    role_arn = arn:aws:iam::123456789012:role/x\n    source_profile = default\n", ""),
        ("[p] /* c */\nregion = x\n[default]\nregion: eu-west-1\n", "config:4: `:` after a key"),
        ("[default] /* c */\n", "config:1: text after the `]`"),
        ("no delimiter\n[profile y\n", ""),
    ] {
        let run = Sandbox::new().config(config).get([]).succeeds();
        let warnings: Vec<_> = run.stderr.lines().filter(|line| line.starts_with("warning: ")).collect();
        assert_eq!(warnings.len(), usize::from(!warning.is_empty()), "{config}: {run:?}");
        assert!(warnings.iter().all(|line| line.contains(warning)), "{run:?}");
    }
}

#[cfg(unix)]
#[test]
fn get_11_an_interruption_tells_what_it_could_not_prevent() {
    use std::process::Stdio;
    use std::time::Duration;

    use rustix::process::{Pid, Signal, kill_process};

    use super::sandbox::{Run, await_request};

    let sts = MockSts::builder().fault(Fault::Latency(Duration::from_secs(8)), None).start();
    let sandbox = Sandbox::with(sts);
    let mut command = sandbox.process(["get", "-n", "default", "-t", "123456"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    await_request(&sandbox);
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let run = Run::of(child.wait_with_output().unwrap());
    assert_eq!((run.status, run.stdout.as_str()), (Some(130), ""), "{run:?}");
    let run = run.says("the credentials file is unchanged; the code may be spent");
    assert_eq!(sandbox.read(), SOURCE, "{run:?}");
}

#[test]
fn cli_8_results_go_to_stdout_and_everything_else_to_stderr() {
    use predicates::prelude::{PredicateBooleanExt, predicate};
    let sandbox = Sandbox::new().env("AWS_SESSION_TOKEN", "t");
    let nothing_else = predicate::str::contains("note:").or(predicate::str::contains("warning:")).not();
    sandbox
        .command(["get", "-n", "default", "-t", "123456"])
        .assert()
        .success()
        .stdout(predicate::str::contains("AWS_PROFILE=default_sts").and(nothing_else))
        .stderr(predicate::str::starts_with("note: `AWS_SESSION_TOKEN` is set"));
    sandbox
        .command(["export", "-n", "nobody"])
        .assert()
        .code(3)
        .stdout(predicate::str::is_empty())
        .stderr(predicate::str::is_match(r"^error\[profile_not_found\]: .+\nhint: .+\n$").unwrap());
}

#[test]
fn get_13_a_session_beside_a_clock_that_is_off_comes_with_a_warning() {
    // The mock's clock is behind, so the local one is ahead.
    for (skew, words) in [(-3600, "60 min ahead of AWS"), (3600, "60 min behind AWS"), (-45, "s ahead of AWS")] {
        let sandbox = Sandbox::with(MockSts::builder().fault(Fault::Skew(skew), None).start());
        let run = sandbox.get(["-d", "2h"]).succeeds().says("warning: the local clock is").says(words);
        assert!(run.says("`list` and `export` go by it").stdout.contains("default_sts"));
    }
    let sandbox = Sandbox::with(MockSts::builder().fault(Fault::Skew(-20), None).start());
    let run = sandbox.get([]).succeeds();
    assert!(!run.stderr.contains("clock"), "{run:?}");
}
