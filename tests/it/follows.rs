//! Each feed of a case is followed and muted on its own (F7); what else is done with entries is in the files beside it.

mod acts;
mod moves;

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::database::on_both_databases;
use crate::support::desk::Desk;
use crate::support::paired::{administrators, gives, id_of, pairs, said, there};
use crate::support::person::{Case, Escalation, Person, high};
use crate::support::session::Session;

on_both_databases! { Desk:
    f7_each_feed_is_followed_and_muted_on_its_own,
    f7_a_verdict_on_ones_own_escalation_comes_through_a_muted_feed,
    f7_who_follows_is_seen_by_staff_and_by_their_own_side,
    f7_the_head_of_a_feed_says_why_and_changes_it,
    f7_whoever_loses_access_is_told_nothing_more,
}

/// A case of Dana's, her escalation of it, which Ola reviews, and no mail left.
async fn escalated(desk: &Desk) -> (Case, Escalation) {
    let dana = desk.person("dana");
    let case = dana.opens(high()).await;
    desk.passes(TimeDelta::hours(24));
    let escalation = dana.escalates(&case, "no_update").taken().await;
    desk.person("ola").claims(&escalation).await;
    desk.mailbox().await;
    // What is said from now on is said for itself.
    desk.passes(TimeDelta::minutes(1));
    (case, escalation)
}

fn following(case: &Case) -> String {
    format!("/cases/{}/following", case.number)
}

async fn chooses(person: &Person, case: &Case, choice: Value) -> Value {
    person.put(&following(case), choice).await.ok()
}

async fn says(person: &Person, escalation: &Escalation, body: &str) -> Value {
    let body = json!({ "body": body });
    person.does(escalation, "feed", body).await.created()
}

/// Who got a mail since the last time, in the order of their names.
async fn told(desk: &Desk) -> Vec<String> {
    let post = desk.mailbox().await;
    let mut told: Vec<String> = post.recipients().iter().map(ToString::to_string).collect();
    told.sort();
    told
}

/// The entry with these words in a feed.
fn with_words<'f>(feed: &'f [Value], words: &str) -> Option<&'f Value> {
    feed.iter().find(|entry| entry["body"] == words)
}

async fn f7_each_feed_is_followed_and_muted_on_its_own(desk: Desk) {
    let (dana, vic, eve) = (desk.person("dana"), desk.person("vic"), desk.person("eve"));
    let (case, escalation) = escalated(&desk).await;
    // A viewer follows the escalation feed alone.
    let chosen = chooses(&vic, &case, json!({ "escalation_feed": "follow" })).await;
    assert_eq!(
        (&chosen["case_feed"], &chosen["escalation_feed"]),
        (&json!("default"), &json!("follow"))
    );
    eve.writes(&case, "We see it in the trace.").await;
    assert_eq!(told(&desk).await, ["dana@acme.test"]);
    says(&desk.person("ola"), &escalation, "We are on it.").await;
    let post = desk.mailbox().await;
    assert_eq!(post.recipients().len(), 2, "{:?}", post.recipients());
    let mail = post.to("vic@acme.test");
    assert!(
        mail.text.contains("because you follow this feed"),
        "{}",
        mail.text
    );
    // Each has its own thread.
    assert!(
        mail.subject.contains(&escalation.number),
        "{}",
        mail.subject
    );
    // The contact mutes the case feed, and hears of the escalation as before.
    chooses(&dana, &case, json!({ "case_feed": "mute" })).await;
    eve.writes(&case, "The edge is restarted.").await;
    assert_eq!(told(&desk).await, Vec::<String>::new());
    says(&desk.person("ola"), &escalation, "A trace is under way.").await;
    assert_eq!(told(&desk).await, ["dana@acme.test", "vic@acme.test"]);
    // A promise is news of the feed too; a name in it is addressed to whoever bears it.
    chooses(&eve, &case, json!({ "case_feed": "mute" })).await;
    let step = json!({ "what": "Roll back", "who": "Eve Hart", "due_at": "2026-03-19T09:00:00Z" });
    let steps = format!("/cases/{}/next-steps", case.number);
    desk.person("sam").post(&steps, step).await.created();
    assert_eq!(told(&desk).await, ["eve@bellhop.test"]);
    // Back at the default, it is as before; saying the same again changes nothing.
    chooses(&dana, &case, json!({ "case_feed": "default" })).await;
    let before = desk.rows();
    chooses(&dana, &case, json!({ "case_feed": "default" })).await;
    desk.is_unchanged_since(&before, "the same choice again");
    eve.writes(&case, "All is well.").await;
    assert_eq!(told(&desk).await, ["dana@acme.test"]);
    // It is in the record of whoever chose, with the case.
    let events = desk.person("ada").all("/audit-events").await;
    let mut chosen = events
        .iter()
        .filter(|event| event["kind"] == "following.chosen");
    assert!(
        chosen.any(
            |event| event["after"] == json!({ "case": case.number, "case_feed": "mute" })
                && event.to_string().contains("Dana Cole")
        ),
        "{events:#?}"
    );
    // What is not one of the choices is refused with its place.
    dana.put(&following(&case), json!({ "case_feed": "loud" }))
        .await
        .names_fields(&[("case_feed", "not_allowed")]);
}

