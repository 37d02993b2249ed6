//! The use case of `export`: the stored session of a source profile, for other programs (EXP-1); renewed if necessary
//! (REN-1).

use std::time::Duration;

use jiff::Timestamp;

use crate::core::ask::person::Person;
use crate::core::block::layout::Layout;
use crate::core::block::stored_session::{SessionFault, StoredSession};
use crate::core::environment::Environment;
use crate::core::error::{Error, ErrorCode, Result};
use crate::core::expiry::in_words;
use crate::core::file::credentials_file::CredentialsFile;
use crate::core::ini::profiles::Profiles;
use crate::core::name::ProfileName;
use crate::core::renew::renew;
use crate::core::renew::request::RenewRequest;
use crate::core::reporter::Reporter;
use crate::core::secret::SecretBytes;
use crate::core::session::SessionCredentials;
use crate::core::source::target::Target;

/// The stored session of a source profile, if it is valid at `now`. It never asks for a code and never calls AWS.
pub fn export(
    file: &CredentialsFile,
    name: &ProfileName,
    environment: &Environment,
    now: Timestamp,
) -> Result<SessionCredentials> {
    let stored = Stored::read(file)?;
    let target = stored.target(name, environment)?;
    let is_by_command = target.is_by_command;
    Ok(stored.good_session(&target.without_role("export")?, is_by_command, now)?.0)
}

/// How long a question lasts: SDKs stop a `credential_process` that takes longer than a minute.
pub const QUESTION_TIME: Duration = Duration::from_secs(50);

/// A session and what to warn about.
pub struct Renewed {
    pub session: SessionCredentials,
    pub warnings: Vec<String>,
}

/// The stored session if it is valid for long enough, else a new one. If renewing fails, it is the stored one until it
/// expires.
pub async fn export_renewed(
    request: &RenewRequest,
    person: &Person,
    environment: &Environment,
    reporter: &dyn Reporter,
) -> Result<Renewed> {
    let (file, profile) = (&request.file, &request.profile);
    let bytes = match file.read_at_rest().await {
        Ok(snapshot) => snapshot.bytes,
        // A key that comes from a command needs no file yet.
        Err(error) if error.code() == ErrorCode::FileMissing => SecretBytes::new(Vec::new()),
        Err(error) => return Err(error),
    };
    let name = Stored { file, bytes }.target(profile, environment)?.without_role("export")?;
    let renewed = renew(request, person, environment, reporter).await;
    let stored = Stored::read(file).and_then(|stored| stored.good_session(&name, true, Timestamp::now()));
    match (renewed, stored) {
        (Ok(report), stored) => Ok(Renewed { session: stored?.0, warnings: report.warnings }),
        (Err(error), Ok((session, left))) => {
            let left = in_words(left.cast_signed());
            let warning = format!(
                "this session of `{name}` expires in {left} and could not be renewed: {} ({}); {}",
                error.message(),
                error.code(),
                error.hint()
            );
            Ok(Renewed { session, warnings: vec![warning] })
        }
        (Err(error), Err(no_session)) if no_session.code() == ErrorCode::SessionExpired => {
            let message =
                format!("{}, and renewing it failed: {} ({})", no_session.message(), error.message(), error.code());
            let expired = Error::new(ErrorCode::SessionExpired, message, error.hint());
            Err(error.code_spent().map_or(expired.clone(), |spent| expired.after_request(spent)))
        }
        (Err(error), Err(_)) => Err(error),
    }
}

/// Whether the stored session of a profile is valid for at least `min_validity` seconds (CLI-14).
pub fn check_session(
    file: &CredentialsFile,
    name: &ProfileName,
    min_validity: u64,
    environment: &Environment,
    now: Timestamp,
) -> Result<()> {
    let stored = Stored::read(file)?;
    let Target { source: name, is_by_command, .. } = stored.target(name, environment)?;
    let (_, left) = stored.good_session(&name, is_by_command, now)?;
    if left >= min_validity {
        return Ok(());
    }
    let message = format!("the session of `{name}` is valid for {left} s more, less than {min_validity} s");
    Err(Error::new(
        ErrorCode::SessionExpired,
        message,
        format!("get one with `updsts get -n {} --min-validity {min_validity}`", name.in_a_command()),
    ))
}

struct Stored<'a> {
    file: &'a CredentialsFile,
    bytes: SecretBytes,
}

impl<'a> Stored<'a> {
    fn read(file: &'a CredentialsFile) -> Result<Self> {
        Ok(Self { file, bytes: file.read()?.bytes })
    }

    fn target(&self, name: &ProfileName, environment: &Environment) -> Result<Target> {
        Target::resolve(name, &Layout::of(&self.bytes), self.file, environment)
    }

    /// `is_known` if the source need not be in the file.
    fn good_session(&self, name: &ProfileName, is_known: bool, now: Timestamp) -> Result<(SessionCredentials, u64)> {
        let (layout, profiles) = (Layout::of(&self.bytes), Profiles::of_credentials(&self.bytes));
        let good = || {
            let good = StoredSession::find(&layout, &profiles, name)?.good(now)?;
            Ok((good.credentials(), good.seconds_left))
        };
        good().map_err(|fault: SessionFault| match fault {
            SessionFault::NoProfile if is_known => SessionFault::NoSession.at(name, self.file.path()),
            fault => fault.at(name, self.file.path()),
        })
    }
}
