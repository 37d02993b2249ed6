//! Where and how STS and IAM are called: region, endpoint, proxy, certificates. Everything here is checked
//! before a code is asked for, and nothing is sent.
//!
//! `aws-config`'s loader is not used for this: it replaces a mistake with a default (a bad endpoint variable means
//! public AWS), reads `AWS_PROFILE`, and ends up calling instance metadata. Its parser and the underlying lookup are
//! used, with our own checks on what they find.

use std::fmt;

use crate::core::error::Result;
use crate::core::session::Partition;
use crate::core::sts::settings::endpoint::Endpoint;
use crate::core::sts::settings::proxy::Proxy;
use crate::core::sts::settings::region::Region;
use crate::core::sts::settings::request::SettingsRequest;
use crate::core::sts::settings::service::{Service, iam_region};
use crate::core::sts::settings::shared_config::SharedConfig;
use crate::core::sts::settings::trust::Trust;

/// Where and how STS, or IAM, is called. Everything is checked, nothing was sent.
#[derive(Clone)]
pub struct StsSettings {
    pub(in crate::core::sts) region: Region,
    pub(in crate::core::sts) endpoint: Endpoint,
    pub(in crate::core::sts) proxy: Option<Proxy>,
    pub(in crate::core::sts) trust: Trust,
    warnings: Vec<String>,
}

impl StsSettings {
    /// Looks everything up, in the order of GET-8 to GET-10, and checks it.
    ///
    /// Errors: `usage` for a bad option, `config_unusable` for a bad variable or file.
    pub async fn resolve(request: &SettingsRequest<'_>) -> Result<Self> {
        let config = SharedConfig::load(request, Service::Sts).await?;
        let region = Region::resolve(request)?;
        let endpoint = Endpoint::of_sts(request, &config, &region).await?;
        if !endpoint.is_custom() {
            region.check_partition(request.device)?;
        }
        Self::with(request, &config, region, endpoint)
    }

    /// The same for IAM, which has one endpoint in a partition. It has no `--region` and no `--endpoint-url`.
    pub async fn resolve_iam(request: &SettingsRequest<'_>, partition: &Partition) -> Result<Self> {
        let request = &SettingsRequest { region_option: None, endpoint_option: None, ..*request };
        let config = SharedConfig::load(request, Service::Iam).await?;
        let region = match iam_region(partition) {
            Some(name) => Region::of_iam(name),
            None => Region::resolve(request)?,
        };
        let endpoint = Endpoint::of_iam(request, &config, partition)?;
        Self::with(request, &config, region, endpoint)
    }

    fn with(request: &SettingsRequest<'_>, config: &SharedConfig, region: Region, endpoint: Endpoint) -> Result<Self> {
        let proxy = Proxy::resolve(request.environment, &endpoint)?;
        let tls = endpoint.is_https() || proxy.as_ref().is_some_and(Proxy::is_https);
        let trust = Trust::resolve(request, tls)?;
        let mut warnings = config.warnings.clone();
        if tls && trust.custom().is_none() {
            warnings.extend(request.environment.missing_file("SSL_CERT_FILE"));
        }
        let local = endpoint.is_loopback() && proxy.as_ref().is_none_or(Proxy::is_loopback);
        if !endpoint.is_https() && !local {
            warnings.push(format!(
                "`{}` is plain http: the session's keys cross the network unencrypted; give an `https://` URL",
                endpoint.url()
            ));
        }
        Ok(Self { region, endpoint, proxy, trust, warnings })
    }

    /// The region that the request is signed for.
    pub fn region(&self) -> &str {
        self.region.name()
    }

    /// Where the region was found.
    pub fn region_origin(&self) -> String {
        self.region.origin().to_string()
    }

    /// The URL that is called, the SDK's own or a custom one. It contains no user name or password.
    pub fn endpoint(&self) -> String {
        self.endpoint.url().to_owned()
    }

    /// The proxy for the endpoint, without user name and password; `None` if there is none.
    pub fn proxy(&self) -> Option<String> {
        self.proxy.as_ref().map(|proxy| proxy.shown().to_owned())
    }

    /// Which certificates are trusted.
    pub fn certificates(&self) -> String {
        self.trust.custom().map_or_else(|| "the system's".to_owned(), |place| format!("those in {place}"))
    }

    /// What works but is unwise.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }
}

impl fmt::Debug for StsSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StsSettings")
            .field("region", &self.region())
            .field("endpoint", &self.endpoint.url())
            .field("proxy", &self.proxy())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
