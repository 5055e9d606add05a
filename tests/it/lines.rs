//! Lines of business: who reads the cases of which (A4).

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};

use crate::access::{Visitor, group, id};
use crate::support::database::on_both_databases;
use crate::support::desk::Desk;
use crate::support::person::{Person, high};

on_both_databases! { Desk:
    lines_are_a_tree_with_grants,
    a_restricted_line_does_not_exist_for_who_may_not_read_it,
    nobody_owns_what_they_may_not_read,
    the_page_says_what_follows_before_it_is_done,
}

async fn line(ada: &Person, name: &str) -> Value {
    let all = ada.get("/lines-of-business").await.ok();
    let items = all["items"].as_array().expect("a list").clone();
    items
        .into_iter()
        .find(|line| line["name"] == name)
        .unwrap_or_else(|| panic!("no line {name}: {all}"))
}

async fn path(ada: &Person, name: &str) -> String {
    format!(
        "/lines-of-business/{}",
        line(ada, name).await["id"].as_str().expect("an id")
    )
}

async fn lines_are_a_tree_with_grants(desk: Desk) {
    let ada = desk.person("ada");
    let engineers = group(&ada, "Bellhop Support Engineers").await;
    for (name, parent) in [
        ("Cards", "Payments"),
        ("Terminals", "Cards"),
        ("Loans", "Ledger"),
    ] {
        ada.post(
            "/lines-of-business",
            json!({ "name": name, "parent": parent }),
        )
        .await
        .created();
    }
    let order: Vec<(String, u64)> = ada.get("/lines-of-business").await.ok()["items"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|line| {
            (
                line["name"].as_str().unwrap_or_default().to_owned(),
                line["depth"].as_u64().unwrap_or_default(),
            )
        })
        .collect();
    let expected = [
        ("All lines of business", 0),
        ("Ledger", 1),
        ("Loans", 2),
        ("Payments", 1),
        ("Cards", 2),
        ("Terminals", 3),
    ];
    assert_eq!(
        order,
        expected.map(|(name, depth)| (name.to_owned(), depth))
    );
    let effective = async |name: &str| line(&ada, name).await["effective"]["groups"].clone();
    assert_eq!(effective("Terminals").await, Value::Null);

    // Grants hold below, now and for what is added later, unless a line has its own.
    let payments = path(&ada, "Payments").await;
    let said = ada
        .patch(&payments, json!({ "read_groups": [engineers] }))
        .await
        .ok();
    assert_eq!(said["reads"]["own"], true);
    let granted = json!([{ "id": engineers, "name": "Bellhop Support Engineers" }]);
    for name in ["Payments", "Cards", "Terminals"] {
        assert_eq!(effective(name).await, granted, "{name}");
    }
    ada.post(
        "/lines-of-business",
        json!({ "name": "Refunds", "parent": "Cards" }),
    )
    .await
    .created();
    assert_eq!(effective("Refunds").await, granted);
    let cards = path(&ada, "Cards").await;
    ada.patch(
        &cards,
        json!({ "read_groups": ["Bellhop Support Monitors"] }),
    )
    .await
    .ok();
    assert_eq!(
        effective("Terminals").await[0]["name"],
        "Bellhop Support Monitors"
    );
    // Moved away it takes its own along, and what inherits follows the place.
    ada.patch(&cards, json!({ "parent": "Ledger" })).await.ok();
    assert_eq!(
        effective("Terminals").await[0]["name"],
        "Bellhop Support Monitors"
    );
    ada.patch(&cards, json!({ "read_groups": null })).await.ok();
    assert_eq!(effective("Terminals").await, Value::Null);
    ada.patch(&cards, json!({ "parent": "Payments" }))
        .await
        .ok();
    assert_eq!(effective("Terminals").await, granted);
    // Applied to everything below, it overwrites.
    ada.patch(&path(&ada, "Terminals").await, json!({ "read_groups": [] }))
        .await
        .ok();
    assert_eq!(effective("Terminals").await, json!([]));
    ada.patch(&payments, json!({ "apply_below": true }))
        .await
        .ok();
    assert_eq!(effective("Terminals").await, granted);
    assert_eq!(line(&ada, "Terminals").await["reads"]["own"], false);

    // What cannot be is refused, and changes nothing.
    let before = desk.rows();
    ada.patch(&payments, json!({ "parent": "Terminals" }))
        .await
        .names_fields(&[("parent", "below_itself")]);
    ada.patch(&payments, json!({ "parent": "Payments" }))
        .await
        .names_fields(&[("parent", "below_itself")]);
    ada.patch(&payments, json!({ "parent": "Nowhere" }))
        .await
        .names_fields(&[("parent", "not_found")]);
    let root = path(&ada, "All lines of business").await;
    ada.patch(&root, json!({ "parent": "Ledger" }))
        .await
        .names_fields(&[("parent", "is_root")]);
    let acme = ada.get("/access-groups?organization=acme").await.ok();
    ada.patch(
        &payments,
        json!({ "read_groups": [acme["items"][0]["id"]] }),
    )
    .await
    .names_fields(&[("read_groups", "not_found")]);
    ada.patch(&cards, json!({ "name": "Refunds", "parent": "Cards" }))
        .await
        .names_fields(&[("parent", "below_itself")]);
    desk.person("eve")
        .patch(&payments, json!({ "name": "x" }))
        .await
        .refused(403, "missing_permission");
    desk.person("dana")
        .get("/lines-of-business")
        .await
        .refused(403, "missing_permission");
    desk.is_unchanged_since(&before, "a refused change");
    let events = ada.get("/audit-events?limit=100").await.ok();
    assert!(
        events["items"]
            .as_array()
            .expect("a list")
            .iter()
            .any(|event| event["kind"] == "line.changed")
    );
}

