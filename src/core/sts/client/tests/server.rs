//! Loopback servers that answer what a test tells them, and remember what they were asked.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// What happens after a request was read.
#[derive(Clone)]
pub(super) enum Reply {
    /// These bytes, then the next request of the connection.
    Bytes(String),
    /// The connection is closed.
    Drop,
    /// The first bytes of an answer, then the connection is closed.
    Cut(String),
    /// Nothing, for longer than any limit of a test.
    Stall,
}

/// A whole answer.
pub(super) fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Reply {
    let mut text = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n", body.len());
    for (name, value) in headers {
        text.extend([*name, ": ", *value, "\r\n"]);
    }
    Reply::Bytes(format!("{text}\r\n{body}"))
}

/// A server that gives each reply once, and the last one for ever.
pub(super) struct Server {
    pub(super) address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    pub(super) fn http(replies: Vec<Reply>) -> Self {
        Self::start(replies, |stream| Some(Box::new(stream)))
    }

    pub(super) fn https(replies: Vec<Reply>, identity: &Identity) -> Self {
        let config = identity.config.clone();
        Self::start(replies, move |stream| {
            let connection = ServerConnection::new(config.clone()).unwrap();
            Some(Box::new(StreamOwned::new(connection, stream)))
        })
    }

    /// Takes connections and never reads from them.
    pub(super) fn deaf() -> Self {
        Self::start(Vec::new(), |stream| {
            thread::sleep(Duration::from_secs(30));
            drop(stream);
            None
        })
    }

    fn start(replies: Vec<Reply>, wrap: impl Fn(TcpStream) -> Option<Box<dyn Stream>> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let replies = Arc::new(Mutex::new(replies));
        let (wrap, seen) = (Arc::new(wrap), requests.clone());
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (wrap, seen, replies) = (wrap.clone(), seen.clone(), replies.clone());
                thread::spawn(move || {
                    if let Some(stream) = wrap(stream) {
                        serve(stream, &seen, &replies);
                    }
                });
            }
        });
        Self { address, requests }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(super) fn https_url(&self, host: &str) -> String {
        format!("https://{host}:{}", self.address.port())
    }

    /// Each request as text, head and body.
    pub(super) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

pub(super) trait Stream: Read + Write + Send {}
impl<T: Read + Write + Send> Stream for T {}

fn serve(stream: Box<dyn Stream>, seen: &Mutex<Vec<String>>, replies: &Mutex<Vec<Reply>>) {
    let mut stream = BufReader::new(stream);
    while let Some(request) = read_request(&mut stream) {
        seen.lock().unwrap().push(request);
        let reply = {
            let mut replies = replies.lock().unwrap();
            if replies.len() > 1 { replies.remove(0) } else { replies[0].clone() }
        };
        match reply {
            Reply::Bytes(text) => stream.get_mut().write_all(text.as_bytes()).unwrap(),
            Reply::Cut(text) => return stream.get_mut().write_all(text.as_bytes()).unwrap(),
            Reply::Drop => return,
            Reply::Stall => thread::sleep(Duration::from_secs(30)),
        }
        let _ = stream.get_mut().flush();
    }
}

fn read_request(stream: &mut impl BufRead) -> Option<String> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if stream.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let length = head
        .lines()
        .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok())
        .unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    Some(head + &String::from_utf8_lossy(&body))
}

/// A proxy that tunnels (`CONNECT`) for those who authenticate, and answers others as told.
pub(super) struct Tunnel {
    pub(super) address: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Tunnel {
    /// `authorization` is the header's value that is let through; others get `otherwise`.
    pub(super) fn start(authorization: &'static str, otherwise: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let heads = Arc::new(Mutex::new(Vec::new()));
        let seen = heads.clone();
        thread::spawn(move || {
            for mut client in listener.incoming().flatten() {
                let head = read_request(&mut BufReader::new(client.try_clone().unwrap())).unwrap_or_default();
                seen.lock().unwrap().push(head.clone());
                if !head.to_ascii_lowercase().contains(&authorization.to_ascii_lowercase()) {
                    let _ = client.write_all(otherwise.as_bytes());
                    continue;
                }
                let target = head.split(' ').nth(1).unwrap();
                let mut server = TcpStream::connect(target).unwrap();
                client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
                let (mut from, mut to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
                thread::spawn(move || std::io::copy(&mut from, &mut to));
                thread::spawn(move || std::io::copy(&mut server, &mut client));
            }
        });
        Self { address, heads }
    }

    pub(super) fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

/// A server's certificate, and the root that vouches for it.
pub(super) struct Identity {
    pub(super) root_pem: String,
    config: Arc<ServerConfig>,
}

impl Identity {
    /// For `localhost` and 127.0.0.1.
    pub(super) fn new() -> Self {
        Self::with(|_| ())
    }

    /// The same, changed before it is signed.
    pub(super) fn with(change: impl FnOnce(&mut rcgen::CertificateParams)) -> Self {
        let root_key = rcgen::KeyPair::generate().unwrap();
        let mut root = rcgen::CertificateParams::new(Vec::new()).unwrap();
        root.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let root_pem = root.self_signed(&root_key).unwrap().pem();
        let issuer = rcgen::Issuer::new(root, root_key);

        let key = rcgen::KeyPair::generate().unwrap();
        let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
        let mut leaf = rcgen::CertificateParams::new(names).unwrap();
        change(&mut leaf);
        let leaf: CertificateDer<'static> = leaf.signed_by(&key, &issuer).unwrap().into();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![leaf], key)
            .unwrap();
        Self { root_pem, config: Arc::new(config) }
    }
}
