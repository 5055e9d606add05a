//! Failures of the desk's own: noted in memory where requests are answered, and written down by the way, so that no answer
//! waits for it. Those of a time in which the database cannot be written wait until it can.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::BoxFuture;

use super::{Job, Stepped};
use crate::db::{Conn, Db, DbError};
use crate::domain::Instant;
use crate::store::recent_errors::{self, RecentError};

/// How many wait to be written down at the most; the oldest go first.
const MOST: usize = 1_000;
/// How many are written in one transaction.
const BATCH: usize = 100;

/// The failures that are still to be written down. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct ErrorLog(Arc<Mutex<VecDeque<RecentError>>>);

impl ErrorLog {
    /// Notes a failure.
    pub fn note(&self, error: RecentError) {
        let mut noted = self.noted();
        if noted.len() == MOST {
            noted.pop_front();
        }
        noted.push_back(error);
    }

    fn noted(&self) -> MutexGuard<'_, VecDeque<RecentError>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn first(&self) -> Vec<RecentError> {
        self.noted().iter().take(BATCH).cloned().collect()
    }

    fn forget(&self, written: &[RecentError]) {
        self.noted().retain(|error| !written.contains(error));
    }
}

/// Writes failures down.
#[derive(Clone)]
pub struct ErrorLogJob {
    db: Db,
    log: ErrorLog,
}

impl ErrorLogJob {
    /// The job on `db`, for what was noted in `log`.
    pub fn new(db: Db, log: ErrorLog) -> Self {
        Self { db, log }
    }
}

impl Job for ErrorLogJob {
    fn name(&self) -> &'static str {
        "errors"
    }

    fn every(&self) -> Duration {
        Duration::from_secs(2)
    }

    fn gives_work(&self) -> bool {
        false
    }

    fn step(&self, _: Instant) -> BoxFuture<'_, Result<Stepped, DbError>> {
        Box::pin(async move {
            let first = self.log.first();
            if first.is_empty() {
                return Ok(Stepped::default());
            }
            let writing = first.clone();
            self.db
                .write(move |conn: &mut Conn| -> Result<(), DbError> {
                    for error in &writing {
                        recent_errors::insert(conn, error)?;
                    }
                    Ok(())
                })
                .await?;
            self.log.forget(&first);
            Ok(Stepped {
                done: first.len(),
                more: first.len() == BATCH,
            })
        })
    }
}
