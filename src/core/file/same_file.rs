//! Whether a path still leads to an open file, and the file still has its owner and mode.

use std::fs::{File, Metadata};
use std::path::Path;

/// Whether the path still names the open file.
#[cfg(unix)]
pub(super) fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (file.metadata(), std::fs::metadata(path)) {
        (Ok(open), Ok(named)) => (open.dev(), open.ino()) == (named.dev(), named.ino()),
        _ => false,
    }
}

#[cfg(not(unix))]
pub(super) fn is_at(_file: &File, path: &Path) -> bool {
    path.exists()
}

#[cfg(unix)]
pub(super) fn has_same_owner_and_mode(a: &Metadata, b: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (a.mode(), a.uid(), a.gid()) == (b.mode(), b.uid(), b.gid())
}

#[cfg(not(unix))]
pub(super) fn has_same_owner_and_mode(a: &Metadata, b: &Metadata) -> bool {
    a.permissions() == b.permissions()
}
