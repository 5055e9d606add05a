//! What a desk takes, beside what the machine can do: each figure of the desk stands beside that of a bare server whose
//! answer has the same size, of the disk, or of PostgreSQL's own measure, taken in the same run.
//!
//! `cargo bench --bench load` fills a database with 10,000 cases, or as many as `CASEBELL_BENCH_CASES` says, and drives it
//! with `wrk`, which it installs from Debian's packages if it is missing and may. It measures SQLite, and PostgreSQL instead
//! if `CASEBELL_BENCH_DATABASE_URL` names an empty database; for the figures of PostgreSQL itself `pgbench` has to be on the
//! path.

use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use actix_web::{App, HttpResponse, HttpServer, web};
use serde_json::json;

mod installation;

use installation::process_guard::{GuardedProcess, ProcessGuard};
use installation::records::{self, ENTRIES, ORGANIZATIONS, PASSWORD};
use installation::{Installation, Server, origin_of};

/// How many cases there are, if nothing else is said.
const CASES: usize = 10_000;
/// Connections, where nothing else is said.
const CONNECTIONS: usize = 16;
/// How long each thing is asked for.
const EACH: Duration = Duration::from_secs(5);
/// Makes this program the bare server whose answer has as many bytes.
const BARE: &str = "CASEBELL_BENCH_BARE";
/// Of how many bytes a write of the disk's own measure is.
const BLOCK: [u8; 4096] = [7; 4096];

fn main() {
    if let Ok(bytes) = std::env::var(BARE) {
        return serve_bare(bytes.parse().expect("a number of bytes"));
    }
    let cases = std::env::var("CASEBELL_BENCH_CASES").map_or(CASES, |cases| {
        cases.parse().expect("CASEBELL_BENCH_CASES: a number")
    });
    have_wrk();
    let desk = Desk::filled(cases, std::env::var("CASEBELL_BENCH_DATABASE_URL").ok());
    let server = desk.installation.serve();
    println!(
        "  start {:.0} ms, idle {:.0} MiB",
        server.started.as_secs_f64() * 1000.0,
        server.memory()
    );
    reads(&desk, &server);
    writes(&desk, &server);
    println!("  loaded {:.0} MiB", server.memory());
}

fn reads(desk: &Desk, server: &Server) {
    println!("  reads, {CONNECTIONS} connections{:>37}", "bare actix");
    let number = format!("C-{:06}", desk.cases / 2);
    let api = format!("{}/api/v1", server.origin);
    for (what, address) in [
        ("one case by API", format!("{api}/cases/{number}")),
        ("list of 25", format!("{api}/cases")),
        (
            "case page, HTML",
            format!("{}/cases/{number}", server.origin),
        ),
        ("eligibility", format!("{api}/cases/{number}/eligibility")),
        ("search, a word", format!("{api}/cases?q=drop")),
        (
            "search, a rare one",
            format!("{api}/cases?q=number%20{}", desk.cases / 3),
        ),
    ] {
        let asked = Asked::get(address, &desk.shown(what));
        let size = asked.size();
        let mut bare = GuardedProcess::spawn(
            Command::new(std::env::current_exe().expect("this program"))
                .env(BARE, size.to_string()),
            ProcessGuard::default(),
        );
        let (desks, p99) = asked.rate(CONNECTIONS);
        let (bares, _) = Asked::get(origin_of(&mut bare), "x-nobody: 1").rate(CONNECTIONS);
        println!(
            "  {what:<28} {desks:>9.0}/s  p99 {p99:>7.1} ms {bares:>9.0}/s  ratio {:.3}  ({size} bytes)",
            desks / bares
        );
    }
}

