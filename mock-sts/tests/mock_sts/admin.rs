//! `/_mock/`, for programs in other languages.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use mock_sts::{DEFAULT_MFA_SERIAL, DEFAULT_SECRET_ACCESS_KEY, MockSts};
use serde_json::{Value, json};

use crate::client::Client;
use crate::raw::RawRequest;

/// Status and body of an answer.
fn ask_with(address: SocketAddr, method: &str, path: &str, headers: &str, body: &str) -> (u16, Value) {
    let mut connection = TcpStream::connect(address).unwrap();
    let length = body.len();
    let head = format!("{method} {path} HTTP/1.1\r\n{headers}connection: close\r\ncontent-length: {length}\r\n\r\n");
    connection.write_all(format!("{head}{body}").as_bytes()).unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), serde_json::from_str(body).unwrap_or(json!(body)))
}

fn ask(sts: &MockSts, method: &str, path: &str, body: &str) -> (u16, Value) {
    ask_with(sts.address(), method, path, &format!("host: {}\r\n", sts.address()), body)
}

#[test]
fn the_log_is_read_as_json_without_secrets_and_codes() {
    let sts = MockSts::builder().token_code("918273").start();
    assert_eq!(ask(&sts, "GET", "/_mock/requests", ""), (200, json!([])));
    let session = Client::of(&sts).session_of(DEFAULT_MFA_SERIAL, "918273", 900).unwrap();
    Client::with_session(&sts, &session).session("918273").unwrap_err();
    let (status, requests) = ask(&sts, "GET", "/_mock/requests", "");
    assert_eq!((status, requests.as_array().unwrap().len()), (200, 2));
    assert_eq!(
        requests[0],
        json!({
            "action": "GetSessionToken", "access_key_id": "AKIAIOSFODNN7EXAMPLE", "region": "us-east-1",
            "duration_seconds": "900", "serial_number": DEFAULT_MFA_SERIAL, "role_arn": null,
            "role_session_name": null, "token_code_given": true, "outcome": "OK",
            "request_id": sts.requests()[0].request_id,
        })
    );
    assert_eq!(requests[1]["outcome"], "AccessDenied");
    let text = requests.to_string();
    for secret in ["918273", DEFAULT_SECRET_ACCESS_KEY, &session.secret_access_key, &session.session_token] {
        assert!(!text.contains(secret));
    }
    // What is asked here is not in the log.
    assert_eq!(ask(&sts, "GET", "/_mock/health", ""), (200, json!({ "status": "ok", "requests": 2 })));
}

#[test]
fn faults_are_replaced_all_or_none() {
    let sts = MockSts::start();
    let put = |body: &str| ask(&sts, "PUT", "/_mock/faults", body);
    assert_eq!(put(r#"["5xx:1", "error=Throttling:1"]"#), (200, json!({ "faults": ["5xx:1", "error=Throttling:1"] })));
    let outcome = || RawRequest::default().send(&sts).status();
    assert_eq!([outcome(), outcome(), outcome()], [503, 400, 200]);

    assert_eq!(put(r#"["5xx"]"#).0, 200);
    for (body, problem) in [
        ("", "give a JSON list of faults"),
        (r#"{"faults": []}"#, "give a JSON list of faults"),
        ("[1]", "give a JSON list of faults"),
        (r#"["drop", "explode"]"#, "`explode` is not a fault: "),
        (r#"["error=NoSuchThing"]"#, "`error=NoSuchThing` is not a fault: "),
    ] {
        let (status, answer) = put(body);
        assert!(status == 400 && answer["error"].as_str().unwrap().starts_with(problem), "{answer}");
    }
    assert_eq!(outcome(), 503);
    assert_eq!(put("[]").0, 200);
    assert_eq!(outcome(), 200);
}

#[test]
fn a_session_is_ended_early() {
    let sts = MockSts::start();
    let client = Client::of(&sts);
    let (one, other) = (client.session("123456").unwrap(), client.session("123456").unwrap());
    let expire = |id: &str| ask(&sts, "PUT", &format!("/_mock/sessions/{id}/expire"), "");
    let id = &one.access_key_id;
    assert_eq!(expire(id), (200, json!({ "expired": id })));
    assert_eq!(expire(id).0, 200);
    let refused = Client::with_session(&sts, &one).identity().unwrap_err();
    assert_eq!(refused.to_string(), "403 ExpiredToken: The security token included in the request is expired");
    assert!(Client::with_session(&sts, &other).identity().is_ok());
    assert!(client.identity().is_ok());

    for id in ["ASIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLE", ""] {
        assert_eq!(expire(id).0, 404, "{id}");
    }
    assert!(sts.expire_session(&other.access_key_id) && !sts.expire_session("ASIAIOSFODNN7EXAMPLE"));
    assert_eq!(Client::with_session(&sts, &other).identity().unwrap_err().code, "ExpiredToken");
}

#[test]
fn other_paths_and_methods_are_told_apart() {
    let sts = MockSts::start();
    for (method, path, status) in [
        ("POST", "/_mock/requests", 405),
        ("GET", "/_mock/faults", 405),
        ("PUT", "/_mock/health", 405),
        ("GET", "/_mock/sessions/ASIAIOSFODNN7EXAMPLE/expire", 405),
        ("GET", "/_mock/", 404),
        ("GET", "/_mock/requests/", 404),
    ] {
        let (given, answer) = ask(&sts, method, path, "");
        assert!(given == status && answer["error"].is_string(), "{method} {path}: {given} {answer}");
    }
    // Faults of STS do not befall it.
    sts.set_fault(mock_sts::Fault::Drop, None);
    assert_eq!(ask(&sts, "GET", "/_mock/health", "").0, 200);
}

#[test]
fn only_programs_on_this_machine_may_ask() {
    let sts = MockSts::start();
    let status = |headers: &str| ask_with(sts.address(), "GET", "/_mock/requests", headers, "").0;
    for headers in ["host: localhost:1\r\n", "host: [::1]:1\r\n", "host: 127.0.0.1\r\n"] {
        assert_eq!(status(headers), 200, "{headers}");
    }
    for headers in [
        "host: evil.example\r\n",
        "host: localhost.evil.example\r\n",
        "host: 127.0.0.1\r\norigin: https://evil.example\r\n",
        "host: 127.0.0.1\r\norigin: null\r\n",
    ] {
        assert_eq!(status(headers), 403, "{headers}");
    }
}

#[test]
fn it_can_be_left_out() {
    let sts = MockSts::builder().admin(false).start();
    let (status, answer) = ask(&sts, "GET", "/_mock/requests", "");
    assert_eq!(status, 403);
    assert!(answer.as_str().unwrap().contains("<Code>MissingAuthenticationToken</Code>"), "{answer}");
}
