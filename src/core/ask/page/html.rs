//! How the page looks in each state. It needs no script: a form brings it on, and it loads itself again where something
//! is still to come.

use std::fmt::Write;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::core::ask::page::board::{Board, Form, State};
use crate::core::ask::person::End;
use crate::core::expiry;
use crate::core::text::clean;

const STYLE: &str = include_str!("style.css");
/// What the page's policy knows the style by: no other one is used.
pub const STYLE_HASH: &str = "sha256-A0IH3/aO3X/PZRwVKLM2s8vFSIf4HqorBQhjdvpqrXE=";

/// A page in parts.
struct Parts {
    title: String,
    heading: String,
    body: String,
    /// In how many seconds it loads itself again.
    refresh: Option<u64>,
}

pub fn page(board: &Board, state: &State) -> String {
    let Parts { title, heading, body, refresh } = match state {
        State::Asking(form) => asking(board, form),
        State::Sent { .. } => Parts {
            refresh: Some(0),
            ..said("Checking the code", "status", "AWS is checking the code. This page goes on by itself.")
        },
        State::Declined => said("Declined", "status", "The request was declined, and no code was sent."),
        State::TimeOver => said(
            "Time is over",
            "alert",
            "Nobody answered in time, so the question was withdrawn. The program that asked can ask again.",
        ),
        State::Ended(End::Accepted { expiration }) => said("Code accepted", "status", &accepted(*expiration)),
        State::Ended(End::Failed(reason)) => said("No session", "alert", &sentence(reason)),
    };
    let refresh = refresh.map(|seconds| format!("<meta http-equiv=refresh content={seconds}>\n")).unwrap_or_default();
    let (title, heading) = (escaped(&title), escaped(&heading));
    format!(
        "<!doctype html>
<html lang=en>
<meta charset=utf-8>
<meta name=viewport content=\"width=device-width, initial-scale=1\">
<meta name=color-scheme content=\"light dark\">
{refresh}<title>{title}: updsts</title>
<style>{STYLE}</style>
<main>
<p class=from>updsts</p>
<h1>{heading}</h1>
{body}</main>
"
    )
}

fn asking(board: &Board, form: &Form) -> Parts {
    let nonce = &form.nonce;
    let nonce = format!("<input type=hidden name=nonce value={nonce}>");
    let problem = form
        .problem
        .map(|problem| format!("<p class=problem id=problem role=alert>{}</p>\n", escaped(&sentence(problem))));
    let is_wrong = if problem.is_some() { " aria-invalid=true aria-describedby=problem" } else { "" };
    let facts = board.facts.iter().fold(String::new(), |mut facts, (word, value)| {
        // Writing to a string cannot fail.
        let _ = writeln!(facts, "<div><dt>{word}</dt><dd><bdi>{}</bdi></dd></div>", escaped(value));
        facts
    });
    let problem = problem.unwrap_or_default();
    // Masked like a password: a screen is shared sooner than a code is used up. It is checked here as it is there:
    // spaces and hyphens may be in it, and full-width digits.
    let body = format!(
        "<dl>
{facts}</dl>
{problem}<form method=post autocomplete=off>
{nonce}
<label for=code>Six digits that the device shows now</label>
<input id=code name=code type=password inputmode=numeric autocomplete=one-time-code required autofocus
 pattern=\"[\\s\\-]*([0-9０-９][\\s\\-]*){{6}}\" maxlength=24 title=\"six digits\"{is_wrong}>
<button>Send to AWS</button>
</form>
<form method=post>
{nonce}
<button class=second name=decline value=1>Decline</button>
</form>
<p class=note>The code goes from this page to updsts on this machine and from there to AWS, never to the program that
asked. If you did not expect this question, decline.</p>
"
    );
    let title = if form.problem.is_some() { "Try again" } else { "MFA code" };
    Parts {
        title: format!("{title} for {}", board.profile),
        heading: "MFA code for an AWS session".to_owned(),
        body,
        // A moment after the time is over, to say so.
        refresh: Some(board.time_left().as_secs() + 2),
    }
}

fn said(heading: &str, role: &str, text: &str) -> Parts {
    let body = format!("<p role={role}>{}</p>\n", escaped(text));
    Parts { title: heading.to_owned(), heading: heading.to_owned(), body, refresh: None }
}

fn accepted(expiration: Timestamp) -> String {
    let left = expiry::in_words(expiry::seconds_left(expiration, Timestamp::now()));
    let until = expiration.to_zoned_datetime(TimeZone::system()).strftime("%Y-%m-%d %H:%M");
    format!("AWS accepted the code. The session lasts {left}, until {until}. You can close this page.")
}

fn sentence(text: &str) -> String {
    let (first, rest) = text.split_at(text.chars().next().map_or(0, char::len_utf8));
    format!("{}{}.", first.to_uppercase(), clean(rest))
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;

    #[test]
    fn ask_5_the_policy_knows_the_style() {
        let hash = aws_smithy_types::base64::encode(Sha256::digest(STYLE));
        assert_eq!(STYLE_HASH, format!("sha256-{hash}"));
        assert!(!STYLE.contains(['<', '\r']), "it must end where it ends");
    }

    #[test]
    fn ask_5_text_cannot_become_markup() {
        assert_eq!(escaped("<b a='1' c=\"2\">&amp;"), "&lt;b a=&#39;1&#39; c=&quot;2&quot;&gt;&amp;amp;");
    }
}
