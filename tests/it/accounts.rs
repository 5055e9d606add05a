//! Accounts (A7): invitations, passwords, second factors, sessions, and what ends all of it.

use std::sync::Arc;

use chrono::TimeDelta;
use futures_util::future::join_all;
use hmac_of::code_of;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::Barrier;

use crate::support::answer::Answer;
use crate::support::database::on_both_databases;
use crate::support::desk::Desk;
use crate::support::fixtures::PASSWORD;
use crate::support::mailbox::Mail;
use crate::support::paired::said;
use crate::support::person::{Asking, Person};
use crate::support::session::Session;

mod addresses;
mod links;
mod proofs;
mod second_factors;

on_both_databases! { Desk:
    a_password_is_chosen_by_the_rule,
    a_password_is_changed,
    tokens_are_kept_on_purpose,
    a_password_is_the_same_however_it_is_typed,
    a_session_ends_by_itself,
    a7_a_token_says_when_it_was_last_used,
    sessions_are_seen_and_ended,
    another_device_is_told,
    whoever_is_shut_out_is_out_at_once,
    ones_own_name_and_zone,
    secrets_are_nowhere,
}

const NEW: &str = "a bell that only I hear";
const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

/// The codes of an authenticator app, reckoned here a second time.
mod hmac_of {
    use casebell::domain::Instant;

    /// The code that the app shows at an instant (RFC 6238).
    pub fn code_of(secret: &str, at: Instant) -> String {
        let secret = totp_rs::Secret::try_from_base32(secret).expect("base 32");
        let app = totp_rs::Builder::new()
            .with_secret(secret)
            .with_account_name("x")
            .build()
            .expect("an app");
        let seconds = u64::try_from(at.timestamp()).expect("after 1970");
        app.generate(seconds).to_string()
    }
}

fn signing_in(desk: &Desk, body: Value, browser: &str) -> Asking {
    let builder = desk.client().post(desk.api("/sessions"));
    Asking::new(format!("sign in as {}", body["email"]), builder)
        .header("user-agent", browser)
        .json(&body)
}

async fn sign_in(desk: &Desk, email: &str, password: &str) -> Answer {
    // As when the fixtures were made, so that it is no new device.
    signing_in(desk, json!({ "email": email, "password": password }), "").await
}

/// Turns the second factor on; gives its secret and the recovery codes.
async fn turns_on(desk: &Desk, session: &Session) -> (String, Vec<String>) {
    let begun = session.post("/me/second-factor", json!({})).await.created();
    let secret = begun["secret"].as_str().expect("a secret").to_owned();
    let code = code_of(&secret, desk.now());
    let body = json!({ "code": code });
    let codes = session
        .post("/me/second-factor/confirmation", body)
        .await
        .created();
    let codes = codes["recovery_codes"].as_array().expect("codes").iter();
    (
        secret,
        codes
            .map(|code| code.as_str().expect("a code").to_owned())
            .collect(),
    )
}

/// A request of somebody who is not signed in.
async fn anybody(desk: &Desk, path: &str, body: Value) -> Answer {
    let builder = desk.client().post(desk.api(path));
    Asking::new(format!("anybody: POST {path}"), builder)
        .json(&body)
        .await
}

/// The secret at the end of the link in a letter.
fn token_in(mail: &Mail, path: &str) -> String {
    let (_, rest) = mail
        .text
        .split_once(path)
        .unwrap_or_else(|| panic!("no {path} in {}", mail.text));
    rest.split_whitespace().next().expect("a secret").to_owned()
}

async fn id_of(by: &Person, email: &str) -> String {
    let people = by.all("/users").await;
    let found = people.iter().find(|person| person["email"] == email);
    found.unwrap_or_else(|| panic!("nobody is {email}"))["id"]
        .as_str()
        .expect("an id")
        .to_owned()
}

/// Ada invites Nora, of ACME; gives her id and the secret of the link.
async fn invited(desk: &Desk) -> (String, String) {
    let nora = desk
        .person("ada")
        .post("/users", json!({
            "organization": "acme", "email": "nora@acme.test", "first_name": "Nora", "last_name": "Ash",
            "roles": ["portal_viewer"], "invite": true,
        }))
        .await
        .created();
    let post = desk.mailbox().await;
    let token = token_in(post.to("nora@acme.test"), "/invitations/");
    (nora["id"].as_str().expect("an id").to_owned(), token)
}

