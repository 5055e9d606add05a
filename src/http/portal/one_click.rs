//! What a mail program posts when its user has clicked once: `List-Unsubscribe=One-Click`, as a form's fields or, as
//! RFC 8058 would rather have it, in several parts.

use std::collections::HashMap;

use actix_web::{HttpMessage, HttpRequest, web};
use url::form_urlencoded;

use crate::http::body;
use crate::http::multipart::Parts;
use crate::http::problem::Problem;

/// The largest body that is looked at, in bytes; what is asked for has less than a hundred.
const LARGEST: usize = 16 * 1024;
/// How many parts are looked at.
const MOST_PARTS: usize = 16;

/// The fields of a body, whoever sent it.
///
/// # Errors
/// Those of [`body::read`]. A body of another type, or one that cannot be read, has no fields.
pub(super) async fn read(
    request: &HttpRequest,
    payload: web::Payload,
) -> Result<HashMap<String, String>, Problem> {
    let bytes = body::read(request, payload, LARGEST).await?;
    Ok(match request.content_type().to_ascii_lowercase().as_str() {
        "multipart/form-data" => {
            let parts = Parts::of(request, bytes, MOST_PARTS).await;
            parts.map(|parts| parts.fields).unwrap_or_default()
        }
        "application/x-www-form-urlencoded" => {
            form_urlencoded::parse(&bytes).into_owned().collect()
        }
        _ => HashMap::new(),
    })
}
