//! Calls that are asked for on an escalation (M12): with number and window, taken, moved, made with what was said, missed by
//! the clock, called off; listed and exported.

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::answer::{Answer, instant};
use crate::support::database::on_both_databases;
use crate::support::desk::Desk;
use crate::support::paired::{administrators, gives, id_of, pairs, said, there};
use crate::support::person::{Case, Escalation, Person, high};
use crate::support::session::Session;

on_both_databases! { Desk:
    m12_a_call_is_asked_for_taken_and_made,
    m12_what_cannot_be_called_is_refused_with_its_place,
    m12_both_sides_move_it_and_call_it_off,
    m12_the_clock_reminds_and_notes_what_was_missed,
    m12_an_escalation_that_ends_ends_its_calls,
    m12_the_console_roles_do_what_they_are_for,
    m12_the_list_is_narrowed_ordered_and_counted,
    m12_a_file_of_it_holds_no_formula,
    p7_paired_people_take_no_calls_and_cloned_users_do,
}

/// A case of Dana's, her escalation of it, which Ola reviews, and no mail left.
async fn escalated(desk: &Desk) -> (Case, Escalation) {
    let dana = desk.person("dana");
    let case = dana.opens(high()).await;
    desk.passes(TimeDelta::hours(24));
    let escalation = dana.escalates(&case, "no_update").taken().await;
    desk.person("ola").claims(&escalation).await;
    desk.mailbox().await;
    (case, escalation)
}

/// A call from so many hours from now on, for so many hours.
fn call(desk: &Desk, begins: i64, lasts: i64) -> Value {
    let from = desk.now() + TimeDelta::hours(begins);
    json!({
        "phone": "+1 415 555 0100",
        "window": {
            "from": from.to_rfc3339(), "until": (from + TimeDelta::hours(lasts)).to_rfc3339(),
            "time_zone": "America/New_York",
        },
        "note": "The failover is tonight.",
    })
}

fn path_of(escalation: &Escalation) -> String {
    format!("/escalations/{}/callbacks", escalation.number)
}

async fn asks(person: &Person, escalation: &Escalation, call: Value) -> Value {
    person.post(&path_of(escalation), call).await.created()
}

/// Changes a callback.
async fn changes(person: &Person, callback: &Value, patch: Value) -> Answer {
    person.patch(&at(callback), patch).await
}

fn at(callback: &Value) -> String {
    format!("/callbacks/{}", said(&callback["id"]))
}

fn without(mut of: Value, pointer: &str, value: Value) -> Value {
    *of.pointer_mut(pointer).expect("a member") = value;
    of
}

