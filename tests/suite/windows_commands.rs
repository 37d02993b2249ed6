//! What updsts starts on Windows, and how it asks there (GET-6, ASK-3, REN-3).

#![cfg(windows)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::sandbox::{Run, SOURCE, Sandbox, path_with};
use crate::stand_in;

fn write(path: &Path, lines: &[&str]) {
    fs::write(path, lines.join("\r\n") + "\r\n").unwrap();
}

/// A batch file that appends to the file `beat` for half a minute at most, and asks another one to do the same.
fn beating(sandbox: &Sandbox, name: &str) -> PathBuf {
    let (other, path) = (sandbox.path("other.cmd"), sandbox.path(name));
    let beat = |file: &str| format!("for /L %%i in (1,1,2000000) do @echo x>>\"%USERPROFILE%\\{file}\"");
    write(&other, &["@echo off", &beat("beat-of-child")]);
    let start = format!("start \"\" /b cmd /D /C \"{}\"", other.display());
    write(&path, &["@echo off", &start, &beat("beat")]);
    path
}

fn length(path: &Path) -> u64 {
    path.metadata().map_or(0, |file| file.len())
}

/// Kills updsts once the batch file of [`beating`] and its child run, and looks that neither goes on.
fn nothing_outlives(sandbox: &Sandbox, updsts: &mut Child) {
    let files = ["beat", "beat-of-child"].map(|name| sandbox.path(name));
    let start = Instant::now();
    while files.iter().any(|file| length(file) == 0) {
        assert!(start.elapsed() < Duration::from_secs(20), "{:?}", updsts.try_wait());
        std::thread::sleep(Duration::from_millis(50));
    }
    updsts.kill().unwrap();
    updsts.wait().unwrap();
    // What was written when it was killed.
    std::thread::sleep(Duration::from_millis(500));
    let before = files.each_ref().map(|file| length(file));
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(files.each_ref().map(|file| length(file)), before);
}

