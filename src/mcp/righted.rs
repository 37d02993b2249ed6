//! Requests that are nearly what the protocol wants. rmcp takes them for methods that it does not know, and answers that
//! or nothing; they are put right here, or refused with a reason (MCP-2, MCP-7).

use rmcp::RoleServer;
use rmcp::model::{ClientRequest, ErrorCode, ErrorData};
use rmcp::service::RxJsonRpcMessage;
use serde_json::{Map, Value, json};

type Message = RxJsonRpcMessage<RoleServer>;

/// The message in a line that rmcp does not know or cannot read; `None` if there is nothing to put right.
///
/// Errors: the response, which says what is wrong.
pub fn righted(line: &[u8]) -> Option<Result<Message, Vec<u8>>> {
    let mut request = serde_json::from_slice::<Value>(line).ok()?;
    let id = request.get("id").filter(|id| id.is_string() || id.is_number())?.clone();
    let method = request["method"].as_str()?.to_owned();
    // Languages in which an empty array and an empty object are the same send this.
    if request.get("params") == Some(&json!([])) {
        request["params"] = json!({});
    }
    let (reason, wanted) = match method.as_str() {
        "tools/call" => (
            right_call(&mut request["params"]).err(),
            "`params` must be an object with the string `name` and the object `arguments`",
        ),
        "initialize" => (
            right_handshake(&mut request["params"]).err(),
            "`params` must be an object with `protocolVersion`, `capabilities` and `clientInfo`",
        ),
        _ => (None, ""),
    };
    let refused = |reason: &'static str| Some(Err(error_line(&id, &ErrorData::invalid_params(reason, None))));
    if let Some(reason) = reason {
        return refused(reason);
    }
    match serde_json::from_value::<Message>(request).ok().filter(is_known) {
        Some(message) => Some(Ok(message)),
        None if wanted.is_empty() => None,
        None => refused(wanted),
    }
}

/// The response to what is no request that rmcp could answer. Without a readable id it is null, as JSON-RPC 2.0 wants;
/// rmcp would leave it out.
pub fn error_line(id: &Value, error: &ErrorData) -> Vec<u8> {
    let ErrorCode(code) = error.code;
    let message = json!({"jsonrpc": "2.0", "id": id, "error": {"code": code, "message": error.message}});
    format!("{message}\n").into_bytes()
}

/// Whether rmcp knows the method and its parameters.
pub fn is_known(message: &Message) -> bool {
    !matches!(message, Message::Request(request) if matches!(request.request, ClientRequest::CustomRequest(_)))
}

/// `arguments` that are empty in another way than an empty object.
fn right_call(parameters: &mut Value) -> Result<(), &'static str> {
    let Value::Object(parameters) = parameters else { return Ok(()) };
    match parameters.get("arguments") {
        Some(Value::Array(arguments)) if arguments.is_empty() => {
            parameters.remove("arguments");
            Ok(())
        }
        Some(Value::String(_)) => Err("`arguments` is a string: send the JSON object itself, not its text"),
        Some(Value::Array(_)) => Err("`arguments` is an array: send a JSON object with the names of the arguments"),
        Some(Value::Number(_) | Value::Bool(_)) => Err("`arguments` must be a JSON object"),
        _ => Ok(()),
    }
}

/// What the server can do without, in another shape: the capabilities, and who the client is.
fn right_handshake(parameters: &mut Value) -> Result<(), &'static str> {
    let Value::Object(parameters) = parameters else { return Ok(()) };
    if !parameters.get("protocolVersion").is_some_and(Value::is_string) {
        return Err("`protocolVersion` is missing: a string such as \"2025-11-25\"");
    }
    let is_readable = parameters.get("capabilities").is_some_and(|capabilities| {
        serde_json::from_value::<rmcp::model::ClientCapabilities>(capabilities.clone()).is_ok()
    });
    if !is_readable {
        parameters.insert("capabilities".into(), json!({}));
    }
    let empty = Map::new();
    let client = parameters.get("clientInfo").and_then(Value::as_object).unwrap_or(&empty);
    let text = |name: &str| client.get(name).and_then(Value::as_str).unwrap_or_default();
    let client = json!({"name": text("name"), "version": text("version")});
    parameters.insert("clientInfo".into(), client);
    Ok(())
}
