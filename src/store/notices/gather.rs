//! Entries of one thread that come to one person within minutes are gathered into one mail (N7): the first goes at once, and what
//! follows soon waits a little and goes together.

use std::collections::{HashMap, HashSet};

use chrono::TimeDelta;
use diesel::dsl::{exists, max, select};
use diesel::prelude::*;

use super::claim::Due;
use super::{StillWaits, WaitsInThread, server};
use crate::db::schema::notices;
use crate::db::sql_types::{At, json};
use crate::db::{Conn, among, kept};
use crate::domain::Instant;
use crate::domain::ids::{NoticeId, PersonId};
use crate::domain::notice::{NoticeKind, NoticeState, Payload};

/// The most notices of one thread that one mail tells of.
pub(super) const MOST: i64 = 2_000;
/// Of how many threads to people what waits is read at once.
const AT_ONCE: usize = 16;
/// What the queue of what is held of a thread begins with.
pub(super) const HELD: &str = "entries ";

/// Of a notice whose entry cannot be taken back any more (F4): what its author may still take back goes with no mail.
macro_rules! settled {
    ($now:expr) => {
        notices::held_until
            .is_null()
            .or(notices::held_until.le(At($now)))
    };
}

/// What of a thread to a person is about to be gathered.
macro_rules! waiting {
    ($now:expr) => {
        notices::table
            .filter(WaitsInThread)
            .filter(notices::kind.eq(NoticeKind::EntryPosted))
            .filter(notices::attempts.eq(0))
            .filter(notices::lease_until.is_null())
            .filter(settled!($now))
    };
}

/// What is about to be claimed, once its entries are gathered.
#[derive(Clone, Debug)]
pub struct Gathered {
    /// What is to be claimed, each a part of one queue.
    pub runs: Vec<Vec<Due>>,
    /// What is not: another tells it, or it waits for what follows.
    pub out: HashSet<NoticeId>,
}

impl Gathered {
    /// All is claimed as it is.
    pub fn nothing(runs: Vec<Vec<Due>>) -> Self {
        Self {
            runs,
            out: HashSet::new(),
        }
    }
}

/// Gathers the entries among what is about to be claimed, each of `runs` a part of one queue: what is told with another, and what
/// waits because its reader had a mail of the same thread less than `window` ago, is taken out. Nothing waits that
/// something else of its thread waits behind, so that people read things in their order.
///
/// # Errors
/// Database errors.
pub fn gather(
    conn: &mut Conn,
    runs: Vec<Vec<Due>>,
    window: TimeDelta,
    now: Instant,
) -> QueryResult<Gathered> {
    let ids: Vec<NoticeId> = runs.iter().flatten().map(|due| due.id).collect();
    let rows: Vec<(NoticeId, NoticeKind, PersonId, String)> = notices::table
        .filter(among(notices::id, ids))
        .filter(notices::person_id.is_not_null())
        .select((
            notices::id,
            notices::kind,
            notices::person_id.assume_not_null(),
            notices::thread,
        ))
        .load(conn)?;
    let (mut runs, mut out) = (runs, HashSet::new());
    let mut entries: HashMap<Thread, Vec<NoticeId>> = HashMap::new();
    let mut others: Vec<(NoticeId, Thread)> = Vec::new();
    for (id, kind, person, thread) in rows {
        match kind {
            NoticeKind::EntryPosted => entries.entry((person, thread)).or_default().push(id),
            _ => others.push((id, (person, thread))),
        }
    }
    let told: HashSet<&Thread> = entries
        .keys()
        .chain(others.iter().map(|(_, of)| of))
        .collect();
    let mut held = held(conn, told, now)?;
    for (id, thread) in &others {
        let run = runs
            .iter_mut()
            .find(|run| run.iter().any(|due| due.id == *id));
        if let (Some(_), Some(run)) = (held.remove(thread), run) {
            out.extend(put_before(conn, run, thread, now)?);
        }
    }
    let mut holding = Vec::new();
    let mut free: Vec<Thread> = Vec::new();
    for (thread, ids) in entries {
        match held.get(&thread) {
            Some(held) => holding.extend(ids.into_iter().map(|id| (id, held.clone()))),
            None => free.push(thread),
        }
    }
    for threads in free.chunks(AT_ONCE) {
        for waiting in in_threads(conn, threads, now)? {
            let gathered = gather_thread(conn, &waiting, window, now)?;
            out.extend(gathered.out);
            holding.extend(gathered.holds);
        }
    }
    hold(conn, &holding)?;
    out.extend(holding.into_iter().map(|(id, _)| id));
    let left = runs.into_iter().map(|run| {
        let left = run.into_iter().filter(|due| !out.contains(&due.id));
        left.collect::<Vec<_>>()
    });
    let runs = left.filter(|run| !run.is_empty()).collect();
    Ok(Gathered { runs, out })
}

/// A thread to a person.
pub(super) type Thread = (PersonId, String);

/// Until when what is told of a thread is held, and in which queue: what waits to be gathered holds up nothing else.
pub(super) type Held = (At, String);

