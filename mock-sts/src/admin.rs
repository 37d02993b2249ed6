//! What programs in other languages do with the mock, at `/_mock/`.

use std::net::{IpAddr, SocketAddr};

use http_body_util::Full;
use hyper::header::{HOST, ORIGIN};
use hyper::http::request::Parts;
use hyper::http::uri::Authority;
use hyper::{Method, Response, StatusCode};
use serde_json::{Value, json};

use crate::answer::Reply;
use crate::fault::{FaultRule, Faults};
use crate::service::Service;

const PREFIX: &str = "/_mock/";

/// A status, and what to say.
type Outcome = Result<Value, (StatusCode, String)>;

pub(crate) fn is_for(path: &str) -> bool {
    path.starts_with(PREFIX)
}

/// Answers a request of `peer`.
pub(crate) fn respond(service: &Service, peer: SocketAddr, parts: &Parts, body: &[u8]) -> Reply {
    let outcome = if is_local(peer, parts) {
        perform(service, &parts.method, parts.uri.path().strip_prefix(PREFIX).unwrap_or_default(), body)
    } else {
        Err((StatusCode::FORBIDDEN, "only programs on this machine may ask".to_owned()))
    };
    let (status, value) = match outcome {
        Ok(value) => (StatusCode::OK, value),
        Err((status, problem)) => (status, json!({ "error": problem })),
    };
    let response = Response::builder().status(status).header("content-type", "application/json");
    response.body(Full::from(value.to_string())).unwrap_or_default()
}

/// From this machine, and from no page in a browser: that would send its origin, or have a name for the mock.
fn is_local(peer: SocketAddr, parts: &Parts) -> bool {
    let host = parts.headers.get(HOST).and_then(|host| host.to_str().ok()?.parse::<Authority>().ok());
    let is_address = host.is_some_and(|host| {
        let host = host.host().trim_matches(['[', ']']);
        host == "localhost" || host.parse::<IpAddr>().is_ok()
    });
    peer.ip().to_canonical().is_loopback() && is_address && !parts.headers.contains_key(ORIGIN)
}

fn perform(service: &Service, method: &Method, path: &str, body: &[u8]) -> Outcome {
    let is_put = *method == Method::PUT;
    match path {
        "health" if *method == Method::GET => Ok(json!({ "status": "ok", "requests": service.requests().1 })),
        "requests" if *method == Method::GET => Ok(json!(service.requests().0)),
        "faults" if is_put => set_faults(service, body),
        "health" | "requests" | "faults" => Err((StatusCode::METHOD_NOT_ALLOWED, "not with this method".to_owned())),
        _ => {
            let session = path.strip_prefix("sessions/").and_then(|rest| rest.strip_suffix("/expire"));
            match session {
                Some(_) if !is_put => Err((StatusCode::METHOD_NOT_ALLOWED, "not with this method".to_owned())),
                Some(id) if service.end_session(id) => Ok(json!({ "expired": id })),
                Some(_) => Err((StatusCode::NOT_FOUND, "no session with this access key id was issued".to_owned())),
                None => Err((
                    StatusCode::NOT_FOUND,
                    "there are health, requests, faults, and sessions/ACCESS_KEY_ID/expire".to_owned(),
                )),
            }
        }
    }
}

/// Replaces all faults, or none if one is wrong.
fn set_faults(service: &Service, body: &[u8]) -> Outcome {
    let texts: Vec<String> = serde_json::from_slice(body)
        .map_err(|_| (StatusCode::BAD_REQUEST, "give a JSON list of faults, such as [\"5xx:2\"]".to_owned()))?;
    let rules: Result<Vec<FaultRule>, _> = texts.iter().map(|text| text.parse()).collect();
    let rules = rules.map_err(|error| (StatusCode::BAD_REQUEST, error.to_string()))?;
    service.change_faults(|faults| *faults = Faults::new(rules));
    Ok(json!({ "faults": texts }))
}

#[cfg(test)]
mod tests {
    use hyper::Request;

    use super::*;

    #[test]
    fn a_peer_of_another_machine_is_not_local() {
        let (parts, ()) = Request::builder().header("host", "127.0.0.1:1").body(()).unwrap().into_parts();
        for peer in ["127.0.0.1:1", "127.1.2.3:1", "[::1]:1", "[::ffff:127.0.0.1]:1"] {
            assert!(is_local(peer.parse().unwrap(), &parts), "{peer}");
        }
        for peer in ["192.0.2.1:1", "0.0.0.0:1", "[2001:db8::1]:1", "[::ffff:192.0.2.1]:1"] {
            assert!(!is_local(peer.parse().unwrap(), &parts), "{peer}");
        }
    }
}
