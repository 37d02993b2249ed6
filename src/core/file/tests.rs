//! Faults on purpose at every step of a write (FILE-3, FILE-5): failures, kills, foreign programs.

mod away;
mod late;
mod new_files;
#[cfg(unix)]
mod on_unix;
#[cfg(windows)]
mod on_windows;
#[cfg(target_os = "linux")]
mod others;

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc::channel;
use std::time::Duration;

use tempfile::TempDir;

use crate::core::block::change::Change;
use crate::core::block::edit::ManagedBlock;
use crate::core::block::error::BlockError;
use crate::core::block::layout::Layout;
use crate::core::environment::Environment;
use crate::core::error::{Error, ErrorCode, Result};
use crate::core::file::credentials_file::{CredentialsFile, Snapshot};
use crate::core::file::replace::Replaced;
use crate::core::file::steps::{Step, hooked};
use crate::core::file::system::is_held_open;
use crate::core::reporter::Silent;
use crate::core::secret::{SecretBytes, SecretString};
use crate::core::session::SessionCredentials;

const SOURCE: &str = "\
[default]
aws_access_key_id = AKIAIOSFODNN7EXAMPLE
aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
mfa_device_arn = arn:aws:iam::123456789012:mfa/user
";
const NONE: Vec<PathBuf> = Vec::new();
const FOREIGN: &str = "[foreign]\nregion = eu-west-1\n";

/// On some systems the usual folder is behind a link.
fn tempdir() -> TempDir {
    tempfile::tempdir_in(dunce::canonicalize(std::env::temp_dir()).unwrap()).unwrap()
}

/// A folder with a credentials file.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        let place = Self(tempdir());
        fs::create_dir(place.folder()).unwrap();
        fs::write(place.path(), SOURCE).unwrap();
        set_mode(&place.path(), 0o600);
        // A file that was written a moment ago may still be being written.
        std::thread::sleep(Duration::from_millis(40));
        place
    }

    fn folder(&self) -> PathBuf {
        self.0.path().join("aws")
    }

    fn path(&self) -> PathBuf {
        self.folder().join("credentials")
    }

    fn read(&self) -> String {
        fs::read_to_string(self.path()).unwrap()
    }

    fn leftovers(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        for folder in [self.folder(), self.0.path().join("moved")] {
            let entries = fs::read_dir(folder).into_iter().flatten();
            found.extend(
                entries
                    .map(|entry| entry.unwrap().path())
                    .filter(|path| path.file_name().unwrap().to_str().unwrap().contains(".updsts-")),
            );
        }
        found
    }

    fn write(&self, observer: &mut dyn WriteObserver) -> Result<Replaced> {
        write(&self.path(), observer)
    }
}

/// The turns' folder is for the tests alone, and the same for all of them.
fn environment() -> Environment {
    let folder = std::env::temp_dir().join("updsts-test-turns");
    Environment::fixed([("HOME", folder.as_path()), ("LOCALAPPDATA", &folder)])
}

fn update(file: &[u8], source: &str, session_profile: &str) -> Result<SecretBytes, BlockError> {
    let credentials = SessionCredentials {
        access_key_id: "ASIAIOSFODNN7EXAMPLE".into(),
        secret_access_key: SecretString::from("wJalrXUtnFEMI/K7MDENG/bPxRfiCYzEXAMPLEKEY"),
        session_token: SecretString::from("AQoDYXdzEJr1K5EXAMPLESESSIONTOKEN"),
        expiration: "2026-11-24T12:43:07+09:00".parse().unwrap(),
    };
    let expiration = "2026-11-24T12:43:07+09:00";
    let block = ManagedBlock::new(source.as_bytes(), session_profile, &credentials, expiration);
    Ok(Change::write(&Layout::of(file), &block)?.file)
}

fn clear(file: &[u8], source: &str) -> SecretBytes {
    let layout = Layout::of(file);
    Change::remove(&layout, layout.block_of(source.as_bytes()).unwrap()).unwrap().file
}

