//! The two tags around a managed block (BLK-3).

use bstr::ByteSlice;

use crate::core::ini::lines::{is_blank, trim};

/// A comment that begins or ends a block.
pub enum Tag<'a> {
    /// With the source profile, byte for byte.
    Begin(&'a [u8]),
    End,
}

/// What follows the key in a begin tag and the braces in an end tag.
const SIGNATURE: &[u8] = b" [auto update by updsts]";

impl<'a> Tag<'a> {
    /// Parses a comment, starting at its `#`.
    pub fn read(comment: &'a [u8]) -> Option<Self> {
        let text = comment.strip_prefix(b"#")?.trim_start_with(is_blank);
        if text.starts_with(b"$}}}") {
            return Some(Self::End);
        }
        let text = text.strip_prefix(b"${{{")?.trim_start_with(is_blank).strip_prefix(b"key=")?;
        let key = match memchr::memmem::find(text, SIGNATURE) {
            Some(end) => &text[..end],
            None => text.char_indices().find(|(.., c)| is_blank(*c)).map_or(text, |(end, ..)| &text[..end]),
        };
        Some(Self::Begin(trim(key)))
    }

    /// The line to write, without its line ending.
    pub fn written(&self) -> Vec<u8> {
        match self {
            Self::Begin(source) => [b"# ${{{ key=", *source, SIGNATURE].concat(),
            Self::End => [&b"# $}}}"[..], SIGNATURE].concat(),
        }
    }
}
