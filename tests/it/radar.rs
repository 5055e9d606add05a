//! The radar (M9): what becomes eligible next, why, and what prevents it; and the warnings that owners of cases get ahead.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::support::answer::instant;
use crate::support::database::on_both_databases;
use crate::support::desk::Desk;
use crate::support::paired::{id_of, said};
use crate::support::person::{Case, Person, high, low, medium};

on_both_databases! { Desk:
    m9_the_radar_says_when_each_case_becomes_eligible,
    m9_what_prevents_it_takes_it_off_the_radar,
    m9_it_is_narrowed_and_read_page_by_page,
    m9_bad_questions_are_refused_with_their_place,
    m9_it_exists_for_the_staff_alone,
    m9_owners_are_warned_once_ahead,
}

/// What the radar shows somebody, as (case, reason, at, code, prevented by).
async fn radar(
    person: &Person,
    query: &str,
) -> Vec<(String, String, DateTime<Utc>, String, String)> {
    let items = person.all(&format!("/radar?{query}")).await;
    let of = |item: &Value| {
        (
            said(&item["case"]["number"]),
            said(&item["reason"]),
            instant(&item["at"]),
            said(&item["code"]),
            said(&item["prevented_by"]),
        )
    };
    items.iter().map(of).collect()
}

fn row(
    case: &Case,
    reason: &str,
    at: DateTime<Utc>,
    code: &str,
    prevented_by: &str,
) -> (String, String, DateTime<Utc>, String, String) {
    (
        case.number.clone(),
        reason.into(),
        at,
        code.into(),
        prevented_by.into(),
    )
}

async fn promises(person: &Person, case: &Case, due_at: DateTime<Utc>) -> Value {
    let step = json!({ "what": "A patch", "who": "Eve", "due_at": due_at.to_rfc3339() });
    person
        .post(&format!("/cases/{}/next-steps", case.number), step)
        .await
        .created()
}

async fn m9_the_radar_says_when_each_case_becomes_eligible(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let start = desk.now();
    let stale = dana.opens(high().about("Stale")).await;
    let calm = dana.opens(high().limited().about("Calm")).await;
    let promised = dana.opens(medium().about("Promised")).await;
    let analysed = dana.opens(medium().about("Analysed")).await;
    dana.opens(low().about("Low")).await;
    promises(&eve, &promised, start + TimeDelta::hours(20)).await;
    let late = promises(&eve, &calm, start + TimeDelta::hours(1)).await;
    dana.post(
        &format!("/cases/{}/rca", analysed.number),
        json!({ "note": "Why?" }),
    )
    .await
    .created();
    // What is due later than within a day is not in sight yet.
    assert_eq!(
        radar(&eve, "").await,
        [
            row(
                &calm,
                "missed_commitment",
                start + TimeDelta::hours(1),
                "commitment_not_due",
                "next_step"
            ),
            row(
                &promised,
                "missed_commitment",
                start + TimeDelta::hours(20),
                "commitment_not_due",
                "next_step"
            ),
            row(
                &stale,
                "no_update",
                start + TimeDelta::hours(24),
                "recently_updated",
                "update"
            ),
            row(
                &stale,
                "no_progress",
                start + TimeDelta::hours(24),
                "recently_updated",
                "update"
            ),
        ]
    );
    // Monday at ten in Berlin, and five business days behind that day: it is overdue when the next Monday is over.
    let due_at = "2026-03-09T23:00:00Z".parse().expect("an instant");
    desk.reaches(due_at - TimeDelta::hours(24));
    let found = radar(&eve, "hours=24").await;
    assert_eq!(
        found,
        [row(
            &analysed,
            "rca_overdue",
            due_at,
            "rca_window",
            "rca_delivery"
        )]
    );
    // It says what the assessment says.
    let assessed = eve.assesses(&analysed, "rca_overdue").await.ok();
    assert_eq!(instant(&assessed["eligible_at"]), due_at);
    let item = &eve.all("/radar").await[0];
    assert_eq!(item["case"]["subject"], "Analysed");
    assert_eq!(item["case"]["organization"]["slug"], "acme");
    assert_eq!(item["case"]["owner"], Value::Null);
    assert_eq!(item["because"], assessed["findings"][0]["message"]);
    // At the instant itself it is eligible, and off the radar.
    desk.reaches(due_at);
    assert_eq!(radar(&eve, "hours=168").await, []);
    assert_eq!(
        eve.assesses(&analysed, "rca_overdue").await.ok()["verdict"],
        "eligible"
    );
    eve.patch(
        &format!("/next-steps/{}", said(&late["id"])),
        json!({ "state": "done" }),
    )
    .await
    .ok();
    desk.mailbox().await;
}

