//! A file line by line, however long it is and whatever is in it: a line that cannot be read costs that line only.

use std::io::{self, BufRead};

/// The longest line that is read: a case with thousands of feed entries is shorter.
pub const LONGEST: usize = 16 << 20;

/// Why a line cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// It is longer than [`LONGEST`].
    #[error("the line is longer than 16 MiB")]
    TooLong,
    /// Its bytes are no text.
    #[error("the line is not UTF-8")]
    NotUtf8,
}

/// A line with its number, counted from 1.
#[derive(Debug)]
pub struct Line<'a> {
    /// Its number.
    pub number: u64,
    /// What it says, without white space around it.
    pub text: Result<&'a str, Unreadable>,
}

/// Reads lines. Empty ones are passed over and counted.
#[derive(Debug)]
pub struct Lines<R> {
    input: R,
    buffer: Vec<u8>,
    number: u64,
    bytes: u64,
    /// Whether a carriage return ends a line, also alone.
    any_ending: bool,
    /// Whether the last line ended with a carriage return: a line feed behind it belongs to it.
    returned: bool,
}

impl<R: BufRead> Lines<R> {
    /// Reads from the start of `input` lines that end with a line feed.
    pub fn new(input: R) -> Self {
        Self {
            input,
            buffer: Vec::new(),
            number: 0,
            bytes: 0,
            any_ending: false,
            returned: false,
        }
    }

    /// Reads lines that end with a line feed, a carriage return or both.
    pub fn of_any_ending(input: R) -> Self {
        Self {
            any_ending: true,
            ..Self::new(input)
        }
    }

    /// How many bytes have been read.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The next line that is not empty; none at the end.
    ///
    /// # Errors
    /// The file's own.
    pub fn next(&mut self) -> io::Result<Option<Line<'_>>> {
        let mut whole;
        loop {
            whole = match self.fetch()? {
                Some(whole) => whole,
                None => return Ok(None),
            };
            if !self.buffer.trim_ascii().is_empty() {
                break;
            }
        }
        Ok(Some(Line {
            number: self.number,
            text: self.text(whole).map(str::trim),
        }))
    }

    /// The next line, also one that is empty, with the white space around it; none at the end.
    ///
    /// # Errors
    /// The file's own.
    pub fn next_even_empty(&mut self) -> io::Result<Option<Line<'_>>> {
        let Some(whole) = self.fetch()? else {
            return Ok(None);
        };
        Ok(Some(Line {
            number: self.number,
            text: self
                .text(whole)
                .map(|text| text.trim_end_matches(['\r', '\n'])),
        }))
    }

    fn text(&self, whole: bool) -> Result<&str, Unreadable> {
        match whole {
            true => std::str::from_utf8(&self.buffer).map_err(|_| Unreadable::NotUtf8),
            false => Err(Unreadable::TooLong),
        }
    }

    /// Reads one line into the buffer; says whether it is all there, or nothing at the end of the file.
    fn fetch(&mut self) -> io::Result<Option<bool>> {
        self.buffer.clear();
        if std::mem::take(&mut self.returned) && ready(&mut self.input)?.first() == Some(&b'\n') {
            self.input.consume(1);
            self.bytes += 1;
        }
        let (mut whole, mut ended) = (true, false);
        while !ended {
            let any = self.any_ending;
            let room = (LONGEST + 1).saturating_sub(self.buffer.len());
            let available = ready(&mut self.input)?;
            let end = available
                .iter()
                .position(|byte| *byte == b'\n' || (any && *byte == b'\r'));
            let passed = end.map_or(available.len(), |at| at + 1);
            if passed == 0 {
                break;
            }
            ended = end.is_some();
            let last = available[passed - 1];
            // What is too long is passed over, and nothing of it kept.
            self.buffer
                .extend_from_slice(&available[..passed.min(room)]);
            whole &= passed <= room;
            self.returned = any && ended && last == b'\r';
            self.input.consume(passed);
            self.bytes += passed as u64;
        }
        if self.buffer.is_empty() && !ended {
            return Ok(None);
        }
        self.number += 1;
        // A mark at the start of the file, which some editors leave, is no part of what it says.
        if self.number == 1 && self.buffer.starts_with("\u{FEFF}".as_bytes()) {
            self.buffer.drain(..3);
        }
        Ok(Some(whole))
    }
}

/// What can be read on; nothing at the end of the file.
fn ready(input: &mut impl BufRead) -> io::Result<&[u8]> {
    while let Err(error) = input.fill_buf() {
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
    input.fill_buf()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(input: &[u8]) -> Vec<(u64, Result<String, Unreadable>)> {
        let mut lines = Lines::new(input);
        let mut all = Vec::new();
        while let Some(line) = lines.next().expect("read") {
            all.push((line.number, line.text.map(str::to_owned)));
        }
        assert_eq!(lines.bytes(), input.len() as u64);
        all
    }

    #[test]
    fn lines_keep_their_numbers() {
        let ok = |text: &str| Ok(text.to_owned());
        assert_eq!(read(b""), []);
        assert_eq!(read(b"a\r\n\n  \n b \n"), [(1, ok("a")), (4, ok("b"))]);
        assert_eq!(
            read("\u{FEFF}a\nb".as_bytes()),
            [(1, ok("a")), (2, ok("b"))]
        );
    }

    #[test]
    fn a_line_that_cannot_be_read_costs_that_line_only() {
        let mut input = b"a\n\xff\xfe\n".to_vec();
        input.extend(std::iter::repeat_n(b'x', LONGEST + 1));
        input.extend(b"\nb\n");
        let read = read(&input);
        assert_eq!(read.len(), 4);
        assert_eq!(read[1], (2, Err(Unreadable::NotUtf8)));
        assert_eq!(read[2], (3, Err(Unreadable::TooLong)));
        assert_eq!(read[3], (4, Ok("b".to_owned())));
    }

    #[test]
    fn the_longest_line_is_read() {
        let mut input = vec![b'x'; LONGEST];
        input.extend(b"\nb");
        let read = read(&input);
        assert_eq!(read[0].1.as_ref().map(String::len), Ok(LONGEST));
        assert_eq!(read[1], (2, Ok("b".to_owned())));
    }
}
