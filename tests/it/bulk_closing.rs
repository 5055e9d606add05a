//! Several cases are closed at once (C3, M13): what ends with each and what stays open is said first, each is closed or refused by
//! itself, and nobody closes several who does not close one. And the queue is given out by whoever assigns.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::answer::Answer;
use crate::support::browser::{Scripts, leaves, signs_in};
use crate::support::database::on_both_databases;
use crate::support::desk::Desk;
use crate::support::markup::{elements, tags};
use crate::support::paired::{role_of_own, said};
use crate::support::person::{Case, Escalation, Person, high, low};
use crate::support::session::Session;

on_both_databases! { Desk:
    m13_a_contact_closes_several_with_what_hangs_on_them,
    m13_staff_close_those_without_an_active_escalation,
    c3_who_does_not_close_one_closes_none,
    what_has_another_version_is_refused_alone,
    the_page_says_what_ends_and_what_stays_open,
    staff_close_from_the_bar_of_changes,
    a_contact_closes_by_keys_and_escalates_with_none_chosen,
    who_assigns_gives_out_several_and_claims_none,
}

/// What came of each item: its name, its outcome, and the kinds of what follows.
fn outcomes(answer: &Value) -> Vec<(String, String, Vec<String>)> {
    let items = answer["items"].as_array().expect("items").iter();
    let kinds = |item: &Value| -> Vec<String> {
        let follows = item["follows"].as_array().expect("what follows").iter();
        follows.map(|one| said(&one["kind"])).collect()
    };
    items
        .map(|item| (said(&item["name"]), said(&item["outcome"]), kinds(item)))
        .collect()
}

fn row(named: &str, outcome: &str, follows: &[&str]) -> (String, String, Vec<String>) {
    let follows = follows.iter().map(|kind| (*kind).to_owned()).collect();
    (named.to_owned(), outcome.to_owned(), follows)
}

async fn closing(person: &Person, cases: &[&Case], note: Option<&str>, path: &str) -> Answer {
    let items: Vec<_> = cases
        .iter()
        .map(|case| json!({ "case": case.number }))
        .collect();
    let mut body = json!({ "items": items });
    if let Some(note) = note {
        body["note"] = json!(note);
    }
    person.post(&format!("/cases/bulk/close{path}"), body).await
}

/// Dana's case with a promise and an analysis that is owed, and one that she escalated, with a call to come, which Ola reviews.
async fn two_of_danas(desk: &Desk) -> (Case, Case, Escalation) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let (quiet, urgent) = (
        dana.opens(low().about("Quiet")).await,
        dana.opens(high().about("Urgent")).await,
    );
    let steps = format!("/cases/{}/next-steps", quiet.number);
    eve.post(&steps, desk.step()).await.created();
    dana.post(&format!("/cases/{}/rca", quiet.number), json!({}))
        .await
        .created();
    desk.passes(TimeDelta::hours(24));
    let escalation = dana.escalates(&urgent, "no_update").taken().await;
    desk.person("ola").claims(&escalation).await;
    let from = desk.now() + TimeDelta::hours(2);
    let call = json!({
        "phone": "+1 415 555 0100",
        "window": {
            "from": from.to_rfc3339(), "until": (from + TimeDelta::hours(2)).to_rfc3339(),
            "time_zone": "America/New_York",
        },
    });
    let calls = format!("/escalations/{}/callbacks", escalation.number);
    dana.post(&calls, call).await.created();
    desk.mailbox().await;
    (quiet, urgent, escalation)
}

