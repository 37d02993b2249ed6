//! What people read: help, results and errors, as snapshots in `snapshots/`.

use insta::{Settings, assert_snapshot};

use super::sandbox::{Run, SOURCE, Sandbox};

/// Snapshots at the top of the repository, with what differs from run to run taken out.
pub fn with_snapshots(check: impl FnOnce()) {
    let mut settings = Settings::clone_current();
    settings.set_snapshot_path(concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots"));
    if cfg!(windows) {
        settings.set_snapshot_suffix("windows");
        settings.add_filter(r"(?i)[a-z]:[^\s`']*?updsts-test-[a-z0-9]{6}", "[home]");
    }
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.add_filter(r"ASIA[A-Z2-7]{16}", "ASIA[id]");
    settings.add_filter(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+09:00", "[expiry]");
    settings.add_filter(r#"(expires_in_seconds\\?": ?)\d+"#, "$1[seconds]");
    settings.add_filter(r"(expires_in_seconds  +)\d+", "$1[seconds]");
    settings.add_filter(r"http://127\.0\.0\.1:\d+", "http://127.0.0.1:[port]");
    settings.bind(check);
}

fn shown(run: &Run) -> String {
    let part = |name: &str, text: &str| if text.is_empty() { String::new() } else { format!("--- {name}\n{text}") };
    format!("{}{}--- exit {}", part("stdout", &run.stdout), part("stderr", &run.stderr), run.status.unwrap())
}

#[test]
fn help() {
    let sandbox = Sandbox::new();
    with_snapshots(|| {
        assert_snapshot!("help", sandbox.run(["--help"]).stdout);
        for command in ["get", "init", "list", "mcp", "export", "exec", "clear", "doctor", "completions"] {
            assert_snapshot!(format!("help_{command}"), sandbox.run([command, "--help"]).stdout);
        }
    });
}

#[test]
fn results() {
    let sandbox = Sandbox::new().config("[default]\nregion = eu-west-1\n").env("AWS_SESSION_TOKEN", "t");
    let steps: [(&str, &[&str]); 10] = [
        ("get", &["get", "-n", "default", "-t", "123456", "-v", "1"]),
        ("get_renamed", &["get", "-n", "default", "-t", "123456", "-sn", "work"]),
        ("get_kept", &["get", "-n", "default", "--min-validity", "10m"]),
        ("get_json", &["get", "-n", "default", "-t", "123456", "--json"]),
        ("get_dry_run", &["get", "-n", "default", "-sn", "other", "-d", "2h", "--dry-run"]),
        ("list", &["list"]),
        ("list_long", &["list", "--long"]),
        ("list_json", &["list", "--json"]),
        ("clear", &["clear", "-n", "default"]),
        ("clear_nothing", &["clear", "--all"]),
    ];
    with_snapshots(|| {
        for (name, arguments) in steps {
            assert_snapshot!(name, shown(&sandbox.run(arguments.iter().copied())));
        }
    });
}

#[test]
fn first_1_init() {
    let sandbox = Sandbox::new().credentials(SOURCE.split("mfa_device_arn").next().unwrap());
    let steps: [(&str, &[&str]); 4] = [
        ("init_dry_run", &["init", "--dry-run"]),
        ("init", &["init"]),
        ("init_again", &["init", "-v", "1"]),
        ("init_json", &["init", "--json"]),
    ];
    with_snapshots(|| {
        for (name, arguments) in steps {
            assert_snapshot!(name, shown(&sandbox.run(arguments.iter().copied())));
        }
    });
}

#[test]
fn first_2_doctor() {
    let sandbox = Sandbox::new().credentials(format!("{SOURCE}mfa_process = echo 123456\n[other] junk\n"));
    let broken = Sandbox::new().credentials(SOURCE.split("mfa_device_arn").next().unwrap());
    with_snapshots(|| {
        assert_snapshot!("doctor", shown(&sandbox.run(["doctor"])));
        assert_snapshot!("doctor_broken", shown(&broken.run(["doctor"])));
        assert_snapshot!("doctor_json", shown(&broken.run(["doctor", "--json"])));
    });
}

#[test]
fn errors() {
    let key = SOURCE.split("mfa_device_arn").next().unwrap();
    let session = format!("{SOURCE}aws_session_token = t\n");
    let open = format!("{SOURCE}# ${{{{{{ key=default [auto update by updsts]\n[default_sts]\n");
    let taken = format!("{SOURCE}[default_sts]\n");
    let cases: [(&str, &str, &[&str]); 12] = [
        ("error_usage", SOURCE, &["get", "-n", "default", "-d", "5"]),
        ("error_file_missing", SOURCE, &["list", "-c", "/nowhere/credentials"]),
        ("error_profile_not_found", SOURCE, &["get", "-n", "dev", "-t", "123456"]),
        ("error_key_missing", "[default]\n", &["get", "-n", "default", "-t", "123456"]),
        ("error_device_missing", key, &["get", "-n", "default", "-t", "123456"]),
        ("error_source_is_session", &session, &["get", "-n", "default", "-t", "123456"]),
        ("error_block_damaged", &open, &["get", "-n", "default", "-t", "123456"]),
        ("error_name_taken", &taken, &["get", "-n", "default", "-t", "123456"]),
        ("error_code_unavailable", SOURCE, &["get", "-n", "default"]),
        ("error_code_refused", SOURCE, &["get", "-n", "default", "-t", "654321", "--json"]),
        ("error_session_missing", SOURCE, &["export", "-n", "default"]),
        ("error_config_unusable", SOURCE, &["get", "-n", "default", "-t", "123456", "--endpoint-url", "nonsense"]),
    ];
    with_snapshots(|| {
        for (name, file, arguments) in cases {
            let sandbox = Sandbox::new().credentials(file);
            assert_snapshot!(name, shown(&sandbox.run(arguments.iter().copied())));
        }
    });
}
