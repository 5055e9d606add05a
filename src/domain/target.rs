//! Targets: how soon an escalation is claimed, first answered and kept up to date, and who is told when it is not (M8).

mod kept;
mod ladder;
mod moved;
mod run;
mod table;

use crate::domain::closed_enum;

pub use kept::{Happening, Started, Turn, turns};
pub use ladder::{
    Firing, InvalidLadder, LONGEST_DELAY, Ladder, LadderLevel, LadderProblem, MOST_LEVELS, Tell,
    Timing,
};
pub use moved::{Moved, moved_in};
pub use run::{Run, Standing};
pub use table::{Allowance, Grade, LONGEST_MINUTES, TargetRow, TargetTable};

closed_enum! {
    /// What an escalation is to get in time (M8).
    pub enum TargetKind {
        /// Somebody who reviews it: from the submission until it is claimed or assigned.
        Claim = "claim",
        /// An answer: from the submission until the verdict, or the provider's first public entry in the escalation feed.
        FirstReply = "first_reply",
        /// News: from the acceptance, or the provider's last public entry in the escalation feed, until the next one.
        Update = "update",
    }
}

closed_enum! {
    /// Which minutes count towards a target.
    pub enum TargetClock {
        /// All of them.
        Elapsed = "elapsed",
        /// Those of the line's business calendar.
        Business = "business",
    }
}

/// How long what is told of targets, or of entries of one thread, to one person is gathered after the last notice (N7).
pub const GATHERED_FOR: chrono::TimeDelta = chrono::TimeDelta::minutes(5);

/// Whether somebody is told of a target at whatever hour (N7): where every minute counts, or the escalation is of the first or
/// second rank.
pub fn is_told_at_any_hour(clock: TargetClock, rank: Option<i64>) -> bool {
    clock == TargetClock::Elapsed || rank.is_some_and(|rank| rank <= 2)
}

#[cfg(test)]
mod tests;
