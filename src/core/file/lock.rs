//! The lock on the file itself (FILE-5). It is held only from a fresh read to the rename.

use std::ffi::{OsStr, OsString};
use std::fs::{File, TryLockError};
use std::io;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::core::error::{Error, ErrorCode, Result};
use crate::core::file::credentials_file::{CredentialsFile, is_missing};
use crate::core::file::folder::{Folder, For};
use crate::core::file::rests::REST_OF_EMPTY;
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
    /// Whether the file system supports locks.
    pub(super) has_locks: bool,
}

enum Try {
    Locked(Locked),
    /// Another program holds the lock, or has just replaced the file.
    Busy,
    /// There is no file at the moment.
    Away,
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
                Try::Away => {
                    if away_since.get_or_insert_with(Instant::now).elapsed() >= REST_OF_EMPTY {
                        return Err(self.unreadable(&io::ErrorKind::NotFound.into()));
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
        let Some(name) = self.name_in(folder)? else { return Ok(Try::Away) };
        let file = match folder.open_file(&name, For::Reading) {
            Err(error) if is_missing(&error) => return Ok(Try::Away),
            file => self.checked(file)?,
        };
        match try_lock(&file, folder, &name) {
            Ok(reopened) => {
                let file = reopened.unwrap_or(file);
                let is_current = self.name_in(folder)?.as_ref() == Some(&name) && folder.has(&name, &file);
                Ok(if is_current { Try::Locked(Locked { file, name, has_locks: true }) } else { Try::Busy })
            }
            Err(TryLockError::WouldBlock) => Ok(Try::Busy),
            Err(TryLockError::Error(error)) if is_unsupported(&error) => {
                Ok(Try::Locked(Locked { file, name, has_locks: false }))
            }
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Interrupted => Ok(Try::Busy),
            Err(TryLockError::Error(error)) => {
                let message = format!("`{}` cannot be locked: {}", text::path(&self.path), os_error(&error));
                Err(Error::new(ErrorCode::WriteFailed, message, "try again"))
            }
        }
    }
}

/// Locks the file, or the same file opened for writing, which a network file system may require.
fn try_lock(file: &File, folder: &Folder, name: &OsStr) -> Result<Option<File>, TryLockError> {
    match file.try_lock() {
        #[cfg(unix)]
        Err(TryLockError::Error(error)) if error.raw_os_error() == Some(rustix::io::Errno::BADF.raw_os_error()) => {
            let Ok(file) = folder.open_file(name, For::Writing) else { return Err(TryLockError::Error(error)) };
            file.try_lock().map(|()| Some(file))
        }
        locked => {
            let _ = (folder, name);
            locked.map(|()| None)
        }
    }
}

fn is_unsupported(error: &io::Error) -> bool {
    #[cfg(unix)]
    {
        use rustix::io::Errno;
        let unsupported = [Errno::NOLCK, Errno::NOTSUP, Errno::OPNOTSUPP, Errno::NOSYS, Errno::INVAL, Errno::BADF];
        if error.raw_os_error().is_some_and(|raw| unsupported.iter().any(|errno| errno.raw_os_error() == raw)) {
            return true;
        }
    }
    error.kind() == io::ErrorKind::Unsupported
}