async fn m9_what_prevents_it_takes_it_off_the_radar(desk: Desk) {
    let (dana, eve, ola) = (desk.person("dana"), desk.person("eve"), desk.person("ola"));
    let case = dana.opens(high()).await;
    desk.passes(TimeDelta::hours(20));
    assert_eq!(radar(&eve, "hours=4").await.len(), 2);
    assert_eq!(radar(&eve, "hours=3").await, []);
    // A customer's own entry, and what is internal, is no update (C7).
    dana.writes(&case, "Hello?").await;
    eve.notes(&case, "Who has this?").await;
    assert_eq!(radar(&eve, "hours=4").await.len(), 2);
    eve.writes(&case, "We are on it.").await;
    assert_eq!(radar(&eve, "hours=23").await, []);
    assert_eq!(radar(&eve, "hours=24").await.len(), 2);
    let step = promises(&eve, &case, desk.now() + TimeDelta::hours(2)).await;
    assert_eq!(radar(&eve, "hours=2").await.len(), 1);
    let path = format!("/next-steps/{}", said(&step["id"]));
    eve.patch(&path, json!({ "state": "done" })).await.ok();
    assert_eq!(radar(&eve, "hours=2").await, []);
    eve.post(&format!("/cases/{}/rca", case.number), json!({}))
        .await
        .created();
    desk.passes(TimeDelta::days(6));
    assert_eq!(radar(&eve, "hours=48").await.len(), 1);
    let delivery = format!("/cases/{}/rca/delivery", case.number);
    eve.post(&delivery, json!({ "body": "The cause." }))
        .await
        .created();
    // The delivery is an update as well.
    assert_eq!(radar(&eve, "hours=23").await, []);
    // What is escalated, or closed, is on nobody's radar.
    desk.passes(TimeDelta::hours(24));
    let escalation = dana
        .escalates(&case, "no_update")
        .acknowledging(&["unread_update"])
        .taken()
        .await;
    promises(&eve, &case, desk.now() + TimeDelta::hours(2)).await;
    assert_eq!(radar(&eve, "hours=168").await, []);
    ola.claims(&escalation).await;
    ola.declines(&escalation, &["recently_updated"]).await;
    assert_eq!(radar(&eve, "hours=2").await.len(), 1);
    dana.closes(&case).await.ok();
    assert_eq!(radar(&eve, "hours=168").await, []);
    desk.mailbox().await;
}

async fn m9_it_is_narrowed_and_read_page_by_page(desk: Desk) {
    let (dana, eve, ada) = (desk.person("dana"), desk.person("eve"), desk.person("ada"));
    let mut cases = Vec::new();
    for number in 0..4 {
        cases.push(dana.opens(high().about(&format!("Case {number}"))).await);
        desk.passes(TimeDelta::minutes(1));
    }
    let mine = json!({ "owner": eve.email() });
    eve.changes(&cases[2], mine).await.ok();
    let whole = radar(&eve, "").await;
    assert_eq!(whole.len(), 8);
    let mut paged = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = eve.get(&format!("/radar?limit=3{cursor}")).await.ok();
        let items = page["items"].as_array().cloned().unwrap_or_default();
        paged.extend(
            items
                .iter()
                .map(|item| (said(&item["case"]["number"]), said(&item["reason"]))),
        );
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    let expected: Vec<_> = whole
        .iter()
        .map(|(case, reason, ..)| (case.clone(), reason.clone()))
        .collect();
    assert_eq!(paged, expected);
    let numbers = |rows: Vec<(String, String, DateTime<Utc>, String, String)>| -> Vec<String> {
        rows.into_iter().map(|(number, ..)| number).collect()
    };
    let third = cases[2].number.clone();
    assert_eq!(
        numbers(radar(&eve, "owner=me").await),
        [third.clone(), third.clone()]
    );
    assert_eq!(
        numbers(radar(&ada, &format!("owner={}", id_of(&eve).await)).await),
        [third.clone(), third]
    );
    assert_eq!(radar(&eve, "owner=none").await.len(), 6);
    let line = said(&eve.sees(&cases[0]).await["line_of_business"]["name"]);
    assert_eq!(
        radar(&eve, &format!("line_of_business={line}")).await.len(),
        8
    );
    // A4: what somebody may not read is not on their radar.
    let lines = ada.get("/lines-of-business").await.ok();
    let other = said(
        &lines["items"]
            .as_array()
            .and_then(|all| all.last())
            .expect("a line")["id"],
    );
    ada.patch(
        &format!("/lines-of-business/{other}"),
        json!({ "read_groups": [] }),
    )
    .await
    .ok();
    ada.changes(&cases[0], json!({ "line_of_business": other }))
        .await
        .ok();
    assert_eq!(radar(&eve, "").await.len(), 6);
    assert_eq!(radar(&ada, "").await.len(), 8);
    desk.mailbox().await;
}

