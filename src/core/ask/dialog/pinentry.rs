//! The dialogs of `GnuPG`, spoken to by the Assuan protocol: a line each way.
//!
//! Source: <https://www.gnupg.org/documentation/manuals/assuan/>

use std::io;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{ChildStdin, ChildStdout, Command};
use tokio::time::timeout;
use zeroize::Zeroizing;

use crate::core::ask::dialog::program::in_window;
use crate::core::ask::dialog::text::{MOST_SHOWN, TITLE, facts, problem};
use crate::core::ask::person::{Answer, Question};
use crate::core::command::run::Running;
use crate::core::environment::Environment;
use crate::core::secret::{ExposeSecret, SecretString};

/// `GnuPG`'s error codes, in the lower half of the number.
const CANCELED: u32 = 99;
const TIMEOUT: u32 = 62;

/// Asks until the time is over. `Unsupported` if the program would not open a window: it would take a terminal over.
pub(super) async fn ask(program: &Path, question: &Question, environment: &Environment) -> io::Result<Answer> {
    let mut command = in_window(program, environment);
    command.arg("--no-global-grab").stdin(Stdio::piped());
    let mut pinentry = Pinentry::start(&mut command)?;
    let is_prepared = timeout(PREPARE_TIME.min(question.time_left()), pinentry.prepare(question)).await;
    is_prepared.map_err(|_| io::ErrorKind::Unsupported)??;
    match timeout(question.time_left(), pinentry.code()).await {
        Ok(answer) => answer,
        Err(_) => Ok(Answer::Nobody),
    }
}

/// What a program that opens a window answers to `GETINFO flavor`. It has looked at the display.
const WINDOWS: [&str; 12] = ["gtk", "gtk2", "gtk3", "qt", "qt4", "qt5", "qt6", "gnome3", "efl", "fltk", "mac", "w32"];
/// The longest text in bytes: a line of the protocol has at most 1,000.
const MOST_BYTES: usize = 900;
/// How long a program may take until it could show its window.
const PREPARE_TIME: Duration = Duration::from_secs(10);
/// The most characters of a value if whole values make the text too long.
const FEW_SHOWN: usize = 40;

struct Pinentry {
    /// Ends with it.
    _running: Running,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

enum Reply {
    Ok(Option<SecretString>),
    Err(u32),
}

impl Pinentry {
    fn start(command: &mut Command) -> io::Result<Self> {
        let mut running = Running::spawn_window(command)?;
        let input = running.child.stdin.take().expect("standard input is a pipe");
        let output = BufReader::new(running.child.stdout.take().expect("standard output is a pipe"));
        Ok(Self { _running: running, input, output })
    }

    /// Errors: if it would not open a window.
    async fn prepare(&mut self, question: &Question) -> io::Result<()> {
        self.reply().await?;
        let Reply::Ok(Some(flavor)) = self.send("GETINFO flavor").await? else {
            return Err(io::ErrorKind::Unsupported.into());
        };
        // Others would take a terminal over.
        if !WINDOWS.contains(&flavor.expose_secret()) {
            return Err(io::ErrorKind::Unsupported.into());
        }
        let description = |most| encoded(&facts(question, most).join("\n"));
        let whole = description(MOST_SHOWN);
        let description = if whole.len() > MOST_BYTES { description(FEW_SHOWN) } else { whole };
        let mut lines = vec![
            "OPTION no-grab".to_owned(),
            format!("SETTITLE {}", encoded(TITLE)),
            format!("SETDESC {description}"),
            "SETPROMPT Code:".to_owned(),
            format!("SETTIMEOUT {}", question.time_left().as_secs().max(1)),
        ];
        lines.extend(problem(question).map(|problem| format!("SETERROR {}", encoded(&problem))));
        for line in lines {
            // It does not matter if it does not know one.
            self.send(&line).await?;
        }
        Ok(())
    }

    async fn code(&mut self) -> io::Result<Answer> {
        match self.send("GETPIN").await? {
            Reply::Ok(text) => Ok(Answer::Text(text.unwrap_or_default())),
            Reply::Err(CANCELED) => Ok(Answer::Declined),
            Reply::Err(TIMEOUT) => Ok(Answer::Nobody),
            Reply::Err(_) => Err(io::ErrorKind::Unsupported.into()),
        }
    }

    async fn send(&mut self, line: &str) -> io::Result<Reply> {
        self.input.write_all(format!("{line}\n").as_bytes()).await?;
        self.reply().await
    }

    async fn reply(&mut self) -> io::Result<Reply> {
        let mut data = None;
        let mut line = Zeroizing::new(String::new());
        loop {
            line.clear();
            if self.output.read_line(&mut line).await? == 0 {
                return Err(io::ErrorKind::Unsupported.into());
            }
            let line = line.trim_end_matches(['\r', '\n']);
            if let Some(text) = line.strip_prefix("D ") {
                data = Some(SecretString::from(decoded(text)));
            } else if line == "OK" || line.starts_with("OK ") {
                return Ok(Reply::Ok(data));
            } else if let Some(error) = line.strip_prefix("ERR ") {
                let number = error.split(' ').next().and_then(|number| number.parse::<u32>().ok());
                return Ok(Reply::Err(number.unwrap_or_default() & 0xffff));
            }
        }
    }
}

fn encoded(text: &str) -> String {
    text.replace('%', "%25").replace('\n', "%0A").replace('\r', "%0D")
}

fn decoded(data: &str) -> String {
    let mut decoded = String::with_capacity(data.len());
    let mut rest = data;
    while let Some((before, after)) = rest.split_once('%') {
        decoded.push_str(before);
        let byte = after.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        decoded.extend(byte.map(char::from));
        rest = after.get(if byte.is_some() { 2 } else { 0 }..).unwrap_or_default();
    }
    decoded + rest
}
