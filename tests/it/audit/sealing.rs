//! Events are sealed behind their commit: nobody who writes one waits for anybody else who does, and nothing that was committed is left
//! out of the chain, whoever seals it and whatever happens in between.

use std::path::Path;
use std::process::Output;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use casebell::db::{Conn, Db, DbError, write_what_was_put_off};
use casebell::domain::audit::chain::GENESIS;
use casebell::domain::audit::{EventKind, Record, SeenBy, Verdict, link};
use casebell::domain::ids::EventId;
use casebell::store::audit::{NewEvent, append, link_waiting, walk};
use casebell::worker::Linking;
use diesel::connection::SimpleConnection;
use diesel::migration::Migration;
use diesel_migrations::{FileBasedMigrations, MigrationHarness};
use serde_json::{Value, json};
use tokio::sync::Barrier;

use super::chain::record;
use crate::support::database::{Backend, Rows, TestDatabase, on_both_databases};
use crate::support::desk::{Desk, monday};
use crate::support::installation::Installation;
use crate::support::person::{Person, high, low};
use crate::support::process::run;
use crate::support::session::Session;
use crate::support::waiting::until;

on_both_databases! { Desk:
    what_waits_for_its_seal_is_shown_and_moves_in_no_list,
    an_export_has_all_that_was_committed_and_all_of_it_sealed,
    a_commit_wakes_who_seals,
}

on_both_databases! { Rows:
    sixteen_write_at_once,
    a_chain_of_the_version_before_goes_on,
}

/// The places in the chain, by the number under which each event was written.
fn places(rows: &Rows) -> Vec<String> {
    let places = "SELECT CAST(position AS text) || ' at ' || coalesce(CAST(link AS text), 'none') AS text \
         FROM audit_events ORDER BY position";
    rows.database.texts(places)
}

async fn links(db: &Db) -> usize {
    let linked = db.write(|conn| Ok::<_, DbError>(link_waiting(conn, 100)?));
    linked.await.expect("linked")
}

#[track_caller]
fn is_whole(database: &TestDatabase, events: i64) {
    let verdict = walk(&mut database.connect()).expect("the chain is read");
    assert!(
        matches!(verdict, Verdict::Whole { events: found, .. } if found == events),
        "{verdict:?}"
    );
}

/// Somebody's `n`th act.
fn acts(conn: &mut Conn, who: &str, n: usize) -> Result<(), DbError> {
    let after = json!({ "name": format!("{n:03}") });
    let event = NewEvent {
        kind: EventKind::TokenIssued,
        organization: None,
        home: None,
        case: None,
        escalation: None,
        subject: None,
        actor: None,
        actor_name: who,
        before: None,
        after: after.as_object(),
    };
    append(conn, &event, monday())?;
    Ok(())
}

