//! Promising next steps, and saying what became of them (C9, M7).

use super::on::{On, lock_escalation};
use super::record::{Recorded, step_fields};
use super::{Actor, Expected, Rejection, VerbResult, publish, settled, unchanged};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::audit::seal::Thing;
use crate::domain::case::{
    NextStepCommand, NextStepPatchError, Promised, StepState, takes_entries,
};
use crate::domain::event::{CaseEvent, EscalationEvent, StepEvent};
use crate::domain::ids::{CaseRef, EscalationRef, NextStepId};
use crate::domain::notice::Step;
use crate::domain::offers::CaseVerb;
use crate::domain::text::{Note, Title};
use crate::input::{Patch, input};
use crate::store::cases::{self, Case};
use crate::store::escalations::{self, Escalation};
use crate::store::promises::{self, NewStep, NextStep};

input! {
    /// A next step.
    pub struct PromiseStep {
        /// What will be done.
        what: Title,
        /// By whom: an engineer, or a third party.
        who: Title,
        /// By when; in the future.
        due_at: Instant,
    }
}

input! {
    /// What becomes of a step: a state, or a new date with its reason.
    pub struct SettleStep {
        /// `done` or `missed`.
        state: Patch<StepState>,
        /// The new date.
        due_at: Patch<Instant>,
        /// Why there is a new date.
        reason: Patch<Option<Note>>,
    }
}

input! {
    /// What becomes of a promise that is open when its case or its escalation is closed.
    pub struct EndStep {
        /// The promised next step, by id.
        step: NextStepId,
        /// `done` or `missed`.
        state: StepState,
    }
}

impl SettleStep {
    fn command(&self) -> Result<NextStepCommand, Rejection> {
        let (state, due_at) = (self.state.as_option(), self.due_at.as_option());
        let reason = self.reason.clone().into_option().flatten();
        NextStepCommand::from_patch(state.copied(), due_at.copied(), reason).map_err(|error| {
            let (field, code) = match error {
                NextStepPatchError::ReasonMissing => ("reason", "required"),
                NextStepPatchError::DueAtMissing => ("due_at", "required"),
                NextStepPatchError::DueAtUnexpected(_) => ("due_at", "not_with_state"),
                NextStepPatchError::Nothing => ("state", "required"),
            };
            let given = String::new();
            Rejection::Field { field, code, given }
        })
    }
}

impl PromiseStep {
    /// As it is told of.
    pub(super) fn told(&self) -> Step {
        Step {
            what: self.what.to_string(),
            who: self.who.to_string(),
            due_at: self.due_at,
            reason: None,
        }
    }
}

/// Promises a next step on a case.
///
/// # Errors
/// [`Rejection::NotFound`], `Denied`, `Case`, `Field`.
pub fn promise_on_case(
    conn: &mut Conn,
    actor: &Actor,
    case: &CaseRef,
    promising: &PromiseStep,
    now: Instant,
) -> VerbResult<NextStepId> {
    let case = cases::lock(conn, actor.reach(), case)?.ok_or(Rejection::NotFound)?;
    actor.require(CaseVerb::Promise.permission())?;
    takes_entries(case.status)?;
    let (on, event) = (On::Case(&case), StepEvent::Promised);
    promised(conn, actor, on, promising, event, now)
}

/// Promises a next step on an active escalation.
///
/// # Errors
/// [`Rejection::NotFound`], `Denied`, `Case`, `EscalationEnded`, `Field`.
pub fn promise_on_escalation(
    conn: &mut Conn,
    actor: &Actor,
    escalation: &EscalationRef,
    promising: &PromiseStep,
    now: Instant,
) -> VerbResult<NextStepId> {
    let (case, escalation) = lock_escalation(conn, actor, escalation)?;
    actor.require(CaseVerb::Promise.permission())?;
    takes_entries(case.status)?;
    if !escalation.state.is_active() {
        return Err(Rejection::EscalationEnded.into());
    }
    let (on, event) = (On::Escalation(&case, &escalation), StepEvent::Promised);
    promised(conn, actor, on, promising, event, now)
}

/// Adds a step to what is not over; `event` says whether it is told of by itself.
pub(super) fn promised(
    conn: &mut Conn,
    actor: &Actor,
    on: On<'_>,
    promising: &PromiseStep,
    event: fn(Step) -> StepEvent,
    now: Instant,
) -> VerbResult<NextStepId> {
    if promising.due_at <= now {
        let given = promising.due_at.to_rfc3339();
        return Err(Rejection::Field {
            field: "due_at",
            code: "not_in_the_future",
            given,
        }
        .into());
    }
    let new = NewStep {
        case: on.case().id,
        escalation: on.escalation().map(|escalation| escalation.id),
        what: promising.what.as_str(),
        who: promising.who.as_str(),
        due_at: promising.due_at,
        by: actor.id(),
    };
    let id = promises::insert(conn, &new, now)?;
    if let Some(escalation) = on.escalation() {
        escalations::note_next_due(conn, escalation.id)?;
    }
    let step = promises::find(conn, actor.reach(), id)?.ok_or(Rejection::NotFound)?;
    let recorded = Recorded::added(step.subject_id(), step_fields(&step));
    let recorded = recorded.sealing(Thing::NextStep(id));
    publish_on(conn, actor, on, recorded, event(step.told()), now)?;
    Ok(id)
}

