//! What happened is seen by those entitled, in both organizations, and can be taken out; nothing of it changes
//! unnoticed (C8, P9).

mod chain;
mod export;
mod said;
mod sealing;
mod unsealed;

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use casebell::db::DbError;
use casebell::domain::access::{Permission, Reach, Role};
use casebell::domain::audit::EventKind;
use casebell::domain::ids::OrganizationId;
use casebell::http::api::documents::AuditEventDocument;
use casebell::store::audit::{self, EventFilter, NewEvent};
use casebell::store::{organizations, people};
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::database::on_both_databases;
use crate::support::desk::Desk;
use crate::support::fixtures::PASSWORD;
use crate::support::person::{Asking, Case, Person, high, low};

on_both_databases! { Desk:
    events_are_found_by_what_they_are_about,
    pages_follow_one_another_among_events_of_one_instant,
    f2_customers_are_shown_nothing_that_only_staff_keep,
    p9_what_is_done_elsewhere_is_seen_in_both_organizations,
    the_portal_tells_what_happened_in_sentences,
    nobody_but_the_provider_learns_how_much_happens,
}

/// A day's work: a case, an internal note, a priority asked for, an escalation that is reviewed and ranked.
async fn a_days_work(desk: &Desk) -> Case {
    let (dana, eve, ola) = (desk.person("dana"), desk.person("eve"), desk.person("ola"));
    let case = dana.opens(high().about("Ledger of ghosts")).await;
    eve.notes(&case, "Between us: it is the vendor.").await;
    eve.changes(
        &case,
        json!({ "owner": eve.email(), "line_of_business": "Ledger" }),
    )
    .await
    .ok();
    eve.changes(&case, json!({ "status": "in_progress", "owner": null }))
        .await
        .ok();
    let quiet = dana.opens(low().about("Slow")).await;
    let ask = json!({ "priority": "medium", "note": "It spreads." });
    dana.post(&format!("/cases/{}/priority-requests", quiet.number), ask)
        .await
        .created();
    desk.passes(TimeDelta::hours(24));
    let escalation = dana.escalates(&case, "no_update").taken().await;
    ola.claims(&escalation).await;
    ola.accepts(&escalation, "high", "low").await;
    let ranking = json!({ "importance": "low", "urgency": "low" });
    ola.does(&escalation, "rank", ranking).await.ok();
    desk.mailbox().await;
    case
}

fn kinds(events: &[Value]) -> BTreeSet<&str> {
    events
        .iter()
        .map(|event| event["kind"].as_str().expect("a kind"))
        .collect()
}

