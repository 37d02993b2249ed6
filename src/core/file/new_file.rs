//! The new file next to the old one, until it replaces it (FILE-3).

use std::ffi::{OsStr, OsString};
use std::fs::{File, Metadata};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Write};

use crate::core::file::contents::reads_as;
use crate::core::file::not_kept::NotKept;
use crate::core::file::system::{Folder, For, create, is_held_open, is_renamed, keep, left_over, mark_as_alive};

/// The prefix of a new file's name before it replaces the old one.
const PREFIX: &str = ".credentials.updsts-";

/// A new file for the user alone, marked for as long as its writer lives, so the next writer can recognise one that a
/// killed writer left behind. It is removed if it does not replace the old one.
pub(super) struct NewFile<'f> {
    folder: &'f Folder,
    name: OsString,
    file: File,
    /// Whether it replaced the old file, or was removed.
    is_settled: bool,
}

impl<'f> NewFile<'f> {
    pub(super) fn create(folder: &'f Folder, old: &File, old_name: &OsStr) -> io::Result<Self> {
        for attempt in 0..100 {
            let name = OsString::from(format!("{PREFIX}{:016x}", RandomState::new().hash_one(attempt)));
            let file = match create(folder, &name, old, old_name) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                created => created?,
            };
            let new = Self { folder, name, file, is_settled: false };
            mark_as_alive(&new.file);
            // A writer that cleans up may have taken the file in between.
            if new.is_there() {
                return Ok(new);
            }
        }
        Err(io::Error::other("new files disappear from the directory"))
    }

    /// Whether nobody took it away, or put another in its place.
    pub(super) fn is_there(&self) -> bool {
        self.folder.has(&self.name, &self.file)
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)
    }

    /// Gives it what the old file has beside its content (FILE-4).
    pub(super) fn keep(&self, old: &File, before: &Metadata) -> Result<(), NotKept> {
        keep(old, &self.file, before)
    }

    pub(super) fn sync(&self) -> io::Result<()> {
        self.file.sync_all()
    }

    /// Whether it reads back as it was written.
    pub(super) fn reads_as(&self, bytes: &[u8]) -> io::Result<bool> {
        reads_as(&self.file, bytes)
    }

    /// Renames it over the old file, which stays open if the system allows that. Returns whether it is there: somebody may
    /// have written to the old one, or put another file in its place.
    pub(super) fn replace(mut self, old: &OsStr, open: &mut Option<File>, found: &[u8]) -> io::Result<bool> {
        let rename = || self.folder.rename(&self.name, old);
        let renamed = match rename() {
            Err(error) if is_held_open(&error) && open.take().is_some() => {
                // Nothing of it can be seen after the rename.
                match self.folder.open_file(old, For::Reading).and_then(|file| reads_as(&file, found)) {
                    Ok(true) => rename(),
                    Err(error) if is_held_open(&error) => Err(error),
                    _ => return Ok(false),
                }
            }
            renamed => renamed,
        };
        match renamed {
            Err(_) if is_renamed(self.folder, old, &self.file) => {}
            renamed => renamed?,
        }
        self.is_settled = true;
        Ok(!self.folder.has_lost(old, &self.file))
    }

    /// Removes it.
    pub(super) fn discard(mut self) -> io::Result<()> {
        self.folder.remove(&self.name)?;
        self.is_settled = true;
        Ok(())
    }
}

impl Drop for NewFile<'_> {
    fn drop(&mut self) {
        if !self.is_settled {
            // If somebody took the file away, or it cannot be removed, no secret stays in it.
            let _ = self.file.set_len(0);
            if self.is_there() {
                let _ = self.folder.remove(&self.name);
            }
        }
    }
}

/// Removes new files that a killed writer left behind.
pub(super) fn remove_leftovers(folder: &Folder) {
    let names = folder.names().unwrap_or_default();
    for name in names.iter().filter(|name| name.as_encoded_bytes().starts_with(PREFIX.as_bytes())) {
        if let Some(_held) = left_over(folder, name) {
            // If it cannot be removed, the next writer tries again.
            let _ = folder.remove(name);
        }
    }
}
