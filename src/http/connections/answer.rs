//! What is said on a connection that ends before there is a request to answer.

use std::sync::LazyLock;

use actix_web::http::header::RETRY_AFTER;

use crate::http::problem::{CONTENT_TYPE, Code, Problem};
use crate::http::words;

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

static LATE: LazyLock<String> = LazyLock::new(|| written(Code::RequestTimeout));
static LONG_ADDRESS: LazyLock<String> = LazyLock::new(|| written(Code::AddressTooLong));
static LARGE_HEAD: LazyLock<String> = LazyLock::new(|| written(Code::HeadersTooLarge));
static FULL: LazyLock<String> = LazyLock::new(|| written(Code::TooManyConnections));

impl End {
    /// The whole answer, as it goes over the line.
    pub fn answer(self) -> &'static str {
        match self {
            Self::Late => &LATE,
            Self::LongAddress => &LONG_ADDRESS,
            Self::LargeHead => &LARGE_HEAD,
            Self::Full => &FULL,
        }
    }
}

fn written(code: Code) -> String {
    let document = Problem::new(code).document(words());
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
        for (end, status) in [
            (End::Late, "408 Request Timeout"),
            (End::LongAddress, "414 URI Too Long"),
            (End::LargeHead, "431 Request Header Fields Too Large"),
            (End::Full, "503 Service Unavailable"),
        ] {
            let (head, body) = end.answer().split_once("\r\n\r\n").expect("two parts");
            assert!(
                head.starts_with(&format!("HTTP/1.1 {status}\r\n")),
                "{head}"
            );
            assert!(head.contains(&format!("content-length: {}\r\n", body.len())));
            assert!(body.contains("\"code\""), "{body}");
        }
    }
}
