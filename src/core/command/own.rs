//! Whether a command is updsts itself: a key that comes from its own session would be a circle (KEY-2).

use std::path::Path;

use crate::core::command::lookup::find;
use crate::core::command::words;
use crate::core::environment::Environment;

const NAME: &str = "updsts";

/// Whether the first word of a shell's command is updsts, by its name or path, or by a link.
pub fn runs_updsts(command: &str, environment: &Environment) -> bool {
    let Some(word) = words::program(command) else { return false };
    let program = Path::new(&word);
    is_named_updsts(program) || find(program, environment).is_some_and(|program| is_updsts(&program))
}

fn is_named_updsts(program: &Path) -> bool {
    // Also of a Windows path that another system reads.
    let name = program.as_os_str().to_string_lossy();
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default().to_lowercase();
    name.strip_suffix(".exe").unwrap_or(&name) == NAME
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

#[cfg(windows)]
fn is_same_file(one: &Path, other: &Path) -> bool {
    same_file::is_same_file(one, other).unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use std::env::consts::EXE_EXTENSION;

    use super::*;

    fn runs(command: &str) -> bool {
        runs_updsts(command, &Environment::fixed([("PATH", "/usr/bin:/bin"), ("HOME", "/home/me")]))
    }

    #[test]
    fn key_2_updsts_is_known_by_its_name_and_path_however_quoted() {
        let of_both = [
            "updsts export -n default",
            "/usr/local/bin/updsts export",
            " \"/a b/updsts\" x",
            "~/.cargo/bin/updsts",
            "updsts;true",
            "C:/Programs/UpdSts.exe export",
        ];
        let of_sh = [
            "'C:\\Programs\\updsts.exe' export",
            "\"$HOME\"/.cargo/bin/updsts",
            "up\\dsts export",
            "A=b C='d e' updsts export",
        ];
        let of_cmd =
            ["@call updsts x", "%USERPROFILE%\\bin\\UPDSTS.EXE export", "upd^sts,x", "\"C:\\a b\"\\updsts export&x"];
        for own in of_both.iter().chain(if cfg!(windows) { &of_cmd } else { &of_sh }) {
            assert!(runs(own), "{own}");
        }
        for other in
            ["", "   ", "pass show updsts", "/usr/bin/updsts-key", "sh -c 'updsts'", "echo updsts", "updsts2", "''"]
        {
            assert!(!runs(other), "{other}");
        }
    }

    #[test]
    fn key_2_a_link_to_updsts_is_updsts_and_a_link_to_another_program_is_not() {
        let own = std::env::current_exe().unwrap();
        // On the same file system, for a link that is not symbolic.
        let folder = tempfile::tempdir_in(own.parent().unwrap()).unwrap();
        let at = |name: &str| folder.path().join(name).with_extension(EXE_EXTENSION);
        let written = |name: &str| {
            if cfg!(windows) { format!("\"{}\"", at(name).display()) } else { format!("'{}'", at(name).display()) }
        };
        let path = Environment::fixed([("PATH", folder.path())]);
        std::fs::hard_link(&own, at("hard")).unwrap();
        std::fs::copy(&own, at("copy")).unwrap();
        let links = ["hard", "soft", "softer", "another-installation"];
        #[cfg(unix)]
        {
            use std::os::unix::fs::symlink;
            symlink(&own, at("soft")).unwrap();
            symlink(at("soft"), at("softer")).unwrap();
            symlink("/bin/sh", at("shell")).unwrap();
            std::fs::write(at("updsts"), "").unwrap();
            std::fs::set_permissions(at("updsts"), std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
            symlink(at("updsts"), at("another-installation")).unwrap();
            assert!(!runs(&written("shell")) && !runs_updsts("shell", &path));
        }
        for name in &links[..if cfg!(windows) { 1 } else { links.len() }] {
            assert!(runs(&format!("{} export", at(name).display())) && runs(&written(name)), "{name}");
            assert!(runs_updsts(&format!("{name} export"), &path), "{name}");
        }
        assert!(!runs(&written("copy")) && !runs_updsts("copy export", &path));
        assert!(!runs("hard") && !runs("/nowhere") && !runs_updsts("nowhere", &path));
    }

    #[cfg(windows)]
    #[test]
    fn key_2_the_name_of_a_link_may_be_in_any_case_and_without_its_ending() {
        let own = std::env::current_exe().unwrap();
        let folder = tempfile::tempdir_in(own.parent().unwrap()).unwrap();
        std::fs::hard_link(&own, folder.path().join("gives-keys.exe")).unwrap();
        let path = Environment::fixed([("PATH", folder.path())]);
        assert!(runs_updsts("GIVES-KEYS export", &path) && runs_updsts("gives-keys.exe", &path));
        assert!(runs(&format!("\"{}\" export", folder.path().join("gives-keys").display())));
    }
}
