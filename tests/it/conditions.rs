//! `If-Match` and `If-None-Match`: what is guarded is guarded against everybody, and what is unchanged is unchanged.

use std::sync::Arc;

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::Barrier;

use crate::support::answer::Answer;
use crate::support::database::on_both_databases;
use crate::support::desk::Desk;
use crate::support::person::{Asking, Person, high};
use crate::support::session::Session;

on_both_databases! { Desk:
    an_answer_is_unchanged_only_if_all_of_it_is,
    a_compressed_answer_is_another_one,
    a_route_guards_or_refuses_the_header,
    the_document_says_which_routes_guard,
    of_two_who_change_a_thing_at_once_one_is_told,
    of_two_who_name_clients_at_once_one_is_told,
    who_names_no_version_overwrites_nothing_by_halves,
}

async fn asks_again(person: &Person, path: &str, etag: &str) -> Answer {
    person
        .asks(Method::GET, path)
        .header("if-none-match", etag)
        .await
}

async fn an_answer_is_unchanged_only_if_all_of_it_is(desk: Desk) {
    let (dana, ada, eve) = (desk.person("dana"), desk.person("ada"), desk.person("eve"));
    let case = dana.opens(high()).await;
    let path = format!("/cases/{}", case.number);
    let seen = dana.get(&path).await;
    let etag = seen.header("etag").to_owned();
    assert!(
        etag.starts_with("\"1-"),
        "the version, then what it says: {etag}"
    );
    for what in ["Cookie", "Authorization", "Acting-Organization"] {
        assert!(
            seen.header("vary").contains(what),
            "{}",
            seen.header("vary")
        );
    }
    let unchanged = asks_again(&dana, &path, &etag).await;
    assert_eq!((unchanged.status, unchanged.text.as_str()), (304, ""));
    assert_eq!(unchanged.header("etag"), etag);
    // The version alone says nothing of what stands beside it.
    assert_eq!(asks_again(&dana, &path, "\"1\"").await.status, 200);
    // What is joined: the organization is renamed, and the case's row is not touched.
    let rename = json!({ "name": "ACME Worldwide" });
    ada.patch("/organizations/acme", rename).await.ok();
    let renamed = asks_again(&dana, &path, &etag).await;
    assert_eq!(renamed.status, 200);
    assert_eq!(renamed.json["version"], 1);
    let now = renamed.header("etag").to_owned();
    assert_ne!(now, etag);
    // To another reader it is another answer.
    assert_eq!(asks_again(&eve, &path, &now).await.status, 200);
    // What is computed: the due date of an analysis follows the policy.
    dana.post(&format!("{path}/rca"), json!({})).await.created();
    let before = dana.get(&path).await;
    let policies = json!({ "rca_days_cloud": 6 });
    let changed = ada.patch("/policies", policies).await;
    assert_eq!(changed.status, 200, "{changed:?}");
    let after = asks_again(&dana, &path, before.header("etag")).await;
    assert_eq!(after.status, 200);
    assert_ne!(after.json["rca"]["due_at"], before.json["rca"]["due_at"]);
    assert_eq!(after.json["version"], before.json["version"]);
    // Lists too.
    let list = dana.get("/cases").await;
    assert_eq!(
        asks_again(&dana, "/cases", list.header("etag"))
            .await
            .status,
        304
    );
    dana.opens(high()).await;
    assert_eq!(
        asks_again(&dana, "/cases", list.header("etag"))
            .await
            .status,
        200
    );
}

async fn a_compressed_answer_is_another_one(desk: Desk) {
    let dana = desk.person("dana");
    let case = dana.opens(high()).await;
    let path = format!("/cases/{}", case.number);
    let bare = dana.get(&path).await.header("etag").to_owned();
    let compressed = dana
        .asks(Method::GET, &path)
        .header("accept-encoding", "gzip")
        .await;
    let tag = compressed.header("etag").to_owned();
    assert_eq!(compressed.header("content-encoding"), "gzip");
    assert_eq!(tag, format!("{}-gzip\"", bare.trim_end_matches('"')));
    assert!(
        compressed
            .header("vary")
            .to_lowercase()
            .contains("accept-encoding")
    );
    let again = dana
        .asks(Method::GET, &path)
        .header("accept-encoding", "gzip")
        .header("if-none-match", &tag)
        .await;
    assert_eq!((again.status, again.header("etag")), (304, tag.as_str()));
    // What it guards is the case, however its answer travelled.
    let patch = |tag: &str, subject: &str| {
        dana.asks(Method::PATCH, &path)
            .header("if-match", tag)
            .json(&json!({ "subject": subject }))
    };
    patch(&tag, "First").await.ok();
    patch(&tag, "Second").await.refused(412, "stale_version");
    patch(&bare, "Second").await.refused(412, "stale_version");
    // As is said by a version alone, or by one of several; a weak tag guards nothing.
    patch("\"2\"", "Third").await.ok();
    patch("\"2\", \"3-of-another-answer\"", "Fourth").await.ok();
    patch("W/\"4\"", "Fifth")
        .await
        .refused(412, "stale_version");
    patch("*", "Fifth").await.ok();
    for malformed in ["4", "\"4", "*, \"4\"", "", "\"4\" \"5\""] {
        patch(malformed, "Sixth")
            .await
            .refused(400, "malformed_header");
    }
}

