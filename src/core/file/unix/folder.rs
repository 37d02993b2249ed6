//! The directory of the file itself, opened once and held (FILE-9). Whatever its path leads to later, every step of a
//! write is made in the same directory.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, fstat, openat, renameat, stat, statat, unlinkat};
use rustix::io::Errno;

/// Holding a directory needs no permission to list it.
#[cfg(target_os = "linux")]
const HOLD: OFlags = OFlags::PATH;
#[cfg(not(target_os = "linux"))]
const HOLD: OFlags = OFlags::RDONLY;

/// How a file of the directory is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum For {
    Reading,
    Writing,
}

#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    held: OwnedFd,
}

impl Folder {
    /// Opens the directory at a path that has no links, unless somebody has just put one there.
    pub fn open(path: &Path) -> io::Result<Self> {
        let flags = HOLD | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        match open_without_links(path, flags) {
            Err(Errno::LOOP) => Err(io::ErrorKind::NotFound.into()),
            held => Ok(Self { path: path.to_owned(), held: held? }),
        }
    }

    /// The path that led to it.
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn held(&self) -> BorrowedFd<'_> {
        self.held.as_fd()
    }

    /// Whether the path leads to this directory.
    pub fn is_at(&self, path: &Path) -> bool {
        match (fstat(&self.held), stat(path)) {
            (Ok(held), Ok(named)) => (held.st_dev, held.st_ino) == (named.st_dev, named.st_ino),
            _ => false,
        }
    }

    /// Whether the name is that of the open file.
    pub fn has(&self, name: &OsStr, file: &File) -> bool {
        match (fstat(file), statat(&self.held, name, AtFlags::SYMLINK_NOFOLLOW)) {
            (Ok(open), Ok(named)) => (open.st_dev, open.st_ino) == (named.st_dev, named.st_ino),
            _ => false,
        }
    }

    /// Whether somebody took the open file, which had the name, to elsewhere. One that was replaced is nowhere.
    pub fn has_lost(&self, name: &OsStr, file: &File) -> bool {
        let named = statat(&self.held, name, AtFlags::SYMLINK_NOFOLLOW);
        match (fstat(file), named) {
            (Ok(open), Ok(named)) => open.st_nlink > 0 && (open.st_dev, open.st_ino) != (named.st_dev, named.st_ino),
            (Ok(open), Err(Errno::NOENT)) => open.st_nlink > 0,
            _ => false,
        }
    }

    /// Opens a file, but no link, and waits for nobody at the other end of a FIFO. A device is not opened: that alone
    /// can have effects.
    pub fn open_file(&self, name: &OsStr, purpose: For) -> io::Result<File> {
        let found = statat(&self.held, name, AtFlags::SYMLINK_NOFOLLOW)?;
        let flags = match FileType::from_raw_mode(found.st_mode) {
            FileType::RegularFile if purpose == For::Writing => OFlags::RDWR,
            FileType::Symlink => return Err(io::ErrorKind::NotFound.into()),
            FileType::RegularFile | FileType::Directory => OFlags::RDONLY,
            _ => return Err(io::ErrorKind::InvalidInput.into()),
        };
        let flags = flags | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        Ok(File::from(openat(&self.held, name, flags, Mode::empty())?))
    }

    /// Creates a file of mode 0600; nothing may have its name.
    pub fn create(&self, name: &OsStr) -> io::Result<File> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(File::from(openat(&self.held, name, flags, Mode::RUSR | Mode::WUSR)?))
    }

    pub fn rename(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
        Ok(renameat(&self.held, from, &self.held, to)?)
    }

    pub fn remove(&self, name: &OsStr) -> io::Result<()> {
        Ok(unlinkat(&self.held, name, AtFlags::empty())?)
    }

    pub fn names(&self) -> io::Result<Vec<OsString>> {
        let names =
            Dir::new(self.readable()?)?.map(|entry| Ok(OsStr::from_bytes(entry?.file_name().to_bytes()).into()));
        names.collect()
    }

    pub fn sync(&self) -> io::Result<()> {
        Ok(rustix::fs::fsync(self.readable()?)?)
    }

    fn readable(&self) -> io::Result<OwnedFd> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(openat(&self.held, ".", flags, Mode::empty())?)
    }
}

#[cfg(target_os = "linux")]
fn open_without_links(path: &Path, flags: OFlags) -> Result<OwnedFd, Errno> {
    use rustix::fs::{ResolveFlags, openat2};
    match openat2(CWD, path, flags, Mode::empty(), ResolveFlags::NO_SYMLINKS) {
        // A system older than Linux 5.6, or a sandbox.
        Err(Errno::NOSYS | Errno::PERM) => openat(CWD, path, flags, Mode::empty()),
        held => held,
    }
}

#[cfg(not(target_os = "linux"))]
fn open_without_links(path: &Path, flags: OFlags) -> Result<OwnedFd, Errno> {
    openat(CWD, path, flags, Mode::empty())
}
