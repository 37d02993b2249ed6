//! The config file, read for the settings of a source profile. updsts never writes it.

use std::fs;
use std::io;
use std::path::PathBuf;

use crate::core::environment::default_path;
use crate::core::environment::{Environment, expand_home};
use crate::core::error::{Error, ErrorCode, Result};
use crate::core::file::contents::{MAX_BYTES, contents, patiently};
use crate::core::ini::profiles::Profiles;
use crate::core::ini::services;
use crate::core::secret::SecretBytes;
use crate::core::text;
use crate::core::text::os_error;

/// The operator's config file and its contents.
#[derive(Debug, Default)]
pub struct ConfigFile {
    path: PathBuf,
    bytes: Option<SecretBytes>,
}

impl ConfigFile {
    /// Reads `AWS_CONFIG_FILE`, else `~/.aws/config`. A missing file counts as empty; one that cannot be read is
    /// `config_unusable`.
    ///
    /// Source: <https://docs.aws.amazon.com/sdkref/latest/guide/file-location.html>
    pub fn read(environment: &Environment) -> Result<Self> {
        let named = environment.var_os("AWS_CONFIG_FILE").map(PathBuf::from);
        let path = named
            .map(|path| expand_home(&path, environment))
            .or_else(|| default_path(environment, "config"))
            .unwrap_or_default();
        let unusable = |reason: String| {
            let message = format!("the config file `{}` cannot be read: {reason}", text::path(&path));
            Error::new(ErrorCode::ConfigUnusable, message, "fix the file, or name another with `AWS_CONFIG_FILE`")
        };
        let metadata = match fs::metadata(&path) {
            Ok(metadata) => metadata,
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Ok(Self { path, bytes: None });
            }
            Err(error) => return Err(unusable(os_error(&error))),
        };
        // `/dev/null` is the usual way to specify no file.
        if !metadata.is_file() && !is_null_device(&path) {
            return Err(unusable("it is not a regular file".into()));
        }
        let read = patiently(|| fs::File::open(&path).and_then(|file| contents(&file)));
        match read {
            Err(error) => Err(unusable(os_error(&error))),
            Ok(bytes) if bytes.len() as u64 > MAX_BYTES => Err(unusable("it is larger than 64 MiB".into())),
            Ok(bytes) => Ok(Self { path, bytes: Some(bytes) }),
        }
    }

    pub fn path(&self) -> &std::path::Path {
        &self.path
    }

    pub const fn exists(&self) -> bool {
        self.bytes.is_some()
    }

    /// A config file with these bytes.
    pub fn of(path: PathBuf, bytes: Vec<u8>) -> Self {
        Self { path, bytes: Some(SecretBytes::new(bytes)) }
    }

    fn bytes(&self) -> &[u8] {
        self.bytes.as_deref().unwrap_or_default()
    }

    /// The endpoint of a service in a `services` section, and its line (see [`services::endpoint`]).
    pub fn service_endpoint(&self, services: &[u8], service: &str) -> Option<Option<(&[u8], usize)>> {
        services::endpoint(self.bytes(), services, service)
    }

    /// The line of an endpoint that belongs to no section.
    pub fn stray_endpoint(&self) -> Option<usize> {
        services::stray_endpoint(self.bytes())
    }

    /// The profiles of the file; none if it does not exist.
    pub fn profiles(&self) -> Profiles<'_> {
        Profiles::of_config(self.bytes())
    }
}

fn is_null_device(path: &std::path::Path) -> bool {
    path == std::path::Path::new("/dev/null")
}
