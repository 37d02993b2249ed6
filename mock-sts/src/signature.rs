//! Verifies Signature Version 4 on the request as it was sent.

use std::time::{Duration, UNIX_EPOCH};

use aws_sigv4::sign::v4::{calculate_signature, generate_signing_key};
use jiff::civil::DateTime;
use jiff::fmt::rfc2822::DateTimeParser;
use jiff::fmt::strtime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode, utf8_percent_encode};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq as _;
use wiremock::Request;
use wiremock::http::HeaderMap;

use crate::authorization::{ALGORITHM, Authorization, Scope};
use crate::clock::unix_seconds;
use crate::refusal::Refusal;

const SERVICE: &str = "sts";
const TERMINATOR: &str = "aws4_request";
/// How far the request's time may be from the mock's, in seconds.
const TOLERANCE_SECONDS: i64 = 5 * 60;
/// ISO 8601, basic format.
const BASIC_FORMAT: &str = "%Y%m%dT%H%M%SZ";
/// Everything but the unreserved characters of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// The path of services other than S3 is encoded a second time, slashes excepted.
const RESERVED_IN_PATH: &AsciiSet = &RESERVED.remove(b'/');

/// Checks everything about a signature that needs no secret: scope, date, clock.
///
/// # Errors
///
/// `IncompleteSignature` without a readable date, else `SignatureDoesNotMatch` with AWS's reason.
pub(crate) fn check_scope(
    authorization: &Authorization,
    headers: &HeaderMap,
    now: Timestamp,
) -> Result<RequestTime, Refusal> {
    let Scope {
        date,
        region,
        service,
        terminator,
    } = &authorization.scope;
    let time = RequestTime::of(headers)?;
    if !is_region(region) {
        return Err(Refusal::signature("Credential should be scoped to a valid region. "));
    }
    if service != SERVICE {
        return Err(Refusal::signature(format!(
            "Credential should be scoped to correct service: '{SERVICE}'. "
        )));
    }
    if terminator != TERMINATOR {
        return Err(Refusal::signature(format!(
            "Credential should be scoped with a valid terminator: '{TERMINATOR}', not '{terminator}'."
        )));
    }
    let day = &time.text[..8];
    if date != day {
        return Err(Refusal::signature(format!(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: \
             '{date}' != '{day}', from '{}'.",
            time.text
        )));
    }
    if !authorization
        .signed_headers
        .iter()
        .any(|name| name == "host" || name == ":authority")
    {
        return Err(Refusal::signature(
            "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
        ));
    }
    time.check(now)?;
    Ok(time)
}

/// Compares the request's signature, in constant time, with the one that the secret gives.
///
/// # Errors
///
/// `SignatureDoesNotMatch`.
pub(crate) fn check_signature(
    authorization: &Authorization,
    time: &RequestTime,
    secret_access_key: &str,
    request: &Request,
) -> Result<(), Refusal> {
    let body_hash = hex_sha256(&request.body);
    let declared = request.headers.get("x-amz-content-sha256");
    if declared.is_some_and(|declared| declared.as_bytes() != body_hash.as_bytes()) {
        return Err(Refusal::wrong_signature());
    }

    let Scope {
        date,
        region,
        service,
        terminator,
    } = &authorization.scope;
    let canonical_request = canonical_request(request, &authorization.signed_headers, &body_hash);
    let string_to_sign = format!(
        "{ALGORITHM}\n{}\n{date}/{region}/{service}/{terminator}\n{}",
        time.text,
        hex_sha256(&canonical_request)
    );
    let day = UNIX_EPOCH + Duration::from_secs(unix_seconds(time.timestamp));
    let signing_key = generate_signing_key(secret_access_key, day, region, service);
    let expected = calculate_signature(signing_key, string_to_sign.as_bytes());
    if bool::from(expected.as_bytes().ct_eq(authorization.signature.as_bytes())) {
        Ok(())
    } else {
        Err(Refusal::wrong_signature())
    }
}

/// When a request says that it was signed.
#[derive(Debug)]
pub(crate) struct RequestTime {
    /// `20261123T181945Z`
    text: String,
    timestamp: Timestamp,
}

