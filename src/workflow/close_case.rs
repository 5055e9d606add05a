//! Closing and reopening a case (C3, M13).

use super::promise::{self, EndStep};
use super::record::Recorded;
use super::review_escalation::withdraw_with_case;
use super::{Actor, Expected, Rejection, VerbResult, publish, settled, unchanged};
use crate::db::Conn;
use crate::db::sql_types::At;
use crate::domain::Instant;
use crate::domain::case::{close_by, reopen as reopened};
use crate::domain::event::CaseEvent;
use crate::domain::ids::{CaseId, CaseRef};
use crate::domain::offers::CaseVerb;
use crate::domain::text::Markdown;
use crate::input::input;
use crate::store::cases::{self, CaseChanges};
use crate::store::escalations;

input! {
    /// How a case is closed.
    pub struct CloseCase {
        /// A last word, in Markdown, which becomes an entry of the case feed.
        note: Option<Markdown>,
        /// What becomes of its open promises; those that are not named stay open.
        next_steps: Option<Vec<EndStep>>,
    }
}

input! {
    /// Why a case is reopened.
    pub struct ReopenCase {
        /// Why, in Markdown; it becomes an entry of the case feed.
        note: Markdown,
    }
}

/// Closes a case. A contact withdraws its active escalation with it; staff close that first (M13).
///
/// # Errors
/// [`Rejection::NotFound`], `Denied`, `Stale`, `Case`.
pub fn close(
    conn: &mut Conn,
    actor: &Actor,
    case: &CaseRef,
    expected: Expected<'_>,
    command: &CloseCase,
    now: Instant,
) -> VerbResult<CaseId> {
    let note = command.note.as_ref();
    let case = cases::lock(conn, actor.reach(), case)?.ok_or(Rejection::NotFound)?;
    actor.require(CaseVerb::Close.permission())?;
    unchanged(expected, case.version)?;
    let ends = command.next_steps.as_deref().unwrap_or_default();
    let active = escalations::active_of(conn, case.id)?;
    let closing = close_by(actor.side(), case.status, active.is_some())?;
    promise::settle_at_end(conn, actor, (&case, None), ends, now)?;
    let withdrawn = active.as_ref().filter(|_| closing.withdraws_escalation);
    if let Some(escalation) = withdrawn {
        withdraw_with_case(conn, actor, &case, escalation, now)?;
    }
    let changes = CaseChanges {
        status: Some(closing.status),
        closed_at: Some(Some(At(now))),
        ..CaseChanges::default()
    };
    settled(
        cases::update(conn, case.id, case.version, &changes, now)?,
        None,
    )?;
    let after = cases::find(conn, case.id)?;
    let event = CaseEvent::Closed {
        withdrawn: withdrawn.map(|escalation| escalation.number),
        note: note.map(ToString::to_string),
    };
    let recorded = Recorded::case(&case, &after);
    publish::on_case(conn, actor, &after, recorded, event, now)?;
    Ok(case.id)
}

/// Reopens a closed case.
///
/// # Errors
/// [`Rejection::NotFound`], `Denied`, `Stale`, `Case`.
pub fn reopen(
    conn: &mut Conn,
    actor: &Actor,
    case: &CaseRef,
    expected: Expected<'_>,
    command: &ReopenCase,
    now: Instant,
) -> VerbResult<CaseId> {
    let note = &command.note;
    let case = cases::lock(conn, actor.reach(), case)?.ok_or(Rejection::NotFound)?;
    actor.require(CaseVerb::Reopen.permission())?;
    unchanged(expected, case.version)?;
    let status = reopened(case.status)?;
    let changes = CaseChanges {
        status: Some(status),
        closed_at: Some(None),
        ..CaseChanges::default()
    };
    settled(
        cases::update(conn, case.id, case.version, &changes, now)?,
        None,
    )?;
    let after = cases::find(conn, case.id)?;
    let event = CaseEvent::Reopened {
        note: note.to_string(),
    };
    let recorded = Recorded::case(&case, &after);
    publish::on_case(conn, actor, &after, recorded, event, now)?;
    Ok(case.id)
}
