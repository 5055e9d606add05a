//! Lists: in which order they are read, what narrows them, how many there are, and that nothing is repeated or skipped while
//! somebody turns their pages.

mod triage;

use std::cmp::Ordering;
use std::collections::BTreeSet;

use casebell::db::DbError;
use casebell::domain::organization::OrganizationKind;
use casebell::domain::text::{EmailAddress, PersonName, Slug};
use casebell::store::organizations::{self, NewOrganization};
use casebell::store::people::{self, NewPerson};
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::database::on_both_databases;
use crate::support::desk::Desk;
use crate::support::form::text_of;
use crate::support::markup::{elements, tags};
use crate::support::paired::said;
use crate::support::person::{Person, high};
use crate::support::session::Session;

on_both_databases! { Desk:
    every_order_is_whole_whatever_rows_have_alike,
    names_follow_each_other_as_in_a_dictionary,
    what_is_added_meanwhile_neither_repeats_nor_skips,
    people_are_found_by_name_address_state_and_role,
    organizations_are_found_by_name_and_kind,
    cases_are_listed_by_when_they_were_opened_or_last_changed,
    the_queue_is_listed_by_rank_or_by_when_it_was_submitted,
    a_page_is_ordered_by_its_heads,
    cases_and_the_queue_are_ordered_by_their_heads,
    what_a_list_cannot_be_asked_is_told,
}

/// Puts people into a new organization whose names repeat: who stands where among them is settled by their ids alone.
async fn alike(desk: &Desk, slug: &'static str, count: usize) {
    let now = desk.now();
    let added = desk.db().write(move |conn| {
        let slug = Slug::parse(slug).expect("a slug");
        let new = NewOrganization {
            slug: &slug,
            name: "Alike",
            kind: OrganizationKind::Customer,
            region: "eu",
            time_zone: "UTC",
        };
        let organization = organizations::insert(conn, &new, now)?;
        for index in 0..count {
            // Uneven steps through few names.
            let name = |names: &[&str], step: usize| {
                PersonName::parse(names[index * step % names.len()]).expect("a name")
            };
            let email = format!("{}@{slug}.test", index * 37 % count);
            let new = NewPerson {
                organization,
                email: &EmailAddress::parse(&email).expect("an address"),
                first_name: &name(&["Kim", "Alex", "kim"], 7),
                last_name: &name(&["Ito", "Özil", "Abe", "Ito-Abe"], 5),
                time_zone: None,
                language: None,
                password_hash: None,
                verified: false,
            };
            people::insert(conn, &new, now)?;
        }
        Ok::<_, DbError>(())
    });
    added.await.expect("people");
}

/// Turns the pages of a list, `limit` at a time.
async fn turned(person: &Person, path: &str, limit: usize) -> Vec<Value> {
    let (mut items, mut next) = (Vec::new(), String::new());
    loop {
        let page = person
            .get(&format!("{path}&limit={limit}{next}"))
            .await
            .ok();
        let rows = page["items"].as_array().expect("items");
        assert!(rows.len() <= limit);
        items.extend(rows.iter().cloned());
        match page["next_cursor"].as_str() {
            Some(cursor) => next = format!("&cursor={cursor}"),
            None => return items,
        }
    }
}

fn ids(items: &[Value]) -> Vec<String> {
    items.iter().map(|item| said(&item["id"])).collect()
}

