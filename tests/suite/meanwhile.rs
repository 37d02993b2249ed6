//! The file changes while AWS thinks (FILE-5).

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use mock_sts::{Fault, MockSts};

use super::sandbox::{Run, SOURCE, Sandbox, set_mode};

/// Runs `get` while `change` happens to the file during the request.
fn get_while(change: impl FnOnce(&Sandbox)) -> (Sandbox, Run) {
    let sts = MockSts::builder().fault(Fault::Latency(Duration::from_millis(600)), None).start();
    let sandbox = Sandbox::with(sts);
    let mut command = sandbox.command(["get", "-n", "default", "-t", "123456"]);
    let running = std::thread::spawn(move || command.output().unwrap());
    while sandbox.sts().request_count() == 0 {
        std::thread::sleep(Duration::from_millis(5));
    }
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

#[test]
fn file_9_a_file_of_another_owner_or_an_opened_mode_is_file_changed() {
    for mode in [0o600, 0o644] {
        let is_root = cfg!(unix) && rustix::process::geteuid().is_root();
        if mode == 0o600 && !is_root {
            continue;
        }
        let (sandbox, run) = get_while(|sandbox| {
            let theirs = sandbox.path(".aws/theirs");
            fs::write(&theirs, SOURCE).unwrap();
            set_mode(&theirs, mode);
            if mode == 0o600 {
                std::os::unix::fs::chown(&theirs, Some(12_345), None).unwrap();
            }
            fs::rename(theirs, sandbox.credentials_path()).unwrap();
        });
        run.fails("file_changed", 6).says("the code is spent");
        assert_eq!(sandbox.read(), SOURCE);
        sandbox.expect_no_leftovers();
    }
}

#[test]
fn file_9_a_file_that_is_removed_and_created_again_and_again_is_waited_for() {
    let sts = MockSts::builder().fault(Fault::Latency(Duration::from_millis(200)), None).start();
    let sandbox = Sandbox::with(sts);
    let path = sandbox.credentials_path();
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                let file = fs::read(&path).unwrap();
                fs::remove_file(&path).unwrap();
                std::thread::sleep(Duration::from_millis(4));
                let new = sandbox.path(".aws/new");
                fs::write(&new, file).unwrap();
                set_mode(&new, 0o600);
                fs::hard_link(&new, &path).ok();
                fs::remove_file(new).unwrap();
                std::thread::sleep(Duration::from_millis(30));
            }
        });
        let runs: Vec<_> = (0..5).map(|_| sandbox.get([])).collect();
        is_over.store(true, Ordering::Relaxed);
        for run in runs {
            run.succeeds();
        }
    });
}
