//! Links, modes, owners, kinds of files, other users: what Unix has.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::PathBuf;
use std::process::Command;

use super::GET;
use crate::meanwhile::get_while;
use crate::sandbox::{Run, SOURCE, Sandbox, set_mode, skipped};

fn mode(path: &std::path::Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

#[test]
fn file_3_the_target_of_a_link_is_replaced_and_the_link_stays() {
    for absolute in [false, true] {
        let sandbox = Sandbox::new();
        fs::create_dir(sandbox.path("real")).unwrap();
        let real = sandbox.path("real/keys");
        fs::rename(sandbox.credentials_path(), &real).unwrap();
        let target = if absolute { real.clone() } else { "../real/middle".into() };
        symlink("keys", sandbox.path("real/middle")).unwrap();
        symlink(&target, sandbox.credentials_path()).unwrap();
        sandbox.get([]).succeeds();
        assert_eq!(fs::read_link(sandbox.credentials_path()).unwrap(), target);
        assert!(fs::symlink_metadata(&real).unwrap().is_file());
        assert!(fs::read_to_string(&real).unwrap().contains("default_sts"));
        assert_eq!(fs::read_dir(sandbox.path("real")).unwrap().count(), 2);
    }
}

#[test]
fn file_3_a_dangling_or_circular_link_is_explained() {
    let sandbox = Sandbox::new();
    fs::remove_file(sandbox.credentials_path()).unwrap();
    symlink("nowhere", sandbox.credentials_path()).unwrap();
    sandbox.run(["list"]).fails("file_missing", 3).says("link");
    fs::remove_file(sandbox.credentials_path()).unwrap();
    symlink("credentials", sandbox.credentials_path()).unwrap();
    sandbox.run(["list"]).fails("file_unusable", 3);
}

#[test]
fn file_4_mode_and_owner_stay() {
    for expected in [0o600, 0o640, 0o644, 0o660] {
        let sandbox = Sandbox::new();
        set_mode(&sandbox.credentials_path(), expected);
        let run = sandbox.get([]).succeeds();
        assert_eq!(mode(&sandbox.credentials_path()), expected);
        assert_eq!(run.stderr.contains("is readable by others"), expected & 0o044 != 0, "{run:?}");
    }
    if rustix::process::geteuid().is_root() {
        let sandbox = Sandbox::new();
        chown(sandbox.credentials_path(), Some(12_345), Some(54_321)).unwrap();
        sandbox.get([]).succeeds();
        let metadata = fs::metadata(sandbox.credentials_path()).unwrap();
        assert_eq!((metadata.uid(), metadata.gid()), (12_345, 54_321));
    }
}

/// Runs as a user without root's rights; `None` where that cannot be arranged.
fn unprivileged(sandbox: &Sandbox, arguments: &[&str]) -> Option<Run> {
    if !rustix::process::geteuid().is_root() {
        return Some(sandbox.run(arguments.iter().copied()));
    }
    let prepared = sandbox.command(arguments.iter().copied());
    let mut command = Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(reachable(sandbox)).args(arguments);
    command.env_clear().envs(prepared.get_envs().filter_map(|(name, value)| Some((name, value?))));
    match command.current_dir("/").output() {
        Ok(output) => Some(Run::of(output)),
        Err(error) => {
            skipped(&format!("`setpriv` cannot be run: {error}"));
            None
        }
    }
}

/// The program where any user can run it: it may have been built in a directory of root's own.
fn reachable(sandbox: &Sandbox) -> PathBuf {
    let (built, program) = (env!("CARGO_BIN_EXE_updsts"), sandbox.path("updsts"));
    if !program.exists() && fs::hard_link(built, &program).is_err() {
        fs::copy(built, &program).unwrap();
    }
    program
}

/// Gives the whole home to the user of [`unprivileged`].
fn give_away(sandbox: &Sandbox) {
    if rustix::process::geteuid().is_root() {
        for path in [sandbox.home().to_owned(), sandbox.path(".aws"), sandbox.credentials_path()] {
            chown(path, Some(65_534), Some(65_534)).unwrap();
        }
    }
}

fn refused_unprivileged(sandbox: &Sandbox, code: &str, status: i32, text: &str) {
    if let Some(run) = unprivileged(sandbox, &GET) {
        run.fails(code, status).says(text);
        assert_eq!(sandbox.sts().request_count(), 0);
    }
}

#[test]
fn get_3_an_unwritable_folder_fails_before_the_code_is_spent() {
    let sandbox = Sandbox::new();
    give_away(&sandbox);
    set_mode(&sandbox.path(".aws"), 0o500);
    refused_unprivileged(&sandbox, "not_writable", 6, "directory");
    set_mode(&sandbox.path(".aws"), 0o700);
    assert_eq!(sandbox.read(), SOURCE);
    if let Some(run) = unprivileged(&sandbox, &GET) {
        run.succeeds();
    }
}

#[test]
fn get_3_a_file_without_permission_fails_before_the_code_is_spent() {
    let sandbox = Sandbox::new();
    give_away(&sandbox);
    set_mode(&sandbox.credentials_path(), 0o420);
    refused_unprivileged(&sandbox, "not_writable", 6, "is not writable");
    set_mode(&sandbox.credentials_path(), 0o000);
    refused_unprivileged(&sandbox, "file_unusable", 3, "no permission to read");
}

#[test]
fn file_4_an_owner_or_group_that_could_not_be_kept_fails_before_the_code_is_spent() {
    if !rustix::process::geteuid().is_root() {
        return skipped("only root can give a file to another owner");
    }
    let sandbox = Sandbox::new();
    give_away(&sandbox);
    chown(sandbox.credentials_path(), Some(12_345), None).unwrap();
    set_mode(&sandbox.credentials_path(), 0o666);
    refused_unprivileged(&sandbox, "not_writable", 6, "another user");
    chown(sandbox.credentials_path(), Some(65_534), Some(12_345)).unwrap();
    refused_unprivileged(&sandbox, "not_writable", 6, "group");
}

#[test]
fn get_3_behind_a_link_the_folder_of_the_file_itself_counts() {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.path("real")).unwrap();
    fs::rename(sandbox.credentials_path(), sandbox.path("real/keys")).unwrap();
    symlink("../real/keys", sandbox.credentials_path()).unwrap();
    give_away(&sandbox);
    set_mode(&sandbox.path("real"), 0o555);
    refused_unprivileged(&sandbox, "not_writable", 6, "real");
}

