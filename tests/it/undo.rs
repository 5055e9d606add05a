//! What was just posted can be taken back for a minute (F4): then it is gone for everybody, and nobody was told of it by mail.

use casebell::domain::feed::UndoRefusal;
use casebell::domain::ids::{CaseRef, EntryId};
use casebell::workflow::feed::{PostEntry, Posting, post_on_case};
use casebell::workflow::undo_entry::undo_entry;
use casebell::workflow::{Rejection, VerbError};
use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::answer::{Answer, instant};
use crate::support::browser::{Scripts, leaves, signs_in};
use crate::support::database::{Backend, on_both_databases};
use crate::support::desk::Desk;
use crate::support::job_desk::JobDesk;
use crate::support::paired::said;
use crate::support::person::{Case, Person, high, medium};
use crate::support::session::Session;

on_both_databases! { Undoing:
    an_entry_that_is_taken_back_was_never_there,
    it_is_taken_back_for_a_minute_and_not_longer,
    nobody_else_takes_it_back,
    a_case_gets_the_status_back_that_it_had,
    a_status_that_others_relied_on_stays,
    what_an_entry_did_to_targets_is_put_back,
    a_target_that_has_moved_on_keeps_the_entry,
    files_and_mentions_go_with_it,
    what_was_moved_or_redacted_meanwhile_stays_so,
    a_digest_does_not_tell_of_it,
    on_pages_it_is_a_button_and_the_words_are_written_on,
    with_a_script_the_seconds_are_counted,
    what_is_posted_by_a_program_is_told_at_once,
    with_a_script_the_button_goes_when_its_time_is_over,
}

on_both_databases! { Desk:
    an_installation_that_gives_no_time_tells_at_once,
}

on_both_databases! { JobDesk:
    either_it_is_sent_or_it_is_taken_back,
}

/// A desk whose people have a minute.
struct Undoing(Desk);

impl Undoing {
    fn for_story<F: Future<Output = ()>>(backend: Backend, story: impl FnOnce(Self) -> F) {
        let minute = [("CASEBELL_UNDO_SECONDS", "60")];
        Desk::for_story_with(backend, &minute, |desk| story(Self(desk)));
    }
}

/// Somebody writes into the case feed what they may take back.
async fn writes(person: &Person, case: &Case, body: &str) -> Value {
    let entry = json!({ "body": body, "undoable": true });
    let path = format!("/cases/{}/feed", case.number);
    person.post(&path, entry).await.created()
}

/// Somebody takes their entry back.
async fn takes_back(person: &Person, entry: &Value) -> Answer {
    let id = said(&entry["id"]);
    person
        .post(&format!("/feed-entries/{id}/undo"), json!({}))
        .await
}

/// What people wrote in the case feed, as somebody reads it.
async fn written(person: &Person, case: &Case) -> Vec<String> {
    let entries = person.case_feed(case).await;
    let written = entries.iter().filter(|entry| entry["kind"] != "mark");
    written.map(|entry| said(&entry["body"])).collect()
}

/// What was written last in the case feed, as somebody reads it.
async fn newest(person: &Person, case: &Case) -> Value {
    let entries = person.case_feed(case).await;
    let mut written = entries.into_iter().filter(|entry| entry["kind"] != "mark");
    written.next_back().expect("something is written")
}

