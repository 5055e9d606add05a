//! What administrators keep: organizations, people, calendars, lines, policies and reasons.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::database::on_both_databases;
use crate::support::desk::Desk;
use crate::support::paired::said;
use crate::support::person::high;

on_both_databases! { Desk:
    what_an_answer_shows_can_be_sent_back,
    what_is_as_it_was_is_no_change,
    organizations_are_added_once_and_seen_by_their_own,
    people_are_added_and_changed,
    every_wrong_part_of_a_calendar_is_named,
    a_deadline_is_replayed,
    lines_policies_and_reasons_are_kept,
}

async fn organizations_are_added_once_and_seen_by_their_own(desk: Desk) {
    let (ada, dana) = (desk.person("ada"), desk.person("dana"));
    let hooli = json!({ "slug": "hooli", "name": "Hooli", "kind": "partner" });
    let made = ada.post("/organizations", hooli).await;
    assert_eq!(made.json["time_zone"], "Europe/Berlin", "the provider's");
    assert_eq!(made.header("location"), "/api/v1/organizations/hooli");
    assert_eq!(made.header("etag"), "\"1\"");
    let made = made.created();
    let twice = json!({ "slug": "hooli", "name": "H", "kind": "customer" });
    ada.post("/organizations", twice)
        .await
        .names_fields(&[("slug", "taken")]);
    let second = json!({ "slug": "p2", "name": "P", "kind": "provider" });
    ada.post("/organizations", second)
        .await
        .names_fields(&[("kind", "provider_exists")]);
    let all = ada.all("/organizations").await;
    let slugs: Vec<String> = all.iter().map(|one| said(&one["slug"])).collect();
    assert_eq!(slugs, ["acme", "bellhop", "globex", "hooli", "initech"]);
    let by_id = format!("/organizations/{}", said(&made["id"]));
    assert_eq!(ada.get(&by_id).await.ok(), made);
    // A designated contact may not look at organizations, and does not learn whether others exist.
    let refused = dana.get("/organizations").await;
    assert_eq!(refused.json["permission"], "organizations:view");
    let unknown = dana.get("/organizations/nobody").await;
    for slug in ["acme", "hooli"] {
        let path = format!("/organizations/{slug}");
        let refused = dana.get(&path).await.refused(404, "not_found");
        assert_eq!(refused.text, unknown.text);
    }
    // The name and the zone change, the slug stays.
    let change = json!({ "name": "ACME Limited", "time_zone": "Europe/Dublin" });
    let changed = ada.patch("/organizations/acme", change).await;
    assert_eq!(changed.header("etag"), "\"2\"");
    assert_eq!(changed.ok()["name"], "ACME Limited");
    let me = dana.get("/me").await.ok();
    assert_eq!(me["person"]["time_zone"], "Europe/Dublin");
    ada.patch("/organizations/acme", json!({ "slug": "x", "name": null }))
        .await
        .names_fields(&[("name", "not_null"), ("slug", "unknown_field")]);
}

