//! What is shown of a file that a call named, and how much is answered (MCP-9).

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::{INFO, LIST, Session, UPDATE};
use crate::sandbox::{SOURCE, Sandbox, set_mode};

fn other(sandbox: &Sandbox, text: impl AsRef<[u8]>) -> PathBuf {
    let path = sandbox.path("other");
    fs::write(&path, text).unwrap();
    set_mode(&path, 0o600);
    path
}

fn names(answer: &Value) -> Vec<&str> {
    answer["result"].as_array().unwrap().iter().map(|profile| profile["profile_name"].as_str().unwrap()).collect()
}

/// Files with settings or secrets of other programs.
const FOREIGN: [&str; 6] = [
    "[url \"https://oauth2:canary@host/\"]\n\tinsteadOf = https://host/\n[user]\n\tname = canary\n[canary]\n\tx = y\n",
    "[{\"password\":\"canary\"}]\n",
    "[canary\u{e9}]\nregion = canary\n",
    "[canary name]\naws_access_key_id = canary\n[empty]\naws_access_key_id =\n",
    "# ${{{ key=canary [auto update by updsts]\n[canary_sts]\n# $}}}\n[x\ncanary = y\n",
    "canary\n",
];

#[test]
fn mcp_9_a_file_that_is_no_credentials_file_shows_nothing_of_itself() {
    let sandbox = Sandbox::new();
    let mut session = Session::start(&sandbox, &[]);
    for text in FOREIGN {
        let path = other(&sandbox, text);
        let file = path.to_str().unwrap();
        let list = session.call(LIST, json!({"cred_file": file}));
        assert_eq!(list["structuredContent"]["result"], json!([]), "{text}: {list}");
        assert!(list["structuredContent"].get("notes").is_none(), "{text}: {list}");
        let info = session.call(INFO, json!({"cred_file": file, "profile_name": "nobody"}));
        assert!(info["structuredContent"]["result"].is_null() && info["isError"] == false, "{info}");
        assert!(!format!("{list}{info}").contains("canary"), "{text}: {list} {info}");
        // Neither does it say whether a guess was right.
        for name in ["canary", "user", "canary name", "nobody"] {
            let info = session.call(INFO, json!({"cred_file": file, "profile_name": name}));
            assert!(info["structuredContent"]["result"].is_null(), "{text}: {info}");
            let update = json!({"cred_file": file, "profile_name": name, "totp_token": "123456"});
            let error = session.fails(UPDATE, update, "profile_not_found");
            assert!(!error.contains("canary"), "{text}: {error}");
        }
    }
    assert_eq!(sandbox.sts().request_count(), 0);
}

#[test]
fn mcp_9_of_another_credentials_file_the_usable_profiles_are_shown() {
    let sandbox = Sandbox::new();
    let path =
        other(&sandbox, format!("[user]\nname = canary\n{SOURCE}[dev-1]\nregion = eu-west-1\n[a b]\nregion = x\n"));
    let mut session = Session::start(&sandbox, &[]);
    let list = session.succeeds(LIST, json!({"cred_file": path.to_str().unwrap()}));
    assert_eq!(names(&list), ["default", "dev-1"]);
    // The operator's own file is shown whole.
    fs::copy(&path, sandbox.credentials_path()).unwrap();
    assert_eq!(names(&session.succeeds(LIST, json!({}))), ["user", "default", "dev-1", "a b"]);
    let own = session.succeeds(LIST, json!({"cred_file": sandbox.credentials_path().to_str().unwrap()}));
    assert_eq!(names(&own), ["user", "default", "dev-1", "a b"]);
}

#[test]
fn mcp_9_the_source_of_a_session_in_another_file_is_named_only_where_it_could_be_shown() {
    let sandbox = Sandbox::new();
    let block = |key: &str| {
        format!(
            "# ${{{{{{ key={key} [auto update by updsts]\n[s]\naws_access_key_id = ASIAIOSFODNN7EXAMPLE\n# $}}}}}}\n"
        )
    };
    let mut session = Session::start(&sandbox, &[]);
    for (key, expected) in [("dev", json!("dev")), ("https://canary@host/?x", Value::Null)] {
        let path = other(&sandbox, block(key));
        let list = session.succeeds(LIST, json!({"cred_file": path.to_str().unwrap()}));
        assert_eq!(list["result"][0]["source_profile"], expected, "{list}");
    }
}

#[test]
fn mcp_9_at_most_a_thousand_profiles_are_answered_and_the_rest_are_counted() {
    let many = |count: usize| (0..count).map(|n| format!("[p{n}]\nregion = x")).collect::<Vec<_>>().join("\n");
    let sandbox = Sandbox::new().credentials(many(1234));
    let path = other(&sandbox, many(1000));
    let mut session = Session::start(&sandbox, &[]);
    let own = session.succeeds(LIST, json!({}));
    assert_eq!((own["result"].as_array().unwrap().len(), &own["result"][999]["profile_name"]), (1000, &json!("p999")));
    let notes = own["notes"].as_array().unwrap();
    assert!(notes.iter().any(|note| note.as_str().unwrap().contains("234 more")), "{notes:?}");
    // One by its name is found among all of them; the names of others are as many.
    assert_eq!(session.succeeds(INFO, json!({"profile_name": "p1200"}))["result"]["profile_name"], "p1200");
    let unknown = session.succeeds(INFO, json!({"profile_name": "nobody"}));
    let note = unknown["notes"][0].as_str().unwrap();
    assert!(note.contains("`p999`") && !note.contains("`p1000`") && note.contains("234 more"), "{unknown}");
    let other = session.succeeds(LIST, json!({"cred_file": path.to_str().unwrap()}));
    assert_eq!((other["result"].as_array().unwrap().len(), other.get("notes")), (1000, None));
}

#[test]
fn mcp_9_of_a_file_that_a_call_named_at_most_a_mebibyte_is_read() {
    let sandbox = Sandbox::new();
    let mut text = SOURCE.as_bytes().to_vec();
    text.resize(1 << 20, b'#');
    let path = other(&sandbox, &text);
    let mut session = Session::start(&sandbox, &[]);
    let file = path.to_str().unwrap();
    assert_eq!(names(&session.succeeds(LIST, json!({"cred_file": file}))), ["default"]);
    text.push(b'#');
    fs::write(&path, &text).unwrap();
    for (tool, arguments) in [
        (LIST, json!({"cred_file": file})),
        (INFO, json!({"cred_file": file, "profile_name": "default"})),
        (UPDATE, json!({"cred_file": file, "profile_name": "default", "totp_token": "123456"})),
    ] {
        let error = session.fails(tool, arguments, "file_unusable");
        assert!(error.contains("1 MiB") && error.contains("next: call again without `cred_file`"), "{error}");
    }
    assert_eq!(sandbox.sts().request_count(), 0);
    // The operator's own may be larger.
    fs::write(sandbox.credentials_path(), &text).unwrap();
    session.succeeds(LIST, json!({"cred_file": sandbox.credentials_path().to_str().unwrap()}));
}
