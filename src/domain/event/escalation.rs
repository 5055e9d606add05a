//! What can happen to an escalation, or in its feed.

use super::callback::CallbackEvent;
use super::feed::{EntryEvent, PostedWords, StepEvent};
use crate::domain::audit::EventKind;
use crate::domain::eligibility::FindingCode;
use crate::domain::escalation::State;
use crate::domain::feed::{Feed, MarkDetails};
use crate::domain::ids::EscalationNumber;
use crate::domain::notice::{
    About, Accepted, Claimed, Closed, Declined, Step, Submitted, Withdrawn,
};

/// What can happen to an escalation, or in its feed.
#[derive(Clone, Debug)]
pub(crate) enum EscalationEvent {
    Submitted {
        /// The label of the reason.
        reason: String,
        details: String,
    },
    Claimed {
        /// The name of whoever took it.
        owner: String,
    },
    Assigned {
        /// The name of whoever got it.
        owner: String,
    },
    /// It was its owner's turn (M4).
    GivenInTurn {
        /// The name of whoever got it.
        owner: String,
    },
    Accepted {
        rank: Option<i64>,
        reply: String,
        next_steps: Vec<Step>,
    },
    Reranked {
        rank: Option<i64>,
    },
    Declined {
        reasons: Vec<FindingCode>,
        reply: Option<String>,
        /// How many calls are canceled with it.
        calls: usize,
    },
    Withdrawn {
        note: Option<String>,
        /// How many calls are canceled with it.
        calls: usize,
    },
    Closed {
        outcome: String,
        summary: String,
        /// How many calls are canceled with it.
        calls: usize,
    },
    Rated,
    /// Somebody else is asked for the rating.
    RaterAsked {
        outcome: String,
        summary: Option<String>,
    },
    Entry(EntryEvent),
    Step(StepEvent),
    Callback(CallbackEvent),
}

impl EscalationEvent {
    /// As it is audited.
    pub(crate) fn kind(&self) -> EventKind {
        match self {
            Self::Submitted { .. } => EventKind::EscalationSubmitted,
            Self::Claimed { .. } => EventKind::EscalationClaimed,
            Self::Assigned { .. } | Self::GivenInTurn { .. } => EventKind::EscalationAssigned,
            Self::Accepted { .. } => EventKind::EscalationAccepted,
            Self::Reranked { .. } => EventKind::EscalationReranked,
            Self::Declined { .. } => EventKind::EscalationDeclined,
            Self::Withdrawn { .. } => EventKind::EscalationWithdrawn,
            Self::Closed { .. } => EventKind::EscalationClosed,
            Self::Rated => EventKind::EscalationRated,
            Self::RaterAsked { .. } => EventKind::EscalationRaterAsked,
            Self::Entry(entry) => entry.kind(),
            Self::Step(step) => step.kind(),
            Self::Callback(callback) => callback.kind(),
        }
    }

    /// What is left in the case feed; `by` is the name of whoever did it, `number` the escalation's.
    pub(crate) fn mark<'a>(
        &'a self,
        by: &'a str,
        number: EscalationNumber,
    ) -> Option<MarkDetails<'a>> {
        match self {
            Self::Submitted { .. } => Some(MarkDetails::EscalationSubmitted { by, number }),
            Self::Claimed { .. } => Some(MarkDetails::EscalationClaimed { by, number }),
            Self::Assigned { owner } => Some(MarkDetails::EscalationAssigned {
                by,
                number,
                to: owner,
            }),
            Self::GivenInTurn { owner } => {
                Some(MarkDetails::EscalationGivenInTurn { number, to: owner })
            }
            Self::Accepted { rank, .. } => Some(MarkDetails::EscalationAccepted {
                by,
                number,
                rank: *rank,
            }),
            Self::Reranked { rank } => Some(MarkDetails::EscalationReranked {
                by,
                number,
                rank: *rank,
            }),
            Self::Declined { .. } => Some(MarkDetails::EscalationDeclined { by, number }),
            Self::Withdrawn { .. } => Some(MarkDetails::EscalationWithdrawn { by, number }),
            Self::Closed { outcome, .. } => Some(MarkDetails::EscalationClosed {
                by,
                number,
                outcome,
            }),
            Self::Rated | Self::RaterAsked { .. } => None,
            Self::Entry(entry) => entry.mark(by, number),
            Self::Step(step) => Some(step.mark()),
            Self::Callback(callback) => callback.mark(by),
        }
    }

    /// What the actor said with it.
    pub(crate) fn words(&self) -> Option<PostedWords<'_>> {
        match self {
            Self::Submitted { details, .. } => Some(PostedWords::comment(details)),
            Self::Accepted { reply, .. } => Some(PostedWords::answer(State::Accepted, reply)),
            Self::Declined { reply, .. } => {
                let reply = reply.as_deref()?;
                Some(PostedWords::answer(State::Declined, reply))
            }
            Self::Withdrawn { note, .. } => note.as_deref().map(PostedWords::comment),
            Self::Closed { summary, .. } => Some(PostedWords::comment(summary)),
            Self::Claimed { .. }
            | Self::Assigned { .. }
            | Self::GivenInTurn { .. }
            | Self::Reranked { .. }
            | Self::Rated
            | Self::RaterAsked { .. }
            | Self::Entry(_)
            | Self::Step(_)
            | Self::Callback(_) => None,
        }
    }

    /// What those are told whom an entry names.
    pub(crate) fn mention(&self) -> Option<About> {
        match self {
            Self::Entry(entry) => entry.mention(Feed::Escalation),
            _ => None,
        }
    }

    /// What people are told of it.
    pub(crate) fn notice(self) -> Option<About> {
        match self {
            Self::Submitted { reason, details } => Some(About::EscalationSubmitted(Submitted {
                reason,
                details: Some(details),
            })),
            Self::Claimed { owner } | Self::Assigned { owner } | Self::GivenInTurn { owner } => {
                Some(About::EscalationClaimed(Claimed { owner }))
            }
            Self::Accepted {
                rank,
                reply,
                next_steps,
            } => Some(About::EscalationAccepted(Accepted {
                reply: Some(reply),
                rank,
                next_steps,
            })),
            Self::Declined {
                reasons,
                reply,
                calls,
            } => Some(About::EscalationDeclined(Declined {
                reasons,
                reply,
                calls,
            })),
            Self::Withdrawn { note, calls } => {
                Some(About::EscalationWithdrawn(Withdrawn { note, calls }))
            }
            Self::Closed {
                outcome,
                summary,
                calls,
            } => Some(About::EscalationClosed(Closed {
                outcome,
                summary: Some(summary),
                calls,
            })),
            Self::RaterAsked { outcome, summary } => Some(About::EscalationRatingAsked(Closed {
                outcome,
                summary,
                calls: 0,
            })),
            Self::Reranked { .. } | Self::Rated => None,
            Self::Entry(entry) => entry.notice(Feed::Escalation),
            Self::Step(step) => step.notice(),
            Self::Callback(callback) => callback.notice(),
        }
    }
}
