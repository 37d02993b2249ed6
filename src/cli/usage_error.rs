//! The option parser's errors in the program's own form. Input that may be a code is not repeated.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, Error as ClapError, ErrorKind};

use super::output::Output;
use super::sn;
use crate::core::error::{Error, ErrorCode};

/// Shows help, the version or an error, and returns the exit status.
pub fn show(error: &ClapError, arguments: &[OsString], output: &Output) -> ExitCode {
    let rendered = error.render();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            let help = sn::in_help(output.styled(&rendered).trim_end()) + "\n";
            match output.result(&help) {
                Ok(()) => ExitCode::SUCCESS,
                Err(error) => ExitCode::from(error.code().exit_status()),
            }
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            output.line(sn::in_help(&rendered.to_string()).trim_end());
            ExitCode::from(ErrorCode::Usage.exit_status())
        }
        _ => {
            let json = arguments.iter().take_while(|argument| *argument != "--").any(|argument| argument == "--json");
            let error = translated(error, arguments);
            output.error(&error, json);
            ExitCode::from(error.code().exit_status())
        }
    }
}

fn translated(error: &ClapError, arguments: &[OsString]) -> Error {
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        Some(ContextValue::Strings(texts)) => Some(texts.join(", ")),
        _ => None,
    };
    // For an unknown argument the context is what was typed, otherwise the name of an option.
    let is_typed = error.kind() == ErrorKind::UnknownArgument;
    let argument = text(ContextKind::InvalidArg).map(|text| if is_typed { show_option(&text) } else { text });
    let command = ["get", "list", "export", "clear", "completions", "mcp"]
        .into_iter()
        .find(|name| arguments.iter().any(|argument| argument == name));
    let help = command.map_or("see `updsts --help`".to_owned(), |command| format!("see `updsts {command} --help`"));
    let suggested = text(ContextKind::SuggestedArg).or_else(|| text(ContextKind::SuggestedSubcommand));
    let hint = suggested.map_or(help, |name| format!("did you mean `{name}`"));
    let named = |what: &str| match &argument {
        Some(argument) => format!("{what} `{argument}`"),
        None => what.to_owned(),
    };
    let message = match error.kind() {
        ErrorKind::UnknownArgument => named("unknown argument"),
        ErrorKind::InvalidSubcommand => "unknown command".to_owned(),
        ErrorKind::MissingRequiredArgument => named("a required option is missing:"),
        ErrorKind::ArgumentConflict => named("conflicting options:"),
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => named("an invalid value for"),
        ErrorKind::TooManyValues | ErrorKind::TooFewValues | ErrorKind::WrongNumberOfValues | ErrorKind::NoEquals => {
            named("the wrong number of values for")
        }
        ErrorKind::InvalidUtf8 => "an argument is not valid UTF-8".to_owned(),
        _ => "the arguments are invalid".to_owned(),
    };
    Error::new(ErrorCode::Usage, message, hint)
}

/// An option without its value; anything else may be a code typed without `-t`.
fn show_option(argument: &str) -> String {
    let option = argument.split(['=', ' ']).next().unwrap_or_default();
    match option.strip_prefix('-') {
        Some(rest) if rest.starts_with('-') => argument.split('=').next().unwrap_or_default().to_owned(),
        Some(rest) => rest.chars().next().map_or("-".to_owned(), |letter| format!("-{letter}")),
        None => "(not shown)".to_owned(),
    }
}