async fn people_are_added_and_changed(desk: Desk) {
    let (ada, dana) = (desk.person("ada"), desk.person("dana"));
    let vera = json!({
        "organization": "acme", "email": "Vera@acme.test", "first_name": "Vera", "last_name": "Viewer",
        "roles": ["portal_viewer"], "password": "long enough to keep",
    });
    let made = ada.post("/users", vera.clone()).await;
    assert!(!made.text.contains("argon2"), "{made:?}");
    let made = made.created();
    assert_eq!(made["email"], "vera@acme.test");
    assert_eq!(made["roles"], json!(["portal_viewer"]));
    ada.post("/users", vera)
        .await
        .names_fields(&[("email", "taken")]);
    let wrong = json!({ "email": "x", "first_name": "", "roles": ["The King"], "password": 1, "time_zone": "Mars/Base" });
    let wrong = ada.post("/users", wrong).await;
    let fields = wrong.json["errors"].as_array().expect("errors").iter();
    let fields: Vec<&str> = fields.filter_map(|error| error["field"].as_str()).collect();
    assert_eq!(
        fields,
        [
            "email",
            "first_name",
            "last_name",
            "time_zone",
            "roles[0]",
            "password"
        ]
    );
    let path = format!("/users/{}", said(&made["id"]));
    let change = json!({ "last_name": "Reader", "roles": ["designated_contact"] });
    let changed = ada.patch(&path, change).await;
    assert_eq!(changed.header("etag"), "\"2\"");
    assert_eq!(changed.ok()["name"], "Vera Reader");
    let out = ada.patch(&path, json!({ "disabled": true })).await.ok();
    assert!(out["disabled_at"].is_string(), "{out}");
    let nowhere = ada.get("/users?organization=nowhere").await;
    let nowhere = nowhere.refused(422, "validation_failed");
    assert_eq!(nowhere.json["errors"][0]["field"], "organization");
    let unknown = "/users/0199c5a2-7c1e-7aaa-8b2d-1c2d3e4f5a6b";
    ada.get(unknown).await.refused(404, "not_found");
    dana.get(&path).await.refused(404, "not_found");
}

async fn every_wrong_part_of_a_calendar_is_named(desk: Desk) {
    let ada = desk.person("ada");
    let wrong = |holidays: Value| {
        json!({
            "name": "", "time_zone": "Mars/Base", "holidays": holidays,
            "hours": { "mon": ["09:00-12:00", "11:00-13:00"], "moon": [] },
        })
    };
    let fields = async |body: Value| -> Vec<String> {
        let answer = ada.post("/calendars", body).await;
        let answer = answer.refused(422, "validation_failed");
        let errors = answer.json["errors"].as_array().expect("errors").iter();
        errors.map(|error| said(&error["field"])).collect()
    };
    let unnamed = wrong(json!(["2026-02-30", { "date": "--12-25" }]));
    assert_eq!(fields(unnamed).await, ["holidays[1].name"]);
    assert_eq!(
        fields(wrong(json!(["2026-02-30"]))).await,
        [
            "name",
            "time_zone",
            "hours.mon[1]",
            "hours.moon",
            "holidays[0]"
        ]
    );
}

async fn a_deadline_is_replayed(desk: Desk) {
    let ada = desk.person("ada");
    let berlin = json!({
        "name": "Berlin office", "time_zone": "Europe/Berlin", "holidays": ["--12-25"], "default": true,
        "hours": { "mon": ["09:00-12:00", "13:00-17:00"], "tue": ["09:00-17:00"] },
    });
    let made = ada.post("/calendars", berlin).await.created();
    assert_eq!(made["default"], true);
    let path = format!("/calendars/{}", said(&made["id"]));
    // Tuesday, 15:05 in Berlin: the day of the request does not count, and the next business day is Monday.
    let replay = format!("{path}/replay?from=2026-03-03T14:05:00Z&unit=business_days&window=1");
    let replayed = ada.get(&replay).await.ok();
    assert_eq!(replayed["due_at"], "2026-03-09T23:00:00Z");
    assert_eq!(replayed["segments"][0]["why"], "request_day");
    let wrong = format!("{path}/replay?from=x&unit=days&window=0");
    let wrong = ada.get(&wrong).await.refused(422, "validation_failed");
    let fields = wrong.json["errors"].as_array().expect("errors").iter();
    let fields: Vec<&str> = fields.filter_map(|error| error["field"].as_str()).collect();
    assert_eq!(fields, ["from", "unit", "window"]);
    // That Monday becomes a holiday; Christmas is one already.
    let ics = "BEGIN:VCALENDAR\r\n\
        BEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20260309\r\nSUMMARY:Founders' Day\r\nEND:VEVENT\r\n\
        BEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20261225\r\nRRULE:FREQ=YEARLY\r\nSUMMARY:Christmas\r\nEND:VEVENT\r\n\
        END:VCALENDAR\r\n";
    let holidays = format!("{path}/holidays");
    let added = ada.post(&holidays, json!({ "ics": ics })).await.ok();
    assert_eq!(added["added"], 1, "{added}");
    let replayed = ada.get(&replay).await.ok();
    assert_eq!(replayed["due_at"], "2026-03-10T23:00:00Z");
    let wrong = ada.post(&holidays, json!({ "ics": "x" })).await;
    let wrong = wrong.refused(422, "validation_failed");
    assert_eq!(wrong.json["errors"][0]["field"], "ics");
    let idle = json!({ "name": "Never", "time_zone": "UTC", "hours": {} });
    // By a calendar without a working day nothing would ever fall due.
    ada.put(&path, idle.clone())
        .await
        .names_fields(&[("hours", "no_working_day")]);
    ada.post("/calendars", idle)
        .await
        .names_fields(&[("hours", "no_working_day")]);
    assert_eq!(ada.get(&path).await.ok()["name"], "Berlin office");
}

