//! A long-term key that comes from a command (KEY-1, KEY-2).

use std::fs;

use mock_sts::{Fault, MockSts};

use super::commands::{both, copy_of, note, script, words};
use super::renewing::expiring;
use super::sandbox::{Run, SOURCE, Sandbox};

const ID: &str = "AKIAIOSFODNN7EXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const SERIAL: &str = "mfa_serial = arn:aws:iam::123456789012:mfa/user\n";

/// A program that prints the document, leaves a line in `ran` each time, and shows its environment and arguments there.
fn with_program(sandbox: Sandbox) -> Sandbox {
    let document = format!(r#"{{"Version": 1, "AccessKeyId": "{ID}", "SecretAccessKey": "{SECRET}"}}"#);
    let sh = format!("echo \"$UPDSTS_COMMAND $*\" >>ran; cat; echo '{document}'");
    script(&sandbox, "key", &sh, &format!("echo %UPDSTS_COMMAND% %*>>ran\nset /p line=\necho {document}"));
    sandbox
}

/// What runs the program, with this argument.
fn key(argument: &str) -> String {
    words(&format!("./key {argument}"), &format!(r".\key {argument}"))
}

/// The key of `default` comes from this command, which the config file names alone.
fn in_config(command: &str) -> Sandbox {
    let sandbox = with_program(Sandbox::new()).config(format!("[default]\n{SERIAL}credential_process = {command}\n"));
    fs::remove_dir_all(sandbox.path(".aws/credentials"))
        .or_else(|_| fs::remove_file(sandbox.credentials_path()))
        .unwrap();
    sandbox
}

/// The same in the credentials file.
fn in_credentials(command: &str) -> Sandbox {
    with_program(Sandbox::new()).credentials(format!("[default]\n{SERIAL}credential_process = {command}\n"))
}

fn runs(sandbox: &Sandbox) -> usize {
    fs::read_to_string(sandbox.path("ran")).map_or(0, |text| text.lines().count())
}

#[test]
fn key_1_the_key_comes_from_the_command_of_either_file_at_each_renewal() {
    for sandbox in [in_credentials(&key("one")), in_config(&key("one"))] {
        for round in 1..=2 {
            sandbox.get([]).succeeds().prints("default_sts");
            assert_eq!((runs(&sandbox), sandbox.sts().request_count()), (round, round as u64));
        }
        sandbox.run(["get", "-t", "123456"]).succeeds();
        sandbox.run(["list", "--check", "default"]).succeeds();
        assert_eq!(fs::read_to_string(sandbox.path("ran")).unwrap().lines().next(), Some("1 one"));
        assert!(!sandbox.read().contains(SECRET));
        sandbox.run(["export", "default"]).succeeds();
        sandbox.run(["clear", "default"]).succeeds();
    }
    // The command of the credentials file goes before that of the config file.
    let two = in_credentials(&key("one")).config("[default]\ncredential_process = exit 1\n");
    two.get([]).succeeds();
}

#[test]
fn key_1_a_key_in_the_file_goes_before_a_command() {
    let command = format!("credential_process = {}\n", key("x"));
    let sandbox = with_program(Sandbox::new()).credentials(format!("{SOURCE}{command}"));
    sandbox.config(format!("[default]\n{command}")).get([]).succeeds();
    let half = with_program(Sandbox::new()).config(format!("[default]\n{command}"));
    let half = half.credentials(format!("[default]\naws_access_key_id = {ID}\n{SERIAL}"));
    half.refused(["get", "default", "-t", "123456"], "key_missing", 3);
    assert_eq!(runs(&half), 0);
}

#[test]
fn key_1_a_missing_credentials_file_is_made_for_the_user_alone() {
    let sandbox = in_config(&key("x"));
    fs::rename(sandbox.path(".aws/config"), sandbox.path("config")).unwrap();
    fs::remove_dir(sandbox.path(".aws")).unwrap();
    let sandbox = sandbox.env("AWS_CONFIG_FILE", "config");
    let dry = sandbox.run(["get", "default", "--dry-run"]).fails("file_missing", 3);
    assert!(dry.stderr.contains("creates it") && !sandbox.path(".aws").exists(), "{dry:?}");
    sandbox.run(["get", "nobody", "-t", "123456"]).fails("file_missing", 3);
    assert!(!sandbox.path(".aws").exists());
    sandbox.get([]).succeeds();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |name: &str| fs::metadata(sandbox.path(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(".aws"), mode(".aws/credentials")), (0o700, 0o600));
    }
    sandbox.run(["get", "default", "--dry-run"]).succeeds();
    // No directory is made where nothing but a wrong path is named.
    sandbox.run(["get", "default", "-t", "123456", "-c", "no/such/place"]).fails("not_writable", 6);
    assert!(!sandbox.path("no").exists());
    fs::remove_dir_all(sandbox.path(".aws")).unwrap();
    sandbox.run(["export", "default"]).fails("file_missing", 3);
    sandbox.run(["get", "-t", "123456"]).succeeds();
}

