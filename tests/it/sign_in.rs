//! Who somebody is, and for how long (A7): sessions, their cookie and its guard, tokens, and patience with guessers.

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};

use crate::access::id;
use crate::support::answer::Answer;
use crate::support::database::{Backend, on_both_databases};
use crate::support::desk::Desk;
use crate::support::fixtures::PASSWORD;
use crate::support::person::{Asking, high};

/// Somebody with a browser's cookie instead of a token.
struct Session<'a> {
    desk: &'a Desk,
    cookie: String,
    csrf: String,
}

async fn sign_in(desk: &Desk, email: &str, password: &str) -> Answer {
    let builder = desk.client().post(desk.api("/sessions"));
    Asking::new(format!("sign in as {email}"), builder)
        .json(&json!({ "email": email, "password": password }))
        .await
}

async fn session<'a>(desk: &'a Desk, email: &str) -> Session<'a> {
    let answer = sign_in(desk, email, PASSWORD).await;
    let cookie = answer
        .header("set-cookie")
        .split(';')
        .next()
        .unwrap_or_default()
        .to_owned();
    let me = answer.created();
    Session {
        desk,
        cookie,
        csrf: me["csrf_token"].as_str().expect("a token").to_owned(),
    }
}

impl Session<'_> {
    fn asks(&self, method: Method, path: &str) -> Asking {
        let builder = self
            .desk
            .client()
            .request(method.clone(), self.desk.api(path));
        Asking::new(format!("session: {method} {path}"), builder).header("cookie", &self.cookie)
    }

    async fn get(&self, path: &str) -> Answer {
        self.asks(Method::GET, path).await
    }
}

on_both_databases! { Desk:
    signing_in_and_out,
    a_cookie_alone_changes_nothing,
    a_session_ends,
    nobody_learns_who_exists,
    guessing_is_slowed_down,
    the_wait_grows_with_every_failure,
    no_stranger_keeps_somebody_out,
    a_link_by_mail_is_a_way_in_that_no_stranger_blocks,
    a_failed_sign_in_is_on_record,
    tokens_are_scoped_and_expire,
    nothing_is_shown_to_nobody,
    secrets_are_kept_as_hashes,
}

async fn signing_in_and_out(desk: Desk) {
    let answer = sign_in(&desk, "dana@acme.test", PASSWORD).await;
    assert_eq!(answer.header("cache-control"), "no-store");
    let cookie = answer.header("set-cookie").to_owned();
    for part in [
        "casebell_session=cbs_",
        "HttpOnly",
        "SameSite=Lax",
        "Path=/",
    ] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(
        !cookie.contains("Domain") && !cookie.contains("Secure"),
        "not over http: {cookie}"
    );
    let me = answer.created();
    assert_eq!(
        (
            me["person"]["name"].as_str(),
            me["organization"]["slug"].as_str()
        ),
        (Some("Dana Cole"), Some("acme"))
    );
    assert_eq!(me["side"], "customer");
    assert!(
        me["permissions"]
            .as_array()
            .expect("permissions")
            .contains(&json!("escalations:submit"))
    );
    assert!(!cookie.contains(me["csrf_token"].as_str().expect("a token")));
    let session = session(&desk, " Dana@ACME.test ").await;
    let me = session.get("/me").await.ok();
    assert_eq!(me["person"]["email"], "dana@acme.test");
    assert_eq!(me["csrf_token"], session.csrf);
    let out = session
        .asks(Method::DELETE, "/sessions/current")
        .header("x-csrf-token", &session.csrf)
        .await;
    assert!(out.header("set-cookie").contains("Max-Age=0"), "{out:?}");
    out.done();
    session.get("/me").await.refused(401, "unauthenticated");
}

async fn a_cookie_alone_changes_nothing(desk: Desk) {
    let session = session(&desk, "dana@acme.test").await;
    let other = self::session(&desk, "dana@acme.test").await;
    let before = desk.rows();
    let open = || session.asks(Method::POST, "/cases").json(&high().json());
    open().await.refused(403, "csrf");
    open().header("x-csrf-token", "").await.refused(403, "csrf");
    open()
        .header("x-csrf-token", &other.csrf)
        .await
        .refused(403, "csrf");
    desk.is_unchanged_since(&before, "a forged request");
    open().header("x-csrf-token", &session.csrf).await.created();
}

async fn a_session_ends(desk: Desk) {
    let session = session(&desk, "dana@acme.test").await;
    desk.passes(TimeDelta::hours(1));
    session.get("/me").await.ok();
    desk.passes(TimeDelta::days(60));
    session.get("/me").await.refused(401, "unauthenticated");
}

