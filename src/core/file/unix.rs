//! What Unix has of its own: a held directory, owner and mode, attributes, a lock on the file itself.

mod access;
#[cfg(target_os = "linux")]
mod attributes;
mod folder;

pub(super) use folder::{Folder, For};

use std::ffi::OsStr;
use std::fs::{DirBuilder, File, Metadata, OpenOptions, Permissions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::Path;

use rustix::io::Errno;

use crate::core::environment::Environment;
use crate::core::file::not_kept::NotKept;
use crate::core::text;

/// What is held beside the locked file: the lock is on the file itself.
pub(super) struct Lock;

pub(super) const fn lock_by_path(_target: &Path, _environment: &Environment) -> Result<Lock, TryLockError> {
    Ok(Lock)
}

/// Locks the file, or the same file opened for writing, which a network file system may require.
pub(super) fn lock(file: File, folder: &Folder, name: &OsStr) -> Result<File, (File, TryLockError)> {
    match file.try_lock() {
        Err(TryLockError::Error(error)) if error.raw_os_error() == Some(Errno::BADF.raw_os_error()) => {
            let Ok(for_writing) = folder.open_file(name, For::Writing) else {
                return Err((file, TryLockError::Error(error)));
            };
            match for_writing.try_lock() {
                Ok(()) => Ok(for_writing),
                Err(error) => Err((file, error)),
            }
        }
        Err(error) => Err((file, error)),
        Ok(()) => Ok(file),
    }
}

pub(super) fn has_no_locks(error: &io::Error) -> bool {
    let unsupported = [Errno::NOLCK, Errno::NOTSUP, Errno::OPNOTSUPP, Errno::NOSYS, Errno::INVAL, Errno::BADF];
    error.raw_os_error().is_some_and(|raw| unsupported.iter().any(|errno| errno.raw_os_error() == raw))
}

/// Whoever has a file open does not keep it from being replaced.
pub(super) const fn is_in_use(_error: &io::Error) -> bool {
    false
}

pub(super) const fn is_held_open(_error: &io::Error) -> bool {
    false
}

pub(super) fn check_not_in_use(_folder: &Folder, _name: &OsStr) -> io::Result<()> {
    Ok(())
}

/// Locks a new file for as long as its writer lives. Without locks leftovers cannot be recognised, and nothing is
/// cleaned up.
pub(super) fn mark_as_alive(new: &File) {
    let _ = new.lock();
}

/// The file of a writer that was killed, held while it is removed: nobody has locked it.
pub(super) fn left_over(folder: &Folder, name: &OsStr) -> Option<File> {
    let file = folder.open_file(name, For::Reading).ok()?;
    let is_ours = file.metadata().is_ok_and(|metadata| metadata.is_file()) && file.try_lock().is_ok();
    (is_ours && folder.has(name, &file)).then_some(file)
}

/// A new file has mode 0600 until it is written.
pub(super) fn create(folder: &Folder, name: &OsStr, _old: &File, _old_name: &OsStr) -> io::Result<File> {
    folder.create(name)
}

/// Gives the new file the owner, group, mode and extended attributes of the old one, where they differ: some file
/// systems refuse to set even what is set already.
pub(super) fn keep(old: &File, new: &File, before: &Metadata) -> Result<(), NotKept> {
    let current = || new.metadata().map_err(|error| NotKept::new("owner", error));
    let created = current()?;
    if (before.uid(), before.gid()) != (created.uid(), created.gid()) {
        let what = if before.uid() == created.uid() { "group" } else { "owner" };
        fchown(new, Some(before.uid()), Some(before.gid())).map_err(|error| NotKept::new(what, error))?;
    }
    #[cfg(target_os = "linux")]
    attributes::keep(old, new)?;
    #[cfg(not(target_os = "linux"))]
    let _ = old;
    let mode = before.mode() & 0o7777;
    if current()?.mode() & 0o7777 != mode {
        new.set_permissions(Permissions::from_mode(mode)).map_err(|error| NotKept::new("mode", error))?;
    }
    Ok(())
}

/// Whether a rename that was reported as failed was made all the same, as network file systems may.
pub(super) fn is_renamed(folder: &Folder, name: &OsStr, file: &File) -> bool {
    folder.has(name, file)
}

/// The permission bits.
pub(super) fn mode(metadata: &Metadata) -> Option<u32> {
    Some(metadata.mode() & 0o7777)
}

pub(super) fn has_same_owner_and_mode(a: &Metadata, b: &Metadata) -> bool {
    (a.mode(), a.uid(), a.gid()) == (b.mode(), b.uid(), b.gid())
}

/// How the file lets in others than when it was checked (FILE-9).
pub(super) fn opened_since(checked: &Metadata, now: &Metadata) -> Option<&'static str> {
    if now.uid() != checked.uid() {
        Some("now belongs to another user")
    } else if now.mode() & !checked.mode() & 0o077 != 0 {
        Some("now has a mode that gives others more access")
    } else if now.gid() != checked.gid() && now.mode() & 0o070 != 0 {
        Some("now belongs to another group, which has access to it")
    } else {
        None
    }
}

/// Whether the last write was in place: a file that was renamed into place has changed since it was written.
pub(super) fn is_written_in_place(metadata: &Metadata) -> bool {
    (metadata.mtime(), metadata.mtime_nsec()) == (metadata.ctime(), metadata.ctime_nsec())
}

/// Creates a directory for the user alone.
pub(super) fn create_directory(path: &Path) -> io::Result<()> {
    DirBuilder::new().mode(0o700).create(path)
}

/// Creates a file for the user alone; nothing may have its name.
pub(super) fn create_file(path: &Path) -> io::Result<()> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map(drop)
}

/// The command that shows who may read and write a file.
pub(super) fn permissions_command(path: &Path) -> String {
    format!("ls -l {}", text::path(path))
}
