//! Everything that is determined and checked before a code is needed (GET-3).

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::core::block::edit::Edit;
use crate::core::block::error::BlockError;
use crate::core::block::layout::Layout;
use crate::core::block::stored_session::{GoodSession, StoredSession};
use crate::core::command::run::INSIDE;
use crate::core::environment::Environment;
use crate::core::error::{Error, ErrorCode, Result};
use crate::core::file::config_file::ConfigFile;
use crate::core::file::credentials_file::{CredentialsFile, Snapshot};
use crate::core::ini::key::Key;
use crate::core::ini::profiles::Profiles;
use crate::core::name::{ProfileName, SessionProfileName};
use crate::core::renew::lifetime::raised;
use crate::core::renew::report::RenewReport;
use crate::core::renew::request::RenewRequest;
use crate::core::renew::store::Destination;
use crate::core::reporter::Reporter;
use crate::core::session::SessionDuration;
use crate::core::source::key::is_source_by_command;
use crate::core::source::source_profile::{Files, SourceProfile, is_region};
use crate::core::source::target::Target;
use crate::core::source::usage::notes;
use crate::core::sts::settings::request::SettingsRequest;
use crate::core::sts::settings::resolved::StsSettings;
use crate::core::text::{self, shown};
use crate::core::turn::queue::fingerprint;

/// Keep the stored session if it is valid for long enough, else renew it.
pub enum Decision {
    Keep(RenewReport),
    Renew(Box<Plan>),
}

pub struct Plan {
    pub source: SourceProfile,
    pub session_profile: SessionProfileName,
    pub renamed_from: Option<String>,
    /// The role that was named, over the session.
    pub role: Option<ProfileName>,
    pub duration: SessionDuration,
    pub min_validity: Option<Duration>,
    /// Whether the stored session has not expired.
    pub is_valid: bool,
    /// The source's region, for a session profile that has none.
    pub region: Option<String>,
    pub settings: StsSettings,
    /// What is written, except for the secrets.
    pub edit: Edit,
    pub checked: Snapshot,
    pub warnings: Vec<String>,
    pub notes: Vec<String>,
}

impl Plan {
    /// What AWS is asked, except for the code: callers that ask the same get the same refusal.
    pub fn fingerprint(&self) -> String {
        let proxy = self.settings.proxy().unwrap_or_default();
        let endpoint = self.settings.endpoint();
        let parts =
            [self.source.key.identity(), self.source.device.as_str(), self.settings.region(), &*endpoint, &*proxy];
        fingerprint(parts.map(str::as_bytes))
    }
}

/// Whether the credentials file does not exist, and its profile needs none: its key comes from a command that the config
/// file names (KEY-1).
pub fn is_to_be_created(request: &RenewRequest, environment: &Environment) -> Result<bool> {
    if !request.file.is_operators() {
        return Ok(false);
    }
    let empty = Layout::of(b"");
    let source = Target::resolve(&request.profile, &empty, &request.file, environment)?.source;
    let config_file = ConfigFile::read(environment)?;
    Ok(is_source_by_command(None, config_file.profiles().get(source.as_bytes()), environment))
}

/// Reads the files and makes every check that is possible before a code is needed. Nothing is sent, run or written.
pub async fn decide(request: &RenewRequest, environment: &Environment, reporter: &dyn Reporter) -> Result<Decision> {
    let mut decision = checked(request, environment, reporter).await;
    if let Some(warning) = environment.missing_file("AWS_CONFIG_FILE") {
        match &mut decision {
            Ok(Decision::Keep(report)) => report.warnings.push(warning),
            Ok(Decision::Renew(plan)) => plan.warnings.push(warning),
            // The missing file may be the reason.
            Err(_) => reporter.notice(&format!("warning: {warning}")),
        }
    }
    decision
}

/// What a request is about, as far as the files show.
pub struct Names {
    pub target: Target,
    pub session_profile: SessionProfileName,
}

