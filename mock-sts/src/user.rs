//! IAM users and account roots, with their long-term access keys and their MFA device.

use std::fmt;

use crate::code_source::CodeSource;
use crate::{DEFAULT_ACCESS_KEY_ID, DEFAULT_MFA_SERIAL, DEFAULT_SECRET_ACCESS_KEY};

/// A long-term access key. Its `Debug` form hides the secret.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessKey {
    /// `AKIA…`
    pub id: String,
    /// The secret access key: 40 characters at AWS, any length here.
    pub secret: String,
    /// An inactive key is refused with `InvalidClientTokenId`, like one that does not exist.
    pub active: bool,
}

impl AccessKey {
    /// An active key.
    pub fn new(id: impl Into<String>, secret: impl Into<String>) -> Self {
        Self { id: id.into(), secret: secret.into(), active: true }
    }

    /// The same key, inactive.
    #[must_use]
    pub fn inactive(self) -> Self {
        Self { active: false, ..self }
    }
}

impl fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessKey").field("id", &self.id).field("active", &self.active).finish_non_exhaustive()
    }
}

/// An MFA device of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MfaDevice {
    /// ARN (`arn:aws:iam::123456789012:mfa/NAME`, of a passkey `arn:aws:iam::123456789012:u2f/user/alice/NAME`), or
    /// serial number of a hardware device.
    pub serial: String,
    /// What it shows; `None`: it is a passkey or security key, which shows no codes.
    pub code: Option<CodeSource>,
}

/// A caller: an IAM user, or the root user of an account.
///
/// [`User::default`] is the user of AWS's documented example key, with the device `mfa/user` and the code `123456`.
#[derive(Clone, Debug)]
pub struct User {
    /// The last part of the user's ARN.
    pub name: String,
    /// Twelve digits.
    pub account: String,
    /// `aws`, `aws-cn` or `aws-us-gov`. Keys are unknown in the regions of other partitions.
    pub partition: String,
    pub keys: Vec<AccessKey>,
    /// ARN of a virtual device, or serial number of a hardware device; `None` if the user has no device.
    pub mfa_serial: Option<String>,
    /// What the device shows.
    pub code: CodeSource,
    /// Devices beside `mfa_serial`.
    pub other_devices: Vec<MfaDevice>,
    /// Actions that a policy denies to the user: `sts:GetSessionToken`, `sts:AssumeRole`, `iam:ListMFADevices`,
    /// `iam:GetUser`.
    pub denied: Vec<String>,
    /// Whether this is the account's root user, whose sessions last 3,600 seconds at most.
    pub root: bool,
}

impl Default for User {
    fn default() -> Self {
        Self {
            name: "user".to_owned(),
            account: "123456789012".to_owned(),
            partition: "aws".to_owned(),
            keys: vec![AccessKey::new(DEFAULT_ACCESS_KEY_ID, DEFAULT_SECRET_ACCESS_KEY)],
            mfa_serial: Some(DEFAULT_MFA_SERIAL.to_owned()),
            code: CodeSource::default(),
            other_devices: Vec::new(),
            denied: Vec::new(),
            root: false,
        }
    }
}

impl User {
    /// The user's ARN, as `GetCallerIdentity` returns it.
    pub fn arn(&self) -> String {
        let Self { partition, account, name, .. } = self;
        if self.root {
            format!("arn:{partition}:iam::{account}:root")
        } else {
            format!("arn:{partition}:iam::{account}:user/{name}")
        }
    }

    /// What the user's device with this serial number shows.
    pub(crate) fn code_of(&self, serial: &str) -> Option<&CodeSource> {
        if self.mfa_serial.as_deref() == Some(serial) {
            return Some(&self.code);
        }
        self.other_devices.iter().find(|device| device.serial == serial)?.code.as_ref()
    }

    /// The serial numbers of the user's devices, passkeys among them.
    pub(crate) fn serials(&self) -> impl Iterator<Item = &str> {
        self.mfa_serial.iter().chain(self.other_devices.iter().map(|device| &device.serial)).map(String::as_str)
    }

    /// Takes name, account and partition from a device ARN (`arn:aws-cn:iam::111122223333:mfa/dev`); the serial number
    /// of a hardware device changes nothing.
    pub(crate) fn named_by_device(mut self, serial: &str) -> Self {
        let parts: Vec<&str> = serial.splitn(6, ':').collect();
        if let ["arn", partition, "iam", _, account, resource] = parts[..] {
            partition.clone_into(&mut self.partition);
            account.clone_into(&mut self.account);
            if let Some(name) = resource.strip_prefix("mfa/").and_then(|path| path.rsplit('/').next()) {
                name.clone_into(&mut self.name);
            }
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_arn_names_the_user() {
        let user = User::default().named_by_device("arn:aws-cn:iam::111122223333:mfa/team/dev");
        assert_eq!(user.arn(), "arn:aws-cn:iam::111122223333:user/dev");
    }

    #[test]
    fn a_hardware_serial_names_nobody() {
        assert_eq!(User::default().named_by_device("GAHT12345678").arn(), User::default().arn());
    }

    #[test]
    fn debug_shows_no_secret() {
        let shown = format!("{:?}", User::default());
        assert!(shown.contains(DEFAULT_ACCESS_KEY_ID));
        assert!(!shown.contains(DEFAULT_SECRET_ACCESS_KEY) && !shown.contains("123456\""), "{shown}");
    }
}
