//! What was observed of the last attempt: when it was signed, and the time on the server's clock.

use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_sts::config::ConfigBag;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeDeserializationInterceptorContextRef, BeforeTransmitInterceptorContextRef,
};
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use jiff::{SignedDuration, Timestamp};

/// Observes one operation.
#[derive(Debug, Clone, Default)]
pub(super) struct Exchange(Arc<Mutex<Seen>>);

#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    sent: bool,
    signed: Option<Timestamp>,
    answered: Option<Answered>,
}

#[derive(Debug, Clone, Copy)]
struct Answered {
    /// By the response's `Date`.
    server: Timestamp,
    /// By the local clock.
    local: Timestamp,
}

impl Exchange {
    fn seen(&self) -> Seen {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn update(&self, change: impl FnOnce(&mut Seen)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Whether any attempt was passed to the HTTP client.
    pub(super) fn was_sent(&self) -> bool {
        self.seen().sent
    }

    /// The time at AWS, by the `Date` of the last response.
    pub(super) fn server_time(&self) -> Option<Timestamp> {
        self.seen().answered.map(|answered| answered.server)
    }

    /// How far AWS's clock is ahead of the local one, by the last response.
    pub(super) fn clock_ahead(&self) -> Option<SignedDuration> {
        let answered = self.seen().answered?;
        Some(answered.server.duration_since(answered.local))
    }

    /// How far the time of the last signature was from AWS's clock. Once the SDK has corrected the time of a retry,
    /// this is small although the local clock is still wrong.
    pub(super) fn signature_off(&self) -> Option<SignedDuration> {
        let seen = self.seen();
        Some(seen.answered?.server.duration_since(seen.signed?).abs())
    }
}

#[dyn_dispatch_hint]
impl Intercept for Exchange {
    fn name(&self) -> &'static str {
        "clock of the answer"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let signed = context.request().headers().get("x-amz-date").and_then(signing_time);
        self.update(|seen| *seen = Seen { sent: true, signed, answered: None });
        Ok(())
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let headers = context.response().headers();
        // The `Date` of a cached response is old (RFC 9111, section 5.1).
        let date = headers.get("date").filter(|_| headers.get("age").is_none());
        let server = date.and_then(http_date);
        let local = Timestamp::now();
        self.update(|seen| seen.answered = server.map(|server| Answered { server, local }));
        Ok(())
    }
}

fn http_date(text: &str) -> Option<Timestamp> {
    let date = DateTime::from_str(text, Format::HttpDate).ok()?;
    Timestamp::from_second(date.secs()).ok()
}

/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>
fn signing_time(text: &str) -> Option<Timestamp> {
    let time = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", text).ok()?;
    jiff::tz::TimeZone::UTC.to_timestamp(time).ok()
}