async fn an_entry_that_is_taken_back_was_never_there(Undoing(desk): Undoing) {
    let (dana, eve, ada) = (desk.person("dana"), desk.person("eve"), desk.person("ada"));
    let case = dana.opens(high()).await;
    desk.mailbox().await;
    let before = dana.sees(&case).await;
    desk.passes(TimeDelta::minutes(5));
    let path = format!("/cases/{}/feed", case.number);
    let posting = eve
        .asks(Method::POST, &path)
        .header("idempotency-key", "once")
        .json(&json!({ "body": "Quinces are the cause.", "undoable": true }));
    let entry = posting.await.created();
    let until = desk.now() + TimeDelta::seconds(60);
    assert_eq!(instant(&entry["undo_until"]), until);
    // It is there for everybody, but only its author can take it back; and nobody has a mail yet.
    let seen = newest(&dana, &case).await;
    assert_eq!(seen["body"], "Quinces are the cause.");
    assert_eq!(seen["undo_until"], json!(null));
    assert!(desk.mailbox().await.recipients().is_empty());
    desk.passes(TimeDelta::milliseconds(59_999));
    takes_back(&eve, &entry).await.done();
    for person in [&dana, &eve, &ada] {
        assert!(written(person, &case).await.is_empty());
    }
    let after = dana.sees(&case).await;
    assert_eq!(
        after["last_provider_update_at"],
        before["last_provider_update_at"]
    );
    let found = dana.get("/cases?q=quinces").await.ok();
    assert_eq!(found["items"], json!([]));
    // Its words are nowhere: not in rows, notices, or what is kept for a repetition.
    for (table, rows) in desk.rows() {
        let holds = rows.iter().any(|row| row.contains("Quinces"));
        assert!(!holds, "{table}: {rows:#?}");
    }
    desk.passes(TimeDelta::hours(1));
    assert!(desk.mailbox().await.recipients().is_empty());
    // The record keeps that it was written and taken back.
    let events = format!("/audit-events?case={}&kind=entry.", case.number);
    let mut kinds: Vec<String> = (ada.all(&events).await.iter())
        .map(|event| said(&event["kind"]))
        .collect();
    kinds.sort();
    assert_eq!(kinds, ["entry.posted", "entry.taken_back"]);
    takes_back(&eve, &entry).await.refused(404, "not_found");
    // And what is written next is told as ever.
    writes(&eve, &case, "The trunk is the cause.").await;
    desk.passes(TimeDelta::seconds(60));
    let told = desk.mailbox().await;
    assert!(told.to("dana@acme.test").text.contains("The trunk"));
}

async fn it_is_taken_back_for_a_minute_and_not_longer(Undoing(desk): Undoing) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let case = dana.opens(high()).await;
    desk.mailbox().await;
    let entry = writes(&eve, &case, "We are looking.").await;
    desk.passes(TimeDelta::seconds(60));
    takes_back(&eve, &entry)
        .await
        .refused(409, "undo_window_closed");
    let told = desk.mailbox().await;
    assert_eq!(told.recipients(), ["dana@acme.test"]);
    assert_eq!(written(&dana, &case).await, ["We are looking."]);
    assert_eq!(newest(&eve, &case).await["undo_until"], json!(null));
}

async fn nobody_else_takes_it_back(Undoing(desk): Undoing) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let case = dana.opens(high()).await;
    let entry = writes(&eve, &case, "We are looking.").await;
    let before = desk.rows();
    for (key, status, code) in [
        ("dana", 403, "not_editable"),
        ("sam", 403, "not_editable"),
        ("vic", 403, "missing_permission"),
        ("gina", 404, "not_found"),
    ] {
        takes_back(&desk.person(key), &entry)
            .await
            .refused(status, code);
    }
    desk.is_unchanged_since(&before, "what others asked");
    desk.passes(TimeDelta::seconds(60));
    desk.mailbox().await;
}

async fn a_case_gets_the_status_back_that_it_had(Undoing(desk): Undoing) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let case = dana.opens(high()).await;
    let path = format!("/cases/{}/feed", case.number);
    let asks = json!({ "body": "Which trunk?", "status": "awaiting_customer", "undoable": true });
    let question = eve.post(&path, asks.clone()).await.created();
    takes_back(&eve, &question).await.done();
    assert_eq!(eve.sees(&case).await["status"], "open");
    eve.post(&path, asks).await.created();
    desk.passes(TimeDelta::minutes(2));
    // Dana's answer puts it back to work; without it, support waits for her again.
    let answer = writes(&dana, &case, "The second one.").await;
    assert_eq!(dana.sees(&case).await["status"], "in_progress");
    takes_back(&dana, &answer).await.done();
    assert_eq!(dana.sees(&case).await["status"], "awaiting_customer");
    desk.mailbox().await;
}

async fn a_status_that_others_relied_on_stays(Undoing(desk): Undoing) {
    let (dana, carl, eve) = (desk.person("dana"), desk.person("carl"), desk.person("eve"));
    let case = dana.opens(high()).await;
    let waits = json!({ "status": "awaiting_customer" });
    eve.changes(&case, waits.clone()).await.ok();
    let answer = writes(&dana, &case, "The second one.").await;
    writes(&carl, &case, "And the third.").await;
    takes_back(&dana, &answer)
        .await
        .refused(409, "undo_case_changed");
    // What moved nothing is taken back all the same; that it was there stays a reason.
    let entries = carl.case_feed(&case).await;
    let third = entries
        .iter()
        .find(|entry| entry["body"] == "And the third.");
    takes_back(&carl, third.expect("it is there")).await.done();
    takes_back(&dana, &answer)
        .await
        .refused(409, "undo_case_changed");
    // So does what was changed on the case.
    let other = dana.opens(high()).await;
    eve.changes(&other, waits).await.ok();
    let answer = writes(&dana, &other, "The second one.").await;
    eve.changes(&other, json!({ "owner": eve.email() }))
        .await
        .ok();
    takes_back(&dana, &answer)
        .await
        .refused(409, "undo_case_changed");
    desk.passes(TimeDelta::seconds(60));
    desk.mailbox().await;
}

