//! `AssumeRole`.

use aws_sdk_sts::operation::assume_role::builders::AssumeRoleFluentBuilder;
use aws_sdk_sts::types::Credentials;
use mock_sts::{AccessKey, DEFAULT_MFA_SERIAL, MockSts, Role, User};

use crate::client::{Client, Refused, block_on, refused};

const PLAIN: &str = "arn:aws:iam::123456789012:role/plain";
const STRICT: &str = "arn:aws:iam::123456789012:role/strict";
const NEXT: &str = "arn:aws:iam::123456789012:role/next";
const PARTNER: &str = "arn:aws:iam::123456789012:role/partner";

/// `plain` trusts the default user, `strict` wants MFA, `next` trusts `plain`, `partner` another account with its id.
fn sts() -> MockSts {
    let role = |name: &str, principal: &str| Role {
        name: name.to_owned(),
        principals: vec![principal.to_owned()],
        ..Role::default()
    };
    let other = User {
        name: "other".to_owned(),
        account: "111122223333".to_owned(),
        keys: vec![AccessKey::new("AKIAOTHER", "other")],
        mfa_serial: None,
        ..User::default()
    };
    let root = User { root: true, keys: vec![AccessKey::new("AKIAROOT", "root")], ..User::default() };
    MockSts::builder()
        .user(other)
        .user(root)
        .role(Role { max_duration: 7_200, ..role("plain", "user") })
        .role(Role { mfa: true, ..role("strict", "user") })
        .role(Role { max_duration: 43_200, ..role("next", PLAIN) })
        .role(role("team/ops/pathed", "user"))
        .role(Role { external_id: Some("id-1".to_owned()), ..role("partner", "arn:aws:iam::111122223333:root") })
        .one_use_codes(true)
        .start()
}

fn assume(client: &Client, role: &str) -> Result<Credentials, Refused> {
    assume_with(client, role, |request| request)
}

fn assume_with(
    client: &Client,
    role: &str,
    change: impl FnOnce(AssumeRoleFluentBuilder) -> AssumeRoleFluentBuilder,
) -> Result<Credentials, Refused> {
    let request = change(client.sdk.assume_role().role_arn(role).role_session_name("me"));
    Ok(block_on(request.send()).map_err(refused)?.credentials.unwrap())
}

fn with_code(request: AssumeRoleFluentBuilder) -> AssumeRoleFluentBuilder {
    request.serial_number(DEFAULT_MFA_SERIAL).token_code("123456")
}

fn not_trusted(caller: &str, role: &str) -> String {
    format!("403 AccessDenied: User: {caller} is not authorized to perform: sts:AssumeRole on resource: {role}")
}

const USER: &str = "arn:aws:iam::123456789012:user/user";

#[test]
fn a_role_session_names_its_role_and_is_signed_rightly() {
    let sts = sts();
    let request = Client::of(&sts).sdk.assume_role().role_arn(PLAIN).role_session_name("me@here").send();
    let output = block_on(request).unwrap();
    let role = output.assumed_role_user.unwrap();
    assert_eq!(role.arn, "arn:aws:sts::123456789012:assumed-role/plain/me@here");
    assert!(role.assumed_role_id.starts_with("AROA") && role.assumed_role_id.ends_with(":me@here"));
    let session = output.credentials.unwrap();
    assert!(session.access_key_id.starts_with("ASIA") && session.session_token.len() >= 356);

    assert_eq!(Client::with_session(&sts, &session).identity().unwrap(), role.arn);
    let identity = block_on(Client::with_session(&sts, &session).sdk.get_caller_identity().send()).unwrap();
    assert_eq!(identity.user_id.unwrap(), role.assumed_role_id);
    let changed = Credentials::builder()
        .access_key_id(&session.access_key_id)
        .secret_access_key("wrong")
        .session_token(&session.session_token)
        .expiration(session.expiration)
        .build()
        .unwrap();
    assert_eq!(Client::with_session(&sts, &changed).identity().unwrap_err().code, "SignatureDoesNotMatch");
    let refused = Client::with_session(&sts, &session).session("123456").unwrap_err();
    assert_eq!(refused.message, "Cannot call GetSessionToken with session credentials");
}

#[test]
fn the_path_of_a_role_is_in_its_arn_but_not_in_its_sessions() {
    let sts = sts();
    let client = Client::of(&sts);
    let session = assume(&client, "arn:aws:iam::123456789012:role/team/ops/pathed").unwrap();
    let arn = Client::with_session(&sts, &session).identity().unwrap();
    assert_eq!(arn, "arn:aws:sts::123456789012:assumed-role/pathed/me");
    let without = "arn:aws:iam::123456789012:role/pathed";
    assert_eq!(assume(&client, without).unwrap_err().to_string(), not_trusted(USER, without));
}

#[test]
fn a_role_with_mfa_wants_a_code_or_a_session_that_had_one() {
    let sts = sts();
    let client = Client::of(&sts);
    assert_eq!(assume(&client, STRICT).unwrap_err().to_string(), not_trusted(USER, STRICT));
    let without = client.session_without_device().unwrap();
    let refused = assume(&Client::with_session(&sts, &without), STRICT).unwrap_err();
    assert_eq!(refused.to_string(), not_trusted(USER, STRICT));

    let with = client.session("123456").unwrap();
    assume(&Client::with_session(&sts, &with), STRICT).unwrap();
    // The code was spent.
    let wrong_code = "403 AccessDenied: MultiFactorAuthentication failed with invalid MFA one time pass code. ";
    assert_eq!(assume_with(&client, STRICT, with_code).unwrap_err().to_string(), wrong_code);

    let sts = self::sts();
    let client = Client::of(&sts);
    let other_device = |request: AssumeRoleFluentBuilder| request.serial_number("GAHT12345678").token_code("123456");
    assert!(assume_with(&client, STRICT, other_device).unwrap_err().message.contains("unable to validate MFA code.  "));
    let half = |request: AssumeRoleFluentBuilder| request.token_code("123456");
    assert!(assume_with(&client, STRICT, half).unwrap_err().message.contains("must provide both MFA serial number"));
    assume_with(&client, STRICT, with_code).unwrap();
}

