//! The credentials file on disk: find it, read it, check that it can be replaced, replace it.
//!
//! This and `config_file` do the only file I/O of the core. Nothing is ever written in place: a write is a new file
//! renamed over the old one.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use tokio::time::sleep;

use crate::core::file::contents::{MAX_BYTES, contents};
use crate::core::file::rests::{REST, Rests};

use crate::core::environment::{Environment, default_path, expand_home};
use crate::core::error::{Error, ErrorCode, Result};
use crate::core::ini::foreign::Foreign;
use crate::core::secret::SecretBytes;
use crate::core::text::{self, os_error};

/// A credentials file, given by its path. Nothing is opened until it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CredentialsFile {
    pub(super) path: PathBuf,
    is_operators: bool,
    is_default: bool,
}

/// The bytes of a file at one moment, and where they came from.
#[derive(Debug)]
pub struct Snapshot {
    pub bytes: SecretBytes,
    /// The path of the file itself, with symbolic links resolved.
    pub target: PathBuf,
    pub(super) metadata: Metadata,
}

impl CredentialsFile {
    /// The operator's file (CLI-3): the option, else `AWS_SHARED_CREDENTIALS_FILE`, else
    /// `~/.aws/credentials`.
    ///
    /// Source: <https://docs.aws.amazon.com/sdkref/latest/guide/file-location.html>
    pub fn of_operator(option: Option<&Path>, environment: &Environment) -> Result<Self> {
        let default = default_path(environment, "credentials");
        let named = option
            .filter(|path| !path.as_os_str().is_empty())
            .map(Path::to_owned)
            .or_else(|| environment.var_os("AWS_SHARED_CREDENTIALS_FILE").map(PathBuf::from));
        let path = match named {
            Some(path) => expand_home(&path, environment),
            None => default.clone().ok_or_else(no_home)?,
        };
        let is_default = default.is_some_and(|default| default == path);
        Ok(Self { path, is_operators: true, is_default })
    }

    /// A file that an MCP call named. If it resolves to the operator's file, it is that file.
    pub fn of_call(path: &Path, operators: &Self, environment: &Environment) -> Self {
        let path = expand_home(path, environment);
        let same = path == operators.path
            || matches!((fs::canonicalize(&path), fs::canonicalize(&operators.path)), (Ok(a), Ok(b)) if a == b);
        if same { operators.clone() } else { Self { path, is_operators: false, is_default: false } }
    }

    /// The path as given, with `~/` expanded.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The absolute path of the file itself, with symbolic links resolved if it exists.
    pub fn resolved(&self) -> PathBuf {
        fs::canonicalize(&self.path).or_else(|_| std::path::absolute(&self.path)).unwrap_or_else(|_| self.path.clone())
    }

    /// Whether it is the operator's file, whose commands and settings are used.
    pub const fn is_operators(&self) -> bool {
        self.is_operators
    }

    /// Whether other tools find the file without being told where it is.
    pub const fn is_default(&self) -> bool {
        self.is_default
    }

    pub fn read(&self) -> Result<Snapshot> {
        let target = fs::canonicalize(&self.path).map_err(|error| self.unreadable(&error))?;
        let (file, metadata) = self.open(&target)?;
        let bytes = self.read_open(&file)?;
        Ok(Snapshot { bytes, target, metadata })
    }

    /// Reads the whole file once nobody is in the middle of writing it, as far as its times show: a program that writes
    /// in place truncates it first.
    pub async fn read_at_rest(&self) -> Result<Snapshot> {
        let mut rests = Rests::default();
        loop {
            let snapshot = self.read()?;
            // The state after the read, because the read may have seen a truncated file.
            match fs::metadata(&snapshot.target) {
                Ok(metadata) if rests.needs_one(&metadata, snapshot.bytes.len() as u64) => sleep(REST).await,
                _ => return Ok(snapshot),
            }
        }
    }

    /// Opens the file itself without ever waiting for the other end of a FIFO.
    pub(super) fn open(&self, target: &Path) -> Result<(File, Metadata)> {
        let metadata = fs::metadata(target).map_err(|error| self.unreadable(&error))?;
        self.check_kind(&metadata)?;
        let mut options = OpenOptions::new();
        options.read(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt;
            options.custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed());
        }
        let file = options.open(target).map_err(|error| self.unreadable(&error))?;
        let metadata = file.metadata().map_err(|error| self.unreadable(&error))?;
        self.check_kind(&metadata)?;
        Ok((file, metadata))
    }

    pub(super) fn read_open(&self, file: &File) -> Result<SecretBytes> {
        let bytes = contents(file).map_err(|error| self.unreadable(&error))?;
        if bytes.len() as u64 > MAX_BYTES {
            return Err(self.too_large());
        }
        match Foreign::of(&bytes) {
            Some(what) => {
                let message = format!("`{}` {what}", text::path(&self.path));
                Err(Error::new(ErrorCode::FileUnusable, message, what.hint()))
            }
            None => Ok(bytes),
        }
    }

    fn check_kind(&self, metadata: &Metadata) -> Result<()> {
        let path = text::path(&self.path);
        if metadata.is_dir() {
            let hint = format!("name the file inside it, such as `-c {path}/credentials`");
            return Err(Error::new(ErrorCode::FileUnusable, format!("`{path}` is a directory"), hint));
        }
        if !metadata.is_file() {
            let message = format!("`{path}` is not a regular file");
            return Err(Error::new(ErrorCode::FileUnusable, message, "name a regular file with `-c FILE`"));
        }
        if metadata.len() > MAX_BYTES {
            return Err(self.too_large());
        }
        Ok(())
    }

    fn too_large(&self) -> Error {
        let message = format!("`{}` is larger than 64 MiB", text::path(&self.path));
        Error::new(ErrorCode::FileUnusable, message, "name the credentials file with `-c FILE`")
    }

    pub(super) fn unreadable(&self, error: &io::Error) -> Error {
        let path = text::path(&self.path);
        match error.kind() {
            io::ErrorKind::NotFound if fs::symlink_metadata(&self.path).is_ok_and(|m| m.is_symlink()) => Error::new(
                ErrorCode::FileMissing,
                format!("`{path}` is a symbolic link to a file that does not exist"),
                "create the target of the link, or name another with `-c FILE`",
            ),
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Error::new(
                ErrorCode::FileMissing,
                format!("the credentials file `{path}` does not exist"),
                "create it with `aws configure`, or name another with `-c FILE`",
            ),
            io::ErrorKind::PermissionDenied => Error::new(
                ErrorCode::FileUnusable,
                format!("no permission to read `{path}`"),
                "check the owner and mode of the file and its directory with `ls -l`",
            ),
            _ => Error::new(
                ErrorCode::FileUnusable,
                format!("`{path}` cannot be read: {}", os_error(error)),
                "check the path, or name another file with `-c FILE`",
            ),
        }
    }
}

fn no_home() -> Error {
    Error::new(
        ErrorCode::FileMissing,
        "no credentials file is named and the home directory is not known",
        "set `HOME`, or name the file with `-c FILE`",
    )
}
