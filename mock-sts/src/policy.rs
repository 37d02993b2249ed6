//! What a user is not allowed to do.

use crate::principal::Principal;
use crate::refusal::Refusal;

/// # Errors
///
/// `AccessDenied` if the caller is a user to whom this action is denied.
pub(crate) fn check_policy(caller: &Principal<'_>, action: &str, resource: Option<&str>) -> Result<(), Refusal> {
    match caller.user() {
        Some(user) if user.denied.iter().any(|denied| denied == action) => {
            Err(Refusal::denied(&user.arn(), action, resource))
        }
        _ => Ok(()),
    }
}