async fn a_restricted_line_does_not_exist_for_who_may_not_read_it(desk: Desk) {
    let (ada, eve, ola, sam, mona, dana) = (
        desk.person("ada"),
        desk.person("eve"),
        desk.person("ola"),
        desk.person("sam"),
        desk.person("mona"),
        desk.person("dana"),
    );
    let seen = eve.opens(high().of("acme").about("Quinces in sight")).await;
    let case = dana.opens(high().about("Quinces and xylophones")).await;
    sam.changes(&case, json!({ "line_of_business": "Payments" }))
        .await
        .ok();
    let entry = dana.writes(&case, "Words.").await;
    let due_at = (desk.now() + TimeDelta::days(3)).to_rfc3339();
    let step = sam
        .post(
            &format!("/cases/{}/next-steps", case.number),
            json!({ "what": "x", "who": "y", "due_at": due_at }),
        )
        .await
        .created();
    desk.passes(TimeDelta::hours(24));
    desk.mailbox().await;
    // From here on only owners of escalations read it; the next request shows it.
    let members = json!({ "name": "Payments desk", "members": [id(&ola).await] });
    let desk_group = ada.post("/access-groups", members).await.created();
    ada.patch(
        &path(&ada, "Payments").await,
        json!({ "read_groups": [desk_group["id"]] }),
    )
    .await
    .ok();
    let escalation = dana.escalates(&case, "no_update").taken().await;
    for hidden in [&eve, &sam, &mona] {
        for path in [
            format!("/cases/{}", case.number),
            format!("/cases/{}", case.id),
            format!("/cases/{}/feed", case.number),
            format!("/cases/{}/escalation-feed", case.number),
            format!("/cases/{}/escalations", case.number),
            format!("/cases/{}/eligibility", case.number),
            format!("/cases/{}/deadlines", case.number),
            format!("/cases/{}/next-steps", case.number),
            format!("/cases/{}/priority-requests", case.number),
            format!("/escalations/{}", escalation.number),
            format!("/escalations/{}/feed", escalation.number),
        ] {
            hidden.get(&path).await.refused(404, "not_found");
        }
        let list = hidden.all("/cases").await;
        assert_eq!(list.len(), 1, "{list:?}");
        assert_eq!(list[0]["number"], seen.number.as_str());
        for path in [
            "/cases?q=xylophones",
            "/cases?line_of_business=Payments",
            "/cases?escalated=true",
            "/escalations",
        ] {
            assert_eq!(hidden.get(path).await.ok()["items"], json!([]), "{path}");
        }
        assert_eq!(hidden.all("/cases?q=quinces").await.len(), 1);
    }
    let before = desk.rows();
    let of = |json: &Value| json["id"].as_str().expect("an id").to_owned();
    for (method, path, body) in [
        (
            Method::PATCH,
            format!("/cases/{}", case.number),
            json!({ "priority": "low" }),
        ),
        (
            Method::POST,
            format!("/cases/{}/feed", case.number),
            json!({ "body": "x" }),
        ),
        (
            Method::POST,
            format!("/cases/{}/close", case.number),
            json!({}),
        ),
        (
            Method::PUT,
            format!("/cases/{}/read", case.number),
            json!({}),
        ),
        (
            Method::POST,
            format!("/escalations/{}/claim", escalation.number),
            json!({}),
        ),
        (
            Method::POST,
            format!("/escalations/{}/assign", escalation.number),
            json!({ "owner": "sam@bellhop.test" }),
        ),
        (
            Method::PATCH,
            format!("/next-steps/{}", of(&step)),
            json!({ "state": "done" }),
        ),
        (
            Method::POST,
            format!("/feed-entries/{}/redaction", of(&entry)),
            json!({ "reason": "x" }),
        ),
    ] {
        sam.asks(method, &path)
            .json(&body)
            .await
            .refused(404, "not_found");
    }
    desk.is_unchanged_since(&before, "who may not read the line");
    // Events and notices on it neither.
    for (path, key) in [
        ("/audit-events?limit=100", "case"),
        ("/notices?limit=100", "case_number"),
    ] {
        let text = mona.get(path).await.text;
        assert!(
            !text.contains(&case.id) && !text.contains(&case.number),
            "{path} {key}: {text}"
        );
    }
    mona.get(&format!("/audit-events?case={}", case.number))
        .await
        .names_fields(&[("case", "not_found")]);
    // Only who may read it is told of it.
    let post = desk.mailbox().await;
    let told = post.recipients();
    assert!(
        told.contains(&"ola@bellhop.test") && told.contains(&"dana@acme.test"),
        "{told:?}"
    );
    for blind in ["otto@bellhop.test", "sam@bellhop.test", "eve@bellhop.test"] {
        assert!(!told.contains(&blind), "{told:?}");
    }
    // Customers and who may read every line are not concerned.
    ola.sees(&case).await;
    ada.sees(&case).await;
    dana.sees(&case).await;
    assert_eq!(desk.person("carl").all("/cases").await.len(), 2);
    // A notice that was made before is withheld when it is about to be sent.
    ola.claims(&escalation).await;
    desk.mailbox().await;
    dana.post(
        &format!("/escalations/{}/feed", escalation.number),
        json!({ "body": "Hello?" }),
    )
    .await
    .created();
    let path_of = format!("/access-groups/{}", of(&desk_group));
    ada.delete(&format!("{path_of}/members/{}", id(&ola).await))
        .await
        .ok();
    assert!(
        !desk
            .mailbox()
            .await
            .recipients()
            .contains(&"ola@bellhop.test")
    );
    ola.get(&format!("/escalations/{}", escalation.number))
        .await
        .refused(404, "not_found");
    // Opened again, everything is there again.
    ada.patch(
        &path(&ada, "Payments").await,
        json!({ "read_groups": null }),
    )
    .await
    .ok();
    sam.sees(&case).await;
    assert_eq!(sam.all("/cases").await.len(), 2);
    desk.some_notices_stay_unsent();
}

