//! How requests are sent: the time limits, the retries and the HTTP client (GET-10, GET-11).

use std::time::Duration;

use aws_sdk_sts::config::SharedHttpClient;
use aws_sdk_sts::config::retry::RetryConfig;
use aws_sdk_sts::config::timeout::TimeoutConfig;
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext};
use aws_smithy_http_client::{Connector, proxy::ProxyConfig};
use aws_smithy_runtime_api::client::http::{HttpConnectorSettings, SharedHttpConnector, http_client_fn};

use crate::core::sts::bounded::Bounded;
use crate::core::sts::settings::resolved::StsSettings;

/// How long a call to AWS may take, in three parts (GET-11).
#[derive(Debug, Clone, Copy)]
pub(super) struct TimeLimits {
    /// Name resolution, connection, proxy and TLS.
    pub(super) connect: Duration,
    /// One request and its response. Longer than `connect`, so this limit is never reached before the request has been
    /// sent.
    pub(super) attempt: Duration,
    /// Everything, including retries.
    pub(super) operation: Duration,
}

pub(super) const TIME_LIMITS: TimeLimits = TimeLimits {
    connect: Duration::from_secs(5),
    attempt: Duration::from_secs(10),
    operation: Duration::from_secs(25),
};

impl TimeLimits {
    pub(super) fn config(&self) -> TimeoutConfig {
        TimeoutConfig::builder()
            .connect_timeout(self.connect)
            .operation_attempt_timeout(self.attempt)
            .operation_timeout(self.operation)
            .build()
    }
}

pub(super) fn retries() -> RetryConfig {
    RetryConfig::standard()
        .with_max_attempts(3)
        .with_initial_backoff(Duration::from_millis(500))
        .with_max_backoff(Duration::from_secs(2))
}

/// One connector for all attempts, with the settings' proxy and certificates.
pub(super) fn http_client(settings: &StsSettings, connect_limit: Duration) -> SharedHttpClient {
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
