//! Dialogs that are one run of a program.

use std::ffi::OsStr;
use std::io;
use std::path::Path;
use std::process::{ExitStatus, Stdio};

use tokio::process::Command;

use crate::core::ask::dialog::desktop::missing_variables;
use crate::core::ask::dialog::script;
use crate::core::ask::dialog::text::{TITLE, lines};
use crate::core::ask::person::{Answer, Question};
use crate::core::command::run::Running;
use crate::core::environment::Environment;
use crate::core::guard::guarded;
use crate::core::secret::{ExposeSecret, SecretString};

/// How the program is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    Zenity,
    Kdialog,
    Osascript,
    PowerShell,
    /// As `SSH_ASKPASS` programs: the text is the one argument, and the code is printed.
    Askpass,
    /// The same by a batch file of Windows, whose arguments have no line breaks.
    Batch,
}

impl Dialect {
    pub fn of(program: &Path) -> Self {
        let in_lower_case = |name: Option<&OsStr>| name.unwrap_or_default().to_string_lossy().to_lowercase();
        match (&*in_lower_case(program.file_stem()), &*in_lower_case(program.extension())) {
            (_, "cmd" | "bat") if cfg!(windows) => Self::Batch,
            ("zenity", _) => Self::Zenity,
            ("kdialog", _) => Self::Kdialog,
            ("osascript", _) => Self::Osascript,
            ("powershell" | "pwsh", _) => Self::PowerShell,
            _ => Self::Askpass,
        }
    }
}

/// Runs the program until it answers or the time is over.
pub(super) async fn ask(program: &Path, question: &Question, environment: &Environment) -> io::Result<Answer> {
    let dialect = Dialect::of(program);
    let time = question.time_left();
    let mut command = in_window(program, environment);
    prepare(&mut command, dialect, &lines(question), time.as_secs().max(1), environment);
    command.stdin(Stdio::null());
    match Running::spawn_window(&mut command)?.end(time).await {
        Ok((status, text)) => answer(dialect, status, text),
        Err(error) if error.kind() == io::ErrorKind::TimedOut => Ok(Answer::Nobody),
        Err(error) => Err(error),
    }
}

/// A program that opens a window and ends with updsts, not yet run.
pub(super) fn in_window(program: &Path, environment: &Environment) -> Command {
    let mut command = guarded(program);
    command.envs(missing_variables(environment));
    command.stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
    command
}

/// zenity ends with these, so that its own failures, which are 1, are nobody's act.
const ZENITY_DECLINED: i32 = 3;
const ZENITY_NOBODY: i32 = 5;

fn prepare(command: &mut Command, dialect: Dialect, lines: &[String], seconds: u64, environment: &Environment) {
    let escaped = |escape: fn(&str) -> String, line_break| {
        lines.iter().map(|line| escape(line)).collect::<Vec<_>>().join(line_break)
    };
    match dialect {
        Dialect::Zenity => {
            let text = escaped(|line| line.replace('\\', r"\\").replace('_', "__"), "\n");
            command.args(["--entry", "--hide-text"]);
            command.args([format!("--title={TITLE}"), format!("--text={text}"), format!("--timeout={seconds}")]);
            command.env("ZENITY_OK", "0").env("ZENITY_TIMEOUT", ZENITY_NOBODY.to_string());
            // Escape and a closed window have a status of their own.
            for name in ["ZENITY_CANCEL", "ZENITY_ESC"] {
                command.env(name, ZENITY_DECLINED.to_string());
            }
        }
        Dialect::Kdialog => {
            let text = escaped(html, "<br>");
            command.args(["--title", TITLE, "--password"]).arg(format!("<qt>{text}</qt>"));
        }
        Dialect::Osascript => script::for_osascript(command, lines, seconds),
        Dialect::PowerShell => script::for_powershell(command, lines, seconds, environment),
        Dialect::Askpass => drop(command.arg(escaped(without_tags, "\n"))),
        Dialect::Batch => drop(command.arg(escaped(without_tags, "  "))),
    }
}

/// Some programs take a tag for a reason to read all of the text as HTML.
fn without_tags(line: &str) -> String {
    line.replace('<', "‹").replace('>', "›")
}

fn html(line: &str) -> String {
    let entity = |c: char| match c {
        '&' => "&amp;".to_owned(),
        '<' => "&lt;".to_owned(),
        '>' => "&gt;".to_owned(),
        '"' => "&quot;".to_owned(),
        '\'' => "&#39;".to_owned(),
        '\\' => r"\\".to_owned(),
        // Several spaces would be drawn as one.
        ' ' => "&nbsp;".to_owned(),
        c => c.to_string(),
    };
    line.chars().map(entity).collect()
}

