//! Writing in the feeds: comments, contacts outside the portal, corrections within five minutes, redactions (F1-F4,
//! C4, C7, M10).

mod commands;

use serde_json::json;

use super::attachments;
use super::on::{On, lock_escalation};
use super::posted_words::{entry, updated_by_provider};
use super::record::Recorded;
use super::update_case::refused;
use super::{Actor, Expected, Rejection, VerbResult, mention, publish, record, settled, targets};
use crate::db::Conn;
use crate::db::sql_types::json as json_text;
use crate::domain::Instant;
use crate::domain::access::{CaseField, Permission};
use crate::domain::case::{Status, after_contact_reply, change_status, takes_entries};
use crate::domain::event::{CaseChange, CaseEvent, EntryEvent, EscalationEvent, PostedEntry};
use crate::domain::feed::{EntryKind, MovedCase, Visibility, may_edit};
use crate::domain::ids::{CaseRef, EntryId, EscalationRef, EventId, PersonId};
use crate::domain::offers::CaseVerb;
use crate::domain::organization::Side;
use crate::domain::target::Happening;
use crate::store::attachments::Attachment;
use crate::store::cases::{self, Case};
use crate::store::escalations::{self, Escalation};
use crate::store::feeds::{self, EntryView, NewEntry};
use crate::store::redactions;
use crate::store::targets::{running_of, touched};

pub use commands::{
    EditEntry, PostEntry, PostOnEscalation, Posting, RecordCommunication, RedactEntry,
};

/// Posts a comment in the case feed. A contact's reply to a case that waits for the customer, or for the customer's
/// word, puts it back to work (C4). Staff may move the case on with it (C2), as if they changed it right afterwards.
///
/// # Errors
/// [`Rejection::NotFound`], `Denied`, `Case`, `Field`; `CaseField` and `UnlawfulMove` of the status.
pub fn post_on_case(
    conn: &mut Conn,
    actor: &Actor,
    case: &CaseRef,
    command: &PostEntry,
    at: impl Into<Posting>,
) -> VerbResult<EntryView> {
    let at: Posting = at.into();
    let (body, visibility, now) = (&command.body, command.reaches(), at.now);
    let case = cases::lock(conn, actor.reach(), case)?.ok_or(Rejection::NotFound)?;
    actor.access.may_write(visibility)?;
    takes_entries(case.status)?;
    if let Some(to) = command.status {
        may_move_on(actor, &case, to)?;
    }
    let on = On::Case(&case);
    let mentions = mention::in_entry(conn, actor, on, (body.as_str(), visibility), now)?;
    let entry = NewEntry {
        visibility,
        details: mention::kept(None, &mentions),
        ..entry(actor, on, EntryKind::Comment, body.as_str(), now)
    };
    let files = attachments::chosen(conn, actor, Some(case.id), command.files(), now)?;
    let written = Written {
        entry: &entry,
        files: &files,
        mentions: &mentions,
        undo: at.offered(false),
    };
    let (view, case) = insert_entry(conn, actor, on, written)?;
    let from = case.status;
    let moved = match command.status {
        Some(to) => moved_on(conn, actor, &case, to, now)?,
        None => replied(conn, actor, &case, now)?,
    };
    // Which status the case got with an entry that may be taken back.
    if let Some(after) = moved
        && at.offered(false).is_some()
    {
        let moved = MovedCase {
            from,
            to: after.status,
            version: after.version,
        };
        feeds::note_moved_case(conn, view.entry.id, moved)?;
    }
    Ok(view)
}

