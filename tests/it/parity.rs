//! What is done by a page and what is done by the API is the same: each verb is done both ways, on twins, and leaves the
//! same rows, audited events and notices.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::database::on_both_databases;
use crate::support::desk::Desk;
use crate::support::person::{Person, medium};
use crate::support::session::Session;

on_both_databases! { Desk:
    cases_are_worked_on_alike,
    escalations_are_handled_alike,
    the_desk_is_kept_alike,
}

/// Somebody with both ways.
struct Both<'d> {
    desk: &'d Desk,
    person: Person,
    session: Session,
}

type Rows = BTreeMap<String, Vec<String>>;

impl<'d> Both<'d> {
    async fn of(desk: &'d Desk, key: &str) -> Self {
        let person = desk.person(key);
        Self {
            desk,
            session: Session::of(desk, &person).await,
            person,
        }
    }

    /// Does `said` to the first of the twins by the API, and to the second by a page. `<>` stands for which of them, in the
    /// paths and in what is said.
    async fn does(
        &self,
        (method, api): (Method, &str),
        page: &str,
        said: Value,
        twins: (&str, &str),
    ) -> (Value, String) {
        let of = |text: &str, twin: &str| text.replace("<>", twin);
        let before = self.desk.rows();
        let body: Value = serde_json::from_str(&of(&said.to_string(), twins.0)).expect("JSON");
        let asking = self.person.asks(method, &of(api, twins.0)).json(&body);
        let answer = asking.await;
        assert!(matches!(answer.status, 200..=204), "{api}: {answer:?}");
        let between = self.desk.rows();
        let fields = fields(&serde_json::from_str(&of(&said.to_string(), twins.1)).expect("JSON"));
        let fields: Vec<(&str, &str)> = (fields.iter())
            .map(|(name, text)| (name.as_str(), text.as_str()))
            .collect();
        let sent = self.session.sends(&of(page, twins.1), &fields).await;
        assert_eq!(sent.status, 303, "{page}: {sent:?}");
        let (by_api, by_page) = (
            changes(&before, &between, twins.0),
            changes(&between, &self.desk.rows(), twins.1),
        );
        assert!(!by_api.is_empty(), "{api} changed nothing");
        let only = |these: &[String], others: &[String]| -> Vec<String> {
            let theirs = these.iter().filter(|row| !others.contains(row));
            theirs.cloned().collect()
        };
        let (by_api_alone, by_page_alone) = (only(&by_api, &by_page), only(&by_page, &by_api));
        assert!(
            by_api == by_page,
            "{api} alone leaves {by_api_alone:#?}, {page} alone {by_page_alone:#?}"
        );
        (answer.json.clone(), sent.header("location").to_owned())
    }
}

/// What is said, as a form sends it: a list of words is ticked, one of things has rows, and a time is a local one.
fn fields(said: &Value) -> Vec<(String, String)> {
    let mut fields = Vec::new();
    for (name, value) in said.as_object().into_iter().flatten() {
        put(&mut fields, name, value);
    }
    fields
}

fn put(fields: &mut Vec<(String, String)>, name: &str, value: &Value) {
    match value {
        Value::Object(members) => {
            for (member, value) in members {
                put(fields, &format!("{name}.{member}"), value);
            }
        }
        Value::Array(items) => {
            fields.push((name.to_owned(), String::new()));
            for (index, item) in items.iter().enumerate() {
                match item.as_str() {
                    Some(text) => fields.push((format!("{name}.{text}"), "on".to_owned())),
                    None => put(fields, &format!("{name}[{index}]"), item),
                }
            }
        }
        Value::Bool(true) => fields.push((name.to_owned(), "on".to_owned())),
        Value::Bool(false) | Value::Null => fields.push((name.to_owned(), String::new())),
        Value::String(text) if chrono::DateTime::parse_from_rfc3339(text).is_ok() => {
            fields.push((name.to_owned(), text[..16].to_owned()));
        }
        Value::String(text) => fields.push((name.to_owned(), text.clone())),
        other => fields.push((name.to_owned(), other.to_string())),
    }
}

