//! Whatever stands in a path, a query, a header, a body or a form: it is taken or refused, and never an error of the desk.
//!
//! The rows are the route tables themselves, and the fields those of the published document, so that a new route is tried
//! by being there.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use reqwest::Method;
use reqwest::header::HeaderValue;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::answer::Answer;
use crate::support::database::on_both_databases;
use crate::support::desk::Desk;
use crate::support::person::{Asking, Person, high};
use crate::support::session::Session;

on_both_databases! { Desk:
    whatever_a_path_names_is_found_or_not,
    whatever_a_query_asks_is_answered_or_refused,
    whatever_a_body_says_is_taken_or_refused,
    whatever_a_form_says_is_taken_or_refused,
    whatever_a_header_says_is_taken_or_refused,
}

/// As it stands in a path or a query.
const TEXTS: &[&str] = &[
    "%00",
    "a%00b",
    "%2500",
    "%FF%FE",
    "%ED%A0%80",
    "%0A",
    "%E2%80%AE",
    "'%20OR%20''='",
    "%25%5F%5C",
    "-1",
    "C-000000",
    "C-9223372036854775807",
    "E-99999999999999999999",
    "00000000-0000-0000-0000-000000000000",
    "ffffffff-ffff-ffff-ffff-ffffffffffff",
    "0000-01-01T00:00:00Z",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999Z",
    "9999-12-31T23:59:60Z",
    "10000-01-01T00:00:00Z",
    "2016-12-31T23:59:60Z",
    "9999-12-31T23:59:59-23:59",
    "99999999999999999999",
    "1e400",
    ",,,,",
];

/// How many of them are asked with at the same time, where nothing comes of it that others would see.
const AT_ONCE: usize = 4;

/// Texts and longer ones.
fn texts() -> Vec<String> {
    let mut texts: Vec<String> = TEXTS.iter().map(|text| (*text).to_owned()).collect();
    texts.push("x".repeat(5000));
    texts.push("%25".repeat(2000));
    texts
}

#[track_caller]
fn is_no_error_of_ours(answer: &Answer) {
    assert!(answer.status < 500, "{answer:?}");
}

/// The path with every parameter's place taken by the text.
fn filled(path: &str, text: impl Fn(&str) -> String) -> String {
    let mut filled = String::new();
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').expect("a closing brace");
        filled.push_str(before);
        filled.push_str(&text(name));
        rest = after;
    }
    filled + rest
}

/// What is on the desk, by the names that paths have for it.
async fn things(desk: &Desk) -> BTreeMap<&'static str, String> {
    let (dana, eve, ada) = (desk.person("dana"), desk.person("eve"), desk.person("ada"));
    let case = dana.opens(high()).await;
    desk.passes(chrono::TimeDelta::hours(24));
    let escalation = dana.escalates(&case, "no_update").taken().await;
    let entry = eve.writes(&case, "Hello.").await;
    let due_at = (desk.now() + chrono::TimeDelta::days(1)).to_rfc3339();
    let step = json!({ "what": "Look", "who": "Eve", "due_at": due_at });
    let path = format!("/cases/{}/next-steps", case.number);
    let step = eve.post(&path, step).await.created();
    let path = format!("/cases/{}/attachments?name=a.log", case.number);
    let file = dana.asks(Method::POST, &path).body("a line");
    let file = file.await.created();
    let article = json!({
        "title": "Keys", "category": "Guides", "body": "Once a year.",
        "audience": { "to": "everyone" }, "state": "published",
    });
    let article = eve.post("/articles", article).await.created();
    let first = |list: Value| list["items"][0]["id"].as_str().map(str::to_owned);
    let nils = ada.all("/users").await;
    let nils = nils
        .iter()
        .find(|user| user["email"] == "nils@acme.test")
        .expect("nils");
    let id = |value: &Value| value["id"].as_str().expect("an id").to_owned();
    let mut things = BTreeMap::from([
        ("case", case.number),
        ("escalation", escalation.number),
        ("entry", id(&entry)),
        ("attachment", id(&file)),
        ("step", id(&step)),
        ("article", id(&article)),
        ("version", "1".to_owned()),
        ("category", "guides".to_owned()),
        ("user", id(nils)),
        ("person", id(nils)),
        ("organization", "globex".to_owned()),
        ("reason", "no_update".to_owned()),
        ("code", "no_update".to_owned()),
        ("role", "portal_viewer".to_owned()),
    ]);
    for (name, path) in [
        ("line", "/lines-of-business"),
        ("calendar", "/calendars"),
        ("group", "/access-groups"),
        ("notice", "/notices"),
    ] {
        things.extend(first(ada.get(path).await.ok()).map(|id| (name, id)));
    }
    things
}

