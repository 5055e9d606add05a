//! Promising next steps, and saying what became of them (C9, M7).

use serde_json::json;

use super::notify::{Told, tell};
use super::record::{self, step_fields};
use super::{Actor, Expected, Outcome, Refused, settled, unchanged};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::Permission;
use crate::domain::audit::EventKind;
use crate::domain::audit::seal::Thing;
use crate::domain::case::{NextStepCommand, Promised, takes_entries};
use crate::domain::feed::Mark;
use crate::domain::history::difference;
use crate::domain::ids::{CaseRef, EscalationRef, NextStepId};
use crate::domain::notice::{About, Step};
use crate::domain::text::Title;
use crate::store::audit::{self, NewEvent};
use crate::store::cases::{self, Case};
use crate::store::escalations::{self, Escalation};
use crate::store::promises::{self, NewStep, NextStep};

/// What is promised.
#[derive(Clone, Debug)]
pub struct Promising {
    /// What will be done.
    pub what: Title,
    /// By whom: an engineer, or a third party.
    pub who: Title,
    /// By when; in the future.
    pub due_at: Instant,
}

/// Promises a next step on a case.
///
/// # Errors
/// [`Refused::NotFound`], `Denied`, `Case`, `Field`.
pub fn promise_on_case(
    conn: &mut Conn,
    actor: &Actor,
    case: &CaseRef,
    promising: &Promising,
    now: Instant,
) -> Outcome<NextStepId> {
    let case = cases::lock(conn, actor.reach(), case)?.ok_or(Refused::NotFound)?;
    actor.require(Permission::NextStepsPromise)?;
    takes_entries(case.status)?;
    promised(conn, actor, &case, None, promising, now)
}

/// Promises a next step on an active escalation.
///
/// # Errors
/// [`Refused::NotFound`], `Denied`, `Case`, `EscalationEnded`, `Field`.
pub fn promise_on_escalation(
    conn: &mut Conn,
    actor: &Actor,
    escalation: &EscalationRef,
    promising: &Promising,
    now: Instant,
) -> Outcome<NextStepId> {
    let (case, escalation) = super::review_escalation::lock(conn, actor, escalation)?;
    actor.require(Permission::NextStepsPromise)?;
    takes_entries(case.status)?;
    if !escalation.state.is_active() {
        return Err(Refused::EscalationEnded.into());
    }
    promised(conn, actor, &case, Some(&escalation), promising, now)
}

fn promised(
    conn: &mut Conn,
    actor: &Actor,
    case: &Case,
    escalation: Option<&Escalation>,
    promising: &Promising,
    now: Instant,
) -> Outcome<NextStepId> {
    let step = add(conn, actor, case, escalation, promising, now)?;
    let about = About::StepPromised(told(&step));
    tell_of(conn, actor, about, (case, escalation), now)?;
    Ok(step.id)
}

/// Adds a step as a part of a verb that tells of it itself.
pub(super) fn add(
    conn: &mut Conn,
    actor: &Actor,
    case: &Case,
    escalation: Option<&Escalation>,
    promising: &Promising,
    now: Instant,
) -> Outcome<NextStep> {
    if promising.due_at <= now {
        let given = promising.due_at.to_rfc3339();
        return Err(Refused::Field {
            field: "due_at",
            code: "not_in_the_future",
            given,
        }
        .into());
    }
    let new = NewStep {
        case: case.id,
        escalation: escalation.map(|escalation| escalation.id),
        what: promising.what.as_str(),
        who: promising.who.as_str(),
        due_at: promising.due_at,
        by: actor.id(),
    };
    let id = promises::insert(conn, &new, now)?;
    let step = promises::find(conn, actor.reach(), id)?.ok_or(Refused::NotFound)?;
    let args = json!({"what": step.what, "who": step.who, "due_at": step.due_at});
    let mark = record::mark(
        conn,
        actor,
        case.id,
        step.escalation_id,
        Mark::StepPromised,
        args,
        now,
    )?;
    let said = mark.and(audit::seal(conn, Thing::NextStep(id))?);
    let subject = (step.subject_id(), step.escalation_id);
    record::added(
        conn,
        actor,
        EventKind::StepPromised,
        case,
        subject,
        (&step_fields(&step), &said),
        now,
    )?;
    Ok(step)
}

/// Says that a step is done or missed, or promises it anew.
///
/// # Errors
/// [`Refused::NotFound`], `Denied`, `Stale`, `Step`.
pub fn settle(
    conn: &mut Conn,
    actor: &Actor,
    id: NextStepId,
    expected: Expected<'_>,
    command: &NextStepCommand,
    now: Instant,
) -> Outcome<NextStepId> {
    let found = promises::find(conn, actor.reach(), id)?.ok_or(Refused::NotFound)?;
    let case =
        cases::lock(conn, actor.reach(), &CaseRef::Id(found.case_id))?.ok_or(Refused::NotFound)?;
    let step = promises::find(conn, actor.reach(), id)?.ok_or(Refused::NotFound)?;
    actor.require(Permission::NextStepsPromise)?;
    unchanged(expected, step.version)?;
    let moved = command.apply(
        Promised {
            state: step.state,
            due_at: step.due_at,
        },
        now,
    )?;
    let (reason, mark, event, about): (_, _, _, fn(Step) -> About) = match command {
        NextStepCommand::Complete => (
            step.reason.as_deref(),
            Mark::StepDone,
            EventKind::StepDone,
            About::StepDone,
        ),
        NextStepCommand::Miss => (
            step.reason.as_deref(),
            Mark::StepMissed,
            EventKind::StepMissed,
            About::StepMissed,
        ),
        NextStepCommand::Repromise { reason, .. } => (
            Some(reason.as_str()),
            Mark::StepRepromised,
            EventKind::StepRepromised,
            About::StepRepromised,
        ),
    };
    settled(
        promises::update(conn, &step, moved.state, moved.due_at, reason, now)?,
        None,
    )?;
    let after = promises::find(conn, actor.reach(), id)?.ok_or(Refused::NotFound)?;
    let args = json!({"what": after.what, "who": after.who, "due_at": after.due_at, "reason": after.reason});
    let left = record::mark(conn, actor, case.id, step.escalation_id, mark, args, now)?;
    let said = left.and(audit::seal(conn, Thing::NextStep(id))?);
    if let Some((old, new)) = difference(&step_fields(&step), &step_fields(&after)) {
        let event = NewEvent {
            escalation: step.escalation_id,
            subject: Some(step.subject_id()),
            before: Some(&old),
            after: Some(&new),
            ..record::on_case(actor, event, &case)
        };
        audit::append_saying(conn, &event, &said, now)?;
    }
    let escalation = step
        .escalation_id
        .map(|id| escalations::find(conn, id))
        .transpose()?;
    let on = (&case, escalation.as_ref());
    tell_of(conn, actor, about(told(&after)), on, now)?;
    Ok(id)
}

fn tell_of(
    conn: &mut Conn,
    actor: &Actor,
    about: About,
    (case, escalation): (&Case, Option<&Escalation>),
    now: Instant,
) -> Outcome<()> {
    let told = Told {
        about,
        case,
        escalation,
        actor: actor.id(),
    };
    tell(conn, told, now)?;
    Ok(())
}

/// A next step as it is told of.
pub(super) fn told(step: &NextStep) -> Step {
    Step {
        what: step.what.clone(),
        who: step.who.clone(),
        due_at: step.due_at,
        reason: step.reason.clone(),
    }
}
