//! A command that prints a code: `mfa_process`, or `mktotp` (GET-6).

use std::io;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;
use zeroize::Zeroizing;

use crate::core::core_dump;
use crate::core::environment::Environment;
use crate::core::error::{Error, ErrorCode, Result};
use crate::core::name::ProfileName;
use crate::core::secret::{ExposeSecret, SecretString};
use crate::core::session::TokenCode;
use crate::core::text::os_error;

/// The most bytes kept of a command's output.
const MOST_OUTPUT: usize = 4096;
/// How long to read on after the command has ended.
const REST_TIME: Duration = Duration::from_millis(100);

pub enum CodeCommand {
    /// The profile's `mfa_process`, run by a shell.
    MfaProcess(String),
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

    /// Runs the command for at most `limit`. If `shows_messages`, its standard error reaches the user.
    ///
    /// Errors: `code_unavailable`, which does not repeat anything that the command printed.
    pub async fn code(&self, profile: &ProfileName, shows_messages: bool, limit: Duration) -> Result<TokenCode> {
        let mut command = self.command();
        command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true);
        if !shows_messages {
            command.stderr(Stdio::null());
        }
        let failure = match run_bounded(command, limit).await {
            Ok((status, output)) if status.success() => match TokenCode::parse(output.expose_secret().trim()) {
                Ok(code) => return Ok(code),
                Err(_) => "printed something other than six digits".to_owned(),
            },
            Ok((status, _)) => format!("failed: {}", ending(status)),
            Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                format!("did not end within {} s and was stopped", limit.as_secs())
            }
            Err(error) => format!("could not be run: {}", os_error(&error)),
        };
        let (name, hint) = match self {
            Self::MfaProcess(_) => {
                ("mfa_process", format!("try the command by hand, or give a code: `updsts get -n {profile} -t CODE`"))
            }
            Self::Mktotp { .. } => (
                "mktotp",
                format!(
                    "try `mktotp get -n NAME` with the `totp_secret_name` of `{profile}`, or give a code with `-t CODE`"
                ),
            ),
        };
        Err(Error::new(ErrorCode::CodeUnavailable, format!("`{name}` of `{profile}` {failure}"), hint))
    }

    fn command(&self) -> Command {
        match self {
            Self::MfaProcess(text) => {
                let (shell, option) = if cfg!(windows) { ("cmd.exe", "/C") } else { ("/bin/sh", "-c") };
                let mut command = Command::new(shell);
                command.arg(option).arg(text);
                command
            }
            Self::Mktotp { program, secret_name } => {
                let mut command = Command::new(program);
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
        Some(code) => format!("its exit status is {code}"),
        None => "it was killed".to_owned(),
    }
}

/// Runs the command in its own process group.
async fn run_bounded(mut command: Command, limit: Duration) -> io::Result<(ExitStatus, SecretString)> {
    #[cfg(unix)]
    command.process_group(0);
    let mut group = Group(core_dump::as_before(|| command.spawn())?);
    let mut stdout = group.0.stdout.take().expect("standard output is a pipe");
    let work = async {
        let mut output = Output::default();
        let status = loop {
            tokio::select! {
                status = group.0.wait() => break status?,
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
    timeout(limit, work).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

/// What a command has printed so far. It is wiped on drop, and never grows, because that would leave a copy behind.
struct Output {
    bytes: Zeroizing<Vec<u8>>,
    is_whole: bool,
}

impl Default for Output {
    fn default() -> Self {
        Self { bytes: Zeroizing::new(Vec::with_capacity(MOST_OUTPUT)), is_whole: false }
    }
}

impl Output {
    /// Waits for more. So much text is no code, but the command has to get rid of it to end.
    async fn read(&mut self, stdout: &mut ChildStdout) {
        if self.bytes.len() == MOST_OUTPUT {
            self.bytes.truncate(MOST_OUTPUT / 2);
        }
        self.is_whole = !matches!(stdout.read_buf(&mut *self.bytes).await, Ok(1..));
    }

    fn text(&self) -> SecretString {
        SecretString::from(String::from_utf8_lossy(&self.bytes).into_owned())
    }
}

/// A command's process group, killed when it is no longer awaited: after the time limit, or when the whole call is
/// cancelled.
struct Group(Child);

impl Drop for Group {
    fn drop(&mut self) {
        #[cfg(unix)]
        if let Some(pid) = self.0.id().and_then(|id| rustix::process::Pid::from_raw(id.cast_signed())) {
            // It may have exited in the meantime.
            let _ = rustix::process::kill_process_group(pid, rustix::process::Signal::KILL);
        }
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
        let command = CodeCommand::MfaProcess(format!("sleep 77 & echo $! > {}; sleep 78", child.display()));
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
            let command = CodeCommand::MfaProcess(text.to_owned());
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
            let command = CodeCommand::MfaProcess(format!("trap '' PIPE; {text}"));
            let error = command.code(&profile, false, Duration::from_secs(1)).await.unwrap_err();
            assert!(error.message().contains(reason), "{text}: {error}");
        }
    }
}
