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
        let (folder, name, start) = (&checked.folder, checked.name(), Instant::now());
        loop {
            match check_not_in_use(folder, name) {
                Err(error) if is_in_use(&error) && start.elapsed() < LONGEST_USE => sleep(TRY_AGAIN).await,
                // It is away for a moment.
                Err(error) if is_missing(&error) => return Ok(()),
                done => break done.map_err(|error| self.failed("replaced", &error))?,
            }
        }
        let old = match folder.open_file(name, For::Reading) {
            Err(error) if is_missing(&error) => return Ok(()),
            old => self.checked(old)?,
        };
        let new = match NewFile::create(folder, &old, name) {
            // On Windows it is made as a copy.
            Err(error) if is_missing(&error) => return Ok(()),
            new => new.map_err(|error| self.failed("replaced", &error))?,
        };
        new.keep(&old, &checked.metadata).map_err(|not_kept| self.not_kept(&not_kept))?;
        new.discard().map_err(|error| self.failed("replaced", &error))
    }
}