async fn m12_a_call_is_asked_for_taken_and_made(desk: Desk) {
    let (dana, ola, eve) = (desk.person("dana"), desk.person("ola"), desk.person("eve"));
    let (case, escalation) = escalated(&desk).await;
    let asked = dana.post(&path_of(&escalation), call(&desk, 2, 3)).await;
    assert_eq!(asked.header("etag"), "\"1\"");
    let asked = asked.created();
    assert_eq!(
        (&asked["state"], &asked["owner"], &asked["phone"]),
        (&json!("requested"), &Value::Null, &json!("+1 415 555 0100"))
    );
    assert_eq!(asked["escalation"]["number"], json!(escalation.number));
    assert_eq!(asked["case"]["number"], json!(case.number));
    assert_eq!(asked["requested_by"]["name"], json!("Dana Cole"));
    assert_eq!(asked["window"]["time_zone"], "America/New_York");
    assert_eq!(
        instant(&asked["window"]["from"]),
        desk.now() + TimeDelta::hours(2)
    );
    assert_eq!(
        asked["lawful_verbs"],
        json!(["reschedule", "describe", "cancel"])
    );
    // Whoever runs the escalation is told, and not who caused it.
    let post = desk.mailbox().await;
    assert_eq!(post.recipients(), ["ola@bellhop.test"]);
    let mail = post.to("ola@bellhop.test");
    assert!(mail.text.contains("+1 415 555 0100"), "{}", mail.text);
    assert!(mail.text.contains("New York time"), "{}", mail.text);
    assert!(
        mail.text.contains("> The failover is tonight."),
        "{}",
        mail.text
    );

    let taken = changes(&ola, &asked, json!({ "state": "taken" }))
        .await
        .ok();
    assert_eq!(
        (&taken["state"], &taken["owner"]["name"], &taken["version"]),
        (&json!("taken"), &json!("Ola Berg"), &json!(2))
    );
    let post = desk.mailbox().await;
    assert_eq!(post.recipients(), ["dana@acme.test"]);
    assert!(post.0[0].text.contains("Ola Berg makes the call."));
    changes(&desk.person("otto"), &asked, json!({ "state": "taken" }))
        .await
        .refused(409, "already_taken");
    changes(
        &desk.person("otto"),
        &asked,
        json!({ "state": "completed", "note": "x" }),
    )
    .await
    .refused(403, "not_callback_owner");

    desk.passes(TimeDelta::hours(3));
    desk.mailbox().await;
    let updated = instant(&dana.sees(&case).await["last_provider_update_at"]);
    let unsaid = changes(&ola, &asked, json!({ "state": "completed" })).await;
    unsaid.names_fields(&[("note", "required")]);
    let told = "We failed over while we spoke; **it works**.";
    let made = changes(&ola, &asked, json!({ "state": "completed", "note": told })).await;
    let made = made.ok();
    assert_eq!(made["state"], "completed");
    assert_eq!(instant(&made["settled_at"]), desk.now());
    assert_eq!(made["note"], "The failover is tonight.");
    assert_eq!(made["lawful_verbs"], json!([]));
    // M10: what was said stands in the case feed as a contact by telephone, and is an update by the provider (C7).
    let feed = dana.case_feed(&case).await;
    let entry = feed
        .iter()
        .find(|entry| entry["kind"] == "external_communication");
    let entry = entry.unwrap_or_else(|| panic!("no contact in {feed:#?}"));
    assert_eq!(
        (&entry["body"], &entry["visibility"], &entry["feed"]),
        (&json!(told), &json!("public"), &json!("case"))
    );
    assert!(updated < instant(&dana.sees(&case).await["last_provider_update_at"]));
    let marks: Vec<&str> = feed
        .iter()
        .filter_map(|entry| entry["body"].as_str())
        .collect();
    for begins in [
        "Dana Cole asked for a call: ",
        "Ola Berg makes the call: ",
        "Ola Berg made the requested call",
    ] {
        assert!(
            marks.iter().any(|mark| mark.starts_with(begins)),
            "{marks:#?}"
        );
    }
    let post = desk.mailbox().await;
    assert_eq!(post.recipients(), ["dana@acme.test"], "{post:#?}");
    assert!(
        post.0[0].text.contains("> We failed over"),
        "{}",
        post.0[0].text
    );
    changes(&ola, &asked, json!({ "state": "canceled" }))
        .await
        .refused(409, "unlawful_move");
    // It is audited, without the number or a word.
    let ada = desk.person("ada");
    let events = ada
        .all(&format!(
            "/audit-events?case={}&kind=callback.",
            case.number
        ))
        .await;
    let kinds: Vec<&str> = events
        .iter()
        .filter_map(|event| event["kind"].as_str())
        .collect();
    assert_eq!(
        kinds,
        ["callback.completed", "callback.taken", "callback.requested"]
    );
    let text = json!(events).to_string();
    // However the number is spelled; less of it stands in a hash by chance.
    for word in ["415 555", "4155550100", "failed over"] {
        assert!(!text.contains(word), "{word}: {text}");
    }
    // F4: what was said can be redacted, also out of the mail that told it.
    let redaction = format!("/feed-entries/{}/redaction", said(&entry["id"]));
    eve.post(&redaction, json!({ "reason": "A password." }))
        .await
        .ok();
    desk.mailbox().await;
    let notices = json!(ada.all("/notices").await).to_string();
    assert!(!notices.contains("failed over"), "{notices}");
}