async fn every_order_is_whole_whatever_rows_have_alike(desk: Desk) {
    const COUNT: usize = 23;
    alike(&desk, "alike", COUNT).await;
    let ada = desk.person("ada");
    let all = ada.all("/users?organization=alike").await;
    assert_eq!(all.len(), COUNT);
    let by = |fields: &'static [&'static str]| {
        move |one: &Value, other: &Value| -> Ordering {
            let of = |person: &Value| -> Vec<String> {
                fields.iter().map(|field| said(&person[*field])).collect()
            };
            of(one).cmp(&of(other))
        }
    };
    type Compare = Box<dyn Fn(&Value, &Value) -> Ordering>;
    let orders: [(&str, Option<Compare>); 3] = [
        // As in a dictionary: see below.
        ("name", None),
        ("email", None),
        ("created_at", Some(Box::new(by(&["id"])))),
    ];
    for (sort, compare) in orders {
        let path = format!("/users?organization=alike&sort={sort}");
        let up = turned(&ada, &path, 100).await;
        assert_eq!(ids(&up).into_iter().collect::<BTreeSet<_>>().len(), COUNT);
        if let Some(compare) = compare {
            assert!(
                up.is_sorted_by(|one, other| compare(one, other).is_le()),
                "{sort}"
            );
        }
        for limit in [1, 2, 3, 7, COUNT] {
            let pages = turned(&ada, &path, limit).await;
            assert_eq!(ids(&pages), ids(&up), "{sort}, {limit} at a time");
        }
        // The other way round is the same list backwards.
        let down = format!("/users?organization=alike&sort=-{sort}");
        let mut down = turned(&ada, &down, 4).await;
        down.reverse();
        assert_eq!(ids(&down), ids(&up), "-{sort}");
    }
    // Who have a name alike stand together, in the order of their ids; capital letters do not count.
    let named = turned(&ada, "/users?organization=alike&sort=name", 5).await;
    let name = |person: &Value| said(&person["name"]).to_lowercase();
    let groups = named.chunk_by(|one, other| name(one) == name(other));
    let groups: Vec<&[Value]> = groups.collect();
    let names: BTreeSet<String> = groups.iter().map(|group| name(&group[0])).collect();
    assert_eq!(names.len(), groups.len(), "each name stands once");
    assert!(groups.iter().any(|group| group.len() > 1));
    for group in groups {
        assert!(ids(group).is_sorted());
    }
}

/// A list, page by page, both ways: of its rows, those that are called one of these stand in this order.
async fn is_in_order(person: &Person, path: &str, field: &str, expected: &[&str]) {
    for limit in [1, 3, 100] {
        for (sort, backwards) in [("name", false), ("-name", true)] {
            let items = turned(person, &format!("{path}&sort={sort}"), limit).await;
            let mut names: Vec<String> = items.iter().map(|item| said(&item[field])).collect();
            names.retain(|name| expected.contains(&name.as_str()));
            if backwards {
                names.reverse();
            }
            assert_eq!(names, expected, "{path}, by {sort}, {limit} at a time");
        }
    }
}

/// Each in its order, whatever its letters are, on both databases; and what is called otherwise stands elsewhere.
async fn names_follow_each_other_as_in_a_dictionary(desk: Desk) {
    let (ada, sam) = (desk.person("ada"), desk.person("sam"));
    let house = json!({ "slug": "house", "name": "House", "kind": "customer" });
    ada.post("/organizations", house).await.created();
    let (mut people, mut groups, mut templates) = (Vec::new(), Vec::new(), Vec::new());
    let typed = [
        "Özil", "Zander", "anders", "Strauß", "Ärger", "Émile", "Strausz", "apart",
    ];
    for (index, name) in typed.iter().enumerate() {
        let email = format!("{index}@house.test");
        let person = json!({
            "organization": "house", "email": email, "first_name": "Kim", "last_name": name, "roles": [],
        });
        let group = json!({ "organization": "house", "name": name, "roles": [] });
        let customer = json!({ "slug": format!("n{index}"), "name": name, "kind": "customer" });
        let text =
            json!({ "name": name, "purpose": "reply", "language": "en", "body": "Thank you." });
        people.push(said(&ada.post("/users", person).await.created()["id"]));
        groups.push(said(
            &ada.post("/access-groups", group).await.created()["id"],
        ));
        ada.post("/organizations", customer).await.created();
        templates.push(said(&sam.post("/templates", text).await.created()["id"]));
    }
    let are_in_order = async |expected: &[&str]| {
        is_in_order(&ada, "/users?organization=house", "last_name", expected).await;
        is_in_order(&ada, "/access-groups?organization=house", "name", expected).await;
        is_in_order(&ada, "/organizations?kind=customer", "name", expected).await;
        is_in_order(&sam, "/templates?language=en", "name", expected).await;
    };
    are_in_order(&[
        "anders", "apart", "Ärger", "Émile", "Özil", "Strauß", "Strausz", "Zander",
    ])
    .await;
    // Zander is called Äbel from now on.
    let called = json!({ "name": "Äbel" });
    let path = format!("/users/{}", people[1]);
    ada.patch(&path, json!({ "last_name": "Äbel" })).await.ok();
    let path = format!("/access-groups/{}", groups[1]);
    ada.patch(&path, called.clone()).await.ok();
    ada.patch("/organizations/n1", called.clone()).await.ok();
    let path = format!("/templates/{}", templates[1]);
    sam.patch(&path, called).await.ok();
    are_in_order(&[
        "Äbel", "anders", "apart", "Ärger", "Émile", "Özil", "Strauß", "Strausz",
    ])
    .await;
    // The page lists as the API does; and of those with one last name, the first names count.
    for (email, first) in [("z", "Zoë"), ("a", "Änne"), ("b", "bert")] {
        let email = format!("{email}@house.test");
        let person = json!({
            "organization": "house", "email": email, "first_name": first, "last_name": "Özil", "roles": [],
        });
        ada.post("/users", person).await.created();
    }
    let session = Session::of(&desk, &ada).await;
    let shown = session.page("/admin/people?organization=house").await;
    let mut shown = rows(&shown.text);
    shown.retain(|name| name.ends_with("Özil"));
    assert_eq!(shown, ["Änne Özil", "bert Özil", "Kim Özil", "Zoë Özil"]);
}

