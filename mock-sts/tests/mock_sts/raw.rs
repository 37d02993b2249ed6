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
    /// Signed; empty: not sent.
    pub(crate) content_type: &'static str,
    /// More headers, signed.
    pub(crate) signed: Vec<(&'static str, String)>,
    /// More headers, not signed.
    pub(crate) unsigned: Vec<(&'static str, String)>,
    pub(crate) body: String,
    /// The body that is sent, where it is not the one that was signed.
    pub(crate) sent_body: Option<String>,
    /// The names of `SignedHeaders`, where they are not all of the signed headers, sorted. They are signed as they stand.
    pub(crate) names: Option<&'static str>,
    /// The `Authorization` header, where it is not made from the above; empty: none.
    pub(crate) authorization: Option<String>,
    /// Changes the `Authorization` header.
    pub(crate) edit: fn(String) -> String,
    /// Changes the text of the date that is sent and signed.
    pub(crate) edit_date: fn(String) -> String,
    /// Changes the finished request.
    pub(crate) edit_head: fn(String) -> String,
}

pub(crate) const FORM: &str = "application/x-www-form-urlencoded";

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
            content_type: FORM,
            signed: Vec::new(),
            unsigned: Vec::new(),
            body: "Action=GetCallerIdentity&Version=2011-06-15".to_owned(),
            sent_body: None,
            names: None,
            authorization: None,
            edit: |text| text,
            edit_date: |text| text,
            edit_head: |text| text,
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
        let date = self.scope_date.unwrap_or(&date_time[..8]).to_owned();
        let date_time = (self.edit_date)(date_time);
        let headers = self.headers(address, &date_time);
        let sorted: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
        let names = self.names.map_or_else(|| sorted.join(";"), str::to_owned);
        let value = |name: &str| {
            let sent = headers.iter().chain(&self.unsigned).find(|(given, _)| name.eq_ignore_ascii_case(given));
            let words = sent.map_or("", |(_, value)| value).split_ascii_whitespace();
            words.collect::<Vec<_>>().join(" ")
        };
        let lines: Vec<String> = names.split(';').map(|name| format!("{name}:{}\n", value(name))).collect();
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
            let text =
                format!("AWS4-HMAC-SHA256 Credential={id}/{scope}, SignedHeaders={names}, Signature={signature}");
            (self.edit)(text)
        });

        let body = self.sent_body.as_ref().unwrap_or(&self.body);
        let mut lines = vec![format!("{} {} HTTP/1.1", self.method, self.target)];
        lines.extend(headers.iter().chain(&self.unsigned).map(|(name, value)| format!("{name}: {value}")));
        if !authorization.is_empty() {
            lines.push(format!("authorization: {authorization}"));
        }
        lines.push("connection: close".to_owned());
        lines.push(format!("content-length: {}", body.len()));
        format!("{}\r\n\r\n{body}", (self.edit_head)(lines.join("\r\n"))).into_bytes()
    }

    /// The signed headers, sorted.
    fn headers(&self, address: SocketAddr, date_time: &str) -> Vec<(&'static str, String)> {
        let mut headers = vec![("host", address.to_string())];
        if !date_time.is_empty() {
            headers.push(("x-amz-date", date_time.to_owned()));
        }
        if !self.content_type.is_empty() {
            headers.push(("content-type", self.content_type.to_owned()));
        }
        headers.extend(self.signed.iter().cloned());
        headers.sort();
        headers
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
