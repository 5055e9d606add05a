//! What an import takes, and how long those who write meanwhile wait for it.
//!
//! `cargo bench --bench import` loads 10,000 cases, or as many as `CASEBELL_BENCH_CASES` says, with three entries each: once by
//! itself, and once as many more while somebody writes entries at the desk, one after the other. It measures SQLite, and then
//! PostgreSQL too if `CASEBELL_BENCH_DATABASE_URL` names an empty database.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;

mod installation;

use installation::records::{self, ENTRIES};
use installation::{Installation, with_client};

/// How many cases are loaded each time, if nothing else is said.
const CASES: usize = 10_000;
/// For how long somebody writes before anything is loaded, to compare with.
const BEFORE: Duration = Duration::from_secs(3);

fn main() {
    println!(
        "this takes about a minute for each database and 10,000 cases, and less where the disk is quick"
    );
    let cases = std::env::var("CASEBELL_BENCH_CASES").map_or(CASES, |cases| {
        cases.parse().expect("CASEBELL_BENCH_CASES: a number")
    });
    measure("SQLite", None, cases);
    if let Ok(url) = std::env::var("CASEBELL_BENCH_DATABASE_URL") {
        measure("PostgreSQL", Some(url), cases);
    }
}

fn measure(name: &str, database: Option<String>, cases: usize) {
    let installation = Installation::new(database);
    // The first case is the one on which somebody writes.
    installation.imports(|path| records::write(path, 1));
    let alone = installation.imports(|path| records::write_more(path, 1..=cases));
    println!("{name}, {cases} cases with {ENTRIES} entries each");
    println!("  import by itself {:>29}", rate(cases, alone));
    let again = installation.imports(|path| records::write_more(path, 1..=cases));
    println!(
        "  the same again, all of it there {:>14}",
        rate(cases, again)
    );

    let server = installation.serve();
    let token = installation.token("eve@bench.test");
    let feed = format!("{}/api/v1/cases/C-000001/feed", server.origin);
    let writer = Writer::begins(&feed, &token);
    std::thread::sleep(BEFORE);
    println!("  an entry, nobody else there {}", waits(writer.ends()));
    let writer = Writer::begins(&feed, &token);
    let beside = installation.imports(|path| records::write_more(path, cases + 1..=2 * cases));
    let waited = writer.ends();
    println!("  import while somebody writes {:>17}", rate(cases, beside));
    println!("  an entry beside the import  {}", waits(waited));
}

/// Entries a second, with their cases.
fn rate(cases: usize, took: Duration) -> String {
    let entries = (cases * ENTRIES) as f64 / took.as_secs_f64();
    format!("{entries:.0} entries/s")
}

/// Somebody who writes one entry after the other, each when the last is answered.
struct Writer {
    stop: Arc<AtomicBool>,
    thread: std::thread::JoinHandle<Vec<Duration>>,
}

impl Writer {
    fn begins(feed: &str, token: &str) -> Self {
        let stop = Arc::<AtomicBool>::default();
        let (feed, token, stopped) = (feed.to_owned(), token.to_owned(), Arc::clone(&stop));
        let thread = std::thread::spawn(move || {
            with_client(async |client| {
                let mut waited = Vec::new();
                while !stopped.load(Ordering::SeqCst) {
                    let begun = Instant::now();
                    let answer = client
                        .post(&feed)
                        .bearer_auth(&token)
                        .json(&json!({ "body": "Still looking." }))
                        .send()
                        .await;
                    let status = answer.expect("an answer").status();
                    assert!(status.is_success(), "{status}");
                    waited.push(begun.elapsed());
                }
                waited
            })
        });
        Self { stop, thread }
    }

    fn ends(self) -> Vec<Duration> {
        self.stop.store(true, Ordering::SeqCst);
        self.thread.join().expect("no panic")
    }
}

/// How long an entry was waited for: by half of them at the most, by 99 of 100, and by the one that waited longest.
fn waits(mut waited: Vec<Duration>) -> String {
    waited.sort_unstable();
    let within = |share: f64| {
        let last = waited.len().saturating_sub(1);
        let at = (last as f64 * share).round() as usize;
        waited
            .get(at)
            .map_or(f64::NAN, |time| time.as_secs_f64() * 1000.0)
    };
    format!(
        "p50 {:>6.1} ms  p99 {:>6.1} ms  most {:>6.1} ms  ({} entries)",
        within(0.5),
        within(0.99),
        within(1.0),
        waited.len()
    )
}
