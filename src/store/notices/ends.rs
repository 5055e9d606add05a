//! What comes of notices: sent, put off, given back, given up, withheld; and what is left of them.

use chrono::TimeDelta;
use diesel::dsl::{exists, min, not};
use diesel::prelude::*;

use super::{IsWaiting, StillWaits, server};
use crate::db::schema::notices;
use crate::db::sql_types::At;
use crate::db::{Conn, Varying, condition, kept};
use crate::domain::Instant;
use crate::domain::ids::NoticeId;
use crate::domain::notice::{Fault, NoticeState};

condition! {
    /// Of a notice that was sent.
    IsSent = "notices.state = 'sent'"
}

/// What was put off so long before an outage was noticed may have been its first victim.
const BEFOREHAND: TimeDelta = TimeDelta::minutes(2);

/// Why a notice was not sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Why {
    /// What was at fault; nothing if it was withheld.
    pub fault: Option<Fault>,
    /// What the server or the system said; in words for people if it was withheld.
    pub detail: String,
}

/// What becomes of a notice that was not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsent {
    /// It is tried again.
    PutOff {
        /// When.
        next: Instant,
        /// Whether it leaves its queue, so that it does not hold up what stands behind it.
        aside: bool,
    },
    /// It is given up.
    Failed,
    /// It must not be sent.
    Withheld,
    /// It was written to nobody, so that nobody can tell; nothing is left of it.
    Dropped,
}

/// Marks notices as sent at an instant each; answers how many. It holds even if the lease was lost meanwhile: the letter has
/// gone out.
///
/// # Errors
/// Database errors.
pub fn mark_sent(conn: &mut Conn, sent: &[(NoticeId, Instant)]) -> QueryResult<usize> {
    let own = match conn {
        Conn::Postgres(own) => return server::mark_sent(own, sent),
        Conn::Sqlite(own) => own,
    };
    let mut marked = 0;
    for (id, at) in sent {
        let is_it = notices::id.eq(*id).and(StillWaits);
        marked += kept(notices::table.filter(is_it))
            .set((
                notices::state.eq(NoticeState::Sent),
                notices::sent_at.eq(Some(At(*at))),
                notices::tried_at.eq(Some(At(*at))),
                notices::fault.eq(None::<Fault>),
                notices::last_error.eq(None::<String>),
                notices::lease_until.eq(None::<At>),
                notices::lease_holder.eq(None::<String>),
                notices::version.eq(notices::version + 1),
            ))
            .execute(own)?;
    }
    Ok(marked)
}

/// Puts a notice off, gives it up, withholds or drops it. Nothing happens if the lease was lost.
///
/// # Errors
/// Database errors.
pub fn mark_unsent(
    conn: &mut Conn,
    id: NoticeId,
    holder: &str,
    unsent: Unsent,
    why: &Why,
    now: Instant,
) -> QueryResult<bool> {
    let mine = notices::id
        .eq(id)
        .and(StillWaits)
        .and(notices::lease_holder.eq(holder));
    let (state, next, queue) = match unsent {
        Unsent::Dropped => {
            let dropped = diesel::delete(notices::table.filter(mine)).execute(conn)?;
            return Ok(dropped == 1);
        }
        Unsent::PutOff { next, aside } => {
            let queue = aside.then(|| id.to_string());
            (NoticeState::Waiting, Some(next), queue)
        }
        Unsent::Failed => (NoticeState::Failed, None, None),
        Unsent::Withheld => (NoticeState::Withheld, None, None),
    };
    let changed = kept(notices::table.filter(mine))
        .set((
            notices::state.eq(state),
            Varying((
                next.map(|next| notices::next_attempt_at.eq(At(next))),
                queue.map(|queue| notices::queue.eq(queue)),
            )),
            notices::fault.eq(why.fault),
            notices::last_error.eq(Some(&why.detail)),
            notices::tried_at.eq(Some(At(now))),
            notices::lease_until.eq(None::<At>),
            notices::lease_holder.eq(None::<String>),
            notices::version.eq(notices::version + 1),
        ))
        .execute(conn)?;
    Ok(changed == 1)
}

