//! Another user who may write to the directories on the way changes them at each step of a write (FILE-9).

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, chown, symlink};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with};
use tempfile::TempDir;

use super::on_unix::skipped;
use super::{FOREIGN, NONE, Place, SOURCE, Step, WriteObserver};
use super::{at_each_step, before, set_mode, with_session, write};
use crate::core::error::ErrorCode;
use crate::core::file::new_file::NewFile;
use crate::core::file::system::Folder;

fn exchange(a: &Path, b: &Path) {
    renameat_with(CWD, a, CWD, b, RenameFlags::EXCHANGE).unwrap();
}

/// A directory that others cannot write to, with a credentials file of its own.
struct Vault(TempDir);

impl Vault {
    fn new() -> Self {
        let vault = Self(super::tempdir());
        let aws = vault.0.path().join("aws");
        fs::create_dir(&aws).unwrap();
        fs::write(aws.join("credentials"), SOURCE).unwrap();
        set_mode(&aws.join("credentials"), 0o600);
        vault
    }

    fn aws(&self) -> PathBuf {
        self.0.path().join("aws")
    }

    #[track_caller]
    fn expect_untouched(&self) {
        let names: Vec<_> = fs::read_dir(self.aws()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, ["credentials"]);
        assert_eq!(fs::read_to_string(self.aws().join("credentials")).unwrap(), SOURCE);
    }
}

/// A link beside the directory, to be exchanged for it.
fn link_to(place: &Place, target: &Path) -> PathBuf {
    let link = place.0.path().join("link");
    symlink(target, &link).unwrap();
    link
}

#[test]
fn file_9_a_directory_that_is_exchanged_for_a_link_is_file_changed_and_nothing_is_written_behind_it() {
    for step in Step::ALL {
        let (place, vault) = (Place::new(), Vault::new());
        let link = link_to(&place, &vault.aws());
        let written = place.write(&mut before(step, || exchange(&place.folder(), &link)));
        vault.expect_untouched();
        let real = fs::read_to_string(link.join("credentials")).unwrap();
        if step == Step::SyncFolder {
            written.unwrap();
            assert_eq!(real, with_session(SOURCE));
        } else {
            assert_eq!(written.unwrap_err().code(), ErrorCode::FileChanged, "{step:?}");
            assert_eq!(real, SOURCE, "{step:?}");
        }
        assert_eq!(fs::read_dir(link).unwrap().count(), 1, "{step:?}");
    }
}

/// Exchanges the two before one step and back before the next.
struct ForOneStep<'a>(usize, &'a Path, &'a Path);

impl WriteObserver for ForOneStep<'_> {
    fn before(&mut self, _step: Step) -> io::Result<()> {
        if matches!(self.0, 0 | 1) {
            exchange(self.1, self.2);
        }
        self.0 = self.0.wrapping_sub(1);
        Ok(())
    }
}

#[test]
fn file_9_a_directory_that_is_a_link_for_one_step_is_written_or_refused_and_never_the_one_behind_it() {
    for steps in 1..=Step::ALL.len() {
        let (place, vault) = (Place::new(), Vault::new());
        let link = link_to(&place, &vault.aws());
        let written = place.write(&mut ForOneStep(steps, &place.folder(), &link));
        vault.expect_untouched();
        let folder = if place.folder().is_symlink() { link } else { place.folder() };
        let expected = if written.is_ok() { with_session(SOURCE) } else { SOURCE.to_owned() };
        assert_eq!(fs::read_to_string(folder.join("credentials")).unwrap(), expected, "{steps}");
        assert_eq!(fs::read_dir(folder).unwrap().count(), 1, "{steps}");
    }
}

#[test]
fn file_9_a_directory_further_up_that_is_exchanged_for_a_link_is_file_changed() {
    for step in Step::ALL.into_iter().filter(|&step| step != Step::SyncFolder) {
        let (outer, vault) = (super::tempdir(), Vault::new());
        let (base, link) = (outer.path().join("base"), outer.path().join("link"));
        fs::create_dir_all(base.join("aws")).unwrap();
        let file = base.join("aws/credentials");
        fs::write(&file, SOURCE).unwrap();
        set_mode(&file, 0o600);
        symlink(vault.0.path(), &link).unwrap();
        let error = write(&file, &mut before(step, || exchange(&base, &link))).unwrap_err();
        assert_eq!(error.code(), ErrorCode::FileChanged, "{step:?}");
        vault.expect_untouched();
        assert_eq!(fs::read_to_string(link.join("aws/credentials")).unwrap(), SOURCE);
    }
}

