//! The source profile of a command that names none (CLI-4).

use crate::core::block::stored_session::StoredSession;
use crate::core::error::{Error, ErrorCode, Result};
use crate::core::file::credentials_file::CredentialsFile;
use crate::core::ini::key::Key;
use crate::core::ini::profiles::{Profile, Profiles};
use crate::core::name::ProfileName;
use crate::core::source::source_profile::list;
use crate::core::text::{self, shown};

/// `default` if it has a key, else the only profile that has one.
pub async fn source_if_unnamed(file: &CredentialsFile) -> Result<ProfileName> {
    let snapshot = file.read_at_rest().await?;
    let profiles = Profiles::of_credentials(&snapshot.bytes);
    // What `default` holds may be a session: its block or an error says whose.
    if let Some(default) = profiles.get(b"default").filter(|profile| has_pair(profile)) {
        return Ok(ProfileName::from_file(&default.name));
    }
    let sources: Vec<_> = profiles.iter().filter(|p| has_pair(p) && StoredSession::of(p).is_none()).collect();
    if let [only] = sources[..] {
        return Ok(ProfileName::from_file(&only.name));
    }
    if profiles.iter().next().is_none() {
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
