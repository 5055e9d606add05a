//! When sessions were last used: noted in memory where requests are read, and written down by the way.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::TimeDelta;
use futures_util::future::BoxFuture;

use super::{Job, Stepped};
use crate::db::{Conn, Db, DbError};
use crate::domain::Instant;
use crate::domain::ids::SessionId;
use crate::store::sessions::{self, Session};

/// How much older than the truth a row may be before it is written anew.
const GRAIN: TimeDelta = TimeDelta::minutes(1);

/// The sessions that were used since it was last written down. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct LastSeenBuffer(Arc<Mutex<HashMap<SessionId, Instant>>>);

impl LastSeenBuffer {
    /// Notes that a session is used. A row that is about right costs nothing but a comparison.
    pub fn note(&self, id: SessionId, last_seen_at: Instant, now: Instant) {
        if now - last_seen_at >= GRAIN {
            let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            seen.insert(id, now);
        }
    }

    fn take(&self) -> HashMap<SessionId, Instant> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// When a session was last used, which its row may not know yet.
    pub fn of(&self, session: &Session) -> Instant {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let noted = seen.get(&session.id).copied();
        noted.map_or(session.last_seen_at, |noted| {
            noted.max(session.last_seen_at)
        })
    }
}

/// Writes down when sessions were last used. What a process has not written when it ends is forgotten.
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

    /// Writes down what was noted, in one transaction; answers for how many sessions.
    ///
    /// # Errors
    /// The database's own; what was noted is then forgotten, and noted again when the sessions are used again.
    pub async fn step(&self) -> Result<usize, DbError> {
        let seen = self.seen.take();
        if seen.is_empty() {
            return Ok(0);
        }
        let (count, idle) = (seen.len(), self.idle);
        self.db
            .write(move |conn: &mut Conn| -> Result<(), DbError> {
                for (id, at) in &seen {
                    sessions::seen(conn, *id, *at, idle)?;
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

    fn step(&self, _: Instant) -> BoxFuture<'_, Result<Stepped, DbError>> {
        Box::pin(async move {
            let done = LastSeenJob::step(self).await?;
            Ok(Stepped { done, more: false })
        })
    }
}