async fn what_is_added_meanwhile_neither_repeats_nor_skips(desk: Desk) {
    alike(&desk, "busy", 12).await;
    let ada = desk.person("ada");
    for sort in [
        "name",
        "-name",
        "email",
        "-email",
        "created_at",
        "-created_at",
    ] {
        let path = format!("/users?organization=busy&sort={sort}&limit=3");
        let before: BTreeSet<String> = ids(&ada
            .all(&format!("/users?organization=busy&sort={sort}"))
            .await)
        .into_iter()
        .collect();
        let (mut seen, mut next, mut added) = (Vec::new(), String::new(), 0);
        loop {
            let page = ada.get(&format!("{path}{next}")).await.ok();
            seen.extend(ids(page["items"].as_array().expect("items")));
            // One before and one behind whoever stands at the page's end.
            for (first, last) in [("Aaron", "Aa"), ("Zoe", "Zz")] {
                if added == 8 {
                    break;
                }
                added += 1;
                let email = format!(
                    "{first}.{added}.{}@busy.test",
                    sort.replace(['-', '_'], "x")
                );
                let person = json!({
                    "organization": "busy", "email": email, "first_name": first, "last_name": last, "roles": [],
                });
                ada.post("/users", person).await.created();
            }
            match page["next_cursor"].as_str() {
                Some(cursor) => next = format!("&cursor={cursor}"),
                None => break,
            }
        }
        let once: BTreeSet<String> = seen.iter().cloned().collect();
        assert_eq!(once.len(), seen.len(), "{sort} repeats somebody");
        let skipped: Vec<_> = before.difference(&once).collect();
        assert!(skipped.is_empty(), "{sort} skips {skipped:?}");
    }
    // Nor does what is removed: a page begins behind a place, whether anything stands there or not.
    for name in ["A", "B", "C", "D", "E"] {
        let group = json!({ "organization": "busy", "name": name, "roles": [] });
        ada.post("/access-groups", group).await.created();
    }
    let (mut names, mut next) = (Vec::new(), String::new());
    loop {
        let page = ada
            .get(&format!(
                "/access-groups?organization=busy&sort=-name&limit=2{next}"
            ))
            .await
            .ok();
        let groups = page["items"].as_array().expect("items");
        names.extend(groups.iter().map(|group| said(&group["name"])));
        for group in groups {
            ada.delete(&format!("/access-groups/{}", said(&group["id"])))
                .await
                .done();
        }
        match page["next_cursor"].as_str() {
            Some(cursor) => next = format!("&cursor={cursor}"),
            None => break,
        }
    }
    names.retain(|name| name.len() == 1);
    assert_eq!(names, ["E", "D", "C", "B", "A"]);
}

