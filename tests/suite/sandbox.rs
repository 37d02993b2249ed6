//! A home folder of its own, a cleared environment, a mock STS, and the real program in it.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use assert_cmd::Command;
use mock_sts::MockSts;
use tempfile::TempDir;

pub const SOURCE: &str = "[default]
aws_access_key_id = AKIAIOSFODNN7EXAMPLE
aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
mfa_device_arn = arn:aws:iam::123456789012:mfa/user
";

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
        command.env("HOME", self.home.path()).env("PATH", "/usr/bin:/bin").env("TZ", "Asia/Tokyo");
        // Windows looks for the home there, and without it at the developer's own.
        command.env("USERPROFILE", self.home.path());
        command.env("AWS_ENDPOINT_URL_STS", self.sts.url()).env("AWS_ENDPOINT_URL_IAM", self.sts.url());
        for (name, value) in &self.variables {
            command.env(name, value);
        }
        command
    }

    /// Puts the program itself, and scripts of that name and text, first into the PATH of every run.
    #[cfg(target_os = "linux")]
    pub fn in_the_path(self, scripts: &[(&str, &str)]) -> Self {
        let folder = self.path("bin");
        fs::create_dir(&folder).unwrap();
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_updsts"), folder.join("updsts")).unwrap();
        for (name, text) in scripts {
            fs::write(folder.join(name), text).unwrap();
            set_mode(&folder.join(name), 0o755);
        }
        let path = format!("{}:/usr/local/bin:/usr/bin:/bin", folder.display());
        self.env("PATH", path)
    }

    /// Another program, with the environment of the program itself.
    #[cfg(target_os = "linux")]
    pub fn other(&self, program: &str, arguments: &[&str]) -> std::process::Command {
        let own = self.process::<&str>([]);
        let mut other = std::process::Command::new(program);
        other.env_clear().args(arguments).current_dir(self.home.path());
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

/// A skipped test is no passed one: where `CI` is set it fails.
#[track_caller]
pub fn skipped(reason: &str) {
    assert!(std::env::var_os("CI").is_none(), "skipped: {reason}");
    eprintln!("skipped: {reason}");
}

#[cfg(unix)]
pub fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[cfg(not(unix))]
pub fn set_mode(_path: &Path, _mode: u32) {}

/// The most memory that a process has had, in KiB; `None` once it has ended.
#[cfg(target_os = "linux")]
pub fn peak(child: &std::process::Child) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches(" kB").parse().ok()
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
        assert!(self.stderr.contains(text), "{text:?} is not in {self:?}");
        self
    }

    #[track_caller]
    pub fn prints(self, text: &str) -> Self {
        assert!(self.stdout.contains(text), "{text:?} is not in {self:?}");
        self
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap()
    }
}
