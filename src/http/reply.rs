//! Answers that are a success, in a form that can be kept for a repetition of the request.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt;
use std::marker::PhantomData;

use actix_web::HttpResponse;
use actix_web::body::BoxBody;
use actix_web::cookie::Cookie;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::web::Bytes;
use futures_util::stream::{BoxStream, Stream, StreamExt};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::download::Download;
use super::etag::{self, Digested, etag};
use super::problem::{Code, Problem};
use crate::store::idempotency::Saved;

/// The media type of server-sent events.
pub(super) const EVENT_STREAM: &str = "text/event-stream";
/// Says that an answer is a kept one.
pub(super) const REPLAYED: &str = "idempotency-replayed";

/// A success: `STATUS` with a `T` as JSON. The type tells the published document what a handler answers.
#[derive(Debug)]
pub struct Reply<T, const STATUS: u16 = 200> {
    headers: BTreeMap<String, String>,
    /// The version of what is answered, if it has one.
    version: Option<i64>,
    body: String,
    /// The digest that tells the body from others, where it is known.
    digest: Option<Digested>,
    /// What is kept for a repetition, where that is not the body: a secret is shown once.
    kept: Option<String>,
    cookies: Vec<Cookie<'static>>,
    forget: Option<(HeaderName, HeaderValue)>,
    /// What is answered instead of the body, which is then only kept.
    download: Option<Download>,
    replayed: bool,
    live: Option<Events>,
    content: PhantomData<fn() -> T>,
}

/// What goes on after the answer has begun.
pub(super) struct Events(BoxStream<'static, Result<Bytes, Infallible>>);

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Events")
    }
}

/// 201 with what was made.
pub type Created<T> = Reply<T, 201>;
/// 204: done, and nothing to say about it.
pub type Done = Reply<(), 204>;

impl<T: Serialize, const STATUS: u16> Reply<T, STATUS> {
    /// Answers with `content`.
    ///
    /// # Errors
    /// [`Code::Internal`] if it does not serialize.
    pub fn new(content: &T) -> Result<Self, Problem> {
        Ok(Self::of_body(json(content)?))
    }

    /// Answers with `content`, and a repetition of the request with `later`.
    ///
    /// # Errors
    /// [`Code::Internal`] if one of them does not serialize.
    pub fn once(content: &T, later: &T) -> Result<Self, Problem> {
        Ok(Self {
            kept: Some(json(later)?),
            ..Self::new(content)?
        })
    }
}

impl Done {
    /// Done.
    pub fn done() -> Self {
        Self::of_body(String::new())
    }
}

impl<T, const STATUS: u16> Reply<T, STATUS> {
    /// Answers with a `T` that is JSON already.
    pub(super) fn of_json(text: String) -> Self {
        Self::of_body(text)
    }

    /// The same, of which the digest is known.
    pub(super) fn of_digested(text: String, digest: Digested) -> Self {
        Self {
            digest: Some(digest),
            ..Self::of_body(text)
        }
    }

    /// Answers with server-sent events, each of them a `T`.
    pub(super) fn live(events: impl Stream<Item = Bytes> + Send + 'static) -> Self {
        Self {
            live: Some(Events(events.map(Ok).boxed())),
            ..Self::of_body(String::new())
        }
    }

    fn of_body(body: String) -> Self {
        Self {
            headers: BTreeMap::new(),
            version: None,
            body,
            digest: None,
            kept: None,
            cookies: Vec::new(),
            forget: None,
            download: None,
            replayed: false,
            live: None,
            content: PhantomData,
        }
    }

    /// Names the version of what is answered, for `If-Match`.
    #[must_use]
    pub fn version(mut self, version: i64) -> Self {
        self.version = Some(version);
        self.header(header::ETAG.as_str(), etag(version))
    }

    /// Says where that which was made is to be found.
    #[must_use]
    pub fn location(self, path: String) -> Self {
        self.header(header::LOCATION.as_str(), path)
    }

    /// Sets a cookie. It is not kept for a repetition.
    #[must_use]
    pub fn cookie(mut self, cookie: Cookie<'static>) -> Self {
        self.cookies.push(cookie);
        self
    }

