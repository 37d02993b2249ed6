//! The use case of `exec`: the environment in which a command uses a session (REN-3).

use std::ffi::OsString;
use std::time::Duration;

use jiff::Timestamp;

use crate::core::block::layout::Layout;
use crate::core::block::stored_session::StoredSession;
use crate::core::environment::Environment;
use crate::core::error::{ErrorCode, Result};
use crate::core::expiry::EXPIRING_SECONDS;
use crate::core::file::config_file::ConfigFile;
use crate::core::file::credentials_file::CredentialsFile;
use crate::core::ini::key::Key;
use crate::core::ini::profiles::{Profile, Profiles};
use crate::core::name::ProfileName;
use crate::core::source::source_profile::is_region;
use crate::core::source::target::Target;

/// How much longer a session has to be valid if no minimum is given: one that is about to expire is none to begin with.
pub const USUAL_MIN_VALIDITY: Duration = Duration::from_secs(EXPIRING_SECONDS);

/// The variables that would take precedence over the profile, or change what it means.
pub const REMOVED: [&str; 9] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_CREDENTIAL_EXPIRATION",
    "AWS_DEFAULT_PROFILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
];

/// The variables to set.
pub type Variables = Vec<(&'static str, OsString)>;

/// The variables for the stored session; `None` if it is not valid for long enough.
pub fn variables(
    file: &CredentialsFile,
    name: &ProfileName,
    min_validity: Duration,
    environment: &Environment,
) -> Result<Option<Variables>> {
    let bytes = match file.read() {
        Ok(snapshot) => snapshot.bytes,
        // Whoever renews waits for a file that is away for a moment.
        Err(error) if error.code() == ErrorCode::FileMissing => return Ok(None),
        Err(error) => return Err(error),
    };
    let layout = Layout::of(&bytes);
    let Target { source, role, .. } = Target::resolve(name, &layout, file, environment)?;
    let session = layout.block_of(source.as_bytes()).and_then(|block| block.header.as_ref());
    let session = session.map_or_else(|| source.clone(), |header| ProfileName::from_file(header.name));
    let named = role.unwrap_or_else(|| session.clone());
    let sections = layout.sections_of(&[source.as_bytes(), session.as_bytes(), named.as_bytes()]);
    let credentials = Profiles::of_sections(&bytes, sections);
    let Ok(good) = StoredSession::find(&layout, &credentials, &source).and_then(|s| s.good(Timestamp::now())) else {
        return Ok(None);
    };
    if good.seconds_left < min_validity.as_secs() {
        return Ok(None);
    }
    let mut variables = vec![("AWS_PROFILE", os_string(named.as_bytes()))];
    if !file.is_default() || environment.var_os("AWS_SHARED_CREDENTIALS_FILE").is_some() {
        let path = std::path::absolute(file.path()).unwrap_or_else(|_| file.path().to_owned());
        variables.push(("AWS_SHARED_CREDENTIALS_FILE", path.into_os_string()));
    }
    if let Some(region) = region(&credentials, &source, &named, environment)? {
        variables.extend(["AWS_REGION", "AWS_DEFAULT_REGION"].map(|name| (name, OsString::from(&region))));
    }
    Ok(Some(variables))
}

/// The source's region, if tools would find none.
fn region(
    credentials: &Profiles<'_>,
    source: &ProfileName,
    named: &ProfileName,
    environment: &Environment,
) -> Result<Option<String>> {
    if ["AWS_REGION", "AWS_DEFAULT_REGION"].iter().any(|name| environment.var_os(name).is_some()) {
        return Ok(None);
    }
    let config_file = ConfigFile::read(environment)?;
    let config = config_file.profiles();
    let in_both = |name: &ProfileName| [credentials.get(name.as_bytes()), config.get(name.as_bytes())];
    let has_region = |profile: Option<&Profile<'_>>| profile.is_some_and(|profile| profile.get(Key::Region).is_some());
    if in_both(named).into_iter().any(has_region) {
        return Ok(None);
    }
    let mut regions = in_both(source).into_iter().flatten().filter_map(|profile| profile.text(Key::Region));
    Ok(regions.next().filter(|region| is_region(region)).map(str::to_owned))
}

/// The name as the file has it.
fn os_string(name: &[u8]) -> OsString {
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;
        std::ffi::OsStr::from_bytes(name).to_owned()
    }
    #[cfg(not(unix))]
    String::from_utf8_lossy(name).into_owned().into()
}
