//! What somebody has begun in a form that has more than words is kept whole: the answers to an escalation, what is promised, a
//! request to escalate, a case that is not opened yet.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::browser::{Scripts, leaves, signs_in};
use crate::support::database::on_both_databases;
use crate::support::desk::Desk;
use crate::support::paired::said;
use crate::support::person::{Case, Escalation, Person, high, medium};
use crate::support::session::Session;

on_both_databases! { Desk:
    an_answer_is_kept_with_its_rank_and_its_promises,
    every_form_is_kept_without_a_script_and_gone_once_sent,
    what_was_begun_for_a_reason_comes_back_with_it,
    what_is_escalated_leaves_nothing_to_choose,
    what_is_no_form_is_not_kept,
    nobody_else_is_shown_a_form_that_was_begun,
    redacted_words_stay_in_no_field_of_a_form,
    with_a_script_a_form_is_there_after_a_reload,
}

/// Dana's escalation, claimed by Ola.
async fn claimed(desk: &Desk) -> (Case, Escalation) {
    let (dana, ola) = (desk.person("dana"), desk.person("ola"));
    let case = dana.opens(medium()).await;
    let escalation = dana.escalates(&case, "no_update").taken().await;
    ola.claims(&escalation).await;
    (case, escalation)
}

fn at_escalation(escalation: &Escalation, what: &str) -> String {
    format!("/me/drafts/escalation:{}:{what}", escalation.number)
}

async fn fields(person: &Person, place: &str) -> Value {
    person.get(place).await.ok()["fields"].clone()
}

async fn an_answer_is_kept_with_its_rank_and_its_promises(desk: Desk) {
    let ola = desk.person("ola");
    let (_, escalation) = claimed(&desk).await;
    let place = at_escalation(&escalation, "accept");
    let begun = json!({
        "ranking": "high-low",
        "next_steps[0].what": "Quinces first",
        "next_steps[2].who": "Quinces third",
        "next_steps[0].due_at": "2030-01-",
    });
    // A rank that is picked is enough to be kept.
    let kept = ola.put(&place, json!({ "fields": begun })).await.ok();
    assert_eq!((&kept["body"], &kept["fields"]), (&json!(""), &begun));
    let more = json!({ "body": "We quince.", "fields": begun, "based_on": 1 });
    let kept = ola.put(&place, more).await.ok();
    assert_eq!((&kept["fields"], &kept["version"]), (&begun, &json!(2)));
    let hers = Session::of(&desk, &ola).await;
    let path = format!("/escalations/{}", escalation.number);
    let shown = hers.page(&format!("{path}?do=accept")).await.text;
    assert!(
        shown.contains("value=\"high-low\" required checked"),
        "{shown}"
    );
    for there in ["Quinces first", "Quinces third", "\nWe quince.</textarea>"] {
        assert!(shown.contains(there), "{there}: {shown}");
    }
    assert!(shown.contains("name=\"next_steps[2].who\""), "{shown}");
    // What was sent and refused stands as it was sent, whatever was kept.
    let sent = [("reply", "Otherwise."), ("rows", "1")];
    let refused = hers.sends(&format!("{path}/accept"), &sent).await;
    assert_eq!(refused.status, 422);
    assert!(!refused.text.contains("Quinces"), "{refused:?}");
    assert!(!refused.text.contains("required checked"), "{refused:?}");
    // Words alone take the rest away.
    let words = json!({ "body": "We quince.", "based_on": 2 });
    let kept = ola.put(&place, words).await.ok();
    assert_eq!(kept["fields"], Value::Null);
    desk.mailbox().await;
}