/// Posts a comment in the feed of an active escalation. Of a public one, its targets take note (M8).
///
/// # Errors
/// [`Rejection::NotFound`], `Denied`, `Field`, `Case`, `EscalationEnded`.
pub fn post_on_escalation(
    conn: &mut Conn,
    actor: &Actor,
    escalation: &EscalationRef,
    command: &PostOnEscalation,
    at: impl Into<Posting>,
) -> VerbResult<EntryView> {
    let at: Posting = at.into();
    let (body, visibility, now) = (&command.body, command.reaches(), at.now);
    let (case, escalation) = lock_escalation(conn, actor, escalation)?;
    actor.access.may_write(visibility)?;
    let awaits_reply = awaits_reply(actor, command)?;
    takes_entries(case.status)?;
    if !escalation.state.is_active() {
        return Err(Rejection::EscalationEnded.into());
    }
    let on = On::Escalation(&case, &escalation);
    let mentions = mention::in_entry(conn, actor, on, (body.as_str(), visibility), now)?;
    let asks = awaits_reply.then(|| record::object(json!({feeds::AWAITS_REPLY: true})));
    let entry = NewEntry {
        visibility,
        details: mention::kept(asks, &mentions),
        ..entry(actor, on, EntryKind::Comment, body.as_str(), now)
    };
    let files = attachments::chosen(conn, actor, Some(case.id), command.files(), now)?;
    let happening = match (visibility, actor.side()) {
        (Visibility::Internal, _) => None,
        (Visibility::Public, Side::Provider) => Some(Happening::ProviderWrote { awaits_reply }),
        (Visibility::Public, Side::Customer) => Some(Happening::RequesterWrote),
    };
    let is_offered = at.offered(false).is_some();
    // Targets that are yet to begin, and begin with it, would have to be as they never were.
    let begin = is_offered && happening.is_some() && escalation.submitted_priority.is_none();
    let running = match is_offered && happening.is_some() {
        true => running_of(conn, escalation.id)?,
        false => Vec::new(),
    };
    let written = Written {
        entry: &entry,
        files: &files,
        mentions: &mentions,
        undo: at.offered(begin),
    };
    let (view, case) = insert_entry(conn, actor, on, written)?;
    let Some(happening) = happening else {
        return Ok(view);
    };
    targets::keep(conn, &case, &escalation, happening, now)?;
    if is_offered && !begin {
        let after = escalations::find(conn, escalation.id)?;
        let awaited = (escalation.awaiting_reply_since, after.awaiting_reply_since);
        let touched = touched(conn, escalation.id, &running, awaited)?;
        if !touched.is_nothing() {
            feeds::note_touched(conn, view.entry.id, &json_text(&touched)?)?;
        }
    }
    Ok(view)
}

/// Whether an answer is awaited; the provider asks for one where the requester reads it.
fn awaits_reply(actor: &Actor, command: &PostOnEscalation) -> Result<bool, Rejection> {
    let asked = command.awaits_reply == Some(true);
    let code = match (actor.side(), command.reaches()) {
        (Side::Customer, _) => "staff_only",
        (Side::Provider, Visibility::Internal) => "not_with_internal",
        (Side::Provider, Visibility::Public) => return Ok(asked),
    };
    if asked {
        let given = String::from("true");
        return Err(Rejection::Field {
            field: feeds::AWAITS_REPLY,
            code,
            given,
        });
    }
    Ok(false)
}

/// Records a contact outside the portal; it shows in the case feed, and counts as an update from when it is recorded.
///
/// # Errors
/// [`Rejection::NotFound`], `Denied`, `Case`; `Field` if it is to have taken place in the future.
pub fn record_communication(
    conn: &mut Conn,
    actor: &Actor,
    case: &CaseRef,
    communication: &RecordCommunication,
    now: Instant,
) -> VerbResult<EntryView> {
    let case = cases::lock(conn, actor.reach(), case)?.ok_or(Rejection::NotFound)?;
    actor.require(CaseVerb::Record.permission())?;
    takes_entries(case.status)?;
    if communication.at > now {
        let given = communication.at.to_rfc3339();
        return Err(Rejection::Field {
            field: "at",
            code: "in_the_future",
            given,
        }
        .into());
    }
    let on = On::Case(&case);
    let entry = NewEntry {
        details: Some(record::object(json!({
            "channel": communication.channel,
            "with": communication.with,
            "at": communication.at,
        }))),
        ..entry(
            actor,
            on,
            EntryKind::ExternalCommunication,
            communication.summary.as_str(),
            now,
        )
    };
    let written = Written {
        entry: &entry,
        files: &[],
        mentions: &[],
        undo: None,
    };
    Ok(insert_entry(conn, actor, on, written)?.0)
}

/// What is said in a new entry.
struct Written<'a> {
    entry: &'a NewEntry<'a>,
    files: &'a [Attachment],
    /// Whom it names.
    mentions: &'a [(PersonId, String)],
    /// Until when its author may take it back, and whether it stays all the same; none if they may not.
    undo: Option<(Instant, bool)>,
}

