//! What people have read, per person and feed (F6).

use diesel::dsl::{exists, max};
use diesel::prelude::*;

use crate::db::schema::feed_reads;
use crate::db::sql_types::At;
use crate::db::{Conn, fixed, kept, on_either};
use crate::domain::Instant;
use crate::domain::feed::Feed;
use crate::domain::ids::{CaseId, PersonId};

/// How far a person has read a feed.
#[derive(Clone, Copy, Debug)]
pub struct Read {
    /// The feed.
    pub feed: Feed,
    /// When they last read it.
    pub at: Instant,
    /// Up to which place: what was committed behind it is unread, whatever its clock says.
    pub position: i64,
}

/// How far a person has read each feed of a case, not later than `at`.
///
/// # Errors
/// Database errors.
pub fn last(
    conn: &mut Conn,
    case: CaseId,
    person: PersonId,
    at: Instant,
) -> QueryResult<Vec<Read>> {
    let rows: Vec<(Feed, Option<At>, Option<i64>)> = on_either!(conn, |own| {
        let last = feed_reads::table
            .filter(
                feed_reads::case_id
                    .eq(case)
                    .and(feed_reads::person_id.eq(person)),
            )
            .filter(feed_reads::read_at.le(At(at)))
            .group_by(feed_reads::feed)
            .select((
                feed_reads::feed,
                max(feed_reads::read_at),
                max(feed_reads::position),
            ));
        fixed!(last).load(own)
    })?;
    let read = rows.into_iter().filter_map(|(feed, at, position)| {
        Some(Read {
            feed,
            at: at?.0,
            position: position?,
        })
    });
    Ok(read.collect())
}

/// Whether a person has said since `after` that they have read a feed of a case.
///
/// # Errors
/// Database errors.
pub fn said_since(
    conn: &mut Conn,
    (case, person): (CaseId, PersonId),
    feed: Feed,
    after: Instant,
) -> QueryResult<bool> {
    let said = feed_reads::table
        .filter(
            feed_reads::case_id
                .eq(case)
                .and(feed_reads::person_id.eq(person)),
        )
        .filter(feed_reads::feed.eq(feed).and(feed_reads::said.eq(true)))
        .filter(feed_reads::read_at.ge(At(after)));
    diesel::select(exists(said)).get_result(conn)
}

/// Up to which place a person has read several cases, whichever feed they read farther.
///
/// # Errors
/// Database errors.
pub fn last_of(
    conn: &mut Conn,
    cases: &[CaseId],
    person: PersonId,
) -> QueryResult<Vec<(CaseId, i64)>> {
    let rows: Vec<(CaseId, Option<i64>)> = feed_reads::table
        .filter(feed_reads::case_id.eq_any(cases.to_vec()))
        .filter(feed_reads::person_id.eq(person))
        .group_by(feed_reads::case_id)
        .select((feed_reads::case_id, max(feed_reads::position)))
        .load(conn)?;
    Ok(rows
        .into_iter()
        .filter_map(|(case, position)| Some((case, position?)))
        .collect())
}

/// Up to which place a person has read each feed of several cases.
///
/// # Errors
/// Database errors.
pub fn last_in_feeds(
    conn: &mut Conn,
    cases: &[CaseId],
    person: PersonId,
) -> QueryResult<Vec<((CaseId, Feed), i64)>> {
    let rows: Vec<(CaseId, Feed, Option<i64>)> = feed_reads::table
        .filter(feed_reads::case_id.eq_any(cases.to_vec()))
        .filter(feed_reads::person_id.eq(person))
        .group_by((feed_reads::case_id, feed_reads::feed))
        .select((
            feed_reads::case_id,
            feed_reads::feed,
            max(feed_reads::position),
        ))
        .load(conn)?;
    let rows = rows.into_iter();
    Ok(rows
        .filter_map(|(case, feed, position)| Some(((case, feed), position?)))
        .collect())
}

/// When a person last said that they have read this feed of several cases.
///
/// # Errors
/// Database errors.
pub fn last_said_of(
    conn: &mut Conn,
    cases: &[CaseId],
    person: PersonId,
    feed: Feed,
) -> QueryResult<Vec<(CaseId, Instant)>> {
    let rows: Vec<(CaseId, Option<At>)> = feed_reads::table
        .filter(feed_reads::case_id.eq_any(cases.to_vec()))
        .filter(feed_reads::person_id.eq(person))
        .filter(feed_reads::feed.eq(feed).and(feed_reads::said.eq(true)))
        .group_by(feed_reads::case_id)
        .select((feed_reads::case_id, max(feed_reads::read_at)))
        .load(conn)?;
    Ok(rows
        .into_iter()
        .filter_map(|(case, at)| Some((case, at?.0)))
        .collect())
}

/// Records that a person read a feed now, up to this place: because they say so, or because it was shown to them.
///
/// # Errors
/// Database errors.
pub fn record(
    conn: &mut Conn,
    case: CaseId,
    person: PersonId,
    (feed, position): (Feed, i64),
    said: bool,
    now: Instant,
) -> QueryResult<()> {
    // Somebody who reads in two windows at once may do so at one instant.
    let is_new = on_either!(conn, |own| diesel::insert_into(feed_reads::table)
        .values((
            feed_reads::person_id.eq(person),
            feed_reads::case_id.eq(case),
            feed_reads::feed.eq(feed),
            feed_reads::read_at.eq(At(now)),
            feed_reads::position.eq(position),
            feed_reads::said.eq(said),
        ))
        .on_conflict_do_nothing()
        .execute(own))?;
    if is_new == 1 {
        return Ok(());
    }
    let there = || {
        feed_reads::table
            .filter(
                feed_reads::case_id
                    .eq(case)
                    .and(feed_reads::person_id.eq(person)),
            )
            .filter(
                feed_reads::feed
                    .eq(feed)
                    .and(feed_reads::read_at.eq(At(now))),
            )
    };
    kept(there().filter(feed_reads::position.lt(position)))
        .set(feed_reads::position.eq(position))
        .execute(conn)?;
    if said {
        kept(there()).set(feed_reads::said.eq(true)).execute(conn)?;
    }
    Ok(())
}
