//! `-t -`: the code is one line of standard input.

use std::fs::File;
use std::io::{self, Read};

use zeroize::Zeroizing;

use crate::core::error::{Error, ErrorCode, Result};
use crate::core::session::TokenCode;
use crate::core::text::os_error;

/// The most bytes that are read: a line with a code is short.
const MOST_BYTES: usize = 1024;

pub async fn read() -> Result<TokenCode> {
    let line = tokio::task::spawn_blocking(|| line_of(unbuffered()?)).await.map_err(io::Error::other).flatten();
    let unavailable = |message: &str, hint| Err(Error::new(ErrorCode::CodeUnavailable, message, hint));
    match line {
        Ok(line) if line.is_empty() => unavailable(
            "standard input ended before a code was read",
            "write the six digits and a newline to standard input, or give `-t CODE`",
        ),
        Ok(line) => Ok(TokenCode::parse(&String::from_utf8_lossy(&line))?),
        Err(error) => {
            unavailable(&format!("no code could be read: {}", os_error(&error)), "give the code with `-t CODE`")
        }
    }
}

/// Standard input without the buffer of the standard library, which would keep the code.
fn unbuffered() -> io::Result<File> {
    #[cfg(unix)]
    let input = std::os::fd::AsFd::as_fd(&io::stdin()).try_clone_to_owned()?;
    #[cfg(windows)]
    let input = std::os::windows::io::AsHandle::as_handle(&io::stdin()).try_clone_to_owned()?;
    Ok(File::from(input))
}

/// The first line, or what there is of it.
fn line_of(mut input: impl Read) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(vec![0; MOST_BYTES]);
    let mut length = 0;
    while length < MOST_BYTES {
        match input.read(&mut bytes[length..]) {
            Ok(0) => break,
            Ok(read) => length += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
        if let Some(end) = bytes[..length].iter().position(|&b| b == b'\n') {
            length = end + 1;
            break;
        }
    }
    bytes.truncate(length);
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn get_5_a_line_ends_at_its_newline_at_the_end_of_the_input_or_when_it_is_too_long() {
        let line = |input: &[u8]| line_of(input).unwrap().to_vec();
        assert_eq!(line(b"123456\n654321\n"), b"123456\n");
        assert_eq!(line(b"123456"), b"123456");
        assert_eq!(line(b""), b"");
        assert_eq!(line(&[b'1'; 5000]).len(), MOST_BYTES);
        assert_eq!(line_of(Read::chain(&b"123"[..], &b"456\n7"[..])).unwrap().to_vec(), b"123456\n");
    }
}
