//! The second factor: asked for, shown once, guessed at, replaced by a recovery code, given up.

use super::*;

on_both_databases! { Desk:
    a_second_factor_is_asked_for,
    a_code_is_taken_once,
    codes_are_not_guessed,
    a_recovery_code_stands_in_once,
    a_second_factor_is_given_up_or_taken_away,
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
    let (secret, codes) = turns_on(&desk, &dana).await;
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
    assert_eq!(desk.mailbox().await.recipients(), ["dana@acme.test"]);
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
    let (secret, _) = turns_on(&desk, &dana).await;
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
    // An older one is not taken after a newer one, and none before its time.
    for seconds in [-30, 30] {
        with(code_of(&secret, desk.now() + TimeDelta::seconds(seconds)))
            .await
            .refused(401, "invalid_second_factor");
    }
    // One that is a step old is taken, and no older one; guesses are forgotten by then.
    desk.passes(TimeDelta::minutes(61));
    with(code_of(&secret, desk.now() - TimeDelta::seconds(60)))
        .await
        .refused(401, "invalid_second_factor");
    with(code_of(&secret, desk.now() - TimeDelta::seconds(30)))
        .await
        .created();
}

async fn codes_are_not_guessed(desk: Desk) {
    let dana = Session::open(&desk, "dana@acme.test").await;
    let (secret, _) = turns_on(&desk, &dana).await;
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
    // Whoever guesses at the door keeps nobody from anything who is inside.
    dana.post(
        "/me/second-factor/recovery-codes",
        json!({ "code": code_of(&secret, desk.now()) }),
    )
    .await
    .created();
    desk.passes(TimeDelta::seconds(wait) + TimeDelta::minutes(15));
    with(code_of(&secret, desk.now())).await.created();
}

async fn a_recovery_code_stands_in_once(desk: Desk) {
    let dana = Session::open(&desk, "dana@acme.test").await;
    let (secret, codes) = turns_on(&desk, &dana).await;
    desk.mailbox().await;
    let with = |code: &str| {
        signing_in(
            &desk,
            json!({ "email": "dana@acme.test", "password": PASSWORD, "code": code }),
            "",
        )
    };
    with(&codes[0].to_uppercase()).await.created();
    let told = desk.mailbox().await;
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
    turns_on(&desk, &carl).await;
    let foreign = json!({ "email": "carl@acme.test", "password": PASSWORD, "code": renewed["recovery_codes"][1] });
    signing_in(&desk, foreign, "")
        .await
        .refused(401, "invalid_second_factor");
}

async fn a_second_factor_is_given_up_or_taken_away(desk: Desk) {
    let dana = Session::open(&desk, "dana@acme.test").await;
    let (secret, _) = turns_on(&desk, &dana).await;
    desk.passes(TimeDelta::seconds(90));
    let code = code_of(&secret, desk.now());
    let with = json!({ "email": "dana@acme.test", "password": PASSWORD, "code": code });
    let elsewhere = Session::begun(&desk, signing_in(&desk, with, "").await);
    dana.delete("/me/second-factor", json!({ "password": "not it" }))
        .await
        .names_fields(&[("password", "wrong_password")]);
    elsewhere.get("/me").await.ok();
    dana.delete("/me/second-factor", json!({ "password": PASSWORD }))
        .await
        .done();
    // What was opened with it has ended with it.
    elsewhere.get("/me").await.refused(401, "unauthenticated");
    dana.delete("/me/second-factor", json!({ "password": PASSWORD }))
        .await
        .refused(409, "second_factor_off");
    let again = Session::open(&desk, "dana@acme.test").await;
    turns_on(&desk, &again).await;
    desk.mailbox().await;
    let abel = desk.person("abel");
    let id = id_of(&abel, "dana@acme.test").await;
    desk.person("vic")
        .delete(&format!("/users/{id}/second-factor"))
        .await
        .refused(404, "not_found");
    abel.delete(&format!("/users/{id}/second-factor"))
        .await
        .done();
    again.get("/me").await.refused(401, "unauthenticated");
    assert_eq!(desk.mailbox().await.recipients(), ["dana@acme.test"]);
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
