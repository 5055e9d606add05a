//! What a session and a token are worth, and for how long: a new sign-in ends the old session, a stolen one changes
//! nothing that the account hangs on, a token makes nothing that outlasts it, and a role may ask for a second factor.

use fantoccini::Locator;

use super::*;
use crate::support::browser::{Browser, Scripts, leaves, signs_in};
use crate::support::database::Backend;
use crate::support::person::high;

on_both_databases! { Desk:
    signing_in_again_ends_the_old_session,
    a_stolen_session_changes_nothing_that_the_account_hangs_on,
    a_second_factor_is_part_of_the_proof,
    a_token_makes_nothing_that_outlasts_it,
    keys_end_for_good,
    a_role_asks_for_a_second_factor,
    what_was_typed_survives_the_question_who_one_is,
    nothing_is_shown_after_signing_out,
}

/// Signs in with the browser that has this session.
async fn signs_in_again(session: &Session, desk: &Desk, email: &str) -> Answer {
    let body = json!({ "email": email, "password": PASSWORD });
    signing_in(desk, body, "")
        .header("cookie", &session.cookie)
        .await
}

async fn signing_in_again_ends_the_old_session(desk: Desk) {
    let (old, elsewhere) = (
        Session::open(&desk, "dana@acme.test").await,
        Session::open(&desk, "dana@acme.test").await,
    );
    // Whoever does not get in ends nothing.
    let wrong = json!({ "email": "dana@acme.test", "password": "not it at all" });
    signing_in(&desk, wrong, "")
        .header("cookie", &old.cookie)
        .await
        .refused(401, "invalid_credentials");
    old.get("/me").await.ok();
    let new = signs_in_again(&old, &desk, "dana@acme.test").await;
    let new = Session::begun(&desk, new);
    assert_ne!(new.cookie, old.cookie);
    old.get("/me").await.refused(401, "unauthenticated");
    elsewhere.get("/me").await.ok();
    // Somebody else at the same browser, too.
    let carl = signs_in_again(&new, &desk, "carl@acme.test").await;
    Session::begun(&desk, carl).get("/me").await.ok();
    new.get("/me").await.refused(401, "unauthenticated");
}

async fn a_stolen_session_changes_nothing_that_the_account_hangs_on(desk: Desk) {
    let stolen = Session::open(&desk, "dana@acme.test").await;
    let other = Session::open(&desk, "dana@acme.test").await;
    let others = other.get("/sessions").await.ok();
    let id = others["items"].as_array().expect("sessions").iter();
    let id = said(&{ id }.find(|one| one["current"] == true).expect("this one")["id"]);
    desk.passes(TimeDelta::minutes(10));
    let kept = || {
        ["api_tokens", "second_factors", "sessions"].map(|table| {
            let query = format!("SELECT CAST(count(*) AS TEXT) AS text FROM {table}");
            desk.database().texts(&query)
        })
    };
    let before = kept();
    let code = json!({ "code": "123456" });
    for (method, path, body) in [
        (
            Method::POST,
            "/tokens".to_owned(),
            json!({ "name": "Mine" }),
        ),
        (Method::POST, "/me/second-factor".to_owned(), json!({})),
        (
            Method::POST,
            "/me/second-factor/confirmation".to_owned(),
            code.clone(),
        ),
        (
            Method::POST,
            "/me/second-factor/recovery-codes".to_owned(),
            code,
        ),
        (
            Method::DELETE,
            "/me/second-factor".to_owned(),
            json!({ "password": PASSWORD }),
        ),
        (Method::DELETE, "/sessions".to_owned(), json!({})),
        (Method::DELETE, format!("/sessions/{id}"), json!({})),
    ] {
        stolen
            .asks(method, &path)
            .json(&body)
            .await
            .refused(403, "proof_required");
    }
    stolen
        .post(
            "/me/password",
            json!({ "current_password": "a guess or two", "new_password": NEW }),
        )
        .await
        .names_fields(&[("current_password", "wrong_password")]);
    stolen
        .post(
            "/sessions/current/proof",
            json!({ "password": "a guess or two" }),
        )
        .await
        .names_fields(&[("password", "wrong_password")]);
    assert_eq!(kept(), before);
    // Its owner goes on at once.
    other
        .post("/sessions/current/proof", json!({ "password": PASSWORD }))
        .await
        .done();
    other
        .post("/tokens", json!({ "name": "Mine" }))
        .await
        .created();
    stolen
        .post("/tokens", json!({ "name": "Mine" }))
        .await
        .refused(403, "proof_required");
    other.delete("/sessions", json!({})).await.done();
    stolen.get("/me").await.refused(401, "unauthenticated");
    // A token changes none of it.
    let token = desk.person("carl");
    token
        .post("/me/second-factor", json!({}))
        .await
        .refused(403, "session_required");
    token
        .post("/sessions/current/proof", json!({ "password": PASSWORD }))
        .await
        .refused(403, "session_required");
}

