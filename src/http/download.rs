//! Answers that are files, written while they are sent: however long they are, a part of them is held at a time.

use std::fmt;
use std::pin::Pin;

use actix_web::body::BoxBody;
use actix_web::http::header;
use actix_web::web::Bytes;
use actix_web::{HttpResponse, HttpResponseBuilder};
use futures_util::{Stream, StreamExt};

use crate::db::DbError;

type Chunks = Pin<Box<dyn Stream<Item = Result<Bytes, DbError>> + Send>>;

/// A file to keep.
pub struct Download {
    content_type: &'static str,
    name: String,
    chunks: Chunks,
}

impl Download {
    /// A file: `name` is what a browser calls it.
    pub fn new(
        content_type: &'static str,
        name: String,
        chunks: impl Stream<Item = Result<Bytes, DbError>> + Send + 'static,
    ) -> Self {
        Self {
            content_type,
            name,
            chunks: Box::pin(chunks),
        }
    }

    /// The HTTP answer. If a part cannot be had, the answer breaks off, which its reader sees.
    pub(super) fn into_response(self, mut response: HttpResponseBuilder) -> HttpResponse<BoxBody> {
        let disposition = format!("attachment; filename=\"{}\"", self.name);
        let chunks = self.chunks.inspect(|chunk| {
            if let Err(error) = chunk {
                tracing::error!(%error, "a download broke off");
            }
        });
        response
            .content_type(self.content_type)
            .insert_header((header::CONTENT_DISPOSITION, disposition))
            .streaming(chunks)
    }
}

impl fmt::Debug for Download {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Download")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