/// Each text, as each of these asks with it.
fn by_each<'a, T>(
    all: &'a [T],
    texts: &'a [String],
) -> impl Iterator<Item = (&'a T, &'a String)> + 'a {
    texts
        .iter()
        .flat_map(move |text| all.iter().map(move |one| (one, text)))
}

async fn whatever_a_path_names_is_found_or_not(desk: Desk) {
    let texts = texts();
    let people = ["ada", "dana"].map(|key| desk.person(key));
    let mut sessions = Vec::new();
    for person in &people {
        sessions.push(Session::of(&desk, person).await);
    }
    for route in casebell::http::routes::routes() {
        let method: Method = route.method.as_str().parse().expect("a method");
        if !route.path.contains('{') {
            continue;
        }
        for some in texts.chunks(AT_ONCE) {
            let asked = by_each(&people, some).map(|(person, text)| {
                let path = filled(route.path, |_| text.clone());
                let asking = person.asks(method.clone(), &path);
                let asking = match method {
                    Method::GET | Method::DELETE => asking,
                    _ => asking.json(&json!({})),
                };
                asking.into_future()
            });
            for answer in join_all(asked).await {
                is_no_error_of_ours(&answer);
                assert!(answer.status >= 400, "names nothing: {answer:?}");
            }
        }
    }
    for route in casebell::http::portal::routes::routes() {
        if !route.path.contains('{') {
            continue;
        }
        for some in texts.chunks(AT_ONCE) {
            let asked = by_each(&sessions, some).map(|(session, text)| {
                let path = filled(route.path, |_| text.clone());
                let (session, reads) = (session.clone(), route.method.as_str() == "GET");
                async move {
                    match reads {
                        true => session.page(&path).await,
                        false => session.sends(&path, &[]).await,
                    }
                }
            });
            for answer in join_all(asked).await {
                is_no_error_of_ours(&answer);
            }
        }
    }
}

async fn whatever_a_query_asks_is_answered_or_refused(desk: Desk) {
    let texts = texts();
    let things = things(&desk).await;
    let people = ["ada", "dana"].map(|key| desk.person(key));
    for route in casebell::http::routes::routes() {
        if route.method.as_str() != "GET" || route.path.ends_with("/live") {
            continue;
        }
        let path = filled(route.path, |name| {
            things.get(name).cloned().unwrap_or_default()
        });
        for member in &route.shape.query {
            for some in texts.chunks(AT_ONCE) {
                let asked = by_each(&people, some).map(|(person, text)| {
                    let path = format!("{path}?{}={text}", member.name);
                    person.asks(Method::GET, &path).into_future()
                });
                for answer in join_all(asked).await {
                    is_no_error_of_ours(&answer);
                }
            }
        }
        // Cursors are texts of ours that come back changed.
        let has_cursor = route
            .shape
            .query
            .iter()
            .any(|member| member.name == "cursor");
        if has_cursor {
            for person in &people {
                turns_pages_of_nothing(person, &path).await;
            }
        }
    }
    let session = Session::of(&desk, &people[0]).await;
    let names = [
        "q",
        "cursor",
        "status",
        "priority",
        "organization",
        "state",
        "view",
        "from",
        "until",
        "case",
        "actor",
        "kind",
        "copy",
        "next",
        "reason",
        "owner",
        "trustor",
        "trustee",
        "page",
        "from_time",
    ];
    for route in casebell::http::portal::routes::routes() {
        if route.method.as_str() != "GET" {
            continue;
        }
        let path = filled(route.path, |name| {
            things.get(name).cloned().unwrap_or_default()
        });
        let query = |text: &String| -> String {
            // Long texts alone, for an address has an end.
            let asked: &[&str] = match text.len() {
                ..1000 => &names,
                _ => &names[..3],
            };
            let query: Vec<String> = asked.iter().map(|name| format!("{name}={text}")).collect();
            format!("{path}?{}", query.join("&"))
        };
        for some in texts.chunks(AT_ONCE) {
            let pages = some.iter().map(|text| {
                let (session, path) = (session.clone(), query(text));
                async move { session.page(&path).await }
            });
            for page in join_all(pages).await {
                is_no_error_of_ours(&page);
            }
        }
    }
}

