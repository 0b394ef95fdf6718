//! Lines of bounded length, from an input that may never end.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use crate::failure::Failure;

/// Reads lines and holds no more of one than the limit.
pub(crate) struct Lines<R> {
    input: BufReader<R>,
    limit: usize,
    line: Vec<u8>,
    number: usize,
    bytes: u64,
}

/// What the next line is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Line<'a> {
    /// Text within the limit, without its end.
    Text(&'a str),
    /// Over the limit; so many bytes were passed over.
    TooLong(usize),
    /// Not UTF-8 from this byte on.
    NotUtf8(usize),
    /// There are no more.
    End,
}

/// A file of lines, or standard input for `-`, and how many bytes it has when that is known.
pub(crate) fn open(path: &Path) -> Result<(Box<dyn Read>, Option<u64>), Failure> {
    if path.as_os_str() == "-" {
        return Ok((Box::new(io::stdin()), None));
    }
    let failed = |error| Failure::unreadable(path, &error);
    let file = File::open(path).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    if metadata.is_dir() {
        return Err(Failure::unreadable(path, &"it is a folder"));
    }
    let length = Some(metadata.len()).filter(|_| metadata.is_file());
    Ok((Box::new(file), length))
}

/// The lines cannot be read on.
pub(crate) fn unreadable(error: &io::Error) -> Failure {
    Failure::new("file.unreadable", format!("the requests: {error}"))
}

impl<R: Read> Lines<R> {
    pub(crate) fn new(input: R, limit: usize) -> Self {
        Self {
            input: BufReader::with_capacity(64 << 10, input),
            limit,
            line: Vec::new(),
            number: 0,
            bytes: 0,
        }
    }

    /// The number of the line that was read last, from 1.
    pub(crate) fn number(&self) -> usize {
        self.number
    }

    /// How many bytes were read.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The next line. `before_waiting` is called each time before more input is asked for: whoever
    /// sends the next line only after the answer to this one must have that answer by then.
    pub(crate) fn next(
        &mut self,
        mut before_waiting: impl FnMut() -> io::Result<()>,
    ) -> io::Result<Line<'_>> {
        self.line.clear();
        let mut length = 0_usize;
        loop {
            if self.input.buffer().is_empty() {
                before_waiting()?;
            }
            let buffer = match self.input.fill_buf() {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                buffer => buffer?,
            };
            if buffer.is_empty() && length == 0 {
                return Ok(Line::End);
            }
            let end = buffer.iter().position(|byte| *byte == b'\n');
            let (part, rest) =
                buffer.split_at_checked(end.unwrap_or(buffer.len())).unwrap_or_default();
            length = length.saturating_add(part.len());
            if length <= self.limit {
                self.line.extend_from_slice(part);
            }
            let ended = end.is_some() || buffer.is_empty();
            let used = part.len().saturating_add(usize::from(!rest.is_empty()));
            self.input.consume(used);
            self.bytes = self.bytes.saturating_add(u64::try_from(used).unwrap_or(u64::MAX));
            if ended {
                break;
            }
        }
        self.number = self.number.saturating_add(1);
        if length > self.limit {
            return Ok(Line::TooLong(length));
        }
        Ok(match std::str::from_utf8(&self.line) {
            Ok(text) => Line::Text(text),
            Err(error) => Line::NotUtf8(error.valid_up_to()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_over_the_limit_is_passed_over_and_the_next_is_read() {
        let mut lines = Lines::new("ab\n\nabcd\n\u{e9}\nabc".as_bytes(), 3);
        let quiet = || Ok(());
        assert_eq!(lines.next(quiet).unwrap(), Line::Text("ab"));
        assert_eq!(lines.next(quiet).unwrap(), Line::Text(""));
        assert_eq!(lines.next(quiet).unwrap(), Line::TooLong(4));
        assert_eq!(lines.next(quiet).unwrap(), Line::Text("\u{e9}"));
        assert_eq!(lines.next(quiet).unwrap(), Line::Text("abc"));
        assert_eq!(lines.next(quiet).unwrap(), Line::End);
        assert_eq!((lines.number(), lines.bytes()), (5, 15));
    }

    #[test]
    fn no_more_than_the_limit_is_held() {
        let mut lines = Lines::new(io::repeat(b'x').take(10 << 20), 1000);
        assert_eq!(lines.next(|| Ok(())).unwrap(), Line::TooLong(10 << 20));
        assert!(lines.line.capacity() < 1 << 20);
    }

    #[test]
    fn bytes_that_are_not_utf8_are_one_bad_line() {
        let mut lines = Lines::new(b"a\xff\nb".as_slice(), 10);
        assert_eq!(lines.next(|| Ok(())).unwrap(), Line::NotUtf8(1));
        assert_eq!(lines.next(|| Ok(())).unwrap(), Line::Text("b"));
    }

    #[test]
    fn the_caller_is_told_before_each_wait() {
        let mut waits = 0;
        let mut lines = Lines::new("a\nb\n".as_bytes(), 10);
        while lines
            .next(|| {
                waits += 1;
                Ok(())
            })
            .unwrap()
            != Line::End
        {}
        assert_eq!(waits, 2, "once for both lines, once for the end");
    }
}