async fn m12_what_cannot_be_called_is_refused_with_its_place(desk: Desk) {
    let dana = desk.person("dana");
    let (_, escalation) = escalated(&desk).await;
    let good = call(&desk, 2, 3);
    let path = path_of(&escalation);
    let past = (desk.now() - TimeDelta::hours(2)).to_rfc3339();
    let before = desk.rows();
    let window = |from: &str, until: &str, zone: &str| json!({ "from": from, "until": until, "time_zone": zone });
    for (pointer, value, fields) in [
        ("/phone", json!("call me"), vec![("phone", "malformed")]),
        ("/phone", json!("12345"), vec![("phone", "malformed")]),
        ("/phone", json!(""), vec![("phone", "empty")]),
        ("/phone", Value::Null, vec![("phone", "wrong_type")]),
        ("/window", Value::Null, vec![("window", "wrong_type")]),
        (
            "/window",
            json!({}),
            vec![
                ("window.from", "required"),
                ("window.time_zone", "required"),
                ("window.until", "required"),
            ],
        ),
        (
            "/window/from",
            json!(past),
            vec![("window.from", "in_the_past")],
        ),
        (
            "/window/until",
            json!(past),
            vec![("window.until", "in_the_past")],
        ),
        (
            "/window/until",
            good["window"]["from"].clone(),
            vec![("window.until", "not_after_start")],
        ),
        (
            "/window/until",
            json!("9999-12-31T23:59:59-01:00"),
            vec![("window.until", "too_far_ahead")],
        ),
        (
            "/window/from",
            json!("tomorrow"),
            vec![("window.from", "not_a_time")],
        ),
        (
            "/window/time_zone",
            json!("Berlin"),
            vec![("window.time_zone", "unknown_time_zone")],
        ),
        (
            "/window",
            window("2026-03-29T02:30", "2026-03-29T05:00", "Europe/Berlin"),
            vec![("window.from", "skipped_time")],
        ),
        (
            "/window",
            window("2026-03-29T01:00", "2026-03-29T02:00:00", "Europe/Berlin"),
            vec![("window.until", "skipped_time")],
        ),
        ("/note", json!("x".repeat(5001)), vec![("note", "too_long")]),
    ] {
        dana.post(&path, without(good.clone(), pointer, value))
            .await
            .names_fields(&fields);
    }
    desk.is_unchanged_since(&before, "what was refused");
    // By the clock of whoever is called.
    let night = window("2026-03-29T01:30", "2026-03-29T03:30", "Europe/Berlin");
    let asked = asks(&dana, &escalation, without(good, "/window", night)).await;
    assert_eq!(
        (
            instant(&asked["window"]["from"]),
            instant(&asked["window"]["until"])
        ),
        (utc("2026-03-29T00:30:00Z"), utc("2026-03-29T01:30:00Z"))
    );
    for (patch, fields) in [
        (json!({}), [("state", "required")]),
        (json!({ "state": "requested" }), [("window", "required")]),
        (json!({ "state": "gone" }), [("state", "not_allowed")]),
        (json!({ "owner": Value::Null }), [("owner", "not_null")]),
        (
            json!({ "state": "canceled", "owner": "ola@bellhop.test" }),
            [("owner", "also_owner")],
        ),
        (
            json!({ "state": "missed", "window": asked["window"] }),
            [("window", "also_window")],
        ),
        (
            json!({ "window": window("2026-03-29T02:30", "2026-03-29T05:00", "Europe/Berlin") }),
            [("window.from", "skipped_time")],
        ),
    ] {
        changes(&desk.person("sam"), &asked, patch)
            .await
            .names_fields(&fields);
    }
    let sam = desk.person("sam");
    for (owner, code) in [
        ("nobody@bellhop.test", "not_found"),
        ("dana@acme.test", "not_found"),
        ("eve@bellhop.test", "not_an_escalation_owner"),
    ] {
        changes(&sam, &asked, json!({ "owner": owner }))
            .await
            .names_fields(&[("owner", code)]);
    }
    changes(&desk.person("ola"), &asked, json!({ "state": "missed" }))
        .await
        .names_fields(&[("state", "not_begun")]);
    let escalation = "/escalations/E-999999/callbacks";
    dana.post(escalation, call(&desk, 1, 1))
        .await
        .refused(404, "not_found");
    desk.mailbox().await;
}

