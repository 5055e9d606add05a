//! Accounts (A7): invitations, passwords, second factors, sessions, and what ends all of it.

use std::sync::Arc;

use chrono::TimeDelta;
use hmac_of::code_of;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::Barrier;

use crate::support::answer::Answer;
use crate::support::database::on_both_databases;
use crate::support::desk::Desk;
use crate::support::paired::said;
use crate::support::person::{Asking, Person};
use crate::support::post::Mail;
use crate::support::world::PASSWORD;

on_both_databases! { Desk:
    an_invitation_is_followed,
    an_invitation_says_why_it_is_no_good,
    an_invitation_is_good_for_one_of_a_hundred,
    nobody_invites_other_peoples_people,
    a_password_is_chosen_by_the_rule,
    a_password_is_changed,
    a_forgotten_password_is_set_anew,
    nobody_learns_who_has_forgotten_a_password,
    a_second_factor_is_asked_for,
    a_code_is_taken_once,
    codes_are_not_guessed,
    a_recovery_code_stands_in_once,
    a_second_factor_is_given_up_or_taken_away,
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

/// Somebody with a browser's cookie.
struct Session {
    desk: Desk,
    cookie: String,
    csrf: String,
}

fn signing_in(desk: &Desk, body: Value, browser: &str) -> Asking {
    let builder = desk.client().post(desk.api("/sessions"));
    Asking::new(format!("sign in as {}", body["email"]), builder)
        .header("user-agent", browser)
        .json(&body)
}

async fn sign_in(desk: &Desk, email: &str, password: &str) -> Answer {
    // As when the world was furnished, so that it is no new device.
    signing_in(desk, json!({ "email": email, "password": password }), "").await
}

impl Session {
    fn of(desk: &Desk, answer: Answer) -> Self {
        let cookie = answer.header("set-cookie").split(';').next();
        let cookie = cookie.unwrap_or_default().to_owned();
        let me = answer.created();
        Self {
            desk: desk.clone(),
            cookie,
            csrf: me["csrf_token"].as_str().expect("a token").to_owned(),
        }
    }

    async fn open(desk: &Desk, email: &str) -> Self {
        Self::of(desk, sign_in(desk, email, PASSWORD).await)
    }

    fn asks(&self, method: Method, path: &str) -> Asking {
        let builder = self
            .desk
            .client()
            .request(method.clone(), self.desk.api(path));
        Asking::new(format!("session: {method} {path}"), builder)
            .header("cookie", &self.cookie)
            .header("x-csrf-token", &self.csrf)
    }

    async fn get(&self, path: &str) -> Answer {
        self.asks(Method::GET, path).await
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        self.asks(Method::POST, path).json(&body).await
    }

    async fn delete(&self, path: &str, body: Value) -> Answer {
        self.asks(Method::DELETE, path).json(&body).await
    }

    /// Turns the second factor on; gives its secret and the recovery codes.
    async fn turns_on(&self) -> (String, Vec<String>) {
        let begun = self.post("/me/second-factor", json!({})).await.created();
        let secret = begun["secret"].as_str().expect("a secret").to_owned();
        let code = code_of(&secret, self.desk.now());
        let body = json!({ "code": code });
        let codes = self
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
    let post = desk.post().await;
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

async fn an_invitation_is_followed(desk: Desk) {
    let (id, token) = invited(&desk).await;
    let verified = || {
        desk.database().texts(
        "SELECT CASE WHEN email_verified_at IS NULL THEN 'no' ELSE 'yes' END AS text FROM people WHERE email = 'nora@acme.test'",
    )
    };
    assert_eq!(verified(), ["no"]);
    redeem(&desk, &token, NEW).await.done();
    assert_eq!(verified(), ["yes"]);
    let nora = Session::of(&desk, sign_in(&desk, "nora@acme.test", NEW).await);
    assert_eq!(nora.get("/me").await.ok()["person"]["id"], id.as_str());
    // Who has joined needs no other.
    desk.person("ada")
        .post(&format!("/users/{id}/invitation"), json!({}))
        .await
        .refused(409, "already_joined");
    let kinds = desk
        .database()
        .texts("SELECT kind AS text FROM audit_events ORDER BY id DESC");
    for kind in ["person.added", "person.invited", "person.joined"] {
        assert!(kinds.iter().any(|found| found == kind), "{kind}: {kinds:?}");
    }
    // A password or an invitation, not both.
    let both = json!({ "organization": "acme", "email": "x@acme.test", "first_name": "X", "last_name": "Y",
        "invite": true, "password": NEW });
    desk.person("ada")
        .post("/users", both)
        .await
        .names_fields(&[("invite", "not_with_password")]);
}

async fn an_invitation_says_why_it_is_no_good(desk: Desk) {
    let (id, first) = invited(&desk).await;
    let again = desk
        .person("ada")
        .post(&format!("/users/{id}/invitation"), json!({}))
        .await
        .created();
    assert_eq!(again["sent_to"], "nora@acme.test");
    let second = token_in(desk.post().await.to("nora@acme.test"), "/invitations/");
    let before = desk.rows();
    redeem(&desk, &first, NEW)
        .await
        .refused(410, "link_revoked");
    for unknown in [
        "nonsense",
        "cbl_AAAA",
        &second[..second.len() - 2],
        &format!("{second}A"),
    ] {
        redeem(&desk, unknown, NEW)
            .await
            .refused(404, "link_unknown");
    }
    // A link for one thing is none for another.
    anybody(
        &desk,
        "/password-resets/redemption",
        json!({ "token": second, "password": NEW }),
    )
    .await
    .refused(404, "link_unknown");
    // A password that is not taken uses nothing up.
    redeem(&desk, &second, "short")
        .await
        .names_fields(&[("password", "too_short")]);
    desk.is_unchanged_since(&before, "a link that is no good");
    desk.passes(TimeDelta::days(7) - TimeDelta::seconds(1));
    redeem(&desk, &second, "nora@acme.test")
        .await
        .names_fields(&[("password", "is_address")]);
    desk.passes(TimeDelta::seconds(1));
    redeem(&desk, &second, NEW)
        .await
        .refused(410, "link_expired");
    let ada = desk.person("ada");
    ada.post(&format!("/users/{id}/invitation"), json!({}))
        .await
        .created();
    let third = token_in(desk.post().await.to("nora@acme.test"), "/invitations/");
    // Whoever is shut out meanwhile holds nothing, and is invited no more.
    ada.patch(&format!("/users/{id}"), json!({ "disabled": true }))
        .await
        .ok();
    redeem(&desk, &third, NEW)
        .await
        .refused(410, "link_revoked");
    ada.post(&format!("/users/{id}/invitation"), json!({}))
        .await
        .refused(409, "account_disabled");
    ada.patch(&format!("/users/{id}"), json!({ "disabled": false }))
        .await
        .ok();
    redeem(&desk, &third, NEW).await.done();
    redeem(&desk, &third, NEW).await.refused(409, "link_used");
    // The page says the same and shows nobody.
    for (token, status) in [(third, 409), ("nonsense".to_owned(), 404)] {
        let page = desk
            .client()
            .get(desk.page(&format!("/invitations/{token}")))
            .send()
            .await
            .expect("a page");
        assert_eq!(page.status().as_u16(), status);
        let text = page.text().await.expect("text");
        assert!(!text.contains("Nora") && !text.contains("ACME"), "{text}");
    }
}

async fn an_invitation_is_good_for_one_of_a_hundred(desk: Desk) {
    let (_, token) = invited(&desk).await;
    let start = Arc::new(Barrier::new(100));
    let mut all = tokio::task::JoinSet::new();
    for n in 0..100 {
        let (desk, token, start) = (desk.clone(), token.clone(), start.clone());
        all.spawn(async move {
            start.wait().await;
            let password = format!("password of number {n}");
            (redeem(&desk, &token, &password).await, password)
        });
    }
    let answers = all.join_all().await;
    let (taken, refused): (Vec<_>, Vec<_>) = answers
        .into_iter()
        .partition(|(answer, _)| answer.status == 204);
    assert_eq!(taken.len(), 1);
    for (answer, _) in refused {
        answer.refused(409, "link_used");
    }
    sign_in(&desk, "nora@acme.test", &taken[0].1)
        .await
        .created();
}

async fn nobody_invites_other_peoples_people(desk: Desk) {
    let (abel, dana) = (desk.person("abel"), desk.person("dana"));
    let gina = id_of(&desk.person("ada"), "gina@globex.test").await;
    let before = desk.rows();
    for (method, path) in [
        (Method::POST, format!("/users/{gina}/invitation")),
        (Method::DELETE, format!("/users/{gina}/sessions")),
        (Method::DELETE, format!("/users/{gina}/second-factor")),
    ] {
        abel.asks(method.clone(), &path)
            .await
            .refused(404, "not_found");
        dana.asks(method, &path).await.refused(404, "not_found");
    }
    let foreign = json!({ "organization": "globex", "email": "x@globex.test", "first_name": "X", "last_name": "Y", "invite": true });
    abel.post("/users", foreign)
        .await
        .names_fields(&[("organization", "not_found")]);
    let carl = id_of(&abel, "carl@acme.test").await;
    desk.person("eve")
        .delete(&format!("/users/{carl}/sessions"))
        .await
        .refused(403, "missing_permission");
    desk.is_unchanged_since(&before, "a request about other people's people");
    abel.delete(&format!("/users/{carl}/sessions")).await.done();
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
    here.post("/me/password", change(PASSWORD, NEW))
        .await
        .done();
    here.get("/me").await.ok();
    there.get("/me").await.refused(401, "unauthenticated");
    let post = desk.post().await;
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
    let mut last = 422;
    for _ in 0..20 {
        last = here
            .post("/me/password", change("a guess", NEW))
            .await
            .status;
    }
    assert_eq!(last, 429);
    // An administrator gives another: everybody is out, and it is told.
    let ada = desk.person("ada");
    let dana = id_of(&ada, "dana@acme.test").await;
    ada.patch(&format!("/users/{dana}"), json!({ "password": PASSWORD }))
        .await
        .ok();
    here.get("/me").await.refused(401, "unauthenticated");
    assert_eq!(desk.post().await.recipients(), ["dana@acme.test"]);
}

async fn a_forgotten_password_is_set_anew(desk: Desk) {
    let dana = Session::open(&desk, "dana@acme.test").await;
    let ask = || {
        anybody(
            &desk,
            "/password-resets",
            json!({ "email": " Dana@ACME.test" }),
        )
    };
    ask().await.with(202);
    let first = token_in(desk.post().await.to("dana@acme.test"), "/password-resets/");
    ask().await.with(202);
    let second = token_in(desk.post().await.to("dana@acme.test"), "/password-resets/");
    let redeem = |token: String, password: &str| {
        anybody(
            &desk,
            "/password-resets/redemption",
            json!({ "token": token, "password": password }),
        )
    };
    redeem(first, NEW).await.refused(410, "link_revoked");
    dana.get("/me").await.ok();
    redeem(second.clone(), NEW).await.done();
    dana.get("/me").await.refused(401, "unauthenticated");
    redeem(second, NEW).await.refused(409, "link_used");
    sign_in(&desk, "dana@acme.test", NEW).await.created();
    assert!(desk.post().await.recipients().contains(&"dana@acme.test"));
    // An hour, and no longer.
    ask().await.with(202);
    let third = token_in(desk.post().await.to("dana@acme.test"), "/password-resets/");
    desk.passes(TimeDelta::hours(1));
    redeem(third, PASSWORD).await.refused(410, "link_expired");
}

async fn nobody_learns_who_has_forgotten_a_password(desk: Desk) {
    let ada = desk.person("ada");
    let carl = id_of(&ada, "carl@acme.test").await;
    ada.patch(&format!("/users/{carl}"), json!({ "disabled": true }))
        .await
        .ok();
    desk.post().await;
    let known = anybody(
        &desk,
        "/password-resets",
        json!({ "email": "dana@acme.test" }),
    )
    .await;
    for email in ["nobody@acme.test", "carl@acme.test", "no address", "x"] {
        let unknown = anybody(&desk, "/password-resets", json!({ "email": email })).await;
        assert_eq!(
            (unknown.status, &unknown.text),
            (202, &known.text),
            "{email}"
        );
    }
    assert_eq!(desk.post().await.recipients(), ["dana@acme.test"]);
    // Whoever asks on and on is refused, whether there is such an account or not.
    for email in ["dana@acme.test", "nobody@acme.test"] {
        let mut last = 0;
        for _ in 0..10 {
            last = anybody(&desk, "/password-resets", json!({ "email": email }))
                .await
                .status;
        }
        assert_eq!(last, 429, "{email}");
    }
    desk.post().await;
}

async fn a_second_factor_is_asked_for(desk: Desk) {
    let dana = Session::open(&desk, "dana@acme.test").await;
    assert_eq!(dana.get("/me/second-factor").await.ok()["enabled"], false);
    dana.post(
        "/me/second-factor/confirmation",
        json!({ "code": "123456" }),
    )
    .await
    .refused(409, "second_factor_off");
    let begun = dana.post("/me/second-factor", json!({})).await.created();
    let uri = begun["otpauth_uri"].as_str().expect("an address");
    assert!(
        uri.starts_with("otpauth://totp/") && uri.contains("Bellhop"),
        "{uri}"
    );
    // Begun is not asked for.
    sign_in(&desk, "dana@acme.test", PASSWORD).await.created();
    dana.post(
        "/me/second-factor/confirmation",
        json!({ "code": "000000" }),
    )
    .await
    .names_fields(&[("code", "wrong_code")]);
    let (secret, codes) = dana.turns_on().await;
    assert_eq!(codes.len(), 10);
    let told = async |who: &str| {
        let id = said(&dana.get("/me").await.ok()["person"]["id"]);
        let user = desk.person(who).get(&format!("/users/{id}")).await.ok();
        user["second_factor"].clone()
    };
    let looked = (told("ada").await, told("eve").await);
    assert_eq!(
        looked,
        (json!(true), Value::Null),
        "who manages people knows"
    );
    dana.post("/me/second-factor", json!({}))
        .await
        .refused(409, "second_factor_on");
    let state = dana.get("/me/second-factor").await.ok();
    assert_eq!(
        (&state["enabled"], &state["recovery_codes_left"]),
        (&json!(true), &json!(10))
    );
    assert_eq!(desk.post().await.recipients(), ["dana@acme.test"]);
    // The wrong password tells nothing of it.
    sign_in(&desk, "dana@acme.test", "not it")
        .await
        .refused(401, "invalid_credentials");
    let half = sign_in(&desk, "dana@acme.test", PASSWORD)
        .await
        .refused(401, "second_factor_required");
    assert_eq!(half.header("set-cookie"), "");
    desk.passes(TimeDelta::seconds(60));
    let with =
        |code: String| json!({ "email": "dana@acme.test", "password": PASSWORD, "code": code });
    signing_in(&desk, with("000000".to_owned()), "")
        .await
        .refused(401, "invalid_second_factor");
    let good = code_of(&secret, desk.now());
    signing_in(&desk, with(good), "").await.created();
}

async fn a_code_is_taken_once(desk: Desk) {
    let dana = Session::open(&desk, "dana@acme.test").await;
    let (secret, _) = dana.turns_on().await;
    let with = |code: String| {
        signing_in(
            &desk,
            json!({ "email": "dana@acme.test", "password": PASSWORD, "code": code }),
            "",
        )
    };
    // The one that confirmed it is used.
    with(code_of(&secret, desk.now()))
        .await
        .refused(401, "invalid_second_factor");
    desk.passes(TimeDelta::seconds(90));
    let code = code_of(&secret, desk.now());
    let start = Arc::new(Barrier::new(5));
    let mut all = tokio::task::JoinSet::new();
    for _ in 0..5 {
        let (asking, start) = (with(code.clone()), start.clone());
        all.spawn(async move {
            start.wait().await;
            asking.await.status
        });
    }
    let statuses = all.join_all().await;
    assert_eq!(
        statuses.iter().filter(|status| **status == 201).count(),
        1,
        "{statuses:?}"
    );
    // An older one is not taken after a newer one; a neighbour ahead is.
    with(code_of(&secret, desk.now() - TimeDelta::seconds(30)))
        .await
        .refused(401, "invalid_second_factor");
    with(code_of(&secret, desk.now() + TimeDelta::seconds(30)))
        .await
        .created();
    desk.passes(TimeDelta::minutes(10));
    with(code_of(&secret, desk.now() - TimeDelta::seconds(60)))
        .await
        .refused(401, "invalid_second_factor");
}

async fn codes_are_not_guessed(desk: Desk) {
    let dana = Session::open(&desk, "dana@acme.test").await;
    let (secret, _) = dana.turns_on().await;
    desk.passes(TimeDelta::minutes(5));
    let with = |code: String| {
        signing_in(
            &desk,
            json!({ "email": "dana@acme.test", "password": PASSWORD, "code": code }),
            "",
        )
    };
    let mut wait = 0;
    for n in 0..40 {
        let answer = with(format!("{n:06}")).await;
        // Showing the password between two guesses forgives none of them.
        sign_in(&desk, "dana@acme.test", PASSWORD).await;
        if answer.status == 429 {
            wait = answer.header("retry-after").parse().expect("seconds");
            break;
        }
        answer.refused(401, "invalid_second_factor");
    }
    assert!(wait > 0, "forty guesses are not taken");
    with(code_of(&secret, desk.now()))
        .await
        .refused(429, "too_many_attempts");
    desk.passes(TimeDelta::seconds(wait) + TimeDelta::minutes(15));
    with(code_of(&secret, desk.now())).await.created();
}

async fn a_recovery_code_stands_in_once(desk: Desk) {
    let dana = Session::open(&desk, "dana@acme.test").await;
    let (secret, codes) = dana.turns_on().await;
    desk.post().await;
    let with = |code: &str| {
        signing_in(
            &desk,
            json!({ "email": "dana@acme.test", "password": PASSWORD, "code": code }),
            "",
        )
    };
    with(&codes[0].to_uppercase()).await.created();
    let told = desk.post().await;
    assert!(
        told.to("dana@acme.test").text.contains('9'),
        "{}",
        told.to("dana@acme.test").text
    );
    with(&codes[0]).await.refused(401, "invalid_second_factor");
    assert_eq!(
        dana.get("/me/second-factor").await.ok()["recovery_codes_left"],
        9
    );
    desk.passes(TimeDelta::minutes(2));
    let code = json!({ "code": code_of(&secret, desk.now()) });
    let renewed = dana
        .post("/me/second-factor/recovery-codes", code.clone())
        .await
        .created();
    dana.post("/me/second-factor/recovery-codes", code)
        .await
        .names_fields(&[("code", "wrong_code")]);
    with(&codes[1]).await.refused(401, "invalid_second_factor");
    with(renewed["recovery_codes"][0].as_str().expect("a code"))
        .await
        .created();
    // Somebody else's codes open nothing.
    let carl = Session::open(&desk, "carl@acme.test").await;
    carl.turns_on().await;
    let foreign = json!({ "email": "carl@acme.test", "password": PASSWORD, "code": renewed["recovery_codes"][1] });
    signing_in(&desk, foreign, "")
        .await
        .refused(401, "invalid_second_factor");
}

async fn a_second_factor_is_given_up_or_taken_away(desk: Desk) {
    let dana = Session::open(&desk, "dana@acme.test").await;
    dana.turns_on().await;
    dana.delete("/me/second-factor", json!({ "password": "not it" }))
        .await
        .names_fields(&[("password", "wrong_password")]);
    dana.delete("/me/second-factor", json!({ "password": PASSWORD }))
        .await
        .done();
    dana.delete("/me/second-factor", json!({ "password": PASSWORD }))
        .await
        .refused(409, "second_factor_off");
    Session::open(&desk, "dana@acme.test")
        .await
        .turns_on()
        .await;
    desk.post().await;
    let abel = desk.person("abel");
    let id = id_of(&abel, "dana@acme.test").await;
    desk.person("vic")
        .delete(&format!("/users/{id}/second-factor"))
        .await
        .refused(404, "not_found");
    abel.delete(&format!("/users/{id}/second-factor"))
        .await
        .done();
    assert_eq!(desk.post().await.recipients(), ["dana@acme.test"]);
    abel.delete(&format!("/users/{id}/second-factor"))
        .await
        .refused(409, "second_factor_off");
    sign_in(&desk, "dana@acme.test", PASSWORD).await.created();
    // One's own is given up with the password, not by office.
    let own = id_of(&abel, "abel@acme.test").await;
    abel.delete(&format!("/users/{own}/second-factor"))
        .await
        .names_fields(&[("user", "not_yourself")]);
    let kinds = desk
        .database()
        .texts("SELECT kind AS text FROM audit_events");
    assert!(
        kinds.iter().any(|kind| kind == "second_factor.taken_away"),
        "{kinds:?}"
    );
}

async fn sessions_are_seen_and_ended(desk: Desk) {
    let here = Session::open(&desk, "dana@acme.test").await;
    let from_firefox = json!({ "email": "dana@acme.test", "password": PASSWORD });
    let there = Session::of(&desk, signing_in(&desk, from_firefox, FIREFOX).await);
    let carl = Session::open(&desk, "carl@acme.test").await;
    let list = |session: Value| session["items"].as_array().expect("items").clone();
    let seen = list(here.get("/sessions").await.ok());
    // The third is the one with which the world was furnished.
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
        desk.post().await.recipients().is_empty(),
        "neither the first nor the known one"
    );
    from("Mozilla/5.0 (iPhone; like Mac OS X) Version/18.0 Safari/604.1")
        .await
        .created();
    let told = desk.post().await;
    assert!(
        told.to("nora@acme.test").text.contains("iPhone"),
        "{}",
        told.to("nora@acme.test").text
    );
    from("Mozilla/5.0 (iPhone; like Mac OS X) Version/18.1 Safari/604.1")
        .await
        .created();
    assert!(desk.post().await.recipients().is_empty());
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
    let (secret, codes) = dana.turns_on().await;
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
