//! A case as it happens: what a stream tells, what it never tells, and when it ends (F2, F5, A7).

use std::sync::Arc;
use std::time::{Duration, Instant};

use casebell::db::Db;
use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use crate::support::database::{Backend, on_both_databases};
use crate::support::desk::{Desk, runtime};
use crate::support::paired::{administrators, employs, id_of};
use crate::support::person::{Case, Person, high, medium};
use crate::support::servers::Servers;
use crate::support::session::Session;
use crate::support::stream::Stream;
use crate::support::waiting::until;

on_both_databases! { Desk:
    f5_a_new_entry_arrives_by_itself,
    what_is_done_by_page_is_told_at_once,
    f2_what_is_internal_is_not_told_to_customers,
    what_another_process_writes_is_told_too,
    whoever_loses_access_is_told_nothing_more,
    a_clock_that_is_behind_hides_nothing,
    a_stream_that_broke_off_goes_on_where_it_was,
    what_was_written_before_the_page_asked_is_told,
    f4_corrections_and_redactions_are_told,
    nobody_takes_the_places_of_others,
    f2_lists_tell_of_a_change_to_those_who_see_it,
    lists_of_another_organization_stay_silent,
    lists_that_broke_off_or_were_made_before_a_change_tell_of_it,
    what_else_is_listed_is_told_to_those_whom_it_concerns,
    nobody_follows_what_they_may_not_see,
}

/// What somebody follows of a case.
async fn follows(desk: &Desk, person: &Person, case: &Case) -> Stream {
    let address = desk.api(&format!("/cases/{}/live", case.number));
    Stream::open(desk.client().get(address).bearer_auth(person.token())).await
}

async fn f5_a_new_entry_arrives_by_itself(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let case = dana.opens(high()).await;
    let mut stream = follows(&desk, &dana, &case).await;
    let written = eve.writes(&case, "We have **found** it.").await;
    let told = stream.says("entry").await;
    assert_eq!(told["id"], written["id"]);
    assert_eq!(told["body_html"], written["body_html"]);
    assert_eq!(told["author"]["side"], "provider");
    let changed = stream.says("case").await;
    assert_eq!(changed["number"], case.number.as_str());
    eve.changes(&case, json!({ "status": "awaiting_customer" }))
        .await
        .ok();
    let mark = stream.says("entry").await;
    assert_eq!(mark["kind"], "mark");
    let now = dana.sees(&case).await;
    assert_eq!(stream.says("case").await["version"], now["version"]);
}

async fn what_is_done_by_page_is_told_at_once(desk: Desk) {
    // Without being woken, nobody looks for letters, and followers are looked for once a second.
    const GLANCE: Duration = Duration::from_secs(1);
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let case = dana.opens(high()).await;
    desk.mailbox().await;
    let before = desk.letters();
    let session = Session::of(&desk, &eve).await;
    let mut stream = follows(&desk, &dana, &case).await;
    let driver = desk.drives();
    let path = format!("/cases/{}/feed", case.number);
    let mut told = Vec::new();
    for _ in 0..5 {
        let fields = [("body", "We have found it."), ("visibility", "public")];
        assert_eq!(session.sends(&path, &fields).await.status, 303);
        stream.says("entry").await;
        told.push(Instant::now());
        stream.says("case").await;
    }
    // Two looks that nobody woke are a second apart, however slow the machine is.
    let soonest = told.windows(2).map(|pair| pair[1] - pair[0]).min();
    assert!(soonest < Some(GLANCE), "{soonest:?}");
    until("dana has a letter of each", async || {
        desk.letters() >= before + 5
    })
    .await;
    driver.stop().await;
}

async fn f2_what_is_internal_is_not_told_to_customers(desk: Desk) {
    let (dana, eve, mona) = (desk.person("dana"), desk.person("eve"), desk.person("mona"));
    let case = dana.opens(high()).await;
    let mut customer = follows(&desk, &dana, &case).await;
    let mut staff = follows(&desk, &mona, &case).await;
    let note = eve.notes(&case, "Between us").await;
    let told = staff.says("entry").await;
    assert_eq!(told["id"], note["id"]);
    let public = eve.writes(&case, "For everybody").await;
    // The first thing that the customer hears of is the second.
    assert_eq!(customer.says("entry").await["id"], public["id"]);
}

