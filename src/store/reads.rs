//! What people have read, per person and feed (F6).

use diesel::prelude::*;

use crate::db::Conn;
use crate::db::schema::feed_reads;
use crate::db::sql_types::At;
use crate::domain::Instant;
use crate::domain::feed::Feed;
use crate::domain::ids::{CaseId, PersonId};

/// When a person last read each feed of a case, not later than `at`.
///
/// # Errors
/// The database's own.
pub fn last(
    conn: &mut Conn,
    case: CaseId,
    person: PersonId,
    at: Instant,
) -> QueryResult<Vec<(Feed, Instant)>> {
    let rows: Vec<(Feed, Option<At>)> = feed_reads::table
        .filter(
            feed_reads::case_id
                .eq(case)
                .and(feed_reads::person_id.eq(person)),
        )
        .filter(feed_reads::read_at.le(At(at)))
        .group_by(feed_reads::feed)
        .select((feed_reads::feed, diesel::dsl::max(feed_reads::read_at)))
        .load(conn)?;
    Ok(rows
        .into_iter()
        .filter_map(|(feed, at)| Some((feed, at?.0)))
        .collect())
}

/// When a person last read each feed of several cases.
///
/// # Errors
/// The database's own.
pub fn last_of(
    conn: &mut Conn,
    cases: &[CaseId],
    person: PersonId,
) -> QueryResult<Vec<(CaseId, Feed, Instant)>> {
    let rows: Vec<(CaseId, Feed, Option<At>)> = feed_reads::table
        .filter(feed_reads::case_id.eq_any(cases.to_vec()))
        .filter(feed_reads::person_id.eq(person))
        .group_by((feed_reads::case_id, feed_reads::feed))
        .select((
            feed_reads::case_id,
            feed_reads::feed,
            diesel::dsl::max(feed_reads::read_at),
        ))
        .load(conn)?;
    Ok(rows
        .into_iter()
        .filter_map(|(case, feed, at)| Some((case, feed, at?.0)))
        .collect())
}

/// Records that a person read a feed now.
///
/// # Errors
/// The database's own.
pub fn record(
    conn: &mut Conn,
    case: CaseId,
    person: PersonId,
    feed: Feed,
    now: Instant,
) -> QueryResult<()> {
    let row = (
        feed_reads::person_id.eq(person),
        feed_reads::case_id.eq(case),
        feed_reads::feed.eq(feed),
        feed_reads::read_at.eq(At(now)),
    );
    let there = feed_reads::table
        .filter(
            feed_reads::case_id
                .eq(case)
                .and(feed_reads::person_id.eq(person)),
        )
        .filter(
            feed_reads::feed
                .eq(feed)
                .and(feed_reads::read_at.eq(At(now))),
        );
    if diesel::select(diesel::dsl::exists(there)).get_result(conn)? {
        return Ok(());
    }
    diesel::insert_into(feed_reads::table)
        .values(row)
        .execute(conn)
        .map(drop)
}