#[test]
fn get_3_a_link_into_a_read_only_store_is_named_and_the_hint_works() {
    for mode in [0o444, 0o644] {
        let sandbox = Sandbox::new();
        let (store, target) = (sandbox.path("store"), sandbox.path("store/keys of 2025"));
        fs::create_dir(&store).unwrap();
        fs::rename(sandbox.credentials_path(), &target).unwrap();
        set_mode(&target, mode);
        symlink(&target, sandbox.credentials_path()).unwrap();
        give_away(&sandbox);
        if rustix::process::geteuid().is_root() {
            chown(&target, Some(0), Some(0)).unwrap();
        }
        set_mode(&store, 0o555);
        let Some(run) = unprivileged(&sandbox, &GET) else { return };
        let run = run.fails("not_writable", 6).says("store");
        assert_eq!(sandbox.sts().request_count(), 0);
        let hint = run.stderr.split('`').find(|part| part.starts_with("rm ")).unwrap();
        let shell = Command::new("sh").args(["-c", hint]).env("HOME", sandbox.home()).status().unwrap();
        assert!(shell.success(), "{run:?}");
        give_away(&sandbox);
        unprivileged(&sandbox, &GET).unwrap().succeeds();
        assert_eq!(fs::read_to_string(&target).unwrap(), SOURCE);
        set_mode(&store, 0o755);
    }
}

#[test]
fn file_4_behind_a_link_a_file_without_a_write_bit_is_named_and_the_hint_works() {
    let sandbox = Sandbox::new();
    fs::rename(sandbox.credentials_path(), sandbox.path("keys")).unwrap();
    set_mode(&sandbox.path("keys"), 0o444);
    symlink("../keys", sandbox.credentials_path()).unwrap();
    let run = sandbox.refused(GET, "not_writable", 6);
    run.says("`~/.aws/credentials` leads to `~/keys`").says("`chmod u+w ~/keys`");
    set_mode(&sandbox.path("keys"), 0o644);
    sandbox.get([]).succeeds();
}

/// Runs `chattr`; undone when it is dropped, because the directory could not be removed otherwise.
#[cfg(target_os = "linux")]
struct Attribute<'a>(&'a str, PathBuf);

#[cfg(target_os = "linux")]
impl<'a> Attribute<'a> {
    fn set(letter: &'a str, path: PathBuf) -> Option<Self> {
        let status = Command::new("chattr").arg(format!("+{letter}")).arg(&path).status();
        if status.is_ok_and(|status| status.success()) {
            Some(Self(letter, path))
        } else {
            skipped("`chattr` has no effect here");
            None
        }
    }
}

#[cfg(target_os = "linux")]
impl Drop for Attribute<'_> {
    fn drop(&mut self) {
        let _ = Command::new("chattr").arg(format!("-{}", self.0)).arg(&self.1).status();
    }
}

#[cfg(target_os = "linux")]
#[test]
fn get_3_an_attribute_that_keeps_the_file_from_being_replaced_is_named_before_the_code() {
    if !rustix::process::geteuid().is_root() {
        return skipped("only root can set the attributes");
    }
    for (letter, word) in [("i", "immutable"), ("a", "append-only")] {
        for (path, list) in [(".aws/credentials", "`lsattr "), (".aws", "`lsattr -d ")] {
            let sandbox = Sandbox::new();
            let Some(attribute) = Attribute::set(letter, sandbox.path(path)) else { return };
            let hint = format!("`chattr -{letter} ~/{path}`");
            let run = sandbox.refused(GET, "not_writable", 6).says(word).says(list).says(&hint);
            assert!(!run.stderr.contains("chmod"), "{run:?}");
            drop(attribute);
            sandbox.get([]).succeeds();
        }
    }
}

