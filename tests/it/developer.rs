//! Developer tools: what failed here, and what a token or a signature is worth (A8).

use chrono::TimeDelta;
use diesel::connection::SimpleConnection;
use serde_json::{Value, json};
use standardwebhooks::Webhook;

use crate::support::database::on_both_databases;
use crate::support::desk::Desk;
use crate::support::paired::id_of;

on_both_databases! { Desk:
    what_failed_is_found_by_its_request,
    a_token_is_told_what_it_is_worth,
    a_signature_is_told_what_it_is_worth,
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
