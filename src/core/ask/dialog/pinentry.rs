//! The dialogs of `GnuPG`, spoken to by the Assuan protocol: a line each way.
//!
//! Source: <https://www.gnupg.org/documentation/manuals/assuan/>

use std::io;
use std::path::Path;
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{ChildStdin, ChildStdout, Command};
use tokio::time::timeout;
use zeroize::Zeroizing;

use crate::core::ask::dialog::text::{TITLE, lines};
use crate::core::ask::person::{Answer, Question};
use crate::core::command::run::Running;
use crate::core::guard::guarded;
use crate::core::secret::{ExposeSecret, SecretString};

/// `GnuPG`'s error codes, in the lower half of the number.
const CANCELED: u32 = 99;
const TIMEOUT: u32 = 62;

/// Asks until the time is over. `Unsupported` if the program would not open a window: it would take a terminal over.
pub(super) async fn ask(program: &Path, question: &Question) -> io::Result<Answer> {
    let mut command = guarded(program);
    command.arg("--no-global-grab").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut pinentry = Pinentry::start(command.kill_on_drop(true))?;
    match timeout(question.time_left(), pinentry.ask(question)).await {
        Ok(answer) => answer,
        Err(_) => Ok(Answer::Nobody),
    }
}

/// What a program that opens a window answers to `GETINFO flavor`. It has looked at the display.
const WINDOWS: [&str; 10] = ["gtk", "gtk2", "gtk3", "qt", "qt4", "qt5", "qt6", "gnome3", "efl", "fltk"];
/// The longest text in bytes: a line of the protocol has at most 1,000.
const MOST_BYTES: usize = 900;

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
        let mut running = Running::spawn(command, false)?;
        let input = running.child.stdin.take().expect("standard input is a pipe");
        let output = BufReader::new(running.child.stdout.take().expect("standard output is a pipe"));
        Ok(Self { _running: running, input, output })
    }

    async fn ask(&mut self, question: &Question) -> io::Result<Answer> {
        self.reply().await?;
        let Reply::Ok(Some(flavor)) = self.send("GETINFO flavor").await? else {
            return Err(io::ErrorKind::Unsupported.into());
        };
        // Others would take a terminal over.
        if !WINDOWS.contains(&flavor.expose_secret()) {
            return Err(io::ErrorKind::Unsupported.into());
        }
        for line in [
            "OPTION no-grab".to_owned(),
            format!("SETTITLE {}", encoded(TITLE)),
            format!("SETDESC {}", encoded(&lines(question).join("\n"))),
            "SETPROMPT Code:".to_owned(),
            format!("SETTIMEOUT {}", question.time_left().as_secs().max(1)),
        ] {
            // It does not matter if it does not know one.
            self.send(&line).await?;
        }
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
    let mut encoded = String::with_capacity(MOST_BYTES);
    for c in text.chars() {
        match c {
            _ if encoded.len() > MOST_BYTES - 4 => break,
            '%' => encoded.push_str("%25"),
            '\n' => encoded.push_str("%0A"),
            '\r' => encoded.push_str("%0D"),
            c => encoded.push(c),
        }
    }
    encoded
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
