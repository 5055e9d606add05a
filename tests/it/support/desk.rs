//! A desk of a story's own: the real server on a real port, a clock that moves when told to, and a worker that steps.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use casebell::clock::Clock;
use casebell::credentials::{NewSecret, TOKEN_PREFIX};
use casebell::db::{Db, DbError};
use casebell::domain::Instant;
use casebell::store::tokens::{self, NewToken};
use casebell::worker::Driver;
use chrono::{TimeDelta, TimeZone, Utc};
use secrecy::ExposeSecret;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::database::{Backend, TestDatabase};
use super::fixtures::{self, PEOPLE, somebody_called};
use super::folders::folder;
use super::invariants;
use super::mailbox::{Mail, Mailbox};
use super::person::Person;
use super::serving::Serving;
use super::timing::spent_on;

/// A desk, cheap to clone.
#[derive(Clone)]
pub struct Desk(Arc<Inner>);

struct Inner {
    serving: Serving,
    client: reqwest::Client,
    clock: Clock,
    tokens: Arc<BTreeMap<&'static str, String>>,
    mail: PathBuf,
    opened: Mutex<HashSet<PathBuf>>,
    some_stay_unsent: AtomicBool,
    database: TestDatabase,
    backend: Backend,
    _data: TempDir,
}

/// Mondays are for beginnings: 2026-03-02T09:00:00Z.
pub fn monday() -> Instant {
    Utc.with_ymd_and_hms(2026, 3, 2, 9, 0, 0)
        .single()
        .expect("an instant")
}

/// A database in which the people of the fixtures are, and the tokens that they hold.
pub struct Furnished {
    /// The rows.
    pub database: TestDatabase,
    /// What everybody shows, by the name that stories use.
    pub tokens: Arc<BTreeMap<&'static str, String>>,
}

impl Desk {
    /// Runs a story at a desk of its own, then looks whether everything is in order.
    pub fn for_story<F: Future<Output = ()>>(backend: Backend, story: impl FnOnce(Self) -> F) {
        Self::for_story_with(backend, &[], story);
    }

    /// The same with other settings, by the names of the environment.
    pub fn for_story_with<F: Future<Output = ()>>(
        backend: Backend,
        settings: &[(&str, &str)],
        story: impl FnOnce(Self) -> F,
    ) {
        if !backend.is_available() {
            return;
        }
        let runtime = runtime();
        runtime.block_on(async {
            let furnished = furnished(backend).await;
            let database = TestDatabase::create(backend, Some(&furnished.database));
            let desk = Self::open(backend, database, furnished.tokens.clone(), settings).await;
            story(desk.clone()).await;
            desk.closes().await;
        });
    }

    /// Another desk of the same people, on a database of its own; it [`closes`](Self::closes) when it was looked at.
    pub async fn another(&self) -> Self {
        let furnished = furnished(self.backend()).await;
        let database = TestDatabase::create(self.backend(), Some(&furnished.database));
        Self::open(self.backend(), database, furnished.tokens.clone(), &[]).await
    }

    /// Looks whether everything is in order there, and closes it.
    pub async fn closes(self) {
        spent_on("desks are looked around", self.look_around()).await;
        spent_on("desks are closed", self.0.serving.stop()).await;
    }

    async fn open(
        backend: Backend,
        database: TestDatabase,
        tokens: Arc<BTreeMap<&'static str, String>>,
        settings: &[(&str, &str)],
    ) -> Self {
        let data = folder("casebell-data-");
        super::statements::listen();
        let clock = Clock::manual(monday());
        let start = Serving::start(&database, data.path(), clock.clone(), settings);
        let serving = spent_on("desks are opened", start).await;
        Self(Arc::new(Inner {
            serving,
            client: client(),
            clock,
            tokens,
            mail: data.path().join("mail"),
            opened: Mutex::default(),
            some_stay_unsent: AtomicBool::new(false),
            database,
            backend,
            _data: data,
        }))
    }

    /// Somebody of the fixtures, by the name that stories use.
    #[track_caller]
    pub fn person(&self, key: &str) -> Person {
        let somebody = somebody_called(key);
        Person::new(self, somebody, &self.0.tokens[somebody.key])
    }

