//! What is done with a stored session: `export`, `clear`, `list --check`, `get --dry-run`.

use super::commands::script;
use super::sandbox::{Run, SOURCE, Sandbox};

fn with_session() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.get([]).succeeds();
    sandbox
}

fn with_expiry(expiry: &str) -> Sandbox {
    let sandbox = with_session();
    let file = sandbox.read();
    let line = file.lines().find(|line| line.starts_with("expiration_datetime")).unwrap().to_owned();
    sandbox.credentials(file.replace(&line, expiry))
}

fn value<'a>(file: &'a str, key: &str) -> &'a str {
    let block = file.split("[default_sts]").nth(1).unwrap();
    block.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(" = ")).unwrap()
}

#[test]
fn exp_1_process_is_the_document_of_credential_process() {
    let sandbox = with_session();
    let file = sandbox.read();
    for name in ["default", "default_sts"] {
        let document = sandbox.run(["export", "-n", name]).succeeds().json();
        assert_eq!(document["Version"], 1);
        assert_eq!(document["AccessKeyId"], value(&file, "aws_access_key_id"));
        assert_eq!(document["SecretAccessKey"], value(&file, "aws_secret_access_key"));
        assert_eq!(document["SessionToken"], value(&file, "aws_session_token"));
        let expiration: jiff::Timestamp = document["Expiration"].as_str().unwrap().parse().unwrap();
        assert_eq!(expiration, value(&file, "expiration_datetime").parse().unwrap());
    }
    assert_eq!(sandbox.sts().request_count(), 1);
}

#[test]
fn exp_1_the_formats_for_shells() {
    let sandbox = with_session();
    let file = sandbox.read();
    let id = value(&file, "aws_access_key_id");
    for (format, first) in [
        ("env", format!("export AWS_ACCESS_KEY_ID={id}")),
        ("env-no-export", format!("AWS_ACCESS_KEY_ID={id}")),
        ("fish", format!("set -gx AWS_ACCESS_KEY_ID {id}")),
        ("powershell", format!("$Env:AWS_ACCESS_KEY_ID=\"{id}\"")),
        ("windows-cmd", format!("set AWS_ACCESS_KEY_ID={id}")),
    ] {
        let run = sandbox.run(["export", "-n", "default", "--format", format]).succeeds();
        let lines: Vec<_> = run.stdout.lines().collect();
        assert_eq!((lines.len(), lines[0]), (4, first.as_str()));
        for name in ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_CREDENTIAL_EXPIRATION"] {
            assert!(run.stdout.contains(name));
        }
    }
}

#[test]
fn exp_1_a_value_that_a_shell_would_run_is_quoted() {
    let [format, odd, show] = if cfg!(windows) {
        ["windows-cmd", "a&type<nul>pwned&b|more^y(=,;)'", "set AWS_SECRET_ACCESS_KEY"]
    } else {
        ["env", "$(touch${IFS}pwned)'`x`", "echo AWS_SECRET_ACCESS_KEY=\"$AWS_SECRET_ACCESS_KEY\""]
    };
    let sandbox = with_session();
    let file = sandbox.read();
    let secret = value(&file, "aws_secret_access_key").to_owned();
    let sandbox = sandbox.credentials(file.replace(&secret, odd));
    let lines = sandbox.run(["export", "-n", "default", "--format", format]).succeeds().stdout;
    let lines = format!("{lines}\n{show}");
    let (shell, run) = if cfg!(windows) { ("cmd.exe", "/c") } else { ("/bin/sh", "-c") };
    let file = script(&sandbox, "shows", &lines, &lines);
    let shown = Run::of(sandbox.other(shell, &[run, &file]).output().unwrap()).succeeds().stdout;
    assert_eq!(shown.trim_end(), format!("AWS_SECRET_ACCESS_KEY={odd}"));
    assert!(!sandbox.path("pwned").exists());
}

#[test]
fn ren_2_sts_is_the_document_of_aws_sts() {
    let sandbox = with_session();
    let file = sandbox.read();
    let document = sandbox.run(["export", "default", "--format", "sts"]).succeeds().json();
    assert_eq!(document.as_object().unwrap().len(), 1);
    let credentials = document["Credentials"].as_object().unwrap();
    let keys: Vec<_> = credentials.keys().map(String::as_str).collect();
    assert_eq!(keys, ["AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"]);
    assert_eq!(credentials["SessionToken"], value(&file, "aws_session_token"));
    assert!(credentials["Expiration"].as_str().unwrap().parse::<jiff::Timestamp>().is_ok());
}

