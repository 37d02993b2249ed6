use std::fs;
#[cfg(unix)]
use std::os::unix::fs::{PermissionsExt, symlink};
#[cfg(windows)]
use std::os::windows::fs::symlink_file as symlink;
use std::path::PathBuf;

use tempfile::TempDir;

use std::time::Duration;

use super::*;
use crate::core::error::CodeSpent;
use crate::core::turn::folder;

struct Place {
    folder: TempDir,
    environment: Environment,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let environment = Environment::fixed(["XDG_RUNTIME_DIR", "LOCALAPPDATA"].map(|name| (name, folder.path())));
        Self { folder, environment }
    }

    fn join(&self, source: &str) -> Queue {
        Queue::join(Path::new("/credentials"), &ProfileName::parse(source).unwrap(), &self.environment).unwrap()
    }

    fn own(&self) -> PathBuf {
        self.folder.path().join("updsts")
    }

    /// The file of the only turn.
    fn file(&self) -> PathBuf {
        let mut files = fs::read_dir(self.own()).unwrap().map(|entry| entry.unwrap().path());
        files.find(|path| path.extension().is_some_and(|extension| extension == "turn")).unwrap()
    }

    fn refused(&self) -> String {
        Queue::join(Path::new("/credentials"), &ProfileName::parse("a").unwrap(), &self.environment).err().unwrap()
    }
}

fn refusal() -> Error {
    Error::new(ErrorCode::CodeRefused, "AWS refused the code", "wait for the next one").after_request(CodeSpent::Yes)
}

async fn turn(queue: &Queue) -> Turn<'_> {
    match queue.wait(|| false, |_| {}).await {
        Ok(Waited::Turn(turn)) => turn,
        _ => panic!("no turn"),
    }
}

/// Whether the turn is to be had at this moment.
async fn is_free(queue: &Queue) -> bool {
    tokio::time::timeout(Duration::from_millis(100), turn(queue)).await.is_ok()
}

#[tokio::test]
async fn get_7_one_caller_at_a_time_has_the_turn_of_a_source_profile() {
    let place = Place::new();
    let (first, second, other) = (place.join("a"), place.join("a"), place.join("b"));
    let held = turn(&first).await;
    assert!(!is_free(&second).await);
    assert!(is_free(&other).await);
    drop(held);
    assert!(is_free(&second).await);
}

#[tokio::test]
async fn get_7_a_refusal_is_for_those_who_waited_and_asked_the_same() {
    let place = Place::new();
    let (first, waiting, other_region) = (place.join("a"), place.join("a"), place.join("a"));
    let held = turn(&first).await;
    held.hand_on("same", &refusal());
    drop(held);
    assert_eq!(turn(&waiting).await.refusal_of("same"), Some(refusal()));
    assert_eq!(turn(&other_region).await.refusal_of("not the same"), None);
    let later = place.join("a");
    assert_eq!(turn(&later).await.refusal_of("same"), None);
}

#[tokio::test]
async fn get_7_a_wait_ends_where_the_session_is_renewed_without_a_turn() {
    let place = Place::new();
    let (first, second) = (place.join("a"), place.join("a"));
    let _held = turn(&first).await;
    assert!(matches!(second.wait(|| true, |_| {}).await, Ok(Waited::Done)));
}

#[tokio::test]
async fn get_7_what_stands_in_the_file_of_a_turn_by_accident_harms_nothing() {
    let place = Place::new();
    let _ = place.join("a");
    let path = place.file();
    let forged = r#"{"id":"","request":"same","code":"no_such_code","message":"","hint":"","code_spent":"yes"}"#;
    for content in ["", "{", "\0\0", forged, &"x".repeat(100_000)] {
        let queue = place.join("a");
        fs::write(&path, content).unwrap();
        assert_eq!(turn(&queue).await.refusal_of("same"), None);
    }
}

#[cfg(unix)]
#[test]
fn get_7_folder_and_file_are_the_users_alone() {
    let place = Place::new();
    let _ = place.join("a");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&place.own()), 0o700);
    let file = fs::read_dir(place.own()).unwrap().next().unwrap().unwrap();
    assert_eq!(mode(&file.path()), 0o600);
    assert!(file.file_name().to_str().unwrap().bytes().all(|b| b.is_ascii_hexdigit() || b".turn".contains(&b)));
}

