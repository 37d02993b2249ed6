//! Everything that looks random, derived from one seed.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

/// The alphabet of access key ids and unique ids (RFC 4648).
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// A pseudo-random function: the same seed, purpose and input give the same bytes.
pub(crate) struct Derivation([u8; 32]);

impl Derivation {
    /// `None` takes the seed from the operating system.
    pub(crate) fn new(seed: Option<u64>) -> Result<Self, getrandom::Error> {
        let mut key = [0; 32];
        match seed {
            Some(seed) => key.copy_from_slice(&Sha256::digest(seed.to_be_bytes())),
            None => getrandom::fill(&mut key)?,
        }
        Ok(Self(key))
    }

    /// 32 bytes for a purpose and an input, whose parts are delimited by their lengths.
    pub(crate) fn bytes(&self, purpose: &str, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes a key of any length");
        for part in std::iter::once(purpose.as_bytes()).chain(parts.iter().copied()) {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }

    /// An id in AWS's format: a prefix such as `ASIA`, and 16 characters.
    pub(crate) fn unique_id(&self, prefix: &str, purpose: &str, part: &[u8]) -> String {
        let bytes = self.bytes(purpose, &[part]);
        let characters = bytes[..16].iter().map(|byte| char::from(BASE32[usize::from(byte % 32)]));
        prefix.chars().chain(characters).collect()
    }

    /// A secret access key in AWS's format: 40 characters of Base64.
    pub(crate) fn secret_access_key(&self, access_key_id: &str) -> String {
        let bytes = self.bytes("secret access key", &[access_key_id.as_bytes()]);
        BASE64_STANDARD.encode(&bytes[..30])
    }

    /// A request id: a random UUID (RFC 9562, version 4).
    pub(crate) fn request_id(&self, number: u64) -> String {
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&self.bytes("request id", &[&number.to_be_bytes()])[..16]);
        let bits = (u128::from_be_bytes(bytes) & !(0xf << 76) & !(0x3 << 62)) | (0x4 << 76) | (0x2 << 62);
        let hex = format!("{bits:032x}");
        format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_and_another_another() {
        let id = |seed| Derivation::new(seed).unwrap().request_id(7);
        assert_eq!(id(Some(1)), id(Some(1)));
        assert_ne!(id(Some(1)), id(Some(2)));
        assert_ne!(id(None), id(None));
    }

    #[test]
    fn ids_have_the_shape_of_aws() {
        let derivation = Derivation::new(Some(1)).unwrap();
        let key = derivation.unique_id("ASIA", "session", b"1");
        assert_eq!(key.len(), 20);
        assert!(key.bytes().all(|byte| BASE32.contains(&byte)));
        assert_eq!(derivation.secret_access_key(&key).len(), 40);

        let id = derivation.request_id(1);
        assert_eq!((id.len(), &id[14..15]), (36, "4"));
        assert!("89ab".contains(&id[19..20]));
    }

    #[test]
    fn parts_are_told_apart() {
        let derivation = Derivation::new(Some(1)).unwrap();
        assert_ne!(derivation.bytes("p", &[b"ab", b"c"]), derivation.bytes("p", &[b"a", b"bc"]));
    }
}
