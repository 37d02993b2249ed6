//! The lock of the file itself (FILE-5). It is held from a fresh read to the rename only.

use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::CredentialsFile;
use crate::core::error::{Error, ErrorCode, Result};
use crate::core::text;

/// How long a writer waits for the others.
const LONGEST_WAIT: Duration = Duration::from_mins(1);
/// After how long it says that it waits.
const SILENT_WAIT: Duration = Duration::from_secs(1);

/// The locked file, or the file without a lock where its file system has none.
pub(super) struct Locked {
    pub(super) file: File,
    /// Whether the file system has locks.
    pub(super) is_locked: bool,
}

impl CredentialsFile {
    /// Locks the file that the path names at the end of the wait, however often it was replaced
    /// meanwhile: a lock on a file that was renamed away is no lock.
    pub(super) async fn lock(&self, target: &Path, mut notice: impl FnMut(&str)) -> Result<Locked> {
        let start = Instant::now();
        let mut pause = Duration::from_millis(1);
        let mut said = false;
        loop {
            let (file, _) = self.open(target)?;
            match file.try_lock() {
                Ok(()) => {
                    if is_at(&file, target) {
                        return Ok(Locked { file, is_locked: true });
                    }
                    continue;
                }
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) if is_unsupported(&error) => {
                    return Ok(Locked { file, is_locked: false });
                }
                Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(TryLockError::Error(error)) => {
                    let message = format!("`{}` cannot be locked: {}", text::path(&self.path), super::os_text(&error));
                    return Err(Error::new(ErrorCode::WriteFailed, message, "try again"));
                }
            }
            let waited = start.elapsed();
            if waited >= LONGEST_WAIT {
                let message = format!("`{}` stayed locked by another program for 60 s", text::path(&self.path));
                return Err(Error::new(
                    ErrorCode::LockTimeout,
                    message,
                    "end the program that holds it, and try again",
                ));
            }
            if waited >= SILENT_WAIT && !said {
                notice("waiting for another program that writes the credentials file");
                said = true;
            }
            sleep(pause).await;
            pause = (pause * 2).min(Duration::from_millis(50));
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

/// Whether the path still names the open file.
#[cfg(unix)]
pub(super) fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (file.metadata(), std::fs::metadata(path)) {
        (Ok(open), Ok(named)) => (open.dev(), open.ino()) == (named.dev(), named.ino()),
        _ => false,
    }
}

#[cfg(not(unix))]
pub(super) fn is_at(_file: &File, path: &Path) -> bool {
    path.exists()
}