/// The rows that went and those that came, without ids, figures and the name of the twin.
fn changes(before: &Rows, after: &Rows, twin: &str) -> Vec<String> {
    let mut changes = Vec::new();
    for (table, rows) in after {
        let old = &before[table];
        let mut gone = old.clone();
        for row in rows {
            match gone.iter().position(|other| other == row) {
                Some(index) => drop(gone.swap_remove(index)),
                None => changes.push(format!("+ {table} {}", plain(row, twin))),
            }
        }
        changes.extend(
            gone.iter()
                .map(|row| format!("- {table} {}", plain(row, twin))),
        );
    }
    changes.sort();
    changes
}

fn plain(row: &str, twin: &str) -> String {
    // A figure would be found in any hash; figures are left out below.
    let row = match twin.parse::<u64>() {
        Ok(_) => row.to_owned(),
        Err(_) => row.replace(twin, "<>"),
    };
    let mut plain = String::with_capacity(row.len());
    let mut run = String::new();
    let end = |run: &mut String, plain: &mut String| {
        let is_id = run.len() >= 8 && run.contains(|c: char| c.is_ascii_digit());
        match is_id {
            true => plain.push('#'),
            false => plain.extend(
                run.chars()
                    .map(|c| if c.is_ascii_digit() { '0' } else { c }),
            ),
        }
        run.clear();
    };
    for c in row.chars() {
        if c.is_ascii_hexdigit() || c == '-' {
            run.push(c);
        } else {
            end(&mut run, &mut plain);
            plain.push(c);
        }
    }
    end(&mut run, &mut plain);
    while plain.contains("00") {
        plain = plain.replace("00", "0");
    }
    plain
}

const POST: Method = Method::POST;
const PATCH: Method = Method::PATCH;

async fn cases_are_worked_on_alike(desk: Desk) {
    let (dana, eve) = (Both::of(&desk, "dana").await, Both::of(&desk, "eve").await);
    let opened = json!({ "subject": "A bell", "description": "It rings.", "priority": "low",
        "deployment": "cloud", "business_impact": "limited", "product": "Bell" });
    let (first, second) = dana
        .does((POST, "/cases"), "/cases", opened, ("nobody", "nobody"))
        .await;
    let first = first["number"].as_str().expect("a number").to_owned();
    let second = second.rsplit('/').next().expect("a number").to_owned();
    let twins = (first.as_str(), second.as_str());
    let on = |what: &str| format!("/cases/<>{what}");
    for (who, what, said) in [
        (&dana, "/feed", json!({ "body": "Who hears it?" })),
        (&eve, "/feed", json!({ "body": "We do." })),
        (
            &eve,
            "/feed",
            json!({ "body": "Only we.", "visibility": "internal" }),
        ),
        (
            &eve,
            "/next-steps",
            json!({ "what": "Look", "who": "Eve", "due_at": "2026-03-05T10:00:00Z" }),
        ),
        (
            &eve,
            "/external-communications",
            json!({ "channel": "call", "with": "Dana", "at": "2026-03-01T09:00:00Z", "summary": "She rang." }),
        ),
        (&dana, "/rca", json!({ "note": "Why?" })),
        (&eve, "/rca/delivery", json!({ "body": "The clapper." })),
    ] {
        who.does((POST, &on(what)), &on(what), said, twins).await;
    }
    let asked = json!({ "priority": "medium", "note": "It is louder." });
    let asks = on("/priority-requests");
    dana.does((POST, &asks), &asks, asked, twins).await;
    let changed = json!({ "status": "in_progress", "priority": "medium", "subject": "Rings" });
    eve.does((PATCH, &on("")), &on(""), changed, twins).await;
    for (who, what, said) in [
        (&dana, "/close", json!({ "note": "It is quiet." })),
        (&dana, "/reopen", json!({ "note": "It is not." })),
        (&eve, "/close", json!({ "note": "It is now." })),
    ] {
        who.does((POST, &on(what)), &on(what), said, twins).await;
    }
}

