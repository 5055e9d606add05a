//! Cases (C1-C3): list, open, read, change, close, reopen.

use super::documents::CaseDocument;
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::Permission::{
    CasesClose, CasesCreate, CasesReopen, CasesUpdate, CasesView,
};
use crate::domain::case::{BusinessImpact, Deployment, Engagement, Priority, Status};
use crate::domain::ids::{CaseId, CaseRef};
use crate::domain::text::{Markdown, Subject, Title};
use crate::http::call::{Call, Guarded, may};
use crate::http::pagination::{Limit, Page, Paging};
use crate::http::problem::Problem;
use crate::http::reply::{Created, Reply};
use crate::http::route::{Route, table};
use crate::input::{Fault, FieldError, Many, Patch, input};
use crate::store::calendars::CalendarBook;
use crate::store::cases::{self, CaseFilter};
use crate::store::lines;
use crate::store::{organizations, rules};
use crate::workflow;

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
        status: Many<Status>,
        /// Of one of these priorities.
        priority: Many<Priority>,
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

async fn list(call: Call<(), (), CaseQuery>) -> Result<Reply<Page<CaseDocument>>, Problem> {
    // Words are looked for in every case; all else by index.
    let page = match &call.query.q {
        Some(_) => call.search(page).await?,
        None => call.look(page).await?,
    };
    Reply::new(&page)
}

fn page(conn: &mut Conn, call: &Call<(), (), CaseQuery>) -> Result<Page<CaseDocument>, Problem> {
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
    call: &Call<(), (), CaseQuery>,
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

input! {
    /// A new case.
    pub struct NewCase {
        /// One line.
        subject: Subject,
        /// Markdown.
        description: Markdown,
        /// How urgent.
        priority: Priority,
        /// Where the customer's installation runs.
        deployment: Deployment,
        /// What it does to the customer's business.
        business_impact: BusinessImpact,
        /// What it is about.
        product: Option<Title>,
        /// The line of business, by id or name; staff only.
        line_of_business: Option<String>,
        /// Whose case it is, by id or slug; needed where staff open it.
        organization: Option<String>,
    }
}

async fn open(call: Call<(), NewCase>) -> Result<Created<CaseDocument>, Problem> {
    call.write(|conn, call| {
        let new = call.body.clone();
        let command = workflow::open_case::OpenCase {
            subject: new.subject,
            description: new.description,
            priority: new.priority,
            deployment: new.deployment,
            business_impact: new.business_impact,
            product: new.product,
            line_of_business: new.line_of_business,
            organization: new.organization,
        };
        let id = workflow::open_case::open_case(conn, &call.principal.actor, &command, call.now)?;
        let document = document(conn, call, &CaseRef::Id(id))?;
        let location = format!("/api/v1/cases/{}", document.number);
        Ok(Reply::new(&document)?
            .version(document.version)
            .location(location))
    })
    .await
}

async fn show(call: Call<CaseRef>) -> Result<Reply<CaseDocument>, Problem> {
    let document = call
        .look(|conn, call| document(conn, call, &call.address))
        .await?;
    Ok(Reply::new(&document)?.version(document.version))
}

input! {
    /// A merge patch of a case: what is left out stays.
    pub struct CasePatch {
        /// One line.
        subject: Patch<Subject>,
        /// Markdown.
        description: Patch<Markdown>,
        /// What it is about.
        product: Patch<Option<Title>>,
        /// What it does to the customer's business.
        business_impact: Patch<BusinessImpact>,
        /// How urgent; staff only: contacts ask for it.
        priority: Patch<Priority>,
        /// Where it stands; staff only, and only by lawful moves.
        status: Patch<Status>,
        /// Where the customer's installation runs; staff only.
        deployment: Patch<Deployment>,
        /// Whom it waits on beyond the support team; staff only.
        engagements: Patch<Vec<Engagement>>,
        /// The engineer who owns it, by id or address; staff only.
        owner: Patch<Option<String>>,
        /// Its line of business, by id or name; staff only.
        line_of_business: Patch<String>,
    }
}

async fn change(call: Call<Guarded<CaseRef>, CasePatch>) -> Result<Reply<CaseDocument>, Problem> {
    call.write(|conn, call| {
        let patch = call.body.clone();
        let update = workflow::update_case::UpdateCase {
            subject: patch.subject.into_option(),
            description: patch.description.into_option(),
            product: patch.product.into_option(),
            business_impact: patch.business_impact.into_option(),
            priority: patch.priority.into_option(),
            status: patch.status.into_option(),
            deployment: patch.deployment.into_option(),
            engagements: patch.engagements.into_option(),
            owner: patch.owner.into_option(),
            line_of_business: patch.line_of_business.into_option(),
        };
        let actor = &call.principal.actor;
        workflow::update_case::update_case(
            conn,
            actor,
            &call.address,
            call.expected(),
            &update,
            call.now,
        )?;
        changed(conn, call)
    })
    .await
}

input! {
    /// How a case is closed.
    pub struct Closing {
        /// A last word, which becomes an entry of the case feed.
        note: Option<Markdown>,
    }
}

async fn close(call: Call<Guarded<CaseRef>, Closing>) -> Result<Reply<CaseDocument>, Problem> {
    call.write(|conn, call| {
        let (actor, note) = (&call.principal.actor, call.body.note.as_ref());
        workflow::close_case::close(conn, actor, &call.address, call.expected(), note, call.now)?;
        changed(conn, call)
    })
    .await
}

input! {
    /// Why a case is reopened.
    pub struct Reopening {
        /// Why; it becomes an entry of the case feed.
        note: Markdown,
    }
}

async fn reopen(call: Call<Guarded<CaseRef>, Reopening>) -> Result<Reply<CaseDocument>, Problem> {
    call.write(|conn, call| {
        let actor = &call.principal.actor;
        workflow::close_case::reopen(
            conn,
            actor,
            &call.address,
            call.expected(),
            &call.body.note,
            call.now,
        )?;
        changed(conn, call)
    })
    .await
}

/// The case as it stands after a verb.
pub(super) fn changed<B>(
    conn: &mut Conn,
    call: &Call<Guarded<CaseRef>, B>,
) -> Result<Reply<CaseDocument>, Problem> {
    let document = document(conn, call, &call.address)?;
    Ok(Reply::new(&document)?.version(document.version))
}

/// A case as the caller may see it.
pub(super) fn document<A, B, Q>(
    conn: &mut Conn,
    call: &Call<A, B, Q>,
    case: &CaseRef,
) -> Result<CaseDocument, Problem> {
    let view =
        cases::view(conn, call.principal.access().reach(), case)?.ok_or_else(Problem::not_found)?;
    let (book, policy) = (CalendarBook::load(conn)?, rules::policy(conn)?);
    Ok(CaseDocument::new(&call.reader(), &view, &book, &policy))
}
