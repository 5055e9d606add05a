//! What can happen, each with its facts, and what every room makes of it: the audited event, the marks in the case feed, the
//! words in a feed, the notice, the letter.
//!
//! A verb says what happened once. Whoever adds something that can happen adds a variant here, and the compiler names what
//! has to be said of it. What happens on cases stands in this file; what happens to accounts, to requests for access, to
//! pairings, and to what administrators keep, in one of its own each.

mod access_request;
mod account;
mod administrative;
mod audited;
mod pairing;

pub(crate) use access_request::{AccessReader, AccessRequestEvent, RequestedAccess};
pub(crate) use account::{AccountEvent, ProfileFields};
pub(crate) use administrative::{
    AddedLine, AddedOrganization, AddedPerson, AddedRole, AdministrativeEvent, AttemptFields,
    CalendarFields, ExportFields, GroupFields, LineFields, NoticeFields, OrganizationFields,
    PersonFields, ReasonFields, RemovedRole, ResentFilters, ResentNotices, RoleFields,
    SecondFactorFields, TokenFields, TokenOwner,
};
pub(crate) use audited::{Audited, Changed, subject};
pub(crate) use pairing::{CloneFields, PairingEvent};

use super::Instant;
use super::audit::EventKind;
use super::case::{BusinessImpact, Engagement, Priority, Status};
use super::eligibility::FindingCode;
use super::feed::{EntryKind, Feed, MarkDetails, SettledStep, Visibility};
use super::ids::{EntryId, EscalationNumber};
use super::notice::{
    About, Accepted, Claimed, Closed, Decided, Declined, Delivered, Entry, Noted, Opened,
    RcaRequest, Step, Submitted,
};

/// What can happen to a case, or in its feed.
#[derive(Clone, Debug)]
pub(crate) enum CaseEvent {
    Opened(Opened),
    Changed(Vec<CaseChange>),
    /// By granting a request, which is what readers are told of.
    PriorityRaised,
    Closed {
        /// The escalation that was withdrawn with it.
        withdrawn: Option<EscalationNumber>,
        note: Option<String>,
    },
    Reopened {
        note: String,
    },
    PriorityRequested {
        to: Priority,
        note: String,
    },
    PriorityDecided {
        to: Priority,
        granted: bool,
        note: Option<String>,
    },
    RcaRequested {
        due_at: Instant,
        note: Option<String>,
    },
    RcaDelivered {
        analysis: String,
    },
    Entry(EntryEvent),
    Step(StepEvent),
}

/// A field of a case has changed, of which readers of the feed should know.
#[derive(Clone, Debug)]
pub(crate) enum CaseChange {
    Status {
        from: Status,
        to: Status,
    },
    Priority {
        from: Priority,
        to: Priority,
    },
    Impact {
        from: BusinessImpact,
        to: BusinessImpact,
    },
    Engagements(Vec<Engagement>),
    /// The new owner's name, if it has one.
    Owner(Option<String>),
}

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
    },
    Withdrawn {
        note: Option<String>,
    },
    Closed {
        outcome: String,
        summary: String,
    },
    Rated,
    Entry(EntryEvent),
    Step(StepEvent),
}

/// What can happen to a promised next step, on a case or on an escalation.
#[derive(Clone, Debug)]
pub(crate) enum StepEvent {
    Promised(Step),
    /// Promised in the answer to an escalation, which tells of it.
    PromisedInReply(Step),
    Done(Step),
    Missed(Step),
    Repromised(Step),
}

/// What can happen to an entry of a feed.
#[derive(Clone, Debug)]
pub(crate) enum EntryEvent {
    Posted(PostedEntry),
    /// Its author has corrected it (F4).
    Edited,
    /// Its words are gone for good (F4).
    Redacted,
}

/// Words that stand in a feed already.
#[derive(Clone, Debug)]
pub(crate) struct PostedEntry {
    pub(crate) entry: EntryId,
    pub(crate) visibility: Visibility,
    pub(crate) body: String,
}

/// Words of the actor that belong to what happened: a public entry in the feed of the case, or of the escalation if it
/// happened there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PostedWords<'a> {
    pub(crate) kind: EntryKind,
    pub(crate) body: &'a str,
    /// Whether they stand before the mark.
    pub(crate) come_first: bool,
}

impl<'a> PostedWords<'a> {
    fn after_the_mark(kind: EntryKind, body: &'a str) -> Self {
        Self {
            kind,
            body,
            come_first: false,
        }
    }

    fn comment(body: &'a str) -> Self {
        Self::after_the_mark(EntryKind::Comment, body)
    }
}

impl CaseEvent {
    /// As it is audited.
    pub(crate) fn kind(&self) -> EventKind {
        match self {
            Self::Opened(_) => EventKind::CaseOpened,
            Self::Changed(_)
            | Self::PriorityRaised
            | Self::RcaRequested { .. }
            | Self::RcaDelivered { .. } => EventKind::CaseChanged,
            Self::Closed { .. } => EventKind::CaseClosed,
            Self::Reopened { .. } => EventKind::CaseReopened,
            Self::PriorityRequested { .. } => EventKind::PriorityRequested,
            Self::PriorityDecided { .. } => EventKind::PriorityDecided,
            Self::Entry(entry) => entry.kind(),
            Self::Step(step) => step.kind(),
        }
    }

