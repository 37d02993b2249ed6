//! AWS's refusals.

use std::borrow::Cow;

/// The codes of which [`Refusal::by_code`] knows status and message.
pub(crate) const KNOWN_CODES: [&str; 23] = [
    "AccessDenied",
    "AccessDeniedException",
    "ExpiredToken",
    "IncompleteSignature",
    "InternalError",
    "InternalFailure",
    "InvalidAction",
    "InvalidClientTokenId",
    "InvalidQueryParameter",
    "MissingAction",
    "MissingAuthenticationToken",
    "NoSuchEntity",
    "OptInRequired",
    "RegionDisabledException",
    "RequestEntityTooLarge",
    "RequestExpired",
    "RequestLimitExceeded",
    "ServiceFailure",
    "ServiceUnavailable",
    "SignatureDoesNotMatch",
    "Throttling",
    "ThrottlingException",
    "ValidationError",
];

/// A refusal with AWS's code, status and message.
///
/// Sources: the AWS STS API reference, "Common Errors" and the errors of `GetSessionToken`; the IAM user guide,
/// "Troubleshoot signed requests for AWS APIs".
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) code: Cow<'static, str>,
    /// HTTP status.
    pub(crate) status: u16,
    pub(crate) message: Cow<'static, str>,
}

impl Refusal {
    pub(crate) fn new(code: impl Into<Cow<'static, str>>, status: u16, message: impl Into<Cow<'static, str>>) -> Self {
        Self { code: code.into(), status, message: message.into() }
    }

    pub(crate) fn missing_authentication_token() -> Self {
        Self::new("MissingAuthenticationToken", 403, "Request is missing Authentication Token")
    }

    pub(crate) fn incomplete_signature(message: String) -> Self {
        Self::new("IncompleteSignature", 400, message)
    }

    /// Also used for an inactive key, a wrong session token, and a region of another partition.
    pub(crate) fn unknown_key() -> Self {
        Self::new("InvalidClientTokenId", 403, "The security token included in the request is invalid.")
    }

    pub(crate) fn expired_token() -> Self {
        Self::new("ExpiredToken", 403, "The security token included in the request is expired")
    }

    pub(crate) fn signature(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new("SignatureDoesNotMatch", 403, message)
    }

    pub(crate) fn wrong_signature() -> Self {
        Self::signature(
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret \
             Access Key and signing method. Consult the service documentation for details.",
        )
    }

    /// `reason` is ours.
    pub(crate) fn malformed_query(reason: &str) -> Self {
        let message = format!("The AWS query string is malformed or does not adhere to AWS standards: {reason}.");
        Self::new("InvalidQueryParameter", 400, message)
    }

    pub(crate) fn method_not_allowed() -> Self {
        Self::new("MethodNotAllowed", 405, "The specified method is not allowed against this resource.")
    }

    pub(crate) fn too_large() -> Self {
        Self::new("RequestEntityTooLarge", 413, "The request is larger than this endpoint accepts.")
    }

    pub(crate) fn missing_action() -> Self {
        Self::new("MissingAction", 400, "The request is missing an action or a required parameter.")
    }

    pub(crate) fn invalid_action(action: &str, version: &str) -> Self {
        Self::new("InvalidAction", 400, format!("Could not find operation {action} for version {version}"))
    }

    pub(crate) fn validation(message: String) -> Self {
        Self::new("ValidationError", 400, message)
    }

    pub(crate) fn not_trusted(caller: &str, role: &str) -> Self {
        Self::access_denied(format!("User: {caller} is not authorized to perform: sts:AssumeRole on resource: {role}"))
    }

    pub(crate) fn denied(caller: &str, action: &str, resource: Option<&str>) -> Self {
        let resource = resource.map_or_else(String::new, |resource| format!(" on resource: {resource}"));
        Self::access_denied(format!(
            "User: {caller} is not authorized to perform: {action}{resource} with an explicit deny in an identity-based \
             policy"
        ))
    }

    pub(crate) fn no_such_user(name: &str) -> Self {
        Self::new("NoSuchEntity", 404, format!("The user with name {name} cannot be found."))
    }

    pub(crate) fn called_by_root() -> Self {
        Self::access_denied("Roles may not be assumed by root accounts.")
    }

    pub(crate) fn called_by_session() -> Self {
        Self::access_denied("Cannot call GetSessionToken with session credentials")
    }

    pub(crate) fn half_of_mfa() -> Self {
        Self::access_denied(
            "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.",
        )
    }

    /// AWS writes two spaces between the sentences.
    pub(crate) fn wrong_device() -> Self {
        Self::access_denied(
            "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is \
             valid and associated with this user.",
        )
    }

    /// Wrong, late and used codes look the same. AWS ends the message with a space.
    pub(crate) fn wrong_code() -> Self {
        Self::access_denied("MultiFactorAuthentication failed with invalid MFA one time pass code. ")
    }

    fn access_denied(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new("AccessDenied", 403, message)
    }

    pub(crate) fn service_unavailable() -> Self {
        Self::by_code("ServiceUnavailable", "", "", "")
    }

    /// The refusal that AWS sends with this code, unless it is about something in the request: `arn` is the caller,
    /// `account` its account, `action` what it asks for (`sts:GetSessionToken`). An unknown code gets status 400.
    pub(crate) fn by_code(code: &str, arn: &str, account: &str, action: &str) -> Self {
        let (status, message): (u16, Cow<'static, str>) = match code {
            "AccessDenied" | "AccessDeniedException" => (403, Self::denied(arn, action, None).message),
            "InvalidClientTokenId" => return Self::unknown_key(),
            "SignatureDoesNotMatch" => return Self::wrong_signature(),
            "ExpiredToken" => return Self::expired_token(),
            "MissingAuthenticationToken" => return Self::missing_authentication_token(),
            "MissingAction" => return Self::missing_action(),
            "InvalidQueryParameter" => {
                (400, "The AWS query string is malformed or does not adhere to AWS standards.".into())
            }
            "NoSuchEntity" => (404, "The request referenced a resource entity that does not exist.".into()),
            "RequestEntityTooLarge" => return Self::too_large(),
            "RegionDisabledException" => (
                403,
                format!(
                    "STS is not activated in this region for account:{account}. Your account administrator can \
                     activate STS in this region using the IAM Console."
                )
                .into(),
            ),
            "ValidationError" => {
                (400, "The input fails to satisfy the constraints specified by an AWS service.".into())
            }
            "Throttling" | "ThrottlingException" => (400, "Rate exceeded".into()),
            "RequestLimitExceeded" => (503, "Request limit exceeded.".into()),
            "IncompleteSignature" => (400, "The request signature does not conform to AWS standards.".into()),
            "OptInRequired" => (403, "The AWS Access Key Id needs a subscription for the service".into()),
            "InvalidAction" => (400, "The action or operation requested is invalid.".into()),
            "RequestExpired" => (400, "Request has expired.".into()),
            "InternalFailure" | "InternalError" | "ServiceFailure" => {
                (500, "The request processing has failed because of an unknown error, exception or failure.".into())
            }
            "ServiceUnavailable" => (503, "The request has failed due to a temporary failure of the server.".into()),
            _ => (400, "The request was refused.".into()),
        };
        Self { code: Cow::Owned(code.to_owned()), status, message }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_code_has_a_message_of_its_own() {
        let unknown = Refusal::by_code("NoSuchThing", "", "", "");
        for code in KNOWN_CODES {
            let refusal = Refusal::by_code(code, "", "", "");
            assert!(refusal.code == code && refusal.message != unknown.message, "{refusal:?}");
        }
        assert!(KNOWN_CODES.is_sorted());
    }
}
