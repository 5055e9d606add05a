//! What somebody has begun to write is kept until it is sent: theirs alone, and never written over unseen.

use casebell::domain::draft::{KEPT_FOR, MOST_DRAFTS};
use casebell::worker::Housekeeping;
use chrono::TimeDelta;
use reqwest::Method;
use serde_json::json;

use crate::support::browser::{Scripts, leaves, signs_in};
use crate::support::database::on_both_databases;
use crate::support::desk::Desk;
use crate::support::paired::said;
use crate::support::person::{high, medium};
use crate::support::session::Session;

on_both_databases! { Desk:
    a_draft_is_its_writers_alone,
    a_newer_draft_is_not_written_over,
    a_place_where_one_may_not_write_keeps_nothing,
    a_draft_of_a_case_out_of_reach_is_not_shown,
    what_is_sent_is_no_draft_any_more,
    what_was_begun_stands_in_every_form_that_asks_for_words,
    without_a_script_a_button_keeps_it,
    with_a_script_it_is_kept_when_typing_pauses,
    another_window_is_told_of_a_newer_one,
    the_oldest_of_too_many_go_and_what_is_left_alone_for_long,
    redacted_words_stay_in_no_draft,
}

/// The draft of the case feed.
fn of_feed(case: &str) -> String {
    format!("/me/drafts/case:{case}:feed")
}

async fn a_draft_is_its_writers_alone(desk: Desk) {
    let (dana, carl, eve) = (desk.person("dana"), desk.person("carl"), desk.person("eve"));
    let case = dana.opens(high()).await;
    let place = of_feed(&case.number);
    dana.get(&place).await.refused(404, "not_found");
    let kept = dana.put(&place, json!({ "body": "The second tr" })).await;
    let kept = kept.ok();
    assert_eq!(
        (&kept["body"], &kept["version"]),
        (&json!("The second tr"), &json!(1))
    );
    // It has one place, by whatever name the case is called.
    assert_eq!(kept["place"], format!("case:{}:feed", case.id));
    assert_eq!(dana.get(&of_feed(&case.id)).await.ok(), kept);
    let note = json!({ "body": "Between us", "visibility": "internal" });
    eve.put(&place, note.clone()).await.ok();
    carl.get(&place).await.refused(404, "not_found");
    assert_eq!(dana.get(&place).await.ok()["body"], "The second tr");
    // Contacts write nothing internal, not even to themselves.
    carl.put(&place, note)
        .await
        .refused(403, "missing_permission");
    // Nobody is told, nothing stands in the feed, and nothing is audited.
    desk.mailbox().await;
    let feed = eve.case_feed(&case).await;
    assert!(feed.iter().all(|entry| entry["kind"] == "mark"), "{feed:?}");
    dana.delete(&place).await.done();
    dana.delete(&place).await.refused(404, "not_found");
}

async fn a_newer_draft_is_not_written_over(desk: Desk) {
    let dana = desk.person("dana");
    let case = dana.opens(high()).await;
    let place = of_feed(&case.number);
    let keeps = |body: &str, based_on: i64| json!({ "body": body, "based_on": based_on });
    dana.put(&place, keeps("One", 0)).await.ok();
    let again = dana.put(&place, keeps("Another", 0)).await;
    again.refused(412, "stale_version");
    let second = dana.put(&place, keeps("One, two", 1)).await.ok();
    assert_eq!(second["version"], 2);
    dana.put(&place, keeps("One, too", 1))
        .await
        .refused(412, "stale_version");
    assert_eq!(dana.get(&place).await.ok()["body"], "One, two");
    // Whoever names none means it.
    let last = dana.put(&place, json!({ "body": "Three" })).await.ok();
    assert_eq!(last["version"], 3);
    // What was sent meanwhile does not come back.
    dana.delete(&place).await.done();
    dana.put(&place, keeps("Three, f", 3))
        .await
        .refused(412, "stale_version");
    desk.mailbox().await;
}

