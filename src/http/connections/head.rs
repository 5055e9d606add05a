//! The head of a request as it comes in: how large it is, and whether it is complete.

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
}

/// Whether there is more to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// The empty line at its end has not come yet.
    Partial,
    /// What follows is the body, or the next request.
    Complete,
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

    /// Takes in what has come.
    ///
    /// # Errors
    /// See [`TooLarge`].
    pub fn read(&mut self, bytes: &[u8]) -> Result<State, TooLarge> {
        for byte in bytes {
            // Empty lines before a request mean nothing.
            if self.bytes == 0 && matches!(byte, b'\r' | b'\n') {
                continue;
            }
            self.bytes += 1;
            self.last = self.last << 8 | u32::from(*byte);
            self.has_line |= *byte == b'\n';
            let (two, three) = (self.last & 0xffff, self.last & 0xff_ffff);
            if two == 0x0a0a || three == 0x0a_0d0a {
                return Ok(State::Complete);
            }
            if !self.has_line && self.bytes > LONGEST_LINE {
                return Err(TooLarge::Line);
            }
            if self.bytes > LARGEST {
                return Err(TooLarge::Head);
            }
        }
        Ok(State::Partial)
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
            let states: Vec<_> = text.chunks(size).map(|part| head.read(part)).collect();
            let (last, before) = states.split_last().expect("some");
            assert_eq!(*last, Ok(State::Complete), "{size}");
            assert!(before.iter().all(|state| *state == Ok(State::Partial)));
        }
        assert_eq!(
            Head::default().read(b"GET / HTTP/1.1\n\nrest"),
            Ok(State::Complete)
        );
        assert!(!Head::default().has_begun());
    }

    #[test]
    fn what_is_too_large_is_told_by_its_part() {
        let line = vec![b'x'; LONGEST_LINE + 1];
        assert_eq!(Head::default().read(&line), Err(TooLarge::Line));
        let mut head = Head::default();
        assert_eq!(head.read(b"GET / HTTP/1.1\r\n"), Ok(State::Partial));
        let fields = b"A: b\r\n".repeat(LARGEST / 6);
        assert_eq!(head.read(&fields), Err(TooLarge::Head));
    }
}
