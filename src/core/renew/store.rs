//! Stores the session in its block: planned before a code is needed, made on fresh bytes afterwards.

use std::path::Path;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::core::block::change::Change;
use crate::core::block::edit::ManagedBlock;
use crate::core::block::layout::Layout;
use crate::core::error::{Error, ErrorCode, Result};
use crate::core::expiry;
use crate::core::file::credentials_file::{CredentialsFile, Snapshot};
use crate::core::file::replace::Replaced;
use crate::core::ini::key::Key;
use crate::core::ini::profiles::Profiles;
use crate::core::name::{ProfileName, SessionProfileName};
use crate::core::reporter::Reporter;
use crate::core::secret::SecretString;
use crate::core::session::SessionCredentials;
use crate::core::source::key::LongTermKey;

/// Where a session goes, and what the file contained when that was checked.
pub struct Destination<'a> {
    pub file: &'a CredentialsFile,
    pub checked: &'a Snapshot,
    pub source: &'a ProfileName,
    pub session_profile: &'a SessionProfileName,
    /// The source's region, for a session profile that has none (BLK-11).
    pub region: Option<&'a str>,
    pub adopts: bool,
}

impl Destination<'_> {
    /// The change for a session that looks like a real one, so whatever forbids the real edit is found before the code is
    /// spent. `layout` is that of the checked bytes.
    pub fn plan(&self, layout: &Layout<'_>, expiration: Timestamp) -> Result<Change> {
        let session = SessionCredentials {
            access_key_id: "(new)".into(),
            secret_access_key: SecretString::from("x".repeat(40)),
            session_token: SecretString::from("x".repeat(400)),
            expiration,
        };
        let change = self.change(layout, &session)?;
        self.file.check_size(&change.file)?;
        Ok(change)
    }

    /// Writes the session; `key` is the one that it came from.
    ///
    /// Errors: those of [`CredentialsFile::replace`].
    pub async fn store(
        &self,
        session: &SessionCredentials,
        key: &LongTermKey,
        reporter: &dyn Reporter,
    ) -> Result<Replaced> {
        let mut edit = |old: &Snapshot| {
            self.check_again(old, key)?;
            let new = self.change(&Layout::of(&old.bytes), session)?.file;
            Ok((new != old.bytes).then_some(new))
        };
        self.file.replace(self.checked, &mut edit, reporter).await
    }

    fn change(&self, layout: &Layout<'_>, session: &SessionCredentials) -> Result<Change> {
        let expiration = expiry::written(session.expiration, &TimeZone::system());
        let block = ManagedBlock {
            source: self.source.as_bytes(),
            session_profile: self.session_profile.as_str(),
            credentials: session,
            expiration: &expiration,
            region: self.region.filter(|_| !self.has_region(layout)),
            adopts: self.adopts,
        };
        Change::write(layout, &block).map_err(|error| error.at(self.path()))
    }

    /// Whether the session profile has a region, under its present name or, to be adopted, under the new one.
    fn has_region(&self, layout: &Layout<'_>) -> bool {
        let header = layout.block_of(self.source.as_bytes()).and_then(|block| block.header.as_ref());
        let name = header.map_or(self.session_profile.as_str().as_bytes(), |header| header.name);
        let profiles = Profiles::of_sections(layout.file(), layout.sections_of(&[name]));
        profiles.get(name).is_some_and(|profile| profile.has(Key::Region))
    }

    /// Repeats the checks of the file that were made before the request, and checks that its key still exists: a
    /// session goes only into the file that its key came from.
    fn check_again(&self, old: &Snapshot, key: &LongTermKey) -> Result<()> {
        self.file.check_replaceable(old)?;
        if old.bytes == self.checked.bytes {
            return Ok(());
        }
        let source = self.source.as_bytes();
        let layout = Layout::of(&old.bytes);
        let profiles = Profiles::of_sections(&old.bytes, layout.sections_of(&[source]));
        if key.is_in(profiles.get(source)) {
            return Ok(());
        }
        let message = format!("the key of `{}` is no longer there", self.source);
        Err(Error::new(ErrorCode::KeyMissing, message, "find out what changed the file, and try again"))
    }

    fn path(&self) -> &Path {
        self.file.path()
    }
}
