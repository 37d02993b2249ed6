//! Commands for `mfa_process` and its kin, in the words of this system's shell: `/bin/sh`, or `cmd.exe`.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use super::sandbox::{Sandbox, set_mode};

/// `sh` of this command on Unix, `cmd` on Windows.
pub fn words(sh: &str, cmd: &str) -> String {
    if cfg!(windows) { cmd } else { sh }.to_owned()
}

/// One after the other, whatever the status of the first is.
pub fn both(first: &str, second: &str) -> String {
    words(&format!("{first}; {second}"), &format!("{first}&{second}"))
}

/// Adds a line to a file in the current directory.
pub fn note(line: &str, file: &str) -> String {
    words(&format!("echo {line} >>{file}"), &format!("echo {line}>>{file}"))
}

/// Notes that it runs, then does this.
pub fn noted(file: &str, command: &str) -> String {
    both(&note("x", file), command)
}

/// Creates an empty file.
pub fn touch(file: &str) -> String {
    words(&format!("touch {file}"), &format!("type nul>{file}"))
}

/// `timeout` refuses to wait where its input is not the keyboard.
pub fn sleep(seconds: u32) -> String {
    words(&format!("sleep {seconds}"), &format!("ping -n {} 127.0.0.1 >nul", seconds + 1))
}

pub fn copy_of(file: &str) -> String {
    words(&format!("cat {file}"), &format!("type {file}"))
}

/// The first time this, from then on the other.
pub fn first_then(first: &str, then: &str) -> String {
    let (sh, cmd) = (touch("first"), touch("first"));
    words(
        &format!("if [ -e first ]; then {then}; else {sh}; {first}; fi"),
        &format!("if exist first ({then}) else ({cmd}&{first})"),
    )
}

/// Puts a script for this system's shell into the home; what runs it there.
pub fn script(sandbox: &Sandbox, name: &str, sh: &str, cmd: &str) -> String {
    let (file, text) = if cfg!(windows) {
        (format!("{name}.cmd"), format!("@echo off\r\n{}\r\n", cmd.replace('\n', "\r\n")))
    } else {
        (name.to_owned(), format!("#!/bin/sh\n{sh}\n"))
    };
    let path = sandbox.path(&file);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, text).unwrap();
    set_mode(&path, 0o755);
    words(&format!("./{name}"), &format!(".\\{}", name.replace('/', "\\")))
}

/// A process that a command starts and waits for, known by a file: on Unix it holds its id, on Windows the process holds the
/// file.
pub struct Lasting(PathBuf);

impl Lasting {
    pub fn of(sandbox: &Sandbox) -> Self {
        Self(sandbox.path("lasting"))
    }

    /// Lasts for so many seconds, on Windows whole ones, then does this.
    pub fn command(&self, seconds: f64, then: &str) -> String {
        let file = self.0.display();
        let whole = format!("{seconds:.0}").parse::<u32>().unwrap().max(u32::from(seconds > 0.0));
        words(
            &format!("sleep {seconds} & echo $! > {file}; wait; {then}"),
            // What `ping` prints may come at its end only.
            &format!("(echo started&ping -n {} 127.0.0.1)>\"{file}\"&{then}", whole + 1),
        )
    }

    pub fn has_started(&self) -> bool {
        fs::read_to_string(&self.0).is_ok_and(|text| text.ends_with('\n'))
    }

    /// The command must be another process's, or of another thread.
    pub fn wait_for_start(&self) {
        for _ in 0..1000 {
            if self.has_started() {
                return;
            }
            sleep_a_moment();
        }
        panic!("the command was not started");
    }

    #[cfg(unix)]
    pub fn id(&self) -> String {
        fs::read_to_string(&self.0).unwrap().trim().to_owned()
    }

    #[cfg(unix)]
    pub fn is_alive(&self) -> bool {
        fs::read_to_string(format!("/proc/{}/stat", self.id())).is_ok_and(|stat| !stat.contains(") Z "))
    }

    /// Nobody else can open what is held.
    #[cfg(windows)]
    pub fn is_alive(&self) -> bool {
        use std::os::windows::fs::OpenOptionsExt;
        fs::OpenOptions::new().read(true).write(true).share_mode(0).open(&self.0).is_err()
    }

    #[track_caller]
    pub fn expect_dead(&self) {
        for _ in 0..300 {
            if !self.is_alive() {
                return;
            }
            sleep_a_moment();
        }
        panic!("what the command has started is alive");
    }

    pub fn forget(&self) {
        fs::remove_file(&self.0).unwrap();
    }
}

fn sleep_a_moment() {
    std::thread::sleep(Duration::from_millis(10));
}