fn utc(text: &str) -> DateTime<Utc> {
    text.parse().expect("an instant")
}

async fn m12_both_sides_move_it_and_call_it_off(desk: Desk) {
    let (dana, carl, ola, sam) = (
        desk.person("dana"),
        desk.person("carl"),
        desk.person("ola"),
        desk.person("sam"),
    );
    let (_, escalation) = escalated(&desk).await;
    // Support asks for one as well, and the requester is told.
    let asked = asks(&ola, &escalation, call(&desk, 4, 2)).await;
    assert_eq!(desk.mailbox().await.recipients(), ["dana@acme.test"]);
    // A supervisor gives it to somebody, who is told that it is theirs.
    let given = changes(&sam, &asked, json!({ "owner": "otto@bellhop.test" })).await;
    assert_eq!(given.ok()["owner"]["name"], "Otto Lind");
    let post = desk.mailbox().await;
    assert_eq!(
        post.recipients(),
        ["dana@acme.test", "ola@bellhop.test", "otto@bellhop.test"]
    );
    assert!(
        post.to("otto@bellhop.test")
            .text
            .contains("gave the call to you")
    );
    changes(&ola, &asked, json!({ "owner": "ola@bellhop.test" }))
        .await
        .refused(403, "missing_permission");

    // A colleague of the requester moves it; whoever was faster wins.
    let stale = carl
        .asks(Method::PATCH, &at(&asked))
        .header("if-match", "\"1\"")
        .json(&json!({ "state": "canceled" }))
        .await;
    stale.refused(412, "stale_version");
    let later =
        json!({ "window": call(&desk, 9, 1)["window"], "note": "In a meeting until then." });
    let moved = changes(&carl, &asked, later.clone()).await.ok();
    assert_eq!(
        (&moved["state"], &moved["reason"], &moved["note"]),
        (
            &json!("taken"),
            &json!("In a meeting until then."),
            &json!("The failover is tonight.")
        )
    );
    let post = desk.mailbox().await;
    assert_eq!(
        post.recipients(),
        ["dana@acme.test", "ola@bellhop.test", "otto@bellhop.test"]
    );
    assert!(post.0[0].text.contains("In a meeting until then."));
    // The same again is nothing new.
    let before = desk.rows();
    let again = json!({ "window": later["window"] });
    changes(&carl, &asked, again).await.ok();
    desk.is_unchanged_since(&before, "the same window");

    let described = changes(&dana, &asked, json!({ "note": "The failover is off." })).await;
    assert_eq!(described.ok()["note"], "The failover is off.");
    assert!(desk.mailbox().await.0.is_empty());
    let off = json!({ "state": "canceled", "note": "It is solved." });
    let off = changes(&dana, &asked, off).await.ok();
    assert_eq!(
        (&off["state"], &off["reason"]),
        (&json!("canceled"), &json!("It is solved."))
    );
    assert_eq!(
        desk.mailbox().await.recipients(),
        ["ola@bellhop.test", "otto@bellhop.test"]
    );
    changes(&dana, &asked, later)
        .await
        .refused(409, "unlawful_move");
    // Another customer's people know of none of it.
    for answer in [
        desk.person("gina").get(&at(&asked)).await,
        changes(&desk.person("gina"), &asked, json!({ "state": "canceled" })).await,
    ] {
        answer.refused(404, "not_found");
    }
}

