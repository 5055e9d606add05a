//! Developer tools: what failed here, and what a token or a signature is worth (A8).

use chrono::TimeDelta;
use diesel::connection::SimpleConnection;
use serde_json::{Value, json};
use standardwebhooks::Webhook;

use crate::support::database::on_both_databases;
use crate::support::desk::Desk;
use crate::support::paired::id_of;
use crate::support::session::Session;

on_both_databases! { Desk:
    what_failed_is_found_by_its_request,
    a_token_is_told_what_it_is_worth,
    a_signature_is_told_what_it_is_worth,
    the_tools_have_pages,
    what_is_pasted_is_not_kept,
}

async fn what_failed_is_found_by_its_request(desk: Desk) {
    let (devi, ada, mona) = (desk.person("devi"), desk.person("ada"), desk.person("mona"));
    assert_eq!(devi.all("/developer/errors").await, Vec::<Value>::new());
    let change = |sql: &str| {
        let mut conn = desk.database().connect();
        conn.batch_execute(sql).expect("changed");
    };
    change("ALTER TABLE access_requests RENAME TO elsewhere");
    let failed = ada.get("/access-requests").await;
    assert_eq!(failed.status, 500, "{}", failed.text);
    change("ALTER TABLE elsewhere RENAME TO access_requests");
    // What somebody asks for wrongly is no failure of the desk's.
    ada.get("/cases/C-999999").await.refused(404, "not_found");
    desk.works().await;
    let errors = devi.all("/developer/errors").await;
    assert_eq!(errors.len(), 1, "{errors:?}");
    let error = &errors[0];
    assert_eq!(error["request_id"], failed.header("x-request-id"));
    for (field, value) in [
        ("method", json!("GET")),
        ("route", json!("/api/v1/access-requests")),
        ("status", json!(500)),
        ("code", json!("internal")),
        ("at", json!(desk.now())),
    ] {
        assert_eq!(error[field], value, "{error}");
    }
    assert!(!error["cause"].as_str().unwrap_or_default().is_empty());
    // By the id that somebody was told, it is found.
    let of = |id: &str| format!("/developer/errors?request_id={id}&count=true");
    let found = devi.get(&of(failed.header("x-request-id"))).await.ok();
    assert_eq!((&found["items"][0], &found["count"]), (error, &json!(1)));
    assert_eq!(devi.all(&of("another")).await, Vec::<Value>::new());
    let (devi, mona) = (
        Session::of(&desk, &devi).await,
        Session::of(&desk, &mona).await,
    );
    let page = devi.page("/admin/errors").await;
    for told in [
        failed.header("x-request-id"),
        "GET /api/v1/access-requests",
        "Answered with 500",
    ] {
        assert!(page.text.contains(told), "{told}: {page:?}");
    }
    let other = devi.page("/admin/errors?request_id=another").await;
    assert!(!other.text.contains("/api/v1/access-requests"), "{other:?}");
    assert_eq!(mona.page("/admin/errors").await.status, 403);
    let (devi, mona) = (desk.person("devi"), desk.person("mona"));
    mona.get("/developer/errors")
        .await
        .refused(403, "missing_permission");
    // They are kept for thirty days.
    desk.passes(TimeDelta::days(31));
    desk.works().await;
    assert_eq!(devi.all("/developer/errors").await, Vec::<Value>::new());
}

async fn a_token_is_told_what_it_is_worth(desk: Desk) {
    let (devi, dana, ada) = (desk.person("devi"), desk.person("dana"), desk.person("ada"));
    let expires = desk.now() + TimeDelta::hours(1);
    let made = json!({ "name": "Nightly", "expires_at": expires });
    let made = dana.post("/tokens", made).await.created();
    let secret = made["token"].as_str().expect("a token").to_owned();
    let worth = async |token: &str| {
        let checked = devi.post("/developer/token-checks", json!({ "token": token }));
        checked.await.ok()
    };
    let good = worth(&secret).await;
    assert_eq!(
        (&good["worth"], &good["token"]["name"], &good["token"]["id"]),
        (&json!("good"), &json!("Nightly"), &made["id"])
    );
    assert_eq!(good["token"]["owner"]["name"], "Dana Cole");
    assert!(!good.to_string().contains(&secret), "it is not repeated");
    for (other, expected) in [
        ("hello", "malformed"),
        (&format!("cbt_{}", "A".repeat(43)), "unknown"),
    ] {
        let told = worth(other).await;
        assert_eq!(told["worth"], expected, "{told}");
        assert_eq!(told["token"], Value::Null);
    }
    let person = format!("/users/{}", id_of(&dana).await);
    ada.patch(&person, json!({ "disabled": true })).await.ok();
    // Who is shut out has lost their tokens, for good.
    let shut_out = worth(&secret).await;
    assert!(
        ["owner_disabled", "revoked"].contains(&shut_out["worth"].as_str().unwrap_or_default()),
        "{shut_out}"
    );
    let nightly = json!({ "name": "Nightly", "expires_at": expires });
    let of_devi = devi.post("/tokens", nightly).await.created();
    let secret = of_devi["token"].as_str().expect("a token");
    desk.reaches(expires);
    assert_eq!(worth(secret).await["worth"], "expired");
    let path = format!("/tokens/{}", of_devi["id"].as_str().expect("an id"));
    devi.delete(&path).await.done();
    assert_eq!(worth(secret).await["worth"], "revoked");
    let asked = json!({ "token": secret });
    dana.post("/developer/token-checks", asked)
        .await
        .refused(401, "unauthenticated");
}

