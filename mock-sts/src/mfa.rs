//! The MFA device and code that a request may prove itself with.

use crate::constraints::Violations;
use crate::device::Devices;
use crate::parameters::Parameters;
use crate::refusal::Refusal;
use crate::user::User;

/// `SerialNumber` and `TokenCode`, as sent.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct MfaInput<'a> {
    pub(crate) serial_number: Option<&'a str>,
    pub(crate) token_code: Option<&'a str>,
}

impl<'a> MfaInput<'a> {
    pub(crate) fn of(parameters: &'a Parameters<'_>, violations: &mut Violations) -> Self {
        let serial_number = parameters.get("SerialNumber");
        if let Some(serial) = serial_number {
            violations.length("serialNumber", serial, 9, 256);
            violations.words("serialNumber", serial, "+=/:,.@-", r"[\w+=/:,.@-]*");
        }
        let token_code = parameters.get("TokenCode");
        if let Some(code) = token_code {
            violations.length("tokenCode", code, 6, 6);
            violations.digits("tokenCode", code);
        }
        Self { serial_number, token_code }
    }

    /// Whether the request has a code; if so, spends it.
    ///
    /// # Errors
    ///
    /// `AccessDenied` if the device is not the user's (`None`: the caller is a role), or the code not the device's.
    pub(crate) fn check(&self, user: Option<&User>, devices: &mut Devices, now: u64) -> Result<bool, Refusal> {
        let (serial, code) = match (self.serial_number, self.token_code) {
            (None, None) => return Ok(false),
            (Some(serial), Some(code)) => (serial, code),
            _ => return Err(Refusal::half_of_mfa()),
        };
        let source = user.and_then(|user| user.code_of(serial)).ok_or_else(Refusal::wrong_device)?;
        if devices.spend(serial, source, code, now) { Ok(true) } else { Err(Refusal::wrong_code()) }
    }
}
