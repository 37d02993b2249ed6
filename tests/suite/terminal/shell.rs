//! A person's shell on a terminal of its own: bash, or cmd on Windows.

use std::fs;
use std::process::Command;

use super::Session;
use crate::sandbox::Sandbox;

pub const READY: &str = "ready> ";

pub struct Shell {
    pub sandbox: Sandbox,
    pub session: Session,
}

impl Shell {
    pub fn of(sandbox: Sandbox) -> Self {
        let mut session = Session::of(interactive(&sandbox));
        session.read_until(READY);
        session.forget();
        Self { sandbox, session }
    }

    /// `$UPDSTS` is the program, in the words of either shell.
    pub fn type_line(&mut self, line: &str) {
        let line = if cfg!(windows) { line.replace("$UPDSTS", &program()) } else { line.to_owned() };
        self.session.forget();
        self.session.send(&format!("{line}\r"));
    }

    /// The exit status of the last command, once the shell is back.
    #[track_caller]
    pub fn status(&mut self) -> String {
        self.session.read_until(READY);
        self.type_line(if cfg!(windows) { "echo status=%errorlevel%." } else { "echo status=$?." });
        self.session.read_until("\nstatus=");
        self.session.read_until(READY);
        let seen = self.session.seen();
        seen.rsplit_once("\nstatus=").unwrap().1.split_once('.').unwrap().0.to_owned()
    }

    /// Ends the shell. It echoes again, and nothing of `secret` is in its history.
    #[track_caller]
    pub fn ends_without(mut self, secret: &str) -> Sandbox {
        let line = if cfg!(windows) { "echo echo^ed& exit 0" } else { "echo echo''ed; exit 0" };
        self.type_line(line);
        self.session.read_until("\nechoed");
        assert!(self.session.seen().contains(line), "the shell does not echo");
        self.session.end();
        assert!(!self.session.seen().contains(secret), "{}", self.session.seen());
        // The history of cmd ends with it.
        if cfg!(unix) {
            let history = fs::read_to_string(self.sandbox.path("history")).unwrap();
            assert!(history.contains("$UPDSTS get") && !history.contains(secret), "{history}");
        }
        self.sandbox
    }
}

/// As a word for cmd. It has no variables in the parts of a line.
fn program() -> String {
    format!("\"{}\"", dunce::canonicalize(env!("CARGO_BIN_EXE_updsts")).unwrap().display())
}

fn interactive(sandbox: &Sandbox) -> Command {
    let (program, arguments) = if cfg!(windows) {
        (r"C:\Windows\System32\cmd.exe", &["/D", "/K", "prompt", "ready$G$S"][..])
    } else {
        ("setsid", &["--ctty", "--wait", "bash", "--norc", "--noprofile", "-i"][..])
    };
    let mut command = sandbox.other(program, arguments);
    command.env("TERM", "dumb").env("LC_ALL", "C.UTF-8").env("PS1", READY);
    command.env("HISTFILE", sandbox.path("history")).env("UPDSTS", env!("CARGO_BIN_EXE_updsts"));
    command
}
