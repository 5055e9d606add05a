//! Cases in the orders in which people triage them: by how urgent they are, and by how far they have come.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{ids, rows, sorts, turned};
use crate::support::database::on_both_databases;
use crate::support::desk::Desk;
use crate::support::paired::said;
use crate::support::person::{Case, Person, high};
use crate::support::session::Session;

on_both_databases! { Desk:
    cases_are_in_the_order_of_their_meaning_under_every_filter,
    what_happens_between_pages_neither_repeats_nor_skips,
    a_search_keeps_the_order_however_its_cases_are_come_by,
    the_heads_of_the_page_put_the_urgent_and_the_untouched_first,
}

const PRIORITIES: [&str; 3] = ["low", "medium", "high"];
const STATES: [&str; 6] = [
    "open",
    "in_progress",
    "awaiting_customer",
    "awaiting_third_party",
    "solution_provided",
    "closed",
];
const ORDERS: [&str; 4] = ["priority", "-priority", "status", "-status"];

/// A case of each priority in each state. Several are opened at the same instant: their ids alone tell those apart that are alike.
async fn one_of_each(desk: &Desk) -> Vec<Case> {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let mut cases = Vec::new();
    for index in 0..PRIORITIES.len() * STATES.len() {
        let (priority, state) = (PRIORITIES[index % 3], STATES[index / 3]);
        let new = high()
            .with("priority", priority)
            .about(&format!("Case {index:02}"));
        let case = dana.opens(new).await;
        match state {
            "open" => {}
            "closed" => drop(dana.closes(&case).await.ok()),
            state => drop(eve.changes(&case, json!({ "status": state })).await.ok()),
        }
        if index % 7 == 6 {
            desk.passes(TimeDelta::minutes(1));
        }
        cases.push(case);
    }
    cases
}

/// What of a case says where it stands.
fn place(case: &Value, sort: &str) -> (usize, String, String) {
    let field = sort.trim_start_matches('-');
    let words: &[&str] = match field {
        "priority" => &PRIORITIES,
        _ => &STATES,
    };
    let rank = words.iter().position(|word| case[field] == *word);
    (
        rank.expect("a known word"),
        said(&case["opened_at"]),
        said(&case["id"]),
    )
}

/// The cases as they are to follow each other.
fn in_order(mut cases: Vec<Value>, sort: &str) -> Vec<String> {
    cases.sort_by_key(|case| place(case, sort));
    if sort.starts_with('-') {
        cases.reverse();
    }
    ids(&cases)
}

async fn cases_are_in_the_order_of_their_meaning_under_every_filter(desk: Desk) {
    let cases = one_of_each(&desk).await;
    let (dana, eve, gina) = (desk.person("dana"), desk.person("eve"), desk.person("gina"));
    gina.opens(high().about("Elsewhere")).await;
    eve.changes(&cases[3], json!({ "owner": eve.email() }))
        .await
        .ok();
    let then = (desk.now() - TimeDelta::minutes(1)).format("%Y-%m-%dT%H:%M:%SZ");
    let filters = [
        String::new(),
        "&priority=medium".to_owned(),
        "&priority=low,high".to_owned(),
        "&status=open".to_owned(),
        "&status=closed".to_owned(),
        "&status=open,in_progress,awaiting_customer,awaiting_third_party,solution_provided"
            .to_owned(),
        "&status=awaiting_third_party,closed&priority=high,medium".to_owned(),
        "&escalated=false".to_owned(),
        "&escalated=true".to_owned(),
        "&organization=acme".to_owned(),
        "&owner=none".to_owned(),
        "&opened_by=dana@acme.test&status=open,closed".to_owned(),
        format!("&opened_after={then}"),
        format!("&opened_before={then}&status=open,solution_provided"),
        format!("&updated_since={then}"),
        "&q=case".to_owned(),
        "&q=case+07".to_owned(),
        "&q=case&status=in_progress,closed&priority=low,medium".to_owned(),
    ];
    for person in [&dana, &eve] {
        for filter in &filters {
            let found = turned(person, &format!("/cases?sort=opened_at{filter}"), 100).await;
            for sort in ORDERS {
                let path = format!("/cases?sort={sort}{filter}");
                let expected = in_order(found.clone(), sort);
                let pages = turned(person, &path, 4).await;
                assert_eq!(ids(&pages), expected, "{path}");
            }
        }
    }
    // Each sees what exists for them, and as much as there is.
    let seen = async |person: &Person, query: &str| {
        turned(person, &format!("/cases?{query}"), 4).await.len()
    };
    assert_eq!(seen(&dana, "sort=-priority").await, cases.len());
    assert_eq!(seen(&eve, "sort=status").await, cases.len() + 1);
    assert_eq!(seen(&gina, "sort=-status").await, 1);
    assert_eq!(seen(&dana, "sort=priority&status=closed").await, 3);
    assert_eq!(seen(&dana, "sort=status&priority=high").await, 6);
    // A page of one order is no page of another.
    let page = dana.get("/cases?sort=-priority&limit=2").await.ok();
    let cursor = said(&page["next_cursor"]);
    for other in [
        "sort=priority",
        "sort=-status",
        "sort=-priority&status=open",
    ] {
        dana.get(&format!("/cases?{other}&limit=2&cursor={cursor}"))
            .await
            .names_fields(&[("cursor", "malformed_cursor")]);
    }
}

