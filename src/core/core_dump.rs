//! No core file: it would hold every secret of the program's memory (FILE-2).

/// The soft limit of the program's core files as it was at the start.
#[cfg(unix)]
static BEFORE: std::sync::OnceLock<rustix::process::Rlimit> = std::sync::OnceLock::new();

/// Forbids core files of this program. The hard limit stays, so the old one can be given back.
pub fn forbid() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit};
        let before = BEFORE.get_or_init(|| getrlimit(Resource::Core));
        set(Rlimit { current: Some(0), maximum: before.maximum });
    }
}

/// Does something, such as starting another program, under the limit that this program was started with.
pub fn as_before<T>(work: impl FnOnce() -> T) -> T {
    #[cfg(unix)]
    {
        let Some(before) = BEFORE.get() else { return work() };
        set(*before);
        let done = work();
        forbid();
        done
    }
    #[cfg(not(unix))]
    work()
}

#[cfg(unix)]
fn set(limit: rustix::process::Rlimit) {
    // A soft limit below the hard one can always be set.
    let _ = rustix::process::setrlimit(rustix::process::Resource::Core, limit);
}
