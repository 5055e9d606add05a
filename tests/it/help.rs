//! Announcements, tutorials and tools (H1): who sees which, what is read, who gets a place when many ask at once, who is told, and
//! when people are reminded.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use crate::support::database::on_both_databases;
use crate::support::desk::Desk;
use crate::support::paired::{administrators, gives, id_of, pairs, said, there};
use crate::support::person::Person;
use crate::support::session::Session;

on_both_databases! { Desk:
    h1_an_announcement_stands_on_the_first_page_until_it_is_read,
    h1_what_is_for_others_does_not_exist,
    h1_what_is_not_shown_yet_is_for_those_who_write_it,
    h1_an_end_at_midnight_is_told_before_it_is_saved,
    h1_places_are_given_in_order_and_people_are_told,
    h1_of_many_at_once_no_more_get_a_place_than_there_are,
    h1_a_tutorial_is_moved_and_called_off,
    h1_people_are_reminded_once_a_day_and_an_hour_before,
    h1_nobody_is_reminded_of_the_weekend_or_of_what_is_over,
    h1_a_link_is_for_those_who_take_part,
    h1_tools_are_for_designated_contacts_of_their_audience,
    p7_paired_people_read_and_do_not_register,
}

fn everyone() -> Value {
    json!({ "to": "everyone" })
}

fn of(organizations: &[&str]) -> Value {
    json!({ "to": "organizations", "organizations": organizations })
}

fn news(desk: &Desk, title: &str, audience: Value) -> Value {
    json!({
        "title": title, "body": "Read **this**.", "audience": audience,
        "from": desk.now().to_rfc3339(), "importance": "information",
    })
}

async fn announces(person: &Person, announcement: Value) -> Value {
    person.post("/announcements", announcement).await.created()
}

fn titles(items: &[Value]) -> Vec<String> {
    items.iter().map(|item| said(&item["title"])).collect()
}

/// A tutorial of an hour.
fn lesson(starts_at: DateTime<Utc>, places: Option<i64>) -> Value {
    json!({
        "title": "Routing", "body": "How calls are *routed*.", "audience": everyone(),
        "starts_at": starts_at.to_rfc3339(), "ends_at": (starts_at + TimeDelta::hours(1)).to_rfc3339(),
        "time_zone": "Europe/Berlin", "places": places, "place_or_link": "Room 4",
    })
}

async fn offers(person: &Person, lesson: Value) -> String {
    let made = person.post("/tutorials", lesson).await.created();
    format!("/tutorials/{}", said(&made["id"]))
}

async fn comes(person: &Person, tutorial: &str) -> Value {
    let path = format!("{tutorial}/registrations");
    person.post(&path, json!({})).await.ok()["registration"].clone()
}

async fn leaves(person: &Person, tutorial: &str) {
    let path = format!("{tutorial}/registrations/current");
    person.delete(&path).await.done();
}

async fn h1_an_announcement_stands_on_the_first_page_until_it_is_read(desk: Desk) {
    let (sam, dana, ola) = (desk.person("sam"), desk.person("dana"), desk.person("ola"));
    let mut warning = news(&desk, "No calls on Sunday", everyone());
    warning["importance"] = "warning".into();
    let made = announces(&sam, warning).await;
    assert_eq!(
        (&made["state"], &made["read"], &made["audience"]["to"]),
        (&json!("current"), &json!(false), &json!("everyone"))
    );
    let path = format!("/announcements/{}", said(&made["id"]));
    let seen = dana.get(&path).await.ok();
    assert_eq!(
        seen["audience"],
        Value::Null,
        "for whom it is, is told to nobody else"
    );
    assert!(said(&seen["body_html"]).contains("<strong>this</strong>"));

    let session = Session::of(&desk, &dana).await;
    for page in ["/", "/cases"] {
        let first = session.page(page).await;
        assert!(first.text.contains("No calls on Sunday"), "{first:?}");
        assert!(first.text.contains("Warning: "), "{first:?}");
    }
    let read = format!("{path}/read");
    let done = session.sends(&read, &[("back", "/")]).await;
    assert_eq!((done.status, done.header("location")), (303, "/"));
    for page in ["/", "/cases"] {
        let first = session.page(page).await;
        assert!(!first.text.contains("No calls on Sunday"), "{first:?}");
    }
    assert_eq!(dana.get(&path).await.ok()["read"], true);
    // It is read by each for themselves, and reading it twice is reading it.
    let queue = Session::of(&desk, &ola).await;
    let shown = queue.page("/escalations").await;
    assert!(shown.text.contains("No calls on Sunday"), "{shown:?}");
    for _ in 0..2 {
        ola.put(&read, json!({})).await.done();
    }
    let shown = queue.page("/escalations").await;
    assert!(!shown.text.contains("No calls on Sunday"), "{shown:?}");
    let listed = session.page("/announcements").await;
    assert!(listed.text.contains("No calls on Sunday"), "{listed:?}");
    dana.get(&format!("{path}/read"))
        .await
        .refused(405, "method_not_allowed");
}

