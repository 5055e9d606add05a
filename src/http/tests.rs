//! The edge as a whole, over an embedded database: what every request goes through.

use std::sync::Arc;

use actix_web::http::{Method, StatusCode, header};
use actix_web::test::TestRequest;
use actix_web::{App, test, web};
use chrono::{TimeDelta, TimeZone, Utc};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::desk::Desk;
use super::server::services;
use crate::clock::Clock;
use crate::config::Settings;
use crate::credentials::{NewSecret, TOKEN_PREFIX, hash_password};
use crate::db::{Db, DbError, Location};
use crate::domain::access::{Permission, Role};
use crate::domain::organization::OrganizationKind;
use crate::domain::text::{EmailAddress, PersonName, Slug, Title};
use crate::store::people::{self, PersonChanges};
use crate::store::tokens::{self, NewToken};
use crate::words::Words;
use crate::workflow::administer::{AddOrganization, add_organization};
use crate::workflow::people::{AddPerson, add_person};

const PASSWORD: &str = "correct horse battery";

struct House {
    desk: Arc<Desk>,
    _folder: TempDir,
}

/// A desk with a provider's administrator `ada@example.com` and a designated contact `carl@acme.example`.
async fn house() -> House {
    let folder = tempfile::tempdir().expect("a folder");
    let now = Utc
        .with_ymd_and_hms(2026, 3, 3, 14, 5, 0)
        .single()
        .expect("an instant");
    let clock = Clock::manual(now);
    let db = Db::open(&Location::Sqlite(folder.path().join("casebell.db"))).expect("a database");
    let environment = [(
        "CASEBELL_DATA_DIR".into(),
        folder.path().as_os_str().to_owned(),
    )];
    let settings = Settings::read(None, environment).expect("settings");
    let key = settings.secret_key().expect("a key");
    let words = Words::load().expect("the catalogue");
    let address = ([127, 0, 0, 1], 8080).into();
    let desk = Desk::new(&settings, key, db.clone(), clock, words, address).expect("a desk");
    let desk = Arc::new(desk);
    db.write(move |conn| {
        for (slug, kind, email, role) in [
            (
                "provider",
                OrganizationKind::Provider,
                "ada@example.com",
                Role::Administrator,
            ),
            (
                "acme",
                OrganizationKind::Customer,
                "carl@acme.example",
                Role::DesignatedContact,
            ),
        ] {
            let add = AddOrganization {
                slug: Slug::parse(slug).expect("a slug"),
                name: Title::parse(slug).expect("a name"),
                kind,
                region: Title::parse("eu").expect("a region"),
                time_zone: chrono_tz::Europe::Berlin,
            };
            add_organization(conn, None, &add, now).expect("added");
            let add = AddPerson {
                organization: slug.to_owned(),
                email: EmailAddress::parse(email).expect("an address"),
                first_name: PersonName::parse("First").expect("a name"),
                last_name: PersonName::parse("Last").expect("a name"),
                time_zone: None,
                roles: vec![role.into()],
                password_hash: Some(hash_password(PASSWORD).expect("hashed")),
            };
            add_person(conn, None, &add, now).expect("added");
        }
        Ok::<_, DbError>(())
    })
    .await
    .expect("set up");
    House {
        desk,
        _folder: folder,
    }
}

/// Answers requests as the server would. (The service's own type cannot be named here.)
macro_rules! app {
    ($house:expr) => {{
        let app = App::new()
            .app_data(web::Data::from(Arc::clone(&$house.desk)))
            .configure(services);
        let app = test::init_service(app).await;
        async move |request: TestRequest| {
            let response = test::call_service(&app, request.to_request()).await;
            let (status, headers) = (response.status(), response.headers().clone());
            let bytes = test::read_body(response).await;
            Answer {
                status,
                headers,
                json: serde_json::from_slice(&bytes).unwrap_or(Value::Null),
            }
        }
    }};
}

mod desk;

/// One request and what came of it.
struct Answer {
    status: StatusCode,
    headers: header::HeaderMap,
    json: Value,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    fn code(&self) -> (u16, &str) {
        (
            self.status.as_u16(),
            self.json["code"].as_str().unwrap_or_default(),
        )
    }
}

async fn ask(
    app: &impl AsyncFn(TestRequest) -> Answer,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    body: Option<&str>,
) -> Answer {
    let mut request = TestRequest::with_uri(&format!("/api/v1{path}")).method(method);
    for (name, value) in headers {
        request = request.insert_header((*name, *value));
    }
    if let Some(body) = body {
        request = request.set_payload(body.to_owned());
    }
    app(request).await
}

const JSON: (&str, &str) = ("content-type", "application/json");

