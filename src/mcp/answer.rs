//! The result of a call: with secrets masked, or the error with the next step for a model.

use std::path::Path;

use jiff::Timestamp;
use rmcp::model::{CallToolResult, ContentBlock};
use serde_json::{Value, json};

use crate::core::error::{CodeSpent, Error, ErrorCode};
use crate::core::list::{Inspection, ProfileInfo, RoleInfo};
use crate::core::renew::report::RenewReport;
use crate::core::source::usage::Usage;
use crate::core::text;

/// The placeholder for a secret: none of its characters, and not its length (MCP-4).
const MASKED: &str = "(masked)";
const NOT_DEFINED: &str = "(not defined)";

/// The most profiles of a file that are answered or named (MCP-9).
const MOST_PROFILES: usize = 1000;
/// The most warnings about odd lines that are answered.
const MOST_WARNINGS: usize = 20;

pub fn updated(report: &RenewReport, usage: &Usage, file: &Path, now: Timestamp) -> CallToolResult {
    let mut notes = [&*report.warnings, &*report.notes].concat();
    if let Some(old) = &report.renamed_from {
        let new = &report.session_profile;
        notes.push(format!(
            "the session profile `{old}` is now called `{new}`: whatever uses the old name has to change"
        ));
    }
    success(json!({"result": without_nulls(report.document(usage, now))}), file, &notes)
}

pub fn profile(profile: &ProfileInfo, file: &Path) -> CallToolResult {
    success(json!({"result": masked(profile)}), file, &[])
}

/// The result of the readers for a profile that does not exist (MCP-5).
pub fn no_profile(profiles: &[ProfileInfo], file: &Path) -> CallToolResult {
    let names: Vec<_> =
        profiles.iter().take(MOST_PROFILES).map(|profile| format!("`{}`", profile.profile_name)).collect();
    let note = match more_than(MOST_PROFILES, profiles.len()) {
        _ if names.is_empty() => "the file has no profiles".to_owned(),
        None => format!("there is no such profile; the file contains {}", names.join(", ")),
        Some(more) => format!("there is no such profile; the file contains {} and {more} more", names.join(", ")),
    };
    success(json!({"result": null}), file, &[note])
}

/// The result of the readers for the whole file.
pub fn profiles(inspection: &Inspection, roles: &[RoleInfo], file: &Path) -> CallToolResult {
    let Inspection { profiles, warnings } = inspection;
    let mut notes = warnings.iter().take(MOST_WARNINGS).cloned().collect::<Vec<_>>();
    if let Some(more) = more_than(MOST_WARNINGS, warnings.len()) {
        notes.push(format!("{more} more warnings; `updsts list -v 1` shows them all"));
    }
    if let Some(more) = more_than(MOST_PROFILES, profiles.len()) {
        notes.push(format!("the file contains {more} more profiles, which can be asked for by their names"));
    }
    let mut answer = json!({"result": profiles.iter().take(MOST_PROFILES).map(masked).collect::<Vec<_>>()});
    if !roles.is_empty() {
        answer["roles"] = json!(roles.iter().take(MOST_PROFILES).collect::<Vec<_>>());
    }
    success(answer, file, &notes)
}

/// How many are left out.
const fn more_than(most: usize, all: usize) -> Option<usize> {
    match all.saturating_sub(most) {
        0 => None,
        more => Some(more),
    }
}

/// The notes are part of the structured answer: some clients show a model nothing else (MCP-3).
fn success(mut answer: Value, file: &Path, notes: &[String]) -> CallToolResult {
    answer["credential_file"] = text::clean(&file.display().to_string()).into();
    if !notes.is_empty() {
        answer["notes"] = notes.iter().map(|note| text::clean(note)).collect();
    }
    CallToolResult::structured(answer)
}

/// What is known of a profile: the seven keys of the original, each a string, and any others that are known (MCP-3).
fn masked(profile: &ProfileInfo) -> Value {
    let mut item = json!(profile);
    let mask = |is_there| if is_there { MASKED } else { NOT_DEFINED };
    item["aws_secret_access_key"] = mask(profile.has_secret_access_key).into();
    item["aws_session_token"] = mask(profile.has_session_token).into();
    for key in ["aws_access_key_id", "mfa_device_arn", "totp_secret_name", "expiration_datetime"] {
        if item[key].is_null() {
            item[key] = NOT_DEFINED.into();
        }
    }
    without_nulls(item)
}

/// What is absent is left out.
fn without_nulls(mut value: Value) -> Value {
    if let Value::Object(keys) = &mut value {
        keys.retain(|_, value| !value.is_null());
    }
    value
}

/// A failed call, as text only: clients check structured content against the schema of results.
pub fn failure(error: &Error, next: &str) -> CallToolResult {
    let spent = error.code_spent().unwrap_or(CodeSpent::No).as_str();
    let text = format!("error[{}]: {}\nnext: {next}\ncode_spent: {spent}", error.code(), error.message());
    CallToolResult::error(vec![ContentBlock::text(text)])
}

/// The error without anything that the file contains, for a file that a call named (MCP-9).
pub fn without_text_of_the_file(error: Error) -> Error {
    let what = match error.code() {
        ErrorCode::ProfileNotFound => "the profile is not in the file",
        ErrorCode::KeyMissing => "the profile has no usable long-term key in the file",
        ErrorCode::DeviceMissing => "the profile has no `mfa_device_arn` in the file",
        ErrorCode::DeviceInvalid => "the profile's MFA device in the file is not valid",
        ErrorCode::SourceIsSession => "the profile holds a session, not a long-term key",
        ErrorCode::BlockDamaged => "the tags of a managed block in the file do not match",
        ErrorCode::NameTaken => "the name of the session profile is taken in the file",
        ErrorCode::FileChanged => "the file was changed in the meantime and cannot take the session",
        _ => return error,
    };
    let bare = Error::new(error.code(), what, "look at the file with `updsts list -c FILE -v 1`");
    match error.code_spent() {
        Some(spent) => bare.after_request(spent),
        None => bare,
    }
}
