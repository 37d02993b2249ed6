//! The session that a file holds for a profile, and the only check of whether it is valid. Pure.

use std::path::Path;

use jiff::Timestamp;
use thiserror::Error as ThisError;

use crate::core::block::layout::Layout;
use crate::core::error::{Error, ErrorCode};
use crate::core::expiry;
use crate::core::ini::key::Key;
use crate::core::ini::profiles::{Profile, Profiles};
use crate::core::name::ProfileName;
use crate::core::secret::SecretString;
use crate::core::session::SessionCredentials;
use crate::core::text;

/// A profile that holds a session, in a block or from another tool. No `Debug`: it holds secrets.
#[derive(Clone, Copy)]
pub struct StoredSession<'p>(&'p Profile<'p>);

/// A session that AWS accepts, as far as the file shows.
pub struct GoodSession<'p> {
    pub access_key_id: &'p str,
    secret_access_key: &'p str,
    session_token: &'p str,
    pub expiration: Timestamp,
    /// The expiry as written in the file.
    pub expiration_text: &'p str,
    pub seconds_left: u64,
}

/// Why there is no valid session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ThisError)]
pub enum SessionFault {
    #[error("it is not in the file")]
    NoProfile,
    #[error("has no stored session")]
    NoSession,
    #[error("has a stored session without `{}`", .0.as_str())]
    Missing(Key),
    #[error("has a stored session whose `{}` is damaged", .key.as_str())]
    Damaged { key: Key, line: usize },
    /// Readers disagree on which section counts, and the AWS CLI rejects the file.
    #[error("is in a profile that occurs twice")]
    Repeated { line: usize },
    #[error("has no `expiration_datetime`, so it may have expired")]
    NoExpiry,
    #[error("has an invalid `expiration_datetime`")]
    UnreadableExpiry { line: usize },
    #[error("expired {} ago", expiry::in_words(*.seconds))]
    Expired { seconds: i64 },
}

impl<'p> StoredSession<'p> {
    /// The session of a source profile.
    pub fn find(layout: &Layout<'_>, profiles: &'p Profiles<'_>, name: &ProfileName) -> Result<Self, SessionFault> {
        let source = name.as_bytes();
        let of_block = layout.block_of(source).and_then(|block| block.header.as_ref());
        if let Some(line) = of_block.and_then(|header| layout.repeated(header)) {
            return Err(SessionFault::Repeated { line });
        }
        if let Some(session) = of_block.and_then(|header| profiles.get(header.name)) {
            return Ok(Self(session));
        }
        match profiles.get(source) {
            Some(own) if own.get(Key::AwsSessionToken).is_some() => Ok(Self(own)),
            Some(_) => Err(SessionFault::NoSession),
            None => Err(SessionFault::NoProfile),
        }
    }

    /// The session in a profile that has a token or a key id that begins with `ASIA`.
    pub fn of(profile: &'p Profile<'_>) -> Option<Self> {
        let is_temporary = |id: &[u8]| id.starts_with(b"ASIA");
        let is_session = profile.get(Key::AwsSessionToken).is_some()
            || profile.get(Key::AwsAccessKeyId).is_some_and(|id| is_temporary(&id.bytes));
        is_session.then_some(Self(profile))
    }

    /// When AWS stops accepting the session, if the file contains that.
    pub fn expiration(self) -> Option<Timestamp> {
        expiry::parse(self.0.text(Key::ExpirationDatetime)?)
    }

    /// The session, if it is complete and has not expired at `now`.
    pub fn good(self, now: Timestamp) -> Result<GoodSession<'p>, SessionFault> {
        let expiration = self.expiration();
        let left = expiration.map_or(0, |expiration| expiry::seconds_left(expiration, now));
        if expiration.is_some() && left <= 0 {
            return Err(SessionFault::Expired { seconds: left });
        }
        let access_key_id = self.part(Key::AwsAccessKeyId)?;
        let secret_access_key = self.part(Key::AwsSecretAccessKey)?;
        let session_token = self.part(Key::AwsSessionToken)?;
        let (Some(expiration), Some(text)) = (expiration, self.0.text(Key::ExpirationDatetime)) else {
            return Err(match self.0.get(Key::ExpirationDatetime) {
                Some(value) => SessionFault::UnreadableExpiry { line: value.line },
                None => SessionFault::NoExpiry,
            });
        };
        let seconds_left = left.unsigned_abs();
        Ok(GoodSession {
            access_key_id,
            secret_access_key,
            session_token,
            expiration,
            expiration_text: text,
            seconds_left,
        })
    }

    /// A part that passes the checks of the request: ASCII without spaces or control characters (GET-12).
    fn part(self, key: Key) -> Result<&'p str, SessionFault> {
        let value = self.0.get(key).ok_or(SessionFault::Missing(key))?;
        match value.as_str() {
            Some(text) if text.bytes().all(|b| b.is_ascii_graphic()) => Ok(text),
            _ => Err(SessionFault::Damaged { key, line: value.line }),
        }
    }
}

