//! The use case of `list` and of the MCP readers: what the file contains, without its secrets.

use std::cell::LazyCell;
use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use serde::Serialize;
use strum::IntoStaticStr;

use crate::core::ask::person::Person;
use crate::core::block::layout::Layout;
use crate::core::block::stored_session::{GoodSession, SessionFault, StoredSession};
use crate::core::code::command::CodeCommand;
use crate::core::code::origin::CodeOrigin;
use crate::core::environment::Environment;
use crate::core::error::{ErrorCode, Result};
use crate::core::expiry::{self, EXPIRING_SECONDS};
use crate::core::file::config_file::ConfigFile;
use crate::core::file::credentials_file::CredentialsFile;
use crate::core::ini::key::Key;
use crate::core::ini::profiles::{Profile, Profiles};
use crate::core::misplaced::{shown_key_id, shown_value};
use crate::core::name::{ProfileName, SessionProfileName};
use crate::core::secret::SecretBytes;
use crate::core::source::device::MFA_SERIAL;
use crate::core::source::key::{is_source_by_command, sources_by_command};
use crate::core::source::target::Target;
use crate::core::text::{self, shown};

/// What kind of credentials a profile holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr, Serialize)]
#[strum(serialize_all = "kebab-case")]
#[serde(rename_all = "kebab-case")]
pub enum CredentialType {
    /// A key of an IAM user, in the file or from a command.
    LongTerm,
    /// A temporary key with its token.
    Session,
    None,
}

/// Whether a session is valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr, Serialize)]
#[strum(serialize_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Five minutes or more are left.
    Valid,
    /// Less than five minutes are left.
    Expiring,
    Expired,
    /// A session without a readable expiry, or with a part missing.
    Unknown,
    /// Not a session.
    NotApplicable,
}

/// What is known of a profile. It holds no secret; text is cleaned and bounded. In JSON it has the keys of CLI-7.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProfileInfo {
    pub profile_name: String,
    pub credential_type: CredentialType,
    pub status: Status,
    /// `AKIA…` or `ASIA…`; not a secret.
    pub aws_access_key_id: Option<String>,
    /// The ARN or serial number of the MFA device.
    pub mfa_device_arn: Option<String>,
    /// The name of the TOTP secret in `mktotp`.
    pub totp_secret_name: Option<String>,
    /// The expiry as written in the file.
    pub expiration_datetime: Option<String>,
    /// Zero or negative once expired.
    pub expires_in_seconds: Option<i64>,
    /// Only for a session in a block.
    pub source_profile: Option<String>,
    /// Only for a source profile that has a block.
    pub session_profile: Option<String>,
    /// Only for a long-term key: where its code would come from.
    pub code_source: Option<CodeOrigin>,
    #[serde(skip)]
    pub has_secret_access_key: bool,
    #[serde(skip)]
    pub has_session_token: bool,
}

/// A role of the config file over a session, and the source that renews it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RoleInfo {
    pub profile_name: String,
    pub source_profile: String,
}

/// What is known of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspection {
    pub profiles: Vec<ProfileInfo>,
    pub warnings: Vec<String>,
}

impl Inspection {
    /// With the person who gives the codes that no command gives.
    #[must_use]
    pub fn asking(mut self, person: &Person) -> Self {
        if matches!(person, Person::Present(_)) {
            for profile in &mut self.profiles {
                if profile.code_source == Some(CodeOrigin::None) {
                    profile.code_source = Some(CodeOrigin::Person);
                }
            }
        }
        self
    }
}

