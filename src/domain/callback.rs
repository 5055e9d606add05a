//! Callbacks: a call that is asked for on an active escalation, by when it is to come, and what becomes of it (M12).

mod machine;
mod window;

use chrono::TimeDelta;

use super::access::Permission;
use crate::domain::Instant;
use crate::domain::closed_enum;

pub use machine::{Actor, Call, Command, PatchError, Refusal, takes, transition};
pub use window::{NotATime, Part, Spoken, Window, WindowFault, WindowProblem};

closed_enum! {
    /// Where a callback stands.
    pub enum State as "CallbackState" {
        /// Asked for, and nobody's yet.
        Requested = "requested",
        /// Somebody of support makes the call.
        Taken = "taken",
        /// The call took place. Final.
        Completed = "completed",
        /// Its window is over, or nobody answered. It can be given a new window.
        Missed = "missed",
        /// Called off, or ended with its escalation. Final.
        Canceled = "canceled",
    }
}

closed_enum! {
    /// What can be done with a callback.
    pub enum Verb as "CallbackVerb" {
        /// Take it: one makes the call oneself.
        Take = "take",
        /// Give it to somebody.
        Assign = "assign",
        /// Give it another window.
        Reschedule = "reschedule",
        /// Change what it is about.
        Describe = "describe",
        /// Say that the call took place.
        Complete = "complete",
        /// Say that it did not.
        Miss = "miss",
        /// Call it off.
        Cancel = "cancel",
    }
}

/// How long ago a window may have begun when it is asked for: whoever wants to be called from now on fills a form in first.
pub const START_GRACE: TimeDelta = TimeDelta::minutes(5);

impl State {
    /// Whether the call is still to come.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Requested | Self::Taken)
    }

    /// The verbs that a callback takes.
    pub const fn lawful_verbs(self) -> &'static [Verb] {
        match self {
            Self::Requested => &[
                Verb::Take,
                Verb::Assign,
                Verb::Reschedule,
                Verb::Describe,
                Verb::Complete,
                Verb::Miss,
                Verb::Cancel,
            ],
            Self::Taken => &[
                Verb::Assign,
                Verb::Reschedule,
                Verb::Describe,
                Verb::Complete,
                Verb::Miss,
                Verb::Cancel,
            ],
            Self::Missed => &[Verb::Reschedule, Verb::Complete],
            Self::Completed | Self::Canceled => &[],
        }
    }
}

impl Verb {
    /// The permission that it needs. Whoever reviews escalations makes the calls of them.
    pub const fn permission(self) -> Permission {
        match self {
            Self::Take | Self::Complete | Self::Miss => Permission::EscalationsReview,
            Self::Assign => Permission::EscalationsAssign,
            Self::Reschedule | Self::Describe => Permission::CallbacksReschedule,
            Self::Cancel => Permission::CallbacksCancel,
        }
    }
}

/// Whether a window that ends at `until` is over at `now`, and the call did not come.
pub fn is_lapsed(state: State, until: Instant, now: Instant) -> bool {
    state.is_open() && until <= now
}

#[cfg(test)]
mod tests;