async fn m13_a_contact_closes_several_with_what_hangs_on_them(desk: Desk) {
    let (dana, gina) = (desk.person("dana"), desk.person("gina"));
    let (quiet, urgent, escalation) = two_of_danas(&desk).await;
    let theirs = gina.opens(low()).await;
    desk.mailbox().await;
    let all = [&quiet, &urgent, &theirs];
    let expected = [
        row(
            &quiet.number,
            "done",
            &["promises_stay_open", "analysis_undelivered"],
        ),
        row(
            &urgent.number,
            "done",
            &["escalation_withdrawn", "calls_canceled"],
        ),
        // Another customer's case does not exist.
        row(&theirs.number, "refused", &[]),
    ];
    let note = "We found it ourselves.";
    let seen = closing(&dana, &all, Some(note), "/preview").await.ok();
    assert_eq!(outcomes(&seen), expected);
    let withdrawn = &seen["items"][1]["follows"];
    assert_eq!(withdrawn[0]["name"], json!(escalation.number));
    assert_eq!(withdrawn[1]["count"], json!(1));
    assert_eq!(seen["items"][0]["follows"][0]["count"], json!(1));
    assert_eq!(seen["items"][2]["problem"]["code"], "not_found");
    // Nothing of it has happened.
    assert_eq!(dana.sees(&quiet).await["status"], "open");
    assert_eq!(
        dana.sees_escalation(&escalation).await["state"],
        "in_review"
    );

    let done = closing(&dana, &all, Some(note), "").await.ok();
    assert_eq!(outcomes(&done), expected);
    assert_eq!(
        (&done["done"], &done["unchanged"], &done["refused"]),
        (&json!(2), &json!(0), &json!(1))
    );
    for case in [&quiet, &urgent] {
        assert_eq!(dana.sees(case).await["status"], "closed");
        let feed = dana.case_feed(case).await;
        let words = feed.iter().filter(|entry| entry["body"] == note);
        assert_eq!(words.count(), 1, "{feed:#?}");
    }
    assert_eq!(
        dana.sees_escalation(&escalation).await["state"],
        "withdrawn"
    );
    let calls = dana.all("/callbacks?state=canceled").await;
    assert_eq!(calls.len(), 1, "{calls:#?}");
    assert_eq!(gina.sees(&theirs).await["status"], "open");
    // Who of support is written to is not counted for a customer, and they are written to all the same.
    assert_eq!((&seen["told"], &done["told"]), (&json!(0), &json!(0)));
    let post = desk.mailbox().await;
    let to_support = post.0.iter().filter(|mail| mail.to == "ola@bellhop.test");
    assert!(to_support.count() > 0, "{post:#?}");

    // What is closed already stays as it is, also where the version is an old one.
    let again = json!({ "items": [{ "case": quiet.number, "version": 1 }] });
    let again = dana.post("/cases/bulk/close", again).await.ok();
    assert_eq!(outcomes(&again), [row(&quiet.number, "unchanged", &[])]);
    assert!(desk.mailbox().await.0.is_empty());
}

async fn m13_staff_close_those_without_an_active_escalation(desk: Desk) {
    let (dana, eve, gina) = (desk.person("dana"), desk.person("eve"), desk.person("gina"));
    let (quiet, urgent, escalation) = two_of_danas(&desk).await;
    let theirs = gina.opens(low().about("Solved")).await;
    // Resolved and then closed, both by one act on several.
    let solved = json!({
        "items": [{ "case": quiet.number }, { "case": theirs.number }],
        "change": { "status": "solution_provided" },
    });
    let solved = eve.post("/cases/bulk", solved).await.ok();
    assert_eq!(solved["done"], json!(2));
    desk.mailbox().await;
    let all = [&quiet, &urgent, &theirs];
    let seen = closing(&eve, &all, None, "/preview").await.ok();
    let done = closing(&eve, &all, None, "").await.ok();
    assert_eq!(
        outcomes(&done),
        [
            row(
                &quiet.number,
                "done",
                &["promises_stay_open", "analysis_undelivered"]
            ),
            row(&urgent.number, "refused", &[]),
            row(&theirs.number, "done", &[]),
        ]
    );
    assert_eq!(outcomes(&seen), outcomes(&done));
    assert_eq!(
        done["items"][1]["problem"]["code"],
        "close_escalation_first"
    );
    assert_eq!(dana.sees(&urgent).await["status"], "open");
    assert_eq!(
        dana.sees_escalation(&escalation).await["state"],
        "in_review"
    );
    // Those of whom it was said that they would be written to are.
    assert_eq!(done["told"], seen["told"]);
    assert_eq!(done["told"], json!(2));
    let post = desk.mailbox().await;
    assert_eq!(post.recipients(), ["dana@acme.test", "gina@globex.test"]);
}

