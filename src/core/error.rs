//! One error for every layer: what happened, what to do next, and whether the code is spent.

use std::fmt;

use strum::{Display, EnumString, IntoStaticStr, VariantArray};

use crate::core::text;

/// The closed list of error codes: stable names for people, scripts and agents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Display, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum ErrorCode {
    Usage,

    FileMissing,
    FileUnusable,
    ProfileNotFound,
    ProfileNotOurs,
    KeyMissing,
    KeyUnavailable,
    DeviceMissing,
    DeviceInvalid,
    SourceIsSession,
    BlockDamaged,
    NameTaken,
    CodeUnavailable,
    CodePending,
    Declined,
    ConfigUnusable,
    FileNotAllowed,

    CodeRefused,
    DeviceRefused,
    KeyRefused,
    SignatureRefused,
    ClockSkew,
    RegionRefused,
    AccessDenied,
    Throttled,
    AwsRefused,

    Unreachable,
    TlsUntrusted,
    AnswerLost,

    NotWritable,
    LockTimeout,
    FileChanged,
    WriteFailed,
    ClientConfigUnusable,

    SessionMissing,
    SessionExpired,
    SessionTooShort,

    Internal,
}

impl ErrorCode {
    /// The code as printed: `error[device_missing]: …`.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// The program's exit status for this code.
    pub const fn exit_status(self) -> u8 {
        match self {
            Self::Usage => 2,
            Self::FileMissing
            | Self::FileUnusable
            | Self::ProfileNotFound
            | Self::ProfileNotOurs
            | Self::KeyMissing
            | Self::KeyUnavailable
            | Self::DeviceMissing
            | Self::DeviceInvalid
            | Self::SourceIsSession
            | Self::BlockDamaged
            | Self::NameTaken
            | Self::CodeUnavailable
            | Self::CodePending
            | Self::Declined
            | Self::ConfigUnusable
            | Self::FileNotAllowed => 3,
            Self::CodeRefused
            | Self::DeviceRefused
            | Self::KeyRefused
            | Self::SignatureRefused
            | Self::ClockSkew
            | Self::RegionRefused
            | Self::AccessDenied
            | Self::Throttled
            | Self::AwsRefused => 4,
            Self::Unreachable | Self::TlsUntrusted | Self::AnswerLost => 5,
            Self::NotWritable
            | Self::LockTimeout
            | Self::FileChanged
            | Self::WriteFailed
            | Self::ClientConfigUnusable => 6,
            Self::SessionMissing | Self::SessionExpired | Self::SessionTooShort => 7,
            Self::Internal => 1,
        }
    }
}

/// Whether the MFA code can still be used. STS accepts a code once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum CodeSpent {
    /// AWS did not look at the code: it is still valid within its 30 seconds.
    No,
    /// The code was accepted or refused: it will never be accepted again.
    Yes,
    /// The request was sent, and its outcome is unknown.
    Maybe,
}

impl CodeSpent {
    /// `no`, `yes` or `maybe`, as in JSON.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// A failure: its code, what and where, the next step. It never contains a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    code: ErrorCode,
    message: String,
    hint: String,
    code_spent: Option<CodeSpent>,
    was_asked: bool,
    is_repeated: bool,
}

impl Error {
    /// A failure before anything was sent.
    ///
    /// Text that came from a file or an argument is made safe for terminals here, once for all layers.
    pub fn new(code: ErrorCode, message: impl AsRef<str>, hint: impl AsRef<str>) -> Self {
        Self {
            code,
            message: text::clean(message.as_ref()),
            hint: text::clean(hint.as_ref()),
            code_spent: None,
            was_asked: false,
            is_repeated: false,
        }
    }

    /// An internal error, which is a bug in updsts. A request may have been on its way.
    pub fn defect() -> Self {
        let message = "internal error: this is a bug in updsts";
        Self::new(ErrorCode::Internal, message, "please report it, with the command that you ran")
            .after_request(CodeSpent::Maybe)
    }

    /// The same failure, seen after the request was sent.
    #[must_use]
    pub fn after_request(mut self, spent: CodeSpent) -> Self {
        self.code_spent = Some(spent);
        self
    }

    /// The same failure, after a person was asked for a code and gave none.
    #[must_use]
    pub const fn after_question(mut self) -> Self {
        self.was_asked = true;
        self
    }

    /// The same failure, for at least the second time within a few minutes.
    #[must_use]
    pub const fn repeated(mut self) -> Self {
        self.is_repeated = true;
        self
    }

    /// The same failure with another next step.
    #[must_use]
    pub fn with_hint(mut self, hint: impl AsRef<str>) -> Self {
        self.hint = text::clean(hint.as_ref());
        self
    }

    pub const fn code(&self) -> ErrorCode {
        self.code
    }

    pub fn message(&self) -> &str {
        &self.message
    }

    /// The next step.
    pub fn hint(&self) -> &str {
        &self.hint
    }

    /// Whether the code is spent; `None` if no request was sent.
    pub const fn code_spent(&self) -> Option<CodeSpent> {
        self.code_spent
    }

    /// Whether a person declined, or did not answer: whoever waited need not ask again.
    pub const fn was_asked(&self) -> bool {
        self.was_asked
    }

    /// Whether it happened before, so trying once more is not the way.
    pub const fn is_repeated(&self) -> bool {
        self.is_repeated
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error[{}]: {}", self.code, self.message)
    }
}

impl std::error::Error for Error {}

pub type Result<T, E = Error> = std::result::Result<T, E>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_elsewhere_cannot_steer_the_terminal() {
        let error = Error::new(ErrorCode::Usage, "a\u{1b}[31m\nb\u{202e}", "\u{200b}c");
        assert_eq!((error.message(), error.hint()), ("a[31mb", "c"));
    }
}