    /// Where outgoing mail is put.
    pub fn mail_folder(&self) -> &Path {
        &self.0.mail
    }

    /// A token of somebody who is not of the fixtures, by their id, as the command line makes it.
    pub async fn token_of(&self, person: &str) -> String {
        let secret = NewSecret::with_prefix(TOKEN_PREFIX);
        let (person, now) = (person.parse().expect("an id"), self.now());
        let made = self.db().write(move |conn| {
            let new = NewToken {
                person,
                name: "Stories",
                token_hash: &secret.hash,
                permissions: None,
                expires_at: None,
                made_with: None,
            };
            tokens::issue(conn, &new, now)?;
            Ok::<_, DbError>(secret.text.expose_secret().to_owned())
        });
        made.await.expect("a token")
    }

    /// Which database is under it.
    pub fn backend(&self) -> Backend {
        self.0.backend
    }

    /// The database under it.
    pub fn database(&self) -> &TestDatabase {
        &self.0.database
    }

    /// The house's way to the database.
    pub fn db(&self) -> &Db {
        self.0.serving.db()
    }

    /// The address of something in the portal.
    pub fn page(&self, path: &str) -> String {
        format!("{}{path}", self.0.serving.origin())
    }

    /// The address of something in the API.
    pub fn api(&self, path: &str) -> String {
        self.page(&format!("/api/v1{path}"))
    }

    /// A client without cookies that follows no redirects.
    pub fn client(&self) -> &reqwest::Client {
        &self.0.client
    }

    /// What time it is here.
    pub fn now(&self) -> Instant {
        self.0.clock.now()
    }

    /// A next step of somebody outside the provider, promised for in a month: an acceptance needs one (M6).
    pub fn step(&self) -> serde_json::Value {
        let due_at = (self.now() + TimeDelta::days(30)).to_rfc3339();
        serde_json::json!({ "what": "A new part", "who": "The carrier", "due_at": due_at })
    }

    /// Lets time pass.
    pub fn passes(&self, time: TimeDelta) {
        self.0.clock.advance(time);
    }

    /// Lets time pass until then.
    pub fn reaches(&self, instant: Instant) {
        assert!(
            instant >= self.now(),
            "time does not go back from {} to {instant}",
            self.now()
        );
        self.0.clock.set(instant);
    }

    /// The clock of this process is behind that of another one from here on.
    pub fn falls_behind(&self, time: TimeDelta) {
        self.0.clock.set(self.now() - time);
    }

    /// Lets the worker do what is due, and opens the letters that came of it.
    pub async fn mailbox(&self) -> Mailbox {
        self.0.serving.step_until_idle(self.now()).await;
        let mut opened = self.0.opened.lock().expect("no panic meanwhile");
        let mut files: Vec<PathBuf> = letters(&self.0.mail);
        files.retain(|file| opened.insert(file.clone()));
        files.sort();
        Mailbox(
            files
                .iter()
                .map(|file| Mail::parse(&std::fs::read(file).expect("a letter")))
                .collect(),
        )
    }

    /// Loads records as `casebell import casebell` does.
    pub async fn imports(&self, records: &str) {
        self.0.serving.import(records).await;
    }

    /// The worker does one round.
    pub async fn works(&self) {
        self.0.serving.step(self.now()).await;
    }

    /// The worker goes on by itself until it is stopped, with nothing but commits to wake it.
    pub fn drives(&self) -> Driver {
        self.0.serving.drive()
    }

    /// How many letters have been handed over.
    pub fn letters(&self) -> usize {
        letters(&self.0.mail).len()
    }

    /// Ends the connections that are kept to the mail server, as the end of the process does.
    pub async fn hangs_up_on_the_mail_server(&self) {
        self.0.serving.hang_up().await;
    }

    /// Says that this story leaves notices unsent on purpose.
    pub fn some_notices_stay_unsent(&self) {
        self.0.some_stay_unsent.store(true, Ordering::SeqCst);
    }

