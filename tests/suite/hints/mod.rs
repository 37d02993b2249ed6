//! Each hint is followed to the letter, in the situation that prints it, and leads to where it says (CLI-15).

#[cfg(target_os = "linux")]
mod by_shell;

use std::fs;

use mock_sts::{MockSts, User};

use super::commands::words;
use super::sandbox::{SOURCE, Sandbox};

/// What it is about; what is done to the files before; the command that is refused; a part of the error's code and of
/// its hint; what the hint says, done. There `again` is the command, with more arguments.
type Case = [&'static str; 6];

/// Only commands of updsts, in the words of no shell.
const COMMANDS: [Case; 13] = [
    [
        "no session yet",
        "",
        "updsts export default",
        "session_missing",
        "`updsts get -n default`",
        "updsts get -n default -t 123456; again",
    ],
    [
        "a session that is not valid for long enough",
        "updsts get -t 123456",
        "updsts list --check default --min-validity 2h",
        "session_expired",
        "`updsts get -n default --min-validity 7200`",
        "updsts get -n default --min-validity 7200 -t 123456; again",
    ],
    [
        "C81: a profile in the place of a command",
        "",
        "updsts default",
        "usage",
        "`default` is a profile: `updsts get default`",
        "updsts get default -t 123456",
    ],
    ["C81: a code in the place of a name", "", "updsts get 123456", "usage", "`-t CODE`", "updsts get -t 123456"],
    ["C85: an option without its value", "", "updsts get -n", "usage", "`updsts get --help`", "updsts get --help"],
    [
        "C85: an unknown format",
        "",
        "updsts export default --format json",
        "usage",
        "`updsts export --help`",
        "updsts export --help",
    ],
    ["C85: a level that is left out", "", "updsts -v list", "usage", "`-v 1` or `-v 2`", "updsts -v 1 list"],
    ["C85: the option twice", "", "updsts list -vv", "usage", "`-v 1` or `-v 2`", "updsts list -v 2"],
    ["C86: a name that is not there", "", "updsts list nobody", "profile_not_found", "`updsts list`", "updsts list"],
    [
        "a duration outside the limits",
        "",
        "updsts get -t 123456 -d 5",
        "usage",
        "between 900 s and 129600 s",
        "updsts get -t 123456 -d 900",
    ],
    ["too short a code", "", "updsts get -t 12345", "usage", "`-t 123456`", "updsts get -t 123456"],
    ["a code that is refused", "", "updsts get -t 999999", "code_refused", "the next code", "updsts get -t 123456"],
    [
        "nobody to ask",
        "",
        "updsts get",
        "code_unavailable",
        "`updsts get -n default -t CODE`",
        "updsts get -n default -t 123456",
    ],
];

fn check(sandbox: &Sandbox, [name, before, command, code, hint, follow]: Case) {
    let run = |line: &str| {
        let line = line.replace("again", command);
        sandbox.run(line.strip_prefix("updsts ").unwrap().split(' '))
    };
    for line in before.split_terminator("; ") {
        run(line).succeeds();
    }
    let refused = run(command);
    let printed = refused.stderr.lines().find_map(|line| line.strip_prefix("hint: "));
    assert!(refused.stderr.contains(&format!("error[{code}]: ")), "{name}: {refused:?}");
    assert!(printed.is_some_and(|printed| printed.contains(hint)), "{name}: {refused:?}");
    for line in follow.split("; ") {
        run(line).succeeds();
    }
}

#[test]
fn cli_15_each_hint_leads_to_where_it_says() {
    for case in COMMANDS {
        check(&Sandbox::new(), case);
    }
}

#[test]
fn cli_15_the_hint_for_a_root_user_leads_to_a_session() {
    let root = MockSts::builder().users([User { root: true, ..User::default() }]).start();
    let command = "updsts get -t 123456 --min-validity 2h";
    let kept = "use it until it expires";
    check(&Sandbox::with(root), ["C18", "", command, "session_too_short", kept, "updsts list --check default"]);
}

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
