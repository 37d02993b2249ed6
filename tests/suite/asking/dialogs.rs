//! The question in a window, by stand-ins for the programs (ASK-3, ASK-6).

use std::fs;

use mock_sts::MockSts;
use serde_json::Value;

use crate::crowd::{end, start};
use crate::foreground::is_gone;
use crate::limits::under;
use crate::prompt::Session;
use crate::sandbox::{Run, SOURCE, Sandbox, set_mode};

/// A sandbox with a program of this name and text, which is what `UPDSTS_DIALOG` names.
pub fn sandbox_with(name: &str, script: &str) -> Sandbox {
    with_dialog(Sandbox::new(), name, script)
}

pub fn with_dialog(sandbox: Sandbox, name: &str, script: &str) -> Sandbox {
    let program = sandbox.path(name);
    // Each run leaves a line.
    fs::write(&program, format!("#!/bin/sh\necho run >>\"$HOME/runs\"\n{script}\n")).unwrap();
    set_mode(&program, 0o700);
    sandbox.env("UPDSTS_DIALOG", program)
}

pub fn runs(sandbox: &Sandbox) -> usize {
    fs::read_to_string(sandbox.path("runs")).unwrap_or_default().lines().count()
}

fn get(sandbox: &Sandbox, more: &[&str]) -> Run {
    sandbox.run(["get", "-n", "default"].iter().chain(more).copied())
}

#[test]
fn ask_3_a_program_of_ones_own_gets_the_text_and_prints_the_code() {
    let sandbox = sandbox_with("ask", "printf '%s' \"$#|$1\" >text; echo 123456");
    get(&sandbox, &["-d", "2h"]).succeeds().prints("default_sts");
    let text = fs::read_to_string(sandbox.path("text")).unwrap();
    let (count, text) = text.split_once('|').unwrap();
    assert_eq!(count, "1");
    let lines: Vec<_> = text.lines().filter(|line| !line.starts_with("Requested by: ")).collect();
    let expected = [
        "An MFA code is needed for a new AWS session.",
        "Profile: default",
        "Device: arn:aws:iam::123456789012:mfa/user",
        "Session length: 2 h",
        "Enter the six digits that the device shows now.",
    ];
    assert_eq!(lines, expected);
}

#[test]
fn ask_3_no_tag_hides_the_rest_of_the_text() {
    let sandbox = sandbox_with("ask", "printf '%s' \"$1\" >text; echo 123456");
    let sandbox = sandbox.credentials(SOURCE.replace("default", "a<script>b"));
    sandbox.run(["get", "a<script>b", "-sn", "x"]).succeeds();
    assert!(fs::read_to_string(sandbox.path("text")).unwrap().contains("Profile: a‹script›b\n"));
}

#[test]
fn ask_6_another_file_and_the_program_that_asks_are_named() {
    let sandbox = sandbox_with("ask", "printf '%s' \"$1\" >text; echo 123456");
    fs::copy(sandbox.credentials_path(), sandbox.path("other")).unwrap();
    fs::write(sandbox.path("agent.py"), "import subprocess, sys\nsys.exit(subprocess.call(sys.argv[1:]))\n").unwrap();
    let updsts = sandbox.process(["get", "-c", "other"]);
    let mut python = std::process::Command::new("python3");
    python.arg("agent.py").arg(updsts.get_program()).args(updsts.get_args()).current_dir(sandbox.home()).env_clear();
    python.envs(updsts.get_envs().filter_map(|(name, value)| Some((name, value?))));
    Run::of(python.output().unwrap()).succeeds();
    let text = fs::read_to_string(sandbox.path("text")).unwrap();
    assert!(text.contains("\nRequested by: python3") && text.contains("File: other\n"), "{text}");
}

