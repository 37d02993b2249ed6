//! A change to a block and the resulting new file, checked (FILE-6). Pure.

use std::path::Path;

use crate::core::block::check::{Expected, verify};
use crate::core::block::device_line::{DeviceLine, device_line};
use crate::core::block::edit::{Edit, ManagedBlock, remove, splice};
use crate::core::block::error::BlockError;
use crate::core::block::layout::{Block, Layout};
use crate::core::block::second_reading;
use crate::core::ini::botocore::FaultKind;
use crate::core::secret::SecretBytes;
use crate::core::text;

/// No `Debug`: it holds a session.
pub struct Change {
    pub edit: Edit,
    pub file: SecretBytes,
    /// Why the AWS CLI rejects the file, before the change and after it, and the line, counted from 1.
    rejected: Option<(FaultKind, usize)>,
}

impl Change {
    /// Writes a session into its block, or appends the block.
    pub fn write(layout: &Layout<'_>, block: &ManagedBlock<'_>) -> Result<Self, BlockError> {
        let slot = layout.slot(block.source, block.session_profile.as_bytes(), block.adopts)?;
        Self::checked(layout, splice(&slot, block), &Expected::Block(block))
    }

    pub fn remove(layout: &Layout<'_>, block: &Block<'_>) -> Result<Self, BlockError> {
        let edit = remove(layout, layout.file(), block)?;
        Self::checked(layout, edit, &Expected::NoBlock { source: block.key })
    }

    /// Writes the device into the section of a source profile.
    pub fn set_device(layout: &Layout<'_>, profile: &[u8], device: &str) -> Result<Self, BlockError> {
        let DeviceLine { header, edit } = device_line(layout, profile, device)?;
        Self::checked(layout, edit, &Expected::Device { profile, header, device })
    }

    /// The warning about a file that the AWS CLI rejects anyway.
    pub fn warning(&self, path: &Path) -> Option<String> {
        let (fault, line) = self.rejected?;
        Some(format!("{}: {fault}: the AWS CLI rejects the file", text::place(path, Some(line))))
    }

    fn checked(layout: &Layout<'_>, edit: Edit, expected: &Expected<'_>) -> Result<Self, BlockError> {
        let file = edit.apply(layout.file());
        verify(layout.file(), &edit.range(), &file, expected)?;
        let rejected = second_reading::verify(layout, &edit.range(), &file, expected)
            .map_err(|(what, line)| BlockError::ForAwsCli { what, line })?;
        Ok(Self { edit, file, rejected })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::block::error::VerifyError;
    use crate::core::secret::SecretString;
    use crate::core::session::SessionCredentials;

    #[test]
    fn file_6_an_edit_that_does_not_make_the_expected_file_is_refused() {
        let credentials = SessionCredentials {
            access_key_id: "ASIAIOSFODNN7EXAMPLE".into(),
            secret_access_key: SecretString::from("s"),
            session_token: SecretString::from("t"),
            expiration: jiff::Timestamp::UNIX_EPOCH,
        };
        let block = |expiration| ManagedBlock::new(b"a", "a_sts", &credentials, expiration);
        let layout = Layout::of(b"[a]\n");
        let edit = || splice(&layout.slot(b"a", b"a_sts", false).unwrap(), &block("today"));
        assert!(Change::checked(&layout, edit(), &Expected::Block(&block("today"))).is_ok());
        let refused = Change::checked(&layout, edit(), &Expected::Block(&block("tomorrow"))).err();
        assert_eq!(refused, Some(BlockError::Unsafe(VerifyError::Session)));
        let refused = Change::checked(&layout, edit(), &Expected::NoBlock { source: b"a" }).err();
        assert_eq!(refused, Some(BlockError::Unsafe(VerifyError::Block)));
    }
}
