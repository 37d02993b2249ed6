//! The pause after a question that nobody answered (REN-1): a program that asks again and again must not put a question
//! to somebody who is away each time.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};
use std::{fs, io};

use crate::core::error::{Error, ErrorCode, Result};
use crate::core::name::ProfileName;
use crate::core::turn::folder::open_file;

/// How long a question is not repeated while the stored session is valid.
const PAUSE: Duration = Duration::from_mins(5);

/// A file whose time of modification is that of the last question that nobody answered.
pub(super) struct Pause {
    path: PathBuf,
    /// When the caller came: it takes the silence that others met while it waited for its turn.
    arrival: SystemTime,
}

impl Pause {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, arrival: SystemTime::now() }
    }

    /// Errors: `code_unavailable` during a pause; if the stored session is not valid any more, only for a caller that
    /// waited while the question was asked.
    pub(super) fn check(&self, is_valid: bool, profile: &ProfileName) -> Result<()> {
        let Ok(asked) = fs::symlink_metadata(&self.path).and_then(|file| file.modified()) else { return Ok(()) };
        let Ok(passed) = asked.elapsed() else { return Ok(()) };
        if asked < self.arrival && (!is_valid || passed >= PAUSE) {
            return Ok(());
        }
        let message = format!("nobody gave a code for `{profile}` {} s ago", passed.as_secs());
        let hint =
            format!("renew it with `updsts get -n {}`; programs ask again after 5 minutes", profile.in_a_command());
        Err(Error::new(ErrorCode::CodeUnavailable, message, hint))
    }

    pub(super) fn begin(&self) -> io::Result<()> {
        open_file(&self.path)?.set_modified(SystemTime::now())
    }
}
