//! The two files: where they are, whether they can be read and replaced, and what other programs make of their lines.

use crate::core::block::layout::Layout;
use crate::core::doctor::report::Report;
use crate::core::environment::Environment;
use crate::core::error::{Error, ErrorCode, Result};
use crate::core::file::config_file::ConfigFile;
use crate::core::file::credentials_file::{CredentialsFile, Snapshot};
use crate::core::ini::profiles::Profiles;
use crate::core::name::ProfileName;
use crate::core::source::command;
use crate::core::source::key::sources_by_command;
use crate::core::text;

/// The most odd lines of a file that are named.
const MOST_LINES: usize = 10;

pub(super) struct Setup {
    pub(super) file: CredentialsFile,
    pub(super) snapshot: Snapshot,
    pub(super) config: ConfigFile,
}

/// `None` if nothing else can be said.
pub(super) async fn check(
    report: &mut Report,
    file: &Result<CredentialsFile>,
    environment: &Environment,
) -> Option<Setup> {
    if let Some(warning) = environment.second_home() {
        report.advised("environment", &warning);
    }
    let read = match file {
        Ok(file) => file.read_at_rest().await.map(|snapshot| (file.clone(), snapshot)),
        Err(error) => Err(error.clone()),
    };
    let (file, snapshot) = read.map_err(|error| missing(report, &error, environment)).ok()?;
    report.ok("credentials_file", described(&file, &snapshot));
    match file.check_replaceable(&snapshot) {
        Ok(warnings) => warnings.iter().for_each(|warning| report.advised("credentials_file", warning)),
        Err(error) => report.error("credentials_file", &error),
    }
    lines(report, &file, &snapshot);
    if let Some(warning) = environment.missing_file("AWS_CONFIG_FILE") {
        report.warning("config_file", warning, "correct `AWS_CONFIG_FILE`, or unset it");
    }
    let config = ConfigFile::read(environment).map_err(|error| report.error("config_file", &error)).ok()?;
    if config.exists() {
        report.ok("config_file", text::path(config.path()));
    } else {
        report.ok("config_file", format!("there is none (`{}`)", text::path(config.path())));
    }
    Some(Setup { file, snapshot, config })
}

/// A file that does not exist is no fault if a command gives a key: renewing creates it (KEY-1).
fn missing(report: &mut Report, error: &Error, environment: &Environment) {
    let config = ConfigFile::read(environment).unwrap_or_default();
    let profiles = config.profiles();
    match sources_by_command(&profiles, environment).first() {
        Some(source) if error.code() == ErrorCode::FileMissing => {
            let name = ProfileName::from_file(&source.name);
            let hint = format!("`{}` creates it: a command gives the key of `{name}`", command::get(&name));
            report.warning("credentials_file", error.message(), hint);
        }
        _ => report.error("credentials_file", error),
    }
}

fn described(file: &CredentialsFile, snapshot: &Snapshot) -> String {
    let mut text = text::path(file.path());
    if file.path().is_symlink() {
        text = format!("{text}, a link to {}", text::path(&snapshot.target));
    }
    match snapshot.mode() {
        Some(mode) => format!("{text}, mode {mode:04o}"),
        None => text,
    }
}

/// Lines that some program rejects or reads differently, and tags that do not match.
fn lines(report: &mut Report, file: &CredentialsFile, snapshot: &Snapshot) {
    let layout = Layout::of(&snapshot.bytes);
    if let Some(damage) = layout.damage().first() {
        report.error("credentials_file", &damage.at(file.path()));
    }
    let profiles = Profiles::of_credentials(&snapshot.bytes);
    for warning in profiles.warnings().iter().take(MOST_LINES) {
        let place = text::place(file.path(), Some(warning.line));
        report.warning("credentials_file", format!("{place}: {}", warning.oddity), warning.oddity.hint());
    }
    if let Some(more @ 1..) = profiles.warnings().len().checked_sub(MOST_LINES) {
        report.warning("credentials_file", format!("{more} more lines are odd"), "`updsts list` names them all");
    }
}
