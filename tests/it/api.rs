//! The manners of the API: repetitions, versions, pages, and a document that is true.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::database::on_both_databases;
use crate::support::desk::Desk;
use crate::support::fixtures::PASSWORD;
use crate::support::person::{Case, high, low, medium};
use crate::support::session::Session;

on_both_databases! { Desk:
    a_post_with_a_key_happens_once,
    a_key_tells_requests_apart_by_all_that_they_say,
    simultaneous_repetitions_happen_once,
    updates_are_guarded_by_versions,
    lists_come_in_pages,
    words_are_found_in_any_order_and_however_typed,
    a_stranger_is_told_what_an_address_takes,
    lists_are_narrowed,
    the_document_describes_every_route,
}

async fn a_post_with_a_key_happens_once(desk: Desk) {
    let (dana, carl) = (desk.person("dana"), desk.person("carl"));
    let open = |key: &'static str| {
        dana.asks(Method::POST, "/cases")
            .header("idempotency-key", key)
            .json(&high().json())
    };
    let first = open("one").await;
    let again = open("one").await;
    assert_eq!((first.status, again.status), (201, 201));
    assert_eq!(first.json, again.json);
    assert_eq!(first.header("etag"), again.header("etag"));
    assert_eq!(first.header("location"), again.header("location"));
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(dana.all("/cases").await.len(), 1);
    let other = dana
        .asks(Method::POST, "/cases")
        .header("idempotency-key", "one")
        .json(&low().json())
        .await;
    other.refused(422, "idempotency_key_reused");
    // Keys are each person's own, and are forgotten after a day.
    let theirs = carl
        .asks(Method::POST, "/cases")
        .header("idempotency-key", "one")
        .json(&high().json())
        .await
        .created();
    assert_eq!(theirs["number"], "C-000002");
    desk.passes(TimeDelta::hours(24));
    assert_eq!(open("one").await.created()["number"], "C-000003");
    // What was refused may be tried again under the same key.
    let case = Case::of(&first.json);
    let escalate = |details: &'static str| {
        dana.asks(Method::POST, &format!("/cases/{}/rca", case.number))
            .header("idempotency-key", "two")
            .json(&json!({ "note": details }))
    };
    dana.closes(&case).await.ok();
    escalate("Why?").await.refused(409, "case_closed");
    dana.reopens(&case).await.ok();
    assert_eq!(escalate("Why?").await.status, 201);
    for key in ["", " ", &"k".repeat(256)] {
        let answer = dana
            .asks(Method::POST, "/cases")
            .header("idempotency-key", key)
            .json(&high().json())
            .await;
        answer.refused(400, "malformed_header");
    }
}

async fn a_key_tells_requests_apart_by_all_that_they_say(desk: Desk) {
    let (dana, carl, ola) = (desk.person("dana"), desk.person("carl"), desk.person("ola"));
    let case = dana.opens(high()).await;
    desk.passes(TimeDelta::hours(24));
    let escalation = dana.escalates(&case, "no_update").taken().await;
    let claim = |tag: &'static str| {
        ola.asks(
            Method::POST,
            &format!("/escalations/{}/claim", escalation.number),
        )
        .header("idempotency-key", "claim")
        .header("if-match", tag)
        .json(&json!({}))
    };
    claim("\"1\"").await.ok();
    assert_eq!(claim("\"1\"").await.header("idempotency-replayed"), "true");
    claim("*").await.refused(422, "idempotency_key_reused");
    // What is secret tells two requests apart too, and nothing of it is kept.
    let session = Session::of(&desk, &dana).await;
    let first = "violet anvils hum at noon";
    let change = |new: &'static str| {
        let body = json!({ "current_password": PASSWORD, "new_password": new });
        session
            .asks(Method::POST, "/me/password")
            .header("idempotency-key", "password")
            .json(&body)
    };
    change(first).await.done();
    assert_eq!(change(first).await.header("idempotency-replayed"), "true");
    change("velvet anvils hum at noon")
        .await
        .refused(422, "idempotency_key_reused");
    let rows = desk.database().texts(
        "SELECT request_hash || body || CAST(headers AS text) AS text FROM idempotency_keys",
    );
    assert!(!rows.iter().any(|row| row.contains("anvils")), "{rows:?}");
    // Neither white space nor the order of members makes another request.
    let open = |body: &'static str| {
        carl.asks(Method::POST, "/cases")
            .header("idempotency-key", "order")
            .header("content-type", "application/json")
            .body(body)
    };
    let one = r#"{"subject":"x","description":"y","priority":"low","deployment":"cloud","business_impact":"none"}"#;
    let same = r#"{ "description": "y", "subject": "x", "deployment": "cloud", "business_impact": "none", "priority": "low" }"#;
    let more = r#"{"subject":"x","description":"y","priority":"low","deployment":"cloud","business_impact":"none","product":null}"#;
    let opened = open(one).await.created();
    assert_eq!(open(same).await.created(), opened);
    open(more).await.refused(422, "idempotency_key_reused");
    // A key that is said twice says nothing.
    let twice = carl
        .asks(Method::POST, "/cases")
        .header("idempotency-key", "a")
        .header("idempotency-key", "b");
    twice
        .json(&high().json())
        .await
        .refused(400, "malformed_header");
}

