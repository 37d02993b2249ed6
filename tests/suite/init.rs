//! The first command of a new user (FIRST-1).

use std::fs;

use mock_sts::{AccessKey, Fault, MfaDevice, MockSts, User};

use super::commands::copy_of;
use super::sandbox::{Run, SOURCE, Sandbox};

const DEVICE: &str = "arn:aws:iam::123456789012:mfa/user";
const SECOND: &str = "arn:aws:iam::123456789012:mfa/phone";
const PASSKEY: &str = "arn:aws:iam::123456789012:u2f/user/user/key";

/// A file with a key alone.
fn key() -> &'static str {
    SOURCE.split("mfa_device_arn").next().unwrap()
}

fn sandbox(user: User) -> Sandbox {
    Sandbox::with(MockSts::builder().users([user]).start()).credentials(key())
}

/// A user with these devices.
fn user(devices: &[&str]) -> User {
    let (passkeys, totp): (Vec<&str>, Vec<&str>) = devices.iter().partition(|device| device.contains(":u2f/"));
    let device = |serial: &&str, code| MfaDevice { serial: (*serial).to_owned(), code };
    let mut other_devices: Vec<_> =
        totp.iter().skip(1).map(|serial| device(serial, Some(User::default().code))).collect();
    other_devices.extend(passkeys.iter().map(|serial| device(serial, None)));
    User { mfa_serial: totp.first().map(|serial| (*serial).to_owned()), other_devices, ..User::default() }
}

/// The program's own advice, run as it stands.
fn follow(sandbox: &Sandbox, command: &str) -> Run {
    let words = command.strip_prefix("updsts ").unwrap_or_else(|| panic!("{command:?} is no command of updsts"));
    sandbox.run(words.split_whitespace())
}

/// The command in backticks behind `hint:` that starts so.
fn advised<'a>(run: &'a Run, start: &str) -> &'a str {
    let hint = run.stderr.lines().find_map(|line| line.strip_prefix("hint: ")).unwrap();
    hint.split('`').find(|part| part.starts_with(start)).unwrap_or_else(|| panic!("{hint}"))
}

#[test]
fn first_1_a_fresh_home_with_a_key_alone_is_two_commands_from_a_session() {
    let sandbox = sandbox(User::default());
    let run = sandbox.run(["init"]).succeeds().prints(DEVICE).prints("user        user (account 123456789012)");
    assert_eq!(sandbox.read(), SOURCE, "one line more");
    let next = run.stdout.lines().find_map(|line| line.strip_prefix("next ")).unwrap().trim();
    assert_eq!(next, "updsts get");
    follow(&sandbox, &format!("{next} -t 123456")).succeeds();
    assert!(sandbox.read().starts_with(SOURCE) && sandbox.read().contains("[default_sts]"));
    sandbox.expect_no_leftovers();
    // The session's own block stands right behind now.
    let before = sandbox.read();
    sandbox.run(["init"]).succeeds().prints("already there");
    assert_eq!(sandbox.read(), before);
}

#[test]
fn first_1_json_has_the_five_keys() {
    let sandbox = sandbox(User::default());
    let expected = |written| serde_json::json!({"profile_name": "default", "account": "123456789012", "user": "user", "mfa_device_arn": DEVICE, "written": written});
    assert_eq!(sandbox.run(["init", "--json"]).succeeds().json(), expected(true));
    assert_eq!(sandbox.run(["init", "--json"]).succeeds().json(), expected(false));
}

#[test]
fn first_1_a_dry_run_shows_the_line_and_writes_nothing() {
    let sandbox = sandbox(User::default());
    let run = sandbox.run(["init", "--dry-run"]).succeeds();
    assert!(run.stdout.contains(&format!("    4 + mfa_device_arn = {DEVICE}\n")), "{run:?}");
    let document = sandbox.run(["init", "--dry-run", "--json"]).succeeds().json();
    assert_eq!((&document["written"], &document["changes"][0]["line"]), (&false.into(), &4.into()));
    assert_eq!(sandbox.read(), key());
}

