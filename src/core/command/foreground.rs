//! The foreground of updsts's terminal, lent to a command so that it can ask for a PIN or a touch there (GET-6).

use std::os::fd::OwnedFd;
use std::time::Duration;

use nix::sys::signal::{SigSet, SigmaskHow, Signal as Blocked};
use rustix::fs::{Mode, OFlags, open};
use rustix::io::Errno;
use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, getpgrp, kill_current_process_group, kill_process_group,
    test_kill_process_group, waitid,
};
use rustix::termios::{
    LocalModes, OptionalActions, QueueSelector, Termios, tcflush, tcgetattr, tcgetpgrp, tcsetattr, tcsetpgrp,
};
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::{Instant, sleep_until};

/// The terminal that updsts is in the foreground of.
pub struct Terminal {
    tty: OwnedFd,
    own_group: Pid,
    modes: Termios,
}

impl Terminal {
    /// `None` in the background and without a controlling terminal; and out of line mode: a full-screen program uses
    /// the terminal then, and its next read would stop it if it lost the foreground that it shares with updsts.
    pub fn in_foreground() -> Option<Self> {
        let tty = open("/dev/tty", OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC, Mode::empty()).ok()?;
        let terminal = Self { own_group: getpgrp(), modes: tcgetattr(&tty).ok()?, tty };
        (terminal.is_ours() && terminal.modes.local_modes.contains(LocalModes::ICANON)).then_some(terminal)
    }

    /// Lends it to the process group of a command, inside the runtime.
    pub fn lend_to(self, command: Pid) -> Lent {
        // A reader beside updsts, such as a pager, is stopped while the command has the terminal; the signal goes to the
        // whole group, and must not stop updsts, which could not give the terminal back.
        let _ = signal(SignalKind::from_raw(Signal::TTIN.as_raw()));
        let lent = Lent { modes: self.modes.clone(), terminal: self, command };
        lent.lend();
        lent
    }

    fn is_ours(&self) -> bool {
        tcgetpgrp(&self.tty) == Ok(self.own_group)
    }

    /// Makes updsts's group the foreground again, though updsts is in the background.
    fn take(&self) {
        let undisturbed = SigSet::from(Blocked::SIGTTOU).thread_swap_mask(SigmaskHow::SIG_BLOCK);
        // If the terminal is gone, nothing needs to be restored.
        let _ = tcsetpgrp(&self.tty, self.own_group);
        let _ = tcsetattr(&self.tty, OptionalActions::Now, &self.modes);
        // What was typed for the command is nothing that the shell may run.
        let _ = tcflush(&self.tty, QueueSelector::IFlush);
        if let Ok(before) = undisturbed {
            let _ = before.thread_set_mask();
        }
        // A reader beside updsts goes on.
        let _ = kill_current_process_group(Signal::CONT);
    }
}

/// A terminal that a command has; updsts takes it back when this is dropped.
pub struct Lent {
    terminal: Terminal,
    command: Pid,
    /// The modes that the command had set when it was stopped.
    modes: Termios,
}

impl Lent {
    /// Waits until the command has had its time, and stops and continues with it: Ctrl-Z reaches only the foreground.
    /// The time that it was stopped does not count.
    pub async fn time_out(&mut self, limit: Duration) {
        let mut end = Instant::now() + limit;
        let Ok(mut changes) = signal(SignalKind::child()) else { return sleep_until(end).await };
        loop {
            if self.is_command_stopped() {
                let stopped = Instant::now();
                self.stop_too();
                end += stopped.elapsed();
            }
            tokio::select! {
                biased;
                _ = changes.recv() => {}
                () = sleep_until(end) => return,
            }
        }
    }

    /// Passes the Ctrl-C that ended the command on to whatever would have received it without the command.
    pub fn pass_on_interrupt(self) {
        drop(self);
        let _ = kill_current_process_group(Signal::INT);
    }

    fn is_command_stopped(&self) -> bool {
        let options = WaitIdOptions::STOPPED | WaitIdOptions::NOHANG;
        waitid(WaitId::Pid(self.command), options).is_ok_and(|status| status.is_some_and(|status| status.stopped()))
    }

    fn stop_too(&mut self) {
        if let (true, Ok(modes)) = (self.is_lent(), tcgetattr(&self.terminal.tty)) {
            self.modes = modes;
        }
        // It is ours again if updsts alone was stopped, and continued before this.
        if !self.terminal.is_ours() {
            self.take_back();
            // Returns when the shell continues updsts; at once if no shell could.
            let _ = kill_current_process_group(Signal::TSTP);
        }
        self.lend();
    }

    /// Lets the command go on, in the foreground if updsts is there.
    fn lend(&self) {
        if self.terminal.is_ours() {
            let _ = tcsetattr(&self.terminal.tty, OptionalActions::Now, &self.modes);
            let _ = tcsetpgrp(&self.terminal.tty, self.command);
        }
        // It may have been stopped for reading before the terminal was its own.
        let _ = kill_process_group(self.command, Signal::CONT);
    }

    /// Not if the shell has taken the terminal in the meantime.
    fn take_back(&self) {
        if self.is_lent() {
            self.terminal.take();
        }
    }

    /// Whether the command is in the foreground, or nobody is because its last process has exited.
    fn is_lent(&self) -> bool {
        let is_gone = |group| test_kill_process_group(group) == Err(Errno::SRCH);
        tcgetpgrp(&self.terminal.tty).is_ok_and(|group| group == self.command || is_gone(group))
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        self.take_back();
    }
}
