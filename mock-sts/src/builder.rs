//! The settings of a mock.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::SystemTime;

use crate::accounts::Accounts;
use crate::authority::Authority;
use crate::clock::Clock;
use crate::code_source::{CodeSource, InvalidTotpSecret};
use crate::derivation::Derivation;
use crate::device::Devices;
use crate::fault::{Fault, FaultRule, Faults};
use crate::mock_sts::MockSts;
use crate::role::Role;
use crate::server::Server;
use crate::service::Service;
use crate::session::Sessions;
use crate::user::{AccessKey, User};

/// Settings of a [`MockSts`].
///
/// By default there is one user, [`User::default`]: AWS's documented example key, the device
/// `arn:aws:iam::123456789012:mfa/user`, the reusable code `123456`.
pub struct Builder {
    default_user: User,
    totp_secret: Option<String>,
    users: Vec<User>,
    roles: Vec<Role>,
    only_users: bool,
    one_use_codes: bool,
    seed: Option<u64>,
    clock: Clock,
    faults: Vec<FaultRule>,
    listen: SocketAddr,
    admin: bool,
}

/// Why a mock did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The address is in use or does not belong to this machine.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// As passed to [`Builder::listen`].
        address: SocketAddr,
        /// The operating system's error.
        source: io::Error,
    },
    /// An invalid [`Builder::totp_secret`].
    #[error(transparent)]
    TotpSecret(#[from] InvalidTotpSecret),
    /// No user is configured.
    #[error("there is no user")]
    NoUser,
    /// Two access keys have the same id.
    #[error("two access keys have the id `{0}`")]
    SameKey(String),
    /// Users that share a device have different codes for it.
    #[error("users of the device `{0}` have different codes for it")]
    SameDevice(String),
    /// Two roles have the same ARN.
    #[error("two roles have the ARN `{0}`")]
    SameRole(String),
    /// A principal of a role is neither the name of a user, nor an ARN, nor the number of an account.
    #[error("the role `{role}` trusts `{principal}`, which is not a user")]
    UnknownPrincipal {
        /// The role's name.
        role: String,
        /// As passed to [`Builder::role`].
        principal: String,
    },
    /// A thread, the runtime or random numbers are not available.
    #[error("the server does not start: {0}")]
    System(#[source] io::Error),
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            default_user: User::default(),
            totp_secret: None,
            users: Vec::new(),
            roles: Vec::new(),
            only_users: false,
            one_use_codes: false,
            seed: None,
            clock: Clock::default(),
            faults: Vec::new(),
            listen: (Ipv4Addr::LOCALHOST, 0).into(),
            admin: true,
        }
    }
}

impl Builder {
    /// The default user's access key id.
    #[must_use]
    pub fn access_key_id(mut self, id: impl Into<String>) -> Self {
        let secret = self.default_user.keys.pop().map_or_else(String::new, |key| key.secret);
        self.default_user.keys.push(AccessKey::new(id, secret));
        self
    }

    /// The default user's secret access key.
    #[must_use]
    pub fn secret_access_key(mut self, secret: impl Into<String>) -> Self {
        let id = self.default_user.keys.pop().map_or_else(String::new, |key| key.id);
        self.default_user.keys.push(AccessKey::new(id, secret));
        self
    }

    /// The default user's device. An ARN also sets the user's name, account and partition.
    #[must_use]
    pub fn mfa_serial(mut self, serial: impl Into<String>) -> Self {
        let serial = serial.into();
        self.default_user = self.default_user.named_by_device(&serial);
        self.default_user.mfa_serial = Some(serial);
        self
    }

    /// The code that the default user's device shows; it can be used repeatedly.
    #[must_use]
    pub fn token_code(mut self, code: impl Into<String>) -> Self {
        self.default_user.code = CodeSource::Fixed(code.into());
        self.totp_secret = None;
        self
    }

    /// The default user's device shows the time-based codes of this secret (Base32).
    #[must_use]
    pub fn totp_secret(mut self, base32: impl Into<String>) -> Self {
        self.totp_secret = Some(base32.into());
        self
    }

    /// Makes fixed codes valid only once for each device, as time-based ones always are.
    #[must_use]
    pub fn one_use_codes(mut self, one_use: bool) -> Self {
        self.one_use_codes = one_use;
        self
    }

    /// Adds a user to the default user.
    #[must_use]
    pub fn user(mut self, user: User) -> Self {
        self.users.push(user);
        self
    }

    /// Replaces the default user with these users.
    #[must_use]
    pub fn users(mut self, users: impl IntoIterator<Item = User>) -> Self {
        self.users = users.into_iter().collect();
        self.only_users = true;
        self
    }

    /// Adds a role that callers may assume.
    #[must_use]
    pub fn role(mut self, role: Role) -> Self {
        self.roles.push(role);
        self
    }

    /// The seed of sessions and request ids: the same seed gives the same ones, in the order of the requests.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// The source of the mock's time, instead of the system clock.
    #[must_use]
    pub fn clock(mut self, now: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.clock = Clock::new(now);
        self
    }

    /// Adds a fault for the first `times` requests, or for all of them (`None`).
    #[must_use]
    pub fn fault(mut self, fault: Fault, times: Option<u64>) -> Self {
        self.faults.push(FaultRule { fault, times });
        self
    }

