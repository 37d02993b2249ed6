//! The check of the new bytes before they replace the file (FILE-6). Pure.

use std::ops::Range;

use thiserror::Error as ThisError;

use super::managed_block::Layout;
use super::profile::{Key, Profiles};
use super::splice::ManagedBlock;

/// Why the new bytes must not replace the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ThisError)]
pub enum VerifyError {
    /// A byte outside the block differs.
    #[error("bytes outside the managed block would change")]
    Outside,
    /// Not exactly one block of the source profile, or one left after it was removed.
    #[error("the managed block would not be found again")]
    Block,
    /// The session profile reads back other values than those written.
    #[error("the session profile would not read back what was written")]
    Session,
    /// Another profile appears, disappears or reads differently.
    #[error("another profile would read differently")]
    OtherProfile,
}

/// What the new file must say of the block.
pub enum Expected<'a> {
    /// It is there and says this.
    Block(&'a ManagedBlock<'a>),
    /// No block of this source profile is left.
    NoBlock {
        /// The source profile.
        source: &'a [u8],
    },
}

/// Checks that `new` is `old` but for the block, whose old bytes stood in the range `replaced`. What was odd before is no reason to refuse.
pub fn verify(old: &[u8], replaced: &Range<usize>, new: &[u8], expected: &Expected<'_>) -> Result<(), VerifyError> {
    let (prefix, suffix) = (&old[..replaced.start], &old[replaced.end..]);
    if new.len() < prefix.len() + suffix.len() || !new.starts_with(prefix) || !new.ends_with(suffix) {
        return Err(VerifyError::Outside);
    }
    let source = match expected {
        Expected::Block(block) => block.source,
        Expected::NoBlock { source } => source,
    };
    let old_layout = Layout::of(old);
    let new_layout = Layout::of(new);
    let blocks = new_layout.blocks().iter().filter(|block| block.key == source).count();
    let old_session = old_layout.block_of(source).and_then(|block| block.header.as_ref()).map(|header| header.name);
    let (expected_blocks, new_session) = match expected {
        Expected::Block(block) => (1, Some(block.session_profile.as_bytes())),
        Expected::NoBlock { .. } => (0, None),
    };
    let others_before = old_layout.blocks().iter().filter(|block| block.key != source);
    let others_after = new_layout.blocks().iter().filter(|block| block.key != source);
    if blocks != expected_blocks || !others_before.map(|block| block.key).eq(others_after.map(|block| block.key)) {
        return Err(VerifyError::Block);
    }
    let new_profiles = Profiles::of_credentials(new);
    if let Expected::Block(block) = expected {
        let session = new_profiles.get(block.session_profile.as_bytes()).ok_or(VerifyError::Session)?;
        let keys = [Key::AwsAccessKeyId, Key::AwsSecretAccessKey, Key::AwsSessionToken, Key::ExpirationDatetime];
        let reads_back = |(key, value): (Key, &str)| session.text(key) == Some(value);
        if !keys.into_iter().zip(block.values()).all(reads_back) {
            return Err(VerifyError::Session);
        }
    }
    let old_profiles = Profiles::of_credentials(old);
    let is_session = |name: &[u8]| Some(name) == old_session || Some(name) == new_session;
    let mut before = old_profiles.iter().filter(|profile| !is_session(&profile.name));
    let mut after = new_profiles.iter().filter(|profile| !is_session(&profile.name));
    loop {
        match (before.next(), after.next()) {
            (None, None) => return Ok(()),
            (Some(a), Some(b)) if a.reads_like(b) => {}
            _ => return Err(VerifyError::OtherProfile),
        }
    }
}
