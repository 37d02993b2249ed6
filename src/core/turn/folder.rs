//! The user's own directory for turns. It is not used if others could write to it.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use crate::core::environment::Environment;
use crate::core::text;
use crate::core::text::os_error;

/// The first of these directories that belongs to the user: `updsts` in `XDG_RUNTIME_DIR`, in `XDG_CACHE_HOME`, in
/// `~/.cache`; on Windows in `LOCALAPPDATA`, in `AppData\Local` of the home directory. It is created if it does not exist.
///
/// Sources: <https://specifications.freedesktop.org/basedir-spec/latest/>,
/// <https://learn.microsoft.com/windows/win32/shell/knownfolderid>
pub fn open(environment: &Environment) -> Result<PathBuf, String> {
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
    let absolute = |path: &PathBuf| path.is_absolute();
    let named = |name| environment.var_os(name).map(PathBuf::from).filter(absolute);
    let at_home = |path| environment.home().filter(absolute).map(|home| home.join(path));
    if cfg!(windows) {
        return named("LOCALAPPDATA").or_else(|| at_home("AppData/Local")).into_iter().collect();
    }
    [named("XDG_RUNTIME_DIR"), named("XDG_CACHE_HOME").or_else(|| at_home(".cache"))].into_iter().flatten().collect()
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

/// What is in the user's profile is for the user alone, by the rules that it gets from there.
#[cfg(not(unix))]
fn prepare(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    if fs::symlink_metadata(folder)?.is_dir() { Ok(()) } else { Err(io::Error::other("it is not a directory")) }
}

/// A small file that processes take turns by. What it says can be read while another process has the turn.
pub struct TurnFile {
    pub file: File,
    /// What is locked: the file itself, or one beside it where a lock keeps others from reading.
    pub lock: File,
}

impl TurnFile {
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = open_file(path)?;
        #[cfg(unix)]
        let lock = file.try_clone()?;
        #[cfg(not(unix))]
        let lock = open_file(&path.with_added_extension("lock"))?;
        Ok(Self { file, lock })
    }
}

/// Opens the file of a turn and creates it if it does not exist; never follows a link, never waits for the other end of
/// a FIFO.
pub fn open_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;

        use rustix::fs::OFlags;
        options.mode(0o600).custom_flags((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed());
    }
    #[cfg(windows)]
    {
        use std::os::windows::fs::OpenOptionsExt;
        /// `FILE_FLAG_OPEN_REPARSE_POINT`: a link itself is opened, and it is no regular file.
        const NO_FOLLOW: u32 = 0x0020_0000;
        options.custom_flags(NO_FOLLOW);
    }
    let file = options.open(path)?;
    let metadata = file.metadata()?;
    #[cfg(unix)]
    check_owner(&metadata)?;
    if metadata.is_file() { Ok(file) } else { Err(io::Error::other("it is not a regular file")) }
}
