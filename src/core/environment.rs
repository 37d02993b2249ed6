//! The process's environment variables, where an empty one counts as unset (CLI-3).

use std::ffi::OsString;

/// The value of a variable that is set, not empty and valid Unicode.
pub fn var(name: &str) -> Option<String> {
    var_os(name)?.into_string().ok()
}

/// The value of a variable that is set and not empty.
pub fn var_os(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}