async fn h1_what_is_for_others_does_not_exist(desk: Desk) {
    let ada = desk.person("ada");
    let audiences = [
        ("All", everyone()),
        ("Staff", json!({ "to": "provider" })),
        ("Customers", json!({ "to": "customers" })),
        ("Partners", json!({ "to": "partners" })),
        ("Acme", of(&["acme"])),
    ];
    let mut paths = BTreeMap::new();
    for (title, audience) in audiences {
        let made = announces(&ada, news(&desk, title, audience)).await;
        paths.insert(title, format!("/announcements/{}", said(&made["id"])));
    }
    for (key, seen) in [
        ("dana", vec!["Acme", "Customers", "All"]),
        ("gina", vec!["Customers", "All"]),
        ("pia", vec!["Partners", "All"]),
        ("eve", vec!["Staff", "All"]),
        ("ada", vec!["Acme", "Partners", "Customers", "Staff", "All"]),
    ] {
        let person = desk.person(key);
        let found = person.get("/announcements?count=true").await.ok();
        let items = found["items"].as_array().cloned().unwrap_or_default();
        assert_eq!(titles(&items), seen, "{key}");
        assert_eq!(found["count"], seen.len(), "{key}");
        for (title, path) in &paths {
            let status = person.get(path).await.status;
            assert_eq!(status == 200, seen.contains(title), "{key} {title}");
            let read = person.put(&format!("{path}/read"), json!({})).await;
            assert_eq!(read.status == 204, seen.contains(title), "{key} {title}");
        }
    }
    let gina = desk.person("gina");
    gina.patch(&paths["Acme"], json!({ "title": "x" }))
        .await
        .refused(404, "not_found");
    gina.patch(&paths["All"], json!({ "title": "x" }))
        .await
        .refused(403, "missing_permission");
    gina.delete(&paths["All"])
        .await
        .refused(403, "missing_permission");
    for (audience, field, code) in [
        (json!({}), "audience.to", "required"),
        (json!({ "to": "nobody" }), "audience.to", "not_allowed"),
        (of(&[]), "audience.organizations", "required"),
        (
            of(&["acme", "nowhere"]),
            "audience.organizations[1]",
            "not_found",
        ),
        (
            json!({ "to": "partners", "organizations": ["acme"] }),
            "audience.organizations",
            "only_with_organizations",
        ),
    ] {
        ada.post("/announcements", news(&desk, "x", audience))
            .await
            .names_fields(&[(field, code)]);
    }
}