#[test]
fn ren_2_a_value_that_cmd_would_run_is_quoted_and_one_that_it_would_change_is_refused() {
    let sandbox = with_session();
    let file = sandbox.read();
    let secret = value(&file, "aws_secret_access_key").to_owned();
    let with = |value: &str| Sandbox::new().credentials(file.replace(&secret, value));
    let export = ["export", "default", "--format", "windows-cmd"];
    let run = with("a&calc|more<x>y^z(=,;)").run(export).succeeds();
    run.prints("\nset \"AWS_SECRET_ACCESS_KEY=a&calc|more<x>y^z(=,;)\"\n");
    // No form of these is good on the prompt, in `for /f` and in a batch file alike.
    for odd in ["a%PATH%b", "a\"&calc&\"b", "a!b"] {
        let run = with(odd).run(export).fails("session_missing", 7).says("`aws_secret_access_key`");
        assert!(!run.stderr.contains(odd), "{run:?}");
    }
}

#[test]
fn exp_1_no_good_session_is_exit_7_with_nothing_on_stdout() {
    Sandbox::new().run(["export", "-n", "default"]).fails("session_missing", 7);
    Sandbox::new().run(["export", "-n", "nobody"]).fails("profile_not_found", 3);
    for expiry in ["expiration_datetime = 2020-01-01T00:00:00Z", "expiration_datetime = soon", "# none"] {
        with_expiry(expiry).run(["export", "-n", "default"]).fails("session_expired", 7);
    }
    let sandbox = with_session();
    let broken = sandbox.read().replace("aws_session_token = ", "aws_session_token = a b");
    sandbox.credentials(broken).run(["export", "-n", "default"]).fails("session_missing", 7);
}

#[test]
fn cli_14_check_answers_by_its_exit_status() {
    let sandbox = with_session();
    for name in ["default", "default_sts"] {
        assert_eq!(sandbox.run(["list", "--check", name]).succeeds().stdout, "");
        sandbox.run(["list", "--check", name, "--min-validity", "59m"]).succeeds();
        sandbox.run(["list", "--check", name, "--min-validity", "61m"]).fails("session_expired", 7);
    }
    sandbox.run(["list", "--check", "nobody"]).fails("profile_not_found", 3);
    Sandbox::new().run(["list", "--check", "default"]).fails("session_missing", 7);
    for expiry in ["expiration_datetime = 2020-01-01T00:00:00Z", "expiration_datetime = soon", "# none"] {
        with_expiry(expiry).run(["list", "--check", "default"]).fails("session_expired", 7);
    }
    sandbox.run(["list", "--min-validity", "1h"]).fails("usage", 2);
}

#[test]
fn blk_10_clear_gives_back_the_file_and_says_what_stays_good() {
    let sandbox = with_session();
    let run = sandbox.run(["clear", "-n", "default"]).succeeds();
    run.prints("removed `default_sts`, the session of `default`; AWS accepts the session for 1 h more");
    assert_eq!(sandbox.read(), SOURCE);
    sandbox.run(["clear", "-n", "default"]).fails("session_missing", 7);
    sandbox.run(["clear", "-n", "nobody"]).fails("profile_not_found", 3);
    sandbox.run(["clear", "--all"]).succeeds().prints("there is no stored session");
    sandbox.run(["clear"]).fails("usage", 2).says("--all");
    sandbox.run(["clear", "--all", "-n", "default"]).fails("usage", 2);
}

#[test]
fn blk_10_clear_names_the_users_own_lines() {
    let sandbox = with_session();
    let own = sandbox.read().replace("[default_sts]\n", "[default_sts]\nregion = x\n");
    let sandbox = sandbox.credentials(own);
    sandbox.run(["clear", "-n", "default_sts"]).succeeds().says("also removed your own line 7: `region`");
    assert_eq!(sandbox.read(), SOURCE);
}

#[test]
fn blk_10_clear_all_removes_every_block_and_nothing_else() {
    let two = format!("{SOURCE}\n[b]\n# mine\n{}", SOURCE.split_once('\n').unwrap().1);
    let sandbox = Sandbox::new().credentials(&two);
    sandbox.get([]).succeeds();
    sandbox.run(["get", "-n", "b", "-t", "123456"]).succeeds();
    let run = sandbox.run(["clear", "--all"]).succeeds();
    assert_eq!(run.stdout.lines().count(), 2);
    assert_eq!(sandbox.read(), two);
}

#[test]
fn blk_10_clear_refuses_damage() {
    let damaged = format!("{SOURCE}# ${{{{{{ key=default\n[default_sts]\n");
    Sandbox::new().credentials(&damaged).run(["clear", "--all"]).fails("block_damaged", 3);
}

#[test]
fn get_15_a_dry_run_shows_the_lines_and_changes_nothing() {
    let sandbox = with_session();
    let before = sandbox.read();
    let run = sandbox.run(["get", "-n", "default", "--dry-run"]).succeeds();
    run.prints("    7 - aws_access_key_id = ASIA").prints("    8 + aws_secret_access_key = (masked)");
    let run = Sandbox::new().run(["get", "-n", "default", "--dry-run"]).succeeds().prints("    5 + # ${{{ key=default");
    assert!(!run.stdout.contains("wJalr"));
    let json = sandbox.run(["get", "-n", "default", "--dry-run", "--json"]).succeeds().json();
    assert_eq!((&json["dry_run"], &json["changes"][0]["line"]), (&true.into(), &7.into()));
    assert_eq!((sandbox.sts().request_count(), sandbox.read()), (1, before));
    Sandbox::new().run(["get", "-n", "nobody", "--dry-run"]).fails("profile_not_found", 3);
}

