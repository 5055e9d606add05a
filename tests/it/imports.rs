//! What another system knows comes in with its true past instants, once, and what is wrong is reported by its line.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::database::on_both_databases;
use crate::support::fixtures;
use crate::support::terminal::{Outcome, Program, Terminal};

/// A desk with its people, and two cases.
pub const RECORDS: &str = r#"{"type":"organization","slug":"desk","name":"The Desk","kind":"provider","time_zone":"Europe/Berlin"}
{"type":"organization","slug":"acme","name":"ACME","kind":"customer"}
{"type":"calendar","name":"Short days","time_zone":"Europe/Berlin","hours":{"mon":["09:00-12:00","13:00-17:00"],"fri":["09:00-12:00"]},"holidays":["2026-05-14","--12-25"],"default":true}
{"type":"line_of_business","name":"Payments"}
{"type":"user","email":"ada@desk.test","first_name":"Ada","last_name":"Frost","organization":"desk","roles":["administrator"]}
{"type":"user","email":"eve@desk.test","first_name":"Eve","last_name":"Hart","organization":"desk","roles":["support_engineer"],"password":"a bell that everybody hears"}
{"type":"user","email":"dana@acme.test","first_name":"Dana","last_name":"Cole","organization":"acme","roles":["designated_contact"]}
{"type":"case","external_id":"OLD-1","organization":"acme","opened_by":"dana@acme.test","owner":"eve@desk.test","subject":"Slow","description":"It is slow.","priority":"high","status":"in_progress","deployment":"cloud","business_impact":"significant","line_of_business":"Payments","opened_at":"2026-01-05T08:00:00Z","rca_requested_at":"2026-01-06T10:00:00Z","engagements":["development"],"feed":[{"at":"2026-01-05T09:30:00Z","author":"eve@desk.test","body":"We look.","visibility":"public"},{"at":"2026-01-07T11:00:00Z","author":"eve@desk.test","body":"The vendor again.","visibility":"internal"},{"at":"2026-01-08T12:00:00Z","author":"dana@acme.test","body":"Any news?","visibility":"public"}]}
{"type":"case","number":"C-000007","external_id":"OLD-2","organization":"acme","opened_by":"dana@acme.test","subject":"Done","description":"It was.","priority":"low","status":"closed","deployment":"premise","business_impact":"none","opened_at":"2026-01-01T08:00:00Z","closed_at":"2026-01-02T08:00:00Z","feed":[]}
"#;

on_both_databases! { Terminal:
    somebody_at_the_terminal_sees_to_keys_and_settings,
    records_come_in_with_their_past_instants,
    wrong_lines_are_refused_and_the_rest_is_loaded,
    two_of_one_name_in_addresses_are_not_made_one,
}

/// Everything in the tables that an import fills, to be compared after a repetition.
pub fn counts(terminal: &Terminal) -> Vec<String> {
    let tables = [
        "organizations",
        "people",
        "cases",
        "feed_entries",
        "audit_events",
        "role_grants",
        "calendars",
        "lines_of_business",
    ];
    let count = |table: &&str| {
        terminal.database.texts(&format!(
            "SELECT '{table} ' || count(*) AS text FROM {table}"
        ))
    };
    tables.iter().flat_map(count).collect()
}

/// How many of a kind were loaded, were there already, and were refused.
pub fn loaded(report: &Value, kind: &str) -> (u64, u64, u64) {
    let tally = &report["counts"][kind];
    let count = |name: &str| {
        tally[name]
            .as_u64()
            .unwrap_or_else(|| panic!("no {name} of {kind}: {report}"))
    };
    (count("loaded"), count("already_there"), count("refused"))
}

