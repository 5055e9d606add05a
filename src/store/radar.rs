//! What may become eligible next (M9): cases found along their indexes, with all that decides it read for many at once.

use std::collections::{BTreeSet, HashMap};

use diesel::prelude::*;
use serde::Serialize;

use crate::db::schema::{cases, escalations, next_steps, organizations, people, radar_warnings};
use crate::db::sql_types::{At, Json, MaybeAt};
use crate::db::{Conn, condition};
use crate::domain::Instant;
use crate::domain::access::Reach;
use crate::domain::case::{
    BusinessImpact, Deployment, Engagement, Priority, Rca, Status, StepState,
};
use crate::domain::eligibility::{CaseFacts, Policy, Promise};
use crate::domain::ids::{CaseId, CaseNumber, LineId, NextStepId, PersonId};
use crate::store::cases::{IsActive, OrganizationRef};
use crate::store::lines::within_reach;
use crate::store::people::{Named, display_name};

/// How many cases are read at once.
const PAGE: usize = 500;

/// Which cases the radar looks at.
#[derive(Clone, Debug, Default, Serialize)]
pub struct RadarFilter {
    /// Those of one line of business.
    pub line: Option<LineId>,
    /// Those of one owner, or of nobody.
    pub owner: Option<Option<PersonId>>,
}

/// Where to look: behind the first instant of each, and up to the second.
#[derive(Clone, Copy, Debug)]
pub struct Ranges {
    /// When support last wrote, or the case was opened.
    pub updated: (Instant, Instant),
    /// Behind which an analysis was requested, if any could fall due.
    pub requested: Option<Instant>,
    /// When a promise falls due.
    pub due: (Instant, Instant),
}

/// A case with what decides whether it becomes eligible.
#[derive(Clone, Debug)]
pub struct RadarCase {
    /// Its id.
    pub id: CaseId,
    /// Its subject.
    pub subject: String,
    /// Whose case it is.
    pub organization: OrganizationRef,
    /// The engineer who owns it.
    pub owner: Option<Named>,
    /// Its line of business, whose calendar counts.
    pub line: LineId,
    /// The facts as everybody knows them: what support wrote is taken as read.
    pub facts: CaseFacts,
    /// The open promise that falls due first.
    pub next_step: Option<NextStepId>,
}

condition! {
    /// Of a case that is not closed.
    IsOpen = "cases.closed_at IS NULL"
}

/// The open cases that may become eligible, a superset: what the assessment makes of each, it says itself.
///
/// # Errors
/// Database errors.
pub fn candidates(
    conn: &mut Conn,
    reach: Reach,
    filter: &RadarFilter,
    (ranges, policy): (&Ranges, &Policy),
) -> QueryResult<Vec<CaseId>> {
    macro_rules! narrowed {
        ($query:expr) => {{
            let mut query = $query.filter(IsOpen).select(cases::id).into_boxed();
            query = within_reach!(query, reach);
            if let Some(line) = filter.line {
                query = query.filter(cases::line_of_business_id.eq(line));
            }
            match filter.owner {
                Some(Some(owner)) => query = query.filter(cases::owner_id.eq(owner)),
                Some(None) => query = query.filter(cases::owner_id.is_null()),
                None => {}
            }
            // Of lower priority nothing becomes eligible by time alone (E4).
            match policy.minimum_priority {
                Priority::Low => query,
                Priority::Medium => query.filter(cases::priority.ne(Priority::Low)),
                Priority::High => query.filter(cases::priority.eq(Priority::High)),
            }
        }};
    }
    let active = || {
        diesel::dsl::not(diesel::dsl::exists(
            escalations::table
                .filter(escalations::case_id.eq(cases::id))
                .filter(IsActive)
                .select(escalations::id),
        ))
    };
    let (after, up_to) = (At(ranges.updated.0), At(ranges.updated.1));
    let written: Vec<CaseId> = narrowed!(cases::table)
        .filter(cases::last_provider_entry_at.gt(after))
        .filter(cases::last_provider_entry_at.le(up_to))
        .filter(active())
        .load(conn)?;
    let unanswered: Vec<CaseId> = narrowed!(cases::table)
        .filter(cases::last_provider_entry_at.is_null())
        .filter(cases::opened_at.gt(after))
        .filter(cases::opened_at.le(up_to))
        .filter(active())
        .load(conn)?;
    let awaiting: Vec<CaseId> = match ranges.requested {
        Some(after) => narrowed!(cases::table)
            .filter(cases::rca_requested_at.gt(At(after)))
            .filter(cases::rca_delivered_at.is_null())
            .filter(active())
            .load(conn)?,
        None => Vec::new(),
    };
    let promised: Vec<CaseId> = narrowed!(cases::table.inner_join(next_steps::table))
        .filter(crate::store::lapses::IsOpen)
        .filter(next_steps::due_at.gt(At(ranges.due.0)))
        .filter(next_steps::due_at.le(At(ranges.due.1)))
        .filter(active())
        .load(conn)?;
    let all: BTreeSet<CaseId> = [written, unanswered, awaiting, promised]
        .into_iter()
        .flatten()
        .collect();
    Ok(all.into_iter().collect())
}