async fn escalations_are_handled_alike(desk: Desk) {
    let mut cases = Vec::new();
    for _ in 0..4 {
        cases.push(
            desk.person("dana")
                .opens(medium().with("business_impact", "significant"))
                .await,
        );
    }
    desk.passes(chrono::TimeDelta::days(5));
    let (dana, ola, sam) = (
        Both::of(&desk, "dana").await,
        Both::of(&desk, "ola").await,
        Both::of(&desk, "sam").await,
    );
    let escalate = json!({ "reason": "no_update", "details": "Nobody answers.", "acknowledgements": [],
        "answers": { "business_impact": "All of it", "ongoing": true } });
    let mut pairs = Vec::new();
    for two in cases.chunks(2) {
        let numbers = (two[0].number.to_string(), two[1].number.to_string());
        let (first, _) = dana
            .does(
                (POST, "/cases/<>/escalations"),
                "/cases/<>/escalate",
                escalate.clone(),
                (&numbers.0, &numbers.1),
            )
            .await;
        let all = dana
            .person
            .all(&format!("/cases/{}/escalations", numbers.1))
            .await;
        let number = |one: &Value| one["number"].as_str().expect("a number").to_owned();
        pairs.push((number(&first), number(&all[0])));
    }
    let on = |verb: &str| format!("/escalations/<>/{verb}");
    let step = json!({ "what": "Call back", "who": "Ola", "due_at": "2026-03-12T10:00:00Z" });
    for (who, pair, verb, said) in [
        (&ola, 0, "claim", json!({})),
        (&sam, 1, "assign", json!({ "owner": "ola@bellhop.test" })),
        (
            &ola,
            0,
            "accept",
            json!({ "importance": "high", "urgency": "low", "reply": "On it.", "next_steps": [step] }),
        ),
        (
            &ola,
            0,
            "rank",
            json!({ "importance": "low", "urgency": "low" }),
        ),
        (&dana, 0, "feed", json!({ "body": "Thank you." })),
        (
            &ola,
            0,
            "next-steps",
            json!({ "what": "Again", "who": "Ola", "due_at": "2026-03-13T10:00:00Z" }),
        ),
        (
            &ola,
            1,
            "decline",
            json!({ "reasons": ["low_priority"], "reply": "Not this." }),
        ),
        (
            &ola,
            0,
            "close",
            json!({ "outcome": "Mended", "summary": "A new clapper." }),
        ),
        (
            &dana,
            0,
            "rating",
            json!({ "score": 4, "comment": "Good." }),
        ),
    ] {
        let twins: (&str, &str) = (&pairs[pair].0, &pairs[pair].1);
        who.does((POST, &on(verb)), &on(verb), said, twins).await;
    }
}

async fn the_desk_is_kept_alike(desk: Desk) {
    let ada = Both::of(&desk, "ada").await;
    let twins = ("alfa", "beta");
    for (api, page, said) in [
        (
            "/organizations",
            "/admin/organizations",
            json!({ "name": "Twin <>", "slug": "<>", "kind": "customer", "time_zone": "Europe/Berlin" }),
        ),
        (
            "/users",
            "/admin/people",
            json!({ "organization": "acme", "email": "<>@acme.test", "first_name": "Twin", "last_name": "<>", "roles": ["portal_viewer"], "invite": true }),
        ),
        (
            "/lines-of-business",
            "/admin/lines",
            json!({ "name": "Line <>" }),
        ),
        (
            "/roles",
            "/admin/roles",
            json!({ "name": "Role <>", "code": "role_<>", "permissions": ["cases:view"] }),
        ),
        (
            "/access-groups",
            "/admin/groups",
            json!({ "name": "Group <>", "roles": ["monitor"] }),
        ),
        (
            "/calendars",
            "/admin/calendars",
            json!({ "name": "Calendar <>", "time_zone": "Europe/Berlin", "hours": { "mon": ["09:00-17:00"] } }),
        ),
    ] {
        ada.does((POST, api), page, said, twins).await;
    }
    // Both find a row of their own to change.
    let policy = |hours: &str| json!({ "staleness_hours": hours });
    ada.person.patch("/policies", policy("10")).await.ok();
    let figures = ("11", "12");
    ada.does(
        (PATCH, "/policies"),
        "/admin/policies",
        policy("<>"),
        figures,
    )
    .await;
}
