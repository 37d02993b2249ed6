//! The names of profiles.

use std::fmt;

use crate::core::error::{Error, ErrorCode, Result};
use crate::core::quote;
use crate::core::text::{self, shown};

/// The name of a profile, byte for byte. `Display` is the cleaned form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProfileName(Vec<u8>);

impl ProfileName {
    /// Parses a NAME as given: printable and not empty, else `usage`.
    pub fn parse(name: &str) -> Result<Self> {
        let fault = match text::hidden(name) {
            Some(hidden) => hidden,
            None if name.is_empty() => "is empty".to_owned(),
            None => return Ok(Self(name.as_bytes().to_vec())),
        };
        let hint = "give the name as `updsts list` shows it";
        Err(Error::new(ErrorCode::Usage, format!("the profile name {fault}"), hint))
    }

    pub fn from_file(name: &[u8]) -> Self {
        Self(name.to_vec())
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The name as a word of a command that a message prints.
    pub fn in_a_command(&self) -> String {
        quote::word(&self.to_string()).into_owned()
    }
}

impl fmt::Display for ProfileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&shown(&self.0))
    }
}

/// A name that every AWS SDK accepts (BLK-7): of `[A-Za-z0-9_\-/.%@:+]`, and not `DEFAULT`, whose keys the AWS CLI
/// applies to every profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionProfileName(String);

impl SessionProfileName {
    /// `None` if some SDK does not accept the name.
    pub fn parse(name: &[u8]) -> Option<Self> {
        let name = std::str::from_utf8(name).ok()?;
        (is_accepted_by_every_sdk(name.as_bytes()) && name != "DEFAULT").then(|| Self(name.to_owned()))
    }

    /// The default name of a source profile's session: `<profile>_sts`.
    pub fn default_of(source: &ProfileName) -> Option<Self> {
        Self::parse(&[source.as_bytes(), b"_sts"].concat())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SessionProfileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether no AWS SDK ignores a profile of this name.
///
/// Source: <https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html>
pub fn is_accepted_by_every_sdk(name: &[u8]) -> bool {
    !name.is_empty() && name.iter().all(|&b| b.is_ascii_alphanumeric() || b"_-/.%@:+".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blk_7_a_session_profile_has_a_name_that_every_sdk_accepts() {
        for good in ["default_sts", "team/dev", "a@b", "my.prof", "x:y+z%1", "default"] {
            assert!(SessionProfileName::parse(good.as_bytes()).is_some(), "{good}");
        }
        for bad in ["", "DEFAULT", "a b", "a]", "a\nb", "k\u{f6}", "a'b"] {
            assert!(SessionProfileName::parse(bad.as_bytes()).is_none(), "{bad:?}");
        }
    }

    #[test]
    fn a_given_name_is_printable_and_not_empty() {
        assert!(ProfileName::parse("").is_err() && ProfileName::parse("a\u{202e}b").is_err());
        assert_eq!(ProfileName::parse("key with spaces").unwrap().as_bytes(), b"key with spaces");
    }
}
