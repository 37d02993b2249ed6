//! Bytes → profiles, by the grammar of the AWS SDKs. Pure.
//!
//! Only known keys are ever read. Where the SDKs disagree, the reader takes the meaning that is clear and warns, with
//! the line, about what some SDK rejects or reads differently.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::ops::Range;

use crate::core::ini::key::Key;
use crate::core::ini::lines::{BYTE_ORDER_MARK, Header, Line, LineKind, Lines, Property, line_at, trim};
use crate::core::ini::oddity::Oddity;
use crate::core::name::is_accepted_by_every_sdk;
use crate::core::text;

/// A value and its location. No `Debug`: it may be a secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Value<'a> {
    /// The value; continuation lines are joined by newlines.
    pub bytes: Cow<'a, [u8]>,
    /// The line of its key, counted from 1.
    pub line: usize,
}

impl Value<'_> {
    /// The value as text, if it is UTF-8.
    pub fn as_str(&self) -> Option<&str> {
        std::str::from_utf8(&self.bytes).ok()
    }
}

/// One profile of a file. No `Debug`: it may hold secrets.
#[derive(Clone)]
pub struct Profile<'a> {
    /// The name, byte for byte.
    pub name: Cow<'a, [u8]>,
    /// The line of its first header, counted from 1.
    pub line: usize,
    entries: Vec<(Key, Value<'a>)>,
}

impl<'a> Profile<'a> {
    /// The value of a key that exists and is not empty. If a key is repeated, the last one counts.
    pub fn get(&self, key: Key) -> Option<&Value<'a>> {
        let (_, value) = self.entries.iter().rev().find(|(entry, _)| *entry == key)?;
        (!value.bytes.is_empty()).then_some(value)
    }

    /// The value of a key as text, if it exists, is not empty and is UTF-8.
    pub fn text(&self, key: Key) -> Option<&str> {
        self.get(key)?.as_str()
    }

    /// Whether the key is there, even without a value.
    pub fn has(&self, key: Key) -> bool {
        self.entries.iter().any(|(entry, _)| *entry == key)
    }

    /// Whether two profiles contain the same: every known key and value in order, wherever they are.
    pub fn reads_like(&self, other: &Profile<'_>) -> bool {
        self.name == other.name
            && self.entries.len() == other.entries.len()
            && self.entries.iter().zip(&other.entries).all(|((a, x), (b, y))| a == b && x.bytes == y.bytes)
    }

    /// The same, whatever they contain for one key.
    pub fn reads_like_except(&self, other: &Profile<'_>, key: Key) -> bool {
        let ours = self.entries.iter().filter(|(entry, _)| *entry != key).map(|(key, value)| (key, &value.bytes));
        let theirs = other.entries.iter().filter(|(entry, _)| *entry != key).map(|(key, value)| (key, &value.bytes));
        self.name == other.name && ours.eq(theirs)
    }
}

/// What some AWS tool rejects or reads differently, and in which line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Warning {
    /// Counted from 1.
    pub line: usize,
    pub oddity: Oddity,
    /// The index of the profile that the line belongs to.
    profile: Option<usize>,
}

/// The profiles of a file in the order of their first headers.
pub struct Profiles<'a> {
    list: Vec<Profile<'a>>,
    index: HashMap<Cow<'a, [u8]>, usize>,
    warnings: Vec<Warning>,
}

impl<'a> Profiles<'a> {
    /// Reads a credentials file.
    pub fn of_credentials(bytes: &'a [u8]) -> Self {
        Reader::new(Key::OF_CONFIG_ONLY, |name| Some(Cow::Borrowed(name))).read(bytes)
    }

    /// Reads only some sections of a credentials file, each given by its range from the header on and the line of the
    /// header. There are no warnings about the rest of the file.
    pub fn of_sections(bytes: &'a [u8], sections: impl IntoIterator<Item = (Range<usize>, usize)>) -> Self {
        let mut reader = Reader::new(Key::OF_CONFIG_ONLY, |name| Some(Cow::Borrowed(name)));
        for (range, line) in sections {
            reader.lines(Lines::from(&bytes[..range.end], range.start, line));
        }
        reader.profiles
    }

