//! What cases and escalations have in common: entries and promised next steps can be on either.

use crate::domain::audit::EventKind;
use crate::domain::escalation::State;
use crate::domain::feed::{EntryKind, Feed, MarkDetails, SettledStep, Visibility};
use crate::domain::ids::{AttachmentId, EntryId, EscalationNumber, PersonId};
use crate::domain::notice::{About, Entry, Mention, Step};

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

impl StepEvent {
    pub(super) fn kind(&self) -> EventKind {
        match self {
            Self::Promised(_) | Self::PromisedInReply(_) => EventKind::StepPromised,
            Self::Done(_) => EventKind::StepDone,
            Self::Missed(_) => EventKind::StepMissed,
            Self::Repromised(_) => EventKind::StepRepromised,
        }
    }

    pub(super) fn mark(&self) -> MarkDetails<'_> {
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

    pub(super) fn notice(self) -> Option<About> {
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

/// What can happen to an entry of a feed.
#[derive(Clone, Debug)]
pub(crate) enum EntryEvent {
    Posted(PostedEntry),
    /// Its author has corrected it (F4): whom it names now and did not before is told.
    Edited(PostedEntry),
    /// Its words are gone for good (F4).
    Redacted,
    /// It stands in the other feed (F3); told of the escalation that it came to, or left.
    Moved {
        to: Feed,
    },
    /// Its author has taken it back (F4): nobody is told of it.
    TakenBack,
}

/// Words that stand in a feed already.
#[derive(Clone, Debug)]
pub(crate) struct PostedEntry {
    pub(crate) entry: EntryId,
    pub(crate) visibility: Visibility,
    pub(crate) body: String,
    /// Whom they name.
    pub(crate) mentioned: Vec<PersonId>,
    /// What its files are called.
    pub(crate) files: Vec<String>,
}

impl EntryEvent {
    pub(super) fn kind(&self) -> EventKind {
        match self {
            Self::Posted(_) => EventKind::EntryPosted,
            Self::Edited(_) => EventKind::EntryEdited,
            Self::Redacted => EventKind::EntryRedacted,
            Self::Moved { .. } => EventKind::EntryMoved,
            Self::TakenBack => EventKind::EntryTakenBack,
        }
    }

    /// What is left where it stood; `number` is that of the escalation.
    pub(super) fn mark<'a>(
        &self,
        by: &'a str,
        number: EscalationNumber,
    ) -> Option<MarkDetails<'a>> {
        match self {
            Self::Moved {
                to: Feed::Escalation,
            } => Some(MarkDetails::EntryMovedToEscalation { by, number }),
            Self::Moved { to: Feed::Case } => Some(MarkDetails::EntryMovedToCase { by }),
            Self::Posted(_) | Self::Edited(_) | Self::Redacted | Self::TakenBack => None,
        }
    }

    pub(super) fn notice(self, feed: Feed) -> Option<About> {
        match self {
            Self::Posted(posted) => posted.notice(feed),
            Self::Edited(_) | Self::Redacted | Self::Moved { .. } | Self::TakenBack => None,
        }
    }

    /// What those are told whom it names: also of an internal one, which reaches those who may read it (F2).
    pub(super) fn mention(&self, feed: Feed) -> Option<About> {
        match self {
            Self::Posted(entry) | Self::Edited(entry) if !entry.mentioned.is_empty() => {
                Some(About::Mentioned(Mention {
                    feed,
                    entry: Some(entry.entry),
                    body: entry.body.clone(),
                    files: entry.files.clone(),
                    people: entry.mentioned.clone(),
                }))
            }
            _ => None,
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
                files: self.files,
                further: Vec::new(),
            })),
        }
    }
}

/// Words of the actor that belong to what happened: a public entry in the feed of the case, or of the escalation if it
/// happened there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PostedWords<'a> {
    pub(crate) kind: EntryKind,
    pub(crate) body: &'a str,
    /// Whether they stand before the mark.
    pub(crate) come_first: bool,
    /// The files that go with them, which are attached to nothing yet.
    pub(crate) files: &'a [AttachmentId],
    /// What they tell the requester that became of the escalation, if they answer it (C7).
    pub(crate) verdict: Option<State>,
}

impl<'a> PostedWords<'a> {
    pub(super) fn after_the_mark(kind: EntryKind, body: &'a str) -> Self {
        Self {
            kind,
            body,
            come_first: false,
            files: &[],
            verdict: None,
        }
    }

    pub(super) fn comment(body: &'a str) -> Self {
        Self::after_the_mark(EntryKind::Comment, body)
    }

    pub(super) fn answer(verdict: State, body: &'a str) -> Self {
        Self {
            verdict: Some(verdict),
            ..Self::comment(body)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::event::CaseEvent;

    #[test]
    fn f2_of_an_internal_entry_nobody_is_told() {
        let at = "2026-03-03T10:00:00Z".parse().expect("an instant");
        let posted = |visibility| {
            CaseEvent::Entry(EntryEvent::Posted(PostedEntry {
                entry: EntryId::new(at),
                visibility,
                body: "Between us".to_owned(),
                mentioned: Vec::new(),
                files: Vec::new(),
            }))
        };
        assert!(posted(Visibility::Internal).notice().is_none());
        assert!(posted(Visibility::Public).notice().is_some());
    }
}
