//! Completion in real shells on a terminal: TAB, then Enter (CLI-12).

#![cfg(target_os = "linux")]

use std::fs;
use std::time::{Duration, Instant};

use super::sandbox::{Sandbox, set_mode};
use super::terminal::Session;

/// Names that a shell would run, expand or take apart, were they on the line as they are.
const HOSTILE: [&str; 20] = [
    "prod$(touch PWNED)",
    "`touch PWNED`",
    "a;touch PWNED;",
    "a&touch PWNED&",
    "a|touch PWNED",
    "a>PWNED",
    "*",
    "c?edentials",
    "${HOME}",
    "$HOME",
    "!!",
    "a!touch",
    "{a,b}",
    "#x",
    "it's",
    "say \"hi\"",
    "back\\slash\\",
    "=ls",
    "'; touch PWNED; '",
    "<(touch PWNED)",
];

/// Names that people have.
const ORDINARY: [&str; 9] =
    ["my prof", "team/dev", "arn:aws:prod", "me@example.com", "o'brien", "a=b", "開発 1", "x%y+z", "two  blanks"];

/// A shell in a home with the names in its file. `updsts` writes down the arguments that it gets.
struct Shell {
    sandbox: Sandbox,
    session: Session,
}

impl Shell {
    fn start(shell: &str) -> Self {
        let sandbox = Sandbox::new();
        let script = sandbox.run(["completions", shell]).succeeds().stdout;
        fs::create_dir(sandbox.path("bin")).unwrap();
        let program = format!(
            "#!/bin/sh\n[ \"$_UPDSTS_COMPLETE\" ] && exec {} \"$@\"\nprintf '%s\\0' \"$@\" >\"$HOME/new\"\nmv \"$HOME/new\" \"$HOME/got\"\n",
            env!("CARGO_BIN_EXE_updsts")
        );
        fs::write(sandbox.path("bin/updsts"), program).unwrap();
        set_mode(&sandbox.path("bin/updsts"), 0o700);
        fs::write(sandbox.path("script"), script).unwrap();
        let start: &[&str] = match shell {
            "bash" => &["bash", "--norc", "--noprofile", "-i"],
            "zsh" => &["zsh", "-f", "-i"],
            _ => &["fish", "--no-config", "-i"],
        };
        let prepared = sandbox.process([""; 0]);
        let mut command = std::process::Command::new("setsid");
        command.args(["--ctty", "--wait"]).args(start).env_clear().current_dir(sandbox.home());
        command.envs(prepared.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command.env("PATH", format!("{}:/usr/bin:/bin", sandbox.path("bin").display()));
        command.env("TERM", "vt100").env("LC_ALL", "C.UTF-8").env("PS1", "ready> ");
        let mut shell = Self { sandbox, session: Session::of(command) };
        if start[0] == "zsh" {
            shell.session.send("autoload -U compinit; compinit -u\r");
        }
        shell.session.send("source ./script\r");
        shell
    }

    /// The arguments of `updsts` after these keys and Enter, in a file with these profiles.
    fn arguments(&mut self, profiles: &[&str], keys: &str) -> Vec<String> {
        let file: String = profiles.iter().flat_map(|name| ["[", name, "]\naws_access_key_id = x\n"]).collect();
        fs::write(self.sandbox.credentials_path(), file).unwrap();
        let got = self.sandbox.path("got");
        let _ = fs::remove_file(&got);
        self.session.forget();
        self.session.send(keys);
        self.session.send("\r");
        let start = Instant::now();
        while !got.exists() {
            // A terminal that nobody reads stops the shell.
            let seen = self.session.seen();
            assert!(start.elapsed() < Duration::from_secs(20), "{profiles:?} {keys:?}: {seen:?}");
            std::thread::sleep(Duration::from_millis(5));
        }
        let here = fs::read_dir(self.sandbox.home()).unwrap().map(|entry| entry.unwrap().file_name());
        assert!(!here.into_iter().any(|name| name.to_string_lossy().contains("PWNED")), "{profiles:?} {keys:?}");
        let arguments = fs::read_to_string(&got).unwrap();
        arguments.split_terminator('\0').map(str::to_owned).collect()
    }

    #[track_caller]
    fn completes(&mut self, name: &str, typed: &str) {
        let arguments = self.arguments(&[name], &format!("updsts get {typed}\t"));
        let expected = match typed.split_once('=') {
            Some((option, "")) if !option.contains(' ') => vec!["get".to_owned(), format!("{option}={name}")],
            _ => vec!["get".to_owned(), "-n".to_owned(), name.to_owned()],
        };
        assert_eq!(arguments, expected, "{typed:?}: {}", self.session.seen());
    }
}

fn every_name_arrives_as_it_is(shell: &str) {
    let mut shell = Shell::start(shell);
    for name in HOSTILE.into_iter().chain(ORDINARY) {
        for typed in ["-n ", "--profile=", "-n="] {
            shell.completes(name, typed);
        }
    }
}

fn a_name_goes_on_from_what_was_typed(shell: &mut Shell) {
    for (name, typed) in [
        ("my prof", "-n m"),
        ("my prof", "-n my\\ "),
        ("my prof", "-n 'my p"),
        ("my prof", "-n \"my p"),
        ("arn:aws:prod", "-n arn"),
        ("arn:aws:prod", "-n arn:"),
        ("arn:aws:prod", "-n arn:aws:p"),
        ("me@example.com", "-n me@ex"),
        ("o'brien", "-n o\\'b"),
        ("o'brien", "-n \"o'"),
        ("a=b", "-n a="),
        ("prod$(touch PWNED)", "-n prod"),
        ("prod$(touch PWNED)", "-n 'prod$("),
        ("a!touch", "-n a"),
        ("it's", "-n 'it"),
    ] {
        shell.completes(name, typed);
    }
}

fn names_with_a_common_start_are_told_apart(shell: &str) {
    let mut shell = Shell::start(shell);
    let names = ["my prof", "my $(touch PWNED)", "my 'x", "-t", "~root", "a\u{3000}b"];
    assert_eq!(shell.arguments(&names, "updsts get -n m\tp\t"), ["get", "-n", "my prof"]);
    assert_eq!(shell.arguments(&names, "updsts get -n 'my $\t"), ["get", "-n", "my $(touch PWNED)"]);
    // Names that cannot be made safe are left out.
    assert_eq!(shell.arguments(&names[2..], "updsts get -n \t"), ["get", "-n", "my 'x"]);
}

fn options_and_files_are_completed(shell: &str) {
    let mut shell = Shell::start(shell);
    assert_eq!(shell.arguments(&["x"], "updsts get -s\twork"), ["get", "-sn", "work"]);
    assert_eq!(shell.arguments(&["x"], "updsts get --sts\twork"), ["get", "--sts-profile-name", "work"]);
    assert_eq!(shell.arguments(&["x"], "updsts get --prof\tx"), ["get", "--profile", "x"]);
    assert_eq!(shell.arguments(&["x"], "updsts exp\t"), ["export"]);
    fs::create_dir(shell.sandbox.path("folder")).unwrap();
    for name in ["f;touch PWNED", "a\n$(touch PWNED)"] {
        fs::write(shell.sandbox.path("folder").join(name), "[of a file]\n").unwrap();
    }
    let arguments = shell.arguments(&["x"], "updsts -c fo\tf\tget -n \t");
    assert_eq!(arguments, ["-c", "folder/f;touch PWNED", "get", "-n", "of a file"]);
}

#[test]
fn cli_12_in_bash_every_name_arrives_as_it_is() {
    every_name_arrives_as_it_is("bash");
}

#[test]
fn cli_12_in_bash_a_name_goes_on_from_what_was_typed() {
    for setting in ["", "COMP_WORDBREAKS=${COMP_WORDBREAKS//:}", "COMP_WORDBREAKS=\"${COMP_WORDBREAKS//[@=]}\""] {
        let mut shell = Shell::start("bash");
        shell.session.send(&format!("{setting}\r"));
        a_name_goes_on_from_what_was_typed(&mut shell);
    }
}

#[test]
fn cli_12_in_bash_names_with_a_common_start_are_told_apart() {
    names_with_a_common_start_are_told_apart("bash");
}

#[test]
fn cli_12_in_bash_options_and_files_are_completed() {
    options_and_files_are_completed("bash");
}

/// What is proved of bash, in a shell that not every machine has.
fn completes_like_bash(shell: &str) {
    every_name_arrives_as_it_is(shell);
    a_name_goes_on_from_what_was_typed(&mut Shell::start(shell));
    names_with_a_common_start_are_told_apart(shell);
    options_and_files_are_completed(shell);
}

#[test]
#[ignore = "needs zsh: `just shells`"]
fn cli_12_zsh_completes_like_bash() {
    completes_like_bash("zsh");
}

#[test]
#[ignore = "needs fish: `just shells`"]
fn cli_12_fish_completes_like_bash() {
    completes_like_bash("fish");
}
