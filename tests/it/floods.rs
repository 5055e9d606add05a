//! What a crowd of strangers costs: no memory that is not given back, and nobody else's time.

use futures_util::StreamExt;
use futures_util::stream;
use reqwest::{Client, RequestBuilder, StatusCode};
use serde_json::json;

use crate::support::desk::{client, runtime};
use crate::support::process::Process;

/// Sends `count` requests, 16 at a time; all of them are answered.
async fn flood(count: usize, request: impl Fn(usize) -> RequestBuilder) -> Vec<StatusCode> {
    stream::iter(0..count)
        .map(|n| {
            let sent = request(n).send();
            async move {
                let answer = sent.await.expect("an answer");
                let status = answer.status();
                answer.bytes().await.expect("all of it");
                status
            }
        })
        .buffer_unordered(16)
        .collect()
        .await
}

/// A stranger who guesses, each time for another account.
fn guess(client: &Client, origin: &str, n: usize) -> RequestBuilder {
    let body = json!({ "email": format!("nobody{n}@acme.test"), "password": "a guess at nothing" });
    client.post(format!("{origin}/api/v1/sessions")).json(&body)
}

#[test]
fn memory_stays_flat_whatever_strangers_ask_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Process::serve(folder.path(), &[]);
    let (client, origin) = (client(), server.origin.clone());
    let get = |path: String| client.get(format!("{origin}{path}"));
    runtime().block_on(async {
        // What is made once is there before it is measured.
        flood(50, |n| guess(&client, &origin, n)).await;
        flood(50, |_| get("/sign-in".to_owned())).await;
        let before = server.memory();
        let guesses = flood(400, |n| guess(&client, &origin, n)).await;
        // Those that came too many at a time were told so before anything was done for them.
        for status in guesses {
            assert!(matches!(status.as_u16(), 401 | 429 | 503), "{status}");
        }
        flood(200, |n| get(format!("/nothing/{n}"))).await;
        flood(200, |n| get(format!("/api/v1/nothing/{n}"))).await;
        flood(200, |_| get("/sign-in".to_owned())).await;
        flood(100, |_| get("/api/v1/openapi.json".to_owned())).await;
        flood(100, |n| {
            let wish = json!({ "email": format!("nobody{n}@acme.test") });
            client
                .post(format!("{origin}/api/v1/password-resets"))
                .json(&wish)
        })
        .await;
        let grown = server.memory() - before;
        assert!(grown < 20.0, "{grown:.1} MiB more than {before:.1} MiB");
    });
}

#[test]
fn a_log_that_nobody_reads_stops_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Process::serve_unread(folder.path(), &[]);
    let (client, origin) = (client(), server.origin.clone());
    runtime().block_on(async {
        // A pipe holds 64 KiB, which some two hundred lines fill.
        let answers = flood(1_000, |_| client.get(format!("{origin}/healthz"))).await;
        assert!(answers.iter().all(StatusCode::is_success));
    });
    // Nor does it keep the server from ending.
    assert_eq!(server.end_with("TERM").code(), Some(0));
}
