//! Files that people send and attach (F4): to entries of both feeds, to analyses and to what a case was opened with; who gets them,
//! and who does not; what is refused, and when. How they are kept, in a folder and in a bucket, and how pages send them, is in the files beside it.

mod bucket;
mod keeping;
mod pages;

use std::fs;
use std::path::{Path, PathBuf};

use casebell::domain::attachment::LARGEST;
use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::answer::Answer;
use crate::support::database::on_both_databases;
use crate::support::desk::Desk;
use crate::support::installation::Installation;
use crate::support::person::{Case, Person, high, medium};
use crate::support::process::Process;
use crate::support::session::Session;

on_both_databases! { Desk:
    f4_a_file_is_sent_attached_and_handed_out,
    f4_what_is_sent_is_its_senders_alone_until_it_is_attached,
    f4_a_file_is_seen_by_whoever_sees_what_it_is_attached_to,
    f4_only_what_one_has_sent_for_this_case_is_attached,
    f4_analyses_and_descriptions_carry_files,
    f4_hostile_names_do_nothing,
    f4_what_is_too_much_is_refused_at_once,
    f4_a_picture_is_handed_out_as_one_and_nothing_else_is,
    f4_a_part_is_handed_out_and_what_is_known_is_not,
    f4_a_request_that_is_repeated_sends_one_file,
    f4_mails_name_files_and_hold_none,
}

/// The beginning of a picture, and something behind it.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR and so on";

/// Sends a file for what somebody writes on a case.
async fn sends(person: &Person, case: &Case, name: &str, bytes: &[u8]) -> Answer {
    let path = format!("/cases/{}/attachments", case.number);
    sends_to(person, &path, name, bytes).await
}

async fn sends_to(person: &Person, path: &str, name: &str, bytes: &[u8]) -> Answer {
    let name: String = url::form_urlencoded::byte_serialize(name.as_bytes()).collect();
    person
        .asks(Method::POST, &format!("{path}?name={name}"))
        .body(bytes.to_vec())
        .await
}

/// A file of “the bytes”, which stands on a case of an installation that a process serves.
async fn of_a_case(desk: &Installation, server: &Process) -> Value {
    let case = desk.opening(server).send().await.expect("an answer");
    let case: Value = case.json().await.expect("JSON");
    let number = case["number"].as_str().expect("a number").to_owned();
    let on_case = format!("{}/api/v1/cases/{number}", server.origin);
    let asks = |path: &str| {
        let asked = desk.client.post(format!("{on_case}{path}"));
        asked.bearer_auth(desk.token("dana"))
    };
    let file = asks("/attachments?name=a.log").body("the bytes").send();
    let file: Value = (file.await.expect("an answer").json().await).expect("JSON");
    let entry = json!({ "body": "See the file.", "attachments": [file["id"]] });
    let entry = asks("/feed").json(&entry).send().await.expect("an answer");
    assert_eq!(entry.status(), 201);
    file
}

fn id(file: &Value) -> String {
    file["id"].as_str().expect("an id").to_owned()
}

async fn sent(person: &Person, case: &Case, name: &str, bytes: &[u8]) -> String {
    id(&sends(person, case, name, bytes).await.created())
}

/// Writes in a case feed, with files.
async fn writes(person: &Person, case: &Case, files: &[&str]) -> Answer {
    let path = format!("/cases/{}/feed", case.number);
    let body = json!({ "body": "See the file.", "attachments": files });
    person.post(&path, body).await
}

async fn content(person: &Person, file: &str) -> Answer {
    person.get(&format!("/attachments/{file}/content")).await
}

/// Where the bytes of a desk's attachments are.
fn folder(desk: &Desk) -> PathBuf {
    let data = desk.mail_folder().parent().expect("a data directory");
    data.join("attachments")
}

