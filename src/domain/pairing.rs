//! Pairing organizations: where a trust stands, what may be done with it, and by whom (section 9).
//!
//! The **trustee** wants to work in the **trustor**. One total function decides every verb, so that neither a page nor the
//! API compares states; who may use a verb is one table beside it (P13).

mod authority;
mod link;

use thiserror::Error;

pub use authority::{Needed, Verb, needed, widens};
pub use link::{Link, LinkProblem, Reader, check_link};

use super::Instant;
use crate::domain::closed_enum;
use crate::domain::ids::{GroupId, PersonId};

/// People and groups of one pairing, at the most (P4).
pub const MOST_MEMBERS: usize = 25;
/// People who reach one organization from another, at the most: over all pairings of the two, each once, however many of
/// their groups are named (P4).
pub const MOST_PEOPLE: usize = 25;
/// Cloned users of one pairing at a time, at the most (P8).
pub const MOST_CLONES: usize = 5;
/// For how many days a link can be used (P1).
pub const LINK_DAYS: i64 = 7;

closed_enum! {
    /// The two organizations of a pairing.
    pub enum Party as "PairingParty" {
        /// Whose people want to work elsewhere.
        Trustee = "trustee",
        /// In which they work.
        Trustor = "trustor",
    }
}

closed_enum! {
    /// The two lists of relationships, as the reader's organization sees them (P12).
    pub enum Direction as "PairingDirection" {
        /// Access to my organization: it is the trustor.
        ToMe = "to_me",
        /// Access to other organizations: it is the trustee.
        FromMe = "from_me",
    }
}

impl Direction {
    /// On which side the reader's organization is.
    pub const fn party(self) -> Party {
        match self {
            Self::ToMe => Party::Trustor,
            Self::FromMe => Party::Trustee,
        }
    }
}

impl Party {
    /// The list in which this side finds it.
    pub const fn direction(self) -> Direction {
        match self {
            Self::Trustor => Direction::ToMe,
            Self::Trustee => Direction::FromMe,
        }
    }
}

closed_enum! {
    /// Where a pairing stands.
    pub enum State as "PairingState" {
        /// Asked for, and not answered.
        Requested = "requested",
        /// Asked for, and not answered while its link was good.
        Expired = "expired",
        /// Accepted, and on.
        Active = "active",
        /// Switched off by the trustor; roles are kept.
        SwitchedOff = "switched_off",
        /// Suspended by the trustee; roles are kept.
        Suspended = "suspended",
        /// Switched off by both.
        BothOff = "both_off",
        /// Refused by whoever opened the link.
        Refused = "refused",
        /// Taken back by the trustee before it was accepted.
        Withdrawn = "withdrawn",
        /// Ended by either side.
        Removed = "removed",
    }
}

/// Of whom a pairing consists on the trustee's side: people and groups (P4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Who {
    /// A person.
    Person(PersonId),
    /// Everybody in a group.
    Group(GroupId),
}

impl Who {
    /// The person, if it is one.
    pub fn person(self) -> Option<PersonId> {
        match self {
            Self::Person(person) => Some(person),
            Self::Group(_) => None,
        }
    }

    /// The group, if it is one.
    pub fn group(self) -> Option<GroupId> {
        match self {
            Self::Person(_) => None,
            Self::Group(group) => Some(group),
        }
    }
}

/// What a pairing's row says of where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Until when its link is good.
    pub expires_at: Instant,
    /// Whether the trustor accepted.
    pub accepted: bool,
    /// Whether the link was used to refuse.
    pub refused: bool,
    /// Whether the trustor switched it off.
    pub switched_off: bool,
    /// Whether the trustee suspended it.
    pub suspended: bool,
    /// Whether one side removed it.
    pub removed: bool,
}

impl Standing {
    /// Where it stands at `now`.
    pub fn at(&self, now: Instant) -> State {
        match (self.removed, self.accepted) {
            (true, true) => State::Removed,
            (true, false) => State::Withdrawn,
            (false, true) => State::with_switches(self.switched_off, self.suspended),
            (false, false) if self.refused => State::Refused,
            (false, false) if now < self.expires_at => State::Requested,
            (false, false) => State::Expired,
        }
    }
}

impl State {
    /// Accepted, and with these switches.
    pub const fn with_switches(switched_off: bool, suspended: bool) -> Self {
        match (switched_off, suspended) {
            (false, false) => Self::Active,
            (true, false) => Self::SwitchedOff,
            (false, true) => Self::Suspended,
            (true, true) => Self::BothOff,
        }
    }

    /// What the trustor's and the trustee's switch say, once it is accepted and as long as it is not removed: whether
    /// each is off.
    pub const fn switches(self) -> Option<(bool, bool)> {
        match self {
            Self::Active => Some((false, false)),
            Self::SwitchedOff => Some((true, false)),
            Self::Suspended => Some((false, true)),
            Self::BothOff => Some((true, true)),
            Self::Requested | Self::Expired | Self::Refused | Self::Withdrawn | Self::Removed => {
                None
            }
        }
    }

    /// Whether `party` has it switched off.
    pub fn is_off_for(self, party: Party) -> bool {
        self.switches()
            .is_some_and(|(trustor, trustee)| match party {
                Party::Trustor => trustor,
                Party::Trustee => trustee,
            })
    }
}

