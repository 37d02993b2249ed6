//! A credentials file as botocore reads it, and with it the AWS CLI and boto3: Python's `configparser`. Pure.
//!
//! Its rules differ from our reader's where files are odd: a lone carriage return ends a line, a header's name reaches
//! to the last `]` (since Python 3.9) and keeps its spaces, `[x = 1` is a key, and anything repeated makes it reject the whole file.
//! Faults are collected and the reading continues, so two readings of a rejected file can be compared.
//!
//! Source: `RawConfigParser._read` in Python's `configparser.py`, `raw_config_parse` in botocore's `configloader.py`.

use std::borrow::Cow;
use std::collections::HashMap;

use bstr::ByteSlice;
use strum::Display;

use crate::core::ini::lines::{is_blank, trim};

/// Why botocore rejects a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Display)]
pub enum FaultKind {
    #[strum(to_string = "bytes that are not UTF-8")]
    NotUtf8,
    #[strum(to_string = "a line before the first header")]
    BeforeHeader,
    #[strum(to_string = "a second section of the same name")]
    RepeatedSection,
    #[strum(to_string = "a repeated key")]
    RepeatedKey,
    #[strum(to_string = "a line without a key and `=`")]
    NoDelimiter,
    #[strum(to_string = "an indented line without `=` below an empty value")]
    NotNested,
}

/// A fault and where it is, as an offset into the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    pub kind: FaultKind,
    pub at: usize,
    /// What is repeated; else the same place.
    pub first: usize,
}

/// A value and where its key is. No `Debug`: it may be a secret.
pub struct Value<'a> {
    pub text: Cow<'a, [u8]>,
    pub at: usize,
}

/// A section, with the values of its keys in lower case. No `Debug`: it may hold secrets.
pub struct Section<'a> {
    pub name: &'a [u8],
    /// Where its header is, as an offset into the file.
    pub at: usize,
    pub values: HashMap<Cow<'a, str>, Value<'a>>,
}

impl Section<'_> {
    /// Whether both hold the same values, except for some keys.
    pub fn holds_the_same(&self, other: &Self, except: &[&str]) -> bool {
        let kept = |section: &Self| section.values.keys().filter(|key| !except.contains(&&***key)).count();
        let is_same = |(key, value): (&Cow<'_, str>, &Value<'_>)| {
            except.contains(&&**key) || other.values.get(key).is_some_and(|other| other.text == value.text)
        };
        kept(self) == kept(other) && self.values.iter().all(is_same)
    }
}

/// A whole file.
pub struct Reading<'a> {
    /// In file order, without `[DEFAULT]`.
    pub sections: Vec<Section<'a>>,
    /// `[DEFAULT]`, whose values every section inherits.
    pub defaults: Section<'a>,
    pub faults: Vec<Fault>,
}

impl<'a> Reading<'a> {
    pub fn of(file: &'a [u8]) -> Self {
        let mut reader = Reader::new();
        if let Err(error) = std::str::from_utf8(file) {
            reader.fault(FaultKind::NotUtf8, error.valid_up_to());
        }
        for (at, line) in lines(file) {
            reader.line(at, line);
        }
        reader.reading.check_nesting();
        reader.reading
    }

    /// What a section has for a key, its own value or that of `[DEFAULT]`.
    pub fn value<'r>(&'r self, section: &'r Section<'a>, key: &str) -> Option<&'r Value<'a>> {
        section.values.get(key).or_else(|| self.defaults.values.get(key))
    }

    /// A value that starts on the next line must be a list of `key = value`.
    fn check_nesting(&mut self) {
        let is_bad = |value: &Value<'_>| value.text.starts_with(b"\n") && !is_nested(&value.text);
        let own = self.sections.iter().flat_map(|section| section.values.values()).filter(|value| is_bad(value));
        let is_inherited = |key: &Cow<'a, str>| self.sections.iter().any(|section| !section.values.contains_key(key));
        let inherited = self.defaults.values.iter().filter(|(key, value)| is_bad(value) && is_inherited(key));
        let bad: Vec<_> = own.chain(inherited.map(|(_, value)| value)).map(|value| value.at).collect();
        self.faults.extend(bad.into_iter().map(|at| Fault { kind: FaultKind::NotNested, at, first: at }));
    }
}

fn is_nested(value: &[u8]) -> bool {
    // What `str.splitlines` splits at, and all of it is whitespace.
    let breaks = ['\n', '\r', '\x0b', '\x0c', '\x1c', '\x1d', '\x1e', '\u{85}', '\u{2028}', '\u{2029}'];
    value.to_str_lossy().split(breaks).all(|line| line.contains('=') || line.chars().all(is_blank))
}

