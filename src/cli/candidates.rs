//! The names of the file's profiles, for shells that complete them and for errors that may repeat them (CLI-12, CLI-16).

use std::ffi::OsString;
use std::path::PathBuf;

use crate::core::environment::Environment;
use crate::core::file::credentials_file::CredentialsFile;
use crate::core::ini::profiles::Profiles;

/// The profiles of the file that a command line names, or of the operator's; none if there is no file.
pub fn profiles(words: &[OsString]) -> Vec<String> {
    let option = credential_file(words);
    let file = CredentialsFile::of_operator(option.as_deref(), &Environment::process()).and_then(|file| file.read());
    let Ok(snapshot) = file else { return Vec::new() };
    let profiles = Profiles::of_credentials(&snapshot.bytes);
    profiles.iter().filter_map(|profile| String::from_utf8(profile.name.to_vec()).ok()).collect()
}

/// The file that `-c` names, before the options are parsed.
fn credential_file(words: &[OsString]) -> Option<PathBuf> {
    let names = ["-c", "--credential-file", "--credential_file"];
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if names.iter().any(|name| word == name) {
            return words.next().map(PathBuf::from);
        }
        let text = word.to_str().unwrap_or_default();
        if let Some(value) = names[1..].iter().find_map(|name| text.strip_prefix(name)?.strip_prefix('=')) {
            return Some(value.into());
        }
    }
    None
}
