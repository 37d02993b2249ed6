//! `updsts completions`, and the responses to a shell that completes a command line (CLI-12).

use clap::CommandFactory;
use clap_complete::env::{CompleteEnv, Shells};

use super::args::{Cli, Shell};
use super::output::Output;
use crate::core::environment::Environment;
use crate::core::error::{Error, ErrorCode, Result};

/// The variable through which a shell's script asks the program for candidates.
const VARIABLE: &str = "_UPDSTS_COMPLETE";

/// Prints a shell's script. It asks this program for the candidates, so it stays correct when the program or the file
/// changes.
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

/// If a shell is asking, responds to it and exits.
pub fn answer_shell(environment: &Environment) {
    if environment.var_os(VARIABLE).is_some() {
        CompleteEnv::with_factory(Cli::command).var(VARIABLE).complete();
    }
}
