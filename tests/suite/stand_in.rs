//! The program of `tests/interop/stand_in.rs` under the names of others, which says there what a part may contain.

use std::env::consts::EXE_EXTENSION;
use std::fs::{self, File, TryLockError};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::sandbox::{Sandbox, link};

/// What opens a window on this system. Cancelled it ends with 3, and with 5 when its time is over.
pub const WINDOW: &str = if cfg!(windows) { "powershell.exe" } else { "zenity" };

pub fn prints(text: &str) -> Value {
    json!({ "prints": [format!("{text}\n")] })
}

pub fn ends(status: i32) -> Value {
    json!({ "status": status })
}

/// A program in the sandbox's home.
pub fn put(sandbox: &Sandbox, name: &str, part: &Value) -> PathBuf {
    let mut program = sandbox.path(name);
    if cfg!(windows) {
        program.set_extension("exe");
    }
    fs::write(program.with_extension("json"), part.to_string()).unwrap();
    if !program.exists() {
        let built = PathBuf::from(env!("CARGO_BIN_EXE_updsts")).with_file_name("examples").join("stand-in");
        let built = built.with_extension(EXE_EXTENSION);
        assert!(built.exists(), "{} is not there: `cargo build --example stand-in`", built.display());
        link(&built, &program);
    }
    program
}

/// A sandbox with a program of this name, which is what `UPDSTS_DIALOG` names.
pub fn sandbox_with(name: &str, part: &Value) -> Sandbox {
    with_dialog(Sandbox::new(), name, part)
}

pub fn with_dialog(sandbox: Sandbox, name: &str, part: &Value) -> Sandbox {
    let program = put(&sandbox, name, part);
    sandbox.env("UPDSTS_DIALOG", program)
}

fn log(sandbox: &Sandbox) -> Vec<Value> {
    let text = fs::read_to_string(sandbox.path("stand-in.log")).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// What each run was started with: `arguments`, `variables`, `limits`.
pub fn starts(sandbox: &Sandbox) -> Vec<Value> {
    log(sandbox).into_iter().filter(|entry| entry["arguments"].is_array()).collect()
}

pub fn runs(sandbox: &Sandbox) -> usize {
    starts(sandbox).len()
}

/// Whether each run had ended when the next one started.
pub fn ran_one_after_the_other(sandbox: &Sandbox) -> bool {
    log(sandbox).chunks(2).all(|entries| entries[0].is_object() && entries.get(1).is_some_and(|end| end == "ended"))
}

/// The arguments of the last run.
pub fn arguments(sandbox: &Sandbox) -> Vec<String> {
    let started = starts(sandbox).pop().expect("nothing was started");
    started["arguments"].as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

/// A variable of the last run.
pub fn variable(sandbox: &Sandbox, name: &str) -> String {
    starts(sandbox).pop().unwrap()["variables"][name].as_str().unwrap().to_owned()
}

/// What a pinentry was told, in lines.
pub fn said(sandbox: &Sandbox) -> String {
    let said = log(sandbox).into_iter().filter_map(|entry| Some(entry["said"].as_str()?.to_owned() + "\n"));
    said.collect()
}

/// The process that a part with a `child` starts. It holds a file, which is free when the process is gone.
pub struct Child(PathBuf);

impl Child {
    pub fn of(sandbox: &Sandbox) -> Self {
        Self(sandbox.path("child"))
    }

    fn is_there(&self) -> bool {
        let file = File::options().write(true).open(&self.0);
        file.is_ok_and(|file| matches!(file.try_lock(), Err(TryLockError::WouldBlock)))
    }

    fn wait(&self, for_it: bool) -> bool {
        let start = Instant::now();
        while self.is_there() != for_it {
            if start.elapsed() > Duration::from_secs(20) {
                return false;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        true
    }

    #[track_caller]
    pub fn expect_start(&self) {
        assert!(self.wait(true), "the program has started no child");
    }

    /// It must have started, but need not be there any more.
    #[track_caller]
    pub fn expect_end(&self) {
        assert!(self.0.exists(), "the program has started no child");
        assert!(self.wait(false), "the program's child is still there");
    }
}