async fn m12_the_clock_reminds_and_notes_what_was_missed(desk: Desk) {
    let (dana, ola) = (desk.person("dana"), desk.person("ola"));
    let (case, escalation) = escalated(&desk).await;
    // Nothing else falls due meanwhile.
    let ada = desk.person("ada");
    let later = json!({
        "kind": "first_reply", "priority": "high", "minutes": 43_200, "clock": "elapsed",
    });
    ada.patch("/targets", json!({ "items": [later] }))
        .await
        .ok();
    let [nobodys, olas] = [
        asks(&dana, &escalation, call(&desk, 2, 2)).await,
        asks(&dana, &escalation, call(&desk, 2, 2)).await,
    ];
    changes(&desk.person("otto"), &olas, json!({ "state": "taken" }))
        .await
        .ok();
    desk.mailbox().await;
    desk.passes(TimeDelta::hours(2) - TimeDelta::microseconds(1));
    assert!(desk.mailbox().await.0.is_empty());
    desk.passes(TimeDelta::microseconds(1));
    // Whoever makes the call is reminded; of the other, whoever runs the escalation.
    let post = desk.mailbox().await;
    assert_eq!(post.recipients(), ["ola@bellhop.test", "otto@bellhop.test"]);
    assert!(
        post.to("ola@bellhop.test")
            .text
            .contains("Nobody has taken it yet.")
    );
    desk.passes(TimeDelta::hours(2) - TimeDelta::microseconds(1));
    assert!(desk.mailbox().await.0.is_empty());
    assert_eq!(dana.get(&at(&olas)).await.ok()["state"], "taken");
    desk.passes(TimeDelta::microseconds(1));
    let post = desk.mailbox().await;
    assert_eq!(
        post.recipients(),
        [
            "dana@acme.test",
            "dana@acme.test",
            "ola@bellhop.test",
            "ola@bellhop.test",
            "otto@bellhop.test"
        ]
    );
    for callback in [&nobodys, &olas] {
        let missed = dana.get(&at(callback)).await.ok();
        assert_eq!(missed["state"], "missed");
        assert_eq!(missed["lawful_verbs"], json!(["reschedule"]));
    }
    // Told once, however long it goes on.
    desk.passes(TimeDelta::hours(5));
    assert!(desk.mailbox().await.0.is_empty());
    let path = format!("/audit-events?case={}&kind=callback.missed", case.number);
    let events = ada.all(&path).await;
    assert_eq!(events.len(), 2);
    assert_eq!(events[0]["actor"], Value::Null);
    let feed = dana.case_feed(&case).await;
    let mark = feed.iter().rev().find(|entry| entry["kind"] == "mark");
    assert!(
        said(&mark.expect("a mark")["body"]).starts_with("A requested call was missed"),
        "{feed:#?}"
    );

    // It comes again by a new window, with a reminder of its own; one of them took place after all.
    let again = json!({ "window": call(&desk, 1, 1)["window"] });
    let moved = changes(&dana, &olas, again).await.ok();
    assert_eq!(
        (
            &moved["state"],
            &moved["owner"]["name"],
            &moved["settled_at"]
        ),
        (&json!("taken"), &json!("Otto Lind"), &Value::Null)
    );
    let late = json!({ "state": "completed", "note": "We spoke at noon." });
    let made = changes(&ola, &nobodys, late).await.ok();
    assert_eq!(made["owner"]["name"], "Ola Berg");
    desk.mailbox().await;
    desk.passes(TimeDelta::hours(1));
    assert_eq!(desk.mailbox().await.recipients(), ["otto@bellhop.test"]);
    // After an outage, what is over is told as missed, and nobody is asked to call.
    let third = asks(&dana, &escalation, call(&desk, 1, 1)).await;
    desk.mailbox().await;
    desk.passes(TimeDelta::days(1));
    let post = desk.mailbox().await;
    assert!(
        post.0.iter().all(|mail| mail.subject.contains("Payments")),
        "{post:#?}"
    );
    assert!(
        !post.0.iter().any(|mail| mail.text.contains("begins now")),
        "{post:#?}"
    );
    assert_eq!(dana.get(&at(&third)).await.ok()["state"], "missed");
}

