//! The use case of `get` and of the MCP update tool: exchanges a code for a session.
//!
//! It reads top to bottom in the order of execution: check everything, take a turn, code, STS, write.

pub mod lifetime;
mod plan;
pub mod report;
pub mod request;
mod store;

pub use plan::{Names, names, unusable_name};

use plan::{Decision, Plan, decide, is_to_be_created};
use report::{DryRun, RenewReport};
use request::RenewRequest;
use store::Destination;

use crate::core::ask::person::Person;
use crate::core::block::preview::changed_lines;
use crate::core::code::source::{CodeSource, Wanted};
use crate::core::environment::Environment;
use crate::core::error::{CodeSpent, Error, ErrorCode, Result};
use crate::core::reporter::{Awaited, Milestone, Reporter, WithoutDetails, or_after_a_second};
use crate::core::session::SessionCredentials;
use crate::core::sts::client::StsClient;
use crate::core::text;
use crate::core::turn::device;
use crate::core::turn::queue::{NoTurn, Queue, Turn, Waited};

/// Renews the session and stores it in the file.
pub async fn renew(
    request: &RenewRequest,
    person: &Person,
    environment: &Environment,
    reporter: &dyn Reporter,
) -> Result<RenewReport> {
    let renewal = Renewal { request, person, environment, reporter };
    let mut decision = decide(request, environment, reporter).await;
    if is_missing(&decision) && is_to_be_created(request, environment)? {
        request.file.create()?;
        decision = decide(request, environment, reporter).await;
    }
    match decision? {
        Decision::Keep(report) => Ok(report),
        Decision::Renew(plan) if plan.min_validity.is_none() => renewal.renew_now(*plan).await,
        Decision::Renew(plan) => renewal.renew_with_others(plan).await,
    }
}

/// What [`renew`] would do. Everything local is checked; no code is asked for, no command run, no lock taken, nothing
/// sent and nothing written (GET-15).
pub async fn dry_run(request: &RenewRequest, environment: &Environment, reporter: &dyn Reporter) -> Result<DryRun> {
    let decision = decide(request, environment, reporter).await;
    if is_missing(&decision) && is_to_be_created(request, environment)? {
        let message = format!("the credentials file `{}` does not exist", text::path(request.file.path()));
        let hint = "`updsts get` without `--dry-run` creates it: the key comes from a command";
        return Err(Error::new(ErrorCode::FileMissing, message, hint));
    }
    match decision? {
        Decision::Keep(report) => {
            Ok(DryRun { session_profile: report.session_profile, changes: Vec::new(), warnings: report.warnings })
        }
        Decision::Renew(plan) => {
            let changes = changed_lines(&plan.checked.bytes, &plan.edit);
            Ok(DryRun { session_profile: plan.session_profile, changes, warnings: plan.warnings })
        }
    }
}

fn is_missing(decision: &Result<Decision>) -> bool {
    decision.as_ref().is_err_and(|error| error.code() == ErrorCode::FileMissing)
}

#[derive(Clone, Copy)]
struct Renewal<'a> {
    request: &'a RenewRequest,
    person: &'a Person,
    environment: &'a Environment,
    reporter: &'a dyn Reporter,
}

