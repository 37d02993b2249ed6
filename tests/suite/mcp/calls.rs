//! What the tools do (MCP-2 to MCP-6, MCP-9, MCP-10, MCP-12).

use std::fs;
use std::time::{Duration, Instant};

use mock_sts::{Fault, MockSts, User};
use serde_json::{Value, json};

use super::{INFO, LIST, Session, UPDATE};
use crate::commands::{both, script, touch};
use crate::sandbox::{SOURCE, Sandbox, await_request, path_with, set_mode, usage};

const NOT_DEFINED: &str = "(not defined)";

#[test]
fn mcp_3_the_readers_mask_secrets_and_keep_the_keys_of_the_original() {
    let sandbox = Sandbox::new();
    sandbox.get([]).succeeds();
    let mut session = Session::start(&sandbox, &[]);

    let all = session.succeeds(LIST, json!({}));
    assert_eq!(all["credential_file"], dunce::canonicalize(sandbox.credentials_path()).unwrap().to_str().unwrap());
    let source = &all["result"][0];
    let expected = json!({
        "profile_name": "default",
        "aws_access_key_id": "AKIAIOSFODNN7EXAMPLE",
        "aws_secret_access_key": "(masked)",
        "aws_session_token": NOT_DEFINED,
        "mfa_device_arn": "arn:aws:iam::123456789012:mfa/user",
        "totp_secret_name": NOT_DEFINED,
        "expiration_datetime": NOT_DEFINED,
        "credential_type": "long-term",
        "status": "not_applicable",
        "session_profile": "default_sts",
        "code_source": "none",
    });
    assert_eq!(*source, expected);
    let stored = &all["result"][1];
    assert_eq!((&stored["aws_session_token"], &stored["source_profile"]), (&json!("(masked)"), &json!("default")));
    assert_eq!((&stored["credential_type"], &stored["status"]), (&json!("session"), &json!("valid")));
    assert!((3500..=3600).contains(&stored["expires_in_seconds"].as_i64().unwrap()));
    assert!(sandbox.read().contains(stored["expiration_datetime"].as_str().unwrap()));

    let one = session.succeeds(INFO, json!({"profile_name": "default_sts"}));
    assert_eq!(one["result"]["source_profile"], "default");
    assert_eq!(one["result"]["aws_access_key_id"], stored["aws_access_key_id"]);
}

#[test]
fn mcp_5_an_unknown_profile_is_null_and_an_empty_file_is_an_empty_list() {
    let sandbox = Sandbox::new().credentials("[a]\n[b]\n");
    let mut session = Session::start(&sandbox, &[]);
    let result = session.call(INFO, json!({"profile_name": "c"}));
    assert_eq!((&result["structuredContent"]["result"], &result["isError"]), (&Value::Null, &json!(false)));
    assert!(result["structuredContent"]["notes"][0].as_str().unwrap().contains("`a`, `b`"), "{result}");

    fs::write(sandbox.credentials_path(), "").unwrap();
    assert_eq!(session.succeeds(LIST, json!({}))["result"], json!([]));
    fs::remove_file(sandbox.credentials_path()).unwrap();
    session.fails(LIST, json!({}), "file_missing");
}

#[test]
fn mcp_3_update_stores_a_session_that_the_usage_names() {
    let sandbox = Sandbox::new();
    let mut session = Session::start(&sandbox, &[]);
    let answer = session.succeeds(UPDATE, json!({"profile_name": "default", "totp_token": "123456"}));
    let result = &answer["result"];
    assert_eq!((&result["updated_profile_name"], &result["refreshed"]), (&json!("default_sts"), &json!(true)));
    assert_eq!(result["usage"], usage("default_sts"));
    assert!(sandbox.read().contains(result["aws_access_key_id"].as_str().unwrap()));
    assert!(sandbox.read().contains(result["aws_token_expiration"].as_str().unwrap()));
    assert!((3500..=3600).contains(&result["expires_in_seconds"].as_i64().unwrap()));

    let kept = json!({"profile_name": "default", "totp_token": "", "min_validity": 600});
    assert_eq!(session.succeeds(UPDATE, kept)["result"]["refreshed"], false);
    assert_eq!(sandbox.sts().request_count(), 1);
}

