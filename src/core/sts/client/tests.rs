mod server;

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use jiff::Timestamp;

use self::server::{Identity, Reply, Server, Tunnel, answer};
use super::*;
use crate::core::environment::Environment;
use crate::core::file::config_file::ConfigFile;
use crate::core::name::ProfileName;
use crate::core::secret::SecretString;
use crate::core::sts::settings::request::SettingsRequest;

const KEY_ID: &str = "AKIAIOSFODNN7EXAMPLE";
const KEY_SECRET: &str = "canary-key-wJalrXUtnFEMI";
const CODE: &str = "918273";
const SESSION_SECRET: &str = "canary-session-secret";
const SESSION_TOKEN: &str = "canary-session-token";
const PROXY_PASSWORD: &str = "canary/proxy@password";

/// Far shorter than in life, and longer than a loopback server needs under load.
const LIMITS: TimeLimits =
    TimeLimits { connect: Duration::from_secs(1), attempt: Duration::from_secs(2), operation: Duration::from_secs(6) };

/// A call to `endpoint`, with the variables of the environment.
struct Call {
    endpoint: String,
    variables: Vec<(&'static str, String)>,
    limits: TimeLimits,
}

fn call(endpoint: impl Into<String>) -> Call {
    Call { endpoint: endpoint.into(), variables: Vec::new(), limits: LIMITS }
}

impl Call {
    fn variable(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.variables.push((name, value.into()));
        self
    }

    fn trusting(self, identity: &Identity) -> (Self, tempfile::NamedTempFile) {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), &identity.root_pem).unwrap();
        let path = file.path().to_str().unwrap().to_owned();
        (self.variable("AWS_CA_BUNDLE", path), file)
    }

    fn run(&self) -> Result<SessionCredentials> {
        self.granted().map(|(session, _)| session)
    }

    /// The session, and the warning about the clock.
    fn granted(&self) -> Result<(SessionCredentials, Option<String>)> {
        let environment = Environment::fixed(self.variables.clone());
        let device = SerialNumber::parse("arn:aws:iam::123456789012:mfa/user").unwrap();
        let request = SettingsRequest {
            source_profile: &ProfileName::parse("default").unwrap(),
            config: &ConfigFile::of("config".into(), Vec::new()),
            credentials_region: None,
            config_region: None,
            config_ca_bundle: None,
            region_option: None,
            endpoint_option: Some(&self.endpoint),
            device: Some(&device),
            environment: &environment,
        };
        let key = AccessKey { id: KEY_ID.to_owned(), secret: SecretString::from(KEY_SECRET) };
        let code = TokenCode::parse(CODE).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let result = runtime.block_on(async {
            let settings = StsSettings::resolve(&request).await?;
            let client = StsClient::with_time_limits(&settings, &key, self.limits);
            let duration = SessionDuration::from_seconds(900).unwrap();
            client.get_session_token(&device, &code, duration).await
        });
        // A name that is still being looked up must not hold the test.
        runtime.shutdown_background();
        result
    }

    /// The error's code and whether the MFA code is spent. No error may hold a secret, or text
    /// of an answer.
    fn fails(&self) -> (ErrorCode, CodeSpent) {
        let error = self.error();
        (error.code(), error.code_spent().expect("a request was tried"))
    }

    fn error(&self) -> Error {
        let error = self.run().expect_err("no session is to be had here");
        let shown = format!("{error} {} {error:?}", error.hint());
        for secret in ["canary", CODE] {
            assert!(!shown.contains(secret), "{shown}");
        }
        assert!(!error.message().ends_with('.') && !error.hint().ends_with('.'), "{shown}");
        error
    }
}

/// The time `seconds` from now, as in a `Date` header.
fn date(seconds: i64) -> String {
    let now = DateTime::from(SystemTime::now()).secs();
    DateTime::from_secs(now + seconds).fmt(Format::HttpDate).unwrap()
}

fn session_xml(id: &str, secret: &str, token: &str, expiration: &str) -> String {
    format!(
        "<GetSessionTokenResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetSessionTokenResult>\
         <Credentials><AccessKeyId>{id}</AccessKeyId><SecretAccessKey>{secret}</SecretAccessKey>\
         <SessionToken>{token}</SessionToken><Expiration>{expiration}</Expiration></Credentials>\
         </GetSessionTokenResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></GetSessionTokenResponse>"
    )
}

fn success() -> Reply {
    success_at(0)
}

