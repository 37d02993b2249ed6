//! A write is all or nothing (FILE-3): a new file in the same folder, renamed over the old one.

use std::fs::{File, Metadata};
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use tokio::time::sleep;

use crate::core::error::{Error, ErrorCode, Result};
use crate::core::file::credentials_file::{CredentialsFile, Snapshot};
use crate::core::file::lock::Locked;
use crate::core::file::new_file::{NewFile, remove_leftovers};
use crate::core::file::observer::{Step, WriteObserver};
use crate::core::file::rests::{REST, Rests};
use crate::core::file::watch::Watch;
use crate::core::secret::SecretBytes;
use crate::core::text;
use crate::core::text::os_error;

/// How long the edit is made again because a program that does not lock changed the file.
const LONGEST_CHANGING: Duration = Duration::from_secs(10);

/// How often what was written to a file while it was replaced is put into the new one.
const MOST_LATE_EDITS: usize = 5;

/// How often a file that the edit cannot be made on is read again: a program that writes in place
/// truncates it first.
const MOST_REFUSALS: usize = 25;

/// An edit of the file, made on its fresh bytes, and again where they change meanwhile.
pub trait FileEdit: Send {
    /// What the file said when it was read before, where it was. It likely says the same.
    fn known(&self) -> Option<&SecretBytes> {
        None
    }

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
        match self.replace_until_done(edit, observer, &mut report).await {
            // The edit is in the file. What could not be written is a change that somebody made meanwhile.
            Err(_) if report.is_written => report.warnings.push(self.lost_change()),
            ended => ended?,
        }
        Ok(report)
    }

    async fn replace_until_done(
        &self,
        edit: &mut dyn FileEdit,
        observer: &mut dyn WriteObserver,
        report: &mut Replaced,
    ) -> Result<()> {
        let (mut refusals, mut rests) = (0, Rests::default());
        let mut changing_since = None;
        let mut appended = SecretBytes::new(Vec::new());
        loop {
            self.observe(observer, Step::Lock)?;
            let locked = self.lock(|text| observer.notice(text)).await?;
            if !locked.has_locks && report.warnings.is_empty() {
                report.warnings.push("the file system has no locks: two writers at once could lose an update".into());
            }
            let metadata = locked.file.metadata().map_err(|error| self.unreadable(&error))?;
            if rests.needs_one(&metadata) {
                drop(locked);
                sleep(REST).await;
                continue;
            }
            match self.attempt(locked, metadata, edit, observer, &mut appended, report)? {
                Attempt::Done => return Ok(()),
                Attempt::Changed => {
                    if changing_since.get_or_insert_with(Instant::now).elapsed() >= LONGEST_CHANGING {
                        return Err(self.always_changed());
                    }
                }
                Attempt::Refused(error) if refusals == MOST_REFUSALS => return Err(error),
                Attempt::Refused(_) => {
                    refusals += 1;
                    sleep(REST).await;
                }
            }
        }
    }

    /// It does not wait for anything, so that whoever cancels the call cannot cut a write in two.
    ///
    /// `appended` is what another program appended to a file that was replaced, and is to be kept.
    fn attempt(
        &self,
        locked: Locked,
        metadata: Metadata,
        edit: &mut dyn FileEdit,
        observer: &mut dyn WriteObserver,
        appended: &mut SecretBytes,
        report: &mut Replaced,
    ) -> Result<Attempt> {
        self.observe(observer, Step::Read)?;
        let mut file = locked.file;
        let mut watch = Watch::of(&file);
        let mut found = self.read_known(&file, &metadata, edit.known())?;
        let bytes = if appended.is_empty() { found.clone() } else { SecretBytes::new([&*found, &**appended].concat()) };
        let mut snapshot = Snapshot { bytes, target: locked.target, metadata };
        for is_late in std::iter::once(false).chain([true; MOST_LATE_EDITS]) {
            self.observe(observer, Step::Edit)?;
            let edited = edit.edit(&snapshot);
            let is_edited = edited.is_ok();
            let bytes = match edited {
                Ok(Some(bytes)) => bytes,
                Ok(None) if snapshot.bytes == found => return Ok(Attempt::Done),
                Ok(None) => snapshot.bytes.clone(),
                // It stays all the same: it could as well have come a moment later.
                Err(_) if is_late && !appended.is_empty() => snapshot.bytes.clone(),
                Err(_) if is_late => break,
                Err(error) => return Ok(Attempt::Refused(error)),
            };
            let folder = snapshot.target.parent().unwrap_or(Path::new("/"));
            remove_leftovers(folder);
            let new = self.write_new(folder, &file, &snapshot, &bytes, observer)?;
            if is_edited {
                edit.check(&snapshot.bytes, &bytes)?;
            }

            self.observe(observer, Step::Compare)?;
            if !self.is_unchanged(&file, &snapshot, &found)? {
                if is_late && appended.is_empty() {
                    break;
                }
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
                    .push(format!("the file is replaced, but `{folder}` could not be synced: {}", os_error(&error)));
            }
            // A program that had the old file open may have written to it since the comparison. Its
            // lock is not needed any more: the new file's keeps the others away.
            let late = self.late_change(&file, &snapshot.metadata, &found, watch.as_ref());
            *appended = SecretBytes::new(Vec::new());
            let Some(late) = late else {
                return Ok(Attempt::Done);
            };
            snapshot.bytes = match late.strip_prefix(&*found) {
                Some(end) => {
                    *appended = SecretBytes::new(end.to_vec());
                    SecretBytes::new([&*bytes, end].concat())
                }
                None => late,
            };
            watch = Watch::of(&new);
            found = bytes;
            file = new;
        }
        report.warnings.push(self.lost_change());
        Ok(Attempt::Done)
    }

    fn lost_change(&self) -> String {
        format!("another program wrote `{}` while it was replaced; its change is lost", text::path(&self.path))
    }

    fn always_changed(&self) -> Error {
        let message = format!("`{}` is changed by another program all the time", text::path(&self.path));
        Error::new(ErrorCode::FileChanged, message, "end the program that writes it, and try again")
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
        if !new.says(bytes).map_err(|error| self.failed("read back", &error))? {
            let message = format!("the new `{}` does not read back what was written", text::path(&self.path));
            return Err(Error::new(ErrorCode::WriteFailed, message, "check the disk; the file is unchanged"));
        }
        Ok(new)
    }

    fn observe(&self, observer: &mut dyn WriteObserver, step: Step) -> Result<()> {
        observer.before(step).map_err(|error| self.failed("written", &error))
    }

    fn failed(&self, what: &str, error: &io::Error) -> Error {
        let message = format!("`{}` could not be {what}: {}", text::path(&self.path), os_error(error));
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

#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_folder: &Path) -> io::Result<()> {
    Ok(())
}
