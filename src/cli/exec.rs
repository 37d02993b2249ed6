//! `updsts exec`: a command that runs with a session (REN-3).

use std::ffi::OsString;
use std::io;
use std::process::Command;
use std::time::Duration;

use super::args::Exec;
#[cfg(not(unix))]
use super::exec_child::{file_of, run_in_place};
use super::get::lasting;
use super::output::Output;
use super::signals::{Ended, runtime, until_signal};
use crate::core::ask::chooser::{self, Ask};
use crate::core::environment::Environment;
use crate::core::error::{Error, ErrorCode, Result};
use crate::core::exec::{REMOVED, USUAL_MIN_VALIDITY, Variables, variables};
use crate::core::file::credentials_file::CredentialsFile;
use crate::core::name::ProfileName;
use crate::core::renew::renew;
use crate::core::renew::request::RenewRequest;
use crate::core::source::unnamed::source_if_unnamed;
use crate::core::text;

/// The exit status if updsts itself fails, as that of `env` and `timeout`.
pub const FAILED: u8 = 125;
const CANNOT_RUN: u8 = 126;
const NOT_FOUND: u8 = 127;

pub fn run(options: &Exec, file: &CredentialsFile, environment: &Environment, output: &Output) -> Result<Ended> {
    let (duration, min_validity) = lasting(options.duration.as_deref(), options.min_validity.as_deref())?;
    let min_validity = min_validity.unwrap_or(USUAL_MIN_VALIDITY);
    let name = match options.named.get() {
        Some(name) => ProfileName::parse(name)?,
        None => runtime()?.block_on(source_if_unnamed(file, environment))?,
    };
    // A session that lasts costs no more than a look at the file.
    if let Some(variables) = variables(file, &name, min_validity, environment)? {
        return start(&options.command, variables, output);
    }
    let request = RenewRequest {
        mfa_serial: options.mfa_serial.clone().filter(|serial| !serial.is_empty()),
        duration,
        min_validity: Some(min_validity),
        ..RenewRequest::new(file.clone(), name)
    };
    let ended = until_signal(async {
        let person = chooser::person(options.asks.get(), &[Ask::Terminal, Ask::Dialog], None, environment);
        let report = renew(&request, &person, environment, output).await?;
        for warning in &report.warnings {
            output.warning(warning);
        }
        Ok(())
    })?;
    if !matches!(ended, Ended::Done) {
        return Ok(ended);
    }
    let Some(variables) = variables(file, &request.profile, Duration::ZERO, environment)? else {
        let message = format!("the session of `{}` was removed again at once", request.profile);
        return Err(Error::new(ErrorCode::SessionMissing, message, "find out what changed the file, and try again"));
    };
    start(&options.command, variables, output)
}

fn start(words: &[OsString], variables: Variables, output: &Output) -> Result<Ended> {
    let Some((program, arguments)) = words.split_first() else { return Err(Error::defect()) };
    let mut command = Command::new(file_of(program));
    command.args(arguments);
    for name in REMOVED {
        command.env_remove(name);
    }
    command.envs(variables);
    run_in_place(command).map(Ended::Quietly).or_else(|error| {
        let name = text::clean(&program.to_string_lossy());
        let (status, reason) = match error.kind() {
            io::ErrorKind::NotFound => (NOT_FOUND, "was not found".to_owned()),
            _ => (CANNOT_RUN, format!("cannot be executed: {}", text::os_error(&error))),
        };
        let hint = "write the command behind `--` as you would alone, or its absolute path";
        output.error(&Error::new(ErrorCode::Usage, format!("the command `{name}` {reason}"), hint), false);
        Ok(Ended::Quietly(status))
    })
}

/// The system finds it.
#[cfg(unix)]
const fn file_of(program: &OsString) -> &OsString {
    program
}

/// The command takes the place of updsts: terminal, signals and exit status are its own.
#[cfg(unix)]
fn run_in_place(mut command: Command) -> io::Result<u8> {
    use std::os::unix::process::CommandExt;
    Err(crate::core::core_dump::as_before(|| command.exec()))
}
