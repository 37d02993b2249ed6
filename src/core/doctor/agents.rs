//! Which AI agents have the MCP server. Their files are only read.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use strum::VariantArray;

use crate::core::clients::client::Client;
use crate::core::doctor::report::Report;
use crate::core::environment::Environment;

/// More than any such file has that a person can still edit.
const MOST_BYTES: u64 = 16 * 1024 * 1024;

pub(super) fn check(report: &mut Report, environment: &Environment) {
    let (mut with, mut without) = (Vec::new(), Vec::new());
    for client in Client::VARIANTS {
        match client.file(environment).and_then(|path| has_server(&path)) {
            Some(true) => with.push(client.name()),
            Some(false) => without.push(client.name()),
            None => {}
        }
    }
    let hint = "`updsts mcp --install` registers the server";
    match (&with[..], &without[..]) {
        ([], []) => report.ok("agents", "no agent that updsts knows is set up here"),
        ([], without) => report.ok_but("agents", format!("none of {} has the server", without.join(", ")), hint),
        (with, []) => report.ok("agents", format!("{} have the server", with.join(", "))),
        (with, without) => {
            let message = format!("with the server: {}; without it: {}", with.join(", "), without.join(", "));
            report.ok_but("agents", message, hint);
        }
    }
}

/// Whether the file starts the server; `None` if it cannot be read. Comments and projects make parsing a poor guide.
fn has_server(path: &Path) -> Option<bool> {
    let mut text = Vec::new();
    File::open(path).ok()?.take(MOST_BYTES).read_to_end(&mut text).ok()?;
    let has = |part: &[u8]| memchr::memmem::find(&text, part).is_some();
    Some(has(b"updsts") && has(b"--mcp-server"))
}
