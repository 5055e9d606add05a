//! A misfiled entry moves to the other feed (F3).

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};

use super::{escalated, says, told, with_words};
use crate::support::answer::{Answer, instant};
use crate::support::database::on_both_databases;
use crate::support::desk::Desk;
use crate::support::paired::said;
use crate::support::person::{Person, high};
use crate::support::session::Session;

on_both_databases! { Desk:
    f3_an_entry_moves_with_its_author_and_its_time,
    f3_what_is_not_misfiled_stays,
    f3_a_move_meets_what_was_told_in_time,
    f3_a_move_makes_nobody_late_who_waited_for_an_answer,
    f3_a_moved_entry_is_redacted_everywhere,
    f3_staff_move_on_a_page_of_its_own,
}

async fn moves(person: &Person, entry: &Value, to: Value) -> Answer {
    let path = format!("/feed-entries/{}/move", said(&entry["id"]));
    person.post(&path, to).await
}

async fn f3_an_entry_moves_with_its_author_and_its_time(desk: Desk) {
    let (dana, vic, eve, ola) = (
        desk.person("dana"),
        desk.person("vic"),
        desk.person("eve"),
        desk.person("ola"),
    );
    let (case, escalation) = escalated(&desk).await;
    let words = "When do we hear from the owner?";
    let entry = dana.writes(&case, words).await;
    eve.writes(&case, "I ask.").await;
    desk.mailbox().await;
    for person in [&dana, &vic, &ola] {
        person.reads(&case).await;
    }
    desk.passes(TimeDelta::minutes(1));
    let updated = eve.sees(&case).await["last_provider_update_at"].clone();
    let moved = moves(
        &eve,
        &entry,
        json!({ "to": "escalation", "reason": "It is for Ola." }),
    )
    .await
    .ok();
    assert_eq!(
        (
            &moved["feed"],
            &moved["at"],
            &moved["author"],
            &moved["version"]
        ),
        (
            &json!("escalation"),
            &entry["at"],
            &entry["author"],
            &json!(2)
        )
    );
    assert_eq!(moved["escalation"]["number"], json!(escalation.number));
    // It is gone here, and a mark says who moved it where.
    let feed = dana.case_feed(&case).await;
    assert!(with_words(&feed, words).is_none());
    let mark = format!(
        "Eve Hart moved an entry from here to the escalation feed of {}",
        escalation.number
    );
    assert!(with_words(&feed, &mark).is_some(), "{feed:#?}");
    let there = dana.escalation_feed(&case).await;
    assert!(with_words(&there, words).is_some());
    // Whoever runs the escalation did not know it yet; nobody is told twice, and not who wrote or moved it.
    let post = desk.mailbox().await;
    assert_eq!(post.recipients(), ["ola@bellhop.test"]);
    let mail = post.to("ola@bellhop.test");
    assert!(mail.text.contains("Dana Cole"), "{}", mail.text);
    assert!(
        mail.subject.contains(&escalation.number),
        "{}",
        mail.subject
    );
    // C7 is as it was; the record tells both feeds, and the reason stays with staff.
    assert_eq!(eve.sees(&case).await["last_provider_update_at"], updated);
    let events = desk.person("ada").all("/audit-events").await;
    let event = events.iter().find(|event| event["kind"] == "entry.moved");
    let event = event.expect("an audited event");
    assert_eq!(event["before"], json!({ "feed": "case" }));
    assert_eq!(event["after"]["feed"], "escalation");
    assert_eq!(event["after"]["reason"], "It is for Ola.");
    // It is new where it stands now, to whoever had read all there was.
    let page = format!("/cases/{}", case.number);
    let session = Session::of(&desk, &vic).await;
    let shown = session.page(&page).await;
    let (_, feed) = shown
        .text
        .split_once("id=\"escalation-feed\"")
        .expect("a feed");
    assert!(feed.contains("class=\"entry unread\""), "{feed}");
    let shown = session.page(&page).await;
    assert!(!shown.text.contains("class=\"entry unread\""));
    // Its author may still correct it, on the version that it has now.
    let path = format!("/feed-entries/{}", said(&entry["id"]));
    let late = dana
        .asks(Method::PATCH, &path)
        .header("if-match", "\"1\"")
        .json(&json!({ "body": "x" }))
        .await;
    assert_eq!(late.status, 412, "{late:?}");
    let edited = dana
        .patch(&path, json!({ "body": "When do we hear?" }))
        .await
        .ok();
    assert_eq!(edited["feed"], "escalation");
    // And back again, where a mark is left in the escalation feed.
    let back = moves(&ola, &edited, json!({ "to": "case" })).await.ok();
    assert_eq!((&back["feed"], &back["at"]), (&json!("case"), &entry["at"]));
    let there = vic.escalation_feed(&case).await;
    let mark = "Ola Berg moved an entry from here to the case feed";
    assert!(with_words(&there, mark).is_some(), "{there:#?}");
    assert!(with_words(&there, "When do we hear?").is_none());
    assert_eq!(
        told(&desk).await,
        Vec::<String>::new(),
        "Eve owns nothing here"
    );
}