#[test]
fn first_1_without_a_device_or_with_passkeys_alone_it_says_where_to_add_one() {
    let none = sandbox(user(&[]));
    none.run(["init"]).fails("device_missing", 3).says("has no MFA device").says("IAM console");
    let passkeys = sandbox(user(&[PASSKEY]));
    passkeys.run(["init"]).fails("device_missing", 3).says("only passkeys").says("authenticator app");
    passkeys.run(["init", "--mfa-serial", DEVICE]).fails("device_missing", 3);
    assert_eq!(passkeys.read(), key());
    let mixed = sandbox(user(&[DEVICE, PASSKEY]));
    mixed.run(["init"]).succeeds().prints(DEVICE);
}

#[test]
fn first_1_of_several_devices_one_is_named_where_nobody_can_be_asked() {
    let sandbox = sandbox(user(&[DEVICE, SECOND]));
    let run = sandbox.run(["init"]).fails("device_missing", 3).says(DEVICE).says(SECOND);
    assert_eq!(sandbox.read(), key());
    let command = advised(&run, "updsts init default --mfa-serial").to_owned();
    follow(&sandbox, &command).succeeds().prints(DEVICE);
    sandbox.get([]).succeeds();
}

#[test]
fn first_1_a_user_who_may_not_list_is_told_where_the_arn_stands() {
    let sandbox = sandbox(User { denied: vec!["iam:ListMFADevices".into()], ..User::default() });
    let run =
        sandbox.run(["init"]).fails("access_denied", 4).says("arn:aws:iam::123456789012:mfa/").says("IAM console");
    assert_eq!(sandbox.read(), key());
    let command = advised(&run, "updsts init").replace("ARN", DEVICE);
    follow(&sandbox, &command).succeeds();
    assert_eq!(sandbox.read(), SOURCE);
    // What is there is not doubted.
    sandbox.run(["init"]).succeeds().prints("already there");
    sandbox.run(["init", "--mfa-serial", "arn:aws:iam::210987654321:mfa/user"]).fails("device_invalid", 3);
}

#[test]
fn first_1_a_wrong_key_and_no_network_have_the_words_of_get() {
    let wrong = Sandbox::new().credentials(key().replace("wJalr", "xJalr"));
    let run = wrong.run(["init"]).fails("signature_refused", 4);
    assert!(!run.stderr.contains("code is"), "{run:?}");
    let unknown = Sandbox::with(MockSts::builder().access_key_id("AKIAI44QH8DHBEXAMPLE").start()).credentials(key());
    unknown.run(["init"]).fails("key_refused", 4);
    let offline = Sandbox::new().credentials(key()).env("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:9");
    offline.run(["init"]).fails("unreachable", 5);
    let iam = Sandbox::new().credentials(key()).env("AWS_ENDPOINT_URL_IAM", "http://127.0.0.1:9");
    iam.run(["init"]).fails("unreachable", 5).says("127.0.0.1:9");
    // Where the device is given, IAM is not needed.
    iam.run(["init", "--mfa-serial", DEVICE]).succeeds();
}

#[test]
fn first_1_the_clock_is_named_if_it_is_off() {
    let sandbox = Sandbox::with(MockSts::builder().fault(Fault::Skew(-3600), None).start()).credentials(key());
    sandbox.run(["init"]).succeeds().says("the local clock is 60 min ahead of AWS");
}

#[test]
fn first_1_a_device_that_is_there_is_checked_and_changed_only_on_request() {
    let sandbox = sandbox(user(&[DEVICE, SECOND])).credentials(SOURCE);
    sandbox.run(["init"]).succeeds().prints(&format!("{DEVICE} (already there; nothing was changed)"));
    assert_eq!(sandbox.read(), SOURCE);
    sandbox.run(["init", "--mfa-serial", SECOND]).succeeds().prints("written to");
    assert_eq!(sandbox.read(), SOURCE.replace(DEVICE, SECOND));
    // A device of somebody else is what `get` would fail with.
    let other = sandbox.credentials(SOURCE.replace("mfa/user", "mfa/other"));
    let run = other.run(["init"]).fails("device_invalid", 3).says("mfa/other");
    follow(&other, advised(&run, "updsts init")).succeeds();
    assert_eq!(other.read(), SOURCE);
}