/// Takes the cursor of a list apart and puts what cannot be in it.
async fn turns_pages_of_nothing(person: &Person, path: &str) {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD as CODE;

    let joined = |query: String| {
        let joint = if path.contains('?') { '&' } else { '?' };
        format!("{path}{joint}{query}")
    };
    let page = person.get(&joined("limit=1".to_owned())).await;
    let Some(cursor) = page.json["next_cursor"].as_str() else {
        return;
    };
    let cursor: Value =
        serde_json::from_slice(&CODE.decode(cursor).expect("base64")).expect("JSON");
    let parts = match &cursor["key"] {
        Value::Array(parts) => parts.clone(),
        one => vec![one.clone()],
    };
    for index in 0..parts.len() {
        for wrong in [
            json!("a\u{0}b"),
            json!("0000-01-01T00:00:00Z"),
            json!("+200000-01-01T00:00:00Z"),
            json!("-200000-01-01T00:00:00Z"),
            json!("2016-12-31T23:59:60Z"),
            json!("9999-12-31T23:59:59Z"),
            json!(i64::MAX),
            json!(i64::MIN),
            json!(1e300),
            json!("x".repeat(3000)),
            json!(null),
            json!([]),
        ] {
            let mut forged = cursor.clone();
            match forged["key"].as_array_mut() {
                Some(parts) => parts[index] = wrong,
                None => forged["key"] = wrong,
            }
            let forged = CODE.encode(forged.to_string());
            let answer = person
                .get(&joined(format!("limit=1&cursor={forged}")))
                .await;
            is_no_error_of_ours(&answer);
        }
    }
}

/// What cannot be meant, as JSON.
fn wrong_values() -> Vec<Value> {
    vec![
        json!("a\u{0}b"),
        json!("0001-01-01T00:00:00Z"),
        json!("9999-12-31T23:59:59.999999Z"),
        json!("2016-12-31T23:59:60Z"),
        json!("x".repeat(300)),
        json!("\u{202e}"),
        json!(i64::MAX),
        json!(1e300),
        json!([["x"]]),
        json!({ "x": { "\u{0}": "\u{0}" } }),
    ]
}

/// A value of a schema of the published document, as somebody might send it.
fn sample(document: &Value, schema: &Value) -> Value {
    if let Some(name) = schema["$ref"].as_str() {
        let pointer = name.trim_start_matches('#');
        return sample(document, document.pointer(pointer).expect("a schema"));
    }
    if let Some(several) = schema["oneOf"].as_array() {
        let one = several.iter().find(|one| one["type"] != "null");
        return sample(document, one.expect("more than null"));
    }
    if let Some(first) = schema["enum"].as_array().and_then(|all| all.first()) {
        return first.clone();
    }
    match schema["type"].as_str().unwrap_or_default() {
        "string" if schema["format"] == "date-time" => json!("2026-03-10T09:00:00Z"),
        "string" if schema["pattern"].is_string() => json!("word"),
        "string" => json!("Words"),
        "integer" => schema["minimum"]
            .as_f64()
            .map_or(json!(1), |least| json!(least as i64)),
        "boolean" => json!(true),
        "array" => json!([sample(document, &schema["items"])]),
        _ => {
            let members = schema["properties"]
                .as_object()
                .cloned()
                .unwrap_or_default();
            members
                .iter()
                .map(|(name, member)| (name.clone(), sample(document, member)))
                .collect::<serde_json::Map<_, _>>()
                .into()
        }
    }
}

async fn whatever_a_body_says_is_taken_or_refused(desk: Desk) {
    desk.some_notices_stay_unsent();
    let things = things(&desk).await;
    let people = ["ada", "dana"].map(|key| desk.person(key));
    let document = people[0].get("/openapi.json").await.ok();
    for route in casebell::http::routes::routes() {
        let method = route.method.as_str().to_lowercase();
        // What hashes passwords, or takes away with what the others are asked, is tried elsewhere.
        let apart = ["password", "second-factor", "sessions", "invitations"];
        if method == "get" || apart.iter().any(|word| route.path.contains(word)) {
            continue;
        }
        let operation = &document["paths"][route.path][&method];
        let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
        if schema.is_null() {
            continue;
        }
        let path = filled(route.path, |name| {
            things.get(name).cloned().unwrap_or_default()
        });
        let method: Method = route.method.as_str().parse().expect("a method");
        let good = sample(&document, schema);
        let names: Vec<String> = good
            .as_object()
            .into_iter()
            .flat_map(|members| members.keys().cloned())
            .collect();
        for name in names {
            for wrong in wrong_values() {
                let mut body = good.clone();
                body[&name] = wrong;
                for person in &people {
                    let answer = person.asks(method.clone(), &path).json(&body).await;
                    is_no_error_of_ours(&answer);
                }
            }
        }
        for raw in [
            r#"{"x": "\ud800"}"#,
            "[[[[[[[[[[[[[[[[[[[[[[[[",
            "\u{feff}{}",
            "nul",
            "1e999",
        ] {
            let answer = people[0]
                .asks(method.clone(), &path)
                .header("content-type", "application/json")
                .body(raw.to_owned())
                .await;
            is_no_error_of_ours(&answer);
            assert!(answer.status >= 400, "{answer:?}");
        }
    }
    // Whatever was taken, everything can still be looked at.
    for path in [
        "/cases",
        "/escalations",
        "/users",
        "/organizations",
        "/calendars",
        "/audit-events",
        "/escalation-reasons",
    ] {
        people[0].get(path).await.ok();
    }
}

