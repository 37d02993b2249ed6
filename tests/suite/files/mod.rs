//! The credentials file on disk (FILE-3, FILE-4, FILE-7, FILE-9, GET-3).

#[cfg(unix)]
mod unix;

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use mock_sts::{Fault, MockSts};

use super::sandbox::{SOURCE, Sandbox, patiently, set_mode, set_read_only};

#[test]
fn file_4_hard_links_are_warned_about() {
    let sandbox = Sandbox::new();
    fs::hard_link(sandbox.credentials_path(), sandbox.path("other")).unwrap();
    sandbox.get([]).succeeds().says("hard link");
    assert_eq!(fs::read_to_string(sandbox.path("other")).unwrap(), SOURCE);
}

#[test]
fn file_7_more_than_64_mib_is_refused() {
    let sandbox = Sandbox::new();
    let file = fs::OpenOptions::new().write(true).open(sandbox.credentials_path()).unwrap();
    file.set_len(65 * 1024 * 1024).unwrap();
    for arguments in [&["list"][..], &["get", "-n", "default", "-t", "123456"]] {
        sandbox.run(arguments.iter().copied()).fails("file_unusable", 3).says("64 MiB");
    }
}

#[test]
fn file_3_a_new_file_that_a_kill_left_behind_is_removed_by_the_next_writer() {
    let sandbox = Sandbox::new();
    fs::write(sandbox.path(".aws/.credentials.updsts-Xa12b3"), "half a secret").unwrap();
    fs::write(sandbox.path(".aws/credentials.mine"), "stays").unwrap();
    sandbox.get([]).succeeds();
    sandbox.expect_no_leftovers();
    assert!(sandbox.path(".aws/credentials.mine").exists());
}

const GET: [&str; 5] = ["get", "-n", "default", "-t", "123456"];

#[test]
fn file_7_a_file_that_would_grow_beyond_64_mib_is_refused_before_the_code() {
    let room = 64 * 1024 * 1024 - SOURCE.len();
    let sandbox = Sandbox::new().credentials(format!("{SOURCE}{}\n", "#".repeat(room - 301)));
    assert_eq!(fs::metadata(sandbox.credentials_path()).unwrap().len(), 64 * 1024 * 1024 - 300);
    sandbox.refused(GET, "file_unusable", 3).says("larger than 64 MiB");
    sandbox.refused(["get", "-n", "default", "--dry-run"], "file_unusable", 3);
    // A session that is there already takes no more room.
    let sandbox = Sandbox::new();
    sandbox.get([]).succeeds();
    let file = sandbox.read();
    let full = format!("{file}{}\n", "#".repeat(64 * 1024 * 1024 - file.len() - 301));
    let sandbox = sandbox.credentials(full);
    sandbox.get([]).succeeds();
    sandbox.run(["clear", "-n", "default"]).succeeds();
}

#[test]
fn file_7_a_file_that_grows_while_it_is_read_is_read_and_kept() {
    let comments = "# a line of the user's that takes some time to be read\n".repeat(10_000);
    let sandbox = Sandbox::new().credentials(format!("{SOURCE}{comments}"));
    let path = sandbox.credentials_path();
    let grow = || {
        for note in 0..300 {
            let mut file = patiently(|| OpenOptions::new().append(true).open(&path));
            file.write_all(format!("# note {note}\n").as_bytes()).unwrap();
            drop(file);
            std::thread::sleep(Duration::from_millis(2));
        }
    };
    std::thread::scope(|scope| {
        let growing = scope.spawn(grow);
        while !growing.is_finished() {
            sandbox.run(["list"]).succeeds().prints("default");
        }
    });
    std::thread::scope(|scope| {
        scope.spawn(grow);
        sandbox.get([]).succeeds();
    });
    let file = sandbox.read();
    assert!(file.starts_with(&format!("{SOURCE}{comments}")) && file.contains("[default_sts]"));
    for note in 0..300 {
        assert_eq!(file.matches(&format!("# note {note}\n")).count(), 2, "{note}");
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
                let file = patiently(|| fs::read(&path));
                // On Windows the name of a file that is removed may be taken until the last who has it open has closed it.
                let away = path.with_extension("away");
                patiently(|| fs::rename(&path, &away));
                patiently(|| fs::remove_file(&away));
                std::thread::sleep(Duration::from_millis(4));
                let new = sandbox.path(".aws/new");
                fs::write(&new, file).unwrap();
                set_mode(&new, 0o600);
                fs::hard_link(&new, &path).ok();
                patiently(|| fs::remove_file(&new));
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

#[test]
fn file_4_a_file_without_a_write_bit_is_not_written() {
    let sandbox = Sandbox::new();
    set_read_only(&sandbox.credentials_path(), true);
    let hint = if cfg!(windows) { "attrib -r" } else { "chmod u+w" };
    sandbox.refused(GET, "not_writable", 6).says(hint);
    sandbox.refused(["get", "-n", "default", "--dry-run"], "not_writable", 6);
    sandbox.run(["list"]).succeeds();
    set_read_only(&sandbox.credentials_path(), false);
    sandbox.get([]).succeeds();
}

#[test]
fn file_7_what_is_no_regular_file_is_refused() {
    let sandbox = Sandbox::new();
    #[cfg(unix)]
    assert!(std::process::Command::new("mkfifo").arg(sandbox.path("fifo")).status().unwrap().success());
    let kinds: &[_] = if cfg!(windows) {
        &[(".aws", "is a directory"), ("NUL", ""), (r"\\.\NUL", "")]
    } else {
        &[("fifo", "not a regular file"), (".aws", "is a directory"), ("/dev/zero", "not a regular file")]
    };
    for (file, text) in kinds {
        for arguments in [&["list"][..], &GET] {
            sandbox.refused(arguments.iter().copied().chain(["-c", file]), "file_unusable", 3).says(text);
        }
    }
}
