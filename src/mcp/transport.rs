//! The input lines, until they end or the server is stopped.

use rmcp::RoleServer;
use rmcp::model::{ClientRequest, GetMeta, ProtocolVersion};
use rmcp::service::{RxJsonRpcMessage, TxJsonRpcMessage};
use rmcp::transport::Transport;
use tokio_util::sync::CancellationToken;

/// A transport that ends when `stop` is cancelled, as if its input had ended, and signals its end through `ended`.
///
/// It also drops what must not come before a session is open: rmcp stops the whole server at a notification or a
/// response before the first request (MCP-8).
pub struct UntilStopped<T> {
    inner: T,
    stop: CancellationToken,
    ended: CancellationToken,
    is_open: bool,
}

impl<T> UntilStopped<T> {
    pub const fn new(inner: T, stop: CancellationToken, ended: CancellationToken) -> Self {
        Self { inner, stop, ended, is_open: false }
    }
}

impl<T: Transport<RoleServer>> Transport<RoleServer> for UntilStopped<T> {
    type Error = T::Error;

    fn send(
        &mut self,
        item: TxJsonRpcMessage<RoleServer>,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send + 'static {
        self.inner.send(item)
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleServer>> {
        loop {
            let message = tokio::select! {
                biased;
                () = self.stop.cancelled() => None,
                message = self.inner.receive() => message,
            };
            match message {
                None => {
                    self.ended.cancel();
                    return None;
                }
                Some(RxJsonRpcMessage::<RoleServer>::Request(request)) => {
                    self.is_open |= opens(&request.request);
                    return Some(RxJsonRpcMessage::<RoleServer>::Request(request));
                }
                Some(_) if !self.is_open => {}
                Some(message) => return Some(message),
            }
        }
    }

    async fn close(&mut self) -> Result<(), Self::Error> {
        self.inner.close().await
    }
}

/// Whether a session is open after this request: it is a handshake, or a request with everything that the stateless
/// protocol requires. `server/discover` only asks.
fn opens(request: &ClientRequest) -> bool {
    match request {
        ClientRequest::InitializeRequest(_) => true,
        ClientRequest::DiscoverRequest(_) | ClientRequest::PingRequest(_) => false,
        request => {
            let meta = request.get_meta();
            meta.missing_required_keys(&ProtocolVersion::V_2026_07_28).is_empty()
                && meta.protocol_version().is_some_and(|version| ProtocolVersion::KNOWN_VERSIONS.contains(&version))
        }
    }
}
