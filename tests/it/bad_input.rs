//! Whatever is wrong with a request gets its problem document, and nothing is written.

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::database::on_both_databases;
use crate::support::desk::Desk;
use crate::support::person::high;

/// The valid request with one field changed; null removes it.
fn with(mut body: Value, field: &str, value: Value) -> Value {
    let members = body.as_object_mut().expect("an object");
    if value.is_null() {
        members.remove(field);
    } else {
        members.insert(field.to_owned(), value);
    }
    body
}

fn long(characters: usize) -> Value {
    "ä".repeat(characters).into()
}

on_both_databases! { Desk:
    what_is_no_json_is_said_to_be_none,
    every_field_of_a_new_case_is_checked,
    every_field_of_an_escalation_is_checked,
    every_field_of_the_verbs_is_checked,
    policies_and_reasons_are_checked,
}

async fn what_is_no_json_is_said_to_be_none(desk: Desk) {
    let dana = desk.person("dana");
    let before = desk.rows();
    let deep = format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000));
    let bodies: [(&[u8], u16, &str); 9] = [
        (b"{", 400, "malformed_json"),
        (b"nonsense", 400, "malformed_json"),
        (b"{\"subject\": }", 400, "malformed_json"),
        (b"{\"subject\": \"\xff\xfe\"}", 400, "malformed_json"),
        (b"{} {}", 400, "malformed_json"),
        (b"\0", 400, "malformed_json"),
        (deep.as_bytes(), 400, "too_complex"),
        (b"[]", 422, "validation_failed"),
        (b"\"text\"", 422, "validation_failed"),
    ];
    for (body, status, code) in bodies {
        let asking = dana
            .asks(Method::POST, "/cases")
            .header("content-type", "application/json")
            .body(body.to_vec());
        asking.await.refused(status, code);
    }
    dana.asks(Method::POST, "/cases")
        .header("content-type", "text/plain")
        .body("{}")
        .await
        .refused(415, "unsupported_media_type");
    dana.asks(Method::POST, "/cases")
        .body("subject=x")
        .await
        .refused(415, "unsupported_media_type");
    let large = format!("{{\"description\": \"{}\"}}", "x".repeat(1024 * 1024));
    dana.asks(Method::POST, "/cases")
        .header("content-type", "application/json")
        .body(large)
        .await
        .refused(413, "too_large");
    dana.asks(Method::PATCH, "/cases")
        .header("content-type", "application/json")
        .body("{}")
        .await
        .refused(405, "method_not_allowed");
    // What is wrong is told all at once, and an empty body is an empty object.
    dana.post("/tokens", json!({ "name": 7, "colour": "red" }))
        .await
        .names_fields(&[("name", "wrong_type"), ("colour", "unknown_field")]);
    dana.asks(Method::POST, "/tokens")
        .header("content-type", "application/json")
        .body("")
        .await
        .names_fields(&[("name", "required")]);
    let unknown = dana.get("/tokens?limit=0&cursor=x&q=1").await;
    let unknown = unknown.refused(422, "validation_failed");
    let errors = unknown.json["errors"].as_array().expect("errors").iter();
    let fields: Vec<&str> = errors.filter_map(|error| error["field"].as_str()).collect();
    assert_eq!(fields, ["limit", "q"]);
    for path in [
        "/nothing",
        "/cases/C-1/nothing",
        "/cases/x",
        "/cases/%00",
        "/cases/C-000001x",
        "/escalations/E-",
        "/users/x",
    ] {
        dana.get(path).await.refused(404, "not_found");
    }
    desk.is_unchanged_since(&before, "what is no JSON");
}