/// A verb on a pairing with what it is decided on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// A new link for an unanswered request.
    RenewLink,
    /// "Yes, I authorize access" (P2).
    Accept,
    /// No.
    Refuse,
    /// One side's own switch (P6).
    Switch {
        /// Whose.
        by: Party,
        /// On or off.
        on: bool,
    },
    /// The end of it, or of the request (P6).
    Remove {
        /// Who ends it.
        by: Party,
    },
    /// More people and groups (P5).
    Propose {
        /// How many there are.
        have: usize,
        /// How many more are named.
        more: usize,
    },
    /// One of them less.
    RemoveMember,
    /// A role for one of them (P3).
    GiveRole,
    /// A role less.
    TakeRole,
    /// A role that is asked for, refused, or not asked for any more (P3).
    AskForRole,
    /// A cloned user (P8).
    AddClone {
        /// How many there are.
        have: usize,
    },
    /// A cloned user less.
    RemoveClone,
}

/// Why a verb did nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// The link does not open it.
    #[error("the link: {0}")]
    Link(LinkProblem),
    /// Nobody has accepted it.
    #[error("it is not accepted")]
    NotAccepted,
    /// It has its answer: a link would open nothing, and nobody else is asked for.
    #[error("it is answered")]
    Answered,
    /// It has ended.
    #[error("it has ended")]
    Ended,
    /// More people and groups than a pairing has (P4).
    #[error("more than {MOST_MEMBERS} people and groups")]
    TooManyMembers,
    /// More people than reach one organization from another (P4).
    #[error("more than {MOST_PEOPLE} people")]
    TooManyPeople,
    /// More cloned users than a pairing has at a time (P8).
    #[error("more than {MOST_CLONES} cloned users")]
    TooManyClones,
    /// Whose clone is asked for was given no role, or is not trusted any more.
    #[error("not trusted")]
    NotTrusted,
    /// The other organization decides on it.
    #[error("the other organization decides on it")]
    OtherSide,
    /// Whoever is here by a pairing widens no pairing.
    #[error("not by way of a pairing")]
    ThroughPairing,
    /// The role goes with the others, and not by itself.
    #[error("the role goes with the others")]
    GoesWithOthers,
}

/// Whether so many people may reach one organization from another (P4).
///
/// # Errors
/// [`Refusal::TooManyPeople`].
pub const fn may_reach(people: usize) -> Result<(), Refusal> {
    match people > MOST_PEOPLE {
        true => Err(Refusal::TooManyPeople),
        false => Ok(()),
    }
}

/// Where a pairing that stands at `state` stands after `command`; where it stood, if it was so already.
///
/// # Errors
/// Why it does nothing.
pub fn decide(state: State, command: Command) -> Result<State, Refusal> {
    match command {
        Command::RenewLink => match state {
            State::Requested | State::Expired => Ok(State::Requested),
            State::Withdrawn | State::Removed => Err(Refusal::Ended),
            _ => Err(Refusal::Answered),
        },
        Command::Accept => opened(state).map(|()| State::Active),
        Command::Refuse => opened(state).map(|()| State::Refused),
        Command::Switch { by, on } => switch(state, by, on),
        Command::Remove { by } => match (state, by) {
            (State::Withdrawn | State::Removed, _) => Err(Refusal::Ended),
            (State::Requested | State::Expired | State::Refused, Party::Trustee) => {
                Ok(State::Withdrawn)
            }
            (State::Requested | State::Expired | State::Refused, Party::Trustor) => {
                Err(Refusal::NotAccepted)
            }
            (State::Active | State::SwitchedOff | State::Suspended | State::BothOff, _) => {
                Ok(State::Removed)
            }
        },
        Command::Propose { have, more } => {
            running(state)?;
            if have.saturating_add(more) > MOST_MEMBERS {
                return Err(Refusal::TooManyMembers);
            }
            Ok(state)
        }
        Command::RemoveMember => running(state).map(|()| state),
        Command::GiveRole | Command::TakeRole | Command::AskForRole | Command::RemoveClone => {
            accepted(state).map(|()| state)
        }
        Command::AddClone { have } => {
            accepted(state)?;
            if have >= MOST_CLONES {
                return Err(Refusal::TooManyClones);
            }
            Ok(state)
        }
    }
}

/// Whether the link still opens it (P2).
fn opened(state: State) -> Result<(), Refusal> {
    match state {
        State::Requested => Ok(()),
        State::Expired => Err(Refusal::Link(LinkProblem::Expired)),
        State::Withdrawn => Err(Refusal::Link(LinkProblem::Withdrawn)),
        State::Active
        | State::SwitchedOff
        | State::Suspended
        | State::BothOff
        | State::Refused
        | State::Removed => Err(Refusal::Link(LinkProblem::Used)),
    }
}

fn accepted(state: State) -> Result<(), Refusal> {
    match state {
        State::Active | State::SwitchedOff | State::Suspended | State::BothOff => Ok(()),
        State::Requested | State::Expired | State::Refused => Err(Refusal::NotAccepted),
        State::Withdrawn | State::Removed => Err(Refusal::Ended),
    }
}

fn running(state: State) -> Result<(), Refusal> {
    match state {
        State::Requested | State::Expired => Ok(()),
        State::Refused => Err(Refusal::Answered),
        _ => accepted(state),
    }
}

fn switch(state: State, by: Party, on: bool) -> Result<State, Refusal> {
    accepted(state)?;
    let (switched_off, suspended) = state.switches().unwrap_or_default();
    Ok(match by {
        Party::Trustor => State::with_switches(!on, suspended),
        Party::Trustee => State::with_switches(switched_off, !on),
    })
}

#[cfg(test)]
mod tests;
