//! The received requests, without secrets.

use std::collections::VecDeque;
use std::fmt;

use serde::{Serialize, Serializer};

use crate::authorization::Authorization;
use crate::parameters::Parameters;

/// How many requests are kept.
const KEPT: usize = 1_000;
/// The most characters kept of a value: more than any valid one has.
const LONGEST_VALUE: usize = 256;

/// A request as the mock remembers it: never its code, signature or session token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ReceivedRequest {
    /// As named in the request, such as `GetSessionToken`.
    pub action: Option<String>,
    /// The key that the request names, known or not.
    pub access_key_id: Option<String>,
    /// The region of the signature's scope.
    pub region: Option<String>,
    /// `DurationSeconds` as sent.
    pub duration_seconds: Option<String>,
    /// `SerialNumber` as sent.
    pub serial_number: Option<String>,
    /// `RoleArn` as sent.
    pub role_arn: Option<String>,
    /// `RoleSessionName` as sent.
    pub role_session_name: Option<String>,
    /// Whether there was a `TokenCode`.
    pub token_code_given: bool,
    /// The mock's decision. If a fault spoiled the response, this is the decision before that.
    pub outcome: Outcome,
    /// The `x-amzn-RequestId` of the response.
    pub request_id: String,
}

impl ReceivedRequest {
    /// What is known of a request before it is decided.
    pub(crate) fn new(
        authorization: Option<&Authorization>,
        parameters: Option<&Parameters<'_>>,
        request_id: &str,
    ) -> Self {
        let given = |name| parameters.and_then(|parameters| parameters.get(name));
        let parameter = |name| given(name).filter(|value| !may_be_code(name, value)).map(shortened);
        Self {
            action: parameter("Action"),
            access_key_id: authorization.map(|authorization| shortened(&authorization.access_key_id)),
            region: authorization.map(|authorization| shortened(&authorization.scope.region)),
            duration_seconds: parameter("DurationSeconds"),
            serial_number: parameter("SerialNumber"),
            role_arn: parameter("RoleArn"),
            role_session_name: parameter("RoleSessionName"),
            token_code_given: given("TokenCode").is_some(),
            outcome: Outcome::Ok,
            request_id: request_id.to_owned(),
        }
    }
}

/// Granted, or refused with an error code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Ok,
    /// Refused with this AWS error code.
    Refused(String),
}

impl Outcome {
    /// `OK`, or AWS's error code.
    pub fn code(&self) -> &str {
        match self {
            Self::Ok => "OK",
            Self::Refused(code) => code,
        }
    }
}

impl Serialize for Outcome {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// Whether a code was perhaps sent by a wrong name. The longest duration is 129,600 seconds.
fn may_be_code(name: &str, value: &str) -> bool {
    let is_six_digits = value.len() == 6 && value.bytes().all(|byte| byte.is_ascii_digit());
    is_six_digits && (name != "DurationSeconds" || value > "129600")
}

/// A value for the log, cut to `LONGEST_VALUE`.
pub(crate) fn shortened(value: &str) -> String {
    value.chars().take(LONGEST_VALUE).collect()
}

/// The last requests, and the total number.
#[derive(Default)]
pub(crate) struct RequestLog {
    kept: VecDeque<ReceivedRequest>,
    count: u64,
}

impl RequestLog {
    pub(crate) fn push(&mut self, request: ReceivedRequest) {
        if self.kept.len() == KEPT {
            self.kept.pop_front();
        }
        self.kept.push_back(request);
        self.count += 1;
    }

    /// Oldest first.
    pub(crate) fn requests(&self) -> Vec<ReceivedRequest> {
        self.kept.iter().cloned().collect()
    }

    pub(crate) fn count(&self) -> u64 {
        self.count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_last_thousand_and_counts_all() {
        let mut log = RequestLog::default();
        for number in 0..1_500 {
            log.push(ReceivedRequest::new(None, None, &number.to_string()));
        }
        let requests = log.requests();
        assert_eq!((requests.len(), log.count()), (1_000, 1_500));
        assert_eq!((requests[0].request_id.as_str(), requests[999].request_id.as_str()), ("500", "1499"));
    }

    #[test]
    fn a_code_by_a_wrong_name_is_not_kept() {
        let form = b"Action=918273&SerialNumber=918273&DurationSeconds=918273&RoleArn=918273&TokenCode=918273";
        let request = ReceivedRequest::new(None, Some(&Parameters::of_form(form)), "id");
        assert!(!format!("{request:?}").contains("918273"), "{request:?}");
        assert!(request.token_code_given);
        let longest = Parameters::of_form(b"DurationSeconds=129600");
        let request = ReceivedRequest::new(None, Some(&longest), "id");
        assert_eq!(request.duration_seconds.as_deref(), Some("129600"));
    }

    #[test]
    fn long_values_are_cut() {
        assert_eq!(shortened(&"é".repeat(10_000)).chars().count(), LONGEST_VALUE);
    }
}
