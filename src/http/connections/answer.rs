//! What is said on a connection that ends before there is a request to answer.

use actix_web::http::header::RETRY_AFTER;

use crate::http::problem::{CONTENT_TYPE, Code, Problem};
use crate::words::Catalogue;

/// Why a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// A head that did not come in time.
    Late,
    /// A first line that is too long.
    LongAddress,
    /// A head that is too large.
    LargeHead,
    /// There is no room for the connection.
    Full,
}

/// The whole answer for each end, as it goes over the line.
#[derive(Debug)]
pub struct Endings {
    late: String,
    long_address: String,
    large_head: String,
    full: String,
}

impl Endings {
    /// Worded by `words`: nobody knows yet whose language to speak.
    pub fn new(words: &Catalogue) -> Self {
        Self {
            late: written(words, Code::RequestTimeout),
            long_address: written(words, Code::AddressTooLong),
            large_head: written(words, Code::HeadersTooLarge),
            full: written(words, Code::TooManyConnections),
        }
    }

    /// The answer for this end.
    pub fn answer(&self, end: End) -> &str {
        match end {
            End::Late => &self.late,
            End::LongAddress => &self.long_address,
            End::LargeHead => &self.large_head,
            End::Full => &self.full,
        }
    }
}

fn written(words: &Catalogue, code: Code) -> String {
    let document = Problem::new(code).document(words);
    // What does not serialize is said by its status.
    let body = serde_json::to_string(&document).unwrap_or_default();
    let wait = match code {
        Code::TooManyConnections => format!("{RETRY_AFTER}: 2\r\n"),
        _ => String::new(),
    };
    format!(
        "HTTP/1.1 {}\r\ncontent-type: {CONTENT_TYPE}\r\ncontent-length: {}\r\ncache-control: no-store\r\n{wait}connection: close\r\n\r\n{body}",
        code.status(),
        body.len(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_end_is_a_whole_answer() {
        let endings = Endings::new(&Catalogue::load().expect("the catalogue"));
        for (end, status) in [
            (End::Late, "408 Request Timeout"),
            (End::LongAddress, "414 URI Too Long"),
            (End::LargeHead, "431 Request Header Fields Too Large"),
            (End::Full, "503 Service Unavailable"),
        ] {
            let (head, body) = endings
                .answer(end)
                .split_once("\r\n\r\n")
                .expect("two parts");
            assert!(
                head.starts_with(&format!("HTTP/1.1 {status}\r\n")),
                "{head}"
            );
            assert!(head.contains(&format!("content-length: {}\r\n", body.len())));
            assert!(body.contains("\"code\""), "{body}");
        }
    }
}
