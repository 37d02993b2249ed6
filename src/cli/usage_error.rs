//! The option parser's own messages in the program's form (CLI-16). What was typed is repeated, but never a code, nor what
//! may be a key.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::CommandFactory;
use clap::error::{ContextKind, ContextValue, Error as ClapError, ErrorKind};

use super::args::Cli;
use super::candidates;
use super::exec;
use super::exec_line::with_dashes;
use super::output::Output;
use super::sn;
use crate::core::error::{Error, ErrorCode};
use crate::core::quote;
use crate::core::session::TokenCode;
use crate::core::text::hidden;

/// Shows help, the version or an error, and returns the exit status.
pub fn show(error: ClapError, arguments: &[OsString], output: &Output) -> ExitCode {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            let help = sn::in_help(output.styled(&error.render()).trim_end()) + "\n";
            match output.result(&help) {
                Ok(()) => ExitCode::SUCCESS,
                Err(error) => ExitCode::from(error.code().exit_status()),
            }
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            output.line(sn::in_help(&error.render().to_string()).trim_end());
            ExitCode::from(ErrorCode::Usage.exit_status())
        }
        _ => {
            let json = arguments.iter().take_while(|argument| *argument != "--").any(|argument| argument == "--json");
            let error = translated(error, arguments);
            output.error(&error, json);
            let cli = Cli::command();
            let is_exec = command_of(arguments, &cli).is_some_and(|command| command.get_name() == "exec");
            ExitCode::from(if is_exec { exec::FAILED } else { error.code().exit_status() })
        }
    }
}

/// The command that was typed.
fn command_of<'c>(arguments: &[OsString], cli: &'c clap::Command) -> Option<&'c clap::Command> {
    arguments.iter().find_map(|argument| cli.find_subcommand(argument))
}

fn translated(mut error: ClapError, arguments: &[OsString]) -> Error {
    let kind = match error.kind() {
        ErrorKind::UnknownArgument => ContextKind::InvalidArg,
        ErrorKind::InvalidSubcommand => ContextKind::InvalidSubcommand,
        _ => ContextKind::InvalidValue,
    };
    let typed = text(&error, kind);
    let profiles = candidates::profiles(arguments);
    let is_profile = profiles.contains(&typed);
    let is_hidden = is_code(&typed) || may_be_key(&typed) || has_digits_of_code(&typed) && !is_profile;
    if is_hidden {
        error.insert(kind, ContextValue::String("(not shown)".into()));
    }
    let own_hint = if text(&error, ContextKind::InvalidArg).starts_with("--verbose") {
        Some("the level is a word of its own: `-v 1` or `-v 2`".to_owned())
    } else if is_hidden && kind != ContextKind::InvalidValue {
        Some("an MFA code is given as `-t CODE`".to_owned())
    } else {
        let is_command = kind == ContextKind::InvalidSubcommand && is_profile;
        is_command.then(|| format!("`{typed}` is a profile: `updsts get {}`", quote::word(&typed)))
    };
    let mut cli = Cli::command();
    cli.build();
    let command = command_of(arguments, &cli);
    let is_word_too_many = matches!(
        error.kind(),
        ErrorKind::UnknownArgument | ErrorKind::ArgumentConflict | ErrorKind::MissingRequiredArgument
    );
    let is_misspelt = error.get(ContextKind::SuggestedArg).is_some();
    let exec = command.filter(|command| command.get_name() == "exec" && is_word_too_many && !is_misspelt);
    let is_secret = |word: &str| is_code(word) || may_be_key(word) || has_digits_of_code(word);
    let with_dashes = exec.and_then(|exec| with_dashes(arguments, exec, is_secret));
    let own_hint = with_dashes.map(|line| format!("the command goes behind `--`: `{line}`")).or(own_hint);
    let (mut message, hint) = rendered(error, command.map(clap::Command::get_name));
    if let Some(hidden) = hidden(&typed) {
        message = format!("{message} (it {hidden})");
    }
    Error::new(ErrorCode::Usage, message, own_hint.unwrap_or(hint))
}

/// The option parser's message in one line, and its advice.
fn rendered(mut error: ClapError, command: Option<&str>) -> (String, String) {
    if command.is_some() {
        // How to write an option as a value: no command has a value that is meant.
        error.remove(ContextKind::Suggested);
    }
    if let Some(ContextValue::String(option)) = error.get(ContextKind::SuggestedArg) {
        // The original's spellings are accepted, and not taught.
        let option = option.replace('_', "-");
        error.insert(ContextKind::SuggestedArg, ContextValue::String(option));
    }
    let text = error.render().to_string();
    let parts: Vec<_> = text.split("\n\n").map(|part| part.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    let part = |start| parts.iter().find_map(|part| part.strip_prefix(start));
    let help = command.map_or("see `updsts --help`".to_owned(), |command| format!("see `updsts {command} --help`"));
    let hint = match (part("tip: "), part("Usage: ")) {
        (Some(tip), _) => tip.to_owned(),
        (None, Some(usage)) => format!("usage: `{usage}`; {help}"),
        (None, None) => help,
    };
    (part("error: ").unwrap_or_default().to_owned(), hint)
}

fn text(error: &ClapError, kind: ContextKind) -> String {
    match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        _ => String::new(),
    }
}

/// The error about a profile that does not exist, without a name that is a code or may be a key in the wrong place.
pub fn without_secret(error: Error, names: &[&str]) -> Error {
    if error.code() != ErrorCode::ProfileNotFound {
        return error;
    }
    if names.iter().any(|name| is_code(name)) {
        let message = "there is no profile of that name (not shown, because it may be a code)";
        return Error::new(ErrorCode::Usage, message, "an MFA code is given as `-t CODE`");
    }
    if names.iter().any(|name| may_be_key(name)) {
        let message = "there is no profile of that name (not shown, because it may be a key)";
        return Error::new(ErrorCode::ProfileNotFound, message, "`updsts list` shows the available profiles");
    }
    error
}

fn is_code(text: &str) -> bool {
    let mut characters = text.chars().filter(|c| !c.is_whitespace() && *c != '-');
    TokenCode::parse(text).is_ok() || has_digits_of_code(text) && characters.all(char::is_numeric)
}

/// Whether the text has most of the digits of a code.
fn has_digits_of_code(text: &str) -> bool {
    text.chars().filter(|c| c.is_numeric()).count() >= 4
}

/// Whether the text has as many characters of a key in a row as a TOTP secret has.
fn may_be_key(text: &str) -> bool {
    let is_of_key = |c: char| c.is_ascii_alphanumeric() || "+/=".contains(c);
    let mut runs = text.split(|c| !is_of_key(c));
    runs.any(|run| run.len() >= 16 && run.bytes().any(|b| b.is_ascii_digit()))
}
