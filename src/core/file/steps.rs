//! The steps of a write. Tests can act before a step, or make it fail.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
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

#[cfg(not(test))]
#[expect(clippy::unnecessary_wraps, reason = "a test makes the step fail")]
pub(super) const fn before(_step: Step) -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
pub(super) use hook::{before, hooked};

#[cfg(test)]
mod hook {
    use std::cell::RefCell;
    use std::io;

    use super::Step;

    type Hook = Box<dyn FnMut(Step) -> io::Result<()>>;

    thread_local! {
        static HOOK: RefCell<Option<Hook>> = const { RefCell::new(None) };
    }

    pub fn before(step: Step) -> io::Result<()> {
        // The hook may itself write a file.
        let Some(mut hook) = HOOK.take() else { return Ok(()) };
        let result = hook(step);
        HOOK.set(Some(hook));
        result
    }

    /// Runs `work` with a hook that is called before each step on this thread.
    pub fn hooked<T>(hook: impl FnMut(Step) -> io::Result<()> + 'static, work: impl FnOnce() -> T) -> T {
        HOOK.set(Some(Box::new(hook)));
        let result = work();
        HOOK.take();
        result
    }

    impl Step {
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
}
