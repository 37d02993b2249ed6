//! The long-term key of a source profile: in the credentials file, or from a command (KEY-1).

use std::borrow::Cow;

use serde::Deserialize;
use zeroize::Zeroize;

use crate::core::command::own::runs_updsts;
use crate::core::command::run::{COMMAND_TIME, Failure};
use crate::core::command::shell::ShellCommand;
use crate::core::environment::Environment;
use crate::core::error::{Error, ErrorCode, Result};
use crate::core::ini::key::Key;
use crate::core::ini::profiles::{Profile, Profiles, Value};
use crate::core::name::ProfileName;
use crate::core::secret::{ExposeSecret, SecretString};
use crate::core::session::AccessKey;

/// Where the key of a usable source profile is.
#[derive(Debug)]
pub enum LongTermKey {
    Stored(AccessKey),
    /// `credential_process`, and whether it stands in the credentials file.
    Command {
        command: ShellCommand,
        in_credentials: bool,
    },
}

impl LongTermKey {
    /// What tells this key from another one; not a secret.
    pub fn identity(&self) -> &str {
        match self {
            Self::Stored(key) => &key.id,
            Self::Command { command, .. } => &command.text,
        }
    }

    /// Whether the profile in the credentials file still has it.
    pub fn is_in(&self, profile: Option<&Profile<'_>>) -> bool {
        let has = |key, value| profile.and_then(|profile| profile.text(key)) == Some(value);
        match self {
            Self::Stored(key) => has(Key::AwsAccessKeyId, &*key.id),
            Self::Command { command, in_credentials: true } => has(Key::CredentialProcess, &*command.text),
            Self::Command { .. } => profile.is_none_or(|profile| !has_key(profile)),
        }
    }

    /// The key, for a request that follows at once.
    ///
    /// Errors: `key_unavailable` if the command gives none, `source_is_session` if it gives a session.
    pub async fn get(&self, profile: &ProfileName, may_use_terminal: bool) -> Result<Cow<'_, AccessKey>> {
        let command = match self {
            Self::Stored(key) => return Ok(Cow::Borrowed(key)),
            Self::Command { command, .. } => command,
        };
        let key = command.output(may_use_terminal, COMMAND_TIME).await.and_then(|output| {
            Printed::of(output.expose_secret()).ok_or_else(|| {
                let what = "printed something other than the document of a `credential_process` with a long-term key";
                Failure::of_output(what)
            })
        });
        match key {
            Ok(Printed::Key(key)) => Ok(Cow::Owned(key)),
            Ok(Printed::Session) => {
                let message = format!("`credential_process` of `{profile}` gives a session, not a long-term key");
                let hint = "use what it gives as it is, or name the profile that holds the long-term key";
                Err(Error::new(ErrorCode::SourceIsSession, message, hint))
            }
            Err(failure) => {
                let hint = "try the command by hand; it has to print `{\"Version\": 1, \"AccessKeyId\": …, \
                            \"SecretAccessKey\": …}`";
                let (code, key) = (ErrorCode::KeyUnavailable, Key::CredentialProcess);
                Err(command.failed(code, key, &profile.to_string(), &failure, hint))
            }
        }
    }
}

pub(super) fn has_key(profile: &Profile<'_>) -> bool {
    profile.get(Key::AwsAccessKeyId).is_some() || profile.get(Key::AwsSecretAccessKey).is_some()
}

/// The command that gives the key of a profile, given as it stands in both files; `None` if it has a key, or gets its
/// credentials in another way that takes precedence.
pub(super) fn key_command<'p>(own: Option<&'p Profile<'_>>, config: Option<&'p Profile<'_>>) -> Option<&'p Value<'p>> {
    let both = || [own, config].into_iter().flatten();
    let others = Key::OF_ELSEWHERE.into_iter().filter(|key| *key != Key::CredentialProcess);
    let mut others = others.chain([Key::AwsAccessKeyId, Key::AwsSecretAccessKey, Key::AwsSessionToken, Key::RoleArn]);
    if others.any(|key| both().any(|profile| profile.get(key).is_some())) {
        return None;
    }
    both().find_map(|profile| profile.get(Key::CredentialProcess))
}