/// What the end of the program means. Only an act of a person is `Declined`.
///
/// Errors: `Unsupported` if it ended by itself, such as without a display.
fn answer(dialect: Dialect, status: ExitStatus, text: SecretString) -> io::Result<Answer> {
    let printed = text.expose_secret();
    match (dialect, status.code()) {
        (Dialect::Osascript, Some(0)) => match (printed.trim_end(), printed.strip_prefix(script::CODE)) {
            (_, Some(code)) => Ok(Answer::Text(code.into())),
            (script::DECLINED, _) => Ok(Answer::Declined),
            (script::NOBODY, _) => Ok(Answer::Nobody),
            _ => Err(io::ErrorKind::Unsupported.into()),
        },
        // The form prints a line, also of an empty field: this is no PowerShell.
        (Dialect::PowerShell, Some(0)) if printed.is_empty() => Err(io::ErrorKind::Unsupported.into()),
        (_, Some(0)) => Ok(Answer::Text(text)),
        (Dialect::Zenity, Some(ZENITY_DECLINED)) | (Dialect::PowerShell, Some(script::FORM_DECLINED)) => {
            Ok(Answer::Declined)
        }
        (Dialect::Zenity, Some(ZENITY_NOBODY)) | (Dialect::PowerShell, Some(script::FORM_NOBODY)) => Ok(Answer::Nobody),
        // It prints the empty text of a cancelled field. If the display breaks, it prints nothing.
        (Dialect::Kdialog, Some(1)) if printed == "\n" => Ok(Answer::Declined),
        // These say that a program could not be run.
        (Dialect::Askpass | Dialect::Batch, Some(126 | 127 | 9009)) => Err(io::ErrorKind::Unsupported.into()),
        (Dialect::Askpass | Dialect::Batch, Some(_)) => Ok(Answer::Declined),
        _ => Err(io::ErrorKind::Unsupported.into()),
    }
}

#[cfg(test)]
mod tests {
    #[cfg(unix)]
    use std::os::unix::process::ExitStatusExt;
    #[cfg(windows)]
    use std::os::windows::process::ExitStatusExt;

    use super::*;

    #[cfg(unix)]
    fn ended(code: i32) -> ExitStatus {
        ExitStatus::from_raw(code << 8)
    }

    #[cfg(windows)]
    fn ended(code: i32) -> ExitStatus {
        ExitStatus::from_raw(code.cast_unsigned())
    }

    fn end(dialect: Dialect, code: i32, printed: &str) -> &'static str {
        match answer(dialect, ended(code), printed.to_owned().into()) {
            Ok(Answer::Text(text)) if text.expose_secret().trim() == "123456" => "code",
            Ok(Answer::Text(_)) => "text",
            Ok(Answer::Declined) => "declined",
            Ok(Answer::Nobody) => "nobody",
            Err(error) => {
                assert_eq!(error.kind(), io::ErrorKind::Unsupported);
                "not shown"
            }
        }
    }

    #[test]
    fn ask_3_only_an_act_of_a_person_is_declined() {
        use Dialect::{Askpass, Batch, Kdialog, Osascript, PowerShell, Zenity};
        for (dialect, code, printed, meaning) in [
            (Zenity, 0, "123456\n", "code"),
            (Zenity, 3, "", "declined"),
            (Zenity, 5, "987\n", "nobody"),
            (Zenity, 1, "", "not shown"),
            (Zenity, 255, "", "not shown"),
            (Kdialog, 0, "123456\n", "code"),
            (Kdialog, 1, "\n", "declined"),
            (Kdialog, 1, "", "not shown"),
            (Kdialog, 254, "", "not shown"),
            (Osascript, 0, "code 123456\n", "code"),
            (Osascript, 0, "declined\n", "declined"),
            (Osascript, 0, "nobody\n", "nobody"),
            (Osascript, 0, "code declined\n", "text"),
            (Osascript, 0, "", "not shown"),
            (Osascript, 1, "", "not shown"),
            (PowerShell, 0, "123456\r\n", "code"),
            (PowerShell, 3, "", "declined"),
            (PowerShell, 5, "", "nobody"),
            (PowerShell, 1, "", "not shown"),
            (PowerShell, 0, "\r\n", "text"),
            (PowerShell, 0, "", "not shown"),
            (Askpass, 0, "123456\n", "code"),
            (Askpass, 1, "", "declined"),
            (Askpass, 255, "", "declined"),
            (Askpass, 127, "", "not shown"),
            (Batch, 0, "123456\r\n", "code"),
            (Batch, 1, "", "declined"),
            #[cfg(windows)]
            (Batch, 9009, "", "not shown"),
        ] {
            assert_eq!(end(dialect, code, printed), meaning, "{dialect:?} {code} {printed:?}");
        }
        #[cfg(unix)]
        assert!(answer(Askpass, ExitStatus::from_raw(6), SecretString::default()).is_err());
    }
}
