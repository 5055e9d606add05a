//! What crowds of strangers and slow clients cost everybody else: the answers that the slowest hundredth of a good client's
//! requests gets, as ratios to those of an idle desk, and the memory that is not given back.
//!
//! `cargo bench --bench flood` takes about two minutes, on SQLite, over the loopback interface. It ends with 1 if a
//! bound does not hold: memory within [`FLAT`], and the slowest hundredth within [`RATIO`] times its idle value.

use std::io::Write;
use std::net::TcpStream;
use std::process::{Command, ExitCode};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use reqwest::{Client, RequestBuilder};
use serde_json::json;
use tempfile::TempDir;

#[allow(dead_code)] // The stories need more of it.
#[path = "../tests/it/support/leash.rs"]
mod leash;

use leash::{Leash, Leashed};

/// How far memory may grow, in MiB.
const FLAT: f64 = 20.0;
/// How much slower a good client may be served.
const RATIO: f64 = 2.0;
/// How long a good client is watched at a time.
const EACH: Duration = Duration::from_secs(8);
/// Requests of each kind that strangers send.
const MANY: usize = 10_000;
/// How many of them at once.
const AT_ONCE: usize = 64;
/// Clients that never go on.
const SLOW: usize = 2_000;

fn main() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let desk = Desk::open();
    if runtime.block_on(measure(&desk)) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Whether every bound holds.
async fn measure(desk: &Desk) -> bool {
    let (client, origin) = (&desk.client, &desk.origin);
    let get = |path: &str| client.get(format!("{origin}{path}"));
    let guess = |n: usize| {
        let body =
            json!({ "email": format!("nobody{n}@acme.test"), "password": "a guess at nothing" });
        let sessions = format!("{origin}/api/v1/sessions");
        client.post(sessions).json(&body)
    };
    let wish = |n: usize| {
        let body = json!({ "email": format!("nobody{n}@acme.test") });
        let resets = format!("{origin}/api/v1/password-resets");
        client.post(resets).json(&body)
    };
    let hostile = format!("{{\"email\":[{}1]}}", "1,".repeat(500_000));
    let hostile = move |_: usize| {
        let sessions = format!("{origin}/api/v1/sessions");
        let request = client.post(sessions).body(hostile.clone());
        request.header("content-type", "application/json")
    };

    // What is made once is there before it is measured.
    flood(200, AT_ONCE, &guess).await;
    flood(500, AT_ONCE, |_| get("/sign-in")).await;
    desk.slowest(EACH / 4).await;
    let (idle, before) = (desk.slowest(EACH).await, desk.memory());
    println!("idle: {idle:.1} ms, {before:.0} MiB");
    let mut holds = true;

    holds &= desk
        .during("64 sign-ins at once", idle, before, || {
            flood_until(64, &guess)
        })
        .await;
    holds &= desk
        .during("32 hostile bodies at once", idle, before, || {
            flood_until(32, &hostile)
        })
        .await;
    for (what, head) in [
        ("slow heads", "GET /healthz HTTP/1.1\r\nHost: "),
        (
            "slow bodies",
            "POST /api/v1/sessions HTTP/1.1\r\nHost: desk\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{",
        ),
    ] {
        let slow = desk.slow_clients(head);
        let took = desk.slowest(EACH).await;
        holds &= told(
            &format!("{} {what}", slow.len()),
            took,
            idle,
            desk.memory() - before,
        );
    }
    for (what, request) in [
        (
            "sign-ins",
            &guess as &(dyn Fn(usize) -> RequestBuilder + Sync),
        ),
        ("wishes for a new password", &wish),
        ("sign-in pages", &|_| get("/sign-in")),
        ("pages that do not exist", &|n| {
            get(&format!("/nothing/{n}"))
        }),
        ("addresses of the API that do not exist", &|n| {
            get(&format!("/api/v1/nothing/{n}"))
        }),
        ("requests without a session", &|_| get("/api/v1/cases")),
    ] {
        flood(MANY, AT_ONCE, request).await;
        let grown = desk.memory() - before;
        let flat = grown.abs() <= FLAT;
        println!("{MANY} {what:<44} {grown:>+6.1} MiB  {}", verdict(flat));
        holds &= flat;
    }
    holds
}

fn verdict(holds: bool) -> &'static str {
    if holds { "holds" } else { "DOES NOT HOLD" }
}

fn told(what: &str, took: f64, idle: f64, grown: f64) -> bool {
    let ratio = took / idle;
    let holds = ratio <= RATIO && grown.abs() <= FLAT;
    println!(
        "{what:<50} {took:>6.1} ms  ratio {ratio:.2}  {grown:>+6.1} MiB  {}",
        verdict(holds)
    );
    holds
}