async fn events_are_found_by_what_they_are_about(desk: Desk) {
    let case = a_days_work(&desk).await;
    desk.person("gina").opens(high()).await;
    desk.works().await;
    let ada = desk.person("ada");
    let all = ada.all("/audit-events").await;

    let opened = all
        .iter()
        .find(|event| {
            event["kind"] == "case.opened" && event["case"]["number"] == case.number.as_str()
        })
        .expect("it was recorded");
    assert_eq!(opened["actor_name"], "Dana Cole");
    assert_eq!(
        (
            &opened["organization"]["slug"],
            &opened["organization"]["name"]
        ),
        (&json!("acme"), &json!("ACME Corporation"))
    );
    assert_eq!(opened["home_organization"], Value::Null);
    assert_eq!(opened["case"]["id"], case.id.as_str());
    assert_eq!(opened["withheld"], false);
    assert_eq!(opened["sealed"], true);
    assert_eq!(opened["hash"].as_str().map(str::len), Some(64));
    // Places are counted without a gap.
    let places: BTreeSet<i64> = all
        .iter()
        .map(|event| event["position"].as_i64().expect("a place"))
        .collect();
    let last = i64::try_from(all.len()).expect("few");
    assert_eq!(places, (1..=last).collect());
    // The newest first, by when it happened.
    let instants: Vec<&str> = all
        .iter()
        .filter_map(|event| event["at"].as_str())
        .collect();
    assert!(instants.is_sorted_by(|a, b| a >= b), "{instants:?}");

    let find = async |query: &str| ada.all(&format!("/audit-events?{query}")).await;
    let of_case = find(&format!("case={}", case.number)).await;
    assert!(
        of_case
            .iter()
            .all(|event| event["case"]["id"] == case.id.as_str())
    );
    assert!(of_case.len() == 9, "{of_case:#?}");
    let of_globex = find("organization=globex").await;
    assert!(
        of_globex
            .iter()
            .all(|event| event["organization"]["slug"] == "globex")
    );
    assert!(kinds(&of_globex).contains("case.opened"));
    let by_ola = find("actor=ola@bellhop.test&kind=escalation.").await;
    assert_eq!(
        kinds(&by_ola),
        BTreeSet::from([
            "escalation.accepted",
            "escalation.claimed",
            "escalation.reranked"
        ])
    );
    assert!(
        by_ola
            .iter()
            .all(|event| event["escalation"]["number"] == "E-000001")
    );
    assert_eq!(
        kinds(&find("kind=case.opened").await),
        BTreeSet::from(["case.opened"])
    );
    assert_eq!(
        kinds(&find("kind=priority.").await),
        BTreeSet::from(["priority.requested"])
    );
    // Of the first day, the night excluded.
    let monday = find("from=2026-03-02T09:00:00Z&until=2026-03-03T09:00:00Z&kind=case.").await;
    assert_eq!(
        kinds(&monday),
        BTreeSet::from(["case.changed", "case.opened"])
    );
    let tuesday = find("from=2026-03-03T09:00:00Z&organization=acme").await;
    assert!(kinds(&tuesday).contains("escalation.submitted"));
    assert!(!kinds(&tuesday).contains("priority.requested"));

    for (query, field, code) in [
        ("case=C-009999", "case", "not_found"),
        ("organization=nobody", "organization", "not_found"),
        ("actor=nobody@acme.test", "actor", "not_found"),
        ("kind=case", "kind", "not_allowed"),
        ("from=yesterday", "from", "not_an_instant"),
    ] {
        let refused = ada
            .get(&format!("/audit-events?{query}"))
            .await
            .refused(422, "validation_failed");
        let error = &refused.json["errors"][0];
        assert_eq!(
            (&error["field"], &error["code"]),
            (&json!(field), &json!(code))
        );
    }
    desk.person("eve")
        .get("/audit-events")
        .await
        .refused(403, "missing_permission");
}

