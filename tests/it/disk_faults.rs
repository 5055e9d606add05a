//! A disk that is full, a file system that cannot lock, a system that gives nothing more: all of it is a matter of time.
//! Whoever asks is told to come back, nothing that was acknowledged is lost, and the desk goes on by itself.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use futures_util::future::join_all;
use tempfile::TempDir;

use crate::support::database::{Backend, TestDatabase};
use crate::support::desk::{client, furnished, runtime};
use crate::support::person::high;
use crate::support::process::Process;
use crate::support::stopwatch::Stopwatch;
use crate::support::waiting::until;

/// A server process on a disk that can be told to fail.
struct Failing {
    folder: TempDir,
    server: Process,
    client: reqwest::Client,
    token: String,
    acknowledged: usize,
}

fn story<F: Future<Output = ()>>(story: impl FnOnce(Failing) -> F) {
    runtime().block_on(async {
        let furnished = furnished(Backend::Sqlite).await;
        let folder = tempfile::tempdir().expect("a folder");
        let data = folder.path().join("data");
        fs::create_dir(&data).expect("made");
        let original = TestDatabase::create(Backend::Sqlite, Some(&furnished.database));
        let original = original.url();
        fs::copy(
            original.trim_start_matches("sqlite://"),
            data.join("casebell.db"),
        )
        .expect("copied");
        let shim = shim(folder.path().join("faults.so"));
        let named = folder.path().display().to_string();
        let settings = [("LD_PRELOAD", shim.as_str()), ("CASEBELL_WORKERS", "2")];
        let server = Process::serve(
            &data,
            &[&settings[..], &[("TEST_FAULTS", named.as_str())]].concat(),
        );
        story(Failing {
            server,
            client: client(),
            token: furnished.tokens["dana"].clone(),
            folder,
            acknowledged: 0,
        })
        .await;
    });
}

/// The library that fails calls when it is told to.
fn shim(path: PathBuf) -> String {
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/support/faults.c");
    let built = Command::new("cc")
        .args(["-shared", "-fPIC", "-O1", "-o"])
        .arg(&path)
        .args([source, "-ldl"])
        .output()
        .expect("cc runs");
    assert!(
        built.status.success(),
        "{}",
        String::from_utf8_lossy(&built.stderr)
    );
    path.display().to_string()
}

impl Failing {
    fn begins(&self, fault: &str) {
        fs::write(self.folder.path().join(fault), "").expect("told");
    }

    fn is_over(&self, fault: &str) {
        fs::remove_file(self.folder.path().join(fault)).expect("told");
    }

    fn opening(&self) -> reqwest::RequestBuilder {
        self.client
            .post(format!("{}/api/v1/cases", self.server.origin))
            .bearer_auth(&self.token)
            .json(&high().json())
    }

    /// What somebody is told who opens a case, and after what time.
    async fn opens(&mut self) -> (u16, Duration) {
        let watch = Stopwatch::start();
        let answer = self.opening().send().await.expect("an answer");
        let status = answer.status().as_u16();
        let said = answer.text().await.expect("a text");
        assert!(matches!(status, 201 | 503), "{status}: {said}");
        self.acknowledged += usize::from(status == 201);
        (status, watch.took())
    }

    /// Waits until nothing is written any more: who had their locks before the fault keep them, and take others along.
    async fn refuses(&mut self) {
        until("nothing is written", async || self.opens().await.0 == 503).await;
    }

    async fn reads(&self, path: &str) -> u16 {
        let request = self.client.get(format!("{}{path}", self.server.origin));
        let answer = request.bearer_auth(&self.token).send().await;
        answer.expect("an answer").status().as_u16()
    }

    /// Waits until it is as it was before.
    async fn goes_on(&mut self) {
        until("it goes on", async || {
            self.opens().await.0 == 201
                && self.reads("/api/v1/cases").await == 200
                && self.reads("/readyz").await == 200
        })
        .await;
    }

    async fn becomes_unready(&self) {
        self.answers_with("/readyz", 503).await;
    }

    /// Waits until it does.
    async fn answers_with(&self, path: &str, status: u16) {
        until(&format!("{path} is answered {status}"), async || {
            self.reads(path).await == status
        })
        .await;
    }

    /// Waits until a fault was met.
    async fn meets(&self, fault: &str) {
        let met = self.folder.path().join(format!("{fault}.met"));
        until(&format!("{fault} is met"), async || met.exists()).await;
    }

    /// How many notices wait to be sent.
    fn unsent(&self) -> usize {
        let mut conn =
            crate::support::database::sqlite(&self.folder.path().join("data/casebell.db"));
        let waiting = "SELECT state AS text FROM notices WHERE state = 'waiting'";
        crate::support::database::texts(&mut conn, waiting).len()
    }

