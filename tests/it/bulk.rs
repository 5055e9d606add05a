//! Several cases or escalations at once: each by itself and by its own rules, said before it is done, and done once. And which
//! columns somebody sees of them.

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::answer::Answer;
use crate::support::browser::{Scripts, leaves, signs_in};
use crate::support::database::on_both_databases;
use crate::support::desk::Desk;
use crate::support::markup::tags;
use crate::support::paired::said;
use crate::support::person::{Case, Person, high, low};
use crate::support::session::Session;

on_both_databases! { Desk:
    what_one_is_refused_does_not_stop_the_others,
    nothing_of_a_preview_stays,
    a_request_that_is_sent_again_is_done_once,
    what_was_changed_meanwhile_is_refused_and_named,
    who_may_do_it_to_one_may_do_it_to_several,
    escalations_are_claimed_and_assigned,
    nothing_asked_is_refused,
    the_page_says_what_follows_before_it_is_done,
    columns_are_chosen_and_kept,
    an_address_and_a_filter_name_columns,
    an_open_list_stays_under_its_readers_hands,
}

/// What came of each item: its name and its outcome.
fn outcomes(answer: &Value) -> Vec<(String, String)> {
    let items = answer["items"].as_array().expect("items");
    items
        .iter()
        .map(|item| (said(&item["name"]), said(&item["outcome"])))
        .collect()
}

async fn changes(person: &Person, cases: &[&str], change: Value) -> Answer {
    let items: Vec<_> = cases.iter().map(|case| json!({ "case": case })).collect();
    let body = json!({ "items": items, "change": change });
    person.post("/cases/bulk", body).await
}

fn row(case: &Case, outcome: &str) -> (String, String) {
    (case.number.clone(), outcome.to_owned())
}

async fn what_one_is_refused_does_not_stop_the_others(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let (open, working, closed) = (
        dana.opens(high().about("Open")).await,
        dana.opens(low().about("Working")).await,
        dana.opens(low().about("Closed")).await,
    );
    eve.changes(&working, json!({ "status": "in_progress" }))
        .await
        .ok();
    eve.closes(&closed).await.ok();
    let named = [
        open.number.as_str(),
        working.number.as_str(),
        closed.number.as_str(),
        "C-999999",
    ];
    let done = changes(&eve, &named, json!({ "status": "in_progress" }))
        .await
        .ok();
    assert_eq!(
        outcomes(&done),
        [
            row(&open, "done"),
            row(&working, "unchanged"),
            row(&closed, "refused"),
            ("C-999999".to_owned(), "refused".to_owned()),
        ]
    );
    assert_eq!(
        (&done["done"], &done["unchanged"], &done["refused"]),
        (&json!(1), &json!(1), &json!(2))
    );
    let why = |index: usize| said(&done["items"][index]["problem"]["code"]);
    assert_eq!((why(2), why(3)), ("case_closed".into(), "not_found".into()));
    let now = eve.sees(&open).await;
    assert_eq!(now["status"], "in_progress");
    assert_eq!(done["items"][0]["version"], now["version"]);
    desk.mailbox().await;
}

async fn nothing_of_a_preview_stays(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let case = dana.opens(high()).await;
    desk.mailbox().await;
    let before = eve.sees(&case).await;
    let body = json!({
        "items": [{ "case": case.number }],
        "change": { "status": "in_progress", "owner": eve.email() },
    });
    let seen = eve.post("/cases/bulk/preview", body.clone()).await.ok();
    assert_eq!(outcomes(&seen), [row(&case, "done")]);
    assert_eq!(eve.sees(&case).await, before);
    let done = eve.post("/cases/bulk", body).await.ok();
    // Those whom it said would be written to are.
    assert_eq!(done["told"], seen["told"]);
    assert_eq!(done["items"][0]["told"], seen["items"][0]["told"]);
    assert_eq!(eve.sees(&case).await["status"], "in_progress");
    desk.mailbox().await;
}

