//! Connections that live longer than one request.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use mock_sts::MockSts;

use crate::raw::RawRequest;

/// More than the mock keeps open.
const MANY: usize = 300;

fn kept_alive(address: SocketAddr) -> Vec<u8> {
    let request =
        RawRequest { edit_head: |head| head.replace("connection: close", "accept: */*"), ..RawRequest::default() };
    request.to_bytes(address)
}

/// Reads that many responses to `GetCallerIdentity`.
fn read_answers(connection: &mut TcpStream, number: usize) -> String {
    let mut text = String::new();
    let mut part = [0; 4096];
    while text.matches("</GetCallerIdentityResponse>").count() < number {
        let length = connection.read(&mut part).unwrap();
        assert!(length > 0, "the connection was closed after: {text}");
        text.push_str(&String::from_utf8_lossy(&part[..length]));
    }
    text
}

#[test]
fn who_asks_again_and_again_is_not_closed_for_those_who_only_wait() {
    let sts = MockSts::start();
    let address = sts.address();
    let mut connection = TcpStream::connect(address).unwrap();
    let mut waiting = Vec::new();
    for _ in 0..MANY {
        connection.write_all(&kept_alive(address)).unwrap();
        read_answers(&mut connection, 1);
        let mut half_open = TcpStream::connect(address).unwrap();
        half_open.write_all(b"POST / HT").unwrap();
        waiting.push(half_open);
    }
    // The one that waited longest was closed.
    assert_eq!(waiting[0].read(&mut [0]).unwrap_or(0), 0);
}

#[test]
fn requests_that_were_sent_at_once_are_answered_one_by_one() {
    let sts = MockSts::start();
    let mut connection = TcpStream::connect(sts.address()).unwrap();
    connection.write_all(&kept_alive(sts.address()).repeat(20)).unwrap();
    let text = read_answers(&mut connection, 20);
    assert_eq!(text.matches("HTTP/1.1 200 OK\r\n").count(), 20);
    assert_eq!(sts.request_count(), 20);
}

/// A change of the head, and the body that is sent.
type Edited<'a> = (fn(String) -> String, &'a str);

/// The first line of what comes back for a request whose head was changed.
fn first_line(sts: &MockSts, edit_head: fn(String) -> String, body: &str) -> String {
    let request = RawRequest { edit_head, sent_body: Some(body.to_owned()), ..RawRequest::default() };
    let answer = request.send(sts).text;
    answer.lines().next().unwrap_or_default().to_owned()
}

#[test]
fn what_can_be_read_in_two_ways_is_no_request() {
    const BODY: &str = "Action=GetCallerIdentity&Version=2011-06-15";
    let chunked = format!("{:x}\r\n{BODY}\r\n0\r\n\r\n", BODY.len());
    let sts = MockSts::start();
    let good: [Edited<'_>; 4] = [
        (|head| head, BODY),
        (|head| format!("{head}\r\ncontent-length: 43"), BODY),
        (
            |head| format!("{}\r\ntransfer-encoding: chunked", head.split("\r\ncontent-length").next().unwrap()),
            &chunked,
        ),
        (|head| head.replace(" HTTP/1.1", " HTTP/1.0"), BODY),
    ];
    for (edit, body) in good {
        assert!(first_line(&sts, edit, body).ends_with(" 200 OK"));
    }
    let bad: [Edited<'_>; 5] = [
        (|head| format!("{head}\r\ncontent-length: 1"), BODY),
        (
            |head| {
                let head = head.split("\r\ncontent-length").next().unwrap();
                format!("{head}\r\ntransfer-encoding: gzip, chunked")
            },
            &chunked,
        ),
        (|head| head.replace("POST / ", "POST http://example.com/ "), BODY),
        (|head| head.replace("host: ", "x-host: "), BODY),
        (|head| format!("{head}\r\nhost: example.com"), BODY),
    ];
    for (number, (edit, body)) in bad.into_iter().enumerate() {
        assert_eq!(first_line(&sts, edit, body), "HTTP/1.1 400 Bad Request", "{number}");
    }
    assert_eq!(sts.request_count(), 4);
}
