//! The program that a shell would run for a command, if it would find one. Nothing is run.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use crate::core::command::words::program;
use crate::core::environment::{Environment, expand_home};

/// What Windows runs, also if the variable `PATHEXT` is missing: MCP clients pass few variables on.
const ENDINGS: &[&str] = if cfg!(windows) { &[".com", ".exe", ".bat", ".cmd"] } else { &[] };

/// A program in the directories of a PATH, or with a path of its own that begins `here` unless it is absolute.
pub fn on_path(program: &OsStr, path: Option<OsString>, here: &Path) -> Option<PathBuf> {
    let path = path.unwrap_or_default();
    let found = |program: &OsStr| which::which_in(program, Some(&path), here).ok();
    let with = |ending: &&str| found(&[program, OsStr::new(ending)].into_iter().collect::<OsString>());
    found(program).or_else(|| ENDINGS.iter().find_map(with))
}

/// The file of the program that the first word of a command names.
pub fn find(program: &Path, environment: &Environment) -> Option<PathBuf> {
    let here = std::env::current_dir().ok()?;
    let on_path = |program: &Path| on_path(program.as_os_str(), environment.var_os("PATH"), &here);
    let has_path = program.components().count() > 1 || program.is_absolute();
    if cfg!(windows) && !has_path {
        // The shell looks in the current directory first.
        return on_path(&Path::new(".").join(program)).or_else(|| on_path(program));
    }
    if has_path {
        let program = expand_home(program, environment);
        return if cfg!(windows) { on_path(&program) } else { Some(program) };
    }
    on_path(program)
}

/// The first word of a command, if it is a plain one that the shell would not find.
pub fn missing_program(command: &str, environment: &Environment) -> Option<String> {
    let word = program(command)?;
    let marks: &[u8] = if cfg!(windows) { b"_./+-\\: " } else { b"_./+-" };
    let is_plain = !word.starts_with('-') && word.bytes().all(|b| b.is_ascii_alphanumeric() || marks.contains(&b));
    (is_plain && !word.is_empty() && !is_found(&word, environment)).then_some(word)
}

/// The shell knows its own words, too.
#[cfg(unix)]
fn is_found(word: &str, environment: &Environment) -> bool {
    use std::process::{Command, Stdio};

    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", "command -v \"$1\"", "sh", word]);
    if let Some(path) = environment.var_os("PATH") {
        shell.env("PATH", path);
    }
    let status = shell.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.map_or(true, |status| status.success())
}

/// The words of `cmd.exe` itself.
///
/// Source: <https://learn.microsoft.com/windows-server/administration/windows-commands/windows-commands>
#[cfg(windows)]
const OWN_WORDS: [&str; 45] = [
    "assoc", "break", "call", "cd", "chdir", "cls", "color", "copy", "date", "del", "dir", "dpath", "echo", "endlocal",
    "erase", "exit", "for", "ftype", "goto", "if", "keys", "md", "mkdir", "mklink", "move", "path", "pause", "popd",
    "prompt", "pushd", "rd", "rem", "ren", "rename", "rmdir", "set", "setlocal", "shift", "start", "time", "title",
    "type", "ver", "verify", "vol",
];

#[cfg(windows)]
fn is_found(word: &str, environment: &Environment) -> bool {
    // Also `echo.` and `cd\`.
    let own = word.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
    OWN_WORDS.iter().any(|other| other.eq_ignore_ascii_case(own)) || find(Path::new(word), environment).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_2_a_program_that_the_shell_would_not_find_is_named() {
        let environment = Environment::process();
        let missing = |command: &str| missing_program(command, &environment);
        assert_eq!(missing("no-such-program --x").as_deref(), Some("no-such-program"));
        assert_eq!(missing("\"no-such-program\" x").as_deref(), Some("no-such-program"));
        for found in ["echo 123456", "cd .", "if x", "exit", "\"$HOME\"/x", "%HOME%\\x", "", "-x"] {
            assert_eq!(missing(found), None, "{found}");
        }
    }

    #[cfg(windows)]
    #[test]
    fn first_2_programs_are_found_as_cmd_finds_them() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("gives code.cmd"), "").unwrap();
        std::fs::write(at("other.xyz"), "").unwrap();
        let environment = Environment::fixed([("PATH", folder.path())]);
        let missing = |command: &str| missing_program(command, &environment);
        for found in ["\"gives code\" x", "\"gives code.cmd\"", "@call \"GIVES CODE.CMD\"", "echo.x", "cd\\"] {
            assert_eq!(missing(found), None, "{found}");
        }
        assert_eq!(missing(&format!("\"{}\" x", at("gives code").display())), None);
        assert_eq!(missing("gives").as_deref(), Some("gives"));
        assert_eq!(missing("other").as_deref(), Some("other"));
        let nowhere = at("nowhere");
        assert_eq!(missing(&format!("\"{}\"", nowhere.display())).as_deref(), nowhere.to_str());
    }
}
