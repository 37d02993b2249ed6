//! A command that asks on the terminal, in a real interactive shell (GET-6).

#![cfg(target_os = "linux")]

use std::fs;
use std::time::{Duration, Instant};

use super::sandbox::{SOURCE, Sandbox, set_mode, skipped};
use super::terminal::{READY, Shell};

/// Asks as `getpass` does: on the terminal itself, without echo.
const ASK: &str = "#!/bin/sh
trap 'stty echo </dev/tty; exit 9' TERM
stty -echo </dev/tty
printf 'PIN of the key: ' >/dev/tty
read -r pin </dev/tty || exit 8
stty echo </dev/tty
echo >/dev/tty
[ \"$pin\" = swordfish ] || exit 7
echo 123456
";

impl Shell {
    /// In a home whose profile has this command.
    fn start(mfa_process: &str) -> Self {
        let sandbox = Sandbox::new().credentials(format!("{SOURCE}mfa_process = {mfa_process}\n"));
        fs::write(sandbox.path("ask"), ASK).unwrap();
        set_mode(&sandbox.path("ask"), 0o700);
        Self::of(sandbox)
    }
}

#[test]
fn get_6_c30_a_command_asks_on_the_terminal_and_is_answered() {
    let mut shell = Shell::start("./ask");
    shell.type_line("$UPDSTS get -n default");
    shell.session.answer("PIN of the key: ", "swordfish\r");
    shell.session.read_until("default_sts");
    assert!(!shell.session.seen().contains("swordfish"));
    assert_eq!(shell.status(), "0");
    assert!(shell.ends_without("swordfish").read().contains("[default_sts]"));
}

#[test]
fn get_6_c30_pythons_getpass_is_answered() {
    if !std::path::Path::new("/usr/bin/python3").exists() {
        return skipped("there is no python3");
    }
    let mut shell = Shell::start("./pin.py");
    let program =
        "#!/usr/bin/python3\nimport getpass\nprint('123456' if getpass.getpass('PIN: ') == 'swordfish' else '')\n";
    fs::write(shell.sandbox.path("pin.py"), program).unwrap();
    set_mode(&shell.sandbox.path("pin.py"), 0o700);
    shell.type_line("$UPDSTS get -n default");
    shell.session.answer("PIN: ", "swordfish\r");
    assert_eq!(shell.status(), "0");
    assert!(shell.ends_without("swordfish").read().contains("[default_sts]"));
}

#[test]
fn get_6_c30_ctrl_c_reaches_the_command_and_ends_both() {
    let mut shell = Shell::start("sleep 77 >/dev/null & echo $! >child; ./ask");
    shell.type_line("$UPDSTS get -n default");
    shell.session.answer("PIN of the key: ", "sword\u{3}");
    shell.session.read_until("interrupted: the credentials file is unchanged");
    assert_eq!(shell.status(), "130");
    let child = fs::read_to_string(shell.sandbox.path("child")).unwrap();
    assert!(is_gone(child.trim()), "a child of the command outlives it");
    assert_eq!(shell.ends_without("sword").read().matches("default_sts").count(), 0);
}

#[test]
fn get_6_c30_ctrl_c_reaches_what_runs_with_updsts() {
    let mut shell = Shell::start("./ask");
    fs::write(shell.sandbox.path("both"), "$UPDSTS get -n default; sleep 1; touch went-on\n").unwrap();
    shell.type_line("sh both; : $UPDSTS get");
    shell.session.answer("PIN of the key: ", "\u{3}");
    assert_eq!(shell.status(), "130");
    assert!(!shell.sandbox.path("went-on").exists());
    shell.ends_without("sword");
}

#[test]
fn get_6_c30_ctrl_z_stops_both_and_fg_goes_on() {
    let mut shell = Shell::start("./ask");
    shell.type_line("$UPDSTS get -n default");
    shell.session.answer("PIN of the key: ", "gold\u{1a}");
    shell.session.read_until("Stopped");
    shell.session.read_until(READY);
    shell.type_line("echo here; fg");
    shell.session.read_until("\nhere");
    // The modes of the command are back: it does not echo.
    shell.session.answer("get -n default\r\n", "swordfish\r");
    shell.session.read_until("default_sts");
    assert_eq!(shell.status(), "0");
    assert!(shell.ends_without("swordfish").read().contains("[default_sts]"));
}

#[test]
fn get_6_c30_in_the_background_after_ctrl_z_the_shell_keeps_its_terminal() {
    let mut shell = Shell::start("./ask");
    shell.type_line("$UPDSTS get -n default");
    shell.session.answer("PIN of the key: ", "\u{1a}");
    shell.session.read_until("Stopped");
    shell.session.read_until(READY);
    shell.type_line("bg; sleep 1; jobs; echo st''ill");
    shell.session.read_until("\nstill");
    assert!(shell.session.seen().contains("Stopped"), "{}", shell.session.seen());
    shell.session.read_until(READY);
    shell.type_line("fg");
    shell.session.answer("get -n default\r\n", "swordfish\r");
    assert_eq!(shell.status(), "0");
    shell.ends_without("swordfish");
}

#[test]
fn get_6_c30_what_was_typed_for_a_command_does_not_reach_the_shell() {
    let mut shell = Shell::start("sleep 2; echo 123456");
    shell.type_line("$UPDSTS get -n default");
    std::thread::sleep(Duration::from_millis(700));
    shell.session.send("touch typed\r");
    assert_eq!(shell.status(), "0");
    assert!(!shell.sandbox.path("typed").exists());
    shell.ends_without("touch");
}

#[test]
fn get_6_c30_a_pager_beside_updsts_goes_on_when_the_command_ends() {
    let mut shell = Shell::start("./ask");
    shell.type_line("$UPDSTS get -n default | sh -c 'sleep 1; read -r x </dev/tty; echo \"line=$x.\"'");
    shell.session.read_until("PIN of the key: ");
    std::thread::sleep(Duration::from_millis(1500));
    shell.session.answer("PIN of the key: ", "swordfish\r");
    let until = Instant::now() + Duration::from_secs(10);
    while !shell.sandbox.read().contains("default_sts") {
        assert!(Instant::now() < until, "{}", shell.session.seen());
        std::thread::sleep(Duration::from_millis(20));
    }
    shell.session.send("next page\r");
    shell.session.read_until("\nline=next page.");
    assert_eq!(shell.status(), "0");
    shell.ends_without("swordfish");
}

#[test]
#[ignore = "takes a minute: `just stress`"]
fn get_6_c30_after_the_time_limit_the_shell_has_its_terminal_and_nothing_that_was_typed() {
    let mut shell = Shell::start("sleep 99 >/dev/null & echo $! >child; ./ask");
    shell.type_line("$UPDSTS get -n default");
    shell.session.answer("PIN of the key: ", "touch typed");
    std::thread::sleep(Duration::from_secs(10));
    shell.session.send("\u{1a}");
    shell.session.read_until("Stopped");
    std::thread::sleep(Duration::from_secs(10));
    shell.type_line("fg");
    shell.session.answer("get -n default\r\n", "touch typed");
    // What was stopped is no time of the command.
    std::thread::sleep(Duration::from_secs(45));
    assert!(!shell.session.seen().contains("did not end"), "{}", shell.session.seen());
    shell.session.read_until("did not end within 60 s and was stopped");
    assert_eq!(shell.status(), "3");
    assert!(is_gone(fs::read_to_string(shell.sandbox.path("child")).unwrap().trim()));
    assert!(!shell.sandbox.path("typed").exists());
    shell.ends_without("touch");
}

#[test]
fn get_6_c30_a_signal_to_updsts_gives_the_terminal_back() {
    let mut shell = Shell::start("./ask");
    shell.type_line("$UPDSTS get -n default");
    shell.session.answer("PIN of the key: ", "sword");
    let pid = updsts_in(&shell.sandbox);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    assert_eq!(shell.status(), "143");
    shell.ends_without("sword");
}

#[test]
fn get_6_in_the_background_a_command_has_no_terminal() {
    let mut shell = Shell::start("if (: </dev/tty) 2>/dev/null; then echo no; else echo 123456; fi");
    shell.type_line("$UPDSTS get -n default & wait $!");
    assert_eq!(shell.status(), "0");
    shell.ends_without("sword");
}

#[test]
fn get_6_beside_a_full_screen_program_a_command_has_no_terminal() {
    let mut shell = Shell::start("if (: </dev/tty) 2>/dev/null; then echo no; else echo 123456; fi");
    shell.type_line("stty -icanon; $UPDSTS get -n default; (exit $?)");
    assert_eq!(shell.status(), "0");
    shell.ends_without("sword");
}

#[test]
fn get_6_the_server_runs_a_command_without_a_terminal() {
    let mut shell = Shell::start("if (: </dev/tty) 2>/dev/null; then echo no; else echo 123456; fi");
    let lines = [
        r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}"#,
        r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"updsts_update_sts_credential","arguments":{"profile_name":"default","totp_token":""}}}"#,
    ];
    fs::write(shell.sandbox.path("lines"), lines.join("\n") + "\n").unwrap();
    shell.type_line("(cat lines; sleep 3) | $UPDSTS mcp --mcp-server >answers; : $UPDSTS get");
    assert_eq!(shell.status(), "0");
    let answers = fs::read_to_string(shell.sandbox.path("answers")).unwrap();
    assert!(answers.contains("updated_profile_name"), "{answers}");
    shell.ends_without("sword");
}

