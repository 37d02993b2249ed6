//! Faults.

use std::time::{Duration, Instant};

use mock_sts::{Fault, MockSts};

use crate::client::Client;
use crate::raw::RawRequest;

const GET_SESSION_TOKEN: &str = "Action=GetSessionToken&Version=2011-06-15&TokenCode=123456&\
    SerialNumber=arn%3Aaws%3Aiam%3A%3A123456789012%3Amfa%2Fuser";

fn session() -> RawRequest {
    RawRequest::with_body(GET_SESSION_TOKEN)
}

#[test]
fn an_error_has_its_own_status_and_message_and_spends_no_code() {
    let sts = MockSts::builder().one_use_codes(true).start();
    let refused = |code: &str| {
        sts.set_fault(Fault::Error(code.to_owned()), Some(1));
        session().send(&sts).refusal()
    };
    assert_eq!(refused("Throttling"), "400 Throttling: Rate exceeded");
    assert_eq!(refused("ExpiredToken"), "403 ExpiredToken: The security token included in the request is expired");
    assert_eq!(
        refused("AccessDenied"),
        "403 AccessDenied: User: arn:aws:iam::123456789012:user/user is not authorized to perform: \
         sts:GetSessionToken with an explicit deny in an identity-based policy"
    );
    assert!(
        refused("RegionDisabledException")
            .starts_with("403 RegionDisabledException: STS is not activated in this region for account:123456789012. ")
    );
    assert!(refused("InternalFailure").starts_with("500 InternalFailure: "));
    assert!(refused("SomethingNew").starts_with("400 SomethingNew: "));
    assert_eq!(session().send(&sts).status(), 200);
    assert_eq!(sts.requests()[0].outcome.code(), "Throttling");
}

#[test]
fn every_code_of_the_table_has_the_status_of_aws() {
    let sts = MockSts::start();
    for (code, status) in [
        ("AccessDenied", 403),
        ("InvalidClientTokenId", 403),
        ("SignatureDoesNotMatch", 403),
        ("RegionDisabledException", 403),
        ("ValidationError", 400),
        ("Throttling", 400),
        ("ExpiredToken", 403),
        ("MissingAuthenticationToken", 403),
        ("IncompleteSignature", 400),
        ("OptInRequired", 403),
        ("InvalidAction", 400),
        ("RequestExpired", 400),
        ("InternalFailure", 500),
        ("ServiceUnavailable", 503),
    ] {
        sts.set_fault(Fault::Error(code.to_owned()), None);
        let refusal = session().send(&sts).refusal();
        assert!(refusal.starts_with(&format!("{status} {code}: ")), "{refusal}");
    }
}

#[test]
fn unavailable_in_the_xml_of_aws_and_in_the_html_of_a_proxy() {
    let sts = MockSts::builder().one_use_codes(true).fault(Fault::Unavailable, Some(1)).start();
    sts.add_fault(Fault::UnavailableHtml, Some(1));
    let xml = session().send(&sts);
    assert!(xml.refusal().starts_with("503 ServiceUnavailable: "));
    assert_eq!(xml.element("Type"), "Receiver");
    let html = session().send(&sts);
    assert_eq!((html.status(), html.header("content-type")), (502, vec!["text/html"]));
    assert!(html.body().starts_with("<html>") && html.header("x-amzn-requestid").is_empty());
    assert_eq!(session().send(&sts).status(), 200);
}

#[test]
fn a_dropped_connection_has_spent_the_code() {
    let sts = MockSts::builder().one_use_codes(true).fault(Fault::Drop, Some(1)).start();
    assert_eq!(session().send(&sts).text, "");
    assert!(session().send(&sts).refusal().contains("invalid MFA one time pass code"));
    assert_eq!(sts.requests()[0].outcome.code(), "OK");
}

#[test]
fn a_malformed_answer_has_spent_the_code() {
    let sts = MockSts::builder().one_use_codes(true).fault(Fault::Malformed, None).start();
    let answer = session().send(&sts);
    assert_eq!(answer.status(), 200);
    assert!(!answer.body().starts_with('<'));
    assert!(session().send(&sts).refusal().contains("invalid MFA one time pass code"));
}

#[test]
fn an_incomplete_answer_lacks_token_and_expiry() {
    let sts = MockSts::builder().fault(Fault::Incomplete, None).start();
    let session = session().send(&sts);
    assert!(session.element("AccessKeyId").starts_with("ASIA"));
    assert!(!session.body().contains("SessionToken>") && !session.body().contains("Expiration"));
    let caller = RawRequest::default().send(&sts);
    assert_eq!(caller.element("Account"), "123456789012");
    assert!(!caller.body().contains("Arn"));
}

#[test]
fn latencies_do_not_add_up_over_requests() {
    let sts = MockSts::builder().fault(Fault::Latency(Duration::from_secs(1)), None).start();
    let start = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                assert_eq!(RawRequest::default().send(&sts).status(), 200);
                assert!(start.elapsed() >= Duration::from_secs(1));
            });
        }
    });
    assert!(start.elapsed() < Duration::from_secs(3));
}

#[test]
fn skew_moves_the_clock_and_the_date() {
    let sts = MockSts::start();
    for (skew, expected) in [(600, "Signature expired: "), (-600, "Signature not yet current: ")] {
        sts.set_fault(Fault::Skew(skew), Some(1));
        let answer = RawRequest::default().send(&sts);
        assert!(answer.element("Message").starts_with(expected));
        let date = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(answer.header("date")[0]).unwrap();
        let distance = date.as_second() - jiff::Timestamp::now().as_second();
        assert!((distance - skew).abs() <= 5, "{distance}");
        assert_eq!(RawRequest::default().send(&sts).status(), 200);
    }
}

#[test]
fn faults_can_be_ended() {
    let sts = MockSts::builder().fault(Fault::Unavailable, None).start();
    assert_eq!(RawRequest::default().send(&sts).status(), 503);
    sts.set_fault(Fault::Error("Throttling".to_owned()), None);
    assert_eq!(RawRequest::default().send(&sts).status(), 400);
    sts.clear_faults();
    Client::of(&sts).session("123456").unwrap();
}
