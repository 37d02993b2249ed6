//! `updsts mcp`: the server, and for people what it offers and how to register it.

use std::fmt::Write;
use std::io::IsTerminal;
use std::sync::Arc;

use rmcp::transport::io::stdio_pipes;
use serde_json::{Value, json};
use strum::VariantArray;
use tokio_util::sync::CancellationToken;

use super::args::Mcp;
use super::output::{Output, Tone};
use super::signals::{Ended, INTERRUPTED, runtime, signal};
use crate::core::environment::Environment;
use crate::core::error::Result;
use crate::core::file::credentials_file::CredentialsFile;
use crate::core::reporter::Reporter;
use crate::core::text;
use crate::mcp::server::Server;
use crate::mcp::tools::{INSTRUCTIONS, ToolName};

/// Serves until the input ends or a signal asks to stop (MCP-8).
pub fn serve(options: &Mcp, file: CredentialsFile, environment: &Environment, output: Output) -> Result<Ended> {
    if std::io::stdin().is_terminal() {
        output.note("waiting for JSON-RPC from an MCP client on standard input; Ctrl-C stops it");
    }
    let server = Server::new(file, environment.clone(), Arc::new(ServerReporter(output)));
    let server = server.taking_cred_file(!options.refuse_cred_file).asking(options.ask);
    let stop = CancellationToken::new();
    let runtime = runtime()?;
    let status = runtime.block_on(async {
        let signal = signal();
        let (stdin, stdout) = stdio_pipes();
        let session = crate::mcp::serve(server, stdin, stdout, stop.clone());
        tokio::pin!(session);
        tokio::select! {
            () = &mut session => None,
            status = signal => {
                stop.cancel();
                session.await;
                Some(status)
            }
        }
    });
    // A thread that is still reading standard input must not delay the exit.
    runtime.shutdown_background();
    // Being stopped is the normal end of a server.
    Ok(if status == Some(INTERRUPTED) { Ended::Quietly(INTERRUPTED) } else { Ended::Done })
}

/// Reports progress on stderr if asked to. Commands write nowhere: their output may contain a code, and clients keep
/// what a server writes.
struct ServerReporter(Output);

impl Reporter for ServerReporter {
    fn notice(&self, text: &str) {
        self.0.detail(text);
    }

    fn detail(&self, text: &str) {
        self.0.detail(text);
    }

    fn shows_commands(&self) -> bool {
        false
    }
}

/// Shows the tools and how to register the server.
pub fn show(options: &Mcp, output: &Output) -> Result<()> {
    if !std::io::stdin().is_terminal() {
        output.note("this page is for people; MCP clients run `updsts mcp --mcp-server`");
    }
    let command = Registration::of_this_program();
    let document =
        if options.json { format!("{:#}\n", document(options, &command)) } else { page(options, &command, output) };
    output.result(&document)
}

/// How clients start the server: by its absolute path, because they do not have the user's PATH.
struct Registration {
    program: String,
}

impl Registration {
    fn of_this_program() -> Self {
        let program = std::env::current_exe().map_or_else(|_| "updsts".into(), |path| path.display().to_string());
        Self { program: text::clean(&program) }
    }

    /// `mcpServers` of Cursor, Claude Desktop and Gemini CLI.
    fn mcp_servers(&self) -> Value {
        json!({"mcpServers": {"updsts": {"command": self.program, "args": ["mcp", "--mcp-server"]}}})
    }

    /// `servers` of VS Code's `.vscode/mcp.json`.
    fn servers(&self) -> Value {
        json!({"servers": {"updsts": {"type": "stdio", "command": self.program, "args": ["mcp", "--mcp-server"]}}})
    }
}

fn document(options: &Mcp, registration: &Registration) -> Value {
    let tools: Vec<_> = ToolName::VARIANTS.iter().map(|tool| json!(tool.tool(!options.refuse_cred_file))).collect();
    json!({
        "tools": tools,
        "instructions": INSTRUCTIONS,
        "registration": {"mcpServers": registration.mcp_servers()["mcpServers"], "servers": registration.servers()["servers"]},
    })
}

fn page(options: &Mcp, registration: &Registration, output: &Output) -> String {
    let heading = |text: &str| output.paint(Tone::Strong, text);
    let mut page = String::from(
        "AI agents renew AWS sessions through this program, as a local MCP server, and\nnever see a secret.\n",
    );
    // Writing to a string cannot fail.
    let _ = writeln!(page, "\n{}", heading("Tools"));
    for tool in ToolName::VARIANTS {
        let definition = tool.tool(!options.refuse_cred_file);
        let _ = writeln!(page, "\n  {}   {}", heading(tool.as_str()), definition.title.unwrap_or_default());
        let properties = definition.input_schema.get("properties").and_then(Value::as_object);
        for (name, schema) in properties.into_iter().flatten() {
            let default = match schema.get("default") {
                Some(default) if *default != json!("") => format!(" [default: {default}]"),
                _ => String::new(),
            };
            let description = schema.get("description").and_then(Value::as_str).unwrap_or_default();
            page.push_str(&wrapped(name, &format!("{description}{default}")));
        }
    }
    let _ = writeln!(page, "\n{}\n", heading("Register it"));
    let _ = writeln!(page, "  In every client that is there, or in those that you name:\n");
    let _ = writeln!(page, "    updsts mcp --install [CLIENT …]    (and `--uninstall`, `--dry-run`)\n");
    let _ = writeln!(page, "  By hand:\n");
    let program = crate::core::quote::word(&registration.program);
    let _ = writeln!(page, "  Claude Code:\n\n    claude mcp add --scope user updsts -- {program} mcp --mcp-server\n");
    let _ = writeln!(page, "  Codex:\n\n    codex mcp add updsts -- {program} mcp --mcp-server");
    let _ = writeln!(page, "\n  Cursor, Claude Desktop, Gemini CLI, in their settings:\n");
    let _ = writeln!(page, "{}", indented(&registration.mcp_servers()));
    let _ = writeln!(page, "\n  VS Code, in .vscode/mcp.json:\n");
    let _ = writeln!(page, "{}", indented(&registration.servers()));
    page.push_str(
        "
  Clients do not pass on the variables of your shell. For AWS_CONFIG_FILE,
  HTTPS_PROXY or AWS_CA_BUNDLE, add an `\"env\": {…}` block beside `args`; for
  another credentials file, begin `args` with `\"-c\", \"FILE\"`, where FILE is
  the whole path.
  `--refuse-cred-file` keeps agents to that one file.
",
    );
    page
}

/// A parameter and its description, wrapped at 80 columns.
fn wrapped(name: &str, description: &str) -> String {
    let name = format!("    {name:<20}");
    let options = textwrap::Options::new(80).initial_indent(&name).subsequent_indent("                        ");
    textwrap::fill(description, options) + "\n"
}

fn indented(document: &Value) -> String {
    let lines: Vec<_> = format!("{document:#}").lines().map(|line| format!("    {line}")).collect();
    lines.join("\n")
}