/// Reads every profile of the operator's file, and those of the config file whose key comes from a command. Of a file that
/// a call named, only what a credentials file contains: it may be the file of another program, with text of its own
/// (MCP-9).
pub fn inspect(file: &CredentialsFile, environment: &Environment, now: Timestamp) -> Result<Inspection> {
    if !file.is_operators() {
        return inspect_of_call(file, now);
    }
    let config_file = ConfigFile::read(environment);
    let unusable = config_file.as_ref().err().map(|error| error.message().to_owned());
    let config_file = config_file.unwrap_or_default();
    let config = config_file.profiles();
    let alone = sources_by_command(&config, environment);
    let bytes = match file.read() {
        Ok(snapshot) => snapshot.bytes,
        Err(error) if error.code() == ErrorCode::FileMissing && !alone.is_empty() => SecretBytes::new(Vec::new()),
        Err(error) => return Err(error),
    };
    let (profiles, layout) = (Profiles::of_credentials(&bytes), Layout::of(&bytes));
    let sessions = sessions(&layout);
    let device = environment.var_os(MFA_SERIAL).map(|device| shown_value(device.as_encoded_bytes()));
    let alone = alone.iter().copied().filter(|profile| profiles.get(&profile.name).is_none());
    let mktotp = LazyCell::new(|| CodeCommand::mktotp("", environment).is_some());
    let info = |profile: &Profile<'_>| {
        let config = config.get(&profile.name);
        let others = Others { config, device: device.as_deref(), sessions: &sessions };
        info(profile, &others, is_source_by_command(Some(profile), config, environment), now)
            .with_code_from(CodeOrigin::of(profile, config, || *mktotp))
    };
    let infos = profiles.iter().chain(alone).map(info).collect();
    let oddities = profiles.warnings().iter().map(|warning| (warning.line, warning.oddity.to_string()));
    let damage = layout.damage().iter().map(|damage| (damage.line().unwrap_or(0), damage.to_string()));
    let mut warnings: Vec<_> = oddities.chain(damage).collect();
    warnings.sort_by_key(|(line, _)| *line);
    let at = |(line, what): (usize, String)| format!("{}: {what}", text::place(file.path(), Some(line)));
    let warnings = warnings.into_iter().map(at).chain(unusable).collect();
    Ok(Inspection { profiles: infos, warnings })
}

fn inspect_of_call(file: &CredentialsFile, now: Timestamp) -> Result<Inspection> {
    let snapshot = file.read()?;
    let (profiles, layout) = (Profiles::of_credentials(&snapshot.bytes), Layout::of(&snapshot.bytes));
    let others = Others { config: None, device: None, sessions: &sessions(&layout) };
    let usable = profiles.iter().filter(|profile| is_usable(profile));
    let info = |profile| info(profile, &others, false, now).with_usable_names().with_code_from(CodeOrigin::None);
    Ok(Inspection { profiles: usable.map(info).collect(), warnings: Vec::new() })
}

/// The roles over sessions of the operator's file, there already or still to be made; none of a file that a call named.
pub fn roles(file: &CredentialsFile, environment: &Environment) -> Result<Vec<RoleInfo>> {
    if !file.is_operators() {
        return Ok(Vec::new());
    }
    // Without it there may be sources whose key comes from a command.
    let bytes = match file.read() {
        Err(error) if error.code() == ErrorCode::FileMissing => SecretBytes::new(Vec::new()),
        read => read?.bytes,
    };
    // What is wrong with the config file is said about the profiles.
    let config_file = ConfigFile::read(environment).unwrap_or_default();
    let roles = Target::roles(&Layout::of(&bytes), file, &config_file, environment);
    let role = |(role, source): (ProfileName, ProfileName)| RoleInfo {
        profile_name: role.to_string(),
        source_profile: source.to_string(),
    };
    Ok(roles.into_iter().map(role).collect())
}

/// The keys that a profile of a credentials file has (FILE-2).
const KEYS: [Key; 10] = [
    Key::AwsAccessKeyId,
    Key::AwsSecretAccessKey,
    Key::AwsSessionToken,
    Key::MfaDeviceArn,
    Key::MfaSerial,
    Key::TotpSecretName,
    Key::MfaProcess,
    Key::Region,
    Key::DurationSeconds,
    Key::ExpirationDatetime,
];

