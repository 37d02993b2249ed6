//! Where the managed blocks of a credentials file are, and what is wrong with them. Pure.
//!
//! ```ini
//! # ${{{ key=default [auto update by updsts]
//! [default_sts]
//! aws_access_key_id = …
//! # $}}} [auto update by updsts]
//! ```

use std::collections::{HashMap, HashSet};
use std::ops::Range;

pub use crate::core::block::error::BlockError;
use crate::core::block::tag::Tag;
use crate::core::ini::key::Key;
use crate::core::ini::lines::{Line, LineKind, Lines, line_at};
use crate::core::text::shown;

/// The old name of the token's key, which botocore prefers to `aws_session_token`.
pub const SECURITY_TOKEN: &str = "aws_security_token";

/// The session key with this name, if it is one of the four.
pub fn session_key(key: &[u8]) -> Option<Key> {
    Key::find(key).filter(|key| Key::OF_A_SESSION.contains(key))
}

/// Whether this is the old name of the token's key.
pub fn is_security_token(key: &[u8]) -> bool {
    SECURITY_TOKEN.as_bytes().eq_ignore_ascii_case(key)
}

/// The header of a section and its location.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderLine<'a> {
    pub name: &'a [u8],
    /// Counted from 1.
    pub line: usize,
    /// Its bytes, including the line ending.
    pub range: Range<usize>,
}

/// A managed block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block<'a> {
    /// The source profile, byte for byte.
    pub key: &'a [u8],
    /// The line of the begin tag, counted from 1.
    pub begin_line: usize,
    /// The begin tag, including its line ending.
    pub begin: Range<usize>,
    pub header: Option<HeaderLine<'a>>,
    /// The line of the end tag, counted from 1.
    pub end_line: usize,
    pub end: Range<usize>,
}

impl Block<'_> {
    /// The whole block, including both tags.
    pub fn range(&self) -> Range<usize> {
        self.begin.start..self.end.end
    }
}

/// A header, and the index of the block that contains it.
#[derive(Debug, Clone)]
struct Section<'a> {
    name: &'a [u8],
    start: usize,
    block: Option<usize>,
}

/// The blocks and headers of a file.
#[derive(Debug)]
pub struct Layout<'a> {
    file: &'a [u8],
    blocks: Vec<Block<'a>>,
    /// The first block of each source profile.
    by_key: HashMap<&'a [u8], usize>,
    sections: Vec<Section<'a>>,
    damage: Vec<BlockError>,
}

impl<'a> Layout<'a> {
    /// Finds every block. Damage is recorded, so reading continues where writing would not.
    pub fn of(file: &'a [u8]) -> Self {
        let (blocks, by_key, damage) = (Vec::new(), HashMap::new(), Vec::new());
        // A profile has a hundred bytes or more.
        let sections = Vec::with_capacity(file.len() / 128);
        let mut layout = Self { file, blocks, by_key, sections, damage };
        let mut open: Option<Block<'a>> = None;
        let mut lines = Lines::of(file);
        while let Some(line) = lines.next_landmark() {
            match line.kind {
                LineKind::Comment(text) => match Tag::read(text) {
                    Some(Tag::Begin(key)) => layout.begin(&mut open, &line, key),
                    Some(Tag::End) => layout.end(&mut open, &line),
                    None => {}
                },
                LineKind::Header(header) => {
                    layout.sections.push(Section {
                        name: header.name,
                        start: line.start,
                        block: open.as_ref().map(|_| layout.blocks.len()),
                    });
                    if let Some(block) = &mut open {
                        match &block.header {
                            Some(first) => {
                                layout.damage.push(BlockError::TwoHeaders { line: line.number, first: first.line });
                            }
                            None => {
                                block.header =
                                    Some(HeaderLine { name: header.name, line: line.number, range: line.range() });
                            }
                        }
                    }
                }
                _ => {}
            }
        }
        if let Some(block) = open {
            layout.disown(&block);
            layout.damage.push(BlockError::BeginWithoutEnd { line: block.begin_line });
        }
        layout
    }

    fn begin(&mut self, open: &mut Option<Block<'a>>, line: &Line<'a>, key: &'a [u8]) {
        if let Some(outer) = open.take() {
            self.disown(&outer);
            self.damage.push(BlockError::Nested { line: line.number, outer: outer.begin_line });
        }
        if let Some(first) = self.block_of(key) {
            self.damage.push(BlockError::SameKey { line: line.number, first: first.begin_line, key: shown(key) });
        }
        *open = Some(Block {
            key,
            begin_line: line.number,
            begin: line.range(),
            header: None,
            end_line: line.number,
            end: line.range(),
        });
    }