async fn h1_what_is_not_shown_yet_is_for_those_who_write_it(desk: Desk) {
    let (sam, dana) = (desk.person("sam"), desk.person("dana"));
    let from = desk.now() + TimeDelta::hours(2);
    let mut coming = news(&desk, "Soon", everyone());
    coming["from"] = from.to_rfc3339().into();
    coming["until"] = (from + TimeDelta::hours(1)).to_rfc3339().into();
    let mut draft = news(&desk, "Perhaps", everyone());
    draft["draft"] = true.into();
    let (coming, draft) = (announces(&sam, coming).await, announces(&sam, draft).await);
    let path = |of: &Value| format!("/announcements/{}", said(&of["id"]));
    for hidden in [&coming, &draft] {
        dana.get(&path(hidden)).await.refused(404, "not_found");
        // Not even by what is wrong with what is asked.
        for change in [json!({ "title": "x" }), json!({ "no_such": "field" })] {
            dana.patch(&path(hidden), change)
                .await
                .refused(404, "not_found");
        }
        dana.delete(&path(hidden)).await.refused(404, "not_found");
    }
    for state in ["coming", "draft"] {
        let list = format!("/announcements?state={state}");
        assert_eq!(sam.all(&list).await.len(), 1, "{state}");
        assert!(dana.all(&list).await.is_empty(), "{state}");
    }
    desk.reaches(from - TimeDelta::microseconds(1));
    assert!(dana.all("/announcements").await.is_empty());
    desk.reaches(from);
    assert_eq!(titles(&dana.all("/announcements").await), ["Soon"]);
    dana.patch(&path(&coming), json!({ "no_such": "field" }))
        .await
        .refused(403, "missing_permission");
    desk.reaches(from + TimeDelta::hours(1));
    assert!(dana.all("/announcements").await.is_empty());
    assert_eq!(
        titles(&dana.all("/announcements?state=past").await),
        ["Soon"]
    );
    // A draft that is one no more is shown from its beginning on.
    let changed = sam.patch(&path(&draft), json!({ "draft": false })).await;
    assert_eq!(changed.ok()["version"], 2);
    assert_eq!(titles(&dana.all("/announcements").await), ["Perhaps"]);
    sam.asks(Method::PATCH, &path(&draft))
        .header("if-match", "\"1\"")
        .json(&json!({ "title": "x" }))
        .await
        .refused(412, "stale_version");
    let before = desk.now() - TimeDelta::days(1);
    sam.patch(&path(&draft), json!({ "until": before.to_rfc3339() }))
        .await
        .names_fields(&[("until", "not_after_start")]);
    sam.delete(&path(&draft)).await.done();
    dana.get(&path(&draft)).await.refused(404, "not_found");
    let ada = desk.person("ada");
    let kinds = ada.all("/audit-events?kind=announcement.").await;
    let kinds: Vec<String> = kinds.iter().map(|event| said(&event["kind"])).collect();
    assert_eq!(
        kinds,
        [
            "announcement.removed",
            "announcement.changed",
            "announcement.added",
            "announcement.added"
        ]
    );
}

async fn h1_an_end_at_midnight_is_told_before_it_is_saved(desk: Desk) {
    let sam = desk.person("sam");
    let session = Session::of(&desk, &sam).await;
    let fields = |until: &'static str| {
        [
            ("title", "Maintenance"),
            ("body", "On Sunday."),
            ("importance", "warning"),
            ("from", "2026-03-02T10:00"),
            ("until", until),
            ("audience.to", "everyone"),
        ]
    };
    let told = session
        .sends("/announcements", &fields("2026-03-08T00:00"))
        .await;
    assert_eq!(told.status, 200, "{told:?}");
    assert!(
        told.text.contains("8 March 2026, 00:00 (Berlin time)"),
        "{told:?}"
    );
    assert!(sam.all("/announcements").await.is_empty());
    let done = session
        .sends("/announcements", &fields("2026-03-08T18:00"))
        .await;
    assert_eq!(done.status, 303, "{done:?}");
    let made = sam.all("/announcements").await;
    assert_eq!(made[0]["until"], "2026-03-08T17:00:00Z");
    // The interface knows seconds, which a field does not show: an end that nobody touches is not asked about.
    let id = made[0]["id"].as_str().expect("an id");
    let half_past = json!({ "until": "2026-03-07T23:00:30Z" });
    let path = format!("/announcements/{id}");
    let version = sam.patch(&path, half_past).await.ok()["version"].to_string();
    let mut again = fields("2026-03-08T00:00").to_vec();
    again.push(("version", &version));
    let done = session.sends(&path, &again).await;
    assert_eq!(done.status, 303, "{done:?}");
    let refused = session
        .sends("/announcements", &fields("2026-03-01T18:00"))
        .await;
    assert_eq!(refused.status, 422, "{refused:?}");
    assert!(
        refused.text.contains("On Sunday."),
        "nothing is lost: {refused:?}"
    );
}

