//! Words that were redacted are nowhere any more (F4): not in the rows, not in what is kept of answers and notices, not in
//! the mails that were written, and not in the bytes of the embedded database.

use casebell::db::Location;
use chrono::TimeDelta;
use serde_json::json;

use crate::support::answer::Answer;
use crate::support::database::on_both_databases;
use crate::support::desk::Desk;
use crate::support::person::{Person, high, low};
use crate::support::waiting::until;

/// What must not be kept.
const SECRET: &str = "Xylophone";

on_both_databases! { Desk:
    f4_redacted_words_are_nowhere_any_more,
    f4_a_repeated_request_is_answered_without_them,
}

/// A request under a key, which may be repeated.
async fn keyed(person: &Person, path: &str, body: serde_json::Value) -> Answer {
    person
        .asks(reqwest::Method::POST, path)
        .header("idempotency-key", path)
        .json(&body)
        .await
}

/// Redacts every entry of these feeds that has the secret; gives how many.
async fn redacts(person: &Person, feeds: &[String]) -> usize {
    let mut count = 0;
    for feed in feeds {
        for entry in person.all(feed).await {
            if entry["kind"] != "mark" && entry.to_string().contains(SECRET) {
                let path = format!(
                    "/feed-entries/{}/redaction",
                    entry["id"].as_str().expect("an id")
                );
                let reason = json!({ "reason": "A password stood there." });
                let redacted = person.post(&path, reason).await.ok();
                assert!(!redacted.to_string().contains(SECRET), "{redacted}");
                count += 1;
            }
        }
    }
    count
}

/// The files in which the secret stands: of the outgoing mail, and of the embedded database.
fn files(desk: &Desk) -> Vec<String> {
    let mut paths: Vec<std::path::PathBuf> = std::fs::read_dir(desk.mail_folder())
        .expect("the folder of mails")
        .map(|file| file.expect("a file").path())
        .collect();
    if let Location::Sqlite(path) = &desk.database().location {
        for suffix in ["", "-wal"] {
            paths.push(format!("{}{suffix}", path.display()).into());
        }
    }
    paths.retain(|path| {
        let bytes = std::fs::read(path).unwrap_or_default();
        bytes
            .windows(SECRET.len())
            .any(|window| window.eq_ignore_ascii_case(SECRET.as_bytes()))
    });
    paths
        .iter()
        .map(|path| path.display().to_string())
        .collect()
}

