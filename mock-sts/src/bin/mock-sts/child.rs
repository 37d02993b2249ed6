//! Runs a command against the mock.

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::process::{ExitCode, ExitStatus};

use mock_sts::MockSts;
use tokio::process::Command;

use crate::failure::Failure;
use crate::sandbox::Sandbox;
use crate::signals::Signals;

/// The exit code that shells use.
const NOT_FOUND: u8 = 127;
const NOT_EXECUTABLE: u8 = 126;

/// Runs a command to completion, forwarding signals, and returns its exit code, or 128 plus the signal number if a
/// signal ended it.
pub(crate) async fn run(command: &[OsString], sts: &MockSts) -> Result<ExitCode, Failure> {
    let Some((program, arguments)) = command.split_first() else {
        return Ok(ExitCode::SUCCESS);
    };
    let mut signals = Signals::catch()?;
    let sandbox = Sandbox::new(sts).map_err(|error| {
        Failure::new(format!("cannot create a private directory: {error}"), "set `TMPDIR` to a writable directory")
    })?;

    let mut process = Command::new(program);
    process.args(arguments);
    for (name, value) in sandbox.environment(sts) {
        match value {
            Some(value) => process.env(name, value),
            None => process.env_remove(name),
        };
    }
    let code = match process.spawn() {
        Ok(mut child) => {
            let id = child.id();
            loop {
                tokio::select! {
                    biased;
                    status = child.wait() => break exit_code(status.map_err(Failure::system)?),
                    () = signals.pass_on(id) => {}
                }
            }
        }
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: cannot run {}: {error}", program.display());
            if error.kind() == io::ErrorKind::NotFound { NOT_FOUND } else { NOT_EXECUTABLE }
        }
    };
    if let Err(error) = sandbox.close() {
        let _ = writeln!(io::stderr(), "warning: the private directory was not removed: {error}");
    }
    Ok(ExitCode::from(code))
}

fn exit_code(status: ExitStatus) -> u8 {
    #[cfg(unix)]
    let code =
        status.code().or_else(|| std::os::unix::process::ExitStatusExt::signal(&status).map(|signal| 128 + signal));
    #[cfg(not(unix))]
    let code = status.code();
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX)
}
