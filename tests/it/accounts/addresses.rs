//! Whose an address is, and what a password is good for that somebody else chose.

use std::collections::BTreeMap;

use super::*;

on_both_databases! { Desk:
    adding_an_address_tells_nothing_of_other_organizations,
    an_address_belongs_to_one_account,
    nothing_but_links_goes_to_an_address_before_it_is_shown,
    a_given_password_is_replaced_before_anything_else,
}

/// How many rows each table gained.
fn gained(
    before: &BTreeMap<String, Vec<String>>,
    after: &BTreeMap<String, Vec<String>>,
) -> BTreeMap<String, usize> {
    let grown = after.iter().map(|(table, rows)| {
        let had = before.get(table).map_or(0, Vec::len);
        (table.clone(), rows.len() - had)
    });
    grown.filter(|(_, grown)| *grown > 0).collect()
}

async fn adding_an_address_tells_nothing_of_other_organizations(desk: Desk) {
    let abel = desk.person("abel");
    let mut answers = Vec::new();
    // Gina is Globex's, Ada the provider's; nobody knows the third.
    for email in [
        "gina@globex.test",
        "ada@bellhop.test",
        "nobody@nowhere.test",
    ] {
        let before = desk.rows();
        let add = json!({ "email": email, "first_name": "Some", "last_name": "Body", "roles": ["portal_viewer"],
            "invite": true });
        let added = abel.post("/users", add).await.created();
        let user = format!("/users/{}", added["id"].as_str().expect("an id"));
        let gained = gained(&before, &desk.rows());
        let mut shape = abel.get(&user).await.ok();
        for own in ["id", "email", "created_at"] {
            shape[own] = Value::Null;
        }
        // Asked again, each of them is one's own.
        let again = json!({ "email": email, "first_name": "Some", "last_name": "Body" });
        abel.post("/users", again)
            .await
            .names_fields(&[("email", "taken")]);
        let invited = abel.post(&format!("{user}/invitation"), json!({})).await;
        answers.push((shape, gained, invited.status));
        assert!(desk.mailbox().await.recipients().contains(&email));
    }
    assert_eq!(answers[0], answers[2]);
    assert_eq!(answers[1], answers[2]);
}

async fn an_address_belongs_to_one_account(desk: Desk) {
    let (abel, ada) = (desk.person("abel"), desk.person("ada"));
    let add =
        json!({ "email": "gina@globex.test", "first_name": "G", "last_name": "H", "invite": true });
    let other = abel.post("/users", add).await.created();
    let token = token_in(desk.mailbox().await.to("gina@globex.test"), "/invitations/");
    // The link is Gina's, who has an account; nobody else is told.
    redeem(&desk, &token, NEW)
        .await
        .refused(409, "address_taken");
    let gina = Session::open(&desk, "gina@globex.test").await;
    assert_eq!(gina.get("/me").await.ok()["organization"]["slug"], "globex");
    // A forgotten password is hers, and not that of who was added with her address.
    anybody(
        &desk,
        "/password-resets",
        json!({ "email": "gina@globex.test" }),
    )
    .await;
    let token = token_in(
        desk.mailbox().await.to("gina@globex.test"),
        "/password-resets/",
    );
    let body = json!({ "token": token, "password": NEW });
    anybody(&desk, "/password-resets/redemption", body)
        .await
        .done();
    let gina = Session::begun(&desk, sign_in(&desk, "gina@globex.test", NEW).await);
    assert_eq!(gina.get("/me").await.ok()["organization"]["slug"], "globex");
    let seen = abel
        .get(&format!("/users/{}", other["id"].as_str().expect("an id")))
        .await
        .ok();
    assert_eq!(seen["organization"], other["organization"]);
    // Staff see everybody, and are told.
    let add = json!({ "organization": "initech", "email": "gina@globex.test", "first_name": "G", "last_name": "H" });
    ada.post("/users", add)
        .await
        .names_fields(&[("email", "taken")]);
    desk.mailbox().await;
}

async fn nothing_but_links_goes_to_an_address_before_it_is_shown(desk: Desk) {
    let abel = desk.person("abel");
    let add = json!({ "email": "zoe@acme.test", "first_name": "Zoe", "last_name": "Hall",
        "roles": ["designated_contact"], "password": PASSWORD });
    abel.post("/users", add).await.created();
    let token = token_in(desk.mailbox().await.to("zoe@acme.test"), "/invitations/");
    sign_in(&desk, "zoe@acme.test", PASSWORD)
        .await
        .refused(401, "invalid_credentials");
    // Whoever opens the case would be told with everybody else who follows it.
    let case = desk
        .person("dana")
        .opens(crate::support::person::high())
        .await;
    desk.person("eve")
        .writes(&case, "We are looking at it.")
        .await;
    assert!(!desk.mailbox().await.recipients().contains(&"zoe@acme.test"));
    redeem(&desk, &token, NEW).await.done();
    sign_in(&desk, "zoe@acme.test", PASSWORD)
        .await
        .refused(401, "invalid_credentials");
    let zoe = Session::begun(&desk, sign_in(&desk, "zoe@acme.test", NEW).await);
    zoe.get("/cases").await.ok();
    desk.mailbox().await;
}

async fn a_given_password_is_replaced_before_anything_else(desk: Desk) {
    let (abel, dana) = (desk.person("abel"), desk.person("dana"));
    let user = format!("/users/{}", id_of(&abel, "dana@acme.test").await);
    abel.patch(&user, json!({ "password": NEW })).await.ok();
    desk.mailbox().await;
    dana.get("/me").await.refused(401, "unauthenticated");
    let here = Session::begun(&desk, sign_in(&desk, "dana@acme.test", NEW).await);
    here.get("/me").await.ok();
    for path in [
        "/cases",
        "/tokens",
        "/sessions",
        "/escalation-reasons",
        "/me/notices",
    ] {
        here.get(path)
            .await
            .refused(403, "password_change_required");
    }
    here.post("/tokens", json!({ "name": "Mine" }))
        .await
        .refused(403, "password_change_required");
    let page = desk
        .client()
        .get(desk.page("/cases"))
        .header("cookie", &here.cookie);
    let page = Asking::new("/cases".into(), page).await;
    assert_eq!((page.status, page.header("location")), (303, "/account"));
    let page = desk
        .client()
        .get(desk.page("/account"))
        .header("cookie", &here.cookie);
    assert_eq!(Asking::new("/account".into(), page).await.status, 200);
    // Theirs is another one.
    let change = json!({ "current_password": NEW, "new_password": "a bell of my own choosing" });
    here.post("/me/password", change).await.done();
    here.get("/cases").await.ok();
    desk.mailbox().await;
}