    /// Everything that is written down: a refused request must leave it as it is.
    pub fn rows(&self) -> BTreeMap<String, Vec<String>> {
        invariants::rows(&self.0.database, self.0.backend)
    }

    /// Checks that nothing was written since `before`.
    #[track_caller]
    pub fn is_unchanged_since(&self, before: &BTreeMap<String, Vec<String>>, what: &str) {
        for (table, rows) in self.rows() {
            assert_eq!(rows, before[&table], "{what} changed {table}");
        }
    }

    /// What must hold at the end of every story.
    async fn look_around(&self) {
        self.0.serving.step_until_idle(self.now()).await;
        invariants::check(
            &self.0.database,
            !self.0.some_stay_unsent.load(Ordering::SeqCst),
        );
    }
}

fn letters(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|end| end == "eml"))
        .collect()
}

/// A client without cookies that follows no redirects.
pub fn client() -> reqwest::Client {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()
        .expect("a client")
}

/// What stories run on.
pub fn runtime() -> Runtime {
    super::timing::begin();
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime")
}

/// The database that stories get a copy of: the fixtures imported, everybody signed in once and given a token.
pub async fn furnished(backend: Backend) -> &'static Furnished {
    static SQLITE: OnceLock<Furnished> = OnceLock::new();
    static POSTGRESQL: OnceLock<Furnished> = OnceLock::new();
    static BUSY: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
    let made = match backend {
        Backend::Sqlite => &SQLITE,
        Backend::Postgresql => &POSTGRESQL,
    };
    let _alone = BUSY.lock().await;
    if let Some(furnished) = made.get() {
        return furnished;
    }
    let furnished = furnish(backend).await;
    made.get_or_init(|| furnished)
}

async fn furnish(backend: Backend) -> Furnished {
    let data = folder("casebell-data-");
    let database = TestDatabase::with_schema(backend);
    let serving = Serving::start(&database, data.path(), Clock::manual(monday()), &[]).await;
    spent_on(
        "people are imported, and their passwords hashed",
        serving.import(&fixtures::as_records()),
    )
    .await;
    let hashes =
        database.texts("SELECT password_hash AS text FROM people WHERE password_hash IS NOT NULL");
    let is_dear = |hash: &String| hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$");
    assert!(hashes.len() == PEOPLE.len() && hashes.iter().all(is_dear));
    let hash = fixtures::quick_hash();
    database.run(&format!(
        "UPDATE people SET password_hash = '{hash}' WHERE password_hash IS NOT NULL"
    ));
    let client = client();
    let mut tokens = BTreeMap::new();
    for person in PEOPLE {
        tokens.insert(
            person.key,
            token_of(&client, &serving.origin(), &person.email()).await,
        );
    }
    serving.stop().await;
    drop(serving);
    database.settle();
    Furnished {
        database,
        tokens: Arc::new(tokens),
    }
}

/// Signs in and asks for a token that does not expire.
async fn token_of(client: &reqwest::Client, origin: &str, email: &str) -> String {
    let session = client
        .post(format!("{origin}/api/v1/sessions"))
        .json(&serde_json::json!({ "email": email, "password": fixtures::PASSWORD }))
        .send()
        .await
        .expect("an answer");
    let cookie = session
        .headers()
        .get("set-cookie")
        .and_then(|value| value.to_str().ok());
    let cookie = cookie
        .and_then(|value| value.split(';').next())
        .unwrap_or_default()
        .to_owned();
    let session: serde_json::Value = session.json().await.expect("JSON");
    let token = client
        .post(format!("{origin}/api/v1/tokens"))
        .header("cookie", cookie)
        .header(
            "x-csrf-token",
            session["csrf_token"]
                .as_str()
                .unwrap_or_else(|| panic!("{email}: {session}")),
        )
        .json(&serde_json::json!({ "name": "Stories" }))
        .send()
        .await
        .expect("an answer");
    let token: serde_json::Value = token.json().await.expect("JSON");
    token["token"]
        .as_str()
        .unwrap_or_else(|| panic!("{email}: {token}"))
        .to_owned()
}
