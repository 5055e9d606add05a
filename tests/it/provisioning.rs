//! Provisioning: how a desk works is taken along as a file, and nothing of it holds before it was seen (A8).

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::answer::Answer;
use crate::support::database::on_both_databases;
use crate::support::desk::Desk;
use crate::support::form::text_of;
use crate::support::markup::tags;
use crate::support::person::Person;
use crate::support::session::Session;

on_both_databases! { Desk:
    what_is_there_is_taken_in_again_and_nothing_changes,
    another_desk_works_the_same_way_afterwards,
    a_preview_says_what_would_be_otherwise_and_keeps_nothing,
    what_was_seen_is_what_is_done,
    one_line_that_cannot_be_so_keeps_all_of_it_out,
    a_file_that_is_none_is_refused,
    a_line_moves_and_keeps_whoever_reads_it,
    a_file_is_seen_on_its_page_before_it_is_taken_in,
}

const PATH: &str = "/developer/provisioning";
const PREVIEW: &str = "/developer/provisioning/preview";

/// The desk of a provider who has settled in.
async fn settles_in(desk: &Desk) {
    let ada = desk.person("ada");
    let night = json!({ "name": "Nights", "time_zone": "Asia/Tokyo",
        "hours": { "mon": ["22:00-24:00"], "tue": ["00:00-06:00", "22:00-24:00"] },
        "holidays": ["2026-05-14", { "date": "--12-25", "name": "Christmas" }] });
    ada.post("/calendars", night).await.created();
    let line = async |name: &str, parent: Option<&str>, calendar: Option<&str>| {
        let line = json!({ "name": name, "parent": parent, "calendar": calendar });
        ada.post("/lines-of-business", line).await.created()["id"]
            .as_str()
            .expect("an id")
            .to_owned()
    };
    let cloud = line("Cloud", None, Some("Nights")).await;
    let premise = line("Premise", None, None).await;
    line("Support", Some(&cloud), None).await;
    let support = line("Support", Some(&premise), None).await;
    // Above this one stand two of a name, of which it is below one.
    line("Printers", Some(&support), None).await;
    let reason = json!({ "code": "wrong_team", "label": "The wrong team works on it",
        "governed_by": "staleness", "questions": [
            { "code": "which", "label": "Which team?", "kind": "text", "required": true } ] });
    ada.post("/escalation-reasons", reason).await.created();
    let off = json!({ "label": "The wrong team works on it", "governed_by": "staleness", "active": false });
    ada.put("/escalation-reasons/wrong_team", off).await.ok();
    ada.patch("/policies", json!({ "staleness_hours": "36" }))
        .await
        .ok();
    let target = json!({ "items": [
        { "kind": "update", "rank": 2, "minutes": 333, "clock": "business" } ] });
    ada.patch("/targets", target).await.ok();
    let ladder = json!({ "remind_before_minutes": null,
        "levels": [{ "after_minutes": 5, "tell": "supervisors" }] });
    ada.patch("/ladder", ladder).await.ok();
}

async fn exports(person: &Person) -> String {
    let answer = person.get(PATH).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.header("content-type"), "application/x-ndjson");
    answer.text
}

async fn sends(person: &Person, path: &str, file: &str, seen: Option<&Value>) -> Answer {
    let mut asking =
        (person.asks(Method::POST, path)).header("content-type", "application/x-ndjson");
    if let Some(seen) = seen {
        asking = asking.header("if-match", &format!("\"{}\"", seen["version"]));
    }
    asking.body(file.to_owned()).await
}

fn records(lines: &[Value]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

fn counts(seen: &Value) -> [u64; 4] {
    ["new", "changed", "unchanged", "refused"].map(|name| seen[name].as_u64().expect("a number"))
}

/// The item of a name.
fn item<'a>(seen: &'a Value, name: &str) -> &'a Value {
    let mut items = seen["items"].as_array().into_iter().flatten();
    let found = items.find(|item| item["name"] == name);
    found.unwrap_or_else(|| panic!("no {name}: {seen}"))
}

