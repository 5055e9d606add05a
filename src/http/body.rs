//! Bodies of requests, read whole, within a size and a time: who sends a byte now and then is answered 408 and let go.

use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::header;
use actix_web::web::{Bytes, BytesMut, Payload};
use futures_util::StreamExt;
use tokio::time::{Instant, timeout_at};

use super::connections::Connection;
use super::problem::{Code, Problem};

/// How long a body may take that says nothing.
const GRACE: Duration = Duration::from_secs(10);
/// What it has to bring from then on, in bytes a second: less than any line that people work on.
const SLOWEST: f64 = 8.0 * 1024.0;

/// Reads the whole body, of `limit` bytes at the most.
///
/// # Errors
/// [`Code::TooLarge`], [`Code::RequestTimeout`], [`Code::BadRequest`] if it breaks off.
pub async fn read(
    request: &HttpRequest,
    mut payload: Payload,
    limit: usize,
) -> Result<Bytes, Problem> {
    let too_large = || Problem::new(Code::TooLarge).with("max_bytes", limit);
    let announced = request
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok())
        .and_then(|length| length.parse::<u64>().ok());
    if announced.is_some_and(|length| length > limit as u64) {
        return Err(too_large());
    }
    let _waiting = Connection::of(request).map(Connection::wait_for_body);
    let started = Instant::now();
    let mut body = BytesMut::new();
    loop {
        let allowed = GRACE + Duration::from_secs_f64(body.len() as f64 / SLOWEST);
        match timeout_at(started + allowed, payload.next()).await {
            Ok(Some(Ok(chunk))) if body.len() + chunk.len() > limit => return Err(too_large()),
            Ok(Some(Ok(chunk))) => body.extend_from_slice(&chunk),
            Ok(None) => return Ok(body.freeze()),
            Ok(Some(Err(_))) => return Err(Problem::new(Code::BadRequest)),
            Err(_) => return Err(Problem::new(Code::RequestTimeout)),
        }
    }
}
