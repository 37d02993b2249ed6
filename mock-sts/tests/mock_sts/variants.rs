//! Requests that AWS's documentation forbids, and those that it allows, one line each.
//!
//! Sources: IAM user guide, "Create a signed AWS API request", "Elements of an AWS API request signature" and
//! "Troubleshoot signed requests for AWS APIs"; AWS STS API reference, "Common Errors" and "Query API".

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use jiff::SignedDuration;
use mock_sts::MockSts;

use crate::raw::{FORM, RawRequest};

const BODY: &str = "Action=GetCallerIdentity&Version=2011-06-15";
const QUERY: &str = "/?Action=GetCallerIdentity&Version=2011-06-15";

const INCOMPLETE: &str = "400 IncompleteSignature: ";
const MISSING: &str = "403 MissingAuthenticationToken: ";
const MISMATCH: &str = "403 SignatureDoesNotMatch: The request signature we calculated does not match";
const SCOPE: &str = "403 SignatureDoesNotMatch: Credential should be scoped ";
const MALFORMED: &str = "400 InvalidQueryParameter: ";

fn good() -> RawRequest {
    RawRequest::default()
}

fn edited(edit: fn(String) -> String) -> RawRequest {
    RawRequest { edit, ..good() }
}

fn dated(edit_date: fn(String) -> String) -> RawRequest {
    RawRequest { edit_date, ..good() }
}

fn names(names: &'static str) -> RawRequest {
    RawRequest { names: Some(names), ..good() }
}

fn body(text: &str) -> RawRequest {
    RawRequest::with_body(text)
}

fn with(name: &'static str, value: &str) -> RawRequest {
    RawRequest { signed: vec![(name, value.to_owned())], ..good() }
}

fn unsigned(name: &'static str, value: &str) -> RawRequest {
    RawRequest { unsigned: vec![(name, value.to_owned())], names: Some("content-type;host;x-amz-date"), ..good() }
}

fn query(target: &'static str, canonical_query: &'static str) -> RawRequest {
    RawRequest { method: "GET", target, canonical_query, body: String::new(), ..good() }
}

fn region(region: &'static str) -> RawRequest {
    RawRequest { region, ..good() }
}

/// A change of the signature, the last 64 characters of the header.
fn signature(text: &str, change: impl Fn(&str) -> String) -> String {
    let (head, signature) = text.split_at(text.len() - 64);
    format!("{head}{}", change(signature))
}

fn forbidden_headers() -> Vec<(&'static str, &'static str, RawRequest)> {
    vec![
        ("no Authorization", MISSING, RawRequest { authorization: Some(String::new()), ..good() }),
        ("another scheme", MISSING, edited(|text| text.replace("AWS4-HMAC-SHA256", "Bearer"))),
        ("the algorithm in lower case", MISSING, edited(|text| text.replace("AWS4-HMAC", "aws4-hmac"))),
        ("another algorithm", INCOMPLETE, edited(|text| text.replace("SHA256 ", "SHA1 "))),
        ("a comma behind the algorithm", INCOMPLETE, edited(|text| text.replace("SHA256 ", "SHA256, "))),
        ("no Credential", INCOMPLETE, edited(|text| text.replace("Credential=", "Key="))),
        ("no SignedHeaders", INCOMPLETE, edited(|text| text.replace("SignedHeaders=", "Headers="))),
        ("no Signature", INCOMPLETE, edited(|text| text.replace("Signature=", "Mac="))),
        ("names in lower case", INCOMPLETE, edited(|text| text.replace("Signature=", "signature="))),
        (
            "an empty Credential",
            INCOMPLETE,
            edited(|text| format!("{}, Credential=", text.replace("Credential=", "X="))),
        ),
        ("an empty SignedHeaders", INCOMPLETE, names("")),
        ("an empty Signature", INCOMPLETE, edited(|text| signature(&text, |_| String::new()))),
        (
            "Credential twice",
            INCOMPLETE,
            edited(|text| text.replace("Credential=", "Credential=a/b/c/d/e, Credential=")),
        ),
        ("SignedHeaders twice", INCOMPLETE, edited(|text| format!("{text}, SignedHeaders=host"))),
        ("Signature twice", INCOMPLETE, edited(|text| format!("{text}, Signature=00"))),
        ("the same Signature twice", INCOMPLETE, edited(|text| format!("{text}, {}", &text[text.len() - 74..]))),
        ("Authorization twice", INCOMPLETE, unsigned("authorization", "AWS4-HMAC-SHA256 Signature=00")),
        ("no equals sign", INCOMPLETE, edited(|text| format!("{text}, Signature"))),
        ("blanks for commas", INCOMPLETE, edited(|text| text.replace(", ", " "))),
        ("a Credential of four parts", INCOMPLETE, edited(|text| text.replace("/sts/", "/"))),
        ("a Credential of six parts", INCOMPLETE, edited(|text| text.replace("/sts/", "/sts/sts/"))),
        ("a signature in upper case", MISMATCH, edited(|text| signature(&text, str::to_uppercase))),
        (
            "a signature without its last digit",
            MISMATCH,
            edited(|text| signature(&text, |digits| digits[..63].to_owned())),
        ),
        ("a signature with one digit more", MISMATCH, edited(|text| signature(&text, |digits| format!("{digits}0")))),
        ("a signature of nothing but zeros", MISMATCH, edited(|text| signature(&text, |_| "0".repeat(64)))),
        ("a signature that is not hexadecimal", MISMATCH, edited(|text| signature(&text, |_| "x".repeat(64)))),
    ]
}

