//! What was written on several cases lately, as far as it decides who has read it; and entries by their ids.

use diesel::prelude::*;

use super::{Entry, EntryView, Row, has_files, shown, with_files};
use crate::db::Conn;
use crate::db::schema::{escalations, feed_entries, people, undoable_entries};
use crate::db::sql_types::At;
use crate::domain::Instant;
use crate::domain::feed::{Feed, Visibility};
use crate::domain::ids::{CaseId, EntryId, PersonId};

/// An entry, as far as it decides who has read it.
#[derive(Clone, Copy, Debug)]
pub struct Written {
    /// Its id.
    pub id: EntryId,
    /// The case.
    pub case: CaseId,
    /// The feed.
    pub feed: Feed,
    /// Who wrote it, or did what a mark tells of.
    pub author: Option<PersonId>,
    /// When.
    pub at: Instant,
    /// Up to where one must have read its feed to have read it there.
    pub arrived: i64,
}

/// What was written behind `after` on these cases, which exist for the reader, in feeds and for readers that they are of; the
/// latest first.
///
/// # Errors
/// Database errors.
pub fn written_since(
    conn: &mut Conn,
    cases: &[CaseId],
    (feeds, visibilities): (&[Feed], &[Visibility]),
    after: Instant,
    limit: i64,
) -> QueryResult<Vec<Written>> {
    type Found = (
        EntryId,
        CaseId,
        Feed,
        Option<PersonId>,
        At,
        i64,
        Option<i64>,
    );
    let rows: Vec<Found> = feed_entries::table
        .filter(feed_entries::case_id.eq_any(cases.to_vec()))
        .filter(feed_entries::feed.eq_any(feeds.to_vec()))
        .filter(feed_entries::visibility.eq_any(visibilities.to_vec()))
        .filter(feed_entries::at.gt(At(after)))
        .order((feed_entries::at.desc(), feed_entries::id.desc()))
        .select((
            feed_entries::id,
            feed_entries::case_id,
            feed_entries::feed,
            feed_entries::author_id,
            feed_entries::at,
            feed_entries::position,
            feed_entries::moved_position,
        ))
        .limit(limit)
        .load(conn)?;
    let written = |(id, case, feed, author, at, position, moved): Found| Written {
        id,
        case,
        feed,
        author,
        at: at.0,
        arrived: moved.unwrap_or(position),
    };
    Ok(rows.into_iter().map(written).collect())
}

/// These entries, which exist for the reader, in no order.
///
/// # Errors
/// Database errors.
pub fn among(conn: &mut Conn, ids: &[EntryId]) -> QueryResult<Vec<EntryView>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<Row> = shown!(feed_entries::table)
        .filter(feed_entries::id.eq_any(ids.to_vec()))
        .load(conn)?;
    with_files(conn, rows)
}
