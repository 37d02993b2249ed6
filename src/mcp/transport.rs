//! Messages over the lines of input and output, until the input ends or the server is stopped.

use std::io;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use rmcp::RoleServer;
use rmcp::model::{ClientNotification, ClientRequest, ErrorData, GetMeta, JsonRpcRequest, ProtocolVersion, RequestId};
use rmcp::service::{RxJsonRpcMessage, TxJsonRpcMessage};
use rmcp::transport::Transport;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use super::in_flight::InFlight;
use super::lines::{Lines, TooLong};
use super::righted::{error_line, is_known, righted};

type Message = RxJsonRpcMessage<RoleServer>;
type Request = JsonRpcRequest<ClientRequest>;

/// It ends when `stop` is cancelled, as if its input had ended, and signals its end through `ended`.
///
/// It also drops what must not come before a session is open: rmcp stops the whole server at a notification or a
/// response before the first request (MCP-8).
pub struct LineTransport<R, W> {
    lines: Lines<R>,
    output: Arc<Mutex<W>>,
    in_flight: Arc<InFlight>,
    /// A request whose id is that of another one, which is answered first.
    held: Option<Request>,
    /// The answer to a line that is not a message.
    reply: Option<BoxFuture<'static, ()>>,
    stop: CancellationToken,
    ended: CancellationToken,
    is_open: bool,
}

impl<R, W> LineTransport<R, W>
where
    R: AsyncRead + Send + Unpin + 'static,
    W: AsyncWrite + Send + Unpin + 'static,
{
    pub fn new(input: R, output: W, stop: CancellationToken, ended: CancellationToken) -> Self {
        Self {
            lines: Lines::new(input),
            output: Arc::new(Mutex::new(output)),
            in_flight: Arc::default(),
            held: None,
            reply: None,
            stop,
            ended,
            is_open: false,
        }
    }

    /// The next message that is held and may be worked on now.
    fn next(&mut self) -> Option<Message> {
        while self.reply.is_none() && self.in_flight.has_room() {
            let message = match self.held.take() {
                Some(request) => Ok(Some(Message::Request(request))),
                None => match self.lines.next(parse)? {
                    Ok(parsed) => parsed,
                    Err(TooLong) => Err(no_request("the line is longer than 1 MiB")),
                },
            };
            match message {
                Ok(Some(message)) => match self.admit(message) {
                    Some(message) => return Some(message),
                    None if self.held.is_some() => return None,
                    None => {}
                },
                Ok(None) => {}
                Err(response) => self.reply = Some(Box::pin(self.write(response))),
            }
        }
        None
    }

    fn admit(&mut self, message: Message) -> Option<Message> {
        match message {
            Message::Request(request) => {
                if !self.in_flight.begin(&request.id, &request.request) {
                    self.held = Some(request);
                    return None;
                }
                self.is_open |= opens(&request.request);
                Some(Message::Request(request))
            }
            _ if !self.is_open => None,
            Message::Notification(notification) => {
                // A cancelled request is never answered.
                if let ClientNotification::CancelledNotification(cancelled) = &notification.notification
                    && let Some(id) = &cancelled.params.request_id
                {
                    self.in_flight.end(id);
                }
                Some(Message::Notification(notification))
            }
            message => Some(message),
        }
    }

    /// Writes a whole line. Where that fails nobody reads any more, so the server stops.
    fn write(&self, line: Vec<u8>) -> impl Future<Output = ()> + Send + use<R, W> {
        let (output, stop) = (Arc::clone(&self.output), self.stop.clone());
        async move {
            let mut output = output.lock().await;
            let written = async {
                output.write_all(&line).await?;
                output.flush().await
            };
            if written.await.is_err() {
                stop.cancel();
            }
        }
    }
}

impl<R, W> Transport<RoleServer> for LineTransport<R, W>
where
    R: AsyncRead + Send + Unpin + 'static,
    W: AsyncWrite + Send + Unpin + 'static,
{
    type Error = io::Error;

    fn send(
        &mut self,
        message: TxJsonRpcMessage<RoleServer>,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send + 'static {
        let answered = answered(&message);
        let line = serde_json::to_vec(&message).map(|line| [line, b"\n".to_vec()].concat());
        let write = line.map(|line| self.write(line));
        let in_flight = Arc::clone(&self.in_flight);
        async move {
            write?.await;
            if let Some(id) = answered {
                in_flight.end(&id);
            }
            Ok(())
        }
    }

    async fn receive(&mut self) -> Option<Message> {
        loop {
            if let Some(message) = self.next() {
                return Some(message);
            }
            let is_busy = self.held.is_some() || self.reply.is_some() || !self.in_flight.has_room();
            if self.lines.is_at_end() && !is_busy {
                return None;
            }
            // The input is read on while answers wait, so its end is noticed.
            tokio::select! {
                biased;
                () = self.stop.cancelled() => {
                    self.ended.cancel();
                    return None;
                }
                () = async { self.reply.as_mut().expect("checked by the condition").await }, if self.reply.is_some() => {
                    self.reply = None;
                }
                () = self.in_flight.one_ended(), if is_busy => {}
                _ = self.lines.fill(), if self.lines.has_room() => {
                    if self.lines.is_at_end() {
                        self.ended.cancel();
                    }
                }
            }
        }
    }

    async fn close(&mut self) -> Result<(), Self::Error> {
        self.output.lock().await.shutdown().await
    }
}

/// The message in a line; `None` if there is nothing to do or to answer.
///
/// What is not JSON is passed over, as in the other servers: an answer to it could come back as more of it.
///
/// Errors: the response, which says what is wrong.
fn parse(line: &[u8]) -> Result<Option<Message>, Vec<u8>> {
    let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
    match serde_json::from_slice(line) {
        Ok(message) if is_known(&message) => Ok(Some(message)),
        Ok(message) => righted(line).unwrap_or(Ok(message)).map(Some),
        Err(error) if error.is_syntax() || error.is_eof() => Ok(None),
        Err(_) => match serde_json::from_slice::<Value>(line) {
            // A notification is never answered.
            Ok(Value::Object(message)) if message.contains_key("method") && !message.contains_key("id") => Ok(None),
            _ => righted(line).unwrap_or_else(|| Err(no_request("not a JSON-RPC request"))).map(Some),
        },
    }
}

/// The response to a line that is not a request.
fn no_request(message: &'static str) -> Vec<u8> {
    error_line(&Value::Null, &ErrorData::invalid_request(message, None))
}

/// The request that a message answers.
fn answered(message: &TxJsonRpcMessage<RoleServer>) -> Option<RequestId> {
    match message {
        TxJsonRpcMessage::<RoleServer>::Response(response) => Some(response.id.clone()),
        TxJsonRpcMessage::<RoleServer>::Error(error) => error.id.clone(),
        _ => None,
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
