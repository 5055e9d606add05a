//! Real server processes over one database, as an installation runs several.

use std::collections::BTreeMap;
use std::sync::Arc;

use reqwest::{Client, Method, RequestBuilder};
use serde_json::Value;
use tempfile::TempDir;

use super::database::{Backend, TestDatabase};
use super::desk::{client, furnished};
use super::folders::folder;
use super::paired::said;
use super::process::Process;

/// Servers, the database that they share, and what the people of the fixtures show to them.
pub struct Servers {
    /// The database.
    pub database: TestDatabase,
    /// A client without cookies.
    pub client: Client,
    tokens: Arc<BTreeMap<&'static str, String>>,
    processes: Vec<Process>,
    folders: Vec<TempDir>,
}

/// Starts one of them.
fn serve(folder: &TempDir, database: &TestDatabase) -> Process {
    let url = database.url();
    let settings = [
        ("CASEBELL_DATABASE_URL", url.as_str()),
        ("CASEBELL_SECRET_KEY", "the same for all of these servers"),
    ];
    Process::serve(folder.path(), &settings)
}

impl Servers {
    /// Starts `count` of them. Only PostgreSQL is shared.
    pub async fn start(backend: Backend, count: usize) -> Self {
        let furnished = furnished(backend).await;
        let database = TestDatabase::create(backend, Some(&furnished.database));
        let folders: Vec<TempDir> = (0..count).map(|_| folder("casebell-data-")).collect();
        let processes = folders
            .iter()
            .map(|folder| serve(folder, &database))
            .collect();
        Self {
            database,
            client: client(),
            tokens: furnished.tokens.clone(),
            processes,
            folders,
        }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.processes.len()
    }

    /// A request to the API of one of them, counted around.
    pub fn request(&self, server: usize, method: Method, path: &str) -> RequestBuilder {
        let origin = &self.processes[server % self.processes.len()].origin;
        self.client
            .request(method, format!("{origin}/api/v1{path}"))
    }

    /// The token of somebody of the fixtures, by the name that stories use.
    pub fn token(&self, key: &str) -> &str {
        &self.tokens[key]
    }

    /// What the first of them answers to somebody who succeeds.
    pub async fn asks(&self, key: &str, method: Method, path: &str, body: Value) -> Value {
        let request = self
            .request(0, method.clone(), path)
            .bearer_auth(self.token(key));
        let request = match body {
            Value::Null => request,
            body => request.json(&body),
        };
        let response = request.send().await.expect("an answer");
        let status = response.status();
        let answer = response.text().await.expect("a text");
        assert!(
            status.is_success(),
            "{key}: {method} {path}: {status} {answer}"
        );
        serde_json::from_str(&answer).unwrap_or_default()
    }

    /// The id of somebody of the fixtures.
    pub async fn id_of(&self, key: &str) -> String {
        let me = self.asks(key, Method::GET, "/me", Value::Null).await;
        said(&me["person"]["id"])
    }

    /// Kills one of them, and starts another in its place after `meanwhile`.
    pub fn replaces_killed(&mut self, server: usize, meanwhile: impl FnOnce(&TestDatabase)) {
        self.processes.remove(server).end_with("KILL");
        meanwhile(&self.database);
        let another = serve(&self.folders[server], &self.database);
        self.processes.insert(server, another);
    }

    /// Lets them end by themselves; their database stays.
    pub fn stop(self) -> TestDatabase {
        for process in self.processes {
            let status = process.end_with("TERM");
            assert_eq!(status.code(), Some(0), "it shuts down gracefully");
        }
        self.database
    }
}
