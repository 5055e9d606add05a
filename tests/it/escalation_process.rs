//! How escalation works (H1): said with the figures that hold now, with handbooks that the provider sets, and led to from wherever
//! somebody cannot escalate or was declined.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::database::on_both_databases;
use crate::support::desk::Desk;
use crate::support::paired::said;
use crate::support::person::{Person, high, medium};
use crate::support::session::Session;

on_both_databases! { Desk:
    h1_the_criteria_are_told_with_the_figures_of_now,
    h1_an_administrator_sets_the_handbooks,
    h1_whoever_cannot_escalate_or_was_declined_is_led_there,
}

const GUIDE: &str = "href=\"/help/escalation\"";

async fn process(person: &Person) -> Value {
    person.get("/escalation-process").await.ok()
}

/// What a reason asks, in sentences.
fn asks(process: &Value, reason: &str) -> Vec<String> {
    let reasons = process["reasons"].as_array().into_iter().flatten();
    let mut found = reasons.filter(|one| one["code"] == reason);
    let found = found
        .next()
        .unwrap_or_else(|| panic!("no {reason}: {process}"));
    let criteria = found["criteria"].as_array().into_iter().flatten();
    criteria.map(|one| said(&one["text"])).collect()
}

async fn h1_the_criteria_are_told_with_the_figures_of_now(desk: Desk) {
    let (dana, nils, ada) = (desk.person("dana"), desk.person("nils"), desk.person("ada"));
    // Everybody who is signed in reads the same.
    let told = process(&dana).await;
    assert_eq!(told, process(&nils).await);
    assert_eq!(told["minimum_priority"], "medium");
    let silent = asks(&told, "no_update");
    assert_eq!(silent.len(), 3, "{silent:?}");
    assert!(silent[0].contains("24 hours"), "{silent:?}");
    assert!(silent[1].contains("significant"), "{silent:?}");
    let analysis = asks(&told, "rca_overdue");
    assert!(analysis[0].contains("5 business days"), "{analysis:?}");
    assert!(analysis[1].contains("7 business days"), "{analysis:?}");
    let states = told["states"].as_array().cloned().unwrap_or_default();
    let next: Vec<(String, Value)> = states
        .iter()
        .map(|state| (said(&state["state"]), state["next"].clone()))
        .collect();
    assert_eq!(
        next[0],
        ("submitted".to_owned(), json!(["in_review", "withdrawn"]))
    );
    assert_eq!(told["targets"].as_array().map(Vec::len), Some(9));
    assert_eq!(told["working_hours"]["time_zone"], "Europe/Berlin");

    let policy = json!({
        "staleness_hours": 12, "rca_days_cloud": 3, "minimum_priority": "high", "required_impact": "none",
    });
    ada.patch("/policies", policy).await.ok();
    let targets = json!({ "items": [
        { "kind": "claim", "priority": "high", "minutes": 90, "clock": "business" },
    ]});
    ada.patch("/targets", targets).await.ok();
    let told = process(&dana).await;
    let silent = asks(&told, "no_update");
    assert_eq!(silent.len(), 1, "{silent:?}");
    assert!(silent[0].contains("12 hours"), "{silent:?}");
    assert!(asks(&told, "rca_overdue")[0].contains("3 business days"));
    let first = &told["targets"][0];
    assert_eq!(
        (&first["minutes"], &first["clock"]),
        (&json!(90), &json!("business"))
    );
    let page = Session::of(&desk, &nils)
        .await
        .page("/help/escalation")
        .await;
    assert_eq!(page.status, 200, "{page:?}");
    for told in [
        "12 hours",
        "3 business days",
        "within 1 h 30 min of business hours",
        "Monday",
        "09:00–17:00",
    ] {
        assert!(page.text.contains(told), "no {told}: {}", page.text);
    }
    // What cannot be chosen any more is not told of.
    let reason = ada.get("/escalation-reasons/no_progress").await.ok();
    let replaced = json!({
        "label": reason["label"], "governed_by": reason["governed_by"], "questions": reason["questions"],
        "active": false,
    });
    ada.put("/escalation-reasons/no_progress", replaced)
        .await
        .ok();
    let told = process(&dana).await;
    let codes: Vec<String> = (told["reasons"].as_array().into_iter().flatten())
        .map(|one| said(&one["code"]))
        .collect();
    assert!(!codes.contains(&"no_progress".to_owned()), "{codes:?}");
    let stranger = desk.client().get(desk.api("/escalation-process"));
    let stranger = stranger.send().await.expect("an answer");
    assert_eq!(stranger.status(), 401);
}

