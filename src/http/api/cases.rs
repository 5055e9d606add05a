//! Cases (C1-C3): list, open, read, change, close, reopen.

use super::documents::CaseDocument;
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::Permission::{
    CasesClose, CasesCreate, CasesReopen, CasesUpdate, CasesView,
};
use crate::domain::case::{Priority, Status};
use crate::domain::ids::{CaseId, CaseRef};
use crate::http::api_request::{ApiRequest, Guarded, may};
use crate::http::pagination::{Limit, Page, Paging};
use crate::http::problem::Problem;
use crate::http::reply::{Created, Reply};
use crate::http::route::{Route, table};
use crate::input::{CommaList, Fault, FieldError, input};
use crate::store::calendars::CalendarBook;
use crate::store::cases::{self, CaseFilter};
use crate::store::lines;
use crate::store::{organizations, rules};
use crate::workflow::close_case::{self, CloseCase, ReopenCase};
use crate::workflow::open_case::{OpenCase, open_case};
use crate::workflow::update_case::{UpdateCase, update_case};

/// The routes of this resource.
pub fn routes() -> Vec<Route> {
    table! { cases:
        GET   "/cases"               may(CasesView)   => list, "Cases, the newest first";
        POST  "/cases"               may(CasesCreate) => open, "Open a case";
        GET   "/cases/{case}"        may(CasesView)   => show, "One case";
        PATCH "/cases/{case}"        may(CasesUpdate) => change, "Change a case (merge patch)";
        POST  "/cases/{case}/close"  may(CasesClose)  => close, "Close a case; a contact withdraws its active escalation with it";
        POST  "/cases/{case}/reopen" may(CasesReopen) => reopen, "Reopen a closed case";
    }
}

input! {
    /// Which cases.
    pub struct CaseQuery {
        /// Words that the number, the subject or the description contains.
        q: Option<String>,
        /// In one of these states.
        status: CommaList<Status>,
        /// Of one of these priorities.
        priority: CommaList<Priority>,
        /// Of this organization, by id or slug.
        organization: Option<String>,
        /// Of this line of business, by id or name; staff only.
        line_of_business: Option<String>,
        /// With, or without, an active escalation.
        escalated: Option<bool>,
        /// How many a page has, 25 if not given.
        limit: Option<Limit>,
        /// Behind the page that gave this.
        cursor: Option<String>,
    }
}

async fn list(call: ApiRequest<(), (), CaseQuery>) -> Result<Reply<Page<CaseDocument>>, Problem> {
    // Words are looked for in every case; all else by index.
    let page = match &call.query.q {
        Some(_) => call.search(page).await?,
        None => call.look(page).await?,
    };
    Reply::new(&page)
}

fn page(
    conn: &mut Conn,
    call: &ApiRequest<(), (), CaseQuery>,
) -> Result<Page<CaseDocument>, Problem> {
    let query = &call.query;
    let filters = (
        &query.q,
        &query.status.0,
        &query.priority.0,
        &query.organization,
        &query.line_of_business,
        query.escalated,
    );
    let paging: Paging<(Instant, CaseId)> =
        Paging::read("cases", &filters, query.limit, query.cursor.as_deref())?;
    let filter = filter(conn, call, paging.after)?;
    let reach = call.principal.access().reach();
    let rows = cases::list(conn, reach, &filter, paging.fetch())?;
    let (book, policy) = (CalendarBook::load(conn)?, rules::policy(conn)?);
    let reader = call.reader();
    Ok(paging.page(
        rows,
        |view| (view.case.opened_at, view.case.id),
        |view| CaseDocument::new(&reader, &view, &book, &policy),
    ))
}

/// The filter of a list; what it names that does not exist for the caller is a fault of its parameter.
fn filter(
    conn: &mut Conn,
    call: &ApiRequest<(), (), CaseQuery>,
    after: Option<(Instant, CaseId)>,
) -> Result<CaseFilter, Problem> {
    let query = &call.query;
    let unknown =
        |field: &str| Problem::invalid_field(FieldError::new(field, Fault::new("not_found")));
    let organization = match &query.organization {
        None => None,
        Some(name) => {
            let found = organizations::named(conn, call.principal.access().reach(), name)?;
            Some(found.ok_or_else(|| unknown("organization"))?.id)
        }
    };
    let line = match &query.line_of_business {
        None => None,
        // Lines do not exist for customers, so that naming one finds nothing, whatever its name.
        Some(_) if !call.reader().is_staff() => return Err(unknown("line_of_business")),
        Some(name) => Some(
            lines::named(conn, name)?
                .ok_or_else(|| unknown("line_of_business"))?
                .id,
        ),
    };
    Ok(CaseFilter {
        words: query.q.clone(),
        status: query.status.0.clone(),
        priority: query.priority.0.clone(),
        organization,
        line,
        escalated: query.escalated,
        owner: None,
        after,
    })
}

async fn open(call: ApiRequest<(), OpenCase>) -> Result<Created<CaseDocument>, Problem> {
    call.write(|conn, call| {
        let id = open_case(conn, &call.principal.actor, &call.body, call.now)?;
        let document = document(conn, call, &CaseRef::Id(id))?;
        let location = format!("/api/v1/cases/{}", document.number);
        Ok(Reply::new(&document)?
            .version(document.version)
            .location(location))
    })
    .await
}

async fn show(call: ApiRequest<CaseRef>) -> Result<Reply<CaseDocument>, Problem> {
    let document = call
        .look_up(|conn, call| document(conn, call, &call.address))
        .await?;
    Ok(Reply::new(&document)?.version(document.version))
}

async fn change(
    call: ApiRequest<Guarded<CaseRef>, UpdateCase>,
) -> Result<Reply<CaseDocument>, Problem> {
    call.write(|conn, call| {
        let actor = &call.principal.actor;
        update_case(
            conn,
            actor,
            &call.address,
            call.expected(),
            &call.body,
            call.now,
        )?;
        changed(conn, call)
    })
    .await
}

async fn close(
    call: ApiRequest<Guarded<CaseRef>, CloseCase>,
) -> Result<Reply<CaseDocument>, Problem> {
    call.write(|conn, call| {
        let actor = &call.principal.actor;
        close_case::close(
            conn,
            actor,
            &call.address,
            call.expected(),
            &call.body,
            call.now,
        )?;
        changed(conn, call)
    })
    .await
}

async fn reopen(
    call: ApiRequest<Guarded<CaseRef>, ReopenCase>,
) -> Result<Reply<CaseDocument>, Problem> {
    call.write(|conn, call| {
        let actor = &call.principal.actor;
        close_case::reopen(
            conn,
            actor,
            &call.address,
            call.expected(),
            &call.body,
            call.now,
        )?;
        changed(conn, call)
    })
    .await
}

/// The case as it stands after a verb.
pub(super) fn changed<B>(
    conn: &mut Conn,
    call: &ApiRequest<Guarded<CaseRef>, B>,
) -> Result<Reply<CaseDocument>, Problem> {
    let document = document(conn, call, &call.address)?;
    Ok(Reply::new(&document)?.version(document.version))
}

/// A case as the caller may see it.
pub(super) fn document<A, B, Q>(
    conn: &mut Conn,
    call: &ApiRequest<A, B, Q>,
    case: &CaseRef,
) -> Result<CaseDocument, Problem> {
    let view =
        cases::view(conn, call.principal.access().reach(), case)?.ok_or_else(Problem::not_found)?;
    let (book, policy) = (CalendarBook::load(conn)?, rules::policy(conn)?);
    Ok(CaseDocument::new(&call.reader(), &view, &book, &policy))
}