async fn h1_places_are_given_in_order_and_people_are_told(desk: Desk) {
    let (sam, dana, gina) = (desk.person("sam"), desk.person("dana"), desk.person("gina"));
    let (vic, eve) = (desk.person("vic"), desk.person("eve"));
    let starts_at = desk.now() + TimeDelta::days(3);
    let tutorial = offers(&sam, lesson(starts_at, Some(1))).await;
    assert_eq!(comes(&dana, &tutorial).await, "registered");
    assert_eq!(
        comes(&dana, &tutorial).await,
        "registered",
        "once is enough"
    );
    // Viewers register, too: they only look, and the time is their own.
    assert_eq!(comes(&vic, &tutorial).await, "waiting");
    assert_eq!(comes(&gina, &tutorial).await, "waiting");
    let post = desk.mailbox().await;
    assert_eq!(post.0.len(), 3, "{post:#?}");
    assert!(post.to("dana@acme.test").text.contains("/calendar.ics"));
    assert!(
        post.to("vic@acme.test")
            .text
            .contains("All places are taken")
    );
    let seen = dana.get(&tutorial).await.ok();
    assert_eq!(
        (&seen["full"], &seen["taken"], &seen["registration"]),
        (&json!(true), &Value::Null, &json!("registered"))
    );
    let path = format!("{tutorial}/registrations");
    let list = sam.whole(&path).await;
    let states: Vec<String> = list.iter().map(|one| said(&one["state"])).collect();
    assert_eq!(states, ["registered", "waiting", "waiting"]);
    dana.get(&path).await.refused(403, "missing_permission");

    leaves(&dana, &tutorial).await;
    let post = desk.mailbox().await;
    assert_eq!(post.recipients(), ["vic@acme.test"]);
    assert!(!post.0[0].text.contains("Dana"), "{}", post.0[0].text);
    assert_eq!(vic.get(&tutorial).await.ok()["registration"], "registered");
    dana.delete(&format!("{path}/current"))
        .await
        .refused(404, "not_found");
    // Behind those who wait, also for somebody who had a place.
    assert_eq!(comes(&dana, &tutorial).await, "waiting");
    assert_eq!(comes(&eve, &tutorial).await, "waiting");
    desk.mailbox().await;
    sam.patch(&tutorial, json!({ "places": 2 })).await.ok();
    let post = desk.mailbox().await;
    assert_eq!(post.recipients(), ["gina@globex.test"]);
    sam.patch(&tutorial, json!({ "places": 1 }))
        .await
        .names_fields(&[("places", "fewer_than_taken")]);
    sam.patch(&tutorial, json!({ "places": null })).await.ok();
    let post = desk.mailbox().await.recipients().join(" ");
    assert!(
        post.contains("dana@acme.test") && post.contains("eve@bellhop.test"),
        "{post}"
    );
    // Whose place was freed is told to no other organization.
    let placed = desk
        .person("ada")
        .all("/audit-events?kind=tutorial.placed")
        .await;
    assert_eq!(placed.len(), 4);
    let told = json!(
        desk.person("abel")
            .all("/audit-events?kind=tutorial.")
            .await
    )
    .to_string();
    assert!(!told.contains("Gina"), "{told}");
    desk.reaches(starts_at);
    dana.delete(&format!("{path}/current"))
        .await
        .refused(409, "tutorial_begun");
    desk.person("carl")
        .post(&path, json!({}))
        .await
        .refused(409, "tutorial_begun");
}