/// The next open cases without an active escalation, `limit` at the most, in the order of their ids, behind `after`.
///
/// # Errors
/// Database errors.
pub fn open(conn: &mut Conn, after: Option<CaseId>, limit: i64) -> QueryResult<Vec<CaseId>> {
    let active = escalations::table
        .filter(escalations::case_id.eq(cases::id))
        .filter(IsActive)
        .select(escalations::id);
    let open = cases::table
        .filter(IsOpen)
        .filter(diesel::dsl::not(diesel::dsl::exists(active)))
        .order(cases::id.asc())
        .limit(limit)
        .select(cases::id);
    match after {
        Some(after) => open.filter(cases::id.gt(after)).load(conn),
        None => open.load(conn),
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = cases)]
struct Row {
    id: CaseId,
    #[diesel(deserialize_as = i64)]
    number: CaseNumber,
    subject: String,
    line_of_business_id: LineId,
    status: Status,
    priority: Priority,
    business_impact: BusinessImpact,
    deployment: Deployment,
    engagements: Json<Vec<Engagement>>,
    owner_id: Option<PersonId>,
    #[diesel(deserialize_as = At)]
    opened_at: Instant,
    #[diesel(deserialize_as = MaybeAt)]
    last_provider_entry_at: Option<Instant>,
    #[diesel(deserialize_as = MaybeAt)]
    rca_requested_at: Option<Instant>,
    #[diesel(deserialize_as = MaybeAt)]
    rca_delivered_at: Option<Instant>,
}

/// These cases with all that decides it; none of them has an active escalation.
///
/// # Errors
/// Database errors.
pub fn facts(conn: &mut Conn, ids: &[CaseId]) -> QueryResult<Vec<RadarCase>> {
    type Found = (Row, OrganizationRef, Option<(String, String)>);
    let mut found = Vec::with_capacity(ids.len());
    for page in ids.chunks(PAGE) {
        let rows: Vec<Found> = cases::table
            .inner_join(organizations::table)
            .left_join(people::table.on(people::id.nullable().eq(cases::owner_id)))
            .filter(cases::id.eq_any(page.to_vec()))
            .select((
                Row::as_select(),
                OrganizationRef::as_select(),
                (people::first_name, people::last_name).nullable(),
            ))
            .load(conn)?;
        let mut promises = promises(conn, page)?;
        found.extend(rows.into_iter().map(|row| {
            let own = promises.remove(&row.0.id).unwrap_or_default();
            RadarCase::new(row, own)
        }));
    }
    Ok(found)
}

type Promised = (NextStepId, Promise);

