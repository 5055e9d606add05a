//! An import writes many lines at once, and is as good to each of them, and to whoever writes meanwhile, as if it were one by one.

use casebell::db::Conn;
use diesel::connection::SimpleConnection;
use reqwest::Method;
use serde_json::{Value, json};

use crate::imports::{RECORDS, loaded};
use crate::support::database::on_both_databases;
use crate::support::terminal::{Begun, Prepared, Program, Terminal};

on_both_databases! { Prepared:
    what_is_wrong_on_a_line_of_a_batch_costs_that_line_only,
    lines_of_one_batch_that_name_the_same_case_are_one_case,
    people_write_while_an_import_goes_on,
    an_import_that_was_killed_goes_on_where_it_stopped,
}

const IMPORT: [&str; 4] = ["import", "casebell", "-", "--json"];

/// A case of the `n`th line, with one entry that says this, and whatever else of it is different.
fn case(n: usize, says: &str, changes: Value) -> String {
    let mut case = json!({
        "type": "case", "external_id": format!("LINE-{n}"), "organization": "acme", "opened_by": "dana@acme.test",
        "owner": "eve@desk.test", "subject": format!("Line {n}"), "description": "d", "priority": "high", "status": "open",
        "deployment": "cloud", "business_impact": "none", "opened_at": "2026-01-05T08:00:00Z",
        "feed": [{ "at": "2026-01-05T09:00:00Z", "author": "eve@desk.test", "body": says, "visibility": "public" }],
    });
    for (name, value) in changes.as_object().expect("an object") {
        case[name] = value.clone();
    }
    case.to_string()
}

/// A desk with people and two cases.
fn furnishes(terminal: &Terminal) {
    terminal.run_with(&IMPORT, RECORDS).json(0);
}

/// No two entries say the same any more: the database itself refuses a line, of which nobody knew before.
fn refuses_repeated_words(terminal: &Terminal) {
    let index = "CREATE UNIQUE INDEX words_of_a_story ON feed_entries (body)";
    match &mut terminal.database.connect() {
        Conn::Sqlite(conn) => conn.batch_execute(index),
        Conn::Postgres(conn) => conn.batch_execute(index),
    }
    .expect("an index");
}

fn is_whole(terminal: &Terminal) {
    terminal.run(&["audit", "verify"]).ok();
}

/// The lines that a report refuses, and what it says of them first.
fn refused(report: &Value) -> Vec<(u64, String)> {
    let refused = report["refused"].as_array().expect("refusals").iter();
    let mut refused: Vec<(u64, String)> = refused
        .map(|one| {
            let reason = one["faults"][0]["reason"].as_str().expect("a reason");
            (one["line"].as_u64().expect("a line"), reason.to_owned())
        })
        .collect();
    refused.sort_unstable();
    refused
}

async fn what_is_wrong_on_a_line_of_a_batch_costs_that_line_only(terminal: Terminal) {
    const LINES: usize = 300;
    furnishes(&terminal);
    refuses_repeated_words(&terminal);
    // The first, some in the middle and the last: by a check, and by the database alone.
    let (by_check, by_database) = ([2, 9, 10, 150, 299], [1, 8, 11, 151, 300]);
    let lines: Vec<String> = (1..=LINES)
        .map(|n| match n {
            n if by_check.contains(&n) => {
                case(n, &format!("{n}"), json!({"organization": "nowhere"}))
            }
            n if by_database.contains(&n) => case(n, "We look.", json!({})),
            n => case(n, &format!("Word {n}"), json!({})),
        })
        .collect();
    let report = terminal.run_with(&IMPORT, &lines.join("\n")).json(2);
    let mut expected: Vec<usize> = by_check.into_iter().chain(by_database).collect();
    expected.sort_unstable();
    let refused = refused(&report);
    let found: Vec<usize> = refused.iter().map(|(line, _)| *line as usize).collect();
    assert_eq!(found, expected, "{report:#}");
    for (line, reason) in &refused {
        let by_database = by_database.contains(&(*line as usize));
        let said = match by_database {
            true => "the database refuses it: ",
            false => "there is no organization “nowhere”",
        };
        assert!(reason.starts_with(said), "line {line}: {reason}");
    }
    let good = (LINES - expected.len()) as u64;
    assert_eq!(loaded(&report, "cases"), (good, 0, 10), "{report:#}");
    assert_eq!(loaded(&report, "feed_entries"), (good, 0, 10), "{report:#}");
    // The others are there, with all that belongs to them, and no number was lost (C1).
    let numbered = terminal.database.texts(
        "SELECT external_id || ' ' || number AS text FROM cases WHERE external_id LIKE 'LINE-%' ORDER BY number",
    );
    let expected: Vec<String> = (1..=LINES)
        .filter(|n| !expected.contains(n))
        .zip(8..)
        .map(|(n, number)| format!("LINE-{n} {number}"))
        .collect();
    assert_eq!(numbered, expected);
    let entries = terminal
        .database
        .texts("SELECT CAST(count(*) AS text) AS text FROM feed_entries WHERE body LIKE 'Word %'");
    assert_eq!(entries, [good.to_string()]);
    is_whole(&terminal);
}