fn forbidden_signed_headers() -> Vec<(&'static str, &'static str, RawRequest)> {
    vec![
        ("unsorted", MISMATCH, names("host;content-type;x-amz-date")),
        ("sorted backwards", MISMATCH, names("x-amz-date;host;content-type")),
        ("a name twice", MISMATCH, names("content-type;host;host;x-amz-date")),
        ("a name in upper case", MISMATCH, names("Content-Type;host;x-amz-date")),
        ("host in upper case", MISMATCH, names("content-type;Host;x-amz-date")),
        ("a header that was not sent", MISMATCH, names("content-type;host;x-amz-date;x-amz-nothing")),
        ("an empty name", MISMATCH, names(";content-type;host;x-amz-date")),
        ("a semicolon at the end", MISMATCH, names("content-type;host;x-amz-date;")),
        ("blanks between names", "403 SignatureDoesNotMatch: ", names("content-type; host; x-amz-date")),
        ("host not signed", "403 SignatureDoesNotMatch: 'Host' ", names("content-type;x-amz-date")),
        ("x-amz-date not signed", MISMATCH, names("content-type;host")),
        ("an x-amz-* header not signed", MISMATCH, unsigned("x-amz-test", "a")),
        ("an X-Amz-* header not signed", MISMATCH, unsigned("X-Amz-Target", "a")),
        ("x-amz-content-sha256 not signed", MISMATCH, unsigned("x-amz-content-sha256", "00")),
        ("x-amz-security-token not signed", "403 InvalidClientTokenId: ", unsigned("x-amz-security-token", "a")),
        (
            "a signed header changed",
            MISMATCH,
            RawRequest { edit_head: |head| head.replace("x-amz-test: a", "x-amz-test: b"), ..with("x-amz-test", "a") },
        ),
        (
            "a signed header sent twice",
            MISMATCH,
            RawRequest { unsigned: vec![("x-amz-test", "b".to_owned())], ..with("x-amz-test", "a") },
        ),
        (
            "another host",
            MISMATCH,
            RawRequest { edit_head: |head| head.replace("host: 127.0.0.1", "host: 127.0.0.2"), ..good() },
        ),
        ("a hash of another body", MISMATCH, with("x-amz-content-sha256", &"0".repeat(64))),
        ("UNSIGNED-PAYLOAD, which only S3 has", MISMATCH, with("x-amz-content-sha256", "UNSIGNED-PAYLOAD")),
        (
            "a trailing checksum, which only S3 has",
            MISMATCH,
            with("x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"),
        ),
    ]
}

