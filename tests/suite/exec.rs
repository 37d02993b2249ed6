//! `exec`: a command with a session (REN-3, ROLE-1). Its terminal: `foreground`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::commands::script;
use super::renewing::{asked, expiring, with_command};
use super::sandbox::{Run, SOURCE, Sandbox};

/// The environment of the command.
fn environment(sandbox: &Sandbox, arguments: &[&str]) -> BTreeMap<String, String> {
    let show: &[&str] = if cfg!(windows) { &["--", "cmd.exe", "/c", "set"] } else { &["--", "/usr/bin/env"] };
    let run = sandbox.run(["exec"].iter().chain(arguments).chain(show).copied()).succeeds();
    let pair = |line: &str| line.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
    run.stdout.lines().filter_map(pair).collect()
}

/// A command that does nothing, and one that prints `done`.
const TRUE: &[&str] = if cfg!(windows) { &["--", "cmd.exe", "/c", "rem"] } else { &["--", "true"] };
const DONE: &[&str] = if cfg!(windows) { &["--", "cmd.exe", "/c", "echo done"] } else { &["--", "echo", "done"] };

fn exec(sandbox: &Sandbox, arguments: &[&str], command: &[&str]) -> Run {
    sandbox.run(["exec"].iter().chain(arguments).chain(command).copied())
}

fn with_session(sandbox: Sandbox) -> Sandbox {
    sandbox.get([]).succeeds();
    sandbox
}

const PRECEDENT: [&str; 9] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_CREDENTIAL_EXPIRATION",
    "AWS_DEFAULT_PROFILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
];

#[test]
fn ren_3_the_command_finds_the_session_and_nothing_that_takes_precedence() {
    let mut sandbox = with_session(Sandbox::new());
    let file = sandbox.read();
    let before = environment(&sandbox, &["default"]);
    for name in PRECEDENT {
        sandbox = sandbox.env(name, "x");
    }
    let sandbox = sandbox.env("AWS_PROFILE", "another").env("AWS_MAX_ATTEMPTS", "7");
    for name in [&["default"][..], &["-n", "default"], &["default_sts"], &[]] {
        let variables = environment(&sandbox, name);
        assert_eq!(variables["AWS_PROFILE"], "default_sts");
        assert_eq!(variables["AWS_MAX_ATTEMPTS"], "7");
        assert!(PRECEDENT.iter().all(|name| !variables.contains_key(*name)), "{variables:?}");
        // Nothing else is different, and nothing of the session is there.
        let others: Vec<_> = variables.keys().filter(|name| !before.contains_key(*name)).collect();
        assert_eq!(others, ["AWS_MAX_ATTEMPTS"]);
        assert!(variables.values().all(|value| value.len() < 3 || !file.contains(&format!("= {value}"))));
    }
    assert_eq!(sandbox.read(), file);
}

#[test]
fn ren_3_another_file_is_named_and_the_default_one_only_instead_of_another() {
    let sandbox = with_session(Sandbox::new());
    let file = sandbox.credentials_path();
    let variable = "AWS_SHARED_CREDENTIALS_FILE";
    assert!(!environment(&sandbox, &["default"]).contains_key(variable));
    fs::copy(&file, sandbox.path("mine")).unwrap();
    let variables = environment(&sandbox, &["default", "-c", "mine"]);
    assert_eq!(variables[variable], dunce::canonicalize(sandbox.home()).unwrap().join("mine").to_str().unwrap());
    let sandbox = sandbox.env(variable, "/nowhere");
    let variables = environment(&sandbox, &["default", "-c", "~/.aws/credentials"]);
    assert_eq!(Path::new(&variables[variable]), file);
}

const ADMIN: &str = "[profile admin]\nrole_arn = arn:aws:iam::123456789012:role/admin\nsource_profile = default_sts\n";

#[test]
fn ren_3_and_role_1_a_role_is_used_by_its_own_name() {
    let sandbox = with_command(Sandbox::new().config(ADMIN), "echo 123456");
    for _ in 0..2 {
        assert_eq!(environment(&sandbox, &["admin"])["AWS_PROFILE"], "admin");
    }
    assert_eq!(sandbox.sts().request_count(), 1);
    let over_key = ADMIN.replace("default_sts", "default");
    let run = exec(&sandbox.config(over_key), &["admin"], TRUE).fails("profile_not_ours", 125);
    run.says("`source_profile = default_sts`");
}

