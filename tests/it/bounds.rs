//! One person's content is nobody else's time: whatever it nests, lists or repeats, it is bounded, rendered once, and
//! stays readable.

use chrono::TimeDelta;
use diesel::connection::SimpleConnection;
use reqwest::Method;
use serde_json::{Map, Value, json};

use crate::support::database::on_both_databases;
use crate::support::desk::Desk;
use crate::support::person::{Case, Person, high};
use crate::support::session::Session;

on_both_databases! { Desk:
    what_nests_without_end_is_readable_and_bounded,
    words_are_rendered_when_they_are_written,
    what_an_earlier_release_rendered_is_rendered_anew,
    a_request_says_no_more_than_it_can_mean,
    a_search_is_bounded,
}

/// Texts that cost much, or come to much, with something to read in each.
fn dear_texts() -> Vec<String> {
    let table = |columns: usize, rows: usize| {
        format!(
            "{}\n{}\n{}",
            "|hello".repeat(columns),
            "|-".repeat(columns),
            "|x\n".repeat(rows)
        )
    };
    vec![
        format!("{} hello", ">".repeat(25_000)),
        format!("{}hello\n{}", "> ".repeat(60), "lazy\n".repeat(9_000)),
        format!("{}hello", "- 1. > ".repeat(7_000)),
        format!("hello {}", "*a **b ".repeat(7_000)),
        format!("hello {}", "[".repeat(49_000)),
        format!("hello {}", "![a](b)".repeat(7_000)),
        format!(
            "[a]: /{}\n\nhello {}",
            "x".repeat(5_000),
            "[a] ".repeat(11_000)
        ),
        format!("hello {}", "&<".repeat(24_000)),
        table(60, 14_000),
        table(5_000, 2_000),
    ]
}

async fn what_nests_without_end_is_readable_and_bounded(desk: Desk) {
    desk.some_notices_stay_unsent();
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let session = Session::of(&desk, &dana).await;
    for text in dear_texts() {
        assert!(text.chars().count() <= 50_000);
        let case = dana.opens(high()).await;
        let entry = eve.writes(&case, &text).await;
        let html = entry["body_html"].as_str().expect("HTML");
        assert_eq!(entry["body"].as_str().map(str::trim), Some(text.trim()));
        assert!(html.contains("hello"), "{}", &html[..html.len().min(200)]);
        assert!(
            html.len() <= 8 * text.len() + 4096,
            "{} of {}",
            html.len(),
            text.len()
        );
        // The same in the list, and on the page.
        let list = dana.case_feed(&case).await;
        assert!(list.iter().any(|entry| entry["body_html"] == html));
        let page = session.page(&format!("/cases/{}", case.number)).await;
        assert_eq!(page.status, 200);
        assert!(
            page.text.contains(html),
            "the page shows it as it was rendered"
        );
        // As a description too, which is rendered with the page.
        let other = dana.opens(high().with("description", text.as_str())).await;
        let page = session.page(&format!("/cases/{}", other.number)).await;
        assert!(page.text.contains(html));
    }
}

/// The rendered words of all entries, as the rows have them.
fn kept(desk: &Desk) -> Vec<String> {
    desk.database().texts(
        "SELECT coalesce(body_html, '(none)') AS text FROM feed_entries WHERE kind <> 'mark' ORDER BY at, id",
    )
}

async fn words_are_rendered_when_they_are_written(desk: Desk) {
    let (dana, eve, sam) = (desk.person("dana"), desk.person("eve"), desk.person("sam"));
    let case = dana.opens(high()).await;
    let entry = eve.writes(&case, "Look at **this**.").await;
    assert_eq!(kept(&desk), ["<p>Look at <strong>this</strong>.</p>\n"]);
    let path = format!("/feed-entries/{}", entry["id"].as_str().expect("an id"));
    let edited = eve
        .patch(&path, json!({ "body": "Look at *that*." }))
        .await
        .ok();
    assert_eq!(edited["body_html"], "<p>Look at <em>that</em>.</p>\n");
    assert_eq!(kept(&desk), ["<p>Look at <em>that</em>.</p>\n"]);
    // What is redacted is gone from there too.
    let reason = json!({ "reason": "Not for here." });
    let redacted = sam.post(&format!("{path}/redaction"), reason).await;
    assert_eq!(redacted.status, 200, "{redacted:?}");
    assert_eq!(redacted.json["body_html"], "");
    assert_eq!(kept(&desk), ["(none)"]);
}

async fn what_an_earlier_release_rendered_is_rendered_anew(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let case = dana.opens(high()).await;
    eve.writes(&case, "From *before*.").await;
    eve.writes(&case, "From *long* before.").await;
    let mut conn = desk.database().connect();
    conn.batch_execute(
        "UPDATE feed_entries SET rendering = 0, body_html = '<p onclick=\"x\">Evil</p>' WHERE body LIKE '%*before*%'; \
         UPDATE feed_entries SET rendering = 0, body_html = NULL WHERE body LIKE '%*long*%'",
    )
    .expect("changed");
    drop(conn);
    let expected = [
        "<p>From <em>before</em>.</p>\n",
        "<p>From <em>long</em> before.</p>\n",
    ];
    let shown = |entries: Vec<Value>| -> Vec<String> {
        let html = entries.iter().filter(|entry| entry["kind"] == "comment");
        html.map(|entry| entry["body_html"].as_str().expect("HTML").to_owned())
            .collect()
    };
    assert_eq!(shown(dana.case_feed(&case).await), expected);
    let versions = |entries: &[Value]| -> Vec<Value> {
        entries
            .iter()
            .map(|entry| entry["version"].clone())
            .collect()
    };
    let before = versions(&dana.case_feed(&case).await);
    desk.works().await;
    assert_eq!(kept(&desk), expected);
    let after = dana.case_feed(&case).await;
    assert_eq!(
        versions(&after),
        before,
        "nothing that anybody reads has changed"
    );
    assert_eq!(shown(after), expected);
}

