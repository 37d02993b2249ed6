//! Modes, links and attributes (FILE-3, FILE-4, FILE-5).

use std::fs;

use super::{FOREIGN, Place, SOURCE, before, is_compared_after, mode, set_mode, with_session};
use crate::core::file::steps::Step;

#[cfg(target_os = "linux")]
/// A skipped test is no passed one: where `CI` is set it fails.
pub fn skipped(reason: &str) {
    assert!(std::env::var_os("CI").is_none(), "skipped: {reason}");
}

#[test]
fn file_5_a_mode_that_is_narrowed_before_the_last_comparison_stays() {
    for step in Step::ALL.into_iter().filter(|&step| is_compared_after(step)) {
        let place = Place::new();
        place.write(&mut before(step, || set_mode(&place.path(), 0o400))).unwrap();
        assert_eq!(mode(&place.path()), 0o400, "{step:?}");
    }
}

#[test]
fn file_5_a_link_that_is_pointed_elsewhere_meanwhile_is_followed_to_its_new_target() {
    for step in Step::ALL.into_iter().filter(|&step| is_compared_after(step)) {
        let place = Place::new();
        let (old, new) = (place.folder().join("old"), place.folder().join("new"));
        fs::rename(place.path(), &old).unwrap();
        fs::write(&new, format!("{SOURCE}{FOREIGN}")).unwrap();
        set_mode(&new, 0o600);
        std::os::unix::fs::symlink("old", place.path()).unwrap();
        let turn = || {
            fs::remove_file(place.path()).unwrap();
            std::os::unix::fs::symlink("new", place.path()).unwrap();
        };
        place.write(&mut before(step, turn)).unwrap();
        assert_eq!(fs::read_to_string(old).unwrap(), SOURCE, "{step:?}");
        assert_eq!(fs::read_to_string(new).unwrap(), with_session(&format!("{SOURCE}{FOREIGN}")), "{step:?}");
        assert!(fs::symlink_metadata(place.path()).unwrap().is_symlink());
    }
}

#[test]
fn file_3_the_new_file_is_its_owners_alone_until_it_is_whole() {
    let place = Place::new();
    set_mode(&place.path(), 0o664);
    place.write(&mut before(Step::Write, || assert_eq!(mode(&place.leftovers()[0]), 0o600))).unwrap();
    assert_eq!(mode(&place.path()), 0o664);
}

#[cfg(target_os = "linux")]
#[test]
fn file_4_extended_attributes_stay() {
    use rustix::fs::{XattrFlags, getxattr, setxattr};
    let place = Place::new();
    if setxattr(place.path(), "user.note", b"mine", XattrFlags::empty()).is_err() {
        return skipped("the file system has no extended attributes");
    }
    place.write(&mut super::Unobserved).unwrap();
    let mut value = [0; 16];
    let length = getxattr(place.path(), "user.note", &mut value[..]).unwrap();
    assert_eq!(&value[..length], b"mine");
}

#[cfg(target_os = "linux")]
#[test]
fn file_4_an_access_list_that_the_folder_gives_to_new_files_lets_nobody_in() {
    use rustix::fs::{XattrFlags, getxattr, setxattr};
    let place = Place::new();
    // Version 2; the owner may do all, user 12345 may read, the group nothing, the mask is `r`.
    let entries: [(u16, u16, u32); 5] =
        [(1, 7, u32::MAX), (2, 4, 12_345), (4, 0, u32::MAX), (16, 4, u32::MAX), (32, 0, u32::MAX)];
    let mut list = 2_u32.to_le_bytes().to_vec();
    for (tag, permission, id) in entries {
        list.extend(tag.to_le_bytes().into_iter().chain(permission.to_le_bytes()).chain(id.to_le_bytes()));
    }
    if setxattr(place.folder(), "system.posix_acl_default", &list, XattrFlags::empty()).is_err() {
        return skipped("the file system has no access control lists");
    }
    place.write(&mut super::Unobserved).unwrap();
    assert!(getxattr(place.path(), "system.posix_acl_access", &mut [0; 256][..]).is_err());
    assert_eq!(mode(&place.path()), 0o600);
}