async fn a_route_guards_or_refuses_the_header(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let case = dana.opens(high()).await;
    desk.passes(TimeDelta::hours(24));
    let before = desk.rows();
    let path = |rest: &str| format!("/cases/{}{rest}", case.number);
    let escalation = json!({ "reason": "no_update", "details": "Please look.", "acknowledgements": [],
        "answers": { "business_impact": "All of it", "ongoing": true } });
    for (person, method, path, body) in [
        (
            &dana,
            Method::PATCH,
            "/me".to_owned(),
            json!({ "first_name": "Diana" }),
        ),
        (&dana, Method::PATCH, "/me/notices".to_owned(), json!({})),
        (&dana, Method::POST, path("/escalations"), escalation),
        (
            &dana,
            Method::POST,
            path("/feed"),
            json!({ "body": "Hello?" }),
        ),
        (&dana, Method::POST, path("/rca"), json!({})),
        (&dana, Method::POST, "/cases".to_owned(), high().json()),
        (
            &eve,
            Method::POST,
            path("/next-steps"),
            json!({ "what": "x", "who": "Eve", "due_at": "2026-03-10T09:00:00Z" }),
        ),
    ] {
        for tag in ["\"1\"", "*", "\"999\""] {
            let asking = person.asks(method.clone(), &path).header("if-match", tag);
            asking
                .json(&body)
                .await
                .refused(400, "if_match_not_supported");
        }
    }
    desk.is_unchanged_since(&before, "a condition that is not kept");
}

/// Whatever the document says of `If-Match`, the route keeps.
async fn the_document_says_which_routes_guard(desk: Desk) {
    let ada = desk.person("ada");
    let session = Session::of(&desk, &ada).await;
    let document = ada.get("/openapi.json").await.ok();
    let mut guarded = 0;
    for route in casebell::http::routes::routes() {
        let method = route.method.as_str().to_lowercase();
        let parameters = &document["paths"][route.path][&method]["parameters"];
        let says = parameters.as_array().is_some_and(|parameters| {
            parameters
                .iter()
                .any(|parameter| parameter["name"] == "If-Match")
        });
        assert_eq!(says, route.shape.guarded, "{method} {}", route.path);
        guarded += usize::from(says);
        if route.path.contains('{') || says {
            continue;
        }
        let method = method.to_uppercase().parse().expect("a method");
        // Who asks with a token where a session is needed is told that first.
        let asking = match route.asks.session {
            true => session.asks(method, route.path),
            false => ada.asks(method, route.path),
        };
        let answer = asking.header("if-match", "\"1\"").json(&json!({})).await;
        answer.refused(400, "if_match_not_supported");
    }
    assert!(guarded > 20, "{guarded}");
}

/// Sends all at the same moment.
async fn at_once(askings: Vec<Asking>) -> Vec<Answer> {
    let start = Arc::new(Barrier::new(askings.len()));
    let mut sent = tokio::task::JoinSet::new();
    for asking in askings {
        let start = start.clone();
        sent.spawn(async move {
            start.wait().await;
            asking.await
        });
    }
    sent.join_all().await
}

