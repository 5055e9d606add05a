//! Files that people send (F4): written to disk while they come, looked at by the scanner, kept. A file that is not taken is refused
//! as early as that is known.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use actix_web::HttpRequest;
use actix_web::http::header::{self, HeaderValue};
use actix_web::web::{Bytes, BytesMut, Payload};
use futures_util::{Stream, StreamExt, stream};
use serde_json::Value;
use tokio::sync::Semaphore;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{RefOr, Schema};

use super::body::Chunks;
use super::problem::{Code, Problem};
use crate::attachments::{Received, Scanner, Store, Verdict};
use crate::blocking::{self, NotDone};
use crate::config::Settings;
use crate::domain::attachment::{FileName, ForbiddenKinds, LARGEST};
use crate::domain::ids::PersonId;
use crate::input::{At, Errors, Fault, Field, FieldError, Input, Member};
use crate::workflow::attachments::SentFile;

/// How many files one person sends at once: browsers open no more connections.
const MOST_OF_ONE: usize = 8;
/// How many files a process takes at once.
const MOST_AT_ONCE: usize = 128;
/// How many files are looked at at once: each of them holds a thread.
const SCANS: usize = 4;
/// How much is held of a file before it is written.
const HELD: usize = 256 * 1024;
/// The field that says what a file is called.
const NAME: &str = "name";

/// What is asked of files, and where they go.
pub struct Uploads {
    /// Where their bytes are kept.
    pub store: Store,
    /// How many bytes the files of one organization have together at the most.
    pub limit: u64,
    forbidden: ForbiddenKinds,
    scanner: Option<Arc<Scanner>>,
    scans: Semaphore,
    underway: Arc<Mutex<HashMap<PersonId, usize>>>,
}

/// A place among the files that are being sent, until it is dropped.
pub struct Place {
    person: PersonId,
    underway: Arc<Mutex<HashMap<PersonId, usize>>>,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut underway = self.underway.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = underway.get_mut(&self.person) {
            *count -= 1;
            if *count == 0 {
                underway.remove(&self.person);
            }
        }
    }
}

impl Uploads {
    /// As the settings have it.
    ///
    /// # Errors
    /// There can be no way to the storage of the settings.
    pub fn new(settings: &Settings) -> io::Result<Self> {
        let own = &settings.attachments;
        Ok(Self {
            store: own.store(&settings.data_dir)?,
            limit: own.limit,
            forbidden: own.forbidden.clone(),
            scanner: own.scanner.clone().map(Arc::new),
            scans: Semaphore::new(SCANS),
            underway: Arc::default(),
        })
    }

    /// A place for what somebody sends.
    ///
    /// # Errors
    /// [`Code::Busy`] if they, or all together, send too much at once.
    pub fn place(&self, person: PersonId) -> Result<Place, Problem> {
        let mut underway = self.underway.lock().unwrap_or_else(PoisonError::into_inner);
        let all: usize = underway.values().sum();
        let own = underway.entry(person).or_default();
        if *own >= MOST_OF_ONE || all >= MOST_AT_ONCE {
            if *own == 0 {
                underway.remove(&person);
            }
            return Err(Problem::busy());
        }
        *own += 1;
        Ok(Place {
            person,
            underway: Arc::clone(&self.underway),
        })
    }

    /// Whether files of that kind are taken.
    ///
    /// # Errors
    /// [`Code::ValidationFailed`], naming the field that says what it is called.
    pub fn takes(&self, name: &FileName) -> Result<(), Problem> {
        if self.forbidden.allow(name) {
            return Ok(());
        }
        let fault = Fault::new("forbidden_kind")
            .with("file", name.to_string())
            .with("kinds", self.forbidden.to_string());
        Err(Problem::invalid_field(FieldError::new(NAME, fault)))
    }

    /// The endings of the names of files that are not taken, with commas between them; empty if all are taken.
    pub fn forbidden(&self) -> String {
        self.forbidden.endings()
    }

    /// Writes a file to the side as it comes.
    ///
    /// # Errors
    /// Those of `chunks`; [`Code::TooLarge`] as soon as it is longer than a file may be; [`Code::ValidationFailed`] if it is
    /// empty; [`Code::StorageUnavailable`].
    pub async fn receive(
        &self,
        chunks: impl Stream<Item = Result<Bytes, Problem>>,
    ) -> Result<Received, Problem> {
        let store = self.store.clone();
        let mut draft = on_disk(move || store.begin()).await?;
        let mut chunks = std::pin::pin!(chunks);
        let (mut held, mut taken) = (BytesMut::new(), 0);
        loop {
            let chunk = chunks.next().await.transpose()?;
            if let Some(chunk) = &chunk {
                taken += chunk.len();
                if taken > LARGEST {
                    return Err(too_large());
                }
                held.extend_from_slice(chunk);
            }
            if held.len() >= HELD || (chunk.is_none() && !held.is_empty()) {
                let bytes = held.split().freeze();
                draft = on_disk(move || {
                    draft.write(&bytes)?;
                    Ok(draft)
                })
                .await?;
            }
            if chunk.is_none() {
                break;
            }
        }
        if taken == 0 {
            return Err(Problem::invalid_field(FieldError::new(
                NAME,
                Fault::new("empty"),
            )));
        }
        on_disk(move || draft.finish()).await
    }