/// Says that a step is done or missed, or promises it anew.
///
/// # Errors
/// [`Rejection::Field`] (neither a state nor a new date with its reason), `NotFound`, `Denied`, `Stale`, `Step`.
pub fn settle(
    conn: &mut Conn,
    actor: &Actor,
    id: NextStepId,
    expected: Expected<'_>,
    settling: &SettleStep,
    now: Instant,
) -> VerbResult<NextStepId> {
    let command = &settling.command()?;
    let found = promises::find(conn, actor.reach(), id)?.ok_or(Rejection::NotFound)?;
    let case = cases::lock(conn, actor.reach(), &CaseRef::Id(found.case_id))?
        .ok_or(Rejection::NotFound)?;
    let step = promises::find(conn, actor.reach(), id)?.ok_or(Rejection::NotFound)?;
    actor.require(CaseVerb::Promise.permission())?;
    takes_entries(case.status)?;
    unchanged(expected, step.version)?;
    settle_locked(conn, actor, (&case, &step), command, now)?;
    Ok(id)
}

/// Says what became of promises when their case, or their escalation alone, is closed. The case is locked, and still takes it.
///
/// # Errors
/// `Denied`; [`Rejection::Parts`] for a step that is none of these, or a state that settles nothing.
pub(super) fn settle_at_end(
    conn: &mut Conn,
    actor: &Actor,
    (case, escalation): (&Case, Option<&Escalation>),
    ends: &[EndStep],
    now: Instant,
) -> VerbResult<()> {
    if ends.is_empty() {
        return Ok(());
    }
    actor.require(CaseVerb::Promise.permission())?;
    let mut wrong = Vec::new();
    for (index, end) in ends.iter().enumerate() {
        let part = |field: &str| format!("next_steps[{index}].{field}");
        let found = promises::find(conn, actor.reach(), end.step)?;
        let of_it = found.filter(|step| {
            let on = escalation.map(|escalation| escalation.id);
            step.case_id == case.id && (on.is_none() || step.escalation_id == on)
        });
        let Some(step) = of_it else {
            wrong.push((part("step"), "not_found", end.step.to_string()));
            continue;
        };
        let command = match end.state {
            StepState::Done => NextStepCommand::Complete,
            StepState::Missed => NextStepCommand::Miss,
            StepState::Open => {
                wrong.push((part("state"), "not_settled", end.state.to_string()));
                continue;
            }
        };
        // What was settled before stays so.
        if step.state == StepState::Open && wrong.is_empty() {
            settle_locked(conn, actor, (case, &step), &command, now)?;
        }
    }
    match wrong.is_empty() {
        true => Ok(()),
        false => Err(Rejection::Parts(wrong).into()),
    }
}

/// Does what was decided with a step whose case is locked.
fn settle_locked(
    conn: &mut Conn,
    actor: &Actor,
    (case, step): (&Case, &NextStep),
    command: &NextStepCommand,
    now: Instant,
) -> VerbResult<()> {
    let moved = command.apply(
        Promised {
            state: step.state,
            due_at: step.due_at,
        },
        now,
    )?;
    let (reason, event): (_, fn(Step) -> StepEvent) = match command {
        NextStepCommand::Complete => (step.reason.as_deref(), StepEvent::Done),
        NextStepCommand::Miss => (step.reason.as_deref(), StepEvent::Missed),
        NextStepCommand::Repromise { reason, .. } => (Some(reason.as_str()), StepEvent::Repromised),
    };
    settled(
        promises::update(conn, step, moved.state, moved.due_at, reason, now)?,
        None,
    )?;
    let after = promises::find(conn, actor.reach(), step.id)?.ok_or(Rejection::NotFound)?;
    let escalation = step
        .escalation_id
        .map(|id| escalations::find(conn, id))
        .transpose()?;
    if let Some(escalation) = &escalation {
        escalations::note_next_due(conn, escalation.id)?;
    }
    let on = On::of(case, escalation.as_ref());
    let recorded = Recorded::step(step, &after);
    publish_on(conn, actor, on, recorded, event(after.told()), now)
}

fn publish_on(
    conn: &mut Conn,
    actor: &Actor,
    on: On<'_>,
    recorded: Recorded,
    event: StepEvent,
    now: Instant,
) -> VerbResult<()> {
    match on {
        On::Case(case) => {
            publish::on_case(conn, actor, case, recorded, CaseEvent::Step(event), now)
        }
        On::Escalation(case, escalation) => {
            let event = EscalationEvent::Step(event);
            publish::on_escalation(conn, actor, (case, escalation), recorded, event, now)
        }
    }
}
