//! A disk that is full, or a file system that cannot lock, is a matter of time: whoever asks is told to come back, nothing
//! that was acknowledged is lost, and the desk goes on by itself.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::support::database::{Backend, TestDatabase};
use crate::support::desk::{client, furnished, runtime};
use crate::support::leash::PATIENCE;
use crate::support::person::high;
use crate::support::process::Process;
use crate::support::stopwatch::Stopwatch;

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

    /// What somebody is told who opens a case, and after what time.
    async fn opens(&mut self) -> (u16, Duration) {
        let watch = Stopwatch::start();
        let answer = self
            .client
            .post(format!("{}/api/v1/cases", self.server.origin))
            .bearer_auth(&self.token)
            .json(&high().json())
            .send()
            .await
            .expect("an answer");
        let status = answer.status().as_u16();
        self.acknowledged += usize::from(status == 201);
        (status, watch.took())
    }

    async fn reads(&self, path: &str) -> u16 {
        let request = self.client.get(format!("{}{path}", self.server.origin));
        let answer = request.bearer_auth(&self.token).send().await;
        answer.expect("an answer").status().as_u16()
    }

    /// Waits until it is as it was before.
    async fn goes_on(&mut self) {
        let deadline = Instant::now() + PATIENCE;
        while self.opens().await.0 != 201
            || self.reads("/api/v1/cases").await != 200
            || self.reads("/readyz").await != 200
        {
            assert!(Instant::now() < deadline, "it does not go on");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn becomes_unready(&self) {
        let deadline = Instant::now() + PATIENCE;
        while self.reads("/readyz").await != 503 {
            assert!(Instant::now() < deadline, "it says that it is ready");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Ends it, and counts.
    fn keeps_its_word(self) {
        assert_eq!(self.server.end_with("TERM").code(), Some(0));
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

#[test]
fn a_full_disk() {
    story(async |mut desk| {
        assert_eq!(desk.opens().await.0, 201);
        for _ in 0..2 {
            desk.begins("full");
            for _ in 0..5 {
                assert_eq!(desk.opens().await.0, 503);
            }
            // What is there can be read, and the balancer knows.
            assert_eq!(desk.reads("/api/v1/cases").await, 200);
            desk.becomes_unready().await;
            desk.is_over("full");
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
