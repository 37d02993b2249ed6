//! The directory of the file itself, by its path: Windows renames no directory in which a file is open.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::windows::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use same_file::Handle;

/// Needed to open a directory, which then turns out to be none of the files that are read.
///
/// Source: <https://learn.microsoft.com/windows/win32/api/fileapi/nf-fileapi-createfilew>
const BACKUP_SEMANTICS: u32 = 0x0200_0000;

/// How a file of the directory is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum For {
    Reading,
}

#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    pub fn open(path: &Path) -> io::Result<Self> {
        Ok(Self { path: path.to_owned() })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn is_at(&self, path: &Path) -> bool {
        self.path == path && path.is_dir()
    }

    /// Whether the name is that of the open file.
    pub fn has(&self, name: &OsStr, file: &File) -> bool {
        let open = file.try_clone().and_then(Handle::from_file);
        matches!((open, Handle::from_path(self.path.join(name))), (Ok(open), Ok(named)) if open == named)
    }

    /// Nobody can take away a file that is open without the right to delete it.
    #[expect(clippy::unused_self, reason = "Unix looks")]
    pub const fn has_lost(&self, _name: &OsStr, _file: &File) -> bool {
        false
    }

    pub fn open_file(&self, name: &OsStr, _purpose: For) -> io::Result<File> {
        OpenOptions::new().read(true).custom_flags(BACKUP_SEMANTICS).open(self.path.join(name))
    }

    pub fn rename(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
        fs::rename(self.path.join(from), self.path.join(to))
    }

    pub fn remove(&self, name: &OsStr) -> io::Result<()> {
        fs::remove_file(self.path.join(name))
    }

    pub fn names(&self) -> io::Result<Vec<OsString>> {
        fs::read_dir(&self.path)?.map(|entry| Ok(entry?.file_name())).collect()
    }

    /// Windows has no such call for directories.
    #[expect(clippy::unused_self, reason = "Unix has it")]
    pub const fn sync(&self) -> io::Result<()> {
        Ok(())
    }
}
