//! The use case of `export`: the stored session of a source profile, for other programs (EXP-1).
//!
//! It never asks for a code and never calls AWS.

use jiff::Timestamp;

use crate::core::block::layout::Layout;
use crate::core::error::{Error, ErrorCode, Result};
use crate::core::expiry;
use crate::core::file::credentials_file::CredentialsFile;
use crate::core::ini::profiles::{Key, Profile, Profiles};
use crate::core::secret::SecretString;
use crate::core::session::SessionCredentials;
use crate::core::text::{self, shown};

/// The stored session of a source profile that is still good at `now`.
pub fn stored_session(file: &CredentialsFile, name: &str, now: Timestamp) -> Result<SessionCredentials> {
    let snapshot = file.read()?;
    let profiles = Profiles::of_credentials(&snapshot.bytes);
    let layout = Layout::of(&snapshot.bytes);
    let session = session_profile(file, &profiles, &layout, name)?;
    let (expiration, _) = good_until(file, session, name, now)?;
    Ok(SessionCredentials {
        access_key_id: part(file, session, name, Key::AwsAccessKeyId)?.to_owned(),
        secret_access_key: SecretString::from(part(file, session, name, Key::AwsSecretAccessKey)?),
        session_token: SecretString::from(part(file, session, name, Key::AwsSessionToken)?),
        expiration,
    })
}

/// Whether the stored session of a profile is good for at least `min_validity` seconds (CLI-14).
pub fn check_session(file: &CredentialsFile, name: &str, min_validity: u64, now: Timestamp) -> Result<()> {
    let snapshot = file.read()?;
    let profiles = Profiles::of_credentials(&snapshot.bytes);
    let layout = Layout::of(&snapshot.bytes);
    let session = session_profile(file, &profiles, &layout, name)?;
    for key in [Key::AwsAccessKeyId, Key::AwsSecretAccessKey, Key::AwsSessionToken] {
        part(file, session, name, key)?;
    }
    let (_, left) = good_until(file, session, name, now)?;
    if left < min_validity {
        let message =
            format!("the session of `{}` is good for {left} s more, not {min_validity} s", shown(name.as_bytes()));
        return Err(Error::new(ErrorCode::SessionExpired, message, renew(name)));
    }
    Ok(())
}

/// The session profile of a source; of a session profile that no block manages the profile itself.
fn session_profile<'p>(
    file: &CredentialsFile,
    profiles: &'p Profiles<'_>,
    layout: &Layout<'_>,
    name: &str,
) -> Result<&'p Profile<'p>> {
    let source = layout.source_of(name.as_bytes()).unwrap_or(name.as_bytes());
    let of_block = layout.block_of(source).and_then(|block| block.header.as_ref());
    if let Some(session) = of_block.and_then(|header| profiles.get(header.name)) {
        return Ok(session);
    }
    match profiles.get(source) {
        Some(own) if own.get(Key::AwsSessionToken).is_some() => Ok(own),
        Some(_) => Err(missing(name, "has no stored session")),
        None => {
            let message = format!("the profile `{}` is not in `{}`", shown(name.as_bytes()), text::path(file.path()));
            Err(Error::new(ErrorCode::ProfileNotFound, message, "`updsts list` shows the profiles there are"))
        }
    }
}

/// A part of the session as the request's checks let it in: ASCII without blanks and controls.
fn part<'p>(file: &CredentialsFile, session: &'p Profile<'_>, name: &str, key: Key) -> Result<&'p str> {
    let Some(value) = session.get(key) else {
        return Err(missing(name, &format!("has a stored session without `{}`", key.as_str())));
    };
    match value.as_str() {
        Some(text) if text.bytes().all(|b| b.is_ascii_graphic()) => Ok(text),
        _ => {
            let place = text::place(file.path(), Some(value.line));
            let what = format!("has a stored session whose `{}` is damaged ({place})", key.as_str());
            Err(missing(name, &what))
        }
    }
}

/// The expiry and the seconds left, more than none.
fn good_until(file: &CredentialsFile, session: &Profile<'_>, name: &str, now: Timestamp) -> Result<(Timestamp, u64)> {
    let expired = |what: String| {
        let message = format!("the session of `{}` {what}", shown(name.as_bytes()));
        Err(Error::new(ErrorCode::SessionExpired, message, renew(name)))
    };
    let Some(value) = session.get(Key::ExpirationDatetime) else {
        return expired("has no `expiration_datetime`, so it may be over".into());
    };
    let Some(expiration) = value.as_str().and_then(expiry::parse) else {
        let place = text::place(file.path(), Some(value.line));
        return expired(format!("has an `expiration_datetime` that cannot be read ({place})"));
    };
    let left = expiry::seconds_left(expiration, now);
    match u64::try_from(left) {
        Ok(left) if left > 0 => Ok((expiration, left)),
        _ => expired(format!("expired {} ago", expiry::in_words(left))),
    }
}

fn missing(name: &str, what: &str) -> Error {
    Error::new(ErrorCode::SessionMissing, format!("the profile `{}` {what}", shown(name.as_bytes())), renew(name))
}

fn renew(name: &str) -> String {
    format!("get one with `updsts get -n {}`", shown(name.as_bytes()))
}
