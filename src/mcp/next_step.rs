//! What a model should do after a failure, in the very case that it is in (MCP-5, MCP-6). If only the user can help, it
//! says "stop", so nothing is retried in vain.

use crate::core::environment::Environment;
use crate::core::error::{Error, ErrorCode};
use crate::core::file::config_file::ConfigFile;
use crate::core::file::credentials_file::CredentialsFile;
use crate::core::ini::key::Key;
use crate::core::ini::profiles::Profiles;
use crate::core::text::shown;

/// The most characters of a value of a file that a next step repeats.
const MOST_OF_A_VALUE: usize = 128;

/// The call that failed.
#[derive(Default)]
pub struct Situation {
    /// Whether it named another file than the operator's.
    pub is_of_another_file: bool,
    /// Whether the call brought the code.
    pub has_code: bool,
    /// Whether the call named the session profile.
    pub has_session_name: bool,
    /// The text of the files that could pass for something else than a name.
    pub unfit: Vec<String>,
    /// How to get a code, if updsts cannot.
    pub code: Option<CodeFrom>,
}

/// Where a model gets a code. The values may be unfit.
pub struct CodeFrom {
    pub source: String,
    /// What mktotp calls the device's secret.
    pub secret_name: Option<String>,
    /// The file, if it is not the operator's.
    pub file: Option<String>,
}

/// Whether a value of a file is safe between backticks in a text for a model (MCP-5).
pub fn is_fit(value: &str) -> bool {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"_.@:+/=-".contains(&b);
    (1..=MOST_OF_A_VALUE).contains(&value.len()) && value.bytes().all(is_plain)
}

/// The names and values of both files that are not.
pub fn unfit_text(file: &CredentialsFile, environment: &Environment) -> Vec<String> {
    let credentials = file.read().map(|snapshot| unfit_of(&Profiles::of_credentials(&snapshot.bytes)));
    let config = ConfigFile::read(environment).map(|config| unfit_of(&config.profiles()));
    [credentials, config].into_iter().flatten().flatten().collect()
}

/// The values that an error may repeat.
const REPEATED: [Key; 6] =
    [Key::MfaDeviceArn, Key::AwsMfaDevice, Key::MfaSerial, Key::TotpSecretName, Key::Region, Key::SourceProfile];

fn unfit_of(profiles: &Profiles<'_>) -> Vec<String> {
    let texts = profiles.iter().flat_map(|profile| {
        let values = REPEATED.into_iter().filter_map(|key| Some(shown(&profile.get(key)?.bytes)));
        std::iter::once(shown(&profile.name)).chain(values).collect::<Vec<_>>()
    });
    texts.filter(|text| !text.is_empty() && !is_fit(text)).collect()
}

impl Situation {
    /// The hint for people, if a model can be told it: without unfit text, and without options that no tool has.
    fn hint<'a>(&self, error: &'a Error) -> Option<&'a str> {
        let hint = error.hint();
        let is_unfit = self.unfit.iter().any(|text| hint.contains(&**text));
        let has_option = [" -c ", "-sn", "--adopt", "--region", "--endpoint-url"].iter().any(|o| hint.contains(o));
        (!is_unfit && !has_option && !self.is_of_another_file).then_some(hint)
    }

    fn stop(&self, error: &Error) -> String {
        match self.hint(error) {
            Some(hint) => format!("stop and tell the user: {hint}"),
            None => "stop and tell the user what the error says: only they can correct it".to_owned(),
        }
    }

    /// How the call is made again.
    fn again(&self) -> &'static str {
        if self.has_code {
            "call again once with a new code, or with `totp_token` empty"
        } else {
            "call again once with the same arguments"
        }
    }
}

pub fn next_step(error: &Error, case: &Situation) -> String {
    match error.code() {
        ErrorCode::Usage => match case.hint(error) {
            Some(hint) => format!("correct the arguments and call again: {hint}"),
            None => "call again with a `sts_profile_name` of letters, digits and `_-/.%@:+`".to_owned(),
        },
        ErrorCode::FileNotAllowed => format!("call again without `cred_file`: {}", error.hint()),
        ErrorCode::FileMissing | ErrorCode::FileUnusable if case.is_of_another_file => {
            "call again without `cred_file` for the operator's file, else ask the user for the right path".to_owned()
        }
        ErrorCode::FileMissing => {
            "stop and tell the user: `aws configure` makes the file; if theirs is elsewhere, the server has to be \
             registered for it"
                .to_owned()
        }
        ErrorCode::ProfileNotFound => match case.hint(error) {
            Some(hint) => format!("call again with a name that is there, else ask the user ({hint})"),
            None => "choose a name that updsts_get_credential_info_list shows, else ask the user".to_owned(),
        },
        ErrorCode::ProfileNotOurs => match case.hint(error) {
            Some(hint) => {
                format!("do not call again for this profile, updsts does not renew it; tell the user: {hint}")
            }
            None => "do not call again for this profile: updsts does not renew it; tell the user".to_owned(),
        },
        ErrorCode::SourceIsSession => match case.hint(error) {
            Some(hint) => format!(
                "call again with the `long-term` profile of this account; without one stop and tell the user: {hint}"
            ),
            None => {
                "call again with the `long-term` profile of this account, else ask the user which one it is".to_owned()
            }
        },
        ErrorCode::NameTaken if case.has_session_name => "call again with `sts_profile_name` empty".to_owned(),
        ErrorCode::NameTaken => {
            "stop and tell the user: they remove or rename that section, or let you call again with another \
             `sts_profile_name`"
                .to_owned()
        }
        _ => after_the_checks(error, case),
    }
}

