//! What a command sees of AWS: a private credentials file and an environment that points to the mock.

use std::env;
use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use mock_sts::{AccessKey, MockSts, User};
use tempfile::TempDir;

/// A directory that only this user can enter, removed on drop.
pub(crate) struct Sandbox {
    folder: TempDir,
}

impl Sandbox {
    /// Writes files for [`MockSts::users`]: the first user is the profile `default`, the others use their own names.
    pub(crate) fn new(sts: &MockSts) -> io::Result<Self> {
        let mut builder = tempfile::Builder::new();
        builder.prefix("mock-sts-");
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
        let sandbox = Self { folder: builder.tempdir()? };
        write_private(&sandbox.credentials_file(), &credentials(sts.users()))?;
        write_private(&sandbox.config_file(), &config(sts.users()))?;
        Ok(sandbox)
    }

    fn credentials_file(&self) -> PathBuf {
        self.folder.path().join("credentials")
    }

    fn config_file(&self) -> PathBuf {
        self.folder.path().join("config")
    }

    /// Removes the directory.
    pub(crate) fn close(self) -> io::Result<()> {
        self.folder.close()
    }

    /// Changes to the environment: `None` removes a variable.
    pub(crate) fn environment(&self, sts: &MockSts) -> Vec<(OsString, Option<OsString>)> {
        let is_of_aws = |name: &OsString| name.to_string_lossy().to_ascii_uppercase().starts_with("AWS_");
        let mut changes: Vec<(OsString, Option<OsString>)> =
            env::vars_os().map(|(name, _)| name).filter(is_of_aws).map(|name| (name, None)).collect();
        let no_proxy = no_proxy(&[env::var("NO_PROXY"), env::var("no_proxy")].map(Result::unwrap_or_default), sts);
        let region = sts.users().first().map_or("us-east-1", region);
        let set: [(&str, OsString); 7] = [
            ("AWS_SHARED_CREDENTIALS_FILE", self.credentials_file().into()),
            ("AWS_CONFIG_FILE", self.config_file().into()),
            ("AWS_ENDPOINT_URL_STS", sts.url().into()),
            ("AWS_ENDPOINT_URL_IAM", sts.url().into()),
            ("AWS_REGION", region.into()),
            ("NO_PROXY", no_proxy.clone().into()),
            ("no_proxy", no_proxy.into()),
        ];
        changes.extend(set.into_iter().map(|(name, value)| (name.into(), Some(value))));
        changes
    }
}

/// A region in which the user's keys are known.
pub(crate) fn region(user: &User) -> &'static str {
    match user.partition.as_str() {
        "aws-cn" => "cn-north-1",
        "aws-us-gov" => "us-gov-west-1",
        _ => "us-east-1",
    }
}

/// The existing proxy exemptions, and the mock.
fn no_proxy(before: &[String], sts: &MockSts) -> String {
    let mut hosts: Vec<&str> = before.iter().flat_map(|list| list.split(',')).map(str::trim).collect();
    let address = sts.address().ip().to_string();
    hosts.extend(["127.0.0.1", "localhost", "::1", &address]);
    let mut unique = Vec::new();
    for host in hosts {
        if !host.is_empty() && !unique.contains(&host) {
            unique.push(host);
        }
    }
    unique.join(",")
}

fn credentials(users: &[User]) -> String {
    let mut profiles = Vec::new();
    for (position, user) in users.iter().enumerate() {
        let Some(AccessKey { id, secret, .. }) = user.keys.first() else {
            continue;
        };
        let name = if position == 0 { "default" } else { &user.name };
        let device = user.mfa_serial.as_ref().map_or_else(String::new, |serial| format!("mfa_device_arn = {serial}\n"));
        profiles.push(format!("[{name}]\naws_access_key_id = {id}\naws_secret_access_key = {secret}\n{device}"));
    }
    profiles.join("\n")
}

/// A region, and the device by the AWS CLI's name for it, for each user; a region for the session profile that updsts writes for it: botocore does not read `AWS_REGION`.
fn config(users: &[User]) -> String {
    let mut sections = Vec::new();
    for (position, user) in users.iter().enumerate() {
        let (header, name) = match position {
            0 => ("[default]".to_owned(), "default"),
            _ => (format!("[profile {}]", user.name), &*user.name),
        };
        let region = region(user);
        let device = user.mfa_serial.as_ref().map_or_else(String::new, |serial| format!("mfa_serial = {serial}\n"));
        sections.push(format!("{header}\nregion = {region}\n{device}\n[profile {name}_sts]\nregion = {region}\n"));
    }
    sections.join("\n")
}

fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_user_is_the_default_profile() {
        let bob = User {
            name: "bob".to_owned(),
            keys: vec![AccessKey::new("AKIABOB", "secret")],
            mfa_serial: None,
            ..User::default()
        };
        assert_eq!(
            credentials(&[User::default(), bob]),
            "[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n\
             aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n\
             mfa_device_arn = arn:aws:iam::123456789012:mfa/user\n\n\
             [bob]\naws_access_key_id = AKIABOB\naws_secret_access_key = secret\n"
        );
    }

    #[test]
    fn what_was_excepted_from_proxies_stays_so() {
        let sts = MockSts::start();
        let before = ["a.example, localhost".to_owned(), "a.example".to_owned()];
        assert_eq!(no_proxy(&before, &sts), "a.example,localhost,127.0.0.1,::1");
    }
}
