//! The extended attributes of the file: access control lists, labels, the user's own.

use std::fs::File;

use rustix::fs::{XattrFlags, fgetxattr, flistxattr, fremovexattr, fsetxattr};
use rustix::io::Errno;

use crate::core::file::not_kept::NotKept;

/// The access control list. Its mask is stored in the mode's group bits: without the list, they would give the whole
/// group access.
const ACCESS_LIST: &[u8] = b"system.posix_acl_access";

/// The largest value of an attribute on Linux, in bytes.
const MOST_BYTES: usize = 64 * 1024;

/// The user's own attributes.
const USERS: &[u8] = b"user.";

/// Copies them before the mode is set, where they differ. Fails if the access control list or an attribute of the
/// user's could not be kept.
pub fn keep(old: &File, new: &File) -> Result<(), NotKept> {
    let (wanted, current) = (names(old), names(new));
    for name in split(&wanted) {
        let kept = value(old, name).and_then(|wanted| {
            if value(new, name).as_ref() == Ok(&wanted) {
                Ok(())
            } else {
                fsetxattr(new, name, &wanted, XattrFlags::empty())
            }
        });
        match kept {
            Err(error) if name == ACCESS_LIST => return Err(NotKept::new("access control list", error)),
            Err(error) if name.starts_with(USERS) => {
                return Err(NotKept::new("extended attributes", error));
            }
            // A label that only root may set does not belong to the user.
            _ => {}
        }
    }
    if !split(&wanted).any(|name| name == ACCESS_LIST) && split(&current).any(|name| name == ACCESS_LIST) {
        // A list that new files get from the directory would give others access.
        fremovexattr(new, ACCESS_LIST).map_err(|error| NotKept::new("access control list", error))?;
    }
    Ok(())
}

fn split(names: &[u8]) -> impl Iterator<Item = &[u8]> {
    names.split(|&byte| byte == 0).filter(|name| !name.is_empty())
}

fn names(file: &File) -> Vec<u8> {
    let mut names = vec![0; MOST_BYTES];
    // A file system without attributes has none to keep.
    let length = flistxattr(file, &mut names[..]).unwrap_or(0);
    names.truncate(length);
    names
}

fn value(file: &File, name: &[u8]) -> Result<Vec<u8>, Errno> {
    let mut value = vec![0; MOST_BYTES];
    let length = fgetxattr(file, name, &mut value[..])?;
    value.truncate(length);
    Ok(value)
}
