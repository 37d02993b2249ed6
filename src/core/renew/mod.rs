//! The use case of `get` and of the MCP update tool: a code goes in, a session comes out.
//!
//! It reads top to bottom as the path of the data: read, find, check everything, code, STS, write.

mod store;

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use store::Destination;

use crate::core::ask::person::Person;
use crate::core::block::edit::Edit;
use crate::core::block::layout::{BlockError, Layout};
use crate::core::block::preview::{ChangedLine, changed_lines};
use crate::core::block::stored_session::StoredSession;
use crate::core::code::sent_codes::SentCodes;
use crate::core::code::source::{CodeSource, GivenCode};
use crate::core::environment::Environment;
use crate::core::error::{CodeSpent, Error, ErrorCode, Result};
use crate::core::expiry;
use crate::core::file::config_file::ConfigFile;
use crate::core::file::credentials_file::{CredentialsFile, Snapshot};
use crate::core::ini::profiles::{Profiles, is_name_for_all_sdks};
use crate::core::reporter::Reporter;
use crate::core::session::{SessionCredentials, SessionDuration};
use crate::core::source::source_profile::{Files, SourceProfile};
use crate::core::source::usage::notes;
use crate::core::sts::client::StsClient;
use crate::core::sts::settings::request::SettingsRequest;
use crate::core::sts::settings::resolved::StsSettings;
use crate::core::text::{self, shown};
use crate::core::turn::queue::{NoTurn, Queue, Turn, Waited, fingerprint};

/// What to do.
#[derive(Clone)]
pub struct RefreshRequest {
    /// The file that holds the key and takes the session.
    pub file: CredentialsFile,
    /// The source profile, or the session profile of its block.
    pub profile: String,
    /// Another name for the session profile; `None` for the block's own, else `<profile>_sts`.
    pub session_profile: Option<String>,
    /// The code, where one was given.
    pub code: GivenCode,
    /// The codes that were sent before, none of which is sent again.
    pub sent_codes: SentCodes,
    /// How long the session is to be good; `None` for `duration_seconds`, else one hour.
    pub duration: Option<SessionDuration>,
    /// Do nothing where the stored session is valid that much longer.
    pub min_validity: Option<Duration>,
    /// `--region`.
    pub region: Option<String>,
    /// `--endpoint-url`.
    pub endpoint_url: Option<String>,
}

/// What was done. It holds no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshReport {
    /// The source profile.
    pub source_profile: String,
    /// The session profile that other tools use.
    pub session_profile: String,
    /// `ASIA…`; not a secret.
    pub access_key_id: String,
    /// When AWS stops accepting the session.
    pub expiration: Timestamp,
    /// The expiry as it stands in the file.
    pub expiration_text: String,
    /// Whether a new session was taken; not where the stored one is good enough.
    pub refreshed: bool,
    /// The name that the session profile had before.
    pub renamed_from: Option<String>,
    /// What is wrong though it worked.
    pub warnings: Vec<String>,
    /// What keeps other tools from using the session as the user may expect.
    pub notes: Vec<String>,
}

impl RefreshReport {
    /// The result as JSON, with the keys that the command line and the MCP server share (CLI-7, MCP-3).
    pub fn document(&self, usage: &str, now: Timestamp) -> Value {
        json!({
            "updated_profile_name": self.session_profile,
            "aws_access_key_id": self.access_key_id,
            "aws_token_expiration": self.expiration_text,
            "expires_in_seconds": expiry::seconds_left(self.expiration, now),
            "refreshed": self.refreshed,
            "usage": usage,
        })
    }
}

/// Everything that was found out before a code is needed.
struct Plan {
    source: SourceProfile,
    session_profile: String,
    renamed_from: Option<String>,
    duration: SessionDuration,
    settings: StsSettings,
    /// What is written, but for the secrets.
    edit: Edit,
    /// The file as the checks saw it.
    checked: Snapshot,
    warnings: Vec<String>,
    notes: Vec<String>,
}

impl Plan {
    /// What AWS is asked, but for the code: whoever asks the same gets the same refusal.
    fn fingerprint(&self) -> String {
        let proxy = self.settings.proxy().unwrap_or_default();
        let parts = [
            &self.source.key.id,
            self.source.device.as_str(),
            self.settings.region(),
            &self.settings.endpoint(),
            &proxy,
        ];
        fingerprint(parts.map(str::as_bytes))
    }
}

