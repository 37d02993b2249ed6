//! How other programs use the session, and what prevents that (GET-14).

use crate::core::environment::Environment;
use crate::core::file::credentials_file::CredentialsFile;
use crate::core::ini::key::Key;
use crate::core::ini::profiles::Profiles;
use crate::core::name::SessionProfileName;
use crate::core::quote::posix;
use crate::core::source::source_profile::SourceProfile;
use crate::core::text::{self, shown};

/// The variables to put before a command so it uses the session (GET-14), quoted for a POSIX shell if necessary.
/// `AWS_SHARED_CREDENTIALS_FILE` is included if tools would otherwise read another file.
pub fn usage(file: &CredentialsFile, profile: &str) -> String {
    let profile = format!("AWS_PROFILE={}", posix(profile));
    if file.is_default() {
        return profile;
    }
    let path = std::path::absolute(file.path()).unwrap_or_else(|_| file.path().to_owned());
    format!("{profile} AWS_SHARED_CREDENTIALS_FILE={}", posix(&text::clean(&path.display().to_string())))
}

/// What prevents other tools from using the session as the user may expect.
pub fn notes(
    environment: &Environment,
    config: &Profiles<'_>,
    credentials: &Profiles<'_>,
    source: &SourceProfile,
    session_profile: &SessionProfileName,
) -> Vec<String> {
    let mut notes = Vec::new();
    for name in ["AWS_ACCESS_KEY_ID", "AWS_SESSION_TOKEN"] {
        if environment.var_os(name).is_some() {
            notes.push(format!(
                "`{name}` is set and takes precedence over `AWS_PROFILE`; unset it to use the session profile"
            ));
        }
    }
    let has_region = |profiles: &Profiles<'_>| {
        profiles.get(session_profile.as_str().as_bytes()).is_some_and(|profile| profile.get(Key::Region).is_some())
    };
    let region_is_set = environment.var_os("AWS_REGION").or_else(|| environment.var_os("AWS_DEFAULT_REGION")).is_some();
    if let Some(region) = &source.config_region
        && !region_is_set
        && !has_region(config)
        && !has_region(credentials)
    {
        notes.push(format!(
            "`{session_profile}` has no region; to the config file, add the lines `[profile {session_profile}]` and \
             `region = {}`",
            shown(region.as_bytes())
        ));
    }
    notes
}
