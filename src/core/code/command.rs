//! A command that prints a code: `mfa_process`, or `mktotp` (GET-6).

use std::io;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::process::{Child, Command};
use tokio::time::timeout;
use zeroize::Zeroizing;

use crate::core::environment::Environment;
use crate::core::error::{Error, ErrorCode, Result};
use crate::core::name::ProfileName;
use crate::core::secret::{ExposeSecret, SecretString};
use crate::core::session::TokenCode;
use crate::core::text::os_error;

/// The most bytes read of a command's output.
const MOST_OUTPUT: u64 = 4096;

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
    let mut group = Group(command.spawn()?);
    let stdout = group.0.stdout.take().expect("standard output is a pipe");
    let work = async {
        let mut output = Zeroizing::new(Vec::with_capacity(256));
        stdout.take(MOST_OUTPUT).read_to_end(&mut output).await?;
        let status = group.0.wait().await?;
        Ok((status, SecretString::from(String::from_utf8_lossy(&output).into_owned())))
    };
    timeout(limit, work).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
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
}
