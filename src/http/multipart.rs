//! Bodies in several parts (RFC 7578): forms that carry a file.

use std::collections::HashMap;

use actix_multipart::Multipart;
use actix_web::HttpRequest;
use actix_web::error::PayloadError;
use actix_web::web::Bytes;
use futures_util::{TryStreamExt, stream};

use super::problem::{Code, Problem};

/// In pieces of how many bytes the parser is handed a body; it refuses to hold much more than one.
const PIECE: usize = 16 * 1024;

/// What the parts are.
#[derive(Debug, Default)]
pub struct Parts {
    /// Fields that hold a text; of one that is sent twice, the last.
    pub fields: HashMap<String, String>,
    /// The file, if one was chosen; of several the last. What it is called is not kept.
    pub file: Option<Bytes>,
}

impl Parts {
    /// Takes a body apart that is in memory already, into `most` parts at the most.
    ///
    /// # Errors
    /// [`Code::BadRequest`] if it is none in several parts or breaks off, or if a field is no text;
    /// [`Code::TooComplex`].
    pub async fn of(request: &HttpRequest, body: Bytes, most: usize) -> Result<Self, Problem> {
        let malformed = || Problem::new(Code::BadRequest);
        let length = body.len();
        let pieces = (0..length).step_by(PIECE).map(move |from| {
            let to = length.min(from + PIECE);
            Ok::<_, PayloadError>(body.slice(from..to))
        });
        let mut multipart = Multipart::new(request.headers(), stream::iter(pieces));
        let mut parts = Self::default();
        let mut count = 0;
        while let Some(mut part) = multipart.try_next().await.map_err(|_| malformed())? {
            count += 1;
            if count > most {
                return Err(Problem::new(Code::TooComplex)
                    .with("max_values", most)
                    .with("max_depth", 1));
            }
            let name = part.name().ok_or_else(malformed)?.to_owned();
            let named = part.content_disposition();
            let file = named.and_then(|named| named.get_filename().map(str::to_owned));
            let content = part.bytes(length).await.map_err(|_| malformed())?;
            let content = content.map_err(|_| malformed())?;
            match file {
                // Browsers send a file without a name where none was chosen.
                Some(file) if file.is_empty() => {}
                Some(_) => parts.file = Some(content),
                None => {
                    let text = String::from_utf8(content.into()).map_err(|_| malformed())?;
                    // As in every other form: no page sends it, no text holds it.
                    if name.contains('\0') || text.contains('\0') {
                        return Err(malformed());
                    }
                    parts.fields.insert(name, text);
                }
            }
        }
        Ok(parts)
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    async fn of(body: String, most: usize) -> Result<Parts, Problem> {
        let request = TestRequest::post()
            .insert_header(("content-type", "multipart/form-data; boundary=\"b\""))
            .to_http_request();
        Parts::of(&request, body.into(), most).await
    }

    fn part(head: &str, content: &str) -> String {
        format!("--b\r\nContent-Disposition: form-data; {head}\r\n\r\n{content}\r\n")
    }

    #[actix_web::test]
    async fn fields_and_the_file_are_told_apart() {
        let long = "x".repeat(100_000);
        let body = [
            part("name=\"take.0\"", "on"),
            part("name=\"ics\"; filename=\"\"", ""),
            part("name=\"words\"", "Grüße,\r\n-b- und mehr"),
            part("name=\"ics\"; filename=\"../holidays.ics\"", &long),
            "--b--\r\n".to_owned(),
        ];
        let parts = of(body.concat(), 4).await.expect("it reads");
        assert_eq!(parts.fields["take.0"], "on");
        assert_eq!(parts.fields["words"], "Grüße,\r\n-b- und mehr");
        assert_eq!(parts.fields.len(), 2);
        assert_eq!(parts.file.expect("a file"), long);
        assert_eq!(
            of(body.concat(), 3).await.expect_err("four").code(),
            Code::TooComplex
        );
    }

    #[actix_web::test]
    async fn what_is_cut_off_or_no_text_is_refused() {
        for body in [
            String::new(),
            "ics=BEGIN".to_owned(),
            part("name=\"a\"", "on"),
            part("filename=\"a\"", "on") + "--b--\r\n",
            part("name=\"a\"", "o\0n") + "--b--\r\n",
        ] {
            let refused = of(body.clone(), 9).await;
            assert_eq!(refused.expect_err(&body).code(), Code::BadRequest, "{body}");
        }
    }
}
