//! The file changes while AWS thinks (FILE-5).

use std::fs;
use std::time::Duration;

use mock_sts::{Fault, MockSts};

use super::sandbox::{Run, SOURCE, Sandbox, await_request};

/// Runs `get` while `change` happens to the file during the request.
pub fn get_while(change: impl FnOnce(&Sandbox)) -> (Sandbox, Run) {
    let sts = MockSts::builder().fault(Fault::Latency(Duration::from_millis(600)), None).start();
    let sandbox = Sandbox::with(sts);
    let mut command = sandbox.command(["get", "-n", "default", "-t", "123456"]);
    let running = std::thread::spawn(move || command.output().unwrap());
    await_request(&sandbox);
    change(&sandbox);
    let run = Run::of(running.join().unwrap());
    (sandbox, run)
}

#[test]
fn file_5_a_change_during_the_request_is_kept() {
    let (sandbox, run) = get_while(|sandbox| {
        fs::write(sandbox.credentials_path(), format!("# new\n{SOURCE}[added]\n")).unwrap();
    });
    run.succeeds();
    let file = sandbox.read();
    assert!(file.starts_with(&format!("# new\n{SOURCE}[added]\n")) && file.contains("[default_sts]"), "{file}");
}

#[test]
fn file_5_a_change_that_does_not_allow_the_session_is_file_changed() {
    let changes = [
        format!("{SOURCE}# ${{{{{{ key=default\n"),
        format!("{SOURCE}[default_sts]\n"),
        SOURCE.replace("AKIAIOSFODNN7EXAMPLE", "AKIAI44QH8DHBEXAMPLE"),
        "[other]\n".to_owned(),
    ];
    for change in changes {
        let (sandbox, run) = get_while(|sandbox| fs::write(sandbox.credentials_path(), &change).unwrap());
        run.fails("file_changed", 6).says("the code is spent");
        assert_eq!(sandbox.read(), change);
        sandbox.expect_no_leftovers();
    }
    let (sandbox, run) = get_while(|sandbox| fs::remove_file(sandbox.credentials_path()).unwrap());
    run.fails("file_changed", 6).says("the code is spent");
    assert!(!sandbox.credentials_path().exists());
}
