//! Escalations: a case's, the queue, one, and submitting (M1, M3).

use super::documents::{EscalationDocument, EscalationParts};
use super::lines::asked_line;
use super::organizations::asked_organization;
use crate::db::{Conn, steadily};
use crate::domain::Instant;
use crate::domain::access::Permission::{self, EscalationsSubmit, EscalationsView};
use crate::domain::case::Priority;
use crate::domain::escalation::{Facts, State};
use crate::domain::ids::{CaseId, CaseRef, EscalationId, EscalationRef, PersonId};
use crate::domain::offers;
use crate::domain::order::{Place, Sort, Window};
use crate::domain::organization::Side;
use crate::http::api_request::{ApiRequest, may};
use crate::http::list::{self, Asker, ListQuery, Listing, list_query};
use crate::http::pagination::{Limit, Page, Paging};
use crate::http::problem::Problem;
use crate::http::reply::{Created, Reply};
use crate::http::route::{Route, table};
use crate::input::{CommaList, Fault, FieldError, Whole, input};
use crate::store::escalations::{self, EscalationFilter, EscalationOrder, EscalationView};
use crate::store::{cases, people};
use crate::workflow::review_escalation::raters;
use crate::workflow::submit_escalation::{SubmitEscalation, submit_escalation};

/// The routes of this resource.
pub fn routes() -> Vec<Route> {
    table! { escalations:
        GET   "/cases/{case}/escalations" may(EscalationsView)   => of_case, "The case's escalations, the newest first";
        POST  "/cases/{case}/escalations" may(EscalationsSubmit) => submit, "Submit an escalation";
        GET   "/escalations"              may(EscalationsView)   => queue, "The queue: unranked ones first, then by rank, the longest waiting first; ended ones by themselves are newest first";
        GET   "/escalations/{escalation}" may(EscalationsView)   => show, "One escalation";
    }
}

input! {
    /// Which part of a list.
    pub struct HistoryQuery {
        /// How many a page has, 25 if not given.
        limit: Option<Limit>,
        /// Behind the page that gave this.
        cursor: Option<String>,
    }
}

async fn of_case(
    req: ApiRequest<CaseRef, (), HistoryQuery>,
) -> Result<Reply<Page<EscalationDocument>>, Problem> {
    let page = req
        .read(|conn, req| {
            let reach = req.principal.access().reach();
            let case = cases::id_of(conn, reach, &req.address)?.ok_or_else(Problem::not_found)?;
            let query = &req.query;
            let newest = Sort::descending(EscalationOrder::SubmittedAt);
            let paging = Paging::sorted(
                "escalations of",
                &case,
                newest,
                query.limit,
                query.cursor.as_deref(),
            )?;
            let filter = EscalationFilter {
                case: Some(case),
                ..EscalationFilter::default()
            };
            let window = paging.window(newest);
            let rows = escalations::list(conn, reach, (&filter, req.now), &window)?;
            let (parts, reader) = (parts_of(conn, &rows)?, req.reader());
            Ok(paging.page(
                rows,
                |view| escalations::place(newest.by, view),
                |view| EscalationDocument::new(&reader, &view, &parts),
            ))
        })
        .await?;
    Reply::new(&page)
}

list_query! {
    /// Which escalations.
    pub struct QueueQuery by EscalationOrder, Sort::ascending(EscalationOrder::Rank), {
        /// In one of these states.
        state: CommaList<State>,
        /// Of this owner, by id or address; `me`, or `none` for those that nobody has claimed.
        owner: Option<String>,
        /// Of this rank.
        rank: Option<Whole<1, 5>>,
        /// With, or without, a target that is due and not met, or a promised next step whose date has passed.
        overdue: Option<bool>,
        /// On this case, by id or number.
        case: Option<String>,
        /// On cases of this organization, by id or slug.
        organization: Option<String>,
        /// For this reason, by its code.
        reason: Option<String>,
        /// Changed at this instant or later.
        updated_since: Option<Instant>,
        /// On cases of this line of business, by id or name; staff only.
        line_of_business: Option<String>,
        /// On cases that had one of these priorities when it was submitted.
        priority: CommaList<Priority>,
        /// Submitted at this instant or later.
        submitted_after: Option<Instant>,
        /// Submitted before this instant.
        submitted_before: Option<Instant>,
    }
}

/// The escalations that somebody may see.
pub struct Queue;

impl Listing for Queue {
    const NAME: &'static str = "queue";
    type Query = QueueQuery;
    type Filter = EscalationFilter;
    type Row = EscalationView;
    type Id = EscalationId;

    /// As the queue stands; ended ones by themselves are newest first.
    fn sort(query: &QueueQuery) -> Sort<EscalationOrder> {
        let states = &query.state.0;
        match query.sort {
            None if !states.is_empty() && states.iter().all(|state| !state.is_active()) => {
                Sort::descending(EscalationOrder::SubmittedAt)
            }
            _ => query.sort(),
        }
    }

    fn filter(
        conn: &mut Conn,
        asker: Asker<'_>,
        query: &QueueQuery,
    ) -> Result<EscalationFilter, Problem> {
        let owner = query.owner.as_deref();
        Ok(EscalationFilter {
            state: query.state.0.clone(),
            owner: owner
                .map(|owner| asked_owner(conn, asker, owner))
                .transpose()?,
            rank: query.rank.map(Whole::get),
            overdue: query.overdue,
            case: asked_case(conn, asker, query.case.as_deref())?,
            organization: asked_organization(conn, asker, query.organization.as_deref())?,
            reason: query.reason.clone(),
            updated_since: query.updated_since,
            line: asked_line(conn, asker, query.line_of_business.as_deref())?,
            priority: query.priority.0.clone(),
            submitted_after: query.submitted_after,
            submitted_before: query.submitted_before,
        })
    }

