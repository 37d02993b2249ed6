//! A write is all or nothing (FILE-3): a new file in the same directory, renamed over the old one.

use std::fs::{File, Metadata};
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use tokio::time::sleep;

use crate::core::error::{Error, ErrorCode, Result};
use crate::core::file::contents::says;
use crate::core::file::credentials_file::{CredentialsFile, Snapshot};
use crate::core::file::lock::Locked;
use crate::core::file::new_file::{NewFile, remove_leftovers};
use crate::core::file::rests::{REST, Rests};
use crate::core::file::same_file::{has_same_owner_and_mode, is_at};
use crate::core::file::steps::{Step, before};
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
    /// The new file is in place. The old one, and what it contained, are for the last look.
    Replaced {
        old: File,
        found: SecretBytes,
    },
    /// The edit is not possible on the current file.
    Refused(Error),
}

struct Write<'a> {
    file: &'a CredentialsFile,
    /// What the file contained when it was read before; it usually still does.
    known: &'a SecretBytes,
    edit: &'a mut (dyn FnMut(&Snapshot) -> Result<Option<SecretBytes>> + Send),
    reporter: &'a dyn Reporter,
    late: Option<Late>,
    /// What was written last.
    written: Option<SecretBytes>,
    report: Replaced,
}

impl CredentialsFile {
    /// Replaces the file with what `edit` makes of its fresh bytes, under the file's lock; if `edit` returns `None`,
    /// nothing is changed. `known` are bytes that the file probably still has.
    ///
    /// A change that a program without the lock makes in the meantime is kept: the edit is repeated on the new content.
    ///
    /// Errors: those of the edit, and `not_writable`, `lock_timeout`, `file_changed`, `write_failed`.
    pub async fn replace(
        &self,
        known: &SecretBytes,
        edit: &mut (dyn FnMut(&Snapshot) -> Result<Option<SecretBytes>> + Send),
        reporter: &dyn Reporter,
    ) -> Result<Replaced> {
        let mut write =
            Write { file: self, known, edit, reporter, late: None, written: None, report: Replaced::default() };
        match write.run().await {
            // The edit is in the file. What could not be written is another program's late change.
            Err(_) if write.report.is_written => write.warn_lost_change(),
            ended => ended?,
        }
        Ok(write.report)
    }

    fn step(&self, step: Step) -> Result<()> {
        before(step).map_err(|error| self.failed("written", &error))
    }

    /// Writes, syncs and reads back the new file next to the old one.
    fn write_new(&self, folder: &Path, old: &File, metadata: &Metadata, bytes: &SecretBytes) -> Result<NewFile> {
        self.step(Step::Create)?;
        let mut new = NewFile::create(folder).map_err(|error| self.failed("written", &error))?;
        self.step(Step::Write)?;
        new.write(bytes).map_err(|error| self.failed("written", &error))?;
        self.step(Step::KeepOwner)?;
        new.keep_owner_and_mode(old, metadata).map_err(|error| self.failed("given its owner and mode", &error))?;
        self.step(Step::SyncFile)?;
        new.sync().map_err(|error| self.failed("written", &error))?;
        self.step(Step::ReadBack)?;
        if !new.says(bytes).map_err(|error| self.failed("read back", &error))? {
            let message = format!("the new `{}` does not read back what was written", text::path(&self.path));
            return Err(Error::new(ErrorCode::WriteFailed, message, "check the disk; the file is unchanged"));
        }
        Ok(new)
    }

    /// The last comparison: the path, also through links, leads to the open file, which has the same bytes, mode and
    /// owner as when it was read.
    fn is_unchanged(&self, locked: &Locked, metadata: &Metadata, found: &SecretBytes) -> Result<bool> {
        let now = locked.file.metadata().map_err(|error| self.unreadable(&error))?;
        Ok(is_at(&locked.file, &locked.target)
            && is_at(&locked.file, &self.path)
            && has_same_owner_and_mode(&now, metadata)
            && says(&locked.file, found).map_err(|error| self.unreadable(&error))?)
    }

    /// Looks once at the replaced file (FILE-5): what was written to it after the last comparison.
    fn late_change(&self, old: &File, found: &SecretBytes) -> Option<Late> {
        if says(old, found).ok()? {
            return None;
        }
        let now = self.read_open(old).ok()?;
        Some(match now.strip_prefix(&**found) {
            Some(end) => Late::Appended(SecretBytes::new(end.to_vec())),
            None => Late::Rewritten(now),
        })
    }

    fn failed(&self, what: &str, error: &io::Error) -> Error {
        let message = format!("`{}` could not be {what}: {}", text::path(&self.path), os_error(error));
        let (code, hint) = match error.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::ResourceBusy => {
                (ErrorCode::NotWritable, "check who may write to the file and its directory; the file is unchanged")
            }
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
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
        let mut changing_since = None;
        loop {
            let Some(locked) = self.lock(&mut rests).await? else { continue };
            match self.attempt(locked)? {
                Attempt::Done => return Ok(()),
                Attempt::Changed => {
                    if changing_since.get_or_insert_with(Instant::now).elapsed() >= LONGEST_CHANGING {
                        return Err(self.keeps_changing());
                    }
                }
                Attempt::Replaced { old, found } => {
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
        let locked = self.file.lock(|text| self.reporter.notice(text)).await?;
        if !locked.has_locks && self.report.warnings.is_empty() {
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
        let is_known = says(&locked.file, self.known).is_ok_and(|same| same);
        let found = if is_known { self.known.clone() } else { file.read_open(&locked.file)? };
        let base = match &self.late {
            None => found.clone(),
            Some(Late::Appended(end)) => SecretBytes::new([&*found, &**end].concat()),
            Some(Late::Rewritten(bytes)) if self.written.as_ref() == Some(&found) => bytes.clone(),
            // There are two new contents, and only one file.
            Some(Late::Rewritten(_)) => {
                self.warn_lost_change();
                return Ok(Attempt::Done);
            }
        };
        let old = Snapshot { bytes: base, target: locked.target.clone(), metadata };
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
        let folder = old.target.parent().unwrap_or(Path::new("/"));
        remove_leftovers(folder);
        let new_file = file.write_new(folder, &locked.file, &old.metadata, &new)?;
        file.step(Step::Compare)?;
        if !file.is_unchanged(&locked, &old.metadata, &found)? {
            if let Some(Late::Rewritten(_)) = self.late {
                self.warn_lost_change();
                return Ok(Attempt::Done);
            }
            return Ok(Attempt::Changed);
        }
        file.step(Step::Rename)?;
        // The lock on the new file ends here, too: the last look needs none.
        new_file.replace(&old.target).map_err(|error| file.failed("replaced", &error))?;
        self.report.is_written = true;
        self.reporter.reached(Milestone::FileWritten);
        self.sync(folder);
        (self.late, self.written) = (None, Some(new));
        Ok(Attempt::Replaced { old: locked.file, found })
    }

    fn sync(&mut self, folder: &Path) {
        if let Err(error) = before(Step::SyncFolder).and_then(|()| sync_folder(folder)) {
            let folder = text::path(folder);
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

#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_folder: &Path) -> io::Result<()> {
    Ok(())
}
