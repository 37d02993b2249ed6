//! The prompt beside the jobs and signals of a shell of Unix (ASK-2).

#![cfg(target_os = "linux")]

use std::fs;

use rustix::process::{Signal, kill_process};

use crate::foreground::updsts_in;
use crate::sandbox::{SOURCE, Sandbox};
use crate::terminal::{READY, Shell};

const PROMPT: &str = "MFA code for `default` (arn:aws:iam::123456789012:mfa/user): ";

fn shell() -> Shell {
    Shell::of(Sandbox::new())
}

#[test]
fn ask_2_c88_ctrl_z_gives_the_terminal_back_and_fg_asks_on() {
    let mut shell = shell();
    shell.type_line("$UPDSTS get -n default");
    shell.session.answer(PROMPT, "99\u{1a}");
    shell.session.read_until("Stopped");
    shell.session.read_until(READY);
    // The shell echoes, and has none of the digits.
    shell.type_line("echo he''re");
    shell.session.read_until("echo he''re\r\nhere");
    shell.session.read_until(READY);
    shell.type_line("fg");
    shell.session.answer(PROMPT, "123456\r");
    assert_eq!(shell.status(), "0");
    assert!(shell.ends_without("123456").read().contains("[default_sts]"));
}

#[test]
fn ask_2_in_the_background_after_ctrl_z_nothing_is_taken_from_the_shell() {
    let mut shell = shell();
    shell.type_line("$UPDSTS get -n default");
    shell.session.answer(PROMPT, "\u{1a}");
    shell.session.read_until("Stopped");
    shell.session.read_until(READY);
    shell.type_line("bg; sleep 0.7; jobs; echo st''ill");
    shell.session.read_until("\nstill");
    assert!(shell.session.seen().contains("Stopped"), "{}", shell.session.seen());
    shell.session.read_until(READY);
    shell.type_line("fg");
    shell.session.answer(PROMPT, "123456\r");
    assert_eq!(shell.status(), "0");
    shell.ends_without("123456");
}

#[test]
fn ask_2_stopped_and_continued_by_a_signal_it_asks_again() {
    let mut shell = shell();
    shell.type_line("$UPDSTS get -n default");
    shell.session.read_until(PROMPT);
    let updsts = updsts_in(&shell.sandbox);
    kill_process(updsts, Signal::STOP).unwrap();
    shell.session.read_until(READY);
    shell.type_line("fg");
    shell.session.answer(PROMPT, "123456\r");
    assert_eq!(shell.status(), "0");
    shell.ends_without("123456");
}

#[test]
fn ask_2_ctrl_c_ends_it_and_the_loop_around_it() {
    let mut shell = shell();
    fs::write(shell.sandbox.path("twice"), "$UPDSTS get; $UPDSTS get; touch went-on\n").unwrap();
    shell.type_line("sh twice; : $UPDSTS get");
    shell.session.answer(PROMPT, "12\u{3}");
    assert_eq!(shell.status(), "130");
    assert!(!shell.sandbox.path("went-on").exists());
    let sandbox = shell.ends_without("12\n");
    assert_eq!((sandbox.sts().request_count(), sandbox.read().as_str()), (0, SOURCE));
}

#[test]
fn ask_2_a_signal_gives_the_terminal_back_and_what_was_typed_does_not_reach_the_shell() {
    for (signal, status) in [(Signal::TERM, "143"), (Signal::HUP, "129"), (Signal::INT, "130")] {
        let mut shell = shell();
        shell.type_line("$UPDSTS get -n default");
        shell.session.answer(PROMPT, "touch typed");
        shell.session.read_until("***********");
        kill_process(updsts_in(&shell.sandbox), signal).unwrap();
        assert_eq!(shell.status(), status);
        assert!(!shell.sandbox.path("typed").exists());
        shell.ends_without("touch");
    }
}

#[test]
fn ask_2_as_a_background_job_it_takes_nothing_from_the_shell() {
    let mut shell = shell();
    shell.type_line("$UPDSTS get -n default & wait $!");
    shell.session.read_until("updsts is not in the foreground of its terminal");
    assert_eq!(shell.status(), "3");
    shell.ends_without("123456");
}

#[test]
fn ask_2_nothing_is_written_to_a_terminal_that_is_not_in_line_mode() {
    let mut shell = shell();
    shell.type_line("stty -icanon; $UPDSTS get -n default 2>err.txt; s=$?; stty icanon; (exit $s)");
    assert_eq!(shell.status(), "3");
    assert!(!shell.session.seen().contains("MFA code"), "{}", shell.session.seen());
    let error = fs::read_to_string(shell.sandbox.path("err.txt")).unwrap();
    assert!(error.contains("another program uses the terminal"), "{error}");
    shell.ends_without("123456");
}

#[test]
fn ask_6_the_program_that_asks_is_named() {
    let mut shell = shell();
    fs::write(shell.sandbox.path("Makefile"), "login:\n\t@true; $(UPDSTS) get\n").unwrap();
    shell.type_line("env -u MAKEFLAGS make login || : $UPDSTS get");
    shell.session.read_until("AWS session of `default` for 1 h, requested by make");
    shell.session.answer(PROMPT, "123456\r");
    assert_eq!(shell.status(), "0");
    shell.ends_without("456\r");
}

#[test]
fn ask_1_without_a_terminal_that_is_the_reason() {
    let mut shell = shell();
    for (line, reason) in [
        ("setsid --wait $UPDSTS get --ask terminal </dev/null", "there is no terminal"),
        ("setsid --wait $UPDSTS get </dev/null", "there is no terminal, there is no display for a dialog"),
    ] {
        shell.type_line(line);
        shell.session.read_until(reason);
        assert_eq!(shell.status(), "3", "{line}");
    }
    shell.ends_without("456\r");
}
