//! The queue and other lists of escalations, and the view in which people see one.

use diesel::prelude::*;
use diesel::result::Error::NotFound;
use serde::Serialize;

use super::Escalation;
use crate::db::schema::{cases, escalations};
use crate::db::sql_types::At;
use crate::db::{Conn, among, fixed, steadily};
use crate::domain::Instant;
use crate::domain::access::Reach;
use crate::domain::case::Priority;
use crate::domain::escalation::State;
use crate::domain::ids::{
    CaseId, CaseNumber, EscalationId, EscalationRef, LineId, OrganizationId, PersonId,
};
use crate::domain::order::{Place, Window, orders};
use crate::store::cases::{Case, OrganizationRef};
use crate::store::lines::within_reach;
use crate::store::page::{counted, windowed};
use crate::store::people::Named;
use crate::store::{organizations, people};

/// An escalation with the names that belong to it.
#[derive(Clone, Debug)]
pub struct EscalationView {
    /// The row.
    pub escalation: Escalation,
    /// Its case's number.
    pub case_number: CaseNumber,
    /// Its case's subject.
    pub case_subject: String,
    /// Whose case it is.
    pub organization: OrganizationRef,
    /// Who raised it.
    pub requested_by: Named,
    /// Where whoever raised it belongs: another organization than the case's for support, and for guests.
    pub requester_home: OrganizationId,
    /// Who reviews or runs it.
    pub owner: Option<Named>,
}

orders! {
    /// What escalations are listed by.
    pub enum EscalationOrder {
        /// Their place in the queue: unranked ones first, then by rank, the longest waiting first.
        Rank = "rank" by Ranked,
        /// When they were submitted.
        SubmittedAt = "submitted_at" by Instant,
        /// What falls due next: the soonest first, and at the end those of which nothing does.
        DueAt = "due_at" by Instant,
    }
}

/// Where an escalation stands in an order.
pub fn place(by: EscalationOrder, view: &EscalationView) -> Place<EscalationId> {
    let escalation = &view.escalation;
    let (at, id) = (escalation.submitted_at, escalation.id);
    match by {
        EscalationOrder::Rank => Place::Ranked(escalation.queue_rank, at, id),
        EscalationOrder::SubmittedAt => Place::Instant(at, id),
        EscalationOrder::DueAt => Place::Instant(escalation.next_due_at, id),
    }
}

/// Which escalations a list holds.
#[derive(Clone, Debug, Default, Serialize)]
pub struct EscalationFilter {
    /// Those of one case.
    pub case: Option<CaseId>,
    /// Those in one of these states; all if empty.
    pub state: Vec<State>,
    /// Those of one owner, or of nobody.
    pub owner: Option<Option<PersonId>>,
    /// Those of one rank.
    pub rank: Option<i64>,
    /// Those of one organization's cases.
    pub organization: Option<OrganizationId>,
    /// Those for one reason, by its code.
    pub reason: Option<String>,
    /// Those that have changed at this instant or later.
    pub updated_since: Option<Instant>,
    /// Those with, or without, a target or a promised next step that is past due.
    pub overdue: Option<bool>,
    /// Those on cases of one line of business.
    pub line: Option<LineId>,
    /// Those on cases that had one of these priorities at the submission; of all if empty.
    pub priority: Vec<Priority>,
    /// Those that were submitted at this instant or later.
    pub submitted_after: Option<Instant>,
    /// Those that were submitted before this instant.
    pub submitted_before: Option<Instant>,
}

/// What is read of an [`EscalationView`]; the names are remembered ([`with_names`]).
type ViewRow = (Escalation, (i64, String, OrganizationId));

macro_rules! views {
    () => {
        escalations::table.inner_join(cases::table).select((
            Escalation::as_select(),
            (cases::number, cases::subject, cases::organization_id),
        ))
    };
}

