//! Decides each request, in AWS's order: who is calling, is the signature valid, which action, which parameters.

use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use wiremock::http::HeaderValue;
use wiremock::{Request, ResponseTemplate};

use crate::accounts::Accounts;
use crate::answer::{Answer, Grant, Response};
use crate::assume_role::AssumeRoleInput;
use crate::authorization::Authorization;
use crate::clock::{Clock, unix_seconds};
use crate::code_source::CodeSource;
use crate::device::Devices;
use crate::fault::{Fault, FaultPlan, Faults};
use crate::get_session_token::GetSessionTokenInput;
use crate::parameters::Parameters;
use crate::principal::Principal;
use crate::refusal::Refusal;
use crate::region::partition_of;
use crate::request_log::{Outcome, ReceivedRequest, RequestLog, shortened};
use crate::session::{Holder, IssuedSession, SealedSession, Sessions};
use crate::signature::{check_scope, check_signature};
use crate::user::User;

const VERSION: &str = "2011-06-15";

/// The mock behind its HTTP server.
pub(crate) struct Service {
    accounts: Accounts,
    sessions: Sessions,
    clock: Clock,
    state: Mutex<State>,
}

/// The state that requests change.
#[derive(Default)]
struct State {
    devices: Devices,
    faults: Faults,
    log: RequestLog,
    issued: u64,
}

/// Who signed a request.
struct Caller<'a> {
    holder: Holder,
    principal: Principal<'a>,
    by_session: bool,
    /// `aws:MultiFactorAuthPresent` of its session.
    mfa: bool,
}

/// A key that a request may be signed with.
struct SigningKey<'a> {
    caller: Caller<'a>,
    secret_access_key: String,
    /// `None` for a long-term key.
    expiration: Option<Timestamp>,
}

impl Service {
    pub(crate) fn new(accounts: Accounts, sessions: Sessions, clock: Clock, devices: Devices, faults: Faults) -> Self {
        let state = State { devices, faults, ..State::default() };
        Self { accounts, sessions, clock, state: Mutex::new(state) }
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.clock
    }

    pub(crate) fn users(&self) -> &[User] {
        &self.accounts.users
    }

    pub(crate) fn change_faults(&self, change: impl FnOnce(&mut Faults)) {
        change(&mut self.state().faults);
    }

    /// Whether the next request gets no response.
    pub(crate) fn drop_next(&self) -> bool {
        self.state().faults.drop_next()
    }

    /// The logged requests, and how many there were in total.
    pub(crate) fn requests(&self) -> (Vec<ReceivedRequest>, u64) {
        let state = self.state();
        (state.log.requests(), state.log.count())
    }

    /// Refuses a request that was not read.
    pub(crate) fn refuse(&self, refusal: &Refusal) -> Response {
        let mut state = self.state();
        let request_id = self.sessions.derivation().request_id(state.log.count());
        let mut received = ReceivedRequest::new(None, None, &request_id);
        received.outcome = Outcome::Refused(refusal.code.to_string());
        state.log.push(received);
        Answer::refused(refusal, &request_id).into_response(&request_id, self.clock.now(0))
    }

    /// Responds to one request at a time, so a code cannot be spent twice.
    pub(crate) fn answer(&self, request: &Request) -> ResponseTemplate {
        let mut state = self.state();
        let FaultPlan { latency, skew_seconds, answer: fault } = state.faults.take();
        let now = self.clock.now(skew_seconds);
        let request_id = self.sessions.derivation().request_id(state.log.count());
        let authorization = Authorization::of(&request.headers);
        let parameters = Parameters::of(request);
        let mut received = ReceivedRequest::new(authorization.as_ref().ok(), parameters.as_ref().ok(), &request_id);

        let decision = match &fault {
            Some(Fault::Error(code)) => Err(self.refusal_by_code(code, &received)),
            Some(Fault::Unavailable | Fault::UnavailableHtml) => Err(Refusal::service_unavailable()),
            _ => authorization.and_then(|authorization| {
                let caller = self.authenticate(&authorization, request, now)?;
                self.perform(&mut state, &caller, &parameters?, now)
            }),
        };
        if let Err(refusal) = &decision {
            received.outcome = Outcome::Refused(refusal.code.to_string());
        }
        state.log.push(received);

        let answer = match (&decision, fault) {
            (_, Some(Fault::UnavailableHtml)) => Answer::proxy_error(),
            (Ok(_), Some(Fault::Malformed)) => Answer::malformed(),
            (Ok(grant), Some(Fault::Incomplete)) => Answer::incomplete(grant, &request_id),
            (Ok(grant), _) => Answer::granted(grant, &request_id),
            (Err(refusal), _) => Answer::refused(refusal, &request_id),
        };
        answer.into_response(&request_id, now).into_template(latency)
    }

