//! Stands in for a program that updsts starts: for PowerShell and for other dialogs on Windows, for a command of `exec`.
//!
//! `STAND_IN` has what it does: `REPORT` (a file that gets its arguments and variables), `SECONDS`, `STATUS` and
//! `ANSWER`, separated by `|`.

use std::io::Write as _;
use std::process::exit;
use std::time::Duration;

use serde_json::{Map, json};

fn main() {
    let instruction = std::env::var("STAND_IN").expect("an instruction");
    let [report, seconds, status, answer] = *instruction.splitn(4, '|').collect::<Vec<_>>() else {
        panic!("four parts: {instruction}")
    };
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let variables: Map<_, _> = std::env::vars().map(|(name, value)| (name, value.into())).collect();
    let document = json!({ "arguments": arguments, "variables": variables });
    // It is there at once, as a whole.
    let written = format!("{report}.{}", std::process::id());
    std::fs::write(&written, document.to_string()).expect("a report");
    std::fs::rename(written, report).expect("a report");
    std::thread::sleep(Duration::from_secs(seconds.parse().expect("seconds")));
    write!(std::io::stdout(), "{answer}").expect("stdout");
    exit(status.parse().expect("a status"));
}
