//! No secret anywhere: unique values in file, environment, arguments and the mock's answers; every
//! command, success and each failure, at the most talkative level (CLI-9, decision 6).

use std::collections::BTreeSet;

use mock_sts::{Fault, MockSts};

use super::sandbox::{Run, Sandbox};

const SECRET: &str = "CanarySecretAccessKey0123456789abcdefXYZ";
const CODE: &str = "731946";
const CANARIES: [&str; 7] = [
    SECRET,
    CODE,
    "canary-unknown",
    "canary-security-token",
    "canary-env-secret",
    "canary-env-token",
    "canary-proxy-pw",
];

fn sandbox() -> Sandbox {
    let sts = MockSts::builder().secret_access_key(SECRET).token_code(CODE).seed(7).start();
    let file = format!(
        "[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = {SECRET}\n\
         mfa_device_arn = arn:aws:iam::123456789012:mfa/user\npassword = canary-unknown\n\
         [old]\naws_security_token = canary-security-token\n"
    );
    Sandbox::with(sts)
        .credentials(file)
        .env("AWS_SECRET_ACCESS_KEY", "canary-env-secret")
        .env("AWS_SESSION_TOKEN", "canary-env-token")
        .env("RUST_LOG", "trace")
}

fn expect_clean(run: &Run, more: &BTreeSet<String>) {
    for canary in CANARIES.into_iter().map(str::to_owned).chain(more.iter().cloned()) {
        assert!(!run.stdout.contains(&canary) && !run.stderr.contains(&canary), "{canary} is in {run:#?}");
    }
}

/// The secret and the token of every session in the file.
fn stored(sandbox: &Sandbox) -> BTreeSet<String> {
    let file = sandbox.read();
    let values = file.lines().filter_map(|line| {
        let (key, value) = line.split_once(" = ")?;
        ["aws_secret_access_key", "aws_session_token"].contains(&key).then(|| value.to_owned())
    });
    values.collect()
}

#[test]
fn no_command_shows_a_secret_when_it_works() {
    let sandbox = sandbox();
    let mut secrets = BTreeSet::new();
    for arguments in [
        &["get", "-n", "default", "-t", CODE][..],
        &["get", "-n", "default", "-t", CODE, "--json"],
        &["get", "-n", "default", "--dry-run"],
        &["get", "-n", "default", "--dry-run", "--json"],
        &["get", "-n", "default", "--min-validity", "10m"],
        &["list"],
        &["list", "--long"],
        &["list", "--json"],
        &["list", "--check", "default"],
        &["clear", "-n", "default"],
    ] {
        for level in ["0", "1", "2"] {
            secrets.extend(stored(&sandbox));
            let run = sandbox.run(arguments.iter().copied().chain(["-v", level]));
            secrets.extend(stored(&sandbox));
            assert!(run.status == Some(0) || arguments[0] == "clear", "{run:?}");
            expect_clean(&run, &secrets);
        }
    }
    assert!(secrets.len() >= 4);
}

#[test]
fn v2_shows_events_of_the_sdk_and_no_secret() {
    let sandbox = sandbox();
    let run = sandbox.run(["-v", "2", "get", "-n", "default", "-t", CODE]).succeeds();
    assert!(run.stderr.contains("DEBUG") && run.stderr.lines().count() > 10, "{run:?}");
    expect_clean(&run, &stored(&sandbox));
}

#[test]
fn no_failure_of_aws_shows_a_secret() {
    let faults = ["AccessDenied", "InvalidClientTokenId", "SignatureDoesNotMatch", "ValidationError", "Throttling"];
    let faults = faults.map(|code| Fault::Error(code.into())).into_iter();
    let others = [Fault::Drop, Fault::Unavailable, Fault::UnavailableHtml, Fault::Malformed, Fault::Incomplete];
    for fault in faults.chain(others) {
        let sandbox = sandbox();
        sandbox.sts().set_fault(fault.clone(), None);
        for json in [&["--json"][..], &[]] {
            let run =
                sandbox.run(["get", "-n", "default", "-t", CODE, "-v", "2"].into_iter().chain(json.iter().copied()));
            assert_ne!(run.status, Some(0), "{fault:?}");
            expect_clean(&run, &BTreeSet::new());
        }
    }
}

