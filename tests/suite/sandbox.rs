//! A home folder of its own, a cleared environment, a mock STS, and the real program in it.

use std::borrow::Cow;
use std::env::consts::EXE_EXTENSION;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::{Duration, Instant};

use assert_cmd::Command;
use mock_sts::MockSts;
use tempfile::TempDir;
use updsts::core::environment::Environment;

pub const SOURCE: &str = "[default]
aws_access_key_id = AKIAIOSFODNN7EXAMPLE
aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
mfa_device_arn = arn:aws:iam::123456789012:mfa/user
";

/// What programs of Windows need: there are no sockets without `SystemRoot`.
#[cfg(windows)]
const SYSTEM: [&str; 5] = ["SystemRoot", "SystemDrive", "TEMP", "TMP", "ComSpec"];

/// No console and no window: nobody is there to be asked.
///
/// Source: <https://learn.microsoft.com/windows/win32/procthread/process-creation-flags>
#[cfg(windows)]
fn alone(command: &mut std::process::Command) {
    const DETACHED_PROCESS: u32 = 8;
    std::os::windows::process::CommandExt::creation_flags(command, DETACHED_PROCESS);
    command.envs(SYSTEM.iter().filter_map(|&name| Some((name, std::env::var_os(name)?))));
    command.env("PATHEXT", ".COM;.EXE;.BAT;.CMD");
    command.env("SSH_CONNECTION", "127.0.0.1 50000 127.0.0.1 22");
}

/// The PATH of every run.
pub fn system_path() -> String {
    match std::env::var("SystemRoot") {
        Ok(root) if cfg!(windows) => format!(r"{root}\System32;{root}"),
        _ => "/usr/bin:/bin".to_owned(),
    }
}

/// A PATH that begins with this directory.
pub fn path_with(folder: &Path) -> OsString {
    let system = system_path();
    let folders = std::iter::once(folder.to_owned()).chain(std::env::split_paths(&system));
    std::env::join_paths(folders).unwrap()
}

pub struct Sandbox {
    home: TempDir,
    sts: MockSts,
    variables: Vec<(String, OsString)>,
}

impl Sandbox {
    /// A home whose credentials file holds [`SOURCE`], and a mock that knows its key.
    pub fn new() -> Self {
        Self::with(MockSts::start())
    }

    pub fn with(sts: MockSts) -> Self {
        let home = tempfile::Builder::new().prefix("updsts-test-").tempdir().unwrap();
        fs::create_dir(home.path().join(".aws")).unwrap();
        let sandbox = Self { home, sts, variables: Vec::new() };
        sandbox.credentials(SOURCE)
    }

    pub fn credentials(self, bytes: impl AsRef<[u8]>) -> Self {
        let path = self.credentials_path();
        fs::write(&path, bytes).unwrap();
        set_mode(&path, 0o600);
        self
    }

    pub fn config(self, bytes: impl AsRef<[u8]>) -> Self {
        fs::write(self.path(".aws/config"), bytes).unwrap();
        self
    }

    /// Sets a variable for every run.
    pub fn env(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.variables.push((name.into(), value.into()));
        self
    }

    pub fn home(&self) -> &Path {
        self.home.path()
    }

    pub fn path(&self, relative: &str) -> PathBuf {
        self.home.path().join(relative)
    }

    pub fn credentials_path(&self) -> PathBuf {
        self.path(".aws/credentials")
    }

    pub fn read(&self) -> String {
        String::from_utf8(fs::read(self.credentials_path()).unwrap()).unwrap()
    }

    pub fn sts(&self) -> &MockSts {
        &self.sts
    }

    /// The program with a cleared environment, not yet run.
    pub fn command<I: Into<OsString>>(&self, arguments: impl IntoIterator<Item = I>) -> Command {
        Command::from_std(self.process(arguments))
    }

    /// The same as a plain process, to be talked to while it runs.
    pub fn process<I: Into<OsString>>(&self, arguments: impl IntoIterator<Item = I>) -> std::process::Command {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_updsts"));
        command.env_clear().args(arguments.into_iter().map(Into::into)).current_dir(self.home.path());
        command.env("PATH", system_path()).env("TZ", "Asia/Tokyo").envs(self.homes());
        #[cfg(windows)]
        alone(&mut command);
        command.env("AWS_ENDPOINT_URL_STS", self.sts.url()).env("AWS_ENDPOINT_URL_IAM", self.sts.url());
        for (name, value) in &self.variables {
            command.env(name, value);
        }
        command
    }

    /// The variables that lead to the home, or to something in it. Windows asks the system for what is not set, and would find
    /// the developer's own files.
    pub fn homes(&self) -> Vec<(&'static str, PathBuf)> {
        let mut homes = vec![("HOME", self.home.path().to_owned())];
        if cfg!(windows) {
            homes.push(("USERPROFILE", self.home.path().to_owned()));
            homes.extend(
                [("LOCALAPPDATA", "Local"), ("APPDATA", "Roaming")]
                    .map(|(name, folder)| (name, self.path("AppData").join(folder))),
            );
        }
        homes
    }

