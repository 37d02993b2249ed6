//! A person is asked for a tool of the server (MCP-6, ASK-6, ASK-7).

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::crowd::{end, start};
use crate::mcp::{Session, UPDATE, meta};
use crate::sandbox::Sandbox;
use crate::stand_in::{Child, WINDOW, arguments, ends, prints, runs, sandbox_with, with_dialog};

fn update() -> Value {
    json!({"profile_name": "default", "totp_token": ""})
}

/// A client that has given its name in the handshake.
fn session_of(sandbox: &Sandbox, client: &str) -> Session {
    let mut session = Session::start(sandbox, &[]);
    let client = json!({"name": client, "version": "1"});
    let parameters = json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client});
    session.send(&json!({"jsonrpc": "2.0", "id": "hello", "method": "initialize", "params": parameters}));
    session.next().unwrap();
    session.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
    session
}

fn legacy_call(session: &mut Session, id: u64, arguments: &Value) {
    let parameters = json!({"name": UPDATE, "arguments": arguments});
    session.send(&json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": parameters}));
}

#[test]
fn mcp_6_a_person_is_asked_in_a_window_and_the_code_is_in_no_message() {
    let sandbox = sandbox_with("ask", &prints("123456"));
    let mut session = session_of(&sandbox, "claude-code\u{202e}\n");
    legacy_call(&mut session, 1, &update());
    let result = session.answer(1)["result"].take();
    assert_eq!(result["structuredContent"]["result"]["refreshed"], true, "{result}");
    let text = arguments(&sandbox).pop().unwrap();
    assert!(text.contains("\nRequested by: claude-code\n"), "{text}");
    let ended = session.end().cleanly();
    assert!(!ended.said.concat().contains("123456"), "{:?}", ended.said);
}

#[test]
fn mcp_6_a_client_that_names_itself_in_each_request_is_shown_too() {
    let sandbox = sandbox_with("ask", &prints("123456"));
    let mut session = Session::start(&sandbox, &[]);
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": {"name": "gemini", "version": "1"},
    });
    let parameters = json!({"name": UPDATE, "arguments": update(), "_meta": meta});
    session.send(&json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": parameters}));
    assert_eq!(session.answer(1)["result"]["isError"], false);
    let text = arguments(&sandbox).pop().unwrap();
    assert!(text.contains("\nRequested by: gemini\n"), "{text}");
}

#[test]
fn mcp_6_a_person_who_declines_or_does_not_answer_stops_the_model() {
    for (status, code, next) in [
        (3, "declined", "next: stop and tell the user: they closed the question for the code"),
        (5, "code_unavailable", "next: tell the user that they will be asked for the code, and call again"),
    ] {
        let sandbox = sandbox_with(WINDOW, &ends(status));
        let mut session = Session::start(&sandbox, &[]);
        for _ in 0..3 {
            let text = session.fails(UPDATE, update(), code);
            assert!(text.contains(next) && text.ends_with("code_spent: no"), "{text}");
        }
        assert_eq!(runs(&sandbox), 1, "no window opens again and again");
    }
}

#[test]
fn ask_1_the_server_is_told_how_to_ask() {
    let sandbox = sandbox_with("ask", &prints("123456"));
    let text = Session::start(&sandbox, &["--ask", "never"]).fails(UPDATE, update(), "code_unavailable");
    assert!(text.contains("`--ask never`"), "{text}");
    // A server never asks on a terminal.
    let sandbox = sandbox.env("UPDSTS_ASK", "terminal");
    Session::start(&sandbox, &[]).succeeds(UPDATE, update());
    sandbox.run(["mcp", "--mcp-server", "--ask", "terminal"]).fails("usage", 2).says("auto, dialog");
}