/// Puts a session of `default` into the file, as `get` does.
fn session(old: &Snapshot) -> Result<Option<SecretBytes>> {
    if !old.bytes.starts_with(b"[default]") {
        return Err(Error::new(ErrorCode::KeyMissing, "the key is no longer there", "find out what changed the file"));
    }
    let new = update(&old.bytes, "default", "default_sts").map_err(|error| error.at(Path::new("credentials")))?;
    Ok((new != old.bytes).then_some(new))
}

type Edit = dyn FnMut(&Snapshot) -> Result<Option<SecretBytes>> + Send;

fn write(path: &Path, observer: &mut dyn WriteObserver) -> Result<Replaced> {
    write_edit(path, &mut session, observer)
}

/// Writes in a thread of its own, so that the observer may borrow what it likes.
fn write_edit(path: &Path, edit: &mut Edit, observer: &mut dyn WriteObserver) -> Result<Replaced> {
    let file = CredentialsFile::of_operator(Some(path), &environment()).unwrap();
    let checked = file.read().unwrap();
    std::thread::scope(|scope| {
        let (step_out, step_in) = channel();
        let (answer_out, answer_in) = channel();
        let writer = scope.spawn(move || {
            let hook = move |step| {
                step_out.send(step).unwrap();
                answer_in.recv().unwrap()
            };
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            hooked(hook, || runtime.block_on(file.replace(&checked, edit, &Silent)))
        });
        for step in step_in {
            answer_out.send(observer.before(step)).unwrap();
        }
        writer.join().unwrap()
    })
}

/// Sees each step before it happens, and may make it fail.
trait WriteObserver {
    fn before(&mut self, step: Step) -> io::Result<()>;
}

struct Unobserved;

impl WriteObserver for Unobserved {
    fn before(&mut self, _step: Step) -> io::Result<()> {
        Ok(())
    }
}

/// Does something before the first time that a step happens.
struct Before<F>(Step, Option<F>);

impl<F: FnOnce() -> io::Result<()>> WriteObserver for Before<F> {
    fn before(&mut self, step: Step) -> io::Result<()> {
        match (step == self.0, &mut self.1) {
            (true, work @ Some(_)) => work.take().unwrap()(),
            _ => Ok(()),
        }
    }
}

fn before(step: Step, work: impl FnOnce()) -> Before<impl FnOnce() -> io::Result<()>> {
    let work = move || {
        work();
        Ok(())
    };
    Before(step, Some(work))
}

#[cfg(unix)]
fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[cfg(unix)]
fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// Windows has no modes.
#[cfg(windows)]
fn set_mode(_path: &Path, _mode: u32) {}

fn with_session(file: &str) -> String {
    String::from_utf8(update(file.as_bytes(), "default", "default_sts").unwrap().to_vec()).unwrap()
}

/// Whether the last comparison comes after this step.
fn is_compared_after(step: Step) -> bool {
    !matches!(step, Step::Rename | Step::SyncFolder)
}

/// At each step before the last comparison, at the same time: refusals take half a second each.
fn at_each_step(work: impl Fn(Step) + Sync) {
    std::thread::scope(|scope| {
        for step in Step::ALL.into_iter().filter(|&step| is_compared_after(step)) {
            let work = &work;
            scope.spawn(move || work(step));
        }
    });
}

#[test]
fn file_3_each_step_that_fails_leaves_the_old_file_and_nothing_beside_it() {
    for step in Step::ALL {
        for (fault, code) in [
            (io::ErrorKind::StorageFull, ErrorCode::WriteFailed),
            (io::ErrorKind::PermissionDenied, ErrorCode::NotWritable),
            (io::ErrorKind::Other, ErrorCode::WriteFailed),
        ] {
            let place = Place::new();
            let written = place.write(&mut Before(step, Some(|| Err(fault.into()))));
            if step == Step::SyncFolder {
                let warnings = written.unwrap().warnings;
                assert!(warnings.len() == 1 && warnings[0].contains("could not be synced"), "{warnings:?}");
                assert_eq!(place.read(), with_session(SOURCE));
            } else {
                assert_eq!(written.unwrap_err().code(), code, "{step:?} {fault:?}");
                assert_eq!(place.read(), SOURCE, "{step:?}");
            }
            assert_eq!(place.leftovers(), NONE, "{step:?} {fault:?}");
        }
    }
}