async fn c3_who_does_not_close_one_closes_none(desk: Desk) {
    let dana = desk.person("dana");
    let case = dana.opens(high()).await;
    for key in ["vic", "abel", "mona", "devi"] {
        let person = desk.person(key);
        for path in ["", "/preview"] {
            closing(&person, &[&case], None, path)
                .await
                .refused(403, "missing_permission");
        }
    }
    closing(&dana, &[], None, "")
        .await
        .names_fields(&[("items", "required")]);
    closing(&dana, &[&case; 101], None, "")
        .await
        .names_fields(&[("items", "too_many")]);
    let said_otherwise = json!({ "items": [{ "case": case.number }], "change": {} });
    dana.post("/cases/bulk/close", said_otherwise)
        .await
        .names_fields(&[("change", "unknown_field")]);
    assert_eq!(dana.sees(&case).await["status"], "open");
    desk.mailbox().await;
}

async fn what_has_another_version_is_refused_alone(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let (one, other) = (dana.opens(low()).await, dana.opens(low()).await);
    let version = async |case: &Case| dana.sees(case).await["version"].clone();
    let items = json!([
        { "case": one.number, "version": version(&one).await },
        { "case": other.number, "version": version(&other).await },
    ]);
    eve.changes(&one, json!({ "product": "Printer" }))
        .await
        .ok();
    let done = dana.post("/cases/bulk/close", json!({ "items": items }));
    let done = done.await.ok();
    assert_eq!(
        outcomes(&done),
        [
            row(&one.number, "refused", &[]),
            row(&other.number, "done", &[]),
        ]
    );
    assert_eq!(done["items"][0]["problem"]["code"], "stale_version");
    assert_eq!(dana.sees(&one).await["status"], "open");
    desk.mailbox().await;
}

async fn the_page_says_what_ends_and_what_stays_open(desk: Desk) {
    let dana = desk.person("dana");
    let (quiet, urgent, escalation) = two_of_danas(&desk).await;
    let hers = Session::of(&desk, &dana).await;
    let list = hers.page("/cases").await;
    let tick = |case: &Case| format!("row.{}", case.number);
    for case in [&quiet, &urgent] {
        let named = format!("name=\"{}\"", tick(case));
        assert!(list.text.contains(&named), "{list:?}");
    }
    // A contact closes cases, and changes none of them alike.
    let bar = elements(&list.text, "form").find(|form| form.contains(" id=\"act\""));
    let bar = bar.unwrap_or_else(|| panic!("no bar on {list:?}"));
    assert!(bar.contains("action=\"/cases/bulk/close\""), "{bar}");
    assert!(!bar.contains("change."), "{bar}");
    let none = hers.sends("/cases/bulk/close", &[]).await;
    assert_eq!(none.status, 422);
    assert!(none.text.contains("No row is chosen"), "{none:?}");

    let versions = [
        dana.sees(&quiet).await["version"].to_string(),
        dana.sees(&urgent).await["version"].to_string(),
    ];
    let (first, second) = (tick(&quiet), tick(&urgent));
    let ticked = [
        (first.as_str(), versions[0].as_str()),
        (second.as_str(), versions[1].as_str()),
        ("back", "/cases?status=open"),
    ];
    let seen = hers.sends("/cases/bulk/close", &ticked).await;
    assert_eq!(seen.status, 200);
    let withdrawn = format!("{} is active, and is withdrawn with it.", escalation.number);
    for text in [
        "2 would change, 0 need no change, 0 would be refused.",
        withdrawn.as_str(),
        "One call that was asked for is called off.",
        "One promise stays open.",
        "The requested root cause analysis will not be delivered.",
        "Close 2 cases",
        "href=\"/cases?status&#x3D;open\"",
    ] {
        assert!(seen.text.contains(text), "no {text} on {seen:?}");
    }
    assert!(!seen.text.contains("Ola Berg"), "{seen:?}");
    assert_eq!(dana.sees(&quiet).await["status"], "open");
    // What is wrong with the last word loses neither the word nor the rows.
    let long = "x".repeat(50_001);
    let said = [&ticked[..], &[("note", long.as_str()), ("step", "act")]].concat();
    let wrong = hers.sends("/cases/bulk/close", &said).await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.text.contains(&long), "the words are lost");
    assert!(wrong.text.contains(&format!("name=\"{first}\"")));
    assert_eq!(dana.sees(&quiet).await["status"], "open");

    let said = [
        &ticked[..],
        &[("note", "Found it ourselves."), ("step", "act")],
    ];
    let done = hers.sends("/cases/bulk/close", &said.concat()).await;
    assert!(
        done.text
            .contains("2 changed, 0 needed no change, 0 were refused."),
        "{done:?}"
    );
    assert_eq!(dana.sees(&quiet).await["status"], "closed");
    assert_eq!(
        dana.sees_escalation(&escalation).await["state"],
        "withdrawn"
    );
    let feed = dana.case_feed(&urgent).await;
    let words = feed
        .iter()
        .filter(|entry| entry["body"] == "Found it ourselves.");
    assert_eq!(words.count(), 1, "{feed:#?}");
    // Whoever comes back to the address of the form is led to the list.
    let back = hers.page("/cases/bulk/close").await;
    assert_eq!((back.status, back.header("location")), (303, "/cases"));
    let viewer = Session::of(&desk, &desk.person("vic")).await;
    let refused = viewer.sends("/cases/bulk/close", &ticked).await;
    assert_eq!(refused.status, 403);
    desk.mailbox().await;
}

