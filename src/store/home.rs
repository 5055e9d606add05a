//! What the first page is made of: open cases, and what was written or decided on them, for many at once.

use diesel::dsl::{exists, max, not};
use diesel::prelude::*;

use crate::db::schema::{cases, escalations, feed_entries};
use crate::db::sql_types::{At, Json};
use crate::db::{Conn, condition};
use crate::domain::Instant;
use crate::domain::access::Reach;
use crate::domain::case::{Deployment, Priority, Status};
use crate::domain::eligibility::FindingCode;
use crate::domain::feed::{EntryKind, Feed, Visibility};
use crate::domain::ids::{CaseId, EscalationId, EscalationNumber, LineId, PersonId};
use crate::domain::organization::Side;
use crate::store::cases::{IsActive, with_escalation};
use crate::store::lines::within_reach;

condition! {
    /// Of a case that is not closed.
    IsOpen = "cases.closed_at IS NULL"
}

condition! {
    /// Of an escalation that was declined.
    IsDeclined = "escalations.state = 'declined'"
}

/// An open case, as far as it decides in which groups it stands.
#[derive(Clone, Debug)]
pub struct OpenCase {
    /// Its id.
    pub id: CaseId,
    /// Where it stands.
    pub status: Status,
    /// How urgent it is.
    pub priority: Priority,
    /// When it was opened.
    pub opened_at: Instant,
    /// When the provider last wrote something that the customer sees, or it was opened (C7).
    pub last_provider_update_at: Instant,
    /// The escalation that is active on it, and since when that awaits the requester's answer (M8).
    pub escalation: Option<(EscalationId, Option<Instant>)>,
    /// When a root cause analysis was requested that is not delivered (C6).
    pub rca_requested_at: Option<Instant>,
    /// Where it runs, which says how long such an analysis takes.
    pub deployment: Deployment,
    /// Its line, by whose calendar that is reckoned.
    pub line: LineId,
}

/// The open cases that exist for the reader, the longest open first: all, those that `owner` owns, or those that nobody does.
///
/// # Errors
/// Database errors.
pub fn open_cases(
    conn: &mut Conn,
    reach: Reach,
    owner: Option<Option<PersonId>>,
    limit: i64,
) -> QueryResult<Vec<OpenCase>> {
    type Row = (
        CaseId,
        Status,
        Priority,
        At,
        Option<At>,
        Option<EscalationId>,
        Option<At>,
        Option<At>,
        Option<At>,
        Deployment,
        LineId,
    );
    let mut query = with_escalation!()
        .filter(IsOpen)
        .select((
            cases::id,
            cases::status,
            cases::priority,
            cases::opened_at,
            cases::last_provider_entry_at,
            escalations::id.nullable(),
            escalations::awaiting_reply_since.nullable(),
            cases::rca_requested_at,
            cases::rca_delivered_at,
            cases::deployment,
            cases::line_of_business_id,
        ))
        .into_boxed();
    query = within_reach!(query, reach);
    match owner {
        Some(Some(owner)) => query = query.filter(cases::owner_id.eq(owner)),
        Some(None) => query = query.filter(cases::owner_id.is_null()),
        None => {}
    }
    let rows: Vec<Row> = query
        .order((cases::opened_at.asc(), cases::id.asc()))
        .limit(limit)
        .load(conn)?;
    let case = |row: Row| {
        let (id, status, priority, opened_at, wrote_at, escalation, awaiting, ..) = row;
        let (.., requested_at, delivered_at, deployment, line) = row;
        OpenCase {
            id,
            status,
            priority,
            opened_at: opened_at.0,
            last_provider_update_at: wrote_at.map_or(opened_at.0, |at| at.0),
            escalation: escalation.map(|id| (id, awaiting.map(|at| at.0))),
            rca_requested_at: requested_at
                .filter(|_| delivered_at.is_none())
                .map(|at| at.0),
            deployment,
            line,
        }
    };
    Ok(rows.into_iter().map(case).collect())
}

