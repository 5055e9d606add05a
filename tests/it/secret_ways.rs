//! Ways on which somebody may listen: what a start says about them, what the log keeps to itself, and how the database is
//! reached on one where nobody can.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::support::authority::Vouched;
use crate::support::desk::{client, runtime};
use crate::support::postgres::Cluster;
use crate::support::process::{Process, run};
use crate::support::waiting::until;

/// Writes a file for its owner alone, or for everybody, and says where.
fn file(folder: &Path, name: &str, text: &str, mode: u32) -> String {
    let path = folder.join(name);
    fs::write(&path, text).expect("written");
    fs::set_permissions(&path, Permissions::from_mode(mode)).expect("set");
    path.display().to_string()
}

#[test]
fn a_secret_from_a_file_is_used_and_one_that_everybody_reads_is_told_of() {
    let folder = tempfile::tempdir().expect("a folder");
    let token = file(folder.path(), "token", "hunter2hunter2hunter2\n", 0o444);
    let key = file(folder.path(), "key", &"hunter2".repeat(5), 0o400);
    let settings = [
        ("CASEBELL_METRICS_TOKEN_FILE", token.as_str()),
        ("CASEBELL_SECRET_KEY_FILE", &key),
        ("CASEBELL_LOG_FORMAT", "human"),
    ];
    let mut server = Process::serve(folder.path(), &settings);
    assert!(
        !folder.path().join("secret.key").exists(),
        "the key is the one of the file"
    );
    let said = server.said();
    let told = said.matches("everybody on this machine can read the file");
    assert_eq!(told.count(), 1, "{said}");
    assert!(said.contains("metrics_token_file"), "{said}");
    assert!(!said.contains("hunter2"), "{said}");
    assert_eq!(server.end_with("TERM").code(), Some(0));
}

/// Links open accounts, and what people look for is theirs: the log names the route alone.
#[test]
fn nobody_reads_in_the_log_what_stood_in_an_address() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut server = Process::serve(folder.path(), &[]);
    let paths = [
        "/invitations/hunter2",
        "/api/v1/cases/hunter2",
        "/cases?q=hunter2",
        "/hunter2",
    ];
    runtime().block_on(async {
        for path in paths {
            let asking = client().get(format!("{}{path}", server.origin));
            asking.send().await.expect("an answer");
        }
        until("all are logged", async || {
            server.said().matches("request done").count() == paths.len()
        })
        .await;
    });
    let said = server.said();
    assert!(said.contains("\"/invitations/{token}\""), "{said}");
    assert!(!said.contains("hunter2"), "{said}");
}

#[test]
fn a_start_without_tls_to_another_machine_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    // An address that is no loopback, and where nobody listens.
    let starts = |address: &str| {
        let url = format!("postgres://casebell:hunter2@0.0.0.0:1/casebell{address}");
        let outcome = run(
            folder.path(),
            &[("CASEBELL_DATABASE_URL", &url)],
            &["serve"],
        );
        assert!(!outcome.status.success());
        String::from_utf8_lossy(&outcome.stderr).into_owned()
    };
    let said = starts("");
    let told = said.matches("what goes to the database server 0.0.0.0 may be read");
    assert_eq!(told.count(), 1, "{said}");
    assert!(said.contains("sslmode=verify-full"), "{said}");
    assert!(!said.contains("hunter2"), "{said}");
    let said = starts("?sslmode=require");
    assert!(!said.contains("may be read"), "{said}");
}

#[test]
fn the_database_is_reached_with_tls_and_only_if_its_certificate_is_vouched_for() {
    let Some(cluster) = Cluster::of_a_test("TLS to PostgreSQL") else {
        return;
    };
    let ours = Vouched::new();
    cluster.takes_only_tls(&ours.certificate.pem(), &ours.key.serialize_pem());
    let _postgres = cluster.start();

    let folder = tempfile::tempdir().expect("a folder");
    let authority = file(folder.path(), "ours.pem", &ours.authority, 0o400);
    let another = file(
        folder.path(),
        "another.pem",
        &Vouched::new().authority,
        0o400,
    );
    let url = |parameters: &str| format!("{}?{parameters}", cluster.url());
    for (parameters, why) in [
        ("sslmode=disable".to_owned(), "no encryption"),
        (
            format!("sslmode=verify-full&sslrootcert={another}"),
            "SSL error",
        ),
    ] {
        let url = url(&parameters);
        let outcome = run(
            folder.path(),
            &[("CASEBELL_DATABASE_URL", &url)],
            &["migrate"],
        );
        let said = String::from_utf8_lossy(&outcome.stderr);
        assert!(
            !outcome.status.success() && said.contains(why),
            "{parameters}: {said}"
        );
    }

    let verified = url(&format!("sslmode=verify-full&sslrootcert={authority}"));
    let verified = file(folder.path(), "url", &verified, 0o400);
    let server = Process::serve(
        folder.path(),
        &[("CASEBELL_DATABASE_URL_FILE", verified.as_str())],
    );
    assert_eq!(server.end_with("TERM").code(), Some(0));
}