#[cfg(unix)]
#[test]
fn get_7_a_folder_that_others_could_write_is_not_used() {
    let place = Place::new();
    fs::create_dir(place.own()).unwrap();
    fs::set_permissions(place.own(), fs::Permissions::from_mode(0o777)).unwrap();
    assert!(place.refused().ends_with("others can write to it"));

    let place = Place::new();
    symlink("/tmp", place.own()).unwrap();
    assert!(place.refused().ends_with("it is not a directory"));

    let place = Place::new();
    fs::write(place.own(), "a file").unwrap();
    assert!(place.refused().ends_with("it is not a directory"));
}

#[test]
fn get_7_a_link_or_fifo_in_place_of_the_file_is_not_opened() {
    let place = Place::new();
    let _ = place.join("a");
    let path = place.file();
    let victim = place.folder.path().join("victim");
    fs::write(&victim, "mine").unwrap();
    fs::remove_file(&path).unwrap();
    // On Windows not everybody may make a link.
    let made = symlink(&victim, &path);
    if path.is_symlink() {
        place.refused();
        assert_eq!(fs::read_to_string(&victim).unwrap(), "mine");
        fs::remove_file(&path).unwrap();
    } else if cfg!(unix) {
        panic!("{made:?}");
    }
    fs::create_dir(&path).unwrap();
    place.refused();
    fs::remove_dir(&path).unwrap();
    #[cfg(unix)]
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    #[cfg(unix)]
    assert_eq!(place.refused(), "it is not a regular file");
}

/// The variables that lead to a folder, the one that counts most first, with the folder for turns in it.
#[cfg(unix)]
const LEAD: [(&str, &str, &str); 3] =
    [("XDG_RUNTIME_DIR", "run", "updsts"), ("XDG_CACHE_HOME", "cache", "updsts"), ("HOME", "home", ".cache/updsts")];
#[cfg(windows)]
const LEAD: [(&str, &str, &str); 2] =
    [("LOCALAPPDATA", "local", "updsts"), ("USERPROFILE", "home", "AppData/Local/updsts")];

#[test]
fn get_7_the_runtime_folder_comes_before_the_cache_folder_and_it_before_the_default() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let place = |variables: &[(&str, PathBuf)]| {
        let environment = Environment::fixed(variables.iter().map(|(name, path)| (name, path)));
        folder::open(&environment)
    };
    for (_, folder, _) in LEAD {
        fs::create_dir(at(folder)).unwrap();
    }
    for first in 0..LEAD.len() {
        let variables: Vec<_> = LEAD[first..].iter().map(|&(name, folder, _)| (name, at(folder))).collect();
        assert_eq!(place(&variables).unwrap(), at(LEAD[first].1).join(LEAD[first].2), "{variables:?}");
    }
    // A relative path, which the specification forbids.
    let [.., (second, ..), (home, at_home, in_it)] = LEAD;
    assert_eq!(place(&[(home, at(at_home)), (second, "cache".into())]).unwrap(), at(at_home).join(in_it));
    // A file in the way.
    fs::write(at("blocked"), "").unwrap();
    let blocked = place(&[(home, at(at_home)), (LEAD[0].0, at("blocked"))]);
    if cfg!(windows) {
        // There is no other folder that all programs of the user agree on.
        blocked.unwrap_err();
    } else {
        assert_eq!(blocked.unwrap(), at(at_home).join(in_it));
    }
}

#[tokio::test]
async fn ship_6_a_refusal_from_before_is_known_while_another_caller_has_the_turn() {
    let place = Place::new();
    let first = place.join("a");
    let held = turn(&first).await;
    held.hand_on("same", &refusal());
    // It came after the refusal, and waits for the turn.
    let later = place.join("a");
    assert!(!is_free(&later).await);
    drop(held);
    assert_eq!(turn(&later).await.refusal_of("same"), None);
}
