//! The life of an escalation: decided, taken back, handed over, ended (M2–M13, E13).

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::answer::instant;
use crate::support::database::on_both_databases;
use crate::support::desk::Desk;
use crate::support::person::{Case, Escalation, Person, high};
use crate::support::session::Session;

/// A case of Dana's that is a day old, and her escalation of it.
async fn escalated(desk: &Desk) -> (Case, Escalation) {
    let dana = desk.person("dana");
    let case = dana.opens(high()).await;
    desk.passes(TimeDelta::hours(24));
    let escalation = dana.escalates(&case, "no_update").taken().await;
    (case, escalation)
}

/// A verb is refused in this state, with the verbs that are lawful instead.
async fn unlawful(person: &Person, escalation: &Escalation, verb: &str, body: Value) {
    let refused = person
        .does(escalation, verb, body)
        .await
        .refused(409, "unlawful_move");
    assert!(refused.json["lawful_moves"].is_array(), "{refused:?}");
}

fn accept(desk: &Desk) -> Value {
    json!({ "importance": "low", "urgency": "low", "reply": "Yes.", "next_steps": [desk.step()] })
}

on_both_databases! { Desk:
    declined_with_reasons_and_submitted_again,
    the_requesters_side_takes_it_back_in_every_active_state,
    only_lawful_moves_exist,
    nobody_but_whoever_is_asked_rates_it,
    somebody_else_is_asked_for_who_may_not_rate_any_more,
    somebody_else_is_asked_after_the_end_as_well,
    closing_says_what_becomes_of_open_promises,
    whoever_is_named_for_a_next_step_is_told,
    it_belongs_to_its_owner_unless_a_supervisor_says_otherwise,
    what_is_so_already_is_not_done_again,
    importance_and_urgency_make_the_rank_that_orders_the_queue,
    the_review_sees_what_the_requester_saw,
    a_contact_who_closes_the_case_withdraws_with_it,
    steps_are_done_missed_or_promised_anew,
}

async fn declined_with_reasons_and_submitted_again(desk: Desk) {
    let (dana, ola) = (desk.person("dana"), desk.person("ola"));
    let (case, first) = escalated(&desk).await;
    ola.claims(&first).await;
    desk.mailbox().await;
    let no_reason = ola
        .does(&first, "decline", json!({ "reasons": [], "reply": "No." }))
        .await;
    assert_eq!(no_reason.status, 422, "{no_reason:?}");
    let unknown = ola
        .does(&first, "decline", json!({ "reasons": ["too_loud"] }))
        .await;
    unknown.names_fields(&[("reasons[0]", "not_allowed")]);
    let declined = ola
        .declines(
            &first,
            &["impact_not_significant", "awaiting_your_information"],
        )
        .await;
    assert_eq!(declined["state"], "declined");
    assert_eq!(
        declined["decline_reasons"],
        json!(["impact_not_significant", "awaiting_your_information"])
    );
    assert_eq!(instant(&declined["closed_at"]), desk.now());
    let post = desk.mailbox().await;
    let mail = post.to("dana@acme.test");
    assert!(mail.text.contains("Not this time."), "{}", mail.text);
    assert!(
        mail.text.to_lowercase().contains("impact"),
        "the reasons in words: {}",
        mail.text
    );

    // Final: nothing moves it any more.
    for (verb, body) in [
        ("claim", json!({})),
        ("accept", accept(&desk)),
        ("close", json!({ "outcome": "x", "summary": "x" })),
    ] {
        unlawful(&ola, &first, verb, body).await;
    }
    unlawful(&dana, &first, "withdraw", json!({})).await;

    // Once eligible again, a new one may be submitted; the words of the refusal were no update (C7).
    let second = dana.escalates(&case, "no_update").taken().await;
    assert_eq!(second.number, "E-000002");
    let history = dana
        .all(&format!("/cases/{}/escalations", case.number))
        .await;
    let states: Vec<_> = history
        .iter()
        .map(|one| (one["number"].as_str(), one["state"].as_str()))
        .collect();
    assert_eq!(
        states,
        [
            (Some("E-000002"), Some("submitted")),
            (Some("E-000001"), Some("declined"))
        ]
    );
}

