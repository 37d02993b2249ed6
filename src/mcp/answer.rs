//! The result of a call: with secrets masked, or the error with the next step for a model.

use std::path::Path;

use jiff::Timestamp;
use rmcp::model::{CallToolResult, ContentBlock};
use serde_json::{Value, json};

use crate::core::error::{CodeSpent, Error, ErrorCode};
use crate::core::list::{Inspection, ProfileInfo};
use crate::core::renew::report::RenewReport;
use crate::core::text;

/// The placeholder for a secret: none of its characters, and not its length (MCP-4).
const MASKED: &str = "(masked)";
const NOT_DEFINED: &str = "(not defined)";

/// The most profiles of a file that are answered or named (MCP-9).
const MOST_PROFILES: usize = 1000;
/// The most warnings about odd lines that are answered.
const MOST_WARNINGS: usize = 20;

pub fn updated(report: &RenewReport, usage: &str, file: &Path, now: Timestamp) -> CallToolResult {
    let notes = [&*report.warnings, &*report.notes].concat();
    success(&report.document(usage, now), file, &notes)
}

pub fn profile(profile: &ProfileInfo, file: &Path) -> CallToolResult {
    success(&masked(profile), file, &[])
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
    success(&Value::Null, file, &[note])
}

/// The result of the readers for the whole file.
pub fn profiles(inspection: &Inspection, file: &Path) -> CallToolResult {
    let Inspection { profiles, warnings } = inspection;
    let mut notes = warnings.iter().take(MOST_WARNINGS).cloned().collect::<Vec<_>>();
    if let Some(more) = more_than(MOST_WARNINGS, warnings.len()) {
        notes.push(format!("{more} more warnings; `updsts list -v 1` shows them all"));
    }
    if let Some(more) = more_than(MOST_PROFILES, profiles.len()) {
        notes.push(format!("the file contains {more} more profiles, which can be asked for by their names"));
    }
    success(&profiles.iter().take(MOST_PROFILES).map(masked).collect(), file, &notes)
}

/// How many are left out.
const fn more_than(most: usize, all: usize) -> Option<usize> {
    match all.saturating_sub(most) {
        0 => None,
        more => Some(more),
    }
}

/// The notes are part of the structured answer: some clients show a model nothing else (MCP-3).
fn success(result: &Value, file: &Path, notes: &[String]) -> CallToolResult {
    let mut answer = json!({"result": result, "credential_file": text::clean(&file.display().to_string())});
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
    if let Value::Object(keys) = &mut item {
        keys.retain(|_, value| !value.is_null());
    }
    item
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

/// What a model should do next. If only the user can help, it says so, so nothing is retried in vain.
pub fn next_step(error: &Error) -> String {
    let hint = error.hint();
    match error.code() {
        ErrorCode::Usage => format!("correct the arguments and call again: {hint}"),
        ErrorCode::FileMissing => "ask the user which credentials file is theirs; `aws configure` makes one".to_owned(),
        ErrorCode::ProfileNotFound => {
            format!("choose a name that updsts_get_credential_info_list shows, else ask the user ({hint})")
        }
        ErrorCode::SourceIsSession => {
            "call again with the profile that holds the long-term key, else ask the user which one it is".to_owned()
        }
        ErrorCode::NameTaken => "call again with another `sts_profile_name`, and tell the user".to_owned(),
        ErrorCode::FileNotAllowed => format!("call again without `cred_file`: {hint}"),
        ErrorCode::Declined => {
            format!("stop: the user does not want it now; call again only when they ask for it, or {hint}")
        }
        ErrorCode::CodeUnavailable if error.was_asked() => {
            format!("tell the user, and call again once they are there; or {hint}")
        }
        ErrorCode::CodePending => {
            "call again with the same arguments, as often as it takes: the work goes on, and a later call reports how \
             it ended"
                .to_owned()
        }
        ErrorCode::CodeRefused => {
            "do not send this code again; wait 30 s, then call again once with `totp_token` empty or with a new code; \
             after a second refusal stop and tell the user"
                .to_owned()
        }
        ErrorCode::Throttled | ErrorCode::Unreachable => {
            format!(
                "wait half a minute and call again once, with a new code; after that stop and tell the user: {hint}"
            )
        }
        ErrorCode::AnswerLost => {
            "the code may be spent: wait 30 s, then call again once with `totp_token` empty or with a new code; after \
             that stop and tell the user"
                .to_owned()
        }
        ErrorCode::LockTimeout | ErrorCode::FileChanged => {
            format!("call again once, with a new code; after that stop and tell the user: {hint}")
        }
        _ => format!("stop and tell the user: {hint}"),
    }
}

/// How a model gets a code if updsts cannot (MCP-6).
pub fn next_step_for_a_code(source: &str, secret_name: Option<&str>, file: Option<&str>) -> String {
    let mktotp = secret_name.map_or_else(String::new, |name| {
        format!(
            "if you have the tool `mktotp_generate_token`, call it with secret_name `{name}` and then this tool \
             again with that code; else "
        )
    });
    let file = file.map_or_else(String::new, |file| format!(" -c {file}"));
    let source = crate::core::quote::posix(source);
    format!(
        "{mktotp}ask the user for the six digits that the named device shows now and call again with them at once; \
         a user who would rather not tell the code runs `updsts get -n {source}{file}` in a terminal"
    )
}
