//! A faithful AWS STS on loopback, for testing MFA code.
//!
//! [`MockSts`] answers `GetSessionToken` and `GetCallerIdentity` as AWS does: it verifies the `SigV4` signature of the
//! request as sent, the key, the clock, the parameters, the MFA device and the code, and refuses with AWS's own codes,
//! statuses and messages. Any AWS client speaks to it through `AWS_ENDPOINT_URL_STS`.
//!
//! ```
//! use mock_sts::{MockSts, DEFAULT_ACCESS_KEY_ID};
//! # use std::io::{Read, Write};
//!
//! let sts = MockSts::start();
//! assert!(sts.url().starts_with("http://127.0.0.1:"));
//!
//! // An unsigned request is refused, as by AWS.
//! let mut connection = std::net::TcpStream::connect(sts.address())?;
//! connection.write_all(b"POST / HTTP/1.1\r\nhost: sts\r\nconnection: close\r\ncontent-length: 0\r\n\r\n")?;
//! let mut answer = String::new();
//! connection.read_to_string(&mut answer)?;
//! assert!(answer.starts_with("HTTP/1.1 403"));
//! assert_eq!(sts.requests()[0].outcome.code(), "MissingAuthenticationToken");
//! # let _ = DEFAULT_ACCESS_KEY_ID;
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! # The path of a request
//!
//! wiremock (`server`) → the log's view of it and the faults (`service`) → who calls: `authorization`, `signature`,
//! `session` → what is asked: `parameters`, `get_session_token` → `device` (codes are spent here) → `answer`.

mod answer;
mod authorization;
mod builder;
mod clock;
mod code_source;
mod derivation;
mod device;
mod fault;
mod get_session_token;
mod mock_sts;
mod parameters;
mod refusal;
mod request_log;
mod server;
mod service;
mod session;
mod signature;
mod user;

pub use builder::{Builder, StartError};
pub use code_source::{CodeSource, InvalidTotpSecret, TotpSecret};
pub use fault::{Fault, FaultRule, InvalidFault};
pub use mock_sts::MockSts;
pub use request_log::{Outcome, ReceivedRequest};
pub use user::{AccessKey, User};

/// The access key id of the default user: the example key of AWS's documentation.
pub const DEFAULT_ACCESS_KEY_ID: &str = "AKIAIOSFODNN7EXAMPLE";
/// The secret of [`DEFAULT_ACCESS_KEY_ID`].
pub const DEFAULT_SECRET_ACCESS_KEY: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
/// The MFA device of the default user.
pub const DEFAULT_MFA_SERIAL: &str = "arn:aws:iam::123456789012:mfa/user";
/// The code that the default user's device shows, again and again.
pub const DEFAULT_TOKEN_CODE: &str = "123456";
