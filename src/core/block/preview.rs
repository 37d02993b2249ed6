//! Which lines an edit changes, for `--dry-run`: secrets are masked, and nothing else of the file is shown (GET-15).

use crate::core::block::edit::Edit;
use crate::core::block::layout::{is_security_token, session_key};
use crate::core::ini::key::Key;
use crate::core::ini::lines::{LineKind, Lines, line_at, trim};
use crate::core::misplaced::{shown_key_id, shown_value};
use crate::core::text::shown;

/// A line that is removed or added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedLine {
    /// Counted from 1, in the old file for a removed line, in the new file for an added one.
    pub number: usize,
    pub is_new: bool,
    /// The line, with secrets masked.
    pub text: String,
}

/// The lines that differ, in file order.
pub fn changed_lines(file: &[u8], edit: &Edit) -> Vec<ChangedLine> {
    let first = line_at(file, edit.range().start);
    let old: Vec<&[u8]> = file[edit.range()].split_inclusive(|&b| b == b'\n').collect();
    let new: Vec<&[u8]> = edit.replacement().split_inclusive(|&b| b == b'\n').collect();
    let mut changes = Vec::new();
    // A line that had no ending gets one; it is not a line of its own.
    let is_completed = old.is_empty() && !file[..edit.range().start].ends_with(b"\n") && !file.is_empty();
    let (mut i, mut j) = (0, usize::from(is_completed && new.first().is_some_and(|line| trim(line).is_empty())));
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            (i, j) = (i + 1, j + 1);
        } else if i < old.len() && !new[j..].contains(&old[i]) {
            changes.push(ChangedLine { number: first + i, is_new: false, text: masked(old[i], shown_key_id) });
            i += 1;
        } else if j < new.len() {
            changes.push(ChangedLine { number: first + j, is_new: true, text: masked(new[j], shown) });
            j += 1;
        } else {
            i += 1;
        }
    }
    changes
}

/// Tags and headers as they are; of a key, the name, and the value only of the two keys that are not secret.
fn masked(line: &[u8], shown_id: fn(&[u8]) -> String) -> String {
    match Lines::of(line).next().map(|line| line.kind) {
        Some(LineKind::Comment(text)) => shown(text),
        Some(LineKind::Header(header)) => format!("[{}]", shown(header.name)),
        Some(LineKind::Property(property)) => match session_key(property.key) {
            Some(key @ Key::AwsAccessKeyId) => format!("{} = {}", key.as_str(), shown_id(property.value())),
            Some(key @ Key::ExpirationDatetime) => format!("{} = {}", key.as_str(), shown_value(property.value())),
            Some(key) => format!("{} = (masked)", key.as_str()),
            None => match Key::find(property.key) {
                Some(key @ (Key::Region | Key::MfaDeviceArn)) => {
                    format!("{} = {}", key.as_str(), shown_value(property.value()))
                }
                _ if is_security_token(property.key) => format!("{} = (masked)", shown(property.key)),
                _ => format!("{} = …", shown(property.key)),
            },
        },
        Some(LineKind::Blank) | None => String::new(),
        Some(LineKind::Continuation(_) | LineKind::Undelimited) => "(masked)".to_owned(),
    }
}