    /// Ends it, and counts.
    fn keeps_its_word(self) {
        let began = Stopwatch::start();
        assert_eq!(self.server.end_with("TERM").code(), Some(0));
        let took = began.took();
        assert!(took < Duration::from_secs(10), "ended after {took:?}");
        let path = self.folder.path().join("data/casebell.db");
        let mut conn = crate::support::database::sqlite(&path);
        let count = "SELECT CAST(count(*) AS text) AS text FROM cases";
        let kept = crate::support::database::texts(&mut conn, count);
        assert_eq!(kept, [self.acknowledged.to_string()]);
        let whole = crate::support::database::texts(
            &mut conn,
            "SELECT integrity_check AS text FROM pragma_integrity_check",
        );
        assert_eq!(whole, ["ok"]);
    }
}

/// On a disk that is full, on which one's share is used up, that is broken, and that may only be read.
#[test]
fn a_disk_that_takes_nothing() {
    story(async |mut desk| {
        assert_eq!(desk.opens().await.0, 201);
        for fault in ["full", "quota", "broken", "readonly"] {
            desk.begins(fault);
            for _ in 0..5 {
                assert_eq!(desk.opens().await.0, 503, "{fault}");
            }
            // What is there can be read, and the balancer knows.
            assert_eq!(desk.reads("/api/v1/cases").await, 200, "{fault}");
            desk.becomes_unready().await;
            desk.is_over(fault);
            desk.goes_on().await;
        }
        desk.keeps_its_word();
    });
}

#[test]
fn a_file_system_that_cannot_lock() {
    story(async |mut desk| {
        assert_eq!(desk.opens().await.0, 201);
        for _ in 0..2 {
            desk.begins("unlocked");
            desk.refuses().await;
            for _ in 0..2 {
                let (status, took) = desk.opens().await;
                assert_eq!(status, 503);
                assert!(took < Duration::from_secs(12), "answered after {took:?}");
            }
            desk.becomes_unready().await;
            desk.is_over("unlocked");
            desk.goes_on().await;
        }
        desk.keeps_its_word();
    });
}

/// Its locks fail, and when they work again, it may only be read: so it is opened, and it does not stay so.
#[test]
fn a_file_that_could_only_be_opened_to_be_read() {
    story(async |mut desk| {
        assert_eq!(desk.opens().await.0, 201);
        desk.begins("unlocked");
        desk.refuses().await;
        desk.begins("readonly");
        desk.is_over("unlocked");
        desk.answers_with("/api/v1/cases", 200).await;
        assert_eq!(desk.opens().await.0, 503);
        desk.is_over("readonly");
        desk.goes_on().await;
        desk.keeps_its_word();
    });
}

/// What is open serves on, and a mail waits that cannot be written.
#[test]
fn a_system_that_gives_no_more_files() {
    story(async |mut desk| {
        assert_eq!(desk.opens().await.0, 201);
        desk.begins("files");
        assert_eq!(desk.opens().await.0, 201);
        desk.meets("files").await;
        let readers = join_all((0..8).map(|_| desk.reads("/api/v1/cases"))).await;
        let readers_fare = |status: &u16| matches!(status, 200 | 503);
        assert!(readers.iter().all(readers_fare), "{readers:?}");
        desk.is_over("files");
        desk.goes_on().await;
        until("every mail is written", async || desk.unsent() == 0).await;
        desk.keeps_its_word();
    });
}

#[test]
fn a_system_that_gives_no_more_descriptors_or_threads() {
    story(async |mut desk| {
        desk.begins("descriptors");
        // Whoever comes now waits at the door.
        let health = client().get(format!("{}/healthz", desk.server.origin));
        let waiting = tokio::spawn(async move { health.send().await });
        desk.meets("connections").await;
        desk.is_over("descriptors");
        let answer = waiting.await.expect("no panic").expect("an answer");
        assert_eq!(answer.status(), 200);

        desk.begins("threads");
        // Words are looked for apart from others' requests, on a thread that is not there.
        let search = "/api/v1/cases?q=payments";
        assert_eq!(desk.reads(search).await, 503);
        desk.meets("threads").await;
        assert_eq!(desk.opens().await.0, 201);
        desk.is_over("threads");
        assert_eq!(desk.reads(search).await, 200);
        desk.goes_on().await;
        desk.keeps_its_word();
    });
}

/// One that is reached over a network which has gone: what is written there comes to no end.
#[test]
fn a_disk_that_does_not_answer() {
    story(async |mut desk| {
        assert_eq!(desk.opens().await.0, 201);
        desk.begins("silent");
        let opening = desk.opening();
        let waiting = tokio::spawn(async move { opening.send().await.map(drop) });
        desk.meets("silent").await;
        // Nobody waits for it when the process ends.
        desk.keeps_its_word();
        let _ = waiting.await;
    });
}
