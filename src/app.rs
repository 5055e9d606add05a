//! The composition root: the server, and the jobs that go on beside it, put together.

use std::sync::Arc;

use crate::clock::Clock;
use crate::config::Settings;
use crate::db::Db;
use crate::http::state::AppState;
use crate::http::{BindError, Server};
use crate::worker::{
    Calls, Digests, Driver, ErrorLogJob, Housekeeping, Indexing, Jobs, LastSeenJob, Linking,
    OlderWords, Outbox, Resets, Rhythm, Steps, Sweeping, Targets, Tutorials, Warnings,
};

/// A process that serves: it holds its port and waits to be run.
pub struct App {
    /// Answers requests.
    pub server: Server,
    /// What the desk does by itself, to be driven or stepped.
    pub jobs: Jobs,
    db: Db,
    clock: Clock,
}

impl App {
    /// Binds the port of the settings. Nothing is done yet.
    ///
    /// # Errors
    /// See [`BindError`].
    pub fn bind(settings: &Settings, db: Db, clock: Clock) -> Result<Self, BindError> {
        let server = Server::bind(settings, db.clone(), clock.clone())?;
        Ok(Self {
            jobs: jobs(server.desk(), settings),
            server,
            db,
            clock,
        })
    }

    /// Starts the jobs on the current tokio runtime.
    pub fn drive(&self, rhythm: Rhythm) -> Driver {
        Driver::start(self.jobs.clone(), &self.db, &self.clock, rhythm)
    }
}

/// The registry of jobs, in the order in which they give each other work.
fn jobs(desk: &AppState, settings: &Settings) -> Jobs {
    let db = || desk.db.clone();
    let outbox = Outbox::new(db(), Arc::clone(&desk.post), desk.words.english().clone())
        .gathering(settings.mail_gathered_for);
    Jobs::default()
        .with(Steps::new(db()))
        .with(Targets::new(db()))
        .with(Calls::new(db()))
        .with(Warnings::new(db()))
        .with(Tutorials::new(db()))
        .with(Digests::new(db()))
        .with(Resets::new(db(), desk.key.clone()))
        .with(LastSeenJob::new(
            db(),
            desk.seen.clone(),
            desk.sessions.idle,
        ))
        .with(ErrorLogJob::new(db(), desk.errors.clone()))
        .with(outbox.shown_in(&desk.workers))
        .with(Sweeping::new(db(), desk.uploads.store.clone()))
        .with(Housekeeping::new(db()))
        .with(OlderWords::new(db()))
        .with(Indexing::new(db()))
        // What all the others have written.
        .with(Linking::new(db()))
}
