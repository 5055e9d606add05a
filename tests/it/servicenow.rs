//! The log of another desk, replayed as it happened, against a second reading of it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use reqwest::Method;
use serde_json::{Value, json};

use crate::imports::{counts, loaded};
use crate::support::answer::instant;
use crate::support::database::on_both_databases;
use crate::support::say;
use crate::support::terminal::{Prepared, Program, Terminal, beside_the_project};

on_both_databases! { Prepared:
    a_small_log_of_servicenow_is_replayed,
    the_whole_log_of_servicenow_is_replayed,
    names_that_differ_stay_apart,
    who_came_with_an_earlier_version_is_found_again,
}

const SAMPLE: &str = include_str!("data/servicenow_sample.csv");
const REFUSED: &str = include_str!("data/servicenow_refused.csv");

/// Somebody of the staff who looks at what was imported.
fn administrator(terminal: &Terminal) -> String {
    let arguments = [
        "user",
        "add",
        "--email",
        "ada@provider.example",
        "--first-name",
        "Ada",
        "--last-name",
        "Frost",
        "--organization",
        "provider",
        "--role",
        "administrator",
    ];
    terminal.run(&arguments).ok();
    terminal.token("ada@provider.example")
}

async fn a_small_log_of_servicenow_is_replayed(terminal: Terminal) {
    let path = terminal.file("log.csv", SAMPLE).display().to_string();
    let report = terminal
        .run(&["import", "servicenow", "--json", &path])
        .json(0);
    assert_eq!(
        (loaded(&report, "incidents"), loaded(&report, "events")),
        ((4, 0, 0), (11, 0, 0)),
        "{report:#}"
    );
    let before = counts(&terminal);
    let again = terminal
        .run(&["import", "servicenow", "--json", &path])
        .json(0);
    assert_eq!(loaded(&again, "incidents"), (0, 4, 0), "{again:#}");
    assert_eq!(counts(&terminal), before);

    let token = administrator(&terminal);
    let server = terminal.serve();
    let ada = Program::new(&server, &token);
    let cases: BTreeMap<String, Value> = ada
        .all("/cases")
        .await
        .into_iter()
        .map(|case| {
            (
                case["external_id"].as_str().unwrap_or_default().to_owned(),
                case,
            )
        })
        .collect();
    assert_eq!(cases.len(), 4, "{cases:#?}");
    let one = &cases["INC1000001"];
    for (field, value) in [
        ("status", "closed"),
        ("priority", "high"),
        ("business_impact", "significant"),
        ("deployment", "premise"),
    ] {
        assert_eq!(one[field], value, "{field}");
    }
    assert_eq!(
        (one["opened_at"].as_str(), one["closed_at"].as_str()),
        (Some("2016-03-01T08:55:00Z"), Some("2016-03-10T12:00:00Z"))
    );
    assert_eq!(one["organization"]["slug"], "location-7");
    assert_eq!(one["line_of_business"]["name"], "Group 3");
    let two = &cases["INC1000002"];
    assert_eq!(
        (
            two["organization"]["slug"].as_str(),
            two["status"].as_str(),
            two["priority"].as_str()
        ),
        (
            Some("location-unknown"),
            Some("awaiting_third_party"),
            Some("low")
        )
    );
    assert_eq!(
        cases["INC1000003"]["status"], "in_progress",
        "of two rows of one instant the later one in the file holds"
    );
    assert_eq!(cases["INC1000004"]["priority"], "high", "critical is high");

    // As it stood: waiting, resolved, reopened, closed.
    let number = one["number"].as_str().expect("a number");
    let at = async |at: &str| {
        ada.get(&format!(
            "/cases/{number}/eligibility?reason=no_update&at={at}"
        ))
        .await
        .findings()
        .join(" ")
    };
    assert_eq!(
        at("2016-03-01T10:00:00Z").await,
        "recently_updated unread_update"
    );
    assert_eq!(
        at("2016-03-02T11:00:00Z").await,
        "recently_updated unread_update awaiting_your_information"
    );
    assert_eq!(
        at("2016-03-03T11:00:00Z").await,
        "unread_update awaiting_your_information"
    );
    assert_eq!(
        at("2016-03-05T16:44:00Z").await,
        "recently_updated unread_update",
        "reopened on the 5th"
    );
    assert_eq!(at("2016-03-06T09:15:00Z").await, "unread_update");
    assert_eq!(
        at("2016-03-10T12:00:00Z").await,
        "case_closed recently_updated unread_update"
    );

    // The desk is used on it.
    let reopened = ada
        .asks(
            Method::POST,
            &format!("/cases/{number}/reopen"),
            Some(json!({ "note": "It is back." })),
        )
        .await
        .ok();
    assert_eq!(reopened["status"], "open");
    let escalate = json!({
        "reason": "no_progress", "details": "Years.", "acknowledgements": ["unread_update"],
        "answers": { "expected": "2016", "business_impact": "All" },
    });
    let refused = ada
        .asks(
            Method::POST,
            &format!("/cases/{number}/escalations"),
            Some(escalate.clone()),
        )
        .await;
    refused
        .refused(422, "not_eligible")
        .finding("recently_updated");

    // A log with rows that cannot be read.
    let header = SAMPLE.lines().next().expect("a header");
    let wrong = terminal.file("wrong.csv", REFUSED).display().to_string();
    let report = terminal
        .run(&["import", "servicenow", "--json", &wrong])
        .json(2);
    let lines: Vec<u64> = report["refused"]
        .as_array()
        .expect("refusals")
        .iter()
        .filter_map(|one| one["line"].as_u64())
        .collect();
    assert_eq!(lines, [2, 3, 4], "{report:#}");
    assert_eq!(ada.all("/cases").await.len(), 4);
    let no_log = terminal
        .file("none.csv", &header.replace("incident_state", "weather"))
        .display()
        .to_string();
    let outcome = terminal.run(&["import", "servicenow", &no_log]);
    assert!(
        outcome.code != 0 && outcome.complained.contains("incident_state"),
        "{outcome:?}"
    );
}

