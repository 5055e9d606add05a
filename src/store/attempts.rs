//! Attempts to sign in, counted in the database, so that a limit holds over any number of processes (A7).

use chrono::TimeDelta;
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error};

use crate::db::Conn;
use crate::db::schema::sign_in_attempts as attempts;
use crate::db::sql_types::{At, MaybeAt};
use crate::domain::Instant;

/// How many failures something may have, and what follows.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// Attempts that may fail within the window.
    pub failures: i64,
    /// How long failures count.
    pub window: TimeDelta,
    /// For how long attempts are refused after that.
    pub pause: TimeDelta,
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
/// is forgiven by [`forget`]. Gives the instant until which attempts are refused instead, if they are.
///
/// # Errors
/// The database's own. Two first attempts at one instant conflict: the second is to be repeated.
pub fn count(
    conn: &mut Conn,
    key: &str,
    limit: Limit,
    now: Instant,
) -> QueryResult<Option<Instant>> {
    let row: Option<Row> = {
        lock(conn, key)?;
        attempts::table
            .filter(attempts::key.eq(key))
            .select(Row::as_select())
            .get_result(conn)
            .optional()?
    };
    let Some(row) = row else {
        diesel::insert_into(attempts::table)
            .values((
                attempts::key.eq(key),
                attempts::window_started_at.eq(At(now)),
                attempts::failures.eq(1_i64),
            ))
            .execute(conn)?;
        return Ok(None);
    };
    if let Some(until) = row.blocked_until.filter(|until| *until > now) {
        return Ok(Some(until));
    }
    let over = row.blocked_until.is_some() || row.window_started_at + limit.window <= now;
    let (started, failures) = if over {
        (now, 1)
    } else {
        (row.window_started_at, row.failures + 1)
    };
    let blocked_until = (failures >= limit.failures).then_some(now + limit.pause);
    diesel::update(attempts::table.filter(attempts::key.eq(key)))
        .set((
            attempts::window_started_at.eq(At(started)),
            attempts::failures.eq(failures),
            attempts::blocked_until.eq(blocked_until.map(At)),
        ))
        .execute(conn)?;
    Ok(None)
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
/// The database's own.
pub fn forget(conn: &mut Conn, key: &str) -> QueryResult<()> {
    diesel::delete(attempts::table.filter(attempts::key.eq(key)))
        .execute(conn)
        .map(drop)
}

/// Takes one failure back from what several share: an address from which somebody succeeded.
///
/// # Errors
/// The database's own.
pub fn forgive(conn: &mut Conn, key: &str) -> QueryResult<()> {
    diesel::update(attempts::table.filter(attempts::key.eq(key).and(attempts::failures.gt(0))))
        .set((
            attempts::failures.eq(attempts::failures - 1),
            attempts::blocked_until.eq(None::<At>),
        ))
        .execute(conn)
        .map(drop)
}
