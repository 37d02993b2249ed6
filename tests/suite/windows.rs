//! What only Windows has: its ways to share, lock and mark files, its shell, its paths, its clock.

#![cfg(windows)]

use std::fs::{self, File, OpenOptions};
use std::os::windows::fs::{MetadataExt, OpenOptionsExt};
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::json;

use super::commands::{Lasting, script};
use super::crowd::{end, start};
use super::mcp::{INFO, LIST, Session, UPDATE};
use super::sandbox::{Run, SOURCE, Sandbox};

const GET: [&str; 5] = ["get", "-n", "default", "-t", "123456"];

#[test]
fn blk_2_a_block_of_a_file_with_crlf_is_updated_in_place() {
    let (before, after) = ("# mine\r\n", "\r\n[other]\r\nregion = eu-west-1\r\n; the end");
    let source = SOURCE.replace('\n', "\r\n");
    let sandbox = Sandbox::new().credentials(format!("{before}{source}{after}"));
    sandbox.get([]).succeeds();
    let first = sandbox.read();
    // Only the end of the last line is added, where the block must begin.
    assert!(first.starts_with(&format!("{before}{source}{after}\r\n# ${{{{{{ key=default")), "{first}");
    sandbox.get([]).succeeds();
    let second = sandbox.read();
    assert_ne!(first, second);
    assert_eq!(second.matches('\n').count(), second.matches("\r\n").count());
    let without_values = |file: &str| {
        let of_the_block =
            ["aws_access_key_id = ASIA", "aws_secret_access_key = ", "aws_session_token = ", "expiration_"];
        let is_kept = |line: &&str| line.contains("wJalr") || !of_the_block.iter().any(|key| line.starts_with(key));
        file.split_inclusive('\n').filter(is_kept).collect::<String>()
    };
    assert_eq!(without_values(&first), without_values(&second));
    sandbox.run(["clear", "default"]).succeeds();
    assert_eq!(sandbox.read(), format!("{before}{source}{after}\r\n"));
}

#[test]
fn file_5_ten_at_once_three_times_are_thirty_sessions_and_one_block() {
    let sandbox = Sandbox::new();
    for round in 1..=3 {
        let runs: Vec<_> = (0..10).map(|_| start(&sandbox, &GET)).collect::<Vec<_>>().into_iter().map(end).collect();
        for run in runs {
            run.succeeds();
        }
        assert_eq!(sandbox.sts().request_count(), round * 10);
    }
    assert_eq!(sandbox.read().matches("[default_sts]").count(), 1);
    assert!(sandbox.read().starts_with(SOURCE));
    sandbox.expect_no_leftovers();
}

/// The file, opened as another program may hold it: alone, or so that others may read it, or read and write, but not
/// replace it.
fn held(sandbox: &Sandbox, share: u32) -> File {
    OpenOptions::new().read(true).share_mode(share).open(sandbox.credentials_path()).unwrap()
}

const SHARES: [u32; 3] = [0, 1, 3];

#[test]
fn ship_6_a_file_that_another_program_has_open_for_a_moment_is_replaced() {
    for share in SHARES {
        let sandbox = Sandbox::new();
        let file = held(&sandbox, share);
        let holding = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(300));
            drop(file);
        });
        sandbox.get([]).succeeds();
        holding.join().unwrap();
        assert!(sandbox.read().contains("[default_sts]"), "{share}");
        sandbox.expect_no_leftovers();
    }
}

#[test]
fn ship_6_a_file_that_another_program_keeps_open_is_told_before_the_code_is_spent() {
    for share in SHARES {
        let sandbox = Sandbox::new();
        let file = held(&sandbox, share);
        let began = Instant::now();
        let run = sandbox.run(GET);
        assert!(began.elapsed() < Duration::from_secs(10), "{share}: {:?}", began.elapsed());
        // What nobody else may read cannot be looked at either.
        let run = if share == 0 { run.fails("file_unusable", 3) } else { run.fails("write_failed", 6) };
        run.says("the program that has the file open");
        assert_eq!(sandbox.sts().request_count(), 0, "{share}");
        drop(file);
        assert_eq!(sandbox.read(), SOURCE);
        sandbox.expect_no_leftovers();
        sandbox.get([]).succeeds();
    }
}

