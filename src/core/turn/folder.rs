//! The user's own directory for turns. It is not used if others could write to it.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use crate::core::environment::Environment;
use crate::core::text;
use crate::core::text::os_error;

/// The first of these directories that belongs to the user: `updsts` in `XDG_RUNTIME_DIR`, in `XDG_CACHE_HOME`, in
/// `~/.cache`. It is created if it does not exist.
///
/// Source: <https://specifications.freedesktop.org/basedir-spec/latest/>
pub(super) fn open(environment: &Environment) -> Result<PathBuf, String> {
    let mut reason = "the home directory is not known".to_owned();
    for base in bases(environment) {
        let folder = base.join("updsts");
        match prepare(&folder) {
            Ok(()) => return Ok(folder),
            Err(error) => reason = format!("`{}`: {}", text::path(&folder), os_error(&error)),
        }
    }
    Err(reason)
}

fn bases(environment: &Environment) -> Vec<PathBuf> {
    // The specification declares a relative path invalid.
    let named = |name| environment.var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let home = environment.home().filter(|home| home.is_absolute()).map(|home| home.join(".cache"));
    [named("XDG_RUNTIME_DIR"), named("XDG_CACHE_HOME").or(home)].into_iter().flatten().collect()
}

#[cfg(unix)]
fn prepare(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    if let Ok(metadata) = fs::symlink_metadata(folder) {
        return check_private(&metadata);
    }
    // Nothing is created in somebody else's home directory, as under `sudo`: it would lock them out.
    let parent = folder.ancestors().skip(1).find_map(|ancestor| fs::metadata(ancestor).ok());
    check_owner(&parent.ok_or(io::ErrorKind::NotFound)?)?;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    check_private(&fs::symlink_metadata(folder)?)
}

#[cfg(unix)]
fn check_private(metadata: &fs::Metadata) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt;
    if !metadata.is_dir() {
        return Err(io::Error::other("it is not a directory"));
    }
    if metadata.mode() & 0o022 != 0 {
        return Err(io::Error::other("others can write to it"));
    }
    check_owner(metadata)
}

#[cfg(unix)]
fn check_owner(metadata: &fs::Metadata) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt;
    if metadata.uid() == rustix::process::geteuid().as_raw() {
        Ok(())
    } else {
        Err(io::Error::other("it belongs to another user"))
    }
}

#[cfg(not(unix))]
fn prepare(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)
}

/// Opens the file of a turn and creates it if it does not exist; never follows a link, never waits for the other end of
/// a FIFO.
pub(super) fn open_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;

        use rustix::fs::OFlags;
        options.mode(0o600).custom_flags((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed());
    }
    let file = options.open(path)?;
    let metadata = file.metadata()?;
    #[cfg(unix)]
    check_owner(&metadata)?;
    if metadata.is_file() { Ok(file) } else { Err(io::Error::other("it is not a regular file")) }
}