/// Either the stored session is good enough, or this is to be done.
enum Decision {
    Keep(RefreshReport),
    Refresh(Box<Plan>),
}

/// Takes a new session and stores it in the file.
pub async fn refresh(
    request: &RefreshRequest,
    person: &Person,
    environment: &Environment,
    reporter: &dyn Reporter,
) -> Result<RefreshReport> {
    let mut plan = match decide(request, environment, reporter).await? {
        Decision::Keep(report) => return Ok(report),
        Decision::Refresh(plan) => plan,
    };
    if request.min_validity.is_none() {
        return renew(request, *plan, person, environment, reporter).await;
    }
    let queue = match Queue::join(&plan.checked.target, &plan.source.name, environment) {
        Ok(queue) => queue,
        Err(reason) => {
            plan.warnings.push(without_turns(&reason));
            return renew(request, *plan, person, environment, reporter).await;
        }
    };
    loop {
        let waited = queue.wait(|| is_stored(request, &plan), |text| reporter.notice(text)).await;
        // The file may say something else by now.
        plan = match decide(request, environment, &WithoutDetails(reporter)).await? {
            Decision::Keep(report) => return Ok(report),
            Decision::Refresh(plan) => plan,
        };
        match waited {
            Ok(Waited::Turn(turn)) => return renew_in_turn(&turn, request, *plan, person, environment, reporter).await,
            // It was renewed, and is not good enough any more.
            Ok(Waited::Done) => {}
            Err(NoTurn::NoLocks(reason)) => {
                plan.warnings.push(without_turns(&reason));
                return renew(request, *plan, person, environment, reporter).await;
            }
            Err(NoTurn::TooLong(error)) => return Err(error),
        }
    }
}

fn without_turns(reason: &str) -> String {
    format!("callers of one profile cannot take turns, so that each may ask AWS for a session: {reason}")
}

/// Uses the refusal of the caller before, or renews and hands a refusal on (GET-7).
async fn renew_in_turn(
    turn: &Turn<'_>,
    request: &RefreshRequest,
    plan: Plan,
    person: &Person,
    environment: &Environment,
    reporter: &dyn Reporter,
) -> Result<RefreshReport> {
    let asked_for = plan.fingerprint();
    if let Some(refusal) = turn.refusal_of(&asked_for) {
        return Err(refusal);
    }
    let renewed = renew(request, plan, person, environment, reporter).await;
    // What failed before anything was sent may be this caller's fault alone.
    if let Err(error) = &renewed
        && error.code_spent().is_some()
    {
        turn.hand_on(&asked_for, error);
    }
    renewed
}

/// Asks for a code, sends it, and stores the session.
async fn renew(
    request: &RefreshRequest,
    plan: Plan,
    person: &Person,
    environment: &Environment,
    reporter: &dyn Reporter,
) -> Result<RefreshReport> {
    let client = StsClient::new(&plan.settings, &plan.source.key)?;
    let mut codes = CodeSource::choose(
        request.code.clone(),
        &plan.source,
        request.sent_codes.clone(),
        request.file.is_operators(),
        person,
        environment,
    )?;
    let mut code = codes.first(reporter).await?;
    let session = loop {
        match client.get_session_token(&plan.source.device, &code, plan.duration).await {
            Ok(session) => break session,
            Err(error) if error.code() == ErrorCode::CodeRefused => {
                code = codes.after_refusal(reporter).await?.ok_or(error)?;
            }
            Err(error) => {
                if matches!(error.code_spent(), None | Some(CodeSpent::No)) {
                    request.sent_codes.release(&plan.source.device, &code);
                }
                return Err(error);
            }
        }
    };
    let spent = |error: Error| error.after_request(CodeSpent::Yes);
    store(request, plan, &session, reporter).await.map_err(spent)
}

/// What [`refresh`] would do. Everything local is checked; no code is asked for, no command run, no
/// lock taken, nothing sent and nothing written (GET-15).
pub async fn dry_run(request: &RefreshRequest, environment: &Environment, reporter: &dyn Reporter) -> Result<DryRun> {
    match decide(request, environment, reporter).await? {
        Decision::Keep(report) => {
            Ok(DryRun { session_profile: report.session_profile, changes: Vec::new(), warnings: report.warnings })
        }
        Decision::Refresh(plan) => {
            StsClient::new(&plan.settings, &plan.source.key)?;
            let changes = changed_lines(&plan.checked.bytes, &plan.edit);
            Ok(DryRun { session_profile: plan.session_profile, changes, warnings: plan.warnings })
        }
    }
}

