//! Where the code comes from (GET-5, GET-6), each source with its failures.

use std::fs;

use mock_sts::MockSts;

use super::commands::{both, copy_of, first_then, script, sleep, touch, words};
use super::sandbox::{Run, SOURCE, Sandbox, path_with, system_path};

const TOTP_SECRET: &str = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";

fn with_command(command: &str) -> Sandbox {
    Sandbox::new().credentials(format!("{SOURCE}mfa_process = {command}\n"))
}

fn without_code(sandbox: &Sandbox) -> Run {
    sandbox.run(["get", "-n", "default"])
}

/// A stand-in on a PATH of its own.
fn with_mktotp(sh: &str, cmd: &str) -> Sandbox {
    let sandbox = Sandbox::new().credentials(format!("{SOURCE}totp_secret_name = aws main\n"));
    script(&sandbox, "bin/mktotp", sh, cmd);
    let path = path_with(&sandbox.path("bin"));
    sandbox.env("PATH", path)
}

#[test]
fn get_5_a_code_from_standard_input() {
    let sandbox = Sandbox::new();
    let from = |input: &str| {
        let mut command = sandbox.command(["get", "-n", "default", "-t", "-"]);
        Run::of(command.write_stdin(input.to_owned()).output().unwrap())
    };
    from("123 456\r\nmore\n").succeeds();
    from("123456").succeeds();
    from("１２３－４５６\n").succeeds();
    assert_eq!(sandbox.sts().request_count(), 3);
    from("").fails("code_unavailable", 3).says("standard input ended");
    let run = from("24681\n").fails("usage", 2);
    assert!(!run.stderr.contains("24681"));
    from(&"1".repeat(100_000)).fails("usage", 2);
    assert_eq!(sandbox.sts().request_count(), 3);
}

#[test]
fn get_5_c35_a_code_with_hyphens_or_full_width_digits_is_taken() {
    for code in ["123-456", "１２３４５６"] {
        Sandbox::new().run(["get", "-n", "default", "-t", code]).succeeds();
        if cfg!(unix) || code.is_ascii() {
            without_code(&with_command(&format!("echo {code}"))).succeeds();
        }
    }
    for not_one in ["１２３４５", "12-3456-7"] {
        let run = Sandbox::new().refused(["get", "-n", "default", "-t", not_one], "usage", 2);
        assert!(!run.stderr.contains(not_one), "{run:?}");
    }
}

#[test]
fn get_6_c33_a_code_among_other_words_is_found_if_it_is_the_only_one() {
    let warned = both("echo warning: the clock is off", "echo 123456");
    for command in [&warned, "echo 123456 lasts 24s", "echo code: 123456."] {
        without_code(&with_command(command)).succeeds();
    }
    without_code(&with_command("echo 123456 or 654321")).fails("code_unavailable", 3).says("more than one such number");
}

#[test]
fn get_6_c31_a_command_that_is_not_found_is_told_with_the_path() {
    for command in ["nowhere-to-be-found".to_owned(), words("/nowhere/at/all --code", r"C:\nowhere\at\all.exe --code")]
    {
        let run = without_code(&with_command(&command)).fails("code_unavailable", 3);
        run.says("a command was not found").says(&format!("the PATH is `{}`", system_path())).says("absolute path");
    }
    #[cfg(unix)]
    with_mktotp("exec /usr/bin/env nowhere-to-be-found", "")
        .run(["get", "-n", "default"])
        .fails("code_unavailable", 3)
        .says("`mktotp` of `default` failed: a command was not found (exit status 127)");
    let without_path = with_command("nowhere-to-be-found").env("PATH", "");
    without_code(&without_path).fails("code_unavailable", 3).says("PATH is not set");
}

#[test]
fn get_6_c32_a_value_that_a_comment_cut_is_told_where_the_command_fails() {
    let comment = words("sh -c 'echo x # y; echo 123456'", "echo x # y&echo 123456");
    for command in [comment, words("false ; echo 123456", "exit 1 ; echo 123456"), "echo 24681 ;tr".to_owned()] {
        let run = without_code(&with_command(&command)).fails("code_unavailable", 3);
        run.says("its value was cut at ` #` or ` ;`")
            .says("credentials:5)")
            .says("hint: put the command into a script");
    }
    let config = Sandbox::new().config("[default]\nregion = us-east-1\nmfa_process = exit 1 # || echo 123456\n");
    without_code(&config).fails("code_unavailable", 3).says("config:3)");
    // What works needs no such remark, nor does a `;` or `#` that cuts nothing.
    let run = without_code(&with_command("echo 123456 # the code")).succeeds();
    assert!(!run.stderr.contains("cut"), "{run:?}");
    let uncut = both(&words("false", "exit 1"), "echo '#x'");
    let run = without_code(&with_command(&uncut)).fails("code_unavailable", 3);
    assert!(!run.stderr.contains("cut"), "{run:?}");
}

