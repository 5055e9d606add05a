//! Moving a misfiled entry to the other feed of its case (F3): it keeps its author, its instant and its place among the
//! others, is audited, and leaves a mark where it stood.

use serde_json::json;

use super::administer::refused;
use super::feed::{escalation_of, lock_entry, subject};
use super::notify::{self, ToldOfEntries};
use super::on::On;
use super::record::{self, Recorded};
use super::{Actor, Rejection, VerbResult, attachments, publish, targets};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::Permission;
use crate::domain::case::takes_entries;
use crate::domain::event::{EntryEvent, EscalationEvent};
use crate::domain::feed::{Feed, Movable, may_move};
use crate::domain::ids::{EntryId, EscalationRef, PersonId};
use crate::domain::notice::{self, About, Thread};
use crate::domain::text::Note;
use crate::input::input;
use crate::store::cases::Case;
use crate::store::escalations::{self, Escalation};
use crate::store::feeds::{self, EntryView};
use crate::store::{follows, notices};

input! {
    /// Where an entry belongs.
    pub struct MoveEntry {
        /// The feed.
        to: Feed,
        /// Of which escalation, by id or number, if it goes to the escalation feed; the case's active one if not given.
        escalation: Option<EscalationRef>,
        /// Why; it is audited.
        reason: Option<Note>,
    }
}

/// Moves a public comment to the other feed of its case. It stays an update by the provider if it is one (C7), and its
/// author may still correct it (F4). Whoever is told of entries there and was not told of this one is told now, but for its
/// author and for whoever moves it.
///
/// # Errors
/// [`Rejection::NotFound`], `Denied`, `Case` of a closed case, `NotEditable` of a redacted entry, `Field` where it does not
/// move there.
pub fn move_entry(
    conn: &mut Conn,
    actor: &Actor,
    id: EntryId,
    command: &MoveEntry,
    now: Instant,
) -> VerbResult<EntryId> {
    let (case, view) = lock_entry(conn, actor, id)?;
    actor.require(Permission::FeedsMove)?;
    actor.require(Permission::EscalationsView)?;
    takes_entries(case.status)?;
    if view.entry.redacted_at.is_some() {
        return Err(Rejection::NotEditable.into());
    }
    let stands_on = escalation_of(conn, &view)?;
    may_move(&movable(&view, stands_on.as_ref()), command.to)
        .map_err(|refusal| refused("to", refusal.code(), ""))?;
    let escalation = match (command.to, stands_on) {
        (Feed::Case, Some(left)) if command.escalation.is_none() => left,
        (Feed::Case, _) => {
            let given = command.escalation.map(|given| given.to_string());
            let given = given.unwrap_or_default();
            return Err(refused("escalation", "only_with_escalation_feed", given).into());
        }
        (Feed::Escalation, _) => destination(conn, actor, &case, command)?,
    };
    let to = (command.to == Feed::Escalation).then_some(escalation.id);
    let said = feeds::move_to(conn, &view.entry, (command.to, to), now)?;
    let before = record::object(json!({ "feed": view.entry.feed }));
    let mut after = record::object(json!({
        "feed": command.to, "visibility": view.entry.visibility,
    }));
    after.extend((command.reason.iter()).map(|why| ("reason".to_owned(), json!(why.as_str()))));
    let recorded = Recorded::replaced(subject(id), before, after).saying(said);
    let event = EscalationEvent::Entry(EntryEvent::Moved { to: command.to });
    publish::on_escalation(conn, actor, (&case, &escalation), recorded, event, now)?;
    if let (Feed::Escalation, Some(side)) = (command.to, view.entry.author_side)
        && escalation.state.is_active()
    {
        // As it stands after it was published.
        let escalation = escalations::find(conn, escalation.id)?;
        targets::keep_moved_in(conn, &case, &escalation, (side, view.entry.at), now)?;
    }
    tell(conn, actor, (&case, &escalation), &view, command.to, now)?;
    Ok(id)
}

/// An entry as it is decided whether it moves; `on` is the escalation in whose feed it stands.
pub fn movable(view: &EntryView, on: Option<&Escalation>) -> Movable {
    let entry = &view.entry;
    // What was said at the instant of what happened to the escalation belongs to that.
    let moments = on.map(|on| [Some(on.submitted_at), on.decided_at, on.closed_at]);
    let in_feed = entry.feed == Feed::Escalation;
    let belongs = moments.is_some_and(|moments| in_feed && moments.contains(&Some(entry.at)));
    let awaits = on.is_some_and(|on| on.awaiting_reply_since.is_some());
    Movable {
        feed: entry.feed,
        kind: entry.kind,
        visibility: entry.visibility,
        is_part_of_escalation: entry.verdict.is_some() || belongs,
        is_awaited: entry.awaits_reply() && awaits,
    }
}

/// The escalation whose feed it goes to: the one that is named, of the same case, or the active one.
fn destination(
    conn: &mut Conn,
    actor: &Actor,
    case: &Case,
    command: &MoveEntry,
) -> VerbResult<Escalation> {
    let Some(named) = &command.escalation else {
        let active = escalations::active_of(conn, case.id)?;
        return Ok(active.ok_or_else(|| refused("escalation", "no_active_escalation", ""))?);
    };
    let found = escalations::ids_of(conn, actor.reach(), named)?;
    let own = found.filter(|(_, of)| *of == case.id);
    let unknown = || refused("escalation", "not_found", named);
    Ok(escalations::find(conn, own.ok_or_else(unknown)?.0)?)
}

/// Tells those who are told of entries where it stands now, and were not told of it where it stood.
fn tell(
    conn: &mut Conn,
    actor: &Actor,
    (case, escalation): (&Case, &Escalation),
    view: &EntryView,
    to: Feed,
    now: Instant,
) -> VerbResult<()> {
    let entry = &view.entry;
    // Nobody works on what has ended.
    if to == Feed::Escalation && !escalation.state.is_active() {
        return Ok(());
    }
    let active = Some(escalation).filter(|escalation| escalation.state.is_active());
    let said = follows::of_feeds(conn, case.id)?;
    let by_rule = ToldOfEntries::load(conn, case, active, said, now)?.feeds;
    let mut known: Vec<PersonId> = by_rule
        .into_iter()
        .filter(|(happening, _)| happening.feed == entry.feed)
        .flat_map(|(_, told)| told.into_iter().map(|told| told.person))
        .collect();
    let left = Thread::of(entry.feed, entry.case_id, entry.escalation_id);
    known.extend(notices::told_of_entry(conn, left, entry.id)?);
    known.push(actor.id());
    let about = About::EntryPosted(notice::Entry {
        feed: to,
        entry: Some(entry.id),
        body: entry.body.clone(),
        files: attachments::names(&view.attachments),
        further: Vec::new(),
    });
    let on = match to {
        Feed::Case => On::Case(case),
        Feed::Escalation => On::Escalation(case, escalation),
    };
    notify::announce_but(conn, on, entry.author_id, about, &known, now)?;
    Ok(())
}
