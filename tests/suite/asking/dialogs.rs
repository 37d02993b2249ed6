//! The question in a window, by stand-ins for the programs (ASK-3, ASK-6).

use std::fs;

use mock_sts::MockSts;
use serde_json::{Value, json};

use crate::crowd::{end, start};
use crate::sandbox::{Run, SOURCE, Sandbox, path_with, set_mode};
use crate::stand_in::{
    Child, WINDOW, arguments, ends, prints, put, ran_one_after_the_other, runs, said, sandbox_with, with_dialog,
};
#[cfg(target_os = "linux")]
use crate::terminal::Session;

fn get(sandbox: &Sandbox, more: &[&str]) -> Run {
    sandbox.run(["get", "-n", "default"].iter().chain(more).copied())
}

#[test]
fn ask_3_a_program_of_ones_own_gets_the_text_and_prints_the_code() {
    let sandbox = sandbox_with("ask", &prints("123456"));
    get(&sandbox, &["-d", "2h"]).succeeds().prints("default_sts");
    let [text] = &*arguments(&sandbox) else { panic!("it is one argument") };
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
    let sandbox = sandbox_with("ask", &prints("123456"));
    let sandbox = sandbox.credentials(SOURCE.replace("default", "a<script>b"));
    sandbox.run(["get", "a<script>b", "-sn", "x"]).succeeds();
    assert!(arguments(&sandbox)[0].contains("Profile: a‹script›b\n"));
}

#[test]
fn ask_6_another_file_and_the_program_that_asks_are_named() {
    let sandbox = sandbox_with("ask", &prints("123456"));
    fs::copy(sandbox.credentials_path(), sandbox.path("other")).unwrap();
    let agent = put(&sandbox, "agent", &json!({ "runs": true }));
    let updsts = sandbox.process(["get", "-c", "other"]);
    let command = std::iter::once(updsts.get_program()).chain(updsts.get_args()).map(|word| word.to_str().unwrap());
    let run = sandbox.other(agent.to_str().unwrap(), &command.collect::<Vec<_>>()).output().unwrap();
    Run::of(run).succeeds();
    let text = arguments(&sandbox).pop().unwrap();
    assert!(text.contains("File: other\n"), "{text}");
    // Windows does not say whose child a process is.
    assert_eq!(text.contains("\nRequested by: agent\n"), cfg!(unix), "{text}");
}

#[test]
fn ask_3_it_asks_again_after_a_refusal_and_says_why() {
    let sandbox = sandbox_with("ask", &json!({ "prints": ["999999\n", "123456\n"] }));
    get(&sandbox, &[]).succeeds();
    let text = arguments(&sandbox).pop().unwrap();
    assert!(text.starts_with("AWS refused the code (wrong, expired or used); wait for the next one.\n"), "{text}");
    assert_eq!((runs(&sandbox), sandbox.sts().request_count()), (2, 2));
    let sandbox = sandbox_with("ask", &prints("nonsense"));
    get(&sandbox, &[]).fails("code_unavailable", 3).says("no valid code was entered in 3 tries");
    assert!(arguments(&sandbox)[0].starts_with("A code has six digits.\n"));
    assert_eq!((runs(&sandbox), sandbox.sts().request_count()), (3, 0));
}

#[test]
fn ask_6_after_declined_no_window_opens_for_a_minute_but_a_terminal_asks() {
    let sandbox = sandbox_with("ask", &ends(1));
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
    #[cfg(target_os = "linux")]
    {
        let mut session = Session::start(&sandbox, &["get", "-n", "default"]);
        session.answer("MFA code for `default`", "123456\r");
        assert_eq!(session.end(), Some(0), "{}", session.seen());
    }
    #[cfg(not(target_os = "linux"))]
    sandbox.get([]).succeeds();
    // The code was accepted, so a window opens again.
    get(&sandbox, &[]).fails("declined", 3);
    assert_eq!(runs(&sandbox), 2);
}

#[test]
fn ask_6_a_given_code_that_is_accepted_ends_the_pause_too() {
    let sandbox = sandbox_with("ask", &ends(1));
    get(&sandbox, &[]).fails("declined", 3);
    sandbox.get([]).succeeds();
    get(&sandbox, &[]).fails("declined", 3);
    assert_eq!(runs(&sandbox), 2);
}

