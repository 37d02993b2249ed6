//! More than anybody asks for, and answers that nobody reads: memory and time stay bounded (MCP-8, MCP-9).

use std::io::{Read, Write};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use mock_sts::Fault;
use serde_json::{Value, json};

use super::{LIST, Session, UPDATE, end_of, meta};
use crate::sandbox::{SOURCE, Sandbox, peak};

fn call(id: &Value) -> String {
    let call = json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": {"name": LIST, "_meta": meta()}});
    format!("{call}\n")
}

fn of_a_thousand_profiles() -> Sandbox {
    let profile = |n| SOURCE.replace("[default]", &format!("[profile-{n}]"));
    Sandbox::new().credentials((0..1000).map(profile).collect::<String>())
}

fn server(sandbox: &Sandbox) -> Child {
    let mut command = sandbox.process(["mcp", "--mcp-server"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Writes the same lines for that long, until the server takes no more.
fn flood(child: &mut Child, id: impl Fn(u64) -> Value, time: Duration) -> std::thread::JoinHandle<()> {
    let mut stdin = child.stdin.take().unwrap();
    let lines: String = (0..2000).map(|n| call(&id(n))).collect();
    let start = Instant::now();
    std::thread::spawn(move || while start.elapsed() < time && stdin.write_all(lines.as_bytes()).is_ok() {})
}

#[test]
fn mcp_9_answers_that_nobody_reads_do_not_pile_up() {
    let sandbox = of_a_thousand_profiles();
    let ids: [fn(u64) -> Value; 2] = [|n| json!(format!("{n}")), |_| json!(1)];
    for id in ids {
        let mut child = server(&sandbox);
        let writer = flood(&mut child, id, Duration::from_secs(4));
        std::thread::sleep(Duration::from_secs(4));
        let peak = peak(&child).unwrap_or(0);
        assert!(peak < 64 * 1024, "{peak} KiB");
        child.kill().unwrap();
        child.wait().unwrap();
        writer.join().unwrap();
    }
}

#[test]
fn mcp_9_answers_to_lines_that_are_no_requests_do_not_pile_up_either() {
    let sandbox = Sandbox::new();
    let mut child = server(&sandbox);
    let mut stdin = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || {
        let lines = "{}\n".repeat(100_000);
        while stdin.write_all(lines.as_bytes()).is_ok() {}
    });
    std::thread::sleep(Duration::from_secs(2));
    let peak = peak(&child).unwrap_or(0);
    assert!(peak < 64 * 1024, "{peak} KiB");
    child.kill().unwrap();
    child.wait().unwrap();
    writer.join().unwrap();
}

#[test]
fn mcp_8_each_line_that_is_no_request_is_answered_though_late() {
    let sandbox = Sandbox::new();
    let (mut session, mut child) = (Session::start(&sandbox, &[]), server(&sandbox));
    let (mut stdin, mut stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    stdin.write_all("{}\n".repeat(5000).as_bytes()).unwrap();
    // Their answers are longer than a pipe holds.
    std::thread::sleep(Duration::from_millis(300));
    drop(stdin);
    let mut text = String::new();
    stdout.read_to_string(&mut text).unwrap();
    assert_eq!(text.lines().filter(|line| line.contains("\"id\":null")).count(), 5000);
    assert!(end_of(&mut child).0.success());
    // A notification is never answered, however wrong it is.
    session.send_bytes(b"{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":7}\n");
    session.succeeds(LIST, json!({}));
    assert_eq!(session.end().cleanly().said.len(), 1);
}

#[test]
fn mcp_9_after_a_pause_every_answer_is_there() {
    let sandbox = of_a_thousand_profiles();
    let mut child = server(&sandbox);
    let mut stdin = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || {
        (0..100).for_each(|n| stdin.write_all(call(&json!(n)).as_bytes()).unwrap());
        stdin
    });
    std::thread::sleep(Duration::from_secs(1));
    let mut stdout = std::io::BufReader::new(child.stdout.take().unwrap());
    let mut ids: Vec<_> = (0..100)
        .map(|_| {
            let mut line = String::new();
            std::io::BufRead::read_line(&mut stdout, &mut line).unwrap();
            serde_json::from_str::<Value>(&line).unwrap()["id"].as_u64().unwrap()
        })
        .collect();
    ids.sort_unstable();
    assert_eq!(ids, (0..100).collect::<Vec<_>>());
    drop(writer.join().unwrap());
    assert!(end_of(&mut child).0.success());
}

#[test]
fn mcp_8_a_thousand_calls_that_wait_do_not_delay_the_end() {
    let sandbox = of_a_thousand_profiles();
    for is_read in [true, false] {
        let mut child = server(&sandbox);
        let mut stdin = child.stdin.take().unwrap();
        let mut stdout = child.stdout.take().unwrap();
        let reader = std::thread::spawn(move || {
            let mut text = String::new();
            if is_read {
                stdout.read_to_string(&mut text).unwrap();
            }
            (text, stdout)
        });
        (0..1000).for_each(|n| stdin.write_all(call(&json!(n)).as_bytes()).unwrap());
        drop(stdin);
        let (status, took) = end_of(&mut child);
        // A second, and more because the machine runs other tests as well; the calls alone would take much longer.
        assert!(status.success() && took < Duration::from_secs(5), "{status} {took:?} {is_read}");
        // What is said is whole.
        let (text, _) = reader.join().unwrap();
        text.lines().for_each(|line| drop(serde_json::from_str::<Value>(line).unwrap()));
    }
}

#[test]
fn mcp_8_the_server_ends_where_its_reader_has_gone() {
    let sandbox = Sandbox::new();
    let mut child = server(&sandbox);
    drop(child.stdout.take());
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(call(&json!(1)).as_bytes()).unwrap();
    let (status, took) = end_of(&mut child);
    assert!(status.success() && took < Duration::from_secs(2), "{status} {took:?}");
}

#[test]
fn mcp_8_a_line_of_any_length_is_answered_with_an_error_and_the_next_one_is_read() {
    let sandbox = Sandbox::new();
    let mut session = Session::start(&sandbox, &[]);
    for length in [(1 << 20), 20 << 20] {
        session.send_bytes(b"{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/list\",\"params\":{\"x\":\"");
        session.send_bytes(&vec![b'x'; length]);
        session.send_bytes(b"\"}}\n");
        let answer = session.next().unwrap();
        assert_eq!((&answer["error"]["code"], &answer["id"]), (&json!(-32600), &Value::Null), "{answer}");
        assert!(answer.as_object().unwrap().contains_key("id"), "{answer}");
        session.succeeds(LIST, json!({}));
    }
    assert!(peak(&session.child) < Some(64 * 1024), "{:?} KiB", peak(&session.child));
    // A long one that is a request is taken.
    let name = "x".repeat(1_000_000);
    session.fails(LIST, json!({"cred_file": name}), "file_not_allowed");
    session.end().cleanly();
}

#[test]
fn mcp_12_many_updates_that_wait_do_not_keep_readers_from_their_answers() {
    let sandbox = Sandbox::new();
    sandbox.sts().set_fault(Fault::Latency(Duration::from_secs(3)), None);
    let mut session = Session::start(&sandbox, &[]);
    for code in 0..50 {
        session.send_call(UPDATE, json!({"profile_name": "default", "totp_token": format!("{code:06}")}));
    }
    let start = Instant::now();
    session.succeeds(LIST, json!({}));
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
}
