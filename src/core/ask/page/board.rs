//! What a page shows, and what may be posted to it.

use std::fmt::Write;
use std::hint::black_box;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio::sync::{oneshot, watch};
use tokio::time::{Instant, sleep, timeout};

use crate::core::ask::person::{Answer, End, Question};
use crate::core::expiry;
use crate::core::secret::SecretString;
use crate::core::text::shown;

/// How long the end of a question can still be shown.
const LINGER: Duration = Duration::from_mins(1);

/// The question and its state.
pub struct Board {
    /// `127.0.0.1:PORT`
    pub host: String,
    /// `/` and what nobody can guess.
    pub path: String,
    pub profile: String,
    /// Who asks for what, with a word for each.
    pub facts: Vec<(&'static str, String)>,
    until: Instant,
    state: watch::Sender<State>,
    was_end_shown: AtomicBool,
}

pub enum State {
    Asking(Form),
    /// A code was given, and nothing is known of it yet.
    Sent {
        was_shown: AtomicBool,
    },
    Declined,
    TimeOver,
    Ended(End),
}

/// What is shown once and taken once.
pub struct Form {
    pub nonce: String,
    pub problem: Option<&'static str>,
    answer: oneshot::Sender<Answer>,
}

/// What was posted.
pub struct Posted {
    pub nonce: String,
    /// `None` if the person declines.
    pub code: Option<SecretString>,
}

impl Form {
    fn new(problem: Option<&'static str>, answer: oneshot::Sender<Answer>) -> io::Result<Self> {
        Ok(Self { nonce: random()?, problem, answer })
    }
}

impl Board {
    pub fn new(question: &Question, address: SocketAddr, answer: oneshot::Sender<Answer>) -> io::Result<Self> {
        let form = Form::new(question.problem, answer)?;
        Ok(Self {
            host: address.to_string(),
            path: format!("/{}", random()?),
            profile: question.profile.to_string(),
            facts: facts(question),
            until: question.until,
            state: watch::Sender::new(State::Asking(form)),
            was_end_shown: AtomicBool::new(false),
        })
    }

    pub fn url(&self) -> String {
        format!("http://{}{}", self.host, self.path)
    }

    pub fn time_left(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }

    /// Asks, or asks again.
    pub fn ask(&self, problem: Option<&'static str>, answer: oneshot::Sender<Answer>) -> io::Result<()> {
        self.state.send_replace(State::Asking(Form::new(problem, answer)?));
        Ok(())
    }

    /// Takes what was posted, if it belongs to the form that is shown now. Says whether it did.
    pub fn take(&self, posted: Posted) -> bool {
        self.state.send_if_modified(|state| match state {
            State::Asking(form) if is_same(&form.nonce, &posted.nonce) => {
                let sent = State::Sent { was_shown: AtomicBool::new(false) };
                let next = if posted.code.is_some() { sent } else { State::Declined };
                if let State::Asking(form) = std::mem::replace(state, next) {
                    // Where nobody waits for it any more, the page is about to be closed.
                    let _ = form.answer.send(posted.code.map_or(Answer::Declined, Answer::Text));
                }
                true
            }
            _ => false,
        })
    }

    /// The first end counts.
    pub fn end(&self, end: State) {
        self.state.send_if_modified(|state| {
            let is_first = !state.is_end();
            if is_first {
                *state = end;
            }
            is_first
        });
    }

    pub fn has_ended(&self) -> bool {
        self.state.borrow().is_end()
    }

    /// Waits for what comes after a code, if one was given, at most so long. That there is a code is shown at once: a
    /// button that stays is clicked again.
    pub async fn after_code(&self, time: Duration) {
        let is_news =
            |state: &State| !matches!(state, State::Sent { was_shown } if was_shown.swap(true, Ordering::Relaxed));
        let mut state = self.state.subscribe();
        // The board has the sender.
        let _ = timeout(time, state.wait_for(is_news)).await;
    }

    /// What `draw` makes of the state; `None` once an end was shown.
    pub fn show<T>(&self, draw: impl FnOnce(&State) -> T) -> Option<T> {
        let state = self.state.borrow();
        (!state.is_end() || !self.was_end_shown.swap(true, Ordering::Relaxed)).then(|| draw(&state))
    }

    /// Done when the page need not be there any more.
    pub async fn is_over(&self) {
        let _ = self.state.subscribe().wait_for(State::is_end).await;
        sleep(LINGER).await;
    }
}

impl State {
    const fn is_end(&self) -> bool {
        matches!(self, Self::Declined | Self::TimeOver | Self::Ended(_))
    }
}

fn facts(question: &Question) -> Vec<(&'static str, String)> {
    let optional = |word, text: &Option<String>| text.as_ref().map(|text| (word, shown(text.as_bytes())));
    let mut facts = Vec::from_iter(optional("Requested by", &question.asker));
    facts.push(("Profile", question.profile.to_string()));
    facts.push(("Device", shown(question.device.as_str().as_bytes())));
    facts.push(("Session", expiry::in_words(i64::from(question.duration.seconds()))));
    facts.extend(optional("File", &question.file));
    let until = (Timestamp::now() + question.time_left()).to_zoned_datetime(TimeZone::system());
    facts.push(("Open until", until.strftime("%H:%M:%S").to_string()));
    facts
}

/// 128 bits that nobody can guess, as hexadecimal digits.
pub fn random() -> io::Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    }))
}

/// Takes as long for a good guess as for a bad one.
pub fn is_same(expected: &str, given: &str) -> bool {
    let pairs = expected.bytes().zip(given.bytes());
    expected.len() == given.len() && black_box(pairs.fold(0, |difference, (a, b)| difference | (a ^ b))) == 0
}
