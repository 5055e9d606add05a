//! The two feeds: what belongs where, what stays inside, what is read, and what is corrected (F1–F8, M10).

use chrono::TimeDelta;
use serde_json::json;

use crate::support::answer::instant;
use crate::support::database::on_both_databases;
use crate::support::desk::Desk;
use crate::support::person::{Case, Person, high};

on_both_databases! { Desk:
    f2_what_is_internal_reaches_no_customer,
    f4_markdown_is_rendered_safely,
    f4_an_entry_is_corrected_within_five_minutes,
    f6_unread_is_per_person_and_per_feed,
    f6_what_came_later_is_unread_whatever_the_clocks_say,
    f7_each_feed_has_its_own_thread,
    m10_a_call_is_recorded,
}

/// Whether the desk would remind them of something that they have not read.
async fn has_unread(person: &Person, case: &Case) -> bool {
    let assessed = person.assesses(case, "missed_commitment").await;
    assessed.findings().contains(&"unread_update")
}

async fn f2_what_is_internal_reaches_no_customer(desk: Desk) {
    let (dana, vic, eve, ola, mona) = (
        desk.person("dana"),
        desk.person("vic"),
        desk.person("eve"),
        desk.person("ola"),
        desk.person("mona"),
    );
    let case = dana.opens(high()).await;
    desk.passes(TimeDelta::hours(24));
    let escalation = dana.escalates(&case, "no_update").taken().await;
    desk.mailbox().await;
    let secret = "The vendor is to blame: Xylophone";
    let note = eve.notes(&case, secret).await;
    assert_eq!(note["visibility"], "internal");
    let inside = ola
        .post(
            &format!("/escalations/{}/feed", escalation.number),
            json!({ "body": secret, "visibility": "internal" }),
        )
        .await
        .created();
    // No page, no list, no count, no search, no notice.
    let number = &case.number;
    for person in [&dana, &vic] {
        for path in [
            format!("/cases/{number}"),
            format!("/cases/{number}/feed"),
            format!("/cases/{number}/escalation-feed"),
            format!("/escalations/{}", escalation.number),
            format!("/escalations/{}/feed", escalation.number),
            format!("/cases/{number}/escalations"),
            "/cases".to_owned(),
            "/cases?q=Xylophone".to_owned(),
            format!("/cases/{number}/eligibility"),
        ] {
            let answer = person.get(&path).await;
            assert!(!answer.text.contains("Xylophone"), "{answer:?}");
            assert!(
                !answer.text.contains(note["id"].as_str().expect("an id")),
                "{answer:?}"
            );
        }
        assert_eq!(
            person.get("/cases?q=Xylophone").await.ok()["items"],
            json!([])
        );
    }
    assert!(
        !has_unread(&dana, &case).await,
        "not even as something unread"
    );
    let post = desk.mailbox().await;
    assert!(
        post.0.iter().all(|mail| !mail.to.ends_with("acme.test")),
        "{:?}",
        post.recipients()
    );
    // Nor can it be touched by its id.
    for entry in [&note, &inside] {
        let path = format!("/feed-entries/{}", entry["id"].as_str().expect("an id"));
        dana.patch(&path, json!({ "body": "x" }))
            .await
            .refused(404, "not_found");
    }
    // Staff see it in its place; whoever is a customer cannot write so.
    assert!(
        mona.case_feed(&case)
            .await
            .iter()
            .any(|entry| entry["body"] == secret)
    );
    assert!(
        eve.escalation_feed(&case)
            .await
            .iter()
            .any(|entry| entry["body"] == secret)
    );
    let sneaky = dana
        .post(
            &format!("/cases/{number}/feed"),
            json!({ "body": "x", "visibility": "internal" }),
        )
        .await;
    sneaky.refused(403, "missing_permission");
}