async fn a_request_that_is_sent_again_is_done_once(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let case = dana.opens(high()).await;
    let body = json!({
        "items": [{ "case": case.number, "version": eve.sees(&case).await["version"] }],
        "change": { "status": "in_progress" },
    });
    let sends = || {
        eve.asks(Method::POST, "/cases/bulk")
            .header("idempotency-key", "several at once")
            .json(&body)
    };
    let first = sends().await.ok();
    let version = eve.sees(&case).await["version"].clone();
    let second = sends().await.ok();
    assert_eq!(first, second);
    assert_eq!(eve.sees(&case).await["version"], version);
    // Without a key the old version says no.
    let third = eve.post("/cases/bulk", body).await.ok();
    assert_eq!(outcomes(&third), [row(&case, "refused")]);
    desk.mailbox().await;
}

async fn what_was_changed_meanwhile_is_refused_and_named(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let (one, other) = (dana.opens(high()).await, dana.opens(low()).await);
    let version = async |case: &Case| eve.sees(case).await["version"].clone();
    let items = json!([
        { "case": one.number, "version": version(&one).await },
        { "case": other.number, "version": version(&other).await },
    ]);
    eve.changes(&one, json!({ "product": "Printer" }))
        .await
        .ok();
    let body = json!({ "items": items, "change": { "status": "in_progress" } });
    let done = eve.post("/cases/bulk", body).await.ok();
    assert_eq!(outcomes(&done), [row(&one, "refused"), row(&other, "done")]);
    assert_eq!(done["items"][0]["problem"]["code"], "stale_version");
    desk.mailbox().await;
}

async fn who_may_do_it_to_one_may_do_it_to_several(desk: Desk) {
    let (dana, gina) = (desk.person("dana"), desk.person("gina"));
    let case = dana.opens(high()).await;
    for contact in [&dana, &gina] {
        changes(
            contact,
            &[case.number.as_str()],
            json!({ "status": "in_progress" }),
        )
        .await
        .refused(403, "missing_permission");
    }
    desk.mailbox().await;
}

async fn escalations_are_claimed_and_assigned(desk: Desk) {
    let (dana, eve, ola, sam) = (
        desk.person("dana"),
        desk.person("eve"),
        desk.person("ola"),
        desk.person("sam"),
    );
    let case = dana.opens(high()).await;
    desk.passes(TimeDelta::hours(30));
    let escalation = dana.escalates(&case, "no_update").taken().await;
    desk.mailbox().await;
    let items = json!([{ "escalation": escalation.number }, { "escalation": "E-999999" }]);
    let claim = json!({ "items": items, "act": "claim" });
    let claimed = ola.post("/escalations/bulk", claim).await.ok();
    assert_eq!(
        outcomes(&claimed),
        [
            (escalation.number.clone(), "done".to_owned()),
            ("E-999999".to_owned(), "refused".to_owned()),
        ]
    );
    let assign = json!({
        "items": [{ "escalation": escalation.number }], "act": "assign", "owner": ola.email(),
    });
    // It is hers already.
    let again = sam.post("/escalations/bulk", assign).await.ok();
    assert_eq!(again["unchanged"], json!(1));
    let nobody = json!({ "items": [{ "escalation": escalation.number }], "act": "assign" });
    sam.post("/escalations/bulk", nobody)
        .await
        .names_fields(&[("owner", "required")]);
    // Whoever does not review escalations claims none, one or several.
    let claim = json!({ "items": [{ "escalation": escalation.number }], "act": "claim" });
    for other in [&dana, &eve] {
        other
            .post("/escalations/bulk", claim.clone())
            .await
            .refused(403, "missing_permission");
    }
    desk.mailbox().await;
}

