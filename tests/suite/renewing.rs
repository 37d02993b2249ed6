//! `export --renew`: sessions that renew themselves (REN-1).

use std::fs;
use std::process::Stdio;
use std::time::{Duration, SystemTime};

use jiff::{SignedDuration, Timestamp};
use mock_sts::{Fault, MockSts};

use super::commands::{both, noted, script, sleep, words};
use super::sandbox::{Run, SOURCE, Sandbox};

const RENEW: [&str; 3] = ["export", "default", "--renew"];

/// A profile whose command gives a code and leaves a line in `asked` each time.
pub fn with_command(sandbox: Sandbox, command: &str) -> Sandbox {
    sandbox.credentials(format!("{SOURCE}mfa_process = {}\n", noted("asked", command)))
}

pub fn asked(sandbox: &Sandbox) -> usize {
    fs::read_to_string(sandbox.path("asked")).map_or(0, |text| text.lines().count())
}

/// A stored session with that many seconds left.
pub fn expiring(sandbox: Sandbox, seconds: i64) -> Sandbox {
    sandbox.get([]).succeeds();
    let expiry = Timestamp::now() + SignedDuration::from_secs(seconds);
    let expiry = format!("expiration_datetime = {}", expiry.strftime("%Y-%m-%dT%H:%M:%SZ"));
    let changed = |line| if str::starts_with(line, "expiration_datetime") { &*expiry } else { line };
    let file = sandbox.read().lines().map(changed).collect::<Vec<_>>().join("\n") + "\n";
    sandbox.credentials(file)
}

fn id(run: &Run) -> String {
    run.json()["AccessKeyId"].as_str().unwrap().to_owned()
}

#[test]
fn ren_1_a_session_is_kept_for_15_minutes_or_half_its_duration_and_renewed_before() {
    for (left, more, is_kept) in [
        (1000, &[][..], true),
        (800, &[], false),
        (800, &["--min-validity", "13m"], true),
        (1000, &["--min-validity", "20m"], false),
        (460, &["-d", "15m"], true),
        (440, &["-d", "15m"], false),
    ] {
        let sandbox = expiring(with_command(Sandbox::new(), "echo 123456"), left);
        let before = id(&sandbox.run(["export", "default"]).succeeds());
        let run = sandbox.run(RENEW.iter().chain(more).copied()).succeeds();
        assert_eq!((id(&run) == before, run.stderr.as_str()), (is_kept, ""), "{left} {more:?}");
        assert_eq!((asked(&sandbox), sandbox.sts().request_count()), if is_kept { (0, 1) } else { (1, 2) });
    }
}

#[test]
fn ren_1_the_first_session_is_made_too_and_every_format_is_there() {
    for format in ["process", "env", "sts", "windows-cmd"] {
        let sandbox = with_command(Sandbox::new(), "echo 123456");
        sandbox.run(RENEW.iter().chain(&["--format", format]).copied()).succeeds().prints("ASIA");
    }
    let sandbox = with_command(Sandbox::new(), "echo 123456").env("AWS_PROFILE", "x");
    sandbox.run(["export", "-n", "default_sts", "--renew", "-d", "2h"]).succeeds();
    sandbox.run(["list", "--check", "default", "--min-validity", "119m"]).succeeds();
}

#[test]
fn ren_1_options_of_renewing_need_renew_and_are_checked() {
    let sandbox = Sandbox::new();
    for options in [&["--min-validity", "1h"][..], &["-d", "1h"], &["--mfa-serial", "GAHT12345678"]] {
        sandbox.run(["export", "default"].iter().chain(options).copied()).fails("usage", 2).says("--renew");
    }
    let short = ["--min-validity", "1h", "-d", "1h"];
    sandbox.run(RENEW.iter().chain(&short).copied()).fails("usage", 2).says("a minute longer");
    let role = "[profile admin]\nrole_arn = r\nsource_profile = default_sts\n";
    sandbox.config(role).run(["export", "admin", "--renew"]).fails("profile_not_ours", 3).says("updsts export default");
}

