//! The lock of the file (FILE-5). It is held only from a fresh read to the rename.

use std::ffi::OsString;
use std::fs::{File, TryLockError};
use std::io;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::core::error::{Error, ErrorCode, Result};
use crate::core::file::credentials_file::{CredentialsFile, is_missing};
use crate::core::file::rests::REST_OF_EMPTY;
use crate::core::file::system::{Folder, For, Lock, has_no_locks, is_in_use, lock, lock_by_path};
use crate::core::text::{self, os_error};

/// How long a writer waits for the others.
const LONGEST_WAIT: Duration = Duration::from_mins(1);
/// How long a writer waits before it reports that.
const SILENT_WAIT: Duration = Duration::from_secs(1);

/// The locked file, or the file without a lock if its file system does not support locks.
pub(super) struct Locked {
    pub(super) file: File,
    /// Its name in the directory that was checked.
    pub(super) name: OsString,
    /// What is locked in its place, where a lock on the file itself would keep its readers out; `None` without locks.
    pub(super) lock: Option<Lock>,
}

enum Try {
    Locked(Locked),
    /// Another program holds the lock, or has just replaced the file.
    Busy,
    /// There is no file at the moment, or another program lets nobody open it.
    Away(io::Error),
}

enum NoLock {
    Busy,
    Unsupported,
}

impl CredentialsFile {
    /// Locks the file that the path leads to at the end of the wait, however often it was replaced in the meantime: a
    /// lock on a file that was renamed away protects nothing. It must be in the directory that was checked.
    pub(super) async fn lock(&self, folder: &Folder, mut notice: impl FnMut(&str)) -> Result<Locked> {
        let start = Instant::now();
        let mut pause = Duration::from_millis(1);
        let (mut said, mut away_since) = (false, None);
        loop {
            match self.try_to_lock(folder)? {
                Try::Locked(locked) => return Ok(locked),
                Try::Busy => away_since = None,
                Try::Away(error) => {
                    if away_since.get_or_insert_with(Instant::now).elapsed() >= REST_OF_EMPTY {
                        return Err(self.unreadable(&error));
                    }
                }
            }
            let waited = start.elapsed();
            if waited >= LONGEST_WAIT {
                let message = format!("`{}` was locked by another program for 60 s", text::path(&self.path));
                return Err(Error::new(
                    ErrorCode::LockTimeout,
                    message,
                    "stop the program that holds the lock, and try again",
                ));
            }
            if waited >= SILENT_WAIT && !said {
                notice("waiting for another program to finish writing the credentials file");
                said = true;
            }
            sleep(pause).await;
            pause = (pause * 2).min(Duration::from_millis(50));
        }
    }

    fn try_to_lock(&self, folder: &Folder) -> Result<Try> {
        let Some(name) = self.name_in(folder)? else { return Ok(Try::Away(io::ErrorKind::NotFound.into())) };
        let held = match lock_by_path(&folder.path().join(&name), &self.environment) {
            Ok(held) => Some(held),
            Err(error) => match self.no_lock(error)? {
                NoLock::Busy => return Ok(Try::Busy),
                NoLock::Unsupported => None,
            },
        };
        let file = match folder.open_file(&name, For::Reading) {
            Err(error) if is_missing(&error) || is_in_use(&error) => return Ok(Try::Away(error)),
            file => self.checked(file)?,
        };
        let Some(held) = held else { return Ok(Try::Locked(Locked { file, name, lock: None })) };
        match lock(file, folder, &name) {
            Ok(file) => {
                let is_current = self.name_in(folder)?.as_ref() == Some(&name) && folder.has(&name, &file);
                Ok(if is_current { Try::Locked(Locked { file, name, lock: Some(held) }) } else { Try::Busy })
            }
            Err((file, error)) => Ok(match self.no_lock(error)? {
                NoLock::Busy => Try::Busy,
                NoLock::Unsupported => Try::Locked(Locked { file, name, lock: None }),
            }),
        }
    }

    fn no_lock(&self, error: TryLockError) -> Result<NoLock> {
        match error {
            TryLockError::WouldBlock => Ok(NoLock::Busy),
            TryLockError::Error(error) if error.kind() == io::ErrorKind::Interrupted => Ok(NoLock::Busy),
            TryLockError::Error(error) if error.kind() == io::ErrorKind::Unsupported || has_no_locks(&error) => {
                Ok(NoLock::Unsupported)
            }
            TryLockError::Error(error) => {
                let message = format!("`{}` cannot be locked: {}", text::path(&self.path), os_error(&error));
                Err(Error::new(ErrorCode::WriteFailed, message, "try again"))
            }
        }
    }
}
