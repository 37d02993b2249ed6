//! The prompt on a real terminal (GET-5).

#![cfg(target_os = "linux")]

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, Termios, tcgetattr};

use super::sandbox::{SOURCE, Sandbox};

/// The program with a pseudo-terminal for its three streams.
pub struct Session {
    child: Child,
    terminal: File,
    program_side: File,
    seen: String,
}

impl Session {
    pub fn start(sandbox: &Sandbox, arguments: &[&str]) -> Self {
        Self::of(sandbox.process(arguments.iter().copied()))
    }

    /// Any program on a pseudo-terminal.
    pub fn of(mut command: std::process::Command) -> Self {
        let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&terminal).unwrap();
        unlockpt(&terminal).unwrap();
        let name = ptsname(&terminal, Vec::new()).unwrap();
        let program_side = OpenOptions::new().read(true).write(true).open(name.to_str().unwrap()).unwrap();
        let stream = || Stdio::from(program_side.try_clone().unwrap());
        let child = command.stdin(stream()).stdout(stream()).stderr(stream()).spawn().unwrap();
        let terminal = File::from(terminal);
        rustix::io::ioctl_fionbio(&terminal, true).unwrap();
        Self { child, terminal, program_side, seen: String::new() }
    }

    pub fn send(&mut self, keys: &str) {
        self.terminal.write_all(keys.as_bytes()).unwrap();
    }

    pub fn forget(&mut self) {
        self.seen.clear();
    }

    /// What is on the terminal so far.
    pub fn seen(&mut self) -> &str {
        let mut buffer = [0; 4096];
        while let Ok(length) = self.terminal.read(&mut buffer) {
            self.seen.push_str(&String::from_utf8_lossy(&buffer[..length]));
        }
        &self.seen
    }

    pub fn read_until(&mut self, text: &str) {
        let start = Instant::now();
        let mut buffer = [0; 4096];
        while !self.seen.contains(text) {
            assert!(start.elapsed() < Duration::from_secs(20), "{text:?} is not in {:?}", self.seen);
            match self.terminal.read(&mut buffer) {
                Ok(length) => self.seen.push_str(&String::from_utf8_lossy(&buffer[..length])),
                Err(_) => std::thread::sleep(Duration::from_millis(5)),
            }
        }
    }

    pub fn answer(&mut self, prompt: &str, keys: &str) {
        self.read_until(prompt);
        self.seen.clear();
        // The prompt is shown before the terminal stops to echo.
        while self.modes().local_modes.contains(LocalModes::ECHO) {
            std::thread::sleep(Duration::from_millis(5));
        }
        self.terminal.write_all(keys.as_bytes()).unwrap();
    }

    fn modes(&self) -> Termios {
        tcgetattr(&self.program_side).unwrap()
    }

    pub fn end(&mut self) -> Option<i32> {
        let status = self.child.wait().unwrap().code();
        self.seen();
        status
    }
}

const PROMPT: &str = "MFA code for `default` (arn:aws:iam::123456789012:mfa/user): ";

#[test]
fn get_5_the_prompt_names_profile_and_device_and_shows_a_mark_for_each_digit() {
    let sandbox = Sandbox::new();
    let mut session = Session::start(&sandbox, &["get", "-n", "default"]);
    session.answer(PROMPT, "123 45\u{7f}56\r");
    assert_eq!(session.end(), Some(0), "{}", session.seen);
    assert!(session.seen.contains("******") && !session.seen.contains("456"), "{}", session.seen);
    assert!(sandbox.read().contains("[default_sts]"));
}

#[test]
fn get_5_it_asks_three_times_in_all_and_never_sends_a_code_twice() {
    let sandbox = Sandbox::new();
    let mut session = Session::start(&sandbox, &["get", "-n", "default"]);
    session.answer(PROMPT, "999999\r");
    session.answer(PROMPT, "999999\r");
    session.answer(PROMPT, "12x\r");
    assert_eq!(session.end(), Some(3), "{}", session.seen);
    assert!(session.seen.contains("error[code_unavailable]"), "{}", session.seen);
    assert_eq!(sandbox.sts().request_count(), 1);
    assert_eq!(sandbox.read(), SOURCE);

    let mut session = Session::start(&sandbox, &["get", "-n", "default"]);
    session.answer(PROMPT, "abc\r");
    session.read_until("a code has six digits");
    session.answer(PROMPT, "888888\r");
    session.read_until("AWS refused the code");
    session.answer(PROMPT, "１２３-456\r");
    assert_eq!(session.end(), Some(0), "{}", session.seen);
}

#[test]
fn cli_10_ctrl_c_at_the_prompt_restores_the_terminal() {
    let sandbox = Sandbox::new();
    let mut session = Session::start(&sandbox, &["get", "-n", "default"]);
    let before = session.modes().local_modes;
    session.answer(PROMPT, "12\u{3}");
    assert_eq!(session.end(), Some(130), "{}", session.seen);
    assert_eq!(session.modes().local_modes, before);
    // No code was sent, so none may be spent.
    assert!(session.seen.contains("the credentials file is unchanged\r\n"), "{:?}", session.seen);
    assert_eq!((sandbox.sts().request_count(), sandbox.read().as_str()), (0, SOURCE));
}

#[test]
fn cli_10_a_signal_at_the_prompt_restores_the_terminal() {
    use rustix::process::{Pid, Signal, kill_process};
    for (signal, status) in [(Signal::INT, 130), (Signal::TERM, 143), (Signal::HUP, 129)] {
        let sandbox = Sandbox::new();
        let mut session = Session::start(&sandbox, &["get", "-n", "default"]);
        let before = session.modes().local_modes;
        session.answer(PROMPT, "12");
        kill_process(Pid::from_child(&session.child), signal).unwrap();
        assert_eq!(session.end(), Some(status), "{}", session.seen);
        assert_eq!(session.modes().local_modes, before);
    }
}

#[test]
fn get_5_the_end_of_input_at_the_prompt_is_explained() {
    let sandbox = Sandbox::new();
    let mut session = Session::start(&sandbox, &["get", "-n", "default"]);
    session.answer(PROMPT, "\u{4}");
    assert_eq!(session.end(), Some(3));
    assert!(session.seen.contains("the input ended"), "{}", session.seen);
}

#[test]
fn cli_6_and_8_a_table_with_colour_on_a_terminal_and_none_with_no_color() {
    let sandbox = Sandbox::new();
    sandbox.get([]).succeeds();
    let mut session = Session::start(&sandbox, &["list"]);
    session.end();
    assert!(session.seen.contains("\u{1b}[38;5;2mvalid") && session.seen.contains("PROFILE"), "{:?}", session.seen);
    let visible = |line: &str| {
        line.split('\u{1b}').map(|part| part.split_once('m').map_or(part, |(_, text)| text)).collect::<String>()
    };
    assert!(session.seen.lines().all(|line| visible(line).chars().count() <= 80), "{}", session.seen);
    let sandbox = sandbox.env("NO_COLOR", "1");
    let mut session = Session::start(&sandbox, &["list"]);
    session.end();
    assert!(session.seen.contains("valid") && !session.seen.contains('\u{1b}'), "{:?}", session.seen);
}