#[test]
fn ren_3_a_region_is_set_where_the_named_profile_has_none_and_the_source_has_one() {
    let source = "[default]\nregion = eu-west-1\n";
    let regions = |sandbox: &Sandbox, name| {
        let variables = environment(sandbox, &[name]);
        ["AWS_REGION", "AWS_DEFAULT_REGION"].map(|name| variables.get(name).cloned())
    };
    let both = |region: &str| [Some(region.to_owned()), Some(region.to_owned())];
    let with = |config: &str| with_session(Sandbox::new().config(config));
    let sandbox = with(&format!("{source}{ADMIN}"));
    assert_eq!(regions(&sandbox, "admin"), both("eu-west-1"));
    // The session profile was given the region when it was written.
    assert_eq!(regions(&sandbox, "default"), [None, None]);
    let without = sandbox.read().replace("region = eu-west-1\n", "");
    assert_eq!(regions(&sandbox.credentials(without), "default"), both("eu-west-1"));
    let has_its_own = with(&format!("{source}{ADMIN}region = us-west-2\n"));
    assert_eq!(regions(&has_its_own, "admin"), [None, None]);
    assert_eq!(regions(&with(ADMIN), "admin"), [None, None]);
    let set = with(&format!("{source}{ADMIN}")).env("AWS_DEFAULT_REGION", "sa-east-1");
    assert_eq!(regions(&set, "admin"), [None, Some("sa-east-1".to_owned())]);
}

#[test]
fn ren_3_a_session_is_renewed_where_needed() {
    for (left, more, is_kept) in [
        (400, &[][..], true),
        (200, &[], false),
        (-5, &[], false),
        (200, &["--min-validity", "3m"], true),
        (400, &["--min-validity", "10m", "-d", "15m"], false),
    ] {
        let sandbox = expiring(with_command(Sandbox::new(), "echo 123456"), left);
        let before = sandbox.read();
        let words = ["exec", "default"].iter().chain(more).chain(DONE);
        let run = sandbox.run(words.copied()).succeeds();
        assert_eq!((run.stdout.trim_end(), run.stderr.as_str()), ("done", ""));
        assert_eq!((asked(&sandbox), sandbox.read() == before), (usize::from(!is_kept), is_kept), "{left} {more:?}");
    }
    let sandbox = with_command(Sandbox::new(), "exit 1");
    exec(&sandbox, &["default"], DONE).fails("code_unavailable", 125);
}

#[test]
fn ren_3_the_exit_status_is_the_commands_own_and_125_to_127_are_those_of_env() {
    let sandbox = with_session(Sandbox::new());
    for status in [0, 1, 7, 125, 255] {
        let shell: [&str; 3] = if cfg!(windows) { ["--", "cmd.exe", "/c"] } else { ["--", "sh", "-c"] };
        let run = exec(&sandbox, &["default"], &[&shell[..], &[&format!("exit {status}")]].concat());
        assert_eq!((run.status, run.stderr.as_str()), (Some(status), ""));
    }
    for program in ["nowhere-to-be-found", "/nowhere/at/all", "./none"] {
        sandbox.run(["exec", "default", "--", program]).fails("usage", 127).says(program);
    }
    let folder = sandbox.home().to_str().unwrap();
    sandbox.run(["exec", "default", "--", folder]).fails("usage", 126);
    exec(&sandbox, &["nobody"], TRUE).fails("profile_not_found", 125);
    exec(&sandbox, &["default", "-d", "1s"], TRUE).fails("usage", 125);
    exec(&sandbox, &["default", "--min-validity", "48h"], TRUE).fails("usage", 125);
    exec(&sandbox, &["-x"], TRUE).fails("usage", 125);
    let run = sandbox.run(["exec", "--help"]).succeeds();
    assert!(run.stdout.contains("[NAME] -- COMMAND..."), "{run:?}");
}

#[test]
fn ren_3_arguments_and_standard_input_are_the_commands() {
    let sandbox = with_session(Sandbox::new());
    let show = "for argument; do printf '%s|' \"$argument\"; done; cat";
    let show_cmd = ":next\nif [%1]==[] goto end\necho.%~1!\nshift\ngoto next\n:end\nset /p line=\necho %line%";
    script(&sandbox, "show", show, show_cmd);
    let arguments = ["-n", "x", "--", "--help", "-sn", "", "a b"];
    let program = sandbox.path(if cfg!(windows) { "show.cmd" } else { "show" });
    let words = ["exec", "default", "--", program.to_str().unwrap()].into_iter().chain(arguments);
    let run = Run::of(sandbox.command(words).write_stdin("mine\n").output().unwrap()).succeeds();
    let shown = run.stdout.replace("!\r\n", "|").replace("\r\n", "\n");
    assert_eq!(shown, "-n|x|--|--help|-sn||a b|mine\n");
}

