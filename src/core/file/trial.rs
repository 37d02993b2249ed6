//! What only the file system knows is tried out on an empty new file before a code is needed (GET-3).

use crate::core::error::Result;
use crate::core::file::credentials_file::{CredentialsFile, Snapshot, is_missing};
use crate::core::file::folder::For;
use crate::core::file::new_file::NewFile;

impl CredentialsFile {
    /// Tries to create a file in the directory, to give it owner, group, mode and attributes of the file, and to remove
    /// it.
    pub fn try_out(&self, checked: &Snapshot) -> Result<()> {
        let old = match checked.folder.open_file(checked.name(), For::Reading) {
            // It is away for a moment.
            Err(error) if is_missing(&error) => return Ok(()),
            old => self.checked(old)?,
        };
        let new = NewFile::create(&checked.folder).map_err(|error| self.failed("replaced", &error))?;
        new.keep_owner_and_mode(&old, &checked.metadata).map_err(|not_kept| self.not_kept(&not_kept))?;
        new.discard().map_err(|error| self.failed("replaced", &error))
    }
}
