//! The page for a code reaches the person through the client (ASK-4, ASK-5, MCP-6, MCP-7).

use std::io::Write;
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use mock_sts::MockSts;
use rmcp::model::{
    CallToolRequestParams, ClientCapabilities, ClientConfig, ElicitRequestParams, ElicitResult, ElicitationAction,
    ElicitationCapability, ErrorData, Implementation, ProtocolVersion, UrlElicitationCapability,
};
use rmcp::service::{ClientLifecycleMode, ClientServiceExt, RequestContext, RunningService};
use rmcp::{ClientHandler, RoleClient, ServiceExt};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use updsts::core::ask::chooser::Ask;
use updsts::core::file::credentials_file::CredentialsFile;
use updsts::core::reporter::Reporter;
use updsts::mcp::server::Server;
use updsts::mcp::waiting::Limits;

use super::{Session, UPDATE};
use crate::asking::visit::Visit;
use crate::sandbox::{Sandbox, peak};
use crate::stand_in::{prints, with_dialog};

/// No code that AWS takes occurs by chance in what is said.
const CODE: &str = "730641";

fn with_code() -> Sandbox {
    Sandbox::with(MockSts::builder().token_code(CODE).start())
}

fn update() -> Value {
    json!({"profile_name": "default", "totp_token": ""})
}

/// A session of 2025-11-25 whose client declares this.
fn handshake(sandbox: &Sandbox, more: &[&str], capabilities: &Value) -> Session {
    let mut session = Session::start(sandbox, more);
    session.send(&json!({"jsonrpc": "2.0", "id": "hello", "method": "initialize", "params": {
        "protocolVersion": "2025-11-25",
        "capabilities": capabilities,
        "clientInfo": {"name": "agent-x", "title": "Agent X", "version": "1"},
    }}));
    assert_eq!(session.next().unwrap()["result"]["protocolVersion"], "2025-11-25");
    session.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
    session
}

fn url_mode() -> Value {
    json!({"elicitation": {"url": {}}})
}

fn call_by_handshake(session: &mut Session) {
    let call = json!({"name": UPDATE, "arguments": update()});
    session.send(&json!({"jsonrpc": "2.0", "id": "call", "method": "tools/call", "params": call}));
}

/// The request to open a page, answered as given.
fn invitation(session: &mut Session, answer: Value) -> Value {
    let request = session.next().unwrap();
    assert_eq!(request["method"], "elicitation/create", "{request}");
    let mut reply = json!({"jsonrpc": "2.0", "id": request["id"]});
    let (Value::Object(reply_fields), Value::Object(answer)) = (&mut reply, answer) else { unreachable!() };
    reply_fields.extend(answer);
    session.send(&reply);
    request["params"].clone()
}

fn accept() -> Value {
    json!({"result": {"action": "accept"}})
}

