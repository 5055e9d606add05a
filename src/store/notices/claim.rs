//! What is due, and who works on it: claimed with a lease that is renewed while it is held (N2).
//!
//! Notices stand in queues: one for each recipient, and one for what is urgent to them. Of a queue, nothing is due while
//! something before it is put off or under way, so that people read things in the order in which they happened.

use diesel::dsl::not;
use diesel::prelude::*;

use super::{Addressed, IsWaiting, addressed, complete, server};
use crate::db::schema::notices;
use crate::db::sql_types::At;
use crate::db::{Conn, among, by_index, condition, exists_aside, kept, on_either};
use crate::domain::Instant;
use crate::domain::ids::NoticeId;
use crate::domain::notice::NoticeState;

// The words of an index each, which no other index has: see migrations 0061 and 0064.

condition! {
    /// Of a notice that may hold up those behind it: it has been tried before, or somebody works on it.
    MayHoldUp = "ahead.state || ' ahead' = 'waiting ahead' AND (ahead.next_attempt_at > ahead.created_at OR ahead.lease_until IS NOT NULL)"
}

condition! {
    /// Of a notice that may be sent since it was made.
    IsAtOnce = "notices.state || '' = 'waiting' AND notices.next_attempt_at <= notices.created_at"
}

condition! {
    /// Of a notice that was not to be sent at once, or was tried in vain.
    IsPutOff = "notices.state || '' = 'waiting' AND notices.next_attempt_at > notices.created_at"
}

// Macros, since a type that names all of this says less.

/// What stands before a notice in its queue, and may hold it up.
macro_rules! ahead {
    ($ahead:ident) => {
        // Of two of one instant each stands before the other: an order between them would need an alternative, for which
        // SQLite would leave the index of queues.
        $ahead
            .filter(MayHoldUp)
            .filter($ahead.field(notices::queue).eq(notices::queue))
            .filter($ahead.field(notices::created_at).le(notices::created_at))
            .filter($ahead.field(notices::id).ne(notices::id))
    };
}

/// Whether what stands before another is put off or under way.
macro_rules! busy {
    ($ahead:ident, $now:expr) => {
        ($ahead.field(notices::next_attempt_at).gt(At($now))).or($ahead
            .field(notices::lease_until)
            .gt(At($now))
            .assume_not_null())
    };
}

/// Who works on a notice, and until when nobody else does.
#[derive(Clone, Copy, Debug)]
pub struct Lease<'a> {
    /// The worker.
    pub holder: &'a str,
    /// When somebody else may take it over.
    pub until: Instant,
}

/// A notice that may be sent now.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct Due {
    /// Its id.
    pub id: NoticeId,
    /// The queue that it stands in.
    pub queue: String,
    /// Its message id, without `@` before the first claim.
    pub message_id: String,
}

/// The notices that may be sent at `now`, the urgent ones or the others, the oldest first: of those that were never put off the
/// oldest `limit`, and of those that were as many that have been due for the longest. A notice whose lease has expired is due again:
/// whoever held it died on the way, and sending twice is better than not at all.
///
/// # Errors
/// Database errors.
pub fn due(conn: &mut Conn, urgent: bool, limit: i64, now: Instant) -> QueryResult<Vec<Due>> {
    diesel::alias!(notices as ahead: Ahead);
    by_index(conn)?;
    macro_rules! of_those {
        ($those:ident, $holds_up:expr) => {{
            let held_up = ahead!(ahead)
                .filter($holds_up)
                .select(ahead.field(notices::id));
            let free = notices::lease_until
                .is_null()
                .or(notices::lease_until.le(At(now)));
            notices::table
                .filter($those)
                .filter(notices::urgent.eq(urgent))
                .filter(notices::next_attempt_at.le(At(now)))
                .filter(free)
                .filter(not(exists_aside(held_up)))
                .limit(limit)
                .select((
                    notices::created_at,
                    (notices::id, notices::queue, notices::message_id),
                ))
        }};
    }
    let at_once = of_those!(IsAtOnce, busy!(ahead, now))
        .order((notices::created_at.asc(), notices::id.asc()));
    let mut due: Vec<(At, Due)> = on_either!(conn, |own| at_once.load(own))?;
    // Of two that were put off, the one behind does not come without the one before it.
    let later = (ahead.field(notices::next_attempt_at)).gt(notices::next_attempt_at);
    let put_off = of_those!(IsPutOff, busy!(ahead, now).or(later))
        .order((notices::next_attempt_at.asc(), notices::id.asc()));
    due.extend(on_either!(conn, |own| put_off.load::<(At, Due)>(own))?);
    due.sort_unstable_by_key(|(created_at, due)| (created_at.0, due.id));
    Ok(due.into_iter().map(|(_, due)| due).collect())
}

