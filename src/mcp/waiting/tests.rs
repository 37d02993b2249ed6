use std::sync::atomic::AtomicUsize;

use jiff::SignedDuration;
use tokio::task::JoinHandle;
use tokio::time::{advance, sleep};

use super::*;
use crate::core::reporter::Silent;
use crate::core::secret::SecretString;
use crate::core::session::SessionCredentials;

const SECOND: Duration = Duration::from_secs(1);

/// A server whose renewals take a while, and what became of them.
#[derive(Clone)]
struct Bench {
    renewals: Renewals,
    begun: Arc<AtomicUsize>,
    dropped: Arc<AtomicUsize>,
}

/// What a renewal does.
#[derive(Clone, Copy)]
enum Act {
    Renew,
    Refuse,
    Panic,
    /// Writes the file first.
    Write,
}

struct OnDrop(Arc<AtomicUsize>);

impl Drop for OnDrop {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn asked() -> Asked {
    Asked { session_profile: SessionProfileName::parse(b"a_sts"), duration: None, min_validity: None, code: None }
}

fn with_min_validity(seconds: u64) -> Asked {
    Asked { min_validity: Some(Duration::from_secs(seconds)), ..asked() }
}

fn with_duration(seconds: u64) -> Asked {
    Asked { duration: SessionDuration::from_seconds(seconds).ok(), ..asked() }
}

fn with_name(name: &str) -> Asked {
    Asked { session_profile: SessionProfileName::parse(name.as_bytes()), ..asked() }
}

fn with_code(code: &str) -> Asked {
    Asked { code: TokenCode::parse(code).ok(), ..asked() }
}

/// An hour's session.
fn report(number: usize) -> RenewReport {
    let session = SessionCredentials {
        access_key_id: format!("ASIA{number}"),
        secret_access_key: SecretString::default(),
        session_token: SecretString::default(),
        expiration: Timestamp::now() + SignedDuration::from_hours(1),
    };
    RenewReport::renewed(SessionProfileName::parse(b"a_sts").unwrap(), &session)
}

impl Bench {
    fn new() -> Self {
        Self { renewals: Renewals::new(Limits::REAL, Arc::new(Silent)), begun: Arc::default(), dropped: Arc::default() }
    }

    fn begun(&self) -> usize {
        self.begun.load(Ordering::Relaxed)
    }

    fn dropped(&self) -> usize {
        self.dropped.load(Ordering::Relaxed)
    }

    /// A renewal that takes that many seconds.
    fn work(&self, seconds: u64, act: Act) -> impl Fn(Arc<dyn Reporter>) -> Work {
        move |reporter| {
            let number = self.begun.fetch_add(1, Ordering::Relaxed) + 1;
            let dropped = OnDrop(Arc::clone(&self.dropped));
            async move {
                let _dropped = dropped;
                reporter.awaits(Awaited::Command);
                if let Act::Write = act {
                    reporter.reached(Milestone::FileWritten);
                }
                sleep(Duration::from_secs(seconds)).await;
                match act {
                    Act::Renew | Act::Write => Ok(report(number)),
                    Act::Refuse => Err(Error::new(ErrorCode::CodeRefused, "AWS refused the code", "wait")),
                    Act::Panic => panic!("canary"),
                }
            }
            .boxed()
        }
    }

    fn call_of(&self, source: &str, asked: Asked) -> Call {
        let key = Key::new(PathBuf::from("/credentials"), &ProfileName::parse(source).unwrap());
        Call::new(key, asked, Instant::now() + self.renewals.limits().call)
    }

    /// A call for a source, with the renewal in case it begins one.
    async fn call_for(self, source: &str, asked: Asked, seconds: u64, act: Act) -> Option<Outcome> {
        self.renewals.outcome(&self.call_of(source, asked), self.work(seconds, act)).await
    }

    /// The same in the background, begun.
    async fn starts(&self, asked: Asked, seconds: u64, act: Act) -> JoinHandle<Option<Outcome>> {
        let call = tokio::spawn(self.clone().call_for("a", asked, seconds, act));
        sleep(Duration::from_millis(1)).await;
        call
    }

