//! The command line: parse, call a use case, show its result. The only clap code.

mod args;
mod bash_line;
mod candidates;
mod clear;
mod completions;
mod doctor;
mod exec;
#[cfg(not(unix))]
mod exec_child;
mod exec_line;
mod export;
mod get;
mod hint;
mod init;
mod list;
mod log;
mod machine;
mod man;
mod mcp;
mod output;
mod register;
mod signals;
mod sn;
mod system;
mod usage_error;

use std::ffi::OsString;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::time::SystemTime;

use args::{Cli, Command};
use clap::Parser;
use output::Output;
use signals::{Ended, until_signal};

use crate::core::ask::terminal;
use crate::core::core_dump;
use crate::core::environment::Environment;
use crate::core::error::{Error, ErrorCode, Result};
use crate::core::file::credentials_file::CredentialsFile;
#[cfg(unix)]
use crate::core::guard;

/// The exit status of `doctor` if something keeps `get` from working.
const UNHEALTHY: u8 = 8;

/// Runs the program with these arguments; the first one is its name.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<_> = arguments.into_iter().collect();
    #[cfg(unix)]
    {
        if let Some(ended) = guard::run(&arguments) {
            return ended;
        }
        guard::arm();
    }
    core_dump::forbid();
    // A panic's own message can quote the text that caused it, and its place is a path of whoever built the program.
    std::panic::set_hook(Box::new(|panic| {
        if std::env::var_os("RUST_BACKTRACE").is_some() {
            let place = panic.location().map(|location| format!(" at {}:{}", location.file(), location.line()));
            let _ = writeln!(std::io::stderr(), "internal error{}", place.unwrap_or_default());
        }
    }));
    let environment = Environment::process();
    if let Some(answer) = completions::answer_shell(&arguments, &environment) {
        return answer;
    }
    let arguments = sn::rewrite(arguments);
    let cli = match Cli::try_parse_from(&arguments) {
        Ok(cli) => cli,
        Err(error) => return usage_error::show(error, &arguments, &Output::new(0, &environment)),
    };
    let output = Output::new(cli.verbose, &environment);
    log::start(cli.verbose);
    let ended = catch_unwind(AssertUnwindSafe(|| execute(&cli, &environment, &output)));
    match ended.unwrap_or_else(|_| Err(Error::defect())) {
        Ok(Ended::Done) => ExitCode::SUCCESS,
        Ok(Ended::By(status)) => {
            terminal::restore_terminal();
            output.interrupted();
            // A prompt or a read of standard input may still be waiting in its thread.
            std::process::exit(i32::from(status))
        }
        Ok(Ended::Quietly(status)) => ExitCode::from(status),
        Err(error) => {
            let error = usage_error::without_secret(error, &cli.command.names());
            let error = hint::for_the_file(error, cli.credential_file.as_deref());
            if let Some(warning) = environment.second_home().filter(|_| error.code() == ErrorCode::FileMissing) {
                output.warning(&warning);
            }
            output.error(&error, cli.command.json());
            ExitCode::from(match cli.command {
                Command::Exec(_) => exec::FAILED,
                _ => error.code().exit_status(),
            })
        }
    }
}

fn execute(cli: &Cli, environment: &Environment, output: &Output) -> Result<Ended> {
    let file = || {
        machine::check_clock(SystemTime::now())?;
        CredentialsFile::of_operator(cli.credential_file.as_deref(), environment)
    };
    let done = match &cli.command {
        Command::Get(options) => return until_signal(get::run(options, file()?, environment, output)),
        Command::Init(options) => return until_signal(init::run(options, file()?, environment, output)),
        Command::Clear(options) => return until_signal(clear::run(options, file()?, environment, output)),
        Command::Doctor(options) => {
            let mut is_healthy = true;
            let ended = until_signal(async {
                is_healthy = doctor::run(options, file(), cli.credential_file.as_deref(), environment, output).await?;
                Ok(())
            });
            return ended.map(|ended| if is_healthy { ended } else { Ended::Quietly(UNHEALTHY) });
        }
        Command::Mcp(options) if options.serve => {
            return mcp::serve(options, file()?, environment, Output::new(cli.verbose, environment));
        }
        Command::Mcp(options) if options.install.is_some() || options.uninstall.is_some() => {
            return until_signal(register::run(options, cli.credential_file.as_deref(), environment, output));
        }
        Command::Mcp(options) => mcp::show(options, output),
        Command::List(options) => list::run(options, &file()?, environment, output),
        Command::Export(options) if options.renew => {
            return until_signal(export::renewed(options, file()?, environment, output));
        }
        Command::Exec(options) => return exec::run(options, &file()?, environment, output),
        Command::Export(options) => export::run(options, &file()?, environment, output),
        Command::Completions(options) => completions::run(options.shell, output),
        Command::Man => man::run(output),
    };
    done.map(|()| Ended::Done)
}
