//! A credentials file as botocore reads it, and with it the AWS CLI and boto3: Python's `configparser`. Pure.
//!
//! Its rules differ from our reader's where files are odd: a lone carriage return ends a line, a header's name reaches
//! to the last `]` (since Python 3.9) and keeps its spaces, `[x = 1` is a key, and anything repeated makes it reject the
//! whole file.
//! Faults are collected and the reading continues, so two readings of a rejected file can be compared.
//!
//! Source: `RawConfigParser._read` in Python's `configparser.py`, `raw_config_parse` in botocore's `configloader.py`.

use std::borrow::Cow;
use std::collections::HashMap;

use bstr::ByteSlice;
use strum::Display;

use crate::core::ini::lines::{indentation, is_blank, trim};

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

/// A key in lower case, its value and where it is. No `Debug`: it may be a secret.
pub struct Entry<'a> {
    pub key: Cow<'a, str>,
    pub value: Cow<'a, [u8]>,
    pub at: usize,
}

/// No `Debug`: it may hold secrets.
pub struct Section<'a> {
    pub name: &'a [u8],
    /// Where its header is, as an offset into the file.
    pub at: usize,
    /// Sorted by key.
    pub entries: Vec<Entry<'a>>,
}

impl<'a> Section<'a> {
    fn new(name: &'a [u8], at: usize) -> Self {
        Self { name, at, entries: Vec::new() }
    }

    pub fn get(&self, key: &str) -> Option<&Entry<'a>> {
        self.entries.binary_search_by(|entry| (*entry.key).cmp(key)).ok().map(|at| &self.entries[at])
    }

    /// Whether both hold the same values, except for some keys.
    pub fn holds_the_same(&self, other: &Self, except: &[&str]) -> bool {
        let kept = |entry: &&Entry<'_>| !except.contains(&&*entry.key);
        let (mut ours, mut theirs) = (self.entries.iter().filter(kept), other.entries.iter().filter(kept));
        loop {
            match (ours.next(), theirs.next()) {
                (None, None) => return true,
                (Some(a), Some(b)) if a.key == b.key && a.value == b.value => {}
                _ => return false,
            }
        }
    }

    /// Sorts the entries; of a repeated key the last one stays.
    fn settle(&mut self, faults: &mut Vec<Fault>) {
        self.entries.sort_by(|a, b| a.key.cmp(&b.key));
        self.entries.dedup_by(|later, earlier| {
            let is_repeated = later.key == earlier.key;
            if is_repeated {
                faults.push(Fault { kind: FaultKind::RepeatedKey, at: later.at, first: earlier.at });
                std::mem::swap(later, earlier);
            }
            is_repeated
        });
    }
}

/// A whole file.
pub struct Reading<'a> {
    /// In file order, without `[DEFAULT]`.
    pub sections: Vec<Section<'a>>,
    /// `[DEFAULT]`, whose values every section inherits.
    pub defaults: Section<'a>,
    /// In file order.
    pub faults: Vec<Fault>,
}

impl<'a> Reading<'a> {
    pub fn of(file: &'a [u8]) -> Self {
        // A profile has a hundred bytes or more.
        let mut reader = Reader::new(file.len() / 128);
        if let Err(error) = std::str::from_utf8(file) {
            reader.fault(FaultKind::NotUtf8, error.valid_up_to());
        }
        for (at, line) in lines(file) {
            reader.line(at, line);
        }
        let mut reading = reader.reading;
        for section in reading.sections.iter_mut().chain([&mut reading.defaults]) {
            section.settle(&mut reading.faults);
        }
        reading.check_nesting();
        reading.faults.sort_by_key(|fault| fault.at);
        reading
    }

    /// What a section has for a key, its own entry or that of `[DEFAULT]`.
    pub fn entry<'r>(&'r self, section: &'r Section<'a>, key: &str) -> Option<&'r Entry<'a>> {
        section.get(key).or_else(|| self.defaults.get(key))
    }

    /// A value that starts on the next line must be a list of `key = value`.
    fn check_nesting(&mut self) {
        let is_bad = |entry: &&Entry<'_>| entry.value.starts_with(b"\n") && !is_nested(&entry.value);
        let own = self.sections.iter().flat_map(|section| &section.entries).filter(is_bad);
        let is_inherited = |entry: &&Entry<'_>| self.sections.iter().any(|section| section.get(&entry.key).is_none());
        let inherited = self.defaults.entries.iter().filter(is_bad).filter(is_inherited);
        let bad: Vec<_> = own.chain(inherited).map(|entry| entry.at).collect();
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
    /// Whether a line that is indented more deeply continues the last entry.
    continues: bool,
    /// How many empty lines follow the last entry so far.
    empty_lines: usize,
    /// The indentation of the last header or key, in characters.
    indentation: usize,
}

