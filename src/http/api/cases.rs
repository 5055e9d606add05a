//! Cases (C1-C3): list, open, read, change, close, reopen.

use std::sync::Arc;

use super::documents::{CaseDocument, CaseText};
use super::escalations::asked_owner;
pub(super) use super::lines::asked_line;
use super::organizations::asked_organization;
use crate::db::{Conn, steadily};
use crate::domain::Instant;
use crate::domain::access::Permission::{
    CasesClose, CasesCreate, CasesReopen, CasesUpdate, CasesView,
};
use crate::domain::case::{Priority, Status};
use crate::domain::ids::{CaseId, CaseRef, PersonId};
use crate::domain::order::{Place, Sort, Window};
use crate::http::api_request::{ApiRequest, Guarded, may};
use crate::http::etag::Digested;
use crate::http::list::{self, Asker, Listing, list_query};
use crate::http::pagination::Page;
use crate::http::problem::Problem;
use crate::http::reply::{Created, Reply, json};
use crate::http::route::{Route, table};
use crate::input::{CommaList, Fault, FieldError};
use crate::store::calendars::CalendarBook;
use crate::store::cases::{self, BareCase, CaseFilter, CaseOrder, CaseView};
use crate::store::{people, rules};
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

list_query! {
    /// Which cases.
    pub struct CaseQuery by CaseOrder, Sort::descending(CaseOrder::OpenedAt), {
        /// Words, in any order, that begin words of the subject, the description or an entry; or its number, or that of an escalation.
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
        /// Of this owner, by id or address; `me`, or `none` for those that nobody owns.
        owner: Option<String>,
        /// Opened by this person, by id or address; or `me`.
        opened_by: Option<String>,
        /// Opened at this instant or later.
        opened_after: Option<Instant>,
        /// Opened before this instant.
        opened_before: Option<Instant>,
        /// Changed at this instant or later.
        updated_since: Option<Instant>,
        /// The one of this name in the system that it came from.
        external_id: Option<String>,
    }
}

/// The cases that somebody may see.
pub struct Cases;

impl Listing for Cases {
    const NAME: &'static str = "cases";
    type Query = CaseQuery;
    type Filter = CaseFilter;
    type Row = BareCase;
    type Id = CaseId;

    /// Words may be looked for in many cases; all else by index.
    fn searches(query: &CaseQuery) -> bool {
        query.q.is_some()
    }

    fn filter(conn: &mut Conn, asker: Asker<'_>, query: &CaseQuery) -> Result<CaseFilter, Problem> {
        let owner = query.owner.as_deref();
        Ok(CaseFilter {
            status: query.status.0.clone(),
            priority: query.priority.0.clone(),
            organization: asked_organization(conn, asker, query.organization.as_deref())?,
            line: asked_line(conn, asker, query.line_of_business.as_deref())?,
            escalated: query.escalated,
            owner: owner
                .map(|owner| asked_owner(conn, asker, owner))
                .transpose()?,
            opened_by: asked_opener(conn, asker, query.opened_by.as_deref())?,
            opened_after: query.opened_after,
            opened_before: query.opened_before,
            updated_since: query.updated_since,
            external_id: query.external_id.clone(),
            ..CaseFilter::of_words(asker.access, query.q.clone())
        })
    }

    fn rows(
        conn: &mut Conn,
        asker: Asker<'_>,
        filter: &CaseFilter,
        window: &Window<CaseOrder, CaseId>,
    ) -> Result<Vec<BareCase>, Problem> {
        Ok(cases::bare_list(
            conn,
            asker.access.reach(),
            filter,
            window,
        )?)
    }

    fn count(
        conn: &mut Conn,
        asker: Asker<'_>,
        filter: &CaseFilter,
        most: usize,
    ) -> Result<usize, Problem> {
        Ok(cases::count(conn, asker.access.reach(), filter, most)?)
    }

    fn place(by: CaseOrder, bare: &BareCase) -> Place<CaseId> {
        cases::place(by, &bare.case)
    }
}

/// The person whose cases are asked for. Whoever does not exist for the asker is a fault of `opened_by`.
fn asked_opener(
    conn: &mut Conn,
    asker: Asker<'_>,
    name: Option<&str>,
) -> Result<Option<Vec<PersonId>>, Problem> {
    let Some(name) = name else {
        return Ok(None);
    };
    if name == "me" {
        return Ok(Some(vec![asker.access.person]));
    }
    let found = people::called(conn, asker.access.reach(), name)?;
    match found.is_empty() {
        true => {
            let unknown = FieldError::new("opened_by", Fault::new("not_found"));
            Err(Problem::invalid_field(unknown))
        }
        false => Ok(Some(found)),
    }
}