async fn records_come_in_with_their_past_instants(terminal: Terminal) {
    let path = terminal.file("desk.ndjson", RECORDS).display().to_string();
    let report = terminal
        .run(&["import", "casebell", "--json", &path])
        .json(0);
    assert_eq!(loaded(&report, "cases"), (2, 0, 0), "{report}");
    assert_eq!(loaded(&report, "people"), (3, 0, 0), "{report}");

    // Repeated, it finds everything there.
    let before = counts(&terminal);
    let again = terminal
        .run(&["import", "casebell", "--json", &path])
        .json(0);
    assert_eq!(loaded(&again, "cases"), (0, 2, 0), "{again}");
    assert_eq!(counts(&terminal), before);

    let server = terminal.serve();
    let dana = Program::new(&server, &terminal.token("dana@acme.test"));
    let cases = dana.all("/cases").await;
    let case = cases
        .iter()
        .find(|case| case["external_id"] == "OLD-1")
        .unwrap_or(&cases[0]);
    let number = case["number"].as_str().expect("a number").to_owned();
    assert_eq!(case["opened_at"], "2026-01-05T08:00:00Z");
    assert_eq!(
        case["last_provider_update_at"], "2026-01-05T09:30:00Z",
        "an internal note is no update"
    );
    assert_eq!(case["owner"]["name"], "Eve Hart");
    // On Mondays and Fridays only: Fri 9, Mon 12, Fri 16, Mon 19 and Fri 23 January; due when Saturday begins in Berlin.
    assert_eq!(case["rca"]["due_at"], "2026-01-23T23:00:00Z");
    let feed = dana.all(&format!("/cases/{number}/feed")).await;
    assert!(
        !feed
            .iter()
            .any(|entry| entry["body"] == "The vendor again.")
    );
    let at: Vec<&str> = feed
        .iter()
        .filter(|entry| entry["kind"] == "comment")
        .filter_map(|entry| entry["at"].as_str())
        .collect();
    assert_eq!(at, ["2026-01-08T12:00:00Z", "2026-01-05T09:30:00Z"]);
    // The past is assessed as it stood.
    let verdict = async |at: &str| {
        dana.get(&format!(
            "/cases/{number}/eligibility?reason=no_update&at={at}"
        ))
        .await
    };
    assert_eq!(
        verdict("2026-01-06T09:29:59.999999Z")
            .await
            .finding("recently_updated")["eligible_at"],
        "2026-01-06T09:30:00Z"
    );
    assert_eq!(
        verdict("2026-01-06T09:30:00Z").await.findings(),
        ["unread_update", "third_party_engaged"]
    );
    verdict("2026-01-05T07:59:59Z")
        .await
        .refused(422, "before_opening");
    // The next case has a number of its own.
    let body = json!({ "subject": "New", "description": "x", "priority": "low", "deployment": "cloud", "business_impact": "none" });
    let opened = dana
        .asks(Method::POST, "/cases", Some(body))
        .await
        .created();
    assert_eq!(opened["number"], "C-000008");
    // Somebody can also be told at the terminal.
    let told = terminal
        .run(&[
            "assess",
            &number,
            "--reason",
            "no_update",
            "--at",
            "2026-01-05T20:00:00Z",
        ])
        .ok();
    assert!(told.contains("24 h") || told.contains("24 hours"), "{told}");
    let told = terminal.run(&["assess", &number, "--json"]).json(0);
    assert_eq!(told["items"].as_array().map(Vec::len), Some(5), "{told}");
    let unknown = terminal.run(&["assess", "C-999999"]);
    assert!(
        unknown.code != 0 && unknown.complained.contains("C-999999"),
        "{unknown:?}"
    );
}

