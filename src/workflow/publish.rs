//! Saying that something happened, once: from the event come the marks in the case feed, the words in a feed, the audited
//! event with the hashes of what was said, and the notices and letters.

mod administrative;
mod pairing;

pub(crate) use administrative::{administrative, on_access_request, on_account};
pub(crate) use pairing::on_pairing;

use diesel::result::Error as Diesel;

use super::on::On;
use super::posted_words::{updated_by_provider, words_of};
use super::record::{DoneBy, Recorded};
use super::{Actor, VerbResult, attachments, notify, record};
use crate::db::{Conn, steadily};
use crate::domain::Instant;
use crate::domain::audit::seal::Said;
use crate::domain::audit::{CLOCK, EventKind, ROTATION};
use crate::domain::event::{Audited, CaseEvent, EscalationEvent, PostedWords};
use crate::domain::feed::{EntryKind, MarkDetails, Visibility};
use crate::domain::ids::{EventId, OrganizationId, PersonId};
use crate::domain::notice::About;
use crate::store::audit::{self, NewEvent};
use crate::store::cases::Case;
use crate::store::escalations::{self, Escalation};
use crate::store::feeds::{self, NewEntry};
use crate::store::pairings;

/// Publishes what happened to a case that is locked.
///
/// # Errors
/// Database errors.
pub(crate) fn on_case(
    conn: &mut Conn,
    actor: &Actor,
    case: &Case,
    recorded: Recorded,
    event: CaseEvent,
    now: Instant,
) -> VerbResult<()> {
    let marks = event.marks(&actor.name);
    let on = On::Case(case);
    let said = leave(conn, actor, on, &marks, event.words(), now)?;
    let by = DoneBy::from(actor);
    record(conn, &by, on, event.kind(), recorded.saying(said), now)?;
    let (mention, about) = (event.mention(), event.notice());
    notify_readers(conn, Some(actor.id()), on, (mention, about), now)
}

/// Publishes what happened to an escalation, whose case is locked.
///
/// # Errors
/// Database errors.
pub(crate) fn on_escalation(
    conn: &mut Conn,
    actor: &Actor,
    (case, escalation): (&Case, &Escalation),
    recorded: Recorded,
    event: EscalationEvent,
    now: Instant,
) -> VerbResult<()> {
    let mark = event.mark(&actor.name, escalation.number);
    let on = On::Escalation(case, escalation);
    let said = leave(conn, actor, on, mark.as_slice(), event.words(), now)?;
    let by = DoneBy::from(actor);
    record(conn, &by, on, event.kind(), recorded.saying(said), now)?;
    let (mention, about) = (event.mention(), event.notice());
    notify_readers(conn, Some(actor.id()), on, (mention, about), now)
}

/// Publishes what happened to an escalation, whose case is locked, because time passed.
///
/// # Errors
/// Database errors.
pub(crate) fn by_the_clock(
    conn: &mut Conn,
    of: (&Case, &Escalation),
    recorded: Recorded,
    event: EscalationEvent,
    now: Instant,
) -> VerbResult<()> {
    by_nobody(conn, CLOCK, of, recorded, event, now)
}

/// Publishes that an escalation, whose case is locked, was given to somebody in turn.
///
/// # Errors
/// Database errors.
pub(crate) fn by_rotation(
    conn: &mut Conn,
    of: (&Case, &Escalation),
    recorded: Recorded,
    event: EscalationEvent,
    now: Instant,
) -> VerbResult<()> {
    by_nobody(conn, ROTATION, of, recorded, event, now)
}

/// Publishes what nobody did, so that nobody is left out of those who are told; and nobody said anything.
fn by_nobody(
    conn: &mut Conn,
    name: &'static str,
    (case, escalation): (&Case, &Escalation),
    recorded: Recorded,
    event: EscalationEvent,
    now: Instant,
) -> VerbResult<()> {
    let on = On::Escalation(case, escalation);
    let said = match event.mark(name, escalation.number) {
        Some(mark) => feeds::insert(conn, &mark_of(None, on, &mark, now)?)?.1,
        None => Said::default(),
    };
    let by = DoneBy::nobody(name);
    record(conn, &by, on, event.kind(), recorded.saying(said), now)?;
    notify_readers(conn, None, on, (None, event.notice()), now)
}