async fn nobody_owns_what_they_may_not_read(desk: Desk) {
    let (ada, eve, ola, sam, dana) = (
        desk.person("ada"),
        desk.person("eve"),
        desk.person("ola"),
        desk.person("sam"),
        desk.person("dana"),
    );
    let members = json!({ "name": "Payments desk", "members": [id(&ola).await, id(&sam).await] });
    let desk_group = ada.post("/access-groups", members).await.created();
    ada.patch(
        &path(&ada, "Payments").await,
        json!({ "read_groups": [desk_group["id"]] }),
    )
    .await
    .ok();
    let case = dana.opens(high()).await;
    eve.changes(&case, json!({ "owner": eve.email() }))
        .await
        .ok();
    // Nobody moves a case out of their own or its owner's sight.
    eve.changes(&case, json!({ "line_of_business": "Payments" }))
        .await
        .names_fields(&[("line_of_business", "line_not_readable")]);
    sam.changes(&case, json!({ "line_of_business": "Payments" }))
        .await
        .names_fields(&[("line_of_business", "owner_cannot_read")]);
    sam.changes(
        &case,
        json!({ "line_of_business": "Payments", "owner": sam.email() }),
    )
    .await
    .ok();
    sam.changes(&case, json!({ "owner": eve.email() }))
        .await
        .names_fields(&[("owner", "line_not_readable")]);
    sam.changes(&case, json!({ "owner": ola.email() }))
        .await
        .ok();
    desk.passes(TimeDelta::hours(24));
    let escalation = dana.escalates(&case, "no_update").taken().await;
    sam.does(
        &escalation,
        "assign",
        json!({ "owner": "otto@bellhop.test" }),
    )
    .await
    .names_fields(&[("owner", "line_not_readable")]);
    sam.does(&escalation, "assign", json!({ "owner": ola.email() }))
        .await
        .ok();
    // Nor is one opened where it could not be seen again.
    eve.post(
        "/cases",
        high()
            .of("acme")
            .with("line_of_business", "Payments")
            .json(),
    )
    .await
    .names_fields(&[("line_of_business", "line_not_readable")]);
    desk.mailbox().await;
}

