//! What only the file system knows is tried out on an empty new file before a code is needed (GET-3).

use crate::core::error::{Error, ErrorCode, Result};
use crate::core::file::credentials_file::{CredentialsFile, Snapshot, is_missing};
use crate::core::file::folder::For;
use crate::core::file::new_file::NewFile;
use crate::core::file::not_kept::NotKept;
use crate::core::file::replace::is_full;
use crate::core::text::{self, os_error};

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

    pub(super) fn not_kept(&self, NotKept { what, error }: &NotKept) -> Error {
        if is_full(error) {
            return self.failed("replaced", error);
        }
        let message = format!("the {what} of `{}` cannot be preserved: {}", text::path(&self.path), os_error(error));
        let hint = match *what {
            "owner" => "run updsts as the owner of the file; it is unchanged",
            "group" => "change it to one of your groups with `chgrp`; the file is unchanged",
            _ => "copy it to a file system that can keep this, and name the copy with `-c FILE`; the file is unchanged",
        };
        Error::new(ErrorCode::NotWritable, message, hint)
    }
}
