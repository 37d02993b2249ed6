//! A renewal outlives the call that asked for it (ASK-7): it is a task of the server, which calls join and leave.
//!
//! For each source profile of each file there is one task at a time. A call waits for it as long as a call may take;
//! if nobody received its outcome, the next call does.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::core::error::{CodeSpent, Error, ErrorCode, Result};
use crate::core::expiry;
use crate::core::name::{ProfileName, SessionProfileName};
use crate::core::renew::report::RenewReport;
use crate::core::reporter::{Awaited, Milestone, Reporter};
use crate::core::session::{SessionDuration, TokenCode};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How long a call waits in all. Clients give up after 60 s.
    pub call: Duration,
    /// How often a call that waits tells its client what for.
    pub progress: Duration,
    /// How long an outcome that no call received is kept.
    pub memory: Duration,
    /// How many calls may wait at once: fewer than are read ahead, so that readers are answered meanwhile.
    pub calls: usize,
}

impl Limits {
    pub const REAL: Self = Self {
        call: Duration::from_secs(50),
        progress: Duration::from_secs(4),
        memory: Duration::from_mins(5),
        calls: 96,
    };
}

/// What there is one renewal of at a time.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Key {
    file: PathBuf,
    source: Vec<u8>,
}

impl Key {
    /// The credentials file itself, after links, and the profile in it that holds the key.
    pub fn new(file: PathBuf, source: &ProfileName) -> Self {
        Self { file, source: source.as_bytes().to_vec() }
    }
}

/// What a call asks for.
pub struct Asked {
    /// The name that the session will have, as far as the files show.
    pub session_profile: Option<SessionProfileName>,
    pub duration: Option<SessionDuration>,
    pub min_validity: Option<Duration>,
    pub code: Option<TokenCode>,
}

impl Asked {
    fn is_like(&self, other: &Self) -> bool {
        self.session_profile == other.session_profile && self.duration == other.duration
    }

    fn joins(&self, other: &Self) -> bool {
        self.code.is_none() && self.is_like(other)
    }

    /// Whether it is answered by what another call with the same name and duration brought about.
    fn is_answered_by(&self, outcome: &Outcome) -> bool {
        match (outcome, self.min_validity) {
            (Ok(report), Some(least)) => {
                let left = expiry::seconds_left(report.expiration, Timestamp::now());
                u64::try_from(left).is_ok_and(|left| left >= least.as_secs())
            }
            (Ok(report), None) => report.refreshed,
            (Err(_), _) => true,
        }
    }

    /// Whether an outcome that no call received is what this one asks for. An earlier failure says nothing about a new
    /// code.
    fn takes(&self, kept: &Kept) -> bool {
        match &kept.outcome {
            Ok(_) => self.is_like(&kept.asked) && self.is_answered_by(&kept.outcome),
            Err(_) => self.code.is_none() || self.code == kept.asked.code,
        }
    }
}

pub type Outcome = Result<RenewReport>;

/// The work of a task.
pub type Work = BoxFuture<'static, Outcome>;

/// The tasks of a server, and their outcomes that no call received. Clones share them.
#[derive(Clone)]
pub struct Renewals(Arc<Shared>);

struct Shared {
    limits: Limits,
    reporter: Arc<dyn Reporter>,
    places: Mutex<HashMap<Key, Place>>,
    calls: Semaphore,
    tasks: TaskTracker,
    stop: CancellationToken,
}

#[derive(Default)]
struct Place {
    task: Option<Arc<Task>>,
    kept: Option<Kept>,
}

struct Kept {
    asked: Arc<Asked>,
    outcome: Outcome,
    since: Instant,
}

struct Task {
    asked: Arc<Asked>,
    stage: Arc<Stage>,
    calls: Mutex<Calls>,
    stop: CancellationToken,
    ended: CancellationToken,
}

/// The calls of a task.
#[derive(Default)]
struct Calls {
    /// All that ever joined.
    joined: usize,
    waiting: usize,
    /// Whether one was told to call again: then the task goes on without any.
    is_promised: bool,
    is_received: bool,
    /// `None` also if the task was stopped.
    outcome: Option<Outcome>,
}

/// A call that waits, and what for.
pub struct Call {
    key: Key,
    asked: Arc<Asked>,
    ends: Instant,
    waits_for: Mutex<Option<WaitsFor>>,
}

#[derive(Clone)]
enum WaitsFor {
    Own(Arc<Task>),
    /// For its turn.
    Other(Arc<Task>),
}

impl Call {
    pub fn new(key: Key, asked: Asked, ends: Instant) -> Self {
        Self { key, asked: Arc::new(asked), ends, waits_for: Mutex::default() }
    }

    /// What it is about.
    pub const fn key(&self) -> &Key {
        &self.key
    }

