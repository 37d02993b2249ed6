//! Dialogs that are one run of a program: zenity, kdialog, and those that are made for `SSH_ASKPASS`.

use std::io;
use std::path::Path;
use std::process::{ExitStatus, Stdio};

use crate::core::ask::dialog::text::{TITLE, lines};
use crate::core::ask::person::{Answer, Question};
use crate::core::command::run::run_bounded;
use crate::core::guard::guarded;
use crate::core::secret::SecretString;

/// How the program is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    Zenity,
    Kdialog,
    /// As `SSH_ASKPASS` programs: the text is the one argument, and the code is printed.
    Askpass,
}

/// Runs the program until it answers or the time is over.
pub(super) async fn ask(program: &Path, dialect: Dialect, question: &Question) -> io::Result<Answer> {
    let time = question.time_left();
    let mut command = guarded(program);
    command.args(arguments(dialect, &lines(question), time.as_secs()));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
    match run_bounded(command, false, time).await {
        Ok((status, text)) => answer(dialect, status, text),
        Err(error) if error.kind() == io::ErrorKind::TimedOut => Ok(Answer::Nobody),
        Err(error) => Err(error),
    }
}

fn arguments(dialect: Dialect, lines: &[String], seconds: u64) -> Vec<String> {
    let escaped = |escape: fn(&str) -> String, line_break| {
        lines.iter().map(|line| escape(line)).collect::<Vec<_>>().join(line_break)
    };
    match dialect {
        Dialect::Zenity => {
            let text = escaped(|line| line.replace('\\', r"\\").replace('_', "__"), "\n");
            let (title, text) = (format!("--title={TITLE}"), format!("--text={text}"));
            vec!["--entry".into(), "--hide-text".into(), title, text, format!("--timeout={}", seconds.max(1))]
        }
        Dialect::Kdialog => {
            let text = escaped(html, "<br>");
            vec!["--title".into(), TITLE.into(), "--password".into(), format!("<qt>{text}</qt>")]
        }
        Dialect::Askpass => vec![lines.join("\n")],
    }
}

fn html(line: &str) -> String {
    let entity = |c: char| match c {
        '&' => "&amp;".to_owned(),
        '<' => "&lt;".to_owned(),
        '>' => "&gt;".to_owned(),
        '"' => "&quot;".to_owned(),
        '\'' => "&#39;".to_owned(),
        '\\' => r"\\".to_owned(),
        c => c.to_string(),
    };
    line.chars().map(entity).collect()
}

/// After its own time zenity ends with 5 and prints what was typed so far. Without a display zenity fails with 1, as if
/// it was cancelled, and kdialog is killed by a signal.
fn answer(dialect: Dialect, status: ExitStatus, text: SecretString) -> io::Result<Answer> {
    match (dialect, status.code()) {
        (_, Some(0)) => Ok(Answer::Text(text)),
        (Dialect::Zenity, Some(5)) => Ok(Answer::Nobody),
        // A guard could not run it.
        (_, None | Some(126 | 127)) => Err(io::ErrorKind::Unsupported.into()),
        _ => Ok(Answer::Declined),
    }
}
