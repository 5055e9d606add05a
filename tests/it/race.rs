//! Enforcement survives races (E14): of any number of simultaneous submissions exactly one succeeds.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::json;
use tokio::sync::Barrier;

use crate::support::database::{Backend, on_both_databases};
use crate::support::desk::{Desk, runtime};
use crate::support::person::medium;
use crate::support::say;
use crate::support::servers::Servers;

const SUBMISSIONS: usize = 50;

/// Opens a case through one of the servers, then submits fifty escalations at once, spread over all of them.
fn race(backend: Backend, servers: usize) {
    if !backend.is_available() {
        return;
    }
    runtime().block_on(async {
        let servers = Servers::start(backend, servers).await;
        for round in 0..3 {
            // A medium case need not wait.
            let opened = json!({
                "subject": "Everybody at once", "description": "x", "priority": "medium", "deployment": "cloud",
                "business_impact": "limited",
            });
            let opened = servers.asks("dana", Method::POST, "/cases", opened).await;
            let number = opened["number"].as_str().unwrap_or_else(|| panic!("{opened}"));

            let start = Arc::new(Barrier::new(SUBMISSIONS));
            let mut submissions = tokio::task::JoinSet::new();
            for n in 0..SUBMISSIONS {
                let request = servers
                    .request(n, Method::POST, &format!("/cases/{number}/escalations"))
                    .bearer_auth(servers.token(if n % 3 == 0 { "carl" } else { "dana" }))
                    .json(&json!({
                        "reason": "no_update", "details": format!("Submission {n}"), "acknowledgements": [],
                        "answers": { "business_impact": "All of it", "ongoing": true },
                    }));
                let start = start.clone();
                submissions.spawn(async move {
                    start.wait().await;
                    let response = request.send().await.expect("an answer");
                    let status = response.status().as_u16();
                    let body: serde_json::Value = response.json().await.expect("JSON");
                    (status, body["code"].as_str().unwrap_or("-").to_owned())
                });
            }
            let begun = std::time::Instant::now();
            let mut answers: BTreeMap<(u16, String), usize> = BTreeMap::new();
            while let Some(answer) = submissions.join_next().await {
                *answers.entry(answer.expect("no panic")).or_default() += 1;
            }
            let took = begun.elapsed();
            let database = &servers.database;
            let rows = database.texts("SELECT CAST(count(*) AS text) AS text FROM escalations");
            let entries = database.texts(
                "SELECT CAST(count(*) AS text) AS text FROM feed_entries WHERE feed = 'escalation' AND kind = 'comment'",
            );
            say(&format!(
                "race on {backend:?} through {} server process(es), round {round}: {answers:?}, rows in all {rows:?}, {took:?}",
                servers.count()
            ));
            let expected = BTreeMap::from([((201, "-".to_owned()), 1), ((409, "active_escalation".to_owned()), SUBMISSIONS - 1)]);
            assert_eq!(answers, expected);
            assert_eq!((rows, entries), (vec![(round + 1).to_string()], vec![(round + 1).to_string()]));
        }
        servers.stop();
    });
}

#[test]
fn fifty_at_once_through_two_processes_over_postgresql() {
    race(Backend::Postgresql, 2);
}

#[test]
fn fifty_at_once_through_one_process_over_sqlite() {
    race(Backend::Sqlite, 1);
}

on_both_databases! { Desk:
    a_clock_that_is_behind_changes_nothing,
}

/// Who waited for a lock has looked at the clock before whoever held it; two machines' clocks differ anyway.
async fn a_clock_that_is_behind_changes_nothing(desk: Desk) {
    let (dana, carl, eve) = (desk.person("dana"), desk.person("carl"), desk.person("eve"));
    let case = dana.opens(medium()).await;
    desk.passes(TimeDelta::minutes(1));
    eve.writes(&case, "First.").await;
    let updated_at = dana.sees(&case).await["last_provider_update_at"].clone();
    dana.reads(&case).await;
    carl.reads(&case).await;
    let all = ["provider_updated_recently"];
    dana.escalates(&case, "no_progress")
        .acknowledging(&all)
        .taken()
        .await;
    desk.falls_behind(TimeDelta::seconds(5));
    let second = carl
        .escalates(&case, "no_progress")
        .acknowledging(&all)
        .await;
    second.refused(409, "active_escalation");
    eve.writes(&case, "Second.").await;
    assert_eq!(
        dana.sees(&case).await["last_provider_update_at"],
        updated_at
    );
    // What was due by the other clock leaves once this one has caught up.
    desk.passes(TimeDelta::seconds(10));
}