async fn m12_an_escalation_that_ends_ends_its_calls(desk: Desk) {
    let (dana, ola) = (desk.person("dana"), desk.person("ola"));
    for how in ["withdraw", "decline", "close", "case"] {
        let (case, escalation) = escalated(&desk).await;
        let [first, second] = [
            asks(&dana, &escalation, call(&desk, 2, 2)).await,
            asks(&dana, &escalation, call(&desk, 4, 2)).await,
        ];
        let gone = json!({ "state": "canceled" });
        changes(&dana, &second, gone.clone()).await.ok();
        desk.mailbox().await;
        let teller = match how {
            "withdraw" => {
                dana.withdraws(&escalation).await;
                "ola@bellhop.test"
            }
            "decline" => {
                ola.declines(&escalation, &["recently_updated"]).await;
                "dana@acme.test"
            }
            "close" => {
                ola.accepts(&escalation, "low", "low").await;
                desk.mailbox().await;
                ola.settles(&escalation).await;
                "dana@acme.test"
            }
            _ => {
                dana.closes(&case).await.ok();
                "ola@bellhop.test"
            }
        };
        let post = desk.mailbox().await;
        let told = post.0.iter().filter(|mail| mail.to == teller);
        let told: Vec<_> = told
            .filter(|mail| {
                mail.text
                    .contains("The call that was asked for is canceled with it.")
            })
            .collect();
        assert_eq!(told.len(), 1, "{how}: {post:#?}");
        assert!(
            !post
                .0
                .iter()
                .any(|mail| mail.text.contains("called this call off")),
            "{how}: told twice"
        );
        let seen = dana.get(&at(&first)).await.ok();
        assert_eq!(
            (&seen["state"], &seen["lawful_verbs"]),
            (&json!("canceled"), &json!([])),
            "{how}"
        );
        let refused = dana.post(&path_of(&escalation), call(&desk, 1, 1)).await;
        match how {
            "case" => refused.refused(409, "case_closed"),
            _ => refused.refused(409, "escalation_ended"),
        };
        desk.passes(TimeDelta::days(1));
        assert!(
            desk.mailbox().await.0.is_empty(),
            "{how}: nothing is due any more"
        );
    }
}

async fn m12_the_console_roles_do_what_they_are_for(desk: Desk) {
    let dana = desk.person("dana");
    let (_, escalation) = escalated(&desk).await;
    let asked = asks(&dana, &escalation, call(&desk, 2, 2)).await;
    for (key, sees, asks_too) in [
        ("ada", true, true),
        ("sam", true, true),
        ("ola", true, true),
        ("eve", true, false),
        ("mona", true, false),
        ("devi", true, false),
        ("carl", true, true),
        ("vic", false, false),
        ("abel", false, false),
    ] {
        let person = desk.person(key);
        let (seen, list) = (
            person.get(&at(&asked)).await,
            person.get("/callbacks").await,
        );
        let made = person.post(&path_of(&escalation), call(&desk, 2, 2)).await;
        let exported = person
            .post("/callbacks/export", json!({ "format": "csv" }))
            .await;
        assert_eq!(
            (seen.status == 200, list.status == 200),
            (sees, sees),
            "{key}"
        );
        assert_eq!(made.status == 201, asks_too, "{key}: {made:?}");
        assert_eq!(
            exported.status == 200,
            ["ada", "sam"].contains(&key),
            "{key}: {exported:?}"
        );
        if !asks_too && sees {
            let verbs = [
                json!({ "state": "taken" }),
                json!({ "state": "canceled" }),
                json!({ "window": call(&desk, 3, 1)["window"] }),
            ];
            for patch in verbs {
                changes(&person, &asked, patch)
                    .await
                    .refused(403, "missing_permission");
            }
        }
    }
    // A customer's contact makes no calls, and says of none that it took place.
    for patch in [
        json!({ "state": "taken" }),
        json!({ "state": "completed", "note": "x" }),
        json!({ "owner": "ola@bellhop.test" }),
    ] {
        changes(&dana, &asked, patch)
            .await
            .refused(403, "missing_permission");
    }
    desk.mailbox().await;
}