/// Whether it is a profile that tools could use.
fn is_usable(profile: &Profile<'_>) -> bool {
    SessionProfileName::parse(&profile.name).is_some() && KEYS.iter().any(|&key| profile.get(key).is_some())
}

impl ProfileInfo {
    fn with_code_from(self, origin: CodeOrigin) -> Self {
        let code_source = (self.credential_type == CredentialType::LongTerm).then_some(origin);
        Self { code_source, ..self }
    }

    /// Names of tags are text of the file, too.
    fn with_usable_names(self) -> Self {
        let usable = |name: &String| SessionProfileName::parse(name.as_bytes()).is_some();
        Self {
            source_profile: self.source_profile.filter(usable),
            session_profile: self.session_profile.filter(usable),
            ..self
        }
    }
}

/// Which profile is the session of which source.
struct Sessions<'a> {
    source_of: HashMap<&'a [u8], &'a [u8]>,
    session_of: HashMap<&'a [u8], &'a [u8]>,
    /// Profiles that occur twice: no session in them counts.
    repeated: HashSet<&'a [u8]>,
}

fn sessions<'a>(layout: &Layout<'a>) -> Sessions<'a> {
    let pairs = || layout.blocks().iter().filter_map(|block| Some((block.key, block.header.as_ref()?.name)));
    // The first block counts, as everywhere.
    Sessions {
        source_of: pairs().rev().map(|(source, session)| (session, source)).collect(),
        session_of: pairs().rev().collect(),
        repeated: layout.repeated_names(),
    }
}

/// What is known of a profile from elsewhere.
struct Others<'a> {
    /// The profile in the config file.
    config: Option<&'a Profile<'a>>,
    /// The device of a profile for which neither file names one.
    device: Option<&'a str>,
    sessions: &'a Sessions<'a>,
}

fn info(profile: &Profile<'_>, others: &Others<'_>, is_by_command: bool, now: Timestamp) -> ProfileInfo {
    let sessions = others.sessions;
    let value = |key| profile.get(key).map(|value| shown_value(&value.bytes));
    let has = |key| profile.get(key).is_some();
    let session = StoredSession::of(profile);
    let credential_type = match session {
        Some(_) => CredentialType::Session,
        None if is_by_command || has(Key::AwsAccessKeyId) || has(Key::AwsSecretAccessKey) => CredentialType::LongTerm,
        None => CredentialType::None,
    };
    let expiration = session.and_then(StoredSession::expiration);
    let name: &[u8] = &profile.name;
    let is_source = credential_type == CredentialType::LongTerm;
    let in_config = || others.config.filter(|_| is_source)?.get(Key::MfaSerial).map(|value| shown_value(&value.bytes));
    let in_environment = || others.device.filter(|_| is_source).map(str::to_owned);
    ProfileInfo {
        profile_name: shown(name),
        credential_type,
        status: match session {
            None => Status::NotApplicable,
            Some(_) if sessions.repeated.contains(name) => Status::Unknown,
            Some(session) => status(session.good(now)),
        },
        aws_access_key_id: profile.get(Key::AwsAccessKeyId).map(|value| shown_key_id(&value.bytes)),
        mfa_device_arn: value(Key::MfaDeviceArn)
            .or_else(|| value(Key::MfaSerial))
            .or_else(in_config)
            .or_else(in_environment),
        totp_secret_name: value(Key::TotpSecretName),
        expiration_datetime: value(Key::ExpirationDatetime),
        expires_in_seconds: expiration.map(|expiration| expiry::seconds_left(expiration, now)),
        source_profile: sessions.source_of.get(name).map(|source| shown(source)),
        session_profile: sessions.session_of.get(name).map(|session| shown(session)),
        code_source: None,
        has_secret_access_key: has(Key::AwsSecretAccessKey),
        has_session_token: has(Key::AwsSessionToken),
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
