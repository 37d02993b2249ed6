//! Against the mock: signed, in pages, refused.

use mock_sts::{Fault, MfaDevice, MockSts, User};

use super::*;
use crate::core::environment::Environment;
use crate::core::file::config_file::ConfigFile;
use crate::core::name::ProfileName;
use crate::core::secret::SecretString;
use crate::core::session::Partition;
use crate::core::sts::settings::request::SettingsRequest;

fn devices(endpoint: &str, secret: &str) -> Result<Vec<String>> {
    let environment = Environment::fixed([("AWS_ENDPOINT_URL_IAM", endpoint)]);
    let request = SettingsRequest {
        source_profile: &ProfileName::parse("default").unwrap(),
        config: &ConfigFile::default(),
        credentials_region: None,
        config_region: None,
        config_ca_bundle: None,
        region_option: None,
        endpoint_option: None,
        device: None,
        environment: &environment,
    };
    let key = AccessKey { id: "AKIAIOSFODNN7EXAMPLE".into(), secret: SecretString::from(secret) };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let settings = StsSettings::resolve_iam(&request, &Partition::Aws).await?;
        IamClient::new(&settings, &key).list_mfa_devices().await
    })
}

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const DEVICE: &str = "arn:aws:iam::123456789012:mfa/user";

#[test]
fn first_1_the_devices_are_asked_for_with_the_key_alone() {
    let passkey = MfaDevice { serial: "arn:aws:iam::123456789012:u2f/user/user/key".into(), code: None };
    let user = User { other_devices: vec![passkey.clone()], ..User::default() };
    let sts = MockSts::builder().users([user]).start();
    assert_eq!(devices(sts.url(), SECRET).unwrap(), [DEVICE, &passkey.serial]);
}

#[test]
fn first_1_a_refusal_of_iam_is_an_error_without_a_word_about_a_code() {
    let denied = MockSts::builder().users([User { denied: vec!["iam:ListMFADevices".into()], ..User::default() }]);
    let denied = denied.start();
    let sts = MockSts::start();
    let error = |endpoint: &str, secret| devices(endpoint, secret).unwrap_err();
    for (error, code) in [
        (error(denied.url(), SECRET), ErrorCode::AccessDenied),
        (error(sts.url(), "wrong"), ErrorCode::SignatureRefused),
        (error("http://127.0.0.1:9", SECRET), ErrorCode::Unreachable),
    ] {
        assert_eq!((error.code(), error.code_spent()), (code, None), "{error}");
        assert!(!error.hint().contains("code"), "{}", error.hint());
    }
    let broken = MockSts::builder().fault(Fault::Malformed, None).start();
    assert_eq!(error(broken.url(), SECRET).code(), ErrorCode::AnswerLost);
}

#[test]
fn first_1_throttling_and_a_server_error_are_tried_again() {
    for fault in [Fault::Unavailable, Fault::Error("Throttling".into())] {
        let sts = MockSts::builder().fault(fault, Some(1)).start();
        assert_eq!(devices(sts.url(), SECRET).unwrap(), [DEVICE]);
    }
}

#[test]
fn first_1_a_clock_that_is_an_hour_off_is_corrected_as_for_a_session() {
    let sts = MockSts::builder().fault(Fault::Skew(3600), None).start();
    assert_eq!(devices(sts.url(), SECRET).unwrap(), [DEVICE]);
}

/// Answers each connection with the next page, and returns what was sent.
fn pages(pages: Vec<String>) -> (String, std::thread::JoinHandle<Vec<String>>) {
    use std::io::{Read, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let serve = move |page: String| {
        let (mut stream, _) = listener.accept().unwrap();
        let (mut request, mut buffer) = (String::new(), [0; 4096]);
        while !request.contains("Action=") {
            let length = stream.read(&mut buffer).unwrap();
            request.push_str(&String::from_utf8_lossy(&buffer[..length]));
        }
        write!(stream, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{page}", page.len()).unwrap();
        request
    };
    (url, std::thread::spawn(move || pages.into_iter().map(serve).collect()))
}

#[test]
fn first_1_the_pages_of_a_list_are_put_together_and_end() {
    let page = |serial: &str, rest: &str| {
        format!(
            "<ListMFADevicesResponse><ListMFADevicesResult><MFADevices><member><SerialNumber>{serial}</SerialNumber>\
             </member></MFADevices>{rest}</ListMFADevicesResult></ListMFADevicesResponse>"
        )
    };
    let more = "<IsTruncated>true</IsTruncated><Marker>a+b/c=</Marker>";
    let (url, server) = pages(vec![page("GAHT12345678", more), page(DEVICE, "<IsTruncated>false</IsTruncated>")]);
    assert_eq!(devices(&url, SECRET).unwrap(), ["GAHT12345678", DEVICE]);
    let sent = server.join().unwrap();
    assert!(!sent[0].contains("Marker=") && sent[1].contains("&Marker=a%2Bb%2Fc%3D"), "{sent:?}");

    let (url, server) = pages(vec![page(DEVICE, more); MOST_PAGES]);
    assert_eq!(devices(&url, SECRET).unwrap_err().code(), ErrorCode::AnswerLost);
    assert_eq!(server.join().unwrap().len(), MOST_PAGES);
}
