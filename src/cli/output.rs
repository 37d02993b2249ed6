//! Results to stdout, everything else to stderr (CLI-8), errors as text and JSON (CLI-7, CLI-10).

use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use anstyle::{AnsiColor, Style};
use serde_json::json;

use crate::core::environment::Environment;
use crate::core::error::Error;
use crate::core::reporter::{Milestone, Reporter};
use crate::core::text;

/// Where the program writes.
pub struct Output {
    verbose: u8,
    colour_out: bool,
    colour_err: bool,
    code_sent: AtomicBool,
    file_written: AtomicBool,
}

/// What a colour means.
#[derive(Debug, Clone, Copy)]
pub enum Tone {
    Good,
    Soon,
    Bad,
    Quiet,
    Strong,
}

impl Tone {
    const fn style(self) -> Style {
        match self {
            Self::Good => AnsiColor::Green.on_default(),
            Self::Soon => AnsiColor::Yellow.on_default(),
            Self::Bad => AnsiColor::Red.on_default(),
            Self::Quiet => Style::new().dimmed(),
            Self::Strong => Style::new().bold(),
        }
    }
}

impl Output {
    /// Colour only on a terminal, and never with `NO_COLOR` (<https://no-color.org>).
    pub fn new(verbose: u8, environment: &Environment) -> Self {
        let is_dumb = environment.var("TERM").is_some_and(|term| term == "dumb");
        let wanted = environment.var_os("NO_COLOR").is_none() && !is_dumb;
        let is_one = io::stdout().is_terminal() || io::stderr().is_terminal();
        let wanted = wanted && is_one && shows_colour();
        Self {
            verbose,
            colour_out: wanted && io::stdout().is_terminal(),
            colour_err: wanted && io::stderr().is_terminal(),
            code_sent: AtomicBool::new(false),
            file_written: AtomicBool::new(false),
        }
    }

    /// The level of `-v`.
    pub const fn verbose(&self) -> u8 {
        self.verbose
    }

    /// Text for stdout in a tone; plain if stdout has no colour.
    pub fn paint(&self, tone: Tone, text: &str) -> String {
        paint(self.colour_out, tone, text)
    }

    /// Whether stdout shows colour.
    pub const fn has_colour(&self) -> bool {
        self.colour_out
    }

    /// A help text, styled if stdout shows colour.
    pub fn styled(&self, text: &clap::builder::StyledStr) -> String {
        if self.colour_out { text.ansi().to_string() } else { text.to_string() }
    }

    #[expect(clippy::unused_self, reason = "who writes a result holds the output")]
    /// Writes a result. It is not an error if the reader has seen enough and closed the pipe.
    pub fn result(&self, text: &str) -> Result<(), Error> {
        let mut stdout = io::stdout().lock();
        match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                let message = format!("the result could not be written to stdout: {error}");
                Err(Error::new(crate::core::error::ErrorCode::Internal, message, "check where stdout goes"))
            }
            _ => Ok(()),
        }
    }

    #[expect(clippy::unused_self, reason = "who writes a line holds the output")]
    /// Writes a line to stderr; if stderr is closed, nobody can be told.
    pub fn line(&self, text: &str) {
        let mut stderr = io::stderr().lock();
        let _ = writeln!(stderr, "{text}");
    }

    /// A problem that does not stop the command.
    pub fn warning(&self, warning: &str) {
        self.line(&format!("{}: {}", paint(self.colour_err, Tone::Soon, "warning"), text::clean(warning)));
    }

    pub fn note(&self, note: &str) {
        self.line(&format!("{}: {}", paint(self.colour_err, Tone::Strong, "note"), text::clean(note)));
    }

    /// The end by a signal, and what it could not prevent.
    pub fn interrupted(&self) {
        let reached = |milestone: &AtomicBool| milestone.load(Ordering::Relaxed);
        self.line(match (reached(&self.file_written), reached(&self.code_sent)) {
            (true, _) => "interrupted, but the credentials file was already written",
            (false, true) => "interrupted: the credentials file is unchanged; the code may be spent",
            (false, false) => "interrupted: the credentials file is unchanged",
        });
    }

    /// Prints the error, whether the code is spent, and the next step; with `json`, also as JSON on the last line.
    pub fn error(&self, error: &Error, json: bool) {
        let label = paint(self.colour_err, Tone::Bad, &format!("error[{}]", error.code()));
        self.line(&format!("{label}: {}", error.message()));
        if let Some(spent) = error.code_spent() {
            self.note(spent_in_words(spent));
        }
        self.line(&format!("{}: {}", paint(self.colour_err, Tone::Strong, "hint"), error.hint()));
        if json {
            self.line(&error_json(error).to_string());
        }
    }
}

impl Reporter for Output {
    fn notice(&self, text: &str) {
        self.line(&text::clean(text));
    }

    fn detail(&self, text: &str) {
        if self.verbose > 0 {
            self.line(&format!("{}: {}", paint(self.colour_err, Tone::Quiet, "info"), text::clean(text)));
        }
    }

    fn waiting(&self, for_what: &str) {
        if io::stderr().is_terminal() {
            self.line(&text::clean(&format!("waiting for {for_what} …")));
        }
    }

    fn reached(&self, milestone: Milestone) {
        match milestone {
            Milestone::CodeSent => &self.code_sent,
            Milestone::FileWritten => &self.file_written,
        }
        .store(true, Ordering::Relaxed);
    }

    fn shows_commands(&self) -> bool {
        true
    }
}

/// Whether consoles show colour: on Windows only once it is switched on.
fn shows_colour() -> bool {
    #[cfg(windows)]
    return anstyle_query::windows::enable_ansi_colors().unwrap_or(false);
    #[cfg(not(windows))]
    true
}

const fn spent_in_words(spent: crate::core::error::CodeSpent) -> &'static str {
    use crate::core::error::CodeSpent;
    match spent {
        CodeSpent::No => "the code is not spent",
        CodeSpent::Yes => "the code is spent",
        CodeSpent::Maybe => "the code may be spent",
    }
}

fn paint(colour: bool, tone: Tone, text: &str) -> String {
    let style = tone.style();
    if colour { format!("{style}{text}{style:#}") } else { text.to_owned() }
}

fn error_json(error: &Error) -> serde_json::Value {
    let spent = error.code_spent().unwrap_or(crate::core::error::CodeSpent::No);
    json!({"error": {
        "code": error.code().as_str(),
        "message": error.message(),
        "hint": error.hint(),
        "code_spent": spent.as_str(),
    }})
}