    fn rows(
        conn: &mut Conn,
        asker: Asker<'_>,
        filter: &EscalationFilter,
        window: &Window<EscalationOrder, EscalationId>,
    ) -> Result<Vec<EscalationView>, Problem> {
        let reach = asker.access.reach();
        Ok(escalations::list(conn, reach, (filter, asker.now), window)?)
    }

    fn count(
        conn: &mut Conn,
        asker: Asker<'_>,
        filter: &EscalationFilter,
        most: usize,
    ) -> Result<usize, Problem> {
        let reach = asker.access.reach();
        Ok(escalations::count(conn, reach, (filter, asker.now), most)?)
    }

    fn place(by: EscalationOrder, view: &EscalationView) -> Place<EscalationId> {
        escalations::place(by, view)
    }
}

async fn queue(
    req: ApiRequest<(), (), QueueQuery>,
) -> Result<Reply<Page<EscalationDocument>>, Problem> {
    let page = req
        .read(|conn, req| {
            let found = list::answer::<Queue>(conn, req.asker(), &req.query)?;
            let (parts, reader) = (parts_of(conn, &found.rows)?, req.reader());
            Ok(found.page(|view| EscalationDocument::new(&reader, &view, &parts)))
        })
        .await?;
    Reply::new(&page)
}

/// The owner that a parameter names; nobody for `none`. Whoever does not exist for the asker is a fault of `owner`.
pub(super) fn asked_owner(
    conn: &mut Conn,
    asker: Asker<'_>,
    name: &str,
) -> Result<Option<PersonId>, Problem> {
    match name {
        "none" => return Ok(None),
        "me" => return Ok(Some(asker.access.person)),
        _ => {}
    }
    let found = match asker.access.side {
        Side::Provider => people::staff_named(conn, name)?,
        Side::Customer => None,
    };
    let unknown = || Problem::invalid_field(FieldError::new("owner", Fault::new("not_found")));
    Ok(Some(found.ok_or_else(unknown)?.id))
}

/// The case that a query names. What does not exist for the asker is a fault of `case`.
fn asked_case(
    conn: &mut Conn,
    asker: Asker<'_>,
    name: Option<&str>,
) -> Result<Option<CaseId>, Problem> {
    let Some(name) = name else {
        return Ok(None);
    };
    let unknown = || Problem::invalid_field(FieldError::new("case", Fault::new("not_found")));
    let case: CaseRef = name.parse().map_err(|_| unknown())?;
    let found = cases::id_of(conn, asker.access.reach(), &case)?;
    Ok(Some(found.ok_or_else(unknown)?))
}

fn parts_of(conn: &mut Conn, rows: &[EscalationView]) -> Result<EscalationParts, Problem> {
    let ids: Vec<EscalationId> = rows.iter().map(|view| view.escalation.id).collect();
    EscalationParts::of(conn, &ids)
}

async fn show(req: ApiRequest<EscalationRef>) -> Result<Reply<EscalationDocument>, Problem> {
    let document = req
        .read(|conn, req| document(conn, req, &req.address))
        .await?;
    Ok(Reply::new(&document)?.version(document.version))
}

async fn submit(
    req: ApiRequest<CaseRef, SubmitEscalation>,
) -> Result<Created<EscalationDocument>, Problem> {
    let submitted = |conn: &mut Conn, req: &ApiRequest<CaseRef, SubmitEscalation>| {
        let actor = &req.principal.actor;
        let submitted = submit_escalation(conn, actor, &req.address, &req.body, req.now)?;
        let document = match submitted.is_given {
            true => document(conn, req, &EscalationRef::Id(submitted.escalation.id))?,
            false => {
                let view = escalations::view_of(conn, submitted.escalation, submitted.case)?;
                let parts = EscalationParts {
                    steps: Vec::new(),
                    targets: submitted.targets,
                };
                EscalationDocument::new(&req.reader(), &view, &parts)
            }
        };
        let location = format!("/api/v1/escalations/{}", document.number);
        Ok(Reply::new(&document)?
            .version(document.version)
            .location(location))
    };
    req.write(move |conn, req| steadily(conn, |conn| submitted(conn, req)))
        .await
}

/// An escalation as the caller may see it.
pub(super) fn document<A, B>(
    conn: &mut Conn,
    req: &ApiRequest<A, B>,
    escalation: &EscalationRef,
) -> Result<EscalationDocument, Problem> {
    let found = escalations::view(conn, req.principal.access().reach(), escalation)?;
    let view = found.ok_or_else(Problem::not_found)?;
    let parts = EscalationParts::of(conn, &[view.escalation.id])?;
    let mut document = EscalationDocument::new(&req.reader(), &view, &parts);
    let (row, access) = (&view.escalation, req.principal.access());
    // Whether another can be asked for the rating is looked up for one escalation, and not for lists.
    if row.state == State::Closed
        && access.can(Permission::EscalationsReview)
        && !raters(conn, view.organization.id, row, req.now)?.is_empty()
    {
        let facts = Facts {
            rater_is_gone: true,
            ..row.facts()
        };
        document.lawful_verbs = offers::of_escalation(&facts, access);
    }
    Ok(document)
}
