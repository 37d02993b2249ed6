//! The types of a session, each parsed once at the edge: code, duration, device, key, session.

use std::fmt;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use strum::{AsRefStr, EnumString};
use thiserror::Error as ThisError;

use crate::core::error::{Error, ErrorCode};
use crate::core::misplaced::is_like_a_secret;
use crate::core::secret::{ExposeSecret, SecretString};

/// A six-digit TOTP code; STS calls it `TokenCode`.
///
/// Source: <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html>
#[derive(Clone)]
pub struct TokenCode(SecretString);

impl TokenCode {
    /// Accepts six digits, also full-width ones; spaces and hyphens anywhere in the text are ignored.
    pub fn parse(text: &str) -> Result<Self, TokenCodeError> {
        // Exactly as long as it gets: a text that grows or shrinks leaves a copy of itself behind.
        let digits = || text.chars().filter(|&c| !c.is_whitespace() && !is_hyphen(c)).map(narrow);
        let mut code = String::with_capacity(digits().map(char::len_utf8).sum());
        code.extend(digits());
        let code = SecretString::from(code);
        let digits = code.expose_secret().as_bytes();
        if digits.len() == 6 && digits.iter().all(u8::is_ascii_digit) { Ok(Self(code)) } else { Err(TokenCodeError) }
    }

    /// The text without these digits.
    pub fn masked_in(&self, text: &str) -> String {
        text.replace(self.expose_secret(), "(code)")
    }

    /// The digits, only for the request.
    pub fn expose_secret(&self) -> &str {
        self.0.expose_secret()
    }
}

/// What people and apps put between the halves of a code: hyphens, full-width too, a dash, a minus sign.
fn is_hyphen(c: char) -> bool {
    matches!(c, '-' | '\u{2010}'..='\u{2013}' | '\u{2212}' | '\u{ff0d}')
}

/// A full-width digit, which East Asian input methods type, as an ASCII digit.
fn narrow(c: char) -> char {
    match u32::from(c).checked_sub(u32::from('０')).and_then(|value| char::from_digit(value, 10)) {
        Some(digit) => digit,
        None => c,
    }
}

impl PartialEq for TokenCode {
    fn eq(&self, other: &Self) -> bool {
        self.expose_secret() == other.expose_secret()
    }
}

impl Eq for TokenCode {}

impl fmt::Debug for TokenCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenCode(masked)")
    }
}

/// The text is not six digits. The error does not repeat it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ThisError)]
#[error("the code does not have six digits")]
pub struct TokenCodeError;

impl From<TokenCodeError> for Error {
    fn from(error: TokenCodeError) -> Self {
        Self::new(
            ErrorCode::Usage,
            error.to_string(),
            "enter the six digits that the MFA device shows, such as `-t 123456`",
        )
    }
}

/// How long a session lasts: 900 s to 129600 s, the limits of `GetSessionToken`.
///
/// Source: <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html>
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SessionDuration(u32);

impl SessionDuration {
    pub const MIN_SECONDS: u32 = 900;
    /// The longest session, in seconds (36 hours).
    pub const MAX_SECONDS: u32 = 129_600;
    /// The default: one hour.
    pub const DEFAULT: Self = Self(3600);

    /// Accepts seconds within the limits.
    pub fn from_seconds(seconds: u64) -> Result<Self, DurationError> {
        match u32::try_from(seconds) {
            Ok(seconds) if (Self::MIN_SECONDS..=Self::MAX_SECONDS).contains(&seconds) => Ok(Self(seconds)),
            _ => Err(DurationError::OutsideLimits),
        }
    }

    /// Accepts seconds (`3600`) or units (`90m`, `12h`, `1h30m`), within the limits.
    pub fn parse(text: &str) -> Result<Self, DurationError> {
        Self::from_seconds(parse_seconds(text)?)
    }

    pub const fn seconds(self) -> u32 {
        self.0
    }
}

