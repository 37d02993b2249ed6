//! `list`: every profile in file order, never a secret.

use super::sandbox::{SOURCE, Sandbox};

fn file() -> String {
    let block = |expiry: &str, source: &str| {
        format!(
            "# ${{{{{{ key={source} [auto update by updsts]\n[{source}_sts]\naws_access_key_id = ASIAIOSFODNN7EXAMPLE\n\
             aws_secret_access_key = s3cr3t\naws_session_token = t0k3n\nexpiration_datetime = {expiry}\n# $}}}}}} x\n"
        )
    };
    let soon = (jiff::Timestamp::now() + jiff::SignedDuration::from_secs(200)).to_string();
    let long = (jiff::Timestamp::now() + jiff::SignedDuration::from_secs(7_210)).to_string();
    format!(
        "{SOURCE}totp_secret_name = aws_main\npassword = hunter2\n\n{}[a]\n{}[b]\n{}[c]\n{}[empty]\nregion = x\n",
        block(&long, "default"),
        block(&soon, "a"),
        block("2020-01-01T00:00:00Z", "b"),
        block("someday", "c"),
    )
}

#[test]
fn cli_6_one_line_for_each_profile_in_file_order() {
    let sandbox = Sandbox::new().credentials(file());
    let run = sandbox.run(["list"]).succeeds();
    let lines: Vec<_> = run.stdout.lines().map(|line| line.split('\t').collect::<Vec<_>>()).collect();
    assert_eq!(lines[0], ["default", "long-term", "-", "-", "user"]);
    assert_eq!(lines[1], ["default_sts", "session", "valid", "2 h", "of default"]);
    assert_eq!(lines[3], ["a_sts", "session", "expiring", "3 min", "of a"]);
    assert_eq!(lines[5][..3], ["b_sts", "session", "expired"]);
    assert!(lines[5][3].ends_with(" days ago"));
    assert_eq!(lines[7], ["c_sts", "session", "unknown", "-", "of c"]);
    assert_eq!(lines[8], ["empty", "none", "-", "-", "-"]);
}

#[test]
fn cli_6_and_file_2_no_secret_and_no_unknown_key_in_any_form() {
    let sandbox = Sandbox::new().credentials(file());
    for arguments in [&["list"][..], &["list", "--json"], &["list", "--long"], &["list", "-v", "2"]] {
        let run = sandbox.run(arguments.iter().copied()).succeeds();
        for secret in ["wJalrXUtnFEMI", "s3cr3t", "t0k3n", "hunter2", "password"] {
            assert!(!run.stdout.contains(secret) && !run.stderr.contains(secret), "{secret} {run:?}");
        }
    }
}

#[test]
fn cli_7_json_has_every_field_and_null_for_what_is_absent() {
    let run = Sandbox::new().credentials(file()).run(["list", "--json"]).succeeds();
    let profiles = run.json();
    let source = &profiles[0];
    let keys: Vec<_> = source.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(
        keys,
        [
            "profile_name",
            "credential_type",
            "status",
            "aws_access_key_id",
            "mfa_device_arn",
            "totp_secret_name",
            "expiration_datetime",
            "expires_in_seconds",
            "source_profile",
            "session_profile",
            "code_source",
        ]
    );
    assert_eq!(source["credential_type"], "long-term");
    assert_eq!(source["status"], "not_applicable");
    assert_eq!(source["session_profile"], "default_sts");
    assert_eq!(source["totp_secret_name"], "aws_main");
    assert!(source["expires_in_seconds"].is_null());
    let session = &profiles[1];
    assert_eq!(session["source_profile"], "default");
    assert!((7_150..=7_210).contains(&session["expires_in_seconds"].as_i64().unwrap()));
    assert!(profiles[5]["expires_in_seconds"].as_i64().unwrap() < 0);
}

#[test]
fn file_4_an_empty_file_is_an_empty_list() {
    let sandbox = Sandbox::new().credentials("");
    assert_eq!(sandbox.run(["list"]).succeeds().stdout, "");
    assert_eq!(sandbox.run(["list", "--json"]).succeeds().json(), serde_json::json!([]));
}

#[test]
fn file_1_odd_lines_are_warnings_with_their_place() {
    let sandbox = Sandbox::new().credentials(b"[a]\nregion: x\n[a]\ncaf\xe9\n");
    let run = sandbox.run(["list"]).succeeds();
    let run = run.says("~/.aws/credentials:2: `:`").says("~/.aws/credentials:3: a second");
    run.says("~/.aws/credentials:4: bytes");
}

#[test]
fn cli_8_text_of_the_file_cannot_steer_the_terminal() {
    let sandbox = Sandbox::new().credentials("[ev\u{1b}[31mil\u{202e}]\nmfa_serial = x\u{7}y\u{9b}z\n");
    let run = sandbox.run(["list"]).succeeds();
    assert!(!run.stdout.chars().any(|c| c.is_control() && c != '\n' && c != '\t'), "{run:?}");
    assert!(run.stdout.starts_with("ev[31mil\tnone"), "{run:?}");
}