/// What to do when a code was wanted, or AWS was asked.
fn after_the_checks(error: &Error, case: &Situation) -> String {
    let again = case.again();
    match error.code() {
        ErrorCode::CodePending => {
            "call again with the same arguments, as often as it takes: the work goes on, and a later call reports how \
             it ended"
                .to_owned()
        }
        ErrorCode::Declined => {
            "stop and tell the user: they closed the question for the code; call again only when they ask for it".to_owned()
        }
        ErrorCode::CodeUnavailable => for_a_code(error, case),
        ErrorCode::CodeRefused if error.is_repeated() => {
            "stop now, do not call again by yourself: AWS refused two codes of this device. Tell the user to check that \
             it is the right device, and that its clock is right"
                .to_owned()
        }
        ErrorCode::CodeRefused if case.has_code => {
            "do not send this code again: wait until the device shows another one (30 s), then call again once with it, \
             or with `totp_token` empty"
                .to_owned()
        }
        ErrorCode::CodeRefused => "wait 30 s, then call again once with the same arguments".to_owned(),
        ErrorCode::Throttled => {
            format!("wait a minute, then {again}; if AWS throttles that too, stop and tell the user")
        }
        ErrorCode::Unreachable => match case.hint(error) {
            Some(hint) => format!("wait 30 s, then {again}; if that fails too, stop and tell the user: {hint}"),
            None => format!("wait 30 s, then {again}; if that fails too, stop and tell the user"),
        },
        ErrorCode::AnswerLost => {
            format!("the code may be spent: wait 30 s, then {again}; if that fails too, stop and tell the user")
        }
        ErrorCode::LockTimeout | ErrorCode::FileChanged => {
            format!("{again}; if that fails too, stop and tell the user: another program keeps the file busy")
        }
        ErrorCode::SessionTooShort => {
            "do not call again: use the session that is stored for as long as it lasts, and tell the user that AWS \
             grants the sessions of a root user for an hour at most"
                .to_owned()
        }
        ErrorCode::AccessDenied => {
            "stop and tell the user: a policy denies the call, which only the account's administrator can change".to_owned()
        }
        ErrorCode::RegionRefused => {
            "stop and tell the user: the `region` of the profile, or `AWS_REGION` in the settings of this server, has to \
             name another region, such as `us-east-1`"
                .to_owned()
        }
        _ => case.stop(error),
    }
}

/// How a model gets a code if updsts cannot (MCP-6).
fn for_a_code(error: &Error, case: &Situation) -> String {
    if error.was_asked() {
        return "tell the user that they will be asked for the code, and call again with the same arguments once they say \
                that they are there"
            .to_owned();
    }
    let Some(code) = &case.code else { return case.stop(error) };
    let mktotp = match code.secret_name.as_deref() {
        None => String::new(),
        Some(name) if is_fit(name) => format!(
            "if you have the tool `mktotp_generate_token`, call it with secret_name `{name}` and then this tool again \
             with that code; else "
        ),
        Some(_) => "if you have the tool `mktotp_generate_token`, call it with the `totp_secret_name` that \
                    updsts_get_credential_info shows as secret_name, and then this tool again with that code; else "
            .to_owned(),
    };
    let is_fit = is_fit(&code.source) && code.file.as_deref().is_none_or(is_fit);
    let file = code.file.as_ref().map_or_else(String::new, |file| format!(" -c {file}"));
    let command = if is_fit { format!("updsts get -n {}{file}", code.source) } else { "updsts get".to_owned() };
    format!(
        "{mktotp}ask the user for the six digits that the named device shows now and call again with them at once; a \
         user who would rather not tell the code runs `{command}` in a terminal, and then you call again with \
         `min_validity` 300"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mcp_5_c49_a_value_is_repeated_only_where_it_cannot_pass_for_text() {
        for fit in ["default_sts", "work", "arn:aws:iam::123456789012:mfa/me@example.com", &"a".repeat(128)] {
            assert!(is_fit(fit), "{fit}");
        }
        for unfit in ["", "a b", "a`b", "x; y", "ü", "a\nb", "$HOME", "a,b", "(a)", &"a".repeat(129)] {
            assert!(!is_fit(unfit), "{unfit}");
        }
    }
}