async fn the_requesters_side_takes_it_back_in_every_active_state(desk: Desk) {
    let (dana, carl, ola) = (desk.person("dana"), desk.person("carl"), desk.person("ola"));
    for until in ["submitted", "in_review", "accepted"] {
        let (case, escalation) = escalated(&desk).await;
        if until != "submitted" {
            ola.claims(&escalation).await;
        }
        if until == "accepted" {
            ola.accepts(&escalation, "high", "high").await;
        }
        desk.mailbox().await;
        // A colleague of the requester may do it too; the owner may not.
        let missing = ola.does(&escalation, "withdraw", json!({})).await;
        missing.refused(403, "missing_permission");
        let withdrawn = carl.withdraws(&escalation).await;
        assert_eq!(withdrawn["state"], "withdrawn");
        assert_eq!(dana.sees(&case).await["active_escalation"], json!(null));
        let told = desk.mailbox().await;
        assert!(
            told.recipients().contains(&"ola@bellhop.test"),
            "{until}: {:?}",
            told.recipients()
        );
        assert!(!told.recipients().contains(&"carl@acme.test"));
    }
}

async fn only_lawful_moves_exist(desk: Desk) {
    let (dana, ola) = (desk.person("dana"), desk.person("ola"));
    let (_, escalation) = escalated(&desk).await;
    let close = || json!({ "outcome": "x", "summary": "x" });
    let decline = || json!({ "reasons": ["low_priority"] });
    unlawful(&ola, &escalation, "accept", accept(&desk)).await;
    unlawful(&ola, &escalation, "decline", decline()).await;
    unlawful(&ola, &escalation, "close", close()).await;
    unlawful(&dana, &escalation, "rating", json!({ "score": 5 })).await;
    ola.claims(&escalation).await;
    unlawful(&ola, &escalation, "close", close()).await;
    ola.accepts(&escalation, "medium", "low").await;
    unlawful(&ola, &escalation, "accept", accept(&desk)).await;
    unlawful(&ola, &escalation, "decline", decline()).await;
    ola.settles(&escalation).await;
    unlawful(&ola, &escalation, "close", close()).await;
    unlawful(&dana, &escalation, "withdraw", json!({})).await;
    for score in [0, 6] {
        let refused = dana
            .does(&escalation, "rating", json!({ "score": score }))
            .await;
        refused.names_fields(&[("score", "out_of_range")]);
    }
    dana.does(&escalation, "rating", json!({ "score": 1 }))
        .await
        .ok();
}

async fn it_belongs_to_its_owner_unless_a_supervisor_says_otherwise(desk: Desk) {
    let (sam, ola, otto, eve) = (
        desk.person("sam"),
        desk.person("ola"),
        desk.person("otto"),
        desk.person("eve"),
    );
    let (_, escalation) = escalated(&desk).await;
    eve.does(&escalation, "claim", json!({}))
        .await
        .refused(403, "missing_permission");
    ola.does(&escalation, "assign", json!({ "owner": otto.email() }))
        .await
        .refused(403, "missing_permission");
    sam.does(
        &escalation,
        "assign",
        json!({ "owner": "nobody@bellhop.test" }),
    )
    .await
    .names_fields(&[("owner", "not_found")]);
    sam.does(&escalation, "assign", json!({ "owner": "dana@acme.test" }))
        .await
        .names_fields(&[("owner", "not_found")]);
    let engineer = sam
        .does(&escalation, "assign", json!({ "owner": eve.email() }))
        .await;
    engineer.names_fields(&[("owner", "not_an_escalation_owner")]);
    let assigned = sam
        .does(&escalation, "assign", json!({ "owner": ola.email() }))
        .await
        .ok();
    assert_eq!(
        (
            assigned["state"].as_str(),
            assigned["owner"]["name"].as_str()
        ),
        (Some("in_review"), Some("Ola Berg"))
    );
    otto.does(&escalation, "accept", accept(&desk))
        .await
        .refused(403, "not_escalation_owner");
    otto.does(
        &escalation,
        "decline",
        json!({ "reasons": ["low_priority"] }),
    )
    .await
    .refused(403, "not_escalation_owner");
    let moved = sam
        .does(&escalation, "assign", json!({ "owner": otto.email() }))
        .await
        .ok();
    assert_eq!(moved["owner"]["name"], "Otto Lind");
    otto.accepts(&escalation, "high", "low").await;
    ola.does(
        &escalation,
        "close",
        json!({ "outcome": "x", "summary": "x" }),
    )
    .await
    .refused(403, "not_escalation_owner");
    let closed = sam.settles(&escalation).await;
    assert_eq!(closed["state"], "closed");
}

