//! `AssumeRole`: its input, validated as AWS does, and the trust policies of roles.

use crate::constraints::Violations;
use crate::mfa::MfaInput;
use crate::parameters::Parameters;
use crate::principal::Principal;
use crate::refusal::Refusal;
use crate::role::Role;

/// In seconds; see `AssumeRole` in the AWS STS API reference.
const SHORTEST: i32 = 900;
const LONGEST: i32 = 43_200;
const DEFAULT: i32 = 3_600;
/// For callers that are themselves sessions.
const LONGEST_OF_SESSIONS: i32 = 3_600;

/// A valid input. Session policies, tags and source identities are ignored.
pub(crate) struct AssumeRoleInput<'a> {
    pub(crate) role_arn: &'a str,
    pub(crate) session_name: &'a str,
    pub(crate) mfa: MfaInput<'a>,
    duration_seconds: Option<i32>,
    external_id: Option<&'a str>,
}

impl<'a> AssumeRoleInput<'a> {
    /// # Errors
    ///
    /// `ValidationError` with every violated constraint, in AWS's words.
    pub(crate) fn of(parameters: &'a Parameters<'_>) -> Result<Self, Refusal> {
        let mut violations = Violations::default();
        let role_arn = violations.required("roleArn", parameters.get("RoleArn"));
        if parameters.get("RoleArn").is_some() {
            violations.length("roleArn", role_arn, 20, 2_048);
        }
        let session_name = violations.required("roleSessionName", parameters.get("RoleSessionName"));
        if parameters.get("RoleSessionName").is_some() {
            violations.length("roleSessionName", session_name, 2, 64);
            violations.words("roleSessionName", session_name, "+=,.@-", r"[\w+=,.@-]*");
        }
        let external_id = parameters.get("ExternalId");
        if let Some(id) = external_id {
            violations.length("externalId", id, 2, 1_224);
            violations.words("externalId", id, "+=,.@:/-", r"[\w+=,.@:\/-]*");
        }
        let duration = parameters.get("DurationSeconds");
        let duration_seconds = duration.map(|text| violations.duration(text, SHORTEST, LONGEST));
        let mfa = MfaInput::of(parameters, &mut violations);
        violations.into_result()?;
        if !is_role_arn(role_arn) {
            return Err(Refusal::validation("Request ARN is invalid".to_owned()));
        }
        Ok(Self { role_arn, session_name, mfa, duration_seconds, external_id })
    }

    /// Whether the role's trust policy allows this; `mfa` is `aws:MultiFactorAuthPresent`.
    pub(crate) fn is_allowed(&self, role: &Role, caller: &Principal<'_>, mfa: bool) -> bool {
        role.principals.iter().any(|principal| caller.is_meant_by(principal))
            && (mfa || !role.mfa)
            && (role.external_id.is_none() || role.external_id.as_deref() == self.external_id)
    }

    /// The duration of the session, in seconds.
    ///
    /// # Errors
    ///
    /// `ValidationError` if it is longer than the role, or a calling session, may have.
    pub(crate) fn duration_seconds(&self, role: &Role, by_session: bool) -> Result<i64, Refusal> {
        let seconds = self.duration_seconds.unwrap_or(DEFAULT);
        if by_session && seconds > LONGEST_OF_SESSIONS {
            return Err(Refusal::validation(
                "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining."
                    .to_owned(),
            ));
        }
        if seconds > role.max_duration {
            return Err(Refusal::validation(
                "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.".to_owned(),
            ));
        }
        Ok(i64::from(seconds))
    }
}

fn is_role_arn(text: &str) -> bool {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let ["arn", _, "iam", "", account, resource] = parts[..] else { return false };
    account.len() == 12
        && account.bytes().all(|byte| byte.is_ascii_digit())
        && resource.strip_prefix("role/").is_some_and(|name| !name.is_empty())
}