async fn nothing_asked_is_refused(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let case = dana.opens(high()).await;
    changes(&eve, &[], json!({ "status": "open" }))
        .await
        .names_fields(&[("items", "required")]);
    changes(&eve, &[case.number.as_str()], json!({}))
        .await
        .names_fields(&[("change", "required")]);
    let many = vec![case.number.as_str(); 101];
    changes(&eve, &many, json!({ "status": "in_progress" }))
        .await
        .names_fields(&[("items", "too_many")]);
    desk.mailbox().await;
}

async fn the_page_says_what_follows_before_it_is_done(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let (one, other) = (dana.opens(high()).await, dana.opens(low()).await);
    eve.closes(&other).await.ok();
    let hers = Session::of(&desk, &eve).await;
    let list = hers.page("/cases").await;
    let tick = format!("row.{}", one.number);
    assert!(list.text.contains(&format!("name=\"{tick}\"")), "{list:?}");
    let all = hers.page("/cases?choose=page").await;
    let picks: Vec<_> = tags(&all.text, "input")
        .filter(|tag| tag.contains("class=\"pick\""))
        .collect();
    assert_eq!(picks.len(), 2, "{all:?}");
    assert!(picks.iter().all(|tag| tag.ends_with(" checked")), "{all:?}");
    let none = hers
        .sends("/cases/bulk", &[("change.status", "in_progress")])
        .await;
    assert_eq!(none.status, 422);
    assert!(none.text.contains("No row is chosen"), "{none:?}");
    let late = format!("row.{}", other.number);
    let versions = [
        eve.sees(&one).await["version"].to_string(),
        eve.sees(&other).await["version"].to_string(),
    ];
    let ticked = [
        (tick.as_str(), versions[0].as_str()),
        (late.as_str(), versions[1].as_str()),
    ];
    let unasked = hers.sends("/cases/bulk", &ticked).await;
    assert_eq!(unasked.status, 422);
    assert!(
        unasked.text.contains("Nothing is to change yet"),
        "{unasked:?}"
    );
    let asked = [
        &ticked[..],
        &[("change.status", "in_progress"), ("change.owner", "")],
    ]
    .concat();
    let seen = hers.sends("/cases/bulk", &asked).await;
    assert_eq!(seen.status, 200);
    assert!(
        seen.text
            .contains("1 would change, 0 need no change, 1 would be refused."),
        "{seen:?}"
    );
    assert_eq!(eve.sees(&one).await["status"], "open");
    let done = hers
        .sends("/cases/bulk", &[&asked[..], &[("step", "act")]].concat())
        .await;
    assert!(
        done.text
            .contains("1 changed, 0 needed no change, 1 were refused."),
        "{done:?}"
    );
    assert_eq!(eve.sees(&one).await["status"], "in_progress");
    // Nobody does anything with several cases who does nothing with one.
    let viewer = Session::of(&desk, &desk.person("vic")).await;
    let list = viewer.page("/cases").await;
    assert!(!list.text.contains("class=\"pick\""), "{list:?}");
    desk.mailbox().await;
}