fn forbidden_scopes_and_dates() -> Vec<(&'static str, &'static str, RawRequest)> {
    vec![
        ("a region that does not exist", SCOPE, region("xx-foo-1")),
        ("a place that does not exist", SCOPE, region("us-foo-1")),
        ("no number", SCOPE, region("us-east")),
        ("an availability zone", SCOPE, region("us-east-1a")),
        ("a region in upper case", SCOPE, region("US-EAST-1")),
        ("no region", SCOPE, region("")),
        ("a region of another partition", "403 InvalidClientTokenId: ", region("cn-north-1")),
        ("another service", SCOPE, RawRequest { service: "ec2", ..good() }),
        ("the service in upper case", SCOPE, RawRequest { service: "STS", ..good() }),
        ("no service", SCOPE, RawRequest { service: "", ..good() }),
        ("another terminator", SCOPE, RawRequest { terminator: "aws4", ..good() }),
        (
            "the date of another day",
            "403 SignatureDoesNotMatch: Date in ",
            RawRequest { scope_date: Some("20150830"), ..good() },
        ),
        (
            "a date with hyphens",
            "403 SignatureDoesNotMatch: Date in ",
            RawRequest { scope_date: Some("2026-11-23"), ..good() },
        ),
        ("no date", INCOMPLETE, dated(|_| String::new())),
        ("a time with colons", INCOMPLETE, dated(|text| format!("{}:{}", &text[..11], &text[11..]))),
        ("a time without its zone", INCOMPLETE, dated(|text| text.replace('Z', ""))),
        ("a time with an offset", INCOMPLETE, dated(|text| text.replace('Z', "+0000"))),
        ("a time with milliseconds", INCOMPLETE, dated(|text| text.replace('Z', ".000Z"))),
        ("a time in lower case", INCOMPLETE, dated(|text| text.to_lowercase())),
        ("a day that does not exist", INCOMPLETE, dated(|_| "20260230T000000Z".to_owned())),
        ("a year with a sign", INCOMPLETE, dated(|text| format!("+{text}"))),
        ("a blank in a date", INCOMPLETE, dated(|text| format!("{} {}", &text[..8], &text[8..]))),
        ("a month with one digit", INCOMPLETE, dated(|text| format!("{}1{}", &text[..4], &text[6..]))),
        ("seconds since the epoch", INCOMPLETE, dated(|_| "1800000000".to_owned())),
        (
            "two dates",
            INCOMPLETE,
            RawRequest { unsigned: vec![("x-amz-date", "20150830T123600Z".to_owned())], ..good() },
        ),
        (
            "six minutes ago",
            "403 SignatureDoesNotMatch: Signature expired: ",
            RawRequest { age: SignedDuration::from_mins(6), ..good() },
        ),
        (
            "in six minutes",
            "403 SignatureDoesNotMatch: Signature not yet current: ",
            RawRequest { age: SignedDuration::from_mins(-6), ..good() },
        ),
    ]
}

fn forbidden_requests() -> Vec<(&'static str, &'static str, RawRequest)> {
    vec![
        ("another secret", MISMATCH, RawRequest { secret_access_key: "wrong".to_owned(), ..good() }),
        ("another body", MISMATCH, RawRequest { sent_body: Some(format!("{BODY}&")), ..good() }),
        ("another query", MISMATCH, RawRequest { target: "/?a=b", ..good() }),
        ("another path", MISMATCH, RawRequest { target: "/sts", ..good() }),
        ("another method", MISMATCH, RawRequest { edit_head: |head| head.replacen("POST", "GET", 1), ..good() }),
        (
            "a query that is not sorted when signed",
            MISMATCH,
            query(QUERY, "Version=2011-06-15&Action=GetCallerIdentity"),
        ),
        (
            "a query that is not encoded when signed",
            MISMATCH,
            query(
                "/?Action=GetCallerIdentity&Version=2011-06-15&X=a:b",
                "Action=GetCallerIdentity&Version=2011-06-15&X=a:b",
            ),
        ),
        ("no Content-Type", MALFORMED, RawRequest { content_type: "", ..good() }),
        (
            "JSON",
            MALFORMED,
            RawRequest { content_type: "application/json", ..body("{\"Action\":\"GetCallerIdentity\"}") },
        ),
        ("a form that is called JSON", MALFORMED, RawRequest { content_type: "application/x-amz-json-1.1", ..good() }),
        ("a form that is called text", MALFORMED, RawRequest { content_type: "text/plain", ..good() }),
        (
            "a form of several parts",
            MALFORMED,
            RawRequest { content_type: "multipart/form-data; boundary=a", ..good() },
        ),
        ("a parameter twice", MALFORMED, body(&format!("{BODY}&Version=2011-06-15"))),
        ("an Action twice", MALFORMED, body(&format!("{BODY}&Action=GetSessionToken"))),
        (
            "a parameter in query and body",
            MALFORMED,
            RawRequest { target: "/?Version=2011-06-15", canonical_query: "Version=2011-06-15", ..good() },
        ),
        ("half an escape", MALFORMED, body(&format!("{BODY}&A=%"))),
        ("an escape that is not hexadecimal", MALFORMED, body(&format!("{BODY}&A=%zz"))),
        ("an escape that is not UTF-8", MALFORMED, body(&format!("{BODY}&A=%ff"))),
        ("a blank that is not encoded", MALFORMED, body(&format!("{BODY}&A=a b"))),
        ("a line end", MALFORMED, body(&format!("{BODY}\n"))),
        ("a letter that is not encoded", MALFORMED, body(&format!("{BODY}&A=\u{e9}"))),
        ("no parameters", "400 MissingAction: ", body("")),
        ("no Action", "400 MissingAction: ", body("Version=2011-06-15")),
        ("an action that does not exist", "400 InvalidAction: ", body("Action=GetNothing&Version=2011-06-15")),
        ("an action in lower case", "400 InvalidAction: ", body("Action=getcalleridentity&Version=2011-06-15")),
        ("no Version", "400 InvalidAction: ", body("Action=GetCallerIdentity")),
        ("another Version", "400 InvalidAction: ", body("Action=GetCallerIdentity&Version=2011-06-16")),
        ("PUT", "405 MethodNotAllowed: ", RawRequest { method: "PUT", ..good() }),
        ("DELETE", "405 MethodNotAllowed: ", RawRequest { method: "DELETE", ..good() }),
    ]
}