async fn a_second_factor_is_part_of_the_proof(desk: Desk) {
    let dana = Session::open(&desk, "dana@acme.test").await;
    let unproven = Session::open(&desk, "dana@acme.test").await;
    let (secret, _) = turns_on(&desk, &dana).await;
    // What was opened without it has ended.
    unproven.get("/me").await.refused(401, "unauthenticated");
    dana.get("/me").await.ok();
    desk.passes(TimeDelta::minutes(10));
    let shows = async |body: Value| dana.post("/sessions/current/proof", body).await;
    shows(json!({ "password": PASSWORD }))
        .await
        .names_fields(&[("code", "required")]);
    shows(json!({ "password": PASSWORD, "code": "000000" }))
        .await
        .names_fields(&[("code", "wrong_code")]);
    dana.delete("/me/second-factor", json!({ "password": PASSWORD }))
        .await
        .refused(403, "proof_required");
    let code = code_of(&secret, desk.now());
    shows(json!({ "password": PASSWORD, "code": code }))
        .await
        .done();
    // A code is good once, whatever it is shown for.
    shows(json!({ "password": PASSWORD, "code": code }))
        .await
        .names_fields(&[("code", "wrong_code")]);
    dana.delete("/me/second-factor", json!({ "password": PASSWORD }))
        .await
        .done();
}

async fn a_token_makes_nothing_that_outlasts_it(desk: Desk) {
    let dana = Session::open(&desk, "dana@acme.test").await;
    let end = desk.now() + TimeDelta::hours(3);
    let maker = json!({ "name": "Maker", "expires_at": end.to_rfc3339() });
    let maker = dana.post("/tokens", maker).await.created();
    let held = |token: &Value| desk.person("dana").with_token(&said(&token["token"]));
    let late = (end + TimeDelta::seconds(1)).to_rfc3339();
    held(&maker)
        .post("/tokens", json!({ "name": "Late", "expires_at": late }))
        .await
        .names_fields(&[("expires_at", "after_its_maker")]);
    let made = held(&maker)
        .post("/tokens", json!({ "name": "Made" }))
        .await
        .created();
    assert_eq!(made["expires_at"], maker["expires_at"]);
    held(&made).get("/me").await.ok();
    held(&made)
        .post("/tokens", json!({ "name": "Third" }))
        .await
        .refused(403, "made_with_token");
    dana.delete(&format!("/tokens/{}", said(&maker["id"])), json!({}))
        .await
        .done();
    for token in [&maker, &made] {
        held(token).get("/me").await.refused(401, "unauthenticated");
    }
}

/// Shutting somebody out, or a new password by a link, ends their tokens, and nothing brings them back.
async fn keys_end_for_good(desk: Desk) {
    let (abel, dana, carl) = (
        desk.person("abel"),
        desk.person("dana"),
        desk.person("carl"),
    );
    let id = id_of(&abel, "dana@acme.test").await;
    for disabled in [true, false] {
        abel.patch(&format!("/users/{id}"), json!({ "disabled": disabled }))
            .await
            .ok();
        dana.get("/me").await.refused(401, "unauthenticated");
    }
    sign_in(&desk, "dana@acme.test", PASSWORD).await.created();
    carl.get("/me").await.ok();
    let forgotten = json!({ "email": "carl@acme.test" });
    anybody(&desk, "/password-resets", forgotten)
        .await
        .with(202);
    let post = desk.mailbox().await;
    let token = token_in(post.to("carl@acme.test"), "/password-resets/");
    let reset = json!({ "token": token, "password": NEW });
    anybody(&desk, "/password-resets/redemption", reset)
        .await
        .done();
    carl.get("/me").await.refused(401, "unauthenticated");
}

async fn a_role_asks_for_a_second_factor(desk: Desk) {
    let (ada, abel) = (desk.person("ada"), desk.person("abel"));
    let asked = json!({ "roles": ["designated_contact"] });
    desk.person("vic")
        .put("/second-factor-roles", asked.clone())
        .await
        .refused(403, "missing_permission");
    abel.put(
        "/second-factor-roles",
        json!({ "roles": ["administrator"] }),
    )
    .await
    .names_fields(&[("roles", "other_side")]);
    let dana = Session::open(&desk, "dana@acme.test").await;
    let (token, gina) = (desk.person("dana"), desk.person("gina"));
    abel.put("/second-factor-roles", asked).await.ok();
    // It holds at once, for this organization, and for those who have the role.
    let refused = || async {
        for answer in [dana.get("/cases").await, token.get("/cases").await] {
            answer.refused(403, "second_factor_setup_required");
        }
    };
    refused().await;
    gina.get("/cases").await.ok();
    desk.person("vic").get("/cases").await.ok();
    // Who signs in finds the way to it, and no other.
    let new = Session::begun(&desk, sign_in(&desk, "dana@acme.test", PASSWORD).await);
    let me = new.get("/me").await.ok();
    assert_eq!(me["second_factor_setup_required"], true);
    new.post("/cases", high().json())
        .await
        .refused(403, "second_factor_setup_required");
    let page = desk.client().get(desk.page("/cases"));
    let page = Asking::new("the cases".into(), page)
        .header("cookie", &new.cookie)
        .await;
    assert_eq!(
        (page.status, page.header("location")),
        (303, "/account/security")
    );
    turns_on(&desk, &new).await;
    new.get("/cases").await.ok();
    token.get("/cases").await.ok();
    let me = new.get("/me").await.ok();
    assert_eq!(me["second_factor_setup_required"], false);
    // Without it, she is back where she was.
    new.delete("/me/second-factor", json!({ "password": PASSWORD }))
        .await
        .done();
    new.get("/cases")
        .await
        .refused(403, "second_factor_setup_required");
    ada.put(
        "/second-factor-roles",
        json!({ "organization": "acme", "roles": [] }),
    )
    .await
    .ok();
    new.get("/cases").await.ok();
    let told = ada
        .get("/audit-events?kind=organization.changed")
        .await
        .ok();
    assert_eq!(told["items"].as_array().map(Vec::len), Some(2), "{told}");
}