async fn what_is_so_already_is_not_done_again(desk: Desk) {
    let (sam, ola) = (desk.person("sam"), desk.person("ola"));
    let (_, escalation) = escalated(&desk).await;
    ola.claims(&escalation).await;
    ola.accepts(&escalation, "high", "low").await;
    desk.mailbox().await;
    let before = desk.rows();

    let to_ola = json!({ "owner": ola.email() });
    let assigned = sam.does(&escalation, "assign", to_ola).await.ok();
    assert_eq!(assigned["owner"]["name"], "Ola Berg");
    let as_it_is = json!({ "importance": "high", "urgency": "low" });
    let ranked = ola.does(&escalation, "rank", as_it_is).await.ok();
    assert_eq!(ranked["rank"], 3);
    assert_eq!(ola.claims(&escalation).await["owner"]["name"], "Ola Berg");
    desk.is_unchanged_since(
        &before,
        "giving it to its owner, claiming what is one's own, and ranking it as it was,",
    );
}

async fn importance_and_urgency_make_the_rank_that_orders_the_queue(desk: Desk) {
    let (dana, ola) = (desk.person("dana"), desk.person("ola"));
    let ranks = [
        ("high", "high", 1),
        ("high", "medium", 2),
        ("medium", "high", 2),
        ("high", "low", 3),
        ("low", "high", 3),
        ("medium", "medium", 3),
        ("medium", "low", 4),
        ("low", "medium", 4),
        ("low", "low", 5),
    ];
    let mut cases = Vec::new();
    for (importance, urgency, _) in ranks.iter().rev() {
        cases.push(
            dana.opens(high().about(&format!("{importance} {urgency}")))
                .await,
        );
    }
    desk.passes(TimeDelta::hours(24));
    for (case, (importance, urgency, rank)) in cases.iter().zip(ranks.iter().rev()) {
        let escalation = dana.escalates(case, "no_update").taken().await;
        ola.claims(&escalation).await;
        assert_eq!(
            ola.accepts(&escalation, importance, urgency).await["rank"],
            json!(rank),
            "{importance}/{urgency}"
        );
        desk.passes(TimeDelta::seconds(1));
    }
    let queue = ola.all("/escalations?state=accepted").await;
    let order: Vec<i64> = queue
        .iter()
        .filter_map(|one| one["rank"].as_i64())
        .collect();
    assert_eq!(order, [1, 2, 2, 3, 3, 3, 4, 4, 5]);
    let third: Vec<_> = ola.all("/escalations?rank=3").await;
    assert_eq!(third.len(), 3);
}

async fn the_review_sees_what_the_requester_saw(desk: Desk) {
    let (dana, eve, ola) = (desk.person("dana"), desk.person("eve"), desk.person("ola"));
    let (case, escalation) = escalated(&desk).await;
    let then = dana.sees_escalation(&escalation).await["assessment"].clone();
    assert_eq!(instant(&then["at"]), desk.now());
    desk.passes(TimeDelta::hours(1));
    eve.changes(
        &case,
        json!({ "priority": "low", "business_impact": "none" }),
    )
    .await
    .ok();
    let seen = ola.sees_escalation(&escalation).await;
    assert_eq!(seen["assessment"], then, "stored as it was (E13)");
    assert_eq!(
        seen["state"], "submitted",
        "lowering the priority leaves it as it is (M13)"
    );
    ola.claims(&escalation).await;
    ola.accepts(&escalation, "low", "low").await;
}

async fn a_contact_who_closes_the_case_withdraws_with_it(desk: Desk) {
    let (dana, eve, ola) = (desk.person("dana"), desk.person("eve"), desk.person("ola"));
    let (case, escalation) = escalated(&desk).await;
    ola.claims(&escalation).await;
    desk.mailbox().await;
    // Staff end the escalation first, with its outcome (M13).
    eve.closes(&case)
        .await
        .refused(409, "close_escalation_first");
    dana.closes(&case).await.ok();
    let seen = ola.sees_escalation(&escalation).await;
    assert_eq!(
        (
            seen["state"].as_str(),
            dana.sees(&case).await["status"].as_str()
        ),
        (Some("withdrawn"), Some("closed"))
    );
    let post = desk.mailbox().await;
    assert!(
        post.recipients().contains(&"ola@bellhop.test"),
        "{:?}",
        post.recipients()
    );
    assert_eq!(dana.sees(&case).await["active_escalation"], json!(null));
}

