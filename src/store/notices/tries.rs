//! Tries by which a notice was not taken (A8). That it was taken stands with the notice.

use std::collections::HashMap;

use diesel::prelude::*;

use super::Why;
use crate::db::Conn;
use crate::db::schema::notice_tries as tries;
use crate::db::sql_types::At;
use crate::domain::Instant;
use crate::domain::ids::{NoticeId, TryId};
use crate::domain::notice::{Fault, without_addresses};

/// A try by which a notice was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Try {
    /// When.
    pub at: Instant,
    /// Why not.
    pub fault: Fault,
    /// What the mail server or the system said, without the addresses in it.
    pub said: String,
    /// When it was to be tried next; never if none.
    pub next_at: Option<Instant>,
}

/// Notes a try that failed; one that did not come to a fault is none.
///
/// # Errors
/// Database errors.
pub fn note_try(
    conn: &mut Conn,
    notice: NoticeId,
    why: &Why,
    next_at: Option<Instant>,
    now: Instant,
) -> QueryResult<()> {
    let Some(fault) = why.fault else {
        return Ok(());
    };
    diesel::insert_into(tries::table)
        .values((
            tries::id.eq(TryId::new(now)),
            tries::notice_id.eq(notice),
            tries::at.eq(At(now)),
            tries::fault.eq(fault),
            tries::said.eq(without_addresses(&why.detail)),
            tries::next_at.eq(next_at.map(At)),
        ))
        .execute(conn)
        .map(drop)
}

/// The tries of notices, the oldest first.
///
/// # Errors
/// Database errors.
pub fn tries_of(conn: &mut Conn, notices: &[NoticeId]) -> QueryResult<HashMap<NoticeId, Vec<Try>>> {
    let rows: Vec<(NoticeId, At, Fault, String, Option<At>)> = tries::table
        .filter(tries::notice_id.eq_any(notices.iter().copied()))
        .order((tries::notice_id.asc(), tries::id.asc()))
        .select((
            tries::notice_id,
            tries::at,
            tries::fault,
            tries::said,
            tries::next_at,
        ))
        .load(conn)?;
    let mut found: HashMap<NoticeId, Vec<Try>> = HashMap::new();
    for (notice, at, fault, said, next) in rows {
        found.entry(notice).or_default().push(Try {
            at: at.0,
            fault,
            said,
            next_at: next.map(|next| next.0),
        });
    }
    Ok(found)
}
