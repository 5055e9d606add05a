//! The feeds of a case and of an escalation (F1-F4, F6, M10).

use super::documents::EntryDocument;
use crate::db::Conn;
use crate::domain::access::Permission::{
    CasesView, CommunicationsRecord, EscalationsView, FeedsComment, FeedsRedact,
};
use crate::domain::feed::Feed;
use crate::domain::ids::{CaseRef, EntryId, EscalationRef};
use crate::http::api_request::{Address, ApiRequest, Guarded, may};
use crate::http::pagination::{Limit, Page, Paging};
use crate::http::problem::Problem;
use crate::http::reply::{Created, Done, Reply};
use crate::http::route::{Route, table};
use crate::input::input;
use crate::store::feeds::{self, FeedOf};
use crate::store::{cases, escalations};
use crate::workflow::feed::{
    self as verbs, EditEntry, PostEntry, PostOnEscalation, RecordCommunication, RedactEntry,
};
use crate::workflow::update_case;

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
        POST  "/feed-entries/{entry}/redaction"       may(FeedsRedact)          => redact, "Take an entry's words away for good";
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
    call: ApiRequest<CaseRef, (), FeedQuery>,
) -> Result<Reply<Page<EntryDocument>>, Problem> {
    page(call, |conn, call| {
        let found = cases::id_of(conn, call.principal.access().reach(), &call.address)?;
        Ok(FeedOf::Case(found.ok_or_else(Problem::not_found)?))
    })
    .await
}

async fn of_all_escalations(
    call: ApiRequest<CaseRef, (), FeedQuery>,
) -> Result<Reply<Page<EntryDocument>>, Problem> {
    page(call, |conn, call| {
        let found = cases::id_of(conn, call.principal.access().reach(), &call.address)?;
        Ok(FeedOf::Escalations(found.ok_or_else(Problem::not_found)?))
    })
    .await
}

async fn escalation(
    call: ApiRequest<EscalationRef, (), FeedQuery>,
) -> Result<Reply<Page<EntryDocument>>, Problem> {
    page(call, |conn, call| {
        let found = escalations::ids_of(conn, call.principal.access().reach(), &call.address)?;
        let (id, _) = found.ok_or_else(Problem::not_found)?;
        Ok(FeedOf::Escalation(id))
    })
    .await
}

async fn page<A: Address>(
    call: ApiRequest<A, (), FeedQuery>,
    of: impl Fn(&mut Conn, &ApiRequest<A, (), FeedQuery>) -> Result<FeedOf, Problem> + Send + 'static,
) -> Result<Reply<Page<EntryDocument>>, Problem> {
    let page = call
        .look(move |conn, call| {
            let of = of(conn, call)?;
            let paging: Paging<i64> =
                Paging::read("feed", &of, call.query.limit, call.query.cursor.as_deref())?;
            let rows = feeds::list(
                conn,
                call.principal.access(),
                &of,
                paging.after,
                paging.fetch(),
            )?;
            let reader = call.reader();
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
    call: ApiRequest<CaseRef, PostEntry>,
) -> Result<Created<EntryDocument>, Problem> {
    call.write(|conn, call| {
        let actor = &call.principal.actor;
        let id = verbs::post_on_case(conn, actor, &call.address, &call.body, call.now)?;
        created(conn, call, id)
    })
    .await
}

async fn post_on_escalation(
    call: ApiRequest<EscalationRef, PostOnEscalation>,
) -> Result<Created<EntryDocument>, Problem> {
    call.write(|conn, call| {
        let actor = &call.principal.actor;
        let id = verbs::post_on_escalation(conn, actor, &call.address, &call.body, call.now)?;
        created(conn, call, id)
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

async fn read(call: ApiRequest<CaseRef, Reading>) -> Result<Done, Problem> {
    call.write(|conn, call| {
        update_case::mark_read(
            conn,
            &call.principal.actor,
            &call.address,
            call.body.feed,
            call.now,
        )?;
        Ok(Reply::done())
    })
    .await
}

async fn edit(
    call: ApiRequest<Guarded<EntryId>, EditEntry>,
) -> Result<Reply<EntryDocument>, Problem> {
    call.write(|conn, call| {
        let (actor, id) = (&call.principal.actor, *call.address);
        verbs::edit(conn, actor, id, call.expected(), &call.body, call.now)?;
        let document = document(conn, call, *call.address)?;
        Ok(Reply::new(&document)?.version(document.version))
    })
    .await
}

async fn redact(call: ApiRequest<EntryId, RedactEntry>) -> Result<Reply<EntryDocument>, Problem> {
    call.write(|conn, call| {
        let actor = &call.principal.actor;
        verbs::redact(conn, actor, call.address, &call.body, call.now)?;
        let document = document(conn, call, call.address)?;
        Ok(Reply::new(&document)?.version(document.version))
    })
    .await
}

async fn record_communication(
    call: ApiRequest<CaseRef, RecordCommunication>,
) -> Result<Created<EntryDocument>, Problem> {
    call.write(|conn, call| {
        let actor = &call.principal.actor;
        let id = verbs::record_communication(conn, actor, &call.address, &call.body, call.now)?;
        created(conn, call, id)
    })
    .await
}

fn created<A, B>(
    conn: &mut Conn,
    call: &ApiRequest<A, B>,
    id: EntryId,
) -> Result<Created<EntryDocument>, Problem> {
    let document = document(conn, call, id)?;
    Ok(Reply::new(&document)?.version(document.version))
}

fn document<A, B>(
    conn: &mut Conn,
    call: &ApiRequest<A, B>,
    id: EntryId,
) -> Result<EntryDocument, Problem> {
    let view = feeds::view(conn, call.principal.access(), id)?.ok_or_else(Problem::not_found)?;
    Ok(EntryDocument::new(&call.reader(), &view))
}