async fn every_form_is_kept_without_a_script_and_gone_once_sent(desk: Desk) {
    let (ola, eve) = (desk.person("ola"), desk.person("eve"));
    let (case, escalation) = claimed(&desk).await;
    let due = (desk.now() + TimeDelta::days(3)).format("%Y-%m-%dT%H:%M");
    let due = due.to_string();
    let (hers, his) = (
        Session::of(&desk, &ola).await,
        Session::of(&desk, &eve).await,
    );
    let promise = [
        ("what", "Quince it"),
        ("who", "The carrier"),
        ("due_at", due.as_str()),
    ];
    let accept = [
        ("reply", "Quince it"),
        ("ranking", "high-medium"),
        ("next_steps[0].what", "A new part"),
        ("next_steps[0].who", "The carrier"),
        ("next_steps[0].due_at", due.as_str()),
    ];
    let (of_case, of_escalation) = (
        format!("/cases/{}", case.number),
        format!("/escalations/{}", escalation.number),
    );
    let close = [("summary", "Quince it"), ("outcome", "Resolved")];
    let decline = [("reply", "Quince it"), ("reasons.low_priority", "on")];
    let to = format!("{of_escalation}/decline");
    is_kept(&hers, (of_escalation.as_str(), "decline"), &to, &decline).await;
    let shown = hers.page(&format!("{of_escalation}?do=decline")).await.text;
    let tick = shown.split("name=\"reasons.low_priority\"").nth(1);
    let tick = tick.and_then(|tick| tick.split('>').next());
    assert!(
        tick.is_some_and(|tick| tick.contains(" checked")),
        "{shown}"
    );
    let case_promise = format!("/me/drafts/case:{}:promise", case.number);
    for (session, page, verb, to, typed, place) in [
        (
            &hers,
            &of_escalation,
            "accept",
            "accept",
            accept.as_slice(),
            at_escalation(&escalation, "accept"),
        ),
        (
            &hers,
            &of_escalation,
            "promise",
            "next-steps",
            promise.as_slice(),
            at_escalation(&escalation, "promise"),
        ),
        (
            &hers,
            &of_escalation,
            "close",
            "close",
            close.as_slice(),
            at_escalation(&escalation, "close"),
        ),
        (
            &his,
            &of_case,
            "promise",
            "next-steps",
            promise.as_slice(),
            case_promise,
        ),
    ] {
        // What is closed has nothing open.
        if verb == "close" {
            settle_all(&ola, &escalation).await;
        }
        let to = format!("{page}/{to}");
        is_kept(session, (page.as_str(), verb), &to, typed).await;
        let sent = session.sends(&to, typed).await;
        assert_eq!(sent.status, 303, "{to}: {sent:?}");
        session.get(&place).await.refused(404, "not_found");
    }
    // What was begun otherwise stays, and can be thrown away.
    let declining = at_escalation(&escalation, "decline");
    ola.get(&declining).await.ok();
    ola.delete(&declining).await.done();
    // A new date of a promise.
    let steps = eve.whole(&format!("{of_case}/next-steps")).await;
    let open = steps.iter().find(|step| step["state"] == "open");
    let step = said(&open.expect("an open step")["id"]).to_owned();
    let again = [("due_at", due.as_str()), ("reason", "Quince it")];
    let to = format!("/next-steps/{step}");
    is_kept(
        &his,
        (of_case.as_str(), format!("repromise&step={step}").as_str()),
        &to,
        &again,
    )
    .await;
    let later = (desk.now() + TimeDelta::days(5)).format("%Y-%m-%dT%H:%M");
    let later = later.to_string();
    let sent = his
        .sends(&to, &[("due_at", later.as_str()), ("reason", "Quince it")])
        .await;
    assert_eq!(sent.status, 303, "{sent:?}");
    eve.get(&format!("/me/drafts/step:{step}"))
        .await
        .refused(404, "not_found");
    desk.mailbox().await;
}

/// Keeps what was typed on `page` for a verb by the form's button, and sees that it is there again.
async fn is_kept(session: &Session, (page, verb): (&str, &str), to: &str, typed: &[(&str, &str)]) {
    let mut keeping = typed.to_vec();
    keeping.extend([("keep", "draft"), ("based_on", "0"), ("rows", "2")]);
    let kept = session.sends(to, &keeping).await;
    assert_eq!(kept.status, 303, "{to}: {kept:?}");
    let shown = session.page(&format!("{page}?do={verb}")).await.text;
    assert!(shown.contains("Quince it"), "{verb}: {shown}");
    assert!(
        shown.contains("name=\"based_on\" value=\"1\""),
        "{verb}: {shown}"
    );
}

/// Says of all that is promised on an escalation that it is done.
async fn settle_all(ola: &Person, escalation: &Escalation) {
    let seen = ola.sees_escalation(escalation).await;
    for step in seen["next_steps"].as_array().expect("steps") {
        let path = format!("/next-steps/{}", said(&step["id"]));
        ola.patch(&path, json!({ "state": "done" })).await.ok();
    }
}

