//! The documents of problems, worded for whoever reads the answer.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpRequest, HttpResponse, web};

use super::{CONTENT_TYPE, Problem};
use crate::domain::ids::ErrorId;
use crate::http::language;
use crate::http::paths::path_of;
use crate::http::state::AppState;
use crate::http::trace::id_of;
use crate::store::recent_errors::RecentError;
use crate::words::Languages;

/// Notes a failure of the desk's own, for those who keep it running.
fn note(request: &HttpRequest, problem: &Problem, cause: String) {
    let Some(desk) = request.app_data::<web::Data<AppState>>() else {
        return;
    };
    let at = desk.clock.now();
    desk.errors.note(RecentError {
        id: ErrorId::new(at),
        at,
        request_id: id_of(request),
        method: request.method().to_string(),
        route: path_of(request)
            .map(|path| path.to_string())
            .unwrap_or_default(),
        status: i64::from(problem.code().status().as_u16()),
        code: problem.code().as_str().to_owned(),
        cause,
    });
}

/// Writes the document of the problem that a request was answered with. Whatever made the answer knows no reader, and
/// so leaves its words to this.
///
/// # Errors
/// Those of the services within.
pub async fn word_problems(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let words = request.app_data::<web::Data<Languages>>().cloned();
    let response = next.call(request).await?.map_into_boxed_body();
    let error = response.response().error();
    let problem = error.and_then(|error| error.as_error::<Problem>());
    let (Some(problem), Some(words)) = (problem, words) else {
        return Ok(response);
    };
    if let Some(cause) = problem.own_failure() {
        note(response.request(), problem, cause);
    }
    let words = words.of(language::of(response.request()));
    let document = match serde_json::to_string(&problem.document(words)) {
        Ok(document) => document,
        Err(error) => {
            tracing::error!(%error, "a problem document does not serialize");
            return Ok(response);
        }
    };
    // An answer of its own: with the error in it, the log would have each refusal as a failure.
    let (request, bare) = response.into_parts();
    let mut answer = HttpResponse::build(bare.status()).body(document);
    *answer.headers_mut() = bare.headers().clone();
    let kind = HeaderValue::from_static(CONTENT_TYPE);
    answer.headers_mut().insert(header::CONTENT_TYPE, kind);
    Ok(ServiceResponse::new(request, answer))
}