fn writes(desk: &Desk, server: &Server) {
    let disk = syncs(desk.installation.folder());
    println!("  writes{:>56}", "fdatasync");
    let api = format!("{}/api/v1", server.origin);
    let shown = format!("authorization: Bearer {}", desk.staff);
    let entry = json!({ "body": "Still looking." }).to_string();
    let feed = format!("{api}/cases/C-{:06}/feed", desk.cases / 2);
    let open = json!({
        "subject": "Calls drop", "description": "They do.", "priority": "high", "deployment": "cloud",
        "business_impact": "significant",
    });
    let mut rows = Vec::new();
    for clients in [1, 16, 64] {
        let asked = Asked::post(&feed, &shown, &entry);
        rows.push((
            format!("feed entry, {clients} clients"),
            asked.rate(clients),
        ));
    }
    let contact = format!("authorization: Bearer {}", desk.contacts[0]);
    let asked = Asked::post(&format!("{api}/cases"), &contact, &open.to_string());
    rows.push(("open a case, 16 clients".to_owned(), asked.rate(16)));
    // Each case takes one, from the contact of its organization.
    let request = json!({
        "reason": "no_update", "details": "Nobody has written for a month.",
        "acknowledgements": ["unread_update"],
        "answers": { "business_impact": "Orders stand still", "ongoing": true },
    });
    let asked = Asked::post_each(
        &format!("{api}/cases/C-%06d/escalations"),
        &desk.contacts,
        &request.to_string(),
    );
    rows.push(("escalation, 16 clients".to_owned(), asked.rate(16)));
    for (what, (rate, p99)) in rows {
        println!(
            "  {what:<28} {rate:>9.0}/s  p99 {p99:>7.1} ms {disk:>9.0}/s  ratio {:.3}",
            rate / disk
        );
    }
    if let Some(url) = &desk.installation.database {
        for (what, how) in [("pgbench -S", "-S"), ("pgbench -N", "-N")] {
            match pgbench(url, how) {
                Some(rate) => println!("  {what:<28} {rate:>9.0}/s"),
                None => println!("  {what:<28} not measured: pgbench is not on the path"),
            }
        }
    }
}

/// How often a second the disk writes a block for good.
fn syncs(folder: &Path) -> f64 {
    let mut file = tempfile::tempfile_in(folder).expect("a file");
    let (begun, mut count) = (Instant::now(), 0.0);
    while begun.elapsed() < EACH / 2 {
        file.write_all(&BLOCK).expect("written");
        file.sync_data().expect("on disk");
        count += 1.0;
    }
    count / begun.elapsed().as_secs_f64()
}

fn pgbench(url: &str, how: &str) -> Option<f64> {
    let run = |arguments: &[&str]| {
        let output = Command::new("pgbench")
            .args(arguments)
            .arg(url)
            .output()
            .ok()?;
        output
            .status
            .success()
            .then(|| String::from_utf8_lossy(&output.stdout).into_owned())
    };
    run(&["-q", "-i", "-s", "10"])?;
    let said = run(&["-M", "prepared", "-c", "16", "-j", "1", "-T", "5", how])?;
    let tps = said.lines().find_map(|line| line.strip_prefix("tps = "))?;
    tps.split(' ').next()?.parse().ok()
}

fn have_wrk() {
    let there = || Command::new("wrk").arg("-v").output().is_ok();
    if !there() {
        let _ = Command::new("apt-get")
            .args(["install", "-y", "wrk"])
            .output();
    }
    assert!(
        there(),
        "wrk is missing: install it, such as by `apt-get install wrk`"
    );
}

/// The same framework with nothing behind it.
fn serve_bare(bytes: usize) {
    let body = web::Bytes::from(vec![b'x'; bytes]);
    actix_web::rt::System::new().block_on(async move {
        let server = HttpServer::new(move || {
            let body = body.clone();
            let answer = move || {
                let body = body.clone();
                async move {
                    HttpResponse::Ok()
                        .content_type("application/json")
                        .body(body)
                }
            };
            App::new().default_service(web::to(answer))
        });
        let server = server.bind("127.0.0.1:0").expect("a port");
        println!("http://{}", server.addrs()[0]);
        server.run().await.expect("it serves");
    });
}

/// What `wrk` is to ask for, again and again.
struct Asked {
    address: String,
    header: String,
    script: Option<String>,
}

impl Asked {
    fn get(address: String, header: &str) -> Self {
        Self {
            address,
            header: header.to_owned(),
            script: None,
        }
    }

    fn post(address: &str, header: &str, body: &str) -> Self {
        let script = format!(
            "wrk.method = 'POST'\nwrk.body = [==[{body}]==]\nwrk.headers['Content-Type'] = 'application/json'\n"
        );
        Self {
            script: Some(script),
            ..Self::get(address.to_owned(), header)
        }
    }

    /// To one address after the other, `%06d` in them being a number, with one token after the other.
    fn post_each(address: &str, tokens: &[String], body: &str) -> Self {
        let (_, path) = address.split_once("/api").expect("an address of the API");
        let mut asked = Self::post(address, "x-nobody: 1", body);
        let next = format!(
            "local tokens, n = {{'{}'}}, 0\nfunction request()\n  n = n + 1\n  \
             wrk.headers['Authorization'] = 'Bearer ' .. tokens[(n - 1) % #tokens + 1]\n  \
             return wrk.format(nil, string.format('/api{path}', n))\nend\n",
            tokens.join("', '")
        );
        asked.script = asked.script.map(|script| script + &next);
        asked
    }

