//! What was found, a line for each check.

use serde::Serialize;
use strum::IntoStaticStr;

use crate::core::error::Error;
use crate::core::text;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, IntoStaticStr)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum Status {
    Ok,
    /// `get` works, and something else may not.
    Warning,
    /// What keeps `get` from working.
    Error,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    pub name: &'static str,
    pub status: Status,
    pub message: String,
    /// What to do; `null` if there is nothing to do.
    pub hint: Option<String>,
}

#[derive(Debug, Default, Serialize)]
pub struct Report {
    pub checks: Vec<Check>,
}

impl Report {
    pub fn has_error(&self) -> bool {
        self.checks.iter().any(|check| check.status == Status::Error)
    }

    pub(super) fn ok(&mut self, name: &'static str, message: impl AsRef<str>) {
        self.add(name, Status::Ok, message.as_ref(), None);
    }

    pub(super) fn ok_but(&mut self, name: &'static str, message: impl AsRef<str>, hint: impl AsRef<str>) {
        self.add(name, Status::Ok, message.as_ref(), Some(hint.as_ref()));
    }

    pub(super) fn warning(&mut self, name: &'static str, message: impl AsRef<str>, hint: impl AsRef<str>) {
        self.add(name, Status::Warning, message.as_ref(), Some(hint.as_ref()));
    }

    /// A warning of another use case: what is wrong, a semicolon, what to do.
    pub(super) fn advised(&mut self, name: &'static str, warning: &str) {
        match warning.rsplit_once("; ") {
            Some((message, hint)) => self.warning(name, message, hint),
            None => self.warning(name, warning, "`get` works all the same; other programs may not"),
        }
    }

    /// Warnings of another use case, but for those that stand here already, or are about a line that does.
    pub(super) fn others(&mut self, name: &'static str, warnings: &[String]) {
        for warning in warnings {
            let place = warning.split(": ").next().unwrap_or(warning);
            let has = |check: &Check| {
                // What is in order is only named, such as the file.
                let is_told = check.status != Status::Ok && warning.starts_with(&check.message);
                is_told || check.message.starts_with(&format!("{place}: "))
            };
            if !self.checks.iter().any(has) {
                self.advised(name, warning);
            }
        }
    }

    pub(super) fn error(&mut self, name: &'static str, error: &Error) {
        self.add(name, Status::Error, error.message(), Some(error.hint()));
    }

    fn add(&mut self, name: &'static str, status: Status, message: &str, hint: Option<&str>) {
        let (message, hint) = (text::clean(message), hint.map(text::clean));
        self.checks.push(Check { name, status, message, hint });
    }
}