#[test]
fn ren_1_standard_input_is_never_read() {
    #[cfg(unix)]
    {
        let endless = || Stdio::from(fs::File::open("/dev/zero").unwrap());
        for (command, status) in [("echo 123456", 0), ("cat", 3)] {
            let sandbox = with_command(Sandbox::new(), command);
            let output = sandbox.process(RENEW).stdin(endless()).output().unwrap();
            assert_eq!(output.status.code(), Some(status), "{output:?}");
        }
        let output = Sandbox::new().process(RENEW).stdin(endless()).output().unwrap();
        assert_eq!(output.status.code(), Some(3), "{output:?}");
    }
    // Nor is a byte of it taken.
    let (reader, mut writer) = std::io::pipe().unwrap();
    std::io::Write::write_all(&mut writer, b"123456\n").unwrap();
    drop(writer);
    let sandbox = with_command(Sandbox::new(), "echo 123456");
    let output = sandbox.process(RENEW).stdin(reader.try_clone().unwrap()).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(std::io::read_to_string(reader).unwrap(), "123456\n");
}

#[test]
fn ren_1_a_valid_session_that_cannot_be_renewed_is_printed_with_a_warning() {
    let cannot: [(&str, Option<Fault>, &str); 4] = [
        ("exit 1", None, "code_unavailable"),
        ("echo 999999", None, "code_refused"),
        ("echo 123456", Some(Fault::Error("AccessDenied".into())), "access_denied"),
        ("echo 123456", Some(Fault::Drop), "answer_lost"),
    ];
    for (command, fault, code) in cannot {
        // A code that is refused is tried again with the next one.
        let changing = words(
            "echo 99999$(wc -l <asked | tr -d ' ')",
            "if exist again (echo 999998) else (echo 999999&type nul>again)",
        );
        let command = if code == "code_refused" { &changing } else { command };
        let sandbox = expiring(with_command(Sandbox::new(), command), 300);
        if let Some(fault) = fault {
            sandbox.sts().set_fault(fault, None);
        }
        let before = id(&sandbox.run(["export", "default"]).succeeds());
        let run = sandbox.run(RENEW).succeeds().says("warning: this session of `default` expires in ").says(code);
        assert_eq!(id(&run), before);
        let expired = expiring(with_command(Sandbox::new(), command), -5);
        if code == "code_unavailable" {
            expired.run(RENEW).fails("session_expired", 7).says("expired").says("code_unavailable");
        }
    }
}

#[test]
fn ren_1_after_the_expiry_a_failure_is_exit_7_and_says_whether_the_code_is_spent() {
    let sandbox = expiring(with_command(Sandbox::new(), "echo 123456"), -5);
    sandbox.sts().set_fault(Fault::Drop, None);
    sandbox.run(RENEW).fails("session_expired", 7).says("answer_lost").says("may be spent");
    // Without any stored session there is only the reason.
    let sandbox = with_command(Sandbox::new(), "exit 1");
    sandbox.run(RENEW).fails("code_unavailable", 3);
    sandbox.run(["export", "nobody", "--renew"]).fails("profile_not_found", 3);
}

#[test]
fn ren_1_after_a_question_that_nobody_answered_none_follows_for_five_minutes_while_the_session_is_valid() {
    let sandbox = expiring(with_command(Sandbox::new(), "exit 1"), 300);
    sandbox.run(RENEW).succeeds().says("its exit status is 1");
    for _ in 0..2 {
        sandbox.run(RENEW).succeeds().says("nobody gave a code for `default`");
    }
    assert_eq!(asked(&sandbox), 1);
    // A person who asks for it is not kept waiting.
    sandbox.run(["get", "default", "--min-validity", "15m"]).fails("code_unavailable", 3);
    assert_eq!(asked(&sandbox), 2);
    let turns = fs::read_dir(sandbox.turns()).unwrap().map(|entry| entry.unwrap().path());
    let pause = turns.into_iter().find(|path| path.extension().is_some_and(|e| e == "pause")).unwrap();
    let long_ago = SystemTime::now() - Duration::from_secs(301);
    fs::File::options().write(true).open(pause).unwrap().set_modified(long_ago).unwrap();
    sandbox.run(RENEW).succeeds().says("its exit status is 1");
    assert_eq!(asked(&sandbox), 3);
    // Once it has expired, every caller asks.
    let file = sandbox.read();
    let line = file.lines().find(|line| line.starts_with("expiration_datetime")).unwrap().to_owned();
    let sandbox = sandbox.credentials(file.replace(&line, "expiration_datetime = 2020-01-01T00:00:00Z"));
    sandbox.run(RENEW).fails("session_expired", 7);
    assert_eq!(asked(&sandbox), 4);
}

