//! No secret in anything that the server says, and every error text as a snapshot (MCP-4, MCP-5, MCP-9).

use std::collections::BTreeSet;
use std::fs;

use insta::assert_snapshot;
use mock_sts::{Fault, MockSts};
use serde_json::{Value, json};

use super::{INFO, LIST, Session, UPDATE, meta};
use crate::sandbox::{SOURCE, Sandbox, set_read_only};
use crate::texts::with_snapshots;

const SECRET: &str = "CanarySecretAccessKey0123456789abcdefXYZ";
const CODE: &str = "731946";
const CANARIES: [&str; 8] = [
    SECRET,
    CODE,
    "canary-unknown",
    "canary-security-token",
    "canary-env-secret",
    "canary-env-token",
    "canary-proxy-pw",
    "abcd-short",
];

fn sandbox() -> Sandbox {
    let sts = MockSts::builder().secret_access_key(SECRET).token_code(CODE).seed(7).start();
    let file = format!(
        "[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = {SECRET}\n\
         mfa_device_arn = arn:aws:iam::123456789012:mfa/user\npassword = canary-unknown\n\
         [old]\naws_security_token = canary-security-token\n\
         [short]\naws_secret_access_key = abcd-short\naws_session_token = abcd-short\n\
         [odd]\n{CODE}{SECRET}\n[{SECRET}\n"
    );
    Sandbox::with(sts)
        .credentials(file)
        .env("AWS_SECRET_ACCESS_KEY", "canary-env-secret")
        .env("AWS_SESSION_TOKEN", "canary-env-token")
        .env("RUST_LOG", "trace")
}

fn stored(sandbox: &Sandbox) -> BTreeSet<String> {
    let file = sandbox.read();
    let secrets = file.lines().filter_map(|line| {
        let (key, value) = line.split_once(" = ")?;
        ["aws_secret_access_key", "aws_session_token"].contains(&key).then(|| value.to_owned())
    });
    secrets.collect()
}

#[track_caller]
fn expect_clean(session: Session, secrets: &BTreeSet<String>) {
    let ended = session.end();
    let all = ended.said.join("\n") + &ended.stderr;
    for canary in CANARIES.into_iter().map(str::to_owned).chain(secrets.iter().cloned()) {
        assert!(!all.contains(&canary), "{canary} is in {all}");
    }
}

/// Everything that a client can ask, whether it makes sense or not.
fn ask_everything(session: &mut Session) {
    for profile in ["default", "default_sts", "old", "short", "odd", "nobody", SECRET, CODE] {
        session.call(INFO, json!({"profile_name": profile}));
    }
    session.call(LIST, json!({}));
    for arguments in [
        json!({"profile_name": "default", "totp_token": CODE}),
        json!({"profile_name": "default", "totp_token": CODE, "min_validity": 60}),
        json!({"profile_name": "default", "totp_token": CODE, "sts_profile_name": format!("{CODE}]")}),
        json!({"profile_name": "short", "totp_token": CODE}),
        json!({"profile_name": "default", "totp_token": 731_946}),
        json!({"profile_name": "default", "totp_token": [CODE]}),
        json!({"profile_name": "default", "totp_token": format!("{CODE}{CODE}")}),
        json!({"profile_name": "default", "totp_token": CODE, "duration": CODE}),
        json!({"profile_name": "default", "totp_token": CODE, SECRET: SECRET}),
        json!({"profile_name": "default", "totp_token": CODE, "cred_file": SECRET}),
    ] {
        session.call(UPDATE, arguments);
    }
}

fn malformed_lines(session: &mut Session) {
    let call =
        json!({"jsonrpc": "2.0", "id": CODE, "method": "tools/call", "params": {"name": SECRET, "_meta": meta()}});
    let call = call.to_string().replace(CODE, "x");
    for line in [
        format!("{{\"jsonrpc\":\"2.0\",\"id\":\"m\",\"method\":\"tools/call\",\"params\":\"{SECRET}\"}}\n"),
        format!("{{\"totp_token\":\"{CODE}\"\n"),
        format!("[\"{CODE}\", \"{SECRET}\"]\n"),
        format!(
            "{{\"jsonrpc\":\"2.0\",\"id\":\"n\",\"method\":\"tools/list\",\"params\":{{\"cursor\":[\"{CODE}\"]}}}}\n"
        ),
        format!("{{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":\"{CODE}\"}}\n"),
        format!("{call}\n"),
    ] {
        session.send_bytes(line.as_bytes());
    }
    session.call(LIST, json!({}));
}

#[test]
fn mcp_4_nothing_that_the_server_says_holds_a_secret() {
    for level in ["0", "2"] {
        let sandbox = sandbox();
        let mut session = Session::start(&sandbox, &["-v", level]);
        malformed_lines(&mut session);
        ask_everything(&mut session);
        malformed_lines(&mut session);
        let secrets = stored(&sandbox);
        assert!(secrets.len() >= 3, "no session was stored");
        expect_clean(session, &secrets);
    }
}

