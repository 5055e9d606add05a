//! The feeds of a case and of an escalation (F1-F4, F6, M10).

use super::documents::EntryDocument;
use crate::db::{Conn, steadily};
use crate::domain::access::Permission::{
    CasesView, CommunicationsRecord, EscalationsView, FeedsComment, FeedsMove, FeedsRedact,
};
use crate::domain::feed::Feed;
use crate::domain::ids::{CaseRef, EntryId, EscalationRef};
use crate::http::api_request::{Address, ApiRequest, Guarded, may};
use crate::http::pagination::{Limit, Page, Paging};
use crate::http::problem::Problem;
use crate::http::reply::{Created, Done, Reply};
use crate::http::route::{Route, table};
use crate::input::input;
use crate::store::feeds::{self, EntryView, FeedOf};
use crate::store::{cases, escalations};
use crate::workflow::feed::{
    self as verbs, EditEntry, PostEntry, PostOnEscalation, Posting, RecordCommunication,
    RedactEntry,
};
use crate::workflow::move_entry::{self, MoveEntry};
use crate::workflow::undo_entry::undo_entry;
use crate::workflow::{draft, update_case};

/// The routes of this resource.
pub fn routes() -> Vec<Route> {
    table! { feeds:
        GET   "/cases/{case}/feed"                    may(CasesView)            => case, "The case feed, the newest entry first";
        POST  "/cases/{case}/feed"                    may(FeedsComment)         => post_on_case, "Write in the case feed";
        GET   "/cases/{case}/escalation-feed"         may(EscalationsView)      => of_all_escalations, "The escalation feed of all the case's escalations, the newest entry first";
        GET   "/escalations/{escalation}/feed"        may(EscalationsView)      => escalation, "The feed of one escalation, the newest entry first";
        POST  "/escalations/{escalation}/feed"        may(FeedsComment)         => post_on_escalation, "Write in the feed of an active escalation";
        PUT   "/cases/{case}/read"                    may(CasesView)            => read, "Say that one has read a feed of the case, or both";
        PATCH "/feed-entries/{entry}"                 may(FeedsComment)         => edit, "Correct one's own entry within five minutes";
        POST  "/feed-entries/{entry}/undo"            may(FeedsComment)         => take_back, "Take one's own entry back, until its `undo_until`";
        POST  "/feed-entries/{entry}/redaction"       may(FeedsRedact)          => redact, "Take an entry's words away for good";
        POST  "/feed-entries/{entry}/move"            may(FeedsMove)            => move_entry, "Move a misfiled entry to the other feed of its case";
        POST  "/cases/{case}/external-communications" may(CommunicationsRecord) => record_communication, "Record a contact outside the portal";
    }
}

input! {
    /// Which part of a feed.
    pub struct FeedQuery {
        /// How many a page has, 25 if not given.
        limit: Option<Limit>,
        /// Behind the page that gave this.
        cursor: Option<String>,
    }
}

async fn case(
    req: ApiRequest<CaseRef, (), FeedQuery>,
) -> Result<Reply<Page<EntryDocument>>, Problem> {
    page(req, |conn, req| {
        let found = cases::id_of(conn, req.principal.access().reach(), &req.address)?;
        Ok(FeedOf::Case(found.ok_or_else(Problem::not_found)?))
    })
    .await
}

async fn of_all_escalations(
    req: ApiRequest<CaseRef, (), FeedQuery>,
) -> Result<Reply<Page<EntryDocument>>, Problem> {
    page(req, |conn, req| {
        let found = cases::id_of(conn, req.principal.access().reach(), &req.address)?;
        Ok(FeedOf::Escalations(found.ok_or_else(Problem::not_found)?))
    })
    .await
}

async fn escalation(
    req: ApiRequest<EscalationRef, (), FeedQuery>,
) -> Result<Reply<Page<EntryDocument>>, Problem> {
    page(req, |conn, req| {
        let found = escalations::ids_of(conn, req.principal.access().reach(), &req.address)?;
        let (id, _) = found.ok_or_else(Problem::not_found)?;
        Ok(FeedOf::Escalation(id))
    })
    .await
}

async fn page<A: Address>(
    req: ApiRequest<A, (), FeedQuery>,
    of: impl Fn(&mut Conn, &ApiRequest<A, (), FeedQuery>) -> Result<FeedOf, Problem> + Send + 'static,
) -> Result<Reply<Page<EntryDocument>>, Problem> {
    let page = req
        .read(move |conn, req| {
            let of = of(conn, req)?;
            let paging: Paging<i64> =
                Paging::read("feed", &of, req.query.limit, req.query.cursor.as_deref())?;
            let rows = feeds::list(
                conn,
                req.principal.access(),
                &of,
                paging.after,
                paging.fetch(),
            )?;
            let reader = req.reader();
            Ok(paging.page(
                rows,
                |view| view.entry.position,
                |view| EntryDocument::new(&reader, &view),
            ))
        })
        .await?;
    Reply::new(&page)
}

