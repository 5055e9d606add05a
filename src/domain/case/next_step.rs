//! Promised next steps, of a case or of an escalation (C9, M7).

use thiserror::Error;

use crate::domain::Instant;
use crate::domain::closed_enum;
use crate::domain::text::Note;

closed_enum! {
    /// Where a promised next step stands.
    pub enum StepState as "NextStepState" {
        /// Promised.
        Open = "open",
        /// Kept. Final.
        Done = "done",
        /// Not kept: evidence for `E8` until it is done or promised anew.
        Missed = "missed",
    }
}

closed_enum! {
    /// What can be done with a next step.
    pub enum Verb as "NextStepVerb" {
        /// Say that it is done.
        Complete = "complete",
        /// Say that it was missed.
        Miss = "miss",
        /// Promise it anew, by a later date and with a reason.
        Repromise = "repromise",
    }
}

/// A verb on a next step, with what it needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NextStepCommand {
    /// It is done.
    Complete,
    /// It was missed.
    Miss,
    /// It is promised anew.
    Repromise {
        /// By when.
        due_at: Instant,
        /// Why it was not kept as promised.
        reason: Note,
    },
}

/// A step as it is promised: its state and by when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Promised {
    /// Where it stands.
    pub state: StepState,
    /// By when it is promised.
    pub due_at: Instant,
}

/// Why a next step does not move.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum StepRefusal {
    /// It is not done like this from where it stands.
    #[error("a step that is {state} does not take {verb}")]
    UnlawfulMove {
        /// Where it stands.
        state: StepState,
        /// What was asked.
        verb: Verb,
        /// What it takes there.
        lawful: &'static [Verb],
    },
    /// A new date lies behind the one promised before.
    #[error("the new date is not later than {due_at}")]
    NotLater {
        /// The date promised before.
        due_at: Instant,
    },
    /// A new date does not lie in the future.
    #[error("the new date is not in the future")]
    NotInTheFuture,
}

/// Why the fields of an update are no verb.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NextStepPatchError {
    /// A new date needs a reason.
    #[error("a new date needs a reason")]
    ReasonMissing,
    /// A step is opened again only by a new date.
    #[error("a step is opened again by a new date")]
    DueAtMissing,
    /// A step that is done or missed takes no new date with it.
    #[error("a step that is {0} takes no new date")]
    DueAtUnexpected(StepState),
    /// Nothing is asked.
    #[error("neither a state nor a date is given")]
    Nothing,
}

impl StepState {
    /// The verbs that a step takes.
    pub const fn lawful_verbs(self) -> &'static [Verb] {
        match self {
            Self::Open => &[Verb::Complete, Verb::Miss, Verb::Repromise],
            Self::Missed => &[Verb::Complete, Verb::Repromise],
            Self::Done => &[],
        }
    }
}

impl NextStepCommand {
    /// The verb that an update `{state?, due_at?, reason?}` stands for.
    ///
    /// # Errors
    /// Which field is missing or in the way.
    pub fn from_patch(
        state: Option<StepState>,
        due_at: Option<Instant>,
        reason: Option<Note>,
    ) -> Result<Self, NextStepPatchError> {
        match (state, due_at) {
            (Some(StepState::Done), None) => Ok(Self::Complete),
            (Some(StepState::Missed), None) => Ok(Self::Miss),
            (Some(state @ (StepState::Done | StepState::Missed)), Some(_)) => {
                Err(NextStepPatchError::DueAtUnexpected(state))
            }
            (Some(StepState::Open), None) => Err(NextStepPatchError::DueAtMissing),
            (None, None) => Err(NextStepPatchError::Nothing),
            (Some(StepState::Open) | None, Some(due_at)) => reason
                .map(|reason| Self::Repromise { due_at, reason })
                .ok_or(NextStepPatchError::ReasonMissing),
        }
    }

    /// The bare verb.
    pub const fn verb(&self) -> Verb {
        match self {
            Self::Complete => Verb::Complete,
            Self::Miss => Verb::Miss,
            Self::Repromise { .. } => Verb::Repromise,
        }
    }

    /// What becomes of `step` at `now`.
    ///
    /// # Errors
    /// See [`StepRefusal`].
    pub fn apply(&self, step: Promised, now: Instant) -> Result<Promised, StepRefusal> {
        let lawful = step.state.lawful_verbs();
        if !lawful.contains(&self.verb()) {
            return Err(StepRefusal::UnlawfulMove {
                state: step.state,
                verb: self.verb(),
                lawful,
            });
        }
        match self {
            Self::Complete => Ok(Promised {
                state: StepState::Done,
                ..step
            }),
            Self::Miss => Ok(Promised {
                state: StepState::Missed,
                ..step
            }),
            Self::Repromise { due_at, .. } if *due_at <= now => Err(StepRefusal::NotInTheFuture),
            Self::Repromise { due_at, .. } if *due_at <= step.due_at => {
                Err(StepRefusal::NotLater {
                    due_at: step.due_at,
                })
            }
            Self::Repromise { due_at, .. } => Ok(Promised {
                state: StepState::Open,
                due_at: *due_at,
            }),
        }
    }
}