async fn steps_are_done_missed_or_promised_anew(desk: Desk) {
    let (dana, ola) = (desk.person("dana"), desk.person("ola"));
    let (case, escalation) = escalated(&desk).await;
    ola.claims(&escalation).await;
    ola.accepts(&escalation, "high", "high").await;
    desk.mailbox().await;
    let at = |hours| (desk.now() + TimeDelta::hours(hours)).to_rfc3339();
    let path = format!("/escalations/{}/next-steps", escalation.number);
    let past = ola
        .post(
            &path,
            json!({ "what": "Look", "who": "Eve", "due_at": at(-1) }),
        )
        .await;
    past.names_fields(&[("due_at", "not_in_the_future")]);
    let step = ola
        .post(
            &path,
            json!({ "what": "Find the cause", "who": "The database vendor", "due_at": at(2) }),
        )
        .await
        .created();
    assert_eq!(desk.mailbox().await.recipients(), ["dana@acme.test"]);
    let step_path = format!("/next-steps/{}", step["id"].as_str().expect("an id"));
    dana.patch(&step_path, json!({ "state": "done" }))
        .await
        .refused(403, "missing_permission");
    let unreasoned = ola.patch(&step_path, json!({ "due_at": at(9) })).await;
    assert_eq!(
        unreasoned.status, 422,
        "a new promise needs a reason: {unreasoned:?}"
    );
    let later = at(9);
    let promised = ola
        .patch(
            &step_path,
            json!({ "due_at": later, "reason": "The vendor needs a day." }),
        )
        .await
        .ok();
    assert_eq!(
        (
            promised["state"].as_str(),
            promised["due_at"]
                .as_str()
                .map(|at| at.parse::<chrono::DateTime<chrono::Utc>>().ok())
        ),
        (Some("open"), Some(later.parse().ok()))
    );
    assert!(
        desk.mailbox()
            .await
            .to("dana@acme.test")
            .text
            .contains("The vendor needs a day.")
    );
    ola.patch(&step_path, json!({ "state": "missed" }))
        .await
        .ok();
    ola.patch(&step_path, json!({ "due_at": at(20), "reason": "Again." }))
        .await
        .ok();
    ola.patch(&step_path, json!({ "state": "done" })).await.ok();
    for (patch, _) in [
        (json!({ "state": "missed" }), ()),
        (json!({ "state": "open" }), ()),
        (json!({ "due_at": at(30), "reason": "x" }), ()),
    ] {
        let refused = ola.patch(&step_path, patch).await;
        assert!(
            matches!(refused.status, 409 | 422),
            "done is done: {refused:?}"
        );
    }
    let seen = dana.sees_escalation(&escalation).await;
    assert_eq!(
        (
            seen["next_steps"].as_array().map(Vec::len),
            seen["next_steps"][0]["state"].as_str()
        ),
        (Some(2), Some("done"))
    );
    let texts: Vec<String> = dana
        .case_feed(&case)
        .await
        .iter()
        .filter_map(|entry| entry["body"].as_str().map(str::to_owned))
        .collect();
    assert!(
        texts
            .iter()
            .filter(|text| text.contains("Find the cause"))
            .count()
            >= 4,
        "{texts:#?}"
    );
    desk.mailbox().await;
}

