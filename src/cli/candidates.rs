//! Shell completion of profile names from the credentials file (CLI-12).

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use clap_complete::engine::CompletionCandidate;

use super::sn;
use crate::core::environment::Environment;
use crate::core::file::credentials_file::CredentialsFile;
use crate::core::ini::profiles::Profiles;
use crate::core::text;

/// The profiles of the file that start with `current`; none if there is no file.
pub fn profiles(current: &OsStr) -> Vec<CompletionCandidate> {
    let Some(current) = current.to_str() else { return Vec::new() };
    let option = credential_file(&sn::rewrite(std::env::args_os()));
    let environment = Environment::process();
    let file = CredentialsFile::of_operator(option.as_deref(), &environment).and_then(|file| file.read());
    let Ok(snapshot) = file else { return Vec::new() };
    let profiles = Profiles::of_credentials(&snapshot.bytes);
    let names = profiles.iter().filter_map(|profile| std::str::from_utf8(&profile.name).ok());
    let is_clean = |name: &&str| text::clean(name) == **name;
    names.filter(is_clean).filter(|name| name.starts_with(current)).map(CompletionCandidate::new).collect()
}

/// The file named on the command line that is being completed.
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