#[test]
fn mcp_2_names_durations_and_the_session_profile_are_taken_as_on_the_command_line() {
    let sandbox = Sandbox::new().credentials(format!("{SOURCE}duration_seconds = 1800\n"));
    let mut session = Session::start(&sandbox, &[]);
    let seconds = |session: &mut Session, mut arguments: Value| {
        arguments["profile_name"] = json!("default");
        arguments["totp_token"] = json!("123456");
        let answer = session.succeeds(UPDATE, arguments);
        (answer["result"]["expires_in_seconds"].as_i64().unwrap(), answer["result"]["updated_profile_name"].clone())
    };
    let (left, name) = seconds(&mut session, json!({"sts_profile_name": "work", "cred_file": null}));
    assert!((1700..=1800).contains(&left) && name == "work", "{left} {name}");
    // A new server has not sent this code; the block's own name is kept.
    let mut session = Session::start(&sandbox, &[]);
    let (left, name) = seconds(&mut session, json!({"duration": "900"}));
    assert!((800..=900).contains(&left) && name == "work", "{left} {name}");
}

#[test]
fn get_7_c46_a_call_for_long_work_raises_the_duration_and_an_impossible_one_names_its_arguments() {
    let sandbox = Sandbox::new();
    let mut session = Session::start(&sandbox, &[]);
    let mut call = json!({"profile_name": "default", "totp_token": "123456", "min_validity": 7500});
    let answer = session.succeeds(UPDATE, call.clone());
    assert!((7500..=7560).contains(&answer["result"]["expires_in_seconds"].as_i64().unwrap()), "{answer}");
    call["min_validity"] = json!(129_541);
    let text = session.fails(UPDATE, call.clone(), "usage");
    assert!(text.contains("`min_validity` is above 129540 s") && !text.contains("--"), "{text}");
    call["min_validity"] = json!(7500);
    call["duration"] = json!(3600);
    let text = session.fails(UPDATE, call, "usage");
    assert!(text.contains("`duration` is not a minute longer than `min_validity`") && !text.contains("--"), "{text}");
}

#[test]
fn get_7_c18_a_session_that_is_too_short_is_told_to_the_model() {
    let sandbox = Sandbox::with(MockSts::builder().users([User { root: true, ..User::default() }]).start());
    let mut session = Session::start(&sandbox, &[]);
    let call = json!({"profile_name": "default", "totp_token": "123456", "min_validity": 7200});
    let text = session.fails(UPDATE, call, "session_too_short");
    assert!(text.contains("next: do not call again: use the session that is stored"), "{text}");
    assert!(
        text.contains("code_spent: yes") && !text.contains("--") && sandbox.read().contains("[default_sts]"),
        "{text}"
    );
}

#[test]
fn mcp_2_wrong_arguments_are_refused_before_anything_is_sent() {
    let sandbox = Sandbox::new();
    let mut session = Session::start(&sandbox, &[]);
    for arguments in [
        json!({"totp_token": ""}),
        json!({"profile_name": 7, "totp_token": ""}),
        json!({"profile_name": "default", "totp_token": 123_456}),
        json!({"profile_name": "default", "totp_token": "12345"}),
        json!({"profile_name": "default", "totp_token": "-"}),
        json!({"profile_name": "default", "totp_token": "123456", "duration": 5}),
        json!({"profile_name": "default", "totp_token": "123456", "duration": 129_601}),
        json!({"profile_name": "default", "totp_token": "123456", "min_validity": 129_541}),
        json!({"profile_name": "default", "totp_token": "123456", "duration": 3600, "min_validity": 3541}),
        json!({"profile_name": "default", "totp_token": "123456", "sts_profile_name": "a b"}),
        json!({"profile_name": "default", "totp_token": "123456", "region": "eu-west-1"}),
    ] {
        session.fails(UPDATE, arguments, "usage");
    }
    session.fails(LIST, json!({"profile_name": "default"}), "usage");
    assert_eq!((sandbox.sts().request_count(), sandbox.read()), (0, SOURCE.to_owned()));
}

#[test]
fn mcp_6_a_command_gives_the_code_so_that_it_never_passes_through_the_model() {
    let sandbox =
        Sandbox::new().credentials(format!("{SOURCE}mfa_process = {}\n", both("echo 123456", "echo canary>&2")));
    let mut session = Session::start(&sandbox, &["-v", "1"]);
    let arguments = json!({"profile_name": "default", "totp_token": ""});
    assert_eq!(session.succeeds(UPDATE, arguments)["result"]["refreshed"], true);
    assert!(!session.end().stderr.contains("canary"));
}