fn raw(
    person: &Person,
    method: Method,
    path: &str,
    body: String,
) -> crate::support::person::Asking {
    person
        .asks(method, path)
        .header("content-type", "application/json")
        .body(body)
}

async fn a_request_says_no_more_than_it_can_mean(desk: Desk) {
    let dana = desk.person("dana");
    let before = desk.rows();
    // As many as a body of this kind has room for.
    let members: Map<String, Value> = (0..30_000).map(|n| (format!("m{n}"), json!(n))).collect();
    let many = raw(
        &dana,
        Method::POST,
        "/cases",
        Value::Object(members).to_string(),
    )
    .await;
    let many = many.refused(400, "too_complex");
    assert!(many.text.len() < 2_000, "{} bytes", many.text.len());
    for body in [
        format!(
            "{{\"answers\": {}1{}}}",
            "[".repeat(40_000),
            "]".repeat(40_000)
        ),
        format!("{{\"answers\": [{}1]}}", "1,".repeat(60_000)),
        format!("{{\"x\": {}1{}}}", "{\"a\":".repeat(100), "}".repeat(100)),
    ] {
        raw(&dana, Method::POST, "/cases", body)
            .await
            .refused(400, "too_complex");
    }
    // Of what is wrong, a hundred are told.
    let wrong: Map<String, Value> = (0..4_000).map(|n| (format!("m{n}"), json!(n))).collect();
    let wrong = raw(
        &dana,
        Method::POST,
        "/cases",
        Value::Object(wrong).to_string(),
    )
    .await;
    let wrong = wrong.refused(422, "validation_failed");
    assert_eq!(wrong.json["errors"].as_array().map(Vec::len), Some(100));
    let long = format!("{{\"{}\": 1}}", "x".repeat(100_000));
    let long = raw(&dana, Method::POST, "/cases", long)
        .await
        .refused(422, "validation_failed");
    assert!(long.text.len() < 4_000, "{} bytes", long.text.len());
    // Said twice, nobody knows which is meant.
    let twice = r#"{"subject": "One", "subject": "Two"}"#.to_owned();
    let twice = raw(&dana, Method::POST, "/cases", twice)
        .await
        .refused(400, "malformed_json");
    let detail = twice.json["detail"].as_str().unwrap_or_default();
    assert!(detail.contains("subject"), "{detail}");
    // A route reads no more than its fields can need.
    let padded = format!(
        "{{\"email\": \"dana@acme.test\", \"password\": \"x\"{}}}",
        " ".repeat(100_000)
    );
    let padded = raw(&dana, Method::POST, "/sessions", padded)
        .await
        .refused(413, "too_large");
    assert!(
        padded.json["max_bytes"]
            .as_i64()
            .is_some_and(|most| most < 100_000),
        "{padded:?}"
    );
    let query = "status=open&".repeat(500);
    dana.get(&format!("/cases?{query}"))
        .await
        .refused(400, "too_complex");
    dana.get(&format!("/cases?status={}", "open,".repeat(500)))
        .await
        .names_fields(&[("status", "too_many")]);
    desk.is_unchanged_since(&before, "too much at once");
    // The longest words there are still fit, however they are written.
    let escaped: String = "\\ud83d\\ude00".repeat(50_000);
    let case = dana.opens(high()).await;
    let body = format!("{{\"body\": \"{escaped}\"}}");
    let path = format!("/cases/{}/feed", case.number);
    assert_eq!(raw(&dana, Method::POST, &path, body).await.status, 201);
    // And a form in the portal has as many fields as one can have.
    let session = Session::of(&desk, &dana).await;
    let names: Vec<String> = (0..3_000).map(|n| format!("f{n}")).collect();
    let fields: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "x")).collect();
    let form = session
        .sends(&format!("/cases/{}/feed", case.number), &fields)
        .await;
    assert_eq!(form.status, 400);
}

async fn a_search_is_bounded(desk: Desk) {
    let dana = desk.person("dana");
    let case = dana
        .opens(high().about("Router in Berlin drops calls"))
        .await;
    let numbers = |json: Value| -> Vec<String> {
        let items = json["items"].as_array().cloned().unwrap_or_default();
        items.iter().map(|case| Case::of(case).number).collect()
    };
    let found = dana.get("/cases?q=berlin").await.ok();
    assert_eq!(numbers(found), std::slice::from_ref(&case.number));
    assert!(numbers(dana.get("/cases?q=munich").await.ok()).is_empty());
    dana.get(&format!("/cases?q={}", "x".repeat(201)))
        .await
        .names_fields(&[("q", "too_long")]);
    let session = Session::of(&desk, &dana).await;
    assert!(
        session
            .page("/cases?q=berlin")
            .await
            .text
            .contains(&case.number)
    );
    // More than the field takes is cut, and more than a database takes never reaches it.
    for words in ["%25_".repeat(1_700), "x".repeat(7_000)] {
        assert_eq!(session.page(&format!("/cases?q={words}")).await.status, 200);
    }
    // An address ends somewhere, on a connection that was used before as on a new one.
    for _ in 0..3 {
        let long = format!("/cases?q={}", "x".repeat(9_000));
        assert_eq!(session.page(&long).await.status, 414);
        session.page("/cases?q=berlin").await;
    }
    desk.passes(TimeDelta::minutes(1));
}
