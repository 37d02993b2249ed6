//! Endpoints that do not respond as AWS does: without end, or with what they were sent (GET-11, CLI-9).

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use super::sandbox::{Run, SOURCE, Sandbox};

/// An endpoint that hands each connection with its request to `respond`.
fn endpoint(respond: impl Fn(&mut TcpStream, &str) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let (mut request, mut chunk) = (String::new(), [0; 4096]);
            while !request.contains("TokenCode=") {
                let read = stream.read(&mut chunk).unwrap();
                assert!(read > 0, "the request ended early");
                request.push_str(std::str::from_utf8(&chunk[..read]).unwrap());
            }
            respond(&mut stream, &request);
        }
    });
    url
}

#[test]
fn get_11_an_answer_without_end_is_lost_and_costs_no_memory() {
    let chunk = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
    let session = "<GetSessionTokenResponse><GetSessionTokenResult><Credentials>";
    let cases = [
        ("HTTP/1.1 200 OK\r\n\r\n".to_owned(), "x".repeat(0x10000)),
        (format!("HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n{session}"), " ".repeat(0x10000)),
        ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_owned(), chunk.clone()),
        ("HTTP/1.1 403 Forbidden\r\ntransfer-encoding: chunked\r\n\r\n".to_owned(), chunk),
        ("HTTP/1.1 200 OK\r\n".to_owned(), format!("x-header: {}\r\n", "x".repeat(1000))),
        ("HTTP/1.1 200 ".to_owned(), "x".repeat(0x10000)),
    ];
    for (start, more) in cases {
        let shown = start.clone();
        let url = endpoint(move |stream, _| {
            stream.write_all(start.as_bytes()).unwrap();
            while stream.write_all(more.as_bytes()).is_ok() {}
        });
        let sandbox = Sandbox::new();
        let mut command = sandbox.process(["get", "-n", "default", "-t", "123456", "--endpoint-url", &url]);
        let mut child =
            command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap();
        let (began, mut most) = (std::time::Instant::now(), 0);
        while child.try_wait().unwrap().is_none() {
            most = most.max(super::sandbox::peak(&child).unwrap_or(0));
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        let run = Run::of(child.wait_with_output().unwrap()).fails("answer_lost", 5).says("the code may be spent");
        assert!(most < 32 * 1024, "{most} KiB: {shown} {run:?}");
        assert!(began.elapsed().as_secs() < 5, "{:?}: {shown}", began.elapsed());
        assert_eq!(sandbox.read(), SOURCE);
    }
}

/// A response whose header repeats the body of the request, and whose body the header.
fn echo(status: u16, stream: &mut TcpStream, request: &str) {
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    let signature = head.lines().find(|line| line.starts_with("authorization")).unwrap();
    let text = format!(
        "<ErrorResponse><Error><Code>AccessDenied</Code><Message>{body} {signature}</Message></Error></ErrorResponse>"
    );
    let length = text.len();
    let head = format!(
        "HTTP/1.1 {status} X\r\nx-echo: {body}\r\nx-amzn-requestid: {body}\r\ncontent-length: {length}\r\n\r\n"
    );
    stream.write_all((head + &text).as_bytes()).unwrap();
}

#[test]
fn cli_9_nothing_of_an_exchange_is_logged_that_repeats_the_request() {
    for status in [200, 302, 400, 403, 503] {
        let url = endpoint(move |stream, request| echo(status, stream, request));
        let sandbox = Sandbox::new();
        let run = sandbox.run(["-v", "2", "get", "-n", "default", "-t", "731946", "--endpoint-url", &url]);
        assert_ne!(run.status, Some(0));
        for canary in ["731946", "TokenCode", "x-echo", "Signature=", "AWS4-HMAC"] {
            assert!(!run.stderr.contains(canary), "{canary}: {}", run.stderr);
        }
        assert!(run.stderr.contains("DEBUG"), "{}", run.stderr);
    }
}