/// A shell whose profile has a session, and the line that runs `script` with it.
fn with_session(script: &str) -> (Shell, String) {
    let shell = Shell::start("./ask");
    shell.sandbox.get([]).succeeds();
    fs::write(shell.sandbox.path("script"), script).unwrap();
    (shell, "$UPDSTS exec default -- sh script".to_owned())
}

#[test]
fn ren_3_ctrl_c_is_the_commands_own() {
    for (script, status) in [("trap 'echo caught; exit 9' INT\n", "9"), ("", "130")] {
        let (mut shell, line) = with_session(&format!("{script}echo go''ing\nwhile :; do sleep 0.2; done\n"));
        shell.type_line(&line);
        shell.session.read_until("\ngoing");
        shell.session.send("\u{3}");
        assert_eq!(shell.status(), status);
        assert!(!shell.session.seen().contains("interrupted"));
    }
}

#[test]
fn ren_3_ctrl_z_stops_the_command_and_fg_goes_on() {
    let (mut shell, line) = with_session("echo go''ing\nread -r x\necho got=$x.\nexit 4\n");
    shell.type_line(&line);
    shell.session.read_until("\ngoing");
    shell.session.send("\u{1a}");
    shell.session.read_until("Stopped");
    shell.session.read_until(READY);
    shell.type_line("jobs; echo here; fg");
    shell.session.read_until("\nhere");
    shell.session.send("a line\r");
    shell.session.read_until("\ngot=a line.");
    assert_eq!(shell.status(), "4");
}