#[test]
fn file_5_what_a_foreign_program_appends_at_any_step_is_kept() {
    for step in Step::ALL {
        let place = Place::new();
        let append =
            || OpenOptions::new().append(true).open(place.path()).unwrap().write_all(FOREIGN.as_bytes()).unwrap();
        place.write(&mut before(step, append)).unwrap();
        let (before, after) =
            (with_session(&format!("{SOURCE}{FOREIGN}")), format!("{}{FOREIGN}", with_session(SOURCE)));
        // Where open files cannot be replaced, the file is compared again at the rename.
        let expected: &[_] = match step {
            _ if is_compared_after(step) => &[before],
            Step::Rename if cfg!(windows) => &[before, after],
            _ => &[after],
        };
        assert!(expected.contains(&place.read()), "{step:?}: {}", place.read());
        assert_eq!(place.leftovers(), NONE);
    }
}

#[test]
fn file_5_a_foreign_rewrite_in_place_before_the_last_comparison_is_kept() {
    for step in Step::ALL.into_iter().filter(|&step| is_compared_after(step)) {
        let place = Place::new();
        let rewrite = || fs::write(place.path(), format!("{SOURCE}{FOREIGN}")).unwrap();
        place.write(&mut before(step, rewrite)).unwrap();
        assert_eq!(place.read(), with_session(&format!("{SOURCE}{FOREIGN}")), "{step:?}");
    }
}

#[test]
fn file_5_a_foreign_replacement_before_the_last_comparison_is_kept() {
    for step in Step::ALL.into_iter().filter(|&step| is_compared_after(step)) {
        let place = Place::new();
        let mut replaced = Ok(());
        let replace = || {
            let new = place.folder().join("theirs");
            fs::write(&new, format!("{SOURCE}{FOREIGN}")).unwrap();
            set_mode(&new, 0o400);
            replaced = fs::rename(new, place.path());
        };
        place.write(&mut before(step, replace)).unwrap();
        // Where open files cannot be replaced, the other program must wait as well.
        let expected = match replaced {
            Err(error) if cfg!(windows) && step != Step::Lock && is_held_open(&error) => with_session(SOURCE),
            replaced => replaced.map(|()| with_session(&format!("{SOURCE}{FOREIGN}"))).unwrap(),
        };
        assert_eq!(place.read(), expected, "{step:?}");
        #[cfg(unix)]
        assert_eq!(mode(&place.path()), 0o400, "{step:?}");
    }
}

#[test]
fn file_5_a_file_that_is_truncated_to_be_rewritten_is_waited_for() {
    let place = Place::new();
    let path = place.path();
    let mut writer = None;
    let truncate = || {
        let mut open = OpenOptions::new().write(true).truncate(true).open(&path).unwrap();
        writer = Some(std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(100));
            open.write_all(SOURCE.as_bytes()).unwrap();
            open.write_all(FOREIGN.as_bytes()).unwrap();
        }));
    };
    place.write(&mut before(Step::Read, truncate)).unwrap();
    writer.unwrap().join().unwrap();
    assert_eq!(place.read(), with_session(&format!("{SOURCE}{FOREIGN}")));
}

#[test]
fn file_5_a_file_that_was_written_a_moment_ago_is_left_alone_for_a_moment() {
    let place = Place::new();
    let mut open = OpenOptions::new().write(true).truncate(true).open(place.path()).unwrap();
    open.write_all(SOURCE.as_bytes()).unwrap();
    let writer = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(15));
        open.write_all(FOREIGN.as_bytes()).unwrap();
    });
    // Without a pause it would all be over by then.
    place.write(&mut Unobserved).unwrap();
    writer.join().unwrap();
    assert_eq!(place.read(), with_session(&format!("{SOURCE}{FOREIGN}")));
}

