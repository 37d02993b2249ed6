//! Asking a person for a code (ASK-1 to ASK-6).

mod dialogs;
#[cfg(target_os = "linux")]
mod displays;
mod page;
mod server;
#[cfg(target_os = "linux")]
mod terminal;
pub mod visit;