    /// The address to listen on; port 0 picks a free one. Default: a free port of 127.0.0.1.
    #[must_use]
    pub fn listen(mut self, address: impl Into<SocketAddr>) -> Self {
        self.listen = address.into();
        self
    }

    /// Whether programs on this machine may read the log, set faults and end sessions at `/_mock/`. Default: yes.
    #[must_use]
    pub fn admin(mut self, admin: bool) -> Self {
        self.admin = admin;
        self
    }

    /// Starts the mock.
    ///
    /// # Panics
    ///
    /// If [`try_start`](Self::try_start) fails.
    pub fn start(self) -> MockSts {
        match self.try_start() {
            Ok(sts) => sts,
            Err(error) => panic!("mock-sts: {error}"),
        }
    }

    /// Starts the mock.
    ///
    /// # Errors
    ///
    /// The address cannot be listened on, or settings contradict each other.
    pub fn try_start(self) -> Result<MockSts, StartError> {
        let mut users = self.users;
        if !self.only_users {
            let mut user = self.default_user;
            if let Some(base32) = self.totp_secret {
                user.code = CodeSource::Totp(base32.parse()?);
            }
            users.insert(0, user);
        }
        check(&users)?;
        check_roles(&self.roles, &users)?;

        let derivation =
            Derivation::new(self.seed).map_err(|error| StartError::System(io::Error::other(error.to_string())))?;
        let devices = Devices::new(self.one_use_codes);
        let faults = Faults::new(self.faults);
        let service = Arc::new(Service::new(
            Authority { accounts: Accounts { users, roles: self.roles }, sessions: Sessions::new(derivation) },
            self.clock,
            devices,
            faults,
        ));

        let address = self.listen;
        let listener = TcpListener::bind(address).map_err(|source| StartError::Listen { address, source })?;
        let server = Server::start(listener, Arc::clone(&service), self.admin).map_err(StartError::System)?;
        Ok(MockSts::new(service, server))
    }
}

fn check(users: &[User]) -> Result<(), StartError> {
    if users.is_empty() {
        return Err(StartError::NoUser);
    }
    for (position, user) in users.iter().enumerate() {
        let others = &users[..position];
        let taken = |id: &str| others.iter().flat_map(|other| &other.keys).any(|key| key.id == id);
        let repeated = |id: &str| user.keys.iter().filter(|key| key.id == id).count() > 1;
        if let Some(key) = user.keys.iter().find(|key| taken(&key.id) || repeated(&key.id)) {
            return Err(StartError::SameKey(key.id.clone()));
        }
        let differs = |serial: &&str| {
            others.iter().filter_map(|other| other.code_of(serial)).any(|code| Some(code) != user.code_of(serial))
        };
        if let Some(serial) = user.serials().find(differs) {
            return Err(StartError::SameDevice(serial.to_owned()));
        }
    }
    Ok(())
}

fn check_roles(roles: &[Role], users: &[User]) -> Result<(), StartError> {
    for (position, role) in roles.iter().enumerate() {
        if roles[..position].iter().any(|other| other.arn() == role.arn()) {
            return Err(StartError::SameRole(role.arn()));
        }
        let is_known = |principal: &str| {
            principal.starts_with("arn:")
                || (principal.len() == 12 && principal.bytes().all(|byte| byte.is_ascii_digit()))
                || users.iter().any(|user| user.name == principal && !user.root)
        };
        if let Some(principal) = role.principals.iter().find(|principal| !is_known(principal)) {
            return Err(StartError::UnknownPrincipal { role: role.name.clone(), principal: principal.clone() });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MockSts;

    fn error(builder: Builder) -> String {
        builder.try_start().expect_err("it must not start").to_string()
    }

    fn user(id: &str, serial: &str, code: &str) -> User {
        User {
            keys: vec![AccessKey::new(id, "secret")],
            mfa_serial: Some(serial.to_owned()),
            code: CodeSource::Fixed(code.to_owned()),
            ..User::default()
        }
    }

    #[test]
    fn contradictions_are_named() {
        assert_eq!(error(MockSts::builder().users([])), "there is no user");
        assert_eq!(
            error(MockSts::builder().user(User::default())),
            "two access keys have the id `AKIAIOSFODNN7EXAMPLE`"
        );
        let twice = User { keys: vec![AccessKey::new("AKIA1", "a"), AccessKey::new("AKIA1", "b")], ..User::default() };
        assert_eq!(error(MockSts::builder().users([twice])), "two access keys have the id `AKIA1`");
        let users = [user("AKIA1", "device-12", "123456"), user("AKIA2", "device-12", "654321")];
        assert_eq!(
            error(MockSts::builder().users(users)),
            "users of the device `device-12` have different codes for it"
        );
        let twice = MockSts::builder().role(Role::default()).role(Role::default());
        assert_eq!(error(twice), "two roles have the ARN `arn:aws:iam::123456789012:role/role`");
        let role = Role { principals: vec!["user".to_owned(), "alice".to_owned()], ..Role::default() };
        assert_eq!(error(MockSts::builder().role(role)), "the role `role` trusts `alice`, which is not a user");
        assert!(error(MockSts::builder().totp_secret("1")).starts_with("not a TOTP secret"));
    }

    #[test]
    fn an_address_that_is_taken_is_named() {
        let sts = MockSts::start();
        let message = error(MockSts::builder().listen(sts.address()));
        assert!(message.starts_with(&format!("cannot listen on {}: ", sts.address())), "{message}");
    }
}
