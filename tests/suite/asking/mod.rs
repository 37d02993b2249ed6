//! Asking a person for a code (ASK-1 to ASK-6).

#![cfg(target_os = "linux")]

mod dialogs;
mod page;
mod server;
mod terminal;
pub mod visit;

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

/// What a program writes into a file, once it is there.
fn wait_for(path: &Path) -> String {
    let until = Instant::now() + Duration::from_secs(10);
    loop {
        match fs::read_to_string(path) {
            Ok(text) if text.ends_with('\n') => return text.trim().to_owned(),
            _ => assert!(Instant::now() < until, "{} was not written", path.display()),
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}