/// What is held of a thread to a person, if a new entry may be held with it at once: it was the last thing of its thread that waits, or
/// the new one would be read before what happened before it. A server finds it while it inserts, see `server::inserting`.
///
/// # Errors
/// Database errors.
pub(super) fn held_last(
    conn: &mut SqliteConnection,
    person: PersonId,
    thread: &str,
    now: Instant,
) -> QueryResult<Option<Held>> {
    type Last = (NoticeKind, i64, Option<At>, Option<At>, Held);
    let waiting = notices::table
        .filter(WaitsInThread)
        .filter(notices::thread.eq(thread))
        .filter(notices::person_id.eq(person))
        .order((notices::created_at.desc(), notices::id.desc()))
        .select((
            notices::kind,
            notices::attempts,
            notices::lease_until,
            notices::held_until,
            (notices::next_attempt_at, notices::queue),
        ));
    let last: Option<Last> = waiting.first(conn).optional()?;
    Ok(last.and_then(|(kind, attempts, lease, held_until, held)| {
        let is_free = attempts == 0 && lease.is_none();
        let is_settled = held_until.is_none_or(|until| until.0 <= now);
        let is_held = held.0.0 > now && held.1.starts_with(HELD);
        (kind == NoticeKind::EntryPosted && is_free && is_settled && is_held).then_some(held)
    }))
}

/// In which of these threads something is held that waits for what follows: of each, what the first of it says.
fn held(
    conn: &mut Conn,
    threads: HashSet<&Thread>,
    now: Instant,
) -> QueryResult<HashMap<Thread, Held>> {
    if threads.is_empty() {
        return Ok(HashMap::new());
    }
    let own = match conn {
        Conn::Postgres(own) => {
            let asked: Vec<Thread> = threads.into_iter().cloned().collect();
            let found = server::held(own, asked.clone(), now)?.into_iter();
            let of = |place: i64| asked.get(usize::try_from(place - 1).ok()?).cloned();
            let held = found.filter_map(|(place, held)| Some((of(place)?, held)));
            return Ok(held.collect());
        }
        // For several people and threads at once, SQLite would pass by all that waits.
        Conn::Sqlite(own) => own,
    };
    let mut held = HashMap::new();
    for thread in threads {
        let first: Option<Held> = waiting!(now)
            .filter(notices::thread.eq(&thread.1))
            .filter(notices::person_id.eq(thread.0))
            .filter(notices::next_attempt_at.gt(At(now)))
            .order((notices::created_at.asc(), notices::id.asc()))
            .select((notices::next_attempt_at, notices::queue))
            .first(own)
            .optional()?;
        held.extend(first.map(|first| (thread.clone(), first)));
    }
    Ok(held)
}

/// Holds notices that nobody has, each in a queue of what is held of its thread.
fn hold(conn: &mut Conn, holding: &[(NoticeId, Held)]) -> QueryResult<()> {
    if holding.is_empty() {
        return Ok(());
    }
    let own = match conn {
        Conn::Postgres(own) => return server::hold(own, holding),
        Conn::Sqlite(own) => own,
    };
    for (id, (until, queue)) in holding {
        let free = notices::table
            .filter(notices::id.eq(id))
            .filter(StillWaits)
            .filter(notices::attempts.eq(0))
            .filter(notices::lease_until.is_null());
        kept(free)
            .set((
                notices::next_attempt_at.eq(*until),
                notices::queue.eq(queue),
            ))
            .execute(own)?;
    }
    Ok(())
}