async fn what_another_process_writes_is_told_too(desk: Desk) {
    let dana = desk.person("dana");
    let case = dana.opens(high()).await;
    let mut stream = follows(&desk, &dana, &case).await;
    // Written through a handle of its own, as another process does: this server hears nothing of the commit.
    let id = case.id.clone();
    let apart = Db::open_as_it_is(&desk.database().location).expect("the database opens");
    let changed: Result<usize, casebell::db::DbError> = apart
        .write(move |conn| {
            use casebell::db::schema::cases;
            use diesel::prelude::*;
            let id: casebell::domain::ids::CaseId = id.parse().expect("an id");
            Ok(diesel::update(cases::table.filter(cases::id.eq(id)))
                .set(cases::version.eq(cases::version + 1))
                .execute(conn)?)
        })
        .await;
    assert_eq!(changed.expect("written"), 1);
    stream.says("case").await;
}

/// The ids of the next entries that a stream tells of, `count` of them; it may tell of the case between them.
async fn entries(stream: &mut Stream, count: usize) -> Vec<Value> {
    let mut ids = Vec::with_capacity(count);
    while ids.len() < count {
        let said = stream.next().await.expect("the stream goes on");
        match said.event.as_str() {
            "entry" => ids.push(said.data["id"].clone()),
            "case" => {}
            _ => panic!("{said:?}"),
        }
    }
    ids
}

async fn a_clock_that_is_behind_hides_nothing(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let case = dana.opens(high()).await;
    let mut stream = follows(&desk, &dana, &case).await;
    let first = eve.writes(&case, "One.").await;
    assert_eq!(entries(&mut stream, 1).await, [first["id"].clone()]);
    // Another process, whose clock is behind, goes on.
    desk.falls_behind(TimeDelta::seconds(10));
    let second = eve.writes(&case, "Two.").await;
    let third = eve.writes(&case, "Three.").await;
    let told = entries(&mut stream, 2).await;
    assert_eq!(told, [second["id"].clone(), third["id"].clone()]);
    // The feed has the same order, from the newest to the oldest, page by page.
    let path = format!("/cases/{}/feed?limit=1", case.number);
    let mut cursor = String::new();
    for expected in [&third, &second, &first] {
        let page = dana.get(&format!("{path}{cursor}")).await.ok();
        assert_eq!(page["items"][0]["id"], expected["id"]);
        cursor = format!(
            "&cursor={}",
            page["next_cursor"].as_str().unwrap_or_default()
        );
    }
    desk.passes(TimeDelta::seconds(10));
}

async fn a_stream_that_broke_off_goes_on_where_it_was(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let case = dana.opens(high()).await;
    let mut stream = follows(&desk, &dana, &case).await;
    let first = eve.writes(&case, "One.").await;
    assert_eq!(entries(&mut stream, 1).await, [first["id"].clone()]);
    // Its place is the entry's, although the case is told of later.
    let place = stream.place.clone();
    drop(stream);
    eve.notes(&case, "Between us.").await;
    let second = eve.writes(&case, "Two.").await;
    let third = eve.writes(&case, "Three.").await;
    let missed = [second["id"].clone(), third["id"].clone()];
    let asks = |query: String| {
        let address = desk.api(&format!("/cases/{}/live{query}", case.number));
        desk.client().get(address).bearer_auth(dana.token())
    };
    let mut again = Stream::open(asks(String::new()).header("last-event-id", &place)).await;
    assert_eq!(entries(&mut again, 2).await, missed);
    // A browser repeats the address that the page gave it; what it says by itself is newer.
    let address = format!("?after={place}");
    let mut by_address = Stream::open(asks(address.clone())).await;
    assert_eq!(entries(&mut by_address, 2).await, missed);
    let fourth = eve.writes(&case, "Four.").await;
    let newer = by_address.place.clone();
    for stream in [&mut again, &mut by_address] {
        assert_eq!(entries(stream, 1).await, [fourth["id"].clone()]);
    }
    let mut once_more = Stream::open(asks(address).header("last-event-id", newer)).await;
    assert_eq!(entries(&mut once_more, 1).await, [fourth["id"].clone()]);
    // What is no place is refused, and not taken for the beginning.
    let path = format!("/cases/{}/live", case.number);
    let wrong = dana.asks(Method::GET, &path);
    wrong
        .header("last-event-id", "the last one")
        .await
        .refused(400, "malformed_header");
    dana.get(&format!("{path}?after=1"))
        .await
        .names_fields(&[("after", "malformed_cursor")]);
}

