//! The profile that holds the long-term key, with the settings of both files that apply to it.

use std::path::Path;

use crate::core::block::layout::Layout;
use crate::core::environment::Environment;
use crate::core::error::{Error, ErrorCode, Result};
use crate::core::ini::key::Key;
use crate::core::ini::oddity::Oddity;
use crate::core::ini::profiles::{Profile, Profiles, Warning, names};
use crate::core::name::ProfileName;
use crate::core::secret::SecretString;
use crate::core::session::{AccessKey, SerialNumber, SessionDuration};
use crate::core::source::target::{has_key, own};
use crate::core::text::{self, shown};

pub struct Files<'a> {
    pub credentials_path: &'a Path,
    pub credentials: &'a Profiles<'a>,
    /// Its blocks.
    pub layout: &'a Layout<'a>,
    pub config_path: &'a Path,
    pub config: &'a Profiles<'a>,
    /// Whether settings and commands of the credentials file are used: not if an MCP call named the file.
    pub is_operators: bool,
    /// The device that was given instead of that of the files.
    pub mfa_serial: Option<&'a str>,
    pub environment: &'a Environment,
}

/// A usable source profile: every value exists and is well-formed.
#[derive(Debug)]
pub struct SourceProfile {
    pub name: ProfileName,
    pub key: AccessKey,
    pub device: SerialNumber,
    pub credentials_region: Option<String>,
    pub config_region: Option<String>,
    pub ca_bundle: Option<String>,
    pub mfa_process: Option<MfaProcess>,
    /// The name of the TOTP secret in `mktotp`.
    pub totp_secret_name: Option<String>,
}

/// The command of a profile that prints a code.
#[derive(Debug, Clone)]
pub struct MfaProcess {
    pub text: String,
    /// The line, if a comment follows the value there, which may be a part of the command.
    pub cut_at: Option<String>,
}