impl GoodSession<'_> {
    pub fn credentials(&self) -> SessionCredentials {
        SessionCredentials {
            access_key_id: self.access_key_id.to_owned(),
            secret_access_key: SecretString::from(self.secret_access_key),
            session_token: SecretString::from(self.session_token),
            expiration: self.expiration,
        }
    }
}

impl SessionFault {
    /// The error for the layers above, about the session of `name` in the file.
    pub fn at(&self, name: &ProfileName, file: &Path) -> Error {
        let place = |line| text::place(file, Some(line));
        let get = format!("get one with `updsts get -n {}`", name.in_a_command());
        match self {
            Self::NoProfile => {
                let message = format!("the profile `{name}` is not in `{}`", text::path(file));
                Error::new(ErrorCode::ProfileNotFound, message, "`updsts list` shows the available profiles")
            }
            Self::NoSession | Self::Missing(_) => {
                Error::new(ErrorCode::SessionMissing, format!("the profile `{name}` {self}"), get)
            }
            Self::Damaged { line, .. } => {
                let message = format!("the profile `{name}` {self} ({})", place(*line));
                Error::new(ErrorCode::SessionMissing, message, get)
            }
            Self::Repeated { line } => {
                let message = format!("the session of `{name}` {self} ({})", place(*line));
                Error::new(ErrorCode::SessionMissing, message, "remove or rename the section on that line")
            }
            Self::UnreadableExpiry { line } => {
                let message = format!("the session of `{name}` {self} ({})", place(*line));
                Error::new(ErrorCode::SessionExpired, message, get)
            }
            Self::NoExpiry | Self::Expired { .. } => {
                Error::new(ErrorCode::SessionExpired, format!("the session of `{name}` {self}"), get)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file with a block whose session profile has these lines.
    fn file(lines: &str) -> String {
        format!("[default]\n# ${{{{{{ key=default [auto update by updsts]\n[default_sts]\n{lines}# $}}}}}}\n")
    }

    const WHOLE: [&str; 4] = [
        "aws_access_key_id = ASIAIOSFODNN7EXAMPLE\n",
        "aws_secret_access_key = s\n",
        "aws_session_token = t\n",
        "expiration_datetime = 2026-11-25T12:00:00Z\n",
    ];

    fn fault(lines: &str, now: &str) -> Option<SessionFault> {
        let file = file(lines);
        let (layout, profiles) = (Layout::of(file.as_bytes()), Profiles::of_credentials(file.as_bytes()));
        let session = StoredSession::find(&layout, &profiles, &ProfileName::parse("default").unwrap()).unwrap();
        session.good(now.parse().unwrap()).err()
    }

    #[test]
    fn cli_14_a_whole_session_is_good_until_its_expiry() {
        let whole = WHOLE.concat();
        assert_eq!(fault(&whole, "2026-11-25T11:59:59Z"), None);
        assert_eq!(fault(&whole, "2026-11-25T12:00:00Z"), Some(SessionFault::Expired { seconds: 0 }));
    }

    #[test]
    fn cli_14_a_session_that_lacks_a_part_or_has_a_damaged_one_is_not_good() {
        let now = "2026-11-25T11:00:00Z";
        for (at, key) in [Key::AwsAccessKeyId, Key::AwsSecretAccessKey, Key::AwsSessionToken].into_iter().enumerate() {
            let mut lines = WHOLE;
            lines[at] = "";
            assert_eq!(fault(&lines.concat(), now), Some(SessionFault::Missing(key)));
            let damaged = format!("{} x\n", WHOLE[at].trim_end());
            lines[at] = &damaged;
            assert_eq!(fault(&lines.concat(), now), Some(SessionFault::Damaged { key, line: 4 + at }));
        }
        assert_eq!(fault(&WHOLE[..3].concat(), now), Some(SessionFault::NoExpiry));
        let odd = format!("{}expiration_datetime = soon\n", WHOLE[..3].concat());
        assert_eq!(fault(&odd, now), Some(SessionFault::UnreadableExpiry { line: 7 }));
    }
}
