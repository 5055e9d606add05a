//! What comes in on a connection, followed from head to head: a second request is no better off than the first, whether it
//! comes after the first is answered or together with it.

use super::body::Body;
use super::head::{Head, TooLarge};

/// What is coming in.
#[derive(Clone, Copy, Debug)]
pub enum Incoming {
    /// A head, of which nothing may have come yet.
    Head(Head),
    /// The body behind one.
    Body(Body),
    /// A head that is larger than is taken: nothing after it is read.
    Refused(TooLarge),
}

/// What was in some bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Read {
    /// How many heads were completed.
    pub heads: usize,
    /// How many of the bytes are to be handed on: those before a head that is too large.
    pub taken: usize,
}

impl Default for Incoming {
    fn default() -> Self {
        Self::Head(Head::default())
    }
}

impl Incoming {
    /// Takes in what has come.
    pub fn read(&mut self, bytes: &[u8]) -> Read {
        let mut read = Read { heads: 0, taken: 0 };
        while let rest @ [_, ..] = &bytes[read.taken..] {
            let ended = match self {
                Self::Head(head) => match head.read(rest) {
                    Ok(ended) => ended.inspect(|_| read.heads += 1),
                    Err(too_large) => {
                        *self = Self::Refused(too_large);
                        break;
                    }
                },
                Self::Body(body) => body.read(rest),
                Self::Refused(_) => break,
            };
            read.taken += ended.unwrap_or(rest.len());
            if ended.is_some() {
                *self = self.next();
            }
        }
        read
    }

    /// What comes after what has ended.
    fn next(self) -> Self {
        match self {
            Self::Head(head) => head.body().map_or_else(Self::default, Self::Body),
            _ => Self::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::connections::head::LONGEST_LINE;

    const GET: &str = "GET / HTTP/1.1\r\nHost: desk\r\n\r\n";
    const POST: &str = "POST / HTTP/1.1\r\nContent-Length: 6\r\n\r\n\r\n\r\n\r\n";

    #[test]
    fn requests_are_told_apart_however_they_come() {
        let text = format!("{GET}{POST}{GET}GET /");
        for size in 1..=text.len() {
            let mut incoming = Incoming::default();
            let read = text.as_bytes().chunks(size).map(|part| {
                let read = incoming.read(part);
                assert_eq!(read.taken, part.len());
                read.heads
            });
            assert_eq!(read.sum::<usize>(), 3, "{size}");
            assert!(matches!(incoming, Incoming::Head(head) if head.has_begun()));
        }
    }

    #[test]
    fn a_head_that_is_too_large_is_refused_wherever_it_stands() {
        for before in [String::new(), GET.repeat(2), format!("{POST}{GET}")] {
            let text = format!("{before}{}", "x".repeat(LONGEST_LINE + 1));
            let mut incoming = Incoming::default();
            assert_eq!(incoming.read(text.as_bytes()).taken, before.len());
            assert!(matches!(incoming, Incoming::Refused(TooLarge::Line)));
            assert_eq!(incoming.read(b"more").taken, 0);
        }
    }
}
