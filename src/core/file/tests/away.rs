//! A file that another program removes and creates anew (FILE-9, FILE-5).

use std::fs;
use std::path::{Path, PathBuf};
use std::thread::{sleep, spawn};
use std::time::{Duration, Instant, SystemTime};

use super::{FOREIGN, NONE, Place, SOURCE, Step, before, environment, is_compared_after, set_mode, with_session};
use crate::core::error::ErrorCode;
use crate::core::file::credentials_file::{CredentialsFile, Snapshot};

/// Removes the file, and creates another a moment later.
fn recreate(path: PathBuf) -> std::thread::JoinHandle<()> {
    fs::remove_file(&path).unwrap();
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

fn hour_ago() -> SystemTime {
    SystemTime::now() - Duration::from_hours(1)
}

fn read_at_rest(path: &Path) -> crate::core::error::Result<Snapshot> {
    let file = CredentialsFile::of_operator(Some(path), &environment()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(file.read_at_rest())
}

#[test]
fn file_9_a_file_that_is_away_for_a_moment_is_waited_for_at_the_check() {
    for is_link in [false, true] {
        let place = Place::new();
        let link = place.0.path().join("link");
        std::os::unix::fs::symlink("aws/credentials", &link).unwrap();
        // Only where the file itself is, something was changed.
        fs::File::open(place.0.path()).unwrap().set_modified(hour_ago()).unwrap();
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
    fs::File::open(place.folder()).unwrap().set_modified(hour_ago()).unwrap();
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
