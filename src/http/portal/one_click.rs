//! What a mail program posts when its user has clicked once: `List-Unsubscribe=One-Click`, as a form's fields or, as
//! RFC 8058 would rather have it, in several parts.

use std::collections::HashMap;

use actix_web::{HttpMessage, HttpRequest, web};
use url::form_urlencoded;

use crate::http::body;
use crate::http::multipart::{Most, Parts};
use crate::http::problem::{Code, Problem};

/// How much is looked at; what is asked for has less than a hundred bytes.
const MOST: Most = Most {
    bytes: 16 * 1024,
    parts: 16,
};

/// The fields of a body, whoever sent it.
///
/// # Errors
/// Those of [`body::read`]. A body of another type, or one that cannot be read, has no fields.
pub(super) async fn read(
    request: &HttpRequest,
    payload: web::Payload,
) -> Result<HashMap<String, String>, Problem> {
    match request.content_type().to_ascii_lowercase().as_str() {
        "multipart/form-data" => match Parts::of(request, payload, MOST).await {
            Ok(parts) => Ok(parts.fields),
            Err(problem) if matches!(problem.code(), Code::BadRequest | Code::TooComplex) => {
                Ok(HashMap::new())
            }
            Err(problem) => Err(problem),
        },
        "application/x-www-form-urlencoded" => {
            let bytes = body::read(request, payload, MOST.bytes).await?;
            Ok(form_urlencoded::parse(&bytes).into_owned().collect())
        }
        _ => Ok(HashMap::new()),
    }
}
