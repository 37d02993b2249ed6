//! Asking a person for a code (ASK-1 to ASK-6).

mod dialogs;
#[cfg(target_os = "linux")]
mod displays;
mod jobs;
mod page;
mod server;
mod terminal;
pub mod visit;
