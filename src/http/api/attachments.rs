//! Files (F4): sent, looked at, handed out. They are attached where things are written.

use serde::{Deserialize, Serialize};
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::documents::AttachmentDocument;
use crate::domain::access::Permission::{CasesCreate, CasesView, FeedsComment};
use crate::domain::attachment::{FileName, MediaType};
use crate::domain::ids::{AttachmentId, CaseRef};
use crate::http::api_request::{Address, ApiRequest, SIGNED_IN, may};
use crate::http::download::Download;
use crate::http::pagination::{Limit, Page, Paging};
use crate::http::problem::Problem;
use crate::http::reply::{Created, Done, Reply};
use crate::http::route::{Route, table};
use crate::http::state::AppState;
use crate::http::stored_file::StoredFile;
use crate::http::uploads::{Incoming, not_kept};
use crate::input::input;
use crate::store::attachments::Attachment;
use crate::store::{cases, seen_files};
use crate::workflow::attachments::{self as verbs, For};
use crate::workflow::discard_attachment;

/// The routes of this resource.
pub fn routes() -> Vec<Route> {
    let mut routes = table! { attachments:
        GET    "/cases/{case}/attachments"         may(CasesView) => list, "The files of a case, the newest first";
        GET    "/attachments/{attachment}"         SIGNED_IN      => show, "One file";
        GET    "/attachments/{attachment}/content" SIGNED_IN      => content, "The bytes of a file, in whole or in part";
        DELETE "/attachments/{attachment}"         SIGNED_IN      => discard, "Forget a file that you have sent and attached to nothing; staff take away one that came with a description";
    };
    for route in &mut routes {
        if route.path.ends_with("/content") {
            route.media = MediaType::NAMES;
        }
    }
    routes.push(Route::uploading(
        "/cases/{case}/attachments",
        may(FeedsComment),
        "attachments::send",
        "Send a file to attach to what you write on a case; its body is the file",
        send,
    ));
    routes.push(Route::uploading(
        "/attachments",
        may(CasesCreate),
        "attachments::send_for_opening",
        "Send a file to attach to a case that you are about to open; its body is the file",
        send_for_opening,
    ));
    routes
}

input! {
    /// What a file is called.
    pub struct SentName {
        /// What it is called. Of a path the last part is kept, and nothing that is not seen.
        name: String,
    }
}

input! {
    /// Which part of a list.
    pub struct FilesQuery {
        /// How many a page has, 25 if not given.
        limit: Option<Limit>,
        /// Behind the page that gave this.
        cursor: Option<String>,
    }
}

async fn send(
    req: ApiRequest<CaseRef, (), SentName>,
    file: Incoming,
) -> Result<Created<AttachmentDocument>, Problem> {
    let case = req.address;
    take(req, file, For::Case(case)).await
}

async fn send_for_opening(
    req: ApiRequest<(), (), SentName>,
    file: Incoming,
) -> Result<Created<AttachmentDocument>, Problem> {
    take(req, file, For::Opening).await
}

/// What can be refused by what is known before the file comes is refused before it comes.
async fn take<A: Address>(
    req: ApiRequest<A, (), SentName>,
    file: Incoming,
    what_for: For,
) -> Result<Created<AttachmentDocument>, Problem> {
    let desk = req.desk.clone();
    let uploads = &desk.uploads;
    let name = FileName::cleaned(&req.query.name);
    let _place = uploads.place(req.principal.actor.id())?;
    let (announced, limit) = (file.announced(), uploads.limit);
    req.clone()
        .read(move |conn, req| {
            let actor = &req.principal.actor;
            Ok(verbs::may_send(conn, actor, what_for, (announced, limit))?)
        })
        .await?;
    uploads.takes(&name)?;
    let chunks = file.chunks()?;
    let received = uploads.receive(chunks).await?;
    // The name stands in the query, of which it is told already.
    let req = req.saying(received.hash().as_str());
    if let Some(kept) = req.repeated().await? {
        return Ok(kept);
    }
    let sent = uploads.keep(name, received).await?;
    req.write(move |conn, req| {
        let actor = &req.principal.actor;
        let id = verbs::send(conn, actor, what_for, (&sent, limit), req.now)?;
        let file = seen_files::visible(conn, &actor.access, id)?.ok_or_else(Problem::not_found)?;
        let location = format!("/api/v1/attachments/{id}");
        Ok(Reply::new(&AttachmentDocument::from(&file))?.location(location))
    })
    .await
}

async fn list(
    req: ApiRequest<CaseRef, (), FilesQuery>,
) -> Result<Reply<Page<AttachmentDocument>>, Problem> {
    let page = req
        .read(|conn, req| {
            let access = req.principal.access();
            let case = cases::id_of(conn, access.reach(), &req.address)?;
            let case = case.ok_or_else(Problem::not_found)?;
            let (limit, cursor) = (req.query.limit, req.query.cursor.as_deref());
            let paging: Paging<AttachmentId> = Paging::read("attachments", &case, limit, cursor)?;
            let rows = seen_files::list(conn, access, case, paging.after, paging.fetch())?;
            Ok(paging.page(rows, |file| file.id, |file| AttachmentDocument::from(&file)))
        })
        .await?;
    Reply::new(&page)
}

async fn show(req: ApiRequest<AttachmentId>) -> Result<Reply<AttachmentDocument>, Problem> {
    let file = found(req).await?;
    Reply::new(&AttachmentDocument::from(&file))
}

async fn found(req: ApiRequest<AttachmentId>) -> Result<Attachment, Problem> {
    req.read(|conn, req| {
        let found = seen_files::visible(conn, req.principal.access(), req.address)?;
        found.ok_or_else(Problem::not_found)
    })
    .await
}

/// The bytes of a file.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct AttachmentContent;

impl PartialSchema for AttachmentContent {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Binary)))
            .description(Some("The bytes of a file."))
            .into()
    }
}

impl ToSchema for AttachmentContent {}

async fn content(req: ApiRequest<AttachmentId>) -> Result<Reply<AttachmentContent>, Problem> {
    let desk = req.desk.clone();
    let file = found(req).await?;
    let file = open(&desk, file).await?;
    Ok(Reply::new(&AttachmentContent)?.download(Download::Stored(file)))
}

/// Opens a file that exists for whoever asks.
///
/// # Errors
/// [`crate::http::problem::Code::StorageUnavailable`].
pub async fn open(desk: &AppState, file: Attachment) -> Result<StoredFile, Problem> {
    let name = file.name();
    let missing = || std::io::Error::from(std::io::ErrorKind::InvalidData);
    let content = file
        .content()
        .ok_or_else(|| Problem::storage_unavailable(&missing()))?;
    let opened = desk.uploads.store.open(&content).await;
    Ok(StoredFile {
        name,
        media_type: file.media_type,
        file: opened.map_err(|error| not_kept(&error))?,
        content,
    })
}

async fn discard(req: ApiRequest<AttachmentId>) -> Result<Done, Problem> {
    req.write(|conn, req| {
        discard_attachment::discard(conn, &req.principal.actor, req.address, req.now)?;
        Ok(Reply::done())
    })
    .await
}