/// Sixteen people do one thing after another, while two processes seal: what each did stands in the chain in the order in which they did
/// it, and nothing is left out or there twice.
async fn sixteen_write_at_once(rows: Rows) {
    const WRITERS: usize = 16;
    const ACTS: usize = 12;
    // The embedded database has nothing for them to do.
    let other = match rows.backend {
        Backend::Sqlite => rows.db.clone(),
        Backend::Postgresql => Db::open(&rows.database.location).expect("another process"),
    };
    let done = Arc::new(AtomicBool::new(false));
    let sealers: Vec<_> = [rows.db.clone(), other]
        .into_iter()
        .map(|db| {
            let done = done.clone();
            tokio::spawn(async move {
                let linking = Linking::new(db);
                let mut linked = 0;
                while !done.load(Ordering::SeqCst) {
                    linked += linking.rest().await.expect("linked");
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
                linked
            })
        })
        .collect();
    let start = Arc::new(Barrier::new(WRITERS));
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let (db, start) = (rows.db.clone(), start.clone());
            tokio::spawn(async move {
                start.wait().await;
                for n in 0..ACTS {
                    let who = format!("Writer {writer:02}");
                    db.write(move |conn| acts(conn, &who, n))
                        .await
                        .expect("done");
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.expect("no panic");
    }
    done.store(true, Ordering::SeqCst);
    let mut linked = 0;
    for sealer in sealers {
        linked += sealer.await.expect("no panic");
    }
    linked += Linking::new(rows.db.clone()).rest().await.expect("linked");
    let all = WRITERS * ACTS;
    let behind_the_commit = match rows.backend {
        Backend::Sqlite => 0,
        Backend::Postgresql => all,
    };
    assert_eq!(linked, behind_the_commit, "each once");
    is_whole(&rows.database, i64::try_from(all).expect("few"));
    let chain = "SELECT actor_name || ' ' || \"after\" AS text FROM audit_events ORDER BY link";
    let mut chain = rows.database.texts(chain);
    assert_eq!(chain.len(), all);
    // Of each writer by itself, in the order that the chain has.
    chain.sort_by_key(|act| act.split(' ').take(2).collect::<Vec<_>>().join(" "));
    assert!(chain.is_sorted(), "{chain:#?}");
}

/// The chain as the version before had it, with one number for an event: three of one instant.
fn of_the_version_before(database: &TestDatabase, backend: Backend) {
    let folder = match backend {
        Backend::Sqlite => "migrations/sqlite",
        Backend::Postgresql => "migrations/postgresql",
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let source = FileBasedMigrations::from_path(folder).expect("the migrations");
    let mut sql = String::new();
    let mut head = GENESIS.to_owned();
    for n in 1..=3_u32 {
        let id = uuid::Uuid::from_u128(u128::from(n));
        let record = Record {
            arrival: None,
            id: EventId::from_uuid(id),
            at: monday(),
            kind: "policy.changed",
            organization: None,
            home: None,
            case: None,
            escalation: None,
            subject: None,
            actor: None,
            actor_name: "command line",
            seen_by: SeenBy::Provider,
            before: None,
            after: None,
            said: None,
        };
        let hash = link(&head, &record);
        let id = match backend {
            Backend::Sqlite => format!("X'{}'", id.simple()),
            Backend::Postgresql => format!("'{id}'"),
        };
        sql.push_str(&format!(
            "INSERT INTO audit_events (position, id, at, kind, actor_name, seen_by, previous_hash, hash) VALUES \
             ({n}, {id}, '2026-03-02T09:00:00.000000Z', 'policy.changed', 'command line', 'provider', '{head}', '{hash}'); \
             UPDATE audit_chain SET position = {n}, head = '{hash}';"
        ));
        head = hash;
    }
    macro_rules! migrate {
        ($conn:ident) => {{
            for migration in $conn.pending_migrations(source).expect("migrations") {
                if migration.name().version().to_string().as_str() < "0049" {
                    $conn.run_migration(&migration).expect("it runs");
                }
            }
            $conn.batch_execute(&sql).expect("events");
        }};
    }
    match &mut database.connect() {
        Conn::Sqlite(conn) => migrate!(conn),
        Conn::Postgres(conn) => migrate!(conn),
    }
}

/// Nothing is reckoned anew: what was sealed keeps its place and its hash, and what comes follows it.
async fn a_chain_of_the_version_before_goes_on(rows: Rows) {
    let database = TestDatabase::create(rows.backend, None);
    of_the_version_before(&database, rows.backend);
    let head = "SELECT head AS text FROM audit_chain";
    let before = database.texts(head);
    let db = Db::open(&database.location).expect("brought up to date");
    is_whole(&database, 3);
    assert_eq!(database.texts(head), before);
    for _ in 0..2 {
        db.write(record).await.expect("it goes on");
    }
    Linking::new(db).rest().await.expect("linked");
    is_whole(&database, 5);
    let both = "SELECT CAST(position AS text) || ' at ' || CAST(link AS text) AS text FROM audit_events ORDER BY link";
    let expected: Vec<String> = (1..=5).map(|n| format!("{n} at {n}")).collect();
    assert_eq!(database.texts(both), expected);
}

/// A transaction that has written its event, and is held open, keeps nobody from committing theirs, and none of them is left out.
#[test]
fn nobody_waits_for_an_event_that_is_not_committed() {
    Rows::for_story(Backend::Postgresql, async |rows| {
        let meet = Arc::new(std::sync::Barrier::new(2));
        let (db, its) = (rows.db.clone(), meet.clone());
        let held = tokio::spawn(async move {
            db.without_limits()
                .write(move |conn| {
                    record(conn)?;
                    write_what_was_put_off(conn)?;
                    its.wait();
                    its.wait();
                    Ok::<_, DbError>(())
                })
                .await
        });
        let meets = async || {
            let meet = meet.clone();
            let met = tokio::task::spawn_blocking(move || meet.wait()).await;
            met.expect("no panic");
        };
        meets().await;
        let open = "SELECT CAST(count(*) AS text) AS text FROM pg_stat_activity \
             WHERE datname = current_database() AND state = 'idle in transaction'";
        assert_eq!(rows.database.texts(open), ["1"], "it is held open");
        rows.db.write(record).await.expect("committed meanwhile");
        let waiting = "SELECT query AS text FROM pg_stat_activity \
             WHERE datname = current_database() AND wait_event_type = 'Lock'";
        assert_eq!(rows.database.texts(waiting), [""; 0]);
        // Nor does who seals wait, and the lower number is not there yet.
        assert_eq!(links(&rows.db).await, 1);
        assert_eq!(places(&rows), ["2 at 1"]);
        meets().await;
        held.await.expect("no panic").expect("committed");
        assert_eq!(places(&rows), ["1 at none", "2 at 1"]);
        assert_eq!(links(&rows.db).await, 1, "it is not passed over");
        assert_eq!(places(&rows), ["1 at 2", "2 at 1"]);
        is_whole(&rows.database, 2);
    });
}

/// Whoever writes does not wait for who seals either; and who is killed while they seal leaves everything as it was.
#[test]
fn who_is_killed_while_they_seal_leaves_it_to_others() {
    Rows::for_story(Backend::Postgresql, async |rows| {
        for _ in 0..3 {
            rows.db.write(record).await.expect("committed");
        }
        let sealing = rows.db.write(|conn| {
            assert_eq!(link_waiting(conn, 2)?, 2);
            // As the end of the process does: nothing is committed.
            Err::<(), DbError>(DbError::from(diesel::result::Error::RollbackTransaction))
        });
        sealing.await.expect_err("it is not committed");
        assert_eq!(places(&rows), ["1 at none", "2 at none", "3 at none"]);
        let (meet, other) = (
            Arc::new(std::sync::Barrier::new(2)),
            Db::open(&rows.database.location),
        );
        let (db, its) = (other.expect("another process"), meet.clone());
        let slow = tokio::spawn(async move {
            db.write(move |conn| {
                let linked = link_waiting(conn, 2)?;
                its.wait();
                its.wait();
                Ok::<_, DbError>(linked)
            })
            .await
        });
        let meets = async || {
            let meet = meet.clone();
            let met = tokio::task::spawn_blocking(move || meet.wait()).await;
            met.expect("no panic");
        };
        meets().await;
        rows.db
            .write(record)
            .await
            .expect("committed while another one seals");
        let db = rows.db.clone();
        let next = tokio::spawn(async move { links(&db).await });
        until("the second one waits for the first", async || {
            let waiting = "SELECT CAST(count(*) AS text) AS text FROM pg_stat_activity \
                 WHERE datname = current_database() AND wait_event_type = 'Lock'";
            rows.database.texts(waiting) == ["1"]
        })
        .await;
        meets().await;
        assert_eq!(slow.await.expect("no panic").expect("sealed"), 2);
        assert_eq!(next.await.expect("no panic"), 2, "what the first one left");
        assert_eq!(places(&rows), ["1 at 1", "2 at 2", "3 at 3", "4 at 4"]);
        is_whole(&rows.database, 4);
    });
}

/// An event changes once, when it is sealed, and then in nothing else.
#[test]
fn a_seal_is_given_once() {
    Rows::for_story(Backend::Postgresql, async |rows| {
        rows.db.write(record).await.expect("committed");
        rows.db.write(record).await.expect("committed");
        let refused = async |sql: &str| {
            let refused = rows.run(sql).await;
            assert!(refused.is_err(), "let through: {sql}");
        };
        let seal = "link = 1, previous_hash = 'p', hash = 'h'";
        refused("UPDATE audit_events SET hash = 'h' WHERE position = 1").await;
        refused(&format!(
            "UPDATE audit_events SET {seal}, actor_name = 'Nobody' WHERE position = 1"
        ))
        .await;
        refused(&format!(
            "UPDATE audit_events SET {seal}, said = '{{}}' WHERE position = 1"
        ))
        .await;
        refused("DELETE FROM audit_events WHERE link IS NULL").await;
        assert_eq!(links(&rows.db).await, 2);
        refused("UPDATE audit_events SET link = 3 WHERE position = 1").await;
        refused("UPDATE audit_events SET link = NULL WHERE position = 1").await;
        refused(&format!(
            "UPDATE audit_events SET {seal} WHERE position = 1"
        ))
        .await;
        is_whole(&rows.database, 2);
    });
}

/// Whatever is done to an event that waits, the others get their places; and what cannot be what was recorded is found.
#[test]
fn what_cannot_be_read_holds_up_nothing() {
    Rows::for_story(Backend::Postgresql, async |rows| {
        for n in 0..3 {
            let acts = move |conn: &mut Conn| acts(conn, "Dana Cole", n);
            rows.db.write(acts).await.expect("committed");
        }
        let tampering = "DROP TRIGGER audit_events_append_only ON audit_events; \
             UPDATE audit_events SET after = '{' WHERE position = 2; \
             UPDATE audit_events SET at = 'infinity' WHERE position = 1";
        rows.run(tampering).await.expect("done behind its back");
        let linked = Linking::new(rows.db.clone()).rest().await;
        assert_eq!(linked.expect("linked"), 2);
        assert_eq!(places(&rows), ["1 at none", "2 at 1", "3 at 2"]);
        let verdict = walk(&mut rows.database.connect()).expect("the chain is read");
        let Verdict::Broken(at) = &verdict else {
            panic!("{verdict:?}");
        };
        assert_eq!((at.position, at.why.as_str()), (1, "changed"));
    });
}

fn verifies(rows: &Rows, folder: &Path) -> Output {
    let url = rows.database.url();
    run(
        folder,
        &[("CASEBELL_DATABASE_URL", &url)],
        &["audit", "verify"],
    )
}

fn printed(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// What nobody has sealed is told by whoever verifies, who seals it first if that can be done.
#[test]
fn what_waits_for_its_seal_is_told() {
    Rows::for_story(Backend::Postgresql, async |rows| {
        let folder = tempfile::tempdir().expect("a folder");
        for _ in 0..2 {
            rows.db.write(record).await.expect("committed");
        }
        let stuck = "CREATE FUNCTION stuck() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'stuck'; END $$; \
             CREATE TRIGGER stuck BEFORE UPDATE ON audit_chain FOR EACH ROW EXECUTE FUNCTION stuck()";
        rows.run(stuck).await.expect("nobody can seal");
        let verified = tokio::task::block_in_place(|| verifies(&rows, folder.path()));
        let said = printed(&verified);
        assert_eq!(verified.status.code(), Some(0), "{said}");
        assert!(said.starts_with("whole: 0 events, head "), "{said}");
        assert!(
            said.contains("\nnot sealed yet: 2 events, the first of 2026-03-02T09:00:00.000000Z."),
            "{said}"
        );
        rows.run("DROP TRIGGER stuck ON audit_chain")
            .await
            .expect("it can be done again");
        let verified = tokio::task::block_in_place(|| verifies(&rows, folder.path()));
        let said = printed(&verified);
        assert_eq!(verified.status.code(), Some(0), "{said}");
        assert!(said.starts_with("whole: 2 events, from "), "{said}");
        assert!(said.contains("\nsealed now: 2 of these events"), "{said}");
        let again = tokio::task::block_in_place(|| verifies(&rows, folder.path()));
        assert!(!printed(&again).contains("sealed"), "{again:?}");
        is_whole(&rows.database, 2);
    });
}

/// What was acknowledged right before the desk was killed is sealed by the next one, or by whoever verifies.
#[test]
fn who_is_killed_before_they_seal_loses_nothing() {
    Installation::for_story(Backend::Postgresql, async |desk| {
        let counted = |what: &str| -> i64 {
            let sql = format!("SELECT CAST({what} AS text) AS text FROM audit_events");
            desk.database.texts(&sql)[0].parse().expect("a number")
        };
        let before = counted("count(*)");
        let server = desk.starts();
        for _ in 0..5 {
            let opened = desk.opening(&server).send().await.expect("an answer");
            assert_eq!(opened.status(), 201);
        }
        server.end_with("KILL");
        let after = counted("count(*)");
        assert!(after >= before + 5, "{before} became {after}");
        // The next one has them sealed before anybody else writes.
        let server = desk.starts();
        until("all are sealed", async || counted("count(link)") >= after).await;
        assert_eq!(server.end_with("TERM").code(), Some(0));
        is_whole(&desk.database, counted("count(*)"));
        assert_eq!(counted("count(*)"), counted("count(link)"));
    });
}

/// Events without a seal are in a backup, and get it where that is brought back; numbers go on where they were.
#[test]
fn what_waits_goes_through_a_backup() {
    Rows::for_story(Backend::Postgresql, async |rows| {
        let folder = tempfile::tempdir().expect("a folder");
        rows.db.write(record).await.expect("committed");
        assert_eq!(links(&rows.db).await, 1);
        rows.db.write(record).await.expect("committed");
        let stuck = "CREATE FUNCTION stuck() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'stuck'; END $$; \
             CREATE TRIGGER stuck BEFORE UPDATE ON audit_chain FOR EACH ROW EXECUTE FUNCTION stuck()";
        rows.run(stuck).await.expect("nobody can seal");
        let elsewhere = TestDatabase::create(Backend::Postgresql, None);
        let file = folder.path().join("desk.tar.gz").display().to_string();
        for (url, command) in [
            (rows.database.url(), "backup"),
            (elsewhere.url(), "restore"),
        ] {
            let done = tokio::task::block_in_place(|| {
                run(
                    folder.path(),
                    &[("CASEBELL_DATABASE_URL", &url)],
                    &[command, &file],
                )
            });
            assert!(done.status.success(), "{command}: {done:?}");
        }
        is_whole(&elsewhere, 1);
        let db = Db::open(&elsewhere.location).expect("it is opened");
        db.write(record).await.expect("it goes on");
        assert_eq!(links(&db).await, 2);
        is_whole(&elsewhere, 3);
    });
}

fn ids(events: &[Value]) -> Vec<String> {
    let id = |event: &Value| event["id"].as_str().expect("an id").to_owned();
    events.iter().map(id).collect()
}

/// How many of these events are sealed; each has its place and its hash then, and neither before.
#[track_caller]
fn sealed(events: &[Value]) -> usize {
    for event in events {
        let is_sealed = event["sealed"].as_bool().expect("it is said");
        assert_eq!(event["position"].is_i64(), is_sealed, "{event}");
        assert_eq!(event["hash"].is_string(), is_sealed, "{event}");
    }
    events
        .iter()
        .filter(|event| event["sealed"] == true)
        .count()
}

async fn what_waits_for_its_seal_is_shown_and_moves_in_no_list(desk: Desk) {
    let (ada, dana) = (desk.person("ada"), desk.person("dana"));
    let session = Session::of(&desk, &ada).await;
    desk.works().await;
    for case in [high(), low(), low()] {
        dana.opens(case).await;
    }
    let path = "/audit-events?kind=case.opened";
    let first = ada.get(&format!("{path}&limit=2")).await.ok();
    let waiting = ada.all(path).await;
    let page = session.page("/admin/audit").await;
    assert_eq!(waiting.len(), 3);
    let is_server = desk.backend() == Backend::Postgresql;
    assert_eq!(sealed(&waiting), if is_server { 0 } else { 3 });
    assert_eq!(page.text.contains("not sealed yet"), is_server);
    // They are sealed between two pages of one list.
    desk.works().await;
    let cursor = first["next_cursor"].as_str().expect("more");
    let second = ada
        .get(&format!("{path}&limit=2&cursor={cursor}"))
        .await
        .ok();
    let pages: Vec<Value> = [&first, &second]
        .into_iter()
        .flat_map(|page| page["items"].as_array().expect("a list").clone())
        .collect();
    let all = ada.all(path).await;
    assert_eq!(sealed(&all), 3);
    assert_eq!(ids(&pages), ids(&waiting));
    assert_eq!(ids(&all), ids(&waiting));
    let page = session.page("/admin/audit").await;
    assert!(!page.text.contains("not sealed yet"), "{}", page.text);
}

async fn an_export_has_all_that_was_committed_and_all_of_it_sealed(desk: Desk) {
    let (ada, dana) = (desk.person("ada"), desk.person("dana"));
    dana.opens(high()).await;
    let exports = async |person: &Person| -> Vec<Value> {
        let asked = json!({ "format": "ndjson", "kind": "case.opened" });
        let file = person.post("/audit-events/export", asked).await;
        assert_eq!(file.status, 200, "{file:?}");
        let lines = file.text.lines();
        lines
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect()
    };
    let events = exports(&ada).await;
    assert_eq!((events.len(), sealed(&events)), (1, 1));
    dana.opens(low()).await;
    let events = exports(&ada).await;
    assert_eq!((events.len(), sealed(&events)), (2, 2));
}

async fn a_commit_wakes_who_seals(desk: Desk) {
    let (ada, dana) = (desk.person("ada"), desk.person("dana"));
    let driver = desk.drives();
    dana.opens(low()).await;
    until("it is sealed", async || {
        sealed(&ada.all("/audit-events?kind=case.opened").await) == 1
    })
    .await;
    driver.stop().await;
}
