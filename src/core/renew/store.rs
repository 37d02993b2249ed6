//! The session goes into its block: planned before a code is needed, made on fresh bytes afterwards.

use std::ops::Range;
use std::path::Path;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::core::block::check::{Expected, verify};
use crate::core::block::edit::{Edit, ManagedBlock, splice};
use crate::core::block::layout::Layout;
use crate::core::error::{Error, ErrorCode, Result};
use crate::core::expiry;
use crate::core::file::credentials_file::{CredentialsFile, Snapshot};
use crate::core::file::observer::WriteObserver;
use crate::core::file::replace::{FileEdit, Replaced};
use crate::core::ini::profiles::{Key, Profiles};
use crate::core::secret::{SecretBytes, SecretString};
use crate::core::session::SessionCredentials;
use crate::core::text::{self, shown};

/// Where a session goes, and what the file said when that was checked.
pub struct Destination<'a> {
    /// The file.
    pub file: &'a CredentialsFile,
    /// The file as the checks saw it.
    pub checked: &'a Snapshot,
    /// The source profile.
    pub source: &'a str,
    /// The session profile.
    pub session_profile: &'a str,
}

impl Destination<'_> {
    /// Makes the edit with a session that looks like a real one, so that whatever forbids the real one
    /// does so before the code is spent. `layout` is that of the checked bytes.
    pub fn plan(&self, layout: &Layout<'_>, expiration: Timestamp) -> Result<Edit> {
        let credentials = SessionCredentials {
            access_key_id: "(new)".into(),
            secret_access_key: SecretString::from("x".repeat(40)),
            session_token: SecretString::from("x".repeat(400)),
            expiration,
        };
        self.edit(&credentials).splice(layout)
    }

    /// Writes the session; `key_id` is the key that it came from.
    pub async fn store(
        &self,
        session: &SessionCredentials,
        key_id: &str,
        observer: &mut dyn WriteObserver,
    ) -> Result<Replaced> {
        let mut edit = CheckedEdit { destination: self, key_id, edit: self.edit(session) };
        let replaced = self.file.replace(&mut edit, observer).await;
        replaced.map_err(|error| self.changed_meanwhile(error))
    }

    fn edit<'e>(&'e self, credentials: &'e SessionCredentials) -> SessionEdit<'e> {
        SessionEdit { destination: self, credentials, range: 0..0 }
    }

    /// What was in order before the request and is not any more was changed meanwhile (FILE-5).
    fn changed_meanwhile(&self, error: Error) -> Error {
        if error.code().exit_status() != ErrorCode::FileMissing.exit_status() {
            return error;
        }
        let file = text::path(self.file.path());
        let message = format!("`{file}` was changed meanwhile and does not take the session: {}", error.message());
        Error::new(ErrorCode::FileChanged, message, error.hint())
    }
}

/// Writes the session into its block, on whatever the file says at that moment.
struct SessionEdit<'a> {
    destination: &'a Destination<'a>,
    credentials: &'a SessionCredentials,
    range: Range<usize>,
}

impl SessionEdit<'_> {
    fn path(&self) -> &Path {
        self.destination.file.path()
    }

    fn splice(&mut self, layout: &Layout<'_>) -> Result<Edit> {
        let Destination { source, session_profile, .. } = self.destination;
        let slot = layout.slot(source.as_bytes(), session_profile.as_bytes());
        let edit = self.with_block(|block| slot.map(|slot| splice(slot, block)));
        let edit = edit.map_err(|error| error.at(self.path()))?;
        self.range = edit.range();
        Ok(edit)
    }

    fn with_block<T>(&self, work: impl FnOnce(&ManagedBlock<'_>) -> T) -> T {
        let expiration = expiry::written(self.credentials.expiration, &TimeZone::system());
        work(&ManagedBlock {
            source: self.destination.source.as_bytes(),
            session_profile: self.destination.session_profile,
            credentials: self.credentials,
            expiration: &expiration,
        })
    }
}

impl FileEdit for SessionEdit<'_> {
    fn edit(&mut self, old: &Snapshot) -> Result<Option<SecretBytes>> {
        let new = self.splice(&Layout::of(&old.bytes))?.apply(&old.bytes);
        Ok((new != old.bytes).then_some(new))
    }

    fn check(&self, old: &[u8], new: &[u8]) -> Result<()> {
        let checked = self.with_block(|block| verify(old, &self.range, new, &Expected::Block(block)));
        checked.map_err(|error| {
            let message = format!("the session cannot be written to `{}`: {error}", text::path(self.path()));
            Error::new(ErrorCode::BlockDamaged, message, "mend the file around the managed block; it is unchanged")
        })
    }
}

/// The edit on fresh bytes, after the checks that were made before the request were made again.
struct CheckedEdit<'a> {
    destination: &'a Destination<'a>,
    key_id: &'a str,
    edit: SessionEdit<'a>,
}

impl FileEdit for CheckedEdit<'_> {
    fn known(&self) -> Option<&SecretBytes> {
        Some(&self.destination.checked.bytes)
    }

    fn edit(&mut self, old: &Snapshot) -> Result<Option<SecretBytes>> {
        let Destination { file, checked, source, .. } = self.destination;
        file.check_replaceable(old)?;
        if old.bytes != checked.bytes {
            let layout = Layout::of(&old.bytes);
            let profiles = Profiles::of_sections(&old.bytes, layout.sections_of(&[source.as_bytes()]));
            let key_id = profiles.get(source.as_bytes()).and_then(|profile| profile.text(Key::AwsAccessKeyId));
            // A session goes only into the file that its key came from.
            if key_id != Some(self.key_id) {
                let message = format!("the key of `{}` is not there any more", shown(source.as_bytes()));
                return Err(Error::new(ErrorCode::KeyMissing, message, "see what changed the file, and try again"));
            }
        }
        self.edit.edit(old)
    }

    fn check(&self, old: &[u8], new: &[u8]) -> Result<()> {
        self.edit.check(old, new)
    }
}
