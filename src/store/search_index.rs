//! The embedded database's index of words. What was written waits until it is taken in, many rows at once: a part of the index for
//! each that writes took a quarter of the time of an entry. Until then a search reads it through. A server keeps its own.
//!
//! Rows of the index are numbered by when their case was opened, so that it can be asked for the newest that have a word: to take each
//! of many to its case, and that to its place in a list, takes a hundred times as long as to find them. Each [`SPAN`] of seconds has
//! [`ROWS`] numbers, and what is left over is numbered from [`BEYOND`] on. So a row of a case that was opened at some instant or
//! later has the [first number](first_row) of that instant's span or a greater one; nothing more is said by it.

use chrono::DateTime;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_query;
use diesel::sql_types::{BigInt, Text};
use diesel::sqlite::Sqlite;

use crate::db::Conn;
use crate::domain::Instant;

/// So many seconds have numbers of their own: four and a half hours.
const SPAN: i64 = 1 << 14;
/// So many numbers they have, two for each second. With sixteen for each the index was twice as large.
const ROWS: i64 = 1 << 15;
/// Behind the numbers of all spans.
pub const BEYOND: i64 = 1 << 48;

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
    let taken = sql_query(format!(
        "INSERT INTO search_rows (row, thing, case_id) \
         SELECT CASE WHEN place <= {ROWS} THEN first + place - 1 ELSE beyond + any_place END, thing, case_id FROM (\
         SELECT first, thing, case_id, \
         row_number() OVER (PARTITION BY first ORDER BY thing) \
         + coalesce((SELECT max(row) - first + 1 FROM search_rows WHERE row >= first AND row < first + {ROWS}), 0) AS place, \
         row_number() OVER (ORDER BY thing) AS any_place, \
         max({BEYOND}, coalesce((SELECT max(row) FROM search_rows), 0)) AS beyond FROM (\
         SELECT max(unixepoch(cases.opened_at), 0) / {SPAN} * {ROWS} AS first, waiting.thing, waiting.case_id \
         FROM (SELECT thing, case_id FROM search_waiting ORDER BY thing LIMIT ?) AS waiting \
         CROSS JOIN cases ON cases.id = waiting.case_id))"
    ));
    let taken = taken.bind::<BigInt, _>(most).execute(own)?;
    // Those that were numbered, and none behind them: however much waits, this is done in a moment.
    let indexed = sql_query(
        "INSERT INTO search_index (rowid, words) SELECT listed.row, coalesce(\
         (SELECT search_words FROM feed_entries WHERE id = listed.thing), (SELECT search_words FROM cases WHERE id = listed.thing)) \
         FROM (SELECT thing FROM search_waiting ORDER BY thing LIMIT ?) AS waiting \
         CROSS JOIN search_rows AS listed ON listed.thing = waiting.thing ORDER BY listed.row",
    );
    indexed.bind::<BigInt, _>(most).execute(own)?;
    let gone = sql_query(
        "DELETE FROM search_waiting WHERE thing IN (SELECT thing FROM search_waiting ORDER BY thing LIMIT ?)",
    );
    gone.bind::<BigInt, _>(most).execute(own)?;
    Ok(taken)
}

/// The least number that a row of a case has which was opened at this instant or later.
pub fn first_row(opened_at: Instant) -> i64 {
    opened_at.timestamp().max(0) / SPAN * ROWS
}

/// The number behind all that rows of a case have which was opened at this instant, unless they are numbered from [`BEYOND`] on.
pub fn end_of_rows(opened_at: Instant) -> i64 {
    first_row(opened_at) + ROWS
}

/// From this instant on each case was opened whose rows are all numbered behind the span of this one.
fn behind(row: i64) -> Option<Instant> {
    DateTime::from_timestamp(row.checked_div(ROWS)?.checked_add(1)?.checked_mul(SPAN)?, 0)
}

/// The instant from which on cases have about so many of the rows, of those that are numbered below `end`, that the index names when
/// it is asked for this. `None` if they are not so many, or no database is embedded.
///
/// # Errors
/// Database errors.
pub fn newest(conn: &mut Conn, asked: &str, end: i64, rows: i64) -> QueryResult<Option<Instant>> {
    let Conn::Sqlite(own) = conn else {
        return Ok(None);
    };
    let found: Option<i64> = Named { asked, end, rows }.get_result(own).optional()?;
    Ok(found.and_then(behind))
}

/// The number of the row behind so many that the index names.
struct Named<'a> {
    asked: &'a str,
    end: i64,
    rows: i64,
}

impl QueryId for Named<'_> {
    type QueryId = Named<'static>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl Query for Named<'_> {
    type SqlType = BigInt;
}

impl RunQueryDsl<SqliteConnection> for Named<'_> {}

impl QueryFragment<Sqlite> for Named<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        out.push_sql("SELECT rowid FROM search_index WHERE search_index MATCH ");
        out.push_bind_param::<Text, str>(self.asked)?;
        out.push_sql(" AND rowid < ");
        out.push_bind_param::<BigInt, i64>(&self.end)?;
        out.push_sql(" ORDER BY rowid DESC LIMIT 1 OFFSET ");
        out.push_bind_param::<BigInt, i64>(&self.rows)
    }
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
