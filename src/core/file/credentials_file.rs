//! The credentials file on disk: find it, read it, check that it can be replaced, replace it.
//!
//! This and `config_file` do the only file I/O of the core. Nothing is ever written in place: a write is a new file
//! renamed over the old one.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use tokio::time::sleep;

use crate::core::environment::{Environment, HOME, default_path, expand_home};
use crate::core::error::{Error, ErrorCode, Result};
use crate::core::file::contents::{MAX_BYTES, contents, patiently};
use crate::core::file::rests::{REST, Rests};
use crate::core::file::system::{Folder, For, create_directory, create_file, is_in_use, mode, permissions_command};
use crate::core::ini::foreign::Foreign;
use crate::core::quote;
use crate::core::secret::SecretBytes;
use crate::core::text::{self, os_error};

/// A credentials file, given by its path. Nothing is opened until it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CredentialsFile {
    pub(super) path: PathBuf,
    is_operators: bool,
    is_default: bool,
    /// Whether it is another program's file, which is replaced in the same way.
    is_of_client: bool,
    pub(super) environment: Environment,
}

/// The bytes of a file at one moment, and where they came from.
#[derive(Debug)]
pub struct Snapshot {
    pub bytes: SecretBytes,
    /// The path of the file itself, with symbolic links resolved.
    pub target: PathBuf,
    /// The directory that contains it, which stays the same one until the file is replaced.
    pub(super) folder: Arc<Folder>,
    pub(super) metadata: Metadata,
}

impl Snapshot {
    /// The permission bits, where files have them.
    pub fn mode(&self) -> Option<u32> {
        mode(&self.metadata)
    }

    pub(super) fn name(&self) -> &OsStr {
        split(&self.target).1
    }
}

