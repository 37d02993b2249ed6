//! Whether another program opens the file while it is replaced.

#[cfg(target_os = "linux")]
pub(super) use linux::Watch;
#[cfg(not(target_os = "linux"))]
pub(super) use other::Watch;

#[cfg(target_os = "linux")]
mod linux {
    use std::fs::File;
    use std::mem::MaybeUninit;
    use std::os::fd::{AsRawFd, OwnedFd};

    use rustix::fs::inotify::{CreateFlags, Reader, WatchFlags, add_watch, init};

    /// Sees the opens, writes and closes of one file, wherever it is renamed to.
    pub struct Watch(OwnedFd);

    impl Watch {
        /// Watches an open file from now on; `None` where the system has no more watches.
        pub fn of(file: &File) -> Option<Self> {
            let watch = init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK).ok()?;
            let path = format!("/proc/self/fd/{}", file.as_raw_fd());
            add_watch(&watch, path, WatchFlags::OPEN | WatchFlags::MODIFY | WatchFlags::CLOSE_WRITE).ok()?;
            Some(Self(watch))
        }

        /// Whether something happened since the last call.
        pub fn saw_something(&self) -> bool {
            let mut buffer = [MaybeUninit::uninit(); 4096];
            let mut events = Reader::new(&self.0, &mut buffer);
            let mut saw = false;
            while events.next().is_ok() {
                saw = true;
            }
            saw
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod other {
    use std::fs::File;

    /// There is nothing to watch with.
    pub struct Watch;

    impl Watch {
        pub fn of(_file: &File) -> Option<Self> {
            None
        }

        pub fn saw_something(&self) -> bool {
            false
        }
    }
}
