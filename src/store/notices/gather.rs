//! Entries of one thread that come to one person within minutes are gathered into one mail (N7): the first goes at once, and what
//! follows soon waits a little and goes together.

use std::collections::HashSet;

use chrono::TimeDelta;
use diesel::dsl::{exists, max, select};
use diesel::prelude::*;

use super::IsWaiting;
use super::claim::Due;
use crate::db::schema::notices;
use crate::db::sql_types::{At, json};
use crate::db::{Conn, Varying, among, kept};
use crate::domain::Instant;
use crate::domain::ids::{NoticeId, PersonId};
use crate::domain::notice::{NoticeKind, NoticeState, Payload};

/// How many notices of one thread are gathered at once; what is left is gathered with the next look.
const MOST: i64 = 200;

/// Of a notice whose entry cannot be taken back any more (F4): what its author may still take back goes with no mail.
macro_rules! settled {
    ($now:expr) => {
        notices::held_until
            .is_null()
            .or(notices::held_until.le(At($now)))
    };
}

/// Gathers the entries among what is about to be claimed, each of `runs` a part of one queue: what is told with another, and what
/// waits because its reader had a mail of the same thread less than `window` ago, is left out of the answer. Nothing waits that
/// something else of its thread waits behind, so that people read things in their order.
///
/// # Errors
/// Database errors.
pub fn gather(
    conn: &mut Conn,
    runs: Vec<Vec<Due>>,
    window: TimeDelta,
    now: Instant,
) -> QueryResult<Vec<Vec<Due>>> {
    let ids: Vec<NoticeId> = runs.iter().flatten().map(|due| due.id).collect();
    let rows: Vec<Row> = notices::table
        .filter(among(notices::id, ids))
        .filter(notices::person_id.is_not_null())
        .select((
            notices::id,
            notices::kind,
            notices::person_id.assume_not_null(),
            notices::thread,
        ))
        .load(conn)?;
    let mut runs = runs;
    let mut threads = HashSet::new();
    let held = held(conn, &rows, now)?;
    for (id, kind, person, thread) in rows {
        if kind != NoticeKind::EntryPosted {
            if !held.contains(&(person, thread.clone())) {
                continue;
            }
            let run = runs
                .iter_mut()
                .find(|run| run.iter().any(|due| due.id == id));
            if let Some(run) = run {
                put_before(conn, run, person, &thread, now)?;
            }
        } else {
            threads.insert((person, thread));
        }
    }
    let mut out = HashSet::new();
    for (person, thread) in threads {
        out.extend(gather_thread(conn, person, &thread, window, now)?);
    }
    let left = runs.into_iter().map(|run| {
        let left = run.into_iter().filter(|due| !out.contains(&due.id));
        left.collect::<Vec<_>>()
    });
    Ok(left.filter(|run| !run.is_empty()).collect())
}

/// A notice that is about to be claimed: what it tells of, whom, and in which thread.
type Row = (NoticeId, NoticeKind, PersonId, String);

/// The threads of these in which something may be held before what they tell of, and of whom: mostly none, which a server says
/// of all at once.
fn held(conn: &mut Conn, rows: &[Row], now: Instant) -> QueryResult<HashSet<(PersonId, String)>> {
    let follow = (rows.iter()).filter(|(_, kind, ..)| *kind != NoticeKind::EntryPosted);
    let follow = follow.map(|(_, _, person, thread)| (*person, thread.clone()));
    // Each is looked at by itself below. For several people and threads at once, SQLite would pass by all that waits.
    if let Conn::Sqlite(_) = conn {
        return Ok(follow.collect());
    }
    let (persons, threads): (Vec<PersonId>, Vec<String>) = follow.unzip();
    if threads.is_empty() {
        return Ok(HashSet::new());
    }
    let held: Vec<(PersonId, String)> = notices::table
        .filter(IsWaiting)
        .filter(among(notices::thread, threads))
        .filter(among(notices::person_id.assume_not_null(), persons))
        .filter(notices::kind.eq(NoticeKind::EntryPosted))
        .filter(notices::next_attempt_at.gt(At(now)))
        .select((notices::person_id.assume_not_null(), notices::thread))
        .load(conn)?;
    Ok(held.into_iter().collect())
}

