//! A command that prints a code: `mfa_process`, or `mktotp` (GET-6).

use std::ffi::OsStr;
use std::io;
use std::path::PathBuf;
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
use crate::core::code::foreground::{Lent, Terminal};
use crate::core::code::printed::code_in;
use crate::core::core_dump;
use crate::core::environment::Environment;
use crate::core::error::{Error, ErrorCode, Result};
use crate::core::guard::guarded;
use crate::core::name::ProfileName;
use crate::core::secret::{ExposeSecret, SecretString};
use crate::core::session::TokenCode;
use crate::core::source::source_profile::MfaProcess;
use crate::core::text::os_error;

/// The most bytes kept of a command's output.
const MOST_OUTPUT: usize = 4096;
/// How long to read on after the command has ended.
const REST_TIME: Duration = Duration::from_millis(100);
/// The exit status of a shell that did not find a command.
const NOT_FOUND: i32 = 127;
/// The exit status of a program that Ctrl-C ended: 128 plus the number of the signal.
#[cfg(unix)]
const INTERRUPTED: i32 = 130;

pub enum CodeCommand {
    /// The profile's `mfa_process`, run by a shell.
    MfaProcess(MfaProcess),
    /// `mktotp get -n <totp_secret_name>`, without a shell.
    Mktotp { program: PathBuf, secret_name: String },
}

impl CodeCommand {
    /// `mktotp` for this secret, if it is on the PATH.
    pub fn mktotp(secret_name: &str, environment: &Environment) -> Option<Self> {
        // An empty or relative entry means the current directory or one below it, which anybody may own.
        let path = environment.var_os("PATH")?;
        let directories = std::env::split_paths(&path).filter(|directory| directory.is_absolute());
        let program = which::which_in_global("mktotp", std::env::join_paths(directories).ok()).ok()?.next()?;
        Some(Self::Mktotp { program, secret_name: secret_name.to_owned() })
    }

    /// Runs the command for at most `limit`. If `may_use_terminal`, its standard error reaches the user, and if updsts is
    /// in the foreground of a terminal, the command is too.
    ///
    /// Errors: `code_unavailable`, which does not repeat anything that the command printed.
    pub async fn code(&self, profile: &ProfileName, may_use_terminal: bool, limit: Duration) -> Result<TokenCode> {
        let mut command = self.command(may_use_terminal);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true);
        if !may_use_terminal {
            command.stderr(Stdio::null());
        }
        let mut is_missing = false;
        let failure = match run_bounded(command, may_use_terminal, limit).await {
            Ok((status, output)) if status.success() => match code_in(output.expose_secret()) {
                Some(code) => return Ok(code),
                None => "printed something other than six digits, or more than one such number".to_owned(),
            },
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
        Err(self.failed(profile, &failure, is_missing))
    }

    fn failed(&self, profile: &ProfileName, failure: &str, is_missing: bool) -> Error {
        let name = self.name();
        let message = format!("`{name}` of `{profile}` {failure}");
        let hint = match self {
            Self::MfaProcess(MfaProcess { cut_at: Some(place), .. }) => {
                let message = format!("{message}; its value was cut at ` #` or ` ;`, which starts a comment ({place})");
                let hint = "put the command into a script, and the path of the script into `mfa_process`";
                return Error::new(ErrorCode::CodeUnavailable, message, hint);
            }
            _ if is_missing => "start updsts with a PATH that contains it, or write its absolute path".to_owned(),
            Self::MfaProcess(_) => {
                format!("try the command by hand, or give a code: `updsts get -n {} -t CODE`", profile.in_a_command())
            }
            Self::Mktotp { .. } => format!(
                "try `mktotp get -n NAME` with the `totp_secret_name` of `{profile}`, or give a code with `-t CODE`"
            ),
        };
        Error::new(ErrorCode::CodeUnavailable, message, hint)
    }

