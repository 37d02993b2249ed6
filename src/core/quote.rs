//! Quotes a text as one word of a shell.

use std::borrow::Cow;

/// Whether every shell reads the text literally. Values come from a file that anybody may have edited, and what is
/// printed may be evaluated.
fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/=_-.:,@%".contains(&b))
}

pub fn posix(text: &str) -> Cow<'_, str> {
    if is_plain(text) { text.into() } else { format!("'{}'", text.replace('\'', r"'\''")).into() }
}

pub fn fish(text: &str) -> Cow<'_, str> {
    if is_plain(text) { text.into() } else { format!("'{}'", text.replace('\\', r"\\").replace('\'', r"\'")).into() }
}

/// Always quoted, as `aws configure export-credentials` prints it.
pub fn powershell(text: &str) -> String {
    if is_plain(text) { format!("\"{text}\"") } else { format!("'{}'", text.replace('\'', "''")) }
}

/// `NAME=VALUE` behind `set`; `None` if no notation is read literally on the prompt, in `for /f` and in a batch file alike.
pub fn cmd(name: &str, value: &str) -> Option<String> {
    if value.contains(['%', '!', '"']) {
        return None;
    }
    Some(if is_plain(value) { format!("{name}={value}") } else { format!("\"{name}={value}\"") })
}