async fn what_was_written_before_the_page_asked_is_told(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let case = dana.opens(high()).await;
    eve.writes(&case, "On the page.").await;
    let session = Session::of(&desk, &dana).await;
    let page = session.page(&format!("/cases/{}", case.number)).await;
    let address = page
        .text
        .split_once("data-live=\"")
        .and_then(|(_, rest)| rest.split_once('"'))
        .map(|(address, _)| address.replace("&amp;", "&").replace("&#x3D;", "="))
        .expect("the page says where it is told of news");
    // The page is on its way to the browser, which has not asked for the stream yet.
    let missed = eve.writes(&case, "Between the page and its stream.").await;
    let asking = desk.client().get(desk.page(&address));
    let mut stream = Stream::open(asking.bearer_auth(dana.token())).await;
    assert_eq!(entries(&mut stream, 1).await, [missed["id"].clone()]);
}

/// What somebody follows of all lists.
async fn follows_lists(desk: &Desk, person: &Person, query: &str, place: Option<&str>) -> Stream {
    let address = desk.api(&format!("/live{query}"));
    let mut asking = desk.client().get(address).bearer_auth(person.token());
    if let Some(place) = place {
        asking = asking.header("last-event-id", place);
    }
    Stream::open(asking).await
}

/// A token of somebody's own, and its path: revoked, it ends their streams.
async fn one_more_token(of: &Person) -> (Person, String) {
    let made = of.post("/tokens", json!({ "name": "Wall" })).await;
    let made = made.created();
    let path = format!("/tokens/{}", made["id"].as_str().expect("an id"));
    let token = made["token"].as_str().expect("a token");
    (of.with_token(token), path)
}

async fn f2_lists_tell_of_a_change_to_those_who_see_it(desk: Desk) {
    let (dana, eve, mona) = (desk.person("dana"), desk.person("eve"), desk.person("mona"));
    let case = dana.opens(medium()).await;
    let (wall, token) = one_more_token(&dana).await;
    let mut customer = follows_lists(&desk, &wall, "", None).await;
    let mut staff = follows_lists(&desk, &mona, "", None).await;
    eve.notes(&case, "Between us.").await;
    staff.says("changed").await;
    eve.writes(&case, "For everybody.").await;
    staff.says("changed").await;
    customer.says("changed").await;
    let other = dana.opens(medium()).await;
    staff.says("changed").await;
    customer.says("changed").await;
    let escalation = dana.escalates(&other, "no_update").taken().await;
    staff.says("changed").await;
    customer.says("changed").await;
    desk.person("ola").claims(&escalation).await;
    staff.says("changed").await;
    customer.says("changed").await;
    // Nothing was said of the note.
    dana.asks(Method::DELETE, &token).await.done();
    let rest = customer.rest().await;
    let events: Vec<&str> = rest.iter().map(|said| said.event.as_str()).collect();
    assert_eq!(events, ["end"], "{rest:?}");
}

async fn lists_of_another_organization_stay_silent(desk: Desk) {
    let (dana, eve, gina) = (desk.person("dana"), desk.person("eve"), desk.person("gina"));
    let case = dana.opens(high()).await;
    let (wall, token) = one_more_token(&gina).await;
    let mut theirs = follows_lists(&desk, &wall, "", None).await;
    let mut ours = follows_lists(&desk, &dana, "", None).await;
    eve.writes(&case, "For ACME.").await;
    ours.says("changed").await;
    gina.asks(Method::DELETE, &token).await.done();
    let rest = theirs.rest().await;
    let events: Vec<&str> = rest.iter().map(|said| said.event.as_str()).collect();
    assert_eq!(events, ["end"], "{rest:?}");
}

