//! The line that names the MFA device in the section of a source profile (FIRST-1). Pure: every other byte comes from
//! the input.

use std::ops::Range;

use bstr::ByteSlice;

use crate::core::block::edit::{Edit, last_line_ending};
use crate::core::block::error::BlockError;
use crate::core::block::layout::Layout;
use crate::core::block::tag::Tag;
use crate::core::ini::key::Key;
use crate::core::ini::lines::{Line, LineKind, Lines, Property, is_blank, line_at, line_ending, trim};
use crate::core::text::shown;

/// The section that gets the line, and the edit.
pub struct DeviceLine {
    /// Where its header is.
    pub header: usize,
    pub edit: Edit,
}

/// Rewrites the device that counts, else adds the line below the last key line of the section.
pub fn device_line(layout: &Layout<'_>, profile: &[u8], device: &str) -> Result<DeviceLine, BlockError> {
    if let Some(damage) = layout.damage().first() {
        return Err(damage.clone());
    }
    let sections = layout.sections_of(&[profile]);
    let read = |(range, number): &(Range<usize>, usize)| Section::read(layout.file(), range.clone(), *number);
    let sections: Vec<_> = sections.iter().map(read).collect();
    let there = sections.iter().rev().find_map(|section| Some((section, section.device.as_ref()?)));
    if let Some((section, line)) = there {
        return Ok(DeviceLine { header: section.start, edit: section.rewrite(line, device) });
    }
    let with_keys = sections.iter().rfind(|section| section.last_property.is_some());
    let section = with_keys.or(sections.last()).ok_or_else(|| BlockError::NoSection { name: shown(profile) })?;
    section.check_behind(layout.file())?;
    Ok(DeviceLine { header: section.start, edit: section.insert(device) })
}

struct Section<'a> {
    file: &'a [u8],
    start: usize,
    /// The last line of the last key's value, or the header.
    last: Range<usize>,
    last_property: Option<Line<'a>>,
    device: Option<Line<'a>>,
    /// The lines of the section.
    lines: Vec<Line<'a>>,
}

impl<'a> Section<'a> {
    fn read(file: &'a [u8], range: Range<usize>, number: usize) -> Self {
        let lines: Vec<_> = Lines::from(&file[..range.end], range.start, number).collect();
        let start = range.start;
        let mut section =
            Self { file, start, last: start..start, last_property: None, device: None, lines: Vec::new() };
        let (mut is_in_block, mut is_open) = (false, false);
        for line in &lines {
            match line.kind {
                LineKind::Comment(text) => is_in_block |= matches!(Tag::read(text), Some(Tag::Begin(_))),
                LineKind::Header(_) if line.start == start => section.last = line.range(),
                LineKind::Property(property) => {
                    if is_device(property) {
                        section.device = Some(*line);
                    }
                    // Lines that another program put behind the begin tag stay where they are.
                    is_open = !is_in_block;
                    if is_open {
                        (section.last, section.last_property) = (line.range(), Some(*line));
                    }
                }
                LineKind::Continuation(_) if is_open => section.last = line.range(),
                _ => {}
            }
        }
        Self { lines, ..section }
    }

