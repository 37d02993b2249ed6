//! What only the file system knows is tried out on an empty new file before a code is needed (GET-3).

use std::time::Instant;

use tokio::time::sleep;

use crate::core::error::Result;
use crate::core::file::contents::{LONGEST_USE, TRY_AGAIN};
use crate::core::file::credentials_file::{CredentialsFile, Snapshot, is_missing};
use crate::core::file::new_file::NewFile;
use crate::core::file::system::{For, check_not_in_use, is_in_use};

impl CredentialsFile {
    /// Tries to create a file in the directory, to give it owner, group, mode and attributes of the file, and to remove
    /// it; waits a moment for a program that has the file open and lets nobody replace it.
    pub async fn try_out(&self, checked: &Snapshot) -> Result<()> {
        let start = Instant::now();
        let old = loop {
            let name = checked.name();
            let opened =
                check_not_in_use(&checked.folder, name).and_then(|()| checked.folder.open_file(name, For::Reading));
            match opened {
                Err(error) if is_in_use(&error) && start.elapsed() < LONGEST_USE => sleep(TRY_AGAIN).await,
                Err(error) if is_in_use(&error) => return Err(self.failed("replaced", &error)),
                // It is away for a moment.
                Err(error) if is_missing(&error) => return Ok(()),
                old => break self.checked(old)?,
            }
        };
        let new =
            NewFile::create(&checked.folder, &old, checked.name()).map_err(|error| self.failed("replaced", &error))?;
        new.keep(&old, &checked.metadata).map_err(|not_kept| self.not_kept(&not_kept))?;
        new.discard().map_err(|error| self.failed("replaced", &error))
    }
}
