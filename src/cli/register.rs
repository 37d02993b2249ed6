//! `updsts mcp --install` and `--uninstall`.

use std::path::Path;

use strum::VariantArray;

use super::args::Mcp;
use super::output::Output;
use crate::core::clients::client::Client;
use crate::core::clients::entry::Entry;
use crate::core::clients::text::{Edited, with};
use crate::core::environment::{Environment, expand_home};
use crate::core::error::Result;
use crate::core::register::{Act, Done, register};
use crate::core::text::{self, path};

/// Each client in turn; if one fails, the others still get their turn.
pub async fn run(options: &Mcp, file: Option<&Path>, environment: &Environment, output: &Output) -> Result<()> {
    let file = file.map(|file| expand_home(file, environment));
    let entry = Entry::of_this_program(file.as_deref(), options.refuse_cred_file, environment)?;
    let (act, named) = match (&options.install, &options.uninstall) {
        (Some(named), _) => (Act::Add(&entry), named),
        (None, named) => (Act::Remove, named.as_ref().expect("one of the two is given")),
    };
    let there = || Client::VARIANTS.iter().copied().filter(|client| client.is_there(environment)).collect();
    let clients = if named.is_empty() { there() } else { named.clone() };
    if clients.is_empty() {
        let all: Vec<_> = Client::VARIANTS.iter().map(|client| client.id()).collect();
        output.note(&format!("none of the clients was found; name one: {}", all.join(", ")));
    }
    let (mut page, mut failed) = (String::new(), Ok(()));
    for client in clients {
        match register(client, act, options.dry_run, environment, output).await {
            Ok(done) => page.push_str(&said(client, &done, act, options.dry_run)),
            Err(error) if failed.is_ok() => failed = Err(error),
            Err(error) => output.warning(&format!("{}: {}", client.name(), error.message())),
        }
    }
    if matches!(act, Act::Add(_)) {
        for name in &entry.left_out {
            output.note(&format!(
                "`{name}` holds a password and was left out: add it to the server's `env` yourself if it is needed"
            ));
        }
    }
    if failed.is_err() {
        // A failure leaves standard output empty.
        page.lines().for_each(|line| output.note(line));
        return failed;
    }
    output.result(&page)
}

fn said(client: Client, done: &Done, act: Act<'_>, is_dry: bool) -> String {
    let would = |done: &str, would: &str| if is_dry { would.to_owned() } else { done.to_owned() };
    let (what, nothing) = match act {
        Act::Add(_) => (would("registered", "would register"), "has the server already"),
        Act::Remove => (would("removed", "would remove"), "does not have the server"),
    };
    let name = client.name();
    match done {
        Done::Nothing => format!("{name:<15} {nothing}\n"),
        Done::ByCommand(lines) => {
            let lines: Vec<_> = lines.iter().map(|line| format!("`{}`", text::clean(line))).collect();
            format!("{name:<15} {what} by {}\n", lines.join(" and "))
        }
        Done::InFile(file) => {
            let entry = if is_dry { entry_for(client, act) } else { String::new() };
            format!("{name:<15} {what} in {}\n{entry}", path(file))
        }
    }
}

/// The entry, as a file of its own would hold it.
fn entry_for(client: Client, act: Act<'_>) -> String {
    let Act::Add(entry) = act else { return String::new() };
    let Ok(Edited::Text(document)) = with(client, None, entry) else { return String::new() };
    document.lines().flat_map(|line| ["    ".to_owned(), text::clean(line), "\n".to_owned()]).collect()
}
