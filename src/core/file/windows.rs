//! What Windows has of its own: sharing modes, the access list, attributes and streams, and a lock that would keep
//! readers out.

mod access;
mod access_list;
mod folder;

pub(super) use folder::{Folder, For};

use std::ffi::OsStr;
use std::fs::{self, File, Metadata, OpenOptions, TryLockError};
use std::io;
use std::os::windows::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use crate::core::environment::Environment;
use crate::core::file::contents::patiently;
use crate::core::file::not_kept::NotKept;
use crate::core::quote::word;
use crate::core::turn::folder as turns;
use crate::core::turn::queue::fingerprint;

/// Rights to a file.
///
/// Source: <https://learn.microsoft.com/windows/win32/fileio/file-access-rights-constants>
const DELETE: u32 = 0x0001_0000;
const WRITE_DAC: u32 = 0x0004_0000;
const GENERIC_READ: u32 = 0x8000_0000;
const GENERIC_WRITE: u32 = 0x4000_0000;

/// What others may do with a file that is open.
///
/// Source: <https://learn.microsoft.com/windows/win32/api/fileapi/nf-fileapi-createfilew>
const SHARE_READ: u32 = 1;
const SHARE_DELETE: u32 = 4;
const SHARE_ALL: u32 = 7;

/// Errors of the system.
///
/// Source: <https://learn.microsoft.com/windows/win32/debug/system-error-codes--0-499->
const ACCESS_DENIED: i32 = 5;
const SHARING_VIOLATION: i32 = 32;
const LOCK_VIOLATION: i32 = 33;
const INVALID_FUNCTION: i32 = 1;
const NOT_SUPPORTED: i32 = 50;

/// The attributes that a program may set, and that have a meaning for a file with secrets.
///
/// Source: <https://learn.microsoft.com/windows/win32/fileio/file-attribute-constants>
const HIDDEN: u32 = 0x2;
const SYSTEM: u32 = 0x4;
const NOT_CONTENT_INDEXED: u32 = 0x2000;
const ENCRYPTED: u32 = 0x4000;
const KEPT: u32 = HIDDEN | SYSTEM | NOT_CONTENT_INDEXED | ENCRYPTED;

/// The lock in place of one on the file, which would keep its readers out: on an empty file in the turns' directory. It
/// ends on drop.
pub(super) struct Lock {
    _file: File,
}

pub(super) fn lock_by_path(target: &Path, environment: &Environment) -> Result<Lock, TryLockError> {
    // Without a file to lock, one writer alone is still safe.
    let unsupported = || TryLockError::Error(io::ErrorKind::Unsupported.into());
    let folder = turns::open(environment).map_err(|_| unsupported())?;
    let name = format!("{}.file", &fingerprint([target.as_os_str().as_encoded_bytes()])[..32]);
    let file = turns::open_file(&folder.join(name)).map_err(|error| match error {
        error if is_in_use(&error) => TryLockError::WouldBlock,
        _ => unsupported(),
    })?;
    file.try_lock()?;
    Ok(Lock { _file: file })
}

pub(super) fn lock(file: File, _folder: &Folder, _name: &OsStr) -> Result<File, (File, TryLockError)> {
    Ok(file)
}

pub(super) fn has_no_locks(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(INVALID_FUNCTION | NOT_SUPPORTED))
}

/// Whether another program has the file open, or a part of it locked, in a way that forbids what was tried.
pub(super) fn is_in_use(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(SHARING_VIOLATION | LOCK_VIOLATION))
}

/// Whether a file could not be replaced because another program has it open: where open files cannot be replaced at all
/// (FAT, network drives), that is called a lack of permission.
pub(super) fn is_held_open(error: &io::Error) -> bool {
    is_in_use(error) || error.raw_os_error() == Some(ACCESS_DENIED)
}

/// Errors: another program has the file open and does not let it be replaced.
pub(super) fn check_not_in_use(folder: &Folder, name: &OsStr) -> io::Result<()> {
    OpenOptions::new().access_mode(DELETE).share_mode(SHARE_ALL).open(folder.path().join(name)).map(drop)
}