async fn what_is_there_is_taken_in_again_and_nothing_changes(desk: Desk) {
    settles_in(&desk).await;
    let devi = desk.person("devi");
    let file = exports(&devi).await;
    let told: Vec<Value> = (file.lines())
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let printers = told.iter().find(|record| record["name"] == "Printers");
    assert_eq!(
        printers.expect("the line")["parent"],
        json!(["Premise", "Support"])
    );
    let before = desk.rows();
    let seen = sends(&devi, PREVIEW, &file, None).await.ok();
    assert_eq!(counts(&seen), [0, 0, told.len() as u64, 0], "{seen}");
    assert_eq!(seen["applied"], false);
    let done = sends(&devi, PATH, &file, Some(&seen)).await.ok();
    assert_eq!(
        (&done["applied"], &done["version"]),
        (&json!(true), &seen["version"])
    );
    desk.is_unchanged_since(&before, "what is so already");
    assert_eq!(exports(&devi).await, file);
}

async fn another_desk_works_the_same_way_afterwards(desk: Desk) {
    settles_in(&desk).await;
    let file = exports(&desk.person("devi")).await;
    let other = desk.another().await;
    let ada = other.person("ada");
    assert_ne!(exports(&ada).await, file);
    let seen = sends(&ada, PREVIEW, &file, None).await.ok();
    assert_eq!(seen["refused"], 0, "{seen}");
    assert_eq!(item(&seen, "Nights")["outcome"], "new");
    let policy = item(&seen, "staleness_hours");
    let change = json!([{ "field": "value", "before": "24", "after": "36" }]);
    assert_eq!(
        (&policy["outcome"], &policy["changes"]),
        (&json!("changed"), &change)
    );
    sends(&ada, PATH, &file, Some(&seen)).await.ok();
    assert_eq!(exports(&ada).await, file);
    // It holds, and is told under the name of whoever took it in.
    let reason = ada.get("/escalation-reasons/wrong_team").await.ok();
    assert_eq!(reason["active"], false);
    let events = ada.all("/audit-events?kind=calendar.added").await;
    assert_eq!(events[0]["actor_name"], "Ada Frost", "{events:?}");
    other.closes().await;
}

async fn a_preview_says_what_would_be_otherwise_and_keeps_nothing(desk: Desk) {
    let (devi, mona, dana) = (
        desk.person("devi"),
        desk.person("mona"),
        desk.person("dana"),
    );
    let file = records(&[
        json!({ "type": "calendar", "name": "Nights", "time_zone": "UTC",
            "hours": { "mon": ["22:00-24:00"] } }),
        json!({ "type": "line_of_business", "name": "Payments", "calendar": "Nights" }),
        json!({ "type": "line_of_business", "name": "Ledger" }),
        json!({ "type": "policy", "key": "staleness_hours", "value": 36 }),
    ]);
    let before = desk.rows();
    let seen = sends(&devi, PREVIEW, &file, None).await.ok();
    assert_eq!(counts(&seen), [1, 2, 1, 0], "{seen}");
    let payments = item(&seen, "Payments");
    assert_eq!(
        (&payments["line"], &payments["type"]),
        (&json!(2), &json!("line_of_business"))
    );
    let change = json!([{ "field": "calendar", "before": null, "after": "Nights" }]);
    assert_eq!(payments["changes"], change);
    let hours = json!({ "field": "hours", "before": null, "after": { "mon": ["22:00-24:00"] } });
    let new = item(&seen, "Nights")["changes"].as_array().cloned();
    assert!(new.expect("fields").contains(&hours), "{seen}");
    desk.is_unchanged_since(&before, "a preview");
    for (person, path) in [
        (&mona, PREVIEW),
        (&mona, PATH),
        (&dana, PREVIEW),
        (&dana, PATH),
    ] {
        let refused = sends(person, path, &file, None).await;
        let refused = refused.refused(403, "missing_permission");
        assert_eq!(refused.json["permission"], "provisioning:run");
    }
    mona.get(PATH).await.refused(403, "missing_permission");
    desk.is_unchanged_since(&before, "who may not");
    // A developer changes nothing of it by hand.
    devi.patch("/policies", json!({ "staleness_hours": "36" }))
        .await
        .refused(403, "missing_permission");
}