async fn h1_of_many_at_once_no_more_get_a_place_than_there_are(desk: Desk) {
    const PLACES: i64 = 3;
    const KEYS: [&str; 9] = [
        "dana", "carl", "vic", "abel", "gina", "gus", "pia", "eve", "ola",
    ];
    let sam = desk.person("sam");
    let starts_at = desk.now() + TimeDelta::days(3);
    for round in 0..3 {
        let tutorial = offers(&sam, lesson(starts_at, Some(PLACES))).await;
        let start = Arc::new(Barrier::new(KEYS.len()));
        let mut all = JoinSet::new();
        for key in KEYS {
            let (person, start) = (desk.person(key), start.clone());
            let path = format!("{tutorial}/registrations");
            all.spawn(async move {
                start.wait().await;
                said(&person.post(&path, json!({})).await.ok()["registration"])
            });
        }
        let mut states: BTreeMap<String, i64> = BTreeMap::new();
        while let Some(state) = all.join_next().await {
            *states.entry(state.expect("no panic")).or_default() += 1;
        }
        let waiting = i64::try_from(KEYS.len()).expect("few") - PLACES;
        let expected = [
            ("registered".to_owned(), PLACES),
            ("waiting".to_owned(), waiting),
        ];
        assert_eq!(states, BTreeMap::from(expected), "round {round}");
        assert_eq!(sam.get(&tutorial).await.ok()["taken"], PLACES);
        // All leave at once: each place goes to somebody, and in the end nobody has one.
        let mut all = JoinSet::new();
        for key in KEYS {
            let (person, tutorial) = (desk.person(key), tutorial.clone());
            all.spawn(async move { leaves(&person, &tutorial).await });
        }
        while let Some(left) = all.join_next().await {
            left.expect("no panic");
        }
        assert_eq!(sam.get(&tutorial).await.ok()["taken"], 0, "round {round}");
    }
    desk.mailbox().await;
}

async fn h1_a_tutorial_is_moved_and_called_off(desk: Desk) {
    let (sam, dana, vic) = (desk.person("sam"), desk.person("dana"), desk.person("vic"));
    let starts_at = desk.now() + TimeDelta::days(3);
    let tutorial = offers(&sam, lesson(starts_at, Some(1))).await;
    comes(&dana, &tutorial).await;
    comes(&vic, &tutorial).await;
    desk.mailbox().await;
    sam.patch(&tutorial, json!({ "title": "Routing anew" }))
        .await
        .ok();
    assert!(
        desk.mailbox().await.0.is_empty(),
        "that is no reason to write"
    );
    let later = json!({ "starts_at": "2026-03-06T10:00", "ends_at": "2026-03-06T11:00" });
    let moved = sam.patch(&tutorial, later).await.ok();
    assert_eq!(
        moved["starts_at"], "2026-03-06T09:00:00Z",
        "by the clock of its zone"
    );
    let post = desk.mailbox().await;
    assert_eq!(post.0.len(), 2, "{post:#?}");
    for (patch, field, code) in [
        (
            json!({ "ends_at": "2026-03-06T09:00" }),
            "ends_at",
            "not_after_start",
        ),
        (
            json!({ "starts_at": "2026-03-01T09:00" }),
            "starts_at",
            "in_the_past",
        ),
        (
            json!({ "registration_until": "2026-03-06T10:01" }),
            "registration_until",
            "after_start",
        ),
    ] {
        sam.patch(&tutorial, patch)
            .await
            .names_fields(&[(field, code)]);
    }
    sam.patch(
        &tutorial,
        json!({ "registration_until": "2026-03-05T10:00" }),
    )
    .await
    .ok();
    let path = format!("{tutorial}/registrations");
    desk.reaches("2026-03-05T09:00:00Z".parse().expect("an instant"));
    desk.person("gina")
        .post(&path, json!({}))
        .await
        .refused(409, "registration_over");
    desk.mailbox().await;
    dana.post(&format!("{tutorial}/cancel"), json!({ "reason": "x" }))
        .await
        .refused(403, "missing_permission");
    let cancel = json!({ "reason": "The trainer is ill." });
    sam.post(&format!("{tutorial}/cancel"), cancel.clone())
        .await
        .ok();
    let post = desk.mailbox().await;
    assert_eq!(post.0.len(), 2, "{post:#?}");
    assert!(
        post.to("vic@acme.test")
            .text
            .contains("> The trainer is ill.")
    );
    sam.post(&format!("{tutorial}/cancel"), cancel)
        .await
        .refused(409, "tutorial_canceled");
    desk.reaches("2026-03-06T08:30:00Z".parse().expect("an instant"));
    assert!(
        desk.mailbox().await.0.is_empty(),
        "nobody is reminded of it"
    );
    let session = Session::of(&desk, &dana).await;
    let page = session.page(&tutorial).await;
    assert!(page.text.contains("The trainer is ill."), "{page:?}");
}

