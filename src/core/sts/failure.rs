//! Requests without a response from AWS: no connection, an untrusted certificate, a lost response.
//!
//! SDK errors are inspected by type and never printed: their text shows bodies.

use std::error::Error as StdError;
use std::io;
use std::time::Duration;

use aws_sdk_sts::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sts::operation::get_session_token::GetSessionTokenError;
use aws_smithy_async::future::timeout::TimedOutError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use hyper_util::client::legacy;
use rustls::CertificateError;
use thiserror::Error as ThisError;

use crate::core::error::{CodeSpent, Error, ErrorCode};
use crate::core::sts::exchange::Exchange;
use crate::core::sts::refusal::{Refusal, is_throttling};
use crate::core::sts::settings::resolved::StsSettings;

/// How AWS is reached, for messages.
#[derive(Debug, Clone)]
pub(super) struct Route {
    endpoint: String,
    proxy: Option<(String, &'static str)>,
    bundle: Option<String>,
    connect_limit: Duration,
}

impl Route {
    pub(super) fn new(settings: &StsSettings, connect_limit: Duration) -> Self {
        Self {
            endpoint: settings.endpoint(),
            proxy: settings.proxy.as_ref().map(|proxy| (proxy.shown().to_owned(), proxy.variable())),
            bundle: settings.trust.custom().map(ToString::to_string),
            connect_limit,
        }
    }

    fn shown(&self) -> String {
        match &self.proxy {
            Some((proxy, _)) => format!("`{}` through the proxy `{proxy}`", self.endpoint),
            None => format!("`{}`", self.endpoint),
        }
    }

    /// The variable that names the proxy, for hints.
    fn proxy_variable(&self) -> Option<&'static str> {
        self.proxy.as_ref().map(|(_, variable)| *variable)
    }
}

