//! A desk as somebody installs it: a folder, a database with the people of the fixtures in it, and the real binary.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Output;
use std::sync::Arc;

use reqwest::{Client, RequestBuilder};
use tempfile::TempDir;

use super::database::{Backend, TestDatabase};
use super::desk::{client, furnished, runtime};
use super::folders::folder;
use super::person::high;
use super::process::{Process, run};

/// An installation.
pub struct Installation {
    /// The database.
    pub database: TestDatabase,
    /// A client without cookies.
    pub client: Client,
    folder: TempDir,
    tokens: Arc<BTreeMap<&'static str, String>>,
}

impl Installation {
    /// Runs a story with one; nothing where there is no such database.
    pub fn for_story<F: Future<Output = ()>>(backend: Backend, story: impl FnOnce(Self) -> F) {
        if !backend.is_available() {
            return;
        }
        runtime().block_on(async {
            let furnished = furnished(backend).await;
            story(Self {
                database: TestDatabase::create(backend, Some(&furnished.database)),
                client: client(),
                folder: folder("casebell-data-"),
                tokens: furnished.tokens.clone(),
            })
            .await;
        });
    }

    /// The same desk over another database, such as one that its backup is restored into.
    #[must_use]
    pub fn over(self, database: TestDatabase) -> Self {
        Self { database, ..self }
    }

    /// Its folder of data.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Starts to serve.
    pub fn starts(&self) -> Process {
        Process::serve(
            self.folder(),
            &[("CASEBELL_DATABASE_URL", &self.database.url())],
        )
    }

    /// Runs a sub-command to its end.
    pub fn runs(&self, arguments: &[&str]) -> Output {
        let url = self.database.url();
        run(self.folder(), &[("CASEBELL_DATABASE_URL", &url)], arguments)
    }

    /// The token of somebody of the fixtures, by the name that stories use.
    pub fn token(&self, key: &str) -> &str {
        &self.tokens[key]
    }

    /// Dana opens a case.
    pub fn opening(&self, server: &Process) -> RequestBuilder {
        (self.client.post(format!("{}/api/v1/cases", server.origin)))
            .bearer_auth(self.token("dana"))
            .json(&high().json())
    }

    /// Dana reads something of the API.
    pub fn reading(&self, server: &Process, path: &str) -> RequestBuilder {
        (self.client.get(format!("{}/api/v1{path}", server.origin))).bearer_auth(self.token("dana"))
    }
}
