//! Closing and reopening a case (C3, M13).

use serde_json::json;

use super::feed::say;
use super::notify::{Told, tell};
use super::review_escalation::withdraw_with_case;
use super::{Actor, Expected, Outcome, Refused, record, settled, unchanged};
use crate::db::Conn;
use crate::db::sql_types::At;
use crate::domain::Instant;
use crate::domain::access::Permission;
use crate::domain::audit::EventKind;
use crate::domain::audit::seal::Said;
use crate::domain::case::{close_by, reopen as reopened};
use crate::domain::feed::{EntryKind, Mark};
use crate::domain::ids::{CaseId, CaseRef};
use crate::domain::notice::{About, Noted};
use crate::domain::text::Markdown;
use crate::store::cases::{self, CaseChanges};
use crate::store::escalations;

/// Closes a case. A contact withdraws its active escalation with it; staff close that first (M13).
///
/// # Errors
/// [`Refused::NotFound`], `Denied`, `Stale`, `Case`.
pub fn close(
    conn: &mut Conn,
    actor: &Actor,
    case: &CaseRef,
    expected: Expected<'_>,
    note: Option<&Markdown>,
    now: Instant,
) -> Outcome<CaseId> {
    let mut case = cases::lock(conn, actor.reach(), case)?.ok_or(Refused::NotFound)?;
    actor.require(Permission::CasesClose)?;
    unchanged(expected, case.version)?;
    let active = escalations::active_of(conn, case.id)?;
    let closing = close_by(actor.side(), case.status, active.is_some())?;
    let withdrawn = active.as_ref().filter(|_| closing.withdraws_escalation);
    if let Some(escalation) = withdrawn {
        withdraw_with_case(conn, actor, &case, escalation, now)?;
    }
    let mut said = Said::default();
    if let Some(note) = note {
        (case, said) = say(conn, actor, &case, EntryKind::Comment, note, now)?;
    }
    let before = record::case_fields(&case);
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
    let args =
        json!({"by": actor.name, "withdrawn": withdrawn.map(|escalation| escalation.number)});
    let mark = record::mark(conn, actor, case.id, None, Mark::CaseClosed, args, now)?;
    let (changed, said) = ((&before, &after), said.and(mark));
    record::case_changed(conn, actor, EventKind::CaseClosed, changed, &said, now)?;
    let told = Told {
        about: About::CaseClosed(Noted {
            note: note.map(ToString::to_string),
        }),
        case: &after,
        escalation: None,
        actor: actor.id(),
    };
    tell(conn, told, now)?;
    Ok(case.id)
}

/// Reopens a closed case.
///
/// # Errors
/// [`Refused::NotFound`], `Denied`, `Stale`, `Case`.
pub fn reopen(
    conn: &mut Conn,
    actor: &Actor,
    case: &CaseRef,
    expected: Expected<'_>,
    note: &Markdown,
    now: Instant,
) -> Outcome<CaseId> {
    let case = cases::lock(conn, actor.reach(), case)?.ok_or(Refused::NotFound)?;
    actor.require(Permission::CasesReopen)?;
    unchanged(expected, case.version)?;
    let status = reopened(case.status)?;
    let before = record::case_fields(&case);
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
    let mark = record::mark(
        conn,
        actor,
        case.id,
        None,
        Mark::CaseReopened,
        json!({"by": actor.name}),
        now,
    )?;
    let (after, words) = say(conn, actor, &after, EntryKind::Comment, note, now)?;
    let (changed, said) = ((&before, &after), mark.and(words));
    record::case_changed(conn, actor, EventKind::CaseReopened, changed, &said, now)?;
    let told = Told {
        about: About::CaseReopened(Noted {
            note: Some(note.to_string()),
        }),
        case: &after,
        escalation: None,
        actor: actor.id(),
    };
    tell(conn, told, now)?;
    Ok(case.id)
}
