//! Text templates: kept by those who may, filled in for a case without reading what customers wrote, and put in where one writes;
//! and what helps whoever decides: the rank in one choice, dates of working time, and what was escalated before.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::database::on_both_databases;
use crate::support::desk::Desk;
use crate::support::paired::said;
use crate::support::person::high;
use crate::support::session::Session;

on_both_databases! { Desk:
    templates_are_kept_by_those_who_may,
    a_field_that_there_is_not_is_refused_with_its_place,
    a_template_is_filled_in_and_says_what_is_missing,
    a_template_is_put_in_and_nothing_is_sent,
    an_escalation_is_accepted_with_one_choice,
    whoever_decides_sees_what_was_escalated_before,
}

fn template(name: &str, purpose: &str, body: &str) -> Value {
    json!({ "name": name, "purpose": purpose, "language": "en", "body": body })
}

fn names(of: &[Value]) -> Vec<String> {
    of.iter().map(|one| said(&one["name"])).collect()
}

async fn templates_are_kept_by_those_who_may(desk: Desk) {
    let (sam, eve) = (desk.person("sam"), desk.person("eve"));
    let thanks = template("Thanks", "reply", "Thank you, {{contact.first_name}}.");
    let made = sam.post("/templates", thanks.clone()).await;
    assert_eq!(made.header("etag"), "\"1\"");
    let path = format!("/templates/{}", said(&made.created()["id"]));
    sam.post("/templates", template("Again", "accept", "Yes."))
        .await
        .created();
    assert_eq!(names(&eve.all("/templates").await), ["Again", "Thanks"]);
    assert_eq!(
        names(&eve.all("/templates?purpose=reply").await),
        ["Thanks"]
    );
    assert_eq!(
        names(&eve.all("/templates?sort=-name").await),
        ["Thanks", "Again"]
    );
    for key in ["eve", "ola", "dana"] {
        desk.person(key)
            .post("/templates", thanks.clone())
            .await
            .refused(403, "missing_permission");
    }
    eve.patch(&path, json!({ "name": "x" }))
        .await
        .refused(403, "missing_permission");
    for key in ["dana", "mona"] {
        let person = desk.person(key);
        person
            .get("/templates")
            .await
            .refused(403, "missing_permission");
        person.get(&path).await.refused(404, "not_found");
    }
    let nowhere = json!({ "line_of_business": "01890000-0000-7000-8000-000000000000" });
    sam.patch(&path, nowhere)
        .await
        .names_fields(&[("line_of_business", "not_found")]);
    let changed = sam
        .patch(&path, json!({ "name": "Many thanks" }))
        .await
        .ok();
    assert_eq!(
        (&changed["version"], &changed["body"]),
        (&json!(2), &thanks["body"])
    );
    let same = sam
        .patch(&path, json!({ "name": "Many thanks" }))
        .await
        .ok();
    assert_eq!(same["version"], 2);
    sam.delete(&path).await.done();
    sam.get(&path).await.refused(404, "not_found");
    let audited = desk.person("ada").all("/audit-events?kind=template.").await;
    let mut kinds: Vec<String> = audited.iter().map(|event| said(&event["kind"])).collect();
    kinds.sort();
    assert_eq!(
        kinds,
        [
            "template.added",
            "template.added",
            "template.changed",
            "template.removed"
        ]
    );
}

