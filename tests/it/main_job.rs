//! The main job: from an open case to an answered escalation, as both feeds and the mail tell it.

use chrono::TimeDelta;
use serde_json::json;

use crate::support::answer::instant;
use crate::support::database::on_both_databases;
use crate::support::desk::Desk;
use crate::support::person::high;

on_both_databases! { Desk:
    an_escalation_is_answered,
    a_viewer_follows_and_changes_nothing,
}

async fn an_escalation_is_answered(desk: Desk) {
    let (dana, eve, ola, otto) = (
        desk.person("dana"),
        desk.person("eve"),
        desk.person("ola"),
        desk.person("otto"),
    );
    let vic = desk.person("vic");

    // Dana opens a case; the engineers are told.
    let case = dana.opens(high().about("Invoices are sent twice")).await;
    assert_eq!(case.number, "C-000001");
    let opened = desk.mailbox().await;
    assert!(
        opened.recipients().contains(&"eve@bellhop.test"),
        "{:?}",
        opened.recipients()
    );
    assert!(
        !opened.recipients().contains(&"dana@acme.test"),
        "nobody is told what they did themselves"
    );
    assert!(
        opened
            .to("eve@bellhop.test")
            .subject
            .contains("Invoices are sent twice")
    );

    // Eve takes it and answers; after that, nothing for a day.
    eve.changes(
        &case,
        json!({ "owner": eve.email(), "status": "in_progress" }),
    )
    .await
    .ok();
    let answered_at = desk.now();
    eve.writes(&case, "We can see it too and are looking for the cause.")
        .await;
    let answered = desk.mailbox().await;
    assert_eq!(answered.recipients(), ["dana@acme.test"]);
    dana.reads(&case).await;
    desk.passes(TimeDelta::hours(23));
    let early = dana
        .escalates(&case, "no_update")
        .await
        .refused(422, "not_eligible");
    assert_eq!(early.findings(), ["recently_updated"]);
    let eligible_at = instant(&early.finding("recently_updated")["eligible_at"]);
    assert_eq!(eligible_at, answered_at + TimeDelta::hours(24));

    // At the very instant that the refusal named, it is taken.
    desk.reaches(eligible_at);
    let submitted = dana.escalates(&case, "no_update").await.created();
    assert_eq!(submitted["number"], "E-000001");
    assert_eq!(submitted["state"], "submitted");
    assert_eq!(submitted["requested_by"]["name"], "Dana Cole");
    assert_eq!(submitted["case"]["number"], "C-000001");
    assert_eq!(submitted["case"]["subject"], "Invoices are sent twice");
    assert_eq!(
        submitted["answers"]["business_impact"],
        "Orders stand still"
    );
    assert_eq!(submitted["assessment"]["verdict"], "eligible");
    assert_eq!(instant(&submitted["submitted_at"]), eligible_at);
    assert_eq!(
        (&submitted["owner"], &submitted["rank"]),
        (&json!(null), &json!(null))
    );
    let escalation = crate::support::person::Escalation::of(&submitted);
    assert_eq!(
        dana.sees(&case).await["active_escalation"]["number"],
        "E-000001"
    );
    assert_eq!(
        vic.sees(&case).await["active_escalation"]["state"],
        "submitted"
    );

    // The queue and the requester are told.
    let submitted = desk.mailbox().await;
    for address in ["ola@bellhop.test", "otto@bellhop.test", "dana@acme.test"] {
        let mail = submitted.to(address);
        assert!(mail.subject.contains("E-000001"), "{}", mail.subject);
        assert!(mail.text.contains("C-000001"), "{}", mail.text);
        assert_eq!(mail.headers["auto-submitted"], "auto-generated");
    }
    let root = submitted.to("dana@acme.test").clone();
    assert_eq!(root.from, "desk@bellhop.test");

    // Ola claims it; Otto comes too late.
    let claimed = ola.claims(&escalation).await;
    assert_eq!(
        (claimed["state"].as_str(), claimed["owner"]["name"].as_str()),
        (Some("in_review"), Some("Ola Berg"))
    );
    let late = otto.does(&escalation, "claim", json!({})).await;
    assert_eq!(late.status, 409, "{late:?}");
    let claimed = desk.mailbox().await;
    let second = claimed.to("dana@acme.test").clone();
    assert!(
        second.references.contains(&root.id),
        "one thread: {second:?}"
    );

    // She accepts with next steps.
    let due_at = desk.now() + TimeDelta::hours(30);
    let accepted = ola.does(&escalation, "accept", json!({
        "importance": "high", "urgency": "medium", "reply": "You are right, **this took too long**.",
        "next_steps": [{ "what": "Roll the release back", "who": "Eve Hart", "due_at": due_at.to_rfc3339() }],
    })).await.ok();
    assert_eq!(
        (accepted["state"].as_str(), accepted["rank"].as_i64()),
        (Some("accepted"), Some(2))
    );
    let step = accepted["next_steps"][0].clone();
    assert_eq!(
        (step["what"].as_str(), step["who"].as_str()),
        (Some("Roll the release back"), Some("Eve Hart"))
    );
    assert_eq!(
        (step["state"].as_str(), instant(&step["due_at"])),
        (Some("open"), due_at)
    );
    let told = desk.mailbox().await;
    let mail = told.to("dana@acme.test");
    assert!(
        mail.text.contains("this took too long") && mail.text.contains("Roll the release back"),
        "{}",
        mail.text
    );
    assert!(
        mail.html.contains("<strong>this took too long</strong>"),
        "{}",
        mail.html
    );
    assert!(
        mail.references.contains(&root.id) && mail.in_reply_to.is_some(),
        "one thread: {mail:?}"
    );
    assert!(!told.recipients().contains(&"ola@bellhop.test"));

    // They talk in the escalation feed, which is kept apart from the case feed.
    let path = format!("/escalations/{}/feed", escalation.number);
    dana.post(
        &path,
        json!({ "body": "Thank you. When can we book again?" }),
    )
    .await
    .created();
    assert_eq!(desk.mailbox().await.recipients(), ["ola@bellhop.test"]);
    ola.post(&path, json!({ "body": "By noon." }))
        .await
        .created();
    assert_eq!(desk.mailbox().await.recipients(), ["dana@acme.test"]);
    let talk: Vec<_> = dana.escalation_feed(&case).await;
    let said: Vec<&str> = talk
        .iter()
        .filter_map(|entry| entry["body"].as_str())
        .collect();
    assert_eq!(
        said,
        [
            "We need somebody to look at this.",
            "You are right, **this took too long**.",
            "Thank you. When can we book again?",
            "By noon.",
        ]
    );
    assert!(
        talk.iter()
            .all(|entry| entry["feed"] == "escalation"
                && entry["escalation"]["number"] == "E-000001")
    );
    assert_eq!(
        talk[1]["author"],
        json!({ "id": talk[1]["author"]["id"], "name": "Ola Berg", "side": "provider" })
    );
    let record = dana.case_feed(&case).await;
    assert!(
        record.iter().all(|entry| entry["body"] != "By noon."),
        "kept apart: {record:#?}"
    );
    let marks: Vec<&str> = record
        .iter()
        .filter(|entry| entry["kind"] == "mark")
        .filter_map(|entry| entry["body"].as_str())
        .collect();
    for word in ["owns the case", "E-000001", "Roll the release back"] {
        assert!(
            marks.iter().any(|mark| mark.contains(word)),
            "no mark says {word}: {marks:#?}"
        );
    }

    // The step is done, the escalation is closed, and Dana says how it went.
    let id = step["id"].as_str().expect("an id");
    ola.patch(&format!("/next-steps/{id}"), json!({ "state": "done" }))
        .await
        .ok();
    // Eve is named as the one who does it (M7).
    assert_eq!(
        desk.mailbox().await.recipients(),
        ["dana@acme.test", "eve@bellhop.test"]
    );
    let closed = ola.settles(&escalation).await;
    assert_eq!(
        (closed["state"].as_str(), closed["outcome"].as_str()),
        (Some("closed"), Some("Resolved"))
    );
    assert_eq!(instant(&closed["closed_at"]), desk.now());
    let farewell = desk.mailbox().await;
    assert!(
        farewell
            .to("dana@acme.test")
            .text
            .contains("The fix is in place.")
    );
    assert_eq!(dana.sees(&case).await["active_escalation"], json!(null));
    let rating = format!("/escalations/{}/rating", escalation.number);
    dana.post(
        &rating,
        json!({ "score": 4, "comment": "Late, then good." }),
    )
    .await
    .ok();
    dana.post(&rating, json!({ "score": 5 }))
        .await
        .refused(409, "already_rated");
}