/// A session for an hour, by a clock that is `ahead` seconds from ours.
fn success_at(ahead: i64) -> Reply {
    let expiration = Timestamp::now() + jiff::SignedDuration::from_secs(ahead + 3600);
    let xml = session_xml("ASIAEXAMPLE", SESSION_SECRET, SESSION_TOKEN, &expiration.to_string());
    answer(200, &[("date", &date(ahead))], &xml)
}

fn refusal(status: u16, code: &str, message: &str) -> Reply {
    refusal_with(status, &[("date", &date(0))], code, message)
}

fn refusal_with(status: u16, headers: &[(&str, &str)], code: &str, message: &str) -> Reply {
    let xml = format!(
        "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type>\
         <Code>{code}</Code><Message>{message}</Message></Error><RequestId>r</RequestId></ErrorResponse>"
    );
    answer(status, headers, &xml)
}

mod request {
    use super::*;

    #[test]
    fn get_1_the_request_is_signed_with_the_key_alone() {
        let server = Server::http(vec![success()]);
        // Whatever the environment says of other keys is not looked at.
        let (session, warning) = call(server.url())
            .variable("AWS_ACCESS_KEY_ID", "AKIAOTHER")
            .variable("AWS_SECRET_ACCESS_KEY", "other")
            .variable("AWS_SESSION_TOKEN", "other")
            .variable("AWS_PROFILE", "other")
            .granted()
            .unwrap();
        assert_eq!(warning, None);
        assert_eq!(session.access_key_id, "ASIAEXAMPLE");
        assert_eq!(session.secret_access_key.expose_secret(), SESSION_SECRET);
        assert_eq!(session.session_token.expose_secret(), SESSION_TOKEN);
        let left = session.time_left(Timestamp::now()).as_secs();
        assert!((3500..=3600).contains(&left), "{left}");

        let requests = server.requests();
        assert_eq!(requests.len(), 1);
        let (head, body) = requests[0].split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("POST / HTTP/1.1\r\n"), "{head}");
        assert!(head.contains(&format!("Credential={KEY_ID}/")), "{head}");
        assert!(head.contains("/us-east-1/sts/aws4_request"), "{head}");
        assert!(!head.contains("x-amz-security-token"), "{head}");
        let mut parameters: Vec<&str> = body.split('&').collect();
        parameters.sort_unstable();
        let expected = [
            "Action=GetSessionToken",
            "DurationSeconds=900",
            "SerialNumber=arn%3Aaws%3Aiam%3A%3A123456789012%3Amfa%2Fuser",
            "TokenCode=918273",
            "Version=2011-06-15",
        ];
        assert_eq!(parameters, expected);
    }

    #[test]
    fn get_9_the_path_of_an_endpoint_is_kept() {
        let server = Server::http(vec![success()]);
        call(format!("{}/sts/", server.url())).run().unwrap();
        assert!(server.requests()[0].starts_with("POST /sts/ "), "{:?}", server.requests());
    }

    #[test]
    fn cli_9_no_event_and_no_debug_output_shows_a_secret() {
        let log = Log::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::DEBUG)
            .with_writer(move || writer.clone())
            .finish();
        // With a single subscriber, an event that another test reaches first would be off for all.
        let _second = tracing::Dispatch::new(tracing_subscriber::registry());
        let identity = Identity::new();
        let server = Server::https(
            vec![
                refusal(400, "Throttling", "Rate exceeded"),
                refusal(403, "AccessDenied", "AWS's own words for code 918\u{200b}273"),
                success(),
            ],
            &identity,
        );
        let proxy = Tunnel::start("Basic dXNlcjpjYW5hcnkvcHJveHlAcGFzc3dvcmQ=", "");
        let url = format!("http://user:canary%2Fproxy%40password@{}", proxy.address);
        let plain = Server::http(vec![refusal(400, "Throttling", "Rate exceeded"), success()]);
        tracing::subscriber::with_default(subscriber, || {
            let (call, _file) = call(server.https_url("localhost")).variable("HTTPS_PROXY", &url).trusting(&identity);
            assert_eq!(call.fails().0, ErrorCode::AccessDenied);
            call.run().unwrap();
            super::call(plain.url()).run().unwrap();
            super::call("http://sts.invalid").variable("HTTP_PROXY", &url).run().unwrap_err();
        });
        let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
        assert!(log.contains("DEBUG"), "events were recorded");
        assert!(log.contains("AWS's own words: AWS's own words for code (code)"), "{log}");
        for secret in [KEY_SECRET, SESSION_SECRET, SESSION_TOKEN, PROXY_PASSWORD, "canary", CODE, "dXNlcjpjYW5hcnkv"] {
            let line = log.lines().find(|line| line.contains(secret));
            assert_eq!(line, None, "{secret}");
        }
    }

    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl Write for Log {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
}