async fn redeem(desk: &Desk, token: &str, password: &str) -> Answer {
    anybody(
        desk,
        "/invitations",
        json!({ "token": token, "password": password }),
    )
    .await
}

async fn a_password_is_chosen_by_the_rule(desk: Desk) {
    let ada = desk.person("ada");
    let add = |password: &str| {
        json!({ "organization": "acme", "email": "rule@acme.test", "first_name": "R",
        "last_name": "U", "password": password })
    };
    for (password, code) in [
        ("short", "too_short"),
        ("rule@acme.test", "is_address"),
        ("Password1234", "common_password"),
        (&"x1y2".repeat(51), "too_long"),
    ] {
        ada.post("/users", add(password))
            .await
            .names_fields(&[("password", code)]);
        let vic = id_of(&ada, "vic@acme.test").await;
        let code = if code == "is_address" { continue } else { code };
        ada.patch(&format!("/users/{vic}"), json!({ "password": password }))
            .await
            .names_fields(&[("password", code)]);
    }
}

async fn a_password_is_changed(desk: Desk) {
    let (here, there) = (
        Session::open(&desk, "dana@acme.test").await,
        Session::open(&desk, "dana@acme.test").await,
    );
    let change =
        |current: &str, new: &str| json!({ "current_password": current, "new_password": new });
    here.post("/me/password", change("not it at all", NEW))
        .await
        .names_fields(&[("current_password", "wrong_password")]);
    here.post("/me/password", change(PASSWORD, "short"))
        .await
        .names_fields(&[("new_password", "too_short")]);
    there.get("/me").await.ok();
    let token = desk.person("dana");
    token.get("/me").await.ok();
    here.post("/me/password", change(PASSWORD, NEW))
        .await
        .done();
    here.get("/me").await.ok();
    there.get("/me").await.refused(401, "unauthenticated");
    token.get("/me").await.refused(401, "unauthenticated");
    let post = desk.mailbox().await;
    assert_eq!(post.recipients(), ["dana@acme.test"]);
    sign_in(&desk, "dana@acme.test", PASSWORD)
        .await
        .refused(401, "invalid_credentials");
    sign_in(&desk, "dana@acme.test", NEW).await.created();
    // A token that allows a part manages nothing, and guessing is slowed down.
    let token = here
        .post(
            "/tokens",
            json!({ "name": "Reader", "permissions": ["cases:view"] }),
        )
        .await
        .created();
    let narrow = desk
        .client()
        .post(desk.api("/me/password"))
        .bearer_auth(token["token"].as_str().expect("shown"));
    Asking::new("narrow".into(), narrow)
        .json(&change(NEW, PASSWORD))
        .await
        .refused(403, "scoped_token");
    // Beside each other: whoever is slowed down is told so after a moment.
    let guess = || here.post("/me/password", change("a guess", NEW));
    join_all((0..19).map(|_| guess())).await;
    assert_eq!(guess().await.status, 429);
    // An administrator gives another: everybody is out, and it is told.
    let ada = desk.person("ada");
    let dana = id_of(&ada, "dana@acme.test").await;
    ada.patch(&format!("/users/{dana}"), json!({ "password": PASSWORD }))
        .await
        .ok();
    here.get("/me").await.refused(401, "unauthenticated");
    assert_eq!(desk.mailbox().await.recipients(), ["dana@acme.test"]);
}

async fn tokens_are_kept_on_purpose(desk: Desk) {
    let (here, token) = (
        Session::open(&desk, "dana@acme.test").await,
        desk.person("dana"),
    );
    let change = json!({ "current_password": PASSWORD, "new_password": NEW, "keep_tokens": true });
    here.post("/me/password", change).await.done();
    token.get("/me").await.ok();
    here.get("/me").await.ok();
}

/// One keyboard sends a letter with its mark, another the letter and then the mark.
async fn a_password_is_the_same_however_it_is_typed(desk: Desk) {
    let here = Session::open(&desk, "dana@acme.test").await;
    let change = json!({
        "current_password": PASSWORD, "new_password": "ein Glöckchen für mich allein",
    });
    here.post("/me/password", change).await.done();
    for typed in [
        "ein Glo\u{308}ckchen fu\u{308}r mich allein",
        "ein Glöckchen für mich allein",
    ] {
        sign_in(&desk, "dana@acme.test", typed).await.created();
    }
}

