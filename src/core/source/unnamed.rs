//! The source profile of a command that names none (CLI-4).

use crate::core::block::stored_session::StoredSession;
use crate::core::environment::Environment;
use crate::core::error::{Error, ErrorCode, Result};
use crate::core::file::config_file::ConfigFile;
use crate::core::file::credentials_file::CredentialsFile;
use crate::core::ini::key::Key;
use crate::core::ini::profiles::{Profile, Profiles};
use crate::core::name::ProfileName;
use crate::core::secret::SecretBytes;
use crate::core::source::key::{is_source_by_command, sources_by_command};
use crate::core::source::source_profile::list;
use crate::core::text::{self, shown};

/// `default` if it has a key, or a command that gives one; else the only such profile of both files.
pub async fn source_if_unnamed(file: &CredentialsFile, environment: &Environment) -> Result<ProfileName> {
    let config_file = ConfigFile::read(environment)?;
    let config = config_file.profiles();
    let alone = sources_by_command(&config, environment);
    let bytes = match file.read_at_rest().await {
        Ok(snapshot) => snapshot.bytes,
        Err(error) if error.code() == ErrorCode::FileMissing && !alone.is_empty() => SecretBytes::new(Vec::new()),
        Err(error) => return Err(error),
    };
    let profiles = Profiles::of_credentials(&bytes);
    let has_key = |profile: &Profile<'_>| {
        has_pair(profile) || is_source_by_command(Some(profile), config.get(&profile.name), environment)
    };
    let sources = profiles.iter().filter(|profile| has_key(profile));
    let alone = alone.iter().copied().filter(|profile| profiles.get(&profile.name).is_none());
    let sources: Vec<_> = sources.chain(alone).collect();
    // What `default` holds may be a session: its block or an error says whose.
    if let Some(default) = sources.iter().find(|profile| *profile.name == *b"default") {
        return Ok(ProfileName::from_file(&default.name));
    }
    let sources: Vec<_> = sources.into_iter().filter(|profile| StoredSession::of(profile).is_none()).collect();
    if let [only] = sources[..] {
        return Ok(ProfileName::from_file(&only.name));
    }
    if sources.is_empty() && profiles.iter().next().is_none() {
        // The error for a missing profile says what the file is instead.
        return Ok(ProfileName::from_file(b"default"));
    }
    let path = text::path(file.path());
    let error = |message, hint| Err(Error::new(ErrorCode::ProfileNotFound, message, hint));
    if sources.is_empty() {
        let hint = "add one with `aws configure`, or name another file with `-c FILE`";
        return error(format!("no profile in `{path}` has a long-term key"), hint.to_owned());
    }
    let names: Vec<_> = sources.iter().take(12).map(|profile| shown(&profile.name)).collect();
    let more = match sources.len() - names.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let message = format!("no profile was named, and several in `{path}` have a long-term key: {}{more}", list(&names));
    error(message, "name one of them, as in `updsts get NAME`".to_owned())
}

fn has_pair(profile: &Profile<'_>) -> bool {
    profile.get(Key::AwsAccessKeyId).is_some() && profile.get(Key::AwsSecretAccessKey).is_some()
}