#[test]
fn file_3_a_file_or_folder_that_vanishes_is_an_error_and_is_not_made_again() {
    at_each_step(|step| {
        let place = Place::new();
        place.write(&mut before(step, || fs::remove_file(place.path()).unwrap())).unwrap_err();
        assert!(!place.path().exists(), "{step:?}");
        assert_eq!(place.leftovers(), NONE, "{step:?}");

        let place = Place::new();
        place.write(&mut before(step, || fs::remove_dir_all(place.folder()).unwrap())).unwrap_err();
        assert!(!place.folder().exists(), "{step:?}");
    });
}

#[test]
fn file_3_a_new_file_in_use_is_not_taken_for_one_left_by_a_kill() {
    let place = Place::new();
    let in_use = || {
        let name = place.leftovers().pop().unwrap();
        let other = place.folder().join("other");
        fs::write(&other, SOURCE).unwrap();
        std::thread::sleep(Duration::from_millis(40));
        std::thread::scope(|scope| scope.spawn(|| write(&other, &mut Unobserved).unwrap()).join().unwrap());
        assert!(name.exists());
    };
    place.write(&mut before(Step::SyncFile, in_use)).unwrap();
    assert_eq!(place.read(), with_session(SOURCE));
}

/// Puts a session of `other` into the file.
fn other_session(old: &Snapshot) -> Result<Option<SecretBytes>> {
    update(&old.bytes, "other", "other_sts").map(Some).map_err(|error| error.at(Path::new("credentials")))
}

#[test]
fn file_5_another_writer_waits_from_the_read_to_the_rename() {
    let place = Place::new();
    let path = place.path();
    let mut other = None;
    let start = || {
        let path = path.clone();
        other = Some(std::thread::spawn(move || write_edit(&path, &mut other_session, &mut Unobserved).unwrap()));
        std::thread::sleep(Duration::from_millis(300));
        assert_eq!(fs::read_to_string(place.path()).unwrap(), SOURCE);
    };
    place.write(&mut before(Step::Rename, start)).unwrap();
    other.unwrap().join().unwrap();
    let both = update(with_session(SOURCE).as_bytes(), "other", "other_sts").unwrap();
    assert_eq!(place.read().as_bytes(), &*both);
}

const KILLED: i32 = 99;

/// The process that [`file_3_a_kill_at_any_step_leaves_the_old_file_or_the_new_one`] kills.
#[test]
#[ignore = "started by the test of a kill"]
fn a_writer_that_kills_itself() {
    let path = std::env::var_os("UPDSTS_TEST_FILE").unwrap();
    let step = std::env::var("UPDSTS_TEST_STEP").unwrap();
    let step = Step::ALL.into_iter().find(|known| format!("{known:?}") == step).unwrap();
    // As little happens at such an end as at a kill.
    let kill = || std::process::exit(KILLED);
    let _ = write(Path::new(&path), &mut before(step, kill));
}

#[test]
fn file_3_a_kill_at_any_step_leaves_the_old_file_or_the_new_one() {
    for step in Step::ALL {
        let place = Place::new();
        let status = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "core::file::tests::a_writer_that_kills_itself", "--ignored"])
            .env("UPDSTS_TEST_FILE", place.path())
            .env("UPDSTS_TEST_STEP", format!("{step:?}"))
            .output()
            .unwrap()
            .status;
        assert_eq!(status.code(), Some(KILLED), "{step:?}");
        let expected = if step == Step::SyncFolder { with_session(SOURCE) } else { SOURCE.to_owned() };
        assert_eq!(place.read(), expected, "{step:?}");
        // Whoever writes next finds no lock and leaves nothing behind.
        if step == Step::SyncFolder {
            let file = clear(place.read().as_bytes(), "default");
            fs::write(place.path(), &*file).unwrap();
        }
        place.write(&mut Unobserved).unwrap();
        assert_eq!(place.read(), with_session(SOURCE), "{step:?}");
        assert_eq!(place.leftovers(), NONE, "{step:?}");
    }
}