/// Adds an entry with its files and tells those who should know; gives it as its author reads it, and the case as it stands then.
fn insert_entry(
    conn: &mut Conn,
    actor: &Actor,
    on: On<'_>,
    Written {
        entry,
        files,
        mentions,
        undo,
    }: Written<'_>,
) -> VerbResult<(EntryView, Case)> {
    let (row, said) = feeds::insert(conn, entry)?;
    let id = row.id;
    // Before anybody is told: who is, waits for it.
    if let Some(undo) = undo {
        feeds::offer_undo(conn, id, undo)?;
    }
    let counting = attachments::counting(actor, on.case(), entry.visibility);
    let to = (counting, on.case().id, Some(id));
    attachments::attach(conn, &attachments::ids(files), to, entry.at)?;
    let case = updated_by_provider(conn, on.case(), entry)?;
    let case = case.unwrap_or_else(|| on.case().clone());
    let mut after = record::object(
        json!({"feed": entry.feed, "kind": entry.kind, "visibility": entry.visibility}),
    );
    let asks = entry
        .details
        .as_ref()
        .and_then(|details| details.get(feeds::AWAITS_REPLY));
    after.extend(asks.map(|asks| (feeds::AWAITS_REPLY.to_owned(), asks.clone())));
    attachments::recorded(files, &mut after);
    let recorded = Recorded::added(subject(id), after).saying(said);
    let posted = PostedEntry {
        entry: id,
        visibility: entry.visibility,
        body: entry.body.to_owned(),
        mentioned: mentions.iter().map(|(person, _)| *person).collect(),
        files: attachments::names(files),
    };
    let (on, event) = (On::of(&case, on.escalation()), EntryEvent::Posted(posted));
    published(conn, actor, on, recorded, event, entry.at)?;
    let number = on.escalation().map(|escalation| escalation.number);
    let view = feeds::view_of_new(conn, row, number, !files.is_empty(), undo)?;
    Ok((view, case))
}

/// Publishes what happened to an entry in the feed in which it stands.
pub(super) fn published(
    conn: &mut Conn,
    actor: &Actor,
    on: On<'_>,
    recorded: Recorded,
    event: EntryEvent,
    now: Instant,
) -> VerbResult<()> {
    match on {
        On::Case(case) => {
            let event = CaseEvent::Entry(event);
            publish::on_case(conn, actor, case, recorded, event, now)
        }
        On::Escalation(case, escalation) => {
            let (on, event) = ((case, escalation), EscalationEvent::Entry(event));
            publish::on_escalation(conn, actor, on, recorded, event, now)
        }
    }
}

fn replied(conn: &mut Conn, actor: &Actor, case: &Case, now: Instant) -> VerbResult<Option<Case>> {
    match actor.side() {
        Side::Customer => moved_on(conn, actor, case, after_contact_reply(case.status), now),
        Side::Provider => Ok(None),
    }
}

/// Whether the actor may put the case to that status by an edit.
fn may_move_on(actor: &Actor, case: &Case, to: Status) -> VerbResult<()> {
    let field = CaseField::Status;
    actor.require(CaseVerb::Edit.permission())?;
    let may = actor.access.may_change(field);
    may.map_err(|refusal| refused(field, refusal, None))?;
    Ok(change_status(case.status, to)?)
}

/// Puts the case to a status that may follow, and gives it as it stands then; nothing if it has that already.
pub(super) fn moved_on(
    conn: &mut Conn,
    actor: &Actor,
    case: &Case,
    status: Status,
    now: Instant,
) -> VerbResult<Option<Case>> {
    if status == case.status {
        return Ok(None);
    }
    settled(
        cases::move_on(conn, case.id, case.version, status, now)?,
        None,
    )?;
    // That is all that changes.
    let after = Case {
        status,
        updated_at: now,
        version: case.version + 1,
        ..case.clone()
    };
    let recorded = Recorded::case(case, &after);
    let change = CaseChange::Status {
        from: case.status,
        to: status,
    };
    let event = CaseEvent::Changed(vec![change]);
    publish::on_case(conn, actor, &after, recorded, event, now)?;
    Ok(Some(after))
}