    /// Has a file looked at, and puts it in its place.
    ///
    /// # Errors
    /// [`Code::FileInfected`], [`Code::ScannerUnavailable`], [`Code::StorageUnavailable`].
    pub async fn keep(&self, name: FileName, received: Received) -> Result<SentFile, Problem> {
        let received = self.looked_at(&name, received).await?;
        let (media_type, bytes) = (received.media_type(), received.bytes());
        let content = self.store.keep(received).await;
        let content = content.map_err(|error| not_kept(&error))?;
        Ok(SentFile {
            name,
            media_type,
            bytes,
            content,
        })
    }

    async fn looked_at(&self, name: &FileName, received: Received) -> Result<Received, Problem> {
        let Some(scanner) = self.scanner.clone() else {
            return Ok(received);
        };
        let scan = self.scans.acquire().await;
        let _scan = scan.map_err(|_| Problem::new(Code::Internal))?;
        let looked = blocking::run(move || {
            let verdict = scanner.look_at(received.path());
            (received, verdict)
        });
        match looked.await? {
            (received, Ok(Verdict::Clean)) => Ok(received),
            (_, Ok(Verdict::Infected(found))) => Err(Problem::new(Code::FileInfected)
                .with("file", name.to_string())
                .with("found", found)),
            (_, Err(error)) => {
                tracing::error!(%error, "the scanner of attachments does not answer");
                Err(Problem::new(Code::ScannerUnavailable)
                    .header(header::RETRY_AFTER, HeaderValue::from(30_u64)))
            }
        }
    }
}

/// What the published document says of such a body. It is never read as a whole.
#[derive(Clone, Copy, Debug)]
pub struct FileBody;

impl Field for FileBody {
    fn read(_: &Value, at: &At<'_>, errors: &mut Errors) -> Option<Self> {
        errors.refuse(at, Fault::new("wrong_type"))
    }

    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Binary)))
            .description(Some("The bytes of the file, of whatever media type."))
            .into()
    }
}

impl Input for FileBody {
    const MEDIA: &'static str = "application/octet-stream";

    fn members() -> Vec<Member> {
        Vec::new()
    }
}

/// The body of a request that is a file.
pub struct Incoming {
    request: HttpRequest,
    payload: Payload,
}

impl Incoming {
    pub(super) fn new(request: HttpRequest, payload: Payload) -> Self {
        Self { request, payload }
    }

    /// How long the client says that it is.
    pub fn announced(&self) -> u64 {
        let length = self.request.headers().get(header::CONTENT_LENGTH);
        let length = length.and_then(|value| value.to_str().ok()?.parse().ok());
        length.unwrap_or_default()
    }

    /// What comes, piece by piece.
    ///
    /// # Errors
    /// [`Code::TooLarge`] if it announces more than a file may have; [`Code::UnsupportedEncoding`].
    pub fn chunks(self) -> Result<impl Stream<Item = Result<Bytes, Problem>>, Problem> {
        let encoded = self.request.headers().get(header::CONTENT_ENCODING);
        if let Some(encoding) = encoded.filter(|encoding| *encoding != "identity") {
            let given = String::from_utf8_lossy(encoding.as_bytes()).into_owned();
            let plain = HeaderValue::from_static("identity");
            return Err(Problem::new(Code::UnsupportedEncoding)
                .with("given", given)
                .header(header::ACCEPT_ENCODING, plain));
        }
        let chunks = Chunks::of(&self.request, self.payload, LARGEST)?;
        Ok(stream::try_unfold(chunks, |mut chunks| async move {
            let chunk = chunks.next().await?;
            Ok(chunk.map(|chunk| (chunk, chunks)))
        }))
    }
}

/// A file is longer than one may be.
pub fn too_large() -> Problem {
    Problem::new(Code::TooLarge).with("max_bytes", LARGEST)
}

/// Does what waits for a disk on a thread that may.
///
/// # Errors
/// [`Code::StorageUnavailable`], with the reason in the log.
async fn on_disk<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, Problem> {
    blocking::on_disk(work)
        .await
        .map_err(|error| not_kept(&error))
}

/// What is told where a file could not be kept or read.
pub fn not_kept(error: &io::Error) -> Problem {
    let not_done = error
        .get_ref()
        .and_then(|error| error.downcast_ref::<NotDone>());
    match not_done {
        Some(not_done) => Problem::from(*not_done),
        None => Problem::storage_unavailable(error),
    }
}