mod refusals {
    use super::*;

    fn refused(status: u16, code: &str, message: &str) -> (ErrorCode, CodeSpent) {
        let server = Server::http(vec![refusal(status, code, message)]);
        let result = call(server.url()).fails();
        assert_eq!(server.requests().len(), 1, "{code} is not retried");
        result
    }

    #[test]
    fn get_13_each_refusal_has_its_code_and_says_whether_the_code_is_spent() {
        use CodeSpent::{Maybe, No, Yes};
        let wrong_code = "MultiFactorAuthentication failed with invalid MFA one time pass code. ";
        let wrong_device = "MultiFactorAuthentication failed, unable to validate MFA code.  \
                            Please verify your MFA serial number is valid and associated with this user.";
        let session_key = "Cannot call GetSessionToken with session credentials";
        let denied = "User: canary is not authorized to perform: sts:GetSessionToken";
        let mismatch = "The request signature we calculated does not match the signature you provided. canary";
        let expired =
            "Signature expired: 20261123T000000Z is now earlier than 20261123T001000Z (20261123T001500Z - 5 min.)";
        let early = "Signature not yet current: 20261123T001500Z is still later than 20261123T000500Z";
        let scope = "Credential should be scoped to a valid region";
        let scope_with_name = "Credential should be scoped to a valid region, not 'us-east-1'. ";
        let service = "Credential should be scoped to correct service: 'sts'. ";
        for (status, code, message, expected) in [
            (403, "AccessDenied", wrong_code, (ErrorCode::CodeRefused, Yes)),
            (403, "AccessDenied", wrong_device, (ErrorCode::DeviceRefused, No)),
            (403, "AccessDenied", session_key, (ErrorCode::AccessDenied, Maybe)),
            (403, "AccessDenied", denied, (ErrorCode::AccessDenied, Maybe)),
            (403, "InvalidClientTokenId", "canary", (ErrorCode::KeyRefused, No)),
            (403, "ExpiredToken", "canary", (ErrorCode::KeyRefused, No)),
            (403, "SignatureDoesNotMatch", mismatch, (ErrorCode::SignatureRefused, No)),
            (403, "SignatureDoesNotMatch", expired, (ErrorCode::ClockSkew, No)),
            (403, "SignatureDoesNotMatch", early, (ErrorCode::ClockSkew, No)),
            (403, "SignatureDoesNotMatch", scope, (ErrorCode::RegionRefused, No)),
            (403, "SignatureDoesNotMatch", scope_with_name, (ErrorCode::RegionRefused, No)),
            (403, "SignatureDoesNotMatch", service, (ErrorCode::SignatureRefused, No)),
            (400, "RequestExpired", "canary", (ErrorCode::ClockSkew, No)),
            (403, "MissingAuthenticationToken", "canary", (ErrorCode::SignatureRefused, No)),
            (400, "IncompleteSignature", "canary", (ErrorCode::SignatureRefused, No)),
            (403, "RegionDisabledException", "canary", (ErrorCode::RegionRefused, No)),
            (403, "OptInRequired", "canary", (ErrorCode::AccessDenied, Maybe)),
            (400, "ValidationError", "canary '918273' at 'tokenCode'", (ErrorCode::AwsRefused, No)),
            (400, "InvalidAction", "canary", (ErrorCode::AwsRefused, No)),
            (400, "NobodyKnowsThis", "canary", (ErrorCode::AwsRefused, Maybe)),
            (500, "InternalFailure", "canary", (ErrorCode::AnswerLost, Maybe)),
            (503, "ServiceUnavailable", "canary", (ErrorCode::AnswerLost, Maybe)),
        ] {
            assert_eq!(refused(status, code, message), expected, "{code} {message}");
        }
    }

    /// C16. No new key helps against a wrong region.
    #[test]
    fn get_13_a_region_that_the_endpoint_does_not_serve_is_named_with_its_origin() {
        let reply = refusal(403, "SignatureDoesNotMatch", "Credential should be scoped to a valid region. ");
        let server = Server::http(vec![reply]);
        let error = call(server.url()).variable("AWS_REGION", "eu-west-9").error();
        assert!(error.message().contains("`eu-west-9` from `AWS_REGION`"), "{error}");
        assert!(error.message().contains(&server.url()), "{error}");
        assert!(error.hint().contains("`--region`") && !error.hint().contains("key"), "{}", error.hint());
        // A clock that is off as well is not the reason.
        let reply = refusal_with(
            403,
            &[("date", &date(3600))],
            "SignatureDoesNotMatch",
            "Credential should be scoped to a valid region. ",
        );
        assert_eq!(call(Server::http(vec![reply]).url()).fails(), (ErrorCode::RegionRefused, CodeSpent::No));
    }