    /// Reads a config file: `[default]` and `[profile NAME]`; other sections are ignored.
    pub fn of_config(bytes: &'a [u8]) -> Self {
        Reader::new(Key::OF_CREDENTIALS_ONLY, config_profile_name).read(bytes)
    }

    pub fn get(&self, name: &[u8]) -> Option<&Profile<'a>> {
        self.index.get(name).map(|&at| &self.list[at])
    }

    /// The profiles in file order.
    pub fn iter(&self) -> impl Iterator<Item = &Profile<'a>> {
        self.list.iter()
    }

    pub fn len(&self) -> usize {
        self.list.len()
    }

    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// What some AWS tool rejects or reads differently in one profile.
    pub fn warnings_of(&self, name: &[u8]) -> impl Iterator<Item = &Warning> {
        let at = self.index.get(name).copied();
        self.warnings.iter().filter(move |warning| at.is_some() && warning.profile == at)
    }

    /// What some AWS tool rejects or reads differently, in file order.
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }
}

/// `[default]`, `[profile x]`, `[profile "x y"]`; the prefix is removed as botocore does.
fn config_profile_name(section: &[u8]) -> Option<Cow<'_, [u8]>> {
    if section == b"default" {
        return Some(Cow::Borrowed(section));
    }
    let name = section.strip_prefix(b"profile")?;
    if !name.first().is_some_and(u8::is_ascii_whitespace) {
        return None;
    }
    let name = trim(name);
    for &quote in b"\"'" {
        if let [first, inner @ .., last] = name
            && *first == quote
            && *last == quote
        {
            return Some(Cow::Borrowed(inner));
        }
    }
    Some(Cow::Borrowed(name))
}

