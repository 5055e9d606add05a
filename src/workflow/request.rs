//! What is asked of the provider on a case: a higher priority (C5), a root cause analysis (C6).

use serde_json::json;

use super::feed::say;
use super::notify::{Told, tell};
use super::{Actor, Outcome, Refused, record, settled};
use crate::db::Conn;
use crate::db::sql_types::At;
use crate::domain::Instant;
use crate::domain::access::Permission;
use crate::domain::audit::EventKind;
use crate::domain::audit::seal::{Said, Thing};
use crate::domain::case::{
    Priority, PriorityRefusal, PriorityRequestState, Rca, contact_may_request,
    decide_priority_request, deliver_rca, request_rca, takes_entries,
};
use crate::domain::eligibility::rca_due_at;
use crate::domain::feed::{EntryKind, Feed, Mark};
use crate::domain::ids::{CaseId, CaseRef, EventId, PriorityRequestId};
use crate::domain::notice::{About, Decided, Delivered, Entry, RcaRequest};
use crate::domain::text::Markdown;
use crate::store::calendars::CalendarBook;
use crate::store::cases::{self, Case, CaseChanges};
use crate::store::{audit, requests, rules};

/// Asks for a higher priority with a work note (C5).
///
/// # Errors
/// [`Refused::NotFound`], `Denied`, `Case`, `Priority`.
pub fn request_priority(
    conn: &mut Conn,
    actor: &Actor,
    case: &CaseRef,
    priority: Priority,
    note: &Markdown,
    now: Instant,
) -> Outcome<PriorityRequestId> {
    let case = cases::lock(conn, actor.reach(), case)?.ok_or(Refused::NotFound)?;
    actor.require(Permission::PrioritiesRequest)?;
    takes_entries(case.status)?;
    contact_may_request(case.priority, priority)?;
    let pending = requests::of_case(conn, case.id)?
        .into_iter()
        .any(|request| request.state == PriorityRequestState::Pending);
    if pending {
        return Err(PriorityRefusal::AlreadyPending.into());
    }
    let id = requests::insert(conn, case.id, priority, note.as_str(), actor.id(), now)?;
    let args = json!({"to": priority, "by": actor.name});
    let mark = record::mark(
        conn,
        actor,
        case.id,
        None,
        Mark::PriorityRequested,
        args,
        now,
    )?;
    let (case, words) = say(conn, actor, &case, EntryKind::WorkNote, note, now)?;
    let said = mark
        .and(words)
        .and(audit::seal(conn, Thing::PriorityRequest(id))?);
    // Not the note: it stands in the feed, where it can be redacted.
    let after = record::object(json!({"priority": priority}));
    record::added(
        conn,
        actor,
        EventKind::PriorityRequested,
        &case,
        (subject(id), None),
        (&after, &said),
        now,
    )?;
    let told = Told {
        about: About::EntryPosted(Entry {
            feed: Feed::Case,
            entry: None,
            body: note.to_string(),
        }),
        case: &case,
        escalation: None,
        actor: actor.id(),
    };
    tell(conn, told, now)?;
    Ok(id)
}

fn subject(id: PriorityRequestId) -> EventId {
    EventId::from_uuid(*id.as_uuid())
}

/// Grants or refuses a request for a higher priority (C5). Granting raises the priority.
///
/// # Errors
/// [`Refused::NotFound`], `Denied`, `Case`, `Decision`.
pub fn decide_priority(
    conn: &mut Conn,
    actor: &Actor,
    id: PriorityRequestId,
    granted: bool,
    note: Option<&Markdown>,
    now: Instant,
) -> Outcome<PriorityRequestId> {
    let found = requests::find(conn, actor.reach(), id)?.ok_or(Refused::NotFound)?;
    let case =
        cases::lock(conn, actor.reach(), &CaseRef::Id(found.case_id))?.ok_or(Refused::NotFound)?;
    let request = requests::find(conn, actor.reach(), id)?.ok_or(Refused::NotFound)?;
    actor.require(Permission::PrioritiesDecide)?;
    let state = decide_priority_request(request.state, granted, note.is_some())?;
    takes_entries(case.status)?;
    requests::decide(conn, id, state, note.map(Markdown::as_str), actor.id(), now)?;
    let mark = if granted {
        Mark::PriorityGranted
    } else {
        Mark::PriorityRefused
    };
    let args = json!({"to": request.priority, "by": actor.name, "note": note});
    let mut said = record::mark(conn, actor, case.id, None, mark, args, now)?;
    let mut case = case;
    // A priority that was raised by telephone meanwhile is not lowered by granting what was asked before.
    if granted && request.priority > case.priority {
        let before = record::case_fields(&case);
        let changes = CaseChanges {
            priority: Some(request.priority),
            ..CaseChanges::default()
        };
        settled(
            cases::update(conn, case.id, case.version, &changes, now)?,
            None,
        )?;
        case = cases::find(conn, case.id)?;
        let changed = (&before, &case);
        record::case_changed(
            conn,
            actor,
            EventKind::CaseChanged,
            changed,
            &Said::default(),
            now,
        )?;
    }
    if let Some(note) = note {
        let words;
        (case, words) = say(conn, actor, &case, EntryKind::Comment, note, now)?;
        said = said.and(words);
    }
    let said = said.and(audit::seal(conn, Thing::PriorityRequest(id))?);
    let after = record::object(json!({"state": state}));
    record::added(
        conn,
        actor,
        EventKind::PriorityDecided,
        &case,
        (subject(id), None),
        (&after, &said),
        now,
    )?;
    let told = Told {
        about: About::PriorityDecided(Decided {
            granted,
            note: note.map(ToString::to_string),
            priority: request.priority,
        }),
        case: &case,
        escalation: None,
        actor: actor.id(),
    };
    tell(conn, told, now)?;
    Ok(id)
}