async fn f7_a_verdict_on_ones_own_escalation_comes_through_a_muted_feed(desk: Desk) {
    let (dana, ola) = (desk.person("dana"), desk.person("ola"));
    let case = dana.opens(high()).await;
    desk.passes(TimeDelta::hours(24));
    let both = json!({ "case_feed": "mute", "escalation_feed": "mute" });
    chooses(&dana, &case, both).await;
    desk.mailbox().await;
    let escalation = dana.escalates(&case, "no_update").taken().await;
    assert!(told(&desk).await.contains(&"dana@acme.test".to_owned()));
    ola.claims(&escalation).await;
    assert_eq!(told(&desk).await, ["dana@acme.test"]);
    says(&ola, &escalation, "We are looking at the edge.").await;
    assert_eq!(told(&desk).await, Vec::<String>::new());
    ola.accepts(&escalation, "high", "high").await;
    assert!(told(&desk).await.contains(&"dana@acme.test".to_owned()));
    ola.settles(&escalation).await;
    assert!(told(&desk).await.contains(&"dana@acme.test".to_owned()));
}

async fn f7_who_follows_is_seen_by_staff_and_by_their_own_side(desk: Desk) {
    let (vic, eve) = (desk.person("vic"), desk.person("eve"));
    let (case, _) = escalated(&desk).await;
    for person in [&vic, &eve] {
        chooses(person, &case, json!({ "case_feed": "follow" })).await;
    }
    let people = |seen: &Value| -> Vec<(String, String, String)> {
        let people = seen["people"].as_array().expect("people").iter();
        let mut people: Vec<_> = people
            .map(|one| {
                (
                    said(&one["feed"]),
                    said(&one["name"]),
                    said(&one["because"]),
                )
            })
            .collect();
        people.sort();
        people
    };
    let of = |feed: &str, name: &str, because: &str| {
        (feed.to_owned(), name.to_owned(), because.to_owned())
    };
    let seen = eve.get(&following(&case)).await.ok();
    assert_eq!(
        people(&seen),
        [
            of("case", "Dana Cole", "contact"),
            of("case", "Eve Hart", "follower"),
            of("case", "Vic Stone", "follower"),
            of("escalation", "Dana Cole", "requester"),
            of("escalation", "Ola Berg", "escalation_owner"),
        ]
    );
    // Customers see their own side.
    let seen = vic.get(&following(&case)).await.ok();
    assert_eq!(
        people(&seen),
        [
            of("case", "Dana Cole", "contact"),
            of("case", "Vic Stone", "follower"),
            of("escalation", "Dana Cole", "requester"),
        ]
    );
    assert_eq!(
        seen["told"],
        json!([
            { "feed": "case", "because": "follower", "delivery": "now" },
            { "feed": "escalation", "because": null, "delivery": "now" },
        ])
    );
    // Another organization's case does not exist.
    for person in [desk.person("gina"), desk.person("pia")] {
        person
            .get(&following(&case))
            .await
            .refused(404, "not_found");
        let follow = json!({ "case_feed": "follow" });
        person
            .put(&following(&case), follow)
            .await
            .refused(404, "not_found");
    }
    let nobody = desk.person("nils").get(&following(&case)).await;
    nobody.refused(404, "not_found");
    // P7: who works there by way of a pairing gets no notices there, and follows nothing.
    let (abel, pia, _) = administrators(&desk).await;
    let guest = id_of(&pia).await;
    let pairing = pairs(&pia, &abel, &[&guest], &[]).await;
    gives(&abel, &pairing.members[0], "designated_contact").await;
    let path = following(&case);
    let follow = json!({ "case_feed": "follow" });
    let follows = there(&pia, "acme", Method::PUT, &path, follow).await;
    follows.names_fields(&[("case_feed", "not_through_pairing")]);
    let mute = json!({ "case_feed": "mute" });
    there(&pia, "acme", Method::PUT, &path, mute).await.ok();
    desk.mailbox().await;
}

