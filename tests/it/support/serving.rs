//! The house, started inside the test.

use std::path::Path;

use casebell::clock::Clock;
use casebell::db::Db;
use casebell::domain::Instant;

use super::database::TestDatabase;

/// A running server and its worker.
pub struct Serving {
    db: Db,
    origin: String,
}

impl Serving {
    /// Starts on a free port. The worker does nothing by itself.
    pub async fn start(
        database: &TestDatabase,
        data: &Path,
        clock: Clock,
        settings: &[(&str, &str)],
    ) -> Self {
        let _ = (database, data, clock, settings);
        todo!("the server")
    }

    /// `http://127.0.0.1:port`.
    pub fn origin(&self) -> String {
        self.origin.clone()
    }

    /// The house's way to the database.
    pub fn db(&self) -> &Db {
        &self.db
    }

    /// Loads records as `casebell import casebell` does.
    pub async fn import(&self, records: &str) {
        let _ = records;
        todo!("the import")
    }

    /// Lets every job do one step.
    pub async fn step(&self, now: Instant) {
        let _ = now;
        todo!("the worker")
    }

    /// Lets every job step until none has anything to do.
    pub async fn step_until_idle(&self, now: Instant) {
        self.step(now).await;
    }

    /// Finishes requests and stops.
    pub async fn stop(&self) {}
}
