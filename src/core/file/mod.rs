//! The credentials file and the config file on disk: find, read, lock, replace. The only file I/O.
//!
//! Nothing is ever written in place: a write is a new file renamed over the old one.

mod access;
#[cfg(target_os = "linux")]
mod attributes;
pub mod config_file;
pub mod contents;
pub mod credentials_file;
mod lock;
mod new_file;
pub mod replace;
mod rests;
mod same_file;
mod steps;
#[cfg(test)]
mod tests;
