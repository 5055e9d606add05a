//! Answers that are whole before they are sent travel as gzip (RFC 9110, section 8.4), compressed once and well.
//!
//! The framework's own middleware compresses as lightly as can be, which makes a page two fifths larger than this does, and
//! sends every answer through another thread. What is streamed (files, events) goes as it is.

use std::io::Write;

use actix_web::Error;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{
    AcceptEncoding, CONTENT_ENCODING, CONTENT_TYPE, ContentEncoding, Encoding, HeaderMap,
    HeaderValue,
};
use actix_web::middleware::Next;
use actix_web::web::Bytes;
use actix_web::{HttpMessage, HttpResponse};
use flate2::{Compression, GzBuilder};
use rand::RngExt as _;

/// Below so many bytes less is saved than the head of an answer has.
const WORTH_IT: usize = 512;
/// Of a page of 43 kB, level 1 makes 11.5 kB in 66 µs, 6 makes 8.1 kB in 191 µs, and 9 no less.
const LEVEL: Compression = Compression::new(6);
/// How many bytes a page is longer at the most, by chance.
const BLURRED: usize = 64;
/// What is text, and no picture or archive that is compressed already, by the beginnings of media types.
const TEXT: [&str; 5] = [
    "text/",
    "application/json",
    "application/problem+json",
    "application/xml",
    "image/svg+xml",
];

/// Compresses an answer that is whole and worth it, for whoever takes gzip.
///
/// # Errors
/// Those of the services inside.
pub async fn whole<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let response = next.call(request).await?.map_into_boxed_body();
    if !is_text(response.headers()) || !takes_gzip(response.request()) {
        return Ok(response);
    }
    let (request, response) = response.into_parts();
    Ok(ServiceResponse::new(request, packed_if_whole(response)))
}

/// Whether gzip is what the sender would rather have.
pub fn takes_gzip(request: &impl HttpMessage) -> bool {
    let offered = [Encoding::identity(), Encoding::gzip()];
    let accepted = request.get_header::<AcceptEncoding>();
    accepted.is_some_and(|accepted| accepted.negotiate(offered.iter()) == Some(Encoding::gzip()))
}

/// What compresses well, and has no coding yet.
fn is_text(headers: &HeaderMap) -> bool {
    let kind = headers
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    !headers.contains_key(CONTENT_ENCODING)
        && kind.is_some_and(|kind| TEXT.iter().any(|text| kind.starts_with(text)))
}

fn packed_if_whole(response: HttpResponse<BoxBody>) -> HttpResponse<BoxBody> {
    let (mut response, body) = response.into_parts();
    let whole = match body.try_into_bytes() {
        Ok(whole) => whole,
        Err(streamed) => return response.set_body(streamed),
    };
    let kind = response.headers().get(CONTENT_TYPE);
    let is_page = kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    let blurred = if is_page {
        rand::rng().random_range(0..=BLURRED)
    } else {
        0
    };
    let is_worth_it = whole.len() >= WORTH_IT;
    // Writing into memory does not fail. If it did, the answer would go as it is.
    let packed = is_worth_it.then(|| packed(&whole, LEVEL, blurred).ok());
    let body = match packed.flatten() {
        Some(packed) => {
            let gzip = HeaderValue::from_static(ContentEncoding::Gzip.as_str());
            response.headers_mut().insert(CONTENT_ENCODING, gzip);
            packed
        }
        None => whole,
    };
    response.set_body(BoxBody::new(body))
}

