//! What hangs on a proof of who somebody is, and ends with it (A7).

use diesel::QueryResult;

use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::ids::{PersonId, SessionId};
use crate::domain::link::LinkPurpose;
use crate::store::{one_time_links, people, sessions, tokens};

/// What of a person's keys stays when the others end. Nothing, unless it is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// The session in which the proof was replaced by a new one.
    pub session: Option<SessionId>,
    /// The API tokens, because their owner knows who holds them.
    pub tokens: bool,
}

/// How much ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ended {
    /// Sessions.
    pub sessions: usize,
    /// API tokens.
    pub tokens: usize,
}

impl Ended {
    /// Whether there was anything to end.
    pub fn anything(self) -> bool {
        self.sessions + self.tokens > 0
    }
}

/// Ends what a person's proof has opened, once that proof is replaced, taken away, or not to be trusted any more: their
/// sessions, their API tokens, and the links with which a password could be set. It is for good: nothing of it comes
/// back when somebody is enabled again.
///
/// Every verb that changes a password, a second factor, or whether somebody is shut out, calls it. Whoever opens something
/// with the old proof at the same time has done so before, and it ends too, or finds the new one.
///
/// # Errors
/// Database errors.
pub fn end_keys(conn: &mut Conn, person: PersonId, kept: Kept, now: Instant) -> QueryResult<Ended> {
    people::lock(conn, person)?;
    for purpose in LinkPurpose::ALL {
        one_time_links::revoke(conn, person, *purpose, now)?;
    }
    Ok(Ended {
        sessions: sessions::close_others(conn, person, kept.session)?,
        tokens: match kept.tokens {
            true => 0,
            false => tokens::revoke_all(conn, person, now)?,
        },
    })
}
