//! `updsts list`.

use std::fmt::Write;
use std::io::IsTerminal;

use comfy_table::{ContentArrangement, Table};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::args::List;
use super::output::{Output, Tone};
use crate::core::error::{Error, Result};
use crate::core::expiry;
use crate::core::export::check_session;
use crate::core::file::credentials_file::CredentialsFile;
use crate::core::list::{CredentialType, ProfileInfo, Status, inspect};
use crate::core::name::ProfileName;
use crate::core::reporter::Reporter;
use crate::core::session::parse_seconds;
use crate::core::text;

/// The most warnings about odd lines that are shown without `-v 1`.
const FEW_WARNINGS: usize = 5;

pub fn run(options: &List, file: &CredentialsFile, output: &Output) -> Result<()> {
    if let Some(name) = &options.check {
        let min_validity = options.min_validity.as_deref().map_or(Ok(0), parse_seconds)?;
        return check_session(file, &ProfileName::parse(name)?, min_validity, Timestamp::now());
    }
    let inspection = inspect(file, Timestamp::now())?;
    if output.verbose() > 0 {
        output.detail(&format!("credentials file {}", text::path(&file.resolved())));
    }
    let shown = if output.verbose() > 0 { inspection.warnings.len() } else { FEW_WARNINGS };
    for warning in inspection.warnings.iter().take(shown) {
        output.warning(warning);
    }
    if let Some(more) = inspection.warnings.len().checked_sub(shown).filter(|&more| more > 0) {
        output.warning(&format!("{more} more odd lines; `-v 1` shows them"));
    }
    let profiles = &inspection.profiles;
    let text = if options.json {
        json(profiles)?
    } else if options.long {
        profiles.iter().map(record).collect::<Vec<_>>().join("\n")
    } else if std::io::stdout().is_terminal() {
        table(profiles, output)
    } else {
        let mut text = String::with_capacity(64 * profiles.len());
        for profile in profiles {
            line(&mut text, profile);
        }
        text
    };
    output.result(&text)
}

/// What is known of a profile, keys as in the MCP tools, without the secret keys (CLI-7).
#[derive(Serialize)]
struct Record<'a> {
    profile_name: &'a str,
    credential_type: &'static str,
    status: &'static str,
    aws_access_key_id: Option<&'a str>,
    mfa_device_arn: Option<&'a str>,
    totp_secret_name: Option<&'a str>,
    expiration_datetime: Option<&'a str>,
    expires_in_seconds: Option<i64>,
    source_profile: Option<&'a str>,
    session_profile: Option<&'a str>,
}

impl<'a> Record<'a> {
    fn of(profile: &'a ProfileInfo) -> Self {
        Self {
            profile_name: &profile.name,
            credential_type: profile.credential_type.as_str(),
            status: profile.status.as_str(),
            aws_access_key_id: profile.access_key_id.as_deref(),
            mfa_device_arn: profile.mfa_device.as_deref(),
            totp_secret_name: profile.totp_secret_name.as_deref(),
            expiration_datetime: profile.expiration.as_deref(),
            expires_in_seconds: profile.expires_in_seconds,
            source_profile: profile.source_profile.as_deref(),
            session_profile: profile.session_profile.as_deref(),
        }
    }
}

/// One document for programs.
fn json(profiles: &[ProfileInfo]) -> Result<String> {
    let records: Vec<_> = profiles.iter().map(Record::of).collect();
    let document = serde_json::to_string_pretty(&records);
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
        status => status.as_str(),
    }
}

fn left(profile: &ProfileInfo) -> String {
    match profile.expires_in_seconds {
        Some(seconds) if seconds > 0 => expiry::in_words(seconds),
        Some(seconds) => format!("{} ago", expiry::in_words(seconds)),
        None => String::new(),
    }
}

/// The source of a session, or the tail of the device's ARN.
fn origin(profile: &ProfileInfo) -> String {
    match (&profile.source_profile, &profile.mfa_device) {
        (Some(source), _) => format!("of {source}"),
        (None, Some(device)) => device.rsplit_once(":mfa/").map_or(device.as_str(), |(_, tail)| tail).to_owned(),
        (None, None) => String::new(),
    }
}

/// One line, never cut: profile, kind, status, time left, origin, separated by tabs.
fn line(text: &mut String, profile: &ProfileInfo) {
    let (left, origin) = (left(profile), origin(profile));
    let fields = [&profile.name, profile.credential_type.as_str(), status(profile), &left, &origin];
    for (number, field) in fields.into_iter().enumerate() {
        if number > 0 {
            text.push('\t');
        }
        text.push_str(if field.is_empty() { "-" } else { field });
    }
    text.push('\n');
}

fn record(profile: &ProfileInfo) -> String {
    let document = serde_json::to_value(Record::of(profile)).unwrap_or_default();
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

fn table(profiles: &[ProfileInfo], output: &Output) -> String {
    let mut table = Table::new();
    table.load_style(comfy_table::presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(terminal_width());
    table.set_header(["PROFILE", "KIND", "STATUS", "TIME LEFT", "SOURCE / DEVICE"]);
    for profile in profiles {
        table.add_row([&profile.name, kind(profile), status(profile), &left(profile), &origin(profile)]);
    }
    let mut rows = profiles.iter().peekable();
    let mut text = String::new();
    for (number, line) in table.to_string().lines().enumerate() {
        let line = line.trim_end();
        let line = line.strip_prefix(' ').unwrap_or(line);
        if number == 0 {
            text.push_str(&output.paint(Tone::Quiet, line));
        } else {
            let profile = rows.next_if(|profile| line.contains(kind(profile)));
            text.push_str(&profile.map_or_else(|| line.to_owned(), |profile| coloured(line, profile, output)));
        }
        text.push('\n');
    }
    text
}

/// Colours the status word, which follows the kind, in a line of the table.
fn coloured(line: &str, profile: &ProfileInfo, output: &Output) -> String {
    let (kind, status) = (kind(profile), status(profile));
    let tone = match profile.status {
        Status::Valid => Tone::Good,
        Status::Expiring | Status::Unknown => Tone::Soon,
        Status::Expired => Tone::Bad,
        Status::NotApplicable => return line.to_owned(),
    };
    let after_kind = line.rfind(kind).map_or(0, |at| at + kind.len());
    match line[after_kind..].find(status) {
        Some(at) => {
            let (before, rest) = line.split_at(after_kind + at);
            format!("{before}{}{}", output.paint(tone, status), &rest[status.len()..])
        }
        None => line.to_owned(),
    }
}

/// The width of the terminal in columns, 80 where it is not known.
fn terminal_width() -> u16 {
    #[cfg(unix)]
    if let Ok(size) = rustix::termios::tcgetwinsize(std::io::stdout())
        && size.ws_col >= 40
    {
        return size.ws_col;
    }
    80
}
