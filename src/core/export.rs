//! The use case of `export`: the stored session of a source profile, for other programs (EXP-1).
//!
//! It never asks for a code and never calls AWS.

use jiff::Timestamp;

use crate::core::block::layout::Layout;
use crate::core::block::stored_session::{SessionFault, StoredSession};
use crate::core::error::{Error, ErrorCode, Result};
use crate::core::file::credentials_file::CredentialsFile;
use crate::core::ini::profiles::Profiles;
use crate::core::name::ProfileName;
use crate::core::session::SessionCredentials;

/// The stored session of a source profile, if it is valid at `now`.
pub fn export(file: &CredentialsFile, name: &ProfileName, now: Timestamp) -> Result<SessionCredentials> {
    Ok(good_session(file, name, now)?.0)
}

/// Whether the stored session of a profile is valid for at least `min_validity` seconds (CLI-14).
pub fn check_session(file: &CredentialsFile, name: &ProfileName, min_validity: u64, now: Timestamp) -> Result<()> {
    let (_, left) = good_session(file, name, now)?;
    if left >= min_validity {
        return Ok(());
    }
    let message = format!("the session of `{name}` is valid for {left} s more, less than {min_validity} s");
    Err(Error::new(ErrorCode::SessionExpired, message, format!("get one with `updsts get -n {name}`")))
}

fn good_session(file: &CredentialsFile, name: &ProfileName, now: Timestamp) -> Result<(SessionCredentials, u64)> {
    let snapshot = file.read()?;
    let (layout, profiles) = (Layout::of(&snapshot.bytes), Profiles::of_credentials(&snapshot.bytes));
    let good = || {
        let good = StoredSession::find(&layout, &profiles, name)?.good(now)?;
        Ok((good.credentials(), good.seconds_left))
    };
    good().map_err(|fault: SessionFault| fault.at(name, file.path()))
}
