//! Where the bytes of attached files are, for how long, and who has a say in it (F4).

use std::fs::{self, File};
use std::process::Output;
use std::time::{Duration, SystemTime};

use casebell::domain::attachment::LARGEST;
use reqwest::Method;
use serde_json::json;

use super::{content, folder, id, kept, of_a_case, sends, sent, writes};
use crate::support::database::{Backend, TestDatabase, on_both_databases};
use crate::support::desk::Desk;
use crate::support::installation::Installation;
use crate::support::person::high;
use crate::support::session::Session;

on_both_databases! { Desk:
    f4_the_same_bytes_are_kept_once,
    f4_a_redacted_entry_takes_its_files_away,
    f4_what_nobody_names_is_swept_away,
    f4_a_file_that_cannot_be_kept_or_read_is_a_clear_problem,
}

/// Makes kept files look as if they had been there for hours.
fn age(desk: &Desk) {
    for path in kept(desk) {
        let file = File::options().write(true).open(path).expect("a file");
        let hours = Duration::from_secs(5 * 60 * 60);
        file.set_modified(SystemTime::now() - hours).expect("aged");
    }
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
    let file = of_a_case(&desk, &server).await;
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