/// One row of the log, as far as it matters here.
struct Row {
    state: &'static str,
    priority: &'static str,
    impact: &'static str,
    at: DateTime<Utc>,
}

/// The log read in another way than the desk does: rows by incident, in the order of their instants.
fn log(text: &str) -> BTreeMap<String, Vec<Row>> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let headers = reader.headers().expect("a header").clone();
    let column = |name: &str| {
        headers
            .iter()
            .position(|header| header == name)
            .expect("a column")
    };
    let (number, state, priority, impact, at) = (
        column("number"),
        column("incident_state"),
        column("priority"),
        column("impact"),
        column("sys_updated_at"),
    );
    let mut incidents: BTreeMap<String, Vec<Row>> = BTreeMap::new();
    for record in reader.records() {
        let record = record.expect("a row");
        let row = Row {
            state: match &record[state] {
                "New" => "open",
                "Active" => "in_progress",
                "Awaiting User Info" => "awaiting_customer",
                "Resolved" => "solution_provided",
                "Closed" => "closed",
                _ => "awaiting_third_party",
            },
            priority: match &record[priority][..1] {
                "1" | "2" => "high",
                "3" => "medium",
                _ => "low",
            },
            impact: match &record[impact][..1] {
                "1" => "significant",
                "2" => "limited",
                _ => "none",
            },
            at: NaiveDateTime::parse_from_str(&record[at], "%d-%m-%Y %H:%M")
                .expect("an instant")
                .and_utc(),
        };
        incidents
            .entry(record[number].to_owned())
            .or_default()
            .push(row);
    }
    for rows in incidents.values_mut() {
        rows.sort_by_key(|row| row.at);
    }
    incidents
}

/// What the criteria say of `no_update` on the last row before an instant, for somebody who has read nothing.
fn expected(row: &Row, at: DateTime<Utc>) -> Vec<&'static str> {
    let fresh = at < row.at + TimeDelta::hours(24);
    let high = row.priority == "high";
    [
        (row.state == "closed", "case_closed"),
        (row.priority == "low", "low_priority"),
        (high && fresh, "recently_updated"),
        (
            high && row.impact != "significant",
            "impact_not_significant",
        ),
        (true, "unread_update"),
        (
            row.state == "awaiting_customer",
            "awaiting_your_information",
        ),
        (
            row.priority == "medium" && fresh,
            "provider_updated_recently",
        ),
    ]
    .into_iter()
    .filter_map(|(applies, code)| applies.then_some(code))
    .collect()
}

