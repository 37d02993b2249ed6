//! A command as a file has it, for a shell (GET-6).

use std::time::Duration;

use tokio::process::Command;

use crate::core::command::lookup::missing_program;
use crate::core::command::run::{Failure, output_of, program};
use crate::core::environment::Environment;
use crate::core::error::{Error, ErrorCode};
use crate::core::ini::key::Key;
use crate::core::ini::oddity::Oddity;
use crate::core::ini::profiles::{Profile, Profiles, Warning};
use crate::core::secret::SecretString;
use crate::core::text;

#[derive(Debug, Clone)]
pub struct ShellCommand {
    pub text: String,
    /// The line, if a comment follows the value there, which may be a part of the command.
    pub cut_at: Option<String>,
}

impl ShellCommand {
    /// The command that a profile of the file has under this key.
    pub fn of(profile: &Profile<'_>, key: Key, profiles: &Profiles<'_>, path: &std::path::Path) -> Option<Self> {
        let value = profile.get(key)?;
        let is_cut = |warning: &Warning| warning.line == value.line && warning.oddity == Oddity::CommentAfterValue;
        let cut_at = profiles.warnings_of(&profile.name).any(is_cut).then(|| text::place(path, Some(value.line)));
        Some(Self { text: value.as_str()?.to_owned(), cut_at })
    }

    /// What it prints (see [`output_of`]).
    pub async fn output(&self, may_use_terminal: bool, limit: Duration) -> Result<SecretString, Failure> {
        let output = output_of(self.command(may_use_terminal), may_use_terminal, limit).await;
        output.map_err(|failure| match failure.status {
            // The status of any failure, too.
            Some(status @ 1) if cfg!(windows) && missing_program(&self.text, &Environment::process()).is_some() => {
                Failure::of_missing(status)
            }
            _ => failure,
        })
    }

    #[cfg(unix)]
    fn command(&self, may_use_terminal: bool) -> Command {
        let mut command = program("/bin/sh".as_ref(), may_use_terminal);
        command.arg("-c").arg(&self.text);
        command
    }

    /// The text as it stands between the quotes that `/S` takes away: the standard library would escape its own ones.
    /// `/D` runs nothing else before it.
    ///
    /// Source: <https://learn.microsoft.com/windows-server/administration/windows-commands/cmd>
    #[cfg(windows)]
    fn command(&self, may_use_terminal: bool) -> Command {
        let mut command = program(cmd(&Environment::process()).as_ref(), may_use_terminal);
        command.raw_arg(format!("/D /S /C \"{}\"", self.text));
        command
    }

    /// The error about the command in this key, which does not repeat anything that it printed. `hint` is the next step
    /// if the failure does not suggest one itself.
    pub fn failed(&self, code: ErrorCode, key: Key, profile: &str, failure: &Failure, hint: &str) -> Error {
        let message = format!("`{}` of `{profile}` {}", key.as_str(), failure.what);
        if let Some(place) = &self.cut_at {
            let message = format!("{message}; its value was cut at ` #` or ` ;`, which starts a comment ({place})");
            let hint = format!("put the command into a script, and the path of the script into `{}`", key.as_str());
            return Error::new(code, message, hint);
        }
        Error::new(code, message, if failure.is_missing { Failure::MISSING_HINT } else { hint })
    }
}

/// The shell by its path: nothing in the current directory takes its place.
#[cfg(windows)]
fn cmd(environment: &Environment) -> std::path::PathBuf {
    use std::path::PathBuf;

    let chosen = environment.var_os("ComSpec").map(PathBuf::from).filter(|path| path.is_absolute());
    let system = || environment.var_os("SystemRoot").map(|root| PathBuf::from(root).join("System32\\cmd.exe"));
    chosen.or_else(system).unwrap_or_else(|| "cmd.exe".into())
}

