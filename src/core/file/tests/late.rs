//! Programs that write to the replaced file through a descriptor from before (FILE-5). Where an open file cannot be
//! replaced, as on some file systems of Windows, that is said, and the file is theirs.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Duration;

use super::{FOREIGN, NONE, Place, SOURCE, WriteObserver, before, with_session};
use crate::core::error::{ErrorCode, Result};
use crate::core::file::replace::Replaced;
use crate::core::file::steps::Step;

/// How the open file was replaced; `None` if the system does not let it be, and only what the other program wrote is in
/// it.
fn replaced(place: &Place, written: Result<Replaced>, theirs: &str) -> Option<Replaced> {
    match written {
        Err(error) if cfg!(windows) && error.code() == ErrorCode::WriteFailed => {
            assert!(error.hint().starts_with("close the program that has the file open"), "{error:?}");
            assert_eq!((place.read().as_str(), place.leftovers()), (theirs, NONE));
            None
        }
        written => Some(written.unwrap()),
    }
}

#[test]
fn file_5_what_is_appended_through_a_descriptor_from_before_the_rename_is_kept() {
    for step in [Step::Rename, Step::SyncFolder] {
        let place = Place::new();
        let mut open = OpenOptions::new().append(true).open(place.path()).unwrap();
        let written = place.write(&mut before(step, || open.write_all(FOREIGN.as_bytes()).unwrap()));
        let theirs = if step == Step::Rename { format!("{SOURCE}{FOREIGN}") } else { SOURCE.to_owned() };
        let Some(written) = replaced(&place, written, &theirs) else { continue };
        assert_eq!(place.read(), format!("{}{FOREIGN}", with_session(SOURCE)), "{step:?}");
        assert_eq!(written.warnings, [""; 0]);
    }
}

/// Holds the file open at each comparison, and appends to it once it is replaced.
struct LateEveryTime {
    path: PathBuf,
    held: Option<fs::File>,
    times: usize,
}

impl WriteObserver for LateEveryTime {
    fn before(&mut self, step: Step) -> io::Result<()> {
        match step {
            Step::Compare => self.held = Some(OpenOptions::new().append(true).open(&self.path)?),
            Step::SyncFolder if self.times < 3 => {
                self.times += 1;
                writeln!(self.held.take().unwrap(), "# late {}", self.times)?;
            }
            _ => {}
        }
        Ok(())
    }
}

#[test]
fn file_5_what_is_appended_to_one_replaced_file_after_the_other_is_kept_once() {
    let place = Place::new();
    let mut observer = LateEveryTime { path: place.path(), held: None, times: 0 };
    let written = place.write(&mut observer);
    let Some(written) = replaced(&place, written, SOURCE) else { return };
    assert_eq!(place.read(), format!("{}# late 1\n# late 2\n# late 3\n", with_session(SOURCE)));
    assert_eq!(written.warnings, [""; 0]);
}

#[test]
fn file_5_a_late_line_that_does_not_fit_the_block_is_kept() {
    let place = Place::new();
    let mut open = OpenOptions::new().append(true).open(place.path()).unwrap();
    let written = place.write(&mut before(Step::SyncFolder, || open.write_all(b"[default_sts]\n").unwrap()));
    let Some(written) = replaced(&place, written, SOURCE) else { return };
    assert_eq!(place.read(), format!("{}[default_sts]\n", with_session(SOURCE)));
    assert_eq!(written.warnings, [""; 0]);
}

#[test]
fn file_5_a_fault_while_a_late_line_is_kept_is_no_failure_of_the_session() {
    let place = Place::new();
    let old = OpenOptions::new().append(true).open(place.path()).unwrap();
    let written = place.write(&mut FullOnceWritten(&old, false));
    let Some(written) = replaced(&place, written, SOURCE) else { return };
    assert_eq!(place.read(), with_session(SOURCE));
    assert!(written.warnings[0].contains("its change is lost"), "{:?}", written.warnings);
    assert_eq!(place.leftovers(), NONE);
}

