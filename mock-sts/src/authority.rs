//! Whose signature a request has, and the sessions that are issued.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use wiremock::Request;
use wiremock::http::HeaderValue;

use crate::accounts::Accounts;
use crate::authorization::Authorization;
use crate::device::Devices;
use crate::principal::Principal;
use crate::refusal::Refusal;
use crate::region::partition_of;
use crate::session::{Holder, IssuedSession, SealedSession, Sessions};
use crate::signature::{check_scope, check_signature};
use crate::user::User;

pub(crate) struct Authority {
    pub(crate) accounts: Accounts,
    pub(crate) sessions: Sessions,
}

/// What requests change.
#[derive(Default)]
pub(crate) struct Records {
    pub(crate) devices: Devices,
    /// How many sessions were issued.
    issued: u64,
    /// The access key ids of sessions that were ended early.
    ended: BTreeSet<String>,
}

impl Records {
    pub(crate) fn new(devices: Devices) -> Self {
        Self { devices, ..Self::default() }
    }
}

/// Who signed a request.
pub(crate) struct Caller<'a> {
    pub(crate) holder: Holder,
    pub(crate) principal: Principal<'a>,
    pub(crate) by_session: bool,
    /// `aws:MultiFactorAuthPresent` of its session.
    pub(crate) mfa: bool,
}

/// A key that a request may be signed with.
struct SigningKey<'a> {
    caller: Caller<'a>,
    secret_access_key: String,
    /// `None` for a long-term key.
    expiration: Option<Timestamp>,
}

impl Authority {
    /// Whose signature it is.
    ///
    /// # Errors
    ///
    /// AWS's refusal, in AWS's order: key, scope, clock, signature, expiry.
    pub(crate) fn authenticate(
        &self,
        authorization: &Authorization,
        request: &Request,
        records: &Records,
        now: Timestamp,
    ) -> Result<Caller<'_>, Refusal> {
        let session_token = match &authorization.in_query {
            Some(in_query) => in_query.session_token.as_deref().map(str::as_bytes),
            None => request.headers.get("x-amz-security-token").map(HeaderValue::as_bytes),
        };
        let key = self
            .signing_key(&authorization.access_key_id, session_token)
            .filter(|key| {
                key.caller.principal.partition() == partition_of(&authorization.scope.region).unwrap_or("aws")
            })
            .ok_or_else(Refusal::unknown_key)?;
        let time = check_scope(authorization, &request.headers, now)?;
        check_signature(authorization, &time, &key.secret_access_key, request)?;
        if key
            .expiration
            .is_some_and(|expiration| expiration <= now || records.ended.contains(&authorization.access_key_id))
        {
            return Err(Refusal::expired_token());
        }
        Ok(key.caller)
    }

    /// Without a session token, the long-term key with this id; else the session key that belongs to the token.
    fn signing_key(&self, access_key_id: &str, session_token: Option<&[u8]>) -> Option<SigningKey<'_>> {
        let Some(session_token) = session_token else {
            let (holder, user, key) = self.accounts.key(access_key_id)?;
            return Some(SigningKey {
                caller: Caller { holder, principal: Principal::User(user), by_session: false, mfa: false },
                secret_access_key: key.secret.clone(),
                expiration: None,
            });
        };
        let arn_of = |holder: &Holder| Some(self.accounts.principal(holder)?.arn());
        let SealedSession { holder, mfa, expiration } = self.sessions.open(access_key_id, session_token, arn_of)?;
        Some(SigningKey {
            caller: Caller { principal: self.accounts.principal(&holder)?, holder, by_session: true, mfa },
            secret_access_key: self.sessions.secret_access_key(access_key_id),
            expiration: Some(expiration),
        })
    }

    /// Issues a session of that many seconds.
    pub(crate) fn issue(
        &self,
        records: &mut Records,
        holder: Holder,
        principal: &Principal<'_>,
        mfa: bool,
        now: Timestamp,
        seconds: i64,
    ) -> IssuedSession {
        records.issued += 1;
        let expiration = now.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX);
        self.sessions.issue(records.issued, &SealedSession { holder, mfa, expiration }, &principal.arn())
    }

    /// Ends the session with this access key id; `false` if none was issued here.
    pub(crate) fn end_session(&self, records: &mut Records, access_key_id: &str) -> bool {
        let is_known = (1..=records.issued).any(|number| self.sessions.access_key_id(number) == access_key_id);
        if is_known {
            records.ended.insert(access_key_id.to_owned());
        }
        is_known
    }

    /// `AIDA…` for a user, the account for its root, `AROA…:NAME` for a role.
    pub(crate) fn unique_id(&self, principal: &Principal<'_>) -> String {
        let derivation = self.sessions.derivation();
        match principal {
            Principal::User(user) => self.unique_id_of(user),
            Principal::Role { role, session_name } => {
                format!("{}:{session_name}", derivation.unique_id("AROA", "role id", role.arn().as_bytes()))
            }
        }
    }

    /// `AIDA…`, or the account for its root.
    pub(crate) fn unique_id_of(&self, user: &User) -> String {
        if user.root {
            return user.account.clone();
        }
        self.sessions.derivation().unique_id("AIDA", "user id", user.arn().as_bytes())
    }
}
