//! Programs that write the file without the lock, as the AWS CLI does: in place (FILE-5).

use std::fs::{File, Metadata};
use std::io::Seek;
use std::thread::sleep;
use std::time::Duration;

use super::lock::is_at;
use super::watch::Watch;
use super::{CredentialsFile, Snapshot};
use crate::core::error::Result;
use crate::core::secret::SecretBytes;

/// How long a file that was written in place must have been left alone: somebody may be in the
/// middle of it.
pub(super) const REST: Duration = Duration::from_millis(20);

/// How long an empty file must have been: whoever truncates a file writes it next.
const REST_OF_EMPTY: Duration = Duration::from_secs(1);

/// How often that is waited for.
pub(super) const MOST_RESTS: usize = 50;

/// How often a replaced file is looked at until nobody writes to it any more.
const MOST_LOOKS: usize = 8;

/// How long a file that was just replaced is looked after, where somebody opened it meanwhile.
const LOOK_AFTER: Duration = Duration::from_millis(50);

/// Whether a program that does not rename wrote the file a moment ago. A file that was renamed into
/// its place has changed since it was written.
#[cfg(unix)]
pub(super) fn was_just_written_in_place(metadata: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    let is_in_place = (metadata.mtime(), metadata.mtime_nsec()) == (metadata.ctime(), metadata.ctime_nsec());
    let rest = if metadata.len() == 0 { REST_OF_EMPTY } else { REST };
    is_in_place && metadata.modified().is_ok_and(|at| at.elapsed().is_ok_and(|age| age < rest))
}

#[cfg(not(unix))]
pub(super) fn was_just_written_in_place(_metadata: &Metadata) -> bool {
    false
}

#[cfg(unix)]
fn has_same_owner_and_mode(a: &Metadata, b: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (a.mode(), a.uid(), a.gid()) == (b.mode(), b.uid(), b.gid())
}

#[cfg(not(unix))]
fn has_same_owner_and_mode(a: &Metadata, b: &Metadata) -> bool {
    a.permissions() == b.permissions()
}

impl CredentialsFile {
    /// The last comparison: the path names the open file, also through links, and that has the same
    /// bytes, mode and owner as when it was read.
    pub(super) fn is_unchanged(&self, file: &File, snapshot: &Snapshot, found: &SecretBytes) -> Result<bool> {
        let metadata = file.metadata().map_err(|error| self.unreadable(&error))?;
        Ok(is_at(file, &snapshot.target)
            && is_at(file, &self.path)
            && has_same_owner_and_mode(&metadata, &snapshot.metadata)
            && self.read_again(file)? == *found)
    }

    /// What the replaced file says now, where somebody wrote to it after the last comparison.
    pub(super) fn late_change(&self, old: &File, found: &SecretBytes, watch: Option<&Watch>) -> Option<SecretBytes> {
        let mut was_opened = watch.is_some_and(Watch::saw_something);
        for _ in 0..MOST_LOOKS {
            if !was_opened {
                break;
            }
            // Whoever opened it before the rename has not written yet, perhaps.
            sleep(LOOK_AFTER);
            was_opened = watch.is_some_and(Watch::saw_something);
        }
        let mut late = self.read_again(old).ok().filter(|late| late != found)?;
        for _ in 0..MOST_LOOKS {
            sleep(REST);
            let now = self.read_again(old).ok()?;
            if now == late {
                break;
            }
            late = now;
        }
        Some(late)
    }

    fn read_again(&self, mut file: &File) -> Result<SecretBytes> {
        file.rewind().map_err(|error| self.unreadable(&error))?;
        let metadata = file.metadata().map_err(|error| self.unreadable(&error))?;
        self.read_open(file, &metadata)
    }
}
