//! Verifies Signature Version 4 on the request as it was sent.

use std::time::{Duration, UNIX_EPOCH};

use aws_sigv4::sign::v4::{calculate_signature, generate_signing_key};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq as _;
use wiremock::Request;
use wiremock::http::HeaderMap;

use crate::api::Api;
use crate::authorization::{ALGORITHM, Authorization, Scope};
use crate::canonical_request::canonical_request;
use crate::clock::unix_seconds;
use crate::refusal::Refusal;
use crate::region::partition_of;
use crate::request_time::RequestTime;

const TERMINATOR: &str = "aws4_request";
/// How long after its date a request is taken.
const MINUTES: i64 = 5;
const MINUTES_OF_PRESIGNED: i64 = 15;

/// Checks everything about a signature that needs no secret: scope, date, clock.
///
/// # Errors
///
/// `IncompleteSignature` if there is no readable date, else `SignatureDoesNotMatch` with AWS's reason.
pub(crate) fn check_scope(
    authorization: &Authorization,
    headers: &HeaderMap,
    now: Timestamp,
) -> Result<RequestTime, Refusal> {
    let Scope { date, region, service, terminator } = &authorization.scope;
    let date_in_query = authorization.in_query.as_ref().map(|in_query| in_query.date.as_str());
    let time = RequestTime::of(date_in_query, headers)?;
    if partition_of(region).is_none() {
        return Err(Refusal::signature("Credential should be scoped to a valid region. "));
    }
    if Api::of(service).is_none() {
        return Err(Refusal::signature("Credential should be scoped to correct service: 'sts'. "));
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
    if !authorization.signed_headers.iter().any(|name| name.eq_ignore_ascii_case("host")) {
        return Err(Refusal::signature("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."));
    }
    time.check(now, if date_in_query.is_some() { MINUTES_OF_PRESIGNED } else { MINUTES })?;
    Ok(time)
}

/// Compares the request's signature, in constant time, with the one computed from the secret.
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
    let mut declared = request.headers.get_all("x-amz-content-sha256").iter();
    if declared.any(|declared| declared.as_bytes() != body_hash.as_bytes())
        || !is_canonical(&authorization.signed_headers, &request.headers)
    {
        return Err(Refusal::wrong_signature());
    }

    let Scope { date, region, service, terminator } = &authorization.scope;
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

/// Whether the list names headers of the request, in lower case, sorted, each once, and every `x-amz-*` header among
/// them. AWS makes the list by these rules itself, so that a signature over another list does not match.
fn is_canonical(signed_headers: &[String], headers: &HeaderMap) -> bool {
    let is_sorted = signed_headers.is_sorted_by(|one, next| one < next);
    let is_name = |name: &String| !name.bytes().any(|byte| byte.is_ascii_uppercase()) && headers.contains_key(name);
    let is_covered = |name: &str| !name.starts_with("x-amz-") || signed_headers.iter().any(|signed| signed == name);
    is_sorted && signed_headers.iter().all(is_name) && headers.keys().all(|name| is_covered(name.as_str()))
}

fn hex_sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

#[cfg(test)]
mod tests {
    use wiremock::http::{HeaderName, HeaderValue};

    use super::*;

    const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

    /// A request from AWS's documentation and its test suite: key `AKIDEXAMPLE`, 30 August 2015, 12:36 UTC.
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
            request.headers.insert("x-amz-date", HeaderValue::from_static("20150830T123600Z"));
            for (name, value) in headers {
                request.headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
            }
            Self { request, service: "service", signed_headers: "host;x-amz-date" }
        }

        fn check(&self, signature: &str) -> Result<(), Refusal> {
            let Self { request, service, signed_headers } = self;
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
            let authorization = Authorization::of(&request).unwrap();
            let time = RequestTime::of(None, &request.headers).unwrap();
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
                &[("host", "iam.amazonaws.com"), ("content-type", "application/x-www-form-urlencoded; charset=utf-8")],
            )
        };
        let signature = "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7";
        assert_eq!(example.check(signature), Ok(()));
        assert_eq!(example.check(&signature.replace('5', "6")), Err(Refusal::wrong_signature()));
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
            (vanilla, "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
            (order, "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"),
            (trim, "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"),
            (form, "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"),
        ] {
            assert_eq!(example.check(signature), Ok(()), "{}", example.request.url);
        }
    }
}