async fn what_an_entry_did_to_targets_is_put_back(Undoing(desk): Undoing) {
    let (dana, ola) = (desk.person("dana"), desk.person("ola"));
    let case = dana.opens(medium()).await;
    let escalation = dana.escalates(&case, "no_update").taken().await;
    ola.claims(&escalation).await;
    desk.mailbox().await;
    let path = format!("/escalations/{}/feed", escalation.number);
    let stands = async || {
        let seen = ola.sees_escalation(&escalation).await;
        json!([seen["targets"], seen["awaiting_reply_since"]])
    };
    // The first reply is owed again.
    let before = stands().await;
    desk.passes(TimeDelta::minutes(3));
    let reply = ola
        .post(&path, json!({ "body": "We look.", "undoable": true }))
        .await;
    let reply = reply.created();
    assert_ne!(stands().await, before);
    takes_back(&ola, &reply).await.done();
    assert_eq!(stands().await, before);
    // So is the next update; and what waits for an answer does not wait any more.
    ola.accepts(&escalation, "high", "medium").await;
    desk.mailbox().await;
    desk.passes(TimeDelta::minutes(3));
    let before = stands().await;
    for asks in [false, true] {
        let news = json!({ "body": "Still looking.", "awaits_reply": asks, "undoable": true });
        let news = ola.post(&path, news).await.created();
        assert_ne!(stands().await, before);
        takes_back(&ola, &news).await.done();
        assert_eq!(stands().await, before);
    }
    // The answer that was awaited is awaited again.
    let asks = json!({ "body": "Which trunk?", "awaits_reply": true, "undoable": true });
    ola.post(&path, asks).await.created();
    desk.passes(TimeDelta::minutes(3));
    desk.mailbox().await;
    let before = stands().await;
    let answer = dana
        .post(&path, json!({ "body": "The second.", "undoable": true }))
        .await;
    assert_ne!(stands().await, before);
    takes_back(&dana, &answer.created()).await.done();
    assert_eq!(stands().await, before);
    let note = json!({ "body": "Between us.", "visibility": "internal", "undoable": true });
    let note = ola.post(&path, note).await.created();
    takes_back(&ola, &note).await.done();
    desk.passes(TimeDelta::minutes(2));
    assert!(desk.mailbox().await.recipients().is_empty());
}

async fn a_target_that_has_moved_on_keeps_the_entry(Undoing(desk): Undoing) {
    let (dana, ola, otto) = (desk.person("dana"), desk.person("ola"), desk.person("otto"));
    let case = dana.opens(medium()).await;
    let escalation = dana.escalates(&case, "no_update").taken().await;
    ola.claims(&escalation).await;
    ola.accepts(&escalation, "high", "medium").await;
    desk.mailbox().await;
    let path = format!("/escalations/{}/feed", escalation.number);
    let first = ola
        .post(&path, json!({ "body": "One.", "undoable": true }))
        .await
        .created();
    desk.passes(TimeDelta::seconds(1));
    let second = otto
        .post(&path, json!({ "body": "Two.", "undoable": true }))
        .await
        .created();
    takes_back(&ola, &first)
        .await
        .refused(409, "undo_target_touched");
    // What is put back has changed once more, and is not taken for what it was.
    takes_back(&otto, &second).await.done();
    takes_back(&ola, &first)
        .await
        .refused(409, "undo_target_touched");
    desk.passes(TimeDelta::minutes(1));
    desk.mailbox().await;
}

