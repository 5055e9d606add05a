//! What crowds of strangers and slow clients cost everybody else: the answers that the slowest hundredth of a good client's
//! requests gets, as ratios to those of an idle desk, and the memory that is not given back.
//!
//! `cargo bench --bench flood` takes about four minutes, on SQLite, over the loopback interface. It ends with 1 if a
//! bound does not hold: memory within [`FLAT`], and the slowest hundredth within [`RATIO`] times its idle value.

use std::io::Write;
use std::net::TcpStream;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use actix_web::web::Bytes;
use reqwest::{Client, RequestBuilder};
use serde_json::json;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

mod installation;

use installation::{Installation, Server};

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
/// The niceness of strangers: their work goes last.
#[cfg(target_os = "linux")]
const LAST: i32 = 19;

fn main() -> ExitCode {
    println!("this takes about four minutes");
    let desk = Desk::open();
    if measure(&desk) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Whether every bound holds.
fn measure(desk: &Desk) -> bool {
    let (strangers, origin) = (Strangers::new(), &desk.server.origin);
    let client = &strangers.client;
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
    // What a megabyte can hold that is dear to read: values without end, or a name for each.
    let values = Bytes::from(format!("{{\"email\":[{}1]}}", "1,".repeat(500_000)));
    let members = (0..70_000).map(|n| format!("\"n{n:06}\":1,"));
    let members = Bytes::from(format!("{{{}\"n\":1}}", members.collect::<String>()));
    let hostile = |path: &str, body: &Bytes| {
        let request = client.post(format!("{origin}{path}")).body(body.clone());
        request.header("content-type", "application/json")
    };
    let token = &desk.token;
    let stranger = |_: usize| hostile("/api/v1/sessions", &values);
    let member = |_: usize| hostile("/api/v1/cases", &members).bearer_auth(token);

    // What is made once is there before it is measured.
    strangers.send(200, AT_ONCE, guess);
    strangers.send(500, AT_ONCE, |_| get("/sign-in"));
    desk.slowest(EACH / 4);
    let (idle, before) = (desk.slowest(EACH), desk.server.memory());
    println!("idle: {idle:.1} ms, {before:.0} MiB");
    let mut holds = true;

    let measured = |what| (what, idle, before);
    holds &= desk.during(measured("64 sign-ins at once"), &strangers, 64, &guess);
    let hostile = measured("32 hostile bodies at once");
    holds &= desk.during(hostile, &strangers, 32, &stranger);
    let hostile = measured("32 of somebody who is signed in");
    holds &= desk.during(hostile, &strangers, 32, &member);
    for (what, head) in [
        ("slow heads", "GET /healthz HTTP/1.1\r\nHost: "),
        (
            "slow bodies",
            "POST /api/v1/sessions HTTP/1.1\r\nHost: desk\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{",
        ),
    ] {
        let slow = desk.slow_clients(head);
        let took = desk.slowest(EACH);
        holds &= told(
            &format!("{} {what}", slow.len()),
            took,
            idle,
            desk.server.memory() - before,
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
        strangers.send(MANY, AT_ONCE, request);
        let grown = desk.server.memory() - before;
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

/// Whoever floods the desk, with connections of their own.
struct Strangers {
    runtime: Runtime,
    client: Client,
}

impl Strangers {
    fn new() -> Self {
        Self {
            runtime: runtime(),
            client: client(),
        }
    }

    /// Sends `count` requests, so many at once; whatever is answered is fine.
    fn send(&self, count: usize, at_once: usize, request: impl Fn(usize) -> RequestBuilder) {
        self.runtime.block_on(sent(count, at_once, request));
    }

    /// The same without an end, until it is `stopped`.
    fn go_on(
        &self,
        at_once: usize,
        request: impl Fn(usize) -> RequestBuilder,
        stopped: oneshot::Receiver<()>,
    ) {
        // Of this thread alone. Where it is not allowed, they are as eager as everybody.
        #[cfg(target_os = "linux")]
        let _ = rustix::process::setpriority_process(None, LAST);
        self.runtime.block_on(async {
            tokio::select! {
                _ = stopped => {}
                () = sent(usize::MAX, at_once, request) => {}
            }
        });
    }
}

async fn sent(count: usize, at_once: usize, request: impl Fn(usize) -> RequestBuilder) {
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

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
}

fn client() -> Client {
    Client::builder().no_proxy().build().expect("a client")
}

/// A desk with one person, who asks all the time.
struct Desk {
    token: String,
    runtime: Runtime,
    client: Client,
    server: Server,
    _installation: Installation,
}

impl Desk {
    fn open() -> Self {
        let installation = Installation::new(None);
        let furniture = [
            json!({"type": "organization", "slug": "desk", "name": "Desk", "kind": "provider"}),
            json!({"type": "user", "email": "eve@desk.test", "first_name": "Eve", "last_name": "Hart",
                "organization": "desk", "roles": ["supervisor"]}),
        ];
        let lines = furniture.map(|record| format!("{record}\n")).concat();
        installation.imports(|path| std::fs::write(path, lines));
        Self {
            token: installation.token("eve@desk.test"),
            server: installation.serve(),
            runtime: runtime(),
            client: client(),
            _installation: installation,
        }
    }

    /// How a good client fares while strangers do something without an end. They have a thread of their own, which gives
    /// way to every other: what they spend would be their own machines'.
    fn during(
        &self,
        (what, idle, before): (&str, f64, f64),
        strangers: &Strangers,
        at_once: usize,
        request: &(impl Fn(usize) -> RequestBuilder + Sync),
    ) -> bool {
        let (stop, stopped) = oneshot::channel();
        let took = thread::scope(|scope| {
            scope.spawn(|| strangers.go_on(at_once, request, stopped));
            let took = self.slowest(EACH);
            drop(stop);
            took
        });
        told(what, took, idle, self.server.memory() - before)
    }

    /// How long the slowest hundredth of a good client's requests takes at the least, in milliseconds.
    fn slowest(&self, time: Duration) -> f64 {
        let (begun, mut took) = (Instant::now(), Vec::new());
        let address = format!("{}/api/v1/me", self.server.origin);
        self.runtime.block_on(async {
            while begun.elapsed() < time {
                let asked = Instant::now();
                let request = self.client.get(&address).bearer_auth(&self.token);
                let answer = request.send().await.expect("an answer");
                assert!(answer.status().is_success(), "{}", answer.status());
                answer.bytes().await.expect("all of it");
                took.push(asked.elapsed());
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        });
        took.sort_unstable();
        took[took.len() * 99 / 100].as_secs_f64() * 1000.0
    }

    /// Clients that have begun and do not go on.
    fn slow_clients(&self, head: &str) -> Vec<TcpStream> {
        let address = self
            .server
            .origin
            .strip_prefix("http://")
            .expect("an address");
        let connect = |_| {
            let mut stream = TcpStream::connect(address).expect("a connection");
            stream.write_all(head.as_bytes()).expect("sent");
            stream
        };
        (0..SLOW).map(connect).collect()
    }
}