#[test]
fn ask_3_it_asks_again_after_a_refusal_and_says_why() {
    let sandbox =
        sandbox_with("ask", "echo \"$1\" >>text; if [ $(wc -l <runs) = 1 ]; then echo 999999; else echo 123456; fi");
    get(&sandbox, &[]).succeeds();
    let text = fs::read_to_string(sandbox.path("text")).unwrap();
    assert!(text.contains("\nAWS refused the code (wrong, expired or used); wait for the next one.\n"), "{text}");
    assert_eq!((runs(&sandbox), sandbox.sts().request_count()), (2, 2));
    let sandbox = sandbox_with("ask", "echo \"$1\" >>text; echo nonsense");
    get(&sandbox, &[]).fails("code_unavailable", 3).says("no valid code was entered in 3 tries");
    assert!(fs::read_to_string(sandbox.path("text")).unwrap().contains("A code has six digits.\n"));
    assert_eq!((runs(&sandbox), sandbox.sts().request_count()), (3, 0));
}

#[test]
fn ask_6_after_declined_no_window_opens_for_a_minute_but_a_terminal_asks() {
    let sandbox = sandbox_with("ask", "exit 1");
    get(&sandbox, &[]).fails("declined", 3).says("hint: run `updsts get -n default` in a terminal");
    for _ in 0..2 {
        let run = get(&sandbox, &[]).fails("declined", 3);
        assert!(
            run.stderr.contains("no window opens for another 1 min") || run.stderr.contains("for another 5"),
            "{run:?}"
        );
    }
    assert_eq!(runs(&sandbox), 1);
    // As the hint says.
    let mut session = Session::start(&sandbox, &["get", "-n", "default"]);
    session.answer("MFA code for `default`", "123456\r");
    assert_eq!(session.end(), Some(0), "{}", session.seen());
    // The code was accepted, so a window opens again.
    get(&sandbox, &[]).fails("declined", 3);
    assert_eq!(runs(&sandbox), 2);
}

#[test]
fn ask_6_a_given_code_that_is_accepted_ends_the_pause_too() {
    let sandbox = sandbox_with("ask", "exit 1");
    get(&sandbox, &[]).fails("declined", 3);
    sandbox.get([]).succeeds();
    get(&sandbox, &[]).fails("declined", 3);
    assert_eq!(runs(&sandbox), 2);
}

#[test]
fn ask_6_a_pause_is_of_the_device_and_not_of_the_profile() {
    let other = SOURCE.replace("default", "dev").replace("mfa/user", "mfa/other");
    let same = SOURCE.replace("default", "twin");
    let sandbox = sandbox_with("ask", "exit 1").credentials(format!("{SOURCE}{other}{same}"));
    get(&sandbox, &[]).fails("declined", 3);
    sandbox.run(["get", "twin"]).fails("declined", 3);
    assert_eq!(runs(&sandbox), 1);
    sandbox.run(["get", "dev"]).fails("declined", 3);
    assert_eq!(runs(&sandbox), 2);
}

#[test]
fn ask_6_of_ten_processes_that_want_one_session_one_asks() {
    for (script, runs_expected, requests, outcome) in [
        ("sleep 2; echo 123456", 1, 1, ""),
        ("sleep 2; exit 3", 1, 0, "declined"),
        ("sleep 2; exit 5", 1, 0, "code_unavailable"),
    ] {
        // zenity ends with 3 when it is cancelled and with 5 when its time is over.
        let sandbox = sandbox_with("zenity", script);
        let arguments = ["get", "-n", "default", "--min-validity", "10m"];
        let children: Vec<_> = (0..10).map(|_| start(&sandbox, &arguments)).collect();
        let ended: Vec<_> = children.into_iter().map(end).collect();
        // Who waited is told how the question ended, not that no other one is asked.
        let told = ended.iter().filter(|run| !run.stderr.contains("no window opens")).count();
        assert!(told > 1, "{ended:?}");
        for run in ended {
            if outcome.is_empty() {
                run.succeeds()
            } else {
                run.fails(outcome, 3)
            };
        }
        assert_eq!((runs(&sandbox), sandbox.sts().request_count()), (runs_expected, requests), "{script}");
        if !outcome.is_empty() {
            get(&sandbox, &["--min-validity", "10m"]).fails(outcome, 3).says("no window opens");
            assert_eq!(runs(&sandbox), 1);
        }
    }
}

