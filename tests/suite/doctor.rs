//! What keeps `get` from working, found and mended by the doctor's own advice (FIRST-2).

use std::fs;

use mock_sts::{Fault, MockSts};
use serde_json::Value;

use super::commands::{both, touch, words};
#[cfg(unix)]
use super::sandbox::set_mode;
use super::sandbox::{Run, SOURCE, Sandbox, portable, set_read_only, shown};

const CODE: &str = "mfa_process = echo 123456\n";

/// A set-up in which nothing is wrong.
fn healthy() -> Sandbox {
    Sandbox::new().credentials(format!("{SOURCE}{CODE}"))
}

fn checks(run: &Run) -> Vec<Value> {
    run.json()["checks"].as_array().unwrap().clone()
}

/// The first line in red: name, message and advice.
fn first_red(checks: &[Value]) -> Option<(String, String, String)> {
    let red = checks.iter().find(|check| check["status"] == "error")?;
    let text = |key: &str| red[key].as_str().unwrap().to_owned();
    Some((text("name"), text("message"), text("hint")))
}

#[test]
fn first_2_a_healthy_set_up_is_all_green_and_nothing_is_changed() {
    let sandbox = healthy();
    let before = fs::read(sandbox.credentials_path()).unwrap();
    for arguments in [&["doctor", "--json"][..], &["doctor", "--json", "--offline"], &["doctor", "default", "--json"]] {
        let run = sandbox.run(arguments.iter().copied()).succeeds();
        let bad: Vec<_> = checks(&run).into_iter().filter(|check| check["status"] != "ok").collect();
        assert!(bad.is_empty() && run.stderr.is_empty(), "{bad:?}{run:?}");
    }
    let run = sandbox.run(["doctor"]).succeeds();
    assert!(run.stdout.lines().filter(|line| !line.starts_with("  ")).all(|line| line.starts_with('✓')), "{run:?}");
    let sent: Vec<_> = sandbox.sts().requests().iter().map(|request| request.action.clone()).collect();
    assert!(sent.iter().all(|action| action.as_deref() == Some("GetCallerIdentity")) && sent.len() == 3, "{sent:?}");
    assert_eq!(fs::read(sandbox.credentials_path()).unwrap(), before);
    sandbox.expect_no_leftovers();
    sandbox.get([]).succeeds();
    sandbox.run(["doctor"]).succeeds().prints("valid for 1 h more");
}

#[test]
fn first_2_each_check_has_its_four_keys_and_its_name() {
    let checks = checks(&healthy().run(["doctor", "--json"]));
    for check in &checks {
        let keys: Vec<_> = check.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(keys, ["name", "status", "message", "hint"]);
    }
    let names: Vec<_> = checks.iter().map(|check| check["name"].as_str().unwrap()).collect();
    for name in [
        "credentials_file",
        "config_file",
        "session",
        "environment",
        "key",
        "device",
        "region",
        "endpoint",
        "proxy",
        "certificates",
        "code",
        "get",
        "aws",
        "clock",
        "agents",
    ] {
        assert!(names.contains(&name), "{name} is not in {names:?}");
    }
}

/// A defect, where it shows, and what mends it.
struct Defect {
    case: &'static str,
    broken: Sandbox,
    /// The check that is red, a part of its message, and of its advice.
    shows: [&'static str; 3],
    /// Does what the advice says.
    mend: fn(Sandbox) -> Sandbox,
    arguments: &'static [&'static str],
}

fn defect(case: &'static str, broken: Sandbox, shows: [&'static str; 3], mend: fn(Sandbox) -> Sandbox) -> Defect {
    Defect { case, broken, shows, mend, arguments: &[] }
}

/// What [`healthy`] holds.
fn whole(sandbox: Sandbox) -> Sandbox {
    sandbox.credentials(format!("{SOURCE}{CODE}"))
}

const NOT_WRITABLE: [&str; 2] =
    if cfg!(windows) { ["read-only", "attrib -r"] } else { ["no write permission", "chmod u+w"] };

fn edit(sandbox: Sandbox, change: impl FnOnce(String) -> String) -> Sandbox {
    let file = sandbox.read();
    sandbox.credentials(change(file))
}

