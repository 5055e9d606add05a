//! The chain of audited events: whole however many write at once, and whatever is done behind Casebell's back is found
//! at its place.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};

use casebell::db::{Conn, DbError};
use casebell::domain::audit::{EventKind, Verdict};
use casebell::store::Counter;
use casebell::store::audit::{NewEvent, append, link_all_waiting, walk};
use diesel::connection::SimpleConnection;
use serde_json::json;

use crate::support::database::{Backend, Rows, TestDatabase, on_both_databases};
use crate::support::desk::{client, furnished, monday, runtime};
use crate::support::process::{self, Process};
use crate::support::terminal::Terminal;

const WRITES: usize = 200;

pub(super) const RECORDS: &str = r#"{"type":"organization","slug":"desk","name":"The Desk","kind":"provider"}
{"type":"organization","slug":"acme","name":"ACME","kind":"customer"}
{"type":"user","email":"ada@desk.test","first_name":"Ada","last_name":"Frost","organization":"desk","roles":["administrator"]}
{"type":"user","email":"dana@acme.test","first_name":"Dana","last_name":"Cole","organization":"acme","roles":["designated_contact"]}
{"type":"case","external_id":"OLD-1","organization":"acme","opened_by":"dana@acme.test","subject":"Slow","description":"It is slow.","priority":"low","status":"closed","deployment":"cloud","business_impact":"none","opened_at":"2026-01-05T08:00:00Z","closed_at":"2026-01-06T08:00:00Z","feed":[]}
"#;

on_both_databases! { Terminal:
    what_is_done_behind_the_house_s_back_is_found_at_its_place,
    another_schema_is_left_as_it_is,
    the_events_are_printed,
}