#[test]
fn get_6_the_end_of_a_command_is_told_as_it_was() {
    for (command, end) in [
        ("exit 3", "its exit status is 3"),
        #[cfg(unix)]
        ("kill -9 $$", "it was killed by signal 9"),
        #[cfg(unix)]
        ("kill -11 $$", "it was killed by signal 11"),
        ("no-such-command", "a command was not found (exit status "),
    ] {
        let sandbox = Sandbox::new().credentials(format!("{SOURCE}mfa_process = {command}\n"));
        let arguments = json!({"profile_name": "default", "totp_token": ""});
        let text = Session::start(&sandbox, &[]).fails(UPDATE, arguments, "code_unavailable");
        assert!(text.contains(end), "{command}: {text}");
    }
}

#[test]
fn mcp_6_mktotp_gives_the_code_of_the_secret_that_the_profile_names() {
    let sandbox = Sandbox::new().credentials(format!("{SOURCE}totp_secret_name = work\n"));
    let (sh, cmd) = ("[ \"$*\" = 'get -n work' ] && echo 123456", "if \"%~1 %~2 %~3\"==\"get -n work\" echo 123456");
    script(&sandbox, "tools/mktotp", sh, cmd);
    let path = path_with(&sandbox.path("tools"));
    let sandbox = sandbox.env("PATH", path);
    // A missing `totp_token` counts as an empty one.
    let answer = Session::start(&sandbox, &[]).succeeds(UPDATE, json!({"profile_name": "default"}));
    assert_eq!(answer["result"]["refreshed"], true);
}