/// Errors: those of `decide` that are about a name.
pub async fn names(request: &RenewRequest, environment: &Environment) -> Result<Names> {
    let snapshot = request.file.read_at_rest().await?;
    let layout = Layout::of(&snapshot.bytes);
    let target = Target::resolve(&request.profile, &layout, &request.file, environment)?;
    let session_profile = session_profile(&layout, &target.source, request)?;
    Ok(Names { target, session_profile })
}

async fn checked(request: &RenewRequest, environment: &Environment, reporter: &dyn Reporter) -> Result<Decision> {
    let snapshot = request.file.read_at_rest().await?;
    let config_file = ConfigFile::read(environment)?;
    let layout = Layout::of(&snapshot.bytes);
    let Target { source: name, role, .. } = Target::resolve(&request.profile, &layout, &request.file, environment)?;
    let session_profile = session_profile(&layout, &name, request);
    let wanted = session_profile.as_ref().map(SessionProfileName::as_str).unwrap_or_default();
    // The file may have thousands of profiles.
    let sections = layout.sections_of(&[name.as_bytes(), wanted.as_bytes()]);
    let credentials = Profiles::of_sections(&snapshot.bytes, sections);
    let config = config_file.profiles();
    let files = Files {
        credentials_path: request.file.path(),
        credentials: &credentials,
        layout: &layout,
        config_path: config_file.path(),
        config: &config,
        is_operators: request.file.is_operators(),
        mfa_serial: request.mfa_serial.as_deref(),
        environment,
    };
    files.check_profile(&name)?;
    let session_profile = session_profile?;
    layout
        .slot(name.as_bytes(), session_profile.as_str().as_bytes(), request.adopts)
        .map_err(|error| error.at(request.file.path()))?;
    reporter.detail(&format!("credentials file {}", text::path(&snapshot.target)));
    reporter.detail(&format!("source profile {name}, session profile {session_profile}"));

    let now = Timestamp::now();
    let duration = files.duration(&name, request.duration)?;
    let min_validity = request.min_validity(duration);
    let good = good(&credentials, &session_profile, now);
    if let Some(kept) = good.as_ref().filter(|good| is_enough(good, min_validity)) {
        let notes = notes(environment, &config, &session_profile, None);
        return Ok(Decision::Keep(RenewReport { role, notes, ..RenewReport::kept(session_profile, kept) }));
    }
    let (is_valid, duration) = (good.is_some(), raised(duration, min_validity));

    if environment.var_os(INSIDE).is_some() {
        return Err(inside(&name));
    }
    let source = files.source_profile(&name)?;
    let mut warnings = request.file.check_replaceable(&snapshot)?;
    let expected = now + SignedDuration::from_secs(i64::from(duration.seconds()));
    let region = region_to_write(&source, &config, &session_profile);
    let destination = Destination {
        file: &request.file,
        checked: &snapshot,
        source: &name,
        session_profile: &session_profile,
        region: region.as_deref(),
        adopts: request.adopts,
    };
    let change = destination.plan(&layout, expected)?;
    warnings.extend(change.warning(request.file.path()));
    let settings = settings(request, environment, &source, &config_file, reporter).await?;
    warnings.extend(settings.warnings().iter().cloned());
    let renamed_from = renamed_from(&layout, &name, &session_profile);
    let notes = notes(environment, &config, &session_profile, renamed_from);
    Ok(Decision::Renew(Box::new(Plan {
        source,
        session_profile,
        renamed_from: renamed_from.map(shown),
        role,
        duration,
        min_validity,
        is_valid,
        region,
        settings,
        edit: change.edit,
        checked: snapshot,
        warnings,
        notes,
    })))
}

impl Plan {
    /// Whether the file now holds a session that is valid for long enough.
    pub fn is_done(&self, file: &CredentialsFile) -> bool {
        let Ok(snapshot) = file.read() else { return false };
        let layout = Layout::of(&snapshot.bytes);
        let sections = layout.sections_of(&[self.session_profile.as_str().as_bytes()]);
        let credentials = Profiles::of_sections(&snapshot.bytes, sections);
        good(&credentials, &self.session_profile, Timestamp::now())
            .is_some_and(|good| is_enough(&good, self.min_validity))
    }
}

