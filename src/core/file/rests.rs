//! Programs that write the file without the lock, as the AWS CLI does: in place (FILE-5).

use std::fs::Metadata;
use std::time::Duration;

/// How long a file that was written in place must have been left alone: somebody may be in the
/// middle of it.
pub(super) const REST: Duration = Duration::from_millis(20);

/// How long an empty file must have been: whoever truncates a file writes it next.
const REST_OF_EMPTY: Duration = Duration::from_secs(1);

/// Leaves a file alone for a moment that somebody may be in the middle of writing, but not for long: a
/// program may write it all the time.
#[derive(Default)]
pub(super) struct Rests(usize);

impl Rests {
    /// Whether the file is to be left alone for [`REST`] once more.
    pub(super) fn needs_one(&mut self, metadata: &Metadata) -> bool {
        self.0 += 1;
        self.0 <= if metadata.len() == 0 { 50 } else { 5 } && was_just_written_in_place(metadata)
    }
}

/// Whether a program that does not rename wrote the file a moment ago. A file that was renamed into
/// its place has changed since it was written.
#[cfg(unix)]
fn was_just_written_in_place(metadata: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    let is_in_place = (metadata.mtime(), metadata.mtime_nsec()) == (metadata.ctime(), metadata.ctime_nsec());
    let rest = if metadata.len() == 0 { REST_OF_EMPTY } else { REST };
    is_in_place && metadata.modified().is_ok_and(|at| at.elapsed().is_ok_and(|age| age < rest))
}

#[cfg(not(unix))]
fn was_just_written_in_place(_metadata: &Metadata) -> bool {
    false
}
