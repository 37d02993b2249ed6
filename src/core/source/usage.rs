//! How other programs use the session, and what prevents that (GET-14).

use crate::core::environment::Environment;
use crate::core::file::credentials_file::CredentialsFile;
use crate::core::ini::key::Key;
use crate::core::ini::profiles::{Profile, Profiles};
use crate::core::name::SessionProfileName;
use crate::core::platform::Platform;
use crate::core::quote;
use crate::core::source::source_profile::list;
use crate::core::text::{self, shown};

/// How a command uses the session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Usage {
    platform: Platform,
    profile: String,
    /// The file, if tools would otherwise read another one.
    file: Option<String>,
}

impl Usage {
    pub fn of(file: &CredentialsFile, profile: &str) -> Self {
        let file = (!file.is_default()).then(|| text::clean(&text::absolute(file.path())));
        Self { platform: Platform::HERE, profile: profile.to_owned(), file }
    }

    fn variables(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let file = self.file.as_deref().map(|file| ("AWS_SHARED_CREDENTIALS_FILE", file));
        [("AWS_PROFILE", &*self.profile)].into_iter().chain(file)
    }

    /// What stands before a command so it uses the session (GET-14): variables for a POSIX shell, on Windows for PowerShell.
    pub fn prefix(&self) -> String {
        let set = self.variables().map(|(name, value)| match self.platform {
            Platform::Unix => format!("{name}={}", quote::posix(value)),
            Platform::Windows => format!("$env:{name} = {};", quote::powershell_literal(value)),
        });
        set.collect::<Vec<_>>().join(" ")
    }

    /// Lines that use the session, each with what it is for.
    pub fn lines(&self) -> Vec<(&'static str, String)> {
        if self.platform == Platform::Unix {
            return vec![("use it", format!("{} aws sts get-caller-identity", self.prefix()))];
        }
        let option = || {
            (
                "use it",
                format!("aws sts get-caller-identity --profile {}", quote::word_on(self.platform, &self.profile)),
            )
        };
        let for_powershell = ("in PowerShell", self.prefix().trim_end_matches(';').to_owned());
        let set = self.variables().map(|(name, value)| Some(format!("set {}", quote::cmd(name, value)?)));
        let for_cmd = set.collect::<Option<Vec<_>>>().map(|set| ("in cmd", set.join("&& ")));
        self.file.is_none().then(option).into_iter().chain([for_powershell]).chain(for_cmd).collect()
    }
}

/// What prevents other tools from using the session as the user may expect. `config` is the operator's config file, `old`
/// the previous name of the session profile.
pub fn notes(
    environment: &Environment,
    config: &Profiles<'_>,
    session_profile: &SessionProfileName,
    old: Option<&[u8]>,
) -> Vec<String> {
    let is_set = |name: &str| environment.var_os(name).is_some();
    let mut notes = Vec::new();
    for name in ["AWS_ACCESS_KEY_ID", "AWS_SESSION_TOKEN"].into_iter().filter(|name| is_set(name)) {
        notes.push(format!(
            "`{name}` is set and takes precedence over `AWS_PROFILE`; unset it to use the session profile, or use `aws \
             --profile {session_profile}`"
        ));
    }
    if is_set("AWS_WEB_IDENTITY_TOKEN_FILE") && is_set("AWS_ROLE_ARN") {
        notes.push(
            "`AWS_WEB_IDENTITY_TOKEN_FILE` and `AWS_ROLE_ARN` are set and take precedence over `AWS_PROFILE`; unset \
             them to use the session profile"
                .to_owned(),
        );
    }
    let over = |name: &[u8], profile: &Profile<'_>| profile.get(Key::SourceProfile).is_some_and(|s| *s.bytes == *name);
    for role in config.iter().filter(|role| over(session_profile.as_str().as_bytes(), role)) {
        if role.get(Key::MfaSerial).is_some() {
            notes.push(format!(
                "the role `{}` has an `mfa_serial` of its own and will ask for another code; remove it to use the \
                 session's MFA",
                shown(&role.name)
            ));
        }
    }
    if let Some(old) = old {
        let names: Vec<_> = config.iter().filter(|role| over(old, role)).map(|role| shown(&role.name)).collect();
        if !names.is_empty() {
            notes.push(format!(
                "the config file still names `{}` as the source of {}; change that `source_profile` to `{session_profile}`",
                shown(old),
                list(&names)
            ));
        }
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usage(platform: Platform, profile: &str, file: Option<&str>) -> Usage {
        Usage { platform, profile: profile.to_owned(), file: file.map(str::to_owned) }
    }

    #[test]
    fn get_14_the_line_for_windows_is_a_command_in_powershell_and_in_cmd() {
        let usual = usage(Platform::Windows, "default_sts", None);
        assert_eq!(usual.prefix(), "$env:AWS_PROFILE = 'default_sts';");
        assert_eq!(
            usual.lines(),
            [
                ("use it", "aws sts get-caller-identity --profile default_sts".to_owned()),
                ("in PowerShell", "$env:AWS_PROFILE = 'default_sts'".to_owned()),
                ("in cmd", "set AWS_PROFILE=default_sts".to_owned()),
            ]
        );
        let other = usage(Platform::Windows, "a's %x_sts", Some(r"C:\J Doe\credentials"));
        assert_eq!(
            other.prefix(),
            r"$env:AWS_PROFILE = 'a''s %x_sts'; $env:AWS_SHARED_CREDENTIALS_FILE = 'C:\J Doe\credentials';"
        );
        // cmd.exe cannot write the name, and the AWS CLI has no option for the file.
        assert_eq!(other.lines().len(), 1);
        let other = usage(Platform::Windows, "dev_sts", Some(r"C:\J Doe\credentials"));
        assert_eq!(
            other.lines()[1],
            (
                "in cmd",
                r#"set AWS_PROFILE=dev_sts&& set "AWS_SHARED_CREDENTIALS_FILE=C:\J Doe\credentials""#.to_owned()
            )
        );
    }

    #[test]
    fn get_14_the_line_for_unix_has_the_variables_before_the_command() {
        assert_eq!(
            usage(Platform::Unix, "default_sts", Some("/J Doe/credentials")).lines(),
            [(
                "use it",
                "AWS_PROFILE=default_sts AWS_SHARED_CREDENTIALS_FILE='/J Doe/credentials' aws sts get-caller-identity"
                    .to_owned()
            )]
        );
    }
}
