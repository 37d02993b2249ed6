//! The prompt on the controlling terminal, in a real interactive shell (ASK-2).

use std::fs;
use std::time::{Duration, Instant};

use rustix::process::{Signal, kill_process};

use crate::foreground::{READY, Shell, updsts_in};
use crate::sandbox::{SOURCE, Sandbox};

const PROMPT: &str = "MFA code for `default` (arn:aws:iam::123456789012:mfa/user): ";

fn shell() -> Shell {
    Shell::of(Sandbox::new())
}

#[test]
fn ask_2_c34_a_loop_that_reads_names_from_a_file_asks_for_each() {
    let two = format!("{SOURCE}{}", SOURCE.replace("default", "dev"));
    let mut shell = Shell::of(Sandbox::new().credentials(two));
    fs::write(shell.sandbox.path("names"), "default\ndev\n").unwrap();
    shell.type_line("while read p; do $UPDSTS get -n \"$p\"; done < names");
    shell.session.answer(PROMPT, "123456\r");
    shell.session.answer("MFA code for `dev` (arn:aws:iam::123456789012:mfa/user): ", "123456\r");
    assert_eq!(shell.status(), "0");
    let file = shell.ends_without("123456").read();
    assert!(file.contains("[default_sts]") && file.contains("[dev_sts]"), "{file}");
}

#[test]
fn ask_2_c88_neither_the_question_nor_a_mark_goes_to_a_redirected_stream() {
    let mut shell = shell();
    shell.type_line("echo no | $UPDSTS get 2>err.txt >out.txt");
    shell.session.read_until("AWS session of `default` for 1 h");
    shell.session.answer(PROMPT, "12345x\r");
    shell.session.read_until("a code has six digits");
    shell.session.answer(PROMPT, "123456\r");
    shell.session.read_until("******");
    assert_eq!(shell.status(), "0");
    assert_eq!(fs::read_to_string(shell.sandbox.path("err.txt")).unwrap(), "");
    assert!(fs::read_to_string(shell.sandbox.path("out.txt")).unwrap().contains("default_sts"));
    shell.ends_without("123456");
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
fn ask_2_a_second_line_that_was_pasted_does_not_reach_the_shell() {
    let mut shell = shell();
    shell.type_line("$UPDSTS get -n default");
    shell.session.answer(PROMPT, "123456\rtouch typed\r");
    assert_eq!(shell.status(), "0");
    assert!(!shell.sandbox.path("typed").exists());
    shell.ends_without("touch");
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
fn ask_2_keys_that_edit_a_line_work() {
    let mut shell = shell();
    shell.type_line("$UPDSTS get -n default");
    // Erase, kill the line, and characters of more than one byte.
    shell.session.answer(PROMPT, "9é\u{7f}\u{7f}99\u{15}１２３4\u{8}456\r");
    assert_eq!(shell.status(), "0");
    shell.ends_without("456\r");
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
fn ask_1_a_way_that_is_not_there_or_not_wanted_is_named() {
    let mut shell = shell();
    for (line, reason) in [
        ("$UPDSTS get --no-input", "`--ask never` or `--no-input` forbids a question"),
        ("$UPDSTS get --ask never", "`--ask never` or `--no-input` forbids a question"),
        ("UPDSTS_ASK=never $UPDSTS get", "`UPDSTS_ASK` is `never`"),
        ("CI=1 $UPDSTS get", "`CI` is set"),
        ("$UPDSTS get --ask dialog", "there is no display for a dialog"),
        ("setsid --wait $UPDSTS get --ask terminal </dev/null", "there is no terminal"),
        ("setsid --wait $UPDSTS get </dev/null", "there is no terminal, there is no display for a dialog"),
    ] {
        shell.type_line(line);
        shell.session.read_until(reason);
        assert_eq!(shell.status(), "3", "{line}");
    }
    for line in ["CI=false $UPDSTS get", "CI=1 $UPDSTS get --ask auto", "UPDSTS_ASK=page CI=1 $UPDSTS get"] {
        shell.type_line(line);
        shell.session.answer(PROMPT, "\u{4}");
        shell.session.read_until("the input ended before a code was entered");
        assert_eq!(shell.status(), "3", "{line}");
    }
    shell.ends_without("456\r");
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
