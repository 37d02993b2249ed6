//! The input, line by line, in one buffer that never grows and is wiped as it is read: lines may contain codes.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt};
use zeroize::{Zeroize, Zeroizing};

/// The most bytes that are held, which is also the longest line.
pub const MOST_BYTES: usize = 1024 * 1024;

pub struct Lines<R> {
    input: R,
    buffer: Zeroizing<Vec<u8>>,
    /// What is held: from here to `end`.
    start: usize,
    end: usize,
    /// Whether the rest of a line that is too long is still to come.
    skipping: bool,
    is_at_end: bool,
}

/// A line is longer than [`MOST_BYTES`].
#[derive(Debug, PartialEq, Eq)]
pub struct TooLong;

impl<R: AsyncRead + Unpin> Lines<R> {
    pub fn new(input: R) -> Self {
        // Memory that was never written to costs nothing.
        let buffer = Zeroizing::new(vec![0; MOST_BYTES]);
        Self { input, buffer, start: 0, end: 0, skipping: false, is_at_end: false }
    }

    /// Whether the input has ended. What is held can still be read.
    pub const fn is_at_end(&self) -> bool {
        self.is_at_end
    }

    pub const fn has_room(&self) -> bool {
        !self.is_at_end && self.end - self.start < MOST_BYTES
    }

    /// Waits for more input. Nothing is lost if it is cancelled.
    pub async fn fill(&mut self) -> io::Result<()> {
        if self.end == MOST_BYTES {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
            self.buffer[self.end..].zeroize();
        }
        let read = self.input.read(&mut self.buffer[self.end..]).await;
        self.is_at_end = !matches!(read, Ok(1..));
        self.end += read.as_ref().copied().unwrap_or(0);
        read.map(|_| ())
    }

    /// Reads the next whole line that is held. A line without its end is not a line.
    pub fn next<T>(&mut self, read: impl Fn(&[u8]) -> T) -> Option<Result<T, TooLong>> {
        loop {
            let held = &self.buffer[self.start..self.end];
            if let Some(length) = memchr::memchr(b'\n', held) {
                let was_skipping = std::mem::take(&mut self.skipping);
                let line = (!was_skipping).then(|| read(&held[..length]));
                self.take(length + 1);
                match line {
                    Some(line) => return Some(Ok(line)),
                    None => continue,
                }
            }
            let is_full = held.len() == MOST_BYTES;
            let was_skipping = self.skipping;
            self.skipping |= is_full;
            if self.skipping {
                self.take(held.len());
            }
            return (is_full && !was_skipping).then_some(Err(TooLong));
        }
    }

    fn take(&mut self, length: usize) {
        self.buffer[self.start..self.start + length].zeroize();
        self.start += length;
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the lines of an input are, read in chunks of that size.
    async fn lines_of(input: &[u8], chunk: usize) -> Vec<Result<Vec<u8>, TooLong>> {
        let (mut near, far) = tokio::io::duplex(chunk);
        let mut lines = Lines::new(far);
        let mut all = Vec::new();
        let write = async {
            tokio::io::AsyncWriteExt::write_all(&mut near, input).await.unwrap();
            drop(near);
        };
        let read = async {
            while !lines.is_at_end() {
                lines.fill().await.unwrap();
                while let Some(line) = lines.next(<[u8]>::to_vec) {
                    all.push(line);
                }
            }
        };
        tokio::join!(write, read);
        assert!(lines.buffer.iter().all(|&b| b == 0) || lines.end > lines.start, "something was not wiped");
        all
    }

    #[tokio::test]
    async fn mcp_8_lines_are_read_as_they_come_and_an_unfinished_one_is_none() {
        let whole = |line: &str| Ok(line.as_bytes().to_vec());
        for chunk in [1, 3, 64 * 1024] {
            assert_eq!(lines_of(b"a\n\nbc\r\nd", chunk).await, [whole("a"), whole(""), whole("bc\r")], "{chunk}");
        }
    }

    #[tokio::test]
    async fn mcp_8_a_line_that_is_too_long_is_told_once_and_the_next_one_is_read() {
        let longest = vec![b'x'; MOST_BYTES - 1];
        for (length, too_long) in [(MOST_BYTES - 1, false), (MOST_BYTES, true), (3 * MOST_BYTES + 7, true)] {
            let input = [b"a\n", &*vec![b'x'; length], b"\nb\n"].concat();
            let first = if too_long { Err(TooLong) } else { Ok(longest.clone()) };
            assert!(lines_of(&input, 100_000).await == [Ok(b"a".to_vec()), first, Ok(b"b".to_vec())], "{length}");
        }
    }
}
