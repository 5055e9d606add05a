//! Who waits for whom where targets are concerned (M8), so that nobody waits in a circle. On SQLite the writer is alone already.
//!
//! Whoever takes several of these takes them in this order: the case, or all cases that are escalated ([`escalated`]); what targets are
//! reckoned by ([`hold_rules`], [`change_rules`]); the rows of targets. Whoever tells of targets waits for no row of them
//! ([`free`]).

use std::collections::BTreeSet;

use diesel::dsl::exists;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool};

use crate::db::schema::{cases, escalation_targets, escalations};
use crate::db::sql_types::At;
use crate::db::{Conn, ask_anew};
use crate::domain::Instant;
use crate::domain::ids::{CaseId, TargetId};
use crate::store::cases::IsActive;

use super::HasAlarm;

/// Arbitrary numbers by which the processes of one installation agree.
const RULES: i64 = 0x0063_6173_6501;
const TELLING: i64 = 0x0063_6173_6502;

#[derive(QueryableByName)]
struct Taken {
    #[diesel(sql_type = Bool)]
    taken: bool,
}

/// What targets are reckoned by stays as it is until the transaction ends. Taken before it is read.
///
/// # Errors
/// Database errors.
pub fn hold_rules(conn: &mut Conn) -> QueryResult<()> {
    advisory(conn, "SELECT pg_advisory_xact_lock_shared($1)", RULES)?;
    // What was remembered before is that of before.
    ask_anew();
    Ok(())
}

/// Nobody else reckons a target until the transaction ends, and whoever has is done. Taken before what they are reckoned by is
/// changed, and after [`escalated`].
///
/// # Errors
/// Database errors.
pub fn change_rules(conn: &mut Conn) -> QueryResult<()> {
    advisory(conn, "SELECT pg_advisory_xact_lock($1)", RULES)
}

fn advisory(conn: &mut Conn, sql: &str, number: i64) -> QueryResult<()> {
    if let Conn::Postgres(conn) = conn {
        diesel::sql_query(sql)
            .bind::<BigInt, _>(number)
            .execute(conn)?;
    }
    Ok(())
}

/// Whether it falls to the caller to tell of targets: not while another process does, whose notices would not be seen yet.
///
/// # Errors
/// Database errors.
pub fn tells_alone(conn: &mut Conn) -> QueryResult<bool> {
    match conn {
        Conn::Postgres(conn) => {
            let ask = diesel::sql_query("SELECT pg_try_advisory_xact_lock($1) AS taken");
            let taken: Taken = ask.bind::<BigInt, _>(TELLING).get_result(conn)?;
            Ok(taken.taken)
        }
        Conn::Sqlite(_) => Ok(true),
    }
}

/// Locks all cases with an active escalation until the transaction ends, and says which they are; none where that is needless.
///
/// # Errors
/// Database errors.
pub fn escalated(conn: &mut Conn) -> QueryResult<Option<BTreeSet<CaseId>>> {
    let Conn::Postgres(conn) = conn else {
        return Ok(None);
    };
    let active = escalations::table
        .filter(escalations::case_id.eq(cases::id))
        .filter(IsActive)
        .select(escalations::id);
    let locked: Vec<CaseId> = cases::table
        .filter(exists(active))
        .order(cases::id.asc())
        .select(cases::id)
        .for_no_key_update()
        .load(conn)?;
    Ok(Some(locked.into_iter().collect()))
}

/// The targets of which there is something to tell at `now` and that nobody holds, the longest due first, `limit` at the most;
/// they are held until the transaction ends. Whoever holds one is about to change it. None where nobody can.
///
/// # Errors
/// Database errors.
pub fn free(conn: &mut Conn, now: Instant, limit: i64) -> QueryResult<Option<Vec<TargetId>>> {
    let Conn::Postgres(conn) = conn else {
        return Ok(None);
    };
    escalation_targets::table
        .filter(HasAlarm)
        .filter(escalation_targets::alarm_at.le(At(now)))
        .order((
            escalation_targets::alarm_at.asc(),
            escalation_targets::id.asc(),
        ))
        .limit(limit)
        .select(escalation_targets::id)
        .for_no_key_update()
        .skip_locked()
        .load(conn)
        .map(Some)
}
