//! `GetSessionToken`, once: signed with one key; any failure of AWS or the network becomes one [`Error`] that says
//! whether the code is spent.

use std::fmt;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sdk_sts::config::retry::RetryConfig;
use aws_sdk_sts::config::timeout::TimeoutConfig;
use aws_sdk_sts::config::{
    BehaviorVersion, Config, IdentityCache, Region, SharedHttpClient, StalledStreamProtectionConfig,
};
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext};
use aws_smithy_http_client::{Connector, proxy::ProxyConfig};
use aws_smithy_runtime_api::client::http::{HttpConnectorSettings, SharedHttpConnector, http_client_fn};

use crate::core::error::{CodeSpent, Error, ErrorCode, Result};
use crate::core::secret::ExposeSecret;
use crate::core::session::{AccessKey, SerialNumber, SessionCredentials, SessionDuration, TokenCode};
use crate::core::sts::settings::resolved::StsSettings;

use crate::core::sts::bounded::Bounded;
use crate::core::sts::clock::clock_warning;
use crate::core::sts::exchange::Exchange;
use crate::core::sts::failure::{self, Failure};
use crate::core::sts::route::Route;
use crate::core::sts::tunnel;

/// How long a call to AWS may take, in three parts (GET-11).
#[derive(Debug, Clone, Copy)]
struct TimeLimits {
    /// Name resolution, connection, proxy and TLS.
    connect: Duration,
    /// One request and its response. Longer than `connect`, so this limit is never reached before the request has been
    /// sent.
    attempt: Duration,
    /// Everything, including retries.
    operation: Duration,
}

const TIME_LIMITS: TimeLimits = TimeLimits {
    connect: Duration::from_secs(5),
    attempt: Duration::from_secs(10),
    operation: Duration::from_secs(25),
};

pub struct StsClient {
    client: aws_sdk_sts::Client,
    route: Route,
}

impl StsClient {
    /// Builds the client; nothing is sent.
    pub fn new(settings: &StsSettings, key: &AccessKey) -> Result<Self> {
        Ok(Self::with_time_limits(settings, key, TIME_LIMITS))
    }

    fn with_time_limits(settings: &StsSettings, key: &AccessKey, limits: TimeLimits) -> Self {
        let credentials = Credentials::new(&key.id, key.secret.expose_secret(), None, None, "updsts");
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(limits.connect)
            .operation_attempt_timeout(limits.attempt)
            .operation_timeout(limits.operation)
            .build();
        let retries = RetryConfig::standard()
            .with_max_attempts(3)
            .with_initial_backoff(Duration::from_millis(500))
            .with_max_backoff(Duration::from_secs(2));
        let config = Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(settings.region().to_owned()))
            // The settings' endpoint is the one that was checked and shown.
            .endpoint_url(settings.endpoint())
            .credentials_provider(credentials)
            .identity_cache(IdentityCache::no_cache())
            .retry_config(retries)
            .retry_classifier(crate::core::sts::retry::OnlyUnspent)
            .disable_clock_skew_correction(false)
            .timeout_config(timeouts)
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
            .interceptor(exchange.clone())
            .send()
            .await;
        match outcome {
            Ok(output) => {
                let session = crate::core::sts::answer::session(output, exchange.server_time())?;
                Ok((session, exchange.clock_ahead().and_then(clock_warning)))
            }
            Err(error) => {
                let failure = failure::of(&error, &exchange, &self.route, code);
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

/// One connector for all attempts, with the settings' proxy and certificates.
fn http_client(settings: &StsSettings, connect_limit: Duration) -> SharedHttpClient {
    let tls = TlsContext::builder()
        .with_trust_store(settings.trust.store())
        .build()
        .expect("no setting of this builder is checked");
    let proxy = match &settings.proxy {
        Some(proxy) => proxy.config(),
        None => ProxyConfig::disabled(),
    };
    let limits = HttpConnectorSettings::builder().connect_timeout(connect_limit).build();
    let connector = Connector::builder()
        .connector_settings(limits)
        .sleep_impl(TokioSleep::new())
        .proxy_config(proxy)
        .tls_provider(Provider::rustls(CryptoMode::Ring))
        .tls_context(tls)
        .build();
    let connector = SharedHttpConnector::new(Bounded(connector));
    http_client_fn(move |_, _| connector.clone())
}

#[cfg(test)]
mod tests;