async fn what_was_seen_is_what_is_done(desk: Desk) {
    let (devi, ada) = (desk.person("devi"), desk.person("ada"));
    let file = records(&[json!({ "type": "policy", "key": "staleness_hours", "value": "36" })]);
    let seen = sends(&devi, PREVIEW, &file, None).await.ok();
    // Somebody else is first: what was seen is not what is there.
    ada.patch("/policies", json!({ "staleness_hours": "30" }))
        .await
        .ok();
    let before = desk.rows();
    sends(&devi, PATH, &file, Some(&seen))
        .await
        .refused(412, "stale_version");
    sends(&devi, PREVIEW, &file, Some(&seen))
        .await
        .refused(412, "stale_version");
    desk.is_unchanged_since(&before, "what was seen too early");
    let seen = sends(&devi, PREVIEW, &file, None).await.ok();
    let change = json!([{ "field": "value", "before": "30", "after": "36" }]);
    assert_eq!(item(&seen, "staleness_hours")["changes"], change);
    let done = sends(&devi, PATH, &file, Some(&seen)).await.ok();
    assert_eq!(
        (&done["applied"], counts(&done)),
        (&json!(true), [0, 1, 0, 0])
    );
    // Once is enough.
    sends(&devi, PATH, &file, Some(&seen))
        .await
        .refused(412, "stale_version");
    let again = sends(&devi, PREVIEW, &file, Some(&done)).await.ok();
    assert_eq!(counts(&again), [0, 0, 1, 0]);
    let events = ada.all("/audit-events?kind=policy.").await;
    let by: Vec<&Value> = events.iter().map(|event| &event["actor_name"]).collect();
    assert_eq!(by, ["Devi Rao", "Ada Frost"]);
}

/// The last thing that is wrong with a record: its field, and the code of why.
fn wrong_with(item: &Value) -> Option<(Option<&str>, Option<&str>)> {
    let error = item["errors"].as_array()?.last()?;
    let message = error["message"].as_str().unwrap_or_default();
    assert!(!message.is_empty() && !message.contains('$'), "{item}");
    Some((error["field"].as_str(), error["code"].as_str()))
}