/// The stored session, if it has not expired.
fn good<'p>(
    credentials: &'p Profiles<'_>,
    session_profile: &SessionProfileName,
    now: Timestamp,
) -> Option<GoodSession<'p>> {
    StoredSession::of(credentials.get(session_profile.as_str().as_bytes())?)?.good(now).ok()
}

fn is_enough(good: &GoodSession<'_>, min_validity: Option<Duration>) -> bool {
    min_validity.is_some_and(|min_validity| good.seconds_left >= min_validity.as_secs())
}

/// The session profile's name: the requested one, else the block's own, else `<profile>_sts` (CLI-4, BLK-7).
fn session_profile(layout: &Layout<'_>, source: &ProfileName, request: &RenewRequest) -> Result<SessionProfileName> {
    if let Some(asked) = &request.session_profile {
        return Ok(asked.clone());
    }
    let own = layout.block_of(source.as_bytes()).and_then(|block| block.header.as_ref());
    match own {
        Some(own) if own.name.is_empty() => {
            Err(BlockError::HeaderWithoutName { line: own.line }.at(request.file.path()))
        }
        Some(own) => SessionProfileName::parse(own.name).ok_or_else(|| unusable_name(own.name)),
        None => {
            SessionProfileName::default_of(source).ok_or_else(|| unusable_name(&[source.as_bytes(), b"_sts"].concat()))
        }
    }
}

/// The error for an updsts that a command of another updsts runs: each would wait for the other (KEY-2).
fn inside(name: &ProfileName) -> Error {
    let message = format!("this updsts was run by a command of another updsts, and would renew `{name}` in a circle");
    let hint = "let `credential_process` and `mfa_process` of the source profile name something other than updsts";
    Error::new(ErrorCode::KeyUnavailable, message, hint)
}

/// The error for a session profile's name that some SDK does not accept.
pub fn unusable_name(name: &[u8]) -> Error {
    let fault = match text::hidden(&String::from_utf8_lossy(name)) {
        Some(hidden) => format!("it {hidden}"),
        None => "not every AWS SDK accepts it".to_owned(),
    };
    let message = format!("`{}` cannot be the name of a session profile: {fault}", shown(name));
    Error::new(ErrorCode::Usage, message, "choose a name of letters, digits and `_-/.%@:+` with `-sn NAME`")
}

/// The source's region, if tools would find none for the session profile in the config file (BLK-11).
fn region_to_write(
    source: &SourceProfile,
    config: &Profiles<'_>,
    session_profile: &SessionProfileName,
) -> Option<String> {
    let in_config = config.get(session_profile.as_str().as_bytes()).and_then(|profile| profile.get(Key::Region));
    let region = source.credentials_region.as_ref().or(source.config_region.as_ref());
    region.filter(|region| in_config.is_none() && is_region(region)).cloned()
}

/// The name that the session profile had, if another one was asked for.
fn renamed_from<'a>(
    layout: &Layout<'a>,
    source: &ProfileName,
    session_profile: &SessionProfileName,
) -> Option<&'a [u8]> {
    let old = layout.block_of(source.as_bytes())?.header.as_ref()?.name;
    (old != session_profile.as_str().as_bytes()).then_some(old)
}

async fn settings(
    request: &RenewRequest,
    environment: &Environment,
    source: &SourceProfile,
    config_file: &ConfigFile,
    reporter: &dyn Reporter,
) -> Result<StsSettings> {
    let settings = StsSettings::resolve(&SettingsRequest {
        environment,
        source_profile: &source.name,
        config: config_file,
        credentials_region: source.credentials_region.as_deref(),
        config_region: source.config_region.as_deref(),
        config_ca_bundle: source.ca_bundle.as_deref(),
        region_option: request.region.as_deref(),
        endpoint_option: request.endpoint_url.as_deref(),
        device: Some(&source.device),
    })
    .await?;
    reporter.detail(&format!("region {}, from {}", settings.region(), settings.region_origin()));
    reporter.detail(&format!("endpoint {}", settings.endpoint()));
    reporter.detail(&format!("proxy {}", settings.proxy().unwrap_or_else(|| "none".into())));
    Ok(settings)
}
