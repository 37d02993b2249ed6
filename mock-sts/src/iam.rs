//! The actions of IAM by which programs find a user's MFA devices.

use crate::answer::Grant;
use crate::authority::{Authority, Caller};
use crate::constraints::Violations;
use crate::parameters::Parameters;
use crate::policy::check_policy;
use crate::refusal::Refusal;
use crate::user::User;

/// `None` if IAM does not have the action here.
pub(crate) fn perform(
    authority: &Authority,
    action: &str,
    caller: &Caller<'_>,
    parameters: &Parameters<'_>,
) -> Option<Result<Grant, Refusal>> {
    let action_of_policy = format!("iam:{action}");
    let user = || {
        // IAM knows no session that was issued without a code.
        if caller.by_session && caller.principal.user().is_some() && !caller.mfa {
            return Err(Refusal::unknown_key());
        }
        let user = user_meant(authority, caller, parameters)?;
        check_policy(&caller.principal, &action_of_policy, Some(&format!("user {}", user.name)))?;
        Ok(user)
    };
    Some(match action {
        "ListMFADevices" => user().map(list_mfa_devices),
        "GetUser" => user().map(|user| get_user(authority, user)),
        _ => return None,
    })
}

/// The user named by `UserName`, else the caller.
fn user_meant<'a>(
    authority: &'a Authority,
    caller: &'a Caller<'_>,
    parameters: &Parameters<'_>,
) -> Result<&'a User, Refusal> {
    let Some(name) = parameters.get("UserName") else {
        return caller.principal.user().ok_or_else(|| {
            Refusal::validation("Must specify userName when calling with non-User credentials".to_owned())
        });
    };
    let mut violations = Violations::default();
    violations.length("userName", name, 1, 128);
    violations.words("userName", name, "+=,.@-", r"[\w+=,.@-]+");
    violations.into_result()?;
    let account = caller.principal.account();
    let is_meant = |user: &&User| user.name == name && user.account == account && !user.root;
    authority.accounts.users.iter().find(is_meant).ok_or_else(|| Refusal::no_such_user(name))
}

fn list_mfa_devices(user: &User) -> Grant {
    Grant::Devices { user_name: user.name.clone(), serials: user.serials().map(str::to_owned).collect() }
}

fn get_user(authority: &Authority, user: &User) -> Grant {
    Grant::User { name: (!user.root).then(|| user.name.clone()), id: authority.unique_id_of(user), arn: user.arn() }
}