async fn people_are_found_by_name_address_state_and_role(desk: Desk) {
    alike(&desk, "alike", 8).await;
    let (ada, dana, abel) = (desk.person("ada"), desk.person("dana"), desk.person("abel"));
    let found = async |query: &str| -> Vec<String> {
        let all = ada.all(&format!("/users?{query}")).await;
        all.iter().map(|person| said(&person["email"])).collect()
    };
    assert_eq!(found("q=dana").await, [dana.email()]);
    assert_eq!(found("q=DANA@ACME").await, [dana.email()]);
    let full = dana.name();
    assert_eq!(
        found(&format!("q={}", full.to_uppercase().replace(' ', "+"))).await,
        [dana.email()]
    );
    // Its words in any order, and as they are pasted.
    for words in [full.split(' ').rev().collect(), vec!["@acme", "dana"]] {
        let typed = words.join("+");
        assert_eq!(
            found(&format!("q={typed},")).await,
            [dana.email()],
            "{typed}"
        );
    }
    // Letters beyond ASCII, in whatever case, with and without their accents, and decomposed.
    for typed in [
        "özil",
        "Özil",
        "ÖZIL",
        "%C3%B6zil",
        "ozil",
        "OZIL",
        "o%CC%88zil",
    ] {
        assert_eq!(
            found(&format!("organization=alike&q={typed}")).await.len(),
            2,
            "{typed}"
        );
    }
    // What stands for anything elsewhere stands for itself.
    assert!(found("q=%25").await.is_empty());
    assert!(found("q=_").await.is_empty());
    // State.
    let everybody = found("organization=acme").await;
    assert_eq!(found("organization=acme&state=active").await, everybody);
    let users = ada.all("/users?q=dana@acme.test").await;
    ada.patch(
        &format!("/users/{}", said(&users[0]["id"])),
        json!({ "disabled": true }),
    )
    .await
    .ok();
    assert_eq!(
        found("organization=acme&state=disabled").await,
        [dana.email()]
    );
    assert_eq!(
        found("organization=acme&state=active").await.len(),
        everybody.len() - 1
    );
    // Role: held by oneself, or by a group; of one's own organization alone.
    let administrators = found("role=administrator").await;
    assert_eq!(administrators, [ada.email()]);
    let of_group = json!({ "organization": "acme", "name": "Readers", "roles": ["portal_viewer"] });
    let group = ada.post("/access-groups", of_group).await.created();
    let viewers = found("organization=acme&role=portal_viewer").await;
    let found_abel = ada.all(&format!("/users?q={}", abel.email())).await;
    let join = json!({ "user": found_abel[0]["id"] });
    ada.post(
        &format!("/access-groups/{}/members", said(&group["id"])),
        join,
    )
    .await;
    let more = found("organization=acme&role=portal_viewer").await;
    assert!(
        !viewers.contains(&abel.email()) && more.contains(&abel.email()),
        "{more:?}"
    );
    assert_eq!(more.len(), viewers.len() + 1);
    let own = json!({ "organization": "acme", "name": "Clerk", "code": "clerk", "permissions": ["cases:view"] });
    ada.post("/roles", own).await.created();
    assert!(found("role=clerk").await.is_empty());
    // A customer's administrator finds their own people, whatever they ask.
    for query in ["q=ada", "q=frost", "role=administrator", "q=alike.test"] {
        assert!(
            abel.all(&format!("/users?{query}")).await.is_empty(),
            "{query}"
        );
    }
    abel.get("/users?organization=globex")
        .await
        .names_fields(&[("organization", "not_found")]);
    // How many: of what is found, and of that alone.
    let counted = abel.get("/users?count=true&limit=1").await.ok();
    assert_eq!(counted["count"], everybody.len());
    let counted = ada.get("/users?count=true&limit=1&q=alike.test").await.ok();
    assert_eq!(counted["count"], 8);
    assert!(ada.get("/users?limit=1").await.ok().get("count").is_none());
}