/// Gives notices back that the worker holds, as if they had not been claimed. With `next` they are due then, and at
/// once otherwise; with `why`, that is what kept them from being sent.
///
/// # Errors
/// Database errors.
pub fn give_back(
    conn: &mut Conn,
    ids: &[NoticeId],
    holder: &str,
    next: Option<Instant>,
    why: Option<&Why>,
) -> QueryResult<usize> {
    let mut given = 0;
    for id in ids {
        let mine = notices::id
            .eq(*id)
            .and(StillWaits)
            .and(notices::lease_holder.eq(holder));
        given += kept(notices::table.filter(mine))
            .set((
                Varying((
                    next.map(|next| notices::next_attempt_at.eq(At(next))),
                    why.map(|why| notices::fault.eq(why.fault)),
                    why.map(|why| notices::last_error.eq(Some(&why.detail))),
                )),
                notices::attempts.eq(notices::attempts - 1),
                notices::lease_until.eq(None::<At>),
                notices::lease_holder.eq(None::<String>),
                notices::version.eq(notices::version + 1),
            ))
            .execute(conn)?;
    }
    Ok(given)
}

/// Makes due at `now` what was put off since shortly before `since`: the way out was closed meanwhile, so that their
/// own delays say nothing about them. Answers how many.
///
/// # Errors
/// Database errors.
pub fn free(conn: &mut Conn, since: Instant, now: Instant) -> QueryResult<usize> {
    diesel::update(
        notices::table
            .filter(IsWaiting)
            .filter(notices::next_attempt_at.gt(At(now)))
            .filter(notices::tried_at.ge(At(since - BEFOREHAND))),
    )
    .set((
        notices::next_attempt_at.eq(At(now)),
        notices::version.eq(notices::version + 1),
    ))
    .execute(conn)
}

/// Deletes the oldest `batch` of the notices that were sent at `until` or before, and answers how many. The first of a
/// thread that goes on stays: later ones refer to it.
///
/// # Errors
/// Database errors.
pub fn delete_sent(conn: &mut Conn, batch: i64, until: Instant) -> QueryResult<usize> {
    diesel::alias!(notices as first: First, notices as later: Later);
    // A macro, because the types of two aliases are two types.
    macro_rules! of_its_thread {
        ($alias:ident) => {
            $alias
                .filter($alias.field(notices::thread).eq(notices::thread))
                .filter(
                    ($alias.field(notices::person_id).eq(notices::person_id))
                        .or($alias.field(notices::to_email).eq(notices::to_email)),
                )
        };
    }
    let follows = of_its_thread!(first)
        .filter(first.field(notices::created_at).lt(notices::created_at))
        .select(first.field(notices::id));
    let goes_on = of_its_thread!(later)
        .filter(later.field(notices::created_at).gt(At(until)))
        .select(later.field(notices::id));
    let ids: Vec<NoticeId> = notices::table
        .filter(IsSent)
        .filter(notices::sent_at.le(At(until)))
        .filter(exists(follows).or(not(exists(goes_on))))
        .order(notices::sent_at.asc())
        .limit(batch)
        .select(notices::id)
        .load(conn)?;
    diesel::delete(notices::table.filter(notices::id.eq_any(ids))).execute(conn)
}

/// What waits to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backlog {
    /// How many notices wait, those that were put off included.
    pub waiting: i64,
    /// Since when the first of them has waited. A notice is due as soon as it is written; that a try failed, and when the
    /// next one comes, makes it no younger.
    pub since: Option<Instant>,
}

/// How far the outbox is behind; for the state of health.
///
/// # Errors
/// Database errors.
pub fn backlog(conn: &mut Conn) -> QueryResult<Backlog> {
    let waiting = notices::table.filter(IsWaiting).count().get_result(conn)?;
    let first: Option<At> = notices::table
        .filter(IsWaiting)
        .select(min(notices::created_at))
        .get_result(conn)?;
    let since = first.map(|at| at.0);
    Ok(Backlog { waiting, since })
}
