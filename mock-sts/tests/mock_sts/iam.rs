//! IAM's `ListMFADevices` and `GetUser`, at the same URL.

use aws_sdk_sts::types::Credentials;
use mock_sts::{AccessKey, CodeSource, DEFAULT_MFA_SERIAL, Fault, MfaDevice, MockSts, Role, User};

use crate::client::{Client, block_on};
use crate::raw::{RawAnswer, RawRequest};

const PHONE: &str = "arn:aws:iam::123456789012:mfa/phone";
const PASSKEY: &str = "arn:aws:iam::123456789012:u2f/user/user/key";

fn sts() -> MockSts {
    let phone = MfaDevice { serial: PHONE.to_owned(), code: Some(CodeSource::Fixed("222222".to_owned())) };
    let passkey = MfaDevice { serial: PASSKEY.to_owned(), code: None };
    let user = User { other_devices: vec![phone, passkey], ..User::default() };
    let denied = ["sts:GetSessionToken", "sts:AssumeRole", "iam:ListMFADevices", "iam:GetUser"];
    let carol = User {
        name: "carol".to_owned(),
        keys: vec![AccessKey::new("AKIACAROL", "carol")],
        mfa_serial: None,
        denied: denied.map(str::to_owned).to_vec(),
        ..User::default()
    };
    let root = User { root: true, keys: vec![AccessKey::new("AKIAROOT", "root")], ..User::default() };
    let role = Role { principals: vec!["user".to_owned(), "carol".to_owned()], ..Role::default() };
    MockSts::builder().users([user, carol, root]).role(role).start()
}

fn iam(action: &str) -> RawRequest {
    RawRequest { service: "iam", ..RawRequest::with_body(&format!("Action={action}&Version=2010-05-08")) }
}

fn by(id: &str, secret: &str, request: RawRequest) -> RawRequest {
    RawRequest { access_key_id: id.to_owned(), secret_access_key: secret.to_owned(), ..request }
}

fn by_session(session: &Credentials, request: RawRequest) -> RawRequest {
    let signed = vec![("x-amz-security-token", session.session_token.clone())];
    RawRequest { signed, ..by(&session.access_key_id, &session.secret_access_key, request) }
}

fn serials(answer: &RawAnswer) -> Vec<&str> {
    let members = answer.body().split("<SerialNumber>").skip(1);
    members.map(|rest| rest.split_once('<').unwrap().0).collect()
}

#[test]
fn the_devices_of_a_user_are_listed_passkeys_too() {
    let sts = sts();
    let answer = iam("ListMFADevices").send(&sts);
    assert_eq!(serials(&answer), [DEFAULT_MFA_SERIAL, PHONE, PASSKEY], "{answer:?}");
    assert!(answer.body().starts_with(
        "<ListMFADevicesResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><ListMFADevicesResult>"
    ));
    assert_eq!((answer.element("UserName"), answer.element("IsTruncated")), ("user", "false"));
    assert_eq!(answer.header("x-amzn-requestid"), [answer.element("RequestId")]);
    // Any region of the partition will do: with an endpoint of their own, clients sign for theirs.
    assert_eq!(RawRequest { region: "eu-west-1", ..iam("ListMFADevices") }.send(&sts).status(), 200);
    assert_eq!(sts.requests()[0].action.as_deref(), Some("ListMFADevices"));
}

#[test]
fn each_device_has_its_own_code_and_a_passkey_none() {
    let sts = sts();
    let client = Client::of(&sts);
    client.session_of(DEFAULT_MFA_SERIAL, "123456", 900).unwrap();
    client.session_of(PHONE, "222222", 900).unwrap();
    assert!(client.session_of(PHONE, "123456", 900).unwrap_err().message.contains("invalid MFA one time pass code"));
    assert!(client.session_of(PASSKEY, "123456", 900).unwrap_err().message.contains("unable to validate MFA code.  "));
}

#[test]
fn a_user_is_described() {
    let sts = sts();
    let answer = iam("GetUser").send(&sts);
    assert_eq!((answer.element("UserName"), answer.element("Path")), ("user", "/"));
    assert_eq!(answer.element("Arn"), "arn:aws:iam::123456789012:user/user");
    let identity = block_on(Client::of(&sts).sdk.get_caller_identity().send()).unwrap();
    assert_eq!(answer.element("UserId"), identity.user_id.unwrap());

    let carol =
        RawRequest { service: "iam", ..RawRequest::with_body("Action=GetUser&Version=2010-05-08&UserName=carol") };
    assert_eq!(carol.send(&sts).element("Arn"), "arn:aws:iam::123456789012:user/carol");
    let nobody = RawRequest { body: carol.body.replace("carol", "nobody"), ..carol.clone() };
    assert_eq!(nobody.send(&sts).refusal(), "404 NoSuchEntity: The user with name nobody cannot be found.");
    let wrong = RawRequest { body: carol.body.replace("carol", "a%2Ab"), ..carol };
    assert!(wrong.send(&sts).refusal().starts_with("400 ValidationError: 1 validation error detected: "));
    let root = by("AKIAROOT", "root", iam("GetUser")).send(&sts);
    assert_eq!(root.element("Arn"), "arn:aws:iam::123456789012:root");
    assert!(!root.text.contains("<UserName>"));
}

