//! An entry that was posted from a page, and what the next page tells of it.

use super::flash::{Done, Flash};
use crate::domain::Instant;
use crate::domain::feed::Visibility;
use crate::domain::ids::EntryId;
use crate::store::feeds::EntryView;

/// An entry that was posted from a page.
#[derive(Clone, Copy, Debug)]
pub(super) struct Posted {
    done: Done,
    entry: EntryId,
    /// Until when it may be taken back, if it may.
    undo_until: Option<Instant>,
}

/// What the next page tells of an entry that was just posted.
pub(super) fn posted(view: &EntryView, now: Instant) -> Posted {
    Posted {
        done: match view.entry.visibility {
            Visibility::Public => Done::Posted,
            Visibility::Internal => Done::Kept,
        },
        entry: view.entry.id,
        undo_until: view.undo_until.filter(|until| *until > now),
    }
}

impl Posted {
    /// It in words, with what takes it back.
    pub(super) fn flash(&self) -> Flash {
        let flash = Flash::new(self.done);
        match self.undo_until {
            Some(until) => flash.undo(self.entry, until),
            None => flash,
        }
    }
}
