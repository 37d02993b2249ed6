//! The MCP server: three tools over the same core. The only rmcp code.
//!
//! - [`tools`]: what the tools are called, take and answer; the instructions.
//! - [`arguments`]: what a call gives, parsed and checked.
//! - [`answer`]: what a call gets, secrets masked.
//! - [`server`]: the calls.
//! - [`transport`]: what comes in until the end of the input, or until the server is stopped.
//!
//! Source: <https://modelcontextprotocol.io/specification/2026-07-28> and the revisions before it.

pub mod answer;
pub mod arguments;
pub mod server;
pub mod tools;
pub mod transport;

use std::time::Duration;

use rmcp::service::serve_server;
use rmcp::transport::async_rw::AsyncRwTransport;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use server::Server;
use transport::UntilStopped;

/// After the end of the input: how long calls may take to finish before they are cancelled.
const GRACE: Duration = Duration::from_millis(500);
/// After that: how long their last answers may take to be written.
const FAREWELL: Duration = Duration::from_millis(300);

/// Serves until the input ends or `stop` is cancelled (MCP-8).
pub async fn serve(
    server: Server,
    input: impl AsyncRead + Send + Unpin + 'static,
    output: impl AsyncWrite + Send + Unpin + 'static,
    stop: CancellationToken,
) {
    let calls = server.calls().clone();
    let ended = CancellationToken::new();
    let transport = UntilStopped::new(AsyncRwTransport::new_server(input, output), stop, ended.clone());
    let session = async {
        // It fails where the input ends before a first request, which is no failure of a server.
        if let Ok(running) = serve_server(server, transport).await {
            let _ = running.waiting().await;
        }
    };
    tokio::pin!(session);
    tokio::select! {
        () = &mut session => return,
        () = ended.cancelled() => {}
    }
    if timeout(GRACE, &mut session).await.is_err() {
        calls.cancel();
        // Where nobody reads the answers, nobody waits for them.
        let _ = timeout(FAREWELL, &mut session).await;
    }
}