async fn f4_markdown_is_rendered_safely(desk: Desk) {
    let dana = desk.person("dana");
    let case = dana.opens(high()).await;
    for (written, wanted, unwanted) in [
        ("**bold**", "<strong>bold</strong>", ""),
        ("<script>alert(1)</script>", "", "<script"),
        ("[x](javascript:alert(1))", "", "javascript:"),
        ("<img src=x onerror=alert(1)>", "", "<img src=x onerror"),
        ("[x](https://example.com)", "https://example.com", ""),
        ("a <b onclick=\"x()\">b</b>", "", "<b onclick"),
        ("![](data:text/html;base64,AAAA)", "", "data:text/html"),
    ] {
        let entry = dana.writes(&case, written).await;
        assert_eq!(
            entry["body"], written,
            "what was written stays as it was written"
        );
        let html = entry["body_html"].as_str().expect("HTML");
        assert!(html.contains(wanted), "{written}: {html}");
        assert!(
            unwanted.is_empty() || !html.contains(unwanted),
            "{written}: {html}"
        );
    }
}

async fn f4_an_entry_is_corrected_within_five_minutes(desk: Desk) {
    let (dana, carl, eve) = (desk.person("dana"), desk.person("carl"), desk.person("eve"));
    let case = dana.opens(high()).await;
    let entry = dana.writes(&case, "It is the prnter.").await;
    let path = format!("/feed-entries/{}", entry["id"].as_str().expect("an id"));
    carl.patch(&path, json!({ "body": "x" }))
        .await
        .refused(403, "not_editable");
    eve.patch(&path, json!({ "body": "x" }))
        .await
        .refused(403, "not_editable");
    desk.passes(TimeDelta::minutes(5) - TimeDelta::microseconds(1));
    let edited = dana
        .patch(&path, json!({ "body": "It is the printer." }))
        .await
        .ok();
    assert_eq!(edited["body"], "It is the printer.");
    assert_eq!(edited["at"], entry["at"]);
    desk.passes(TimeDelta::microseconds(1));
    dana.patch(&path, json!({ "body": "Too late." }))
        .await
        .refused(409, "edit_window_closed");
    assert!(
        dana.case_feed(&case)
            .await
            .iter()
            .any(|entry| entry["body"] == "It is the printer.")
    );
    // Neither edited nor deleted; staff may redact, and it is audited.
    let deleted = dana.delete(&path).await;
    assert!(matches!(deleted.status, 404 | 405), "{deleted:?}");
    dana.post(&format!("{path}/redaction"), json!({ "reason": "x" }))
        .await
        .refused(403, "missing_permission");
    eve.post(
        &format!("{path}/redaction"),
        json!({ "reason": "A password stood there." }),
    )
    .await
    .ok();
    let feed = dana.get(&format!("/cases/{}/feed", case.number)).await;
    assert!(!feed.text.contains("It is the printer"), "{feed:?}");
    eve.post(&format!("{path}/redaction"), json!({ "reason": "x" }))
        .await
        .refused(403, "not_editable");
    // It was audited, and nowhere in the database do the words stand any more.
    let events = desk.person("ada").all("/audit-events").await;
    assert!(
        events.iter().any(|event| event["kind"] == "entry.redacted"),
        "{events:#?}"
    );
    for (table, rows) in desk.rows() {
        let kept = rows
            .iter()
            .find(|row| row.contains("prnter") || row.contains("printer"));
        assert_eq!(kept, None, "{table} keeps them");
    }
    desk.mailbox().await;
}

async fn f6_unread_is_per_person_and_per_feed(desk: Desk) {
    let (dana, carl) = (desk.person("dana"), desk.person("carl"));
    let (eve, ola) = (desk.person("eve"), desk.person("ola"));
    let case = dana.opens(high()).await;
    desk.passes(TimeDelta::hours(24));
    let escalation = dana.escalates(&case, "no_update").taken().await;
    assert!(!has_unread(&dana, &case).await, "nobody has written yet");
    eve.writes(&case, "One.").await;
    desk.passes(TimeDelta::minutes(1));
    let path = format!("/escalations/{}/feed", escalation.number);
    ola.post(&path, json!({ "body": "Two." })).await.created();
    desk.passes(TimeDelta::minutes(1));
    // Looking by program reads nothing; saying so does, feed by feed and person by person.
    dana.case_feed(&case).await;
    dana.escalation_feed(&case).await;
    assert!(has_unread(&dana, &case).await);
    let read = format!("/cases/{}/read", case.number);
    dana.put(&read, json!({ "feed": "escalation" }))
        .await
        .done();
    assert!(has_unread(&dana, &case).await, "the case feed is left");
    dana.put(&read, json!({ "feed": "case" })).await.done();
    assert!(!has_unread(&dana, &case).await);
    assert!(has_unread(&carl, &case).await);
    carl.reads(&case).await;
    assert!(!has_unread(&carl, &case).await);
    dana.put(&read, json!({ "feed": "news" }))
        .await
        .names_fields(&[("feed", "not_allowed")]);
    desk.passes(TimeDelta::minutes(1));
    eve.writes(&case, "Three.").await;
    assert!(has_unread(&dana, &case).await && has_unread(&carl, &case).await);
}