/// What can be changed by its version: where, by which method, to what, and how to tell one change from another.
async fn guarded_things(desk: &Desk) -> Vec<(String, Method, Value, &'static str)> {
    let (ada, dana) = (desk.person("ada"), desk.person("dana"));
    let case = dana.opens(high()).await;
    let calendar = ada.get("/calendars").await.ok()["items"][0].clone();
    let line = ada.get("/lines-of-business").await.ok()["items"][0].clone();
    let group = ada
        .post("/access-groups", json!({ "name": "Night" }))
        .await
        .created();
    let role = json!({ "code": "night", "name": "Night", "permissions": ["cases:view"] });
    ada.post("/roles", role).await.created();
    let nils = ada.all("/users").await;
    let nils = nils
        .iter()
        .find(|user| user["email"] == "nils@acme.test")
        .expect("nils");
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let mut replaced = json!({});
    for member in ["time_zone", "hours", "holidays"] {
        replaced[member] = calendar[member].clone();
    }
    vec![
        (
            "/organizations/globex".into(),
            Method::PATCH,
            json!({}),
            "name",
        ),
        (
            format!("/calendars/{}", text(&calendar["id"])),
            Method::PUT,
            replaced,
            "name",
        ),
        (
            "/escalation-reasons/no_progress".into(),
            Method::PUT,
            json!({ "governed_by": "staleness", "questions": [] }),
            "label",
        ),
        (
            format!("/cases/{}", case.number),
            Method::PATCH,
            json!({}),
            "subject",
        ),
        (
            format!("/lines-of-business/{}", text(&line["id"])),
            Method::PATCH,
            json!({}),
            "name",
        ),
        (
            format!("/access-groups/{}", text(&group["id"])),
            Method::PATCH,
            json!({}),
            "name",
        ),
        ("/roles/night".into(), Method::PATCH, json!({}), "name"),
        (
            format!("/users/{}", text(&nils["id"])),
            Method::PATCH,
            json!({}),
            "first_name",
        ),
    ]
}

async fn of_two_who_change_a_thing_at_once_one_is_told(desk: Desk) {
    let ada = desk.person("ada");
    for (path, method, body, member) in guarded_things(&desk).await {
        for round in 0..4 {
            let before = ada.get(&path).await;
            let tag = before.header("etag").to_owned();
            let version = before.json["version"].as_i64().expect("a version");
            let askings = (0..6)
                .map(|n| {
                    let mut body = body.clone();
                    body[member] = json!(format!("Change {round} by {n}"));
                    ada.asks(method.clone(), &path)
                        .header("if-match", &tag)
                        .json(&body)
                })
                .collect();
            let answers = at_once(askings).await;
            let (done, told): (Vec<_>, Vec<_>) =
                answers.into_iter().partition(|answer| answer.status == 200);
            assert_eq!(
                (done.len(), told.len()),
                (1, 5),
                "{path}: {done:?} {told:?}"
            );
            for answer in told {
                let answer = answer.refused(412, "stale_version");
                assert_eq!(answer.json["version"], version + 1, "{path}");
            }
            let after = ada.get(&path).await.ok();
            assert_eq!(after["version"], version + 1, "{path}");
            assert_eq!(after[member], done[0].json[member], "{path}");
        }
    }
}

/// P11: what was named by one is not lost to another who knew less.
async fn of_two_who_name_clients_at_once_one_is_told(desk: Desk) {
    let ada = desk.person("ada");
    let pia = desk.person("pia");
    let id = crate::support::paired::id_of(&pia).await;
    let partner = json!({ "roles": ["partner_admin"] });
    ada.patch(&format!("/users/{id}"), partner).await.ok();
    let path = "/organizations/initech/clients";
    for round in 0..4 {
        let tag = ada.get(path).await.header("etag").to_owned();
        let askings = (0..6)
            .map(|n| {
                let client = if (n + round) % 2 == 0 {
                    "acme"
                } else {
                    "globex"
                };
                let clients = match round % 2 {
                    0 => json!([client]),
                    _ => json!([]),
                };
                ada.asks(Method::PUT, path)
                    .header("if-match", &tag)
                    .json(&json!({ "clients": clients }))
            })
            .collect();
        let answers = at_once(askings).await;
        let done = answers.iter().filter(|answer| answer.status == 200);
        let told = answers.iter().filter(|answer| answer.status == 412);
        assert_eq!((done.count(), told.count()), (1, 5), "{answers:?}");
    }
}

/// Without a version the last one wins, but each change is made to what the one before left, and each is counted.
async fn who_names_no_version_overwrites_nothing_by_halves(desk: Desk) {
    let ada = desk.person("ada");
    for (path, method, body, member) in guarded_things(&desk).await {
        let before = ada.get(&path).await.ok()["version"]
            .as_i64()
            .expect("a version");
        let askings = (0..6)
            .map(|n| {
                let mut body = body.clone();
                body[member] = json!(format!("Change by {n}"));
                ada.asks(method.clone(), &path).json(&body)
            })
            .collect();
        for answer in at_once(askings).await {
            answer.ok();
        }
        let after = ada.get(&path).await.ok()["version"]
            .as_i64()
            .expect("a version");
        assert_eq!(after, before + 6, "{path}");
    }
}