#[test]
fn cli_12_completions_and_the_manual_go_to_stdout_without_a_file() {
    let sandbox = Sandbox::new();
    std::fs::remove_file(sandbox.credentials_path()).unwrap();
    for shell in ["bash", "zsh", "fish", "powershell"] {
        sandbox.run(["completions", shell]).succeeds().prints("_UPDSTS_COMPLETE");
    }
    sandbox.run(["man"]).succeeds().prints(".TH updsts 1").prints(r"\fB\-sn\fR, \fB\-\-sts\-profile\-name\fR");
}

#[test]
fn cli_12_powershell_runs_nothing_of_the_line_that_it_completes() {
    let script = Sandbox::new().run(["completions", "powershell"]).succeeds().stdout;
    let code: Vec<_> = script.lines().filter(|line| !line.trim_start().starts_with('#')).collect();
    assert!(code.iter().all(|line| !line.contains("Invoke-Expression") && line.is_ascii()), "{script}");
    // The one command of the script is the program, and it gets words.
    assert_eq!(code.iter().filter(|line| line.trim_start().starts_with('&')).count(), 1, "{script}");
    assert!(script.contains("& updsts -- $words \"=$wordToComplete\""), "{script}");
}

#[test]
fn cli_12_the_shell_is_answered_with_the_profiles_of_the_file() {
    let sandbox = Sandbox::new().credentials("[default]\n[dev]\n[my prof]\n[a;b]\n[-c]\n[x\u{200b}]\n");
    let ask = |shell: &str, words: &[&str]| {
        let mut command = sandbox.command(["--"].iter().chain(words).copied());
        let answer = String::from_utf8(command.env("_UPDSTS_COMPLETE", shell).output().unwrap().stdout).unwrap();
        answer.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(ask("fish", &["updsts", "get", "-n", ""]), ["default", "dev", "my prof", "a;b"]);
    assert_eq!(ask("zsh", &["updsts", "get", "-n", "de"]), ["default", "dev"]);
    // PowerShell puts a word on the line as it is.
    assert_eq!(ask("powershell", &["updsts", "export", "-n", "="]), ["default", "dev"]);
    assert_eq!(ask("powershell", &["updsts", "export", "-n", "=de"]), ["default", "dev"]);
    assert_eq!(ask("powershell", &["updsts", "export", "=--fo"])[0].split('\t').next(), Some("--format"));
    assert_eq!(ask("bash", &["updsts get -n ", ""]), ["default", "dev", "'my prof'", "'a;b'"]);
    assert_eq!(ask("fish", &["updsts", "-c", "/nowhere", "get", "-n", ""]), [""; 0]);
    assert_eq!(ask("elvish", &["updsts", "get", "-n", ""]), [""; 0]);
}

#[test]
fn cli_12_sn_is_offered_and_no_cluster_of_letters() {
    let sandbox = Sandbox::new();
    let ask = |current: &str| {
        let mut command = sandbox.command(["--", "updsts", "get", current]);
        String::from_utf8(command.env("_UPDSTS_COMPLETE", "fish").output().unwrap().stdout).unwrap()
    };
    let sn = "-sn\tThe name of the session profile";
    for current in ["-s", "-sn"] {
        assert!(ask(current).starts_with(sn) && ask(current).lines().count() == 1, "{}", ask(current));
    }
    assert!(ask("-").contains(sn) && !ask("-").contains("--sts-profile-name"), "{}", ask("-"));
    assert_eq!(ask("-x"), "");
    assert_eq!(ask("-sx"), "");
    assert_eq!(ask("-ndef"), "-ndefault\t\n");
}

#[test]
fn cli_14_every_command_agrees_that_a_damaged_session_is_not_good() {
    let breaks: [fn(&str) -> String; 3] = [
        |file| file.replace("aws_session_token = ", "aws_session_token = x "),
        |file| file.split_inclusive('\n').filter(|line| !line.contains("= ASIA")).collect(),
        |file| file.replace("aws_access_key_id = ASIA", "aws_access_key_id = \u{201c}ASIA"),
    ];
    for damage in breaks {
        let sandbox = with_session();
        let damaged = damage(&sandbox.read());
        let sandbox = sandbox.credentials(damaged);
        sandbox.run(["list"]).succeeds().prints("default_sts\tsession\tunknown");
        sandbox.run(["list", "--check", "default"]).fails("session_missing", 7);
        sandbox.run(["export", "-n", "default"]).fails("session_missing", 7);
        let renewed = sandbox.get(["--min-validity", "10m", "--json"]).succeeds().json();
        assert_eq!(renewed["refreshed"], true);
        sandbox.run(["list", "--check", "default"]).succeeds();
    }
}
