//! Several processes over one PostgreSQL, behind a balancer; and a PostgreSQL whose place its standby takes.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use casebell::db::Conn;
use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::watch;

use crate::kills::{Shared, is_kept, kills, move_in, people_work};
use crate::support::database::{Backend, texts};
use crate::support::desk::{client, runtime};
use crate::support::installation::Installation;
use crate::support::invariants;
use crate::support::person::high;
use crate::support::postgres::{Cluster, free_port};
use crate::support::process::Process;
use crate::support::process_guard::{GuardedProcess, PATIENCE, ProcessGuard};
use crate::support::server_program;
use crate::support::waiting::until;

/// How many write at the same time.
const WRITERS: usize = 6;

/// HAProxy before some ports of this machine; its folder goes with it.
struct Balancer {
    origin: String,
    _process: GuardedProcess,
    _folder: TempDir,
}

impl Balancer {
    /// As `docs/scaling.md` recommends it: whoever does not answer at `/readyz` gets nothing, and what could not be delivered goes to
    /// another one.
    fn before(program: &Path, ports: &[u16]) -> Self {
        let port = free_port();
        let servers: Vec<String> = ports
            .iter()
            .map(|port| format!("  server desk{port} 127.0.0.1:{port} check\n"))
            .collect();
        let settings = format!(
            "defaults\n  mode http\n  timeout connect 1s\n  timeout client 60s\n  timeout server 60s\n\
             \x20 retries 3\n  option redispatch 1\n  retry-on conn-failure\n  option http-server-close\n  option forwardfor\n\
             frontend desk\n  bind 127.0.0.1:{port}\n  default_backend desks\n\
             backend desks\n  balance roundrobin\n  option httpchk GET /readyz\n  http-check expect status 200\n\
             \x20 default-server inter 200ms fall 1 rise 1\n{}",
            servers.concat()
        );
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("haproxy.cfg");
        fs::write(&path, settings).expect("written");
        let mut command = Command::new(program);
        command.arg("-db").arg("-f").arg(&path);
        Self {
            origin: format!("http://127.0.0.1:{port}"),
            _process: GuardedProcess::spawn(&command, ProcessGuard::default()),
            _folder: folder,
        }
    }
}

/// What became of what was asked.
#[derive(Default)]
struct Told {
    /// What was acknowledged.
    done: Vec<String>,
    /// How many requests were answered with anything else, or not at all.
    failed: usize,
}

/// Writes entries until told to stop, and repeats what failed with its key until it is acknowledged.
async fn writes(
    origin: String,
    token: String,
    case: String,
    told: Arc<watch::Sender<Told>>,
    stop: Arc<AtomicBool>,
) {
    let client = client();
    while !stop.load(Ordering::SeqCst) {
        let words = format!("Words {:032x}", rand::random::<u128>());
        let begun = Instant::now();
        loop {
            let asked = client
                .post(format!("{origin}/api/v1/cases/{case}/feed"))
                .bearer_auth(&token)
                .header("Idempotency-Key", &words[6..])
                .json(&json!({ "body": words }))
                .send()
                .await;
            if asked.is_ok_and(|answer| answer.status() == 201) {
                break;
            }
            told.send_modify(|told| told.failed += 1);
            assert!(begun.elapsed() < PATIENCE, "it is never taken");
        }
        told.send_modify(|told| told.done.push(words));
    }
}

/// Until one is ready to serve.
async fn is_ready(origin: &str) {
    let client = client();
    until(&format!("{origin} is ready"), async || {
        let asked = client.get(format!("{origin}/readyz")).send().await;
        asked.is_ok_and(|answer| answer.status() == 200)
    })
    .await;
}

/// Until `more` entries were acknowledged.
async fn more_is_done(told: &Arc<watch::Sender<Told>>, more: usize) {
    let enough = told.borrow().done.len() + more;
    let mut news = told.subscribe();
    let waiting = news.wait_for(|told| told.done.len() >= enough);
    let waited = tokio::time::timeout(PATIENCE, waiting).await;
    assert!(waited.is_ok(), "nobody gets anything done");
}