#[test]
fn key_1_such_a_profile_is_listed_and_its_command_not_run() {
    for sandbox in [in_config(&key("x")), in_credentials(&key("x"))] {
        let listed = sandbox.run(["list", "--json"]).succeeds().json();
        assert_eq!(listed.as_array().unwrap().len(), 1);
        assert_eq!(
            (&listed[0]["profile_name"], &listed[0]["credential_type"]),
            (&"default".into(), &"long-term".into())
        );
        assert_eq!(listed[0]["aws_access_key_id"], serde_json::Value::Null);
        assert_eq!(listed[0]["mfa_device_arn"], "arn:aws:iam::123456789012:mfa/user");
        sandbox.run(["list", "default"]).succeeds().prints("default\tlong-term\t-\t-\tuser");
        assert_eq!(runs(&sandbox), 0);
        sandbox.get([]).succeeds();
        sandbox.run(["get", "default", "--dry-run"]).succeeds();
        let listed = sandbox.run(["list", "--json"]).succeeds().json();
        let names: Vec<_> =
            listed.as_array().unwrap().iter().map(|item| item["profile_name"].as_str().unwrap()).collect();
        assert!(names.contains(&"default") && names.contains(&"default_sts") && names.len() == 2, "{names:?}");
        sandbox.run(["clear", "default"]).succeeds();
        sandbox.run(["list", "--check", "default"]).fails("session_missing", 7);
        sandbox.run(["export", "default"]).fails("session_missing", 7);
        sandbox.run(["list", "--check", "nobody"]).fails("profile_not_found", 3);
        assert_eq!(runs(&sandbox), 1);
    }
    // What gets its credentials in another way is no source, nor is one whose command is updsts.
    for other in ["sso_session = s", "role_arn = r\nsource_profile = x", "credential_process = updsts export -n x"] {
        let config = format!("[profile live]\n{other}\n");
        let config = if other.starts_with("cred") { config } else { config + "credential_process = true\n" };
        let listed = Sandbox::new().config(config).run(["list", "--json"]).succeeds().json();
        assert_eq!(listed.as_array().unwrap().len(), 1, "{other}");
    }
}

#[test]
fn key_1_a_name_left_out_a_session_and_a_role_lead_to_such_a_source() {
    let role = "[profile admin]\nrole_arn = r\nsource_profile = default_sts\n";
    for name in [&[][..], &["default_sts"], &["admin"], &["-n", "default"]] {
        let sandbox = in_config(&key("x"));
        let config = fs::read_to_string(sandbox.path(".aws/config")).unwrap();
        let sandbox = sandbox.config(format!("{config}{role}"));
        sandbox.run(["get", "-t", "123456"].iter().chain(name).copied()).succeeds().prints("profile  default_sts");
        let shell: &[&str] = if cfg!(windows) { &["--", "cmd", "/c", "rem"] } else { &["--", "true"] };
        sandbox.run(["exec"].iter().chain(name).chain(shell).copied()).succeeds();
    }
    let over_key = in_credentials(&key("x")).config(role.replace("default_sts", "default"));
    over_key.run(["get", "admin", "-t", "123456"]).fails("profile_not_ours", 3).says("`source_profile = default_sts`");
    let two = Sandbox::new().credentials(SOURCE.replace("default", "other"));
    let two = two.config("[profile another]\ncredential_process = true\n");
    two.run(["get", "-t", "123456"]).fails("profile_not_found", 3).says("`other`, `another`");
}