struct Reader<'a> {
    passed_over: &'static [Key],
    profile_name: fn(&'a [u8]) -> Option<Cow<'a, [u8]>>,
    profiles: Profiles<'a>,
    section: Section,
    /// The keys of the section so far, in lower case.
    keys: HashSet<Vec<u8>>,
    /// Whether the last property is the last entry of its profile, so a continuation belongs to it.
    continues_entry: bool,
    /// Whether the last property has no value of its own, so SDKs read indented lines below it as its properties.
    is_nesting: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Section {
    None,
    Ignored,
    Profile(usize),
}

impl<'a> Reader<'a> {
    fn new(passed_over: &'static [Key], profile_name: fn(&'a [u8]) -> Option<Cow<'a, [u8]>>) -> Self {
        Self {
            passed_over,
            profile_name,
            profiles: Profiles { list: Vec::new(), index: HashMap::new(), warnings: Vec::new() },
            section: Section::None,
            keys: HashSet::new(),
            continues_entry: false,
            is_nesting: false,
        }
    }

    fn read(mut self, bytes: &'a [u8]) -> Profiles<'a> {
        if bytes.starts_with(BYTE_ORDER_MARK) {
            self.warn(1, Oddity::ByteOrderMark);
        }
        if let Err(error) = std::str::from_utf8(bytes) {
            self.warn(line_at(bytes, error.valid_up_to()), Oddity::NotUtf8);
        }
        self.lines(Lines::of(bytes));
        self.profiles
    }

    fn lines(&mut self, lines: Lines<'a>) {
        for line in lines {
            match line.kind {
                LineKind::Comment(_) if line.indented => self.warn(line.number, Oddity::CommentIndented),
                LineKind::Blank | LineKind::Comment(_) => {}
                LineKind::Header(header) => {
                    if line.indented {
                        self.warn(line.number, Oddity::HeaderIndented);
                    }
                    self.header(line.number, header);
                }
                LineKind::Property(property) => self.property(&line, property),
                LineKind::Continuation(text) => self.continuation(line.number, text),
                LineKind::Undelimited if self.section == Section::None => {
                    self.warn(line.number, Oddity::OutsideProfile);
                }
                LineKind::Undelimited => self.warn(line.number, Oddity::Undelimited),
            }
        }
    }

    fn header(&mut self, line: usize, header: Header<'a>) {
        self.is_nesting = false;
        self.keys.clear();
        self.continues_entry = false;
        if header.name.is_empty() {
            let oddity = if header.closed { Oddity::HeaderWithoutName } else { Oddity::HeaderNotClosed };
            self.warn(line, oddity);
            self.section = Section::Ignored;
            return;
        }
        let Some(name) = (self.profile_name)(header.name) else {
            self.section = Section::Ignored;
            return;
        };
        let next = self.profiles.list.len();
        let at = *self.profiles.index.entry(name.clone()).or_insert(next);
        self.section = Section::Profile(at);
        if header.padded {
            self.warn(line, Oddity::HeaderPadded);
        }
        if header.junk {
            self.warn(line, Oddity::HeaderJunk);
        }
        if &*name == b"DEFAULT" {
            self.warn(line, Oddity::DefaultSection);
        } else if !is_accepted_by_every_sdk(&name) {
            self.warn(line, Oddity::NameNotForAllSdks);
        }
        if at == next {
            self.profiles.list.push(Profile { name, line, entries: Vec::new() });
        } else {
            self.warn(line, Oddity::DuplicateProfile);
        }
    }

    fn property(&mut self, line: &Line<'a>, property: Property<'a>) {
        self.continues_entry = false;
        match self.section {
            Section::None => self.warn(line.number, Oddity::OutsideProfile),
            Section::Ignored => self.is_nesting = false,
            Section::Profile(at) => {
                self.is_nesting = property.value().is_empty();
                if line.indented {
                    self.warn(line.number, Oddity::PropertyIndented);
                }
                if property.delimiter == b':' {
                    self.warn(line.number, Oddity::Colon);
                }
                if !self.keys.insert(property.key.to_ascii_lowercase()) {
                    self.warn(line.number, Oddity::DuplicateKey);
                }
                if let Some(key) = Key::find(property.key).filter(|key| !self.passed_over.contains(key)) {
                    if property.has_comment() {
                        self.warn(line.number, Oddity::CommentAfterValue);
                    }
                    let value = Value { bytes: Cow::Borrowed(property.value()), line: line.number };
                    self.profiles.list[at].entries.push((key, value));
                    self.continues_entry = true;
                }
            }
        }
    }

    fn continuation(&mut self, line: usize, text: &[u8]) {
        if self.is_nesting && memchr::memchr(b'=', text).is_none_or(|at| at == 0) {
            self.warn(line, Oddity::NotNested);
        }
        if let (true, Section::Profile(at)) = (self.continues_entry, self.section)
            && let Some((_, value)) = self.profiles.list[at].entries.last_mut()
        {
            let bytes = value.bytes.to_mut();
            bytes.push(b'\n');
            bytes.extend_from_slice(text);
        }
    }

    fn warn(&mut self, line: usize, oddity: Oddity) {
        let profile = match self.section {
            Section::Profile(at) => Some(at),
            Section::None | Section::Ignored => None,
        };
        self.profiles.warnings.push(Warning { line, oddity, profile });
    }
}

/// The names of all profiles for an error that lists them, cleaned and bounded.
pub fn names(profiles: &Profiles<'_>) -> Vec<String> {
    profiles.iter().map(|profile| text::shown(&profile.name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(file: &[u8]) -> Vec<String> {
        Profiles::of_credentials(file)
            .iter()
            .map(|profile| {
                let entries: Vec<_> = profile
                    .entries
                    .iter()
                    .map(|(key, value)| format!("{}={}", key.as_str(), value.bytes.escape_ascii()))
                    .collect();
                format!("{}: {}", profile.name.escape_ascii(), entries.join(" "))
            })
            .collect()
    }

    fn oddities(file: &[u8]) -> Vec<(usize, Oddity)> {
        Profiles::of_credentials(file).warnings().iter().map(|warning| (warning.line, warning.oddity)).collect()
    }

    #[test]
    fn file_1_reads_what_every_sdk_reads() {
        let file =
            b"# c\n; d\n[a]\nREGION = x\nregion_not = y\n\n[b.c/d@e]\r\naws_session_token=100%=\r\n[a b]\nregion=z";
        assert_eq!(read(file), ["a: region=x", "b.c/d@e: aws_session_token=100%=", "a b: region=z"]);
        assert_eq!(oddities(file), [(9, Oddity::NameNotForAllSdks)]);
    }

    #[test]
    fn file_1_a_line_that_some_sdk_rejects_is_a_warning_with_its_line() {
        use Oddity::{
            ByteOrderMark, Colon, CommentAfterValue, CommentIndented, DefaultSection, DuplicateKey, DuplicateProfile,
            HeaderIndented, HeaderJunk, HeaderNotClosed, HeaderPadded, HeaderWithoutName, NameNotForAllSdks, NotUtf8,
            OutsideProfile, PropertyIndented, Undelimited,
        };
        type Case = (&'static [u8], &'static [(usize, Oddity)]);
        let cases: [Case; 18] = [
            (b"\xef\xbb\xbf[a]\n", &[(1, ByteOrderMark)]),
            (b"[a]\n\xff = 1\n", &[(2, NotUtf8)]),
            (b"k = v\nx\n[a]\n", &[(1, OutsideProfile), (2, OutsideProfile)]),
            (b"[a\nregion = x\n", &[(1, HeaderNotClosed)]),
            (b"[ ]\n", &[(1, HeaderWithoutName)]),
            (b"[ a ]\n", &[(1, HeaderPadded)]),
            (b"[a] junk\n", &[(1, HeaderJunk)]),
            (b"[a] # c\n", &[]),
            (b" [a]\n", &[(1, HeaderIndented)]),
            (b"[k\xc3\xb6]\n", &[(1, NameNotForAllSdks)]),
            (b"[DEFAULT]\n", &[(1, DefaultSection)]),
            (b"[a]\n[b]\n[a]\n", &[(3, DuplicateProfile)]),
            (b"[a]\nx = 1\nX = 2\n", &[(3, DuplicateKey)]),
            (b"[a]\nregion: x\n", &[(2, Colon)]),
            (b"[a]\nregion\n", &[(2, Undelimited)]),
            (b"[a]\n region = x\n", &[(2, PropertyIndented)]),
            (b"[a]\n # c\n", &[(2, CommentIndented)]),
            (b"[a]\nregion = x # c\nother = x # c\n", &[(2, CommentAfterValue)]),
        ];
        for (file, expected) in cases {
            assert_eq!(oddities(file), expected, "{}", file.escape_ascii());
        }
    }

    #[test]
    fn file_1_repeated_profiles_are_merged_and_the_last_value_counts() {
        let file = b"[a]\nregion = x\nregion = y\n[b]\n[a]\nregion = z\nmfa_serial = m\n";
        let profiles = Profiles::of_credentials(file);
        let a = profiles.get(b"a").unwrap();
        assert_eq!((profiles.len(), a.text(Key::Region), a.text(Key::MfaSerial)), (2, Some("z"), Some("m")));
    }

    #[test]
    fn file_1_a_repeated_key_is_noticed_among_many() {
        let mut file = b"[a]\n".to_vec();
        for n in 0..100 {
            file.extend_from_slice(format!("key{n} = 1\n").as_bytes());
        }
        file.extend_from_slice(b"KEY3 = 2\nkey99 = 2\n");
        assert_eq!(oddities(&file), [(102, Oddity::DuplicateKey), (103, Oddity::DuplicateKey)]);
    }

    #[test]
    fn file_1_an_empty_value_counts_as_absent() {
        let profiles = Profiles::of_credentials(b"[a]\nregion =\n");
        assert!(profiles.get(b"a").unwrap().get(Key::Region).is_none());
    }

    #[test]
    fn file_1_continuation_lines_belong_to_the_value() {
        assert_eq!(
            read(b"[a]\naws_session_token = x\n  y = z\nunknown = 1\n  w\nregion = r\n"),
            ["a: aws_session_token=x\\ny = z region=r"]
        );
    }

    #[test]
    fn file_2_unknown_keys_are_never_read_out() {
        assert_eq!(
            read(b"[a]\npassword = hunter2\naws_security_token = t\nregistry_token = r\nregion = x\n"),
            ["a: region=x"]
        );
    }

    #[test]
    fn config_sections_are_profiles_only_with_their_prefix() {
        let config = b"[default]\nregion = a\n[profile b]\nregion = b\n[profile \"c d\"]\nregion = c\n[services s]\n[e]\nregion = e\n[profile\tf]\n";
        let profiles = Profiles::of_config(config);
        let names: Vec<_> = profiles.iter().map(|profile| text::shown(&profile.name)).collect();
        assert_eq!(names, ["default", "b", "c d", "f"]);
        assert_eq!(profiles.get(b"c d").unwrap().text(Key::Region), Some("c"));
    }
}
