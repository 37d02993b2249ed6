//! A program that must not outlive updsts, not even when updsts is killed: it runs under a guard, which is this program
//! once more, and which kills its own process group when its parent is gone (MCP-8).

#[cfg(unix)]
pub use unix::{arm, run};

use std::ffi::OsStr;

use tokio::process::Command;

/// The program, to be started under a guard if there is one. It must get a process group of its own.
pub fn guarded(program: impl AsRef<OsStr>) -> Command {
    #[cfg(unix)]
    if let Some(command) = unix::guard() {
        let mut command = Command::from(command);
        command.arg(program);
        return command;
    }
    Command::new(program)
}

#[cfg(unix)]
mod unix {
    use std::ffi::OsString;
    use std::io;
    use std::os::unix::process::{CommandExt, ExitStatusExt};
    use std::path::{Path, PathBuf};
    use std::process::{Command, ExitCode};
    use std::sync::OnceLock;
    use std::thread::{sleep, spawn};
    use std::time::Duration;

    use rustix::process::{Pid, Signal, getpgrp, getpid, getppid, kill_process, kill_process_group};

    use crate::core::core_dump;

    /// The first argument of a guard, before the process that it belongs to and the program.
    const WORD: &str = "guard-command";
    /// How often a guard looks whether updsts is there.
    const LOOK_AGAIN: Duration = Duration::from_millis(100);

    /// This program, once it has said that it can be a guard: a library's user cannot.
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();

    /// Lets programs run under guards from now on.
    pub fn arm() {
        // On Linux this is the program itself, even if its file was replaced since.
        let own = Path::new("/proc/self/exe");
        let own = if own.exists() { Some(own.to_owned()) } else { std::env::current_exe().ok() };
        if let Some(own) = own {
            let _ = PROGRAM.set(own);
        }
    }

    pub(super) fn guard() -> Option<Command> {
        let mut command = Command::new(PROGRAM.get()?);
        command.arg0("updsts").arg(WORD).arg(getpid().as_raw_nonzero().to_string());
        Some(command)
    }

    /// Is a guard, if the arguments are those of one: ends as its program does.
    pub fn run(arguments: &[OsString]) -> Option<ExitCode> {
        let [_, word, parent, program, arguments @ ..] = arguments else { return None };
        let parent = Pid::from_raw(parent.to_str()?.parse().ok()?)?;
        if word != WORD || getppid() != Some(parent) {
            return None;
        }
        spawn(move || {
            while getppid() == Some(parent) {
                sleep(LOOK_AGAIN);
            }
            let _ = kill_process_group(getpgrp(), Signal::KILL);
        });
        Some(match Command::new(program).args(arguments).status() {
            Ok(status) => match status.signal().and_then(Signal::from_named_raw) {
                Some(signal) => {
                    core_dump::forbid();
                    // Rust's handler for stack overflows takes the first SIGSEGV, and leaves the second to the system.
                    let _ = kill_process(getpid(), signal);
                    let _ = kill_process(getpid(), signal);
                    ExitCode::FAILURE
                }
                None => ExitCode::from(u8::try_from(status.code().unwrap_or(1)).unwrap_or(1)),
            },
            // As shells say it.
            Err(error) if error.kind() == io::ErrorKind::NotFound => ExitCode::from(127),
            Err(_) => ExitCode::from(126),
        })
    }
}
