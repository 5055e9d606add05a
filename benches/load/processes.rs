//! Several processes over one PostgreSQL, behind HAProxy as `docs/scaling.md` has it: what they do together, as they are added. Each
//! has one thread for requests, so that a process more is as much more as it can be.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::json;
use tempfile::TempDir;

use crate::desk::Desk;
use crate::drive::{Asked, have};
use crate::installation::process_guard::{GuardedProcess, ProcessGuard};
use crate::installation::{Server, with_client};
use crate::report::{grouped, markdown};
use crate::world::number;

/// How many ask at once.
const CONNECTIONS: usize = 64;
const WRITTEN_ON: usize = 500;
const READY_WITHIN: Duration = Duration::from_secs(30);

/// HAProxy before some processes; its folder goes with it.
struct Balancer {
    origin: String,
    _process: GuardedProcess,
    _folder: TempDir,
}

impl Balancer {
    fn before(servers: &[Server]) -> Self {
        let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr());
        let port = port.expect("a free port").port();
        let servers = servers.iter().enumerate().map(|(n, server)| {
            let address = server.origin.trim_start_matches("http://");
            format!("  server desk{n} {address} check\n")
        });
        let settings = format!(
            "defaults\n  mode http\n  timeout connect 1s\n  timeout client 60s\n  timeout server 60s\n\
             \x20 retries 3\n  option redispatch 1\n  retry-on conn-failure\n  option http-server-close\n  option forwardfor\n\
             frontend desk\n  bind 127.0.0.1:{port}\n  default_backend desks\n\
             backend desks\n  balance roundrobin\n  option httpchk GET /readyz\n  http-check expect status 200\n\
             \x20 default-server inter 200ms fall 1 rise 1\n{}",
            servers.collect::<String>()
        );
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("haproxy.cfg");
        std::fs::write(&path, settings).expect("written");
        let mut command = Command::new(program());
        command.arg("-db").arg("-f").arg(&path);
        let balancer = Self {
            origin: format!("http://127.0.0.1:{port}"),
            _process: GuardedProcess::spawn(&command, ProcessGuard::default()),
            _folder: folder,
        };
        balancer.waits_until_ready();
        balancer
    }

    fn waits_until_ready(&self) {
        with_client(async |client| {
            let begun = Instant::now();
            loop {
                let asked = client.get(format!("{}/readyz", self.origin)).send().await;
                if asked.is_ok_and(|answer| answer.status().is_success()) {
                    return;
                }
                assert!(begun.elapsed() < READY_WITHIN, "the balancer answers");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        });
    }
}

/// Debian has it where only root looks.
fn program() -> &'static str {
    const OF_ROOT: &str = "/usr/sbin/haproxy";
    if Path::new(OF_ROOT).is_file() {
        return OF_ROOT;
    }
    have("haproxy", "-v", "haproxy");
    "haproxy"
}

/// A table with a line for each of these numbers of processes.
pub fn table(desk: &Desk, counts: &[usize], each: Duration) -> String {
    let head = [
        "processes",
        "one case by API",
        "list of 25",
        "feed entry",
        "entry, p99",
        "reads, times the first",
        "entries, times the first",
    ];
    let case = number(desk.world.shown());
    let paths: Vec<String> = (desk.world.written_on(WRITTEN_ON).into_iter())
        .map(|n| format!("/api/v1/cases/{}/feed", number(n)))
        .collect();
    let body = json!({ "body": "We have found the cause, and restart the service tonight." });
    let body = body.to_string();
    let mut first = None;
    let mut lines = Vec::new();
    for count in counts {
        let servers: Vec<Server> = (0..*count).map(|_| served(desk)).collect();
        let balancer = Balancer::before(&servers);
        let asks = |path: &str| {
            let address = format!("{}/api/v1{path}", balancer.origin);
            Asked::get(address, &desk.of_staff(), each).rate(CONNECTIONS)
        };
        // What is made once is there before it is measured.
        asks("/me");
        let (one, list) = (asks(&format!("/cases/{case}")), asks("/cases"));
        let asked = Asked::post(&balancer.origin, &paths, &desk.of_staff(), &body, each);
        let entry = asked.rate(CONNECTIONS);
        let (reads, entries) = *first.get_or_insert((one.rate, entry.rate));
        println!("  {count} processes: {:.0} reads/s", one.rate);
        lines.push(vec![
            count.to_string(),
            format!("{}/s", grouped(one.rate)),
            format!("{}/s", grouped(list.rate)),
            format!("{}/s", grouped(entry.rate)),
            format!("{:.1} ms", entry.p99),
            format!("{:.2}", one.rate / reads),
            format!("{:.2}", entry.rate / entries),
        ]);
    }
    markdown(&head.map(str::to_owned), lines)
}

fn served(desk: &Desk) -> Server {
    let program = Path::new(env!("CARGO_BIN_EXE_casebell"));
    let mut command = desk.installation.command_of(program, &["serve"]);
    command
        .env("CASEBELL_WORKERS", "1")
        .env("CASEBELL_TRUSTED_PROXIES", "127.0.0.0/8");
    desk.installation.serve_by(&command)
}