    /// C36. A program on this machine makes its codes by this machine's clock.
    #[test]
    fn get_13_a_refused_code_names_a_clock_that_is_off_by_30_s_or_more() {
        let wrong = "MultiFactorAuthentication failed with invalid MFA one time pass code. ";
        for (ahead, named) in [
            (0, None),
            (20, None),
            (-20, None),
            (31, Some("s behind AWS")),
            (-31, Some("s ahead of AWS")),
            (600, Some("10 min behind AWS")),
            (-600, Some("10 min ahead of AWS")),
        ] {
            let server = Server::http(vec![refusal_with(403, &[("date", &date(ahead))], "AccessDenied", wrong)]);
            let error = call(server.url()).error();
            assert_eq!((error.code(), error.code_spent()), (ErrorCode::CodeRefused, Some(CodeSpent::Yes)));
            assert_eq!(error.message().contains("clock"), named.is_some(), "{ahead}: {error}");
            assert!(error.message().ends_with(named.unwrap_or_default()), "{ahead}: {error}");
            assert!(error.hint().contains("next code"), "{}", error.hint());
        }
        let undated = Server::http(vec![refusal_with(403, &[], "AccessDenied", wrong)]);
        assert!(!call(undated.url()).error().message().contains("clock"));
    }

    #[test]
    fn get_13_the_code_of_aws_is_shown_cleaned_and_bounded() {
        let long = format!("Odd&#27;[31m<!-- -->\u{202e}Code{}", "x".repeat(500));
        let server = Server::http(vec![refusal(400, &long, "canary")]);
        let message = call(server.url()).error().message().to_owned();
        assert!(message.len() < 120 && !message.contains(['\u{1b}', '[', '\u{202e}']), "{message}");
        let server = Server::http(vec![refusal(400, "PackedPolicyTooLarge", "")]);
        assert!(call(server.url()).error().message().contains("`PackedPolicyTooLarge`"));
    }

    #[test]
    fn get_13_an_answer_that_is_not_of_aws_is_told_from_a_refusal() {
        use CodeSpent::{Maybe, No};
        let html = "<!DOCTYPE html><html><body>canary</body></html>";
        for (status, expected) in [
            (200, (ErrorCode::AnswerLost, Maybe)),
            (302, (ErrorCode::AnswerLost, Maybe)),
            (403, (ErrorCode::AnswerLost, Maybe)),
            (404, (ErrorCode::AnswerLost, Maybe)),
            (407, (ErrorCode::Unreachable, No)),
            (500, (ErrorCode::AnswerLost, Maybe)),
            (502, (ErrorCode::AnswerLost, Maybe)),
            (504, (ErrorCode::AnswerLost, Maybe)),
        ] {
            for body in [html, ""] {
                let server = Server::http(vec![answer(status, &[("content-type", "text/html")], body)]);
                let error = call(server.url()).error();
                assert_eq!((error.code(), error.code_spent()), (expected.0, Some(expected.1)), "{status}");
                assert!(!error.message().contains("AWS had an internal error"), "{error}");
                assert_eq!(server.requests().len(), 1, "{status} is not retried");
            }
        }
    }
}

mod retries {
    use super::*;

    #[test]
    fn get_11_throttling_is_retried() {
        for (status, code) in
            [(400, "Throttling"), (400, "ThrottlingException"), (503, "RequestLimitExceeded"), (503, "SlowDown")]
        {
            let server = Server::http(vec![refusal(status, code, "Rate exceeded"), success()]);
            call(server.url()).run().unwrap();
            assert_eq!(server.requests().len(), 2, "{code}");
        }
    }

    #[test]
    fn get_11_throttling_without_end_is_given_up() {
        let server = Server::http(vec![refusal(400, "Throttling", "Rate exceeded")]);
        assert_eq!(call(server.url()).fails(), (ErrorCode::Throttled, CodeSpent::No));
        assert_eq!(server.requests().len(), 3);
        let as_503 = Server::http(vec![refusal(503, "SlowDown", "")]);
        assert_eq!(call(as_503.url()).fails(), (ErrorCode::Throttled, CodeSpent::No));
        let by_status = Server::http(vec![answer(429, &[], "slow down")]);
        assert_eq!(call(by_status.url()).fails(), (ErrorCode::Throttled, CodeSpent::No));
    }