async fn post_on_case(
    req: ApiRequest<CaseRef, PostEntry>,
) -> Result<Created<EntryDocument>, Problem> {
    let written = |conn: &mut Conn, req: &ApiRequest<CaseRef, PostEntry>| {
        let actor = &req.principal.actor;
        let at = Posting::undoable(req.now, req.desk.undo, req.body.undoable);
        let view = verbs::post_on_case(conn, actor, &req.address, &req.body, at)?;
        posted(conn, req, &view)
    };
    req.write(move |conn, req| steadily(conn, |conn| written(conn, req)))
        .await
}

async fn post_on_escalation(
    req: ApiRequest<EscalationRef, PostOnEscalation>,
) -> Result<Created<EntryDocument>, Problem> {
    req.write(|conn, req| {
        let actor = &req.principal.actor;
        let at = Posting::undoable(req.now, req.desk.undo, req.body.undoable);
        let view = verbs::post_on_escalation(conn, actor, &req.address, &req.body, at)?;
        posted(conn, req, &view)
    })
    .await
}

input! {
    /// What was read.
    pub struct Reading {
        /// One feed; both if not given.
        feed: Option<Feed>,
    }
}

async fn read(req: ApiRequest<CaseRef, Reading>) -> Result<Done, Problem> {
    req.write(|conn, req| {
        update_case::mark_read(
            conn,
            &req.principal.actor,
            &req.address,
            req.body.feed,
            req.now,
        )?;
        Ok(Reply::done())
    })
    .await
}

async fn edit(
    req: ApiRequest<Guarded<EntryId>, EditEntry>,
) -> Result<Reply<EntryDocument>, Problem> {
    req.write(|conn, req| {
        let (actor, id) = (&req.principal.actor, *req.address);
        verbs::edit(conn, actor, id, req.expected(), &req.body, req.now)?;
        let document = document(conn, req, *req.address)?;
        Ok(Reply::new(&document)?.version(document.version))
    })
    .await
}

async fn take_back(req: ApiRequest<EntryId>) -> Result<Done, Problem> {
    req.write(|conn, req| {
        undo_entry(conn, &req.principal.actor, req.address, req.now)?;
        Ok(Reply::done())
    })
    .await
}

async fn redact(req: ApiRequest<EntryId, RedactEntry>) -> Result<Reply<EntryDocument>, Problem> {
    req.write(|conn, req| {
        let actor = &req.principal.actor;
        verbs::redact(conn, actor, req.address, &req.body, req.now)?;
        let document = document(conn, req, req.address)?;
        Ok(Reply::new(&document)?.version(document.version))
    })
    .await
}

async fn move_entry(req: ApiRequest<EntryId, MoveEntry>) -> Result<Reply<EntryDocument>, Problem> {
    req.write(|conn, req| {
        let actor = &req.principal.actor;
        move_entry::move_entry(conn, actor, req.address, &req.body, req.now)?;
        let document = document(conn, req, req.address)?;
        Ok(Reply::new(&document)?.version(document.version))
    })
    .await
}

async fn record_communication(
    req: ApiRequest<CaseRef, RecordCommunication>,
) -> Result<Created<EntryDocument>, Problem> {
    req.write(|conn, req| {
        let actor = &req.principal.actor;
        let view = verbs::record_communication(conn, actor, &req.address, &req.body, req.now)?;
        created(req, &view)
    })
    .await
}

fn created<A, B>(
    req: &ApiRequest<A, B>,
    view: &EntryView,
) -> Result<Created<EntryDocument>, Problem> {
    let document = EntryDocument::new(&req.reader(), view);
    Ok(Reply::new(&document)?.version(document.version))
}

/// An entry that was begun as a draft, perhaps.
fn posted<A, B>(
    conn: &mut Conn,
    req: &ApiRequest<A, B>,
    view: &EntryView,
) -> Result<Created<EntryDocument>, Problem> {
    draft::posted(conn, &req.principal.actor, &view.entry)?;
    created(req, view)
}

fn document<A, B>(
    conn: &mut Conn,
    req: &ApiRequest<A, B>,
    id: EntryId,
) -> Result<EntryDocument, Problem> {
    let view = feeds::view(conn, req.principal.access(), id)?.ok_or_else(Problem::not_found)?;
    Ok(EntryDocument::new(&req.reader(), &view))
}
