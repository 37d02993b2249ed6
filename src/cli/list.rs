//! `updsts list`.

use std::fmt::Write;
use std::io::IsTerminal;

use comfy_table::{Attribute, Cell, Color, ContentArrangement, Table};
use jiff::Timestamp;
use serde_json::Value;

use super::args::List;
use super::output::Output;
use crate::core::ask::chooser::{self, Ask};
use crate::core::environment::Environment;
use crate::core::error::{Error, ErrorCode, Result};
use crate::core::expiry;
use crate::core::export::check_session;
use crate::core::file::credentials_file::CredentialsFile;
use crate::core::list::{CredentialType, ProfileInfo, Status, inspect};
use crate::core::name::ProfileName;
use crate::core::reporter::Reporter;
use crate::core::session::parse_seconds;
use crate::core::text;

/// The most warnings about odd lines to show without `-v 1`.
const FEW_WARNINGS: usize = 5;

pub fn run(options: &List, file: &CredentialsFile, environment: &Environment, output: &Output) -> Result<()> {
    if let Some(name) = &options.check {
        let min_validity = options.min_validity.as_deref().map_or(Ok(0), parse_seconds)?;
        return check_session(file, &ProfileName::parse(name)?, min_validity, environment, Timestamp::now());
    }
    let mut inspection = inspect(file, environment, Timestamp::now())?;
    if options.json || options.long {
        inspection = inspection.asking(&chooser::person(None, &[Ask::Terminal, Ask::Dialog], None, environment));
    }
    let profiles = named(&inspection.profiles, options.names(), file)?;
    if output.verbose() > 0 {
        output.detail(&format!("credentials file {}", text::path(&file.resolved())));
    }
    let shown = if output.verbose() > 0 { inspection.warnings.len() } else { FEW_WARNINGS };
    for warning in inspection.warnings.iter().take(shown) {
        output.warning(warning);
    }
    if let Some(more) = inspection.warnings.len().checked_sub(shown).filter(|&more| more > 0) {
        output.warning(&format!("{more} more; `-v 1` shows them all"));
    }
    if profiles.is_empty() && !options.json {
        output.note(&format!("there are no profiles in `{}`; `aws configure` adds one", text::path(file.path())));
        return Ok(());
    }
    let text = if options.json {
        json(&profiles)?
    } else if options.long {
        profiles.iter().map(|profile| record(profile)).collect::<Vec<_>>().join("\n")
    } else if options.table || std::io::stdout().is_terminal() {
        table(&profiles, output)
    } else {
        let mut text = String::with_capacity(64 * profiles.len());
        for profile in profiles {
            line(&mut text, profile);
        }
        text
    };
    output.result(&text)
}

/// The profiles with these names in file order; all if no name is given.
fn named<'p>(profiles: &'p [ProfileInfo], names: &[String], file: &CredentialsFile) -> Result<Vec<&'p ProfileInfo>> {
    let names: Vec<_> = names.iter().map(|name| Ok(ProfileName::parse(name)?.to_string())).collect::<Result<_>>()?;
    if let Some(name) = names.iter().find(|name| profiles.iter().all(|profile| profile.profile_name != **name)) {
        let message = format!("the profile `{name}` is not in `{}`", text::path(file.path()));
        return Err(Error::new(ErrorCode::ProfileNotFound, message, "`updsts list` shows the available profiles"));
    }
    Ok(profiles.iter().filter(|profile| names.is_empty() || names.contains(&profile.profile_name)).collect())
}

/// A single document for programs.
fn json(profiles: &[&ProfileInfo]) -> Result<String> {
    let document = serde_json::to_string_pretty(profiles);
    document.map(|text| text + "\n").map_err(|_| Error::defect())
}

const fn kind(profile: &ProfileInfo) -> &'static str {
    match profile.credential_type {
        CredentialType::LongTerm => "long-term key",
        CredentialType::Session => "session",
        CredentialType::None => "no key",
    }
}

fn status(profile: &ProfileInfo) -> &'static str {
    match profile.status {
        Status::NotApplicable => "",
        status => status.into(),
    }
}

fn left(profile: &ProfileInfo) -> String {
    match profile.expires_in_seconds {
        Some(seconds) if seconds > 0 => expiry::in_words(seconds),
        Some(seconds) => format!("{} ago", expiry::in_words(seconds)),
        None => String::new(),
    }
}

/// The source of a session, or the end of the device's ARN.
fn origin(profile: &ProfileInfo) -> String {
    match (&profile.source_profile, &profile.mfa_device_arn) {
        (Some(source), _) => source.clone(),
        (None, Some(device)) => device.rsplit_once(":mfa/").map_or(device.as_str(), |(_, tail)| tail).to_owned(),
        (None, None) => String::new(),
    }
}

/// One line, never truncated: profile, kind, status, time left, origin, separated by tabs.
fn line(text: &mut String, profile: &ProfileInfo) {
    let (left, mut origin) = (left(profile), origin(profile));
    if profile.source_profile.is_some() {
        origin.insert_str(0, "of ");
    }
    let fields = [&*profile.profile_name, profile.credential_type.into(), status(profile), &left, &origin];
    for (number, field) in fields.into_iter().enumerate() {
        if number > 0 {
            text.push('\t');
        }
        text.push_str(if field.is_empty() { "-" } else { field });
    }
    text.push('\n');
}

fn record(profile: &ProfileInfo) -> String {
    let document = serde_json::to_value(profile).unwrap_or_default();
    let mut text = String::new();
    for (key, value) in document.as_object().into_iter().flatten() {
        let value = match value {
            Value::Null => "-".to_owned(),
            Value::String(value) => value.clone(),
            other => other.to_string(),
        };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{key:20} {value}");
    }
    text
}

fn table(profiles: &[&ProfileInfo], output: &Output) -> String {
    let mut table = Table::new();
    table.load_style(comfy_table::presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(terminal_width());
    if output.has_colour() {
        table.enforce_styling();
    } else {
        table.force_no_tty();
    }
    let heading = |text| Cell::new(text).add_attribute(Attribute::Bold);
    table.set_header(["PROFILE", "KIND", "STATUS", "TIME LEFT", "SOURCE / DEVICE"].map(heading));
    for profile in profiles {
        let plain = [&profile.profile_name, kind(profile)].map(Cell::new);
        let row = plain.into_iter().chain([status_cell(profile), Cell::new(left(profile)), Cell::new(origin(profile))]);
        table.add_row(row);
    }
    table.column_iter_mut().for_each(|column| _ = column.set_padding((0, 2)));
    table.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
}

fn status_cell(profile: &ProfileInfo) -> Cell {
    let cell = Cell::new(status(profile));
    match profile.status {
        Status::Valid => cell.fg(Color::DarkGreen),
        Status::Expiring | Status::Unknown => cell.fg(Color::DarkYellow),
        Status::Expired => cell.fg(Color::DarkRed),
        Status::NotApplicable => cell,
    }
}

/// The width of the terminal in columns; without one, that of `COLUMNS` (which `watch` sets), else 80.
fn terminal_width() -> u16 {
    let of_terminal = terminal_size::terminal_size_of(std::io::stdout()).map(|(width, _)| width.0);
    let columns = || std::env::var("COLUMNS").ok()?.parse().ok();
    let is_usable = |width: &u16| *width >= 40;
    of_terminal.filter(is_usable).or_else(|| columns().filter(is_usable)).unwrap_or(80)
}