async fn what_was_begun_for_a_reason_comes_back_with_it(desk: Desk) {
    let dana = desk.person("dana");
    let case = dana.opens(medium()).await;
    let path = format!("/cases/{}/escalate", case.number);
    let place = format!("/me/drafts/case:{}:escalate", case.number);
    let hers = Session::of(&desk, &dana).await;
    let typed = [
        ("reason", "no_progress"),
        ("answers.expected", "By noon, quinces"),
        ("details", "Quinces and more"),
        ("acknowledgements.provider_updated_recently", "on"),
        ("keep", "draft"),
        ("based_on", "0"),
    ];
    let kept = hers.sends(&path, &typed).await;
    assert_eq!(kept.status, 303, "{kept:?}");
    assert_eq!(fields(&dana, &place).await["reason"], "no_progress");
    let shown = hers.page(&path).await.text;
    assert!(
        shown.contains("value=\"no_progress\" required checked"),
        "{shown}"
    );
    assert!(shown.contains("\nQuinces and more</textarea>"), "{shown}");
    // What is acknowledged is so of what one was just shown.
    let acknowledged = "name=\"acknowledgements.provider_updated_recently\" value=\"on\" checked";
    assert!(!shown.contains(acknowledged), "{shown}");
    // Another reason of the address goes before the one that was begun with.
    let other = hers.page(&format!("{path}?reason=no_update")).await.text;
    assert!(
        other.contains("value=\"no_update\" required checked"),
        "{other}"
    );
    assert!(other.contains("Quinces and more"), "{other}");
    // A new case likewise, with what was chosen.
    let opening = [
        ("subject", "Quinces on hold"),
        ("description", "They wait."),
        ("priority", "medium"),
        ("keep", "draft"),
        ("based_on", "0"),
    ];
    let kept = hers.sends("/cases", &opening).await;
    assert_eq!((kept.status, kept.header("location")), (303, "/cases/new"));
    let shown = hers.page("/cases/new").await.text;
    assert!(shown.contains("value=\"Quinces on hold\""), "{shown}");
    assert!(shown.contains("\nThey wait.</textarea>"), "{shown}");
    let chosen = fields(&dana, "/me/drafts/new-case").await;
    assert_eq!(
        chosen,
        json!({ "subject": "Quinces on hold", "priority": "medium" })
    );
    desk.mailbox().await;
}

async fn what_is_escalated_leaves_nothing_to_choose(desk: Desk) {
    let (dana, ola) = (desk.person("dana"), desk.person("ola"));
    let case = dana.opens(medium()).await;
    let place = format!("/me/drafts/case:{}:escalate", case.number);
    let escalation = dana.escalates(&case, "no_update").taken().await;
    let begun = json!({ "body": "Quinces again", "fields": { "reason": "no_update" } });
    dana.put(&place, begun).await.ok();
    let hers = Session::of(&desk, &dana).await;
    let path = format!("/cases/{}/escalate", case.number);
    let number = &escalation.number;
    for (asked, has_it) in [
        (path.clone(), "nobody has claimed it yet"),
        (format!("{path}?reason=no_update"), "Ola Berg has it"),
    ] {
        if has_it.starts_with("Ola") {
            ola.claims(&escalation).await;
        }
        let shown = hers.page(&asked).await.text;
        assert!(
            shown.contains(&format!("escalated already as {number}")),
            "{shown}"
        );
        assert!(shown.contains(has_it), "{shown}");
        let link = format!("href=\"/escalations/{number}\"");
        assert!(shown.contains(&link), "{shown}");
        for nothing in ["name=\"reason\"", "Quinces", "class=\"button bell\""] {
            assert!(!shown.contains(nothing), "{nothing}: {shown}");
        }
    }
    // Whoever sends a form that was open before is told the same, and keeps the words.
    let typed = [
        ("reason", "no_update"),
        ("answers.business_impact", "Quinces rot"),
        ("answers.ongoing", "on"),
        ("details", "Quinces and more"),
    ];
    let refused = hers.sends(&path, &typed).await;
    assert_eq!(refused.status, 409, "{refused:?}");
    for there in [
        "Ola Berg has it",
        "Quinces rot",
        "Quinces and more",
        "<title>Error: ",
    ] {
        assert!(refused.text.contains(there), "{there}: {refused:?}");
    }
    assert!(!refused.text.contains("name=\"reason\""), "{refused:?}");
    // What was begun is there for the next one.
    ola.declines(&escalation, &["low_priority"]).await;
    let shown = hers.page(&path).await.text;
    assert!(shown.contains("Quinces again"), "{shown}");
    desk.mailbox().await;
}

async fn what_is_no_form_is_not_kept(desk: Desk) {
    let ola = desk.person("ola");
    let (_, escalation) = claimed(&desk).await;
    let place = at_escalation(&escalation, "accept");
    for nothing in [
        json!({}),
        json!({ "fields": {} }),
        json!({ "fields": { "ranking": " " } }),
    ] {
        let refused = ola.put(&place, nothing).await;
        refused
            .refused(422, "validation_failed")
            .names_fields(&[("body", "required")]);
    }
    let many: serde_json::Map<String, Value> = (0..121)
        .map(|index| (format!("f{index}"), json!("x")))
        .collect();
    let long = "x".repeat(40_001);
    for (given, field, code) in [
        (json!({ "a": 1 }), "fields.a", "wrong_type"),
        (json!({ "a b": "x" }), "fields.a b", "no_field_name"),
        (json!(many), "fields", "too_many"),
        (json!({ "a": long }), "fields", "too_long"),
        (json!("x"), "fields", "wrong_type"),
    ] {
        let refused = ola
            .put(&place, json!({ "body": "x", "fields": given }))
            .await;
        refused
            .refused(422, "validation_failed")
            .names_fields(&[(field, code)]);
    }
    ola.get(&place).await.refused(404, "not_found");
    desk.mailbox().await;
}

