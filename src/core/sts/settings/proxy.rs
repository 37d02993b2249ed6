//! The proxy for the endpoint (GET-10).

use std::fmt;

use aws_smithy_http_client::proxy::ProxyConfig;
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use url::Url;

use crate::core::environment::Environment;
use crate::core::error::Result;
use crate::core::platform::Platform;
use crate::core::sts::settings::endpoint::{Endpoint, has_http_scheme, is_loopback};
use crate::core::sts::settings::place::Place;

/// The proxy for one endpoint.
///
/// It is chosen here and passed on explicitly: the client's own lookup treats a value that it cannot parse as no proxy,
/// and an empty variable there hides the one in the other case.
#[derive(Clone)]
pub(crate) struct Proxy {
    variable: &'static str,
    /// With user name and password.
    url: Url,
    shown: String,
    https: bool,
    loopback: bool,
}

impl Proxy {
    /// The proxy for `endpoint`. The lower-case spelling takes precedence, as in curl and the AWS CLI.
    pub(super) fn resolve(environment: &Environment, endpoint: &Endpoint) -> Result<Option<Self>> {
        let find = |spellings: [&'static str; 2]| {
            let found = |name| Some((said_on(Platform::HERE, name, spellings), environment.var_os(name)?));
            spellings.into_iter().find_map(found)
        };
        let own = if endpoint.is_https() { ["https_proxy", "HTTPS_PROXY"] } else { ["http_proxy", "HTTP_PROXY"] };
        let Some((name, value)) = find(own).or_else(|| find(["all_proxy", "ALL_PROXY"])) else {
            return Ok(None);
        };
        if let Some((name, rules)) = find(["no_proxy", "NO_PROXY"]) {
            let rules = rules.to_string_lossy();
            // A tab separates rules.
            Place::Variable(name).check(&rules.replace('\t', " "))?;
            if is_exempt(endpoint.url(), &rules) {
                return Ok(None);
            }
        }
        let (text, place) = (value.to_string_lossy(), Place::Variable(name));
        let is_socks = text.trim_start().get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case("socks"));
        if is_socks && text.contains("://") {
            // Desktops set one for everything, and no tool takes it to reach its own machine.
            let hint = format!(
                "set {place} to an `http://` URL of the proxy, if it has one, or name the endpoint's host in `NO_PROXY`"
            );
            let refused = Err(place.unusable("names a SOCKS proxy, which updsts does not support", hint));
            return if endpoint.is_loopback() { Ok(None) } else { refused };
        }
        place.check(&text)?;
        let proxy = value.to_str().and_then(|text| Self::parse(text, name));
        proxy.map(Some).ok_or_else(|| {
            place.unusable(
                "is not an http:// or https:// URL",
                format!("set {place} to a URL such as `http://proxy.example.com:8080`, special characters of a password percent-encoded, or name the endpoint's host in `NO_PROXY`"),
            )
        })
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
        ProxyConfig::all(url.as_str()).ok()?;
        let loopback = is_loopback(&url.host()?);
        let https = url.scheme() == "https";
        let mut shown = url.clone();
        shown.set_username("").ok()?;
        shown.set_password(None).ok()?;
        let shown = shown.as_str().trim_end_matches('/').to_owned();
        Some(Self { variable, url, shown, https, loopback })
    }

    /// What the HTTP client is given, including user name and password.
    pub(crate) fn config(&self) -> ProxyConfig {
        ProxyConfig::all(self.url.as_str()).expect("the URL was accepted when it was parsed")
    }

    /// The proxy as it is connected to for `endpoint`: its address, and the header for its user name and password.
    pub(crate) fn intercept(&self, endpoint: &str) -> Option<Intercept> {
        Matcher::builder().all(self.url.as_str()).build().intercept(&endpoint.parse().ok()?)
    }

    /// The URL without user name and password.
    pub(crate) fn shown(&self) -> &str {
        &self.shown
    }

    pub(crate) fn variable(&self) -> &'static str {
        self.variable
    }

    pub(crate) fn is_https(&self) -> bool {
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

/// What the variable is called: names have no case on Windows, where everybody writes them in capitals.
fn said_on(platform: Platform, found: &'static str, [_, capitals]: [&'static str; 2]) -> &'static str {
    match platform {
        Platform::Unix => found,
        Platform::Windows => capitals,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn get_10_a_proxy_is_named_by_the_variable_as_the_system_has_it() {
        let spellings = ["https_proxy", "HTTPS_PROXY"];
        for name in spellings {
            assert_eq!(said_on(Platform::Unix, name, spellings), name);
            assert_eq!(said_on(Platform::Windows, name, spellings), "HTTPS_PROXY");
        }
    }
}