async fn organizations_are_found_by_name_and_kind(desk: Desk) {
    let ada = desk.person("ada");
    for (slug, name, kind) in [
        ("zzz", "AARDVARK", "partner"),
        ("aaa", "Zebra", "customer"),
        ("mmm", "Zebra", "customer"),
    ] {
        let new = json!({ "slug": slug, "name": name, "kind": kind });
        ada.post("/organizations", new).await.created();
    }
    let slugs = async |query: &str| -> Vec<String> {
        let all = turned(&ada, &format!("/organizations?{query}"), 2).await;
        all.iter().map(|one| said(&one["slug"])).collect()
    };
    assert_eq!(slugs("kind=partner&sort=slug").await, ["initech", "zzz"]);
    assert_eq!(slugs("q=zebra&sort=name").await, ["aaa", "mmm"]);
    assert_eq!(slugs("q=zebra&sort=-name").await, ["mmm", "aaa"]);
    assert_eq!(slugs("q=zz").await, ["zzz"]);
    assert_eq!(slugs("sort=name").await[0], "zzz");
    assert_eq!(slugs("sort=-slug").await[0], "zzz");
    let counted = ada
        .get("/organizations?count=true&limit=1&kind=customer")
        .await
        .ok();
    assert_eq!(counted["count"], slugs("kind=customer").await.len());
}

/// The heads of the page's table that order it, as (words, where they lead, how the list is ordered by them).
fn sorts(page: &str) -> Vec<(String, String, String)> {
    let heads = elements(page, "th").filter(|head| head.contains("class=\"sort\""));
    let head = |head: &str| {
        let first = |name: &str| text_of(head, name).unwrap_or_default();
        let words = head.rsplit_once("</a>").map_or("", |(before, _)| before);
        let words = words.rsplit('>').next().unwrap_or_default().to_owned();
        (words, first("href"), first("aria-sort"))
    };
    heads.map(head).collect()
}

/// The first cells of the page's rows.
fn rows(page: &str) -> Vec<String> {
    let row = |row: &str| {
        let cell = row.split("class=\"row\"").nth(1).unwrap_or_default();
        let words = cell.split_once('>').map_or("", |(_, rest)| rest);
        words.split('<').next().unwrap_or_default().to_owned()
    };
    elements(page, "tr")
        .filter(|row| row.contains("data-row"))
        .map(row)
        .collect()
}

fn next_of(page: &str) -> Option<String> {
    let next = tags(page, "a").find(|link| link.contains("rel=\"next\""))?;
    text_of(next, "href")
}

