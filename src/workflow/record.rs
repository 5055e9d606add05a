//! What the audit keeps of an event: who did what to which thing, and which fields have changed.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use super::Actor;
use crate::domain::audit::seal::{Said, Thing};
use crate::domain::audit::{COMMAND_LINE, EventKind};
use crate::domain::event::ProfileFields;
use crate::domain::history::{CaseFields, difference};
use crate::domain::ids::{EventId, OrganizationId, PairingId, PersonId};
use crate::store::audit::NewEvent;
use crate::store::callbacks::Callback;
use crate::store::cases::Case;
use crate::store::escalations::Escalation;
use crate::store::people::Person;
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
        "contact": case.contact(),
        "channel": case.channel,
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
        "rater": escalation.rater_id,
    }))
}

/// The audited fields of somebody's profile.
pub(super) fn profile(person: &Person) -> ProfileFields {
    ProfileFields {
        first_name: person.first_name.clone(),
        last_name: person.last_name.clone(),
        time_zone: person.time_zone.clone(),
        language: person.language.clone(),
    }
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

/// A callback's audited fields by name. Not the number, nor words: they stand with the callback alone.
pub(super) fn callback_fields(callback: &Callback) -> CaseFields {
    object(json!({
        "state": callback.state,
        "owner": callback.owner_id,
        "begins_at": callback.begins_at,
        "ends_at": callback.ends_at,
        "time_zone": callback.time_zone,
    }))
}

/// The fields of a JSON object.
pub(super) fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

/// What is recorded of an event on a case: the thing that changed, how, and what was said with it.
#[derive(Clone, Debug)]
pub(crate) struct Recorded {
    /// The thing that changed.
    pub(super) subject: EventId,
    /// The changed fields before.
    pub(super) before: Option<CaseFields>,
    /// The changed fields after.
    pub(super) after: Option<CaseFields>,
    /// The thing that holds words of its own, which the event covers as they stand now.
    pub(super) sealed: Option<Thing>,
    /// The hashes of what was said already.
    pub(super) said: Said,
}

impl Recorded {
    /// Something came to be.
    pub(crate) fn added(subject: EventId, after: CaseFields) -> Self {
        Self {
            subject,
            before: None,
            after: Some(after),
            sealed: None,
            said: Said::default(),
        }
    }

    /// These fields stood before it, and those after it.
    pub(super) fn replaced(subject: EventId, before: CaseFields, after: CaseFields) -> Self {
        Self {
            before: Some(before),
            ..Self::added(subject, after)
        }
    }

    /// Fields of a case have changed.
    pub(super) fn case(before: &Case, after: &Case) -> Self {
        let changed = (case_fields(before), case_fields(after));
        Self::changed(after.subject_id(), &changed)
    }

    /// Fields of an escalation have changed.
    pub(super) fn escalation(before: &Escalation, after: &Escalation) -> Self {
        let changed = (escalation_fields(before), escalation_fields(after));
        Self::changed(after.subject_id(), &changed).sealing(Thing::Escalation(after.id))
    }

    /// Fields of a next step have changed.
    pub(super) fn step(before: &NextStep, after: &NextStep) -> Self {
        let changed = (step_fields(before), step_fields(after));
        Self::changed(after.subject_id(), &changed).sealing(Thing::NextStep(after.id))
    }

    /// A callback has changed.
    pub(super) fn callback(before: &Callback, after: &Callback) -> Self {
        let changed = (callback_fields(before), callback_fields(after));
        Self::changed(after.subject_id(), &changed).sealing(Thing::Callback(after.id))
    }

    fn changed(subject: EventId, (before, after): &(CaseFields, CaseFields)) -> Self {
        let (before, after) = difference(before, after).unzip();
        Self {
            subject,
            before,
            after,
            sealed: None,
            said: Said::default(),
        }
    }

    /// It covers the words that this thing holds.
    pub(super) fn sealing(mut self, thing: Thing) -> Self {
        self.sealed = Some(thing);
        self
    }

    /// And what was said with it.
    pub(super) fn saying(mut self, said: Said) -> Self {
        self.said = self.said.and(said);
        self
    }
}

/// Who did it, as it is recorded. Whoever acts becomes a part of an event here and nowhere else.
#[derive(Clone, Debug)]
pub(crate) struct DoneBy<'a> {
    /// The person, if one is known to have done it.
    pub(super) actor: Option<PersonId>,
    /// Their first and last name then.
    pub(super) name: Cow<'a, str>,
    /// Their own organization, if they acted in another one (P9).
    pub(super) home: Option<OrganizationId>,
    /// The pairing by which they were there.
    pub(super) through: Option<PairingId>,
}

impl<'a> DoneBy<'a> {
    /// No person is known to have done it: it is recorded under this name.
    pub(crate) fn nobody(name: &'a str) -> Self {
        Self {
            actor: None,
            name: name.into(),
            home: None,
            through: None,
        }
    }
}

impl<'a> From<&'a Actor> for DoneBy<'a> {
    fn from(actor: &'a Actor) -> Self {
        Self {
            actor: Some(actor.id()),
            name: actor.name.as_str().into(),
            // P9: whoever acts through a pairing is seen in their own organization too.
            home: actor.access.through.map(|through| through.home),
            through: actor.access.through.map(|through| through.pairing),
        }
    }
}

/// Nobody is the command line.
impl<'a> From<Option<&'a Actor>> for DoneBy<'a> {
    fn from(by: Option<&'a Actor>) -> Self {
        by.map_or(Self::nobody(COMMAND_LINE), Self::from)
    }
}

/// Somebody on their own account, who need not be signed in for it.
impl From<&Person> for DoneBy<'_> {
    fn from(person: &Person) -> Self {
        Self {
            actor: Some(person.id),
            name: person.name().into(),
            home: None,
            through: None,
        }
    }
}

/// An event on a case that says no more than that it happened.
pub(super) fn on_case<'a>(by: &'a DoneBy<'_>, kind: EventKind, case: &Case) -> NewEvent<'a> {
    NewEvent {
        case: Some(case.id),
        subject: Some(case.subject_id()),
        ..event(by, kind, Some(case.organization_id))
    }
}

/// An event that says no more than that it happened to a thing of this organization.
pub(super) fn event<'a>(
    by: &'a DoneBy<'_>,
    kind: EventKind,
    organization: Option<OrganizationId>,
) -> NewEvent<'a> {
    NewEvent {
        kind,
        organization,
        home: by.home,
        case: None,
        escalation: None,
        subject: None,
        actor: by.actor,
        actor_name: &by.name,
        before: None,
        after: None,
    }
}
