//! What an entry did to the targets of its escalation, kept for as long as it may be taken back (F4, M8): they are put back as
//! they were, if nothing else has happened to them since.

use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::{IsRunning, Target, running_of};
use crate::db::Conn;
use crate::db::schema::escalation_targets;
use crate::db::sql_types::{At, json};
use crate::domain::Instant;
use crate::domain::calendar::Pause;
use crate::domain::ids::{EscalationId, TargetId};
use crate::domain::target::TargetClock;

/// What an entry did to targets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Touched {
    /// Since when the requester's answer was awaited before the entry.
    pub awaited_before: Option<Instant>,
    /// The same with it.
    pub awaited_after: Option<Instant>,
    /// Those that it changed, as they were.
    changed: Vec<Before>,
    /// Those that began with it, each with its version then.
    started: Vec<(TargetId, i64)>,
}

impl Touched {
    /// Whether it did nothing to them.
    pub fn is_nothing(&self) -> bool {
        self.changed.is_empty()
            && self.started.is_empty()
            && self.awaited_before == self.awaited_after
    }
}

/// A target as it was before an entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Before {
    id: TargetId,
    /// Its version with the entry: at any other, something else has happened to it.
    version: i64,
    minutes: i64,
    clock: TargetClock,
    pauses: Vec<Pause>,
    paused_since: Option<Instant>,
    due_at: Instant,
    reckoned_at: Instant,
    steps_given: i64,
    alarm_at: Option<Instant>,
}

/// What has become of the targets that ran `before` an entry, in the transaction in which it was written; `awaited` says since when
/// an answer was awaited before and after.
///
/// # Errors
/// Database errors.
pub fn touched(
    conn: &mut Conn,
    escalation: EscalationId,
    before: &[Target],
    awaited: (Option<Instant>, Option<Instant>),
) -> QueryResult<Touched> {
    let ids: Vec<TargetId> = before.iter().map(|target| target.id).collect();
    let versions: Vec<(TargetId, i64)> = escalation_targets::table
        .filter(escalation_targets::id.eq_any(ids))
        .select((escalation_targets::id, escalation_targets::version))
        .load(conn)?;
    let changed = before.iter().filter_map(|target| {
        let (_, version) = versions.iter().find(|(id, _)| *id == target.id)?;
        (*version != target.version).then(|| Before {
            id: target.id,
            version: *version,
            minutes: target.minutes,
            clock: target.clock,
            pauses: target.pauses.0.clone(),
            paused_since: target.paused_since,
            due_at: target.due_at,
            reckoned_at: target.reckoned_at,
            steps_given: target.steps_given,
            alarm_at: target.alarm_at,
        })
    });
    let changed = changed.collect();
    let running = running_of(conn, escalation)?;
    let began = running
        .iter()
        .filter(|target| before.iter().all(|known| known.id != target.id));
    Ok(Touched {
        awaited_before: awaited.0,
        awaited_after: awaited.1,
        changed,
        started: began.map(|target| (target.id, target.version)).collect(),
    })
}

/// Puts targets back as they were before an entry; gives whether they were as the entry left them. If not, the transaction has to be
/// given up.
///
/// # Errors
/// Database errors.
pub fn put_back(conn: &mut Conn, touched: &Touched) -> QueryResult<bool> {
    // Those that began with it first: of a kind one runs, and one is the newest.
    for (id, version) in &touched.started {
        let as_left = escalation_targets::table
            .filter(escalation_targets::id.eq(*id))
            .filter(escalation_targets::version.eq(*version))
            .filter(IsRunning);
        if diesel::delete(as_left).execute(conn)? != 1 {
            return Ok(false);
        }
    }
    for before in &touched.changed {
        let as_left = escalation_targets::table
            .filter(escalation_targets::id.eq(before.id))
            .filter(escalation_targets::version.eq(before.version));
        let put = diesel::update(as_left)
            .set((
                escalation_targets::newest.eq(true),
                escalation_targets::minutes.eq(before.minutes),
                escalation_targets::clock.eq(before.clock),
                escalation_targets::pauses.eq(json(&before.pauses)?),
                escalation_targets::paused_since.eq(before.paused_since.map(At)),
                escalation_targets::due_at.eq(At(before.due_at)),
                escalation_targets::reckoned_at.eq(At(before.reckoned_at)),
                escalation_targets::met_at.eq(None::<At>),
                escalation_targets::ended_at.eq(None::<At>),
                escalation_targets::segments.eq(None::<String>),
                escalation_targets::steps_given.eq(before.steps_given),
                escalation_targets::alarm_at.eq(before.alarm_at.map(At)),
                escalation_targets::version.eq(before.version + 1),
            ))
            .execute(conn)?;
        if put != 1 {
            return Ok(false);
        }
    }
    Ok(true)
}
