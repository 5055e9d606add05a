//! The list of callbacks (M12) is worked on as the queue is: several calls at once, each by itself and by its own rules; columns,
//! orders and filters that somebody chooses; and it stays under its reader's hands.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::answer::Answer;
use crate::support::browser::{Scripts, leaves, signs_in};
use crate::support::database::on_both_databases;
use crate::support::desk::Desk;
use crate::support::markup::{elements, tags};
use crate::support::paired::{id_of, said};
use crate::support::person::{Case, Escalation, Person, high};
use crate::support::session::Session;

on_both_databases! { Desk:
    m12_several_are_taken_and_what_one_is_refused_stops_no_other,
    m12_several_took_place_and_what_was_said_stands_on_each_case,
    m12_several_are_given_over_missed_and_called_off,
    m12_what_does_not_belong_to_an_act_is_refused,
    m12_who_does_it_to_none_does_it_to_no_several,
    m12_columns_orders_and_filters_are_chosen,
    m12_the_page_says_what_follows_before_it_is_done,
    m12_the_list_stays_under_its_readers_hands_and_keys,
}

/// A case of somebody's, their escalation of it, which Ola reviews, and no mail left.
async fn escalated(desk: &Desk, key: &str) -> (Case, Escalation) {
    let contact = desk.person(key);
    let case = contact.opens(high()).await;
    desk.passes(TimeDelta::hours(24));
    let escalation = contact.escalates(&case, "no_update").taken().await;
    desk.person("ola").claims(&escalation).await;
    desk.mailbox().await;
    (case, escalation)
}

/// Asks for a call from so many hours from now on, for three hours.
async fn asks(
    desk: &Desk,
    key: &str,
    escalation: &Escalation,
    (phone, begins): (&str, i64),
) -> String {
    let from = desk.now() + TimeDelta::hours(begins);
    let call = json!({
        "phone": phone,
        "window": {
            "from": from.to_rfc3339(), "until": (from + TimeDelta::hours(3)).to_rfc3339(),
            "time_zone": "America/New_York",
        },
    });
    let path = format!("/escalations/{}/callbacks", escalation.number);
    said(&desk.person(key).post(&path, call).await.created()["id"])
}

const FIRST: &str = "+1 415 555 0101";
const SECOND: &str = "+1 415 555 0102";
const THIRD: &str = "+1 415 555 0103";
/// No call.
const NOWHERE: &str = "019cadc6-9a80-7000-929c-75e364ef40b2";

async fn acts(person: &Person, calls: &[&str], act: &str, more: Value) -> Answer {
    acts_at(person, "/callbacks/bulk", calls, act, more).await
}

async fn acts_at(person: &Person, path: &str, calls: &[&str], act: &str, more: Value) -> Answer {
    let items: Vec<_> = calls
        .iter()
        .map(|call| json!({ "callback": call }))
        .collect();
    let mut body = json!({ "items": items, "act": act });
    for (name, value) in more.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
    person.post(path, body).await
}

fn outcomes(answer: &Value) -> Vec<String> {
    let items = answer["items"].as_array().expect("items").iter();
    items.map(|item| said(&item["outcome"])).collect()
}

fn why(answer: &Value, index: usize) -> String {
    said(&answer["items"][index]["problem"]["code"])
}

async fn sees(person: &Person, call: &str) -> Value {
    person.get(&format!("/callbacks/{call}")).await.ok()
}

