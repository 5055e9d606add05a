//! Files that nobody names any more (F4): rows of those that were attached to nothing for a day, and the bytes of which no row is
//! left. They were redacted, or given up, or the process was killed before their row was written.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::BoxFuture;

use super::{Job, Stepped};
use crate::attachments::{ContentHash, Store};
use crate::blocking;
use crate::db::{Conn, Db, DbError};
use crate::domain::Instant;
use crate::store::attachments::{discard_given_up, named_among};

/// Rows that go in one transaction.
const BATCH: i64 = 500;
/// How many folders of bytes are looked through in a step; there are 256 at the most.
const FOLDERS: usize = 32;

/// Takes away what nobody names any more.
pub struct Sweeping {
    db: Db,
    store: Store,
    folders: usize,
    /// Which folder is next.
    next: AtomicUsize,
}

impl Sweeping {
    /// The job on `db` and the files in `store`.
    pub fn new(db: Db, store: Store) -> Self {
        Self {
            db,
            store,
            folders: FOLDERS,
            next: AtomicUsize::new(0),
        }
    }

    /// The job with so many folders looked through in a step.
    #[must_use]
    pub fn looking_through(mut self, folders: usize) -> Self {
        self.folders = folders.max(1);
        self
    }

    /// Forgets a batch of files that were attached to nothing for too long, and takes away what no row names in some folders.
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
                tracing::error!(%error, "what no attachment names could not be taken away");
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
        let (store, from) = (self.store.clone(), self.next.load(Ordering::Relaxed));
        let most = self.folders;
        let looked = blocking::run(move || settled(&store, from, most)).await?;
        let (settled, next) = match looked {
            Ok(looked) => looked,
            Err(error) => return Ok(Err(error)),
        };
        self.next.store(next, Ordering::Relaxed);
        let asked = settled.clone();
        let named = match settled.is_empty() {
            true => Default::default(),
            false => {
                let ask =
                    move |conn: &mut Conn| -> Result<_, DbError> { Ok(named_among(conn, &asked)?) };
                self.db.read_apart(ask).await?
            }
        };
        let unnamed: Vec<ContentHash> = settled
            .into_iter()
            .filter(|content| !named.contains(content))
            .collect();
        let store = self.store.clone();
        Ok(blocking::run(move || store.sweep(&unnamed)).await?)
    }
}

/// What has been in the next folders for a while, and which folder comes after them.
fn settled(store: &Store, from: usize, most: usize) -> io::Result<(Vec<ContentHash>, usize)> {
    let folders = store.folders()?;
    let from = if from < folders.len() { from } else { 0 };
    let mut settled = Vec::new();
    for folder in folders.iter().skip(from).take(most) {
        // One that cannot be read keeps nobody from the others.
        match store.settled_in(folder) {
            Ok(found) => settled.extend(found),
            Err(error) => {
                tracing::error!(%error, %folder, "attachments could not be looked through");
            }
        }
    }
    Ok((settled, from + most))
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