#[test]
fn ask_6_two_profiles_of_one_device_ask_one_after_the_other() {
    let twin = SOURCE.replace("default", "twin");
    let script = "if ! mkdir busy; then echo >>twice; fi; sleep 0.5; rmdir busy; echo 123456";
    let sandbox = sandbox_with("ask", script).credentials(format!("{SOURCE}{twin}"));
    let children = [start(&sandbox, &["get", "default"]), start(&sandbox, &["get", "twin"])];
    for child in children {
        end(child).succeeds();
    }
    assert_eq!(runs(&sandbox), 2);
    assert!(!sandbox.path("twice").exists(), "two questions at once");
}

#[test]
fn ask_3_a_signal_closes_the_window_with_its_children() {
    use rustix::process::{Pid, Signal, kill_process};
    let sandbox = sandbox_with("ask", "sleep 77 & echo $! >child; wait");
    let child = start(&sandbox, &["get", "-n", "default"]);
    let pid = crate::asking::wait_for(&sandbox.path("child"));
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    assert_eq!(end(child).status, Some(143));
    assert!(is_gone(&pid));
    // Nobody declined, so the next question is asked at once.
    with_dialog(sandbox, "ask", "echo 123456").run(["get"]).succeeds();
}

#[test]
fn ask_3_a_window_does_not_outlive_a_process_that_was_killed() {
    for name in ["ask", "pinentry"] {
        let sandbox = sandbox_with(name, "sleep 77 & echo $! >child; wait");
        let mut child = start(&sandbox, &["get", "-n", "default"]);
        let pid = crate::asking::wait_for(&sandbox.path("child"));
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(is_gone(&pid), "{name}");
    }
}

#[test]
fn ask_3_a_program_that_cannot_be_run_is_no_refusal() {
    let sandbox = sandbox_with("ask", "");
    fs::write(sandbox.path("ask"), "no program").unwrap();
    get(&sandbox, &[]).fails("code_unavailable", 3);
}

#[test]
fn ask_4_over_ssh_a_window_needs_a_forwarded_display() {
    let sandbox = Sandbox::new().env("SSH_CONNECTION", "192.0.2.1 1 192.0.2.2 22");
    for display in ["", ":0", "unix:0"] {
        let run = sandbox.command(["get"]).env("DISPLAY", display).output().unwrap();
        Run::of(run).fails("code_unavailable", 3).says("over SSH no display is forwarded for a dialog");
    }
    let run = sandbox.command(["get"]).env("DISPLAY", "localhost:10.0").env("PATH", sandbox.home()).output().unwrap();
    Run::of(run).fails("code_unavailable", 3).says("there is no program for a dialog (pinentry, zenity or kdialog)");
}

#[test]
fn ask_3_a_program_that_is_not_there_is_named() {
    let sandbox = Sandbox::new().env("UPDSTS_DIALOG", "/nowhere/ask");
    get(&sandbox, &[]).fails("code_unavailable", 3).says("the program that `UPDSTS_DIALOG` names was not found");
}

#[test]
fn ask_3_what_a_program_prints_is_shown_nowhere() {
    let sandbox = sandbox_with("ask", "echo swordfish; echo swordfish >&2");
    for level in ["0", "2"] {
        let run = sandbox.run(["get", "-v", level]).fails("code_unavailable", 3);
        assert!(!run.stderr.contains("swordfish"), "{run:?}");
    }
}

/// A pinentry that answers as the real ones do, and keeps what it is told.
const PINENTRY: &str = r#"echo 'OK Pleased to meet you'
while read -r line; do
  echo "$line" >>said
  case "$line" in
    'GETINFO flavor') echo "D $FLAVOR"; echo OK ;;
    GETPIN) if [ -n "$PIN" ]; then echo "D $PIN"; echo OK; else echo "ERR $ERR x <Pinentry>"; fi ;;
    BYE) echo OK; exit ;;
    *) echo OK ;;
  esac
