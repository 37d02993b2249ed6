//! Text that came from a file or an argument, made safe for terminals and language models.

use std::borrow::Cow;
use std::io;
use std::path::Path;

use crate::core::platform::Platform;

/// The most characters of a name or value that are ever shown.
pub const MAX_SHOWN: usize = 256;

/// Removes control, bidirectional, zero-width and other invisible format characters.
///
/// Sources: Unicode UAX #9 (bidirectional controls), the `Cf` and `Cc` general categories.
pub fn clean(text: &str) -> String {
    if text.bytes().all(is_plain) {
        return text.to_owned();
    }
    text.chars().filter(|&c| !is_invisible(c)).collect()
}

/// A name or value of the file for display: cleaned, undecodable bytes replaced, at most [`MAX_SHOWN`] characters, with
/// `…` at the cut.
pub fn shown(bytes: &[u8]) -> String {
    // Nearly every name and value is plain, and a file may have many.
    if bytes.len() <= MAX_SHOWN && bytes.iter().copied().all(is_plain) {
        return String::from_utf8_lossy(bytes).into_owned();
    }
    let decoded: Cow<'_, str> = String::from_utf8_lossy(bytes);
    let mut visible = decoded.chars().filter(|&c| !is_invisible(c));
    let mut text: String = visible.by_ref().take(MAX_SHOWN).collect();
    if visible.next().is_some() {
        text.push('…');
    }
    text
}

/// What cannot be seen in a text, in words (CLI-15): `ends with a carriage return`. A message that leaves it out shows
/// another text than the one that is wrong.
pub fn hidden(text: &str) -> Option<String> {
    let (at, c) = text.char_indices().find(|&(_, c)| is_invisible(c))?;
    let place = match at {
        at if text[at..].chars().all(is_invisible) => "ends with",
        0 => "starts with",
        _ => "contains",
    };
    Some(match c {
        '\r' => format!("{place} a carriage return"),
        '\n' => format!("{place} a line break"),
        '\t' => format!("{place} a tab"),
        '\u{1b}' => format!("{place} an escape character"),
        c => format!("{place} the invisible character U+{:04X}", u32::from(c)),
    })
}

/// A path as people write it, with what cannot be seen named. On Unix the home directory is `~`; cmd.exe knows no `~`, and
/// what is shown is pasted.
pub fn path(path: &Path) -> String {
    let whole = written(Platform::HERE, path);
    if let Some(hidden) = hidden(&whole) {
        return format!("{} ({hidden})", clean(&whole));
    }
    let home = std::env::home_dir().filter(|home| cfg!(unix) && !home.as_os_str().is_empty());
    match home.and_then(|home| path.strip_prefix(home).ok()) {
        Some(rest) => format!("~/{}", rest.display()),
        None => whole,
    }
}

/// A path for a command or a program: absolute, and on Windows with one kind of separator.
pub fn absolute(path: &Path) -> String {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    written(Platform::HERE, &path)
}

fn written(platform: Platform, path: &Path) -> String {
    let whole = dunce::simplified(path).display().to_string();
    match platform {
        Platform::Unix => whole,
        Platform::Windows => whole.replace('/', r"\"),
    }
}

/// A place in a file: `~/.aws/credentials:12`.
pub fn place(file: &Path, line: Option<usize>) -> String {
    match line {
        Some(line) => format!("{}:{line}", path(file)),
        None => path(file),
    }
}

/// The operating system's message for an error, without its number.
pub fn os_error(error: &io::Error) -> String {
    let text = error.to_string();
    match text.find(" (os error") {
        // Windows ends its messages with a full stop.
        Some(end) => text[..end].trim_end_matches('.').to_lowercase(),
        None => text,
    }
}

/// Whether the byte is a visible ASCII character or a space.
const fn is_plain(byte: u8) -> bool {
    matches!(byte, b' '..=b'~')
}

fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}' | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_what_can_be_seen() {
        assert_eq!(clean("key with blanks, äöü, 開発, `x`"), "key with blanks, äöü, 開発, `x`");
    }

    #[test]
    fn removes_control_bidirectional_and_zero_width_characters() {
        assert_eq!(clean("a\u{0}\u{1b}]0;x\u{7}\r\n\u{9b}\u{202e}\u{2066}\u{200d}\u{feff}\u{e0041}b"), "a]0;xb");
    }

    #[test]
    fn cli_15_what_cannot_be_seen_is_named_with_its_place() {
        for (text, named) in [
            ("a b, \u{e4}\u{a0}", None),
            ("", None),
            ("a\r", Some("ends with a carriage return")),
            ("a\r\n", Some("ends with a carriage return")),
            ("\ta", Some("starts with a tab")),
            ("\u{feff}a\n", Some("starts with the invisible character U+FEFF")),
            ("a\u{1b}[31mb", Some("contains an escape character")),
            ("a\u{7}b", Some("contains the invisible character U+0007")),
            ("\n", Some("ends with a line break")),
        ] {
            assert_eq!(hidden(text).as_deref(), named, "{text:?}");
        }
    }

    #[test]
    fn cli_15_a_path_says_what_it_does_not_show() {
        let written = |text: &str| text.replace('/', std::path::MAIN_SEPARATOR_STR);
        assert_eq!(path(Path::new("/x/credentials\r")), written("/x/credentials (ends with a carriage return)"));
        let place = place(Path::new("/x/a\u{200b}b"), Some(2));
        assert_eq!(place, written("/x/ab (contains the invisible character U+200B):2"));
        let home = std::env::home_dir().unwrap_or_default();
        assert_eq!(path(&home.join("x\t")), format!("{} (ends with a tab)", home.join("x").display()));
    }

    #[test]
    fn cli_10_a_path_is_shown_with_one_kind_of_separator() {
        for (platform, given, shown) in [
            (Platform::Windows, r"C:\Users\me/.aws/credentials", r"C:\Users\me\.aws\credentials"),
            (Platform::Windows, "C:/x/y", r"C:\x\y"),
            (Platform::Windows, r"\\server\share/x", r"\\server\share\x"),
            (Platform::Unix, r"/home/me/a\b", r"/home/me/a\b"),
        ] {
            assert_eq!(written(platform, Path::new(given)), shown);
        }
    }

    #[cfg(windows)]
    #[test]
    fn cli_10_no_path_is_shown_in_the_form_that_programs_do_not_take() {
        assert_eq!(path(Path::new(r"\\?\C:\x\y")), r"C:\x\y");
        let home = std::env::home_dir().unwrap();
        assert_eq!(path(&home.join(".aws/credentials")), home.join(".aws").join("credentials").display().to_string());
    }

    #[test]
    fn cli_10_a_message_of_the_system_has_neither_its_number_nor_a_full_stop() {
        let error = io::Error::from_raw_os_error(2);
        let text = os_error(&error);
        assert!(!text.contains("os error") && !text.ends_with('.') && !text.is_empty(), "{text}");
    }

    #[test]
    fn bounds_the_length_and_marks_the_cut() {
        assert_eq!(shown(&[b'x'; MAX_SHOWN]), "x".repeat(MAX_SHOWN));
        assert_eq!(shown(&[b'x'; MAX_SHOWN + 1]), "x".repeat(MAX_SHOWN) + "…");
    }
}