/// The cases that exist for the reader and changed last, whether they are open or not.
///
/// # Errors
/// Database errors.
pub fn changed_last(conn: &mut Conn, reach: Reach, limit: i64) -> QueryResult<Vec<CaseId>> {
    let mut query = cases::table.select(cases::id).into_boxed();
    query = within_reach!(query, reach);
    query
        .order((cases::updated_at.desc(), cases::id.desc()))
        .limit(limit)
        .load(conn)
}

/// The last that a customer's side wrote on a case.
#[derive(Clone, Copy, Debug)]
pub struct CustomerEntry {
    /// The case.
    pub case: CaseId,
    /// Its place in the order of commits of that case, where it came to stand if it was moved.
    pub position: i64,
    /// When.
    pub at: Instant,
}

/// The last that the customer's side wrote on each of several cases, in these feeds.
///
/// # Errors
/// Database errors.
pub fn customer_entries(
    conn: &mut Conn,
    of: &[CaseId],
    feeds: &[Feed],
) -> QueryResult<Vec<CustomerEntry>> {
    type Row = (CaseId, Option<i64>, Option<i64>, Option<At>);
    let rows: Vec<Row> = feed_entries::table
        .filter(feed_entries::case_id.eq_any(of.to_vec()))
        .filter(feed_entries::feed.eq_any(feeds.to_vec()))
        .filter(feed_entries::author_side.eq(Side::Customer))
        .filter(feed_entries::visibility.eq(Visibility::Public))
        .filter(feed_entries::kind.ne(EntryKind::Mark))
        .group_by(feed_entries::case_id)
        .select((
            feed_entries::case_id,
            max(feed_entries::position),
            max(feed_entries::moved_position),
            max(feed_entries::at),
        ))
        .load(conn)?;
    let entry = |(case, position, moved, at): Row| {
        Some(CustomerEntry {
            case,
            // What was moved into a feed is farther there than where it was written.
            position: position?.max(moved.unwrap_or_default()),
            at: at?.0,
        })
    };
    Ok(rows.into_iter().filter_map(entry).collect())
}

/// A declined escalation.
#[derive(Clone, Debug)]
pub struct Declined {
    /// Its id.
    pub id: EscalationId,
    /// Its number.
    pub number: EscalationNumber,
    /// Its case.
    pub case: CaseId,
    /// When it was declined.
    pub at: Instant,
    /// The criteria that were not met.
    pub reasons: Vec<FindingCode>,
}

mod alias {
    use crate::db::schema::escalations;
    diesel::alias!(escalations as later: Later);
}
use alias::later;

/// The escalations of `requester` that were declined behind `after`, on cases that are open and exist for the reader, the
/// latest first. One that was followed by another is history.
///
/// # Errors
/// Database errors.
pub fn declined(
    conn: &mut Conn,
    reach: Reach,
    requester: PersonId,
    after: Instant,
    limit: i64,
) -> QueryResult<Vec<Declined>> {
    type Row = (
        EscalationId,
        i64,
        CaseId,
        Option<At>,
        Json<Vec<FindingCode>>,
    );
    let followed = later
        .filter(later.field(escalations::case_id).eq(escalations::case_id))
        .filter(
            later
                .field(escalations::submitted_at)
                .gt(escalations::submitted_at),
        )
        .select(later.field(escalations::id));
    let mut query = escalations::table
        .inner_join(cases::table)
        .filter(IsDeclined)
        .filter(escalations::requested_by.eq(requester))
        .filter(escalations::closed_at.gt(At(after)))
        .filter(IsOpen)
        .filter(not(exists(followed)))
        .select((
            escalations::id,
            escalations::number,
            escalations::case_id,
            escalations::closed_at,
            escalations::decline_reasons,
        ))
        .into_boxed();
    query = within_reach!(query, reach);
    let rows: Vec<Row> = query
        .order((escalations::closed_at.desc(), escalations::id.desc()))
        .limit(limit)
        .load(conn)?;
    let declined = |(id, number, case, at, reasons): Row| {
        Some(Declined {
            id,
            number: EscalationNumber::new(number),
            case,
            at: at?.0,
            reasons: reasons.0,
        })
    };
    Ok(rows.into_iter().filter_map(declined).collect())
}
