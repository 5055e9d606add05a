//! Bodies of requests, as they come: within a size and a time. Who sends a byte now and then is answered 408 and let go.

use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::header;
use actix_web::web::{Bytes, BytesMut, Payload};
use futures_util::StreamExt;
use tokio::time::{Instant, timeout_at};

use super::connections::{Connection, Interrupted};
use super::problem::{Code, Problem};

/// How long a body may take that says nothing.
const GRACE: Duration = Duration::from_secs(10);
/// What it has to bring from then on, in bytes a second: less than any line that people work on.
const SLOWEST: f64 = 8.0 * 1024.0;

/// A body, chunk by chunk.
pub struct Chunks {
    payload: Payload,
    limit: usize,
    taken: usize,
    started: Instant,
    _waiting: Option<Interrupted>,
}

impl Chunks {
    /// The body of a request, of `limit` bytes at the most.
    ///
    /// # Errors
    /// [`Code::TooLarge`] if it announces more.
    pub fn of(request: &HttpRequest, payload: Payload, limit: usize) -> Result<Self, Problem> {
        let announced = request
            .headers()
            .get(header::CONTENT_LENGTH)
            .and_then(|value| value.to_str().ok())
            .and_then(|length| length.parse::<u64>().ok());
        if announced.is_some_and(|length| length > limit as u64) {
            return Err(too_large(limit));
        }
        Ok(Self {
            payload,
            limit,
            taken: 0,
            started: Instant::now(),
            _waiting: Connection::of(request).map(Connection::wait_for_body),
        })
    }

    /// The next chunk; none at the end.
    ///
    /// # Errors
    /// [`Code::TooLarge`], [`Code::RequestTimeout`], [`Code::BadRequest`] if it breaks off.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Problem> {
        let allowed = GRACE + Duration::from_secs_f64(self.taken as f64 / SLOWEST);
        match timeout_at(self.started + allowed, self.payload.next()).await {
            Ok(Some(Ok(chunk))) if self.taken + chunk.len() > self.limit => {
                Err(too_large(self.limit))
            }
            Ok(Some(Ok(chunk))) => {
                self.taken += chunk.len();
                Ok(Some(chunk))
            }
            Ok(None) => Ok(None),
            Ok(Some(Err(_))) => Err(Problem::new(Code::BadRequest)),
            Err(_) => Err(Problem::new(Code::RequestTimeout)),
        }
    }
}

fn too_large(limit: usize) -> Problem {
    Problem::new(Code::TooLarge).with("max_bytes", limit)
}

/// Reads the whole body, of `limit` bytes at the most.
///
/// # Errors
/// Those of [`Chunks`].
pub async fn read(request: &HttpRequest, payload: Payload, limit: usize) -> Result<Bytes, Problem> {
    let mut chunks = Chunks::of(request, payload, limit)?;
    let mut body = BytesMut::new();
    while let Some(chunk) = chunks.next().await? {
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}
