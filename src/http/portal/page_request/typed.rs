//! What was typed into a form, and the parameters of a query.

use std::collections::HashMap;

use actix_web::{HttpMessage, HttpRequest, web};
use url::form_urlencoded;

use crate::domain::text::Markdown;
use crate::http::apart::apart;
use crate::http::body;
use crate::http::problem::{Code, Problem};
use crate::words::markdown;

/// The largest form that is taken, in bytes: two of the longest texts, each byte of them encoded.
const LARGEST_FORM: usize = 512 * 1024;
/// A longer form is read on a blocking thread.
const READ_AT_ONCE: usize = 8 * 1024;
/// Longer words are rendered on one.
pub(super) const LONG_WORDS: usize = 4 * 1024;
/// How many fields a form has at the most, or parameters a query.
const MOST_FIELDS: usize = 2000;
/// What browsers send forms as.
const FORM: &str = "application/x-www-form-urlencoded";

pub(super) async fn form(
    request: &HttpRequest,
    payload: web::Payload,
) -> Result<HashMap<String, String>, Problem> {
    if !request.content_type().eq_ignore_ascii_case(FORM) {
        return Err(Problem::new(Code::UnsupportedMediaType).with("expected", FORM));
    }
    let bytes = body::read(request, payload, LARGEST_FORM).await?;
    if bytes.len() <= READ_AT_ONCE {
        return pairs(&bytes);
    }
    // A long form is read where nobody else waits for it, and its long words rendered before the one writer keeps them.
    apart(move || {
        let typed = pairs(&bytes)?;
        render_long(&typed);
        Ok(typed)
    })
    .await?
}

/// What was typed, with its long words rendered.
pub(super) async fn prepare(
    typed: HashMap<String, String>,
) -> Result<HashMap<String, String>, Problem> {
    if typed.values().all(|text| text.len() <= LONG_WORDS) {
        return Ok(typed);
    }
    apart(move || {
        render_long(&typed);
        typed
    })
    .await
}

fn render_long(typed: &HashMap<String, String>) {
    for (name, text) in typed {
        if text.len() > LONG_WORDS
            && !name.contains("password")
            && let Ok(words) = Markdown::parse(text)
        {
            markdown::prepare(words.as_str());
        }
    }
}

pub(super) fn pairs(text: &[u8]) -> Result<HashMap<String, String>, Problem> {
    let mut typed = HashMap::new();
    for (index, (name, value)) in form_urlencoded::parse(text).enumerate() {
        if index == MOST_FIELDS {
            return Err(Problem::new(Code::TooComplex)
                .with("max_values", MOST_FIELDS)
                .with("max_depth", 1));
        }
        // No page sends it, no text holds it, and no database takes it.
        if name.contains('\0') || value.contains('\0') {
            return Err(Problem::new(Code::BadRequest));
        }
        typed.insert(name.into_owned(), value.into_owned());
    }
    Ok(typed)
}
