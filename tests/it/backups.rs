//! A backup taken while people work brings back everything that was acknowledged before it, and nothing that was changed
//! since it was made.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Output;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::Value;

use crate::support::database::{Backend, TestDatabase};
use crate::support::desk::{client, furnished, runtime};
use crate::support::invariants;
use crate::support::person::high;
use crate::support::process::{Process, run};

/// A desk that people work at, and a backup of it.
fn taken_back(backend: Backend) {
    if !backend.is_available() {
        return;
    }
    runtime().block_on(async {
        let furnished = furnished(backend).await;
        let database = TestDatabase::create(backend, Some(&furnished.database));
        let folder = tempfile::tempdir().expect("a folder");
        let url = database.url();
        let settings = [("CASEBELL_DATABASE_URL", url.as_str())];
        let server = Process::serve(folder.path(), &settings);

        let (stop, acknowledged) = (
            Arc::new(AtomicBool::new(false)),
            Arc::new(Mutex::new(vec![])),
        );
        let writers: Vec<_> = (0..4)
            .map(|_| {
                let (stop, acknowledged) = (stop.clone(), acknowledged.clone());
                let request = client()
                    .post(format!("{}/api/v1/cases", server.origin))
                    .bearer_auth(&furnished.tokens["dana"])
                    .json(&high().json());
                tokio::spawn(async move {
                    while !stop.load(Ordering::SeqCst) {
                        let request = request.try_clone().expect("a body that is repeated");
                        let answer = request.send().await.expect("an answer");
                        let case: Value = answer.json().await.expect("JSON");
                        let number = case["number"].as_str().expect("a number").to_owned();
                        acknowledged.lock().expect("no panic").push(number);
                    }
                })
            })
            .collect();
        while acknowledged.lock().expect("no panic").len() < 20 {
            tokio::task::yield_now().await;
        }
        let before = acknowledged.lock().expect("no panic").clone();
        let file = folder.path().join("desk.tar.gz");
        let name = file.display().to_string();
        let backup = {
            let (data, name, url) = (folder.path().to_owned(), name.clone(), url.clone());
            move || {
                run(
                    &data,
                    &[("CASEBELL_DATABASE_URL", &url)],
                    &["backup", &name],
                )
            }
        };
        let output = tokio::task::spawn_blocking(backup).await.expect("no panic");
        succeeds(&output);
        let meanwhile = acknowledged.lock().expect("no panic").len() - before.len();
        assert!(meanwhile > 0, "people worked on");
        stop.store(true, Ordering::SeqCst);
        for writer in writers {
            writer.await.expect("no panic");
        }
        let mode = fs::metadata(&file)
            .expect("the backup")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
        let again = run(folder.path(), &settings, &["backup", &name]);
        assert!(!again.status.success(), "a backup replaces nothing");
        drop(server);

        let elsewhere = TestDatabase::create(backend, None);
        let url = elsewhere.url();
        let settings = [("CASEBELL_DATABASE_URL", url.as_str())];
        is_refused_if_damaged(&file, &elsewhere, folder.path());
        let output = run(folder.path(), &settings, &["restore", &name]);
        succeeds(&output);
        let server = Process::serve(folder.path(), &settings);
        for number in &before {
            let answer = client()
                .get(format!("{}/api/v1/cases/{number}", server.origin))
                .bearer_auth(&furnished.tokens["dana"])
                .send()
                .await;
            assert_eq!(answer.expect("an answer").status(), 200, "{number}");
        }
        // Work goes on where it was: the next case has the next number.
        let opened = client()
            .post(format!("{}/api/v1/cases", server.origin))
            .bearer_auth(&furnished.tokens["dana"])
            .json(&high().json())
            .send()
            .await;
        assert_eq!(opened.expect("an answer").status(), 201);
        invariants::check(&elsewhere, false);
        let over = run(folder.path(), &settings, &["restore", &name]);
        assert!(!over.status.success(), "what is there is not written over");
        succeeds(&run(folder.path(), &settings, &["audit", "verify"]));
        assert_eq!(server.end_with("TERM").code(), Some(0));
    });
}

fn succeeds(output: &Output) {
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(
        output.status.success(),
        "{} {}",
        said(&output.stdout),
        said(&output.stderr)
    );
}

/// Tries the backup with one byte changed, missing or too many.
fn is_refused_if_damaged(file: &Path, elsewhere: &TestDatabase, data: &Path) {
    let whole = fs::read(file).expect("the backup");
    let damaged = data.join("damaged.tar.gz");
    let name = damaged.display().to_string();
    let url = elsewhere.url();
    let refused = |bytes: &[u8], what: &str| {
        fs::write(&damaged, bytes).expect("written");
        let output = run(
            data,
            &[("CASEBELL_DATABASE_URL", &url)],
            &["restore", &name],
        );
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success(), "{what}");
        assert!(said.contains("not a whole backup"), "{what}: {said}");
        assert!(is_empty(elsewhere), "{what}: something is there");
    };
    let last = whole.len() - 1;
    for at in [0, 5, 9, 40, last / 3, last / 2, last - 6, last] {
        let mut bytes = whole.clone();
        bytes[at] ^= 4;
        refused(&bytes, &format!("byte {at} of {last}"));
    }
    refused(&whole[..last], "one byte is missing");
    refused(&whole[..last / 2], "half of it is missing");
    refused(&[], "all of it is missing");
    refused(&[&whole[..], b"x"].concat(), "one byte more");
}

fn is_empty(database: &TestDatabase) -> bool {
    match database.on_server() {
        None => !Path::new(database.url().trim_start_matches("sqlite://")).exists(),
        Some(_) => {
            let tables =
                "SELECT tablename::text AS text FROM pg_tables WHERE schemaname = 'public'";
            database.texts(tables).is_empty()
        }
    }
}

#[test]
fn what_was_acknowledged_before_a_backup_is_in_it_on_sqlite() {
    taken_back(Backend::Sqlite);
}

#[test]
fn what_was_acknowledged_before_a_backup_is_in_it_on_postgresql() {
    taken_back(Backend::Postgresql);
}
