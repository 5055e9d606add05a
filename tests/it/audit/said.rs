//! What was said is covered by the chain of audited events, and is found where it was changed; what an older database said
//! is sealed once.

use casebell::db::Conn;
use diesel::migration::Migration;
use diesel_migrations::{FileBasedMigrations, MigrationHarness};
use reqwest::Method;
use serde_json::{Value, json};

use super::chain::RECORDS;
use crate::support::database::on_both_databases;
use crate::support::terminal::{Program, Terminal};

on_both_databases! { Terminal:
    what_was_said_is_covered_by_the_events,
    what_was_said_before_is_sealed_once,
}

async fn what_was_said_is_covered_by_the_events(terminal: Terminal) {
    let records = terminal.file("desk.ndjson", RECORDS).display().to_string();
    terminal.run(&["import", "casebell", &records]).ok();
    let (ada, dana) = (
        terminal.token("ada@desk.test"),
        terminal.token("dana@acme.test"),
    );
    let server = terminal.serve();
    let (ada, dana) = (Program::new(&server, &ada), Program::new(&server, &dana));
    let posts = async |by: &Program, path: &str, body: Value| {
        let answer = by.asks(Method::POST, path, Some(body)).await;
        assert!(answer.status < 300, "{answer:?}");
        answer.json
    };
    let case = json!({
        "subject": "It hangs", "description": "All day.", "priority": "medium", "deployment": "cloud",
        "business_impact": "limited",
    });
    let case = posts(&dana, "/cases", case).await;
    let number = case["number"].as_str().expect("a number").to_owned();
    let feed = format!("/cases/{number}/feed");
    let entry = posts(&ada, &feed, json!({ "body": "We are looking." })).await;
    let id = entry["id"].as_str().expect("an id").to_owned();
    let mistake = posts(&ada, &feed, json!({ "body": "My password is 1234." })).await;
    let step = json!({ "what": "A patch", "who": "Ada", "due_at": "2100-01-01T00:00:00Z" });
    posts(&ada, &format!("/cases/{number}/next-steps"), step).await;
    let escalation = json!({
        "reason": "no_update", "details": "Nothing happens.", "acknowledgements": ["unread_update", "provider_updated_recently"],
        "answers": { "business_impact": "All of it", "ongoing": true },
    });
    let path = format!("/cases/{number}/escalations");
    let escalation = posts(&dana, &path, escalation).await;
    let call = json!({
        "phone": "+1 415 555 0100", "note": "It is urgent.",
        "window": { "from": "2100-01-01T09:00", "until": "2100-01-01T10:00", "time_zone": "UTC" },
    });
    let path = format!(
        "/escalations/{}/callbacks",
        escalation["number"].as_str().expect("a number")
    );
    posts(&dana, &path, call).await;
    let redaction = format!(
        "/feed-entries/{}/redaction",
        mistake["id"].as_str().expect("an id")
    );
    posts(&ada, &redaction, json!({ "reason": "A password." })).await;
    drop(server);
    // What was just written may get its seal now, which is told once.
    terminal.run(&["audit", "verify"]).ok();
    let whole = terminal.run(&["audit", "verify"]).ok();
    assert!(whole.starts_with("whole: "), "{whole}");

    let tables = [
        "feed_entries",
        "cases",
        "escalations",
        "next_steps",
        "callbacks",
    ];
    for table in tables {
        terminal.tampers(&format!(
            "CREATE TABLE kept_{table} AS SELECT * FROM {table}"
        ));
    }
    let entry_is = format!("{number}, entry/{id}");
    let escalation_is = format!(
        "{number}, escalation/{}",
        escalation["id"].as_str().expect("an id")
    );
    let of_entry = "WHERE body = 'We are looking.'";
    let new_id = match terminal.is_sqlite() {
        true => "randomblob(16)",
        false => "gen_random_uuid()",
    };
    // The database keeps a case as long as anything hangs on it, unless it is told not to.
    let (unguarded, guarded) = match terminal.is_sqlite() {
        true => ("PRAGMA foreign_keys = OFF;", "PRAGMA foreign_keys = ON;"),
        false => (
            "SET session_replication_role = replica;",
            "SET session_replication_role = origin;",
        ),
    };
    let tamperings = [
        (
            format!("UPDATE feed_entries SET body = 'We looked away.' {of_entry}"),
            format!("{entry_is}: changed"),
        ),
        (
            format!("UPDATE feed_entries SET visibility = 'internal' {of_entry}"),
            format!("{entry_is}: changed"),
        ),
        // As if it had been redacted.
        (
            format!("UPDATE feed_entries SET body = '', salt = NULL, redacted_at = at {of_entry}"),
            format!("{entry_is}: changed"),
        ),
        (
            format!("DELETE FROM feed_entries {of_entry}"),
            format!("{entry_is}: missing"),
        ),
        (
            format!(
                "INSERT INTO feed_entries (id, case_id, feed, kind, visibility, author_id, author_side, body, at, \
                 changed_position) SELECT {new_id}, case_id, feed, kind, visibility, author_id, author_side, \
                 'We never said so.', at, changed_position + 1000000 FROM feed_entries {of_entry}"
            ),
            "not recorded".to_owned(),
        ),
        (
            "UPDATE escalations SET assessment = replace(assessment, 'no_update', 'no_progress')"
                .to_owned(),
            format!("{escalation_is}: changed"),
        ),
        (
            "UPDATE escalations SET details = 'All is well.'".to_owned(),
            format!("{escalation_is}: changed"),
        ),
        (
            "UPDATE cases SET description = 'An hour.' WHERE subject = 'It hangs'".to_owned(),
            format!(
                "{number}, case/{}: changed",
                case["id"].as_str().expect("an id")
            ),
        ),
        (
            "UPDATE next_steps SET what = 'A word'".to_owned(),
            "next_step/".to_owned(),
        ),
        (
            "UPDATE callbacks SET note = 'It is not.'".to_owned(),
            "callback/".to_owned(),
        ),
        (
            format!("{unguarded} DELETE FROM cases WHERE subject = 'It hangs'; {guarded}"),
            format!("case/{}: missing", case["id"].as_str().expect("an id")),
        ),
    ];
    let restored = || {
        // Of the columns that hold words, all that the tamperings touch.
        tables
            .map(|table| {
                let columns: &[&str] = match table {
                    "feed_entries" => &["body", "visibility", "salt", "redacted_at"],
                    "cases" => &["description"],
                    "escalations" => &["assessment", "details"],
                    "callbacks" => &["note"],
                    _ => &["what"],
                };
                let back = columns
                    .iter()
                    .map(|column| format!("{column} = kept.{column}"))
                    .collect::<Vec<_>>()
                    .join(", ");
                format!(
                    "UPDATE {table} SET {back} FROM kept_{table} AS kept WHERE kept.id = {table}.id"
                )
            })
            .join("; ")
    };
    for (sql, told) in tamperings {
        terminal.tampers(&sql);
        let found = terminal.run(&["audit", "verify"]);
        assert_eq!(found.code, 1, "{sql}: {found:?}");
        let lines: Vec<&str> = found.printed.lines().collect();
        assert_eq!(
            lines[0], "broken: what was said is not as it was recorded",
            "{sql}"
        );
        assert!(lines[1].contains(&told), "{sql}: {found:?}");
        assert!(
            lines[2].starts_with("It was changed"),
            "one thing alone: {sql}: {found:?}"
        );
        terminal.tampers(&format!(
            "{unguarded} INSERT INTO cases SELECT * FROM kept_cases WHERE id NOT IN (SELECT id FROM cases); {guarded}"
        ));
        terminal.tampers(&restored());
        terminal
            .tampers("DELETE FROM feed_entries WHERE id NOT IN (SELECT id FROM kept_feed_entries)");
        terminal.tampers("INSERT INTO feed_entries SELECT * FROM kept_feed_entries WHERE id NOT IN (SELECT id FROM feed_entries)");
        assert_eq!(
            terminal.run(&["audit", "verify"]).ok(),
            whole,
            "after {sql}"
        );
    }
}

