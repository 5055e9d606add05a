//! The house, started inside the test.

use std::ffi::OsString;
use std::path::Path;
use std::sync::Mutex;

use casebell::clock::Clock;
use casebell::config::Settings;
use casebell::credentials::hash_password;
use casebell::db::Db;
use casebell::domain::Instant;
use casebell::http::Server;
use casebell::worker::Jobs;
use casebell::workflow::Failed;
use casebell::workflow::administer::{
    AddOrganization, AddPerson, add_line, add_organization, add_person,
};
use serde_json::Value;
use tokio::task::JoinHandle;

use super::database::TestDatabase;
use super::leash::PATIENCE;

/// A running server and its worker.
pub struct Serving {
    db: Db,
    clock: Clock,
    jobs: Jobs,
    origin: String,
    handle: actix_web::dev::ServerHandle,
    running: Mutex<Option<JoinHandle<std::io::Result<()>>>>,
}

/// What every desk of a story has, unless the story says otherwise.
const SETTINGS: &[(&str, &str)] = &[
    ("CASEBELL_LISTEN", "127.0.0.1:0"),
    ("CASEBELL_WORKERS", "2"),
    ("CASEBELL_SUPPORT_PHONE", "+49 30 5550100"),
    ("CASEBELL_MAIL_FROM", "Bellhop Support <desk@bellhop.test>"),
];

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
        let server = Server::bind(&settings, db.clone(), clock.clone())
            .unwrap_or_else(|error| panic!("{error}"));
        let origin = format!("http://127.0.0.1:{}", server.port());
        let handle = server.handle();
        let jobs = server.desk().jobs();
        let running = tokio::spawn(server.run());
        Self {
            db,
            clock,
            jobs,
            origin,
            handle,
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
        let now = self.clock.now();
        let password = hash_password(super::world::PASSWORD).expect("hashed");
        for line in records.lines() {
            let record: Value = serde_json::from_str(line).expect("JSON");
            let password = password.clone();
            let done: Result<(), Failed> = self
                .db
                .write(move |conn| {
                    let text = |field: &str| record[field].as_str().unwrap_or_default().to_owned();
                    match text("type").as_str() {
                        "organization" => {
                            let add = AddOrganization {
                                slug: text("slug").parse().expect("a slug"),
                                name: text("name").parse().expect("a name"),
                                kind: text("kind").parse().expect("a kind"),
                                region: text("region").parse().expect("a region"),
                                time_zone: text("time_zone").parse().expect("a zone"),
                            };
                            add_organization(conn, None, &add, now).map(drop)
                        }
                        "line_of_business" => add_line(
                            conn,
                            None,
                            &text("name").parse().expect("a name"),
                            None,
                            None,
                            now,
                        )
                        .map(drop),
                        _ => {
                            let roles = record["roles"].as_array().into_iter().flatten();
                            let add = AddPerson {
                                organization: text("organization"),
                                email: text("email").parse().expect("an address"),
                                first_name: text("first_name").parse().expect("a name"),
                                last_name: text("last_name").parse().expect("a name"),
                                time_zone: None,
                                roles: roles
                                    .map(|role| {
                                        role.as_str().unwrap_or_default().parse().expect("a role")
                                    })
                                    .collect(),
                                password_hash: Some(password.clone()),
                            };
                            add_person(conn, None, &add, now).map(drop)
                        }
                    }
                })
                .await;
            done.unwrap_or_else(|error| panic!("{line}: {error:?}"));
        }
    }

    /// Lets every job do one step.
    pub async fn step(&self, now: Instant) {
        self.jobs.step(now).await.expect("the worker steps");
    }

    /// Lets every job step until none has anything to do.
    pub async fn step_until_idle(&self, now: Instant) {
        while !self
            .jobs
            .step(now)
            .await
            .expect("the worker steps")
            .is_idle()
        {}
    }

    /// Finishes requests and stops.
    pub async fn stop(&self) {
        self.handle.stop(true).await;
        let running = self.running.lock().expect("no panic meanwhile").take();
        if let Some(running) = running {
            let ended = tokio::time::timeout(PATIENCE, running)
                .await
                .expect("the server stops");
            ended.expect("no panic").expect("it stops without an error");
        }
    }
}