async fn m12_several_are_taken_and_what_one_is_refused_stops_no_other(desk: Desk) {
    let (ola, otto, gina) = (desk.person("ola"), desk.person("otto"), desk.person("gina"));
    let (_, escalation) = escalated(&desk, "dana").await;
    let (_, theirs) = escalated(&desk, "gina").await;
    let calls = [
        asks(&desk, "dana", &escalation, (FIRST, 2)).await,
        asks(&desk, "dana", &escalation, (SECOND, 4)).await,
        asks(&desk, "gina", &theirs, (THIRD, 6)).await,
    ];
    let [first, second, third] = calls.each_ref().map(String::as_str);
    acts(&otto, &[first], "take", json!({})).await.ok();
    desk.mailbox().await;
    let all = [first, second, third, NOWHERE];
    let seen = acts_at(&ola, "/callbacks/bulk/preview", &all, "take", json!({})).await;
    let seen = seen.ok();
    let expected = ["refused", "done", "done", "refused"];
    assert_eq!(outcomes(&seen), expected);
    assert_eq!(sees(&ola, second).await["state"], "requested");
    let done = acts(&ola, &all, "take", json!({})).await.ok();
    assert_eq!(outcomes(&done), expected);
    assert_eq!(
        (why(&done, 0), why(&done, 3)),
        ("already_taken".into(), "not_found".into())
    );
    assert_eq!(
        (&done["done"], &done["refused"], &done["told"]),
        (&json!(2), &json!(2), &seen["told"])
    );
    for call in [second, third] {
        let now = sees(&ola, call).await;
        assert_eq!(
            (&now["state"], &now["owner"]["name"]),
            (&json!("taken"), &json!("Ola Berg"))
        );
    }
    assert_eq!(done["items"][1]["version"], json!(2));
    let post = desk.mailbox().await;
    assert_eq!(post.recipients(), ["dana@acme.test", "gina@globex.test"]);
    // What is so already stays, and nobody is told of it again.
    let again = acts(&ola, &[second, third], "take", json!({})).await.ok();
    assert_eq!(outcomes(&again), ["unchanged", "unchanged"]);
    assert!(desk.mailbox().await.0.is_empty());
    // What has another version by now is refused alone.
    let stale = json!({
        "items": [{ "callback": second, "version": 1 }, { "callback": third, "version": 2 }],
        "act": "cancel",
    });
    let stale = ola.post("/callbacks/bulk", stale).await.ok();
    assert_eq!(outcomes(&stale), ["refused", "done"]);
    assert_eq!(why(&stale, 0), "stale_version");
    // Another customer's calls do not exist.
    let foreign = acts(&gina, &[second], "cancel", json!({})).await.ok();
    assert_eq!(why(&foreign, 0), "not_found");
    assert_eq!(sees(&ola, second).await["state"], "taken");
    desk.mailbox().await;
}

async fn m12_several_took_place_and_what_was_said_stands_on_each_case(desk: Desk) {
    let (dana, ola) = (desk.person("dana"), desk.person("ola"));
    let (case, escalation) = escalated(&desk, "dana").await;
    let (other, theirs) = escalated(&desk, "gina").await;
    let calls = [
        asks(&desk, "dana", &escalation, (FIRST, 2)).await,
        asks(&desk, "gina", &theirs, (SECOND, 2)).await,
    ];
    let calls = calls.each_ref().map(String::as_str);
    desk.passes(TimeDelta::hours(3));
    desk.mailbox().await;
    let told = "The failover is **done**.";
    let done = acts(&ola, &calls, "complete", json!({ "note": told })).await;
    let done = done.ok();
    assert_eq!(outcomes(&done), ["done", "done"]);
    let recorded = &done["items"][0]["follows"][0];
    assert_eq!(
        (&recorded["kind"], &recorded["name"]),
        (&json!("recorded_on_case"), &json!(case.number))
    );
    for (reader, case) in [(&dana, &case), (&desk.person("gina"), &other)] {
        let feed = reader.case_feed(case).await;
        let words = feed
            .iter()
            .filter(|entry| entry["kind"] == "external_communication" && entry["body"] == told);
        assert_eq!(words.count(), 1, "{feed:#?}");
    }
    // Other words of a call that took place would be lost, and so it is not said to be so already.
    let again = acts(
        &ola,
        &calls[..1],
        "complete",
        json!({ "note": "And more." }),
    )
    .await;
    let again = again.ok();
    assert_eq!(why(&again, 0), "unlawful_move");
    desk.mailbox().await;
}

