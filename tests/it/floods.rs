//! What a crowd of strangers costs: no memory that is not given back, and nobody else's time.

use std::io::{Read, Write};
use std::net::TcpStream;

use futures_util::StreamExt;
use futures_util::stream;
use reqwest::{Client, RequestBuilder, StatusCode};
use serde_json::json;

use crate::support::desk::{client, runtime};
use crate::support::process::Process;
use crate::support::process_guard::PATIENCE;
use crate::support::waiting::until;

/// Sends `count` requests, 16 at a time; all of them are answered.
async fn flood(count: usize, request: impl Fn(usize) -> RequestBuilder) -> Vec<StatusCode> {
    stream::iter(0..count)
        .map(|n| {
            let sent = request(n).timeout(PATIENCE).send();
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
        flood(16, |_| get("/api/v1/openapi.json".to_owned())).await;
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

/// A connection of somebody who types by hand.
fn connect(origin: &str, text: &str) -> TcpStream {
    let address = origin.strip_prefix("http://").expect("an address");
    let mut stream = TcpStream::connect(address).expect("a connection");
    stream.set_read_timeout(Some(PATIENCE)).expect("a limit");
    stream.write_all(text.as_bytes()).expect("sent");
    stream
}

/// Everything that is said until the server closes.
fn rest(mut stream: TcpStream) -> String {
    let mut said = Vec::new();
    let ended = stream.read_to_end(&mut said);
    let said = String::from_utf8_lossy(&said).into_owned();
    assert!(ended.is_ok(), "it is not closed: {ended:?}; {said}");
    said
}

#[test]
fn whoever_does_not_go_on_is_told_so_and_let_go() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Process::serve(folder.path(), &[]);
    let head = "GET /healthz HTTP/1.1\r\nHost: desk\r\n";
    let body = "POST /api/v1/sessions HTTP/1.1\r\nHost: desk\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{";
    let form = "POST /sign-in HTTP/1.1\r\nHost: desk\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\na";
    let second = format!("{head}\r\n{head}");
    // More than what the system keeps for whoever does not read it.
    let document = "GET /api/v1/openapi.json HTTP/1.1\r\nHost: desk\r\n\r\n";
    let mut deaf = connect(&server.origin, &document.repeat(100));
    // All of them wait at the same time.
    let slow = [head, body, form, &second].map(|text| connect(&server.origin, text));
    let [head, body, form, second] = slow.map(rest);
    assert!(head.starts_with("HTTP/1.1 408 "), "{head}");
    assert!(head.contains("\"request_timeout\""), "{head}");
    assert!(body.starts_with("HTTP/1.1 408 "), "{body}");
    assert!(body.contains("\"request_timeout\""), "{body}");
    assert!(form.starts_with("HTTP/1.1 408 "), "{form}");
    // The first request of a connection is no licence for the second.
    assert!(second.starts_with("HTTP/1.1 200 "), "{second}");
    assert!(second.contains("HTTP/1.1 408 "), "{second}");
    // Whoever takes no answer is cut off: that is noticed by who goes on writing.
    let is_cut_off = async || deaf.write_all(b"\r\n").is_err();
    runtime().block_on(until("whoever does not read is let go", is_cut_off));

    let long = format!("GET /{} HTTP/1.1\r\nHost: desk\r\n\r\n", "x".repeat(70_000));
    let said = rest(connect(&server.origin, &long[..20_000]));
    assert!(said.starts_with("HTTP/1.1 414 "), "{said}");
    let large = format!(
        "GET / HTTP/1.1\r\nHost: desk\r\nA: {}\r\n\r\n",
        "x".repeat(32 * 1024)
    );
    let said = rest(connect(&server.origin, &large));
    assert!(said.starts_with("HTTP/1.1 431 "), "{said}");
    // Nor is a request before it, whose answer comes first.
    for (too_large, status) in [(&long, "414"), (&large, "431")] {
        let both = format!("GET /healthz HTTP/1.1\r\nHost: desk\r\n\r\n{too_large}");
        let said = rest(connect(&server.origin, &both));
        assert!(said.starts_with("HTTP/1.1 200 "), "{said}");
        assert!(said.contains(&format!("HTTP/1.1 {status} ")), "{said}");
    }
}

/// A body that is refused before it has come is not read as a request, and whoever sends it gets to read why.
#[test]
fn whoever_sends_too_much_is_told_so_and_let_go() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Process::serve(folder.path(), &[]);
    let megabyte = "x".repeat(1024 * 1024);
    let head = format!(
        "POST /api/v1/sessions HTTP/1.1\r\nHost: desk\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        megabyte.len()
    );
    // All of it is sent before anything is read.
    let said = rest(connect(&server.origin, &format!("{head}{megabyte}")));
    assert!(said.starts_with("HTTP/1.1 413 "), "{said}");
    assert!(
        said.to_lowercase().contains("\r\nconnection: close\r\n"),
        "{said}"
    );
    assert_eq!(said.matches("HTTP/1.1").count(), 1, "{said}");
}

#[test]
fn a_crowd_of_slow_clients_keeps_nobody_out() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Process::serve_modestly(folder.path(), &[]);
    let (had, most) = server.descriptors();
    assert_eq!(had, most, "it takes as many as it may");
    let reads = || {
        runtime().block_on(async {
            let client = client();
            flood(50, |_| client.get(format!("{}/sign-in", server.origin))).await
        })
    };
    // It serves before it is complete: the threads that hash take 19 MiB each a moment later, and a page that is asked for
    // the first time brings some 5 MiB of the program into memory. From there on 50 pages and 600 slow clients take less
    // than one.
    runtime().block_on(async {
        let client = client();
        flood(16, |n| guess(&client, &server.origin, n)).await;
        flood(1, |_| client.get(format!("{}/sign-in", server.origin))).await;
    });
    let before = server.memory();
    let slow: Vec<TcpStream> = (0..600)
        .map(|_| connect(&server.origin, "GET /healthz HTTP/1.1\r\nHost: "))
        .collect();
    let answers = reads();
    assert!(answers.iter().all(StatusCode::is_success), "{answers:?}");
    let grown = server.memory() - before;
    assert!(grown < 10.0, "{grown:.1} MiB more than {before:.1} MiB");
    // They come from one place, which keeps so many; the first of them have made room.
    assert!(rest(slow.into_iter().next().expect("one")).starts_with("HTTP/1.1 408 "));
}
