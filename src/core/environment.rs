//! The process's environment variables, where an empty one counts as unset (CLI-3).

use std::collections::BTreeMap;
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

/// Where settings look variables up: this process, or a fixed set, because a process's own
/// variables cannot be changed safely while it runs.
#[derive(Clone, Default)]
pub struct Environment(Option<BTreeMap<String, OsString>>);

impl Environment {
    /// The variables of this process, read when asked for.
    pub const fn process() -> Self {
        Self(None)
    }

    /// These variables and no others.
    pub fn fixed<N: Into<String>, V: Into<OsString>>(variables: impl IntoIterator<Item = (N, V)>) -> Self {
        let variables = variables.into_iter().map(|(name, value)| (name.into(), value.into()));
        Self(Some(variables.collect()))
    }

    /// The value of a variable that is set, not empty and valid Unicode.
    pub fn var(&self, name: &str) -> Option<String> {
        self.var_os(name)?.into_string().ok()
    }

    /// The value of a variable that is set and not empty.
    pub fn var_os(&self, name: &str) -> Option<OsString> {
        match &self.0 {
            None => var_os(name),
            Some(variables) => variables.get(name).filter(|value| !value.is_empty()).cloned(),
        }
    }

    /// The user's home folder.
    pub fn home(&self) -> Option<PathBuf> {
        match &self.0 {
            None => home(),
            Some(_) => self.var_os("HOME").map(PathBuf::from),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cli_3_an_empty_variable_counts_as_unset() {
        let environment = Environment::fixed([("EMPTY", ""), ("SET", "x")]);
        assert_eq!(environment.var("EMPTY"), None);
        assert_eq!(environment.var("ABSENT"), None);
        assert_eq!(environment.var("SET").as_deref(), Some("x"));
    }

    #[test]
    fn the_process_has_its_own_variables() {
        assert_eq!(Environment::process().var_os("PATH"), std::env::var_os("PATH"));
    }
}