async fn what_was_typed_survives_the_question_who_one_is(desk: Desk) {
    let Some(window) = signs_in(&desk, Scripts::Off, &desk.person("dana")).await else {
        return;
    };
    desk.passes(TimeDelta::minutes(11));
    window.goes_to(&desk.page("/account/tokens")).await;
    window.types("What it is for", "Nightly export").await;
    window.ticks("See cases").await;
    window.presses("Make the token").await;
    window.reads("Is it you?").await;
    window.types("Password", "not this one").await;
    window.presses("Continue").await;
    window.reads("This is not your password").await;
    window.types("Password", PASSWORD).await;
    window.presses("Continue").await;
    window.reads("Your new token").await;
    window.presses("I have kept it").await;
    window.reads("Nightly export").await;
    // For some minutes she is not asked again.
    window.goes_to(&desk.page("/account/security")).await;
    window.presses("Set it up").await;
    window.reads("Scan this with your app").await;
    window.close().await;
}

/// The button is in the menu that bears one's name.
async fn signs_out(window: &Browser) {
    for path in [
        "//details[.//form[@action='/sign-out']]/summary",
        "//form[@action='/sign-out']//button",
    ] {
        let button = window.client.find(Locator::XPath(path)).await;
        button.expect("it is there").click().await.expect("pressed");
    }
}

async fn nothing_is_shown_after_signing_out(desk: Desk) {
    let dana = desk.person("dana");
    let case = dana.opens(high().about("Nobody else reads this")).await;
    let Some(window) = signs_in(&desk, Scripts::On, &dana).await else {
        return;
    };
    window
        .goes_to(&desk.page(&format!("/cases/{}", case.number)))
        .await;
    window.reads("Nobody else reads this").await;
    window.goes_to(&desk.page("/account")).await;
    signs_out(&window).await;
    window.reads("You are signed out").await;
    for _ in 0..3 {
        window.client.back().await.expect("the page before");
        window.reads("Sign in").await;
        window.does_not_read("Nobody else reads this").await;
        window.does_not_read("Name, time zone and language").await;
    }
    leaves(window).await;
}

/// Over TLS, as a proxy in front of it tells it.
#[test]
fn cookies_and_headers_over_tls() {
    for backend in [Backend::Sqlite, Backend::Postgresql] {
        let settings = [("CASEBELL_PUBLIC_URL", "https://help.bellhop.test")];
        Desk::for_story_with(backend, &settings, async |desk: Desk| {
            let answer = sign_in(&desk, "dana@acme.test", PASSWORD).await;
            let cookie = answer.header("set-cookie").to_owned();
            assert!(cookie.starts_with("__Host-casebell="), "{cookie}");
            for part in ["Secure", "HttpOnly", "SameSite=Lax", "Path=/"] {
                assert!(cookie.split("; ").any(|said| said == part), "{cookie}");
            }
            assert_eq!(
                answer.header("strict-transport-security"),
                "max-age=63072000; includeSubDomains"
            );
            let dana = Session::begun(&desk, answer);
            for path in [
                "/", "/sign-in", "/cases", "/account", "/nowhere", "/healthz",
            ] {
                let page = desk.client().get(desk.page(path));
                let page = Asking::new(path.into(), page)
                    .header("cookie", &dana.cookie)
                    .await;
                assert_eq!(page.header("cache-control"), "no-store", "{path}");
            }
            let out = dana.delete("/sessions/current", json!({})).await;
            assert_eq!(out.header("clear-site-data"), "\"cache\", \"storage\"");
            out.done();
            let kinds = desk
                .database()
                .texts("SELECT kind AS text FROM audit_events");
            assert!(kinds.iter().any(|kind| kind == "session.closed"));
        });
    }
}
