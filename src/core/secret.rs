//! Values that cannot be shown by accident: no `Display`, no `Serialize`, wiped on drop.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

pub use secrecy::{ExposeSecret, SecretString};
use zeroize::{Zeroize, zeroize_bytes};

/// The bytes of a file that holds keys. They can be read like a slice, are never printed, and are wiped when the last
/// clone is dropped: clones share the same bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretBytes(Arc<Wiped>);

/// Wiped as a whole, which is much faster than byte by byte: the file may be large.
#[derive(PartialEq, Eq)]
struct Wiped(Vec<u8>);

impl Drop for Wiped {
    fn drop(&mut self) {
        zeroize_bytes(&mut self.0);
        self.0.spare_capacity_mut().zeroize();
    }
}

impl SecretBytes {
    /// Takes ownership of the bytes; no copy is left behind.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Arc::new(Wiped(bytes)))
    }
}

impl Deref for SecretBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0.0
    }
}

impl fmt::Debug for SecretBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretBytes({} bytes)", self.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_byte() {
        let bytes = SecretBytes::new(b"wJalrXUtnFEMI".to_vec());
        assert_eq!(format!("{bytes:?}"), "SecretBytes(13 bytes)");
    }
}