async fn whatever_a_form_says_is_taken_or_refused(desk: Desk) {
    desk.some_notices_stay_unsent();
    let things = things(&desk).await;
    let mut sessions = Vec::new();
    for key in ["ada", "dana"] {
        sessions.push(Session::of(&desk, &desk.person(key)).await);
    }
    let names = [
        "subject",
        "description",
        "priority",
        "body",
        "note",
        "reason",
        "details",
        "reply",
        "what",
        "who",
        "due_at",
        "at",
        "with",
        "channel",
        "summary",
        "name",
        "code",
        "label",
        "slug",
        "email",
        "first_name",
        "last_name",
        "time_zone",
        "calendar",
        "holidays",
        "hours",
        "mon",
        "questions",
        "reshape",
        "governed_by",
        "role",
        "roles",
        "organization",
        "person",
        "member",
        "group",
        "line",
        "parent",
        "line_of_business",
        "version",
        "outcome",
        "score",
        "comment",
        "owner",
        "importance",
        "urgency",
        "state",
        "until",
        "kind",
        "value",
        "next",
        "expires_at",
        "permissions",
        "region",
        "deployment",
        "business_impact",
        "product",
        "answers",
        "answer-business_impact",
        "ics",
        "records",
        "token",
        "secret",
        "timestamp",
        "signature",
        "file",
        "visibility",
    ];
    let long = "x".repeat(60_000);
    // Who sends so much that is not taken is told so after a moment, in which others are sent.
    let mut told = JoinSet::new();
    for route in casebell::http::portal::routes::routes() {
        // As above.
        let apart = [
            "sign",
            "password",
            "second-factor",
            "session",
            "setup",
            "end-others",
            "organization",
        ];
        if route.method.as_str() != "POST" || apart.iter().any(|word| route.path.contains(word)) {
            continue;
        }
        let path = filled(route.path, |name| {
            things.get(name).cloned().unwrap_or_default()
        });
        for text in [
            "a\u{0}b",
            "\u{202e}",
            "0001-01-01T00:00",
            "9999-12-31T23:59",
            "-1",
            "99999999999999999999",
            "' OR ''='",
        ] {
            let fields: Vec<(&str, &str)> = names.iter().map(|name| (*name, text)).collect();
            for session in &sessions {
                is_no_error_of_ours(&session.sends(&path, &fields).await);
            }
        }
        for session in &sessions {
            if told.len() >= 2 * AT_ONCE {
                let answer = told.join_next().await.expect("some wait");
                is_no_error_of_ours(&answer.expect("no panic"));
            }
            let (session, path, long) = (session.clone(), path.clone(), long.clone());
            told.spawn(async move {
                let fields = names[..6].iter().map(|name| (*name, &*long));
                let fields: Vec<(&str, &str)> = fields.collect();
                session.sends(&path, &fields).await
            });
        }
    }
    for answer in told.join_all().await {
        is_no_error_of_ours(&answer);
    }
}

async fn whatever_a_header_says_is_taken_or_refused(desk: Desk) {
    let dana = desk.person("dana");
    let values: [&[u8]; 9] = [
        b"\xff\xfe",
        b"%00",
        b"\"",
        b"W/\"9223372036854775808-x\"",
        b"\"\", \"\"",
        b"*, *",
        b"Bearer cbt_%00",
        b"casebell_session=%00; casebell_session=\xff; casebell_theme=%FF; casebell_flash=%00",
        &[b'x'; 6000],
    ];
    let names = [
        "acting-organization",
        "idempotency-key",
        "last-event-id",
        "if-match",
        "if-none-match",
        "cookie",
        "authorization",
        "x-csrf-token",
        "user-agent",
        "x-request-id",
        "accept",
        "accept-language",
        "content-type",
        "forwarded",
        "x-forwarded-for",
        "range",
        "if-modified-since",
        "origin",
        "sec-fetch-site",
    ];
    for name in names {
        for value in values {
            let value = HeaderValue::from_bytes(value).expect("a value");
            for path in ["/api/v1/me", "/api/v1/cases", "/cases", "/sign-in"] {
                let mut asking = desk.client().get(desk.page(path));
                if name != "authorization" && name != "cookie" {
                    asking = asking.bearer_auth(dana.token());
                }
                let asking = asking.header(name, value.clone());
                is_no_error_of_ours(&Asking::new(format!("{path} with {name}"), asking).await);
            }
            let asking = desk
                .client()
                .post(desk.api("/cases"))
                .bearer_auth(dana.token())
                .json(&json!({}))
                .header(name, value);
            is_no_error_of_ours(&Asking::new(format!("open with {name}"), asking).await);
        }
    }
}