async fn sign_in(app: &impl AsyncFn(TestRequest) -> Answer, email: &str, password: &str) -> Answer {
    let body = json!({"email": email, "password": password}).to_string();
    ask(app, Method::POST, "/sessions", &[JSON], Some(&body)).await
}

/// The cookie and the token of a fresh session.
async fn session(app: &impl AsyncFn(TestRequest) -> Answer, email: &str) -> (String, String) {
    let answer = sign_in(app, email, PASSWORD).await;
    assert_eq!(answer.status, 201, "{}", answer.json);
    let cookie = answer
        .header("set-cookie")
        .expect("a cookie")
        .split(';')
        .next()
        .expect("a pair")
        .to_owned();
    (
        cookie,
        answer.json["csrf_token"]
            .as_str()
            .expect("a token")
            .to_owned(),
    )
}

/// A token of somebody's, with a scope or without.
async fn token(house: &House, email: &str, scope: Option<&[Permission]>) -> String {
    let secret = NewSecret::with_prefix(TOKEN_PREFIX);
    let email = EmailAddress::parse(email).expect("an address");
    let (hash, now) = (secret.hash.clone(), house.desk.clock.now());
    let scope = scope.map(|scope| scope.iter().copied().collect());
    house
        .desk
        .db
        .write(move |conn| {
            let person = people::by_email(conn, &email)?.expect("there").id;
            let new = NewToken {
                person,
                name: "test",
                token_hash: &hash,
                permissions: scope.as_ref(),
                expires_at: None,
                made_with: None,
            };
            tokens::issue(conn, &new, now)?;
            Ok::<_, DbError>(())
        })
        .await
        .expect("issued");
    format!("Bearer {}", secret.text.expose_secret())
}

#[actix_web::test]
async fn a_session_is_opened_used_and_closed() {
    let house = house().await;
    let app = app!(house);
    let answer = sign_in(&app, " Carl@ACME.example ", PASSWORD).await;
    assert_eq!(answer.status, 201, "{}", answer.json);
    let cookie = answer.header("set-cookie").expect("a cookie");
    for attribute in [
        "casebell_session=cbs_",
        "HttpOnly",
        "SameSite=Lax",
        "Path=/",
    ] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    assert!(!cookie.contains("Secure"), "{cookie}");
    assert_eq!(answer.json["organization"]["slug"], "acme");
    assert_eq!(answer.json["side"], "customer");

    let (cookie, csrf) = session(&app, "carl@acme.example").await;
    let me = ask(&app, Method::GET, "/me", &[("cookie", &cookie)], None).await;
    assert_eq!(me.json["person"]["email"], "carl@acme.example");
    assert_eq!(me.json["person"]["time_zone"], "Europe/Berlin");
    assert_eq!(me.json["csrf_token"], csrf);
    assert!(
        me.json["permissions"]
            .as_array()
            .expect("a list")
            .contains(&json!("escalations:submit"))
    );

    let bare = ask(
        &app,
        Method::DELETE,
        "/sessions/current",
        &[("cookie", &cookie)],
        None,
    )
    .await;
    assert_eq!(bare.code(), (403, "csrf"));
    let headers = [("cookie", cookie.as_str()), ("x-csrf-token", &csrf)];
    let closed = ask(&app, Method::DELETE, "/sessions/current", &headers, None).await;
    assert_eq!(closed.status, 204);
    assert!(
        closed
            .header("set-cookie")
            .expect("a cookie")
            .contains("Max-Age=0")
    );
    let gone = ask(&app, Method::GET, "/me", &[("cookie", &cookie)], None).await;
    assert_eq!(gone.code(), (401, "unauthenticated"));
    assert!(
        gone.header("www-authenticate")
            .expect("a challenge")
            .starts_with("Bearer")
    );
}

#[actix_web::test]
async fn a_session_ends_with_its_time_and_with_its_person() {
    let house = house().await;
    let app = app!(house);
    let (cookie, _) = session(&app, "carl@acme.example").await;
    let (ada, _) = session(&app, "ada@example.com").await;
    house
        .desk
        .db
        .write(|conn| {
            let carl = people::by_email(
                conn,
                &EmailAddress::parse("carl@acme.example").expect("an address"),
            )?;
            let now = Utc
                .timestamp_opt(0, 0)
                .single()
                .map(crate::db::sql_types::At);
            let changes = PersonChanges {
                disabled_at: Some(now),
                ..PersonChanges::default()
            };
            people::update(conn, carl.expect("there").id, &changes)?;
            Ok::<_, DbError>(())
        })
        .await
        .expect("shut out");
    assert_eq!(
        ask(&app, Method::GET, "/me", &[("cookie", &cookie)], None)
            .await
            .status,
        401
    );
    assert_eq!(
        sign_in(&app, "carl@acme.example", PASSWORD).await.code(),
        (401, "invalid_credentials")
    );

    assert_eq!(
        ask(&app, Method::GET, "/me", &[("cookie", &ada)], None)
            .await
            .status,
        200
    );
    house.desk.clock.advance(TimeDelta::days(7));
    assert_eq!(
        ask(&app, Method::GET, "/me", &[("cookie", &ada)], None)
            .await
            .status,
        401
    );
}

