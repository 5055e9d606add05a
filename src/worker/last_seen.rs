//! When sessions and API tokens were last used: noted in memory where requests are read, and written down by the way.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::TimeDelta;
use futures_util::future::BoxFuture;

use super::{Job, Stepped};
use crate::db::{Conn, Db, DbError, unheard};
use crate::domain::Instant;
use crate::domain::ids::{SessionId, TokenId};
use crate::store::sessions::{self, Session};
use crate::store::tokens::{self, Token};

/// How much older than the truth a row may be before it is written anew.
const GRAIN: TimeDelta = TimeDelta::minutes(1);

/// The sessions and tokens that were used since it was last written down. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct LastSeenBuffer(Arc<Mutex<LastSeen>>);

#[derive(Debug, Default)]
struct LastSeen {
    sessions: HashMap<SessionId, Instant>,
    tokens: HashMap<TokenId, Instant>,
}

impl LastSeenBuffer {
    /// Notes that a session is used. A row that is about right costs nothing but a comparison.
    pub fn note(&self, id: SessionId, last_seen_at: Instant, now: Instant) {
        if now - last_seen_at >= GRAIN {
            self.noted().sessions.insert(id, now);
        }
    }

    /// The same for an API token (A7).
    pub fn note_token(&self, id: TokenId, last_used_at: Option<Instant>, now: Instant) {
        if last_used_at.is_none_or(|used| now - used >= GRAIN) {
            self.noted().tokens.insert(id, now);
        }
    }

    fn noted(&self) -> MutexGuard<'_, LastSeen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self) -> LastSeen {
        std::mem::take(&mut *self.noted())
    }

    /// When a session was last used, which its row may not know yet.
    pub fn of(&self, session: &Session) -> Instant {
        let noted = self.noted().sessions.get(&session.id).copied();
        noted.map_or(session.last_seen_at, |noted| {
            noted.max(session.last_seen_at)
        })
    }

    /// When a token was last used, which its row may not know yet; none if it never was.
    pub fn of_token(&self, token: &Token) -> Option<Instant> {
        let noted = self.noted().tokens.get(&token.id).copied();
        noted.max(token.last_used_at)
    }
}

/// Writes down when sessions and tokens were last used. What a process has not written when it ends is forgotten.
#[derive(Clone)]
pub struct LastSeenJob {
    db: Db,
    seen: LastSeenBuffer,
    idle: TimeDelta,
}

impl LastSeenJob {
    /// The job on `db`, for what was noted in `seen`; a session goes on for `idle` after its last use.
    pub fn new(db: Db, seen: LastSeenBuffer, idle: TimeDelta) -> Self {
        Self { db, seen, idle }
    }

    /// Writes down what was noted, in one transaction; answers for how many.
    ///
    /// # Errors
    /// Database errors; what was noted is then forgotten, and noted again when they are used again.
    pub async fn step(&self) -> Result<usize, DbError> {
        let seen = self.seen.take();
        let (count, idle) = (seen.sessions.len() + seen.tokens.len(), self.idle);
        if count == 0 {
            return Ok(0);
        }
        self.db
            .write(move |conn: &mut Conn| -> Result<(), DbError> {
                unheard();
                for (id, at) in &seen.sessions {
                    sessions::seen(conn, *id, *at, idle)?;
                }
                for (id, at) in &seen.tokens {
                    tokens::used(conn, *id, *at)?;
                }
                Ok(())
            })
            .await?;
        Ok(count)
    }
}

impl Job for LastSeenJob {
    fn name(&self) -> &'static str {
        "presence"
    }

    fn every(&self) -> Duration {
        Duration::from_secs(30)
    }

    fn gives_work(&self) -> bool {
        false
    }

    fn step(&self, _: Instant) -> BoxFuture<'_, Result<Stepped, DbError>> {
        Box::pin(async move {
            let done = LastSeenJob::step(self).await?;
            Ok(Stepped { done, more: false })
        })
    }
}
