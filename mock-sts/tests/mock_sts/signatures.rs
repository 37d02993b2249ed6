//! Who may call: headers, keys, scopes, the clock, the signature.

use jiff::SignedDuration;
use mock_sts::{AccessKey, MockSts, User};

use crate::client::Client;
use crate::raw::RawRequest;

const WRONG_SIGNATURE: &str = "403 SignatureDoesNotMatch: The request signature we calculated does not match the \
    signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation \
    for details.";
const UNKNOWN_KEY: &str = "403 InvalidClientTokenId: The security token included in the request is invalid.";

fn refusal(request: &RawRequest) -> String {
    request.send(&MockSts::start()).refusal()
}

#[test]
fn a_request_signed_by_hand_or_by_the_sdk_is_granted() {
    let sts = MockSts::start();
    let answer = RawRequest::default().send(&sts);
    assert_eq!((answer.status(), answer.element("Arn")), (200, "arn:aws:iam::123456789012:user/user"));
    assert_eq!(answer.header("content-type"), ["text/xml"]);
    assert_eq!(Client::of(&sts).identity().unwrap(), "arn:aws:iam::123456789012:user/user");
}

#[test]
fn the_query_of_a_get_is_signed_too() {
    let query = "Action=GetCallerIdentity&Version=2011-06-15";
    let get = RawRequest {
        method: "GET",
        target: "/?Version=2011-06-15&Action=GetCallerIdentity",
        canonical_query: query,
        body: String::new(),
        ..RawRequest::default()
    };
    assert_eq!(get.send(&MockSts::start()).element("Account"), "123456789012");
    assert_eq!(refusal(&RawRequest { canonical_query: "Action=GetCallerIdentity", ..get }), WRONG_SIGNATURE);
}

#[test]
fn a_missing_or_foreign_authorization_is_a_missing_token() {
    let missing = "403 MissingAuthenticationToken: Request is missing Authentication Token";
    for authorization in ["", "Basic dXNlcjpwYXNz"] {
        let request = RawRequest { authorization: Some(authorization.to_owned()), ..RawRequest::default() };
        assert_eq!(refusal(&request), missing);
    }
}

#[test]
fn an_incomplete_authorization_is_told_what_it_lacks() {
    let request =
        RawRequest { authorization: Some("AWS4-HMAC-SHA256 Signature=ab".to_owned()), ..RawRequest::default() };
    assert!(refusal(&request).starts_with(
        "400 IncompleteSignature: Authorization header requires 'Credential' parameter. \
         Authorization header requires 'SignedHeaders' parameter. (hashed"
    ));
}

#[test]
fn unknown_inactive_and_foreign_keys_look_the_same() {
    let inactive = User {
        keys: vec![AccessKey::new("AKIAI44QH8DHBEXAMPLE", "secret").inactive()],
        mfa_serial: None,
        ..User::default()
    };
    let sts = MockSts::builder().user(inactive).start();
    let by = |id: &str| RawRequest {
        access_key_id: id.to_owned(),
        secret_access_key: "secret".to_owned(),
        ..RawRequest::default()
    };
    assert_eq!(by("AKIAI44QH8DHBEXAMPLE").send(&sts).refusal(), UNKNOWN_KEY);
    assert_eq!(by("AKIAIOSFODNN7EXAMPLF").send(&sts).refusal(), UNKNOWN_KEY);
    assert_eq!(by("ASIAIOSFODNN7EXAMPLE").send(&sts).refusal(), UNKNOWN_KEY);
    let elsewhere = RawRequest { region: "cn-north-1", ..RawRequest::default() };
    assert_eq!(elsewhere.send(&sts).refusal(), UNKNOWN_KEY);
}

#[test]
fn a_long_term_key_has_no_session_token() {
    let token = vec![("x-amz-security-token", "IQoJb3JpZ2luX2Vj".to_owned())];
    assert_eq!(refusal(&RawRequest { signed: token, ..RawRequest::default() }), UNKNOWN_KEY);
}

#[test]
fn a_wrong_scope_is_told_what_is_wrong_with_it() {
    let good = RawRequest::default();
    for (request, expected) in [
        (
            RawRequest { service: "ec2", ..good.clone() },
            "403 SignatureDoesNotMatch: Credential should be scoped to correct service: 'sts'. ",
        ),
        (
            RawRequest { region: "nowhere", ..good.clone() },
            "403 SignatureDoesNotMatch: Credential should be scoped to a valid region. ",
        ),
        (
            RawRequest { terminator: "aws3_request", ..good.clone() },
            "403 SignatureDoesNotMatch: Credential should be scoped with a valid terminator: 'aws4_request', not \
             'aws3_request'.",
        ),
    ] {
        assert_eq!(refusal(&request), expected);
    }
    let other_day = refusal(&RawRequest { scope_date: Some("20150830"), ..good });
    assert!(
        other_day.starts_with(
            "403 SignatureDoesNotMatch: Date in Credential scope does not match YYYYMMDD from ISO-8601 version of \
             date from HTTP: '20150830' != '"
        ),
        "{other_day}"
    );
}

