//! A write is all or nothing (FILE-3): a new file in the same directory, renamed over the old one.

use std::ffi::OsStr;
use std::fs::{File, Metadata};
use std::io;
use std::time::{Duration, Instant};

use tokio::time::sleep;

use crate::core::error::{Error, ErrorCode, Result};
use crate::core::file::contents::{LONGEST_USE, MAX_BYTES, TRY_AGAIN, reads_as};
use crate::core::file::credentials_file::{CredentialsFile, Snapshot};
use crate::core::file::lock::Locked;
use crate::core::file::new_file::{NewFile, remove_leftovers};
use crate::core::file::rests::{REST, Rests};
use crate::core::file::steps::{Step, before};
use crate::core::file::system::{
    Folder, has_same_owner_and_mode, is_held_open, is_in_use, opened_since, permissions_command,
};
use crate::core::reporter::{Milestone, Reporter};
use crate::core::secret::SecretBytes;
use crate::core::text::{self, os_error};

/// How long the edit is repeated while a program that does not lock keeps changing the file.
const LONGEST_CHANGING: Duration = Duration::from_secs(10);

/// When the replaced file is looked at once more: whoever opened it by its name before the rename has usually written
/// to it by then.
const LAST_LOOK: Duration = Duration::from_millis(20);

/// How many times late writes to a replaced file are carried over to the new one.
const MOST_LATE_CHANGES: usize = 5;

/// How many times a file that refuses the edit is read again: a program that writes in place truncates it first.
const MOST_REFUSALS: usize = 25;

/// How the write went.
#[derive(Debug, Default)]
pub struct Replaced {
    /// Whether the file was written; an edit without changes writes nothing.
    pub is_written: bool,
    pub warnings: Vec<String>,
}

/// What a program that had the old file open wrote to it while it was replaced.
enum Late {
    Appended(SecretBytes),
    Rewritten(SecretBytes),
}

enum Attempt {
    Done,
    Changed,
    /// The new file is in place. The old one, if it can be kept, and what it contained are for the last look.
    Replaced {
        old: Option<File>,
        found: SecretBytes,
    },
    /// Another program has the file open and lets nobody replace it.
    InUse(Error),
    /// The edit is not possible on the current file.
    Refused(Error),
}

struct Write<'a> {
    file: &'a CredentialsFile,
    /// The file when it was checked. It usually still is the same.
    checked: &'a Snapshot,
    edit: &'a mut (dyn FnMut(&Snapshot) -> Result<Option<SecretBytes>> + Send),
    reporter: &'a dyn Reporter,
    late: Option<Late>,
    /// What was written last.
    written: Option<SecretBytes>,
    report: Replaced,
}

impl CredentialsFile {
    /// Replaces the file with what `edit` makes of its fresh bytes, under the file's lock; if `edit` returns `None`,
    /// nothing is changed. Every step is made in the directory that was checked (FILE-9).
    ///
    /// A change that a program without the lock makes in the meantime is kept: the edit is repeated on the new content.
    ///
    /// Errors: those of the edit, and `not_writable`, `lock_timeout`, `file_changed`, `write_failed`. What the check would
    /// have refused is `file_changed`.
    pub async fn replace(
        &self,
        checked: &Snapshot,
        edit: &mut (dyn FnMut(&Snapshot) -> Result<Option<SecretBytes>> + Send),
        reporter: &dyn Reporter,
    ) -> Result<Replaced> {
        let mut write =
            Write { file: self, checked, edit, reporter, late: None, written: None, report: Replaced::default() };
        match write.run().await {
            // The edit is in the file. What could not be written is another program's late change.
            Err(_) if write.report.is_written => write.warn_lost_change(),
            ended => ended.map_err(|error| self.changed_since(error))?,
        }
        Ok(write.report)
    }