#[test]
fn first_1_a_device_that_is_none_is_replaced() {
    let sandbox = sandbox(User::default()).credentials(SOURCE.replace(":mfa/", ":user/"));
    sandbox.run(["init"]).succeeds();
    assert_eq!(sandbox.read(), SOURCE);
    // One that other tools read, in either file, is enough.
    let serial = sandbox.credentials(SOURCE.replace("mfa_device_arn", "mfa_serial"));
    serial.run(["init"]).succeeds().prints("already there");
    let config = serial.credentials(key()).config(format!("[default]\nmfa_serial = {DEVICE}\n"));
    config.run(["init"]).succeeds().prints("already there");
    assert_eq!(config.read(), key());
}

#[test]
fn first_1_a_serial_that_is_none_is_refused_before_anything_is_sent() {
    let sandbox = Sandbox::new().credentials(key());
    for serial in [PASSKEY, "arn:aws:iam::123456789012:user/user", "phone", ""] {
        sandbox.refused(["init", "--mfa-serial", serial], "device_invalid", 3);
    }
}

#[test]
fn first_1_role_1_a_role_is_told_its_source_and_a_session_stands_for_it() {
    let config = "[profile admin]\nrole_arn = arn:aws:iam::123456789012:role/admin\nsource_profile = default_sts\n";
    let sandbox = Sandbox::new().credentials(key()).config(config);
    let run = sandbox.refused(["init", "admin"], "profile_not_ours", 3);
    follow(&sandbox, advised(&run, "updsts init")).succeeds();
    sandbox.get([]).succeeds();
    sandbox.run(["init", "default_sts"]).succeeds().prints("profile     default\n");
}

#[test]
fn first_1_what_get_would_refuse_is_refused_before_aws_is_asked() {
    let refused = |file: &str, code| drop(Sandbox::new().credentials(file).refused(["init", "-n", "default"], code, 3));
    refused("[other]\n", "profile_not_found");
    refused("[default]\n", "key_missing");
    refused(&format!("{}aws_session_token = t\n", key()), "source_is_session");
    refused(&format!("{}# $}}}}}} [auto update by updsts]\n", key()), "block_damaged");
    let nonsense = Sandbox::new().credentials(key()).env("AWS_ENDPOINT_URL_STS", "nonsense");
    nonsense.refused(["init"], "config_unusable", 3);
    Sandbox::new().credentials(key()).refused(["init", "default", "-n", "default"], "usage", 2);
}

#[test]
fn first_1_file_4_mode_and_bytes_of_the_file_stay() {
    let file = format!("# mine\r\n{}\r\n# behind", key().replace('\n', "\r\n"));
    let sandbox = Sandbox::new().credentials(&file);
    super::sandbox::set_mode(&sandbox.credentials_path(), 0o640);
    sandbox.run(["init"]).succeeds();
    assert_eq!(
        sandbox.read(),
        file.replace("\r\n\r\n# behind", &format!("\r\nmfa_device_arn = {DEVICE}\r\n\r\n# behind"))
    );
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(sandbox.credentials_path()).unwrap().permissions().mode() & 0o777, 0o640);
    }
    super::sandbox::set_read_only(&sandbox.credentials_path(), true);
    let sandbox = sandbox.env("AWS_ENDPOINT_URL_IAM", "http://127.0.0.1:9");
    sandbox.run(["init", "--mfa-serial", SECOND]).fails("not_writable", 6);
    super::sandbox::set_read_only(&sandbox.credentials_path(), false);
}

