//! Housekeeping: what has expired is deleted, a bounded batch at a time.

use crate::db::{Conn, Db, DbError};
use crate::domain::Instant;
use crate::store::expired::Expiring;

/// Rows of one table that go in one transaction.
const BATCH: i64 = 500;

/// Deletes what has expired.
#[derive(Clone)]
pub struct Housekeeping {
    db: Db,
    batch: i64,
}

/// What came of a step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Rows that were deleted.
    pub deleted: usize,
    /// Whether there may be more.
    pub more: bool,
}

impl Housekeeping {
    /// The job on `db`.
    pub fn new(db: Db) -> Self {
        Self { db, batch: BATCH }
    }

    /// The job with batches of another size, at least 1.
    #[must_use]
    pub fn in_batches_of(mut self, batch: i64) -> Self {
        self.batch = batch.max(1);
        self
    }

    /// Deletes a batch of each thing that has expired at `now`, one transaction each.
    ///
    /// # Errors
    /// The database's own; what was deleted before it failed stays deleted.
    pub async fn step(&self, now: Instant) -> Result<Swept, DbError> {
        let mut swept = Swept::default();
        for things in Expiring::ALL {
            let batch = self.batch;
            let deleted = self
                .db
                .write(move |conn: &mut Conn| -> Result<_, DbError> {
                    Ok(things.delete(conn, batch, now)?)
                })
                .await?;
            if deleted > 0 {
                tracing::debug!(
                    table = things.table(),
                    rows = deleted,
                    "expired rows deleted"
                );
            }
            swept.deleted += deleted;
            swept.more |= i64::try_from(deleted).is_ok_and(|deleted| deleted >= batch);
        }
        Ok(swept)
    }
}
