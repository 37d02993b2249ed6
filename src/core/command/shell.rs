//! A command as a file has it, for a shell (GET-6).

use tokio::process::Command;

use crate::core::command::run::{Failure, program};
use crate::core::error::{Error, ErrorCode};
use crate::core::ini::key::Key;
use crate::core::ini::oddity::Oddity;
use crate::core::ini::profiles::{Profile, Profiles, Warning};
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

    /// `/bin/sh -c`, or `cmd.exe /C`.
    pub fn command(&self, may_use_terminal: bool) -> Command {
        let (shell, option) = if cfg!(windows) { ("cmd.exe", "/C") } else { ("/bin/sh", "-c") };
        let mut command = program(shell.as_ref(), may_use_terminal);
        command.arg(option).arg(&self.text);
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
