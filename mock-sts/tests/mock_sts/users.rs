//! Several users.

use mock_sts::{AccessKey, CodeSource, MockSts, User};

use crate::client::Client;

#[test]
fn each_user_has_keys_of_its_own() {
    let alice = User {
        name: "alice".to_owned(),
        account: "111122223333".to_owned(),
        keys: vec![AccessKey::new("AKIAALICE1", "one"), AccessKey::new("AKIAALICE2", "two")],
        mfa_serial: Some("arn:aws:iam::111122223333:mfa/alice".to_owned()),
        code: CodeSource::Fixed("222222".to_owned()),
        ..User::default()
    };
    let sts = MockSts::builder().user(alice).start();
    for (id, secret) in [("AKIAALICE1", "one"), ("AKIAALICE2", "two")] {
        let client = Client::with_key(&sts, id, secret);
        assert_eq!(client.identity().unwrap(), "arn:aws:iam::111122223333:user/alice");
        let session = client.session_of("arn:aws:iam::111122223333:mfa/alice", "222222", 900).unwrap();
        let by_session = Client::with_session(&sts, &session).identity().unwrap();
        assert_eq!(by_session, "arn:aws:iam::111122223333:user/alice");
    }
    assert_eq!(Client::of(&sts).identity().unwrap(), "arn:aws:iam::123456789012:user/user");
    assert_eq!(Client::with_key(&sts, "AKIAALICE1", "two").identity().unwrap_err().code, "SignatureDoesNotMatch");
}

#[test]
fn the_default_user_can_be_another() {
    let sts = MockSts::builder()
        .access_key_id("AKIAI44QH8DHBEXAMPLE")
        .secret_access_key("je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY")
        .mfa_serial("arn:aws:iam::111122223333:mfa/dev")
        .start();
    let client = Client::with_key(&sts, "AKIAI44QH8DHBEXAMPLE", "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY");
    assert_eq!(client.identity().unwrap(), "arn:aws:iam::111122223333:user/dev");
    assert_eq!(Client::of(&sts).identity().unwrap_err().code, "InvalidClientTokenId");
}