done"#;

#[test]
fn ask_3_pinentry_is_spoken_to_line_by_line() {
    let source = SOURCE.replace("[default]", "[100% & <b>_x]");
    let sandbox =
        sandbox_with("pinentry-gtk-2", PINENTRY).credentials(source).env("FLAVOR", "gtk2").env("PIN", "123%3456");
    // `%34` is the digit 4.
    let sandbox = sandbox.env("PIN", "123%34%356");
    sandbox.run(["get", "100% & <b>_x", "-sn", "x"]).succeeds();
    let said = fs::read_to_string(sandbox.path("said")).unwrap();
    assert!(said.starts_with("GETINFO flavor\nOPTION no-grab\nSETTITLE updsts: MFA code\nSETDESC "), "{said}");
    assert!(said.contains("%0AProfile: 100%25 & <b>_x%0A"), "{said}");
    assert!(said.contains("\nSETPROMPT Code:\n") && said.contains("\nSETTIMEOUT 1"), "{said}");
}

#[test]
fn ask_3_the_ends_of_pinentry_are_told_apart() {
    for (error, code) in [("83886179", "declined"), ("83886142", "code_unavailable"), ("83886166", "code_unavailable")]
    {
        let sandbox = sandbox_with("pinentry-qt", PINENTRY).env("FLAVOR", "qt").env("ERR", error);
        get(&sandbox, &[]).fails(code, 3);
    }
}

#[test]
fn ask_3_a_pinentry_that_would_use_the_terminal_is_passed_over() {
    let sandbox = with_dialog(Sandbox::new(), "pinentry", PINENTRY).env("FLAVOR", "gtk2:curses").env("PIN", "123456");
    get(&sandbox, &[]).fails("code_unavailable", 3).says("no question for the code of `default` could be shown");
    // The first one that opens a window is used.
    let sandbox = Sandbox::new().env("DISPLAY", "localhost:99").env("FLAVOR", "curses").env("PIN", "654321");
    let sandbox = with_dialog(with_dialog(sandbox, "pinentry", PINENTRY), "zenity", "echo 123456");
    let path = format!("{}:/usr/bin:/bin", sandbox.home().display());
    let run = sandbox.command(["get"]).env_remove("UPDSTS_DIALOG").env("PATH", path).output().unwrap();
    Run::of(run).succeeds();
    assert_eq!(runs(&sandbox), 2);
}

#[test]
fn ask_3_zenity_and_kdialog_get_escaped_text() {
    let name = r"a_b\n<i>&amp; %s $(x) 開発";
    for (program, text) in [
        ("zenity", "Profile: a__b\\\\n<i>&amp; %s $(x) 開発\n"),
        ("kdialog", r"<br>Profile:&nbsp;a_b\\n&lt;i&gt;&amp;amp;&nbsp;%s&nbsp;$(x)&nbsp;開発<br>"),
    ] {
        let script = "for a; do printf '%s\\n' \"$a\" >>said; done; echo 123456";
        let sandbox = sandbox_with(program, script).credentials(SOURCE.replace("default", name));
        sandbox.run(["get", "-n", name, "-sn", "x"]).succeeds();
        let said = fs::read_to_string(sandbox.path("said")).unwrap();
        assert!(said.contains(text), "{said}");
    }
}

/// Programs in the sandbox's home, which is all of the PATH but for the shell's own programs, and a display.
fn sandbox_on_display(programs: &[(&str, &str)]) -> Sandbox {
    let mut sandbox = Sandbox::new().env("DISPLAY", "localhost:99");
    for (name, script) in programs {
        sandbox = with_dialog(sandbox, name, script);
    }
    let path = format!("{}:/usr/bin:/bin", sandbox.home().display());
    sandbox.env("UPDSTS_DIALOG", "").env("PATH", path)
}