/// Leaves out what the filter does not let through. A macro, because every selection is a type of its own.
macro_rules! passing {
    ($query:expr, $filter:expr, $now:expr) => {{
        let (mut query, filter) = ($query, $filter);
        if let Some(case) = filter.case {
            query = query.filter(escalations::case_id.eq(case));
        }
        if !filter.state.is_empty() {
            query = query.filter(escalations::state.eq_any(filter.state.clone()));
        }
        match filter.owner {
            Some(Some(owner)) => query = query.filter(escalations::owner_id.eq(owner)),
            Some(None) => query = query.filter(escalations::owner_id.is_null()),
            None => {}
        }
        if let Some(rank) = filter.rank {
            query = query.filter(escalations::rank.eq(rank));
        }
        if let Some(organization) = filter.organization {
            query = query.filter(cases::organization_id.eq(organization));
        }
        if let Some(reason) = &filter.reason {
            query = query.filter(escalations::reason.eq(reason.clone()));
        }
        if let Some(since) = filter.updated_since {
            query = query.filter(escalations::updated_at.ge(At(since)));
        }
        if let Some(wanted) = filter.overdue {
            query = match wanted {
                true => query.filter(escalations::next_due_at.le(At($now))),
                false => query.filter(escalations::next_due_at.gt(At($now))),
            };
        }
        if let Some(line) = filter.line {
            query = query.filter(cases::line_of_business_id.eq(line));
        }
        if !filter.priority.is_empty() {
            query = query.filter(escalations::submitted_priority.eq_any(filter.priority.clone()));
        }
        if let Some(after) = filter.submitted_after {
            query = query.filter(escalations::submitted_at.ge(At(after)));
        }
        if let Some(before) = filter.submitted_before {
            query = query.filter(escalations::submitted_at.lt(At(before)));
        }
        query
    }};
}

/// Escalations that exist for the reader; which are past due is asked for `now`.
///
/// # Errors
/// Database errors.
pub fn list(
    conn: &mut Conn,
    reach: Reach,
    (filter, now): (&EscalationFilter, Instant),
    window: &Window<EscalationOrder, EscalationId>,
) -> QueryResult<Vec<EscalationView>> {
    let mut query = views!().into_boxed();
    query = within_reach!(query, reach);
    let query = passing!(query, filter, now);
    let (id, submitted_at) = (escalations::id, escalations::submitted_at);
    let next_due_at = escalations::next_due_at;
    let query = match window.sort.by {
        EscalationOrder::Rank => {
            windowed!(query, window, ranked escalations::queue_rank, submitted_at, id)
        }
        EscalationOrder::SubmittedAt => windowed!(query, window, instant submitted_at, id),
        EscalationOrder::DueAt => windowed!(query, window, instant next_due_at, id),
    };
    let rows: Vec<ViewRow> = query.load(conn)?;
    with_names(conn, rows)
}

/// How many escalations there are for the reader, counted up to `most`.
///
/// # Errors
/// Database errors.
pub fn count(
    conn: &mut Conn,
    reach: Reach,
    (filter, now): (&EscalationFilter, Instant),
    most: usize,
) -> QueryResult<usize> {
    let mut query = escalations::table
        .inner_join(cases::table)
        .select(escalations::id)
        .into_boxed();
    query = within_reach!(query, reach);
    let query = passing!(query, filter, now);
    let along = (
        escalations::queue_rank.asc(),
        escalations::submitted_at.asc(),
        escalations::id.asc(),
    );
    counted!(conn, query, EscalationId, most, along)
}

/// Escalations of a case, which exists for the reader, the newest first.
///
/// # Errors
/// Database errors.
pub fn of_case(conn: &mut Conn, case: CaseId, limit: i64) -> QueryResult<Vec<EscalationView>> {
    let of_case = views!()
        .filter(escalations::case_id.eq(case))
        .order((escalations::submitted_at.desc(), escalations::id.desc()))
        .limit(limit);
    let rows: Vec<ViewRow> = fixed!(of_case).load(conn)?;
    with_names(conn, rows)
}

/// Escalations of these cases, which exist for the reader, the newest first.
///
/// # Errors
/// Database errors.
pub fn of_cases(conn: &mut Conn, cases: &[CaseId], limit: i64) -> QueryResult<Vec<EscalationView>> {
    let rows: Vec<ViewRow> = views!()
        .filter(escalations::case_id.eq_any(cases.to_vec()))
        .order((escalations::submitted_at.desc(), escalations::id.desc()))
        .limit(limit)
        .load(conn)?;
    with_names(conn, rows)
}

