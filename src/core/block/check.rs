//! Checks the new bytes before they replace the file (FILE-6). Pure.

use std::ops::Range;

use crate::core::block::edit::ManagedBlock;
use crate::core::block::error::VerifyError;
use crate::core::block::layout::{Block, Layout};
use crate::core::ini::key::Key;
use crate::core::ini::lines::BYTE_ORDER_MARK;
use crate::core::ini::profiles::{Profile, Profiles};

/// What the new file must contain.
pub enum Expected<'a> {
    Block(&'a ManagedBlock<'a>),
    /// No block of this source profile remains.
    NoBlock {
        source: &'a [u8],
    },
    /// The profile, in the section of this header, names the device; every block is as it was.
    Device {
        profile: &'a [u8],
        header: usize,
        device: &'a str,
    },
}

/// Checks that `new` equals `old` except for the block, whose old bytes were in the range `replaced`, and that nothing
/// else reads differently. Oddities in the old file are no reason to refuse.
///
/// Profiles are read only in the neighbourhood of the edit: before it the bytes are the same, and from the next header
/// in column 0 on they are the same and read the same, whatever precedes them.
pub fn verify(old: &[u8], replaced: &Range<usize>, new: &[u8], expected: &Expected<'_>) -> Result<(), VerifyError> {
    let (prefix, suffix) = (&old[..replaced.start], &old[replaced.end..]);
    if new.len() < prefix.len() + suffix.len() || !new.starts_with(prefix) || !new.ends_with(suffix) {
        return Err(VerifyError::Outside);
    }
    let written = replaced.start..new.len() - suffix.len();
    let layout = Layout::of(new);
    check_blocks(&layout, &written, expected)?;

    let around = layout.neighbourhood(&written);
    // The same header in the old file; there, too, it must be at the start of a line.
    let old_end = old.len() - (new.len() - around.end);
    if old_end != old.len() && !starts_line(old, old_end) {
        return Err(VerifyError::OtherProfile);
    }
    let old_around = &old[around.start..old_end];
    let before = Profiles::of_credentials(old_around);
    let after = Profiles::of_credentials(&new[around.clone()]);
    let new_session = match expected {
        Expected::Block(block) => Some(block.session_profile.as_bytes()),
        Expected::NoBlock { .. } | Expected::Device { .. } => None,
    };
    match expected {
        Expected::Block(block) => check_session(&layout, &after, block)?,
        Expected::Device { profile, device, .. } => {
            let read = after.get(profile).and_then(|profile| profile.text(Key::MfaDeviceArn));
            if read != Some(*device) {
                return Err(VerifyError::Session);
            }
        }
        Expected::NoBlock { .. } => {}
    }
    let old_session = session_in(old_around, replaced.start - around.start);
    let is_session = |name: &[u8]| Some(name) == old_session || Some(name) == new_session;
    let reads_the_same = |a: &Profile<'_>, b: &Profile<'_>| match expected {
        Expected::Device { profile, .. } if *a.name == **profile => a.reads_like_except(b, Key::MfaDeviceArn),
        _ => a.reads_like(b),
    };
    let mut before = before.iter().filter(|profile| !is_session(&profile.name));
    let mut after = after.iter().filter(|profile| !is_session(&profile.name));
    loop {
        match (before.next(), after.next()) {
            (None, None) => return Ok(()),
            (Some(a), Some(b)) if reads_the_same(a, b) => {}
            _ => return Err(VerifyError::OtherProfile),
        }
    }
}

/// Every tag in the new file has its partner, and the block is the one that was written, or is gone.
fn check_blocks(layout: &Layout<'_>, written: &Range<usize>, expected: &Expected<'_>) -> Result<(), VerifyError> {
    let inside = |block: &&Block<'_>| written.start <= block.begin.start && block.end.end <= written.end;
    let mut inside = layout.blocks().iter().filter(inside);
    let is_right = match expected {
        Expected::Block(block) => {
            inside.next().is_some_and(|found| found.key == block.source) && inside.next().is_none()
        }
        Expected::NoBlock { source } => layout.block_of(source).is_none() && inside.next().is_none(),
        Expected::Device { .. } => inside.next().is_none(),
    };
    if is_right && layout.damage().is_empty() { Ok(()) } else { Err(VerifyError::Block) }
}

/// The session profile occurs once in the file and reads back as it was written.
fn check_session(layout: &Layout<'_>, after: &Profiles<'_>, block: &ManagedBlock<'_>) -> Result<(), VerifyError> {
    let name = block.session_profile.as_bytes();
    let session = after.get(name).ok_or(VerifyError::Session)?;
    let reads_back = |(key, value): (Key, &str)| session.text(key) == Some(value);
    if layout.count_of(name) == 1 && block.written().all(reads_back) { Ok(()) } else { Err(VerifyError::Session) }
}

/// The session profile of the block that begins there. Its lines are read together with those above it, whose value
/// they may continue.
fn session_in(around: &[u8], begin: usize) -> Option<&[u8]> {
    let layout = Layout::of(around);
    let block = layout.blocks().iter().find(|block| block.begin.start == begin)?;
    block.header.as_ref().map(|header| header.name)
}

fn starts_line(bytes: &[u8], at: usize) -> bool {
    at == 0 || bytes[at - 1] == b'\n' || &bytes[..at] == BYTE_ORDER_MARK
}