async fn one_line_that_cannot_be_so_keeps_all_of_it_out(desk: Desk) {
    let devi = desk.person("devi");
    let line = |name: &str, parent: &str| json!({ "type": "line_of_business", "name": name, "parent": parent });
    let lines = [
        (
            json!({ "type": "policy", "key": "staleness_hours", "value": "36" }),
            None,
        ),
        (
            json!({ "type": "song", "name": "Bells" }),
            Some(("type", "not_allowed")),
        ),
        (
            json!({ "type": "policy", "key": "staleness_hours", "value": "36" }),
            Some(("key", "given_twice")),
        ),
        (
            json!({ "type": "line_of_business", "name": "Ledger", "color": "red" }),
            Some(("color", "unknown_field")),
        ),
        (line("Tills", "Nowhere"), Some(("parent", "not_found"))),
        (line("Scanners", "Shops"), Some(("parent", "comes_later"))),
        (json!({ "type": "line_of_business", "name": "Shops" }), None),
        (line("Hens", "Eggs"), Some(("parent", "below_itself"))),
        (line("Eggs", "Hens"), Some(("parent", "below_itself"))),
        (
            json!({ "type": "calendar", "name": "Never", "time_zone": "UTC", "hours": {} }),
            Some(("hours", "no_working_day")),
        ),
        (
            json!({ "type": "calendar", "name": "Odd", "time_zone": "UTC",
                "hours": { "mon": ["9-5"] } }),
            Some(("hours.mon[0]", "malformed_span")),
        ),
        (
            json!({ "type": "line_of_business", "name": "Payments", "calendar": "Never" }),
            Some(("calendar", "not_found")),
        ),
        (
            json!({ "type": "target", "kind": "update", "priority": "high", "minutes": 5,
                "clock": "elapsed" }),
            Some(("priority", "not_of_kind")),
        ),
        (
            json!({ "type": "ladder", "levels": [{ "after_minutes": 5, "tell": "owner" },
                { "after_minutes": 1, "tell": "owner" }] }),
            Some(("levels[1].after_minutes", "out_of_order")),
        ),
    ];
    let file: Vec<Value> = lines.iter().map(|(line, _)| line.clone()).collect();
    let file = format!("{}not JSON\n", records(&file));
    let before = desk.rows();
    let seen = sends(&devi, PREVIEW, &file, None).await.ok();
    for (index, (line, wrong)) in lines.iter().enumerate() {
        let item = &seen["items"][index];
        assert_eq!(item["line"], index + 1);
        let wrong = wrong.map(|(field, code)| (Some(field), Some(code)));
        assert_eq!(wrong_with(item), wrong, "{line}: {item}");
    }
    let last = &seen["items"][lines.len()];
    assert_eq!(
        wrong_with(last),
        Some((Some(""), Some("malformed"))),
        "{last}"
    );
    let refused = sends(&devi, PATH, &file, Some(&seen)).await;
    let refused = refused.refused(422, "records_refused");
    let named = refused.json["refused"].as_array().expect("the lines");
    assert_eq!(named.len() as u64, counts(&seen)[3]);
    assert_eq!(
        (&named[0]["line"], &named[0]["errors"][0]["field"]),
        (&json!(2), &json!("type"))
    );
    desk.is_unchanged_since(&before, "a file of which a line cannot be so");
}

async fn a_file_that_is_none_is_refused(desk: Desk) {
    let devi = desk.person("devi");
    let before = desk.rows();
    for path in [PREVIEW, PATH] {
        let refused = sends(&devi, path, " \n\n", None).await;
        refused.names_fields(&[("", "empty")]);
        let refused = sends(&devi, path, &"{}\n".repeat(1_001), None).await;
        refused.names_fields(&[("", "too_many")]);
        let long = format!("{{\"type\":\"{}\"}}", "x".repeat(1 << 20));
        sends(&devi, path, &long, None)
            .await
            .refused(413, "too_large");
        devi.post(path, json!({ "type": "ladder" }))
            .await
            .refused(415, "unsupported_media_type");
        let bytes = (devi.asks(Method::POST, path)).header("content-type", "application/x-ndjson");
        bytes
            .body(vec![b'"', 0xff, b'"'])
            .await
            .names_fields(&[("", "not_utf8")]);
    }
    desk.is_unchanged_since(&before, "no file");
}

async fn a_line_moves_and_keeps_whoever_reads_it(desk: Desk) {
    let (devi, ada) = (desk.person("devi"), desk.person("ada"));
    let lines = ada.get("/lines-of-business").await.ok();
    let id = |name: &str| {
        let mut items = lines["items"].as_array().expect("items").iter();
        let line = items.find(|line| line["name"] == name).expect("the line");
        line["id"].as_str().expect("an id").to_owned()
    };
    let ledger = format!("/lines-of-business/{}", id("Ledger"));
    let groups = json!({ "read_groups": ["Bellhop Support Supervisors"] });
    let restricted = ada.patch(&ledger, groups).await.ok();
    let file =
        records(&[json!({ "type": "line_of_business", "name": "Ledger", "parent": "Payments" })]);
    let seen = sends(&devi, PREVIEW, &file, None).await.ok();
    let change = json!([{ "field": "parent", "before": null, "after": "Payments" }]);
    assert_eq!(item(&seen, "Ledger")["changes"], change);
    sends(&devi, PATH, &file, Some(&seen)).await.ok();
    let moved = ada.get(&ledger).await.ok();
    assert_eq!(moved["parent"], id("Payments"), "{moved}");
    assert_eq!(moved["read_groups"], restricted["read_groups"]);
    // It stays one line.
    let file = exports(&devi).await;
    assert_eq!(file.matches("\"Ledger\"").count(), 1, "{file}");
}