    const fn name(&self) -> &'static str {
        match self {
            Self::MfaProcess(_) => "mfa_process",
            Self::Mktotp { .. } => "mktotp",
        }
    }

    fn command(&self, may_use_terminal: bool) -> Command {
        // On the terminal, Ctrl-C and Ctrl-Z are the command's own.
        let new = |program: &OsStr| if may_use_terminal { Command::new(program) } else { guarded(program) };
        match self {
            Self::MfaProcess(MfaProcess { text, .. }) => {
                let (shell, option) = if cfg!(windows) { ("cmd.exe", "/C") } else { ("/bin/sh", "-c") };
                let mut command = new(shell.as_ref());
                command.arg(option).arg(text);
                command
            }
            Self::Mktotp { program, secret_name } => {
                let mut command = new(program.as_ref());
                command.arg("get").arg("-n").arg(secret_name);
                command
            }
        }
    }
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
pub async fn run_bounded(
    mut command: Command,
    may_use_terminal: bool,
    limit: Duration,
) -> io::Result<(ExitStatus, SecretString)> {
    let mut running = Running::spawn(&mut command, may_use_terminal)?;
    let child = &mut running.child;
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
    let terminal = &mut running.terminal;
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
    if let Ok((status, _)) = &ended {
        running.has_ended(*status)?;
    }
    ended
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
/// Ctrl-C, or when the whole call is cancelled.
pub struct Running {
    pub child: Child,
    #[cfg(unix)]
    group: Option<Pid>,
    #[cfg(unix)]
    terminal: Option<Lent>,
}

#[cfg(unix)]
impl Running {
    pub fn spawn(command: &mut Command, may_use_terminal: bool) -> io::Result<Self> {
        let terminal = may_use_terminal.then(Terminal::in_foreground).flatten();
        match terminal {
            Some(_) => drop(command.process_group(0)),
            None => ProcessSession.pre_spawn(command, &CommandWrap::with_new("", |_| {}))?,
        }
        let child = core_dump::as_before(|| command.spawn())?;
        let group = child.id().and_then(|id| Pid::from_raw(id.cast_signed()));
        let terminal = terminal.zip(group).map(|(terminal, group)| terminal.lend_to(group));
        Ok(Self { child, group, terminal })
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
    pub fn spawn(command: &mut Command, _may_use_terminal: bool) -> io::Result<Self> {
        Ok(Self { child: command.spawn()? })
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn get_6_a_command_that_hangs_is_killed_with_its_children() {
        let folder = tempfile::tempdir().unwrap();
        let child = folder.path().join("child");
        let command = CodeCommand::MfaProcess(MfaProcess {
            text: format!("sleep 77 & echo $! > {}; sleep 78", child.display()),
            cut_at: None,
        });
        let profile = ProfileName::parse("default").unwrap();
        let error = command.code(&profile, false, Duration::from_secs(1)).await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::CodeUnavailable);
        assert!(error.message().contains("did not end within 1 s"), "{error}");
        let child = std::fs::read_to_string(child).unwrap();
        let stat = format!("/proc/{}/stat", child.trim());
        for _ in 0..250 {
            if std::fs::read_to_string(&stat).map_or(true, |stat| stat.contains(") Z ")) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("the child outlives the command");
    }

    #[tokio::test]
    async fn get_6_the_code_is_taken_when_the_command_ends_though_its_child_holds_the_output() {
        let profile = ProfileName::parse("default").unwrap();
        for text in [
            "sleep 5 & echo 123456",
            "echo 123456; (sleep 0.2; sleep 5) & sleep 0.3",
            "(exec 2>&-; sleep 5) & printf 123; sleep 0.2; printf 456",
            "exec 3>&1; sleep 5 >&3 & echo 123456; exec >&- 3>&-; sleep 0.2",
            "sleep 5 >/dev/null & echo 123456",
        ] {
            let start = std::time::Instant::now();
            let command = CodeCommand::MfaProcess(MfaProcess { text: text.to_owned(), cut_at: None });
            let code = command.code(&profile, false, Duration::from_secs(4)).await;
            assert_eq!(code.map(|code| code.expose_secret().to_owned()), Ok("123456".to_owned()), "{text}");
            assert!(start.elapsed() < Duration::from_secs(2), "{text}: {:?}", start.elapsed());
        }
    }

    #[tokio::test]
    async fn get_6_a_command_that_prints_without_end_or_very_much_is_no_code() {
        let profile = ProfileName::parse("default").unwrap();
        for (text, reason) in [
            ("yes 1", "did not end within 1 s"),
            ("yes 123456 | head -c 1000000", "something other than six digits"),
            ("yes 123456 & sleep 0.1", "something other than six digits"),
        ] {
            let command = CodeCommand::MfaProcess(MfaProcess { text: format!("trap '' PIPE; {text}"), cut_at: None });
            let error = command.code(&profile, false, Duration::from_secs(1)).await.unwrap_err();
            assert!(error.message().contains(reason), "{text}: {error}");
        }
    }
}
