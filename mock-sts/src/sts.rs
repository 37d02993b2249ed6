//! The actions of STS.

use jiff::Timestamp;

use crate::answer::Grant;
use crate::assume_role::AssumeRoleInput;
use crate::authority::{Authority, Caller, Records};
use crate::clock::unix_seconds;
use crate::get_session_token::GetSessionTokenInput;
use crate::parameters::Parameters;
use crate::policy::check_policy;
use crate::principal::Principal;
use crate::refusal::Refusal;
use crate::session::Holder;

/// `None` if STS does not have the action here.
pub(crate) fn perform(
    authority: &Authority,
    records: &mut Records,
    action: &str,
    caller: &Caller<'_>,
    parameters: &Parameters<'_>,
    now: Timestamp,
) -> Option<Result<Grant, Refusal>> {
    Some(match action {
        "GetSessionToken" => get_session_token(authority, records, caller, parameters, now),
        "AssumeRole" => assume_role(authority, records, caller, parameters, now),
        "GetCallerIdentity" => Ok(get_caller_identity(authority, &caller.principal)),
        _ => return None,
    })
}

fn get_session_token(
    authority: &Authority,
    records: &mut Records,
    caller: &Caller<'_>,
    parameters: &Parameters<'_>,
    now: Timestamp,
) -> Result<Grant, Refusal> {
    let input = GetSessionTokenInput::of(parameters)?;
    check_policy(&caller.principal, "sts:GetSessionToken", None)?;
    if caller.by_session {
        return Err(Refusal::called_by_session());
    }
    let user = caller.principal.user().ok_or_else(Refusal::called_by_session)?;
    let mfa = input.mfa.check(Some(user), &mut records.devices, unix_seconds(now))?;
    let seconds = input.duration_seconds(user.root);
    Ok(Grant::Session(authority.issue(records, caller.holder.clone(), &caller.principal, mfa, now, seconds)))
}

fn assume_role(
    authority: &Authority,
    records: &mut Records,
    caller: &Caller<'_>,
    parameters: &Parameters<'_>,
    now: Timestamp,
) -> Result<Grant, Refusal> {
    let input = AssumeRoleInput::of(parameters)?;
    check_policy(&caller.principal, "sts:AssumeRole", Some(input.role_arn))?;
    let user = caller.principal.user();
    if user.is_some_and(|user| user.root) {
        return Err(Refusal::called_by_root());
    }
    let mfa = input.mfa.check(user, &mut records.devices, unix_seconds(now))? || caller.mfa;
    let role =
        authority.accounts.role(input.role_arn).filter(|(_, role)| input.is_allowed(role, &caller.principal, mfa));
    let (index, role) = role.ok_or_else(|| Refusal::not_trusted(&caller.principal.arn(), input.role_arn))?;
    let seconds = input.duration_seconds(role, caller.by_session)?;

    let session_name = input.session_name.to_owned();
    let principal = Principal::Role { role, session_name: session_name.clone() };
    // A role's session says nothing of the code that it was assumed with.
    let session = authority.issue(records, Holder::Role { index, session_name }, &principal, false, now, seconds);
    Ok(Grant::AssumedRole { session, id: authority.unique_id(&principal), arn: principal.arn() })
}

fn get_caller_identity(authority: &Authority, principal: &Principal<'_>) -> Grant {
    Grant::Caller {
        arn: principal.arn(),
        user_id: authority.unique_id(principal),
        account: principal.account().to_owned(),
    }
}