/// Puts what is held of a thread before what follows it there and is about to be claimed.
fn put_before(
    conn: &mut Conn,
    run: &mut Vec<Due>,
    person: PersonId,
    thread: &str,
    now: Instant,
) -> QueryResult<()> {
    let held: Vec<(NoticeId, String)> = notices::table
        .filter(notices::thread.eq(thread))
        .filter(notices::person_id.eq(person))
        .filter(IsWaiting)
        .filter(notices::kind.eq(NoticeKind::EntryPosted))
        .filter(notices::attempts.eq(0))
        .filter(notices::lease_until.is_null())
        .filter(settled!(now))
        .filter(notices::next_attempt_at.gt(At(now)))
        .order((notices::created_at.asc(), notices::id.asc()))
        .select((notices::id, notices::message_id))
        .load(conn)?;
    let Some(queue) = run.first().map(|due| due.queue.clone()) else {
        return Ok(());
    };
    for (place, (id, message_id)) in held.into_iter().enumerate() {
        kept(notices::table.filter(notices::id.eq(id)))
            .set((
                notices::next_attempt_at.eq(At(now)),
                notices::queue.eq(&queue),
            ))
            .execute(conn)?;
        let due = Due {
            id,
            queue: queue.clone(),
            message_id,
        };
        run.insert(place, due);
    }
    Ok(())
}

/// Gathers what waits for a person in a thread; answers what is not to be claimed now.
fn gather_thread(
    conn: &mut Conn,
    person: PersonId,
    thread: &str,
    window: TimeDelta,
    now: Instant,
) -> QueryResult<Vec<NoticeId>> {
    // A macro, because a filter borrows what it compares with.
    macro_rules! theirs {
        () => {
            notices::table
                .filter(notices::thread.eq(thread))
                .filter(notices::person_id.eq(person))
        };
    }
    let waiting: Vec<(NoticeId, String)> = theirs!()
        .filter(IsWaiting)
        .filter(notices::kind.eq(NoticeKind::EntryPosted))
        .filter(notices::attempts.eq(0))
        .filter(notices::lease_until.is_null())
        .filter(settled!(now))
        .order((notices::created_at.asc(), notices::id.asc()))
        .limit(MOST)
        .select((notices::id, notices::payload))
        .load(conn)?;
    // What this version cannot read is left to whoever sends it, who says so.
    let mut waiting = waiting
        .into_iter()
        .filter_map(|(id, text)| Some((id, serde_json::from_str::<Payload>(&text).ok()?)));
    let Some((first, mut payload)) = waiting.next() else {
        return Ok(Vec::new());
    };
    // Ours from here on: nobody else claims it or adds to it.
    if !take(conn, first)? {
        return Ok(Vec::new());
    }
    let mut all = payload.clone();
    let fits: Vec<(NoticeId, Payload)> = waiting
        .filter(|(_, other)| all.take_entries_of(other))
        .collect();
    let mut out = take_out(conn, fits.iter().map(|(id, _)| *id).collect())?;
    // What somebody else took meanwhile, they tell themselves.
    if out.len() == fits.len() {
        payload = all;
    } else {
        for (_, other) in fits.iter().filter(|(id, _)| out.contains(id)) {
            payload.take_entries_of(other);
        }
    }
    let last: Option<At> = theirs!()
        .filter(notices::kind.eq(NoticeKind::EntryPosted))
        .filter(notices::state.eq(NoticeState::Sent))
        .select(max(notices::sent_at))
        .get_result(conn)?;
    let followed: bool = select(exists(
        theirs!()
            .filter(IsWaiting)
            .filter(notices::kind.ne(NoticeKind::EntryPosted)),
    ))
    .get_result(conn)?;
    // Of a clock that was ahead, nobody shall wait for it to come there again.
    let until = last.map(|last| last.0.min(now) + window);
    let until = until.filter(|until| *until > now && !followed);
    if until.is_some() {
        out.push(first);
    }
    kept(notices::table.filter(notices::id.eq(first)))
        .set((
            notices::payload.eq(json(&payload)?),
            Varying((
                until.map(|until| notices::next_attempt_at.eq(At(until))),
                // What waits to be gathered holds up nothing else.
                until.map(|_| notices::queue.eq(format!("entries {first}"))),
            )),
        ))
        .execute(conn)?;
    Ok(out)
}

/// Takes notices out of the outbox that another tells of besides; gives those that nobody has.
fn take_out(conn: &mut Conn, ids: Vec<NoticeId>) -> QueryResult<Vec<NoticeId>> {
    if ids.is_empty() {
        return Ok(ids);
    }
    let free = notices::table
        .filter(among(notices::id, ids))
        .filter(notices::state.eq(NoticeState::Waiting))
        .filter(notices::attempts.eq(0))
        .filter(notices::lease_until.is_null());
    diesel::delete(free).returning(notices::id).load(conn)
}

/// Whether a notice waits and nobody has it; it is then locked until the transaction ends.
fn take(conn: &mut Conn, id: NoticeId) -> QueryResult<bool> {
    let free = notices::table
        .filter(notices::id.eq(id))
        .filter(notices::state.eq(NoticeState::Waiting))
        .filter(notices::lease_until.is_null());
    let taken = kept(free)
        .set(notices::version.eq(notices::version + 1))
        .execute(conn)?;
    Ok(taken == 1)
}