/// Requests a root cause analysis: the window of `E6` starts (C6).
///
/// # Errors
/// [`Refused::NotFound`], `Denied`, `Rca`.
pub fn request_analysis(
    conn: &mut Conn,
    actor: &Actor,
    case: &CaseRef,
    note: Option<&Markdown>,
    now: Instant,
) -> Outcome<CaseId> {
    let case = cases::lock(conn, actor.reach(), case)?.ok_or(Refused::NotFound)?;
    actor.require(Permission::RcaRequest)?;
    let rca = request_rca(case.status, case.rca(), now)?;
    let before = record::case_fields(&case);
    let mut case = set_rca(conn, &case, rca, now)?;
    let due_at = due_at(conn, &case, rca)?;
    let args = json!({"by": actor.name, "due_at": due_at});
    let mut said = record::mark(conn, actor, case.id, None, Mark::RcaRequested, args, now)?;
    if let Some(note) = note {
        let words;
        (case, words) = say(conn, actor, &case, EntryKind::WorkNote, note, now)?;
        said = said.and(words);
    }
    let changed = (&before, &case);
    record::case_changed(conn, actor, EventKind::CaseChanged, changed, &said, now)?;
    let told = Told {
        about: About::RcaRequested(RcaRequest {
            note: note.map(ToString::to_string),
            due_at: Some(due_at),
        }),
        case: &case,
        escalation: None,
        actor: actor.id(),
    };
    tell(conn, told, now)?;
    Ok(case.id)
}

/// Delivers the root cause analysis as a feed entry; the clock of `E6` stops (C6).
///
/// # Errors
/// [`Refused::NotFound`], `Denied`, `Rca`.
pub fn deliver_analysis(
    conn: &mut Conn,
    actor: &Actor,
    case: &CaseRef,
    body: &Markdown,
    now: Instant,
) -> Outcome<CaseId> {
    let case = cases::lock(conn, actor.reach(), case)?.ok_or(Refused::NotFound)?;
    actor.require(Permission::RcaDeliver)?;
    let rca = deliver_rca(case.status, case.rca(), now)?;
    let before = record::case_fields(&case);
    let case = set_rca(conn, &case, rca, now)?;
    let mark = record::mark(
        conn,
        actor,
        case.id,
        None,
        Mark::RcaDelivered,
        json!({"by": actor.name}),
        now,
    )?;
    let (case, words) = say(conn, actor, &case, EntryKind::Rca, body, now)?;
    let (changed, said) = ((&before, &case), mark.and(words));
    record::case_changed(conn, actor, EventKind::CaseChanged, changed, &said, now)?;
    let told = Told {
        about: About::RcaDelivered(Delivered {
            body: body.to_string(),
        }),
        case: &case,
        escalation: None,
        actor: actor.id(),
    };
    tell(conn, told, now)?;
    Ok(case.id)
}

fn set_rca(conn: &mut Conn, case: &Case, rca: Rca, now: Instant) -> Outcome<Case> {
    let changes = CaseChanges {
        rca_requested_at: Some(Some(At(rca.requested_at))),
        rca_delivered_at: Some(rca.delivered_at.map(At)),
        ..CaseChanges::default()
    };
    settled(
        cases::update(conn, case.id, case.version, &changes, now)?,
        None,
    )?;
    Ok(cases::find(conn, case.id)?)
}

fn due_at(conn: &mut Conn, case: &Case, rca: Rca) -> Outcome<Instant> {
    let policy = rules::policy(conn)?;
    let book = CalendarBook::load(conn)?;
    let calendar = book.of_line(case.line_of_business_id);
    Ok(rca_due_at(
        rca.requested_at,
        case.deployment,
        calendar,
        &policy,
    )?)
}