    /// What was in order at the check and no longer is has been changed in the meantime (FILE-5).
    fn changed_since(&self, error: Error) -> Error {
        if error.code().exit_status() != ErrorCode::FileMissing.exit_status() {
            return error;
        }
        let message = format!("`{}` was changed in the meantime: {}", text::path(&self.path), error.message());
        Error::new(ErrorCode::FileChanged, message, error.hint())
    }

    fn step(&self, step: Step) -> Result<()> {
        before(step).map_err(|error| self.failed("written", &error))
    }

    /// Writes, syncs and reads back the new file next to the old one.
    fn write_new<'f>(
        &self,
        folder: &'f Folder,
        old: &Locked,
        metadata: &Metadata,
        bytes: &[u8],
    ) -> Result<NewFile<'f>> {
        self.step(Step::Create)?;
        let mut new = NewFile::create(folder, &old.file, &old.name).map_err(|error| self.failed("written", &error))?;
        self.step(Step::Write)?;
        new.write(bytes).map_err(|error| self.failed("written", &error))?;
        self.step(Step::KeepOwner)?;
        new.keep(&old.file, metadata).map_err(|not_kept| self.not_kept(&not_kept))?;
        self.step(Step::SyncFile)?;
        new.sync().map_err(|error| self.failed("written", &error))?;
        self.step(Step::ReadBack)?;
        if !new.reads_as(bytes).map_err(|error| self.failed("read back", &error))? {
            let message = format!("the new `{}` does not read back what was written", text::path(&self.path));
            return Err(Error::new(ErrorCode::WriteFailed, message, "check the disk; the file is unchanged"));
        }
        Ok(new)
    }

    /// The last comparison: the open file still has its name, and the same bytes, mode and owner as when it was read.
    fn is_unchanged(&self, folder: &Folder, locked: &Locked, metadata: &Metadata, found: &SecretBytes) -> Result<bool> {
        let now = locked.file.metadata().map_err(|error| self.unreadable(&error))?;
        Ok(folder.has(&locked.name, &locked.file)
            && has_same_owner_and_mode(&now, metadata)
            && reads_as(&locked.file, found).map_err(|error| self.unreadable(&error))?)
    }

    /// Whether the path leads to this name in the directory.
    pub(super) fn leads_to(&self, folder: &Folder, name: &OsStr) -> bool {
        self.name_in(folder).is_ok_and(|current| current.as_deref() == Some(name))
    }

    /// Refuses a file that lets in others than when it was checked (FILE-9).
    fn check_private(&self, checked: &Metadata, now: &Metadata) -> Result<()> {
        let Some(change) = opened_since(checked, now) else { return Ok(()) };
        let file = text::path(&self.path);
        let hint = format!("find out who changed it: `{}`; nothing was written", permissions_command(&self.path));
        Err(Error::new(ErrorCode::FileChanged, format!("`{file}` {change}"), hint))
    }

    /// Whether the file could still be read with these bytes.
    pub fn check_size(&self, new: &[u8]) -> Result<()> {
        if new.len() as u64 <= MAX_BYTES {
            return Ok(());
        }
        let message = format!("`{}` would become larger than 64 MiB", text::path(&self.path));
        Err(Error::new(ErrorCode::FileUnusable, message, "remove what does not belong in it; the file is unchanged"))
    }

    /// Looks once at the replaced file (FILE-5): what was written to it after the last comparison.
    fn late_change(&self, old: &File, found: &SecretBytes) -> Option<Late> {
        if reads_as(old, found).ok()? {
            return None;
        }
        let now = self.read_open(old).ok()?;
        Some(match now.strip_prefix(&**found) {
            Some(end) => Late::Appended(SecretBytes::new(end.to_vec())),
            None => Late::Rewritten(now),
        })
    }

    fn in_use(&self, error: &io::Error) -> Error {
        let message = format!("`{}` could not be replaced: {}", text::path(&self.path), os_error(error));
        let hint = "close the program that has the file open, and try again; the file is unchanged";
        Error::new(ErrorCode::WriteFailed, message, hint)
    }

    pub(super) fn failed(&self, what: &str, error: &io::Error) -> Error {
        let message = format!("`{}` could not be {what}: {}", text::path(&self.path), os_error(error));
        let (code, hint) = match error.kind() {
            _ if is_in_use(error) => return self.in_use(error),
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::ResourceBusy => {
                (ErrorCode::NotWritable, "check who may write to the file and its directory; the file is unchanged")
            }
            _ if is_full(error) => {
                (ErrorCode::WriteFailed, "free some disk space and try again; the file is unchanged")
            }
            _ => (ErrorCode::WriteFailed, "check the directory and the disk; the file is unchanged"),
        };
        Error::new(code, message, hint)
    }
}

