//! Quotes a text as one word of a shell.

use std::borrow::Cow;

use crate::core::platform::Platform;

/// What PowerShell takes for a single quote.
///
/// Source: `IsSingleQuote` and `IsDoubleQuote` in PowerShell's `CharTraits.cs`.
const SINGLE_QUOTES: [char; 5] = ['\'', '‘', '’', '‚', '‛'];

/// What PowerShell or cmd.exe still interprets between double quotes; the curly ones end PowerShell's text, too.
const ACTIVE_IN_QUOTES: [char; 8] = ['$', '`', '%', '!', '"', '“', '”', '„'];

/// Whether every shell reads the text literally. Values come from a file that anybody may have edited, and what is
/// printed may be evaluated.
fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/=_-.:,@%".contains(&b))
}

/// The text as a word of a command that a message shows.
pub fn word(text: &str) -> Cow<'_, str> {
    word_on(Platform::HERE, text)
}

pub fn word_on(platform: Platform, text: &str) -> Cow<'_, str> {
    match platform {
        Platform::Unix => posix(text),
        Platform::Windows => windows(text),
    }
}

pub fn posix(text: &str) -> Cow<'_, str> {
    if is_plain(text) { text.into() } else { format!("'{}'", text.replace('\'', r"'\''")).into() }
}

/// For PowerShell and cmd.exe alike; only for PowerShell if cmd.exe has no way to write the text.
fn windows(text: &str) -> Cow<'_, str> {
    // PowerShell takes `@x` for an array's name, `-x.y` and `-x:y` for two words, and a comma for an array.
    let is_split = text.starts_with('-') && text.contains(['.', ':']);
    let is_plain =
        is_plain(&text.replace('\\', "/")) && !is_split && !text.starts_with('@') && !text.contains([',', '%']);
    // A program reads `\"` as a quote of the text.
    let is_literal_in_quotes = !text.contains(ACTIVE_IN_QUOTES) && !text.ends_with('\\');
    match (is_plain, is_literal_in_quotes) {
        (true, _) => text.into(),
        (false, true) => format!("\"{text}\"").into(),
        (false, false) => powershell_literal(text).into(),
    }
}

/// Whether a command has a word that only PowerShell reads as it is meant.
pub fn is_for_powershell(command: &str) -> bool {
    command.contains(" '")
}

pub fn fish(text: &str) -> Cow<'_, str> {
    if is_plain(text) { text.into() } else { format!("'{}'", text.replace('\\', r"\\").replace('\'', r"\'")).into() }
}

/// Always quoted, as `aws configure export-credentials` prints it.
pub fn powershell(text: &str) -> String {
    if is_plain(text) { format!("\"{text}\"") } else { powershell_literal(text) }
}

/// Between single quotes, where PowerShell interprets nothing else.
pub fn powershell_literal(text: &str) -> String {
    let doubled = |c| std::iter::repeat_n(c, if SINGLE_QUOTES.contains(&c) { 2 } else { 1 });
    format!("'{}'", text.chars().flat_map(doubled).collect::<String>())
}

/// `NAME=VALUE` behind `set`; `None` if no notation is read literally on the prompt, in `for /f` and in a batch file alike.
pub fn cmd(name: &str, value: &str) -> Option<String> {
    if value.contains(['%', '!', '"']) {
        return None;
    }
    Some(if is_plain(value) { format!("{name}={value}") } else { format!("\"{name}={value}\"") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cli_15_a_word_of_a_command_is_read_literally_by_powershell_and_cmd() {
        for (text, word) in [
            ("dev", "dev"),
            ("--mcp-server", "--mcp-server"),
            ("team/dev:x+y=z@1", "team/dev:x+y=z@1"),
            (r"C:\Users\me\.aws\credentials", r"C:\Users\me\.aws\credentials"),
            (r"C:\Users\J Doe\.aws\credentials", r#""C:\Users\J Doe\.aws\credentials""#),
            ("O'Brien & Sons (x^2) | 開発", r#""O'Brien & Sons (x^2) | 開発""#),
            ("a,b", r#""a,b""#),
            ("@work", r#""@work""#),
            ("-a.b", r#""-a.b""#),
            ("#1", r##""#1""##),
            ("{x};", r#""{x};""#),
            ("", r#""""#),
        ] {
            assert_eq!(word_on(Platform::Windows, text), word);
            assert!(!is_for_powershell(&format!("updsts get {word}")), "{word}");
        }
    }

    #[test]
    fn cli_15_what_cmd_would_expand_is_a_word_of_powershell_alone() {
        for (text, word) in [
            ("50%PATH%", "'50%PATH%'"),
            ("wow!x!", "'wow!x!'"),
            ("$HOME", "'$HOME'"),
            ("a`b", "'a`b'"),
            ("a\"b", "'a\"b'"),
            ("it's $5", "'it''s $5'"),
            ("a’b”c", "'a’’b”c'"),
            (r"C:\a b\", r"'C:\a b\'"),
        ] {
            assert_eq!(word_on(Platform::Windows, text), word);
            assert!(is_for_powershell(&format!("updsts get {word}")), "{word}");
        }
    }

    #[test]
    fn cli_15_a_word_of_a_command_for_unix_is_quoted_for_posix_shells() {
        for (text, word) in [("dev", "dev"), ("a b", "'a b'"), ("it's", r"'it'\''s'"), (r"a\b", r"'a\b'")] {
            assert_eq!(word_on(Platform::Unix, text), word);
        }
    }

    #[test]
    fn exp_1_no_quote_of_any_kind_ends_the_text_in_powershell() {
        assert_eq!(powershell("a'b‘c’d‚e‛f"), "'a''b‘‘c’’d‚‚e‛‛f'");
        assert_eq!(powershell("a/b+c="), "\"a/b+c=\"");
    }
}
