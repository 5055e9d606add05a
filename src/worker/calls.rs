//! Callbacks: whoever makes a call is reminded when its window begins, and a call that did not come in its window is missed
//! (M12). Each is told once, however many processes run.

use std::time::Duration;

use futures_util::future::BoxFuture;

use super::job::do_each;
use super::{Job, Stepped};
use crate::db::{Conn, Db, DbError};
use crate::domain::Instant;
use crate::domain::ids::CallbackId;
use crate::store::callbacks::{self, Due};
use crate::workflow::{VerbResult, callback};

/// Callbacks that are seen to in one step at the most, of those that begin and of those that are over.
const BATCH: i64 = 32;

/// Sees to the windows of callbacks.
#[derive(Clone)]
pub struct Calls {
    db: Db,
}

/// What came of a step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SeenTo {
    /// Windows that have begun, of which somebody was reminded.
    pub begun: usize,
    /// Calls that were missed.
    pub missed: usize,
    /// Whether there may be more.
    pub more: bool,
}

impl Calls {
    /// The job on `db`.
    pub fn new(db: Db) -> Self {
        Self { db }
    }

    /// Reminds of the windows that have begun by `now`, and notes the calls whose windows are over, a few in one transaction.
    ///
    /// # Errors
    /// Database errors; what was told before it failed stays told.
    pub async fn step(&self, now: Instant) -> Result<SeenTo, DbError> {
        let (begun, more_begun) = self.each(Due::Begins, callback::remind, now).await?;
        let (missed, more_missed) = self.each(Due::Ends, callback::lapse, now).await?;
        Ok(SeenTo {
            begun,
            missed,
            more: more_begun || more_missed,
        })
    }

    async fn each(
        &self,
        what: Due,
        verb: fn(&mut Conn, CallbackId, Instant) -> VerbResult<bool>,
        now: Instant,
    ) -> Result<(usize, bool), DbError> {
        let due = self
            .db
            .read(move |conn: &mut Conn| -> Result<_, DbError> {
                Ok(callbacks::due(conn, what, now, BATCH)?)
            })
            .await?;
        let more = i64::try_from(due.len()) == Ok(BATCH);
        let fell_to_us = do_each(&self.db, &due, move |conn, id| verb(conn, id, now)).await?;
        let seen_to = fell_to_us.into_iter().filter(|fell_to_us| *fell_to_us);
        Ok((seen_to.count(), more))
    }
}

impl Job for Calls {
    fn name(&self) -> &'static str {
        "calls"
    }

    fn every(&self) -> Duration {
        Duration::from_secs(15)
    }

    fn step(&self, now: Instant) -> BoxFuture<'_, Result<Stepped, DbError>> {
        Box::pin(async move {
            let seen_to = Calls::step(self, now).await?;
            Ok(Stepped {
                done: seen_to.begun + seen_to.missed,
                more: seen_to.more,
            })
        })
    }
}
