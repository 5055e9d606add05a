//! What is asked of the provider on a case: a higher priority (C5), a root cause analysis (C6).

use serde_json::json;

use super::record::Recorded;
use super::{Actor, Rejection, VerbResult, attachments, publish, record, settled};
use crate::db::Conn;
use crate::db::sql_types::At;
use crate::domain::Instant;
use crate::domain::audit::seal::Thing;
use crate::domain::case::{
    Priority, PriorityRefusal, Rca, contact_may_request, decide_priority_request, deliver_rca,
    request_rca, takes_entries,
};
use crate::domain::eligibility::rca_due_at;
use crate::domain::event::CaseEvent;
use crate::domain::ids::{AttachmentId, CaseId, CaseRef, EventId, PriorityRequestId};
use crate::domain::offers::CaseVerb;
use crate::domain::text::Markdown;
use crate::input::input;
use crate::store::calendars::CalendarBook;
use crate::store::cases::{self, Case, CaseChanges};
use crate::store::{requests, rules};

input! {
    /// A request for a higher priority.
    pub struct RequestPriority {
        /// The priority asked for.
        priority: Priority,
        /// Why, in Markdown; it becomes a work note in the case feed.
        note: Markdown,
    }
}

input! {
    /// What becomes of a priority request.
    pub struct DecidePriority {
        /// Whether the priority is raised.
        granted: bool,
        /// Why so, in Markdown; a refusal needs it.
        note: Option<Markdown>,
    }
}

input! {
    /// What a root cause analysis is to answer.
    pub struct RequestAnalysis {
        /// What it is to answer, in Markdown; it becomes a work note in the case feed.
        note: Option<Markdown>,
    }
}

input! {
    /// A root cause analysis.
    pub struct DeliverAnalysis {
        /// The analysis, in Markdown.
        body: Markdown,
        /// Files that you have sent before, by id, in this order.
        attachments: Option<Vec<AttachmentId>>,
    }
}

/// Asks for a higher priority with a work note (C5).
///
/// # Errors
/// [`Rejection::NotFound`], `Denied`, `Case`, `Priority`.
pub fn request_priority(
    conn: &mut Conn,
    actor: &Actor,
    case: &CaseRef,
    command: &RequestPriority,
    now: Instant,
) -> VerbResult<PriorityRequestId> {
    let (priority, note) = (command.priority, &command.note);
    let case = cases::lock(conn, actor.reach(), case)?.ok_or(Rejection::NotFound)?;
    actor.require(CaseVerb::AskPriority.permission())?;
    takes_entries(case.status)?;
    contact_may_request(case.priority, priority)?;
    if requests::is_pending(conn, case.id)? {
        return Err(PriorityRefusal::AlreadyPending.into());
    }
    let id = requests::insert(conn, case.id, priority, note.as_str(), actor.id(), now)?;
    // Not the note: it stands in the feed, where it can be redacted.
    let after = record::object(json!({"priority": priority}));
    let recorded = Recorded::added(subject(id), after).sealing(Thing::PriorityRequest(id));
    let event = CaseEvent::PriorityRequested {
        to: priority,
        note: note.to_string(),
    };
    publish::on_case(conn, actor, &case, recorded, event, now)?;
    Ok(id)
}

fn subject(id: PriorityRequestId) -> EventId {
    EventId::from_uuid(*id.as_uuid())
}