async fn a_place_where_one_may_not_write_keeps_nothing(desk: Desk) {
    let (dana, ola) = (desk.person("dana"), desk.person("ola"));
    let case = dana.opens(medium()).await;
    let escalation = dana.escalates(&case, "no_update").taken().await;
    desk.mailbox().await;
    let words = || json!({ "body": "Words" });
    for (key, place, status, code) in [
        ("vic", of_feed(&case.number), 403, "missing_permission"),
        ("gina", of_feed(&case.number), 404, "not_found"),
        (
            "vic",
            "/me/drafts/new-case".to_owned(),
            403,
            "missing_permission",
        ),
        (
            "dana",
            format!("/me/drafts/case:{}:rca", case.number),
            403,
            "missing_permission",
        ),
        (
            "dana",
            format!("/me/drafts/escalation:{}:accept", escalation.number),
            403,
            "missing_permission",
        ),
        ("dana", "/me/drafts/somewhere".to_owned(), 404, "not_found"),
        (
            "dana",
            "/me/drafts/case:C-999999:feed".to_owned(),
            404,
            "not_found",
        ),
    ] {
        let answer = desk.person(key).put(&place, words()).await;
        answer.refused(status, code);
    }
    let accept = format!("/me/drafts/escalation:{}:accept", escalation.number);
    let answer = format!("/me/drafts/escalation:{}:feed", escalation.number);
    ola.put(&accept, words()).await.ok();
    dana.put(&answer, words()).await.ok();
    dana.put(&answer, json!({ "body": "  " }))
        .await
        .refused(422, "validation_failed");
    dana.withdraws(&escalation).await;
    dana.put(&answer, words())
        .await
        .refused(409, "escalation_ended");
    dana.closes(&case).await.ok();
    dana.put(&of_feed(&case.number), words())
        .await
        .refused(409, "case_closed");
    // What was kept before can still be read, and copied.
    assert_eq!(dana.get(&answer).await.ok()["body"], "Words");
    desk.mailbox().await;
}

async fn a_draft_of_a_case_out_of_reach_is_not_shown(desk: Desk) {
    let (dana, gina) = (desk.person("dana"), desk.person("gina"));
    let case = dana.opens(high()).await;
    dana.put(&of_feed(&case.number), json!({ "body": "Ours" }))
        .await
        .ok();
    for method in [Method::GET, Method::DELETE] {
        let asked = gina.asks(method, &of_feed(&case.number)).await;
        asked.refused(404, "not_found");
    }
    desk.mailbox().await;
}

async fn what_is_sent_is_no_draft_any_more(desk: Desk) {
    let dana = desk.person("dana");
    let case = dana.opens(high()).await;
    let (place, page) = (of_feed(&case.number), format!("/cases/{}", case.number));
    let hers = Session::of(&desk, &dana).await;
    dana.put(&place, json!({ "body": "The sec" })).await.ok();
    let fields = [("body", "The second one."), ("visibility", "public")];
    let sent = hers.sends(&format!("{page}/feed"), &fields).await;
    assert_eq!(sent.status, 303);
    dana.get(&place).await.refused(404, "not_found");
    // A form that is refused leaves it.
    dana.put(&place, json!({ "body": "And" })).await.ok();
    let empty = [("body", ""), ("visibility", "public")];
    let refused = hers.sends(&format!("{page}/feed"), &empty).await;
    assert_eq!(refused.status, 422);
    dana.get(&place).await.ok();
    // A program takes away what says the same as what it sends, and nothing else.
    dana.writes(&case, "Something else.").await;
    dana.get(&place).await.ok();
    dana.writes(&case, "And").await;
    dana.get(&place).await.refused(404, "not_found");
    desk.mailbox().await;
}

