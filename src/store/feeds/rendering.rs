//! What came of the words of entries, kept as HTML.

use diesel::prelude::*;

use crate::db::Conn;
use crate::db::schema::feed_entries;
use crate::domain::ids::EntryId;
use crate::words::markdown;

/// Entries that no present way of rendering has rendered, and their words; `limit` at the most.
///
/// # Errors
/// Database errors.
pub fn unrendered(conn: &mut Conn, limit: i64) -> QueryResult<Vec<(EntryId, i64, String)>> {
    feed_entries::table
        .filter(feed_entries::rendering.lt(markdown::RENDERING))
        .order((feed_entries::rendering.asc(), feed_entries::id.asc()))
        .select((feed_entries::id, feed_entries::version, feed_entries::body))
        .limit(limit)
        .load(conn)
}

/// Keeps what came of an entry's words, if they are still those of `version`. It changes nothing that anybody reads.
///
/// # Errors
/// Database errors.
pub fn keep_rendering(
    conn: &mut Conn,
    id: EntryId,
    version: i64,
    html: &str,
) -> QueryResult<usize> {
    let unchanged = feed_entries::id
        .eq(id)
        .and(feed_entries::version.eq(version));
    diesel::update(feed_entries::table.filter(unchanged))
        .set((
            feed_entries::body_html.eq(html),
            feed_entries::rendering.eq(markdown::RENDERING),
        ))
        .execute(conn)
}