impl<'a> Reader<'a> {
    fn new(sections: usize) -> Self {
        let defaults = Section::new(b"DEFAULT", 0);
        Self {
            reading: Reading { sections: Vec::with_capacity(sections), defaults, faults: Vec::new() },
            index: HashMap::with_capacity(sections),
            place: Place::BeforeHeader,
            continues: false,
            empty_lines: 0,
            indentation: 0,
        }
    }

    fn fault(&mut self, kind: FaultKind, at: usize) {
        self.reading.faults.push(Fault { kind, at, first: at });
    }

    fn line(&mut self, at: usize, line: &'a [u8]) {
        let text = trim(line);
        match text.first() {
            None => self.empty_lines += 1,
            Some(b'#' | b';') => {}
            Some(_) => {
                let indentation = indentation(line);
                if self.continues && indentation > self.indentation {
                    self.continuation(text);
                } else {
                    self.indentation = indentation;
                    self.header_or_entry(at, text);
                }
            }
        }
    }

    fn header_or_entry(&mut self, at: usize, text: &'a [u8]) {
        if let Some(name) = header(text) {
            self.header(at, name);
        } else if matches!(self.place, Place::BeforeHeader) {
            self.fault(FaultKind::BeforeHeader, at);
        } else {
            match memchr::memchr2(b'=', b':', text) {
                Some(0) => {
                    self.fault(FaultKind::NoDelimiter, at);
                    self.continues = false;
                }
                Some(end) => self.entry(at, &text[..end], &text[end + 1..]),
                // The entry above stays the one that is continued.
                None => self.fault(FaultKind::NoDelimiter, at),
            }
        }
    }

    fn header(&mut self, at: usize, name: &'a [u8]) {
        self.continues = false;
        if name == b"DEFAULT" {
            self.place = Place::Default;
            return;
        }
        let next = self.reading.sections.len();
        let index = *self.index.entry(name).or_insert(next);
        self.place = Place::Section(index);
        if index == next {
            self.reading.sections.push(Section::new(name, at));
        } else {
            let first = self.reading.sections[index].at;
            self.reading.faults.push(Fault { kind: FaultKind::RepeatedSection, at, first });
        }
    }

    fn entry(&mut self, at: usize, key: &'a [u8], value: &'a [u8]) {
        let key = trim(key);
        let key = match key.to_str() {
            Ok(text) if text.bytes().all(|b| b.is_ascii() && !b.is_ascii_uppercase()) => Cow::Borrowed(text),
            _ => Cow::Owned(key.to_str_lossy().to_lowercase()),
        };
        self.entries().push(Entry { key, value: Cow::Borrowed(trim(value)), at });
        self.continues = true;
        self.empty_lines = 0;
    }

    fn continuation(&mut self, text: &[u8]) {
        let newlines = std::mem::take(&mut self.empty_lines) + 1;
        if let Some(entry) = self.entries().last_mut() {
            let value = entry.value.to_mut();
            value.extend(std::iter::repeat_n(b'\n', newlines));
            value.extend_from_slice(text);
        }
    }

    fn entries(&mut self) -> &mut Vec<Entry<'a>> {
        match self.place {
            Place::Section(index) => &mut self.reading.sections[index].entries,
            Place::Default | Place::BeforeHeader => &mut self.reading.defaults.entries,
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
            let entries = section.entries.iter().map(|entry| format!(" {}={}", entry.key, entry.value.escape_ascii()));
            format!("{}:{}", section.name.escape_ascii(), entries.collect::<String>())
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
        let value = |key| reading.entry(&reading.sections[0], key).map(|entry| &*entry.value);
        assert_eq!((value("x"), value("y"), value("z")), (Some(&b"1"[..]), Some(&b"2"[..]), None));
    }
}