/// That it is open for writing marks a new file.
pub(super) const fn mark_as_alive(_new: &File) {}

/// The file of a writer that was killed, held while it is removed: nobody has it open.
pub(super) fn left_over(folder: &Folder, name: &OsStr) -> Option<File> {
    let mut options = OpenOptions::new();
    let file =
        options.access_mode(DELETE | GENERIC_READ).share_mode(SHARE_DELETE).open(folder.path().join(name)).ok()?;
    file.metadata().is_ok_and(|metadata| metadata.is_file()).then_some(file)
}

/// Creates a file that lets in nobody whom the old one keeps out, with its attributes and streams. They come with its
/// content, which is removed again.
pub(super) fn create(folder: &Folder, name: &OsStr, old: &File, old_name: &OsStr) -> io::Result<File> {
    let (path, wanted) = (folder.path().join(name), attributes(&old.metadata()?));
    drop(create_empty(&path, old, 0)?);
    // Whoever looks at each new file, such as a virus scanner, is waited for.
    let copied = patiently(|| fs::copy(folder.path().join(old_name), &path))
        .and_then(|_| patiently(|| openable().open(&path)))
        .and_then(|new| new.set_len(0).and_then(|()| new.metadata()).map(|metadata| (new, attributes(&metadata))));
    match copied {
        Ok((new, taken)) if taken == wanted => Ok(new),
        copied => {
            let error = copied.map(drop).err();
            fs::remove_file(&path)?;
            // A file system whose copies have no attributes has no streams either.
            error.map_or_else(|| create_empty(&path, old, wanted), Err)
        }
    }
}

fn create_empty(path: &Path, old: &File, attributes: u32) -> io::Result<File> {
    let mut new = openable().create_new(true).attributes(attributes).open(path)?;
    access_list::keep(old, &mut new).inspect_err(|_| drop(fs::remove_file(path)))?;
    Ok(new)
}

/// While a new file is written, others may read it and nobody may write to it.
fn openable() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).access_mode(GENERIC_READ | GENERIC_WRITE | WRITE_DAC | DELETE);
    options.share_mode(SHARE_READ | SHARE_DELETE);
    options
}

fn attributes(metadata: &Metadata) -> u32 {
    metadata.file_attributes() & KEPT
}

/// Checks that the new file lets in whom the old one lets in, and no others.
pub(super) fn keep(old: &File, new: &File, before: &Metadata) -> Result<(), NotKept> {
    access_list::check(old, new).map_err(|error| NotKept::new("access list", error))?;
    let now = new.metadata().map_err(|error| NotKept::new("attributes", error))?;
    if attributes(&now) == attributes(before) {
        Ok(())
    } else {
        Err(NotKept::new("attributes", io::Error::other("the file system did not take them")))
    }
}

/// No file system is known that reports a rename as failed and has made it.
pub(super) const fn is_renamed(_folder: &Folder, _name: &OsStr, _file: &File) -> bool {
    false
}

/// Files have no permission bits.
pub(super) const fn mode(_metadata: &Metadata) -> Option<u32> {
    None
}

pub(super) fn has_same_owner_and_mode(a: &Metadata, b: &Metadata) -> bool {
    a.file_attributes() == b.file_attributes()
}

/// What tells that the file lets in others than when it was checked (FILE-9) is not in its metadata.
pub(super) const fn opened_since(_checked: &Metadata, _now: &Metadata) -> Option<&'static str> {
    None
}

/// Nothing tells a write in place from a rename.
pub(super) const fn is_written_in_place(_metadata: &Metadata) -> bool {
    true
}

/// Creates a directory, with the access list of the one that it is in.
pub(super) fn create_directory(path: &Path) -> io::Result<()> {
    fs::create_dir(path)
}

/// Creates a file, with the access list of its directory; nothing may have its name.
pub(super) fn create_file(path: &Path) -> io::Result<()> {
    File::create_new(path).map(drop)
}

/// The command that shows who may read and write a file.
pub(super) fn permissions_command(path: &Path) -> String {
    format!("icacls {}", word(&path.display().to_string()))
}
