//! The page's connections, in bounded number and time.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{Instant, sleep, sleep_until, timeout};

use crate::core::ask::page::board::Board;
use crate::core::ask::page::routes;

const MOST_CONNECTIONS: usize = 32;
/// How long a connection is never given up for another one: its request is there by then.
const FIRST_TIME: Duration = Duration::from_millis(20);
/// How long the head of a request may take.
const HEAD_TIME: Duration = Duration::from_secs(5);
/// How long a connection may take in all.
const CONNECTION_TIME: Duration = Duration::from_secs(15);
/// The least that hyper allows, in bytes.
const MOST_BUFFERED: usize = 8192;
const MOST_HEADERS: usize = 64;

/// Serves until the end of the question was there to be seen for a while.
pub async fn serve(listener: TcpListener, board: Arc<Board>) {
    let mut connections = Connections::default();
    let is_over = board.is_over();
    tokio::pin!(is_over);
    loop {
        tokio::select! {
            biased;
            () = &mut is_over => return,
            Some(_) = connections.tasks.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => connections.begin(stream, &board).await,
                // Out of descriptors, for example.
                Err(_) => sleep(FIRST_TIME).await,
            },
        }
    }
}

#[derive(Default)]
struct Connections {
    tasks: JoinSet<()>,
    /// The oldest first.
    open: VecDeque<Connection>,
}

struct Connection {
    task: AbortHandle,
    since: Instant,
    /// Whether it named the page.
    is_known: Arc<AtomicBool>,
}

impl Connections {
    async fn begin(&mut self, stream: TcpStream, board: &Arc<Board>) {
        self.make_room().await;
        let is_known = Arc::new(AtomicBool::new(false));
        let task = self.tasks.spawn(answer(stream, Arc::clone(board), Arc::clone(&is_known)));
        self.open.push_back(Connection { task, since: Instant::now(), is_known });
    }

    /// Gives up the oldest connection that has not named the page, if there are too many.
    async fn make_room(&mut self) {
        self.open.retain(|connection| !connection.task.is_finished());
        if self.open.len() < MOST_CONNECTIONS {
            return;
        }
        let idlest = self.open.iter().position(|connection| !connection.is_known.load(Ordering::Relaxed));
        if let Some(idlest) = self.open.remove(idlest.unwrap_or(0)) {
            sleep_until(idlest.since + FIRST_TIME).await;
            idlest.task.abort();
        }
    }
}

/// Answers one request.
async fn answer(stream: TcpStream, board: Arc<Board>, is_known: Arc<AtomicBool>) {
    let service = service_fn(|request| routes::respond(request, &board, &is_known));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_TIME).keep_alive(false);
    http.max_buf_size(MOST_BUFFERED).max_headers(MOST_HEADERS);
    let _ = timeout(CONNECTION_TIME, http.serve_connection(TokioIo::new(stream), service)).await;
}