/// Parses seconds (`3600`) or hours, minutes and seconds in that order (`12h`, `90m`, `1h30m`).
pub fn parse_seconds(text: &str) -> Result<u64, DurationError> {
    let text = text.trim();
    if text.bytes().all(|b| b.is_ascii_digit()) {
        return text.parse().map_err(|_| DurationError::Malformed);
    }
    // Of jiff's units and notations, only these.
    if text.contains("ms") || !text.bytes().all(|b| b.is_ascii_digit() || b"hms".contains(&b)) {
        return Err(DurationError::Malformed);
    }
    let duration: SignedDuration = text.parse().map_err(|_| DurationError::Malformed)?;
    Ok(duration.as_secs().unsigned_abs())
}

/// An invalid duration. The error does not repeat it: it may be a code in the wrong place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ThisError)]
pub enum DurationError {
    /// Neither seconds nor hours and minutes.
    #[error("the duration is neither a number of seconds nor a time")]
    Malformed,
    /// Well-formed, but shorter or longer than STS allows.
    #[error("the duration is outside the limits that AWS sets, 900 s (15m) to 129600 s (36h)")]
    OutsideLimits,
}

impl From<DurationError> for Error {
    fn from(error: DurationError) -> Self {
        let hint = "give seconds or a time such as `90m`, `12h` or `1h30m`, between 900 s and 129600 s";
        Self::new(ErrorCode::Usage, error.to_string(), hint)
    }
}

/// The AWS partition of an ARN or a region.
///
/// Source: <https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html>
#[derive(Debug, Clone, PartialEq, Eq, AsRefStr, EnumString)]
#[strum(serialize_all = "kebab-case")]
pub enum Partition {
    Aws,
    /// `GovCloud` (US).
    AwsUsGov,
    AwsCn,
    /// Any other (the isolated partitions), by its identifier.
    #[strum(default, transparent)]
    Other(String),
}

impl Partition {
    /// The identifier, as in an ARN.
    pub fn id(&self) -> &str {
        self.as_ref()
    }
}

/// The MFA device as STS expects it: the ARN of a virtual device or the serial number of a hardware device; 9 to 256
/// characters of `[\w+=/:,.@-]`.
///
/// Source: <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html>
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SerialNumber(String);

impl SerialNumber {
    /// Checks characters, length, and, for an ARN, that it names an MFA device.
    pub fn parse(text: &str) -> Result<Self, SerialNumberError> {
        if let Some(arn) = text.strip_prefix("arn:") {
            let fields: Vec<&str> = arn.splitn(5, ':').collect();
            match fields[..] {
                [_, "iam", _, _, resource] if resource.starts_with("mfa/") && resource.len() > 4 => {}
                [_, "iam", _, _, resource] if resource.starts_with("user/") => return Err(SerialNumberError::UserArn),
                [_, "iam", _, _, resource] if resource.starts_with("u2f/") => {
                    return Err(SerialNumberError::SecurityKey);
                }
                _ => return Err(SerialNumberError::NotMfaArn),
            }
        }
        let allowed = |c: char| c.is_ascii_alphanumeric() || "_+=/:,.@-".contains(c);
        if !(9..=256).contains(&text.len()) || !text.chars().all(allowed) || is_like_a_secret(text.as_bytes()) {
            return Err(SerialNumberError::Malformed);
        }
        Ok(Self(text.to_owned()))
    }

    /// The text that goes into the request.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The account, if the device is given by an ARN.
    pub fn account(&self) -> Option<&str> {
        self.0.strip_prefix("arn:")?.split(':').nth(3)
    }

    /// The partition, if the device is given by an ARN.
    pub fn partition(&self) -> Option<Partition> {
        self.0.strip_prefix("arn:")?.split(':').next().map(Partition::from)
    }
}

/// A device that STS would refuse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ThisError)]
pub enum SerialNumberError {
    /// The ARN of the user instead of the device.
    #[error("is the ARN of a user, not of an MFA device")]
    UserArn,
    /// A FIDO security key cannot give codes.
    #[error("is a FIDO security key or passkey, which gives no codes")]
    SecurityKey,
    #[error("is an ARN, but not of an MFA device")]
    NotMfaArn,
    /// Neither an ARN nor a serial number.
    #[error("is neither the ARN nor the serial number of an MFA device")]
    Malformed,
}

/// A long-term access key.
#[derive(Debug, Clone)]
pub struct AccessKey {
    /// `AKIA…`; not a secret.
    pub id: String,
    pub secret: SecretString,
}

