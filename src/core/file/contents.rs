//! The entire content of an open file.

use std::fs::File;
use std::io::{self, Read, Seek};

use zeroize::Zeroizing;

use crate::core::secret::SecretBytes;

/// The largest file that is read: 64 MiB.
pub const MAX_BYTES: u64 = 64 * 1024 * 1024;

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
