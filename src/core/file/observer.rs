//! The steps of a write, and who may see them.

use std::io;

/// The steps of a write, for an observer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is named for what is about to happen")]
pub enum Step {
    Lock,
    Read,
    Edit,
    Create,
    Write,
    KeepOwner,
    SyncFile,
    ReadBack,
    Compare,
    Rename,
    SyncFolder,
}

impl Step {
    /// Every step in its order.
    pub const ALL: [Self; 11] = [
        Self::Lock,
        Self::Read,
        Self::Edit,
        Self::Create,
        Self::Write,
        Self::KeepOwner,
        Self::SyncFile,
        Self::ReadBack,
        Self::Compare,
        Self::Rename,
        Self::SyncFolder,
    ];
}

/// Sees each step before it happens, and may make it fail.
pub trait WriteObserver: Send {
    /// Called before the step.
    fn before(&mut self, step: Step) -> io::Result<()>;

    /// Something that the user should know while they wait.
    fn notice(&mut self, text: &str);
}

/// Lets every step happen and says nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unobserved;

impl WriteObserver for Unobserved {
    fn before(&mut self, _step: Step) -> io::Result<()> {
        Ok(())
    }

    fn notice(&mut self, _text: &str) {}
}
