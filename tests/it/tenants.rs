//! What a person may not see does not exist for them (A5).

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::answer::Answer;
use crate::support::database::on_both_databases;
use crate::support::desk::Desk;
use crate::support::fixtures::PROVIDER;
use crate::support::person::high;

/// What an answer says, without what is bound to differ between two requests.
fn said(answer: &Answer, names: &[&str]) -> (u16, String, Vec<(String, String)>) {
    let mut text = answer.text.clone();
    for name in names {
        text = text.replace(name, "…");
    }
    // Whether a server lets a connection go after an answer depends on its load, not on what was asked.
    let quiet = ["date", "x-request-id", "content-length", "connection"];
    let headers = answer
        .headers
        .iter()
        .filter(|(name, _)| !quiet.contains(&name.as_str()));
    (
        answer.status,
        text,
        headers
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect(),
    )
}

/// A route, its path, what stands for a foreign thing in it with what that is, and a body.
type Visited<'a> = (Method, &'a str, Vec<(String, &'a str)>, Value);

on_both_databases! { Desk:
    another_customers_case_is_like_one_that_never_was,
    customers_receive_no_names_of_lines_and_queues,
    whose_access_ends_is_out_at_once,
    one_acts_in_ones_own_organization_only,
}

async fn another_customers_case_is_like_one_that_never_was(desk: Desk) {
    let (dana, gina, ola, eve) = (
        desk.person("dana"),
        desk.person("gina"),
        desk.person("ola"),
        desk.person("eve"),
    );
    let case = dana.opens(high().about("Xylophone prices")).await;
    desk.passes(TimeDelta::hours(24));
    let escalation = dana.escalates(&case, "no_update").taken().await;
    ola.claims(&escalation).await;
    let step = eve
        .post(
            &format!("/cases/{}/next-steps", case.number),
            json!({
                "what": "x", "who": "y", "due_at": (desk.now() + TimeDelta::hours(1)).to_rfc3339(),
            }),
        )
        .await
        .created();
    let entry = dana.writes(&case, "Mine").await;
    let low = dana.opens(high().with("priority", "low")).await;
    let request = dana
        .post(
            &format!("/cases/{}/priority-requests", low.number),
            json!({ "priority": "medium", "note": "x" }),
        )
        .await
        .created();
    let id = |value: &Value| value["id"].as_str().expect("an id").to_owned();
    let never = "01900000-0000-7000-8000-000000000000";
    let (case_number, no_case) = (case.number.as_str(), "C-999999");
    let (escalation_number, no_escalation) = (escalation.number.as_str(), "E-999999");
    let escalate =
        json!({ "reason": "no_update", "details": "x", "answers": {}, "acknowledgements": [] });
    let nothing = json!({});
    let routes: Vec<Visited<'_>> = vec![
        (
            Method::GET,
            "/cases/{}",
            vec![(case_number.into(), no_case), (case.id.clone(), never)],
            Value::Null,
        ),
        (
            Method::PATCH,
            "/cases/{}",
            vec![(case_number.into(), no_case)],
            json!({ "subject": "x" }),
        ),
        (
            Method::GET,
            "/me/drafts/case:{}:feed",
            vec![(case_number.into(), no_case), (case.id.clone(), never)],
            Value::Null,
        ),
        (
            Method::PUT,
            "/me/drafts/escalation:{}:feed",
            vec![(escalation_number.into(), no_escalation)],
            json!({ "body": "x" }),
        ),
        (
            Method::GET,
            "/cases/{}/feed",
            vec![(case_number.into(), no_case)],
            Value::Null,
        ),
        (
            Method::POST,
            "/cases/{}/feed",
            vec![(case_number.into(), no_case)],
            json!({ "body": "x" }),
        ),
        (
            Method::GET,
            "/cases/{}/escalation-feed",
            vec![(case_number.into(), no_case)],
            Value::Null,
        ),
        (
            Method::GET,
            "/cases/{}/eligibility",
            vec![(case_number.into(), no_case)],
            Value::Null,
        ),
        (
            Method::GET,
            "/cases/{}/escalations",
            vec![(case_number.into(), no_case)],
            Value::Null,
        ),
        (
            Method::POST,
            "/cases/{}/escalations",
            vec![(case_number.into(), no_case), (case.id.clone(), never)],
            escalate,
        ),
        (
            Method::POST,
            "/cases/{}/close",
            vec![(case_number.into(), no_case)],
            nothing.clone(),
        ),
        (
            Method::POST,
            "/cases/{}/reopen",
            vec![(case_number.into(), no_case)],
            json!({ "note": "x" }),
        ),
        (
            Method::POST,
            "/cases/{}/rca",
            vec![(case_number.into(), no_case)],
            nothing.clone(),
        ),
        (
            Method::POST,
            "/cases/{}/rca/delivery",
            vec![(case_number.into(), no_case)],
            json!({ "body": "x" }),
        ),
        (
            Method::POST,
            "/cases/{}/priority-requests",
            vec![(low.number.clone(), no_case)],
            json!({ "priority": "medium", "note": "x" }),
        ),
        (
            Method::POST,
            "/cases/{}/next-steps",
            vec![(case_number.into(), no_case)],
            json!({ "what": "x", "who": "y", "due_at": "2027-01-01T00:00:00Z" }),
        ),
        (
            Method::PUT,
            "/cases/{}/read",
            vec![(case_number.into(), no_case)],
            nothing.clone(),
        ),
        (
            Method::GET,
            "/escalations/{}",
            vec![
                (escalation_number.into(), no_escalation),
                (escalation.id.clone(), never),
            ],
            Value::Null,
        ),
        (
            Method::GET,
            "/escalations/{}/feed",
            vec![(escalation_number.into(), no_escalation)],
            Value::Null,
        ),
        (
            Method::POST,
            "/escalations/{}/feed",
            vec![(escalation_number.into(), no_escalation)],
            json!({ "body": "x" }),
        ),
        (
            Method::POST,
            "/escalations/{}/withdraw",
            vec![(escalation_number.into(), no_escalation)],
            nothing.clone(),
        ),
        (
            Method::POST,
            "/escalations/{}/rating",
            vec![(escalation_number.into(), no_escalation)],
            json!({ "score": 5 }),
        ),
        (
            Method::POST,
            "/escalations/{}/claim",
            vec![(escalation_number.into(), no_escalation)],
            nothing.clone(),
        ),
        (
            Method::PATCH,
            "/next-steps/{}",
            vec![(id(&step), never)],
            json!({ "state": "done" }),
        ),
        (
            Method::PATCH,
            "/feed-entries/{}",
            vec![(id(&entry), never)],
            json!({ "body": "x" }),
        ),
        (
            Method::POST,
            "/priority-requests/{}/decision",
            vec![(id(&request), never)],
            json!({ "granted": true }),
        ),
    ];
    let before = desk.rows();
    for (method, route, pairs, body) in routes {
        for (theirs, nobodys) in pairs {
            let ask = async |name: &str| {
                let asking = gina.asks(method.clone(), &route.replace("{}", name));
                if body.is_null() {
                    asking.await
                } else {
                    asking.json(&body).await
                }
            };
            let hidden = ask(&theirs).await;
            let missing = ask(nobodys).await;
            let names = [theirs.as_str(), nobodys];
            assert_eq!(
                said(&hidden, &names),
                said(&missing, &names),
                "{method} {route}"
            );
            hidden.refused(404, "not_found");
        }
    }
    desk.is_unchanged_since(&before, "a stranger");
    // Nor in lists, counts and searches.
    assert_eq!(gina.get("/cases").await.ok()["items"], json!([]));
    assert_eq!(
        gina.get("/cases?q=Xylophone").await.ok()["items"],
        json!([])
    );
    assert_eq!(gina.get("/escalations").await.ok()["items"], json!([]));
    // A filter by another organization says as little as one by none at all.
    let (other, none) = (
        gina.get("/cases?organization=acme").await,
        gina.get("/cases?organization=nowhere").await,
    );
    assert_eq!(said(&other, &["acme"]), said(&none, &["nowhere"]));
    desk.mailbox().await;
}

