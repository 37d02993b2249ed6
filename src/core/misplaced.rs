//! Secrets in the place of something else: whoever pastes one into the wrong line must not see it everywhere (FILE-2).

use crate::core::text::shown;

/// What is shown instead.
pub const MALFORMED: &str = "(malformed)";

/// A value of the file for display; not if it looks like a secret.
pub fn shown_value(value: &[u8]) -> String {
    if is_like_a_secret(value) { MALFORMED.to_owned() } else { shown(value) }
}

/// The id of a key for display. An id has 16 to 128 capital letters and digits, so only a long one can be a seed.
///
/// Source: <https://docs.aws.amazon.com/IAM/latest/APIReference/API_AccessKey.html>
pub fn shown_key_id(id: &[u8]) -> String {
    let is_word = id.iter().all(|&b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
    let is_id = is_word && id.len() < 26 && !id.iter().any(u8::is_ascii_lowercase);
    if is_id || (is_word && !is_like_a_secret(id)) { shown(id) } else { MALFORMED.to_owned() }
}

/// Whether the value is probably a secret access key, a session token, or the seed of a TOTP device.
pub fn is_like_a_secret(value: &[u8]) -> bool {
    let value = value.trim_ascii();
    is_key_or_token(value) || is_seed(value)
}

/// A secret access key has 40 characters of Base64, a session token some hundred. Names of that length have separators.
fn is_key_or_token(value: &[u8]) -> bool {
    let is_base64 = value.iter().all(|&b| b.is_ascii_alphanumeric() || b"+/=".contains(&b));
    let has = |kind: fn(&u8) -> bool| value.iter().any(kind);
    let is_mixed = has(u8::is_ascii_digit) || (has(u8::is_ascii_uppercase) && value.len() == 40);
    is_base64 && value.len() >= 32 && is_mixed
}

/// Base32, as a key URI or in the groups in which it is read out; hexadecimal is long enough for [`is_key_or_token`].
///
/// A name of one word may be Base32, too: `AWS`, `github`, `AWSPRODUCTION2`. But it does not go on after its digits, and
/// one of small letters, which are more often names, not after the second of them.
fn is_seed(value: &[u8]) -> bool {
    if value.to_ascii_lowercase().starts_with(b"otpauth:") {
        return true;
    }
    let seed: Vec<u8> = value.iter().copied().filter(|&b| b != b' ' && b != b'=').collect();
    let is_base32 = |is_letter: fn(&u8) -> bool| seed.iter().all(|b| is_letter(b) || (b'2'..=b'7').contains(b));
    let words_after_digits =
        seed.windows(2).filter(|pair| pair[0].is_ascii_digit() && !pair[1].is_ascii_digit()).count();
    let enough = match seed.len() {
        0..16 => return false,
        16..32 if is_base32(u8::is_ascii_uppercase) => 1,
        16..32 => 2,
        _ => 0,
    };
    words_after_digits >= enough && (is_base32(u8::is_ascii_uppercase) || is_base32(u8::is_ascii_lowercase))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_2_keys_tokens_and_seeds_look_like_secrets() {
        let token = "IQoJb3JpZ2luX2VjEXAMPLE//////////wEaCXVzLWVhc3QtMSJHMEUCIQD".repeat(6);
        for secret in [
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            "wJalrXUtnFEMIxK7MDENGxbPxRfiCYEXAMPLEKEY",
            &token,
            "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
            "JBSWY3DPEHPK3PXP",
            "jbsw y3dp ehpk 3pxp",
            "jbswy3dpehpk3pxpjbswy3dpehpk3pxp",
            "JBSWY3DPEHPK3PXP======",
            "3132333435363738393031323334353637383930",
            "otpauth://totp/AWS:me?secret=JBSWY3DPEHPK3PXP",
            "OTPAUTH://totp/x",
        ] {
            assert_eq!(shown_value(secret.as_bytes()), MALFORMED, "{secret}");
        }
    }

    #[test]
    fn file_2_names_devices_and_expiries_are_shown() {
        for value in [
            "aws-prod",
            "AWS",
            "github",
            "AWSPRODUCTION2",
            "AWSPRODUCTIONACCOUNT2",
            "PRODUCTIONMASTER",
            "awsproductionaccount2",
            "team3productionaccount",
            "my work account at amazon",
            "MyCompany-Production-Account-2025-main",
            "MyCompanyProductionAccountOfTheMainTeam",
            "arn:aws:iam::123456789012:mfa/user",
            "arn:aws:iam::123456789012:mfa/JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
            "GAHT12345678",
            "2025-10-05T15:30:00+09:00",
            "123456",
            "us-east-1",
            "",
        ] {
            assert_eq!(shown_value(value.as_bytes()), value);
        }
    }

    #[test]
    fn file_2_an_id_of_a_key_is_shown_and_a_secret_in_its_place_is_not() {
        for id in ["AKIAIOSFODNN7EXAMPLE", "ASIAQWERTYUI2345ABCD", "test", "LKIAQAAAAAAAC5OMXNRR", "my_key-1"] {
            assert_eq!(shown_key_id(id.as_bytes()), id);
        }
        for secret in [
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            "wJalrXUtnFEMIxK7MDENGxbPxRfiCYEXAMPLEKEY",
            "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
            "with blank",
        ] {
            assert_eq!(shown_key_id(secret.as_bytes()), MALFORMED, "{secret}");
        }
    }
}
