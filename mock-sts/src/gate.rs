//! The gate before wiremock, which reads any request whole: it bounds what clients can make the mock hold.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Body as _, Bytes, Incoming};
use hyper::client::conn::http1::SendRequest;
use hyper::header::{EXPECT, HOST, TRANSFER_ENCODING};
use hyper::http::request::Parts;
use hyper::http::uri::Authority;
use hyper::service::service_fn;
use hyper::{Request, Response, Uri};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Mutex;
use tokio::task::AbortHandle;
use tokio::time::{sleep, timeout};

use crate::admin;
use crate::answer::Reply;
use crate::refusal::Refusal;
use crate::service::Service;

/// In bytes, as AWS's load balancers have it.
const LONGEST_HEAD: usize = 64 * 1024;
const LONGEST_BODY: usize = 1024 * 1024;
/// In bytes, of all requests that have no response yet.
const BODIES_TOGETHER: usize = 4 * LONGEST_BODY;
const CONNECTIONS: usize = 256;
/// How long a client may take for the head of a request, and for its body.
const PATIENCE: Duration = Duration::from_secs(30);

/// Of a connection that waits for no client.
const BUSY: u64 = u64::MAX;

/// Where requests go on to, and what they hold.
pub(crate) struct Gate {
    behind: SocketAddr,
    service: Arc<Service>,
    has_admin: bool,
    /// Bytes of the bodies of all requests.
    held: AtomicUsize,
    /// How many times a connection began to wait for its client.
    waits: AtomicU64,
}

/// Why a body was not read.
enum Unread {
    TooLarge,
    TooMany,
    /// The client went away, or took too long.
    Ended,
}

impl Gate {
    /// `behind` is wiremock's address.
    pub(crate) fn new(behind: SocketAddr, service: Arc<Service>, has_admin: bool) -> Arc<Self> {
        Arc::new(Self { behind, service, has_admin, held: AtomicUsize::new(0), waits: AtomicU64::new(0) })
    }

    /// Serves the listener's clients until it is dropped.
    pub(crate) async fn serve(self: Arc<Self>, listener: TcpListener) -> Infallible {
        let mut connections = Connections::default();
        loop {
            let Ok((stream, peer)) = listener.accept().await else {
                // No file descriptor is free: one will be.
                sleep(Duration::from_millis(10)).await;
                continue;
            };
            if connections.make_room() {
                connections.add(Visit::new(Arc::clone(&self), peer), stream);
            }
        }
    }

    /// Reads a body into memory if it is small enough; if not, lets it pass, so that the client can read the refusal.
    async fn read(&self, body: &mut Incoming, held: &mut Held<'_>) -> Result<Bytes, Unread> {
        let mut read = Vec::new();
        let mut refused = (body.size_hint().lower() > LONGEST_BODY as u64).then_some(Unread::TooLarge);
        while let Some(frame) = body.frame().await {
            let Ok(data) = frame.map_err(|_| Unread::Ended)?.into_data() else { continue };
            if refused.is_some() {
                continue;
            }
            let is_room = held.add(data.len());
            if held.bytes > LONGEST_BODY {
                refused = Some(Unread::TooLarge);
            } else if !is_room {
                refused = Some(Unread::TooMany);
            } else {
                read.extend_from_slice(&data);
                continue;
            }
            read = Vec::new();
            held.release();
        }
        refused.map_or(Ok(read.into()), Err)
    }

    fn refuse(&self, refusal: &Refusal) -> Reply {
        self.service.refuse(refusal).into_reply()
    }
}

/// A share of `BODIES_TOGETHER`.
struct Held<'a> {
    of: &'a AtomicUsize,
    bytes: usize,
}

impl<'a> Held<'a> {
    fn new(of: &'a AtomicUsize) -> Self {
        Self { of, bytes: 0 }
    }

    /// Whether there was room.
    fn add(&mut self, bytes: usize) -> bool {
        self.bytes += bytes;
        self.of.fetch_add(bytes, Ordering::Relaxed) + bytes <= BODIES_TOGETHER
    }

    fn release(&mut self) {
        self.of.fetch_sub(std::mem::take(&mut self.bytes), Ordering::Relaxed);
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.release();
    }
}

/// One client's connection, and the one to wiremock that belongs to it.
struct Visit {
    gate: Arc<Gate>,
    peer: SocketAddr,
    /// When it began to wait for its client, in `Gate::waits`; `BUSY` if a request was read that has no response yet.
    waits_since: AtomicU64,
    onward: Mutex<Option<SendRequest<Full<Bytes>>>>,
}

impl Visit {
    fn new(gate: Arc<Gate>, peer: SocketAddr) -> Arc<Self> {
        let visit = Self { gate, peer, waits_since: AtomicU64::new(BUSY), onward: Mutex::default() };
        visit.wait();
        Arc::new(visit)
    }