fn allowed() -> Vec<(&'static str, RawRequest)> {
    vec![
        ("as the SDKs do", good()),
        ("commas without blanks", edited(|text| text.replace(", ", ","))),
        ("several blanks behind commas", edited(|text| text.replace(", ", ",   "))),
        (
            "parts in another order",
            edited(|text| {
                let (rest, signature) = text.rsplit_once(", ").unwrap();
                rest.replace("SHA256 ", &format!("SHA256 {signature}, "))
            }),
        ),
        (
            "the names of headers in any case",
            RawRequest {
                edit_head: |head| {
                    head.replace("\r\nx-amz-date:", "\r\nX-Amz-Date:")
                        .replace("\r\nhost:", "\r\nHOST:")
                        .replace("authorization", "AUTHORIZATION")
                },
                ..good()
            },
        ),
        ("a signed header more", with("x-amz-test", "a")),
        ("a signed header before the others", with("accept", "*/*")),
        ("blanks in a value", with("x-amz-test", "  a   b  ")),
        ("an empty value", with("x-amz-test", "")),
        (
            "the right hash of the body",
            with("x-amz-content-sha256", &hex::encode(<sha2::Sha256 as sha2::Digest>::digest(BODY))),
        ),
        ("User-Agent not signed", unsigned("user-agent", "test/1.0")),
        ("X-Amzn-Trace-Id not signed", unsigned("x-amzn-trace-id", "Root=1")),
        ("amz-sdk-invocation-id not signed", unsigned("amz-sdk-invocation-id", "1")),
        ("Content-Type not signed", names("host;x-amz-date")),
        ("Date beside X-Amz-Date", with("date", "Mon, 09 Sep 2011 23:36:00 GMT")),
        ("another region of the partition", region("ap-northeast-1")),
        ("the SDKs' pseudo-region", region("aws-global")),
        ("four minutes ago", RawRequest { age: SignedDuration::from_mins(4), ..good() }),
        ("in four minutes", RawRequest { age: SignedDuration::from_mins(-4), ..good() }),
        ("a charset", RawRequest { content_type: "application/x-www-form-urlencoded; charset=utf-8", ..good() }),
        ("the media type in any case", RawRequest { content_type: "Application/X-WWW-Form-Urlencoded", ..good() }),
        ("GET", query(QUERY, BODY)),
        ("a path with more slashes, which is signed as one", RawRequest { target: "///", ..good() }),
        ("a path with dots, which is signed without", RawRequest { target: "/a/.././", ..good() }),
        ("a query that is not sorted when sent", query("/?Version=2011-06-15&Action=GetCallerIdentity", BODY)),
        ("parameters of a POST in its query", RawRequest { method: "POST", ..query(QUERY, BODY) }),
        (
            "a POST without a body or Content-Type",
            RawRequest { method: "POST", content_type: "", ..query(QUERY, BODY) },
        ),
        (
            "parameters in query and body",
            RawRequest {
                target: "/?Version=2011-06-15",
                canonical_query: "Version=2011-06-15",
                ..body("Action=GetCallerIdentity")
            },
        ),
        ("a parameter that AWS does not know", body(&format!("{BODY}&Something=1"))),
        ("an empty parameter", body(&format!("{BODY}&Something="))),
        ("escapes in lower case", body(&format!("{BODY}&Something=%e3%81%82"))),
        ("a plus sign for a blank", body(&format!("{BODY}&Something=a+b"))),
        ("an ampersand at the end", body(&format!("{BODY}&"))),
        ("a name that is encoded", body("%41ction=GetCallerIdentity&Version=2011-06-15")),
    ]
}