/// The directory and the name of a path without links.
fn split(target: &Path) -> (&Path, &OsStr) {
    match (target.parent(), target.file_name()) {
        (Some(folder), Some(name)) => (folder, name),
        _ => (target, OsStr::new(".")),
    }
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
        Ok(Self { path, is_operators: true, is_default, is_of_client: false, environment: environment.clone() })
    }

    /// A file that an MCP call named. If it resolves to the operator's file, it is that file.
    pub fn of_call(path: &Path, operators: &Self, environment: &Environment) -> Self {
        let path = expand_home(path, environment);
        let same = path == operators.path
            || matches!((dunce::canonicalize(&path), dunce::canonicalize(&operators.path)), (Ok(a), Ok(b)) if a == b);
        if same {
            operators.clone()
        } else {
            let environment = environment.clone();
            Self { path, is_operators: false, is_default: false, is_of_client: false, environment }
        }
    }

    /// The configuration file of an MCP client.
    pub fn of_client(path: PathBuf, environment: &Environment) -> Self {
        let environment = environment.clone();
        Self { path, is_operators: false, is_default: false, is_of_client: true, environment }
    }

    /// The path as given, with `~/` expanded.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The absolute path of the file itself, with symbolic links resolved if it exists.
    pub fn resolved(&self) -> PathBuf {
        let found = dunce::canonicalize(&self.path).or_else(|_| std::path::absolute(&self.path));
        found.unwrap_or_else(|_| self.path.clone())
    }

    /// Whether it is the operator's file, whose commands and settings are used.
    pub const fn is_operators(&self) -> bool {
        self.is_operators
    }

    /// Whether other tools find the file without being told where it is.
    pub const fn is_default(&self) -> bool {
        self.is_default
    }

    /// Reads the whole file. The directory that its path leads to now is the one that everything else happens in.
    pub fn read(&self) -> Result<Snapshot> {
        let target = dunce::canonicalize(&self.path).map_err(|error| self.unreadable(&error))?;
        let (folder, name) = split(&target);
        let folder = Folder::open(folder).map_err(|error| self.unreadable(&error))?;
        let file = self.checked(patiently(|| folder.open_file(name, For::Reading)))?;
        let bytes = self.read_open(&file)?;
        // After the read, which may have seen a truncated file.
        let metadata = file.metadata().map_err(|error| self.unreadable(&error))?;
        Ok(Snapshot { bytes, target, folder: folder.into(), metadata })
    }

    /// Reads the whole file once nobody is in the middle of writing it, as far as its times show: a program that writes
    /// in place truncates it first, others remove it first.
    pub async fn read_at_rest(&self) -> Result<Snapshot> {
        let mut rests = Rests::default();
        loop {
            match self.read() {
                Ok(file) if !rests.needs_one(&file.metadata, file.bytes.len() as u64) => return Ok(file),
                Err(error) if error.code() != ErrorCode::FileMissing || !rests.waits_for(self.removed()) => {
                    return Err(error);
                }
                _ => sleep(REST).await,
            }
        }
    }

    /// Creates the file, empty and for the user alone, and its directory if necessary (KEY-1). It is no error if somebody
    /// else was faster.
    pub fn create(&self) -> Result<()> {
        let made = self.path.parent().map_or(Ok(()), create_private_directory);
        match made.and_then(|()| create_file(&self.path)) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                let message = format!("`{}` cannot be created: {}", text::path(&self.path), os_error(&error));
                let hint = "create its directory, or name another file with `-c FILE`";
                Err(Error::new(ErrorCode::NotWritable, message, hint))
            }
            _ => Ok(()),
        }
    }

    /// When the file was removed, if it was: the last change of the directory that it is missing from.
    fn removed(&self) -> Option<SystemTime> {
        let mut path = self.path.clone();
        // As many links as the system follows.
        for _ in 0..40 {
            let Ok(target) = fs::read_link(&path) else { break };
            path = path.parent()?.join(target);
        }
        fs::metadata(path.parent()?.join(".")).ok()?.modified().ok()
    }

    /// The name to which the path leads now in the directory that was checked; `None` if the file is away.
    pub(super) fn name_in(&self, folder: &Folder) -> Result<Option<OsString>> {
        match dunce::canonicalize(&self.path) {
            Ok(target) if folder.is_at(split(&target).0) => Ok(Some(split(&target).1.to_owned())),
            Err(error) if error.kind() == io::ErrorKind::NotFound && folder.is_at(folder.path()) => Ok(None),
            Err(error) if !is_missing(&error) => Err(self.unreadable(&error)),
            _ => Err(self.leads_elsewhere()),
        }
    }

    /// The file, if it was opened and is of a kind that is read.
    pub(super) fn checked(&self, opened: io::Result<File>) -> Result<File> {
        let kind = |file: File| file.metadata().map(|metadata| (file, metadata));
        let (file, metadata) = opened.and_then(kind).map_err(|error| self.unreadable(&error))?;
        self.check_kind(&metadata)?;
        Ok(file)
    }

    pub(super) fn read_open(&self, file: &File) -> Result<SecretBytes> {
        let bytes = patiently(|| contents(file)).map_err(|error| self.unreadable(&error))?;
        if bytes.len() as u64 > MAX_BYTES {
            return Err(self.too_large());
        }
        match Foreign::of(&bytes).filter(|_| !self.is_of_client) {
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
            let inside = quote::word(&text::path(&self.path.join("credentials"))).into_owned();
            let hint = format!("name the file inside it, such as `-c {inside}`");
            return Err(Error::new(ErrorCode::FileUnusable, format!("`{path}` is a directory"), hint));
        }
        if !metadata.is_file() {
            return Err(self.unreadable(&io::ErrorKind::InvalidInput.into()));
        }
        if metadata.len() > MAX_BYTES {
            return Err(self.too_large());
        }
        Ok(())
    }

    pub(super) fn has_links(&self) -> String {
        let file = text::path(&self.path);
        format!("`{file}` has other hard links, which will keep the old content; make them symbolic links")
    }

    fn leads_elsewhere(&self) -> Error {
        let message = format!("`{}` leads to another directory than when it was checked", text::path(&self.path));
        let hint = "find out who changed its directories or links; nothing was written";
        Error::new(ErrorCode::FileChanged, message, hint)
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
            _ if is_missing(error) => Error::new(
                ErrorCode::FileMissing,
                format!("the credentials file `{path}` does not exist"),
                match text::hidden(&self.path.display().to_string()) {
                    Some(_) => "name it again without that character; Windows line endings add a carriage return",
                    None => "create it with `aws configure`, or name another with `-c FILE`",
                },
            ),
            // What `Folder` does not open.
            io::ErrorKind::InvalidInput => Error::new(
                ErrorCode::FileUnusable,
                format!("`{path}` is not a regular file"),
                "name a regular file with `-c FILE`",
            ),
            io::ErrorKind::PermissionDenied => Error::new(
                ErrorCode::FileUnusable,
                format!("no permission to read `{path}`"),
                format!("check who may read the file and its directory: `{}`", permissions_command(&self.path)),
            ),
            _ if is_in_use(error) => Error::new(
                ErrorCode::FileUnusable,
                format!("`{path}` cannot be read: {}", os_error(error)),
                "close the program that has the file open, and try again",
            ),
            _ => Error::new(
                ErrorCode::FileUnusable,
                format!("`{path}` cannot be read: {}", os_error(error)),
                "check the path, or name another file with `-c FILE`",
            ),
        }
    }
}

fn create_private_directory(path: &Path) -> io::Result<()> {
    if path.as_os_str().is_empty() || path.is_dir() { Ok(()) } else { create_directory(path) }
}

/// Whether the path leads to no file.
pub(super) fn is_missing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

fn no_home() -> Error {
    Error::new(
        ErrorCode::FileMissing,
        "no credentials file is named and the home directory is not known",
        format!("set `{HOME}`, or name the file with `-c FILE`"),
    )
}