async fn what_else_is_listed_is_told_to_those_whom_it_concerns(desk: Desk) {
    let (ada, dana) = (desk.person("ada"), desk.person("dana"));
    let (abel, _, gina) = administrators(&desk).await;
    let (wall, token) = one_more_token(&gina).await;
    let mut staff = follows_lists(&desk, &ada, "?of=access", None).await;
    let mut ours = follows_lists(&desk, &abel, "?of=access", None).await;
    let mut theirs = follows_lists(&desk, &wall, "?of=access", None).await;
    let mut tutorials = follows_lists(&desk, &wall, "?of=tutorials", None).await;
    // A case is none of it.
    dana.opens(medium()).await;
    let starts_at = desk.now() + TimeDelta::days(2);
    let lesson = json!({
        "title": "Routing", "body": "How calls are routed.", "audience": { "to": "everyone" },
        "starts_at": starts_at.to_rfc3339(), "ends_at": (starts_at + TimeDelta::hours(1)).to_rfc3339(),
        "time_zone": "Europe/Berlin", "places": 1, "place_or_link": "Room 4",
    });
    ada.post("/tutorials", lesson).await.created();
    tutorials.says("changed").await;
    let id = id_of(&dana).await;
    let named = json!({ "first_name": "Danielle" });
    ada.patch(&format!("/users/{id}"), named).await.ok();
    staff.says("changed").await;
    ours.says("changed").await;
    // The administrator of another organization hears nothing of it.
    gina.asks(Method::DELETE, &token).await.done();
    for stream in [&mut theirs, &mut tutorials] {
        let rest = stream.rest().await;
        let events: Vec<&str> = rest.iter().map(|said| said.event.as_str()).collect();
        assert_eq!(events, ["end"], "{rest:?}");
    }
    dana.get("/live?of=weather")
        .await
        .names_fields(&[("of", "not_allowed")]);
}

async fn nobody_follows_what_they_may_not_see(desk: Desk) {
    let (vic, eve, abel) = (desk.person("vic"), desk.person("eve"), desk.person("abel"));
    let refused = [
        (&vic, "notices"),
        (&vic, "access"),
        (&vic, "groups"),
        (&vic, "requests"),
        (&vic, "organizations"),
        (&vic, "pairings"),
        (&vic, "lines"),
        (&eve, "notices"),
        (&abel, "lines"),
    ];
    for (person, topic) in refused {
        let path = format!("/live?of={topic}");
        person.get(&path).await.refused(403, "missing_permission");
    }
    let ada = desk.person("ada");
    for topic in ["notices", "access", "lines", "pairings"] {
        follows_lists(&desk, &ada, &format!("?of={topic}"), None).await;
    }
    // What is taken is not told any more.
    let mut his = follows_lists(&desk, &abel, "?of=access", None).await;
    employs(&desk, &abel, &["portal_viewer"]).await;
    let rest = his.rest().await;
    let events: Vec<&str> = rest.iter().map(|said| said.event.as_str()).collect();
    assert_eq!(events, ["end"], "{rest:?}");
    assert_eq!(rest[0].data["code"], "missing_permission");
}

async fn lists_that_broke_off_or_were_made_before_a_change_tell_of_it(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let case = dana.opens(high()).await;
    let stream = follows_lists(&desk, &dana, "", None).await;
    drop(stream);
    let made = desk.now().timestamp_micros();
    desk.passes(TimeDelta::minutes(1));
    eve.writes(&case, "While nobody listened.").await;
    follows_lists(&desk, &dana, "", Some("0-0"))
        .await
        .says("changed")
        .await;
    follows_lists(&desk, &dana, &format!("?after={made}-0"), None)
        .await
        .says("changed")
        .await;
    // What was under way when the list was made may be told of by no later instant.
    let made = desk.now().timestamp_micros();
    eve.writes(&case, "At that instant.").await;
    follows_lists(&desk, &dana, &format!("?after={made}-0"), None)
        .await
        .says("changed")
        .await;
    let wrong = dana.asks(Method::GET, "/live");
    wrong
        .header("last-event-id", "the last one")
        .await
        .refused(400, "malformed_header");
}