impl RequestTime {
    /// `X-Amz-Date`, else `Date`.
    fn of(headers: &HeaderMap) -> Result<Self, Refusal> {
        let text = |name| {
            headers
                .get(name)
                .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
        };
        let (given, timestamp) = if let Some(given) = text("x-amz-date") {
            let timestamp = DateTime::strptime(BASIC_FORMAT, &given)
                .ok()
                .and_then(|time| TimeZone::UTC.to_timestamp(time).ok());
            (given, timestamp)
        } else if let Some(given) = text("date") {
            let timestamp = DateTimeParser::new().parse_timestamp(&given).ok();
            (given, timestamp)
        } else {
            return Err(Refusal::incomplete_signature(
                "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.".to_owned(),
            ));
        };
        match timestamp {
            Some(timestamp) => Ok(Self {
                text: basic(timestamp),
                timestamp,
            }),
            None => Err(Refusal::incomplete_signature(format!(
                "Date must be in ISO-8601 'basic format'. Got '{given}'. See http://en.wikipedia.org/wiki/ISO_8601"
            ))),
        }
    }

    fn check(&self, now: Timestamp) -> Result<(), Refusal> {
        let tolerance = SignedDuration::from_secs(TOLERANCE_SECONDS);
        let earliest = now.checked_sub(tolerance).unwrap_or(Timestamp::MIN);
        let latest = now.checked_add(tolerance).unwrap_or(Timestamp::MAX);
        let (text, now) = (&self.text, basic(now));
        if self.timestamp < earliest {
            let earliest = basic(earliest);
            return Err(Refusal::signature(format!(
                "Signature expired: {text} is now earlier than {earliest} ({now} - 5 min.)"
            )));
        }
        if self.timestamp > latest {
            let latest = basic(latest);
            return Err(Refusal::signature(format!(
                "Signature not yet current: {text} is still later than {latest} ({now} + 5 min.)"
            )));
        }
        Ok(())
    }
}

fn basic(time: Timestamp) -> String {
    strtime::format(BASIC_FORMAT, time).unwrap_or_default()
}

/// `us-east-1`, `us-gov-west-1`, and the SDKs' `aws-global`.
fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [words @ .., last] = parts.as_slice() else {
        return false;
    };
    let is_word = |word: &&str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase());
    let is_number = !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit());
    !words.is_empty() && words.iter().all(is_word) && (is_number || *last == "global")
}

/// Source: IAM user guide, "Create a canonical request".
fn canonical_request(request: &Request, signed_headers: &[String], body_hash: &str) -> Vec<u8> {
    let mut canonical = Vec::new();
    canonical.extend_from_slice(request.method.as_str().as_bytes());
    canonical.push(b'\n');
    canonical.extend(utf8_percent_encode(request.url.path(), RESERVED_IN_PATH).flat_map(str::bytes));
    canonical.push(b'\n');
    canonical.extend_from_slice(canonical_query(request.url.query().unwrap_or_default()).as_bytes());
    canonical.push(b'\n');
    for name in signed_headers {
        canonical.extend_from_slice(name.as_bytes());
        canonical.push(b':');
        canonical.extend(canonical_header(request, name));
        canonical.push(b'\n');
    }
    canonical.push(b'\n');
    canonical.extend_from_slice(signed_headers.join(";").as_bytes());
    canonical.push(b'\n');
    canonical.extend_from_slice(body_hash.as_bytes());
    canonical
}

fn canonical_query(query: &str) -> String {
    // A `+` is a plus sign here, not a blank: only forms use it so.
    let encode = |text: &str| percent_encode(&percent_decode_str(text).collect::<Vec<u8>>(), RESERVED).to_string();
    let mut pairs: Vec<(String, String)> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (encode(name), encode(value)))
        .collect();
    pairs.sort();
    let pairs: Vec<String> = pairs
        .into_iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    pairs.join("&")
}

/// Values trimmed, runs of blanks made one, several values joined by commas.
fn canonical_header(request: &Request, name: &str) -> Vec<u8> {
    let mut values: Vec<Vec<u8>> = request
        .headers
        .get_all(name)
        .iter()
        .map(|value| squeeze(value.as_bytes()))
        .collect();
    if values.is_empty() && name == "host" {
        // HTTP/2 has no `Host`, but an authority.
        values.push(request.url.authority().as_bytes().to_vec());
    }
    values.join(b",".as_slice())
}

fn squeeze(value: &[u8]) -> Vec<u8> {
    let words: Vec<&[u8]> = value
        .split(|byte| matches!(byte, b' ' | b'\t'))
        .filter(|word| !word.is_empty())
        .collect();
    words.join(b" ".as_slice())
}

fn hex_sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
