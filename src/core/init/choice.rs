//! Which device a profile gets.

use crate::core::error::{Error, ErrorCode, Result};
use crate::core::init::prospect::Prospect;
use crate::core::session::SerialNumber;
use crate::core::source::command;
use crate::core::source::source_profile::list;

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// The profile names this device already.
    Present(SerialNumber),
    Write(SerialNumber),
    /// The user has several TOTP devices, and somebody must say which.
    Several(Vec<SerialNumber>),
}

/// Where a person adds a device.
const REGISTER: &str =
    "register an authenticator app in the IAM console under Security credentials, then run this again";

impl Prospect {
    /// Decides by what was asked for, what the profile names, and what AWS says.
    pub fn choose(&self, asked: Option<&SerialNumber>) -> Result<Choice> {
        let known = match &self.devices {
            Ok(devices) => Some(totp_devices(devices)),
            Err(error) if error.code() == ErrorCode::AccessDenied || asked.is_some() => None,
            Err(error) => return Err(error.clone()),
        };
        if let Some(asked) = asked {
            return self.asked_for(asked, known.as_deref());
        }
        match (&self.present, known) {
            (Some(present), Some(known)) if !known.contains(present) => Err(self.not_of_this_user(present, &known)),
            (Some(present), _) => Ok(Choice::Present(present.clone())),
            (None, None) => Err(self.unknown()),
            (None, Some(known)) => match &known[..] {
                [] => Err(self.none()),
                [only] => Ok(Choice::Write(only.clone())),
                _ => Ok(Choice::Several(known)),
            },
        }
    }

    fn asked_for(&self, asked: &SerialNumber, known: Option<&[SerialNumber]>) -> Result<Choice> {
        if let Some(known) = known.filter(|known| !known.contains(asked)) {
            return Err(if known.is_empty() { self.none() } else { self.not_of_this_user(asked, known) });
        }
        if asked.account().is_some_and(|account| account != self.caller.account) {
            let message = format!("`{}` is not a device of account {}", asked.as_str(), self.caller.account);
            let hint = "name a device of the key's own user; the IAM console shows it under Security credentials";
            return Err(Error::new(ErrorCode::DeviceInvalid, message, hint));
        }
        let is_present = self.present.as_ref() == Some(asked);
        Ok(if is_present { Choice::Present(asked.clone()) } else { Choice::Write(asked.clone()) })
    }

    /// The error if nobody can say which of several devices it is.
    pub fn ambiguous(&self, devices: &[SerialNumber]) -> Error {
        let names: Vec<_> = devices.iter().map(|device| device.as_str().to_owned()).collect();
        let message = format!("{} has several TOTP devices: {}", self.user(), list(&names));
        Error::new(ErrorCode::DeviceMissing, message, format!("name one of them: {}", self.commands(devices)))
    }

    fn not_of_this_user(&self, device: &SerialNumber, known: &[SerialNumber]) -> Error {
        let message = format!("`{}` is not a TOTP device of {}", device.as_str(), self.user());
        let hint = match known {
            [] => REGISTER.to_owned(),
            known => format!("name a device that the user has: {}", self.commands(known)),
        };
        Error::new(ErrorCode::DeviceInvalid, message, hint)
    }

    fn none(&self) -> Error {
        let has_others = self.devices.as_ref().is_ok_and(|devices| !devices.is_empty());
        let what = if has_others { "only passkeys or security keys, which give no codes" } else { "no MFA device" };
        Error::new(ErrorCode::DeviceMissing, format!("{} has {what}", self.user()), REGISTER)
    }

    /// A policy denies the list.
    fn unknown(&self) -> Error {
        let (partition, account) = (self.caller.partition.id(), &self.caller.account);
        let command = command::init(&self.profile, "ARN");
        let message = format!("AWS denied `iam:ListMFADevices` to {}, so its devices are not known", self.user());
        let hint = format!(
            "the IAM console shows the ARN (`arn:{partition}:iam::{account}:mfa/…`) under Security credentials; then \
             `{command}`"
        );
        Error::new(ErrorCode::AccessDenied, message, hint)
    }

    fn commands(&self, devices: &[SerialNumber]) -> String {
        let commands: Vec<_> = devices.iter().map(|device| command::init(&self.profile, device.as_str())).collect();
        list(&commands)
    }

    fn user(&self) -> String {
        match &*self.caller.user {
            "root" => format!("the root user of account {}", self.caller.account),
            user => format!("the user `{user}` of account {}", self.caller.account),
        }
    }
}

/// Passkeys and security keys give no codes.
fn totp_devices(devices: &[String]) -> Vec<SerialNumber> {
    devices.iter().filter_map(|device| SerialNumber::parse(device).ok()).collect()
}