    /// How many bytes the answer has.
    fn size(&self) -> usize {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        runtime.expect("a runtime").block_on(async {
            let (name, value) = self.header.split_once(": ").expect("a header");
            let client = reqwest::Client::builder()
                .no_proxy()
                .build()
                .expect("a client");
            let answer = client
                .get(&self.address)
                .header(name, value)
                .send()
                .await
                .expect("an answer");
            assert!(
                answer.status().is_success(),
                "{}: {}",
                self.address,
                answer.status()
            );
            answer.bytes().await.expect("all of it").len()
        })
    }

    /// How many are answered in a second, and within how many milliseconds 99 of 100.
    fn rate(&self, connections: usize) -> (f64, f64) {
        let mut command = Command::new("wrk");
        command.args(["-t1", "--latency", &format!("-c{connections}")]);
        command.args([
            format!("-d{}s", EACH.as_secs()),
            "-H".to_owned(),
            self.header.clone(),
        ]);
        let script = self.script.as_ref().map(|script| {
            let mut file = tempfile::NamedTempFile::new().expect("a file");
            // What is refused is no answer to be counted.
            let counts = "function response(status)\n  if status >= 400 then refused = (refused or 0) + 1 end\nend\n\
                function done(summary)\n  io.write('Failed: ', summary.errors.status, '\\n')\nend\n";
            write!(file, "{script}{counts}").expect("written");
            file
        });
        if let Some(script) = &script {
            command.arg("-s").arg(script.path());
        }
        let output = command.arg(&self.address).output().expect("wrk runs");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let figure = |name: &str| {
            let line = said
                .lines()
                .map(str::trim)
                .find_map(|line| line.strip_prefix(name));
            line.map(str::trim)
        };
        let rate: f64 = (figure("Requests/sec:").and_then(|rate| rate.parse().ok()))
            .unwrap_or_else(|| panic!("{said}{}", String::from_utf8_lossy(&output.stderr)));
        let failed: f64 = figure("Failed:")
            .or(figure("Non-2xx or 3xx responses:"))
            .and_then(|count| count.parse().ok())
            .unwrap_or(0.0);
        (
            rate - failed / EACH.as_secs_f64(),
            figure("99%").map_or(f64::NAN, milliseconds),
        )
    }
}

/// What `wrk` calls `1.25ms`, `800us` or `1.20s`.
fn milliseconds(text: &str) -> f64 {
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    let number: f64 = text.trim_end_matches(unit).parse().unwrap_or(f64::NAN);
    match unit {
        "us" => number / 1000.0,
        "ms" => number,
        "s" => number * 1000.0,
        _ => f64::NAN,
    }
}

/// A desk with many cases.
struct Desk {
    installation: Installation,
    cases: usize,
    /// Tokens of somebody of the provider's staff, and of the contact of each organization.
    staff: String,
    contacts: Vec<String>,
    cookie: String,
}

impl Desk {
    fn filled(cases: usize, database: Option<String>) -> Self {
        let name = database.as_ref().map_or("SQLite", |_| "PostgreSQL");
        let installation = Installation::new(database);
        let took = installation
            .imports(|path| records::write(path, cases))
            .as_secs_f64();
        let entries = cases * ENTRIES;
        println!(
            "{name}, {cases} cases\n  import {:.0} entries/s ({entries} with their cases in {took:.1} s)",
            entries as f64 / took
        );
        let contacts = 0..ORGANIZATIONS;
        Self {
            cases,
            staff: installation.token("eve@bench.test"),
            contacts: contacts
                .map(|n| installation.token(&format!("contact{n}@bench.test")))
                .collect(),
            cookie: session(&installation.serve().origin),
            installation,
        }
    }

    /// What a request for it shows.
    fn shown(&self, what: &str) -> String {
        match what.contains("HTML") {
            true => format!("cookie: {}", self.cookie),
            false => format!("authorization: Bearer {}", self.staff),
        }
    }
}

/// The cookie of somebody who has signed in.
fn session(origin: &str) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.expect("a runtime").block_on(async {
        let client = reqwest::Client::builder()
            .no_proxy()
            .build()
            .expect("a client");
        let body = json!({ "email": "eve@bench.test", "password": PASSWORD });
        let answer = client
            .post(format!("{origin}/api/v1/sessions"))
            .json(&body)
            .send()
            .await;
        let answer = answer.expect("an answer");
        assert!(answer.status().is_success(), "{}", answer.status());
        let cookies = answer.headers().get_all("set-cookie").iter();
        let cookies = cookies.filter_map(|cookie| cookie.to_str().ok()?.split(';').next());
        cookies.collect::<Vec<_>>().join("; ")
    })
}
