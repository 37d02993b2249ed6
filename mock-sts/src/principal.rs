//! Who may be behind a key: a user, or a role that somebody assumed.

use crate::role::Role;
use crate::user::User;

#[derive(Clone)]
pub(crate) enum Principal<'a> {
    User(&'a User),
    Role { role: &'a Role, session_name: String },
}

impl Principal<'_> {
    /// As `GetCallerIdentity` returns it.
    pub(crate) fn arn(&self) -> String {
        match self {
            Self::User(user) => user.arn(),
            Self::Role { role: Role { partition, account, name, .. }, session_name } => {
                // The role's path is no part of it.
                let name = name.rsplit('/').next().unwrap_or_default();
                format!("arn:{partition}:sts::{account}:assumed-role/{name}/{session_name}")
            }
        }
    }

    pub(crate) fn account(&self) -> &str {
        match self {
            Self::User(user) => &user.account,
            Self::Role { role, .. } => &role.account,
        }
    }

    pub(crate) fn partition(&self) -> &str {
        match self {
            Self::User(user) => &user.partition,
            Self::Role { role, .. } => &role.partition,
        }
    }

    /// The user itself; a role is not that of the user who assumed it.
    pub(crate) fn user(&self) -> Option<&User> {
        match self {
            Self::User(user) => Some(user),
            Self::Role { .. } => None,
        }
    }

    /// Whether a principal of a trust policy means this one.
    pub(crate) fn is_meant_by(&self, text: &str) -> bool {
        let (partition, account) = (self.partition(), self.account());
        let itself = match self {
            Self::User(user) => user.name == text && !user.root,
            Self::Role { role, .. } => role.arn() == text,
        };
        itself || self.arn() == text || account == text || format!("arn:{partition}:iam::{account}:root") == text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_principal_is_meant_by_its_names_and_its_account() {
        let (user, role) = (User::default(), Role::default());
        let user = Principal::User(&user);
        for text in ["user", "arn:aws:iam::123456789012:user/user", "123456789012", "arn:aws:iam::123456789012:root"] {
            assert!(user.is_meant_by(text), "{text}");
        }
        for text in ["", "use", "User", "role", "arn:aws:iam::123456789012:user/use", "arn:aws:iam::111122223333:root"]
        {
            assert!(!user.is_meant_by(text), "{text}");
        }
        let session = Principal::Role { role: &role, session_name: "me".to_owned() };
        let arn = "arn:aws:sts::123456789012:assumed-role/role/me";
        for text in [arn, "arn:aws:iam::123456789012:role/role", "123456789012"] {
            assert!(session.is_meant_by(text), "{text}");
        }
        for text in ["role", "me", "user", "arn:aws:sts::123456789012:assumed-role/role/you"] {
            assert!(!session.is_meant_by(text), "{text}");
        }
    }
}
