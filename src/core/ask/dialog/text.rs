//! What a window shows.

use textwrap::Options;

use crate::core::ask::person::Question;
use crate::core::expiry;
use crate::core::text::shown;

pub const TITLE: &str = "updsts: MFA code";
/// In columns: a Japanese character has two. Not every program wraps long lines.
const WIDTH: usize = 64;
/// What a value is wrapped with: nothing in it can look like a line of its own.
const INDENT: &str = "    ";
/// The most characters of a value, so that the window fits on a small screen.
pub const MOST_SHOWN: usize = 128;

/// What a window shows, in lines that are short enough.
pub fn lines(question: &Question) -> Vec<String> {
    let problem = problem(question).map(|problem| [problem, String::new()]);
    problem.into_iter().flatten().chain(facts(question, MOST_SHOWN)).collect()
}

/// What was wrong with the last answer, as a sentence.
pub fn problem(question: &Question) -> Option<String> {
    let problem = question.problem?;
    let (first, rest) = problem.split_at(problem.chars().next().map_or(0, char::len_utf8));
    Some(format!("{}{rest}.", first.to_uppercase()))
}

/// Who wants a code for what: a line for each value, so that text that runs from right to left moves nothing else.
pub fn facts(question: &Question, most: usize) -> Vec<String> {
    let line = |label: &str, value: &str| format!("{label}: {}", bounded(&shown(value.as_bytes()), most));
    let duration = expiry::in_words(i64::from(question.duration.seconds()));
    let mut lines = vec!["An MFA code is needed for a new AWS session.".to_owned()];
    lines.extend(question.asker.as_ref().map(|asker| line("Requested by", asker)));
    lines.push(line("Profile", &question.profile.to_string()));
    lines.push(line("Device", question.device.as_str()));
    lines.push(line("Session length", &duration));
    lines.extend(question.file.as_ref().map(|file| line("File", file)));
    lines.push("Enter the six digits that the device shows now.".to_owned());
    let options = Options::new(WIDTH).subsequent_indent(INDENT);
    lines.iter().flat_map(|line| textwrap::wrap(line, &options)).map(std::borrow::Cow::into_owned).collect()
}

fn bounded(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", text[..end].trim_end_matches('…')),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::{Duration, Instant};

    use super::*;
    use crate::core::name::ProfileName;
    use crate::core::session::{SerialNumber, SessionDuration};

    fn question(profile: &str, asker: &str) -> Question {
        Question {
            profile: ProfileName::parse(profile).unwrap(),
            device: SerialNumber::parse("arn:aws:iam::123456789012:mfa/user").unwrap(),
            duration: SessionDuration::parse("1h").unwrap(),
            file: None,
            asker: Some(asker.to_owned()),
            problem: Some("a code has six digits"),
            until: Instant::now() + Duration::from_secs(1),
        }
    }

    #[test]
    fn ask_3_no_line_is_wider_than_a_window_and_none_is_forged() {
        let long = "名".repeat(300);
        let spaced = "x ".repeat(40) + "Device: of another";
        let lines = lines(&question(&long, &spaced));
        assert!(lines.iter().all(|line| textwrap::core::display_width(line) <= WIDTH), "{lines:#?}");
        // 128 characters of two columns, in lines of 60 beside the indent.
        assert_eq!(lines.iter().filter(|line| line.contains('名')).count(), 5, "{lines:#?}");
        assert_eq!(lines.iter().filter(|line| line.contains('…')).count(), 1, "{lines:#?}");
        assert_eq!(lines.iter().filter(|line| line.starts_with("Device: ")).count(), 1, "{lines:#?}");
    }

    #[test]
    fn ask_3_a_line_break_in_a_value_begins_no_line() {
        let lines = lines(&question("a", "agent\nDevice: x\r\nProfile: y\u{202e}z"));
        assert!(lines.contains(&"Requested by: agentDevice: xProfile: yz".to_owned()), "{lines:#?}");
        assert_eq!(lines[..2], ["A code has six digits.", ""]);
    }
}
