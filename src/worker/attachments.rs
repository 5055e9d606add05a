//! Files that nobody names any more (F4): rows of those that were attached to nothing for a day, and the bytes of which no row is
//! left. They were redacted, or given up, or the process was killed before their row was written.

use std::io;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::BoxFuture;

use super::{Job, Stepped};
use crate::attachments::Store;
use crate::db::{Conn, Db, DbError};
use crate::domain::Instant;
use crate::store::attachments::{discard_given_up, named_among};

/// Rows that go in one transaction.
const BATCH: i64 = 500;
/// How many folders of bytes are looked through in a step, or as much of a bucket; there are 256 at the most.
const FOLDERS: usize = 32;

/// Takes away what nobody names any more.
pub struct Sweeping {
    db: Db,
    store: Store,
    /// Behind what the next look begins.
    next: Mutex<Option<String>>,
}

impl Sweeping {
    /// The job on `db` and the files in `store`.
    pub fn new(db: Db, store: Store) -> Self {
        Self {
            db,
            store,
            next: Mutex::default(),
        }
    }

    /// Forgets a batch of files that were attached to nothing for too long, and takes away what no row names in a part of them.
    ///
    /// # Errors
    /// Database errors. What cannot be read or taken away is told in the log and left for the next time.
    pub async fn step(&self, now: Instant) -> Result<Stepped, DbError> {
        let discard = move |conn: &mut Conn| -> Result<usize, DbError> {
            Ok(discard_given_up(conn, BATCH, now)?)
        };
        let forgotten = self.db.write(discard).await?;
        let swept = match self.sweep().await? {
            Ok(swept) => swept,
            Err(error) => {
                let place = self.store.place();
                tracing::error!(%error, %place, "what no attachment names could not be looked for, or not be taken away");
                0
            }
        };
        if forgotten + swept > 0 {
            tracing::info!(forgotten, swept, "attachments that nobody names are gone");
        }
        Ok(Stepped {
            done: forgotten + swept,
            more: i64::try_from(forgotten).is_ok_and(|forgotten| forgotten >= BATCH),
        })
    }

    async fn sweep(&self) -> Result<io::Result<usize>, DbError> {
        let from = (self.next.lock().unwrap_or_else(PoisonError::into_inner)).clone();
        let looked = match self.store.look(from, FOLDERS).await {
            Ok(looked) => looked,
            Err(error) => return Ok(Err(error)),
        };
        *self.next.lock().unwrap_or_else(PoisonError::into_inner) = looked.next.clone();
        let asked = looked.settled.clone();
        let named = match asked.is_empty() {
            true => Default::default(),
            false => {
                let ask =
                    move |conn: &mut Conn| -> Result<_, DbError> { Ok(named_among(conn, &asked)?) };
                self.db.read_apart(ask).await?
            }
        };
        Ok(self.store.sweep(looked, &named).await)
    }
}

impl Job for Sweeping {
    fn name(&self) -> &'static str {
        "attachments"
    }

    fn every(&self) -> Duration {
        Duration::from_secs(300)
    }

    fn step(&self, now: Instant) -> BoxFuture<'_, Result<Stepped, DbError>> {
        Box::pin(Sweeping::step(self, now))
    }
}
