//! The line grammar of the shared credentials and config files, on bytes.
//!
//! If the AWS SDKs disagree and the meaning is clear, it follows Python's `configparser`, as botocore uses it: an
//! indented line continues the property above it, comments and blank lines do not end a property, and `:` is a
//! delimiter like `=`, and every Unicode whitespace character counts as a space.
//! Source: <https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html>.

use std::ops::Range;

use bstr::ByteSlice;
use memchr::{memchr, memchr2};

/// The UTF-8 byte order mark, which some editors put before the first line.
pub const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// One line of the file. No `Debug`: it may hold a secret.
#[derive(Clone, Copy)]
pub struct Line<'a> {
    /// Counted from 1.
    pub number: usize,
    /// Where the line starts in the file (after a byte order mark).
    pub start: usize,
    /// Where the next line starts: after the line ending, if there is one.
    pub end: usize,
    pub indented: bool,
    pub kind: LineKind<'a>,
}

impl Line<'_> {
    /// The bytes of the line in the file, including its ending.
    pub fn range(&self) -> Range<usize> {
        self.start..self.end
    }
}

#[derive(Clone, Copy)]
pub enum LineKind<'a> {
    Blank,
    Comment(&'a [u8]),
    Header(Header<'a>),
    Property(Property<'a>),
    /// More of the value of the property above.
    Continuation(&'a [u8]),
    /// Neither: no delimiter, or nothing before it.
    Undelimited,
}

#[derive(Clone, Copy)]
pub struct Header<'a> {
    /// The text between the brackets, trimmed; empty if the header is not closed.
    pub name: &'a [u8],
    /// Whether there is whitespace between a bracket and the name.
    pub padded: bool,
    /// Whether something other than a comment follows the closing bracket.
    pub junk: bool,
    pub closed: bool,
}

impl Header<'_> {
    /// Whether every reader takes it as the start of another section; botocore reads `[x = 1` as a key.
    pub const fn ends_a_section(&self) -> bool {
        self.closed && !self.name.is_empty()
    }
}

#[derive(Clone, Copy)]
pub struct Property<'a> {
    /// The key as written; comparisons ignore ASCII case.
    pub key: &'a [u8],
    pub delimiter: u8,
    rest: &'a [u8],
}

impl<'a> Property<'a> {
    /// The value on this line, without a trailing comment.
    pub fn value(&self) -> &'a [u8] {
        match comment_start(self.rest) {
            Some(start) => trim(&self.rest[..start]),
            None => trim(self.rest),
        }
    }

    /// Whether a ` #` or ` ;` comment follows the value, which botocore reads as part of it.
    pub fn has_comment(&self) -> bool {
        comment_start(self.rest).is_some()
    }
}

fn comment_start(text: &[u8]) -> Option<usize> {
    let mut from = 0;
    while let Some(found) = memchr2(b'#', b';', &text[from..]) {
        let at = from + found;
        if at == 0 || matches!(text[at - 1], b' ' | b'\t' | b'\r' | 0x0b | 0x0c) {
            return Some(at);
        }
        from = at + 1;
    }
    None
}

/// Whether a character is whitespace for Python's `str.strip`: that of Unicode and the four separators of ASCII.
pub fn is_blank(character: char) -> bool {
    character.is_whitespace() || matches!(character, '\x1c'..='\x1f')
}

/// The text without whitespace at either end.
pub fn trim(text: &[u8]) -> &[u8] {
    // Nearly every line has nothing to trim.
    match (text.first(), text.last()) {
        (Some(&first), Some(&last)) if !may_be_blank(first) && !may_be_blank(last) => text,
        _ => text.trim_with(is_blank),
    }
}

/// How many whitespace characters a line starts with.
pub fn indentation(line: &[u8]) -> usize {
    match line.first() {
        Some(&first) if may_be_blank(first) => line.chars().take_while(|&c| is_blank(c)).count(),
        _ => 0,
    }
}

/// The lines of a file, in order.
pub struct Lines<'a> {
    bytes: &'a [u8],
    position: usize,
    number: usize,
    /// The indentation of the last header or property.
    indentation: usize,
    /// Whether a line that is indented more deeply continues a property.
    in_property: bool,
}

impl<'a> Lines<'a> {
    /// Starts at the first line, after a byte order mark.
    pub fn of(bytes: &'a [u8]) -> Self {
        let position = if bytes.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
        Self { bytes, position, number: 0, indentation: 0, in_property: false }
    }

    /// The lines from a position where a header is or has just ended; `number` is the line there.
    pub fn from(bytes: &'a [u8], position: usize, number: usize) -> Self {
        Self { bytes, position, number: number.saturating_sub(1), indentation: 0, in_property: false }
    }

