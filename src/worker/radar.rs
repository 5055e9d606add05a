//! The radar: owners of cases are warned of what becomes eligible for escalation soon (M9), in business hours (N7) and once for
//! each case, reason and instant, however many processes run.

use std::time::Duration;

use futures_util::future::BoxFuture;

use super::job::{do_each, left_for_people};
use super::{Job, Stepped};
use crate::db::{Conn, Db, DbError};
use crate::domain::Instant;
use crate::workflow::radar;

/// Cases whose owners are warned in one step at the most.
const BATCH: usize = 32;

/// Warns of what becomes eligible.
#[derive(Clone)]
pub struct Warnings {
    db: Db,
}

/// What came of a step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Warned {
    /// Notices that were put into the outbox.
    pub told: usize,
    /// Whether there may be more.
    pub more: bool,
}

impl Warnings {
    /// The job on `db`.
    pub fn new(db: Db) -> Self {
        Self { db }
    }

    /// Warns of what is to be warned of at `now`, of a few cases in one transaction.
    ///
    /// # Errors
    /// Database errors; what was told before it failed stays told.
    pub async fn step(&self, now: Instant) -> Result<Warned, DbError> {
        let mut due = self
            .db
            .read_apart(move |conn: &mut Conn| radar::to_warn(conn, now).or_else(left_for_people))
            .await?;
        let more = due.len() > BATCH;
        due.truncate(BATCH);
        let told = do_each(&self.db, &due, move |conn, case| {
            radar::warn(conn, case, now)
        });
        Ok(Warned {
            told: told.await?.into_iter().sum(),
            more,
        })
    }
}

impl Job for Warnings {
    fn name(&self) -> &'static str {
        "radar"
    }

    fn every(&self) -> Duration {
        Duration::from_secs(60)
    }

    fn step(&self, now: Instant) -> BoxFuture<'_, Result<Stepped, DbError>> {
        Box::pin(async move {
            let warned = Warnings::step(self, now).await?;
            Ok(Stepped {
                done: warned.told,
                more: warned.more,
            })
        })
    }
}