async fn columns_are_chosen_and_kept(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    dana.opens(high()).await;
    let choice = json!({ "list": "cases", "columns": ["owner", "line_of_business"] });
    let kept = eve.put("/me/columns", choice.clone()).await.ok();
    assert_eq!(
        kept["columns"],
        json!(["case", "line_of_business", "owner"])
    );
    // What is not told to customers is no column of theirs.
    dana.put("/me/columns", choice)
        .await
        .names_fields(&[("columns[1]", "unknown_column")]);
    let heads = async |who: &Session| {
        let page = who.page("/cases").await;
        ["Priority", "Owner", "Line of business", "Updated"].map(|head| {
            page.text.split("<tbody").next().is_some_and(|above| {
                let table = above.split("<thead").nth(1).unwrap_or_default();
                table.contains(head)
            })
        })
    };
    let (hers, danas) = (
        Session::of(&desk, &eve).await,
        Session::of(&desk, &dana).await,
    );
    assert_eq!(heads(&hers).await, [false, true, true, false]);
    assert_eq!(heads(&danas).await, [true, true, false, true]);
    let form = [
        ("list", "cases"),
        ("back", "/cases?status=open"),
        ("columns.priority", "on"),
    ];
    let saved = hers.sends("/columns", &form).await;
    assert_eq!(
        (saved.status, saved.header("location")),
        (303, "/cases?status=open")
    );
    assert_eq!(heads(&hers).await, [true, false, false, false]);
    // With nothing ticked, as at first.
    hers.sends("/columns", &[("list", "cases")]).await;
    assert_eq!(heads(&hers).await, [true, true, false, true]);
    let all = eve.get("/me/columns").await.ok();
    let lists = all["items"].as_array().expect("items").iter();
    let lists: Vec<_> = lists.map(|item| said(&item["list"])).collect();
    assert_eq!(lists, ["cases", "escalations", "callbacks"]);
    desk.mailbox().await;
}

async fn an_address_and_a_filter_name_columns(desk: Desk) {
    let eve = desk.person("eve");
    let dana = desk.person("dana");
    dana.opens(high()).await;
    let hers = Session::of(&desk, &eve).await;
    let page = hers.page("/cases?status=open&columns=updated_at").await;
    let above = page.text.split("<tbody").next().unwrap_or_default();
    let table = above.split("<thead").nth(1).unwrap_or_default();
    assert!(
        table.contains("Updated") && !table.contains("Priority"),
        "{page:?}"
    );
    // It stays when the list is ordered or narrowed otherwise.
    assert!(
        page.text.contains("name=\"columns\" value=\"updated_at\""),
        "{page:?}"
    );
    let wrong = hers.page("/cases?columns=colour").await;
    assert_eq!(wrong.status, 422);
    let filter =
        json!({ "name": "Mine", "list": "cases", "query": "status=open&columns=updated_at" });
    let saved = eve.post("/saved-filters", filter).await.created();
    assert_eq!(said(&saved["query"]), "status=open&columns=updated_at");
    let filter = json!({ "name": "Odd", "list": "cases", "query": "columns=colour" });
    eve.post("/saved-filters", filter)
        .await
        .names_fields(&[("query.columns", "unknown_column")]);
    desk.mailbox().await;
}

async fn an_open_list_stays_under_its_readers_hands(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let first = dana.opens(high().about("The first one")).await;
    let Some(hers) = signs_in(&desk, Scripts::On, &eve).await else {
        return;
    };
    hers.goes_to(&desk.page("/cases")).await;
    hers.reads("The first one").await;
    // The keys choose the row in focus, and lead to what is to be done with it.
    let press = async |key: &str| {
        let focus = hers.client.active_element().await.expect("the focus");
        focus.send_keys(key).await.expect("pressed");
    };
    press("j").await;
    press("x").await;
    let chosen = "//details[@id='acts']/summary[contains(normalize-space(.), '1')]";
    assert_eq!(hers.counts(chosen).await, 1);
    press("e").await;
    assert_eq!(hers.counts("//details[@id='acts'][@open]").await, 1);
    // What comes is counted, and shown when she asks for it; what is there says what it is now.
    desk.passes(TimeDelta::minutes(1));
    dana.opens(high().about("The second one")).await;
    hers.reads("1 changed").await;
    hers.does_not_read("The second one").await;
    let title = hers.client.title().await.expect("a title");
    assert!(title.starts_with("(1) "), "{title}");
    eve.changes(&first, json!({ "status": "in_progress" }))
        .await
        .ok();
    hers.reads("2 changed").await;
    hers.does_not_read("The second one").await;
    hers.presses("Show").await;
    hers.reads("The second one").await;
    let title = hers.client.title().await.expect("a title");
    assert!(!title.starts_with('('), "{title}");
    leaves(hers).await;
    desk.mailbox().await;
}
