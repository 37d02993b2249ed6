//! The two tags around a managed block (BLK-3).

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
        let text = trim_start(comment.strip_prefix(b"#")?);
        if text.starts_with(b"$}}}") {
            return Some(Self::End);
        }
        let text = trim_start(text.strip_prefix(b"${{{")?).strip_prefix(b"key=")?;
        let key = match memchr::memmem::find(text, SIGNATURE) {
            Some(end) => &text[..end],
            None => text.split(|&b| is_blank(b)).next().unwrap_or_default(),
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

fn trim_start(text: &[u8]) -> &[u8] {
    let start = text.iter().position(|&b| !is_blank(b)).unwrap_or(text.len());
    &text[start..]
}