#[test]
fn key_1_a_session_is_no_long_term_key() {
    for document in [
        format!(r#"{{"Version":1,"AccessKeyId":"{ID}","SecretAccessKey":"{SECRET}","SessionToken":"t"}}"#),
        format!(r#"{{"Version":1,"AccessKeyId":"{}","SecretAccessKey":"{SECRET}"}}"#, ID.replace("AKIA", "ASIA")),
    ] {
        let sandbox = in_credentials(&copy_of("document"));
        fs::write(sandbox.path("document"), &document).unwrap();
        let run = sandbox.refused(["get", "default", "-t", "123456"], "source_is_session", 3);
        assert!(!run.stderr.contains(SECRET), "{run:?}");
    }
}

#[test]
fn key_2_a_command_that_fails_or_prints_nonsense_is_key_unavailable_and_shows_nothing() {
    for (command, reason) in [
        (both(&format!("echo {SECRET}"), "exit 3"), "its exit status is 3"),
        (format!("echo {SECRET}"), "printed something other than the document"),
        (words("true", "rem"), "printed something other than the document"),
        (copy_of("document"), "printed something"),
        #[cfg(unix)]
        ("kill -9 $$".to_owned(), "signal 9"),
        ("nowhere-to-be-found".to_owned(), "a command was not found"),
        (format!("exit 1 # {SECRET}"), "was cut at ` #`"),
    ] {
        let sandbox = in_credentials(&command);
        let document = format!(r#"{{"Version": 1, "AccessKeyId": "{ID}", "SecretAccessKey": "{SECRET} x"}}"#);
        fs::write(sandbox.path("document"), document).unwrap();
        let run = sandbox.refused(["get", "default", "-t", "123456", "-v", "2"], "key_unavailable", 3);
        let run = run.says(reason).says("`credential_process` of `default`");
        assert!(!run.stderr.contains(SECRET), "{run:?}");
    }
}

#[test]
fn key_2_the_command_runs_after_every_check_and_before_the_code_is_taken() {
    let in_order = |name: &str, command: &str| both(&note(name, "order"), command);
    let (code, command) = (in_order("code", "echo 123456"), in_order("key", &key("x")));
    let with = |more: &str| in_credentials(&format!("{command}\nmfa_process = {code}\n{more}"));
    let sandbox = with("");
    sandbox.run(["get", "default"]).succeeds();
    let order = || fs::read_to_string(sandbox.path("order")).unwrap().lines().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(order(), ["key", "code"]);
    for sandbox in [
        with("").env("AWS_ENDPOINT_URL_STS", "nonsense"),
        with("").env("AWS_CA_BUNDLE", "/nowhere"),
        with("[default_sts]\n"),
        with("aws_session_token = t\n"),
        in_credentials(&command).env("CI", "1"),
    ] {
        assert_ne!(sandbox.run(["get", "default"]).status, Some(0));
        assert!(!sandbox.path("order").exists());
    }
    let no_key = in_credentials(&format!("exit 1\nmfa_process = {code}"));
    no_key.run(["get", "default"]).fails("key_unavailable", 3);
    assert!(!no_key.path("order").exists());
    let kept = with("");
    kept.run(["get", "default"]).succeeds();
    kept.run(["get", "default", "--min-validity", "30m"]).succeeds();
    assert_eq!(runs(&kept), 1);
}

#[test]
fn key_2_updsts_itself_is_refused_unrun_by_its_name_its_path_or_a_link() {
    let updsts = env!("CARGO_BIN_EXE_updsts");
    let (unix, windows) =
        (["updsts", "'updsts'", "./link", "link", "hard", "A=b link"], ["updsts", "\"updsts.exe\"", "hard"]);
    let names: &[&str] = if cfg!(windows) { &windows } else { &unix };
    let quoted = words(updsts, &format!("\"{updsts}\""));
    for command in names.iter().copied().chain([&*quoted]) {
        let config = format!("[default]\n{SERIAL}credential_process = {command} export -n default --renew\n");
        let sandbox = Sandbox::new().credentials("").config(config);
        #[cfg(unix)]
        std::os::unix::fs::symlink(updsts, sandbox.path("link")).unwrap();
        let hard = sandbox.path(&words("hard", "hard.exe"));
        // Not from one drive to another.
        if fs::hard_link(updsts, &hard).is_err() && command == "hard" {
            continue;
        }
        let path = super::sandbox::path_with(sandbox.home());
        let sandbox = sandbox.env("PATH", path);
        let run = sandbox.refused(["get", "default", "-t", "123456"], "key_unavailable", 3);
        run.says("`credential_process` of `default` is updsts itself");
        sandbox.run(["get", "-t", "123456"]).fails("key_unavailable", 3);
    }
}

#[test]
fn key_2_an_updsts_that_a_command_of_updsts_runs_does_not_renew() {
    let updsts = env!("CARGO_BIN_EXE_updsts");
    // Behind a script nobody sees it.
    let sandbox = in_credentials(&words("./wrapped", r".\wrapped"));
    let renew = format!("\"{updsts}\" export -n default --renew 2>>inner");
    script(&sandbox, "wrapped", &format!("exec {renew}"), &renew);
    let run = sandbox.refused(["get", "default", "-t", "123456"], "key_unavailable", 3);
    assert!(run.stderr.contains("its exit status is 3"), "{run:?}");
    let inner = fs::read_to_string(sandbox.path("inner")).unwrap();
    assert!(inner.contains("error[key_unavailable]") && inner.contains("circle"), "{inner}");
    let sandbox =
        Sandbox::new().credentials(format!("{SOURCE}mfa_process = \"{updsts}\" get default -t 123456 2>inner\n"));
    sandbox.run(["get", "default"]).fails("code_unavailable", 3);
    assert!(fs::read_to_string(sandbox.path("inner")).unwrap().contains("error[key_unavailable]"));
    // What needs no renewal is there: another source's session as a part of a command.
    let sandbox = expiring(Sandbox::new(), 3000).env("UPDSTS_COMMAND", "1");
    let shell: &[&str] = if cfg!(windows) { &["--", "cmd", "/c", "rem"] } else { &["--", "true"] };
    let exec = [&["exec", "default"][..], shell].concat();
    for command in [&["export", "default"][..], &["export", "default", "--renew"], &exec] {
        sandbox.run(command.iter().copied()).succeeds();
    }
    sandbox.run(["list"]).succeeds();
    sandbox.run(["get", "default", "-t", "123456"]).fails("key_unavailable", 3);
}

#[test]
fn key_2_commands_of_a_file_that_a_call_named_are_not_run() {
    use super::mcp::{LIST, Session, UPDATE};
    use serde_json::json;
    let sandbox = in_credentials(&key("x"));
    fs::copy(sandbox.credentials_path(), sandbox.path("other")).unwrap();
    let other = sandbox.path("other").display().to_string();
    let mut session = Session::start(&sandbox, &[]);
    let call = json!({"profile_name": "default", "totp_token": "123456", "cred_file": other});
    session.fails(UPDATE, call, "profile_not_ours");
    session.succeeds(LIST, json!({"cred_file": other}));
    assert_eq!(runs(&sandbox), 0);
    session.succeeds(UPDATE, json!({"profile_name": "default", "totp_token": "123456"}));
    assert_eq!(runs(&sandbox), 1);
}

#[test]
fn key_1_a_session_goes_only_into_the_file_whose_command_gave_its_key() {
    let change = |sandbox: &Sandbox, from: &str, to: &str| {
        fs::write(sandbox.path("changed"), sandbox.read().replace(from, to)).unwrap();
        let change = ["cat changed >.aws/credentials\necho 123456", "type changed>.aws\\credentials\necho 123456"];
        script(sandbox, "code", change[0], change[1]);
    };
    let with = |command: &str| in_credentials(&format!("{command}\nmfa_process = {}", words("./code", r".\code")));
    let sandbox = with(&key("x"));
    change(&sandbox, &key("x"), &key("other"));
    sandbox.run(["get", "default"]).fails("file_changed", 6).says("no longer there");
    let sandbox = with(&key("x"));
    change(&sandbox, "[default]", "# mine\n[default]");
    sandbox.run(["get", "default"]).succeeds();
}

#[test]
fn key_1_many_at_once_run_the_command_once() {
    let slow = MockSts::builder().fault(Fault::Latency(std::time::Duration::from_secs(1)), None).start();
    let sandbox = with_program(Sandbox::with(slow));
    let sandbox = sandbox
        .credentials(format!("[default]\n{SERIAL}credential_process = {}\nmfa_process = echo 123456\n", key("x")));
    let start = || {
        let mut command = sandbox.process(["get", "default", "--min-validity", "10m"]);
        command.stdin(std::process::Stdio::null()).stdout(std::process::Stdio::piped()).spawn().unwrap()
    };
    let children: Vec<_> = (0..6).map(|_| start()).collect();
    for child in children {
        Run::of(child.wait_with_output().unwrap()).succeeds();
    }
    assert_eq!((runs(&sandbox), sandbox.sts().request_count()), (1, 1));
}