async fn files_and_mentions_go_with_it(Undoing(desk): Undoing) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let case = dana.opens(high()).await;
    desk.mailbox().await;
    let path = format!("/cases/{}/attachments?name=trace.txt", case.number);
    let file = dana.asks(Method::POST, &path).body("a trace");
    let file = said(&file.await.created()["id"]);
    let path = format!("/cases/{}/feed", case.number);
    let with_it =
        json!({ "body": "@Eve Hart, see the trace.", "attachments": [file], "undoable": true });
    let entry = dana.post(&path, with_it).await.created();
    takes_back(&dana, &entry).await.done();
    let content = format!("/attachments/{file}/content");
    eve.get(&content).await.refused(404, "not_found");
    desk.passes(TimeDelta::minutes(2));
    assert!(desk.mailbox().await.recipients().is_empty());
}

async fn what_was_moved_or_redacted_meanwhile_stays_so(Undoing(desk): Undoing) {
    let (dana, ola) = (desk.person("dana"), desk.person("ola"));
    let case = dana.opens(medium()).await;
    dana.escalates(&case, "no_update").taken().await;
    let moved = writes(&dana, &case, "When does somebody look?").await;
    let path = format!("/feed-entries/{}/move", said(&moved["id"]));
    ola.post(&path, json!({ "to": "escalation" })).await.ok();
    takes_back(&dana, &moved)
        .await
        .refused(409, "undo_entry_moved");
    let secret = writes(&dana, &case, "The pin is 1234.").await;
    let path = format!("/feed-entries/{}/redaction", said(&secret["id"]));
    ola.post(&path, json!({ "reason": "A pin." })).await.ok();
    takes_back(&dana, &secret)
        .await
        .refused(403, "not_editable");
    desk.passes(TimeDelta::minutes(2));
    desk.mailbox().await;
}

async fn a_digest_does_not_tell_of_it(Undoing(desk): Undoing) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    dana.patch("/me/notices", json!({ "entry_posted": "digest" }))
        .await
        .ok();
    let case = dana.opens(high()).await;
    let entry = writes(&eve, &case, "We are looking.").await;
    takes_back(&eve, &entry).await.done();
    desk.passes(TimeDelta::days(1));
    let told = desk.mailbox().await;
    assert!(!told.recipients().contains(&"dana@acme.test"));
}

async fn on_pages_it_is_a_button_and_the_words_are_written_on(Undoing(desk): Undoing) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let case = dana.opens(high()).await;
    desk.mailbox().await;
    let page = format!("/cases/{}", case.number);
    let hers = Session::of(&desk, &eve).await;
    let fields = [("body", "It is the trunk."), ("visibility", "public")];
    let posted = hers.sends(&format!("{page}/feed"), &fields).await;
    assert_eq!((posted.status, posted.header("location")), (303, &*page));
    let entry = said(&newest(&eve, &case).await["id"]);
    let undo = format!("/entries/{entry}/undo");
    let offered = format!("action=\"{undo}\"");
    assert!(hers.page(&page).await.text.contains(&offered));
    // Nobody else is offered it.
    let his = Session::of(&desk, &dana).await;
    assert!(!his.page(&page).await.text.contains(&offered));
    let done = hers.sends(&undo, &[("back", &page)]).await;
    assert_eq!((done.status, done.header("location")), (303, &*page));
    // What she wrote stands in the composer, and nowhere else.
    let again = hers.page(&page).await.text;
    assert_eq!(again.matches("It is the trunk.").count(), 1, "{again}");
    assert!(again.contains("\nIt is the trunk.</textarea>"), "{again}");
    assert!(written(&dana, &case).await.is_empty());
    // Too late, it is said why.
    hers.sends(&format!("{page}/feed"), &fields).await;
    let entry = said(&newest(&eve, &case).await["id"]);
    desk.passes(TimeDelta::seconds(60));
    assert!(!hers.page(&page).await.text.contains("/undo\""));
    let late = hers.sends(&format!("/entries/{entry}/undo"), &[]).await;
    assert_eq!(late.status, 409);
    assert!(late.text.contains("Too late to take this entry back"));
    desk.mailbox().await;
}

async fn with_a_script_the_seconds_are_counted(Undoing(desk): Undoing) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let case = dana.opens(high()).await;
    desk.mailbox().await;
    let Some(her) = signs_in(&desk, Scripts::On, &eve).await else {
        return;
    };
    her.goes_to(&desk.page(&format!("/cases/{}", case.number)))
        .await;
    her.types("Write to the case feed", "It is the trunk.")
        .await;
    her.presses("Post to ACME Corporation").await;
    her.reads("s left").await;
    her.presses("Undo").await;
    her.reads("The entry was taken back.").await;
    let field = her.field("Write to the case feed").await;
    let words = field.prop("value").await.expect("a value");
    assert_eq!(words.as_deref(), Some("It is the trunk."));
    leaves(her).await;
}

