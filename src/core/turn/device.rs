//! One question at a time for a device, among all processes of the user, and no window again and again (ASK-6).
//!
//! A lock on a small file, one for each device. The file says how the last question ended, and never contains a code or
//! the device's name.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::core::environment::Environment;
use crate::core::error::{Error, ErrorCode, Result};
use crate::core::session::SerialNumber;
use crate::core::text::os_error;
use crate::core::turn::folder::{self, TurnFile};
use crate::core::turn::queue::fingerprint;
use crate::core::turn::wait::{self, Ended, NoLock};

/// How long no window opens after a question without a code: after the first one, the second, and every further one.
const PAUSES: [Duration; 3] = [Duration::from_mins(1), Duration::from_mins(5), Duration::from_mins(15)];
/// The longest record that is read, in bytes.
const MOST_BYTES: u64 = 1024;

/// How the questions of this process ended, if the user has no directory for files of turns.
static MEMORY: Mutex<BTreeMap<String, Record>> = Mutex::new(BTreeMap::new());

/// How a question ended that brought no code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    Declined,
    Unanswered,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Record {
    ending: Ending,
    /// In seconds since 1970.
    at: i64,
    /// How many questions in a row ended without a code.
    count: usize,
}

impl Record {
    fn next(before: Option<Self>, ending: Ending, now: Timestamp) -> Self {
        Self { ending, at: now.as_second(), count: before.map_or(0, |record| record.count).saturating_add(1) }
    }

    fn pause(&self, now: Timestamp) -> Option<Pause> {
        let pause = PAUSES[self.count.clamp(1, PAUSES.len()) - 1];
        // A record from the future is of a clock that was wrong.
        let elapsed = u64::try_from(now.as_second() - self.at).ok()?;
        let left = pause.checked_sub(Duration::from_secs(elapsed)).filter(|left| !left.is_zero())?;
        Some(Pause { ending: self.ending, left })
    }
}

/// Why no window opens now, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pause {
    pub ending: Ending,
    pub left: Duration,
}

/// The right to ask for the code of a device. It ends on drop.
pub struct DeviceTurn(Store);

impl DeviceTurn {
    /// Waits until no other process asks for a code of this device. `notice` is told what is waited for, and why there
    /// is no turn: then everybody asks at once.
    ///
    /// Errors: `lock_timeout`.
    pub async fn take(device: &SerialNumber, environment: &Environment, notice: impl Fn(&str)) -> Result<Self> {
        let store = Store::open(device, environment);
        let problem = match &store {
            Store::Memory { reason, .. } => Some(reason.clone()),
            Store::File(file) => {
                let say = || notice("waiting for another updsts process that is asking for a code of the same device");
                match wait::lock(&file.lock, || false, say).await {
                    Ok(Ended::Locked | Ended::Done) => None,
                    Err(NoLock::Unsupported(reason)) => Some(reason),
                    Err(NoLock::TooLong) => return Err(too_long()),
                }
            }
        };
        if let Some(problem) = problem {
            notice(&format!("cannot coordinate with other updsts processes, so each may ask for a code: {problem}"));
        }
        Ok(Self(store))
    }

    /// Whether a window must not open now.
    pub fn pause(&self) -> Option<Pause> {
        self.0.read()?.pause(Timestamp::now())
    }

    /// Records a question that brought no code.
    pub fn ended(&self, ending: Ending) {
        self.0.write(Some(Record::next(self.0.read(), ending, Timestamp::now())));
    }
}

impl Drop for DeviceTurn {
    fn drop(&mut self) {
        if let Store::File(file) = &self.0 {
            // If that fails, the lock ends when the file is closed, a moment later.
            let _ = file.lock.unlock();
        }
    }
}

/// AWS accepted a code of the device: the person is there, so the pauses are over.
pub fn accepted(device: &SerialNumber, environment: &Environment) {
    let store = Store::open(device, environment);
    if store.read().is_some() {
        store.write(None);
    }
}

fn too_long() -> Error {
    let message = "another updsts process has been asking for a code of the same device for 4 minutes";
    Error::new(ErrorCode::LockTimeout, message, "answer its question or stop it, and try again")
}

enum Store {
    File(TurnFile),
    Memory { key: String, reason: String },
}

impl Store {
    fn open(device: &SerialNumber, environment: &Environment) -> Self {
        let key = fingerprint([device.as_str().as_bytes()])[..32].to_owned();
        let file = folder::open(environment)
            .and_then(|folder| TurnFile::open(&folder.join(format!("{key}.device"))).map_err(|e| os_error(&e)));
        file.map_or_else(|reason| Self::Memory { key, reason }, Self::File)
    }

    /// What does not read as a record is none.
    fn read(&self) -> Option<Record> {
        match self {
            Self::Memory { key, .. } => memory().get(key).copied(),
            Self::File(TurnFile { file, .. }) => {
                let (mut file, mut text) = (file, Vec::new());
                file.rewind().ok()?;
                file.take(MOST_BYTES).read_to_end(&mut text).ok()?;
                serde_json::from_slice(&text).ok()
            }
        }
    }