async fn nobody_else_is_shown_a_form_that_was_begun(desk: Desk) {
    let (ola, dana, eve, gina) = (
        desk.person("ola"),
        desk.person("dana"),
        desk.person("eve"),
        desk.person("gina"),
    );
    let (case, escalation) = claimed(&desk).await;
    let step = ola
        .post(&format!("/cases/{}/next-steps", case.number), desk.step())
        .await
        .created();
    let step = format!("/me/drafts/step:{}", said(&step["id"]));
    let begun = || json!({ "body": "Quinces", "fields": { "due_at": "2030-01-01T10:00" } });
    for what in ["accept", "decline", "close", "promise"] {
        let place = at_escalation(&escalation, what);
        ola.put(&place, begun()).await.ok();
        eve.get(&place).await.refused(404, "not_found");
        gina.put(&place, begun()).await.refused(404, "not_found");
        dana.put(&place, begun())
            .await
            .refused(403, "missing_permission");
    }
    let of_case = format!("/me/drafts/case:{}:promise", case.number);
    for place in [step, of_case] {
        ola.put(&place, begun()).await.ok();
        eve.get(&place).await.refused(404, "not_found");
        gina.put(&place, begun()).await.refused(404, "not_found");
        dana.put(&place, begun())
            .await
            .refused(403, "missing_permission");
    }
    for person in [&dana, &eve] {
        let session = Session::of(&desk, person).await;
        for page in [
            format!("/cases/{}", case.number),
            format!("/escalations/{}", escalation.number),
        ] {
            let shown = session.page(&page).await.text;
            assert!(!shown.contains("Quinces"), "{page}: {shown}");
        }
    }
    desk.mailbox().await;
}

async fn redacted_words_stay_in_no_field_of_a_form(desk: Desk) {
    let (dana, ola) = (desk.person("dana"), desk.person("ola"));
    let (case, escalation) = claimed(&desk).await;
    let entry = dana.writes(&case, "The pin is 1234.").await;
    let (repeats, other) = (
        at_escalation(&escalation, "accept"),
        at_escalation(&escalation, "close"),
    );
    let with = |words: &str| json!({ "body": "Words", "fields": { "next_steps[0].what": words } });
    ola.put(&repeats, with("The pin is 1234.")).await.ok();
    ola.put(&other, with("The pin is gone.")).await.ok();
    let path = format!("/feed-entries/{}/redaction", said(&entry["id"]));
    ola.post(&path, json!({ "reason": "A pin." })).await.ok();
    ola.get(&repeats).await.refused(404, "not_found");
    ola.get(&other).await.ok();
    desk.mailbox().await;
}

async fn with_a_script_a_form_is_there_after_a_reload(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let case = dana.opens(high()).await;
    let place = format!("/me/drafts/case:{}:promise", case.number);
    let page = desk.page(&format!("/cases/{}?do=promise", case.number));
    let Some(his) = signs_in(&desk, Scripts::On, &eve).await else {
        return;
    };
    his.goes_to(&page).await;
    his.does_not_read("Keep draft").await;
    his.types("Who", "The carrier").await;
    his.reads("Draft kept.").await;
    let kept = eve.get(&place).await.ok();
    assert_eq!(
        (&kept["body"], &kept["fields"]["who"]),
        (&json!(""), &json!("The carrier"))
    );
    // It is there on another machine, and goes on from there.
    let Some(there) = signs_in(&desk, Scripts::On, &eve).await else {
        return;
    };
    there.goes_to(&page).await;
    let who = there.field("Who").await.prop("value").await;
    assert_eq!(who.expect("a value").as_deref(), Some("The carrier"));
    there.types("What", "Quince it").await;
    there.reads("Draft kept.").await;
    let kept = eve.get(&place).await.ok();
    assert_eq!(
        (&kept["body"], &kept["version"]),
        (&json!("Quince it"), &json!(2))
    );
    leaves(there).await;
    // The first window is told before it writes over that.
    his.types("Who", " again").await;
    his.reads("A newer draft of this was kept in another window")
        .await;
    assert_eq!(eve.get(&place).await.ok()["body"], "Quince it");
    his.presses("Show the newer draft").await;
    his.reads("Draft, kept").await;
    let what = his.field("What").await.prop("value").await;
    assert_eq!(what.expect("a value").as_deref(), Some("Quince it"));
    // The browser notes the refusal as an error of the network, which it is not.
    his.close().await;
    desk.mailbox().await;
}
