//! Limits of the machine: too few descriptors, and no core file (CLI-10, FILE-2).

#![cfg(unix)]

use std::process::Stdio;

use super::sandbox::{Run, Sandbox};
#[cfg(target_os = "linux")]
use super::sandbox::{SOURCE, skipped};

/// Runs the program by a shell that sets its limits first.
pub fn under(limits: &str, sandbox: &Sandbox, arguments: &str) -> Run {
    let script = format!("{limits}; exec {} {arguments}", env!("CARGO_BIN_EXE_updsts"));
    Run::of(sandbox.other("/bin/sh", &["-c", &script]).stdin(Stdio::null()).output().unwrap())
}

#[test]
fn cli_10_too_few_descriptors_are_an_error_with_a_hint_and_spend_no_code() {
    for limit in (4..=30).step_by(2) {
        for arguments in
            ["get -n default -t 123456", "list", "mcp --mcp-server", "clear --all", "export -n default", "man"]
        {
            let sandbox = Sandbox::new();
            let run = under(&format!("ulimit -n {limit}"), &sandbox, arguments);
            let is_clear = run.status == Some(0) || (run.stderr.contains("error[") && run.stderr.contains("hint: "));
            assert!(is_clear, "{limit} {arguments}: {run:?}");
            for part in [".rs", "panicked", "internal error", "/src/"] {
                assert!(!run.stderr.contains(part), "{limit} {arguments}: {run:?}");
            }
            let is_stored = sandbox.read().contains("default_sts");
            assert_eq!(is_stored, sandbox.sts().request_count() > 0, "{limit} {arguments}: {run:?}");
        }
    }
    let few = under("ulimit -n 6", &Sandbox::new(), "get -n default -t 123456");
    few.fails("internal", 1).says("more files can be opened").says("`ulimit -n 256`");
}

#[cfg(target_os = "linux")]
#[test]
fn file_2_no_core_file_is_written_and_commands_keep_their_limit() {
    // Its own limit is given back while the command is started.
    let limit = "sleep 0.2; grep 'Max core file size' /proc";
    let sandbox = Sandbox::new().credentials(format!(
        "{SOURCE}mfa_process = {limit}/$PPID/limits > own; {limit}/self/limits > of-command; echo 123456\n"
    ));
    under("ulimit -S -c $(ulimit -H -c)", &sandbox, "get -n default").succeeds();
    let read = |name: &str| {
        let line = std::fs::read_to_string(sandbox.path(name)).unwrap();
        line.trim_start_matches("Max core file size").split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    };
    let (own, of_command) = (read("own"), read("of-command"));
    assert_eq!((own[0].as_str(), &own[1]), ("0", &of_command[1]), "{own:?} {of_command:?}");
    if of_command[1] == "0" {
        return skipped("the hard limit of core files is 0");
    }
    assert_eq!(of_command[0], of_command[1], "{of_command:?}");
}
