//! Saved filters: kept for oneself or shared in the organization, changed by who may, and never more than a way to a list.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::database::on_both_databases;
use crate::support::desk::Desk;
use crate::support::paired::said;
use crate::support::person::{Person, high, low};
use crate::support::session::Session;

on_both_databases! { Desk:
    ones_own_filter_is_ones_own,
    a_shared_filter_is_everybodys_in_the_organization,
    a_query_that_the_list_does_not_read_is_refused,
    there_are_only_so_many,
    a_filter_is_saved_above_its_list_and_leads_there,
}

fn filter(name: &str, query: &str) -> Value {
    json!({ "name": name, "list": "cases", "query": query })
}

async fn names(person: &Person) -> Vec<String> {
    let list = person.get("/saved-filters").await.ok();
    let items = list["items"].as_array().expect("items").clone();
    items.iter().map(|item| said(&item["name"])).collect()
}

async fn ones_own_filter_is_ones_own(desk: Desk) {
    let (dana, carl, gina) = (
        desk.person("dana"),
        desk.person("carl"),
        desk.person("gina"),
    );
    let saved = dana
        .post(
            "/saved-filters",
            filter("Open ones", "?status=open&cursor=x&limit=5"),
        )
        .await
        .created();
    // What is about a page of the list is not kept.
    assert_eq!(saved["query"], "status=open");
    assert_eq!(saved["href"], "/cases?status=open");
    assert_eq!(
        (&saved["own"], &saved["shared"]),
        (&json!(true), &json!(false))
    );
    dana.post("/saved-filters", filter("Low ones", "priority=low"))
        .await
        .created();
    assert_eq!(names(&dana).await, ["Low ones", "Open ones"]);
    let path = format!("/saved-filters/{}", said(&saved["id"]));
    for other in [&carl, &gina] {
        assert_eq!(names(other).await, [""; 0]);
        other
            .patch(&path, json!({ "name": "x" }))
            .await
            .refused(404, "not_found");
        other.delete(&path).await.refused(404, "not_found");
    }
    let changed = json!({ "name": "Open and high", "query": "status=open&priority=high" });
    let stale = dana.asks(Method::PATCH, &path).header("if-match", "\"7\"");
    assert_eq!(stale.json(&changed).await.status, 412);
    let changed = dana.patch(&path, changed).await.ok();
    assert_eq!(changed["query"], "status=open&priority=high");
    assert_eq!(changed["version"], 2);
    // What is the same is no change.
    let same = dana
        .patch(&path, json!({ "name": "Open and high" }))
        .await
        .ok();
    assert_eq!(same["version"], 2);
    dana.delete(&path).await.done();
    assert_eq!(names(&dana).await, ["Low ones"]);
    dana.delete(&path).await.refused(404, "not_found");
}

async fn a_shared_filter_is_everybodys_in_the_organization(desk: Desk) {
    let (eve, sam, ola) = (desk.person("eve"), desk.person("sam"), desk.person("ola"));
    let (dana, vic) = (desk.person("dana"), desk.person("vic"));
    let urgent =
        json!({ "name": "Urgent", "list": "cases", "query": "priority=high", "shared": true });
    let refused = eve.post("/saved-filters", urgent.clone()).await;
    assert_eq!(refused.status, 403, "{refused:?}");
    let saved = sam.post("/saved-filters", urgent).await.created();
    let path = format!("/saved-filters/{}", said(&saved["id"]));
    for member in [&eve, &ola] {
        assert_eq!(names(member).await, ["Urgent"]);
        assert_eq!(
            member.patch(&path, json!({ "name": "x" })).await.status,
            403
        );
        assert_eq!(member.delete(&path).await.status, 403);
    }
    // In another organization there is no such filter.
    for other in [&dana, &vic] {
        assert_eq!(names(other).await, [""; 0]);
        other.delete(&path).await.refused(404, "not_found");
    }
    // It shows each what they may see: it is a way to a list, and no permission.
    dana.opens(high().about("Of ACME")).await;
    desk.person("gina").opens(high().about("Of Globex")).await;
    dana.opens(low()).await;
    let href = said(&saved["href"]);
    assert_eq!(eve.all(&href).await.len(), 2);
    assert_eq!(dana.all(&href).await.len(), 1);
    // Another supervisor, or an administrator, changes it; taken back, it is its owner's.
    let ada = desk.person("ada");
    let back = ada.patch(&path, json!({ "shared": false })).await.ok();
    assert_eq!(back["shared"], false);
    assert_eq!(names(&eve).await, [""; 0]);
    assert_eq!(names(&ada).await, [""; 0]);
    assert_eq!(names(&sam).await, ["Urgent"]);
    // What everybody has is audited, and what is one's own is not.
    sam.patch(&path, json!({ "name": "Mine" })).await.ok();
    sam.delete(&path).await.done();
    let kinds = async |reader: &Person| -> Vec<String> {
        let events = reader.all("/audit-events?kind=shared_filter.").await;
        events.iter().map(|event| said(&event["kind"])).collect()
    };
    let told = ["shared_filter.removed", "shared_filter.added"];
    assert_eq!(kinds(&ada).await, told);
    // A customer's administrator shares with their own people.
    let abel = desk.person("abel");
    let ours = json!({ "name": "Ours", "list": "cases", "query": "status=open", "shared": true });
    abel.post("/saved-filters", ours).await.created();
    assert_eq!(names(&vic).await, ["Ours"]);
    assert_eq!(kinds(&abel).await, ["shared_filter.added"]);
    assert_eq!(names(&desk.person("gina")).await, [""; 0]);
    desk.mailbox().await;
}

