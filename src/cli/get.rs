//! `updsts get`.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;

use super::args::Get;
use super::output::{Output, Tone};
use crate::core::ask::chooser::{self, Ask};
use crate::core::block::preview::ChangedLine;
use crate::core::code::source::GivenCode;
use crate::core::environment::Environment;
use crate::core::error::Result;
use crate::core::expiry;
use crate::core::file::credentials_file::CredentialsFile;
use crate::core::name::{ProfileName, SessionProfileName};
use crate::core::renew::report::RenewReport;
use crate::core::renew::request::RenewRequest;
use crate::core::renew::{dry_run, lifetime, renew, unusable_name};
use crate::core::session::{SessionDuration, TokenCode, parse_seconds};
use crate::core::source::unnamed::source_if_unnamed;
use crate::core::source::usage::Usage;
use crate::core::text::path;

pub async fn run(options: &Get, file: CredentialsFile, environment: &Environment, output: &Output) -> Result<()> {
    let request = request(options, file, environment).await?;
    if options.dry_run {
        return preview(options, &request, environment, output).await;
    }
    let person = chooser::person(options.asks.get(), &[Ask::Terminal, Ask::Dialog], None, environment);
    let report = renew(&request, &person, environment, output).await?;
    for warning in &report.warnings {
        output.warning(warning);
    }
    for note in &report.notes {
        output.note(note);
    }
    let usage = report.usage(&request.file);
    let now = Timestamp::now();
    let text =
        if options.json { format!("{:#}\n", report.document(&usage, now)) } else { text(&report, &usage, now, output) };
    output.result(&text)
}

async fn preview(options: &Get, request: &RenewRequest, environment: &Environment, output: &Output) -> Result<()> {
    let dry_run = dry_run(request, environment, output).await?;
    for warning in &dry_run.warnings {
        output.warning(warning);
    }
    let file = path(&request.file.resolved());
    if options.json {
        let change = |line: &ChangedLine| json!({"line": line.number, "change": if line.is_new { "added" } else { "removed" }, "text": line.text});
        let changes: Vec<_> = dry_run.changes.iter().map(change).collect();
        let document = json!({"dry_run": true, "updated_profile_name": dry_run.session_profile.as_str(), "credential_file": file, "changes": changes});
        return output.result(&format!("{document:#}\n"));
    }
    if dry_run.changes.is_empty() {
        return output
            .result(&format!("the session of `{}` is still valid: nothing would change\n", dry_run.session_profile));
    }
    let mut text = format!("lines of {file} that would change (nothing was sent or written):\n");
    for line in &dry_run.changes {
        let (sign, tone) = if line.is_new { ('+', Tone::Good) } else { ('-', Tone::Bad) };
        text.push_str(&output.paint(tone, &format!("{:5} {sign} {}", line.number, line.text)));
        text.push('\n');
    }
    output.result(&text)
}

async fn request(options: &Get, file: CredentialsFile, environment: &Environment) -> Result<RenewRequest> {
    let code = match options.totp_token.as_deref() {
        None => GivenCode::None,
        Some("-") => GivenCode::StandardInput,
        Some(text) => GivenCode::Code(TokenCode::parse(text)?),
    };
    let (duration, min_validity) = lasting(options.duration.as_deref(), options.min_validity.as_deref())?;
    let session_profile = match options.sts_profile_name.as_deref() {
        None | Some("") => None,
        Some(name) => Some(SessionProfileName::parse(name.as_bytes()).ok_or_else(|| unusable_name(name.as_bytes()))?),
    };
    let profile = match options.named.get() {
        Some(name) => ProfileName::parse(name)?,
        None => source_if_unnamed(&file, environment).await?,
    };
    Ok(RenewRequest {
        session_profile,
        adopts: options.adopt,
        mfa_serial: options.mfa_serial.clone().filter(|serial| !serial.is_empty()),
        code,
        duration,
        min_validity,
        region: options.region.clone().filter(|region| !region.is_empty()),
        endpoint_url: options.endpoint_url.clone().filter(|url| !url.is_empty()),
        ..RenewRequest::new(file, profile)
    })
}

/// How long the session should last, and how much longer a stored one has to be valid to be kept.
pub fn lasting(
    duration: Option<&str>,
    min_validity: Option<&str>,
) -> Result<(Option<SessionDuration>, Option<Duration>)> {
    let duration = duration.map(SessionDuration::parse).transpose()?;
    let min_validity = min_validity.map(parse_seconds).transpose()?.map(Duration::from_secs);
    lifetime::check(duration, min_validity, ["--duration", "--min-validity"])?;
    Ok((duration, min_validity))
}

fn text(report: &RenewReport, usage: &Usage, now: Timestamp, output: &Output) -> String {
    let left = expiry::in_words(expiry::seconds_left(report.expiration, now));
    let what = match (&report.renamed_from, report.refreshed) {
        (_, false) => " (still valid; nothing was sent)".to_owned(),
        (Some(old), true) => format!(" (renamed from {old})"),
        (None, true) => String::new(),
    };
    let profile = output.paint(Tone::Good, report.session_profile.as_str());
    let session = [
        ("session profile", format!("{profile}{what}")),
        ("access key id", report.access_key_id.clone()),
        ("expires", format!("{} (in {left})", report.expiration_text)),
    ];
    let lines = session.into_iter().chain(usage.lines()).map(|(label, value)| format!("{label:<15}  {value}"));
    lines.collect::<Vec<_>>().join("\n") + "\n"
}
