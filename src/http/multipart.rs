//! Bodies in several parts (RFC 7578): forms that carry a file.

use std::cell::Cell;
use std::collections::HashMap;
use std::rc::Rc;

use actix_multipart::{Field, Multipart};
use actix_web::HttpRequest;
use actix_web::error::PayloadError;
use actix_web::web::{Bytes, Payload};
use futures_util::{Stream, TryStreamExt, stream};

use super::body::Chunks;
use super::problem::{Code, Problem};
use super::uploads::{Uploads, too_large};
use crate::attachments::Received;
use crate::domain::attachment::{FileName, LARGEST, MOST_OF_AN_ENTRY};
use crate::input::{Fault, FieldError};
use crate::workflow::attachments::FIELD;

/// In pieces of how many bytes the parser is handed a body; it refuses to hold much more than one.
const PIECE: usize = 16 * 1024;

/// How much is taken.
#[derive(Clone, Copy, Debug)]
pub struct Most {
    /// In bytes, of the whole body.
    pub bytes: usize,
    /// In parts.
    pub parts: usize,
}

/// What the parts of a form with attachments are.
#[derive(Debug, Default)]
pub struct SentParts {
    /// Fields that hold a text; of one that is sent twice, the last.
    pub fields: HashMap<String, String>,
    /// The files that were chosen, in their order, written to the side.
    pub files: Vec<(FileName, Received)>,
    /// Why a file was not taken, if one was not. What else was sent is here all the same.
    pub refused: Option<Problem>,
}

/// How many bytes are taken in of files that are not kept, so that the words beside them are read.
const LET_PASS: usize = 32 * 1024 * 1024;
/// How many bytes the texts of a form with attachments have together.
const OF_TEXTS: usize = 512 * 1024;
/// How many texts it has.
const MOST_TEXTS: usize = 100;

impl SentParts {
    /// Takes a body apart as it comes. `uploads` takes the files, as long as `trusts` says so of the texts that stand before them;
    /// other files are let pass.
    ///
    /// # Errors
    /// As for [`Parts::of`].
    pub async fn of(
        request: &HttpRequest,
        payload: Payload,
        uploads: &Uploads,
        trusts: impl Fn(&HashMap<String, String>) -> bool,
    ) -> Result<Self, Problem> {
        let most = MOST_OF_AN_ENTRY * LARGEST + LET_PASS;
        let chunks = Chunks::of(request, payload, most)?;
        let why = Rc::new(Cell::new(None));
        let pieces = pieces(chunks).map_err({
            let why = Rc::clone(&why);
            move |problem| {
                why.set(Some(problem));
                PayloadError::Incomplete(None)
            }
        });
        let mut multipart = Multipart::new(request.headers(), pieces);
        let mut parts = Self::default();
        let (mut of_texts, mut passed) = (OF_TEXTS, LET_PASS);
        let failed = |problem| why.take().unwrap_or(problem);
        while let Some(part) = multipart
            .try_next()
            .await
            .map_err(|_| failed(malformed()))?
        {
            let named = part.content_disposition();
            let file = named.and_then(|named| named.get_filename().map(str::to_owned));
            match file {
                None if parts.fields.len() >= MOST_TEXTS => {
                    return Err(Problem::new(Code::TooComplex)
                        .with("max_values", MOST_TEXTS)
                        .with("max_depth", 1));
                }
                None => parts.read(part, &mut of_texts).await.map_err(failed)?,
                // Browsers send a file without a name where none was chosen.
                Some(name) => {
                    let is_taken =
                        !name.is_empty() && parts.refused.is_none() && trusts(&parts.fields);
                    if is_taken {
                        parts.take(&name, part, uploads).await.map_err(failed)?;
                    } else {
                        let_pass(part, &mut passed).await.map_err(failed)?;
                    }
                }
            }
        }
        Ok(parts)
    }

    async fn read(&mut self, mut part: Field, left: &mut usize) -> Result<(), Problem> {
        let name = part.name().ok_or_else(malformed)?.to_owned();
        let content = part.bytes(*left).await;
        let content =
            content.map_err(|_| Problem::new(Code::TooLarge).with("max_bytes", OF_TEXTS))?;
        let content = content.map_err(|_| malformed())?;
        *left -= content.len();
        let text = String::from_utf8(content.into()).map_err(|_| malformed())?;
        // As in every other form: no page sends it, no text holds it.
        if name.contains('\0') || text.contains('\0') {
            return Err(malformed());
        }
        self.fields.insert(name, text);
        Ok(())
    }

    /// What is wrong with a file is told with what else was typed.
    async fn take(&mut self, name: &str, part: Field, uploads: &Uploads) -> Result<(), Problem> {
        let name = FileName::cleaned(name);
        let allowed = match self.files.len() < MOST_OF_AN_ENTRY {
            true => uploads.takes(&name),
            false => Err(too_many()),
        };
        let received = match allowed {
            Ok(()) => uploads.receive(part.map_err(|_| malformed())).await,
            Err(problem) => Err(problem),
        };
        match received {
            Ok(received) => self.files.push((name, received)),
            Err(problem) if problem.code() == Code::BadRequest => return Err(problem),
            Err(problem) => self.refused = Some(problem),
        }
        Ok(())
    }
}

