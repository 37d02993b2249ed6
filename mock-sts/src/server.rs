//! The HTTP server: the gate, and wiremock behind it on its own thread.

use std::future::{Future, poll_fn};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::task::Poll;
use std::thread::{self, JoinHandle};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use wiremock::matchers::any;
use wiremock::{Match, Mock, MockServer, Request, Respond, ResponseTemplate};

use crate::gate::Gate;
use crate::service::Service;

/// A mounted wiremock `Mock` keeps every request that it matched, even with recording disabled. The mocks are replaced
/// after this many requests.
const REQUESTS_OF_A_MOCK: u64 = 100;

/// A running server, stopped on drop.
pub(crate) struct Server {
    address: SocketAddr,
    commands: UnboundedSender<Command>,
    thread: Option<JoinHandle<()>>,
}

enum Command {
    /// Replace the mocks; notify `queued` once this waits for wiremock's lock.
    Renew {
        queued: SyncSender<()>,
    },
    Stop,
}

impl Server {
    /// Serves `service` on `listener`; returns once it responds.
    pub(crate) fn start(listener: TcpListener, service: Arc<Service>, has_admin: bool) -> io::Result<Self> {
        let address = reachable(listener.local_addr()?);
        listener.set_nonblocking(true)?;
        let behind = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (commands, received) = unbounded_channel();
        let (ready, is_ready) = sync_channel(1);
        let mocks = Mocks { service: Arc::clone(&service), commands: commands.clone(), answered: Arc::default() };
        let thread = thread::Builder::new().name("mock-sts".to_owned()).spawn(move || {
            runtime.block_on(async {
                let server = MockServer::builder().listener(behind).disable_request_recording().start().await;
                for mock in mocks.mocks() {
                    server.register(mock).await;
                }
                let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
                tokio::spawn(Gate::new(*server.address(), service, has_admin).serve(listener));
                // The starter may be gone; then `Stop` is on its way.
                let _ = ready.send(());
                serve(server, &mocks, received).await;
            });
        })?;
        is_ready.recv().map_err(|_| io::Error::other("the server ended before it had begun"))?;
        Ok(Self { address, commands, thread: Some(thread) })
    }

    /// The address at which clients on this machine reach it.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.commands.send(Command::Stop);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn serve(server: MockServer, mocks: &Mocks, mut commands: UnboundedReceiver<Command>) {
    while let Some(Command::Renew { queued }) = commands.recv().await {
        renew(&server, mocks, &queued).await;
    }
    // The order matters: a responder that waits to be queued is released, and gives up the lock that the server needs.
    drop(commands);
    drop(server);
}

/// Replaces the mocks with fresh ones; at no time does a request find none.
///
/// The responder that asked for it holds wiremock's lock until `queued`. By then all steps are waiting for that lock,
/// one behind the other, and it is granted in the order of asking, so no request comes between them.
async fn renew(server: &MockServer, mocks: &Mocks, queued: &SyncSender<()>) {
    let mut steps: Vec<Pin<Box<dyn Future<Output = ()>>>> = vec![Box::pin(server.reset())];
    for mock in mocks.mocks() {
        steps.push(Box::pin(server.register(mock)));
    }
    poll_fn(|context| {
        steps.retain_mut(|step| step.as_mut().poll(context).is_pending());
        Poll::Ready(())
    })
    .await;
    let _ = queued.send(());
    for step in steps {
        step.await;
    }
}

/// An address to connect to: a server that listens on all addresses is reached on loopback.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

/// What is mounted: a mock that drops connections while the service asks for it, and behind it the one that responds.
struct Mocks {
    service: Arc<Service>,
    commands: UnboundedSender<Command>,
    answered: Arc<AtomicU64>,
}

impl Mocks {
    fn mocks(&self) -> [Mock; 2] {
        let (dropping, answering) = (self.responder(), self.responder());
        [
            Mock::given(DropsNext(Arc::clone(&self.service)))
                .respond_with_err(move |request: &Request| {
                    dropping.respond(request);
                    io::Error::from(io::ErrorKind::ConnectionAborted)
                })
                .with_priority(1),
            Mock::given(any()).respond_with(answering),
        ]
    }

    fn responder(&self) -> Responder {
        Responder {
            service: Arc::clone(&self.service),
            commands: self.commands.clone(),
            answered: Arc::clone(&self.answered),
        }
    }
}

struct DropsNext(Arc<Service>);

impl Match for DropsNext {
    fn matches(&self, _: &Request) -> bool {
        self.0.drop_next()
    }
}

struct Responder {
    service: Arc<Service>,
    commands: UnboundedSender<Command>,
    answered: Arc<AtomicU64>,
}

impl Respond for Responder {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let response = self.service.answer(request);
        let answered = self.answered.fetch_add(1, Ordering::Relaxed) + 1;
        if answered.is_multiple_of(REQUESTS_OF_A_MOCK) {
            let (queued, is_queued) = sync_channel(1);
            if self.commands.send(Command::Renew { queued }).is_ok() {
                // An error means that the server is stopping.
                let _ = is_queued.recv();
            }
        }
        response
    }
}
