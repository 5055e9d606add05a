//! Notices: which there are, what each of them tells, and who is told (N4, N6, F7).

mod about;
mod recipients;

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Instant;
use super::case::{Priority, Status};
use super::closed_enum;
use super::feed::Feed;
use super::ids::{CaseId, CaseNumber, EscalationId, EscalationNumber};
use super::organization::Side;

pub use about::{
    About, Accepted, Claimed, Closed, Decided, Declined, Delivered, Entry, Noted, Opened,
    RcaRequest, Step, Submitted,
};
pub use recipients::{Candidate, Happening, Recipient, Ties, obstacle, recipients};

closed_enum! {
    /// What a notice tells of (N6).
    pub enum NoticeKind {
        /// A case was opened.
        CaseOpened = "case_opened",
        /// A case was closed.
        CaseClosed = "case_closed",
        /// A case was reopened.
        CaseReopened = "case_reopened",
        /// Somebody wrote something public in a feed.
        EntryPosted = "entry_posted",
        /// A root cause analysis was requested (C6).
        RcaRequested = "rca_requested",
        /// A root cause analysis was delivered (C6).
        RcaDelivered = "rca_delivered",
        /// A request for a priority was granted or refused (C5).
        PriorityDecided = "priority_decided",
        /// A next step was promised (C9, M7).
        StepPromised = "step_promised",
        /// A next step was done.
        StepDone = "step_done",
        /// A next step was missed: somebody says so, or its instant has passed.
        StepMissed = "step_missed",
        /// A next step was promised anew.
        StepRepromised = "step_repromised",
        /// An escalation was submitted (M3).
        EscalationSubmitted = "escalation_submitted",
        /// An escalation got an owner (M4).
        EscalationClaimed = "escalation_claimed",
        /// An escalation was accepted (M6).
        EscalationAccepted = "escalation_accepted",
        /// An escalation was declined (M5).
        EscalationDeclined = "escalation_declined",
        /// An escalation was withdrawn.
        EscalationWithdrawn = "escalation_withdrawn",
        /// An escalation was closed (M11).
        EscalationClosed = "escalation_closed",
    }
}

closed_enum! {
    /// Where a notice stands on its way (N2).
    pub enum NoticeState {
        /// To be sent, now or at its next attempt.
        Waiting = "waiting",
        /// Taken by the mail server, or written to the folder.
        Sent = "sent",
        /// Given up: refused for good, or not taken for two days.
        Failed = "failed",
        /// Not sent because it must not be any more: its recipient was disabled, or its words were redacted.
        Withheld = "withheld",
    }
}

closed_enum! {
    /// Why somebody is told. Who is told for several reasons is told once, for the first of them in this order.
    pub enum Audience {
        /// Asked for the escalation.
        Requester = "requester",
        /// Runs the escalation.
        EscalationOwner = "escalation_owner",
        /// Asked for the priority that was decided on.
        Asker = "asker",
        /// The case's contact of record.
        Contact = "contact",
        /// Owns the case.
        CaseOwner = "case_owner",
        /// Reviews escalations, and this one has no owner.
        Queue = "queue",
        /// Works cases, and this one has no owner.
        Engineers = "engineers",
    }
}

closed_enum! {
    /// Why a notice must not be sent (any more).
    pub enum Obstacle {
        /// Its recipient is disabled, or has no verified address.
        Unreachable = "unreachable",
        /// Its recipient may not see what it is about.
        NotVisible = "not_visible",
        /// The words that it repeats were redacted.
        Redacted = "redacted",
    }
}

impl NoticeKind {
    /// Whether people may choose not to get it (N5): all but security notices, of which there is none yet.
    pub const fn is_optional(self) -> bool {
        match self {
            Self::CaseOpened
            | Self::CaseClosed
            | Self::CaseReopened
            | Self::EntryPosted
            | Self::RcaRequested
            | Self::RcaDelivered
            | Self::PriorityDecided
            | Self::StepPromised
            | Self::StepDone
            | Self::StepMissed
            | Self::StepRepromised
            | Self::EscalationSubmitted
            | Self::EscalationClaimed
            | Self::EscalationAccepted
            | Self::EscalationDeclined
            | Self::EscalationWithdrawn
            | Self::EscalationClosed => true,
        }
    }

    /// Whether it makes no sense without an escalation.
    pub const fn is_on_escalation(self, feed: Option<Feed>) -> bool {
        matches!(self.feed(feed, false), Feed::Escalation)
    }

    /// The feed that it belongs to, and so who follows it (F7). `feed` is that of the entry for
    /// [`NoticeKind::EntryPosted`]; a next step is the escalation's if it was promised on one.
    pub const fn feed(self, feed: Option<Feed>, on_escalation: bool) -> Feed {
        match self {
            Self::CaseOpened
            | Self::CaseClosed
            | Self::CaseReopened
            | Self::RcaRequested
            | Self::RcaDelivered
            | Self::PriorityDecided => Feed::Case,
            Self::EntryPosted => match feed {
                Some(feed) => feed,
                None => Feed::Case,
            },
            Self::StepPromised | Self::StepDone | Self::StepMissed | Self::StepRepromised => {
                if on_escalation {
                    Feed::Escalation
                } else {
                    Feed::Case
                }
            }
            Self::EscalationSubmitted
            | Self::EscalationClaimed
            | Self::EscalationAccepted
            | Self::EscalationDeclined
            | Self::EscalationWithdrawn
            | Self::EscalationClosed => Feed::Escalation,
        }
    }
}

/// What mails are strung together on (N4, F7): one thread for each escalation, one for the rest of each case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Thread {
    /// The technical record of a case.
    Case(CaseId),
    /// One escalation.
    Escalation(EscalationId),
}

impl Thread {
    /// The thread of what belongs to `feed`.
    pub fn of(feed: Feed, case: CaseId, escalation: Option<EscalationId>) -> Self {
        match (feed, escalation) {
            (Feed::Escalation, Some(escalation)) => Self::Escalation(escalation),
            (Feed::Escalation, None) | (Feed::Case, _) => Self::Case(case),
        }
    }
}

/// As it stands in rows: `case/<id>` or `escalation/<id>`.
impl fmt::Display for Thread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Case(case) => write!(f, "case/{case}"),
            Self::Escalation(escalation) => write!(f, "escalation/{escalation}"),
        }
    }
}

/// What a notice's row keeps about the event: everything its templates need, as facts of that instant. Who is written
/// to, in which zone and language, is looked up when it is sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Payload {
    /// When it happened.
    pub at: Instant,
    /// Why the recipient is told.
    pub audience: Audience,
    /// The case.
    pub case: CaseFacts,
    /// The escalation, if it is about one.
    pub escalation: Option<EscalationFacts>,
    /// Who did it; nobody where only time passed.
    pub actor: Option<ActorFacts>,
    /// What this kind of notice tells besides.
    pub about: About,
}

/// The case as a notice names it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CaseFacts {
    /// Its number.
    pub number: CaseNumber,
    /// Its subject.
    pub subject: String,
    /// The name of its organization.
    pub organization: String,
    /// Its priority after the event.
    pub priority: Priority,
    /// Its status after the event.
    pub status: Status,
}

/// The escalation as a notice names it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EscalationFacts {
    /// Its number.
    pub number: EscalationNumber,
}

/// Who did it, as a notice names them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ActorFacts {
    /// First and last name.
    pub name: String,
    /// The name of their organization.
    pub organization: String,
    /// The side on which they stand.
    pub side: Side,
}

#[cfg(test)]
mod tests;
