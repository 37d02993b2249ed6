//! AWS's refusals, by error code. AWS's own words are shown only at `-v 2`: they can repeat what was sent.

use aws_runtime::retries::classifiers::THROTTLING_ERRORS;
use jiff::SignedDuration;

use crate::core::error::{CodeSpent, Error, ErrorCode};
use crate::core::session::TokenCode;
use crate::core::sts::clock;
use crate::core::sts::exchange::Exchange;
use crate::core::sts::route::Route;
use crate::core::text::{clean, shown};

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

/// The error for a response with an AWS error code. The message only distinguishes refusals that share a code.
pub(super) fn error(code: &str, message: &str, exchange: &Exchange, route: &Route) -> Error {
    use CodeSpent::{Maybe, No};
    let (what, hint, spent, kind) = match code {
        "AccessDenied" | "AccessDeniedException" => return denied(message, exchange),
        SIGNATURE => return signature(message, exchange, route),
        "RequestExpired" | "RequestTimeTooSkewed" => return skew(exchange),
        "InvalidClientTokenId" | "UnrecognizedClientException" | "ExpiredToken" | "ExpiredTokenException" => (
            "AWS does not know the access key, or it is inactive",
            "check in the IAM console that `aws_access_key_id` is active, and that the region is in the account's partition",
            No,
            ErrorCode::KeyRefused,
        ),
        "IncompleteSignature" | "MissingAuthenticationToken" => (
            "AWS received the request without a complete signature",
            "a proxy may be changing requests: check `HTTPS_PROXY` and the endpoint",
            No,
            ErrorCode::SignatureRefused,
        ),
        "RegionDisabledException" => (
            "STS is not activated in this region for this account",
            "name another region with `--region`, such as `us-east-1`, or activate STS in this one in the IAM console",
            No,
            ErrorCode::RegionRefused,
        ),
        "OptInRequired" => (
            "the account has no access to this service (`OptInRequired`)",
            "ask the account's administrator, or name another region with `--region`",
            Maybe,
            ErrorCode::AccessDenied,
        ),
        code if is_throttling(code) => {
            ("AWS is throttling requests", "wait a few seconds, then try again", No, ErrorCode::Throttled)
        }
        code => return other(code),
    };
    Error::new(kind, what, hint).after_request(spent)
}

/// AWS's own words at `-v 2`, without the code that they may repeat.
pub(super) fn show_words(message: &str, code: Option<&TokenCode>) {
    let words = clean(message);
    let words = code.map_or(words.clone(), |code| code.masked_in(&words));
    tracing::debug!("AWS's own words: {}", shown(words.as_bytes()));
}

fn denied(message: &str, exchange: &Exchange) -> Error {
    if message.contains("invalid MFA one time pass code") {
        let what = "AWS refused the code: it is wrong, expired or already used";
        return match clock(exchange) {
            Some(clock) => Error::new(
                ErrorCode::CodeRefused,
                format!("{what}; {clock}"),
                "a program on this machine makes its codes by that clock: set it, for example by NTP, then try again with the next code",
            ),
            None => Error::new(
                ErrorCode::CodeRefused,
                what,
                "wait for the next code; if that is refused too, check the clock of the MFA device",
            ),
        }
        .after_request(CodeSpent::Yes);
    }
    if message.contains("unable to validate MFA code") {
        let what = "this MFA device does not belong to the user of this key";
        let hint = "check `mfa_device_arn`: it must be the ARN of the device (`…:mfa/…`, not `…:user/…`), as shown by `aws iam list-mfa-devices`";
        return Error::new(ErrorCode::DeviceRefused, what, hint).after_request(CodeSpent::No);
    }
    let hint = "a policy denies the call, or the key itself belongs to a session: ask the account's administrator, and wait for the next code before you try again";
    Error::new(ErrorCode::AccessDenied, "AWS denied `sts:GetSessionToken` to this user", hint)
        .after_request(CodeSpent::Maybe)
}

fn signature(message: &str, exchange: &Exchange, route: &Route) -> Error {
    if message.starts_with("Credential should be scoped to a valid region") {
        let what = format!("AWS refused the region {}: `{}` does not serve it", route.region, route.endpoint);
        let hint = "name the endpoint's own region with `--region`, and check its spelling";
        return Error::new(ErrorCode::RegionRefused, what, hint).after_request(CodeSpent::No);
    }
    let measured = exchange.signature_off().is_some_and(|off| off > TOLERANCE);
    if measured || message.starts_with("Signature expired") || message.starts_with("Signature not yet current") {
        return skew(exchange);
    }
    let what = "AWS refused the signature: the secret access key does not belong to the access key id";
    let hint = "copy the secret access key again, or create a new key in the IAM console";
    Error::new(ErrorCode::SignatureRefused, what, hint).after_request(CodeSpent::No)
}

fn skew(exchange: &Exchange) -> Error {
    let what = "AWS refused the request because of its time";
    let (what, hint) = match clock(exchange) {
        Some(clock) => (format!("{what}: {clock}"), "set this machine's clock, for example by NTP, then try again"),
        None => {
            (what.to_owned(), "check this machine's clock; if it is right, something on the way holds requests back")
        }
    };
    Error::new(ErrorCode::ClockSkew, what, hint).after_request(CodeSpent::No)
}

fn other(code: &str) -> Error {
    let shown = code.chars().filter(|c| c.is_ascii_alphanumeric() || "._-:".contains(*c)).take(MAX_CODE);
    let (hint, spent) = if UNREAD.contains(&code) {
        ("check the endpoint, the device and the duration", CodeSpent::No)
    } else {
        ("check the endpoint and the account, and wait for the next code before you try again", CodeSpent::Maybe)
    };
    let what = format!("AWS refused the request (`{}`)", shown.collect::<String>());
    Error::new(ErrorCode::AwsRefused, what, hint).after_request(spent)
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

/// How far the local clock is off; `None` if it is right, or was not measured.
fn clock(exchange: &Exchange) -> Option<String> {
    clock::in_words(exchange.clock_ahead()?)
}