#[test]
fn ask_6_a_pause_is_of_the_device_and_not_of_the_profile() {
    let other = SOURCE.replace("default", "dev").replace("mfa/user", "mfa/other");
    let same = SOURCE.replace("default", "twin");
    let sandbox = sandbox_with("ask", &ends(1)).credentials(format!("{SOURCE}{other}{same}"));
    get(&sandbox, &[]).fails("declined", 3);
    sandbox.run(["get", "twin"]).fails("declined", 3);
    assert_eq!(runs(&sandbox), 1);
    sandbox.run(["get", "dev"]).fails("declined", 3);
    assert_eq!(runs(&sandbox), 2);
}

#[test]
fn ask_6_of_ten_processes_that_want_one_session_one_asks() {
    for (part, requests, outcome) in [
        (json!({ "seconds": 3, "prints": ["123456\n"] }), 1, ""),
        (json!({ "seconds": 3, "status": 3 }), 0, "declined"),
        (json!({ "seconds": 3, "status": 5 }), 0, "code_unavailable"),
    ] {
        let sandbox = sandbox_with(WINDOW, &part);
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
        assert_eq!((runs(&sandbox), sandbox.sts().request_count()), (1, requests), "{part}");
        if !outcome.is_empty() {
            get(&sandbox, &["--min-validity", "10m"]).fails(outcome, 3).says("no window opens");
            assert_eq!(runs(&sandbox), 1);
        }
    }
}

#[test]
fn ask_6_two_profiles_of_one_device_ask_one_after_the_other() {
    let twin = SOURCE.replace("default", "twin");
    let part = json!({ "seconds": 0.5, "prints": ["123456\n"] });
    let sandbox = sandbox_with("ask", &part).credentials(format!("{SOURCE}{twin}"));
    let children = [start(&sandbox, &["get", "default"]), start(&sandbox, &["get", "twin"])];
    for child in children {
        end(child).succeeds();
    }
    assert_eq!(runs(&sandbox), 2);
    assert!(ran_one_after_the_other(&sandbox), "two questions at once");
}

/// A window that nobody answers, with a child of its own.
fn lasting() -> Value {
    json!({ "child": true, "seconds": 77 })
}

#[cfg(unix)]
#[test]
fn ask_3_a_signal_closes_the_window_with_its_children() {
    use rustix::process::{Pid, Signal, kill_process};
    let sandbox = sandbox_with("ask", &lasting());
    let updsts = start(&sandbox, &["get", "-n", "default"]);
    let child = Child::of(&sandbox);
    child.expect_start();
    kill_process(Pid::from_child(&updsts), Signal::TERM).unwrap();
    assert_eq!(end(updsts).status, Some(143));
    child.expect_end();
    // Nobody declined, so the next question is asked at once.
    with_dialog(sandbox, "ask", &prints("123456")).run(["get"]).succeeds();
}

#[test]
fn ask_3_a_window_does_not_outlive_a_process_that_was_killed() {
    for name in ["ask", "pinentry", WINDOW] {
        let sandbox = sandbox_with(name, &lasting());
        let mut updsts = start(&sandbox, &["get", "-n", "default"]);
        let child = Child::of(&sandbox);
        child.expect_start();
        updsts.kill().unwrap();
        updsts.wait().unwrap();
        child.expect_end();
    }
}

#[test]
fn ask_3_nothing_is_left_when_a_window_has_closed() {
    let sandbox = sandbox_with("ask", &json!({ "child": true, "prints": ["123456\n"] }));
    get(&sandbox, &[]).succeeds();
    Child::of(&sandbox).expect_end();
}

#[test]
fn ask_3_a_program_that_cannot_be_run_is_no_refusal() {
    let sandbox = Sandbox::new();
    let program = put(&sandbox, "ask", &Value::Null);
    fs::remove_file(&program).unwrap();
    fs::write(&program, "no program").unwrap();
    set_mode(&program, 0o700);
    get(&sandbox.env("UPDSTS_DIALOG", program), &[]).fails("code_unavailable", 3);
}