async fn nobody_but_whoever_is_asked_rates_it(desk: Desk) {
    let (dana, carl, ola) = (desk.person("dana"), desk.person("carl"), desk.person("ola"));
    let rate = json!({ "score": 5 });
    let (_, escalation) = escalated(&desk).await;
    ola.claims(&escalation).await;
    ola.accepts(&escalation, "high", "high").await;
    // While she is there, nobody else is asked in her place.
    let close = |rater: &str| json!({ "outcome": "Mended", "summary": "Done.", "rater": rater });
    let named = ola
        .does(&escalation, "close", close("carl@acme.test"))
        .await;
    named.names_fields(&[("rater", "requester_still_here")]);
    ola.settles(&escalation).await;
    let refused = carl.does(&escalation, "rating", rate.clone()).await;
    refused.refused(403, "not_rater");
    let offered = carl.sees_escalation(&escalation).await["lawful_verbs"].clone();
    assert_eq!(offered, json!([]));
    dana.does(&escalation, "rating", rate.clone()).await.ok();

    // She leaves: the provider names a colleague, who is asked by mail.
    let (_, second) = escalated(&desk).await;
    ola.claims(&second).await;
    ola.accepts(&second, "high", "high").await;
    let ada = desk.person("ada");
    let dana_id = dana.get("/me").await.ok()["person"]["id"].clone();
    let path = format!("/users/{}", dana_id.as_str().expect("an id"));
    ada.patch(&path, json!({ "disabled": true })).await.ok();
    let form = format!("/escalations/{}?do=close", second.number);
    let page = Session::of(&desk, &ola).await.page(&form).await.text;
    assert!(
        page.contains("Asked for the rating") && page.contains("Carl Moss"),
        "{page}"
    );
    let nobody = ola.does(&second, "close", close("gina@globex.test")).await;
    nobody.names_fields(&[("rater", "not_found")]);
    let viewer = ola.does(&second, "close", close("vic@acme.test")).await;
    viewer.names_fields(&[("rater", "cannot_rate")]);
    desk.mailbox().await;
    ola.does(&second, "close", close("carl@acme.test"))
        .await
        .ok();
    let mail = desk.mailbox().await;
    assert!(mail.to("carl@acme.test").text.contains("Mended"));
    carl.does(&second, "rating", rate).await.ok();
}

/// M11: whoever may rate nothing any more is gone, too.
async fn somebody_else_is_asked_for_who_may_not_rate_any_more(desk: Desk) {
    let (dana, ola, ada) = (desk.person("dana"), desk.person("ola"), desk.person("ada"));
    let (_, escalation) = escalated(&desk).await;
    ola.claims(&escalation).await;
    ola.accepts(&escalation, "high", "high").await;
    let dana_id = dana.get("/me").await.ok()["person"]["id"].clone();
    let path = format!("/users/{}", dana_id.as_str().expect("an id"));
    let viewer = json!({ "roles": ["portal_viewer"] });
    ada.patch(&path, viewer).await.ok();
    let close = json!({ "outcome": "Mended", "summary": "Done.", "rater": "carl@acme.test" });
    ola.does(&escalation, "close", close).await.ok();
    desk.mailbox().await;
    let rate = json!({ "score": 4 });
    let rated = desk.person("carl").does(&escalation, "rating", rate).await;
    rated.ok();
}

async fn whoever_is_named_for_a_next_step_is_told(desk: Desk) {
    let (ola, sam) = (desk.person("ola"), desk.person("sam"));
    let (case, escalation) = escalated(&desk).await;
    ola.changes(&case, json!({ "owner": sam.email() }))
        .await
        .ok();
    ola.claims(&escalation).await;
    desk.mailbox().await;
    let step = |who: &str| {
        let due_at = (desk.now() + TimeDelta::hours(5)).to_rfc3339();
        json!({ "what": "Read the trace", "who": who, "due_at": due_at })
    };
    let accept = json!({
        "importance": "low", "urgency": "low", "reply": "Yes.", "next_steps": [step("Eve Hart"), step("The carrier")],
    });
    ola.does(&escalation, "accept", accept).await.ok();
    let post = desk.mailbox().await;
    assert!(post.to("eve@bellhop.test").text.contains("Read the trace"));
    // By address as by name; and the case's owner learns of every step.
    let path = format!("/escalations/{}/next-steps", escalation.number);
    ola.post(&path, step("OTTO@bellhop.test")).await.created();
    let post = desk.mailbox().await;
    for told in ["otto@bellhop.test", "sam@bellhop.test"] {
        assert!(post.to(told).text.contains("Read the trace"), "{told}");
    }
}

