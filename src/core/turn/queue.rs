//! Taking turns (GET-7): of the callers that want the same source profile's session at once, one asks
//! AWS, and the others use its session or its refusal.
//!
//! A turn is a lock on a small file of its own, one for each source profile of each credentials file, in a private
//! directory of the user. The lock ends with the process that holds it, however that ends. The file contains the last
//! refusal for the waiting callers, and never a secret.

use std::fmt::Write;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::core::environment::Environment;
use crate::core::error::{Error, ErrorCode, Result};
use crate::core::name::ProfileName;
use crate::core::text::os_error;
use crate::core::turn::folder::{self, TurnFile};
use crate::core::turn::pause::Pause;
use crate::core::turn::refusal::Refusal;
use crate::core::turn::wait::{self, Ended, NoLock};

/// A hash of several parts, in hexadecimal, that distinguishes `["ab", "c"]` from `["a", "bc"]`.
pub fn fingerprint<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    let mut text = String::with_capacity(64);
    for byte in hash.finalize() {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// The queue of one source profile: where its lock is, and what its file contained when the caller arrived.
pub struct Queue {
    file: TurnFile,
    profile: ProfileName,
    seen: Option<String>,
    pause: Pause,
}

pub enum Waited<'q> {
    Turn(Turn<'q>),
    /// Another caller renewed the session in the meantime.
    Done,
}

/// The caller's turn. It ends on drop.
pub struct Turn<'q> {
    queue: &'q Queue,
    /// The refusal of another caller while this one waited.
    refusal: Option<Refusal>,
}

impl Queue {
    /// Joins the queue of a source profile. The error says why there is none: then everybody goes at once, which costs
    /// codes but no data.
    pub fn join(credentials_file: &Path, source: &ProfileName, environment: &Environment) -> Result<Self, String> {
        let path = credentials_file.as_os_str().as_encoded_bytes();
        let path = folder::open(environment)?.join(&fingerprint([path, source.as_bytes()])[..32]);
        let pause = Pause::new(path.with_extension("pause"));
        let file = TurnFile::open(&path.with_extension("turn")).map_err(|error| os_error(&error))?;
        // Whoever holds the turn may be writing at this moment. A half-written refusal is not seen yet, so it correctly
        // counts as written while this caller waited.
        let seen = Refusal::read(&file.file).map(|refusal| refusal.id);
        Ok(Self { file, profile: source.clone(), seen, pause })
    }

    /// Waits for the turn; `is_done` is asked regularly whether it is still needed.
    pub async fn wait(&self, is_done: impl FnMut() -> bool, notice: impl Fn(&str)) -> Result<Waited<'_>, NoTurn> {
        let say = || {
            notice(&format!("waiting for another updsts process that is renewing the session of `{}`", self.profile));
        };
        match wait::lock(&self.file.lock, is_done, say).await {
            Ok(Ended::Locked) => {
                let refusal = Refusal::read(&self.file.file).filter(|refusal| Some(&refusal.id) != self.seen.as_ref());
                Ok(Waited::Turn(Turn { queue: self, refusal }))
            }
            Ok(Ended::Done) => Ok(Waited::Done),
            Err(NoLock::Unsupported(reason)) => Err(NoTurn::NoLocks(reason)),
            Err(NoLock::TooLong) => Err(NoTurn::TooLong(self.too_long())),
        }
    }

    fn too_long(&self) -> Error {
        let message =
            format!("another updsts process has been renewing the session of `{}` for 4 minutes", self.profile);
        Error::new(ErrorCode::LockTimeout, message, "answer its prompt or stop it, and try again")
    }
}

pub enum NoTurn {
    /// The directory's file system does not support locks.
    NoLocks(String),
    /// Another caller has held it for too long.
    TooLong(Error),
}

impl Turn<'_> {
    /// The refusal of another caller in the meantime, if it asked for the same: the same key, device, region and
    /// endpoint.
    pub fn refusal_of(&self, request: &str) -> Option<Error> {
        self.refusal.as_ref().filter(|refusal| refusal.request == request)?.error()
    }

    /// Passes a refusal on to the callers waiting now. If that fails, they ask AWS themselves.
    pub fn hand_on(&self, request: &str, error: &Error) {
        let _ = Refusal::of(request, error).write(&self.queue.file.file);
    }

    /// Errors: `code_unavailable` if nobody answered a question a short time ago.
    pub fn pause(&self, is_valid: bool) -> Result<()> {
        self.queue.pause.check(is_valid, &self.queue.profile)
    }

    /// Begins a pause. If that fails, the next caller asks.
    pub fn nobody_answered(&self) {
        let _ = self.queue.pause.begin();
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        // If that fails, the lock ends when the file is closed, a moment later.
        let _ = self.queue.file.lock.unlock();
    }
}

#[cfg(test)]
mod tests;
