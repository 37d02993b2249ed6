//! What a NAME stands for: a source profile, its session profile, or a role over its session (CLI-13, ROLE-1).

use std::path::Path;

use crate::core::block::layout::Layout;
use crate::core::environment::Environment;
use crate::core::error::{Error, ErrorCode, Result};
use crate::core::file::config_file::ConfigFile;
use crate::core::file::credentials_file::CredentialsFile;
use crate::core::ini::key::Key;
use crate::core::ini::profiles::{Profile, Profiles};
use crate::core::name::{ProfileName, SessionProfileName};
use crate::core::source::key::{has_key, is_source_by_command, key_command};
use crate::core::text;

/// More roles in a chain than anybody has: it is a circle.
const LONGEST_CHAIN: usize = 32;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The profile that holds the long-term key, as far as the files show.
    pub source: ProfileName,
    /// The role that was named.
    pub role: Option<ProfileName>,
    /// Whether a command gives the source's key, so that it need not be in the credentials file.
    pub is_by_command: bool,
}

impl Target {
    /// Errors: `profile_not_ours` for a profile whose credentials come from elsewhere, and for a role over the long-term
    /// key itself. A profile that does not exist is its own source.
    pub fn resolve(
        name: &ProfileName,
        layout: &Layout<'_>,
        file: &CredentialsFile,
        environment: &Environment,
    ) -> Result<Self> {
        if let Some(source) = layout.source_of(name.as_bytes()) {
            let source = ProfileName::from_file(source);
            return Ok(Self { source, role: None, is_by_command: false });
        }
        if own(layout, name).is_some_and(|profile| has_key(&profile)) {
            return Ok(Self { source: name.clone(), role: None, is_by_command: false });
        }
        // The config file is the operator's: it says nothing of a file that an MCP call named.
        let config_file = if file.is_operators() { ConfigFile::read(environment)? } else { ConfigFile::default() };
        let files = Chain {
            layout,
            config: &config_file.profiles(),
            credentials_path: file.path(),
            config_path: config_file.path(),
            commands: file.is_operators().then_some(environment),
        };
        files.follow(name)
    }

    /// The roles of the operator's config file over a session, there already or still to be made, each with the source
    /// that renews it.
    pub fn roles(
        layout: &Layout<'_>,
        file: &CredentialsFile,
        config_file: &ConfigFile,
        environment: &Environment,
    ) -> Vec<(ProfileName, ProfileName)> {
        let config = &config_file.profiles();
        let files = Chain {
            layout,
            config,
            credentials_path: file.path(),
            config_path: config_file.path(),
            commands: Some(environment),
        };
        let has_own_key = |name: &ProfileName| own(layout, name).is_some_and(|profile| has_key(&profile));
        let roles = config.iter().filter(|profile| profile.get(Key::RoleArn).is_some());
        let names = roles.map(|role| ProfileName::from_file(&role.name));
        let names = names.filter(|name| layout.source_of(name.as_bytes()).is_none() && !has_own_key(name));
        let target = |name: ProfileName| Some((files.follow(&name).ok()?, name));
        let has_key = |(target, _): &(Self, ProfileName)| target.is_by_command || has_own_key(&target.source);
        names.filter_map(target).filter(has_key).map(|(target, role)| (role, target.source)).collect()
    }

    /// The source, for a command that must not take a role for the user behind it.
    pub fn without_role(self, command: &str) -> Result<ProfileName> {
        let Some(role) = self.role else { return Ok(self.source) };
        let message = format!("`{role}` is a role over the session of `{}`, not a session of its own", self.source);
        let hint = format!("name the source: `updsts {command} {}`", self.source.in_a_command());
        Err(Error::new(ErrorCode::ProfileNotOurs, message, hint))
    }
}

struct Chain<'a> {
    layout: &'a Layout<'a>,
    config: &'a Profiles<'a>,
    credentials_path: &'a Path,
    config_path: &'a Path,
    /// Where commands are looked for; `None` if those of the file do not count.
    commands: Option<&'a Environment>,
}

