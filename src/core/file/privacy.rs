//! Whether the file still has its owner and mode, or lets in others than when it was checked (FILE-9).

use std::fs::Metadata;

#[cfg(unix)]
pub(super) fn has_same_owner_and_mode(a: &Metadata, b: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (a.mode(), a.uid(), a.gid()) == (b.mode(), b.uid(), b.gid())
}

#[cfg(not(unix))]
pub(super) fn has_same_owner_and_mode(a: &Metadata, b: &Metadata) -> bool {
    a.permissions() == b.permissions()
}

/// How the file lets in others than when it was checked.
#[cfg(unix)]
pub(super) fn opened_since(checked: &Metadata, now: &Metadata) -> Option<&'static str> {
    use std::os::unix::fs::MetadataExt;
    if now.uid() != checked.uid() {
        Some("now belongs to another user")
    } else if now.mode() & !checked.mode() & 0o077 != 0 {
        Some("now has a mode that gives others more access")
    } else if now.gid() != checked.gid() && now.mode() & 0o070 != 0 {
        Some("now belongs to another group, which has access to it")
    } else {
        None
    }
}

#[cfg(not(unix))]
pub(super) const fn opened_since(_checked: &Metadata, _now: &Metadata) -> Option<&'static str> {
    None
}
