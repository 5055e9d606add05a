//! What was written is taken into the index of words of the embedded database, which is begun with within a second; until then a search
//! reads it through. A server has nothing that waits.

use std::time::Duration;

use futures_util::future::BoxFuture;

use super::{Job, Stepped};
use crate::db::{Conn, Db, DbError, unheard};
use crate::domain::Instant;
use crate::store::search_index;

/// Rows that are taken in by one transaction.
const BATCH: i64 = 256;
/// So often parts of the index are put together behind that at the most: several times what it has become larger by, and not for so long
/// that much waits meanwhile.
const STEPS: usize = 16;

/// Takes in what waits.
#[derive(Clone)]
pub struct Indexing {
    db: Db,
}

impl Indexing {
    /// The job on `db`.
    pub fn new(db: Db) -> Self {
        Self { db }
    }

    /// Puts parts of the index together until there are few, or so often at the most: a transaction each time, so that others write in
    /// between. A server is not asked.
    ///
    /// # Errors
    /// Database errors; what was put together before stays so.
    pub async fn put_together(db: &Db, most: usize) -> Result<(), DbError> {
        let step = |conn: &mut Conn| -> Result<_, DbError> {
            unheard();
            Ok(search_index::put_together(conn)?)
        };
        if db.is_server() {
            return Ok(());
        }
        for _ in 0..most {
            if !db.write(step).await? {
                break;
            }
        }
        Ok(())
    }
}

impl Job for Indexing {
    fn name(&self) -> &'static str {
        "index"
    }

    fn every(&self) -> Duration {
        Duration::from_secs(1)
    }

    fn gives_work(&self) -> bool {
        false
    }

    fn step(&self, _: Instant) -> BoxFuture<'_, Result<Stepped, DbError>> {
        Box::pin(async move {
            let is_any =
                |conn: &mut Conn| -> Result<_, DbError> { Ok(search_index::is_any_waiting(conn)?) };
            if !self.db.read_one(is_any).await? {
                return Ok(Stepped::default());
            }
            let take_in = |conn: &mut Conn| -> Result<_, DbError> {
                unheard();
                Ok(search_index::take_in(conn, BATCH)?)
            };
            let done = self.db.write(take_in).await?;
            Self::put_together(&self.db, STEPS).await?;
            Ok(Stepped {
                done,
                more: i64::try_from(done).is_ok_and(|done| done >= BATCH),
            })
        })
    }
}