#[actix_web::test]
async fn nobody_learns_who_exists_and_many_failures_pause() {
    let house = house().await;
    let app = app!(house);
    let known = sign_in(&app, "carl@acme.example", "wrong").await;
    let unknown = sign_in(&app, "nobody@acme.example", "wrong").await;
    let malformed = sign_in(&app, "no address", "wrong").await;
    assert_eq!(known.code(), (401, "invalid_credentials"));
    assert_eq!(known.json, unknown.json);
    assert_eq!(known.json, malformed.json);

    for email in ["carl@acme.example", "nobody@acme.example"] {
        for _ in 0..4 {
            assert_eq!(sign_in(&app, email, "wrong").await.status, 401);
        }
        // Now even the right password has to wait: a second, and longer with every failure.
        for wait in [1, 2, 4, 8, 16, 32, 60, 60] {
            let paused = sign_in(&app, email, PASSWORD).await;
            assert_eq!(paused.code(), (429, "too_many_attempts"));
            assert_eq!(paused.header("retry-after"), Some(&wait.to_string()[..]));
            house.desk.clock.advance(TimeDelta::seconds(wait));
            assert_eq!(sign_in(&app, email, "wrong").await.status, 401);
        }
    }
    house.desk.clock.advance(TimeDelta::minutes(1));
    assert_eq!(
        sign_in(&app, "carl@acme.example", PASSWORD).await.status,
        201
    );
    // Whoever succeeded begins anew.
    for _ in 0..5 {
        assert_eq!(
            sign_in(&app, "carl@acme.example", "wrong").await.status,
            401
        );
    }
}

#[actix_web::test]
async fn a_token_is_shown_once_and_never_allows_more_than_its_scope() {
    let house = house().await;
    let app = app!(house);
    let (cookie, csrf) = session(&app, "carl@acme.example").await;
    let mut headers = vec![JSON, ("cookie", cookie.as_str()), ("x-csrf-token", &csrf)];
    let body =
        json!({"name": "reader", "permissions": ["cases:view", "escalations:view"]}).to_string();
    headers.push(("idempotency-key", "k1"));
    let made = ask(&app, Method::POST, "/tokens", &headers, Some(&body)).await;
    assert_eq!(made.status, 201, "{}", made.json);
    let bearer = format!("Bearer {}", made.json["token"].as_str().expect("a secret"));
    let again = ask(&app, Method::POST, "/tokens", &headers, Some(&body)).await;
    assert_eq!(
        (again.status.as_u16(), again.header("idempotency-replayed")),
        (201, Some("true"))
    );
    assert_eq!(again.json["id"], made.json["id"]);
    assert_eq!(again.json["token"], Value::Null);

    let me = ask(
        &app,
        Method::GET,
        "/me",
        &[("authorization", &bearer)],
        None,
    )
    .await;
    assert_eq!(
        me.json["permissions"],
        json!(["cases:view", "escalations:view"])
    );
    assert_eq!(me.json["csrf_token"], Value::Null);
    let refused = ask(
        &app,
        Method::GET,
        "/tokens",
        &[("authorization", &bearer)],
        None,
    )
    .await;
    assert_eq!(refused.code(), (403, "scoped_token"));

    let held = json!({"name": "x", "permissions": ["cases:view", "audit:view"], "expires_at": "2020-01-01T00:00:00Z"});
    headers.pop();
    let refused = ask(
        &app,
        Method::POST,
        "/tokens",
        &headers,
        Some(&held.to_string()),
    )
    .await;
    assert_eq!(refused.code(), (422, "validation_failed"));
    assert_eq!(refused.json["errors"][0]["code"], "not_held");
    assert_eq!(refused.json["errors"][1]["field"], "expires_at");

    let list = ask(&app, Method::GET, "/tokens", &[("cookie", &cookie)], None).await;
    assert_eq!(list.json["items"].as_array().map(Vec::len), Some(1));
    let path = format!("/tokens/{}", made.json["id"].as_str().expect("an id"));
    assert_eq!(
        ask(&app, Method::DELETE, &path, &headers, None)
            .await
            .status,
        204
    );
    assert_eq!(
        ask(
            &app,
            Method::GET,
            "/me",
            &[("authorization", &bearer)],
            None
        )
        .await
        .status,
        401
    );
    assert_eq!(
        ask(&app, Method::DELETE, &path, &headers, None)
            .await
            .code(),
        (404, "not_found")
    );
}

