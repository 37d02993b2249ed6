//! The new file, when another program takes it away or leaves it no room (FILE-9, FILE-7, FILE-5).

use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::io::Write;

use super::{FOREIGN, Place, SOURCE, Step, before, update, with_session};
use crate::core::error::ErrorCode;
#[cfg(unix)]
use crate::core::file::new_file::NewFile;
#[cfg(unix)]
use crate::core::file::system::{Folder, is_held_open};

#[test]
fn file_9_a_new_file_that_is_taken_away_has_no_secret_and_what_stands_in_its_place_is_not_used() {
    for step in [Step::Write, Step::KeepOwner, Step::SyncFile, Step::ReadBack, Step::Compare, Step::Rename] {
        let place = Place::new();
        let taken = place.0.path().join("taken");
        let take = || {
            let new = place.leftovers().pop().unwrap();
            fs::rename(&new, &taken).unwrap();
            fs::write(new, "[default]\n").unwrap();
        };
        place.write(&mut before(step, take)).unwrap();
        assert_eq!(place.read(), with_session(SOURCE), "{step:?}");
        assert_eq!(fs::metadata(taken).unwrap().len(), 0, "{step:?}");
    }
}

#[cfg(unix)]
#[test]
fn file_9_a_new_file_that_is_exchanged_at_the_rename_itself_is_not_taken_for_the_one_in_place() {
    let place = Place::new();
    let folder = Folder::open(&place.folder()).unwrap();
    let mut new = NewFile::create(&folder, &fs::File::open(place.path()).unwrap(), "credentials".as_ref()).unwrap();
    new.write(b"a secret").unwrap();
    let (name, taken) = (place.leftovers().pop().unwrap(), place.0.path().join("taken"));
    fs::rename(&name, &taken).unwrap();
    fs::write(&name, "theirs").unwrap();
    let is_there = new.replace("credentials".as_ref(), &mut None, b"");
    assert!(!is_there.unwrap());
    assert_eq!(place.read(), "theirs");
    #[cfg(unix)]
    assert_eq!(super::mode(&taken), 0o600);
}

#[cfg(unix)]
#[test]
fn file_9_a_new_file_that_another_program_has_replaced_since_was_in_place() {
    let place = Place::new();
    let folder = Folder::open(&place.folder()).unwrap();
    let file = fs::File::open(place.path()).unwrap();
    let (name, other) = ("credentials".as_ref(), place.folder().join("other"));
    assert!(!folder.has_lost(name, &file));
    fs::write(&other, SOURCE).unwrap();
    match fs::rename(&other, place.path()) {
        // Some file systems let nobody replace an open file.
        Err(error) => assert!(cfg!(windows) && is_held_open(&error), "{error}"),
        Ok(()) => assert!(!folder.has(name, &file) && !folder.has_lost(name, &file)),
    }
    drop(file);
    let file = fs::File::open(place.path()).unwrap();
    fs::rename(place.path(), other).unwrap();
    assert!(folder.has_lost(name, &file));
}

#[test]
fn file_7_an_edit_that_would_make_the_file_too_large_to_be_read_is_refused() {
    let place = Place::new();
    let room = 64 * 1024 * 1024 - SOURCE.len();
    let mut file = OpenOptions::new().append(true).open(place.path()).unwrap();
    let block = update(SOURCE.as_bytes(), "default", "default_sts").unwrap().len() - SOURCE.len();
    file.write_all(&vec![b'#'; room - block - 1]).unwrap();
    file.write_all(b"##\n").unwrap();
    drop(file);
    let error = place.write(&mut super::Unobserved).unwrap_err();
    assert!(error.message().contains("larger than 64 MiB"), "{error:?}");
    let names: Vec<OsString> = fs::read_dir(place.folder()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["credentials"]);
    let file = OpenOptions::new().write(true).open(place.path()).unwrap();
    file.set_len(64 * 1024 * 1024 - block as u64 - 1).unwrap();
    drop(file);
    place.write(&mut super::Unobserved).unwrap();
    assert_eq!(fs::metadata(place.path()).unwrap().len(), 64 * 1024 * 1024);
}

#[test]
fn file_5_a_change_that_rules_out_the_edit_is_file_changed_for_every_command() {
    let place = Place::new();
    let error = place.write(&mut before(Step::Lock, || fs::write(place.path(), FOREIGN).unwrap())).unwrap_err();
    assert_eq!(error.code(), ErrorCode::FileChanged);
    assert!(error.message().contains("was changed in the meantime: the key is no longer there"), "{error:?}");
}