async fn a_query_that_the_list_does_not_read_is_refused(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    for (query, field, code) in [
        ("status=open&colour=red", "query.colour", "unknown_field"),
        ("status=shut", "query.status", "not_allowed"),
        ("owner=nobody@here.test", "query.owner", "not_found"),
        ("organization=globex", "query.organization", "not_found"),
        ("cursor=x", "query", "empty"),
        ("status=open&sort=colour", "query.sort", "not_allowed"),
    ] {
        let refused = dana.post("/saved-filters", filter("x", query)).await;
        refused.names_fields(&[(field, code)]);
    }
    let queue = |query: &str| json!({ "name": "x", "list": "escalations", "query": query });
    for (query, field) in [
        ("view=shut", "query.view"),
        ("view=closed&sort=owner", "query.sort"),
    ] {
        let refused = eve.post("/saved-filters", queue(query)).await;
        refused.names_fields(&[(field, "not_allowed")]);
    }
    let kept = eve
        .post("/saved-filters", queue("view=mine&sort=due"))
        .await
        .created();
    assert_eq!(kept["href"], "/escalations?view=mine&sort=due");
    let nowhere = json!({ "name": "x", "list": "people", "query": "status=open" });
    let refused = eve.post("/saved-filters", nowhere).await;
    refused.names_fields(&[("list", "not_allowed")]);
    // Whoever may see no list saves nothing of it.
    let nils = desk.person("nils");
    let refused = nils
        .post("/saved-filters", filter("x", "status=open"))
        .await;
    assert_eq!(refused.status, 403, "{refused:?}");
}

async fn there_are_only_so_many(desk: Desk) {
    let dana = desk.person("dana");
    for number in 0..50 {
        let one = filter(&format!("Filter {number:02}"), "status=open");
        dana.post("/saved-filters", one).await.created();
    }
    let more = dana
        .post("/saved-filters", filter("More", "status=open"))
        .await;
    more.names_fields(&[("name", "too_many_filters")]);
    let first = &dana.get("/saved-filters").await.ok()["items"][0];
    let path = format!("/saved-filters/{}", said(&first["id"]));
    dana.delete(&path).await.done();
    dana.post("/saved-filters", filter("More", "status=open"))
        .await
        .created();
}

async fn a_filter_is_saved_above_its_list_and_leads_there(desk: Desk) {
    let dana = desk.person("dana");
    let hers = Session::of(&desk, &dana).await;
    let plain = hers.page("/cases").await;
    assert!(!plain.text.contains("Save this filter"), "{plain:?}");
    let narrowed = hers.page("/cases?status=open&priority=").await;
    assert!(
        narrowed
            .text
            .contains("name=\"query\" value=\"status&#x3D;open\""),
        "{narrowed:?}"
    );
    let form = [("list", "cases"), ("query", "status=open")];
    // Without a name it is asked for, and nothing is lost.
    let empty = hers
        .sends("/saved-filters", &[&form[..], &[("name", "")]].concat())
        .await;
    assert_eq!(empty.status, 422);
    assert!(
        empty.text.contains("value=\"status&#x3D;open\""),
        "{empty:?}"
    );
    let saved = hers
        .sends(
            "/saved-filters",
            &[&form[..], &[("name", "Open & ours")]].concat(),
        )
        .await;
    assert_eq!(
        (saved.status, saved.header("location")),
        (303, "/cases?status=open")
    );
    for path in ["/cases", "/cases?status=open", "/"] {
        let page = hers.page(path).await;
        assert!(page.text.contains("Open &amp; ours"), "{path}: {page:?}");
    }
    let there = hers.page("/cases?status=open").await;
    assert!(
        !there.text.contains("Save this filter"),
        "it is saved already"
    );
    let id = said(&dana.get("/saved-filters").await.ok()["items"][0]["id"]);
    let page = format!("/saved-filters/{id}");
    let shown = hers.page(&page).await;
    assert!(shown.text.contains("Only you have it."), "{shown:?}");
    let renamed = [("name", "Open ones"), ("version", "1")];
    assert_eq!(hers.sends(&page, &renamed).await.status, 303);
    assert_eq!(names(&dana).await, ["Open ones"]);
    let removed = hers.sends(&format!("{page}/remove"), &[]).await;
    assert_eq!(
        (removed.status, removed.header("location")),
        (303, "/cases?status=open")
    );
    assert_eq!(hers.page(&page).await.status, 404);
    assert_eq!(names(&dana).await, [""; 0]);
}