async fn h1_an_administrator_sets_the_handbooks(desk: Desk) {
    let (dana, eve, ada) = (desk.person("dana"), desk.person("eve"), desk.person("ada"));
    let path = "/escalation-process/links";
    let book =
        json!({ "kind": "handbook", "title": "Handbook", "address": "https://Docs.example/book" });
    let links = json!({ "links": [book] });
    for refused in [&dana, &eve] {
        let answer = refused.put(path, links.clone()).await;
        let answer = answer.refused(403, "missing_permission");
        assert_eq!(answer.json["permission"], "policies:manage");
    }
    let before = desk.rows();
    for (address, code) in [
        ("http://docs.example/book", "malformed"),
        ("javascript:alert(1)", "malformed"),
        ("https://user:word@docs.example/", "malformed"),
        ("", "empty"),
    ] {
        let mut wrong = links.clone();
        wrong["links"][0]["address"] = json!(address);
        ada.put(path, wrong)
            .await
            .names_fields(&[("links[0].address", code)]);
    }
    let many = json!({ "links": vec![links["links"][0].clone(); 21] });
    ada.put(path, many)
        .await
        .names_fields(&[("links", "too_many_links")]);
    desk.is_unchanged_since(&before, "what was refused");
    let set = ada.put(path, links.clone()).await;
    assert!(set.header("etag").starts_with("\"2"), "{set:?}");
    assert_eq!(set.ok()["links"][0]["address"], "https://docs.example/book");
    let late = ada.asks(Method::PUT, path).json(&links);
    late.header("if-match", "\"1\"")
        .await
        .refused(412, "stale_version");
    assert_eq!(process(&dana).await["links"][0]["title"], "Handbook");
    let events = ada.all("/audit-events?kind=guide.changed").await;
    assert_eq!(events.len(), 1);

    // By the page, in rows; a row that nobody filled in is none.
    let hers = Session::of(&desk, &ada).await;
    let page = hers.page("/admin/guide").await;
    assert!(page.text.contains("https://docs.example/book"), "{page:?}");
    let fields = [
        ("version", "2"),
        ("links", ""),
        ("links[0].title", "Handbook"),
        ("links[0].address", "https://docs.example/book"),
        ("links[0].kind", "handbook"),
        ("links[1].title", "Escalating well"),
        ("links[1].address", "https://docs.example/training"),
        ("links[1].kind", "training"),
        ("links[2].title", ""),
        ("links[2].address", ""),
        ("links[2].kind", "handbook"),
    ];
    let saved = hers.sends("/admin/guide", &fields).await;
    assert_eq!(saved.status, 303, "{saved:?}");
    let page = Session::of(&desk, &dana)
        .await
        .page("/help/escalation")
        .await;
    for told in [
        "Escalating well",
        "href=\"https://docs.example/training\"",
        "Training",
    ] {
        assert!(page.text.contains(told), "no {told}: {}", page.text);
    }
    assert!(!page.text.contains("/admin/guide"), "{}", page.text);
    let none = [("version", "3"), ("links", "")];
    assert_eq!(hers.sends("/admin/guide", &none).await.status, 303);
    assert_eq!(process(&dana).await["links"], json!([]));
}

async fn h1_whoever_cannot_escalate_or_was_declined_is_led_there(desk: Desk) {
    let (dana, vic, ola) = (desk.person("dana"), desk.person("vic"), desk.person("ola"));
    let hers = Session::of(&desk, &dana).await;
    // Beside the button that cannot be pressed yet, and on the form that says why.
    let case = dana.opens(high()).await;
    let path = format!("/cases/{}", case.number);
    let page = hers.page(&path).await.text;
    let foot = page.split("data-foot").nth(1).expect("a foot");
    assert!(
        foot.contains("aria-disabled=\"true\"") && foot.contains(GUIDE),
        "{foot}"
    );
    let form = hers
        .page(&format!("{path}/escalate?reason=no_update"))
        .await
        .text;
    let form = form.split("data-reason>").nth(1).expect("a reason");
    assert!(form.contains(GUIDE), "{form}");
    // Who does not escalate has no button, and so nothing beside it.
    let his = Session::of(&desk, &vic).await;
    let page = his.page(&path).await.text;
    let foot = page.split("data-foot").nth(1).expect("a foot");
    assert!(!foot.contains(GUIDE), "{foot}");

    let case = dana.opens(medium()).await;
    let path = format!("/cases/{}", case.number);
    let page = hers.page(&path).await.text;
    let foot = page.split("data-foot").nth(1).expect("a foot");
    assert!(!foot.contains(GUIDE), "it can be pressed: {foot}");
    let escalation = dana.escalates(&case, "no_update").taken().await;
    ola.claims(&escalation).await;
    desk.mailbox().await;
    ola.declines(&escalation, &["low_priority"]).await;
    let page = hers.page(&path).await.text;
    let decision = page.split("id=\"decision\"").nth(1).expect("a decision");
    let decision = decision
        .split("class=\"columns\"")
        .next()
        .unwrap_or_default();
    assert!(decision.contains(GUIDE), "{decision}");
    let post = desk.mailbox().await;
    let mail = post.to("dana@acme.test");
    assert!(mail.text.contains("/help/escalation"), "{}", mail.text);
    // And the place is in the bar of everybody.
    let nils = Session::of(&desk, &desk.person("nils")).await;
    let page = nils.page("/account").await.text;
    assert!(page.contains(GUIDE), "{page}");
    assert!(
        hers.page("/cases")
            .await
            .text
            .contains("<a href=\"/articles\">Help</a>")
    );
}