/// The files that are kept there.
fn kept(desk: &Desk) -> Vec<PathBuf> {
    fn within(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                within(&path, found);
            } else if path.file_name().is_some_and(|name| name != "lock") {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    within(&folder(desk), &mut found);
    found
}

async fn f4_a_file_is_sent_attached_and_handed_out(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let case = dana.opens(high()).await;
    let file = sends(&dana, &case, "server.log", b"T+28 re-INVITE\n").await;
    assert!(file.header("location").starts_with("/api/v1/attachments/"));
    let file = file.created();
    assert_eq!(
        (&file["name"], &file["size"], &file["media_type"]),
        (
            &json!("server.log"),
            &json!(15),
            &json!("application/octet-stream")
        )
    );
    assert_eq!(file["attached_at"], Value::Null);
    let file = id(&file);
    let second = sent(&dana, &case, "second.txt", b"more").await;
    let entry = writes(&dana, &case, &[&second, &file]).await.created();
    let named: Vec<&str> = entry["attachments"]
        .as_array()
        .expect("files")
        .iter()
        .filter_map(|file| file["name"].as_str())
        .collect();
    assert_eq!(
        named,
        ["second.txt", "server.log"],
        "in the order of the request"
    );
    let seen = eve.case_feed(&case).await;
    assert_eq!(seen[0]["attachments"], entry["attachments"]);
    let bytes = content(&eve, &file).await;
    assert_eq!(
        (bytes.status, bytes.text.as_str()),
        (200, "T+28 re-INVITE\n")
    );
    for (header, value) in [
        ("content-type", "application/octet-stream"),
        ("content-disposition", "attachment; filename=\"server.log\""),
        ("content-length", "15"),
        ("x-content-type-options", "nosniff"),
        ("accept-ranges", "bytes"),
        ("cache-control", "no-store"),
    ] {
        assert_eq!(bytes.header(header), value, "{header}");
    }
    assert!(bytes.header("content-security-policy").contains("sandbox"));
    let shown = eve.get(&format!("/attachments/{file}")).await.ok();
    assert_eq!(
        (&shown["entry"], &shown["case"]),
        (&entry["id"], &json!(case.id))
    );
    let all = eve
        .all(&format!("/cases/{}/attachments", case.number))
        .await;
    assert_eq!(all.len(), 2);
    // What was attached is audited by what it is, and not by what it is called.
    let events = desk.person("ada").all("/audit-events").await;
    let posted = events.iter().find(|event| event["kind"] == "entry.posted");
    let after = &posted.expect("an event")["after"];
    assert_eq!(after["attachments"], json!([second, file]));
    assert!(!after.to_string().contains("server.log"));
}

async fn f4_what_is_sent_is_its_senders_alone_until_it_is_attached(desk: Desk) {
    let (dana, eve, ada) = (desk.person("dana"), desk.person("eve"), desk.person("ada"));
    let carl = desk.person("carl");
    let case = dana.opens(high()).await;
    let file = sent(&dana, &case, "draft.txt", b"draft").await;
    assert_eq!(content(&dana, &file).await.status, 200);
    for other in [&carl, &eve, &ada] {
        content(other, &file).await.refused(404, "not_found");
        let path = format!("/attachments/{file}");
        other.get(&path).await.refused(404, "not_found");
        other.delete(&path).await.refused(404, "not_found");
    }
    let listed = ada
        .all(&format!("/cases/{}/attachments", case.number))
        .await;
    assert!(listed.is_empty(), "{listed:?}");
    writes(&dana, &case, &[&file]).await.created();
    let gone = dana.delete(&format!("/attachments/{file}")).await;
    gone.refused(409, "already_attached");
    // A day later what was attached to nothing is gone.
    let file = sent(&dana, &case, "late.txt", b"late").await;
    desk.passes(TimeDelta::days(1) - TimeDelta::seconds(1));
    assert_eq!(content(&dana, &file).await.status, 200);
    desk.passes(TimeDelta::seconds(1));
    let late = writes(&dana, &case, &[&file]).await;
    late.names_fields(&[("attachments[0]", "not_found")]);
    desk.works().await;
    content(&dana, &file).await.refused(404, "not_found");
}

async fn f4_a_file_is_seen_by_whoever_sees_what_it_is_attached_to(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let stranger = desk.person("gina");
    let case = dana.opens(high()).await;
    let shared = sent(&eve, &case, "shared.txt", b"for both").await;
    writes(&eve, &case, &[&shared]).await.created();
    let secret = sent(&eve, &case, "secret.txt", b"for us").await;
    let note = json!({ "body": "Ours.", "visibility": "internal", "attachments": [secret] });
    let path = format!("/cases/{}/feed", case.number);
    eve.post(&path, note).await.created();
    assert_eq!(content(&dana, &shared).await.text, "for both");
    assert_eq!(content(&eve, &secret).await.text, "for us");
    for (person, file) in [(&dana, &secret), (&stranger, &shared), (&stranger, &secret)] {
        content(person, file).await.refused(404, "not_found");
        let page = Session::of(&desk, person).await;
        let page = page.page(&format!("/attachments/{file}")).await;
        assert_eq!(page.status, 404);
    }
    let files = format!("/cases/{}/attachments", case.number);
    assert_eq!(dana.all(&files).await.len(), 1);
    assert_eq!(eve.all(&files).await.len(), 2);
    stranger.get(&files).await.refused(404, "not_found");
    sends(&stranger, &case, "a.txt", b"a")
        .await
        .refused(404, "not_found");
    // Nor does a customer learn of it by its feed, or by its page.
    let told = dana.get(&path).await;
    assert!(!told.text.contains("secret.txt"));
    let page = Session::of(&desk, &dana).await;
    let page = page.page(&format!("/cases/{}", case.number)).await;
    assert!(page.text.contains("shared.txt") && !page.text.contains("secret.txt"));
    // Whoever only reads sends nothing.
    let viewer = desk.person("vic");
    assert_eq!(content(&viewer, &shared).await.status, 200);
    let refused = sends(&viewer, &case, "a.txt", b"a").await;
    let refused = refused.refused(403, "missing_permission");
    assert_eq!(refused.json["permission"], "feeds:comment");
}

async fn f4_only_what_one_has_sent_for_this_case_is_attached(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let (case, other) = (dana.opens(high()).await, dana.opens(medium()).await);
    let own = sent(&dana, &case, "a.txt", b"a").await;
    let eves = sent(&eve, &case, "b.txt", b"b").await;
    let nobodys = "019cadc6-9a80-7000-929c-75e364ef40b2";
    let before = desk.rows();
    for (on, files, expected) in [
        (&case, vec![eves.as_str()], ("attachments[0]", "not_found")),
        (
            &case,
            vec![own.as_str(), nobodys],
            ("attachments[1]", "not_found"),
        ),
        (&other, vec![own.as_str()], ("attachments[0]", "not_found")),
        (
            &case,
            vec![own.as_str(), own.as_str()],
            ("attachments[1]", "given_twice"),
        ),
        (&case, vec!["a.txt"], ("attachments[0]", "malformed_id")),
        (&case, vec![nobodys; 11], ("attachments", "too_many")),
    ] {
        let refused = writes(&dana, on, &files).await;
        refused.names_fields(&[expected]);
    }
    desk.is_unchanged_since(&before, "a refused entry");
    writes(&dana, &case, &[&own]).await.created();
    let again = writes(&dana, &case, &[&own]).await;
    again.names_fields(&[("attachments[0]", "already_attached")]);
    let mut ten = Vec::new();
    for name in 0..10_u8 {
        ten.push(sent(&dana, &case, &format!("{name}.txt"), &[name + 1]).await);
    }
    let ten: Vec<&str> = ten.iter().map(String::as_str).collect();
    let entry = writes(&dana, &case, &ten).await.created();
    assert_eq!(entry["attachments"].as_array().map(Vec::len), Some(10));
    // A closed case takes nothing.
    dana.closes(&case).await.ok();
    sends(&dana, &case, "a.txt", b"a")
        .await
        .refused(409, "case_closed");
}

async fn f4_analyses_and_descriptions_carry_files(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let first = sends_to(&dana, "/attachments", "trace.txt", b"trace").await;
    let first = id(&first.created());
    let case = high().with("attachments", json!([first]));
    let case = dana.opens(case).await;
    assert_eq!(content(&eve, &first).await.text, "trace");
    let shown = eve.get(&format!("/attachments/{first}")).await.ok();
    assert_eq!(
        (&shown["case"], &shown["entry"]),
        (&json!(case.id), &Value::Null)
    );
    let page = Session::of(&desk, &eve).await;
    let page = page.page(&format!("/cases/{}", case.number)).await;
    assert!(page.text.contains(&format!("/attachments/{first}")));
    // What came with a description is not redacted with an entry: staff take it away by itself.
    let second = id(&sends_to(&dana, "/attachments", "key.txt", b"key")
        .await
        .created());
    let other = dana
        .opens(medium().with("attachments", json!([second])))
        .await;
    let refused = dana.delete(&format!("/attachments/{second}")).await;
    let refused = refused.refused(403, "missing_permission");
    assert_eq!(refused.json["permission"], "feeds:redact");
    let ada = Session::of(&desk, &desk.person("ada")).await;
    let page = ada.page(&format!("/cases/{}", other.number)).await;
    assert!(
        page.text
            .contains(&format!("action=\"/attachments/{second}\""))
    );
    let gone = ada.sends(&format!("/attachments/{second}"), &[]).await;
    assert_eq!(gone.status, 303, "{gone:?}");
    content(&dana, &second).await.refused(404, "not_found");
    for (table, rows) in desk.rows() {
        let told = rows.iter().any(|row| row.contains("key.txt"));
        assert!(!told, "{table} says what the file was called");
    }
    let path = format!("/cases/{}/rca", case.number);
    dana.post(&path, json!({})).await.created();
    let analysis = sent(&eve, &case, "analysis.pdf", b"%PDF-1.7").await;
    let body = json!({ "body": "## Cause", "attachments": [analysis] });
    let delivered = eve.post(&format!("{path}/delivery"), body).await;
    assert!((200..300).contains(&delivered.status), "{delivered:?}");
    let feed = dana.case_feed(&case).await;
    let rca = feed.iter().find(|entry| entry["kind"] == "rca");
    assert_eq!(
        rca.expect("an analysis")["attachments"][0]["name"],
        "analysis.pdf"
    );
    assert_eq!(content(&dana, &analysis).await.text, "%PDF-1.7");
    // In the escalation's feed too.
    desk.passes(TimeDelta::hours(25));
    dana.reads(&case).await;
    let escalation = dana.escalates(&case, "no_update").taken().await;
    let file = sent(&dana, &case, "impact.txt", b"impact").await;
    let path = format!("/escalations/{}/feed", escalation.number);
    let body = json!({ "body": "The impact.", "attachments": [file] });
    let entry = dana.post(&path, body).await.created();
    assert_eq!(entry["attachments"][0]["name"], "impact.txt");
    assert_eq!(content(&eve, &file).await.text, "impact");
}

async fn f4_hostile_names_do_nothing(desk: Desk) {
    let dana = desk.person("dana");
    let case = dana.opens(high()).await;
    let long = format!("{}.log", "x".repeat(190));
    let mut files = Vec::new();
    for (given, expected) in [
        ("../../../etc/passwd", "passwd"),
        ("C:\\temp\\a.log", "a.log"),
        ("invoice\u{202E}gol.log", "invoicegol.log"),
        ("say \"hi\";.log", "say _hi_;.log"),
        ("..", "file"),
        (long.as_str(), &format!("{}.log", "x".repeat(146))),
    ] {
        let file = sends(&dana, &case, given, given.as_bytes()).await.created();
        assert_eq!(file["name"], expected, "{given:?}");
        files.push(id(&file));
    }
    for given in ["a\0b.log", "a\r\nX-Evil: 1.log"] {
        let refused = sends(&dana, &case, given, b"x").await;
        refused.names_fields(&[("name", "control_character")]);
    }
    let named: Vec<&str> = files.iter().map(String::as_str).collect();
    writes(&dana, &case, &named).await.created();
    for file in &files {
        let answer = content(&dana, file).await;
        let header = answer.header("content-disposition");
        assert!(header.starts_with("attachment; filename=\""), "{header}");
        assert_eq!(answer.header("x-evil"), "");
    }
    // Nothing lies anywhere but under its hash.
    for path in kept(&desk) {
        let name = path.file_name().expect("a name").to_string_lossy();
        assert_eq!(name.len(), 62, "{}", path.display());
    }
    let page = Session::of(&desk, &dana).await;
    let page = page.page(&format!("/cases/{}", case.number)).await;
    assert_eq!(page.status, 200);
    let nameless = dana.asks(Method::POST, &format!("/cases/{}/attachments", case.number));
    let nameless = nameless.body(b"x".to_vec()).await;
    nameless.names_fields(&[("name", "required")]);
}

async fn f4_what_is_too_much_is_refused_at_once(desk: Desk) {
    let dana = desk.person("dana");
    let case = dana.opens(high()).await;
    let before = desk.rows();
    let large = vec![b'x'; LARGEST + 1];
    let refused = sends(&dana, &case, "large.bin", &large).await;
    let refused = refused.refused(413, "too_large");
    assert_eq!(refused.json["max_bytes"], LARGEST);
    for name in ["setup.exe", "Setup.EXE. ", "a.txt.scr"] {
        let refused = sends(&dana, &case, name, b"MZ").await;
        let refused = refused.names_fields(&[("name", "forbidden_kind")]);
        let message = refused.json["errors"][0]["message"].as_str();
        assert!(
            message.is_some_and(|message| message.contains("exe")),
            "{refused:?}"
        );
    }
    let empty = sends(&dana, &case, "empty.log", b"").await;
    empty.names_fields(&[("name", "empty")]);
    let packed = dana
        .asks(
            Method::POST,
            &format!("/cases/{}/attachments?name=a", case.number),
        )
        .header("content-encoding", "gzip")
        .body(b"x".to_vec())
        .await;
    packed.refused(415, "unsupported_encoding");
    desk.is_unchanged_since(&before, "a refused file");
    assert!(kept(&desk).is_empty());
    // The last byte that is taken.
    let file = sends(&dana, &case, "large.bin", &large[1..])
        .await
        .created();
    assert_eq!(file["size"], LARGEST);
}

async fn f4_a_picture_is_handed_out_as_one_and_nothing_else_is(desk: Desk) {
    let dana = desk.person("dana");
    let case = dana.opens(high()).await;
    let page = b"<!doctype html><script>alert(1)</script>";
    let svg = b"<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"/>";
    let mut files = Vec::new();
    for (name, bytes, expected) in [
        ("a.txt", PNG, "image/png"),
        ("page.html", &page[..], "application/octet-stream"),
        ("picture.svg", &svg[..], "application/octet-stream"),
        ("picture.png", b"no picture", "application/octet-stream"),
    ] {
        let file = sent(&dana, &case, name, bytes).await;
        let answer = content(&dana, &file).await;
        assert_eq!(answer.header("content-type"), expected, "{name}");
        assert!(
            answer
                .header("content-disposition")
                .starts_with("attachment;")
        );
        files.push(file);
    }
    let named: Vec<&str> = files.iter().map(String::as_str).collect();
    writes(&dana, &case, &named).await.created();
    let session = Session::of(&desk, &dana).await;
    let page = session.page(&format!("/cases/{}", case.number)).await;
    let shown = |file: &str| {
        page.text
            .contains(&format!("<img src=\"/attachments/{file}\""))
    };
    assert!(shown(&files[0]) && files[1..].iter().all(|file| !shown(file)));
    let file = session.page(&format!("/attachments/{}", files[1])).await;
    assert_eq!(file.header("content-type"), "application/octet-stream");
    assert!(file.header("content-security-policy").contains("sandbox"));
}

async fn f4_a_part_is_handed_out_and_what_is_known_is_not(desk: Desk) {
    let dana = desk.person("dana");
    let case = dana.opens(high()).await;
    let file = sent(&dana, &case, "a.txt", b"0123456789").await;
    let path = format!("/attachments/{file}/content");
    let asks = |name: &'static str, value: &str| dana.asks(Method::GET, &path).header(name, value);
    let whole = content(&dana, &file).await;
    let tag = whole.header("etag").to_owned();
    let part = asks("range", "bytes=2-4").await;
    assert_eq!((part.status, part.text.as_str()), (206, "234"));
    assert_eq!(part.header("content-range"), "bytes 2-4/10");
    let last = asks("range", "bytes=-3").await;
    assert_eq!((last.status, last.text.as_str()), (206, "789"));
    let several = asks("range", "bytes=0-1,3-4").await;
    assert_eq!((several.status, several.text.as_str()), (200, "0123456789"));
    let beyond = asks("range", "bytes=10-").await;
    assert_eq!(beyond.header("content-range"), "bytes */10");
    beyond.refused(416, "range_not_satisfiable");
    let known = asks("if-none-match", &tag).await;
    assert_eq!((known.status, known.text.as_str()), (304, ""));
    let other = asks("range", "bytes=2-4")
        .header("if-range", "\"other\"")
        .await;
    assert_eq!((other.status, other.text.as_str()), (200, "0123456789"));
    // As it is, whoever takes what is packed.
    let plain = asks("accept-encoding", "gzip").await;
    assert_eq!(plain.text, "0123456789");
    assert!(["", "identity"].contains(&plain.header("content-encoding")));
}

async fn f4_a_request_that_is_repeated_sends_one_file(desk: Desk) {
    let dana = desk.person("dana");
    let case = dana.opens(high()).await;
    let ask = |name: &str, bytes: &[u8]| {
        let path = format!("/cases/{}/attachments?name={name}", case.number);
        dana.asks(Method::POST, &path)
            .header("idempotency-key", "once")
            .body(bytes.to_vec())
    };
    let first = ask("a.txt", b"a").await;
    let again = ask("a.txt", b"a").await;
    assert_eq!((again.status, &again.json), (201, &first.json));
    assert_eq!(again.header("idempotency-replayed"), "true");
    for (name, bytes) in [("a.txt", b"b"), ("b.txt", b"a")] {
        let other = ask(name, bytes).await;
        other.refused(422, "idempotency_key_reused");
    }
}

async fn f4_mails_name_files_and_hold_none(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let case = dana.opens(high()).await;
    desk.mailbox().await;
    let file = sent(&eve, &case, "analysis.log", b"the bytes of it").await;
    writes(&eve, &case, &[&file]).await.created();
    let letters = desk.mailbox().await;
    let told: Vec<_> = (letters.0.iter())
        .filter(|mail| mail.text.contains("analysis.log"))
        .collect();
    assert!(!told.is_empty());
    for mail in told {
        assert!(!mail.text.contains("the bytes of it"));
    }
}
