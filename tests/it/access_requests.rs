//! Requests for read-only access (A6): asked by anybody, decided by those whose company it is, or by the provider.

use chrono::TimeDelta;
use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::join;

use crate::support::answer::Answer;
use crate::support::database::on_both_databases;
use crate::support::desk::Desk;
use crate::support::person::{Asking, high};

on_both_databases! { Desk:
    a_request_is_granted_for_good,
    access_ends_on_its_date,
    a_request_is_refused_with_its_reason,
    it_goes_to_whom_it_concerns,
    nobody_learns_anything_by_asking,
    the_same_at_once_is_one_request,
    a_request_is_decided_once,
    the_provider_finds_the_organization,
    whoever_is_known_gets_the_role,
    other_peoples_requests_do_not_exist,
    a_decision_says_what_is_wrong_with_it,
}

const NEW: &str = "a bell that only I hear";

async fn ask(desk: &Desk, email: &str, organization: &str) -> Answer {
    let body = json!({ "first_name": "Nora", "last_name": "Ash", "email": email, "organization": organization,
        "note": "Dana knows me." });
    asking(desk, body).await
}

async fn asking(desk: &Desk, body: Value) -> Answer {
    let builder = desk.client().post(desk.api("/access-requests"));
    Asking::new("anybody asks for access".into(), builder)
        .json(&body)
        .await
}

/// The newest request as Ada sees it.
async fn newest(desk: &Desk) -> Value {
    desk.person("ada")
        .get("/access-requests?limit=1")
        .await
        .ok()["items"][0]
        .clone()
}

fn path(request: &Value) -> String {
    format!(
        "/access-requests/{}",
        request["id"].as_str().expect("an id")
    )
}

fn decision(request: &Value) -> String {
    format!("{}/decision", path(request))
}

/// Follows the link in the letter, and signs in.
async fn joins(desk: &Desk, email: &str) -> impl Fn(&str) -> Asking {
    let post = desk.mailbox().await;
    let (_, rest) = post
        .to(email)
        .text
        .split_once("/invitations/")
        .expect("a link");
    let token = rest.split_whitespace().next().expect("a secret");
    let builder = desk.client().post(desk.api("/invitations"));
    Asking::new("joins".into(), builder)
        .json(&json!({ "token": token, "password": NEW }))
        .await
        .done();
    signs_in(desk, email).await
}

async fn signs_in(desk: &Desk, email: &str) -> impl Fn(&str) -> Asking {
    let builder = desk.client().post(desk.api("/sessions"));
    let session = Asking::new("signs in".into(), builder)
        .json(&json!({ "email": email, "password": NEW }))
        .await;
    let cookie = session
        .header("set-cookie")
        .split(';')
        .next()
        .unwrap_or_default()
        .to_owned();
    session.created();
    let desk = desk.clone();
    move |path: &str| {
        Asking::new(path.to_owned(), desk.client().get(desk.api(path))).header("cookie", &cookie)
    }
}

async fn a_request_is_granted_for_good(desk: Desk) {
    desk.person("dana").opens(high()).await;
    desk.mailbox().await;
    ask(&desk, "nora@acme.test", "acme").await.with(202);
    let told = desk.mailbox().await;
    assert_eq!(told.recipients(), ["abel@acme.test"]);
    assert!(
        told.0[0].text.contains("Nora Ash") && told.0[0].text.contains("nora@acme.test"),
        "{}",
        told.0[0].text
    );
    let abel = desk.person("abel");
    let request = newest(&desk).await;
    assert_eq!(
        (&request["state"], &request["organization"]["slug"]),
        (&json!("pending"), &json!("acme"))
    );
    let granted = abel
        .post(
            &decision(&request),
            json!({ "granted": true, "note": "Welcome." }),
        )
        .await
        .ok();
    assert_eq!(granted["state"], "granted");
    assert_eq!(granted["decision"]["by"]["name"], "Abel Noor");
    let nora = joins(&desk, "nora@acme.test").await;
    assert_eq!(
        nora("/cases").await.ok()["items"].as_array().map(Vec::len),
        Some(1)
    );
    let me = nora("/me").await.ok();
    assert_eq!(
        me["permissions"],
        json!([
            "cases:view",
            "escalations:view",
            "reports:view",
            "articles:view",
            "announcements:view",
            "tutorials:view",
            "tutorials:register"
        ])
    );
    desk.passes(TimeDelta::days(60));
    let nora = signs_in(&desk, "nora@acme.test").await;
    nora("/cases").await.ok();
    let kinds = desk
        .database()
        .texts("SELECT kind AS text FROM audit_events");
    for kind in [
        "access_request.made",
        "access_request.granted",
        "person.added",
    ] {
        assert!(kinds.iter().any(|found| found == kind), "{kind}: {kinds:?}");
    }
}

