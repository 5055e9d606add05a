//! The house, started inside the test.

use std::ffi::OsString;
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use casebell::app::App;
use casebell::cli::import::Watch;
use casebell::cli::import::casebell::import;
use casebell::clock::Clock;
use casebell::config::Settings;
use casebell::db::Db;
use casebell::domain::Instant;
use casebell::http::Stopper;
use casebell::worker::{Driver, Jobs, Rhythm};
use tokio::task::JoinHandle;

use super::database::TestDatabase;
use super::process_guard::PATIENCE;

/// A running server and its worker.
pub struct Serving {
    db: Db,
    clock: Clock,
    jobs: Jobs,
    origin: String,
    stopper: Stopper,
    running: Mutex<Option<JoinHandle<std::io::Result<()>>>>,
}

/// What whoever measures a desk shows.
pub const METRICS_TOKEN: &str = "figures-of-this-desk";

/// What every desk of a story has, unless the story says otherwise.
const SETTINGS: &[(&str, &str)] = &[
    ("CASEBELL_LISTEN", "127.0.0.1:0"),
    ("CASEBELL_WORKERS", "2"),
    ("CASEBELL_SUPPORT_PHONE", "+49 30 5550100"),
    ("CASEBELL_METRICS_TOKEN", METRICS_TOKEN),
    ("CASEBELL_MAIL_FROM", "Bellhop Support <desk@bellhop.test>"),
    // The clock of most stories stands still, and they count mails: of gathering tells `digests`.
    ("CASEBELL_MAIL_GATHER_MINUTES", "0"),
    // What is written is told at once: of what is taken back tells `undo`.
    ("CASEBELL_UNDO_SECONDS", "0"),
];

/// No job is stepped without being woken; at the end, what is under way is seen to.
const STILL: Rhythm = Rhythm {
    every: Some(Duration::from_secs(36_000)),
    grace: PATIENCE,
};

impl Serving {
    /// Starts on a free port. The worker does nothing by itself.
    pub async fn start(
        database: &TestDatabase,
        data: &Path,
        clock: Clock,
        settings: &[(&str, &str)],
    ) -> Self {
        let own = [
            ("CASEBELL_DATABASE_URL", database.url()),
            ("CASEBELL_DATA_DIR", data.display().to_string()),
        ];
        let environment = (SETTINGS
            .iter()
            .chain(settings)
            .map(|(key, value)| (*key, (*value).to_owned())))
        .chain(own)
        .map(|(key, value)| (OsString::from(key), OsString::from(value)));
        let settings = Settings::read(None, environment).unwrap_or_else(|error| panic!("{error}"));
        let db = Db::open(&settings.database_url.location()).expect("the database opens");
        let app = App::bind(&settings, db.clone(), clock.clone())
            .unwrap_or_else(|error| panic!("{error}"));
        let App { server, jobs, .. } = app;
        let origin = format!("http://127.0.0.1:{}", server.port());
        let stopper = server.stopper();
        let running = tokio::spawn(server.run());
        Self {
            db,
            clock,
            jobs,
            origin,
            stopper,
            running: Mutex::new(Some(running)),
        }
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
        let (now, nobody) = (self.clock.now(), Watch::nobody());
        let report = import(&self.db, records.as_bytes(), now, &nobody).await;
        let report = report.expect("the records are read");
        assert!(
            report.refusals().is_empty(),
            "{report}\n{:?}",
            report.refusals()[0]
        );
    }

    /// Lets every job do one step.
    pub async fn step(&self, now: Instant) {
        self.jobs.step(now).await.expect("the worker steps");
    }

    /// Lets every job step until none has anything to do.
    pub async fn step_until_idle(&self, now: Instant) {
        let idle = self.jobs.until_idle(now).await;
        idle.expect("the worker steps");
    }

    /// Lets the worker go on by itself, with nothing but commits to wake it.
    pub fn drive(&self) -> Driver {
        Driver::start(self.jobs.clone(), &self.db, &self.clock, STILL)
    }

    /// Ends the connections that are kept to the mail server.
    pub async fn hang_up(&self) {
        self.jobs.end().await;
    }

    /// Finishes requests and stops.
    pub async fn stop(&self) {
        self.stopper.stop().await;
        let running = self.running.lock().expect("no panic meanwhile").take();
        if let Some(running) = running {
            let ended = tokio::time::timeout(PATIENCE, running)
                .await
                .expect("the server stops");
            ended.expect("no panic").expect("it stops without an error");
        }
    }
}
