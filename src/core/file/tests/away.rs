//! A file that another program removes and creates anew, and a directory that is moved away (FILE-9, FILE-5, FILE-3).

use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::thread::{sleep, spawn};
use std::time::{Duration, Instant, SystemTime};

use super::{
    Before, FOREIGN, NONE, Place, SOURCE, Step, before, environment, is_compared_after, set_mode, with_session,
};
use crate::core::error::ErrorCode;
use crate::core::file::credentials_file::{CredentialsFile, Snapshot};

/// Removes the file, and creates another a moment later.
fn recreate(path: PathBuf) -> std::thread::JoinHandle<()> {
    // On Windows the name of a file that is removed may be taken until the last who has it open has closed it.
    let away = path.with_extension("away");
    fs::rename(&path, &away).unwrap();
    fs::remove_file(away).unwrap();
    spawn(move || {
        sleep(Duration::from_millis(4));
        fs::write(&path, format!("{SOURCE}{FOREIGN}")).unwrap();
        set_mode(&path, 0o600);
    })
}

#[test]
fn file_9_a_file_that_is_away_for_a_moment_is_waited_for_at_each_step() {
    for step in Step::ALL.into_iter().filter(|&step| is_compared_after(step)) {
        let place = Place::new();
        let mut other = None;
        place.write(&mut before(step, || other = Some(recreate(place.path())))).unwrap();
        other.unwrap().join().unwrap();
        assert_eq!(place.read(), with_session(&format!("{SOURCE}{FOREIGN}")), "{step:?}");
        assert_eq!(place.leftovers(), NONE, "{step:?}");
    }
}

#[test]
fn file_9_a_step_that_fails_while_the_file_is_created_anew_is_tried_again() {
    let place = Place::new();
    let exchange = || {
        recreate(place.path()).join().unwrap();
        Err(io::ErrorKind::NotFound.into())
    };
    place.write(&mut Before(Step::Create, Some(exchange))).unwrap();
    assert_eq!((place.read(), place.leftovers()), (with_session(&format!("{SOURCE}{FOREIGN}")), NONE));
}

/// Lets the directory look as if nothing in it was changed for an hour.
fn age(folder: &Path) {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    options.read(true);
    #[cfg(windows)]
    {
        use std::os::windows::fs::OpenOptionsExt;
        /// `FILE_WRITE_ATTRIBUTES`, and `FILE_FLAG_BACKUP_SEMANTICS`, without which no directory is opened.
        const RIGHT_AND_FLAG: (u32, u32) = (0x100, 0x0200_0000);
        options.access_mode(RIGHT_AND_FLAG.0).custom_flags(RIGHT_AND_FLAG.1);
    }
    let hour_ago = SystemTime::now() - Duration::from_hours(1);
    options.open(folder).unwrap().set_modified(hour_ago).unwrap();
}

fn read_at_rest(path: &Path) -> crate::core::error::Result<Snapshot> {
    let file = CredentialsFile::of_operator(Some(path), &environment()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(file.read_at_rest())
}

#[test]
fn file_9_a_file_that_is_away_for_a_moment_is_waited_for_at_the_check() {
    for is_link in [false, cfg!(unix)] {
        let place = Place::new();
        let link = place.0.path().join("link");
        #[cfg(unix)]
        std::os::unix::fs::symlink("aws/credentials", &link).unwrap();
        // Only where the file itself is, something was changed.
        age(place.0.path());
        let other = recreate(place.path());
        let path = if is_link { link } else { place.path() };
        assert_eq!(&*read_at_rest(&path).unwrap().bytes, format!("{SOURCE}{FOREIGN}").as_bytes());
        other.join().unwrap();
    }
}

#[test]
fn file_9_a_file_that_is_away_for_good_is_not_waited_for_without_end() {
    let place = Place::new();
    fs::remove_file(place.path()).unwrap();
    let start = Instant::now();
    assert_eq!(read_at_rest(&place.path()).unwrap_err().code(), ErrorCode::FileMissing);
    assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
    // Nobody removed it just now.
    age(&place.folder());
    let start = Instant::now();
    assert_eq!(read_at_rest(&place.path()).unwrap_err().code(), ErrorCode::FileMissing);
    assert!(start.elapsed() < Duration::from_millis(500), "{:?}", start.elapsed());
}

#[test]
fn file_9_a_file_that_is_away_after_it_was_read_is_no_reason_to_refuse() {
    let place = Place::new();
    let checked = read_at_rest(&place.path()).unwrap();
    let file = CredentialsFile::of_operator(Some(&place.path()), &environment()).unwrap();
    fs::remove_file(place.path()).unwrap();
    assert_eq!(file.check_replaceable(&checked).unwrap(), [""; 0]);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(file.try_out(&checked)).unwrap();
}

/// Windows moves no directory in which a file is open.
fn is_still_there(moved: io::Result<()>) -> bool {
    moved.map_or_else(|error| cfg!(windows) && error.kind() == io::ErrorKind::PermissionDenied, |()| false)
}

#[test]
fn file_3_a_folder_that_is_moved_away_keeps_the_old_file_and_no_secret_beside_it() {
    for step in Step::ALL.into_iter().filter(|&step| step != Step::SyncFolder) {
        let place = Place::new();
        let moved = place.0.path().join("moved");
        let mut is_moved = Ok(());
        let written = place.write(&mut before(step, || is_moved = fs::rename(place.folder(), &moved)));
        if is_still_there(is_moved) {
            written.unwrap();
            assert_eq!((place.read(), place.leftovers()), (with_session(SOURCE), NONE), "{step:?}");
            continue;
        }
        written.unwrap_err();
        assert_eq!(fs::read_to_string(moved.join("credentials")).unwrap(), SOURCE, "{step:?}");
        for left in place.leftovers() {
            assert_eq!(fs::metadata(left).unwrap().len(), 0, "{step:?}");
        }
    }
}