async fn access_ends_on_its_date(desk: Desk) {
    ask(&desk, "nora@acme.test", "ACME Corporation")
        .await
        .with(202);
    desk.mailbox().await;
    let request = newest(&desk).await;
    let until = desk.now() + TimeDelta::hours(30);
    let body = json!({ "granted": true, "until": until.to_rfc3339() });
    desk.person("abel")
        .post(&decision(&request), body)
        .await
        .ok();
    drop(joins(&desk, "nora@acme.test").await);
    desk.reaches(until - TimeDelta::seconds(1));
    let nora = signs_in(&desk, "nora@acme.test").await;
    nora("/cases").await.ok();
    desk.reaches(until);
    let answer = nora("/cases").await;
    assert!(matches!(answer.status, 401 | 403), "{answer:?}");
    let me = nora("/me").await;
    assert!(
        me.status == 401 || me.json["permissions"] == json!([]),
        "{me:?}"
    );
}

async fn a_request_is_refused_with_its_reason(desk: Desk) {
    ask(&desk, "nora@elsewhere.test", "acme").await.with(202);
    desk.mailbox().await;
    let (abel, request) = (desk.person("abel"), newest(&desk).await);
    abel.post(&decision(&request), json!({ "granted": false }))
        .await
        .names_fields(&[("note", "required")]);
    let body = json!({ "granted": false, "note": "Nobody here knows you." });
    assert_eq!(
        abel.post(&decision(&request), body).await.ok()["state"],
        "refused"
    );
    let told = desk.mailbox().await;
    assert!(
        told.to("nora@elsewhere.test")
            .text
            .contains("Nobody here knows you.")
    );
    let people = abel.all("/users").await;
    assert!(
        people
            .iter()
            .all(|person| person["email"] != "nora@elsewhere.test")
    );
    // They may ask again.
    ask(&desk, "nora@elsewhere.test", "acme").await.with(202);
    assert_eq!(desk.mailbox().await.recipients(), ["abel@acme.test"]);
}

async fn it_goes_to_whom_it_concerns(desk: Desk) {
    for (email, typed, organization, told) in [
        ("a@elsewhere.test", "acme", json!("acme"), "abel@acme.test"),
        (
            "b@elsewhere.test",
            " Acme CORPORATION ",
            json!("acme"),
            "abel@acme.test",
        ),
        (
            "c@acme.test",
            "our company",
            json!("acme"),
            "abel@acme.test",
        ),
        // What was typed comes first; of Globex nobody decides, so that the provider does.
        ("d@acme.test", "globex", json!("globex"), "ada@bellhop.test"),
        (
            "e@elsewhere.test",
            "our company",
            json!(null),
            "ada@bellhop.test",
        ),
        (
            "f@bellhop.test",
            "our company",
            json!(null),
            "ada@bellhop.test",
        ),
        (
            "g@elsewhere.test",
            "bellhop",
            json!(null),
            "ada@bellhop.test",
        ),
        (
            "h@acme.test",
            "Bellhop Support",
            json!(null),
            "ada@bellhop.test",
        ),
        (
            "i@gmail.com",
            "our company",
            json!(null),
            "ada@bellhop.test",
        ),
    ] {
        ask(&desk, email, typed).await.with(202);
        let request = newest(&desk).await;
        assert_eq!(
            request["organization"].get("slug").unwrap_or(&json!(null)),
            &organization,
            "{email} {typed}"
        );
        assert_eq!(desk.mailbox().await.recipients(), [told], "{email} {typed}");
    }
}

