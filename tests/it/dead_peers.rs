//! Nobody waits for a peer that is dead: whatever becomes of the database, people are answered in seconds, the desk is back
//! when its peer is, and it ends when it is told to.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use tokio::task::JoinSet;

use crate::support::database::{Backend, TestDatabase};
use crate::support::desk::{client, furnished, runtime};
use crate::support::person::high;
use crate::support::process::Process;
use crate::support::process_guard::PATIENCE;
use crate::support::proxy::{Network, Proxy};
use crate::support::stopwatch::Stopwatch;
use crate::support::stream::Stream;
use crate::support::waiting::until;

/// A server process that reaches its database through a network that fails.
struct Remote {
    proxy: Proxy,
    database: TestDatabase,
    server: Process,
    client: reqwest::Client,
    token: String,
    _folder: TempDir,
}

/// Runs a story with such a process.
fn story<F: Future<Output = ()>>(story: impl FnOnce(Remote) -> F) {
    let backend = Backend::Postgresql;
    if !backend.is_available() {
        return;
    }
    runtime().block_on(async {
        let furnished = furnished(backend).await;
        let database = TestDatabase::create(backend, Some(&furnished.database));
        let proxy = Proxy::before(&database.url()).await;
        let folder = tempfile::tempdir().expect("a folder");
        let url = proxy.url(&database.url());
        let server = Process::serve(folder.path(), &[("CASEBELL_DATABASE_URL", &url)]);
        story(Remote {
            proxy,
            database,
            server,
            client: client(),
            token: furnished.tokens["dana"].clone(),
            _folder: folder,
        })
        .await;
    });
}

impl Remote {
    fn page(&self, path: &str) -> String {
        format!("{}{path}", self.server.origin)
    }

    fn opening(&self) -> reqwest::RequestBuilder {
        self.client
            .post(self.page("/api/v1/cases"))
            .bearer_auth(&self.token)
            .json(&high().json())
    }

    fn listing(&self) -> reqwest::RequestBuilder {
        self.client
            .get(self.page("/api/v1/cases"))
            .bearer_auth(&self.token)
    }

    async fn status(&self, path: &str) -> u16 {
        status(self.client.get(self.page(path))).await
    }

    /// How long it takes from here until people are served and the balancer is told so.
    async fn healthy_again(&self) -> Duration {
        let watch = Stopwatch::start();
        until("it is healthy again", async || {
            status(self.opening()).await == 201
                && status(self.listing()).await == 200
                && self.status("/readyz").await == 200
        })
        .await;
        watch.took()
    }

    fn cases(&self) -> usize {
        let count = "SELECT CAST(count(*) AS text) AS text FROM cases";
        self.database.texts(count)[0].parse().expect("a number")
    }
}

async fn status(request: reqwest::RequestBuilder) -> u16 {
    let answer = request.timeout(PATIENCE).send().await;
    answer.expect("an answer").status().as_u16()
}

#[test]
fn a_cut_network_is_told_and_forgotten_within_two_seconds() {
    story(async |remote| {
        assert_eq!(status(remote.opening()).await, 201);
        remote.proxy.becomes(Network::Cut);
        let refused = remote.opening().send().await.expect("an answer");
        assert_eq!(refused.status(), 503);
        assert!(refused.headers().contains_key("retry-after"));
        let problem: Value = refused.json().await.expect("JSON");
        assert_eq!(problem["code"], "database_unavailable");
        until("it says that it is not ready", async || {
            remote.status("/readyz").await == 503
        })
        .await;
        remote.proxy.becomes(Network::Up(Duration::ZERO));
        let took = remote.healthy_again().await;
        assert!(took < Duration::from_secs(2), "healthy after {took:?}");
    });
}

