//! The lock on the file itself (FILE-5). It is held only from a fresh read to the rename.

#[cfg(unix)]
use std::fs::OpenOptions;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::core::error::{Error, ErrorCode, Result};
use crate::core::file::credentials_file::CredentialsFile;
use crate::core::file::same_file::is_at;
use crate::core::text::{self, os_error};

/// How long a writer waits for the others.
const LONGEST_WAIT: Duration = Duration::from_mins(1);
/// How long a writer waits before it reports that.
const SILENT_WAIT: Duration = Duration::from_secs(1);

/// The locked file, or the file without a lock if its file system does not support locks.
pub(super) struct Locked {
    pub(super) file: File,
    pub(super) target: PathBuf,
    /// Whether the file system supports locks.
    pub(super) has_locks: bool,
}

impl CredentialsFile {
    /// Locks the file at the path at the end of the wait, however often it was replaced in the meantime: a lock on a
    /// file that was renamed away protects nothing.
    pub(super) async fn lock(&self, mut notice: impl FnMut(&str)) -> Result<Locked> {
        let start = Instant::now();
        let mut pause = Duration::from_millis(1);
        let mut said = false;
        loop {
            let target = fs::canonicalize(&self.path).map_err(|error| self.unreadable(&error))?;
            let (file, _) = self.open(&target)?;
            match try_lock(&file, &target) {
                Ok(reopened) => {
                    let file = reopened.unwrap_or(file);
                    if is_at(&file, &target) && is_at(&file, &self.path) {
                        return Ok(Locked { file, target, has_locks: true });
                    }
                }
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) if is_unsupported(&error) => {
                    return Ok(Locked { file, target, has_locks: false });
                }
                Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(TryLockError::Error(error)) => {
                    let message = format!("`{}` cannot be locked: {}", text::path(&self.path), os_error(&error));
                    return Err(Error::new(ErrorCode::WriteFailed, message, "try again"));
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
}

/// Locks the file, or the same file opened for writing, which a network file system may require.
fn try_lock(file: &File, target: &Path) -> Result<Option<File>, TryLockError> {
    match file.try_lock() {
        #[cfg(unix)]
        Err(TryLockError::Error(error)) if error.raw_os_error() == Some(rustix::io::Errno::BADF.raw_os_error()) => {
            use std::os::unix::fs::OpenOptionsExt;
            let mut options = OpenOptions::new();
            options.read(true).write(true).custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed());
            let Ok(file) = options.open(target) else { return Err(TryLockError::Error(error)) };
            file.try_lock().map(|()| Some(file))
        }
        locked => locked.map(|()| None),
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
