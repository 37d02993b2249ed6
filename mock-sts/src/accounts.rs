//! The users and roles that there are.

use crate::principal::Principal;
use crate::role::Role;
use crate::session::Holder;
use crate::user::{AccessKey, User};

pub(crate) struct Accounts {
    pub(crate) users: Vec<User>,
    pub(crate) roles: Vec<Role>,
}

impl Accounts {
    /// The active long-term key with this id, and whose it is.
    pub(crate) fn key(&self, id: &str) -> Option<(Holder, &User, &AccessKey)> {
        (0..).zip(&self.users).find_map(|(index, user)| {
            let key = user.keys.iter().find(|key| key.active && key.id == id)?;
            Some((Holder::User(index), user, key))
        })
    }

    /// The role with this ARN, and its number.
    pub(crate) fn role(&self, arn: &str) -> Option<(u32, &Role)> {
        (0..).zip(&self.roles).find(|(_, role)| role.arn() == arn)
    }

    /// Whom a session belongs to.
    pub(crate) fn principal(&self, holder: &Holder) -> Option<Principal<'_>> {
        match holder {
            Holder::User(index) => self.users.get(usize::try_from(*index).ok()?).map(Principal::User),
            Holder::Role { index, session_name } => {
                let role = self.roles.get(usize::try_from(*index).ok()?)?;
                Some(Principal::Role { role, session_name: session_name.clone() })
            }
        }
    }
}
