//! Actions, parameters, the XML of answers, and what is remembered of requests.

use aws_sdk_sts::config::Credentials;
use mock_sts::{DEFAULT_ACCESS_KEY_ID, DEFAULT_MFA_SERIAL, DEFAULT_SECRET_ACCESS_KEY, MockSts, Outcome};

use crate::client::Client;
use crate::raw::RawRequest;

#[test]
fn unknown_actions_and_versions_are_refused() {
    let sts = MockSts::start();
    let refusal = |body: &str| RawRequest::with_body(body).send(&sts).refusal();
    assert_eq!(
        refusal("Action=GetFederationToken&Version=2011-06-15"),
        "400 InvalidAction: Could not find operation GetFederationToken for version 2011-06-15"
    );
    assert_eq!(
        refusal("Action=GetSessionToken&Version=2010-05-08"),
        "400 InvalidAction: Could not find operation GetSessionToken for version 2010-05-08"
    );
    assert_eq!(
        refusal("Action=GetSessionToken"),
        "400 InvalidAction: Could not find operation GetSessionToken for version NO_VERSION_SPECIFIED"
    );
    assert!(refusal("").starts_with("400 MissingAction: "));
}

#[test]
fn parameters_are_validated_before_the_caller_and_the_device() {
    let sts = MockSts::start();
    let session = Client::of(&sts).session("123456").unwrap();
    let refused = Client::with_session(&sts, &session).session_of("other-device", "123456", 600).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "400 ValidationError: 1 validation error detected: Value '600' at 'durationSeconds' failed to satisfy \
         constraint: Member must have value greater than or equal to 900"
    );
}

#[test]
fn what_was_sent_is_escaped_in_the_answer() {
    let body = "Action=GetSessionToken&Version=2011-06-15&TokenCode=%3Ca%3E%26%22%3C%2FMessage%3E";
    let answer = RawRequest::with_body(body).send(&MockSts::start());
    let message = answer.element("Message");
    assert!(message.contains("Value '&lt;a&gt;&amp;&quot;&lt;/Message&gt;' at 'tokenCode'"), "{message}");
}

#[test]
fn header_body_and_log_agree_on_the_request_id() {
    let sts = MockSts::start();
    let granted = RawRequest::default().send(&sts);
    let refused = RawRequest::with_body("Action=Nothing&Version=2011-06-15").send(&sts);
    for (answer, request) in [granted, refused].iter().zip(sts.requests()) {
        assert_eq!(answer.header("x-amzn-requestid"), [request.request_id.as_str()]);
        assert_eq!(answer.element("RequestId"), request.request_id);
    }
}

#[test]
fn there_is_one_date_and_it_is_the_mocks() {
    let sts = MockSts::builder().clock(|| std::time::UNIX_EPOCH).start();
    assert_eq!(RawRequest::default().send(&sts).header("date"), ["Thu, 01 Jan 1970 00:00:00 GMT"]);
}

#[test]
fn the_log_tells_who_asked_for_what_and_what_became_of_it() {
    let sts = MockSts::start();
    Client::of(&sts).session_of(DEFAULT_MFA_SERIAL, "123456", 900).unwrap();
    let key = Credentials::new(DEFAULT_ACCESS_KEY_ID, DEFAULT_SECRET_ACCESS_KEY, None, None, "test");
    Client::with(&sts, "eu-west-1", key).session("654321").unwrap_err();
    Client::of(&sts).identity().unwrap();

    let requests = sts.requests();
    assert_eq!((requests.len(), sts.request_count()), (3, 3));
    let session = &requests[0];
    assert_eq!(session.action.as_deref(), Some("GetSessionToken"));
    assert_eq!(session.access_key_id.as_deref(), Some(DEFAULT_ACCESS_KEY_ID));
    assert_eq!(session.region.as_deref(), Some("us-east-1"));
    assert_eq!(session.duration_seconds.as_deref(), Some("900"));
    assert_eq!(session.serial_number.as_deref(), Some(DEFAULT_MFA_SERIAL));
    assert!(session.token_code_given);
    assert_eq!(session.outcome, Outcome::Ok);
    assert_eq!(requests[1].region.as_deref(), Some("eu-west-1"));
    assert_eq!(requests[1].outcome.to_string(), "AccessDenied");
    assert_eq!((requests[2].action.as_deref(), requests[2].token_code_given), (Some("GetCallerIdentity"), false));
}

#[test]
fn the_log_holds_no_secret() {
    let sts = MockSts::builder().token_code("918273").start();
    let session = Client::of(&sts).session("918273").unwrap();
    Client::with_session(&sts, &session).identity().unwrap();
    let shown = format!("{:?}", sts.requests());
    assert!(shown.contains(&session.access_key_id));
    for secret in ["918273", DEFAULT_SECRET_ACCESS_KEY, &session.secret_access_key, &session.session_token] {
        assert!(!shown.contains(secret));
    }
}

#[test]
fn the_mock_ends_with_its_value() {
    let sts = MockSts::start();
    let address = sts.address();
    let mut idle = std::net::TcpStream::connect(address).unwrap();
    drop(sts);
    assert!(std::net::TcpStream::connect(address).is_err());
    let mut rest = Vec::new();
    std::io::Read::read_to_end(&mut idle, &mut rest).unwrap_or_default();
    assert!(rest.is_empty());
}

#[test]
fn starts_inside_an_async_runtime_too() {
    crate::client::block_on(async {
        let sts = MockSts::start();
        assert!(sts.url().starts_with("http://127.0.0.1:"));
    });
}
