//! Forms that carry files, without any script (F4).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::{PNG, kept};
use crate::support::answer::Answer;
use crate::support::database::on_both_databases;
use crate::support::desk::Desk;
use crate::support::person::high;
use crate::support::session::Session;

on_both_databases! { Desk:
    f4_pages_attach_in_one_act,
    f4_a_refused_form_keeps_its_files,
    f4_a_form_of_nobody_leaves_no_file,
}

/// Sends a form in several parts, with these fields and files.
pub(super) async fn sends_form(
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
pub(super) fn field(page: &Answer, name: &str) -> String {
    let at = page.text.find(&format!("name=\"{name}\" value=\""));
    let rest = &page.text[at.unwrap_or_else(|| panic!("no {name}: {page:?}"))..];
    let value = rest.split("value=\"").nth(1).expect("a value");
    value.split('"').next().unwrap_or_default().to_owned()
}

pub(super) async fn f4_pages_attach_in_one_act(desk: Desk) {
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

pub(super) async fn f4_a_refused_form_keeps_its_files(desk: Desk) {
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