    /// The client was told to call again: the task of this call goes on without it.
    pub fn promise(&self) {
        if let Some(WaitsFor::Own(task)) = &*locked(&self.waits_for) {
            locked(&task.calls).is_promised = true;
        }
    }

    /// What it waits for now, in words.
    pub fn waits_for(&self) -> String {
        match &*locked(&self.waits_for) {
            None => Awaited::File.to_string(),
            Some(WaitsFor::Own(task)) => task.stage.awaited().to_string(),
            Some(WaitsFor::Other(task)) => {
                format!("another call for the same profile, which waits for {}", task.stage.awaited())
            }
        }
    }

    /// The error of a call that has waited for as long as it may.
    fn pending(&self) -> Error {
        let error = pending(&format!("the session is not renewed yet: this call waits for {}", self.waits_for()));
        match &*locked(&self.waits_for) {
            Some(WaitsFor::Own(task)) if task.stage.is_sent() => error.after_request(CodeSpent::Maybe),
            _ => error,
        }
    }
}

fn pending(message: &str) -> Error {
    Error::new(ErrorCode::CodePending, message, "call again with the same arguments")
}

impl Renewals {
    pub fn new(limits: Limits, reporter: Arc<dyn Reporter>) -> Self {
        let calls = Semaphore::new(limits.calls);
        Self(Arc::new(Shared {
            limits,
            reporter,
            places: Mutex::default(),
            calls,
            tasks: TaskTracker::default(),
            stop: CancellationToken::new(),
        }))
    }

    /// The same, not yet used, with other limits.
    #[must_use]
    pub fn limited_to(&self, limits: Limits) -> Self {
        Self::new(limits, Arc::clone(&self.0.reporter))
    }

    pub fn limits(&self) -> Limits {
        self.0.limits
    }

    /// Ends every task, but for a write under way.
    pub fn stop(&self) {
        self.0.stop.cancel();
    }

    pub fn is_stopped(&self) -> bool {
        self.0.stop.is_cancelled()
    }

    /// Waits until every task has ended.
    pub async fn ended(&self) {
        self.0.tasks.close();
        self.0.tasks.wait().await;
    }

    /// The outcome for a call, of a task that it joins or begins with `work`; `None` if the server was stopped.
    /// Dropping this is leaving the task, which ends with the only call that it ever had.
    ///
    /// Errors: `code_pending` when the call has had its time.
    pub async fn outcome(&self, call: &Call, work: impl Fn(Arc<dyn Reporter>) -> Work) -> Option<Outcome> {
        let Ok(_place) = self.0.calls.try_acquire() else {
            return Some(Err(pending("this call waits for other calls: too many wait at once")));
        };
        loop {
            match self.enter(call, &work) {
                Entered::Answered(outcome) => return Some(outcome),
                Entered::Joined(joined) => {
                    tokio::select! {
                        biased;
                        () = joined.task.ended.cancelled() => {}
                        () = sleep_until(call.ends) => {
                            call.promise();
                            return Some(Err(call.pending()));
                        }
                    }
                    let outcome = joined.outcome()?;
                    if joined.has_begun_it || call.asked.is_answered_by(&outcome) {
                        joined.receive();
                        return Some(outcome);
                    }
                }
                Entered::Behind(task) => {
                    tokio::select! {
                        biased;
                        () = self.0.stop.cancelled() => return None,
                        () = task.ended.cancelled() => {}
                        () = sleep_until(call.ends) => return Some(Err(call.pending())),
                    }
                }
            }
        }
    }

    fn enter(&self, call: &Call, work: impl Fn(Arc<dyn Reporter>) -> Work) -> Entered<'_> {
        let mut places = self.places();
        let place = places.entry(call.key.clone()).or_default();
        let (task, has_begun_it) = match (&place.task, place.kept.take()) {
            (Some(task), _) if call.asked.joins(&task.asked) => (Arc::clone(task), false),
            (Some(task), _) => {
                *locked(&call.waits_for) = Some(WaitsFor::Other(Arc::clone(task)));
                return Entered::Behind(Arc::clone(task));
            }
            (None, Some(kept)) if call.asked.takes(&kept) => return Entered::Answered(kept.outcome),
            (None, _) => {
                let task = self.begin(call, work);
                place.task = Some(Arc::clone(&task));
                (task, true)
            }
        };
        *locked(&call.waits_for) = Some(WaitsFor::Own(Arc::clone(&task)));
        let mut calls = locked(&task.calls);
        calls.joined += 1;
        calls.waiting += 1;
        drop(calls);
        Entered::Joined(Joined { renewals: self, key: call.key.clone(), task, has_begun_it })
    }

    fn begin(&self, call: &Call, work: impl Fn(Arc<dyn Reporter>) -> Work) -> Arc<Task> {
        let stage = Arc::new(Stage::default());
        let reporter = Reporting { to: Arc::clone(&self.0.reporter), stage: Arc::clone(&stage) };
        let task = Arc::new(Task {
            asked: Arc::clone(&call.asked),
            stage,
            calls: Mutex::default(),
            stop: self.0.stop.child_token(),
            ended: CancellationToken::new(),
        });
        let work = work(Arc::new(reporter));
        let (renewals, key, running) = (self.clone(), call.key.clone(), Arc::clone(&task));
        self.0.tasks.spawn(async move {
            let outcome = running.run(work).await;
            renewals.end(&key, &running, outcome);
        });
        task
    }

    fn end(&self, key: &Key, task: &Arc<Task>, outcome: Option<Outcome>) {
        let mut places = self.places();
        let mut calls = locked(&task.calls);
        let place = places.entry(key.clone()).or_default();
        place.task = None;
        calls.outcome = outcome;
        if calls.waiting == 0 {
            place.keep(task, &calls);
        }
        task.ended.cancel();
    }

    /// The places, without what is too old or empty.
    fn places(&self) -> MutexGuard<'_, HashMap<Key, Place>> {
        let mut places = locked(&self.0.places);
        places.retain(|_, place| {
            place.kept = place.kept.take().filter(|kept| kept.since.elapsed() < self.0.limits.memory);
            place.task.is_some() || place.kept.is_some()
        });
        places
    }
}

