//! Codes and devices.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_sdk_sts::config::Credentials;
use mock_sts::{
    AccessKey, CodeSource, DEFAULT_ACCESS_KEY_ID, DEFAULT_MFA_SERIAL, DEFAULT_SECRET_ACCESS_KEY, MockSts, User,
};

use crate::client::Client;
use crate::raw::RawRequest;

const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
const WRONG_CODE: &str = "403 AccessDenied: MultiFactorAuthentication failed with invalid MFA one time pass code. ";
const WRONG_DEVICE: &str = "403 AccessDenied: MultiFactorAuthentication failed, unable to validate MFA code.  Please \
    verify your MFA serial number is valid and associated with this user.";

fn bob(serial: &str, code: CodeSource) -> User {
    User {
        name: "bob".to_owned(),
        keys: vec![AccessKey::new("AKIAI44QH8DHBEXAMPLE", "bobs-secret")],
        mfa_serial: Some(serial.to_owned()),
        code,
        ..User::default()
    }
}

/// The mock of a code that does not change while the test runs.
fn in_the_middle_of_a_step() -> SystemTime {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    UNIX_EPOCH + Duration::from_secs(now / 30 * 30 + 15)
}

#[test]
fn the_fixed_code_is_good_again_and_again() {
    let sts = MockSts::start();
    assert_eq!(sts.token_code(), "123456");
    for _ in 0..3 {
        Client::of(&sts).session("123456").unwrap();
    }
    assert_eq!(Client::of(&sts).session("654321").unwrap_err().to_string(), WRONG_CODE);
}

#[test]
fn a_fixed_code_may_be_good_once() {
    let sts = MockSts::builder().token_code("111111").one_use_codes(true).start();
    Client::of(&sts).session("111111").unwrap();
    assert_eq!(Client::of(&sts).session("111111").unwrap_err().to_string(), WRONG_CODE);
}

#[test]
fn a_time_based_code_is_good_once() {
    let sts = MockSts::builder().totp_secret(SECRET).clock(in_the_middle_of_a_step).start();
    let code = sts.token_code();
    assert_eq!(Client::of(&sts).session("123456").unwrap_err().to_string(), WRONG_CODE);
    Client::of(&sts).session(&code).unwrap();
    assert_eq!(Client::of(&sts).session(&code).unwrap_err().to_string(), WRONG_CODE);

    sts.set_clock_offset(30);
    Client::of(&sts).session(&sts.token_code()).unwrap();
}

#[test]
fn a_step_of_tolerance_either_way() {
    let sts = MockSts::builder().totp_secret(SECRET).clock(in_the_middle_of_a_step).start();
    let code_at = |offset| {
        sts.set_clock_offset(offset);
        let code = sts.token_code();
        sts.set_clock_offset(0);
        code
    };
    for offset in [-60, 60] {
        assert_eq!(Client::of(&sts).session(&code_at(offset)).unwrap_err().to_string(), WRONG_CODE);
    }
    for offset in [-30, 0, 30] {
        Client::of(&sts).session(&code_at(offset)).unwrap();
    }
}

#[test]
fn a_code_is_spent_for_the_device_whoever_and_wherever_used_it() {
    let totp = CodeSource::Totp(SECRET.parse().unwrap());
    let sts = MockSts::builder()
        .totp_secret(SECRET)
        .user(bob(DEFAULT_MFA_SERIAL, totp))
        .clock(in_the_middle_of_a_step)
        .start();
    let code = sts.token_code();
    Client::of(&sts).session(&code).unwrap();
    let bob = Client::with_key(&sts, "AKIAI44QH8DHBEXAMPLE", "bobs-secret");
    assert_eq!(bob.session(&code).unwrap_err().to_string(), WRONG_CODE);
    let key = Credentials::new(DEFAULT_ACCESS_KEY_ID, DEFAULT_SECRET_ACCESS_KEY, None, None, "test");
    let elsewhere = Client::with(&sts, "eu-west-1", key);
    assert_eq!(elsewhere.session(&code).unwrap_err().to_string(), WRONG_CODE);
}

#[test]
fn a_refused_request_spends_no_code() {
    let sts = MockSts::builder().one_use_codes(true).start();
    Client::with_key(&sts, DEFAULT_ACCESS_KEY_ID, "wrong").session("123456").unwrap_err();
    Client::of(&sts).session_of(DEFAULT_MFA_SERIAL, "123456", 899).unwrap_err();
    Client::of(&sts).session_of("arn:aws:iam::123456789012:mfa/other", "123456", 900).unwrap_err();
    Client::of(&sts).session("123456").unwrap();
}

#[test]
fn the_device_must_be_the_users_own() {
    let serial = "arn:aws:iam::123456789012:mfa/bob";
    let sts = MockSts::builder().user(bob(serial, CodeSource::default())).start();
    let refused = |serial| Client::of(&sts).session_of(serial, "123456", 900).unwrap_err().to_string();
    assert_eq!(refused(serial), WRONG_DEVICE);
    assert_eq!(refused("arn:aws:iam::123456789012:user/user"), WRONG_DEVICE);
    Client::with_key(&sts, "AKIAI44QH8DHBEXAMPLE", "bobs-secret").session_of(serial, "123456", 900).unwrap();

    let without = MockSts::builder().users([User { mfa_serial: None, ..User::default() }]).start();
    assert_eq!(Client::of(&without).session("123456").unwrap_err().to_string(), WRONG_DEVICE);
}

#[test]
fn a_hardware_device_goes_by_its_serial_number() {
    let sts = MockSts::builder().mfa_serial("GAHT12345678").start();
    Client::of(&sts).session_of("GAHT12345678", "123456", 900).unwrap();
}

#[test]
fn device_and_code_belong_together() {
    let sts = MockSts::start();
    for half in ["SerialNumber=arn:aws:iam::123456789012:mfa/user", "TokenCode=123456"] {
        let request = RawRequest::with_body(&format!("Action=GetSessionToken&Version=2011-06-15&{half}"));
        assert_eq!(
            request.send(&sts).refusal(),
            "403 AccessDenied: MultiFactorAuthentication failed, must provide both MFA serial number and one time \
             pass code."
        );
    }
}
