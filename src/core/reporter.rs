//! Reports what happens while a use case runs.

/// What has happened so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Milestone {
    CodeSent,
    FileWritten,
}

/// A terminal, or the log of a server.
pub trait Reporter: Send + Sync {
    /// Something that the user should know while waiting.
    fn notice(&self, text: &str);
    /// Which file, profile, region, endpoint and proxy are used.
    fn detail(&self, text: &str);
    /// What takes long, for a person who looks on.
    fn waiting(&self, _for_what: &str) {}
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

    fn reached(&self, milestone: Milestone) {
        self.0.reached(milestone);
    }

    fn shows_commands(&self) -> bool {
        self.0.shows_commands()
    }
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
