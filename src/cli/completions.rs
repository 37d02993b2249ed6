//! `updsts completions`, and the answers to a shell that completes a command line (CLI-12).

use clap::CommandFactory;
use clap_complete::env::{CompleteEnv, Shells};

use super::args::{Cli, Shell};
use super::output::Output;
use crate::core::environment::Environment;
use crate::core::error::{Error, ErrorCode, Result};

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
    let internal =
        |message: String| Error::new(ErrorCode::Internal, message, "this is a bug in updsts; please report it");
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