async fn m12_the_list_is_narrowed_ordered_and_counted(desk: Desk) {
    let (dana, ola, sam, gina) = (
        desk.person("dana"),
        desk.person("ola"),
        desk.person("sam"),
        desk.person("gina"),
    );
    let (case, escalation) = escalated(&desk).await;
    let mut asked = Vec::new();
    for begins in [30, 4, 12, 4] {
        asked.push(asks(&dana, &escalation, call(&desk, begins, 2)).await);
    }
    let theirs = gina.opens(high()).await;
    desk.passes(TimeDelta::hours(24));
    let other = gina.escalates(&theirs, "no_update").taken().await;
    asked.push(asks(&gina, &other, call(&desk, 30, 2)).await);
    changes(&ola, &asked[0], json!({ "state": "taken" }))
        .await
        .ok();
    desk.mailbox().await;
    let ids =
        |items: &[Value]| -> Vec<String> { items.iter().map(|one| said(&one["id"])).collect() };
    let of = |indexes: &[usize]| -> Vec<String> {
        indexes
            .iter()
            .map(|index| said(&asked[*index]["id"]))
            .collect()
    };
    assert_eq!(ids(&sam.all("/callbacks").await), of(&[1, 3, 2, 0, 4]));
    assert_eq!(ids(&dana.all("/callbacks").await), of(&[1, 3, 2, 0]));
    assert_eq!(ids(&gina.all("/callbacks").await), of(&[4]));
    assert_eq!(
        ids(&sam.all("/callbacks?sort=-window").await),
        of(&[4, 0, 2, 3, 1])
    );
    assert_eq!(
        ids(&sam.all("/callbacks?sort=requested_at").await),
        of(&[0, 1, 2, 3, 4])
    );
    for (query, expected) in [
        ("state=taken".to_owned(), vec![0]),
        ("state=missed".to_owned(), vec![1, 3, 2]),
        ("state=missed,taken".to_owned(), vec![1, 3, 2, 0]),
        ("owner=none&state=requested".to_owned(), vec![4]),
        ("owner=ola@bellhop.test".to_owned(), vec![0]),
        (format!("case={}", case.number), vec![1, 3, 2, 0]),
        (format!("escalation={}", other.number), vec![4]),
        (format!("case={}&owner=none", theirs.number), vec![4]),
    ] {
        let found = sam.all(&format!("/callbacks?{query}")).await;
        assert_eq!(ids(&found), of(&expected), "{query}");
    }
    assert_eq!(ids(&ola.all("/callbacks?owner=me").await), of(&[0]));
    // A day is one of the reader's zone: Berlin's begins an hour before.
    let begins = instant(&asked[0]["window"]["from"]);
    let day = begins
        .with_timezone(&chrono_tz::Europe::Berlin)
        .date_naive();
    assert!(ids(&sam.all(&format!("/callbacks?day={day}")).await).contains(&of(&[0])[0]));
    let long_gone = sam.get("/callbacks?day=2025-01-01&count=true").await.ok();
    assert_eq!(
        (&long_gone["items"], &long_gone["count"]),
        (&json!([]), &json!(0))
    );
    // Pages of it, with a count of all.
    let page = sam.get("/callbacks?limit=2&count=true").await.ok();
    assert_eq!(page["count"], 5);
    let cursor = said(&page["next_cursor"]);
    let next = sam
        .get(&format!("/callbacks?limit=2&count=true&cursor={cursor}"))
        .await
        .ok();
    let items = next["items"].as_array().cloned().unwrap_or_default();
    assert_eq!(ids(&items), of(&[2, 0]));
    // A line that somebody may not read hides its calls; lines do not exist for customers.
    let line = said(&sam.sees(&case).await["line_of_business"]["name"]);
    assert_eq!(
        sam.all(&format!("/callbacks?line_of_business={line}"))
            .await
            .len(),
        5
    );
    dana.get(&format!("/callbacks?line_of_business={line}"))
        .await
        .names_fields(&[("line_of_business", "not_found")]);
    for (query, field, code) in [
        ("state=lost", "state", "not_allowed"),
        ("day=tomorrow", "day", "not_a_date"),
        ("case=C-999999", "case", "not_found"),
        ("escalation=E-999999", "escalation", "not_found"),
        ("owner=x@y.test", "owner", "not_found"),
        ("sort=phone", "sort", "not_allowed"),
        ("phone=1", "phone", "unknown_field"),
    ] {
        sam.get(&format!("/callbacks?{query}"))
            .await
            .names_fields(&[(field, code)]);
    }
    gina.get(&format!("/callbacks?case={}", case.number))
        .await
        .names_fields(&[("case", "not_found")]);
}