/// Nobody waits for a minute here: the page is told that it is over.
async fn with_a_script_the_button_goes_when_its_time_is_over(Undoing(desk): Undoing) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let case = dana.opens(high()).await;
    desk.mailbox().await;
    let Some(her) = signs_in(&desk, Scripts::On, &eve).await else {
        return;
    };
    // She has been told that she has signed in here.
    desk.mailbox().await;
    her.goes_to(&desk.page(&format!("/cases/{}", case.number)))
        .await;
    her.posts("Write to the case feed", "It is the trunk.")
        .await;
    her.reads("s left").await;
    assert!(her.counts("//form[@data-undo]").await > 0);
    her.runs(
        "for (const left of document.querySelectorAll('[data-until]')) left.dataset.until = new Date(0).toISOString()",
    )
    .await;
    her.does_not_have("//form[@data-undo]").await;
    her.reads("It is the trunk.").await;
    leaves(her).await;
    desk.passes(TimeDelta::minutes(2));
    let told = desk.mailbox().await;
    assert_eq!(told.recipients(), ["dana@acme.test"]);
}

async fn an_installation_that_gives_no_time_tells_at_once(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let case = dana.opens(high()).await;
    desk.mailbox().await;
    let entry = writes(&eve, &case, "We are looking.").await;
    assert_eq!(entry["undo_until"], json!(null));
    assert_eq!(desk.mailbox().await.recipients(), ["dana@acme.test"]);
    takes_back(&eve, &entry)
        .await
        .refused(409, "undo_window_closed");
}

/// The clocks of two machines differ: at the end of the minute one sends what the other takes back. One of them is first.
async fn either_it_is_sent_or_it_is_taken_back(desk: JobDesk) {
    let case = desk.opens_case().await;
    while desk.step().await.more {}
    let (mut sent, mut taken_back) = (0, 0);
    for round in 0..20 {
        let letters = desk.memory.letters().len();
        let entry = posts(&desk, case, &format!("Round {round}")).await;
        let (sam, now) = (desk.sam.clone(), desk.now());
        let other = desk.another_process();
        let undoing = tokio::spawn(async move {
            let undone = other.write(move |conn| undo_entry(conn, &sam, entry, now).map(drop));
            undone.await
        });
        let (outbox, later) = (desk.another_outbox(), now + TimeDelta::seconds(60));
        let sending =
            tokio::spawn(async move { while outbox.step(later).await.expect("a step").more {} });
        let (undone, stepped) = (undoing.await.expect("no panic"), sending.await);
        stepped.expect("no panic");
        let told = desk.memory.letters().len() - letters;
        match undone {
            Ok(()) => {
                assert_eq!(told, 0, "round {round}: taken back, and sent all the same");
                taken_back += 1;
            }
            Err(VerbError::Rejected(Rejection::Undo(UndoRefusal::Over))) => {
                assert_eq!(told, 1, "round {round}: neither sent nor taken back");
                sent += 1;
            }
            Err(error) => panic!("round {round}: {error:?}"),
        }
        desk.clock.advance(TimeDelta::minutes(10));
    }
    assert_eq!(sent + taken_back, 20);
}

/// Sam writes on Dana's case, and may take it back for a minute.
async fn posts(desk: &JobDesk, case: casebell::domain::ids::CaseId, body: &str) -> EntryId {
    let entry = PostEntry {
        body: body.parse().expect("words"),
        visibility: None,
        status: None,
        attachments: None,
        undoable: None,
    };
    let at = Posting {
        now: desk.now(),
        undo: TimeDelta::seconds(60),
    };
    let sam = desk.sam.clone();
    desk.write(move |conn| post_on_case(conn, &sam, &CaseRef::Id(case), &entry, at))
        .await
        .entry
        .id
}

/// A program that says nothing of taking back posts for good, and people are told at once.
async fn what_is_posted_by_a_program_is_told_at_once(Undoing(desk): Undoing) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let case = dana.opens(high()).await;
    desk.mailbox().await;
    let entry = eve.writes(&case, "We are looking.").await;
    assert_eq!(entry["undo_until"], json!(null));
    assert_eq!(desk.mailbox().await.recipients(), [dana.email()]);
    takes_back(&eve, &entry)
        .await
        .refused(409, "undo_window_closed");
}
