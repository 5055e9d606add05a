//! Nothing that was acknowledged is lost, however often and whenever a process is killed: the desk's, or the database's.
//!
//! `CASEBELL_TEST_KILLS=1000 cargo test --release --test it -- kills` kills each a thousand times.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use casebell::cli::import::Watch;
use casebell::cli::import::casebell::import;
use casebell::clock::Clock;
use casebell::db::{Conn, Db, Location};
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::watch;

use crate::support::database::{Backend, texts};
use crate::support::desk::{client, runtime};
use crate::support::fixtures;
use crate::support::installation::Installation;
use crate::support::invariants;
use crate::support::person::high;
use crate::support::postgres::Cluster;
use crate::support::process::{Process, run};
use crate::support::process_guard::{GuardedProcess, PATIENCE};

/// How many write at the same time.
const WRITERS: usize = 4;

/// How often something is killed: as often as whoever runs this wants it, or else as usual.
pub fn kills(usually: usize) -> usize {
    let asked = std::env::var("CASEBELL_TEST_KILLS").ok();
    asked
        .and_then(|count| count.parse().ok())
        .unwrap_or(usually)
}

/// What people were told that it is done.
#[derive(Default)]
pub struct Acknowledged {
    cases: BTreeSet<String>,
    entries: BTreeSet<String>,
    escalations: BTreeSet<String>,
    /// What they were told last instead.
    refused: Option<String>,
}

impl Acknowledged {
    fn count(&self) -> usize {
        self.cases.len() + self.entries.len() + self.escalations.len()
    }
}

/// Tells whoever waits of each that is added.
pub type Shared = Arc<watch::Sender<Acknowledged>>;

/// Works until it is told to stop: opens cases, writes on them and escalates them, and notes what is acknowledged.
async fn works(
    client: Client,
    origin: String,
    token: String,
    noted: Shared,
    stop: Arc<AtomicBool>,
) {
    let post = |path: String, body: Value| -> RequestBuilder {
        (client.post(format!("{origin}/api/v1{path}")))
            .bearer_auth(&token)
            .json(&body)
    };
    let mut medium = high().json();
    medium["priority"] = json!("medium");
    while !stop.load(Ordering::SeqCst) {
        let Some(case) = taken(post("/cases".to_owned(), medium.clone()), &noted).await else {
            continue;
        };
        let number = case["number"].as_str().expect("a number").to_owned();
        noted.send_modify(|noted| {
            noted.cases.insert(number.clone());
        });
        let words = format!("Words {:032x}", rand::random::<u128>());
        let entry = json!({ "body": words });
        if taken(post(format!("/cases/{number}/feed"), entry), &noted)
            .await
            .is_some()
        {
            noted.send_modify(|noted| {
                noted.entries.insert(words);
            });
        }
        let escalation = json!({
            "reason": "no_update", "details": "Nobody answers.", "acknowledgements": [],
            "answers": { "business_impact": "All of it", "ongoing": true },
        });
        let escalate = post(format!("/cases/{number}/escalations"), escalation);
        let escalated = taken(escalate, &noted).await;
        if let Some(escalation) = escalated {
            let number = escalation["number"].as_str().expect("a number").to_owned();
            noted.send_modify(|noted| {
                noted.escalations.insert(number);
            });
        }
    }
}

/// The answer of a request that was acknowledged.
async fn taken(request: RequestBuilder, noted: &Shared) -> Option<Value> {
    let refused = |why: String| noted.send_modify(|noted| noted.refused = Some(why));
    let answer = match request.send().await {
        Ok(answer) => answer,
        Err(error) => {
            refused(format!("no answer: {error:?}"));
            return None;
        }
    };
    match answer.status().as_u16() {
        201 => answer.json().await.ok(),
        status => {
            let text = answer.text().await.unwrap_or_default();
            refused(format!("{status}: {text}"));
            // Its database is away.
            tokio::time::sleep(Duration::from_millis(10)).await;
            None
        }
    }
}

/// Lets people work at a server until some of it is acknowledged, nobody knows how much; then something happens.
pub async fn people_work(
    origin: &str,
    token: &str,
    noted: &Shared,
    killed: usize,
    happens: impl FnOnce(),
) {
    let stop = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..WRITERS)
        .map(|_| {
            let (origin, token) = (origin.to_owned(), token.to_owned());
            tokio::spawn(works(client(), origin, token, noted.clone(), stop.clone()))
        })
        .collect();
    let enough = noted.borrow().count() + rand::random_range(6..24);
    let mut told = noted.subscribe();
    let waiting = told.wait_for(|noted| noted.count() >= enough);
    let told = tokio::time::timeout(PATIENCE, waiting).await;
    assert!(
        told.is_ok(),
        "nobody gets anything done after {killed} kills; the last was told {:?}",
        noted.borrow().refused
    );
    drop(told);
    happens();
    stop.store(true, Ordering::SeqCst);
    for writer in writers {
        writer.await.expect("no panic");
    }
}