async fn m12_a_file_of_it_holds_no_formula(desk: Desk) {
    let (dana, sam) = (desk.person("dana"), desk.person("sam"));
    let (case, escalation) = escalated(&desk).await;
    let formula = without(
        call(&desk, 2, 2),
        "/note",
        json!("=HYPERLINK(\"https://x.test\")"),
    );
    let asked = asks(&dana, &escalation, formula).await;
    let later = asks(&dana, &escalation, call(&desk, 9, 2)).await;
    changes(&sam, &later, json!({ "state": "canceled" }))
        .await
        .ok();
    desk.mailbox().await;
    let csv = sam
        .post(
            "/callbacks/export",
            json!({ "format": "csv", "state": ["requested"] }),
        )
        .await;
    assert_eq!(csv.header("content-type"), "text/csv; charset=utf-8");
    assert_eq!(
        csv.header("content-disposition"),
        "attachment; filename=\"callbacks.csv\""
    );
    let mut lines = csv.text.lines();
    let head = lines.next().unwrap_or_default();
    assert!(
        head.starts_with("id,case,subject,organization,escalation,state,window_from"),
        "{head}"
    );
    let line = lines.next().unwrap_or_default();
    assert!(
        line.starts_with(&format!("{},{}", said(&asked["id"]), case.number)),
        "{line}"
    );
    assert!(
        line.contains("'=HYPERLINK") && line.contains("'+1 415 555 0100"),
        "{line}"
    );
    assert_eq!(lines.next(), None);

    let book = sam
        .asks(Method::POST, "/callbacks/export")
        .json(&json!({ "format": "xlsx" }))
        .await;
    assert_eq!(
        book.header("content-disposition"),
        "attachment; filename=\"callbacks.xlsx\""
    );
    assert!(book.text.starts_with("PK"), "a workbook is an archive");
    // That it was exported is recorded, with what was asked for.
    let ada = desk.person("ada");
    let events = ada.all("/audit-events?kind=callbacks.exported").await;
    assert_eq!(events.len(), 2);
    assert_eq!(
        events[1]["after"],
        json!({ "format": "csv", "filters": { "state": "requested" } })
    );
    sam.post("/callbacks/export", json!({ "format": "pdf" }))
        .await
        .names_fields(&[("format", "not_allowed")]);
    // Under a key it is made anew, and recorded once.
    for _ in 0..2 {
        sam.asks(Method::POST, "/callbacks/export")
            .header("idempotency-key", "calls")
            .json(&json!({ "format": "csv" }))
            .await;
    }
    assert_eq!(
        ada.all("/audit-events?kind=callbacks.exported").await.len(),
        3
    );
}

async fn p7_paired_people_take_no_calls_and_cloned_users_do(desk: Desk) {
    let (abel, pia, _) = administrators(&desk).await;
    let (_, escalation) = escalated(&desk).await;
    let pairing = pairs(&pia, &abel, &[&id_of(&pia).await], &[]).await;
    let member = &pairing.members[0];
    gives(&abel, member, "designated_contact").await;
    let path = path_of(&escalation);
    let asked = there(&pia, "acme", Method::POST, &path, call(&desk, 2, 2)).await;
    asked.refused(403, "not_through_pairing");
    // They call off for their client what somebody of it asked for.
    let danas = asks(&desk.person("dana"), &escalation, call(&desk, 2, 2)).await;
    let off = json!({ "state": "canceled" });
    there(&pia, "acme", Method::PATCH, &at(&danas), off)
        .await
        .ok();
    let path_of_clone = format!("/pairing-members/{member}/clones");
    let clone = pia.post(&path_of_clone, json!({})).await.created();
    let session = Session::of(&desk, &pia).await;
    abel.patch(
        &format!("/users/{}", said(&clone["id"])),
        json!({ "roles": ["designated_contact"] }),
    )
    .await
    .ok();
    let to = json!({ "organization": "acme", "as": clone["id"] });
    session.switches(to).await.ok();
    let as_clone = session.post(&path, call(&desk, 2, 2)).await;
    assert_eq!(as_clone.status, 201, "{as_clone:?}");
    desk.mailbox().await;
}
