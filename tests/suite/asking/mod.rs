//! Asking a person for a code (ASK-1 to ASK-6).

#[cfg(target_os = "linux")]
mod dialogs;
mod page;
#[cfg(target_os = "linux")]
mod server;
#[cfg(target_os = "linux")]
mod terminal;
pub mod visit;

#[cfg(target_os = "linux")]
use std::fs;
#[cfg(target_os = "linux")]
use std::path::Path;
#[cfg(target_os = "linux")]
use std::time::{Duration, Instant};

/// What a program writes into a file, once it is there.
#[cfg(target_os = "linux")]
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
