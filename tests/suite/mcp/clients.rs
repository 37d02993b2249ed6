//! A real client, in every version of the protocol, over the real program and over a pipe in memory
//! (MCP-3, MCP-7, MCP-11).

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use insta::assert_snapshot;
use jsonschema::Validator;
use rmcp::model::{
    CallToolRequestParams, CallToolResult, ClientCapabilities, ClientConfig, Implementation, ProtocolVersion, Tool,
};
use rmcp::service::{ClientLifecycleMode, ClientServiceExt, RunningService};
use rmcp::transport::TokioChildProcess;
use rmcp::{RoleClient, ServiceExt};
use serde_json::{Value, json};
use updsts::core::file::credentials_file::CredentialsFile;
use updsts::core::reporter::Reporter;
use updsts::mcp::server::Server;

use super::{INFO, LIST, UPDATE};
use crate::sandbox::{Sandbox, portable};
use crate::texts::with_snapshots;

struct Silent;

impl Reporter for Silent {
    fn notice(&self, _: &str) {}
    fn detail(&self, _: &str) {}
    fn shows_commands(&self) -> bool {
        false
    }
}

type Client = RunningService<RoleClient, ClientConfig>;

fn config(version: ProtocolVersion) -> ClientConfig {
    ClientConfig::new(ClientCapabilities::default(), Implementation::new("suite", "1.0.0"))
        .with_protocol_version(version)
}

/// A client of that version: by the handshake where the version has one, else without.
async fn connect<T, E, A>(transport: T, version: ProtocolVersion) -> Client
where
    T: rmcp::transport::IntoTransport<RoleClient, E, A>,
    E: std::error::Error + Send + Sync + 'static,
{
    if version == ProtocolVersion::V_2026_07_28 {
        let lifecycle = ClientLifecycleMode::Discover { preferred_versions: vec![version.clone()] };
        config(version).serve_with_lifecycle(transport, lifecycle).await.unwrap()
    } else {
        config(version).serve(transport).await.unwrap()
    }
}

async fn over_the_program(sandbox: &Sandbox, version: ProtocolVersion) -> Client {
    let command = tokio::process::Command::from(sandbox.process(["mcp", "--mcp-server"]));
    connect(TokioChildProcess::new(command).unwrap(), version).await
}

async fn over_memory(sandbox: &Sandbox, version: ProtocolVersion) -> Client {
    let environment = sandbox.environment();
    let file = CredentialsFile::of_operator(None::<&Path>, &environment).unwrap();
    let server = Server::new(file, environment, Arc::new(Silent));
    let (near, far) = tokio::io::duplex(1 << 16);
    let (input, output) = tokio::io::split(far);
    tokio::spawn(updsts::mcp::serve(server, input, output, tokio_util::sync::CancellationToken::new()));
    connect(near, version).await
}

/// The tools of a server, whose answers are checked against what they declare.
struct Checked {
    client: Client,
    schemas: BTreeMap<String, Validator>,
}

impl Checked {
    async fn new(client: Client) -> Self {
        let tools = client.list_all_tools().await.unwrap();
        let schema = |tool: &Tool| Value::Object((**tool.output_schema.as_ref().unwrap()).clone());
        let schemas =
            tools.iter().map(|tool| (tool.name.to_string(), jsonschema::validator_for(&schema(tool)).unwrap()));
        let schemas: BTreeMap<_, _> = schemas.collect();
        assert_eq!(schemas.keys().collect::<Vec<_>>(), [INFO, LIST, UPDATE]);
        Self { client, schemas }
    }

    async fn call(&self, tool: &'static str, arguments: Value) -> CallToolResult {
        let Value::Object(arguments) = arguments else { panic!("the arguments are no object") };
        let result = self.client.call_tool(CallToolRequestParams::new(tool).with_arguments(arguments)).await.unwrap();
        match (&result.structured_content, result.is_error) {
            (Some(content), Some(false)) => {
                let errors: Vec<_> = self.schemas[tool].iter_errors(content).map(|error| error.to_string()).collect();
                assert!(errors.is_empty(), "{errors:?}: {content}");
            }
            (None, Some(true)) => {}
            other => panic!("{other:?}"),
        }
        result
    }
}