async fn m12_several_are_given_over_missed_and_called_off(desk: Desk) {
    let (dana, ola, sam) = (desk.person("dana"), desk.person("ola"), desk.person("sam"));
    let (_, escalation) = escalated(&desk, "dana").await;
    let calls = [
        asks(&desk, "dana", &escalation, (FIRST, 2)).await,
        asks(&desk, "dana", &escalation, (SECOND, 2)).await,
        asks(&desk, "dana", &escalation, (THIRD, 9)).await,
    ];
    let all = calls.each_ref().map(String::as_str);
    acts(&ola, &all[..1], "take", json!({})).await.ok();
    desk.mailbox().await;
    let to = json!({ "owner": "otto@bellhop.test" });
    let given = acts(&sam, &all[..2], "assign", to.clone()).await.ok();
    assert_eq!(outcomes(&given), ["done", "done"]);
    let from = &given["items"][0]["follows"];
    assert_eq!(
        (&from[0]["kind"], &from[0]["name"]),
        (&json!("taken_from"), &json!("Ola Berg"))
    );
    assert_eq!(given["items"][1]["follows"], json!([]));
    let again = acts(&sam, &all[..2], "assign", to).await.ok();
    assert_eq!(outcomes(&again), ["unchanged", "unchanged"]);
    let nobody = json!({ "owner": "eve@bellhop.test" });
    let nobody = acts(&sam, &all[..1], "assign", nobody).await.ok();
    assert_eq!(why(&nobody, 0), "validation_failed");
    desk.mailbox().await;

    // Nothing is missed before it may come, and Ola does not say so of Otto's calls.
    desk.passes(TimeDelta::hours(2) + TimeDelta::minutes(30));
    let busy = json!({ "note": "Engaged." });
    let not_hers = acts(&ola, &all[..2], "miss", busy.clone()).await.ok();
    assert_eq!(
        (why(&not_hers, 0), why(&not_hers, 1)),
        ("not_callback_owner".into(), "not_callback_owner".into())
    );
    let missed = acts(&sam, &all, "miss", busy.clone()).await.ok();
    assert_eq!(outcomes(&missed), ["done", "done", "refused"]);
    let early = &missed["items"][2]["problem"]["errors"][0]["code"];
    assert_eq!(early, "not_begun");
    assert_eq!(sees(&dana, all[0]).await["reason"], "Engaged.");
    let again = acts(&sam, &all[..2], "miss", json!({})).await.ok();
    assert_eq!(outcomes(&again), ["unchanged", "unchanged"]);
    // A contact calls off what is still to come; what was missed can only be given another time.
    let off = acts(&dana, &all, "cancel", json!({ "note": "Solved." })).await;
    let off = off.ok();
    assert_eq!(outcomes(&off), ["refused", "refused", "done"]);
    assert_eq!(why(&off, 0), "unlawful_move");
    assert_eq!(sees(&dana, all[2]).await["reason"], "Solved.");
    desk.mailbox().await;
}

async fn m12_what_does_not_belong_to_an_act_is_refused(desk: Desk) {
    let sam = desk.person("sam");
    let (_, escalation) = escalated(&desk, "dana").await;
    let call = asks(&desk, "dana", &escalation, (FIRST, 2)).await;
    let call = [call.as_str()];
    desk.mailbox().await;
    let before = desk.rows();
    for (act, more, fields) in [
        ("complete", json!({}), vec![("note", "required")]),
        ("complete", json!({ "note": "" }), vec![("note", "empty")]),
        ("assign", json!({}), vec![("owner", "required")]),
        (
            "take",
            json!({ "note": "Soon.", "owner": "otto@bellhop.test" }),
            vec![("note", "not_with_act"), ("owner", "not_with_act")],
        ),
        (
            "assign",
            json!({ "note": "Soon.", "owner": "otto@bellhop.test" }),
            vec![("note", "not_with_act")],
        ),
        (
            "miss",
            json!({ "owner": "otto@bellhop.test" }),
            vec![("owner", "not_with_act")],
        ),
        ("reschedule", json!({}), vec![("act", "not_allowed")]),
        (
            "take",
            json!({ "items": [{ "callback": "soon" }] }),
            vec![("items[0].callback", "malformed_id")],
        ),
        ("take", json!({ "items": [] }), vec![("items", "required")]),
    ] {
        acts(&sam, &call, act, more).await.names_fields(&fields);
    }
    desk.is_unchanged_since(&before, "what was refused");
}

