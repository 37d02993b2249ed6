//! Whether the file can be replaced so that mode, owner and group stay (FILE-4, GET-3). Nothing is
//! written to find out.

use std::path::Path;

use crate::core::error::{Error, ErrorCode, Result};
use crate::core::file::credentials_file::{CredentialsFile, Snapshot};
use crate::core::text::{self, os_error};

impl CredentialsFile {
    /// Checks that the file could be replaced now, and answers what to warn about.
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
            let hint = format!("allow its owner to write it: `chmod u+w {file}`");
            return Err(not_writable(format!("`{file}` has no write permission for anybody"), hint));
        }
        let refused = |path: &Path, access| accessat(CWD, path, access, AtFlags::EACCESS).err();
        if let Some(error) = refused(&snapshot.target, Access::WRITE_OK) {
            let hint = "check the owner and mode of the file with `ls -l`, or name another with `-c FILE`";
            return Err(not_writable(format!("`{file}` cannot be written: {}", reason(error)), hint));
        }
        if let Some(error) = refused(folder, Access::WRITE_OK | Access::EXEC_OK) {
            let message = format!("the folder `{}` cannot be written: {}", text::path(folder), reason(error));
            return Err(not_writable(message, "the file is replaced as a whole, so its folder must be writable"));
        }
        let user = geteuid();
        if !user.is_root() {
            if metadata.uid() != user.as_raw() {
                let message = format!("`{file}` belongs to another user, and its owner could not be kept");
                return Err(not_writable(message, "run updsts as the owner of the file"));
            }
            if !is_own_group(metadata.gid()) {
                let message = format!("`{file}` belongs to a group that you are not in, and could not keep it");
                return Err(not_writable(message, format!("give it one of your groups with `chgrp`: `ls -l {file}`")));
            }
        }
        if is_mount_point(&snapshot.target) {
            let message = format!("`{file}` is itself a mount point and cannot be replaced");
            return Err(not_writable(message, "mount the folder that holds it, not the file alone"));
        }

        let mut warnings = Vec::new();
        if metadata.mode() & 0o044 != 0 {
            warnings.push(format!("`{file}` can be read by others; `chmod 600 {file}` keeps it yours"));
        }
        if metadata.nlink() > 1 {
            warnings.push(format!("`{file}` has other hard links, which keep the old content"));
        }
        Ok(warnings)
    }

    #[cfg(not(unix))]
    fn check_platform(&self, snapshot: &Snapshot, _folder: &Path) -> Result<Vec<String>> {
        if snapshot.metadata.permissions().readonly() {
            let message = format!("`{}` is read-only", text::path(&self.path));
            return Err(not_writable(message, "take the read-only attribute away"));
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

/// Whether something is mounted on the file alone, as containers do; a rename over it is `EBUSY`.
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