/// What would be done. It holds no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DryRun {
    /// The session profile that would be written.
    pub session_profile: String,
    /// The lines that would change; none where the stored session is good enough.
    pub changes: Vec<ChangedLine>,
    /// What is wrong though it would work.
    pub warnings: Vec<String>,
}

/// Reads the files and makes every check that can be made before a code is needed (GET-3).
async fn decide(request: &RefreshRequest, environment: &Environment, reporter: &dyn Reporter) -> Result<Decision> {
    let snapshot = request.file.read_at_rest().await?;
    let config_file = ConfigFile::read(environment)?;
    let config = config_file.profiles();
    let layout = Layout::of(&snapshot.bytes);
    let name = layout.source_of(request.profile.as_bytes()).and_then(|source| std::str::from_utf8(source).ok());
    let name = name.unwrap_or(&request.profile).to_owned();
    let session_profile = session_profile(&layout, &name, request);
    // The file may have thousands of profiles.
    let wanted = [name.as_bytes(), session_profile.as_deref().unwrap_or_default().as_bytes()];
    let credentials = Profiles::of_sections(&snapshot.bytes, layout.sections_of(&wanted));
    let files = Files {
        credentials_path: request.file.path(),
        credentials: &credentials,
        layout: &layout,
        config_path: config_file.path(),
        config: &config,
        is_operators: request.file.is_operators(),
    };
    files.profile(&name)?;
    let session_profile = session_profile?;
    layout.slot(name.as_bytes(), session_profile.as_bytes()).map_err(|error| error.at(request.file.path()))?;
    reporter.detail(&format!("credentials file {}", text::path(&snapshot.target)));
    reporter.detail(&format!("source profile {}, session profile {session_profile}", shown(name.as_bytes())));

    let now = Timestamp::now();
    let duration = match request.duration {
        Some(duration) => duration,
        None => files.duration(&name)?.unwrap_or(SessionDuration::DEFAULT),
    };
    check_min_validity(request.min_validity, duration)?;
    if let Some(min_validity) = request.min_validity
        && let Some(report) = stored(&credentials, &name, &session_profile, min_validity, now)
    {
        return Ok(Decision::Keep(report));
    }

    let source = files.source_profile(&name)?;
    let mut warnings = request.file.check_replaceable(&snapshot)?;
    let expected = now + jiff::SignedDuration::from_secs(i64::from(duration.seconds()));
    let destination =
        Destination { file: &request.file, checked: &snapshot, source: &name, session_profile: &session_profile };
    let edit = destination.plan(&layout, expected)?;

    let settings = StsSettings::resolve(&SettingsRequest {
        environment,
        source_profile: &name,
        config_file: config_file.bytes(),
        config_path: config_file.path(),
        credentials_region: source.credentials_region.as_deref(),
        config_region: source.config_region.as_deref(),
        config_ca_bundle: source.ca_bundle.as_deref(),
        region_option: request.region.as_deref(),
        endpoint_option: request.endpoint_url.as_deref(),
        device: &source.device,
    })
    .await?;
    reporter.detail(&format!("region {} ({})", settings.region(), settings.region_origin()));
    reporter.detail(&format!("endpoint {}", settings.endpoint()));
    reporter.detail(&format!("proxy {}", settings.proxy().unwrap_or_else(|| "none".into())));
    warnings.extend(settings.warnings().iter().cloned());
    let notes = notes(environment, &config, &credentials, &source, &session_profile);
    let renamed_from = layout
        .block_of(name.as_bytes())
        .and_then(|block| block.header.as_ref())
        .filter(|header| header.name != session_profile.as_bytes())
        .map(|header| shown(header.name));
    Ok(Decision::Refresh(Box::new(Plan {
        source,
        session_profile,
        renamed_from,
        duration,
        settings,
        edit,
        checked: snapshot,
        warnings,
        notes,
    })))
}

