//! Files that other programs have open, attributes, and the lock beside the file (FILE-5, SHIP-6).

use std::fs::{self, OpenOptions};
use std::os::windows::fs::{MetadataExt, OpenOptionsExt};
use std::time::{Duration, Instant};

use super::{Place, SOURCE, Unobserved, before, environment, with_session};
use crate::core::error::ErrorCode;
use crate::core::file::credentials_file::CredentialsFile;
use crate::core::file::steps::Step;

const NONE: u32 = 0;
const READ: u32 = 1;
const READ_AND_WRITE: u32 = 3;
const ALL: u32 = 7;
const HIDDEN: u32 = 2;

fn held(place: &Place, share: u32) -> fs::File {
    OpenOptions::new().read(true).share_mode(share).open(place.path()).unwrap()
}

#[test]
fn ship_6_a_file_that_another_program_lets_nobody_replace_is_write_failed_and_unchanged() {
    for share in [READ, READ_AND_WRITE] {
        let place = Place::new();
        let mut other = None;
        let start = Instant::now();
        let error = place.write(&mut before(Step::Compare, || other = Some(held(&place, share)))).unwrap_err();
        assert_eq!(error.code(), ErrorCode::WriteFailed, "{error:?}");
        assert!(error.hint().starts_with("close the program that has the file open"), "{error:?}");
        assert!(start.elapsed() >= Duration::from_secs(1));
        drop(other);
        assert_eq!((place.read().as_str(), place.leftovers()), (SOURCE, super::NONE));
    }
}

#[test]
fn ship_6_a_program_that_has_the_file_open_for_a_moment_is_waited_for() {
    for share in [READ, READ_AND_WRITE, ALL] {
        let place = Place::new();
        let mut other = None;
        let hold = || {
            let file = held(&place, share);
            other = Some(std::thread::spawn(move || {
                std::thread::sleep(Duration::from_millis(300));
                drop(file);
            }));
        };
        place.write(&mut before(Step::Compare, hold)).unwrap();
        other.unwrap().join().unwrap();
        assert_eq!((place.read(), place.leftovers()), (with_session(SOURCE), super::NONE));
    }
}

#[test]
fn ship_6_a_file_that_nobody_may_open_for_a_moment_is_waited_for_and_for_good_is_said() {
    let place = Place::new();
    let other = held(&place, NONE);
    let file = CredentialsFile::of_operator(Some(&place.path()), &environment()).unwrap();
    let error = file.read().unwrap_err();
    assert_eq!(error.code(), ErrorCode::FileUnusable, "{error:?}");
    assert!(error.hint().starts_with("close the program"), "{error:?}");
    let release = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(300));
        drop(other);
    });
    assert_eq!(&*file.read().unwrap().bytes, SOURCE.as_bytes());
    release.join().unwrap();
}

#[tokio::test]
async fn ship_6_a_file_that_cannot_be_replaced_is_found_before_a_code_is_needed() {
    for share in [READ, READ_AND_WRITE] {
        let place = Place::new();
        let file = CredentialsFile::of_operator(Some(&place.path()), &environment()).unwrap();
        let checked = file.read().unwrap();
        file.try_out(&checked).await.unwrap();
        let other = held(&place, share);
        let error = file.try_out(&checked).await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::WriteFailed, "{error:?}");
        drop(other);
        assert_eq!(place.leftovers(), super::NONE);
    }
}

#[test]
fn ship_6_a_reader_reads_while_a_writer_holds_the_lock() {
    let place = Place::new();
    let read = || assert_eq!(fs::read_to_string(place.path()).unwrap(), SOURCE);
    place.write(&mut before(Step::Write, read)).unwrap();
    assert_eq!(place.read(), with_session(SOURCE));
}

#[test]
fn ship_6_the_attributes_of_the_file_stay() {
    let place = Place::new();
    fs::remove_file(place.path()).unwrap();
    let hide = OpenOptions::new().write(true).create_new(true).attributes(HIDDEN).open(place.path());
    std::io::Write::write_all(&mut hide.unwrap(), SOURCE.as_bytes()).unwrap();
    assert_ne!(fs::metadata(place.path()).unwrap().file_attributes() & HIDDEN, 0, "it is hidden to begin with");
    std::thread::sleep(Duration::from_millis(40));
    place.write(&mut Unobserved).unwrap();
    assert_ne!(fs::metadata(place.path()).unwrap().file_attributes() & HIDDEN, 0);
    assert_eq!(place.read(), with_session(SOURCE));
}

#[test]
fn ship_6_a_file_that_is_read_only_is_not_writable_and_a_directory_is_no_file() {
    let place = Place::new();
    let mut permissions = fs::metadata(place.path()).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(place.path(), permissions).unwrap();
    let file = CredentialsFile::of_operator(Some(&place.path()), &environment()).unwrap();
    let error = file.check_replaceable(&file.read().unwrap()).unwrap_err();
    assert_eq!(error.code(), ErrorCode::NotWritable);
    assert!(error.hint().starts_with("clear the attribute: `attrib -r "), "{error:?}");
    let folder = CredentialsFile::of_operator(Some(&place.folder()), &environment()).unwrap();
    assert!(folder.read().unwrap_err().message().ends_with("is a directory"));
}