async fn the_page_says_what_follows_before_it_is_done(desk: Desk) {
    let (ada, eve, dana) = (desk.person("ada"), desk.person("eve"), desk.person("dana"));
    let case = dana.opens(high()).await;
    eve.changes(
        &case,
        json!({ "line_of_business": "Payments", "owner": eve.email() }),
    )
    .await
    .ok();
    let owners = group(&ada, "Bellhop Support Escalation Owners").await;
    ada.post(
        &format!("/access-groups/{owners}/members"),
        json!({ "user": id(&desk.person("ola")).await }),
    )
    .await
    .ok();
    let ada_visits = Visitor::of(&desk, "ada").await;
    let line_id = line(&ada, "Payments").await["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    let parent = line(&ada, "All lines of business").await["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    let at = format!("/admin/lines/{line_id}");
    let (status, page) = ada_visits.sees("/admin/lines").await;
    assert_eq!(status, 200);
    assert!(
        page.contains("Payments") && page.contains("All staff") && page.contains("1 case"),
        "{page}"
    );
    let group_field = format!("read_groups.{owners}");
    let fields = [
        ("name", "Payments"),
        ("parent", &*parent),
        ("calendar", ""),
        ("own_readers", "on"),
        (&*group_field, "on"),
    ];
    let before = desk.rows();
    let (status, page) = ada_visits.sends(&at, &fields).await;
    assert_eq!(status, 200, "{page}");
    // Sam, Otto, Eve, Mona and Devi; Ola is in the group and Ada reads everything.
    assert!(
        page.contains("5 people will no longer see 1 case"),
        "{page}"
    );
    assert!(
        page.contains("1 open case or escalation belongs to somebody"),
        "{page}"
    );
    desk.is_unchanged_since(&before, "what was only looked at");
    let seen = page
        .split("name=\"confirmed\" value=\"")
        .nth(1)
        .and_then(|rest| rest.split('"').next())
        .expect("what was seen")
        .to_owned();
    let mut confirmed = fields.to_vec();
    confirmed.push(("confirmed", "0.0.0.0.0.0"));
    assert_eq!(
        ada_visits.sends(&at, &confirmed).await.0,
        200,
        "something else was seen"
    );
    confirmed.pop();
    confirmed.push(("confirmed", &seen));
    let (status, to) = ada_visits.sends(&at, &confirmed).await;
    assert_eq!((status, to.as_str()), (303, "/admin/lines"));
    eve.get(&format!("/cases/{}", case.number))
        .await
        .refused(404, "not_found");
    let (_, page) = ada_visits.sees("/admin/lines").await;
    assert!(
        page.contains("Bellhop Support Escalation Owners")
            && page.contains("By grants of its own."),
        "{page}"
    );
    // A line is added where nothing follows from it; a taken name is said beside its field.
    let (status, page) = ada_visits
        .sends(
            "/admin/lines",
            &[("name", "Payments"), ("parent", &parent), ("calendar", "")],
        )
        .await;
    assert_eq!(status, 422);
    assert!(
        page.contains("This is taken already.") && page.contains("value=\"Payments\""),
        "{page}"
    );
    assert_eq!(
        ada_visits
            .sends(
                "/admin/lines",
                &[("name", "Cards"), ("parent", &line_id), ("calendar", "")]
            )
            .await
            .0,
        303
    );
    let eve_visits = Visitor::of(&desk, "eve").await;
    let (status, page) = eve_visits.sees(&at).await;
    assert_eq!(status, 200);
    assert!(!page.contains("name=\"reads\""), "{page}");
    assert_eq!(
        eve_visits.sees(&format!("/cases/{}", case.number)).await.0,
        404
    );
    let (_, page) = eve_visits.sees("/cases").await;
    assert!(!page.contains(&case.number), "{page}");
    desk.mailbox().await;
}