/// The lines with their offsets, as Python's universal newlines split them.
fn lines(file: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at;
        let rest = file.get(start..).filter(|rest| !rest.is_empty())?;
        let length = memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
        let ending = if rest[length..].starts_with(b"\r\n") { 2 } else { 1 };
        at = start + length + ending;
        Some((start, &rest[..length]))
    })
}

#[derive(Clone, Copy)]
enum Place {
    BeforeHeader,
    Default,
    Section(usize),
}

struct Reader<'a> {
    reading: Reading<'a>,
    index: HashMap<&'a [u8], usize>,
    place: Place,
    /// The key that an indented line continues.
    key: Option<Cow<'a, str>>,
    /// How many empty lines follow the key's value so far.
    empty_lines: usize,
    /// The indentation of the last header or key, in characters.
    indentation: usize,
}

impl<'a> Reader<'a> {
    fn new() -> Self {
        let defaults = Section { name: b"DEFAULT", at: 0, values: HashMap::new() };
        Self {
            reading: Reading { sections: Vec::new(), defaults, faults: Vec::new() },
            index: HashMap::new(),
            place: Place::BeforeHeader,
            key: None,
            empty_lines: 0,
            indentation: 0,
        }
    }

    fn fault(&mut self, kind: FaultKind, at: usize) {
        self.repeated(kind, at, at);
    }

    fn repeated(&mut self, kind: FaultKind, at: usize, first: usize) {
        self.reading.faults.push(Fault { kind, at, first });
    }

    fn line(&mut self, at: usize, line: &'a [u8]) {
        let text = trim(line);
        match text.first() {
            None => self.empty_lines += 1,
            Some(b'#' | b';') => {}
            Some(_) => {
                let start = line.len() - line.trim_start_with(is_blank).len();
                let indentation = line[..start].chars().count();
                if self.key.is_some() && indentation > self.indentation {
                    self.continuation(text);
                } else {
                    self.indentation = indentation;
                    self.header_or_key(at, text);
                }
            }
        }
    }

    fn header_or_key(&mut self, at: usize, text: &'a [u8]) {
        if let Some(name) = header(text) {
            self.header(at, name);
        } else if matches!(self.place, Place::BeforeHeader) {
            self.fault(FaultKind::BeforeHeader, at);
        } else {
            match memchr::memchr2(b'=', b':', text) {
                Some(0) => {
                    self.fault(FaultKind::NoDelimiter, at);
                    self.key = None;
                }
                Some(end) => self.key(at, &text[..end], &text[end + 1..]),
                // The key above stays the one that is continued.
                None => self.fault(FaultKind::NoDelimiter, at),
            }
        }
    }

    fn header(&mut self, at: usize, name: &'a [u8]) {
        self.key = None;
        if name == b"DEFAULT" {
            self.place = Place::Default;
            return;
        }
        let next = self.reading.sections.len();
        let index = *self.index.entry(name).or_insert(next);
        self.place = Place::Section(index);
        if index == next {
            self.reading.sections.push(Section { name, at, values: HashMap::new() });
        } else {
            self.repeated(FaultKind::RepeatedSection, at, self.reading.sections[index].at);
        }
    }

    fn key(&mut self, at: usize, key: &'a [u8], value: &'a [u8]) {
        let key = key.trim_end_with(is_blank);
        let key = match key.to_str() {
            Ok(text) if !text.bytes().any(|b| b.is_ascii_uppercase() || !b.is_ascii()) => Cow::Borrowed(text),
            _ => Cow::Owned(key.to_str_lossy().to_lowercase()),
        };
        let value = Value { text: Cow::Borrowed(trim(value)), at };
        if let Some(first) = self.values().insert(key.clone(), value) {
            self.repeated(FaultKind::RepeatedKey, at, first.at);
        }
        self.key = Some(key);
        self.empty_lines = 0;
    }

    fn continuation(&mut self, text: &[u8]) {
        let newlines = std::mem::take(&mut self.empty_lines) + 1;
        let key = self.key.take();
        if let Some(value) = key.as_ref().and_then(|key| self.values().get_mut(key)) {
            let value = value.text.to_mut();
            value.extend(std::iter::repeat_n(b'\n', newlines));
            value.extend_from_slice(text);
        }
        self.key = key;
    }

