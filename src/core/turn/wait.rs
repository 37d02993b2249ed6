//! Waiting for the lock of a file that other processes of the user may hold.

use std::fs::{File, TryLockError};
use std::io;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::core::text::os_error;

/// How long a caller waits for the others: longer than a question and the request that follows it take.
pub(super) const LONGEST_WAIT: Duration = Duration::from_mins(4);
/// How long a caller waits before it reports that.
const SILENT_WAIT: Duration = Duration::from_secs(1);
/// How often a caller checks whether the lock is still needed.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

pub(super) enum Ended {
    Locked,
    /// The lock is no longer needed.
    Done,
}

pub(super) enum NoLock {
    /// The file system does not support locks.
    Unsupported(String),
    /// Another process has held it for [`LONGEST_WAIT`].
    TooLong,
}

/// Waits for the lock; `is_done` is asked regularly whether it is still needed, and `say` is called once if it takes
/// long.
pub(super) async fn lock(file: &File, mut is_done: impl FnMut() -> bool, say: impl FnOnce()) -> Result<Ended, NoLock> {
    let start = Instant::now();
    let mut pause = Duration::from_millis(2);
    let mut looked = start;
    let mut say = Some(say);
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(Ended::Locked),
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(TryLockError::Error(error)) => return Err(NoLock::Unsupported(os_error(&error))),
        }
        let waited = start.elapsed();
        if waited >= LONGEST_WAIT {
            return Err(NoLock::TooLong);
        }
        if waited >= SILENT_WAIT
            && let Some(say) = say.take()
        {
            say();
        }
        if looked.elapsed() >= LOOK_AGAIN {
            looked = Instant::now();
            if is_done() {
                return Ok(Ended::Done);
            }
        }
        sleep(pause).await;
        pause = (pause * 2).min(Duration::from_millis(50));
    }
}
