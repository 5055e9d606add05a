//! What happened is taken out of the house as a file.

use casebell::db::DbError;
use casebell::domain::audit::EventKind;
use casebell::store::audit::{self, NewEvent};
use reqwest::Method;
use serde_json::{Value, json};

use super::{a_days_work, id_of};
use crate::support::answer::Answer;
use crate::support::database::on_both_databases;
use crate::support::desk::Desk;
use crate::support::person::{Person, high};

on_both_databases! { Desk:
    an_export_is_complete_harmless_and_recorded,
    a_long_export_comes_in_parts,
}

/// The cells of a line, which has no line break within a cell.
fn cells(line: &str) -> Vec<String> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(line.as_bytes());
    let record = reader.records().next().expect("a line").expect("in order");
    record.iter().map(str::to_owned).collect()
}

async fn exports(person: &Person, body: Value) -> Answer {
    person.post("/audit-events/export", body).await
}

async fn an_export_is_complete_harmless_and_recorded(desk: Desk) {
    let (ada, eve) = (desk.person("ada"), desk.person("eve"));
    // Names are chosen by those who bear them.
    let people = ada.all("/users").await;
    let own = people
        .iter()
        .find(|person| person["email"] == eve.email())
        .expect("Eve");
    let path = format!("/users/{}", own["id"].as_str().expect("an id"));
    ada.patch(&path, json!({ "first_name": "=2+3" })).await.ok();
    let case = a_days_work(&desk).await;

    let before = ada.all("/audit-events").await;
    let ndjson = exports(&ada, json!({ "format": "ndjson" })).await;
    assert_eq!(ndjson.status, 200, "{ndjson:?}");
    assert_eq!(ndjson.header("content-type"), "application/x-ndjson");
    assert_eq!(
        ndjson.header("content-disposition"),
        "attachment; filename=\"audit-events.ndjson\""
    );
    let lines: Vec<Value> = ndjson
        .text
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(
        lines, before,
        "all of them, as the list has them, and not the export itself"
    );

    let body =
        json!({ "format": "csv", "case": case.number, "kind": "case.", "actor": eve.email() });
    let csv = exports(&ada, body.clone()).await;
    assert_eq!(csv.header("content-type"), "text/csv; charset=utf-8");
    let mut rows = csv.text.lines().map(cells);
    let columns = rows.next().expect("a head");
    let rows: Vec<_> = rows.collect();
    assert_eq!(rows.len(), 2, "{csv:?}");
    let column = |name: &str| {
        columns
            .iter()
            .position(|column| column == name)
            .expect("a column")
    };
    for row in &rows {
        assert_eq!(row[column("actor")], "'=2+3 Hart");
        assert_eq!(row[column("case")], case.number);
        assert_eq!(row[column("organization")], "acme");
        assert!(row[column("after")].starts_with('{'), "{row:?}");
        assert!(
            row.iter()
                .all(|cell| !cell.starts_with(['=', '+', '-', '@'])),
            "{row:?}"
        );
    }

    // Both exports were recorded, with what was asked for.
    let exported = ada.all("/audit-events?kind=audit.exported").await;
    assert_eq!(exported.len(), 2);
    assert_eq!(
        (
            &exported[0]["actor_name"],
            &exported[0]["organization"]["slug"]
        ),
        (&json!("Ada Frost"), &json!("bellhop"))
    );
    let filters = json!({ "case": case.number, "kind": "case.", "actor": eve.email() });
    assert_eq!(
        exported[0]["after"],
        json!({ "format": "csv", "filters": filters })
    );

    // Repeated under its key it is the same export: the same events, recorded once, whatever happened meanwhile.
    let keyed = async || {
        let asking = ada
            .asks(Method::POST, "/audit-events/export")
            .header("idempotency-key", "once");
        asking
            .json(&json!({ "format": "csv", "kind": "case." }))
            .await
    };
    let first = keyed().await;
    desk.person("dana").opens(high()).await;
    let again = keyed().await;
    assert_eq!((again.status, &again.text), (200, &first.text));
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(ada.all("/audit-events?kind=audit.exported").await.len(), 3);

    exports(&ada, json!({}))
        .await
        .refused(422, "validation_failed");
    exports(&ada, json!({ "format": "csv", "case": "C-009999" }))
        .await
        .refused(422, "validation_failed");
    exports(&eve, json!({ "format": "csv" }))
        .await
        .refused(403, "missing_permission");
    assert_eq!(ada.all("/audit-events?kind=audit.exported").await.len(), 3);
}

async fn a_long_export_comes_in_parts(desk: Desk) {
    const EVENTS: usize = 1203;
    let now = desk.now();
    let many = desk.db().write(move |conn| {
        let organization = Some(id_of(conn, "globex")?);
        for n in 0..EVENTS {
            let after = json!({ "name": format!("Token {n}") });
            let event = NewEvent {
                kind: EventKind::TokenIssued,
                organization,
                home: None,
                case: None,
                escalation: None,
                subject: None,
                actor: None,
                actor_name: "command line",
                before: None,
                after: after.as_object(),
            };
            audit::append(conn, &event, now)?;
        }
        Ok::<_, DbError>(())
    });
    many.await.expect("recorded");
    let body = json!({ "format": "csv", "organization": "globex", "kind": "token.issued", "from": now.to_rfc3339() });
    let csv = exports(&desk.person("mona"), body).await;
    let places: Vec<i64> = csv
        .text
        .lines()
        .skip(1)
        .map(|line| cells(line)[0].parse().expect("a place"))
        .collect();
    assert!(
        places.len() >= EVENTS && places.is_sorted_by(|a, b| a > b),
        "{} lines",
        places.len()
    );
}
