//! `updsts completions`, and the answers to a shell that completes a command line (CLI-12).

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use clap::CommandFactory;
use clap_complete::engine::CompletionCandidate;
use clap_complete::env::{CompleteEnv, Shells};

use super::args::{Cli, Shell, rewrite_sn};
use super::output::Output;
use crate::core::environment::Environment;
use crate::core::error::{Error, ErrorCode, Result};
use crate::core::file::credentials_file::CredentialsFile;
use crate::core::ini::profiles::Profiles;

/// The variable by which the script of a shell asks the program for candidates.
const VARIABLE: &str = "_UPDSTS_COMPLETE";

/// Prints the script of a shell. It asks this program for the candidates, so that it stays true when the
/// program or the file changes.
pub fn run(shell: Shell, output: &Output) -> Result<()> {
    let name = match shell {
        Shell::Bash => "bash",
        Shell::Zsh => "zsh",
        Shell::Fish => "fish",
        Shell::Powershell => "powershell",
    };
    let internal = |message: String| Error::new(ErrorCode::Internal, message, "report this");
    let shells = Shells::builtins();
    let script = shells.completer(name).ok_or_else(|| internal(format!("no completion is known for `{name}`")))?;
    let mut text = Vec::new();
    script
        .write_registration(VARIABLE, "updsts", "updsts", "updsts", &mut text)
        .map_err(|error| internal(format!("the script could not be made: {error}")))?;
    output.result(&String::from_utf8_lossy(&text))
}

/// Answers the shell and ends, where it is a shell that asks.
pub fn answer_shell(environment: &Environment) {
    if environment.var_os(VARIABLE).is_some() {
        CompleteEnv::with_factory(Cli::command).var(VARIABLE).complete();
    }
}

/// The profiles of the file that begin so. Where there is no file, there is nothing to complete.
pub fn profiles(current: &OsStr) -> Vec<CompletionCandidate> {
    let Some(current) = current.to_str() else { return Vec::new() };
    let option = credential_file(&rewrite_sn(std::env::args_os()));
    let environment = Environment::process();
    let file = CredentialsFile::of_operator(option.as_deref(), &environment).and_then(|file| file.read());
    let Ok(snapshot) = file else { return Vec::new() };
    let profiles = Profiles::of_credentials(&snapshot.bytes);
    let names = profiles.iter().filter_map(|profile| std::str::from_utf8(&profile.name).ok());
    let is_clean = |name: &&str| crate::core::text::clean(name) == **name;
    names.filter(is_clean).filter(|name| name.starts_with(current)).map(CompletionCandidate::new).collect()
}

/// The file that the command line under completion names.
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
