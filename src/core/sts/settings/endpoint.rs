//! The URL of STS (GET-9).

use aws_sdk_sts::config::endpoint::{DefaultResolver, Params, ResolveEndpoint};
use url::{Host, Url};

use crate::core::ini::key::Key;
use crate::core::sts::settings::error::{Place, SettingsError};
use crate::core::sts::settings::region::Region;
use crate::core::sts::settings::request::SettingsRequest;
use crate::core::sts::settings::shared_config::{Setting, SharedConfig};

const ENDPOINT_URL: Setting =
    Setting { variable: "AWS_ENDPOINT_URL", sts_variable: Some("AWS_ENDPOINT_URL_STS"), key: Key::EndpointUrl };
const IGNORE_ENDPOINT_URLS: Setting = Setting {
    variable: "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    sts_variable: None,
    key: Key::IgnoreConfiguredEndpointUrls,
};
const USE_FIPS: Setting = Setting { variable: "AWS_USE_FIPS_ENDPOINT", sts_variable: None, key: Key::UseFipsEndpoint };
const USE_DUAL_STACK: Setting =
    Setting { variable: "AWS_USE_DUALSTACK_ENDPOINT", sts_variable: None, key: Key::UseDualstackEndpoint };

/// The URL that is called. It has no user, password, query or fragment.
#[derive(Debug, Clone)]
pub(crate) struct Endpoint {
    url: String,
    custom: bool,
    https: bool,
    loopback: bool,
}

impl Endpoint {
    pub(super) async fn resolve(
        request: &SettingsRequest<'_>,
        config: &SharedConfig,
        region: &Region,
    ) -> Result<Self, SettingsError> {
        let fips = config.switch(USE_FIPS)?;
        let dual_stack = config.switch(USE_DUAL_STACK)?;
        if let Some((text, place)) = configured_url(request, config)? {
            for (switch, what) in [(&fips, "a FIPS endpoint"), (&dual_stack, "a dual-stack endpoint")] {
                if let Some((true, switch)) = switch {
                    return Err(SettingsError::SwitchWithCustomEndpoint {
                        switch: switch.to_string(),
                        what,
                        endpoint: place.to_string(),
                    });
                }
            }
            return Self::new(&text, place, true);
        }
        let is_on = |switch: Option<(bool, Place)>| switch.is_some_and(|(on, _)| on);
        let no_endpoint = || SettingsError::NoEndpoint { region: region.name().to_owned() };
        let params = Params::builder()
            .region(region.name())
            .use_fips(is_on(fips))
            .use_dual_stack(is_on(dual_stack))
            .use_global_endpoint(false)
            .build()
            .map_err(|_| no_endpoint())?;
        let endpoint = DefaultResolver::new().resolve_endpoint(&params).await.map_err(|_| no_endpoint())?;
        Self::new(endpoint.url(), Place::Option("--region"), false)
    }

    fn new(text: &str, place: Place, custom: bool) -> Result<Self, SettingsError> {
        let Ok(url) = Url::parse(text) else {
            return Err(SettingsError::NotUrl(place));
        };
        let (Some(host), true) = (url.host(), has_http_scheme(text)) else {
            return Err(SettingsError::NotUrl(place));
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(SettingsError::UrlHasUser(place));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(SettingsError::UrlHasQuery(place));
        }
        Ok(Self {
            https: url.scheme() == "https",
            loopback: is_loopback(&host),
            url: url.as_str().trim_end_matches('/').to_owned(),
            custom,
        })
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Whether it was set explicitly.
    pub(super) fn is_custom(&self) -> bool {
        self.custom
    }

    pub(crate) fn is_https(&self) -> bool {
        self.https
    }

    pub(super) fn is_loopback(&self) -> bool {
        self.loopback
    }
}

fn configured_url(
    request: &SettingsRequest<'_>,
    config: &SharedConfig,
) -> Result<Option<(String, Place)>, SettingsError> {
    if let Some(text) = request.endpoint_option {
        return Ok(Some((text.to_owned(), Place::Option("--endpoint-url"))));
    }
    if let Some((true, _)) = config.switch(IGNORE_ENDPOINT_URLS)? {
        return Ok(None);
    }
    Ok(config.get(ENDPOINT_URL))
}

/// The URL parser also accepts `http:host` and `http:/host`, which other tools do not.
pub(super) fn has_http_scheme(text: &str) -> bool {
    let scheme = text.split_once("://").map_or("", |(scheme, _)| scheme);
    scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")
}

/// Whether a host is this machine, judging only by its name.
pub(super) fn is_loopback<S: AsRef<str>>(host: &Host<S>) -> bool {
    match host {
        Host::Domain(name) => {
            let name = name.as_ref();
            name == "localhost" || name.ends_with(".localhost")
        }
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}
