//! The proxy for the endpoint (GET-10).

use std::fmt;

use aws_smithy_http_client::proxy::ProxyConfig;
use hyper_util::client::proxy::matcher::Matcher;
use url::Url;

use crate::core::environment::Environment;
use crate::core::sts::settings::endpoint::{has_http_scheme, is_loopback};
use crate::core::sts::settings::error::{Place, SettingsError};

/// The proxy for one endpoint.
///
/// It is chosen here and passed on explicitly: the client's own lookup treats a value that it cannot parse as no proxy,
/// and an empty variable there hides the one in the other case.
#[derive(Clone)]
pub(crate) struct Proxy {
    variable: &'static str,
    config: ProxyConfig,
    shown: String,
    https: bool,
    loopback: bool,
}

impl Proxy {
    /// The proxy for `endpoint`. The lower-case spelling takes precedence, as in curl and the AWS CLI.
    pub(super) fn resolve(environment: &Environment, endpoint: &str) -> Result<Option<Self>, SettingsError> {
        let own: [&'static str; 2] =
            if endpoint.starts_with("https:") { ["https_proxy", "HTTPS_PROXY"] } else { ["http_proxy", "HTTP_PROXY"] };
        let mut names = own.into_iter().chain(["all_proxy", "ALL_PROXY"]);
        let Some((name, value)) = names.find_map(|name| Some((name, environment.var_os(name)?))) else {
            return Ok(None);
        };
        let exceptions = ["no_proxy", "NO_PROXY"].into_iter().find_map(|name| environment.var_os(name));
        if exceptions.is_some_and(|rules| is_exempt(endpoint, &rules.to_string_lossy())) {
            return Ok(None);
        }
        let proxy = value.to_str().and_then(|text| Self::parse(text, name));
        proxy.map(Some).ok_or(SettingsError::NotProxy(Place::Variable(name)))
    }

    fn parse(text: &str, variable: &'static str) -> Option<Self> {
        let text = text.trim();
        let lower = text.to_ascii_lowercase();
        let mut url = if text.contains("://") {
            has_http_scheme(text).then(|| Url::parse(text).ok())??
        } else if lower.starts_with("http:") || lower.starts_with("https:") {
            return None;
        } else {
            Url::parse(&format!("http://{text}")).ok()?
        };
        // A password with a raw `/`, `?` or `#` ends the host early: the rest, which contains the `@`, would be read as
        // a path, and the user name as the host.
        let after_host = &url[url::Position::AfterPort..];
        if after_host.contains('@') {
            return None;
        }
        url.set_path("");
        url.set_query(None);
        url.set_fragment(None);
        let config = ProxyConfig::all(url.as_str()).ok()?;
        let loopback = is_loopback(&url.host()?);
        let https = url.scheme() == "https";
        url.set_username("").ok()?;
        url.set_password(None).ok()?;
        let shown = url.as_str().trim_end_matches('/').to_owned();
        Some(Self { variable, config, shown, https, loopback })
    }

    /// What the HTTP client is given, including user name and password.
    pub(crate) fn config(&self) -> ProxyConfig {
        self.config.clone()
    }

    /// The URL without user name and password.
    pub(crate) fn shown(&self) -> &str {
        &self.shown
    }

    pub(crate) fn variable(&self) -> &'static str {
        self.variable
    }

    pub(super) fn is_https(&self) -> bool {
        self.https
    }

    pub(super) fn is_loopback(&self) -> bool {
        self.loopback
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Proxy").field(&self.shown).finish()
    }
}

/// Whether `NO_PROXY` exempts the endpoint: by domain including subdomains, address, network, or `*`.
fn is_exempt(endpoint: &str, rules: &str) -> bool {
    let Some(port) = Url::parse(endpoint).ok().and_then(|url| url.port_or_known_default()) else {
        return false;
    };
    let mut domains = Vec::new();
    for rule in rules.split([',', ' ', '\t']) {
        if rule == "*" {
            return true;
        }
        let rule = rule.strip_prefix('*').unwrap_or(rule);
        match rule.rsplit_once(':') {
            // A rule for one port, as in Python's tools; not the end of an IPv6 address.
            Some((host, number)) if !host.contains(':') || host.ends_with(']') => {
                if number.parse() == Ok(port) {
                    domains.push(host.trim_matches(['[', ']']));
                }
            }
            _ => domains.push(rule.trim_matches(['[', ']'])),
        }
    }
    let matcher = Matcher::builder().all("http://proxy.invalid").no(domains.join(",")).build();
    endpoint.parse().is_ok_and(|uri| matcher.intercept(&uri).is_none())
}