impl Terminal {
    /// Does something to the rows that nobody in the house would do.
    pub(super) fn tampers(&self, sql: &str) {
        let done = match &mut self.database.connect() {
            Conn::Sqlite(conn) => conn.batch_execute(sql),
            Conn::Postgres(conn) => conn.batch_execute(sql),
        };
        done.unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    pub(super) fn is_sqlite(&self) -> bool {
        matches!(self.database.connect(), Conn::Sqlite(_))
    }
}

async fn what_is_done_behind_the_house_s_back_is_found_at_its_place(terminal: Terminal) {
    let records = terminal.file("desk.ndjson", RECORDS).display().to_string();
    terminal.run(&["import", "casebell", &records]).ok();
    let whole = terminal.run(&["audit", "verify"]).ok();
    let events = terminal
        .database
        .texts("SELECT CAST(count(*) AS text) AS text FROM audit_events");
    let head = terminal
        .database
        .texts("SELECT head AS text FROM audit_chain");
    let last: i64 = events[0].parse().expect("a number");
    assert!(last >= 7, "only {last} events");
    assert!(
        whole.starts_with(&format!(
            "whole: {last} events, from 2026-01-05T08:00:00.000000Z to "
        )),
        "{whole}"
    );
    assert!(
        whole.trim_end().ends_with(&format!("head {}", head[0])),
        "{whole}"
    );

    let guards = match terminal.is_sqlite() {
        true => {
            "DROP TRIGGER audit_events_no_update; DROP TRIGGER audit_events_no_delete; DROP TRIGGER audit_events_no_replace; \
             DROP TRIGGER audit_chain_no_return;"
        }
        false => {
            "DROP TRIGGER audit_events_append_only ON audit_events; DROP TRIGGER audit_chain_no_return ON audit_chain;"
        }
    };
    terminal.tampers(&format!(
        "{guards} CREATE TABLE kept AS SELECT * FROM audit_events"
    ));
    let swap = |columns: &str| -> String {
        columns
            .split(' ')
            .map(|column| {
                format!(
                    "UPDATE audit_events SET {column} = (SELECT {column} FROM kept WHERE kept.link = 7 - audit_events.link) \
                     WHERE link IN (3, 4);"
                )
            })
            .collect()
    };
    let mut tamperings = vec![
        (
            "UPDATE audit_events SET actor_name = 'Nobody' WHERE link = 3".to_owned(),
            "event 3, changed",
            3,
        ),
        (
            "UPDATE audit_events SET organization_id = NULL WHERE link = 2".to_owned(),
            "event 2, changed",
            2,
        ),
        (
            "UPDATE audit_events SET after = '{' WHERE link = 5".to_owned(),
            "event 5, changed",
            5,
        ),
        (
            "UPDATE audit_events SET hash = previous_hash WHERE link = 4".to_owned(),
            "event 4, changed",
            4,
        ),
        (
            "DELETE FROM audit_events WHERE link = 3".to_owned(),
            "event 3, missing",
            3,
        ),
        (
            "DELETE FROM audit_events WHERE link IN (3, 4)".to_owned(),
            "events 3 to 4, missing",
            3,
        ),
        (
            "DELETE FROM audit_events WHERE link = 1".to_owned(),
            "event 1, missing",
            1,
        ),
        // Closed up, so that no place is empty.
        (
            format!(
                "DELETE FROM audit_events WHERE link = 3; \
                 UPDATE audit_events SET link = link + 1000 WHERE link > 3; \
                 UPDATE audit_events SET link = link - 1001 WHERE link > {last}"
            ),
            "event 3, missing",
            3,
        ),
        (
            format!("DELETE FROM audit_events WHERE link = {last}"),
            "missing at the end",
            last,
        ),
        (
            "DELETE FROM audit_chain".to_owned(),
            "missing at the end",
            last + 1,
        ),
        // Two that changed places, with their hashes and without them.
        (
            "UPDATE audit_events SET link = 1003 WHERE link = 3; \
             UPDATE audit_events SET link = 3 WHERE link = 4; \
             UPDATE audit_events SET link = 4 WHERE link = 1003"
                .to_owned(),
            "event 3, inserted or reordered",
            3,
        ),
        (swap("kind subject_id after"), "event 3, changed", 3),
        // The order in which lists have it.
        (
            "UPDATE audit_events SET position = position + 1000 WHERE link = 4".to_owned(),
            "event 4, changed",
            4,
        ),
        // One that is said not to be sealed yet, and may get another seal for it.
        (
            "UPDATE audit_events SET link = NULL WHERE link = 5".to_owned(),
            "event 5, missing",
            5,
        ),
        // One more than was ever recorded.
        (
            format!(
                "INSERT INTO audit_events (position, link, id, at, kind, actor_name, seen_by, previous_hash, hash) \
                 SELECT (SELECT max(position) + 1 FROM kept), {last} + 1, {}, at, kind, 'Mallory', seen_by, \
                 (SELECT head FROM audit_chain), previous_hash \
                 FROM kept WHERE link = 3",
                if terminal.is_sqlite() {
                    "randomblob(16)"
                } else {
                    "gen_random_uuid()"
                }
            ),
            "inserted or reordered",
            last + 1,
        ),
    ];
    if terminal.is_sqlite() {
        tamperings.push((
            "UPDATE audit_events SET at = 'soon' WHERE link = 4".to_owned(),
            "event 4, changed",
            4,
        ));
        tamperings.push((
            "UPDATE audit_events SET id = X'00' WHERE link = 6".to_owned(),
            "event 6, changed",
            6,
        ));
    }
    for (sql, how, place) in tamperings {
        let sql = match (terminal.is_sqlite(), sql.as_str()) {
            (true, "DELETE FROM audit_chain") => {
                format!("DROP TRIGGER audit_chain_no_delete; {sql}")
            }
            _ => sql,
        };
        terminal.tampers(&sql);
        let found = terminal.run(&["audit", "verify"]);
        assert_eq!(found.code, 1, "{sql}: {found:?}");
        let first = found.printed.lines().next().unwrap_or_default();
        assert!(
            first.starts_with("broken: event")
                && first.contains(how)
                && first.contains(&place.to_string()),
            "{sql}: {found:?}"
        );
        let restored = format!(
            "DELETE FROM audit_events; INSERT INTO audit_events SELECT * FROM kept; \
             UPDATE audit_chain SET position = {last}, head = '{}'; {}",
            head[0],
            match sql.contains("FROM audit_chain") && sql.contains("DELETE") {
                true if terminal.is_sqlite() => {
                    format!(
                        "DROP TRIGGER audit_chain_no_replace; INSERT INTO audit_chain VALUES (1, {last}, '{}')",
                        head[0]
                    )
                }
                true => format!("INSERT INTO audit_chain VALUES (1, {last}, '{}')", head[0]),
                false => String::new(),
            }
        );
        terminal.tampers(&restored);
        assert_eq!(
            terminal.run(&["audit", "verify"]).ok(),
            whole,
            "after {sql}"
        );
    }
    let told = {
        terminal.tampers("UPDATE audit_events SET actor_name = 'Nobody' WHERE link = 3");
        terminal.run(&["audit", "verify"]).printed
    };
    assert!(told.contains("changed behind Casebell's back"), "{told}");
    assert!(
        told.contains("The 2 events before it are as they were recorded"),
        "{told}"
    );
}

#[test]
fn what_cannot_be_found_out_is_no_answer() {
    let folder = tempfile::tempdir().expect("a folder");
    let verify = |settings: &[(&str, &str)]| {
        process::run(folder.path(), settings, &["audit", "verify"])
            .status
            .code()
    };
    assert_eq!(verify(&[]), Some(2), "there is no database");
    assert!(
        !folder.path().join("casebell.db").exists(),
        "and none is made"
    );
    assert_eq!(
        verify(&[("CASEBELL_DATABASE_URL", "mysql://x")]),
        Some(2),
        "a setting is wrong"
    );
}

async fn another_schema_is_left_as_it_is(terminal: Terminal) {
    let records = terminal.file("desk.ndjson", RECORDS).display().to_string();
    terminal.run(&["import", "casebell", &records]).ok();
    let versions = "SELECT version AS text FROM __diesel_schema_migrations ORDER BY 1";
    let all = terminal.database.texts(versions);
    let last = all.last().expect("migrations");
    terminal.tampers(&format!(
        "DELETE FROM __diesel_schema_migrations WHERE version = '{last}'"
    ));
    let older = terminal.run(&["audit", "verify"]);
    assert_eq!((older.code, older.printed.as_str()), (2, ""));
    assert!(older.complained.contains("casebell migrate"), "{older:?}");
    assert_eq!(terminal.database.texts(versions), all[..all.len() - 1]);
}

async fn the_events_are_printed(terminal: Terminal) {
    let records = terminal.file("desk.ndjson", RECORDS).display().to_string();
    terminal.run(&["import", "casebell", &records]).ok();
    let csv = terminal.run(&["audit", "export"]).ok();
    assert!(csv.starts_with("position,at,kind,organization,"), "{csv}");
    assert!(
        csv.contains("case.closed") && csv.contains("person.added"),
        "{csv}"
    );
    let ndjson = terminal
        .run(&[
            "audit",
            "export",
            "--organization",
            "acme",
            "--format",
            "ndjson",
            "--from",
            "2026-01-05T08:00:00Z",
            "--until",
            "2026-01-06T08:00:00Z",
        ])
        .ok();
    let events: Vec<serde_json::Value> = ndjson
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(events.len(), 1, "{ndjson}");
    assert_eq!(
        (
            &events[0]["kind"],
            &events[0]["actor_name"],
            &events[0]["organization"]["slug"]
        ),
        (&json!("case.opened"), &json!("Dana Cole"), &json!("acme"))
    );
    let wrong = terminal.run(&["audit", "export", "--organization", "nobody"]);
    assert_eq!((wrong.code, wrong.printed.as_str()), (1, ""));
    assert!(wrong.complained.contains("organization"), "{wrong:?}");
    // Both were recorded, and the chain goes on.
    let recorded = terminal
        .database
        .texts("SELECT actor_name AS text FROM audit_events WHERE kind = 'audit.exported'");
    assert_eq!(recorded, ["command line", "command line"]);
    assert!(
        terminal
            .run(&["audit", "verify"])
            .ok()
            .starts_with("whole: ")
    );
}

/// Opens two hundred cases at once, spread over all servers, and walks along the chain.
fn many_write_at_once(backend: Backend, servers: usize) {
    if !backend.is_available() {
        return;
    }
    runtime().block_on(async {
        let furnished = furnished(backend).await;
        let database = TestDatabase::create(backend, Some(&furnished.database));
        let folders: Vec<_> = (0..servers).map(|_| tempfile::tempdir().expect("a folder")).collect();
        let url = database.url();
        let settings = [("CASEBELL_DATABASE_URL", url.as_str()), ("CASEBELL_SECRET_KEY", "the same for all of these servers")];
        let servers: Vec<Process> = folders.iter().map(|folder| Process::serve(folder.path(), &settings)).collect();
        let count = || -> usize {
            let count = database.texts("SELECT CAST(count(*) AS text) AS text FROM audit_events");
            count[0].parse().expect("a number")
        };
        let (client, before) = (client(), count());
        let start = Arc::new(tokio::sync::Barrier::new(WRITES));
        let mut writes = tokio::task::JoinSet::new();
        for n in 0..WRITES {
            let request = client
                .post(format!("{}/api/v1/cases", servers[n % servers.len()].origin))
                .bearer_auth(&furnished.tokens[["dana", "carl", "gina"][n % 3]])
                .header("idempotency-key", format!("write {n}"))
                .json(&json!({
                    "subject": format!("Case {n}"), "description": "x", "priority": "medium", "deployment": "cloud",
                    "business_impact": "limited",
                }));
            let start = start.clone();
            writes.spawn(async move {
                start.wait().await;
                // On a busy machine somebody may be told to come again, and does.
                loop {
                    let again = request.try_clone().expect("it can be sent again");
                    let status = again.send().await.expect("an answer").status().as_u16();
                    if status != 503 {
                        return status;
                    }
                }
            });
        }
        while let Some(status) = writes.join_next().await {
            assert_eq!(status.expect("no panic"), 201);
        }
        for server in servers {
            assert_eq!(server.end_with("TERM").code(), Some(0));
        }
        assert_eq!(count(), before + WRITES, "none is lost");
        let verified = process::run(folders[0].path(), &settings, &["audit", "verify"]);
        let said = String::from_utf8_lossy(&verified.stdout).into_owned();
        assert_eq!(verified.status.code(), Some(0), "{said}");
        assert!(said.starts_with(&format!("whole: {} events", before + WRITES)), "{said}");
    });
}

#[test]
fn two_hundred_at_once_through_two_processes_over_postgresql() {
    many_write_at_once(Backend::Postgresql, 2);
}

#[test]
fn two_hundred_at_once_through_one_process_over_sqlite() {
    many_write_at_once(Backend::Sqlite, 1);
}

/// Whoever counts cases first and whoever counts escalations first wait for each other: the server gives one of them up,
/// which tries again, and nobody sees it.
#[test]
fn who_is_given_up_in_favour_of_another_tries_again() {
    Rows::for_story(Backend::Postgresql, async |rows| {
        let (meet, attempts) = (Arc::new(Barrier::new(2)), Arc::new(AtomicUsize::new(0)));
        let write = |cases_first: bool| {
            let (meet, attempts, db) = (meet.clone(), attempts.clone(), rows.db.clone());
            let tries = AtomicUsize::new(0);
            tokio::spawn(async move {
                db.write(move |conn| {
                    attempts.fetch_add(1, Ordering::SeqCst);
                    let first = tries.fetch_add(1, Ordering::SeqCst) == 0;
                    for turn in 0..2 {
                        match (turn == 0) == cases_first {
                            true => Counter::Case.next(conn)?,
                            false => Counter::Escalation.next(conn)?,
                        };
                        if turn == 0 && first {
                            meet.wait();
                        }
                    }
                    record(conn)
                })
                .await
            })
        };
        let (one, other) = tokio::join!(write(true), write(false));
        one.expect("no panic").expect("it is done");
        other.expect("no panic").expect("it is done");
        assert_eq!(
            attempts.load(Ordering::SeqCst),
            3,
            "one of the two was tried again"
        );
        both_are_linked(&rows).await;
    });
}

/// However early something is recorded in a transaction.
#[test]
fn nobody_waits_for_who_has_yet_to_commit() {
    Rows::for_story(Backend::Postgresql, async |rows| {
        let meet = Arc::new(Barrier::new(2));
        let (db, its) = (rows.db.clone(), meet.clone());
        let slow = tokio::spawn(async move {
            let records_and_waits = move |conn: &mut Conn| {
                record(conn)?;
                its.wait();
                its.wait();
                Ok::<_, DbError>(())
            };
            db.write(records_and_waits).await
        });
        let meets = async || {
            let meet = meet.clone();
            let met = tokio::task::spawn_blocking(move || meet.wait()).await;
            met.expect("no panic");
        };
        meets().await;
        let quick = rows.db.write(record).await;
        meets().await;
        quick.expect("it is done while the other one waits");
        slow.await.expect("no panic").expect("it is done");
        both_are_linked(&rows).await;
    });
}

async fn both_are_linked(rows: &Rows) {
    let linked = (rows.db).write(|conn| Ok::<_, DbError>(link_all_waiting(conn)?));
    assert_eq!(linked.await.expect("linked"), 2);
    let walked = rows.db.read(|conn| Ok::<_, DbError>(walk(conn)?)).await;
    let verdict = walked.expect("read");
    assert!(
        matches!(verdict, Verdict::Whole { events: 2, .. }),
        "{verdict:?}"
    );
}

pub(super) fn record(conn: &mut Conn) -> Result<(), DbError> {
    let event = NewEvent {
        kind: EventKind::PolicyChanged,
        organization: None,
        home: None,
        case: None,
        escalation: None,
        subject: None,
        actor: None,
        actor_name: "command line",
        before: None,
        after: None,
    };
    append(conn, &event, monday())?;
    Ok(())
}