/// A pinentry that would use a terminal, so that the machine's own ones are not found.
fn no_pinentry(rest: &[(&'static str, &'static str)]) -> Vec<(&'static str, &'static str)> {
    let names = ["pinentry", "pinentry-qt", "pinentry-gnome3", "pinentry-gtk-2"];
    names.into_iter().map(|name| (name, "exit 6")).chain(rest.iter().copied()).collect()
}

#[test]
fn ask_3_a_program_that_fails_is_nobody_s_act_and_the_next_one_asks() {
    // So end zenity and kdialog without a display.
    for failure in ["echo no display >&2; exit 1", "kill -ABRT $$", "exit 255"] {
        let sandbox = sandbox_on_display(&no_pinentry(&[("zenity", failure), ("kdialog", "echo 123456")]));
        get(&sandbox, &[]).succeeds();
        let sandbox = sandbox_on_display(&no_pinentry(&[("zenity", failure), ("kdialog", failure)]));
        get(&sandbox, &[]).fails("code_unavailable", 3).says("could be shown");
        // Nobody was asked, so there is no pause.
        with_dialog(sandbox, "ask", "echo 123456").run(["get"]).succeeds();
    }
}

#[test]
fn ask_3_a_cancelled_or_closed_window_is_declined() {
    for (program, script) in
        [("zenity", "exit $ZENITY_CANCEL"), ("zenity", "exit $ZENITY_ESC"), ("kdialog", "echo; exit 1")]
    {
        get(&sandbox_with(program, script), &[]).fails("declined", 3);
    }
}

#[test]
fn ask_3_a_pinentry_that_says_nothing_is_passed_over() {
    let sandbox = sandbox_on_display(&[("pinentry", "sleep 77"), ("pinentry-qt", PINENTRY)]);
    let sandbox = sandbox.env("FLAVOR", "qt").env("PIN", "123456");
    get(&sandbox, &[]).succeeds();
    assert_eq!(runs(&sandbox), 2);
}

#[test]
fn ask_3_pinentry_gets_the_whole_text_in_lines_that_it_can_read() {
    let name = "🔑".repeat(300);
    let sandbox = sandbox_with("pinentry-qt", PINENTRY).env("FLAVOR", "qt").env("PIN", "12");
    let directory = sandbox.path(&"%".repeat(200));
    fs::create_dir(&directory).unwrap();
    let file = directory.join("credentials");
    fs::write(&file, SOURCE.replace("default", &name)).unwrap();
    sandbox.run(["get", &name, "-sn", "x", "-c", file.to_str().unwrap()]).fails("code_unavailable", 3);
    let said = fs::read_to_string(sandbox.path("said")).unwrap();
    assert!(said.lines().all(|line| line.len() < 1000), "{said}");
    assert!(said.contains("…%0ADevice: ") && said.contains("the device shows now.\n"), "{said}");
    assert!(said.contains("\nSETERROR A code has six digits.\n"), "{said}");
}

#[test]
fn ask_3_a_program_for_windows_gets_the_session_and_no_core_file() {
    let limit = "grep 'Max core file size' /proc/self/limits >limit";
    let sandbox = sandbox_with("ask", &format!("{limit}; echo $DBUS_SESSION_BUS_ADDRESS >bus; echo 123456"));
    fs::create_dir(sandbox.path("run")).unwrap();
    let runtime = sandbox.path("run");
    let sandbox = sandbox.env("XDG_RUNTIME_DIR", &runtime);
    under("ulimit -S -c $(ulimit -H -c)", &sandbox, "get -n default").succeeds();
    assert_eq!(fs::read_to_string(sandbox.path("bus")).unwrap(), "disabled:\n");
    let limit = fs::read_to_string(sandbox.path("limit")).unwrap();
    assert_eq!(limit.split_whitespace().nth(4), Some("0"), "{limit}");
    fs::write(runtime.join("bus"), "").unwrap();
    get(&sandbox, &[]).succeeds();
    let expected = format!("unix:path={}/bus\n", runtime.display());
    assert_eq!(fs::read_to_string(sandbox.path("bus")).unwrap(), expected);
}