#[test]
fn ask_6_ten_processes_and_five_calls_share_one_question() {
    for (part, requests, outcome) in [
        (json!({ "seconds": 3, "prints": ["123456\n"] }), 1, None),
        (json!({ "seconds": 3, "status": 3 }), 0, Some("declined")),
        (json!({ "seconds": 3, "status": 5 }), 0, Some("code_unavailable")),
    ] {
        let sandbox = sandbox_with(WINDOW, &part);
        let mut session = Session::start(&sandbox, &[]);
        let call = json!({"profile_name": "default", "totp_token": "", "min_validity": 600});
        let calls: Vec<_> = (0..5).map(|_| session.send_call(UPDATE, call.clone())).collect();
        let children: Vec<_> =
            (0..10).map(|_| start(&sandbox, &["get", "-n", "default", "--min-validity", "10m"])).collect();
        for run in children.into_iter().map(end) {
            match outcome {
                None => run.succeeds(),
                Some(code) => run.fails(code, 3),
            };
        }
        let answers: Vec<_> = calls.iter().map(|_| session.next().unwrap()).collect();
        for answer in answers {
            let text = answer["result"]["content"][0]["text"].as_str().unwrap();
            let is_as_expected =
                outcome.map_or(text.starts_with('{'), |code| text.starts_with(&format!("error[{code}]")));
            assert!(is_as_expected, "{text}");
        }
        assert_eq!((runs(&sandbox), sandbox.sts().request_count()), (1, requests), "{part}");
    }
}

/// Ends a call in some way once its window is open.
fn with_window(end: impl FnOnce(Session, u64)) {
    let sandbox = sandbox_with("ask", &json!({ "child": true, "seconds": 77 }));
    let before = sandbox.read();
    let mut session = session_of(&sandbox, "client");
    legacy_call(&mut session, 1, &update());
    let child = Child::of(&sandbox);
    child.expect_start();
    end(session, 1);
    child.expect_end();
    assert_eq!((sandbox.sts().request_count(), sandbox.read()), (0, before));
    // The device is free, and nobody declined.
    let start = Instant::now();
    let sandbox = with_dialog(sandbox, "ask", &prints("123456"));
    sandbox.run(["get", "-n", "default"]).succeeds();
    assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
}

#[test]
fn ask_7_a_cancelled_call_closes_the_window() {
    let mut kept = None;
    with_window(|mut session, id| {
        let parameters = json!({"requestId": id, "reason": "the user pressed Escape"});
        session.send(&json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": parameters}));
        kept = Some(session);
    });
    drop(kept);
}

#[test]
fn ask_7_the_end_of_the_input_and_a_signal_close_the_window() {
    with_window(|session, _| drop(session.end().cleanly()));
    #[cfg(unix)]
    with_window(|session, _| {
        session.terminate();
        session.wait().cleanly();
    });
}

#[test]
#[ignore = "takes a minute; `just stress` runs it"]
fn ask_7_a_code_that_is_typed_after_the_call_ended_is_used_and_reported_once() {
    let sandbox = sandbox_with("ask", &json!({ "seconds": 55, "prints": ["123456\n"] }));
    let mut session = Session::start(&sandbox, &[]);
    let start = Instant::now();
    let mut parameters = json!({"name": UPDATE, "arguments": update(), "_meta": meta()});
    parameters["_meta"]["progressToken"] = json!("p");
    session.send(&json!({"jsonrpc": "2.0", "id": "slow", "method": "tools/call", "params": parameters}));
    let answer = loop {
        let message = session.next().unwrap();
        if message["id"] == "slow" {
            break message;
        }
        assert_eq!(message["params"]["message"], "waiting for a person to enter the code");
    };
    let text = answer["result"]["content"][0]["text"].as_str().unwrap();
    assert!(text.starts_with("error[code_pending]"), "{text}");
    assert!((50..55).contains(&start.elapsed().as_secs()), "{:?}", start.elapsed());
    assert!(text.contains("this call waits for a person to enter the code"), "{text}");
    while !sandbox.read().contains("default_sts") {
        assert!(start.elapsed() < Duration::from_secs(70));
        std::thread::sleep(Duration::from_millis(100));
    }
    let result = session.succeeds(UPDATE, update());
    assert_eq!(result["result"]["refreshed"], true, "{result}");
    assert_eq!((runs(&sandbox), sandbox.sts().request_count()), (1, 1));
    // It is forgotten now, so the person is asked again.
    session.send_call(UPDATE, update());
    while runs(&sandbox) < 2 {
        assert!(start.elapsed() < Duration::from_secs(75));
        std::thread::sleep(Duration::from_millis(100));
    }
}
