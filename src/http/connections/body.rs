//! The body of a request as it comes in, followed to its end.

/// What of a body has not come yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    /// So many bytes, at least one.
    Sized(u64),
    /// Chunks, of which each says how long it is.
    Chunked(Chunked),
}

/// What comes next of a body in chunks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chunked {
    /// More digits of a chunk's size.
    Size(u64),
    /// The rest of the line with that size.
    Extension(u64),
    /// So many bytes of a chunk, at least one.
    Data(u64),
    /// The end of the line that a chunk ends with.
    DataEnd,
    /// What follows the last chunk, up to an empty line.
    Trailer {
        /// Whether nothing has come of this line.
        empty: bool,
    },
}

impl Body {
    /// A body in chunks, from its beginning.
    pub fn chunked() -> Self {
        Self::Chunked(Chunked::Size(0))
    }

    /// Takes in what has come. If that completes it, answers how many of these bytes are its own.
    pub fn read(&mut self, bytes: &[u8]) -> Option<usize> {
        match self {
            Self::Sized(missing) => {
                let count = skipped(missing, bytes);
                (*missing == 0).then_some(count)
            }
            Self::Chunked(chunked) => chunked.read(bytes),
        }
    }
}

impl Chunked {
    fn read(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            at += 1;
            *self = match (*self, byte) {
                (Self::Data(mut missing), _) => {
                    at += skipped(&mut missing, &bytes[at - 1..]) - 1;
                    match missing {
                        0 => Self::DataEnd,
                        _ => Self::Data(missing),
                    }
                }
                (Self::Size(0) | Self::Extension(0), b'\n') => Self::Trailer { empty: true },
                (Self::Size(size) | Self::Extension(size), b'\n') => Self::Data(size),
                (Self::Size(size), digit) => match char::from(*digit).to_digit(16) {
                    Some(digit) => Self::Size(size.saturating_mul(16).saturating_add(digit.into())),
                    None => Self::Extension(size),
                },
                (Self::DataEnd, b'\n') => Self::Size(0),
                (Self::Trailer { empty: true }, b'\n') => return Some(at),
                (Self::Trailer { .. }, b'\n') => Self::Trailer { empty: true },
                (Self::Trailer { empty }, b'\r') => Self::Trailer { empty },
                (Self::Trailer { .. }, _) => Self::Trailer { empty: false },
                (Self::Extension(_) | Self::DataEnd, _) => *self,
            };
        }
        None
    }
}

/// Takes `missing` from the front of `bytes`, as far as it is there; answers how much that is.
fn skipped(missing: &mut u64, bytes: &[u8]) -> usize {
    let count = usize::try_from(*missing).map_or(bytes.len(), |missing| missing.min(bytes.len()));
    *missing -= count as u64;
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_ends_where_it_says_however_it_comes() {
        let chunks = "5;a=b\r\nhello\r\n1f\r\n{\"text\": \"\\r\\n0\\r\\n\\r\\n\", 12345}\r\n0\r\nA: b\r\n\r\n";
        for (body, text) in [
            (Body::Sized(7), "GET / H"),
            (Body::chunked(), chunks),
            (Body::chunked(), "0\r\n\r\n"),
        ] {
            let text = format!("{text}GET / HTTP/1.1\r\n");
            for size in 1..=text.len() {
                let (mut body, mut end) = (body, None);
                for (part, number) in text.as_bytes().chunks(size).zip(0..) {
                    end = body.read(part).map(|count| number * size + count);
                    if end.is_some() {
                        break;
                    }
                }
                let rest = &text[end.expect("an end")..];
                assert_eq!(rest, "GET / HTTP/1.1\r\n", "{size}");
            }
        }
    }
}