#[test]
fn ship_6_readers_read_while_others_hold_the_file() {
    for share in [1, 3, 7] {
        let sandbox = Sandbox::new();
        let _file = held(&sandbox, share);
        sandbox.run(["list"]).succeeds().prints("default");
    }
}

#[test]
fn file_4_a_missing_directory_is_told_and_not_made() {
    let sandbox = Sandbox::new();
    sandbox.run(["get", "default", "-t", "123456", "-c", r"no\such\place"]).fails("file_missing", 3);
    assert_eq!(sandbox.sts().request_count(), 0);
    assert!(!sandbox.path("no").exists());
}

#[test]
fn ship_6_the_attributes_of_the_file_stay() {
    const HIDDEN: u32 = 2;
    let sandbox = Sandbox::new();
    let status = Command::new("attrib").arg("+h").arg(sandbox.credentials_path()).status().unwrap();
    assert!(status.success());
    let attributes = || fs::metadata(sandbox.credentials_path()).unwrap().file_attributes();
    assert_eq!(attributes() & HIDDEN, HIDDEN);
    for command in [&GET[..], &GET, &["clear", "default"]] {
        sandbox.run(command.iter().copied()).succeeds();
        assert_eq!(attributes() & HIDDEN, HIDDEN, "{command:?}");
    }
    sandbox.expect_no_leftovers();
}

#[test]
fn get_6_the_text_of_a_command_reaches_the_shell_as_it_stands() {
    let sandbox = Sandbox::new();
    script(&sandbox, "path with spaces/x", "", "if \"%~1\"==\"a b\" if \"%~2\"==\"\" echo 123456");
    let program = sandbox.path(r"path with spaces\x.cmd").display().to_string();
    for command in [
        format!("\"{program}\" \"a b\""),
        format!("echo \"x\"&\"{program}\" \"a b\""),
        r#"if "a b"=="a b" (echo 123456)"#.to_owned(),
        "echo 123456 100%".to_owned(),
    ] {
        let run = sandbox_with(&sandbox, &command).run(["get", "-n", "default"]);
        assert_eq!(run.status, Some(0), "{command}: {run:?}");
    }
}

/// Another credentials file with this command, in the same home.
fn sandbox_with<'a>(sandbox: &'a Sandbox, command: &str) -> &'a Sandbox {
    fs::write(sandbox.credentials_path(), format!("{SOURCE}mfa_process = {command}\n")).unwrap();
    sandbox
}

#[test]
fn key_1_the_key_comes_from_a_program_in_quotes() {
    let document = r#"{"Version": 1, "AccessKeyId": "AKIAIOSFODNN7EXAMPLE", "SecretAccessKey": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}"#;
    let sandbox = Sandbox::new();
    fs::write(sandbox.path("key file.json"), document).unwrap();
    let device = "mfa_serial = arn:aws:iam::123456789012:mfa/user";
    let sandbox =
        sandbox.credentials(format!("[default]\n{device}\ncredential_process = cmd.exe /c type \"key file.json\"\n"));
    sandbox.get([]).succeeds();
}