async fn m12_who_does_it_to_none_does_it_to_no_several(desk: Desk) {
    let dana = desk.person("dana");
    let (_, escalation) = escalated(&desk, "dana").await;
    let call = asks(&desk, "dana", &escalation, (FIRST, 2)).await;
    let call = [call.as_str()];
    let said_of = |act: &str| match act {
        "assign" => json!({ "owner": "ola@bellhop.test" }),
        "complete" => json!({ "note": "We spoke." }),
        _ => json!({}),
    };
    let all = ["take", "assign", "complete", "miss", "cancel"];
    for (key, refused) in [
        ("mona", &all[..]),
        ("devi", &all[..]),
        ("eve", &all[..]),
        ("vic", &all[..]),
        ("ola", &all[1..2]),
        ("dana", &all[..4]),
    ] {
        let person = desk.person(key);
        for act in refused {
            for path in ["/callbacks/bulk", "/callbacks/bulk/preview"] {
                acts_at(&person, path, &call, act, said_of(act))
                    .await
                    .refused(403, "missing_permission");
            }
        }
    }
    assert_eq!(sees(&dana, call[0]).await["version"], json!(1));
    // The page offers what each may do.
    let bar = async |key: &str| {
        let session = Session::of(&desk, &desk.person(key)).await;
        let page = session.page("/callbacks").await;
        let bar = elements(&page.text, "form").find(|form| form.contains(" id=\"act\""));
        bar.map(str::to_owned)
    };
    assert_eq!(bar("mona").await, None);
    let offers = |bar: &str, act: &str| bar.contains(&format!("<option value=\"{act}\""));
    let danas = bar("dana").await.expect("a bar");
    assert!(
        offers(&danas, "cancel") && !offers(&danas, "take"),
        "{danas}"
    );
    let olas = bar("ola").await.expect("a bar");
    assert!(offers(&olas, "take") && offers(&olas, "complete"), "{olas}");
    assert!(!offers(&olas, "assign"), "{olas}");
    desk.mailbox().await;
}