impl Chain<'_> {
    fn follow(&self, name: &ProfileName) -> Result<Target> {
        let mut at = name.clone();
        let mut place = String::new();
        for _ in 0..LONGEST_CHAIN {
            let role = (at != *name).then(|| name.clone());
            if let Some(source) = self.source_of_session(&at) {
                return Ok(self.target(source, role));
            }
            let profile = own(self.layout, &at);
            if role.is_some() && self.is_source(&at, profile.as_ref()) {
                return Err(self.role_over_key(name, &at, &place));
            }
            match self.next(&at, profile.as_ref()) {
                Some((next, next_place)) if next != at => (at, place) = (next, next_place),
                _ if role.is_some() && profile.is_none() && self.config.get(at.as_bytes()).is_none() => {
                    let message = format!("the role `{name}` leads to `{at}`, which is in neither file ({place})");
                    return Err(Error::new(ErrorCode::ProfileNotFound, message, "correct its `source_profile`"));
                }
                _ => {
                    // What comes from updsts itself is refused later, unless it is a role that uses it.
                    if role.is_some() || !self.has_key_command(&at, profile.as_ref()) {
                        self.refuse_elsewhere(&at, profile.as_ref())?;
                    }
                    return Ok(self.target(at, role));
                }
            }
        }
        let message = format!("the roles starting with `{name}` form a circle ({place})");
        Err(Error::new(ErrorCode::ConfigUnusable, message, "let the last `source_profile` name a session profile"))
    }

    /// The source of a session profile that exists, or that would be made under its default name.
    fn source_of_session(&self, name: &ProfileName) -> Option<ProfileName> {
        if let Some(source) = self.layout.source_of(name.as_bytes()) {
            return Some(ProfileName::from_file(source));
        }
        let source = ProfileName::from_file(name.as_bytes().strip_suffix(b"_sts")?);
        let is_free = own(self.layout, name).is_none_or(|profile| !has_key(&profile))
            && self.config.get(name.as_bytes()).is_none_or(|profile| !has_key(profile))
            && self.layout.block_of(source.as_bytes()).is_none();
        (is_free && self.is_source(&source, own(self.layout, &source).as_ref())).then_some(source)
    }

    fn target(&self, source: ProfileName, role: Option<ProfileName>) -> Target {
        let is_by_command = self.has_key_command(&source, own(self.layout, &source).as_ref());
        Target { source, role, is_by_command }
    }

    /// Whether the profile has a long-term key, or a command that gives one.
    fn is_source(&self, name: &ProfileName, own: Option<&Profile<'_>>) -> bool {
        own.is_some_and(has_key)
            || self
                .commands
                .is_some_and(|environment| is_source_by_command(own, self.config.get(name.as_bytes()), environment))
    }

    /// Whether a command gives the profile's key, even if that is updsts itself.
    fn has_key_command(&self, name: &ProfileName, own: Option<&Profile<'_>>) -> bool {
        self.commands.is_some() && key_command(own, self.config.get(name.as_bytes())).is_some()
    }

    /// The `source_profile` of a role, and its place; the credentials file takes precedence, as in botocore.
    fn next(&self, name: &ProfileName, own: Option<&Profile<'_>>) -> Option<(ProfileName, String)> {
        let config = self.config.get(name.as_bytes());
        let either = |key| {
            let own = own.and_then(|profile| Some((profile.get(key)?, self.credentials_path)));
            own.or_else(|| Some((config?.get(key)?, self.config_path)))
        };
        either(Key::RoleArn)?;
        let (source, path) = either(Key::SourceProfile)?;
        Some((ProfileName::from_file(&source.bytes), text::place(path, Some(source.line))))
    }

    fn role_over_key(&self, role: &ProfileName, source: &ProfileName, place: &str) -> Error {
        let block = self.layout.block_of(source.as_bytes()).and_then(|block| block.header.as_ref());
        let session = block.map(|header| ProfileName::from_file(header.name).to_string());
        let session = session.or_else(|| SessionProfileName::default_of(source).map(|name| name.to_string()));
        let session = session.unwrap_or_else(|| "<its session profile>".into());
        let message = format!("the role `{role}` uses the long-term key of `{source}`, not its session ({place})");
        Error::new(ErrorCode::ProfileNotOurs, message, format!("change that line to `source_profile = {session}`"))
    }

    /// Refuses a profile whose credentials another program renews.
    fn refuse_elsewhere(&self, name: &ProfileName, own: Option<&Profile<'_>>) -> Result<()> {
        let config = self.config.get(name.as_bytes());
        let both = [(own, self.credentials_path), (config, self.config_path)];
        let found = Key::OF_ELSEWHERE.iter().find_map(|&key| {
            let here = both.iter().find_map(|(profile, path)| Some((profile.as_ref()?.get(key)?, *path)));
            here.map(|(value, path)| (key, text::place(path, Some(value.line))))
        });
        let Some((key, place)) = found else { return Ok(()) };
        let word = name.in_a_command();
        let hint = match key {
            Key::LoginSession => format!("`aws login --profile {word}` renews it"),
            Key::SsoSession | Key::SsoStartUrl | Key::SsoAccountId => {
                format!("`aws sso login --profile {word}` renews it")
            }
            Key::CredentialProcess => "its command renews it at each use".to_owned(),
            _ => "AWS tools renew it by themselves".to_owned(),
        };
        let message = format!("`{name}` gets its credentials by `{}`, not by a key and MFA ({place})", key.as_str());
        Err(Error::new(ErrorCode::ProfileNotOurs, message, hint))
    }
}

/// The profile in the credentials file; only its sections are read.
pub(super) fn own<'a>(layout: &Layout<'a>, name: &ProfileName) -> Option<Profile<'a>> {
    let name = name.as_bytes();
    Profiles::of_sections(layout.file(), layout.sections_of(&[name])).get(name).cloned()
}
