//! The use case of `clear`: removes managed blocks from the file (BLK-10).

use jiff::Timestamp;

use crate::core::block::change::Change;
use crate::core::block::edit::own_lines;
use crate::core::block::layout::{Block, Layout};
use crate::core::block::stored_session::StoredSession;
use crate::core::environment::Environment;
use crate::core::error::{Error, ErrorCode, Result};
use crate::core::expiry;
use crate::core::file::config_file::ConfigFile;
use crate::core::file::credentials_file::{CredentialsFile, Snapshot};
use crate::core::ini::key::Key;
use crate::core::ini::profiles::Profiles;
use crate::core::name::ProfileName;
use crate::core::reporter::Reporter;
use crate::core::secret::SecretBytes;
use crate::core::source::target::Target;
use crate::core::text::{self, shown};

/// Whose sessions to remove.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// Of this source profile, or of the source of this session profile.
    Of(ProfileName),
    All,
}

/// A session that was removed from the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cleared {
    pub source_profile: String,
    /// The session profile; `None` if the block had no header.
    pub session_profile: Option<String>,
    /// Seconds for which AWS still accepts the session, if known and not over.
    pub still_good_seconds: Option<i64>,
    /// The user's own lines that were removed too: line, counted from 1, and what it was.
    pub own_lines: Vec<(usize, String)>,
}

/// What was removed, and what to warn about.
#[derive(Debug, Default)]
pub struct ClearReport {
    /// The removed sessions in file order.
    pub cleared: Vec<Cleared>,
    /// Problems that did not prevent it.
    pub warnings: Vec<String>,
}

/// Removes the blocks from the file.
pub async fn clear(
    file: &CredentialsFile,
    which: &Which,
    environment: &Environment,
    reporter: &dyn Reporter,
) -> Result<ClearReport> {
    let snapshot = file.read_at_rest().await?;
    let which = &match which {
        Which::Of(name) => {
            let target = Target::resolve(name, &Layout::of(&snapshot.bytes), file, environment)?;
            Which::Of(target.without_role("clear")?)
        }
        Which::All => Which::All,
    };
    // Only to know which region is the source's.
    let config_file = ConfigFile::read(environment).unwrap_or_default();
    let config = config_file.profiles();
    let planned = without_blocks(file, which, &snapshot.bytes, &config)?;
    if planned.cleared.is_empty() {
        return Ok(ClearReport::default());
    }
    let mut warnings = file.check_replaceable(&snapshot)?;
    warnings.extend(planned.warning);
    let mut cleared = Vec::new();
    let mut edit = |old: &Snapshot| {
        let removed = without_blocks(file, which, &old.bytes, &config)?;
        cleared = removed.cleared;
        Ok((!cleared.is_empty()).then_some(removed.file))
    };
    warnings.extend(file.replace(&snapshot, &mut edit, reporter).await?.warnings);
    Ok(ClearReport { cleared, warnings })
}

/// The file without the blocks, and what was removed.
struct Removed {
    file: SecretBytes,
    cleared: Vec<Cleared>,
    warning: Option<String>,
}

fn without_blocks(
    file: &CredentialsFile,
    which: &Which,
    bytes: &SecretBytes,
    config: &Profiles<'_>,
) -> Result<Removed> {
    let mut removed = Removed { file: bytes.clone(), cleared: Vec::new(), warning: None };
    loop {
        let layout = Layout::of(&removed.file);
        if let Some(damage) = layout.damage().first() {
            return Err(damage.at(file.path()));
        }
        let block = match which {
            Which::Of(_) if !removed.cleared.is_empty() => None,
            Which::Of(name) => Some(block_of(file, &layout, name)?),
            Which::All => layout.blocks().first(),
        };
        let Some(block) = block else { return Ok(removed) };
        let change = Change::remove(&layout, block).map_err(|error| error.at(file.path()))?;
        removed.cleared.push(describe(&removed.file, block, config));
        removed.warning = removed.warning.or_else(|| change.warning(file.path()));
        removed.file = change.file;
    }
}

fn block_of<'l, 'b>(file: &CredentialsFile, layout: &'l Layout<'b>, name: &ProfileName) -> Result<&'l Block<'b>> {
    let source = name.as_bytes();
    if let Some(block) = layout.block_of(source) {
        return Ok(block);
    }
    let path = text::path(file.path());
    Err(if layout.count_of(source) > 0 {
        let message = format!("the profile `{name}` has no stored session in `{path}`");
        let hint = "there is nothing to clear; `updsts list` shows the sessions";
        Error::new(ErrorCode::SessionMissing, message, hint)
    } else {
        let message = format!("the profile `{name}` is not in `{path}`");
        Error::new(ErrorCode::ProfileNotFound, message, "`updsts list` shows the available profiles")
    })
}

fn describe(bytes: &[u8], block: &Block<'_>, config: &Profiles<'_>) -> Cleared {
    let profiles = Profiles::of_credentials(bytes);
    let session = block.header.as_ref().and_then(|header| profiles.get(header.name));
    let expiration = session.and_then(StoredSession::of).and_then(StoredSession::expiration);
    let in_credentials = profiles.get(block.key).and_then(|source| source.get(Key::Region));
    let region = in_credentials.or_else(|| config.get(block.key)?.get(Key::Region)).map(|value| value.bytes.to_vec());
    let left = expiration.map(|expiration| expiry::seconds_left(expiration, Timestamp::now()));
    Cleared {
        source_profile: shown(block.key),
        session_profile: block.header.as_ref().map(|header| shown(header.name)),
        still_good_seconds: left.filter(|&left| left > 0),
        own_lines: own_lines(bytes, block, region.as_deref()),
    }
}