    #[test]
    fn get_11_a_throttled_request_whose_repetition_is_lost_is_not_sent_a_third_time() {
        let server = Server::http(vec![refusal(400, "Throttling", ""), Reply::Drop, success()]);
        assert_eq!(call(server.url()).fails(), (ErrorCode::AnswerLost, CodeSpent::Maybe));
        assert_eq!(server.requests().len(), 2);
    }

    #[test]
    fn get_11_a_lost_answer_is_not_asked_for_again() {
        let cut = "HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n<GetSessionTokenResponse>";
        for reply in [
            Reply::Drop,
            Reply::Stall,
            Reply::Cut(cut.to_owned()),
            Reply::Cut("HTTP/1.1 200".to_owned()),
            Reply::Cut("garbage\r\n\r\n".to_owned()),
        ] {
            let server = Server::http(vec![reply, success()]);
            assert_eq!(call(server.url()).fails(), (ErrorCode::AnswerLost, CodeSpent::Maybe));
            assert_eq!(server.requests().len(), 1);
        }
    }

    #[test]
    fn get_11_the_whole_operation_has_a_limit() {
        let server = Server::http(vec![refusal(400, "Throttling", ""), Reply::Stall]);
        let mut call = call(server.url());
        call.limits.operation = Duration::from_millis(1500);
        call.limits.attempt = Duration::from_secs(20);
        let start = Instant::now();
        assert_eq!(call.fails(), (ErrorCode::AnswerLost, CodeSpent::Maybe));
        assert!(start.elapsed() < Duration::from_secs(5));
    }

    #[test]
    fn get_11_the_limits_are_those_of_the_contract() {
        let seconds = [TIME_LIMITS.connect, TIME_LIMITS.attempt, TIME_LIMITS.operation].map(|limit| limit.as_secs());
        assert_eq!(seconds, [5, 10, 25]);
    }

    #[test]
    fn get_11_a_measured_clock_skew_is_corrected_and_retried() {
        for ahead in [3600, -3600] {
            let message = "Signature expired: 1 is now earlier than 2 (3 - 5 min.)";
            let first = refusal_with(403, &[("date", &date(ahead))], "SignatureDoesNotMatch", message);
            let server = Server::http(vec![first, success_at(ahead)]);
            let (_, warning) = call(server.url()).granted().unwrap();
            assert!(warning.unwrap().contains("60 min"), "{ahead}");
            let signed: Vec<String> = server
                .requests()
                .iter()
                .map(|request| {
                    let line = request.lines().find(|line| line.starts_with("x-amz-date: ")).unwrap();
                    line["x-amz-date: ".len()..].to_owned()
                })
                .collect();
            let time = |text: &str| {
                let time = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", text).unwrap();
                jiff::tz::TimeZone::UTC.to_timestamp(time).unwrap().as_second()
            };
            let shift = time(&signed[1]) - time(&signed[0]);
            assert!((shift - ahead).abs() < 10, "{signed:?}");
        }
    }

    #[test]
    fn get_13_a_clock_skew_that_stays_is_shown_as_measured() {
        for (ahead, text) in [
            (3600, "the local clock is 60 min behind AWS"),
            (-3600, "the local clock is 60 min ahead of AWS"),
            (-100, "s ahead of AWS"),
        ] {
            let reply = refusal_with(400, &[("date", &date(ahead))], "RequestExpired", "");
            let server = Server::http(vec![reply]);
            let error = call(server.url()).error();
            assert_eq!(error.code(), ErrorCode::ClockSkew);
            assert!(error.message().contains(text), "{error}");
        }
        // A stored answer's date is no clock, and a clock that is right is not blamed.
        let stored = refusal_with(400, &[("date", &date(-9000)), ("age", "9000")], "RequestExpired", "");
        for reply in [stored, refusal(400, "RequestExpired", "")] {
            let server = Server::http(vec![reply]);
            let error = call(server.url()).error();
            assert_eq!((error.code(), error.code_spent()), (ErrorCode::ClockSkew, Some(CodeSpent::No)));
            assert!(error.message().ends_with("because of its time"), "{error}");
        }
    }