async fn nobody_learns_who_exists(desk: Desk) {
    let wrong = sign_in(&desk, "dana@acme.test", "not it").await;
    let unknown = sign_in(&desk, "nobody@acme.test", "not it").await;
    let odd = sign_in(&desk, "no address at all", "not it").await;
    for answer in [&wrong, &unknown, &odd] {
        answer.clone().refused(401, "invalid_credentials");
        assert_eq!(answer.text, wrong.text);
        assert_eq!(answer.header("set-cookie"), "");
    }
}

async fn guessing_is_slowed_down(desk: Desk) {
    let mut refused = None;
    for _ in 0..30 {
        let answer = sign_in(&desk, "dana@acme.test", "a guess").await;
        if answer.status == 429 {
            refused = Some(answer);
            break;
        }
        answer.refused(401, "invalid_credentials");
    }
    let refused = refused
        .expect("thirty guesses are not taken one after the other")
        .refused(429, "too_many_attempts");
    let wait: i64 = refused.header("retry-after").parse().expect("seconds");
    // The right password helps as little, and an unknown address is treated alike.
    sign_in(&desk, "dana@acme.test", PASSWORD)
        .await
        .refused(429, "too_many_attempts");
    // Others are not shut out with her, at least not by her name.
    desk.passes(TimeDelta::seconds(wait));
    sign_in(&desk, "dana@acme.test", PASSWORD).await.created();
}

/// After five failures one waits: a second, and longer with every further one. Whoever is unknown waits as long.
async fn the_wait_grows_with_every_failure(desk: Desk) {
    for email in ["dana@acme.test", "nobody@acme.test"] {
        for _ in 0..5 {
            sign_in(&desk, email, "a guess")
                .await
                .refused(401, "invalid_credentials");
        }
        for wait in [1, 2, 4, 8, 16, 32, 60, 60] {
            let paused = sign_in(&desk, email, PASSWORD).await;
            let paused = paused.refused(429, "too_many_attempts");
            assert_eq!(paused.header("retry-after"), wait.to_string());
            desk.passes(TimeDelta::seconds(wait));
            sign_in(&desk, email, "a guess")
                .await
                .refused(401, "invalid_credentials");
        }
    }
    desk.passes(TimeDelta::minutes(1));
    sign_in(&desk, "dana@acme.test", PASSWORD).await.created();
    // Whoever succeeded begins anew.
    for _ in 0..5 {
        sign_in(&desk, "dana@acme.test", "a guess")
            .await
            .refused(401, "invalid_credentials");
    }
}

/// What a browser is given to be known by.
fn known_by(answer: &Answer) -> String {
    let cookies = &answer.cookies;
    let known = cookies
        .iter()
        .find(|cookie| cookie.starts_with("casebell_devices="));
    let known = known.unwrap_or_else(|| panic!("no device: {cookies:?}"));
    known.split(';').next().unwrap_or_default().to_owned()
}

async fn sign_in_on(desk: &Desk, device: &str, email: &str, password: &str) -> Answer {
    let builder = desk.client().post(desk.api("/sessions"));
    Asking::new(format!("sign in as {email}"), builder)
        .header("cookie", device)
        .json(&json!({ "email": email, "password": password }))
        .await
}

async fn guess_until_refused(desk: &Desk, email: &str) -> Answer {
    for _ in 0..100 {
        let answer = sign_in(desk, email, "a guess").await;
        if answer.status == 429 {
            return answer.refused(429, "too_many_attempts");
        }
        answer.refused(401, "invalid_credentials");
    }
    panic!("a hundred guesses are taken");
}

async fn no_stranger_keeps_somebody_out(desk: Desk) {
    let device = known_by(&sign_in(&desk, "dana@acme.test", PASSWORD).await);
    for _ in 0..20 {
        // Whoever does nothing but guess waits a minute at the most, and so does who sits beside them.
        let refused = guess_until_refused(&desk, "dana@acme.test").await;
        let wait: i64 = refused.header("retry-after").parse().expect("seconds");
        assert!((1..=60).contains(&wait), "{wait}");
        // Her own browser does not, although it is at the same place.
        sign_in_on(&desk, &device, "dana@acme.test", PASSWORD)
            .await
            .created();
        // It helps nobody to be known as somebody else.
        sign_in_on(&desk, &device, "carl@acme.test", "a guess").await;
        desk.passes(TimeDelta::seconds(wait));
    }
    // What it does wrong itself counts.
    for _ in 0..10 {
        sign_in_on(&desk, &device, "dana@acme.test", "mistyped")
            .await
            .refused(401, "invalid_credentials");
    }
    sign_in_on(&desk, &device, "dana@acme.test", PASSWORD)
        .await
        .refused(429, "too_many_attempts");
}

