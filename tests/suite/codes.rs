//! Where the code comes from (GET-5, GET-6), each source with its failures.

#![cfg(unix)]

use std::fs;

use mock_sts::MockSts;

use super::sandbox::{Run, SOURCE, Sandbox, set_mode};

const TOTP_SECRET: &str = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";

fn with_command(command: &str) -> Sandbox {
    Sandbox::new().credentials(format!("{SOURCE}mfa_process = {command}\n"))
}

fn without_code(sandbox: &Sandbox) -> Run {
    sandbox.run(["get", "-n", "default"])
}

/// A stand-in on a PATH of its own.
fn with_mktotp(script: &str) -> Sandbox {
    let sandbox = Sandbox::new().credentials(format!("{SOURCE}totp_secret_name = aws main\n"));
    let folder = sandbox.path("bin");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("mktotp"), format!("#!/bin/sh\n{script}\n")).unwrap();
    set_mode(&folder.join("mktotp"), 0o755);
    let path = format!("{}:/usr/bin:/bin", folder.display());
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
        without_code(&with_command(&format!("echo {code}"))).succeeds();
    }
    for not_one in ["１２３４５", "12-3456-7"] {
        let run = Sandbox::new().refused(["get", "-n", "default", "-t", not_one], "usage", 2);
        assert!(!run.stderr.contains(not_one), "{run:?}");
    }
}

#[test]
fn get_6_c33_a_code_among_other_words_is_found_if_it_is_the_only_one() {
    for command in ["echo 'warning: the clock is off'; echo 123456", "echo 123456 lasts 24s", "echo 'code: 123456.'"] {
        without_code(&with_command(command)).succeeds();
    }
    without_code(&with_command("echo 123456 or 654321")).fails("code_unavailable", 3).says("more than one such number");
}

#[test]
fn get_6_c31_a_command_that_is_not_found_is_told_with_the_path() {
    for command in ["nowhere-to-be-found", "/nowhere/at/all --code"] {
        let run = without_code(&with_command(command)).fails("code_unavailable", 3);
        run.says("a command was not found (exit status 127); the PATH is `/usr/bin:/bin`").says("absolute path");
    }
    with_mktotp("exec /usr/bin/env nowhere-to-be-found")
        .run(["get", "-n", "default"])
        .fails("code_unavailable", 3)
        .says("`mktotp` of `default` failed: a command was not found");
    let without_path = with_command("nowhere-to-be-found").env("PATH", "");
    without_code(&without_path).fails("code_unavailable", 3).says("PATH is not set");
}

#[test]
fn get_6_c32_a_value_that_a_comment_cut_is_told_where_the_command_fails() {
    for command in ["sh -c 'echo x # y; echo 123456'", "false ; echo 123456", "echo 24681 ;tr"] {
        let run = without_code(&with_command(command)).fails("code_unavailable", 3);
        run.says("its value was cut at ` #` or ` ;`")
            .says("credentials:5)")
            .says("hint: put the command into a script");
    }
    let config = Sandbox::new().config("[default]\nregion = us-east-1\nmfa_process = false # || echo 123456\n");
    without_code(&config).fails("code_unavailable", 3).says("config:3)");
    // What works needs no such remark, nor does a `;` or `#` that cuts nothing.
    let run = without_code(&with_command("echo 123456 # the code")).succeeds();
    assert!(!run.stderr.contains("cut"), "{run:?}");
    let run = without_code(&with_command("false; echo '#x'")).fails("code_unavailable", 3);
    assert!(!run.stderr.contains("cut"), "{run:?}");
}

#[test]
fn get_6_after_a_normal_end_what_the_command_started_goes_on() {
    let sandbox = with_command("(sleep 1; touch later) >/dev/null 2>&1 & echo 123456");
    without_code(&sandbox).succeeds();
    std::thread::sleep(std::time::Duration::from_secs(2));
    assert!(sandbox.path("later").exists());
}

#[test]
fn get_6_mfa_process_of_the_credentials_file_goes_before_that_of_the_config_file() {
    let sandbox = with_command("echo 123456").config("[default]\nmfa_process = echo 999999\n");
    without_code(&sandbox).succeeds();
    assert_eq!(sandbox.sts().request_count(), 1);
}

#[test]
fn get_6_mfa_process_gives_the_code() {
    let sandbox = with_command("echo ' 123456 '");
    without_code(&sandbox).succeeds();
    let config = Sandbox::new().config("[default]\nmfa_process = echo 123456\n");
    without_code(&config).succeeds();
}

#[test]
fn get_5_a_given_code_goes_before_a_command() {
    let sandbox = with_command("touch was-run; echo 123456");
    sandbox.get([]).succeeds();
    assert!(!sandbox.path("was-run").exists());
}

#[test]
fn get_3_no_command_runs_where_something_else_is_wrong() {
    let sandbox = with_command("touch was-run; echo 123456").env("AWS_ENDPOINT_URL_STS", "nonsense");
    without_code(&sandbox).fails("config_unusable", 3);
    sandbox.run(["get", "-n", "default", "--dry-run"]).fails("config_unusable", 3);
    assert!(!sandbox.path("was-run").exists());
}

#[test]
fn get_6_a_command_that_fails_is_explained_and_its_output_not_shown() {
    for (command, text) in [
        ("echo 24681; exit 3", "its exit status is 3"),
        ("echo code 2468135", "other than six digits"),
        ("true", "other than six digits"),
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
    let sandbox = with_command("cat; echo touch the key >&2; echo 123456");
    without_code(&sandbox).succeeds().says("touch the key");
}

#[test]
fn get_6_a_refused_code_of_a_command_is_tried_once_more_with_its_next_code() {
    let sandbox = with_command("if [ -e first ]; then echo 123456; else touch first; echo 999999; fi");
    without_code(&sandbox).succeeds().says("waiting up to 31 s for the next one");
    assert_eq!(sandbox.sts().request_count(), 2);
    let sandbox = with_command("if [ -e first ]; then echo 888888; else touch first; echo 999999; fi");
    without_code(&sandbox).fails("code_refused", 4);
    assert_eq!(sandbox.sts().request_count(), 2);
}

#[test]
fn get_5_mktotp_is_run_without_a_shell() {
    let sandbox = with_mktotp("[ \"$1 $2 $3\" = 'get -n aws main' ] && echo 123456");
    without_code(&sandbox).succeeds();
    let sandbox = with_mktotp("exit 4");
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
    let sandbox = sandbox.credentials(format!("{SOURCE}mfa_process = cat codes\n"));
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
