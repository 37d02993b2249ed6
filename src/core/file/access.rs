//! Whether the file can be replaced while keeping mode, owner and group (FILE-4, GET-3). Nothing is written to find
//! out.

use std::path::Path;

use crate::core::error::{Error, ErrorCode, Result};
use crate::core::file::credentials_file::{CredentialsFile, Snapshot};
use crate::core::text::{self, os_error};

impl CredentialsFile {
    /// Checks that the file could be replaced now, and returns warnings.
    pub fn check_replaceable(&self, snapshot: &Snapshot) -> Result<Vec<String>> {
        let folder = snapshot.target.parent().unwrap_or(Path::new("/"));
        self.check_platform(snapshot, folder)
    }

    #[cfg(unix)]
    fn check_platform(&self, snapshot: &Snapshot, folder: &Path) -> Result<Vec<String>> {
        use std::os::unix::fs::MetadataExt;

        use rustix::fs::{Access, AtFlags, CWD, accessat};
        use rustix::process::geteuid;

        let file = text::path(&self.path);
        let metadata = &snapshot.metadata;
        if metadata.mode() & 0o222 == 0 {
            let hint = format!("let its owner write to it: `chmod u+w {file}`");
            return Err(not_writable(format!("`{file}` has no write permission for anyone"), hint));
        }
        let refused = |path: &Path, access| accessat(CWD, path, access, AtFlags::EACCESS).err();
        if let Some(error) = refused(&snapshot.target, Access::WRITE_OK) {
            let hint = "check the owner and mode of the file with `ls -l`, or name another with `-c FILE`";
            return Err(not_writable(format!("`{file}` is not writable: {}", reason(error)), hint));
        }
        if let Some(error) = refused(folder, Access::WRITE_OK | Access::EXEC_OK) {
            let message = format!("the directory `{}` is not writable: {}", text::path(folder), reason(error));
            return Err(not_writable(message, "updsts replaces the whole file, so its directory must be writable"));
        }
        let user = geteuid();
        if !user.is_root() {
            if metadata.uid() != user.as_raw() {
                let message = format!("`{file}` belongs to another user, so its owner could not be preserved");
                return Err(not_writable(message, "run updsts as the owner of the file"));
            }
            if !is_own_group(metadata.gid()) {
                let message = format!("the group of `{file}` cannot be preserved: you are not a member of it");
                return Err(not_writable(
                    message,
                    format!("change it to one of your groups with `chgrp`: `ls -l {file}`"),
                ));
            }
        }
        if is_mount_point(&snapshot.target) {
            let message = format!("`{file}` is itself a mount point, so it cannot be replaced");
            return Err(not_writable(message, "mount the directory that contains it, not only the file"));
        }

        let mut warnings = Vec::new();
        if metadata.mode() & 0o044 != 0 {
            warnings.push(format!("`{file}` is readable by others; `chmod 600 {file}` makes it private"));
        }
        if metadata.nlink() > 1 {
            warnings.push(format!("`{file}` has other hard links, which will keep the old content"));
        }
        Ok(warnings)
    }

    #[cfg(not(unix))]
    fn check_platform(&self, snapshot: &Snapshot, _folder: &Path) -> Result<Vec<String>> {
        if snapshot.metadata.permissions().readonly() {
            let message = format!("`{}` is read-only", text::path(&self.path));
            return Err(not_writable(message, "clear the read-only attribute"));
        }
        Ok(Vec::new())
    }
}

fn not_writable(message: String, hint: impl AsRef<str>) -> Error {
    Error::new(ErrorCode::NotWritable, message, hint)
}

#[cfg(unix)]
fn reason(error: rustix::io::Errno) -> String {
    os_error(&error.into())
}

#[cfg(unix)]
fn is_own_group(group: u32) -> bool {
    use rustix::process::{getegid, getgroups};
    getegid().as_raw() == group || getgroups().is_ok_and(|groups| groups.iter().any(|own| own.as_raw() == group))
}

/// Whether something is mounted on the file itself, as containers do; a rename over it fails with `EBUSY`.
#[cfg(target_os = "linux")]
fn is_mount_point(file: &Path) -> bool {
    use rustix::fs::{AtFlags, CWD, StatxAttributes, StatxFlags, statx};
    statx(CWD, file, AtFlags::empty(), StatxFlags::empty())
        .is_ok_and(|stat| stat.stx_attributes.contains(StatxAttributes::MOUNT_ROOT))
}

#[cfg(all(unix, not(target_os = "linux")))]
const fn is_mount_point(_file: &Path) -> bool {
    false
}