async fn a_page_is_ordered_by_its_heads(desk: Desk) {
    alike(&desk, "alike", 30).await;
    desk.passes(TimeDelta::days(1));
    let ada = desk.person("ada");
    let session = Session::of(&desk, &ada).await;
    let page = async |path: &str| {
        let shown = session.page(path).await;
        assert_eq!(shown.status, 200, "{shown:?}");
        shown.text
    };
    let people = page("/admin/people?organization=alike").await;
    assert!(people.contains("30 found"), "{people}");
    let heads = sorts(&people);
    assert_eq!(heads[0].2, "ascending", "by name at first");
    assert_eq!(heads[1].2, "");
    // The same head again turns the list; filters stay, pages begin anew.
    let first = rows(&people);
    assert_eq!(first.len(), 25);
    let turned = page(&heads[0].1).await;
    assert!(turned.contains("30 found"));
    assert_eq!(sorts(&turned)[0].2, "descending");
    let mut whole = rows(&turned);
    let behind = page(&next_of(&turned).expect("more")).await;
    assert_eq!(
        sorts(&behind)[0].2,
        "descending",
        "the order is kept through the pages"
    );
    assert!(behind.contains("30 found"), "and so is what is counted");
    whole.extend(rows(&behind));
    assert_eq!(whole.len(), 30);
    whole.reverse();
    assert_eq!(whole[..25], first[..]);
    assert!(next_of(&behind).is_none());
    // From a page in the middle, another order begins at its beginning.
    let newest = sorts(&behind)[1].1.clone();
    assert!(
        newest.contains("sort=-created_at") && !newest.contains("cursor"),
        "{newest}"
    );
    let newest = page(&newest).await;
    assert_eq!(sorts(&newest)[1].2, "descending");
    assert_eq!(
        (sorts(&newest)[0].2.as_str(), rows(&newest).len()),
        ("", 25)
    );
    // The form of the filters keeps the order.
    let hidden = tags(&newest, "input").find(|input| input.contains("name=\"sort\""));
    assert!(hidden.is_some_and(|input| input.contains("value=\"-created_at\"")));
    // Nothing that is found is something else than nothing that is there.
    let none = page("/admin/people?q=nobody+is+called+so").await;
    assert!(none.contains("Nothing matches") && !none.contains("data-row"));
    // Every list of the administration has heads that lead somewhere, and says how many there are.
    for (path, count) in [
        ("/admin/organizations", 1),
        ("/admin/roles", 3),
        ("/admin/groups", 1),
        ("/admin/reasons", 3),
        ("/admin/calendars", 2),
        ("/admin/notices", 1),
        ("/admin/access-requests", 1),
    ] {
        let shown = page(path).await;
        let heads = sorts(&shown);
        if !shown.contains("data-row") {
            continue;
        }
        assert_eq!(heads.len(), count, "{path}");
        assert!(shown.contains(" in all"), "{path}");
        for (words, href, _) in heads {
            let ordered = page(&href).await;
            let now = sorts(&ordered)
                .into_iter()
                .find(|(head, _, _)| *head == words);
            let now = now.unwrap_or_else(|| panic!("{path}: {words} is gone"));
            assert!(!now.2.is_empty(), "{path}: {words} at {href}");
            let mut one = rows(&shown);
            let mut other = rows(&ordered);
            one.sort();
            other.sort();
            assert_eq!(one, other, "{path} by {words}");
            let back = page(&now.1).await;
            let turned = sorts(&back).into_iter().find(|(head, _, _)| *head == words);
            assert_ne!(turned.map(|head| head.2), Some(now.2), "{path}: {words}");
        }
    }
}

