//! An entry that was posted from a page, and what the next page tells of it.

use super::flash::{Done, Flash};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::feed::Visibility;
use crate::domain::ids::EntryId;
use crate::store::notices;
use crate::workflow::VerbResult;

/// An entry that was posted from a page.
#[derive(Clone, Copy, Debug)]
pub(super) struct Posted {
    done: Done,
    entry: EntryId,
    /// Until when it may be taken back, if it may.
    undo_until: Option<Instant>,
}

/// What the next page tells of an entry that was just posted.
pub(super) fn posted(
    conn: &mut Conn,
    entry: EntryId,
    reaches: Visibility,
    now: Instant,
) -> VerbResult<Posted> {
    Ok(Posted {
        done: match reaches {
            Visibility::Public => Done::Posted,
            Visibility::Internal => Done::Kept,
        },
        entry,
        undo_until: notices::waits_until(conn, entry, now)?,
    })
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