async fn f3_what_is_not_misfiled_stays(desk: Desk) {
    let (dana, eve, ola, sam) = (
        desk.person("dana"),
        desk.person("eve"),
        desk.person("ola"),
        desk.person("sam"),
    );
    let lone = dana.opens(high().about("No escalation here")).await;
    let (case, escalation) = escalated(&desk).await;
    let to_escalation = || json!({ "to": "escalation" });
    let entry = dana.writes(&case, "Hello?").await;
    desk.mailbox().await;
    // A customer does not move, nor does whoever only sees; what is another's does not exist.
    moves(&dana, &entry, to_escalation())
        .await
        .refused(403, "missing_permission");
    moves(&desk.person("mona"), &entry, to_escalation())
        .await
        .refused(403, "missing_permission");
    moves(&desk.person("gina"), &entry, to_escalation())
        .await
        .refused(404, "not_found");
    let refused = async |entry: &Value, to: Value, field: &str, code: &str| {
        let before = desk.rows();
        moves(&eve, entry, to).await.names_fields(&[(field, code)]);
        desk.is_unchanged_since(&before, code);
    };
    refused(&entry, json!({ "to": "case" }), "to", "already_there").await;
    refused(&entry, json!({ "to": "elsewhere" }), "to", "not_allowed").await;
    let named = json!({ "to": "escalation", "escalation": "E-000099" });
    refused(&entry, named, "escalation", "not_found").await;
    let note = eve.notes(&case, "Between us.").await;
    refused(&note, to_escalation(), "to", "internal_stays").await;
    let feed = eve.case_feed(&case).await;
    let mark = feed
        .iter()
        .find(|entry| entry["kind"] == "mark")
        .expect("a mark");
    refused(mark, to_escalation(), "to", "not_a_comment").await;
    let request = ola.escalation_feed(&case).await.remove(0);
    refused(
        &request,
        json!({ "to": "case" }),
        "to",
        "part_of_escalation",
    )
    .await;
    let own = dana.writes(&lone, "Nobody escalated this.").await;
    refused(&own, to_escalation(), "escalation", "no_active_escalation").await;
    // The other case's escalation is none of this case.
    let foreign = json!({ "to": "escalation", "escalation": escalation.number });
    refused(&own, foreign, "escalation", "not_found").await;
    let asked = json!({ "body": "Could you send a trace?", "awaits_reply": true });
    let asked = ola.does(&escalation, "feed", asked).await.created();
    refused(&asked, json!({ "to": "case" }), "to", "answer_awaited").await;
    let where_to = json!({ "to": "case", "escalation": escalation.number });
    let said_there = says(&ola, &escalation, "A plain word.").await;
    refused(
        &said_there,
        where_to,
        "escalation",
        "only_with_escalation_feed",
    )
    .await;
    // What is redacted has nothing to move, and a closed case takes nothing (C3).
    let path = format!("/feed-entries/{}/redaction", said(&entry["id"]));
    eve.post(&path, json!({ "reason": "x" })).await.ok();
    moves(&eve, &entry, to_escalation())
        .await
        .refused(403, "not_editable");
    let last = dana.writes(&lone, "Solved.").await;
    dana.closes(&lone).await.ok();
    moves(&sam, &last, to_escalation())
        .await
        .refused(409, "case_closed");
    desk.mailbox().await;
}

async fn f3_a_move_meets_what_was_told_in_time(desk: Desk) {
    let (dana, eve, ola) = (desk.person("dana"), desk.person("eve"), desk.person("ola"));
    let case = dana.opens(high()).await;
    desk.passes(TimeDelta::hours(24));
    let older = eve.writes(&case, "Before all that.").await;
    desk.passes(TimeDelta::hours(24));
    dana.reads(&case).await;
    let escalation = dana.escalates(&case, "no_update").taken().await;
    let target = async |kind: &str| -> Value {
        let seen = ola.sees_escalation(&escalation).await;
        let targets = seen["targets"].as_array().expect("targets").clone();
        let found = targets.into_iter().find(|target| target["kind"] == kind);
        found.unwrap_or_default()
    };
    ola.claims(&escalation).await;
    desk.passes(TimeDelta::minutes(10));
    let misfiled = eve.writes(&case, "We found the edge that drops it.").await;
    desk.passes(TimeDelta::minutes(200));
    desk.mailbox().await;
    // What is older than the escalation does not answer it.
    moves(&eve, &older, json!({ "to": "escalation" }))
        .await
        .ok();
    assert_eq!(target("first_reply").await["met_at"], json!(null));
    // The customer was told in time, though elsewhere: it counts from then.
    moves(&eve, &misfiled, json!({ "to": "escalation" }))
        .await
        .ok();
    let reply = target("first_reply").await;
    assert_eq!(instant(&reply["met_at"]), instant(&misfiled["at"]));
    assert_eq!(reply["missed_at"], json!(null));
    // Taking it away again makes nobody late.
    moves(&eve, &misfiled, json!({ "to": "case" })).await.ok();
    let again = target("first_reply").await;
    assert_eq!(again["met_at"], reply["met_at"]);
    // C7 counts both feeds, so that a move bends no window.
    assert_eq!(
        instant(&eve.sees(&case).await["last_provider_update_at"]),
        instant(&misfiled["at"])
    );
    // An answer that the requester gave in the other feed lets the clock go on from the move.
    ola.accepts(&escalation, "high", "high").await;
    let asked = json!({ "body": "Could you send a trace?", "awaits_reply": true });
    ola.does(&escalation, "feed", asked).await.created();
    desk.passes(TimeDelta::minutes(30));
    let answer = dana.writes(&case, "Here it is.").await;
    let still = ola.sees_escalation(&escalation).await;
    assert_ne!(still["awaiting_reply_since"], json!(null));
    desk.passes(TimeDelta::minutes(30));
    moves(&ola, &answer, json!({ "to": "escalation" }))
        .await
        .ok();
    let seen = ola.sees_escalation(&escalation).await;
    assert_eq!(seen["awaiting_reply_since"], json!(null));
    assert_eq!(target("update").await["paused_since"], json!(null));
    desk.mailbox().await;
}

