//! The embedded database's index of words. What was written waits until it is taken in, many rows at once: a part of the index for
//! each that writes took a quarter of the time of an entry. Until then a search reads it through. A server keeps its own.

use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::BigInt;

use crate::db::Conn;

/// So many pages of the index are put together with others in one transaction, about: few enough that nobody waits long who writes.
const PAGES: i64 = 16;

#[derive(QueryableByName)]
struct Figure {
    #[diesel(sql_type = BigInt)]
    figure: i64,
}

fn figure(conn: &mut SqliteConnection, sql: &str) -> QueryResult<i64> {
    let found: Figure = sql_query(sql).get_result(conn)?;
    Ok(found.figure)
}

/// Whether anything waits to be taken in.
///
/// # Errors
/// Database errors.
pub fn is_any_waiting(conn: &mut Conn) -> QueryResult<bool> {
    let Conn::Sqlite(own) = conn else {
        return Ok(false);
    };
    let any = "SELECT EXISTS (SELECT 1 FROM search_waiting) AS figure";
    Ok(figure(own, any)? == 1)
}

/// Takes in what waits, `most` rows at the most; gives how many they were.
///
/// # Errors
/// Database errors.
pub fn take_in(conn: &mut Conn, most: i64) -> QueryResult<usize> {
    let Conn::Sqlite(own) = conn else {
        return Ok(0);
    };
    let before = figure(
        own,
        "SELECT coalesce(max(row), 0) AS figure FROM search_rows",
    )?;
    let taken = sql_query(
        "INSERT INTO search_rows (thing, case_id) SELECT thing, case_id FROM search_waiting ORDER BY thing LIMIT ?",
    );
    let taken = taken.bind::<BigInt, _>(most).execute(own)?;
    let indexed = sql_query(
        "INSERT INTO search_index (rowid, words) SELECT row, coalesce(\
         (SELECT search_words FROM feed_entries WHERE id = thing), (SELECT search_words FROM cases WHERE id = thing)) \
         FROM search_rows WHERE row > ? ORDER BY row",
    );
    indexed.bind::<BigInt, _>(before).execute(own)?;
    let gone = sql_query(
        "DELETE FROM search_waiting WHERE thing IN (SELECT thing FROM search_rows WHERE row > ?)",
    );
    gone.bind::<BigInt, _>(before).execute(own)?;
    Ok(taken)
}

/// Puts some parts of the index together, of which each that was taken in at once is one; gives whether there was anything to do.
///
/// # Errors
/// Database errors.
pub fn put_together(conn: &mut Conn) -> QueryResult<bool> {
    let Conn::Sqlite(own) = conn else {
        return Ok(false);
    };
    let changes = "SELECT total_changes() AS figure";
    let before = figure(own, changes)?;
    let merge = sql_query("INSERT INTO search_index (search_index, rank) VALUES ('merge', ?)");
    merge.bind::<BigInt, _>(PAGES).execute(own)?;
    // The statement itself is one change.
    Ok(figure(own, changes)? - before > 1)
}