async fn nobody_learns_anything_by_asking(desk: Desk) {
    let first = ask(&desk, "nora@acme.test", "acme").await;
    for (email, organization) in [
        ("nora@acme.test", "acme"),
        ("dana@acme.test", "acme"),
        ("gina@globex.test", "acme"),
        ("x@y.test", "nowhere"),
        ("x@bellhop.test", "bellhop"),
    ] {
        let answer = ask(&desk, email, organization).await;
        assert_eq!((answer.status, &answer.text), (202, &first.text), "{email}");
    }
    assert_eq!(
        desk.person("ada").all("/access-requests").await.len(),
        5,
        "the same twice is one"
    );
    desk.mailbox().await;
    let body =
        json!({ "first_name": "", "last_name": "Ash", "email": "no address", "organization": "" });
    let fields = [
        ("first_name", "empty"),
        ("email", "malformed"),
        ("organization", "empty"),
    ];
    asking(&desk, body).await.names_fields(&fields);
    // Beside each other: whoever is refused is told so after a moment.
    let asks = (0..39).map(|n| {
        let desk = desk.clone();
        async move { ask(&desk, &format!("n{n}@acme.test"), "acme").await }
    });
    join_all(asks).await;
    let last = ask(&desk, "n39@acme.test", "acme").await.status;
    assert_eq!(last, 429, "one place does not ask on and on");
}

async fn the_same_at_once_is_one_request(desk: Desk) {
    let asks = (0..5).map(|_| ask(&desk, "nora@elsewhere.test", "acme"));
    for answer in join_all(asks).await {
        answer.with(202);
    }
    assert_eq!(desk.person("ada").all("/access-requests").await.len(), 1);
    assert_eq!(desk.mailbox().await.recipients(), ["abel@acme.test"]);
}

async fn a_request_is_decided_once(desk: Desk) {
    ask(&desk, "nora@acme.test", "acme").await.with(202);
    desk.mailbox().await;
    let request = newest(&desk).await;
    let (abel, ada) = (desk.person("abel"), desk.person("ada"));
    let (path, refuse) = (
        decision(&request),
        json!({ "granted": false, "note": "No." }),
    );
    let (one, two) = join!(
        abel.post(&path, json!({ "granted": true })),
        ada.post(&path, refuse.clone())
    );
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409], "{one:?} {two:?}");
    let decided = newest(&desk).await["state"].clone();
    let again = abel
        .post(&path, refuse)
        .await
        .refused(409, "already_decided");
    assert_eq!(again.json["state"], decided);
    assert_eq!(desk.mailbox().await.recipients(), ["nora@acme.test"]);
}

async fn the_provider_finds_the_organization(desk: Desk) {
    ask(&desk, "nora@elsewhere.test", "The Initech people")
        .await
        .with(202);
    desk.mailbox().await;
    let (ada, request) = (desk.person("ada"), newest(&desk).await);
    let grant = |organization: Value| json!({ "granted": true, "organization": organization });
    ada.post(&decision(&request), grant(json!(null)))
        .await
        .names_fields(&[("organization", "required")]);
    ada.post(&decision(&request), grant(json!("nowhere")))
        .await
        .names_fields(&[("organization", "not_found")]);
    ada.post(&decision(&request), grant(json!("bellhop")))
        .await
        .names_fields(&[("organization", "not_a_customer")]);
    let granted = ada
        .post(&decision(&request), grant(json!("initech")))
        .await
        .ok();
    assert_eq!(granted["organization"]["slug"], "initech");
    let nora = joins(&desk, "nora@elsewhere.test").await;
    assert_eq!(nora("/me").await.ok()["organization"]["slug"], "initech");
}

