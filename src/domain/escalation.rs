//! The escalation: its states, its verbs, its rank (M2, M4–M6, M11).

mod machine;

use crate::domain::closed_enum;
pub use machine::{Actor, Command, Decision, Event, Facts, Refusal, takes, transition};

closed_enum! {
    /// Where an escalation stands (M2).
    pub enum State as "EscalationState" {
        /// Raised by the requester, claimed by nobody.
        Submitted = "submitted",
        /// An owner reviews it.
        InReview = "in_review",
        /// Found valid, ranked, and run by its owner.
        Accepted = "accepted",
        /// Found not valid. Final.
        Declined = "declined",
        /// Taken back by the requester's side. Final.
        Withdrawn = "withdrawn",
        /// Ended with an outcome. Final; the requester may rate it.
        Closed = "closed",
    }
}

closed_enum! {
    /// How important, or how urgent, an escalation is.
    pub enum Level as "EscalationLevel" {
        /// Low.
        Low = "low",
        /// Medium.
        Medium = "medium",
        /// High.
        High = "high",
    }
}

closed_enum! {
    /// What can be done with an escalation.
    pub enum Verb as "EscalationVerb" {
        /// Take it for review.
        Claim = "claim",
        /// Give it to an owner.
        Assign = "assign",
        /// Find it valid.
        Accept = "accept",
        /// Change importance and urgency.
        Rerank = "rerank",
        /// Find it not valid.
        Decline = "decline",
        /// Take it back.
        Withdraw = "withdraw",
        /// End it with an outcome.
        Close = "close",
        /// Say how it was handled.
        Rate = "rate",
        /// Ask somebody else for the rating, since whoever was asked is gone (M11).
        AskRater = "ask_rater",
    }
}

/// The scores that a rating may give (M11).
pub const SCORES: std::ops::RangeInclusive<u8> = 1..=5;

impl State {
    /// Whether it keeps another escalation of the case from being submitted (E3).
    pub const fn is_active(self) -> bool {
        matches!(self, Self::Submitted | Self::InReview | Self::Accepted)
    }

    /// The verbs that an escalation takes.
    pub const fn lawful_verbs(self) -> &'static [Verb] {
        match self {
            Self::Submitted => &[Verb::Claim, Verb::Assign, Verb::Withdraw],
            Self::InReview => &[Verb::Assign, Verb::Accept, Verb::Decline, Verb::Withdraw],
            Self::Accepted => &[Verb::Assign, Verb::Rerank, Verb::Withdraw, Verb::Close],
            Self::Closed => &[Verb::Rate, Verb::AskRater],
            Self::Declined | Self::Withdrawn => &[],
        }
    }
}

/// The rank that orders the queue, from 1 (first) to 5 (M6).
pub const fn rank(importance: Level, urgency: Level) -> u8 {
    5 - (importance as u8 + urgency as u8)
}

#[cfg(test)]
mod tests;