/// Corrects one's own entry within five minutes (F4).
///
/// # Errors
/// [`Rejection::NotFound`], `Denied`, `Stale`, `NotEditable`, `EditWindowClosed`, `Case`.
pub fn edit(
    conn: &mut Conn,
    actor: &Actor,
    id: EntryId,
    expected: Expected<'_>,
    command: &EditEntry,
    now: Instant,
) -> VerbResult<EntryId> {
    let body = &command.body;
    let (case, view) = lock_entry(conn, actor, id)?;
    actor.require(Permission::FeedsComment)?;
    super::unchanged(expected, view.entry.version)?;
    takes_entries(case.status)?;
    if view.entry.kind == EntryKind::Mark
        || view.entry.redacted_at.is_some()
        || view.entry.author_id != Some(actor.id())
    {
        return Err(Rejection::NotEditable.into());
    }
    if !may_edit(view.entry.author_id, actor.id(), view.entry.at, now) {
        return Err(Rejection::EditWindowClosed.into());
    }
    let escalation = escalation_of(conn, &view)?;
    let on = On::of(&case, escalation.as_ref());
    let words = (body.as_str(), view.entry.visibility);
    let mentions = match view.entry.kind {
        EntryKind::Comment => mention::in_entry(conn, actor, on, words, now)?,
        _ => Vec::new(),
    };
    let known: Vec<PersonId> = view
        .entry
        .mentions()
        .into_iter()
        .map(|(id, _)| id)
        .collect();
    let details = view.entry.details.as_ref().map(|details| details.0.clone());
    let details = mention::kept(details, &mentions);
    let said = feeds::edit(conn, &view.entry, (body.as_str(), details.as_ref()), now)?;
    // Not the words: what may have to be redacted must not stand where nothing can be taken away.
    let before = record::object(json!({"version": view.entry.version}));
    let after = record::object(
        json!({"version": view.entry.version + 1, "visibility": view.entry.visibility}),
    );
    let recorded = Recorded::replaced(subject(id), before, after).saying(said);
    let edited = EntryEvent::Edited(PostedEntry {
        entry: id,
        visibility: view.entry.visibility,
        body: body.as_str().to_owned(),
        mentioned: mentions
            .into_iter()
            .map(|(person, _)| person)
            .filter(|person| !known.contains(person))
            .collect(),
        files: attachments::names(&view.attachments),
    });
    published(conn, actor, on, recorded, edited, now)?;
    Ok(id)
}

/// Takes an entry's words away for good, wherever they stand (F4): in the feed, in what repeats it, in notices and the mails
/// that were written of them, and in answers kept for a repetition. The audit records that it happened, and not what the
/// words were: they may be what must not be kept.
///
/// # Errors
/// [`Rejection::NotFound`], `Denied`, `NotEditable`.
pub fn redact(
    conn: &mut Conn,
    actor: &Actor,
    id: EntryId,
    command: &RedactEntry,
    now: Instant,
) -> VerbResult<EntryId> {
    let reason = command.reason.as_str();
    let (case, view) = lock_entry(conn, actor, id)?;
    actor.require(Permission::FeedsRedact)?;
    if view.entry.kind == EntryKind::Mark || view.entry.redacted_at.is_some() {
        return Err(Rejection::NotEditable.into());
    }
    let said = feeds::redact(conn, &view.entry, now)?.and(redactions::forget_copies(
        conn,
        &view.entry,
        now,
    )?);
    let after = record::object(
        json!({"redacted": true, "reason": reason, "visibility": view.entry.visibility}),
    );
    let recorded = Recorded::added(subject(id), after).saying(said);
    let escalation = escalation_of(conn, &view)?;
    let on = On::of(&case, escalation.as_ref());
    published(conn, actor, on, recorded, EntryEvent::Redacted, now)?;
    Ok(id)
}

/// An entry that exists for the actor, with its case, which is locked until the transaction ends.
pub(super) fn lock_entry(
    conn: &mut Conn,
    actor: &Actor,
    id: EntryId,
) -> VerbResult<(Case, EntryView)> {
    let found = feeds::view(conn, &actor.access, id)?.ok_or(Rejection::NotFound)?;
    let case = cases::lock(conn, actor.reach(), &CaseRef::Id(found.entry.case_id))?
        .ok_or(Rejection::NotFound)?;
    // Read again under the lock: what was found may have changed while it was waited for.
    let view = feeds::view(conn, &actor.access, id)?.ok_or(Rejection::NotFound)?;
    Ok((case, view))
}

/// The escalation that an entry is about.
pub(super) fn escalation_of(conn: &mut Conn, view: &EntryView) -> VerbResult<Option<Escalation>> {
    Ok(match view.entry.escalation_id {
        Some(escalation) => Some(escalations::find(conn, escalation)?),
        None => None,
    })
}

/// An entry as the subject of audited events.
pub(super) fn subject(id: EntryId) -> EventId {
    EventId::from_uuid(*id.as_uuid())
}
