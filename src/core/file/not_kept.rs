//! What of the old file could not be given to the new one (FILE-4).

use std::io;

pub(super) struct NotKept {
    pub(super) what: &'static str,
    pub(super) error: io::Error,
}

#[cfg(unix)]
impl NotKept {
    pub(super) fn new(what: &'static str, error: impl Into<io::Error>) -> Self {
        Self { what, error: error.into() }
    }
}
