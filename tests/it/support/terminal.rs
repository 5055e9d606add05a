//! Somebody at a terminal of the machine: the real binary, on a database of their own.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Output, Stdio};

use reqwest::Method;
use serde_json::Value;
use tempfile::TempDir;

use super::answer::Answer;
use super::database::{Backend, TestDatabase};
use super::desk::{client, runtime};
use super::folders::folder;
use super::person::Asking;
use super::process::{self, Process};

/// A terminal, with an empty database behind it.
pub struct Terminal {
    /// The database.
    pub database: TestDatabase,
    folder: TempDir,
}

/// The same, where an earlier command has made the schema: for stories that do not tell of how that comes about.
pub struct Prepared;

impl Prepared {
    /// As [`Terminal::for_story`].
    pub fn for_story<F: Future<Output = ()>>(backend: Backend, story: impl FnOnce(Terminal) -> F) {
        Terminal::before(|| TestDatabase::with_schema(backend), backend, story);
    }
}

/// What a command came to.
#[derive(Debug)]
pub struct Outcome {
    /// What the shell sees; -1 if a signal ended it.
    pub code: i32,
    /// What it printed.
    pub printed: String,
    /// What it complained about.
    pub complained: String,
}

impl Outcome {
    fn of(output: &Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            printed: String::from_utf8_lossy(&output.stdout).into_owned(),
            complained: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// What was printed by a command that succeeded.
    #[track_caller]
    pub fn ok(self) -> String {
        assert_eq!(self.code, 0, "{self:#?}");
        self.printed
    }

    /// The JSON that was printed by a command that ended with this code.
    #[track_caller]
    pub fn json(self, code: i32) -> Value {
        assert_eq!(self.code, code, "{self:#?}");
        serde_json::from_str(&self.printed).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }
}

impl Terminal {
    /// Runs a story at a terminal of its own; says so and does nothing where there is no such database.
    pub fn for_story<F: Future<Output = ()>>(backend: Backend, story: impl FnOnce(Self) -> F) {
        Self::before(|| TestDatabase::create(backend, None), backend, story);
    }

    fn before<F: Future<Output = ()>>(
        database: impl FnOnce() -> TestDatabase,
        backend: Backend,
        story: impl FnOnce(Self) -> F,
    ) {
        if !backend.is_available() {
            return;
        }
        let (database, folder) = (database(), folder("casebell-data-"));
        runtime().block_on(story(Self { database, folder }));
    }

    fn settings(&self) -> [(&'static str, String); 1] {
        [("CASEBELL_DATABASE_URL", self.database.url())]
    }

    /// The folder that commands run in.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file into the folder that commands run in.
    pub fn file(&self, name: &str, content: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, content).expect("written");
        path
    }

    /// Runs a command to its end.
    pub fn run(&self, arguments: &[&str]) -> Outcome {
        self.run_with(arguments, "")
    }

    /// Runs a command to its end with something on its standard input.
    pub fn run_with(&self, arguments: &[&str], input: &str) -> Outcome {
        let settings = self.settings();
        let settings: Vec<(&str, &str)> = settings
            .iter()
            .map(|(key, value)| (*key, value.as_str()))
            .collect();
        let mut child = process::casebell(self.folder.path(), &settings)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary runs");
        // A command that does not read its input may be gone already.
        let _ = child
            .stdin
            .take()
            .expect("piped")
            .write_all(input.as_bytes());
        Outcome::of(&child.wait_with_output().expect("it ends"))
    }

    /// Starts a command that reads its standard input for as long as somebody writes there.
    pub fn begins(&self, arguments: &[&str]) -> Begun {
        let settings = self.settings();
        let settings: Vec<(&str, &str)> = settings
            .iter()
            .map(|(key, value)| (*key, value.as_str()))
            .collect();
        let child = process::casebell(self.folder.path(), &settings)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary runs");
        Begun(Some(child))
    }

    /// Serves on what the commands have put there.
    pub fn serve(&self) -> Process {
        let settings = self.settings();
        let settings: Vec<(&str, &str)> = settings
            .iter()
            .map(|(key, value)| (*key, value.as_str()))
            .collect();
        Process::serve(self.folder.path(), &settings)
    }

    /// Serves the demonstration.
    pub fn demonstrates(&self) -> Process {
        let [(key, url)] = self.settings();
        Process::start(self.folder.path(), &[(key, &url)], &["demo"])
    }

    /// Makes a token for somebody.
    pub fn token(&self, email: &str) -> String {
        self.run(&["token", "create", "--user", email, "--name", "Story"])
            .ok()
            .trim()
            .to_owned()
    }
}

/// A command that has begun and waits for more to read. It ends with its input, and so with whoever writes there.
pub struct Begun(Option<Child>);

impl Begun {
    fn child(&mut self) -> &mut Child {
        self.0.as_mut().expect("it has not ended")
    }

    /// Writes on its standard input.
    #[track_caller]
    pub fn gets(&mut self, text: &str) {
        let input = self.child().stdin.as_mut().expect("piped");
        input.write_all(text.as_bytes()).expect("it reads on");
    }

    /// Whether it has not ended yet.
    pub fn goes_on(&mut self) -> bool {
        self.child().try_wait().expect("it is there").is_none()
    }

    /// Kills it in the middle of what it does.
    pub fn dies(mut self) {
        self.kill();
    }

    /// Writes no more, and waits for its end.
    pub fn ends(mut self) -> Outcome {
        let child = self.0.take().expect("it has not ended");
        Outcome::of(&child.wait_with_output().expect("it ends"))
    }

    fn kill(&mut self) {
        if let Some(mut child) = self.0.take() {
            child.kill().expect("killed");
            child.wait().expect("it ends");
        }
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A program with a token.
pub struct Program {
    client: reqwest::Client,
    origin: String,
    token: String,
}

impl Program {
    /// A program that talks to this server.
    pub fn new(server: &Process, token: &str) -> Self {
        Self {
            client: client(),
            origin: server.origin.clone(),
            token: token.to_owned(),
        }
    }

    /// A request under `/api/v1`.
    pub async fn asks(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let builder = self
            .client
            .request(method.clone(), format!("{}/api/v1{path}", self.origin))
            .bearer_auth(&self.token);
        let asking = Asking::new(format!("{method} {path}"), builder);
        match body {
            Some(body) => asking.json(&body).await,
            None => asking.await,
        }
    }

    /// `GET`.
    pub async fn get(&self, path: &str) -> Answer {
        self.asks(Method::GET, path, None).await
    }

    /// Every item of a list.
    pub async fn all(&self, path: &str) -> Vec<Value> {
        let mut items = Vec::new();
        let mut cursor = String::new();
        loop {
            let joint = if path.contains('?') { '&' } else { '?' };
            let page = self
                .get(&format!("{path}{joint}limit=100{cursor}"))
                .await
                .ok();
            items.extend(page["items"].as_array().expect("items").iter().cloned());
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return items,
            }
        }
    }
}

/// A file that lies beside the project and not in it.
pub fn beside_the_project(path: &str) -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    root.ancestors()
        .skip(1)
        .map(|folder| folder.join(path))
        .find(|file| file.is_file())
}
