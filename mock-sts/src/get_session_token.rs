//! The input of `GetSessionToken`, validated as AWS does.

use crate::constraints::Violations;
use crate::mfa::MfaInput;
use crate::parameters::Parameters;
use crate::refusal::Refusal;

/// In seconds; see `GetSessionToken` in the AWS STS API reference.
const SHORTEST: i32 = 900;
const LONGEST: i32 = 129_600;
const DEFAULT: i32 = 43_200;
/// Sessions of an account's root user are silently capped at this.
const LONGEST_OF_ROOT: i32 = 3_600;

/// A valid input.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct GetSessionTokenInput<'a> {
    duration_seconds: i32,
    pub(crate) mfa: MfaInput<'a>,
}

impl<'a> GetSessionTokenInput<'a> {
    /// # Errors
    ///
    /// `ValidationError` with every violated constraint, in AWS's words.
    pub(crate) fn of(parameters: &'a Parameters<'_>) -> Result<Self, Refusal> {
        let mut violations = Violations::default();
        let duration_seconds = match parameters.get("DurationSeconds") {
            None => DEFAULT,
            Some(text) => violations.duration(text, SHORTEST, LONGEST),
        };
        let mfa = MfaInput::of(parameters, &mut violations);
        violations.into_result()?;
        Ok(Self { duration_seconds, mfa })
    }

    /// The duration of the session, in seconds.
    pub(crate) fn duration_seconds(&self, root: bool) -> i64 {
        i64::from(if root { self.duration_seconds.min(LONGEST_OF_ROOT) } else { self.duration_seconds })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERIAL: &str = "arn:aws:iam::123456789012:mfa/user";

    fn message(form: &str) -> String {
        let parameters = Parameters::of_form(form.as_bytes());
        let refusal = GetSessionTokenInput::of(&parameters).unwrap_err();
        assert_eq!((refusal.code.as_ref(), refusal.status), ("ValidationError", 400));
        refusal.message.into_owned()
    }

    #[test]
    fn the_limits_themselves_are_good() {
        let longest = "a".repeat(256);
        for (duration, serial) in [("900", "123456789"), ("129600", longest.as_str()), ("43200", SERIAL)] {
            let form = format!("DurationSeconds={duration}&SerialNumber={serial}&TokenCode=000000");
            let parameters = Parameters::of_form(form.as_bytes());
            let input = GetSessionTokenInput::of(&parameters).unwrap();
            assert_eq!(input.duration_seconds(false).to_string(), duration);
            assert_eq!((input.mfa.serial_number, input.mfa.token_code), (Some(serial), Some("000000")));
        }
    }

    #[test]
    fn a_root_has_an_hour_at_most_and_others_twelve_by_default() {
        let parameters = Parameters::of_form(b"");
        let input = GetSessionTokenInput::of(&parameters).unwrap();
        assert_eq!((input.duration_seconds(false), input.duration_seconds(true)), (43_200, 3_600));
        let parameters = Parameters::of_form(b"DurationSeconds=900");
        assert_eq!(GetSessionTokenInput::of(&parameters).unwrap().duration_seconds(true), 900);
    }

    #[test]
    fn one_violation_is_told_in_the_words_of_aws() {
        let prefix = "1 validation error detected: Value ";
        let failed = "failed to satisfy constraint: Member must";
        for (form, expected) in [
            (
                "DurationSeconds=600",
                format!("'600' at 'durationSeconds' {failed} have value greater than or equal to 900"),
            ),
            (
                "DurationSeconds=129601",
                format!("'129601' at 'durationSeconds' {failed} have value less than or equal to 129600"),
            ),
            ("DurationSeconds=1h", format!("'1h' at 'durationSeconds' {failed} be an integer")),
            (
                "SerialNumber=12345678",
                format!("'12345678' at 'serialNumber' {failed} have length greater than or equal to 9"),
            ),
            (
                "SerialNumber=a%20b345678",
                format!("'a b345678' at 'serialNumber' {failed} satisfy regular expression pattern: [\\w+=/:,.@-]*"),
            ),
            ("TokenCode=1234567", format!("'1234567' at 'tokenCode' {failed} have length less than or equal to 6")),
            (
                "TokenCode=12345x",
                format!("'12345x' at 'tokenCode' {failed} satisfy regular expression pattern: [\\d]*"),
            ),
        ] {
            assert_eq!(message(form), format!("{prefix}{expected}"));
        }
        let long = "a".repeat(257);
        assert!(message(&format!("SerialNumber={long}")).ends_with("have length less than or equal to 256"));
    }

    #[test]
    fn several_violations_are_told_together() {
        let message = message("DurationSeconds=899&SerialNumber=&TokenCode=x");
        assert!(message.starts_with("4 validation errors detected: Value '899' at 'durationSeconds' "), "{message}");
        assert!(message.contains("; Value '' at 'serialNumber' ") && message.contains("; Value 'x' at 'tokenCode' "));
    }
}