    /// What is left in the case feed; `by` is the name of whoever did it.
    pub(crate) fn marks<'a>(&'a self, by: &'a str) -> Vec<MarkDetails<'a>> {
        let mark = match self {
            Self::Opened(_) | Self::PriorityRaised | Self::Entry(_) => return Vec::new(),
            Self::Changed(changes) => {
                return changes.iter().map(|change| change.mark(by)).collect();
            }
            Self::Closed { withdrawn, .. } => MarkDetails::CaseClosed {
                by,
                withdrawn: *withdrawn,
            },
            Self::Reopened { .. } => MarkDetails::CaseReopened { by },
            Self::PriorityRequested { to, .. } => MarkDetails::PriorityRequested { by, to: *to },
            Self::PriorityDecided { to, granted, note } => {
                let (to, note) = (*to, note.as_deref());
                match granted {
                    true => MarkDetails::PriorityGranted { by, to, note },
                    false => MarkDetails::PriorityRefused { by, to, note },
                }
            }
            Self::RcaRequested { due_at, .. } => MarkDetails::RcaRequested {
                by,
                due_at: *due_at,
            },
            Self::RcaDelivered { .. } => MarkDetails::RcaDelivered { by },
            Self::Step(step) => step.mark(),
        };
        vec![mark]
    }

    /// What the actor said with it.
    pub(crate) fn words(&self) -> Option<PostedWords<'_>> {
        match self {
            Self::Opened(_)
            | Self::Changed(_)
            | Self::PriorityRaised
            | Self::Entry(_)
            | Self::Step(_) => None,
            // A last word is said while the case is open.
            Self::Closed { note, .. } => note.as_deref().map(|note| PostedWords {
                come_first: true,
                ..PostedWords::comment(note)
            }),
            Self::Reopened { note } => Some(PostedWords::comment(note)),
            Self::PriorityRequested { note, .. } => {
                Some(PostedWords::after_the_mark(EntryKind::WorkNote, note))
            }
            Self::PriorityDecided { note, .. } => note.as_deref().map(PostedWords::comment),
            Self::RcaRequested { note, .. } => {
                let note = note.as_deref()?;
                Some(PostedWords::after_the_mark(EntryKind::WorkNote, note))
            }
            Self::RcaDelivered { analysis } => {
                Some(PostedWords::after_the_mark(EntryKind::Rca, analysis))
            }
        }
    }

    /// What people are told of it.
    pub(crate) fn notice(self) -> Option<About> {
        match self {
            Self::Changed(_) | Self::PriorityRaised => None,
            Self::Opened(opened) => Some(About::CaseOpened(opened)),
            Self::Closed { note, .. } => Some(About::CaseClosed(Noted { note })),
            Self::Reopened { note } => Some(About::CaseReopened(Noted { note: Some(note) })),
            Self::PriorityRequested { note, .. } => Some(About::EntryPosted(Entry {
                feed: Feed::Case,
                entry: None,
                body: note,
            })),
            Self::PriorityDecided { to, granted, note } => Some(About::PriorityDecided(Decided {
                granted,
                note,
                priority: to,
            })),
            Self::RcaRequested { due_at, note } => Some(About::RcaRequested(RcaRequest {
                note,
                due_at: Some(due_at),
            })),
            Self::RcaDelivered { analysis } => {
                Some(About::RcaDelivered(Delivered { body: analysis }))
            }
            Self::Entry(entry) => entry.notice(Feed::Case),
            Self::Step(step) => step.notice(),
        }
    }
}

impl CaseChange {
    fn mark<'a>(&'a self, by: &'a str) -> MarkDetails<'a> {
        match self {
            Self::Status { from, to } => MarkDetails::StatusChanged {
                from: *from,
                to: *to,
            },
            Self::Priority { from, to } => MarkDetails::PriorityChanged {
                by,
                from: *from,
                to: *to,
            },
            Self::Impact { from, to } => MarkDetails::ImpactChanged {
                by,
                from: *from,
                to: *to,
            },
            Self::Engagements(to) => MarkDetails::EngagementsChanged { to },
            Self::Owner(to) => MarkDetails::OwnerChanged { to: to.as_deref() },
        }
    }
}

impl EscalationEvent {
    /// As it is audited.
    pub(crate) fn kind(&self) -> EventKind {
        match self {
            Self::Submitted { .. } => EventKind::EscalationSubmitted,
            Self::Claimed { .. } => EventKind::EscalationClaimed,
            Self::Assigned { .. } => EventKind::EscalationAssigned,
            Self::Accepted { .. } => EventKind::EscalationAccepted,
            Self::Reranked { .. } => EventKind::EscalationReranked,
            Self::Declined { .. } => EventKind::EscalationDeclined,
            Self::Withdrawn { .. } => EventKind::EscalationWithdrawn,
            Self::Closed { .. } => EventKind::EscalationClosed,
            Self::Rated => EventKind::EscalationRated,
            Self::Entry(entry) => entry.kind(),
            Self::Step(step) => step.kind(),
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
            Self::Rated | Self::Entry(_) => None,
            Self::Step(step) => Some(step.mark()),
        }
    }

