//! Calls that wait longer than a client does (ASK-7, MCP-8, MCP-12).

use std::fs::File;
use std::future::pending;
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use mock_sts::{Fault, MockSts};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream, Lines, ReadHalf, WriteHalf};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use updsts::core::file::credentials_file::CredentialsFile;
use updsts::core::reporter::Reporter;
use updsts::mcp::server::Server;
use updsts::mcp::waiting::Limits;

use super::{LIST, Session, UPDATE, meta};
use crate::commands::{Lasting, words};
use crate::sandbox::{SOURCE, Sandbox, await_request, usage};

const MOMENT: Duration = Duration::from_millis(10);

/// Some hundred times faster than the real ones.
const SHORT: Limits = Limits { call: Duration::from_millis(600), progress: Duration::from_millis(100), ..Limits::REAL };

fn update() -> Value {
    json!({"profile_name": "default", "totp_token": ""})
}

fn with(more: Value) -> Value {
    let (Value::Object(mut arguments), Value::Object(more)) = (update(), more) else { unreachable!() };
    arguments.extend(more);
    Value::Object(arguments)
}

/// A sandbox whose command prints a code after that many seconds, by a process of its own.
fn with_command(sandbox: Sandbox, seconds: f64, code: &str) -> Sandbox {
    let command = Lasting::of(&sandbox).command(seconds, &format!("echo {code}"));
    sandbox.credentials(format!("{SOURCE}mfa_process = {command}\n"))
}

/// The process that the command has started.
fn started(sandbox: &Sandbox) -> Lasting {
    let started = Lasting::of(sandbox);
    started.wait_for_start();
    started
}

/// What a program locks that writes the file: on Windows another file, because a lock there shuts readers out.
fn locked(sandbox: &Sandbox) -> File {
    let path = sandbox.credentials_path();
    #[cfg(windows)]
    let path = {
        let target = dunce::canonicalize(path).unwrap();
        std::fs::create_dir_all(sandbox.turns()).unwrap();
        let name = updsts::core::turn::queue::fingerprint([target.as_os_str().as_encoded_bytes()]);
        sandbox.turns().join(format!("{}.file", &name[..32]))
    };
    let file = File::options().read(true).write(true).create(true).truncate(false).open(path).unwrap();
    file.lock().unwrap();
    file
}

/// Another process that has the turn of `default`, and waits for its command.
fn process_with_turn(sandbox: &Sandbox) -> Child {
    let mut get = sandbox.process(["get", "-n", "default", "--min-validity", "60"]);
    let child = get.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    started(sandbox);
    child
}

/// A server in this process, so its limits can be short.
struct Near {
    lines: Lines<BufReader<ReadHalf<DuplexStream>>>,
    input: WriteHalf<DuplexStream>,
    serving: JoinHandle<()>,
    requests: u64,
}

struct Quiet;

impl Reporter for Quiet {
    fn notice(&self, _: &str) {}
    fn detail(&self, _: &str) {}
    fn shows_commands(&self) -> bool {
        false
    }
}

impl Near {
    fn start(sandbox: &Sandbox, limits: Limits) -> Self {
        let environment = sandbox.environment();
        let file = CredentialsFile::of_operator(None::<&Path>, &environment).unwrap();
        let server = Server::new(file, environment, Arc::new(Quiet)).limited_to(limits);
        let (near, far) = tokio::io::duplex(1 << 16);
        let (input, output) = tokio::io::split(far);
        let serving = tokio::spawn(updsts::mcp::serve(server, input, output, CancellationToken::new()));
        let (output, input) = tokio::io::split(near);
        Self { lines: BufReader::new(output).lines(), input, serving, requests: 0 }
    }

    async fn send(&mut self, message: &Value) {
        self.input.write_all(format!("{message}\n").as_bytes()).await.unwrap();
    }

    async fn send_call(&mut self, tool: &str, arguments: Value) -> u64 {
        self.requests += 1;
        let mut meta = meta();
        meta["progressToken"] = json!(self.requests);
        let parameters = json!({"name": tool, "arguments": arguments, "_meta": meta});
        self.send(&json!({"jsonrpc": "2.0", "id": self.requests, "method": "tools/call", "params": parameters})).await;
        self.requests
    }