async fn simultaneous_repetitions_happen_once(desk: Desk) {
    let dana = desk.person("dana");
    let mut requests = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let asking = dana
            .asks(Method::POST, "/cases")
            .header("idempotency-key", "same")
            .json(&high().json());
        requests.spawn(async move { asking.await });
    }
    let answers = requests.join_all().await;
    let numbers: BTreeSet<String> = answers
        .into_iter()
        .map(|answer| answer.created()["number"].to_string())
        .collect();
    assert_eq!(numbers.len(), 1, "{numbers:?}");
    assert_eq!(dana.all("/cases").await.len(), 1);
}

async fn updates_are_guarded_by_versions(desk: Desk) {
    let (dana, eve, ola) = (desk.person("dana"), desk.person("eve"), desk.person("ola"));
    let case = dana.opens(high()).await;
    let path = format!("/cases/{}", case.number);
    let seen = dana.get(&path).await;
    let etag = seen.header("etag").to_owned();
    assert!(
        etag.starts_with('"') && etag.ends_with('"'),
        "a strong tag: {etag}"
    );
    let unchanged = dana
        .asks(Method::GET, &path)
        .header("if-none-match", &etag)
        .await;
    assert_eq!((unchanged.status, unchanged.text.as_str()), (304, ""));
    let head = dana.asks(Method::HEAD, &path).await;
    assert_eq!((head.status, head.header("etag")), (200, etag.as_str()));
    let patch = |subject: &str| json!({ "subject": subject });
    let first = dana
        .asks(Method::PATCH, &path)
        .header("if-match", &etag)
        .json(&patch("First"))
        .await;
    assert_ne!(first.header("etag"), etag);
    let before = desk.rows();
    let stale = eve
        .asks(Method::PATCH, &path)
        .header("if-match", &etag)
        .json(&patch("Second"))
        .await;
    stale.refused(412, "stale_version");
    desk.is_unchanged_since(&before, "a stale version");
    assert_eq!(dana.sees(&case).await["subject"], "First");
    for header in ["nonsense", "W/\"1\"", "\"x\""] {
        let refused = dana
            .asks(Method::PATCH, &path)
            .header("if-match", header)
            .json(&patch("Third"))
            .await;
        assert!(matches!(refused.status, 400 | 412), "{header}: {refused:?}");
    }
    dana.asks(Method::PATCH, &path)
        .header("if-match", "*")
        .json(&patch("Fourth"))
        .await
        .ok();
    dana.changes(&case, patch("Fifth")).await.ok();
    // So are the verbs of an escalation.
    desk.passes(TimeDelta::hours(24));
    let escalation = dana.escalates(&case, "no_update").taken().await;
    let path = format!("/escalations/{}", escalation.number);
    let etag = ola.get(&path).await.header("etag").to_owned();
    ola.asks(Method::POST, &format!("{path}/claim"))
        .header("if-match", &etag)
        .json(&json!({}))
        .await
        .ok();
    let accept = json!({ "importance": "low", "urgency": "low", "reply": "Yes.", "next_steps": [desk.step()] });
    ola.asks(Method::POST, &format!("{path}/accept"))
        .header("if-match", &etag)
        .json(&accept)
        .await
        .refused(412, "stale_version");
    assert_eq!(ola.get(&path).await.ok()["state"], "in_review");
}

