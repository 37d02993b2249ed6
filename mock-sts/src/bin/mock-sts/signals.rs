//! Signals that end a program.

use crate::failure::Failure;

#[cfg(unix)]
pub(crate) use unix::{Signals, end};

#[cfg(not(unix))]
pub(crate) use other::{Signals, end};

#[cfg(unix)]
mod unix {
    use std::fs::File;

    use rustix::process::{Pid, Signal, getpgrp, kill_process};
    use rustix::termios::tcgetpgrp;
    use tokio::signal::unix::{Signal as Stream, SignalKind, signal};

    use super::Failure;

    /// Catches SIGINT, SIGTERM and SIGHUP of this process from construction on.
    pub(crate) struct Signals {
        interrupt: Stream,
        terminate: Stream,
        hangup: Stream,
    }

    impl Signals {
        pub(crate) fn catch() -> Result<Self, Failure> {
            let stream = |kind| signal(kind).map_err(Failure::system);
            Ok(Self {
                interrupt: stream(SignalKind::interrupt())?,
                terminate: stream(SignalKind::terminate())?,
                hangup: stream(SignalKind::hangup())?,
            })
        }

        /// Waits for a signal and forwards it to the process `id`.
        pub(crate) async fn pass_on(&mut self, id: Option<u32>) {
            let signal = tokio::select! {
                _ = self.interrupt.recv() => Signal::INT,
                _ = self.terminate.recv() => Signal::TERM,
                _ = self.hangup.recv() => Signal::HUP,
            };
            // The terminal sends Ctrl-C to every foreground process, so the command has already received it.
            if signal == Signal::INT && is_in_front() {
                return;
            }
            let id = id.and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
            if let Some(id) = id {
                // The process may have just ended.
                let _ = kill_process(id, signal);
            }
        }
    }

    /// Whether this process is in the foreground of its terminal.
    fn is_in_front() -> bool {
        File::open("/dev/tty").ok().and_then(|tty| tcgetpgrp(tty).ok()) == Some(getpgrp())
    }

    /// Completes on the first SIGINT or SIGTERM from now on.
    pub(crate) fn end() -> Result<impl Future<Output = ()>, Failure> {
        let mut interrupt = signal(SignalKind::interrupt()).map_err(Failure::system)?;
        let mut terminate = signal(SignalKind::terminate()).map_err(Failure::system)?;
        Ok(async move {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        })
    }
}

#[cfg(not(unix))]
mod other {
    use super::Failure;

    /// Ctrl-C, which the console also sends to the command itself.
    pub(crate) struct Signals;

    impl Signals {
        #[expect(clippy::unnecessary_wraps, reason = "as on Unix")]
        pub(crate) fn catch() -> Result<Self, Failure> {
            Ok(Self)
        }

        pub(crate) async fn pass_on(&mut self, _id: Option<u32>) {
            let _ = tokio::signal::ctrl_c().await;
        }
    }

    #[expect(clippy::unnecessary_wraps, reason = "as on Unix")]
    pub(crate) fn end() -> Result<impl Future<Output = ()>, Failure> {
        Ok(async {
            let _ = tokio::signal::ctrl_c().await;
        })
    }
}
