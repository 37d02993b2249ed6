//! Whether another program has the file open that is replaced.

#[cfg(target_os = "linux")]
pub(super) use linux::{Watch, is_open_for_writing};
#[cfg(not(target_os = "linux"))]
pub(super) use other::{Watch, is_open_for_writing};

#[cfg(target_os = "linux")]
mod linux {
    use std::fs::{self, File, Metadata};
    use std::mem::MaybeUninit;
    use std::os::fd::{AsRawFd, OwnedFd};
    use std::os::unix::fs::MetadataExt;
    use std::path::Path;

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

    /// Whether another process has a file open for writing whose name is gone. Processes of other
    /// users are not seen.
    ///
    /// Source: `proc_pid_fd(5)`
    pub fn is_open_for_writing(file: &File) -> bool {
        let (Ok(file), Ok(processes)) = (file.metadata(), fs::read_dir("/proc")) else { return false };
        let own = std::process::id().to_string();
        processes
            .flatten()
            .filter(|process| process.file_name() != *own)
            .filter_map(|process| fs::read_dir(process.path().join("fd")).ok())
            .any(|descriptors| descriptors.flatten().any(|descriptor| writes(&descriptor.path(), &file)))
    }

    fn writes(descriptor: &Path, file: &Metadata) -> bool {
        // The mode of the link is that of the descriptor. To look only at what has lost its name asks
        // no other file system, which may be slow.
        fs::symlink_metadata(descriptor).is_ok_and(|link| link.mode() & 0o200 != 0)
            && fs::read_link(descriptor).is_ok_and(|name| name.as_os_str().as_encoded_bytes().ends_with(b" (deleted)"))
            && fs::metadata(descriptor).is_ok_and(|open| (open.dev(), open.ino()) == (file.dev(), file.ino()))
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

    pub fn is_open_for_writing(_file: &File) -> bool {
        false
    }
}