/// Calls by the stateless protocol.
fn call_stateless(session: &mut Session, capabilities: &Value, more: Value) -> Value {
    let mut parameters = json!({"name": UPDATE, "arguments": update(), "_meta": {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": capabilities,
        "io.modelcontextprotocol/clientInfo": {"name": "agent-y", "version": "1"},
    }});
    let (Value::Object(fields), Value::Object(more)) = (&mut parameters, more) else { unreachable!() };
    fields.extend(more);
    let id = format!("call-{}", session.said.len());
    session.send(&json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": parameters}));
    let answer = session.next().unwrap();
    assert_eq!(answer["id"], id.as_str(), "{answer}");
    answer["result"].clone()
}

fn retry(session: &mut Session, required: &Value, action: &str) -> Value {
    let more = json!({"requestState": required["requestState"], "inputResponses": {"code": {"action": action}}});
    call_stateless(session, &url_mode(), more)
}

fn text(result: &Value) -> &str {
    assert_eq!(result["isError"], true, "{result}");
    result["content"][0]["text"].as_str().unwrap()
}

/// Ends the session; the code was in nothing that it said.
fn end_without_code(session: Session) {
    let ended = session.end();
    assert_eq!(ended.status, Some(0), "{}", ended.stderr);
    assert!(!ended.said.concat().contains(CODE) && !ended.stderr.contains(CODE), "{}", ended.stderr);
}

#[test]
fn ask_5_by_the_handshake_the_client_is_asked_to_open_the_page() {
    let sandbox = with_code();
    let mut session = handshake(&sandbox, &["-v", "2"], &url_mode());
    call_by_handshake(&mut session);
    let invitation = invitation(&mut session, accept());
    let message = invitation["message"].as_str().unwrap();
    assert!(message.starts_with("AWS session of `default` for 1 h, requested by agent-x: the page "), "{message}");
    assert!(message.ends_with("It opens only on the machine where updsts runs."), "{message}");
    assert_eq!(invitation["mode"], "url");
    let visit = Visit::new(invitation["url"].as_str().unwrap());
    visit.get().shows("agent-x");
    visit.answer("999999").shows("AWS refused the code");
    visit.answer(CODE).shows("AWS accepted the code");
    let (mut is_answered, mut is_done) = (false, false);
    while !(is_answered && is_done) {
        let message = session.next().unwrap();
        if message["id"] == "call" {
            assert_eq!(message["result"]["structuredContent"]["result"]["refreshed"], true, "{message}");
            is_answered = true;
        } else {
            assert_eq!(message["method"], "notifications/elicitation/complete", "{message}");
            assert_eq!(message["params"]["elicitationId"], invitation["elicitationId"]);
            is_done = true;
        }
    }
    assert_eq!(sandbox.sts().request_count(), 2);
    end_without_code(session);
}

#[test]
fn ask_5_by_the_stateless_protocol_the_call_is_made_again() {
    let sandbox = with_code();
    let mut session = Session::start(&sandbox, &["-v", "2"]);
    let required = call_stateless(&mut session, &url_mode(), json!({}));
    assert_eq!(required["resultType"], "input_required", "{required}");
    let request = &required["inputRequests"]["code"];
    assert_eq!((&request["method"], &request["params"]["mode"]), (&json!("elicitation/create"), &json!("url")));
    assert_eq!(required["requestState"], request["params"]["elicitationId"]);
    assert!(request["params"]["message"].as_str().unwrap().contains("requested by agent-y"), "{request}");
    let visit = Visit::new(request["params"]["url"].as_str().unwrap());
    let person = std::thread::spawn(move || {
        visit.answer("999999").shows("AWS refused the code");
        visit.answer(CODE).shows("AWS accepted the code");
    });
    let result = retry(&mut session, &required, "accept");
    person.join().unwrap();
    assert_eq!(result["structuredContent"]["result"]["refreshed"], true, "{result}");
    assert_eq!(sandbox.sts().request_count(), 2);
    // What the client says after the end harms nobody.
    let kept = retry(&mut session, &required, "decline");
    assert_eq!(kept["resultType"], "input_required", "a new question: {kept}");
    end_without_code(session);
}

#[test]
fn ask_5_an_outcome_that_came_before_the_client_called_again_is_kept_for_it() {
    let sandbox = with_code();
    let mut session = Session::start(&sandbox, &[]);
    let required = call_stateless(&mut session, &url_mode(), json!({}));
    let visit = Visit::new(required["inputRequests"]["code"]["params"]["url"].as_str().unwrap());
    visit.answer(CODE).shows("AWS accepted the code");
    let result = retry(&mut session, &required, "accept");
    assert_eq!(result["structuredContent"]["result"]["refreshed"], true, "{result}");
    assert_eq!(sandbox.sts().request_count(), 1);
}

#[test]
fn ask_5_decline_and_cancel_are_declined() {
    for action in ["decline", "cancel"] {
        let sandbox = with_code();
        let mut session = handshake(&sandbox, &[], &url_mode());
        call_by_handshake(&mut session);
        let invitation = invitation(&mut session, json!({"result": {"action": action}}));
        let answer = session.answer_of("call");
        assert!(text(&answer["result"]).starts_with("error[declined]: "), "{answer}");
        Visit::new(invitation["url"].as_str().unwrap()).get().shows("declined");

        let sandbox = with_code();
        let mut session = Session::start(&sandbox, &[]);
        let required = call_stateless(&mut session, &url_mode(), json!({}));
        let result = retry(&mut session, &required, action);
        assert!(text(&result).starts_with("error[declined]: "), "{result}");
        // No other page opens now.
        let result = call_stateless(&mut session, &url_mode(), json!({}));
        assert!(text(&result).contains("no window opens for another"), "{result}");
        assert_eq!(sandbox.sts().request_count(), 0);
    }
}

#[test]
fn ask_5_a_client_that_cannot_open_pages_is_not_asked_to() {
    for capabilities in [json!({}), json!({"elicitation": {}}), json!({"elicitation": {"form": {}}})] {
        let sandbox = with_code();
        let mut session = handshake(&sandbox, &[], &capabilities);
        call_by_handshake(&mut session);
        let answer = session.next().unwrap();
        let reason = "the MCP client opens no pages (it does not declare elicitation in URL mode)";
        assert!(
            text(&answer["result"]).starts_with("error[code_unavailable]: ")
                && text(&answer["result"]).contains(reason)
        );
        let mut session = Session::start(&sandbox, &[]);
        let result = call_stateless(&mut session, &capabilities, json!({}));
        assert!(text(&result).contains(reason), "{result}");
        assert!(text(&result).contains("ask the user for the six digits"), "{result}");
    }
}

#[test]
fn ask_5_a_declared_capability_that_fails_leaves_nobody() {
    for error in [-32601, -32602, -32603, -1] {
        let sandbox = with_code();
        let mut session = handshake(&sandbox, &[], &url_mode());
        call_by_handshake(&mut session);
        let invitation = invitation(&mut session, json!({"error": {"code": error, "message": "cannot"}}));
        let answer = session.answer_of("call");
        let text = text(&answer["result"]);
        assert!(
            text.starts_with("error[code_unavailable]: no question for the code of `default` could be shown"),
            "{text}"
        );
        assert!(TcpStream::connect(Visit::new(invitation["url"].as_str().unwrap()).host).is_err());
        // Nobody was asked, so there is no pause.
        call_by_handshake(&mut session);
        session.expect_method("elicitation/create");
    }
}

#[test]
fn ask_4_the_server_opens_a_window_and_else_a_page() {
    let sandbox = with_dialog(with_code(), "ask", &prints(CODE));
    for (more, is_page) in [(&[] as &[&str], false), (&["--ask", "dialog"], false), (&["--ask", "page"], true)] {
        let mut session = handshake(&sandbox, more, &url_mode());
        call_by_handshake(&mut session);
        let first = session.next().unwrap();
        assert_eq!(first["method"] == "elicitation/create", is_page, "{more:?}: {first}");
    }
    let mut session = handshake(&sandbox, &["--ask", "never"], &url_mode());
    call_by_handshake(&mut session);
    let answer = session.next().unwrap();
    assert!(text(&answer["result"]).contains("forbids a question"), "{answer}");
    // A window that cannot be opened is followed by a page.
    let sandbox = with_code().env("DISPLAY", "localhost:99").env("PATH", "/nowhere");
    let mut session = handshake(&sandbox, &[], &url_mode());
    call_by_handshake(&mut session);
    session.expect_method("elicitation/create");
}

#[test]
fn ask_1_the_variable_chooses_the_page_too() {
    let sandbox = with_dialog(with_code(), "ask", &prints(CODE)).env("UPDSTS_ASK", "page");
    let mut session = handshake(&sandbox, &[], &url_mode());
    call_by_handshake(&mut session);
    session.expect_method("elicitation/create");
    session.end().cleanly();
    // A command has no page, so it counts as `auto` there.
    sandbox.run(["get"]).succeeds();
}

#[test]
fn ask_5_a_cancelled_call_closes_its_page() {
    let sandbox = with_code();
    let mut session = handshake(&sandbox, &[], &url_mode());
    call_by_handshake(&mut session);
    let invitation = invitation(&mut session, accept());
    let visit = Visit::new(invitation["url"].as_str().unwrap());
    visit.get().shows("<form");
    session.send(&json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": "call"}}));
    // The client need not show it any more.
    let done = session.expect_method("notifications/elicitation/complete");
    assert_eq!(done["params"]["elicitationId"], invitation["elicitationId"]);
    assert!(TcpStream::connect(&visit.host).is_err());
}

#[test]
fn ask_5_the_page_is_closed_at_the_end_of_the_server() {
    let sandbox = with_code();
    let mut session = Session::start(&sandbox, &[]);
    let required = call_stateless(&mut session, &url_mode(), json!({}));
    let visit = Visit::new(required["inputRequests"]["code"]["params"]["url"].as_str().unwrap());
    visit.get().shows("<form");
    session.end().cleanly();
    assert!(TcpStream::connect(&visit.host).is_err());
}

#[test]
fn ask_5_a_thousand_connections_take_no_memory_to_speak_of() {
    let sandbox = with_code();
    let mut session = Session::start(&sandbox, &[]);
    let required = call_stateless(&mut session, &url_mode(), json!({}));
    let visit = Visit::new(required["inputRequests"]["code"]["params"]["url"].as_str().unwrap());
    visit.get().shows("<form");
    let before = peak(&session.child).unwrap_or(0);
    let open: Vec<_> = (0..1000)
        .map(|number| {
            let mut stream = visit.connect();
            let head = format!("GET /guess HTTP/1.1\r\nHost: {}\r\nX: {}", visit.host, "x".repeat(7000));
            let _ = stream.write_all(&head.as_bytes()[..if number % 2 == 0 { head.len() } else { 0 }]);
            stream
        })
        .collect();
    visit.get().shows("<form");
    let more = peak(&session.child).unwrap_or(0) - before;
    assert!(more < 2048, "{more} KiB");
    visit.answer(CODE).shows("AWS accepted the code");
    drop(open);
    std::thread::sleep(Duration::from_millis(50));
    session.end().cleanly();
}

/// An rmcp client whose user takes a while for the page.
struct User {
    takes: Duration,
}

impl ClientHandler for User {
    fn get_info(&self) -> ClientConfig {
        let mut elicitation = ElicitationCapability::new();
        elicitation.url = Some(UrlElicitationCapability::default());
        let mut capabilities = ClientCapabilities::default();
        capabilities.elicitation = Some(elicitation);
        ClientConfig::new(capabilities, Implementation::new("suite", "1.0.0"))
    }

    async fn create_elicitation(
        &self,
        request: ElicitRequestParams,
        _context: RequestContext<RoleClient>,
    ) -> Result<ElicitResult, ErrorData> {
        let ElicitRequestParams::UrlElicitationParams { url, .. } = request else { panic!("{request:?}") };
        let takes = self.takes;
        std::thread::spawn(move || {
            std::thread::sleep(takes);
            Visit::new(&url).answer(CODE).shows("AWS accepted the code");
        });
        Ok(ElicitResult::new(ElicitationAction::Accept))
    }
}

struct Quiet;

impl Reporter for Quiet {
    fn notice(&self, _: &str) {}
    fn detail(&self, _: &str) {}
    fn shows_commands(&self) -> bool {
        false
    }
}

async fn connected(
    sandbox: &Sandbox,
    user: User,
    call: Duration,
    is_stateless: bool,
) -> RunningService<RoleClient, User> {
    let environment = sandbox.environment();
    let file = CredentialsFile::of_operator(None, &environment).unwrap();
    let server = Server::new(file, environment, Arc::new(Quiet)).asking(Some(Ask::Page));
    let server = server.limited_to(Limits { call, ..Limits::REAL });
    let (near, far) = tokio::io::duplex(1 << 16);
    let (input, output) = tokio::io::split(far);
    tokio::spawn(updsts::mcp::serve(server, input, output, CancellationToken::new()));
    if is_stateless {
        let versions = vec![ProtocolVersion::V_2026_07_28];
        user.serve_with_lifecycle(near, ClientLifecycleMode::Discover { preferred_versions: versions }).await.unwrap()
    } else {
        user.serve(near).await.unwrap()
    }
}

async fn call(client: &RunningService<RoleClient, User>) -> Value {
    let Value::Object(arguments) = update() else { unreachable!() };
    json!(client.call_tool(CallToolRequestParams::new(UPDATE).with_arguments(arguments)).await.unwrap())
}

#[tokio::test]
async fn mcp_7_an_rmcp_client_opens_the_page_in_each_era() {
    for is_stateless in [false, true] {
        let sandbox = with_code();
        let user = User { takes: Duration::ZERO };
        let client = connected(&sandbox, user, Limits::REAL.call, is_stateless).await;
        let result = call(&client).await;
        assert_eq!(result["structuredContent"]["result"]["refreshed"], true, "{result}");
        assert!(!result.to_string().contains(CODE));
    }
}

#[tokio::test]
async fn ask_7_a_page_outlives_the_call_in_each_era() {
    for is_stateless in [false, true] {
        let sandbox = with_code();
        let user = User { takes: Duration::from_secs(2) };
        let client = connected(&sandbox, user, Duration::from_millis(500), is_stateless).await;
        let result = call(&client).await;
        assert!(text(&result).starts_with("error[code_pending]: ") && text(&result).contains("a person"), "{result}");
        // The question is not put twice.
        for _ in 0..20 {
            let result = call(&client).await;
            if result["isError"] == false {
                assert_eq!(result["structuredContent"]["result"]["refreshed"], true, "{result}");
                break;
            }
            assert!(text(&result).starts_with("error[code_pending]: "), "{result}");
        }
        assert_eq!(sandbox.sts().request_count(), 1);
    }
}
