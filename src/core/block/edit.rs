//! The new bytes of a block, in place of the old ones. Pure: every other byte comes from the input.

use std::ops::Range;

use zeroize::Zeroizing;

use crate::core::block::layout::{Block, BlockError, Layout, Slot, is_security_token, session_key};
use crate::core::block::tag::Tag;
use crate::core::ini::key::Key;
use crate::core::ini::lines::{LineKind, Property, line_ending, trim};
use crate::core::secret::{ExposeSecret, SecretBytes};
use crate::core::session::SessionCredentials;
use crate::core::text::shown;

/// The contents of a block.
#[derive(Debug, Clone, Copy)]
pub struct ManagedBlock<'a> {
    /// The source profile, byte for byte.
    pub source: &'a [u8],
    /// The name under which other tools find the session.
    pub session_profile: &'a str,
    pub credentials: &'a SessionCredentials,
    /// The expiry as written, RFC 3339.
    pub expiration: &'a str,
    /// A region for a session profile that has none (BLK-11); from then on it is the user's.
    pub region: Option<&'a str>,
    /// Whether a section of that name which holds a session becomes the block (BLK-6).
    pub adopts: bool,
}

impl<'a> ManagedBlock<'a> {
    pub const fn new(
        source: &'a [u8],
        session_profile: &'a str,
        credentials: &'a SessionCredentials,
        expiration: &'a str,
    ) -> Self {
        Self { source, session_profile, credentials, expiration, region: None, adopts: false }
    }

    /// The four keys with their values, in the order of a new block.
    pub fn entries(&self) -> [(Key, &str); 4] {
        let values = [
            &self.credentials.access_key_id,
            self.credentials.secret_access_key.expose_secret(),
            self.credentials.session_token.expose_secret(),
            self.expiration,
        ];
        let mut values = values.into_iter();
        Key::OF_A_SESSION.map(|key| (key, values.next().expect("each key has its value")))
    }

    /// Everything that the session profile must read back.
    pub fn written(&self) -> impl Iterator<Item = (Key, &str)> {
        self.entries().into_iter().chain(self.region.map(|region| (Key::Region, region)))
    }
}

/// Bytes to put in place of a range of the file. No `Debug`: it holds a session.
pub struct Edit {
    range: Range<usize>,
    replacement: Zeroizing<Vec<u8>>,
}

impl Edit {
    pub(super) fn new(range: Range<usize>, replacement: Vec<u8>) -> Self {
        Self { range, replacement: Zeroizing::new(replacement) }
    }

    /// The range of the old file that is replaced.
    pub fn range(&self) -> Range<usize> {
        self.range.clone()
    }

    pub fn replacement(&self) -> &[u8] {
        &self.replacement
    }

    /// The whole new file.
    pub fn apply(&self, file: &[u8]) -> SecretBytes {
        // Its size is known, so no growing buffer leaves a partial copy of a secret behind.
        let mut new = Vec::with_capacity(file.len() - self.range.len() + self.replacement.len());
        new.extend_from_slice(&file[..self.range.start]);
        new.extend_from_slice(&self.replacement);
        new.extend_from_slice(&file[self.range.end..]);
        SecretBytes::new(new)
    }
}

/// Puts the block into its slot: rewrites the lines of an existing block, or appends the block.
pub fn splice(slot: &Slot<'_>, block: &ManagedBlock<'_>) -> Edit {
    match &slot.block {
        Some(old) if slot.has_tags => update(slot.file, old, block),
        Some(old) => adopt(slot.file, old, block),
        None => append(slot.file, block),
    }
}

/// Removes the tags, the header and the session profile's lines (BLK-10). Lines between the begin
/// tag and the header stay: they belong to the profile above.
pub fn remove(layout: &Layout<'_>, file: &[u8], block: &Block<'_>) -> Result<Edit, BlockError> {
    if let Some(damage) = layout.damage().first() {
        return Err(damage.clone());
    }
    let after = crate::core::ini::lines::Lines::from(file, block.end.end, block.end_line + 1);
    for line in after {
        match line.kind {
            LineKind::Blank | LineKind::Comment(_) => {}
            LineKind::Header(header) if header.ends_a_section() && !line.indented => break,
            // They would become part of the profile above the block.
            _ => return Err(BlockError::LinesAfterEnd { line: line.number }),
        }
    }
    let kept = match &block.header {
        Some(header) => block.begin.end..header.range.start,
        None => block.begin.end..block.end.start,
    };
    Ok(Edit { range: block.range(), replacement: Zeroizing::new(file[kept].to_vec()) })
}

/// The user's own lines of a session profile that [`remove`] deletes: line and key. The source's region is none of them.
pub fn own_lines(file: &[u8], block: &Block<'_>, source_region: Option<&[u8]>) -> Vec<(usize, String)> {
    let is_region = |p: &Property<'_>| Key::find(p.key) == Some(Key::Region) && Some(p.value()) == source_region;
    block
        .body(file)
        .filter_map(|line| match line.kind {
            LineKind::Property(p) if is_region(&p) => None,
            LineKind::Property(p) if session_key(p.key).is_none() && !is_security_token(p.key) => {
                Some((line.number, format!("`{}`", shown(p.key))))
            }
            LineKind::Comment(_) => Some((line.number, "a comment".to_owned())),
            LineKind::Undelimited => Some((line.number, "a line without `=`".to_owned())),
            _ => None,
        })
        .collect()
}

struct Writer<'a> {
    out: Zeroizing<Vec<u8>>,
    line_ending: &'a [u8],
}

