//! Events that wait for their seal: shown as what they are, told by whoever verifies, and kept through an end, a backup and an export.

use std::path::Path;
use std::process::Output;

use casebell::db::Db;
use serde_json::{Value, json};

use super::chain::record;
use super::sealing::{is_whole, links};
use crate::support::database::{Backend, Rows, TestDatabase, on_both_databases};
use crate::support::desk::Desk;
use crate::support::installation::Installation;
use crate::support::person::{Person, high, low};
use crate::support::process::run;
use crate::support::session::Session;
use crate::support::waiting::until;

/// Lets nobody seal.
const STUCK: &str = "CREATE FUNCTION stuck() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'stuck'; END $$; \
    CREATE TRIGGER stuck BEFORE UPDATE ON audit_chain FOR EACH ROW EXECUTE FUNCTION stuck()";

on_both_databases! { Desk:
    what_waits_for_its_seal_is_shown_and_moves_in_no_list,
    an_export_has_all_that_was_committed_and_all_of_it_sealed,
    a_commit_wakes_who_seals,
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
        rows.run(STUCK).await.expect("nobody can seal");
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
        rows.run(STUCK).await.expect("nobody can seal");
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