/// Counts: everything that was acknowledged is there, once.
pub fn is_kept(conn: &mut Conn, noted: &Shared) {
    let noted = noted.borrow();
    assert!(noted.cases.len() > 10, "people got something done");
    let numbers = |prefix: &str, rows: Vec<String>| -> BTreeSet<String> {
        rows.iter()
            .map(|number| format!("{prefix}-{number:0>6}"))
            .collect()
    };
    let cases = texts(conn, "SELECT CAST(number AS text) AS text FROM cases");
    let escalations = texts(conn, "SELECT CAST(number AS text) AS text FROM escalations");
    let entries: Vec<String> = texts(conn, "SELECT body AS text FROM feed_entries");
    for (what, lost) in [
        ("cases", &noted.cases - &numbers("C", cases)),
        (
            "escalations",
            &noted.escalations - &numbers("E", escalations),
        ),
        ("entries", &noted.entries - &entries.into_iter().collect()),
    ] {
        assert!(lost.is_empty(), "{what} are lost: {lost:?}");
    }
    let untold = "SELECT CAST(e.number AS text) AS text FROM escalations e \
        WHERE NOT EXISTS (SELECT 1 FROM notices n WHERE n.escalation_id = e.id)";
    assert_eq!(texts(conn, untold), [""; 0], "nobody is told of them");
}

/// The desk's process is killed.
async fn survives(desk: Installation) {
    let noted = Shared::default();
    for killed in 0..kills(8) {
        let server = desk.starts();
        let origin = server.origin.clone();
        people_work(&origin, desk.token("dana"), &noted, killed, || {
            server.end_with("KILL");
        })
        .await;
    }
    // A last one finds everything in order, and goes on.
    let server = desk.starts();
    assert_eq!(server.end_with("TERM").code(), Some(0));
    is_kept(&mut desk.database.connect(), &noted);
    invariants::check(&desk.database, false);
}

#[test]
fn nothing_is_lost_when_the_desk_is_killed_on_sqlite() {
    Installation::for_story(Backend::Sqlite, survives);
}

#[test]
fn nothing_is_lost_when_the_desk_is_killed_on_postgresql() {
    Installation::for_story(Backend::Postgresql, survives);
}

/// The fixtures, in a database of the test's own server, and somebody's token.
pub async fn move_in(url: &str) -> (TempDir, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let db = Db::open(&Location::Postgres(url.into())).expect("the schema is made");
    let records = fixtures::as_records();
    let report = import(
        &db,
        records.as_bytes(),
        Clock::System.now(),
        &Watch::nobody(),
    )
    .await;
    assert!(report.expect("read").refusals().is_empty());
    drop(db);
    let dana = fixtures::somebody_called("dana").email();
    let made = run(
        folder.path(),
        &[("CASEBELL_DATABASE_URL", url)],
        &["token", "create", "--user", &dana, "--name", "Stories"],
    );
    let said = String::from_utf8_lossy(&made.stdout).into_owned();
    let token = said.trim().to_owned();
    assert!(
        !token.is_empty(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    (folder, token)
}

#[test]
fn nothing_is_lost_when_postgresql_is_killed() {
    let Some(cluster) = Cluster::of_a_test("killing PostgreSQL") else {
        return;
    };
    runtime().block_on(async {
        let mut postgres: GuardedProcess = cluster.start();
        let url = cluster.url();
        let (folder, token) = move_in(&url).await;
        let server = Process::serve(folder.path(), &[("CASEBELL_DATABASE_URL", &url)]);
        let noted = Shared::default();
        for killed in 0..kills(5) {
            people_work(&server.origin, &token, &noted, killed, || {
                postgres.end_with("KILL");
            })
            .await;
            postgres = cluster.start();
        }
        assert_eq!(server.end_with("TERM").code(), Some(0));
        let conn = <diesel::PgConnection as diesel::Connection>::establish(&url);
        let mut conn = Conn::Postgres(conn.expect("it answers"));
        is_kept(&mut conn, &noted);
        let chain = casebell::store::audit::walk(&mut conn).expect("the chain is read");
        assert!(
            matches!(chain, casebell::domain::audit::Verdict::Whole { .. }),
            "{chain:?}"
        );
        drop(postgres);
    });
}
