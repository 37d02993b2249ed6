//! The environment variables; an empty one counts as unset (CLI-3).

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use crate::core::text;

/// The variable that names the user's home directory.
pub const HOME: &str = if cfg!(windows) { "USERPROFILE" } else { "HOME" };

/// The process's environment, or a given one in tests.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Environment(Option<HashMap<OsString, OsString>>);

impl Environment {
    pub const fn process() -> Self {
        Self(None)
    }

    pub fn fixed<K: AsRef<OsStr>, V: AsRef<OsStr>>(variables: impl IntoIterator<Item = (K, V)>) -> Self {
        let variables = variables.into_iter();
        Self(Some(variables.map(|(name, value)| (name.as_ref().to_owned(), value.as_ref().to_owned())).collect()))
    }

    /// The value of a variable that is set, not empty and valid Unicode.
    pub fn var(&self, name: &str) -> Option<String> {
        self.var_os(name)?.into_string().ok()
    }

    /// The value of a variable that is set and not empty.
    pub fn var_os(&self, name: &str) -> Option<OsString> {
        let value = match &self.0 {
            None => std::env::var_os(name),
            Some(variables) => variables.get(OsStr::new(name)).cloned(),
        };
        value.filter(|value| !value.is_empty())
    }

    /// A warning about a variable that names a file that does not exist (CLI-15).
    pub fn missing_file(&self, name: &str) -> Option<String> {
        let path = expand_home(Path::new(&self.var_os(name)?), self);
        (!path.exists()).then(|| format!("`{name}` names `{}`, which does not exist", text::path(&path)))
    }

    /// The user's home directory.
    pub fn home(&self) -> Option<PathBuf> {
        match &self.0 {
            None => std::env::home_dir().filter(|home| !home.as_os_str().is_empty()),
            Some(_) => self.var_os("HOME").map(PathBuf::from),
        }
    }
}

/// `~/.aws/NAME`.
///
/// Source: <https://docs.aws.amazon.com/sdkref/latest/guide/file-location.html>
pub fn default_path(environment: &Environment, name: &str) -> Option<PathBuf> {
    environment.home().map(|home| home.join(".aws").join(name))
}

/// The path with a leading `~/` (or only `~`) replaced by the home directory, as a shell does.
pub fn expand_home(path: &Path, environment: &Environment) -> PathBuf {
    match (path.strip_prefix("~"), environment.home()) {
        (Ok(rest), Some(home)) => home.join(rest),
        _ => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cli_3_an_empty_variable_counts_as_unset() {
        let environment = Environment::fixed([("A", ""), ("B", "b")]);
        assert_eq!((environment.var("A"), environment.var("B")), (None, Some("b".into())));
    }

    #[test]
    fn cli_3_a_leading_tilde_is_the_home_folder() {
        let environment = Environment::fixed([("HOME", "/home/me")]);
        for (path, expanded) in
            [("~/.aws/x", "/home/me/.aws/x"), ("~x/y", "~x/y"), ("a/~/b", "a/~/b"), ("/~/b", "/~/b")]
        {
            assert_eq!(expand_home(Path::new(path), &environment), Path::new(expanded));
        }
    }
}
