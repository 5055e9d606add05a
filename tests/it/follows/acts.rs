//! People are mentioned in entries, and an engineer's moves are one act.

use serde_json::{Value, json};

use super::{chooses, escalated, says, told, with_words};
use crate::support::database::on_both_databases;
use crate::support::desk::Desk;
use crate::support::paired::{id_of, said};
use crate::support::person::{Person, high};
use crate::support::session::Session;

on_both_databases! { Desk:
    whoever_is_mentioned_is_told_once,
    a_mention_reaches_nobody_who_may_not_read_it,
    who_can_be_mentioned_is_found_by_typing,
    an_engineers_moves_are_one_act,
    a_case_is_taken_with_one_button,
}

async fn whoever_is_mentioned_is_told_once(desk: Desk) {
    let (dana, eve, ola) = (desk.person("dana"), desk.person("eve"), desk.person("ola"));
    let (case, escalation) = escalated(&desk).await;
    // Dana would be told of the entry anyway; she is told that she is named in it, and Vic as well. Code names nobody.
    let entry = eve
        .writes(
            &case,
            "@Dana Cole, @vic stone: could you restart it? `@Carl Moss`",
        )
        .await;
    let html = said(&entry["body_html"]);
    assert!(
        html.contains("<span class=\"mention\">@Dana Cole</span>")
            && html.contains("<span class=\"mention\">@vic stone</span>"),
        "{html}"
    );
    let post = desk.mailbox().await;
    let mut kinds: Vec<(&str, &str)> = post
        .0
        .iter()
        .map(|mail| (mail.to.as_str(), mail.headers["x-casebell-notice"].as_str()))
        .collect();
    kinds.sort_unstable();
    assert_eq!(
        kinds,
        [
            ("dana@acme.test", "mentioned"),
            ("vic@acme.test", "mentioned"),
        ]
    );
    assert!(post.to("vic@acme.test").subject.contains(&case.number));
    // A muted feed is not silent to whoever is named.
    chooses(&dana, &case, json!({ "escalation_feed": "mute" })).await;
    says(&ola, &escalation, "@Dana Cole, it is done.").await;
    assert_eq!(told(&desk).await, ["dana@acme.test"]);
    // A correction tells whom it names anew, and nobody twice.
    let entry = eve.writes(&case, "@Vic Stone, see above.").await;
    assert_eq!(told(&desk).await, ["dana@acme.test", "vic@acme.test"]);
    let path = format!("/feed-entries/{}", said(&entry["id"]));
    let body = json!({ "body": "@Vic Stone and @Carl Moss, see above." });
    let edited = eve.patch(&path, body).await.ok();
    assert_eq!(
        edited["details"]["mentions"].as_array().map(Vec::len),
        Some(2)
    );
    assert_eq!(told(&desk).await, ["carl@acme.test"]);
    // It is a kind of its own, to be chosen; who wants none of it is told of the entry as before.
    dana.patch("/me/notices", json!({ "mentioned": "none" }))
        .await
        .ok();
    eve.writes(&case, "@Dana Cole?").await;
    let post = desk.mailbox().await;
    assert_eq!(
        post.to("dana@acme.test").headers["x-casebell-notice"],
        "entry_posted"
    );
}

async fn a_mention_reaches_nobody_who_may_not_read_it(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let (case, _) = escalated(&desk).await;
    // An internal entry names staff alone; another customer's people and who may see nothing are not named at all.
    let note = eve
        .notes(
            &case,
            "@Dana Cole @Gina Holt @Nils Bare @Mona Quist, a word.",
        )
        .await;
    assert_eq!(
        note["details"]["mentions"].as_array().map(Vec::len),
        Some(1),
        "{note}"
    );
    assert_eq!(told(&desk).await, ["mona@bellhop.test"]);
    let entry = eve.writes(&case, "@Gina Holt @Nils Bare, a word.").await;
    assert_eq!(entry["details"], json!(null), "{entry}");
    assert_eq!(told(&desk).await, ["dana@acme.test"]);
    // A customer names of the staff only those whom they know from the case.
    let entry = dana.writes(&case, "@Eve Hart, @Otto Lind: thanks.").await;
    let named = entry["details"]["mentions"].as_array().expect("mentions");
    assert_eq!(named.len(), 1, "{entry}");
    assert_eq!(named[0]["name"], "Eve Hart");
    assert_eq!(told(&desk).await, ["eve@bellhop.test"]);
}