#[actix_web::test]
async fn a_key_makes_a_post_safe_to_repeat() {
    let house = house().await;
    let app = app!(house);
    let bearer = token(&house, "carl@acme.example", None).await;
    let post = async |key: &str, body: &str| {
        let headers = [
            JSON,
            ("authorization", bearer.as_str()),
            ("idempotency-key", key),
        ];
        ask(&app, Method::POST, "/tokens", &headers, Some(body)).await
    };
    let body = json!({"name": "one"}).to_string();
    let first = post("a", &body).await;
    let second = post("a", &body).await;
    assert_eq!(first.json["id"], second.json["id"]);
    assert_eq!(first.header("location"), second.header("location"));
    assert_eq!(
        post("a", &json!({"name": "two"}).to_string()).await.code(),
        (422, "idempotency_key_reused")
    );
    // A refusal leaves the key free for the corrected request.
    assert_eq!(post("b", "{}").await.status, 422);
    assert_eq!(post("b", &body).await.status, 201);
    assert_eq!(
        post(&"x".repeat(256), &body).await.code(),
        (400, "malformed_header")
    );
    house.desk.clock.advance(TimeDelta::hours(24));
    let later = post("a", &body).await;
    assert_ne!(later.json["id"], first.json["id"]);
}

#[actix_web::test]
async fn bodies_and_addresses_are_refused_in_one_shape() {
    let house = house().await;
    let app = app!(house);
    let bearer = token(&house, "carl@acme.example", None).await;
    let auth = ("authorization", bearer.as_str());
    let post = async |headers: &[(&str, &str)], body: &str| {
        ask(&app, Method::POST, "/tokens", headers, Some(body)).await
    };
    assert_eq!(
        post(&[JSON, auth], "{").await.code(),
        (400, "malformed_json")
    );
    assert_eq!(
        post(&[JSON, auth], "[]").await.code(),
        (422, "validation_failed")
    );
    assert_eq!(
        post(&[auth, ("content-type", "text/plain")], "{}")
            .await
            .code(),
        (415, "unsupported_media_type")
    );
    assert_eq!(
        post(&[JSON, auth], &"x".repeat(1024 * 1024 + 1))
            .await
            .code(),
        (413, "too_large")
    );
    let wrong = post(&[JSON, auth], r#"{"name": 7, "colour": "red"}"#).await;
    let fields: Vec<_> = wrong.json["errors"]
        .as_array()
        .expect("errors")
        .iter()
        .map(|e| e["field"].clone())
        .collect();
    assert_eq!(fields, ["name", "colour"]);
    assert_eq!(
        post(&[JSON, auth], "").await.json["errors"][0]["code"],
        "required"
    );

    assert_eq!(post(&[JSON], "{").await.code(), (401, "unauthenticated"));
    assert_eq!(
        ask(&app, Method::GET, "/tokens/nonsense", &[auth], None)
            .await
            .code(),
        (405, "method_not_allowed")
    );
    assert_eq!(
        ask(&app, Method::DELETE, "/tokens/nonsense", &[auth], None)
            .await
            .code(),
        (404, "not_found")
    );
    assert_eq!(
        ask(&app, Method::GET, "/nothing", &[auth], None)
            .await
            .code(),
        (404, "not_found")
    );
    let limit = ask(
        &app,
        Method::GET,
        "/tokens?limit=0&cursor=x&q=1",
        &[auth],
        None,
    )
    .await;
    let named: Vec<_> = limit.json["errors"]
        .as_array()
        .expect("errors")
        .iter()
        .map(|e| e["field"].clone())
        .collect();
    assert_eq!(named, ["limit", "q"]);
    assert_eq!(
        ask(&app, Method::GET, "/tokens?cursor=x", &[auth], None)
            .await
            .json["errors"][0]["field"],
        "cursor"
    );
    assert_eq!(
        ask(&app, Method::HEAD, "/me", &[auth], None).await.status,
        200
    );
}

#[actix_web::test]
async fn one_acts_in_ones_own_organization_only() {
    let house = house().await;
    let app = app!(house);
    let bearer = token(&house, "carl@acme.example", None).await;
    let acting = async |organization: &str| {
        let headers = [
            ("authorization", bearer.as_str()),
            ("acting-organization", organization),
        ];
        ask(&app, Method::GET, "/me", &headers, None).await
    };
    let me = acting("acme").await;
    assert_eq!(me.status, 200);
    assert_eq!(
        acting(me.json["organization"]["id"].as_str().expect("an id"))
            .await
            .status,
        200
    );
    for other in ["provider", "nobody", ""] {
        assert_eq!(acting(other).await.code(), (404, "organization_not_found"));
    }
}
