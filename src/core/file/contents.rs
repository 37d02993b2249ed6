//! The entire content of an open file.

use std::fs::File;
use std::io::{self, Read, Seek};
use std::thread::sleep;
use std::time::{Duration, Instant};

use zeroize::Zeroizing;

use crate::core::file::system::is_in_use;
use crate::core::secret::SecretBytes;

/// The largest file that is read: 64 MiB.
pub const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// How long a file is tried again that another program has open in a way that forbids it.
pub(super) const LONGEST_USE: Duration = Duration::from_secs(1);

/// How often.
pub(super) const TRY_AGAIN: Duration = Duration::from_millis(20);

/// Opens or reads a file, again for a moment while another program lets nobody. That is so on Windows alone, and rare:
/// nothing else goes on in the meantime.
pub(super) fn patiently<T>(work: impl Fn() -> io::Result<T>) -> io::Result<T> {
    let start = Instant::now();
    loop {
        match work() {
            Err(error) if is_in_use(&error) && start.elapsed() < LONGEST_USE => sleep(TRY_AGAIN),
            done => return done,
        }
    }
}

/// Reads the file from its start, at most one byte more than [`MAX_BYTES`].
pub(super) fn contents(mut file: &File) -> io::Result<SecretBytes> {
    file.rewind()?;
    // One byte larger than the file: a buffer that grows leaves a copy of a secret behind.
    let length = file.metadata()?.len().min(MAX_BYTES);
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0) + 1);
    let read = file.take(MAX_BYTES + 1).read_to_end(&mut bytes);
    let bytes = SecretBytes::new(bytes);
    read.map(|_| bytes)
}

/// Whether the file contains exactly these bytes. Another copy of a large file would cost more than the rest of a
/// write.
pub(super) fn reads_as(mut file: &File, bytes: &[u8]) -> io::Result<bool> {
    file.rewind()?;
    let (mut chunk, mut rest) = (Zeroizing::new(vec![0; 64 * 1024]), bytes);
    loop {
        match file.read(&mut chunk) {
            Ok(0) => return Ok(rest.is_empty()),
            Ok(read) => match rest.strip_prefix(&chunk[..read]) {
                Some(after) => rest = after,
                None => return Ok(false),
            },
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
