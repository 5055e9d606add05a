//! The span of each request, its id, and what is counted about it.
//!
//! A span names the route's pattern, never the path or query as sent: those can hold tokens of links and words that
//! people searched for.

use std::time::Instant as Started;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpRequest};
use metrics::SharedString;
use tracing::Span;
use tracing_actix_web::{RequestId, RootSpanBuilder};

use super::paths::path_of;
use crate::domain::ids::{OrganizationId, PersonId};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// A longer id of a client is not taken into the log.
const LONGEST_ID: usize = 64;
const UNMATCHED: &str = "unmatched";

/// Makes the span of a request.
pub struct RequestSpan;

impl RootSpanBuilder for RequestSpan {
    fn on_request_start(request: &ServiceRequest) -> Span {
        let route = path_of(request.request());
        tracing::info_span!(
            "request",
            http.method = named(request.method()),
            http.route = route.as_deref().unwrap_or(UNMATCHED),
            request.id = %id_of(request.request()),
        )
    }

    /// The line that says that it is done says how. What a span is told later, the log reads and writes anew as a whole.
    fn on_request_end<B: MessageBody>(_: Span, _: &Result<ServiceResponse<B>, Error>) {}
}

/// Who sent a request, and where they act: noted once it is known.
#[derive(Clone, Copy)]
struct Sender {
    person: PersonId,
    organization: OrganizationId,
}

/// Notes who sent a request, for the line that says that it is done.
pub(super) fn note_sender(request: &HttpRequest, person: PersonId, organization: OrganizationId) {
    request.extensions_mut().insert(Sender {
        person,
        organization,
    });
}

/// Names the request in its answer, counts it, and says in the log that it is done.
///
/// # Errors
/// Those of the services inside.
pub async fn observe<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let started = Started::now();
    let id = id_of(request.request());
    let method = named(request.method());
    let mut response = next.call(request).await?;
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    let route = path_of(response.request()).map_or(SharedString::const_str(UNMATCHED), Into::into);
    let status = response.status().as_u16();
    let elapsed = started.elapsed();
    let labels: [(&str, SharedString); 3] = [
        ("method", method.into()),
        ("route", route),
        ("status", status.to_string().into()),
    ];
    metrics::counter!("casebell_http_requests_total", &labels).increment(1);
    metrics::histogram!("casebell_http_request_duration_seconds", &labels[..2])
        .record(elapsed.as_secs_f64());
    let sender = response.request().extensions().get::<Sender>().copied();
    tracing::info!(
        person.id = sender.map(|sender| tracing::field::display(sender.person)),
        organization.id = sender.map(|sender| tracing::field::display(sender.organization)),
        http.status_code = status,
        http.duration_ms = elapsed.as_secs_f64() * 1000.0,
        "request done"
    );
    Ok(response)
}

/// The name of a method, or that of all those which nobody has heard of: a client may invent any number of them.
fn named(method: &Method) -> &'static str {
    const KNOWN: &[&str] = &[
        "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT",
    ];
    let known = KNOWN.iter().find(|known| **known == method.as_str());
    known.copied().unwrap_or("other")
}

/// The id that the client gave its request, where it is one that can stand in a log, or else the one made here.
pub(super) fn id_of(request: &HttpRequest) -> String {
    let given = request
        .headers()
        .get(REQUEST_ID)
        .and_then(|value| value.to_str().ok());
    if let Some(given) = given.filter(|id| is_plain(id)) {
        return given.to_owned();
    }
    request
        .extensions()
        .get::<RequestId>()
        .map(ToString::to_string)
        .unwrap_or_default()
}

fn is_plain(id: &str) -> bool {
    (1..=LONGEST_ID).contains(&id.len())
        && id
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_that_clients_invent_have_one_name() {
        assert_eq!(named(&Method::PATCH), "PATCH");
        for invented in ["PROPFIND", "get", "X1", "X2"] {
            let method = Method::from_bytes(invented.as_bytes()).expect("a method");
            assert_eq!(named(&method), "other");
        }
    }

    #[test]
    fn only_plain_ids_of_clients_are_taken() {
        assert!(is_plain("0199c5a2-7c1e-7aaa-8b2d-1c2d3e4f5a6b"));
        for id in ["", "a b", "a\nb", "é", &"x".repeat(65)] {
            assert!(!is_plain(id), "{id:?}");
        }
    }
}