#[test]
fn only_those_whom_a_role_trusts_may_assume_it() {
    let sts = sts();
    let other = Client::with_key(&sts, "AKIAOTHER", "other");
    let arn = "arn:aws:iam::111122223333:user/other";
    assert_eq!(assume(&other, PLAIN).unwrap_err().to_string(), not_trusted(arn, PLAIN));
    assert_eq!(assume(&Client::of(&sts), NEXT).unwrap_err().to_string(), not_trusted(USER, NEXT));
    let missing = "arn:aws:iam::123456789012:role/missing";
    assert_eq!(assume(&Client::of(&sts), missing).unwrap_err().to_string(), not_trusted(USER, missing));
    let root = assume(&Client::with_key(&sts, "AKIAROOT", "root"), PLAIN).unwrap_err();
    assert_eq!(root.to_string(), "403 AccessDenied: Roles may not be assumed by root accounts.");
}

#[test]
fn an_external_id_must_be_the_roles() {
    let sts = sts();
    let other = Client::with_key(&sts, "AKIAOTHER", "other");
    let refused = not_trusted("arn:aws:iam::111122223333:user/other", PARTNER);
    assert_eq!(assume(&other, PARTNER).unwrap_err().to_string(), refused);
    assert_eq!(assume_with(&other, PARTNER, |request| request.external_id("id-2")).unwrap_err().to_string(), refused);
    assume_with(&other, PARTNER, |request| request.external_id("id-1")).unwrap();
    // A role that wants none ignores one.
    assume_with(&Client::of(&sts), PLAIN, |request| request.external_id("id-1")).unwrap();
}

#[test]
fn a_session_lasts_as_long_as_its_role_and_its_chain_allow() {
    let sts = sts();
    let client = Client::of(&sts);
    let lasts = |session: Credentials| session.expiration.secs() - jiff::Timestamp::now().as_second();
    let default = lasts(assume(&client, PLAIN).unwrap());
    assert!((3_590..=3_600).contains(&default), "{default}");
    let longest = lasts(assume_with(&client, PLAIN, |request| request.duration_seconds(7_200)).unwrap());
    assert!((7_190..=7_200).contains(&longest), "{longest}");
    assert_eq!(
        assume_with(&client, PLAIN, |request| request.duration_seconds(7_201)).unwrap_err().to_string(),
        "400 ValidationError: The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
    );
    let chained = "400 ValidationError: The requested DurationSeconds exceeds the 1 hour session limit for roles \
                   assumed by role chaining.";
    let role = Client::with_session(&sts, &assume(&client, PLAIN).unwrap());
    let refused = assume_with(&role, NEXT, |request| request.duration_seconds(3_601)).unwrap_err();
    assert_eq!(refused.to_string(), chained);
    let next = assume_with(&role, NEXT, |request| request.duration_seconds(3_600)).unwrap();
    let arn = Client::with_session(&sts, &next).identity().unwrap();
    assert_eq!(arn, "arn:aws:sts::123456789012:assumed-role/next/me");
    // The session of a user is one, too.
    let session = Client::with_session(&sts, &client.session("123456").unwrap());
    let refused = assume_with(&session, PLAIN, |request| request.duration_seconds(7_200)).unwrap_err();
    assert_eq!(refused.to_string(), chained);
}

#[test]
fn wrong_parameters_are_told_in_the_words_of_aws() {
    let sts = sts();
    let message = |role: &str, change: fn(AssumeRoleFluentBuilder) -> AssumeRoleFluentBuilder| {
        let refused = assume_with(&Client::of(&sts), role, change).unwrap_err();
        assert_eq!((refused.status, refused.code.as_str()), (400, "ValidationError"));
        refused.message
    };
    assert_eq!(
        message(PLAIN, |request| request.role_session_name("a b").duration_seconds(43_201)),
        "2 validation errors detected: Value 'a b' at 'roleSessionName' failed to satisfy constraint: Member must \
         satisfy regular expression pattern: [\\w+=,.@-]*; Value '43201' at 'durationSeconds' failed to satisfy \
         constraint: Member must have value less than or equal to 43200"
    );
    assert!(message(PLAIN, |request| request.role_session_name("a")).contains("length greater than or equal to 2"));
    assert!(message(PLAIN, |request| request.external_id("a*")).contains(r"pattern: [\w+=,.@:\/-]*"));
    assert!(message("plain", |request| request).contains("'roleArn' failed to satisfy constraint: Member must have"));
    assert_eq!(message("arn:aws:iam::123456789012:user/user", |request| request), "Request ARN is invalid");
    let nothing = crate::raw::RawRequest::with_body("Action=AssumeRole&Version=2011-06-15").send(&sts).refusal();
    assert!(nothing.starts_with("400 ValidationError: 2 validation errors detected: Value null at 'roleArn' "));
}

#[test]
fn session_policies_are_ignored_and_the_log_names_the_role() {
    let sts = sts();
    assume_with(&Client::of(&sts), PLAIN, |request| request.policy("{}").source_identity("me")).unwrap();
    let request = sts.requests().pop().unwrap();
    assert_eq!((request.role_arn.as_deref(), request.role_session_name.as_deref()), (Some(PLAIN), Some("me")));
}