/// As gzip, `blurred` bytes longer than need be. A page holds secrets beside words of its address. Whoever can have somebody's
/// browser ask for pages, and sees on the wire how long each is, would find the secrets by which words make it shorter (BREACH).
/// So the name that gzip has room for is of a length by chance, which blurs it.
///
/// # Errors
/// None that is known of: it is written into memory.
pub fn packed(bytes: &[u8], level: Compression, blurred: usize) -> std::io::Result<Bytes> {
    let packing = GzBuilder::new();
    let packing = match blurred {
        0 => packing,
        // A byte of zero ends it.
        more => packing.filename("c".repeat(more - 1)),
    };
    let room = Vec::with_capacity(bytes.len() / 4);
    let mut packing = packing.write(room, level);
    packing.write_all(bytes)?;
    Ok(packing.finish()?.into())
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use actix_web::http::header::ACCEPT_ENCODING;
    use actix_web::middleware::from_fn;
    use actix_web::test::{TestRequest, call_service, init_service, read_body};
    use actix_web::{App, web};
    use flate2::read::GzDecoder;
    use futures_util::stream;

    use super::*;

    const PAGE: &str = "text/html; charset=utf-8";

    /// An answer of `body` to who sends `accepts`: whether it is gzip, and its bytes.
    async fn answer(
        accepts: Option<&'static str>,
        kind: &'static str,
        body: String,
    ) -> (bool, Bytes) {
        let service = web::to(move || {
            let body = body.clone();
            async move { HttpResponse::Ok().content_type(kind).body(body) }
        });
        let app = App::new().default_service(service).wrap(from_fn(whole));
        let app = init_service(app).await;
        let mut request = TestRequest::get();
        if let Some(accepts) = accepts {
            request = request.insert_header((ACCEPT_ENCODING, accepts));
        }
        let response = call_service(&app, request.to_request()).await;
        let coding = response.headers().get(CONTENT_ENCODING).cloned();
        (
            coding.is_some_and(|coding| coding == "gzip"),
            read_body(response).await,
        )
    }

    fn unpacked(bytes: &[u8]) -> String {
        let mut text = String::new();
        let mut unpacking = GzDecoder::new(bytes);
        unpacking.read_to_string(&mut text).expect("gzip");
        text
    }

    #[actix_web::test]
    async fn who_takes_gzip_is_sent_the_same_in_fewer_bytes() {
        let long = "Calls to Lisbon are silent. ".repeat(200);
        for accepts in [
            "gzip",
            "br, gzip;q=0.5",
            "gzip, deflate, br, zstd",
            "identity;q=0, gzip",
        ] {
            let (is_gzip, bytes) = answer(Some(accepts), PAGE, long.clone()).await;
            assert!(is_gzip && bytes.len() < long.len() / 10, "{accepts}");
            assert_eq!(unpacked(&bytes), long);
        }
        for accepts in [
            None,
            Some("br"),
            Some("gzip;q=0"),
            Some("identity"),
            Some("gzip;q=0.1, identity"),
        ] {
            let (is_gzip, bytes) = answer(accepts, PAGE, long.clone()).await;
            assert!(!is_gzip && bytes == long, "{accepts:?}");
        }
    }

    #[actix_web::test]
    async fn what_is_small_or_no_text_goes_as_it_is() {
        let (is_gzip, _) = answer(Some("gzip"), PAGE, "a".repeat(WORTH_IT - 1)).await;
        assert!(!is_gzip);
        let (is_gzip, _) = answer(Some("gzip"), "image/png", "a".repeat(WORTH_IT)).await;
        assert!(!is_gzip);
    }

    #[actix_web::test]
    async fn what_is_streamed_goes_as_it_comes() {
        let service = web::to(|| async {
            let pieces = stream::iter(vec![Ok::<_, Error>(Bytes::from(vec![b'a'; 4 * WORTH_IT]))]);
            HttpResponse::Ok()
                .content_type("text/plain")
                .streaming(pieces)
        });
        let app = App::new().default_service(service).wrap(from_fn(whole));
        let app = init_service(app).await;
        let request = TestRequest::get().insert_header((ACCEPT_ENCODING, "gzip"));
        let response = call_service(&app, request.to_request()).await;
        assert!(!response.headers().contains_key(CONTENT_ENCODING));
        assert_eq!(read_body(response).await.len(), 4 * WORTH_IT);
    }

    /// Else the length of a page would say whether words of its address are also elsewhere on it.
    #[actix_web::test]
    async fn the_length_of_a_page_says_nothing_exact() {
        let long = "Calls to Lisbon are silent. ".repeat(200);
        let mut lengths = std::collections::BTreeSet::new();
        for _ in 0..100 {
            lengths.insert(answer(Some("gzip"), PAGE, long.clone()).await.1.len());
        }
        assert!(lengths.len() > 10, "{lengths:?}");
    }
}
