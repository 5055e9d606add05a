//! Files that people send and attach (F4): to entries of both feeds, to analyses and to what a case was opened with; who gets them,
//! and who does not; what is refused, and when; and what becomes of those that nobody names.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use casebell::domain::attachment::LARGEST;
use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::answer::Answer;
use crate::support::database::{Backend, TestDatabase, on_both_databases};
use crate::support::desk::Desk;
use crate::support::installation::Installation;
use crate::support::person::{Case, Person, high, medium};
use crate::support::session::Session;

on_both_databases! { Desk:
    f4_a_file_is_sent_attached_and_handed_out,
    f4_the_same_bytes_are_kept_once,
    f4_what_is_sent_is_its_senders_alone_until_it_is_attached,
    f4_a_file_is_seen_by_whoever_sees_what_it_is_attached_to,
    f4_only_what_one_has_sent_for_this_case_is_attached,
    f4_analyses_and_descriptions_carry_files,
    f4_hostile_names_do_nothing,
    f4_what_is_too_much_is_refused_at_once,
    f4_a_redacted_entry_takes_its_files_away,
    f4_what_nobody_names_is_swept_away,
    f4_a_picture_is_handed_out_as_one_and_nothing_else_is,
    f4_a_part_is_handed_out_and_what_is_known_is_not,
    f4_a_request_that_is_repeated_sends_one_file,
    f4_pages_attach_in_one_act,
    f4_a_refused_form_keeps_its_files,
    f4_a_form_of_nobody_leaves_no_file,
    f4_mails_name_files_and_hold_none,
    f4_a_file_that_cannot_be_kept_or_read_is_a_clear_problem,
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

/// Makes kept files look as if they had been there for hours.
fn age(desk: &Desk) {
    for path in kept(desk) {
        let file = File::options().write(true).open(path).expect("a file");
        let hours = Duration::from_secs(5 * 60 * 60);
        file.set_modified(SystemTime::now() - hours).expect("aged");
    }
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

async fn f4_the_same_bytes_are_kept_once(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let case = dana.opens(high()).await;
    let first = sent(&dana, &case, "a.txt", b"the same").await;
    let other = sent(&eve, &case, "b.txt", b"the same").await;
    assert_ne!(first, other);
    assert_eq!(kept(&desk).len(), 1);
    // One of them is given up, the other stays whole.
    dana.delete(&format!("/attachments/{first}")).await.done();
    age(&desk);
    desk.works().await;
    assert_eq!(content(&eve, &other).await.text, "the same");
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
    let long = format!("{}.log", "x".repeat(300));
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

async fn f4_a_redacted_entry_takes_its_files_away(desk: Desk) {
    let (dana, eve, ada) = (desk.person("dana"), desk.person("eve"), desk.person("ada"));
    let case = dana.opens(high()).await;
    let key = "a-file-and-its-entry";
    let path = format!("/cases/{}/attachments?name=passwords.txt", case.number);
    let ask = || {
        dana.asks(Method::POST, &path)
            .header("idempotency-key", key)
            .body(b"hunter2".to_vec())
    };
    let file = id(&ask().await.created());
    let entry = writes(&dana, &case, &[&file]).await.created();
    desk.mailbox().await;
    let path = format!(
        "/feed-entries/{}/redaction",
        entry["id"].as_str().expect("an id")
    );
    let redacted = ada
        .post(&path, json!({ "reason": "A password." }))
        .await
        .ok();
    assert_eq!(redacted["attachments"], json!([]));
    for person in [&dana, &eve, &ada] {
        content(person, &file).await.refused(404, "not_found");
    }
    assert!(
        !ask().await.text.contains("passwords.txt"),
        "a kept answer says it"
    );
    for (table, rows) in desk.rows() {
        let told = rows.iter().any(|row| row.contains("passwords.txt"));
        assert!(!told, "{table} says what the file was called");
    }
    age(&desk);
    for _ in 0..8 {
        desk.works().await;
    }
    assert!(kept(&desk).is_empty(), "its bytes are there");
}

async fn f4_what_nobody_names_is_swept_away(desk: Desk) {
    let dana = desk.person("dana");
    let case = dana.opens(high()).await;
    let file = sent(&dana, &case, "kept.txt", b"kept").await;
    writes(&dana, &case, &[&file]).await.created();
    // As a process leaves it that is killed before the row is written, and while a file comes.
    let orphan = folder(&desk).join("ab");
    fs::create_dir_all(&orphan).expect("a folder");
    fs::write(orphan.join("c".repeat(62)), "orphan").expect("written");
    fs::write(folder(&desk).join("incoming").join(".tmpHALF"), "half").expect("written");
    desk.works().await;
    assert_eq!(kept(&desk).len(), 3, "it may be about to be named");
    age(&desk);
    for _ in 0..8 {
        desk.works().await;
    }
    assert_eq!(kept(&desk).len(), 1);
    assert_eq!(content(&dana, &file).await.text, "kept");
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

/// Sends a form in several parts, with these fields and files.
async fn sends_form(
    session: &Session,
    desk: &Desk,
    path: &str,
    fields: &[(&str, &str)],
    files: &[(&str, &[u8])],
) -> Answer {
    const BOUNDARY: &str = "----WebKitFormBoundaryB7MA4YWxkTrZu0gW";
    let mut body = Vec::new();
    let mut part = |head: String, content: &[u8]| {
        let head = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; {head}\r\n\r\n");
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    };
    for (name, value) in fields {
        part(format!("name=\"{name}\""), value.as_bytes());
    }
    for (name, bytes) in files {
        let head = format!("name=\"attachments\"; filename=\"{name}\"\r\nContent-Type: text/html");
        part(head, bytes);
    }
    body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
    let content_type = format!("multipart/form-data; boundary={BOUNDARY}");
    let builder = desk.client().post(desk.page(path));
    crate::support::person::Asking::new(format!("form {path}"), builder)
        .header("cookie", &session.cookie)
        .header("sec-fetch-site", "same-origin")
        .header("content-type", &content_type)
        .body(body)
        .await
}

/// The value of the first field of that name on a page.
fn field(page: &Answer, name: &str) -> String {
    let at = page.text.find(&format!("name=\"{name}\" value=\""));
    let rest = &page.text[at.unwrap_or_else(|| panic!("no {name}: {page:?}"))..];
    let value = rest.split("value=\"").nth(1).expect("a value");
    value.split('"').next().unwrap_or_default().to_owned()
}

async fn f4_pages_attach_in_one_act(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let case = dana.opens(high()).await;
    let session = Session::of(&desk, &dana).await;
    let page = session.page(&format!("/cases/{}", case.number)).await;
    assert!(page.text.contains("type=\"file\"") && page.text.contains("multipart/form-data"));
    let (csrf, once) = (field(&page, "csrf_token"), field(&page, "once"));
    let path = format!("/cases/{}/feed", case.number);
    let fields = [
        ("csrf_token", csrf.as_str()),
        ("once", &once),
        ("body", "Here they are."),
        ("visibility", "public"),
    ];
    let files = [("a.log", &b"first"[..]), ("", b""), ("b.png", PNG)];
    let done = sends_form(&session, &desk, &path, &fields, &files).await;
    assert_eq!(done.status, 303, "{done:?}");
    // A second click changes nothing.
    let again = sends_form(&session, &desk, &path, &fields, &files).await;
    assert_eq!(again.status, 303, "{again:?}");
    let feed = eve.case_feed(&case).await;
    let written: Vec<&Value> = feed.iter().filter(|one| one["kind"] == "comment").collect();
    assert_eq!(written.len(), 1, "{written:?}");
    let names: Vec<&Value> = written[0]["attachments"]
        .as_array()
        .expect("files")
        .iter()
        .map(|file| &file["name"])
        .collect();
    assert_eq!(names, ["a.log", "b.png"]);
    // A case is opened with files in one act too.
    let page = session.page("/cases/new").await;
    let (csrf, once) = (field(&page, "csrf_token"), field(&page, "once"));
    let fields = [
        ("csrf_token", csrf.as_str()),
        ("once", &once),
        ("subject", "With a file"),
        ("description", "See the file."),
        ("priority", "medium"),
        ("business_impact", "limited"),
        ("deployment", "cloud"),
    ];
    let opened = sends_form(&session, &desk, "/cases", &fields, &[("c.txt", b"third")]).await;
    assert_eq!(opened.status, 303, "{opened:?}");
    let opened = session.page(opened.header("location")).await;
    assert!(opened.text.contains("c.txt"), "{opened:?}");
}

async fn f4_a_refused_form_keeps_its_files(desk: Desk) {
    let dana = desk.person("dana");
    let case = dana.opens(high()).await;
    let session = Session::of(&desk, &dana).await;
    let page = session.page(&format!("/cases/{}", case.number)).await;
    let csrf = field(&page, "csrf_token");
    let path = format!("/cases/{}/feed", case.number);
    let nothing = [
        ("csrf_token", csrf.as_str()),
        ("body", "  "),
        ("visibility", "public"),
    ];
    let refused = sends_form(&session, &desk, &path, &nothing, &[("a.log", b"first")]).await;
    assert_eq!(refused.status, 422, "{refused:?}");
    assert!(refused.text.contains("a.log"));
    let file = field(&refused, "attachments[0]");
    let fields = [
        ("csrf_token", csrf.as_str()),
        ("body", "Now with words."),
        ("visibility", "public"),
        ("attachments[0]", &file),
    ];
    // A kind that is not taken is told where files are chosen, and the words stay.
    let refused = sends_form(&session, &desk, &path, &fields, &[("a.exe", b"MZ")]).await;
    assert_eq!(refused.status, 422, "{refused:?}");
    assert!(refused.text.contains("Now with words.") && refused.text.contains("a.exe"));
    assert_eq!(field(&refused, "attachments[0]"), file);
    let done = sends_form(&session, &desk, &path, &fields, &[]).await;
    assert_eq!(done.status, 303, "{done:?}");
    let feed = dana.case_feed(&case).await;
    assert_eq!(feed[0]["attachments"][0]["name"], "a.log");
}

async fn f4_a_form_of_nobody_leaves_no_file(desk: Desk) {
    let dana = desk.person("dana");
    let case = dana.opens(high()).await;
    let session = Session::of(&desk, &dana).await;
    let path = format!("/cases/{}/feed", case.number);
    let forged = [
        ("csrf_token", "of another"),
        ("body", "What I typed"),
        ("visibility", "public"),
    ];
    let forged = sends_form(&session, &desk, &path, &forged, &[("a.log", b"first")]).await;
    assert_ne!(forged.status, 303, "{forged:?}");
    assert!(forged.text.contains("What I typed"), "{forged:?}");
    session.delete("/sessions/current", json!({})).await.done();
    let late = [
        ("csrf_token", "of an old page"),
        ("body", "What I typed"),
        ("visibility", "public"),
    ];
    let late = sends_form(&session, &desk, &path, &late, &[("a.log", b"first")]).await;
    assert_ne!(late.status, 303, "{late:?}");
    // Signing in takes it along.
    let along = URL_SAFE_NO_PAD.decode(field(&late, "kept"));
    let along = String::from_utf8(along.expect("it is carried")).expect("a text");
    assert!(along.contains("What I typed"), "what was typed is lost");
    assert!(kept(&desk).is_empty());
    assert!(dana.case_feed(&case).await.is_empty());
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

async fn f4_a_file_that_cannot_be_kept_or_read_is_a_clear_problem(desk: Desk) {
    let dana = desk.person("dana");
    let case = dana.opens(high()).await;
    let file = sent(&dana, &case, "a.txt", b"a").await;
    // Its bytes are lost: it is told, and everything else goes on.
    for path in kept(&desk) {
        fs::remove_file(path).expect("removed");
    }
    let lost = content(&dana, &file).await;
    lost.refused(503, "storage_unavailable");
    assert_eq!(dana.get(&format!("/attachments/{file}")).await.status, 200);
    let session = Session::of(&desk, &dana).await;
    assert_eq!(
        session.page(&format!("/attachments/{file}")).await.status,
        503
    );
    // There is no folder any more, and none can be made.
    fs::remove_dir_all(folder(&desk)).expect("removed");
    fs::write(folder(&desk), "in the way").expect("written");
    let before = desk.rows();
    let refused = sends(&dana, &case, "b.txt", b"b").await;
    refused.refused(503, "storage_unavailable");
    desk.is_unchanged_since(&before, "a file that is not kept");
    dana.writes(&case, "Without a file.").await;
    fs::remove_file(folder(&desk)).expect("removed");
    sends(&dana, &case, "b.txt", b"b").await.created();
}

/// A desk with these settings.
fn with(settings: &[(&str, &str)], story: impl AsyncFn(Desk)) {
    for backend in [Backend::Sqlite, Backend::Postgresql] {
        Desk::for_story_with(backend, settings, async |desk: Desk| story(desk).await);
    }
}

#[test]
fn f4_an_organization_has_so_much_room() {
    with(
        &[("CASEBELL_ATTACHMENTS_LIMIT_GIB", "1")],
        async |desk: Desk| {
            let dana = desk.person("dana");
            let case = dana.opens(high()).await;
            let large = vec![b'x'; LARGEST];
            // 40 of 25 MiB are 1,000 of 1,024.
            let first = sent(&dana, &case, "0.bin", &large).await;
            desk.db()
                .write(move |conn| {
                    use diesel::prelude::*;
                    let all = casebell::db::schema::attachments::table;
                    diesel::update(all)
                        .set(casebell::db::schema::attachments::bytes.eq(1_000 * 1024 * 1024_i64))
                        .execute(conn)?;
                    Ok::<_, casebell::db::DbError>(())
                })
                .await
                .expect("so many");
            // What is internal, or not attached yet, takes none of their room: how much is left would tell of it (F2).
            let eve = desk.person("eve");
            let internal = sent(&eve, &case, "internal.bin", &large).await;
            let note =
                json!({ "body": "Ours.", "visibility": "internal", "attachments": [internal] });
            let path = format!("/cases/{}/feed", case.number);
            eve.post(&path, note).await.created();
            sent(&eve, &case, "pending.bin", b"not yet").await;
            let refused = sends(&dana, &case, "1.bin", &large).await;
            let refused = refused.refused(409, "attachment_limit_reached");
            assert_eq!(refused.json["left_mib"], 24);
            assert_eq!(refused.json["limit_mib"], 1024);
            // Others have room, and so has whoever makes some.
            let gina = desk.person("gina");
            let other = gina.opens(high()).await;
            sends(&gina, &other, "1.bin", b"x").await.created();
            dana.delete(&format!("/attachments/{first}")).await.done();
            sends(&dana, &case, "1.bin", &large).await.created();
        },
    );
}

#[test]
fn f4_a_scanner_has_the_last_word() {
    let directory = tempfile::tempdir().expect("a folder");
    let script = directory.path().join("scanner");
    let text = "#!/bin/sh\n\
        if grep -q EICAR \"$1\"; then echo \"$1: Eicar-Test FOUND\"; exit 1; fi\n\
        if grep -q BROKEN \"$1\"; then echo 'no database' >&2; exit 2; fi\n";
    fs::write(&script, text).expect("written");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o700);
    fs::set_permissions(&script, mode).expect("a program");
    let command = script.display().to_string();
    with(
        &[("CASEBELL_ATTACHMENTS_SCANNER", &command)],
        async |desk: Desk| {
            let dana = desk.person("dana");
            let case = dana.opens(high()).await;
            sends(&dana, &case, "good.txt", b"good").await.created();
            let refused = sends(&dana, &case, "bad.txt", b"EICAR").await;
            let refused = refused.refused(422, "file_infected");
            assert_eq!(refused.json["found"], "Eicar-Test FOUND");
            let refused = sends(&dana, &case, "odd.txt", b"BROKEN").await;
            refused.refused(503, "scanner_unavailable");
            assert_eq!(kept(&desk).len(), 1);
        },
    );
}

#[test]
fn f4_a_backup_brings_files_back_on_sqlite() {
    Installation::for_story(Backend::Sqlite, |desk| brought_back(Backend::Sqlite, desk));
}

#[test]
fn f4_a_backup_brings_files_back_on_postgresql() {
    Installation::for_story(Backend::Postgresql, |desk| {
        brought_back(Backend::Postgresql, desk)
    });
}

async fn brought_back(backend: Backend, desk: Installation) {
    let server = desk.starts();
    let case = desk.opening(&server).send().await.expect("an answer");
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
    let backup = desk.folder().join("desk.tar.gz").display().to_string();
    let succeeds = |output: Output| {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{said}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let said = succeeds(tokio::task::block_in_place(|| {
        desk.runs(&["backup", &backup])
    }));
    assert!(said.contains("1 attached file"), "{said}");
    drop(server);
    fs::remove_dir_all(desk.folder().join("attachments")).expect("files");

    let elsewhere = desk.over(TestDatabase::create(backend, None));
    succeeds(elsewhere.runs(&["restore", &backup]));
    let server = elsewhere.starts();
    let path = format!("/attachments/{}/content", id(&file));
    let answer = elsewhere.reading(&server, &path).send().await;
    let bytes = answer.expect("an answer").text().await;
    assert_eq!(bytes.expect("a text"), "the bytes");
    drop(server);
    // What was lost meanwhile keeps nobody from saving the rest, and is told.
    fs::remove_dir_all(elsewhere.folder().join("attachments")).expect("files");
    let backup = elsewhere
        .folder()
        .join("later.tar.gz")
        .display()
        .to_string();
    let said = succeeds(elsewhere.runs(&["backup", &backup]));
    assert!(said.contains("could not be read"), "{said}");
}
