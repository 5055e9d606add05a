//! Escalations: a case's, the queue, one, and submitting (M1, M3).

use super::documents::EscalationDocument;
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::Permission::{EscalationsSubmit, EscalationsView};
use crate::domain::escalation::State;
use crate::domain::ids::{CaseRef, EscalationId, EscalationRef, PersonId};
use crate::http::api_request::{ApiRequest, may};
use crate::http::pagination::{Limit, Page, Paging};
use crate::http::problem::Problem;
use crate::http::reply::{Created, Reply};
use crate::http::route::{Route, table};
use crate::input::{CommaList, Fault, FieldError, Whole, input};
use crate::store::escalations::{self, EscalationFilter, EscalationView, Order};
use crate::store::{cases, people, promises};
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
    call: ApiRequest<CaseRef, (), HistoryQuery>,
) -> Result<Reply<Page<EscalationDocument>>, Problem> {
    let page = call
        .look(|conn, call| {
            let reach = call.principal.access().reach();
            let case = cases::id_of(conn, reach, &call.address)?.ok_or_else(Problem::not_found)?;
            let query = &call.query;
            let paging: Paging<(Instant, EscalationId)> = Paging::read(
                "escalations of",
                &case,
                query.limit,
                query.cursor.as_deref(),
            )?;
            let filter = EscalationFilter {
                case: Some(case),
                ..EscalationFilter::default()
            };
            let order = Order::Newest {
                after: paging.after,
            };
            let rows = escalations::list(conn, reach, &filter, order, paging.fetch())?;
            newest_first(conn, call, &paging, rows)
        })
        .await?;
    Reply::new(&page)
}

input! {
    /// Which escalations.
    pub struct QueueQuery {
        /// In one of these states.
        state: CommaList<State>,
        /// Of this owner, by id or address; `me`, or `none` for those that nobody has claimed.
        owner: Option<String>,
        /// Of this rank.
        rank: Option<Whole<1, 5>>,
        /// With, or without, a promised next step whose date has passed.
        overdue: Option<bool>,
        /// How many a page has, 25 if not given.
        limit: Option<Limit>,
        /// Behind the page that gave this.
        cursor: Option<String>,
    }
}

async fn queue(
    call: ApiRequest<(), (), QueueQuery>,
) -> Result<Reply<Page<EscalationDocument>>, Problem> {
    let page = call
        .look(|conn, call| {
            let query = &call.query;
            let filters = (&query.state.0, &query.owner, query.rank, query.overdue);
            let reach = call.principal.access().reach();
            let filter = EscalationFilter {
                state: query.state.0.clone(),
                owner: query
                    .owner
                    .as_deref()
                    .map(|owner| named_owner(conn, call, owner))
                    .transpose()?,
                rank: query.rank.map(Whole::get),
                overdue: query.overdue.map(|wanted| (wanted, call.now)),
                ..EscalationFilter::default()
            };
            let ended =
                !filter.state.is_empty() && filter.state.iter().all(|state| !state.is_active());
            let (limit, cursor) = (query.limit, query.cursor.as_deref());
            if ended {
                let paging: Paging<(Instant, EscalationId)> =
                    Paging::read("ended escalations", &filters, limit, cursor)?;
                let order = Order::Newest {
                    after: paging.after,
                };
                let rows = escalations::list(conn, reach, &filter, order, paging.fetch())?;
                return newest_first(conn, call, &paging, rows);
            }
            let paging: Paging<(i64, Instant, EscalationId)> =
                Paging::read("queue", &filters, limit, cursor)?;
            let order = Order::Queue {
                after: paging.after,
            };
            let rows = escalations::list(conn, reach, &filter, order, paging.fetch())?;
            let steps = steps_of(conn, &rows)?;
            let reader = call.reader();
            Ok(paging.page(
                rows,
                |view| {
                    (
                        view.escalation.queue_rank,
                        view.escalation.submitted_at,
                        view.escalation.id,
                    )
                },
                |view| EscalationDocument::new(&reader, &view, &steps),
            ))
        })
        .await?;
    Reply::new(&page)
}

/// The owner that a parameter names. Whoever does not exist for the caller owns nothing, which is what is answered.
fn named_owner(
    conn: &mut Conn,
    call: &ApiRequest<(), (), QueueQuery>,
    name: &str,
) -> Result<Option<PersonId>, Problem> {
    match name {
        "none" => return Ok(None),
        "me" => return Ok(Some(call.principal.actor.id())),
        _ => {}
    }
    let found = if call.reader().is_staff() {
        people::staff_named(conn, name)?
    } else {
        None
    };
    let unknown = || Problem::invalid_field(FieldError::new("owner", Fault::new("not_found")));
    Ok(Some(found.ok_or_else(unknown)?.id))
}

fn newest_first<A, Q>(
    conn: &mut Conn,
    call: &ApiRequest<A, (), Q>,
    paging: &Paging<(Instant, EscalationId)>,
    rows: Vec<EscalationView>,
) -> Result<Page<EscalationDocument>, Problem> {
    let steps = steps_of(conn, &rows)?;
    let reader = call.reader();
    Ok(paging.page(
        rows,
        |view| (view.escalation.submitted_at, view.escalation.id),
        |view| EscalationDocument::new(&reader, &view, &steps),
    ))
}

fn steps_of(conn: &mut Conn, rows: &[EscalationView]) -> Result<Vec<promises::NextStep>, Problem> {
    let ids: Vec<EscalationId> = rows.iter().map(|view| view.escalation.id).collect();
    Ok(promises::of_escalations(conn, &ids)?)
}

async fn show(call: ApiRequest<EscalationRef>) -> Result<Reply<EscalationDocument>, Problem> {
    let document = call
        .look(|conn, call| document(conn, call, &call.address))
        .await?;
    Ok(Reply::new(&document)?.version(document.version))
}

async fn submit(
    call: ApiRequest<CaseRef, SubmitEscalation>,
) -> Result<Created<EscalationDocument>, Problem> {
    call.write(|conn, call| {
        let id = submit_escalation(
            conn,
            &call.principal.actor,
            &call.address,
            &call.body,
            call.now,
        )?;
        let document = document(conn, call, &EscalationRef::Id(id))?;
        let location = format!("/api/v1/escalations/{}", document.number);
        Ok(Reply::new(&document)?
            .version(document.version)
            .location(location))
    })
    .await
}

/// An escalation as the caller may see it.
pub(super) fn document<A, B>(
    conn: &mut Conn,
    call: &ApiRequest<A, B>,
    escalation: &EscalationRef,
) -> Result<EscalationDocument, Problem> {
    let found = escalations::view(conn, call.principal.access().reach(), escalation)?;
    let view = found.ok_or_else(Problem::not_found)?;
    let steps = promises::of_escalations(conn, &[view.escalation.id])?;
    Ok(EscalationDocument::new(&call.reader(), &view, &steps))
}
