//! What a window shows.

use std::borrow::Cow;

use crate::core::ask::person::Question;
use crate::core::expiry;
use crate::core::text::shown;

pub const TITLE: &str = "updsts: MFA code";
/// In characters. Not every program wraps long lines.
const WIDTH: usize = 72;

/// What a window shows, in lines.
pub fn lines(question: &Question) -> Vec<String> {
    let duration = expiry::in_words(i64::from(question.duration.seconds()));
    let mut lines: Vec<_> = question.problem.map(sentence).into_iter().collect();
    lines.push(format!("AWS session of {} for {duration}", question.profile));
    lines.extend(question.asker.as_ref().map(|asker| format!("Requested by: {}", shown(asker.as_bytes()))));
    lines.push(format!("Device: {}", shown(question.device.as_str().as_bytes())));
    lines.extend(question.file.as_ref().map(|file| format!("File: {}", shown(file.as_bytes()))));
    lines.push("Enter the six digits that the device shows now.".to_owned());
    lines.iter().flat_map(|line| textwrap::wrap(line, WIDTH)).map(Cow::into_owned).collect()
}

fn sentence(problem: &str) -> String {
    let (first, rest) = problem.split_at(problem.chars().next().map_or(0, char::len_utf8));
    format!("{}{rest}.", first.to_uppercase())
}