    /// Where processes keep what they tell each other.
    pub fn turns(&self) -> PathBuf {
        self.path(if cfg!(windows) { "AppData/Local/updsts" } else { ".cache/updsts" })
    }

    /// What the program runs with, for a server in this process.
    pub fn environment(&self) -> Environment {
        let own = self.process::<&str>([]);
        Environment::fixed(own.get_envs().filter_map(|(name, value)| Some((name, value?))))
    }

    /// Puts the program itself, and scripts for `sh` of that name and text, first into the PATH of every run.
    pub fn in_the_path(self, scripts: &[(&str, &str)]) -> Self {
        let folder = self.path("bin");
        fs::create_dir(&folder).unwrap();
        link(env!("CARGO_BIN_EXE_updsts").as_ref(), &folder.join("updsts").with_extension(EXE_EXTENSION));
        for (name, text) in scripts {
            fs::write(folder.join(name), text).unwrap();
            set_mode(&folder.join(name), 0o755);
        }
        self.env("PATH", path_with(&folder))
    }

    /// Another program, with the environment of the program itself.
    pub fn other(&self, program: &str, arguments: &[&str]) -> std::process::Command {
        let own = self.process::<&str>([]);
        let mut other = std::process::Command::new(program);
        other.env_clear().args(arguments).current_dir(self.home.path());
        #[cfg(windows)]
        alone(&mut other);
        other.envs(own.get_envs().filter_map(|(name, value)| Some((name, value?))));
        other
    }

    pub fn run<I: Into<OsString>>(&self, arguments: impl IntoIterator<Item = I>) -> Run {
        Run::of(self.command(arguments).output().unwrap())
    }

    /// `get -n default -t 123456` and more.
    pub fn get<'a>(&self, more: impl IntoIterator<Item = &'a str>) -> Run {
        self.run(["get", "-n", "default", "-t", "123456"].into_iter().chain(more))
    }

    /// Runs a command that must be refused before anything is sent, and must not touch the file.
    pub fn refused<'a>(&self, arguments: impl IntoIterator<Item = &'a str>, code: &str, status: i32) -> Run {
        let before = fs::read(self.credentials_path()).ok();
        let run = self.run(arguments).fails(code, status);
        assert_eq!(self.sts.request_count(), 0, "something was sent: {run:?}");
        assert!(fs::read(self.credentials_path()).ok() == before, "the file was touched: {run:?}");
        self.expect_no_leftovers();
        run
    }

    pub fn expect_no_leftovers(&self) {
        let names = fs::read_dir(self.path(".aws")).unwrap().map(|entry| entry.unwrap().file_name());
        let left: Vec<_> = names.filter(|name| name.to_string_lossy().contains(".updsts-")).collect();
        assert!(left.is_empty(), "left behind: {left:?}");
    }
}

/// Gives a program that was built another name.
pub fn link(built: &Path, program: &Path) {
    #[cfg(unix)]
    std::os::unix::fs::symlink(built, program).unwrap();
    #[cfg(windows)]
    fs::hard_link(built, program).or_else(|_| fs::copy(built, program).map(drop)).unwrap();
}

/// What programs of Windows do with a file that another one has open: they try again.
#[track_caller]
pub fn patiently<T>(mut work: impl FnMut() -> std::io::Result<T>) -> T {
    let start = Instant::now();
    loop {
        match work() {
            Err(_) if cfg!(windows) && start.elapsed() < Duration::from_secs(2) => {
                std::thread::sleep(Duration::from_millis(1));
            }
            done => return done.unwrap(),
        }
    }
}

/// Waits until something was sent, but not for ever.
#[track_caller]
pub fn await_request(sandbox: &Sandbox) {
    let start = Instant::now();
    while sandbox.sts().request_count() == 0 {
        assert!(start.elapsed() < Duration::from_secs(30), "nothing was sent");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A skipped test is no passed one: where `CI` is set it fails.
#[cfg(unix)]
#[track_caller]
pub fn skipped(reason: &str) {
    assert!(std::env::var_os("CI").is_none(), "skipped: {reason}");
    eprintln!("skipped: {reason}");
}

/// A file that nobody may write to.
pub fn set_read_only(path: &Path, is_read_only: bool) {
    set_mode(path, if is_read_only { 0o444 } else { 0o600 });
    #[cfg(windows)]
    {
        let mut permissions = fs::metadata(path).unwrap().permissions();
        permissions.set_readonly(is_read_only);
        fs::set_permissions(path, permissions).unwrap();
    }
}

#[cfg(unix)]
pub fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[cfg(not(unix))]
pub fn set_mode(_path: &Path, _mode: u32) {}

/// The most memory that a process has had, in KiB; `None` once it has ended, and where the system does not say.
pub fn peak(child: &std::process::Child) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}

/// What is said, with paths in a sandbox's home as Unix has them: `~/.aws/credentials`.
pub fn portable(text: &str) -> Cow<'_, str> {
    if cfg!(unix) {
        return text.into();
    }
    let mut portable = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(r"updsts-test-") {
        let (before, path) = rest.split_at(at);
        let path = path.find(['\\', '/']).map_or("", |end| &path[end..]);
        let path = &path[..path.find(['`', '\'', '"', '\n', ';', '=']).unwrap_or(path.len())];
        portable.push_str(&before[..before.rfind(':').map_or(before.len(), |colon| colon - 1)]);
        portable.push('~');
        portable.push_str(&path.replace(r"\\", "/").replace('\\', "/"));
        rest = &rest[at..][rest[at..].find(path).unwrap() + path.len()..];
    }
    (portable + rest).into()
}