async fn what_was_begun_stands_in_every_form_that_asks_for_words(desk: Desk) {
    let (dana, eve, ola) = (desk.person("dana"), desk.person("eve"), desk.person("ola"));
    let case = dana.opens(medium()).await;
    let number = &case.number;
    let asked = dana.post(&format!("/cases/{number}/rca"), json!({})).await;
    assert!(asked.status < 300, "{asked:?}");
    let (hers, his, theirs) = (
        Session::of(&desk, &dana).await,
        Session::of(&desk, &eve).await,
        Session::of(&desk, &ola).await,
    );
    let begun = |what: &str| format!("Quinces for the {what}");
    let keeps = |what: &str| json!({ "body": format!("Quinces for the {what}") });
    dana.put("/me/drafts/new-case", keeps("new case"))
        .await
        .ok();
    dana.put(&of_feed(number), keeps("feed")).await.ok();
    dana.put(
        &format!("/me/drafts/case:{number}:escalate"),
        keeps("request"),
    )
    .await
    .ok();
    eve.put(&format!("/me/drafts/case:{number}:rca"), keeps("analysis"))
        .await
        .ok();
    for (session, page, what) in [
        (&hers, "/cases/new".to_owned(), "new case"),
        (&hers, format!("/cases/{number}"), "feed"),
        (
            &hers,
            format!("/cases/{number}/escalate?reason=no_update"),
            "request",
        ),
        (&his, format!("/cases/{number}?do=deliver_rca"), "analysis"),
    ] {
        let shown = session.page(&page).await.text;
        assert_eq!(shown.matches(&begun(what)).count(), 1, "{page}: {shown}");
    }
    let escalation = dana.escalates(&case, "no_update").taken().await;
    ola.claims(&escalation).await;
    let e = &escalation.number;
    for what in ["accept", "decline", "feed"] {
        ola.put(&format!("/me/drafts/escalation:{e}:{what}"), keeps(what))
            .await
            .ok();
    }
    for (query, what) in [
        ("?do=accept", "accept"),
        ("?do=decline", "decline"),
        ("", "feed"),
    ] {
        let shown = theirs.page(&format!("/escalations/{e}{query}")).await.text;
        assert!(shown.contains(&begun(what)), "{query}: {shown}");
    }
    let declined = [("reasons.low_priority", "on"), ("reply", "Not yet.")];
    theirs
        .sends(&format!("/escalations/{e}/decline"), &declined)
        .await;
    ola.get(&format!("/me/drafts/escalation:{e}:decline"))
        .await
        .refused(404, "not_found");
    desk.mailbox().await;
}

async fn without_a_script_a_button_keeps_it(desk: Desk) {
    let dana = desk.person("dana");
    let case = dana.opens(high()).await;
    let page = format!("/cases/{}", case.number);
    let hers = Session::of(&desk, &dana).await;
    let feed = format!("{page}/feed");
    let keeps = |body: &'static str, based_on: &'static str| {
        [("body", body), ("keep", "draft"), ("based_on", based_on)]
    };
    let kept = hers.sends(&feed, &keeps("The second tr", "0")).await;
    assert_eq!((kept.status, kept.header("location")), (303, &*page));
    let written = dana.case_feed(&case).await;
    assert!(
        written.iter().all(|entry| entry["kind"] == "mark"),
        "{written:?}"
    );
    let shown = hers.page(&page).await.text;
    assert!(shown.contains("\nThe second tr</textarea>"), "{shown}");
    assert!(shown.contains("name=\"based_on\" value=\"1\""), "{shown}");
    // A page that is older than what is kept is shown again, with what was typed on it.
    let old = hers.sends(&feed, &keeps("The first tr", "0")).await;
    assert_eq!(old.status, 412);
    assert!(old.text.contains("\nThe first tr</textarea>"), "{old:?}");
    assert_eq!(
        dana.get(&of_feed(&case.number)).await.ok()["body"],
        "The second tr"
    );
    // Nothing typed is no draft.
    hers.sends(&feed, &keeps("", "1")).await;
    dana.get(&of_feed(&case.number))
        .await
        .refused(404, "not_found");
    desk.mailbox().await;
}

