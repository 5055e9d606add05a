//! Taking back what one has just written (F4): the entry is gone for everybody, and no mail was sent of it. The audit keeps that
//! it was written and taken back, and not the words.

use serde_json::json;

use super::feed::{escalation_of, lock_entry, moved_on, published, subject};
use super::on::On;
use super::record::{self, Recorded};
use super::{Actor, VerbResult, settled, targets};
use crate::db::Conn;
use crate::db::sql_types::At;
use crate::domain::Instant;
use crate::domain::access::Permission;
use crate::domain::case::takes_entries;
use crate::domain::event::EntryEvent;
use crate::domain::feed::{
    CaseNow, EntryKind, UndoRefusal, Undoable, counts_as_provider_update, may_undo,
};
use crate::domain::ids::EntryId;
use crate::domain::notice::Thread;
use crate::store::cases::{self, Case, CaseChanges};
use crate::store::feeds::{self, Entry, EntryView, Offered};
use crate::store::{escalations, notices, redactions};

/// Takes one's own entry back, while that is offered. If the case got its status with the entry, it gets back the one before,
/// unless something has happened on it since. Gives the entry as it was, so that its author can go on writing it.
///
/// # Errors
/// [`Rejection::NotFound`](super::Rejection::NotFound), `Denied`, `Case` of a closed case, `Undo`.
pub fn undo_entry(
    conn: &mut Conn,
    actor: &Actor,
    id: EntryId,
    now: Instant,
) -> VerbResult<EntryView> {
    let (case, view) = lock_entry(conn, actor, id)?;
    actor.require(Permission::FeedsComment)?;
    takes_entries(case.status)?;
    let entry = &view.entry;
    let offered = feeds::offered_undo(conn, id)?;
    let undoable = undoable(entry, offered.as_ref());
    let back = may_undo(&undoable, actor.id(), case_now(conn, &case, entry)?, now)?;
    let escalation = escalation_of(conn, &view)?;
    let touched = offered.and_then(|offered| offered.touched);
    if let (Some(escalation), Some(touched)) = (&escalation, touched) {
        // One of another release is not put back.
        let touched = serde_json::from_str(&touched).map_err(|_| UndoRefusal::TargetTouched)?;
        targets::put_back(conn, escalation, &touched)?;
    }
    let thread = Thread::of(entry.feed, entry.case_id, entry.escalation_id);
    // Whoever sends mails looks at the clock of their own machine, which may be ahead.
    if !notices::take_back(conn, thread, entry)? {
        return Err(UndoRefusal::Over.into());
    }
    redactions::forget_taken_back(conn, entry)?;
    let said = feeds::take_back(conn, entry, now)?;
    let case = updated(conn, &case, entry, now)?;
    let after = record::object(
        json!({"feed": entry.feed, "visibility": entry.visibility, "taken_back": true}),
    );
    let recorded = Recorded::added(subject(id), after).saying(said);
    let escalation = match escalation {
        Some(before) => Some(escalations::find(conn, before.id)?),
        None => None,
    };
    let on = On::of(&case, escalation.as_ref());
    published(conn, actor, on, recorded, EntryEvent::TakenBack, now)?;
    if let Some(status) = back {
        moved_on(conn, actor, &case, status, now)?;
    }
    Ok(view)
}

fn undoable(entry: &Entry, offered: Option<&Offered>) -> Undoable {
    Undoable {
        author: entry.author_id,
        until: offered.map(|offered| offered.until),
        is_redacted: entry.redacted_at.is_some() || entry.kind == EntryKind::Mark,
        was_moved: entry.moved_position.is_some(),
        is_bound_to_stay: offered.is_some_and(|offered| offered.bound_to_stay),
        moved_case: offered.and_then(|offered| offered.moved_case),
    }
}

fn case_now(conn: &mut Conn, case: &Case, entry: &Entry) -> VerbResult<CaseNow> {
    Ok(CaseNow {
        status: case.status,
        version: case.version,
        has_later_entry: feeds::is_followed(conn, entry)?,
    })
}

/// The case as it is without the entry: the clock of `E7` goes by the newest update that is left (C7), and whoever follows the
/// case is told that something has changed.
fn updated(conn: &mut Conn, case: &Case, entry: &Entry, now: Instant) -> VerbResult<Case> {
    let counted = counts_as_provider_update(
        entry.kind,
        entry.visibility,
        entry.author_side,
        entry.verdict.is_some(),
    );
    let newest = match counted {
        true => Some(feeds::newest_provider_update(conn, case.id)?.map(At)),
        false => None,
    };
    let changes = CaseChanges {
        last_provider_entry_at: newest,
        ..CaseChanges::default()
    };
    settled(
        cases::update(conn, case.id, case.version, &changes, now)?,
        None,
    )?;
    Ok(cases::find(conn, case.id)?)
}