#[cfg(windows)]
#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::core::secret::ExposeSecret;

    const LONG: Duration = Duration::from_secs(20);

    async fn output(text: &str, limit: Duration) -> Result<String, Failure> {
        let command = ShellCommand { text: text.to_owned(), cut_at: None };
        let output = command.output(false, limit).await?;
        Ok(output.expose_secret().trim_end().to_owned())
    }

    fn write(path: &Path, lines: &[&str]) {
        std::fs::write(path, lines.join("\r\n") + "\r\n").unwrap();
    }

    /// A batch file that appends to a file, until another one is there.
    fn beating(folder: &Path) -> String {
        let path = folder.join("beat on.cmd");
        write(&path, &["@echo off", ":on", "echo x>>\"%~1\"", "if not exist \"%~1.stop\" goto on"]);
        format!("\"{}\"", path.display())
    }

    fn length(path: &Path) -> u64 {
        path.metadata().map_or(0, |file| file.len())
    }

    async fn is_beating(path: &Path) -> bool {
        let before = length(path);
        tokio::time::sleep(Duration::from_secs(1)).await;
        length(path) > before
    }

    async fn until_beating(path: &Path) {
        let start = std::time::Instant::now();
        while length(path) == 0 {
            assert!(start.elapsed() < LONG, "{} is not written", path.display());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    #[tokio::test]
    async fn get_6_the_text_reaches_cmd_as_it_stands() {
        let folder = tempfile::tempdir().unwrap();
        let script = folder.path().join("prints 開発.cmd");
        write(&script, &["@echo off", "echo [%~1] [%2] [%3]"]);
        let script = format!("\"{}\"", script.display());
        for (text, printed) in [
            ("echo 123456".to_owned(), "123456"),
            ("echo \"1\" \"2 3\"".to_owned(), "\"1\" \"2 3\""),
            ("echo a&echo b".to_owned(), "a\r\nb"),
            ("echo a^&b 50%".to_owned(), "a&b 50%"),
            (format!("{script} \"a b\" c d"), "[a b] [c] [d]"),
            (format!("{script} \"a b\" \"c d\" \"\""), "[a b] [\"c d\"] [\"\"]"),
            ("if defined UPDSTS_COMMAND echo %UPDSTS_COMMAND%".to_owned(), "1"),
        ] {
            assert_eq!(output(&text, LONG).await.ok().as_deref(), Some(printed), "{text}");
        }
    }

    #[tokio::test]
    async fn get_6_a_command_that_was_not_found_is_told_from_one_that_failed() {
        let folder = tempfile::tempdir().unwrap();
        let script = folder.path().join("gives.cmd");
        write(&script, &["@no-such-program"]);
        let script = format!("\"{}\"", script.display());
        for (text, is_missing) in [
            ("no-such-program --x", true),
            ("\"C:\\no such\\program.exe\" x", true),
            ("exit 9009", true),
            ("exit 1", false),
            ("exit 7", false),
            ("cmd /C exit 1", false),
        ] {
            let failure = output(text, LONG).await.unwrap_err();
            assert_eq!(failure.is_missing, is_missing, "{text}: {}", failure.what);
            assert_eq!(failure.what.contains("the PATH is `"), is_missing, "{text}: {}", failure.what);
        }
        assert!(output(&script, LONG).await.is_err());
    }

    #[tokio::test]
    async fn get_6_a_command_that_hangs_is_killed_with_its_children() {
        let folder = tempfile::tempdir().unwrap();
        let (own, child) = (folder.path().join("own"), folder.path().join("the child"));
        let beat = beating(folder.path());
        let text = format!("start \"\" /b {beat} \"{}\" & {beat} \"{}\"", child.display(), own.display());
        let failure = output(&text, Duration::from_secs(3)).await.unwrap_err();
        assert_eq!(failure.what, "did not end within 3 s and was stopped");
        assert!(length(&own) > 0 && length(&child) > 0, "{} {}", length(&own), length(&child));
        assert!(!is_beating(&own).await && !is_beating(&child).await);
    }

    #[tokio::test]
    async fn get_6_a_cancelled_command_is_killed_with_its_children() {
        let folder = tempfile::tempdir().unwrap();
        let (own, child) = (folder.path().join("own"), folder.path().join("the child"));
        let beat = beating(folder.path());
        let text = format!("start \"\" /b {beat} \"{}\" & {beat} \"{}\"", child.display(), own.display());
        tokio::select! {
            ended = output(&text, LONG) => panic!("{:?}", ended.map_err(|failure| failure.what)),
            () = async { until_beating(&own).await; until_beating(&child).await } => {}
        }
        assert!(!is_beating(&own).await && !is_beating(&child).await);
    }

    #[tokio::test]
    async fn get_6_what_a_command_has_started_stays_after_a_normal_end() {
        let folder = tempfile::tempdir().unwrap();
        let child = folder.path().join("the child");
        let beat = beating(folder.path());
        let text = format!("start \"\" /b {beat} \"{}\" >nul 2>nul & echo 123456", child.display());
        assert_eq!(output(&text, LONG).await.ok().as_deref(), Some("123456"));
        until_beating(&child).await;
        let stays = is_beating(&child).await;
        std::fs::write(child.with_extension("stop"), "").unwrap();
        assert!(stays);
        for _ in 0..20 {
            if !is_beating(&child).await {
                return;
            }
        }
        panic!("it does not stop");
    }

    #[test]
    fn get_6_the_shell_is_known_by_its_path() {
        let cmd = |variables: &[(&str, &str)]| cmd(&Environment::fixed(variables.iter().copied()));
        assert_eq!(cmd(&[("ComSpec", "D:\\w\\cmd.exe"), ("SystemRoot", "C:\\Windows")]), Path::new("D:\\w\\cmd.exe"));
        assert_eq!(cmd(&[("SystemRoot", "E:\\Win")]), Path::new("E:\\Win\\System32\\cmd.exe"));
        let relative = cmd(&[("ComSpec", "cmd.exe"), ("SystemRoot", "E:\\Win")]);
        assert_eq!(relative, Path::new("E:\\Win\\System32\\cmd.exe"));
    }
}
