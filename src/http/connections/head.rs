//! The head of a request as it comes in: how large it is, whether it is complete, and what follows it.

use super::body::Body;

/// The longest first line, in bytes.
pub const LONGEST_LINE: usize = 8 * 1024;
/// The largest head, in bytes.
pub const LARGEST: usize = 32 * 1024;

/// What of a head has come.
#[derive(Clone, Copy, Debug, Default)]
pub struct Head {
    bytes: usize,
    has_line: bool,
    /// The last bytes, the latest in the lowest place.
    last: u32,
    line: Line,
    length: u64,
    chunked: bool,
}

/// The beginning of the line that is coming, in lower case: enough of it for the fields that say what follows the head.
#[derive(Clone, Copy, Debug)]
struct Line {
    bytes: [u8; 64],
    length: usize,
}

/// The head is larger than is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TooLarge {
    /// Its first line, so its address.
    Line,
    /// All of it.
    Head,
}

impl Head {
    /// Whether anything of it has come.
    pub fn has_begun(self) -> bool {
        self.bytes > 0
    }

    /// Takes in what has come. If that completes it, answers how many of these bytes are its own.
    ///
    /// # Errors
    /// See [`TooLarge`].
    pub fn read(&mut self, bytes: &[u8]) -> Result<Option<usize>, TooLarge> {
        for (byte, count) in bytes.iter().zip(1..) {
            // Empty lines before a request mean nothing.
            if self.bytes == 0 && matches!(byte, b'\r' | b'\n') {
                continue;
            }
            self.bytes += 1;
            self.last = self.last << 8 | u32::from(*byte);
            let (two, three) = (self.last & 0xffff, self.last & 0xff_ffff);
            if two == 0x0a0a || three == 0x0a_0d0a {
                return Ok(Some(count));
            }
            if *byte == b'\n' {
                self.has_line = true;
                self.end_line();
            } else {
                self.line.push(*byte);
            }
            if !self.has_line && self.bytes > LONGEST_LINE {
                return Err(TooLarge::Line);
            }
            if self.bytes > LARGEST {
                return Err(TooLarge::Head);
            }
        }
        Ok(None)
    }

    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        if let Some(value) = line.value_of("content-length:") {
            // What is no number is refused by whoever reads the head.
            self.length = value.parse().unwrap_or_default();
        } else if let Some(value) = line.value_of("transfer-encoding:") {
            self.chunked |= value.contains("chunked");
        }
    }

    /// The body that follows it, if one does.
    pub fn body(self) -> Option<Body> {
        match (self.chunked, self.length) {
            (true, _) => Some(Body::chunked()),
            (false, 0) => None,
            (false, length) => Some(Body::Sized(length)),
        }
    }
}

impl Default for Line {
    fn default() -> Self {
        Self {
            bytes: [0; 64],
            length: 0,
        }
    }
}

impl Line {
    fn push(&mut self, byte: u8) {
        if let Some(place) = self.bytes.get_mut(self.length) {
            *place = byte.to_ascii_lowercase();
            self.length += 1;
        }
    }

    fn value_of(&self, name: &str) -> Option<&str> {
        let text = std::str::from_utf8(&self.bytes[..self.length]).ok()?;
        text.strip_prefix(name).map(str::trim)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_ends_with_an_empty_line_however_it_comes() {
        let text = b"\r\nGET / HTTP/1.1\r\nHost: desk\r\n\r\n";
        for size in 1..=text.len() {
            let mut head = Head::default();
            let ends: Vec<_> = text.chunks(size).map(|part| head.read(part)).collect();
            let (last, before) = ends.split_last().expect("some");
            assert!(matches!(last, Ok(Some(_))), "{size}: {last:?}");
            assert!(before.iter().all(|end| *end == Ok(None)));
        }
        assert_eq!(
            Head::default().read(b"GET / HTTP/1.1\n\nrest"),
            Ok(Some(16))
        );
        assert!(!Head::default().has_begun());
    }

    #[test]
    fn a_head_says_what_follows_it() {
        let body = |fields: &str| {
            let mut head = Head::default();
            let text = format!("POST / HTTP/1.1\r\nHost: desk\r\n{fields}\r\n");
            let end = head.read(text.as_bytes());
            assert_eq!(end, Ok(Some(text.len())));
            head.body()
        };
        assert_eq!(body(""), None);
        assert_eq!(body("Content-Length: 0\r\n"), None);
        assert_eq!(body("CONTENT-length:12 \r\n"), Some(Body::Sized(12)));
        assert_eq!(
            body("Transfer-Encoding: Chunked\r\n"),
            Some(Body::chunked())
        );
        assert_eq!(body("A: content-length: 12\r\n"), None);
        let long = format!("A: {}\r\nContent-Length: 7\r\n", "x".repeat(500));
        assert_eq!(body(&long), Some(Body::Sized(7)));
    }

    #[test]
    fn what_is_too_large_is_told_by_its_part() {
        let line = vec![b'x'; LONGEST_LINE + 1];
        assert_eq!(Head::default().read(&line), Err(TooLarge::Line));
        let mut head = Head::default();
        assert_eq!(head.read(b"GET / HTTP/1.1\r\n"), Ok(None));
        let fields = b"A: b\r\n".repeat(LARGEST / 6);
        assert_eq!(head.read(&fields), Err(TooLarge::Head));
    }
}