/// Whether a command other than updsts itself gives the key of a profile.
pub fn is_source_by_command(
    own: Option<&Profile<'_>>,
    config: Option<&Profile<'_>>,
    environment: &Environment,
) -> bool {
    key_command(own, config).and_then(Value::as_str).is_some_and(|command| !runs_updsts(command, environment))
}

/// The sources by command among the profiles of the config file, which need none in the credentials file.
pub fn sources_by_command<'c>(config: &'c Profiles<'_>, environment: &Environment) -> Vec<&'c Profile<'c>> {
    config.iter().filter(|profile| is_source_by_command(None, Some(profile), environment)).collect()
}

/// What a `credential_process` printed.
enum Printed {
    Key(AccessKey),
    Session,
}

/// Source: <https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html>
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Document<'a> {
    version: u8,
    #[serde(borrow)]
    access_key_id: Cow<'a, str>,
    #[serde(borrow)]
    secret_access_key: Cow<'a, str>,
    #[serde(borrow)]
    session_token: Option<Cow<'a, str>>,
}

impl Drop for Document<'_> {
    /// What had to be unescaped is a copy.
    fn drop(&mut self) {
        let token = self.session_token.as_mut();
        for text in [&mut self.secret_access_key].into_iter().chain(token) {
            if let Cow::Owned(copy) = text {
                copy.zeroize();
            }
        }
    }
}

impl Printed {
    fn of(text: &str) -> Option<Self> {
        let document: Document<'_> = serde_json::from_str(text).ok()?;
        let is_word = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic());
        let (id, secret) = (&*document.access_key_id, &*document.secret_access_key);
        if document.version != 1 || !is_word(id) || !is_word(secret) {
            return None;
        }
        if document.session_token.as_ref().is_some_and(|token| !token.is_empty()) || id.starts_with("ASIA") {
            return Some(Self::Session);
        }
        Some(Self::Key(AccessKey { id: id.to_owned(), secret: SecretString::from(secret) }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_1_the_document_has_a_key_and_no_token() {
        let key = |text: &str| match Printed::of(text) {
            Some(Printed::Key(key)) => Some((key.id.clone(), key.secret.expose_secret().to_owned())),
            _ => None,
        };
        let wanted = Some(("AKIAIOSFODNN7EXAMPLE".to_owned(), "a/b+c".to_owned()));
        for good in [
            r#"{"Version": 1, "AccessKeyId": "AKIAIOSFODNN7EXAMPLE", "SecretAccessKey": "a/b+c"}"#,
            r#" {"AccessKeyId":"AKIAIOSFODNN7EXAMPLE","SecretAccessKey":"a\/b+c","Version":1,"AccountId":"1"} "#,
            r#"{"Version":1,"AccessKeyId":"AKIAIOSFODNN7EXAMPLE","SecretAccessKey":"a/b+c","SessionToken":null}"#,
            r#"{"Version":1,"AccessKeyId":"AKIAIOSFODNN7EXAMPLE","SecretAccessKey":"a/b+c","SessionToken":""}"#,
        ] {
            assert_eq!(key(good), wanted, "{good}");
        }
        for bad in [
            "",
            "{}",
            "a/b+c",
            r#"{"AccessKeyId":"AKIAIOSFODNN7EXAMPLE","SecretAccessKey":"a/b+c"}"#,
            r#"{"Version":2,"AccessKeyId":"AKIAIOSFODNN7EXAMPLE","SecretAccessKey":"a/b+c"}"#,
            r#"{"Version":1,"AccessKeyId":"","SecretAccessKey":"a/b+c"}"#,
            r#"{"Version":1,"AccessKeyId":"AKIA","SecretAccessKey":"a b"}"#,
            r#"{"Version":1,"AccessKeyId":"AKIA","SecretAccessKey":"ab\n"}"#,
            r#"{"Version":1,"AccessKeyId":"AKIA","SecretAccessKey":"ab"} more"#,
            r#"{"Version":1,"AccessKeyId":"AKIA"}"#,
        ] {
            assert!(Printed::of(bad).is_none(), "{bad}");
        }
        for session in [
            r#"{"Version":1,"AccessKeyId":"AKIA","SecretAccessKey":"ab","SessionToken":"t"}"#,
            r#"{"Version":1,"AccessKeyId":"ASIAIOSFODNN7EXAMPLE","SecretAccessKey":"ab"}"#,
        ] {
            assert!(matches!(Printed::of(session), Some(Printed::Session)), "{session}");
        }
    }
}