/// Puts what is held of a thread, as one notice, before what follows it there and is about to be claimed; answers what that
/// notice tells besides.
fn put_before(
    conn: &mut Conn,
    run: &mut Vec<Due>,
    (person, thread): &Thread,
    now: Instant,
) -> QueryResult<Vec<NoticeId>> {
    let held: Vec<(NoticeId, String, String)> = waiting!(now)
        .filter(notices::thread.eq(thread))
        .filter(notices::person_id.eq(person))
        .filter(notices::next_attempt_at.gt(At(now)))
        .order((notices::created_at.asc(), notices::id.asc()))
        .limit(MOST)
        .select((notices::id, notices::message_id, notices::payload))
        .load(conn)?;
    let Some(queue) = run.first().map(|due| due.queue.clone()) else {
        return Ok(Vec::new());
    };
    let payloads = held.iter().map(|(id, _, payload)| (*id, payload.as_str()));
    let out = join(conn, payloads)?.map_or_else(Vec::new, |joined| joined.out);
    // What cannot be told with another goes before it by itself.
    let left = held.into_iter().filter(|(id, ..)| !out.contains(id));
    for (place, (id, message_id, _)) in left.enumerate() {
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
    Ok(out)
}

/// One of several notices, which tells what the others told.
struct Joined {
    first: NoticeId,
    /// The others.
    out: Vec<NoticeId>,
}

/// Makes one of several notices of a thread, the oldest first. None if there is none, or somebody has it.
fn join<'a>(
    conn: &mut Conn,
    waiting: impl Iterator<Item = (NoticeId, &'a str)>,
) -> QueryResult<Option<Joined>> {
    // What this version cannot read is left to whoever sends it, who says so.
    let mut waiting =
        waiting.filter_map(|(id, text)| Some((id, serde_json::from_str::<Payload>(text).ok()?)));
    let Some((first, mut payload)) = waiting.next() else {
        return Ok(None);
    };
    let mut all = payload.clone();
    let fits: Vec<(NoticeId, Payload)> = waiting
        .filter(|(_, other)| all.take_entries_of(other))
        .collect();
    if fits.is_empty() {
        let out = Vec::new();
        return Ok(Some(Joined { first, out }));
    }
    // Ours from here on: nobody else claims it or adds to it.
    if !take(conn, first)? {
        return Ok(None);
    }
    let out = take_out(conn, fits.iter().map(|(id, _)| *id).collect())?;
    if out.is_empty() {
        return Ok(Some(Joined { first, out }));
    }
    // What somebody else took meanwhile, they tell themselves.
    if out.len() == fits.len() {
        payload = all;
    } else {
        for (_, other) in fits.iter().filter(|(id, _)| out.contains(id)) {
            payload.take_entries_of(other);
        }
    }
    kept(notices::table.filter(notices::id.eq(first)))
        .set(notices::payload.eq(json(&payload)?))
        .execute(conn)?;
    Ok(Some(Joined { first, out }))
}

/// What became of what waits for a person in a thread: none of it is claimed now.
#[derive(Default)]
struct GatheredThread {
    /// What another tells.
    out: Vec<NoticeId>,
    /// What is to be held.
    holds: Option<(NoticeId, Held)>,
}

/// A thread to a person: what is about to be gathered there, the oldest first, and what stands around it.
#[derive(Debug)]
pub(super) struct InThread {
    /// What may be made one, with what it says.
    pub(super) waiting: Vec<(NoticeId, String)>,
    /// When the person was last told of an entry there.
    pub(super) last_told_at: Option<At>,
    /// Whether something else waits there, which says no entry.
    pub(super) is_followed: bool,
}

/// What is about to be gathered in each of these threads, as far as something is.
fn in_threads(conn: &mut Conn, threads: &[Thread], now: Instant) -> QueryResult<Vec<InThread>> {
    let own = match conn {
        Conn::Postgres(own) => return server::in_threads(own, threads, now),
        Conn::Sqlite(own) => own,
    };
    let mut found = Vec::with_capacity(threads.len());
    for (person, thread) in threads {
        // A macro, because a filter borrows what it compares with.
        macro_rules! theirs {
            ($of:expr) => {
                $of.filter(notices::thread.eq(thread))
                    .filter(notices::person_id.eq(person))
            };
        }
        let waiting: Vec<(NoticeId, String)> = theirs!(waiting!(now))
            .order((notices::created_at.asc(), notices::id.asc()))
            .limit(MOST)
            .select((notices::id, notices::payload))
            .load(own)?;
        if waiting.is_empty() {
            continue;
        }
        let last_told_at: Option<At> = theirs!(notices::table)
            .filter(notices::kind.eq(NoticeKind::EntryPosted))
            .filter(notices::state.eq(NoticeState::Sent))
            .select(max(notices::sent_at))
            .get_result(own)?;
        let others = theirs!(notices::table)
            .filter(WaitsInThread)
            .filter(notices::kind.ne(NoticeKind::EntryPosted));
        found.push(InThread {
            waiting,
            last_told_at,
            is_followed: select(exists(others)).get_result(own)?,
        });
    }
    Ok(found)
}

/// Gathers what waits for a person in a thread.
fn gather_thread(
    conn: &mut Conn,
    thread: &InThread,
    window: TimeDelta,
    now: Instant,
) -> QueryResult<GatheredThread> {
    let waiting = thread.waiting.iter();
    let waiting = waiting.map(|(id, payload)| (*id, payload.as_str()));
    let Some(Joined { first, out }) = join(conn, waiting)? else {
        return Ok(GatheredThread::default());
    };
    // Of a clock that was ahead, nobody shall wait for it to come there again.
    let until = thread.last_told_at.map(|last| last.0.min(now) + window);
    let until = until.filter(|until| *until > now && !thread.is_followed);
    let holds = until.map(|until| (first, (At(until), format!("{HELD}{first}"))));
    Ok(GatheredThread { out, holds })
}

/// Takes notices out of the outbox that another tells of besides; gives those that nobody has.
fn take_out(conn: &mut Conn, ids: Vec<NoticeId>) -> QueryResult<Vec<NoticeId>> {
    if ids.is_empty() {
        return Ok(ids);
    }
    let free = notices::table
        .filter(among(notices::id, ids))
        .filter(StillWaits)
        .filter(notices::attempts.eq(0))
        .filter(notices::lease_until.is_null());
    diesel::delete(free).returning(notices::id).load(conn)
}

/// Whether a notice waits and nobody has it; it is then locked until the transaction ends.
fn take(conn: &mut Conn, id: NoticeId) -> QueryResult<bool> {
    let free = notices::table
        .filter(notices::id.eq(id))
        .filter(StillWaits)
        .filter(notices::lease_until.is_null());
    let taken = kept(free)
        .set(notices::version.eq(notices::version + 1))
        .execute(conn)?;
    Ok(taken == 1)
}