/// Grants or refuses a request for a higher priority (C5). Granting raises the priority.
///
/// # Errors
/// [`Rejection::NotFound`], `Denied`, `Case`, `Decision`.
pub fn decide_priority(
    conn: &mut Conn,
    actor: &Actor,
    id: PriorityRequestId,
    command: &DecidePriority,
    now: Instant,
) -> VerbResult<PriorityRequestId> {
    let (granted, note) = (command.granted, command.note.as_ref());
    let found = requests::find(conn, actor.reach(), id)?.ok_or(Rejection::NotFound)?;
    let case = cases::lock(conn, actor.reach(), &CaseRef::Id(found.case_id))?
        .ok_or(Rejection::NotFound)?;
    let request = requests::find(conn, actor.reach(), id)?.ok_or(Rejection::NotFound)?;
    actor.require(CaseVerb::DecidePriority.permission())?;
    let state = decide_priority_request(request.state, granted, note.is_some())?;
    takes_entries(case.status)?;
    requests::decide(conn, id, state, note.map(Markdown::as_str), actor.id(), now)?;
    // A priority that was raised by telephone meanwhile is not lowered by granting what was asked before.
    let case = match granted && request.priority > case.priority {
        true => raise(conn, actor, case, request.priority, now)?,
        false => case,
    };
    let after = record::object(json!({"state": state}));
    let recorded = Recorded::added(subject(id), after).sealing(Thing::PriorityRequest(id));
    let event = CaseEvent::PriorityDecided {
        to: request.priority,
        granted,
        note: note.map(ToString::to_string),
    };
    publish::on_case(conn, actor, &case, recorded, event, now)?;
    Ok(id)
}

fn raise(
    conn: &mut Conn,
    actor: &Actor,
    before: Case,
    priority: Priority,
    now: Instant,
) -> VerbResult<Case> {
    let changes = CaseChanges {
        priority: Some(priority),
        ..CaseChanges::default()
    };
    settled(
        cases::update(conn, before.id, before.version, &changes, now)?,
        None,
    )?;
    let after = cases::find(conn, before.id)?;
    let recorded = Recorded::case(&before, &after);
    publish::on_case(
        conn,
        actor,
        &after,
        recorded,
        CaseEvent::PriorityRaised,
        now,
    )?;
    Ok(after)
}

/// Requests a root cause analysis: the window of `E6` starts (C6).
///
/// # Errors
/// [`Rejection::NotFound`], `Denied`, `Rca`.
pub fn request_analysis(
    conn: &mut Conn,
    actor: &Actor,
    case: &CaseRef,
    command: &RequestAnalysis,
    now: Instant,
) -> VerbResult<CaseId> {
    let note = command.note.as_ref();
    let case = cases::lock(conn, actor.reach(), case)?.ok_or(Rejection::NotFound)?;
    actor.require(CaseVerb::RequestRca.permission())?;
    let rca = request_rca(case.status, case.rca(), now)?;
    let after = set_rca(conn, &case, rca, now)?;
    let recorded = Recorded::case(&case, &after);
    let event = CaseEvent::RcaRequested {
        due_at: due_at(conn, &after, rca)?,
        note: note.map(ToString::to_string),
    };
    publish::on_case(conn, actor, &after, recorded, event, now)?;
    Ok(case.id)
}

/// Delivers the root cause analysis as a feed entry; the clock of `E6` stops (C6).
///
/// # Errors
/// [`Rejection::NotFound`], `Denied`, `Rca`.
pub fn deliver_analysis(
    conn: &mut Conn,
    actor: &Actor,
    case: &CaseRef,
    command: &DeliverAnalysis,
    now: Instant,
) -> VerbResult<CaseId> {
    let body = &command.body;
    let case = cases::lock(conn, actor.reach(), case)?.ok_or(Rejection::NotFound)?;
    actor.require(CaseVerb::DeliverRca.permission())?;
    let rca = deliver_rca(case.status, case.rca(), now)?;
    let named = command.attachments.as_deref();
    let files = attachments::chosen(conn, actor, Some(case.id), named, now)?;
    let after = set_rca(conn, &case, rca, now)?;
    let mut recorded = Recorded::case(&case, &after);
    attachments::recorded(&files, recorded.after.get_or_insert_default());
    let event = CaseEvent::RcaDelivered {
        analysis: body.to_string(),
        files: attachments::ids(&files),
        names: attachments::names(&files),
    };
    publish::on_case(conn, actor, &after, recorded, event, now)?;
    Ok(case.id)
}

fn set_rca(conn: &mut Conn, case: &Case, rca: Rca, now: Instant) -> VerbResult<Case> {
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

fn due_at(conn: &mut Conn, case: &Case, rca: Rca) -> VerbResult<Instant> {
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