/// In a user namespace the root of which is nobody else: an owner from outside cannot be given to a new file.
#[cfg(target_os = "linux")]
#[test]
fn get_3_what_only_the_file_system_refuses_to_keep_is_found_before_the_code() {
    if !rustix::process::geteuid().is_root() {
        return skipped("only root can give a file to another owner");
    }
    for (owner, group, text) in [(Some(12_345), None, "the owner of"), (None, Some(54_321), "the group of")] {
        let sandbox = Sandbox::new();
        chown(sandbox.credentials_path(), owner, group).unwrap();
        set_mode(&sandbox.credentials_path(), 0o666);
        let prepared = sandbox.command(GET);
        let mut command = Command::new("unshare");
        command.args(["-U", "-r"]).arg(prepared.get_program()).args(GET);
        command.env_clear().envs(prepared.get_envs().filter_map(|(name, value)| Some((name, value?))));
        match Command::new("unshare").args(["-U", "-r", "true"]).status() {
            Ok(status) if status.success() => {}
            _ => return skipped("user namespaces are not available"),
        }
        Run::of(command.output().unwrap()).fails("not_writable", 6).says(text);
        assert_eq!(sandbox.sts().request_count(), 0);
        assert_eq!(sandbox.read(), SOURCE);
        sandbox.expect_no_leftovers();
    }
}

/// Runs `get` in a mount namespace of its own, after a command that mounts; `None` where that is not
/// to be had.
#[cfg(target_os = "linux")]
fn get_below(sandbox: &Sandbox, mount: &str) -> Option<Run> {
    let namespace: &[&str] = if rustix::process::geteuid().is_root() { &["-m"] } else { &["-m", "-r"] };
    let script = |then: &str| format!("cd .aws && {mount} && {then}");
    let unshare = |script: String| {
        let prepared = sandbox.command(GET);
        let mut command = Command::new("unshare");
        command.args(namespace).args(["sh", "-c", &script, "sh"]).arg(prepared.get_program()).args(GET);
        command.env_clear().envs(prepared.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command.current_dir(sandbox.home()).output()
    };
    match unshare(script("true")) {
        Ok(output) if output.status.success() => {
            Some(Run::of(unshare(script(r#"cd .. && "$@"; ended=$?; ls -A .aws >&2; exit $ended"#)).unwrap()))
        }
        _ => {
            skipped("mount namespaces are not available");
            None
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn get_3_a_file_that_is_a_mount_point_fails_before_the_code_is_spent() {
    let sandbox = Sandbox::new();
    if let Some(run) = get_below(&sandbox, "mount --bind credentials credentials") {
        run.fails("not_writable", 6).says("itself a mount point");
    }
    // A folder that is mounted is the way out.
    if let Some(run) = get_below(&sandbox, "mount --bind . . && cd .") {
        run.succeeds();
    }
}

#[cfg(target_os = "linux")]
#[test]
fn get_3_a_read_only_file_system_fails_before_the_code_is_spent() {
    let sandbox = Sandbox::new();
    if let Some(run) = get_below(&sandbox, "mount --bind . . && mount -o remount,ro,bind .") {
        run.fails("not_writable", 6).says("read-only");
        assert_eq!(sandbox.sts().request_count(), 0);
        assert_eq!(sandbox.read(), SOURCE);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn file_3_a_full_disk_leaves_the_old_file_and_nothing_beside_it() {
    let sandbox = Sandbox::new();
    let sandbox = sandbox.env("CREDENTIALS", format!("{SOURCE}# {}\n", "x".repeat(3600)));
    // Two pages: the file takes one, and the one that would replace it two.
    let disk = "mount -t tmpfs -o size=8k,mode=700 none . && cd ../.aws && printf '%s' \"$CREDENTIALS\" > credentials";
    if let Some(run) = get_below(&sandbox, disk) {
        let run = run.fails("write_failed", 6).says("space").says("the code is spent");
        assert!(!run.stderr.contains(".updsts-"), "{run:?}");
    }
}

#[test]
fn file_9_a_file_of_another_owner_or_an_opened_mode_is_file_changed() {
    for mode in [0o600, 0o644] {
        if mode == 0o600 && !rustix::process::geteuid().is_root() {
            continue;
        }
        let (sandbox, run) = get_while(|sandbox| {
            let theirs = sandbox.path(".aws/theirs");
            fs::write(&theirs, SOURCE).unwrap();
            set_mode(&theirs, mode);
            if mode == 0o600 {
                chown(&theirs, Some(12_345), None).unwrap();
            }
            fs::rename(theirs, sandbox.credentials_path()).unwrap();
        });
        run.fails("file_changed", 6).says("the code is spent");
        assert_eq!(sandbox.read(), SOURCE);
        sandbox.expect_no_leftovers();
    }
}
