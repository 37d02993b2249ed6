//! How far the local clock is off, in words.

use jiff::SignedDuration;

/// From this difference on it is worth a warning.
const NOTABLE: SignedDuration = SignedDuration::from_secs(30);

/// The measured difference: in seconds below two minutes, else in minutes.
pub(super) fn in_words(ahead: Option<SignedDuration>) -> String {
    let Some(ahead) = ahead else {
        return "the local clock is off by more than 5 min".to_owned();
    };
    let seconds = ahead.as_secs().unsigned_abs();
    let amount = if seconds < 120 { format!("{seconds} s") } else { format!("{} min", (seconds + 30) / 60) };
    let direction = if ahead.is_negative() { "ahead of" } else { "behind" };
    format!("the local clock is {amount} {direction} AWS")
}

/// The warning about a clock that is off although AWS took the request. `ahead` is how far AWS's clock is ahead.
pub(super) fn clock_warning(ahead: SignedDuration) -> Option<String> {
    let consequence = "`list` and `export` go by it, so set it (NTP does)";
    (ahead.abs() >= NOTABLE).then(|| format!("{}; {consequence}", in_words(Some(ahead))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn get_13_a_clock_that_is_off_by_30_s_is_worth_a_warning() {
        for (seconds, text) in [
            (29, None),
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