/// A program of the user's own in the place of a window, which leaves a line in `asked` each time.
fn with_dialog(sandbox: Sandbox, commands: &[&str]) -> Sandbox {
    let commands = commands.join("\n");
    let (sh, cmd) = (format!("echo x >>\"$HOME/asked\"\n{commands}"), format!("echo x>>\"%HOME%\\asked\"\n{commands}"));
    script(&sandbox, "dialog", &sh, &cmd);
    let program = sandbox.path(&words("dialog", "dialog.cmd"));
    sandbox.env("UPDSTS_DIALOG", program)
}

#[test]
fn ren_1_a_person_is_asked_in_a_window_once_for_ten_processes() {
    let sandbox = with_dialog(expiring(Sandbox::new(), 300), &[&sleep(1), "echo 123456"]);
    let ids: Vec<_> = ten(&sandbox).into_iter().map(|run| id(&run.succeeds())).collect();
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    assert_eq!((asked(&sandbox), sandbox.sts().request_count()), (1, 2));
    let sandbox = with_dialog(Sandbox::new(), &["echo 123456"]);
    sandbox.run(RENEW.iter().chain(&["--ask", "never"]).copied()).fails("code_unavailable", 3).says("`--ask never`");
    sandbox.run(RENEW.iter().chain(&["--ask", "dialog"]).copied()).succeeds();
    assert_eq!(asked(&sandbox), 1);
    sandbox.run(["export", "default", "--ask", "dialog"]).fails("usage", 2).says("--renew");
}

#[test]
fn ren_1_after_declined_nobody_is_asked_for_five_minutes_while_the_session_is_valid() {
    for left in [300, -5] {
        let sandbox = with_dialog(expiring(Sandbox::new(), left), &[&sleep(1), "exit 1"]);
        for run in ten(&sandbox).into_iter().chain([sandbox.run(RENEW)]) {
            assert_eq!(run.status, Some(if left > 0 { 0 } else { 7 }), "{run:?}");
        }
        assert_eq!(asked(&sandbox), 1, "{left}");
    }
}

#[test]
#[ignore = "takes a minute: `just stress`"]
fn ren_1_a_question_ends_before_an_sdk_gives_up() {
    let sandbox = with_dialog(expiring(Sandbox::new(), 300), &[&sleep(99)]);
    let start = std::time::Instant::now();
    sandbox.run(RENEW).succeeds().says("within 50 s");
    assert!((49..55).contains(&start.elapsed().as_secs()), "{:?}", start.elapsed());
}

fn ten(sandbox: &Sandbox) -> Vec<Run> {
    let start = || {
        let mut command = sandbox.process(RENEW);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let children: Vec<_> = (0..10).map(|_| start()).collect();
    children.into_iter().map(|child| Run::of(child.wait_with_output().unwrap())).collect()
}

#[test]
fn ren_1_ten_processes_at_once_make_one_question_and_one_request() {
    let slow = MockSts::builder().fault(Fault::Latency(Duration::from_secs(2)), None).start();
    let sandbox = with_command(Sandbox::with(slow), "echo 123456");
    let ids: Vec<_> = ten(&sandbox).into_iter().map(|run| id(&run.succeeds())).collect();
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    assert_eq!((asked(&sandbox), sandbox.sts().request_count()), (1, 1));
}

#[test]
fn ren_1_of_ten_processes_at_once_whose_question_nobody_answers_one_asks() {
    for left in [300, -5] {
        let sandbox = expiring(with_command(Sandbox::new(), &both(&sleep(2), "exit 1")), left);
        for run in ten(&sandbox) {
            assert_eq!(run.status, Some(if left > 0 { 0 } else { 7 }), "{run:?}");
        }
        assert_eq!(asked(&sandbox), 1, "{left}");
    }
}
