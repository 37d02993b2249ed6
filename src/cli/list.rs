//! `updsts list`.

use std::fmt::Write;
use std::io::IsTerminal;

use comfy_table::{ContentArrangement, Table};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::args::List;
use super::output::{Output, Tone};
use crate::core::credentials_file::CredentialsFile;
use crate::core::export::check_session;
use crate::core::inspect::{CredentialType, ProfileInfo, Status, inspect};
use crate::core::refresh::Reporter;
use crate::core::session::parse_seconds;
use crate::core::source_profile::requested_name;
use crate::core::{Result, expiry, text};

/// The most warnings about odd lines that are shown without `-v 1`.
const FEW_WARNINGS: usize = 5;

/// Runs the command.
pub fn run(options: &List, file: &CredentialsFile, output: &Output) -> Result<()> {
    if let Some(name) = &options.check {
        let min_validity = options.min_validity.as_deref().map_or(Ok(0), parse_seconds)?;
        return check_session(file, &requested_name(name)?, min_validity, Timestamp::now());
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
        format!("{:#}\n", Value::from(profiles.iter().map(json).collect::<Vec<_>>()))
    } else if options.long {
        profiles.iter().map(record).collect::<Vec<_>>().join("\n")
    } else if std::io::stdout().is_terminal() {
        table(profiles, output)
    } else {
        profiles.iter().map(line).collect()
    };
    output.result(&text)
}

/// What is known of a profile, keys as in the MCP tools, without the secret keys (CLI-7).
fn json(profile: &ProfileInfo) -> Value {
    json!({
        "profile_name": profile.name,
        "credential_type": profile.credential_type.as_str(),
        "status": profile.status.as_str(),
        "aws_access_key_id": profile.access_key_id,
        "mfa_device_arn": profile.mfa_device,
        "totp_secret_name": profile.totp_secret_name,
        "expiration_datetime": profile.expiration,
        "expires_in_seconds": profile.expires_in_seconds,
        "source_profile": profile.source_profile,
        "session_profile": profile.session_profile,
    })
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
fn line(profile: &ProfileInfo) -> String {
    let or_dash = |text: String| if text.is_empty() { "-".to_owned() } else { text };
    let fields = [
        profile.name.clone(),
        profile.credential_type.as_str().to_owned(),
        or_dash(status(profile).to_owned()),
        or_dash(left(profile)),
        or_dash(origin(profile)),
    ];
    fields.join("\t") + "\n"
}

fn record(profile: &ProfileInfo) -> String {
    let document = json(profile);
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
