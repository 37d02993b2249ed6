//! A secret in the place of something else is shown nowhere (FILE-2).

use serde_json::json;

use super::commands::{both, script, touch};
use super::mcp::{INFO, LIST, Session, UPDATE};
use super::sandbox::{SOURCE, Sandbox, path_with};

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const SEED: &str = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";

/// `[default]` with a secret in the place of one value.
fn files() -> Vec<(String, &'static str)> {
    let token = "IQoJb3JpZ2luX2VjEXAMPLE1".repeat(15).leak();
    let key = SOURCE.split("mfa_device_arn").next().unwrap();
    let session = format!(
        "{SOURCE}# ${{{{{{ key=default [auto update by updsts]\n[default_sts]\naws_access_key_id = {SEED}\n\
         aws_secret_access_key = s\naws_session_token = t\nexpiration_datetime = 2999-01-01T00:00:00Z\n# $}}}}}} x\n"
    );
    vec![
        (SOURCE.replace("AKIAIOSFODNN7EXAMPLE", SECRET), SECRET),
        (SOURCE.replace("AKIAIOSFODNN7EXAMPLE", SEED), SEED),
        (format!("{SOURCE}totp_secret_name = {SEED}\n"), SEED),
        (format!("{SOURCE}totp_secret_name = jbsw y3dp ehpk 3pxp\n"), "y3dp"),
        (format!("{SOURCE}totp_secret_name = otpauth://totp/AWS?secret={SEED}\n"), SEED),
        (format!("{key}mfa_device_arn = {token}\n"), token),
        (format!("{key}mfa_serial = {SECRET}\n"), SECRET),
        (format!("{SOURCE}expiration_datetime = {SECRET}\n"), SECRET),
        (format!("{SOURCE}region = {}\n", SEED.to_lowercase()), "jbswy3dp"),
        (session, SEED),
    ]
}

#[test]
fn file_2_a_secret_in_the_wrong_place_is_shown_in_no_list_and_no_message() {
    for (file, secret) in files() {
        let sandbox = Sandbox::new().credentials(&file);
        let mut said = String::new();
        for arguments in [
            &["list"][..],
            &["list", "--long"],
            &["list", "--json"],
            &["get", "-n", "default", "--no-input", "-v", "2"],
            &["get", "-n", "default", "--min-validity", "1h", "--dry-run", "--json"],
            &["get", "-n", "default", "--min-validity", "1h", "--json", "-t", "123456"],
        ] {
            let run = sandbox.run(arguments.iter().copied());
            said += &(run.stdout + &run.stderr);
        }
        assert!(!said.contains(secret), "{secret}: {said}");
        assert!(said.contains("(malformed)") || file.contains("region"), "{said}");
    }
}

#[test]
fn file_2_a_secret_in_the_wrong_place_is_shown_by_no_tool() {
    for (file, secret) in files() {
        let sandbox = Sandbox::new().credentials(&file);
        let mut session = Session::start(&sandbox, &["-v", "2"]);
        session.call(LIST, json!({}));
        session.call(INFO, json!({"profile_name": "default"}));
        for arguments in [json!({"totp_token": ""}), json!({"totp_token": "", "min_validity": 600})] {
            let mut call = arguments;
            call["profile_name"] = json!("default");
            session.call(UPDATE, call);
        }
        let ended = session.end();
        let said = ended.said.join("\n") + &ended.stderr;
        assert!(!said.contains(secret), "{secret}: {said}");
        assert!(!said.contains("secret_name `"), "{said}");
    }
}

#[test]
fn file_2_a_seed_is_not_handed_to_mktotp_as_a_name() {
    let sandbox = Sandbox::new().credentials(format!("{SOURCE}totp_secret_name = {SEED}\n"));
    let ran = both(&touch("ran"), "echo 123456");
    script(&sandbox, "bin/mktotp", &ran, &ran);
    let path = path_with(&sandbox.path("bin"));
    let sandbox = sandbox.env("PATH", path);
    sandbox.run(["get", "-n", "default"]).fails("code_unavailable", 3).says("looks like the secret itself");
    assert!(!sandbox.path("ran").exists());
}

#[test]
fn file_2_a_secret_in_the_wrong_line_of_a_block_is_not_shown_by_a_dry_run() {
    let block = format!(
        "# ${{{{{{ key=default\n[default_sts]\naws_access_key_id = {SECRET}\nexpiration_datetime = {SEED}\n# $}}}}}}\n"
    );
    let sandbox = Sandbox::new().credentials(format!("{SOURCE}{block}"));
    let run = sandbox.run(["get", "default", "--dry-run"]).succeeds().prints("- aws_access_key_id = (malformed)");
    let run = run.prints("- expiration_datetime = (malformed)");
    assert!(!run.stdout.contains(SECRET) && !run.stdout.contains(SEED), "{run:?}");
}
