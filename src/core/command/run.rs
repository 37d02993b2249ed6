//! Runs a command for a limited time and takes what it prints (GET-6).

use std::ffi::OsStr;
use std::io;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

#[cfg(unix)]
use process_wrap::tokio::{CommandWrap, CommandWrapper, ProcessSession};
#[cfg(unix)]
use rustix::process::{Pid, Signal};
use tokio::io::AsyncReadExt;
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::{sleep, timeout};
use zeroize::Zeroizing;

#[cfg(unix)]
use crate::core::command::foreground::{Lent, Terminal};
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
/// The exit status of a shell that did not find a command.
const NOT_FOUND: i32 = 127;
/// The exit status of a program that Ctrl-C ended: 128 plus the number of the signal.
#[cfg(unix)]
const INTERRUPTED: i32 = 130;

/// Why there is no usable output, without a word of it: `did not end within 60 s and was stopped`.
pub struct Failure {
    pub what: String,
    /// Whether a program was not found.
    pub is_missing: bool,
}

impl Failure {
    pub const MISSING_HINT: &str = "start updsts with a PATH that contains it, or write its absolute path";

    /// The command ended well, but did not print what is wanted.
    pub fn of_output(what: &str) -> Self {
        Self { what: what.to_owned(), is_missing: false }
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
    let mut is_missing = false;
    let what = match run_bounded(command, may_use_terminal, limit).await {
        Ok((status, output)) if status.success() => return Ok(output),
        Ok((status, _)) => {
            is_missing = status.code() == Some(NOT_FOUND);
            format!("failed: {}", ending(status))
        }
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
    Err(Failure { what, is_missing })
}

fn ending(status: ExitStatus) -> String {
    #[cfg(unix)]
    {
        use std::os::unix::process::ExitStatusExt;
        if let Some(signal) = status.signal() {
            return format!("it was killed by signal {signal}");
        }
    }
    match status.code() {
        Some(NOT_FOUND) => {
            let path = Environment::process().var_os("PATH");
            let path = path.map_or("PATH is not set".into(), |path| format!("the PATH is `{}`", path.display()));
            format!("a command was not found (exit status {NOT_FOUND}); {path}")
        }
        Some(code) => format!("its exit status is {code}"),
        None => "it was killed".to_owned(),
    }
}

/// Runs the command in a process group of its own: on the terminal if it may use that and updsts is in its foreground,
/// else without any terminal.
async fn run_bounded(
    mut command: Command,
    may_use_terminal: bool,
    limit: Duration,
) -> io::Result<(ExitStatus, SecretString)> {
    Running::spawn(&mut command, may_use_terminal)?.end(limit).await
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

/// A command. What is left of its process group is killed when it is no longer awaited: after the time limit, after
/// Ctrl-C, when the whole call is cancelled; and when a window has closed.
pub struct Running {
    pub child: Child,
    is_window: bool,
    #[cfg(unix)]
    group: Option<Pid>,
    #[cfg(unix)]
    terminal: Option<Lent>,
}

impl Running {
    /// A program for a window, of which nothing is left when it ends, no core file either: without a display it may
    /// abort.
    pub fn spawn_window(command: &mut Command) -> io::Result<Self> {
        let mut running = Self::spawn_by(command, false, Command::spawn)?;
        running.is_window = true;
        Ok(running)
    }

    pub fn spawn(command: &mut Command, may_use_terminal: bool) -> io::Result<Self> {
        Self::spawn_by(command, may_use_terminal, |command| core_dump::as_before(|| command.spawn()))
    }

    /// Its status and what it has printed.
    ///
    /// Errors: `TimedOut`.
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
        #[cfg(unix)]
        let terminal = &mut self.terminal;
        #[cfg(unix)]
        let time_out = async {
            match terminal {
                Some(terminal) => terminal.time_out(limit).await,
                None => sleep(limit).await,
            }
        };
        #[cfg(not(unix))]
        let time_out = sleep(limit);
        let ended = tokio::select! {
            biased;
            ended = work => ended,
            () = time_out => Err(io::ErrorKind::TimedOut.into()),
        };
        #[cfg(unix)]
        if let (Ok((status, _)), false) = (&ended, self.is_window) {
            self.has_ended(*status)?;
        }
        ended
    }
}

#[cfg(unix)]
impl Running {
    fn spawn_by(
        command: &mut Command,
        may_use_terminal: bool,
        spawn: impl FnOnce(&mut Command) -> io::Result<Child>,
    ) -> io::Result<Self> {
        let terminal = may_use_terminal.then(Terminal::in_foreground).flatten();
        match terminal {
            Some(_) => drop(command.process_group(0)),
            None => ProcessSession.pre_spawn(command, &CommandWrap::with_new("", |_| {}))?,
        }
        let child = spawn(command)?;
        let group = child.id().and_then(|id| Pid::from_raw(id.cast_signed()));
        let terminal = terminal.zip(group).map(|(terminal, group)| terminal.lend_to(group));
        Ok(Self { child, is_window: false, group, terminal })
    }

    /// After a normal end nothing is killed: an agent that the command started may stay.
    fn has_ended(&mut self, status: ExitStatus) -> io::Result<()> {
        use std::os::unix::process::ExitStatusExt;
        let is_interrupted = status.signal() == Some(Signal::INT.as_raw()) || status.code() == Some(INTERRUPTED);
        match self.terminal.take() {
            Some(terminal) if is_interrupted => {
                self.kill();
                terminal.pass_on_interrupt();
                Err(io::ErrorKind::Interrupted.into())
            }
            _ => {
                self.group = None;
                Ok(())
            }
        }
    }

    fn kill(&mut self) {
        if let Some(group) = self.group.take() {
            // It may have exited in the meantime.
            let _ = rustix::process::kill_process_group(group, Signal::KILL);
        }
    }
}

#[cfg(unix)]
impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
    }
}

#[cfg(not(unix))]
impl Running {
    fn spawn_by(
        command: &mut Command,
        _may_use_terminal: bool,
        spawn: impl FnOnce(&mut Command) -> io::Result<Child>,
    ) -> io::Result<Self> {
        Ok(Self { child: spawn(command)?, is_window: false })
    }
}