    /// An indented line behind the new one would become a part of its value, also behind a line without `=`.
    fn check_behind(&self, file: &[u8]) -> Result<(), BlockError> {
        let decides = |line: &Line<'_>| match line.kind {
            LineKind::Blank | LineKind::Comment(_) => false,
            LineKind::Undelimited => line.indented,
            _ => true,
        };
        match Lines::from(file, self.last.end, line_at(file, self.last.end)).find(decides) {
            Some(line) if line.indented => Err(BlockError::IndentedBehind { line: line.number }),
            _ => Ok(()),
        }
    }

    fn insert(&self, device: &str) -> Edit {
        let (before, after) = self.blanks();
        let line = [Key::MfaDeviceArn.as_str(), &before, "=", &after, device].concat();
        let at = self.last.end;
        let text = match line_ending(&self.file[self.last.clone()]) {
            b"" => [last_line_ending(self.file), line.as_bytes()].concat(),
            ending => [line.as_bytes(), ending].concat(),
        };
        Edit::new(at..at, text)
    }

    /// Puts the device in place of the value, with its continuation lines.
    fn rewrite(&self, line: &Line<'_>, device: &str) -> Edit {
        let bytes = &self.file[line.range()];
        let value = value_in(bytes);
        let (blank, blank_behind) = match bytes[value.clone()].is_empty() {
            true if bytes[..value.start].ends_with(b" =") => (" ", ""),
            true if bytes[value.start..].starts_with_str("#") || bytes[value.start..].starts_with_str(";") => ("", " "),
            _ => ("", ""),
        };
        let mut text = [&bytes[..value.start], blank.as_bytes(), device.as_bytes(), blank_behind.as_bytes()].concat();
        text.extend_from_slice(&bytes[value.end..]);
        let behind = self.lines.iter().filter(|other| other.start >= line.end);
        let own: Vec<_> = behind.take_while(|other| !ends_value(other)).collect();
        let is_continuation = |other: &&Line<'_>| matches!(other.kind, LineKind::Continuation(_));
        let count = own.iter().rposition(is_continuation).map_or(0, |at| at + 1);
        let kept = own[..count].iter().filter(|other| !is_continuation(other));
        kept.for_each(|other| text.extend_from_slice(&self.file[other.range()]));
        let end = own[..count].last().map_or(line.end, |last| last.end);
        Edit::new(line.start..end, text)
    }

    /// The blanks before and after `=`, as in the last key line; equals signs below one another stay so.
    fn blanks(&self) -> (String, String) {
        let usual = || (" ".to_owned(), " ".to_owned());
        let Some(last) = self.last_property else { return usual() };
        let bytes = &self.file[last.range()];
        let Some(at) = memchr::memchr(b'=', bytes).filter(|&at| delimiter(bytes) == at) else { return usual() };
        let before = &bytes[bytes[..at].trim_end_with(is_blank).len()..at];
        let after = &bytes[at + 1..value_in(bytes).start.max(at + 1)];
        let is_plain = |blanks: &[u8]| blanks.iter().all(|b| b" \t".contains(b));
        if !is_plain(before) || !is_plain(after) {
            return usual();
        }
        let after = if value_in(bytes).is_empty() && !before.is_empty() { b" " } else { after };
        let after = String::from_utf8_lossy(after).into_owned();
        let width = Key::MfaDeviceArn.as_str().len();
        match self.column() {
            Some(column) if column > width => (" ".repeat(column - width), after),
            Some(_) => (" ".to_owned(), after),
            None => (String::from_utf8_lossy(before).into_owned(), after),
        }
    }

    /// The column of the equals signs, if keys of different lengths have it.
    fn column(&self) -> Option<usize> {
        let keys = self.lines.iter().filter_map(|line| match line.kind {
            LineKind::Property(property) => Some((property.key.len(), delimiter(&self.file[line.range()]))),
            _ => None,
        });
        let keys: Vec<_> = keys.collect();
        let (length, column) = *keys.first()?;
        let is_aligned = keys.iter().all(|key| key.1 == column) && keys.iter().any(|key| key.0 != length);
        is_aligned.then_some(column)
    }
}

fn is_device(property: Property<'_>) -> bool {
    Key::find(property.key) == Some(Key::MfaDeviceArn)
}

fn ends_value(line: &Line<'_>) -> bool {
    matches!(line.kind, LineKind::Property(_) | LineKind::Header(_))
}

/// Where the delimiter of a key line is.
fn delimiter(line: &[u8]) -> usize {
    memchr::memchr2(b'=', b':', line).unwrap_or(line.len())
}

/// Where the value of a key line is, without its comment.
fn value_in(line: &[u8]) -> Range<usize> {
    let from = (delimiter(line) + 1).min(line.len());
    let value = match Lines::of(line).next().map(|line| line.kind) {
        Some(LineKind::Property(property)) => property.value(),
        _ => b"",
    };
    let blanks = line[from..].len() - line[from..].trim_start_with(is_blank).len();
    if !value.is_empty() {
        return from + blanks..from + blanks + value.len();
    }
    // Before a comment, else right behind the delimiter.
    let start = if trim(&line[from..]).is_empty() { from } else { from + blanks };
    start..start
}
