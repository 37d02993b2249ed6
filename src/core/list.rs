//! The use case of `list` and of the MCP readers: what the file says, without its secrets.

use jiff::Timestamp;

use crate::core::block::layout::Layout;
use crate::core::block::stored_session::{GoodSession, SessionFault, StoredSession};
use crate::core::error::Result;
use crate::core::expiry::{self, EXPIRING_SECONDS};
use crate::core::file::credentials_file::CredentialsFile;
use crate::core::ini::profiles::{Key, Profile, Profiles};
use crate::core::text::{self, shown};

/// What kind of credentials a profile holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CredentialType {
    /// A key of an IAM user.
    LongTerm,
    /// A temporary key with its token.
    Session,
    None,
}

impl CredentialType {
    /// `long-term`, `session`, `none`, as in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LongTerm => "long-term",
            Self::Session => "session",
            Self::None => "none",
        }
    }
}

/// Whether a session is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Five minutes or more are left.
    Valid,
    /// Less than five minutes are left.
    Expiring,
    Expired,
    /// A session without a readable expiry, or one that lacks a part.
    Unknown,
    NotApplicable,
}

impl Status {
    /// `valid`, `expiring`, `expired`, `unknown`, `not_applicable`, as in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Expiring => "expiring",
            Self::Expired => "expired",
            Self::Unknown => "unknown",
            Self::NotApplicable => "not_applicable",
        }
    }
}

/// What is known of a profile. It holds no secret; text is cleaned and bounded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProfileInfo {
    pub name: String,
    /// The line of its header, counted from 1.
    pub line: usize,
    pub credential_type: CredentialType,
    /// `AKIA…` or `ASIA…`; not a secret.
    pub access_key_id: Option<String>,
    /// Whether there is a secret access key.
    pub has_secret_access_key: bool,
    pub has_session_token: bool,
    /// The ARN or serial number of the MFA device.
    pub mfa_device: Option<String>,
    /// The name of the TOTP secret that `mktotp` keeps.
    pub totp_secret_name: Option<String>,
    /// The expiry as it stands in the file.
    pub expiration: Option<String>,
    /// Seconds until the expiry, not positive once expired.
    pub expires_in_seconds: Option<i64>,
    pub status: Status,
    /// Of a session in a block: its source profile.
    pub source_profile: Option<String>,
    /// Of a source profile that has a block: its session profile.
    pub session_profile: Option<String>,
}

/// What is known of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspection {
    pub profiles: Vec<ProfileInfo>,
    pub warnings: Vec<String>,
}

/// Reads every profile of the file.
pub fn inspect(file: &CredentialsFile, now: Timestamp) -> Result<Inspection> {
    let snapshot = file.read()?;
    let profiles = Profiles::of_credentials(&snapshot.bytes);
    let layout = Layout::of(&snapshot.bytes);
    let sessions = sessions(&layout);
    let infos = profiles.iter().map(|profile| info(profile, &sessions, now)).collect();
    let oddities = profiles.warnings().iter().map(|warning| (warning.line, warning.oddity.to_string()));
    let damage = layout.damage().iter().map(|damage| (damage.line().unwrap_or(0), damage.to_string()));
    let mut warnings: Vec<_> = oddities.chain(damage).collect();
    warnings.sort_by_key(|(line, _)| *line);
    let at = |(line, what): (usize, String)| format!("{}: {what}", text::place(file.path(), Some(line)));
    Ok(Inspection { profiles: infos, warnings: warnings.into_iter().map(at).collect() })
}

/// Which profile is the session of which source.
struct Sessions<'a> {
    source_of: std::collections::HashMap<&'a [u8], &'a [u8]>,
    session_of: std::collections::HashMap<&'a [u8], &'a [u8]>,
}

fn sessions<'a>(layout: &Layout<'a>) -> Sessions<'a> {
    let pairs = || layout.blocks().iter().filter_map(|block| Some((block.key, block.header.as_ref()?.name)));
    // The first block counts, as everywhere.
    Sessions {
        source_of: pairs().rev().map(|(source, session)| (session, source)).collect(),
        session_of: pairs().rev().collect(),
    }
}

fn info(profile: &Profile<'_>, sessions: &Sessions<'_>, now: Timestamp) -> ProfileInfo {
    let value = |key| profile.get(key).map(|value| shown(&value.bytes));
    let has = |key| profile.get(key).is_some();
    let session = StoredSession::of(profile);
    let credential_type = match session {
        Some(_) => CredentialType::Session,
        None if has(Key::AwsAccessKeyId) || has(Key::AwsSecretAccessKey) => CredentialType::LongTerm,
        None => CredentialType::None,
    };
    let expiration = session.and_then(StoredSession::expiration);
    let name: &[u8] = &profile.name;
    ProfileInfo {
        name: shown(name),
        line: profile.line,
        credential_type,
        access_key_id: profile.get(Key::AwsAccessKeyId).map(|value| access_key_id(&value.bytes)),
        has_secret_access_key: has(Key::AwsSecretAccessKey),
        has_session_token: has(Key::AwsSessionToken),
        mfa_device: value(Key::MfaDeviceArn).or_else(|| value(Key::MfaSerial)),
        totp_secret_name: value(Key::TotpSecretName),
        expiration: value(Key::ExpirationDatetime),
        expires_in_seconds: expiration.map(|expiration| expiry::seconds_left(expiration, now)),
        status: session.map_or(Status::NotApplicable, |session| status(session.good(now))),
        source_profile: sessions.source_of.get(name).map(|source| shown(source)),
        session_profile: sessions.session_of.get(name).map(|session| shown(session)),
    }
}

fn status(session: Result<GoodSession<'_>, SessionFault>) -> Status {
    match session {
        Ok(good) if good.seconds_left < EXPIRING_SECONDS => Status::Expiring,
        Ok(_) => Status::Valid,
        Err(SessionFault::Expired { .. }) => Status::Expired,
        Err(_) => Status::Unknown,
    }
}

/// The key id, or a word in its place where a secret may have been pasted into its line: an id has
/// 16 to 128 capital letters and digits, a secret 40 characters of base64.
///
/// Source: <https://docs.aws.amazon.com/IAM/latest/APIReference/API_AccessKey.html>
fn access_key_id(id: &[u8]) -> String {
    let is_word = id.iter().all(|&b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
    let is_like_a_secret = id.len() >= 40 && id.iter().any(u8::is_ascii_lowercase);
    if is_word && !is_like_a_secret { shown(id) } else { "(malformed)".to_owned() }
}
