//! The environment variables; an empty one counts as unset (CLI-3).

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use crate::core::platform::Platform;
use crate::core::text;

/// The variable that names the user's home directory. The AWS CLI does not read `HOME` on Windows.
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
            Some(_) => self.var_os(HOME).map(PathBuf::from),
        }
    }

    /// A warning if other programs look for the files in another home directory, as in Git Bash.
    ///
    /// Sources: <https://docs.aws.amazon.com/sdkref/latest/guide/file-location.html> for the SDKs,
    /// <https://docs.python.org/3/library/os.path.html#os.path.expanduser> for the AWS CLI and boto3
    pub fn second_home(&self) -> Option<String> {
        self.second_home_on(Platform::HERE)
    }

    fn second_home_on(&self, platform: Platform) -> Option<String> {
        let (own, other) = (self.var("USERPROFILE")?, self.var("HOME")?);
        let plain = |path: &str| path.replace('/', r"\").trim_end_matches('\\').to_lowercase();
        (platform == Platform::Windows && plain(&own) != plain(&other)).then(|| {
            format!(
                "`HOME` (`{}`) is another directory than `USERPROFILE` (`{}`), where updsts and the AWS CLI look for \
                 `.aws`; the AWS SDKs that look at `HOME` first find other files; unset it, or give both one value",
                text::path(Path::new(&other)),
                text::path(Path::new(&own))
            )
        })
    }
}

/// `~/.aws/NAME`.
///
/// Source: <https://docs.aws.amazon.com/sdkref/latest/guide/file-location.html>
pub fn default_path(environment: &Environment, name: &str) -> Option<PathBuf> {
    environment.home().map(|home| home.join(".aws").join(name))
}

/// The path with a leading `~/` (or only `~`) replaced by the home directory, as a shell does; on Windows `~\`, too.
pub fn expand_home(path: &Path, environment: &Environment) -> PathBuf {
    match (path.strip_prefix("~"), environment.home()) {
        // Piece by piece, so the separators are the system's.
        (Ok(rest), Some(home)) => rest.components().fold(home, |path, component| path.join(component)),
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
        let environment = Environment::fixed([(HOME, "/home/me")]);
        for (path, expanded) in
            [("~/.aws/x", "/home/me/.aws/x"), ("~x/y", "~x/y"), ("a/~/b", "a/~/b"), ("/~/b", "/~/b")]
        {
            assert_eq!(expand_home(Path::new(path), &environment), Path::new(expanded));
        }
    }

    #[cfg(windows)]
    #[test]
    fn cli_3_the_home_folder_has_either_separator_and_the_path_one() {
        let environment = Environment::fixed([("USERPROFILE", r"C:\Users\me"), ("HOME", r"C:\msys\me")]);
        for path in [r"~\.aws\x", "~/.aws/x", r"~/.aws\x"] {
            assert_eq!(expand_home(Path::new(path), &environment).to_str(), Some(r"C:\Users\me\.aws\x"));
        }
        assert_eq!(default_path(&environment, "x").unwrap().to_str(), Some(r"C:\Users\me\.aws\x"));
    }

    #[test]
    fn first_2_a_second_home_is_told_only_where_it_is_another() {
        let home = |home, profile| Environment::fixed([("HOME", home), ("USERPROFILE", profile)]);
        let git_bash = home(r"C:\msys64\home\me", r"C:\Users\me");
        let warning = git_bash.second_home_on(Platform::Windows).unwrap();
        assert!(warning.contains("`HOME`") && warning.contains("`USERPROFILE`"), "{warning}");
        for same in [home("c:/users/me/", r"C:\Users\me"), home("", r"C:\Users\me"), home(r"C:\x", "")] {
            assert_eq!(same.second_home_on(Platform::Windows), None);
        }
        assert_eq!(git_bash.second_home_on(Platform::Unix), None);
    }
}
