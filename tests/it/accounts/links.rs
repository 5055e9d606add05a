//! One-time links: invitations, and new passwords in place of forgotten ones.

use super::*;

on_both_databases! { Desk:
    an_invitation_is_followed,
    an_invitation_says_why_it_is_no_good,
    an_invitation_is_good_for_one_of_a_hundred,
    nobody_invites_other_peoples_people,
    a_forgotten_password_is_set_anew,
    nobody_learns_who_has_forgotten_a_password,
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
    let nora = Session::begun(&desk, sign_in(&desk, "nora@acme.test", NEW).await);
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
    let second = token_in(desk.mailbox().await.to("nora@acme.test"), "/invitations/");
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
    let third = token_in(desk.mailbox().await.to("nora@acme.test"), "/invitations/");
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
    // Let in again, they need a new one.
    redeem(&desk, &third, NEW)
        .await
        .refused(410, "link_revoked");
    ada.post(&format!("/users/{id}/invitation"), json!({}))
        .await
        .created();
    let fourth = token_in(desk.mailbox().await.to("nora@acme.test"), "/invitations/");
    redeem(&desk, &fourth, NEW).await.done();
    redeem(&desk, &fourth, NEW).await.refused(409, "link_used");
    // The page says the same and shows nobody.
    for (token, status) in [(fourth, 409), ("nonsense".to_owned(), 404)] {
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
            // Only so many passwords are hashed at once, however quick the machine is. Whoever is one too many is told,
            // before anything is done, when to try again, and does.
            loop {
                let answer = redeem(&desk, &token, &password).await;
                if answer.status != 503 {
                    return (answer, password);
                }
                let busy = answer.refused(503, "busy");
                assert_eq!(busy.header("retry-after"), "2");
            }
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
    let first = token_in(
        desk.mailbox().await.to("dana@acme.test"),
        "/password-resets/",
    );
    ask().await.with(202);
    let second = token_in(
        desk.mailbox().await.to("dana@acme.test"),
        "/password-resets/",
    );
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
    assert!(
        desk.mailbox()
            .await
            .recipients()
            .contains(&"dana@acme.test")
    );
    // An hour, and no longer.
    ask().await.with(202);
    let third = token_in(
        desk.mailbox().await.to("dana@acme.test"),
        "/password-resets/",
    );
    desk.passes(TimeDelta::hours(1));
    redeem(third, PASSWORD).await.refused(410, "link_expired");
}

async fn nobody_learns_who_has_forgotten_a_password(desk: Desk) {
    let ada = desk.person("ada");
    let carl = id_of(&ada, "carl@acme.test").await;
    ada.patch(&format!("/users/{carl}"), json!({ "disabled": true }))
        .await
        .ok();
    desk.mailbox().await;
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
    assert_eq!(desk.mailbox().await.recipients(), ["dana@acme.test"]);
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
    desk.mailbox().await;
}
