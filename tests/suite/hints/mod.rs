//! Each hint is followed to the letter, in the situation that prints it, and leads to where it says (CLI-15).

#[cfg(target_os = "linux")]
mod by_shell;

use std::fs;

use mock_sts::MockSts;

use super::commands::words;
use super::sandbox::{SOURCE, Sandbox};

#[test]
fn cli_15_the_hint_for_a_clock_leads_to_a_session() {
    let sandbox = Sandbox::with(MockSts::builder().token_code("654321").start());
    sandbox.sts().set_clock_offset(600);
    sandbox.get([]).fails("code_refused", 4).says("set it, for example by NTP, then try again with the next code");
    sandbox.sts().set_clock_offset(0);
    sandbox.run(["get", "-t", "654321"]).succeeds();
}

/// Where the hint is a command, it is the right one for the file that was named.
#[test]
fn cli_15_a_hint_names_the_file_that_was_named() {
    let sandbox = Sandbox::new().credentials("");
    fs::write(sandbox.path("other"), SOURCE).unwrap();
    sandbox.run(["list", "-c", "none"]).fails("file_missing", 3).says(&words(
        "`AWS_SHARED_CREDENTIALS_FILE=none aws configure`",
        "`$env:AWS_SHARED_CREDENTIALS_FILE = 'none'; aws configure` (in PowerShell)",
    ));
    sandbox.run(["list", "nobody", "-c", "other"]).fails("profile_not_found", 3).says("hint: `updsts -c other list`");
    let run = sandbox.run(["export", "default", "-c", "other"]).fails("session_missing", 7);
    assert_eq!(run.says("`updsts -c other get -n default`").stderr.lines().count(), 2);
    let run = sandbox.run(["list", "nobody"]).fails("profile_not_found", 3);
    assert!(!run.stderr.contains(" -c "), "{run:?}");
}
