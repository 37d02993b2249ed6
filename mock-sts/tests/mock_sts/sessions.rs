//! Sessions: what they are, and what they may do.

use mock_sts::MockSts;

use crate::client::Client;

const USER: &str = "arn:aws:iam::123456789012:user/user";

#[test]
fn a_session_names_its_user_until_a_character_of_it_is_changed() {
    let sts = MockSts::start();
    let session = Client::of(&sts).session("123456").unwrap();
    assert_eq!(Client::with_session(&sts, &session).identity().unwrap(), USER);

    let mut changed = session.clone();
    changed.secret_access_key.replace_range(
        ..1,
        if session.secret_access_key.starts_with('a') {
            "b"
        } else {
            "a"
        },
    );
    assert_eq!(
        Client::with_session(&sts, &changed).identity().unwrap_err().code,
        "SignatureDoesNotMatch"
    );

    let mut changed = session.clone();
    changed.session_token.replace_range(
        200..201,
        if &session.session_token[200..201] == "a" {
            "b"
        } else {
            "a"
        },
    );
    assert_eq!(
        Client::with_session(&sts, &changed).identity().unwrap_err().code,
        "InvalidClientTokenId"
    );
}

#[test]
fn a_wrong_code_is_refused() {
    let sts = MockSts::start();
    let refused = Client::of(&sts).session("654321").unwrap_err();
    assert_eq!(
        refused.to_string(),
        "403 AccessDenied: MultiFactorAuthentication failed with invalid MFA one time pass code. "
    );
}