    fn end(&mut self, open: &mut Option<Block<'a>>, line: &Line<'a>) {
        match open.take() {
            Some(mut block) => {
                block.end_line = line.number;
                block.end = line.range();
                self.by_key.entry(block.key).or_insert(self.blocks.len());
                self.blocks.push(block);
            }
            None => self.damage.push(BlockError::EndWithoutBegin { line: line.number }),
        }
    }

    /// Handles a block that turned out not to be one: its headers are outside, and are not reported as too many.
    fn disown(&mut self, block: &Block<'a>) {
        let number = Some(self.blocks.len());
        for section in self.sections.iter_mut().rev().take_while(|section| section.block == number) {
            section.block = None;
        }
        let own = block.header.as_ref().map(|header| header.line);
        self.damage.retain(|damage| !matches!(damage, BlockError::TwoHeaders { first, .. } if Some(*first) == own));
    }

    /// The well-formed blocks in file order.
    pub fn blocks(&self) -> &[Block<'a>] {
        &self.blocks
    }

    /// What is wrong with the file's blocks, in file order; nothing is written while there is any damage.
    pub fn damage(&self) -> &[BlockError] {
        &self.damage
    }

    /// The block of a source profile.
    pub fn block_of(&self, source: &[u8]) -> Option<&Block<'a>> {
        self.by_key.get(source).map(|&at| &self.blocks[at])
    }

    /// The sections with these names: each from its header to the next one, with the line of its header.
    pub fn sections_of(&self, names: &[&[u8]]) -> Vec<(Range<usize>, usize)> {
        let ends = self.sections.iter().skip(1).map(|section| section.start).chain([self.file.len()]);
        let wanted = self.sections.iter().zip(ends).filter(|(section, _)| names.contains(&section.name));
        wanted.map(|(section, end)| (section.start..end, line_at(self.file, section.start))).collect()
    }

    /// The line of another section with the name of this header.
    pub fn repeated(&self, header: &HeaderLine<'_>) -> Option<usize> {
        let is_other = |section: &&Section<'_>| section.name == header.name && section.start != header.range.start;
        self.sections.iter().find(is_other).map(|section| line_at(self.file, section.start))
    }

    /// The names that more than one section has.
    pub fn repeated_names(&self) -> HashSet<&'a [u8]> {
        let mut seen = HashSet::with_capacity(self.sections.len());
        self.sections.iter().map(|section| section.name).filter(|name| !seen.insert(*name)).collect()
    }

    /// How many sections have that name.
    pub fn count_of(&self, name: &[u8]) -> usize {
        self.sections.iter().filter(|section| section.name == name).count()
    }

    /// The range whose meaning an edit of these bytes can change: from the last header that starts before them, or the
    /// start of the file, to the first header in column 0 after them. What follows reads the same whatever precedes it.
    pub fn neighbourhood(&self, edited: &Range<usize>) -> Range<usize> {
        let first_behind = self.sections.partition_point(|section| section.start < edited.start);
        let start = first_behind.checked_sub(1).map_or(0, |at| self.sections[at].start);
        let behind = self.sections[first_behind..].iter();
        let mut starts = behind.map(|section| section.start);
        let end = starts.find(|&start| start >= edited.end && self.file[start] == b'[');
        start..end.unwrap_or(self.file.len())
    }

    /// The session profile's header, of the block in this range.
    pub fn header_within(&self, block: &Range<usize>) -> Option<&HeaderLine<'a>> {
        self.blocks.iter().find(|found| found.range() == *block)?.header.as_ref()
    }

    pub const fn file(&self) -> &'a [u8] {
        self.file
    }

    /// The source profile whose block contains this session profile.
    pub fn source_of(&self, session_profile: &[u8]) -> Option<&'a [u8]> {
        let holds = |block: &&Block<'a>| block.header.as_ref().is_some_and(|header| header.name == session_profile);
        self.blocks.iter().find(holds).map(|block| block.key)
    }

    /// Checks everything that forbids writing `session_profile` as the session of `source` (BLK-6), and returns where
    /// it goes.
    pub fn slot<'s>(&'s self, source: &'s [u8], name: &[u8], adopts: bool) -> Result<Slot<'s>, BlockError> {
        if let Some(damage) = self.damage.first() {
            return Err(damage.clone());
        }
        let own = self.by_key.get(source).copied();
        let adopted = if adopts { self.adoptable(source, name) } else { None };
        if adopted.is_none() {
            self.check_name(own, source, name)?;
        }
        let has_tags = adopted.is_none();
        let block = adopted.or_else(|| own.map(|at| self.blocks[at].clone()));
        if let Some(block) = &block {
            self.check_inside(block)?;
            self.check_after(block)?;
        }
        Ok(Slot { file: self.file, block, has_tags })
    }

    /// The section of that name as a block without its tags, for [`Self::slot`] of a source that has no block: the section
    /// occurs once, outside every block, and holds a session (BLK-6).
    fn adoptable<'s>(&'s self, source: &'s [u8], name: &[u8]) -> Option<Block<'s>> {
        let [(range, line)] = &self.sections_of(&[name])[..] else { return None };
        let section = self.sections.iter().find(|section| section.start == range.start)?;
        let is_source = name == source || self.by_key.contains_key(name);
        if section.block.is_some() || is_source || self.by_key.contains_key(source) {
            return None;
        }
        let mut lines = Lines::from(&self.file[..range.end], range.start, *line);
        let header = lines.next()?.range();
        let (mut end, mut end_line, mut has_token) = (header.end, *line, false);
        for line in lines {
            if let LineKind::Property(_) | LineKind::Continuation(_) = line.kind {
                (end, end_line) = (line.end, line.number);
            }
            has_token |= matches!(line.kind, LineKind::Property(p) if Key::find(p.key) == Some(Key::AwsSessionToken));
        }
        let header = HeaderLine { name: section.name, line: *line, range: header };
        let (begin, end) = (range.start..range.start, end..end);
        let block = Block { key: source, begin_line: *line, begin, header: Some(header), end_line: end_line + 1, end };
        has_token.then_some(block)
    }

    fn check_name(&self, own: Option<usize>, source: &[u8], name: &[u8]) -> Result<(), BlockError> {
        if name == source {
            return Err(BlockError::NameIsOwn { name: shown(name) });
        }
        let taken = self
            .sections
            .iter()
            .find(|section| section.name == name && (section.block.is_none() || section.block != own));
        if let Some(section) = taken {
            let owner = section.block.map(|at| shown(self.blocks[at].key));
            return Err(match owner {
                Some(owner) => {
                    BlockError::NameOfOtherBlock { name: shown(name), line: line_at(self.file, section.start), owner }
                }
                None => BlockError::NameTaken {
                    name: shown(name),
                    line: line_at(self.file, section.start),
                    is_session: self.adoptable(source, name).is_some(),
                },
            });
        }
        if self.by_key.contains_key(name) {
            return Err(BlockError::NameIsSource { name: shown(name) });
        }
        Ok(())
    }

    /// A user's line that would become part of a new value must not be indented.
    fn check_inside(&self, block: &Block<'_>) -> Result<(), BlockError> {
        for line in block.body(self.file) {
            let stays = match line.kind {
                LineKind::Property(p) => session_key(p.key).is_none() && !is_security_token(p.key),
                LineKind::Undelimited => true,
                _ => false,
            };
            if stays && line.indented {
                return Err(BlockError::Indented { line: line.number });
            }
        }
        Ok(())
    }

    /// Lines after the end tag and before the next header belong to the session profile.
    fn check_after(&self, block: &Block<'_>) -> Result<(), BlockError> {
        let mut ends_with_own_key = true;
        for line in block.body(self.file) {
            if let LineKind::Property(p) = line.kind
                && !is_security_token(p.key)
            {
                ends_with_own_key = session_key(p.key).is_some();
            }
        }
        // Indented lines right after the block continue its last value.
        let mut continues = true;
        for line in Lines::from(self.file, block.end.end, block.end_line + 1) {
            match line.kind {
                LineKind::Blank | LineKind::Comment(_) => continue,
                _ if continues && line.indented => {
                    if ends_with_own_key {
                        return Err(BlockError::ContinuedAfterEnd { line: line.number });
                    }
                    continue;
                }
                LineKind::Header(header) if header.ends_a_section() => break,
                _ if block.header.is_none() => return Err(BlockError::LinesAfterEnd { line: line.number }),
                LineKind::Property(p) if session_key(p.key).is_some() || is_security_token(p.key) => {
                    let key = session_key(p.key).map_or(SECURITY_TOKEN, Key::as_str);
                    return Err(BlockError::KeyAfterEnd { line: line.number, key });
                }
                // It does not end the value above it.
                LineKind::Undelimited => continue,
                _ => {}
            }
            continues = false;
        }
        Ok(())
    }
}

impl<'a> Block<'a> {
    /// The lines between the header and the end tag; none if there is no header.
    pub fn body(&self, file: &'a [u8]) -> impl Iterator<Item = Line<'a>> + use<'a> {
        let (start, number) = match &self.header {
            Some(header) => (header.range.end, header.line + 1),
            None => (self.end.start, self.end_line),
        };
        Lines::from(&file[..self.end.start], start, number)
    }
}

/// Where a block goes: in place of the existing block, or at the end of the file.
#[derive(Debug, Clone)]
pub struct Slot<'a> {
    pub(super) file: &'a [u8],
    pub(super) block: Option<Block<'a>>,
    /// Whether the block is one already; else its tags are missing.
    pub(super) has_tags: bool,
}