/// The value of a hidden field.
fn carried(page: &Answer, name: &str) -> String {
    let mut inputs = tags(&page.text, "input");
    let found = inputs.find(|tag| text_of(tag, "name").as_deref() == Some(name));
    text_of(
        found.unwrap_or_else(|| panic!("no {name}: {page:?}")),
        "value",
    )
    .expect("a value")
}

async fn a_file_is_seen_on_its_page_before_it_is_taken_in(desk: Desk) {
    const HERE: &str = "/admin/provisioning";
    let (devi, mona, ada) = (desk.person("devi"), desk.person("mona"), desk.person("ada"));
    let session = Session::of(&desk, &devi).await;
    let page = session.page(HERE).await;
    assert!(page.text.contains("Import a file"), "{page:?}");
    let file = session.page("/admin/provisioning/file").await;
    assert_eq!(file.text, exports(&devi).await);
    let records = records(&[
        json!({ "type": "policy", "key": "staleness_hours", "value": "36" }),
        json!({ "type": "line_of_business", "name": "<b>Tills</b>" }),
    ]);
    let before = desk.rows();
    let shown = session
        .sends_file(HERE, &[], ("file", Some(records.as_bytes())))
        .await;
    assert_eq!(shown.status, 200, "{shown:?}");
    assert!(shown.text.contains("New: 1. Changed: 1."), "{shown:?}");
    assert!(shown.text.contains("value: 24 → 36"), "{shown:?}");
    assert!(shown.text.contains("&lt;b&gt;Tills"), "{shown:?}");
    let typed = session
        .sends_file(HERE, &[("records", records.as_str())], ("file", None))
        .await;
    assert!(typed.text.contains("New: 1. Changed: 1."), "{typed:?}");
    desk.is_unchanged_since(&before, "what is only shown");
    // What is wrong is told with its line, and there is nothing to press.
    let wrong = session
        .sends_file(HERE, &[("records", "{\"type\":\"song\"}")], ("file", None))
        .await;
    assert!(
        wrong.text.contains("Line 1") && !wrong.text.contains("Import it"),
        "{wrong:?}"
    );
    let empty = session.sends_file(HERE, &[], ("file", None)).await;
    assert_eq!(empty.status, 422, "{empty:?}");
    // Somebody else is first.
    ada.patch("/policies", json!({ "staleness_hours": "30" }))
        .await
        .ok();
    let apply = async |page: &Answer| {
        let (text, version) = (carried(page, "records"), carried(page, "version"));
        let fields = [("records", text.as_str()), ("version", version.as_str())];
        session
            .sends_file("/admin/provisioning/apply", &fields, ("file", None))
            .await
    };
    let late = apply(&shown).await;
    assert_eq!(late.status, 412, "{late:?}");
    assert!(late.text.contains("value: 30 → 36"), "{late:?}");
    let done = apply(&late).await;
    assert_eq!(
        (done.status, done.header("location")),
        (303, HERE),
        "{done:?}"
    );
    let file = exports(&devi).await;
    assert!(
        file.contains("\"staleness_hours\",\"value\":\"36\""),
        "{file}"
    );
    let mona = Session::of(&desk, &mona).await;
    for path in [HERE, "/admin/provisioning/file"] {
        assert_eq!(mona.page(path).await.status, 403);
    }
    let refused = mona.sends("/admin/provisioning/apply", &[]).await;
    assert_eq!(refused.status, 403, "{refused:?}");
}
