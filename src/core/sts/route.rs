//! How AWS is reached, for messages.

use std::time::Duration;

use crate::core::sts::settings::proxy::Proxy;
use crate::core::sts::settings::resolved::StsSettings;

#[derive(Clone)]
pub(super) struct Route {
    pub(super) endpoint: String,
    /// Its name, and where it was found.
    pub(super) region: String,
    pub(super) proxy: Option<Proxy>,
    /// The setting that replaced the system's certificates.
    pub(super) bundle: Option<String>,
    pub(super) connect_limit: Duration,
}

impl Route {
    pub(super) fn new(settings: &StsSettings, connect_limit: Duration) -> Self {
        Self {
            endpoint: settings.endpoint(),
            region: format!("`{}` from {}", settings.region(), settings.region_origin()),
            proxy: settings.proxy.clone(),
            bundle: settings.trust.custom().map(ToString::to_string),
            connect_limit,
        }
    }

    pub(super) fn shown(&self) -> String {
        match &self.proxy {
            Some(proxy) => format!("`{}` through the proxy `{}`", self.endpoint, proxy.shown()),
            None => format!("`{}`", self.endpoint),
        }
    }

    /// The variable that names the proxy, for hints.
    pub(super) fn proxy_variable(&self) -> Option<&'static str> {
        self.proxy.as_ref().map(Proxy::variable)
    }
}
