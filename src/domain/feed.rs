//! Feeds: the technical record of a case, and the communication about its escalations (F1–F4).

mod details;
mod mention;
mod moving;
mod undo;

use chrono::TimeDelta;

pub(crate) use details::{MarkDetails, SettledStep};
pub use mention::{MOST_MENTIONS, begins_with, may_mention, mentioned};
pub use moving::{Movable, MoveRefusal, may_move};
pub use undo::{CaseNow, MovedCase, UNDO_FOR, UndoRefusal, Undoable, may_undo, undo_until};

use super::Instant;
use super::ids::PersonId;
use super::organization::Side;
use crate::domain::closed_enum;

closed_enum! {
    /// The two feeds of a case (F1).
    pub enum Feed {
        /// The technical record.
        Case = "case",
        /// The communication about an escalation.
        Escalation = "escalation",
    }
}

closed_enum! {
    /// What an entry of a feed is.
    pub enum EntryKind {
        /// Somebody's words.
        Comment = "comment",
        /// Asks the provider to change something, such as the priority (C5).
        WorkNote = "work_note",
        /// Left by the desk itself where something happened.
        Mark = "mark",
        /// A contact outside the portal, recorded afterwards (M10).
        ExternalCommunication = "external_communication",
        /// A delivered root cause analysis (C6).
        Rca = "rca",
    }
}

closed_enum! {
    /// What the desk itself says in a case feed, where something happened (F8). Its words are made when it is read.
    pub enum Mark {
        /// The case was closed.
        CaseClosed = "case_closed",
        /// It was opened again.
        CaseReopened = "case_reopened",
        /// Its status has changed.
        StatusChanged = "status_changed",
        /// Its priority has changed.
        PriorityChanged = "priority_changed",
        /// Its business impact has changed.
        ImpactChanged = "impact_changed",
        /// Who works on it, such as engineering, has changed.
        EngagementsChanged = "engagements_changed",
        /// Somebody else owns the case, or nobody.
        OwnerChanged = "owner_changed",
        /// How it is worded that nobody owns the case now; rows keep `owner_changed`.
        OwnerRemoved = "owner_removed",
        /// High priority was asked for.
        PriorityRequested = "priority_requested",
        /// It was granted.
        PriorityGranted = "priority_granted",
        /// It was refused.
        PriorityRefused = "priority_refused",
        /// A root cause analysis was asked for.
        RcaRequested = "rca_requested",
        /// It was delivered.
        RcaDelivered = "rca_delivered",
        /// An escalation was submitted.
        EscalationSubmitted = "escalation_submitted",
        /// An owner took it for review.
        EscalationClaimed = "escalation_claimed",
        /// It was given to an owner.
        EscalationAssigned = "escalation_assigned",
        /// It was given to whose turn it was.
        EscalationGivenInTurn = "escalation_given_in_turn",
        /// It was found valid.
        EscalationAccepted = "escalation_accepted",
        /// Its importance and urgency were set anew.
        EscalationReranked = "escalation_reranked",
        /// It was declined.
        EscalationDeclined = "escalation_declined",
        /// It was withdrawn.
        EscalationWithdrawn = "escalation_withdrawn",
        /// It was closed.
        EscalationClosed = "escalation_closed",
        /// A call was asked for.
        CallbackRequested = "callback_requested",
        /// Somebody makes it.
        CallbackTaken = "callback_taken",
        /// It has another window.
        CallbackRescheduled = "callback_rescheduled",
        /// It took place.
        CallbackCompleted = "callback_completed",
        /// It did not.
        CallbackMissed = "callback_missed",
        /// It was called off.
        CallbackCanceled = "callback_canceled",
        /// A next step was promised.
        StepPromised = "step_promised",
        /// It was done.
        StepDone = "step_done",
        /// It was missed.
        StepMissed = "step_missed",
        /// It was promised for another time.
        StepRepromised = "step_repromised",
        /// An entry was moved to the feed of an escalation (F3).
        EntryMovedToEscalation = "entry_moved_to_escalation",
        /// One was moved to the case feed; it is left where it stood, in the escalation feed.
        EntryMovedToCase = "entry_moved_to_case",
    }
}

impl Mark {
    /// Whether it tells of an escalation itself, not of a step that was promised on it.
    pub fn is_of_escalation(self) -> bool {
        self.as_str().starts_with("escalation_")
    }

    /// The feed in which it is left: that of the case, but for what left an escalation's.
    pub const fn feed(self) -> Feed {
        match self {
            Self::EntryMovedToCase => Feed::Escalation,
            _ => Feed::Case,
        }
    }
}

closed_enum! {
    /// Who an entry reaches (F2).
    pub enum Visibility {
        /// Both sides.
        Public = "public",
        /// The provider's staff only.
        Internal = "internal",
    }
}

/// How long its author may change an entry (F4).
pub const EDIT_WINDOW: TimeDelta = TimeDelta::minutes(5);

/// Whether an entry counts as an update by the provider (C7): written by its staff and visible to the customer. What
/// the desk wrote by itself never counts, whoever caused it, and nor does the answer to an escalation: a wrong decline
/// must not make the customer wait again. `side` is the author's, if there is one.
pub const fn counts_as_provider_update(
    kind: EntryKind,
    visibility: Visibility,
    side: Option<Side>,
    answers_escalation: bool,
) -> bool {
    let written_by_a_person = match kind {
        EntryKind::Comment
        | EntryKind::WorkNote
        | EntryKind::ExternalCommunication
        | EntryKind::Rca => true,
        EntryKind::Mark => false,
    };
    written_by_a_person
        && !answers_escalation
        && matches!(visibility, Visibility::Public)
        && matches!(side, Some(Side::Provider))
}

/// Whether `by` may still change the entry that `author` wrote at `at` (F4): its own author, in less than
/// [`EDIT_WINDOW`].
pub fn may_edit(author: Option<PersonId>, by: PersonId, at: Instant, now: Instant) -> bool {
    author == Some(by) && now.signed_duration_since(at) < EDIT_WINDOW
}

/// The place behind `last` in the order of what is written on a case: the instant in microseconds since 1970, or one more
/// than `last` where the clock is not beyond that. So places order as things were committed, whoever's clock is behind,
/// and never count what somebody may not see (F2).
pub fn position_after(last: Option<i64>, at: Instant) -> i64 {
    let now = at.timestamp_micros();
    last.map_or(now, |last| now.max(last + 1))
}

#[cfg(test)]
mod tests;
