//! The prompt on the terminal of a shell, whatever the shell has made of the streams (ASK-2).

#![cfg(any(target_os = "linux", windows))]

use std::fs;
use std::time::{Duration, Instant};

use crate::sandbox::{SOURCE, Sandbox};
use crate::terminal::{END_OF_INPUT, Session, Shell};

const PROMPT: &str = "MFA code for `default` (arn:aws:iam::123456789012:mfa/user): ";

fn shell() -> Shell {
    Shell::of(Sandbox::new())
}

#[test]
fn ask_2_c34_a_loop_that_reads_names_from_a_file_asks_for_each() {
    let two = format!("{SOURCE}{}", SOURCE.replace("default", "dev"));
    let mut shell = Shell::of(Sandbox::new().credentials(two));
    fs::write(shell.sandbox.path("names"), "default\ndev\n").unwrap();
    shell.type_line(if cfg!(windows) {
        "for /f %p in (names) do @$UPDSTS get -n %p <names"
    } else {
        "while read p; do $UPDSTS get -n \"$p\"; done < names"
    });
    shell.session.answer(PROMPT, "123456\r");
    shell.session.answer("MFA code for `dev` (arn:aws:iam::123456789012:mfa/user): ", "123456\r");
    assert_eq!(shell.status(), "0");
    let file = shell.ends_without("123456").read();
    assert!(file.contains("[default_sts]") && file.contains("[dev_sts]"), "{file}");
}

#[test]
fn ask_2_c88_neither_the_question_nor_a_mark_goes_to_a_redirected_stream() {
    let mut shell = shell();
    // A console that is none of the streams is out of sight on Windows.
    let out = if cfg!(windows) { "" } else { " >out.txt" };
    shell.type_line(&format!("echo no | $UPDSTS get 2>err.txt{out}"));
    shell.session.read_until("AWS session of `default` for 1 h");
    shell.session.answer(PROMPT, "12345x\r");
    shell.session.read_until("a code has six digits");
    shell.session.answer(PROMPT, "123456\r");
    shell.session.read_until("******");
    assert_eq!(shell.status(), "0");
    assert_eq!(fs::read_to_string(shell.sandbox.path("err.txt")).unwrap(), "");
    if cfg!(unix) {
        assert!(fs::read_to_string(shell.sandbox.path("out.txt")).unwrap().contains("default_sts"));
    }
    shell.ends_without("123456");
}

#[test]
fn ask_2_a_second_line_that_was_pasted_does_not_reach_the_shell() {
    let mut shell = shell();
    shell.type_line("$UPDSTS get -n default");
    shell.session.answer(PROMPT, "123456\recho x >typed\r");
    assert_eq!(shell.status(), "0");
    assert!(!shell.sandbox.path("typed").exists());
    shell.ends_without("typed");
}

#[test]
fn ask_2_keys_that_edit_a_line_work() {
    let mut shell = shell();
    shell.type_line("$UPDSTS get -n default");
    // Erase, kill the line, and characters of more than one byte.
    shell.session.answer(PROMPT, "9é\u{7f}\u{7f}99\u{15}１２３4\u{8}456\r");
    assert_eq!(shell.status(), "0");
    shell.ends_without("456\r");
}

#[test]
fn ask_1_a_way_that_is_not_there_or_not_wanted_is_named() {
    let forbidden = "`--ask never` or `--no-input` forbids a question";
    for (arguments, (name, value), reason) in [
        (&["--no-input"][..], ("X", "1"), forbidden),
        (&["--ask", "never"], ("X", "1"), forbidden),
        (&[], ("UPDSTS_ASK", "never"), "`UPDSTS_ASK` is `never`"),
        (&[], ("CI", "1"), "`CI` is set"),
        (
            &["--ask", "dialog"],
            ("X", "1"),
            if cfg!(windows) { "over SSH no window opens" } else { "there is no display for a dialog" },
        ),
    ] {
        let sandbox = Sandbox::new().env(name, value);
        let mut session = Session::start(&sandbox, &[&["get"], arguments].concat());
        assert_eq!(session.end(), Some(3), "{arguments:?} {name}: {}", session.seen());
        assert!(session.seen().contains(reason), "{reason:?} is not in {}", session.seen());
    }
    for (arguments, ci, ask) in [(&[][..], "false", "auto"), (&["--ask", "auto"], "1", "never"), (&[], "1", "page")] {
        let sandbox = Sandbox::new().env("CI", ci).env("UPDSTS_ASK", ask);
        let mut session = Session::start(&sandbox, &[&["get"], arguments].concat());
        session.answer(PROMPT, END_OF_INPUT);
        assert_eq!(session.end(), Some(3), "{arguments:?} {ci} {ask}: {}", session.seen());
        assert!(session.seen().contains("the input ended before a code was entered"), "{}", session.seen());
    }
}

#[test]
#[ignore = "takes three minutes: `just stress`"]
fn ask_6_after_three_minutes_the_shell_has_its_terminal_and_nothing_that_was_typed() {
    let mut shell = shell();
    shell.type_line("$UPDSTS get -n default");
    let start = Instant::now();
    shell.session.answer(PROMPT, "99\r");
    std::thread::sleep(Duration::from_secs(100));
    // A further try does not prolong it.
    shell.session.answer(PROMPT, "touch typed");
    std::thread::sleep(Duration::from_secs(75));
    shell.session.read_until("nobody answered the question for the code of `default` within 3 min");
    assert!((178..185).contains(&start.elapsed().as_secs()), "{:?}", start.elapsed());
    assert_eq!(shell.status(), "3");
    assert!(!shell.sandbox.path("typed").exists());
    shell.ends_without("touch");
}
