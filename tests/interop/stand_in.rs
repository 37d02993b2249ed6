//! Stands in for a program that updsts starts: a dialog, an agent, a command of `exec`.
//!
//! It does what `NAME.json` beside it says ([`Part`]), and keeps in `stand-in.log` what it was started with and told.

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead as _, Read as _, Write as _, stderr, stdin, stdout};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio, abort, exit};
use std::thread::sleep;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value, json};

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
struct Part {
    /// Leaves a child behind, which holds the file `child` for longer than any test takes.
    child: bool,
    /// Runs its arguments as a command, with its streams.
    runs: bool,
    seconds: f64,
    pinentry: Option<Pinentry>,
    complains: String,
    /// One for each run; the last one from then on.
    prints: Vec<String>,
    aborts: bool,
    /// The variable that contains the status.
    status_of: Option<String>,
    status: i32,
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
struct Pinentry {
    flavor: String,
    pin: String,
    /// Instead of the PIN.
    error: Option<u32>,
}

/// The only argument of a child.
const LASTS: &str = "lasts";

fn main() {
    let own = PathBuf::from(std::env::args_os().next().expect("a name"));
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    if arguments == [LASTS] {
        return last(&own);
    }
    let part = fs::read(own.with_extension("json")).expect("a part");
    let part: Part = serde_json::from_slice(&part).expect("a part");
    let log = Log(own.with_file_name("stand-in.log"));
    let earlier = log.starts();
    let variables: Map<_, _> = std::env::vars().map(|(name, value)| (name, value.into())).collect();
    // There is no such file but on Linux.
    let limits = fs::read_to_string("/proc/self/limits").unwrap_or_default();
    log.add(&json!({ "arguments": arguments, "variables": variables, "limits": limits }));
    part.play(&own, earlier, &arguments, &log);
    log.add(&json!("ended"));
    if part.aborts {
        abort();
    }
    let status = part.status_of.map(|name| std::env::var(name).expect("a variable").parse().expect("a status"));
    exit(status.unwrap_or(part.status));
}

/// Holds the file, and tells so.
fn last(own: &Path) {
    let file = File::create(own.with_file_name("child")).expect("a file");
    file.lock().expect("a lock");
    writeln!(stdout()).expect("stdout");
    sleep(Duration::from_secs(77));
}

impl Part {
    fn play(&self, own: &Path, earlier: usize, arguments: &[String], log: &Log) {
        if self.child {
            let child = Command::new(own).arg(LASTS).stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
            child.expect("a child").stdout.expect("a pipe").read_exact(&mut [0]).expect("a lock");
        }
        if self.runs {
            exit(
                Command::new(&arguments[0])
                    .args(&arguments[1..])
                    .status()
                    .expect("a program")
                    .code()
                    .expect("a status"),
            );
        }
        sleep(Duration::from_secs_f64(self.seconds));
        if let Some(pinentry) = &self.pinentry {
            pinentry.talk(log);
        }
        write!(stderr(), "{}", self.complains).expect("stderr");
        if let Some(text) = self.prints.get(earlier).or(self.prints.last()) {
            write!(stdout(), "{text}").expect("stdout");
        }
    }
}

impl Pinentry {
    fn talk(&self, log: &Log) {
        let say = |text: &str| writeln!(stdout(), "{text}").expect("stdout");
        say("OK Pleased to meet you");
        for line in stdin().lock().lines().map_while(Result::ok) {
            log.add(&json!({ "said": line }));
            match (line.as_str(), self.error) {
                ("GETINFO flavor", _) => say(&format!("D {}\nOK", self.flavor)),
                ("GETPIN", Some(error)) => say(&format!("ERR {error} x <Pinentry>")),
                ("GETPIN", None) => say(&format!("D {}\nOK", self.pin)),
                _ => say("OK"),
            }
        }
    }
}

struct Log(PathBuf);

impl Log {
    fn add(&self, entry: &Value) {
        let mut file = OpenOptions::new().append(true).create(true).open(&self.0).expect("a log");
        file.write_all(format!("{entry}\n").as_bytes()).expect("a log");
    }

    fn starts(&self) -> usize {
        fs::read_to_string(&self.0).unwrap_or_default().matches("{\"arguments\":").count()
    }
}
