//! Runs to completion, or until a signal asks to stop.

use super::machine::check_descriptors;
use crate::core::error::{Error, ErrorCode, Result};

/// The exit status after Ctrl-C: 128 plus the signal number, as in shells.
pub const INTERRUPTED: u8 = 130;
const TERMINATED: u8 = 143;
const HUNG_UP: u8 = 129;

pub enum Ended {
    Done,
    By(u8),
    Quietly(u8),
}

/// Runs to completion, or until a signal asks to stop. A write is a single step here, so it is never half done.
pub fn until_signal(work: impl Future<Output = Result<()>>) -> Result<Ended> {
    let runtime = runtime()?;
    let result = runtime.block_on(async {
        let signal = signal();
        tokio::select! {
            biased;
            result = work => result.map(|()| Ended::Done),
            status = signal => Ok(Ended::By(status)),
        }
    });
    // A thread that is still reading from a terminal must not delay the exit.
    runtime.shutdown_background();
    result
}

pub fn runtime() -> Result<tokio::runtime::Runtime> {
    check_descriptors()?;
    let internal = |error: std::io::Error| {
        Error::new(ErrorCode::Internal, format!("the runtime cannot start: {error}"), "try again")
    };
    tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(internal)
}

/// The exit status for the first signal that asks to stop. From the call on none ends the program by itself.
#[cfg(unix)]
pub fn signal() -> impl Future<Output = u8> {
    use tokio::signal::unix::{Signal, SignalKind, signal};
    let ignored = ignored();
    // A signal with a handler is no longer ignored.
    let handled = |kind: SignalKind| (ignored >> (kind.as_raw_value() - 1) & 1 == 0).then(|| signal(kind));
    let of = async |signal: Option<_>| match signal {
        Some(Ok(mut signal)) => drop(Signal::recv(&mut signal).await),
        _ => std::future::pending().await,
    };
    let signals = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()].map(handled);
    async move {
        let [interrupt, terminate, hangup] = signals;
        tokio::select! {
            () = of(interrupt) => INTERRUPTED,
            () = of(terminate) => TERMINATED,
            () = of(hangup) => HUNG_UP,
        }
    }
}

/// The signals that whoever started the program had it ignore, as `nohup` does, one bit each: they stay ignored, by the
/// command of `exec`, too.
#[cfg(unix)]
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

/// The same for the events of a console: Ctrl-C and Ctrl-Break, the closing of its window, the end of the session.
#[cfg(windows)]
pub fn signal() -> impl Future<Output = u8> {
    use tokio::signal::windows::{ctrl_break, ctrl_c, ctrl_close, ctrl_shutdown};
    let (mut interrupt, mut stop, mut close, mut shutdown) =
        (ctrl_c().ok(), ctrl_break().ok(), ctrl_close().ok(), ctrl_shutdown().ok());
    async move {
        tokio::select! {
            Some(()) = async { interrupt.as_mut()?.recv().await } => INTERRUPTED,
            Some(()) = async { stop.as_mut()?.recv().await } => INTERRUPTED,
            Some(()) = async { close.as_mut()?.recv().await } => HUNG_UP,
            Some(()) = async { shutdown.as_mut()?.recv().await } => TERMINATED,
            else => std::future::pending().await,
        }
    }
}