async fn m12_columns_orders_and_filters_are_chosen(desk: Desk) {
    let (dana, sam, vic) = (desk.person("dana"), desk.person("sam"), desk.person("vic"));
    let (_, escalation) = escalated(&desk, "dana").await;
    asks(&desk, "dana", &escalation, (FIRST, 9)).await;
    desk.passes(TimeDelta::minutes(1));
    let second = asks(&desk, "dana", &escalation, (SECOND, 4)).await;
    desk.passes(TimeDelta::minutes(1));
    asks(&desk, "dana", &escalation, (THIRD, 6)).await;
    acts(&sam, &[second.as_str()], "take", json!({})).await.ok();
    desk.mailbox().await;
    let choice = json!({ "list": "callbacks", "columns": ["requested_at", "organization"] });
    let kept = sam.put("/me/columns", choice.clone()).await.ok();
    assert_eq!(
        kept["columns"],
        json!(["call", "organization", "requested_at"])
    );
    // What is not told to customers is no column of theirs, and who sees no calls has no list of them.
    dana.put("/me/columns", choice.clone())
        .await
        .names_fields(&[("columns[1]", "unknown_column")]);
    vic.put("/me/columns", choice)
        .await
        .refused(403, "missing_permission");
    let lists = vic.get("/me/columns").await.ok();
    assert_eq!(lists["items"].as_array().map(Vec::len), Some(2));

    let his = Session::of(&desk, &sam).await;
    let head = |page: &Answer| {
        let table = page.text.split("<thead").nth(1).unwrap_or_default();
        table.split("<tbody").next().unwrap_or_default().to_owned()
    };
    let order = |page: &Answer| -> Vec<String> {
        let rows = tags(&page.text, "input").filter(|tag| tag.contains("class=\"pick\""));
        let named = rows.filter_map(|tag| {
            let label = tag.split("aria-label=\"Choose ").nth(1)?;
            Some(label.split(',').next()?.to_owned())
        });
        named.collect()
    };
    let page = his.page("/callbacks").await;
    assert!(head(&page).contains("Asked for"), "{page:?}");
    assert!(!head(&page).contains("Who calls"), "{page:?}");
    assert_eq!(order(&page), [SECOND, THIRD, FIRST]);
    assert!(
        page.text
            .contains("Requested <span class=\"count\">2</span>")
    );
    assert!(page.text.contains("Taken <span class=\"count\">1</span>"));
    let page = his.page("/callbacks?sort=-requested_at").await;
    assert!(head(&page).contains("aria-sort=\"descending\""), "{page:?}");
    assert_eq!(order(&page), [THIRD, SECOND, FIRST]);
    assert!(page.text.contains("3 in all"), "{page:?}");
    // An address goes before what was chosen, and so does a filter that was saved.
    let page = his.page("/callbacks?state=requested&columns=owner").await;
    assert!(head(&page).contains("Who calls"), "{page:?}");
    assert!(!head(&page).contains("Asked for"), "{page:?}");
    assert_eq!(order(&page), [THIRD, FIRST]);
    let filter = json!({
        "name": "To be taken", "list": "callbacks", "query": "state=requested&columns=owner&limit=2",
    });
    let saved = sam.post("/saved-filters", filter).await.created();
    assert_eq!(saved["href"], "/callbacks?state=requested&columns=owner");
    let page = his.page("/callbacks").await;
    assert!(page.text.contains("To be taken"), "{page:?}");
    for (query, field, code) in [
        ("state=lost", "query.state", "not_allowed"),
        ("columns=colour", "query.columns", "unknown_column"),
        ("escalation=E-999999", "query.escalation", "not_found"),
        ("phone=1", "query.phone", "unknown_field"),
    ] {
        let filter = json!({ "name": "Odd", "list": "callbacks", "query": query });
        sam.post("/saved-filters", filter)
            .await
            .names_fields(&[(field, code)]);
    }
    assert_eq!(his.page("/callbacks?columns=colour").await.status, 422);
    // It is chosen on the page, too.
    let form = [
        ("list", "callbacks"),
        ("back", "/callbacks?state=taken"),
        ("columns.state", "on"),
    ];
    let chosen = his.sends("/columns", &form).await;
    assert_eq!(
        (chosen.status, chosen.header("location")),
        (303, "/callbacks?state=taken")
    );
    let page = his.page("/callbacks").await;
    assert!(!head(&page).contains("When"), "{page:?}");
}

