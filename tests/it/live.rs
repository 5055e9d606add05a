//! A case as it happens: what a stream tells, what it never tells, and when it ends (F2, F5, A7).

use serde_json::json;

use crate::support::database::on_both_databases;
use crate::support::desk::Desk;
use crate::support::person::{Case, Person, high};
use crate::support::stream::Stream;

on_both_databases! { Desk:
    f5_a_new_entry_arrives_by_itself,
    f2_what_is_internal_is_not_told_to_customers,
    what_another_process_writes_is_told_too,
    whoever_loses_access_is_told_nothing_more,
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
    // Written past this server's bell, as another process does.
    let id = case.id.clone();
    let changed: Result<usize, casebell::db::DbError> = desk
        .db()
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
    // A token that is revoked ends its stream, and no other.
    let made = dana.post("/tokens", json!({ "name": "Wall" })).await;
    let made = made.created();
    let wall = dana.with_token(made["token"].as_str().expect("a token"));
    let mut stream = follows(&desk, &wall, &case).await;
    let mut other = follows(&desk, &dana, &case).await;
    let path = format!("/tokens/{}", made["id"].as_str().expect("an id"));
    dana.asks(reqwest::Method::DELETE, &path).await.done();
    let end = stream.says("end").await;
    assert_eq!(end["code"], "unauthenticated");
    assert!(stream.rest().await.is_empty());
    eve.writes(&case, "Still here?").await;
    other.says("entry").await;
}
