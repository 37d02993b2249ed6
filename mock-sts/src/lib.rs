//! A faithful AWS STS on loopback, for testing MFA code.
//!
//! [`MockSts`] responds to `GetSessionToken`, `AssumeRole` and `GetCallerIdentity` as AWS does: it verifies the `SigV4` signature of
//! the request as sent, the key, the clock, the parameters, the MFA device and the code, and refuses with AWS's own
//! codes, statuses and messages. Any AWS client can use it through `AWS_ENDPOINT_URL_STS`.
//!
//! ```
//! use aws_sdk_sts::config::{BehaviorVersion, Credentials, Region};
//! use mock_sts::{DEFAULT_ACCESS_KEY_ID, DEFAULT_MFA_SERIAL, DEFAULT_SECRET_ACCESS_KEY, MockSts};
//!
//! # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
//! # runtime.block_on(async {
//! let sts = MockSts::start();
//!
//! let key = Credentials::new(DEFAULT_ACCESS_KEY_ID, DEFAULT_SECRET_ACCESS_KEY, None, None, "example");
//! let config = aws_sdk_sts::Config::builder()
//!     .behavior_version(BehaviorVersion::latest())
//!     .endpoint_url(sts.url())
//!     .region(Region::new("us-east-1"))
//!     .credentials_provider(key)
//! #   .http_client(aws_smithy_http_client::Builder::new().build_http())
//!     .build();
//! let client = aws_sdk_sts::Client::from_conf(config);
//!
//! let request = client.get_session_token().serial_number(DEFAULT_MFA_SERIAL);
//! assert!(request.clone().token_code("654321").send().await.is_err());
//! assert!(request.token_code(sts.token_code()).send().await.is_ok());
//!
//! let outcomes: Vec<String> = sts.requests().iter().map(|request| request.outcome.to_string()).collect();
//! assert_eq!(outcomes, ["AccessDenied", "OK"]);
//! # });
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! Programs in other languages find the log, the faults and the end of a session at `/_mock/`; see the README.
//!
//! IAM's `ListMFADevices` and `GetUser` are there, too, at the same URL.
//!
//! Not supported: presigned URLs, other actions (`InvalidAction`), policies beyond [`User::denied`], regions outside the user's partition.
//!
//! # The path of a request
//!
//! `gate` → wiremock (`server`) → faults and log (`service`) → the caller (`authority`): `authorization`, `session`,
//! `request_time`, `signature` over `canonical_request` → the action (`sts`, `iam`): `parameters`, `get_session_token`,
//! `assume_role` → `mfa` and `device`, where codes are spent → `answer`.

mod accounts;
mod admin;
mod answer;
mod api;
mod assume_role;
mod authority;
mod authorization;
mod builder;
mod canonical_request;
mod clock;
mod code_source;
mod constraints;
mod derivation;
mod device;
mod fault;
mod gate;
mod get_session_token;
mod iam;
mod mfa;
mod mock_sts;
mod parameters;
mod policy;
mod presigned;
mod principal;
mod refusal;
mod region;
mod request_log;
mod request_time;
mod role;
mod server;
mod service;
mod session;
mod signature;
mod sts;
mod user;

pub use builder::{Builder, StartError};
pub use code_source::{CodeSource, InvalidTotpSecret, TotpSecret};
pub use fault::{Fault, FaultRule, InvalidFault};
pub use mock_sts::MockSts;
pub use request_log::{Outcome, ReceivedRequest};
pub use role::Role;
pub use user::{AccessKey, MfaDevice, User};

/// The access key id of the default user: the example key of AWS's documentation.
pub const DEFAULT_ACCESS_KEY_ID: &str = "AKIAIOSFODNN7EXAMPLE";
/// The secret of [`DEFAULT_ACCESS_KEY_ID`].
pub const DEFAULT_SECRET_ACCESS_KEY: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
/// The MFA device of the default user.
pub const DEFAULT_MFA_SERIAL: &str = "arn:aws:iam::123456789012:mfa/user";
/// The code that the default user's device shows; it can be used repeatedly.
pub const DEFAULT_TOKEN_CODE: &str = "123456";