async fn staff_close_from_the_bar_of_changes(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let (quiet, urgent, _) = two_of_danas(&desk).await;
    let hers = Session::of(&desk, &eve).await;
    let list = hers.page("/cases").await;
    let bar = elements(&list.text, "form").find(|form| form.contains(" id=\"act\""));
    let bar = bar.unwrap_or_else(|| panic!("no bar on {list:?}"));
    let mut buttons = tags(bar, "button");
    let closes = buttons.find(|tag| tag.contains("formaction=\"/cases/bulk/close\""));
    assert!(closes.is_some(), "{bar}");
    // Closing is an act of its own, and nothing opens a case but a reopen.
    assert!(!bar.contains("value=\"closed\""), "{bar}");
    assert!(bar.contains("value=\"solution_provided\""), "{bar}");
    let versions = [
        eve.sees(&quiet).await["version"].to_string(),
        eve.sees(&urgent).await["version"].to_string(),
    ];
    let rows = [&quiet, &urgent].map(|case| format!("row.{}", case.number));
    let ticked = [
        (rows[0].as_str(), versions[0].as_str()),
        (rows[1].as_str(), versions[1].as_str()),
        ("change.owner", ""),
        ("change.priority", "high"),
    ];
    let seen = hers.sends("/cases/bulk/close", &ticked).await;
    for text in [
        "1 would change, 0 need no change, 1 would be refused.",
        "Closing is done by itself",
        "Close one case",
        "One person would be told by mail: Dana Cole.",
    ] {
        assert!(seen.text.contains(text), "no {text} on {seen:?}");
    }
    let act = [&ticked[..2], &[("step", "act")]].concat();
    let done = hers.sends("/cases/bulk/close", &act).await;
    assert!(
        done.text
            .contains("1 changed, 0 needed no change, 1 were refused."),
        "{done:?}"
    );
    assert_eq!(dana.sees(&quiet).await["status"], "closed");
    let still = dana.sees(&urgent).await;
    assert_eq!(
        (&still["status"], &still["priority"]),
        (&json!("open"), &json!("high"))
    );
    desk.mailbox().await;
}