async fn a_link_by_mail_is_a_way_in_that_no_stranger_blocks(desk: Desk) {
    guess_until_refused(&desk, "dana@acme.test").await;
    // A stranger has used up all wishes for a link as well.
    let wish = || {
        let builder = desk.client().post(desk.api("/password-resets"));
        Asking::new("a wish".into(), builder).json(&json!({ "email": "dana@acme.test" }))
    };
    let mut wishes = 1;
    while wish().await.status != 429 {
        wishes += 1;
        assert!(wishes < 100, "wishes have an end");
    }
    let post = desk.mailbox().await;
    let mail = post.to("dana@acme.test");
    let link = mail
        .text
        .split_whitespace()
        .find(|word| word.contains("/password-resets/"));
    let token = link
        .and_then(|link| link.rsplit_once('/'))
        .expect("a link")
        .1;
    let builder = desk.client().post(desk.api("/password-resets/redemption"));
    let password = "an evening walk along the river";
    let redeemed = Asking::new("redeem".into(), builder)
        .json(&json!({ "token": token, "password": password }))
        .await;
    let device = known_by(&redeemed);
    redeemed.done();
    guess_until_refused(&desk, "dana@acme.test").await;
    sign_in_on(&desk, &device, "dana@acme.test", password)
        .await
        .created();
    desk.mailbox().await;
}

async fn a_failed_sign_in_is_on_record(desk: Desk) {
    for _ in 0..5 {
        sign_in(&desk, "dana@acme.test", "a guess").await;
    }
    sign_in(&desk, "nobody@acme.test", "a guess").await;
    let events = desk
        .person("ada")
        .get("/audit-events?kind=session.refused")
        .await
        .ok();
    let events = events["items"].as_array().expect("events");
    // Nothing is kept of whom there is not.
    assert_eq!(events.len(), 5, "{events:#?}");
    let (last, first) = (&events[0]["after"], &events[4]["after"]);
    assert_eq!(last["address"], "127.0.0.1");
    assert_eq!(first["until"], Value::Null);
    // The last one says until when the next has to wait.
    assert!(last["until"].is_string(), "{last}");
    let theirs = desk
        .person("abel")
        .get("/audit-events?kind=session.refused")
        .await
        .ok();
    assert_eq!(theirs["items"].as_array().map(Vec::len), Some(5));
}

/// Signs in as a proxy passes it on.
async fn sign_in_through(desk: &Desk, forwarded: (&str, String), password: &str) -> Answer {
    let builder = desk.client().post(desk.api("/sessions"));
    let (header, value) = forwarded;
    Asking::new(format!("sign in, {header}: {value}"), builder)
        .header(header, &value)
        .json(&json!({ "email": "dana@acme.test", "password": password }))
        .await
}

#[test]
fn behind_a_proxy_everybody_comes_from_their_own_place() {
    for backend in [Backend::Sqlite, Backend::Postgresql] {
        let settings = [("CASEBELL_TRUSTED_PROXIES", "127.0.0.1, 10.0.0.0/8")];
        Desk::for_story_with(backend, &settings, async |desk: Desk| {
            let guess = "a guess";
            // A stranger guesses from one place until they have to wait; they say that they come from others.
            for n in 0..20 {
                let listed = format!("192.0.2.{n}, 203.0.113.7, 10.1.2.3");
                let answer = sign_in_through(&desk, ("x-forwarded-for", listed), guess).await;
                if answer.status == 429 {
                    break;
                }
                assert!(n < 19, "nobody waits");
            }
            let stranger = "for=203.0.113.7;proto=https".to_owned();
            sign_in_through(&desk, ("forwarded", stranger), PASSWORD)
                .await
                .refused(429, "too_many_attempts");
            // She comes from elsewhere, and does not wait.
            let she = "for=\"[2001:db8::7]:4711\"".to_owned();
            sign_in_through(&desk, ("forwarded", she), PASSWORD)
                .await
                .created();
        });
    }
}