async fn wrong_lines_are_refused_and_the_rest_is_loaded(terminal: Terminal) {
    let case = |id: &str, changes: Value| {
        let mut case = json!({
            "type": "case", "external_id": id, "organization": "acme", "opened_by": "dana@acme.test", "subject": "s", "description": "d",
            "priority": "high", "status": "open", "deployment": "cloud", "business_impact": "none", "opened_at": "2026-01-05T08:00:00Z",
            "feed": [{ "at": "2026-01-05T09:00:00Z", "author": "dana@acme.test", "body": "b", "visibility": "public" }],
        });
        for (name, value) in changes.as_object().expect("an object") {
            case[name] = value.clone();
        }
        case.to_string()
    };
    let feed = |entry: Value| json!({ "feed": [{ "at": "2026-01-05T09:00:00Z", "author": "dana@acme.test", "body": "first", "visibility": "public" }, entry] });
    let wrong = [
        "{".to_owned(),
        "[]".to_owned(),
        json!({ "type": "planet", "name": "Mars" }).to_string(),
        json!({ "type": "organization", "slug": "NOT A SLUG", "name": "x", "kind": "customer" }).to_string(),
        json!({ "type": "organization", "slug": "second", "name": "x", "kind": "provider" }).to_string(),
        json!({ "type": "user", "email": "x@acme.test", "first_name": "X", "last_name": "Y", "organization": "acme", "roles": ["king"] }).to_string(),
        json!({ "type": "user", "email": "x@acme.test", "first_name": "X", "last_name": "Y", "organization": "acme", "roles": ["administrator"] }).to_string(),
        json!({ "type": "calendar", "name": "c", "time_zone": "Mars/Olympus", "hours": {} }).to_string(),
        case("X-1", json!({ "priority": "urgent" })),
        case("X-2", json!({ "organization": "nowhere" })),
        case("X-3", json!({ "opened_by": "nobody@acme.test" })),
        case("X-4", json!({ "opened_at": "yesterday" })),
        case("X-5", json!({ "opened_at": "2999-01-01T00:00:00Z" })),
        case(
            "X-6",
            json!({ "status": "closed", "closed_at": "2026-01-01T00:00:00Z" }),
        ),
        case("X-7", json!({ "colour": "red" })),
        case("X-8", feed(json!({ "at": "2026-01-05T07:00:00Z", "author": "dana@acme.test", "body": "too early", "visibility": "public" }))),
        case("X-9", feed(json!({ "at": "2026-01-05T10:00:00Z", "author": "dana@acme.test", "body": "hidden", "visibility": "internal" }))),
        case("X-10", feed(json!({ "at": "2026-01-05T10:00:00Z", "author": "ghost@acme.test", "body": "x", "visibility": "public" }))),
        case("X-11", json!({ "number": "C-000007" })),
        "\u{0}".to_owned(),
    ];
    let mut lines: Vec<String> = RECORDS.lines().map(str::to_owned).collect();
    let first_wrong = lines.len() + 1;
    lines.extend(wrong.iter().cloned());
    lines.push(case("GOOD-1", json!({})));
    let path = terminal
        .file("wrong.ndjson", &(lines.join("\n") + "\n"))
        .display()
        .to_string();
    let report = terminal
        .run(&["import", "casebell", "--json", &path])
        .json(2);
    let mut refused: Vec<u64> = report["refused"]
        .as_array()
        .expect("refusals")
        .iter()
        .filter_map(|one| one["line"].as_u64())
        .collect();
    refused.sort_unstable();
    let expected: Vec<u64> = (0..wrong.len()).map(|n| (first_wrong + n) as u64).collect();
    assert_eq!(refused, expected, "{report:#}");
    for one in report["refused"].as_array().expect("refusals") {
        assert!(
            one["faults"]
                .as_array()
                .is_some_and(|faults| !faults.is_empty())
                || one["reason"].is_string(),
            "{one}"
        );
    }
    assert_eq!(
        loaded(&report, "cases").0,
        3,
        "the last line is loaded as the first ones are: {report:#}"
    );
    // Nothing half-loaded stays.
    let bodies = terminal
        .database
        .texts("SELECT body AS text FROM feed_entries");
    assert!(
        !bodies
            .iter()
            .any(|body| body == "first" || body == "too early" || body == "hidden"),
        "{bodies:?}"
    );
    let cases = terminal
        .database
        .texts("SELECT external_id AS text FROM cases ORDER BY external_id");
    assert_eq!(cases, ["GOOD-1", "OLD-1", "OLD-2"]);
    // For people, each refused line is told with its number and reason.
    let Outcome {
        code,
        printed,
        complained,
    } = terminal.run(&["import", "casebell", &path]);
    let told = printed + &complained;
    assert_eq!(code, 2, "{told}");
    for line in &expected {
        assert!(
            told.contains(&format!("line {line}")),
            "line {line} is not told of: {told}"
        );
    }
}