async fn m12_the_page_says_what_follows_before_it_is_done(desk: Desk) {
    let (ola, sam) = (desk.person("ola"), desk.person("sam"));
    let (case, escalation) = escalated(&desk, "dana").await;
    let first = asks(&desk, "dana", &escalation, (FIRST, 2)).await;
    let second = asks(&desk, "dana", &escalation, (SECOND, 4)).await;
    acts(&ola, &[first.as_str()], "take", json!({})).await.ok();
    desk.mailbox().await;
    let his = Session::of(&desk, &sam).await;
    let all = his.page("/callbacks?choose=page").await;
    let picks: Vec<_> = tags(&all.text, "input")
        .filter(|tag| tag.contains("class=\"pick\""))
        .collect();
    assert_eq!(picks.len(), 2, "{all:?}");
    assert!(picks.iter().all(|tag| tag.ends_with(" checked")), "{all:?}");
    let sends = async |fields: &[(&str, &str)]| his.sends("/callbacks/bulk", fields).await;
    let none = sends(&[("act", "take")]).await;
    assert_eq!(none.status, 422);
    assert!(none.text.contains("No row is chosen"), "{none:?}");
    let rows = [&first, &second].map(|call| format!("row.{call}"));
    let gone = format!("row.{NOWHERE}");
    let ticked = [
        (rows[0].as_str(), "2"),
        (rows[1].as_str(), "1"),
        (gone.as_str(), "1"),
        ("back", "/callbacks?sort=window"),
    ];
    for (more, says) in [
        (vec![("act", "")], "Choose what is done."),
        (vec![("act", "complete")], "Write what was said."),
        (vec![("act", "assign")], "Choose to whom they are assigned."),
        (
            vec![("act", "take"), ("note", "Soon.")],
            "A note goes only with calls that took place",
        ),
    ] {
        let wrong = sends(&[&ticked[..], &more[..]].concat()).await;
        assert_eq!(wrong.status, 422, "{wrong:?}");
        assert!(wrong.text.contains(says), "no {says} on {wrong:?}");
        // The rows are still there.
        assert!(wrong.text.contains(&format!("name=\"{}\"", rows[0])));
    }
    let otto = id_of(&desk.person("otto")).await;
    let assign = [&ticked[..], &[("act", "assign"), ("owner", otto.as_str())]].concat();
    let seen = sends(&assign).await;
    for text in [
        "2 would change, 0 need no change, 1 would be refused.",
        &format!("{FIRST} · {}", escalation.number),
        "It is taken over from Ola Berg.",
        "A call that you do not see",
        "href=\"/callbacks?sort&#x3D;window\"",
        "Change 2",
    ] {
        assert!(seen.text.contains(text), "no {text} on {seen:?}");
    }
    assert_eq!(sees(&sam, &second).await["state"], "requested");
    let done = sends(&[&assign[..], &[("step", "act")]].concat()).await;
    assert!(
        done.text
            .contains("2 changed, 0 needed no change, 1 were refused."),
        "{done:?}"
    );
    assert_eq!(sees(&sam, &first).await["owner"]["name"], "Otto Lind");
    // What was said stands on the case, which the page says before.
    desk.passes(TimeDelta::hours(3));
    desk.mailbox().await;
    let complete = [
        (rows[0].as_str(), "3"),
        ("act", "complete"),
        ("note", "We spoke."),
    ];
    let seen = sends(&complete).await;
    let recorded = format!("What was said is recorded on {}.", case.number);
    assert!(seen.text.contains(&recorded), "{seen:?}");
    assert!(seen.text.contains("name=\"note\" value=\"We spoke.\""));
    sends(&[&complete[..], &[("step", "act")]].concat()).await;
    assert_eq!(sees(&sam, &first).await["state"], "completed");
    let back = his.page("/callbacks/bulk").await;
    assert_eq!((back.status, back.header("location")), (303, "/callbacks"));
    desk.mailbox().await;
}

async fn m12_the_list_stays_under_its_readers_hands_and_keys(desk: Desk) {
    let ola = desk.person("ola");
    let (_, escalation) = escalated(&desk, "dana").await;
    let first = asks(&desk, "dana", &escalation, (FIRST, 2)).await;
    let second = asks(&desk, "dana", &escalation, (SECOND, 4)).await;
    desk.mailbox().await;
    let Some(hers) = signs_in(&desk, Scripts::On, &ola).await else {
        return;
    };
    hers.goes_to(&desk.page("/callbacks")).await;
    hers.reads(FIRST).await;
    let press = async |key: &str| {
        let focus = hers.client.active_element().await.expect("the focus");
        focus.send_keys(key).await.expect("pressed");
    };
    // Down to the second row and back, and both are chosen.
    for key in ["j", "x", "j", "x", "k"] {
        press(key).await;
    }
    let chosen = "//details[@id='acts']/summary[contains(normalize-space(.), '2')]";
    assert_eq!(hers.counts(chosen).await, 1);
    // What comes meanwhile is counted, and neither moves the rows nor takes the choice away.
    desk.passes(TimeDelta::minutes(1));
    asks(&desk, "dana", &escalation, (THIRD, 3)).await;
    hers.reads("1 changed").await;
    hers.does_not_read(THIRD).await;
    assert_eq!(hers.counts(chosen).await, 1);
    // To what is to be done: the focus is in the choice of acts.
    press("e").await;
    assert_eq!(hers.counts("//details[@id='acts'][@open]").await, 1);
    press("I").await;
    hers.presses("See what would follow").await;
    hers.reads("2 would change, 0 need no change, 0 would be refused.")
        .await;
    hers.presses("Change 2").await;
    hers.reads("2 changed, 0 needed no change, 0 were refused.")
        .await;
    for call in [&first, &second] {
        assert_eq!(sees(&ola, call).await["owner"]["name"], "Ola Berg");
    }
    hers.presses("Back to the list").await;
    hers.reads(THIRD).await;
    leaves(hers).await;
    desk.mailbox().await;
}