async fn a_field_that_there_is_not_is_refused_with_its_place(desk: Desk) {
    let sam = desk.person("sam");
    for (body, code) in [
        ("Dear {{contact.nickname}}", "unknown_template_field"),
        ("Dear {{contact.first_name", "unclosed_field"),
        ("  ", "empty"),
    ] {
        sam.post("/templates", template("Greeting", "reply", body))
            .await
            .names_fields(&[("body", code)]);
    }
    assert!(sam.all("/templates").await.is_empty());
    // The page says where, and keeps what was typed.
    let his = Session::of(&desk, &sam).await;
    let fields = [
        ("name", "Greeting"),
        ("purpose", "reply"),
        ("language", "en"),
        ("line_of_business", ""),
        ("body", "Dear {{contact.nickname}}"),
    ];
    let refused = his.sends("/admin/templates", &fields).await;
    assert_eq!(refused.status, 422);
    assert!(refused.text.contains("At character 6"), "{}", refused.text);
    assert!(
        refused.text.contains("contact.nickname"),
        "{}",
        refused.text
    );
    assert!(sam.all("/templates").await.is_empty());
}

async fn a_template_is_filled_in_and_says_what_is_missing(desk: Desk) {
    let (sam, eve, dana) = (desk.person("sam"), desk.person("eve"), desk.person("dana"));
    let body = "{{contact.first_name}}, {{case.number}}: {{case.subject}} / {{customer.name}} / {{case.external_id}} / {{escalation.number}}";
    for purpose in ["reply", "decline"] {
        sam.post("/templates", template(purpose, purpose, body))
            .await
            .created();
    }
    // What a customer writes is put in, and never read.
    let case = dana.opens(high().about("{{owner.name}} is down")).await;
    desk.passes(TimeDelta::hours(24));
    let escalation = dana.escalates(&case, "no_update").taken().await;
    let path = format!("/cases/{}/templates", case.number);
    let all = eve.whole(&path).await;
    assert_eq!(names(&all), ["decline", "reply"]);
    let (decline, reply) = (&all[0], &all[1]);
    assert_eq!(
        said(&reply["text"]),
        format!(
            "Dana, {}: {{{{owner.name}}}} is down / ACME Corporation / {{{{case.external_id}}}} / {{{{escalation.number}}}}",
            case.number
        )
    );
    assert_eq!(
        reply["missing"],
        json!(["case.external_id", "escalation.number"])
    );
    // What is about an escalation has its facts at hand.
    assert!(said(&decline["text"]).ends_with(&escalation.number));
    assert_eq!(decline["missing"], json!(["case.external_id"]));
    let only = eve.whole(&format!("{path}?purpose=reply")).await;
    assert_eq!(names(&only), ["reply"]);
    dana.get(&path).await.refused(403, "missing_permission");
    desk.person("gina")
        .get(&path)
        .await
        .refused(404, "not_found");
    desk.mailbox().await;
}

async fn a_template_is_put_in_and_nothing_is_sent(desk: Desk) {
    let (sam, eve, dana) = (desk.person("sam"), desk.person("eve"), desk.person("dana"));
    let body = "Thank you, {{contact.first_name}}. Yours is {{case.external_id}}.";
    let made = sam.post("/templates", template("Thanks", "reply", body));
    let id = said(&made.await.created()["id"]);
    let case = dana.opens(high()).await;
    let hers = Session::of(&desk, &eve).await;
    let feed = format!("/cases/{}/feed", case.number);
    let before = eve.case_feed(&case).await.len();
    let fields = [
        ("body", "Hello."),
        ("template", id.as_str()),
        ("insert", "yes"),
    ];
    let shown = hers.sends(&feed, &fields).await;
    assert_eq!(shown.status, 200, "{}", shown.text);
    let text = "Hello.\n\nThank you, Dana. Yours is {{case.external_id}}.";
    assert!(shown.text.contains(text), "{}", shown.text);
    assert!(shown.text.contains("Not filled in"), "{}", shown.text);
    // Nor is it sent by mistake.
    let fields = [("body", text), ("visibility", "public")];
    let refused = hers.sends(&feed, &fields).await;
    assert_eq!(refused.status, 422);
    assert!(refused.text.contains("These fields are not filled in"));
    assert_eq!(eve.case_feed(&case).await.len(), before);
    // Customers have no templates, and may write what they like.
    let page = Session::of(&desk, &dana).await;
    let page = page.page(&format!("/cases/{}", case.number)).await;
    assert!(!page.text.contains("data-template"), "{}", page.text);
    desk.mailbox().await;
}

