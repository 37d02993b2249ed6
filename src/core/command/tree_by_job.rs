//! A command with everything that it starts: on Windows a job, which ends with updsts, too (GET-6).
//!
//! Source: <https://learn.microsoft.com/windows/win32/procthread/job-objects>

use std::fs::File;
use std::io;
use std::process::ExitStatus;
use std::time::Duration;

use tokio::process::{Child, Command};
use tokio::time::sleep;
use win32job::{ExtendedLimitInfo, Job};

/// The exit status of a batch file that did not find a command. `cmd.exe /C` itself ends with 1 then.
pub const NOT_FOUND: i32 = 9009;
/// `STATUS_CONTROL_C_EXIT`: the exit status of a program that Ctrl-C ended.
const INTERRUPTED: i32 = 0xc000_013a_u32.cast_signed();
/// `CREATE_NO_WINDOW`: a console of its own, which nobody sees.
const NO_WINDOW: u32 = 0x0800_0000;

/// What is left of it is killed when this is dropped, unless the command has ended by itself.
pub struct Tree {
    job: Job,
    has_console: bool,
}

impl Tree {
    /// Starts a command: on the console of updsts if it may use that, else without a window.
    pub fn spawn(
        command: &mut Command,
        may_use_terminal: bool,
        spawn: impl FnOnce(&mut Command) -> io::Result<Child>,
    ) -> io::Result<(Child, Self)> {
        let has_console = may_use_terminal && File::open("CONIN$").is_ok();
        if !has_console {
            command.creation_flags(NO_WINDOW);
        }
        let job = Job::create_with_limit_info(ExtendedLimitInfo::new().limit_kill_on_job_close())
            .map_err(io::Error::other)?;
        let child = spawn(command)?;
        if let Some(process) = child.raw_handle() {
            // A command that has ended already cannot be assigned. None has started anything by now.
            let _ = job.assign_process(process as isize);
        }
        Ok((child, Self { job, has_console }))
    }

    /// Waits until the command has had its time.
    pub async fn time_out(&mut self, limit: Duration) {
        sleep(limit).await;
    }

    /// After a normal end nothing is killed: an agent that the command started may stay.
    ///
    /// Errors: `Interrupted` if Ctrl-C on the console ended it.
    pub fn has_ended(self, status: ExitStatus) -> io::Result<()> {
        if self.has_console && status.code() == Some(INTERRUPTED) {
            return Err(io::ErrorKind::Interrupted.into());
        }
        self.job.set_extended_limit_info(&ExtendedLimitInfo::new()).map_err(io::Error::other)
    }
}

/// How a command ended that no exit status tells of.
pub fn killed(_status: ExitStatus) -> String {
    "it was killed".to_owned()
}