/// The promises of these cases, by date.
fn promises(conn: &mut Conn, ids: &[CaseId]) -> QueryResult<HashMap<CaseId, Vec<Promised>>> {
    let rows: Vec<(CaseId, NextStepId, String, At, StepState)> = next_steps::table
        .filter(next_steps::case_id.eq_any(ids.to_vec()))
        .filter(next_steps::state.ne(StepState::Done))
        .order((next_steps::due_at.asc(), next_steps::id.asc()))
        .select((
            next_steps::case_id,
            next_steps::id,
            next_steps::what,
            next_steps::due_at,
            next_steps::state,
        ))
        .load(conn)?;
    let mut promises: HashMap<CaseId, Vec<Promised>> = HashMap::new();
    for (case, id, what, due_at, state) in rows {
        let promise = Promise {
            what,
            due_at: due_at.0,
            state,
        };
        promises.entry(case).or_default().push((id, promise));
    }
    Ok(promises)
}

impl RadarCase {
    fn new(
        (row, organization, owner): (Row, OrganizationRef, Option<(String, String)>),
        promises: Vec<Promised>,
    ) -> Self {
        let open = |(_, promise): &&Promised| promise.state == StepState::Open;
        Self {
            id: row.id,
            subject: row.subject,
            organization,
            owner: row.owner_id.zip(owner).map(|(id, (first, last))| Named {
                id,
                name: display_name(&first, &last),
            }),
            line: row.line_of_business_id,
            next_step: promises.iter().find(open).map(|(id, _)| *id),
            facts: CaseFacts {
                number: row.number,
                opened_at: row.opened_at,
                status: row.status,
                priority: row.priority,
                business_impact: row.business_impact,
                deployment: row.deployment,
                engagements: row.engagements.0,
                last_provider_entry_at: row.last_provider_entry_at,
                rca: row.rca_requested_at.map(|requested_at| Rca {
                    requested_at,
                    delivered_at: row.rca_delivered_at,
                }),
                active_escalation: None,
                promises: promises.into_iter().map(|(_, promise)| promise).collect(),
                read_at: row.last_provider_entry_at,
            },
        }
    }
}

/// Of what owners were warned that lies behind an instant: case, code of the reason, and when it becomes eligible.
///
/// # Errors
/// Database errors.
pub fn warned(conn: &mut Conn, after: Instant) -> QueryResult<BTreeSet<(CaseId, String, Instant)>> {
    let rows: Vec<(CaseId, String, At)> = radar_warnings::table
        .filter(radar_warnings::eligible_at.gt(At(after)))
        .select((
            radar_warnings::case_id,
            radar_warnings::reason,
            radar_warnings::eligible_at,
        ))
        .load(conn)?;
    Ok(rows
        .into_iter()
        .map(|(case, reason, at)| (case, reason, at.0))
        .collect())
}

/// Notes that the owner of a case, which is locked, is warned of a reason now; says whether it falls to the caller.
///
/// # Errors
/// Database errors.
pub fn warn(
    conn: &mut Conn,
    (case, reason, eligible_at): (CaseId, &str, Instant),
    now: Instant,
) -> QueryResult<bool> {
    let same = radar_warnings::table
        .filter(radar_warnings::case_id.eq(case))
        .filter(radar_warnings::reason.eq(reason))
        .filter(radar_warnings::eligible_at.eq(At(eligible_at)))
        .select(radar_warnings::case_id);
    if diesel::select(diesel::dsl::exists(same)).get_result(conn)? {
        return Ok(false);
    }
    diesel::insert_into(radar_warnings::table)
        .values((
            radar_warnings::case_id.eq(case),
            radar_warnings::reason.eq(reason),
            radar_warnings::eligible_at.eq(At(eligible_at)),
            radar_warnings::warned_at.eq(At(now)),
        ))
        .execute(conn)?;
    Ok(true)
}
