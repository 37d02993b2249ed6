//! The URL of STS, and of IAM (GET-9).

use aws_sdk_sts::config::endpoint::{DefaultResolver, Params, ResolveEndpoint};
use url::{Host, Url};

use crate::core::error::{Error, Result};
use crate::core::ini::key::Key;
use crate::core::session::Partition;
use crate::core::sts::settings::place::{Place, unusable};
use crate::core::sts::settings::region::Region;
use crate::core::sts::settings::request::SettingsRequest;
use crate::core::sts::settings::service::iam_host;
use crate::core::sts::settings::shared_config::{Setting, SharedConfig};

const ENDPOINT_URL: Setting = Setting { variable: "AWS_ENDPOINT_URL", is_for_services: true, key: Key::EndpointUrl };
const IGNORE_ENDPOINT_URLS: Setting = Setting {
    variable: "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    is_for_services: false,
    key: Key::IgnoreConfiguredEndpointUrls,
};
const USE_FIPS: Setting =
    Setting { variable: "AWS_USE_FIPS_ENDPOINT", is_for_services: false, key: Key::UseFipsEndpoint };
const USE_DUAL_STACK: Setting =
    Setting { variable: "AWS_USE_DUALSTACK_ENDPOINT", is_for_services: false, key: Key::UseDualstackEndpoint };

/// The URL that is called. It has no user, password, query or fragment.
#[derive(Debug, Clone)]
pub(crate) struct Endpoint {
    url: String,
    custom: bool,
    https: bool,
    loopback: bool,
}

impl Endpoint {
    pub(super) async fn of_sts(request: &SettingsRequest<'_>, config: &SharedConfig, region: &Region) -> Result<Self> {
        let switches = match Self::custom(request, config)? {
            Ok(custom) => return Ok(custom),
            Err(switches) => switches,
        };
        let no_endpoint = || no_endpoint("STS", &format!("region `{}`", region.name()));
        let params = Params::builder()
            .region(region.name())
            .use_fips(switches.fips)
            .use_dual_stack(switches.dual_stack)
            .use_global_endpoint(false)
            .build()
            .map_err(|_| no_endpoint())?;
        let endpoint = DefaultResolver::new().resolve_endpoint(&params).await.map_err(|_| no_endpoint())?;
        Self::new(endpoint.url(), &Place::Option("--region"), false)
    }

    pub(super) fn of_iam(request: &SettingsRequest<'_>, config: &SharedConfig, partition: &Partition) -> Result<Self> {
        let switches = match Self::custom(request, config)? {
            Ok(custom) => return Ok(custom),
            Err(switches) => switches,
        };
        let host = iam_host(partition, switches.fips, switches.dual_stack);
        let host = host.ok_or_else(|| no_endpoint("IAM", &format!("the partition `{}`", partition.id())))?;
        Self::new(&format!("https://{host}"), &Place::Account, false)
    }

    /// The endpoint that was set, else the switches that choose one of AWS's.
    fn custom(request: &SettingsRequest<'_>, config: &SharedConfig) -> Result<Result<Self, Switches>> {
        let fips = config.switch(USE_FIPS)?;
        let dual_stack = config.switch(USE_DUAL_STACK)?;
        if let Some((text, place)) = configured_url(request, config)? {
            for (switch, what) in [(&fips, "a FIPS endpoint"), (&dual_stack, "a dual-stack endpoint")] {
                if let Some((true, switch)) = switch {
                    let what = format!("asks for {what}, which a custom endpoint ({place}) does not have");
                    return Err(switch.unusable(&what, format!("unset {switch} or {place}")));
                }
            }
            return Self::new(&text, &place, true).map(Ok);
        }
        let is_on = |switch: Option<(bool, Place)>| switch.is_some_and(|(on, _)| on);
        Ok(Err(Switches { fips: is_on(fips), dual_stack: is_on(dual_stack) }))
    }

    fn new(text: &str, place: &Place, custom: bool) -> Result<Self> {
        // The parser drops control characters.
        place.check(text)?;
        let unusable = |what| {
            place.unusable(what, "give a URL such as `https://sts.us-east-1.amazonaws.com` or `http://127.0.0.1:4566`")
        };
        let url = Url::parse(text).ok().filter(|_| has_http_scheme(text));
        let Some((url, host)) = url.as_ref().and_then(|url| Some((url, url.host()?))) else {
            return Err(unusable("is not an http:// or https:// URL"));
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(unusable("is a URL with a user name or a password"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(unusable("is a URL with a query or a fragment"));
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

/// Which of AWS's endpoints is wanted.
struct Switches {
    fips: bool,
    dual_stack: bool,
}

fn no_endpoint(service: &str, of: &str) -> Error {
    unusable(
        format!("there is no {service} endpoint for {of} with these FIPS and dual-stack switches"),
        "unset `AWS_USE_FIPS_ENDPOINT` and `AWS_USE_DUALSTACK_ENDPOINT`, or give another `--region`",
    )
}

fn configured_url(request: &SettingsRequest<'_>, config: &SharedConfig) -> Result<Option<(String, Place)>> {
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
