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
use crate::support::installation::Installation;
use crate::support::invariants;
use crate::support::process::run;
use crate::support::waiting::until;

/// A desk that people work at, and a backup of it.
async fn taken_back(backend: Backend, desk: Installation) {
    let server = desk.starts();
    let (stop, acknowledged) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(Mutex::new(vec![])),
    );
    let writers: Vec<_> = (0..4)
        .map(|_| {
            let (stop, acknowledged) = (stop.clone(), acknowledged.clone());
            let request = desk.opening(&server);
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
    let count = || acknowledged.lock().expect("no panic").len();
    until("people work", async || count() >= 20).await;
    let before = acknowledged.lock().expect("no panic").clone();
    let file = desk.folder().join("desk.tar.gz");
    let name = file.display().to_string();
    succeeds(&tokio::task::block_in_place(|| {
        desk.runs(&["backup", &name])
    }));
    assert!(count() > before.len(), "people worked on");
    stop.store(true, Ordering::SeqCst);
    for writer in writers {
        writer.await.expect("no panic");
    }
    let mode = fs::metadata(&file)
        .expect("the backup")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let again = desk.runs(&["backup", &name]);
    assert!(!again.status.success(), "a backup replaces nothing");
    drop(server);

    let elsewhere = desk.over(TestDatabase::create(backend, None));
    is_refused_if_damaged(&file, &elsewhere.database, elsewhere.folder());
    tells_of_another_key(&file, backend, elsewhere.folder());
    let restored = elsewhere.runs(&["restore", &name]);
    succeeds(&restored);
    assert!(!speaks_of_another_key(&restored), "{restored:?}");
    let server = elsewhere.starts();
    for number in &before {
        let answer = elsewhere.reading(&server, &format!("/cases/{number}"));
        let answer = answer.send().await.expect("an answer");
        assert_eq!(answer.status(), 200, "{number}");
    }
    // Work goes on where it was: the next case has the next number.
    let opened = elsewhere.opening(&server).send().await;
    assert_eq!(opened.expect("an answer").status(), 201);
    invariants::check(&elsewhere.database, false);
    let over = elsewhere.runs(&["restore", &name]);
    assert!(!over.status.success(), "what is there is not written over");
    succeeds(&elsewhere.runs(&["audit", "verify"]));
    assert_eq!(server.end_with("TERM").code(), Some(0));
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

/// Whoever brings a backup back with another key is told what does not work with it.
fn tells_of_another_key(file: &Path, backend: Backend, data: &Path) {
    let database = TestDatabase::create(backend, None);
    let url = database.url();
    let settings = [
        ("CASEBELL_DATABASE_URL", url.as_str()),
        (
            "CASEBELL_SECRET_KEY",
            "the key of quite another installation",
        ),
    ];
    let restored = run(data, &settings, &["restore", &file.display().to_string()]);
    succeeds(&restored);
    assert!(speaks_of_another_key(&restored), "{restored:?}");
}

fn speaks_of_another_key(output: &Output) -> bool {
    let said = String::from_utf8_lossy(&output.stdout);
    said.contains("The secret key is not the one that it was made with")
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
    Installation::for_story(Backend::Sqlite, |desk| taken_back(Backend::Sqlite, desk));
}

#[test]
fn what_was_acknowledged_before_a_backup_is_in_it_on_postgresql() {
    Installation::for_story(Backend::Postgresql, |desk| {
        taken_back(Backend::Postgresql, desk)
    });
}
