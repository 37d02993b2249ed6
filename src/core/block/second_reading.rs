//! Checks the new bytes as botocore reads them, so no change leaves a file that the AWS CLI rejects (FILE-8). Pure.

use std::ops::Range;

use bstr::ByteSlice;

use crate::core::block::check::Expected;
use crate::core::block::edit::ManagedBlock;
use crate::core::block::error::Disagreement;
use crate::core::block::layout::{Layout, SECURITY_TOKEN};
use crate::core::ini::botocore::{Fault, FaultKind, Reading, Section};
use crate::core::ini::key::Key;
use crate::core::ini::lines::line_at;

/// A disagreement and its line in the old file, counted from 1.
pub type Found = (Disagreement, usize);

/// Compares how botocore reads the old and the new file. An old fault is no reason to refuse, if no new one is added; the
/// first one that stays is returned, with its line in the old file.
pub fn verify(
    old: &Layout<'_>,
    replaced: &Range<usize>,
    new: &[u8],
    expected: &Expected<'_>,
) -> Result<Option<(FaultKind, usize)>, Found> {
    let check = Check { old: old.file(), new, replaced: replaced.clone() };
    let (before, after) = (Reading::of(old.file()), Reading::of(new));
    check.faults(&before.faults, &after.faults)?;

    let header = old.header_within(replaced);
    let old_name = header.map(|header| header.name);
    let new_name = match expected {
        Expected::Block(block) => Some(block.session_profile.as_bytes()),
        Expected::NoBlock { .. } | Expected::Device { .. } => None,
    };
    // botocore may read another name in the block's header.
    let is_in_block = |section: &Section<'_>| header.is_some_and(|header| header.range.start == section.at);
    let is_session = |section: &Section<'_>| Some(section.name) == old_name || Some(section.name) == new_name;
    let with_device = match expected {
        Expected::Device { header, .. } => section_of(&before, old.file(), *header),
        _ => None,
    };
    let others_before = before.sections.iter().filter(|section| !is_session(section) && !is_in_block(section));
    check.others(others_before, after.sections.iter().filter(|section| !is_session(section)), with_device)?;
    check.same(&before.defaults, &after.defaults, &[])?;

    if let (Expected::Device { device, .. }, Some(name)) = (expected, with_device) {
        let section = after.sections.iter().find(|section| section.name == name);
        let value = section.and_then(|section| section.get(Key::MfaDeviceArn.as_str()));
        // The AWS CLI takes a comment behind it for a part of the value, which it does not use.
        if !value.is_some_and(|entry| entry.value.starts_with(device.as_bytes())) {
            return Err((Disagreement::Session, check.line(&[])));
        }
    }
    if let Expected::Block(block) = expected {
        let here = (Disagreement::Session, check.line(&[]));
        let session = after.sections.iter().find(|section| Some(section.name) == new_name).ok_or(here)?;
        check.session(&after, session, block)?;
        if let Some(old) = before.sections.iter().find(|section| is_in_block(section)) {
            let written = block.written().map(|(key, _)| key.as_str()).chain([SECURITY_TOKEN]);
            check.same(old, session, &written.collect::<Vec<_>>())?;
        }
    }
    Ok(after.faults.first().map(|fault| (fault.kind, check.line(&[fault.at, fault.first]))))
}

/// The name that botocore reads in the header there; in a repeated section it merges both.
fn section_of<'a>(reading: &Reading<'a>, file: &[u8], header: usize) -> Option<&'a [u8]> {
    let line = file[header..].split(|&b| b == b'\n' || b == b'\r').next()?;
    let name = Reading::of(line).sections.first()?.name.to_owned();
    reading.sections.iter().map(|section| section.name).find(|found| *found == name)
}

struct Check<'a> {
    old: &'a [u8],
    new: &'a [u8],
    replaced: Range<usize>,
}

impl Check<'_> {
    fn written(&self) -> Range<usize> {
        self.replaced.start..self.new.len() - (self.old.len() - self.replaced.end)
    }

    /// Where in the old file this place of the new one is; `None` for a line that updsts writes.
    fn old_place(&self, at: usize) -> Option<usize> {
        let written = self.written();
        match at {
            at if at < written.start => Some(at),
            at if at >= written.end => Some(at - written.end + self.replaced.end),
            _ => {
                let line = self.new[at..].split(|&b| b == b'\n' || b == b'\r').next().unwrap_or_default();
                Some(self.replaced.start + self.old[self.replaced.clone()].find(line)?)
            }
        }
    }

    /// The line of the first of these places in the new file that the old one has, too; else the line of the change.
    fn line(&self, places: &[usize]) -> usize {
        let old = places.iter().find_map(|&at| self.old_place(at));
        line_at(self.old, old.unwrap_or(self.replaced.start))
    }

    fn faults(&self, before: &[Fault], after: &[Fault]) -> Result<(), Found> {
        let count = |faults: &[Fault], kind| match faults.iter().filter(|fault| fault.kind == kind).count() {
            // The first header is missing once, however many lines it should be above.
            1.. if kind == FaultKind::BeforeHeader => 1,
            count => count,
        };
        let Some(added) = after.iter().find(|fault| count(after, fault.kind) > count(before, fault.kind)) else {
            return Ok(());
        };
        Err((Disagreement::Rejected(added.kind), self.line(&[added.at, added.first])))
    }

    fn others<'s, 'f: 's>(
        &self,
        mut before: impl Iterator<Item = &'s Section<'f>>,
        mut after: impl Iterator<Item = &'s Section<'f>>,
        with_device: Option<&[u8]>,
    ) -> Result<(), Found> {
        loop {
            match (before.next(), after.next()) {
                (None, None) => return Ok(()),
                (Some(before), Some(after)) if before.name == after.name => {
                    let written = [Key::MfaDeviceArn.as_str()];
                    let is_meant = Some(before.name) == with_device;
                    self.same(before, after, if is_meant { &written } else { &[] })?;
                }
                (Some(gone), _) => return Err((Disagreement::OtherProfile, line_at(self.old, gone.at))),
                (None, Some(added)) => return Err((Disagreement::OtherProfile, self.line(&[added.at]))),
            }
        }
    }

    fn same(&self, before: &Section<'_>, after: &Section<'_>, except: &[&str]) -> Result<(), Found> {
        if before.holds_the_same(after, except) {
            return Ok(());
        }
        Err((Disagreement::OtherProfile, line_at(self.old, before.at)))
    }

    /// botocore prefers the old name of the token's key, and takes from `[DEFAULT]` what a section does not have.
    fn session(&self, file: &Reading<'_>, session: &Section<'_>, block: &ManagedBlock<'_>) -> Result<(), Found> {
        let wrong = |at| Err((Disagreement::Session, self.line(&[at])));
        if let Some(token) = file.entry(session, SECURITY_TOKEN) {
            return wrong(token.at);
        }
        for (key, written) in block.written() {
            match file.entry(session, key.as_str()) {
                Some(entry) if *entry.value == *written.as_bytes() => {}
                found => return wrong(found.map_or(session.at, |entry| entry.at)),
            }
        }
        Ok(())
    }
}
