//! What a person is asked, and what they answer (ASK-6). Use cases do not know by which way.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use crate::core::expiry;
use crate::core::name::ProfileName;
use crate::core::secret::SecretString;
use crate::core::session::{SerialNumber, SessionDuration};
use crate::core::text::shown;

pub struct Question {
    pub profile: ProfileName,
    pub device: SerialNumber,
    /// How long the session will last.
    pub duration: SessionDuration,
    /// The credentials file, if it is not the default one.
    pub file: Option<String>,
    /// The program that wants the code, by the name that it gives itself or the system knows.
    pub asker: Option<String>,
    /// What was wrong with the last answer.
    pub problem: Option<&'static str>,
    pub until: Instant,
}

impl Question {
    /// What is wanted and by whom, in one line.
    pub fn subject(&self) -> String {
        let duration = expiry::in_words(i64::from(self.duration.seconds()));
        let part = |word, text: &Option<String>| {
            text.as_ref().map(|text| format!("{word} {}", shown(text.as_bytes()))).unwrap_or_default()
        };
        let (file, asker) = (part(" in", &self.file), part(", requested by", &self.asker));
        format!("AWS session of `{}` for {duration}{file}{asker}", self.profile)
    }

    /// What is asked for, in one line.
    pub fn prompt(&self) -> String {
        format!("MFA code for `{}` ({})", self.profile, shown(self.device.as_str().as_bytes()))
    }

    pub fn time_left(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }
}

pub enum Answer {
    Text(SecretString),
    /// The person does not want to.
    Declined,
    /// The time is over.
    Nobody,
}

/// What became of a question after its last answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// AWS accepted the code.
    Accepted { expiration: Timestamp },
    /// There is no session; the message says why.
    Failed(String),
}

pub type Asked<'a> = Pin<Box<dyn Future<Output = io::Result<Answer>> + Send + 'a>>;

/// A way to reach a person.
pub trait Channel: Send + Sync {
    /// Shows the question and waits for its answer. What it shows disappears when the future is dropped.
    ///
    /// Errors: `Unsupported` if nothing could be shown, so another way is worth a try.
    fn ask<'a>(&'a self, question: &'a Question) -> Asked<'a>;

    /// Whether it opens something in front of the person, which must not happen again and again.
    fn opens_a_window(&self) -> bool;

    /// What became of the answer, for a channel that still shows something.
    fn ended(&self, _end: &End) {}
}

/// Whether a person can be asked, and if not, why.
#[derive(Clone)]
pub enum Person {
    Present(Asking),
    Absent(String),
}

impl Person {
    /// The same person, with another time for an answer.
    #[must_use]
    pub fn within(self, time: Duration) -> Self {
        match self {
            Self::Present(asking) => Self::Present(Asking { time, ..asking }),
            absent @ Self::Absent(_) => absent,
        }
    }
}

/// How a person is asked.
#[derive(Clone)]
pub struct Asking {
    /// In the order in which they are tried.
    pub channels: Vec<Arc<dyn Channel>>,
    /// How long a question lasts, from its first showing to the end of its last try.
    pub time: Duration,
    /// The program that wants the code, if it has given its name.
    pub asker: Option<String>,
}
