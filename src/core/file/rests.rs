//! Programs that write the file in place without the lock, as the AWS CLI does (FILE-5).

use std::fs::Metadata;
use std::time::{Duration, SystemTime};

use crate::core::file::system::is_written_in_place;

/// How long a file that was written in place must have been left alone: somebody may be in the middle of writing it.
pub(super) const REST: Duration = Duration::from_millis(20);

/// The same for a file that is empty or away: whoever truncates or removes a file writes it next.
pub(super) const REST_OF_EMPTY: Duration = Duration::from_secs(1);

/// How many rests that are.
const MOST_OF_EMPTY: usize = 50;

/// Leaves a file alone for a moment if somebody may be in the middle of writing it, but not for long: a program may
/// write it all the time.
#[derive(Default)]
pub(super) struct Rests(usize);

impl Rests {
    /// Whether to leave the file alone for another [`REST`].
    ///
    /// `read` is what was read of it, in bytes: it may have been cut short, or replaced, since.
    pub(super) fn needs_one(&mut self, metadata: &Metadata, read: u64) -> bool {
        self.0 += 1;
        let most = if metadata.len() == 0 || read == 0 { MOST_OF_EMPTY } else { 5 };
        self.0 <= most && (metadata.len() != read || was_just_written_in_place(metadata))
    }

    /// Whether to wait another [`REST`] for a file that is missing since then.
    pub(super) fn waits_for(&mut self, removed: Option<SystemTime>) -> bool {
        self.0 += 1;
        self.0 <= MOST_OF_EMPTY && removed.is_some_and(|at| at.elapsed().is_ok_and(|age| age < REST_OF_EMPTY))
    }
}

/// Whether a program that does not rename may have written the file a moment ago.
fn was_just_written_in_place(metadata: &Metadata) -> bool {
    // The two times of a file that was just truncated have been seen to differ.
    let is_empty = metadata.len() == 0;
    let rest = if is_empty { REST_OF_EMPTY } else { REST };
    (is_empty || is_written_in_place(metadata))
        && metadata.modified().is_ok_and(|at| at.elapsed().is_ok_and(|age| age < rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_5_a_file_that_was_read_while_it_was_empty_is_read_again() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "[default]\n").unwrap();
        // A program emptied it, it was read, and another renamed a whole one into its place long ago.
        let hour_ago = SystemTime::now() - Duration::from_hours(1);
        file.as_file().set_modified(hour_ago).unwrap();
        let metadata = file.as_file().metadata().unwrap();
        let mut rests = Rests::default();
        assert!(!rests.needs_one(&metadata, metadata.len()));
        assert!(rests.needs_one(&metadata, 0));
        let waits = (0..100).filter(|_| rests.needs_one(&metadata, 0)).count();
        assert_eq!(waits, 48, "it is not waited for without end");
    }
}
