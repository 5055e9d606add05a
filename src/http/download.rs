//! Answers that are files, written while they are sent: however long they are, a part of them is held at a time.

use std::fmt;
use std::pin::Pin;

use actix_web::body::BoxBody;
use actix_web::http::header::{self, HeaderMap};
use actix_web::web::Bytes;
use actix_web::{HttpResponse, HttpResponseBuilder};
use futures_util::{Stream, StreamExt};

use super::stored_file::StoredFile;
use crate::db::DbError;

/// The parts of a file that is made while it is sent.
pub type Chunks = Pin<Box<dyn Stream<Item = Result<Bytes, DbError>> + Send>>;

/// A file to keep.
pub enum Download {
    /// One that is made while it is sent.
    Made {
        /// Its media type.
        content_type: &'static str,
        /// What a browser calls it.
        name: String,
        /// Its parts, in order.
        chunks: Chunks,
    },
    /// One that somebody has sent.
    Stored(StoredFile),
}

impl Download {
    /// A file: `name` is what a browser calls it.
    pub fn new(
        content_type: &'static str,
        name: String,
        chunks: impl Stream<Item = Result<Bytes, DbError>> + Send + 'static,
    ) -> Self {
        Self::Made {
            content_type,
            name,
            chunks: Box::pin(chunks),
        }
    }

    /// The HTTP answer to who asks with these headers, if they are known. If a part cannot be had, the answer breaks off, which
    /// its reader sees.
    pub(super) fn into_response(
        self,
        mut response: HttpResponseBuilder,
        asked: Option<&HeaderMap>,
    ) -> HttpResponse<BoxBody> {
        let (content_type, name, chunks) = match self {
            Self::Made {
                content_type,
                name,
                chunks,
            } => (content_type, name, chunks),
            Self::Stored(file) => return file.into_response(response, asked),
        };
        let disposition = format!("attachment; filename=\"{name}\"");
        let chunks = chunks.inspect(|chunk| {
            if let Err(error) = chunk {
                tracing::error!(%error, "a download broke off");
            }
        });
        response
            .content_type(content_type)
            .insert_header((header::CONTENT_DISPOSITION, disposition))
            .streaming(chunks)
    }
}

impl fmt::Debug for Download {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::Made { name, .. } => name,
            Self::Stored(file) => file.name.as_str(),
        };
        f.debug_struct("Download")
            .field("name", &name)
            .finish_non_exhaustive()
    }
}
