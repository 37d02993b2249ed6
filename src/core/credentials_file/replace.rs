//! A write is all or nothing (FILE-3): a new file in the same folder, renamed over the old one.

use std::fs::{self, File};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::lock::{Locked, is_at};
use super::{CredentialsFile, Snapshot, os_text};
use crate::core::error::{Error, ErrorCode, Result};
use crate::core::secret::SecretBytes;
use crate::core::text;

/// The name of a new file before it replaces the old one begins so.
const PREFIX: &str = ".credentials.updsts-";

/// How often the edit is made again because a program that does not lock changed the file.
const MOST_EDITS: usize = 50;

/// An edit of the file, made on its fresh bytes, and again where they change meanwhile.
pub trait FileEdit: Send {
    /// The whole new file, or `None` where nothing changes.
    fn edit(&mut self, old: &Snapshot) -> Result<Option<SecretBytes>>;

    /// Checks the new file as it was read back, before it replaces the old one.
    fn check(&self, old: &[u8], new: &[u8]) -> Result<()>;
}

/// How the write went.
#[derive(Debug, Default)]
pub struct Replaced {
    /// Whether the file was written; it is not where the edit changes nothing.
    pub is_written: bool,
    /// What to warn about.
    pub warnings: Vec<String>,
}

/// The steps of a write, for an observer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is named for what is about to happen")]
pub enum Step {
    Lock,
    Read,
    Edit,
    Create,
    Write,
    KeepOwner,
    SyncFile,
    ReadBack,
    Compare,
    Rename,
    SyncFolder,
}

impl Step {
    /// Every step in its order.
    pub const ALL: [Self; 11] = [
        Self::Lock,
        Self::Read,
        Self::Edit,
        Self::Create,
        Self::Write,
        Self::KeepOwner,
        Self::SyncFile,
        Self::ReadBack,
        Self::Compare,
        Self::Rename,
        Self::SyncFolder,
    ];
}

/// Sees each step before it happens, and may make it fail.
pub trait WriteObserver: Send {
    /// Called before the step.
    fn before(&mut self, step: Step) -> io::Result<()>;

    /// Something that the user should know while they wait.
    fn notice(&mut self, text: &str);
}

/// Lets every step happen and says nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unobserved;

impl WriteObserver for Unobserved {
    fn before(&mut self, _step: Step) -> io::Result<()> {
        Ok(())
    }

    fn notice(&mut self, _text: &str) {}
}

impl CredentialsFile {
    /// Replaces the file by what `edit` makes of its fresh bytes, under the file's lock.
    ///
    /// A change that a program without the lock makes meanwhile is kept: the edit is made again on
    /// the new content.
    pub async fn replace(&self, edit: &mut dyn FileEdit, observer: &mut dyn WriteObserver) -> Result<Replaced> {
        let mut report = Replaced::default();
        for _ in 0..MOST_EDITS {
            let target = fs::canonicalize(&self.path).map_err(|error| self.unreadable(&error))?;
            self.observe(observer, Step::Lock)?;
            let locked = self.lock(&target, |text| observer.notice(text)).await?;
            if !locked.is_locked && report.warnings.is_empty() {
                report.warnings.push("the file system has no locks: two writers at once could lose an update".into());
            }
            if self.try_replace(&target, &locked, edit, observer, &mut report)? {
                return Ok(report);
            }
        }
        let message = format!("`{}` is changed by another program all the time", text::path(&self.path));
        Err(Error::new(ErrorCode::FileChanged, message, "end the program that writes it, and try again"))
    }

    /// One attempt; `false` where the file was changed meanwhile.
    fn try_replace(
        &self,
        target: &Path,
        locked: &Locked,
        edit: &mut dyn FileEdit,
        observer: &mut dyn WriteObserver,
        report: &mut Replaced,
    ) -> Result<bool> {
        self.observe(observer, Step::Read)?;
        let metadata = locked.file.metadata().map_err(|error| self.unreadable(&error))?;
        let bytes = self.read_open(&locked.file, &metadata)?;
        let snapshot = Snapshot { bytes, target: target.to_owned(), metadata };
        self.observe(observer, Step::Edit)?;
        let Some(bytes) = edit.edit(&snapshot)? else {
            return Ok(true);
        };

        let folder = target.parent().unwrap_or(Path::new("/"));
        remove_leftovers(folder);
        let new = self.write_new(folder, &snapshot, &bytes, observer)?;
        edit.check(&snapshot.bytes, &bytes)?;

        self.observe(observer, Step::Compare)?;
        if !is_at(&locked.file, target) || !self.is_unchanged(&locked.file, &snapshot)? {
            return Ok(false);
        }
        self.observe(observer, Step::Rename)?;
        new.persist(target).map_err(|error| self.failed("replaced", &error.error))?;
        report.is_written = true;
        let synced = observer.before(Step::SyncFolder).and_then(|()| sync_folder(folder));
        if let Err(error) = synced {
            let folder = text::path(folder);
            report
                .warnings
                .push(format!("the file is replaced, but `{folder}` could not be synced: {}", os_text(&error)));
        }
        Ok(true)
    }

