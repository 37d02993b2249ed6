//! Reports what happens while a use case runs.

use std::fmt;
use std::time::Duration;

/// What has happened so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Milestone {
    CodeSent,
    FileWritten,
}

/// What a renewal waits for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Awaited {
    /// The file, if a program is in the middle of writing it.
    #[default]
    File,
    /// Another process that renews the same session.
    Process,
    Command,
    Person,
    Aws,
    /// The lock on the credentials file.
    Lock,
}

impl fmt::Display for Awaited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::File => "another program to finish writing the credentials file",
            Self::Process => "another updsts process that is renewing the same session",
            Self::Command => "the command that prints the code",
            Self::Person => "a person to enter the code",
            Self::Aws => "AWS",
            Self::Lock => "the lock on the credentials file",
        })
    }
}

/// A terminal, or the log of a server.
pub trait Reporter: Send + Sync {
    /// Something that the user should know while waiting.
    fn notice(&self, text: &str);
    /// Which file, profile, region, endpoint and proxy are used.
    fn detail(&self, text: &str);
    /// What takes long, for a person who looks on.
    fn waiting(&self, _for_what: &str) {}
    /// What the renewal waits for from now on.
    fn awaits(&self, _what: Awaited) {}
    /// What an interruption can no longer prevent.
    fn reached(&self, _milestone: Milestone) {}
    /// Whether a command's own messages may reach the user's terminal.
    fn shows_commands(&self) -> bool;
}

/// Does not report again which settings are used.
pub struct WithoutDetails<'a>(pub &'a dyn Reporter);

impl Reporter for WithoutDetails<'_> {
    fn notice(&self, text: &str) {
        self.0.notice(text);
    }

    fn detail(&self, _text: &str) {}

    fn waiting(&self, for_what: &str) {
        self.0.waiting(for_what);
    }

    fn awaits(&self, what: Awaited) {
        self.0.awaits(what);
    }

    fn reached(&self, milestone: Milestone) {
        self.0.reached(milestone);
    }

    fn shows_commands(&self) -> bool {
        self.0.shows_commands()
    }
}

/// Runs the work; if it takes longer than a second, says so once.
pub async fn or_after_a_second<T>(work: impl Future<Output = T>, say: impl FnOnce()) -> T {
    tokio::pin!(work);
    if let Ok(done) = tokio::time::timeout(Duration::from_secs(1), &mut work).await {
        return done;
    }
    say();
    work.await
}

/// Reports nothing.
#[cfg(test)]
pub struct Silent;

#[cfg(test)]
impl Reporter for Silent {
    fn notice(&self, _text: &str) {}

    fn detail(&self, _text: &str) {}

    fn shows_commands(&self) -> bool {
        false
    }
}