/// Appends to the replaced file, and fills the disk.
struct FullOnceWritten<'a>(&'a fs::File, bool);

impl WriteObserver for FullOnceWritten<'_> {
    fn before(&mut self, step: Step) -> io::Result<()> {
        if step == Step::SyncFolder {
            self.1 = true;
            self.0.write_all(FOREIGN.as_bytes())?;
        } else if self.1 && step == Step::Write {
            return Err(io::ErrorKind::StorageFull.into());
        }
        Ok(())
    }
}

/// Appends to the replaced file as soon as it is replaced, and to the new one before the second
/// comparison.
struct TwoAppenders<'a> {
    old: &'a fs::File,
    path: PathBuf,
    compared: usize,
}

impl WriteObserver for TwoAppenders<'_> {
    fn before(&mut self, step: Step) -> io::Result<()> {
        self.compared += usize::from(step == Step::Compare);
        match (step, self.compared) {
            (Step::SyncFolder, 1) => self.old.write_all(b"# to the old file\n"),
            (Step::Compare, 2) => OpenOptions::new().append(true).open(&self.path)?.write_all(FOREIGN.as_bytes()),
            _ => Ok(()),
        }
    }
}

#[test]
fn file_5_what_is_appended_to_the_old_file_and_to_the_new_one_is_kept() {
    let place = Place::new();
    let old = OpenOptions::new().append(true).open(place.path()).unwrap();
    let mut observer = TwoAppenders { old: &old, path: place.path(), compared: 0 };
    let written = place.write(&mut observer);
    let theirs = format!("{SOURCE}{FOREIGN}");
    let Some(written) = replaced(&place, written, &theirs) else { return };
    assert_eq!(place.read(), format!("{}{FOREIGN}# to the old file\n", with_session(SOURCE)));
    assert_eq!(written.warnings, [""; 0]);
}

#[test]
fn file_5_a_late_change_that_does_not_take_the_session_is_said() {
    let place = Place::new();
    let open = OpenOptions::new().write(true).open(place.path()).unwrap();
    let written = place.write(&mut before(Step::SyncFolder, || open.set_len(0).unwrap()));
    let Some(written) = replaced(&place, written, SOURCE) else { return };
    assert_eq!(place.read(), with_session(SOURCE));
    assert!(written.warnings[0].contains("its change is lost"), "{:?}", written.warnings);
}

#[test]
fn file_5_a_replaced_file_that_is_still_being_rewritten_is_left_to_its_writer() {
    // On a busy machine the other writer may pause for longer than anybody waits.
    let outcomes: Vec<_> =
        (0..5).map(|_| write_beside_a_slow_writer()).take_while(|(read, expected)| read != expected).collect();
    assert!(outcomes.len() < 5, "{:?}", outcomes.last());
}

/// What the file holds in the end, with the warnings, and what it should hold.
fn write_beside_a_slow_writer() -> (String, String) {
    let place = Place::new();
    let start = SOURCE.replace("mfa_device_arn", "region = eu-west-1\nmfa_device_arn") + FOREIGN;
    let theirs = format!("{start}[last]\nregion = eu-west-2\n");
    let mut open = OpenOptions::new().write(true).open(place.path()).unwrap();
    let (mut writer, half) = (None, start.len());
    let rewrite = || {
        let theirs = theirs.clone();
        writer = Some(std::thread::spawn(move || {
            open.set_len(0).unwrap();
            std::thread::sleep(Duration::from_millis(45));
            // The key is there again, and the rest is still missing.
            open.write_all(&theirs.as_bytes()[..half]).unwrap();
            for part in theirs.as_bytes()[half..].chunks(4) {
                std::thread::sleep(Duration::from_millis(10));
                open.write_all(part).unwrap();
            }
        }));
    };
    let written = place.write(&mut before(Step::SyncFolder, rewrite));
    let Some(written) = replaced(&place, written, SOURCE) else { return (String::new(), String::new()) };
    writer.unwrap().join().unwrap();
    (place.read() + &written.warnings.concat(), with_session(&theirs))
}