    fn wait(&self) {
        self.waits_since.store(self.gate.waits.fetch_add(1, Ordering::Relaxed), Ordering::Relaxed);
    }

    async fn serve(self: Arc<Self>, stream: TcpStream) {
        let service = service_fn(move |request| {
            let visit = Arc::clone(&self);
            async move {
                let reply = visit.answer(request).await;
                visit.wait();
                reply
            }
        });
        let mut server = hyper::server::conn::http1::Builder::new();
        server.timer(TokioTimer::new()).header_read_timeout(PATIENCE).max_buf_size(LONGEST_HEAD);
        // An error means that the client went away or spoke no HTTP, and hyper told it.
        let _ = server.serve_connection(TokioIo::new(stream), service).await;
    }

    /// An error ends the connection without a response.
    async fn answer(&self, request: Request<Incoming>) -> io::Result<Reply> {
        let (mut parts, mut body) = request.into_parts();
        let path = parts.uri.path_and_query().filter(|path| path.as_str().starts_with('/')).cloned();
        let Some(path) = path.filter(|_| is_unambiguous(&parts)) else { return Ok(bad_request()) };
        let is_too_large = body.size_hint().lower() > LONGEST_BODY as u64;
        if is_too_large && parts.headers.contains_key(EXPECT) {
            return Ok(self.gate.refuse(&Refusal::too_large()));
        }
        let mut held = Held::new(&self.gate.held);
        let read = timeout(PATIENCE, self.gate.read(&mut body, &mut held)).await.unwrap_or(Err(Unread::Ended));
        self.waits_since.store(BUSY, Ordering::Relaxed);
        let body = match read {
            Ok(body) => body,
            Err(Unread::TooLarge) => return Ok(self.gate.refuse(&Refusal::too_large())),
            Err(Unread::TooMany) => return Ok(self.gate.refuse(&Refusal::service_unavailable())),
            Err(Unread::Ended) => return Err(io::ErrorKind::TimedOut.into()),
        };
        if self.gate.has_admin && admin::is_for(path.path()) {
            return Ok(admin::respond(&self.gate.service, self.peer, &parts, &body));
        }
        parts.uri = Uri::from(path);
        parts.headers.remove(TRANSFER_ENCODING);
        self.forward(Request::from_parts(parts, Full::new(body))).await
    }

    async fn forward(&self, request: Request<Full<Bytes>>) -> io::Result<Reply> {
        let mut onward = self.onward.lock().await;
        if onward.as_ref().is_none_or(SendRequest::is_closed) {
            let stream = TcpStream::connect(self.gate.behind).await?;
            let handshake = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await;
            let (sender, connection) = handshake.map_err(io::Error::other)?;
            tokio::spawn(connection);
            *onward = Some(sender);
        }
        let Some(sender) = onward.as_mut() else { return Err(io::ErrorKind::NotConnected.into()) };
        sender.ready().await.map_err(io::Error::other)?;
        let (parts, body) = sender.send_request(request).await.map_err(io::Error::other)?.into_parts();
        let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
        Ok(Response::from_parts(parts, Full::new(body)))
    }
}

/// Whether there is one host, and a body that is sent as it is. (hyper settles how long it is.)
fn is_unambiguous(parts: &Parts) -> bool {
    let values = |name| parts.headers.get_all(name).iter().collect::<Vec<_>>();
    let encodings = values(TRANSFER_ENCODING);
    let target = parts.uri.authority().map(Authority::as_str);
    let is_one_host = matches!(values(HOST)[..], [host] if target.is_none_or(|target| host == target));
    is_one_host && (encodings.is_empty() || encodings == ["chunked"])
}

fn bad_request() -> Reply {
    let mut response = Response::default();
    *response.status_mut() = hyper::StatusCode::BAD_REQUEST;
    response
}

/// The open connections.
#[derive(Default)]
struct Connections(Vec<(Arc<Visit>, AbortHandle)>);

impl Connections {
    /// Whether one more may be opened. If there are too many, the one that has waited longest for its client is closed.
    fn make_room(&mut self) -> bool {
        if self.0.len() < CONNECTIONS {
            return true;
        }
        self.0.retain(|(_, task)| !task.is_finished());
        if self.0.len() < CONNECTIONS {
            return true;
        }
        let since = self.0.iter().map(|(visit, _)| visit.waits_since.load(Ordering::Relaxed));
        let Some((longest, _)) = since.enumerate().filter(|&(_, since)| since != BUSY).min_by_key(|&(_, since)| since)
        else {
            return false;
        };
        let (_, task) = self.0.swap_remove(longest);
        task.abort();
        true
    }

    fn add(&mut self, visit: Arc<Visit>, stream: TcpStream) {
        let task = tokio::spawn(Arc::clone(&visit).serve(stream));
        self.0.push((visit, task.abort_handle()));
    }
}