    /// Writes, syncs and reads back the new file beside the old one.
    fn write_new(
        &self,
        folder: &Path,
        snapshot: &Snapshot,
        bytes: &SecretBytes,
        observer: &mut dyn WriteObserver,
    ) -> Result<NamedTempFile> {
        self.observe(observer, Step::Create)?;
        let mut new = create_locked(folder).map_err(|error| self.failed("written", &error))?;
        self.observe(observer, Step::Write)?;
        new.write_all(bytes).map_err(|error| self.failed("written", &error))?;
        self.observe(observer, Step::KeepOwner)?;
        keep_owner_and_mode(new.as_file(), snapshot)
            .map_err(|error| self.failed("given its owner and mode", &error))?;
        self.observe(observer, Step::SyncFile)?;
        new.as_file().sync_all().map_err(|error| self.failed("written", &error))?;
        self.observe(observer, Step::ReadBack)?;
        let back = read_back(new.as_file_mut(), bytes.len()).map_err(|error| self.failed("read back", &error))?;
        if back != *bytes {
            let message = format!("the new `{}` does not read back what was written", text::path(&self.path));
            return Err(Error::new(ErrorCode::WriteFailed, message, "check the disk; the file is unchanged"));
        }
        Ok(new)
    }

    fn is_unchanged(&self, file: &File, snapshot: &Snapshot) -> Result<bool> {
        let mut file = file;
        file.rewind().map_err(|error| self.unreadable(&error))?;
        let metadata = file.metadata().map_err(|error| self.unreadable(&error))?;
        Ok(self.read_open(file, &metadata)? == snapshot.bytes)
    }

    fn observe(&self, observer: &mut dyn WriteObserver, step: Step) -> Result<()> {
        observer.before(step).map_err(|error| self.failed("written", &error))
    }

    fn failed(&self, what: &str, error: &io::Error) -> Error {
        let message = format!("`{}` could not be {what}: {}", text::path(&self.path), os_text(error));
        match error.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::ResourceBusy => {
                Error::new(
                    ErrorCode::NotWritable,
                    message,
                    "check who may write the file and its folder; the file is unchanged",
                )
            }
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Error::new(
                ErrorCode::WriteFailed,
                message,
                "free some space on the disk and try again; the file is unchanged",
            ),
            _ => Error::new(ErrorCode::WriteFailed, message, "check the folder and the disk; the file is unchanged"),
        }
    }
}

/// A new file of mode 0600, locked for as long as its writer lives, so that the next writer can
/// tell one that a kill left behind.
fn create_locked(folder: &Path) -> io::Result<NamedTempFile> {
    for _ in 0..100 {
        let mut builder = tempfile::Builder::new();
        builder.prefix(PREFIX);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            builder.permissions(fs::Permissions::from_mode(0o600));
        }
        let new = builder.tempfile_in(folder)?;
        // A writer that cleans up may have taken the file in between; a file system without
        // locks leaves nothing to tell, and nothing is cleaned up there.
        let _ = new.as_file().lock();
        if is_at(new.as_file(), new.path()) {
            return Ok(new);
        }
    }
    Err(io::Error::other("new files vanish from the folder"))
}

/// Removes new files that a killed writer left behind: those that nobody has locked.
fn remove_leftovers(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let is_regular = entry.file_type().is_ok_and(|kind| kind.is_file());
        if is_regular && entry.file_name().to_string_lossy().starts_with(PREFIX) {
            let path: PathBuf = entry.path();
            if let Ok(file) = File::open(&path)
                && file.try_lock().is_ok()
                && is_at(&file, &path)
            {
                // A leftover that stays is tried again by the next writer.
                let _ = fs::remove_file(&path);
            }
        }
    }
}

#[cfg(unix)]
fn keep_owner_and_mode(new: &File, snapshot: &Snapshot) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
    let (old, current) = (&snapshot.metadata, new.metadata()?);
    if (old.uid(), old.gid()) != (current.uid(), current.gid()) {
        fchown(new, Some(old.uid()), Some(old.gid()))?;
    }
    new.set_permissions(fs::Permissions::from_mode(old.mode() & 0o7777))
}

#[cfg(not(unix))]
fn keep_owner_and_mode(_new: &File, _snapshot: &Snapshot) -> io::Result<()> {
    Ok(())
}

fn read_back(file: &mut File, length: usize) -> io::Result<SecretBytes> {
    file.rewind()?;
    let mut bytes = Vec::with_capacity(length + 1);
    let read = file.read_to_end(&mut bytes);
    let bytes = SecretBytes::new(bytes);
    read.map(|_| bytes)
}

#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_folder: &Path) -> io::Result<()> {
    Ok(())
}