async fn the_whole_log_of_servicenow_is_replayed(terminal: Terminal) {
    let Some(path) = beside_the_project("shared/data/servicenow_incident_event_log.csv") else {
        say(
            "the whole ServiceNow log is not beside the project: only the small sample was replayed",
        );
        return;
    };
    let incidents = log(&std::fs::read_to_string(&path).expect("the log"));
    let begun = std::time::Instant::now();
    let report = terminal
        .run(&[
            "import",
            "servicenow",
            "--json",
            &path.display().to_string(),
        ])
        .json(0);
    say(&format!(
        "the whole ServiceNow log: {} in {:?}",
        report["counts"],
        begun.elapsed()
    ));
    assert_eq!(
        (loaded(&report, "incidents"), loaded(&report, "events")),
        ((890, 0, 0), (5998, 0, 0)),
        "{report:#}"
    );
    let before = counts(&terminal);
    let again = terminal
        .run(&[
            "import",
            "servicenow",
            "--json",
            &path.display().to_string(),
        ])
        .json(0);
    assert_eq!(loaded(&again, "incidents"), (0, 890, 0), "{again:#}");
    assert_eq!(counts(&terminal), before);

    let token = administrator(&terminal);
    let server = terminal.serve();
    let ada = Program::new(&server, &token);
    let cases = ada.all("/cases").await;
    assert_eq!(cases.len(), 890);
    let numbers: BTreeSet<&str> = cases
        .iter()
        .filter_map(|case| case["number"].as_str())
        .collect();
    assert_eq!(numbers.len(), 890);
    for case in &cases {
        let last = incidents[case["external_id"].as_str().expect("an incident")]
            .last()
            .expect("a row");
        assert_eq!(case["status"], last.state, "{case}");
        assert_eq!(
            (case["priority"].as_str(), case["business_impact"].as_str()),
            (Some(last.priority), Some(last.impact)),
            "{case}"
        );
        assert_eq!(instant(&case["last_provider_update_at"]), last.at, "{case}");
    }
    // Every seventh case at three instants: just after a row, a day after it, and between two rows.
    let mut assessed = 0;
    for case in cases.iter().step_by(7) {
        let rows = &incidents[case["external_id"].as_str().expect("an incident")];
        let middle = &rows[rows.len() / 2];
        for at in [
            middle.at,
            middle.at + TimeDelta::hours(24),
            middle.at + TimeDelta::minutes(90),
        ] {
            let row = rows
                .iter()
                .rev()
                .find(|row| row.at <= at)
                .expect("a row before it");
            let path = format!(
                "/cases/{}/eligibility?reason=no_update&at={}",
                case["number"].as_str().expect("a number"),
                at.format("%Y-%m-%dT%H:%M:%SZ")
            );
            let answer = ada.get(&path).await;
            assert_eq!(answer.findings(), expected(row, at), "{answer:?}");
            assessed += 1;
        }
    }
    say(&format!(
        "{assessed} assessments of 2016 are as the log has them"
    ));
}

/// A log of one event an incident: who called from where, and which group and person work on it.
fn calls(calls: &[(&str, &str, &str, &str)]) -> String {
    let header = SAMPLE.lines().next().expect("a header");
    let mut writer = csv::Writer::from_writer(Vec::new());
    let columns: Vec<&str> = header.split(',').collect();
    writer.write_record(&columns).expect("written");
    for (index, (caller, location, group, assigned)) in calls.iter().enumerate() {
        let number = format!("INC20000{index:02}");
        let row = columns.iter().map(|column| match *column {
            "number" => number.as_str(),
            "incident_state" => "Active",
            "caller_id" => caller,
            "location" => location,
            "assignment_group" => group,
            "assigned_to" => assigned,
            "sys_updated_by" => "Updated by 1",
            "opened_at" | "sys_updated_at" => "01-03-2016 09:00",
            "impact" => "2 - Medium",
            "priority" => "3 - Moderate",
            "sys_mod_count" => "0",
            _ => "?",
        });
        writer.write_record(row).expect("written");
    }
    String::from_utf8(writer.into_inner().expect("written")).expect("text")
}

/// Names and addresses of all people, in order.
fn people(terminal: &Terminal) -> Vec<String> {
    let sql = "SELECT first_name || ' ' || last_name || ' ' || email AS text FROM people";
    let mut people = terminal.database.texts(sql);
    people.sort();
    people
}