#[test]
fn ask_3_nothing_is_left_when_a_window_has_closed() {
    let sandbox = sandbox_with("ask", "sleep 77 >/dev/null & echo $! >child; echo 123456");
    get(&sandbox, &[]).succeeds();
    assert!(is_gone(&crate::asking::wait_for(&sandbox.path("child"))));
}

#[test]
fn ask_3_osascript_gets_what_it_shows_as_arguments() {
    let name = r#"a "b" \ $(x)"#;
    let keep = "for a; do printf '%s\\n' \"$a\" >>said; done; ";
    for (answer, code) in [("echo code 123456", ""), ("echo declined", "declined"), ("echo nobody", "code_unavailable")]
    {
        let sandbox = sandbox_with("osascript", &format!("{keep}{answer}"));
        let sandbox = sandbox.credentials(SOURCE.replace("default", name));
        let run = sandbox.run(["get", name, "-sn", "x"]);
        if code.is_empty() {
            run.succeeds()
        } else {
            run.fails(code, 3)
        };
        let said = fs::read_to_string(sandbox.path("said")).unwrap();
        let (script, values) = said.split_once("end run\nupdsts: MFA code\n").unwrap();
        assert!(values.contains(&format!("Profile: {name}\n")) && !script.contains("$(x)"), "{said}");
    }
}

#[test]
fn ask_3_in_wsl_a_form_of_windows_asks() {
    let name = "a \"b\" $(x) %PATH% ü開発";
    let keep = "printf '%s' \"$UPDSTS_TEXT\" >said; echo $WSLENV >passed; case \"$*\" in *'$(x)'*) exit 9;; esac; ";
    for (answer, code) in [
        ("printf '123456\\r\\n'", ""),
        ("exit 3", "declined"),
        ("exit 5", "code_unavailable"),
        ("exit 1", "code_unavailable"),
    ] {
        let sandbox = sandbox_on_display(&no_pinentry(&[("zenity", "exit 1"), ("kdialog", "exit 1")]));
        let sandbox = with_dialog(sandbox, "powershell.exe", &format!("{keep}{answer}")).env("UPDSTS_DIALOG", "");
        let sandbox = sandbox.credentials(SOURCE.replace("default", name)).env("WSL_DISTRO_NAME", "Debian");
        let run = sandbox.command(["get", name, "-sn", "x"]).env_remove("DISPLAY").output().unwrap();
        let run = Run::of(run);
        if code.is_empty() {
            run.succeeds()
        } else {
            run.fails(code, 3)
        };
        let said = fs::read_to_string(sandbox.path("said")).unwrap();
        assert!(said.contains(&format!("\tProfile: {name}\tDevice: ")), "{said}");
        assert_eq!(
            fs::read_to_string(sandbox.path("passed")).unwrap(),
            "UPDSTS_TITLE/w:UPDSTS_TEXT/w:UPDSTS_SECONDS/w\n"
        );
    }
    // Where Windows programs cannot run, those of the display are next.
    let sandbox = sandbox_on_display(&no_pinentry(&[("zenity", "echo 123456"), ("powershell.exe", "exit 126")]));
    get(&sandbox.env("WSL_DISTRO_NAME", "Debian"), &[]).succeeds();
}

#[test]
fn cli_7_a_refused_question_is_json_too() {
    let sandbox = Sandbox::with(MockSts::start());
    let sandbox = with_dialog(sandbox, "ask", "exit 1");
    let run = get(&sandbox, &["--json"]);
    let error: Value = serde_json::from_str(run.stderr.lines().last().unwrap()).unwrap();
    assert_eq!(error["error"]["code"], "declined");
}