async fn let_pass(mut part: Field, left: &mut usize) -> Result<(), Problem> {
    while let Some(bytes) = part.try_next().await.map_err(|_| malformed())? {
        *left = left.checked_sub(bytes.len()).ok_or_else(too_large)?;
    }
    Ok(())
}

fn too_many() -> Problem {
    let fault = Fault::new("too_many").with("max", MOST_OF_AN_ENTRY);
    Problem::invalid_field(FieldError::new(FIELD, fault))
}

/// What the parts are.
#[derive(Debug, Default)]
pub struct Parts {
    /// Fields that hold a text; of one that is sent twice, the last.
    pub fields: HashMap<String, String>,
    /// The file, if one was chosen; of several the last. What it is called is not kept.
    pub file: Option<Bytes>,
}

impl Parts {
    /// Takes a body apart as it comes.
    ///
    /// # Errors
    /// [`Code::BadRequest`] if it is none in several parts or breaks off, or if a field is no text;
    /// [`Code::TooComplex`]; those of [`Chunks`].
    pub async fn of(request: &HttpRequest, payload: Payload, most: Most) -> Result<Self, Problem> {
        let chunks = Chunks::of(request, payload, most.bytes)?;
        // The parser knows no problems of ours: it is told that the body breaks off, and why is put aside.
        let why = Rc::new(Cell::new(None));
        let pieces = pieces(chunks).map_err({
            let why = Rc::clone(&why);
            move |problem| {
                why.set(Some(problem));
                PayloadError::Incomplete(None)
            }
        });
        let mut multipart = Multipart::new(request.headers(), pieces);
        let mut parts = Self::default();
        let mut count = 0;
        let failed = |problem| why.take().unwrap_or(problem);
        while let Some(part) = multipart
            .try_next()
            .await
            .map_err(|_| failed(malformed()))?
        {
            count += 1;
            if count > most.parts {
                return Err(Problem::new(Code::TooComplex)
                    .with("max_values", most.parts)
                    .with("max_depth", 1));
            }
            parts.take(part, most.bytes).await.map_err(failed)?;
        }
        Ok(parts)
    }

    async fn take(&mut self, mut part: Field, limit: usize) -> Result<(), Problem> {
        let name = part.name().ok_or_else(malformed)?.to_owned();
        let named = part.content_disposition();
        let file = named.and_then(|named| named.get_filename().map(str::to_owned));
        let content = part.bytes(limit).await.map_err(|_| malformed())?;
        let content = content.map_err(|_| malformed())?;
        match file {
            // Browsers send a file without a name where none was chosen.
            Some(file) if file.is_empty() => {}
            Some(_) => self.file = Some(content),
            None => {
                let text = String::from_utf8(content.into()).map_err(|_| malformed())?;
                // As in every other form: no page sends it, no text holds it.
                if name.contains('\0') || text.contains('\0') {
                    return Err(malformed());
                }
                self.fields.insert(name, text);
            }
        }
        Ok(())
    }
}

fn malformed() -> Problem {
    Problem::new(Code::BadRequest)
}

/// A body in pieces of at most [`PIECE`] bytes.
fn pieces(chunks: Chunks) -> impl Stream<Item = Result<Bytes, Problem>> {
    stream::try_unfold(
        (chunks, Bytes::new()),
        |(mut chunks, mut rest)| async move {
            if rest.is_empty() {
                match chunks.next().await? {
                    Some(chunk) => rest = chunk,
                    None => return Ok(None),
                }
            }
            let piece = rest.split_to(rest.len().min(PIECE));
            Ok(Some((piece, (chunks, rest))))
        },
    )
}

#[cfg(test)]
mod tests {
    use actix_web::FromRequest;
    use actix_web::test::TestRequest;

    use super::*;

    async fn of(body: String, most: usize) -> Result<Parts, Problem> {
        let (request, mut payload) = TestRequest::post()
            .insert_header(("content-type", "multipart/form-data; boundary=\"b\""))
            .set_payload(body)
            .to_http_parts();
        let payload = Payload::from_request(&request, &mut payload).await;
        let most = Most {
            bytes: 200_000,
            parts: most,
        };
        Parts::of(&request, payload.expect("a body"), most).await
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
    async fn a_body_that_is_longer_than_it_may_be_is_refused_while_it_comes() {
        let long = part("name=\"ics\"; filename=\"a.ics\"", &"x".repeat(200_000));
        let refused = of(long + "--b--\r\n", 9).await;
        assert_eq!(refused.expect_err("too long").code(), Code::TooLarge);
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