/// Leaves the marks and the words in their feeds, all at once; gives what the event has to say of them.
fn leave(
    conn: &mut Conn,
    actor: &Actor,
    on: On<'_>,
    marks: &[MarkDetails<'_>],
    words: Option<PostedWords<'_>>,
    now: Instant,
) -> VerbResult<Said> {
    let mut entries = Vec::with_capacity(marks.len() + 1);
    for mark in marks {
        entries.push(mark_of(Some(actor), on, mark, now)?);
    }
    let Some(words) = words else {
        return Ok(feeds::insert_each(conn, &entries)?.1);
    };
    let place = if words.come_first { 0 } else { entries.len() };
    let entry = words_of(actor, on, &words, now);
    entries.insert(place, entry.clone());
    let (ids, said) = feeds::insert_each(conn, &entries)?;
    let to = (
        on.case().organization_id,
        on.case().id,
        ids.get(place).copied(),
    );
    attachments::attach(conn, words.files, to, now)?;
    updated_by_provider(conn, on.case(), &entry)?;
    Ok(said)
}

/// A mark stands where it says itself (see [`crate::domain::feed::Mark::feed`]); its words are made when it is read (F8).
fn mark_of(
    actor: Option<&Actor>,
    on: On<'_>,
    mark: &MarkDetails<'_>,
    now: Instant,
) -> VerbResult<NewEntry<'static>> {
    let details = mark.fields().map_err(unserialized)?;
    Ok(NewEntry {
        case: on.case().id,
        feed: mark.mark().feed(),
        escalation: on.escalation().map(|escalation| escalation.id),
        kind: EntryKind::Mark,
        visibility: Visibility::Public,
        author: actor.map(|actor| (actor.id(), actor.side())),
        body: "",
        details: Some(details),
        at: now,
        external_id: None,
        verdict: None,
    })
}

/// Records what changed, and what was said with it; nothing if there is neither.
fn record(
    conn: &mut Conn,
    by: &DoneBy<'_>,
    on: On<'_>,
    kind: EventKind,
    recorded: Recorded,
    now: Instant,
) -> VerbResult<()> {
    // One that was written now is as new as can be.
    if let Some(escalation) = on.escalation().filter(|one| one.submitted_at < now) {
        escalations::touch(conn, escalation.id, now)?;
    }
    let said = match recorded.sealed {
        Some(thing) => recorded.said.and(audit::seal(conn, thing)?),
        None => recorded.said,
    };
    if recorded.before.is_none() && recorded.after.is_none() && said.is_empty() {
        return Ok(());
    }
    let event = NewEvent {
        escalation: on.escalation().map(|escalation| escalation.id),
        subject: Some(recorded.subject),
        before: recorded.before.as_ref(),
        after: recorded.after.as_ref(),
        ..record::on_case(by, kind, on.case())
    };
    append(conn, by, &event, &said, now)
}

/// Tells people of it: those who are named in an entry of that, and the others that there is one.
fn notify_readers(
    conn: &mut Conn,
    actor: Option<PersonId>,
    on: On<'_>,
    (mention, about): (Option<About>, Option<About>),
    now: Instant,
) -> VerbResult<()> {
    steadily(conn, |conn| -> VerbResult<()> {
        let named = match mention {
            Some(mention) => notify::announce_but(conn, on, actor, mention, &[], now)?,
            None => Vec::new(),
        };
        if let Some(about) = about {
            notify::announce_but(conn, on, actor, about, &named, now)?;
        }
        Ok(())
    })
}

/// Appends what is audited of something that happened apart from cases, to a thing of an organization; nothing if nothing
/// has changed.
fn audit(
    conn: &mut Conn,
    by: &DoneBy<'_>,
    (organization, subject): (Option<OrganizationId>, Option<EventId>),
    audited: Result<Option<Audited>, serde_json::Error>,
    now: Instant,
) -> VerbResult<()> {
    let Some(audited) = audited.map_err(unserialized)? else {
        return Ok(());
    };
    let event = NewEvent {
        subject,
        before: audited.before.as_ref(),
        after: audited.after.as_ref(),
        ..record::event(by, audited.kind, organization)
    };
    append(conn, by, &event, &Said::default(), now)
}

/// Appends an event, and notes on which visit to another organization it was done (P12).
fn append(
    conn: &mut Conn,
    by: &DoneBy<'_>,
    event: &NewEvent<'_>,
    said: &Said,
    now: Instant,
) -> VerbResult<()> {
    let id = audit::append_saying(conn, event, said, now)?;
    // That somebody came in changed nothing.
    if event.kind != EventKind::PairingSwitchedInto
        && let Some(visitor) = by.through.zip(by.actor)
    {
        pairings::note_on_visit(conn, visitor, id, now)?;
    }
    Ok(())
}

fn unserialized(error: serde_json::Error) -> Diesel {
    Diesel::SerializationError(error.into())
}

#[cfg(test)]
mod tests;