#[test]
fn what_the_documentation_forbids_is_refused() {
    let sts = MockSts::start();
    let mut wrong = Vec::new();
    let variants =
        [forbidden_headers(), forbidden_signed_headers(), forbidden_scopes_and_dates(), forbidden_requests()];
    for (name, expected, request) in variants.concat() {
        let answer = request.send(&sts);
        if answer.status() == 200 || !answer.refusal().starts_with(expected) {
            wrong.push(format!("{name}: {}", answer.text));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn what_the_documentation_allows_is_granted() {
    let sts = MockSts::start();
    let answers = allowed().into_iter().map(|(name, request)| (name, request.send(&sts)));
    let wrong: Vec<_> = answers.filter(|(_, answer)| answer.status() != 200).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// A session token must be signed, too, although it is checked before the signature.
#[test]
fn a_session_signs_its_token() {
    let sts = MockSts::start();
    let session = crate::client::Client::of(&sts).session("123456").unwrap();
    let token = ("x-amz-security-token", session.session_token.clone());
    let request = RawRequest {
        access_key_id: session.access_key_id.clone(),
        secret_access_key: session.secret_access_key.clone(),
        ..good()
    };
    let signed = RawRequest { signed: vec![token.clone()], ..request.clone() };
    assert_eq!(signed.send(&sts).status(), 200);
    let unsigned = RawRequest { unsigned: vec![token], ..request };
    assert!(unsigned.send(&sts).refusal().starts_with(MISMATCH));
}

/// What comes back for a head and for as much of a body as the mock takes.
fn sent(sts: &MockSts, head: &str, mut body: impl Iterator<Item = Vec<u8>>) -> String {
    let mut connection = TcpStream::connect(sts.address()).unwrap();
    let head = format!("POST / HTTP/1.1\r\nhost: {}\r\ncontent-type: {FORM}\r\n{head}\r\n\r\n", sts.address());
    connection.write_all(head.as_bytes()).unwrap();
    while let Some(part) = body.next()
        && connection.write_all(&part).is_ok()
    {}
    let mut answer = String::new();
    let _ = connection.read_to_string(&mut answer);
    answer
}

#[test]
fn a_body_has_a_mebibyte_at_most() {
    const LONGEST: usize = 1024 * 1024;
    let sts = MockSts::start();
    let padded = |length: usize| body(&format!("{BODY}&A={}", "a".repeat(length - BODY.len() - 3)));
    assert_eq!(padded(LONGEST).send(&sts).status(), 200);

    let refusal = "HTTP/1.1 413 Payload Too Large\r\n";
    let parts = |number: usize, part: String| std::iter::repeat_n(part.into_bytes(), number);
    let known = sent(&sts, &format!("content-length: {}", LONGEST + 1), parts(1, "a".repeat(LONGEST + 1)));
    assert!(known.starts_with(refusal) && known.contains("<Code>RequestEntityTooLarge</Code>"), "{known}");
    let chunk = format!("10000\r\n{}\r\n", "a".repeat(0x10000));
    let unknown = sent(&sts, "transfer-encoding: chunked", parts(17, chunk).chain(parts(1, "0\r\n\r\n".to_owned())));
    assert!(unknown.starts_with(refusal), "{unknown}");
    // A client that asks first is told before it sends anything.
    let asked = sent(&sts, "expect: 100-continue\r\ncontent-length: 500000000", parts(0, String::new()));
    assert!(asked.starts_with(refusal), "{asked}");
    let huge = sent(&sts, "content-length: 500000000", parts(500, "a".repeat(1_000_000)));
    assert!(huge.starts_with(refusal), "{huge}");
    assert_eq!(sts.requests().last().unwrap().outcome.code(), "RequestEntityTooLarge");
    assert_eq!(good().send(&sts).status(), 200);
}