async fn two_of_one_name_in_addresses_are_not_made_one(terminal: Terminal) {
    let organization = |slug: &str, name: &str, kind: &str| {
        json!({ "type": "organization", "slug": slug, "name": name, "kind": kind }).to_string()
    };
    let user = |email: &str, last_name: &str, organization: &str| {
        json!({ "type": "user", "email": email, "first_name": "Dana", "last_name": last_name,
            "organization": organization, "roles": [] })
        .to_string()
    };
    let lines = [
        organization("desk", "The Desk", "provider"),
        organization("acme", "ACME", "customer"),
        organization("globex", "Globex", "customer"),
        user("dana@acme.test", "Cole", "acme"),
        // The same again, and four who are somebody else.
        organization("acme", "Acme", "customer"),
        organization("acme", "Acme Bau", "customer"),
        organization("desk", "The Desk", "customer"),
        user("dana@acme.test", "Kohl", "acme"),
        user("DANA@acme.test", "Cole", "globex"),
    ];
    let path = terminal.file("desk.ndjson", &lines.join("\n"));
    let path = path.display().to_string();
    for times in 0..2 {
        let report = terminal
            .run(&["import", "casebell", "--json", &path])
            .json(2);
        let refused: Vec<_> = report["refused"]
            .as_array()
            .expect("refusals")
            .iter()
            .map(|one| (one["line"].as_u64(), one["faults"][0]["reason"].as_str()))
            .collect();
        let mut refused: Vec<_> = refused
            .into_iter()
            .map(|(line, why)| (line.unwrap_or(0), why.unwrap_or("")))
            .collect();
        refused.sort_unstable();
        assert_eq!(
            refused,
            [
                (6, "line 2 gives acme to “ACME”, and this is “Acme Bau”"),
                (7, "`desk` is a provider here"),
                (
                    8,
                    "line 4 gives dana@acme.test to “Dana Cole”, and this is “Dana Kohl”"
                ),
                (9, "dana@acme.test belongs to another organization"),
            ],
            "{times}: {report:#}"
        );
        assert_eq!(
            (loaded(&report, "organizations"), loaded(&report, "people")),
            match times {
                0 => ((3, 1, 2), (1, 0, 2)),
                _ => ((0, 4, 2), (0, 1, 2)),
            },
            "{report:#}"
        );
    }
}

async fn somebody_at_the_terminal_sees_to_keys_and_settings(terminal: Terminal) {
    // What comes from another program is read as a file is.
    let records = fixtures::as_records();
    terminal
        .run_with(&["import", "casebell", "-", "--json"], &records)
        .json(0);
    let token = terminal.token("dana@acme.test");
    let list = || {
        terminal
            .run(&["token", "list", "--user", "dana@acme.test", "--json"])
            .json(0)
    };
    let listed = list();
    let [only] = &listed["items"].as_array().expect("items")[..] else {
        panic!("{listed}");
    };
    assert_eq!(only["name"], "Story");
    let server = terminal.serve();
    let program = Program::new(&server, &token);
    program.get("/me").await.ok();
    let id = only["id"].as_str().expect("an id");
    let others = terminal.run(&["token", "revoke", "--user", "carl@acme.test", id]);
    assert_eq!(others.code, 1, "{others:?}");
    let revoked = terminal
        .run(&["token", "revoke", "--user", "dana@acme.test", id])
        .ok();
    assert_eq!(revoked.trim(), "Revoked: Story");
    program.get("/me").await.refused(401, "unauthenticated");
    assert_eq!(list()["items"], json!([]));

    // A mistake of the command line is no refused line of an import.
    assert_eq!(terminal.run(&["import", "casebell"]).code, 64);
    assert_eq!(terminal.run(&["--help"]).code, 0);
    assert!(terminal.run(&["config", "check"]).ok().contains("in order"));
    assert!(
        terminal
            .run(&["completions", "bash"])
            .ok()
            .contains("casebell")
    );
}
