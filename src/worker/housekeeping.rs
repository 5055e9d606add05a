//! Housekeeping: what has expired is deleted, and what an earlier release rendered is rendered anew, a bounded batch at a
//! time.

use std::time::Duration;

use futures_util::future::BoxFuture;

use super::{Job, Stepped};
use crate::blocking;
use crate::db::{Conn, Db, DbError};
use crate::domain::Instant;
use crate::store::expired::Expiring;
use crate::store::feeds;
use crate::words::markdown;

/// Rows of one table that go in one transaction.
const BATCH: i64 = 500;

/// Deletes what has expired, and renders anew.
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
    /// Entries whose words were rendered anew.
    pub rendered: usize,
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

    /// Deletes a batch of each thing that has expired at `now`, one transaction each, and renders a batch of entries anew.
    ///
    /// # Errors
    /// Database errors; what was deleted before it failed stays deleted.
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
        swept.rendered = self.render().await?;
        swept.more |= i64::try_from(swept.rendered).is_ok_and(|rendered| rendered >= self.batch);
        Ok(swept)
    }

    /// Renders on a blocking thread, and writes what came of it: neither readers nor the writer wait for the rendering.
    async fn render(&self) -> Result<usize, DbError> {
        let batch = self.batch;
        let found = self
            .db
            .read_apart(move |conn: &mut Conn| -> Result<_, DbError> {
                Ok(feeds::unrendered(conn, batch)?)
            })
            .await?;
        if found.is_empty() {
            return Ok(0);
        }
        let rendered = blocking::run(move || {
            let rendered = found
                .into_iter()
                .map(|(id, version, body)| (id, version, markdown::to_html(&body)));
            rendered.collect::<Vec<_>>()
        });
        let rendered = rendered.await?;
        let count = rendered.len();
        self.db
            .write(move |conn: &mut Conn| -> Result<_, DbError> {
                for (id, version, html) in &rendered {
                    feeds::keep_rendering(conn, *id, *version, html)?;
                }
                Ok(())
            })
            .await?;
        Ok(count)
    }
}

impl Job for Housekeeping {
    fn name(&self) -> &'static str {
        "housekeeping"
    }

    fn every(&self) -> Duration {
        Duration::from_secs(300)
    }

    fn step(&self, now: Instant) -> BoxFuture<'_, Result<Stepped, DbError>> {
        Box::pin(async move {
            let swept = Housekeeping::step(self, now).await?;
            Ok(Stepped {
                done: swept.deleted + swept.rendered,
                more: swept.more,
            })
        })
    }
}