    /// The next comment or header; the lines in between are skipped, but read as [`Iterator::next`] would read them.
    /// Blocks and profiles are found by these few lines only.
    pub fn next_landmark(&mut self) -> Option<Line<'a>> {
        loop {
            let start = self.position;
            let content = self.take_line()?;
            match content.first() {
                None => {}
                Some(&first) if matches!(first, b'[' | b'#' | b';') || may_be_blank(first) => {
                    let (indented, kind) = self.classify(content);
                    if matches!(kind, LineKind::Comment(_) | LineKind::Header(_)) {
                        return Some(Line { number: self.number, start, end: self.position, indented, kind });
                    }
                }
                Some(_) => {
                    self.indentation = 0;
                    self.in_property = self.in_property || memchr2(b'=', b':', content).is_some_and(|at| at > 0);
                }
            }
        }
    }

    /// The next line, without its ending.
    fn take_line(&mut self) -> Option<&'a [u8]> {
        let rest = &self.bytes[self.position..];
        if rest.is_empty() {
            return None;
        }
        let (content, length) = match memchr(b'\n', rest) {
            Some(at) => (&rest[..at], at + 1),
            None => (rest, rest.len()),
        };
        self.position += length;
        self.number += 1;
        Some(content.strip_suffix(b"\r").unwrap_or(content))
    }

    fn classify(&mut self, content: &'a [u8]) -> (bool, LineKind<'a>) {
        let text = trim(content);
        let indentation = indentation(content);
        let indented = indentation > 0;
        if text.is_empty() {
            return (indented, LineKind::Blank);
        }
        if matches!(text[0], b'#' | b';') {
            return (indented, LineKind::Comment(text));
        }
        if self.in_property && indentation > self.indentation {
            return (indented, LineKind::Continuation(text));
        }
        self.indentation = indentation;
        if text[0] == b'[' {
            self.in_property = false;
            return (indented, LineKind::Header(header(text)));
        }
        match memchr2(b'=', b':', text) {
            Some(at) if at > 0 => {
                self.in_property = true;
                let property = Property { key: trim(&text[..at]), delimiter: text[at], rest: &text[at + 1..] };
                (indented, LineKind::Property(property))
            }
            _ => (indented, LineKind::Undelimited),
        }
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = Line<'a>;

    fn next(&mut self) -> Option<Line<'a>> {
        let start = self.position;
        let content = self.take_line()?;
        let (indented, kind) = self.classify(content);
        Some(Line { number: self.number, start, end: self.position, indented, kind })
    }
}

/// Whether a character that starts with this byte may be whitespace.
const fn may_be_blank(first: u8) -> bool {
    first <= b' ' || first >= 0x80
}

fn header(text: &[u8]) -> Header<'_> {
    let inside = &text[1..];
    let Some(close) = memchr(b']', inside) else {
        return Header { name: b"", padded: false, junk: false, closed: false };
    };
    let name = trim(&inside[..close]);
    let after = trim(&inside[close + 1..]);
    Header { name, padded: name.len() != close, junk: !matches!(after.first(), None | Some(b'#' | b';')), closed: true }
}

/// The number of the line that contains a position, counted from 1.
pub fn line_at(bytes: &[u8], position: usize) -> usize {
    1 + memchr::memchr_iter(b'\n', &bytes[..position]).count()
}

/// The line ending of a line: `\r\n`, `\n`, or nothing at the end of the file.
pub fn line_ending(line: &[u8]) -> &[u8] {
    if line.ends_with(b"\r\n") {
        b"\r\n"
    } else if line.ends_with(b"\n") {
        b"\n"
    } else {
        b""
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(file: &[u8]) -> Vec<String> {
        Lines::of(file)
            .map(|line| match line.kind {
                LineKind::Blank => "blank".into(),
                LineKind::Comment(text) => format!("comment {}", text.escape_ascii()),
                LineKind::Header(header) => {
                    format!("header {} closed={} junk={}", header.name.escape_ascii(), header.closed, header.junk)
                }
                LineKind::Property(p) => format!("{} -> {}", p.key.escape_ascii(), p.value().escape_ascii()),
                LineKind::Continuation(text) => format!("+ {}", text.escape_ascii()),
                LineKind::Undelimited => "undelimited".into(),
            })
            .collect()
    }

    #[test]
    fn headers_end_at_the_first_bracket() {
        assert_eq!(
            kinds(b"[a]\n[ b ] # c\n[c];d\n[d] junk\n[e\n[f]]\r\n"),
            [
                "header a closed=true junk=false",
                "header b closed=true junk=false",
                "header c closed=true junk=false",
                "header d closed=true junk=true",
                "header  closed=false junk=false",
                "header f closed=true junk=true",
            ]
        );
    }

    #[test]
    fn values_lose_blanks_and_comments_but_not_hashes_inside() {
        assert_eq!(
            kinds(b"k=v\nk = v \r\nk: v\nk = v #c\nk = v ;c\nk = v#c\nk = #c\nk =\n%k = 100%\nk = a=b:c"),
            [
                "k -> v",
                "k -> v",
                "k -> v",
                "k -> v",
                "k -> v",
                "k -> v#c",
                "k -> ",
                "k -> ",
                "%k -> 100%",
                "k -> a=b:c"
            ]
        );
    }

    #[test]
    fn indented_lines_continue_a_property_through_comments_and_blank_lines() {
        assert_eq!(
            kinds(b"[a]\nk =\n  x = y\n# c\n\n \t z\n  # d\nl = 1\n"),
            [
                "header a closed=true junk=false",
                "k -> ",
                "+ x = y",
                "comment # c",
                "blank",
                "+ z",
                "comment # d",
                "l -> 1"
            ]
        );
    }

    #[test]
    fn an_indented_line_with_nothing_to_continue_is_read_as_botocore_reads_it() {
        assert_eq!(
            kinds(b"  [a]\n  k = v\n  l = w\n    x\n"),
            ["header a closed=true junk=false", "k -> v", "l -> w", "+ x"]
        );
    }

    #[test]
    fn lines_cover_the_file_after_a_byte_order_mark() {
        let file = b"\xef\xbb\xbf[a]\r\nno delimiter\n= nothing\n\nend";
        let lines: Vec<_> = Lines::of(file).collect();
        assert_eq!(lines.first().map(|line| line.start), Some(3));
        assert!(lines.windows(2).all(|pair| pair[0].end == pair[1].start));
        assert_eq!(lines.last().map(|line| (line.number, line.end)), Some((5, file.len())));
        assert_eq!(kinds(file)[1..], ["undelimited", "undelimited", "blank", "undelimited"]);
    }
}
