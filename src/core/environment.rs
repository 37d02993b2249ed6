//! The process's environment variables, where an empty one counts as unset (CLI-3).

use std::ffi::OsString;
use std::path::PathBuf;

/// The value of a variable that is set, not empty and valid Unicode.
pub fn var(name: &str) -> Option<String> {
    var_os(name)?.into_string().ok()
}

/// The value of a variable that is set and not empty.
pub fn var_os(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// The user's home folder.
pub fn home() -> Option<PathBuf> {
    std::env::home_dir().filter(|home| !home.as_os_str().is_empty())
}
