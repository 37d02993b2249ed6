//! Why a proxy refuses to connect (GET-10). The HTTP client does not say what it answered, so it is asked once more.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use url::Url;

use crate::core::error::{CodeSpent, Error, ErrorCode};
use crate::core::sts::route::Route;

/// The longest head of an answer that is read, as in the HTTP client.
const MAX_HEAD: usize = 8192;

/// The error for a tunnel that the proxy refused. A proxy that requires a login is asked without one, because a second wrong
/// password may lock the account.
pub(super) async fn error(route: &Route, wants_login: bool) -> Error {
    let answer = timeout(route.connect_limit, ask(route, !wants_login)).await.ok().flatten();
    let methods = match answer {
        Some((407, methods)) => methods,
        _ if wants_login => Vec::new(),
        answer => return refused(route, answer.map(|(status, _)| status)),
    };
    login(route, &methods)
}

fn refused(route: &Route, status: Option<u16>) -> Error {
    let (shown, variable) = (route.shown(), route.proxy_variable().unwrap_or_default());
    let (what, hint) = match status {
        Some(403) => (
            format!("the proxy forbids the connection to {shown} (HTTP status 403)"),
            format!("ask whoever runs the proxy in `{variable}` to allow that host, or name it in `NO_PROXY`"),
        ),
        Some(status @ 500..) => (
            format!("the proxy could not connect to {shown} (HTTP status {status})"),
            format!(
                "the proxy in `{variable}` or the network behind it has a problem: check the endpoint, then try again later"
            ),
        ),
        status => (
            format!(
                "no connection to {shown}: the proxy refused to connect{}",
                status.map_or_else(String::new, |status| format!(" (HTTP status {status})"))
            ),
            format!("check the proxy in `{variable}`, or name the endpoint's host in `NO_PROXY`"),
        ),
    };
    unreachable(&what, &hint)
}

/// The error for a proxy that requires a login by one of the methods.
pub(super) fn login(route: &Route, methods: &[String]) -> Error {
    let (shown, variable) = (route.shown(), route.proxy_variable().unwrap_or("HTTPS_PROXY"));
    if methods.is_empty() || methods.iter().any(|method| method.eq_ignore_ascii_case("basic")) {
        return unreachable(
            &format!("the proxy requires a valid user name and password: {shown}"),
            &format!(
                "set them in `{variable}`, as in `http://user:password@host:port`, with special characters percent-encoded"
            ),
        );
    }
    unreachable(
        &format!("the proxy offers only `{}` to log in, and only `Basic` works: {shown}", methods.join("`, `")),
        &format!(
            "set `{variable}` to a local proxy that logs in for you, such as px or cntlm, or name the endpoint's host in `NO_PROXY`"
        ),
    )
}

/// The methods that a proxy offers: the first word of each challenge.
pub(super) fn methods<'a>(challenges: impl Iterator<Item = &'a str>) -> Vec<String> {
    let words = challenges.flat_map(|value| value.split(',')).filter_map(|part| part.split_whitespace().next());
    // A comma also separates the parameters of one challenge.
    let is_method = |word: &&str| word.len() <= 20 && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    words.filter(is_method).take(5).map(str::to_owned).collect()
}

fn unreachable(message: &str, hint: &str) -> Error {
    Error::new(ErrorCode::Unreachable, message, hint).after_request(CodeSpent::No)
}

/// The status and the methods of the answer to a CONNECT. Nothing is sent through the tunnel.
async fn ask(route: &Route, with_login: bool) -> Option<(u16, Vec<String>)> {
    let proxy = route.proxy.as_ref().filter(|proxy| !proxy.is_https())?.intercept(&route.endpoint)?;
    let host = proxy.uri().host()?.trim_matches(['[', ']']);
    let mut stream = TcpStream::connect((host, proxy.uri().port_u16().unwrap_or(80))).await.ok()?;
    let url = Url::parse(&route.endpoint).ok()?;
    let target = format!("{}:{}", url.host_str()?, url.port_or_known_default()?);
    let mut request = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n").into_bytes();
    if let Some(login) = proxy.basic_auth().filter(|_| with_login) {
        request.extend([b"Proxy-Authorization: ", login.as_bytes(), b"\r\n"].concat());
    }
    stream.write_all(&[&request[..], b"\r\n"].concat()).await.ok()?;
    let mut head = Vec::with_capacity(MAX_HEAD);
    loop {
        let is_end = stream.read_buf(&mut head).await.ok()? == 0;
        let mut headers = [httparse::EMPTY_HEADER; 100];
        let mut answer = httparse::Response::new(&mut headers);
        if answer.parse(&head).ok()?.is_complete() {
            let challenges = answer.headers.iter().filter(|h| h.name.eq_ignore_ascii_case("proxy-authenticate"));
            return Some((answer.code?, methods(challenges.filter_map(|h| std::str::from_utf8(h.value).ok()))));
        }
        if is_end || head.len() >= MAX_HEAD {
            return None;
        }
    }
}