impl Renewal<'_> {
    /// Of many concurrent callers one renews; the others use its session or its refusal (GET-7).
    async fn renew_with_others(self, mut plan: Box<Plan>) -> Result<RenewReport> {
        let queue = match Queue::join(&plan.checked.target, &plan.source.name, self.environment) {
            Ok(queue) => queue,
            Err(reason) => return self.renew_alone(*plan, &reason).await,
        };
        loop {
            self.reporter.awaits(Awaited::Process);
            let is_done = || plan.is_done(&self.request.file);
            let waited = queue.wait(is_done, |text| self.reporter.notice(text)).await;
            // The file may have changed.
            plan = match decide(self.request, self.environment, &WithoutDetails(self.reporter)).await? {
                Decision::Keep(report) => return Ok(report),
                Decision::Renew(plan) => plan,
            };
            match waited {
                Ok(Waited::Turn(turn)) => return self.renew_in_turn(&turn, *plan).await,
                // It was renewed, but is no longer valid for long enough.
                Ok(Waited::Done) => {}
                Err(NoTurn::NoLocks(reason)) => return self.renew_alone(*plan, &reason).await,
                Err(NoTurn::TooLong(error)) => return Err(error),
            }
        }
    }

    async fn renew_alone(self, mut plan: Plan, reason: &str) -> Result<RenewReport> {
        plan.warnings
            .push(format!("cannot coordinate with other updsts processes, so each may ask AWS itself: {reason}"));
        self.renew_now(plan).await
    }

    /// Uses the refusal of the previous caller, or renews and passes a refusal on.
    async fn renew_in_turn(self, turn: &Turn<'_>, plan: Plan) -> Result<RenewReport> {
        let asked_for = plan.fingerprint();
        if let Some(refusal) = turn.refusal_of(&asked_for) {
            return Err(self.noted(&plan, refusal));
        }
        if self.request.is_polled {
            turn.pause(plan.is_valid)?;
        }
        let renewed = self.renew_now(plan).await;
        // An error before anything was sent or asked may be this caller's fault only.
        if let Err(error) = &renewed
            && (error.code_spent().is_some() || error.was_asked())
        {
            turn.hand_on(&asked_for, error);
        }
        let has_no_code = |error: &Error| matches!(error.code(), ErrorCode::CodeUnavailable | ErrorCode::Declined);
        if self.request.is_polled && renewed.as_ref().is_err_and(has_no_code) {
            turn.nobody_answered();
        }
        renewed
    }

    async fn renew_now(self, mut plan: Plan) -> Result<RenewReport> {
        self.request.file.try_out(&plan.checked).await?;
        let (session, clock_warning) = self.get_session(&plan).await?;
        plan.warnings.extend(clock_warning);
        plan.warnings.extend(lifetime::warning(&session, plan.duration));
        let too_short = lifetime::too_short(&session, &plan.session_profile, plan.min_validity);
        let stored = self.store(plan, &session).await.and_then(|report| too_short.map_or(Ok(report), Err));
        stored.map_err(|error| error.after_request(CodeSpent::Yes))
    }

    /// Gets a code and exchanges it for a session; after a refusal, tries again if the source has another code.
    async fn get_session(self, plan: &Plan) -> Result<(SessionCredentials, Option<String>)> {
        let wanted = Wanted {
            given: &self.request.code,
            source: &plan.source,
            duration: plan.duration,
            file: &self.request.file,
            sent_codes: &self.request.sent_codes,
        };
        let mut codes = CodeSource::choose(&wanted, self.person, self.environment)?;
        // A command may ask a person, who is asked for a code only if there is a key.
        let client = {
            self.reporter.awaits(Awaited::Command);
            let key = plan.source.key.get(&plan.source.name, self.reporter.shows_commands()).await?;
            StsClient::new(&plan.settings, &key)?
        };
        let granted = self.exchange(plan, &client, &mut codes).await;
        codes.ended(granted.as_ref().map(|(session, _)| session.expiration));
        granted
    }

    async fn exchange(
        self,
        plan: &Plan,
        client: &StsClient,
        codes: &mut CodeSource,
    ) -> Result<(SessionCredentials, Option<String>)> {
        let sent_codes = &self.request.sent_codes;
        let mut code = codes.first(self.reporter).await.map_err(|error| self.noted(plan, error))?;
        loop {
            self.reporter.reached(Milestone::CodeSent);
            self.reporter.awaits(Awaited::Aws);
            let request = client.get_session_token(&plan.source.device, &code, plan.duration);
            let waiting = || self.reporter.waiting(&format!("AWS ({})", plan.settings.endpoint()));
            match or_after_a_second(request, waiting).await {
                Ok(granted) => {
                    device::accepted(&plan.source.device, self.environment);
                    sent_codes.accepted(&plan.source.device);
                    return Ok(granted);
                }
                Err(error) if error.code() == ErrorCode::CodeRefused => {
                    let error = self.noted(plan, error);
                    code = codes.after_refusal(self.reporter).await?.ok_or(error)?;
                }
                Err(error) => {
                    if matches!(error.code_spent(), None | Some(CodeSpent::No)) {
                        self.request.sent_codes.release(&plan.source.device, &code);
                    }
                    return Err(error);
                }
            }
        }
    }

    /// The error, if it is the refusal of a code noted as one of its device.
    fn noted(self, plan: &Plan, error: Error) -> Error {
        match error.code() {
            ErrorCode::CodeRefused => self.request.sent_codes.refused(&plan.source.device, error),
            _ => error,
        }
    }

    async fn store(self, plan: Plan, session: &SessionCredentials) -> Result<RenewReport, Error> {
        let destination = Destination {
            file: &self.request.file,
            checked: &plan.checked,
            source: &plan.source.name,
            session_profile: &plan.session_profile,
            region: plan.region.as_deref(),
            adopts: self.request.adopts,
        };
        self.reporter.awaits(Awaited::Lock);
        let replaced = destination.store(session, &plan.source.key, self.reporter).await?;
        let warnings = [plan.warnings, replaced.warnings].concat();
        let report = RenewReport::renewed(plan.session_profile, session);
        let (renamed_from, role, notes) = (plan.renamed_from, plan.role, plan.notes);
        Ok(RenewReport { role, renamed_from, warnings, notes, ..report })
    }
}