async fn pages_follow_one_another_among_events_of_one_instant(desk: Desk) {
    let dana = desk.person("dana");
    for n in 0..7 {
        dana.opens(high().about(&format!("Case {n}"))).await;
    }
    let ada = desk.person("ada");
    for query in [
        "",
        "&organization=acme",
        "&kind=case.",
        "&actor=dana@acme.test",
    ] {
        let whole = ada
            .get(&format!("/audit-events?limit=100{query}"))
            .await
            .ok();
        let whole = whole["items"].as_array().cloned().expect("items");
        assert!(whole.len() > 6);
        let (mut pages, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = ada
                .get(&format!("/audit-events?limit=3{query}{cursor}"))
                .await
                .ok();
            pages.extend(page["items"].as_array().cloned().expect("items"));
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(pages, whole, "{query}");
    }
}

/// Everything that the people of an organization are shown, as the API writes it.
async fn shown_to(desk: &Desk, slug: &'static str) -> Vec<Value> {
    let documents = desk.db().read(move |conn| {
        let own = id_of(conn, slug)?;
        let reach = Reach::Organization(own);
        let rows = audit::list(conn, &EventFilter::of(reach), 1000)?;
        // Whatever the query finds is shown: a page is never shorter than it is said to be.
        let shown = rows.iter().map(|row| AuditEventDocument::new(reach, row));
        Ok::<_, DbError>(shown.collect::<Option<Vec<_>>>().expect("all of them"))
    });
    let documents = documents.await.expect("events");
    let written = documents
        .iter()
        .map(|event| serde_json::to_value(event).expect("JSON"));
    written.collect()
}

fn id_of(conn: &mut casebell::db::Conn, slug: &str) -> Result<OrganizationId, DbError> {
    let found = organizations::by_slug(conn, Reach::Everything, slug)?;
    Ok(found.expect("an organization").id)
}

async fn f2_customers_are_shown_nothing_that_only_staff_keep(desk: Desk) {
    a_days_work(&desk).await;
    let shown = shown_to(&desk, "acme").await;
    let text = serde_json::to_string(&shown).expect("JSON");
    assert!(text.contains("Ledger of ghosts"), "{text}");
    for secret in [
        "Between us",
        "internal",
        "line_of_business",
        "owner",
        "rank",
        "importance",
        "urgency",
        "notice.",
        "globex",
    ] {
        assert!(!text.contains(secret), "they are shown {secret}: {text}");
    }
    let found = kinds(&shown);
    assert!(
        found.contains("escalation.accepted") && found.contains("priority.requested"),
        "{found:?}"
    );
    assert!(
        !found.contains("escalation.reranked") && !found.contains("entry.posted"),
        "{found:?}"
    );
    // Of the two changes by Eve, one was about staff's affairs alone.
    let changes: Vec<_> = shown
        .iter()
        .filter(|event| event["kind"] == "case.changed")
        .collect();
    assert_eq!(changes.len(), 1, "{changes:#?}");
    assert_eq!(
        (&changes[0]["before"], &changes[0]["after"]),
        (
            &json!({ "status": "open" }),
            &json!({ "status": "in_progress" })
        )
    );
    // Nobody else's, and nothing of the provider's.
    assert!(
        shown
            .iter()
            .all(|event| event["organization"]["slug"] == "acme")
    );
    let elsewhere = shown_to(&desk, "initech").await;
    assert!(
        !serde_json::to_string(&elsewhere)
            .expect("JSON")
            .contains("acme")
    );

    // With the permission, their administrator reads the same over the API, and in the portal as far as it goes.
    if Role::OrganizationAdmin
        .permissions()
        .contains(&Permission::AuditView)
    {
        let abel = desk.person("abel");
        assert_eq!(abel.all("/audit-events").await, shown);
        let (cookie, _) = session(&desk, &abel).await;
        let asking = desk
            .client()
            .get(desk.page("/admin/audit"))
            .header("cookie", &cookie);
        let page = Asking::new("/admin/audit".into(), asking).await;
        assert!(
            page.text.contains("Ola Berg accepted E-000001"),
            "{}",
            page.text
        );
        for secret in [
            "Between us",
            "Ledger<",
            "Rank",
            "Importance",
            "policy.changed",
        ] {
            assert!(!page.text.contains(secret), "they are shown {secret}");
        }
    }
}

/// Somebody of `home` opens a case in `place`, as a pairing would let them.
async fn works_in(desk: &Desk, who: &'static str, home: &'static str, place: &'static str) {
    let now = desk.now();
    let done = desk.db().write(move |conn| {
        let (home, place) = (id_of(conn, home)?, id_of(conn, place)?);
        let email = format!("{who}@acme.test").parse().expect("an address");
        let person = people::by_email(conn, &email)?.expect("a person");
        let after = json!({ "subject": "Plans of the other", "priority": "high" });
        let event = NewEvent {
            kind: EventKind::CaseOpened,
            organization: Some(place),
            home: Some(home),
            case: None,
            escalation: None,
            subject: None,
            actor: Some(person.id),
            actor_name: &person.name(),
            before: None,
            after: after.as_object(),
        };
        Ok::<_, DbError>(audit::append(conn, &event, now)?)
    });
    done.await.expect("recorded");
}

async fn p9_what_is_done_elsewhere_is_seen_in_both_organizations(desk: Desk) {
    works_in(&desk, "dana", "acme", "globex").await;
    let opened = |events: Vec<Value>| {
        events
            .into_iter()
            .find(|event| event["kind"] == "case.opened")
    };

    // Where it was done, with everything, under the real name.
    let there = opened(shown_to(&desk, "globex").await).expect("it is seen");
    assert_eq!(
        (&there["actor_name"], &there["home_organization"]["slug"]),
        (&json!("Dana Cole"), &json!("acme"))
    );
    assert_eq!(there["after"]["subject"], "Plans of the other");
    // At home, that it was done, by whom and where.
    let home = opened(shown_to(&desk, "acme").await).expect("it is seen");
    assert_eq!(
        (
            &home["actor_name"],
            &home["organization"]["slug"],
            &home["withheld"]
        ),
        (&json!("Dana Cole"), &json!("globex"), &json!(true))
    );
    assert_eq!(
        (&home["before"], &home["after"], &home["case"]),
        (&Value::Null, &Value::Null, &Value::Null)
    );
    assert!(opened(shown_to(&desk, "initech").await).is_none());

    // Staff find it under either organization, once.
    let ada = desk.person("ada");
    for slug in ["acme", "globex"] {
        let found = ada
            .all(&format!(
                "/audit-events?organization={slug}&kind=case.opened"
            ))
            .await;
        assert_eq!(found.len(), 1, "{found:#?}");
        assert_eq!(found[0]["after"]["subject"], "Plans of the other");
    }
    // Their own people know an organization in which they have worked, and no other one.
    let asked = desk.db().read(|conn| {
        let reach = Reach::Organization(id_of(conn, "acme")?);
        let mut found = Vec::new();
        for slug in ["globex", "initech", "acme"] {
            let asked = casebell::http::audit::Asked {
                organization: Some(slug.to_owned()),
                ..Default::default()
            };
            found.push(match asked.filter(conn, reach) {
                Ok(filter) => Some(audit::list(conn, &filter, 100)?.len()),
                Err(_) => None,
            });
        }
        Ok::<_, DbError>(found)
    });
    let asked = asked.await.expect("an answer");
    assert_eq!(asked[..2], [Some(1), None]);
    assert!(asked[2] > Some(1));
}

/// A session in the portal: its cookie, and what forms carry.
async fn session(desk: &Desk, person: &Person) -> (String, String) {
    let signing = desk
        .client()
        .post(desk.api("/sessions"))
        .json(&json!({ "email": person.email(), "password": PASSWORD }));
    let session = Asking::new("signs in".into(), signing).await;
    let cookie = session
        .header("set-cookie")
        .split(';')
        .next()
        .unwrap_or_default()
        .to_owned();
    (
        cookie,
        session.json["csrf_token"]
            .as_str()
            .expect("a token")
            .to_owned(),
    )
}

async fn the_portal_tells_what_happened_in_sentences(desk: Desk) {
    let case = a_days_work(&desk).await;
    let (ada, eve) = (desk.person("ada"), desk.person("eve"));
    let (cookie, csrf) = session(&desk, &ada).await;
    let look = async |query: &str| {
        let asking = desk
            .client()
            .get(desk.page(&format!("/admin/audit{query}")))
            .header("cookie", &cookie);
        Asking::new(format!("/admin/audit{query}"), asking).await
    };
    let page = look(&format!("?case={}", case.number)).await;
    assert_eq!(page.status, 200, "{page:?}");
    for sentence in [
        format!("Dana Cole opened {}", case.number),
        format!("Eve Hart changed {}", case.number),
        "Ola Berg changed the rank of E-000001".to_owned(),
        // What changed, in words, with names for ids.
        "<th scope=\"row\">Owner</th><td dir=\"auto\">–</td><td dir=\"auto\">Eve Hart</td>"
            .to_owned(),
        "<td dir=\"auto\">Ledger</td>".to_owned(),
        "The export itself is recorded.".to_owned(),
    ] {
        assert!(
            page.text.contains(&sentence),
            "no “{sentence}” in {}",
            page.text
        );
    }
    let wrong = look("?case=nonsense&until=tomorrow").await;
    assert_eq!(wrong.status, 422);
    for there in [
        "<title>Error: ",
        "href=\"#filter-case\"",
        "href=\"#filter-until\"",
    ] {
        assert!(wrong.text.contains(there), "{there}: {}", wrong.text);
    }
    // A page at a time, under the same filters.
    for n in 0..30 {
        desk.person("dana")
            .opens(high().about(&format!("Case {n}")))
            .await;
    }
    let first = look("?kind=case.opened&organization=acme").await;
    let older = first
        .text
        .split("rel=\"next\"")
        .next()
        .and_then(|text| text.rsplit("href=\"").next());
    let older = older
        .and_then(|text| text.split('"').next())
        .expect("a way to older ones");
    let older = older.replace("&amp;", "&").replace("&#x3D;", "=");
    let second = look(older.strip_prefix("/admin/audit").expect("here")).await;
    assert!(
        second.text.contains("Dana Cole opened C-000001"),
        "{}",
        second.text
    );
    assert!(!first.text.contains("Dana Cole opened C-000001"));

    // The file, by a form.
    let export = async |csrf: &str, format: &str| {
        let form = [
            ("csrf_token", csrf),
            ("format", format),
            ("kind", "session."),
            ("case", ""),
            ("from", "2026-03-01"),
        ];
        let asking = desk
            .client()
            .post(desk.page("/admin/audit/export"))
            .header("cookie", &cookie)
            .form(&form);
        Asking::new("exports".into(), asking).await
    };
    let file = export(&csrf, "csv").await;
    assert_eq!(
        (file.status, file.header("content-disposition")),
        (200, "attachment; filename=\"audit-events.csv\"")
    );
    assert!(
        file.text.lines().count() > 1 && file.text.contains("session.opened"),
        "{file:?}"
    );
    assert_eq!(export("forged", "csv").await.status, 403);
    assert_eq!(export(&csrf, "xlsx").await.status, 422);
    let exported = ada.all("/audit-events?kind=audit.exported").await;
    assert_eq!(exported.len(), 1);
    let filters = json!({ "kind": "session.", "from": "2026-02-28T23:00:00Z" });
    assert_eq!(exported[0]["after"]["filters"], filters);

    // Who may not see it is not led there.
    let (cookie, _) = session(&desk, &eve).await;
    let asking = desk
        .client()
        .get(desk.page("/admin/audit"))
        .header("cookie", &cookie);
    let refused = Asking::new("/admin/audit".into(), asking).await;
    assert_eq!(refused.status, 403);
    assert!(
        !refused.text.contains("href=\"/admin/audit\""),
        "{}",
        refused.text
    );
}

/// A5: no number that counts what happened to others reaches a customer, in a list, its cursor, a file or a page.
async fn nobody_but_the_provider_learns_how_much_happens(desk: Desk) {
    let (abel, ada, gina) = (desk.person("abel"), desk.person("ada"), desk.person("gina"));
    for _ in 0..3 {
        desk.person("dana").opens(high()).await;
        gina.opens(low()).await;
    }
    desk.works().await;
    let first = abel.get("/audit-events?limit=2").await;
    assert_eq!(first.status, 200, "{first:?}");
    let items = first.json["items"].as_array().expect("a list");
    assert!(
        items.iter().all(|event| event.get("position").is_none()),
        "{first:?}"
    );
    // The cursor is no riddle: what it says is when, and which event.
    let cursor = first.json["next_cursor"].as_str().expect("more");
    let spoken = URL_SAFE_NO_PAD.decode(cursor).unwrap_or_default();
    let spoken = String::from_utf8_lossy(&spoken).into_owned();
    let whole = ada.all("/audit-events").await;
    let last = &items[1]["id"];
    let told = whole
        .iter()
        .find(|event| event["id"] == *last)
        .expect("Ada sees it");
    let position = told["position"].as_i64().expect("Ada is told");
    let numbers = spoken.split(|character: char| !character.is_ascii_digit());
    assert!(
        !numbers
            .into_iter()
            .any(|number| number == position.to_string()),
        "{spoken}"
    );
    // Its pages fit together all the same.
    let all = abel.all("/audit-events").await;
    let ids = |events: &[Value]| -> Vec<String> {
        let id = |event: &Value| event["id"].as_str().expect("an id").to_owned();
        events.iter().map(id).collect()
    };
    let mut paged = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = abel
            .get(&format!("/audit-events?limit=2{cursor}"))
            .await
            .ok();
        paged.extend(page["items"].as_array().expect("a list").iter().cloned());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(ids(&paged), ids(&all));
    // Files have no such column, and pages no such number.
    for format in ["csv", "ndjson"] {
        let file = abel
            .post("/audit-events/export", json!({ "format": format }))
            .await;
        assert_eq!(file.status, 200, "{file:?}");
        assert!(!file.text.contains("position"), "{}", file.text);
    }
    let file = ada
        .post("/audit-events/export", json!({ "format": "csv" }))
        .await;
    assert!(file.text.starts_with("position,at,"), "{}", file.text);
    for (person, told) in [(&abel, false), (&ada, true)] {
        let (cookie, _) = session(&desk, person).await;
        let asking = desk
            .client()
            .get(desk.page("/admin/audit"))
            .header("cookie", &cookie);
        let page = Asking::new("/admin/audit".into(), asking).await;
        assert_eq!(page.text.contains(" · No. "), told, "{}", page.text);
    }
}
