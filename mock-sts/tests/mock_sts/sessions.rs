//! Sessions: what they are, and what they may do.

use std::time::SystemTime;

use aws_sdk_sts::types::Credentials;
use jiff::{SignedDuration, Timestamp};
use mock_sts::{DEFAULT_MFA_SERIAL, MockSts, User};

use crate::client::Client;
use crate::raw::RawRequest;

const USER: &str = "arn:aws:iam::123456789012:user/user";

fn seconds_left(session: &Credentials) -> i64 {
    session.expiration.secs() - Timestamp::now().as_second()
}

#[test]
fn a_session_looks_as_from_aws_and_names_its_user() {
    let sts = MockSts::start();
    let session = Client::of(&sts).session("123456").unwrap();
    assert!(session.access_key_id.starts_with("ASIA") && session.access_key_id.len() == 20);
    assert_eq!(session.secret_access_key.len(), 40);
    assert!(session.session_token.len() >= 356 && session.session_token.starts_with("IQoJb3JpZ2luX2Vj"));
    assert!((3_595..=3_600).contains(&seconds_left(&session)));
    assert_eq!(session.expiration.subsec_nanos(), 0);
    assert_eq!(Client::with_session(&sts, &session).identity().unwrap(), USER);
}

#[test]
fn a_session_with_one_character_changed_is_refused() {
    let sts = MockSts::start();
    let session = Client::of(&sts).session("123456").unwrap();
    let change = |text: &mut String, at: usize| {
        let other = if &text[at..=at] == "a" { "b" } else { "a" };
        text.replace_range(at..=at, other);
    };
    let refused = |session: &Credentials| Client::with_session(&sts, session).identity().unwrap_err().code;

    for at in [0, 20, 39] {
        let mut changed = session.clone();
        change(&mut changed.secret_access_key, at);
        assert_eq!(refused(&changed), "SignatureDoesNotMatch");
    }
    for at in [0, 100, session.session_token.len() - 1] {
        let mut changed = session.clone();
        change(&mut changed.session_token, at);
        assert_eq!(refused(&changed), "InvalidClientTokenId");
    }
    let mut changed = session.clone();
    changed.session_token.clear();
    assert_eq!(refused(&changed), "InvalidClientTokenId");
}

#[test]
fn a_session_ends_at_its_expiry() {
    let time = SystemTime::now();
    let sts = MockSts::builder().clock(move || time).start();
    let session = Client::of(&sts).session_of(DEFAULT_MFA_SERIAL, "123456", 900).unwrap();
    let after = |seconds| {
        sts.set_clock_offset(seconds);
        let request = RawRequest {
            access_key_id: session.access_key_id.clone(),
            secret_access_key: session.secret_access_key.clone(),
            signed: vec![("x-amz-security-token", session.session_token.clone())],
            age: SignedDuration::from_secs(-seconds),
            ..RawRequest::default()
        };
        request.send(&sts)
    };
    assert_eq!(after(899).element("Arn"), USER);
    let expired = "403 ExpiredToken: The security token included in the request is expired";
    assert_eq!(after(900).refusal(), expired);
    assert_eq!(after(1_000_000).refusal(), expired);
}

#[test]
fn a_mock_with_the_same_seed_knows_the_sessions_of_the_one_before() {
    let session = Client::of(&MockSts::builder().seed(1).start()).session("123456").unwrap();
    let identity = |seed| Client::with_session(&MockSts::builder().seed(seed).start(), &session).identity();
    assert_eq!(identity(1).unwrap(), USER);
    assert_eq!(identity(2).unwrap_err().code, "InvalidClientTokenId");
}

#[test]
fn a_session_may_not_call_get_session_token() {
    let sts = MockSts::start();
    let session = Client::of(&sts).session("123456").unwrap();
    let refused = Client::with_session(&sts, &session).session("123456").unwrap_err();
    assert_eq!(refused.to_string(), "403 AccessDenied: Cannot call GetSessionToken with session credentials");
}

#[test]
fn without_a_device_there_is_a_session_too() {
    let sts = MockSts::start();
    let session = Client::of(&sts).session_without_device().unwrap();
    assert!((43_195..=43_200).contains(&seconds_left(&session)));
    assert_eq!(Client::with_session(&sts, &session).identity().unwrap(), USER);
}

#[test]
fn a_root_gets_an_hour_at_most_in_silence() {
    let sts = MockSts::builder().users([User { root: true, ..User::default() }]).start();
    let session = Client::of(&sts).session_of(DEFAULT_MFA_SERIAL, "123456", 43_200).unwrap();
    assert!((3_595..=3_600).contains(&seconds_left(&session)));
    assert_eq!(Client::with_session(&sts, &session).identity().unwrap(), "arn:aws:iam::123456789012:root");
}

#[test]
fn the_same_seed_gives_the_same_sessions() {
    let time = SystemTime::now();
    let sessions = |seed| {
        let sts = MockSts::builder().seed(seed).clock(move || time).start();
        [(); 2].map(|()| Client::of(&sts).session("123456").unwrap())
    };
    let [first, second] = sessions(1);
    assert_ne!(first.session_token, second.session_token);
    assert_eq!(sessions(1), [first.clone(), second]);
    assert_ne!(sessions(2)[0].session_token, first.session_token);
}

#[test]
fn expiry_follows_the_clock_of_the_mock() {
    let sts = MockSts::start();
    sts.set_clock_offset(-120);
    let session = Client::of(&sts).session("123456").unwrap();
    assert!((3_470..=3_480).contains(&seconds_left(&session)));
}