    #[test]
    fn get_13_a_wrong_key_is_told_from_a_wrong_clock() {
        let mismatch = "The request signature we calculated does not match";
        let off = date(3600);
        let server = Server::http(vec![
            refusal_with(403, &[("date", &off)], "SignatureDoesNotMatch", "Signature expired: x"),
            refusal_with(403, &[("date", &off)], "SignatureDoesNotMatch", mismatch),
        ]);
        assert_eq!(call(server.url()).fails(), (ErrorCode::SignatureRefused, CodeSpent::No));
    }
}

mod answers {
    use super::*;

    #[test]
    fn get_12_an_answer_that_holds_no_session_is_lost() {
        let later = (Timestamp::now() + jiff::SignedDuration::from_hours(1)).to_string();
        let earlier = (Timestamp::now() - jiff::SignedDuration::from_hours(1)).to_string();
        for xml in [
            session_xml("", "s", "t", &later),
            session_xml("ASIA", "", "t", &later),
            session_xml("ASIA", "s", "", &later),
            session_xml("ASIA x", "s", "t", &later),
            session_xml("ASIA", "s&#10;x", "t", &later),
            session_xml("ASIA", "s", "t&#27;", &later),
            session_xml("ASIA", "s", "té", &later),
            session_xml("ASIA", "s", "t", &earlier),
            session_xml("ASIA", "s", "t", ""),
            session_xml("ASIA", "s", "t", "canary"),
            "<GetSessionTokenResponse><GetSessionTokenResult/></GetSessionTokenResponse>".to_owned(),
            "<GetSessionTokenResponse><GetSessionTokenResult><Credentials/></GetSessionTokenResult></GetSessionTokenResponse>".to_owned(),
            "<Other/>".to_owned(),
            "<GetSessionTokenResponse".to_owned(),
            String::new(),
        ] {
            let server = Server::http(vec![answer(200, &[("date", &date(0))], &xml)]);
            assert_eq!(call(server.url()).fails(), (ErrorCode::AnswerLost, CodeSpent::Maybe), "{xml}");
            assert_eq!(server.requests().len(), 1);
        }
    }

    #[test]
    fn get_12_the_answers_own_date_tells_whether_the_session_has_expired() {
        let expiration = Timestamp::now() - jiff::SignedDuration::from_hours(1);
        let xml = session_xml("ASIA", "s", "t", &expiration.to_string());
        let behind = Server::http(vec![answer(200, &[("date", &date(-7200))], &xml)]);
        call(behind.url()).run().unwrap();
        let without = Server::http(vec![answer(200, &[], &xml)]);
        assert_eq!(call(without.url()).fails().0, ErrorCode::AnswerLost);
        let later = Timestamp::now() + jiff::SignedDuration::from_hours(1);
        let xml = session_xml("ASIA", "s", "t", &later.to_string());
        let ahead = Server::http(vec![answer(200, &[("date", &date(7200))], &xml)]);
        assert_eq!(call(ahead.url()).fails().0, ErrorCode::AnswerLost);
    }
}

mod connections {
    use super::*;

    const UNREACHABLE: (ErrorCode, CodeSpent) = (ErrorCode::Unreachable, CodeSpent::No);

    fn closed_port() -> std::net::SocketAddr {
        std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
    }

    #[test]
    fn get_11_without_a_connection_nothing_was_sent() {
        let refused = call(format!("http://{}", closed_port())).error();
        assert_eq!(refused.code(), ErrorCode::Unreachable);
        assert!(refused.message().contains("refused"), "{refused}");
        assert_eq!(call("http://no-such-host.invalid").fails(), UNREACHABLE);
    }

    #[test]
    fn get_11_a_connection_that_is_not_made_in_time_sent_nothing() {
        let server = Server::deaf();
        let (call, _file) = call(server.https_url("localhost")).trusting(&Identity::new());
        let error = call.error();
        assert_eq!((error.code(), error.code_spent()), (ErrorCode::Unreachable, Some(CodeSpent::No)));
        assert!(error.message().contains("longer than 1 s"), "{error}");
    }

    #[test]
    fn get_10_a_trusted_certificate_is_accepted() {
        let identity = Identity::new();
        let server = Server::https(vec![success()], &identity);
        for host in ["localhost", "127.0.0.1"] {
            let (call, file) = call(server.https_url(host)).trusting(&identity);
            call.run().unwrap();
            // The same root, as the system's.
            let path = file.path().to_str().unwrap();
            super::call(server.https_url(host)).variable("SSL_CERT_FILE", path).run().unwrap();
            // C15: the same root, as other programs in Python are told of it.
            super::call(server.https_url(host)).variable("REQUESTS_CA_BUNDLE", path).run().unwrap();
        }
    }