/// A request without a response from AWS.
#[derive(Debug, Clone, PartialEq, Eq, ThisError)]
enum Failure {
    #[error("no connection to {route}: {reason}")]
    NoConnection { route: String, reason: &'static str, proxy: Option<&'static str> },
    #[error("no connection to {route}: it took longer than {seconds} s")]
    ConnectTimeout { route: String, seconds: u64, proxy: Option<&'static str> },
    #[error("the proxy requires a valid user name and password: {route}")]
    ProxyAuthentication { route: String, proxy: Option<&'static str> },
    #[error("{route} does not speak TLS")]
    NotTls { route: String },
    #[error("the TLS handshake with {route} failed")]
    Handshake { route: String },
    #[error("the certificate of {route} {reason}")]
    Certificate { route: String, reason: &'static str, hint: String },
    #[error("AWS did not respond in time")]
    Timeout,
    #[error("the connection was lost before AWS responded")]
    Broken,
    #[error("AWS had an internal error (HTTP status {0})")]
    Server(u16),
    #[error("the response did not come from AWS (HTTP status {0})")]
    Foreign(u16),
    #[error("AWS's response could not be read")]
    Malformed,
    #[error("the request could not be built")]
    NotBuilt,
}

impl Failure {
    fn code(&self) -> ErrorCode {
        match self {
            Self::NoConnection { .. }
            | Self::ConnectTimeout { .. }
            | Self::ProxyAuthentication { .. }
            | Self::NotTls { .. }
            | Self::Handshake { .. } => ErrorCode::Unreachable,
            Self::Certificate { .. } => ErrorCode::TlsUntrusted,
            Self::Timeout | Self::Broken | Self::Server(_) | Self::Foreign(_) | Self::Malformed => {
                ErrorCode::AnswerLost
            }
            Self::NotBuilt => ErrorCode::Internal,
        }
    }

    fn spent(&self) -> CodeSpent {
        match self.code() {
            ErrorCode::AnswerLost => CodeSpent::Maybe,
            _ => CodeSpent::No,
        }
    }

    fn hint(&self) -> String {
        match self {
            Self::NoConnection { proxy: Some(variable), .. } | Self::ConnectTimeout { proxy: Some(variable), .. } => {
                format!("check the proxy in `{variable}`, or name the endpoint's host in `NO_PROXY`")
            }
            Self::ProxyAuthentication { proxy, .. } => {
                let variable = proxy.unwrap_or("HTTPS_PROXY");
                format!(
                    "set them in `{variable}`, as in `http://user:password@host:port`, with special characters percent-encoded"
                )
            }
            Self::Certificate { hint, .. } => hint.clone(),
            Self::NoConnection { .. } | Self::ConnectTimeout { .. } => {
                "check the network, the region and the endpoint; behind a company proxy, set `HTTPS_PROXY`".to_owned()
            }
            Self::NotTls { .. } => "check the endpoint: its port may expect `http://`".to_owned(),
            Self::Handshake { .. } => "check the endpoint and the proxy".to_owned(),
            Self::Timeout | Self::Broken | Self::Server(_) | Self::Malformed => {
                "wait for the next code and try again".to_owned()
            }
            Self::Foreign(_) => {
                "something in between may have responded: check the proxy and the endpoint, then wait for the next code and try again".to_owned()
            }
            Self::NotBuilt => "this is a bug in updsts; please report it".to_owned(),
        }
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        Self::new(failure.code(), failure.to_string(), failure.hint()).after_request(failure.spent())
    }
}

/// The error for a request that returned no session.
pub(super) fn error(error: &SdkError<GetSessionTokenError, HttpResponse>, exchange: &Exchange, route: &Route) -> Error {
    match error {
        SdkError::ServiceError(service) => {
            let status = service.raw().status().as_u16();
            match service.err().code() {
                Some(code) if status < 500 || is_throttling(code) => {
                    let message = service.err().message().unwrap_or_default();
                    Refusal::new(code, message, exchange).into()
                }
                Some(_) => Failure::Server(status).into(),
                None => without_code(status, exchange, route),
            }
        }
        SdkError::ResponseError(response) => without_code(response.raw().status().as_u16(), exchange, route),
        SdkError::DispatchFailure(dispatch) => match dispatch.as_connector_error() {
            Some(connector) => connection(connector, route).into(),
            None => Failure::Broken.into(),
        },
        SdkError::TimeoutError(_) => Failure::Timeout.into(),
        _ if !exchange.was_sent() => Failure::NotBuilt.into(),
        _ => Failure::Malformed.into(),
    }
}

/// A response without an AWS error code.
fn without_code(status: u16, exchange: &Exchange, route: &Route) -> Error {
    match status {
        200..300 => Failure::Malformed.into(),
        407 => Failure::ProxyAuthentication { route: route.shown(), proxy: route.proxy_variable() }.into(),
        429 => Refusal::new("Throttling", "", exchange).into(),
        500.. => Failure::Server(status).into(),
        _ => Failure::Foreign(status).into(),
    }
}

/// The HTTP client knows whether it failed before the request was sent: while connecting, which includes the proxy's
/// tunnel and TLS.
fn connection(error: &(dyn StdError + 'static), route: &Route) -> Failure {
    let connecting =
        chain(error).find_map(|error| error.downcast_ref::<legacy::Error>()).is_some_and(legacy::Error::is_connect);
    if !connecting {
        return Failure::Broken;
    }
    let shown = route.shown();
    let proxy = route.proxy_variable();
    for cause in chain(error) {
        if cause.is::<TimedOutError>() {
            let seconds = route.connect_limit.as_secs();
            return Failure::ConnectTimeout { route: shown, seconds, proxy };
        }
        if let Some(tls) = cause.downcast_ref::<rustls::Error>() {
            return tls_failure(tls, route);
        }
    }
    // The type of this error is not public, so its text has to do; if the text changes, the reason below is only less
    // precise.
    if proxy.is_some() && chain(error).any(|cause| cause.to_string().ends_with("proxy authorization required")) {
        return Failure::ProxyAuthentication { route: shown, proxy };
    }
    let kind = chain(error).filter_map(|cause| cause.downcast_ref::<io::Error>()).map(io::Error::kind).last();
    let reason = match kind {
        Some(io::ErrorKind::ConnectionRefused) => "the connection was refused",
        Some(io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted | io::ErrorKind::UnexpectedEof) => {
            "the connection was closed at once"
        }
        Some(io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkDown) => {
            "the network is unreachable"
        }
        Some(io::ErrorKind::TimedOut) => "the other side did not respond",
        None if proxy.is_some() => "the proxy refused to connect",
        _ => "the host name is unknown, or the network is down",
    };
    Failure::NoConnection { route: shown, reason, proxy }
}

fn tls_failure(error: &rustls::Error, route: &Route) -> Failure {
    let shown = route.shown();
    let certificate = match error {
        rustls::Error::InvalidCertificate(certificate) => certificate,
        rustls::Error::NoCertificatesPresented => &CertificateError::BadEncoding,
        rustls::Error::InvalidMessage(_) => return Failure::NotTls { route: shown },
        _ => return Failure::Handshake { route: shown },
    };
    let (reason, hint) = match certificate {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            ("has expired", "check this machine's clock, then the endpoint")
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            ("is not valid yet", "check this machine's clock, then the endpoint")
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            ("is for another host", "check the host name of the endpoint")
        }
        _ if route.bundle.is_some() => ("is not trusted", ""),
        _ => (
            "is not trusted",
            "if a company proxy inspects TLS, set `AWS_CA_BUNDLE` to a PEM file with its root certificate",
        ),
    };
    let hint = match &route.bundle {
        Some(bundle) if hint.is_empty() => {
            format!("{bundle} replaces the system's certificates: add the root certificate to that file, or unset it")
        }
        _ => hint.to_owned(),
    };
    Failure::Certificate { route: shown, reason, hint }
}

/// An error and its causes. An `io::Error` returns the error inside it only through `get_ref`: its `source` is already
/// the next one.
fn chain<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&error| match error.downcast_ref::<io::Error>() {
        Some(io) => io.get_ref().map(|inner| inner as &(dyn StdError + 'static)),
        None => error.source(),
    })
}
