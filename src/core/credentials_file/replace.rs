//! A write is all or nothing (FILE-3): a new file in the same folder, renamed over the old one.

use std::fs::{File, Metadata};
use std::io::{self, Seek};
use std::path::Path;
use std::time::Duration;

use tokio::time::sleep;

use super::lock::{Locked, is_at};
use super::new_file::{NewFile, remove_leftovers};
use super::{CredentialsFile, Snapshot, os_text};
use crate::core::error::{Error, ErrorCode, Result};
use crate::core::secret::SecretBytes;
use crate::core::text;

/// How often the edit is made again because a program that does not lock changed the file.
const MOST_EDITS: usize = 50;

/// How often a file that the edit cannot be made on is read again: a program that writes in place
/// truncates it first.
const MOST_REFUSALS: usize = 8;

/// How often a file is waited for that was written in place a moment ago: somebody may be in the
/// middle of it.
const MOST_RESTS: usize = 8;

/// How long a file must have been left alone.
const REST: Duration = Duration::from_millis(30);

/// An edit of the file, made on its fresh bytes, and again where they change meanwhile.
pub trait FileEdit {
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
pub trait WriteObserver {
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

/// How an attempt ended.
enum Attempt {
    Done,
    /// The file was changed meanwhile, or somebody is writing it.
    Changed,
    /// The file does not take the edit as it is.
    Refused(Error),
}

impl CredentialsFile {
    /// Replaces the file by what `edit` makes of its fresh bytes, under the file's lock.
    ///
    /// A change that a program without the lock makes meanwhile is kept: the edit is made again on
    /// the new content.
    pub async fn replace(&self, edit: &mut dyn FileEdit, observer: &mut dyn WriteObserver) -> Result<Replaced> {
        let mut report = Replaced::default();
        let (mut refusals, mut rests) = (0, 0);
        for _ in 0..MOST_EDITS {
            self.observe(observer, Step::Lock)?;
            let locked = self.lock(|text| observer.notice(text)).await?;
            if !locked.has_locks && report.warnings.is_empty() {
                report.warnings.push("the file system has no locks: two writers at once could lose an update".into());
            }
            let metadata = locked.file.metadata().map_err(|error| self.unreadable(&error))?;
            if rests < MOST_RESTS && was_just_written_in_place(&metadata) {
                rests += 1;
                drop(locked);
                sleep(REST).await;
                continue;
            }
            match self.attempt(locked, metadata, edit, observer, &mut report).await? {
                Attempt::Done => return Ok(report),
                Attempt::Changed => {}
                Attempt::Refused(error) if refusals == MOST_REFUSALS => return Err(error),
                Attempt::Refused(_) => {
                    refusals += 1;
                    sleep(REST).await;
                }
            }
        }
        let message = format!("`{}` is changed by another program all the time", text::path(&self.path));
        Err(Error::new(ErrorCode::FileChanged, message, "end the program that writes it, and try again"))
    }

    async fn attempt(
        &self,
        locked: Locked,
        metadata: Metadata,
        edit: &mut dyn FileEdit,
        observer: &mut dyn WriteObserver,
        report: &mut Replaced,
    ) -> Result<Attempt> {
        self.observe(observer, Step::Read)?;
        let bytes = self.read_open(&locked.file, &metadata)?;
        let mut snapshot = Snapshot { bytes, target: locked.target, metadata };
        let mut file = locked.file;
        let mut found = snapshot.bytes.clone();
        for is_late in std::iter::once(false).chain([true; MOST_EDITS]) {
            self.observe(observer, Step::Edit)?;
            let bytes = match edit.edit(&snapshot) {
                Ok(Some(bytes)) => bytes,
                Ok(None) if is_late => snapshot.bytes.clone(),
                Ok(None) => return Ok(Attempt::Done),
                Err(_) if is_late => break,
                Err(error) => return Ok(Attempt::Refused(error)),
            };
            let folder = snapshot.target.parent().unwrap_or(Path::new("/"));
            remove_leftovers(folder);
            let new = self.write_new(folder, &file, &snapshot, &bytes, observer)?;
            edit.check(&snapshot.bytes, &bytes)?;

            self.observe(observer, Step::Compare)?;
            if !self.is_unchanged(&file, &snapshot, &found)? {
                return Ok(Attempt::Changed);
            }
            self.observe(observer, Step::Rename)?;
            let new = new.replace(&snapshot.target).map_err(|error| self.failed("replaced", &error))?;
            report.is_written = true;
            let synced = observer.before(Step::SyncFolder).and_then(|()| sync_folder(folder));
            if let Err(error) = synced {
                let folder = text::path(folder);
                report
                    .warnings
                    .push(format!("the file is replaced, but `{folder}` could not be synced: {}", os_text(&error)));
            }
            // A program that had the old file open may have written to it since the comparison. Its
            // lock is not needed any more: the new file's keeps the others away.
            let Some(late) = self.late_change(&file, &found).await else {
                return Ok(Attempt::Done);
            };
            snapshot.bytes = late;
            found = bytes;
            file = new;
        }
        let path = text::path(&self.path);
        report.warnings.push(format!("another program wrote `{path}` while it was replaced; its change is lost"));
        Ok(Attempt::Done)
    }

