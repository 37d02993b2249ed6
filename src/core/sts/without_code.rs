//! The failures of requests that carry no code: nothing is spent, and they may be sent again.

use aws_sdk_sts::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

use crate::core::error::{Error, ErrorCode};
use crate::core::sts::exchange::Exchange;
use crate::core::sts::failure::{self, Failure};
use crate::core::sts::route::Route;
use crate::core::sts::tunnel;

/// The error for a failed call of `action`, such as `iam:ListMFADevices`.
pub(super) async fn error<E: ProvideErrorMetadata>(
    failed: &SdkError<E, HttpResponse>,
    exchange: &Exchange,
    route: &Route,
    action: &str,
) -> Error {
    let error = match failure::of(failed, exchange, route, None) {
        Failure::Known(error) => error,
        Failure::NoTunnel { wants_login } => tunnel::error(route, wants_login).await,
    };
    let code = error.code();
    match code {
        ErrorCode::AccessDenied | ErrorCode::CodeRefused | ErrorCode::DeviceRefused => Error::new(
            ErrorCode::AccessDenied,
            format!("AWS denied `{action}` to this user"),
            "a policy denies the call: ask the account's administrator",
        ),
        ErrorCode::AnswerLost => Error::new(code, error.message(), "check the endpoint and the proxy, then try again"),
        ErrorCode::AwsRefused => Error::new(code, error.message(), "check the endpoint and the account"),
        _ => Error::new(code, error.message(), error.hint()),
    }
}
