//! The codes that were sent, so none is sent twice, and those that were refused (MCP-5, MCP-6).

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::core::error::Error;
use crate::core::session::{SerialNumber, TokenCode};

/// How long a code is remembered. STS accepts a code for about a minute and a half around its time, so the same digits
/// after this are another code.
const MEMORY: Duration = Duration::from_mins(5);

/// Remembers codes by device. Clones share the memory; a code is wiped when it is forgotten.
#[derive(Debug, Clone, Default)]
pub struct SentCodes(Arc<Mutex<Memory>>);

#[derive(Debug, Default)]
struct Memory {
    sent: Vec<Sent>,
    refused: Vec<(SerialNumber, Instant)>,
}

#[derive(Debug)]
struct Sent {
    device: SerialNumber,
    code: TokenCode,
    at: Instant,
}

impl SentCodes {
    /// Claims the code for a request; `false` if it is already claimed, so only one of two concurrent requests sends
    /// it.
    pub fn claim(&self, device: &SerialNumber, code: &TokenCode) -> bool {
        self.claim_at(device, code, Instant::now())
    }

    fn claim_at(&self, device: &SerialNumber, code: &TokenCode, now: Instant) -> bool {
        let sent = &mut self.lock().sent;
        sent.retain(|sent| now.duration_since(sent.at) < MEMORY);
        if sent.iter().any(|sent| sent.device == *device && sent.code == *code) {
            return false;
        }
        sent.push(Sent { device: device.clone(), code: code.clone(), at: now });
        true
    }

    /// Forgets the code, because AWS did not look at it.
    pub fn release(&self, device: &SerialNumber, code: &TokenCode) {
        self.lock().sent.retain(|sent| sent.device != *device || sent.code != *code);
    }

    /// The error of a refused code, which notes whether it is at least the second one of the device within five minutes.
    pub fn refused(&self, device: &SerialNumber, error: Error) -> Error {
        self.refused_at(device, error, Instant::now())
    }

    fn refused_at(&self, device: &SerialNumber, error: Error, now: Instant) -> Error {
        let refused = &mut self.lock().refused;
        refused.retain(|(_, at)| now.duration_since(*at) < MEMORY);
        let is_repeated = refused.iter().any(|(of, _)| of == device);
        refused.push((device.clone(), now));
        if is_repeated { error.repeated() } else { error }
    }

    /// Forgets the refusals of a device, because a code of it was accepted.
    pub fn accepted(&self, device: &SerialNumber) {
        self.lock().refused.retain(|(of, _)| of != device);
    }

    fn lock(&self) -> MutexGuard<'_, Memory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::error::ErrorCode;

    fn device(name: &str) -> SerialNumber {
        SerialNumber::parse(&format!("arn:aws:iam::123456789012:mfa/{name}")).unwrap()
    }

    fn code(text: &str) -> TokenCode {
        TokenCode::parse(text).unwrap()
    }

    #[test]
    fn mcp_6_a_code_is_claimed_once_for_each_device() {
        let sent = SentCodes::default();
        assert!(sent.claim(&device("a"), &code("123456")));
        assert!(!sent.clone().claim(&device("a"), &code("123 456")));
        assert!(sent.claim(&device("a"), &code("654321")) && sent.claim(&device("b"), &code("123456")));
    }

    #[test]
    fn mcp_6_a_code_is_remembered_for_five_minutes() {
        let sent = SentCodes::default();
        let start = Instant::now();
        assert!(sent.claim_at(&device("a"), &code("123456"), start));
        assert!(!sent.claim_at(&device("a"), &code("123456"), start + Duration::from_secs(299)));
        assert!(sent.claim_at(&device("a"), &code("123456"), start + Duration::from_mins(5)));
        assert_eq!(sent.lock().sent.len(), 1);
    }

    #[test]
    fn mcp_5_c51_the_second_refusal_of_a_device_within_five_minutes_is_a_repeated_one() {
        let sent = SentCodes::default();
        let start = Instant::now();
        let refused = |name, seconds| {
            let error = Error::new(ErrorCode::CodeRefused, "", "");
            sent.refused_at(&device(name), error, start + Duration::from_secs(seconds)).is_repeated()
        };
        assert!(!refused("a", 0) && !refused("b", 1) && refused("a", 299));
        assert!(!refused("b", 302) && refused("b", 303), "the first one is forgotten after five minutes");
        sent.accepted(&device("b"));
        assert!(!refused("b", 304), "an accepted code ends it");
    }

    #[test]
    fn a_code_that_aws_did_not_look_at_can_be_claimed_again() {
        let sent = SentCodes::default();
        assert!(sent.claim(&device("a"), &code("123456")) && sent.claim(&device("b"), &code("123456")));
        sent.release(&device("a"), &code("123456"));
        assert!(sent.claim(&device("a"), &code("123456")) && !sent.claim(&device("b"), &code("123456")));
    }
}
