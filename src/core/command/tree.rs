//! A command with everything that it starts, and the terminal that it may use: on Unix its process group (GET-6).

use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::Duration;

use process_wrap::tokio::{CommandWrap, CommandWrapper, ProcessSession};
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::{Child, Command};
use tokio::time::sleep;

use crate::core::command::foreground::{Lent, Terminal};

/// The exit status of a shell that did not find a command.
pub const NOT_FOUND: i32 = 127;
/// The exit status of a program that Ctrl-C ended: 128 plus the number of the signal.
const INTERRUPTED: i32 = 130;

/// What is left of it is killed when this is dropped, unless the command has ended by itself.
pub struct Tree {
    group: Option<Pid>,
    terminal: Option<Lent>,
}

impl Tree {
    /// Starts a command: on the terminal if it may use that and updsts is in its foreground, else without any terminal.
    pub fn spawn(
        command: &mut Command,
        may_use_terminal: bool,
        spawn: impl FnOnce(&mut Command) -> io::Result<Child>,
    ) -> io::Result<(Child, Self)> {
        let terminal = may_use_terminal.then(Terminal::in_foreground).flatten();
        match terminal {
            Some(_) => drop(command.process_group(0)),
            None => ProcessSession.pre_spawn(command, &CommandWrap::with_new("", |_| {}))?,
        }
        let child = spawn(command)?;
        let group = child.id().and_then(|id| Pid::from_raw(id.cast_signed()));
        let terminal = terminal.zip(group).map(|(terminal, group)| terminal.lend_to(group));
        Ok((child, Self { group, terminal }))
    }

    /// Waits until the command has had its time.
    pub async fn time_out(&mut self, limit: Duration) {
        match &mut self.terminal {
            Some(terminal) => terminal.time_out(limit).await,
            None => sleep(limit).await,
        }
    }

    /// After a normal end nothing is killed: an agent that the command started may stay.
    ///
    /// Errors: `Interrupted` if Ctrl-C on the terminal ended it.
    pub fn has_ended(mut self, status: ExitStatus) -> io::Result<()> {
        let is_interrupted = status.signal() == Some(Signal::INT.as_raw()) || status.code() == Some(INTERRUPTED);
        match self.terminal.take() {
            Some(terminal) if is_interrupted => {
                self.kill();
                terminal.pass_on_interrupt();
                Err(io::ErrorKind::Interrupted.into())
            }
            _ => {
                self.group = None;
                Ok(())
            }
        }
    }

    fn kill(&mut self) {
        if let Some(group) = self.group.take() {
            // It may have exited in the meantime.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        self.kill();
    }
}

/// How a command ended that no exit status tells of.
pub fn killed(status: ExitStatus) -> String {
    status.signal().map_or_else(|| "it was killed".to_owned(), |signal| format!("it was killed by signal {signal}"))
}
