//! What can happen to a case, or in its feed.

use super::feed::{EntryEvent, PostedWords, StepEvent};
use crate::domain::Instant;
use crate::domain::audit::EventKind;
use crate::domain::case::{BusinessImpact, Engagement, Priority, Status};
use crate::domain::feed::{EntryKind, Feed, MarkDetails};
use crate::domain::ids::{AttachmentId, EscalationNumber};
use crate::domain::notice::{About, Asked, Decided, Delivered, Noted, Opened, RcaRequest};

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
        /// Its files, and what they are called.
        files: Vec<AttachmentId>,
        names: Vec<String>,
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
            Self::RcaDelivered {
                analysis, files, ..
            } => Some(PostedWords {
                files,
                ..PostedWords::after_the_mark(EntryKind::Rca, analysis)
            }),
        }
    }

    /// What those are told whom an entry names.
    pub(crate) fn mention(&self) -> Option<About> {
        match self {
            Self::Entry(entry) => entry.mention(Feed::Case),
            _ => None,
        }
    }

    /// What people are told of it.
    pub(crate) fn notice(self) -> Option<About> {
        match self {
            Self::Changed(changes) => changes
                .iter()
                .any(|change| matches!(change, CaseChange::Owner(Some(_))))
                .then_some(About::CaseAssigned),
            Self::PriorityRaised => None,
            Self::Opened(opened) => Some(About::CaseOpened(opened)),
            Self::Closed { note, .. } => Some(About::CaseClosed(Noted { note })),
            Self::Reopened { note } => Some(About::CaseReopened(Noted { note: Some(note) })),
            Self::PriorityRequested { to, note } => {
                Some(About::PriorityRequested(Asked { note, priority: to }))
            }
            Self::PriorityDecided { to, granted, note } => Some(About::PriorityDecided(Decided {
                granted,
                note,
                priority: to,
            })),
            Self::RcaRequested { due_at, note } => Some(About::RcaRequested(RcaRequest {
                note,
                due_at: Some(due_at),
            })),
            Self::RcaDelivered {
                analysis, names, ..
            } => Some(About::RcaDelivered(Delivered {
                body: analysis,
                files: names,
            })),
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
}
