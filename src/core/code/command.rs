//! A command that prints a code: `mfa_process`, or `mktotp` (GET-6).

use std::path::PathBuf;
use std::time::Duration;

use crate::core::code::printed::code_in;
use crate::core::command::lookup::on_path;
use crate::core::command::run::{self, Failure, output_of};
use crate::core::command::shell::ShellCommand;
use crate::core::environment::Environment;
use crate::core::error::{Error, ErrorCode, Result};
use crate::core::ini::key::Key;
use crate::core::name::ProfileName;
use crate::core::secret::{ExposeSecret, SecretString};
use crate::core::session::TokenCode;

pub enum CodeCommand {
    /// The profile's `mfa_process`, run by a shell.
    MfaProcess(ShellCommand),
    /// `mktotp get -n <totp_secret_name>`, without a shell.
    Mktotp { program: PathBuf, secret_name: String },
}

impl CodeCommand {
    /// `mktotp` for this secret, if it is on the PATH.
    pub fn mktotp(secret_name: &str, environment: &Environment) -> Option<Self> {
        // An empty or relative entry means the current directory or one below it, which anybody may own.
        let path = environment.var_os("PATH")?;
        let directories = std::env::split_paths(&path).filter(|directory| directory.is_absolute());
        let directories = std::env::join_paths(directories).ok()?;
        let program = on_path("mktotp".as_ref(), Some(directories), "/".as_ref())?;
        Some(Self::Mktotp { program, secret_name: secret_name.to_owned() })
    }

    /// Runs the command for at most `limit` (see [`output_of`]).
    ///
    /// Errors: `code_unavailable`, which does not repeat anything that the command printed.
    pub async fn code(&self, profile: &ProfileName, may_use_terminal: bool, limit: Duration) -> Result<TokenCode> {
        let code = self.output(may_use_terminal, limit).await.and_then(|output| {
            code_in(output.expose_secret()).ok_or_else(|| {
                Failure::of_output("printed something other than six digits, or more than one such number")
            })
        });
        code.map_err(|failure| self.failed(profile, &failure))
    }

    fn failed(&self, profile: &ProfileName, failure: &Failure) -> Error {
        let code = ErrorCode::CodeUnavailable;
        match self {
            Self::MfaProcess(command) => {
                let name = profile.in_a_command();
                let hint = format!("try the command by hand, or give a code: `updsts get -n {name} -t CODE`");
                command.failed(code, Key::MfaProcess, &profile.to_string(), failure, &hint)
            }
            Self::Mktotp { .. } => {
                let message = format!("`mktotp` of `{profile}` {}", failure.what);
                let hint = format!(
                    "try `mktotp get -n NAME` with the `totp_secret_name` of `{profile}`, or give a code with `-t CODE`"
                );
                Error::new(code, message, if failure.is_missing { Failure::MISSING_HINT } else { &hint })
            }
        }
    }

    async fn output(&self, may_use_terminal: bool, limit: Duration) -> Result<SecretString, Failure> {
        match self {
            Self::MfaProcess(command) => command.output(may_use_terminal, limit).await,
            Self::Mktotp { program, secret_name } => {
                let mut command = run::program(program.as_ref(), may_use_terminal);
                command.arg("get").arg("-n").arg(secret_name);
                output_of(command, may_use_terminal, limit).await
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(text: impl Into<String>) -> CodeCommand {
        CodeCommand::MfaProcess(ShellCommand { text: text.into(), cut_at: None })
    }

    /// Lasts for more than a minute; whether its child does, by the file.
    #[cfg(unix)]
    const HANGS: &str = "sleep 77 & echo $! > FILE; sleep 78";
    #[cfg(windows)]
    const HANGS: &str = r#"%SystemRoot%\System32\ping -n 77 127.0.0.1 >"FILE"&echo 123456"#;

    #[cfg(unix)]
    fn is_alive(file: &std::path::Path) -> bool {
        let child = std::fs::read_to_string(file).unwrap();
        std::fs::read_to_string(format!("/proc/{}/stat", child.trim())).is_ok_and(|stat| !stat.contains(") Z "))
    }

    /// Nobody else can open alone what the child holds.
    #[cfg(windows)]
    fn is_alive(file: &std::path::Path) -> bool {
        use std::os::windows::fs::OpenOptionsExt;
        assert!(file.exists(), "the child was not started");
        std::fs::OpenOptions::new().read(true).share_mode(0).open(file).is_err()
    }

    #[tokio::test]
    async fn get_6_a_command_that_hangs_is_killed_with_its_children() {
        let folder = tempfile::tempdir().unwrap();
        let child = folder.path().join("child");
        let command = shell(HANGS.replace("FILE", child.to_str().unwrap()));
        let profile = ProfileName::parse("default").unwrap();
        let error = command.code(&profile, false, Duration::from_secs(1)).await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::CodeUnavailable);
        assert!(error.message().contains("did not end within 1 s"), "{error}");
        for _ in 0..250 {
            if !is_alive(&child) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("the child outlives the command");
    }

    #[tokio::test]
    async fn get_6_the_code_is_taken_when_the_command_ends_though_its_child_holds_the_output() {
        let profile = ProfileName::parse("default").unwrap();
        let of_cmd = [
            r"start /b %SystemRoot%\System32\ping -n 6 127.0.0.1 >nul&echo 123456",
            r"start /b %SystemRoot%\System32\ping -n 6 127.0.0.1&%SystemRoot%\System32\ping -n 2 127.0.0.1 >nul&echo 123456",
        ];
        let of_sh = [
            "sleep 5 & echo 123456",
            "echo 123456; (sleep 0.2; sleep 5) & sleep 0.3",
            "(exec 2>&-; sleep 5) & printf 123; sleep 0.2; printf 456",
            "exec 3>&1; sleep 5 >&3 & echo 123456; exec >&- 3>&-; sleep 0.2",
            "sleep 5 >/dev/null & echo 123456",
        ];
        for text in if cfg!(windows) { &of_cmd[..] } else { &of_sh } {
            let start = std::time::Instant::now();
            let code = shell(*text).code(&profile, false, Duration::from_secs(4)).await;
            assert_eq!(code.map(|code| code.expose_secret().to_owned()), Ok("123456".to_owned()), "{text}");
            assert!(start.elapsed() < Duration::from_secs(2), "{text}: {:?}", start.elapsed());
        }
    }

    #[tokio::test]
    async fn get_6_a_command_that_prints_without_end_or_very_much_is_no_code() {
        let profile = ProfileName::parse("default").unwrap();
        let (hangs, no_code) = ("did not end within 1 s", "something other than six digits");
        let of_sh = [
            ("trap '' PIPE; yes 1", hangs),
            ("trap '' PIPE; yes 123456 | head -c 1000000", no_code),
            ("trap '' PIPE; yes 123456 & sleep 0.1", no_code),
        ];
        let of_cmd = [
            ("for /l %i in (1,1,2000000000) do @echo 1", hangs),
            ("(for /l %i in (1,1,100) do @echo as good as any other line that is no code)&echo 123456", no_code),
        ];
        for (text, reason) in if cfg!(windows) { &of_cmd[..] } else { &of_sh } {
            let error = shell(*text).code(&profile, false, Duration::from_secs(1)).await.unwrap_err();
            assert!(error.message().contains(reason), "{text}: {error}");
        }
    }
}