/// What of an escalation says what became of it.
#[derive(Clone, Copy, Debug)]
pub struct Brief {
    /// Its id.
    pub id: EscalationId,
    /// Its state.
    pub state: State,
    /// Its rank, once it is accepted.
    pub rank: Option<i64>,
    /// When it was submitted.
    pub submitted_at: Instant,
}

/// The most escalations of one organization of which it is told what became of them.
const MOST_BRIEF: i64 = 5_000;

/// What became of the escalations on an organization's cases that exist for the reader, in no order.
///
/// # Errors
/// Database errors.
pub fn brief_of(
    conn: &mut Conn,
    reach: Reach,
    organization: OrganizationId,
) -> QueryResult<Vec<Brief>> {
    let mut query = escalations::table
        .inner_join(cases::table)
        .filter(cases::organization_id.eq(organization))
        .select((
            escalations::id,
            escalations::state,
            escalations::rank,
            escalations::submitted_at,
        ))
        .into_boxed();
    query = within_reach!(query, reach);
    let rows: Vec<(EscalationId, State, Option<i64>, At)> = query.limit(MOST_BRIEF).load(conn)?;
    let brief = |(id, state, rank, at): (EscalationId, State, Option<i64>, At)| Brief {
        id,
        state,
        rank,
        submitted_at: at.0,
    };
    Ok(rows.into_iter().map(brief).collect())
}

/// Some escalations by their ids, those that exist for the reader, in no order.
///
/// # Errors
/// Database errors.
pub fn views_of(
    conn: &mut Conn,
    reach: Reach,
    ids: &[EscalationId],
) -> QueryResult<Vec<EscalationView>> {
    let mut query = views!()
        .filter(among(escalations::id, ids.to_vec()))
        .into_boxed();
    query = within_reach!(query, reach);
    let rows: Vec<ViewRow> = query.load(conn)?;
    with_names(conn, rows)
}

/// One escalation, if it exists for the reader.
///
/// # Errors
/// Database errors.
pub fn view(
    conn: &mut Conn,
    reach: Reach,
    escalation: &EscalationRef,
) -> QueryResult<Option<EscalationView>> {
    let mut query = views!().into_boxed();
    query = match escalation {
        EscalationRef::Id(id) => query.filter(escalations::id.eq(*id)),
        EscalationRef::Number(number) => query.filter(escalations::number.eq(number.value())),
    };
    query = within_reach!(query, reach);
    let row: Option<ViewRow> = query.get_result(conn).optional()?;
    Ok(with_names(conn, row.into_iter().collect())?.pop())
}

/// An escalation whose row and whose case are at hand.
///
/// # Errors
/// Database errors.
pub fn view_of(conn: &mut Conn, escalation: Escalation, case: Case) -> QueryResult<EscalationView> {
    let row = (
        escalation,
        (case.number.value(), case.subject, case.organization_id),
    );
    with_names(conn, vec![row])?.pop().ok_or(NotFound)
}

/// The views of these rows, in their order.
fn with_names(conn: &mut Conn, rows: Vec<ViewRow>) -> QueryResult<Vec<EscalationView>> {
    let raised_and_owned =
        |(escalation, _): &ViewRow| [Some(escalation.requested_by), escalation.owner_id];
    let whose = rows.iter().map(|(_, (.., organization))| *organization);
    let (people, organizations) = steadily(conn, |conn| -> QueryResult<_> {
        Ok((
            people::references(conn, rows.iter().flat_map(raised_and_owned).flatten())?,
            organizations::references(conn, whose)?,
        ))
    })?;
    let named = |id: PersonId| Named::of(id, &people);
    let view = |(escalation, (number, case_subject, organization)): ViewRow| {
        let organization = organizations.get(&organization).ok_or(NotFound)?;
        let requester = people.get(&escalation.requested_by).ok_or(NotFound)?;
        Ok(EscalationView {
            case_number: CaseNumber::new(number),
            case_subject,
            organization: OrganizationRef::clone(organization),
            requested_by: named(escalation.requested_by)?,
            requester_home: requester.organization,
            owner: escalation.owner_id.map(named).transpose()?,
            escalation,
        })
    };
    rows.into_iter().map(view).collect()
}
