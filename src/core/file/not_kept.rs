//! What of the old file could not be given to the new one (FILE-4).

use std::io;

use crate::core::error::{Error, ErrorCode};
use crate::core::file::credentials_file::CredentialsFile;
use crate::core::file::replace::is_full;
use crate::core::text::{self, os_error};

pub(super) struct NotKept {
    pub(super) what: &'static str,
    pub(super) error: io::Error,
}

impl NotKept {
    pub(super) fn new(what: &'static str, error: impl Into<io::Error>) -> Self {
        Self { what, error: error.into() }
    }
}

impl CredentialsFile {
    pub(super) fn not_kept(&self, NotKept { what, error }: &NotKept) -> Error {
        if is_full(error) {
            return self.failed("replaced", error);
        }
        let message = format!("the {what} of `{}` cannot be preserved: {}", text::path(&self.path), os_error(error));
        let hint = match *what {
            "owner" => "run updsts as the owner of the file; the file is unchanged",
            "group" => "change it to one of your groups with `chgrp`; the file is unchanged",
            _ => "copy it to a file system that can keep this, and name the copy with `-c FILE`; the file is unchanged",
        };
        Error::new(ErrorCode::NotWritable, message, hint)
    }
}
