//! What the program needs of the machine. Libraries stop with a panic if they lack it.

use std::time::{Duration, SystemTime};

use jiff::Timestamp;

use crate::core::error::{Error, ErrorCode, Result};

/// More than the longest session, and than the difference of any two time zones.
const MARGIN: Duration = Duration::from_hours(24 * 7);

/// Checks that times around `now` can be computed: those of the years 1970 to 9999.
pub fn check_clock(now: SystemTime) -> Result<()> {
    let is_usable = now.duration_since(SystemTime::UNIX_EPOCH).is_ok()
        && now.checked_add(MARGIN).is_some_and(|later| Timestamp::try_from(later).is_ok());
    if is_usable {
        return Ok(());
    }
    let message = "this machine's clock is not between the years 1970 and 9999";
    Err(Error::new(ErrorCode::Internal, message, "set this machine's clock, for example by NTP, then try again"))
}

/// As many as a command has open at once, and a few more.
#[cfg(unix)]
const DESCRIPTORS: usize = 24;

/// Checks that enough files can be opened, so a code is not spent on a session that cannot be written.
#[cfg(unix)]
pub fn check_descriptors() -> Result<()> {
    use rustix::io::{Errno, dup};
    let mut open = Vec::with_capacity(DESCRIPTORS);
    for _ in 0..DESCRIPTORS {
        match dup(std::io::stderr()) {
            Ok(descriptor) => open.push(descriptor),
            Err(Errno::MFILE | Errno::NFILE) => {
                let message = format!("only {} more files can be opened, and updsts needs {DESCRIPTORS}", open.len());
                return Err(Error::new(
                    ErrorCode::Internal,
                    message,
                    "raise the limit with `ulimit -n 256`, then try again",
                ));
            }
            // Where standard error is closed nothing can be measured this way.
            Err(_) => break,
        }
    }
    Ok(())
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "Unix has a limit")]
pub const fn check_descriptors() -> Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cli_10_a_clock_outside_the_years_that_can_be_computed_is_an_error() {
        let at = |seconds: u64| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        let year_9999 = 253_370_764_800;
        for good in [at(0), at(1_764_000_000), at(year_9999), SystemTime::now()] {
            assert!(check_clock(good).is_ok(), "{good:?}");
        }
        // Years that some systems cannot express.
        let far = [1 << 40, 1 << 62].map(|seconds| SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds)));
        let before = SystemTime::UNIX_EPOCH - Duration::from_secs(1);
        for bad in [at(year_9999 + 365 * 86_400), before].into_iter().chain(far.into_iter().flatten()) {
            let error = check_clock(bad).unwrap_err();
            assert!(error.code() == ErrorCode::Internal && error.hint().contains("clock"), "{bad:?}");
        }
    }
}