async fn a_contact_closes_by_keys_and_escalates_with_none_chosen(desk: Desk) {
    let dana = desk.person("dana");
    let case = dana.opens(high().about("Solved by ourselves")).await;
    let Some(hers) = signs_in(&desk, Scripts::On, &dana).await else {
        return;
    };
    let press = async |key: &str| {
        let focus = hers.client.active_element().await.expect("the focus");
        focus.send_keys(key).await.expect("pressed");
    };
    let list = desk.page("/cases");
    hers.goes_to(&list).await;
    hers.reads("Solved by ourselves").await;
    // With no row chosen the key leads to the escalation of the one in focus.
    press("j").await;
    press("e").await;
    hers.reads("Escalate this case").await;
    hers.goes_to(&list).await;
    hers.reads("Solved by ourselves").await;
    for key in ["j", "x", "e"] {
        press(key).await;
    }
    assert_eq!(hers.counts("//details[@id='acts'][@open]").await, 1);
    // The focus is on the one thing to be done, and Enter presses it.
    press("\u{e007}").await;
    hers.reads("1 would change, 0 need no change, 0 would be refused.")
        .await;
    hers.types("Why it is closed", "A cable.").await;
    hers.presses("Close one case").await;
    hers.reads("1 changed, 0 needed no change, 0 were refused.")
        .await;
    assert_eq!(dana.sees(&case).await["status"], "closed");
    let feed = dana.case_feed(&case).await;
    assert!(
        feed.iter().any(|entry| entry["body"] == "A cable."),
        "{feed:#?}"
    );
    leaves(hers).await;
    desk.mailbox().await;
}

async fn who_assigns_gives_out_several_and_claims_none(desk: Desk) {
    let (dana, gina, mona) = (
        desk.person("dana"),
        desk.person("gina"),
        desk.person("mona"),
    );
    let (ola, otto) = (desk.person("ola"), desk.person("otto"));
    let cases = [dana.opens(high()).await, gina.opens(high()).await];
    desk.passes(TimeDelta::hours(24));
    let taken = dana.escalates(&cases[0], "no_update").taken().await;
    let waiting = gina.escalates(&cases[1], "no_update").taken().await;
    ola.claims(&taken).await;
    desk.mailbox().await;
    let items = json!([{ "escalation": taken.number }, { "escalation": waiting.number }]);
    let assign = json!({ "items": items, "act": "assign", "owner": otto.email() });
    let claim = json!({ "items": items, "act": "claim" });
    // Who reviews does not assign, and who only sees does neither.
    ola.post("/escalations/bulk", assign.clone())
        .await
        .refused(403, "missing_permission");
    for act in [&assign, &claim] {
        mona.post("/escalations/bulk", act.clone())
            .await
            .refused(403, "missing_permission");
    }
    role_of_own(&desk, &mona, "dispatcher", &["escalations:assign"]).await;
    mona.post("/escalations/bulk", claim)
        .await
        .refused(403, "missing_permission");
    let hers = Session::of(&desk, &mona).await;
    let queue = hers.page("/escalations").await;
    let bar = elements(&queue.text, "form").find(|form| form.contains(" id=\"act\""));
    let bar = bar.unwrap_or_else(|| panic!("no bar on {queue:?}"));
    assert!(bar.contains("value=\"assign\""), "{bar}");
    assert!(!bar.contains("value=\"claim\""), "{bar}");
    let seen = mona
        .post("/escalations/bulk/preview", assign.clone())
        .await
        .ok();
    assert_eq!(
        outcomes(&seen),
        [
            row(&taken.number, "done", &["taken_from"]),
            row(&waiting.number, "done", &[]),
        ]
    );
    assert_eq!(seen["items"][0]["follows"][0]["name"], "Ola Berg");
    let rows = [&taken, &waiting].map(|of| format!("row.{}", of.number));
    let versions = [
        ola.sees_escalation(&taken).await["version"].to_string(),
        ola.sees_escalation(&waiting).await["version"].to_string(),
    ];
    let (act, owner) = (("act", "assign"), otto.email());
    let asked = [
        (rows[0].as_str(), versions[0].as_str()),
        (rows[1].as_str(), versions[1].as_str()),
        act,
        ("owner", owner.as_str()),
    ];
    let page = hers.sends("/escalations/bulk", &asked).await;
    assert!(
        page.text.contains("It is taken over from Ola Berg."),
        "{page:?}"
    );
    let done = [&asked[..], &[("step", "act")]].concat();
    let page = hers.sends("/escalations/bulk", &done).await;
    assert!(
        page.text
            .contains("2 changed, 0 needed no change, 0 were refused."),
        "{page:?}"
    );
    for escalation in [&taken, &waiting] {
        let seen = ola.sees_escalation(escalation).await;
        assert_eq!(seen["owner"]["name"], "Otto Lind");
    }
    desk.mailbox().await;
}