impl Files<'_> {
    /// The profile with that name, or the error that says where to look instead.
    pub fn profile(&self, name: &ProfileName) -> Result<&Profile<'_>> {
        self.credentials.get(name.as_bytes()).ok_or_else(|| self.not_found(name))
    }

    /// Everything that a request needs from the source profile, checked (GET-2 to GET-4).
    pub fn source_profile(&self, name: &ProfileName) -> Result<SourceProfile> {
        let profile = self.profile(name)?;
        let config = self.config.get(name.as_bytes());
        self.check_long_term(profile)?;
        let key = AccessKey {
            id: self.key_part(profile, Key::AwsAccessKeyId)?.to_owned(),
            secret: SecretString::from(self.key_part(profile, Key::AwsSecretAccessKey)?),
        };
        let device = self.device(profile, config)?;
        let own = self.is_operators.then_some(profile);
        let config = config.filter(|_| self.is_operators);
        Ok(SourceProfile {
            name: name.clone(),
            key,
            device,
            credentials_region: own.and_then(|p| p.text(Key::Region)).map(str::to_owned),
            config_region: config.and_then(|p| p.text(Key::Region)).map(str::to_owned),
            ca_bundle: config.and_then(|p| p.text(Key::CaBundle)).map(str::to_owned),
            mfa_process: self.mfa_process(own, config),
            // The name itself is harmless: it says which code to ask for.
            totp_secret_name: profile.text(Key::TotpSecretName).map(str::to_owned),
        })
    }

    /// `mfa_process` of the credentials file, else of the config file.
    fn mfa_process(&self, own: Option<&Profile<'_>>, config: Option<&Profile<'_>>) -> Option<MfaProcess> {
        let of = |profile: Option<&Profile<'_>>, profiles: &Profiles<'_>, path: &Path| {
            let profile = profile?;
            let value = profile.get(Key::MfaProcess)?;
            let is_cut = |warning: &Warning| warning.line == value.line && warning.oddity == Oddity::CommentAfterValue;
            let cut_at = profiles.warnings_of(&profile.name).any(is_cut).then(|| text::place(path, Some(value.line)));
            Some(MfaProcess { text: value.as_str()?.to_owned(), cut_at })
        };
        of(own, self.credentials, self.credentials_path).or_else(|| of(config, self.config, self.config_path))
    }

    pub(super) fn place(&self, line: usize) -> String {
        text::place(self.credentials_path, Some(line))
    }

    fn not_found(&self, name: &ProfileName) -> Error {
        let file = text::path(self.credentials_path);
        let message = format!("the profile `{name}` is not in `{file}`");
        let error = |message, hint| Error::new(ErrorCode::ProfileNotFound, message, hint);
        if let Some(config) = self.config.get(name.as_bytes()) {
            let place = text::place(self.config_path, Some(config.line));
            let hint = format!("add a section `[{name}]` with the key to `{file}`");
            return error(format!("{message}, only in the config file ({place})"), hint);
        }
        let profiles = Profiles::of_credentials(self.layout.file());
        if let Some(prefixed) = profiles.get(&[b"profile ", name.as_bytes()].concat()) {
            let place = self.place(prefixed.line);
            return error(
                message,
                format!("take `profile ` out of the header ({place}): it belongs in the config file"),
            );
        }
        let all = names(&profiles);
        let hint = match all.len() {
            0 => match profiles.warnings().first() {
                Some(stray) => format!("line {} has no header above it: write one, such as `[default]`", stray.line),
                None => "the file has no profiles; add one with `aws configure`".to_owned(),
            },
            1..=12 => format!("the file contains {}", list(&all)),
            more => format!("the file contains {} and {} more: `updsts list`", list(&all[..12]), more - 12),
        };
        error(message, hint)
    }

    fn check_long_term(&self, profile: &Profile<'_>) -> Result<()> {
        let name = shown(&profile.name);
        let id = profile.get(Key::AwsAccessKeyId);
        let has_id = |start: &[u8]| id.is_some_and(|id| id.bytes.starts_with(start));
        let (what, line) = match profile.get(Key::AwsSessionToken) {
            Some(token) => ("it has an `aws_session_token`", token.line),
            None if has_id(b"ASIA") => ("its key id starts with `ASIA`", id.map_or(profile.line, |id| id.line)),
            None => return Ok(()),
        };
        let message =
            format!("the profile `{name}` holds a session, not a long-term key: {what} ({})", self.place(line));
        // aws-mfa keeps the key there.
        let long_term = ProfileName::from_file(&[&*profile.name, b"-long-term"].concat());
        let hint = if has_id(b"AKIA") {
            format!("the key is a long-term one and the token a stale one: delete line {line}")
        } else if own(self.layout, &long_term).is_some_and(|profile| has_key(&profile)) {
            format!("`{long_term}` holds the key: `updsts get {}`", long_term.in_a_command())
        } else if let Some(source) = self.source_of_orphan(&profile.name) {
            format!("`updsts get {} --adopt` takes it over as the session of `{source}`", source.in_a_command())
        } else {
            "name the profile that holds the long-term key, whose key id starts with `AKIA`".to_owned()
        };
        Err(Error::new(ErrorCode::SourceIsSession, message, hint))
    }

    /// The source of a session whose tags another program removed.
    fn source_of_orphan(&self, session: &[u8]) -> Option<ProfileName> {
        let source = ProfileName::from_file(session.strip_suffix(b"_sts")?);
        let has_no_block = self.layout.block_of(source.as_bytes()).is_none();
        own(self.layout, &source).filter(|profile| has_no_block && has_key(profile)).map(|_| source)
    }

    fn key_part<'p>(&self, profile: &'p Profile<'_>, key: Key) -> Result<&'p str> {
        let name = shown(&profile.name);
        let error = |message: String, hint: String| Error::new(ErrorCode::KeyMissing, message, hint);
        let Some(value) = profile.get(key) else {
            return Err(error(
                format!("the profile `{name}` has no `{}` ({})", key.as_str(), self.place(profile.line)),
                format!("add the long-term key under `[{name}]`, as `aws configure --profile {name}` does"),
            ));
        };
        let place = self.place(value.line);
        let odd = |what: &str, hint: &str| {
            Err(error(format!("`{}` of `{name}` {what} ({place})", key.as_str()), hint.into()))
        };
        let text = match value.as_str() {
            Some(text) if text.is_ascii() && !text.contains(|c: char| c.is_ascii_control() && c != '\n') => text,
            _ => return odd("contains characters that no key has", "copy the key again"),
        };
        if text.starts_with(['"', '\'']) || text.ends_with(['"', '\'']) {
            return odd("is in quotes, which count as part of the key", "remove the quotes");
        }
        if text.contains([' ', '\t', '\n']) {
            return odd("contains spaces or continues on the next line", "write the key on one line, without spaces");
        }
        Ok(text)
    }

    /// How long the session should last: the requested duration, else `duration_seconds` of the source profile, from
    /// the credentials file before the config file, else one hour (CLI-4).
    pub fn duration(&self, name: &ProfileName, asked: Option<SessionDuration>) -> Result<SessionDuration> {
        if let Some(duration) = asked {
            return Ok(duration);
        }
        if !self.is_operators {
            return Ok(SessionDuration::DEFAULT);
        }
        let own = self.credentials.get(name.as_bytes());
        let config = self.config.get(name.as_bytes());
        let in_credentials = own.and_then(|p| p.get(Key::DurationSeconds)).map(|value| (value, self.credentials_path));
        let in_config = || config.and_then(|p| p.get(Key::DurationSeconds)).map(|value| (value, self.config_path));
        let Some((value, path)) = in_credentials.or_else(in_config) else { return Ok(SessionDuration::DEFAULT) };
        let seconds = value.as_str().and_then(|text| text.parse::<u64>().ok());
        match seconds.map(SessionDuration::from_seconds) {
            Some(Ok(duration)) => Ok(duration),
            _ => Err(Error::new(
                ErrorCode::ConfigUnusable,
                format!("`duration_seconds` is not between 900 and 129600 ({})", text::place(path, Some(value.line))),
                "write seconds, such as `duration_seconds = 43200`",
            )),
        }
    }
}

/// Whether the text can be the name of a region.
pub fn is_region(text: &str) -> bool {
    text.contains('-') && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// Names in backticks, separated by commas.
pub fn list(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
