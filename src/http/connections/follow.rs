//! Tells a connection when a request is worked on, and when it is answered. Whoever is told to come again later, or that
//! a long body is not taken, is told so after a moment.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::Error;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, TRANSFER_ENCODING};
use actix_web::http::{ConnectionType, Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::web::Bytes;
use tokio::time::sleep;

use super::{Connection, handed};
use crate::http::reply::EVENT_STREAM;

/// How long somebody waits to be told to come again later, or that a long body is not taken. Whoever asks again at once, over
/// many connections, then takes a small part of a processor for each of them, and nobody else's time.
const HELD_BACK: Duration = Duration::from_millis(250);
/// A longer body, in bytes, is a long one: most are words of people.
const LONG_BODY: u64 = 64 * 1024;

/// Follows a request from its head to the end of its answer.
///
/// # Errors
/// Those of the services inside.
pub async fn follow<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<Answer>, Error> {
    let connection = Connection::of(request.request()).cloned();
    if let Some(connection) = &connection {
        connection.work();
    }
    let is_long = has_long_body(request.headers());
    let reads = request.method() == Method::GET;
    // Dropped with the answer, or without one.
    let answered = Answered(connection);
    let mut response = next.call(request).await?;
    if answered
        .0
        .as_ref()
        .is_some_and(|connection| connection.has_more_to_come())
    {
        // What is left is thrown away, and nobody's next request is read behind it.
        let head = response.response_mut().head_mut();
        head.set_connection_type(ConnectionType::Close);
    }
    if is_held_back(response.status(), is_long) {
        let _held = answered.0.as_ref().map(Connection::hold_back);
        sleep(HELD_BACK).await;
    }
    let stays = reads && answered.0.is_some() && is_stream(response.response().headers());
    if stays {
        // Where it ends is told by the end of the connection: whoever takes that over knows nothing of its parts.
        let head = response.response_mut().head_mut();
        head.no_chunking(true);
        head.set_connection_type(ConnectionType::Close);
    }
    Ok(response.map_body(|_, body| Answer {
        body: body.boxed(),
        stays,
        answered,
    }))
}

/// Whether what is answered is a stream of events, which stays for as long as its client wants it.
fn is_stream(headers: &HeaderMap) -> bool {
    let media = headers.get(CONTENT_TYPE);
    media.is_some_and(|media| media.as_bytes().starts_with(EVENT_STREAM.as_bytes()))
}

/// Whether the body is longer than what people write, or does not say how long it is.
fn has_long_body(headers: &HeaderMap) -> bool {
    let length = headers.get(CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.parse().ok());
    length.is_some_and(|length: u64| length > LONG_BODY) || headers.contains_key(TRANSFER_ENCODING)
}

fn is_held_back(status: StatusCode, is_long: bool) -> bool {
    match status {
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => true,
        refused => is_long && refused.is_client_error(),
    }
}

struct Answered(Option<Arc<Connection>>);

impl Drop for Answered {
    fn drop(&mut self) {
        if let Some(connection) = &self.0 {
            connection.answered();
        }
    }
}

/// The body of an answer.
pub struct Answer {
    body: BoxBody,
    /// Whether it goes on elsewhere once it has nothing to say for a moment.
    stays: bool,
    answered: Answered,
}

impl MessageBody for Answer {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let said = Pin::new(&mut self.body).poll_next(context);
        if said.is_ready() || !self.stays {
            return said;
        }
        let rest = std::mem::replace(&mut self.body, BoxBody::new(()));
        if let Some(connection) = &self.answered.0 {
            handed::leave(connection, rest);
        }
        Poll::Ready(None)
    }
}