    async fn call(&self, asked: Asked, seconds: u64) -> Outcome {
        self.clone().call_for("a", asked, seconds, Act::Renew).await.unwrap()
    }
}

fn key_id(outcome: Outcome) -> String {
    outcome.unwrap().access_key_id
}

fn code(outcome: Outcome) -> ErrorCode {
    outcome.unwrap_err().code()
}

async fn ended(call: JoinHandle<Option<Outcome>>) -> Outcome {
    call.await.unwrap().unwrap()
}

#[test]
fn ask_7_the_real_limits() {
    let Limits { call, progress, memory, calls } = Limits::REAL;
    assert_eq!((call, memory), (Duration::from_secs(50), Duration::from_mins(5)));
    assert!(progress < Duration::from_secs(5) && calls < 128);
}

#[tokio::test(start_paused = true)]
async fn ask_7_a_call_is_answered_after_50_s_and_the_work_goes_on() {
    let bench = Bench::new();
    let start = Instant::now();
    let error = bench.call(asked(), 120).await.unwrap_err();
    assert_eq!((error.code(), start.elapsed().as_secs()), (ErrorCode::CodePending, 50));
    assert!(error.message().contains("the command that prints the code"), "{error}");
    assert!(error.hint().contains("the same arguments"));
    assert_eq!(code(bench.call(asked(), 120).await), ErrorCode::CodePending);
    assert_eq!(key_id(bench.call(asked(), 120).await), "ASIA1");
    assert_eq!((start.elapsed().as_secs(), bench.begun()), (120, 1));
}

#[tokio::test(start_paused = true)]
async fn ask_7_calls_for_the_same_join() {
    let bench = Bench::new();
    let calls = [
        bench.starts(with_code("123456"), 5, Act::Renew).await,
        bench.starts(asked(), 5, Act::Renew).await,
        bench.starts(with_min_validity(300), 5, Act::Renew).await,
    ];
    for call in calls {
        assert_eq!(key_id(ended(call).await), "ASIA1");
    }
    assert_eq!(bench.begun(), 1);
    // Nothing is left for another one.
    assert_eq!(key_id(bench.call(asked(), 1).await), "ASIA2");
}

#[tokio::test(start_paused = true)]
async fn ask_7_calls_for_something_else_wait_their_turn() {
    for other in [with_duration(7200), with_name("b"), with_code("123456")] {
        let bench = Bench::new();
        let start = Instant::now();
        let first = bench.starts(asked(), 10, Act::Renew).await;
        assert_eq!(key_id(bench.call(other, 10).await), "ASIA2");
        assert_eq!(start.elapsed().as_secs(), 20);
        assert_eq!(key_id(ended(first).await), "ASIA1");
    }
    // Those for another source do not.
    let bench = Bench::new();
    let _first = bench.starts(asked(), 10, Act::Renew).await;
    let start = Instant::now();
    assert!(bench.clone().call_for("b", asked(), 1, Act::Renew).await.unwrap().is_ok());
    assert_eq!(start.elapsed().as_secs(), 1);
}

#[tokio::test(start_paused = true)]
async fn ask_7_calls_that_wait_for_the_same_turn_share_the_next_renewal() {
    let bench = Bench::new();
    let first = bench.starts(asked(), 10, Act::Renew).await;
    let second = bench.starts(with_duration(7200), 10, Act::Renew).await;
    let third = bench.starts(with_duration(7200), 10, Act::Renew).await;
    for (call, id) in [(first, "ASIA1"), (second, "ASIA2"), (third, "ASIA2")] {
        assert_eq!(key_id(ended(call).await), id);
    }
}

#[tokio::test(start_paused = true)]
async fn ask_7_a_call_that_waits_for_its_turn_is_answered_after_50_s_too() {
    let bench = Bench::new();
    let _first = bench.starts(asked(), 55, Act::Renew).await;
    let start = Instant::now();
    let error = bench.call(with_code("123456"), 1).await.unwrap_err();
    assert_eq!((error.code(), start.elapsed().as_secs()), (ErrorCode::CodePending, 50));
    assert!(error.message().contains("another call for the same profile, which waits for the command"), "{error}");
    assert_eq!(bench.begun(), 1);
}

#[tokio::test(start_paused = true)]
async fn ask_7_what_is_not_enough_for_a_call_that_joined_is_not_its_answer() {
    let bench = Bench::new();
    let first = bench.starts(asked(), 5, Act::Renew).await;
    // The session lasts an hour.
    let second = bench.starts(with_min_validity(7200), 5, Act::Renew).await;
    assert_eq!(key_id(ended(first).await), "ASIA1");
    assert_eq!(key_id(ended(second).await), "ASIA2");
}

#[tokio::test(start_paused = true)]
async fn ask_7_an_outcome_that_no_call_received_goes_to_the_next_and_only_to_it() {
    let bench = Bench::new();
    assert_eq!(code(bench.call(asked(), 60).await), ErrorCode::CodePending);
    sleep(SECOND * 20).await;
    let next = bench.call(asked(), 1).await.unwrap();
    assert_eq!((next.access_key_id.as_str(), next.refreshed, bench.begun()), ("ASIA1", true, 1));
    assert_eq!(key_id(bench.call(asked(), 1).await), "ASIA2");
}

#[tokio::test(start_paused = true)]
async fn ask_7_an_outcome_is_kept_for_five_minutes() {
    for (seconds, id) in [(298, "ASIA1"), (300, "ASIA2")] {
        let bench = Bench::new();
        assert_eq!(code(bench.call(asked(), 51).await), ErrorCode::CodePending);
        sleep(SECOND * 2).await;
        advance(SECOND * seconds).await;
        assert_eq!(key_id(bench.call(asked(), 1).await), id, "{seconds}");
        assert!(bench.renewals.places().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn ask_7_a_kept_outcome_answers_only_what_it_is_an_answer_to() {
    let renewed = [
        (asked(), "ASIA1"),
        (with_code("123456"), "ASIA1"),
        (with_min_validity(300), "ASIA1"),
        (with_min_validity(7200), "ASIA2"),
        (with_duration(7200), "ASIA2"),
        (with_name("b"), "ASIA2"),
    ];
    for (next, id) in renewed {
        let bench = Bench::new();
        assert_eq!(code(bench.call(asked(), 51).await), ErrorCode::CodePending);
        sleep(SECOND * 5).await;
        assert_eq!(key_id(bench.call(next, 1).await), id);
        // Now it is forgotten either way.
        assert!(bench.clone().call_for("a", asked(), 1, Act::Refuse).await.unwrap().is_err());
    }
    // A failure says nothing about a new code.
    for (first, next, is_kept) in [
        (asked(), asked(), true),
        (asked(), with_duration(7200), true),
        (asked(), with_code("123456"), false),
        (with_code("123456"), with_code("123456"), true),
        (with_code("123456"), with_code("654321"), false),
    ] {
        let bench = Bench::new();
        let first = bench.clone().call_for("a", first, 51, Act::Refuse).await.unwrap();
        assert_eq!(code(first), ErrorCode::CodePending);
        sleep(SECOND * 5).await;
        let next = bench.call(next, 1).await;
        assert_eq!((next.is_err(), bench.begun()), (is_kept, if is_kept { 1 } else { 2 }));
    }
}

#[tokio::test(start_paused = true)]
async fn ask_7_the_task_ends_with_the_only_call_that_it_ever_had() {
    let bench = Bench::new();
    let only = bench.starts(asked(), 20, Act::Renew).await;
    only.abort();
    sleep(SECOND).await;
    assert_eq!(bench.dropped(), 1);
    assert!(bench.renewals.places().is_empty());
    // One of two: it goes on, and also when the other is cancelled later.
    let (first, second) = (bench.starts(asked(), 20, Act::Renew).await, bench.starts(asked(), 20, Act::Renew).await);
    first.abort();
    sleep(SECOND).await;
    second.abort();
    sleep(SECOND * 20).await;
    assert_eq!((bench.begun(), bench.dropped()), (2, 2));
    assert_eq!(key_id(bench.call(asked(), 1).await), "ASIA2");
}

#[tokio::test(start_paused = true)]
async fn ask_7_cancelling_a_call_that_waits_for_its_turn_ends_nothing() {
    let bench = Bench::new();
    let first = bench.starts(asked(), 20, Act::Renew).await;
    bench.starts(with_code("123456"), 20, Act::Renew).await.abort();
    assert_eq!(key_id(ended(first).await), "ASIA1");
    sleep(SECOND).await;
    assert_eq!(bench.begun(), 1);
}

#[tokio::test(start_paused = true)]
async fn ask_7_after_code_pending_no_call_ends_the_task() {
    let bench = Bench::new();
    assert_eq!(code(bench.call(asked(), 100).await), ErrorCode::CodePending);
    bench.starts(asked(), 1, Act::Renew).await.abort();
    sleep(SECOND * 60).await;
    assert_eq!((key_id(bench.call(asked(), 1).await).as_str(), bench.begun()), ("ASIA1", 1));
}

#[tokio::test(start_paused = true)]
async fn mcp_12_a_write_under_way_is_completed_and_reported_to_the_next_call() {
    let bench = Bench::new();
    bench.starts(asked(), 1, Act::Write).await.abort();
    sleep(SECOND * 2).await;
    assert_eq!((key_id(bench.call(asked(), 1).await).as_str(), bench.begun()), ("ASIA1", 1));
}

#[tokio::test(start_paused = true)]
async fn ask_7_a_call_cancelled_at_the_moment_of_the_outcome_leaves_it_to_the_next() {
    let bench = Bench::new();
    let call = bench.call_of("a", asked());
    let Entered::Joined(joined) = bench.renewals.enter(&call, bench.work(1, Act::Renew)) else { panic!("not begun") };
    sleep(SECOND * 2).await;
    assert!(joined.outcome().is_some());
    drop(joined);
    assert_eq!(key_id(bench.call(asked(), 1).await), "ASIA1");
}

#[tokio::test(start_paused = true)]
async fn mcp_8_at_the_end_tasks_are_stopped_but_for_a_write() {
    let bench = Bench::new();
    assert_eq!(code(bench.call(asked(), 100).await), ErrorCode::CodePending);
    let joined = bench.starts(asked(), 1, Act::Renew).await;
    let behind = bench.starts(with_code("123456"), 1, Act::Renew).await;
    let writing = tokio::spawn(bench.clone().call_for("b", asked(), 1, Act::Write));
    sleep(Duration::from_millis(1)).await;
    let start = Instant::now();
    bench.renewals.stop();
    assert!(joined.await.unwrap().is_none() && behind.await.unwrap().is_none());
    assert_eq!((start.elapsed().as_secs(), bench.dropped()), (0, 1));
    assert!(writing.await.unwrap().unwrap().is_ok());
    bench.renewals.ended().await;
    assert_eq!((bench.begun(), bench.dropped()), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn mcp_8_a_panic_in_a_task_answers_every_call() {
    let bench = Bench::new();
    let calls = [bench.starts(asked(), 1, Act::Panic).await, bench.starts(asked(), 1, Act::Panic).await];
    for call in calls {
        let error = ended(call).await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::Internal);
        assert!(!error.to_string().contains("canary"));
    }
    assert_eq!(key_id(bench.call(asked(), 1).await), "ASIA2");
}

#[tokio::test(start_paused = true)]
async fn ask_7_a_call_too_many_is_answered_at_once() {
    let bench = Bench::new();
    let mut calls = Vec::new();
    for _ in 0..Limits::REAL.calls {
        calls.push(bench.starts(asked(), 10, Act::Renew).await);
    }
    let start = Instant::now();
    assert_eq!(code(bench.call(asked(), 1).await), ErrorCode::CodePending);
    assert_eq!(start.elapsed(), Duration::ZERO);
    for call in calls {
        assert_eq!(key_id(ended(call).await), "ASIA1");
    }
    assert_eq!(key_id(bench.call(asked(), 1).await), "ASIA2");
}

#[test]
fn ask_7_a_session_that_was_kept_is_no_answer_to_a_call_that_wants_a_new_one() {
    let kept = Ok(RenewReport { refreshed: false, ..report(1) });
    assert!(with_min_validity(300).is_answered_by(&kept));
    assert!(!asked().is_answered_by(&kept));
}
