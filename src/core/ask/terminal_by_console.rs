//! The prompt for a code on the console, with a mark for each digit, whatever standard input and output are (ASK-2).
//!
//! Keys are read as events, so the modes of the console stay as they are: it echoes only for a program that reads
//! characters, and Ctrl-C is a signal.
//!
//! Source: <https://learn.microsoft.com/windows/console/setconsolemode>

use std::io;
use std::sync::Arc;
use std::time::Duration;

use crossterm_winapi::{Console, ConsoleMode, Handle, HandleType, InputRecord, KeyEventRecord};
use terminal_size::terminal_size_of;
use tokio::time::{sleep, timeout};

use crate::core::ask::line::{Key, Line, Pressed};
use crate::core::ask::person::{Answer, Asked, Channel, Question};
use crate::core::text;

/// How often the console is looked at. A read that waits could not be given up.
const TICK: Duration = Duration::from_millis(15);
/// `VK_MENU`: the Alt key. Its release ends a character that was entered by its number.
const ALT: u16 = 0x12;

struct Terminal;

/// The console of this process. The error says why nobody is asked there.
pub fn open() -> Result<Arc<dyn Channel>, &'static str> {
    Prompt::open().map_err(|_| "there is no console")?;
    if !is_seen() {
        return Err("the console is none of standard input, output and error");
    }
    Ok(Arc::new(Terminal))
}

/// A console that none of the streams is connected to is one that nobody sees: that of a program that was started
/// without a window, as agents and editors start theirs, or behind a terminal of MSYS or Cygwin.
fn is_seen() -> bool {
    let reads = || Handle::new(HandleType::InputHandle).and_then(|input| ConsoleMode::from(input).mode());
    terminal_size_of(io::stderr()).is_some() || terminal_size_of(io::stdout()).is_some() || reads().is_ok()
}

impl Channel for Terminal {
    fn ask<'a>(&'a self, question: &'a Question) -> Asked<'a> {
        Box::pin(async {
            let prompt = Prompt::show(question)?;
            timeout(question.time_left(), prompt.read()).await.unwrap_or(Ok(Answer::Nobody))
        })
    }

    fn opens_a_window(&self) -> bool {
        false
    }
}

/// A prompt that is on the screen.
struct Prompt {
    input: Console,
    output: Console,
}

impl Prompt {
    fn open() -> io::Result<Self> {
        let console = |kind| Handle::new(kind).map(Console::from);
        Ok(Self { input: console(HandleType::CurrentInputHandle)?, output: console(HandleType::CurrentOutputHandle)? })
    }

    fn show(question: &Question) -> io::Result<Self> {
        let shown = Self::open().map_err(|error| io::Error::new(io::ErrorKind::Unsupported, error))?;
        // What was typed before the question does not answer it.
        shown.forget()?;
        let first_line = question.problem.map_or_else(|| question.subject(), str::to_owned);
        shown.write(&format!("{}\r\n{}: ", text::clean(&first_line), text::clean(&question.prompt())))?;
        Ok(shown)
    }

    /// Reads up to the end of the line.
    async fn read(&self) -> io::Result<Answer> {
        let mut line = Line::default();
        // Both halves of a character beyond the first 65,536.
        let mut units = Vec::with_capacity(2);
        loop {
            let event = self.event().await?;
            let Some(unit) = typed(&event) else { continue };
            units.push(unit);
            let Some(Ok(c)) = char::decode_utf16(units.iter().copied()).next() else {
                units.truncate(usize::from(units.len() == 1));
                continue;
            };
            units.clear();
            for _ in 0..event.repeat_count.max(1) {
                let key = Key::of_console(c).ok_or(io::ErrorKind::Interrupted)?;
                match line.press(key) {
                    Pressed::Shows(text) => self.write(&text)?,
                    Pressed::Entered(text) => return Ok(Answer::Text(text)),
                    Pressed::Ended => return Err(io::ErrorKind::UnexpectedEof.into()),
                }
            }
        }
    }

    async fn event(&self) -> io::Result<KeyEventRecord> {
        loop {
            if self.input.number_of_console_input_events()? == 0 {
                sleep(TICK).await;
            } else if let InputRecord::KeyEvent(event) = self.input.read_single_input_event()? {
                return Ok(event);
            }
        }
    }

    fn write(&self, text: &str) -> io::Result<()> {
        // Windows takes an empty text for an error.
        if !text.is_empty() {
            self.output.write_char_buffer(text.as_bytes())?;
        }
        Ok(())
    }

    fn forget(&self) -> io::Result<()> {
        while self.input.number_of_console_input_events()? > 0 {
            self.input.read_single_input_event()?;
        }
        Ok(())
    }
}

/// The character of a key, in UTF-16.
fn typed(event: &KeyEventRecord) -> Option<u16> {
    let is_typed = event.u_char != 0 && (event.key_down || event.virtual_key_code == ALT);
    is_typed.then_some(event.u_char)
}

impl Drop for Prompt {
    fn drop(&mut self) {
        // What follows gets a line of its own, and none of what was typed reaches the shell.
        let _ = self.write("\r\n");
        let _ = self.forget();
    }
}

/// The console has kept its modes.
pub const fn restore_terminal() {}
