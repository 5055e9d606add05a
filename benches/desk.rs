//! How quick the desk is, as ratios of figures of one run, which mean something on any machine.
//!
//! `cargo bench` measures on SQLite, and on PostgreSQL as well if `CASEBELL_BENCH_DATABASE_URL` names an empty database.
//! The real binary serves; what is asked is asked over HTTP.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use reqwest::{Client, RequestBuilder, Response};
use serde_json::{Value, json};

mod installation;

use installation::{Installation, Server};

/// How many cases there are.
const CASES: usize = 20_000;
/// How many people follow, and on how many pages each.
const FOLLOWERS: usize = 84;
const PAGES: usize = 12;
/// How long each thing is asked for.
const EACH: Duration = Duration::from_secs(5);
/// How many ask at once where many do.
const MANY: usize = 32;

fn main() {
    println!("this takes about two minutes for each database");
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(measure("SQLite", None));
    match std::env::var("CASEBELL_BENCH_DATABASE_URL") {
        Ok(url) => runtime.block_on(measure("PostgreSQL", Some(&url))),
        Err(_) => println!("PostgreSQL: not measured, for CASEBELL_BENCH_DATABASE_URL names none"),
    }
}

/// A desk with many cases.
struct Desk {
    installation: Installation,
    token: String,
    /// What those show who follow.
    followers: Vec<String>,
    client: Client,
}

async fn measure(name: &str, database: Option<&str>) {
    let desk = Desk::furnished(database);
    let server = desk.installation.serve();
    let api = api(&server);
    println!("{name}, {CASES} cases");

    let first = desk.list(&server, None).await;
    let number = first["items"][0]["number"].as_str().expect("a number");
    let feed = format!("{api}/cases/{number}/feed");
    let write = || {
        let entry = json!({ "body": "Still looking." });
        desk.client
            .post(&feed)
            .bearer_auth(&desk.token)
            .json(&entry)
    };
    let one = rate(1, write).await;
    let many = rate(MANY, write).await;
    compared("entries written by one / by many", one, many);

    let case = format!("{api}/cases/{number}");
    let read = || desk.client.get(&case).bearer_auth(&desk.token);
    let one = rate(1, read).await;
    let many = rate(MANY, read).await;
    compared("a case read by one / by many", one, many);

    let mut cursor = first["next_cursor"].as_str().map(str::to_owned);
    for _ in 0..150 {
        let page = desk.list(&server, cursor.as_deref()).await;
        cursor = page["next_cursor"].as_str().map(str::to_owned);
    }
    let deep = rate(1, || desk.page(&server, cursor.as_deref())).await;
    let top = rate(1, || desk.page(&server, None)).await;
    compared("page 150 of all cases / page 1", deep, top);

    let alone = slowest(MANY, read).await;
    let live = desk.idle_streams(&case).await;
    let followed = slowest(MANY, read).await;
    println!(
        "  {:<52} {followed:>8.2} ms {alone:>8.2} ms  ratio {:.2}",
        format!(
            "p99 of a case read with {} followers / with none",
            live.len()
        ),
        followed / alone
    );
    let followed = rate(1, write).await;
    drop(live);
    let alone = rate(1, write).await;
    compared("entries written with as many / with none", followed, alone);

    if database.is_some() {
        let second = desk.installation.serve();
        let other = format!("{}/cases/{number}/feed", self::api(&second));
        // Every other client has the other process.
        let turn = AtomicU64::new(0);
        let both = rate(MANY, || {
            let to = match turn.fetch_add(1, Ordering::Relaxed) % 2 {
                0 => &feed,
                _ => &other,
            };
            let entry = json!({ "body": "Still looking." });
            desk.client.post(to).bearer_auth(&desk.token).json(&entry)
        });
        let both = both.await;
        let single = rate(MANY, write).await;
        compared("entries written through two processes / one", both, single);
    }
}

fn api(server: &Server) -> String {
    format!("{}/api/v1", server.origin)
}

fn compared(what: &str, one: f64, other: f64) {
    println!(
        "  {what:<52} {one:>8.0}/s {other:>8.0}/s   ratio {:.2}",
        one / other
    );
}

