//! The MFA device of a source profile (GET-2).

use std::path::Path;

use crate::core::error::{Error, ErrorCode, Result};
use crate::core::ini::key::Key;
use crate::core::ini::profiles::{Profile, Value};
use crate::core::name::ProfileName;
use crate::core::session::{SerialNumber, SerialNumberError};
use crate::core::source::source_profile::Files;
use crate::core::text::{self, shown};

/// The device of a profile whose files name none.
pub const MFA_SERIAL: &str = "AWS_MFA_SERIAL";

impl Files<'_> {
    /// The MFA device that the files name for a profile, if it is one.
    pub fn device_in_files(&self, name: &ProfileName) -> Option<SerialNumber> {
        let (own, config) = self.in_both(name);
        let (_, value, _) = self.device_of_the_files(own, config)?;
        parse_device(value).ok()
    }

    pub(super) fn device(
        &self,
        name: &ProfileName,
        own: Option<&Profile<'_>>,
        config: Option<&Profile<'_>>,
    ) -> Result<SerialNumber> {
        if let Some(given) = self.mfa_serial {
            return SerialNumber::parse(given).map_err(|error| invalid(error, &format!("`--mfa-serial` {error}")));
        }
        if let Some((key, value, path)) = self.device_of_the_files(own, config) {
            return parse_device(value).map_err(|error| {
                let place = text::place(path, Some(value.line));
                invalid(error, &format!("`{}` of `{name}` {error} ({place})", key.as_str()))
            });
        }
        if let Some(value) = self.environment.var_os(MFA_SERIAL) {
            return SerialNumber::parse(&value.to_string_lossy())
                .map_err(|error| invalid(error, &format!("`{MFA_SERIAL}` {error}")));
        }
        let key = if own.is_some() { Key::MfaDeviceArn } else { Key::MfaSerial };
        let place = own.map(|own| self.place(own.line));
        let place = place.or_else(|| Some(text::place(self.config_path, Some(config?.line)))).unwrap_or_default();
        let message = format!("the profile `{name}` has no `{}` ({place})", key.as_str());
        Err(Error::new(ErrorCode::DeviceMissing, message, self.where_to_find_a_device(name, own, key)))
    }

    fn device_of_the_files<'p>(
        &'p self,
        own: Option<&'p Profile<'_>>,
        config: Option<&'p Profile<'_>>,
    ) -> Option<(Key, &'p Value<'p>, &'p Path)> {
        let own = [Key::MfaDeviceArn, Key::MfaSerial].into_iter().find_map(|key| Some((key, own?.get(key)?)));
        own.map(|(key, value)| (key, value, self.credentials_path))
            .or_else(|| Some((Key::MfaSerial, config?.get(Key::MfaSerial)?, self.config_path)))
    }

    /// `key` is the one that the profile lacks.
    fn where_to_find_a_device(&self, name: &ProfileName, own: Option<&Profile<'_>>, key: Key) -> String {
        if let Some(old) = own.and_then(|own| own.get(Key::AwsMfaDevice)) {
            return format!("rename `aws_mfa_device` to `mfa_device_arn` ({})", self.place(old.line));
        }
        let init = format!("updsts init -n {}", name.in_a_command());
        let source = name.as_bytes();
        let session = self.layout.block_of(source).and_then(|block| Some(block.header.as_ref()?.name.to_vec()));
        let session = session.unwrap_or_else(|| [source, b"_sts"].concat());
        let is_over_it = |role: &&Profile<'_>| {
            role.get(Key::SourceProfile).is_some_and(|named| *named.bytes == *source || *named.bytes == *session)
        };
        let mut roles = self.config.iter().filter(is_over_it);
        let device_of = |role: &Profile<'_>| Some((shown(&role.name), parse_device(role.get(Key::MfaSerial)?).ok()?));
        if let Some((role, device)) = roles.find_map(device_of) {
            let device = device.as_str();
            let key = key.as_str();
            return format!(
                "run `{init}`, or add `{key} = {device}`, the device of the role `{role}`, under `[{name}]`"
            );
        }
        format!("run `{init}`, or add `{} = arn:aws:iam::…:mfa/…` under `[{name}]`", key.as_str())
    }
}

fn invalid(error: SerialNumberError, message: &str) -> Error {
    let hint = match error {
        SerialNumberError::SecurityKey => {
            "AWS accepts codes only from a virtual or hardware TOTP device; register one in the IAM console under \
             Security credentials"
        }
        _ => {
            "the ARN of a device contains `:mfa/`; the IAM console shows it under Security credentials, and \
             `aws iam list-mfa-devices` prints it"
        }
    };
    Error::new(ErrorCode::DeviceInvalid, message, hint)
}

fn parse_device(value: &Value<'_>) -> Result<SerialNumber, SerialNumberError> {
    SerialNumber::parse(value.as_str().ok_or(SerialNumberError::Malformed)?)
}