async fn names_that_differ_stay_apart(terminal: Terminal) {
    let log = calls(&[
        ("Jan Müller", "Zürich", "Netz", "Ana Öz"),
        ("Jan Möller", "Zürich", "Netz", "Ana Az"),
        ("Jan Muller", "Zurich", "Netz", "?"),
        ("佐藤", "東京", "ネット", "?"),
        ("鈴木", "大阪", "Сеть", "?"),
        // The same people and places, typed otherwise.
        (
            "JAN  MU\u{308}LLER",
            "Zu\u{308}rich",
            "Netz ",
            "ana  O\u{308}z",
        ),
        ("Caller 2403", "Location 143", "Netz", "?"),
        // Names as some exports have them.
        (
            "Caller 1",
            "d625dccec0a8016700a222a0f7900d06",
            "d625dccec0a8016700a222a0f7900d06",
            "?",
        ),
        (
            "Caller 2",
            "d625dccec0a8016700a222a0f7900d06",
            "d625dccec0a8016700a222a0f7900d06",
            "?",
        ),
    ]);
    let path = terminal.file("log.csv", &log).display().to_string();
    let report = terminal
        .run(&["import", "servicenow", "--json", &path])
        .json(0);
    assert_eq!(loaded(&report, "incidents"), (9, 0, 0), "{report:#}");
    assert_eq!(
        loaded(&report, "organizations").0,
        7,
        "six places and the provider"
    );
    assert_eq!(
        loaded(&report, "people").0,
        11,
        "eight callers and three who work"
    );
    assert_eq!(loaded(&report, "lines_of_business").0, 4, "{report:#}");
    // Whoever is called by a name that cannot be read back is told of, by the line that names them first.
    let told: Vec<(u64, &str)> = report["made_up"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| {
            (
                one["line"].as_u64().expect("a line"),
                one["name"].as_str().expect("a name"),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (2, "Zürich"),
            (2, "Jan Müller"),
            (2, "Ana Öz"),
            (3, "Jan Möller"),
            (5, "東京"),
            (5, "佐藤"),
            (6, "大阪"),
            (6, "鈴木"),
        ],
        "{report:#}"
    );
    // Plain names are called as they always were.
    let before = people(&terminal);
    for plain in [
        "Caller 2403 caller-2403@location-143.example",
        "Jan Muller jan-muller@zurich.example",
        "Updated by 1 updated-by-1@provider.example",
    ] {
        assert!(
            before.iter().any(|one| one == plain),
            "{plain}: {before:#?}"
        );
    }
    // Again, and in another order, they are found.
    let (header, rows) = log.split_once('\n').expect("a header");
    let mut backwards: Vec<&str> = rows.lines().rev().collect();
    backwards.insert(0, header);
    let path = terminal
        .file("backwards.csv", &backwards.join("\n"))
        .display()
        .to_string();
    let again = terminal.run(&["import", "servicenow", &path]);
    assert_eq!((again.code, again.complained.as_str()), (0, ""));
    assert_eq!(people(&terminal), before);
}

async fn who_came_with_an_earlier_version_is_found_again(terminal: Terminal) {
    // Earlier versions left out of addresses whatever is not ASCII, so that one address may be any of several names.
    let records = [
        r#"{"type":"organization","slug":"provider","name":"Provider","kind":"provider"}"#,
        r#"{"type":"organization","slug":"z-rich","name":"Zürich","kind":"customer"}"#,
        r#"{"type":"user","email":"jan-m-ller@z-rich.example","first_name":"Jan","last_name":"Müller","organization":"z-rich","roles":["designated_contact"]}"#,
    ];
    let path = terminal.file("desk.ndjson", &records.join("\n"));
    terminal
        .run(&["import", "casebell", &path.display().to_string()])
        .ok();
    let log = calls(&[
        ("Jan Müller", "Zürich", "?", "?"),
        ("Jan Möller", "Zürich", "?", "?"),
    ]);
    let path = terminal.file("log.csv", &log).display().to_string();
    let report = terminal
        .run(&["import", "servicenow", "--json", &path])
        .json(0);
    assert_eq!(loaded(&report, "organizations").0, 0, "{report:#}");
    assert_eq!(
        loaded(&report, "people").0,
        2,
        "Jan Möller, and who updated it"
    );
    let callers = terminal.database.texts(
        "SELECT people.last_name AS text FROM cases JOIN people ON people.id = cases.opened_by ORDER BY cases.number",
    );
    assert_eq!(callers, ["Müller", "Möller"]);
}
