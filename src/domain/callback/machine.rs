//! One total function decides every verb.

use thiserror::Error;

use super::{State, Verb, Window};
use crate::domain::Instant;
use crate::domain::ids::PersonId;
use crate::domain::text::Note;

/// A callback as its verbs are decided on, and as they leave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    /// Where it stands.
    pub state: State,
    /// Who makes it; nobody as long as it is requested only.
    pub owner: Option<PersonId>,
    /// When it may come.
    pub window: Window,
}

/// Who acts. Whether they may use the verb at all is decided by [`crate::domain::access`] before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The person.
    pub id: PersonId,
    /// Whether they may act in the owner's place.
    pub supervises: bool,
}

/// A verb with what it needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Take it.
    Take,
    /// Give it to somebody.
    Assign {
        /// Who makes the call from now on.
        to: PersonId,
    },
    /// Give it another window.
    Reschedule {
        /// The new one.
        window: Window,
    },
    /// Change what it is about.
    Describe,
    /// The call took place.
    Complete,
    /// It did not.
    Miss,
    /// Call it off.
    Cancel,
}

/// Why a verb does nothing.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// The callback does not take the verb where it stands.
    #[error("a callback that is {state} does not take {verb}")]
    UnlawfulMove {
        /// Where it stands.
        state: State,
        /// What was asked.
        verb: Verb,
        /// What it takes there.
        lawful: &'static [Verb],
    },
    /// Somebody else makes the call.
    #[error("the callback is already taken")]
    AlreadyTaken {
        /// Who.
        by: PersonId,
    },
    /// Only its owner or a supervisor says what became of it.
    #[error("only the owner or a supervisor says what became of a callback")]
    NotOwner,
    /// Nothing can be missed before it may come.
    #[error("the window has not begun")]
    NotBegun {
        /// When it begins.
        from: Instant,
    },
}

/// Why the fields of an update are no verb.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PatchError {
    /// Nothing is asked.
    #[error("nothing is asked")]
    Nothing,
    /// A callback that took place has what was said with it.
    #[error("a call that took place needs what was said")]
    SaidMissing,
    /// A callback is asked for anew by a new window.
    #[error("a callback is asked for anew by a new window")]
    WindowMissing,
    /// One thing at a time.
    #[error("a window is given by itself")]
    WindowUnexpected,
    /// One thing at a time.
    #[error("an owner is given by itself")]
    OwnerUnexpected,
}

impl Verb {
    /// The verb that an update `{state?, window?, owner?, note?}` stands for, by what of it is given.
    ///
    /// # Errors
    /// Which field is missing or in the way.
    pub fn of_patch(
        state: Option<State>,
        owner: bool,
        window: bool,
        note: Option<Option<&Note>>,
    ) -> Result<Self, PatchError> {
        let ends = |verb| match (owner, window) {
            (true, _) => Err(PatchError::OwnerUnexpected),
            (false, true) => Err(PatchError::WindowUnexpected),
            (false, false) => Ok(verb),
        };
        match state {
            Some(State::Completed) if note.flatten().is_none() => Err(PatchError::SaidMissing),
            Some(State::Completed) => ends(Self::Complete),
            Some(State::Missed) => ends(Self::Miss),
            Some(State::Canceled) => ends(Self::Cancel),
            Some(State::Taken) => match (owner, window) {
                (_, true) => Err(PatchError::WindowUnexpected),
                (false, false) => Ok(Self::Take),
                (true, false) => Ok(Self::Assign),
            },
            Some(State::Requested) | None => match (owner, window) {
                (true, true) => Err(PatchError::OwnerUnexpected),
                (false, true) => Ok(Self::Reschedule),
                (true, false) if state.is_some() => Err(PatchError::OwnerUnexpected),
                (true, false) => Ok(Self::Assign),
                (false, false) if state.is_some() => Err(PatchError::WindowMissing),
                (false, false) if note.is_some() => Ok(Self::Describe),
                (false, false) => Err(PatchError::Nothing),
            },
        }
    }
}

impl Command {
    /// The bare verb.
    pub const fn verb(&self) -> Verb {
        match self {
            Self::Take => Verb::Take,
            Self::Assign { .. } => Verb::Assign,
            Self::Reschedule { .. } => Verb::Reschedule,
            Self::Describe => Verb::Describe,
            Self::Complete => Verb::Complete,
            Self::Miss => Verb::Miss,
            Self::Cancel => Verb::Cancel,
        }
    }
}

/// What becomes of a callback by `command` of `actor` at `now`.
///
/// # Errors
/// The first refusal of: the state does not take the verb, the actor may not decide, it is too early.
pub fn transition(
    call: &Call,
    actor: &Actor,
    command: &Command,
    now: Instant,
) -> Result<Call, Refusal> {
    let verb = command.verb();
    lawful_here(call, verb)?;
    theirs_to_decide(call, actor, verb)?;
    in_time(call, verb, now)?;
    Ok(match command {
        Command::Take => Call {
            state: State::Taken,
            owner: Some(actor.id),
            ..*call
        },
        Command::Assign { to } => Call {
            state: State::Taken,
            owner: Some(*to),
            ..*call
        },
        // What was missed is to come again, by whoever was to make it.
        Command::Reschedule { window } => Call {
            state: match call.owner {
                Some(_) => State::Taken,
                None => State::Requested,
            },
            window: *window,
            ..*call
        },
        Command::Describe => *call,
        // Whoever says so made the call, where it was nobody's.
        Command::Complete => Call {
            state: State::Completed,
            owner: call.owner.or(Some(actor.id)),
            ..*call
        },
        Command::Miss => Call {
            state: State::Missed,
            ..*call
        },
        Command::Cancel => Call {
            state: State::Canceled,
            ..*call
        },
    })
}

/// Whether a callback takes `verb` from `actor` at `now`.
pub fn takes(call: &Call, actor: &Actor, verb: Verb, now: Instant) -> bool {
    lawful_here(call, verb).is_ok()
        && theirs_to_decide(call, actor, verb).is_ok()
        && in_time(call, verb, now).is_ok()
}

fn lawful_here(call: &Call, verb: Verb) -> Result<(), Refusal> {
    let (state, lawful) = (call.state, call.state.lawful_verbs());
    if lawful.contains(&verb) {
        return Ok(());
    }
    match call.owner {
        Some(by) if verb == Verb::Take && state.is_open() => Err(Refusal::AlreadyTaken { by }),
        _ => Err(Refusal::UnlawfulMove {
            state,
            verb,
            lawful,
        }),
    }
}

fn theirs_to_decide(call: &Call, actor: &Actor, verb: Verb) -> Result<(), Refusal> {
    let is_theirs = call.owner.is_none_or(|owner| owner == actor.id) || actor.supervises;
    match verb {
        Verb::Complete | Verb::Miss if !is_theirs => Err(Refusal::NotOwner),
        _ => Ok(()),
    }
}

fn in_time(call: &Call, verb: Verb, now: Instant) -> Result<(), Refusal> {
    let from = call.window.from;
    match verb {
        Verb::Miss if now < from => Err(Refusal::NotBegun { from }),
        _ => Ok(()),
    }
}
