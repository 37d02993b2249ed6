//! Why the program did not start.

use std::fmt;
use std::io;

use mock_sts::StartError;

/// What is wrong, and what to do about it.
#[derive(Debug)]
pub(crate) struct Failure {
    message: String,
    hint: &'static str,
}

impl Failure {
    pub(crate) fn new(message: impl Into<String>, hint: &'static str) -> Self {
        Self { message: message.into(), hint }
    }

    #[expect(clippy::needless_pass_by_value, reason = "fits `map_err`")]
    pub(crate) fn system(error: io::Error) -> Self {
        Self::new(format!("the system refuses: {error}"), "look at the limits of this process (`ulimit -a`)")
    }
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        let hint = match &error {
            StartError::Listen { .. } => "choose another `--listen`; port 0 takes a free one",
            StartError::TotpSecret(_) => "`--totp-secret` is the text that AWS shows beside the QR code",
            StartError::NoUser => "add a `[[users]]` table to the configuration file",
            StartError::SameKey(_) => "give every key an `access_key_id` of its own",
            StartError::SameRole(_) => "give every role of an account a `name` of its own",
            StartError::UnknownPrincipal { .. } => {
                "`principals` are names of `[[users]]`, ARNs, and numbers of accounts"
            }
            StartError::SameDevice(_) => "give users of one device the same `totp_secret` or `token_code`",
            _ => "look at the limits of this process (`ulimit -a`)",
        };
        Self::new(error.to_string(), hint)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}\nhint: {}", self.message, self.hint)
    }
}