    /// Makes the browser forget what it has kept, where that is said.
    #[must_use]
    pub fn forgetting(mut self, forget: Option<(HeaderName, HeaderValue)>) -> Self {
        self.forget = forget;
        self
    }

    /// Answers with a file instead of the content, which is what is kept for a repetition.
    #[must_use]
    pub fn download(mut self, file: Download) -> Self {
        self.download = Some(file);
        self
    }

    fn header(mut self, name: &str, value: String) -> Self {
        self.headers.insert(name.to_owned(), value);
        self
    }

    /// What is kept for a repetition: status, headers and body.
    pub(super) fn kept(&self) -> (i64, &BTreeMap<String, String>, &str) {
        (
            i64::from(STATUS),
            &self.headers,
            self.kept.as_deref().unwrap_or(&self.body),
        )
    }

    /// The answer that was kept.
    pub(super) fn replay(saved: Saved) -> Self {
        Self {
            headers: saved.headers.0,
            replayed: true,
            ..Self::of_body(saved.body)
        }
    }

    /// The HTTP answer to whoever asks for what there is: tagged by what it says, and without its body if the client
    /// has that already.
    pub(super) fn into_representation(mut self, asked: &HeaderMap) -> HttpResponse<BoxBody> {
        if self.live.is_some() || self.download.is_some() {
            return self.answered(false, Some(asked));
        }
        let digest = self.digest.unwrap_or_else(|| Digested::of(&self.body));
        let tag = etag::of_representation(self.version, digest);
        let known = etag::known(asked, &tag);
        let is_known = known.is_some();
        self = self.header(header::ETAG.as_str(), known.unwrap_or(tag));
        self.answered(is_known, Some(asked))
    }

    /// The HTTP answer to whoever changed something.
    pub(super) fn into_response(self) -> HttpResponse<BoxBody> {
        self.answered(false, None)
    }

    fn answered(self, known: bool, asked: Option<&HeaderMap>) -> HttpResponse<BoxBody> {
        let status = StatusCode::from_u16(STATUS).unwrap_or(StatusCode::OK);
        let mut response = HttpResponse::build(if known {
            StatusCode::NOT_MODIFIED
        } else {
            status
        });
        for (name, value) in self.headers {
            response.insert_header((name, value));
        }
        for cookie in self.cookies {
            response.cookie(cookie);
        }
        if let Some(forget) = self.forget {
            response.insert_header(forget);
        }
        if self.replayed {
            response.insert_header((REPLAYED, "true"));
        }
        if let Some(Events(events)) = self.live {
            // Whoever compresses or gathers events on their way keeps them from being live.
            response.insert_header(header::ContentEncoding::Identity);
            response.insert_header(("x-accel-buffering", "no"));
            return response.content_type(EVENT_STREAM).streaming(events);
        }
        if let Some(file) = self.download {
            return file.into_response(response, asked);
        }
        if known || self.body.is_empty() {
            return response.finish();
        }
        response.content_type("application/json").body(self.body)
    }
}

impl<T: DeserializeOwned, const STATUS: u16> Reply<T, STATUS> {
    /// What is answered, read back.
    ///
    /// # Errors
    /// The body is no `T`.
    pub fn content(&self) -> serde_json::Result<T> {
        serde_json::from_str(&self.body)
    }
}

/// The JSON of an answer.
///
/// # Errors
/// [`Code::Internal`] if it does not serialize.
pub(super) fn json(content: &impl Serialize) -> Result<String, Problem> {
    /// Most answers fit into it, in bytes. To begin with nothing is to move a long one eight times while it grows.
    const FIRST: usize = 4096;
    fn internal(error: impl fmt::Display) -> Problem {
        tracing::error!(%error, "an answer does not serialize");
        Problem::new(Code::Internal)
    }
    let mut text = Vec::with_capacity(FIRST);
    serde_json::to_writer(&mut text, content).map_err(internal)?;
    String::from_utf8(text).map_err(internal)
}