async fn lines_policies_and_reasons_are_kept(desk: Desk) {
    let (ada, dana) = (desk.person("ada"), desk.person("dana"));
    let new = json!({ "name": "Escrow" });
    let line = ada.post("/lines-of-business", new.clone()).await.created();
    assert!(line["parent"].is_string(), "{line}");
    ada.post("/lines-of-business", new)
        .await
        .names_fields(&[("name", "taken")]);
    let path = format!("/lines-of-business/{}", said(&line["id"]));
    let unknown = ada.patch(&path, json!({ "calendar": "Nowhere" })).await;
    let unknown = unknown.refused(422, "validation_failed");
    assert_eq!(unknown.json["errors"][0]["field"], "calendar");
    dana.get("/lines-of-business")
        .await
        .refused(403, "missing_permission");
    dana.get(&path).await.refused(404, "not_found");

    let patch = json!({ "staleness_hours": 48, "minimum_priority": "high" });
    let set = ada.patch("/policies", patch).await.ok();
    let mut policies = set["items"].as_array().expect("a list").iter();
    let staleness = policies.find(|policy| policy["key"] == "staleness_hours");
    let staleness = staleness.expect("the policy");
    assert_eq!(
        (&staleness["value"], &staleness["default"]),
        (&json!("48"), &json!("24"))
    );
    let wrong = json!({ "staleness_hours": -1, "minimum_priority": "urgent", "tea": "green", "rca_days_cloud": null });
    let wrong = ada.patch("/policies", wrong).await;
    let errors = wrong.json["errors"].as_array().map(Vec::len);
    assert_eq!(errors, Some(4), "{wrong:?}");

    let reasons = async || {
        let reasons = dana.get("/escalation-reasons").await.ok();
        reasons["items"].as_array().cloned().expect("a list")
    };
    let before = reasons().await;
    assert_eq!(before.len(), 5);
    assert_eq!(before[0]["code"], "no_update");
    assert_eq!(before[0]["questions"][1]["kind"], "confirm");
    let outage = json!({
        "code": "outage", "label": "Outage", "governed_by": "staleness",
        "questions": [{ "code": "since", "label": "Since when", "kind": "date", "required": true }],
    });
    ada.post("/escalation-reasons", outage).await.created();
    let off = json!({ "label": "Outage", "governed_by": "staleness", "active": false });
    let off = ada.put("/escalation-reasons/outage", off).await.ok();
    assert_eq!(off["active"], false);
    dana.get("/escalation-reasons/outage")
        .await
        .refused(404, "not_found");
    assert_eq!(reasons().await, before);
    let wrong = json!({
        "code": "Bad Code", "label": "x", "governed_by": "luck",
        "questions": [{ "code": "a", "label": "A", "kind": "text" }, { "code": "a", "label": "A", "kind": "text" }],
    });
    let wrong = ada.post("/escalation-reasons", wrong).await;
    let errors = wrong.json["errors"].as_array().map(Vec::len);
    assert_eq!(errors, Some(3), "{wrong:?}");

    let events = ada.get("/audit-events?limit=3").await.ok();
    let kinds = events["items"].as_array().expect("a list").iter();
    let kinds: Vec<&str> = kinds.filter_map(|event| event["kind"].as_str()).collect();
    assert_eq!(kinds, ["reason.changed", "reason.added", "policy.changed"]);
    for (path, permission) in [("/audit-events", "audit:view"), ("/roles", "roles:view")] {
        let refused = dana.get(path).await.refused(403, "missing_permission");
        assert_eq!(refused.json["permission"], permission);
    }
}