async fn lists_come_in_pages(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    for n in 0..7 {
        dana.opens(if n % 2 == 0 { high() } else { medium() }.about(&format!("Case {n}")))
            .await;
        // Two of one instant: the id decides.
        if n != 3 {
            desk.passes(TimeDelta::seconds(1));
        }
    }
    let mut seen = Vec::new();
    let mut path = "/cases?limit=3".to_owned();
    let mut sizes = Vec::new();
    loop {
        let page = dana.get(&path).await.ok();
        let items = page["items"].as_array().expect("items");
        sizes.push(items.len());
        seen.extend(
            items
                .iter()
                .filter_map(|case| case["number"].as_str().map(str::to_owned)),
        );
        // What comes while somebody turns the pages disturbs nothing.
        dana.opens(low().about("Between")).await;
        match page["next_cursor"].as_str() {
            Some(cursor) => path = format!("/cases?limit=3&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(sizes, [3, 3, 1]);
    assert_eq!(
        seen.iter().collect::<BTreeSet<_>>().len(),
        7,
        "none twice, none left out: {seen:?}"
    );
    assert_eq!(&seen[0], "C-000007", "newest first");
    let cursor = dana.get("/cases?limit=3").await.ok()["next_cursor"]
        .as_str()
        .expect("more")
        .to_owned();
    for wrong in [
        format!("/cases?limit=3&status=open&cursor={cursor}"),
        "/cases?cursor=nonsense".to_owned(),
        format!("/escalations?cursor={cursor}"),
    ] {
        dana.get(&wrong)
            .await
            .names_fields(&[("cursor", "malformed_cursor")]);
    }
    for limit in ["0", "101", "-1", "x"] {
        let refused = dana
            .get(&format!("/cases?limit={limit}"))
            .await
            .refused(422, "validation_failed");
        assert_eq!(refused.json["errors"][0]["field"], "limit");
    }
    assert_eq!(
        dana.get("/cases").await.ok()["items"]
            .as_array()
            .map(Vec::len),
        Some(10)
    );
    // Another's cursor opens nothing that they may not see.
    let theirs = eve.get("/cases?limit=3").await.ok()["next_cursor"]
        .as_str()
        .expect("more")
        .to_owned();
    let gina = desk
        .person("gina")
        .get(&format!("/cases?limit=3&cursor={theirs}"))
        .await;
    assert!(
        gina.status == 422 || gina.json["items"] == json!([]),
        "{gina:?}"
    );
}

async fn lists_are_narrowed(desk: Desk) {
    let (dana, gina, eve) = (desk.person("dana"), desk.person("gina"), desk.person("eve"));
    let one = dana.opens(high().about("Größe 100% falsch")).await;
    dana.opens(medium().about("Der Drucker_druckt nicht")).await;
    let other = gina.opens(high().about("Nothing of ACME")).await;
    desk.passes(TimeDelta::hours(24));
    dana.escalates(&one, "no_update").taken().await;
    eve.changes(
        &other,
        json!({ "status": "in_progress", "line_of_business": "Ledger" }),
    )
    .await
    .ok();
    let found = async |query: &str| -> Vec<String> {
        let items = eve.all(&format!("/cases?{query}")).await;
        items
            .iter()
            .filter_map(|case| case["number"].as_str().map(str::to_owned))
            .collect()
    };
    for (query, expected) in [
        ("q=GR%C3%96SSE", &[][..]),
        ("q=gr%C3%B6%C3%9Fe", &["C-000001"]),
        ("q=100%25", &["C-000001"]),
        ("q=drucker_d", &["C-000002"]),
        // A sign alone is no word.
        ("q=%25", &[]),
        ("q=C-000003", &["C-000003"]),
        ("priority=medium", &["C-000002"]),
        ("status=in_progress", &["C-000003"]),
        (
            "status=open&status=in_progress",
            &["C-000003", "C-000002", "C-000001"],
        ),
        ("escalated=true", &["C-000001"]),
        ("escalated=false", &["C-000003", "C-000002"]),
        ("organization=globex", &["C-000003"]),
        ("line_of_business=Ledger", &["C-000003"]),
        ("priority=high&organization=acme", &["C-000001"]),
    ] {
        assert_eq!(found(query).await, expected, "{query}");
    }
    eve.get("/cases?colour=red")
        .await
        .names_fields(&[("colour", "unknown_field")]);
    eve.get("/cases?status=parked")
        .await
        .names_fields(&[("status", "not_allowed")]);
    eve.get("/cases?escalated=perhaps")
        .await
        .refused(422, "validation_failed");
}

async fn the_document_describes_every_route(desk: Desk) {
    let document = desk.person("dana").get("/openapi.json").await.ok();
    assert!(
        document["openapi"]
            .as_str()
            .is_some_and(|version| version.starts_with("3.1")),
        "{}",
        document["openapi"]
    );
    let mut operations = 0;
    let mut names = BTreeSet::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("an item") {
            operations += 1;
            let name = operation["operationId"]
                .as_str()
                .unwrap_or_else(|| panic!("{method} {path} has no name"));
            assert!(names.insert(name.to_owned()), "{name} stands twice");
            assert!(
                operation["summary"]
                    .as_str()
                    .is_some_and(|text| !text.is_empty()),
                "{method} {path}"
            );
            assert!(
                operation["responses"]
                    .as_object()
                    .is_some_and(|responses| !responses.is_empty()),
                "{method} {path}"
            );
        }
    }
    assert!(operations >= 35, "only {operations} operations");
    // Every reference leads somewhere.
    let mut references = Vec::new();
    collect(&document, &mut references);
    assert!(!references.is_empty());
    for reference in references {
        let pointer = reference
            .strip_prefix('#')
            .unwrap_or_else(|| panic!("{reference} leads elsewhere"));
        assert!(
            document.pointer(pointer).is_some(),
            "{reference} leads nowhere"
        );
    }
}

fn collect(value: &Value, references: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match member.as_str() {
                    Some(text) if name == "$ref" => references.push(text.to_owned()),
                    _ => collect(member, references),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, references)),
        _ => {}
    }
}