/// Unused, it ends after a working day; used, after a week.
async fn a_session_ends_by_itself(desk: Desk) {
    let (used, unused) = (
        Session::open(&desk, "dana@acme.test").await,
        Session::open(&desk, "dana@acme.test").await,
    );
    let begun = desk.now();
    desk.passes(TimeDelta::hours(7));
    used.get("/me").await.ok();
    desk.works().await;
    desk.passes(TimeDelta::hours(1));
    unused.get("/me").await.refused(401, "unauthenticated");
    let list = used.get("/sessions").await.ok();
    let mut list = list["items"].as_array().expect("sessions").iter();
    let current = list.find(|one| one["current"] == true).expect("this one");
    let at = |name: &str| {
        let text = current[name].as_str().expect("an instant");
        text.parse::<casebell::domain::Instant>()
            .expect("an instant")
    };
    assert_eq!(at("idle_until"), desk.now() + TimeDelta::hours(8));
    assert_eq!(at("expires_at"), begun + TimeDelta::days(7));
    while desk.now() < begun + TimeDelta::days(7) - TimeDelta::hours(6) {
        desk.passes(TimeDelta::hours(6));
        used.get("/me").await.ok();
        desk.works().await;
    }
    desk.reaches(begun + TimeDelta::days(7));
    used.get("/me").await.refused(401, "unauthenticated");
}

async fn a7_a_token_says_when_it_was_last_used(desk: Desk) {
    let dana = desk.person("dana");
    let made = dana.post("/tokens", json!({ "name": "Nightly" })).await;
    let made = made.created();
    assert_eq!(made["last_used_at"], Value::Null);
    let nightly = dana.with_token(made["token"].as_str().expect("a token"));
    let last_use = async || {
        let tokens = dana.get("/tokens").await.ok();
        let mut tokens = tokens["items"].as_array().expect("tokens").iter();
        let token = tokens.find(|token| token["id"] == made["id"]);
        token.expect("the token")["last_used_at"].clone()
    };
    assert_eq!(last_use().await, Value::Null);
    desk.passes(TimeDelta::minutes(10));
    nightly.get("/me").await.ok();
    let used = json!(desk.now());
    assert_eq!(last_use().await, used, "before it is written down");
    desk.works().await;
    desk.passes(TimeDelta::hours(1));
    assert_eq!(last_use().await, used, "and after");
    // Who is refused has not used it.
    let path = format!("/tokens/{}", made["id"].as_str().expect("an id"));
    dana.delete(&path).await.done();
    nightly.get("/me").await.refused(401, "unauthenticated");
}

