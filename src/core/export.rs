//! The use case of `export`: the stored session of a source profile, for other programs (EXP-1).
//!
//! It never asks for a code and never calls AWS.

use jiff::Timestamp;

use crate::core::block::layout::Layout;
use crate::core::block::stored_session::{SessionFault, StoredSession};
use crate::core::environment::Environment;
use crate::core::error::{Error, ErrorCode, Result};
use crate::core::file::credentials_file::CredentialsFile;
use crate::core::ini::profiles::Profiles;
use crate::core::name::ProfileName;
use crate::core::secret::SecretBytes;
use crate::core::session::SessionCredentials;
use crate::core::source::target::Target;

/// The stored session of a source profile, if it is valid at `now`.
pub fn export(
    file: &CredentialsFile,
    name: &ProfileName,
    environment: &Environment,
    now: Timestamp,
) -> Result<SessionCredentials> {
    let stored = Stored::read(file)?;
    let name = stored.target(name, environment)?.without_role("export")?;
    Ok(stored.good_session(&name, now)?.0)
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
    let name = stored.target(name, environment)?.source;
    let (_, left) = stored.good_session(&name, now)?;
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

    fn good_session(&self, name: &ProfileName, now: Timestamp) -> Result<(SessionCredentials, u64)> {
        let (layout, profiles) = (Layout::of(&self.bytes), Profiles::of_credentials(&self.bytes));
        let good = || {
            let good = StoredSession::find(&layout, &profiles, name)?.good(now)?;
            Ok((good.credentials(), good.seconds_left))
        };
        good().map_err(|fault: SessionFault| fault.at(name, self.file.path()))
    }
}
