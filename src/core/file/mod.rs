//! The credentials file and the config file on disk: find, read, lock, replace. The only file I/O.
//!
//! Nothing is ever written in place: a write is a new file renamed over the old one.

mod access;
#[cfg(target_os = "linux")]
mod attributes;
pub mod config_file;
pub mod contents;
pub mod credentials_file;
#[cfg_attr(not(unix), path = "folder_by_path.rs")]
mod folder;
mod lock;
mod new_file;
mod not_kept;
mod privacy;
pub mod replace;
mod rests;
mod steps;
#[cfg(test)]
mod tests;
mod trial;
