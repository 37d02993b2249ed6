//! Commands that come next, as they work in a shell.

use crate::core::file::credentials_file::CredentialsFile;
use crate::core::name::ProfileName;
use crate::core::quote;
use crate::core::text;

/// `updsts get`, with the profile unless it is `default`.
pub fn get(profile: &ProfileName) -> String {
    match profile.as_bytes() {
        b"default" => "updsts get".to_owned(),
        _ => format!("updsts get {}", profile.in_a_command()),
    }
}

pub fn init(profile: &ProfileName, device: &str) -> String {
    format!("updsts init {} --mfa-serial {}", profile.in_a_command(), quote::word(device))
}

/// The command for that file, unless it is the usual one.
pub fn for_file(command: &str, file: &CredentialsFile) -> String {
    if file.is_default() {
        return command.to_owned();
    }
    format!("{command} -c {}", quote::word(&text::clean(&text::absolute(file.path()))))
}