/// A database of the version before events had hashes of what was said, with two cases.
fn older(terminal: &Terminal) {
    let folder = match terminal.is_sqlite() {
        true => "migrations/sqlite",
        false => "migrations/postgresql",
    };
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let source = FileBasedMigrations::from_path(folder).expect("the migrations");
    macro_rules! migrate {
        ($conn:ident) => {
            for migration in $conn.pending_migrations(source).expect("migrations") {
                if migration.name().version().to_string().as_str() < "0012" {
                    $conn.run_migration(&migration).expect("it runs");
                }
            }
        };
    }
    match &mut terminal.database.connect() {
        Conn::Sqlite(conn) => migrate!(conn),
        Conn::Postgres(conn) => migrate!(conn),
    }
    let id = |n: u32| {
        let uuid = uuid::Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + u128::from(n));
        match terminal.is_sqlite() {
            true => format!("X'{}'", uuid.simple()),
            false => format!("'{uuid}'"),
        }
    };
    let at = "'2026-01-05T08:00:00.000000Z'";
    let mut sql = format!(
        "INSERT INTO organizations (id, slug, name, kind, region, time_zone, created_at) VALUES \
             ({org}, 'acme', 'ACME', 'customer', 'eu', 'UTC', {at}); \
         INSERT INTO people (id, organization_id, email, first_name, last_name, email_verified_at, created_at) VALUES \
             ({person}, {org}, 'dana@acme.test', 'Dana', 'Cole', {at}, {at}); \
         INSERT INTO lines_of_business (id, name, created_at) VALUES ({line}, 'All', {at});",
        org = id(1),
        person = id(2),
        line = id(3),
    );
    for case in [10, 20] {
        sql.push_str(&format!(
            "INSERT INTO cases (id, number, organization_id, line_of_business_id, subject, description, priority, status, \
             deployment, business_impact, engagements, opened_by, opened_at, search_text, updated_at) VALUES \
             ({}, {case}, {}, {}, 'x', 'x', 'low', 'open', 'cloud', 'none', '[]', {}, {at}, 'x', {at});",
            id(case), id(1), id(3), id(2)
        ));
        // The second and the third at one instant, the last one of a clock that is behind.
        for (n, second) in [(1, 1), (2, 2), (3, 2), (4, 1)] {
            sql.push_str(&format!(
                "INSERT INTO feed_entries (id, case_id, feed, kind, visibility, author_id, author_side, body, at) VALUES \
                 ({}, {}, 'case', 'comment', 'public', {}, 'customer', 'Entry {n}', '2026-01-05T08:00:0{second}.000000Z');",
                id(case + n), id(case), id(2)
            ));
        }
    }
    terminal.tampers(&sql);
}