async fn what_happens_between_pages_neither_repeats_nor_skips(desk: Desk) {
    let cases = one_of_each(&desk).await;
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let mut happened = 0;
    for sort in ORDERS {
        let path = format!("/cases?sort={sort}&limit=4");
        let before = ids(&turned(&dana, "/cases?sort=opened_at", 100).await);
        let (mut seen, mut next) = (Vec::new(), String::new());
        loop {
            let page = dana.get(&format!("{path}{next}")).await.ok();
            seen.extend(ids(page["items"].as_array().expect("items")));
            // What this order does not go by changes, and cases are opened: before the page's end and behind it.
            let state = STATES[1 + happened % 2];
            let change = match sort.ends_with("priority") {
                true => json!({ "status": state }),
                false => json!({ "priority": PRIORITIES[happened % 3] }),
            };
            happened += 1;
            eve.changes(&cases[0], change).await.ok();
            if happened % 3 == 0 {
                desk.passes(TimeDelta::minutes(1));
                for priority in ["low", "high"] {
                    dana.opens(high().with("priority", priority)).await;
                }
            }
            match page["next_cursor"].as_str() {
                Some(cursor) => next = format!("&cursor={cursor}"),
                None => break,
            }
        }
        let once: BTreeSet<&String> = seen.iter().collect();
        assert_eq!(once.len(), seen.len(), "{sort} repeats a case");
        let skipped: Vec<_> = before.iter().filter(|id| !once.contains(id)).collect();
        assert!(skipped.is_empty(), "{sort} skips {skipped:?}");
    }
    // What moves ahead of a page that was read already is not met again; all others are.
    desk.passes(TimeDelta::minutes(1));
    let newest = dana.opens(high().with("priority", "low")).await;
    let before = ids(&turned(&dana, "/cases?sort=-priority", 100).await);
    let (mut seen, mut next) = (Vec::new(), String::new());
    loop {
        let path = format!("/cases?sort=-priority&limit=4{next}");
        let page = dana.get(&path).await.ok();
        seen.extend(ids(page["items"].as_array().expect("items")));
        eve.changes(&newest, json!({ "priority": "high" }))
            .await
            .ok();
        match page["next_cursor"].as_str() {
            Some(cursor) => next = format!("&cursor={cursor}"),
            None => break,
        }
    }
    let others = before.into_iter().filter(|id| *id != newest.id);
    assert_eq!(seen, others.collect::<Vec<_>>());
}

async fn a_search_keeps_the_order_however_its_cases_are_come_by(desk: Desk) {
    // More than a search looks into before it asks the index of words.
    const CASES: usize = 70;
    let dana = desk.person("dana");
    for index in 0..CASES {
        let words = match index % 23 {
            7 => "Menus and quinces",
            // The last of all when the most urgent come first.
            0 if index == 0 => "Menus and zithers",
            _ => "Menus",
        };
        let new = high().with("priority", PRIORITIES[index % 3]).about(words);
        let case = dana.opens(new).await;
        if index % 5 == 0 {
            dana.closes(&case).await.ok();
        }
        if index % 4 == 0 {
            desk.passes(TimeDelta::minutes(1));
        }
    }
    let all = turned(&dana, "/cases?sort=opened_at", 100).await;
    assert_eq!(all.len(), CASES);
    for (words, count) in [
        ("menus", CASES),
        ("quinces", 3),
        ("menus+quinces", 3),
        ("zithers", 1),
        ("menus+zithers", 1),
    ] {
        let has = words.rsplit('+').next().unwrap_or_default();
        let having = all.iter().filter(|case| {
            let subject = said(&case["subject"]).to_lowercase();
            subject.contains(has)
        });
        let having: Vec<Value> = having.cloned().collect();
        assert_eq!(having.len(), count, "{words}");
        for sort in ORDERS {
            let path = format!("/cases?q={words}&sort={sort}");
            let expected = in_order(having.clone(), sort);
            for limit in [7, 40] {
                let pages = turned(&dana, &path, limit).await;
                assert_eq!(ids(&pages), expected, "{path}, {limit} at a time");
            }
        }
    }
}

async fn the_heads_of_the_page_put_the_urgent_and_the_untouched_first(desk: Desk) {
    one_of_each(&desk).await;
    let dana = desk.person("dana");
    let session = Session::of(&desk, &dana).await;
    let page = async |path: &str| session.page(path).await.text;
    let subjects = async |sort: &str| -> Vec<String> {
        let all = turned(&dana, &format!("/cases?sort={sort}"), 100).await;
        all.iter().map(|case| said(&case["subject"])).collect()
    };
    let head_to = |shown: &str, sort: &str| {
        let end = format!("sort={sort}");
        let mut heads = sorts(shown).into_iter();
        let found = heads.find(|(_, href, _)| href.ends_with(&end));
        found.unwrap_or_else(|| panic!("no head leads to {sort}"))
    };
    let shown = page("/cases").await;
    for (sort, sorted, turned_sort, turned_sorted) in [
        ("-priority", "descending", "priority", "ascending"),
        ("status", "ascending", "-status", "descending"),
    ] {
        let (_, href, now) = head_to(&shown, sort);
        assert_eq!(now, "", "{sort}");
        let ordered = page(&href).await;
        assert_eq!(rows(&ordered), subjects(sort).await, "{sort}");
        let (_, back, now) = head_to(&ordered, turned_sort);
        assert_eq!(now, sorted, "{sort}");
        let back = page(&back).await;
        assert_eq!(rows(&back), subjects(turned_sort).await, "{turned_sort}");
        assert_eq!(head_to(&back, sort).2, turned_sorted, "{turned_sort}");
    }
    let urgent = page("/cases?sort=-priority&status=open").await;
    assert_eq!(rows(&urgent), ["Case 02", "Case 01", "Case 00"]);
}
