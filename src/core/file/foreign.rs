//! Programs that write the file without the lock, as the AWS CLI does: in place (FILE-5).

use std::fs::{File, Metadata};
use std::io::Seek;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::core::error::Result;
use crate::core::file::chunks::says;
use crate::core::file::credentials_file::{CredentialsFile, Snapshot};
use crate::core::file::same_file::is_at;
use crate::core::file::watch::{Watch, is_open_for_writing};
use crate::core::secret::SecretBytes;

/// How often it is looked whether a replaced file is still open somewhere.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// How long that is waited for.
const LONGEST_LOOK: Duration = Duration::from_secs(1);

#[cfg(unix)]
fn has_same_owner_and_mode(a: &Metadata, b: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (a.mode(), a.uid(), a.gid()) == (b.mode(), b.uid(), b.gid())
}

#[cfg(not(unix))]
fn has_same_owner_and_mode(a: &Metadata, b: &Metadata) -> bool {
    a.permissions() == b.permissions()
}

/// Whether size and time of the last write are the same.
fn is_as_written(a: &Metadata, b: &Metadata) -> bool {
    a.len() == b.len() && matches!((a.modified(), b.modified()), (Ok(a), Ok(b)) if a == b)
}

impl CredentialsFile {
    /// The last comparison: the path names the open file, also through links, and that has the same
    /// bytes, mode and owner as when it was read.
    pub(super) fn is_unchanged(&self, file: &File, snapshot: &Snapshot, found: &SecretBytes) -> Result<bool> {
        let metadata = file.metadata().map_err(|error| self.unreadable(&error))?;
        Ok(is_at(file, &snapshot.target)
            && is_at(file, &self.path)
            && has_same_owner_and_mode(&metadata, &snapshot.metadata)
            && says(file, found).map_err(|error| self.unreadable(&error))?)
    }

    /// What the replaced file says now, where somebody wrote to it after the last comparison.
    ///
    /// Whoever opened it by its name before the rename may write yet: that is waited for, where the
    /// watch saw that somebody opened it at all. `metadata` is that of the file when it was read.
    pub(super) fn late_change(
        &self,
        old: &File,
        metadata: &Metadata,
        found: &SecretBytes,
        watch: Option<&Watch>,
    ) -> Option<SecretBytes> {
        let saw_something = watch.map(Watch::saw_something);
        // Of a file on a network the watch sees only what this machine does.
        if saw_something == Some(false) && old.metadata().is_ok_and(|now| is_as_written(&now, metadata)) {
            return None;
        }
        if saw_something == Some(true) {
            let start = Instant::now();
            loop {
                sleep(LOOK_AGAIN);
                if start.elapsed() >= LONGEST_LOOK || !is_open_for_writing(old) {
                    break;
                }
            }
        }
        let is_changed = says(old, found).is_ok_and(|same| !same);
        is_changed.then(|| self.read_again(old).ok()).flatten()
    }

    fn read_again(&self, mut file: &File) -> Result<SecretBytes> {
        file.rewind().map_err(|error| self.unreadable(&error))?;
        let metadata = file.metadata().map_err(|error| self.unreadable(&error))?;
        self.read_open(file, &metadata)
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use std::fs;

    use super::*;
    use crate::core::environment::Environment;
    use crate::core::file::rests::REST;

    #[test]
    fn file_5_a_late_change_that_the_watch_did_not_see_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("credentials");
        let credentials = CredentialsFile::of_operator(Some(&path), &Environment::fixed([("HOME", "/")])).unwrap();
        fs::write(&path, "[a]\n").unwrap();
        let Snapshot { bytes, metadata, .. } = credentials.read().unwrap();
        let file = File::open(&path).unwrap();
        let late_change = || {
            // As on a network: whoever writes is not on this machine.
            let watch = Watch::of(&file);
            assert!(watch.is_some());
            credentials.late_change(&file, &metadata, &bytes, watch.as_ref()).map(|late| late.to_vec())
        };

        assert_eq!(late_change(), None);
        fs::write(&path, "[a]\n[b]\n").unwrap();
        assert_eq!(late_change().as_deref(), Some(&b"[a]\n[b]\n"[..]));
        // The clock of a file system is coarse.
        fs::write(&path, "[c]\n").unwrap();
        File::open(&path).unwrap().set_modified(metadata.modified().unwrap() + REST).unwrap();
        assert_eq!(late_change().as_deref(), Some(&b"[c]\n"[..]));
    }
}