#[test]
fn ask_4_over_ssh_a_window_needs_a_forwarded_display() {
    let sandbox = Sandbox::new().env("SSH_CONNECTION", "192.0.2.1 1 192.0.2.2 22");
    put(&sandbox, WINDOW, &prints("123456"));
    let path = path_with(sandbox.home());
    let sandbox = sandbox.env("PATH", path);
    // Only a display can be forwarded.
    let reason = if cfg!(target_os = "linux") {
        "over SSH no display is forwarded for a dialog"
    } else {
        "over SSH no window opens"
    };
    for display in ["", ":0", "unix:0"] {
        let run = sandbox.command(["get"]).env("DISPLAY", display).output().unwrap();
        Run::of(run).fails("code_unavailable", 3).says(reason);
    }
    assert_eq!(runs(&sandbox), 0);
}

#[test]
fn ask_3_a_program_that_is_not_there_is_named() {
    let sandbox = Sandbox::new().env("UPDSTS_DIALOG", "/nowhere/ask");
    get(&sandbox, &[]).fails("code_unavailable", 3).says("the program that `UPDSTS_DIALOG` names was not found");
}

#[test]
fn ask_3_what_a_program_prints_is_shown_nowhere() {
    let sandbox = sandbox_with("ask", &json!({ "prints": ["swordfish\n"], "complains": "swordfish\n" }));
    for level in ["0", "2"] {
        let run = sandbox.run(["get", "-v", level]).fails("code_unavailable", 3);
        assert!(!run.stderr.contains("swordfish"), "{run:?}");
    }
}

fn pinentry(flavor: &str, pin: &str) -> Value {
    json!({ "pinentry": { "flavor": flavor, "pin": pin } })
}

#[test]
fn ask_3_pinentry_is_spoken_to_line_by_line() {
    let source = SOURCE.replace("[default]", "[100% & <b>_x]");
    // `%34` is the digit 4.
    let sandbox = sandbox_with("pinentry-gtk-2", &pinentry("gtk2", "123%34%356")).credentials(source);
    sandbox.run(["get", "100% & <b>_x", "-sn", "x"]).succeeds();
    assert_eq!(arguments(&sandbox), ["--no-global-grab"]);
    let said = said(&sandbox);
    assert!(said.starts_with("GETINFO flavor\nOPTION no-grab\nSETTITLE updsts: MFA code\nSETDESC "), "{said}");
    assert!(said.contains("%0AProfile: 100%25 & <b>_x%0A"), "{said}");
    assert!(said.contains("\nSETPROMPT Code:\n") && said.contains("\nSETTIMEOUT 1"), "{said}");
}

#[test]
fn ask_3_a_pinentry_of_any_desktop_asks_whatever_the_case_of_its_name() {
    for flavor in ["gtk2", "gnome3", "qt5", "mac", "w32"] {
        for name in ["pinentry", "Pinentry-X"] {
            get(&sandbox_with(name, &pinentry(flavor, "123456")), &[]).succeeds();
        }
    }
}

#[test]
fn ask_3_the_ends_of_pinentry_are_told_apart() {
    for (error, code) in [(83_886_179, "declined"), (83_886_142, "code_unavailable"), (83_886_166, "code_unavailable")]
    {
        let part = json!({ "pinentry": { "flavor": "qt", "error": error } });
        get(&sandbox_with("pinentry-qt", &part), &[]).fails(code, 3);
    }
}

#[test]
fn ask_3_a_pinentry_that_would_use_the_terminal_is_passed_over() {
    for flavor in ["gtk2:curses", "curses", "tty", "emacs", ""] {
        let sandbox = sandbox_with("pinentry", &pinentry(flavor, "123456"));
        get(&sandbox, &[]).fails("code_unavailable", 3).says("no question for the code of `default` could be shown");
    }
}

#[test]
fn ask_3_a_pinentry_that_says_nothing_is_passed_over() {
    let sandbox = sandbox_with("pinentry", &json!({ "seconds": 77 }));
    get(&sandbox, &[]).fails("code_unavailable", 3).says("no question for the code of `default` could be shown");
}

