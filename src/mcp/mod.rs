//! The MCP server: three tools over the same core. The only rmcp code.
//!
//! - [`tools`]: the names, inputs and outputs of the tools; the instructions.
//! - [`arguments`]: the input of a call, parsed and checked; [`named_file`]: the file that it names.
//! - [`answer`]: the result of a call, secrets masked; [`next_step`]: what a model should do after a failure.
//! - [`server`]: the calls. [`waiting`]: the renewals, which outlive them. [`invitations`]: their pages, for the client.
//! - [`transport`]: messages over lines, until the input ends or the server is stopped; [`lines`], [`in_flight`]: in
//!   bounded memory. [`righted`]: what is nearly a request.
//!
//! Source: <https://modelcontextprotocol.io/specification/2026-07-28> and the revisions before it.

pub mod answer;
pub mod arguments;
pub mod in_flight;
pub mod invitations;
pub mod lines;
pub mod named_file;
pub mod next_step;
pub mod righted;
pub mod server;
pub mod tools;
pub mod transport;
pub mod waiting;

use std::time::Duration;

use rmcp::service::serve_server;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use server::Server;
use transport::LineTransport;

/// How long calls may take to finish after the end of the input before they are cancelled.
const GRACE: Duration = Duration::from_millis(500);
/// How long the last responses may take to be written after that.
const FAREWELL: Duration = Duration::from_millis(150);
/// How long a write under way may take after that.
const LAST_WRITE: Duration = Duration::from_millis(200);

/// Serves until the input ends or `stop` is cancelled (MCP-8).
pub async fn serve(
    server: Server,
    input: impl AsyncRead + Send + Unpin + 'static,
    output: impl AsyncWrite + Send + Unpin + 'static,
    stop: CancellationToken,
) {
    let renewals = server.renewals().clone();
    let ended = CancellationToken::new();
    let transport = LineTransport::new(input, output, stop, ended.clone());
    let session = async {
        // It fails if the input ends before a first request, which is not a failure of the server.
        if let Ok(running) = serve_server(server, transport).await {
            let _ = running.waiting().await;
        }
    };
    tokio::pin!(session);
    tokio::select! {
        () = &mut session => {}
        () = ended.cancelled() => {
            if timeout(GRACE, &mut session).await.is_err() {
                renewals.stop();
                // If nobody reads the responses, nobody waits for them.
                let _ = timeout(FAREWELL, &mut session).await;
            }
        }
    }
    renewals.stop();
    let _ = timeout(LAST_WRITE, renewals.ended()).await;
}