async fn list(req: ApiRequest<(), (), CaseQuery>) -> Result<Reply<Page<CaseDocument>>, Problem> {
    let (searches, is_one_look) = (Cases::searches(&req.query), req.query.is_one_look());
    let page = match (searches, is_one_look) {
        (true, _) => req.search(page).await?,
        (false, true) => req.read_one(page).await?,
        (false, false) => req.read(page).await?,
    };
    let digests = page.items.iter().map(|text| text.digest);
    let besides = json(&(&page.next_cursor, page.count))?;
    let digest = Digested::of_all(digests, &besides);
    Ok(Reply::of_digested(json(&page)?, digest))
}

impl CaseQuery {
    /// Whether one statement finds the page: none that looks up what is named comes before it, and nothing is counted.
    fn is_one_look(&self) -> bool {
        let is_known = |name: &Option<String>, known: &[&str]| {
            name.as_deref().is_none_or(|name| known.contains(&name))
        };
        self.q.is_none()
            && self.count != Some(true)
            && self.organization.is_none()
            && self.line_of_business.is_none()
            && is_known(&self.owner, &["me", "none"])
            && is_known(&self.opened_by, &["me"])
    }
}

fn page(
    conn: &mut Conn,
    req: &ApiRequest<(), (), CaseQuery>,
) -> Result<Page<Arc<CaseText>>, Problem> {
    let found = list::answer::<Cases>(conn, req.asker(), &req.query)?;
    let reader = req.principal.access().into();
    let texts = found.try_map(|bare| req.desk.cases.texts(conn, reader, bare))?;
    Ok(texts.page(|text| text))
}

async fn open(req: ApiRequest<(), OpenCase>) -> Result<Created<CaseDocument>, Problem> {
    let opened = |conn: &mut Conn, req: &ApiRequest<(), OpenCase>| {
        let case = open_case(conn, &req.principal.actor, &req.body, req.now)?;
        let view = cases::view_of_new(conn, case)?;
        let document = told(conn, req, &view)?;
        let location = format!("/api/v1/cases/{}", document.number);
        Ok(Reply::new(&document)?
            .version(document.version)
            .location(location))
    };
    req.write(move |conn, req| steadily(conn, |conn| opened(conn, req)))
        .await
}

async fn show(req: ApiRequest<CaseRef>) -> Result<Reply<CaseDocument>, Problem> {
    let text = req
        .read_one(|conn, req| {
            let access = req.principal.access();
            let bare = cases::bare(conn, access.reach(), &req.address)?;
            let bare = bare.ok_or_else(Problem::not_found)?;
            let mut texts = req.desk.cases.texts(conn, access.into(), vec![bare])?;
            texts.pop().ok_or_else(Problem::not_found)
        })
        .await?;
    Ok(Reply::of_digested(text.json().to_owned(), text.digest).version(text.version))
}

async fn change(
    req: ApiRequest<Guarded<CaseRef>, UpdateCase>,
) -> Result<Reply<CaseDocument>, Problem> {
    req.write(|conn, req| {
        let actor = &req.principal.actor;
        update_case(
            conn,
            actor,
            &req.address,
            req.expected(),
            &req.body,
            req.now,
        )?;
        changed(conn, req)
    })
    .await
}

async fn close(
    req: ApiRequest<Guarded<CaseRef>, CloseCase>,
) -> Result<Reply<CaseDocument>, Problem> {
    req.write(|conn, req| {
        let actor = &req.principal.actor;
        close_case::close(
            conn,
            actor,
            &req.address,
            req.expected(),
            &req.body,
            req.now,
        )?;
        changed(conn, req)
    })
    .await
}

async fn reopen(
    req: ApiRequest<Guarded<CaseRef>, ReopenCase>,
) -> Result<Reply<CaseDocument>, Problem> {
    req.write(|conn, req| {
        let actor = &req.principal.actor;
        close_case::reopen(
            conn,
            actor,
            &req.address,
            req.expected(),
            &req.body,
            req.now,
        )?;
        changed(conn, req)
    })
    .await
}

/// The case as it stands after a verb.
pub(super) fn changed<B>(
    conn: &mut Conn,
    req: &ApiRequest<Guarded<CaseRef>, B>,
) -> Result<Reply<CaseDocument>, Problem> {
    let document = document(conn, req, &req.address)?;
    Ok(Reply::new(&document)?.version(document.version))
}

/// A case as the caller may see it.
pub(super) fn document<A, B, Q>(
    conn: &mut Conn,
    req: &ApiRequest<A, B, Q>,
    case: &CaseRef,
) -> Result<CaseDocument, Problem> {
    let view =
        cases::view(conn, req.principal.access().reach(), case)?.ok_or_else(Problem::not_found)?;
    told(conn, req, &view)
}

/// What the caller is told of a case.
fn told<A, B, Q>(
    conn: &mut Conn,
    req: &ApiRequest<A, B, Q>,
    view: &CaseView,
) -> Result<CaseDocument, Problem> {
    let (book, policy) = (CalendarBook::load(conn)?, rules::policy(conn)?);
    let reader = req.principal.access().into();
    Ok(CaseDocument::new(reader, view, &book, &policy))
}
