//! Rows of an earlier release are made to be found by their words, a batch at a time: so large a table need not be written anew
//! while somebody waits for the server to start.

use std::time::Duration;

use futures_util::future::BoxFuture;

use super::{Job, Stepped};
use crate::db::{Conn, Db, DbError};
use crate::domain::Instant;
use crate::store::words;

/// Rows of one table that go in one transaction.
const BATCH: i64 = 200;

/// Makes the words of older rows.
#[derive(Clone)]
pub struct OlderWords {
    db: Db,
    batch: i64,
}

impl OlderWords {
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
}

impl Job for OlderWords {
    fn name(&self) -> &'static str {
        "words"
    }

    fn every(&self) -> Duration {
        Duration::from_secs(300)
    }

    /// Neither readers nor the writer wait while the words are made.
    fn step(&self, _: Instant) -> BoxFuture<'_, Result<Stepped, DbError>> {
        Box::pin(async move {
            let batch = self.batch;
            let made = self
                .db
                .read_apart(move |conn: &mut Conn| -> Result<_, DbError> {
                    Ok(words::make(conn, batch)?)
                })
                .await?;
            if made.is_empty() {
                return Ok(Stepped::default());
            }
            let done = made.count();
            self.db
                .write(move |conn: &mut Conn| -> Result<(), DbError> {
                    Ok(words::keep(conn, &made)?)
                })
                .await?;
            // There may be more; the next step finds out.
            Ok(Stepped { done, more: true })
        })
    }
}