async fn f6_what_came_later_is_unread_whatever_the_clocks_say(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let case = dana.opens(high()).await;
    eve.writes(&case, "One.").await;
    desk.passes(TimeDelta::minutes(1));
    dana.reads(&case).await;
    assert!(!has_unread(&dana, &case).await);
    // Support answers through a process whose clock is behind.
    desk.falls_behind(TimeDelta::seconds(10));
    eve.writes(&case, "Two.").await;
    desk.passes(TimeDelta::minutes(1));
    assert!(has_unread(&dana, &case).await);
    dana.reads(&case).await;
    assert!(!has_unread(&dana, &case).await);
}

async fn f7_each_feed_has_its_own_thread(desk: Desk) {
    let (dana, eve, ola) = (desk.person("dana"), desk.person("eve"), desk.person("ola"));
    let case = dana.opens(high()).await;
    desk.passes(TimeDelta::hours(24));
    let escalation = dana.escalates(&case, "no_update").taken().await;
    ola.claims(&escalation).await;
    desk.mailbox().await;
    eve.writes(&case, "In the case.").await;
    let in_case = desk.mailbox().await.to("dana@acme.test").clone();
    ola.post(
        &format!("/escalations/{}/feed", escalation.number),
        json!({ "body": "In the escalation." }),
    )
    .await
    .created();
    let in_escalation = desk.mailbox().await.to("dana@acme.test").clone();
    eve.writes(&case, "In the case again.").await;
    let again = desk.mailbox().await.to("dana@acme.test").clone();
    assert!(
        in_case
            .references
            .iter()
            .all(|id| !in_escalation.references.contains(id)),
        "{in_case:?} {in_escalation:?}"
    );
    assert!(
        again.references.contains(&in_case.id)
            || again
                .references
                .iter()
                .any(|id| in_case.references.contains(id)),
        "{again:?}"
    );
    assert_ne!(in_case.id, again.id);
}

async fn m10_a_call_is_recorded(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let case = dana.opens(high()).await;
    desk.passes(TimeDelta::hours(30));
    let path = format!("/cases/{}/external-communications", case.number);
    let call = |at: chrono::DateTime<chrono::Utc>| json!({ "channel": "call", "with": "Dana Cole", "at": at.to_rfc3339(), "summary": "She will send the log." });
    dana.post(&path, call(desk.now()))
        .await
        .refused(403, "missing_permission");
    eve.post(&path, call(desk.now() + TimeDelta::minutes(1)))
        .await
        .names_fields(&[("at", "in_the_future")]);
    let mut by_pigeon = call(desk.now());
    by_pigeon["channel"] = json!("pigeon");
    eve.post(&path, by_pigeon)
        .await
        .names_fields(&[("channel", "not_allowed")]);
    let spoken_at = desk.now() - TimeDelta::hours(2);
    let entry = eve.post(&path, call(spoken_at)).await.created();
    assert_eq!(
        (entry["kind"].as_str(), entry["visibility"].as_str()),
        (Some("external_communication"), Some("public"))
    );
    let shown = dana
        .case_feed(&case)
        .await
        .into_iter()
        .find(|entry| entry["kind"] == "external_communication")
        .expect("shown");
    assert_eq!(shown["body"], "She will send the log.");
    assert_eq!(
        instant(&dana.sees(&case).await["last_provider_update_at"]),
        desk.now(),
        "an update by the provider (C7)"
    );
}