#[test]
fn no_local_failure_shows_a_secret() {
    let proxy = "http://user:canary-proxy-pw@127.0.0.1:1";
    let cases: [(&str, &str); 6] = [
        ("HTTP_PROXY", proxy),
        ("HTTP_PROXY", "ftp://user:canary-proxy-pw@127.0.0.1:1"),
        ("AWS_ENDPOINT_URL_STS", "http://user:canary-proxy-pw@127.0.0.1:1"),
        ("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:1"),
        ("AWS_CA_BUNDLE", "/nowhere"),
        ("AWS_SHARED_CREDENTIALS_FILE", "/nowhere"),
    ];
    for (name, value) in cases {
        let sandbox = sandbox().env(name, value);
        let run = sandbox.run(["get", "-n", "default", "-t", CODE, "-v", "2"]);
        assert_ne!(run.status, Some(0), "{name} {value}");
        expect_clean(&run, &BTreeSet::new());
    }
    for typed in
        [&["get", "-n", "default", CODE][..], &["get", "-n", "default", "-x", CODE], &["get", "-n", CODE, "-t", SECRET]]
    {
        let run = sandbox().run(typed.iter().copied());
        assert!(!run.stderr.contains(SECRET) && !run.stdout.contains(SECRET), "{run:?}");
    }
}

/// Whether the memory of a process holds the text.
#[cfg(target_os = "linux")]
fn holds(process: u32, text: &str) -> std::io::Result<bool> {
    use std::os::unix::fs::FileExt;
    let memory = std::fs::File::open(format!("/proc/{process}/mem"))?;
    let maps = std::fs::read_to_string(format!("/proc/{process}/maps"))?;
    for line in maps.lines().filter(|line| line.contains(" rw")) {
        let (start, end) = line.split_once(' ').unwrap().0.split_once('-').unwrap();
        let [start, end] = [start, end].map(|address| u64::from_str_radix(address, 16).unwrap());
        let mut bytes = vec![0; usize::try_from(end - start).unwrap()];
        // What cannot be read belongs to the kernel.
        if memory.read_exact_at(&mut bytes, start).is_ok() && memchr::memmem::find(&bytes, text.as_bytes()).is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(target_os = "linux")]
#[test]
fn file_2_nothing_of_a_session_stays_in_the_memory_of_the_server() {
    use super::mcp::{LIST, Session, UPDATE};
    use serde_json::json;
    let sandbox = sandbox();
    let mut session = Session::start(&sandbox, &[]);
    session.succeeds(UPDATE, json!({"profile_name": "default", "totp_token": CODE}));
    let process = session.child.id();
    if let Err(error) = holds(process, "x") {
        return super::sandbox::skipped(&error.to_string());
    }
    assert!(holds(process, "credential_file").unwrap(), "the search finds nothing at all");
    let stored = stored(&sandbox);
    assert_eq!(stored.len(), 3, "{stored:?}");
    for secret in stored.iter().filter(|secret| *secret != SECRET) {
        assert!(!holds(process, secret).unwrap(), "a secret of {} characters", secret.len());
    }
    session.succeeds(LIST, json!({}));
    session.end().cleanly();
}

#[cfg(target_os = "linux")]
#[test]
fn key_1_nothing_of_a_key_that_a_command_gave_stays_in_memory_or_appears_anywhere() {
    use super::mcp::{Session, UPDATE};
    use serde_json::json;
    let device = "mfa_serial = arn:aws:iam::123456789012:mfa/user";
    let document = format!(r#"{{"Version":1,"AccessKeyId":"AKIAIOSFODNN7EXAMPLE","SecretAccessKey":"{SECRET}"}}"#);
    let sandbox = sandbox().credentials("").config(format!("[default]\n{device}\ncredential_process = cat document\n"));
    std::fs::write(sandbox.path("document"), document).unwrap();
    for level in ["0", "1", "2"] {
        let run = sandbox.run(["get", "default", "-t", CODE, "-v", level]).succeeds();
        expect_clean(&run, &BTreeSet::new());
    }
    assert!(!sandbox.read().contains(SECRET));
    let mut session = Session::start(&sandbox, &[]);
    session.succeeds(UPDATE, json!({"profile_name": "default", "totp_token": CODE}));
    let process = session.child.id();
    if let Err(error) = holds(process, "x") {
        return super::sandbox::skipped(&error.to_string());
    }
    assert!(holds(process, "credential_file").unwrap(), "the search finds nothing at all");
    // Whole, or as the part of a request's signature that is made of it.
    for part in [SECRET, &SECRET[..32], &SECRET[8..], &format!("AWS4{SECRET}")] {
        assert!(!holds(process, part).unwrap(), "{} characters of the key", part.len());
    }
    session.end().cleanly();
}
