//! The new file next to the old one, until it replaces it (FILE-3).

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use tempfile::NamedTempFile;

use crate::core::file::contents::says;
use crate::core::file::same_file::is_at;

/// The prefix of a new file's name before it replaces the old one.
const PREFIX: &str = ".credentials.updsts-";

/// A new file of mode 0600, locked for as long as its writer lives, so the next writer can recognise one that a killed
/// writer left behind. It is removed if it does not replace the old one.
pub(super) struct NewFile(Option<NamedTempFile>);

impl NewFile {
    pub(super) fn create(folder: &Path) -> io::Result<Self> {
        for _ in 0..100 {
            let mut builder = tempfile::Builder::new();
            builder.prefix(PREFIX);
            #[cfg(unix)]
            {
                use std::os::unix::fs::PermissionsExt;
                builder.permissions(fs::Permissions::from_mode(0o600));
            }
            let new = builder.tempfile_in(folder)?;
            // A writer that cleans up may have taken the file in between; without locks leftovers cannot be recognised,
            // and nothing is cleaned up.
            let _ = new.as_file().lock();
            if is_at(new.as_file(), new.path()) {
                return Ok(Self(Some(new)));
            }
        }
        Err(io::Error::other("new files disappear from the directory"))
    }

    fn temporary(&mut self) -> io::Result<&mut NamedTempFile> {
        self.0.as_mut().ok_or_else(|| io::Error::other("the new file is already in place"))
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.temporary()?.write_all(bytes)
    }

    /// Gives it the owner, group, mode and extended attributes of the old file.
    #[cfg(unix)]
    pub(super) fn keep_owner_and_mode(&mut self, old: &File, before: &Metadata) -> io::Result<()> {
        use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
        let new = self.temporary()?.as_file();
        let current = new.metadata()?;
        if (before.uid(), before.gid()) != (current.uid(), current.gid()) {
            fchown(new, Some(before.uid()), Some(before.gid()))?;
        }
        #[cfg(target_os = "linux")]
        crate::core::file::attributes::keep(old, new)?;
        #[cfg(not(target_os = "linux"))]
        let _ = old;
        // Some file systems refuse `chmod`, even to the mode that the file already has.
        let mode = before.mode() & 0o7777;
        if new.metadata()?.mode() & 0o7777 != mode {
            new.set_permissions(fs::Permissions::from_mode(mode))?;
        }
        Ok(())
    }

    #[cfg(not(unix))]
    pub(super) fn keep_owner_and_mode(&mut self, _old: &File, _before: &Metadata) -> io::Result<()> {
        Ok(())
    }

    pub(super) fn sync(&mut self) -> io::Result<()> {
        self.temporary()?.as_file().sync_all()
    }

    /// Whether it reads back as it was written.
    pub(super) fn says(&mut self, bytes: &[u8]) -> io::Result<bool> {
        says(self.temporary()?.as_file(), bytes)
    }

    /// Renames it over the old file. The returned file holds the lock on it.
    pub(super) fn replace(mut self, target: &Path) -> io::Result<File> {
        let new = self.0.take().ok_or_else(|| io::Error::other("the new file is already in place"))?;
        new.persist(target).map_err(|error| {
            // Dropping it empties and removes it.
            self.0 = Some(error.file);
            error.error
        })
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if let Some(new) = &self.0 {
            // If the file cannot be removed, as in a directory that was moved away, no secret stays in it.
            let _ = new.as_file().set_len(0);
        }
    }
}

/// Removes new files that a killed writer left behind: those that nobody has locked.
pub(super) fn remove_leftovers(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let is_regular = entry.file_type().is_ok_and(|kind| kind.is_file());
        if is_regular && entry.file_name().as_encoded_bytes().starts_with(PREFIX.as_bytes()) {
            let path = entry.path();
            let mut options = OpenOptions::new();
            options.read(true);
            #[cfg(unix)]
            {
                use std::os::unix::fs::OpenOptionsExt;

                use rustix::fs::OFlags;
                options.custom_flags((OFlags::NONBLOCK | OFlags::NOFOLLOW).bits().cast_signed());
            }
            if let Ok(file) = options.open(&path)
                && file.try_lock().is_ok()
                && is_at(&file, &path)
            {
                // If it cannot be removed, the next writer tries again.
                let _ = fs::remove_file(&path);
            }
        }
    }
}