/// The result of `GetSessionToken`.
#[derive(Debug, Clone)]
pub struct SessionCredentials {
    /// `ASIA…`; not a secret.
    pub access_key_id: String,
    pub secret_access_key: SecretString,
    pub session_token: SecretString,
    /// When AWS stops accepting the session.
    pub expiration: Timestamp,
}

impl SessionCredentials {
    /// How long the session is still valid at `now`; zero once expired.
    pub fn time_left(&self, now: Timestamp) -> Duration {
        let seconds = self.expiration.as_second().saturating_sub(now.as_second());
        Duration::from_secs(u64::try_from(seconds).unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn get_5_c35_spaces_and_hyphens_are_ignored_and_full_width_digits_are_digits() {
        for good in [
            " 123 456\n",
            "123-456",
            "１２３４５６",
            "１２３　４５６",
            "1２3 - 4５6",
            "123\u{2013}456",
            "１２３－４５６",
        ] {
            assert_eq!(
                TokenCode::parse(good).map(|code| code.expose_secret().to_owned()),
                Ok("123456".into()),
                "{good}"
            );
        }
        for bad in ["", "12345", "1234567", "12345a", "-12345", "123_456", "123.456", "١٢٣٤٥٦", "１２３４５"]
        {
            assert!(TokenCode::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_code_is_never_shown() {
        assert_eq!(format!("{:?}", TokenCode::parse("123456").unwrap()), "TokenCode(masked)");
    }

    #[test]
    fn cli_11_durations_take_seconds_and_units() {
        for (text, seconds) in
            [("3600", 3600), ("90m", 5400), ("12h", 43200), ("1h30m", 5400), ("1h0m30s", 3630), (" 900 ", 900)]
        {
            assert_eq!(parse_seconds(text), Ok(seconds), "{text}");
        }
        for text in [
            "",
            "h",
            "1h30",
            "30m1h",
            "1.5h",
            "-900",
            "+900",
            "1 h",
            "99999999999999999999",
            "9999999999999999999h",
            "m5",
            "5ms",
            "1hm",
        ] {
            assert!(matches!(parse_seconds(text), Err(DurationError::Malformed)), "{text}");
        }
    }

    #[test]
    fn cli_11_a_duration_outside_the_limits_is_refused() {
        assert_eq!(SessionDuration::parse("900").unwrap().seconds(), 900);
        assert_eq!(SessionDuration::parse("36h").unwrap().seconds(), 129_600);
        for text in ["0", "5", "899", "129601", "99h", "4294967296"] {
            assert!(matches!(SessionDuration::parse(text), Err(DurationError::OutsideLimits)), "{text}");
        }
    }

    #[test]
    fn get_2_a_device_is_an_mfa_arn_or_a_serial_number() {
        for good in ["arn:aws:iam::123456789012:mfa/user", "arn:aws-cn:iam::123456789012:mfa/a@b", "GAHT12345678"] {
            assert_eq!(SerialNumber::parse(good).map(|device| device.as_str().to_owned()), Ok(good.to_owned()));
        }
        let refused = |text| SerialNumber::parse(text).unwrap_err();
        assert_eq!(refused("arn:aws:iam::123456789012:user/me"), SerialNumberError::UserArn);
        assert_eq!(refused("arn:aws:iam::123456789012:u2f/user/me/x"), SerialNumberError::SecurityKey);
        assert_eq!(refused("arn:aws:iam::123456789012:mfa/"), SerialNumberError::NotMfaArn);
        assert_eq!(refused("arn:aws:sts::123456789012:mfa/x"), SerialNumberError::NotMfaArn);
        assert_eq!(refused("short"), SerialNumberError::Malformed);
        assert_eq!(refused("with a blank in it"), SerialNumberError::Malformed);
        assert_eq!(refused("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"), SerialNumberError::Malformed);
    }

    #[test]
    fn get_8_a_device_arn_names_its_partition() {
        let partition = |text| SerialNumber::parse(text).unwrap().partition();
        assert_eq!(partition("arn:aws-us-gov:iam::123456789012:mfa/user"), Some(Partition::AwsUsGov));
        assert_eq!(partition("GAHT12345678"), None);
    }
}
