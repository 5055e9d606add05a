//! Events that were committed, and have no place in the chain yet: on a server they are linked behind their commit.
//!
//! That an event waits is said by its own row, and by no mark up to which all are linked: a transaction may commit long after others
//! that took greater numbers, and its events wait like any. Only whoever holds the lock of the chain's end links, one after another, and
//! finds under that lock all that was committed before. Nobody else takes it.

use diesel::dsl::{exists, min};
use diesel::prelude::*;
use diesel::result::Error as Diesel;

use super::chain::Row;
use super::server::place;
use crate::db::schema::{audit_chain, audit_events};
use crate::db::sql_types::At;
use crate::db::{Conn, kept, write_what_was_put_off};
use crate::domain::Instant;
use crate::domain::audit::{End, Linked, linked};

/// How many events are linked at once where all are to be.
const BATCH: i64 = 500;

/// What waits for its place in the chain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// How many events.
    pub events: i64,
    /// When the earliest of them happened; none without any.
    pub since: Option<Instant>,
}

/// Whether any event waits. The embedded database links what it writes, and has none.
///
/// # Errors
/// Database errors.
pub fn is_any_waiting(conn: &mut Conn) -> QueryResult<bool> {
    if let Conn::Sqlite(_) = conn {
        return Ok(false);
    }
    let waiting = audit_events::table.filter(audit_events::link.is_null());
    diesel::select(exists(waiting)).get_result(conn)
}

/// What waits now.
///
/// # Errors
/// Database errors.
pub fn waiting(conn: &mut Conn) -> QueryResult<Waiting> {
    write_what_was_put_off(conn)?;
    let events: i64 = audit_events::table
        .filter(audit_events::link.is_null())
        .count()
        .get_result(conn)?;
    let since: QueryResult<Option<At>> = audit_events::table
        .filter(audit_events::link.is_null())
        .select(min(audit_events::at))
        .get_result(conn);
    let since = match since {
        Ok(since) => since,
        // It was changed behind the house's back, and is still counted.
        Err(Diesel::DeserializationError(_)) => None,
        Err(error) => return Err(error),
    };
    Ok(Waiting {
        events,
        since: since.map(|At(at)| at),
    })
}

/// Links all that waits, in the transaction of somebody who reads the chain next.
///
/// # Errors
/// Those of [`link_waiting`].
pub fn link_all_waiting(conn: &mut Conn) -> QueryResult<usize> {
    let mut all = 0;
    loop {
        let done = link_waiting(conn, BATCH)?;
        all += done;
        if i64::try_from(done).is_ok_and(|done| done < BATCH) {
            return Ok(all);
        }
    }
}

/// Links events that wait, `most` of them at the most and the lowest numbers first; gives how many. Whoever does so meanwhile is waited
/// for, and what they have linked is left alone.
///
/// # Errors
/// Database errors.
pub fn link_waiting(conn: &mut Conn, most: i64) -> QueryResult<usize> {
    if let Conn::Sqlite(_) = conn {
        return Ok(0);
    }
    write_what_was_put_off(conn)?;
    // Somebody took the end away, which `casebell audit verify` tells. There is nothing to link to.
    let Some(end) = locked_end(conn)? else {
        return Ok(0);
    };
    // Each statement sees what was committed before it: this one all that was before the lock was given.
    let rows = oldest(conn, most)?;
    if rows.is_empty() {
        return Ok(0);
    }
    // A document that is none was changed behind the house's back. Its event gets its place, where whoever verifies finds it, and
    // holds up no other.
    let told: Vec<_> = rows
        .iter()
        .map(|row| (row.position, row.told().unwrap_or_else(|_| row.bare())))
        .collect();
    let records = told.iter().map(|(arrival, told)| (*arrival, told.record()));
    let (links, end) = linked(end, records);
    let all = links.len();
    write(conn, links, &end)?;
    Ok(all)
}

/// Where the chain ends, which nobody else changes until the transaction ends.
fn locked_end(conn: &mut Conn) -> QueryResult<Option<End>> {
    let Conn::Postgres(conn) = conn else {
        return Ok(None);
    };
    let row: Option<(i64, String)> = audit_chain::table
        .select((audit_chain::position, audit_chain::head))
        .for_no_key_update()
        .get_result(conn)
        .optional()?;
    Ok(row.map(|(position, head)| End { position, head }))
}

/// The events with the lowest numbers among those that wait, without those that cannot be read, for nothing could be said of them.
fn oldest(conn: &mut Conn, most: i64) -> QueryResult<Vec<Row>> {
    match page(conn, i64::MIN, most) {
        Err(Diesel::DeserializationError(_)) => {}
        read => return read,
    }
    let mut rows = Vec::new();
    let mut last = i64::MIN;
    while i64::try_from(rows.len()).is_ok_and(|read| read < most) {
        let next: Option<i64> = audit_events::table
            .filter(audit_events::link.is_null())
            .filter(audit_events::position.gt(last))
            .select(min(audit_events::position))
            .get_result(conn)?;
        let Some(next) = next else { break };
        match page(conn, last, 1) {
            Err(Diesel::DeserializationError(_)) => {}
            read => rows.extend(read?),
        }
        last = next;
    }
    Ok(rows)
}

fn page(conn: &mut Conn, after: i64, most: i64) -> QueryResult<Vec<Row>> {
    audit_events::table
        .filter(audit_events::link.is_null())
        .filter(audit_events::position.gt(after))
        .order(audit_events::position.asc())
        .limit(most)
        .select(Row::as_select())
        .load(conn)
}

/// Writes the places of events, all at once, and the end behind them.
fn write(conn: &mut Conn, links: Vec<Linked>, end: &End) -> QueryResult<()> {
    let Conn::Postgres(conn) = conn else {
        return Ok(());
    };
    let all = links.len();
    // One that is gone since it was read, which nothing but tampering does. The next turn finds what is there.
    if place(conn, links)? != all {
        return Err(Diesel::NotFound);
    }
    let (position, head) = (end.position, &end.head);
    kept(audit_chain::table)
        .set((
            audit_chain::position.eq(position),
            audit_chain::head.eq(head),
        ))
        .execute(conn)
        .map(drop)
}
