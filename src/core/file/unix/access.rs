//! Whether the file can be replaced while keeping mode, owner and group (FILE-4, GET-3). Nothing is written to find
//! out.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::path::Path;

use crate::core::error::{Error, ErrorCode, Result};
use crate::core::file::credentials_file::{CredentialsFile, Snapshot};
use crate::core::quote::posix;
use crate::core::text;

impl CredentialsFile {
    /// Checks that the file could be replaced now, and returns warnings.
    pub fn check_replaceable(&self, snapshot: &Snapshot) -> Result<Vec<String>> {
        use std::os::unix::fs::MetadataExt;

        let check = Check { path: &self.path, snapshot };
        check.flags()?;
        check.owner()?;
        check.permissions()?;

        let file = text::path(&self.path);
        let mut warnings = Vec::new();
        if snapshot.metadata.mode() & 0o044 != 0 {
            let command = format!("chmod 600 {}", word(&self.path));
            warnings.push(format!("`{file}` is readable by others; `{command}` makes it private"));
        }
        if snapshot.metadata.nlink() > 1 {
            warnings.push(self.has_links());
        }
        Ok(warnings)
    }
}

fn not_writable(message: String, hint: impl AsRef<str>) -> Error {
    Error::new(ErrorCode::NotWritable, message, hint)
}

struct Check<'a> {
    path: &'a Path,
    snapshot: &'a Snapshot,
}

impl Check<'_> {
    /// What binds even root: a mount on the file itself, as containers have it, and the attributes of `chattr`.
    #[cfg(target_os = "linux")]
    fn flags(&self) -> Result<()> {
        use rustix::fs::{AtFlags, StatxAttributes as Flags, StatxFlags, statx};

        let Snapshot { folder, target, .. } = self.snapshot;
        let flags = |name: &OsStr| {
            let found = statx(folder.held(), name, AtFlags::SYMLINK_NOFOLLOW, StatxFlags::empty());
            found.map_or(Flags::empty(), |found| found.stx_attributes)
        };
        let of_file = flags(self.snapshot.name());
        if of_file.contains(Flags::MOUNT_ROOT) {
            let message = format!("{} is itself a mount point, so it cannot be replaced", self.subject());
            return Err(not_writable(message, "mount the directory that contains it, not only the file"));
        }
        let directory = format!("the directory `{}`", text::path(folder.path()));
        let places = [
            (of_file, self.subject(), "lsattr", &**target),
            (flags(OsStr::new(".")), directory, "lsattr -d", folder.path()),
        ];
        for (flags, subject, list, path) in places {
            let (attribute, letter) = match flags {
                flags if flags.contains(Flags::IMMUTABLE) => ("immutable", 'i'),
                flags if flags.contains(Flags::APPEND) => ("append-only", 'a'),
                _ => continue,
            };
            let path = word(path);
            let hint =
                format!("`{list} {path}` shows the attribute, and root removes it with `chattr -{letter} {path}`");
            return Err(not_writable(format!("{subject} is {attribute}, so it cannot be replaced"), hint));
        }
        Ok(())
    }

    #[cfg(not(target_os = "linux"))]
    #[expect(clippy::unnecessary_wraps, clippy::unused_self, reason = "Linux has flags")]
    fn flags(&self) -> Result<()> {
        Ok(())
    }

    fn owner(&self) -> Result<()> {
        use std::os::unix::fs::MetadataExt;

        let metadata = &self.snapshot.metadata;
        let user = rustix::process::geteuid();
        if user.is_root() {
            return Ok(());
        }
        if metadata.uid() != user.as_raw() {
            let message = format!("{} belongs to another user, so its owner could not be preserved", self.subject());
            return Err(not_writable(message, self.own_copy().unwrap_or("run updsts as the owner of the file".into())));
        }
        if !is_own_group(metadata.gid()) {
            let message = format!("the group of `{}` cannot be preserved: you are not a member of it", self.file());
            let hint = format!("change it to one of your groups with `chgrp`: `ls -l {}`", word(&self.snapshot.target));
            return Err(not_writable(message, hint));
        }
        Ok(())
    }

    fn permissions(&self) -> Result<()> {
        use std::os::unix::fs::MetadataExt;

        use rustix::fs::{Access, AtFlags, accessat};
        use rustix::io::Errno;

        let Snapshot { folder, target, metadata, .. } = self.snapshot;
        let refused = |name: &OsStr, access| accessat(folder.held(), name, access, AtFlags::EACCESS).err();
        let reason = |error: Errno| text::os_error(&error.into());
        if let Some(error) = refused(OsStr::new("."), Access::WRITE_OK | Access::EXEC_OK) {
            let message = format!("the directory `{}` is not writable: {}", text::path(folder.path()), reason(error));
            let hint = match error {
                Errno::ROFS => "name a file on a file system that is not read-only with `-c FILE`",
                _ => "updsts replaces the whole file, so its directory must be writable",
            };
            return Err(not_writable(message, self.own_copy().unwrap_or(hint.into())));
        }
        let let_owner_write = format!("let its owner write to it: `chmod u+w {}`", word(target));
        if metadata.mode() & 0o222 == 0 {
            return Err(not_writable(
                format!("{} has no write permission for anyone", self.subject()),
                let_owner_write,
            ));
        }
        // A file that is away for a moment is waited for, and checked again.
        if let Some(error) = refused(self.snapshot.name(), Access::WRITE_OK).filter(|&error| error != Errno::NOENT) {
            let message = format!("{} is not writable: {}", self.subject(), reason(error));
            return Err(not_writable(message, let_owner_write));
        }
        Ok(())
    }

    fn file(&self) -> String {
        text::path(self.path)
    }

    /// The file, and what it is a link to.
    fn subject(&self) -> String {
        let Snapshot { target, .. } = self.snapshot;
        if std::path::absolute(self.path).is_ok_and(|path| path == *target) {
            format!("`{}`", self.file())
        } else {
            format!("`{}` leads to `{}`, which", self.file(), text::path(target))
        }
    }

    /// How to get a file of one's own in place of a link to somebody else's.
    fn own_copy(&self) -> Option<String> {
        let (link, target) = (word(self.path), word(&self.snapshot.target));
        let command = format!("rm {link} && cp {target} {link} && chmod 600 {link}");
        self.path.is_symlink().then(|| format!("replace the link with a copy of your own: `{command}`"))
    }
}

/// The path as a word of a shell.
fn word(path: &Path) -> String {
    match posix(&text::clean(&path.display().to_string())) {
        // The short form is not quoted.
        Cow::Borrowed(_) => text::path(path),
        Cow::Owned(quoted) => quoted,
    }
}

fn is_own_group(group: u32) -> bool {
    use rustix::process::{getegid, getgroups};
    getegid().as_raw() == group || getgroups().is_ok_and(|groups| groups.iter().any(|own| own.as_raw() == group))
}
