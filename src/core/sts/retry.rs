//! Which requests may be sent again.

use aws_sdk_sts::error::ProvideErrorMetadata;
use aws_sdk_sts::operation::get_session_token::GetSessionTokenError;
use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::orchestrator::OrchestratorError;
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction};

use crate::core::sts::refusal::{self, is_throttling};

/// Forbids every retry except for a request whose code AWS did not look at: one that was throttled, or signed with a
/// wrong clock. STS accepts a code once, so any other retry would turn a lost response into a refused code.
#[derive(Debug)]
pub(super) struct OnlyUnspent;

impl ClassifyRetry for OnlyUnspent {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let Some(Err(error)) = context.output_or_error() else {
            return RetryAction::NoActionIndicated;
        };
        let code = OrchestratorError::as_operation_error(error)
            .and_then(|error| error.downcast_ref::<GetSessionTokenError>())
            .and_then(ProvideErrorMetadata::code);
        match code {
            // The SDK decides: it retries throttling, and a signature after it has measured the clock.
            Some(code) if is_throttling(code) || code == refusal::SIGNATURE => RetryAction::NoActionIndicated,
            _ => RetryAction::RetryForbidden,
        }
    }

    fn name(&self) -> &'static str {
        "only while the MFA code is unspent"
    }
}