/// How many requests are answered in a second, if `clients` ask as fast as they can.
async fn rate(clients: usize, request: impl Fn() -> RequestBuilder) -> f64 {
    let answered = Arc::new(AtomicU64::new(0));
    let begun = Instant::now();
    let asking = (0..clients).map(|_| {
        let (request, answered) = (request(), answered.clone());
        tokio::spawn(async move {
            while begun.elapsed() < EACH {
                let again = request.try_clone().expect("a request without a stream");
                let answer = again.send().await.expect("an answer");
                assert!(answer.status().is_success(), "{}", answer.status());
                answer.bytes().await.expect("all of it");
                answered.fetch_add(1, Ordering::Relaxed);
            }
        })
    });
    for asked in asking.collect::<Vec<_>>() {
        asked.await.expect("no panic");
    }
    answered.load(Ordering::Relaxed) as f64 / begun.elapsed().as_secs_f64()
}

/// How long the slowest hundredth of the requests takes at the least, in milliseconds, if `clients` ask as fast as they can.
async fn slowest(clients: usize, request: impl Fn() -> RequestBuilder) -> f64 {
    let begun = Instant::now();
    let asking: Vec<_> = (0..clients)
        .map(|_| {
            let request = request();
            tokio::spawn(async move {
                let mut took = Vec::new();
                while begun.elapsed() < EACH {
                    let again = request.try_clone().expect("a request without a stream");
                    let asked = Instant::now();
                    let answer = again.send().await.expect("an answer");
                    assert!(answer.status().is_success(), "{}", answer.status());
                    answer.bytes().await.expect("all of it");
                    took.push(asked.elapsed());
                }
                took
            })
        })
        .collect();
    let mut took = Vec::new();
    for asked in asking {
        took.extend(asked.await.expect("no panic"));
    }
    took.sort_unstable();
    took[took.len() * 99 / 100].as_secs_f64() * 1000.0
}

impl Desk {
    fn furnished(database: Option<&str>) -> Self {
        let installation = Installation::new(database.map(str::to_owned));
        installation.imports(|path| std::fs::write(path, furniture()));
        let followers = 0..FOLLOWERS;
        Self {
            token: installation.token("eve@bench.test"),
            followers: followers
                .map(|n| installation.token(&format!("follower{n}@acme.test")))
                .collect(),
            client: Client::builder().no_proxy().build().expect("a client"),
            installation,
        }
    }

    fn page(&self, server: &Server, cursor: Option<&str>) -> RequestBuilder {
        let mut address = format!("{}/cases?limit=100", api(server));
        if let Some(cursor) = cursor {
            let _ = write!(address, "&cursor={cursor}");
        }
        self.client.get(address).bearer_auth(&self.token)
    }

    async fn list(&self, server: &Server, cursor: Option<&str>) -> Value {
        let answer = self.page(server, cursor).send().await.expect("an answer");
        answer.json().await.expect("JSON")
    }

    /// People who follow a case on as many pages as they may; they read nothing of what they are told.
    async fn idle_streams(&self, case: &str) -> Vec<Response> {
        let mut streams = Vec::new();
        for token in &self.followers {
            for _ in 0..PAGES {
                let asking = self.client.get(format!("{case}/live"));
                let answer = asking.bearer_auth(token).send().await.expect("an answer");
                assert!(answer.status().is_success(), "{}", answer.status());
                streams.push(answer);
            }
        }
        streams
    }
}

/// A provider, a customer, somebody at each, and many cases.
fn furniture() -> String {
    let mut lines = vec![
        json!({"type": "organization", "slug": "bench", "name": "Bench", "kind": "provider"}),
        json!({"type": "organization", "slug": "acme", "name": "ACME", "kind": "customer"}),
        json!({"type": "user", "email": "eve@bench.test", "first_name": "Eve", "last_name": "Hart",
            "organization": "bench", "roles": ["supervisor"]}),
        json!({"type": "user", "email": "dana@acme.test", "first_name": "Dana", "last_name": "Cole",
            "organization": "acme", "roles": ["designated_contact"]}),
    ];
    lines.extend((0..FOLLOWERS).map(|n| {
        json!({"type": "user", "email": format!("follower{n}@acme.test"), "first_name": "Fay", "last_name": "Low",
            "organization": "acme", "roles": ["portal_viewer"]})
    }));
    lines.extend((0..CASES).map(|n| {
        let (day, minute) = (1 + n % 28, n / 28 % 1440);
        let opened = format!("2026-02-{day:02}T{:02}:{:02}:00Z", minute / 60, minute % 60);
        json!({"type": "case", "organization": "acme", "opened_by": "dana@acme.test",
            "subject": format!("Calls drop, number {n}"), "description": "They do.", "priority": "medium",
            "status": "in_progress", "deployment": "cloud", "business_impact": "limited",
            "opened_at": opened, "external_id": format!("bench-{n}"), "feed": []})
    }));
    let mut text = String::new();
    for line in lines {
        let _ = writeln!(text, "{line}");
    }
    text
}
