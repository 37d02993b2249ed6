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
