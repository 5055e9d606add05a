//! What cases and escalations have in common: entries and promised next steps can be on either.

use crate::domain::audit::EventKind;
use crate::domain::escalation::State;
use crate::domain::feed::{EntryKind, Feed, MarkDetails, SettledStep, Visibility};
use crate::domain::ids::EntryId;
use crate::domain::notice::{About, Entry, Step};

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

impl EntryEvent {
    pub(super) fn kind(&self) -> EventKind {
        match self {
            Self::Posted(_) => EventKind::EntryPosted,
            Self::Edited => EventKind::EntryEdited,
            Self::Redacted => EventKind::EntryRedacted,
        }
    }

    pub(super) fn notice(self, feed: Feed) -> Option<About> {
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
    /// What they tell the requester that became of the escalation, if they answer it (C7).
    pub(crate) verdict: Option<State>,
}

impl<'a> PostedWords<'a> {
    pub(super) fn after_the_mark(kind: EntryKind, body: &'a str) -> Self {
        Self {
            kind,
            body,
            come_first: false,
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
            }))
        };
        assert!(posted(Visibility::Internal).notice().is_none());
        assert!(posted(Visibility::Public).notice().is_some());
    }
}
