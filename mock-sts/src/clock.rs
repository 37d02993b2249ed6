//! The mock's clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::SystemTime;

use jiff::{SignedDuration, Timestamp};

/// The source of the mock's time, plus an offset that can be changed while it runs.
#[derive(Clone)]
pub(crate) struct Clock {
    source: Arc<dyn Fn() -> SystemTime + Send + Sync>,
    offset_seconds: Arc<AtomicI64>,
}

impl Default for Clock {
    fn default() -> Self {
        Self::new(SystemTime::now)
    }
}

impl Clock {
    pub(crate) fn new(source: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        Self { source: Arc::new(source), offset_seconds: Arc::default() }
    }

    pub(crate) fn set_offset(&self, seconds: i64) {
        self.offset_seconds.store(seconds, Ordering::Relaxed);
    }

    /// The current time in whole seconds, plus `skew_seconds`. Saturates at the limits of [`Timestamp`].
    pub(crate) fn now(&self, skew_seconds: i64) -> Timestamp {
        let source = Timestamp::try_from((self.source)()).unwrap_or(Timestamp::UNIX_EPOCH);
        let offset = self.offset_seconds.load(Ordering::Relaxed).saturating_add(skew_seconds);
        let moved = source.checked_add(SignedDuration::from_secs(offset)).unwrap_or(if offset < 0 {
            Timestamp::MIN
        } else {
            Timestamp::MAX
        });
        Timestamp::from_second(moved.as_second()).unwrap_or(moved)
    }
}

/// Seconds since the epoch; zero for earlier times.
pub(crate) fn unix_seconds(time: Timestamp) -> u64 {
    u64::try_from(time.as_second()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn offset_and_skew_add_up_and_fractions_are_cut() {
        let clock = Clock::new(|| SystemTime::UNIX_EPOCH + Duration::from_millis(1_000_900));
        clock.set_offset(-600);
        assert_eq!(clock.now(5).to_string(), "1970-01-01T00:06:45Z");
    }

    #[test]
    fn absurd_offsets_stop_at_the_end_of_time() {
        let clock = Clock::default();
        clock.set_offset(i64::MAX);
        assert!(clock.now(1) > Timestamp::now());
        clock.set_offset(i64::MIN);
        assert_eq!(unix_seconds(clock.now(-1)), 0);
    }
}
