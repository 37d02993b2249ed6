//! Whether a command is updsts itself: a key that comes from its own session would be a circle (KEY-2).

use std::path::{Path, PathBuf};

use crate::core::environment::{Environment, expand_home};

const NAME: &str = "updsts";

/// Whether the first word of a shell's command is updsts, by its name or path, or by a link.
pub fn runs_updsts(command: &str, environment: &Environment) -> bool {
    let Some(word) = words(command).find(|word| !is_assignment(word)) else { return false };
    let program = Path::new(&word);
    is_named_updsts(program) || find(program, environment).is_some_and(|program| is_updsts(&program))
}

fn is_named_updsts(program: &Path) -> bool {
    // Also of a Windows path that another system reads.
    let name = program.as_os_str().to_string_lossy();
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default().to_lowercase();
    name.strip_suffix(".exe").unwrap_or(&name) == NAME
}

/// The file that the shell would run.
fn find(program: &Path, environment: &Environment) -> Option<PathBuf> {
    if program.components().count() > 1 || program.is_absolute() {
        return Some(expand_home(program, environment));
    }
    let here = std::env::current_dir().ok()?;
    which::which_in(program, environment.var_os("PATH"), here).ok()
}

fn is_updsts(program: &Path) -> bool {
    let Ok(target) = program.canonicalize() else { return false };
    let own = std::env::current_exe().and_then(|own| own.canonicalize());
    is_named_updsts(&target) || own.is_ok_and(|own| own == target || is_same_file(&own, &target))
}

#[cfg(unix)]
fn is_same_file(one: &Path, other: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let identity = |path: &Path| path.metadata().ok().map(|file| (file.dev(), file.ino()));
    identity(one).is_some_and(|one| Some(one) == identity(other))
}

#[cfg(not(unix))]
const fn is_same_file(_one: &Path, _other: &Path) -> bool {
    false
}

/// `NAME=VALUE` before a command.
fn is_assignment(word: &str) -> bool {
    let name = word.split_once('=').map(|(name, _)| name);
    name.is_some_and(|name| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'))
}

/// The words as a shell splits them, without what it would expand.
fn words(command: &str) -> impl Iterator<Item = String> {
    let mut characters = command.chars().peekable();
    std::iter::from_fn(move || {
        while characters.next_if(|c| c.is_whitespace()).is_some() {}
        characters.peek()?;
        let mut word = String::new();
        let mut quote = None;
        while let Some(c) = characters.next_if(|c| quote.is_some() || !c.is_whitespace() && !";&|<>()".contains(*c)) {
            match c {
                '\'' | '"' if quote.is_none() => quote = Some(c),
                _ if quote == Some(c) => quote = None,
                // The separator of a path in cmd.exe.
                '\\' if quote != Some('\'') && cfg!(unix) => word.extend(characters.next()),
                _ => word.push(c),
            }
        }
        if word.is_empty() {
            characters.next();
        }
        Some(word)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runs(command: &str) -> bool {
        runs_updsts(command, &Environment::fixed([("PATH", "/usr/bin:/bin"), ("HOME", "/home/me")]))
    }

    #[test]
    fn key_2_updsts_is_known_by_its_name_and_path_however_quoted() {
        for own in [
            "updsts export -n default",
            "/usr/local/bin/updsts export",
            " '/a b/updsts' x",
            "\"$HOME\"/.cargo/bin/updsts",
            "~/.cargo/bin/updsts",
            "up\\dsts export",
            "A=b C='d e' updsts export",
            "updsts;true",
            "C:/Programs/UpdSts.exe export",
            "'C:\\Programs\\updsts.exe' export",
        ] {
            assert!(runs(own), "{own}");
        }
        for other in
            ["", "   ", "pass show updsts", "/usr/bin/updsts-key", "sh -c 'updsts'", "echo updsts", "updsts2", "''"]
        {
            assert!(!runs(other), "{other}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn key_2_a_link_to_updsts_is_updsts_and_a_link_to_another_program_is_not() {
        let own = std::env::current_exe().unwrap();
        // On the same file system, for a link that is not symbolic.
        let folder = tempfile::tempdir_in(own.parent().unwrap()).unwrap();
        let at = |name: &str| folder.path().join(name);
        std::os::unix::fs::symlink(&own, at("soft")).unwrap();
        std::fs::hard_link(&own, at("hard")).unwrap();
        std::os::unix::fs::symlink(at("soft"), at("softer")).unwrap();
        std::os::unix::fs::symlink("/bin/sh", at("shell")).unwrap();
        std::fs::write(at("updsts"), "").unwrap();
        std::os::unix::fs::symlink(at("updsts"), at("another-installation")).unwrap();
        let path = Environment::fixed([("PATH", folder.path())]);
        for name in ["soft", "softer", "hard", "another-installation"] {
            assert!(runs(&format!("{} export", at(name).display())), "{name}");
            assert!(runs(&format!("'{}'", at(name).display())), "{name}");
        }
        std::fs::set_permissions(at("updsts"), std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
        assert!(runs_updsts("softer export", &path) && runs_updsts("another-installation", &path));
        assert!(!runs(&at("shell").display().to_string()) && !runs_updsts("shell", &path));
        assert!(!runs("nowhere-to-be-found") && !runs("/nowhere"));
    }
}
