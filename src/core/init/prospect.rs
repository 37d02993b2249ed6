//! What was found for a profile, and the write.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::core::block::change::Change;
use crate::core::block::layout::Layout;
use crate::core::block::preview::{ChangedLine, changed_lines};
use crate::core::error::{Error, ErrorCode, Result};
use crate::core::file::credentials_file::{CredentialsFile, Snapshot};
use crate::core::ini::key::Key;
use crate::core::ini::profiles::Profiles;
use crate::core::name::ProfileName;
use crate::core::reporter::Reporter;
use crate::core::session::SerialNumber;
use crate::core::source::command;
use crate::core::sts::identity::Caller;
use crate::core::text::path;

pub struct Prospect {
    pub(super) file: CredentialsFile,
    pub(super) profile: ProfileName,
    pub(super) key_id: String,
    pub caller: Caller,
    /// The devices of the user, passkeys among them, or why they are not known.
    pub(super) devices: Result<Vec<String>>,
    /// The device that `get` would use.
    pub(super) present: Option<SerialNumber>,
    /// The file that the line goes into; `None` if a command gives the key.
    pub(super) snapshot: Option<Snapshot>,
    pub(super) config_path: PathBuf,
    /// Problems that did not prevent it.
    pub warnings: Vec<String>,
}

impl Prospect {
    /// The lines that [`Self::write`] would change.
    pub fn preview(&self, device: &SerialNumber) -> Result<Vec<ChangedLine>> {
        let Some(snapshot) = &self.snapshot else { return Ok(Vec::new()) };
        let change = self.change(snapshot, device)?;
        Ok(changed_lines(&snapshot.bytes, &change.edit))
    }

    /// Where the user writes the line, if a command gives the key: the profile has no section of its own then.
    pub fn line_for_config_file(&self, device: &SerialNumber) -> Option<String> {
        let header = match self.profile.as_bytes() {
            b"default" => "[default]".to_owned(),
            _ => format!("[profile {}]", self.profile),
        };
        let line = || format!("mfa_serial = {}, under {header} in {}", device.as_str(), path(&self.config_path));
        self.snapshot.is_none().then(line)
    }

    /// Writes the device into the section of the profile.
    ///
    /// Whether there is one, and it was written. Errors: those of [`CredentialsFile::replace`].
    pub async fn write(&mut self, device: &SerialNumber, reporter: &dyn Reporter) -> Result<bool> {
        let Some(snapshot) = &self.snapshot else { return Ok(false) };
        let mut edit = |old: &Snapshot| {
            self.check_again(old)?;
            let new = self.change(old, device)?.file;
            Ok((new != old.bytes).then_some(new))
        };
        let replaced = self.file.replace(snapshot, &mut edit, reporter).await?;
        self.warnings.extend(replaced.warnings);
        Ok(true)
    }

    /// The command that comes next.
    pub fn next(&self) -> String {
        command::for_file(&command::get(&self.profile), &self.file)
    }

    pub fn profile(&self) -> &ProfileName {
        &self.profile
    }

    pub fn file(&self) -> &CredentialsFile {
        &self.file
    }

    /// The result as JSON.
    pub fn document(&self, device: &SerialNumber, is_written: bool) -> Value {
        json!({
            "profile_name": self.profile.to_string(),
            "account": self.caller.account,
            "user": self.caller.user,
            "mfa_device_arn": device.as_str(),
            "written": is_written,
        })
    }

    fn change(&self, old: &Snapshot, device: &SerialNumber) -> Result<Change> {
        Change::set_device(&Layout::of(&old.bytes), self.profile.as_bytes(), device.as_str())
            .map_err(|error| error.at(self.file.path()))
    }

    /// Repeats the checks on the fresh file: the device belongs to the key that AWS was asked about.
    fn check_again(&self, old: &Snapshot) -> Result<()> {
        self.file.check_replaceable(old)?;
        let (layout, name) = (Layout::of(&old.bytes), self.profile.as_bytes());
        let profiles = Profiles::of_sections(&old.bytes, layout.sections_of(&[name]));
        if profiles.get(name).and_then(|profile| profile.text(Key::AwsAccessKeyId)) == Some(&*self.key_id) {
            return Ok(());
        }
        let message = format!("the key of `{}` is no longer there", self.profile);
        Err(Error::new(ErrorCode::KeyMissing, message, "find out what changed the file, and try again"))
    }
}
