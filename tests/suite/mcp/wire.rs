//! What may come over the wire, and how the server ends (MCP-7, MCP-8).

use std::time::Duration;

use mock_sts::Fault;
use serde_json::{Value, json};

use super::{LIST, Session, UPDATE, end_of, meta};
use crate::sandbox::{SOURCE, Sandbox, await_request};

fn update() -> Value {
    json!({"profile_name": "default", "totp_token": "123456"})
}

/// A server whose update waits for an answer of AWS that takes that long, and its request's id.
fn waiting(sandbox: &Sandbox, latency: Duration) -> (Session, u64) {
    sandbox.sts().set_fault(Fault::Latency(latency), Some(1));
    let mut session = Session::start(sandbox, &[]);
    let id = session.send_call(UPDATE, update());
    await_request(sandbox);
    (session, id)
}

#[test]
fn mcp_8_lines_that_are_no_request_harm_nothing_after_them() {
    let sandbox = Sandbox::new();
    let lines: [&[u8]; 17] = [
        b"\n",
        b"garbage\n",
        b"{\n",
        b"{}\n",
        b"null\n",
        b"[]\n",
        b"\"text\"\n",
        b"\xff\xfe\n",
        b"\0\0\0\n",
        b"{\"jsonrpc\":\"2.0\"}\n",
        b"{\"jsonrpc\":\"1.0\",\"id\":90,\"method\":\"ping\"}\n",
        b"[{\"jsonrpc\":\"2.0\",\"id\":91,\"method\":\"ping\"},{\"jsonrpc\":\"2.0\",\"id\":92,\"method\":\"ping\"}]\n",
        b"{\"jsonrpc\":\"2.0\",\"id\":93,\"result\":{}}\n",
        b"{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":77}}\n",
        b"{\"jsonrpc\":\"2.0\",\"method\":\"no/such\"}\n",
        b"{\"jsonrpc\":\"2.0\",\"id\":94,\"method\":\"no/such\"}\n",
        b"{\"jsonrpc\":\"2.0\",\"id\":95,\"method\":\"tools/call\",\"params\":7}\r\n",
    ];
    // Before the session is open, and once more in it.
    let mut session = Session::start(&sandbox, &[]);
    for _ in 0..2 {
        for line in lines {
            session.send_bytes(line);
        }
        session.send_bytes(&[vec![b'['; 100_000], b"\n".to_vec()].concat());
        session.send_bytes(&[vec![b'x'; 20 << 20], b"\n".to_vec()].concat());
        session.succeeds(LIST, json!({}));
    }
    session.end().cleanly();
}

#[test]
fn mcp_8_what_is_cut_off_at_the_end_harms_nothing_before_it() {
    let sandbox = Sandbox::new();
    let mut session = Session::start(&sandbox, &[]);
    session.send_call(LIST, json!({}));
    session.send_bytes(b"{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/li");
    assert_eq!(session.end().cleanly().said.len(), 1);
}

#[test]
fn mcp_8_an_input_that_ends_at_once_is_no_failure() {
    let sandbox = Sandbox::new();
    assert!(Session::start(&sandbox, &[]).end().cleanly().said.is_empty());
    let mut session = Session::start(&sandbox, &[]);
    session.send_bytes(b"garbage\n");
    assert!(session.end().cleanly().said.is_empty());
}

#[test]
fn file_4_the_server_starts_without_a_file() {
    let sandbox = Sandbox::new();
    std::fs::remove_file(sandbox.credentials_path()).unwrap();
    let mut session = Session::start(&sandbox, &[]);
    session.fails(LIST, json!({}), "file_missing");
    session.end().cleanly();
}

#[test]
fn mcp_8_a_call_that_is_done_soon_after_the_end_of_the_input_is_answered() {
    let sandbox = Sandbox::new();
    let (session, id) = waiting(&sandbox, Duration::from_millis(250));
    let ended = session.end().cleanly();
    let answer: Value = serde_json::from_str(&ended.said[0]).unwrap();
    assert_eq!((&answer["id"], &answer["result"]["isError"]), (&json!(id), &json!(false)), "{answer}");
    assert!(sandbox.read().contains("[default_sts]"));
}

