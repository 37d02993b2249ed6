//! The AWS SDK for Rust as a client of the mock.

use std::fmt;

use aws_sdk_sts::config::retry::RetryConfig;
use aws_sdk_sts::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_sts::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sts::operation::RequestId as _;
use aws_sdk_sts::operation::get_session_token::GetSessionTokenOutput;
use mock_sts::{DEFAULT_ACCESS_KEY_ID, DEFAULT_MFA_SERIAL, DEFAULT_SECRET_ACCESS_KEY, MockSts};

/// A client with one key, which sends each request once.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) sdk: aws_sdk_sts::Client,
}

/// A refusal as a client sees it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) status: u16,
    pub(crate) code: String,
    pub(crate) message: String,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.status, self.code, self.message)
    }
}

impl Client {
    /// With the default user's key.
    pub(crate) fn of(sts: &MockSts) -> Self {
        Self::with_key(sts, DEFAULT_ACCESS_KEY_ID, DEFAULT_SECRET_ACCESS_KEY)
    }

    pub(crate) fn with_key(sts: &MockSts, id: &str, secret: &str) -> Self {
        Self::with(sts, "us-east-1", Credentials::new(id, secret, None, None, "test"))
    }

    pub(crate) fn with_session(sts: &MockSts, session: &aws_sdk_sts::types::Credentials) -> Self {
        let token = Some(session.session_token.clone());
        let credentials = Credentials::new(&session.access_key_id, &session.secret_access_key, token, None, "test");
        Self::with(sts, "us-east-1", credentials)
    }

    pub(crate) fn with(sts: &MockSts, region: &'static str, credentials: Credentials) -> Self {
        let config = aws_sdk_sts::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(sts.url())
            .region(Region::new(region))
            .credentials_provider(credentials)
            .retry_config(RetryConfig::disabled())
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .build();
        Self { sdk: aws_sdk_sts::Client::from_conf(config) }
    }

    /// With the default device.
    pub(crate) fn session(&self, code: &str) -> Result<aws_sdk_sts::types::Credentials, Refused> {
        self.session_of(DEFAULT_MFA_SERIAL, code, 3600)
    }

    pub(crate) fn session_of(
        &self,
        serial: &str,
        code: &str,
        seconds: i32,
    ) -> Result<aws_sdk_sts::types::Credentials, Refused> {
        let request =
            self.sdk.get_session_token().serial_number(serial).token_code(code).duration_seconds(seconds).send();
        credentials(block_on(request).map_err(refused)?)
    }

    /// Without a device.
    pub(crate) fn session_without_device(&self) -> Result<aws_sdk_sts::types::Credentials, Refused> {
        credentials(block_on(self.sdk.get_session_token().send()).map_err(refused)?)
    }

    /// The caller's ARN.
    pub(crate) fn identity(&self) -> Result<String, Refused> {
        let output = block_on(self.sdk.get_caller_identity().send()).map_err(refused)?;
        assert!(output.request_id().is_some());
        Ok(output.arn.unwrap())
    }
}

#[expect(clippy::unnecessary_wraps, reason = "the end of a chain of results")]
fn credentials(output: GetSessionTokenOutput) -> Result<aws_sdk_sts::types::Credentials, Refused> {
    Ok(output.credentials.unwrap())
}

pub(crate) fn refused<E: ProvideErrorMetadata + fmt::Debug>(error: SdkError<E>) -> Refused {
    let SdkError::ServiceError(error) = error else { panic!("{error:?}") };
    let metadata = error.err().meta();
    assert!(error.raw().headers().get("x-amzn-requestid").is_some());
    Refused {
        status: error.raw().status().as_u16(),
        code: metadata.code().unwrap().to_owned(),
        message: metadata.message().unwrap().to_owned(),
    }
}

pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}