    /// What the actor said with it.
    pub(crate) fn words(&self) -> Option<PostedWords<'_>> {
        match self {
            Self::Submitted { details, .. } => Some(PostedWords::comment(details)),
            Self::Accepted { reply, .. } => Some(PostedWords::comment(reply)),
            Self::Declined { reply, .. } => reply.as_deref().map(PostedWords::comment),
            Self::Withdrawn { note } => note.as_deref().map(PostedWords::comment),
            Self::Closed { summary, .. } => Some(PostedWords::comment(summary)),
            Self::Claimed { .. }
            | Self::Assigned { .. }
            | Self::Reranked { .. }
            | Self::Rated
            | Self::Entry(_)
            | Self::Step(_) => None,
        }
    }

    /// What people are told of it.
    pub(crate) fn notice(self) -> Option<About> {
        match self {
            Self::Submitted { reason, details } => Some(About::EscalationSubmitted(Submitted {
                reason,
                details: Some(details),
            })),
            Self::Claimed { owner } | Self::Assigned { owner } => {
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
            Self::Declined { reasons, reply } => {
                Some(About::EscalationDeclined(Declined { reasons, reply }))
            }
            Self::Withdrawn { note } => Some(About::EscalationWithdrawn(Noted { note })),
            Self::Closed { outcome, summary } => Some(About::EscalationClosed(Closed {
                outcome,
                summary: Some(summary),
            })),
            Self::Reranked { .. } | Self::Rated => None,
            Self::Entry(entry) => entry.notice(Feed::Escalation),
            Self::Step(step) => step.notice(),
        }
    }
}

impl StepEvent {
    fn kind(&self) -> EventKind {
        match self {
            Self::Promised(_) | Self::PromisedInReply(_) => EventKind::StepPromised,
            Self::Done(_) => EventKind::StepDone,
            Self::Missed(_) => EventKind::StepMissed,
            Self::Repromised(_) => EventKind::StepRepromised,
        }
    }

    fn mark(&self) -> MarkDetails<'_> {
        match self {
            Self::Promised(step) | Self::PromisedInReply(step) => MarkDetails::StepPromised {
                what: &step.what,
                who: &step.who,
                due_at: step.due_at,
            },
            Self::Done(step) => MarkDetails::StepDone(settled(step)),
            Self::Missed(step) => MarkDetails::StepMissed(settled(step)),
            Self::Repromised(step) => MarkDetails::StepRepromised(settled(step)),
        }
    }

    fn notice(self) -> Option<About> {
        match self {
            Self::Promised(step) => Some(About::StepPromised(step)),
            Self::PromisedInReply(_) => None,
            Self::Done(step) => Some(About::StepDone(step)),
            Self::Missed(step) => Some(About::StepMissed(step)),
            Self::Repromised(step) => Some(About::StepRepromised(step)),
        }
    }
}

fn settled(step: &Step) -> SettledStep<'_> {
    SettledStep {
        what: &step.what,
        who: &step.who,
        due_at: step.due_at,
        reason: step.reason.as_deref(),
    }
}

impl EntryEvent {
    fn kind(&self) -> EventKind {
        match self {
            Self::Posted(_) => EventKind::EntryPosted,
            Self::Edited => EventKind::EntryEdited,
            Self::Redacted => EventKind::EntryRedacted,
        }
    }

    fn notice(self, feed: Feed) -> Option<About> {
        match self {
            Self::Posted(posted) => posted.notice(feed),
            Self::Edited | Self::Redacted => None,
        }
    }
}

impl PostedEntry {
    /// F2: of what is internal, nobody is told.
    fn notice(self, feed: Feed) -> Option<About> {
        match self.visibility {
            Visibility::Internal => None,
            Visibility::Public => Some(About::EntryPosted(Entry {
                feed,
                entry: Some(self.entry),
                body: self.body,
            })),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_keeps_the_facts_that_rows_have() {
        let closed = CaseEvent::Closed {
            withdrawn: None,
            note: None,
        };
        let marks = closed.marks("Sam Reed");
        let fields: Vec<_> = marks
            .iter()
            .map(|mark| mark.fields().expect("JSON"))
            .collect();
        let expected =
            serde_json::json!({"mark": "case_closed", "by": "Sam Reed", "withdrawn": null});
        assert_eq!(serde_json::json!(fields), serde_json::json!([expected]));
    }

    #[test]
    fn f2_of_an_internal_entry_nobody_is_told() {
        let at = "2026-03-03T10:00:00Z".parse().expect("an instant");
        let posted = |visibility| {
            CaseEvent::Entry(EntryEvent::Posted(PostedEntry {
                entry: EntryId::new(at),
                visibility,
                body: "Between us".to_owned(),
            }))
        };
        assert!(posted(Visibility::Internal).notice().is_none());
        assert!(posted(Visibility::Public).notice().is_some());
    }
}
