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

/// Whom a session belongs to, by the index in the mock's lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Holder {
    User(u32),
    Role { index: u32, session_name: String },
}

/// The contents of one of our tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SealedSession {
    pub(crate) holder: Holder,
    /// Whether it was issued for a code.
    pub(crate) mfa: bool,
    pub(crate) expiration: Timestamp,
}

impl SealedSession {
    fn to_bytes(&self) -> Vec<u8> {
        let (kind, index, name) = match &self.holder {
            Holder::User(index) => (0, index, ""),
            Holder::Role { index, session_name } => (1, index, session_name.as_str()),
        };
        let length = u8::try_from(name.len()).unwrap_or(u8::MAX);
        let mut bytes = vec![kind, u8::from(self.mfa), length];
        bytes.extend(index.to_be_bytes());
        bytes.extend(self.expiration.as_second().to_be_bytes());
        bytes.extend(name.bytes().take(length.into()));
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let ([kind, mfa, length], rest) = bytes.split_first_chunk()?;
        let (index, rest) = rest.split_first_chunk()?;
        let (seconds, rest) = rest.split_first_chunk()?;
        let index = u32::from_be_bytes(*index);
        let holder = match kind {
            0 => Holder::User(index),
            _ => Holder::Role { index, session_name: str::from_utf8(rest.get(..(*length).into())?).ok()?.to_owned() },
        };
        Some(Self { holder, mfa: *mfa != 0, expiration: Timestamp::from_second(i64::from_be_bytes(*seconds)).ok()? })
    }
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

    /// The session with this number, for the principal whose ARN is `arn`.
    pub(crate) fn issue(&self, number: u64, session: &SealedSession, arn: &str) -> IssuedSession {
        let access_key_id = self.access_key_id(number);
        IssuedSession {
            secret_access_key: self.secret_access_key(&access_key_id),
            session_token: BASE64_STANDARD.encode(self.token(&access_key_id, session, arn)),
            access_key_id,
            expiration: session.expiration,
        }
    }

    /// The access key id of the session with this number.
    pub(crate) fn access_key_id(&self, number: u64) -> String {
        self.derivation.unique_id("ASIA", "session", &number.to_be_bytes())
    }

    /// The secret that belongs to a session's access key id.
    pub(crate) fn secret_access_key(&self, access_key_id: &str) -> String {
        self.derivation.secret_access_key(access_key_id)
    }

    /// Reads a token that was issued here with this access key id. `arn_of` returns a principal's ARN.
    pub(crate) fn open(
        &self,
        access_key_id: &str,
        session_token: &[u8],
        arn_of: impl Fn(&Holder) -> Option<String>,
    ) -> Option<SealedSession> {
        let token = BASE64_STANDARD.decode(session_token).ok()?;
        let session = SealedSession::from_bytes(token.strip_prefix(PREFIX)?)?;
        let expected = self.token(access_key_id, &session, &arn_of(&session.holder)?);
        bool::from(expected.ct_eq(&token)).then_some(session)
    }

    /// Prefix and session are in the clear; the rest is derived from all of them and requires the seed.
    fn token(&self, access_key_id: &str, session: &SealedSession, arn: &str) -> Vec<u8> {
        let session = session.to_bytes();
        let mut token = [PREFIX.as_slice(), &session].concat();
        let mut block = 0_u64;
        while token.len() < TOKEN_BYTES {
            let parts = [access_key_id.as_bytes(), arn.as_bytes(), &session, &block.to_be_bytes()];
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
        sessions().open(access_key_id, token, |holder| (*holder == Holder::User(0)).then(|| ARN.to_owned()))
    }

    fn sealed(expiration: Timestamp) -> SealedSession {
        SealedSession { holder: Holder::User(0), mfa: true, expiration }
    }

    #[test]
    fn a_role_session_carries_its_name() {
        for session_name in ["ab".to_owned(), "a".repeat(64)] {
            let holder = Holder::Role { index: 7, session_name };
            let session = SealedSession { holder, mfa: false, expiration: Timestamp::UNIX_EPOCH };
            let issued = sessions().issue(1, &session, ARN);
            assert_eq!(issued.session_token.len(), 372);
            let token = issued.session_token.as_bytes();
            assert_eq!(sessions().open(&issued.access_key_id, token, |_| Some(ARN.to_owned())), Some(session));
        }
    }

    #[test]
    fn looks_like_a_session_of_aws() {
        let session = sessions().issue(1, &sealed(Timestamp::UNIX_EPOCH), ARN);
        assert!(session.access_key_id.starts_with("ASIA") && session.access_key_id.len() == 20);
        assert_eq!(session.secret_access_key.len(), 40);
        assert!(session.session_token.starts_with("IQoJb3JpZ2luX2Vj"));
        assert!(session.session_token.len() >= 356);
    }

    #[test]
    fn is_recognised_with_its_user_and_expiry() {
        let expiration = Timestamp::from_second(1_800_000_000).unwrap();
        let session = sessions().issue(1, &sealed(expiration), ARN);
        let opened = open(&session.access_key_id, session.session_token.as_bytes());
        assert_eq!(opened, Some(sealed(expiration)));
    }

    #[test]
    fn no_character_of_a_token_can_be_changed() {
        let session = sessions().issue(1, &sealed(Timestamp::UNIX_EPOCH), ARN);
        for position in 0..session.session_token.len() {
            let mut token = session.session_token.clone().into_bytes();
            token[position] = if token[position] == b'A' { b'B' } else { b'A' };
            assert_eq!(open(&session.access_key_id, &token), None, "character {position}");
        }
    }

    #[test]
    fn does_not_open_for_another_key_user_or_mock() {
        let session = sessions().issue(1, &sealed(Timestamp::UNIX_EPOCH), ARN);
        let token = session.session_token.as_bytes();
        assert_eq!(open("ASIAIOSFODNN7EXAMPLE", token), None);
        assert_eq!(sessions().open(&session.access_key_id, token, |_| Some(format!("{ARN}2"))), None);
        let other = Sessions::new(Derivation::new(Some(2)).unwrap());
        assert_eq!(other.open(&session.access_key_id, token, |_| Some(ARN.to_owned())), None);
        assert_eq!(open(&session.access_key_id, b""), None);
        assert_eq!(open(&session.access_key_id, &token[..token.len() - 4]), None);
    }
}
