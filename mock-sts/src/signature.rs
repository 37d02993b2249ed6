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
    hex::encode(Sha256::digest(bytes))
}

#[cfg(test)]
mod tests {
    use wiremock::http::{HeaderName, HeaderValue};

    use super::*;

    const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

    /// A request of AWS's documentation and of its test suite: key `AKIDEXAMPLE`, 30 August 2015, 12:36 UTC.
    struct Example {
        request: Request,
        service: &'static str,
        signed_headers: &'static str,
    }

    impl Example {
        fn new(method: &str, url: &str, headers: &[(&'static str, &'static str)]) -> Self {
            let mut request = Request {
                url: url.parse().unwrap(),
                method: method.parse().unwrap(),
                headers: HeaderMap::new(),
                body: Vec::new(),
            };
            request
                .headers
                .insert("x-amz-date", HeaderValue::from_static("20150830T123600Z"));
            for (name, value) in headers {
                request
                    .headers
                    .append(HeaderName::from_static(name), HeaderValue::from_static(value));
            }
            Self {
                request,
                service: "service",
                signed_headers: "host;x-amz-date",
            }
        }

        fn check(&self, signature: &str) -> Result<(), Refusal> {
            let Self {
                request,
                service,
                signed_headers,
            } = self;
            let mut request = request.clone();
            request.headers.insert(
                "authorization",
                format!(
                    "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/{service}/aws4_request, \
                     SignedHeaders={signed_headers}, Signature={signature}"
                )
                .parse()
                .unwrap(),
            );
            let authorization = Authorization::of(&request.headers).unwrap();
            let time = RequestTime::of(&request.headers).unwrap();
            check_signature(&authorization, &time, SECRET, &request)
        }
    }

    #[test]
    fn verifies_the_documented_example() {
        let example = Example {
            service: "iam",
            signed_headers: "content-type;host;x-amz-date",
            ..Example::new(
                "GET",
                "https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08",
                &[
                    ("host", "iam.amazonaws.com"),
                    ("content-type", "application/x-www-form-urlencoded; charset=utf-8"),
                ],
            )
        };
        let signature = "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7";
        assert_eq!(example.check(signature), Ok(()));
        assert_eq!(
            example.check(&signature.replace('5', "6")),
            Err(Refusal::wrong_signature())
        );
        assert_eq!(example.check(&signature[..63]), Err(Refusal::wrong_signature()));
    }

    #[test]
    fn verifies_requests_of_the_test_suite() {
        let host = ("host", "example.amazonaws.com");
        let vanilla = Example::new("GET", "https://example.amazonaws.com/", &[host]);
        let query = "https://example.amazonaws.com/?Param2=value2&Param1=value1";
        let order = Example::new("GET", query, &[host]);
        let trim = Example {
            signed_headers: "host;my-header1;my-header2;x-amz-date",
            ..Example::new(
                "GET",
                "https://example.amazonaws.com/",
                &[host, ("my-header1", "value1"), ("my-header2", "\"a   b   c\"")],
            )
        };
        let mut form = Example {
            signed_headers: "content-type;host;x-amz-date",
            ..Example::new(
                "POST",
                "https://example.amazonaws.com/",
                &[host, ("content-type", "application/x-www-form-urlencoded")],
            )
        };
        form.request.body = b"Param1=value1".to_vec();
        for (example, signature) in [
            (
                vanilla,
                "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
            ),
            (
                order,
                "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
            ),
            (trim, "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"),
            (form, "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"),
        ] {
            assert_eq!(example.check(signature), Ok(()), "{}", example.request.url);
        }
    }

    #[test]
    fn queries_are_encoded_strictly_and_sorted() {
        assert_eq!(
            canonical_query("b=2&a=x%20y&a=%7e&c&d=1+2&e=a=b&&"),
            "a=x%20y&a=~&b=2&c=&d=1%2B2&e=a%3Db"
        );
    }

    #[test]
    fn regions_have_a_form() {
        for region in [
            "us-east-1",
            "us-gov-west-1",
            "ap-northeast-3",
            "aws-global",
            "cn-north-1",
        ] {
            assert!(is_region(region), "{region}");
        }
        for text in [
            "",
            "-",
            "1",
            "us",
            "us-east",
            "us--1",
            "US-EAST-1",
            "us-east-1a",
            "us east-1",
        ] {
            assert!(!is_region(text), "{text}");
        }
    }

    #[test]
    fn the_clock_is_five_minutes_wide() {
        let now: Timestamp = "2026-11-23T18:00:00Z".parse().unwrap();
        let check = |text: &str| {
            let timestamp = text.parse().unwrap();
            RequestTime {
                text: basic(timestamp),
                timestamp,
            }
            .check(now)
            .map_err(|refusal| refusal.message)
        };
        assert_eq!(check("2026-11-23T17:55:00Z"), Ok(()));
        assert_eq!(check("2026-11-23T18:05:00Z"), Ok(()));
        assert_eq!(
            check("2026-11-23T17:54:59Z").unwrap_err(),
            "Signature expired: 20261123T175459Z is now earlier than 20261123T175500Z (20261123T180000Z - 5 min.)"
        );
        assert_eq!(
            check("2026-11-23T18:05:01Z").unwrap_err(),
            "Signature not yet current: 20261123T180501Z is still later than 20261123T180500Z \
             (20261123T180000Z + 5 min.)"
        );
    }

    #[test]
    fn the_date_header_stands_in_for_its_own_and_nonsense_is_named() {
        let time = |name: &'static str, value: &'static str| {
            let headers = HeaderMap::from_iter([(HeaderName::from_static(name), HeaderValue::from_static(value))]);
            RequestTime::of(&headers)
                .map(|time| time.text)
                .map_err(|refusal| refusal.message.into_owned())
        };
        assert_eq!(
            time("date", "Mon, 23 Nov 2026 18:00:00 GMT").unwrap(),
            "20261123T180000Z"
        );
        for text in ["", "2026-11-23T18:00:00Z", "20261123", "20261399T000000Z"] {
            let message = time("x-amz-date", text).unwrap_err();
            assert!(
                message.starts_with(&format!("Date must be in ISO-8601 'basic format'. Got '{text}'.")),
                "{message}"
            );
        }
        assert!(
            time("host", "x")
                .unwrap_err()
                .contains("existence of either a 'X-Amz-Date' or a 'Date' header")
        );
    }
}
