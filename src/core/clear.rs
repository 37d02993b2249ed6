//! The use case of `clear`: managed blocks are taken out of the file (BLK-10).

use jiff::Timestamp;

use crate::core::block::check::{Expected, verify};
use crate::core::block::edit::{own_lines, remove};
use crate::core::block::layout::{Block, Layout};
use crate::core::error::{Error, ErrorCode, Result};
use crate::core::expiry;
use crate::core::file::credentials_file::{CredentialsFile, Snapshot};
use crate::core::file::observer::WriteObserver;
use crate::core::file::replace::FileEdit;
use crate::core::ini::profiles::{Key, Profiles};
use crate::core::secret::SecretBytes;
use crate::core::text::{self, shown};

/// Whose sessions to remove.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// Of this source profile, or of the source of this session profile.
    Of(String),
    /// Every one.
    All,
}

/// A session that was removed from the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cleared {
    /// The source profile.
    pub source_profile: String,
    /// The session profile; `None` where the block had no header.
    pub session_profile: Option<String>,
    /// Seconds for which AWS still accepts the session, where that is known and not over.
    pub still_good_seconds: Option<i64>,
    /// The user's own lines that went with it: line, counted from 1, and what it was.
    pub own_lines: Vec<(usize, String)>,
}

/// What was removed, and what to warn about.
#[derive(Debug, Default)]
pub struct ClearReport {
    /// The removed sessions in file order.
    pub cleared: Vec<Cleared>,
    /// What is wrong though it worked.
    pub warnings: Vec<String>,
}

/// Removes the blocks from the file.
pub async fn clear(file: &CredentialsFile, which: &Which, observer: &mut dyn WriteObserver) -> Result<ClearReport> {
    let snapshot = file.read_at_rest().await?;
    let mut edit = ClearEdit { file, which, cleared: Vec::new() };
    if edit.edit(&snapshot)?.is_none() {
        return Ok(ClearReport::default());
    }
    let mut warnings = file.check_replaceable(&snapshot)?;
    warnings.extend(file.replace(&mut edit, observer).await?.warnings);
    Ok(ClearReport { cleared: edit.cleared, warnings })
}

struct ClearEdit<'a> {
    file: &'a CredentialsFile,
    which: &'a Which,
    cleared: Vec<Cleared>,
}

impl ClearEdit<'_> {
    /// The block to remove next; an error where the one that was named is not there.
    fn next<'l, 'b>(&self, layout: &'l Layout<'b>, bytes: &[u8]) -> Result<Option<&'l Block<'b>>> {
        let name = match self.which {
            Which::All => return Ok(layout.blocks().first()),
            Which::Of(_) if !self.cleared.is_empty() => return Ok(None),
            Which::Of(name) => name,
        };
        let source = layout.source_of(name.as_bytes()).unwrap_or(name.as_bytes());
        if let Some(block) = layout.block_of(source) {
            return Ok(Some(block));
        }
        let file = text::path(self.file.path());
        let name = shown(name.as_bytes());
        if Profiles::of_credentials(bytes).get(source).is_some() {
            let message = format!("the profile `{name}` has no stored session in `{file}`");
            return Err(Error::new(
                ErrorCode::SessionMissing,
                message,
                "nothing is to be cleared; `updsts list` shows the sessions",
            ));
        }
        let message = format!("the profile `{name}` is not in `{file}`");
        Err(Error::new(ErrorCode::ProfileNotFound, message, "`updsts list` shows the profiles there are"))
    }
}

impl FileEdit for ClearEdit<'_> {
    fn edit(&mut self, old: &Snapshot) -> Result<Option<SecretBytes>> {
        self.cleared.clear();
        let mut bytes = old.bytes.clone();
        loop {
            let layout = Layout::of(&bytes);
            if let Some(damage) = layout.damage().first() {
                return Err(damage.at(self.file.path()));
            }
            let Some(block) = self.next(&layout, &bytes)? else { break };
            let edit = remove(&layout, &bytes, block).map_err(|error| error.at(self.file.path()))?;
            let new = edit.apply(&bytes);
            verify(&bytes, &edit.range(), &new, &Expected::NoBlock { source: block.key }).map_err(|error| {
                let message = format!("the block of `{}` cannot be removed: {error}", shown(block.key));
                Error::new(ErrorCode::BlockDamaged, message, "mend the file around the managed block; it is unchanged")
            })?;
            let cleared = describe(&bytes, block);
            self.cleared.push(cleared);
            bytes = new;
        }
        Ok((!self.cleared.is_empty()).then_some(bytes))
    }

    fn check(&self, _old: &[u8], _new: &[u8]) -> Result<()> {
        // Each removal was checked as it was made, and the file reads back what was made.
        Ok(())
    }
}

fn describe(bytes: &[u8], block: &Block<'_>) -> Cleared {
    let profiles = Profiles::of_credentials(bytes);
    let session = block.header.as_ref().and_then(|header| profiles.get(header.name));
    let expiration = session.and_then(|profile| profile.text(Key::ExpirationDatetime)).and_then(expiry::parse);
    let left = expiration.map(|expiration| expiry::seconds_left(expiration, Timestamp::now()));
    Cleared {
        source_profile: shown(block.key),
        session_profile: block.header.as_ref().map(|header| shown(header.name)),
        still_good_seconds: left.filter(|&left| left > 0),
        own_lines: own_lines(bytes, block),
    }
}
