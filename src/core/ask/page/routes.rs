//! Which requests the page answers. To any other one it says nothing.

use std::borrow::Cow;
use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use tokio::time::timeout;
use url::form_urlencoded;

use crate::core::ask::page::board::{Board, Posted, is_same};
use crate::core::ask::page::html;
use crate::core::secret::SecretString;

/// The largest body, in bytes.
const MOST_BYTES: usize = 1024;
/// How long a body may take.
const BODY_TIME: Duration = Duration::from_secs(5);
/// How long a page waits for what AWS says of a code, before it says that it waits.
const ANSWER_TIME: Duration = Duration::from_secs(2);

type Reply = Response<Full<Bytes>>;

/// `is_known` is set for who names the page.
pub async fn respond(request: Request<Incoming>, board: &Board, is_known: &AtomicBool) -> Result<Reply, Infallible> {
    Ok(reply(request, board, is_known).await.unwrap_or_else(|| {
        let mut nothing = Reply::default();
        *nothing.status_mut() = StatusCode::NOT_FOUND;
        nothing
    }))
}

async fn reply(request: Request<Incoming>, board: &Board, is_known: &AtomicBool) -> Option<Reply> {
    let target = request.uri().path_and_query().filter(|_| request.uri().authority().is_none())?;
    if !is_same(&board.path, target.as_str()) || only(request.headers(), &header::HOST)? != board.host.as_str() {
        return None;
    }
    is_known.store(true, Ordering::Relaxed);
    match *request.method() {
        Method::GET => page(board).await,
        Method::POST => {
            check_origin(request.headers(), board)?;
            let posted = timeout(BODY_TIME, posted(request)).await.ok()??;
            board.take(posted).then(|| see(&board.path))
        }
        _ => None,
    }
}

/// Browsers say which page a form was on; no other page may answer the question.
fn check_origin(headers: &HeaderMap, board: &Board) -> Option<()> {
    let origin = only(headers, &header::ORIGIN)?;
    let is_own = origin.as_bytes().strip_prefix(b"http://") == Some(board.host.as_bytes());
    let site = HeaderName::from_static("sec-fetch-site");
    let is_own_site = !headers.contains_key(&site) || only(headers, &site)? == "same-origin";
    let is_form = only(headers, &header::CONTENT_TYPE)? == "application/x-www-form-urlencoded";
    (is_own && is_own_site && is_form).then_some(())
}

/// The value of a header that is there once.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a HeaderValue> {
    let mut values = headers.get_all(name).iter();
    values.next().filter(|_| values.next().is_none())
}

async fn posted(request: Request<Incoming>) -> Option<Posted> {
    let body = Limited::new(request.into_body(), MOST_BYTES).collect().await.ok()?.to_bytes();
    let (mut nonce, mut code, mut is_declined) = (None, None, false);
    for (name, value) in form_urlencoded::parse(&body) {
        match &*name {
            "nonce" => nonce = Some(value.into_owned()),
            "code" => code = Some(secret(value)),
            "decline" => is_declined = true,
            _ => return None,
        }
    }
    (code.is_some() != is_declined).then_some(Posted { nonce: nonce?, code })
}

/// Without a copy that is not wiped.
fn secret(text: Cow<'_, str>) -> SecretString {
    match text {
        Cow::Borrowed(text) => SecretString::from(text),
        Cow::Owned(text) => SecretString::from(text),
    }
}

async fn page(board: &Board) -> Option<Reply> {
    board.after_code(ANSWER_TIME).await;
    let page = board.show(|state| html::page(board, state))?;
    let mut reply = Reply::new(Full::from(page));
    let policy = format!(
        "default-src 'none'; style-src '{}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
        html::STYLE_HASH
    );
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::CONTENT_SECURITY_POLICY, &policy),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ];
    for (name, value) in headers {
        reply.headers_mut().insert(name, HeaderValue::from_str(value).expect("the values are ASCII"));
    }
    Some(reply)
}

/// Brings the person to the page, so that nothing is posted again when it is loaded again.
fn see(path: &str) -> Reply {
    let mut reply = Reply::default();
    *reply.status_mut() = StatusCode::SEE_OTHER;
    let location = HeaderValue::from_str(path).expect("the path is of hexadecimal digits");
    reply.headers_mut().insert(header::LOCATION, location);
    reply.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    reply.headers_mut().insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    reply
}
