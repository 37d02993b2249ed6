//! Parse, run, print, exit status; nothing else.

use std::process::ExitCode;

fn main() -> ExitCode {
    updsts::cli::run(std::env::args_os())
}
