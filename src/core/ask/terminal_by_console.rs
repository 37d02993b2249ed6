//! The prompt for a code on the console, with a mark for each digit (ASK-2).

use std::io::{self, Write};
use std::sync::Arc;

use crate::core::ask::person::{Answer, Asked, Channel, Question};
use crate::core::secret::SecretString;
use crate::core::text;

struct Terminal;

/// The console of this process.
pub fn open() -> Result<Arc<dyn Channel>, &'static str> {
    std::fs::File::open("CONIN$").map_err(|_| "there is no console")?;
    Ok(Arc::new(Terminal))
}

impl Channel for Terminal {
    fn ask<'a>(&'a self, question: &'a Question) -> Asked<'a> {
        Box::pin(async move {
            let first_line = question.problem.map_or_else(|| question.subject(), str::to_owned);
            let text = format!("{}\r\n{}: ", text::clean(&first_line), text::clean(&question.prompt()));
            let answer = tokio::task::spawn_blocking(move || {
                let mut console = std::fs::OpenOptions::new().write(true).open("CONOUT$")?;
                write!(console, "{text}")?;
                let config = rpassword::ConfigBuilder::new().password_feedback_mask('*');
                rpassword::read_password_with_config(config.build())
            });
            match tokio::time::timeout(question.time_left(), answer).await {
                Ok(answer) => answer.map_err(io::Error::other)?.map(|text| Answer::Text(SecretString::from(text))),
                Err(_) => Ok(Answer::Nobody),
            }
        })
    }

    fn opens_a_window(&self) -> bool {
        false
    }
}

/// The console restores itself.
pub fn restore_terminal() {}