    async fn cancel(&mut self, id: u64) {
        self.send(&json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": id}})).await;
    }

    async fn next(&mut self) -> Value {
        let line = timeout(Duration::from_secs(40), self.lines.next_line()).await.unwrap().unwrap().unwrap();
        serde_json::from_str(&line).unwrap()
    }

    /// The result of a call, and the progress of it until then.
    async fn result(&mut self, id: u64) -> (Value, Vec<String>) {
        let mut progress = Vec::new();
        loop {
            let mut message = self.next().await;
            if message["id"] == id {
                return (message["result"].take(), progress);
            }
            if message["params"]["progressToken"] == id {
                assert_eq!(
                    message["params"]["progress"].as_f64(),
                    Some(f64::from(u32::try_from(progress.len()).unwrap() + 1))
                );
                progress.push(message["params"]["message"].as_str().unwrap().to_owned());
            }
        }
    }

    async fn call(&mut self, arguments: Value) -> Value {
        let id = self.send_call(UPDATE, arguments).await;
        self.result(id).await.0
    }

    async fn succeeds(&mut self, arguments: Value) -> Value {
        let mut result = self.call(arguments).await;
        assert_eq!(result["isError"], false, "{result}");
        result["structuredContent"]["result"].take()
    }

    /// Calls again as long as it is told to, and succeeds.
    async fn succeeds_in_the_end(&mut self, arguments: Value) -> Value {
        loop {
            let mut result = self.call(arguments.clone()).await;
            if result["isError"] == false {
                return result["structuredContent"]["result"].take();
            }
            failed(&result, "code_pending");
        }
    }

    async fn is_pending(&mut self, arguments: Value, what: &str) {
        let start = Instant::now();
        let text = failed(&self.call(arguments).await, "code_pending");
        assert!(text.contains(what) && text.contains("next: call again with the same arguments"), "{text}");
        let took = start.elapsed();
        assert!(took >= SHORT.call && took < SHORT.call + Duration::from_secs(2), "{took:?}");
    }

    /// Closes the input; the server must end within a second.
    async fn end(mut self) {
        self.input.shutdown().await.unwrap();
        let rest = async {
            while let Ok(Some(_)) = self.lines.next_line().await {}
            pending::<()>().await;
        };
        tokio::select! {
            ended = timeout(Duration::from_secs(1), self.serving) => ended.unwrap().unwrap(),
            () = rest => {}
        }
    }
}

fn failed(result: &Value, code: &str) -> String {
    let text = result["content"][0]["text"].as_str().unwrap();
    assert!(result["isError"] == true && text.starts_with(&format!("error[{code}]: ")), "{result}");
    text.to_owned()
}

#[tokio::test]
async fn ask_7_the_outcome_of_a_slow_command_is_reported_once_also_with_min_validity_0() {
    let sandbox = with_command(Sandbox::new(), 1.5, "123456");
    let mut near = Near::start(&sandbox, SHORT);
    near.is_pending(update(), "waits for the command that prints the code").await;
    near.is_pending(with(json!({"min_validity": 300})), "the command").await;
    while !sandbox.read().contains("[default_sts]") {
        sleep(MOMENT).await;
    }
    sleep(MOMENT * 10).await;
    let session = near.succeeds(with(json!({"min_validity": 0}))).await;
    assert_eq!((&session["refreshed"], &session["updated_profile_name"]), (&json!(true), &json!("default_sts")));
    assert_eq!(near.succeeds(with(json!({"min_validity": 300}))).await["refreshed"], false);
    assert_eq!(sandbox.sts().request_count(), 1);
    // Another one begins anew.
    near.is_pending(update(), "the command").await;
    near.end().await;
}

#[tokio::test]
async fn ask_7_a_slow_command_whose_code_is_refused_takes_no_call_longer_than_others() {
    let sts = MockSts::builder().token_code("654321").start();
    let sandbox = Sandbox::with(sts);
    let again = sandbox.path("again").display().to_string();
    let code = words(
        &format!("$(test -e {again} && echo 654321 || echo 123456; touch {again})"),
        &format!("&if exist \"{again}\" (echo 654321) else (echo 123456&type nul>\"{again}\")"),
    );
    let sandbox = with_command(sandbox, 0.4, &code);
    let mut near = Near::start(&sandbox, SHORT);
    assert_eq!(near.succeeds_in_the_end(update()).await["refreshed"], true);
    assert_eq!(sandbox.sts().request_count(), 2);
    near.end().await;
}

#[tokio::test]
async fn ask_7_roles_session_names_and_their_source_share_a_task() {
    let role = "[profile admin]\nrole_arn = arn:aws:iam::123456789012:role/admin\nsource_profile = default_sts\n";
    let sandbox = with_command(Sandbox::new(), 0.3, "123456").config(role);
    let mut near = Near::start(&sandbox, Limits::REAL);
    let mut calls = Vec::new();
    for name in ["default", "default_sts", "admin"] {
        calls.push((name, near.send_call(UPDATE, with(json!({"profile_name": name}))).await));
    }
    let file = sandbox.credentials_path();
    calls.push(("default", near.send_call(UPDATE, with(json!({"cred_file": file.to_str().unwrap()}))).await));
    while !calls.is_empty() {
        let message = near.next().await;
        let Some(at) = calls.iter().position(|(_, id)| message["id"] == *id) else { continue };
        let (name, _) = calls.swap_remove(at);
        let usage = usage(if name == "admin" { "admin" } else { "default_sts" });
        assert_eq!(message["result"]["structuredContent"]["result"]["usage"], usage, "{message}");
    }
    assert_eq!(sandbox.sts().request_count(), 1);
    near.end().await;
}

#[tokio::test]
async fn ask_7_whatever_a_call_waits_for_is_named_and_bounded() {
    // AWS.
    let sandbox = with_command(Sandbox::new(), 0.0, "123456");
    sandbox.sts().set_fault(Fault::Latency(Duration::from_millis(2500)), None);
    let mut near = Near::start(&sandbox, SHORT);
    near.is_pending(update(), "waits for AWS").await;
    near.is_pending(with(json!({"totp_token": "123456"})), "another call for the same profile, which waits for AWS")
        .await;
    near.end().await;
    // The lock on the file.
    let sandbox = with_command(Sandbox::new(), 0.0, "123456");
    let lock = locked(&sandbox);
    let mut near = Near::start(&sandbox, SHORT);
    near.is_pending(update(), "waits for the lock on the credentials file").await;
    drop(lock);
    assert_eq!(near.succeeds_in_the_end(update()).await["refreshed"], true);
    near.end().await;
    // Another process.
    let sandbox = with_command(Sandbox::new(), 2.0, "123456");
    let mut other = process_with_turn(&sandbox);
    let mut near = Near::start(&sandbox, SHORT);
    let call = with(json!({"min_validity": 60}));
    near.is_pending(call.clone(), "waits for another updsts process").await;
    assert!(other.wait().unwrap().success());
    // What that one has renewed serves this call.
    assert_eq!(near.succeeds_in_the_end(call).await["refreshed"], false);
    near.end().await;
}

#[tokio::test]
async fn mcp_8_progress_says_what_a_call_waits_for_until_it_is_answered() {
    let sandbox = with_command(Sandbox::new(), 0.35, "123456");
    sandbox.sts().set_fault(Fault::Latency(Duration::from_millis(350)), None);
    let mut near = Near::start(&sandbox, Limits { call: Duration::from_secs(20), ..SHORT });
    let first = near.send_call(UPDATE, update()).await;
    let (result, progress) = near.result(first).await;
    assert_eq!(result["isError"], false, "{result}");
    let (command, aws) = ("waiting for the command that prints the code", "waiting for AWS");
    assert!(progress[0] == command && progress.iter().any(|message| message == aws), "{progress:?}");
    assert!(progress.len() >= 5, "{progress:?}");
    // None comes later.
    let list = near.send_call(LIST, json!({})).await;
    sleep(SHORT.progress * 3).await;
    assert_eq!(near.next().await["id"], list);
    near.end().await;
}

#[tokio::test]
async fn mcp_12_readers_are_answered_while_as_many_updates_wait_as_come() {
    let sandbox = with_command(Sandbox::new(), 30.0, "123456");
    let mut near = Near::start(&sandbox, Limits { call: Duration::from_secs(20), ..Limits::REAL });
    for _ in 0..300 {
        near.send_call(UPDATE, update()).await;
    }
    let start = Instant::now();
    let list = near.send_call(LIST, json!({})).await;
    assert_eq!(near.result(list).await.0["isError"], false);
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    near.end().await;
    started(&sandbox).expect_dead();
}

#[tokio::test]
async fn ask_7_cancelling_ends_a_command_only_before_code_pending() {
    let sandbox = with_command(Sandbox::new(), 1.5, "123456");
    let mut near = Near::start(&sandbox, SHORT);
    let only = near.send_call(UPDATE, update()).await;
    let command = Lasting::of(&sandbox);
    while !command.has_started() {
        sleep(MOMENT).await;
    }
    near.cancel(only).await;
    let is_dead = async {
        while command.is_alive() {
            sleep(MOMENT).await;
        }
    };
    timeout(Duration::from_secs(5), is_dead).await.unwrap();
    command.forget();

    let start = Instant::now();
    near.is_pending(update(), "the command").await;
    near.cancel(2).await;
    let second = near.send_call(UPDATE, update()).await;
    near.cancel(second).await;
    sleep(MOMENT * 10).await;
    assert!(command.is_alive());
    assert_eq!(near.succeeds_in_the_end(update()).await["refreshed"], true);
    assert!(start.elapsed() >= Duration::from_millis(1500));
    assert_eq!(sandbox.sts().request_count(), 1);
    near.end().await;
}

#[tokio::test]
async fn mcp_8_the_end_of_the_input_ends_a_task_that_no_call_waits_for() {
    let sandbox = with_command(Sandbox::new(), 30.0, "123456");
    let mut near = Near::start(&sandbox, SHORT);
    near.is_pending(update(), "the command").await;
    near.end().await;
    started(&sandbox).expect_dead();
    sandbox.expect_no_leftovers();
}

/// A moment of a renewal, and what must be over when the server has ended.
fn at_each_moment(end: fn(Session) -> super::Ended) {
    // A command.
    let sandbox = with_command(Sandbox::new(), 30.0, "123456");
    let before = sandbox.read();
    let mut session = Session::start(&sandbox, &[]);
    session.send_call(UPDATE, update());
    let command = started(&sandbox);
    end(session).cleanly();
    command.expect_dead();
    expect_as_before(&sandbox, &before);
    // AWS.
    let sandbox = with_command(Sandbox::new(), 0.0, "123456");
    let before = sandbox.read();
    sandbox.sts().set_fault(Fault::Latency(Duration::from_secs(5)), None);
    let mut session = Session::start(&sandbox, &[]);
    session.send_call(UPDATE, with(json!({"min_validity": 60})));
    session.send_call(UPDATE, with(json!({"totp_token": "654321"})));
    await_request(&sandbox);
    end(session).cleanly();
    expect_as_before(&sandbox, &before);
    // The lock on the file.
    let sandbox = with_command(Sandbox::new(), 0.0, "123456");
    let before = sandbox.read();
    let lock = locked(&sandbox);
    let mut session = Session::start(&sandbox, &[]);
    session.send_call(UPDATE, with(json!({"min_validity": 60})));
    await_request(&sandbox);
    std::thread::sleep(MOMENT * 10);
    end(session).cleanly();
    drop(lock);
    expect_as_before(&sandbox, &before);
    // The turn of another process.
    let sandbox = with_command(Sandbox::new(), 30.0, "123456");
    let mut other = process_with_turn(&sandbox);
    let mut session = Session::start(&sandbox, &[]);
    session.send_call(UPDATE, with(json!({"min_validity": 60})));
    std::thread::sleep(MOMENT * 20);
    end(session).cleanly();
    terminate(&mut other);
}

/// Ends a program and, on Unix, its command: only what is told to end can do that.
fn terminate(child: &mut Child) {
    #[cfg(unix)]
    rustix::process::kill_process(rustix::process::Pid::from_child(child), rustix::process::Signal::TERM).unwrap();
    #[cfg(windows)]
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Nothing was written, and no lock is left: another process renews at once.
#[track_caller]
fn expect_as_before(sandbox: &Sandbox, before: &str) {
    assert_eq!(sandbox.read(), before);
    sandbox.expect_no_leftovers();
    sandbox.sts().clear_faults();
    let start = Instant::now();
    sandbox.get(["--min-validity", "60"]).succeeds();
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
}

#[test]
fn mcp_8_the_end_of_the_input_at_each_moment_leaves_nothing() {
    at_each_moment(Session::end);
}

#[cfg(unix)]
#[test]
fn mcp_8_sigterm_at_each_moment_leaves_nothing() {
    at_each_moment(|session| {
        session.terminate();
        session.wait()
    });
}

#[test]
fn mcp_8_a_server_that_is_killed_leaves_no_command_and_no_lock() {
    let sandbox = with_command(Sandbox::new(), 30.0, "123456");
    let before = sandbox.read();
    let mut session = Session::start(&sandbox, &[]);
    session.send_call(UPDATE, with(json!({"min_validity": 60})));
    let command = started(&sandbox);
    session.child.kill().unwrap();
    command.expect_dead();
    expect_as_before(&sandbox, &before);
}

#[test]
fn mcp_8_what_a_command_leaves_behind_at_a_normal_end_outlives_the_server() {
    let sandbox = Sandbox::new();
    let file = sandbox.path("lasting").display().to_string();
    let agent = words(
        &format!("sleep 30 >/dev/null & echo $! > {file}; echo 123456"),
        &format!(
            "start /b cmd /c \"ping -n 6 127.0.0.1 >{file} 2>nul\" >nul 2>nul&ping -n 2 127.0.0.1 >nul&echo 123456"
        ),
    );
    let sandbox = sandbox.credentials(format!("{SOURCE}mfa_process = {agent}\n"));
    let mut session = Session::start(&sandbox, &[]);
    session.succeeds(UPDATE, update());
    session.child.kill().unwrap();
    std::thread::sleep(Duration::from_millis(300));
    let agent = started(&sandbox);
    assert!(agent.is_alive());
    #[cfg(unix)]
    {
        let agent = rustix::process::Pid::from_raw(agent.id().parse().unwrap()).unwrap();
        rustix::process::kill_process(agent, rustix::process::Signal::KILL).unwrap();
    }
}

/// Calls with the real limits, and waits for the answer: what it says, and how long it took in seconds.
#[track_caller]
fn timed(session: &mut Session, arguments: &Value, code: &str) -> u64 {
    let id = arguments.to_string();
    let mut meta = meta();
    meta["progressToken"] = json!(id);
    let parameters = json!({"name": UPDATE, "arguments": arguments, "_meta": meta});
    session.send(&json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": parameters}));
    let start = Instant::now();
    let mut last = start;
    loop {
        let message = session.next().unwrap();
        assert!(last.elapsed() <= Duration::from_secs(5), "no progress for {:?}", last.elapsed());
        if message["id"] == id || message["params"]["progressToken"] == id {
            last = Instant::now();
        }
        if message["id"] == id {
            failed(&message["result"], code);
            assert!(start.elapsed() < Duration::from_secs(55), "{:?}", start.elapsed());
            return start.elapsed().as_secs();
        }
    }
}

/// A command that takes longer than a call and the second it may take itself.
fn with_hanging_command() -> Sandbox {
    with_command(Sandbox::new(), 100.0, "123456")
}

#[test]
#[ignore = "takes 75 s; `just stress` runs it"]
fn mcp_8_every_call_is_answered_within_55_s_whatever_it_waits_for() {
    let cases: [fn(); 5] = [
        || {
            let sandbox = with_hanging_command();
            let mut session = Session::start(&sandbox, &[]);
            assert_eq!(timed(&mut session, &update(), "code_pending"), 50, "a command");
            assert!((9..=11).contains(&timed(&mut session, &update(), "code_unavailable")), "its end after a minute");
        },
        || {
            let sandbox = Sandbox::new();
            sandbox.sts().set_fault(Fault::Latency(Duration::from_secs(100)), None);
            let call = with(json!({"totp_token": "123456"}));
            assert!(timed(&mut Session::start(&sandbox, &[]), &call, "answer_lost") < 30, "AWS");
        },
        || {
            let sandbox = with_command(Sandbox::new(), 0.0, "123456");
            let _lock = locked(&sandbox);
            let mut session = Session::start(&sandbox, &[]);
            assert_eq!(timed(&mut session, &update(), "code_pending"), 50, "the lock on the file");
            assert!((9..=11).contains(&timed(&mut session, &update(), "lock_timeout")), "its end after a minute");
        },
        || {
            let sandbox = with_hanging_command();
            let mut other = process_with_turn(&sandbox);
            let mut session = Session::start(&sandbox, &[]);
            let call = with(json!({"min_validity": 60}));
            let waiting = Instant::now();
            session.send_call(UPDATE, call);
            assert_eq!(timed(&mut session, &with(json!({"duration": 7200})), "code_pending"), 50, "another call");
            assert!(waiting.elapsed() < Duration::from_secs(55), "another process");
            assert!(session.said.iter().any(|line| line.contains("waits for another updsts process")));
            other.kill().unwrap();
            other.wait().unwrap();
        },
        // C37.
        || {
            let sts = MockSts::builder().token_code("never").start();
            let sandbox = with_command(
                Sandbox::with(sts),
                25.0,
                &words("$(date +%s | tail -c 7)", "%time:~3,2%%time:~6,2%%time:~9,2%"),
            );
            let mut session = Session::start(&sandbox, &[]);
            assert_eq!(timed(&mut session, &update(), "code_pending"), 50, "a command of 25 s, twice");
            assert!(timed(&mut session, &update(), "code_refused") < 5, "its refusal");
            assert_eq!(sandbox.sts().request_count(), 2);
        },
    ];
    std::thread::scope(|scope| cases.iter().for_each(|case| drop(scope.spawn(case))));
}