#[test]
fn ren_3_exit_status_and_signals_are_what_the_shell_sees_without_updsts() {
    for (script, status) in [("exit 0", "0"), ("exit 130", "130"), ("kill -KILL $$", "137"), ("kill -TERM $$", "143")] {
        let (mut shell, line) = with_session(script);
        shell.type_line(&line);
        assert_eq!(shell.status(), status, "{script}");
    }
}

#[test]
fn ren_3_after_a_renewal_that_asked_on_the_terminal_it_is_the_commands() {
    let mut shell = Shell::start("./ask");
    let script = "stty -a | grep -o ' echo '\nread -r x\necho got=$x.\ntrap 'exit 9' INT\necho go''ing\nwhile :; do sleep 0.2; done\n";
    fs::write(shell.sandbox.path("script"), script).unwrap();
    shell.type_line("$UPDSTS exec default -- sh script; (exit $?); : $UPDSTS get");
    shell.session.answer("PIN of the key: ", "swordfish\r");
    shell.session.read_until(" echo ");
    shell.session.send("a line\r");
    shell.session.read_until("\ngot=a line.");
    shell.session.read_until("\ngoing");
    shell.session.send("\u{3}");
    shell.session.read_until(READY);
    assert!(shell.ends_without("swordfish").read().contains("[default_sts]"));
}

#[test]
fn ren_3_a_full_screen_program_has_the_terminal_as_updsts_found_it() {
    let (mut shell, line) = with_session("stty -icanon -echo\nread -r x\necho got=$x.\nstty sane\n");
    shell.type_line(&format!("{line} && echo fi''ne"));
    std::thread::sleep(Duration::from_millis(500));
    shell.session.send("x\n");
    shell.session.read_until("\ngot=x.");
    shell.session.read_until("\nfine");
    assert_eq!(shell.status(), "0");
}

/// The process that runs `get` in this home.
pub fn updsts_in(sandbox: &Sandbox) -> rustix::process::Pid {
    let home = fs::canonicalize(sandbox.home()).unwrap();
    let is_it = |pid: &str| {
        let link = |name: &str| fs::read_link(format!("/proc/{pid}/{name}")).ok();
        link("cwd").is_some_and(|cwd| cwd == home)
            && link("exe").is_some_and(|exe| exe == fs::canonicalize(env!("CARGO_BIN_EXE_updsts")).unwrap())
    };
    let names = fs::read_dir("/proc").unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let pid = names.filter(|name| name.bytes().all(|b| b.is_ascii_digit())).find(|pid| is_it(pid)).unwrap();
    rustix::process::Pid::from_raw(pid.parse().unwrap()).unwrap()
}

pub fn is_gone(pid: &str) -> bool {
    let until = Instant::now() + Duration::from_secs(5);
    let process = format!("/proc/{pid}/stat");
    while Instant::now() < until {
        if fs::read_to_string(&process).map_or(true, |stat| stat.contains(") Z ")) {
            return true;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    false
}