async fn with_a_script_it_is_kept_when_typing_pauses(desk: Desk) {
    let dana = desk.person("dana");
    let case = dana.opens(high()).await;
    let page = desk.page(&format!("/cases/{}", case.number));
    let Some(her) = signs_in(&desk, Scripts::On, &dana).await else {
        return;
    };
    her.goes_to(&page).await;
    her.does_not_read("Keep draft").await;
    her.types("Write to the case feed", "The second tr").await;
    her.reads("Draft kept.").await;
    let kept = dana.get(&of_feed(&case.number)).await.ok();
    assert_eq!(kept["body"], "The second tr");
    // It is there on another machine.
    let Some(there) = signs_in(&desk, Scripts::On, &dana).await else {
        return;
    };
    there.goes_to(&page).await;
    let field = there.field("Write to the case feed").await;
    let words = field.prop("value").await.expect("a value");
    assert_eq!(words.as_deref(), Some("The second tr"));
    there.types("Write to the case feed", "unk.").await;
    there.presses("Post").await;
    there.reads("The second trunk.").await;
    dana.get(&of_feed(&case.number))
        .await
        .refused(404, "not_found");
    leaves(there).await;
    her.close().await;
    desk.mailbox().await;
}

async fn another_window_is_told_of_a_newer_one(desk: Desk) {
    let dana = desk.person("dana");
    let case = dana.opens(high()).await;
    let place = of_feed(&case.number);
    let Some(her) = signs_in(&desk, Scripts::On, &dana).await else {
        return;
    };
    her.goes_to(&desk.page(&format!("/cases/{}", case.number)))
        .await;
    let elsewhere = json!({ "body": "Written elsewhere" });
    dana.put(&place, elsewhere).await.ok();
    her.types("Write to the case feed", "Written here").await;
    her.reads("A newer draft of this was kept in another window")
        .await;
    assert_eq!(dana.get(&place).await.ok()["body"], "Written elsewhere");
    her.presses("Keep this one instead").await;
    her.reads("Draft kept.").await;
    assert_eq!(dana.get(&place).await.ok()["body"], "Written here");
    // The browser notes the refusal as an error of the network, which it is not.
    her.close().await;
    desk.mailbox().await;
}

async fn the_oldest_of_too_many_go_and_what_is_left_alone_for_long(desk: Desk) {
    let dana = desk.person("dana");
    let mut places = Vec::new();
    while places.len() <= MOST_DRAFTS {
        let case = dana.opens(high()).await;
        for what in ["feed", "escalate"] {
            places.push(format!("/me/drafts/case:{}:{what}", case.number));
        }
    }
    places.truncate(MOST_DRAFTS + 1);
    for place in &places {
        desk.passes(TimeDelta::seconds(1));
        dana.put(place, json!({ "body": "x" })).await.ok();
    }
    dana.get(&places[0]).await.refused(404, "not_found");
    dana.get(&places[1]).await.ok();
    desk.mailbox().await;
    let last = desk.now();
    let housekeeping = Housekeeping::new(desk.db().clone());
    for (later, left) in [(KEPT_FOR - TimeDelta::seconds(1), 1), (KEPT_FOR, 0)] {
        let stepped = housekeeping.step(last + later).await;
        stepped.expect("it steps");
        let kept = desk.database().texts("SELECT place AS text FROM drafts");
        assert_eq!(kept.len(), left, "{kept:?}");
    }
}

async fn redacted_words_stay_in_no_draft(desk: Desk) {
    let (dana, ola) = (desk.person("dana"), desk.person("ola"));
    let case = dana.opens(high()).await;
    let entry = dana.writes(&case, "The pin is 1234.").await;
    dana.put(
        &of_feed(&case.number),
        json!({ "body": "The pin is 1234." }),
    )
    .await
    .ok();
    let path = format!("/feed-entries/{}/redaction", said(&entry["id"]));
    ola.post(&path, json!({ "reason": "A pin." })).await.ok();
    dana.get(&of_feed(&case.number))
        .await
        .refused(404, "not_found");
    desk.mailbox().await;
}
