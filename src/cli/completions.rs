//! `updsts completions`, and the responses to a shell that completes a command line (CLI-12).
//!
//! What is put on the line can come from a file that anybody may have edited, so no shell may run or expand any of it.
//! For bash the quotes are made here; zsh and fish quote by themselves; PowerShell does not, so it gets plain words only.

use std::ffi::{OsStr, OsString};
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Arg, Command, CommandFactory, ValueEnum};
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate, complete};

use super::args::{Cli, Shell};
use super::bash_line::BashLine;
use super::candidates;
use super::output::Output;
use super::sn;
use crate::core::environment::Environment;
use crate::core::error::Result;
use crate::core::text;

/// The variable through which a shell's script asks the program for candidates.
const VARIABLE: &str = "_UPDSTS_COMPLETE";

/// Prints a shell's script. It asks this program for the candidates, so it stays correct when the program or the file
/// changes.
pub fn run(shell: Shell, output: &Output) -> Result<()> {
    output.result(&match shell {
        Shell::Bash => include_str!("completions/updsts.bash").to_owned(),
        Shell::Zsh => include_str!("completions/updsts.zsh").to_owned(),
        Shell::Fish => include_str!("completions/updsts.fish").to_owned(),
        Shell::Powershell => include_str!("completions/updsts.ps1").to_owned(),
    })
}

/// If a shell is asking, responds to it.
pub fn answer_shell(arguments: &[OsString], environment: &Environment) -> Option<ExitCode> {
    let shell = Shell::from_str(&environment.var(VARIABLE)?, false).ok()?;
    let words = arguments.iter().skip(2).cloned().collect();
    let lines = match shell {
        Shell::Bash => for_bash(arguments),
        Shell::Zsh | Shell::Fish => suggestions(words).iter().map(described).collect(),
        Shell::Powershell => for_powershell(words),
    };
    let lines: String = lines.iter().flat_map(|line| [line, "\n"]).collect();
    let _ = Output::new(0, environment).result(&lines);
    Some(ExitCode::SUCCESS)
}

/// The script of bash gives the line up to the cursor, and the part of it that readline replaces.
fn for_bash(arguments: &[OsString]) -> Vec<String> {
    let [_, _, line, typed] = arguments else { return Vec::new() };
    let (Some(line), Some(typed)) = (line.to_str().and_then(BashLine::parse), typed.to_str()) else {
        return Vec::new();
    };
    let found = suggestions(line.words.iter().map(OsString::from).collect());
    found.iter().filter_map(|candidate| line.completed(typed, candidate.get_value().to_str()?)).collect()
}

/// The script of PowerShell puts a sign before the word that is typed.
fn for_powershell(mut words: Vec<OsString>) -> Vec<String> {
    let Some(typed) = words.last_mut() else { return Vec::new() };
    if let Some(without_sign) = typed.to_str().and_then(|typed| typed.strip_prefix('=')) {
        *typed = without_sign.into();
    }
    suggestions(words).iter().filter(|candidate| is_plain(candidate.get_value())).map(described).collect()
}

/// What can follow on a line whose last word is being typed.
fn suggestions(mut words: Vec<OsString>) -> Vec<CompletionCandidate> {
    let current = words.pop().unwrap_or_default();
    let words = sn::rewrite(words);
    let mut command = with_profiles(&words);
    let folder = std::env::current_dir().ok();
    let mut at = |current: &OsStr| {
        let words: Vec<_> = words.iter().cloned().chain([current.to_owned()]).collect();
        let last = words.len() - 1;
        complete(&mut command, words, last, folder.as_deref()).unwrap_or_default()
    };
    let typed = current.to_str().unwrap_or_default();
    let mut found = Vec::new();
    if typed.starts_with('-') && !typed.starts_with("--") {
        // The option parser completes any letter to a cluster of all the others.
        found = at(OsStr::new("-")).into_iter().map(with_sn).collect();
        let has_value = found.iter().any(|c| c.get_value() != "-sn" && is_start(c.get_value(), &current));
        found.retain(|candidate| is_start(&current, candidate.get_value()));
        if found.is_empty() && has_value {
            found = at(&current);
        }
    } else {
        found.extend(at(&current));
    }
    found.retain(|candidate| is_visible(candidate.get_value()));
    found
}

/// The option parser, with the profiles of the file as the values of NAME.
fn with_profiles(words: &[OsString]) -> Command {
    let words: Arc<[OsString]> = words.into();
    let names = move |current: &OsStr| {
        // If something in it is quoted, the shell chooses among all of them.
        let is_quoted = current.as_encoded_bytes().iter().any(|b| b"\\'\"".contains(b));
        let starts = |name: &String| is_quoted || name.as_bytes().starts_with(current.as_encoded_bytes());
        // Even in quotes, updsts would read the one as an option and the shell might read the other as a home directory.
        let is_name = |name: &String| !name.starts_with(['-', '~']) && starts(name);
        candidates::profiles(&words).into_iter().filter(is_name).map(CompletionCandidate::new).collect()
    };
    let names = ArgValueCompleter::new(names);
    let is_name = |argument: &Arg| ["profile", "name", "names", "check"].contains(&argument.get_id().as_str());
    Cli::command().mut_subcommands(|command| {
        command.mut_args(|argument| if is_name(&argument) { argument.add(names.clone()) } else { argument })
    })
}

/// `-sn` is not a short option to the option parser.
fn with_sn(candidate: CompletionCandidate) -> CompletionCandidate {
    if candidate.get_value() != "--sts-profile-name" {
        return candidate;
    }
    CompletionCandidate::new("-sn").help(candidate.get_help().cloned())
}

fn is_start(start: &OsStr, of: &OsStr) -> bool {
    of.as_encoded_bytes().starts_with(start.as_encoded_bytes())
}

/// Whether people see what the word is, and no shell treats part of it as a space or the end of a line.
fn is_visible(word: &OsStr) -> bool {
    let Some(word) = word.to_str() else { return false };
    text::clean(word) == word && !word.contains(|c: char| c.is_whitespace() && c != ' ')
}

fn is_plain(word: &OsStr) -> bool {
    let word = word.as_encoded_bytes();
    word.iter().all(|&b| b.is_ascii_alphanumeric() || b"-_./:+=".contains(&b))
}

fn described(candidate: &CompletionCandidate) -> String {
    let help = candidate.get_help().map(ToString::to_string).unwrap_or_default();
    format!("{}\t{}", candidate.get_value().to_string_lossy(), help.lines().next().unwrap_or_default())
}