async fn f4_corrections_and_redactions_are_told(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let case = dana.opens(high()).await;
    let mut stream = follows(&desk, &dana, &case).await;
    let entry = eve.writes(&case, "It is the prnter.").await;
    assert_eq!(entries(&mut stream, 1).await, [entry["id"].clone()]);
    stream.says("case").await;
    let path = format!("/feed-entries/{}", entry["id"].as_str().expect("an id"));
    // Also by a process whose clock is behind.
    desk.falls_behind(TimeDelta::seconds(10));
    let right = json!({ "body": "It is the printer." });
    eve.patch(&path, right).await.ok();
    let told = stream.says("entry_changed").await;
    assert_eq!(told["id"], entry["id"]);
    assert_eq!(told["body"], "It is the printer.");
    stream.says("case").await;
    let reason = json!({ "reason": "It is a secret." });
    eve.post(&format!("{path}/redaction"), reason).await.ok();
    let told = stream.says("entry_changed").await;
    assert_eq!((&told["id"], &told["body"]), (&entry["id"], &json!("")));
    desk.passes(TimeDelta::seconds(10));
}

async fn nobody_takes_the_places_of_others(desk: Desk) {
    let (dana, carl, eve) = (desk.person("dana"), desk.person("carl"), desk.person("eve"));
    let case = dana.opens(high()).await;
    let mut streams = Vec::new();
    for _ in 0..12 {
        streams.push(follows(&desk, &dana, &case).await);
    }
    let path = format!("/cases/{}/live", case.number);
    let refused = dana
        .get(&path)
        .await
        .refused(429, "too_many_streams_of_one");
    assert!(refused.text.contains("12"), "{refused:?}");
    let mut other = follows(&desk, &carl, &case).await;
    // All are told, each once.
    let entry = eve.writes(&case, "To all of you.").await;
    for stream in streams.iter_mut().chain([&mut other]) {
        assert_eq!(entries(stream, 1).await, [entry["id"].clone()]);
    }
    // Whoever goes makes room, as soon as it is noticed that they have gone.
    drop(streams.pop());
    let again = async || {
        let asking = desk.client().get(desk.api(&path));
        let answer = asking.bearer_auth(dana.token()).send().await;
        answer.expect("an answer").status()
    };
    while again().await != reqwest::StatusCode::OK {
        tokio::task::yield_now().await;
    }
}

/// Where all places are taken, one who comes is told so, and those who are there stay.
#[test]
fn there_are_so_many_places_and_no_more() {
    for backend in [Backend::Sqlite, Backend::Postgresql] {
        let settings = [("CASEBELL_LIVE_STREAMS", "2")];
        Desk::for_story_with(backend, &settings, async |desk: Desk| {
            let (dana, carl, eve) = (desk.person("dana"), desk.person("carl"), desk.person("eve"));
            let case = dana.opens(high()).await;
            let mut first = follows(&desk, &dana, &case).await;
            let mut second = follows(&desk, &carl, &case).await;
            let refused = eve.get(&format!("/cases/{}/live", case.number)).await;
            refused.refused(503, "too_many_streams");
            let entry = eve.writes(&case, "To both of you.").await;
            for stream in [&mut first, &mut second] {
                assert_eq!(entries(stream, 1).await, [entry["id"].clone()]);
            }
            desk.mailbox().await;
        });
    }
}

/// After how long who follows is asked for anew, if nothing says that somebody has lost access.
const AGAIN: Duration = Duration::from_secs(5);

async fn whoever_loses_access_is_told_nothing_more(desk: Desk) {
    let (ada, eve) = (desk.person("ada"), desk.person("eve"));
    let dana = desk.person("dana");
    let case = dana.opens(high()).await;
    let id = dana.get("/me").await.ok()["person"]["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    for taken in [json!({ "roles": [] }), json!({ "disabled": true })] {
        let mut stream = follows(&desk, &dana, &case).await;
        ada.patch(&format!("/users/{id}"), taken.clone()).await.ok();
        eve.writes(&case, "Not for you any more").await;
        let rest = stream.rest().await;
        let events: Vec<&str> = rest.iter().map(|said| said.event.as_str()).collect();
        assert_eq!(events, ["end"], "{taken}: {rest:?}");
        let back = json!({ "roles": ["designated_contact"], "disabled": false });
        ada.patch(&format!("/users/{id}"), back).await.ok();
    }
    // A token that is revoked ends its stream, and no other; at once, though nothing is told.
    let carl = desk.person("carl");
    let mut other = follows(&desk, &carl, &case).await;
    let mut soonest = AGAIN;
    for _ in 0..3 {
        let made = carl.post("/tokens", json!({ "name": "Wall" })).await;
        let made = made.created();
        let wall = carl.with_token(made["token"].as_str().expect("a token"));
        let mut stream = follows(&desk, &wall, &case).await;
        let entry = eve.writes(&case, "For whoever reads the wall.").await;
        assert_eq!(entries(&mut stream, 1).await, [entry["id"].clone()]);
        stream.says("case").await;
        let path = format!("/tokens/{}", made["id"].as_str().expect("an id"));
        let begun = Instant::now();
        carl.asks(Method::DELETE, &path).await.done();
        let end = stream.says("end").await;
        soonest = soonest.min(begun.elapsed());
        assert_eq!(end["code"], "unauthenticated");
        assert!(stream.rest().await.is_empty());
    }
    assert!(soonest < AGAIN / 2, "{soonest:?}");
    let entry = eve.writes(&case, "Still here?").await;
    assert_eq!(entries(&mut other, 4).await[3], entry["id"]);
}