/// Takes notices, each of `runs` a part of one queue from its front, for as long as the lease lasts. Of several processes
/// that saw them due, one gets each run, or the part of it that is still due. They may have been seen a while ago: a run
/// that something stands before by now is left.
///
/// `host` completes the message ids of those that are claimed for the first time.
///
/// # Errors
/// Database errors.
pub fn claim(
    conn: &mut Conn,
    lease: Lease<'_>,
    host: &str,
    runs: &[Vec<Due>],
    now: Instant,
) -> QueryResult<Vec<Addressed>> {
    if runs.is_empty() {
        return Ok(Vec::new());
    }
    let mut claimed = Vec::new();
    let overtaking = overtaking(conn, runs, now)?;
    let mut runs: Vec<_> = (runs.iter())
        .filter(|run| run.first().is_some_and(|due| !overtaking.contains(&due.id)))
        .map(|run| run.iter())
        .collect();
    // The first of each run, then the second of each, and so on.
    loop {
        let mut round: Vec<(usize, &Due)> = Vec::with_capacity(runs.len());
        for (place, run) in runs.iter_mut().enumerate() {
            round.extend(run.next().map(|due| (place, due)));
        }
        if round.is_empty() {
            break;
        }
        let dues: Vec<&Due> = round.iter().map(|(_, due)| *due).collect();
        let taken = take(conn, lease, host, &dues, now)?;
        for (place, due) in round {
            // What stands behind one that somebody else took stays behind it.
            match taken.contains(&due.id) {
                true => claimed.push(due.id),
                false => runs[place] = [].iter(),
            }
        }
    }
    addressed(conn, &claimed, now)
}

/// The first of these runs that something stands before which was tried before or is under way.
fn overtaking(conn: &mut Conn, runs: &[Vec<Due>], now: Instant) -> QueryResult<Vec<NoticeId>> {
    diesel::alias!(notices as ahead: Ahead);
    by_index(conn)?;
    let first = runs.iter().filter_map(|run| run.first());
    let first: Vec<NoticeId> = first.map(|due| due.id).collect();
    let older = (ahead.field(notices::created_at)).lt(notices::created_at);
    let before = ahead!(ahead)
        .filter(busy!(ahead, now).or(older))
        .select(ahead.field(notices::id));
    notices::table
        .filter(among(notices::id, first))
        .filter(exists_aside(before))
        .select(notices::id)
        .load(conn)
}

/// Claims notices of which none stands behind another of them; gives those that were still due.
fn take(
    conn: &mut Conn,
    lease: Lease<'_>,
    host: &str,
    dues: &[&Due],
    now: Instant,
) -> QueryResult<Vec<NoticeId>> {
    let own = match conn {
        Conn::Postgres(own) => return server::claim(own, lease, host, dues, now),
        Conn::Sqlite(own) => own,
    };
    let free = notices::lease_until
        .is_null()
        .or(notices::lease_until.le(At(now)));
    let ready = notices::state
        .eq(NoticeState::Waiting)
        .and(notices::next_attempt_at.le(At(now)))
        .and(free);
    let mut taken = Vec::with_capacity(dues.len());
    for due in dues {
        let this = notices::table.filter(notices::id.eq(due.id)).filter(ready);
        let changed = kept(this)
            .set((
                notices::lease_until.eq(Some(At(lease.until))),
                notices::lease_holder.eq(Some(lease.holder)),
                notices::attempts.eq(notices::attempts + 1),
                notices::message_id.eq(complete(&due.message_id, host)),
                notices::version.eq(notices::version + 1),
            ))
            .execute(own)?;
        taken.extend((changed == 1).then_some(due.id));
    }
    Ok(taken)
}

/// Holds what `lease.holder` has claimed for longer.
///
/// # Errors
/// Database errors.
pub fn renew(conn: &mut Conn, lease: Lease<'_>) -> QueryResult<usize> {
    kept(
        notices::table
            .filter(IsWaiting)
            .filter(notices::lease_holder.eq(lease.holder)),
    )
    .set(notices::lease_until.eq(Some(At(lease.until))))
    .execute(conn)
}

/// Gives back what `holder` claimed and did not get to, as if it had not been claimed; answers how many.
///
/// # Errors
/// Database errors.
pub fn release(conn: &mut Conn, holder: &str) -> QueryResult<usize> {
    kept(
        notices::table
            .filter(IsWaiting)
            .filter(notices::lease_holder.eq(holder)),
    )
    .set((
        notices::lease_until.eq(None::<At>),
        notices::lease_holder.eq(None::<String>),
        notices::attempts.eq(notices::attempts - 1),
        notices::version.eq(notices::version + 1),
    ))
    .execute(conn)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use diesel::connection::InstrumentationEvent;

    use super::*;
    use crate::testing::{TestDatabase, path};

    /// What is asked at every look is prepared at the first.
    #[test]
    fn a_query_with_a_condition_of_an_index_is_prepared_once() {
        let database = TestDatabase::new();
        let path = path(database.folder.path());
        let path = path.to_str().expect("UTF-8");
        let mut conn = Conn::Sqlite(SqliteConnection::establish(path).expect("it opens"));
        let prepared = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&prepared);
        conn.set_instrumentation(move |event: InstrumentationEvent<'_>| {
            if matches!(event, InstrumentationEvent::CacheQuery { .. }) {
                counted.fetch_add(1, Ordering::SeqCst);
            }
        });
        let now: Instant = "2026-03-03T09:00:00Z".parse().expect("an instant");
        for _ in 0..3 {
            due(&mut conn, false, 8, now).expect("read");
            assert_eq!(prepared.load(Ordering::SeqCst), 2);
        }
    }
}
