//! The prompt for a code on the controlling terminal, with a mark for each digit, whatever standard input and output
//! are (ASK-2).

use std::ffi::CStr;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::process::{Signal, getpgrp, getpid, kill_current_process_group, kill_process};
use rustix::termios::{
    LocalModes, OptionalActions, QueueSelector, SpecialCodeIndex, SpecialCodes, Termios, tcflush, tcgetattr, tcgetpgrp,
    tcsetattr, ttyname,
};
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::{sleep, timeout};
use zeroize::Zeroizing;

use crate::core::ask::line::{Key, Line, Pressed};
use crate::core::ask::person::{Answer, Asked, Channel, Question};
use crate::core::secret::SecretString;
use crate::core::text;

/// The terminal and its modes before a prompt changed them.
static BEFORE: Mutex<Option<(OwnedFd, Termios)>> = Mutex::new(None);

/// How often the terminal is looked at. Not every system can wait for `/dev/tty` and a signal at once.
const TICK: Duration = Duration::from_millis(15);
/// How soon a signal that was sent to this process is seen.
const SIGNAL_TIME: Duration = Duration::from_millis(100);

struct Terminal;

/// The controlling terminal, if updsts is in its foreground and it is in line mode: a full-screen program that owns it
/// is left alone. The error says what it is instead.
pub fn open() -> Result<Arc<dyn Channel>, &'static str> {
    modes_to_restore(&device().map_err(|_| "there is no terminal")?)?;
    Ok(Arc::new(Terminal))
}

/// Without a controlling terminal, the one of standard input will do.
fn device() -> io::Result<OwnedFd> {
    let open = |path: &CStr| {
        rustix::fs::open(path, OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC | OFlags::NONBLOCK, Mode::empty())
    };
    Ok(open(c"/dev/tty").or_else(|_| open(&ttyname(io::stdin(), Vec::new())?))?)
}

fn modes_to_restore(tty: &OwnedFd) -> Result<Termios, &'static str> {
    let modes = tcgetattr(tty).map_err(|_| "the terminal cannot be used")?;
    if !is_in_foreground(tty) {
        return Err("updsts is not in the foreground of its terminal");
    }
    if !modes.local_modes.contains(LocalModes::ICANON) {
        return Err("another program uses the terminal");
    }
    Ok(modes)
}

fn is_in_foreground(tty: &OwnedFd) -> bool {
    !is_controlling(tty) || tcgetpgrp(tty) == Ok(getpgrp())
}

/// Other terminals have no foreground.
fn is_controlling(tty: &OwnedFd) -> bool {
    tcgetpgrp(tty) != Err(Errno::NOTTY)
}

impl Channel for Terminal {
    fn ask<'a>(&'a self, question: &'a Question) -> Asked<'a> {
        Box::pin(async { timeout(question.time_left(), prompt(question)).await.unwrap_or(Ok(Answer::Nobody)) })
    }

    fn opens_a_window(&self) -> bool {
        false
    }
}

/// Asks, and asks on after it was stopped.
async fn prompt(question: &Question) -> io::Result<Answer> {
    let mut continued = signal(SignalKind::from_raw(Signal::CONT.as_raw()))?;
    loop {
        let shown = Prompt::show(question).await?;
        let read = tokio::select! {
            read = shown.read() => read?,
            // The shell may have changed the terminal's modes in the meantime.
            _ = continued.recv() => Read::Continued,
        };
        match read {
            Read::Line(text) => return Ok(Answer::Text(text)),
            Read::InterruptKey => {
                shown.ends_with(Signal::INT);
                return Err(io::ErrorKind::Interrupted.into());
            }
            Read::StopKey => {
                shown.ends_with(Signal::TSTP);
                let _ = timeout(SIGNAL_TIME, continued.recv()).await;
            }
            Read::Continued => drop(shown),
        }
        while !is_in_foreground(&device()?) {
            let stopped = Instant::now();
            let _ = kill_current_process_group(Signal::TTIN);
            let was_stopped = timeout(SIGNAL_TIME, continued.recv()).await.is_ok();
            // No shell could continue it.
            if !was_stopped && stopped.elapsed() < 2 * SIGNAL_TIME {
                return Err(io::Error::other("updsts is no longer in the foreground of its terminal"));
            }
        }
    }
}

enum Read {
    Line(SecretString),
    InterruptKey,
    StopKey,
    /// updsts was stopped by something else, and goes on.
    Continued,
}

/// A prompt that is on the screen. The terminal gets its modes back however it ends.
struct Prompt {
    tty: OwnedFd,
    keys: SpecialCodes,
}