async fn f4_redacted_words_are_nowhere_any_more(desk: Desk) {
    let (dana, eve, ola) = (desk.person("dana"), desk.person("eve"), desk.person("ola"));
    let secret = |what: &str| format!("{SECRET} {what}");
    let case = dana.opens(high()).await;
    let feed = format!("/cases/{}/feed", case.number);
    // Written, mailed, and corrected: neither wording may stay.
    let entry = keyed(&eve, &feed, json!({ "body": secret("first") }))
        .await
        .created();
    desk.mailbox().await;
    let path = format!("/feed-entries/{}", entry["id"].as_str().expect("an id"));
    eve.patch(&path, json!({ "body": secret("second") }))
        .await
        .ok();
    eve.notes(&case, &secret("between us")).await;
    let call = json!({ "channel": "call", "with": secret("and sons"), "at": desk.now().to_rfc3339(), "summary": secret("call") });
    let path = format!("/cases/{}/external-communications", case.number);
    keyed(&eve, &path, call).await.created();
    // An escalation, from its beginning to its end.
    desk.passes(TimeDelta::hours(24));
    let details = json!(secret("details"));
    let answers = json!({ "business_impact": secret("details"), "ongoing": true });
    let escalation = dana
        .escalates(&case, "no_update")
        .with("details", details)
        .answering(answers)
        .acknowledging(&["unread_update"])
        .taken()
        .await;
    ola.claims(&escalation).await;
    let due_at = (desk.now() + TimeDelta::hours(1)).to_rfc3339();
    let steps = json!([{ "what": "A patch", "who": "Eve", "due_at": due_at }]);
    let accept = json!({ "importance": "low", "urgency": "low", "reply": secret("reply"), "next_steps": steps });
    ola.does(&escalation, "accept", accept).await.ok();
    let path = format!("/escalations/{}/close", escalation.number);
    keyed(
        &ola,
        &path,
        json!({ "outcome": "Solved", "summary": secret("summary") }),
    )
    .await
    .ok();
    // A priority that is asked for and refused, and a case that is closed and reopened.
    let other = dana.opens(low()).await;
    let path = format!("/cases/{}/priority-requests", other.number);
    let asked = keyed(
        &dana,
        &path,
        json!({ "priority": "medium", "note": secret("note") }),
    )
    .await
    .created();
    // The words of the entry are corrected, those of the request are not: they are known by who said them when.
    let notes = dana.all(&format!("/cases/{}/feed", other.number)).await;
    let note = notes.iter().find(|entry| entry["kind"] == "work_note");
    let note = note.expect("a note")["id"].as_str().expect("an id");
    dana.patch(
        &format!("/feed-entries/{note}"),
        json!({ "body": secret("corrected note") }),
    )
    .await
    .ok();
    let path = format!(
        "/priority-requests/{}/decision",
        asked["id"].as_str().expect("an id")
    );
    keyed(
        &eve,
        &path,
        json!({ "granted": false, "note": secret("decision") }),
    )
    .await
    .ok();
    let path = format!("/cases/{}", other.number);
    keyed(
        &eve,
        &format!("{path}/close"),
        json!({ "note": secret("closing") }),
    )
    .await
    .ok();
    keyed(
        &dana,
        &format!("{path}/reopen"),
        json!({ "note": secret("reopening") }),
    )
    .await
    .ok();
    desk.mailbox().await;
    assert!(files(&desk).len() > 3, "mails were written of it");

    let feeds = [
        feed,
        format!("/cases/{}/escalation-feed", case.number),
        format!("/cases/{}/feed", other.number),
    ];
    assert_eq!(redacts(&eve, &feeds).await, 10);
    desk.works().await;
    for (table, rows) in desk.rows() {
        let kept = rows
            .iter()
            .find(|row| row.to_lowercase().contains(&SECRET.to_lowercase()));
        assert_eq!(kept, None, "{table} keeps them");
    }
    // The embedded database's log is emptied as soon as nobody reads in it.
    until("no file keeps them", async || files(&desk).is_empty()).await;
    // What is left is as the events say.
    let covered = desk
        .db()
        .read(|conn| Ok::<_, casebell::db::DbError>(casebell::store::audit::contents(conn)?))
        .await;
    assert_eq!(covered.expect("compared").faults, []);
    let ended = ola.sees_escalation(&escalation).await;
    assert_eq!(
        (&ended["details"], &ended["outcome"]),
        (&json!(""), &json!("Solved"))
    );
}

async fn f4_a_repeated_request_is_answered_without_them(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let case = dana.opens(high()).await;
    let feed = format!("/cases/{}/feed", case.number);
    let body = json!({ "body": format!("The \"{SECRET}\" is **50 % off**_") });
    let entry = keyed(&dana, &feed, body.clone()).await.created();
    let bystander = keyed(&eve, &feed, json!({ "body": "Thank you." }))
        .await
        .created();
    assert_eq!(redacts(&eve, std::slice::from_ref(&feed)).await, 1);
    let again = keyed(&dana, &feed, body).await;
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert!(!again.text.contains(SECRET), "{again:?}");
    let again = again.created();
    assert_eq!((&again["id"], &again["body"]), (&entry["id"], &json!("")));
    let other = keyed(&eve, &feed, json!({ "body": "Thank you." }))
        .await
        .created();
    assert_eq!(other, bystander);
    desk.mailbox().await;
}