#[test]
fn get_6_after_a_normal_end_what_the_command_started_goes_on() {
    let sandbox =
        with_command(&words("./later >/dev/null 2>&1 & echo 123456", "start /b later.cmd >nul 2>nul&echo 123456"));
    let later = format!("{}\n{}", sleep(1), touch("was-there"));
    script(&sandbox, "later", &later, &later);
    without_code(&sandbox).succeeds();
    assert!(!sandbox.path("was-there").exists());
    for _ in 0..500 {
        if sandbox.path("was-there").exists() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    panic!("what the command started has ended with it");
}

#[test]
fn get_6_mfa_process_of_the_credentials_file_goes_before_that_of_the_config_file() {
    let sandbox = with_command("echo 123456").config("[default]\nmfa_process = echo 999999\n");
    without_code(&sandbox).succeeds();
    assert_eq!(sandbox.sts().request_count(), 1);
}

#[test]
fn get_6_mfa_process_gives_the_code() {
    let sandbox = with_command(&words("echo ' 123456 '", "echo  123456 "));
    without_code(&sandbox).succeeds();
    let config = Sandbox::new().config("[default]\nmfa_process = echo 123456\n");
    without_code(&config).succeeds();
}

#[test]
fn get_5_a_given_code_goes_before_a_command() {
    let sandbox = with_command(&both(&touch("was-run"), "echo 123456"));
    sandbox.get([]).succeeds();
    assert!(!sandbox.path("was-run").exists());
}

#[test]
fn get_3_no_command_runs_where_something_else_is_wrong() {
    let sandbox = with_command(&both(&touch("was-run"), "echo 123456")).env("AWS_ENDPOINT_URL_STS", "nonsense");
    without_code(&sandbox).fails("config_unusable", 3);
    sandbox.run(["get", "-n", "default", "--dry-run"]).fails("config_unusable", 3);
    assert!(!sandbox.path("was-run").exists());
}

#[test]
fn get_6_a_command_that_fails_is_explained_and_its_output_not_shown() {
    for (command, text) in [
        (&*both("echo 24681", "exit 3"), "its exit status is 3"),
        ("echo code 2468135", "other than six digits"),
        (&words("true", "rem"), "other than six digits"),
        #[cfg(unix)]
        ("kill -9 $$", "signal 9"),
    ] {
        let sandbox = with_command(command);
        let run = without_code(&sandbox).fails("code_unavailable", 3).says(text).says("`mfa_process` of `default`");
        assert!(!run.stderr.contains("24681"), "{run:?}");
        assert_eq!((sandbox.sts().request_count(), sandbox.read().contains("default_sts")), (0, false));
    }
}

#[test]
fn get_6_a_command_gets_an_empty_input_and_its_own_messages_are_seen() {
    let reading = words("cat", "set /p line=");
    let sandbox = with_command(&both(&reading, &both("echo touch the key>&2", "echo 123456")));
    without_code(&sandbox).succeeds().says("touch the key");
}

#[test]
fn get_6_a_refused_code_of_a_command_is_tried_once_more_with_its_next_code() {
    let sandbox = with_command(&first_then("echo 999999", "echo 123456"));
    without_code(&sandbox).succeeds().says("waiting up to 31 s for the next one");
    assert_eq!(sandbox.sts().request_count(), 2);
    let sandbox = with_command(&first_then("echo 999999", "echo 888888"));
    without_code(&sandbox).fails("code_refused", 4);
    assert_eq!(sandbox.sts().request_count(), 2);
}

#[test]
fn get_5_mktotp_is_run_without_a_shell() {
    let sandbox = with_mktotp(
        "[ \"$1 $2 $3\" = 'get -n aws main' ] && echo 123456",
        "if \"%~1 %~2 %~3\"==\"get -n aws main\" echo 123456",
    );
    without_code(&sandbox).succeeds();
    let sandbox = with_mktotp("exit 4", "exit 4");
    without_code(&sandbox).fails("code_unavailable", 3).says("`mktotp` of `default` failed");
    let sandbox = Sandbox::new().credentials(format!("{SOURCE}totp_secret_name = x\n"));
    without_code(&sandbox).fails("code_unavailable", 3).says("`mktotp` is not on the PATH");
}

#[test]
fn get_6_real_totp_codes_through_a_command() {
    let sts = MockSts::builder().totp_secret(TOTP_SECRET).start();
    let sandbox = Sandbox::with(sts);
    let codes = sandbox.path("codes");
    fs::write(&codes, sandbox.sts().token_code()).unwrap();
    let sandbox = sandbox.credentials(format!("{SOURCE}mfa_process = {}\n", copy_of("codes")));
    without_code(&sandbox).succeeds();
    let before = sandbox.read();
    assert!(before.contains("default_sts"));
}

#[test]
fn get_5_no_input_and_ci_forbid_the_prompt() {
    let sandbox = Sandbox::new();
    sandbox.refused(["get", "-n", "default", "--no-input"], "code_unavailable", 3).says("--no-input");
    Sandbox::new().env("CI", "true").refused(["get", "-n", "default"], "code_unavailable", 3).says("`CI` is set");
}
