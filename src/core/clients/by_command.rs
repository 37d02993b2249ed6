//! Registering by a client's own command.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;
use tokio::time::timeout;

use crate::core::clients::client::Client;
use crate::core::clients::entry::{Entry, SERVER};
use crate::core::error::{Error, ErrorCode, Result};
use crate::core::quote;

/// How long a command may take: some start slowly.
const LIMIT: Duration = Duration::from_mins(1);

/// The arguments that add the entry.
pub fn adding(client: Client, entry: &Entry) -> Vec<String> {
    let variables = |option: &str| {
        let option = option.to_owned();
        entry.variables.iter().map(move |(name, value)| format!("{option}{name}={value}")).collect::<Vec<_>>()
    };
    let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
    let program = [vec![entry.program.clone()], entry.arguments.clone()].concat();
    match client {
        // Its own options go before the name, and one `--env` may take several values.
        Client::Gemini => [
            words(&["mcp", "add", "--scope", "user"]),
            variables("--env="),
            vec![SERVER.to_owned(), entry.program.clone(), "--".to_owned()],
            entry.arguments.clone(),
        ]
        .concat(),
        Client::ClaudeCode => {
            [words(&["mcp", "add", "--scope", "user", SERVER]), variables("--env="), words(&["--"]), program].concat()
        }
        _ => [words(&["mcp", "add", SERVER]), variables("--env="), words(&["--"]), program].concat(),
    }
}

/// The arguments that remove the entry.
pub fn removing(client: Client) -> Vec<String> {
    let scope: &[&str] = if client == Client::Codex { &[] } else { &["--scope", "user"] };
    [&["mcp", "remove"], scope, &[SERVER]].concat().into_iter().map(str::to_owned).collect()
}

/// The command as a line for a shell.
pub fn shown(client: Client, arguments: &[String]) -> String {
    let words = arguments.iter().map(|word| quote::word(word).into_owned());
    std::iter::once(client.command().unwrap_or_default().to_owned()).chain(words).collect::<Vec<_>>().join(" ")
}

/// Runs the command, whose output is not shown.
pub async fn run(client: Client, program: &Path, arguments: &[String]) -> Result<()> {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    let ended = timeout(LIMIT, async { command.status().await }).await;
    let what = match ended {
        Ok(Ok(status)) if status.success() => return Ok(()),
        Ok(Ok(status)) => format!("failed ({status})"),
        Ok(Err(_)) => "could not be run".to_owned(),
        Err(_) => "did not end within a minute and was stopped".to_owned(),
    };
    let verb = arguments.get(1).map_or("", |verb| verb);
    let message = format!("`{} mcp {verb}` {what}", client.command().unwrap_or_default());
    let hint = format!("run it by hand to see why: `{}`", shown(client, arguments));
    Err(Error::new(ErrorCode::ClientConfigUnusable, message, hint))
}
