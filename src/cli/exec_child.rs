//! A command beside updsts, where none can take its place (REN-3).

use std::ffi::OsStr;
use std::io;
use std::path::PathBuf;
use std::process::{Command, exit};

use tokio::signal::windows::{ctrl_break, ctrl_c};
use win32job::{ExtendedLimitInfo, Job};

use super::signals::runtime;
use crate::core::command::lookup::on_path;
use crate::core::environment::Environment;

/// Ends with the exit status of the command. Ctrl-C and Ctrl-Break reach both, and are the command's to answer.
pub fn run_in_place(command: Command) -> io::Result<u8> {
    let runtime = runtime().map_err(io::Error::other)?;
    runtime.block_on(async {
        let (mut interrupt, mut stop) = (ctrl_c()?, ctrl_break()?);
        // The command ends with updsts, however that ends; what it starts is its own affair.
        let mut limits = ExtendedLimitInfo::new();
        let limits = limits.limit_kill_on_job_close().limit_silent_breakaway_ok();
        let job = Job::create_with_limit_info(limits).map_err(io::Error::other)?;
        let mut child = tokio::process::Command::from(command).spawn()?;
        if let Some(process) = child.raw_handle() {
            // A command that has ended already cannot be assigned.
            let _ = job.assign_process(process as isize);
        }
        loop {
            tokio::select! {
                // Some have more than eight bits.
                status = child.wait() => exit(status?.code().unwrap_or(1)),
                _ = interrupt.recv() => {}
                _ = stop.recv() => {}
            }
        }
    })
}

/// The file that the name of a program stands for, also without `.cmd` or another ending.
pub fn file_of(program: &OsStr) -> PathBuf {
    let here = std::env::current_dir().unwrap_or_default();
    on_path(program, Environment::process().var_os("PATH"), &here).unwrap_or_else(|| program.into())
}