async fn f3_a_move_makes_nobody_late_who_waited_for_an_answer(desk: Desk) {
    let (dana, eve, ola) = (desk.person("dana"), desk.person("eve"), desk.person("ola"));
    let (case, escalation) = escalated(&desk).await;
    ola.accepts(&escalation, "high", "high").await;
    desk.passes(TimeDelta::minutes(1));
    let asked = json!({ "body": "Could you send a trace?", "awaits_reply": true });
    ola.does(&escalation, "feed", asked).await.created();
    desk.passes(TimeDelta::minutes(10));
    let misfiled = eve.writes(&case, "We look meanwhile.").await;
    desk.passes(TimeDelta::minutes(50));
    says(&dana, &escalation, "Here it is.").await;
    desk.passes(TimeDelta::minutes(10));
    let update = async || -> Value {
        let seen = ola.sees_escalation(&escalation).await;
        let targets = seen["targets"].as_array().expect("targets").clone();
        let found = targets.into_iter().find(|one| one["kind"] == "update");
        found.expect("a target")
    };
    let before = update().await;
    // It was written while the clock stood still for the answer, and for what is owed then it stands still as long.
    moves(&eve, &misfiled, json!({ "to": "escalation" }))
        .await
        .ok();
    let after = update().await;
    assert_eq!(instant(&after["started_at"]), instant(&misfiled["at"]));
    assert_eq!(
        instant(&after["due_at"]),
        instant(&before["due_at"]),
        "{before} {after}"
    );
    desk.mailbox().await;
}

async fn f3_a_moved_entry_is_redacted_everywhere(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let (case, _) = escalated(&desk).await;
    let entry = eve.writes(&case, "The password is Zwiebelturm.").await;
    desk.mailbox().await;
    moves(&eve, &entry, json!({ "to": "escalation" }))
        .await
        .ok();
    desk.mailbox().await;
    let path = format!("/feed-entries/{}/redaction", said(&entry["id"]));
    eve.post(&path, json!({ "reason": "A password." }))
        .await
        .ok();
    for (table, rows) in desk.rows() {
        let kept = rows.iter().find(|row| row.contains("Zwiebelturm"));
        assert_eq!(kept, None, "{table} keeps it");
    }
    let feed = dana
        .get(&format!("/cases/{}/escalation-feed", case.number))
        .await;
    assert!(!feed.text.contains("Zwiebelturm"));
    desk.mailbox().await;
}

async fn f3_staff_move_on_a_page_of_its_own(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let (case, escalation) = escalated(&desk).await;
    let entry = dana.writes(&case, "For the owner.").await;
    desk.mailbox().await;
    let id = said(&entry["id"]);
    let page = format!("/cases/{}", case.number);
    let asked = format!("{page}?do=move&entry={id}");
    // A contact is not offered it.
    let contact = Session::of(&desk, &dana).await;
    assert!(!contact.page(&page).await.text.contains("do&#x3D;move"));
    let session = Session::of(&desk, &eve).await;
    assert!(session.page(&page).await.text.contains("do&#x3D;move"));
    let panel = session.page(&asked).await;
    assert!(
        panel.text.contains("Move the entry") && panel.text.contains(&escalation.number),
        "{}",
        panel.text
    );
    let form = format!("/entries/{id}/move");
    let wrong = session.sends(&form, &[("to", ""), ("reason", "Why")]).await;
    assert!(
        wrong.status == 422 && wrong.text.contains("Why"),
        "{wrong:?}"
    );
    let fields = [
        ("to", "escalation"),
        ("escalation", escalation.number.as_str()),
    ];
    let moved = session.sends(&form, &fields).await;
    assert_eq!(moved.status, 303, "{moved:?}");
    assert!(with_words(&dana.escalation_feed(&case).await, "For the owner.").is_some());
    desk.mailbox().await;
}