#[test]
fn first_1_the_next_command_names_profile_and_file() {
    let keys = vec![AccessKey::new("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")];
    let sandbox = sandbox(User { keys, ..User::default() }).credentials("");
    let other = sandbox.path("my keys");
    fs::write(&other, key().replace("default", "my prod")).unwrap();
    let run = sandbox.run(["init", "-c", other.to_str().unwrap()]).succeeds();
    let next = run.stdout.lines().find_map(|line| line.strip_prefix("next ")).unwrap().trim();
    let quote = if cfg!(windows) { '"' } else { '\'' };
    assert_eq!(next, format!("updsts get {quote}my prod{quote} -c {quote}{}{quote}", other.display()));
}

#[test]
fn get_2_the_hint_for_a_missing_device_is_init() {
    let sandbox = Sandbox::new().credentials(key());
    let run = sandbox.refused(["get", "-n", "default", "-t", "123456"], "device_missing", 3);
    follow(&sandbox, advised(&run, "updsts init -n")).succeeds();
    sandbox.get([]).succeeds();
}

#[cfg(any(target_os = "linux", windows))]
#[test]
fn first_1_of_several_devices_one_is_chosen_on_the_terminal() {
    let sandbox = sandbox(user(&[DEVICE, SECOND, PASSKEY]));
    let mut session = super::terminal::Session::start(&sandbox, &["init"]);
    session.read_until("Which one gives the codes (1 to 2)? ");
    assert!(session.seen().contains(&format!("  2  {SECOND}")) && !session.seen().contains(PASSKEY));
    session.forget();
    session.send("3\r");
    session.read_until("Which one gives the codes (1 to 2)? ");
    session.send("2\r");
    session.read_until("updsts get");
    assert_eq!(session.end(), Some(0));
    assert!(sandbox.read().ends_with(&format!("mfa_device_arn = {SECOND}\n")));
}

#[cfg(any(target_os = "linux", windows))]
#[test]
fn first_1_the_end_of_input_at_the_choice_changes_nothing() {
    let sandbox = sandbox(user(&[DEVICE, SECOND]));
    let mut session = super::terminal::Session::start(&sandbox, &["init"]);
    session.read_until("Which one");
    session.send(super::terminal::END_OF_INPUT);
    session.read_until("has several TOTP devices: `");
    assert_eq!(session.end(), Some(3));
    assert_eq!(sandbox.read(), key());
}

/// A profile of the config file whose key a command gives.
fn by_command() -> Sandbox {
    let sandbox = Sandbox::new();
    let document = r#"{"Version": 1, "AccessKeyId": "AKIAIOSFODNN7EXAMPLE", "SecretAccessKey": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}"#;
    std::fs::write(sandbox.path("key.json"), document).unwrap();
    std::fs::remove_file(sandbox.credentials_path()).unwrap();
    let config =
        format!("[profile vault]\ncredential_process = {}\n", copy_of(sandbox.path("key.json").to_str().unwrap()));
    sandbox.config(config)
}

#[test]
fn first_1_for_a_key_by_command_the_line_for_the_config_file_is_printed() {
    let sandbox = by_command();
    let config = std::fs::read_to_string(sandbox.path(".aws/config")).unwrap();
    let run = sandbox.run(["init"]).succeeds();
    let line = "mfa_serial = arn:aws:iam::123456789012:mfa/user, under [profile vault] in ";
    let run = run.prints(line).prints("next        updsts get vault");
    assert!(!sandbox.credentials_path().exists(), "{run:?}");
    assert_eq!(std::fs::read_to_string(sandbox.path(".aws/config")).unwrap(), config);
    let document = sandbox.run(["init", "vault", "--json"]).succeeds().json();
    assert_eq!((document["written"].as_bool(), document["profile_name"].as_str()), (Some(false), Some("vault")));
    // As it says.
    let line = "mfa_serial = arn:aws:iam::123456789012:mfa/user\n";
    std::fs::write(sandbox.path(".aws/config"), config + line).unwrap();
    sandbox.run(["init"]).succeeds().prints("already there");
    sandbox.run(["doctor"]).succeeds().prints("a command gives the key of `vault`");
    sandbox.run(["get", "vault", "-t", "123456"]).succeeds();
    sandbox.run(["doctor"]).succeeds().prints("`credential_process` of `vault` gives it (not run now)");
}
