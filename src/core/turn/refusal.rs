//! A refusal as stored in the file of a turn.

use std::fs::File;
use std::io::{self, Read, Seek, Write};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::core::error::{CodeSpent, Error};

/// The longest refusal that is read, in bytes; messages are far shorter.
const MOST_BYTES: u64 = 16 * 1024;

/// Which request was refused, how, and when. It contains no secret.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Refusal {
    pub(super) id: String,
    pub(super) request: String,
    code: String,
    message: String,
    hint: String,
    /// Empty if nothing was sent, because a person gave no code.
    code_spent: String,
}

impl Refusal {
    pub(super) fn of(request: &str, error: &Error) -> Self {
        Self {
            id: format!("{} {}", Timestamp::now().as_nanosecond(), std::process::id()),
            request: request.to_owned(),
            code: error.code().as_str().to_owned(),
            message: error.message().to_owned(),
            hint: error.hint().to_owned(),
            code_spent: error.code_spent().map_or("", CodeSpent::as_str).to_owned(),
        }
    }

    /// The refusal in the file; `None` if it is empty, half written, or something else.
    pub(super) fn read(mut file: &File) -> Option<Self> {
        let mut text = Vec::new();
        file.rewind().ok()?;
        file.take(MOST_BYTES).read_to_end(&mut text).ok()?;
        serde_json::from_slice(&text).ok()
    }

    pub(super) fn write(&self, mut file: &File) -> io::Result<()> {
        let text = serde_json::to_vec(self)?;
        file.set_len(0)?;
        file.rewind()?;
        file.write_all(&text)
    }

    /// The other caller's error; `None` if the text is not from updsts.
    pub(super) fn error(&self) -> Option<Error> {
        let error = Error::new(self.code.parse().ok()?, &self.message, &self.hint);
        match self.code_spent.as_str() {
            "" => Some(error.after_question()),
            spent => Some(error.after_request(spent.parse().ok()?)),
        }
    }
}
