//! What a mail program posts when its user has clicked once: `List-Unsubscribe=One-Click`, as a form's fields or, as
//! RFC 8058 would rather have it, in several parts.

use std::collections::HashMap;

use actix_web::{HttpMessage, HttpRequest, web};
use url::form_urlencoded;

use crate::http::body;
use crate::http::problem::Problem;

/// The largest body that is looked at, in bytes; what is asked for has less than a hundred.
const LARGEST: usize = 16 * 1024;

/// The fields of a body, whoever sent it.
///
/// # Errors
/// Those of [`body::read`]. A body of another type has no fields.
pub(in crate::http::portal) async fn read(
    request: &HttpRequest,
    payload: web::Payload,
) -> Result<HashMap<String, String>, Problem> {
    let bytes = body::read(request, payload, LARGEST).await?;
    let stated = request.headers().get("content-type");
    let stated = stated.and_then(|stated| stated.to_str().ok());
    Ok(match request.content_type().to_ascii_lowercase().as_str() {
        "multipart/form-data" => {
            let boundary = stated.and_then(boundary).unwrap_or_default();
            parts(&String::from_utf8_lossy(&bytes), boundary)
        }
        "application/x-www-form-urlencoded" => {
            form_urlencoded::parse(&bytes).into_owned().collect()
        }
        _ => HashMap::new(),
    })
}

fn boundary(content_type: &str) -> Option<&str> {
    let mut parameters = content_type.split(';').skip(1).map(str::trim);
    let boundary = parameters.find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.eq_ignore_ascii_case("boundary").then_some(value)
    })?;
    Some(boundary.trim_matches('"'))
}

/// The text fields of a body in several parts (RFC 7578).
fn parts(body: &str, boundary: &str) -> HashMap<String, String> {
    let mut fields = HashMap::new();
    if boundary.is_empty() {
        return fields;
    }
    // What stands before the first boundary is no part.
    for part in body.split(&format!("--{boundary}")).skip(1) {
        let part = part.strip_prefix("\r\n").unwrap_or(part);
        let Some((head, value)) = part.split_once("\r\n\r\n") else {
            continue;
        };
        if let Some(name) = head.split("\r\n").find_map(name) {
            let value = value.strip_suffix("\r\n").unwrap_or(value);
            fields.insert(name.to_owned(), value.to_owned());
        }
    }
    fields
}

/// The field's name, if the line is the one that says it.
fn name(line: &str) -> Option<&str> {
    let (header, value) = line.split_once(':')?;
    if !header.trim().eq_ignore_ascii_case("content-disposition") {
        return None;
    }
    let mut parameters = value.split(';').skip(1).map(str::trim);
    let name = parameters.find_map(|parameter| parameter.strip_prefix("name="))?;
    Some(name.trim_matches('"'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_a_body_are_its_fields() {
        let body = "--x\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--x\r\n\
                    content-disposition: form-data; filename=a; name=b\r\nContent-Type: text/plain\r\n\r\nc\r\n\r\nd\r\n--x--\r\n";
        let fields = parts(body, "x");
        assert_eq!(fields["List-Unsubscribe"], "One-Click");
        assert_eq!(fields["b"], "c\r\n\r\nd");
        assert_eq!(fields.len(), 2);
        for odd in [
            "",
            "--x",
            "--x\r\n\r\nOne-Click",
            "--y\r\nContent-Disposition: form-data; name=a\r\n\r\nb",
        ] {
            assert!(parts(odd, "x").is_empty(), "{odd}");
        }
        assert!(parts(body, "").is_empty());
    }

    #[test]
    fn a_boundary_is_read_with_or_without_quotes() {
        assert_eq!(boundary("multipart/form-data; boundary=x"), Some("x"));
        assert_eq!(
            boundary("multipart/form-data; charset=utf-8; Boundary=\"a b\""),
            Some("a b")
        );
        assert_eq!(boundary("multipart/form-data"), None);
    }
}
