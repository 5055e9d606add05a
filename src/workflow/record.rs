//! What every verb leaves behind: an audited event, and a mark in a feed where readers should know.

use serde_json::{Map, Value, json};

use super::{Actor, Outcome};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::audit::seal::{Said, Thing};
use crate::domain::audit::{COMMAND_LINE, EventKind};
use crate::domain::feed::{EntryKind, Feed, Mark, Visibility};
use crate::domain::history::{CaseFields, difference};
use crate::domain::ids::{CaseId, EscalationId, EventId, OrganizationId};
use crate::store::audit::{self, NewEvent};
use crate::store::cases::Case;
use crate::store::escalations::Escalation;
use crate::store::feeds::{self, NewEntry};
use crate::store::promises::NextStep;

/// A case's audited fields by name (C8): what a past assessment is folded from.
pub(super) fn case_fields(case: &Case) -> CaseFields {
    object(json!({
        "subject": case.subject,
        "description": case.description,
        "priority": case.priority,
        "status": case.status,
        "deployment": case.deployment,
        "business_impact": case.business_impact,
        "product": case.product,
        "engagements": case.engagements,
        "owner": case.owner_id,
        "line_of_business": case.line_of_business_id,
        "closed_at": case.closed_at,
        "rca_requested_at": case.rca_requested_at,
        "rca_delivered_at": case.rca_delivered_at,
    }))
}

/// An escalation's audited fields by name. Not its summary: it stands in the feed, where it can be redacted.
pub(super) fn escalation_fields(escalation: &Escalation) -> CaseFields {
    object(json!({
        "state": escalation.state,
        "owner": escalation.owner_id,
        "importance": escalation.importance,
        "urgency": escalation.urgency,
        "rank": escalation.rank,
        "decline_reasons": escalation.decline_reasons,
        "outcome": escalation.outcome,
        "rating_score": escalation.rating_score,
        "rating_comment": escalation.rating_comment,
    }))
}

pub(super) fn step_fields(step: &NextStep) -> CaseFields {
    object(json!({
        "what": step.what,
        "who": step.who,
        "due_at": step.due_at,
        "state": step.state,
        "reason": step.reason,
    }))
}

/// The fields of a JSON object.
pub(super) fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

/// Records what changed on a case and what was said with it, if anything was.
pub(super) fn case_changed(
    conn: &mut Conn,
    actor: &Actor,
    kind: EventKind,
    (before, after): (&CaseFields, &Case),
    said: &Said,
    now: Instant,
) -> Outcome<()> {
    let changed = difference(before, &case_fields(after));
    if changed.is_some() || !said.is_empty() {
        let event = NewEvent {
            before: changed.as_ref().map(|(old, _)| old),
            after: changed.as_ref().map(|(_, new)| new),
            ..on_case(actor, kind, after)
        };
        audit::append_saying(conn, &event, said, now)?;
    }
    Ok(())
}

/// Records what changed on an escalation and what was said with it, if anything did.
pub(super) fn escalation_changed(
    conn: &mut Conn,
    actor: &Actor,
    kind: EventKind,
    case: &Case,
    (before, after): (&Escalation, &Escalation),
    said: &Said,
    now: Instant,
) -> Outcome<()> {
    let said = said
        .clone()
        .and(audit::seal(conn, Thing::Escalation(after.id))?);
    if let Some((old, new)) = difference(&escalation_fields(before), &escalation_fields(after)) {
        let event = NewEvent {
            escalation: Some(after.id),
            subject: Some(after.subject_id()),
            before: Some(&old),
            after: Some(&new),
            ..on_case(actor, kind, case)
        };
        audit::append_saying(conn, &event, &said, now)?;
    }
    Ok(())
}

/// Records that something came to be on a case, and what was said with it.
pub(super) fn added(
    conn: &mut Conn,
    actor: &Actor,
    kind: EventKind,
    case: &Case,
    (subject, escalation): (EventId, Option<EscalationId>),
    (after, said): (&CaseFields, &Said),
    now: Instant,
) -> Outcome<()> {
    let event = NewEvent {
        escalation,
        subject: Some(subject),
        after: Some(after),
        ..on_case(actor, kind, case)
    };
    Ok(audit::append_saying(conn, &event, said, now)?)
}

/// An event on a case that says no more than that it happened.
pub(super) fn on_case<'a>(actor: &'a Actor, kind: EventKind, case: &Case) -> NewEvent<'a> {
    NewEvent {
        case: Some(case.id),
        subject: Some(case.subject_id()),
        ..event(Some(actor), kind, Some(case.organization_id))
    }
}

/// An event that says no more than that it happened to a thing of this organization, and who did it: nobody for the
/// command line. Whoever acts becomes a part of an event here and nowhere else.
pub fn event<'a>(
    by: Option<&'a Actor>,
    kind: EventKind,
    organization: Option<OrganizationId>,
) -> NewEvent<'a> {
    NewEvent {
        kind,
        organization,
        // P9: whoever acts through a pairing is seen in their own organization too.
        home: by.and_then(|actor| actor.access.through.map(|through| through.home)),
        case: None,
        escalation: None,
        subject: None,
        actor: by.map(Actor::id),
        actor_name: by.map_or(COMMAND_LINE, |actor| actor.name.as_str()),
        before: None,
        after: None,
    }
}

/// Leaves a mark in the case feed; its words are made when it is read (F8). `args` is a JSON object. Gives what the event
/// has to say of it.
pub(super) fn mark(
    conn: &mut Conn,
    actor: &Actor,
    case: CaseId,
    escalation: Option<EscalationId>,
    mark: Mark,
    args: Value,
    now: Instant,
) -> Outcome<Said> {
    let mut details = object(args);
    details.insert("mark".into(), mark.as_str().into());
    let entry = NewEntry {
        case,
        feed: Feed::Case,
        escalation,
        kind: EntryKind::Mark,
        visibility: Visibility::Public,
        author: Some((actor.id(), actor.side())),
        body: "",
        details: Some(details),
        at: now,
        external_id: None,
    };
    Ok(feeds::insert(conn, &entry)?.1)
}
