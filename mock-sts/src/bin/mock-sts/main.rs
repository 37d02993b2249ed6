//! `mock-sts`: the mock as a program, on its own or around a command.

mod child;
mod config;
mod failure;
mod options;
mod sandbox;
mod signals;

use std::io::{self, Write as _};
use std::panic;
use std::process::ExitCode;

use clap::Parser as _;
use mock_sts::{CodeSource, DEFAULT_SECRET_ACCESS_KEY, MockSts};

use failure::Failure;
use options::Options;

/// The exit code for invalid options, an invalid configuration file, or an address that cannot be listened on.
const USAGE: u8 = 2;

fn main() -> ExitCode {
    be_calm_about_broken_requests();
    match run(Options::parse()) {
        Ok(code) => code,
        Err(failure) => {
            // If stderr is closed, nobody can be told.
            let _ = writeln!(io::stderr(), "{failure}");
            ExitCode::from(USAGE)
        }
    }
}

/// wiremock panics on the connection's task if a client disconnects in the middle of a request.
fn be_calm_about_broken_requests() {
    let report = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        if panic.location().is_some_and(|location| location.file().contains("wiremock")) {
            let _ = writeln!(io::stderr(), "warning: a request ended half-way");
        } else {
            report(panic);
        }
    }));
}

fn run(options: Options) -> Result<ExitCode, Failure> {
    let listen = options.listen;
    if !listen.ip().is_loopback() {
        let _ = writeln!(
            io::stderr(),
            "warning: --listen {listen} is open to other machines, and the keys of this mock are no secret"
        );
    }
    let command = options.command.clone();
    let sts = options.builder()?.try_start()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failure::system)?;
    runtime.block_on(async {
        if command.is_empty() {
            let ended = signals::end()?;
            announce(&sts);
            ended.await;
            Ok(ExitCode::SUCCESS)
        } else {
            child::run(&command, &sts).await
        }
    })
}

/// Prints only the URL to stdout, for scripts, and instructions for people to stderr.
fn announce(sts: &MockSts) {
    let mut stdout = io::stdout();
    // If stdout is closed, nobody reads the URL.
    let _ = writeln!(stdout, "{}", sts.url()).and_then(|()| stdout.flush());

    let region = sts.users().first().map_or("us-east-1", sandbox::region);
    let mut lines = vec![
        "mock-sts is listening; Ctrl-C ends it. To point any AWS client at it:\n".to_owned(),
        format!("  export AWS_ENDPOINT_URL_STS={}", sts.url()),
        format!("  export AWS_ENDPOINT_URL_IAM={}", sts.url()),
        // Python's SDK, and the AWS CLI's first version, read the second name only.
        format!("  export AWS_REGION={region} AWS_DEFAULT_REGION={region}"),
    ];
    if let Some((user, key)) = sts.users().iter().find_map(|user| Some((user, user.keys.first()?))) {
        let secret = if key.secret == DEFAULT_SECRET_ACCESS_KEY { &key.secret } else { "…" };
        lines.push(format!("  export AWS_ACCESS_KEY_ID={}", key.id));
        lines.push(format!("  export AWS_SECRET_ACCESS_KEY={secret}"));
        if let Some(serial) = &user.mfa_serial {
            let code = match &user.code {
                CodeSource::Fixed(code) => code,
                CodeSource::Totp(_) => "CODE",
            };
            lines.push(format!("  aws sts get-session-token --serial-number {serial} --token-code {code}"));
        }
    }
    let _ = writeln!(io::stderr(), "{}", lines.join("\n"));
}