async fn whoever_is_known_gets_the_role(desk: Desk) {
    // Nils has an account and no role.
    ask(&desk, "nils@acme.test", "acme").await.with(202);
    desk.mailbox().await;
    let (abel, request) = (desk.person("abel"), newest(&desk).await);
    abel.post(&decision(&request), json!({ "granted": true }))
        .await
        .ok();
    let told = desk.mailbox().await;
    assert!(
        !told.to("nils@acme.test").text.contains("/invitations/"),
        "nobody joins twice"
    );
    let people = abel.all("/users").await;
    let nils = people
        .iter()
        .find(|person| person["email"] == "nils@acme.test")
        .expect("Nils");
    assert_eq!(nils["roles"], json!(["portal_viewer"]));
    // Somebody else's person is nobody here: whose the address is, only its owner learns, who follows the link.
    ask(&desk, "gina@globex.test", "acme").await.with(202);
    desk.mailbox().await;
    let request = newest(&desk).await;
    abel.post(&decision(&request), json!({ "granted": true }))
        .await
        .ok();
    let told = desk.mailbox().await;
    let link = told.to("gina@globex.test").text.clone();
    let token = link.split("/invitations/").nth(1).expect("a link");
    let token: String = token
        .split_whitespace()
        .next()
        .unwrap_or_default()
        .to_owned();
    let body = json!({ "token": token, "password": NEW });
    let follows = desk.client().post(desk.api("/invitations")).json(&body);
    assert_eq!(follows.send().await.expect("an answer").status(), 409);
    // And whoever is shut out stays out.
    let carl = people
        .iter()
        .find(|person| person["email"] == "carl@acme.test")
        .expect("Carl");
    let carl = format!("/users/{}", carl["id"].as_str().expect("an id"));
    abel.patch(&carl, json!({ "disabled": true })).await.ok();
    ask(&desk, "carl@acme.test", "acme").await.with(202);
    desk.mailbox().await;
    let request = newest(&desk).await;
    abel.post(&decision(&request), json!({ "granted": true }))
        .await
        .refused(409, "account_disabled");
}

async fn other_peoples_requests_do_not_exist(desk: Desk) {
    ask(&desk, "nora@globex.test", "globex").await.with(202);
    ask(&desk, "x@y.test", "nowhere").await.with(202);
    desk.mailbox().await;
    let all = desk.person("mona").all("/access-requests").await;
    assert_eq!(all.len(), 2, "staff see all");
    let abel = desk.person("abel");
    assert!(abel.all("/access-requests").await.is_empty());
    let before = desk.rows();
    for request in &all {
        abel.get(&path(request)).await.refused(404, "not_found");
        abel.post(&decision(request), json!({ "granted": true }))
            .await
            .refused(404, "not_found");
        for key in ["dana", "gina", "eve"] {
            let answer = desk.person(key).get(&path(request)).await;
            assert!(matches!(answer.status, 403 | 404), "{answer:?}");
            desk.person(key)
                .post(&decision(request), json!({ "granted": true }))
                .await
                .refused(404, "not_found");
        }
        let sees = desk
            .person("mona")
            .post(&decision(request), json!({ "granted": true }))
            .await;
        assert_eq!(
            sees.refused(403, "missing_permission").json["permission"],
            "access_requests:decide"
        );
    }
    desk.is_unchanged_since(&before, "a decision on other people's requests");
    assert_eq!(
        desk.person("ada")
            .all("/access-requests?state=granted")
            .await
            .len(),
        0
    );
}

async fn a_decision_says_what_is_wrong_with_it(desk: Desk) {
    ask(&desk, "nora@acme.test", "acme").await.with(202);
    desk.mailbox().await;
    let (ada, request) = (desk.person("ada"), newest(&desk).await);
    let path = decision(&request);
    let before = desk.rows();
    let now = desk.now().to_rfc3339();
    ada.post(&path, json!({}))
        .await
        .names_fields(&[("granted", "required")]);
    ada.post(&path, json!({ "granted": true, "until": now }))
        .await
        .names_fields(&[("until", "not_in_the_future")]);
    let later = (desk.now() + TimeDelta::days(1)).to_rfc3339();
    ada.post(
        &path,
        json!({ "granted": false, "note": "No.", "until": later }),
    )
    .await
    .names_fields(&[("until", "not_with_refusal")]);
    ada.post(&path, json!({ "granted": true, "organization": "globex" }))
        .await
        .names_fields(&[("organization", "already_set")]);
    desk.person("abel")
        .post(&path, json!({ "granted": true, "organization": "globex" }))
        .await
        .names_fields(&[("organization", "not_found")]);
    desk.is_unchanged_since(&before, "a refused decision");
}