async fn what_was_said_before_is_sealed_once(terminal: Terminal) {
    older(&terminal);
    // Any command that opens it brings the schema up to date; entries get places in the order of time.
    let places = "SELECT body || ' ' || position AS text FROM feed_entries WHERE case_id = (SELECT id FROM cases WHERE number = 10) \
                  ORDER BY changed_position";
    let first: i64 = 1_767_600_001_000_000;
    let expected = [
        format!("Entry 1 {first}"),
        format!("Entry 4 {}", first + 1),
        format!("Entry 2 {}", first + 1_000_000),
        format!("Entry 3 {}", first + 1_000_001),
    ];
    terminal
        .run(&["token", "create", "--user", "dana@acme.test", "--name", "x"])
        .ok();
    assert_eq!(terminal.database.texts(places), expected);
    let before = terminal.run(&["audit", "verify"]).ok();
    assert!(before.contains("not covered: 10 things"), "{before}");
    terminal.run(&["migrate"]).ok();
    let sealed = terminal.run(&["audit", "verify"]).ok();
    assert!(!sealed.contains("not covered"), "{sealed}");
    let count =
        "SELECT CAST(count(*) AS text) AS text FROM audit_events WHERE kind = 'case.sealed'";
    assert_eq!(terminal.database.texts(count), ["2"]);
    // What was there is covered from then on, and nothing else is taken for something older.
    terminal.tampers("UPDATE feed_entries SET salt = NULL WHERE body = 'Entry 3'");
    terminal.run(&["migrate"]).ok();
    assert_eq!(terminal.database.texts(count), ["2"]);
    let found = terminal.run(&["audit", "verify"]);
    assert_eq!(found.code, 1, "{found:?}");
}
