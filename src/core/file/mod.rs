//! The credentials file and the config file on disk: find, read, lock, replace. The only file I/O.
//!
//! Nothing is ever written in place: a write is a new file renamed over the old one.

pub mod config_file;
pub mod contents;
pub mod credentials_file;
mod lock;
mod new_file;
mod not_kept;
pub mod replace;
mod rests;
mod steps;
#[cfg(test)]
mod tests;
mod trial;
#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "the other system's function can fail")]
mod unix;
#[cfg(windows)]
#[expect(clippy::unnecessary_wraps, reason = "the other system's function can fail")]
mod windows;

/// What each system does in its own way; both have the same functions.
#[cfg(unix)]
use unix as system;
#[cfg(windows)]
use windows as system;