#[test]
fn a_policy_may_deny() {
    let sts = sts();
    let refusal = |request| by("AKIACAROL", "carol", request).send(&sts).refusal();
    let denied = |action: &str| {
        format!(
            "403 AccessDenied: User: arn:aws:iam::123456789012:user/carol is not authorized to perform: {action} with \
             an explicit deny in an identity-based policy"
        )
    };
    assert_eq!(refusal(iam("ListMFADevices")), denied("iam:ListMFADevices on resource: user carol"));
    assert_eq!(refusal(iam("GetUser")), denied("iam:GetUser on resource: user carol"));
    let get_session_token = RawRequest::with_body("Action=GetSessionToken&Version=2011-06-15");
    assert_eq!(refusal(get_session_token), denied("sts:GetSessionToken"));
    let role = "arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Frole";
    let assume = format!("Action=AssumeRole&Version=2011-06-15&RoleSessionName=me&RoleArn={role}");
    let expected = denied("sts:AssumeRole on resource: arn:aws:iam::123456789012:role/role");
    assert_eq!(refusal(RawRequest::with_body(&assume)), expected);
    assert_eq!(by("AKIACAROL", "carol", RawRequest::default()).send(&sts).status(), 200);
}

#[test]
fn sessions_call_iam_only_with_a_code_or_as_a_role() {
    let sts = sts();
    let client = Client::of(&sts);
    let without = client.session_without_device().unwrap();
    let refusal = by_session(&without, iam("ListMFADevices")).send(&sts).refusal();
    assert!(refusal.starts_with("403 InvalidClientTokenId: "), "{refusal}");
    let with = client.session("123456").unwrap();
    assert_eq!(serials(&by_session(&with, iam("ListMFADevices")).send(&sts)).len(), 3);

    let role = "arn:aws:iam::123456789012:role/role";
    let role = block_on(client.sdk.assume_role().role_arn(role).role_session_name("me").send()).unwrap();
    let role = role.credentials.unwrap();
    let refusal = by_session(&role, iam("ListMFADevices")).send(&sts).refusal();
    assert_eq!(refusal, "400 ValidationError: Must specify userName when calling with non-User credentials");
    let named = RawRequest { body: format!("{}&UserName=user", iam("ListMFADevices").body), ..iam("") };
    assert_eq!(serials(&by_session(&role, named).send(&sts)).len(), 3);
}

#[test]
fn each_service_has_its_own_actions_version_and_namespace() {
    let sts = sts();
    let refusal = |service, body: &str| {
        let answer = RawRequest { service, ..RawRequest::with_body(body) }.send(&sts);
        (answer.refusal(), answer.text.contains(&format!("xmlns=\"https://{service}.amazonaws.com/doc/")))
    };
    for (service, action, version) in [
        ("sts", "ListMFADevices", "2010-05-08"),
        ("sts", "ListMFADevices", "2011-06-15"),
        ("iam", "GetCallerIdentity", "2011-06-15"),
        ("iam", "GetCallerIdentity", "2010-05-08"),
        ("iam", "ListMFADevices", "2011-06-15"),
        ("iam", "CreateUser", "2010-05-08"),
    ] {
        let expected = format!("400 InvalidAction: Could not find operation {action} for version {version}");
        assert_eq!(refusal(service, &format!("Action={action}&Version={version}")), (expected, true));
    }
}

#[test]
fn faults_befall_iam_too() {
    let sts = sts();
    sts.set_fault(Fault::Error("AccessDenied".to_owned()), Some(1));
    let refusal = iam("ListMFADevices").send(&sts).refusal();
    assert!(refusal.contains("is not authorized to perform: iam:ListMFADevices with an explicit deny"), "{refusal}");
    sts.set_fault(Fault::Incomplete, Some(1));
    let answer = iam("ListMFADevices").send(&sts);
    assert_eq!((answer.status(), serials(&answer).len()), (200, 0));
}
