//! Attempts to sign in, counted in the database, so that a limit holds over any number of processes (A7).

use chrono::TimeDelta;
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error};

use crate::db::schema::sign_in_attempts as attempts;
use crate::db::sql_types::{At, MaybeAt};
use crate::db::{Conn, kept, on_either};
use crate::domain::Instant;

/// How many failures something may have, and for how long it then waits: longer with every further one.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// Attempts that may fail within the window before the next has to wait.
    pub failures: i64,
    /// How long failures count.
    pub window: TimeDelta,
    /// How long the first wait is; each further failure doubles it.
    pub first: TimeDelta,
    /// How long a wait is at the most.
    pub longest: TimeDelta,
}

impl Limit {
    /// How long the next attempt has to wait after so many failures.
    fn wait(&self, failures: i64) -> Option<TimeDelta> {
        let beyond = u32::try_from(failures - self.failures).ok()?;
        // Nobody waits for years; it only must not overflow.
        let doubled = self.first.checked_mul(1 << beyond.min(20));
        Some(doubled.unwrap_or(self.longest).min(self.longest))
    }
}

/// What came of counting an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// It may be made; if it fails, the next one has to wait until then.
    Taken(Option<Instant>),
    /// It is refused, and the next one is taken then.
    Refused(Instant),
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = attempts)]
struct Row {
    #[diesel(deserialize_as = At)]
    window_started_at: Instant,
    failures: i64,
    #[diesel(deserialize_as = MaybeAt)]
    blocked_until: Option<Instant>,
}

/// Counts an attempt as failed before it is made, so that many at once cannot slip through together; whoever succeeds
/// is forgiven by [`forget`] or [`forgive`].
///
/// # Errors
/// Database errors. Two first attempts at one instant conflict: the second is to be repeated.
pub fn count(conn: &mut Conn, key: &str, limit: Limit, now: Instant) -> QueryResult<Counted> {
    let row: Option<Row> = {
        lock(conn, key)?;
        attempts::table
            .filter(attempts::key.eq(key))
            .select(Row::as_select())
            .get_result(conn)
            .optional()?
    };
    let Some(row) = row else {
        let until = limit.wait(1).map(|wait| now + wait);
        diesel::insert_into(attempts::table)
            .values((
                attempts::key.eq(key),
                attempts::window_started_at.eq(At(now)),
                attempts::failures.eq(1_i64),
                attempts::blocked_until.eq(until.map(At)),
            ))
            .execute(conn)?;
        return Ok(Counted::Taken(until));
    };
    if let Some(until) = row.blocked_until.filter(|until| *until > now) {
        return Ok(Counted::Refused(until));
    }
    let (started, failures) = if row.window_started_at + limit.window <= now {
        (now, 1)
    } else {
        (row.window_started_at, row.failures + 1)
    };
    let until = limit.wait(failures).map(|wait| now + wait);
    on_either!(conn, |own| kept(
        attempts::table.filter(attempts::key.eq(key))
    )
    .set((
        attempts::window_started_at.eq(At(started)),
        attempts::failures.eq(failures),
        attempts::blocked_until.eq(until.map(At)),
    ))
    .execute(own))?;
    Ok(Counted::Taken(until))
}

/// Holds the row until the transaction ends, where several writers exist.
fn lock(conn: &mut Conn, key: &str) -> QueryResult<()> {
    if let Conn::Postgres(conn) = conn {
        diesel::sql_query("SELECT 1 FROM sign_in_attempts WHERE key = $1 FOR UPDATE")
            .bind::<diesel::sql_types::Text, _>(key)
            .execute(conn)?;
    }
    Ok(())
}

/// Whether two first attempts met, so that this one is to be repeated.
pub fn is_conflict(error: &Error) -> bool {
    matches!(
        error,
        Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _)
    )
}

/// Forgets the failures of whoever succeeded.
///
/// # Errors
/// Database errors.
pub fn forget(conn: &mut Conn, key: &str) -> QueryResult<()> {
    diesel::delete(attempts::table.filter(attempts::key.eq(key)))
        .execute(conn)
        .map(drop)
}

/// Takes one failure back from what several share: an address from which somebody succeeded. The others still wait, if
/// they have failed too often without it.
///
/// # Errors
/// Database errors.
pub fn forgive(conn: &mut Conn, key: &str, limit: Limit) -> QueryResult<()> {
    let of_key = || attempts::table.filter(attempts::key.eq(key));
    on_either!(conn, |own| kept(of_key().filter(attempts::failures.gt(0)))
        .set(attempts::failures.eq(attempts::failures - 1))
        .execute(own))?;
    let few = || of_key().filter(attempts::failures.lt(limit.failures));
    on_either!(conn, |own| kept(few())
        .set(attempts::blocked_until.eq(None::<At>))
        .execute(own))
    .map(drop)
}

/// Writes a row as it is, for a transaction that has to cost as much as one that changes something.
///
/// # Errors
/// Database errors.
pub fn touch(conn: &mut Conn, key: &str) -> QueryResult<()> {
    diesel::update(attempts::table.filter(attempts::key.eq(key)))
        .set(attempts::failures.eq(attempts::failures))
        .execute(conn)
        .map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_further_failure_doubles_the_wait_up_to_the_longest() {
        let limit = Limit {
            failures: 3,
            window: TimeDelta::hours(1),
            first: TimeDelta::seconds(1),
            longest: TimeDelta::seconds(5),
        };
        let waits: Vec<_> = (1..=7)
            .map(|failures| limit.wait(failures).map(|wait| wait.num_seconds()))
            .collect();
        let expected = [None, None, Some(1), Some(2), Some(4), Some(5), Some(5)];
        assert_eq!(waits, expected);
        assert_eq!(limit.wait(i64::MAX), None);
        assert_eq!(limit.wait(1_000_000), Some(limit.longest));
    }
}
