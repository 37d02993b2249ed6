//! AWS's refusals, by error code. AWS's own text is never shown: it can repeat what was sent.

use aws_runtime::retries::classifiers::THROTTLING_ERRORS;
use jiff::SignedDuration;
use thiserror::Error as ThisError;

use crate::core::error::{CodeSpent, Error, ErrorCode};
use crate::core::sts::clock;
use crate::core::sts::exchange::Exchange;

pub(super) fn is_throttling(code: &str) -> bool {
    THROTTLING_ERRORS.contains(&code)
}

/// The code for a signature that AWS did not accept, also if only its time was wrong.
pub(super) const SIGNATURE: &str = "SignatureDoesNotMatch";

/// AWS accepts a signature for five minutes before and after its time.
///
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html>
const TOLERANCE: SignedDuration = SignedDuration::from_mins(5);

/// The most characters of AWS's error code that are shown.
const MAX_CODE: usize = 64;

/// A response with an AWS error code.
#[derive(Debug, Clone, PartialEq, Eq, ThisError)]
pub(super) enum Refusal {
    #[error("AWS refused the code: it is wrong, expired or already used")]
    Code,
    #[error("this MFA device does not belong to the user of this key")]
    Device,
    #[error("AWS does not know the access key, or it is inactive")]
    Key,
    #[error("AWS refused the signature: the secret access key does not belong to the access key id")]
    Signature,
    #[error("AWS received the request without a complete signature")]
    SignatureLost,
    #[error("AWS refused the request because of its time: {}", clock::in_words(*.ahead))]
    ClockSkew { ahead: Option<SignedDuration> },
    #[error("STS is not activated in this region for this account")]
    Region,
    #[error("AWS denied `sts:GetSessionToken` to this user")]
    AccessDenied,
    #[error("the account has no access to this service (`OptInRequired`)")]
    OptInRequired,
    #[error("AWS is throttling requests")]
    Throttled,
    #[error("AWS refused the request (`{code}`)")]
    Other { code: String, parameters: bool },
}

impl Refusal {
    /// Parses AWS's code. The message only distinguishes refusals that share a code.
    pub(super) fn new(code: &str, message: &str, exchange: &Exchange) -> Self {
        match code {
            "AccessDenied" | "AccessDeniedException" => {
                if message.contains("invalid MFA one time pass code") {
                    Self::Code
                } else if message.contains("unable to validate MFA code") {
                    Self::Device
                } else {
                    Self::AccessDenied
                }
            }
            "InvalidClientTokenId" | "UnrecognizedClientException" | "ExpiredToken" | "ExpiredTokenException" => {
                Self::Key
            }
            SIGNATURE => {
                let measured = exchange.signature_off().is_some_and(|off| off > TOLERANCE);
                let said = message.starts_with("Signature expired") || message.starts_with("Signature not yet current");
                if measured || said { Self::skew(exchange) } else { Self::Signature }
            }
            "RequestExpired" | "RequestTimeTooSkewed" => Self::skew(exchange),
            "IncompleteSignature" | "MissingAuthenticationToken" => Self::SignatureLost,
            "RegionDisabledException" => Self::Region,
            "OptInRequired" => Self::OptInRequired,
            code if is_throttling(code) => Self::Throttled,
            code => Self::Other {
                code: code
                    .chars()
                    .filter(|c| c.is_ascii_alphanumeric() || "._-:".contains(*c))
                    .take(MAX_CODE)
                    .collect(),
                parameters: UNREAD.contains(&code),
            },
        }
    }

    fn skew(exchange: &Exchange) -> Self {
        Self::ClockSkew { ahead: exchange.clock_ahead() }
    }

    fn code(&self) -> ErrorCode {
        match self {
            Self::Code => ErrorCode::CodeRefused,
            Self::Device => ErrorCode::DeviceRefused,
            Self::Key => ErrorCode::KeyRefused,
            Self::Signature | Self::SignatureLost => ErrorCode::SignatureRefused,
            Self::ClockSkew { .. } => ErrorCode::ClockSkew,
            Self::Region => ErrorCode::RegionRefused,
            Self::AccessDenied | Self::OptInRequired => ErrorCode::AccessDenied,
            Self::Throttled => ErrorCode::Throttled,
            Self::Other { .. } => ErrorCode::AwsRefused,
        }
    }

    fn spent(&self) -> CodeSpent {
        match self {
            Self::Code => CodeSpent::Yes,
            Self::AccessDenied | Self::OptInRequired | Self::Other { parameters: false, .. } => CodeSpent::Maybe,
            _ => CodeSpent::No,
        }
    }

    fn hint(&self) -> &'static str {
        match self {
            Self::Code => "wait for the next code; if that is refused too, check the clock of the MFA device",
            Self::Device => {
                "check `mfa_device_arn`: it must be the ARN of the device (`…:mfa/…`, not `…:user/…`), as shown by `aws iam list-mfa-devices`"
            }
            Self::Key => {
                "check in the IAM console that `aws_access_key_id` is active, and that the region is in the account's partition"
            }
            Self::Signature => "copy the secret access key again, or create a new key in the IAM console",
            Self::SignatureLost => "a proxy may be changing requests: check `HTTPS_PROXY` and the endpoint",
            Self::ClockSkew { .. } => "set this machine's clock (NTP does), then try again",
            Self::Region => {
                "name another region with `--region`, such as `us-east-1`, or activate STS in this one in the IAM console"
            }
            Self::AccessDenied => {
                "a policy denies the call, or the key itself belongs to a session: ask the account's administrator, and wait for the next code before you try again"
            }
            Self::OptInRequired => "ask the account's administrator, or name another region with `--region`",
            Self::Throttled => "wait a few seconds, then try again",
            Self::Other { parameters: true, .. } => "check the endpoint, the device and the duration",
            Self::Other { .. } => "check the endpoint and the account, and wait for the next code before you try again",
        }
    }
}

/// Codes of requests that AWS rejected before it looked at the MFA code.
const UNREAD: [&str; 12] = [
    "ValidationError",
    "InvalidAction",
    "MissingAction",
    "InvalidParameterValue",
    "InvalidParameterCombination",
    "MissingParameter",
    "InvalidQueryParameter",
    "MalformedQueryString",
    "MalformedInput",
    "MalformedHttpRequestException",
    "NoSuchVersion",
    "UnknownOperationException",
];

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::new(refusal.code(), refusal.to_string(), refusal.hint()).after_request(refusal.spent())
    }
}
