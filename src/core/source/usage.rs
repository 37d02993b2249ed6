//! How other programs use the session, and what prevents that (GET-14).

use crate::core::environment::Environment;
use crate::core::file::credentials_file::CredentialsFile;
use crate::core::ini::key::Key;
use crate::core::ini::profiles::{Profile, Profiles};
use crate::core::name::SessionProfileName;
use crate::core::quote::posix;
use crate::core::source::source_profile::list;
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

/// What prevents other tools from using the session as the user may expect. `config` is the operator's config file, `old`
/// the previous name of the session profile.
pub fn notes(
    environment: &Environment,
    config: &Profiles<'_>,
    session_profile: &SessionProfileName,
    old: Option<&[u8]>,
) -> Vec<String> {
    let is_set = |name: &str| environment.var_os(name).is_some();
    let mut notes = Vec::new();
    for name in ["AWS_ACCESS_KEY_ID", "AWS_SESSION_TOKEN"].into_iter().filter(|name| is_set(name)) {
        notes.push(format!(
            "`{name}` is set and takes precedence over `AWS_PROFILE`; unset it to use the session profile, or use `aws \
             --profile {session_profile}`"
        ));
    }
    if is_set("AWS_WEB_IDENTITY_TOKEN_FILE") && is_set("AWS_ROLE_ARN") {
        notes.push(
            "`AWS_WEB_IDENTITY_TOKEN_FILE` and `AWS_ROLE_ARN` are set and take precedence over `AWS_PROFILE`; unset \
             them to use the session profile"
                .to_owned(),
        );
    }
    let over = |name: &[u8], profile: &Profile<'_>| profile.get(Key::SourceProfile).is_some_and(|s| *s.bytes == *name);
    for role in config.iter().filter(|role| over(session_profile.as_str().as_bytes(), role)) {
        if role.get(Key::MfaSerial).is_some() {
            notes.push(format!(
                "the role `{}` has an `mfa_serial` of its own and will ask for another code; remove it to use the \
                 session's MFA",
                shown(&role.name)
            ));
        }
    }
    if let Some(old) = old {
        let names: Vec<_> = config.iter().filter(|role| over(old, role)).map(|role| shown(&role.name)).collect();
        if !names.is_empty() {
            notes.push(format!(
                "the config file still names `{}` as the source of {}; change that `source_profile` to `{session_profile}`",
                shown(old),
                list(&names)
            ));
        }
    }
    notes
}