impl Prompt {
    async fn show(question: &Question) -> io::Result<Self> {
        let nothing_shown = |reason: &str| io::Error::new(io::ErrorKind::Unsupported, reason.to_owned());
        let tty = device().map_err(|error| nothing_shown(&error.to_string()))?;
        let before = modes_to_restore(&tty).map_err(nothing_shown)?;
        let keys = before.special_codes.clone();
        let mut modes = before.clone();
        // The keys for signals are read here: the terminal has to get its modes back before the signal comes.
        modes.local_modes -= LocalModes::ECHO | LocalModes::ECHONL | LocalModes::ICANON | LocalModes::ISIG;
        modes.special_codes[SpecialCodeIndex::VMIN] = 1;
        modes.special_codes[SpecialCodeIndex::VTIME] = 0;
        let kept = tty.try_clone()?;
        // What was typed before the question does not answer it.
        tcsetattr(&tty, OptionalActions::Flush, &modes)?;
        *before_lock() = Some((kept, before));
        let shown = Self { tty, keys };
        let first_line = question.problem.map_or_else(|| question.subject(), str::to_owned);
        shown.write(&format!("{}\n{}: ", text::clean(&first_line), text::clean(&question.prompt()))).await?;
        Ok(shown)
    }

    /// Sends what the key means, as the terminal would have done.
    fn ends_with(self, signal: Signal) {
        let is_controlling = is_controlling(&self.tty);
        drop(self);
        // Returns when the processes go on.
        let _ = if is_controlling { kill_current_process_group(signal) } else { kill_process(getpid(), signal) };
    }

    async fn write(&self, text: &str) -> io::Result<()> {
        let mut rest = text.as_bytes();
        while !rest.is_empty() {
            match rustix::io::write(&self.tty, rest) {
                Ok(written) => rest = &rest[written..],
                // The user has stopped the output with Ctrl-S.
                Err(Errno::AGAIN) => sleep(TICK).await,
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Reads up to the end of the line.
    async fn read(&self) -> io::Result<Read> {
        let mut line = Line::default();
        let mut character = Zeroizing::new(Vec::with_capacity(4));
        loop {
            let byte = self.byte().await?;
            let key = match byte {
                b'\r' | b'\n' => Key::Enter,
                0 => continue,
                byte if self.is(byte, SpecialCodeIndex::VINTR) => return Ok(Read::InterruptKey),
                byte if self.is(byte, SpecialCodeIndex::VSUSP) => return Ok(Read::StopKey),
                byte if self.is(byte, SpecialCodeIndex::VEOF) => Key::EndOfInput,
                byte if self.is(byte, SpecialCodeIndex::VERASE) || byte == 0x08 || byte == 0x7f => Key::Erase,
                byte if self.is(byte, SpecialCodeIndex::VKILL) || self.is(byte, SpecialCodeIndex::VWERASE) => {
                    Key::EraseAll
                }
                byte => {
                    character.push(byte);
                    match std::str::from_utf8(&character).map(|text| text.chars().next()) {
                        Ok(Some(c)) => {
                            character.clear();
                            Key::Character(c)
                        }
                        // The rest of it is still to come.
                        Err(error) if error.error_len().is_none() => continue,
                        _ => {
                            character.clear();
                            continue;
                        }
                    }
                }
            };
            match line.press(key) {
                Pressed::Shows(text) => self.write(&text).await?,
                Pressed::Entered(text) => return Ok(Read::Line(text)),
                Pressed::Ended => return Err(io::ErrorKind::UnexpectedEof.into()),
            }
        }
    }

    fn is(&self, byte: u8, key: SpecialCodeIndex) -> bool {
        self.keys[key] == byte
    }

    async fn byte(&self) -> io::Result<u8> {
        let mut byte = [0];
        loop {
            match rustix::io::read(&self.tty, &mut byte) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(_) => return Ok(byte[0]),
                Err(Errno::AGAIN) => sleep(TICK).await,
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

impl Drop for Prompt {
    fn drop(&mut self) {
        // What follows gets a line of its own.
        let _ = rustix::io::write(&self.tty, b"\n");
        restore_terminal();
    }
}

/// Gives the terminal its modes back, and drops what was typed: none of it may reach the shell.
pub fn restore_terminal() {
    if let Some((tty, modes)) = before_lock().take()
        // Whoever is there now has set its own.
        && is_in_foreground(&tty)
    {
        // If the terminal is gone, there is nothing to restore.
        let _ = tcsetattr(&tty, OptionalActions::Flush, &modes);
        let _ = tcflush(&tty, QueueSelector::IFlush);
    }
}

fn before_lock() -> MutexGuard<'static, Option<(OwnedFd, Termios)>> {
    BEFORE.lock().unwrap_or_else(PoisonError::into_inner)
}
