//! What live streams cost that nobody writes to: memory for each, statements a second for all of them, and how long it takes until
//! all have an entry.
//!
//! `cargo bench --bench streams` opens 10,000 of them, or as many as `CASEBELL_BENCH_STREAMS` says, of fifty people on a hundred
//! cases, over the loopback interface; on SQLite, or on PostgreSQL if `CASEBELL_BENCH_DATABASE_URL` names an empty database. Each
//! takes an open file here and one in the server: the limit is raised as far as the system allows, and what to do is said where
//! that is not enough. It ends with 1 if a stream takes more than [`MOST_KIB`], or if idle streams ask for more than
//! [`MOST_STATEMENTS`] a second.

use std::fs::File;
use std::io::{BufWriter, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use diesel::connection::{Instrumentation, InstrumentationEvent, set_default_instrumentation};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::{Value, json};

mod installation;

use installation::{Installation, Server};

/// How many streams there are, if nothing else is said.
const STREAMS: usize = 10_000;
/// Whose they are, and what they follow.
const PEOPLE: usize = 50;
const CASES: usize = 100;
/// How much memory each may take, in KiB.
const MOST_KIB: f64 = 12.0;
/// How many statements a second all of them may ask for while nobody writes.
const MOST_STATEMENTS: f64 = 5.0;
/// How long they are left alone.
const IDLE: Duration = Duration::from_secs(20);
/// How long all of them may take to be told of an entry.
const TOLD_WITHIN: Duration = Duration::from_secs(60);
/// Open files of a process that are no streams.
const OTHER_FILES: u64 = 512;
/// Makes this program the server, which says how many statements it has sent.
const COUNTS: &str = "CASEBELL_BENCH_COUNTS";
/// Before what it says.
const STATEMENTS: &str = "statements sent: ";

static SENT: AtomicU64 = AtomicU64::new(0);

fn main() -> ExitCode {
    if std::env::var_os(COUNTS).is_some() {
        return serve_counting();
    }
    let wanted = std::env::var("CASEBELL_BENCH_STREAMS").map_or(STREAMS, |streams| {
        streams.parse().expect("CASEBELL_BENCH_STREAMS: a number")
    });
    let streams = wanted.min(room_for(wanted));
    println!("this takes about three minutes");
    let mut desk = Desk::open(streams);
    match measure(&mut desk, streams) {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

/// The server, in this process.
fn serve_counting() -> ExitCode {
    set_default_instrumentation(counting).expect("installed");
    thread::spawn(|| {
        loop {
            println!("{STATEMENTS}{}", SENT.load(Ordering::Relaxed));
            thread::sleep(Duration::from_millis(100));
        }
    });
    casebell::cli::run()
}

/// What counts the statements of a connection.
fn counting() -> Option<Box<dyn Instrumentation>> {
    Some(Box::new(|event: InstrumentationEvent<'_>| {
        if matches!(event, InstrumentationEvent::StartQuery { .. }) {
            SENT.fetch_add(1, Ordering::Relaxed);
        }
    }))
}

/// Raises the limit of open files for as many streams; gives how many there can be.
fn room_for(streams: usize) -> usize {
    // The server keeps a third more for other requests.
    let needed = u64::try_from(streams).expect("a number") * 4 / 3 + OTHER_FILES;
    let limit = getrlimit(Resource::Nofile);
    let most = limit.maximum.unwrap_or(u64::MAX);
    let raised = Rlimit {
        current: Some(needed.min(most).max(limit.current.unwrap_or(0))),
        ..limit
    };
    let given = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => most,
        Err(_) => limit.current.unwrap_or(u64::MAX),
    };
    if given < needed {
        println!(
            "the limit of open files is {given}, and {streams} streams need {needed}: raise it by `ulimit -Hn {needed}` as root, and \
             start this again from that shell; fewer streams are opened now"
        );
    }
    let room = given.saturating_sub(OTHER_FILES) / 4 * 3;
    usize::try_from(room).unwrap_or(usize::MAX)
}

/// Whether every bound holds.
fn measure(desk: &mut Desk, streams: usize) -> bool {
    println!(
        "{}, {streams} streams of {PEOPLE} people on {CASES} cases",
        desk.name
    );
    // What is made once is there before it is measured.
    drop(desk.follow(PEOPLE * 2, |n| n % CASES));
    thread::sleep(Duration::from_secs(2));
    let by_itself = desk.statements_a_second();
    let before = desk.server.memory();
    let begun = Instant::now();
    let mut open = desk.follow(streams, |n| n % CASES);
    let took = begun.elapsed().as_secs_f64();
    // The hub has looked at all of them, and asked who they are.
    thread::sleep(Duration::from_secs(2));
    let each = (desk.server.memory() - before) * 1024.0 / streams as f64;
    println!("  opened in {took:.1} s, {before:.0} MiB before");
    println!("  memory a stream {each:>20.1} KiB  (at the most {MOST_KIB:.0})");
    let a_second = desk.statements_a_second() - by_itself;
    println!(
        "  idle, statements a second {a_second:>10.1}      (at the most {MOST_STATEMENTS:.0}; besides {by_itself:.1} without them)"
    );
    let followers = (0..streams).filter(|n| n % CASES == 0).count();
    let (answered, told) = desk.tells(&mut open, followers);
    println!(
        "  an entry of one case of {CASES}: answered in {answered:.0} ms, all {followers} who follow it have it in {told:.0} ms"
    );
    drop(open);
    let mut open = desk.follow(streams, |_| 0);
    thread::sleep(Duration::from_secs(2));
    let (answered, told) = desk.tells(&mut open, streams);
    println!(
        "  an entry of the case that all follow: answered in {answered:.0} ms, all {streams} have it in {told:.0} ms"
    );
    println!("  memory then {:.0} MiB", desk.server.memory());
    each <= MOST_KIB && a_second <= MOST_STATEMENTS
}

/// A desk, and who follows its cases.
struct Desk {
    name: &'static str,
    server: Server,
    tokens: Vec<String>,
    _installation: Installation,
}

impl Desk {
    fn open(streams: usize) -> Self {
        let database = std::env::var("CASEBELL_BENCH_DATABASE_URL").ok();
        let name = database.as_ref().map_or("SQLite", |_| "PostgreSQL");
        let installation = Installation::new(database);
        installation.imports(write_records);
        let tokens = (0..PEOPLE).map(|n| installation.token(&email(n))).collect();
        let program = std::env::current_exe().expect("this program");
        let mut command = installation.command_of(&program, &["serve"]);
        command
            .env(COUNTS, "1")
            .env("CASEBELL_LIVE_STREAMS", streams.max(PEOPLE * 2).to_string())
            .env(
                "CASEBELL_LIVE_STREAMS_PER_PERSON",
                (streams / PEOPLE + 2).to_string(),
            )
            // All come from one place, which is to stand for many.
            .env("CASEBELL_TRUSTED_PROXIES", "127.0.0.0/8");
        let server = installation.serve_by(&command);
        Self {
            name,
            server,
            tokens,
            _installation: installation,
        }
    }

    fn address(&self) -> &str {
        self.server
            .origin
            .strip_prefix("http://")
            .expect("an address")
    }

    /// Opens streams, each on the case of its number, of one person after the other.
    fn follow(&self, streams: usize, case_of: impl Fn(usize) -> usize) -> Vec<Follower> {
        (0..streams)
            .map(|n| {
                let token = &self.tokens[n % self.tokens.len()];
                let path = format!("/api/v1/cases/{}/live", number(case_of(n)));
                loop {
                    if let Some(follower) = Follower::open(self.address(), &path, token) {
                        return follower;
                    }
                    // Those before are not all seen to have gone.
                    thread::sleep(Duration::from_millis(50));
                }
            })
            .collect()
    }

    /// How many statements the server has sent.
    fn statements(&mut self) -> f64 {
        // Its newest line is a moment old.
        thread::sleep(Duration::from_millis(200));
        let sent = self.server.says(STATEMENTS).expect("it says so");
        sent.parse().expect("a number")
    }

    /// How many statements a second it sends while it is left alone.
    fn statements_a_second(&mut self) -> f64 {
        let sent = self.statements();
        thread::sleep(IDLE);
        (self.statements() - sent) / IDLE.as_secs_f64()
    }

    /// Writes on the first case. In how many milliseconds that was answered, and all who follow it had the entry.
    fn tells(&self, open: &mut [Follower], followers: usize) -> (f64, f64) {
        let body = json!({ "body": "We have found it." }).to_string();
        let request = format!(
            "POST /api/v1/cases/{}/feed HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\nconnection: close\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            number(0),
            self.address(),
            self.tokens[0],
            body.len()
        );
        let begun = Instant::now();
        let mut stream = TcpStream::connect(self.address()).expect("a connection");
        stream.write_all(request.as_bytes()).expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        let answered = begun.elapsed();
        assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
        let mut told = 0;
        while told < followers {
            assert!(
                begun.elapsed() < TOLD_WITHIN,
                "{told} of {followers} were told within {TOLD_WITHIN:?}"
            );
            told += open.iter_mut().filter_map(Follower::hears).count();
            thread::sleep(Duration::from_millis(1));
        }
        let all = begun.elapsed();
        (answered.as_secs_f64() * 1000.0, all.as_secs_f64() * 1000.0)
    }
}

/// A stream as its reader has it.
struct Follower {
    stream: TcpStream,
    /// The end of what was read, in which a word may have begun.
    rest: Vec<u8>,
    has_heard: bool,
}

impl Follower {
    /// Opens a stream; none where there is no place for it yet.
    fn open(address: &str, path: &str, token: &str) -> Option<Self> {
        let mut stream = TcpStream::connect(address).expect("a connection");
        let request = format!(
            "GET {path} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).expect("sent");
        let (mut head, mut some) = (Vec::new(), [0; 2048]);
        while find(&head, b": connected").is_none() {
            let count = stream.read(&mut some).expect("an answer");
            assert!(count > 0, "{}", String::from_utf8_lossy(&head));
            head.extend_from_slice(&some[..count]);
            if head.starts_with(b"HTTP/1.1 429") || head.starts_with(b"HTTP/1.1 503") {
                return None;
            }
            let is_refused = head.len() >= 12 && !head.starts_with(b"HTTP/1.1 200");
            assert!(!is_refused, "{}", String::from_utf8_lossy(&head));
        }
        stream.set_nonblocking(true).expect("it can be asked");
        Some(Self {
            stream,
            rest: Vec::new(),
            has_heard: false,
        })
    }

    /// That it has heard of an entry, once.
    fn hears(&mut self) -> Option<()> {
        const ENTRY: &[u8] = b"event: entry\n";
        if self.has_heard {
            return None;
        }
        let mut some = [0; 8192];
        loop {
            match self.stream.read(&mut some) {
                Ok(0) => panic!("the stream has ended"),
                Ok(count) => self.rest.extend_from_slice(&some[..count]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => panic!("the stream has broken off: {error}"),
            }
        }
        self.has_heard = find(&self.rest, ENTRY).is_some();
        let known = self.rest.len().saturating_sub(ENTRY.len());
        self.rest.drain(..known);
        self.has_heard.then_some(())
    }
}

fn find(text: &[u8], words: &[u8]) -> Option<usize> {
    text.windows(words.len()).position(|some| some == words)
}

fn email(n: usize) -> String {
    format!("engineer{n}@bench.test")
}

/// The number of a case that was the `n`th.
fn number(n: usize) -> String {
    format!("C-{:06}", n + 1)
}

/// A provider with its engineers, a customer with a contact, and cases.
fn write_records(path: &Path) -> std::io::Result<()> {
    let mut out = BufWriter::new(File::create(path)?);
    let mut record = |value: Value| writeln!(out, "{value}");
    record(json!({"type": "organization", "slug": "bench", "name": "Bench", "kind": "provider"}))?;
    for n in 0..PEOPLE {
        record(
            json!({"type": "user", "email": email(n), "first_name": "Eve", "last_name": format!("Hart {n}"),
            "organization": "bench", "roles": ["support_engineer"]}),
        )?;
    }
    record(json!({"type": "organization", "slug": "acme", "name": "ACME", "kind": "customer"}))?;
    record(
        json!({"type": "user", "email": "dana@bench.test", "first_name": "Dana", "last_name": "Cole",
        "organization": "acme", "roles": ["designated_contact"]}),
    )?;
    for n in 0..CASES {
        record(
            json!({"type": "case", "organization": "acme", "opened_by": "dana@bench.test",
            "owner": email(n % PEOPLE), "subject": format!("Calls drop, number {n}"),
            "description": "They do, on every second trunk.", "priority": "high", "status": "in_progress",
            "deployment": "cloud", "business_impact": "significant", "opened_at": "2026-02-02T10:00:00Z",
            "external_id": format!("bench-{n}"), "feed": []}),
        )?;
    }
    out.flush()
}
