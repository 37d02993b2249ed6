//! IAM's `ListMFADevices`: one operation of the SDK's orchestrator, because IAM's SDK is larger than updsts.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListMFADevices.html>

use std::fmt;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_runtime::auth::sigv4::{SCHEME_ID, SigV4AuthScheme};
use aws_runtime::auth::{SigV4OperationSigningConfig, SigningOptions};
use aws_runtime::retries::classifiers::AwsErrorCodeClassifier;
use aws_runtime::service_clock_skew::{ServiceClockSkewClassifier, ServiceClockSkewInterceptor};
use aws_sdk_sts::config::{BehaviorVersion, IdentityCache, StalledStreamProtectionConfig};
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_async::time::SystemTimeSource;
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime::client::retries::classifiers::{HttpStatusCodeClassifier, TransientErrorClassifier};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::auth::static_resolver::StaticAuthSchemeOptionResolver;
use aws_smithy_runtime_api::client::auth::{
    AuthSchemeOptionResolverParams, SharedAuthScheme, SharedAuthSchemeOptionResolver,
};
use aws_smithy_runtime_api::client::identity::SharedIdentityResolver;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponentsBuilder;
use aws_smithy_runtime_api::client::runtime_plugin::StaticRuntimePlugin;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::Layer;
use aws_smithy_types::error::metadata::{ErrorMetadata, ProvideErrorMetadata};
use aws_types::SigningName;
use aws_types::region::{Region, SigningRegion};
use url::form_urlencoded;

use crate::core::error::{Error, ErrorCode, Result};
use crate::core::secret::ExposeSecret;
use crate::core::session::AccessKey;
use crate::core::sts::device_list::{self, Page};
use crate::core::sts::exchange::Exchange;
use crate::core::sts::route::Route;
use crate::core::sts::settings::resolved::StsSettings;
use crate::core::sts::transport::{TIME_LIMITS, http_client, retries};
use crate::core::sts::without_code;

/// A user has eight devices at most, and a page a hundred.
const MOST_PAGES: usize = 10;

pub struct IamClient {
    operation: Operation<Option<String>, Page, Refusal>,
    exchange: Exchange,
    route: Route,
}

impl IamClient {
    /// Builds the client; nothing is sent.
    pub fn new(settings: &StsSettings, key: &AccessKey) -> Self {
        let exchange = Exchange::default();
        let operation = Operation::builder()
            .service_name("IAM")
            .operation_name("ListMFADevices")
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(&settings.endpoint())
            .http_client(http_client(settings, TIME_LIMITS.connect))
            .standard_retry(&retries())
            .retry_classifier(AwsErrorCodeClassifier::<Refusal>::new())
            .retry_classifier(TransientErrorClassifier::<Refusal>::new())
            .retry_classifier(ServiceClockSkewClassifier::<Refusal>::new())
            .retry_classifier(HttpStatusCodeClassifier::default())
            .timeout_config(TIME_LIMITS.config())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .sleep_impl(TokioSleep::new())
            .time_source(SystemTimeSource::new())
            .interceptor(ServiceClockSkewInterceptor::new())
            .interceptor(exchange.clone())
            .runtime_plugin(signer(settings, key))
            .serializer(|marker: Option<String>| request(marker.as_deref()))
            .deserializer(page)
            .build();
        Self { operation, exchange, route: Route::new(settings, TIME_LIMITS.connect) }
    }

    /// The serial numbers of the user's devices: those of TOTP devices, and ARNs of passkeys.
    ///
    /// Errors: those of the exit statuses 4 and 5; `access_denied` if a policy denies it.
    pub async fn list_mfa_devices(&self) -> Result<Vec<String>> {
        let (mut devices, mut marker) = (Vec::new(), None);
        for _ in 0..MOST_PAGES {
            let page = match self.operation.invoke(marker).await {
                Ok(page) => page,
                Err(error) => {
                    return Err(without_code::error(&error, &self.exchange, &self.route, "iam:ListMFADevices").await);
                }
            };
            devices.extend(page.devices);
            marker = page.marker;
            if marker.is_none() {
                return Ok(devices);
            }
        }
        let hint = "check the endpoint and the proxy";
        Err(Error::new(ErrorCode::AnswerLost, "AWS's list of devices does not end", hint))
    }
}

impl fmt::Debug for IamClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IamClient").finish_non_exhaustive()
    }
}

/// Signs with the key alone.
fn signer(settings: &StsSettings, key: &AccessKey) -> StaticRuntimePlugin {
    let credentials = Credentials::new(&key.id, key.secret.expose_secret(), None, None, "updsts");
    let mut layer = Layer::new("signer");
    layer.store_put(AuthSchemeOptionResolverParams::new(()));
    layer.store_put(SigningRegion::from(Region::new(settings.region().to_owned())));
    layer.store_put(SigningName::from_static("iam"));
    layer.store_put(SigV4OperationSigningConfig {
        region: None,
        region_set: None,
        name: None,
        signing_options: SigningOptions::default(),
    });
    let components = RuntimeComponentsBuilder::new("signer")
        .with_auth_scheme_option_resolver(Some(SharedAuthSchemeOptionResolver::new(
            StaticAuthSchemeOptionResolver::new(vec![SCHEME_ID]),
        )))
        .with_auth_scheme(SharedAuthScheme::new(SigV4AuthScheme::new()))
        .with_identity_cache(Some(IdentityCache::no_cache()))
        .with_identity_resolver(SCHEME_ID, SharedIdentityResolver::new(SharedCredentialsProvider::new(credentials)));
    StaticRuntimePlugin::new().with_config(layer.freeze()).with_runtime_components(components)
}

fn request(marker: Option<&str>) -> Result<HttpRequest, BoxError> {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("Action", "ListMFADevices").append_pair("Version", "2010-05-08");
    if let Some(marker) = marker {
        form.append_pair("Marker", marker);
    }
    let mut request = HttpRequest::new(SdkBody::from(form.finish()));
    request.set_method("POST")?;
    request.set_uri("/")?;
    request.headers_mut().insert("content-type", "application/x-www-form-urlencoded");
    Ok(request)
}

fn page(response: &HttpResponse) -> Result<Page, OrchestratorError<Refusal>> {
    let text = response.body().bytes().and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default();
    if !response.status().is_success() {
        return Err(OrchestratorError::operation(Refusal(device_list::refusal(text))));
    }
    device_list::page(text).ok_or_else(|| OrchestratorError::other("no list of devices"))
}

/// What IAM answers instead.
#[derive(Debug)]
struct Refusal(ErrorMetadata);

impl ProvideErrorMetadata for Refusal {
    fn meta(&self) -> &ErrorMetadata {
        &self.0
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IAM refused the request")
    }
}

impl std::error::Error for Refusal {}

#[cfg(test)]
mod tests;