#[test]
fn a_clock_more_than_five_minutes_off_is_told_so() {
    let minutes = |age| RawRequest { age: SignedDuration::from_mins(age), ..RawRequest::default() };
    let sts = MockSts::start();
    assert_eq!(minutes(4).send(&sts).status(), 200);
    assert_eq!(minutes(-4).send(&sts).status(), 200);
    let expired = minutes(10).send(&sts).refusal();
    assert!(expired.starts_with("403 SignatureDoesNotMatch: Signature expired: "), "{expired}");
    assert!(expired.contains("Z is now earlier than ") && expired.ends_with("Z - 5 min.)"), "{expired}");
    let early = minutes(-10).send(&sts).refusal();
    assert!(early.starts_with("403 SignatureDoesNotMatch: Signature not yet current: "), "{early}");
    assert!(early.contains("Z is still later than ") && early.ends_with("Z + 5 min.)"), "{early}");
}

#[test]
fn every_signed_part_counts() {
    let good = RawRequest::default();
    let wrong_secret = RawRequest { secret_access_key: "wrong".to_owned(), ..good.clone() };
    assert_eq!(refusal(&wrong_secret), WRONG_SIGNATURE);
    let other_body = RawRequest { sent_body: Some(format!("{}&", good.body)), ..good.clone() };
    assert_eq!(refusal(&other_body), WRONG_SIGNATURE);
    let other_target = RawRequest { target: "/?a=b", ..good.clone() };
    assert_eq!(refusal(&other_target), WRONG_SIGNATURE);
    let other_path = RawRequest { target: "/sts", ..good.clone() };
    assert_eq!(refusal(&other_path), WRONG_SIGNATURE);
    let second_value = RawRequest {
        signed: vec![("x-amz-test", "a".to_owned())],
        unsigned: vec![("x-amz-test", "b".to_owned())],
        ..good.clone()
    };
    assert_eq!(refusal(&second_value), WRONG_SIGNATURE);
    let unsigned_header = RawRequest { unsigned: vec![("x-anything", "b".to_owned())], ..good };
    assert_eq!(unsigned_header.send(&MockSts::start()).status(), 200);
}

#[test]
fn a_declared_hash_of_the_body_must_be_right() {
    let sts = MockSts::start();
    let with_hash =
        |hash: &str| RawRequest { signed: vec![("x-amz-content-sha256", hash.to_owned())], ..RawRequest::default() };
    let hash = hex::encode(<sha2::Sha256 as sha2::Digest>::digest(RawRequest::default().body));
    assert_eq!(with_hash(&hash).send(&sts).status(), 200);
    assert_eq!(with_hash(&hash.replace('a', "b")).send(&sts).refusal(), WRONG_SIGNATURE);
    assert_eq!(with_hash("UNSIGNED-PAYLOAD").send(&sts).refusal(), WRONG_SIGNATURE);
}

#[test]
fn the_host_must_be_signed() {
    let request = RawRequest::default();
    let bytes = String::from_utf8(request.to_bytes(([127, 0, 0, 1], 1).into())).unwrap();
    let authorization = bytes.lines().find_map(|line| line.strip_prefix("authorization: ")).unwrap();
    let authorization = Some(authorization.replace(";host;", ";"));
    assert_eq!(
        refusal(&RawRequest { authorization, ..request }),
        "403 SignatureDoesNotMatch: 'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."
    );
}

#[test]
fn the_key_is_looked_at_before_the_scope_the_clock_and_the_signature() {
    let everything_wrong = RawRequest {
        access_key_id: "AKIAUNKNOWN".to_owned(),
        service: "ec2",
        age: SignedDuration::from_hours(1),
        ..RawRequest::default()
    };
    assert_eq!(refusal(&everything_wrong), UNKNOWN_KEY);
    let known = RawRequest { access_key_id: RawRequest::default().access_key_id, ..everything_wrong };
    assert!(refusal(&known).contains("correct service"));
    let scoped = RawRequest { service: "sts", secret_access_key: "wrong".to_owned(), ..known };
    assert!(refusal(&scoped).contains("Signature expired"));
}