/// Sends `count` requests, so many at once; whatever is answered is fine.
async fn flood(count: usize, at_once: usize, request: impl Fn(usize) -> RequestBuilder) {
    let sent = AtomicUsize::new(0);
    let clients = (0..at_once).map(|_| async {
        loop {
            let n = sent.fetch_add(1, Ordering::Relaxed);
            if n >= count {
                return;
            }
            let answer = request(n).send().await.expect("an answer");
            answer.bytes().await.expect("all of it");
        }
    });
    futures_util::future::join_all(clients).await;
}

/// The same without an end.
async fn flood_until(at_once: usize, request: impl Fn(usize) -> RequestBuilder) {
    flood(usize::MAX, at_once, request).await;
}

/// A desk with one person, who asks all the time.
struct Desk {
    origin: String,
    token: String,
    client: Client,
    process: Leashed,
    _data: TempDir,
}

impl Desk {
    fn open() -> Self {
        let data = tempfile::tempdir().expect("a folder");
        let command = |arguments: &[&str]| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_casebell"));
            command
                .current_dir(data.path())
                .env("CASEBELL_DATA_DIR", data.path())
                .env("CASEBELL_LISTEN", "127.0.0.1:0")
                .args(arguments);
            command
        };
        let run = |arguments: &[&str]| {
            let output = command(arguments).output().expect("it runs");
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.success(), "{arguments:?}: {said}");
            String::from_utf8(output.stdout)
                .expect("text")
                .trim()
                .to_owned()
        };
        let records = data.path().join("records.ndjson");
        let furniture = [
            json!({"type": "organization", "slug": "desk", "name": "Desk", "kind": "provider"}),
            json!({"type": "user", "email": "eve@desk.test", "first_name": "Eve", "last_name": "Hart",
                "organization": "desk", "roles": ["supervisor"]}),
        ];
        let lines = furniture.map(|record| format!("{record}\n")).concat();
        std::fs::write(&records, lines).expect("written");
        run(&["import", "casebell", &records.display().to_string()]);
        let token = run(&[
            "token",
            "create",
            "--user",
            "eve@desk.test",
            "--name",
            "flood",
        ]);
        let mut process = Leashed::spawn(&command(&["serve"]), Leash::default());
        let origin = process.wait_for_line(|line| {
            let mut words = line.split_whitespace();
            let address = words.find(|word| word.starts_with("http://127.0.0.1:"))?;
            Some(address.trim_end_matches(['/', '.']).to_owned())
        });
        Self {
            origin: origin.unwrap_or_else(|why| panic!("no server: {why}")),
            token,
            client: Client::builder().no_proxy().build().expect("a client"),
            process,
            _data: data,
        }
    }

    /// What it holds of the machine's memory, in MiB.
    fn memory(&self) -> f64 {
        let path = format!("/proc/{}/status", self.process.pid);
        let status = std::fs::read_to_string(path).expect("the process runs");
        let held = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let held = held.and_then(|held| held.trim().strip_suffix(" kB"));
        held.expect("a figure")
            .trim()
            .parse::<f64>()
            .expect("a number")
            / 1024.0
    }

    /// How a good client fares while others do something without an end.
    async fn during<F: Future<Output = ()>>(
        &self,
        what: &str,
        idle: f64,
        before: f64,
        others: impl Fn() -> F,
    ) -> bool {
        let took = tokio::select! {
            () = others() => unreachable!("they have no end"),
            took = self.slowest(EACH) => took,
        };
        told(what, took, idle, self.memory() - before)
    }

    /// How long the slowest hundredth of a good client's requests takes at the least, in milliseconds.
    async fn slowest(&self, time: Duration) -> f64 {
        let (begun, mut took) = (Instant::now(), Vec::new());
        while begun.elapsed() < time {
            let asked = Instant::now();
            let request = self.client.get(format!("{}/api/v1/me", self.origin));
            let answer = request
                .bearer_auth(&self.token)
                .send()
                .await
                .expect("an answer");
            assert!(answer.status().is_success(), "{}", answer.status());
            answer.bytes().await.expect("all of it");
            took.push(asked.elapsed());
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        took.sort_unstable();
        took[took.len() * 99 / 100].as_secs_f64() * 1000.0
    }

    /// Clients that have begun and do not go on.
    fn slow_clients(&self, head: &str) -> Vec<TcpStream> {
        let address = self.origin.strip_prefix("http://").expect("an address");
        let connect = |_| {
            let mut stream = TcpStream::connect(address).expect("a connection");
            stream.write_all(head.as_bytes()).expect("sent");
            stream
        };
        (0..SLOW).map(connect).collect()
    }
}