/// The session profile's name: as asked for, else the block's own, else `<profile>_sts` (CLI-4, BLK-7).
fn session_profile(layout: &Layout<'_>, source: &str, request: &RefreshRequest) -> Result<String> {
    let asked = request.session_profile.as_deref().filter(|name| !name.is_empty());
    let own = layout.block_of(source.as_bytes()).and_then(|block| block.header.as_ref());
    let name = match (asked, own) {
        (Some(asked), _) => asked.as_bytes().to_vec(),
        (None, Some(own)) if own.name.is_empty() => {
            return Err(BlockError::HeaderWithoutName { line: own.line }.at(request.file.path()));
        }
        (None, Some(own)) => own.name.to_vec(),
        (None, None) => format!("{source}_sts").into_bytes(),
    };
    match String::from_utf8(name) {
        Ok(name) if is_name_for_all_sdks(name.as_bytes()) && name != "DEFAULT" => Ok(name),
        Ok(name) => Err(unusable_name(name.as_bytes())),
        Err(error) => Err(unusable_name(error.as_bytes())),
    }
}

fn unusable_name(name: &[u8]) -> Error {
    let message = format!("`{}` cannot be the name of a session profile: not every AWS SDK accepts it", shown(name));
    Error::new(ErrorCode::Usage, message, "choose a name of letters, digits and `_-/.%@:+` with `-sn NAME`")
}

fn check_min_validity(min_validity: Option<Duration>, duration: SessionDuration) -> Result<()> {
    let longest = Duration::from_secs(u64::from(duration.seconds()) - 60);
    match min_validity {
        Some(min_validity) if min_validity > longest => Err(Error::new(
            ErrorCode::Usage,
            format!("the minimum validity is not a minute below the duration of {} s", duration.seconds()),
            format!("give at most {} s, or a longer duration", longest.as_secs()),
        )),
        _ => Ok(()),
    }
}

/// Whether the file holds a session by now that is good enough.
fn is_stored(request: &RefreshRequest, plan: &Plan) -> bool {
    let (Some(min_validity), Ok(snapshot)) = (request.min_validity, request.file.read()) else { return false };
    let layout = Layout::of(&snapshot.bytes);
    let profiles = Profiles::of_sections(&snapshot.bytes, layout.sections_of(&[plan.session_profile.as_bytes()]));
    stored(&profiles, &plan.source.name, &plan.session_profile, min_validity, Timestamp::now()).is_some()
}

/// The stored session, where it is valid at least that much longer.
fn stored(
    credentials: &Profiles<'_>,
    source: &str,
    session_profile: &str,
    min_validity: Duration,
    now: Timestamp,
) -> Option<RefreshReport> {
    let good = StoredSession::of(credentials.get(session_profile.as_bytes())?)?.good(now).ok()?;
    (good.seconds_left >= min_validity.as_secs()).then(|| RefreshReport {
        source_profile: source.to_owned(),
        session_profile: session_profile.to_owned(),
        access_key_id: shown(good.access_key_id.as_bytes()),
        expiration: good.expiration,
        expiration_text: shown(good.expiration_text.as_bytes()),
        refreshed: false,
        renamed_from: None,
        warnings: Vec::new(),
        notes: Vec::new(),
    })
}

async fn store(
    request: &RefreshRequest,
    plan: Plan,
    session: &SessionCredentials,
    reporter: &dyn Reporter,
) -> Result<RefreshReport> {
    let destination = Destination {
        file: &request.file,
        checked: &plan.checked,
        source: &plan.source.name,
        session_profile: &plan.session_profile,
    };
    let replaced = destination.store(session, &plan.source.key.id, reporter).await?;
    let mut warnings = plan.warnings;
    warnings.extend(replaced.warnings);
    Ok(RefreshReport {
        source_profile: plan.source.name,
        session_profile: plan.session_profile,
        access_key_id: session.access_key_id.clone(),
        expiration: session.expiration,
        expiration_text: expiry::written(session.expiration, &TimeZone::system()),
        refreshed: true,
        renamed_from: plan.renamed_from,
        warnings,
        notes: plan.notes,
    })
}

/// Does not say twice what is used.
struct WithoutDetails<'a>(&'a dyn Reporter);

impl Reporter for WithoutDetails<'_> {
    fn notice(&self, text: &str) {
        self.0.notice(text);
    }

    fn detail(&self, _text: &str) {}

    fn shows_commands(&self) -> bool {
        self.0.shows_commands()
    }
}