async fn f7_the_head_of_a_feed_says_why_and_changes_it(desk: Desk) {
    let (dana, vic, eve) = (desk.person("dana"), desk.person("vic"), desk.person("eve"));
    let (case, _) = escalated(&desk).await;
    let page = format!("/cases/{}", case.number);
    let form = format!("{page}/following");
    let session = Session::of(&desk, &dana).await;
    let shown = session.page(&page).await;
    assert!(
        shown
            .text
            .contains("because you are the contact of this case")
            && shown.text.contains("because you raised the escalation"),
        "{}",
        shown.text
    );
    let back = format!("{page}#case-feed");
    let muted = session
        .sends(&form, &[("case_feed", "mute"), ("back", &back)])
        .await;
    assert_eq!(
        (muted.status, muted.header("location")),
        (303, back.as_str())
    );
    let shown = session.page(&page).await;
    assert!(shown.text.contains("You muted this feed"), "{}", shown.text);
    eve.writes(&case, "Found it.").await;
    assert_eq!(told(&desk).await, Vec::<String>::new());
    session.sends(&form, &[("case_feed", "default")]).await;
    eve.writes(&case, "Fixed it.").await;
    assert_eq!(told(&desk).await, ["dana@acme.test"]);
    // A viewer is told of nothing until they follow.
    let session = Session::of(&desk, &vic).await;
    let shown = session.page(&page).await;
    assert!(shown.text.contains("You are not told about new entries"));
    session.sends(&form, &[("case_feed", "follow")]).await;
    let shown = session.page(&page).await;
    assert!(shown.text.contains("because you follow this feed"));
    // Who wants no such mails at all is told that, and where it is chosen.
    vic.patch("/me/notices", json!({ "entry_posted": "none" }))
        .await
        .ok();
    let shown = session.page(&page).await;
    assert!(
        shown
            .text
            .contains("You chose to get no mails about new entries")
    );
    eve.writes(&case, "It holds.").await;
    assert_eq!(told(&desk).await, ["dana@acme.test"]);
}

async fn f7_whoever_loses_access_is_told_nothing_more(desk: Desk) {
    let (vic, eve, ada) = (desk.person("vic"), desk.person("eve"), desk.person("ada"));
    let (case, escalation) = escalated(&desk).await;
    let both = json!({ "case_feed": "follow", "escalation_feed": "follow" });
    chooses(&vic, &case, both).await;
    // An internal entry reaches no customer who follows (F2).
    eve.notes(&case, "Between us.").await;
    assert_eq!(told(&desk).await, Vec::<String>::new());
    eve.writes(&case, "For everybody.").await;
    assert_eq!(told(&desk).await, ["dana@acme.test", "vic@acme.test"]);
    let user = format!("/users/{}", id_of(&vic).await);
    ada.patch(&user, json!({ "disabled": true })).await.ok();
    desk.mailbox().await;
    eve.writes(&case, "Once more.").await;
    says(&desk.person("ola"), &escalation, "And here.").await;
    let told = told(&desk).await;
    assert!(!told.contains(&"vic@acme.test".to_owned()), "{told:?}");
}
