//! What is checked in a session before anybody relies on it (GET-12).

use aws_sdk_sts::operation::get_session_token::GetSessionTokenOutput;
use jiff::Timestamp;
use thiserror::Error as ThisError;

use crate::core::error::{CodeSpent, Error, ErrorCode, Result};
use crate::core::secret::SecretString;
use crate::core::session::SessionCredentials;

/// A success response without a usable session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ThisError)]
enum AnswerError {
    #[error("AWS's response contains no session")]
    NoCredentials,
    #[error("AWS's response has an empty `{0}`")]
    Empty(&'static str),
    #[error("AWS's response has spaces, control characters or non-ASCII characters in `{0}`")]
    Malformed(&'static str),
    #[error("AWS's response contains a session that has already expired")]
    Expired,
}

impl From<AnswerError> for Error {
    fn from(error: AnswerError) -> Self {
        let hint = match error {
            AnswerError::Expired => "check this machine's clock and the endpoint, wait for the next code and try again",
            _ => "check the endpoint and the proxy, wait for the next code and try again",
        };
        Self::new(ErrorCode::AnswerLost, error.to_string(), hint).after_request(CodeSpent::Maybe)
    }
}

/// The session in a response. `server_time` is the response's own `Date`; without it the local clock decides whether
/// the session has expired.
pub(super) fn session(output: GetSessionTokenOutput, server_time: Option<Timestamp>) -> Result<SessionCredentials> {
    let credentials = output.credentials.ok_or(AnswerError::NoCredentials)?;
    for (name, value) in [
        ("AccessKeyId", &credentials.access_key_id),
        ("SecretAccessKey", &credentials.secret_access_key),
        ("SessionToken", &credentials.session_token),
    ] {
        if value.is_empty() {
            return Err(AnswerError::Empty(name).into());
        }
        if !value.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(AnswerError::Malformed(name).into());
        }
    }
    let expiration =
        Timestamp::from_second(credentials.expiration.secs()).map_err(|_| AnswerError::Malformed("Expiration"))?;
    if expiration <= server_time.unwrap_or_else(Timestamp::now) {
        return Err(AnswerError::Expired.into());
    }
    Ok(SessionCredentials {
        access_key_id: credentials.access_key_id,
        secret_access_key: SecretString::from(credentials.secret_access_key),
        session_token: SecretString::from(credentials.session_token),
        expiration,
    })
}