impl Write<'_> {
    async fn run(&mut self) -> Result<()> {
        let (mut refusals, mut late_changes, mut rests) = (0, 0, Rests::default());
        let (mut changing_since, mut in_use_since) = (None, None);
        loop {
            let Some(locked) = self.lock(&mut rests).await? else { continue };
            match self.attempt(locked)? {
                Attempt::Done | Attempt::Replaced { old: None, .. } => return Ok(()),
                Attempt::Changed => {
                    if changing_since.get_or_insert_with(Instant::now).elapsed() >= LONGEST_CHANGING {
                        return Err(self.keeps_changing());
                    }
                }
                Attempt::InUse(error) => {
                    if in_use_since.get_or_insert_with(Instant::now).elapsed() >= LONGEST_USE {
                        return Err(error);
                    }
                    sleep(TRY_AGAIN).await;
                }
                Attempt::Replaced { old: Some(old), found } => {
                    self.late = self.last_look(&old, &found).await;
                    if self.late.is_none() {
                        return Ok(());
                    }
                    late_changes += 1;
                    if late_changes > MOST_LATE_CHANGES {
                        self.warn_lost_change();
                        return Ok(());
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

    /// The locked file; `None`, after a rest, if somebody may be in the middle of writing it.
    async fn lock(&mut self, rests: &mut Rests) -> Result<Option<Locked>> {
        self.file.step(Step::Lock)?;
        let locked = self.file.lock(&self.checked.folder, |text| self.reporter.notice(text)).await?;
        if locked.lock.is_none() && self.report.warnings.is_empty() {
            let warning = "the file system has no locks: two writers at once could lose an update";
            self.report.warnings.push(warning.into());
        }
        let metadata = locked.file.metadata().map_err(|error| self.file.unreadable(&error))?;
        if rests.needs_one(&metadata, metadata.len()) {
            drop(locked);
            sleep(REST).await;
            return Ok(None);
        }
        Ok(Some(locked))
    }

    /// What somebody wrote to the replaced file, once it is complete: half of a rewrite must not become the new content.
    async fn last_look(&mut self, old: &File, found: &SecretBytes) -> Option<Late> {
        for _ in 0..MOST_REFUSALS {
            sleep(LAST_LOOK).await;
            let late = self.file.late_change(old, found)?;
            let age = old.metadata().and_then(|metadata| metadata.modified()).map(|at| at.elapsed());
            let is_at_rest = matches!(age, Ok(Ok(age)) if age >= REST);
            if is_at_rest && !matches!(&late, Late::Rewritten(bytes) if bytes.is_empty()) {
                return Some(late);
            }
        }
        self.warn_lost_change();
        None
    }

    /// One attempt. It never waits, so cancelling the call cannot interrupt a write halfway.
    fn attempt(&mut self, locked: Locked) -> Result<Attempt> {
        let file = self.file;
        file.step(Step::Read)?;
        let metadata = locked.file.metadata().map_err(|error| file.unreadable(&error))?;
        let is_known = reads_as(&locked.file, &self.checked.bytes).is_ok_and(|same| same);
        let found = if is_known { self.checked.bytes.clone() } else { file.read_open(&locked.file)? };
        if let Err(error) = file.check_private(&self.checked.metadata, &metadata) {
            return Ok(Attempt::Refused(error));
        }
        let Some(base) = self.base(&found) else {
            self.warn_lost_change();
            return Ok(Attempt::Done);
        };
        let (checked, target) = (self.checked, self.checked.folder.path().join(&locked.name));
        let folder = &*checked.folder;
        let old = Snapshot { bytes: base, target, folder: checked.folder.clone(), metadata };
        file.step(Step::Edit)?;
        let new = match ((self.edit)(&old), &self.late) {
            (Ok(Some(new)), _) => new,
            (Ok(None), _) if old.bytes == found => return Ok(Attempt::Done),
            // Late lines stay even if they do not fit: they could just as well have come a moment later.
            (Ok(None), _) | (Err(_), Some(Late::Appended(_))) => old.bytes.clone(),
            (Err(_), Some(Late::Rewritten(_))) => {
                self.warn_lost_change();
                return Ok(Attempt::Done);
            }
            (Err(error), None) => return Ok(Attempt::Refused(error)),
        };
        file.check_size(&new)?;
        remove_leftovers(folder);
        let new_file = match file.write_new(folder, &locked, &old.metadata, &new) {
            // On Windows a new file cannot be made while the old one is away.
            Err(_) if !file.leads_to(folder, &locked.name) || !folder.has(&locked.name, &locked.file) => {
                return Ok(Attempt::Changed);
            }
            new_file => new_file?,
        };
        file.step(Step::Compare)?;
        if !file.is_unchanged(folder, &locked, &old.metadata, &found)? {
            if let Some(Late::Rewritten(_)) = self.late {
                self.warn_lost_change();
                return Ok(Attempt::Done);
            }
            return Ok(Attempt::Changed);
        }
        file.step(Step::Rename)?;
        if !file.leads_to(folder, &locked.name) || !new_file.is_there() {
            return Ok(Attempt::Changed);
        }
        // The lock on the new file ends here, too: the last look needs none.
        let mut old_file = Some(locked.file);
        match new_file.replace(&locked.name, &mut old_file, &found) {
            Ok(true) => {}
            Ok(false) => return Ok(Attempt::Changed),
            Err(error) if is_held_open(&error) => return Ok(Attempt::InUse(file.in_use(&error))),
            Err(error) => return Err(file.failed("replaced", &error)),
        }
        self.report.is_written = true;
        self.reporter.reached(Milestone::FileWritten);
        self.sync(folder);
        (self.late, self.written) = (None, Some(new));
        Ok(Attempt::Replaced { old: old_file, found })
    }

    /// What the edit is made on: the file with what was written to its predecessor too late. `None` if there are two new
    /// contents, and only one file.
    fn base(&self, found: &SecretBytes) -> Option<SecretBytes> {
        match &self.late {
            None => Some(found.clone()),
            Some(Late::Appended(end)) => Some(SecretBytes::new([&**found, &**end].concat())),
            Some(Late::Rewritten(bytes)) => (self.written.as_ref() == Some(found)).then(|| bytes.clone()),
        }
    }

    fn sync(&mut self, folder: &Folder) {
        if let Err(error) = before(Step::SyncFolder).and_then(|()| folder.sync()) {
            let folder = text::path(folder.path());
            let warning = format!("the file was replaced, but `{folder}` could not be synced: {}", os_error(&error));
            self.report.warnings.push(warning);
        }
    }

    fn warn_lost_change(&mut self) {
        let file = text::path(&self.file.path);
        let warning = format!("another program wrote to `{file}` while it was being replaced; its change is lost");
        self.report.warnings.push(warning);
    }

    fn keeps_changing(&self) -> Error {
        let message = format!("another program keeps changing `{}`", text::path(&self.file.path));
        Error::new(ErrorCode::FileChanged, message, "stop the program that writes to it, and try again")
    }
}

/// Whether there is no space left.
pub(super) fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}