async fn sessions_are_seen_and_ended(desk: Desk) {
    let here = Session::open(&desk, "dana@acme.test").await;
    let from_firefox = json!({ "email": "dana@acme.test", "password": PASSWORD });
    let there = Session::begun(&desk, signing_in(&desk, from_firefox, FIREFOX).await);
    let carl = Session::open(&desk, "carl@acme.test").await;
    let list = |session: Value| session["items"].as_array().expect("items").clone();
    let seen = list(here.get("/sessions").await.ok());
    // The third is the one with which the fixtures were made.
    assert_eq!(seen.iter().filter(|one| one["current"] == true).count(), 1);
    assert!(
        seen.iter()
            .any(|one| one["browser"] == "Firefox" && one["system"] == "Linux"),
        "{seen:?}"
    );
    desk.passes(TimeDelta::minutes(10));
    there.get("/me").await.ok();
    let written = || {
        desk.database()
            .texts("SELECT CAST(last_seen_at AS TEXT) AS text FROM sessions ORDER BY 1 DESC")
    };
    let before = written();
    desk.works().await;
    assert_ne!(
        written(),
        before,
        "what was used is written down by the way"
    );
    let other = |sessions: &[Value]| {
        let other = sessions
            .iter()
            .find(|one| one["current"] == false && one["browser"] == "Firefox");
        other.expect("the other one")["id"]
            .as_str()
            .expect("an id")
            .to_owned()
    };
    let seen = list(here.get("/sessions").await.ok());
    let theirs = list(carl.get("/sessions").await.ok())[0]["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    here.post("/sessions/current/proof", json!({ "password": PASSWORD }))
        .await
        .done();
    here.delete(&format!("/sessions/{theirs}"), json!({}))
        .await
        .refused(404, "not_found");
    here.delete(&format!("/sessions/{}", other(&seen)), json!({}))
        .await
        .done();
    there.get("/me").await.refused(401, "unauthenticated");
    let third = Session::open(&desk, "dana@acme.test").await;
    here.delete("/sessions", json!({})).await.done();
    third.get("/me").await.refused(401, "unauthenticated");
    here.get("/me").await.ok();
    carl.get("/me").await.ok();
    assert_eq!(list(here.get("/sessions").await.ok()).len(), 1);
    // By office: sessions and tokens end on the next request.
    let dana = desk.person("dana");
    dana.get("/me").await.ok();
    let abel = desk.person("abel");
    let id = id_of(&abel, "dana@acme.test").await;
    abel.delete(&format!("/users/{id}/sessions")).await.done();
    here.get("/me").await.refused(401, "unauthenticated");
    dana.get("/me").await.refused(401, "unauthenticated");
    sign_in(&desk, "dana@acme.test", PASSWORD).await.created();
}

async fn another_device_is_told(desk: Desk) {
    let (_, token) = invited(&desk).await;
    redeem(&desk, &token, NEW).await.done();
    let from = |browser: &str| {
        signing_in(
            &desk,
            json!({ "email": "nora@acme.test", "password": NEW }),
            browser,
        )
    };
    from(FIREFOX).await.created();
    from(&FIREFOX.replace("140.0", "141.0")).await.created();
    assert!(
        desk.mailbox().await.recipients().is_empty(),
        "neither the first nor the known one"
    );
    from("Mozilla/5.0 (iPhone; like Mac OS X) Version/18.0 Safari/604.1")
        .await
        .created();
    let told = desk.mailbox().await;
    assert!(
        told.to("nora@acme.test").text.contains("iPhone"),
        "{}",
        told.to("nora@acme.test").text
    );
    from("Mozilla/5.0 (iPhone; like Mac OS X) Version/18.1 Safari/604.1")
        .await
        .created();
    assert!(desk.mailbox().await.recipients().is_empty());
}

async fn whoever_is_shut_out_is_out_at_once(desk: Desk) {
    let (session, dana) = (
        Session::open(&desk, "dana@acme.test").await,
        desk.person("dana"),
    );
    let abel = desk.person("abel");
    let id = id_of(&abel, "dana@acme.test").await;
    dana.get("/cases").await.ok();
    abel.patch(&format!("/users/{id}"), json!({ "disabled": true }))
        .await
        .ok();
    session.get("/me").await.refused(401, "unauthenticated");
    dana.get("/cases").await.refused(401, "unauthenticated");
    sign_in(&desk, "dana@acme.test", PASSWORD)
        .await
        .refused(401, "invalid_credentials");
    abel.patch(&format!("/users/{id}"), json!({ "disabled": false }))
        .await
        .ok();
    session.get("/me").await.refused(401, "unauthenticated");
    sign_in(&desk, "dana@acme.test", PASSWORD).await.created();
    // The last administrator stays.
    let ada = desk.person("ada");
    let own = id_of(&ada, "ada@bellhop.test").await;
    ada.patch(&format!("/users/{own}"), json!({ "disabled": true }))
        .await
        .refused(409, "last_administrator");
}

async fn ones_own_name_and_zone(desk: Desk) {
    let dana = desk.person("dana");
    let me = dana
        .patch(
            "/me",
            json!({ "last_name": "Cole-Berg", "time_zone": "Asia/Tokyo" }),
        )
        .await
        .ok();
    assert_eq!(me["person"]["name"], "Dana Cole-Berg");
    assert_eq!(me["person"]["time_zone"], "Asia/Tokyo");
    assert_eq!(dana.get("/me").await.ok()["person"], me["person"]);
    let me = dana.patch("/me", json!({ "time_zone": null })).await.ok();
    assert_eq!(me["person"]["time_zone"], "America/New_York");
    dana.patch(
        "/me",
        json!({ "first_name": "", "time_zone": "Mars/Olympus", "email": "x@y.test" }),
    )
    .await
    .names_fields(&[
        ("first_name", "empty"),
        ("time_zone", "unknown_time_zone"),
        ("email", "unknown_field"),
    ]);
}

async fn secrets_are_nowhere(desk: Desk) {
    let dana = Session::open(&desk, "dana@acme.test").await;
    let (secret, codes) = turns_on(&desk, &dana).await;
    let (_, token) = invited(&desk).await;
    redeem(&desk, &token, NEW).await.done();
    let rows = format!("{:?}", desk.rows());
    let begun = "second_factors";
    assert!(rows.contains(begun));
    for secret in codes
        .iter()
        .chain([&secret, &token])
        .map(String::as_str)
        .chain([NEW, PASSWORD])
    {
        assert!(!rows.contains(secret), "{secret} is written down");
    }
}
