//! How much waits in the outbox.

use diesel::prelude::*;
use serde::Serialize;

use crate::db::Conn;
use crate::db::schema::notices;
use crate::db::sql_types::At;
use crate::domain::Instant;

/// What waits to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Outbox {
    /// How many notices could be sent now and are not yet.
    pub due: i64,
    /// For how long the oldest of them could have been, in seconds.
    pub oldest_due_seconds: i64,
}

/// How much waits in the outbox.
///
/// # Errors
/// The database's own.
pub fn outbox(conn: &mut Conn, now: Instant) -> QueryResult<Outbox> {
    let (due, oldest): (i64, Option<At>) = notices::table
        .filter(
            notices::state
                .eq("waiting")
                .and(notices::next_attempt_at.le(At(now))),
        )
        .select((
            diesel::dsl::count_star(),
            diesel::dsl::min(notices::next_attempt_at),
        ))
        .get_result(conn)?;
    Ok(Outbox {
        due,
        oldest_due_seconds: oldest.map_or(0, |oldest| (now - oldest.0).num_seconds()),
    })
}