    #[test]
    fn get_10_a_named_bundle_replaces_the_systems_certificates() {
        let (identity, other) = (Identity::new(), Identity::new());
        let server = Server::https(vec![success()], &identity);
        let (call, system) = call(server.https_url("localhost")).trusting(&identity);
        let system = system.path().to_str().unwrap();
        let (call, _file) = Call { variables: Vec::new(), ..call }.variable("SSL_CERT_FILE", system).trusting(&other);
        let error = call.error();
        assert_eq!((error.code(), error.code_spent()), (ErrorCode::TlsUntrusted, Some(CodeSpent::No)));
        assert!(error.hint().contains("AWS_CA_BUNDLE"), "{}", error.hint());
        assert!(server.requests().is_empty());
    }

    #[test]
    fn get_10_an_untrusted_certificate_has_a_hint_at_the_bundle() {
        let (identity, other) = (Identity::new(), Identity::new());
        let server = Server::https(vec![success()], &identity);
        let system = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(system.path(), &other.root_pem).unwrap();
        let error =
            call(server.https_url("localhost")).variable("SSL_CERT_FILE", system.path().to_str().unwrap()).error();
        assert_eq!(error.code(), ErrorCode::TlsUntrusted);
        assert!(error.hint().contains("`AWS_CA_BUNDLE`"), "{}", error.hint());
    }

    #[test]
    fn get_10_an_expired_certificate_and_one_for_another_host_are_untrusted() {
        let expired = Identity::with(|leaf| leaf.not_after = rcgen::date_time_ymd(2001, 1, 1));
        let early = Identity::with(|leaf| leaf.not_before = rcgen::date_time_ymd(2999, 1, 1));
        let other_host = Identity::with(|leaf| {
            leaf.subject_alt_names = vec![rcgen::SanType::DnsName("example.com".try_into().unwrap())];
        });
        for (identity, text) in
            [(expired, "has expired"), (early, "is not valid yet"), (other_host, "is for another host")]
        {
            let server = Server::https(vec![success()], &identity);
            let (call, _file) = call(server.https_url("localhost")).trusting(&identity);
            let error = call.error();
            assert_eq!((error.code(), error.code_spent()), (ErrorCode::TlsUntrusted, Some(CodeSpent::No)));
            assert!(error.message().contains(text), "{error}");
        }
    }

    #[test]
    fn get_10_a_port_that_does_not_speak_tls_is_unreachable() {
        let server = Server::http(vec![success()]);
        let plain = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = plain.local_addr().unwrap().port();
        std::thread::spawn(move || {
            for mut stream in plain.incoming().flatten() {
                let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
            }
        });
        let (call, _file) = call(format!("https://localhost:{port}")).trusting(&Identity::new());
        let error = call.error();
        assert_eq!((error.code(), error.code_spent()), (ErrorCode::Unreachable, Some(CodeSpent::No)));
        assert!(error.message().contains("does not speak TLS"), "{error}");
        drop(server);
    }

    #[test]
    fn get_10_a_proxy_tunnels_with_user_and_password_of_its_url() {
        let identity = Identity::new();
        let server = Server::https(vec![success()], &identity);
        let proxy = Tunnel::start("Basic dXNlcjpjYW5hcnkvcHJveHlAcGFzc3dvcmQ=\r\n", "");
        for userinfo in ["user:canary%2Fproxy%40password", "user:canary%2fproxy@password"] {
            let (call, _file) = call(server.https_url("localhost"))
                .variable("HTTPS_PROXY", format!("{userinfo}@{}", proxy.address))
                .trusting(&identity);
            call.run().unwrap();
        }
        let target = format!("CONNECT localhost:{} ", server.address.port());
        assert!(proxy.heads().iter().all(|head| head.starts_with(&target)), "{:?}", proxy.heads());
        assert_eq!(proxy.heads().len(), 2);
    }