async fn customers_receive_no_names_of_lines_and_queues(desk: Desk) {
    let (dana, vic, eve) = (desk.person("dana"), desk.person("vic"), desk.person("eve"));
    let case = dana.opens(high()).await;
    eve.changes(
        &case,
        json!({ "line_of_business": "Ledger", "owner": eve.email() }),
    )
    .await
    .ok();
    assert_eq!(eve.sees(&case).await["line_of_business"]["name"], "Ledger");
    for person in [&dana, &vic] {
        for path in [
            format!("/cases/{}", case.number),
            "/cases".to_owned(),
            format!("/cases/{}/feed", case.number),
        ] {
            let answer = person.get(&path).await;
            assert!(!answer.text.contains("Ledger"), "{answer:?}");
        }
        assert_eq!(person.sees(&case).await["line_of_business"], Value::Null);
    }
    let refused = dana
        .post("/cases", high().with("line_of_business", "Ledger").json())
        .await;
    assert!(
        refused.status >= 400,
        "a contact names no line: {refused:?}"
    );
}

async fn whose_access_ends_is_out_at_once(desk: Desk) {
    let (dana, ada) = (desk.person("dana"), desk.person("ada"));
    let case = dana.opens(high()).await;
    let me = dana.get("/me").await.ok();
    let path = format!(
        "/users/{}",
        me["person"]["id"]
            .as_str()
            .or(me["id"].as_str())
            .expect("an id")
    );
    ada.patch(&path, json!({ "roles": ["portal_viewer"] }))
        .await
        .ok();
    dana.changes(&case, json!({ "subject": "x" }))
        .await
        .refused(403, "missing_permission");
    dana.sees(&case).await;
    ada.patch(&path, json!({ "roles": [] })).await.ok();
    let nothing = dana.get(&format!("/cases/{}", case.number)).await;
    // Nothing is allowed that no role grants.
    nothing.refused(404, "not_found");
    ada.patch(
        &path,
        json!({ "roles": ["designated_contact"], "disabled": true }),
    )
    .await
    .ok();
    dana.get("/me").await.refused(401, "unauthenticated");
    // Nobody writes to somebody who is shut out (N4).
    let carl = desk.person("carl");
    desk.mailbox().await;
    carl.writes(&case, "Hello?").await;
    assert!(
        !desk
            .mailbox()
            .await
            .recipients()
            .contains(&"dana@acme.test")
    );
}

async fn one_acts_in_ones_own_organization_only(desk: Desk) {
    let dana = desk.person("dana");
    let acting = |organization: &str| {
        dana.asks(Method::GET, "/me")
            .header("acting-organization", organization)
    };
    let me = acting("acme").await.ok();
    let id = me["organization"]["id"].as_str().expect("an id");
    assert_eq!(acting(id).await.ok(), me);
    for other in [PROVIDER, "nobody", ""] {
        acting(other).await.refused(404, "organization_not_found");
    }
}