    fn authenticate(
        &self,
        authorization: &Authorization,
        request: &Request,
        now: Timestamp,
    ) -> Result<Caller<'_>, Refusal> {
        let session_token = request.headers.get("x-amz-security-token");
        let key = self
            .signing_key(&authorization.access_key_id, session_token.map(HeaderValue::as_bytes))
            .filter(|key| {
                key.caller.principal.partition() == partition_of(&authorization.scope.region).unwrap_or("aws")
            })
            .ok_or_else(Refusal::unknown_key)?;
        let time = check_scope(authorization, &request.headers, now)?;
        check_signature(authorization, &time, &key.secret_access_key, request)?;
        if key.expiration.is_some_and(|expiration| expiration <= now) {
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

    fn perform(
        &self,
        state: &mut State,
        caller: &Caller<'_>,
        parameters: &Parameters<'_>,
        now: Timestamp,
    ) -> Result<Grant, Refusal> {
        let action = parameters.get("Action").ok_or_else(Refusal::missing_action)?;
        let version = parameters.get("Version").unwrap_or("NO_VERSION_SPECIFIED");
        match action {
            "GetSessionToken" if version == VERSION => self.get_session_token(state, caller, parameters, now),
            "AssumeRole" if version == VERSION => self.assume_role(state, caller, parameters, now),
            "GetCallerIdentity" if version == VERSION => Ok(self.get_caller_identity(&caller.principal)),
            _ => Err(Refusal::invalid_action(&shortened(action), &shortened(version))),
        }
    }

    fn get_session_token(
        &self,
        state: &mut State,
        caller: &Caller<'_>,
        parameters: &Parameters<'_>,
        now: Timestamp,
    ) -> Result<Grant, Refusal> {
        let input = GetSessionTokenInput::of(parameters)?;
        if caller.by_session {
            return Err(Refusal::called_by_session());
        }
        let user = caller.principal.user().ok_or_else(Refusal::called_by_session)?;
        let mfa = input.mfa.check(Some(user), &mut state.devices, unix_seconds(now))?;
        let seconds = input.duration_seconds(user.root);
        Ok(Grant::Session(self.issue(state, caller.holder.clone(), &caller.principal, mfa, now, seconds)))
    }

    fn assume_role(
        &self,
        state: &mut State,
        caller: &Caller<'_>,
        parameters: &Parameters<'_>,
        now: Timestamp,
    ) -> Result<Grant, Refusal> {
        let input = AssumeRoleInput::of(parameters)?;
        let user = caller.principal.user();
        if user.is_some_and(|user| user.root) {
            return Err(Refusal::called_by_root());
        }
        let mfa = input.mfa.check(user, &mut state.devices, unix_seconds(now))? || caller.mfa;
        let role =
            self.accounts.role(input.role_arn).filter(|(_, role)| input.is_allowed(role, &caller.principal, mfa));
        let (index, role) = role.ok_or_else(|| Refusal::not_trusted(&caller.principal.arn(), input.role_arn))?;
        let seconds = input.duration_seconds(role, caller.by_session)?;

        let session_name = input.session_name.to_owned();
        let principal = Principal::Role { role, session_name: session_name.clone() };
        // A role's session says nothing of the code that it was assumed with.
        let session = self.issue(state, Holder::Role { index, session_name }, &principal, false, now, seconds);
        Ok(Grant::AssumedRole { session, id: self.unique_id(&principal), arn: principal.arn() })
    }

    fn issue(
        &self,
        state: &mut State,
        holder: Holder,
        principal: &Principal<'_>,
        mfa: bool,
        now: Timestamp,
        seconds: i64,
    ) -> IssuedSession {
        state.issued += 1;
        let expiration = now.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX);
        self.sessions.issue(state.issued, &SealedSession { holder, mfa, expiration }, &principal.arn())
    }

    fn get_caller_identity(&self, principal: &Principal<'_>) -> Grant {
        Grant::Caller {
            arn: principal.arn(),
            user_id: self.unique_id(principal),
            account: principal.account().to_owned(),
        }
    }

    /// `AIDA…` for a user, the account for its root, `AROA…:NAME` for a role.
    fn unique_id(&self, principal: &Principal<'_>) -> String {
        let derivation = self.sessions.derivation();
        match principal {
            Principal::User(user) if user.root => user.account.clone(),
            Principal::User(user) => derivation.unique_id("AIDA", "user id", user.arn().as_bytes()),
            Principal::Role { role, session_name } => {
                format!("{}:{session_name}", derivation.unique_id("AROA", "role id", role.arn().as_bytes()))
            }
        }
    }

    fn refusal_by_code(&self, code: &str, request: &ReceivedRequest) -> Refusal {
        let named = |user: &&User| user.keys.iter().any(|key| Some(&key.id) == request.access_key_id.as_ref());
        let users = &self.accounts.users;
        let action = format!("sts:{}", request.action.as_deref().unwrap_or("GetSessionToken"));
        match users.iter().find(named).or(users.first()) {
            Some(user) => Refusal::by_code(code, &user.arn(), &user.account, &action),
            None => Refusal::by_code(code, "", "", &action),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic cannot leave it inconsistent: every change is a single step.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The current code of the first user that has a device.
    pub(crate) fn token_code(&self) -> String {
        let now = unix_seconds(self.clock.now(0));
        let user = self.accounts.users.iter().find(|user| user.mfa_serial.is_some());
        user.map_or_else(|| CodeSource::default().code_at(now), |user| user.code.code_at(now))
    }
}