/// The line with that number is deleted.
fn without_line(sandbox: Sandbox, number: usize) -> Sandbox {
    edit(sandbox, |file| {
        let kept = file.split_inclusive('\n').enumerate().filter(|(at, _)| at + 1 != number);
        kept.map(|(_, line)| line).collect()
    })
}

#[expect(clippy::too_many_lines, reason = "a table")]
fn files() -> Vec<Defect> {
    let key = SOURCE.split("mfa_device_arn").next().unwrap();
    let utf16: Vec<u8> = format!("\u{feff}{SOURCE}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let missing = healthy();
    fs::remove_file(missing.credentials_path()).unwrap();
    let read_only = healthy();
    set_read_only(&read_only.credentials_path(), true);
    let folder = healthy();
    let in_folder = folder.path(".aws").display().to_string();
    let tags = |name: &str| format!("{SOURCE}{CODE}# ${{{{{{ key=default [auto update by updsts]\n[{name}]\n");
    #[cfg(unix)]
    let (with_return, returned) = {
        let sandbox = healthy();
        let returned = format!("{}\r", sandbox.credentials_path().display());
        (sandbox, returned)
    };
    vec![
        defect("no file", missing, ["credentials_file", "does not exist", "aws configure"], whole),
        defect("C2", healthy().credentials(utf16), ["credentials_file", "UTF-16", "as UTF-8"], whole),
        defect(
            "C2",
            healthy().credentials(b"\0GITCRYPT\0x"),
            ["credentials_file", "git-crypt", "git-crypt unlock"],
            whole,
        ),
        defect(
            "C2",
            healthy().credentials(format!("{}{CODE}", &SOURCE[10..])),
            ["profile", "is not in", "line 1 has no header"],
            |s| edit(s, |file| format!("[default]\n{file}")),
        ),
        #[cfg(unix)]
        defect(
            "C8",
            with_return.env("AWS_SHARED_CREDENTIALS_FILE", returned),
            ["credentials_file", "ends with a carriage return", "without that character"],
            |s| s.env("AWS_SHARED_CREDENTIALS_FILE", ""),
        ),
        defect("C12", read_only, ["credentials_file", NOT_WRITABLE[0], NOT_WRITABLE[1]], |s| {
            set_read_only(&s.credentials_path(), false);
            s
        }),
        defect(
            "FILE-7",
            folder.env("AWS_SHARED_CREDENTIALS_FILE", in_folder),
            ["credentials_file", "is a directory", "the file inside it"],
            |s| {
                let path = s.credentials_path();
                s.env("AWS_SHARED_CREDENTIALS_FILE", path)
            },
        ),
        defect(
            "BLK-6",
            healthy().credentials(tags("default_sts")),
            ["credentials_file", "has no end tag", "$}}} [auto update by updsts]"],
            |s| edit(s, |file| format!("{file}# $}}}}}} [auto update by updsts]\n")),
        ),
        defect(
            "C4",
            healthy().credentials(format!("{SOURCE}{CODE}[default_sts]\naws_session_token = t\n")),
            ["get", "already exists", "--adopt"],
            |s| {
                s.get(["--adopt"]).succeeds();
                s
            },
        ),
        defect(
            "C7",
            healthy().credentials(format!(
                "{key}aws_session_token = old\nmfa_device_arn = arn:aws:iam::123456789012:mfa/user\n{CODE}"
            )),
            ["key", "aws_session_token", "delete line 4"],
            |s| without_line(s, 4),
        ),
        defect(
            "GET-3",
            healthy().credentials(
                format!("{SOURCE}{CODE}").replace("= wJalr", "= \"wJalr").replace("EXAMPLEKEY", "EXAMPLEKEY\""),
            ),
            ["key", "in quotes", "remove the quotes"],
            |s| edit(s, |file| file.replace('"', "")),
        ),
        defect(
            "GET-2",
            healthy().credentials(format!("{key}{CODE}")),
            ["device", "no `mfa_device_arn`", "updsts init -n default"],
            |s| {
                s.run(["init", "-n", "default"]).succeeds();
                s
            },
        ),
        defect(
            "GET-2",
            healthy().credentials(format!("{SOURCE}{CODE}").replace(":mfa/", ":user/")),
            ["device", "ARN of a user", ":mfa/"],
            |s| edit(s, |file| file.replace(":user/", ":mfa/")),
        ),
        defect(
            "C22",
            healthy().credentials(format!("{SOURCE}{CODE}").replace("mfa_device_arn", "aws_mfa_device")),
            ["device", "no `mfa_device_arn`", "rename `aws_mfa_device`"],
            |s| edit(s, |file| file.replace("aws_mfa_device", "mfa_device_arn")),
        ),
        defect(
            "C31",
            healthy().credentials(format!("{SOURCE}mfa_process = no-such-program otp aws\n")),
            ["code", "`no-such-program`", "PATH"],
            |s| {
                edit(s, |file| {
                    file.replace("no-such-program otp aws", &words("/bin/echo 123456", "cmd.exe /c echo 123456"))
                })
            },
        ),
        defect(
            "CLI-4",
            healthy().credentials(format!("{SOURCE}{CODE}duration_seconds = 5\n")),
            ["get", "not between 900 and 129600", "duration_seconds = 43200"],
            |s| edit(s, |file| file.replace("= 5\n", "= 43200\n")),
        ),
    ]
}

fn settings() -> Vec<Defect> {
    let with_return = healthy();
    let offline = |defect: Defect| Defect { arguments: &["--offline"], ..defect };
    let named = |defect: Defect, arguments| Defect { arguments, ..defect };
    let roles = "[profile admin]\nrole_arn = arn:aws:iam::123456789012:role/admin\nsource_profile = default\n";
    let sso = "[profile work]\nsso_session = s\n";
    let services = "[default]\nservices = mine\n";
    vec![
        defect(
            "C8",
            with_return.env("AWS_CA_BUNDLE", "/etc/bundle.pem\r"),
            ["settings", "ends with a carriage return", "correct `AWS_CA_BUNDLE`, or unset it"],
            |s| s.env("AWS_CA_BUNDLE", ""),
        ),
        offline(defect(
            "C14",
            Sandbox::new()
                .credentials(format!("{SOURCE}{CODE}"))
                .env("AWS_ENDPOINT_URL_STS", "http://sts.example.com")
                .env("ALL_PROXY", "socks://127.0.0.1:7897"),
            ["settings", "SOCKS", "NO_PROXY"],
            |s| s.env("NO_PROXY", "sts.example.com"),
        )),
        defect(
            "C16",
            healthy().env("AWS_REGION", "us_east_1"),
            ["settings", "`AWS_REGION` is not the name of a region", "us-east-1"],
            |s| s.env("AWS_REGION", "us-east-1"),
        ),
        offline(defect(
            "GET-3",
            healthy().env("AWS_ENDPOINT_URL_STS", "").env("AWS_REGION", "cn-north-1"),
            ["settings", "partition", "--region"],
            |s| s.env("AWS_REGION", "us-east-1"),
        )),
        defect(
            "GET-9",
            healthy().env("AWS_ENDPOINT_URL_STS", "nonsense"),
            ["settings", "not an http:// or https:// URL", "a URL such as"],
            |s| {
                let url = s.sts().url().to_owned();
                s.env("AWS_ENDPOINT_URL_STS", url)
            },
        ),
        defect("GET-9", healthy().config(services), ["settings", "`[services mine]`", "remove `services`"], |s| {
            s.config("[default]\n")
        }),
        named(
            defect("C19", healthy().config(sso), ["profile", "sso_session", "aws sso login --profile work"], |s| {
                s.config("[profile work]\nrole_arn = arn:aws:iam::123456789012:role/a\nsource_profile = default_sts\n")
            }),
            &["work"],
        ),
        named(
            defect(
                "ROLE-1",
                healthy().config(roles),
                ["profile", "long-term key", "source_profile = default_sts"],
                |s| {
                    s.config("[profile admin]\nrole_arn = arn:aws:iam::123456789012:role/admin\nsource_profile = default_sts\n")
                },
            ),
            &["admin"],
        ),
        named(
            defect(
                "C21",
                healthy().credentials(format!("{SOURCE}{CODE}").replace("[default]", "[profile dev]")),
                ["profile", "not in", "take `profile ` out"],
                |s| edit(s, |file| file.replace("[profile dev]", "[dev]")),
            ),
            &["dev"],
        ),
        defect(
            "AWS",
            healthy().credentials(format!("{SOURCE}{CODE}").replace("wJalr", "xJalr")),
            ["aws", "secret access key", "copy the secret access key again"],
            whole,
        ),
        defect(
            "AWS",
            Sandbox::with(MockSts::builder().access_key_id("AKIAI44QH8DHBEXAMPLE").start())
                .credentials(format!("{SOURCE}{CODE}")),
            ["aws", "does not know the access key", "aws_access_key_id"],
            |s| edit(s, |file| file.replace("AKIAIOSFODNN7EXAMPLE", "AKIAI44QH8DHBEXAMPLE")),
        ),
        defect(
            "AWS",
            healthy().env("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:9"),
            ["aws", "no connection", "endpoint"],
            |s| {
                let url = s.sts().url().to_owned();
                s.env("AWS_ENDPOINT_URL_STS", url)
            },
        ),
    ]
}

#[test]
fn first_2_the_first_line_in_red_is_the_defect_and_its_advice_mends_it() {
    let defects = files().into_iter().chain(settings());
    let mut count = 0;
    for Defect { case, broken, shows: [name, message, hint], mend, arguments } in defects {
        let arguments: Vec<_> = ["doctor", "--json"].into_iter().chain(arguments.iter().copied()).collect();
        let before = fs::read(broken.credentials_path()).ok();
        let run = broken.run(arguments.clone());
        let found = first_red(&checks(&run)).unwrap_or_else(|| panic!("{case}: nothing is red: {run:?}"));
        assert!(found.0 == name && found.1.contains(message) && found.2.contains(hint), "{case}: {found:?}");
        assert_eq!(run.status, Some(8), "{case}: {run:?}");
        assert!(fs::read(broken.credentials_path()).ok() == before, "{case}: the file was touched");
        let mended = mend(broken);
        let run = mended.run(arguments).succeeds();
        assert_eq!(first_red(&checks(&run)), None, "{case}: {run:?}");
        count += 1;
    }
    assert!(count >= 20, "{count}");
}

/// The check with a warning: its message and advice.
#[track_caller]
fn warned(sandbox: &Sandbox, name: &str, message: &str, hint: &str) {
    let run = sandbox.run(["doctor", "--json"]).succeeds();
    let checks = checks(&run);
    let has =
        |check: &&Value, key: &str, text: &str| check[key].as_str().is_some_and(|value| portable(value).contains(text));
    let warning = checks.iter().find(|c| c["name"] == name && c["status"] == "warning" && has(c, "message", message));
    assert!(warning.is_some_and(|warning| has(&warning, "hint", hint)), "{message:?}, {hint:?}: {run:?}");
}

#[test]
fn first_2_what_hinders_other_programs_is_a_warning_with_its_advice() {
    warned(&healthy().env("AWS_ACCESS_KEY_ID", "x"), "environment", "`AWS_ACCESS_KEY_ID` is set", "unset it");
    warned(
        &healthy().env("AWS_CONFIG_FILE", "/nowhere/config"),
        "config_file",
        &format!("`{}`, which does not exist", shown("/nowhere/config")),
        "unset it",
    );
    warned(
        &healthy().config("[default]\n  region = us-east-1\n"),
        "config_file",
        ".aws/config:2: an indented key",
        "first column",
    );
    warned(
        &healthy().credentials(format!("{SOURCE}{CODE}[a] junk\n")),
        "credentials_file",
        "credentials:6: text after",
        "remove the text",
    );
    warned(&healthy().credentials(format!("{SOURCE}{CODE}x = 1\rX = 2\n")), "file", "credentials:6", "");
    warned(&Sandbox::new().env("UPDSTS_ASK", "never"), "code", "`UPDSTS_ASK` is `never`", "mfa_process");
    warned(&healthy().credentials(SOURCE).env("CI", "1"), "code", "`CI` is set", "-t CODE");
    let named = format!("{SOURCE}totp_secret_name = aws\n");
    warned(&healthy().credentials(named), "code", "`mktotp` is not on the PATH", "install mktotp");
    let ahead = Sandbox::with(MockSts::builder().fault(Fault::Skew(-120), None).start());
    warned(&ahead.credentials(format!("{SOURCE}{CODE}")), "clock", "the local clock is 2 min ahead of AWS", "NTP");
}

#[cfg(unix)]
#[test]
fn first_2_a_file_that_others_can_read_is_told_with_the_command_that_mends_it() {
    let sandbox = healthy();
    set_mode(&sandbox.credentials_path(), 0o644);
    warned(&sandbox, "credentials_file", "is readable by others", "chmod 600 ~/.aws/credentials");
    let link = healthy();
    fs::rename(link.credentials_path(), link.path("real")).unwrap();
    std::os::unix::fs::symlink(link.path("real"), link.credentials_path()).unwrap();
    link.run(["doctor"]).succeeds().prints("a link to");
}

#[test]
fn first_2_an_expired_session_is_a_warning_and_get_renews_it() {
    let sandbox = healthy();
    sandbox.get([]).succeeds();
    let expired = edit(sandbox, |file| {
        let at = file.find("expiration_datetime = ").unwrap() + 22;
        format!("{}2020{}", &file[..at], &file[at + 4..])
    });
    warned(&expired, "session", "expired", "`updsts get` renews it");
}

#[test]
fn first_2_agents_that_have_the_server_are_named() {
    let sandbox = healthy();
    sandbox.run(["doctor"]).succeeds().prints("no agent that updsts knows is set up here");
    fs::create_dir_all(sandbox.path(".cursor")).unwrap();
    fs::write(sandbox.path(".cursor/mcp.json"), "{\"mcpServers\": {} } // none\n").unwrap();
    sandbox
        .run(["doctor"])
        .succeeds()
        .prints("none of Cursor has the server")
        .prints("`updsts mcp --install` registers the server");
    let server =
        "{\"mcpServers\": {\"updsts\": {\"command\": \"/bin/updsts\", \"args\": [\"mcp\", \"--mcp-server\"]}}}";
    fs::write(sandbox.path(".claude.json"), server).unwrap();
    sandbox.run(["doctor"]).succeeds().prints("with the server: Claude Code; without it: Cursor");
    fs::write(sandbox.path(".cursor/mcp.json"), server).unwrap();
    sandbox.run(["doctor"]).succeeds().prints("Claude Code, Cursor have the server");
}

#[test]
fn first_2_no_secret_is_shown_and_no_command_is_run() {
    let sandbox = Sandbox::new();
    let ran = sandbox.path("ran");
    let command = both(&touch(&ran.display().to_string()), "echo 123456");
    let file = format!("{SOURCE}mfa_process = {command}\nother_secret = canary\n");
    let sandbox = sandbox.credentials(file).env("HTTPS_PROXY", "http://user:canary@proxy.example.com:8080");
    for arguments in [&["doctor"][..], &["doctor", "--json"], &["doctor", "-v", "1", "--offline"]] {
        let run = sandbox.run(arguments.iter().copied()).succeeds();
        for secret in ["canary", "wJalrXUtnFEMI"] {
            assert!(!run.stdout.contains(secret) && !run.stderr.contains(secret), "{run:?}");
        }
    }
    assert!(!ran.exists());
}

#[test]
fn first_2_offline_sends_nothing() {
    let sandbox = healthy();
    let run = sandbox.run(["doctor", "--offline"]).succeeds();
    assert!(!run.stdout.contains("✓ aws") && sandbox.sts().request_count() == 0, "{run:?}");
}

#[test]
fn first_2_a_role_and_a_session_stand_for_their_source() {
    let config = "[profile admin]\nrole_arn = arn:aws:iam::123456789012:role/admin\nsource_profile = default_sts\n";
    let sandbox = healthy().config(config);
    sandbox.run(["doctor", "admin"]).succeeds().prints("`admin` is a role over the session of `default`");
    sandbox.run(["doctor", "default_sts"]).succeeds().prints("`default` has the long-term key");
    let run = sandbox.run(["doctor", "nobody", "--json"]);
    assert_eq!(run.status, Some(8));
    assert_eq!(first_red(&checks(&run)).unwrap().0, "profile");
}

#[test]
fn first_2_cli_15_the_advice_names_the_file_that_was_named() {
    let key = SOURCE.split("mfa_device_arn").next().unwrap();
    let sandbox = healthy();
    fs::write(sandbox.path("other"), key).unwrap();
    let run = sandbox.run(["doctor", "-c", "other", "--json"]);
    let (_, _, hint) = first_red(&checks(&run)).unwrap();
    assert!(hint.contains("`updsts -c other init -n default`"), "{hint}");
    sandbox.run(["-c", "other", "init", "-n", "default"]).succeeds();
    sandbox.run(["doctor", "-c", "other"]).succeeds().prints("`updsts -c other get` stores one");
}
