//! Entries that may still be taken back (F4): until when, what they did besides standing there, and how they go.

use diesel::dsl::{exists, max};
use diesel::prelude::*;

use super::Entry;
use super::writing::next_position;
use crate::db::schema::{feed_entries, undoable_entries};
use crate::db::sql_types::At;
use crate::db::{Conn, kept};
use crate::domain::Instant;
use crate::domain::audit::seal::{Said, Thing};
use crate::domain::case::Status;
use crate::domain::feed::{EntryKind, Feed, MovedCase, Visibility};
use crate::domain::ids::{CaseId, EntryId};
use crate::domain::organization::Side;
use crate::words::markdown;

/// What is kept of an entry for as long as it may be taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offered {
    /// Until when it may be.
    pub until: Instant,
    /// Whether it did something that cannot be put back: then it stays.
    pub bound_to_stay: bool,
    /// What it did to targets of the escalation, as JSON; none if nothing.
    pub touched: Option<String>,
    /// The status that the case got with it.
    pub moved_case: Option<MovedCase>,
}

/// Lets an entry be taken back until an instant.
///
/// # Errors
/// Database errors.
pub fn offer_undo(
    conn: &mut Conn,
    entry: EntryId,
    (until, bound_to_stay): (Instant, bool),
) -> QueryResult<()> {
    diesel::insert_into(undoable_entries::table)
        .values((
            undoable_entries::entry_id.eq(entry),
            undoable_entries::until.eq(At(until)),
            undoable_entries::bound_to_stay.eq(bound_to_stay),
        ))
        .execute(conn)
        .map(drop)
}

/// Notes that the case got another status with an entry that may be taken back.
///
/// # Errors
/// Database errors.
pub fn note_moved_case(conn: &mut Conn, entry: EntryId, moved: MovedCase) -> QueryResult<()> {
    kept(undoable_entries::table.filter(undoable_entries::entry_id.eq(entry)))
        .set((
            undoable_entries::status_from.eq(Some(moved.from)),
            undoable_entries::status_to.eq(Some(moved.to)),
            undoable_entries::case_version.eq(Some(moved.version)),
        ))
        .execute(conn)
        .map(drop)
}

/// Notes what an entry that may be taken back did to targets, as JSON.
///
/// # Errors
/// Database errors.
pub fn note_touched(conn: &mut Conn, entry: EntryId, touched: &str) -> QueryResult<()> {
    kept(undoable_entries::table.filter(undoable_entries::entry_id.eq(entry)))
        .set(undoable_entries::touched.eq(Some(touched)))
        .execute(conn)
        .map(drop)
}

type OfferedRow = (
    At,
    bool,
    Option<String>,
    (Option<Status>, Option<Status>, Option<i64>),
);

/// What is kept of an entry that may be taken back, or could be a short while ago.
///
/// # Errors
/// Database errors.
pub fn offered_undo(conn: &mut Conn, entry: EntryId) -> QueryResult<Option<Offered>> {
    let row: Option<OfferedRow> = undoable_entries::table
        .filter(undoable_entries::entry_id.eq(entry))
        .select((
            undoable_entries::until,
            undoable_entries::bound_to_stay,
            undoable_entries::touched,
            (
                undoable_entries::status_from,
                undoable_entries::status_to,
                undoable_entries::case_version,
            ),
        ))
        .get_result(conn)
        .optional()?;
    Ok(
        row.map(|(until, bound_to_stay, touched, (from, to, version))| {
            let moved = from.zip(to).zip(version);
            Offered {
                until: until.0,
                bound_to_stay,
                touched,
                moved_case: moved.map(|((from, to), version)| MovedCase { from, to, version }),
            }
        }),
    )
}

/// Whether somebody has written in the case feed behind an entry.
///
/// # Errors
/// Database errors.
pub fn is_followed(conn: &mut Conn, entry: &Entry) -> QueryResult<bool> {
    let later = feed_entries::table
        .filter(
            feed_entries::case_id
                .eq(entry.case_id)
                .and(feed_entries::feed.eq(Feed::Case)),
        )
        .filter(feed_entries::position.gt(entry.position))
        .filter(feed_entries::kind.ne(EntryKind::Mark));
    diesel::select(exists(later)).get_result(conn)
}

/// Takes an entry away, as if it was never written; its files and notices are gone already. The place of what follows is told
/// by the newest entry that is left, so that nobody who follows the case misses what is written next. Gives what the event has
/// to say of it.
///
/// # Errors
/// Database errors.
pub fn take_back(conn: &mut Conn, entry: &Entry, now: Instant) -> QueryResult<Said> {
    markdown::forget(&entry.body);
    let position = next_position(conn, entry.case_id, now)?;
    diesel::delete(undoable_entries::table.filter(undoable_entries::entry_id.eq(entry.id)))
        .execute(conn)?;
    diesel::delete(feed_entries::table.filter(feed_entries::id.eq(entry.id))).execute(conn)?;
    let newest: Option<EntryId> = feed_entries::table
        .filter(feed_entries::case_id.eq(entry.case_id))
        .order(feed_entries::changed_position.desc())
        .select(feed_entries::id)
        .first(conn)
        .optional()?;
    if let Some(newest) = newest {
        diesel::update(feed_entries::table.filter(feed_entries::id.eq(newest)))
            .set(feed_entries::changed_position.eq(position))
            .execute(conn)?;
    }
    Ok(Said::taken_back(Thing::Entry(entry.id)))
}

/// The newest update by the provider on a case (C7): what its clock goes by.
///
/// # Errors
/// Database errors.
pub fn newest_provider_update(conn: &mut Conn, case: CaseId) -> QueryResult<Option<Instant>> {
    let newest: Option<At> = feed_entries::table
        .filter(feed_entries::case_id.eq(case))
        .filter(feed_entries::visibility.eq(Visibility::Public))
        .filter(feed_entries::author_side.eq(Side::Provider))
        .filter(feed_entries::kind.ne(EntryKind::Mark))
        .filter(feed_entries::verdict.is_null())
        .select(max(feed_entries::at))
        .get_result(conn)?;
    Ok(newest.map(|at| at.0))
}