/// M11: whoever was asked leaves after the escalation was closed; another is asked in their place, and rates.
async fn somebody_else_is_asked_after_the_end_as_well(desk: Desk) {
    let (ada, ola, otto, carl) = (
        desk.person("ada"),
        desk.person("ola"),
        desk.person("otto"),
        desk.person("carl"),
    );
    let (_, escalation) = escalated(&desk).await;
    ola.claims(&escalation).await;
    ola.does(&escalation, "accept", accept(&desk)).await.ok();
    let close = json!({ "outcome": "Mended", "summary": "It rings again." });
    ola.does(&escalation, "close", close).await.ok();
    let ask = json!({ "rater": "carl@acme.test" });
    let verbs = async || ola.sees_escalation(&escalation).await["lawful_verbs"].clone();
    assert_eq!(verbs().await, json!([]));
    let refused = ola.does(&escalation, "rater", ask.clone()).await;
    refused.refused(409, "rater_still_here");

    let dana = crate::support::paired::id_of(&desk.person("dana")).await;
    let gone = json!({ "disabled": true });
    ada.patch(&format!("/users/{dana}"), gone).await.ok();
    assert_eq!(verbs().await, json!(["ask_rater"]));
    let others = otto.does(&escalation, "rater", ask.clone()).await;
    others.refused(403, "not_escalation_owner");
    for (whom, code) in [
        ("nobody@acme.test", "not_found"),
        ("vic@acme.test", "cannot_rate"),
    ] {
        let named = ola
            .does(&escalation, "rater", json!({ "rater": whom }))
            .await;
        named.names_fields(&[("rater", code)]);
    }
    desk.mailbox().await;
    ola.does(&escalation, "rater", ask).await.ok();
    let post = desk.mailbox().await;
    assert_eq!(post.recipients(), ["carl@acme.test"]);
    assert!(
        post.0[0].text.contains("asks you to rate"),
        "{}",
        post.0[0].text
    );
    let rating = json!({ "score": 4, "comment": "Quick." });
    carl.does(&escalation, "rating", rating).await.ok();
    assert_eq!(verbs().await, json!([]));
    let events = ada.all("/audit-events?kind=escalation.rater_asked").await;
    assert_eq!(events.len(), 1, "{events:?}");
}

/// M7, C9: what becomes of open promises is said when what they were made on is closed, and their history is told.
async fn closing_says_what_becomes_of_open_promises(desk: Desk) {
    let (ola, eve, vic) = (desk.person("ola"), desk.person("eve"), desk.person("vic"));
    let (case, escalation) = escalated(&desk).await;
    ola.claims(&escalation).await;
    ola.does(&escalation, "accept", accept(&desk)).await.ok();
    let path = format!("/cases/{}/next-steps", case.number);
    let on_case = eve.post(&path, desk.step()).await.created();
    let steps = eve.get(&path).await.ok();
    let id = |step: &Value| step["id"].as_str().expect("an id").to_owned();
    let of_escalation = steps["items"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|step| !step["escalation"].is_null())
        .map(id)
        .expect("a promise of the acceptance");
    let later = json!({
        "due_at": "2026-05-01T09:00:00Z", "reason": "The carrier is slow.",
    });
    ola.patch(&format!("/next-steps/{of_escalation}"), later)
        .await
        .ok();

    // The promise of the case is none of the escalation's.
    let close = |step: &str, state: &str| json!({ "outcome": "Mended", "summary": "Done.", "next_steps": [{ "step": step, "state": state }] });
    let refused = ola
        .does(&escalation, "close", close(&id(&on_case), "done"))
        .await;
    refused.names_fields(&[("next_steps[0].step", "not_found")]);
    let refused = ola
        .does(&escalation, "close", close(&of_escalation, "open"))
        .await;
    refused.names_fields(&[("next_steps[0].state", "not_settled")]);
    assert_eq!(ola.sees_escalation(&escalation).await["state"], "accepted");
    ola.does(&escalation, "close", close(&of_escalation, "missed"))
        .await
        .ok();
    let told = vic.get(&format!("/next-steps/{of_escalation}")).await.ok();
    let happened: Vec<&Value> = told["history"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|past| &past["happened"])
        .collect();
    assert_eq!(happened, ["promised", "repromised", "missed"]);
    assert_eq!(told["state"], "missed");
    assert_eq!(told["history"][1]["reason"], "The carrier is slow.");
    assert_eq!(told["history"][2]["by"], "Ola Berg");

    // By page it is asked, and nothing is closed before it is said.
    let hers = Session::of(&desk, &eve).await;
    let page = hers
        .page(&format!("/cases/{}?do=close", case.number))
        .await
        .text;
    assert!(page.contains("What becomes of"), "{page}");
    let step = id(&on_case);
    let form = [("next_steps[0].step", step.as_str())];
    let closing = format!("/cases/{}/close", case.number);
    assert_eq!(hers.sends(&closing, &form).await.status, 422);
    let form = [form[0], ("next_steps[0].state", "done")];
    assert_eq!(hers.sends(&closing, &form).await.status, 303);
    assert_eq!(eve.sees(&case).await["status"], "closed");
    let told = eve.get(&format!("/next-steps/{step}")).await.ok();
    assert_eq!(told["state"], "done");
    desk.mailbox().await;
}
