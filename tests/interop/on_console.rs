//! Runs a program with the streams of its console, which Wine does not give to the first program there. Ctrl-C is the program's
//! own.

#[cfg(windows)]
#[tokio::main(flavor = "current_thread")]
async fn main() {
    use std::fs::File;
    use std::process::{Command, Stdio, exit};

    let _ignored = tokio::signal::windows::ctrl_c().expect("a console");
    let stream = |name| Stdio::from(File::options().read(true).write(true).open(name).expect("a console"));
    let mut words = std::env::args_os().skip(1);
    let mut command = Command::new(words.next().expect("a program"));
    command.args(words).stdin(stream("CONIN$")).stdout(stream("CONOUT$")).stderr(stream("CONOUT$"));
    exit(command.status().expect("a program").code().expect("a status"));
}

#[cfg(not(windows))]
fn main() {}
