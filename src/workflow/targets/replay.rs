//! How a target came to fall due (M8).

use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::calendar::Segment;
use crate::domain::ids::EscalationRef;
use crate::domain::target::TargetKind;
use crate::store::calendars::CalendarBook;
use crate::store::cases::{self, Case};
use crate::store::escalations;
use crate::store::targets::{self, Target};
use crate::workflow::{Actor, Rejection, VerbResult};

/// A target with how it came to fall due.
#[derive(Clone, Debug)]
pub struct TargetReplay {
    /// The target.
    pub target: Target,
    /// When it falls due: of one that stands still, as if that ended now.
    pub due_at: Instant,
    /// Every piece of time from its start until then.
    pub segments: Vec<Segment>,
}

/// The newest target of a kind of an escalation, with how it came to fall due: one that is over by the calendar of its time.
///
/// # Errors
/// [`Rejection::NotFound`]; that of a calendar by which it cannot be reckoned.
pub fn replay(
    conn: &mut Conn,
    actor: &Actor,
    escalation: &EscalationRef,
    kind: TargetKind,
    now: Instant,
) -> VerbResult<TargetReplay> {
    let (id, case) =
        escalations::ids_of(conn, actor.reach(), escalation)?.ok_or(Rejection::NotFound)?;
    let newest = targets::newest_of(conn, &[id])?;
    let target = newest.into_iter().find(|target| target.kind == kind);
    let target = target.ok_or(Rejection::NotFound)?;
    let case = cases::find(conn, case)?;
    replayed(conn, &case, target, now)
}

/// The same of a target that is at hand.
///
/// # Errors
/// That of a calendar by which it cannot be reckoned, and database errors.
pub fn replayed(
    conn: &mut Conn,
    case: &Case,
    target: Target,
    now: Instant,
) -> VerbResult<TargetReplay> {
    if let Some(segments) = &target.segments {
        return Ok(TargetReplay {
            due_at: target.due_at,
            segments: segments.0.clone(),
            target,
        });
    }
    let book = CalendarBook::load(conn)?;
    let replay = target
        .run()
        .replay(book.of_line(case.line_of_business_id), now)?;
    Ok(TargetReplay {
        due_at: replay.due_at,
        segments: replay.segments,
        target,
    })
}