async fn m9_bad_questions_are_refused_with_their_place(desk: Desk) {
    let eve = desk.person("eve");
    for (query, field, code) in [
        ("hours=0", "hours", "out_of_range"),
        ("hours=169", "hours", "out_of_range"),
        ("hours=soon", "hours", "out_of_range"),
        ("owner=nobody@bellhop.test", "owner", "not_found"),
        ("owner=dana@acme.test", "owner", "not_found"),
        ("line_of_business=None", "line_of_business", "not_found"),
        ("cursor=x", "cursor", "malformed_cursor"),
        ("limit=0", "limit", "out_of_range"),
        ("days=1", "days", "unknown_field"),
    ] {
        eve.get(&format!("/radar?{query}"))
            .await
            .names_fields(&[(field, code)]);
    }
}

async fn m9_it_exists_for_the_staff_alone(desk: Desk) {
    for key in ["ada", "sam", "ola", "eve", "mona", "devi"] {
        desk.person(key).get("/radar").await.ok();
    }
    for key in ["dana", "vic", "abel", "nils", "pia"] {
        desk.person(key)
            .get("/radar")
            .await
            .refused(403, "missing_permission");
    }
}

async fn m9_owners_are_warned_once_ahead(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    // Monday, 10:00 in Berlin, where support works from nine to five.
    let case = dana.opens(high()).await;
    eve.changes(&case, json!({ "owner": eve.email() }))
        .await
        .ok();
    desk.mailbox().await;
    let warning = "can be escalated soon";
    let warned = async || -> Vec<String> {
        let post = desk.mailbox().await;
        let warned = post.0.iter().filter(|mail| mail.text.contains(warning));
        warned.map(|mail| mail.to.clone()).collect()
    };
    // Eligible on Tuesday at ten: four business hours before are Monday's from 14:00 on, and Tuesday's first.
    desk.reaches("2026-03-02T12:59:59Z".parse().expect("an instant"));
    assert_eq!(warned().await, Vec::<String>::new());
    desk.reaches("2026-03-02T13:00:00Z".parse().expect("an instant"));
    let post = desk.mailbox().await;
    let mail = post.to("eve@bellhop.test");
    for part in [
        warning,
        "- No recent update",
        "- Unsatisfactory progress",
        "An update that the customer sees prevents it.",
    ] {
        assert!(mail.text.contains(part), "{part}: {}", mail.text);
    }
    assert_eq!(
        post.0.len(),
        1,
        "one notice for both reasons, and none to the customer"
    );
    desk.passes(TimeDelta::hours(1));
    assert_eq!(warned().await, Vec::<String>::new());
    // An update moves the instant, of which they are warned by itself.
    eve.writes(&case, "Still looking.").await;
    desk.mailbox().await;
    assert_eq!(warned().await, Vec::<String>::new());
    desk.reaches("2026-03-03T13:00:00Z".parse().expect("an instant"));
    assert_eq!(warned().await, ["eve@bellhop.test"]);
    // N7: at night nobody is.
    eve.writes(&case, "Nothing yet.").await;
    desk.mailbox().await;
    desk.reaches("2026-03-04T08:30:00Z".parse().expect("an instant"));
    eve.writes(&case, "Found it.").await;
    eve.changes(&case, json!({ "owner": Value::Null }))
        .await
        .ok();
    desk.mailbox().await;
    let step = promises(
        &eve,
        &case,
        "2026-03-04T23:00:00Z".parse().expect("an instant"),
    )
    .await;
    desk.mailbox().await;
    desk.reaches("2026-03-04T11:59:00Z".parse().expect("an instant"));
    assert_eq!(warned().await, Vec::<String>::new());
    // Of a case without an owner, the engineers are; of the promise that falls due at midnight, before they go home.
    desk.reaches("2026-03-04T12:00:00Z".parse().expect("an instant"));
    assert_eq!(warned().await, ["eve@bellhop.test"]);
    eve.patch(
        &format!("/next-steps/{}", said(&step["id"])),
        json!({ "state": "done" }),
    )
    .await
    .ok();
    desk.reaches("2026-03-04T20:00:00Z".parse().expect("an instant"));
    assert_eq!(warned().await, Vec::<String>::new());
}