#[test]
fn mcp_6_where_there_is_no_code_the_answer_leads_on() {
    let sandbox = Sandbox::new().credentials(format!("{SOURCE}totp_secret_name = work\n"));
    let mut session = Session::start(&sandbox, &[]);
    let text = session.fails(UPDATE, json!({"profile_name": "default", "totp_token": ""}), "code_unavailable");
    for part in [
        "arn:aws:iam::123456789012:mfa/user",
        "`mktotp` is not on the PATH",
        "`mktotp_generate_token`, call it with secret_name `work`",
        "ask the user",
        "`updsts get -n default`",
        "code_spent: no",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert_eq!(sandbox.sts().request_count(), 0);
}

#[test]
fn mcp_6_the_way_to_a_code_names_the_source_of_a_role_and_of_a_session() {
    let sandbox = Sandbox::new().credentials(format!("{SOURCE}totp_secret_name = work\n"));
    let role = "role_arn = arn:aws:iam::123456789012:role/admin\nsource_profile =";
    let config = format!("[profile admin]\n{role} default_sts\n[profile chained]\n{role} admin\n");
    let sandbox = sandbox.config(config);
    let mut session = Session::start(&sandbox, &[]);
    for name in ["admin", "chained", "default_sts", "default"] {
        let text = session.fails(UPDATE, json!({"profile_name": name, "totp_token": ""}), "code_unavailable");
        assert!(text.contains("secret_name `work`") && text.contains("`updsts get -n default`"), "{name}: {text}");
    }
}

#[test]
fn mcp_6_a_code_is_never_sent_twice() {
    let sandbox = Sandbox::new();
    let mut session = Session::start(&sandbox, &[]);
    let call = |code: &str| json!({"profile_name": "default", "totp_token": code});
    let text = session.fails(UPDATE, call("654321"), "code_refused");
    assert!(text.contains("do not send this code again") && text.ends_with("code_spent: yes"), "{text}");
    assert_eq!(sandbox.sts().request_count(), 1);
    session.fails(UPDATE, call("654 321"), "code_refused");
    assert_eq!(sandbox.sts().request_count(), 1, "a refused code was sent again");
    session.succeeds(UPDATE, call("123456"));
    session.fails(UPDATE, call("123456"), "code_refused");
    assert_eq!(sandbox.sts().request_count(), 2, "a used code was sent again");
}

#[test]
fn mcp_6_a_code_that_aws_did_not_look_at_may_be_sent_again() {
    let sandbox = Sandbox::new();
    sandbox.sts().set_fault(Fault::Error("InvalidClientTokenId".into()), Some(1));
    let mut session = Session::start(&sandbox, &[]);
    let call = json!({"profile_name": "default", "totp_token": "123456"});
    session.fails(UPDATE, call.clone(), "key_refused");
    session.succeeds(UPDATE, call);
}

#[test]
fn mcp_9_another_file_is_used_without_its_commands_and_settings() {
    let sandbox = Sandbox::new();
    let other = sandbox.path("other");
    let ran = sandbox.path("ran");
    let settings = format!(
        "mfa_process = {}\nregion = nowhere-1\nduration_seconds = 5\ntotp_secret_name = canary\n",
        both(&touch(ran.to_str().unwrap()), "echo 123456")
    );
    fs::write(&other, format!("{SOURCE}{settings}")).unwrap();
    set_mode(&other, 0o600);
    let mut session = Session::start(&sandbox, &[]);
    let call = |code: &str, file: &str| json!({"profile_name": "default", "totp_token": code, "cred_file": file});
    let path = other.to_str().unwrap();
    let text = session.fails(UPDATE, call("", path), "code_unavailable");
    assert!(!text.contains("canary"), "{text}");
    assert!(!ran.exists(), "the command of a file that a call named was run");

    let answer = session.succeeds(UPDATE, call("123456", path));
    assert_eq!(answer["credential_file"], dunce::canonicalize(&other).unwrap().to_str().unwrap());
    assert!(answer["result"]["usage"].as_str().unwrap().contains("AWS_SHARED_CREDENTIALS_FILE"), "{answer}");
    assert!(fs::read_to_string(&other).unwrap().contains("[default_sts]"));
    assert_eq!(sandbox.read(), SOURCE, "the session went into another file than its key came from");
}

#[test]
fn mcp_9_a_path_that_leads_to_the_operators_file_is_the_operators_file() {
    let sandbox = Sandbox::new().credentials(format!("{SOURCE}mfa_process = echo 123456\n"));
    #[cfg(unix)]
    std::os::unix::fs::symlink(sandbox.credentials_path(), sandbox.path("link")).unwrap();
    let other = if cfg!(windows) { r"~\.aws\..\.AWS\CREDENTIALS" } else { "~/.aws/../link" };
    for file in ["~/.aws/credentials", other] {
        let mut session = Session::start(&sandbox, &[]);
        let answer = session.succeeds(UPDATE, json!({"profile_name": "default", "totp_token": "", "cred_file": file}));
        assert_eq!(answer["result"]["usage"], usage("default_sts"));
    }
}

#[test]
fn mcp_9_files_that_are_none_are_refused() {
    let sandbox = Sandbox::new();
    let mut session = Session::start(&sandbox, &[]);
    for tool in [UPDATE, INFO, LIST] {
        let mut call = |file: &str, code| {
            let mut arguments = json!({"cred_file": file});
            if tool != LIST {
                arguments["profile_name"] = json!("default");
            }
            session.fails(tool, arguments, code);
        };
        call("credentials", "file_not_allowed");
        call("../credentials", "file_not_allowed");
        call("~/missing", "file_missing");
        call(if cfg!(windows) { r"C:\" } else { "/" }, "file_unusable");
        #[cfg(unix)]
        call("/dev/zero", "file_unusable");
    }
}

#[test]
fn mcp_9_the_operator_can_take_the_parameter_away() {
    let sandbox = Sandbox::new();
    let mut session = Session::start(&sandbox, &["--refuse-cred-file"]);
    let id = session.request("tools/list", json!({}));
    let tools = session.answer(id)["result"]["tools"].to_string();
    assert!(tools.contains("profile_name") && !tools.contains("cred_file"), "{tools}");
    let path = sandbox.credentials_path();
    session.fails(LIST, json!({"cred_file": path.to_str().unwrap()}), "file_not_allowed");
    session.succeeds(LIST, json!({"cred_file": ""}));
}

#[test]
fn mcp_9_nothing_of_a_file_that_is_no_credentials_file_appears_in_an_error() {
    let sandbox = Sandbox::new();
    let other = sandbox.path("other");
    let mut session = Session::start(&sandbox, &[]);
    for text in [
        "canary\n",
        "[canary]\ncanary = canary\n",
        "[default]\naws_access_key_id = canary\n",
        "[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = canary x\n",
        "[default]\naws_access_key_id = a\naws_secret_access_key = b\nmfa_device_arn = canary:\n",
        "# ${{{ key=canary [auto update by updsts]\n[default]\naws_session_token = canary\n",
        "[default]\naws_access_key_id = ASIAcanary\n",
    ] {
        fs::write(&other, text).unwrap();
        set_mode(&other, 0o600);
        let call = json!({"profile_name": "default", "totp_token": "123456", "cred_file": other.to_str().unwrap()});
        let result = session.call(UPDATE, call);
        assert!(result["isError"] == true && !result.to_string().contains("canary"), "{text}: {result}");
    }
    assert_eq!(sandbox.sts().request_count(), 0);
}

#[test]
fn mcp_10_a_name_cannot_write_lines_of_its_own() {
    let sandbox = Sandbox::new();
    let mut session = Session::start(&sandbox, &[]);
    for name in ["x]\ncredential_process = touch /tmp/x\n[y", "x]", "[x", "x\r", "x\u{0}", "x#y", "x y"] {
        let call = json!({"profile_name": "default", "totp_token": "123456", "sts_profile_name": name});
        session.fails(UPDATE, call, "usage");
    }
    for name in ["default]\n[x", "default\n", "[default]"] {
        session.fails(UPDATE, json!({"profile_name": name, "totp_token": "123456"}), "usage");
    }
    assert_eq!((sandbox.read(), sandbox.sts().request_count()), (SOURCE.to_owned(), 0));
}

#[test]
fn mcp_10_values_of_the_file_are_data() {
    let bidi = "[a\u{202e}b\u{1b}[31m]\ntotp_secret_name = x\u{200b}\u{2066}y";
    let sandbox = Sandbox::new().credentials(format!("{bidi}{}\n", "z".repeat(5000)));
    let mut session = Session::start(&sandbox, &[]);
    let answer = session.succeeds(LIST, json!({}));
    assert_eq!(answer["result"][0]["profile_name"], "ab[31m");
    let name = answer["result"][0]["totp_secret_name"].as_str().unwrap();
    assert!(name.starts_with("xyzz") && name.chars().count() <= 257, "{name}");
}

#[test]
fn mcp_12_readers_are_answered_while_an_update_waits_for_aws() {
    let sandbox = Sandbox::new();
    sandbox.sts().set_fault(Fault::Latency(Duration::from_secs(2)), Some(1));
    let mut session = Session::start(&sandbox, &[]);
    let start = Instant::now();
    let update = session.send_call(UPDATE, json!({"profile_name": "default", "totp_token": "123456"}));
    session.succeeds(LIST, json!({}));
    assert!(start.elapsed() < Duration::from_millis(1500), "{:?}", start.elapsed());
    assert_eq!(session.answer(update)["result"]["isError"], false);
}

#[test]
fn mcp_12_a_cancelled_update_stops_the_request_and_writes_nothing() {
    let sandbox = Sandbox::new();
    sandbox.sts().set_fault(Fault::Latency(Duration::from_secs(3)), Some(1));
    let mut session = Session::start(&sandbox, &[]);
    let update = session.send_call(UPDATE, json!({"profile_name": "default", "totp_token": "123456"}));
    await_request(&sandbox);
    session.send(&json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": update}}));
    session.succeeds(LIST, json!({}));
    std::thread::sleep(Duration::from_millis(3500));
    assert_eq!(sandbox.read(), SOURCE);
    let ended = session.end().cleanly();
    assert!(!ended.said.iter().any(|line| line.contains(&format!("\"id\":{update},"))), "{:?}", ended.said);
}

#[test]
fn get_7_of_many_calls_at_once_in_one_server_one_asks_aws() {
    let sts = MockSts::builder().one_use_codes(true).start();
    let sandbox = Sandbox::with(sts).credentials(format!("{SOURCE}mfa_process = echo 123456\n"));
    let mut session = Session::start(&sandbox, &[]);
    let call = json!({"profile_name": "default", "totp_token": "", "min_validity": 600});
    let ids: Vec<_> = (0..20).map(|_| session.send_call(UPDATE, call.clone())).collect();
    let mut left: std::collections::BTreeSet<_> = ids.into_iter().collect();
    while !left.is_empty() {
        let answer = session.next().unwrap();
        assert_eq!(answer["result"]["isError"], false, "{answer}");
        left.remove(&answer["id"].as_u64().unwrap());
    }
    assert_eq!(sandbox.sts().request_count(), 1);
}
