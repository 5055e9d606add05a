//! Cases: who opens and changes them, how their status moves, priority requests, analyses (C1–C9).

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::answer::instant;
use crate::support::database::on_both_databases;
use crate::support::desk::Desk;
use crate::support::person::{Case, NewCase, Person, high, low, medium};
use crate::support::session::Session;

async fn status(person: &Person, case: &Case) -> String {
    person.sees(case).await["status"]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

on_both_databases! { Desk:
    c1_a_case_is_what_was_said,
    c2_only_lawful_moves_exist,
    c3_who_changes_a_case,
    c3_a_closed_case_takes_nothing_but_a_reopen,
    c3_staff_open_cases_for_customers,
    c4_a_contacts_reply_puts_the_case_back_to_work,
    c3_a_closed_case_takes_no_word_on_its_next_steps,
    c5_priority_is_asked_for_and_decided,
    c5_who_decides_is_told_though_the_owner_has_left,
    c6_an_analysis_is_requested_and_delivered,
    c8_changes_are_audited,
    whoever_is_made_its_owner_is_told,
    c9_next_steps_without_an_escalation,
}

async fn c1_a_case_is_what_was_said(desk: Desk) {
    let dana = desk.person("dana");
    let case = dana
        .opens(
            medium()
                .premise()
                .limited()
                .about("  The bell does not ring  ")
                .with("product", "Bell 4"),
        )
        .await;
    let seen = dana.sees(&case).await;
    for (field, value) in [
        ("number", "C-000001"),
        ("subject", "The bell does not ring"),
        ("priority", "medium"),
        ("status", "open"),
        ("deployment", "premise"),
        ("business_impact", "limited"),
    ] {
        assert_eq!(seen[field], value, "{field}");
    }
    assert_eq!(
        seen["organization"],
        json!({ "id": seen["organization"]["id"], "slug": "acme", "name": "ACME Corporation" })
    );
    assert_eq!(seen["opened_by"]["name"], "Dana Cole");
    assert_eq!(
        (
            instant(&seen["opened_at"]),
            instant(&seen["last_provider_update_at"])
        ),
        (desk.now(), desk.now())
    );
    for empty in ["owner", "closed_at", "rca", "active_escalation"] {
        assert_eq!(seen.get(empty), Some(&Value::Null), "{empty}");
    }
    assert_eq!(
        dana.get(&format!("/cases/{}", case.id)).await.ok(),
        seen,
        "by id as by number"
    );
    assert_eq!(dana.opens(low()).await.number, "C-000002");
    // A number is not used up by a request that is refused.
    dana.post("/cases", high().about("").json())
        .await
        .names_fields(&[("subject", "empty")]);
    assert_eq!(dana.opens(low()).await.number, "C-000003");
}

async fn c2_only_lawful_moves_exist(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let case = dana.opens(high()).await;
    for to in [
        "in_progress",
        "awaiting_customer",
        "awaiting_third_party",
        "solution_provided",
        "in_progress",
    ] {
        eve.changes(&case, json!({ "status": to })).await.ok();
        assert_eq!(status(&dana, &case).await, to);
    }
    for to in ["open", "closed"] {
        let refused = eve
            .changes(&case, json!({ "status": to }))
            .await
            .refused(409, "unlawful_move");
        let lawful: Vec<&str> = refused.json["lawful_moves"]
            .as_array()
            .expect("moves")
            .iter()
            .filter_map(Value::as_str)
            .collect();
        assert_eq!(
            lawful,
            [
                "awaiting_customer",
                "awaiting_third_party",
                "solution_provided"
            ]
        );
    }
    assert_eq!(status(&dana, &case).await, "in_progress");
    eve.changes(&case, json!({ "status": "parked" }))
        .await
        .names_fields(&[("status", "not_allowed")]);
}

async fn c3_who_changes_a_case(desk: Desk) {
    let (dana, carl, eve, mona) = (
        desk.person("dana"),
        desk.person("carl"),
        desk.person("eve"),
        desk.person("mona"),
    );
    let case = dana.opens(high()).await;
    carl.changes(&case, json!({ "subject": "Payments are booked late" }))
        .await
        .ok();
    assert_eq!(
        dana.sees(&case).await["subject"],
        "Payments are booked late"
    );
    for patch in [
        json!({ "status": "in_progress" }),
        json!({ "owner": eve.email() }),
        json!({ "engagements": ["development"] }),
        json!({ "deployment": "premise" }),
        json!({ "line_of_business": "Ledger" }),
    ] {
        let before = desk.rows();
        let refused = dana.changes(&case, patch.clone()).await;
        assert!(
            refused.status == 403 || refused.status == 422,
            "{patch}: {refused:?}"
        );
        desk.is_unchanged_since(&before, "a contact");
    }
    mona.changes(&case, json!({ "subject": "x" }))
        .await
        .refused(403, "missing_permission");
    mona.post(
        &format!("/cases/{}/feed", case.number),
        json!({ "body": "x", "visibility": "internal" }),
    )
    .await
    .refused(403, "missing_permission");
    // Staff open cases for a customer.
    let opened = eve.opens(high().of("globex")).await;
    assert_eq!(eve.sees(&opened).await["organization"]["slug"], "globex");
    eve.post("/cases", high().json())
        .await
        .names_fields(&[("organization", "missing")]);
    eve.post("/cases", high().of("nowhere").json())
        .await
        .names_fields(&[("organization", "not_found")]);
    dana.get(&format!("/cases/{}", opened.number))
        .await
        .refused(404, "not_found");
}

async fn c3_a_closed_case_takes_nothing_but_a_reopen(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let case = dana.opens(high()).await;
    let number = &case.number;
    dana.closes(&case).await.ok();
    let seen = dana.sees(&case).await;
    assert_eq!(
        (seen["status"].as_str(), instant(&seen["closed_at"])),
        (Some("closed"), desk.now())
    );
    let before = desk.rows();
    for person in [&dana, &eve] {
        person
            .post(&format!("/cases/{number}/feed"), json!({ "body": "x" }))
            .await
            .refused(409, "case_closed");
        person
            .changes(&case, json!({ "subject": "x" }))
            .await
            .refused(409, "case_closed");
        person.closes(&case).await.refused(409, "case_closed");
        person
            .post(&format!("/cases/{number}/rca"), json!({}))
            .await
            .refused(409, "case_closed");
    }
    let step = json!({ "what": "x", "who": "y", "due_at": (desk.now() + TimeDelta::hours(1)).to_rfc3339() });
    eve.post(&format!("/cases/{number}/next-steps"), step)
        .await
        .refused(409, "case_closed");
    desk.is_unchanged_since(&before, "a request on a closed case");
    dana.post(&format!("/cases/{number}/reopen"), json!({}))
        .await
        .names_fields(&[("note", "required")]);
    dana.reopens(&case).await.ok();
    let seen = dana.sees(&case).await;
    assert_eq!(
        (seen["status"].as_str(), &seen["closed_at"]),
        (Some("open"), &Value::Null)
    );
    let again = dana.reopens(&case).await;
    assert_eq!(again.status, 409, "{again:?}");
    assert!(
        dana.case_feed(&case)
            .await
            .iter()
            .any(|entry| entry["body"] == "It happened again.")
    );
}

async fn c4_a_contacts_reply_puts_the_case_back_to_work(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let case = dana.opens(high()).await;
    dana.writes(&case, "More about it.").await;
    assert_eq!(
        status(&dana, &case).await,
        "open",
        "an open case stays open"
    );
    eve.changes(&case, json!({ "status": "in_progress" }))
        .await
        .ok();
    for waiting in ["awaiting_customer", "solution_provided"] {
        eve.changes(&case, json!({ "status": waiting })).await.ok();
        eve.writes(&case, "Please try it.").await;
        assert_eq!(
            status(&dana, &case).await,
            waiting,
            "staff's words change nothing"
        );
        dana.writes(&case, "It still fails.").await;
        assert_eq!(status(&dana, &case).await, "in_progress");
    }
    eve.changes(&case, json!({ "status": "awaiting_third_party" }))
        .await
        .ok();
    dana.writes(&case, "Any news?").await;
    assert_eq!(status(&dana, &case).await, "awaiting_third_party");
}

async fn c5_priority_is_asked_for_and_decided(desk: Desk) {
    let (dana, eve, vic) = (desk.person("dana"), desk.person("eve"), desk.person("vic"));
    let case = dana.opens(low()).await;
    let path = format!("/cases/{}/priority-requests", case.number);
    let ask = |priority: &str| json!({ "priority": priority, "note": "It has become worse." });
    vic.post(&path, ask("medium"))
        .await
        .refused(403, "missing_permission");
    let refused = dana
        .post(&path, ask("high"))
        .await
        .refused(422, "priority_by_phone");
    assert_eq!(refused.json["phone"], "+49 30 5550100", "{refused:?}");
    assert!(
        refused.json["detail"]
            .as_str()
            .is_some_and(|text| text.contains("+49 30 5550100"))
    );
    dana.changes(&case, json!({ "priority": "high" }))
        .await
        .refused(422, "priority_by_phone");
    dana.post(&path, ask("low"))
        .await
        .refused(422, "priority_not_higher");
    let request = dana.post(&path, ask("medium")).await.created();
    dana.post(&path, ask("medium"))
        .await
        .refused(409, "already_requested");
    let feed = dana.case_feed(&case).await;
    let note = feed
        .iter()
        .find(|entry| entry["kind"] == "work_note")
        .expect("a work note");
    assert_eq!(note["body"], "It has become worse.");
    // It has no owner, so whoever works cases is told that there is something to decide.
    let post = desk.mailbox().await;
    let mut asked = post.0.iter().filter(|mail| mail.to == "eve@bellhop.test");
    let asked = asked.find(|mail| mail.text.contains("Grant or refuse it"));
    assert!(asked.expect("asked").text.contains("It has become worse."));
    let decision = format!(
        "/priority-requests/{}/decision",
        request["id"].as_str().expect("an id")
    );
    dana.post(&decision, json!({ "granted": true }))
        .await
        .refused(403, "missing_permission");
    eve.post(&decision, json!({ "granted": true, "note": "Agreed." }))
        .await
        .ok();
    assert_eq!(dana.sees(&case).await["priority"], "medium");
    assert!(
        desk.mailbox()
            .await
            .to("dana@acme.test")
            .text
            .contains("Agreed.")
    );
    eve.post(&decision, json!({ "granted": false, "note": "x" }))
        .await
        .refused(409, "already_decided");
    // A refusal needs its reason; staff record a call about a high priority.
    let other = dana.opens(low()).await;
    let request = dana
        .post(
            &format!("/cases/{}/priority-requests", other.number),
            ask("medium"),
        )
        .await
        .created();
    let decision = format!(
        "/priority-requests/{}/decision",
        request["id"].as_str().expect("an id")
    );
    let unreasoned = eve.post(&decision, json!({ "granted": false })).await;
    assert_eq!(unreasoned.status, 422, "{unreasoned:?}");
    eve.post(
        &decision,
        json!({ "granted": false, "note": "Nobody is stopped by it." }),
    )
    .await
    .ok();
    assert_eq!(dana.sees(&other).await["priority"], "low");
    eve.changes(&other, json!({ "priority": "high" }))
        .await
        .ok();
}

async fn c6_an_analysis_is_requested_and_delivered(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let case = dana.opens(high()).await;
    let (ask, deliver) = (
        format!("/cases/{}/rca", case.number),
        format!("/cases/{}/rca/delivery", case.number),
    );
    let early = eve.post(&deliver, json!({ "body": "x" })).await;
    assert_eq!(early.status, 409, "{early:?}");
    eve.changes(&case, json!({ "status": "in_progress" }))
        .await
        .ok();
    eve.changes(&case, json!({ "status": "solution_provided" }))
        .await
        .ok();
    dana.post(&ask, json!({ "note": "Why did it happen?" }))
        .await
        .created();
    let rca = dana.sees(&case).await["rca"].clone();
    assert_eq!(
        (instant(&rca["requested_at"]), &rca["delivered_at"]),
        (desk.now(), &Value::Null)
    );
    let again = dana.post(&ask, json!({})).await;
    assert_eq!(again.status, 409, "{again:?}");
    dana.post(&deliver, json!({ "body": "x" }))
        .await
        .refused(403, "missing_permission");
    desk.passes(TimeDelta::days(1));
    desk.mailbox().await;
    eve.post(&deliver, json!({ "body": "# Cause\n\nA lock was held." }))
        .await
        .created();
    assert_eq!(
        instant(&dana.sees(&case).await["rca"]["delivered_at"]),
        desk.now()
    );
    let feed = dana.case_feed(&case).await;
    let delivered = feed
        .iter()
        .find(|entry| entry["kind"] == "rca")
        .expect("the document");
    assert!(
        delivered["body_html"]
            .as_str()
            .is_some_and(|html| html.contains("<h")),
        "{delivered}"
    );
    assert!(
        desk.mailbox()
            .await
            .to("dana@acme.test")
            .text
            .contains("A lock was held.")
    );
}

async fn c8_changes_are_audited(desk: Desk) {
    let (dana, eve, ada) = (desk.person("dana"), desk.person("eve"), desk.person("ada"));
    let case = dana.opens(high()).await;
    desk.passes(TimeDelta::minutes(1));
    eve.changes(
        &case,
        json!({ "business_impact": "limited", "owner": eve.email() }),
    )
    .await
    .ok();
    let events = ada.all("/audit-events").await;
    let changed = events
        .iter()
        .find(|event| event["kind"] == "case.changed")
        .unwrap_or_else(|| panic!("{events:#?}"));
    assert_eq!(
        (instant(&changed["at"]), changed["actor_name"].as_str()),
        (desk.now(), Some("Eve Hart"))
    );
    assert_eq!(
        (
            changed["before"]["business_impact"].as_str(),
            changed["after"]["business_impact"].as_str()
        ),
        (Some("significant"), Some("limited"))
    );
    assert!(
        changed["after"].get("priority").is_none(),
        "only what changed: {changed}"
    );
    // A change that changes nothing is no event.
    let count = events.len();
    eve.changes(&case, json!({ "business_impact": "limited" }))
        .await
        .ok();
    assert_eq!(ada.all("/audit-events").await.len(), count);
    dana.get("/audit-events")
        .await
        .refused(403, "missing_permission");
}

/// C3: a closed case takes no word on what was promised either, by page or by API; nobody is written to of it.
async fn c3_a_closed_case_takes_no_word_on_its_next_steps(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let case = dana.opens(medium()).await;
    let due_at = (desk.now() + chrono::TimeDelta::days(1)).to_rfc3339();
    let step = json!({ "what": "A fix", "who": "Eve Hart", "due_at": due_at });
    let path = format!("/cases/{}/next-steps", case.number);
    let step = eve.post(&path, step).await.created();
    eve.closes(&case).await.ok();
    desk.mailbox().await;
    let path = format!("/next-steps/{}", step["id"].as_str().expect("an id"));
    for said in [
        json!({ "state": "done" }),
        json!({ "state": "missed" }),
        json!({ "due_at": (desk.now() + chrono::TimeDelta::days(2)).to_rfc3339(), "reason": "Later" }),
    ] {
        eve.patch(&path, said).await.refused(409, "case_closed");
    }
    let page = Session::of(&desk, &eve).await;
    let page = page.page(&format!("/cases/{}", case.number)).await.text;
    assert!(
        page.contains("A fix") && !page.contains("do&#x3D;done&amp;step"),
        "{page}"
    );
    eve.reopens(&case).await.ok();
    eve.patch(&path, json!({ "state": "done" })).await.ok();
    desk.works().await;
}

/// C5: what nobody but its owner would be told of is told to the engineers, once the owner is shut out.
async fn c5_who_decides_is_told_though_the_owner_has_left(desk: Desk) {
    let (dana, eve, sam, ada) = (
        desk.person("dana"),
        desk.person("eve"),
        desk.person("sam"),
        desk.person("ada"),
    );
    let case = dana.opens(low()).await;
    let owner = json!({ "owner": sam.email() });
    eve.changes(&case, owner).await.ok();
    let id = sam.get("/me").await.ok()["person"]["id"].clone();
    let path = format!("/users/{}", id.as_str().expect("an id"));
    ada.patch(&path, json!({ "disabled": true })).await.ok();
    desk.mailbox().await;
    let asked = json!({ "priority": "medium", "note": "More calls fail." });
    let path = format!("/cases/{}/priority-requests", case.number);
    dana.post(&path, asked).await.created();
    let told = desk.mailbox().await;
    assert!(
        told.recipients().contains(&"eve@bellhop.test"),
        "{:?}",
        told.recipients()
    );
}

/// Whoever is given a case learns of it; whoever takes it knows, and its customer is told nothing of who works for them.
async fn whoever_is_made_its_owner_is_told(desk: Desk) {
    let (dana, eve, sam) = (desk.person("dana"), desk.person("eve"), desk.person("sam"));
    let case = dana.opens(low()).await;
    desk.mailbox().await;
    let given = |to: &Person| json!({ "owner": to.email() });
    sam.changes(&case, given(&eve)).await.ok();
    let told = desk.mailbox().await;
    assert_eq!(told.recipients(), ["eve@bellhop.test"]);
    let mail = told.to("eve@bellhop.test");
    assert_eq!(mail.headers["x-casebell-notice"], "case_assigned");
    assert!(
        mail.text.contains("made you the owner of this case"),
        "{}",
        mail.text
    );
    // By oneself, and to nobody.
    sam.changes(&case, given(&sam)).await.ok();
    sam.changes(&case, json!({ "owner": null })).await.ok();
    let told = desk.mailbox().await;
    assert_eq!(told.recipients(), Vec::<&str>::new());
}

async fn c9_next_steps_without_an_escalation(desk: Desk) {
    let (dana, eve, vic) = (desk.person("dana"), desk.person("eve"), desk.person("vic"));
    let case = dana.opens(high()).await;
    let due_at = desk.now() + TimeDelta::hours(4);
    let body = json!({ "what": "Next update", "who": "Eve Hart", "due_at": due_at.to_rfc3339() });
    let path = format!("/cases/{}/next-steps", case.number);
    dana.post(&path, body.clone())
        .await
        .refused(403, "missing_permission");
    let step = eve.post(&path, body).await.created();
    assert_eq!(
        (step["state"].as_str(), instant(&step["due_at"])),
        (Some("open"), due_at)
    );
    assert!(vic.case_feed(&case).await.iter().any(|entry| {
        entry["body"]
            .as_str()
            .is_some_and(|text| text.contains("Next update"))
    }));
    // When the promised instant passes and nobody says anything, those concerned are told, once.
    desk.mailbox().await;
    desk.reaches(due_at);
    let mut told = desk.mailbox().await;
    // Ahead of that, support was warned that the case could be escalated for it (M9).
    let all = told.0.len();
    told.0
        .retain(|mail| !mail.text.contains("can be escalated soon"));
    assert_eq!(all - told.0.len(), 1);
    assert!(
        told.0.iter().all(|mail| mail.text.contains("Next update")),
        "{:?}",
        told.recipients()
    );
    assert!(
        told.recipients().contains(&"dana@acme.test")
            || told.recipients().contains(&"eve@bellhop.test"),
        "{:?}",
        told.recipients()
    );
    assert_eq!(desk.mailbox().await.0.len(), 0, "once");
}

async fn c3_staff_open_cases_for_customers(desk: Desk) {
    let (dana, carl, eve) = (desk.person("dana"), desk.person("carl"), desk.person("eve"));
    let by_phone = || high().of("acme").with("channel", "call");
    let opened = async |case: NewCase| eve.post("/cases", case.json()).await;
    let case = opened(by_phone().with("contact", dana.email()))
        .await
        .created();
    assert_eq!(case["contact"]["name"], "Dana Cole");
    assert_eq!(case["opened_by"]["name"], "Eve Hart");
    assert_eq!(case["channel"], "call");
    let told = desk.mailbox().await;
    assert!(told.to("dana@acme.test").text.contains("Eve Hart"));
    // Who opens no cases there is no contact of one, and nor is anybody else's person.
    for (contact, code) in [
        ("vic@acme.test", "cannot_be_contact"),
        ("gina@globex.test", "not_found"),
        ("eve@bellhop.test", "not_found"),
    ] {
        let refused = opened(by_phone().with("contact", contact)).await;
        refused.names_fields(&[("contact", code)]);
    }
    let refused = opened(by_phone().with("channel", "pigeon")).await;
    refused.names_fields(&[("channel", "not_allowed")]);
    // A contact opens one for a colleague, and does not say how they were reached.
    let for_carl = dana
        .post("/cases", high().with("contact", carl.email()).json())
        .await;
    assert_eq!(for_carl.created()["contact"]["name"], "Carl Moss");
    for (field, value) in [("channel", "call"), ("external_id", "X-1")] {
        let refused = dana.post("/cases", high().with(field, value).json()).await;
        refused.names_fields(&[(field, "staff_only")]);
    }
    opened(by_phone().with("external_id", "X-1"))
        .await
        .created();
    let again = opened(by_phone().with("external_id", "X-1")).await;
    again.names_fields(&[("external_id", "taken")]);
    desk.mailbox().await;
}