    /// If that fails, a window may open sooner than it should.
    fn write(&self, record: Option<Record>) {
        match self {
            Self::Memory { key, .. } => {
                memory().remove(key);
                memory().extend(record.map(|record| (key.clone(), record)));
            }
            Self::File(TurnFile { file, .. }) => {
                let _ = replace(file, record);
            }
        }
    }
}

fn replace(mut file: &File, record: Option<Record>) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    record.map_or(Ok(()), |record| file.write_all(&serde_json::to_vec(&record)?))
}

fn memory() -> MutexGuard<'static, BTreeMap<String, Record>> {
    MEMORY.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(name: &str) -> SerialNumber {
        SerialNumber::parse(&format!("arn:aws:iam::123456789012:mfa/{name}")).unwrap()
    }

    fn home() -> (tempfile::TempDir, Environment) {
        let home = tempfile::tempdir().unwrap();
        let environment = Environment::fixed(["HOME", "LOCALAPPDATA"].map(|name| (name, home.path())));
        (home, environment)
    }

    fn pause_after(count: usize, seconds: i64) -> Option<u64> {
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let record = Record { ending: Ending::Declined, at: now.as_second() - seconds, count };
        record.pause(now).map(|pause| pause.left.as_secs())
    }

    #[test]
    fn ask_6_the_pauses_are_one_five_and_fifteen_minutes() {
        assert_eq!([1, 2, 3, 4, 99].map(|count| pause_after(count, 0)), [60, 300, 900, 900, 900].map(Some));
        assert_eq!([59, 60, 61].map(|seconds| pause_after(1, seconds)), [Some(1), None, None]);
        assert_eq!(pause_after(3, -5), None, "the clock was set back");
    }

    #[tokio::test]
    async fn ask_6_questions_without_a_code_pause_windows_until_a_code_is_accepted() {
        let (_home, environment) = home();
        for (left, ending) in [(60, Ending::Declined), (300, Ending::Unanswered), (900, Ending::Declined)] {
            let turn = DeviceTurn::take(&device("a"), &environment, |text| panic!("{text}")).await.unwrap();
            turn.ended(ending);
            let pause = turn.pause().unwrap();
            assert_eq!(pause.ending, ending);
            assert!((left - 2..=left).contains(&pause.left.as_secs()), "{pause:?}");
        }
        let other = DeviceTurn::take(&device("b"), &environment, |_| {}).await.unwrap();
        assert_eq!(other.pause(), None);
        accepted(&device("a"), &environment);
        assert_eq!(DeviceTurn::take(&device("a"), &environment, |_| {}).await.unwrap().pause(), None);
    }

    #[tokio::test]
    async fn ask_6_the_file_holds_no_device_and_nonsense_in_it_does_no_harm() {
        let (home, environment) = home();
        DeviceTurn::take(&device("a"), &environment, |_| {}).await.unwrap().ended(Ending::Declined);
        let folder = home.path().join(if cfg!(windows) { "updsts" } else { ".cache/updsts" });
        let mut files = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
        let file = files.find(|path| path.extension().is_some_and(|extension| extension == "device")).unwrap();
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(text.starts_with("{\"ending\":\"declined\",\"at\":1"), "{text}");
        assert!(!format!("{}{text}", file.display()).contains("mfa"), "{text}");
        for nonsense in ["", "{", "[]", "{\"ending\":\"x\"}", &"x".repeat(5000)] {
            std::fs::write(&file, nonsense).unwrap();
            let turn = DeviceTurn::take(&device("a"), &environment, |_| {}).await.unwrap();
            assert_eq!(turn.pause(), None);
        }
    }

    #[tokio::test]
    async fn ask_6_without_a_folder_the_process_remembers() {
        let environment = Environment::fixed([("TERM", "dumb")]);
        let said = Mutex::new(Vec::new());
        let notice = |text: &str| said.lock().unwrap().push(text.to_owned());
        let turn = DeviceTurn::take(&device("memory"), &environment, notice).await.unwrap();
        turn.ended(Ending::Unanswered);
        assert!(said.lock().unwrap()[0].starts_with("cannot coordinate with other updsts processes"));
        assert!(DeviceTurn::take(&device("memory"), &environment, |_| {}).await.unwrap().pause().is_some());
        accepted(&device("memory"), &environment);
        assert!(DeviceTurn::take(&device("memory"), &environment, |_| {}).await.unwrap().pause().is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn ask_6_who_waits_gets_the_turn_or_gives_up_after_four_minutes() {
        let (_home, environment) = home();
        let first = DeviceTurn::take(&device("a"), &environment, |_| {}).await.unwrap();
        let start = tokio::time::Instant::now();
        let said = Mutex::new(0);
        let error = DeviceTurn::take(&device("a"), &environment, |_| *said.lock().unwrap() += 1).await.err().unwrap();
        assert_eq!((error.code(), *said.lock().unwrap()), (ErrorCode::LockTimeout, 1));
        assert!((240..242).contains(&start.elapsed().as_secs()));
        drop(first);
        assert!(DeviceTurn::take(&device("a"), &environment, |_| {}).await.is_ok());
    }
}