#[test]
fn mcp_4_no_failure_of_aws_shows_a_secret() {
    let codes = ["AccessDenied", "InvalidClientTokenId", "SignatureDoesNotMatch", "ValidationError", "Throttling"];
    let faults = codes.map(|code| Fault::Error(code.into())).into_iter();
    let others = [
        Fault::Drop,
        Fault::Unavailable,
        Fault::UnavailableHtml,
        Fault::Malformed,
        Fault::Incomplete,
        Fault::Skew(900),
    ];
    for fault in faults.chain(others) {
        let sandbox = sandbox();
        sandbox.sts().set_fault(fault, None);
        let mut session = Session::start(&sandbox, &["-v", "2"]);
        session.call(UPDATE, json!({"profile_name": "default", "totp_token": CODE}));
        expect_clean(session, &BTreeSet::new());
    }
    for (name, value) in [
        ("HTTP_PROXY", "http://user:canary-proxy-pw@127.0.0.1:1"),
        ("HTTP_PROXY", "socks5://user:canary-proxy-pw@127.0.0.1:1"),
        ("AWS_ENDPOINT_URL_STS", "http://user:canary-proxy-pw@127.0.0.1:1"),
        ("AWS_CONFIG_FILE", "/nowhere/config"),
    ] {
        let sandbox = sandbox().env(name, value);
        let mut session = Session::start(&sandbox, &["-v", "2"]);
        session.call(UPDATE, json!({"profile_name": "default", "totp_token": CODE}));
        expect_clean(session, &stored(&sandbox));
    }
}

#[test]
fn mcp_4_a_secret_of_four_characters_is_masked_like_any_other() {
    let sandbox = Sandbox::new().credentials("[a]\naws_secret_access_key = wxyz\naws_session_token = q\n");
    let mut session = Session::start(&sandbox, &[]);
    let profile = session.succeeds(INFO, json!({"profile_name": "a"}))["result"].take();
    assert_eq!(
        (&profile["aws_secret_access_key"], &profile["aws_session_token"]),
        (&json!("(masked)"), &json!("(masked)"))
    );
    assert!(!profile.to_string().contains("wxyz"));
}

const NOWHERE: &str = if cfg!(windows) { r"C:\nowhere\credentials" } else { "/nowhere/credentials" };
const NO_FILE: &str = if cfg!(windows) { r"C:\Windows" } else { "/dev/null" };

/// Each failure with its text, which tells a model what to do next.
#[test]
fn snapshots_of_every_error() {
    let key = SOURCE.split("mfa_device_arn").next().unwrap();
    let cases: Vec<(&str, String, Value, Option<Fault>)> = vec![
        ("usage", SOURCE.into(), json!({"totp_token": "1"}), None),
        ("file_not_allowed", SOURCE.into(), json!({"cred_file": "x"}), None),
        ("file_missing", SOURCE.into(), json!({"cred_file": NOWHERE}), None),
        ("file_unusable", SOURCE.into(), json!({"cred_file": NO_FILE}), None),
        ("profile_not_found", SOURCE.into(), json!({"profile_name": "nobody"}), None),
        ("key_missing", "[default]\n".into(), json!({}), None),
        ("device_missing", key.into(), json!({}), None),
        ("device_invalid", format!("{key}mfa_serial = arn:aws:iam::123456789012:user/me\n"), json!({}), None),
        ("source_is_session", format!("{SOURCE}aws_session_token = t\n"), json!({}), None),
        ("block_damaged", format!("{SOURCE}# ${{{{{{ key=default\n"), json!({}), None),
        ("name_taken", format!("{SOURCE}[default_sts]\n"), json!({}), None),
        ("code_unavailable", format!("{SOURCE}totp_secret_name = work\n"), json!({"totp_token": ""}), None),
        ("code_refused", SOURCE.into(), json!({"totp_token": "654321"}), None),
        ("key_refused", SOURCE.into(), json!({}), Some(Fault::Error("InvalidClientTokenId".into()))),
        ("signature_refused", SOURCE.into(), json!({}), Some(Fault::Error("SignatureDoesNotMatch".into()))),
        ("clock_skew", SOURCE.into(), json!({}), Some(Fault::Error("RequestExpired".into()))),
        ("region_refused", SOURCE.into(), json!({}), Some(Fault::Error("RegionDisabledException".into()))),
        ("access_denied", SOURCE.into(), json!({}), Some(Fault::Error("AccessDenied".into()))),
        ("throttled", SOURCE.into(), json!({}), Some(Fault::Error("Throttling".into()))),
        ("aws_refused", SOURCE.into(), json!({}), Some(Fault::Error("ValidationError".into()))),
        ("answer_lost", SOURCE.into(), json!({}), Some(Fault::Drop)),
    ];
    let mut page = String::new();
    for (code, file, more, fault) in cases {
        let sandbox = Sandbox::new().credentials(file);
        if let Some(fault) = fault {
            sandbox.sts().set_fault(fault, None);
        }
        let mut arguments = json!({"profile_name": "default", "totp_token": "123456"});
        arguments.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let mut session = Session::start(&sandbox, &[]);
        page += &(session.fails(UPDATE, arguments, code) + "\n\n");
    }
    let unreachable = Sandbox::new().env("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:1");
    let call = json!({"profile_name": "default", "totp_token": "123456"});
    page += &(Session::start(&unreachable, &[]).fails(UPDATE, call.clone(), "unreachable") + "\n\n");
    let config = Sandbox::new().env("AWS_ENDPOINT_URL_STS", "nonsense");
    page += &(Session::start(&config, &[]).fails(UPDATE, call.clone(), "config_unusable") + "\n\n");
    let locked = Sandbox::new();
    set_read_only(&locked.credentials_path(), true);
    page += &(Session::start(&locked, &[]).fails(UPDATE, call, "not_writable") + "\n");
    set_read_only(&locked.credentials_path(), false);
    assert_eq!(fs::read_to_string(locked.credentials_path()).unwrap(), SOURCE);
    with_snapshots(|| assert_snapshot!("mcp_errors", page));
}
