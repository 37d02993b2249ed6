//! One error for every layer: what happened, what to do next, and whether the code is spent.

use std::fmt;

use crate::core::text;

/// The closed list of error codes: stable names for people, scripts and agents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[allow(missing_docs, reason = "each variant is explained by its messages and the manual")]
pub enum ErrorCode {
    Usage,

    FileMissing,
    FileUnusable,
    ProfileNotFound,
    KeyMissing,
    DeviceMissing,
    DeviceInvalid,
    SourceIsSession,
    BlockDamaged,
    NameTaken,
    CodeUnavailable,
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

    SessionMissing,
    SessionExpired,

    Internal,
}

impl ErrorCode {
    /// Every code, in the order of the manual.
    pub const ALL: [Self; 32] = [
        Self::Usage,
        Self::FileMissing,
        Self::FileUnusable,
        Self::ProfileNotFound,
        Self::KeyMissing,
        Self::DeviceMissing,
        Self::DeviceInvalid,
        Self::SourceIsSession,
        Self::BlockDamaged,
        Self::NameTaken,
        Self::CodeUnavailable,
        Self::ConfigUnusable,
        Self::FileNotAllowed,
        Self::CodeRefused,
        Self::DeviceRefused,
        Self::KeyRefused,
        Self::SignatureRefused,
        Self::ClockSkew,
        Self::RegionRefused,
        Self::AccessDenied,
        Self::Throttled,
        Self::AwsRefused,
        Self::Unreachable,
        Self::TlsUntrusted,
        Self::AnswerLost,
        Self::NotWritable,
        Self::LockTimeout,
        Self::FileChanged,
        Self::WriteFailed,
        Self::SessionMissing,
        Self::SessionExpired,
        Self::Internal,
    ];

    /// The code as it is printed: `error[device_missing]: …`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Usage => "usage",
            Self::FileMissing => "file_missing",
            Self::FileUnusable => "file_unusable",
            Self::ProfileNotFound => "profile_not_found",
            Self::KeyMissing => "key_missing",
            Self::DeviceMissing => "device_missing",
            Self::DeviceInvalid => "device_invalid",
            Self::SourceIsSession => "source_is_session",
            Self::BlockDamaged => "block_damaged",
            Self::NameTaken => "name_taken",
            Self::CodeUnavailable => "code_unavailable",
            Self::ConfigUnusable => "config_unusable",
            Self::FileNotAllowed => "file_not_allowed",
            Self::CodeRefused => "code_refused",
            Self::DeviceRefused => "device_refused",
            Self::KeyRefused => "key_refused",
            Self::SignatureRefused => "signature_refused",
            Self::ClockSkew => "clock_skew",
            Self::RegionRefused => "region_refused",
            Self::AccessDenied => "access_denied",
            Self::Throttled => "throttled",
            Self::AwsRefused => "aws_refused",
            Self::Unreachable => "unreachable",
            Self::TlsUntrusted => "tls_untrusted",
            Self::AnswerLost => "answer_lost",
            Self::NotWritable => "not_writable",
            Self::LockTimeout => "lock_timeout",
            Self::FileChanged => "file_changed",
            Self::WriteFailed => "write_failed",
            Self::SessionMissing => "session_missing",
            Self::SessionExpired => "session_expired",
            Self::Internal => "internal",
        }
    }

    /// The exit status of the program for this code.
    pub const fn exit_status(self) -> u8 {
        match self {
            Self::Usage => 2,
            Self::FileMissing
            | Self::FileUnusable
            | Self::ProfileNotFound
            | Self::KeyMissing
            | Self::DeviceMissing
            | Self::DeviceInvalid
            | Self::SourceIsSession
            | Self::BlockDamaged
            | Self::NameTaken
            | Self::CodeUnavailable
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
            Self::NotWritable | Self::LockTimeout | Self::FileChanged | Self::WriteFailed => 6,
            Self::SessionMissing | Self::SessionExpired => 7,
            Self::Internal => 1,
        }
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whether the MFA code can still be used. STS accepts a code once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeSpent {
    /// AWS did not look at the code: it is still good in its 30 seconds.
    No,
    /// The code was accepted or refused: it will never be accepted again.
    Yes,
    /// The request left, and what became of it is not known.
    Maybe,
}

impl CodeSpent {
    /// `no`, `yes` or `maybe`, as in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::No => "no",
            Self::Yes => "yes",
            Self::Maybe => "maybe",
        }
    }
}

/// A failure: its code, what and where, the next step. It never holds a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    code: ErrorCode,
    message: String,
    hint: String,
    code_spent: Option<CodeSpent>,
}

impl Error {
    /// A failure before anything was sent.
    ///
    /// Text that came from a file or an argument is made harmless to a terminal here, once for
    /// all layers.
    pub fn new(code: ErrorCode, message: impl AsRef<str>, hint: impl AsRef<str>) -> Self {
        Self { code, message: text::clean(message.as_ref()), hint: text::clean(hint.as_ref()), code_spent: None }
    }

    /// The program has stumbled over a defect of its own. A request may have been on its way.
    pub fn defect() -> Self {
        let message = "updsts has stumbled over a defect of its own";
        Self::new(ErrorCode::Internal, message, "report it with what was called").after_request(CodeSpent::Maybe)
    }

    /// The same failure, seen after the request was sent.
    #[must_use]
    pub fn after_request(mut self, spent: CodeSpent) -> Self {
        self.code_spent = Some(spent);
        self
    }

    /// The code of the closed list.
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

    /// Whether the code is spent, where a request was sent; `None` where nothing was sent.
    pub const fn code_spent(&self) -> Option<CodeSpent> {
        self.code_spent
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error[{}]: {}", self.code, self.message)
    }
}

impl std::error::Error for Error {}

/// The result of everything that can fail with an [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_listed_once_and_named_uniquely() {
        let mut names: Vec<_> = ErrorCode::ALL.iter().map(|code| code.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ErrorCode::ALL.len());
    }

    #[test]
    fn text_from_elsewhere_cannot_steer_the_terminal() {
        let error = Error::new(ErrorCode::Usage, "a\u{1b}[31m\nb\u{202e}", "\u{200b}c");
        assert_eq!((error.message(), error.hint()), ("a[31mb", "c"));
    }
}
