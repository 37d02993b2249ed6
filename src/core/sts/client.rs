//! `GetSessionToken`, once: signed with one key; any failure of AWS or the network becomes one [`Error`] that says
//! whether the code is spent.

use std::fmt;

use aws_credential_types::Credentials;
use aws_sdk_sts::config::{BehaviorVersion, Config, IdentityCache, Region, StalledStreamProtectionConfig};
use aws_smithy_async::rt::sleep::TokioSleep;

use crate::core::error::{CodeSpent, Error, ErrorCode, Result};
use crate::core::secret::ExposeSecret;
use crate::core::session::{AccessKey, SerialNumber, SessionCredentials, SessionDuration, TokenCode};
use crate::core::sts::clock::clock_warning;
use crate::core::sts::exchange::Exchange;
use crate::core::sts::failure::{self, Failure};
use crate::core::sts::retry::OnlyUnspent;
use crate::core::sts::route::Route;
use crate::core::sts::settings::resolved::StsSettings;
use crate::core::sts::transport::{TIME_LIMITS, TimeLimits, http_client, retries};
use crate::core::sts::tunnel;

pub struct StsClient {
    pub(super) client: aws_sdk_sts::Client,
    pub(super) route: Route,
}

impl StsClient {
    /// Builds the client; nothing is sent.
    pub fn new(settings: &StsSettings, key: &AccessKey) -> Result<Self> {
        Ok(Self::with_time_limits(settings, key, TIME_LIMITS))
    }

    pub(super) fn with_time_limits(settings: &StsSettings, key: &AccessKey, limits: TimeLimits) -> Self {
        let credentials = Credentials::new(&key.id, key.secret.expose_secret(), None, None, "updsts");
        let config = Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(settings.region().to_owned()))
            // The settings' endpoint is the one that was checked and shown.
            .endpoint_url(settings.endpoint())
            .credentials_provider(credentials)
            .identity_cache(IdentityCache::no_cache())
            .retry_config(retries())
            .disable_clock_skew_correction(false)
            .timeout_config(limits.config())
            // The limit of an attempt also covers its body.
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .sleep_impl(TokioSleep::new())
            .http_client(http_client(settings, limits.connect))
            .build();
        Self { client: aws_sdk_sts::Client::from_conf(config), route: Route::new(settings, limits.connect) }
    }

    /// Exchanges the code for a session. The warning, if there is one, says how far the local clock is off.
    ///
    /// Errors: every code of the exit statuses 4 and 5, each with what happened to the MFA code.
    pub async fn get_session_token(
        &self,
        device: &SerialNumber,
        code: &TokenCode,
        duration: SessionDuration,
    ) -> Result<(SessionCredentials, Option<String>)> {
        let seconds = i32::try_from(duration.seconds()).map_err(|_| not_sent("the duration is too long"))?;
        let exchange = Exchange::default();
        let outcome = self
            .client
            .get_session_token()
            .serial_number(device.as_str())
            .token_code(code.expose_secret())
            .duration_seconds(seconds)
            .customize()
            .config_override(Config::builder().retry_classifier(OnlyUnspent))
            .interceptor(exchange.clone())
            .send()
            .await;
        match outcome {
            Ok(output) => {
                let session = crate::core::sts::answer::session(output, exchange.server_time())?;
                Ok((session, exchange.clock_ahead().and_then(clock_warning)))
            }
            Err(error) => {
                let failure = failure::of(&error, &exchange, &self.route, Some(code));
                Err(match failure {
                    Failure::Known(error) => error,
                    Failure::NoTunnel { wants_login } => tunnel::error(&self.route, wants_login).await,
                })
            }
        }
    }
}

impl fmt::Debug for StsClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StsClient").finish_non_exhaustive()
    }
}

fn not_sent(message: &str) -> Error {
    Error::new(ErrorCode::Internal, message, "this is a bug in updsts; please report it").after_request(CodeSpent::No)
}

#[cfg(test)]
mod tests;
