//! `updsts clear`.

use std::fmt::Write;

use super::args::Clear;
use super::output::Output;
use crate::core::clear::{Which, clear};
use crate::core::environment::Environment;
use crate::core::error::Result;
use crate::core::expiry;
use crate::core::file::credentials_file::CredentialsFile;
use crate::core::name::ProfileName;

pub async fn run(options: &Clear, file: CredentialsFile, environment: &Environment, output: &Output) -> Result<()> {
    let which = match options.named.get() {
        Some(name) => Which::Of(ProfileName::parse(name)?),
        None => Which::All,
    };
    let report = clear(&file, &which, environment, output).await?;
    for warning in &report.warnings {
        output.warning(warning);
    }
    let mut text = String::new();
    for cleared in &report.cleared {
        let name = cleared.session_profile.as_deref().unwrap_or("(no header)");
        let still_good = match cleared.still_good_seconds {
            Some(seconds) => format!("; AWS accepts the session for {} more", expiry::in_words(seconds)),
            None => String::new(),
        };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "removed `{name}`, the session of `{}`{still_good}", cleared.source_profile);
        for (line, what) in &cleared.own_lines {
            output.note(&format!("also removed your own line {line}: {what}"));
        }
    }
    if report.cleared.is_empty() {
        text.push_str("there is no stored session\n");
    }
    output.result(&text)
}
