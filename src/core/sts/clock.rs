//! How far the local clock is off, in words.

use jiff::SignedDuration;

/// From this difference on it is worth a word: 30 s, measured by a `Date` that has whole seconds.
const NOTABLE: SignedDuration = SignedDuration::from_millis(29_500);

/// The measured difference: in seconds below two minutes, else in minutes; `None` if it is not worth a word. `ahead` is how
/// far AWS's clock is ahead.
pub(super) fn in_words(ahead: SignedDuration) -> Option<String> {
    if (ahead + SignedDuration::from_millis(500)).abs() < NOTABLE {
        return None;
    }
    let seconds = ahead.as_secs().unsigned_abs();
    let amount = if seconds < 120 { format!("{seconds} s") } else { format!("{} min", (seconds + 30) / 60) };
    let direction = if ahead.is_negative() { "ahead of" } else { "behind" };
    Some(format!("the local clock is {amount} {direction} AWS"))
}

/// The warning about a clock that is off although AWS took the request.
pub(super) fn clock_warning(ahead: SignedDuration) -> Option<String> {
    Some(format!("{}; `list` and `export` go by it, so set it, for example by NTP", in_words(ahead)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn get_13_a_clock_that_is_off_by_30_s_is_worth_a_warning() {
        for (seconds, text) in [
            (28, None),
            (-29, None),
            (30, Some("the local clock is 30 s behind AWS;")),
            (-30, Some("the local clock is 30 s ahead of AWS;")),
            (-3600, Some("the local clock is 60 min ahead of AWS;")),
        ] {
            let warning = clock_warning(SignedDuration::from_secs(seconds));
            assert_eq!(warning.is_some(), text.is_some(), "{seconds}");
            assert!(warning.unwrap_or_default().starts_with(text.unwrap_or_default()), "{seconds}");
        }
    }
}
