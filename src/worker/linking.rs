//! Audited events that were committed get their place in the chain (C8): right after the commit that wrote them, and of what other
//! processes have written a second later at the most. In the embedded database, which links what it writes, there is nothing to do.

use std::time::Duration;

use futures_util::future::BoxFuture;

use super::{Job, Stepped};
use crate::db::{Conn, Db, DbError, unheard};
use crate::domain::Instant;
use crate::store::audit;

/// Events that get their places in one transaction.
const BATCH: i64 = 500;

/// Links what waits.
#[derive(Clone)]
pub struct Linking {
    db: Db,
}

impl Linking {
    /// The job on `db`.
    pub fn new(db: Db) -> Self {
        Self { db }
    }

    /// Links a batch of what was committed, however many processes do so at the same time.
    ///
    /// # Errors
    /// Database errors; then nothing of this batch is linked, and all of it waits.
    pub async fn step(&self) -> Result<Stepped, DbError> {
        let is_any = self
            .db
            .read_one(|conn: &mut Conn| -> Result<_, DbError> { Ok(audit::is_any_waiting(conn)?) })
            .await?;
        if !is_any {
            return Ok(Stepped::default());
        }
        let done = self
            .db
            .write(|conn: &mut Conn| -> Result<_, DbError> {
                // Whoever follows was woken by the commit that wrote them.
                unheard();
                Ok(audit::link_waiting(conn, BATCH)?)
            })
            .await?;
        Ok(Stepped {
            done,
            more: i64::try_from(done).is_ok_and(|done| done >= BATCH),
        })
    }

    /// Links all that waits; gives how many that were. For whoever ends, or reads the chain next.
    ///
    /// # Errors
    /// Those of [`Linking::step`]; what was linked before it failed stays linked.
    pub async fn rest(&self) -> Result<usize, DbError> {
        let mut all = 0;
        loop {
            let stepped = self.step().await?;
            all += stepped.done;
            if !stepped.more {
                return Ok(all);
            }
        }
    }
}

impl Job for Linking {
    fn name(&self) -> &'static str {
        "audit"
    }

    fn every(&self) -> Duration {
        Duration::from_secs(1)
    }

    fn is_woken_by_commits(&self) -> bool {
        true
    }

    fn gives_work(&self) -> bool {
        false
    }

    fn step(&self, _: Instant) -> BoxFuture<'_, Result<Stepped, DbError>> {
        Box::pin(Self::step(self))
    }
}
