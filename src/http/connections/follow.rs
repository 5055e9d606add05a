//! Tells a connection when a request is worked on, and when it is answered. Whoever is told to come again later, or that
//! a long body is not taken, is told so after a moment.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::Error;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{CONTENT_LENGTH, HeaderMap, TRANSFER_ENCODING};
use actix_web::http::{ConnectionType, StatusCode};
use actix_web::middleware::Next;
use actix_web::web::Bytes;
use tokio::time::sleep;

use super::Connection;

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
    Ok(response.map_body(|_, body| Answer {
        body: body.boxed(),
        _answered: answered,
    }))
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
    _answered: Answered,
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
        Pin::new(&mut self.body).poll_next(context)
    }
}