    fn values(&mut self) -> &mut HashMap<Cow<'a, str>, Value<'a>> {
        match self.place {
            Place::Section(index) => &mut self.reading.sections[index].values,
            Place::Default | Place::BeforeHeader => &mut self.reading.defaults.values,
        }
    }
}

/// The name between the first bracket and the last one.
fn header(text: &[u8]) -> Option<&[u8]> {
    let inside = text.strip_prefix(b"[")?;
    let end = memchr::memrchr(b']', inside)?;
    (end > 0).then(|| &inside[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(file: &[u8]) -> (Vec<String>, Vec<(FaultKind, usize)>) {
        let reading = Reading::of(file);
        let sections = reading.sections.iter().map(|section| {
            let mut values: Vec<_> =
                section.values.iter().map(|(key, value)| format!(" {key}={}", value.text.escape_ascii())).collect();
            values.sort();
            format!("{}:{}", section.name.escape_ascii(), values.concat())
        });
        (sections.collect(), reading.faults.iter().map(|fault| (fault.kind, fault.at)).collect())
    }

    fn accepted(file: &str) -> Vec<String> {
        let (sections, faults) = read(file.as_bytes());
        assert_eq!(faults, [], "{file:?}");
        sections
    }

    #[test]
    fn file_8_names_reach_to_the_last_bracket_with_their_spaces() {
        assert_eq!(accepted("[ a ]\n[b] # c\n[d]# [x]\n [e] \n"), [" a :", "b:", "d]# [x:", "e:"]);
        assert_eq!(accepted("[a]\n[x = 1\ny : 2\n"), ["a: [x=1 y=2"]);
    }

    #[test]
    fn file_8_a_lone_carriage_return_ends_a_line() {
        assert_eq!(accepted("[a]\r# c\r\n[b]\rx = 1\ry = 2"), ["a:", "b: x=1 y=2"]);
    }

    #[test]
    fn file_8_unicode_spaces_are_trimmed_and_indent() {
        assert_eq!(accepted("[a]\nX\u{3000}=\u{a0}1\u{1f}\n\u{a0}more = 2\n\u{2003}# c\n"), ["a: x=1\\nmore = 2"]);
    }

    #[test]
    fn file_8_continuations_keep_the_empty_lines_between_them() {
        assert_eq!(accepted("[a]\nk = 1\n\n # c\n  2\n\n\nl =\n  m = 3\n"), ["a: k=1\\n\\n2 l=\\nm = 3"]);
    }

    #[test]
    fn file_8_faults_are_found_where_botocore_rejects_the_file() {
        use FaultKind::{BeforeHeader, NoDelimiter, NotNested, NotUtf8, RepeatedKey, RepeatedSection};
        type Case = (&'static [u8], &'static [(FaultKind, usize)]);
        let cases: [Case; 10] = [
            (b"[a]\n\xff = 1\n", &[(NotUtf8, 4)]),
            (b"\xef\xbb\xbf[a]\n", &[(BeforeHeader, 0)]),
            (b"k = v\n", &[(BeforeHeader, 0)]),
            (b"[a]\n[b]\n[a]\n", &[(RepeatedSection, 8)]),
            (b"[a]\nx = 1\nX = 2\n", &[(RepeatedKey, 10)]),
            (b"[a]\nnothing\n", &[(NoDelimiter, 4)]),
            (b"[a]\n= 1\n", &[(NoDelimiter, 4)]),
            (b"[]\n", &[(BeforeHeader, 0)]),
            (b"[a]\ns3 =\n  x\n", &[(NotNested, 4)]),
            (b"[a]\n[DEFAULT]\ns3 =\n  x\n", &[(NotNested, 14)]),
        ];
        for (file, faults) in cases {
            assert_eq!(read(file).1, faults, "{}", file.escape_ascii());
        }
        // Nobody inherits it.
        accepted("[DEFAULT]\ns3 =\n  x\n");
        accepted("[a]\ns3 = 1\n[DEFAULT]\ns3 =\n  x\n");
    }

    #[test]
    fn file_8_every_section_inherits_what_it_does_not_have() {
        let reading = Reading::of(b"[DEFAULT]\nx = 1\n[a]\ny = 2\n[DEFAULT]\ny = 3\n");
        let value = |key| reading.value(&reading.sections[0], key).map(|value| &*value.text);
        assert_eq!((value("x"), value("y"), value("z")), (Some(&b"1"[..]), Some(&b"2"[..]), None));
    }
}