#[test]
fn file_9_no_link_on_the_way_to_the_directory_is_followed_once_the_path_is_resolved() {
    let (place, vault) = (Place::new(), Vault::new());
    Folder::open(&vault.aws()).unwrap();
    let link = link_to(&place, vault.0.path());
    assert_eq!(Folder::open(&link.join("aws")).unwrap_err().kind(), io::ErrorKind::NotFound);
    let link = vault.0.path().join("last");
    symlink(vault.aws(), &link).unwrap();
    assert!(Folder::open(&link).is_err());
}

#[test]
fn file_9_a_file_that_becomes_a_link_out_of_its_directory_is_file_changed() {
    for step in Step::ALL.into_iter().filter(|&step| step != Step::SyncFolder) {
        let (place, vault) = (Place::new(), Vault::new());
        let link = link_to(&place, &vault.aws().join("credentials"));
        let error = place.write(&mut before(step, || exchange(&place.path(), &link))).unwrap_err();
        assert_eq!(error.code(), ErrorCode::FileChanged, "{step:?}");
        vault.expect_untouched();
        assert!(place.path().is_symlink() && place.leftovers() == NONE, "{step:?}");
    }
}

#[test]
fn file_9_a_file_of_another_owner_or_group_gets_no_session() {
    if !rustix::process::geteuid().is_root() {
        return skipped("only root can give a file to another owner");
    }
    for (owner, group, mode) in [(Some(12_345), None, 0o600), (None, Some(54_321), 0o640)] {
        at_each_step(|step| {
            let place = Place::new();
            set_mode(&place.path(), mode);
            let theirs = place.folder().join("theirs");
            fs::write(&theirs, format!("{SOURCE}{FOREIGN}")).unwrap();
            set_mode(&theirs, mode);
            chown(&theirs, owner, group).unwrap();
            let swap = || fs::rename(&theirs, place.path()).unwrap();
            assert_eq!(place.write(&mut before(step, swap)).unwrap_err().code(), ErrorCode::FileChanged, "{step:?}");
            assert_eq!(place.read(), format!("{SOURCE}{FOREIGN}"), "{step:?}");
            assert_eq!(place.leftovers(), NONE, "{step:?}");
        });
    }
}

#[test]
fn file_9_another_group_without_access_is_no_reason_to_refuse() {
    if !rustix::process::geteuid().is_root() {
        return skipped("only root can give a file to another group");
    }
    let place = Place::new();
    place.write(&mut before(Step::Read, || chown(place.path(), None, Some(54_321)).unwrap())).unwrap();
    assert_eq!(fs::metadata(place.path()).unwrap().gid(), 54_321);
    assert_eq!(place.read(), with_session(SOURCE));
}

#[test]
fn file_9_a_mode_that_lets_others_in_is_file_changed() {
    for mode in [0o604, 0o620, 0o660] {
        at_each_step(|step| {
            let place = Place::new();
            let error = place.write(&mut before(step, || set_mode(&place.path(), mode))).unwrap_err();
            assert_eq!(error.code(), ErrorCode::FileChanged, "{step:?}");
            assert!(error.message().contains("more access"), "{error:?}");
            assert_eq!((place.read().as_str(), super::mode(&place.path())), (SOURCE, mode), "{step:?}");
            assert_eq!(place.leftovers(), NONE, "{step:?}");
        });
    }
}

#[test]
fn file_9_a_mode_that_lets_others_in_for_a_moment_is_waited_for() {
    let place = Place::new();
    let path = place.path();
    let mut writer = None;
    let open = || {
        set_mode(&path, 0o644);
        let path = path.clone();
        writer = Some(std::thread::spawn(move || {
            std::thread::sleep(std::time::Duration::from_millis(60));
            set_mode(&path, 0o600);
        }));
    };
    place.write(&mut before(Step::Read, open)).unwrap();
    writer.unwrap().join().unwrap();
    assert_eq!((place.read(), super::mode(&place.path())), (with_session(SOURCE), 0o600));
}

#[test]
fn file_9_a_leftover_that_is_a_link_is_left_alone() {
    let (place, vault) = (Place::new(), Vault::new());
    let leftover = place.folder().join(".credentials.updsts-0123456789abcdef");
    symlink(vault.aws().join("credentials"), &leftover).unwrap();
    place.write(&mut super::Unobserved).unwrap();
    vault.expect_untouched();
    assert!(leftover.is_symlink());
}

#[test]
fn file_3_a_rename_that_was_made_although_it_is_reported_as_failed_leaves_the_new_file_whole() {
    let place = Place::new();
    let folder = Folder::open(&place.folder()).unwrap();
    let mut new = NewFile::create(&folder, &fs::File::open(place.path()).unwrap(), "credentials".as_ref()).unwrap();
    new.write(SOURCE.as_bytes()).unwrap();
    // As when the answer of a network file system was lost, and it is asked again.
    fs::rename(place.leftovers().pop().unwrap(), place.path()).unwrap();
    assert!(new.replace("credentials".as_ref(), &mut None, b"").unwrap());
    assert_eq!(place.read(), SOURCE);
}
