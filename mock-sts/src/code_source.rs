//! The codes of MFA devices.

use std::fmt;
use std::str::FromStr;

use totp_rs::{Secret, Totp};

use crate::DEFAULT_TOKEN_CODE;

/// What an MFA device shows: a fixed code, or the codes of a TOTP secret.
#[derive(Clone, PartialEq, Eq)]
pub enum CodeSource {
    /// Always the same code; it is valid only once with [`Builder::one_use_codes`](crate::Builder::one_use_codes).
    Fixed(String),
    /// Time-based codes (RFC 6238): six digits, 30-second steps, one step of tolerance, each valid once.
    Totp(TotpSecret),
}

impl Default for CodeSource {
    fn default() -> Self {
        Self::Fixed(DEFAULT_TOKEN_CODE.to_owned())
    }
}

impl fmt::Debug for CodeSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fixed(_) => "Fixed(…)",
            Self::Totp(_) => "Totp(…)",
        })
    }
}

impl CodeSource {
    /// The code that the device shows at `unix_seconds`.
    pub(crate) fn code_at(&self, unix_seconds: u64) -> String {
        match self {
            Self::Fixed(code) => code.clone(),
            Self::Totp(secret) => secret.totp().generate(unix_seconds).to_string(),
        }
    }
}

/// The secret of a virtual MFA device as AWS shows it: Base32 (RFC 4648) in any case; whitespace and padding are
/// ignored.
#[derive(Clone, PartialEq, Eq)]
pub struct TotpSecret(Secret);

/// The text is empty or not Base32.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a TOTP secret: Base32 (letters A to Z and digits 2 to 7) is required")]
pub struct InvalidTotpSecret;

impl FromStr for TotpSecret {
    type Err = InvalidTotpSecret;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let base32: String =
            text.chars().filter(|c| !c.is_whitespace() && *c != '=').map(|c| c.to_ascii_uppercase()).collect();
        match Secret::try_from_base32(base32) {
            Ok(secret) if !secret.as_bytes().is_empty() => Ok(Self(secret)),
            _ => Err(InvalidTotpSecret),
        }
    }
}

impl fmt::Debug for TotpSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TotpSecret(…)")
    }
}

impl TotpSecret {
    /// AWS's parameters: SHA-1, six digits, 30-second steps. Secrets shorter than RFC 4226 requires are accepted,
    /// because examples often use them.
    pub(crate) fn totp(&self) -> Totp {
        totp_rs::Builder::new().with_secret(self.0.clone()).build_noncompliant()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_the_codes_of_rfc_6238_cut_to_six_digits() {
        let source = CodeSource::Totp("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ".parse().unwrap());
        assert_eq!(source.code_at(59), "287082");
        assert_eq!(source.code_at(1_111_111_109), "081804");
        assert_eq!(source.code_at(20_000_000_000), "353130");
    }

    #[test]
    fn takes_a_secret_in_any_case_with_blanks_and_padding() {
        let plain: TotpSecret = "JBSWY3DPEHPK3PXP".parse().unwrap();
        assert_eq!("jbsw y3dp ehpk 3pxp==".parse(), Ok(plain));
    }

    #[test]
    fn refuses_what_is_no_base32() {
        for text in ["", "  ", "====", "JBSWY3DP1", "naïve"] {
            assert_eq!(text.parse::<TotpSecret>(), Err(InvalidTotpSecret), "{text:?}");
        }
    }
}
