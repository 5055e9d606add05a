//! Priority requests: records that staff grant or refuse (C5).

use diesel::prelude::*;

use crate::db::Conn;
use crate::db::schema::{cases, priority_requests};
use crate::db::sql_types::{At, MaybeAt};
use crate::domain::Instant;
use crate::domain::access::Reach;
use crate::domain::case::{Priority, PriorityRequestState};
use crate::domain::ids::{CaseId, PersonId, PriorityRequestId};
use crate::store::lines::within_reach;

/// A row of `priority_requests`.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = priority_requests)]
pub struct PriorityRequest {
    /// Its id.
    pub id: PriorityRequestId,
    /// The case.
    pub case_id: CaseId,
    /// The priority asked for.
    pub priority: Priority,
    /// Why.
    pub note: String,
    /// Where it stands.
    pub state: PriorityRequestState,
    /// Who asks.
    pub requested_by: PersonId,
    /// When.
    #[diesel(deserialize_as = At)]
    pub requested_at: Instant,
    /// Who decided.
    pub decided_by: Option<PersonId>,
    /// When.
    #[diesel(deserialize_as = MaybeAt)]
    pub decided_at: Option<Instant>,
    /// Why so.
    pub decision_note: Option<String>,
    /// Counts its changes.
    pub version: i64,
}

/// Adds a pending request.
///
/// # Errors
/// The database's own; a unique violation if one is pending.
pub fn insert(
    conn: &mut Conn,
    case: CaseId,
    priority: Priority,
    note: &str,
    by: PersonId,
    now: Instant,
) -> QueryResult<PriorityRequestId> {
    let id = PriorityRequestId::new(now);
    diesel::insert_into(priority_requests::table)
        .values((
            priority_requests::id.eq(id),
            priority_requests::case_id.eq(case),
            priority_requests::priority.eq(priority),
            priority_requests::note.eq(note),
            priority_requests::state.eq(PriorityRequestState::Pending),
            priority_requests::requested_by.eq(by),
            priority_requests::requested_at.eq(At(now)),
        ))
        .execute(conn)?;
    Ok(id)
}

/// Decides a pending request.
///
/// # Errors
/// The database's own.
pub fn decide(
    conn: &mut Conn,
    id: PriorityRequestId,
    state: PriorityRequestState,
    note: Option<&str>,
    by: PersonId,
    now: Instant,
) -> QueryResult<()> {
    diesel::update(priority_requests::table.filter(priority_requests::id.eq(id)))
        .set((
            priority_requests::state.eq(state),
            priority_requests::decided_by.eq(by),
            priority_requests::decided_at.eq(At(now)),
            priority_requests::decision_note.eq(note),
            priority_requests::version.eq(priority_requests::version + 1),
        ))
        .execute(conn)
        .map(drop)
}

/// One request, if its case exists for the reader.
///
/// # Errors
/// The database's own.
pub fn find(
    conn: &mut Conn,
    reach: Reach,
    id: PriorityRequestId,
) -> QueryResult<Option<PriorityRequest>> {
    let mut query = priority_requests::table
        .inner_join(cases::table)
        .filter(priority_requests::id.eq(id))
        .select(PriorityRequest::as_select())
        .into_boxed();
    query = within_reach!(query, reach);
    query.get_result(conn).optional()
}

/// All requests of a case, the newest first.
///
/// # Errors
/// The database's own.
pub fn of_case(conn: &mut Conn, case: CaseId) -> QueryResult<Vec<PriorityRequest>> {
    priority_requests::table
        .filter(priority_requests::case_id.eq(case))
        .order((
            priority_requests::requested_at.desc(),
            priority_requests::id.desc(),
        ))
        .select(PriorityRequest::as_select())
        .load(conn)
}