async fn every_field_of_a_new_case_is_checked(desk: Desk) {
    let dana = desk.person("dana");
    let before = desk.rows();
    let good = high().json();
    for (field, value, code) in [
        ("subject", Value::Null, "required"),
        ("subject", json!(""), "empty"),
        ("subject", json!(" \t "), "empty"),
        ("subject", json!(7), "wrong_type"),
        ("subject", json!(["x"]), "wrong_type"),
        ("subject", long(201), "too_long"),
        ("subject", json!("a\nb"), "control_character"),
        ("subject", json!("a\u{0}b"), "control_character"),
        ("subject", json!("a\u{202e}b"), "control_character"),
        ("subject", json!("a\u{2067}b"), "control_character"),
        ("description", Value::Null, "required"),
        ("description", long(50_001), "too_long"),
        ("description", json!("\u{7}"), "empty"),
        ("description", json!("a\u{202e}b"), "control_character"),
        ("description", json!({}), "wrong_type"),
        ("priority", Value::Null, "required"),
        ("priority", json!("urgent"), "not_allowed"),
        ("priority", json!("HIGH"), "not_allowed"),
        ("priority", json!(1), "wrong_type"),
        ("deployment", json!("moon"), "not_allowed"),
        ("deployment", Value::Null, "required"),
        ("business_impact", json!("some"), "not_allowed"),
        ("business_impact", json!(true), "wrong_type"),
        ("colour", json!("red"), "unknown_field"),
        ("status", json!("open"), "unknown_field"),
        ("number", json!("C-000009"), "unknown_field"),
    ] {
        dana.post("/cases", with(good.clone(), field, value))
            .await
            .names_fields(&[(field, code)]);
    }
    // Every fault at once, not only the first.
    let all = json!({ "subject": "", "description": 7, "priority": "urgent", "colour": "red" });
    dana.post("/cases", all).await.names_fields(&[
        ("subject", "empty"),
        ("description", "wrong_type"),
        ("priority", "not_allowed"),
        ("colour", "unknown_field"),
        ("deployment", "required"),
        ("business_impact", "required"),
    ]);
    desk.is_unchanged_since(&before, "a wrong field");
    // The longest that is allowed is taken as it is.
    let body = with(
        with(good, "subject", long(200)),
        "description",
        long(50_000),
    );
    assert_eq!(
        dana.post("/cases", body.clone()).await.created()["description"],
        body["description"]
    );
}

async fn every_field_of_an_escalation_is_checked(desk: Desk) {
    let dana = desk.person("dana");
    let case = dana.opens(high()).await;
    desk.passes(TimeDelta::hours(24));
    let before = desk.rows();
    let path = format!("/cases/{}/escalations", case.number);
    let good = json!({
        "reason": "no_update", "details": "x", "answers": { "business_impact": "x", "ongoing": true }, "acknowledgements": [],
    });
    for (field, value, named, code) in [
        ("reason", Value::Null, "reason", "required"),
        ("reason", json!("boredom"), "reason", "unknown"),
        ("details", Value::Null, "details", "required"),
        ("details", json!(""), "details", "empty"),
        ("answers", json!([]), "answers", "wrong_type"),
        (
            "acknowledgements",
            json!("unread_update"),
            "acknowledgements",
            "wrong_type",
        ),
        (
            "acknowledgements",
            json!(["boredom"]),
            "acknowledgements[0]",
            "not_allowed",
        ),
        (
            "answers",
            json!({ "ongoing": true }),
            "answers.business_impact",
            "required",
        ),
        (
            "answers",
            json!({ "business_impact": "x", "ongoing": false }),
            "answers.ongoing",
            "must_confirm",
        ),
        (
            "answers",
            json!({ "business_impact": "", "ongoing": true }),
            "answers.business_impact",
            "required",
        ),
        (
            "answers",
            json!({ "business_impact": 7, "ongoing": true }),
            "answers.business_impact",
            "wrong_kind",
        ),
        (
            "answers",
            json!({ "business_impact": "x", "ongoing": "yes" }),
            "answers.ongoing",
            "wrong_kind",
        ),
        (
            "answers",
            json!({ "business_impact": "x", "ongoing": true, "colour": "red" }),
            "answers.colour",
            "unknown_question",
        ),
        (
            "answers",
            json!({ "business_impact": "x\u{202e}", "ongoing": true }),
            "answers.business_impact",
            "control_character",
        ),
        ("state", json!("accepted"), "state", "unknown_field"),
    ] {
        dana.post(&path, with(good.clone(), field, value))
            .await
            .names_fields(&[(named, code)]);
    }
    desk.is_unchanged_since(&before, "a wrong field");
    dana.post(&path, good).await.created();
}