async fn who_can_be_mentioned_is_found_by_typing(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let (case, escalation) = escalated(&desk).await;
    let found = async |person: &Person, query: &str| -> Vec<String> {
        let path = format!("/cases/{}/mentionable?{query}", case.number);
        let items = person.whole(&path).await;
        items.iter().map(|one| said(&one["name"])).collect()
    };
    assert_eq!(found(&eve, "q=co").await, ["Dana Cole"]);
    assert_eq!(
        found(&eve, "q=co&visibility=internal").await,
        Vec::<String>::new()
    );
    assert_eq!(
        found(&eve, "q=mona&visibility=internal").await,
        ["Mona Quist"]
    );
    assert_eq!(found(&eve, "q=gina").await, Vec::<String>::new());
    assert_eq!(found(&dana, "q=o&feed=escalation").await, ["Ola Berg"]);
    assert_eq!(found(&dana, "q=otto").await, Vec::<String>::new());
    // Whoever sees no escalations is not told who has to do with them. Ola they read of: of her is a mark in the case feed.
    let assigned = json!({ "owner": desk.person("otto").email() });
    let sam = desk.person("sam");
    sam.does(&escalation, "assign", assigned).await.ok();
    let scope = json!({ "name": "x", "permissions": ["cases:view", "feeds:comment"] });
    let token = dana.post("/tokens", scope).await.created();
    let of_cases = dana.with_token(&said(&token["token"]));
    assert_eq!(found(&dana, "q=otto").await, ["Otto Lind"]);
    assert_eq!(found(&of_cases, "q=otto").await, Vec::<String>::new());
    assert_eq!(found(&of_cases, "q=ola").await, ["Ola Berg"]);
    let path = format!("/cases/{}/mentionable?q=a", case.number);
    desk.person("vic")
        .get(&path)
        .await
        .refused(403, "missing_permission");
    desk.person("gina")
        .get(&path)
        .await
        .refused(404, "not_found");
    dana.get(&format!("{path}&visibility=internal"))
        .await
        .refused(403, "missing_permission");
}

async fn an_engineers_moves_are_one_act(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let case = dana.opens(high()).await;
    desk.mailbox().await;
    let path = format!("/cases/{}/feed", case.number);
    let ask = json!({ "body": "Could you send a trace?", "status": "awaiting_customer" });
    eve.post(&path, ask).await.created();
    assert_eq!(eve.sees(&case).await["status"], "awaiting_customer");
    let feed = dana.case_feed(&case).await;
    let mark = "Status changed from Open to Awaiting customer";
    assert!(with_words(&feed, mark).is_some(), "{feed:#?}");
    // The same two events as of the two verbs apart, and one mail.
    let events = desk.person("ada").all("/audit-events").await;
    let kinds: Vec<&Value> = events.iter().map(|event| &event["kind"]).collect();
    assert!(
        kinds.contains(&&json!("entry.posted")) && kinds.contains(&&json!("case.changed")),
        "{kinds:?}"
    );
    assert_eq!(told(&desk).await, ["dana@acme.test"]);
    // A contact's answer puts it back to work, and a contact sets no status.
    dana.writes(&case, "Here it is.").await;
    assert_eq!(eve.sees(&case).await["status"], "in_progress");
    let before = desk.rows();
    let mine = json!({ "body": "Solved!", "status": "solution_provided" });
    let refused = dana.post(&path, mine.clone()).await;
    assert_eq!(refused.status, 403, "{refused:?}");
    // What is no lawful move is refused with those that are, and nothing is posted.
    let closed = json!({ "body": "Done.", "status": "closed" });
    eve.post(&path, closed).await.refused(409, "unlawful_move");
    desk.is_unchanged_since(&before, "a refused act");
    eve.post(&path, mine).await.created();
    assert_eq!(eve.sees(&case).await["status"], "solution_provided");
    desk.mailbox().await;
    // The composer offers what is lawful, to staff.
    let page = format!("/cases/{}", case.number);
    let session = Session::of(&desk, &eve).await;
    let shown = session.page(&page).await.text;
    assert!(shown.contains("Post and wait for the customer") && !shown.contains("mark as solved"));
    let contact = Session::of(&desk, &dana).await;
    assert!(!contact.page(&page).await.text.contains("Post and wait"));
    let fields = [
        ("body", "One more question"),
        ("status", "awaiting_customer"),
    ];
    let posted = session.sends(&format!("{page}/feed"), &fields).await;
    assert_eq!(posted.status, 303, "{posted:?}");
    assert_eq!(eve.sees(&case).await["status"], "awaiting_customer");
    desk.mailbox().await;
}

async fn a_case_is_taken_with_one_button(desk: Desk) {
    let (dana, eve, sam) = (desk.person("dana"), desk.person("eve"), desk.person("sam"));
    let case = dana.opens(high()).await;
    desk.mailbox().await;
    let page = format!("/cases/{}", case.number);
    let form = format!("{page}/take");
    let session = Session::of(&desk, &eve).await;
    assert!(session.page(&page).await.text.contains(&form));
    let taken = session.sends(&form, &[("from", "")]).await;
    assert_eq!(taken.status, 303, "{taken:?}");
    let seen = eve.sees(&case).await;
    assert_eq!(seen["owner"]["name"], "Eve Hart");
    assert_eq!(seen["status"], "in_progress", "she works on it");
    assert!(
        !session.page(&page).await.text.contains(&form),
        "it is hers"
    );
    // Who looked at it when it was nobody's does not take it away unseen.
    let late = Session::of(&desk, &sam).await;
    let lost = late.sends(&form, &[("from", "")]).await;
    assert_eq!(lost.status, 412, "{lost:?}");
    let from = id_of(&eve).await;
    let over = late.sends(&form, &[("from", &from)]).await;
    assert_eq!(over.status, 303, "{over:?}");
    assert_eq!(eve.sees(&case).await["owner"]["name"], "Sam Reed");
    let contact = Session::of(&desk, &dana).await;
    assert!(!contact.page(&page).await.text.contains(&form));
    assert_eq!(contact.sends(&form, &[("from", "")]).await.status, 403);
    desk.mailbox().await;
}