async fn lines_of_one_batch_that_name_the_same_case_are_one_case(terminal: Terminal) {
    furnishes(&terminal);
    refuses_repeated_words(&terminal);
    let number = |n: usize, subject: &str, number: &str| {
        let changes = json!({"external_id": null, "number": number, "subject": subject});
        case(n, &format!("Numbered {n}"), changes)
    };
    let lines = [
        // The same twice.
        case(1, "Once", json!({})),
        case(1, "Once", json!({})),
        // Refused by a check, and then as it should be.
        case(3, "No", json!({"organization": "nowhere"})),
        case(3, "Yes", json!({})),
        // Refused by the database, and then as it should be.
        case(5, "We look.", json!({})),
        case(5, "We see.", json!({})),
        // By number: the same again, another one, and one whose number a line before it has got meanwhile.
        number(7, "Ninety", "C-000090"),
        number(8, "Ninety", "C-000090"),
        number(9, "Other", "C-000090"),
        case(10, "Next", json!({})),
        number(11, "Line 10", "C-000091"),
        number(12, "Line 12", "C-000091"),
    ];
    let report = terminal.run_with(&IMPORT, &lines.join("\n")).json(2);
    assert_eq!(loaded(&report, "cases"), (5, 3, 4), "{report:#}");
    let lines: Vec<u64> = refused(&report).iter().map(|(line, _)| *line).collect();
    assert_eq!(lines, [3, 5, 9, 12], "{report:#}");
    let cases = terminal.database.texts(
        "SELECT subject || ': ' || body AS text FROM cases c JOIN feed_entries f ON f.case_id = c.id \
         WHERE c.number >= 8 ORDER BY c.number",
    );
    assert_eq!(
        cases,
        [
            "Line 1: Once",
            "Line 3: Yes",
            "Line 5: We see.",
            "Ninety: Numbered 7",
            "Line 10: Next"
        ]
    );
    is_whole(&terminal);
}

/// How many cases imports have brought.
fn imported(terminal: &Terminal) -> usize {
    let count =
        "SELECT CAST(count(*) AS text) AS text FROM audit_events WHERE kind = 'case.imported'";
    terminal.database.texts(count)[0].parse().expect("a number")
}

/// Feeds an import until more is there than before, wherever it makes its cuts; gives the number of the last line.
fn feeds_until_more_is_there(terminal: &Terminal, import: &mut Begun, mut line: usize) -> usize {
    let before = imported(terminal);
    while imported(terminal) == before {
        let lines = (line + 1..=line + 25).map(|n| case(n, &format!("Word {n}"), json!({})) + "\n");
        import.gets(&lines.collect::<String>());
        line += 25;
    }
    line
}

async fn people_write_while_an_import_goes_on(terminal: Terminal) {
    const TIMES: usize = 4;
    furnishes(&terminal);
    let server = terminal.serve();
    let eve = Program::new(&server, &terminal.token("eve@desk.test"));
    let mut import = terminal.begins(&IMPORT);
    let mut line = 0;
    for n in 0..TIMES {
        line = feeds_until_more_is_there(&terminal, &mut import, line);
        let body = json!({ "body": format!("Beside it, {n}") });
        eve.asks(Method::POST, "/cases/C-000001/feed", Some(body))
            .await
            .created();
        assert!(import.goes_on(), "it has more to read");
    }
    line = feeds_until_more_is_there(&terminal, &mut import, line);
    let report = import.ends().json(0);
    assert_eq!(loaded(&report, "cases"), (line as u64, 0, 0), "{report:#}");
    // Whatever was answered was done between two pieces of the import, and not behind it.
    let mut order = terminal.database.texts(
        "SELECT kind AS text FROM audit_events WHERE kind IN ('entry.posted', 'case.imported') ORDER BY position",
    );
    order.dedup();
    let mut expected = vec!["case.imported"];
    for _ in 0..TIMES {
        expected.extend(["entry.posted", "case.imported"]);
    }
    assert_eq!(order, expected);
    is_whole(&terminal);
}

async fn an_import_that_was_killed_goes_on_where_it_stopped(terminal: Terminal) {
    furnishes(&terminal);
    let before = imported(&terminal);
    let mut import = terminal.begins(&IMPORT);
    let line = feeds_until_more_is_there(&terminal, &mut import, 0);
    import.dies();
    is_whole(&terminal);
    let there = imported(&terminal) - before;
    assert!(there > 0);
    // The whole file, and more than was ever sent.
    let all = line + 100;
    let lines: Vec<String> = (1..=all)
        .map(|n| case(n, &format!("Word {n}"), json!({})))
        .collect();
    let file = terminal.file("all.ndjson", &lines.join("\n"));
    let file = file.display().to_string();
    let repeats = || {
        let arguments = ["import", "casebell", &file, "--json"];
        terminal.run(&arguments).json(0)
    };
    let all_of_them = all as u64;
    for least in [there as u64, all_of_them] {
        let report = repeats();
        let (new, known, refused) = loaded(&report, "cases");
        assert_eq!((new + known, refused), (all_of_them, 0), "{report:#}");
        assert!(known >= least, "{report:#}");
        assert_eq!(loaded(&report, "feed_entries"), (new, known, 0));
    }
    let words = terminal.database.texts(
        "SELECT CAST(count(DISTINCT body) AS text) || ' of ' || CAST(count(*) AS text) AS text \
         FROM feed_entries WHERE body LIKE 'Word %'",
    );
    assert_eq!(words, [format!("{all} of {all}")]);
    is_whole(&terminal);
}
