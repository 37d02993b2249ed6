//! A question for a code, in up to three tries, while no other process asks for the same device (ASK-6).

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::core::ask::asker;
use crate::core::ask::person::{Answer, Asking, Channel, End, Question};
use crate::core::environment::Environment;
use crate::core::error::{Error, ErrorCode, Result};
use crate::core::expiry;
use crate::core::name::ProfileName;
use crate::core::quote;
use crate::core::secret::ExposeSecret;
use crate::core::session::{SerialNumber, SessionDuration, TokenCode};
use crate::core::text::os_error;
use crate::core::turn::device::{DeviceTurn, Ending, Pause};

/// How many times a question is asked in total.
const MOST_TRIES: u32 = 3;

/// What the question is about.
pub struct Subject {
    pub profile: ProfileName,
    pub device: SerialNumber,
    pub duration: SessionDuration,
    /// The credentials file, if it is not the default one.
    pub file: Option<String>,
}

pub struct Conversation {
    asking: Asking,
    subject: Subject,
    environment: Environment,
    tries: u32,
    shown: Option<Shown>,
}

/// A question that a person has before them.
struct Shown {
    turn: DeviceTurn,
    until: Instant,
    /// The way by which it was shown first.
    channel: Option<Arc<dyn Channel>>,
}

impl Conversation {
    pub fn new(asking: Asking, subject: Subject, environment: &Environment) -> Self {
        Self { asking, subject, environment: environment.clone(), tries: 0, shown: None }
    }

    /// Asks for a code that `is_new` accepts. `None` if there was a code in the last try already.
    ///
    /// Errors: `declined`; `code_unavailable` if nobody answered, could be asked, or entered a code; `lock_timeout`.
    pub async fn code(
        &mut self,
        mut problem: Option<&'static str>,
        is_new: impl Fn(&TokenCode) -> bool,
        notice: impl Fn(&str),
    ) -> Result<Option<TokenCode>> {
        if self.tries >= MOST_TRIES {
            return Ok(None);
        }
        while self.tries < MOST_TRIES {
            self.tries += 1;
            let text = match self.ask(problem, &notice).await? {
                Answer::Text(text) => text,
                Answer::Declined => return Err(self.ended(Ending::Declined)),
                Answer::Nobody => return Err(self.ended(Ending::Unanswered)),
            };
            problem = Some(match TokenCode::parse(text.expose_secret()) {
                Ok(code) if is_new(&code) => return Ok(Some(code)),
                Ok(_) => "AWS already refused that code; wait for the next one",
                Err(_) => "a code has six digits",
            });
        }
        let message = format!("no valid code was entered in {MOST_TRIES} tries");
        Err(Error::new(ErrorCode::CodeUnavailable, message, "run the command again with the next code from the device"))
    }

    /// Says what became of the answer where the person gave it.
    pub fn show_end(&self, end: &End) {
        if let Some(channel) = self.shown.as_ref().and_then(|shown| shown.channel.as_ref()) {
            channel.ended(end);
        }
    }

    async fn ask(&mut self, problem: Option<&'static str>, notice: &impl Fn(&str)) -> Result<Answer> {
        let Subject { profile, device, duration, file } = &self.subject;
        let shown = match &mut self.shown {
            Some(shown) => shown,
            none => {
                let turn = DeviceTurn::take(device, &self.environment, notice).await?;
                none.insert(Shown { turn, until: Instant::now() + self.asking.time, channel: None })
            }
        };
        let mut question = Question {
            profile: profile.clone(),
            device: device.clone(),
            duration: *duration,
            file: file.clone(),
            asker: None,
            problem,
            until: shown.until,
        };
        let pause = shown.turn.pause();
        for channel in &self.asking.channels {
            if shown.channel.as_ref().is_some_and(|first| !Arc::ptr_eq(first, channel)) {
                continue;
            }
            if pause.is_some() && channel.opens_a_window() {
                continue;
            }
            question.asker = self.asking.asker.clone().or_else(|| asker_for(&**channel));
            match channel.ask(&question).await {
                Err(error) if error.kind() == io::ErrorKind::Unsupported => {}
                answer => {
                    shown.channel = Some(Arc::clone(channel));
                    return answered(answer).await;
                }
            }
        }
        Err(pause.map_or_else(|| self.not_shown(), |pause| self.paused(pause)))
    }

    /// The person gave no code, and is left alone for a while.
    fn ended(&self, ending: Ending) -> Error {
        if let Some(shown) = &self.shown {
            shown.turn.ended(ending);
        }
        let profile = &self.subject.profile;
        let error = match ending {
            Ending::Declined => {
                let message = format!("the person who was asked for the code of `{profile}` declined");
                Error::new(ErrorCode::Declined, message, self.in_a_terminal())
            }
            Ending::Unanswered => {
                let message = format!(
                    "nobody answered the question for the code of `{profile}` within {}",
                    words(self.asking.time)
                );
                Error::new(ErrorCode::CodeUnavailable, message, self.in_a_terminal())
            }
        };
        error.after_question()
    }

    fn paused(&self, pause: Pause) -> Error {
        let (code, ending) = match pause.ending {
            Ending::Declined => (ErrorCode::Declined, "was declined"),
            Ending::Unanswered => (ErrorCode::CodeUnavailable, "was not answered"),
        };
        let message = format!(
            "the last question for a code of the device of `{}` {ending}, so no window opens for another {}",
            self.subject.profile,
            words(pause.left)
        );
        Error::new(code, message, self.in_a_terminal()).after_question()
    }

    fn not_shown(&self) -> Error {
        let message = format!("no question for the code of `{}` could be shown", self.subject.profile);
        Error::new(ErrorCode::CodeUnavailable, message, self.in_a_terminal())
    }

    fn in_a_terminal(&self) -> String {
        let name = self.subject.profile.to_string();
        format!("run `updsts get -n {}` in a terminal, where you are asked at once", quote::word(&name))
    }
}

/// A person who has typed the command knows that.
fn asker_for(channel: &dyn Channel) -> Option<String> {
    if channel.opens_a_window() { asker::program() } else { asker::program_of_job() }
}

fn words(duration: Duration) -> String {
    expiry::in_words(duration.as_secs().cast_signed())
}

async fn answered(answer: io::Result<Answer>) -> Result<Answer> {
    if answer.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::Interrupted) {
        // The Ctrl-C signal is on its way to whatever ends the program.
        sleep(Duration::from_secs(1)).await;
    }
    answer.map_err(|error| no_answer(&error))
}

fn no_answer(error: &io::Error) -> Error {
    let (message, hint) = match error.kind() {
        io::ErrorKind::UnexpectedEof => {
            ("the input ended before a code was entered".to_owned(), "enter the six digits, then press Enter")
        }
        io::ErrorKind::Interrupted => ("interrupted at the prompt".to_owned(), "run the command again"),
        _ => (format!("no code could be read: {}", os_error(error)), "give the code with `-t CODE`"),
    };
    Error::new(ErrorCode::CodeUnavailable, message, hint)
}
