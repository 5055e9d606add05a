//! A kept file on its way to somebody: as bytes to keep, in whole or in part, and read while it is sent.

use actix_web::body::{BoxBody, SizedStream};
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap};
use actix_web::{HttpResponse, HttpResponseBuilder};

use super::problem::{Code, Problem};
use crate::attachments::{ContentHash, Kept};
use crate::domain::attachment::{FileName, MediaType, disposition};

/// What a browser may do with it, should it look at it all the same: nothing.
const POLICY: &str =
    "default-src 'none'; sandbox; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

/// A kept file that is open.
#[derive(Debug)]
pub struct StoredFile {
    /// What a browser calls it.
    pub name: FileName,
    /// As what it is handed out.
    pub media_type: MediaType,
    /// Its bytes.
    pub file: Kept,
    /// Their name, by which whoever has them already knows it.
    pub content: ContentHash,
}

/// Which part of a file is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Whole,
    /// From the first to the last of these bytes.
    Of(u64, u64),
    /// None that it has.
    Beyond,
}

impl StoredFile {
    /// The HTTP answer to who asks with these headers.
    pub(super) fn into_response(
        self,
        mut response: HttpResponseBuilder,
        asked: Option<&HeaderMap>,
    ) -> HttpResponse<BoxBody> {
        let (tag, bytes) = (format!("\"{}\"", self.content), self.file.bytes());
        let text = |name: header::HeaderName| asked?.get(name)?.to_str().ok();
        let is_known = text(header::IF_NONE_MATCH).is_some_and(|tags| names(tags, &tag));
        // Whoever has the beginning of another file gets all of this one.
        let same = text(header::IF_RANGE).is_none_or(|known| known == tag);
        let part = match text(header::RANGE).filter(|_| same) {
            Some(range) => part(range, bytes),
            None => Part::Whole,
        };
        if part == Part::Beyond && !is_known {
            let length = header::HeaderValue::from_str(&format!("bytes */{bytes}"));
            let problem = Problem::new(Code::RangeNotSatisfiable).with("bytes", bytes);
            return HttpResponse::from_error(match length {
                Ok(length) => problem.header(header::CONTENT_RANGE, length),
                Err(_) => problem,
            });
        }
        response
            .insert_header((header::ETAG, tag))
            .insert_header((header::ACCEPT_RANGES, "bytes"))
            .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
            // It is sent as it is: a part of what is compressed is none of it.
            .insert_header(header::ContentEncoding::Identity);
        if is_known {
            return response.status(StatusCode::NOT_MODIFIED).finish();
        }
        response
            .content_type(self.media_type.as_str())
            .insert_header((header::CONTENT_DISPOSITION, disposition(&self.name)));
        let (from, until) = match part {
            Part::Of(first, last) => {
                let range = format!("bytes {first}-{last}/{bytes}");
                response
                    .status(StatusCode::PARTIAL_CONTENT)
                    .insert_header((header::CONTENT_RANGE, range));
                (first, last + 1)
            }
            Part::Whole | Part::Beyond => (0, bytes),
        };
        response.body(SizedStream::new(
            until - from,
            self.file.pieces(from, until),
        ))
    }
}

/// Whether a list of tags names this one.
fn names(tags: &str, tag: &str) -> bool {
    let mut tags = tags.split(',').map(str::trim);
    tags.any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one) == tag)
}

/// The part that `Range` asks for of so many bytes. What cannot be read, or asks for several, asks for all of it (RFC 9110).
fn part(range: &str, bytes: u64) -> Part {
    let read = || {
        let (first, last) = range.trim().strip_prefix("bytes=")?.split_once('-')?;
        let number = |text: &str| match text.bytes().all(|byte| byte.is_ascii_digit()) {
            true => text.parse::<u64>().ok(),
            false => None,
        };
        Some(match (first.trim(), last.trim()) {
            ("", last) => match number(last)? {
                0 => Part::Beyond,
                count => Part::Of(bytes.saturating_sub(count), bytes.saturating_sub(1)),
            },
            (first, last) => {
                let first = number(first)?;
                let last = match last {
                    "" => u64::MAX,
                    last => number(last)?,
                };
                match first {
                    first if first > last => Part::Whole,
                    first if first >= bytes => Part::Beyond,
                    first => Part::Of(first, last.min(bytes - 1)),
                }
            }
        })
    };
    read().unwrap_or(Part::Whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_what_is_asked_for_and_what_there_is() {
        for (range, expected) in [
            ("bytes=0-0", Part::Of(0, 0)),
            ("bytes=2-", Part::Of(2, 9)),
            ("bytes=2-100", Part::Of(2, 9)),
            ("bytes=-3", Part::Of(7, 9)),
            ("bytes=-100", Part::Of(0, 9)),
            ("bytes=10-", Part::Beyond),
            ("bytes=-0", Part::Beyond),
            ("bytes=5-2", Part::Whole),
            ("bytes=0-1,3-4", Part::Whole),
            ("bytes=+1-2", Part::Whole),
            ("bytes=-", Part::Whole),
            ("lines=0-1", Part::Whole),
            ("", Part::Whole),
        ] {
            assert_eq!(part(range, 10), expected, "{range}");
        }
    }

    #[test]
    fn a_tag_is_found_among_others() {
        assert!(names("W/\"a\", \"b\"", "\"a\"") && names("*", "\"a\""));
        assert!(!names("\"ab\"", "\"a\""));
    }
}