#[test]
fn ask_3_pinentry_gets_the_whole_text_in_lines_that_it_can_read() {
    let name = "🔑".repeat(300);
    let sandbox = sandbox_with("pinentry-qt", &pinentry("qt", "12"));
    let directory = sandbox.path(&"%".repeat(150));
    fs::create_dir(&directory).unwrap();
    let file = directory.join("credentials");
    fs::write(&file, SOURCE.replace("default", &name)).unwrap();
    sandbox.run(["get", &name, "-sn", "x", "-c", file.to_str().unwrap()]).fails("code_unavailable", 3);
    let said = said(&sandbox);
    assert!(said.lines().all(|line| line.len() < 1000), "{said}");
    assert!(said.contains("…%0ADevice: ") && said.contains("the device shows now.\n"), "{said}");
    assert!(said.contains("\nSETERROR A code has six digits.\n"), "{said}");
}

#[test]
fn ask_3_zenity_and_kdialog_get_escaped_text() {
    let name = r"a_b\n<i>&amp; %s $(x) 開発";
    for (program, text) in [
        ("zenity", "Profile: a__b\\\\n<i>&amp; %s $(x) 開発\n"),
        ("kdialog", r"<br>Profile:&nbsp;a_b\\n&lt;i&gt;&amp;amp;&nbsp;%s&nbsp;$(x)&nbsp;開発<br>"),
    ] {
        let sandbox = sandbox_with(program, &prints("123456")).credentials(SOURCE.replace("default", name));
        sandbox.run(["get", "-n", name, "-sn", "x"]).succeeds();
        let arguments = arguments(&sandbox);
        assert_eq!(arguments.iter().filter(|argument| argument.contains(text)).count(), 1, "{arguments:?}");
    }
}

#[test]
fn ask_3_a_program_that_fails_is_nobody_s_act() {
    // So end zenity and kdialog without a display, and PowerShell without its forms.
    for failure in [json!({ "complains": "no display\n", "status": 1 }), json!({ "aborts": true }), ends(255)] {
        for program in ["zenity", "kdialog", "powershell", "osascript", "pinentry-qt"] {
            let sandbox = sandbox_with(program, &failure);
            get(&sandbox, &[]).fails("code_unavailable", 3).says("could be shown");
            // Nobody was asked, so there is no pause.
            get(&sandbox, &[]).fails("code_unavailable", 3).says("could be shown");
            assert_eq!(runs(&sandbox), 2, "{program} {failure}");
        }
    }
}

#[test]
fn ask_3_a_cancelled_or_closed_window_is_declined() {
    for (program, part) in [
        ("zenity", json!({ "status_of": "ZENITY_CANCEL" })),
        ("zenity", json!({ "status_of": "ZENITY_ESC" })),
        ("kdialog", json!({ "prints": ["\n"], "status": 1 })),
    ] {
        get(&sandbox_with(program, &part), &[]).fails("declined", 3);
    }
}

#[test]
fn ask_3_osascript_gets_what_it_shows_as_arguments() {
    let name = r#"a "b" \ $(x)"#;
    for (answer, code) in [("code 123456", ""), ("declined", "declined"), ("nobody", "code_unavailable")] {
        let sandbox = sandbox_with("osascript", &prints(answer)).credentials(SOURCE.replace("default", name));
        let run = sandbox.run(["get", name, "-sn", "x"]);
        if code.is_empty() {
            run.succeeds()
        } else {
            run.fails(code, 3)
        };
        let said = arguments(&sandbox).join("\n");
        let (script, values) = said.split_once("end run\nupdsts: MFA code\n").unwrap();
        assert!(values.contains(&format!("Profile: {name}\n")) && !script.contains("$(x)"), "{said}");
    }
}

#[test]
fn cli_7_a_refused_question_is_json_too() {
    let sandbox = Sandbox::with(MockSts::start());
    let sandbox = with_dialog(sandbox, "ask", &ends(1));
    let run = get(&sandbox, &["--json"]);
    let error: Value = serde_json::from_str(run.stderr.lines().last().unwrap()).unwrap();
    assert_eq!(error["error"]["code"], "declined");
}
