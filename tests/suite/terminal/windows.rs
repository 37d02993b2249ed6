//! A pseudo-console. It draws: what is shown comes with sequences that move the cursor.
//!
//! Source: <https://learn.microsoft.com/windows/console/creating-a-pseudoconsole-session>

use std::ffi::{OsStr, OsString};
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use conpty::io::{PipeReader, PipeWriter};
use conpty::{Process, ProcessOptions};

pub const END_OF_INPUT: &str = "\u{1a}\r";

/// So wide that no line of a test is broken.
const SIZE: (i16, i16) = (300, 200);

/// For a program to end.
const MILLISECONDS: u32 = 20_000;

pub struct Terminal {
    process: Option<Process>,
    keys: PipeWriter,
    drawn: Arc<Mutex<Vec<u8>>>,
    reader: Option<JoinHandle<()>>,
}

impl Terminal {
    pub fn with(command: &mut Command) -> Self {
        let mut process = ProcessOptions::default().set_console_size(Some(SIZE)).spawn(quoted(command)).unwrap();
        let (keys, output) = (process.input().unwrap(), process.output().unwrap());
        let drawn = Arc::default();
        let reader = Some(std::thread::spawn({
            let drawn = Arc::clone(&drawn);
            move || read(output, &drawn)
        }));
        Self { process: Some(process), keys, drawn, reader }
    }

    pub fn press(&mut self, keys: &str) {
        // The console of Wine reads nothing more after a plain Ctrl-C; one with Alt is the same event.
        let keys = if wine().is_some() { keys.replace('\u{3}', "\u{1b}\u{3}") } else { keys.to_owned() };
        self.keys.write_all(keys.as_bytes()).unwrap();
    }

    /// What was shown since it was last looked at.
    pub fn shown(&self) -> String {
        let mut drawn = self.drawn.lock().unwrap();
        let text = String::from_utf8_lossy(&drawn).into_owned();
        let (shown, rest) = plain(&text);
        *drawn = rest.as_bytes().to_vec();
        shown
    }

    pub fn end(&mut self) -> Option<i32> {
        let process = self.process.take()?;
        let status = process.wait(Some(MILLISECONDS)).unwrap();
        // Closing the console ends what it draws.
        drop(process);
        self.reader.take()?.join().unwrap();
        Some(status.cast_signed())
    }
}

fn read(mut output: PipeReader, drawn: &Mutex<Vec<u8>>) {
    let mut buffer = [0; 4096];
    while let Ok(length @ 1..) = output.read(&mut buffer) {
        drawn.lock().unwrap().extend_from_slice(&buffer[..length]);
    }
}

/// The command for a pseudo-console, whose words are joined as they are, and which gets the variables that are named alone.
/// Wine gives a program in one no streams: those are opened by `tests/interop/on_console.rs`.
fn quoted(command: &Command) -> Command {
    let quote = |word: &OsStr| {
        let word = word.to_str().unwrap();
        if word.contains(' ') { format!("\"{word}\"") } else { word.to_owned() }
    };
    let mut words = wine().into_iter().map(OsString::from).collect::<Vec<_>>();
    words.push(command.get_program().to_owned());
    words.extend(command.get_args().map(OsStr::to_owned));
    let mut quoted = Command::new(quote(&words[0]));
    quoted.args(words[1..].iter().map(|word| quote(word)));
    quoted.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    quoted.current_dir(command.get_current_dir().unwrap());
    quoted
}

/// The program that Wine needs for a program on a console. `None` on a real Windows.
fn wine() -> Option<PathBuf> {
    let system = PathBuf::from(std::env::var_os("SystemRoot").unwrap()).join("System32");
    let built = || PathBuf::from(env!("CARGO_BIN_EXE_updsts")).with_file_name("examples").join("on-console.exe");
    system.join("winecfg.exe").exists().then(built)
}

/// The text without sequences, and what may be the beginning of one.
fn plain(drawn: &str) -> (String, &str) {
    let (mut text, mut rest) = (String::new(), drawn);
    while let Some((before, sequence)) = rest.split_once('\u{1b}') {
        text.push_str(before);
        rest = &rest[before.len()..];
        let end = match sequence.as_bytes() {
            [b'[', ..] => sequence[1..].find(|c: char| ('@'..='~').contains(&c)).map(|at| at + 1),
            [b']', ..] => sequence.find('\u{7}'),
            [] => None,
            _ => Some(0),
        };
        let Some(end) = end else { return (text, rest) };
        match (sequence.starts_with('['), sequence.as_bytes()[end]) {
            (true, b'C') => text += &" ".repeat(sequence[1..end].parse().unwrap_or(1)),
            (true, b'H') => text += "\r\n",
            _ => {}
        }
        rest = &sequence[end + 1..];
    }
    text.push_str(rest);
    (text, "")
}

#[test]
fn what_a_console_draws_is_read_as_text() {
    for (drawn, text) in [
        ("\u{1b}[2J\u{1b}[m\u{1b}[Ha \u{1b}]0;C:\\title\u{7}b", "\r\na b"),
        ("user):\u{1b}[K\u{1b}[1C\u{1b}[?25h", "user): "),
        ("a\u{1b}[3Cb\u{1b}[", "a   b"),
    ] {
        assert_eq!(plain(drawn).0, text);
    }
    assert_eq!(plain("a\u{1b}[2"), ("a".to_owned(), "\u{1b}[2"));
}
