//! Decides each request, beside its faults: who is calling, which action; and remembers it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use wiremock::{Request, ResponseTemplate};

use crate::answer::{Answer, Grant, Response};
use crate::api::Api;
use crate::authority::{Authority, Caller, Records};
use crate::authorization::Authorization;
use crate::clock::{Clock, unix_seconds};
use crate::code_source::CodeSource;
use crate::device::Devices;
use crate::fault::{Fault, FaultPlan, Faults};
use crate::iam;
use crate::parameters::Parameters;
use crate::refusal::Refusal;
use crate::request_log::{Outcome, ReceivedRequest, RequestLog, shortened};
use crate::sts;
use crate::user::User;

/// The mock behind its HTTP server.
pub(crate) struct Service {
    authority: Authority,
    clock: Clock,
    state: Mutex<State>,
}

/// The state that requests change.
#[derive(Default)]
struct State {
    records: Records,
    faults: Faults,
    log: RequestLog,
}

impl Service {
    pub(crate) fn new(authority: Authority, clock: Clock, devices: Devices, faults: Faults) -> Self {
        let state = State { records: Records::new(devices), faults, ..State::default() };
        Self { authority, clock, state: Mutex::new(state) }
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.clock
    }

    pub(crate) fn users(&self) -> &[User] {
        &self.authority.accounts.users
    }

    pub(crate) fn change_faults(&self, change: impl FnOnce(&mut Faults)) {
        change(&mut self.state().faults);
    }

    /// Ends a session before its time; `false` if none with this access key id was issued.
    pub(crate) fn end_session(&self, access_key_id: &str) -> bool {
        self.authority.end_session(&mut self.state().records, access_key_id)
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
        let request_id = self.authority.sessions.derivation().request_id(state.log.count());
        let mut received = ReceivedRequest::new(None, None, &request_id);
        received.outcome = Outcome::Refused(refusal.code.to_string());
        state.log.push(received);
        Answer::refused(refusal, Api::Sts, &request_id).into_response(&request_id, self.clock.now(0))
    }

    /// Responds to one request at a time, so a code cannot be spent twice.
    pub(crate) fn answer(&self, request: &Request) -> ResponseTemplate {
        let mut state = self.state();
        let FaultPlan { latency, skew_seconds, answer: fault } = state.faults.take();
        let now = self.clock.now(skew_seconds);
        let request_id = self.authority.sessions.derivation().request_id(state.log.count());
        let authorization = Authorization::of(request);
        let api = authorization.as_ref().ok().and_then(|authorization| Api::of(&authorization.scope.service));
        let api = api.unwrap_or(Api::Sts);
        let parameters = Parameters::of(request);
        let mut received = ReceivedRequest::new(authorization.as_ref().ok(), parameters.as_ref().ok(), &request_id);

        let decision = match &fault {
            Some(Fault::Error(code)) => Err(self.refusal_by_code(code, api, &received)),
            Some(Fault::Unavailable | Fault::UnavailableHtml) => Err(Refusal::service_unavailable()),
            _ => authorization.and_then(|authorization| {
                let caller = self.authority.authenticate(&authorization, request, &state.records, now)?;
                self.perform(&mut state.records, api, &caller, &parameters?, now)
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
            (Err(refusal), _) => Answer::refused(refusal, api, &request_id),
        };
        answer.into_response(&request_id, now).into_template(latency)
    }

    fn perform(
        &self,
        records: &mut Records,
        api: Api,
        caller: &Caller<'_>,
        parameters: &Parameters<'_>,
        now: Timestamp,
    ) -> Result<Grant, Refusal> {
        let action = parameters.get("Action").ok_or_else(Refusal::missing_action)?;
        let version = parameters.get("Version").unwrap_or("NO_VERSION_SPECIFIED");
        let done = match api {
            _ if version != api.version() => None,
            Api::Sts => sts::perform(&self.authority, records, action, caller, parameters, now),
            Api::Iam => iam::perform(&self.authority, action, caller, parameters),
        };
        done.unwrap_or_else(|| Err(Refusal::invalid_action(&shortened(action), &shortened(version))))
    }

    fn refusal_by_code(&self, code: &str, api: Api, request: &ReceivedRequest) -> Refusal {
        let named = |user: &&User| user.keys.iter().any(|key| Some(&key.id) == request.access_key_id.as_ref());
        let users = &self.authority.accounts.users;
        let action = format!("{}:{}", api.name(), request.action.as_deref().unwrap_or("GetSessionToken"));
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
        let user = self.authority.accounts.users.iter().find(|user| user.mfa_serial.is_some());
        user.map_or_else(|| CodeSource::default().code_at(now), |user| user.code.code_at(now))
    }
}
