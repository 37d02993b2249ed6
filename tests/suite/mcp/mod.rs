//! The MCP server, spoken to line by line.

mod calls;
mod canaries;
mod clients;
mod contract;
mod floods;
mod named_files;
mod pages;
mod waiting;
mod wire;

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::sandbox::Sandbox;

pub const UPDATE: &str = "updsts_update_sts_credential";
pub const INFO: &str = "updsts_get_credential_info";
pub const LIST: &str = "updsts_get_credential_info_list";

/// What the stateless protocol wants with every request.
pub fn meta() -> Value {
    json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    })
}

/// A server process, and a client that knows nothing but lines.
pub struct Session {
    pub child: Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<String>,
    stderr: JoinHandle<String>,
    /// Every line of the server's so far.
    pub said: Vec<String>,
    requests: u64,
}

/// How a server ended.
pub struct Ended {
    pub status: Option<i32>,
    pub said: Vec<String>,
    pub stderr: String,
    /// Since the end was asked for.
    pub took: Duration,
}

impl Session {
    pub fn start(sandbox: &Sandbox, more: &[&str]) -> Self {
        let mut command = sandbox.process(["mcp", "--mcp-server"].iter().chain(more));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (sender, lines) = channel();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || stdout.lines().map_while(Result::ok).all(|line| sender.send(line).is_ok()));
        let mut errors = child.stderr.take().unwrap();
        let stderr = std::thread::spawn(move || {
            let mut text = String::new();
            errors.read_to_string(&mut text).unwrap();
            text
        });
        Self { stdin: child.stdin.take(), child, lines, stderr, said: Vec::new(), requests: 0 }
    }

    pub fn send_bytes(&mut self, bytes: &[u8]) {
        self.stdin.as_mut().unwrap().write_all(bytes).unwrap();
    }

    pub fn send(&mut self, message: &Value) {
        self.send_bytes(format!("{message}\n").as_bytes());
    }

    /// Sends a request of the stateless protocol and answers its id.
    pub fn request(&mut self, method: &str, parameters: Value) -> u64 {
        self.requests += 1;
        let mut parameters = parameters;
        parameters["_meta"] = meta();
        self.send(&json!({"jsonrpc": "2.0", "id": self.requests, "method": method, "params": parameters}));
        self.requests
    }

    pub fn send_call(&mut self, tool: &str, arguments: Value) -> u64 {
        let mut parameters = json!({"name": tool});
        parameters["arguments"] = arguments;
        self.request("tools/call", parameters)
    }

    /// The next message of the server's, `None` where it says no more.
    pub fn next(&mut self) -> Option<Value> {
        let line = self.lines.recv_timeout(Duration::from_secs(40)).ok()?;
        let message: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(message["jsonrpc"], "2.0", "{line}");
        self.said.push(line);
        Some(message)
    }

    /// The answer to a request; those to others that come before it are passed over.
    #[track_caller]
    pub fn answer(&mut self, id: u64) -> Value {
        loop {
            let message = self.next().unwrap();
            if message["id"] == id {
                return message;
            }
        }
    }

    /// The answer to a request whose id is a text.
    #[track_caller]
    pub fn answer_of(&mut self, id: &str) -> Value {
        loop {
            let message = self.next().unwrap();
            if message["id"] == id {
                return message;
            }
        }
    }

    /// The next request or notification of the server's, which must be this one.
    #[track_caller]
    pub fn expect_method(&mut self, method: &str) -> Value {
        let message = self.next().unwrap();
        assert_eq!(message["method"], method, "{message}");
        message
    }

    /// Calls a tool and gives its result.
    #[track_caller]
    pub fn call(&mut self, tool: &str, arguments: Value) -> Value {
        let id = self.send_call(tool, arguments);
        let mut answer = self.answer(id);
        assert!(answer["error"].is_null(), "{answer}");
        answer["result"].take()
    }

    /// Calls a tool that must succeed and gives its structured content.
    #[track_caller]
    pub fn succeeds(&mut self, tool: &str, arguments: Value) -> Value {
        let mut result = self.call(tool, arguments);
        assert_eq!(result["isError"], false, "{result}");
        let text = result["content"][0]["text"].as_str().unwrap();
        assert_eq!(serde_json::from_str::<Value>(text).unwrap(), result["structuredContent"]);
        result["structuredContent"].take()
    }

    /// Calls a tool that must fail with this code and gives its text.
    #[track_caller]
    pub fn fails(&mut self, tool: &str, arguments: Value, code: &str) -> String {
        let result = self.call(tool, arguments);
        assert_eq!(result["isError"], true, "{result}");
        assert!(result.get("structuredContent").is_none(), "{result}");
        let text = result["content"][0]["text"].as_str().unwrap().to_owned();
        assert!(text.starts_with(&format!("error[{code}]: ")), "{text}");
        assert_eq!(
            text.lines().filter(|line| line.starts_with("next: ") || line.starts_with("code_spent: ")).count(),
            2
        );
        text
    }

    /// Closes the input and waits for the end.
    pub fn end(mut self) -> Ended {
        self.stdin = None;
        self.wait()
    }

    #[cfg(unix)]
    pub fn terminate(&self) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    }

    /// Waits for the end, which somebody else asked for.
    pub fn wait(mut self) -> Ended {
        let (status, took) = end_of(&mut self.child);
        while self.next().is_some() {}
        Ended { status: status.code(), said: self.said, stderr: self.stderr.join().unwrap(), took }
    }
}

/// Waits for the end of a process, and ends it where it does not end by itself.
pub fn end_of(child: &mut Child) -> (ExitStatus, Duration) {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return (status, start.elapsed());
        }
        if start.elapsed() > Duration::from_secs(10) {
            child.kill().unwrap();
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

impl Ended {
    /// At once, without complaint.
    #[track_caller]
    pub fn cleanly(self) -> Self {
        assert_eq!(self.status, Some(0), "{}", self.stderr);
        assert_eq!(self.stderr, "");
        assert!(self.took < Duration::from_secs(1), "{:?}", self.took);
        self
    }
}