#[test]
#[ignore = "takes a minute: `just stress`"]
fn get_6_a_command_that_hangs_ends_with_all_that_it_started() {
    let sandbox = Sandbox::new();
    let started = Lasting::of(&sandbox);
    let command = started.command(300.0, "echo 123456");
    let began = Instant::now();
    let run = sandbox_with(&sandbox, &command).run(["get", "-n", "default"]).fails("code_unavailable", 3);
    run.says("did not end within 60 s and was stopped");
    assert!((59..65).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
    started.expect_dead();
}

#[test]
fn get_6_a_cancelled_call_ends_a_command_with_all_that_it_started() {
    let sandbox = Sandbox::new();
    let started = Lasting::of(&sandbox);
    // A shell in the shell, and a program in that.
    let inner = script(&sandbox, "inner", "", &started.command(300.0, "rem"));
    sandbox_with(&sandbox, &format!("cmd.exe /c {inner}"));
    let mut session = Session::start(&sandbox, &[]);
    let call = session.send_call(UPDATE, json!({"profile_name": "default", "totp_token": ""}));
    started.wait_for_start();
    assert!(started.is_alive());
    session.send(&json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": call}}));
    started.expect_dead();
    session.succeeds(LIST, json!({}));
    session.end().cleanly();
    assert_eq!(sandbox.sts().request_count(), 0);
}

/// What a variable holds after `cmd.exe` has run these lines.
fn set_by_cmd(sandbox: &Sandbox, lines: &str, name: &str) -> String {
    let name_of_script = script(sandbox, "set", "", &format!("{lines}\necho %{name}%"));
    let output = sandbox.other("cmd.exe", &["/c", &name_of_script]).output().unwrap();
    Run::of(output).succeeds().stdout.trim_end().to_owned()
}

#[test]
fn exp_1_the_formats_of_windows() {
    let sandbox = Sandbox::new();
    sandbox.get([]).succeeds();
    let file = sandbox.read();
    let value = |key: &str| file.lines().rev().find_map(|line| line.strip_prefix(key)?.strip_prefix(" = ")).unwrap();
    let lines = sandbox.run(["export", "default", "--format", "windows-cmd"]).succeeds().stdout;
    for (name, key) in [
        ("AWS_ACCESS_KEY_ID", "aws_access_key_id"),
        ("AWS_SECRET_ACCESS_KEY", "aws_secret_access_key"),
        ("AWS_SESSION_TOKEN", "aws_session_token"),
    ] {
        assert_eq!(set_by_cmd(&sandbox, &lines, name), value(key));
    }
    let run = sandbox.run(["export", "default", "--format", "powershell"]).succeeds();
    run.prints(&format!("$Env:AWS_ACCESS_KEY_ID=\"{}\"", value("aws_access_key_id")));
    sandbox.run(["clear", "default"]).succeeds();
    assert_eq!(sandbox.read(), SOURCE);
    sandbox.run(["export", "default", "--format", "windows-cmd"]).fails("session_missing", 7);
}

#[test]
fn mcp_7_a_session_with_the_handshake_and_all_tools() {
    let sandbox = Sandbox::new();
    let mut session = Session::start(&sandbox, &[]);
    session.send(&json!({"jsonrpc": "2.0", "id": "hello", "method": "initialize", "params": {
        "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "x", "version": "1"},
    }}));
    assert_eq!(session.answer_of("hello")["result"]["protocolVersion"], "2025-11-25");
    session.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
    let mut call = |id: &str, tool: &str, arguments: serde_json::Value| {
        let call = json!({"name": tool, "arguments": arguments});
        session.send(&json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": call}));
        session.answer_of(id)["result"]["structuredContent"].take()
    };
    let renewed = call("1", UPDATE, json!({"profile_name": "default", "totp_token": "123456"}));
    assert_eq!(renewed["result"]["updated_profile_name"], "default_sts");
    let file = renewed["credential_file"].as_str().unwrap();
    assert_eq!(file, dunce::canonicalize(sandbox.credentials_path()).unwrap().to_str().unwrap());
    assert_eq!(call("2", INFO, json!({"profile_name": "default_sts"}))["result"]["status"], "valid");
    assert_eq!(call("3", LIST, json!({}))["result"].as_array().unwrap().len(), 2);
    session.end().cleanly();
}

#[test]
fn mcp_9_only_a_path_on_a_drive_is_taken_from_a_call() {
    let sandbox = Sandbox::new();
    let mut session = Session::start(&sandbox, &[]);
    for path in [
        r"\\host\share\x",
        "//host/share/x",
        r"\\?\C:\x",
        r"\\.\C:\x",
        r"\\.\pipe\x",
        r"\\?\UNC\host\share\x",
        r"\\.\NUL",
        "NUL",
        "CON",
        "C:x",
        r"\x",
        "/x",
        r"C:\x\NUL",
        r"C:\con",
        r"C:\x\com1.txt",
        r"C:\x:stream",
        "~x",
    ] {
        session.fails(LIST, json!({"cred_file": path}), "file_not_allowed");
        session.fails(INFO, json!({"profile_name": "default", "cred_file": path}), "file_not_allowed");
        let call = json!({"profile_name": "default", "totp_token": "123456", "cred_file": path});
        session.fails(UPDATE, call, "file_not_allowed");
    }
    assert_eq!(sandbox.sts().request_count(), 0);
    fs::write(sandbox.path("x"), SOURCE).unwrap();
    let absolute = sandbox.path("x").display().to_string();
    for path in ["~/x", r"~\x", &absolute, &absolute.replace('\\', "/")] {
        let list = session.succeeds(LIST, json!({"cred_file": path}));
        assert_eq!(list["credential_file"], dunce::canonicalize(&absolute).unwrap().to_str().unwrap(), "{path}");
    }
    // Other ways to the operator's file are the operator's file.
    sandbox_with(&sandbox, "echo 123456");
    for path in ["~/.aws/credentials", r"~\.aws\credentials", r"~\.AWS\x\..\Credentials"] {
        let call = json!({"profile_name": "default", "totp_token": "", "min_validity": 300, "cred_file": path});
        session.succeeds(UPDATE, call);
    }
}

#[test]
fn blk_9_times_are_those_of_the_time_zone() {
    for (zone, offsets) in [("Asia/Tokyo", &["+09:00"][..]), ("America/New_York", &["-05:00", "-04:00"])] {
        let sandbox = Sandbox::new().env("TZ", zone);
        let run = sandbox.get([]).succeeds();
        let line = run.stdout.lines().find(|line| line.starts_with("expir")).unwrap();
        assert!(offsets.iter().any(|offset| line.contains(offset)), "{zone}: {line}");
        let file = sandbox.read();
        let line = file.lines().find(|line| line.starts_with("expiration_datetime")).unwrap();
        assert!(offsets.iter().any(|offset| line.ends_with(offset)), "{zone}: {line}");
        sandbox.run(["list", "--check", "default", "--min-validity", "50m"]).succeeds();
    }
}

#[test]
fn cli_3_home_is_the_users_profile_with_either_separator() {
    let sandbox = Sandbox::new().env("HOME", r"C:\elsewhere");
    fs::write(sandbox.path("other"), SOURCE.replace("default", "other")).unwrap();
    sandbox.run(["list"]).succeeds().prints("default");
    for path in ["~/other", r"~\other", "other", r".\other", r".aws\..\other"] {
        sandbox.run(["list", "-c", path]).succeeds().prints("other");
    }
    sandbox.env("AWS_SHARED_CREDENTIALS_FILE", r"~\other").run(["list"]).succeeds().prints("other");
}

#[test]
fn cli_10_paths_are_shown_in_one_form() {
    let sandbox = Sandbox::new();
    let shown = [
        sandbox.run(["get", "-n", "default", "--dry-run", "-v", "1"]),
        sandbox.get(["-v", "1"]),
        sandbox.run(["doctor"]),
        sandbox.run(["list", "-c", "~/nowhere/x"]),
        sandbox.run(["list", "--json", "-v", "1"]),
    ];
    for run in shown {
        let text = format!("{}{}", run.stdout, run.stderr);
        assert!(!text.contains(r"\\?\"), "{text}");
        let mixed =
            text.split_whitespace().find(|word| word.contains(":\\") && word.contains('/') && !word.contains("//"));
        assert_eq!(mixed, None, "{text}");
    }
}