async fn h1_people_are_reminded_once_a_day_and_an_hour_before(desk: Desk) {
    let (sam, dana, vic) = (desk.person("sam"), desk.person("dana"), desk.person("vic"));
    let starts_at: DateTime<Utc> = "2026-03-05T14:00:00Z".parse().expect("an instant");
    let tutorial = offers(&sam, lesson(starts_at, None)).await;
    comes(&dana, &tutorial).await;
    desk.mailbox().await;
    desk.reaches(starts_at - TimeDelta::hours(24) - TimeDelta::seconds(1));
    assert!(desk.mailbox().await.0.is_empty());
    desk.reaches(starts_at - TimeDelta::hours(24));
    let post = desk.mailbox().await;
    assert_eq!(post.recipients(), ["dana@acme.test"]);
    desk.passes(TimeDelta::minutes(1));
    assert!(desk.mailbox().await.0.is_empty(), "once");
    // Who comes later knows when it is.
    comes(&vic, &tutorial).await;
    let off = json!({ "tutorial_reminder": "none" });
    let chosen = vic.patch("/me/notices", off).await;
    assert!(matches!(chosen.status, 200 | 204), "{chosen:?}");
    desk.mailbox().await;
    desk.reaches(starts_at - TimeDelta::hours(1));
    let post = desk.mailbox().await;
    assert_eq!(post.recipients(), ["dana@acme.test"], "{post:#?}");
    desk.reaches(starts_at);
    assert!(desk.mailbox().await.0.is_empty());
}

async fn h1_nobody_is_reminded_of_the_weekend_or_of_what_is_over(desk: Desk) {
    let (sam, dana, gina) = (desk.person("sam"), desk.person("dana"), desk.person("gina"));
    // On Monday morning before anybody works in Berlin: the reminder of the day before would come with that of the hour.
    let early: DateTime<Utc> = "2026-03-09T07:30:00Z".parse().expect("an instant");
    let tutorial = offers(&sam, lesson(early, None)).await;
    comes(&dana, &tutorial).await;
    comes(&gina, &tutorial).await;
    desk.mailbox().await;
    desk.reaches(early - TimeDelta::hours(24));
    assert!(desk.mailbox().await.0.is_empty(), "it is Sunday");
    leaves(&gina, &tutorial).await;
    desk.reaches(early - TimeDelta::hours(1));
    assert_eq!(desk.mailbox().await.recipients(), ["dana@acme.test"]);
    // After an outage nobody gets two.
    let next: DateTime<Utc> = "2026-03-12T12:00:00Z".parse().expect("an instant");
    let tutorial = offers(&sam, lesson(next, None)).await;
    comes(&dana, &tutorial).await;
    desk.mailbox().await;
    desk.reaches(next - TimeDelta::minutes(30));
    assert_eq!(desk.mailbox().await.0.len(), 1);
}

async fn h1_a_link_is_for_those_who_take_part(desk: Desk) {
    let (sam, dana, vic) = (desk.person("sam"), desk.person("dana"), desk.person("vic"));
    let link = "https://meet.example/routing";
    let mut by_link = lesson(desk.now() + TimeDelta::days(3), Some(1));
    by_link["place_or_link"] = link.into();
    let tutorial = offers(&sam, by_link).await;
    assert_eq!(dana.get(&tutorial).await.ok()["place_or_link"], Value::Null);
    comes(&dana, &tutorial).await;
    comes(&vic, &tutorial).await;
    assert_eq!(dana.get(&tutorial).await.ok()["place_or_link"], link);
    assert_eq!(vic.get(&tutorial).await.ok()["place_or_link"], Value::Null);
    let post = desk.mailbox().await;
    assert!(post.to("dana@acme.test").text.contains(link));
    assert!(!post.to("vic@acme.test").text.contains(link));
    for (person, has) in [(&dana, true), (&vic, false)] {
        let session = Session::of(&desk, person).await;
        let page = session.page(&tutorial).await;
        assert_eq!(page.text.contains("meet.example"), has, "{page:?}");
        let file = session.page(&format!("{tutorial}/calendar.ics")).await;
        assert!(file.header("content-type").starts_with("text/calendar"));
        assert!(file.text.contains("BEGIN:VEVENT\r\n"), "{}", file.text);
        assert_eq!(file.text.contains("meet.example"), has, "{}", file.text);
    }
}