#[cfg(target_os = "linux")]
#[test]
fn ren_3_limits_descriptors_and_ignored_signals_are_as_they_were() {
    for left in [3000, -5] {
        let sandbox = expiring(with_command(Sandbox::new(), "echo 123456"), left);
        let show = "ulimit -S -c; ls /proc/self/fd | wc -l; grep -E 'Sig(Ign|Blk)' /proc/self/status";
        let script = |command: &str| {
            let updsts = env!("CARGO_BIN_EXE_updsts");
            let command = command.replace("updsts", updsts);
            let text = format!("ulimit -S -c 0; ulimit -S -c $(ulimit -H -c); trap '' HUP QUIT; exec {command}");
            Run::of(sandbox.other("/bin/sh", &["-c", &text, "sh", show]).output().unwrap()).succeeds().stdout
        };
        let alone = script("sh -c \"$1\"");
        assert_eq!(script("updsts exec default -- sh -c \"$1\""), alone, "{left}");
        assert!(alone.contains("05\n"), "{alone}");
    }
}

const MY_PROG: &str = if cfg!(windows) {
    "updsts exec -c x default -v 1 -- \"my prog\""
} else {
    "updsts exec -c x default -v 1 -- 'my prog'"
};

#[test]
fn ren_3_a_missing_double_dash_is_shown_where_it_goes() {
    let sandbox = with_session(Sandbox::new());
    for (typed, line) in [
        (&["default", "aws", "s3", "ls"][..], "updsts exec default -- aws …"),
        (&["-n", "default", "aws", "s3"], "updsts exec -n default -- aws …"),
        (&["--profile=default", "env"], "updsts exec --profile=default -- env"),
        (&["default", "-d", "1h", "ls", "-l"], "updsts exec default -d 1h -- ls …"),
        (&["-c", "x", "default", "-v", "1", "my prog"], MY_PROG),
        (&["default", "aws", "--", "s3"], "updsts exec default -- aws"),
        (&["default", "-l", "--", "s3"], "updsts exec default -- -l"),
        (&["default", "123456", "x"], "updsts exec default -- COMMAND …"),
        (&["123456", "ls"], "updsts exec … -- ls"),
    ] {
        let run = sandbox.run(["exec"].iter().chain(typed).copied()).fails("usage", 125);
        let run = run.says(&format!("hint: the command goes behind `--`: `{line}`\n"));
        assert!(!run.stderr.contains("123456"), "{run:?}");
    }
    sandbox.run(["exec", "default", "--min-validty", "1h", "--", "true"]).fails("usage", 125).says("'--min-validity'");
    for nothing in [&["default"][..], &["default", "--"], &[]] {
        let run = sandbox.run(["exec"].iter().chain(nothing).copied()).fails("usage", 125);
        run.says("updsts exec [OPTIONS] [NAME] -- COMMAND...");
    }
}

#[test]
fn cli_4_exec_without_a_name_takes_default_or_the_only_profile_with_a_key() {
    let sandbox = Sandbox::new().credentials(SOURCE.replace("default", "prod"));
    sandbox.run(["get", "prod", "-t", "123456"]).succeeds();
    exec(&sandbox, &[], TRUE).succeeds();
    let two = format!("{}{}", sandbox.read(), SOURCE.replace("default", "b"));
    exec(&sandbox.credentials(two), &[], TRUE).fails("profile_not_found", 125);
    let sandbox = with_session(Sandbox::new());
    exec(&sandbox, &["default", "-n", "default"], TRUE).fails("usage", 125);
    exec(&sandbox, &[""], TRUE).fails("usage", 125);
}

#[cfg(unix)]
mod unix {
    use std::fs;
    use std::os::unix::process::ExitStatusExt;

    use super::super::renewing::{expiring, with_command};
    use super::super::sandbox::{Run, Sandbox, set_mode};
    use super::with_session;

    #[test]
    fn ren_3_a_signal_that_ends_the_command_is_passed_on_and_what_may_not_be_run_is_126() {
        let sandbox = with_session(Sandbox::new());
        let output = sandbox.process(["exec", "default", "--", "sh", "-c", "kill -TERM $$"]).output().unwrap();
        assert_eq!(output.status.signal(), Some(15));
        fs::write(sandbox.path("plain"), "#!/bin/sh\n").unwrap();
        set_mode(&sandbox.path("plain"), 0o600);
        sandbox.run(["exec", "default", "--", "./plain"]).fails("usage", 126).says("ermission denied");
    }

    #[test]
    fn ren_3_the_command_takes_the_place_of_updsts() {
        for left in [3000, -5] {
            let sandbox = expiring(with_command(Sandbox::new(), "echo 123456"), left);
            let mut command = sandbox.process(["exec", "default", "--", "sh", "-c", "echo $$"]);
            let child = command.stdout(std::process::Stdio::piped()).spawn().unwrap();
            let process = child.id();
            assert_eq!(Run::of(child.wait_with_output().unwrap()).stdout.trim(), process.to_string());
        }
    }
}