impl Writer<'_> {
    fn line(&mut self, parts: &[&[u8]]) {
        for part in parts {
            self.out.extend_from_slice(part);
        }
        self.out.extend_from_slice(self.line_ending);
    }

    fn property(&mut self, (key, value): (Key, &str)) {
        self.line(&[key.as_str().as_bytes(), b" = ", value.as_bytes()]);
    }

    /// The header and the keys of a session profile that has none yet.
    fn session(&mut self, block: &ManagedBlock<'_>) {
        self.line(&[b"[", block.session_profile.as_bytes(), b"]"]);
        block.written().for_each(|entry| self.property(entry));
    }
}

/// The capacity for a new block, so its buffer does not grow and leave a copy of the secrets behind.
fn capacity(block: &ManagedBlock<'_>) -> usize {
    let keys: usize = block.entries().iter().map(|(key, value)| key.as_str().len() + value.len() + 5).sum();
    keys + block.source.len() + block.session_profile.len() + 128
}

fn append(file: &[u8], block: &ManagedBlock<'_>) -> Edit {
    let line_ending = last_line_ending(file);
    let mut writer = Writer { out: Zeroizing::new(Vec::with_capacity(capacity(block))), line_ending };
    if !file.is_empty() && !file.ends_with(b"\n") {
        writer.line(&[]);
    }
    writer.line(&[&Tag::Begin(block.source).written()]);
    writer.session(block);
    writer.line(&[&Tag::End.written()]);
    Edit { range: file.len()..file.len(), replacement: writer.out }
}

/// The line ending of the last line that has one, else `\n`.
pub(super) fn last_line_ending(file: &[u8]) -> &'static [u8] {
    match memchr::memrchr(b'\n', file) {
        Some(at) if at > 0 && file[at - 1] == b'\r' => b"\r\n",
        _ => b"\n",
    }
}

fn update(file: &[u8], old: &Block<'_>, block: &ManagedBlock<'_>) -> Edit {
    let first_line = match &old.header {
        Some(header) if old.begin.is_empty() => header.range.clone(),
        _ => old.begin.clone(),
    };
    let mut writer = Writer {
        out: Zeroizing::new(Vec::with_capacity(old.range().len() + capacity(block))),
        line_ending: line_ending(&file[first_line]),
    };
    let Some(header) = &old.header else {
        // Lines between the tags belong to the profile above: the session goes after them.
        writer.out.extend_from_slice(&file[old.begin.start..old.end.start]);
        writer.session(block);
        writer.out.extend_from_slice(&file[old.end.clone()]);
        return Edit { range: old.range(), replacement: writer.out };
    };
    writer.out.extend_from_slice(&file[old.begin.start..header.range.start]);
    let line = &file[header.range.clone()];
    writer.out.extend_from_slice(&[b"[", block.session_profile.as_bytes(), b"]", comment_after_header(line)].concat());
    rewrite_body(file, old, &mut writer, block);
    if let Some(region) = block.region {
        writer.property((Key::Region, region));
    }
    writer.out.extend_from_slice(&file[old.end.clone()]);
    Edit { range: old.range(), replacement: writer.out }
}

/// Updates a section that holds a session, and puts the tags around it.
fn adopt(file: &[u8], section: &Block<'_>, block: &ManagedBlock<'_>) -> Edit {
    let header = section.header.as_ref().map_or(0..0, |header| header.range.clone());
    let inner = update(file, section, block);
    let mut writer = Writer {
        out: Zeroizing::new(Vec::with_capacity(inner.replacement.len() + block.source.len() + 128)),
        line_ending: line_ending(&file[header]),
    };
    writer.line(&[&Tag::Begin(block.source).written()]);
    writer.out.extend_from_slice(&inner.replacement);
    if !writer.out.ends_with(b"\n") {
        writer.line(&[]);
    }
    writer.line(&[&Tag::End.written()]);
    Edit { range: inner.range, replacement: writer.out }
}

/// What stays of a header's line behind its bracket: a comment, if any, and the line ending. botocore would take a name
/// up to a last bracket in the comment.
fn comment_after_header(line: &[u8]) -> &[u8] {
    let rest = memchr::memchr(b']', line).map_or(&b""[..], |end| &line[end + 1..]);
    let is_comment = rest.first().is_some_and(u8::is_ascii_whitespace)
        && matches!(trim(rest).first(), None | Some(b'#' | b';'))
        && !rest.contains(&b']');
    if is_comment { rest } else { line_ending(line) }
}

/// Rewrites each of the four keys where it first occurs; missing ones follow the last of these.
fn rewrite_body(file: &[u8], old: &Block<'_>, writer: &mut Writer<'_>, block: &ManagedBlock<'_>) {
    let keys = old.body(file).filter_map(|line| match line.kind {
        LineKind::Property(p) => session_key(p.key),
        _ => None,
    });
    let present: Vec<_> = keys.collect();
    let mut pending = block.entries().to_vec();
    let missing = pending.iter().filter(|(key, _)| !present.contains(key)).count();
    if missing == pending.len() {
        pending.drain(..).for_each(|entry| writer.property(entry));
    }
    // A value's continuation lines are removed with it, even after a comment or a blank line.
    let mut value_goes = false;
    for line in old.body(file) {
        match line.kind {
            LineKind::Property(p) => {
                let key = session_key(p.key);
                value_goes = key.is_some() || is_security_token(p.key);
                if let Some(at) = pending.iter().position(|(pending, _)| Some(*pending) == key) {
                    writer.property(pending.remove(at));
                    if pending.len() == missing {
                        pending.drain(..).for_each(|entry| writer.property(entry));
                    }
                }
                if value_goes {
                    continue;
                }
            }
            LineKind::Continuation(_) if value_goes => continue,
            _ => {}
        }
        writer.out.extend_from_slice(&file[line.range()]);
    }
}