async fn h1_tools_are_for_designated_contacts_of_their_audience(desk: Desk) {
    let (ada, sam, dana) = (desk.person("ada"), desk.person("sam"), desk.person("dana"));
    let tool = |title: &str, audience: Value| json!({ "title": title, "href": "https://care.example", "audience": audience });
    let mut paths = Vec::new();
    for (title, audience) in [
        ("Line test", everyone()),
        ("Acme's own", of(&["acme"])),
        ("Prices", json!({ "to": "partners" })),
    ] {
        let made = ada.post("/tools", tool(title, audience)).await.created();
        paths.push(format!("/tools/{}", said(&made["id"])));
    }
    assert_eq!(
        titles(&dana.whole("/tools").await),
        ["Line test", "Acme's own"]
    );
    assert_eq!(
        titles(&desk.person("gina").whole("/tools").await),
        ["Line test"]
    );
    assert_eq!(
        titles(&desk.person("pia").whole("/tools").await),
        ["Line test", "Prices"]
    );
    dana.get(&paths[2]).await.refused(404, "not_found");
    for key in ["vic", "abel", "eve", "mona", "sam"] {
        let person = desk.person(key);
        person
            .get("/tools")
            .await
            .refused(403, "missing_permission");
        person.get(&paths[0]).await.refused(404, "not_found");
    }
    sam.post("/tools", tool("x", everyone()))
        .await
        .refused(403, "missing_permission");
    dana.patch(&paths[0], json!({ "title": "x" }))
        .await
        .refused(403, "missing_permission");
    for href in [
        "http://care.example",
        "javascript:alert(1)",
        "/cases",
        "care",
    ] {
        let mut wrong = tool("x", everyone());
        wrong["href"] = href.into();
        ada.post("/tools", wrong)
            .await
            .names_fields(&[("href", "malformed")]);
    }
    // Where it stands among those of others is told to whoever keeps them.
    let seen = dana.get(&paths[0]).await.ok();
    assert_eq!(seen["position"], Value::Null);
    assert_eq!(ada.get(&paths[0]).await.ok()["position"], 1);
    ada.patch(&paths[1], json!({ "position": 1 })).await.ok();
    ada.patch(&paths[0], json!({ "position": 9 })).await.ok();
    assert_eq!(
        titles(&dana.whole("/tools").await),
        ["Acme's own", "Line test"]
    );
    let session = Session::of(&desk, &dana).await;
    let page = session.page("/tools").await;
    assert!(page.text.contains("https://care.example/"), "{page:?}");
    ada.delete(&paths[1]).await.done();
    assert_eq!(titles(&dana.whole("/tools").await), ["Line test"]);
}

async fn p7_paired_people_read_and_do_not_register(desk: Desk) {
    let (abel, _, gina) = administrators(&desk).await;
    let sam = desk.person("sam");
    let guest = id_of(&gina).await;
    let pairing = pairs(&gina, &abel, &[&guest], &[]).await;
    gives(&abel, &pairing.members[0], "designated_contact").await;
    let tutorial = offers(&sam, lesson(desk.now() + TimeDelta::days(3), None)).await;
    announces(&sam, news(&desk, "For Acme", of(&["acme"]))).await;
    let path = format!("{tutorial}/registrations");
    there(&gina, "acme", Method::POST, &path, json!({}))
        .await
        .refused(403, "not_through_pairing");
    let read = there(&gina, "acme", Method::GET, "/announcements", Value::Null).await;
    assert_eq!(read.ok()["items"][0]["title"], "For Acme");
    assert!(titles(&gina.all("/announcements").await).is_empty());
    desk.mailbox().await;
}
