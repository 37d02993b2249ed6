//! A page in a browser, by raw HTTP.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// The page in a browser.
pub struct Visit {
    pub host: String,
    pub path: String,
}

#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Visit {
    pub fn new(url: &str) -> Self {
        let (host, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
        Self { host: host.to_owned(), path: format!("/{path}") }
    }

    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.host).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream
    }

    /// What the server says to these bytes; `None` if it says nothing at all.
    pub fn send(&self, bytes: &str) -> Option<Reply> {
        let mut stream = self.connect();
        // The server may have refused it by then.
        let _ = stream.write_all(bytes.as_bytes());
        let mut said = Vec::new();
        // What was not read makes the end of a connection an error.
        let _ = stream.read_to_end(&mut said);
        let said = String::from_utf8(said).unwrap();
        let (head, body) = said.split_once("\r\n\r\n")?;
        let status = head.strip_prefix("HTTP/1.1 ")?[..3].parse().unwrap();
        Some(Reply { status, head: head.to_ascii_lowercase(), body: body.to_owned() })
    }

    pub fn get(&self) -> Reply {
        self.send(&format!("GET {} HTTP/1.1\r\nHost: {}\r\n\r\n", self.path, self.host)).unwrap()
    }

    pub fn own(&self) -> String {
        format!("Origin: http://{}\r\nSec-Fetch-Site: same-origin\r\n", self.host)
    }

    pub fn post(&self, body: &str) -> Reply {
        self.send(&posted_to(&self.path, &self.host, &self.own(), body)).unwrap()
    }

    pub fn nonce(&self) -> String {
        self.get().nonce()
    }

    /// Brings the person to the page again.
    pub fn send_code(&self, code: &str) -> Reply {
        let reply = self.post(&format!("nonce={}&code={code}", self.nonce()));
        assert_eq!((reply.status, reply.header("location")), (303, self.path.as_str()), "{reply:?}");
        self.get()
    }

    /// The same, and waits until AWS has said something.
    pub fn answer(&self, code: &str) -> Reply {
        let mut reply = self.send_code(code);
        while reply.body.contains("http-equiv=refresh content=0>") {
            reply = self.get();
        }
        reply
    }
}

/// A form that is posted, with these headers too.
pub fn posted_to(path: &str, host: &str, more: &str, body: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nHost: {host}\r\n{more}Content-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

impl Reply {
    pub fn header(&self, name: &str) -> &str {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).unwrap_or_default()
    }

    pub fn nonce(&self) -> String {
        assert_eq!(self.status, 200, "{self:?}");
        let (_, rest) = self.body.split_once("name=nonce value=").unwrap();
        rest.split('>').next().unwrap().to_owned()
    }

    #[track_caller]
    pub fn shows(&self, text: &str) -> &Self {
        assert!(self.status == 200 && self.body.contains(text), "{text:?} is not in {self:?}");
        self
    }

    /// Nothing was said.
    #[track_caller]
    pub fn is_refused(&self) {
        assert!(self.status >= 400 && self.body.is_empty(), "{self:?}");
    }
}
