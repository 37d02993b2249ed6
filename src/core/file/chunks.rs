//! A file is read a piece at a time, through memory that is wiped.

use std::io::{self, Read, Seek};

use zeroize::Zeroizing;

/// How much is read at a time.
const CHUNK: usize = 64 * 1024;

/// Reads on to the end, or until `take` wants no more; `expected` bytes are likely there.
pub(super) fn chunks(mut file: impl Read, expected: usize, mut take: impl FnMut(&[u8]) -> bool) -> io::Result<()> {
    let mut chunk = Zeroizing::new(vec![0; CHUNK.min(expected)]);
    loop {
        match file.read(&mut chunk) {
            Ok(0) => return Ok(()),
            Ok(read) => {
                if !take(&chunk[..read]) {
                    return Ok(());
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Whether the file, read from its start to its end, has these very bytes.
pub(super) fn says(mut file: impl Read + Seek, bytes: &[u8]) -> io::Result<bool> {
    file.rewind()?;
    let mut rest = Some(bytes);
    chunks(file, bytes.len() + 1, |chunk| {
        rest = rest.and_then(|rest| rest.strip_prefix(chunk));
        rest.is_some()
    })?;
    Ok(rest.is_some_and(<[u8]>::is_empty))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    #[test]
    fn a_file_says_its_own_bytes_and_no_others() {
        let long: Vec<u8> = (0..3 * CHUNK + 7).map(|at| u8::try_from(at % 251).unwrap()).collect();
        let mut other = long.clone();
        other[2 * CHUNK] ^= 1;
        for bytes in [&b""[..], b"x", &long, &other, &long[1..], &long[..CHUNK], &long[..long.len() - 1]] {
            for file in [&b""[..], b"x", b"y", &long, &other, &long[..CHUNK], &long[..=CHUNK]] {
                assert_eq!(says(Cursor::new(file), bytes).unwrap(), file == bytes);
            }
        }
    }
}