impl Place {
    /// Keeps an outcome that no call received, unless the next renewal has begun.
    fn keep(&mut self, task: &Task, calls: &Calls) {
        if let (Some(outcome), None) = (&calls.outcome, &self.task) {
            let (asked, outcome) = (Arc::clone(&task.asked), outcome.clone());
            self.kept = Some(Kept { asked, outcome, since: Instant::now() });
        }
    }
}

enum Entered<'a> {
    Answered(Outcome),
    Joined(Joined<'a>),
    Behind(Arc<Task>),
}

/// A call's part in a task. On drop the call leaves it.
struct Joined<'a> {
    renewals: &'a Renewals,
    key: Key,
    task: Arc<Task>,
    has_begun_it: bool,
}

impl Joined<'_> {
    fn outcome(&self) -> Option<Outcome> {
        locked(&self.task.calls).outcome.clone()
    }

    fn receive(&self) {
        locked(&self.task.calls).is_received = true;
    }
}

impl Drop for Joined<'_> {
    fn drop(&mut self) {
        let mut places = self.renewals.places();
        let mut calls = locked(&self.task.calls);
        calls.waiting -= 1;
        if calls.outcome.is_none() && calls.joined == 1 && !calls.is_promised {
            self.task.stop.cancel();
        }
        if calls.waiting == 0 && calls.outcome.is_some() && !calls.is_received {
            // It was cancelled at the moment at which the task ended.
            places.entry(self.key.clone()).or_default().keep(&self.task, &calls);
        }
    }
}

impl Task {
    /// Works until it is stopped; a panic is an error like others (MCP-8). The panic's message is not repeated: it can
    /// quote the text that caused it.
    async fn run(&self, work: Work) -> Option<Outcome> {
        let mut work = Box::pin(AssertUnwindSafe(work).catch_unwind());
        let outcome = tokio::select! {
            biased;
            outcome = &mut work => outcome,
            () = self.stop.cancelled() => {
                if !self.stage.is_written() {
                    return None;
                }
                work.await
            }
        };
        Some(outcome.unwrap_or_else(|_| Err(Error::defect())))
    }
}

/// How far a task has come.
#[derive(Default)]
struct Stage {
    awaited: Mutex<Awaited>,
    is_sent: AtomicBool,
    is_written: AtomicBool,
}

impl Stage {
    fn awaited(&self) -> Awaited {
        *locked(&self.awaited)
    }

    fn is_sent(&self) -> bool {
        self.is_sent.load(Ordering::Relaxed)
    }

    fn is_written(&self) -> bool {
        self.is_written.load(Ordering::Relaxed)
    }
}

/// Notes how far the task has come, and passes it on.
struct Reporting {
    to: Arc<dyn Reporter>,
    stage: Arc<Stage>,
}

impl Reporter for Reporting {
    fn notice(&self, text: &str) {
        self.to.notice(text);
    }

    fn detail(&self, text: &str) {
        self.to.detail(text);
    }

    fn waiting(&self, for_what: &str) {
        self.to.waiting(for_what);
    }

    fn awaits(&self, what: Awaited) {
        *locked(&self.stage.awaited) = what;
        self.to.awaits(what);
    }

    fn reached(&self, milestone: Milestone) {
        match milestone {
            Milestone::CodeSent => self.stage.is_sent.store(true, Ordering::Relaxed),
            Milestone::FileWritten => self.stage.is_written.store(true, Ordering::Relaxed),
        }
        self.to.reached(milestone);
    }

    fn shows_commands(&self) -> bool {
        self.to.shows_commands()
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