async fn cases_are_listed_by_when_they_were_opened_or_last_changed(desk: Desk) {
    let (dana, gina, eve) = (desk.person("dana"), desk.person("gina"), desk.person("eve"));
    let mut opened = Vec::new();
    for subject in ["One", "Two", "Three", "Four", "Five"] {
        opened.push(dana.opens(high().about(subject)).await);
        desk.passes(TimeDelta::minutes(1));
    }
    gina.opens(high().about("Elsewhere")).await;
    let subjects = async |person: &Person, query: &str| -> Vec<String> {
        let all = turned(person, &format!("/cases?{query}"), 2).await;
        all.iter().map(|case| said(&case["subject"])).collect()
    };
    let oldest_first = ["One", "Two", "Three", "Four", "Five"];
    assert_eq!(subjects(&dana, "sort=opened_at").await, oldest_first);
    let mut newest_first = oldest_first;
    newest_first.reverse();
    assert_eq!(subjects(&dana, "sort=-opened_at").await, newest_first);
    assert_eq!(
        subjects(&dana, "priority=high").await,
        newest_first,
        "by itself"
    );
    desk.passes(TimeDelta::minutes(1));
    eve.writes(&opened[1], "Looking at it.").await;
    assert_eq!(subjects(&dana, "sort=-updated_at").await[0], "Two");
    assert_eq!(subjects(&dana, "sort=updated_at").await[4], "Two");
    // Whoever reads from what has rested longest misses nothing, whatever is written meanwhile.
    let (mut seen, mut next) = (BTreeSet::new(), String::new());
    for case in opened.iter().cycle() {
        let page = dana
            .get(&format!("/cases?sort=updated_at&limit=1{next}"))
            .await
            .ok();
        seen.extend(ids(page["items"].as_array().expect("items")));
        desk.passes(TimeDelta::seconds(1));
        if seen.len() < 4 {
            eve.writes(case, "And another thing.").await;
        }
        match page["next_cursor"].as_str() {
            Some(cursor) => next = format!("&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(seen.len(), opened.len());
    // What somebody may not see is not counted either (A5).
    let count = async |person: &Person, query: &str| -> Value {
        let page = person
            .get(&format!("/cases?count=true&limit=1{query}"))
            .await;
        page.ok()["count"].clone()
    };
    assert_eq!(
        (count(&dana, "").await, count(&gina, "").await),
        (json!(5), json!(1))
    );
    assert_eq!(count(&dana, "&q=three").await, 1);
    assert_eq!(count(&dana, "&escalated=true").await, 0);
    assert_eq!(count(&eve, "&organization=globex").await, 1);
    // Of an owner, or of nobody.
    eve.changes(&opened[2], json!({ "owner": eve.email() }))
        .await
        .ok();
    assert_eq!(subjects(&eve, "owner=me").await, ["Three"]);
    assert_eq!(
        subjects(&eve, &format!("owner={}", eve.email())).await,
        ["Three"]
    );
    assert_eq!(
        subjects(&eve, "owner=none&organization=acme").await.len(),
        4
    );
    let nobody = dana.get("/cases?owner=nobody@acme.test").await;
    nobody.names_fields(&[("owner", "not_found")]);
    dana.get("/cases?sort=subject")
        .await
        .names_fields(&[("sort", "not_allowed")]);
}

async fn the_queue_is_listed_by_rank_or_by_when_it_was_submitted(desk: Desk) {
    let (dana, ola) = (desk.person("dana"), desk.person("ola"));
    let mut escalations = Vec::new();
    for _ in 0..4 {
        let case = dana.opens(high()).await;
        desk.passes(TimeDelta::hours(24));
        escalations.push(dana.escalates(&case, "no_update").taken().await);
    }
    for (index, (importance, urgency)) in [(0, ("low", "low")), (2, ("high", "high"))] {
        ola.claims(&escalations[index]).await;
        let due_at = (desk.now() + TimeDelta::hours(1)).to_rfc3339();
        let accept = json!({
            "importance": importance, "urgency": urgency, "reply": "We are on it.",
            "next_steps": [{ "what": "Call back", "who": "Ola", "due_at": due_at }],
        });
        ola.does(&escalations[index], "accept", accept).await.ok();
    }
    let numbers = async |query: &str| -> Vec<String> {
        let all = turned(&ola, &format!("/escalations?{query}"), 1).await;
        all.iter().map(|one| said(&one["number"])).collect()
    };
    let at = |order: &[usize]| -> Vec<String> {
        let numbers = order.iter().map(|index| escalations[*index].number.clone());
        numbers.collect()
    };
    assert_eq!(numbers("sort=rank").await, at(&[1, 3, 2, 0]));
    assert_eq!(
        numbers("state=submitted,accepted,in_review").await,
        at(&[1, 3, 2, 0]),
        "by itself"
    );
    assert_eq!(numbers("sort=-rank").await, at(&[0, 2, 3, 1]));
    assert_eq!(numbers("sort=submitted_at").await, at(&[0, 1, 2, 3]));
    assert_eq!(numbers("sort=-submitted_at").await, at(&[3, 2, 1, 0]));
    let counted = ola
        .get("/escalations?count=true&limit=1&state=accepted")
        .await
        .ok();
    assert_eq!(counted["count"], 2);
    // Nobody claimed the second in time. Soon the steps of two are past due, and the last is not claimed either.
    assert_eq!(numbers("overdue=true&sort=submitted_at").await, at(&[1]));
    assert_eq!(
        numbers("overdue=false&sort=submitted_at").await,
        at(&[0, 2, 3])
    );
    // What is past due is asked anew on each page; its cursor stays good.
    desk.passes(TimeDelta::hours(2));
    assert_eq!(
        numbers("overdue=true&sort=submitted_at").await,
        at(&[0, 1, 2, 3])
    );
    assert_eq!(numbers("overdue=false").await, at(&[]));
}

async fn cases_and_the_queue_are_ordered_by_their_heads(desk: Desk) {
    let (dana, ola) = (desk.person("dana"), desk.person("ola"));
    let (mut cases, mut escalations) = (Vec::new(), Vec::new());
    for subject in ["Ax", "Bow", "Cart"] {
        let case = dana.opens(high().about(subject)).await;
        desk.passes(TimeDelta::hours(24));
        escalations.push(dana.escalates(&case, "no_update").taken().await);
        cases.push(case);
    }
    let session = Session::of(&desk, &ola).await;
    let page = async |path: &str| session.page(path).await.text;
    for (path, first, count) in [("/cases", "Cart", 4), ("/escalations", "Ax", 6)] {
        let shown = page(path).await;
        let heads = sorts(&shown);
        assert_eq!(
            (rows(&shown)[0].as_str(), heads.len()),
            (first, count),
            "{path}"
        );
        assert!(shown.contains("3 in all"), "{path}");
        for (words, href, _) in heads {
            let ordered = page(&href).await;
            let head = sorts(&ordered)
                .into_iter()
                .find(|(head, _, _)| *head == words);
            let (_, back, sorted) = head.expect("the same head");
            assert!(
                !sorted.is_empty() && rows(&ordered).len() == 3,
                "{path}: {words}"
            );
            let turned = sorts(&page(&back).await);
            let turned = turned.into_iter().find(|(head, _, _)| *head == words);
            assert_ne!(turned.map(|head| head.2), Some(sorted), "{path}: {words}");
        }
    }
    let by = async |path: &str| rows(&page(path).await);
    assert_eq!(
        by("/escalations?sort=-submitted_at").await,
        ["Cart", "Bow", "Ax"]
    );
    assert_eq!(
        by("/escalations?view=unclaimed&sort=submitted_at").await,
        ["Ax", "Bow", "Cart"]
    );
    // The queue is shown by rank, and first what has none yet (M6).
    ola.claims(&escalations[0]).await;
    ola.accepts(&escalations[0], "high", "high").await;
    assert_eq!(by("/escalations").await, ["Bow", "Cart", "Ax"]);
    desk.passes(TimeDelta::minutes(1));
    desk.person("eve").writes(&cases[1], "Looking at it.").await;
    assert_eq!(by("/cases?sort=-updated_at").await[0], "Bow");
    assert_eq!(by("/cases?sort=-updated_at&q=cart").await, ["Cart"]);
    // The engineers' own filters, and their words when nothing is left.
    assert_eq!(by("/cases?owner=none").await.len(), 3);
    assert!(page("/cases?owner=me").await.contains("No case matches"));
}

async fn what_a_list_cannot_be_asked_is_told(desk: Desk) {
    alike(&desk, "alike", 4).await;
    let ada = desk.person("ada");
    let page = ada
        .get("/users?organization=alike&sort=name&limit=2")
        .await
        .ok();
    let cursor = said(&page["next_cursor"]);
    for other in [
        "organization=alike&sort=-name",
        "organization=alike&sort=email",
        "organization=acme&sort=name",
        "organization=alike&sort=name&state=active",
        "sort=name",
    ] {
        ada.get(&format!("/users?{other}&limit=2&cursor={cursor}"))
            .await
            .names_fields(&[("cursor", "malformed_cursor")]);
    }
    // The order that a list has by itself is the same as that asked for.
    ada.get(&format!(
        "/users?organization=alike&limit=2&cursor={cursor}"
    ))
    .await
    .ok();
    for path in [
        "/users?sort=roles",
        "/users?sort=--name",
        "/organizations?sort=kind",
        "/notices?sort=x",
    ] {
        ada.get(path).await.names_fields(&[("sort", "not_allowed")]);
    }
    ada.get("/users?count=perhaps")
        .await
        .names_fields(&[("count", "not_allowed")]);
    ada.get("/users?state=asleep")
        .await
        .names_fields(&[("state", "not_allowed")]);
    let session = Session::of(&desk, &ada).await;
    for path in [
        "/admin/people?sort=roles",
        "/admin/people?state=asleep",
        "/admin/notices?cursor=x",
    ] {
        assert_eq!(session.page(path).await.status, 422, "{path}");
    }
}