async fn a_signature_is_told_what_it_is_worth(desk: Desk) {
    let (devi, sam) = (desk.person("devi"), desk.person("sam"));
    let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let (id, body, sent) = ("msg_1", r#"{"type":"case.opened"}"#, desk.now().timestamp());
    let webhook = Webhook::new(secret).expect("a secret");
    let signature = webhook.sign(id, sent, body.as_bytes()).expect("signed");
    let asked = |body: &str| {
        json!({
            "secret": secret, "id": id, "timestamp": sent.to_string(), "signature": signature, "body": body,
        })
    };
    let path = "/developer/signature-checks";
    let good = devi.post(path, asked(body)).await.ok();
    assert_eq!(good["worth"], "good", "{good}");
    let other = devi.post(path, asked("{}")).await.ok();
    assert_eq!(other["worth"], "different", "{other}");
    desk.passes(TimeDelta::minutes(6));
    let old = devi.post(path, asked(body)).await.ok();
    assert_eq!(old["worth"], "too_old", "{old}");
    sam.post(path, asked(body))
        .await
        .refused(403, "missing_permission");
}

async fn the_tools_have_pages(desk: Desk) {
    let (devi, dana) = (desk.person("devi"), desk.person("dana"));
    let made = json!({ "name": "Nightly", "permissions": ["cases:view"] });
    let made = dana.post("/tokens", made).await.created();
    let secret = made["token"].as_str().expect("a token");
    let session = Session::of(&desk, &devi).await;
    let page = session.page("/admin").await;
    let page = session.page(page.header("location")).await;
    for place in ["/admin/errors", "/admin/checks", "/admin/provisioning"] {
        assert!(page.text.contains(&format!("href=\"{place}\"")), "{page:?}");
    }
    let told = session
        .sends("/admin/checks/token", &[("token", secret)])
        .await;
    assert_eq!(told.status, 200, "{told:?}");
    for words in ["The token is valid.", "Nightly", "Dana Cole", "See cases"] {
        assert!(told.text.contains(words), "{words}: {told:?}");
    }
    let other = session
        .sends("/admin/checks/token", &[("token", "hello")])
        .await;
    assert!(
        other.text.contains("This is no token of this desk"),
        "{other:?}"
    );
    let empty = session.sends("/admin/checks/token", &[]).await;
    assert!(empty.status == 422 && empty.is_page(), "{empty:?}");

    // A body of several lines, of which a browser sends each with two characters at its end.
    let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let (sent, webhook) = (
        desk.now().timestamp(),
        Webhook::new(secret).expect("a secret"),
    );
    let body = "{\n  \"subject\": \"Ünder\"\n}\n".to_owned() + &" ".repeat(300);
    for body in [body.clone(), body.replace('\n', "\r\n")] {
        let signature = webhook
            .sign("msg_1", sent, body.as_bytes())
            .expect("signed");
        let typed = body.replace("\r\n", "\n").replace('\n', "\r\n");
        let sent = sent.to_string();
        let fields = [
            ("secret", secret),
            ("id", "msg_1"),
            ("timestamp", sent.as_str()),
            ("signature", signature.as_str()),
            ("body", typed.as_str()),
        ];
        let good = session.sends("/admin/checks/signature", &fields).await;
        assert!(good.text.contains("The signature is right"), "{good:?}");
        // What is no secret can be looked at again.
        assert!(
            good.text.contains(signature.trim_end_matches('=')) && !good.text.contains(secret),
            "{good:?}"
        );
        let other = [&fields[..4], &[("body", "{}")]].concat();
        let other = session.sends("/admin/checks/signature", &other).await;
        assert!(
            other.text.contains("another secret, id, time or body"),
            "{other:?}"
        );
        let asked = json!({ "secret": secret, "id": "msg_1", "timestamp": sent,
            "signature": signature, "body": body });
        let asked = devi.post("/developer/signature-checks", asked).await.ok();
        assert_eq!(asked["worth"], "good", "{asked}");
    }
}

async fn what_is_pasted_is_not_kept(desk: Desk) {
    let (devi, sam) = (desk.person("devi"), desk.person("sam"));
    let session = Session::of(&desk, &devi).await;
    let pasted = format!("cbt_{}", "A".repeat(43));
    let before = desk.rows();
    for fields in [
        vec![("token", pasted.as_str())],
        vec![("token", pasted.as_str()), ("once", "0123456789abcdef")],
    ] {
        let told = session.sends("/admin/checks/token", &fields).await;
        assert_eq!(told.status, 200, "{told:?}");
        assert!(!told.text.contains(&pasted), "it is shown again: {told:?}");
        assert!(told.headers.values().all(|value| !value.contains(&pasted)));
    }
    desk.is_unchanged_since(&before, "what is only looked at");
    // Nor is it carried along where somebody has to sign in first.
    let late = session.clone().with_token("old");
    let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let fields = [
        ("token", pasted.as_str()),
        ("secret", secret),
        ("body", "some words"),
    ];
    let refused = late.sends("/admin/checks/signature", &fields).await;
    assert_eq!(refused.status, 403, "{refused:?}");
    assert!(
        !refused.text.contains(&pasted) && !refused.text.contains(secret),
        "{refused:?}"
    );
    let sam = Session::of(&desk, &sam).await;
    for path in ["/admin/checks/token", "/admin/checks/signature"] {
        assert_eq!(sam.sends(path, &[("token", &pasted)]).await.status, 403);
    }
    assert_eq!(sam.page("/admin/checks").await.status, 403);
}