/// How many write at once, and how much each of them.
const WRITERS: usize = 8;
const EACH: usize = 15;

/// Writes on one case from all sides, while somebody follows it at each server and one of them keeps coming back.
fn every_entry_is_told_once(backend: Backend, servers: usize) {
    if !backend.is_available() {
        return;
    }
    runtime().block_on(async {
        let servers = Servers::start(backend, servers).await;
        let opened = json!({
            "subject": "Everybody writes", "description": "x", "priority": "medium", "deployment": "cloud",
            "business_impact": "limited",
        });
        let opened = servers.asks("dana", Method::POST, "/cases", opened).await;
        let case = format!("/cases/{}", opened["number"].as_str().expect("a number"));
        let (live, feed) = (format!("{case}/live"), format!("{case}/feed"));
        let start = Arc::new(Barrier::new(WRITERS + 1));
        let mut following = JoinSet::new();
        for n in 0..servers.count() + 1 {
            let asking = servers.request(n, Method::GET, &live);
            let asking = asking.bearer_auth(servers.token("dana"));
            let comes_back = n == servers.count();
            let mut stream = Stream::open(asking.try_clone().expect("a request")).await;
            following.spawn(async move {
                let mut told = Vec::new();
                while told.len() < WRITERS * EACH {
                    told.extend(entries(&mut stream, 1).await);
                    if comes_back && told.len() % 10 == 0 {
                        let again = asking.try_clone().expect("a request");
                        let again = again.header("last-event-id", stream.place.clone());
                        stream = Stream::open(again).await;
                    }
                }
                told
            });
        }
        let mut writing = JoinSet::new();
        for writer in 0..WRITERS {
            let requests: Vec<_> = (0..EACH)
                .map(|n| {
                    let request = servers.request(writer + n, Method::POST, &feed);
                    let entry = json!({ "body": format!("{writer}, {n}") });
                    request.bearer_auth(servers.token("eve")).json(&entry)
                })
                .collect();
            let start = start.clone();
            writing.spawn(async move {
                start.wait().await;
                for request in requests {
                    let written = request.send().await.expect("an answer");
                    assert_eq!(written.status(), reqwest::StatusCode::CREATED);
                }
            });
        }
        start.wait().await;
        writing.join_all().await;
        let mut committed = Vec::new();
        let mut page = String::new();
        while committed.len() < WRITERS * EACH {
            let path = format!("{case}/feed?limit=100{page}");
            let list = servers.asks("dana", Method::GET, &path, Value::Null).await;
            let items = list["items"].as_array().expect("items").iter();
            committed.extend(items.map(|entry| entry["id"].clone()));
            page = format!("&cursor={}", list["next_cursor"].as_str().unwrap_or_default());
        }
        committed.reverse();
        for told in following.join_all().await {
            assert_eq!(told, committed, "each entry once, in the order of their commits");
        }
        servers.stop();
    });
}

#[test]
fn every_entry_is_told_once_by_two_processes_over_postgresql() {
    every_entry_is_told_once(Backend::Postgresql, 2);
}

#[test]
fn every_entry_is_told_once_by_one_process_over_sqlite() {
    every_entry_is_told_once(Backend::Sqlite, 1);
}