fn start(sandbox: &Sandbox, arguments: &[&str]) -> Child {
    let mut command = sandbox.process(arguments.iter().copied());
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

fn with_process(sandbox: Sandbox, command: &str) -> Sandbox {
    sandbox.credentials(format!("{SOURCE}mfa_process = {command}\n"))
}

#[test]
fn get_6_a_command_with_quotes_gives_the_code() {
    let sandbox = Sandbox::new();
    let script = sandbox.path("gives the code.cmd");
    write(&script, &["@if \"%~1\"==\"my key\" echo 123456"]);
    let sandbox = with_process(sandbox, &format!("\"{}\" \"my key\"", script.display()));
    sandbox.run(["get", "-n", "default"]).succeeds().prints("default_sts");
    assert!(sandbox.read().contains("aws_session_token"));
}

#[test]
fn get_6_a_command_that_was_not_found_is_named_so() {
    let sandbox = with_process(Sandbox::new(), "no-such-program --x");
    let run = sandbox.run(["get", "-n", "default"]).fails("code_unavailable", 3);
    assert!(run.stderr.contains("a command was not found (exit status"), "{run:?}");
    let doctor = sandbox.run(["doctor", "-n", "default", "--offline"]);
    assert!(doctor.stdout.contains("`no-such-program`") || doctor.stderr.contains("`no-such-program`"), "{doctor:?}");
}

#[test]
fn get_6_a_command_does_not_outlive_an_updsts_that_was_killed() {
    let sandbox = Sandbox::new();
    let script = beating(&sandbox, "hangs.cmd");
    let sandbox = with_process(sandbox, &format!("\"{}\"", script.display()));
    let mut updsts = start(&sandbox, &["get", "-n", "default"]);
    nothing_outlives(&sandbox, &mut updsts);
}

#[test]
fn get_5_a_code_comes_from_standard_input_with_its_line_break() {
    let sandbox = Sandbox::new();
    let run = sandbox.command(["get", "-n", "default", "-t", "-"]).write_stdin("123456\r\n").output().unwrap();
    Run::of(run).succeeds();
}

#[test]
fn ask_3_the_form_gets_its_text_as_variables_and_its_end_is_understood() {
    let name = "a \"b\" $(x) %PATH% ü開発";
    for (status, printed, code) in [
        (0, "123456\r\n", ""),
        (0, "１２３４５６\r\n", ""),
        (3, "", "declined"),
        (5, "", "code_unavailable"),
        (1, "", "code_unavailable"),
        (0, "", "code_unavailable"),
    ] {
        let sandbox = Sandbox::new().credentials(SOURCE.replace("default", name));
        stand_in::put(&sandbox, "PowerShell", &json!({ "prints": [printed], "status": status }));
        // It is looked for where windows open.
        let path = path_with(sandbox.home());
        let sandbox = sandbox.env("SSH_CONNECTION", "").env("PATH", path);
        let run = sandbox.run(["get", name, "-sn", "x"]);
        let run = if code.is_empty() { run.succeeds() } else { run.fails(code, 3) };
        let arguments = stand_in::arguments(&sandbox);
        assert_eq!(
            arguments[..6],
            ["-NoProfile", "-NonInteractive", "-ExecutionPolicy", "Bypass", "-Sta", "-Command"],
            "{run:?}"
        );
        assert!(arguments[6].contains("$env:UPDSTS_TEXT") && !arguments[6].contains("開発"), "{arguments:?}");
        assert_eq!((arguments.len(), &*stand_in::variable(&sandbox, "UPDSTS_TITLE")), (7, "updsts: MFA code"));
        let text = stand_in::variable(&sandbox, "UPDSTS_TEXT");
        assert!(text.contains(&format!("\tProfile: {name}\tDevice: ")), "{text}");
        let seconds: u64 = stand_in::variable(&sandbox, "UPDSTS_SECONDS").parse().unwrap();
        assert!((100..=180).contains(&seconds), "{seconds}");
    }
}

#[test]
fn ask_3_a_batch_file_of_ones_own_gets_the_text_in_one_line() {
    let sandbox = Sandbox::new();
    let (asks, text) = (sandbox.path("my asks.cmd"), sandbox.path("text"));
    write(&asks, &["@echo off", &format!("echo %~1>\"{}\"", text.display()), "echo 123456"]);
    let sandbox = sandbox.env("UPDSTS_DIALOG", asks);
    sandbox.run(["get", "-n", "default"]).succeeds();
    let text = fs::read_to_string(text).unwrap();
    assert!(text.contains("  Profile: default  Device: arn:aws:iam::123456789012:mfa/user  "), "{text}");
}

#[test]
fn ren_3_the_status_of_a_command_is_passed_on() {
    let sandbox = Sandbox::new();
    sandbox.get([]).succeeds();
    let exec = |words: &[&str]| sandbox.run(["exec", "-n", "default", "--"].iter().chain(words).copied());
    let script = sandbox.path("fails.cmd");
    write(&script, &["@echo [%1]", "@exit /b 7"]);
    let by_path = script.with_extension("").into_os_string().into_string().unwrap();
    for (words, status) in
        [(&["cmd", "/C", "exit 300"][..], 300), (&["cmd", "/C", "exit 0"], 0), (&["no-such-program"], 127)]
    {
        assert_eq!(exec(words).status, Some(status), "{words:?}");
    }
    let run = exec(&[&by_path, "a & b"]);
    assert_eq!((run.status, run.stdout.as_str()), (Some(7), "[\"a & b\"]\r\n"), "{run:?}");
    fs::write(sandbox.path("no.exe"), "text").unwrap();
    assert_eq!(exec(&[sandbox.path("no.exe").to_str().unwrap()]).status, Some(126));
}

#[test]
fn ren_3_variables_that_take_precedence_are_removed_in_any_case() {
    let sandbox = Sandbox::new();
    sandbox.get([]).succeeds();
    let program = stand_in::put(&sandbox, "shows", &json!({}));
    let sandbox = sandbox.env("aws_access_key_id", "x").env("Aws_Session_Token", "x").env("aws_profile", "other");
    sandbox.run(["exec", "-n", "default", "--", program.to_str().unwrap()]).succeeds();
    let report = stand_in::starts(&sandbox).pop().unwrap();
    let variables = report["variables"].as_object().unwrap();
    let named = |wanted: &str| variables.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted));
    assert_eq!(named("AWS_PROFILE").map(|(_, value)| value.as_str().unwrap()), Some("default_sts"));
    assert_eq!((named("AWS_ACCESS_KEY_ID"), named("AWS_SESSION_TOKEN")), (None, None));
}

#[test]
fn ren_3_a_command_does_not_outlive_an_updsts_that_was_killed() {
    let sandbox = Sandbox::new();
    sandbox.get([]).succeeds();
    let script = sandbox.path("goes on.cmd");
    write(&script, &["@for /L %%i in (1,1,2000000) do @echo x>>\"%USERPROFILE%\\beat\""]);
    fs::write(sandbox.path("beat-of-child"), "none").unwrap();
    let mut updsts = start(&sandbox, &["exec", "-n", "default", "--", script.to_str().unwrap()]);
    nothing_outlives(&sandbox, &mut updsts);
}