    /// What the replaced file says now, where somebody wrote to it after the last comparison.
    async fn late_change(&self, old: &File, found: &SecretBytes) -> Option<SecretBytes> {
        let mut late = self.read_again(old).ok().filter(|late| late != found)?;
        for _ in 0..MOST_RESTS {
            sleep(REST).await;
            let now = self.read_again(old).ok()?;
            if now == late {
                break;
            }
            late = now;
        }
        Some(late)
    }

    /// Writes, syncs and reads back the new file beside the old one.
    fn write_new(
        &self,
        folder: &Path,
        old: &File,
        snapshot: &Snapshot,
        bytes: &SecretBytes,
        observer: &mut dyn WriteObserver,
    ) -> Result<NewFile> {
        self.observe(observer, Step::Create)?;
        let mut new = NewFile::create(folder).map_err(|error| self.failed("written", &error))?;
        self.observe(observer, Step::Write)?;
        new.write(bytes).map_err(|error| self.failed("written", &error))?;
        self.observe(observer, Step::KeepOwner)?;
        new.keep_owner_and_mode(old, snapshot).map_err(|error| self.failed("given its owner and mode", &error))?;
        self.observe(observer, Step::SyncFile)?;
        new.sync().map_err(|error| self.failed("written", &error))?;
        self.observe(observer, Step::ReadBack)?;
        let back = new.read_back(bytes.len()).map_err(|error| self.failed("read back", &error))?;
        if back != *bytes {
            let message = format!("the new `{}` does not read back what was written", text::path(&self.path));
            return Err(Error::new(ErrorCode::WriteFailed, message, "check the disk; the file is unchanged"));
        }
        Ok(new)
    }

    /// The last comparison: the path names the open file, also through links, and that has the same
    /// bytes, mode and owner as when it was read.
    fn is_unchanged(&self, file: &File, snapshot: &Snapshot, found: &SecretBytes) -> Result<bool> {
        let metadata = file.metadata().map_err(|error| self.unreadable(&error))?;
        Ok(is_at(file, &snapshot.target)
            && is_at(file, &self.path)
            && has_same_owner_and_mode(&metadata, &snapshot.metadata)
            && self.read_again(file)? == *found)
    }

    fn read_again(&self, mut file: &File) -> Result<SecretBytes> {
        file.rewind().map_err(|error| self.unreadable(&error))?;
        let metadata = file.metadata().map_err(|error| self.unreadable(&error))?;
        self.read_open(file, &metadata)
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

/// Whether a program that does not rename wrote the file a moment ago. A file that was renamed into
/// its place has changed since it was written.
#[cfg(unix)]
fn was_just_written_in_place(metadata: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    let is_in_place = (metadata.mtime(), metadata.mtime_nsec()) == (metadata.ctime(), metadata.ctime_nsec());
    is_in_place && metadata.modified().is_ok_and(|at| at.elapsed().is_ok_and(|age| age < REST))
}

#[cfg(not(unix))]
fn was_just_written_in_place(_metadata: &Metadata) -> bool {
    false
}

#[cfg(unix)]
fn has_same_owner_and_mode(a: &Metadata, b: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (a.mode(), a.uid(), a.gid()) == (b.mode(), b.uid(), b.gid())
}

#[cfg(not(unix))]
fn has_same_owner_and_mode(a: &Metadata, b: &Metadata) -> bool {
    a.permissions() == b.permissions()
}

#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_folder: &Path) -> io::Result<()> {
    Ok(())
}