async fn every_field_of_the_verbs_is_checked(desk: Desk) {
    let (dana, eve, ola) = (desk.person("dana"), desk.person("eve"), desk.person("ola"));
    let case = dana.opens(high()).await;
    desk.passes(TimeDelta::hours(24));
    let escalation = dana.escalates(&case, "no_update").taken().await;
    ola.claims(&escalation).await;
    let before = desk.rows();
    let step = |due_at: &str| json!([{ "what": "x", "who": "y", "due_at": due_at }]);
    let accept = json!({ "importance": "high", "urgency": "low", "reply": "x", "next_steps": [desk.step()] });
    let later = (desk.now() + TimeDelta::hours(1)).to_rfc3339();
    for (field, value, named, code) in [
        ("importance", Value::Null, "importance", "required"),
        ("importance", json!("vital"), "importance", "not_allowed"),
        ("urgency", json!(5), "urgency", "wrong_type"),
        ("reply", Value::Null, "reply", "required"),
        ("reply", json!(" "), "reply", "empty"),
        ("next_steps", Value::Null, "next_steps", "required"),
        ("next_steps", json!([]), "next_steps", "required"),
        ("next_steps", json!([{}]), "next_steps[0].what", "required"),
        (
            "next_steps",
            step("tomorrow"),
            "next_steps[0].due_at",
            "not_an_instant",
        ),
        (
            "next_steps",
            step("2026-03-04"),
            "next_steps[0].due_at",
            "not_an_instant",
        ),
        (
            "next_steps",
            json!([{ "what": "x", "who": "y", "due_at": later, "state": "done" }]),
            "next_steps[0].state",
            "unknown_field",
        ),
        ("rank", json!(1), "rank", "unknown_field"),
    ] {
        let refused = ola
            .does(&escalation, "accept", with(accept.clone(), field, value))
            .await
            .refused(422, "validation_failed");
        let named = refused.json["errors"]
            .as_array()
            .expect("errors")
            .iter()
            .any(|error| error["field"] == named && error["code"] == code);
        assert!(named, "{field} {code}: {refused:?}");
    }
    let past = ola
        .does(
            &escalation,
            "accept",
            with(accept, "next_steps", step("2020-01-01T00:00:00Z")),
        )
        .await;
    assert_eq!(past.status, 422, "{past:?}");
    ola.does(&escalation, "decline", json!({}))
        .await
        .names_fields(&[("reasons", "required")]);
    ola.does(&escalation, "close", json!({}))
        .await
        .names_fields(&[("outcome", "required"), ("summary", "required")]);
    sam(&desk, &escalation.number).await;
    let number = &case.number;
    eve.post(
        &format!("/cases/{number}/feed"),
        json!({ "body": "x", "visibility": "secret" }),
    )
    .await
    .names_fields(&[("visibility", "not_allowed")]);
    eve.post(&format!("/cases/{number}/feed"), json!({ "body": "" }))
        .await
        .names_fields(&[("body", "empty")]);
    eve.changes(&case, json!({ "engagements": ["martians"] }))
        .await
        .names_fields(&[("engagements[0]", "not_allowed")]);
    eve.changes(&case, json!({ "owner": "dana@acme.test" }))
        .await
        .names_fields(&[("owner", "not_found")]);
    eve.changes(&case, json!({ "subject": null }))
        .await
        .refused(422, "validation_failed");
    eve.post(
        &format!("/cases/{number}/external-communications"),
        json!({ "channel": "smoke signals" }),
    )
    .await
    .names_fields(&[
        ("channel", "not_allowed"),
        ("with", "required"),
        ("at", "required"),
        ("summary", "required"),
    ]);
    for query in [
        "at=yesterday",
        "at=2026-03-02",
        "at=99999-01-01T00:00:00Z",
        "reason=boredom",
        "colour=red",
        "at=2026-03-02T09:00:00Z&at=2026-03-02T09:00:00Z",
    ] {
        dana.get(&format!("/cases/{number}/eligibility?{query}"))
            .await
            .refused(422, "validation_failed");
    }
    desk.is_unchanged_since(&before, "a wrong field");
}

async fn policies_and_reasons_are_checked(desk: Desk) {
    let ada = desk.person("ada");
    let before = desk.rows();
    for (patch, field) in [
        (json!({ "staleness_hours": -1 }), "staleness_hours"),
        (json!({ "staleness_hours": 0 }), "staleness_hours"),
        (json!({ "rca_days_cloud": 0 }), "rca_days_cloud"),
        (json!({ "minimum_priority": "low" }), "minimum_priority"),
        (json!({ "staleness_hours": "many" }), "staleness_hours"),
        (json!({ "rca_days_cloud": 100_000 }), "rca_days_cloud"),
        (json!({ "minimum_priority": "urgent" }), "minimum_priority"),
        (json!({ "colour": "red" }), "colour"),
    ] {
        let refused = ada
            .patch("/policies", patch)
            .await
            .refused(422, "validation_failed");
        assert_eq!(refused.json["errors"][0]["field"], field, "{refused:?}");
    }
    desk.is_unchanged_since(&before, "a wrong policy");
}

async fn sam(desk: &Desk, escalation: &str) {
    let sam = desk.person("sam");
    sam.post(&format!("/escalations/{escalation}/assign"), json!({}))
        .await
        .names_fields(&[("owner", "required")]);
}
