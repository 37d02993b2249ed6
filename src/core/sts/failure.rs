//! Requests without a response from AWS: no connection, an untrusted certificate, a lost response.
//!
//! SDK errors are inspected by type and never printed: their text shows bodies.

use std::error::Error as StdError;
use std::io;

use aws_sdk_sts::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_async::future::timeout::TimedOutError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use hyper_util::client::legacy;
use rustls::CertificateError;

use crate::core::error::{CodeSpent, Error, ErrorCode};
use crate::core::session::TokenCode;
use crate::core::sts::exchange::Exchange;
use crate::core::sts::refusal::{self, is_throttling};
use crate::core::sts::route::Route;
use crate::core::sts::tunnel;

pub(super) enum Failure {
    Known(Error),
    /// The proxy did not connect; it is still to be asked why.
    NoTunnel {
        wants_login: bool,
    },
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Known(error)
    }
}

/// A request that was sent, with an unknown outcome.
fn lost(what: impl AsRef<str>) -> Error {
    let hint = "wait for the next code and try again";
    Error::new(ErrorCode::AnswerLost, what, hint).after_request(CodeSpent::Maybe)
}

/// A request that was not sent.
fn unsent(code: ErrorCode, what: impl AsRef<str>, hint: impl AsRef<str>) -> Error {
    Error::new(code, what, hint).after_request(CodeSpent::No)
}

/// Why a request did not return what was asked for.
pub(super) fn of<E: ProvideErrorMetadata>(
    error: &SdkError<E, HttpResponse>,
    exchange: &Exchange,
    route: &Route,
    token_code: Option<&TokenCode>,
) -> Failure {
    match error {
        SdkError::ServiceError(service) => {
            let Some(code) = service.err().code() else {
                return without_code(service.raw(), exchange, route).into();
            };
            let message = service.err().message().unwrap_or_default();
            refusal::show_words(message, token_code);
            match service.raw().status().as_u16() {
                status @ 500.. if !is_throttling(code) => {
                    lost(format!("AWS had an internal error (HTTP status {status})")).into()
                }
                _ => refusal::error(code, message, exchange, route).into(),
            }
        }
        SdkError::ResponseError(response) => without_code(response.raw(), exchange, route).into(),
        SdkError::DispatchFailure(dispatch) => match dispatch.as_connector_error() {
            Some(connector) => connection(connector, route),
            None => lost(BROKEN).into(),
        },
        SdkError::TimeoutError(_) => lost("AWS did not respond in time").into(),
        _ if !exchange.was_sent() => {
            let hint = "this is a bug in updsts; please report it";
            unsent(ErrorCode::Internal, "the request could not be built", hint).into()
        }
        _ => lost(MALFORMED).into(),
    }
}

const BROKEN: &str = "the connection was lost before AWS responded";
const MALFORMED: &str = "AWS's response could not be read";

/// A response without an AWS error code.
fn without_code(response: &HttpResponse, exchange: &Exchange, route: &Route) -> Error {
    match response.status().as_u16() {
        200..300 => lost(MALFORMED),
        407 => tunnel::login(route, &tunnel::methods(response.headers().get_all("proxy-authenticate"))),
        429 => refusal::error("Throttling", "", exchange, route),
        status => {
            let what = format!("the response did not come from AWS (HTTP status {status})");
            let hint = "something in between may have responded: check the proxy and the endpoint, then wait for the next code and try again";
            Error::new(ErrorCode::AnswerLost, what, hint).after_request(CodeSpent::Maybe)
        }
    }
}

/// The HTTP client knows whether it failed before the request was sent: while connecting, which includes the proxy's
/// tunnel and TLS.
fn connection(error: &(dyn StdError + 'static), route: &Route) -> Failure {
    let connecting =
        chain(error).find_map(|error| error.downcast_ref::<legacy::Error>()).is_some_and(legacy::Error::is_connect);
    if !connecting {
        return lost(BROKEN).into();
    }
    for cause in chain(error) {
        if cause.is::<TimedOutError>() {
            return no_connection(route, &format!("it took longer than {} s", route.connect_limit.as_secs())).into();
        }
        if let Some(tls) = cause.downcast_ref::<rustls::Error>() {
            return tls_failure(tls, route).into();
        }
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
        None if route.proxy.is_some() => {
            // The type of this error is not public, so its text has to do; if the text changes, the proxy is asked with
            // the login that it has refused.
            let wants_login = chain(error).any(|cause| cause.to_string().ends_with("proxy authorization required"));
            return Failure::NoTunnel { wants_login };
        }
        _ => "the host name is unknown, or the network is down",
    };
    no_connection(route, reason).into()
}

fn no_connection(route: &Route, reason: &str) -> Error {
    let hint = match route.proxy_variable() {
        Some(variable) => format!("check the proxy in `{variable}`, or name the endpoint's host in `NO_PROXY`"),
        None => "check the network, the region and the endpoint; behind a company proxy, set `HTTPS_PROXY`".to_owned(),
    };
    unsent(ErrorCode::Unreachable, format!("no connection to {}: {reason}", route.shown()), hint)
}

fn tls_failure(error: &rustls::Error, route: &Route) -> Error {
    let shown = route.shown();
    let certificate = match error {
        rustls::Error::InvalidCertificate(certificate) => certificate,
        rustls::Error::NoCertificatesPresented => &CertificateError::BadEncoding,
        rustls::Error::InvalidMessage(_) => {
            let hint = "check the endpoint: its port may expect `http://`";
            return unsent(ErrorCode::Unreachable, format!("{shown} does not speak TLS"), hint);
        }
        _ => {
            let what = format!("the TLS handshake with {shown} failed");
            return unsent(ErrorCode::Unreachable, what, "check the endpoint and the proxy");
        }
    };
    let clock = "check this machine's clock, then the endpoint".to_owned();
    let (reason, hint) = match certificate {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => ("has expired", clock),
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => ("is not valid yet", clock),
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            ("is for another host", "check the host name of the endpoint".to_owned())
        }
        _ => (
            "is not trusted",
            match &route.bundle {
                Some(bundle) => format!(
                    "{bundle} replaces the system's certificates: add the root certificate to that file, or unset it"
                ),
                None => "if a company proxy inspects TLS, set `AWS_CA_BUNDLE` to a PEM file with its root certificate"
                    .to_owned(),
            },
        ),
    };
    unsent(ErrorCode::TlsUntrusted, format!("the certificate of {shown} {reason}"), hint)
}

/// An error and its causes. An `io::Error` returns the error inside it only through `get_ref`: its `source` is already
/// the next one.
fn chain<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&error| match error.downcast_ref::<io::Error>() {
        Some(io) => io.get_ref().map(|inner| inner as &(dyn StdError + 'static)),
        None => error.source(),
    })
}
