//! The profile that holds the long-term key, with the settings of both files that apply to it.

use std::path::Path;

use crate::core::block::layout::Layout;
use crate::core::command::own::runs_updsts;
use crate::core::command::shell::ShellCommand;
use crate::core::environment::Environment;
use crate::core::error::{Error, ErrorCode, Result};
use crate::core::ini::key::Key;
use crate::core::ini::profiles::{Profile, Profiles, names};
use crate::core::name::ProfileName;
use crate::core::secret::SecretString;
use crate::core::session::{AccessKey, SerialNumber, SessionDuration};
use crate::core::source::key::{LongTermKey, has_key, key_command};
use crate::core::source::target::own;
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
    pub key: LongTermKey,
    pub device: SerialNumber,
    pub credentials_region: Option<String>,
    pub config_region: Option<String>,
    pub ca_bundle: Option<String>,
    pub mfa_process: Option<ShellCommand>,
    /// The name of the TOTP secret in `mktotp`.
    pub totp_secret_name: Option<String>,
}

/// The settings of a source profile that say how AWS is reached.
#[derive(Debug, Clone)]
pub struct Settings {
    pub credentials_region: Option<String>,
    pub config_region: Option<String>,
    pub ca_bundle: Option<String>,
}

impl Files<'_> {
    /// Checks that there is a profile of that name; the error says where to look instead.
    pub fn check_profile(&self, name: &ProfileName) -> Result<()> {
        let is_there = self.credentials.get(name.as_bytes()).is_some() || self.has_key_command(name);
        if is_there { Ok(()) } else { Err(self.not_found(name)) }
    }

    fn has_key_command(&self, name: &ProfileName) -> bool {
        let (own, config) = self.in_both(name);
        self.is_operators && key_command(own, config).is_some()
    }

    /// Everything that a request needs from the source profile, checked (GET-2 to GET-4).
    pub fn source_profile(&self, name: &ProfileName) -> Result<SourceProfile> {
        let key = self.long_term_key(name)?;
        let (own, config) = self.in_both(name);
        let device = self.device(name, own, config)?;
        let Settings { credentials_region, config_region, ca_bundle } = self.settings(name);
        let (all, own, config) = (own, own.filter(|_| self.is_operators), config.filter(|_| self.is_operators));
        Ok(SourceProfile {
            name: name.clone(),
            key,
            device,
            credentials_region,
            config_region,
            ca_bundle,
            mfa_process: self.command(Key::MfaProcess, own, config),
            // The name itself is harmless: it says which code to ask for.
            totp_secret_name: all.and_then(|p| p.text(Key::TotpSecretName)).map(str::to_owned),
        })
    }

    /// Where the long-term key of a profile is, checked.
    pub fn long_term_key(&self, name: &ProfileName) -> Result<LongTermKey> {
        self.check_profile(name)?;
        let (own, config) = self.in_both(name);
        if let Some(own) = own {
            self.check_long_term(own)?;
        }
        self.key(name, own, config)
    }

    /// The settings of both files; none of them if an MCP call named the file.
    pub fn settings(&self, name: &ProfileName) -> Settings {
        let (own, config) = self.in_both(name);
        let text = |profile: Option<&Profile<'_>>, key| {
            profile.filter(|_| self.is_operators).and_then(|profile| profile.text(key)).map(str::to_owned)
        };
        Settings {
            credentials_region: text(own, Key::Region),
            config_region: text(config, Key::Region),
            ca_bundle: text(config, Key::CaBundle),
        }
    }

    pub(super) fn in_both(&self, name: &ProfileName) -> (Option<&Profile<'_>>, Option<&Profile<'_>>) {
        (self.credentials.get(name.as_bytes()), self.config.get(name.as_bytes()))
    }

    /// The key in the credentials file, or the command that gives it. It is not run.
    fn key(&self, name: &ProfileName, own: Option<&Profile<'_>>, config: Option<&Profile<'_>>) -> Result<LongTermKey> {
        if self.has_key_command(name)
            && let Some(command) = self.command(Key::CredentialProcess, own, config)
        {
            if runs_updsts(&command.text, self.environment) {
                let message = format!("`credential_process` of `{name}` is updsts itself, which has no key to give");
                let hint = "name the profile whose session it prints: `updsts list` shows those that hold a key";
                return Err(Error::new(ErrorCode::KeyUnavailable, message, hint));
            }
            let in_credentials = own.is_some_and(|own| own.get(Key::CredentialProcess).is_some());
            return Ok(LongTermKey::Command { command, in_credentials });
        }
        let profile = own.ok_or_else(|| self.not_found(name))?;
        Ok(LongTermKey::Stored(AccessKey {
            id: self.key_part(profile, Key::AwsAccessKeyId)?.to_owned(),
            secret: SecretString::from(self.key_part(profile, Key::AwsSecretAccessKey)?),
        }))
    }

    /// The command of the credentials file, else of the config file.
    fn command(&self, key: Key, own: Option<&Profile<'_>>, config: Option<&Profile<'_>>) -> Option<ShellCommand> {
        own.and_then(|own| ShellCommand::of(own, key, self.credentials, self.credentials_path))
            .or_else(|| ShellCommand::of(config?, key, self.config, self.config_path))
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
