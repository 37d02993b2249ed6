//! Requests that are signed in their query.

use std::time::{Duration, UNIX_EPOCH};

use aws_sigv4::sign::v4::{calculate_signature, generate_signing_key};
use form_urlencoded::byte_serialize;
use jiff::{SignedDuration, Timestamp};
use mock_sts::{DEFAULT_ACCESS_KEY_ID, DEFAULT_SECRET_ACCESS_KEY, MockSts};
use sha2::{Digest, Sha256};

use crate::client::Client;
use crate::raw::{RawAnswer, RawRequest};

/// A presigned `GetCallerIdentity` of the default user, good as it is.
struct Url {
    key: (String, String),
    age: SignedDuration,
    /// More parameters, signed.
    more: Vec<(&'static str, String)>,
    /// Changes the finished query.
    edit: fn(String) -> String,
    /// Not signed.
    header: Option<(&'static str, String)>,
}

impl Default for Url {
    fn default() -> Self {
        let key = (DEFAULT_ACCESS_KEY_ID.to_owned(), DEFAULT_SECRET_ACCESS_KEY.to_owned());
        Self { key, age: SignedDuration::ZERO, more: Vec::new(), edit: |query| query, header: None }
    }
}

impl Url {
    fn aged(minutes: i64) -> Self {
        Self { age: SignedDuration::from_mins(minutes), ..Self::default() }
    }

    fn edited(edit: fn(String) -> String) -> Self {
        Self { edit, ..Self::default() }
    }

    fn send(self, sts: &MockSts) -> RawAnswer {
        let time = Timestamp::now() - self.age;
        let date = jiff::fmt::strtime::format("%Y%m%dT%H%M%SZ", time).unwrap();
        let scope = format!("{}/us-east-1/sts/aws4_request", &date[..8]);
        let mut pairs = vec![
            ("Action", "GetCallerIdentity".to_owned()),
            ("Version", "2011-06-15".to_owned()),
            ("X-Amz-Algorithm", "AWS4-HMAC-SHA256".to_owned()),
            ("X-Amz-Credential", format!("{}/{scope}", self.key.0)),
            ("X-Amz-Date", date.clone()),
            ("X-Amz-SignedHeaders", "host".to_owned()),
        ];
        pairs.extend(self.more);
        pairs.sort();
        let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
        let pairs: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        let query = pairs.join("&");
        let hash = |text: &str| hex::encode(Sha256::digest(text));
        let canonical = format!("GET\n/\n{query}\nhost:{}\n\nhost\n{}", sts.address(), hash(""));
        let to_sign = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{}", hash(&canonical));
        let day = UNIX_EPOCH + Duration::from_secs(u64::try_from(time.as_second()).unwrap());
        let key = generate_signing_key(&self.key.1, day, "us-east-1", "sts");
        let signature = calculate_signature(key, to_sign.as_bytes());
        let target = (self.edit)(format!("/?{query}&X-Amz-Signature={signature}"));

        let mut request = RawRequest {
            method: "GET",
            target: target.leak(),
            content_type: "",
            body: String::new(),
            authorization: Some(String::new()),
            edit_date: |_| String::new(),
            ..RawRequest::default()
        };
        request.unsigned.extend(self.header);
        request.send(sts)
    }
}

#[test]
fn a_presigned_url_is_taken_for_fifteen_minutes_whatever_it_says() {
    let sts = MockSts::start();
    let expires = |seconds: &str| vec![("X-Amz-Expires", seconds.to_owned())];
    let user = "arn:aws:iam::123456789012:user/user";
    for url in [Url::default(), Url::aged(14), Url { more: expires("60"), ..Url::aged(14) }, Url::aged(-4)] {
        assert_eq!(url.send(&sts).element("Arn"), user);
    }
    let late = Url { more: expires("604800"), ..Url::aged(16) }.send(&sts).refusal();
    assert!(
        late.starts_with("403 SignatureDoesNotMatch: Signature expired: ") && late.ends_with(" - 15 min.)"),
        "{late}"
    );
    let early = Url::aged(-6).send(&sts).refusal();
    assert!(early.starts_with("403 SignatureDoesNotMatch: Signature not yet current: "), "{early}");
}

#[test]
fn every_parameter_of_a_presigned_url_counts() {
    let sts = MockSts::start();
    let mismatch = "403 SignatureDoesNotMatch: The request signature we calculated";
    let incomplete = "400 IncompleteSignature: ";
    let cases = [
        (mismatch, Url { key: (DEFAULT_ACCESS_KEY_ID.to_owned(), "wrong".to_owned()), ..Url::default() }),
        (mismatch, Url::edited(|query| format!("{query}&A=1"))),
        (mismatch, Url::edited(|query| format!("{query}0"))),
        (mismatch, Url::edited(|query| query.replace("/?", "/sts?"))),
        (mismatch, Url { header: Some(("x-amz-test", "a".to_owned())), ..Url::default() }),
        ("403 InvalidClientTokenId: ", Url::edited(|query| query.replace("AKIA", "AKIB"))),
        (
            "403 SignatureDoesNotMatch: Credential should be scoped to correct service",
            Url::edited(|query| query.replace("%2Fsts%2F", "%2Fec2%2F")),
        ),
        (incomplete, Url::edited(|query| query.replace("SHA256", "SHA1"))),
        (incomplete, Url::edited(|query| query.replace("X-Amz-Algorithm", "x-amz-algorithm"))),
        (incomplete, Url::edited(|query| query.replace("X-Amz-Date=", "X-Amz-Date=x"))),
        (incomplete, Url::edited(|query| format!("{query}&X-Amz-Signature=00"))),
        (incomplete, Url { header: Some(("authorization", "AWS4-HMAC-SHA256 x".to_owned())), ..Url::default() }),
    ];
    for (number, (expected, url)) in cases.into_iter().enumerate() {
        let refusal = url.send(&sts).refusal();
        assert!(refusal.starts_with(expected), "{number}: {refusal}");
    }
}

#[test]
fn a_session_presigns_with_its_token() {
    let sts = MockSts::start();
    let session = Client::of(&sts).session("123456").unwrap();
    let key = (session.access_key_id.clone(), session.secret_access_key.clone());
    let token = vec![("X-Amz-Security-Token", session.session_token.clone())];
    assert_eq!(Url { key: key.clone(), more: token.clone(), ..Url::default() }.send(&sts).status(), 200);
    let without = Url { key: key.clone(), ..Url::default() }.send(&sts).refusal();
    assert!(without.starts_with("403 InvalidClientTokenId: "), "{without}");
    let in_header = Some(("x-amz-security-token", session.session_token.clone()));
    let refusal = Url { key, header: in_header, ..Url::default() }.send(&sts).refusal();
    assert!(refusal.starts_with("403 InvalidClientTokenId: "), "{refusal}");
    assert!(sts.requests().iter().all(|request| !format!("{request:?}").contains(&session.session_token)));
}