    #[test]
    fn get_10_a_proxy_that_refuses_sends_nothing_on() {
        let identity = Identity::new();
        let server = Server::https(vec![success()], &identity);
        let wants_login = "requires a valid user name and password";
        for (answer, text, hint) in [
            ("HTTP/1.1 407 X\r\n\r\n", wants_login, "`http://user:password@host:port`"),
            ("HTTP/1.1 407 X\r\nProxy-Authenticate: Basic realm=\"a, b\"\r\n\r\n", wants_login, "user:password"),
            ("HTTP/1.0 407\r\nproxy-authenticate: NTLM\r\nProxy-Authenticate: basic\r\n\r\n", wants_login, "user:"),
            (
                "HTTP/1.1 407 X\r\nProxy-Authenticate: NTLM\r\n\r\n",
                "only `NTLM` to log in, and only `Basic` works",
                "px",
            ),
            (
                "HTTP/1.1 407 X\r\nProxy-Authenticate: Negotiate\r\nProxy-Authenticate: Digest realm=\"canary\", nonce=\"x\"\r\n\r\n",
                "only `Negotiate`, `Digest` to log in",
                "`NO_PROXY`",
            ),
            ("HTTP/1.1 403 Forbidden\r\n\r\n", "forbids the connection", "whoever runs the proxy in `HTTPS_PROXY`"),
            ("HTTP/1.1 502 Bad Gateway\r\n\r\n", "could not connect to", "later"),
            ("HTTP/1.1 503 X\r\n\r\n", "(HTTP status 503)", "later"),
            ("HTTP/1.1 404 X\r\n\r\n", "the proxy refused to connect (HTTP status 404)", "check the proxy"),
            ("canary\r\n\r\n", "the proxy refused to connect", "check the proxy"),
            ("", "the proxy refused to connect", "check the proxy"),
        ] {
            let proxy = Tunnel::start("nobody", answer);
            let (call, _file) = call(server.https_url("localhost"))
                .variable("HTTPS_PROXY", format!("http://user:{}@{}", "canary", proxy.address))
                .trusting(&identity);
            let error = call.error();
            assert_eq!((error.code(), error.code_spent()), (ErrorCode::Unreachable, Some(CodeSpent::No)));
            assert!(error.message().contains(text), "{error}");
            assert!(error.hint().contains(hint), "{}", error.hint());
            assert!(error.message().contains(&format!("http://{}", proxy.address)), "{error}");
            // A second wrong password may lock the account.
            let logins = proxy.heads().iter().filter(|head| head.contains("Proxy-Authorization")).count();
            assert!(logins == 1 || !answer.contains(" 407"), "{:?}", proxy.heads());
        }
        assert!(server.requests().is_empty());
        let gone = call("https://localhost:1").variable("HTTPS_PROXY", closed_port().to_string());
        let (gone, _file) = gone.trusting(&identity);
        assert_eq!(gone.fails(), UNREACHABLE);
    }

    #[test]
    fn get_10_a_certificate_behind_a_proxy_is_checked_too() {
        let (identity, other) = (Identity::new(), Identity::new());
        let server = Server::https(vec![success()], &identity);
        let proxy = Tunnel::start("", "");
        let (call, _file) =
            call(server.https_url("localhost")).variable("HTTPS_PROXY", proxy.address.to_string()).trusting(&other);
        assert_eq!(call.fails(), (ErrorCode::TlsUntrusted, CodeSpent::No));
    }

    /// C17, where the proxy sees the request itself.
    #[test]
    fn get_10_a_proxy_for_plain_http_that_offers_ntlm_alone_is_told_apart() {
        for (methods, text) in
            [("NTLM", "only `NTLM` to log in"), ("Basic realm=\"canary\"", "requires a valid user name")]
        {
            let proxy = Server::http(vec![answer(407, &[("proxy-authenticate", methods)], "canary")]);
            let error = call("http://sts.invalid").variable("HTTP_PROXY", proxy.address.to_string()).error();
            assert_eq!((error.code(), error.code_spent()), (ErrorCode::Unreachable, Some(CodeSpent::No)));
            assert!(
                error.message().contains(text) && error.hint().contains("`HTTP_PROXY`"),
                "{error} {}",
                error.hint()
            );
        }
    }

    #[test]
    fn get_10_plain_http_goes_to_the_proxy_whole() {
        let proxy = Server::http(vec![success()]);
        call("http://sts.invalid:8080")
            .variable("HTTP_PROXY", format!("http://user:canary%2Fproxy%40password@{}", proxy.address))
            .run()
            .unwrap();
        let requests = proxy.requests();
        assert!(requests[0].starts_with("POST http://sts.invalid:8080/ HTTP/1.1"), "{requests:?}");
        let head = requests[0].to_ascii_lowercase();
        assert!(head.contains("proxy-authorization: basic dxnlcjpjyw5hcnkvchjvehlacgfzc3dvcmq="), "{head}");
        let exempt = Server::http(vec![success()]);
        call(exempt.url())
            .variable("HTTP_PROXY", proxy.address.to_string())
            .variable("NO_PROXY", "127.0.0.0/8")
            .run()
            .unwrap();
        assert_eq!((proxy.requests().len(), exempt.requests().len()), (1, 1));
    }
}