async fn a_viewer_follows_and_changes_nothing(desk: Desk) {
    let (dana, vic) = (desk.person("dana"), desk.person("vic"));
    let case = dana.opens(high()).await;
    desk.passes(TimeDelta::hours(24));
    let escalation = dana.escalates(&case, "no_update").taken().await;
    assert_eq!(vic.sees(&case).await["subject"], "Payments are not booked");
    assert_eq!(vic.sees_escalation(&escalation).await["state"], "submitted");
    assert!(!vic.case_feed(&case).await.is_empty());
    assert_eq!(vic.escalation_feed(&case).await.len(), 1);
    let before = desk.rows();
    let number = &case.number;
    for (path, body) in [
        ("/cases".to_owned(), high().json()),
        (format!("/cases/{number}/feed"), json!({ "body": "x" })),
        (format!("/cases/{number}/close"), json!({})),
        (format!("/cases/{number}/rca"), json!({})),
        (
            format!("/cases/{number}/escalations"),
            json!({ "reason": "no_update", "details": "x", "answers": {}, "acknowledgements": [] }),
        ),
        (
            format!("/escalations/{}/withdraw", escalation.number),
            json!({}),
        ),
        (
            format!("/escalations/{}/claim", escalation.number),
            json!({}),
        ),
    ] {
        vic.post(&path, body)
            .await
            .refused(403, "missing_permission");
    }
    vic.changes(&case, json!({ "subject": "x" }))
        .await
        .refused(403, "missing_permission");
    desk.is_unchanged_since(&before, "a viewer");
}
