//! Where a setting was found, and what is wrong with it. The value itself is never repeated: it may contain a password.

use crate::core::error::{Error, ErrorCode, Result};
use crate::core::sts::settings::request::SettingsRequest;
use crate::core::text;

/// Where a setting was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    Option(&'static str),
    Variable(&'static str),
    Profile {
        key: &'static str,
        profile: String,
        file: String,
    },
    /// A key of the `services` section that a profile names.
    Services {
        key: &'static str,
        service: &'static str,
        file: String,
    },
    /// The partition in the device's ARN.
    Device,
    /// The partition of the key's account.
    Account,
    Default,
}

impl Place {
    /// A key of the source profile in the config file.
    pub(super) fn profile(key: &'static str, request: &SettingsRequest<'_>) -> Self {
        let file = text::path(request.config.path());
        Self::Profile { key, profile: request.source_profile.to_string(), file }
    }

    /// The error for what this place holds.
    pub(super) fn unusable(&self, what: &str, hint: impl AsRef<str>) -> Error {
        // An endpoint that is not a URL is unusable wherever it comes from (GET-9).
        let code = if *self == Self::Option("--region") { ErrorCode::Usage } else { ErrorCode::ConfigUnusable };
        Error::new(code, format!("{self} {what}"), hint)
    }

    /// Refuses a value with a character that cannot be seen: no message could show what is wrong (CLI-15).
    pub(super) fn check(&self, value: &str) -> Result<()> {
        let Some(hidden) = text::hidden(value) else { return Ok(()) };
        let hint = "without that character; a script with Windows line endings adds a carriage return";
        Err(self.unusable(&hidden, format!("set {self} again {hint}")))
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Option(name) | Self::Variable(name) => write!(f, "`{name}`"),
            Self::Profile { key, profile, file } => write!(f, "`{key}` of profile `{profile}` ({file})"),
            Self::Services { key, service, file } => write!(f, "`{key}` of the `{service}` service ({file})"),
            Self::Device => f.write_str("the partition of the device"),
            Self::Account => f.write_str("the partition of the account"),
            Self::Default => f.write_str("the default"),
        }
    }
}

/// The error for settings that do not fit together.
pub(super) fn unusable(message: impl AsRef<str>, hint: impl AsRef<str>) -> Error {
    Error::new(ErrorCode::ConfigUnusable, message, hint)
}