#[derive(Debug)]
pub struct Run {
    pub stdout: String,
    pub stderr: String,
    pub status: Option<i32>,
}

impl Run {
    pub fn of(output: Output) -> Self {
        Self {
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
            status: output.status.code(),
        }
    }

    #[track_caller]
    pub fn succeeds(self) -> Self {
        assert_eq!(self.status, Some(0), "{self:?}");
        self
    }

    /// The right code and status, an error line and a hint line, nothing on stdout, no panic.
    #[track_caller]
    pub fn fails(self, code: &str, status: i32) -> Self {
        assert!(self.stderr.contains(&format!("error[{code}]: ")), "{self:?}");
        assert_eq!(self.status, Some(status), "{self:?}");
        assert_eq!(self.stdout, "", "{self:?}");
        let hint = self.stderr.lines().find_map(|line| line.strip_prefix("hint: "));
        assert!(hint.is_some_and(|hint| hint.len() > 10), "{self:?}");
        assert!(!self.stderr.contains("panicked"), "{self:?}");
        self
    }

    #[track_caller]
    pub fn says(self, text: &str) -> Self {
        assert!(portable(&self.stderr).contains(text), "{text:?} is not in {self:?}");
        self
    }

    #[track_caller]
    pub fn prints(self, text: &str) -> Self {
        assert!(portable(&self.stdout).contains(text), "{text:?} is not in {self:?}");
        self
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap()
    }
}

#[test]
fn no_test_works_on_the_files_of_whoever_runs_it() {
    let sandbox = Sandbox::new();
    let name = sandbox.home().file_name().unwrap().to_str().unwrap().to_owned();
    let sandbox = sandbox.credentials(format!("[{name}]\nregion = eu-west-1\n"));
    let names = |run: &Run| {
        let list = run.json().as_array().unwrap().clone();
        list.into_iter().map(|profile| profile["profile_name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(&sandbox.run(["list", "--json"]).succeeds()), std::slice::from_ref(&name));
    // Each of the variables alone leads there, or nowhere.
    for (kept, _) in sandbox.homes() {
        let mut command = sandbox.process(["list", "--json"]);
        command.envs(sandbox.homes().into_iter().filter(|(name, _)| *name != kept).map(|(name, _)| (name, "")));
        let run = Run::of(command.output().unwrap());
        let is_ours = run.status == Some(0) && names(&run) == std::slice::from_ref(&name);
        let is_none = ["file_missing", "file_unusable", "usage"].iter().any(|code| run.stderr.contains(code));
        assert!(is_ours || is_none, "{kept}: {run:?}");
    }
}

/// Nothing but the sandbox starts the program, and what starts another program has the sandbox's environment.
#[test]
fn no_test_starts_the_program_with_the_environment_of_whoever_runs_it() {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.file_name().is_some_and(|name| name != "sandbox.rs") {
                let text = fs::read_to_string(&path).unwrap();
                for way in ["new(env!(\"CARGO_BIN_EXE", "cargo_bin", "Environment::process()"] {
                    assert!(!text.contains(way), "{}: {way}", path.display());
                }
            }
        }
    }
}

/// How `get` says that a profile is used.
pub fn used(name: &str) -> String {
    if cfg!(windows) { format!("--profile {name}\n") } else { format!("AWS_PROFILE={name} aws") }
}

/// The same in `--json` and the tools' answers.
pub fn usage(name: &str) -> String {
    if cfg!(windows) { format!("$env:AWS_PROFILE = '{name}';") } else { format!("AWS_PROFILE={name}") }
}

/// A variable for a proxy: on Windows their names have no case.
pub fn proxy_variable(name: &str) -> String {
    if cfg!(windows) { name.to_uppercase() } else { name.to_owned() }
}

/// A path as updsts shows it.
pub fn shown(path: &str) -> String {
    path.replace('/', std::path::MAIN_SEPARATOR_STR)
}