/// One of two processes is killed under load, and comes back, and the other way round: nothing fails but what was on its way to it,
/// and what was repeated is there once.
async fn a_killed_process_takes_nothing_along(desk: Installation, program: PathBuf) {
    let ports = [free_port(), free_port()];
    let starts = |port: u16| {
        let address = format!("127.0.0.1:{port}");
        let url = desk.database.url();
        Process::serve(
            desk.folder(),
            &[
                ("CASEBELL_DATABASE_URL", &url),
                ("CASEBELL_LISTEN", &address),
                ("CASEBELL_TRUSTED_PROXIES", "127.0.0.0/8"),
            ],
        )
    };
    let mut running = ports.map(&starts);
    let balancer = Balancer::before(&program, &ports);
    is_ready(&balancer.origin).await;
    let token = desk.token("dana").to_owned();
    let opened = client()
        .post(format!("{}/api/v1/cases", balancer.origin))
        .bearer_auth(&token)
        .json(&high().json())
        .send()
        .await
        .expect("an answer");
    let opened: Value = opened.json().await.expect("a case");
    let case = opened["number"].as_str().expect("a number").to_owned();

    let (told, stop) = (
        Arc::new(watch::Sender::new(Told::default())),
        Arc::default(),
    );
    let writers: Vec<_> = (0..WRITERS)
        .map(|_| {
            let origin = balancer.origin.clone();
            let writer = writes(
                origin,
                token.clone(),
                case.clone(),
                Arc::clone(&told),
                Arc::clone(&stop),
            );
            tokio::spawn(writer)
        })
        .collect();
    let mut ended = 0;
    for round in 0..kills(6) {
        more_is_done(&told, 20).await;
        let which = round % ports.len();
        // Killed, or told to end as an upgrade does.
        let signal = ["KILL", "KILL", "TERM"][round % 3];
        let [first, second] = running;
        let (other, gone) = match which {
            0 => (second, first),
            _ => (first, second),
        };
        gone.end_with(signal);
        ended += 1;
        // The other one goes on alone.
        more_is_done(&told, 20).await;
        let back = starts(ports[which]);
        is_ready(&back.origin).await;
        running = match which {
            0 => [back, other],
            _ => [other, back],
        };
    }
    more_is_done(&told, 20).await;
    stop.store(true, Ordering::SeqCst);
    for writer in writers {
        writer.await.expect("no panic");
    }
    for process in running {
        assert_eq!(process.end_with("TERM").code(), Some(0));
    }
    let told = told.borrow();
    crate::support::say(&format!(
        "{} entries through a balancer, {ended} ends of one of two processes: {} requests failed",
        told.done.len(),
        told.failed
    ));
    assert!(
        told.failed <= ended * WRITERS,
        "{} requests failed, and {WRITERS} at most were on their way at each of {ended} ends",
        told.failed
    );
    let mut conn = desk.database.connect();
    let mut there = BTreeMap::<String, usize>::new();
    for words in texts(&mut conn, "SELECT body AS text FROM feed_entries") {
        *there.entry(words).or_default() += 1;
    }
    for words in &told.done {
        assert_eq!(there.get(words), Some(&1), "{words}");
    }
    invariants::check(&desk.database, false);
}

#[test]
fn a_process_behind_a_balancer_takes_nothing_along() {
    let Some(program) = server_program("haproxy", "the story behind HAProxy") else {
        return;
    };
    Installation::for_story(Backend::Postgresql, |desk| {
        a_killed_process_takes_nothing_along(desk, program)
    });
}

/// The server that is written to is lost, and its synchronous standby takes its place: nothing that was acknowledged is lost, and the
/// desk finds it without being told.
#[test]
fn nothing_is_lost_when_a_standby_takes_over() {
    let Some(cluster) = Cluster::of_a_test("the story of the standby") else {
        return;
    };
    runtime().block_on(async {
        let primary = cluster.start();
        let (folder, token) = move_in(&cluster.url()).await;
        let standby = cluster.standby();
        let follower = standby.start();
        // From here on a commit is acknowledged once it is on both.
        let mut admin = PgConnection::establish(&cluster.url()).expect("it answers");
        admin
            .batch_execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
            .expect("set");
        admin
            .batch_execute("SELECT pg_reload_conf()")
            .expect("read");
        drop(admin);
        let url = cluster.url_with(&standby);
        let server = Process::serve(folder.path(), &[("CASEBELL_DATABASE_URL", &url)]);
        let noted = Shared::default();
        people_work(&server.origin, &token, &noted, 0, || {
            primary.end_with("KILL");
        })
        .await;
        standby.promote();
        let promoted = Instant::now();
        is_ready(&server.origin).await;
        let healthy = promoted.elapsed();
        // Often enough that many cases are opened, whatever each does first.
        for _ in 0..6 {
            people_work(&server.origin, &token, &noted, 1, || {}).await;
        }
        assert_eq!(server.end_with("TERM").code(), Some(0));
        let conn = PgConnection::establish(&standby.url());
        let mut conn = Conn::Postgres(conn.expect("it answers"));
        is_kept(&mut conn, &noted);
        crate::support::say(&format!(
            "the desk was healthy {} ms after its standby was promoted",
            healthy.as_millis()
        ));
        assert!(healthy < PATIENCE);
        drop(follower);
    });
}