/// What `GET` gave, the matching `PUT` takes.
async fn what_an_answer_shows_can_be_sent_back(desk: Desk) {
    let ada = desk.person("ada");
    let days = (1..=150).map(|day| {
        json!(
            (chrono::NaiveDate::from_yo_opt(2027, day))
                .expect("a day")
                .to_string()
        )
    });
    let days: Vec<Value> = days.collect();
    let calendar = json!({
        "name": "Many days off", "time_zone": "Europe/Berlin", "hours": { "mon": ["09:00-17:00"] }, "holidays": days,
    });
    let calendar = ada.post("/calendars", calendar).await.created();
    assert_eq!(calendar["holidays"].as_array().map(Vec::len), Some(150));
    let reasons = ada.get("/escalation-reasons").await.ok()["items"].clone();
    for (path, shown) in [
        (
            format!("/calendars/{}", calendar["id"].as_str().expect("an id")),
            calendar,
        ),
        (
            format!(
                "/escalation-reasons/{}",
                reasons[0]["code"].as_str().expect("a code")
            ),
            reasons[0].clone(),
        ),
    ] {
        let back = ada.asks(Method::PUT, &path).json(&shown).await.ok();
        assert_eq!(back, shown, "{path}");
    }
}

/// Nothing changes, and nothing is counted as a change.
async fn what_is_as_it_was_is_no_change(desk: Desk) {
    let (ada, dana, eve) = (desk.person("ada"), desk.person("dana"), desk.person("eve"));
    let case = dana.opens(high()).await;
    eve.changes(&case, json!({ "owner": eve.email() }))
        .await
        .ok();
    let seen = eve.sees(&case).await;
    let before = desk.rows();
    desk.passes(chrono::TimeDelta::minutes(1));
    let named = [
        "subject",
        "description",
        "priority",
        "status",
        "deployment",
        "business_impact",
        "engagements",
        "product",
    ];
    let mut same: serde_json::Map<String, Value> = named
        .iter()
        .map(|name| ((*name).to_owned(), seen[name].clone()))
        .collect();
    same.insert("owner".to_owned(), json!(eve.email()));
    assert_eq!(eve.changes(&case, Value::Object(same)).await.ok(), seen);
    ada.patch("/policies", json!({ "staleness_hours": 24 }))
        .await
        .ok();
    // An organization, a person, oneself, a line.
    let me = dana.get("/me").await.ok();
    let organization = said(&me["organization"]["id"]);
    let shown = ada
        .get(&format!("/organizations/{organization}"))
        .await
        .ok();
    let line = ada.get("/lines-of-business").await.ok()["items"][0].clone();
    let person = ada
        .get(&format!("/users/{}", said(&me["person"]["id"])))
        .await
        .ok();
    for (path, shown, named) in [
        (
            format!("/organizations/{organization}"),
            &shown,
            &["name", "region", "time_zone"][..],
        ),
        (
            format!("/users/{}", said(&person["id"])),
            &person,
            &["first_name", "last_name", "time_zone"][..],
        ),
        (
            format!("/lines-of-business/{}", said(&line["id"])),
            &line,
            &["name"][..],
        ),
    ] {
        let same: serde_json::Map<String, Value> = named
            .iter()
            .map(|name| ((*name).to_owned(), shown[*name].clone()))
            .collect();
        ada.patch(&path, Value::Object(same)).await.ok();
    }
    let same = json!({ "first_name": person["first_name"], "last_name": person["last_name"] });
    dana.patch("/me", same).await.ok();
    desk.is_unchanged_since(&before, "saying what is so already,");
}
