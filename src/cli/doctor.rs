//! `updsts doctor`.

use std::fmt::Write;
use std::path::Path;

use serde_json::json;

use super::args::Doctor;
use super::hint::in_the_file;
use super::output::{Output, Tone};
use crate::core::ask::chooser::{self, Ask};
use crate::core::doctor::report::{Check, Report, Status};
use crate::core::doctor::{Examination, examine};
use crate::core::environment::Environment;
use crate::core::error::Result;
use crate::core::file::credentials_file::CredentialsFile;
use crate::core::name::ProfileName;

/// Shows what was found, and returns whether nothing keeps `get` from working.
pub async fn run(
    options: &Doctor,
    file: Result<CredentialsFile>,
    named_file: Option<&Path>,
    environment: &Environment,
    output: &Output,
) -> Result<bool> {
    let examination = Examination {
        file,
        name: options.named.get().map(ProfileName::parse),
        offline: options.offline,
        person: &chooser::person(None, &[Ask::Terminal, Ask::Dialog], None, environment),
        environment,
        reporter: output,
    };
    let mut report = examine(&examination).await;
    for hint in report.checks.iter_mut().filter_map(|check| check.hint.as_mut()) {
        *hint = in_the_file(hint, named_file);
    }
    output.result(&if options.json { format!("{:#}\n", json!(report)) } else { text(&report, output) })?;
    Ok(!report.has_error())
}

fn text(report: &Report, output: &Output) -> String {
    let width = report.checks.iter().map(|check| check.name.len()).max().unwrap_or(0);
    let mut text = String::new();
    for Check { name, status, message, hint } in &report.checks {
        let (mark, tone) = match status {
            Status::Ok => ("✓", Tone::Good),
            Status::Warning => ("!", Tone::Soon),
            Status::Error => ("✗", Tone::Bad),
        };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{}  {message}", output.paint(tone, &format!("{mark} {name:width$}")));
        if let Some(hint) = hint {
            let _ = writeln!(text, "  {:width$}  {} {hint}", "", output.paint(Tone::Strong, "→"));
        }
    }
    text
}
