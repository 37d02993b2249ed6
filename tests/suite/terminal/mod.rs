//! A terminal of their own for programs that ask: a pseudo-terminal on Linux, a pseudo-console on Windows.

#![cfg(any(target_os = "linux", windows))]

mod shell;
#[cfg_attr(unix, path = "unix.rs")]
#[cfg_attr(windows, path = "windows.rs")]
mod system;

use std::process::Command;
use std::time::{Duration, Instant};

use crate::sandbox::Sandbox;

#[cfg(unix)]
pub use shell::READY;
pub use shell::Shell;
pub use system::END_OF_INPUT;
use system::Terminal;

/// The program with a terminal for its three streams.
pub struct Session {
    terminal: Terminal,
    seen: String,
}

impl Session {
    pub fn start(sandbox: &Sandbox, arguments: &[&str]) -> Self {
        Self::of(sandbox.process(arguments.iter().copied()))
    }

    /// Any program on a terminal.
    pub fn of(mut command: Command) -> Self {
        Self { terminal: Terminal::with(&mut command), seen: String::new() }
    }

    pub fn send(&mut self, keys: &str) {
        self.terminal.press(keys);
    }

    pub fn forget(&mut self) {
        self.seen();
        self.seen.clear();
    }

    /// What is on the terminal so far.
    pub fn seen(&mut self) -> &str {
        self.seen += &self.terminal.shown();
        &self.seen
    }

    #[track_caller]
    pub fn read_until(&mut self, text: &str) {
        let start = Instant::now();
        while !self.seen().contains(text) {
            assert!(start.elapsed() < Duration::from_secs(20), "{text:?} is not in {:?}", self.seen);
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    #[track_caller]
    pub fn answer(&mut self, prompt: &str, keys: &str) {
        self.read_until(prompt);
        self.seen.clear();
        // A console of Windows does not echo for a prompt that reads keys.
        #[cfg(unix)]
        self.terminal.await_prompt();
        self.send(keys);
    }

    /// Waits for the program's end. What it showed last can be seen then.
    pub fn end(&mut self) -> Option<i32> {
        let status = self.terminal.end();
        self.seen();
        status
    }
}

#[cfg(unix)]
impl Session {
    pub fn pid(&self) -> rustix::process::Pid {
        self.terminal.pid()
    }

    pub fn modes(&self) -> rustix::termios::LocalModes {
        self.terminal.modes()
    }
}
