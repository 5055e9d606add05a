//! Events are sealed behind their commit: nobody who writes one waits for anybody else who does, and nothing that was committed is left
//! out of the chain, whoever seals it and whatever happens in between.

use std::path::Path;
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
use serde_json::json;
use tokio::sync::Barrier;

use super::chain::record;
use crate::support::database::{Backend, Rows, TestDatabase, on_both_databases};
use crate::support::desk::monday;
use crate::support::waiting::until;

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

pub(super) async fn links(db: &Db) -> usize {
    let linked = db.write(|conn| Ok::<_, DbError>(link_waiting(conn, 100)?));
    linked.await.expect("linked")
}

#[track_caller]
pub(super) fn is_whole(database: &TestDatabase, events: i64) {
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
