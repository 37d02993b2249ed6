//! IAM roles that can be assumed.

use crate::user::User;

/// A role, and whom its trust policy allows to assume it.
///
/// [`Role::default`] is a role of the default user's account that trusts nobody.
#[derive(Clone, Debug)]
pub struct Role {
    /// The last part of the role's ARN, with the path if it has one: `admin`, `team/admin`.
    pub name: String,
    /// Twelve digits.
    pub account: String,
    /// `aws`, `aws-cn` or `aws-us-gov`.
    pub partition: String,
    /// Names of users; ARNs of users, roles, sessions of roles, and accounts (`arn:aws:iam::123456789012:root`);
    /// numbers of accounts.
    pub principals: Vec<String>,
    /// Whether callers need `aws:MultiFactorAuthPresent`: a code, or a session that was issued for one.
    pub mfa: bool,
    /// The `sts:ExternalId` that callers must send.
    pub external_id: Option<String>,
    /// The longest session, in seconds: 3,600 to 43,200 at AWS.
    pub max_duration: i32,
}

impl Default for Role {
    fn default() -> Self {
        let User { account, partition, .. } = User::default();
        Self {
            name: "role".to_owned(),
            account,
            partition,
            principals: Vec::new(),
            mfa: false,
            external_id: None,
            max_duration: 3_600,
        }
    }
}

impl Role {
    /// `arn:aws:iam::123456789012:role/NAME`
    pub fn arn(&self) -> String {
        format!("arn:{}:iam::{}:role/{}", self.partition, self.account, self.name)
    }
}
