//! Digests: what people chose to read of once a day, in one mail at 08:00 by their clock (N5). What is kept becomes a notice in one
//! transaction, so that a kill loses nothing and tells nothing twice.

use std::time::Duration;

use futures_util::future::BoxFuture;

use super::job::do_each;
use super::{Job, Stepped};
use crate::db::{Conn, Db, DbError};
use crate::domain::Instant;
use crate::store::digests;
use crate::workflow::notify::make_digest;

/// People whose digests are made in one step at the most.
const BATCH: i64 = 64;

/// Makes the daily digests.
#[derive(Clone)]
pub struct Digests {
    db: Db,
}

/// What came of a step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Digested {
    /// Digests that were put into the outbox.
    pub made: usize,
    /// Whether there may be more.
    pub more: bool,
}

impl Digests {
    /// The job on `db`.
    pub fn new(db: Db) -> Self {
        Self { db }
    }

    /// Makes the digests for which it is time at `now`, those of a few people in one transaction.
    ///
    /// # Errors
    /// Database errors; what was made before it failed stays made.
    pub async fn step(&self, now: Instant) -> Result<Digested, DbError> {
        let due = self
            .db
            .read(move |conn: &mut Conn| -> Result<_, DbError> {
                Ok(digests::due(conn, now, BATCH)?)
            })
            .await?;
        let made = do_each(&self.db, &due, move |conn, person| {
            Ok(make_digest(conn, person, now)?)
        });
        let made = made.await?.into_iter().filter(|made| *made);
        Ok(Digested {
            made: made.count(),
            more: i64::try_from(due.len()) == Ok(BATCH),
        })
    }
}

impl Job for Digests {
    fn name(&self) -> &'static str {
        "digests"
    }

    fn every(&self) -> Duration {
        Duration::from_secs(60)
    }

    fn step(&self, now: Instant) -> BoxFuture<'_, Result<Stepped, DbError>> {
        Box::pin(async move {
            let digested = Digests::step(self, now).await?;
            Ok(Stepped {
                done: digested.made,
                more: digested.more,
            })
        })
    }
}
