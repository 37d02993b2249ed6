//! Temporary sessions, stored in their own tokens.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use jiff::Timestamp;
use subtle::ConstantTimeEq as _;

use crate::derivation::Derivation;

/// How AWS's tokens begin, so ours start with `IQoJb3JpZ2luX2Vj…` too.
const PREFIX: &[u8; 14] = b"\x21\x0a\x09origin_ec\x10\x01";
/// Bytes of a token: 372 characters of Base64 without padding.
const TOKEN_BYTES: usize = 279;

/// A session as `GetSessionToken` returns it.
pub(crate) struct IssuedSession {
    pub(crate) access_key_id: String,
    pub(crate) secret_access_key: String,
    pub(crate) session_token: String,
    pub(crate) expiration: Timestamp,
}

/// The contents of one of our tokens.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct SealedSession {
    /// The index of the user in the mock's list.
    pub(crate) user: u32,
    pub(crate) expiration: Timestamp,
}

/// Issues sessions, and recognises them later by their token only, even after their expiry, so nothing has to be
/// remembered, however many are issued.
pub(crate) struct Sessions {
    derivation: Derivation,
}

impl Sessions {
    pub(crate) fn new(derivation: Derivation) -> Self {
        Self { derivation }
    }

    pub(crate) fn derivation(&self) -> &Derivation {
        &self.derivation
    }

    /// The session with this number, for the user at index `user`, whose ARN is `arn`.
    pub(crate) fn issue(&self, number: u64, user: u32, arn: &str, expiration: Timestamp) -> IssuedSession {
        let access_key_id = self.derivation.unique_id("ASIA", "session", &number.to_be_bytes());
        IssuedSession {
            secret_access_key: self.secret_access_key(&access_key_id),
            session_token: BASE64_STANDARD.encode(self.token(&access_key_id, user, arn, expiration.as_second())),
            access_key_id,
            expiration,
        }
    }

    /// The secret that belongs to a session's access key id.
    pub(crate) fn secret_access_key(&self, access_key_id: &str) -> String {
        self.derivation.secret_access_key(access_key_id)
    }

    /// Reads a token that was issued here with this access key id. `arn_of` returns a user's ARN.
    pub(crate) fn open(
        &self,
        access_key_id: &str,
        session_token: &[u8],
        arn_of: impl Fn(u32) -> Option<String>,
    ) -> Option<SealedSession> {
        let token = BASE64_STANDARD.decode(session_token).ok()?;
        let (user, rest) = token.strip_prefix(PREFIX)?.split_first_chunk()?;
        let (seconds, _) = rest.split_first_chunk()?;
        let (user, seconds) = (u32::from_be_bytes(*user), i64::from_be_bytes(*seconds));
        let expected = self.token(access_key_id, user, &arn_of(user)?, seconds);
        if !bool::from(expected.ct_eq(&token)) {
            return None;
        }
        Some(SealedSession { user, expiration: Timestamp::from_second(seconds).ok()? })
    }

    /// Prefix, user and expiry are in the clear; the rest is derived from all of them and requires the seed.
    fn token(&self, access_key_id: &str, user: u32, arn: &str, expiration: i64) -> Vec<u8> {
        let (user, expiration) = (user.to_be_bytes(), expiration.to_be_bytes());
        let mut token = [PREFIX.as_slice(), &user, &expiration].concat();
        let mut block = 0_u64;
        while token.len() < TOKEN_BYTES {
            let parts = [access_key_id.as_bytes(), arn.as_bytes(), &user, &expiration, &block.to_be_bytes()];
            token.extend_from_slice(&self.derivation.bytes("session token", &parts));
            block += 1;
        }
        token.truncate(TOKEN_BYTES);
        token
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str = "arn:aws:iam::123456789012:user/user";

    fn sessions() -> Sessions {
        Sessions::new(Derivation::new(Some(1)).unwrap())
    }

    fn open(access_key_id: &str, token: &[u8]) -> Option<SealedSession> {
        sessions().open(access_key_id, token, |user| (user == 0).then(|| ARN.to_owned()))
    }

    #[test]
    fn looks_like_a_session_of_aws() {
        let session = sessions().issue(1, 0, ARN, Timestamp::UNIX_EPOCH);
        assert!(session.access_key_id.starts_with("ASIA") && session.access_key_id.len() == 20);
        assert_eq!(session.secret_access_key.len(), 40);
        assert!(session.session_token.starts_with("IQoJb3JpZ2luX2Vj"));
        assert!(session.session_token.len() >= 356);
    }

    #[test]
    fn is_recognised_with_its_user_and_expiry() {
        let expiration = Timestamp::from_second(1_800_000_000).unwrap();
        let session = sessions().issue(1, 0, ARN, expiration);
        let opened = open(&session.access_key_id, session.session_token.as_bytes());
        assert_eq!(opened, Some(SealedSession { user: 0, expiration }));
    }

    #[test]
    fn no_character_of_a_token_can_be_changed() {
        let session = sessions().issue(1, 0, ARN, Timestamp::UNIX_EPOCH);
        for position in 0..session.session_token.len() {
            let mut token = session.session_token.clone().into_bytes();
            token[position] = if token[position] == b'A' { b'B' } else { b'A' };
            assert_eq!(open(&session.access_key_id, &token), None, "character {position}");
        }
    }

    #[test]
    fn does_not_open_for_another_key_user_or_mock() {
        let session = sessions().issue(1, 0, ARN, Timestamp::UNIX_EPOCH);
        let token = session.session_token.as_bytes();
        assert_eq!(open("ASIAIOSFODNN7EXAMPLE", token), None);
        assert_eq!(sessions().open(&session.access_key_id, token, |_| Some(format!("{ARN}2"))), None);
        let other = Sessions::new(Derivation::new(Some(2)).unwrap());
        assert_eq!(other.open(&session.access_key_id, token, |_| Some(ARN.to_owned())), None);
        assert_eq!(open(&session.access_key_id, b""), None);
        assert_eq!(open(&session.access_key_id, &token[..token.len() - 4]), None);
    }
}