#[test]
fn mcp_8_an_update_that_waits_longer_is_cancelled_and_writes_nothing() {
    let sandbox = Sandbox::new();
    let (session, _) = waiting(&sandbox, Duration::from_secs(5));
    let ended = session.end().cleanly();
    // It is told so, where it still listens.
    assert_eq!(ended.said.len(), 1, "{:?}", ended.said);
    assert!(ended.said[0].contains("error[answer_lost]"), "{:?}", ended.said);
    assert_eq!(sandbox.read(), SOURCE);
    sandbox.expect_no_leftovers();
}

#[cfg(unix)]
#[test]
fn mcp_8_sigterm_ends_the_server_though_its_input_is_open() {
    let sandbox = Sandbox::new();
    let mut idle = Session::start(&sandbox, &[]);
    idle.succeeds(LIST, json!({}));
    idle.terminate();
    idle.wait().cleanly();

    let fresh = Session::start(&sandbox, &[]);
    std::thread::sleep(Duration::from_millis(300));
    fresh.terminate();
    fresh.wait().cleanly();

    let (busy, _) = waiting(&sandbox, Duration::from_secs(5));
    busy.terminate();
    busy.wait().cleanly();
    assert_eq!(sandbox.read(), SOURCE);
}

#[test]
fn mcp_8_the_server_ends_where_nobody_reads_its_answers() {
    // An answer is longer than a pipe holds.
    let sandbox =
        Sandbox::new().credentials((0..1000).map(|n| format!("[profile-{n}]")).collect::<Vec<_>>().join("\n"));
    let mut command = sandbox.process(["mcp", "--mcp-server"]);
    let pipe = std::process::Stdio::piped;
    let mut child = command.stdin(pipe()).stdout(pipe()).stderr(pipe()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    for id in 0..3 {
        let call =
            json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": {"name": LIST, "_meta": meta()}});
        std::io::Write::write_all(&mut stdin, format!("{call}\n").as_bytes()).unwrap();
    }
    std::thread::sleep(Duration::from_secs(2));
    drop(stdin);
    let (status, took) = end_of(&mut child);
    assert!(status.success() && took < Duration::from_secs(1), "{status} {took:?}");
}

#[test]
fn mcp_8_a_thousand_calls_in_a_row_and_a_hundred_at_once_are_answered() {
    let sandbox = Sandbox::new();
    let mut session = Session::start(&sandbox, &[]);
    for _ in 0..1000 {
        session.succeeds(LIST, json!({}));
    }
    let mut ids: std::collections::BTreeSet<_> = (0..100).map(|_| session.send_call(LIST, json!({}))).collect();
    while !ids.is_empty() {
        let answer = session.next().unwrap();
        assert_eq!(answer["result"]["isError"], false, "{answer}");
        assert!(ids.remove(&answer["id"].as_u64().unwrap()), "{answer}");
    }
    assert_eq!(session.end().cleanly().said.len(), 1100);
}

#[test]
fn mcp_7_an_unknown_tool_and_an_unknown_version_are_errors_of_the_protocol() {
    let sandbox = Sandbox::new();
    let mut session = Session::start(&sandbox, &[]);
    let id = session.send_call("no_such_tool", json!({}));
    assert_eq!(session.answer(id)["error"]["code"], -32602);
    let mut parameters = json!({"_meta": meta()});
    parameters["_meta"]["io.modelcontextprotocol/protocolVersion"] = json!("1999-01-01");
    session.send(&json!({"jsonrpc": "2.0", "id": "v", "method": "tools/list", "params": parameters}));
    assert_eq!(session.next().unwrap()["error"]["code"], -32022);
}

#[test]
fn mcp_1_the_page_for_people_tells_a_client_what_it_needs() {
    let sandbox = Sandbox::new();
    let run = sandbox.run(["mcp"]).succeeds().says("MCP clients run `updsts mcp --mcp-server`");
    for part in [UPDATE, LIST, "totp_token", "claude mcp add", "codex mcp add", "mcpServers", "Gemini CLI", "VS Code"] {
        assert!(run.stdout.contains(part), "{part}: {}", run.stdout);
    }
    let document = sandbox.run(["mcp", "--json"]).succeeds().json();
    assert_eq!(document["tools"].as_array().unwrap().len(), 3);
    let server = &document["registration"]["mcpServers"]["updsts"];
    assert_eq!(server["args"], json!(["mcp", "--mcp-server"]));
    assert!(std::path::Path::new(server["command"].as_str().unwrap()).is_absolute());
}
