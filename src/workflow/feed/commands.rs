//! What is said in a feed, and how it may be taken back.

use chrono::TimeDelta;

use crate::domain::Instant;
use crate::domain::case::{Channel, Status};
use crate::domain::feed::{Visibility, undo_until};
use crate::domain::ids::AttachmentId;
use crate::domain::text::{Markdown, Note, Title};
use crate::input::input;

input! {
    /// An entry.
    pub struct PostEntry {
        /// Markdown.
        body: Markdown,
        /// Who it reaches; `public` if not given. Only staff write `internal`.
        visibility: Option<Visibility>,
        /// Where the case stands from then on; staff only, and only by lawful moves. It stays where it is if not given.
        status: Option<Status>,
        /// Files that you have sent before, by id, in this order.
        attachments: Option<Vec<AttachmentId>>,
        /// Whether you may take it back until its `undo_until`; mails tell of it after that. If not given it is there for good,
        /// and told of at once. In the portal it may always be taken back.
        undoable: Option<bool>,
    }
}

input! {
    /// An entry of an escalation's feed.
    pub struct PostOnEscalation {
        /// Markdown.
        body: Markdown,
        /// Who it reaches; `public` if not given. Only staff write `internal`.
        visibility: Option<Visibility>,
        /// Whether the update that is owed next stands still until the requester's side has answered in this feed. Only staff
        /// ask so, in public.
        awaits_reply: Option<bool>,
        /// Files that you have sent before, by id, in this order.
        attachments: Option<Vec<AttachmentId>>,
        /// Whether you may take it back until its `undo_until`; mails tell of it after that. If not given it is there for good,
        /// and told of at once. In the portal it may always be taken back.
        undoable: Option<bool>,
    }
}

impl PostEntry {
    /// Who it reaches.
    pub fn reaches(&self) -> Visibility {
        self.visibility.unwrap_or(Visibility::Public)
    }

    pub(super) fn files(&self) -> Option<&[AttachmentId]> {
        self.attachments.as_deref()
    }
}

impl PostOnEscalation {
    /// Who it reaches.
    pub fn reaches(&self) -> Visibility {
        self.visibility.unwrap_or(Visibility::Public)
    }

    pub(super) fn files(&self) -> Option<&[AttachmentId]> {
        self.attachments.as_deref()
    }
}

input! {
    /// A contact outside the portal (M10).
    pub struct RecordCommunication {
        /// By what means.
        channel: Channel,
        /// With whom.
        with: Title,
        /// When it took place.
        at: Instant,
        /// What was said, in Markdown.
        summary: Markdown,
    }
}

input! {
    /// A correction.
    pub struct EditEntry {
        /// The whole text as it should be, in Markdown.
        body: Markdown,
    }
}

input! {
    /// Why an entry's words go.
    pub struct RedactEntry {
        /// Why; it is audited.
        reason: Note,
    }
}

/// When something is written, and for how long its author may take it back (F4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Posting {
    /// When.
    pub now: Instant,
    /// For how long; not at all if zero. Nobody is told of it by mail meanwhile.
    pub undo: TimeDelta,
}

/// For good.
impl From<Instant> for Posting {
    fn from(now: Instant) -> Self {
        Self {
            now,
            undo: TimeDelta::zero(),
        }
    }
}

impl Posting {
    /// Written now; to be taken back within so long, if it is `undoable`.
    pub fn undoable(now: Instant, undo: TimeDelta, undoable: Option<bool>) -> Self {
        match undoable {
            Some(true) => Self { now, undo },
            _ => now.into(),
        }
    }

    /// Until when, and whether it stays all the same, since what it does cannot be put back.
    pub(super) fn offered(self, bound_to_stay: bool) -> Option<(Instant, bool)> {
        undo_until(self.now, self.undo).map(|until| (until, bound_to_stay))
    }
}
