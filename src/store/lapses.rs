//! Promised next steps whose instant has passed, and whether that was told (N6).

use diesel::prelude::*;

use crate::db::schema::next_steps;
use crate::db::sql_types::At;
use crate::db::{Conn, condition, kept};
use crate::domain::Instant;
use crate::domain::case::StepState;
use crate::domain::ids::{CaseId, NextStepId};

condition! {
    /// Of a step that is promised and not settled.
    pub(crate) IsOpen = "next_steps.state = 'open'"
}

/// Open steps that are past due and of which nobody was told, the longest overdue first, with their cases.
///
/// # Errors
/// Database errors.
pub fn untold(conn: &mut Conn, now: Instant, limit: i64) -> QueryResult<Vec<(NextStepId, CaseId)>> {
    next_steps::table
        .filter(IsOpen)
        .filter(next_steps::due_at.le(At(now)))
        .filter(next_steps::lapse_told_at.is_null())
        .order((next_steps::due_at.asc(), next_steps::id.asc()))
        .limit(limit)
        .select((next_steps::id, next_steps::case_id))
        .load(conn)
}

/// Notes that the lapse of a step is told now, and says whether it falls to the caller to tell it: not if it was
/// settled, promised anew or told by another process meanwhile.
///
/// # Errors
/// Database errors.
pub fn take(conn: &mut Conn, id: NextStepId, now: Instant) -> QueryResult<bool> {
    let lapsed = next_steps::id
        .eq(id)
        .and(next_steps::state.eq(StepState::Open))
        .and(next_steps::due_at.le(At(now)))
        .and(next_steps::lapse_told_at.is_null());
    let changed = kept(next_steps::table.filter(lapsed))
        .set(next_steps::lapse_told_at.eq(Some(At(now))))
        .execute(conn)?;
    Ok(changed == 1)
}
