//! Requests signed by hand, so that each part can be wrong.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_sigv4::sign::v4::{calculate_signature, generate_signing_key};
use jiff::{SignedDuration, Timestamp};
use mock_sts::{DEFAULT_ACCESS_KEY_ID, DEFAULT_SECRET_ACCESS_KEY, MockSts};
use sha2::{Digest, Sha256};

/// A `GetCallerIdentity` of the default user, good as it is.
#[derive(Clone)]
pub(crate) struct RawRequest {
    pub(crate) method: &'static str,
    pub(crate) target: &'static str,
    pub(crate) canonical_query: &'static str,
    pub(crate) access_key_id: String,
    pub(crate) secret_access_key: String,
    pub(crate) region: &'static str,
    pub(crate) service: &'static str,
    pub(crate) terminator: &'static str,
    /// The date of the scope, where it is not the request's.
    pub(crate) scope_date: Option<&'static str>,
    /// The request's time, from now.
    pub(crate) age: SignedDuration,
    /// More headers, signed, in alphabetical order, after `x-amz-d…`.
    pub(crate) signed: Vec<(&'static str, String)>,
    /// More headers, not signed.
    pub(crate) unsigned: Vec<(&'static str, String)>,
    pub(crate) body: String,
    /// The body that is sent, where it is not the one that was signed.
    pub(crate) sent_body: Option<String>,
    /// The `Authorization` header, where it is not made from the above; empty: none.
    pub(crate) authorization: Option<String>,
}

impl Default for RawRequest {
    fn default() -> Self {
        Self {
            method: "POST",
            target: "/",
            canonical_query: "",
            access_key_id: DEFAULT_ACCESS_KEY_ID.to_owned(),
            secret_access_key: DEFAULT_SECRET_ACCESS_KEY.to_owned(),
            region: "us-east-1",
            service: "sts",
            terminator: "aws4_request",
            scope_date: None,
            age: SignedDuration::ZERO,
            signed: Vec::new(),
            unsigned: Vec::new(),
            body: "Action=GetCallerIdentity&Version=2011-06-15".to_owned(),
            sent_body: None,
            authorization: None,
        }
    }
}

impl RawRequest {
    pub(crate) fn with_body(body: &str) -> Self {
        Self { body: body.to_owned(), ..Self::default() }
    }

    /// The request as it goes over the wire, on a connection of its own.
    pub(crate) fn to_bytes(&self, address: SocketAddr) -> Vec<u8> {
        let time = Timestamp::now() - self.age;
        let date_time = jiff::fmt::strtime::format("%Y%m%dT%H%M%SZ", time).unwrap();
        let date = self.scope_date.unwrap_or(&date_time[..8]);
        let host = address.to_string();
        let mut headers = vec![("host", host), ("x-amz-date", date_time.clone())];
        headers.extend(self.signed.iter().cloned());

        let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
        let names = names.join(";");
        let lines: Vec<String> = headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
        let hash = |text: &str| hex::encode(Sha256::digest(text));
        let canonical =
            format!("{}\n/\n{}\n{}\n{names}\n{}", self.method, self.canonical_query, lines.concat(), hash(&self.body));
        let scope = format!("{date}/{}/{}/{}", self.region, self.service, self.terminator);
        let to_sign = format!("AWS4-HMAC-SHA256\n{date_time}\n{scope}\n{}", hash(&canonical));
        let seconds = u64::try_from(time.as_second()).unwrap();
        let day: SystemTime = UNIX_EPOCH + Duration::from_secs(seconds);
        let key = generate_signing_key(&self.secret_access_key, day, self.region, self.service);
        let signature = calculate_signature(key, to_sign.as_bytes());
        let authorization = self.authorization.clone().unwrap_or_else(|| {
            let id = &self.access_key_id;
            format!("AWS4-HMAC-SHA256 Credential={id}/{scope}, SignedHeaders={names}, Signature={signature}")
        });

        let body = self.sent_body.as_ref().unwrap_or(&self.body);
        let mut lines = vec![format!("{} {} HTTP/1.1", self.method, self.target)];
        lines.extend(headers.iter().chain(&self.unsigned).map(|(name, value)| format!("{name}: {value}")));
        if !authorization.is_empty() {
            lines.push(format!("authorization: {authorization}"));
        }
        lines.push("connection: close".to_owned());
        lines.push(format!("content-length: {}", body.len()));
        format!("{}\r\n\r\n{body}", lines.join("\r\n")).into_bytes()
    }

    pub(crate) fn send(&self, sts: &MockSts) -> RawAnswer {
        self.send_to(sts.address())
    }

    pub(crate) fn send_to(&self, address: SocketAddr) -> RawAnswer {
        let mut connection = TcpStream::connect(address).unwrap();
        connection.write_all(&self.to_bytes(address)).unwrap();
        let mut text = String::new();
        connection.read_to_string(&mut text).unwrap();
        RawAnswer { text }
    }
}

/// An answer as it came over the wire; empty where the connection ended without one.
#[derive(Debug)]
pub(crate) struct RawAnswer {
    pub(crate) text: String,
}

impl RawAnswer {
    pub(crate) fn status(&self) -> u16 {
        self.text.split(' ').nth(1).unwrap().parse().unwrap()
    }

    /// All values of a header.
    pub(crate) fn header(&self, name: &str) -> Vec<&str> {
        let head = self.text.split("\r\n\r\n").next().unwrap();
        let headers = head.lines().filter_map(|line| line.split_once(": "));
        headers.filter(|(given, _)| given.eq_ignore_ascii_case(name)).map(|(_, value)| value).collect()
    }

    pub(crate) fn body(&self) -> &str {
        self.text.split_once("\r\n\r\n").unwrap().1
    }

    /// The text of the first element of this name.
    pub(crate) fn element(&self, name: &str) -> &str {
        let (_, rest) = self.body().split_once(&format!("<{name}>")).unwrap_or_else(|| panic!("{}", self.text));
        rest.split_once(&format!("</{name}>")).unwrap().0
    }

    /// `403 AccessDenied: …`
    pub(crate) fn refusal(&self) -> String {
        let message = self.element("Message").replace("&amp;", "&").replace("&quot;", "\"");
        format!("{} {}: {message}", self.status(), self.element("Code"))
    }
}
