//! Decides each request, in AWS's order: who is calling, is the signature valid, which action, which parameters.

use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use wiremock::http::HeaderValue;
use wiremock::{Request, ResponseTemplate};

use crate::answer::{Answer, Grant, Response};
use crate::authorization::Authorization;
use crate::clock::{Clock, unix_seconds};
use crate::code_source::CodeSource;
use crate::device::Devices;
use crate::fault::{Fault, FaultPlan, Faults};
use crate::get_session_token::GetSessionTokenInput;
use crate::parameters::Parameters;
use crate::refusal::Refusal;
use crate::region::partition_of;
use crate::request_log::{Outcome, ReceivedRequest, RequestLog, shortened};
use crate::session::Sessions;
use crate::signature::{check_scope, check_signature};
use crate::user::User;

const VERSION: &str = "2011-06-15";

/// The mock behind its HTTP server.
pub(crate) struct Service {
    users: Vec<User>,
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
    position: u32,
    user: &'a User,
    by_session: bool,
}

/// A key that a request may be signed with.
struct SigningKey<'a> {
    caller: Caller<'a>,
    secret_access_key: String,
    /// `None` for a long-term key.
    expiration: Option<Timestamp>,
}

impl Service {
    pub(crate) fn new(users: Vec<User>, sessions: Sessions, clock: Clock, devices: Devices, faults: Faults) -> Self {
        let state = State { devices, faults, ..State::default() };
        Self { users, sessions, clock, state: Mutex::new(state) }
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.clock
    }

    pub(crate) fn users(&self) -> &[User] {
        &self.users
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
            Some(Fault::Error(code)) => Err(self.refusal_by_code(code, received.access_key_id.as_deref())),
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
            .filter(|key| key.caller.user.partition == partition_of(&authorization.scope.region).unwrap_or("aws"))
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
            return (0..).zip(&self.users).find_map(|(position, user)| {
                let key = user.keys.iter().find(|key| key.active && key.id == access_key_id)?;
                Some(SigningKey {
                    caller: Caller { position, user, by_session: false },
                    secret_access_key: key.secret.clone(),
                    expiration: None,
                })
            });
        };
        let user = |position: u32| self.users.get(usize::try_from(position).ok()?);
        let session = self.sessions.open(access_key_id, session_token, |position| Some(user(position)?.arn()))?;
        Some(SigningKey {
            caller: Caller { position: session.user, user: user(session.user)?, by_session: true },
            secret_access_key: self.sessions.secret_access_key(access_key_id),
            expiration: Some(session.expiration),
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
            "GetCallerIdentity" if version == VERSION => Ok(self.get_caller_identity(caller.user)),
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
        let Caller { position, user, .. } = caller;
        match (input.serial_number, input.token_code) {
            (None, None) => {}
            (Some(serial), Some(code)) => {
                if user.mfa_serial.as_deref() != Some(serial) {
                    return Err(Refusal::wrong_device());
                }
                if !state.devices.spend(serial, &user.code, code, unix_seconds(now)) {
                    return Err(Refusal::wrong_code());
                }
            }
            _ => return Err(Refusal::half_of_mfa()),
        }
        let duration = SignedDuration::from_secs(input.duration_seconds(user.root));
        let expiration = now.checked_add(duration).unwrap_or(Timestamp::MAX);
        state.issued += 1;
        Ok(Grant::Session(self.sessions.issue(state.issued, *position, &user.arn(), expiration)))
    }

    fn get_caller_identity(&self, user: &User) -> Grant {
        let arn = user.arn();
        let user_id = if user.root {
            user.account.clone()
        } else {
            self.sessions.derivation().unique_id("AIDA", "user id", arn.as_bytes())
        };
        Grant::Caller { arn, user_id, account: user.account.clone() }
    }

    fn refusal_by_code(&self, code: &str, access_key_id: Option<&str>) -> Refusal {
        let caller = self.users.iter().find(|user| user.keys.iter().any(|key| Some(key.id.as_str()) == access_key_id));
        match caller.or(self.users.first()) {
            Some(user) => Refusal::by_code(code, &user.arn(), &user.account),
            None => Refusal::by_code(code, "", ""),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic cannot leave it inconsistent: every change is a single step.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The current code of the first user that has a device.
    pub(crate) fn token_code(&self) -> String {
        let now = unix_seconds(self.clock.now(0));
        let user = self.users.iter().find(|user| user.mfa_serial.is_some());
        user.map_or_else(|| CodeSource::default().code_at(now), |user| user.code.code_at(now))
    }
}
