//! Runs a command for a limited time and takes what it prints (GET-6).

use std::ffi::OsStr;
use std::io;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::{sleep, timeout};
use zeroize::Zeroizing;

use crate::core::command::tree::{NOT_FOUND, Tree, killed};
use crate::core::core_dump;
use crate::core::environment::Environment;
use crate::core::guard::guarded;
use crate::core::secret::SecretString;
use crate::core::text::os_error;

/// How long a command may take.
pub const COMMAND_TIME: Duration = Duration::from_mins(1);
/// Tells an updsts that a command runs it for another one, which waits for it.
pub const INSIDE: &str = "UPDSTS_COMMAND";
/// The most bytes kept of a command's output.
const MOST_OUTPUT: usize = 4096;
/// How long to read on after the command has ended.
const REST_TIME: Duration = Duration::from_millis(100);

/// Why there is no usable output, without a word of it: `did not end within 60 s and was stopped`.
pub struct Failure {
    pub what: String,
    /// Whether a program was not found.
    pub is_missing: bool,
    /// The exit status of the command.
    pub status: Option<i32>,
}

impl Failure {
    pub const MISSING_HINT: &str = "start updsts with a PATH that contains it, or write its absolute path";

    /// The command ended well, but did not print what is wanted.
    pub fn of_output(what: &str) -> Self {
        Self { what: what.to_owned(), is_missing: false, status: None }
    }

    /// A shell ended with this status because it did not find a command.
    pub fn of_missing(status: i32) -> Self {
        let path = Environment::process().var_os("PATH");
        let path = path.map_or("PATH is not set".into(), |path| format!("the PATH is `{}`", path.display()));
        let what = format!("failed: a command was not found (exit status {status}); {path}");
        Self { what, is_missing: true, status: Some(status) }
    }

    fn of_status(status: ExitStatus) -> Self {
        let how = match status.code() {
            Some(NOT_FOUND) => return Self::of_missing(NOT_FOUND),
            Some(code) => format!("its exit status is {code}"),
            None => killed(status),
        };
        Self { what: format!("failed: {how}"), is_missing: false, status: status.code() }
    }
}

/// A command, under a guard unless it may use the terminal: Ctrl-C and Ctrl-Z are its own there.
pub fn program(name: &OsStr, may_use_terminal: bool) -> Command {
    if may_use_terminal { Command::new(name) } else { guarded(name) }
}

/// Runs the command for at most `limit`. If `may_use_terminal`, its standard error reaches the user, and if updsts is in
/// the foreground of a terminal, the command is too.
pub async fn output_of(mut command: Command, may_use_terminal: bool, limit: Duration) -> Result<SecretString, Failure> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true).env(INSIDE, "1");
    if !may_use_terminal {
        command.stderr(Stdio::null());
    }
    let what = match Running::bounded(command, may_use_terminal, limit).await {
        Ok((status, output)) if status.success() => return Ok(output),
        Ok((status, _)) => return Err(Failure::of_status(status)),
        Err(error) if error.kind() == io::ErrorKind::TimedOut => {
            format!("did not end within {} s and was stopped", limit.as_secs())
        }
        Err(error) if error.kind() == io::ErrorKind::Interrupted => {
            // The Ctrl-C signal is on its way to whatever ends the program.
            sleep(Duration::from_secs(1)).await;
            "was interrupted".to_owned()
        }
        Err(error) => format!("could not be run: {}", os_error(&error)),
    };
    Err(Failure { what, is_missing: false, status: None })
}

/// What a command has printed so far. It is wiped on drop, and never grows, because that would leave a copy behind.
struct Output {
    bytes: Zeroizing<Vec<u8>>,
    is_whole: bool,
    is_too_long: bool,
}

impl Default for Output {
    fn default() -> Self {
        Self { bytes: Zeroizing::new(Vec::with_capacity(MOST_OUTPUT)), is_whole: false, is_too_long: false }
    }
}

impl Output {
    /// Waits for more. So much text is no code, but the command has to get rid of it to end.
    async fn read(&mut self, stdout: &mut ChildStdout) {
        if self.bytes.len() == MOST_OUTPUT {
            self.bytes.clear();
            self.is_too_long = true;
        }
        self.is_whole = !matches!(stdout.read_buf(&mut *self.bytes).await, Ok(1..));
    }

    fn text(&self) -> SecretString {
        if self.is_too_long {
            return SecretString::default();
        }
        SecretString::from(String::from_utf8_lossy(&self.bytes).into_owned())
    }
}

/// A command. What is left of it and of what it started is killed when it is no longer awaited: after the time limit,
/// after Ctrl-C, when the whole call is cancelled; and when a window has closed.
pub struct Running {
    pub child: Child,
    is_window: bool,
    tree: Tree,
}

impl Running {
    /// A program for a window, of which nothing is left when it ends, no core file either: without a display it may
    /// abort.
    pub fn spawn_window(command: &mut Command) -> io::Result<Self> {
        let (child, tree) = Tree::spawn(command, false, Command::spawn)?;
        Ok(Self { child, is_window: true, tree })
    }

    async fn bounded(
        mut command: Command,
        may_use_terminal: bool,
        limit: Duration,
    ) -> io::Result<(ExitStatus, SecretString)> {
        let spawn = |command: &mut Command| core_dump::as_before(|| command.spawn());
        let (child, tree) = Tree::spawn(&mut command, may_use_terminal, spawn)?;
        Self { child, is_window: false, tree }.end(limit).await
    }

    /// Its status and what it has printed.
    ///
    /// Errors: `TimedOut`, `Interrupted`.
    pub async fn end(mut self, limit: Duration) -> io::Result<(ExitStatus, SecretString)> {
        let child = &mut self.child;
        let mut stdout = child.stdout.take().expect("standard output is a pipe");
        let work = async {
            let mut output = Output::default();
            let status = loop {
                tokio::select! {
                    status = child.wait() => break status?,
                    () = output.read(&mut stdout), if !output.is_whole => {}
                }
            };
            // What the command has written is there now. A child that it left behind may hold the pipe open.
            let rest = async {
                while !output.is_whole {
                    output.read(&mut stdout).await;
                }
            };
            let _ = timeout(REST_TIME, rest).await;
            Ok((status, output.text()))
        };
        let ended: io::Result<_> = tokio::select! {
            biased;
            ended = work => ended,
            () = self.tree.time_out(limit) => Err(io::ErrorKind::TimedOut.into()),
        };
        let (status, output) = ended?;
        if !self.is_window {
            self.tree.has_ended(status)?;
        }
        Ok((status, output))
    }
}