async fn words_are_found_in_any_order_and_however_typed(desk: Desk) {
    let (dana, gina) = (desk.person("dana"), desk.person("gina"));
    let case = dana
        .opens(high().about("Router in Berlin verliert Gespr\u{e4}che"))
        .await;
    dana.opens(high().about("Something else")).await;
    desk.passes(TimeDelta::hours(24));
    let escalation = dana.escalates(&case, "no_update").taken().await;
    for words in [
        "berlin router",
        "BERLIN",
        "gesprache",
        "gespra\u{308}che",
        &format!("#{}", case.number),
        &format!("[{}]", case.number.to_lowercase()),
        &escalation.number,
        &format!("router {}", escalation.number),
    ] {
        let query: String = url::form_urlencoded::byte_serialize(words.as_bytes()).collect();
        let path = format!("/cases?q={query}");
        let found = dana.all(&path).await;
        assert_eq!(found.len(), 1, "{words}: {found:?}");
        assert_eq!(found[0]["number"], case.number.as_str());
        assert!(
            gina.all(&path).await.is_empty(),
            "{words}: another customer's"
        );
    }
    assert!(dana.all("/cases?q=berlin+nowhere").await.is_empty());
}

async fn a_stranger_is_told_what_an_address_takes(desk: Desk) {
    let dana = desk.person("dana");
    let options = dana.asks(Method::OPTIONS, "/cases").await;
    assert_eq!(options.status, 204, "{options:?}");
    assert_eq!(options.header("allow"), "GET, HEAD, POST, OPTIONS");
    let packed = dana
        .asks(Method::POST, "/cases")
        .header("content-encoding", "gzip")
        .json(&high().json())
        .await
        .refused(415, "unsupported_encoding");
    assert_eq!(packed.header("accept-encoding"), "identity");
    let wrong = json!({ "email": dana.email(), "password": "not what it is" });
    let refused = dana.asks(Method::POST, "/sessions").json(&wrong).await;
    let refused = refused.refused(401, "invalid_credentials");
    assert_eq!(
        refused.header("www-authenticate"),
        "Bearer realm=\"casebell\""
    );
    dana.get("/cases/C-9223372036854775807")
        .await
        .refused(404, "not_found");
}