#[test]
fn a_silent_network_holds_nobody_and_is_over_within_fifteen_seconds() {
    story(async |remote| {
        assert_eq!(status(remote.opening()).await, 201);
        let before = remote.cases();
        remote.proxy.becomes(Network::Silent);
        // More than there are connections to hang on.
        let watch = Stopwatch::start();
        let mut waiting = JoinSet::new();
        for n in 0..40 {
            let request = if n % 2 == 0 {
                remote.opening()
            } else {
                remote.listing()
            };
            waiting.spawn(async move { (status(request).await, watch.took()) });
        }
        // Whoever wants nothing of the database gets it meanwhile.
        let asked = Stopwatch::start();
        assert_eq!(remote.status("/healthz").await, 200);
        assert!(asked.took() < Duration::from_secs(1));
        while let Some(answer) = waiting.join_next().await {
            let (status, took) = answer.expect("no panic");
            assert_eq!(status, 503);
            assert!(took < Duration::from_secs(12), "answered after {took:?}");
        }
        assert_eq!(remote.status("/readyz").await, 503);
        // Nobody who was refused finds the case there.
        assert_eq!(remote.cases(), before);
        remote.proxy.becomes(Network::Up(Duration::ZERO));
        let took = remote.healthy_again().await;
        assert!(took < Duration::from_secs(15), "healthy after {took:?}");
    });
}

#[test]
fn a_slow_network_is_slow_and_right() {
    story(async |remote| {
        remote.proxy.becomes(Network::Up(Duration::from_millis(10)));
        let opened: Value = remote
            .opening()
            .send()
            .await
            .expect("an answer")
            .json()
            .await
            .expect("JSON");
        let path = format!(
            "/api/v1/cases/{}",
            opened["number"].as_str().expect("a number")
        );
        let read: Value = (remote
            .client
            .get(remote.page(&path))
            .bearer_auth(&remote.token))
        .send()
        .await
        .expect("an answer")
        .json()
        .await
        .expect("JSON");
        assert_eq!(
            (&read["id"], &read["subject"]),
            (&opened["id"], &opened["subject"])
        );
        crate::support::invariants::check(&remote.database, false);
    });
}

/// Ends the server as a service manager does; says how long it took.
fn ended(server: Process) -> Duration {
    let watch = Stopwatch::start();
    let status = server.end_with("TERM");
    assert_eq!(status.code(), Some(0), "it ends by itself");
    watch.took()
}

/// A client that sends half of a request and then nothing.
fn half_a_request(origin: &str) -> TcpStream {
    // The first line with an address may be that of the set-up link.
    let address = origin.trim_start_matches("http://").split('/').next();
    let mut slow = TcpStream::connect(address.expect("an address")).expect("connected");
    slow.write_all(b"POST /api/v1/cases HTTP/1.1\r\nhost: desk\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{")
        .expect("sent");
    slow
}

#[test]
fn it_ends_within_ten_seconds_although_the_database_is_silent() {
    story(async |remote| {
        let opened = remote.opening().send().await.expect("an answer");
        let opened: Value = opened.json().await.expect("JSON");
        let number = opened["number"].as_str().expect("a number");
        let live = remote.page(&format!("/api/v1/cases/{number}/live"));
        let _follower = Stream::open(remote.client.get(live).bearer_auth(&remote.token)).await;
        let _slow = half_a_request(&remote.server.origin);
        remote.proxy.becomes(Network::Silent);
        let mut waiting = JoinSet::new();
        for _ in 0..20 {
            let request = remote.opening();
            waiting.spawn(async move { request.send().await.is_ok() });
        }
        let took = tokio::task::spawn_blocking(move || ended(remote.server))
            .await
            .expect("no panic");
        assert!(took < Duration::from_secs(10), "ended after {took:?}");
    });
}

#[test]
fn it_ends_within_ten_seconds_whoever_is_connected() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Process::serve(folder.path(), &[]);
    let mut slow: Vec<TcpStream> = (0..20).map(|_| half_a_request(&server.origin)).collect();
    let took = ended(server);
    assert!(took < Duration::from_secs(10), "ended after {took:?}");
    // They are told, or cut off.
    let mut rest = Vec::new();
    let _ = slow[0].read_to_end(&mut rest);
}