async fn tokens_are_scoped_and_expire(desk: Desk) {
    let session = session(&desk, "dana@acme.test").await;
    let issue = |body: Value| {
        session
            .asks(Method::POST, "/tokens")
            .header("x-csrf-token", &session.csrf)
            .json(&body)
    };
    let expires_at = (desk.now() + TimeDelta::hours(2)).to_rfc3339();
    let token =
        issue(json!({ "name": "Reader", "permissions": ["cases:view"], "expires_at": expires_at }))
            .await
            .created();
    let secret = token["token"].as_str().expect("shown once").to_owned();
    let ask = |method: Method, path: &str| {
        Asking::new(
            "token".into(),
            desk.client()
                .request(method, desk.api(path))
                .bearer_auth(&secret),
        )
    };
    let me = ask(Method::GET, "/me").await.ok();
    assert_eq!(me["permissions"], json!(["cases:view"]));
    assert_eq!(me["csrf_token"], Value::Null);
    ask(Method::GET, "/cases").await.ok();
    let missing = ask(Method::POST, "/cases")
        .json(&high().json())
        .await
        .refused(403, "missing_permission");
    assert_eq!(missing.json["permission"], "cases:create");
    // A narrow token cannot make itself a wide one.
    ask(Method::POST, "/tokens")
        .json(&json!({ "name": "Wide" }))
        .await
        .refused(403, "scoped_token");
    issue(json!({ "name": "x", "permissions": ["cases:work"] }))
        .await
        .names_fields(&[("permissions", "not_held")]);
    issue(json!({ "name": "x", "expires_at": desk.now().to_rfc3339() }))
        .await
        .names_fields(&[("expires_at", "not_in_the_future")]);
    // It is stored as a hash, and shown in no list.
    assert!(!session.get("/tokens").await.text.contains(&secret));
    let rows = format!("{:?}", desk.rows());
    assert!(!rows.contains(&secret));
    desk.passes(TimeDelta::hours(2));
    ask(Method::GET, "/me")
        .await
        .refused(401, "unauthenticated");
    // Revoked is revoked.
    let session = self::session(&desk, "dana@acme.test").await;
    let short = || {
        session
            .asks(Method::POST, "/tokens")
            .header("x-csrf-token", &session.csrf)
            .header("idempotency-key", "short")
            .json(&json!({ "name": "Short" }))
    };
    let token = short().await.created();
    // A repetition makes no second one, and does not show the secret again.
    let again = short().await;
    assert_eq!(again.header("idempotency-replayed"), "true");
    let again = again.created();
    assert_eq!(
        (&again["id"], &again["token"]),
        (&token["id"], &Value::Null)
    );
    let secret = token["token"].as_str().expect("shown once").to_owned();
    let me = || {
        Asking::new(
            "token".into(),
            desk.client().get(desk.api("/me")).bearer_auth(&secret),
        )
    };
    me().await.ok();
    let path = format!("/tokens/{}", token["id"].as_str().expect("an id"));
    let revoke = || {
        session
            .asks(Method::DELETE, &path)
            .header("x-csrf-token", &session.csrf)
    };
    revoke().await.done();
    me().await.refused(401, "unauthenticated");
    revoke().await.refused(404, "not_found");
}

async fn nothing_is_shown_to_nobody(desk: Desk) {
    let client = desk.client();
    for path in [
        "/me",
        "/cases",
        "/cases/C-000001",
        "/escalations",
        "/users",
        "/audit-events",
        "/tokens",
    ] {
        let answer = Asking::new(path.into(), client.get(desk.api(path))).await;
        let challenge = answer.header("www-authenticate");
        assert!(challenge.starts_with("Bearer"), "{answer:?}");
        answer.refused(401, "unauthenticated");
    }
    for authorization in [
        "Bearer nonsense",
        "Bearer",
        "Basic ZGFuYTp4",
        "Bearer casebell_0000000000000000",
    ] {
        let request = client
            .get(desk.api("/me"))
            .header("authorization", authorization);
        Asking::new(authorization.into(), request)
            .await
            .refused(401, "unauthenticated");
    }
    let sign_in = Asking::new("sign in".into(), client.post(desk.api("/sessions")))
        .json(&json!({}))
        .await;
    sign_in.names_fields(&[("email", "required"), ("password", "required")]);
}

async fn secrets_are_kept_as_hashes(desk: Desk) {
    let session = session(&desk, "dana@acme.test").await;
    let vic = format!("/users/{}", id(&desk.person("vic")).await);
    let given = json!({ "password": "an evening walk along the river" });
    desk.person("ada").patch(&vic, given).await.ok();
    let hashes = desk
        .database()
        .texts("SELECT password_hash AS text FROM people");
    assert!(
        !hashes.is_empty() && hashes.iter().all(|hash| hash.starts_with("$argon2id$")),
        "{hashes:?}"
    );
    // Those of the fixtures are cheap; what the desk hashes costs whoever guesses as much as it should.
    let dear = "$argon2id$v=19$m=19456,t=2,p=1$";
    let dear = hashes.iter().filter(|hash| hash.starts_with(dear));
    assert_eq!(dear.count(), 1, "{hashes:?}");
    let secret = session.cookie.split_once('=').expect("a value").1;
    for column in ["token_hash", "user_agent"] {
        let kept = desk
            .database()
            .texts(&format!("SELECT {column} AS text FROM sessions"));
        assert!(kept.iter().all(|value| !value.contains(secret)), "{column}");
    }
}