async fn all_three_tools(client: Client) {
    let checked = Checked::new(client).await;
    let failed = |result: &CallToolResult| result.is_error == Some(true);
    assert!(!failed(&checked.call(LIST, json!({})).await));
    assert!(failed(&checked.call(UPDATE, json!({"profile_name": "default", "totp_token": ""})).await));
    assert!(failed(&checked.call(UPDATE, json!({"profile_name": "nobody", "totp_token": "123456"})).await));
    assert!(!failed(&checked.call(UPDATE, json!({"profile_name": "default", "totp_token": "123456"})).await));
    let kept = json!({"profile_name": "default", "totp_token": "", "min_validity": 60});
    assert!(!failed(&checked.call(UPDATE, kept).await));
    assert!(!failed(&checked.call(INFO, json!({"profile_name": "default_sts"})).await));
    assert!(!failed(&checked.call(INFO, json!({"profile_name": "nobody"})).await));
    let list = checked.call(LIST, json!({})).await.structured_content.unwrap();
    assert_eq!(list["result"].as_array().unwrap().len(), 2);
    checked.client.cancel().await.unwrap();
}

#[tokio::test]
async fn mcp_3_every_version_of_the_protocol_gets_answers_that_fit_their_schemas() {
    for version in ProtocolVersion::KNOWN_VERSIONS {
        all_three_tools(over_the_program(&Sandbox::new(), version.clone()).await).await;
        all_three_tools(over_memory(&Sandbox::new(), version.clone()).await).await;
    }
}

#[tokio::test]
async fn mcp_11_the_server_introduces_itself() {
    let sandbox = Sandbox::new();
    for version in [ProtocolVersion::V_2025_11_25, ProtocolVersion::V_2026_07_28] {
        let client = over_the_program(&sandbox, version.clone()).await;
        let info = client.peer_info().unwrap();
        let server = info.server_info.clone().unwrap();
        assert_eq!((server.name.as_str(), server.version.as_str()), ("updsts", env!("CARGO_PKG_VERSION")));
        assert_eq!(info.instructions.as_deref(), Some(updsts::mcp::tools::INSTRUCTIONS));
        client.cancel().await.unwrap();
    }
}

#[tokio::test]
async fn mcp_11_tools_are_annotated_and_have_schemas_that_every_client_takes() {
    let client = over_the_program(&Sandbox::new(), ProtocolVersion::V_2025_11_25).await;
    for tool in client.list_all_tools().await.unwrap() {
        let reads = tool.name != UPDATE;
        let hints = tool.annotations.clone().unwrap();
        let hints = [hints.read_only_hint, hints.idempotent_hint, hints.destructive_hint, hints.open_world_hint];
        assert_eq!(hints, [Some(reads), Some(reads), Some(!reads), Some(!reads)], "{}", tool.name);
        let text = json!(tool).to_string();
        for refused in ["\"type\":[", "\"format\"", "$ref", "$defs"] {
            assert!(!text.contains(refused), "{}: {refused}", tool.name);
        }
    }
    client.cancel().await.unwrap();
}

#[tokio::test]
async fn snapshots_of_the_tools() {
    let sandbox = Sandbox::new();
    for (name, version) in [
        ("mcp_tools_2025_11_25", ProtocolVersion::V_2025_11_25),
        ("mcp_tools_2026_07_28", ProtocolVersion::V_2026_07_28),
    ] {
        let client = over_the_program(&sandbox, version).await;
        let tools = client.list_tools(None).await.unwrap();
        with_snapshots(|| assert_snapshot!(name, format!("{:#}", json!(tools))));
        client.cancel().await.unwrap();
    }
    with_snapshots(|| assert_snapshot!("mcp_instructions", updsts::mcp::tools::INSTRUCTIONS));
}

#[tokio::test]
async fn snapshots_of_masked_answers() {
    let sandbox = Sandbox::new();
    let client = over_the_program(&sandbox, ProtocolVersion::V_2026_07_28).await;
    let update = json!({"profile_name": "default", "totp_token": "123456"});
    let calls = [
        ("mcp_list_before", LIST, json!({})),
        ("mcp_update", UPDATE, update),
        ("mcp_list", LIST, json!({})),
        ("mcp_info", INFO, json!({"profile_name": "default_sts"})),
        ("mcp_info_unknown", INFO, json!({"profile_name": "nobody"})),
    ];
    for (name, tool, arguments) in calls {
        let Value::Object(arguments) = arguments else { unreachable!() };
        let result = client.call_tool(CallToolRequestParams::new(tool).with_arguments(arguments)).await.unwrap();
        let home = sandbox.home().canonicalize().unwrap().display().to_string();
        let text = format!("{:#}", json!(result)).replace(&home, "[home]");
        let text = if cfg!(windows) { portable(&text).replace("~/", "[home]/") } else { text };
        with_snapshots(|| assert_snapshot!(name, text));
    }
    client.cancel().await.unwrap();
}
