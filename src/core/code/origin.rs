//! Where the code of a profile would come from, without asking anybody or running anything.

use serde::Serialize;

use crate::core::ini::key::Key;
use crate::core::ini::profiles::Profile;
use crate::core::misplaced::is_like_a_secret;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CodeOrigin {
    /// `mfa_process` of the profile, in either file.
    Command,
    Mktotp,
    Person,
    None,
}

impl CodeOrigin {
    /// The command that a profile of the operator's files names, else nobody.
    pub fn of(own: &Profile<'_>, config: Option<&Profile<'_>>, has_mktotp: impl Fn() -> bool) -> Self {
        let has_process = |profile: &Profile<'_>| profile.get(Key::MfaProcess).is_some();
        let secret_name = own.get(Key::TotpSecretName).filter(|name| !is_like_a_secret(&name.bytes));
        if has_process(own) || config.is_some_and(has_process) {
            Self::Command
        } else if secret_name.is_some() && has_mktotp() {
            Self::Mktotp
        } else {
            Self::None
        }
    }
}