async fn an_escalation_is_accepted_with_one_choice(desk: Desk) {
    let (ola, dana) = (desk.person("ola"), desk.person("dana"));
    let case = dana.opens(high()).await;
    desk.passes(TimeDelta::hours(24));
    let escalation = dana.escalates(&case, "no_update").taken().await;
    ola.claims(&escalation).await;
    let hers = Session::of(&desk, &ola).await;
    let path = format!("/escalations/{}", escalation.number);
    let page = hers.page(&format!("{path}?do=accept")).await;
    assert_eq!(page.text.matches("name=\"ranking\"").count(), 9);
    assert!(!page.text.contains("\" required checked"), "{}", page.text);
    assert!(page.text.contains("data-proposals"), "{}", page.text);
    // Programs are proposed the same, the soonest first; customers promise nothing.
    let proposals = format!("/cases/{}/next-steps/proposals", case.number);
    let proposed = ola.whole(&proposals).await;
    let at = |one: &Value| one["due_at"].as_str().map(str::to_owned);
    assert!(proposed.len() >= 2, "{proposed:?}");
    assert!(proposed.is_sorted_by_key(at), "{proposed:?}");
    for one in &proposed {
        let text = one["text"].as_str().expect("words");
        let name = text.split(" (").next().unwrap_or_default();
        assert!(page.text.contains(name), "{name}: {}", page.text);
    }
    dana.get(&proposals)
        .await
        .refused(403, "missing_permission");
    desk.person("gina")
        .get(&proposals)
        .await
        .refused(404, "not_found");
    let due = desk.now() + TimeDelta::days(3);
    let due = due.format("%Y-%m-%dT%H:%M").to_string();
    let mut fields = vec![
        ("reply", "You are right."),
        ("next_steps[0].what", "Roll back"),
        ("next_steps[0].who", "Eve Hart"),
        ("next_steps[0].due_at", due.as_str()),
    ];
    let accept = format!("{path}/accept");
    let refused = hers.sends(&accept, &fields).await;
    assert_eq!(refused.status, 422, "without a choice nothing is accepted");
    fields.push(("ranking", "high-medium"));
    hers.sends(&accept, &fields).await;
    let seen = ola.sees_escalation(&escalation).await;
    assert_eq!(
        (
            &seen["state"],
            &seen["importance"],
            &seen["urgency"],
            &seen["rank"]
        ),
        (
            &json!("accepted"),
            &json!("high"),
            &json!("medium"),
            &json!(2)
        )
    );
    desk.mailbox().await;
}

async fn whoever_decides_sees_what_was_escalated_before(desk: Desk) {
    let (ola, dana) = (desk.person("ola"), desk.person("dana"));
    let first = dana.opens(high()).await;
    let second = dana.opens(high().about("The second")).await;
    desk.passes(TimeDelta::hours(24));
    let declined = dana.escalates(&first, "no_update").taken().await;
    ola.claims(&declined).await;
    ola.declines(&declined, &["low_priority"]).await;
    desk.passes(TimeDelta::minutes(1));
    let escalation = dana.escalates(&second, "no_update").taken().await;
    let path = format!("/escalations/{}", escalation.number);
    let hers = Session::of(&desk, &ola).await;
    let page = hers.page(&path).await;
    assert!(page.text.contains("Escalated before"), "{}", page.text);
    assert!(
        page.text.contains("0 of 1 that were decided"),
        "{}",
        page.text
    );
    assert!(page.text.contains(&declined.number), "{}", page.text);
    // What is told to whoever decides is told to nobody else.
    let her_own = Session::of(&desk, &dana).await;
    let page = her_own.page(&path).await;
    assert!(!page.text.contains("Escalated before"), "{}", page.text);
    desk.mailbox().await;
}
