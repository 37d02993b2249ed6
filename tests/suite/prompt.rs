//! The prompt on a real terminal (GET-5).

#![cfg(any(target_os = "linux", windows))]

use super::sandbox::{SOURCE, Sandbox};
use super::terminal::{END_OF_INPUT, Session};

const PROMPT: &str = "MFA code for `default` (arn:aws:iam::123456789012:mfa/user): ";

#[test]
fn get_5_the_prompt_names_profile_and_device_and_shows_a_mark_for_each_digit() {
    let sandbox = Sandbox::new();
    let mut session = Session::start(&sandbox, &["get", "-n", "default"]);
    session.answer(PROMPT, "123 45\u{7f}56\r");
    assert_eq!(session.end(), Some(0), "{}", session.seen());
    assert!(session.seen().contains("******") && !session.seen().contains("456"), "{}", session.seen());
    assert!(sandbox.read().contains("[default_sts]"));
}

#[test]
fn get_5_it_asks_three_times_in_all_and_never_sends_a_code_twice() {
    let sandbox = Sandbox::new();
    let mut session = Session::start(&sandbox, &["get", "-n", "default"]);
    session.answer(PROMPT, "999999\r");
    session.answer(PROMPT, "999999\r");
    session.answer(PROMPT, "12x\r");
    assert_eq!(session.end(), Some(3), "{}", session.seen());
    assert!(session.seen().contains("error[code_unavailable]"), "{}", session.seen());
    assert_eq!(sandbox.sts().request_count(), 1);
    assert_eq!(sandbox.read(), SOURCE);

    let mut session = Session::start(&sandbox, &["get", "-n", "default"]);
    session.answer(PROMPT, "abc\r");
    session.read_until("a code has six digits");
    session.answer(PROMPT, "888888\r");
    session.read_until("AWS refused the code");
    session.answer(PROMPT, "１２３-456\r");
    assert_eq!(session.end(), Some(0), "{}", session.seen());
}

#[test]
fn cli_10_ctrl_c_at_the_prompt_restores_the_terminal() {
    let sandbox = Sandbox::new();
    let mut session = Session::start(&sandbox, &["get", "-n", "default"]);
    #[cfg(unix)]
    let before = session.modes();
    session.answer(PROMPT, "12\u{3}");
    assert_eq!(session.end(), Some(130), "{}", session.seen());
    #[cfg(unix)]
    assert_eq!(session.modes(), before);
    // No code was sent, so none may be spent.
    assert!(session.seen().contains("the credentials file is unchanged\r\n"), "{:?}", session.seen());
    assert_eq!((sandbox.sts().request_count(), sandbox.read().as_str()), (0, SOURCE));
}

#[cfg(unix)]
#[test]
fn cli_10_a_signal_at_the_prompt_restores_the_terminal() {
    use rustix::process::{Signal, kill_process};
    for (signal, status) in [(Signal::INT, 130), (Signal::TERM, 143), (Signal::HUP, 129)] {
        let sandbox = Sandbox::new();
        let mut session = Session::start(&sandbox, &["get", "-n", "default"]);
        let before = session.modes();
        session.answer(PROMPT, "12");
        kill_process(session.pid(), signal).unwrap();
        assert_eq!(session.end(), Some(status), "{}", session.seen());
        assert_eq!(session.modes(), before);
    }
}

#[test]
fn get_5_the_end_of_input_at_the_prompt_is_explained() {
    for keys in ["\u{4}", END_OF_INPUT] {
        let sandbox = Sandbox::new();
        let mut session = Session::start(&sandbox, &["get", "-n", "default"]);
        session.answer(PROMPT, keys);
        assert_eq!(session.end(), Some(3));
        assert!(session.seen().contains("the input ended"), "{}", session.seen());
    }
}

#[cfg(unix)]
#[test]
fn cli_6_and_8_a_table_with_colour_on_a_terminal_and_none_with_no_color() {
    let sandbox = Sandbox::new();
    sandbox.get([]).succeeds();
    let mut session = Session::start(&sandbox, &["list"]);
    session.end();
    assert!(
        session.seen().contains("\u{1b}[38;5;2mvalid") && session.seen().contains("PROFILE"),
        "{:?}",
        session.seen()
    );
    let visible = |line: &str| {
        line.split('\u{1b}').map(|part| part.split_once('m').map_or(part, |(_, text)| text)).collect::<String>()
    };
    assert!(session.seen().lines().all(|line| visible(line).chars().count() <= 80), "{}", session.seen());
    let sandbox = sandbox.env("NO_COLOR", "1");
    let mut session = Session::start(&sandbox, &["list"]);
    session.end();
    assert!(session.seen().contains("valid") && !session.seen().contains('\u{1b}'), "{:?}", session.seen());
}
